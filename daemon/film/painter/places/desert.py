"""The desert road: asphalt that runs to a great sun, mesas in the haze, saguaros, poles with wires, a convertible."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, corners, curve, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, plants, roadside, sky, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

HORIZON = 520.0
_NEAR = 1050.0  # where the road leaves the picture


def draw(stage: Stage) -> None:
    """Draws the desert with the cast on the road."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    far = 800.0 - side * chance.choice((60, 150, 240))
    bend = chance.choice((0.0, 0.0, side * 190.0, -side * 150.0))
    x = 800.0 + side * chance.choice((30, 110, 170))
    low_sun = stage.hour in ("dusk", "dawn")
    sun = (far, 372.0 if low_sun else 190.0)
    sky.sky(stage, HORIZON + 20, sun, 152 if low_sun else 84)
    if low_sun and not sky.stormy(stage):
        _stripes(stage, sun)
    sky.clouds(stage, 250, 5, 0.85, 0.97)
    _range(stage, far)
    _mesas(stage, "mesas far", 0.9, 0.56, (90, 170), (far, 150), 5)
    _mesas(stage, "mesas", 0.83, 0.4, (190, 330), (far, 300), 3)
    _ground(stage, sun)
    _road(stage, far, bend, sun)
    _brush(stage, far, bend)
    roadside.poles(stage, far, -side, HORIZON)
    if chance.random() < 0.6:
        y, size = 706.0, 0.76
        edge = _across(far, bend, (y - HORIZON - 3) / (_NEAR - HORIZON), side * 1.02)[0]
        parked = 800 + side * max(560.0, side * (edge - 800) + 40 + 290 * size)  # clear of the cast
        roadside.car(stage, parked, y, side, HORIZON, size, edge)
    else:
        roadside.diner_sign(stage, 800 + side * 560, 700, side, HORIZON)
    air.standing(stage, x, 814, 0.96, HORIZON)
    stage.cast(x, 812, 0.96)
    _near(stage, side)
    weather.fall(stage)


def _earth(stage: Stage, level: float) -> str:
    return stage.own(level, 0.105, 50, 0.55)


def _stripes(stage: Stage, sun: Point) -> None:
    """Thin bands of cloud across the low sun."""
    pen, chance = stage.layer("bands", 0.98), stage.chance("bands")
    lit = mix(sky.colour(stage, 0.7, 0.8), "#ffffff", 0.25)
    for index in range(7):
        y = sun[1] - 40 + index * 24 + chance.uniform(-6, 6)
        x, wide, tall = sun[0] + chance.uniform(-260, 260), chance.uniform(150, 420), chance.uniform(4, 11)
        pen.fill(
            smooth(
                [
                    (x - wide, y),
                    (x - wide * 0.2, y - tall),
                    (x + wide * 0.6, y - tall * 0.7),
                    (x + wide, y),
                    (x, y + tall * 0.5),
                ]
            ),
            lit,
            0.7,
        )


def _range(stage: Stage, far: float) -> None:
    """The last mountains, hardly darker than the sky."""
    pen, chance = stage.layer("range", 0.95), stage.chance("range")
    haze = sky.horizon_colour(stage)
    for row in range(2):
        tone = mix(_earth(stage, 0.55 - 0.1 * row), haze, 0.66 - 0.2 * row)
        points: list[Point] = [(LEFT, HORIZON + 20)]
        x = LEFT
        while x < RIGHT:
            near = min(1.0, abs(x - far) / 500)
            points.append((x, HORIZON - (18 + chance.uniform(10, 66 - 16 * row)) * (0.3 + 0.7 * near)))
            x += chance.uniform(34, 90)
        points.append((RIGHT, HORIZON + 20))
        pen.fill(
            polygon(points), pen.linear((0, HORIZON - 90), (0, HORIZON), (0, tone, 1), (1, mix(tone, haze, 0.5), 1))
        )


def _mesas(
    stage: Stage,
    name: str,
    depth: float,
    level: float,
    heights: tuple[float, float],
    gap: tuple[float, float],
    count: int,
) -> None:
    """Mesas and spires: cliffs in layers over a skirt of rubble, one face in the light, haze at the foot."""
    pen, chance = stage.layer(name, depth), stage.chance(name)
    haze = sky.horizon_colour(stage)
    rock = mix(mix(_earth(stage, level), stage.palette.accents[0], 0.12), haze, 0.35 if depth > 0.86 else 0.08)
    span = (RIGHT - LEFT) / (count * 2)
    for index in range(count * 2):
        x = LEFT + (index + 0.5 + chance.uniform(-0.34, 0.34)) * span
        if abs(x - gap[0]) < gap[1]:
            continue
        tall = chance.uniform(*heights)
        spire = chance.random() < 0.3
        half = tall * (chance.uniform(0.16, 0.3) if spire else chance.uniform(0.5, 1.0))
        _mesa(stage, pen, chance, (x, HORIZON + 6), half, tall, rock)
    strength = 0.7 if depth > 0.86 else 0.5
    air.haze(pen, HORIZON - heights[1] * 0.8, HORIZON + 8, haze, strength)
    pen.fill(box(LEFT, HORIZON, RIGHT - LEFT, LOW), mix(_earth(stage, level + 0.16), haze, 0.4))


def _mesa(stage: Stage, pen: Pen, chance: random.Random, foot: Point, half: float, tall: float, rock: str) -> None:
    x, y = foot
    lit_left = stage.light[0] < 0
    lit = mix(shift(rock, lightness=0.03), mix(stage.palette.light, stage.palette.accents[2], 0.3), 0.34)
    dark = mix(shift(rock, lightness=-0.09), stage.tone(0.12), 0.22)
    top, skirt = y - tall, y - tall * 0.34
    count = 6
    crown: list[Point] = []
    for index in range(count + 1):
        share = 2 * index / count - 1
        crown.append(
            (
                x + half * 0.88 * share,
                top + chance.uniform(-0.03, 0.05) * tall + (0.1 * tall if index in (0, count) else 0),
            )
        )
    left = [
        (x - half * 1.9, y),
        (x - half * 1.2, skirt + tall * 0.08),
        (x - half * 1.02, skirt),
        (x - half * 0.98, top + tall * 0.3),
    ]
    right = [
        (x + half * 0.97, top + tall * 0.26),
        (x + half * 1.04, skirt),
        (x + half * 1.25, skirt + tall * 0.1),
        (x + half * 2.0, y),
    ]
    outline = polygon([*left, *crown, *right])
    pen.stroke(outline, mix(pen.line_colour(rock), rock, 0.45), pen.sheet.inner * 1.1)
    pen.fill(outline, rock)
    columns = max(4, int(half / 16))
    edges = [
        x - half + 2 * half * (index + chance.uniform(-0.25, 0.25) * (0 < index < columns)) / columns
        for index in range(columns + 1)
    ]
    for a, b in pairwise(edges):
        face = ((a + b) / 2 - x) / half * (1 if lit_left else -1)
        low, high = (
            skirt + chance.uniform(-0.03, 0.05) * tall,
            _level(crown, (a + b) / 2) + tall * chance.uniform(0.015, 0.05),
        )
        tone = mix(lit, dark, min(1.0, max(0.0, 0.45 + face * 0.75 + chance.uniform(-0.22, 0.22))))
        pen.fill(polygon([(a, low), (a + (b - a) * 0.1, high), (b, high + chance.uniform(0, 8)), (b + 1, low)]), tone)
        pen.fill(
            polygon([(b - (b - a) * 0.28, high + 6), (b, high + 4), (b + 1, low), (b - (b - a) * 0.1, low)]), dark, 0.45
        )
    for share, thick, deep in ((0.17, 0.035, -0.05), (0.33, 0.05, 0.04), (0.5, 0.03, -0.06)):
        b, reach = top + tall * share, half * 0.97
        ledge = [(x - reach + 2 * reach * index / 8, b + chance.uniform(-0.02, 0.02) * tall) for index in range(9)]
        pen.fill(
            polygon([*ledge, *((a, c + tall * thick) for a, c in reversed(ledge))]), shift(rock, lightness=deep), 0.35
        )
    rubble = polygon([left[0], left[1], left[2], (x, skirt + tall * 0.03), right[1], right[2], right[3]])
    pen.fill(rubble, mix(rock, lit, 0.4))
    shade = (
        [right[3], right[2], right[1], (x, skirt + tall * 0.02)]
        if lit_left
        else [left[0], left[1], left[2], (x, skirt + tall * 0.02)]
    )
    pen.fill(polygon([*shade, (x + (0.4 if lit_left else -0.4) * half, y)]), dark, 0.6)
    for _ in range(int(5 + half / 14)):
        a = x + chance.uniform(-1.2, 1.2) * half
        b = skirt + tall * chance.uniform(0.03, 0.12)
        pen.fill(
            polygon(
                [(a - 3, b), (a + 4, b), (a + (a - x) * 0.3 + chance.uniform(8, 16), y), (a + (a - x) * 0.3 - 4, y)]
            ),
            dark,
            0.22,
        )


def _level(line: list[Point], x: float) -> float:
    """The height of a line of points, from left to right, at x."""
    for (a, b), (c, d) in pairwise(line):
        if a <= x <= c:
            return b + (d - b) * (x - a) / max(1e-6, c - a)
    return line[0][1] if x < line[0][0] else line[-1][1]


def _ground(stage: Stage, sun: Point) -> None:
    """The plain in bands that narrow with distance, its ripples, its stones, and light along the horizon."""
    pen, chance = stage.layer("sand", 0.72), stage.chance("sand")
    sand, haze = _earth(stage, 0.62), sky.horizon_colour(stage)
    wide = RIGHT - LEFT
    pen.fill(
        box(LEFT, HORIZON, wide, LOW - HORIZON),
        pen.linear(
            (0, HORIZON),
            (0, 960),
            (0, mix(sand, haze, 0.75), 1),
            (0.12, mix(sand, haze, 0.35), 1),
            (0.4, sand, 1),
            (1, _earth(stage, 0.34), 1),
        ),
    )
    for index in range(15):
        share = ((index + chance.uniform(0.2, 0.8)) / 15) ** 2.1
        y = HORIZON + 8 + 430 * share
        tall = 5 + 44 * share
        x = chance.uniform(LEFT, RIGHT - 600)
        reach = chance.uniform(500, 1500)
        tone = chance.choice(
            (shift(sand, lightness=-0.06), mix(sand, stage.palette.light, 0.22), shift(sand, lightness=-0.1))
        )
        pen.fill(
            smooth(
                [
                    (x, y),
                    (x + reach * 0.25, y - tall * 0.5),
                    (x + reach * 0.6, y - tall * 0.35),
                    (x + reach, y),
                    (x + reach * 0.55, y + tall * 0.4),
                ]
            ),
            mix(tone, haze, 0.5 * (1 - share)),
            0.55,
        )
    pen.glow(sun[0], HORIZON + 6, 900, mix(stage.palette.light, stage.palette.accents[2], 0.25), 0.6, 0.09)


def _across(far: float, bend: float, share: float, lane: float) -> Point:
    """A point of the road: share 0 far .. 1 near, lane -1 left edge .. 1 right edge."""
    middle = far + (800 - far) * share + bend * math.sin(math.pi * min(1.0, share**0.55)) * (1 - share) ** 1.3
    return middle + lane * (7 + 800 * share), HORIZON + 3 + (_NEAR - HORIZON) * share


def _band(far: float, bend: float, left: float, right: float, start: float = 0.0, end: float = 1.0) -> str:
    """A stripe of the road between two lanes."""
    steps = [start + (end - start) * (index / 18) ** 1.8 for index in range(19)]
    one = [_across(far, bend, share, left) for share in steps]
    two = [_across(far, bend, share, right) for share in reversed(steps)]
    return polygon([*one, *two])


def _road(stage: Stage, far: float, bend: float, sun: Point) -> None:
    pen, chance = stage.layer("road", 0.5), stage.chance("road")
    haze = sky.horizon_colour(stage)
    tar = mix(stage.tone(0.17), oklch(0.3, 0.02, 280), 0.5)
    pen.fill(_band(far, bend, -1.25, 1.25), mix(_earth(stage, 0.42), stage.tone(0.3), 0.3), 0.8)
    stops = ((0, mix(tar, haze, 0.85), 1), (0.12, mix(tar, haze, 0.45), 1), (0.4, mix(tar, haze, 0.12), 1), (1, tar, 1))
    road = _band(far, bend, -1, 1)
    pen.fill(road, pen.linear((0, HORIZON), (0, 960), *stops))
    for lane in (-0.72, -0.28, 0.28, 0.72):
        pen.fill(_band(far, bend, lane - 0.09, lane + 0.09), shift(tar, lightness=-0.035), 0.55)
    shine = mix(stage.palette.light, stage.palette.accents[2], 0.3)
    middle = _across(far, bend, 0.3, 0)[0]
    pen.fill(road, pen.radial((middle, HORIZON), 420, (0, shine, 0.75), (0.4, shine, 0.25), (1, shine, 0)))
    wear = (_earth(stage, 0.12), mix(_earth(stage, 0.75), stage.palette.light, 0.4))
    texture.ground(pen, str(stage.scene["seed"]), wear, 0.3, HORIZON + 4, 1100)
    white, amber = mix("#ffffff", stage.palette.light, 0.3), oklch(0.82, 0.16, 82)
    for lane in (-0.93, 0.9):
        pen.fill(_band(far, bend, lane, lane + 0.03), white, 0.85)
    place = 0.015
    while place < 1:
        end = place * 1.3 + 0.008
        pen.fill(_band(far, bend, -0.02, 0.02, place, min(1.0, end)), amber)
        place = end * 1.32 + 0.008
    for _ in range(16):
        share = chance.uniform(0.25, 1)
        a, b = _across(far, bend, share, chance.uniform(-0.8, 0.8))
        crack = [(a, b)]
        for _ in range(4):
            crack.append((crack[-1][0] + chance.uniform(-14, 42) * share, crack[-1][1] + chance.uniform(2, 13) * share))
        pen.stroke(polygon(crack, closed=False), shift(tar, lightness=-0.08), 2.6 * share, 0.8)


def _brush(stage: Stage, far: float, bend: float) -> None:
    """Sagebrush and stones by the hundred, smaller to the horizon, with saguaros among them; all throw shadows."""
    pen, chance = stage.layer("brush", 0.56), stage.chance("brush")
    sage = mix(oklch(0.55, 0.06, 130), stage.tone(0.42), 0.5)
    haze = sky.horizon_colour(stage)
    spots = []
    for _ in range(170):
        share = chance.random() ** 1.9
        x = chance.uniform(-300, 1900)
        y = HORIZON + 12 + 330 * share
        place = (y - HORIZON - 3) / (_NEAR - HORIZON)
        middle, half = _across(far, bend, place, 0)[0], 30 + 1040 * place
        if abs(x - middle) > half:
            spots.append((x, y, 0.12 + 1.1 * share))
    for x, y, size in sorted(spots, key=lambda spot: spot[1]):
        tone = mix(sage, haze, max(0.0, 0.55 - size))
        if size > 0.3:
            air.shadow(pen, stage, (x, y), 17 * size, 70 * size, HORIZON, 0.45)
        if chance.random() < 0.22:
            stone = mix(_earth(stage, 0.4), haze, max(0.0, 0.4 - size))
            pen.fill(
                corners("-20 2, -15 -12, -2 -18, 12 -13, 20 2", x=x, y=y, size=size), shift(stone, lightness=-0.05)
            )
            pen.fill(
                corners("-15 -12, -2 -18, 12 -13, 2 -8", x=x, y=y, size=size), mix(stone, stage.palette.light, 0.35)
            )
            continue
        pen.fill(
            curve("-24 3, -22 -9, -12 -20, 0 -25, 12 -20, 23 -8, 24 3", 0.9, x=x, y=y, size=size),
            shift(tone, lightness=-0.08),
        )
        plants.grass(
            pen, chance, [(x - 8 * size, y, size), (x + 6 * size, y, size * 0.9)], mix(tone, stage.palette.light, 0.25)
        )
    for off, y, size in (
        (-470, 606, 0.5),
        (-650, 668, 0.92),
        (430, 590, 0.38),
        (690, 640, 0.72),
        (-960, 652, 0.86),
        (1030, 690, 1.0),
    ):
        x = 800 + off + chance.uniform(-50, 50)
        place = (y - HORIZON - 3) / (_NEAR - HORIZON)
        if abs(x - _across(far, bend, place, 0)[0]) > 60 + 1000 * place:
            air.shadow(pen, stage, (x, y + 4), 24 * size, 300 * size, HORIZON, 0.5)
            roadside.saguaro(stage, pen, x, y, size, chance.choice((-1, 1)))


def _near(stage: Stage, side: int) -> None:
    """An agave and stones at the lower corners, dark and close to the eye, and grass against the light."""
    pen, chance = stage.layer("near", 0.1), stage.chance("near")
    dark, edge = _earth(stage, 0.05), mix(_earth(stage, 0.34), stage.palette.light, 0.2)
    for corner, size in ((800 - side * 700, 1.0), (800 + side * 760, 0.72)):
        for angle in (-78, -58, -40, -22, -4, 14, 32, 50, 70, 84):
            with pen.inside(f"translate({corner} 950) rotate({angle + chance.uniform(-5, 5):.0f}) scale({size})"):
                pen.fill(ribbon([(0, 0), (6, -130), (0, -270 + abs(angle))], [20, 25, 1]), dark)
                way = 1 if stage.light[0] > 0 else -1
                pen.fill(ribbon([(way * 12, -20), (way * 22, -130), (way * 2, -264 + abs(angle))], [3, 4, 0.5]), edge)
    for _ in range(8):
        a = chance.uniform(-150, 1750)
        if abs(a - 800) > 430:
            size = chance.uniform(0.6, 1.3)
            pen.fill(corners("-66 30, -52 -12, -20 -36, 26 -34, 58 -10, 70 30", x=a, y=905, size=size), dark)
            pen.fill(corners("-52 -12, -20 -36, 26 -34, 8 -24, -22 -22", x=a, y=905, size=size), edge, 0.55)
    spots = [(chance.uniform(-200, 1800), 925.0, chance.uniform(2.0, 4.0)) for _ in range(26)]
    plants.grass(pen, chance, [spot for spot in spots if abs(spot[0] - 800) > 330], dark, 8)
