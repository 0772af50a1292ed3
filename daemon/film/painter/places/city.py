"""The city: a skyline seen from a roof, or a street of signs at night that runs to a vanishing point."""

from __future__ import annotations

import random
from itertools import pairwise

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, corners, curve, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, rooftop, sky, sparkle, street, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

_WARM = oklch(0.88, 0.12, 85)
_PICTURES = {
    "note": "-20 30, -20 -40, 30 -52, 30 18",
    "star": "0 -44, 11 -14, 44 -12, 18 8, 28 40, 0 22, -28 40, -18 8, -44 -12, -11 -14, 0 -44",
    "heart": "0 38, -38 -4, -30 -36, -8 -38, 0 -20, 8 -38, 30 -36, 38 -4, 0 38",
    "bolt": "12 -46, -22 6, 0 6, -12 46, 24 -10, 2 -10, 12 -46",
    "cup": "-34 -30, 34 -30, 2 4, 0 36, -20 40, 20 40, 0 36, -2 4, -34 -30",
}


def draw(stage: Stage) -> None:
    """Draws the city with the cast on a roof or in a street."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    if chance.random() < 0.5:
        x = 800.0 + side * chance.choice((0, 90, 160))
        street.draw(stage, x, side)
        air.standing(stage, x, 806, 0.95, 500, 0.7)
        stage.cast(x, 804, 0.95)
        if stage.scene["role"] in ("drop", "chorus"):
            sparkle.confetti(stage)
        street.near(stage, side)
        weather.fall(stage)
        return
    x = 800.0 + side * chance.choice((120, 230))
    moon = 800.0 - side * 260
    sky.sky(stage, 660, (moon, 240), 126)
    sky.clouds(stage, 300, 5, 0.5 if stage.hour == "night" else 0.85, 0.97)
    if sparkle.is_loud(stage) and stage.hour != "day":
        sparkle.fireworks(stage, moon)
    _row(stage, "last towers", 0.95, 650, (120, 260), 0.5, (40, 80), 0.72)
    _row(stage, "far towers", 0.92, 660, (170, 360), 0.38, (60, 110), 0.5)
    _tower(stage, 800 - side * 420)
    _row(stage, "towers", 0.8, 690, (240, 440), 0.24, (100, 170), 0.24, signs=True)
    _row(stage, "near towers", 0.66, 760, (180, 360), 0.1, (150, 250), 0.06, signs=True)
    rooftop.roof(stage, x, side)
    rooftop.lamps(stage)
    air.standing(stage, x, rooftop.ROOF + 68, 0.95, 560)
    stage.cast(x, rooftop.ROOF + 66, 0.95)
    if stage.scene["role"] in ("drop", "chorus"):
        sparkle.confetti(stage)
    rooftop.front(stage, side)
    weather.fall(stage)


def _row(
    stage: Stage, name: str, depth: float, foot: float, tall: tuple[float, float], level: float,
    wide: tuple[float, float], far: float, signs: bool = False,
) -> None:  # fmt: skip
    """One row of towers; the centre is kept lower, so that the sky shows behind the cast; far: share of haze."""
    pen, chance, palette = stage.layer(name, depth), stage.chance(name), stage.palette
    night, haze = stage.hour in ("night", "dusk"), sky.horizon_colour(stage)
    glow = mix(haze, _WARM, 0.3) if night else haze
    x = LEFT
    while x < RIGHT:
        width = chance.uniform(*wide)
        reach = min(1.0, 0.4 + abs(x + width / 2 - 800) / 850)
        top = foot - chance.uniform(*tall) * (0.55 + 0.65 * reach)
        body = mix(mix(stage.tone(level), stage.tone(level + 0.12), chance.random()), haze, far)
        lit = mix(body, mix(sky.warmth(stage), palette.light, 0.5), 0.16)
        cut = width * chance.uniform(0.55, 0.75)
        left_lit = stage.light[0] < 0
        _crown(pen, chance, x, top, width, body, palette.accents[0] if night else mix(stage.tone(0.3), haze, far))
        for start, end, tone in (
            (x, x + cut, lit if left_lit else shift(body, lightness=-0.03)),
            (x + cut, x + width, shift(body, lightness=-0.035) if left_lit else lit),
        ):
            stops = ((0, tone, 1), (0.6, mix(tone, glow, 0.25 + 0.3 * far), 1), (1, mix(tone, glow, 0.6), 1))
            pen.fill(box(start, top, end - start, LOW - top), pen.linear((0, top), (0, foot), *stops))
        edge = x if left_lit else x + width - 3
        pen.fill(box(edge, top, 3, foot - top), mix(lit, palette.light, 0.5), 0.8)
        pen.fill(box(x - 2, top - 5, width + 4, 7), mix(lit, palette.light, 0.2))
        _windows(pen, chance, (x, top, width, foot), cut, body, night, far)
        if signs and night and chance.random() < 0.4:
            sign(pen, chance, x + width * 0.5, top + chance.uniform(40, 90), min(46, width * 0.28))
        x += width + chance.choice((0, 0, 4, 16))
    air.haze(pen, foot - tall[1] * 0.8, foot + 30, glow, 0.25 + 0.55 * far)


def _crown(pen: Pen, chance: random.Random, x: float, top: float, width: float, body: str, lamp: str) -> None:
    kind = chance.choice(("flat", "mast", "steps", "tank", "slope", "garden"))
    middle = x + width / 2
    if kind == "mast":
        pen.fill(box(middle - width * 0.2, top - 22, width * 0.4, 24), body)
        pen.stroke(polygon([(middle, top - 22), (middle, top - 96)], closed=False), body, 4)
        pen.stroke(polygon([(middle - 12, top - 62), (middle + 12, top - 62)], closed=False), body, 2.5)
        pen.fill(ellipse(middle, top - 98, 3.4), lamp)
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
    elif kind == "garden":
        bushes = [ellipse(x + width * (0.15 + 0.1 * step), top - 8, 10, 9) for step in range(8)]
        pen.fill(" ".join(bushes), body)


def _windows(
    pen: Pen, chance: random.Random, place: tuple[float, float, float, float], cut: float, body: str, night: bool,
    far: float,
) -> None:  # fmt: skip
    """Small panes floor by floor; whole runs of a floor are lit together, as where people work."""
    x, top, width, foot = place
    step, rise = 11 + 9 * (1 - far), 13 + 9 * (1 - far)
    columns = max(3, int((width - 10) / step))
    step = (width - 10) / columns
    warm = mix(_WARM, pen.palette.light, 0.3)
    paints = (warm, warm, mix(_WARM, pen.palette.accents[2], 0.4), mix(pen.palette.accents[1], "#ffffff", 0.4))
    dark = shift(body, lightness=-0.05 if night else 0.1)
    outlines: dict[str, list[str]] = {}
    for row in range(int((foot - top - 20) / rise)):
        paint, run = dark, 0
        for column in range(columns):
            if run <= 0:
                run = chance.randint(1, 4)
                paint = chance.choice(paints) if night and chance.random() < 0.34 else dark
            run -= 1
            left = x + 6 + column * step
            if abs(left + step / 2 - x - cut) < 5:
                continue
            outlines.setdefault(paint, []).append(box(left, top + 12 + row * rise, step * 0.62, rise * 0.5))
    for paint, boxes in outlines.items():
        pen.fill(" ".join(boxes), paint, 0.9 - 0.5 * far)


def sign(pen: Pen, chance: random.Random, x: float, y: float, size: float) -> None:
    """A neon sign: a plain picture, no writing."""
    colour = chance.choice(pen.palette.accents)
    board = box(x - size, y, size * 2, size * 2.5, 8)
    pen.glow(x, y + size * 1.25, size * 2.6, colour, 0.55)
    pen.fill(board, pen.palette.tone(0.04), 0.92)
    pen.neon_line(board, colour, 3)
    kind = chance.choice(list(_PICTURES))
    drawing = curve(
        _PICTURES[kind], 0.9 if kind == "heart" else 0.2, closed=False, x=x, y=y + size * 1.25, size=size / 58
    )
    pen.neon_line(drawing, mix(colour, pen.palette.light, 0.3), 3.4)


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
