"""The school yard: a school with a clock tower; an avenue of blossom that leads to it, or a court with a hoop."""

from __future__ import annotations

import math

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, curve, ellipse, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, plants, playground, sky, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

GROUND = 600.0
_NEAR = 1000.0


def draw(stage: Stage) -> None:
    """Draws the school yard with the cast on the avenue or the court."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    avenue = chance.random() < 0.5
    x = 800.0 + side * chance.choice((40, 130, 210))
    sky.sky(stage, 580, (800 - side * 480, 130), 70)
    sky.clouds(stage, 230, 6, 0.95, 0.97)
    sky.bank(stage, 560, 230, 0.96, 0.95)
    _town(stage)
    middle = 800.0 - side * (20 if avenue else 150)
    playground.school(stage, middle, side, GROUND + 24)
    if avenue:
        _avenue(stage, middle, side)
    else:
        _garden(stage, side)
        _court(stage, side)
        playground.hoop(stage, 800 - side * 560, side)
    _dapples(stage, side)
    air.standing(stage, x, 802, 0.96, GROUND - 60)
    stage.cast(x, 800, 0.96)
    _near(stage, side)
    if stage.scene["weather"] in ("clear", "petals"):
        weather.petals(stage, _blossom(stage)[1])
    else:
        weather.fall(stage)


def _blossom(stage: Stage) -> tuple[str, str, str]:
    """The blossom's colours from shade to light."""
    leaf = mix(oklch(0.8, 0.11, 355), stage.palette.accents[0], 0.18)
    if stage.hour == "night":
        leaf = mix(leaf, stage.tone(0.3), 0.45)
    return (
        mix(shift(leaf, lightness=-0.17, hue=-18), stage.tone(0.3), 0.25),
        leaf,
        mix(leaf, mix("#ffffff", sky.warmth(stage), 0.2), 0.7),
    )


def _bark(stage: Stage) -> str:
    return mix(oklch(0.34, 0.045, 30), stage.tone(0.15), 0.4)


def _grass(stage: Stage, level: float) -> str:
    return stage.own(level, 0.125, 134, 0.66)


def _town(stage: Stage) -> None:
    """Hills and roofs far behind, fading into the sky."""
    pen, chance = stage.layer("hills", 0.92), stage.chance("hills")
    haze = sky.horizon_colour(stage)
    for row, rise in enumerate((170, 110)):
        tone = mix(stage.own(0.5, 0.07, 165, 0.4), haze, 0.6 - 0.22 * row)
        line = [
            (LEFT + index * 120, GROUND - rise - 60 * math.sin(index * 0.7 + row * 2) - chance.uniform(0, 26))
            for index in range(30)
        ]
        pen.fill(
            smooth([(LEFT, LOW), *line, (RIGHT, LOW)]),
            pen.linear((0, GROUND - rise - 90), (0, GROUND), (0, tone, 1), (1, mix(tone, haze, 0.5), 1)),
        )
    for _ in range(60):
        x, wide = chance.uniform(LEFT, RIGHT), chance.uniform(26, 60)
        tall = chance.uniform(20, 64)
        wall = mix(mix(oklch(0.86, 0.03, 70), stage.tone(0.6), 0.5), haze, 0.5)
        pen.fill(box(x, GROUND - 20 - tall, wide, tall + 30), wall)
        roof = mix(mix(stage.palette.accents[0], stage.tone(0.4), 0.6), haze, 0.4)
        pen.fill(
            polygon(
                [
                    (x - 4, GROUND - 20 - tall),
                    (x + wide / 2, GROUND - 20 - tall - wide * 0.32),
                    (x + wide + 4, GROUND - 20 - tall),
                ]
            ),
            roof,
        )
    air.haze(pen, GROUND - 160, GROUND + 10, haze, 0.55)


def _hedge(stage: Stage, pen: Pen, y: float, left: float, right: float) -> None:
    chance = stage.chance(f"hedge {left:.0f}")
    dark, leaf, lit = _grass(stage, 0.22), _grass(stage, 0.4), mix(_grass(stage, 0.62), stage.palette.light, 0.25)
    clumps = [(x, y + chance.uniform(-5, 5), chance.uniform(24, 34)) for x in range(int(left), int(right), 34)]
    pen.fill(box(left - 20, y, right - left + 40, 46), dark)
    plants.crown(pen, chance, clumps, (dark, leaf, lit), stage.light, 0.4)


def _garden(stage: Stage, side: int) -> None:
    """Trees in blossom on a strip of grass with a hedge."""
    pen, chance = stage.layer("trees", 0.64), stage.chance("trees")
    _hedge(stage, pen, GROUND + 4, LEFT, RIGHT)
    pen.fill(
        box(LEFT, GROUND + 20, RIGHT - LEFT, 60),
        pen.linear((0, GROUND + 20), (0, GROUND + 70), (0, _grass(stage, 0.42), 1), (1, _grass(stage, 0.66), 1)),
    )
    for off, size in ((980, 1.15), (-1020, 1.1), (620, 1.28), (-700, 1.12)):
        foot = (800 + side * off, GROUND + 46)
        air.shadow(pen, stage, (foot[0], foot[1] + 4), 60 * size, 50, GROUND - 30, 0.4)
        plants.tree(pen, chance, foot, size, _bark(stage), _blossom(stage), stage.light, 0.8)
    spots = [
        (chance.uniform(LEFT, RIGHT), GROUND + chance.uniform(40, 76), chance.uniform(0.5, 0.9)) for _ in range(190)
    ]
    plants.grass(pen, chance, spots, _grass(stage, 0.5))
    plants.grass(pen, chance, spots[::3], mix(_grass(stage, 0.8), stage.palette.light, 0.3))


def _avenue(stage: Stage, middle: float, side: int) -> None:
    """A paved way to the porch between rows of trees that grow towards the eye."""
    pen, chance = stage.layer("avenue", 0.6), stage.chance("avenue")
    _hedge(stage, pen, GROUND + 6, LEFT, middle - 190)
    _hedge(stage, pen, GROUND + 6, middle + 190, RIGHT)
    haze = sky.horizon_colour(stage)
    top = GROUND + 22
    pen.fill(
        box(LEFT, top, RIGHT - LEFT, LOW),
        pen.linear((0, top), (0, 940), (0, mix(_grass(stage, 0.72), haze, 0.3), 1), (1, _grass(stage, 0.36), 1)),
    )

    def across(share: float, lane: float) -> Point:
        return middle + (800 - middle) * share + lane * (92 + 700 * share), top + (_NEAR - top) * share

    stone = mix(mix(oklch(0.82, 0.03, 60), stage.tone(0.7), 0.45), _blossom(stage)[1], 0.12)
    way = polygon([across(0, -1), across(0, 1), across(1, 1), across(1, -1)])
    pen.fill(
        polygon([across(0, -1.08), across(0, 1.08), across(1, 1.08), across(1, -1.08)]), shift(stone, lightness=-0.14)
    )
    pen.fill(way, pen.linear((0, top), (0, 940), (0, mix(stone, haze, 0.4), 1), (1, shift(stone, lightness=-0.1), 1)))
    joints = []
    place = 0.02
    while place < 1:
        joints.append(polygon([across(place, -1), across(place, 1)], closed=False))
        following = place * 1.28 + 0.012
        for lane in range(-4, 5):
            shifted = (lane + 0.5 * (len(joints) % 2)) / 4.5
            if abs(shifted) < 1:
                joints.append(polygon([across(place, shifted), across(min(1.0, following), shifted)], closed=False))
        place = following
    pen.stroke(" ".join(joints), shift(stone, lightness=-0.12), 1.8, 0.6)
    wear = (_grass(stage, 0.15), mix(_grass(stage, 0.9), stage.palette.light, 0.4))
    texture.ground(pen, str(stage.scene["seed"]), wear, 0.26, top + 4, 1100)
    fallen = []
    for _ in range(330):
        share, off = chance.random() ** 1.3, chance.choice((-1, 1)) * (1 - chance.random() ** 2) * 1.5
        x, y = across(share, off)
        fallen.append(ellipse(x, y, 2 + 7 * share, 1 + 2.6 * share))
    pen.fill(" ".join(fallen), _blossom(stage)[1], 0.9)
    pen.fill(" ".join(fallen[::4]), _blossom(stage)[2], 0.95)
    for share, size in ((0.015, 0.42), (0.06, 0.56), (0.14, 0.8), (0.29, 1.22), (0.5, 1.8)):
        for half in (-1, 1):
            x, y = across(share, half * 1.34)
            foot = (x + chance.uniform(-12, 12) * size + half * 40 * size, y)
            air.shadow(pen, stage, foot, 42 * size, 70 * size, GROUND - 40, 0.4)
            plants.tree(pen, chance, foot, size, _bark(stage), _blossom(stage), stage.light, 0.7)
            spots = [
                (foot[0] + chance.uniform(-60, 60) * size, y + chance.uniform(-3, 6), size * 1.1) for _ in range(9)
            ]
            plants.grass(pen, chance, spots, _grass(stage, 0.3))
    for share in (0.1, 0.24, 0.46):
        x, y = across(share, side * 1.0)
        playground.lamp(stage, pen, x, y, 0.4 + 1.3 * share)


def _court(stage: Stage, side: int) -> None:
    """A painted court in perspective, worn where feet have been, and a bench."""
    pen, palette = stage.layer("yard", 0.5), stage.palette
    court = mix(palette.accents[1], mix(oklch(0.62, 0.09, 40), stage.tone(0.45), 0.5), 0.66)
    haze = sky.horizon_colour(stage)
    top = GROUND + 74
    pen.fill(box(LEFT, top - 10, RIGHT - LEFT, 12), mix("#ffffff", stage.tone(0.6), 0.5))
    pen.fill(
        box(LEFT, top, RIGHT - LEFT, LOW),
        pen.linear(
            (0, top), (0, 940), (0, mix(court, haze, 0.5), 1), (0.4, court, 1), (1, shift(court, lightness=-0.12), 1)
        ),
    )
    wear = (shift(court, lightness=-0.2), mix(court, "#ffffff", 0.6))
    texture.ground(pen, str(stage.scene["seed"]), wear, 0.3, top, 1100)
    white = mix("#ffffff", court, 0.12)
    pen.fill(box(LEFT, top + 12, RIGHT - LEFT, 5), white, 0.9)
    for start, end in ((340, -60), (1260, 1660)):
        pen.fill(
            polygon([(start - 3, top + 16), (start + 3, top + 16), (end + 12, 1000), (end - 12, 1000)]), white, 0.9
        )
    key = polygon(
        [(800 - side * 600, top + 60), (800 - side * 260, top + 60), (800 - side * 300, 860), (800 - side * 780, 860)]
    )
    pen.fill(key, mix(court, palette.accents[0], 0.4), 0.6)
    pen.stroke(key, white, 6, 0.9)
    pen.stroke(ellipse(800 + side * 60, 800, 330, 58), white, 8, 0.9)
    pen.fill(polygon([(LEFT, 796), (RIGHT, 796), (RIGHT, 805), (LEFT, 805)]), white, 0.9)
    chance = stage.chance("petals on the court")
    fallen = [
        ellipse(
            chance.uniform(-300, 1900), top + 6 + 250 * chance.random(), chance.uniform(2, 6), chance.uniform(1, 2.4)
        )
        for _ in range(120)
    ]
    pen.fill(" ".join(fallen), _blossom(stage)[1], 0.9)
    air.shadow(pen, stage, (800 + side * 470, top + 26), 120, 60, GROUND - 40, 0.4)
    playground.bench(stage, pen, 800 + side * 470, top + 24)


def _dapples(stage: Stage, side: int) -> None:
    """Light that falls through leaves onto the ground, and shafts of it in the air."""
    if stage.hour == "night" or stage.scene["weather"] not in ("clear", "petals", "wind"):
        return
    pen, chance = stage.layer("dapples", 0.45, soft=True), stage.chance("dapples")
    shade = mix(stage.tone(0.1), oklch(0.3, 0.1, 290), 0.4)
    blots = []
    for _ in range(34):
        share = chance.random() ** 0.8
        x = 800 + side * chance.uniform(120, 1000)
        blots.append(
            ellipse(
                x, 690 + 230 * share, chance.uniform(26, 110) * (0.4 + share), chance.uniform(6, 17) * (0.4 + share)
            )
        )
    pen.fill(" ".join(blots), shade, 0.2)
    sun = (800.0 - side * 480, 130.0)
    air.shafts(pen, chance, sun, 1250, mix(sky.warmth(stage), "#ffffff", 0.4), 0.3, 90 - side * 38, 56, 8)


def _near(stage: Stage, side: int) -> None:
    """A bough in blossom in an upper corner, and a bed of flowers at the other lower corner, close to the eye."""
    pen, chance = stage.layer("near", 0.1), stage.chance("near")
    dark, leaf, lit = _blossom(stage)
    corner = 800 + side * 900
    for rise, reach, drop in ((-40, 640, 90), (50, 450, 190)):
        bough = [(corner, rise), (corner - side * reach * 0.5, rise + 24), (corner - side * reach, rise + drop)]
        pen.fill(ribbon(bough, [28, 15, 3]), mix(_bark(stage), stage.tone(0.0), 0.4))
        clumps = []
        for step in range(16):
            share = 0.1 + 0.9 * step / 15
            clumps.append(
                (
                    corner - side * reach * share + chance.uniform(-30, 30),
                    rise + drop * share**2 + chance.uniform(-46, 40),
                    chance.uniform(24, 52) * (1.1 - 0.5 * share),
                )
            )
        plants.crown(pen, chance, clumps, (dark, mix(leaf, dark, 0.25), lit), stage.light, 0.0)
        for step in range(12):
            share = 0.2 + 0.8 * step / 11
            a, b = (
                corner - side * reach * share + chance.uniform(-30, 30),
                rise + drop * share**2 + chance.uniform(-40, 44),
            )
            petals = [
                ellipse(
                    a + 12 * math.cos(math.tau * petal / 5 + step), b + 12 * math.sin(math.tau * petal / 5 + step), 10.5
                )
                for petal in range(5)
            ]
            pen.fill(" ".join(petals), mix(lit, leaf, 0.25 * (step % 3)))
            pen.fill(ellipse(a, b, 4.5), oklch(0.7, 0.16, 10))
    spots = [(800 - side * chance.uniform(480, 900), 925.0, chance.uniform(2.2, 4.2)) for _ in range(30)]
    plants.grass(pen, chance, spots, _grass(stage, 0.1), side * 6)
    for x, _, size in spots[::2]:
        a, b = x + chance.uniform(-20, 20), 918 - 36 * size
        pen.stroke(curve(f"{a} {b}, {(a + x) / 2} {b + 30}, {x} 930", closed=False), _grass(stage, 0.22), 0.9 * size)
        _tulip(pen, a, b, size * 0.62, chance.choice((stage.palette.accents[0], stage.palette.accents[1], lit)))
        tip = (x + chance.choice((-1, 1)) * 13 * size, b + 26)
        pen.fill(ribbon([(x, 930), ((x + tip[0]) / 2, 905), tip], [2.2 * size, 2.8 * size, 0.5]), _grass(stage, 0.26))


def _tulip(pen: Pen, x: float, y: float, size: float, colour: str) -> None:
    """A tulip's head: three petals with points, the outer ones in shade, a green cup below."""
    for way in (-1, 1):
        outer = curve(f"0 9, {way * 10} 4, {way * 12} -8, {way * 8} -20, {way * 1} -8", 0.7, x=x, y=y, size=size)
        pen.fill(outer, shift(colour, lightness=-0.1))
    pen.fill(curve("0 10, -8 4, -7 -9, 0 -19, 7 -9, 8 4", 0.8, x=x, y=y, size=size), colour)
    pen.fill(curve("-3 4, -4 -7, -1 -12, 0 -4", 0.8, x=x, y=y, size=size), mix(colour, "#ffffff", 0.45))
