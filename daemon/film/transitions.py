"""Transitions between two drawn frames: dissolve, soft wipes (diagonal, iris, ink), the smear of a whip.

Frames are NV12, uint8, (height * 3 / 2, width). A matte says for each luma pixel when the next picture comes there:
0 at once, 65535 last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from daemon.film import kernels
from daemon.film.colours import rgb_of, yuv
from daemon.film.direction import FrameState

Frame = NDArray[np.uint8]
Matte = NDArray[np.uint16]


@dataclass(frozen=True)
class _Edge:
    """How a wipe's edge looks. soft: its width, share of the matte; band, strength: of the rim that runs ahead of it;
    colour: which of the film's colours the rim has, -1 for ink."""

    soft: float
    band: float
    strength: float
    colour: int


EDGES = {
    "diagonal": _Edge(0.012, 0.075, 1.0, 0),
    "iris": _Edge(0.035, 0.11, 0.85, 1),
    "ink": _Edge(0.03, 0.075, 1.0, -1),
}
INK = (24.0, 126.0, 130.0)
_KEPT = 2  # mattes kept: two threads may be in two wipes
_ANGLES = (20, 160, 200, 340, 35, 145)  # degrees, from which a diagonal wipe comes


class Joiner:
    """Joins what two shots show, for frames of one size."""

    def __init__(self, width: int, height: int, colours: Sequence[str] = ()) -> None:
        self.width, self.height = width, height
        self._colours = [tuple(float(part) for part in yuv(rgb_of(colour))) for colour in colours]
        self._mattes: dict[tuple[str, int], Matte] = {}

    def join(self, out: Frame, other: Frame, state: FrameState) -> None:
        """Draws `out` towards `other` by the state's weight, in its style."""
        edge = EDGES.get(state.style)
        if edge is None:
            kernels.mix(out.reshape(-1), other.reshape(-1), state.weight)
            return
        reach = edge.soft + edge.band
        at = state.weight * (1 + 2 * reach) - reach
        tint = np.array(self._rim(edge.colour), np.float32)
        matte = self._matte(state.style, state.turn)
        _wipe(out, other, matte, self.height, at, edge.soft, edge.band, edge.strength, tint)

    def _rim(self, colour: int) -> tuple[float, ...]:
        if colour < 0:
            return INK
        return self._colours[colour % len(self._colours)] if self._colours else (225.0, 128.0, 128.0)

    def smear(self, out: Frame, blur: float) -> None:
        """Smears a frame sideways over a share of its width."""
        radius = round(blur * self.width / 4)
        if radius > 0:
            _smear(out[: self.height].reshape(self.height, self.width, 1), 2 * radius)
            _smear(_chroma(out, self.height), radius)

    def _matte(self, style: str, turn: int) -> Matte:
        key = (style, turn)
        found = self._mattes.get(key)
        if found is None:
            found = matte(style, turn, self.width, self.height)
            kept = dict(list(self._mattes.items())[-_KEPT + 1 :])
            self._mattes = {**kept, key: found}
        return found


def mirror(out: Frame, height: int) -> None:
    """Turns a frame left to right."""
    for plane in (out[:height], _chroma(out, height)):
        cv2.flip(plane, 1, dst=plane)


def _chroma(out: Frame, height: int) -> Frame:
    return out[height:].reshape(height // 2, out.shape[1] // 2, 2)


def matte(style: str, turn: int, width: int, height: int) -> Matte:
    """The matte of a wipe, (height, width); turn chooses its direction, or its blot."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / height
    y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    wide = width / height
    if style == "diagonal":
        angle = math.radians(_ANGLES[turn % len(_ANGLES)])
        field = (x - wide / 2) * math.cos(angle) + (y - 0.5) * math.sin(angle)
    elif style == "iris":
        field = np.hypot(x - wide / 2, y - 0.46)
    else:
        field = _blot(turn, width, height) * 0.9 + 0.4 * np.hypot(x - wide / 2, y - 0.5)
    low, high = float(field.min()), float(field.max())
    levels = np.asarray((field - low) * (65535 / max(1e-6, high - low)), np.uint16)
    # By rank: in equal times equal areas are uncovered.
    passed = np.cumsum(np.bincount(levels.reshape(-1), minlength=65536)).astype(np.float64)
    passed -= passed[0]
    return np.asarray((passed * (65535 / max(1.0, passed[-1]))).astype(np.uint16)[levels])


def _blot(turn: int, width: int, height: int) -> NDArray[np.float32]:
    """Clouds of several sizes, 0..1, the same for every frame size."""
    dice = np.random.default_rng(turn)
    field = np.zeros((height, width), np.float32)
    for cells, share in ((3, 0.68), (6, 0.25), (14, 0.055), (40, 0.015)):
        grid = dice.random((cells + 3, round(cells * 16 / 9) + 3), np.float32)
        grid = np.asarray(cv2.resize(grid, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC), np.float32)
        field += share * np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    return field


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, fastmath=True)(function)


@_jit
def _wipe(
    out: Frame,
    other: Frame,
    matte: Matte,
    height: int,
    at: float,
    soft: float,
    band: float,
    strength: float,
    tint: NDArray[np.float32],
) -> None:
    """Towards `other` where the matte lies below `at`, softly; a rim of the tint's colour lies ahead of the edge."""
    width = out.shape[1]
    scale = np.float32(1.0 / 65535.0)
    edge, sharp = np.float32(at), np.float32(1.0 / soft)
    # The rim: whole just ahead of the edge, fading over the band.
    fade = np.float32(1.0 / band)
    strong = np.float32(strength)
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    for y in range(height):
        row, above, target = matte[y], other[y], out[y]
        for x in range(width):
            ahead = np.float32(row[x]) * scale - edge
            share = min(one, max(zero, half - ahead * sharp))
            rim = strong * min(one, max(zero, half + ahead * sharp)) * max(zero, one - max(zero, ahead) * fade)
            before = np.float32(target[x])
            value = before + (np.float32(above[x]) - before) * share
            value += (tint[0] - value) * rim
            target[x] = np.uint8(np.int32(value + half))
    for y in range(height // 2):
        row, above, target = matte[2 * y], other[height + y], out[height + y]
        for x in range(width):
            ahead = np.float32(row[x & ~1]) * scale - edge
            share = min(one, max(zero, half - ahead * sharp))
            rim = strong * min(one, max(zero, half + ahead * sharp)) * max(zero, one - max(zero, ahead) * fade)
            before = np.float32(target[x])
            value = before + (np.float32(above[x]) - before) * share
            value += (tint[1 + (x & 1)] - value) * rim
            target[x] = np.uint8(np.int32(value + half))


@_jit
def _smear(plane: Frame, radius: int) -> None:
    """A running mean over 2 * radius + 1 pixels of each row, edges held. plane: (rows, columns, parts)."""
    rows, columns, parts = plane.shape
    line = np.empty(columns, np.int32)
    part = np.float32(1.0 / (2 * radius + 1))
    for y in range(rows):
        for c in range(parts):
            for x in range(columns):
                line[x] = plane[y, x, c]
            total = np.int32(0)
            for x in range(-radius, radius + 1):
                total += line[min(columns - 1, max(0, x))]
            for x in range(columns):
                plane[y, x, c] = np.uint8(np.float32(total) * part + np.float32(0.5))
                total += line[min(columns - 1, x + radius + 1)] - line[max(0, x - radius)]
