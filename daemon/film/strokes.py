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
_HALO, _HALO_ALPHA = np.float32(3.5), np.float32(0.2)


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
    slope = np.float32(1.0) / dy if abs(dy) > np.float32(1e-3) else np.float32(0.0)
    for y in range(top, bottom):
        begin, end = _across(np.float32(y) - y0, x0, dx, slope, reach)
        for x in range(max(left, begin), min(right, end)):
            cover = _cover(np.float32(x) - x0, np.float32(y) - y0, dx, dy, inverse, reach, soft) * alpha
            if cover > 0:
                value = np.float32(out[y, x])
                out[y, x] = np.uint8(value + (row[6] - value) * cover + half)
    for y in range(top // 2, min((bottom + 1) // 2, height // 2)):
        py = np.float32(2 * y) + half - y0
        begin, end = _across(py, x0, dx, slope, reach + half)
        for x in range(max(left, begin) // 2, min((min(right, end) + 1) // 2, width // 2)):
            px = np.float32(2 * x) + half - x0
            cover = _cover(px, py, dx, dy, inverse, reach + half, soft) * alpha
            if cover > 0:
                u, v = np.float32(out[height + y, 2 * x]), np.float32(out[height + y, 2 * x + 1])
                out[height + y, 2 * x] = np.uint8(u + (row[7] - u) * cover + half)
                out[height + y, 2 * x + 1] = np.uint8(v + (row[8] - v) * cover + half)


@_jit
def _across(py: Any, x0: Any, dx: Any, slope: Any, reach: Any) -> Any:
    """The columns of one row that a stroke may touch: from, and before."""
    zero, one = np.float32(0.0), np.float32(1.0)
    if slope == 0:
        first, last = zero, one
    else:
        first, last = (py - reach) * slope, (py + reach) * slope
        if first > last:
            first, last = last, first
        first, last = min(one, max(zero, first)), min(one, max(zero, last))
    low, high = x0 + dx * first, x0 + dx * last
    return int(np.floor(min(low, high) - reach)), int(np.ceil(max(low, high) + reach)) + 1


@_jit
def _cover(px: Any, py: Any, dx: Any, dy: Any, inverse: Any, reach: Any, soft: Any) -> Any:
    """How much a stroke covers a point, 0..1: whole inside, gone at its edge."""
    along = min(np.float32(1.0), max(np.float32(0.0), (px * dx + py * dy) * inverse))
    ax, ay = px - along * dx, py - along * dy
    share = min(np.float32(1.0), max(np.float32(0.0), (reach - np.sqrt(ax * ax + ay * ay)) / soft))
    return share * share * (np.float32(3.0) - np.float32(2.0) * share)


@_jit
def cones(beams: NDArray[np.float32], light: NDArray[np.uint8], tint: NDArray[np.uint8], aspect: float) -> None:
    """The light of spotlights on a coarse field over the whole picture.

    beams: (n, 6) float32: x (heights), angle, strength, its Y, U, V. light: (rows, columns), 255 is white; tint:
    (rows, columns, 2), the U and V of what shines there.
    """
    rows, columns = light.shape
    count = beams.shape[0]
    sines, cosines = np.sin(beams[:, 1]), np.cos(beams[:, 1])
    for r in range(rows):
        y = np.float32(r / (rows - 1)) + np.float32(0.06)
        for c in range(columns):
            x = np.float32(aspect * c / (columns - 1))
            total, u, v = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            for i in range(count):
                dx = x - beams[i, 0]
                along = dx * sines[i] + y * cosines[i]
                across = (dx * cosines[i] - y * sines[i]) / (np.float32(0.012) + np.float32(0.085) * along)
                if along <= 0 or abs(across) > np.float32(2.6):
                    continue
                part = beams[i, 2] * np.exp(-across * across - np.float32(1.1) * along)
                total += part
                u += part * beams[i, 4]
                v += part * beams[i, 5]
            light[r, c] = np.uint8(min(total, np.float32(0.8)) * np.float32(255.0) + np.float32(0.5))
            tint[r, c, 0] = np.uint8(u / total) if total > 0 else np.uint8(128)
            tint[r, c, 1] = np.uint8(v / total) if total > 0 else np.uint8(128)


@_jit
def brighten(plane: Frame, light: Frame) -> None:
    """Adds light to a luma plane as on a screen; both of one shape, 255 is white."""
    rows, columns = plane.shape
    part, top, half = np.float32(1.0 / 255.0), np.float32(235.0), np.float32(0.5)
    for y in range(rows):
        target, row = plane[y], light[y]
        for x in range(columns):
            value = np.float32(target[x])
            target[x] = np.uint8(np.int32(value + (top - value) * np.float32(row[x]) * part + half))


@_jit
def colour(plane: Frame, light: Frame, tint: Frame) -> None:
    """Pulls a chroma plane (rows, columns, 2) to a tint of its shape where there is light (rows, columns)."""
    rows, columns = light.shape
    part, half = np.float32(1.6 / 255.0), np.float32(0.5)
    one = np.float32(1.0)
    flat, tints = plane.reshape(rows, columns * 2), tint.reshape(rows, columns * 2)
    shares = np.empty(columns * 2, np.float32)
    for y in range(rows):
        row, target, tone = light[y], flat[y], tints[y]
        for x in range(columns):
            share = min(one, np.float32(row[x]) * part)
            shares[2 * x] = share
            shares[2 * x + 1] = share
        for x in range(2 * columns):
            value = np.float32(target[x])
            target[x] = np.uint8(np.int32(value + (np.float32(tone[x]) - value) * shares[x] + half))


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
