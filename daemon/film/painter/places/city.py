"""The city skyline: towers with lit windows behind each other, a roof in front, neon signs, a great moon."""

from __future__ import annotations

import random
from itertools import pairwise

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, corners, curve, ellipse, points, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import nature, sky, sparkle, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

ROOF = 690.0
_WARM = oklch(0.88, 0.12, 85)


def draw(stage: Stage) -> None:
    """Draws the city with the cast on a roof."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((120, 230))
    sky.sky(stage, 640, (800 - side * 260, 250), 132)
    sky.clouds(stage, 380, 5, 0.5 if stage.hour == "night" else 0.85, 0.97)
    if sparkle.is_loud(stage) and stage.hour != "day":
        sparkle.fireworks(stage, 800 - side * 260)
    _row(stage, "far towers", 0.92, 660, (150, 330), 0.46, (60, 110), False)
    _tower(stage, 800 - side * 420)
    _row(stage, "towers", 0.8, 680, (230, 430), 0.27, (100, 170), True)
    nature.mist(stage, "haze", 640, 0.66, 0.76, 0.55)
    _row(stage, "near towers", 0.66, 760, (200, 380), 0.13, (150, 240), True)
    _roof(stage, x, side)
    _lamps(stage)
    stage.cast(x, ROOF + 66, 0.95)
    if stage.scene["role"] in ("drop", "chorus"):
        sparkle.confetti(stage)
    _front(stage, side)
    weather.fall(stage)


def _row(
    stage: Stage,
    name: str,
    depth: float,
    foot: float,
    tall: tuple[float, float],
    level: float,
    wide: tuple[float, float],
    signs: bool,
) -> None:
    """One row of towers; the centre is kept lower, so that the sky shows behind the cast."""
    pen, chance, palette = stage.layer(name, depth), stage.chance(name), stage.palette
    night = stage.hour in ("night", "dusk")
    x = LEFT
    while x < RIGHT:
        width = chance.uniform(*wide)
        reach = min(1.0, 0.45 + abs(x + width / 2 - 800) / 900)
        top = foot - chance.uniform(*tall) * (0.6 + 0.55 * reach)
        body = mix(stage.tone(level), stage.tone(level + 0.1), chance.random())
        outline = box(x, top, width, LOW - top)
        pen.stroke(outline, pen.line_colour(body), pen.sheet.inner * 1.2)
        pen.fill(
            outline, pen.linear((0, top), (0, foot), (0, body, 1), (1, mix(body, stage.tone(level + 0.28), 0.5), 1))
        )
        lit_edge = x if stage.light[0] < 0 else x + width - 6
        pen.fill(box(lit_edge, top, 6, foot - top), mix(body, palette.light, 0.35))
        _crown(pen, chance, x, top, width, body, palette.accents[0] if night else stage.tone(0.3))
        _windows(pen, chance, x, top, width, foot, body, night)
        if signs and night and chance.random() < 0.42:
            _sign(pen, chance, x + width * 0.5, top + chance.uniform(40, 90), min(46, width * 0.28))
        x += width + chance.choice((0, 0, 8, 22))


def _crown(pen: Pen, chance: random.Random, x: float, top: float, width: float, body: str, lamp: str) -> None:
    kind = chance.choice(("flat", "mast", "steps", "tank", "slope"))
    middle = x + width / 2
    if kind == "mast":
        pen.fill(box(middle - width * 0.2, top - 22, width * 0.4, 24), body)
        pen.stroke(polygon([(middle, top - 22), (middle, top - 96)], closed=False), body, 5)
        pen.fill(ellipse(middle, top - 98, 4), lamp)
        pen.fill(ellipse(middle, top - 98, 12), lamp, 0.3)
    elif kind == "steps":
        pen.fill(box(x + width * 0.14, top - 26, width * 0.72, 28), body)
        pen.fill(box(x + width * 0.3, top - 48, width * 0.4, 26), body)
    elif kind == "tank":
        pen.fill(corners("-16 0, -12 -18, 12 -18, 16 0", x=middle, y=top), body)
        pen.fill(box(middle - 18, top - 46, 36, 30, 4), body)
        pen.fill(polygon([(middle - 22, top - 44), (middle, top - 62), (middle + 22, top - 44)]), body)
    elif kind == "slope":
        pen.fill(polygon([(x, top + 1), (x, top - 20), (x + width, top - 56), (x + width, top + 1)]), body)


def _windows(
    pen: Pen, chance: random.Random, x: float, top: float, width: float, foot: float, body: str, night: bool
) -> None:
    columns = max(2, int(width / 26))
    step = (width - 22) / columns
    paints = (
        mix(_WARM, pen.palette.light, 0.3),
        mix(_WARM, pen.palette.accents[2], 0.4),
        mix(pen.palette.accents[1], "#ffffff", 0.4),
    )
    dark = shift(body, lightness=-0.05 if night else 0.12)
    rows = int((foot - top - 30) / 24)
    outlines: dict[str, list[str]] = {}
    for row in range(rows):
        for column in range(columns):
            paint = chance.choice(paints) if night and chance.random() < 0.36 else dark
            outlines.setdefault(paint, []).append(box(x + 13 + column * step, top + 16 + row * 24, step - 8, 13))
    for paint, boxes in outlines.items():
        pen.fill(" ".join(boxes), paint, 0.95)


def _sign(pen: Pen, chance: random.Random, x: float, y: float, size: float) -> None:
    """A neon sign: a plain picture, no writing."""
    colour = chance.choice(pen.palette.accents)
    board = box(x - size, y, size * 2, size * 2.5, 8)
    pen.glow(x, y + size * 1.25, size * 2.6, colour, 0.55)
    pen.fill(board, pen.palette.tone(0.04), 0.92)
    pen.neon_line(board, colour, 3)
    kind = chance.choice(("note", "star", "heart", "bolt", "cup"))
    drawing = {
        "note": "-20 30, -20 -40, 30 -52, 30 18",
        "star": "0 -44, 11 -14, 44 -12, 18 8, 28 40, 0 22, -28 40, -18 8, -44 -12, -11 -14, 0 -44",
        "heart": "0 38, -38 -4, -30 -36, -8 -38, 0 -20, 8 -38, 30 -36, 38 -4, 0 38",
        "bolt": "12 -46, -22 6, 0 6, -12 46, 24 -10, 2 -10, 12 -46",
        "cup": "-34 -30, 34 -30, 2 4, 0 36, -20 40, 20 40, 0 36, -2 4, -34 -30",
    }[kind]
    pen.neon_line(
        curve(drawing, 0.9 if kind == "heart" else 0.2, closed=False, x=x, y=y + size * 1.25, size=size / 58),
        mix(colour, pen.palette.light, 0.3),
        3.4,
    )


def _tower(stage: Stage, x: float) -> None:
    """A lattice tower that rises over the roofs."""
    pen, palette = stage.layer("lattice tower", 0.88), stage.palette
    red = mix(palette.accents[0], stage.tone(0.35), 0.35)
    foot, top = 690.0, 66.0
    legs = [
        smooth([(x + sign * 118, foot), (x + sign * 62, 480), (x + sign * 24, 300), (x + sign * 7, top)], closed=False)
        for sign in (-1, 1)
    ]
    for line in legs:
        pen.stroke(line, red, 15)
    halves = [(118 * ((foot - y) / 624 - 1) ** 2 * 0.93 + 8, y) for y in range(120, 690, 52)]
    for (one, high), (two, low) in pairwise(halves):
        pen.stroke(polygon([(x - one, high), (x + two, low)], closed=False), red, 5)
        pen.stroke(polygon([(x + one, high), (x - two, low)], closed=False), red, 5)
        pen.stroke(polygon([(x - two, low), (x + two, low)], closed=False), red, 6)
    for y, wide in ((262, 46), (452, 84)):
        pen.shape(box(x - wide, y, wide * 2, 26, 5), red, line=0.7, rim=3)
        for index in range(5):
            pen.fill(ellipse(x - wide * 0.8 + index * wide * 0.4, y + 13, 4.5), _WARM)
    pen.stroke(polygon([(x, top), (x, top - 70)], closed=False), red, 6)
    pen.glow(x, top - 70, 46, palette.accents[0], 0.9)


def _roof(stage: Stage, x: float, side: int) -> None:
    """The roof that the cast stands on: tiles, a low wall, an air conditioner, a water tank, a lit billboard."""
    pen, palette = stage.layer("roof", 0.5), stage.palette
    slab = mix(stage.tone(0.2), oklch(0.4, 0.03, 280), 0.3)
    pen.fill(
        box(LEFT, ROOF, RIGHT - LEFT, LOW - ROOF),
        pen.linear((0, ROOF), (0, 920), (0, stage.tone(0.32), 1), (1, stage.tone(0.1), 1)),
    )
    for index in range(-16, 17):
        pen.stroke(
            polygon([(800 + index * 84, ROOF), (800 + index * 210, 1000)], closed=False),
            shift(slab, lightness=-0.07),
            3,
            0.8,
        )
    for y in (724, 772, 842):
        pen.stroke(polygon([(LEFT, y), (RIGHT, y)], closed=False), shift(slab, lightness=-0.07), 3, 0.8)
    wall = polygon([(LEFT, ROOF - 46), (RIGHT, ROOF - 46), (RIGHT, ROOF + 4), (LEFT, ROOF + 4)])
    pen.shape(wall, slab, line=1.0)
    pen.fill(box(LEFT, ROOF - 52, RIGHT - LEFT, 13), mix(slab, palette.light, 0.35))
    pen.glow(x, ROOF + 66, 420, mix(palette.accents[1], palette.light, 0.4), 0.55, 0.14)
    pen.fill(ellipse(x + 24, ROOF + 68, 118, 13), stage.tone(0.02), 0.5)
    far = x - side * 560
    pen.shape(box(far - 84, ROOF - 104, 168, 116, 8), mix(stage.tone(0.38), "#9aa0b4", 0.3), line=1.2, shade=14, rim=5)
    for spot in (-38, 40):
        pen.fill(ellipse(far + spot, ROOF - 46, 32), stage.tone(0.12))
        for blade in range(4):
            with pen.inside(f"translate({far + spot} {ROOF - 46}) rotate({blade * 90 + 20})"):
                pen.fill(curve("0 0, 8 -12, 4 -27, -6 -26", 0.8), stage.tone(0.36))
    _board(stage, pen, x + side * 400, side)


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


def _lamps(stage: Stage) -> None:
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


def _front(stage: Stage, side: int) -> None:
    """A dark plant close to the eye."""
    pen, palette = stage.layer("near", 0.12), stage.palette
    dark = stage.tone(0.03)
    left = 800 - side * 690
    for angle in (-58, -36, -16, 4, 24, 48):
        with pen.inside(f"translate({left} 880) rotate({angle})"):
            pen.fill(ribbon([(0, 0), (10, -120), (-6, -250)], [16, 26, 2]), dark)
    pen.fill(box(left - 90, 850, 180, 200, 14), dark)
    pen.fill(box(left - 90, 850, 180, 7, 3), mix(dark, palette.accents[1], 0.6))
