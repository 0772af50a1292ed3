"""The comparison with MoviePy: what the other side is told is the whole window, and unequal films are found out."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import against_moviepy as against
from benchmarks.film import Film
from daemon.film.values import Effect, PictureFile, Shot, Timeline, Transition


def film(*extra: Effect) -> Film:
    still = (0.5, 0.5, 1.1)
    wipe = Transition("wipe", 8, "diagonal", "end of the drop")
    shots = tuple(
        Shot(
            index,
            30 * index,
            30 * index + 30,
            PictureFile(f"p{index}", Path(f"p{index}.png"), f"p{index}"),
            f"s{index}",
            0,
            "drop",
            "downbeat",
            wipe if index else Transition(),
            still,
            still,
            mirrored=index == 1,
        )
        for index in range(2)
    )
    effects = tuple(
        Effect(kind, 0, 60, 0.5, "drop at 0:00.0") for kind in ("beams", "bars", "speakers", "sparks", "rain")
    )
    flash = Effect("flash", 20, 6, 0.8, "drop at 0:00.7")
    timeline = Timeline(
        Fraction(30), 60, 160, 90, shots, (*effects, flash, *extra), colours=("#ffb347", "#4fd1ff"), seed=3
    )
    bands = {name: np.full(60, 0.8, np.float32) for name in ("bass", "mid", "treble", "onset", "rms")}
    return Film(timeline, bands, range(10, 50))


def test_moviepy_is_told_everything_that_lies_over_every_frame(tmp_path: Path) -> None:
    shown, left = against.plain(film())
    told = json.loads(json.dumps(against.told(shown, "veryfast", tmp_path)))
    assert not left
    assert told["frames"] == len(told["each"]) == 40
    assert all(frame["spots"] and frame["bars"] and frame["speakers"] and frame["strokes"] for frame in told["each"])
    assert sum(frame["white"] > 0 for frame in told["each"]) == 6
    assert all(Path(path).exists() for path in told["speakers"])


def test_moviepy_is_told_of_a_wipe_with_its_matte_and_its_weights(tmp_path: Path) -> None:
    told = against.told(film(), "veryfast", tmp_path)
    first, second = told["shots"]  # type: ignore[misc]
    assert (len(first["views"]), first["weights"], first["edge"]) == (24, [], None)
    assert (second["first"], len(second["views"]), len(second["weights"])) == (16, 24, 8)
    assert second["weights"] == sorted(second["weights"])
    assert np.load(second["edge"]["matte"]).shape == (90, 160)


def test_what_moviepy_does_not_show_is_left_out_and_named() -> None:
    shown, left = against.plain(film(Effect("fade_out", 40, 20, 1.0, "end")))
    assert left == ["fade_out"]
    assert not any(effect.kind == "fade_out" for effect in shown.timeline.effects)


def written(path: Path, frames: list[NDArray[np.uint8]]) -> Path:
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (64, 48))
    for frame in frames:
        out.write(frame)
    out.release()
    return path


def test_films_of_unequal_length_or_content_are_found_out(tmp_path: Path) -> None:
    dark, light = np.full((48, 64, 3), 40, np.uint8), np.full((48, 64, 3), 200, np.uint8)
    one, other = written(tmp_path / "a.avi", [dark] * 4), written(tmp_path / "b.avi", [light] * 4)
    noise, apart, count = against.likeness(one, other, tmp_path, "both")
    assert noise < 10 and apart == pytest.approx(160, abs=3) and count == 4
    assert cv2.imread(str(tmp_path / "both-000.png")).shape == (48, 32, 3)
    for films in ((one, written(tmp_path / "c.avi", [dark] * 3)), (tmp_path / "c.avi", one)):
        with pytest.raises(ValueError, match="differ in length"):
            against.likeness(*films, None, "")
