"""The school yard: a long school with a clock, blossoming trees, a fence, a painted court with a hoop."""

from __future__ import annotations

import math
import random

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, corners, curve, ellipse, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import nature
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

GROUND = 600.0


def draw(stage: Stage) -> None:
    """Draws the school yard with the cast on its court."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((60, 150, 220))
    nature.sky(stage, 560, (800 - side * 480, 120), 70)
    nature.clouds(stage, 260, 6, 0.95, 0.96)
    _town(stage)
    _school(stage, 800 - side * 150, side)
    _trees(stage, side)
    _yard(stage, side)
    _hoop(stage, 800 - side * 560, side)
    stage.cast(x, 800, 0.96)
    _near(stage, side)
    if stage.scene["weather"] in ("clear", "petals"):
        _petals(stage)
    else:
        nature.weather(stage)


def _leaf(stage: Stage) -> str:
    """The colour of the blossom."""
    return mix(oklch(0.82, 0.1, 355), stage.palette.accents[0], 0.25)


def _town(stage: Stage) -> None:
    pen, chance = stage.layer("hills", 0.9), stage.chance("hills")
    far = stage.own(0.64, 0.07, 160, 0.4)
    for row, rise in enumerate((120, 70)):
        line = [(LEFT + index * 190, GROUND - rise - chance.uniform(0, 70)) for index in range(19)]
        pen.fill(smooth([(LEFT, LOW), *line, (RIGHT, LOW)], roundness=0.8), shift(far, lightness=-0.06 * row))


def _school(stage: Stage, x: float, side: int) -> None:
    """Three floors of windows, a taller middle with a clock, a porch."""
    pen, palette = stage.layer("school", 0.78), stage.palette
    wall = mix(oklch(0.9, 0.035, 80), stage.tone(0.8), 0.35)
    trim = mix(palette.accents[0], stage.tone(0.45), 0.45)
    night = stage.hour == "night"
    glass = mix(oklch(0.86, 0.12, 85), palette.light, 0.3) if night else mix(stage.tone(0.62), "#9fd4f2", 0.45)
    low = GROUND + 24
    if night:
        wall = mix(wall, stage.tone(0.3), 0.62)
    for sign in (-1, 1):
        left = x - 660 if sign < 0 else x + 130
        block = box(left, 290, 530, low - 290)
        pen.shape(block, wall, line=1.1, shade=0)
        pen.fill(box(left, 290, 530, 22), trim)
        pen.fill(box(left - 8, 276, 546, 18, 4), shift(trim, lightness=-0.1))
        for row in range(3):
            y = 334 + row * 96
            pen.fill(box(left, y + 66, 530, 8), shift(wall, lightness=-0.1))
            for column in range(6):
                pane = left + 24 + column * 84
                pen.fill(box(pane - 4, y - 4, 66, 62, 3), shift(wall, lightness=-0.17))
                pen.fill(box(pane, y, 58, 54), glass if (column + row) % 5 else shift(glass, lightness=-0.1))
                pen.fill(
                    polygon([(pane + 6, y), (pane + 24, y), (pane + 4, y + 40), (pane, y + 40), (pane, y + 16)]),
                    "#ffffff",
                    0.4,
                )
                pen.fill(box(pane + 27, y, 4, 54), shift(wall, lightness=0.03))
                pen.fill(box(pane, y + 25, 58, 4), shift(wall, lightness=0.03))
    pen.shape(box(x - 132, 150, 264, low - 150), shift(wall, lightness=0.03), line=1.2, shade=20)
    pen.shape(polygon([(x - 160, 156), (x, 60), (x + 160, 156)]), trim, line=1.2, shade=12, rim=4)
    pen.fill(box(x - 140, 150, 280, 14), shift(trim, lightness=-0.08))
    pen.shape(ellipse(x, 232, 58), "#fffaf0" if not night else glass, line=1.2)
    pen.stroke(ellipse(x, 232, 50), trim, 6)
    for hour in range(12):
        angle = math.tau * hour / 12
        pen.fill(ellipse(x + 40 * math.cos(angle), 232 + 40 * math.sin(angle), 3.4), palette.line)
    pen.stroke(polygon([(x, 232), (x, 200)], closed=False), palette.line, 6)
    pen.stroke(polygon([(x, 232), (x + 20, 242)], closed=False), palette.line, 6)
    for column in (-1, 0, 1):
        pane = x - 26 + column * 74
        pen.fill(box(pane - 4, 322, 60, 96, 3), shift(wall, lightness=-0.15))
        pen.fill(box(pane, 326, 52, 88), glass)
        pen.fill(box(pane + 24, 326, 4, 88), wall)
    pen.fill(box(x - 84, 462, 168, low - 462), shift(wall, lightness=-0.22))
    for sign in (-1, 1):
        pen.fill(box(x + sign * 39 - 35, 472, 70, low - 472), shift(glass, lightness=-0.16))
        pen.fill(box(x + sign * 39 - 35, 540, 70, 5), trim)
    pen.shape(box(x - 118, 436, 236, 28, 5), trim, line=1.1, shade=6)
    for sign in (-1, 1):
        pen.shape(box(x + sign * 100 - 10, 462, 20, low - 462), shift(wall, lightness=0.05), line=0.9, shade=5)
    for step in range(3):
        pen.fill(
            box(x - 120 - step * 16, low - 18 + step * 9, 240 + step * 32, 10),
            shift(wall, lightness=-0.04 - 0.05 * step),
        )
    pole = x + side * 260
    pen.stroke(polygon([(pole, low), (pole, 90)], closed=False), shift(wall, lightness=-0.3), 6)
    pen.shape(
        curve("0 0, 44 12, 90 0, 130 10, 126 40, 130 70, 88 60, 44 72, 0 62", 0.7, x=pole + 3, y=92),
        palette.accents[1],
        line=0.9,
        shade=8,
    )


def _tree(stage: Stage, pen: Pen, chance: random.Random, x: float, y: float, size: float) -> None:
    """A tree in blossom."""
    bark = mix(oklch(0.36, 0.05, 40), stage.tone(0.15), 0.35)
    leaf = _leaf(stage)
    trunk = curve(
        "-30 0, -20 -60, -22 -140, -70 -220, -52 -230, -10 -176, -4 -270, 12 -270, 14 -180, 66 -236, 80 -222,"
        " 26 -130, 22 -60, 34 0",
        0.6,
        x=x,
        y=y,
        size=size,
    )
    puffs = [
        (-120, -250, 84),
        (110, -246, 88),
        (-60, -330, 92),
        (60, -340, 94),
        (0, -270, 100),
        (-168, -200, 58),
        (166, -196, 60),
        (0, -398, 70),
    ]
    for a, b, radius in puffs:
        blob = ellipse(x + a * size, y + b * size, radius * size * 1.03, radius * size * 0.9)
        pen.stroke(blob, pen.line_colour(leaf), pen.sheet.inner * 2.2)
    pen.shape(trunk, bark, line=1.1, shade=12, rim=5)
    for a, b, radius in puffs:
        pen.fill(
            ellipse(x + a * size, y + b * size, radius * size * 1.03, radius * size * 0.9), shift(leaf, lightness=-0.1)
        )
    for a, b, radius in puffs:
        pen.fill(
            ellipse(
                x + (a + stage.light[0] * 16) * size, y + (b - 15) * size, radius * size * 0.86, radius * size * 0.72
            ),
            leaf,
        )
    for a, b, radius in puffs:
        pen.fill(
            ellipse(
                x + (a + stage.light[0] * 36) * size, y + (b - 30) * size, radius * size * 0.46, radius * size * 0.34
            ),
            mix(leaf, "#ffffff", 0.42),
        )
    for _ in range(26):
        a, b, radius = chance.choice(puffs)
        pen.fill(
            ellipse(
                x + (a + chance.uniform(-1, 1) * radius * 0.8) * size,
                y + (b + chance.uniform(-0.8, 0.8) * radius) * size,
                5.5 * size,
            ),
            mix(leaf, "#ffffff", 0.65),
            0.9,
        )


def _trees(stage: Stage, side: int) -> None:
    pen, chance = stage.layer("trees", 0.64), stage.chance("trees")
    hedge = stage.own(0.42, 0.1, 142, 0.62)
    bumps = [
        (LEFT + index * 60, GROUND - 16 + (-14 if index % 2 else 8) + chance.uniform(-5, 5)) for index in range(57)
    ]
    pen.fill(smooth([(LEFT, GROUND + 60), *bumps, (RIGHT, GROUND + 60)], roundness=0.9), hedge)
    pen.fill(
        smooth([(LEFT, GROUND + 70), *[(a, b + 20) for a, b in bumps], (RIGHT, GROUND + 70)], roundness=0.9),
        shift(hedge, lightness=-0.07),
    )
    for off, size in ((620, 1.12), (-690, 1.0), (960, 0.9), (-1010, 1.0)):
        _tree(stage, pen, chance, 800 + side * off, GROUND + 44, size)


def _yard(stage: Stage, side: int) -> None:
    """The yard: a grass strip, a court with painted lines in perspective."""
    pen, palette = stage.layer("yard", 0.5), stage.palette
    grass = stage.own(0.6, 0.13, 132, 0.62)
    court = mix(palette.accents[1], mix(oklch(0.66, 0.09, 45), stage.tone(0.5), 0.4), 0.62)
    pen.fill(box(LEFT, GROUND + 20, RIGHT - LEFT, LOW - GROUND), grass)
    for index in range(60):
        left = LEFT + index * 58
        pen.fill(
            corners("-12 0, -8 -14, -3 -2, 2 -18, 6 -2, 12 -12, 14 0", x=left, y=GROUND + 48),
            shift(grass, lightness=-0.07),
        )
    pen.fill(
        polygon([(LEFT, GROUND + 62), (RIGHT, GROUND + 62), (RIGHT + 400, LOW), (LEFT - 400, LOW)]),
        pen.linear(
            (0, GROUND + 60), (0, 940), (0, mix(court, palette.light, 0.25), 1), (1, shift(court, lightness=-0.08), 1)
        ),
    )
    white = mix("#ffffff", court, 0.15)
    pen.fill(box(LEFT, GROUND + 70, RIGHT - LEFT, 6), white)
    for start, end in ((340, -60), (1260, 1660)):
        pen.fill(
            polygon([(start - 3, GROUND + 74), (start + 3, GROUND + 74), (end + 11, 1000), (end - 11, 1000)]), white
        )
    pen.stroke(ellipse(800, 792, 330, 62), white, 8)
    pen.fill(polygon([(LEFT, 788), (RIGHT, 788), (RIGHT, 797), (LEFT, 797)]), white)
    pen.fill(ellipse(stage.spot.x, 800, 10, 2), white)
    _bench(stage, pen, 800 + side * 470, GROUND + 78)


def _bench(stage: Stage, pen: Pen, x: float, y: float) -> None:
    wood = mix(oklch(0.6, 0.09, 60), stage.tone(0.4), 0.3)
    for off in (-84, 84):
        pen.shape(box(x + off - 6, y - 62, 12, 66, 3), stage.tone(0.12), line=0.8)
    for rise in (62, 44, 22):
        pen.shape(box(x - 110, y - rise, 220, 13, 4), wood, line=0.9, shade=3, rim=2)


def _hoop(stage: Stage, x: float, side: int) -> None:
    """A basketball hoop, and a ball on the ground."""
    pen, palette = stage.layer("hoop", 0.47), stage.palette
    steel = stage.tone(0.2)
    pen.shape(box(x - 9, 262, 18, 470, 4), steel, line=1.0, shade=5, rim=3)
    pen.shape(polygon([(x - 9, 300), (x + side * 92, 272), (x + side * 92, 292), (x + 9, 330)]), steel, line=0.8)
    board = polygon([(x + side * 70, 150), (x + side * 128, 172), (x + side * 128, 336), (x + side * 70, 346)])
    pen.shape(board, "#fff8ee", line=1.3, shade=7)
    pen.stroke(
        polygon([(x + side * 88, 228), (x + side * 114, 234), (x + side * 114, 296), (x + side * 88, 300)]),
        palette.accents[0],
        5,
    )
    rim_x = x + side * 172
    for step in range(-3, 4):
        pen.stroke(polygon([(rim_x + step * 14, 304), (rim_x + step * 8, 372)], closed=False), "#ffffff", 3)
    for y in (324, 348):
        pen.stroke(ellipse(rim_x, y, 40 - (y - 304) * 0.3, 6), "#ffffff", 2.4)
    pen.stroke(ellipse(rim_x, 304, 46, 10), oklch(0.66, 0.2, 40), 8)
    ball_x, ball_y = x + side * 240, 812.0
    pen.fill(ellipse(ball_x + 8, ball_y + 33, 40, 8), stage.tone(0.05), 0.4)
    pen.shape(ellipse(ball_x, ball_y, 35), oklch(0.7, 0.17, 50), line=1.1, shade=10, rim=4)
    for text in ("-34 -6, 0 4, 34 -6", "0 -35, 6 0, 0 35", "-22 -26, -8 0, -20 28", "24 -24, 16 0, 22 26"):
        pen.stroke(curve(text, closed=False, x=ball_x, y=ball_y), palette.line, 3)


def _near(stage: Stage, side: int) -> None:
    """A bough in blossom in an upper corner, a chain fence at one edge, close to the eye."""
    pen, chance = stage.layer("near", 0.1), stage.chance("near")
    bark, leaf = mix(oklch(0.3, 0.05, 40), stage.tone(0.08), 0.5), _leaf(stage)
    corner = 800 + side * 860
    for rise, reach, drop in ((-20, 560, 90), (60, 400, 170)):
        bough = [(corner, rise), (corner - side * reach * 0.5, rise + 24), (corner - side * reach, rise + drop)]
        pen.fill(ribbon(bough, [26, 15, 3]), bark)
        for step in range(15):
            share = 0.15 + 0.85 * step / 14
            a = corner - side * reach * share + chance.uniform(-26, 26)
            b = rise + drop * share**2 + chance.uniform(-34, 40)
            for petal in range(5):
                angle = math.tau * petal / 5 + step
                pen.fill(
                    ellipse(a + 15 * math.cos(angle), b + 15 * math.sin(angle), 13),
                    mix(leaf, "#ffffff", 0.25 * (step % 3)),
                )
            pen.fill(ellipse(a, b, 6), oklch(0.86, 0.13, 85))


def _petals(stage: Stage) -> None:
    pen, chance = stage.layer("petals", 0.06), stage.chance("petals")
    leaf = _leaf(stage)
    for _ in range(46):
        x, y, turn = chance.uniform(-200, 1800), chance.uniform(-100, 960), chance.uniform(0, 360)
        with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({turn:.0f}) scale({chance.uniform(0.7, 1.6):.2f})"):
            pen.fill(curve("0 -10, 7 -2, 4 9, 0 6, -4 9, -7 -2"), mix(leaf, "#ffffff", chance.choice((0.1, 0.4))))
