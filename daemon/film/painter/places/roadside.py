"""What stands beside the desert road: saguaros, telegraph poles, a parked convertible, a motel's sign."""

from __future__ import annotations

from itertools import pairwise

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, corners, curve, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air
from daemon.film.painter.stage import Stage


def saguaro(stage: Stage, pen: Pen, x: float, y: float, size: float, turn: int) -> None:
    """A tall cactus with two arms."""
    green = mix(oklch(0.46, 0.09, 152), stage.tone(0.3), 0.4)
    outline = curve(
        "-24 6, -26 -120, -64 -126, -92 -150, -94 -214, -80 -230, -64 -214, -62 -172, -26 -164, -26 -270, 0 -304,"
        " 26 -270, 26 -120, 60 -128, 64 -186, 78 -202, 94 -186, 92 -116, 66 -86, 26 -80, 24 6",
        0.55,
    )
    with pen.inside(f"translate({x:.0f} {y:.0f}) scale({turn * size:.2f} {size:.2f})"):
        way = stage.light[0] * turn
        pen.shape(outline, green, line=1.0, shade=15, rim=7, light=(1.0 if way > 0 else -1.0, -0.2))
        for text in ("-9 0, -9 -276", "9 0, 9 -276", "-79 -150, -79 -218", "78 -110, 78 -190"):
            pen.stroke(corners(text, closed=False), shift(green, lightness=-0.08), 4)
        for text in ("0 0, 0 -286", "-70 -150, -70 -214"):
            pen.stroke(corners(text, closed=False), mix(green, stage.palette.light, 0.3), 2)
        pen.fill(ellipse(0, -306, 11, 8), stage.palette.accents[0])


def poles(stage: Stage, far: float, side: int, horizon: float) -> None:
    """Telegraph poles that shrink towards the horizon, and their wires."""
    pen = stage.layer("poles", 0.55)
    wood = mix(stage.tone(0.1), oklch(0.27, 0.04, 45), 0.4)
    lit = mix(wood, stage.palette.light, 0.4)
    tops: list[tuple[float, float, float]] = []
    way = 1 if stage.light[0] > 0 else -1
    for share in (0.04, 0.075, 0.13, 0.24, 0.44, 0.84):
        x, y = far + side * (40 + 1180 * share), horizon + 8 + 250 * share
        tall = 26 + 640 * share
        wide = max(2.2, 17 * share)
        if share > 0.1:
            air.shadow(pen, stage, (x, y), wide * 0.6, tall * 0.7, horizon, 0.45)
        pen.fill(box(x - wide / 2, y - tall, wide, tall), wood)
        pen.fill(box(x + (wide / 2 - wide * 0.22 if way > 0 else -wide / 2), y - tall, wide * 0.22, tall), lit)
        for rise, reach in ((0.96, 0.13), (0.87, 0.1)):
            pen.fill(box(x - tall * reach, y - tall * rise, tall * reach * 2, wide * 0.62), wood)
            for off in (-0.9, -0.45, 0.45, 0.9):
                pen.fill(
                    box(x + tall * reach * off - wide * 0.14, y - tall * rise - wide * 0.5, wide * 0.28, wide * 0.5),
                    lit,
                )
        tops.append((x, y - tall * 0.97, tall * 0.12))
    for (a, b, reach), (c, d, wide) in pairwise(tops):
        for sign in (-1.0, -0.4, 0.4, 1.0):
            middle = ((a + c) / 2 + sign * (reach + wide) / 2, (b + d) / 2 + wide * 0.8)
            sag = smooth([(a + sign * reach, b), middle, (c + sign * wide, d)], closed=False)
            pen.stroke(sag, wood, max(0.9, wide * 0.035), 0.9)


def car(stage: Stage, x: float, y: float, side: int, horizon: float, size: float, road: float) -> None:
    """A convertible with fins, parked beside the road on gravel; the sky lies in its paint.

    x, y: its middle, where its tyres stand; road: where the road's edge is at y.
    """
    pen, palette = stage.layer("car", 0.46), stage.palette
    paint = palette.accents[0]
    chrome = mix(oklch(0.88, 0.01, 250), palette.light, 0.3)
    dark = stage.tone(0.02)
    gravel = stage.own(0.5, 0.07, 50, 0.5)
    lay = [(road - side * 20, y - 30 * size), (x, y - 44 * size), (x + side * 330 * size, y - 18 * size),
           (x + side * 350 * size, y + 26 * size), (x, y + 52 * size), (road + side * 10, y + 40 * size)]  # fmt: skip
    pen.fill(smooth(lay, roundness=0.7), gravel, 0.75)
    for down in (-9, 13):
        track = [(road - side * 6, y + down * 2.2 * size), (x - side * 200 * size, y + down * size)]
        pen.stroke(polygon(track, closed=False), shift(gravel, lightness=-0.1), 9 * size, 0.7)
    air.shadow(pen, stage, (x, y), 245 * size, 110 * size, horizon, 0.5)
    pen.fill(ellipse(x, y + 2 * size, 286 * size, 17 * size), dark, 0.75)
    with pen.inside(f"translate({x:.1f} {y - 50 * size:.1f}) scale({-side * size:.3f} {size:.3f})"):
        pen.fill(box(-236, 4, 470, 34, 10), dark)
        light = (stage.light[0] * -side, stage.light[1])
        leather = mix(oklch(0.88, 0.035, 80), stage.tone(0.6), 0.3)
        for text in ("-84 -72, -96 -122, -56 -130, -46 -72", "10 -72, 4 -116, 40 -122, 50 -72"):
            pen.shape(curve(text, 0.7), leather, line=1.0, shade=9, rim=3, light=light)
        glass = pen.linear(
            (74, -136),
            (126, -74),
            (0, "#ffffff", 0.85),
            (0.5, mix("#cfeaff", palette.light, 0.4), 0.5),
            (1, "#cfeaff", 0.3),
        )
        pen.shape(polygon([(74, -74), (118, -136), (126, -136), (92, -74)]), glass, line=1.0, tone="#cfeaff")
        body = curve(
            "-262 -20, -268 -70, -292 -108, -236 -92, -170 -76, 70 -76, 150 -74, 226 -62, 262 -40, 266 -8,"
            " 258 12, -250 14, -264 4",
            0.45,
        )
        bright, deep = (
            mix(shift(paint, lightness=0.1), palette.light, 0.45),
            mix(shift(paint, lightness=-0.2), stage.tone(0.1), 0.3),
        )
        gloss = pen.linear(
            (0, -108),
            (0, 14),
            (0, bright, 1),
            (0.34, paint, 1),
            (0.5, shift(paint, lightness=-0.05), 1),
            (0.56, mix(paint, sky_of(stage), 0.3), 1),
            (1, deep, 1),
        )
        pen.shape(body, gloss, line=1.3, rim=6, light=light, tone=paint)
        pen.stroke(curve("-262 -44, -120 -40, 80 -44, 240 -36", closed=False), chrome, 7)
        pen.stroke(curve("-250 -54, -120 -50, 80 -54, 226 -46", closed=False), "#ffffff", 3, 0.6)
        for text in ("-60 -72, -66 6", "64 -74, 70 6"):
            pen.stroke(corners(text, closed=False), shift(paint, lightness=-0.16), 3)
        for left, top, wide, tall, corner, line in (
            (38, -58, 24, 9, 4, 0.6),
            (238, -4, 46, 18, 8, 1.0),
            (-286, -4, 46, 18, 8, 1.0),
        ):
            pen.shape(box(left, top, wide, tall, corner), chrome, line=line, shade=4, light=light)
        pen.shape(ellipse(248, -34, 13, 16), "#fff8dc", line=1.0)
        if stage.hour != "day":
            pen.glow(252, -34, 90, "#fff1c4", 0.7)
        pen.fill(curve("-270 -76, -258 -60, -266 -46, -276 -58", 0.8), oklch(0.62, 0.22, 25))
        for wheel in (-162, 166):
            pen.fill(curve("-58 14, -50 -28, 0 -50, 50 -28, 58 14", 0.8, x=wheel, y=0), mix(dark, palette.line, 0.5))
            pen.fill(ellipse(wheel, 6, 44), palette.line)
            pen.fill(ellipse(wheel, 6, 33), "#f7f0e4")
            pen.fill(ellipse(wheel, 6, 26), palette.line)
            pen.shape(ellipse(wheel, 6, 18), chrome, line=0, shade=8, light=light)


def sky_of(stage: Stage) -> str:
    """What polished things mirror from above."""
    return mix(stage.tone(0.9), stage.palette.light, 0.5)


def diner_sign(stage: Stage, x: float, y: float, side: int, horizon: float) -> None:
    """An old motel's sign of tubes and bulbs: an arrow, a star, no writing."""
    pen, palette = stage.layer("sign", 0.46), stage.palette
    steel = stage.tone(0.14)
    air.shadow(pen, stage, (x, y + 50), 40, 420, horizon, 0.5)
    for off in (-46, 46):
        pen.shape(box(x + off - 8, y - 360, 16, 412, 3), steel, line=0.9, shade=5, rim=2)
    board = box(x - 128, y - 420, 256, 150, 26)
    pen.shape(board, mix(palette.accents[0], stage.tone(0.15), 0.45), line=1.3, shade=18, rim=6)
    pen.stroke(box(x - 112, y - 404, 224, 118, 16), palette.accents[2], 5)
    lit = stage.hour != "day"
    star = [(-60, 0), (-40, -16), (-34, -44), (-18, -20), (12, -24), (-6, 0), (12, 24), (-18, 20), (-34, 44), (-40, 16)]
    outline = polygon([(x - 34 + a * 1.1, y - 345 + b * 1.1) for a, b in star])
    bars = [polygon([(x + 8, y - 372 + row * 26), (x + 92, y - 372 + row * 26)], closed=False) for row in range(3)]
    arrow = smooth(
        [(x + side * 110, y - 300), (x + side * 150, y - 230), (x + side * 40, y - 190), (x - side * 120, y - 196)],
        closed=False,
    )
    head = polygon([(x - side * 90, y - 226), (x - side * 136, y - 196), (x - side * 92, y - 164)], closed=False)
    for line, colour, wide in (
        (outline, palette.accents[1], 5.0),
        *((bar, "#ffffff", 5.0) for bar in bars),
        (arrow, palette.accents[2], 8.0),
        (head, palette.accents[2], 8.0),
    ):
        if lit:
            pen.neon_line(line, colour, wide)
        else:
            pen.stroke(line, colour, wide * 1.2)
    for index in range(9):
        bulb = (x - 112 + index * 28, y - 428)
        pen.shape(ellipse(*bulb, 7), "#fff3cf", line=0.6)
        if lit:
            pen.glow(*bulb, 26, oklch(0.86, 0.13, 80), 0.7)
