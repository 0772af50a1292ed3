"""The inner loops that draw outlines: curves to lines, exact areas of pixels, paint; compiled by numba.

A canvas is four planes (4, h, w) uint8 of premultiplied channels, the last of them alpha. Coverage is computed
from the signed areas that edges cut off each pixel, as font renderers do, and summed along the row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.uint8]
Points = NDArray[np.float64]  # (n, 2)
_FOUR = np.uint32(4)
Starts = NDArray[np.int64]  # where each contour begins among the points; one more for the end
_F = TypeVar("_F", bound=Callable[..., Any])


def _jit(function: _F) -> _F:
    return cast(_F, numba.njit(cache=True, nogil=True)(function))


@_jit
def flatten(text: NDArray[np.uint8], scale: float, points: Points, starts: Starts, closed: NDArray[np.uint8]) -> int:
    """Path data of absolute M, L, C and Z as contours of points; how many contours, or -1 where it is anything else.

    scale: pixels a unit, for curves that look smooth. points must hold nine times as many as the text has letters.
    """
    count, contours = 0, 0
    at, end = 0, len(text)
    letter = 0
    values = np.empty(6, np.float64)
    have = 0
    while at < end:
        byte = text[at]
        if byte == 32 or byte == 44:
            at += 1
        elif byte == 77 or byte == 76 or byte == 67:  # M L C
            letter = byte
            at += 1
        elif byte == 90:  # Z
            if contours:
                closed[contours - 1] = 1
            letter = 0
            at += 1
        else:
            sign, value, place, digits = 1.0, 0.0, 0.0, 0
            if byte == 45:
                sign = -1.0
                at += 1
            while at < end:
                byte = text[at]
                if 48 <= byte <= 57:
                    digits += 1
                    if place == 0.0:
                        value = value * 10.0 + (byte - 48)
                    else:
                        value += (byte - 48) * place
                        place *= 0.1
                elif byte == 46 and place == 0.0:
                    place = 0.1
                else:
                    break
                at += 1
            if digits == 0 or letter == 0 or (letter != 77 and contours == 0):
                return -1
            values[have] = sign * value
            have += 1
            if letter == 67 and have == 6:
                x0, y0 = points[count - 1, 0], points[count - 1, 1]
                x1, y1, x2, y2, x3, y3 = values[0], values[1], values[2], values[3], values[4], values[5]
                bend = max(abs(x0 - 2 * x1 + x2) + abs(y0 - 2 * y1 + y2), abs(x1 - 2 * x2 + x3) + abs(y1 - 2 * y2 + y3))
                pieces = min(96, 1 + int(np.sqrt(bend * scale * 20.0)))
                for step in range(1, pieces + 1):
                    t = step / pieces
                    r = 1.0 - t
                    a, b, c, d = r * r * r, 3 * r * r * t, 3 * r * t * t, t * t * t
                    points[count, 0] = a * x0 + b * x1 + c * x2 + d * x3
                    points[count, 1] = a * y0 + b * y1 + c * y2 + d * y3
                    count += 1
                have = 0
            elif letter != 67 and have == 2:
                if letter == 77:
                    starts[contours] = count
                    closed[contours] = 0
                    contours += 1
                    letter = 76
                points[count, 0] = values[0]
                points[count, 1] = values[1]
                count += 1
                have = 0
    starts[contours] = count
    return contours if have == 0 else -1


@_jit
def widen(
    points: Points, starts: Starts, closed: NDArray[np.uint8], contours: int, half: float, butt: bool, scale: float
) -> Any:
    """The contours of a stroke along contours, half its width to each side, round joins; all turn one way.

    scale: pixels a unit.
    """
    total = int(starts[contours])
    out = np.empty((total * 7 + (total + contours * 2) * 40 + 64, 2), np.float64)
    begins = np.empty(total * 3 + contours * 4 + 8, np.int64)
    count, made = 0, 0
    pixels = half * scale
    sides = max(8, min(40, int(5.0 * np.sqrt(pixels)) + 8))
    for contour in range(contours):
        first, last = int(starts[contour]), int(starts[contour + 1])
        size = last - first
        shut = closed[contour] == 1
        edges = size if shut else size - 1
        before_x, before_y, have = 0.0, 0.0, False
        for edge in range(edges + 1 if shut else edges):
            a = first + edge % size
            b = first + (edge + 1) % size
            dx, dy = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
            length = np.sqrt(dx * dx + dy * dy)
            if length < 1e-9:
                continue
            nx, ny = -dy / length, dx / length
            if have:
                turn = before_x * ny - before_y * nx
                along = before_x * nx + before_y * ny
                if along < 0.94:
                    begins[made] = count
                    made += 1
                    for side in range(sides):
                        angle = -2.0 * np.pi * side / sides
                        out[count, 0] = points[a, 0] + half * np.cos(angle)
                        out[count, 1] = points[a, 1] + half * np.sin(angle)
                        count += 1
                elif abs(turn) > 1e-6:
                    sign = -half if turn > 0 else half
                    begins[made] = count
                    made += 1
                    out[count, 0], out[count, 1] = points[a, 0], points[a, 1]
                    # Both ends of the gap on the outer side, in the order that turns as the quads do.
                    if turn > 0:
                        out[count + 1, 0] = points[a, 0] + sign * nx
                        out[count + 1, 1] = points[a, 1] + sign * ny
                        out[count + 2, 0] = points[a, 0] + sign * before_x
                        out[count + 2, 1] = points[a, 1] + sign * before_y
                    else:
                        out[count + 1, 0] = points[a, 0] + sign * before_x
                        out[count + 1, 1] = points[a, 1] + sign * before_y
                        out[count + 2, 0] = points[a, 0] + sign * nx
                        out[count + 2, 1] = points[a, 1] + sign * ny
                    count += 3
            if edge < edges:
                begins[made] = count
                made += 1
                out[count, 0], out[count, 1] = points[a, 0] + half * nx, points[a, 1] + half * ny
                out[count + 1, 0], out[count + 1, 1] = points[b, 0] + half * nx, points[b, 1] + half * ny
                out[count + 2, 0], out[count + 2, 1] = points[b, 0] - half * nx, points[b, 1] - half * ny
                out[count + 3, 0], out[count + 3, 1] = points[a, 0] - half * nx, points[a, 1] - half * ny
                count += 4
            before_x, before_y, have = nx, ny, True
        if not shut and not butt:
            for end in (first, last - 1):
                begins[made] = count
                made += 1
                for side in range(sides):
                    angle = -2.0 * np.pi * side / sides
                    out[count, 0] = points[end, 0] + half * np.cos(angle)
                    out[count, 1] = points[end, 1] + half * np.sin(angle)
                    count += 1
    begins[made] = count
    return out[:count], begins[: made + 1]


@_jit
def _edge(
    area: NDArray[np.float32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    x0: float,
    y0: float,
    x1: float,
    y1: float,
) -> None:
    """Adds what an edge cuts off to the pixels' areas."""
    rows, wide = area.shape[0], area.shape[1] - 2
    way = 1.0
    if y0 > y1:
        x0, y0, x1, y1, way = x1, y1, x0, y0, -1.0
    if y1 - y0 < 1e-9 or y1 <= 0.0 or y0 >= rows:
        return
    slope = (x1 - x0) / (y1 - y0)
    x = x0 if y0 >= 0.0 else x0 - y0 * slope
    for row in range(max(0, int(y0)), min(rows, int(np.ceil(y1)))):
        height = min(row + 1.0, y1) - max(float(row), y0)
        after = x + slope * height
        near, far = min(x, after), max(x, after)
        x = after
        if near >= wide:
            high[row] = wide - 1
            low[row] = min(low[row], wide - 1)
            continue
        share = way * height
        if near < 0.0:
            # What lies to the left covers the whole row; what lies to the right of the page covers nothing of it.
            before = share if far <= 0.0 else share * (-near / (far - near))
            area[row, 0] += before
            share -= before
            near, far = 0.0, max(far, 0.0)
        if far > wide:
            share *= (wide - near) / (far - near)
            far = float(wide)
            high[row] = wide - 1
        start = int(near)
        stop = int(np.ceil(far))
        if start < low[row]:
            low[row] = start
        if stop > high[row]:
            high[row] = min(stop, wide - 1)
        if start > high[row]:
            high[row] = min(start, wide - 1)
        if stop <= start + 1:
            middle = 0.5 * (near + far) - start
            area[row, start] += share * (1.0 - middle)
            area[row, start + 1] += share * middle
        else:
            steep = 1.0 / (far - near)
            part = near - start
            first = 0.5 * steep * (1.0 - part) * (1.0 - part)
            area[row, start] += share * first
            rest = far - stop + 1.0
            last = 0.5 * steep * rest * rest
            if stop == start + 2:
                area[row, start + 1] += share * (1.0 - first - last)
            else:
                second = steep * (1.5 - part)
                area[row, start + 1] += share * (second - first)
                for column in range(start + 2, stop - 1):
                    area[row, column] += share * steep
                third = second + (stop - start - 3) * steep
                area[row, stop - 1] += share * (1.0 - third - last)
            area[row, stop] += share * last


@_jit
def cover(
    points: Points,
    starts: Starts,
    matrix: NDArray[np.float64],
    area: NDArray[np.float32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
) -> Any:
    """Adds the areas of contours, taken through a matrix, to a page's; the rows that they touch."""
    a, b, c, d, e, f = matrix[0], matrix[1], matrix[2], matrix[3], matrix[4], matrix[5]
    rows = area.shape[0]
    top, bottom = rows, 0
    for contour in range(len(starts) - 1):
        first, last = starts[contour], starts[contour + 1]
        if last - first < 2:
            continue
        px, py = points[last - 1, 0], points[last - 1, 1]
        x0, y0 = a * px + c * py + e, b * px + d * py + f
        for index in range(first, last):
            px, py = points[index, 0], points[index, 1]
            x1, y1 = a * px + c * py + e, b * px + d * py + f
            _edge(area, low, high, x0, y0, x1, y1)
            top, bottom = min(top, int(max(0.0, min(y1, float(rows))))), max(bottom, int(max(0.0, y1)) + 1)
            x0, y0 = x1, y1
    return top, min(bottom, rows)


@_jit
def _coverage(area: NDArray[np.float32], low: int, high: int, even_odd: bool, found: NDArray[np.float32]) -> None:
    """Sums a row's areas to coverage 0..1, and clears them."""
    total = np.float32(0.0)
    one, two = np.float32(1.0), np.float32(2.0)
    if even_odd:
        for x in range(low, high + 1):
            total += area[x]
            area[x] = np.float32(0.0)
            value = abs(total)
            value -= two * np.float32(np.floor(value / two))
            found[x - low] = two - value if value > one else value
    else:
        for x in range(low, high + 1):
            total += area[x]
            area[x] = np.float32(0.0)
            found[x - low] = min(abs(total), one)
    area[high + 1] = np.float32(0.0)


@_jit
def paint(
    canvas: Canvas,
    area: NDArray[np.float32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    rows: tuple[int, int],
    even_odd: bool,
    mask: NDArray[np.uint8],
    colours: NDArray[np.float32],
    gradient: NDArray[np.float64],
) -> None:
    """Lays paint over a canvas where areas were added, and clears them.

    mask: (h, w) of what a clip leaves, or (0, 0). colours: (n, 5) along the paint: its channels, alpha's full value,
    opacity; n is 1 for a plain one. gradient: kind (1 linear, 2 radial, 3 repeated linear) and the matrix from pixels
    to its place: a linear one runs along x from 0 to 1, a radial one from the origin to 1.
    """
    wide = canvas.shape[2]
    found = np.empty(wide + 2, np.float32)
    kind = int(gradient[0])
    masked = mask.shape[0] > 0
    last = len(colours) - 1
    ramps = colours.T.copy()
    level = kind == 1 and gradient[1] == 0.0  # one colour for all of a row
    places, tones = np.empty(wide + 2, np.uint32), np.empty(wide + 2, np.float32)
    even = np.empty(4, np.bool_)  # whether a channel is the same all along: a glow's colour, and alpha
    for channel in range(4):
        even[channel] = ramps[channel].min() == ramps[channel].max()
    part = np.float32(1.0 / 255.0)
    half = np.float32(0.5)
    for y in range(rows[0], rows[1]):
        first, end = low[y], high[y]
        low[y], high[y] = wide, -1
        if end < first:
            continue
        _coverage(area[y], first, end, even_odd, found)
        count = end - first + 1
        if masked:
            clip = mask[y, first : end + 1]
            for x in range(count):
                found[x] *= np.float32(clip[x]) * part
        u = gradient[1] * (first + 0.5) + gradient[3] * (y + 0.5) + gradient[5]
        v = gradient[2] * (first + 0.5) + gradient[4] * (y + 0.5) + gradient[6]
        if kind == 0 or level:
            plain = int(min(max(u, 0.0), 1.0) * last + 0.5) if level else 0
            opacity = colours[plain, 4]
            for x in range(count):
                found[x] *= opacity
            for channel in range(4):
                colour = colours[plain, channel]
                row = canvas[channel, y, first : end + 1]
                for x in range(count):
                    value = np.float32(row[x])
                    row[x] = np.uint8(np.int32(value + (colour - value) * found[x] + half))
            continue
        if kind == 1:
            for x in range(count):
                places[x] = np.uint32(np.int32(min(max(u + gradient[1] * x, 0.0), 1.0) * last + 0.5))
        elif kind == 2:
            for x in range(count):
                across, down = u + gradient[1] * x, v + gradient[2] * x
                places[x] = np.uint32(np.int32(min(np.sqrt(across * across + down * down), 1.0) * last + 0.5))
        else:
            for x in range(count):
                across = u + gradient[1] * x
                places[x] = np.uint32(np.int32(min(max(across - np.floor(across), 0.0), 1.0) * last + 0.5))
        ramp = ramps[4]
        for x in range(count):
            found[x] *= ramp[places[x]]
        for channel in range(4):
            row, ramp, colour = canvas[channel, y, first : end + 1], ramps[channel], ramps[channel, 0]
            if even[channel]:
                for x in range(count):
                    value = np.float32(row[x])
                    row[x] = np.uint8(np.int32(value + (colour - value) * found[x] + half))
                continue
            for x in range(count):
                tones[x] = ramp[places[x]]
            for x in range(count):
                value = np.float32(row[x])
                row[x] = np.uint8(np.int32(value + (tones[x] - value) * found[x] + half))


@_jit
def paste(
    canvas: Canvas,
    area: NDArray[np.float32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    rows: tuple[int, int],
    mask: NDArray[np.uint8],
    texture: NDArray[np.float32],
    place: NDArray[np.float64],
    repeated: bool,
    opacity: float,
) -> None:
    """Lays an image over a canvas where areas were added, bilinear, and clears them.

    texture: (h, w, 4), premultiplied, alpha 0..255; place: the matrix from the canvas' pixels to its own; repeated:
    it goes on beyond its edges, else its last pixels do.
    """
    wide = canvas.shape[2]
    found, through = np.empty(wide + 2, np.float32), np.empty(wide + 2, np.float32)
    shares, lowers = np.empty(wide + 2, np.float32), np.empty(wide + 2, np.float32)
    places, tones = np.empty(wide + 2, np.uint32), np.empty(wide + 2, np.float32)
    masked = mask.shape[0] > 0
    tall, broad = texture.shape[0], texture.shape[1]
    # One more row and column, so that every pixel has four neighbours.
    grown = np.empty((tall + 1, broad + 1, 4), np.float32)
    grown[:tall, :broad] = texture
    grown[:tall, broad] = texture[:, 0 if repeated else broad - 1]
    grown[tall] = grown[0 if repeated else tall - 1]
    flat, step = grown.reshape((tall + 1) * (broad + 1) * 4), np.uint32((broad + 1) * 4)
    most_x, most_y = broad - 1.0, tall - 1.0
    part, one = np.float32(1.0 / 255.0), np.float32(1.0)
    half, whole, most = np.float32(0.5), np.float32(opacity), np.float32(255.0)
    for y in range(rows[0], rows[1]):
        first, end = low[y], high[y]
        low[y], high[y] = wide, -1
        if end < first:
            continue
        _coverage(area[y], first, end, False, found)
        count = end - first + 1
        across = place[0] * (first + 0.5) + place[2] * (y + 0.5) + place[4] - 0.5
        down = place[1] * (first + 0.5) + place[3] * (y + 0.5) + place[5] - 0.5
        for x in range(count):
            u, v = across + place[0] * x, down + place[1] * x
            if repeated:
                u -= np.floor(u / broad) * broad
                v -= np.floor(v / tall) * tall
            else:
                u, v = max(u, 0.0), max(v, 0.0)
            u, v = min(u, most_x + repeated), min(v, most_y + repeated)
            column, line = min(np.int32(u), np.int32(broad - 1)), min(np.int32(v), np.int32(tall - 1))
            places[x] = np.uint32(line) * step + np.uint32(column) * _FOUR
            shares[x], lowers[x] = np.float32(u - column), np.float32(v - line)
        for x in range(count):
            found[x] *= whole
        if masked:
            clip = mask[y, first : end + 1]
            for x in range(count):
                found[x] *= np.float32(clip[x]) * part
        for channel in (3, 0, 1, 2):
            row, shift = canvas[channel, y, first : end + 1], np.uint32(channel)
            for x in range(count):
                at, share = places[x] + shift, shares[x]
                below = at + step
                upper = flat[at] + (flat[at + _FOUR] - flat[at]) * share
                lower = flat[below] + (flat[below + _FOUR] - flat[below]) * share
                tones[x] = upper + (lower - upper) * lowers[x]
            if channel == 3:
                for x in range(count):
                    through[x] = one - tones[x] * found[x] * part
            for x in range(count):
                value = tones[x] * found[x] + np.float32(row[x]) * through[x] + half
                row[x] = np.uint8(np.int32(min(value, most)))


@_jit
def clip(
    area: NDArray[np.float32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    rows: tuple[int, int],
    within: NDArray[np.uint8],
    mask: NDArray[np.uint8],
) -> None:
    """Draws added areas as a mask (h, w) of zeros, within another or (0, 0), and clears them."""
    wide = mask.shape[1]
    found = np.empty(wide + 2, np.float32)
    inner = within.shape[0] > 0
    for y in range(rows[0], rows[1]):
        first, end = low[y], high[y]
        low[y], high[y] = wide, -1
        if end < first:
            continue
        _coverage(area[y], first, end, False, found)
        for x in range(end - first + 1):
            value = found[x] * np.float32(255.0)
            if inner:
                value *= np.float32(within[y, first + x]) * np.float32(1.0 / 255.0)
            mask[y, first + x] = np.uint8(np.int32(value + np.float32(0.5)))


@_jit
def lay(source: Canvas, target: Canvas, opacity: float) -> None:
    """Lays a canvas over another of its size with one opacity."""
    share, part = np.float32(opacity), np.float32(opacity / 255.0)
    half = np.float32(0.5)
    _, rows, columns = source.shape
    for y in range(rows):
        alpha = source[3, y]
        for channel in range(4):
            over, row = source[channel, y], target[channel, y]
            for x in range(columns):
                through = np.float32(1.0) - np.float32(alpha[x]) * part
                value = np.float32(over[x]) * share + np.float32(row[x]) * through + half
                row[x] = np.uint8(np.int32(min(value, np.float32(255.0))))
