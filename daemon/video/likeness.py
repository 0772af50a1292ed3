"""How like two pictures are, where one was made from the other: resized, cropped, recoloured a little, compressed.

Pictures are H x W x 3 RGB uint8. A likeness is the correlation of their low frequencies and edges, -1..1; 1: the same.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_WIDE = 96  # pixels across at which pictures are compared
_SCALES = (1.0, 0.92, 0.84, 0.76)  # of what covers: how much a model may have cropped
_CLOSE = 0.8  # likeness at which no better crop is searched for
_LEAST = 8  # pixels a side of what is left without its bars
_NOTHING = 0.4  # spread below which there is nothing to compare
_PLAIN = 2.0  # spread below which a picture can't be searched for
_BAR = 12  # luma below which a row or column at the edge is a bar

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def fitted(still: Pixels, width: int, height: int) -> Pixels:
    """The middle of a picture in the shape of width x height, at that size."""
    return np.asarray(cv2.resize(_middle(still, width / height), (width, height), interpolation=cv2.INTER_AREA))


def likeness(frame: Pixels, still: Pixels) -> float:
    """How like a frame is to the still that it was made from, the way it was fitted in left open (cropped anywhere,
    stretched, with bars)."""
    inner = _without_bars(frame)
    best = -1.0
    for seen in (frame,) if inner.shape == frame.shape else (frame, inner):
        high = max(_LEAST, round(_WIDE * seen.shape[0] / seen.shape[1]))
        for shown in (still, _middle(still, seen.shape[1] / seen.shape[0])):
            best = max(best, _alike(_features(seen, _WIDE, high), _features(shown, _WIDE, high)))
    return best if best > _CLOSE else max(best, _searched(inner, still))


def _middle(still: Pixels, ratio: float) -> Pixels:
    """The middle of a picture, of that width to height."""
    high, wide = still.shape[:2]
    if wide / high > ratio:
        keep = max(1, round(high * ratio))
        return np.ascontiguousarray(still[:, (wide - keep) // 2 : (wide - keep) // 2 + keep])
    keep = max(1, round(wide / ratio))
    return np.ascontiguousarray(still[(high - keep) // 2 : (high - keep) // 2 + keep])


def _without_bars(frame: Pixels) -> Pixels:
    """A frame without black bars at two opposite edges, up to a third of it each."""
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
    for axis in (0, 1):
        dark = grey.max(axis=1 - axis) <= _BAR
        first, last = int(np.argmin(dark)), len(dark) - int(np.argmin(dark[::-1]))
        bars = min(first, len(dark) - last)
        if not dark.all() and 0.02 * len(dark) < bars < len(dark) / 3:
            frame = frame[bars:-bars] if axis == 0 else frame[:, bars:-bars]
            grey = grey[bars:-bars] if axis == 0 else grey[:, bars:-bars]
    return np.ascontiguousarray(frame)


def _features(picture: Pixels, wide: int, high: int) -> tuple[Plane, Plane]:
    """Low frequencies in colour, and edges a little blurred."""
    small = np.asarray(cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA), np.float32)
    low = np.asarray(cv2.GaussianBlur(small, (0, 0), 2.0), np.float32)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    edges = np.hypot(np.asarray(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.asarray(cv2.Sobel(grey, cv2.CV_32F, 0, 1)))
    # By the root, so that one hard edge doesn't outweigh all others.
    return low, np.asarray(cv2.GaussianBlur(np.sqrt(edges), (0, 0), 1.5), np.float32)


def _alike(one: tuple[Plane, Plane], other: tuple[Plane, Plane]) -> float:
    return 0.5 * _correlation(one[0], other[0]) + 0.5 * _correlation(one[1], other[1])


def _correlation(one: Plane, other: Plane) -> float:
    if one.ndim == 3:
        one, other = one - one.mean(axis=(0, 1)), other - other.mean(axis=(0, 1))
    else:
        one, other = one - one.mean(), other - other.mean()
    norms = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    if min(norms) < _NOTHING * one.size**0.5:
        return 0.0  # what is left of one colour is rounding
    return min(1.0, max(-1.0, float((one * other).sum()) / (norms[0] * norms[1])))


def _searched(frame: Pixels, still: Pixels) -> float:
    """The best likeness of the frame to any part of the still that it may have been cropped to."""
    ratio = frame.shape[1] / frame.shape[0]
    wide = _WIDE
    high = max(_LEAST, round(wide * still.shape[0] / still.shape[1]))
    whole = _features(still, wide, high)
    best = -1.0
    if float(np.asarray(cv2.resize(frame, (wide, high), interpolation=cv2.INTER_AREA), np.float32).std()) < _PLAIN:
        return best  # a template of one colour matches anything
    for scale in _SCALES:
        across = scale * min(wide, high * ratio)
        size = (round(across), round(across / ratio))
        if min(size) < _LEAST or size[0] > wide or size[1] > high:
            continue
        part = _features(frame, *size)
        found = sum(
            0.5 * np.asarray(cv2.matchTemplate(large, small, cv2.TM_CCOEFF_NORMED))
            for large, small in zip(whole, part, strict=True)
        )
        values = np.asarray(found)
        values = values[np.isfinite(values)]
        best = max(best, float(values.max(initial=-1.0)))
    return best
