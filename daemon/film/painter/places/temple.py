"""The temple: a gate on a terrace, towers, snow mountains, a great moon, mist and water."""

from __future__ import annotations

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, nature, plants, sky, sparkle, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

SHORE = 560.0
TERRACE = 700.0
_GOLD = oklch(0.84, 0.13, 85)


def draw(stage: Stage) -> None:
    """Draws the temple with the cast on its terrace."""
    chance = stage.chance("plan")
    gate = chance.random() < 0.55
    side = chance.choice((-1, 1))
    x = 800.0 if gate else 800.0 + side * 230
    moon = (800.0 + side * 40, 250.0) if gate else (800.0 - side * 240, 210.0)
    sky.sky(stage, 600, moon, 128 if gate else 112)
    if stage.hour != "night":
        sky.clouds(stage, 330, 5, 0.85)
    else:
        sky.clouds(stage, 420, 4, 0.5)
    focus = 800 - side * (330 if gate else 60)
    nature.mountains(stage, "last peaks", SHORE, 300, 0.62, 0.95, snow=0.4)
    nature.mountains(stage, "peaks", SHORE, 430, 0.46, 0.92, snow=0.38, focus=focus)
    nature.mountains(stage, "hills", SHORE + 10, 190, 0.3, 0.82)
    nature.woods(stage, "woods", SHORE + 14, 0.78)
    nature.mist(stage, "mist", SHORE - 8, 0.8, 0.8)
    _towers(stage, 800 - side * (520 if gate else 470), side)
    nature.water(stage, SHORE, 900, moon[0], 0.68)
    _shore(stage, side, gate)
    if sparkle.is_loud(stage) and stage.hour != "day":
        sparkle.lanterns(stage, 0.6)
    if gate:
        _gate(stage, x)
    _terrace(stage, x)
    air.standing(stage, x, TERRACE + 54, 0.9, 560)
    stage.cast(x, TERRACE + 52, 0.9)
    _lamps(stage, x)
    _near(stage, -side)
    weather.fall(stage)


def _tower(stage: Stage, pen: Pen, x: float, y: float, size: float, stone: str, glow: str) -> None:
    """A tower in curved tiers, with its finial and flag, its foot at y."""
    tiers = 9
    heights = [size * (0.2 + 0.076 * index) for index in range(tiers + 1)]
    halves = [size * 0.2 * (1 - (index / (tiers + 1.5)) ** 1.9) for index in range(tiers + 1)]
    body = smooth(
        [(x - half, y - high) for half, high in zip(halves, heights, strict=True)]
        + [(x + half, y - high) for half, high in reversed(list(zip(halves, heights, strict=True)))],
        roundness=0.4,
    )
    pen.shape(body, stone, line=0.9, shade=size * 0.07, rim=5)
    dark, light = shift(stone, lightness=-0.09), mix(stone, stage.palette.light, 0.3)
    for high, half in zip(heights[1:], halves[1:], strict=True):
        pen.fill(box(x - half - size * 0.012, y - high, half * 2 + size * 0.024, size * 0.017), light)
        pen.fill(box(x - half, y - high + size * 0.017, half * 2, size * 0.012), dark)
    for share in (-0.45, 0.45):
        pen.stroke(
            smooth([(x + half * share, y - high) for half, high in zip(halves, heights, strict=True)], closed=False),
            dark,
            size * 0.014,
        )
    top = y - heights[-1]
    pen.shape(ellipse(x, top - size * 0.022, size * 0.085, size * 0.036), light, line=0.8, shade=4)
    finial = curve("-30 -50, 30 -50, 22 -100, 0 -170, -22 -100", x=x, y=top, size=size / 1000)
    pen.shape(finial, _GOLD, line=0.7, shade=3)
    pole = top - size * 0.3
    pen.stroke(polygon([(x, top - size * 0.14), (x, pole)], closed=False), stage.palette.line, 3)
    flag = curve("0 0, 80 30, 160 20, 110 60, 0 90", 0.6, x=x, y=pole, size=size / 1000)
    pen.fill(flag, stage.palette.accents[0])
    pen.shape(
        box(x - size * 0.24, y - size * 0.21, size * 0.48, size * 0.21), stone, line=0.9, shade=size * 0.05, rim=4
    )
    pen.fill(box(x - size * 0.26, y - size * 0.225, size * 0.52, size * 0.03), light)
    pen.fill(box(x - size * 0.27, y - size * 0.025, size * 0.54, size * 0.03), dark)
    arch = "-70 0, -70 -110, 0 -170, 70 -110, 70 0"
    pen.glow(x, y - size * 0.07, size * 0.4, glow, 0.85)
    pen.fill(curve(arch, 0.4, x=x, y=y, size=size / 1000), glow)
    pen.fill(curve(arch, 0.4, x=x, y=y, size=size / 1700), mix(glow, "#ffffff", 0.55))
    for off in (-0.17, 0.17):
        pen.fill(curve(arch, 0.4, x=x + size * off, y=y - size * 0.05, size=size / 2100), glow, 0.9)


def _towers(stage: Stage, x: float, side: int) -> None:
    pen = stage.layer("towers", 0.74)
    stone = mix(stage.tone(0.42), oklch(0.6, 0.06, 55), 0.25)
    glow = mix(_GOLD, stage.palette.accents[2], 0.3)
    hill = stage.tone(0.2)
    bank = smooth(
        [
            (x - 460, SHORE + 40),
            (x - 330, SHORE - 26),
            (x - 130, SHORE - 52),
            (x + 120, SHORE - 54),
            (x + 320, SHORE - 24),
            (x + 470, SHORE + 40),
        ]
    )
    for off, size, dim in ((-215, 300, 0.12), (205, 330, 0.1), (0, 540, 0.0)):
        _tower(stage, pen, x + off, SHORE - 34, size, mix(stone, stage.tone(0.55), dim * 2), glow)
    pen.fill(bank, pen.linear((0, SHORE - 60), (0, SHORE + 30), (0, stage.tone(0.3), 1), (1, hill, 1)))
    for step in range(6):
        wide = 46 + step * 12
        pen.fill(box(x - wide, SHORE - 40 + step * 11, wide * 2, 6), mix(stone, stage.palette.light, 0.2))
    chance = stage.chance("pines")
    for _ in range(9):
        left = x + chance.choice((-1, 1)) * chance.uniform(280, 440)
        plants.pine(
            pen,
            left,
            SHORE + 4,
            chance.uniform(80, 150),
            stage.tone(0.14),
            stage.tone(0.36),
            1 if stage.light[0] > 0 else -1,
        )


def _shore(stage: Stage, side: int, gate: bool) -> None:
    """Pines on the other bank, darker and nearer."""
    pen, chance = stage.layer("pines", 0.62), stage.chance("shore")
    x = 800.0 + side * (640 if gate else 700)
    bank = smooth(
        [(x - 420, SHORE + 110), (x - 260, SHORE + 40), (x, SHORE + 14), (x + 260, SHORE + 30), (x + 420, SHORE + 110)]
    )
    pen.fill(bank, stage.tone(0.1))
    lit = 1 if stage.light[0] > 0 else -1
    for index in range(9):
        left = x - 250 + index * 62 + chance.uniform(-18, 18)
        tall = chance.uniform(190, 330) * (1 - 0.3 * abs(index - 4) / 4)
        plants.pine(pen, left, SHORE + 50 + chance.uniform(-8, 16), tall, stage.tone(0.09), stage.tone(0.27), lit)


def _gate(stage: Stage, x: float) -> None:
    """A carved stone gate: two pillars, two curved beams, a bell."""
    pen, palette = stage.layer("gate", 0.5), stage.palette
    stone = mix(stage.tone(0.3), oklch(0.5, 0.11, 32), 0.45)
    light, dark = mix(stone, palette.light, 0.32), shift(stone, lightness=-0.1)
    top = 128.0
    for side in (-1, 1):
        left = x + side * 360.0
        pen.shape(
            polygon(
                [(left - 42, TERRACE + 20), (left + 42, TERRACE + 20), (left + 33, top + 40), (left - 33, top + 40)]
            ),
            stone,
            line=1.3,
            shade=18,
            rim=6,
        )
        for y, wide, high in ((TERRACE - 44, 60, 64), (TERRACE - 74, 50, 22), (420, 46, 18), (250, 44, 26)):
            pen.shape(box(left - wide, y, wide * 2, high, 5), light if high < 30 else stone, line=1.0, shade=10, rim=4)
        for y in (330, 520):
            pen.shape(ellipse(left, y, 22), dark, line=0.8)
            for petal in range(8):
                with pen.inside(f"translate({left} {y}) rotate({petal * 45})"):
                    pen.fill(ellipse(0, -11, 4.2, 8), light)
            pen.fill(ellipse(left, y, 4.5), _GOLD)
    lower = smooth(
        [
            (x - 470, 236),
            (x - 200, 250),
            (x, 254),
            (x + 200, 250),
            (x + 470, 236),
            (x + 478, 286),
            (x + 200, 300),
            (x, 304),
            (x - 200, 300),
            (x - 478, 286),
        ],
        roundness=0.6,
    )
    pen.shape(lower, stone, line=1.3, shade=14, rim=6)
    for index in range(-9, 10):
        pen.fill(ellipse(x + index * 46, 276 - abs(index) * 1.2, 8), light if index % 2 else _GOLD)
    upper = smooth(
        [
            (x - 560, 70),
            (x - 300, 122),
            (x, 136),
            (x + 300, 122),
            (x + 560, 70),
            (x + 548, 140),
            (x + 300, 182),
            (x, 194),
            (x - 300, 182),
            (x - 548, 140),
        ],
        roundness=0.7,
    )
    pen.shape(upper, stone, line=1.4, shade=16, rim=7)
    ridge = smooth(
        [
            (x - 596, 40),
            (x - 300, 100),
            (x, 116),
            (x + 300, 100),
            (x + 596, 40),
            (x + 576, 84),
            (x + 300, 130),
            (x, 144),
            (x - 300, 130),
            (x - 576, 84),
        ],
        roundness=0.7,
    )
    pen.shape(ridge, shift(stone, lightness=-0.06), line=1.3, shade=10, rim=6)
    pen.shape(box(x - 52, 176, 104, 84, 6), dark, line=1.1, rim=4)
    sun = ellipse(x, 218, 26)
    pen.fill(sun, _GOLD)
    pen.stroke(curve("-15 -12, -12 8, 0 14, 12 8, 15 -12", closed=False, x=x, y=218), dark, 5)
    pen.stroke(polygon([(x, 198), (x, 238)], closed=False), dark, 5)
    for side in (-1, 1):
        left = x + side * 205
        pen.stroke(polygon([(left, 296), (left, 350)], closed=False), palette.line, 5)
        bell = curve("-8 0, 8 0, 22 26, 27 56, -27 56, -22 26", 0.7, x=left, y=346)
        pen.shape(bell, _GOLD, line=1.0, shade=8, rim=4)
        pen.fill(ellipse(left, 406, 7), shift(_GOLD, lightness=-0.3))


def _terrace(stage: Stage, x: float) -> None:
    """A round terrace of stone over the water, with steps and a carved edge."""
    pen = stage.layer("terrace", 0.45)
    stone = mix(stage.tone(0.4), oklch(0.55, 0.05, 50), 0.2)
    light = mix(stone, stage.palette.light, 0.4)
    y = TERRACE + 30
    for step in (2, 1, 0):
        wide, high = 560 + step * 90, 62 + step * 4
        at = y + step * 46
        side = polygon([(x - wide, at), (x + wide, at), (x + wide, at + 60), (x - wide, at + 60)])
        pen.fill(side, shift(stone, lightness=-0.11 - 0.03 * step))
        pen.fill(ellipse(x, at + 60, wide, high), shift(stone, lightness=-0.11 - 0.03 * step))
        for index in range(-9, 10):
            where = index / 9.5
            left, drop = x + wide * where, high * (1 - where * where) ** 0.5
            pen.stroke(
                polygon([(left, at + drop), (left, at + 56 + drop)], closed=False), shift(stone, lightness=-0.2), 3
            )
        top = ellipse(x, at, wide, high)
        pen.fill(
            top,
            pen.linear(
                (x - wide, 0),
                (x + wide, 0),
                (0, mix(stone, stage.tone(0.2), 0.3), 1),
                (0.5, mix(stone, light, 0.4), 1),
                (1, mix(stone, stage.tone(0.2), 0.3), 1),
            ),
        )
        pen.stroke(top, light, 4, 0.9)
    for radius in (400, 250):
        pen.stroke(ellipse(x, y + 4, radius, radius * 0.11), shift(stone, lightness=-0.1), 4, 0.8)
    pen.glow(x, y + 10, 480, stage.palette.light, 0.5, 0.12)
    wear = (stage.tone(0.05), mix(light, "#ffffff", 0.2))
    pen.fill(ellipse(x, y, 560, 62), texture.worn(pen, "stone", wear[0], 0.4, (300, 60), 6))


def _lamps(stage: Stage, x: float) -> None:
    """Oil lamps along the terrace's edge."""
    pen, chance = stage.layer("lamps", 0.34), stage.chance("lamps")
    clay = oklch(0.52, 0.11, 38)
    for index in range(-4, 5):
        if not index:
            continue
        left, y = x + index * 122 + chance.uniform(-14, 14), TERRACE + 90 - abs(index) * 9
        pen.glow(left, y - 16, 92, _GOLD, 0.75)
        pen.shape(
            curve("-22 0, 22 0, 12 16, -12 16", 0.8, x=left, y=y),
            clay,
            line=0.8,
            shade=5,
        )
        pen.fill(
            curve("0 -36, 9 -14, 0 -2, -9 -14", 0.8, x=left, y=y),
            oklch(0.76, 0.17, 58),
        )
        pen.fill(curve("0 -36, 9 -14, 0 -2, -9 -14", 0.8, x=left, y=y - 2, size=0.6), "#fff6c8")


def _near(stage: Stage, side: int) -> None:
    """Dark leaves in a corner and lotus flowers on the water, close to the eye."""
    pen, chance = stage.layer("near", 0.06), stage.chance("near")
    dark = stage.tone(0.05)
    plants.branch(pen, chance, side, dark, stage.tone(0.11))
    pink = mix(stage.palette.accents[0], oklch(0.82, 0.1, 350), 0.6)
    for left, y, size in ((800 + side * 610, 868, 1.25), (800 + side * 440, 900, 0.9), (800 - side * 640, 884, 1.1)):
        with pen.inside(f"translate({left} {y}) scale({size})"):
            pen.fill(ellipse(0, 16, 92, 17), shift(stage.tone(0.2), lightness=0.02))
            pen.fill(ellipse(-6, 12, 84, 13), stage.tone(0.3))
            for angle, shade in ((-62, 0.0), (62, 0.0), (-34, 0.03), (34, 0.03), (0, 0.08)):
                with pen.inside(f"rotate({angle})"):
                    petal = curve("0 6, 17 -16, 11 -44, 0 -58, -11 -44, -17 -16")
                    pen.shape(petal, shift(pink, lightness=shade), line=0.8, shade=5)
    pen.fill(box(LEFT, 1010, RIGHT - LEFT, LOW - 1010), dark)
