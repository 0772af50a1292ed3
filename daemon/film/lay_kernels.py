"""The inner loops that lay cut-outs over a frame, compiled by numba: planes and positions are as in `kernels`.

Most of a cut-out's box is clear, and most of the rest opaque. Each is known by blocks of BLOCK columns in a row, so
that what is clear is passed over, and what is opaque needs neither its alpha nor what lies below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

BLOCK = 16
_F = TypeVar("_F", bound=Callable[..., Any])
_ONE = np.uint32(1)
_TWO = np.uint32(2)
_THREE = np.uint32(3)
_CLEAR, _MIXED, _OPAQUE = np.uint8(0), np.uint8(1), np.uint8(2)


def _jit(function: _F) -> _F:
    return cast(_F, numba.njit(cache=True, nogil=True, fastmath=True)(function))


@_jit
def kinds(alpha: Plane) -> Plane:
    """Of an alpha (h, w), for each row and block of columns: 0 where all is clear, 2 where all is opaque, else 1."""
    rows, columns = alpha.shape
    blocks = -(-columns // BLOCK)
    found = np.empty((rows, blocks), np.uint8)
    for y in range(rows):
        row = alpha[y]
        for block in range(blocks):
            low, high = np.uint8(255), np.uint8(0)
            if (block + 1) * BLOCK <= columns:
                for value in row[block * BLOCK : block * BLOCK + BLOCK]:
                    low, high = min(low, value), max(high, value)
            else:
                for value in row[block * BLOCK :]:
                    low, high = min(low, value), max(high, value)
            found[y, block] = _CLEAR if high == 0 else _OPAQUE if low == 255 else _MIXED
    return found


@_jit
def _columns(x0: float, step: float, count: int, width: int) -> Any:
    """For each target column: the source column to its left, and the share of the one after.

    As in `kernels`, but its own: what numba keeps of a loop goes by the loop's own file alone.
    """
    left = np.empty(count, np.uint32)
    share = np.empty(count, np.float32)
    for x in range(count):
        position = min(max(x0 + x * step, 0.0), width - 1.0)
        index = min(int(position), width - 2)
        left[x] = np.uint32(index)
        share[x] = np.float32(position - index)
    return left, share


@_jit
def _inside(start: float, step: float, count: int, size: int) -> Any:
    """Which of a target's pixels lie within a cut-out: from, and before."""
    first = min(count, max(0, int(np.ceil(-start / step))))
    return first, max(first, min(count, int(np.floor((size - 1 - start) / step)) + 1))


@_jit
def _edges(left: Any, width: int) -> Any:
    """For each block, and one more: the first target pixel whose left source column lies in it or beyond."""
    blocks = -(-width // BLOCK)
    edges = np.full(blocks + 1, len(left), np.uint32)
    block = 0
    for x in range(len(left)):
        while block <= blocks and int(left[x]) >= block * BLOCK:
            edges[block] = x
            block += 1
    return edges


@_jit
def _combined(above: Plane, below: Plane, found: Plane) -> None:
    """The kind of what is drawn from two rows, and from each block's last column and the one after it."""
    last = len(found) - 1
    for block in range(last):
        kind = above[block]
        same = kind == below[block] and kind == above[block + 1] and kind == below[block + 1]
        found[block] = kind if same else _MIXED
    found[last] = above[last] if above[last] == below[last] else _MIXED


@_jit
def lay_luma(
    source: Plane,
    alpha: Plane,
    kind: Plane,
    target: Plane,
    x0: float,
    y0: float,
    step_x: float,
    step_y: float,
    gain: float,
    offset: float,
) -> None:
    """Lays a premultiplied cut-out over `target`: outside of it nothing changes.

    kind: as `kinds` has it of alpha. Where in the source the target's first pixel lies, and the steps, are as in
    `warp_luma`; the cut-out's own values become value * gain + offset * alpha.
    """
    rows, columns = target.shape
    height, width = source.shape
    from_x, to_x = _inside(x0, step_x, columns, width)
    from_y, to_y = _inside(y0, step_y, rows, height)
    if to_x <= from_x or to_y <= from_y:
        return
    left, share = _columns(x0 + from_x * step_x, step_x, to_x - from_x, width)
    edges = _edges(left, width)
    here = np.empty(kind.shape[1], np.uint8)
    row = np.empty(width, np.float32)
    clear = np.empty(width, np.float32)
    whole, lift = np.float32(gain), np.float32(offset / 255.0)
    part, half = np.float32(1.0 / 255.0), np.float32(0.5)
    for y in range(from_y, to_y):
        position = min(max(y0 + y * step_y, 0.0), height - 1.0)
        index = min(int(position), height - 2)
        lower = np.float32(position - index)
        upper = np.float32(1.0) - lower
        _combined(kind[index], kind[index + 1], here)
        block = 0
        while block < len(here):
            start, what = block, here[block]
            while block < len(here) and here[block] == what:
                block += 1
            first, last = edges[start], edges[block]
            if what == _CLEAR or last <= first:
                continue
            base = left[first]
            end = left[last - _ONE] + _TWO
            above, below = source[index, base:end], source[index + 1, base:end]
            out, lefts, shares = target[y, from_x + first : from_x + last], left[first:last], share[first:last]
            if what == _OPAQUE:
                up, low, full = upper * whole, lower * whole, np.float32(255.0) * lift + half
                for x in range(len(above)):
                    row[x] = np.float32(above[x]) * up + np.float32(below[x]) * low + full
                for x in range(len(out)):
                    at = lefts[x] - base
                    value = row[at]
                    out[x] = np.uint8(np.int32(value + (row[at + _ONE] - value) * shares[x]))
                continue
            alpha_above, alpha_below = alpha[index, base:end], alpha[index + 1, base:end]
            for x in range(len(above)):
                cover = np.float32(alpha_above[x]) * upper + np.float32(alpha_below[x]) * lower
                value = np.float32(above[x]) * upper + np.float32(below[x]) * lower
                row[x] = value * whole + cover * lift
                clear[x] = np.float32(1.0) - cover * part
            for x in range(len(out)):
                at = lefts[x] - base
                value = row[at] + (row[at + _ONE] - row[at]) * shares[x]
                through = clear[at] + (clear[at + _ONE] - clear[at]) * shares[x]
                out[x] = np.uint8(np.int32(min(value + np.float32(out[x]) * through + half, np.float32(255.0))))


@_jit
def lay_chroma(
    source: Plane,
    alpha: Plane,
    kind: Plane,
    target: Plane,
    x0: float,
    y0: float,
    step_x: float,
    step_y: float,
    gain: float,
    offset: float,
) -> None:
    """The same for chroma planes: source and target (H, W, 2), alpha (H, W)."""
    rows, columns, _ = target.shape
    height, width = alpha.shape
    from_x, to_x = _inside(x0, step_x, columns, width)
    from_y, to_y = _inside(y0, step_y, rows, height)
    if to_x <= from_x or to_y <= from_y:
        return
    left, share = _columns(x0 + from_x * step_x, step_x, to_x - from_x, width)
    edges = _edges(left, width)
    here = np.empty(kind.shape[1], np.uint8)
    flat = source.reshape(height, width * 2)
    pair = np.empty(width * 2, np.float32)
    clear = np.empty(width, np.float32)
    whole, lift = np.float32(gain), np.float32(offset / 255.0)
    part, half = np.float32(1.0 / 255.0), np.float32(0.5)
    for y in range(from_y, to_y):
        position = min(max(y0 + y * step_y, 0.0), height - 1.0)
        index = min(int(position), height - 2)
        lower = np.float32(position - index)
        upper = np.float32(1.0) - lower
        _combined(kind[index], kind[index + 1], here)
        block = 0
        while block < len(here):
            start, what = block, here[block]
            while block < len(here) and here[block] == what:
                block += 1
            first, last = edges[start], edges[block]
            if what == _CLEAR or last <= first:
                continue
            base = left[first]
            end = left[last - _ONE] + _TWO
            above, below = flat[index, 2 * base : 2 * end], flat[index + 1, 2 * base : 2 * end]
            out, lefts, shares = target[y, from_x + first : from_x + last], left[first:last], share[first:last]
            up, low = upper * whole, lower * whole
            full = np.float32(255.0) * lift + half if what == _OPAQUE else half
            for x in range(len(above)):
                pair[x] = np.float32(above[x]) * up + np.float32(below[x]) * low + full
            if what == _OPAQUE:
                for x in range(len(out)):
                    at = (lefts[x] - base) * _TWO
                    u, v = pair[at], pair[at + _ONE]
                    out[x, 0] = np.uint8(np.int32(u + (pair[at + _TWO] - u) * shares[x]))
                    out[x, 1] = np.uint8(np.int32(v + (pair[at + _THREE] - v) * shares[x]))
                continue
            alpha_above, alpha_below = alpha[index, base:end], alpha[index + 1, base:end]
            for x in range(len(alpha_above)):
                cover = np.float32(alpha_above[x]) * upper + np.float32(alpha_below[x]) * lower
                pair[2 * x] += cover * lift
                pair[2 * x + 1] += cover * lift
                clear[x] = np.float32(1.0) - cover * part
            for x in range(len(out)):
                at = lefts[x] - base
                mixed = shares[x]
                through = clear[at] + (clear[at + _ONE] - clear[at]) * mixed
                at *= _TWO
                u = pair[at] + (pair[at + _TWO] - pair[at]) * mixed + np.float32(out[x, 0]) * through
                v = pair[at + _ONE] + (pair[at + _THREE] - pair[at + _ONE]) * mixed + np.float32(out[x, 1]) * through
                out[x, 0] = np.uint8(np.int32(min(u, np.float32(255.0))))
                out[x, 1] = np.uint8(np.int32(min(v, np.float32(255.0))))
