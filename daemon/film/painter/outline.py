"""Outlines as SVG path data, and the geometry that shading needs.

An outline is path data of absolute M, L and C commands alone, so that bounds and points can be read from it.
Lengths are world units, y down.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

Point = tuple[float, float]
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_COMMAND = re.compile(r"([MLC])([^MLCZ]*)")
_KAPPA = 0.5523


def number(value: float) -> str:
    """A coordinate as text, to a tenth."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _pair(x: float, y: float) -> str:
    return f"{number(x)} {number(y)}"


def polygon(points: Sequence[Point], closed: bool = True) -> str:
    """Straight lines through points."""
    return "M" + " L".join(_pair(*point) for point in points) + (" Z" if closed else "")


def smooth(points: Sequence[Point], closed: bool = True, roundness: float = 1.0) -> str:
    """A smooth curve through points (Catmull-Rom as cubic Bezier)."""
    count = len(points)
    pull = roundness / 6
    steps = [f"M{_pair(*points[0])}"]
    for index in range(count if closed else count - 1):
        here, there = points[index], points[(index + 1) % count]
        before = points[index - 1] if closed or index else here
        after = points[(index + 2) % count] if closed or index + 2 < count else there
        steps.append(
            f"C{_pair(here[0] + (there[0] - before[0]) * pull, here[1] + (there[1] - before[1]) * pull)} "
            f"{_pair(there[0] - (after[0] - here[0]) * pull, there[1] - (after[1] - here[1]) * pull)} {_pair(*there)}"
        )
    return " ".join(steps) + (" Z" if closed else "")


def points(text: str, x: float = 0.0, y: float = 0.0, size: float = 1.0) -> list[Point]:
    """Points from "x y, x y, ...", made `size` times as large, then moved."""
    pairs = (pair.split() for pair in text.split(","))
    return [(x + float(across) * size, y + float(down) * size) for across, down in pairs]


def curve(text: str, roundness: float = 1.0, closed: bool = True, x: float = 0, y: float = 0, size: float = 1) -> str:
    """A smooth curve through points written "x y, x y, ..."."""
    return smooth(points(text, x, y, size), closed, roundness)


def corners(text: str, closed: bool = True, x: float = 0, y: float = 0, size: float = 1) -> str:
    """Straight lines through points written "x y, x y, ..."."""
    return polygon(points(text, x, y, size), closed)


def ellipse(x: float, y: float, across: float, down: float | None = None) -> str:
    """An ellipse from its centre and half axes."""
    down = across if down is None else down
    a, b = across * _KAPPA, down * _KAPPA
    return (
        f"M{_pair(x - across, y)} C{_pair(x - across, y - b)} {_pair(x - a, y - down)} {_pair(x, y - down)} "
        f"C{_pair(x + a, y - down)} {_pair(x + across, y - b)} {_pair(x + across, y)} "
        f"C{_pair(x + across, y + b)} {_pair(x + a, y + down)} {_pair(x, y + down)} "
        f"C{_pair(x - a, y + down)} {_pair(x - across, y + b)} {_pair(x - across, y)} Z"
    )


def box(x: float, y: float, width: float, height: float, corner: float = 0.0) -> str:
    """A rectangle, its corners rounded."""
    corner = min(corner, width / 2, height / 2)
    right, low = x + width, y + height
    if corner <= 0:
        return polygon([(x, y), (right, y), (right, low), (x, low)])
    pull = corner * (1 - _KAPPA)
    return (
        f"M{_pair(x + corner, y)} L{_pair(right - corner, y)} "
        f"C{_pair(right - pull, y)} {_pair(right, y + pull)} {_pair(right, y + corner)} L{_pair(right, low - corner)} "
        f"C{_pair(right, low - pull)} {_pair(right - pull, low)} {_pair(right - corner, low)} "
        f"L{_pair(x + corner, low)} "
        f"C{_pair(x + pull, low)} {_pair(x, low - pull)} {_pair(x, low - corner)} L{_pair(x, y + corner)} "
        f"C{_pair(x, y + pull)} {_pair(x + pull, y)} {_pair(x + corner, y)} Z"
    )


def limb(length: float, start: float, end: float, bulge: float = 0.0) -> str:
    """A limb from (0, 0) down to (0, length) with round ends of those half widths."""
    a, b = start * _KAPPA, end * _KAPPA
    middle = (start + end) / 2 + bulge
    at = length * 0.42
    return (
        f"M{_pair(-start, 0)} C{_pair(-start, -a)} {_pair(-a, -start)} {_pair(0, -start)} "
        f"C{_pair(a, -start)} {_pair(start, -a)} {_pair(start, 0)} "
        f"C{_pair(start, at * 0.5)} {_pair(middle, at * 0.6)} {_pair(middle, at)} "
        f"C{_pair(middle, at + (length - at) * 0.4)} {_pair(end, length * 0.85)} {_pair(end, length)} "
        f"C{_pair(end, length + b)} {_pair(b, length + end)} {_pair(0, length + end)} "
        f"C{_pair(-b, length + end)} {_pair(-end, length + b)} {_pair(-end, length)} "
        f"C{_pair(-end, length * 0.85)} {_pair(-middle, at + (length - at) * 0.4)} {_pair(-middle, at)} "
        f"C{_pair(-middle, at * 0.6)} {_pair(-start, at * 0.5)} {_pair(-start, 0)} Z"
    )


def ribbon(points: Sequence[Point], widths: Sequence[float]) -> str:
    """A tapering band along points: half widths given point by point."""
    left: list[Point] = []
    right: list[Point] = []
    for index, (x, y) in enumerate(points):
        before, after = points[max(0, index - 1)], points[min(len(points) - 1, index + 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        size = math.hypot(dx, dy) or 1.0
        wide = widths[index]
        left.append((x - dy / size * wide, y + dx / size * wide))
        right.append((x + dy / size * wide, y - dx / size * wide))
    return smooth([*left, *reversed(right)])


@lru_cache(maxsize=4096)
def bounds(outline: str) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of an outline's control points."""
    values = [float(text) for text in _NUMBER.findall(outline)]
    across, down = values[::2], values[1::2]
    return min(across), min(down), max(across), max(down)


_SAMPLES = 7


@lru_cache(maxsize=2048)
def flattened(outline: str) -> tuple[Point, ...]:
    """The points of an outline of one closed piece, curves as short lines; empty where it has several pieces."""
    if outline.count("M") != 1:
        return ()
    found: list[Point] = []
    for letter, text in _COMMAND.findall(outline):
        values = [float(one) for one in _NUMBER.findall(text)]
        pairs = list(zip(values[::2], values[1::2], strict=True))
        if letter == "C":
            for index in range(0, len(pairs) - 2, 3):
                (ax, ay), (bx, by), (cx, cy), (dx, dy) = found[-1], *pairs[index : index + 3]
                for step in range(1, _SAMPLES + 1):
                    t = step / _SAMPLES
                    u = 1 - t
                    k, m, n, o = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
                    found.append((k * ax + m * bx + n * cx + o * dx, k * ay + m * by + n * cy + o * dy))
        else:
            found.extend(pairs)
    if len(found) > 1 and math.dist(found[0], found[-1]) < 0.2:
        found.pop()
    return tuple(found)


def area(found: Sequence[Point]) -> float:
    """The signed area of a polygon; positive where it runs clockwise on the screen."""
    return sum(a * d - b * c for (a, b), (c, d) in zip(found, [*found[1:], *found[:1]], strict=True)) / 2


@lru_cache(maxsize=4096)
def rounded(outline: str) -> bool:
    """Whether an outline is nearly convex: it fills at least nine tenths of its hull."""
    found = flattened(outline)
    if len(found) < 3:
        return False
    hull: list[Point] = []
    for run in (sorted(found), sorted(found, reverse=True)):
        half: list[Point] = []
        for place in run:
            while len(half) > 1 and _turn(half[-2], half[-1], place) <= 0:
                half.pop()
            half.append(place)
        hull += half[:-1]
    return abs(area(found)) > 0.9 * abs(area(hull))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def crescent(outline: str, move: Point) -> str:
    """What a rounded outline keeps free of its own copy, moved: the band along the edge that it moves away from."""
    found = flattened(outline)
    count = len(found)
    way = 1 if area(found) > 0 else -1
    away = []
    for index in range(count):
        (a, b), (c, d) = found[index], found[(index + 1) % count]
        away.append(((d - b) * move[0] - (c - a) * move[1]) * way < 0)
    pieces = []
    for start in range(count):
        if not away[start] or away[start - 1]:
            continue
        run = [found[start]]
        index = start
        while away[index % count] and len(run) <= count:
            index += 1
            run.append(found[index % count])
        band = [*run, *((a + move[0], b + move[1]) for a, b in reversed(run[1:-1]))]
        pieces.append(polygon(band))
    return " ".join(pieces)
