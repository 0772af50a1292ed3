"""The inner loops of the compositor: planar YUV in, planar YUV out, compiled by numba.

Planes are uint8, C-contiguous. A luma plane is (H, W); a chroma plane is (H / 2, W / 2, 2), U and V side by
side as NV12 has them. Positions are pixels of the source plane, 0 at the centre of its first pixel.
The compiler vectorises these loops only as they stand: indices are unsigned (numba would wrap negative
ones) and arithmetic is float32 (numba widens small integers to 64 bits).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

_F = TypeVar("_F", bound=Callable[..., Any])
_ONE = np.uint32(1)
_TWO = np.uint32(2)
_THREE = np.uint32(3)


def _jit(function: _F) -> _F:
    return cast(_F, numba.njit(cache=True, nogil=True, fastmath=True)(function))


@_jit
def _columns(x0: float, step: float, count: int, width: int) -> Any:
    """For each target column: the source column to its left, and the share of the one after."""
    left = np.empty(count, np.uint32)
    share = np.empty(count, np.float32)
    for x in range(count):
        position = min(max(x0 + x * step, 0.0), width - 1.0)
        index = min(int(position), width - 2)
        left[x] = np.uint32(index)
        share[x] = np.float32(position - index)
    return left, share


@_jit
def warp_luma(
    source: Plane, target: Plane, x0: float, y0: float, step_x: float, step_y: float, gain: float, offset: float
) -> None:
    """Draws a window of `source` on the whole of `target`, bilinear, edges held, as value * gain + offset.

    (x0, y0): where the target's first pixel lies in the source; step: source pixels a target pixel.
    No value may pass 255. The source is at least 2 x 2.
    """
    rows, columns = target.shape
    height, width = source.shape
    left, share = _columns(x0, step_x, columns, width)
    first = int(left[0])
    count = int(left[columns - 1]) + 2 - first
    for x in range(columns):
        left[x] -= np.uint32(first)
    row = np.empty(count, np.float32)
    whole = np.float32(gain)
    lift = np.float32(offset + 0.5)
    for y in range(rows):
        position = min(max(y0 + y * step_y, 0.0), height - 1.0)
        index = min(int(position), height - 2)
        lower = np.float32(position - index) * whole
        upper = whole - lower
        above = source[index, first : first + count]
        below = source[index + 1, first : first + count]
        for x in range(count):
            row[x] = np.float32(above[x]) * upper + np.float32(below[x]) * lower + lift
        out = target[y]
        for x in range(columns):
            at = left[x]
            value = row[at]
            out[x] = np.uint8(np.int32(value + (row[at + _ONE] - value) * share[x]))


@_jit
def warp_chroma(
    source: Plane, target: Plane, x0: float, y0: float, step_x: float, step_y: float, gain: float, offset: float
) -> None:
    """The same for a chroma plane: (H, W, 2)."""
    rows, columns, _ = target.shape
    height, width, _ = source.shape
    left, share = _columns(x0, step_x, columns, width)
    first = int(left[0])
    count = int(left[columns - 1]) + 2 - first
    for x in range(columns):
        left[x] = (left[x] - np.uint32(first)) * _TWO
    row = np.empty(count * 2, np.float32)
    flat = source.reshape(height, width * 2)
    whole = np.float32(gain)
    lift = np.float32(offset + 0.5)
    for y in range(rows):
        position = min(max(y0 + y * step_y, 0.0), height - 1.0)
        index = min(int(position), height - 2)
        lower = np.float32(position - index) * whole
        upper = whole - lower
        above = flat[index, 2 * first : 2 * (first + count)]
        below = flat[index + 1, 2 * first : 2 * (first + count)]
        for x in range(2 * count):
            row[x] = np.float32(above[x]) * upper + np.float32(below[x]) * lower + lift
        out = target[y]
        for x in range(columns):
            at = left[x]
            u = row[at]
            v = row[at + _ONE]
            out[x, 0] = np.uint8(np.int32(u + (row[at + _TWO] - u) * share[x]))
            out[x, 1] = np.uint8(np.int32(v + (row[at + _THREE] - v) * share[x]))


@_jit
def mix(target: Plane, other: Plane, weight: float) -> None:
    """Draws `target` towards `other` by weight 0..1. Both flat and of one length."""
    part = np.float32(weight)
    for i in range(target.size):
        value = np.float32(target[i])
        target[i] = np.uint8(np.int32(value + (np.float32(other[i]) - value) * part + np.float32(0.5)))
