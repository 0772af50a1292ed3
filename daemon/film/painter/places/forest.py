"""The forest: trunks behind trunks into the haze, shafts of light, ferns, a stream, mushrooms that glow, fireflies."""

from __future__ import annotations

import math
import random

import numpy as np

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, plants, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage

GROUND = 640.0


def draw(stage: Stage) -> None:
    """Draws the forest with the cast in a glade."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((50, 140, 210))
    stage.light = (-side * 0.55, -0.83)
    source = 800.0 - side * 150
    _light(stage, source)
    _trunks(stage, "last trees", 0.97, 30, (9, 20), 0.86, GROUND - 60)
    _trunks(stage, "far trees", 0.94, 22, (18, 34), 0.72, GROUND - 40)
    _bushes(stage, "far bushes", 0.9, GROUND - 26, 0.66, 40)
    _trunks(stage, "trees", 0.8, 13, (34, 62), 0.46, GROUND + 6)
    _bushes(stage, "bushes", 0.76, GROUND + 18, 0.42, 50)
    _shafts(stage, source, side)
    _trunks(stage, "near trees", 0.62, 7, (66, 104), 0.2, GROUND + 60)
    _ground(stage, x, side)
    _ferns(stage, "ferns", 0.44, 10, 730, 0.3, 1.0)
    air.standing(stage, x, GROUND + 154, 0.94, GROUND - 60)
    stage.cast(x, GROUND + 152, 0.94)
    _mushrooms(stage, x, side)
    _canopy(stage)
    _ferns(stage, "near ferns", 0.1, 9, 960, 0.05, 2.1)
    _fireflies(stage)
    weather.fall(stage)


def _green(stage: Stage, level: float) -> str:
    return stage.own(level, 0.12, 146, 0.8)


def _haze(stage: Stage) -> str:
    """What the wood fades into: lit air."""
    return mix(_green(stage, 0.92), stage.palette.light, 0.35 if stage.hour != "night" else 0.12)


def _light(stage: Stage, x: float) -> None:
    pen = stage.layer("light", 1.0, soft=True)
    stops = ((0, _green(stage, 0.42), 1), (0.55, _haze(stage), 1), (1, _green(stage, 0.6), 1))
    pen.fill(box(LEFT, TOP, RIGHT - LEFT, LOW - TOP), pen.linear((0, -100), (0, 760), *stops))
    leaves = texture.field(f"{stage.scene['seed']} leaves", 480, 200, 26, 11, 3, 0.6)
    fade = np.linspace(1, 0, 200, dtype=np.float32)[:, None]
    crowns = np.asarray(0.7 * texture.rise(leaves, 0.4, 0.65) * fade, np.float32)
    texture.lay(pen, texture.tinted(_green(stage, 0.5), crowns), LEFT, -160, RIGHT - LEFT, 520)
    pen.glow(x, 330, 700, mix(stage.palette.light, _green(stage, 0.95), 0.2), 0.95)


def _trunk(
    pen: Pen, chance: random.Random, x: float, low: float, wide: float, bark: str, lit: str, side: float
) -> None:
    lean = chance.uniform(-34, 34)
    left = [
        (x - wide * 1.7, low + 14),
        (x - wide * 1.05, low - 40),
        (x - wide * 0.86, low - 300),
        (x - wide * 0.8 + lean, TOP),
    ]
    right = [
        (x + wide * 0.8 + lean, TOP),
        (x + wide * 0.86, low - 300),
        (x + wide * 1.05, low - 40),
        (x + wide * 1.7, low + 14),
    ]
    outline = smooth([*left, *right, (x + wide * 0.5, low + 4), (x - wide * 0.4, low + 6)], roundness=0.5)
    if wide > 30 and chance.random() < 0.7:
        _bough(pen, x, low, wide, lean, (low - chance.uniform(260, 420), chance.choice((-1, 1))), bark)
    if wide > 30 or pen.sheet.hatch:
        pen.stroke(outline, mix(pen.line_colour(bark), bark, 0.35), pen.sheet.inner * 1.2)
    start, end = (x - wide, x + wide) if side < 0 else (x + wide, x - wide)
    stops = ((0, lit, 1), (0.22, mix(bark, lit, 0.35), 1), (0.55, bark, 1), (1, shift(bark, lightness=-0.05), 1))
    pen.fill(outline, pen.linear((start, 0), (end, 0), *stops))
    if wide > 30:
        moss = [(x - wide * 1.6, low + 14), (x - wide, low - 34), (x - wide * 0.5, low - 70), (x, low - 26)]
        moss += [(x + wide * 0.5, low - 52), (x + wide, low - 30), (x + wide * 1.6, low + 14)]
        pen.fill(smooth(moss, roundness=0.7), mix(bark, oklch(0.55, 0.12, 135), 0.3), 0.6)
    if wide > 30:
        for _ in range(int(wide / 7)):
            a, b = x + chance.uniform(-0.6, 0.6) * wide, low - chance.uniform(40, 620)
            pen.stroke(
                curve(f"0 0, {chance.uniform(-5, 5):.1f} 24, 0 52", closed=False, x=a, y=b),
                shift(bark, lightness=-0.07),
                wide * 0.07,
            )


def _bough(pen: Pen, x: float, low: float, wide: float, lean: float, start: tuple[float, int], bark: str) -> None:
    """A bough that grows out of a trunk, thick where it leaves it, and forks; drawn before the trunk covers its root.

    start: how high it leaves the trunk's edge, and to which side.
    """
    y, turn = start
    edge = x + lean * (low - 300 - y) / (low - 300 - TOP) if y < low - 300 else x
    path = [
        (edge + turn * wide * 0.1, y + 34),
        (edge + turn * wide * 0.8, y + 8),
        (edge + turn * wide * 1.5, y - 24),
        (edge + turn * wide * 2.2, y - 44),
        (edge + turn * wide * 2.9, y - 84),
    ]
    fork = [path[2], (edge + turn * wide * 1.9, y - 66), (edge + turn * wide * 1.95, y - 112)]
    outlines = [
        ribbon(path, [wide * 0.4, wide * 0.34, wide * 0.17, wide * 0.11, 2]),
        ribbon(fork, [wide * 0.12, wide * 0.09, 2]),
    ]
    for outline in outlines:
        pen.stroke(outline, mix(pen.line_colour(bark), bark, 0.35), pen.sheet.inner * 1.2)
    for outline in outlines:
        pen.fill(outline, bark)


def _trunks(
    stage: Stage, name: str, depth: float, count: int, wide: tuple[float, float], level: float, low: float
) -> None:
    pen, chance = stage.layer(name, depth), stage.chance(name)
    bark = mix(_green(stage, level), oklch(0.4, 0.05, 50), 0.3 * (1 - level))
    lit = mix(bark, stage.palette.light, 0.5)
    step = (RIGHT - LEFT) / count
    for index in range(count):
        x = LEFT + (index + 0.5 + chance.uniform(-0.34, 0.34)) * step
        if wide[0] > 60 and abs(x - 800) < 430:
            x = 800 + math.copysign(chance.uniform(470, 640), x - 800)
        elif wide[0] > 30 and abs(x - 800) < 170:
            x = 800 + math.copysign(chance.uniform(200, 300), x - 800)
        _trunk(
            pen,
            chance,
            x,
            low + chance.uniform(-10, 16),
            chance.uniform(*wide),
            shift(bark, lightness=chance.uniform(-0.02, 0.02)),
            lit,
            stage.light[0],
        )
    if depth > 0.75:
        air.haze(pen, 120, low + 40, _haze(stage), 0.62 if depth > 0.9 else 0.4)


def _bushes(stage: Stage, name: str, depth: float, y: float, level: float, size: float) -> None:
    pen, chance = stage.layer(name, depth), stage.chance(name)
    leaf = _green(stage, level)
    clumps = []
    x = LEFT
    while x < RIGHT:
        radius = size * chance.uniform(0.5, 0.95)
        clumps.append((x, y + chance.uniform(-0.2, 0.35) * size, radius))
        x += radius * chance.uniform(0.7, 1.4)
    pen.fill(box(LEFT, y + 14, RIGHT - LEFT, LOW - y), shift(leaf, lightness=-0.05))
    lit = mix(leaf, stage.palette.light, 0.4)
    plants.crown(pen, chance, clumps, (shift(leaf, lightness=-0.07), leaf, lit), stage.light, 0.3)
    air.veil(pen, y + 10, 100, _haze(stage), 0.45 if depth > 0.85 else 0.3)


def _shafts(stage: Stage, x: float, side: int) -> None:
    pen, chance = stage.layer("shafts", 0.7, soft=True), stage.chance("shafts")
    light = stage.palette.light
    air.shafts(pen, chance, (x - side * 240, -260), 1350, light, 0.75, 90 - side * 22, 58, 10)
    air.drift(pen, f"{stage.scene['seed']} forest mist", GROUND - 10, 260, _haze(stage), 0.65)


def _ground(stage: Stage, x: float, side: int) -> None:
    pen, chance = stage.layer("ground", 0.5), stage.chance("ground")
    moss = _green(stage, 0.36)
    top = [(LEFT + index * 130, GROUND + 54 + chance.uniform(-16, 16)) for index in range(28)]
    floor = smooth([(LEFT, LOW), *top, (RIGHT, LOW)], roundness=0.7)
    pen.fill(
        floor,
        pen.linear(
            (0, GROUND + 30),
            (0, 940),
            (0, mix(moss, stage.palette.light, 0.3), 1),
            (0.4, moss, 1),
            (1, _green(stage, 0.14), 1),
        ),
    )
    texture.ground(
        pen,
        str(stage.scene["seed"]),
        (_green(stage, 0.06), mix(moss, stage.palette.light, 0.4)),
        0.5,
        GROUND + 40,
        1080,
    )
    bank = 800 - side * 300
    with pen.inside(clip=floor):
        _stream(stage, pen, bank - side * 150, moss)
    for off, size in ((-120, 34), (96, 26), (150, 40), (-220, 44)):
        stone = _green(stage, 0.46)
        pen.shape(
            curve("-40 12, -34 -16, -4 -28, 30 -18, 42 12, 0 18", x=bank + off, y=GROUND + 150 + size, size=size / 34),
            stone,
            line=0.9,
            shade=9,
            rim=4,
        )
    pen.glow(x, GROUND + 150, 380, stage.palette.light, 0.5, 0.15)
    spots = [(chance.uniform(-300, 1900), GROUND + 60 + 230 * chance.random() ** 1.3, 1.0) for _ in range(170)]
    spots = [(a, b, 0.5 + (b - GROUND - 60) / 150) for a, b, _ in spots if abs(a - x) > 120 or b < GROUND + 120]
    plants.grass(pen, chance, spots, _green(stage, 0.2))
    plants.grass(pen, chance, spots[::3], mix(_green(stage, 0.6), stage.palette.light, 0.3))
    fallen = [ellipse(chance.uniform(-200, 1800), GROUND + 70 + 220 * chance.random(), 5, 2) for _ in range(80)]
    pen.fill(" ".join(fallen), mix(oklch(0.6, 0.12, 60), moss, 0.4), 0.8)


def _stream(stage: Stage, pen: Pen, bank: float, moss: str) -> None:
    """A stream that comes from behind the bushes and winds towards the eye, broader and broader, the sky in it."""
    chance = stage.chance("stream")
    near = ((150, -8, 84), (196, -64, 128), (252, -50, 190), (330, 40, 270), (460, 120, 340))
    course = ((20, 60, 16), (46, 78, 20), (68, 66, 27), (90, 44, 38), (116, 30, 56), *near)
    left = [(bank + x - wide, GROUND + y) for y, x, wide in course]
    right = [(bank + x + wide, GROUND + y) for y, x, wide in course]
    outline = smooth([*left, *reversed(right)], roundness=0.8)
    deep = stage.own(0.34, 0.09, 222, 0.95)
    bright = mix(stage.own(0.74, 0.07, 205, 0.9), stage.palette.light, 0.25)
    pen.stroke(outline, shift(moss, lightness=-0.12), 10)
    stops = ((0, bright, 1.0), (0.35, mix(bright, deep, 0.6), 1.0), (1, deep, 1.0))
    pen.fill(outline, pen.linear((0, GROUND + 40), (0, GROUND + 300), *stops))
    with pen.inside(clip=outline):
        for y, x, wide in course[1:]:
            for _ in range(3):
                at, low = bank + x + wide * chance.uniform(-0.7, 0.7), GROUND + y + chance.uniform(-14, 14)
                pen.fill(ellipse(at, low, wide * chance.uniform(0.2, 0.42), 1 + wide * 0.03), bright, 0.75)


def _ferns(stage: Stage, name: str, depth: float, count: int, y: float, level: float, size: float) -> None:
    pen, chance = stage.layer(name, depth), stage.chance(name)
    for index in range(count):
        share = (index + 0.5) / count
        x = -260 + 2120 * share + chance.uniform(-70, 70)
        if abs(x - 800) < 330 and size < 2:
            continue
        if size > 2 and abs(x - 800) < 420:
            continue
        leaf = _green(stage, level + chance.uniform(0, 0.06))
        for angle in (-68, -42, -16, 14, 40, 66):
            with pen.at(x, y + chance.uniform(-12, 22), angle, size * chance.uniform(0.85, 1.15)):
                pen.fill(ribbon([(0, 0), (3, -50), (14, -100)], [3, 2, 0.5]), leaf)
                for step in range(8):
                    rise = -14 - step * 11
                    wide = 26 - step * 2.6
                    for turn in (-1, 1):
                        pen.fill(
                            ribbon(
                                [
                                    (step * 1.6, rise),
                                    (turn * wide * 0.6 + step * 1.6, rise - 7),
                                    (turn * wide + step * 1.6, rise - 4),
                                ],
                                [3.5, 4, 0.5],
                            ),
                            leaf,
                        )


def _mushrooms(stage: Stage, x: float, side: int) -> None:
    pen, palette = stage.layer("mushrooms", 0.34), stage.palette
    for off, size, colour in (
        (side * 330, 1.5, palette.accents[0]),
        (side * 400, 0.95, palette.accents[1]),
        (side * 272, 0.8, palette.accents[0]),
        (-side * 400, 1.1, palette.accents[1]),
        (-side * 352, 0.7, palette.accents[0]),
    ):
        left, y = x + off, 858.0
        pen.glow(left, y - 50 * size, 96 * size, colour, 0.6)
        stem = curve("-13 0, -9 -34, -11 -58, 11 -58, 9 -34, 14 0", 0.6, x=left, y=y, size=size)
        pen.shape(stem, mix(oklch(0.92, 0.03, 85), palette.light, 0.3), line=1.0, shade=6)
        cap = curve("-48 -52, -40 -84, 0 -106, 40 -84, 48 -52, 20 -46, 0 -44, -20 -46", 0.85, x=left, y=y, size=size)
        pen.shape(cap, colour, line=1.0, shade=10, rim=5)
        for a, b, radius in ((-20, -72, 7), (6, -88, 6), (24, -66, 8), (-4, -62, 5)):
            pen.fill(ellipse(left + a * size, y + b * size, radius * size, radius * size * 0.8), "#fffaf0", 0.95)


def _canopy(stage: Stage) -> None:
    """Leaves across the top in two depths, dark against the light, their edges lit."""
    pen, chance = stage.layer("canopy", 0.16), stage.chance("canopy")
    for y, level in ((30, 0.24), (-30, 0.07)):
        leaf = _green(stage, level)
        clumps = []
        for index in range(44):
            x = LEFT + index * 80
            arch = 150 * min(1.0, abs(x - 800) / 800) ** 1.5
            clumps.append((x, y + arch + chance.uniform(-26, 26), chance.uniform(46, 84)))
            clumps.append((x + 40, y + arch - 70, 80))
        pen.fill(box(LEFT, TOP, RIGHT - LEFT, y - 60 - TOP), leaf)
        plants.crown(
            pen, chance, clumps, (leaf, shift(leaf, lightness=0.02), shift(leaf, lightness=0.09)), (0.0, 0.9), 0.0
        )


def _fireflies(stage: Stage) -> None:
    pen, chance = stage.layer("fireflies", 0.2), stage.chance("fireflies")
    lamp = mix(oklch(0.92, 0.15, 105), stage.palette.light, 0.3)
    for _ in range(30):
        x, y = chance.uniform(-60, 1660), chance.uniform(180, 860)
        pen.glow(x, y, chance.uniform(14, 32), lamp, 0.75)
        pen.fill(ellipse(x, y, chance.uniform(2, 4)), "#fffff0")
