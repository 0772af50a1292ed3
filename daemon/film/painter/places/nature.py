"""What lies outdoors: sky, sun and moon, clouds, mountains, mist, water, trees, weather."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, box, curve, ellipse, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage

_SKIES = {
    "night": ((0.0, 0.04), (0.45, 0.2), (0.8, 0.42), (1.0, 0.58)),
    "dusk": ((0.0, 0.2), (0.4, 0.42), (0.72, 0.68), (1.0, 0.92)),
    "dawn": ((0.0, 0.36), (0.4, 0.56), (0.75, 0.8), (1.0, 0.98)),
    "day": ((0.0, 0.55), (0.45, 0.7), (0.8, 0.88), (1.0, 1.0)),
}


def sky(stage: Stage, horizon: float, sun: Point, size: float = 96.0) -> None:
    """The sky down to a horizon, with stars, and a sun or moon at a point; sets where the light comes from."""
    pen, chance = stage.layer("sky", 1.0, soft=True), stage.chance("sky")
    palette, hour = stage.palette, stage.hour
    warm = palette.accents[2] if hour in ("dusk", "dawn") else palette.light
    stops = [
        (place, mix(palette.tone(level), warm, 0.35 * place if hour != "night" else 0.0), 1.0)
        for place, level in _SKIES[hour]
    ]
    pen.fill(box(LEFT, TOP, RIGHT - LEFT, LOW - TOP), pen.linear((0, -160), (0, horizon), *stops))
    x, y = sun
    glow = palette.light if hour == "night" else mix(warm, palette.light, 0.3)
    pen.glow(x, y, size * 5.5, glow, 0.8)
    pen = stage.layer("stars", 0.99)
    if hour in ("night", "dusk"):
        for _ in range(150 if hour == "night" else 50):
            x, y = chance.uniform(LEFT, RIGHT), chance.uniform(TOP, horizon * 0.8)
            radius = chance.choice((1.3, 1.6, 2.0, 2.8))
            pen.fill(ellipse(x, y, radius), palette.light, chance.uniform(0.35, 0.95))
        for _ in range(9):
            x, y, reach = chance.uniform(-100, 1700), chance.uniform(-60, horizon * 0.55), chance.uniform(7, 13)
            star = smooth(
                [
                    (x, y - reach),
                    (x + reach * 0.14, y - reach * 0.14),
                    (x + reach, y),
                    (x + reach * 0.14, y + reach * 0.14),
                    (x, y + reach),
                    (x - reach * 0.14, y + reach * 0.14),
                    (x - reach, y),
                    (x - reach * 0.14, y - reach * 0.14),
                ],
                roundness=0.2,
            )
            pen.fill(star, "#ffffff", 0.95)
    for radius, opacity in ((size * 2.3, 0.1), (size * 1.65, 0.14)):
        pen.fill(ellipse(x, y, radius), glow, opacity)
    face = mix(glow, "#ffffff", 0.65)
    pen.fill(ellipse(x, y, size), face)
    if hour == "night":
        crater = mix(face, palette.tone(0.5), 0.32)
        with pen.inside(clip=ellipse(x, y, size)):
            for a, b, radius in (
                (-0.35, -0.2, 0.26),
                (0.3, 0.35, 0.34),
                (0.42, -0.35, 0.16),
                (-0.25, 0.5, 0.18),
                (0.02, 0.05, 0.1),
            ):
                pen.fill(ellipse(x + a * size, y + b * size, radius * size), crater, 0.6)
    side = -1 if x < stage.spot.x else 1
    away = max(0.35, min(0.85, abs(x - 800) / 700))
    stage.light = (side * away, -math.sqrt(1 - away * away))


def clouds(stage: Stage, low: float, count: int, level: float, depth: float = 0.95) -> None:
    """Flat-bottomed clouds above a height, lit at their tops."""
    pen, chance = stage.layer("clouds", depth), stage.chance(f"clouds {level}")
    lit = mix(stage.tone(level), stage.palette.light, 0.4)
    shade = stage.tone(level - 0.12)
    for _ in range(count):
        x, y, size = chance.uniform(-250, 1850), chance.uniform(-60, low), chance.uniform(40, 95)
        outline = cloud(chance, x, y, size)
        pen.fill(outline, pen.linear((0, y - size), (0, y + size * 0.3), (0, lit, 0.95), (1, shade, 0.55)))


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


def pine(pen: Pen, x: float, y: float, tall: float, colour: str, lit: str, side: int) -> None:
    """A conifer in tiers, its lit half lighter."""
    tiers = 5
    pen.fill(box(x - tall * 0.03, y - tall * 0.2, tall * 0.06, tall * 0.2), shift(colour, lightness=-0.06))
    for index in range(tiers):
        low = y - tall * (0.1 + 0.17 * index)
        high = low - tall * 0.34
        half = tall * (0.25 - 0.042 * index)
        jag = [
            (x - half, low),
            (x - half * 0.55, low - tall * 0.02),
            (x - half * 0.25, low + tall * 0.03),
            (x + half * 0.1, low),
            (x + half * 0.5, low + tall * 0.025),
            (x + half, low),
        ]
        outline = polygon(
            [(x, high), (x + half * 0.35, high + tall * 0.15), *reversed(jag), (x - half * 0.35, high + tall * 0.15)]
        )
        pen.stroke(outline, pen.line_colour(colour), pen.sheet.inner * 1.2)
        pen.fill(outline, colour)
        edge = polygon(
            [
                (x, high),
                (x + side * half * 0.35, high + tall * 0.15),
                (x + side * half, low),
                (x + side * half * 0.45, low - tall * 0.05),
            ]
        )
        pen.fill(edge, lit, 0.8)


def branch(pen: Pen, chance: random.Random, corner: int, colour: str, leaf: str) -> None:
    """Leafy twigs that hang into an upper corner of the picture, near the eye."""
    side = -1 if corner < 0 else 1
    root_x = 800 + side * 900
    for index in range(4):
        start = (root_x, -60 + index * 45)
        end = (800 + side * (420 + 80 * index), 60 + 70 * index + chance.uniform(-30, 30))
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 50)
        pen.fill(ribbon([start, middle, end], [16, 9, 2]), colour)
        for step in range(9):
            share = 0.25 + 0.75 * step / 8
            x = start[0] + (end[0] - start[0]) * share
            y = start[1] + (end[1] - start[1]) * share - 50 * math.sin(math.pi * share)
            for turn in (-1, 1):
                angle = 90 + turn * chance.uniform(20, 65)
                with pen.inside(
                    f"translate({x:.1f} {y:.1f}) rotate({angle - 90:.1f}) scale({chance.uniform(0.8, 1.3):.2f})"
                ):
                    pen.fill(curve("0 0, 9 16, 7 38, 0 54, -7 38, -9 16"), leaf if step % 2 else colour)


def weather(stage: Stage) -> None:
    """What falls or drifts in front of everything."""
    kind, chance = stage.scene["weather"], stage.chance("weather")
    if kind == "clear":
        return
    pen = stage.layer("weather", 0.08, soft=kind == "mist")
    if kind == "rain":
        for _ in range(210):
            x, y, reach = chance.uniform(-300, 1900), chance.uniform(-250, 1150), chance.uniform(34, 90)
            pen.stroke(
                polygon([(x, y), (x - reach * 0.28, y + reach)], closed=False),
                stage.palette.light,
                chance.uniform(1.6, 3.4),
                0.5,
            )
    elif kind == "snow":
        for _ in range(170):
            radius = chance.choice((2.5, 3.5, 5.0, 8.0))
            pen.fill(ellipse(chance.uniform(-300, 1900), chance.uniform(-250, 1150), radius), "#ffffff", 0.85)
    elif kind == "petals":
        colour = mix(stage.palette.accents[0], "#ffd9e4", 0.6)
        for _ in range(44):
            x, y, turn = chance.uniform(-200, 1800), chance.uniform(-150, 1050), chance.uniform(0, 360)
            with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({turn:.0f}) scale({chance.uniform(0.7, 1.5):.2f})"):
                pen.fill(curve("0 -10, 7 -2, 4 9, 0 6, -4 9, -7 -2"), colour, 0.92)
    else:
        haze = mix(stage.tone(0.75), stage.palette.light, 0.3)
        for y, strength in ((640, 0.15), (860, 0.3)):
            pen.fill(
                box(LEFT, y - 160, RIGHT - LEFT, 330),
                pen.linear((0, y - 160), (0, y + 170), (0, haze, 0), (0.5, haze, strength), (1, haze, 0)),
            )
