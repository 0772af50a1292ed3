"""The built-in painter: deterministic, safe with any text, true to hints, sizes and palettes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from daemon.film import painter


def _request(**given: object) -> painter.Request:
    plain: dict[str, object] = {"prompt": "a DJ in a club", "seed": 7, "width": 320, "height": 180}
    return painter.Request(**(plain | given))  # type: ignore[arg-type]


def test_the_same_request_gives_the_same_bytes() -> None:
    first, second = painter.paint(_request()), painter.paint(_request())
    assert first.picture.tobytes() == second.picture.tobytes()
    assert first.scene == second.scene


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (200, 200), (37, 51)])
def test_a_picture_has_the_size_asked_for(size: tuple[int, int]) -> None:
    picture = painter.paint(_request(width=size[0], height=size[1])).picture
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8


def test_layers_of_a_scene_that_went_through_json_give_its_picture() -> None:
    painted = painter.paint(_request())
    canvas = np.zeros((180, 320, 3), dtype=np.float64)
    for layer in painter.layers(json.loads(json.dumps(painted.scene)), 320, 180):
        assert 0 <= layer.depth <= 1
        rgba = layer.rgba.astype(np.float64)
        assert (rgba[:, :, :3] <= rgba[:, :, 3:]).all()
        canvas = rgba[:, :, :3] + canvas * (1 - rgba[:, :, 3:] / 255)
    error = np.abs(canvas - painted.picture)
    assert error.mean() < 1.5
    assert np.percentile(error, 99) < 12
