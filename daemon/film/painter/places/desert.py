"""The desert road: asphalt that runs to a great sun, buttes, saguaros, poles with wires, a parked convertible."""

from __future__ import annotations

import random
from itertools import pairwise

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, corners, curve, ellipse, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import nature
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

HORIZON = 520.0


def draw(stage: Stage) -> None:
    """Draws the desert with the cast on the road."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    far = 800.0 - side * chance.choice((60, 150))
    x = 800.0 + side * chance.choice((30, 110))
    nature.sky(
        stage,
        HORIZON + 20,
        (far, 384 if stage.hour in ("dusk", "dawn") else 210),
        150 if stage.hour in ("dusk", "dawn") else 92,
    )
    if stage.hour in ("dusk", "dawn"):
        _stripes(stage, far)
    nature.clouds(stage, 260, 4, 0.85, 0.97)
    _buttes(stage, "far buttes", 0.93, 0.58, 110, 190, far, 6)
    _buttes(stage, "buttes", 0.84, 0.42, 180, 300, far, 4)
    _sand(stage)
    _poles(stage, far, side)
    _road(stage, far)
    _plants(stage, side)
    _car(stage, 800 + side * 560, 742, side)
    stage.cast(x, 812, 0.96)
    _near(stage, side)
    nature.weather(stage)


def _earth(stage: Stage, level: float) -> str:
    return stage.own(level, 0.105, 58, 0.5)


def _stripes(stage: Stage, x: float) -> None:
    """Thin bands of cloud across the low sun."""
    pen = stage.layer("bands", 0.98)
    band = mix(stage.tone(0.8), stage.palette.accents[2], 0.4)
    for y, wide, tall in ((356, 190, 7), (398, 250, 10), (436, 320, 13)):
        pen.fill(ellipse(x + (y % 40) - 20, y, wide, tall), band, 0.95)


def _buttes(
    stage: Stage, name: str, depth: float, level: float, low: float, high: float, far: float, count: int
) -> None:
    pen, chance = stage.layer(name, depth), stage.chance(name)
    rock = mix(_earth(stage, level), stage.palette.accents[0], 0.14)
    lit_left = stage.light[0] < 0
    for index in range(count * 2):
        x = LEFT + (index + 0.5 + chance.uniform(-0.3, 0.3)) * (RIGHT - LEFT) / (count * 2)
        if abs(x - far) < 250:
            continue
        wide, tall = chance.uniform(70, 190), chance.uniform(low, high)
        top = HORIZON - tall
        left = [
            (x - wide * 1.5, HORIZON + 8),
            (x - wide * 1.14, HORIZON - tall * 0.34),
            (x - wide * 0.94, HORIZON - tall * 0.4),
            (x - wide * 0.86, top + 10),
        ]
        crown = [
            (x - wide * 0.5, top - chance.uniform(0, 16)),
            (x + wide * 0.1, top + chance.uniform(-8, 8)),
            (x + wide * 0.5, top - chance.uniform(-4, 14)),
        ]
        right = [
            (x + wide * 0.84, top + 12),
            (x + wide * 0.92, HORIZON - tall * 0.42),
            (x + wide * 1.16, HORIZON - tall * 0.32),
            (x + wide * 1.5, HORIZON + 8),
        ]
        outline = polygon([*left, *crown, *right])
        pen.stroke(outline, pen.line_colour(rock), pen.sheet.inner * 1.2)
        pen.fill(outline, mix(rock, stage.palette.light, 0.2))
        spine = x + (0.2 if lit_left else -0.2) * wide
        dark = [
            (spine, top),
            *([*crown[2:], *right] if lit_left else [crown[0], *reversed(left)]),
            (spine + 10, HORIZON + 8),
        ]
        pen.fill(polygon(dark), shift(rock, lightness=-0.07))
        for share, deep in ((0.2, 0.05), (0.46, 0.07), (0.62, 0.04)):
            y = top + tall * share
            reach = wide * (0.88 if share < 0.55 else 1.08)
            pen.fill(box(x - reach, y, reach * 2, tall * 0.05), shift(rock, lightness=-deep), 0.8)
        for _ in range(6):
            crack = x + chance.uniform(-0.75, 0.75) * wide
            pen.stroke(
                polygon([(crack, top + tall * 0.12), (crack + chance.uniform(-6, 6), top + tall * 0.5)], closed=False),
                shift(rock, lightness=-0.1),
                4,
            )
    pen.fill(box(LEFT, HORIZON - 4, RIGHT - LEFT, LOW), _earth(stage, level + 0.12))


def _sand(stage: Stage) -> None:
    pen, chance = stage.layer("sand", 0.72), stage.chance("sand")
    sand = _earth(stage, 0.66)
    pen.fill(
        box(LEFT, HORIZON, RIGHT - LEFT, LOW - HORIZON),
        pen.linear(
            (0, HORIZON),
            (0, 930),
            (0, mix(sand, stage.palette.light, 0.35), 1),
            (0.4, sand, 1),
            (1, _earth(stage, 0.44), 1),
        ),
    )
    for _ in range(56):
        share = chance.random() ** 1.5
        x, y = chance.uniform(LEFT, RIGHT), HORIZON + 10 + 380 * share
        wide = 30 + 130 * share
        pen.fill(
            smooth([(x - wide, y), (x - wide * 0.2, y - 4 - 9 * share), (x + wide, y), (x, y + 3 + 3 * share)]),
            shift(sand, lightness=-0.06),
            0.7,
        )


def _road(stage: Stage, far: float) -> None:
    pen, chance = stage.layer("road", 0.5), stage.chance("road")
    tar = mix(stage.tone(0.2), oklch(0.35, 0.015, 280), 0.5)
    shoulder = polygon([(far - 15, HORIZON), (far + 15, HORIZON), (1800, 1050), (-200, 1050)])
    pen.fill(shoulder, _earth(stage, 0.52))
    road = polygon([(far - 10, HORIZON), (far + 10, HORIZON), (1600, 1050), (0, 1050)])
    pen.fill(
        road,
        pen.linear(
            (0, HORIZON),
            (0, 920),
            (0, mix(tar, stage.palette.light, 0.5), 1),
            (0.3, mix(tar, stage.palette.light, 0.12), 1),
            (1, tar, 1),
        ),
    )
    span = 1050 - HORIZON

    def across(share: float, lane: float) -> tuple[float, float]:
        """A point of the road: share 0 far .. 1 near, lane -1 left edge .. 1 right edge."""
        middle = far + (800 - far) * share
        return middle + lane * (10 + 790 * share), HORIZON + span * share

    white, amber = mix("#ffffff", stage.palette.light, 0.3), oklch(0.84, 0.16, 85)
    for lane in (-0.92, 0.88):
        pen.fill(
            polygon([across(0, lane), across(0, lane + 0.04), across(1, lane + 0.04), across(1, lane)]), white, 0.9
        )
    place = 0.02
    while place < 1:
        end = place * 1.26 + 0.008
        pen.fill(polygon([across(place, -0.022), across(place, 0.022), across(end, 0.022), across(end, -0.022)]), amber)
        place = end * 1.28 + 0.008
    for _ in range(14):
        share = chance.uniform(0.3, 1)
        a, b = across(share, chance.uniform(-0.8, 0.8))
        pen.stroke(
            curve(
                f"-{30 * share:.0f} 0, 0 {8 * share:.0f}, {26 * share:.0f} -4, {60 * share:.0f} 6",
                0.3,
                closed=False,
                x=a,
                y=b,
            ),
            shift(tar, lightness=-0.06),
            3 * share,
        )


def _poles(stage: Stage, far: float, side: int) -> None:
    """Telegraph poles that shrink towards the horizon, and their wires."""
    pen = stage.layer("poles", 0.64)
    wood = mix(stage.tone(0.14), oklch(0.3, 0.04, 45), 0.4)
    tops: list[tuple[float, float, float]] = []
    for share in (0.05, 0.09, 0.16, 0.29, 0.52, 0.94):
        x, y = far - side * (30 + 1240 * share), HORIZON + 6 + 230 * share
        tall = 30 + 640 * share
        wide = max(2.5, 17 * share)
        pen.fill(box(x - wide / 2, y - tall, wide, tall), wood)
        for rise, reach in ((0.96, 0.13), (0.85, 0.1)):
            pen.fill(box(x - tall * reach, y - tall * rise, tall * reach * 2, wide * 0.7), wood)
        tops.append((x, y - tall * 0.97, tall * 0.12))
    for (a, b, reach), (c, d, wide) in pairwise(tops):
        for sign in (-1, 1):
            sag = smooth(
                [
                    (a + sign * reach, b),
                    ((a + c) / 2 + sign * (reach + wide) / 2, (b + d) / 2 + wide * 0.7),
                    (c + sign * wide, d),
                ],
                closed=False,
            )
            pen.stroke(sag, wood, max(1.2, wide * 0.05))


def _saguaro(stage: Stage, pen: Pen, x: float, y: float, size: float, turn: int) -> None:
    green = mix(oklch(0.5, 0.1, 150), stage.tone(0.35), 0.35)
    outline = curve(
        "-24 6, -26 -120, -64 -126, -92 -150, -94 -214, -80 -230, -64 -214, -62 -172, -26 -164, -26 -270, 0 -304,"
        " 26 -270,"
        "26 -120, 60 -128, 64 -186, 78 -202, 94 -186, 92 -116, 66 -86, 26 -80, 24 6",
        0.55,
    )
    with pen.inside(f"translate({x:.0f} {y:.0f}) scale({turn * size:.2f} {size:.2f})"):
        light = (stage.light[0] * turn, stage.light[1])
        pen.shape(outline, green, line=1.2, shade=11, rim=5, light=light)
        for text in ("-9 0, -9 -276", "9 0, 9 -276", "-79 -150, -79 -218", "78 -110, 78 -190"):
            pen.stroke(corners(text, closed=False), shift(green, lightness=-0.09), 4)
        pen.fill(ellipse(0, -306, 11, 8), stage.palette.accents[0])


def _plants(stage: Stage, side: int) -> None:
    pen, chance = stage.layer("cacti", 0.56), stage.chance("cacti")
    for off, y, size in (
        (-430, 610, 0.52),
        (-640, 668, 0.94),
        (390, 594, 0.4),
        (700, 640, 0.7),
        (-930, 640, 0.8),
        (1010, 690, 1.0),
    ):
        _saguaro(stage, pen, 800 + side * off + chance.uniform(-30, 30), y, size, chance.choice((-1, 1)))
    for _ in range(12):
        x = 800 + chance.choice((-1, 1)) * chance.uniform(330, 900)
        _tuft(stage, pen, chance, x, HORIZON + 50 + abs(x - 800) * 0.16, chance.uniform(0.5, 1.0))


def _tuft(stage: Stage, pen: Pen, chance: random.Random, x: float, y: float, size: float) -> None:
    grass = mix(oklch(0.66, 0.08, 110), stage.tone(0.5), 0.4)
    for angle in (-50, -28, -8, 12, 32, 54):
        with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({angle + chance.uniform(-6, 6):.0f}) scale({size:.2f})"):
            pen.fill(ribbon([(0, 0), (2, -28), (8, -54)], [4, 3, 0.5]), grass)


def _car(stage: Stage, x: float, y: float, side: int) -> None:
    """A convertible with fins, parked on the shoulder."""
    pen, palette = stage.layer("car", 0.46), stage.palette
    paint = palette.accents[0]
    chrome = mix(oklch(0.88, 0.01, 250), palette.light, 0.3)
    pen.fill(ellipse(x, y + 34, 270, 20), stage.tone(0.03), 0.45)
    with pen.inside(f"translate({x} {y}) scale({-side} 1)"):
        light = (stage.light[0] * -side, stage.light[1])
        seat = curve("-84 -72, -96 -122, -56 -130, -46 -72", 0.7)
        pen.shape(seat, mix(oklch(0.9, 0.03, 85), palette.light, 0.2), line=1.1, shade=8, light=light)
        pen.shape(
            curve("10 -72, 4 -116, 40 -122, 50 -72", 0.7),
            mix(oklch(0.9, 0.03, 85), palette.light, 0.2),
            line=1.1,
            light=light,
        )
        pen.shape(
            polygon([(74, -74), (118, -136), (126, -136), (92, -74)]), mix("#cfeaff", palette.light, 0.4), line=1.1
        )
        body = curve(
            "-262 -20, -268 -70, -292 -108, -236 -92, -170 -76, 70 -76, 150 -74, 226 -62, 262 -40, 266 -8,"
            " 258 12, -250 14, -264 4",
            0.45,
        )
        pen.shape(body, paint, line=1.5, shade=22, rim=7, light=light)
        pen.stroke(curve("-262 -44, -120 -40, 80 -44, 240 -36", closed=False), chrome, 8)
        pen.stroke(corners("-60 -72, -66 6", closed=False), shift(paint, lightness=-0.16), 4)
        pen.stroke(corners("64 -74, 70 6", closed=False), shift(paint, lightness=-0.16), 4)
        pen.shape(box(38, -58, 24, 9, 4), chrome, line=0.6)
        pen.shape(box(238, -4, 46, 18, 8), chrome, line=1.0)
        pen.shape(box(-286, -4, 46, 18, 8), chrome, line=1.0)
        pen.shape(ellipse(248, -34, 13, 16), "#fff8dc", line=1.0)
        pen.fill(curve("-270 -76, -258 -60, -266 -46, -276 -58", 0.8), oklch(0.62, 0.22, 25))
        for wheel in (-162, 166):
            pen.shape(ellipse(wheel, 6, 46), palette.line, line=1.0)
            pen.fill(ellipse(wheel, 6, 34), "#f7f0e4")
            pen.fill(ellipse(wheel, 6, 26), palette.line)
            pen.fill(ellipse(wheel, 6, 18), chrome)


def _near(stage: Stage, side: int) -> None:
    """A road sign without writing, an agave and stones, dark and close to the eye."""
    pen, chance = stage.layer("near", 0.1), stage.chance("near")
    dark = _earth(stage, 0.06)
    left = 800 - side * 690
    for angle in (-72, -52, -34, -16, 2, 20, 38, 58, 76):
        with pen.inside(f"translate({left} 930) rotate({angle})"):
            pen.fill(
                ribbon([(0, 0), (6, -120), (0, -250 + abs(angle))], [18, 24, 1]),
                mix(dark, _earth(stage, 0.3), 0.3 if angle % 4 else 0.0),
            )
    x = 800 + side * 650
    pen.shape(box(x - 7, 560, 14, 480), stage.tone(0.12), line=1.0)
    with pen.inside(f"translate({x} 520) rotate(45)"):
        pen.shape(box(-76, -76, 152, 152, 14), oklch(0.84, 0.16, 85), line=1.5, shade=10)
        pen.stroke(box(-64, -64, 128, 128, 10), stage.palette.line, 5)
    pen.stroke(curve("-14 44, -14 8, 14 -8, 14 -40", 0.8, closed=False, x=x, y=520), stage.palette.line, 13)
    pen.fill(polygon([(x - 6, 486), (x + 34, 486), (x + 14, 458)]), stage.palette.line)
    for _ in range(6):
        a = chance.uniform(-100, 1700)
        if abs(a - 800) > 380:
            pen.fill(curve("-60 30, -46 -14, 0 -34, 44 -16, 62 30", x=a, y=900, size=chance.uniform(0.6, 1.2)), dark)
