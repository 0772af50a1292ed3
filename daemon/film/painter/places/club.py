"""The industrial club: hall, screen, trusses, beams, speaker stacks, smoke, a crowd."""

from __future__ import annotations

import math

import numpy as np

from daemon.film.painter import texture
from daemon.film.painter.colour import mix
from daemon.film.painter.outline import Point, box, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, sparkle
from daemon.film.painter.places.crowd import audience
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage

FLOOR = 690.0


def draw(stage: Stage) -> None:
    """Draws the club with the cast on its stage."""
    chance = stage.chance("plan")
    x = 800 + chance.choice((-250, 0, 0, 250))
    stage.light = (-0.5 if x >= 800 else 0.5, -0.87)
    _hall(stage, x)
    _screen(stage, x)
    heads = _truss(stage)
    _beams(stage, heads, x)
    _stacks(stage, x)
    _platform(stage, x)
    if sparkle.is_loud(stage):
        chance.choice((sparkle.lasers, sparkle.jets, sparkle.lasers))(stage, x, FLOOR + 20)
    air.standing(stage, x, FLOOR + 10, 0.86, 540)
    stage.cast(x, FLOOR + 8, 0.86)
    _smoke(stage, x)
    if stage.scene["role"] in ("drop", "chorus"):
        sparkle.confetti(stage)
    audience(stage, x)


def _hall(stage: Stage, x: float) -> None:
    palette, chance = stage.palette, stage.chance("hall")
    back = stage.layer("haze", 1.0, soft=True)
    wall = back.radial(
        (x, 430),
        1150,
        (0, palette.tone(0.56), 1),
        (0.3, palette.tone(0.36), 1),
        (0.62, palette.tone(0.16), 1),
        (1, palette.tone(0.05), 1),
    )
    back.fill(box(LEFT, TOP, RIGHT - LEFT, LOW - TOP), wall)
    back.glow(x, 330, 620, palette.accents[1], 0.5)
    pen = stage.layer("hall", 0.98)
    for column in range(-3, 9):
        left = column * 230 + 10
        dark = palette.tone(0.08)
        pen.fill(box(left, TOP, 46, LOW - TOP), dark)
        pen.fill(box(left + 38, TOP, 8, LOW - TOP), palette.tone(0.26), 0.6)
        for rivet in range(12):
            pen.fill(ellipse(left + 20, -80 + rivet * 70, 5), palette.tone(0.22))
        if column % 2 == chance.randrange(2):
            _window(pen, left + 66, 120, 144, 330, palette.tone(0.62 if abs(left - x) < 700 else 0.45))
    stains = texture.field(f"{stage.scene['seed']} stains", 480, 200, 30, 4, 3, 0.6)
    blots = texture.field(f"{stage.scene['seed']} blots", 480, 200, 7, 4, 4, 0.6)
    worn = np.asarray(0.5 * texture.rise(stains * 0.5 + blots * 0.6, 0.5, 0.95), np.float32)
    texture.lay(pen, texture.tinted(palette.tone(0.02), worn), LEFT, -60, RIGHT - LEFT, 760)
    for y, width in ((66, 26), (108, 14), (530, 20)):
        pen.fill(box(LEFT, y, RIGHT - LEFT, width), palette.tone(0.1))
        pen.fill(box(LEFT, y + 2, RIGHT - LEFT, 5), palette.tone(0.34), 0.6)
        for joint in range(-2, 7):
            pen.fill(box(joint * 310 + chance.randrange(60), y - 5, 22, width + 10, 4), palette.tone(0.17))


def _window(pen: Pen, x: float, y: float, width: float, height: float, glass: str) -> None:
    arch = smooth(
        [
            (x, y + height),
            (x, y + 60),
            (x + width * 0.14, y + 12),
            (x + width / 2, y - 8),
            (x + width * 0.86, y + 12),
            (x + width, y + 60),
            (x + width, y + height),
        ],
        roundness=0.5,
    )
    paint = pen.linear((0, y), (0, y + height), (0, glass, 0.95), (1, glass, 0.35))
    pen.fill(arch, paint)
    bar = pen.palette.tone(0.06)
    for share in (0.33, 0.66):
        pen.stroke(polygon([(x + width * share, y - 8), (x + width * share, y + height)], closed=False), bar, 6)
    for step in range(1, 5):
        pen.stroke(polygon([(x, y + height * step / 5), (x + width, y + height * step / 5)], closed=False), bar, 6)
    pen.stroke(arch, bar, 9)


def _screen(stage: Stage, x: float) -> None:
    pen, palette, chance = stage.layer("screen", 0.85), stage.palette, stage.chance("screen")
    kind = chance.choice(("sun", "rings", "wall", "prism"))
    lamp, second, third = palette.accents[1], palette.accents[0], palette.accents[2]
    y = 330.0
    if kind == "wall":
        back = box(x - 470, 90, 940, 460, 10)
        pen.fill(back, palette.tone(0.04))
        for column in range(23):
            tall = 2 + int(11 * abs(math.sin(column * 0.7 + chance.uniform(0, 6)) * math.cos((column - 11) * 0.12)))
            for row in range(tall):
                colour = mix(lamp, second, row / 13)
                pen.fill(box(x - 456 + column * 40, 516 - row * 33, 32, 25, 3), colour)
        pen.stroke(back, palette.tone(0.3), 10)
        return
    if kind == "prism":
        for step in range(5):
            reach = 330 - step * 62
            shape = polygon(
                [(x, y - reach), (x + reach * 0.95, y + reach * 0.62), (x - reach * 0.95, y + reach * 0.62)]
            )
            pen.fill(shape, mix(palette.tone(0.04), second if step % 2 else lamp, 0.05 + 0.13 * step))
            pen.neon_line(shape, mix(lamp, second, step / 4), 7 - step * 0.6)
        pen.fill(ellipse(x, y + 30, 34), mix(third, "#ffffff", 0.5))
        return
    radius = 265.0
    count = 56
    for index in range(count):
        angle = math.tau * index / count
        size = 30 + 95 * abs(math.sin(index * 0.9) * math.sin(index * 0.37 + chance.uniform(-0.2, 0.2)))
        c, s = math.cos(angle), math.sin(angle)
        start, end = radius + 26, radius + 26 + size
        pen.stroke(
            polygon([(x + c * start, y + s * start), (x + c * end, y + s * end)], closed=False),
            mix(lamp, second, abs(math.sin(angle))),
            12,
        )
    if kind == "sun":
        disc = ellipse(x, y, radius)
        pen.fill(
            disc,
            pen.linear(
                (0, y - radius), (0, y + radius), (0, third, 1), (0.5, mix(third, second, 0.7), 1), (1, second, 1)
            ),
        )
        with pen.inside(clip=disc):
            for step in range(9):
                high = 5 + step * 3.6
                pen.fill(box(x - radius, y - 20 + step * 34, radius * 2, high), palette.tone(0.08))
    else:
        for step, share in enumerate((1.0, 0.8, 0.61, 0.43, 0.26)):
            pen.fill(
                ellipse(x, y, radius * share), mix(palette.tone(0.05), second if step % 2 else lamp, 0.06 + 0.2 * step)
            )
            pen.stroke(ellipse(x, y, radius * share), mix(lamp, third, step / 4), 7)
    pen.stroke(ellipse(x, y, radius + 8), palette.tone(0.07), 18)
    pen.stroke(ellipse(x, y, radius + 8), mix(lamp, "#ffffff", 0.4), 5)


def _truss(stage: Stage) -> list[Point]:
    pen, palette = stage.layer("truss", 0.7), stage.palette
    steel, edge = palette.tone(0.05), palette.tone(0.42)
    y, high = -14.0, 74.0
    for rail in (y, y + high):
        pen.stroke(polygon([(LEFT, rail), (RIGHT, rail)], closed=False), steel, 17)
        pen.stroke(polygon([(LEFT, rail + 4), (RIGHT, rail + 4)], closed=False), edge, 3.5, 0.8)
    zigzag = [(LEFT + index * 86, y if index % 2 else y + high) for index in range(40)]
    pen.stroke(polygon(zigzag, closed=False), steel, 11)
    for side in (70, 1530):
        pen.stroke(polygon([(side - 30, 20), (side - 30, FLOOR)], closed=False), steel, 13)
        pen.stroke(polygon([(side + 30, 20), (side + 30, FLOOR)], closed=False), steel, 13)
        pen.stroke(
            polygon([(side + (30 if step % 2 else -30), 20 + step * 56) for step in range(13)], closed=False), steel, 9
        )
        pen.stroke(polygon([(side + 34, 20), (side + 34, FLOOR)], closed=False), edge, 3, 0.7)
    heads: list[Point] = []
    for index in range(8):
        x = 170 + index * 180.0
        pen.fill(box(x - 9, y + high, 18, 34), steel)
        pen.shape(
            smooth(
                [
                    (x - 26, y + high + 30),
                    (x + 26, y + high + 30),
                    (x + 32, y + high + 74),
                    (x, y + high + 88),
                    (x - 32, y + high + 74),
                ],
                roundness=0.6,
            ),
            palette.tone(0.13),
            line=0.8,
            rim=4,
        )
        heads.append((x, y + high + 76))
    return heads


def _beams(stage: Stage, heads: list[Point], x: float) -> None:
    pen, palette, chance = stage.layer("lights", 0.65, soft=True), stage.palette, stage.chance("lights")
    kind = chance.choice(("fan", "cross", "focus"))
    spread = 0.45 + 0.5 * stage.energy
    colours = (palette.accents[0], palette.accents[1], palette.light)
    for index, (left, top) in enumerate(heads):
        lean = (index - 3.5) / 3.5
        if kind == "fan":
            target = left + lean * 560 * spread
        elif kind == "cross":
            target = left - lean * 900 * spread
        else:
            target = x + (left - x) * 0.16
        colour = colours[index % 2] if index % 3 else colours[2]
        low, wide = 860.0, 74 + 20 * chance.random()
        paint = pen.linear(
            (left, top), (target, low), (0, mix(colour, "#ffffff", 0.45), 0.62), (0.35, colour, 0.30), (1, colour, 0.02)
        )
        pen.fill(polygon([(left - 12, top), (left + 12, top), (target + wide, low), (target - wide, low)]), paint)
        core = pen.linear((left, top), (target, low), (0, "#ffffff", 0.5), (0.5, colour, 0.1), (1, colour, 0.0))
        pen.fill(
            polygon([(left - 5, top), (left + 5, top), (target + wide * 0.35, low), (target - wide * 0.35, low)]), core
        )
        pen.glow(left, top, 66, mix(colour, "#ffffff", 0.5), 0.95)
        spot = 150 * (0.6 + 0.4 * chance.random())
        pen.glow(target, FLOOR + 6, spot, mix(colour, "#ffffff", 0.3), 0.6, 0.16)
    haze = texture.field(f"{stage.scene['seed']} stage haze", 400, 180, 6, 4, 5, 0.58)
    opacity = np.asarray(0.34 * texture.rise(haze, 0.4, 0.9), np.float32)
    texture.lay(pen, texture.tinted(mix(palette.light, palette.accents[0], 0.5), opacity), LEFT, -60, RIGHT - LEFT, 800)


def _speaker(pen: Pen, x: float, y: float, width: float, height: float, big: bool) -> None:
    palette = pen.palette
    body = palette.tone(0.11)
    pen.shape(box(x, y, width, height, 8), body, line=1.2, shade=12, rim=5)
    middle = x + width / 2
    rows = ((0.5, 0.40),) if big else ((0.22, 0.15), (0.64, 0.29))
    for share, size in rows:
        radius = min(width, height) * size
        at = y + height * share
        pen.fill(ellipse(middle, at, radius), palette.tone(0.02))
        pen.stroke(ellipse(middle, at, radius), palette.tone(0.36), 6)
        pen.fill(ellipse(middle, at, radius * 0.78), palette.tone(0.19))
        pen.fill(ellipse(middle + 3, at + 4, radius * 0.60), palette.tone(0.08))
        pen.fill(ellipse(middle, at, radius * 0.26), palette.tone(0.3))
        pen.fill(ellipse(middle - radius * 0.08, at - radius * 0.08, radius * 0.1), palette.tone(0.6))
    for a, b in ((12, 12), (width - 12, 12), (12, height - 12), (width - 12, height - 12)):
        pen.fill(ellipse(x + a, y + b, 4), palette.tone(0.45))


def _stacks(stage: Stage, x: float) -> None:
    pen = stage.layer("stacks", 0.55)
    for side in (-1, 1):
        centre = 800 + side * 590
        if abs(centre - x) < 380:
            centre += side * 110
        for row, (width, height, big) in enumerate(((250, 200, True), (250, 200, True), (200, 190, False))):
            y = FLOOR - (row + 1) * 198 - (0 if row < 2 else -10)
            _speaker(pen, centre - width / 2, y, width, height, big)
        _speaker(pen, centre + side * 250 - 110, FLOOR - 200, 220, 200, True)
        _speaker(pen, centre + side * 250 - 95, FLOOR - 386, 190, 190, False)


def _platform(stage: Stage, x: float) -> None:
    pen, palette, chance = stage.layer("stage", 0.5), stage.palette, stage.chance("stage")
    lamp = palette.accents[1]
    top = polygon([(LEFT, FLOOR - 34), (RIGHT, FLOOR - 34), (RIGHT, FLOOR + 40), (LEFT, FLOOR + 40)])
    # the stage's boards mirror its lights
    pen.fill(top, pen.linear((0, FLOOR - 34), (0, FLOOR + 40), (0, palette.tone(0.14), 1), (1, palette.tone(0.4), 1)))
    pen.glow(x, FLOOR + 6, 520, mix(lamp, palette.light, 0.5), 0.65, 0.12)
    pen.fill(box(LEFT, FLOOR + 40, RIGHT - LEFT, 900), palette.tone(0.06))
    pen.fill(box(LEFT, FLOOR + 36, RIGHT - LEFT, 9), mix(lamp, "#ffffff", 0.25))
    pen.fill(
        box(LEFT, FLOOR + 44, RIGHT - LEFT, 46),
        pen.linear((0, FLOOR + 44), (0, FLOOR + 90), (0, lamp, 0.5), (1, lamp, 0)),
    )
    for index in range(-4, 13):
        left = index * 150.0 + 20
        pen.fill(
            polygon([(left, FLOOR + 60), (left + 60, FLOOR + 60), (left + 30, FLOOR + 96), (left - 30, FLOOR + 96)]),
            palette.accents[2] if chance.random() < 0.9 else lamp,
            0.75,
        )
    for side in (-1, 1):
        left = x + side * 430.0
        pen.shape(
            polygon(
                [(left - 62, FLOOR + 36), (left + 62, FLOOR + 36), (left + 48, FLOOR - 22), (left - 48, FLOOR - 22)]
            ),
            palette.tone(0.1),
            line=1.0,
            rim=5,
        )
        pen.fill(ellipse(left, FLOOR + 6, 26, 20), palette.tone(0.24))
        pen.fill(ellipse(left, FLOOR + 6, 12, 9), palette.tone(0.05))


def _smoke(stage: Stage, x: float) -> None:
    pen, palette = stage.layer("smoke", 0.3, soft=True), stage.palette
    key = stage.scene["seed"]
    air.drift(pen, f"{key} floor smoke", FLOOR + 40, 230, mix(palette.light, palette.accents[1], 0.5), 0.5)
    air.drift(pen, f"{key} smoke", FLOOR - 70, 260, mix(palette.tone(0.6), palette.accents[0], 0.4), 0.28)
    for side in (-1, 1):
        pen.glow(x + side * 520, FLOOR + 20, 300, mix(palette.light, palette.accents[1], 0.6), 0.3, 0.4)
