"""Where the eye goes in a picture: the face of a painted figure, else what stands out most.

A focus is (x, y), 0..1 of the part of the picture that the frame's aspect shows; it depends on that aspect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film.pictures import covering, dimensions, load
from daemon.film.values import PictureFile, Slot

_SMALL = 96


def with_focus(slots: Sequence[Slot], width: int, height: int) -> list[Slot]:
    """The same slots, every picture's focus found in a frame of width x height, and what it is cropped round.

    FinalFault where a picture can't be read.
    """
    known: dict[str, PictureFile] = {}

    def found(picture: PictureFile) -> PictureFile:
        name = str(picture.path)
        if name not in known:
            known[name] = _painted(picture, width, height) if picture.scene else _seen(picture, width, height)
        return replace(picture, focus=known[name].focus, centre=known[name].centre)

    return [replace(slot, pictures=[found(picture) for picture in slot.pictures]) for slot in slots]


def _seen(picture: PictureFile, width: int, height: int, known: tuple[float, float] | None = None) -> PictureFile:
    """A picture of no scene: what stands out in it decides how it is cropped, and then where the camera goes.

    known: where its figure's face is, where that is known of a painted one that can't be laid out anew.
    """
    whole = load(picture.path)
    centre = None if _alike(whole.shape[1], whole.shape[0], width, height) else known or salient(whole)
    return replace(picture, focus=salient(covering(whole, width, height, centre)), centre=centre)


def _painted(picture: PictureFile, width: int, height: int) -> PictureFile:
    """A painted scene: its first figure's face, where it is when the scene is laid out for this frame."""
    said = picture.scene.get("focus")
    known = _inside(float(said[0]), float(said[1])) if isinstance(said, (list, tuple)) and len(said) == 2 else None
    if known and _alike(*dimensions(picture.path), width, height):
        return replace(picture, focus=known)
    from daemon.film.painter.draw import compose, focus_of

    scale = 160 / max(width, height)
    wide, high = max(16, round(width * scale)), max(16, round(height * scale))
    try:
        stage, camera = compose(picture.scene, wide, high)
    except (KeyError, ValueError, TypeError, AttributeError):  # of another painter's version: the still is shown
        return _seen(picture, width, height, known)
    return replace(picture, focus=_inside(*focus_of(stage, camera, wide, high)), centre=known)


def _alike(width: int, height: int, other_width: int, other_height: int) -> bool:
    """Whether two shapes differ by less than two hundredths."""
    return abs(width * other_height / (height * other_width) - 1) < 0.02


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
