"""One sheet of all scenes and all poses, to look at until it is good."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film.painter import Request, paint
from daemon.film.painter.cast import CAST
from daemon.film.painter.colour import Palette
from daemon.film.painter.colour import make as make_palette
from daemon.film.painter.draw import draw_figure
from daemon.film.painter.pen import SHEETS
from daemon.film.painter.places import PLACES
from daemon.film.painter.poses import POSES

_KEYS = (
    "A minor",
    "C major",
    "D minor",
    "E major",
    "F minor",
    "G major",
    "B minor",
    "Eb major",
    "F# minor",
    "Bb major",
)
_SCENE = (480, 270)
_FIGURE = (300, 330)
_LABEL = 26


def gallery(path: Path, labels: bool = True) -> Path:
    """Draws every scene in every style sheet, and every character in every pose, on one sheet of PNG.

    Returns the path. Raises OSError where the file can't be written.
    """
    rows = [*_scenes(labels), *_poses(labels)]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=24) for row in rows]
    done, data = cv2.imencode(".png", cv2.cvtColor(np.vstack(padded), cv2.COLOR_RGB2BGR))
    if not done:
        raise OSError(f"the gallery can't be encoded for {path}")
    path.write_bytes(data.tobytes())
    return path


def _named(picture: NDArray[np.uint8], text: str, labels: bool) -> NDArray[np.uint8]:
    """A picture with a strip below it, with or without its name."""
    strip = np.full((_LABEL if labels else 4, picture.shape[1], 3), 24, dtype=np.uint8)
    if labels:
        cv2.putText(strip, text, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (232, 228, 220), 1, cv2.LINE_AA)
    return np.vstack([picture, strip])


def _scenes(labels: bool) -> list[NDArray[np.uint8]]:
    rows = []
    names = list(PLACES)
    for start in range(0, len(names), 5):
        for sheet, framing in (("bold", "wide"), ("ink", "medium"), ("neon", "close")):
            row = []
            for index, place in enumerate(names[start : start + 5], start):
                request = Request(
                    place, 11 + index, *_SCENE, key=_KEYS[index % len(_KEYS)], sheet=sheet, scene=place,
                    framing=framing, energy=0.6, role="section",
                )  # fmt: skip
                row.append(_named(paint(request).picture, f"{place}, {sheet}, {framing}", labels))
            rows.append(np.hstack(row))
    return rows


def _poses(labels: bool) -> list[NDArray[np.uint8]]:
    import random

    rows = []
    for index, name in enumerate(CAST):
        palette: Palette = make_palette((), (), _KEYS[index], 0.6, "night", random.Random(index))
        row = []
        for pose in POSES:
            picture = draw_figure(name, pose, palette, SHEETS["bold"], *_FIGURE)
            row.append(_named(picture, f"{name}, {pose}", labels))
        rows.append(np.hstack(row))
    return rows
