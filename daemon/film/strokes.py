"""Soft strokes and light laid over a drawn frame, compiled by numba: NV12 in, the same frame out.

A stroke is a row of FIELDS float32: x, y, dx, dy (its other end from there), radius, softness (all in pixels of the
luma plane), Y, U, V, alpha 0..1, glow (1: a wide faint halo, too).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

FIELDS = 11
_HALO, _HALO_ALPHA = np.float32(5.0), np.float32(0.16)


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, fastmath=True)(function)


@_jit
def lay(out: Frame, height: int, table: NDArray[np.float32]) -> None:
    """Lays strokes over a frame of that height; table: (n, FIELDS)."""
    for i in range(table.shape[0]):
        row = table[i]
        if row[10] > 0:
            _stroke(out, height, row, row[4] * _HALO, row[4] * _HALO, row[9] * _HALO_ALPHA)
        _stroke(out, height, row, row[4], row[5], row[9])


@_jit
def _stroke(out: Frame, height: int, row: Any, radius: Any, soft: Any, alpha: Any) -> None:
    width = out.shape[1]
    x0, y0, dx, dy = row[0], row[1], row[2], row[3]
    least = np.float32(0.6)
    # The radius at which a stroke covers half: edges are at least a pixel soft, and it covers as much all the same.
    middle = radius - np.float32(0.5) * soft
    if middle < least:
        # Thinner than a pixel: fainter instead.
        thin = max(middle, np.float32(0.0)) / least
        alpha *= thin if dx * dx + dy * dy > np.float32(4.0) else thin * thin
        middle = least
    soft = max(soft, np.float32(1.0))
    if alpha < 0.004:
        return
    reach = middle + np.float32(0.5) * soft
    left, right = int(np.floor(min(x0, x0 + dx) - reach)), int(np.ceil(max(x0, x0 + dx) + reach)) + 1
    top, bottom = int(np.floor(min(y0, y0 + dy) - reach)), int(np.ceil(max(y0, y0 + dy) + reach)) + 1
    left, right, top, bottom = max(0, left), min(width, right), max(0, top), min(height, bottom)
    if right <= left or bottom <= top:
        return
    length = dx * dx + dy * dy
    inverse = np.float32(1.0) / length if length > 1e-6 else np.float32(0.0)
    half = np.float32(0.5)
    for y in range(top, bottom):
        for x in range(left, right):
            cover = _cover(np.float32(x) - x0, np.float32(y) - y0, dx, dy, inverse, reach, soft) * alpha
            if cover > 0:
                value = np.float32(out[y, x])
                out[y, x] = np.uint8(value + (row[6] - value) * cover + half)
    for y in range(top // 2, (bottom + 1) // 2):
        if y >= height // 2:
            break
        for x in range(left // 2, min((right + 1) // 2, width // 2)):
            px, py = np.float32(2 * x) + half - x0, np.float32(2 * y) + half - y0
            cover = _cover(px, py, dx, dy, inverse, reach + half, soft) * alpha
            if cover > 0:
                u, v = np.float32(out[height + y, 2 * x]), np.float32(out[height + y, 2 * x + 1])
                out[height + y, 2 * x] = np.uint8(u + (row[7] - u) * cover + half)
                out[height + y, 2 * x + 1] = np.uint8(v + (row[8] - v) * cover + half)


@_jit
def _cover(px: Any, py: Any, dx: Any, dy: Any, inverse: Any, reach: Any, soft: Any) -> Any:
    """How much a stroke covers a point, 0..1: whole inside, gone at its edge."""
    along = min(np.float32(1.0), max(np.float32(0.0), (px * dx + py * dy) * inverse))
    ax, ay = px - along * dx, py - along * dy
    share = min(np.float32(1.0), max(np.float32(0.0), (reach - np.sqrt(ax * ax + ay * ay)) / soft))
    return share * share * (np.float32(3.0) - np.float32(2.0) * share)


@_jit
def shine(out: Frame, height: int, light: NDArray[np.float32], tint: NDArray[np.float32]) -> None:
    """Adds light as on a screen. light: (rows, columns) 0..1, coarse, its corners at the frame's corners;
    tint: (rows, columns, 2), where U and V are pulled to."""
    width = out.shape[1]
    rows, columns = light.shape
    step_x = np.float32((columns - 1) / (width - 1))
    step_y = np.float32((rows - 1) / (height - 1))
    left = np.empty(width, np.uint32)
    share = np.empty(width, np.float32)
    for x in range(width):
        position = np.float32(x) * step_x
        index = min(int(position), columns - 2)
        left[x] = np.uint32(index)
        share[x] = position - np.float32(index)
    row = np.empty(columns, np.float32)
    pair = np.empty((columns, 2), np.float32)
    one, top, half = np.uint32(1), np.float32(235.0), np.float32(0.5)
    for y in range(height):
        position = np.float32(y) * step_y
        index = min(int(position), rows - 2)
        lower = position - np.float32(index)
        brightest = np.float32(0.0)
        for c in range(columns):
            row[c] = light[index, c] + (light[index + 1, c] - light[index, c]) * lower
            brightest = max(brightest, row[c])
        if brightest < 0.002:
            continue
        target = out[y]
        for x in range(width):
            at = left[x]
            strength = row[at] + (row[at + one] - row[at]) * share[x]
            value = np.float32(target[x])
            target[x] = np.uint8(np.int32(value + (top - value) * strength + half))
        if y % 2:
            continue
        for c in range(columns):
            for part in range(2):
                pair[c, part] = tint[index, c, part] + (tint[index + 1, c, part] - tint[index, c, part]) * lower
        target = out[height + y // 2]
        for x in range(width // 2):
            at = left[2 * x]
            mixed = share[2 * x]
            strength = min(np.float32(1.0), np.float32(1.6) * (row[at] + (row[at + one] - row[at]) * mixed))
            u, v = np.float32(target[2 * x]), np.float32(target[2 * x + 1])
            tu = pair[at, 0] + (pair[at + one, 0] - pair[at, 0]) * mixed
            tv = pair[at, 1] + (pair[at + one, 1] - pair[at, 1]) * mixed
            target[2 * x] = np.uint8(np.int32(u + (tu - u) * strength + half))
            target[2 * x + 1] = np.uint8(np.int32(v + (tv - v) * strength + half))


@_jit
def tiles(
    out: Frame, height: int, levels: NDArray[np.float32], colours: NDArray[np.float32], tall: float, alpha: float
) -> None:
    """Columns of lit tiles along the lower edge, on a shade that lets them be seen on any picture.

    levels: tiles lit in each column, the last one in part; colours: (tiles, 3) Y, U, V from the lowest up; tall: of
    the whole stack, share of the height.
    """
    width = out.shape[1]
    count, most = levels.shape[0], colours.shape[0]
    pitch_x = np.float32(width / count)
    pitch_y = np.float32(height * tall / most)
    half, dark, grey = np.float32(0.5), np.float32(16.0), np.float32(128.0)
    first = max(0, height - int(height * tall * 1.3)) // 2 * 2
    for y in range(first, height):
        passed = np.float32((y - first) / (height - first))
        shade = np.float32(0.75 * alpha) * passed * (np.float32(2.0) - passed)
        target = out[y]
        for x in range(width):
            value = np.float32(target[x])
            target[x] = np.uint8(np.int32(value + (dark - value) * shade + half))
        if y % 2 == 0:
            target = out[height + y // 2]
            for x in range(width):
                value = np.float32(target[x])
                target[x] = np.uint8(np.int32(value + (grey - value) * np.float32(0.6) * shade + half))
    for i in range(count):
        left, right = int((i + 0.18) * pitch_x), int((i + 0.82) * pitch_x)
        for j in range(most):
            lit = min(np.float32(1.0), max(np.float32(0.0), levels[i] - np.float32(j)))
            if lit <= 0:
                break
            bottom = height - int(j * pitch_y) - 1
            top = max(0, height - int((j + 0.72) * pitch_y) - 1)
            share = np.float32(alpha) * lit
            for y in range(top, bottom):
                for x in range(left, right):
                    value = np.float32(out[y, x])
                    out[y, x] = np.uint8(value + (colours[j, 0] - value) * share + half)
            for y in range(top // 2, bottom // 2):
                for x in range(left // 2, right // 2):
                    u, v = np.float32(out[height + y, 2 * x]), np.float32(out[height + y, 2 * x + 1])
                    out[height + y, 2 * x] = np.uint8(u + (colours[j, 1] - u) * share + half)
                    out[height + y, 2 * x + 1] = np.uint8(v + (colours[j, 2] - v) * share + half)
