"""What stands on the school yard: the school and its clock tower, a hoop, a bench, lamps."""

from __future__ import annotations

import math

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, polygon
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import sky
from daemon.film.painter.stage import Stage


def school(stage: Stage, x: float, side: int, low: float) -> None:
    """Three floors of windows, a taller middle with a clock, a porch."""
    pen, palette = stage.layer("school", 0.78), stage.palette
    wall = mix(oklch(0.9, 0.035, 80), stage.tone(0.8), 0.35)
    trim = mix(palette.accents[0], stage.tone(0.45), 0.45)
    night = stage.hour == "night"
    glass = mix(oklch(0.86, 0.12, 85), palette.light, 0.3) if night else mix(stage.tone(0.62), "#9fd4f2", 0.45)
    if night:
        wall = mix(wall, stage.tone(0.3), 0.62)
    lit_left = stage.light[0] < 0
    above = glass if night else mix(sky.horizon_colour(stage), "#ffffff", 0.25)
    for sign in (-1, 1):
        left = x - 660 if sign < 0 else x + 130
        block = box(left, 290, 530, low - 290)
        tone = wall if (sign < 0) == lit_left else shift(wall, lightness=-0.045)
        cool = mix(tone, stage.tone(0.45), 0.4)
        pen.shape(
            block,
            pen.linear((0, 290), (0, low), (0, mix(tone, sky.warmth(stage), 0.25), 1), (0.5, tone, 1), (1, cool, 1)),
            line=0.7,
            tone=wall,
        )
        pen.fill(box(left, 290, 530, 22), trim)
        pen.fill(box(left - 8, 276, 546, 18, 4), shift(trim, lightness=-0.1))
        pen.fill(box(left, 312, 530, 14), stage.tone(0.1), 0.25)
        for row in range(3):
            y = 334 + row * 96
            pen.fill(box(left, y + 66, 530, 8), shift(wall, lightness=-0.1))
            for column in range(6):
                pane = left + 24 + column * 84
                pen.fill(box(pane - 4, y - 4, 66, 62, 3), shift(wall, lightness=-0.17))
                plain = glass if (column + row) % 5 else shift(glass, lightness=-0.1)
                pen.fill(
                    box(pane, y, 58, 54),
                    plain
                    if night
                    else pen.linear(
                        (pane, y),
                        (pane + 30, y + 54),
                        (0, above, 1),
                        (0.45, plain, 1),
                        (1, shift(plain, lightness=-0.12), 1),
                    ),
                )
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


def bench(stage: Stage, pen: Pen, x: float, y: float) -> None:
    wood = mix(oklch(0.6, 0.09, 60), stage.tone(0.4), 0.3)
    for off in (-84, 84):
        pen.shape(box(x + off - 6, y - 62, 12, 66, 3), stage.tone(0.12), line=0.8)
    for rise in (62, 44, 22):
        pen.shape(box(x - 110, y - rise, 220, 13, 4), wood, line=0.9, shade=3, rim=2)


def hoop(stage: Stage, x: float, side: int) -> None:
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


def lamp(stage: Stage, pen: Pen, x: float, y: float, size: float) -> None:
    """An iron lamp post."""
    iron = stage.tone(0.1)
    pen.fill(box(x - 4 * size, y - 230 * size, 8 * size, 232 * size), iron)
    pen.fill(box(x - 11 * size, y - 12 * size, 22 * size, 14 * size, 4), iron)
    pen.fill(
        polygon(
            [
                (x - 17 * size, y - 272 * size),
                (x + 17 * size, y - 272 * size),
                (x + 10 * size, y - 230 * size),
                (x - 10 * size, y - 230 * size),
            ]
        ),
        mix("#fff4d8", stage.palette.light, 0.3),
    )
    pen.fill(polygon([(x - 22 * size, y - 270 * size), (x, y - 294 * size), (x + 22 * size, y - 270 * size)]), iron)
    if stage.hour in ("night", "dusk"):
        pen.glow(x, y - 250 * size, 120 * size, oklch(0.86, 0.12, 80), 0.8)
