"""The battle field: a burning horizon, ruins, torn banners, smoke columns, blasts, speed lines, flying rubble."""

from __future__ import annotations

import math
import random

import numpy as np

from daemon.film.painter import cumulus, texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, corners, curve, ellipse, polygon, ribbon
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, nature, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage

GROUND = 640.0
FIRE = (oklch(0.62, 0.22, 32), oklch(0.75, 0.18, 56), oklch(0.9, 0.14, 92))


def draw(stage: Stage) -> None:
    """Draws the battle field with the cast in its middle."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((0, 170, 260))
    _sky(stage, x, side)
    _ruins(stage, side)
    _smoke(stage, side)
    nature.mountains(stage, "ridge", GROUND + 20, 130, 0.2, 0.8)
    _army(stage)
    _blast(stage, x - side * 420)
    _ground(stage, x)
    _banners(stage, x, side)
    air.standing(stage, x, GROUND + 152, 0.98, GROUND - 80, 0.7)
    stage.cast(x, GROUND + 150, 0.98)
    _dust(stage, x)
    _rubble(stage, side)
    weather.fall(stage)


def _sky(stage: Stage, x: float, side: int) -> None:
    pen, palette, chance = stage.layer("sky", 1.0, soft=True), stage.palette, stage.chance("sky")
    low = mix(FIRE[1], palette.accents[2], 0.35)
    pen.fill(
        box(LEFT, TOP, RIGHT - LEFT, LOW - TOP),
        pen.linear(
            (0, -150), (0, GROUND), (0, stage.tone(0.1), 1), (0.5, mix(stage.tone(0.4), FIRE[0], 0.3), 1), (1, low, 1)
        ),
    )
    stage.light = (-side * 0.6, -0.8)
    fumes = texture.field(f"{stage.scene['seed']} fumes", 480, 240, 5, 4, 5, 0.58)
    deep = np.linspace(1, 0.1, 240, dtype=np.float32)[:, None]
    tint = [mix(stage.tone(0.04), FIRE[0], 0.1), mix(stage.tone(0.3), FIRE[0], 0.35), FIRE[1]]
    opacity = np.asarray(0.85 * texture.rise(fumes, 0.3, 0.8) * deep, np.float32)
    level = np.asarray(np.clip(1.1 - fumes - 0.35 * deep, 0, 1), np.float32)
    texture.lay(pen, texture.ramped(level, tint, opacity), LEFT, -260, RIGHT - LEFT, GROUND + 200)
    pen.glow(x, GROUND - 130, 640, FIRE[2], 0.8)
    if stage.energy > 0.5:
        air.shafts(pen, chance, (x, GROUND - 150), 1500, FIRE[2], 0.4, -90, 200, 17)


def _ruins(stage: Stage, side: int) -> None:
    pen, chance = stage.layer("ruins", 0.9), stage.chance("ruins")
    body, lit = mix(stage.tone(0.3), FIRE[0], 0.22), mix(FIRE[1], stage.tone(0.6), 0.4)
    for index in range(15):
        x = LEFT + 120 + index * 230 + chance.uniform(-50, 50)
        if abs(x - 800) < 190:
            continue
        wide, tall = chance.uniform(60, 120), chance.uniform(140, 330)
        top = GROUND - tall
        broken = [(x + wide * share, top + chance.uniform(-46, 46)) for share in (0.2, 0.38, 0.55, 0.78)]
        wall = polygon(
            [
                (x, GROUND + 40),
                (x, top + chance.uniform(-40, 40)),
                *broken,
                (x + wide, top + 50),
                (x + wide, GROUND + 40),
            ]
        )
        pen.fill(wall, body)
        edge = x if side > 0 else x + wide - 7
        pen.fill(box(edge, top + 50, 7, tall), lit, 0.8)
        for row in range(int(tall / 54)):
            for column in range(2):
                hole = box(x + wide * (0.2 + 0.4 * column), top + 66 + row * 54, wide * 0.2, 26)
                pen.fill(hole, lit if chance.random() < 0.45 else shift(body, lightness=-0.08))


def _smoke(stage: Stage, side: int) -> None:
    """Columns of smoke that rise from fires along the horizon and lean with the wind, billow over billow."""
    pen, chance = stage.layer("smoke columns", 0.86), stage.chance("smoke")
    dark = mix(stage.tone(0.06), FIRE[0], 0.08)
    lit, ember = mix(mix(dark, stage.tone(0.36), 0.75), FIRE[1], 0.14), mix(FIRE[0], FIRE[1], 0.4)
    for place, tall, wide in ((40, 760, 1.0), (430, 500, 0.6), (1170, 560, 0.66), (1540, 800, 1.05)):
        x = place + chance.uniform(-50, 50)
        lobes: list[tuple[float, float, float]] = []
        share = 0.0
        while share < 1:
            radius = (15 + 92 * share**1.2) * wide
            bend = -side * 190 * share**1.7 * wide + 26 * wide * math.sin(share * 7 + place)
            lobes.append((x + bend, GROUND + 16 - share * tall, radius * 0.8))
            for _ in range(3):
                aside, up = chance.gauss(0, 0.6), chance.uniform(-0.4, 0.4)
                lobes.append(
                    (
                        x + bend + max(-0.9, min(0.9, aside)) * radius,
                        GROUND + 16 - share * tall + up * radius,
                        radius * chance.uniform(0.45, 0.95),
                    )
                )
            share += chance.uniform(0.55, 0.85) * radius / tall
        # Billows run together: the whole in one tone, then what of each the light strikes, less and less of it.
        top = GROUND - tall - 100 * wide
        for size, move, low, high, level in (
            (1.0, 0.0, mix(dark, ember, 0.5), dark, 1.0),
            (0.84, 0.2, mix(mix(dark, lit, 0.4), ember, 0.5), mix(dark, lit, 0.38), 0.8),
            (0.56, 0.42, mix(mix(dark, lit, 0.75), ember, 0.55), mix(dark, lit, 0.72), 0.55),
            (0.3, 0.62, mix(lit, ember, 0.6), lit, 0.36),
        ):
            billows = [
                ellipse(a + stage.light[0] * move * r, b + stage.light[1] * move * r, r * size, r * size * 0.94)
                for a, b, r in lobes
                if level == 1.0 or chance.random() < level
            ]
            if billows:
                smoke = pen.linear((0, GROUND), (0, top), (0, low, 1), (0.4, high, 1), (1, mix(high, lit, 0.2), 1))
                pen.fill(" ".join(billows), smoke)
        pen.glow(x, GROUND - 10, 150 * wide + 60, FIRE[1], 0.9)
    air.haze(pen, GROUND - 420, GROUND + 30, mix(FIRE[1], stage.tone(0.5), 0.3), 0.6)


def _army(stage: Stage) -> None:
    """Two hosts of spears and helmets along the horizon."""
    pen, chance = stage.layer("army", 0.72), stage.chance("army")
    body, lit = stage.tone(0.1), mix(FIRE[1], stage.tone(0.5), 0.3)
    for half in (-1, 1):
        for _ in range(64):
            x = 800 + half * chance.uniform(210, 1300)
            y = GROUND + 26 + chance.uniform(-12, 26)
            lean = -half * chance.uniform(4, 16)
            pen.stroke(polygon([(x + 8 * half, y), (x + lean * 3, y - chance.uniform(86, 128))], closed=False), body, 4)
            pen.fill(curve("-17 40, -14 -4, 14 -4, 17 40", x=x, y=y), body)
            pen.fill(ellipse(x, y - 16, 12, 13), body)
            pen.fill(curve("-12 -14, 0 -32, 12 -14", 0.7, x=x, y=y), body)
            pen.stroke(curve("-9 -24, 0 -31, 9 -24", closed=False, x=x, y=y), lit, 2.4, 0.8)
            if chance.random() < 0.09:
                pole = (x + lean * 3, y - 170)
                pen.stroke(polygon([(x, y), pole], closed=False), body, 5)
                pen.fill(
                    curve("0 0, 34 10, 60 2, 52 24, 62 44, 30 40, 0 48", 0.6, x=pole[0], y=pole[1]),
                    stage.palette.accents[0] if half > 0 else stage.palette.accents[1],
                )


def _blast(stage: Stage, x: float) -> None:
    """An explosion: rings of flame-shaped lumps, sparks flung out."""
    pen, chance = stage.layer("blast", 0.62), stage.chance("blast")
    y = GROUND - 20
    pen.glow(x, y - 40, 380, FIRE[1], 0.95)
    pen.glow(x, y + 34, 330, FIRE[2], 0.55, 0.14)
    soot, body = mix(FIRE[0], stage.tone(0.04), 0.72), []
    for _ in range(5):
        off = chance.uniform(-90, 90)
        body.append(
            (
                (280 + off) / 2,
                (330 + chance.uniform(-60, 10)) / 2,
                chance.uniform(90, 150) / 2,
                chance.uniform(170, 290) / 2,
            )
        )
    rgba = cumulus.drawn(
        f"{stage.scene['seed']} blast",
        (280, 190),
        body,
        [soot, FIRE[0], FIRE[1], "#fff6c8"],
        (-0.3 * stage.light[0], 0.75),
    )
    texture.lay(pen, rgba, x - 280, y - 320, 560, 380)
    pen.glow(x, y + 6, 150, "#fff3c0", 0.95, 0.8)
    for _ in range(26):
        angle, near = chance.uniform(math.pi, math.tau), chance.uniform(150, 210)
        far = near + chance.uniform(30, 120)
        c, s = math.cos(angle), math.sin(angle)
        pen.fill(ribbon([(x + c * near, y + s * near), (x + c * far, y + s * far)], [1, 4.5]), FIRE[2])


def _ground(stage: Stage, x: float) -> None:
    pen, chance = stage.layer("ground", 0.5), stage.chance("ground")
    earth = mix(stage.tone(0.24), oklch(0.4, 0.06, 40), 0.35)
    top: list[Point] = [(LEFT, GROUND + 70)]
    left = LEFT
    while left < RIGHT:
        left += chance.uniform(70, 150)
        top.append((left, GROUND + 62 + chance.uniform(-20, 16)))
    outline = polygon([*top, (RIGHT + 200, LOW), (LEFT, LOW)])
    pen.stroke(outline, pen.line_colour(earth), pen.sheet.inner * 1.6)
    pen.fill(
        outline,
        pen.linear(
            (0, GROUND + 50),
            (0, 920),
            (0, mix(earth, FIRE[1], 0.42), 1),
            (0.35, earth, 1),
            (1, shift(earth, lightness=-0.14), 1),
        ),
    )
    for _ in range(46):
        share = chance.random()
        a, b, wide = chance.uniform(-300, 1900), GROUND + 96 + share * 190, 20 + 60 * share
        pen.fill(
            polygon(
                [
                    (a - wide, b),
                    (a - wide * 0.3, b - wide * 0.22),
                    (a + wide * 0.6, b - wide * 0.12),
                    (a + wide, b + wide * 0.06),
                    (a, b + wide * 0.1),
                ]
            ),
            shift(earth, lightness=-0.07 if chance.random() < 0.6 else 0.06),
            0.9,
        )
    texture.ground(
        pen, str(stage.scene["seed"]), (shift(earth, lightness=-0.2), mix(earth, FIRE[1], 0.5)), 0.5, GROUND + 60, 1080
    )
    for angle in range(0, 360, 24):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle)) * 0.22
        reach = chance.uniform(150, 330)
        crack = ribbon(
            [
                (x + c * 40, GROUND + 146 + s * 40),
                (x + c * reach * 0.6 + 12, GROUND + 146 + s * reach * 0.6),
                (x + c * reach, GROUND + 146 + s * reach),
            ],
            [6, 4, 0.5],
        )
        pen.fill(crack, shift(earth, lightness=-0.2))
    pen.glow(x, GROUND + 150, 380, mix(stage.palette.accents[1], FIRE[2], 0.5), 0.6, 0.16)


def _banners(stage: Stage, x: float, side: int) -> None:
    """Torn banners and swords stuck in the ground behind the cast."""
    pen, palette = stage.layer("banners", 0.46), stage.palette
    wood = mix(oklch(0.36, 0.06, 45), stage.tone(0.1), 0.4)
    for left, tall, lean, colour in ((x - 400, 430, -6, palette.accents[0]), (x + 430, 380, 7, palette.accents[1])):
        with pen.inside(f"translate({left:.0f} {GROUND + 118}) rotate({lean})"):
            pole = box(-7, -tall, 14, tall)
            pen.shape(pole, wood, line=1.2, shade=4, rim=3)
            cloth = curve(
                "4 0, 70 16, 130 2, 176 18, 160 50, 182 78, 150 96, 168 128, 120 122, 104 148, 78 124, 54 146,"
                " 30 122, 4 134",
                0.45,
                y=-tall + 14,
            )
            pen.shape(cloth, colour, line=1.2, shade=12, rim=4)
            pen.stroke(curve("40 20, 52 60, 44 112", closed=False, y=-tall + 14), shift(colour, lightness=-0.14), 5)
            pen.stroke(curve("104 20, 114 60, 106 108", closed=False, y=-tall + 14), shift(colour, lightness=-0.14), 5)
            pen.shape(polygon([(-9, -tall), (0, -tall - 46), (9, -tall)]), oklch(0.8, 0.03, 90), line=1.0, shade=3)
    for left, lean in ((x - 250, -16), (x + 270, 12), (x - 560, 22), (x + 600, -20)):
        with pen.inside(f"translate({left:.0f} {GROUND + 156}) rotate({lean})"):
            steel = oklch(0.74, 0.02, 250)
            pen.shape(polygon([(-6, 12), (-9, -92), (9, -92), (6, 12)]), steel, line=1.0, shade=4, rim=3)
            pen.stroke(polygon([(0, -88), (0, -20)], closed=False), shift(steel, lightness=-0.16), 3)
            pen.shape(box(-30, -102, 60, 12, 5), oklch(0.62, 0.1, 75), line=1.0, shade=3)
            pen.shape(box(-6, -142, 12, 40, 5), wood, line=1.0, shade=3)
            pen.shape(ellipse(0, -146, 9), oklch(0.62, 0.1, 75), line=1.0, shade=3)
        _heap(stage, pen, left, GROUND + 154, 1.0)
    for left in (x - 400, x + 430):
        _heap(stage, pen, left, GROUND + 116, 1.1)


def _heap(stage: Stage, pen: Pen, x: float, y: float, size: float) -> None:
    """Earth thrown up around what was driven into it, clods beside it, its shadow."""
    earth = mix(stage.tone(0.24), oklch(0.4, 0.06, 40), 0.35)
    pen.fill(ellipse(x, y + 12 * size, 66 * size, 10 * size), stage.tone(0.03), 0.4)
    heap = curve("-52 14, -40 2, -24 -6, -10 -16, 4 -8, 16 -15, 30 -3, 44 3, 54 14, 0 18", 0.7, x=x, y=y, size=size)
    pen.shape(heap, shift(earth, lightness=-0.02), line=0.8, shade=7 * size, rim=3)
    for off, down, wide in ((-64, 12, 8), (62, 8, 6), (74, 15, 9), (-20, 6, 7)):
        clod = corners("-10 4, -6 -6, 3 -8, 10 -1, 8 5", x=x + off * size, y=y + down * size, size=wide * size / 8)
        pen.fill(clod, shift(earth, lightness=-0.09 if off < 0 else 0.05))


def _dust(stage: Stage, x: float) -> None:
    pen = stage.layer("dust", 0.3, soft=True)
    colour = mix(stage.tone(0.6), FIRE[1], 0.35)
    air.drift(pen, f"{stage.scene['seed']} dust", GROUND + 210, 240, colour, 0.7)
    pen.glow(x - 300, GROUND + 190, 300, colour, 0.3, 0.3)
    pen.glow(x + 320, GROUND + 200, 300, colour, 0.3, 0.3)


def _rubble(stage: Stage, side: int) -> None:
    """Stones and sparks in the air, dark heaps at the picture's edge."""
    pen, chance = stage.layer("debris", 0.1), stage.chance("rubble")
    stone = stage.tone(0.14)
    for _ in range(17):
        x, y, size = chance.uniform(-60, 1660), chance.uniform(80, 860), chance.choice((9, 13, 18, 30))
        if abs(x - stage.spot.x) < 300:
            continue
        _stone(pen, chance, x, y, size, stone)
    sparks = stage.layer("embers", 0.1)
    for _ in range(40):
        x, y, radius = chance.uniform(-100, 1700), chance.uniform(0, 900), chance.uniform(2, 5)
        sparks.fill(ellipse(x, y, radius, radius * 0.8), chance.choice(FIRE[1:]), 0.95)
    pen = stage.layer("heaps", 0.1)
    for half in (-1, 1):
        for index in range(3):
            _stone(pen, chance, 800 + half * (620 + 120 * index), 900 - 14 * index, 92 + 26 * index, stage.tone(0.05))


def _stone(pen: Pen, chance: random.Random, x: float, y: float, size: float, colour: str) -> None:
    count = 7
    rim = [
        (
            x + math.cos(math.tau * index / count) * size * chance.uniform(0.75, 1.15),
            y + math.sin(math.tau * index / count) * size * chance.uniform(0.65, 1.0),
        )
        for index in range(count)
    ]
    pen.shape(polygon(rim), colour, line=0.8, shade=size * 0.25, rim=size * 0.12)
