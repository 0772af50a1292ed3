"""Neon signs of a street: pictures bent from tubes, and signs of strokes that look like writing and are none."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from daemon.film.painter.colour import mix
from daemon.film.painter.outline import Point, box, corners, curve, ellipse, polygon
from daemon.film.painter.pen import Pen

Tubes = list[tuple[str, int]]  # outlines, and which of the sign's two colours each is


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> str:
    """A part of an ellipse, from one angle (degrees, 0 to the right, clockwise) to the other."""
    found: list[Point] = []
    for step in range(9):
        angle = math.radians(start + (end - start) * step / 8)
        found.append((x + across * math.cos(angle), y + down * math.sin(angle)))
    return polygon(found, closed=False)


def _bowl(x: float, y: float, s: float) -> Tubes:
    """A bowl of noodles, chopsticks in it, steam over it."""
    return [
        (_arc(x, y + 0.05 * s, 0.8 * s, 0.72 * s, 0, 180), 0),
        (corners("-92 5, 92 5", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-28 80, 28 80", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("2 2, 84 -66", closed=False, x=x, y=y, size=s / 100), 1),
        (corners("26 2, 94 -44", closed=False, x=x, y=y, size=s / 100), 1),
        (curve("-54 -14, -64 -32, -48 -48, -58 -68", closed=False, x=x, y=y, size=s / 100), 1),
        (curve("-18 -14, -28 -32, -12 -48, -22 -68", closed=False, x=x, y=y, size=s / 100), 1),
    ]


def _cup(x: float, y: float, s: float) -> Tubes:
    """A cup on its saucer, with steam."""
    return [
        (curve("-62 -14, -58 34, -34 56, 18 56, 42 34, 46 -14, -62 -14", 0.5, x=x, y=y, size=s / 100), 0),
        (curve("46 -4, 82 -4, 84 26, 42 34", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-82 76, 66 76", closed=False, x=x, y=y, size=s / 100), 0),
        (curve("-30 -28, -40 -46, -22 -62, -32 -82", closed=False, x=x, y=y, size=s / 100), 1),
        (curve("10 -28, 0 -46, 18 -62, 8 -82", closed=False, x=x, y=y, size=s / 100), 1),
    ]


def _glass(x: float, y: float, s: float) -> Tubes:
    """A cocktail glass with an olive on a stick."""
    return [
        (corners("-74 -62, 74 -62, 0 12, -74 -62", x=x, y=y, size=s / 100), 0),
        (corners("0 12, 0 80", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-42 82, 42 82", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-14 -30, 44 -92", closed=False, x=x, y=y, size=s / 100), 1),
        (ellipse(x - 0.1 * s, y - 0.35 * s, 0.14 * s), 1),
    ]


def _arrow(x: float, y: float, s: float) -> Tubes:
    """A bent arrow that points into the house."""
    return [
        (curve("-70 -70, 10 -74, 58 -30, 34 34", closed=False, x=x, y=y, size=s / 100), 0),
        (curve("-70 -40, -6 -42, 26 -14, 8 24", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-18 18, 12 82, 64 42, 34 34", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-18 18, 8 24", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-74 -4, -40 -4", closed=False, x=x, y=y, size=s / 100), 1),
        (corners("-70 26, -44 26", closed=False, x=x, y=y, size=s / 100), 1),
    ]


def _fish(x: float, y: float, s: float) -> Tubes:
    """A fish with scales."""
    body = "-84 0, -50 -38, 4 -42, 46 -10, 84 -40, 74 0, 84 40, 46 10, 4 42, -50 38, -84 0"
    return [
        (curve(body, 0.6, x=x, y=y, size=s / 100), 0),
        (ellipse(x - 0.52 * s, y - 0.1 * s, 0.07 * s), 1),
        (_arc(x - 0.32 * s, y, 0.16 * s, 0.3 * s, -80, 80), 1),
        (_arc(x - 0.06 * s, y, 0.16 * s, 0.3 * s, -80, 80), 1),
    ]


def _note(x: float, y: float, s: float) -> Tubes:
    """Two notes under a beam."""
    return [
        (corners("-30 52, -30 -62, 60 -80, 60 34", closed=False, x=x, y=y, size=s / 100), 0),
        (corners("-30 -36, 60 -54", closed=False, x=x, y=y, size=s / 100), 0),
        (ellipse(x - 0.5 * s, y + 0.54 * s, 0.22 * s, 0.17 * s), 1),
        (ellipse(x + 0.4 * s, y + 0.36 * s, 0.22 * s, 0.17 * s), 1),
    ]


def _moon(x: float, y: float, s: float) -> Tubes:
    """A crescent with a star in its arms."""
    star = "28 -46, 36 -20, 62 -20, 42 -4, 50 22, 28 6, 6 22, 14 -4, -6 -20, 20 -20"
    arms = "30 -82, -30 -74, -72 -20, -62 40, -14 80, 44 76, -8 44, -28 -4, -12 -52"
    return [(curve(arms, 0.9, x=x, y=y, size=s / 100), 0), (corners(star, x=x, y=y, size=s / 100), 1)]


_PICTURES: tuple[Callable[[float, float, float], Tubes], ...] = (_bowl, _cup, _glass, _arrow, _fish, _note, _moon)

# Halves of signs that are no writing, in a square of 200 x 100 each; over each other they make one sign. Hooks, zigzags
# and loops that no script has keep them from being words by chance.
_UPPER = (
    ("-78 -34, -78 -86, 70 -86, 70 -58", "-44 -56, 36 -56, 52 -30", "-8 -86, -24 -12"),
    ("-84 -64, -42 -90, 0 -64, 42 -90, 84 -64", "-52 -34, 60 -34"),
    ("-30 -92, -74 -40, -18 -40, -62 8", "4 -76, 78 -76, 50 -26"),
    ("-80 -20, -52 -88, 52 -88, 80 -20", "-26 -60, 26 -60, 0 -22, -26 -60"),
    ("-76 -88, -76 -28, 76 -28, 76 -88", "-28 -92, -28 -54, 28 -54"),
    ("-80 -78, 34 -78, 34 -22, 84 -22", "-66 -48, 2 -48, -40 -14"),
)
_LOWER = (
    ("-78 2, -30 46, -78 90", "-10 10, 70 10, 70 54, 10 54, 10 92, 82 92"),
    ("-82 8, 82 8", "-52 30, -52 88, 0 46, 52 88, 52 30"),
    ("-70 6, 10 6, -36 50, 64 50, 8 94", "50 2, 80 30"),
    ("-84 90, -84 20, -20 20, -20 66, 40 66, 40 14, 84 14", "0 90, 78 90"),
    ("0 -4, 0 34, -66 34, -66 90", "-30 64, 74 64, 74 8", "32 40, 32 94"),
    ("-80 16, -24 16, -52 56, -14 92", "12 2, 12 74, 80 74, 80 30, 44 30"),
)


def glyph(chance: random.Random, x: float, y: float, size: float) -> str:
    """An invented sign of a few strokes, about twice `size` high."""
    strokes = (*chance.choice(_UPPER), *chance.choice(_LOWER))
    return " ".join(corners(text, closed=False, x=x, y=y, size=size / 100) for text in strokes)


def board(
    pen: Pen, chance: random.Random, place: tuple[float, float, float, float], near: float, colour: str, dark: str,
    lit: bool,
) -> None:  # fmt: skip
    """A sign on its board.

    place: left, top, width, height; near: world units to those of the street; dark: the board's own colour.
    A tall board carries strokes one over the other, any other a picture.
    """
    left, top, wide, high = place
    x, thin = left + wide / 2, max(1.0, 6 * near)
    pen.glow(x, top + high / 2, max(40, high * 0.9), colour, 0.75 if lit else 0.0)
    frame = box(left, top, wide, high, 9 * near)
    pen.fill(frame, dark, 0.95)
    pen.stroke(frame, mix(colour, dark, 0.15), thin)
    bright = mix(colour, "#ffffff", 0.5)
    other = mix(chance.choice(pen.palette.accents), "#ffffff", 0.55)
    if high > 1.9 * wide:
        count = max(2, round(high / wide))
        step = (high - 0.3 * wide) / count
        drawn = [
            glyph(chance, x, top + 0.15 * wide + step * (index + 0.5), min(step * 0.42, wide * 0.34))
            for index in range(count)
        ]
        _bend(pen, " ".join(drawn), bright, colour, thin * 0.95, near)
        return
    kind = chance.choice(_PICTURES)
    for outline, which in kind(x, top + high / 2, min(wide, high) * 0.4):
        _bend(pen, outline, other if which else bright, colour, thin * 0.95, near)


def _bend(pen: Pen, outline: str, bright: str, colour: str, thin: float, near: float) -> None:
    """A tube of light, its halo only where it is near enough to be seen."""
    if near > 0.3:
        pen.stroke(outline, colour, thin * 2.4, 0.35)
    pen.stroke(outline, bright, max(1.1, thin))
