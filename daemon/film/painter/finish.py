"""What a style sheet lays over the whole picture: speed lines and screen dots, or embers and light."""

from __future__ import annotations

import math

from daemon.film.painter.colour import mix
from daemon.film.painter.outline import ellipse, polygon
from daemon.film.painter.stage import Stage


def finish(stage: Stage) -> None:
    """Draws the sheet's own layers in front."""
    if stage.sheet.hatch:
        if stage.energy > 0.62 or stage.scene["role"] in ("drop", "build"):
            _speed_lines(stage)
        _screen(stage)
    elif stage.sheet.glow:
        _embers(stage)


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
    pen, chance = stage.layer("embers", 0.05, soft=True), stage.chance("embers")
    colours = (*stage.palette.accents[:2], stage.palette.light)
    for _ in range(12):
        colour = chance.choice(colours)
        pen.glow(chance.uniform(-200, 1800), chance.uniform(-50, 950), chance.uniform(40, 120), colour, 0.32)
    for _ in range(70):
        x, y, radius = chance.uniform(-200, 1800), chance.uniform(-100, 1000), chance.choice((1.6, 2.2, 3.2, 4.6))
        colour = chance.choice(colours)
        pen.glow(x, y, radius * 5, colour, 0.6)
        pen.fill(ellipse(x, y, radius), mix(colour, "#ffffff", 0.6))
