"""Narrow films: no camera so close that a face is cut, and none that sees beyond its picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.film.narrow import held_back
from daemon.film.values import Timeline
from tests import film_help as help


def framed(folder: Path, width: int, height: int, framing: str) -> Timeline:
    """A timeline of pictures painted in a framing, each shot as close as any."""
    _, timeline = help.planned(folder, 20.0)
    shots = [
        replace(
            shot,
            picture=replace(shot.picture, scene={"framing": framing}),
            camera_from=(0.7, 0.4, 1.85),
            camera_to=(0.3, 0.6, 2.0),
        )
        for shot in timeline.shots
    ]
    return replace(timeline, width=width, height=height, shots=tuple(shots))


@pytest.mark.parametrize(("framing", "most"), [("close", 1.16), ("medium", 1.42), ("wide", 1.95)])
def test_the_closer_a_scene_was_painted_the_less_an_upright_film_goes_near(
    tmp_path: Path, framing: str, most: float
) -> None:
    for shot in held_back(framed(tmp_path, 72, 128, framing)).shots:
        for x, y, scale in (shot.camera_from, shot.camera_to):
            assert 1.02 <= scale <= most + 1e-9
            assert 0.5 / scale - 1e-9 <= min(x, y) and max(x, y) <= 1 - 0.5 / scale + 1e-9
        assert shot.camera_to[2] > shot.camera_from[2]


def test_a_wide_film_is_left_as_it_is(tmp_path: Path) -> None:
    timeline = framed(tmp_path, 128, 72, "close")
    assert held_back(timeline) is timeline


def test_shots_and_their_frames_stay(tmp_path: Path) -> None:
    timeline = framed(tmp_path, 72, 72, "close")
    held = held_back(timeline)
    assert [(shot.start, shot.end, shot.picture) for shot in held.shots] == [
        (shot.start, shot.end, shot.picture) for shot in timeline.shots
    ]
    assert held.cuts == timeline.cuts
