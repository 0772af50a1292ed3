"""What lies outdoors: mountains, mist, water, and the outline of a cloud."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, box, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage


def cloud(chance: random.Random, x: float, y: float, size: float) -> str:
    """A cloud's outline, its flat base at y."""
    lumps = chance.randint(4, 6)
    width = size * lumps * 0.9
    points: list[Point] = [(x - width / 2 - size * 0.5, y)]
    for index in range(lumps):
        share = (index + 0.5) / lumps
        tall = size * (0.45 + 0.75 * math.sin(math.pi * share)) * chance.uniform(0.8, 1.15)
        left = x - width / 2 + width * share
        wide = width / lumps * 0.66
        points += [
            (left + wide * math.cos(angle), y - tall * 0.5 - tall * 0.5 * math.sin(angle))
            for angle in (2.7, 2.2, 1.57, 0.94, 0.44)
        ]
    points += [(x + width / 2 + size * 0.5, y), (x, y + size * 0.1)]
    return smooth(points, roundness=0.95)


def mountains(
    stage: Stage,
    name: str,
    base: float,
    tall: float,
    level: float,
    depth: float,
    snow: float = 0.0,
    focus: float | None = None,
) -> None:
    """A range: each peak with a lit and a shaded side; snow is the share of its height that is white."""
    pen, chance = stage.layer(name, depth), stage.chance(name)
    body = stage.tone(level)
    lit_from_left = stage.light[0] < 0
    peaks: list[tuple[float, float, float]] = []
    x = LEFT
    while x < RIGHT:
        high = tall * chance.uniform(0.45, 0.8)
        peaks.append((x, base - high, high * chance.uniform(0.85, 1.25)))
        x += high * chance.uniform(0.7, 1.1)
    if focus is not None:
        peaks = [peak for peak in peaks if abs(peak[0] - focus) > tall * 0.35]
        peaks.append((focus, base - tall, tall * 1.02))
    for x, top, half in sorted(
        peaks, key=lambda peak: peak[1] if focus is None else -peak[1] if peak[0] != focus else 1e9
    ):
        _mountain(stage, pen, chance, (x, top), half, base, body, snow, lit_from_left)
    mist = stage.tone(min(1.0, level + 0.3))
    pen.fill(
        box(LEFT, base - tall * 0.55, RIGHT - LEFT, tall * 0.55),
        pen.linear((0, base - tall * 0.55), (0, base), (0, mist, 0), (1, mist, 0.75)),
    )
    pen.fill(box(LEFT, base - 1, RIGHT - LEFT, LOW - base), mix(mist, body, 0.3))


def _mountain(
    stage: Stage,
    pen: Pen,
    chance: random.Random,
    top: Point,
    half: float,
    base: float,
    body: str,
    snow: float,
    lit_from_left: bool,
) -> None:
    x, y = top
    high = base - y
    left = [
        (x - half * share + chance.uniform(-0.05, 0.03) * half, y + high * share) for share in (0.16, 0.34, 0.55, 0.8)
    ]
    right = [
        (x + half * share + chance.uniform(-0.03, 0.05) * half, y + high * share) for share in (0.14, 0.36, 0.58, 0.8)
    ]
    outline = [(x - half, base), *reversed(left), top, *right, (x + half, base)]
    spine = [(x + chance.uniform(-0.07, 0.09) * half, y + high * share) for share in (0.16, 0.34, 0.52, 0.72, 1.0)]
    dark_side = (
        [top, *spine, (x + half, base), *reversed(right)]
        if lit_from_left
        else [top, *spine, (x - half, base), *reversed(left)]
    )
    line = polygon(outline)
    pen.stroke(line, mix(stage.palette.line, body, 0.55), pen.sheet.inner * 1.1)
    pen.fill(line, mix(body, stage.palette.light, 0.13))
    pen.fill(polygon(dark_side), mix(shift(body, lightness=-0.07), stage.tone(0.1), 0.2))
    if snow > 0:
        white = mix("#ffffff", stage.palette.light, 0.4)
        shaded = mix(white, stage.tone(0.5), 0.5)
        one, two = (left, right) if lit_from_left else (right, left)
        pen.fill(_snow(chance, top, one[:2], spine[:2]), white)
        pen.fill(_snow(chance, top, spine[:2], two[:2]), shaded)


def _snow(chance: random.Random, top: Point, one: Sequence[Point], two: Sequence[Point]) -> str:
    """Snow between two edges that run down from a peak, its lower end in teeth."""
    (ax, ay), (bx, by) = one[-1], two[-1]
    reach = (ay + by) / 2 - top[1]
    teeth = [
        (
            ax + (bx - ax) * step / 4,
            ay + (by - ay) * step / 4 + reach * (0.3 if step % 2 else -0.12) * chance.uniform(0.6, 1.3),
        )
        for step in range(1, 4)
    ]
    return polygon([top, *one, *teeth, *reversed(two)])


def mist(stage: Stage, name: str, y: float, level: float, depth: float, strength: float = 0.7) -> None:
    """A bank of mist: soft lumps that lie on a level."""
    pen, chance = stage.layer(name, depth, soft=True), stage.chance(name)
    colour = mix(stage.tone(level), stage.palette.light, 0.3)
    for row in range(2):
        x = LEFT + chance.uniform(0, 200)
        while x < RIGHT:
            size = chance.uniform(36, 70)
            outline = cloud(chance, x, y + 26 * row, size)
            pen.fill(
                outline,
                pen.linear((0, y - size), (0, y + 40), (0, colour, strength * (0.75 - 0.25 * row)), (1, colour, 0.0)),
            )
            x += chance.uniform(230, 420)
    pen.fill(
        box(LEFT, y - 50, RIGHT - LEFT, 130),
        pen.linear((0, y - 50), (0, y + 80), (0, colour, 0), (0.45, colour, strength * 0.7), (1, colour, 0)),
    )


def water(stage: Stage, top: float, low: float, sun_x: float, depth: float = 0.6) -> None:
    """Still water with the light's path on it."""
    pen, chance, palette = stage.layer("water", depth), stage.chance("water"), stage.palette
    pen.fill(
        box(LEFT, top, RIGHT - LEFT, LOW - top),
        pen.linear((0, top), (0, low), (0, stage.tone(0.55), 1), (0.3, stage.tone(0.36), 1), (1, stage.tone(0.14), 1)),
    )
    glint = mix(palette.light, "#ffffff", 0.3)
    for index in range(46):
        share = chance.random() ** 1.4
        y = top + 4 + (low - top) * share
        wide = (16 + 70 * share) * chance.uniform(0.5, 1.3)
        x = sun_x + chance.gauss(0, 1) * (34 + 60 * share)
        pen.fill(ellipse(x, y, wide, 1.6 + 3.4 * share), glint, 0.8 if index % 3 else 0.45)
    for _ in range(60):
        share = chance.random()
        y, x = top + 6 + (low - top) * share, chance.uniform(LEFT, RIGHT)
        pen.fill(ellipse(x, y, (22 + 70 * share) * chance.uniform(0.4, 1.2), 1.2 + 2.2 * share), stage.tone(0.72), 0.35)
