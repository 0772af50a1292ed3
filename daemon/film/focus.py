"""Where the eye goes in a picture: the face of a painted figure, else what stands out most.

A focus is (x, y), 0..1 of the part of the picture that the frame's aspect shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film.pictures import covering, load
from daemon.film.values import PictureFile, Slot

_SMALL = 96


def with_focus(slots: Sequence[Slot], width: int, height: int) -> list[Slot]:
    """The same slots, every picture's focus found. FinalFault where a picture can't be read."""
    known: dict[str, tuple[float, float]] = {}

    def found(picture: PictureFile) -> PictureFile:
        name = str(picture.path)
        if name not in known:
            known[name] = painted(picture) if picture.scene else salient(covering(load(picture.path), width, height))
        return replace(picture, focus=known[name])

    return [replace(slot, pictures=[found(picture) for picture in slot.pictures]) for slot in slots]


def painted(picture: PictureFile) -> tuple[float, float]:
    """The face of a painted scene's first figure: as the painter said, else found again."""
    said = picture.scene.get("focus")
    if isinstance(said, (list, tuple)) and len(said) == 2:
        return _inside(float(said[0]), float(said[1]))
    from daemon.film.painter.draw import compose
    from daemon.film.painter.stage import CAST_DEPTH

    width, height = 160, 90
    stage, camera = compose(picture.scene, width, height)
    a, b, c, d, e, f = camera.transform(CAST_DEPTH, width, height)
    x, y = stage.face
    return _inside((a * x + c * y + e) / width, (b * x + d * y + f) / height)


def salient(rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """The middle of what differs most from the picture's own colour, edges counted, the centre preferred."""
    high = max(8, round(_SMALL * rgb.shape[0] / rgb.shape[1]))
    small = np.asarray(cv2.resize(rgb, (_SMALL, high), interpolation=cv2.INTER_AREA), np.float32)
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), 2.0), np.float32)
    unlike = np.linalg.norm(blurred - small.mean(axis=(0, 1)), axis=2)
    grey = small.mean(axis=2)
    edges = np.hypot(np.asarray(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.asarray(cv2.Sobel(grey, cv2.CV_32F, 0, 1)))
    edges = np.asarray(cv2.GaussianBlur(edges, (0, 0), 4.0), np.float32)
    rows, columns = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
    x, y = (columns + 0.5) / grey.shape[1], (rows + 0.5) / grey.shape[0]
    centre = np.exp(-(((x - 0.5) / 0.35) ** 2 + ((y - 0.45) / 0.35) ** 2) / 2)
    weight = (unlike / (unlike.max() + 1e-6) + edges / (edges.max() + 1e-6)) ** 2 * centre + 1e-9
    return _inside(float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum()))


def _inside(x: float, y: float) -> tuple[float, float]:
    return round(min(0.9, max(0.1, x)), 4), round(min(0.85, max(0.15, y)), 4)
