"""The inner loops of cut-out animation: turned sprites laid over each other, in YUV with alpha, compiled by numba.

All values are premultiplied. Sprites and canvases are uint32 (h, w): Y, U, V and A in bytes, lowest first. They are
spread to lanes of 16 bits, so that one multiplication in fixed point serves four channels. (Gathers don't vectorise
here: what is read and what is written may overlap for all that the compiler knows.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Canvas = NDArray[np.uint32]
_F = TypeVar("_F", bound=Callable[..., Any])
_EVEN = np.uint64(0x00FF00FF)  # Y and V of a canvas' pixel
_ODD = np.uint64(0xFF00FF00)  # U and A
_MASK = np.uint64(0x00FF00FF00FF00FF)
_HALF = np.uint64(0x0080008000800080)
_FULL = np.uint64(256)
_MOST = np.uint64(255)
_BYTE, _APART, _TOP = np.uint64(8), np.uint64(24), np.uint64(48)
_SEVEN = np.uint64(7)
_NEXT = np.uint32(1)


def _jit(function: _F) -> _F:
    return cast(_F, numba.njit(cache=True, nogil=True)(function))


@_jit
def packed(planes: Plane, canvas: Canvas) -> None:
    """Four planes (4, h, w) as a canvas (h, w)."""
    _, rows, columns = planes.shape
    for y in range(rows):
        luma, blue, red, alpha = planes[0, y], planes[1, y], planes[2, y], planes[3, y]
        for x in range(columns):
            canvas[y, x] = (
                np.uint32(luma[x])
                | (np.uint32(blue[x]) << np.uint32(8))
                | (np.uint32(red[x]) << np.uint32(16))
                | (np.uint32(alpha[x]) << np.uint32(24))
            )


@_jit
def _spread(pixel: Any) -> Any:
    """Bytes in lanes: Y, V, U, A."""
    return (np.uint64(pixel) & _EVEN) | ((np.uint64(pixel) & _ODD) << _APART)


@_jit
def _span(start: float, step: float, most: float, first: int, last: int) -> Any:
    """The part of first..last where 0 <= start + step * x <= most."""
    if abs(step) < 1e-9:
        if start < 0.0 or start > most:
            return first, first
        return first, last
    near, far = -start / step, (most - start) / step
    if near > far:
        near, far = far, near
    near = min(max(near, -1e6), 1e6)
    far = min(max(far, -1e6), 1e6)
    return max(first, int(np.ceil(near))), min(last, int(np.floor(far)) + 1)


@_jit
def turn(sprite: Canvas, canvas: Canvas, u0: float, ux: float, uy: float, v0: float, vx: float, vy: float) -> None:
    """Lays a turned sprite over a canvas, bilinear; what lies outside of the sprite stays.

    The canvas' pixel (x, y) is the sprite's (u0 + ux x + uy y, v0 + vx x + vy y), 0 at the centre of a first pixel.
    The sprite is at least 2 x 2, at most 8192 a side, and its border is clear.
    """
    rows, columns = canvas.shape
    height, width = sprite.shape
    flat = sprite.reshape(height * width)
    wide = np.uint32(width)
    u_step, v_step = np.int32(round(ux * 65536.0)), np.int32(round(vx * 65536.0))
    for y in range(rows):
        u_row, v_row = u0 + uy * y, v0 + vy * y
        # Steps are rounded: over a row of 8192 they go astray by a sixteenth of a pixel.
        first, last = _span(u_row - 0.0625, ux, width - 1.125, 0, columns)
        first, last = _span(v_row - 0.0625, vx, height - 1.125, first, last)
        if last <= first:
            continue
        u = np.int32((u_row + ux * first) * 65536.0)
        v = np.int32((v_row + vx * first) * 65536.0)
        out = canvas[y, first:last]
        for x in range(last - first):
            at = np.uint32(v >> 16) * wide + np.uint32(u >> 16)
            right, low = np.uint64((u >> 8) & 255), np.uint64((v >> 8) & 255)
            u += u_step
            v += v_step
            below = at + wide
            first_one, first_two = flat[at], flat[at + _NEXT]
            next_one, next_two = flat[below], flat[below + _NEXT]
            if (first_one | first_two | next_one | next_two) == 0:
                continue
            one, two, three, four = _spread(first_one), _spread(first_two), _spread(next_one), _spread(next_two)
            left = _FULL - right
            upper = ((one * left + two * right + _HALF) >> _BYTE) & _MASK
            lower = ((three * left + four * right + _HALF) >> _BYTE) & _MASK
            mixed = ((upper * (_FULL - low) + lower * low + _HALF) >> _BYTE) & _MASK
            alpha = mixed >> _TOP
            if alpha < _MOST:
                through = _MOST - alpha
                through += through >> _SEVEN
                mixed += ((_spread(out[x]) * through + _HALF) >> _BYTE) & _MASK
            out[x] = np.uint32((mixed & _EVEN) | ((mixed >> _APART) & _ODD))


@_jit
def veil(source: Canvas, target: Canvas, opacity: float) -> None:
    """Lays a canvas over another of its size with one opacity, 0..1."""
    share = np.uint64(round(opacity * 256.0))
    rows, columns = target.shape
    for y in range(rows):
        for x in range(columns):
            over = source[y, x]
            if over == 0:
                continue
            mixed = ((_spread(over) * share + _HALF) >> _BYTE) & _MASK
            through = _MOST - (mixed >> _TOP)
            through += through >> _SEVEN
            mixed += ((_spread(target[y, x]) * through + _HALF) >> _BYTE) & _MASK
            target[y, x] = np.uint32((mixed & _EVEN) | ((mixed >> _APART) & _ODD))


@_jit
def planes_of(canvas: Plane, luma: Plane, alpha: Plane, chroma: Plane, alpha_half: Plane) -> None:
    """A canvas' bytes (h, w, 4), both even, as planes: luma and alpha (h, w), chroma (h / 2, w / 2, 2), its alpha."""
    rows, columns = luma.shape
    for y in range(rows):
        for x in range(columns):
            luma[y, x] = canvas[y, x, 0]
            alpha[y, x] = canvas[y, x, 3]
    for y in range(rows // 2):
        above, below = canvas[2 * y], canvas[2 * y + 1]
        for x in range(columns // 2):
            for channel in range(1, 4):
                total = (
                    np.uint32(above[2 * x, channel])
                    + np.uint32(above[2 * x + 1, channel])
                    + np.uint32(below[2 * x, channel])
                    + np.uint32(below[2 * x + 1, channel])
                )
                mean = np.uint8((total + np.uint32(2)) >> np.uint32(2))
                if channel < 3:
                    chroma[y, x, channel - 1] = mean
                else:
                    alpha_half[y, x] = mean
