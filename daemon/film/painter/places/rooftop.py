"""A roof over the city: tiles, a low wall, an air conditioner, a lit billboard, a string of lamps, a plant."""

from __future__ import annotations

import math

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, corners, curve, ellipse, points, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import sky
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

ROOF = 690.0
_WARM = oklch(0.88, 0.12, 85)


def roof(stage: Stage, x: float, side: int) -> None:
    """The roof that the cast stands on: tiles, a low wall, an air conditioner, a water tank, a lit billboard."""
    pen, palette = stage.layer("roof", 0.5), stage.palette
    slab = mix(stage.tone(0.2), oklch(0.4, 0.03, 280), 0.3)
    pen.fill(
        box(LEFT, ROOF, RIGHT - LEFT, LOW - ROOF),
        pen.linear((0, ROOF), (0, 920), (0, stage.tone(0.32), 1), (1, stage.tone(0.1), 1)),
    )
    haze = sky.horizon_colour(stage)
    pen.fill(box(LEFT, ROOF, RIGHT - LEFT, 80), pen.linear((0, ROOF), (0, ROOF + 80), (0, haze, 0.4), (1, haze, 0)))
    seams = [polygon([(800 + index * 84, ROOF), (800 + index * 210, 1000)], closed=False) for index in range(-16, 17)]
    seams += [polygon([(LEFT, y), (RIGHT, y)], closed=False) for y in (706, 724, 748, 780, 824, 886)]
    pen.stroke(" ".join(seams), shift(slab, lightness=-0.08), 2.4, 0.7)
    texture.ground(pen, str(stage.scene["seed"]), (stage.tone(0.02), stage.tone(0.5)), 0.4, ROOF, 1050)
    if stage.scene["weather"] in ("rain", "storm") or stage.hour == "night":
        _puddles(stage, pen, x, side)
    wall = polygon([(LEFT, ROOF - 46), (RIGHT, ROOF - 46), (RIGHT, ROOF + 4), (LEFT, ROOF + 4)])
    pen.shape(wall, slab, line=1.0)
    pen.fill(box(LEFT, ROOF - 52, RIGHT - LEFT, 13), mix(slab, palette.light, 0.35))
    pen.glow(x, ROOF + 66, 420, mix(palette.accents[1], palette.light, 0.4), 0.55, 0.14)
    _fittings(stage, pen, x, side)
    _board(stage, pen, x + side * 400, side)


def _fittings(stage: Stage, pen: Pen, x: float, side: int) -> None:
    """What a roof carries: a water tank on stilts, an aerial, an air conditioner with its pipe, vents."""
    chance, steel = stage.chance("fittings"), mix(stage.tone(0.38), "#9aa0b4", 0.3)
    dark, wood = stage.tone(0.08), mix(oklch(0.5, 0.08, 50), stage.tone(0.3), 0.45)
    tank = x - side * (800 + chance.uniform(-30, 40))
    legs = [
        polygon([(tank + off, ROOF + 6), (tank + off * 0.9, ROOF - 150)], closed=False) for off in (-66, -22, 22, 66)
    ]
    legs += [polygon([(tank - 64 * way, ROOF - 6), (tank + 62 * way, ROOF - 140)], closed=False) for way in (-1, 1)]
    pen.stroke(" ".join(legs), dark, 7)
    pen.fill(box(tank - 92, ROOF - 158, 184, 14, 3), dark)
    pen.shape(box(tank - 80, ROOF - 318, 160, 162, 4), wood, line=1.2, shade=26, rim=6)
    staves = [polygon([(tank + off, ROOF - 316), (tank + off, ROOF - 160)], closed=False) for off in range(-60, 80, 20)]
    pen.stroke(" ".join(staves), shift(wood, lightness=-0.08), 2.4)
    for rise in (296, 240, 184):
        pen.fill(box(tank - 82, ROOF - rise, 164, 6), shift(wood, lightness=-0.14))
    pen.shape(
        polygon([(tank - 94, ROOF - 314), (tank, ROOF - 378), (tank + 94, ROOF - 314)]), steel, line=1.2, shade=14
    )
    mast = x - side * (420 + chance.uniform(-16, 16))
    tall = chance.uniform(250, 310)
    pen.stroke(polygon([(mast, ROOF + 4), (mast, ROOF - tall)], closed=False), dark, 7)
    stays = [polygon([(mast, ROOF - tall * 0.7), (mast + way * 74, ROOF - 6)], closed=False) for way in (-1, 1)]
    pen.stroke(" ".join(stays), dark, 2)
    bars = [
        polygon([(mast - reach, ROOF - tall + drop), (mast + reach, ROOF - tall + drop)], closed=False)
        for drop, reach in ((6, 30), (26, 40), (46, 50), (66, 60))
    ]
    pen.stroke(" ".join(bars), dark, 4.5)
    pen.glow(mast, ROOF - tall, 34, stage.palette.accents[0], 0.9 if stage.hour != "day" else 0.0)
    pen.fill(ellipse(mast, ROOF - tall, 5.5), stage.palette.accents[0])
    dish = ellipse(mast + side * 20, ROOF - tall * 0.5, 30, 36)
    pen.shape(dish, mix(steel, "#ffffff", 0.35), line=1.0, shade=10)
    pen.stroke(
        polygon([(mast + side * 20, ROOF - tall * 0.5), (mast + side * 56, ROOF - tall * 0.5 - 12)], closed=False),
        dark,
        4,
    )
    far = x - side * 590
    pipe = [(far, ROOF - 90), (far, ROOF - 128), (far - side * 96, ROOF - 128), (far - side * 96, ROOF - 20)]
    pen.stroke(polygon(pipe, closed=False), dark, 21)
    pen.stroke(polygon(pipe, closed=False), steel, 14)
    pen.shape(box(far - 84, ROOF - 104, 168, 116, 8), steel, line=1.2, shade=14, rim=5)
    for spot in (-38, 40):
        pen.fill(ellipse(far + spot, ROOF - 46, 32), stage.tone(0.12))
        for blade in range(4):
            with pen.inside(f"translate({far + spot} {ROOF - 46}) rotate({blade * 90 + 20})"):
                pen.fill(curve("0 0, 8 -12, 4 -27, -6 -26", 0.8), stage.tone(0.36))
    for off, size in ((-296, 1.0), (-240, 0.72)):
        a = x + side * off
        pen.shape(box(a - 15 * size, ROOF - 64 * size, 30 * size, 76 * size), steel, line=1.0, shade=8, rim=3)
        hood = curve("-34 -58, -30 -84, 0 -100, 30 -84, 34 -58", 0.6, x=a, y=ROOF, size=size)
        pen.shape(hood, shift(steel, lightness=0.03), line=1.0, shade=9, rim=4)
        slits = [
            polygon([(a - 20 * size, ROOF - y * size), (a + 20 * size, ROOF - y * size)], closed=False)
            for y in (66, 74)
        ]
        pen.stroke(" ".join(slits), dark, 3 * size)


def _puddles(stage: Stage, pen: Pen, x: float, side: int) -> None:
    """Wet places with a bright rim, that mirror the sky, and the lights of the town and the billboard in streaks."""
    chance, palette = stage.chance("puddles"), stage.palette
    haze, deep = mix(sky.horizon_colour(stage), palette.accents[1], 0.4), stage.tone(0.06)
    for index in range(7):
        left = -60 + index * 260 + chance.uniform(-90, 90)
        share = chance.random()
        y, wide = ROOF + 56 + 120 * share, chance.uniform(80, 140) * (0.7 + 0.6 * share)
        tall = wide * chance.uniform(0.13, 0.17)
        ring = []
        for step in range(14):
            turn, reach = math.tau * step / 14, chance.uniform(0.84, 1.1)
            ring.append((left + wide * reach * math.cos(turn), y + tall * reach * math.sin(turn)))
        pool = smooth(ring)
        near_board = abs(left - (x + side * 400)) < 330
        pen.stroke(pool, deep, 7, 0.5)
        mirror = ((0, mix(haze, deep, 0.15), 1), (0.45, mix(haze, deep, 0.5), 1), (1, mix(haze, deep, 0.85), 1))
        pen.fill(pool, pen.linear((0, y - tall), (0, y + tall), *mirror))
        lights = (palette.accents[0], palette.accents[1]) if near_board else (_WARM, palette.accents[1], _WARM)
        with pen.inside(clip=pool):
            for _ in range(4):
                at, thin = left + wide * chance.uniform(-0.8, 0.8), wide * chance.uniform(0.04, 0.1)
                tone = chance.choice(lights)
                streak = ((0, mix(tone, "#ffffff", 0.3), 0.75), (1, tone, 0.0))
                pen.fill(box(at, y - tall, thin, tall * 2), pen.linear((0, y - tall), (0, y + tall), *streak))
            pen.fill(ellipse(left - wide * 0.2, y + tall * 0.35, wide * 0.4, tall * 0.12), "#ffffff", 0.28)
        pen.stroke(smooth(ring[1:7], closed=False), mix(haze, "#ffffff", 0.4), 2.2, 0.7)


def _board(stage: Stage, pen: Pen, x: float, side: int) -> None:
    palette = stage.palette
    steel = stage.tone(0.08)
    for off in (-120, 0, 120):
        pen.stroke(polygon([(x + off, ROOF + 10), (x + off, ROOF - 190)], closed=False), steel, 11)
    pen.stroke(corners("-120 0, 0 -90, 120 0", closed=False, x=x, y=ROOF - 60), steel, 7)
    frame = box(x - 190, ROOF - 430, 380, 250, 10)
    pen.glow(x, ROOF - 300, 400, palette.accents[1], 0.5)
    pen.shape(frame, stage.tone(0.05), line=1.4, rim=4)
    inner = box(x - 174, ROOF - 414, 348, 218, 6)
    pen.fill(inner, pen.linear((x - 174, 0), (x + 174, 0), (0, palette.accents[0], 1), (1, palette.accents[1], 1)))
    with pen.inside(clip=inner):
        pen.fill(ellipse(x, ROOF - 200, 124), palette.accents[2])
        for step in range(5):
            pen.fill(
                box(x - 174, ROOF - 286 + step * 22, 348, 4 + 2.4 * step),
                mix(palette.accents[0], palette.accents[1], 0.5),
            )
        for index in range(16):
            tall = (26, 54, 34, 76, 92, 58, 40, 84)[index % 8]
            pen.fill(box(x - 170 + index * 22, ROOF - 196 - tall * 0.6, 15, tall), stage.tone(0.06), 0.8)
    pen.neon_line(frame, mix(palette.accents[1], palette.light, 0.3), 4)


def lamps(stage: Stage) -> None:
    """A string of lamps across the roof."""
    pen, palette = stage.layer("lamps", 0.45), stage.palette
    dark = stage.tone(0.03)
    cord = points("-700 60, -300 120, 200 150, 700 128, 1200 150, 1700 112, 2300 60")
    pen.stroke(smooth(cord, closed=False), dark, 5)
    for index in range(17):
        left = -260 + index * 132
        drop = 126 + 22 * ((index % 2) - 0.5) + 8 * (1 - abs(left - 800) / 1100)
        colour = (_WARM, palette.accents[0], palette.accents[1])[index % 3]
        pen.stroke(polygon([(left, drop - 8), (left, drop + 12)], closed=False), dark, 4)
        pen.glow(left, drop + 24, 66, colour, 0.6)
        pen.fill(curve("0 -14, 9 -2, 8 10, 0 15, -8 10, -9 -2", x=left, y=drop + 24), mix(colour, "#ffffff", 0.5))


def front(stage: Stage, side: int) -> None:
    """A dark plant close to the eye."""
    pen, palette = stage.layer("near", 0.12), stage.palette
    dark = stage.tone(0.03)
    left = 800 - side * 690
    for angle in (-58, -36, -16, 4, 24, 48):
        with pen.inside(f"translate({left} 880) rotate({angle})"):
            pen.fill(ribbon([(0, 0), (10, -120), (-6, -250)], [16, 26, 2]), dark)
    pen.fill(box(left - 90, 850, 180, 200, 14), dark)
    pen.fill(box(left - 90, 850, 180, 7, 3), mix(dark, palette.accents[1], 0.6))
