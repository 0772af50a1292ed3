"""The factory: sawtooth windows, a furnace, great gears, robot arms over a belt with crates, steam, pipes."""

from __future__ import annotations

import math
import random

import numpy as np

from daemon.film.painter import cumulus, texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, sparkle
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage

FLOOR = 650.0
FIRE = (oklch(0.64, 0.21, 35), oklch(0.78, 0.17, 60), oklch(0.92, 0.12, 95))


def draw(stage: Stage) -> None:
    """Draws the factory with the cast before its belt."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((40, 130, 210))
    _hall(stage, side)
    _gears(stage, side)
    _furnace(stage, 800 - side * 560)
    _arms(stage, x, side)
    _belt(stage)
    _floor(stage, x)
    if sparkle.is_loud(stage):
        sparkle.jets(stage, x, FLOOR + 110)
    air.standing(stage, x, FLOOR + 128, 0.95, 560)
    stage.cast(x, FLOOR + 126, 0.95)
    _steam(stage)
    _near(stage, side)


def _hall(stage: Stage, side: int) -> None:
    back, palette = stage.layer("glow", 1.0, soft=True), stage.palette
    back.fill(
        box(LEFT, TOP, RIGHT - LEFT, LOW - TOP),
        back.linear((0, -200), (0, 760), (0, stage.tone(0.08), 1), (1, stage.tone(0.4), 1)),
    )
    back.glow(800 - side * 560, 470, 620, FIRE[1], 0.6)
    back.glow(800 + side * 420, 150, 620, palette.light, 0.35)
    pen = stage.layer("hall", 0.98)
    glass = mix(palette.light, stage.tone(0.7), 0.35)
    frame = stage.tone(0.1)
    for index in range(-3, 10):
        left = index * 270 - 60
        roof = polygon([(left, 190), (left, 20), (left + 270, 150), (left + 270, 190)])
        pen.fill(polygon([(left - 4, 196), (left - 4, TOP), (left + 274, TOP), (left + 274, 196)]), stage.tone(0.07))
        pen.fill(roof, pen.linear((left, 20), (left + 270, 190), (0, glass, 0.95), (1, glass, 0.4)))
        for step in range(1, 6):
            pen.stroke(polygon([(left + step * 45, 190), (left + step * 45, 20 + step * 22)], closed=False), frame, 6)
        pen.stroke(roof, frame, 10)
        ray = polygon([(left + 20, 190), (left + 230, 190), (left + 230 - side * 260, 800), (left - side * 260, 800)])
        if index % 2:
            pen.fill(ray, pen.linear((0, 190), (0, 760), (0, palette.light, 0.2), (1, palette.light, 0.0)))
    pen.fill(box(LEFT, 186, RIGHT - LEFT, 30), frame)
    for index in range(-3, 10):
        left = index * 270 - 60
        pen.fill(box(left - 16, 190, 32, 500), stage.tone(0.14))
        pen.fill(box(left + 10, 190, 6, 500), stage.tone(0.34), 0.7)
    _grime(stage, pen)
    for y, wide, shade in ((262, 34, 0.2), (318, 20, 0.26), (566, 26, 0.18)):
        pen.fill(box(LEFT, y, RIGHT - LEFT, wide), stage.tone(shade))
        pen.fill(box(LEFT, y + 4, RIGHT - LEFT, 6), stage.tone(shade + 0.26), 0.7)
        for index in range(-4, 16):
            pen.fill(box(index * 170 + y % 90, y - 5, 20, wide + 10, 4), stage.tone(shade - 0.07))


def _grime(stage: Stage, pen: Pen) -> None:
    """Rust and soot that run down the wall, and the furnace's haze before it."""
    streaks = texture.field(f"{stage.scene['seed']} grime", 480, 160, 40, 3, 3, 0.6)
    blots = texture.field(f"{stage.scene['seed']} soot", 480, 160, 7, 4, 4, 0.6)
    opacity = np.asarray(0.55 * texture.rise(streaks * 0.5 + blots * 0.6, 0.5, 0.95), np.float32)
    texture.lay(pen, texture.tinted(mix(stage.tone(0.04), FIRE[0], 0.15), opacity), LEFT, 215, RIGHT - LEFT, 480)
    air.haze(pen, 300, 720, mix(stage.tone(0.6), FIRE[1], 0.35), 0.4)


def gear(pen: Pen, x: float, y: float, radius: float, teeth: int, colour: str, turn: float = 0.0) -> None:
    """A gear wheel with spokes."""
    rim = []
    for index in range(teeth):
        for share, grow in ((-0.3, 0.86), (-0.2, 1.0), (0.2, 1.0), (0.3, 0.86)):
            angle = math.tau * (index + share) / teeth + turn
            rim.append((x + math.cos(angle) * radius * grow, y + math.sin(angle) * radius * grow))
    pen.shape(polygon(rim), colour, line=1.1, shade=radius * 0.1, rim=5)
    pen.fill(ellipse(x, y, radius * 0.66), shift(colour, lightness=-0.12))
    for index in range(5):
        with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({math.degrees(turn) + index * 72:.0f})"):
            pen.fill(box(-radius * 0.085, -radius * 0.7, radius * 0.17, radius * 0.7), colour)
    pen.shape(ellipse(x, y, radius * 0.25), colour, line=0.8, shade=radius * 0.05, rim=3)
    pen.fill(ellipse(x, y, radius * 0.1), shift(colour, lightness=-0.2))


def _gears(stage: Stage, side: int) -> None:
    pen, chance = stage.layer("gears", 0.85), stage.chance("gears")
    metal = mix(stage.tone(0.3), oklch(0.6, 0.09, 60), 0.28)
    x = 800 + side * 470
    gear(pen, x, 410, 190, 16, metal, chance.random())
    gear(pen, x - side * 246, 318, 92, 10, mix(metal, stage.tone(0.6), 0.3), chance.random())
    gear(pen, x + side * 220, 250, 110, 11, mix(metal, stage.tone(0.2), 0.3), chance.random())
    gear(pen, x - side * 700, 300, 80, 9, mix(metal, stage.tone(0.2), 0.4), chance.random())


def _furnace(stage: Stage, x: float) -> None:
    """A furnace with an open mouth, its chimney through the roof."""
    pen, chance = stage.layer("furnace", 0.78), stage.chance("furnace")
    iron = mix(stage.tone(0.2), oklch(0.35, 0.04, 30), 0.4)
    pen.shape(box(x - 62, -80, 124, 420, 4), iron, line=1.1, shade=20, rim=5)
    for y in (60, 190):
        pen.fill(box(x - 70, y, 140, 20, 5), shift(iron, lightness=0.07))
    body = curve("-190 330, -182 60, -120 -40, 0 -76, 120 -40, 182 60, 190 330", 0.6, x=x, y=FLOOR - 320)
    pen.shape(body, iron, line=1.3, shade=26, rim=7)
    for row in range(4):
        for index in range(-5, 6):
            pen.fill(ellipse(x + index * 33, FLOOR - 268 + row * 82, 4.5), shift(iron, lightness=0.16))
    mouth = curve("-104 150, -104 20, -60 -40, 0 -56, 60 -40, 104 20, 104 150", 0.5, x=x, y=FLOOR - 150)
    pen.glow(x, FLOOR - 80, 380, FIRE[1], 0.85)
    pen.shape(mouth, FIRE[0], line=1.6)
    with pen.inside(clip=mouth):
        pen.fill(ellipse(x, FLOOR - 10, 110, 130), FIRE[1])
        for index in range(7):
            left = x - 96 + index * 32 + chance.uniform(-8, 8)
            tall = chance.uniform(70, 150)
            flame = curve("0 0, -20 -30, -12 -66, 0 -100, 10 -64, 22 -28", 0.9, x=left, y=FLOOR + 4, size=tall / 100)
            pen.fill(flame, FIRE[2] if index % 2 else mix(FIRE[1], FIRE[2], 0.5))
        for bar in (-60, -20, 20, 60):
            pen.fill(box(x + bar - 5, FLOOR - 220, 10, 260), shift(iron, lightness=-0.08))
    pen.stroke(mouth, shift(iron, lightness=0.08), 12)


def _robot_arm(
    stage: Stage, pen: Pen, x: float, y: float, angles: tuple[float, float, float], size: float, colour: str
) -> None:
    """An industrial arm that hangs from the roof: three links, a gripper."""
    dark, stripe = stage.tone(0.1), stage.palette.line
    pen.shape(box(x - 56 * size, y - 40 * size, 112 * size, 56 * size, 8), dark, line=1.1, rim=4)
    place, turn = (x, y), 0.0
    links = ((170, 34), (150, 28), (70, 22))
    for (length, wide), angle in zip(links, angles, strict=True):
        turn += angle
        long = length * size
        with pen.inside(f"translate({place[0]:.1f} {place[1]:.1f}) rotate({turn:.1f})"):
            link = polygon([(-wide * size, 0), (wide * size, 0), (wide * 0.7 * size, long), (-wide * 0.7 * size, long)])
            pen.shape(link, colour, line=1.1, shade=10 * size, rim=4)
            pen.fill(box(-wide * 0.85 * size, long * 0.42, wide * 1.7 * size, 13 * size), stripe, 0.8)
            pen.shape(ellipse(0, 0, wide * 1.15 * size), dark, line=1.0, rim=4)
            pen.fill(ellipse(0, 0, wide * 0.45 * size), stage.tone(0.5))
        s, c = math.sin(math.radians(turn)), math.cos(math.radians(turn))
        place = (place[0] - s * long, place[1] + c * long)
    with pen.inside(f"translate({place[0]:.1f} {place[1]:.1f}) rotate({turn:.1f}) scale({size:.2f})"):
        pen.shape(box(-26, -10, 52, 26, 6), dark, line=1.0, rim=3)
        for sign in (-1, 1):
            claw = polygon(
                [(sign * 8, 14), (sign * 34, 14), (sign * 40, 48), (sign * 18, 78), (sign * 14, 68), (sign * 24, 44)]
            )
            pen.shape(claw, stage.tone(0.45), line=1.0, shade=4, rim=3)


def _arms(stage: Stage, x: float, side: int) -> None:
    pen, chance = stage.layer("robot arms", 0.7), stage.chance("arms")
    colour = mix(stage.palette.accents[2], oklch(0.8, 0.15, 75), 0.5)
    for left, lean, size in ((x - side * 330, 1, 1.0), (x + side * 300, -1, 1.1), (x + side * 720, 1, 0.9)):
        bend = chance.uniform(14, 34) * lean
        _robot_arm(stage, pen, left, 200, (bend, -bend * 2.1, bend * 1.2), size, colour)
        if chance.random() < 0.8:
            y = 200 + 440 * size
            spark_x = left + lean * 10
            pen.glow(spark_x, y - 20, 110, FIRE[2], 0.7)
            for _ in range(12):
                angle, reach = chance.uniform(0, math.tau), chance.uniform(24, 70)
                end = (spark_x + math.cos(angle) * reach, y - 20 + math.sin(angle) * reach)
                pen.stroke(polygon([(spark_x, y - 20), end], closed=False), FIRE[2], 3)


def _belt(stage: Stage) -> None:
    """The conveyor belt that runs through the picture, with crates, gears and glowing cores on it."""
    pen, chance, palette = stage.layer("belt", 0.6), stage.chance("belt"), stage.palette
    y = FLOOR - 64
    steel, rubber = stage.tone(0.36), stage.tone(0.07)
    x = LEFT + chance.uniform(0, 80)
    while x < RIGHT:
        kind = chance.choice(("crate", "crate", "core", "gear"))
        if kind == "crate":
            size = chance.uniform(80, 116)
            wood = mix(oklch(0.66, 0.1, 65), stage.tone(0.4), 0.3)
            pen.shape(box(x, y - size, size, size, 5), wood, line=1.0, shade=12, rim=4)
            pen.stroke(box(x + 9, y - size + 9, size - 18, size - 18, 2), shift(wood, lightness=-0.14), 7)
            pen.stroke(
                polygon([(x + 12, y - 12), (x + size - 12, y - size + 12)], closed=False),
                shift(wood, lightness=-0.14),
                9,
            )
        elif kind == "core":
            size = 78.0
            pen.shape(box(x, y - 20, size, 20, 5), steel, line=0.9, rim=3)
            pen.glow(x + size / 2, y - 58, 110, palette.accents[1], 0.7)
            pen.shape(
                box(x + 10, y - 100, size - 20, 82, 20), mix(palette.accents[1], "#ffffff", 0.35), line=0.9, shade=8
            )
            pen.shape(box(x, y - 112, size, 20, 6), steel, line=0.9, rim=3)
        else:
            size = 84.0
            gear(pen, x + 42, y - 42, 44, 9, mix(steel, palette.accents[0], 0.35))
        x += size + chance.uniform(50, 130)
    pen.shape(box(LEFT, y, RIGHT - LEFT, 26), rubber, line=1.0, rim=3)
    pen.shape(box(LEFT, y + 24, RIGHT - LEFT, 50), steel, line=1.0, shade=14)
    for index in range(-12, 32):
        left = index * 82
        pen.shape(ellipse(left, y + 48, 19), stage.tone(0.16), line=0.7, rim=3)
        pen.fill(ellipse(left, y + 48, 6), stage.tone(0.5))
    for index in range(-5, 12):
        pen.fill(box(index * 246 - 14, y + 72, 28, 130), stage.tone(0.13))


def _floor(stage: Stage, x: float) -> None:
    pen, palette = stage.layer("floor", 0.5), stage.palette
    top = FLOOR + 76
    pen.fill(
        box(LEFT, top, RIGHT - LEFT, LOW - top),
        pen.linear((0, top), (0, 940), (0, stage.tone(0.36), 1), (1, stage.tone(0.12), 1)),
    )
    pen.fill(box(LEFT, top - 4, RIGHT - LEFT, 10), stage.tone(0.06))
    amber = mix(oklch(0.82, 0.16, 85), palette.accents[2], 0.4)
    pen.fill(box(LEFT, 844, RIGHT - LEFT, 34), amber)
    for index in range(-12, 32):
        pen.fill(
            polygon([(index * 84, 878), (index * 84 + 40, 844), (index * 84 + 80, 844), (index * 84 + 40, 878)]),
            stage.tone(0.05),
        )
    texture.ground(
        pen, str(stage.scene["seed"]), (stage.tone(0.02), mix(stage.tone(0.6), FIRE[1], 0.3)), 0.5, top, 1080
    )
    pen.glow(x, FLOOR + 128, 430, palette.light, 0.4, 0.13)
    for index in range(-3, 10):
        shine = pen.linear((0, top), (0, top + 150), (0, palette.light, 0.28), (1, palette.light, 0))
        left = index * 270
        pen.fill(polygon([(left, top), (left + 90, top), (left + 60, top + 150), (left - 40, top + 150)]), shine)


def _steam(stage: Stage) -> None:
    pen, chance = stage.layer("steam", 0.28, soft=True), stage.chance("steam")
    white = mix(stage.palette.light, stage.tone(0.8), 0.4)
    clouds: list[cumulus.Cloud] = []
    for x in (20, 300, 1300, 1580):
        for step in range(5):
            half = 44 + step * 20 + chance.uniform(-6, 6)
            clouds.append(
                ((x + step * 12 + chance.uniform(-20, 20) + 300) / 3, (660 - step * 80) / 3, half / 3, half / 2.6)
            )
    shade = mix(white, stage.tone(0.4), 0.5)
    rgba = cumulus.drawn(
        f"{stage.scene['seed']} steam",
        (733, 240),
        clouds[::-1],
        [shade, mix(shade, white, 0.5), white],
        stage.light,
        0.5,
    )
    texture.lay(pen, rgba, -300, 230, 2200, 720)


def _near(stage: Stage, side: int) -> None:
    """Dark pipes, a valve and a chain with its hook close to the eye."""
    pen, chance = stage.layer("near", 0.08), stage.chance("near")
    dark, edge = stage.tone(0.04), mix(FIRE[1], stage.tone(0.4), 0.5)
    low = 800 - side * 740
    for off, wide in ((0, 62), (side * -96, 44)):
        x = low + off
        pipe = smooth(
            [
                (x - wide, 1000),
                (x - wide, 640),
                (x - wide * 0.6, 560),
                (x + side * 40, 520),
                (x - side * 900, 500),
                (x - side * 900, 420),
                (x + side * 60, 420),
                (x + wide, 560),
                (x + wide, 1000),
            ],
            roundness=0.35,
        )
        pen.fill(pipe, dark)
        pen.fill(box(x - wide - 10, 700, wide * 2 + 20, 40, 8), dark)
        pen.fill(box(x + (wide - 12) * (1 if side > 0 else -1) - 4, 600, 8, 400, 4), edge, 0.7)
    _valve(pen, low + side * 92, 742, dark, stage.palette.accents[0])
    x = 800 + side * 640
    for index in range(9):
        y = -60 + index * 34
        pen.stroke(ellipse(x, y, 9 if index % 2 else 5, 19), dark, 8)
    pen.stroke(curve("0 0, 2 40, 30 58, 40 88, 20 116, -14 112, -26 88", closed=False, x=x, y=236), dark, 17)
    pen.stroke(curve("4 42, 34 62, 44 88", closed=False, x=x, y=236), edge, 3, 0.8)
    _sparks(pen, chance)


def _valve(pen: Pen, x: float, y: float, dark: str, colour: str) -> None:
    wheel = ellipse(x, y, 46)
    pen.stroke(wheel, dark, 22)
    pen.stroke(wheel, mix(colour, dark, 0.35), 13)
    for turn in (0, 60, 120):
        with pen.inside(f"translate({x} {y}) rotate({turn})"):
            pen.fill(box(-46, -5, 92, 10), mix(colour, dark, 0.35))
    pen.fill(ellipse(x, y, 13), dark)


def _sparks(pen: Pen, chance: random.Random) -> None:
    for _ in range(34):
        x, y = chance.uniform(-100, 1700), chance.uniform(120, 900)
        pen.fill(ellipse(x, y, chance.uniform(1.6, 4)), chance.choice(FIRE[1:]), 0.9)
