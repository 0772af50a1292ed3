"""What a style sheet lays over the whole picture: speed lines and screen dots, or embers and light."""

from __future__ import annotations

import math

from daemon.film.painter.colour import mix
from daemon.film.painter.outline import ellipse, polygon, smooth
from daemon.film.painter.stage import CAST_DEPTH, Stage


def finish(stage: Stage) -> None:
    """Draws the sheet's own layers in front."""
    if stage.sheet.hatch:
        if stage.energy > 0.62 or stage.scene["role"] in ("drop", "build"):
            _speed_lines(stage)
        _screen(stage)
    elif stage.sheet.glow:
        _tubes(stage)
        _embers(stage)


def _tubes(stage: Stage) -> None:
    """Light behind the first of the cast: one great sign of tubes, or ribbons of light that pass; in some pictures."""
    kind = stage.chance("tubes").choice(("sign", "ribbons", "sign", "ribbons", ""))
    if not kind or stage.scene["place"] in _SIGNED or set(stage.scene["cast"]) & _HALOED:
        return
    cast = next((index for index, plane in enumerate(stage.planes) if plane.cast), len(stage.planes))
    (_sign if kind == "sign" else _ribbons)(stage)
    stage.planes.insert(cast, stage.planes.pop())


_SIGNED = ("industrial club", "deep space")  # they have lights of their own behind the cast
_HALOED = {"meditating figure", "ring dancer"}


def _sign(stage: Stage) -> None:
    pen, chance = stage.layer("sign", CAST_DEPTH + 0.08), stage.chance("sign")
    x, y = stage.face[0], stage.face[1] + 110 * stage.spot.scale
    first, second = stage.palette.accents[1], stage.palette.accents[0]
    reach = 300 * stage.spot.scale
    count = chance.choice((3, 4, 6, 0))
    pen.glow(x, y, reach * 1.7, first, 0.5)
    for size, colour, wide in ((1.0, first, 8), (0.84, second, 5)):
        if count:
            turns = [math.tau * index / count - math.pi / 2 for index in range(count)]
            outline = polygon(
                [(x + math.cos(turn) * reach * size, y + math.sin(turn) * reach * size) for turn in turns]
            )
        else:
            outline = ellipse(x, y, reach * size)
        pen.neon_line(outline, colour, wide)


def _ribbons(stage: Stage) -> None:
    pen, chance = stage.layer("ribbons", CAST_DEPTH + 0.08, soft=True), stage.chance("ribbons")
    side, level = chance.choice((-1, 1)), stage.spot.y - 150
    for index in range(6):
        rise = chance.uniform(30, 210)
        path = [
            (800 + side * across, level - index * 34 + rise * math.sin(across / 520 + index * 0.5) - across * 0.1)
            for across in range(-1500, 1501, 250)
        ]
        colour = stage.palette.accents[index % 3]
        pen.neon_line(smooth(path, closed=False), colour, chance.uniform(2.5, 6))


def _speed_lines(stage: Stage) -> None:
    """Wedges that run in from the edges towards the first of the cast."""
    pen, chance = stage.layer("speed lines", 0.03), stage.chance("speed lines")
    x, y = stage.face
    y += 60
    count = 90
    for index in range(count):
        angle = math.tau * (index + chance.uniform(-0.35, 0.35)) / count
        inner, wide = chance.uniform(440, 720), chance.uniform(0.004, 0.016)
        c, s = math.cos(angle), math.sin(angle)
        tip = (x + c * inner * 1.3, y + s * inner * 0.8)
        outer = 2600
        first = (x + outer * math.cos(angle - wide), y + outer * math.sin(angle - wide))
        last = (x + outer * math.cos(angle + wide), y + outer * math.sin(angle + wide))
        pen.fill(polygon([tip, first, last]), "#ffffff" if index % 3 else stage.palette.line, 0.92)


def _screen(stage: Stage) -> None:
    """Screen dots that grow towards one lower corner."""
    pen, chance = stage.layer("screen dots", 0.02), stage.chance("screen dots")
    side = chance.choice((-1, 1))
    colour = stage.palette.line
    for row in range(22):
        for column in range(30):
            x = 800 + side * (820 - column * 26 - (row % 2) * 13)
            y = 930 - row * 22
            radius = 11.5 * (1 - math.hypot(column / 27, row / 19))
            if radius > 0.8:
                pen.fill(ellipse(x, y, radius), colour, 0.55)


def _embers(stage: Stage) -> None:
    """Embers and soft orbs of light that float up."""
    pen, chance = stage.layer("motes", 0.05, soft=True), stage.chance("embers")
    colours = (*stage.palette.accents[:2], stage.palette.light)
    for _ in range(12):
        colour = chance.choice(colours)
        pen.glow(chance.uniform(-200, 1800), chance.uniform(-50, 950), chance.uniform(40, 120), colour, 0.32)
    for _ in range(70):
        x, y, radius = chance.uniform(-200, 1800), chance.uniform(-100, 1000), chance.choice((1.6, 2.2, 3.2, 4.6))
        colour = chance.choice(colours)
        pen.glow(x, y, radius * 5, colour, 0.6)
        pen.fill(ellipse(x, y, radius), mix(colour, "#ffffff", 0.6))
