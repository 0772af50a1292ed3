"""What drifts in deep space: stones near and far, and the rock with crystals that the cast stands on."""

from __future__ import annotations

import math
import random

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, curve, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.stage import Stage

GROUND = 732.0


def _stone(stage: Stage, pen: Pen, chance: random.Random, place: Point, size: float, colour: str) -> None:
    """A stone in facets, each as bright as it is turned to the light."""
    x, y = place
    count = 10
    ring = [
        (
            x + math.cos(math.tau * step / count) * size * chance.uniform(0.8, 1.12),
            y + math.sin(math.tau * step / count) * size * chance.uniform(0.62, 0.92),
        )
        for step in range(count)
    ]
    inner = [
        (x + (a - x) * 0.52 + chance.uniform(-0.1, 0.1) * size, y + (b - y) * 0.5 + chance.uniform(-0.1, 0.1) * size)
        for a, b in ring[::2]
    ]
    outline = polygon(ring)
    if size > 30:
        pen.stroke(outline, pen.line_colour(colour), pen.sheet.inner * 1.6)
    pen.fill(outline, colour)
    bright, dark = mix(colour, stage.palette.light, 0.42), mix(colour, stage.palette.tone(0.0), 0.55)
    for index in range(count):
        a, b = ring[index], ring[(index + 1) % count]
        c = inner[((index + 1) // 2) % len(inner)]
        d = inner[(index // 2) % len(inner)]
        nx, ny = (a[0] + b[0]) / 2 - x, (a[1] + b[1]) / 2 - y
        facing = (nx * stage.light[0] + ny * stage.light[1]) / (math.hypot(nx, ny) or 1)
        pen.fill(
            polygon([a, b, c, d]),
            mix(dark, bright, min(1.0, max(0.0, 0.42 + 0.55 * facing + chance.uniform(-0.08, 0.08)))),
        )
    pen.fill(polygon(inner), mix(dark, bright, 0.38))


def rocks(
    stage: Stage, name: str, depth: float, count: int, sizes: tuple[float, float], level: float, side: int
) -> None:
    """Stones: far ones in a belt across the picture, near ones at its edges."""
    pen, chance = stage.layer(name, depth), stage.chance(name)
    for _ in range(count):
        size = sizes[0] + (sizes[1] - sizes[0]) * chance.random() ** 2
        x = chance.uniform(-150, 1750)
        y = 470 + side * (x - 800) * 0.22 + chance.gauss(0, 70) if depth > 0.4 else chance.uniform(60, 900)
        if depth < 0.4 and abs(x - 800) < 560:
            x = 800 + math.copysign(chance.uniform(640, 860), x - 800)
        colour = mix(stage.palette.tone(level), stage.palette.tone(0.5), 0.25 if depth > 0.4 else 0.0)
        _stone(stage, pen, chance, (x, y), size, colour)


def island(stage: Stage, x: float) -> None:
    """A rock that floats: a flat top with craters, a ragged underside in facets, crystals that glow."""
    pen, palette, chance = stage.layer("island", 0.48), stage.palette, stage.chance("island")
    stone = mix(palette.tone(0.3), palette.accents[1], 0.08)
    dark, bright = mix(stone, palette.tone(0.0), 0.62), mix(stone, palette.light, 0.22)
    wide = 540.0
    pen.glow(x, GROUND + 150, 620, palette.accents[1], 0.22, 0.5)
    lip = [(x - wide + 2 * wide * step / 12, GROUND + 4 + chance.uniform(-4, 10)) for step in range(13)]
    low = [
        (a + chance.uniform(-20, 20), GROUND + 60 + 230 * (1 - abs(a - x) / wide) ** 0.8 * chance.uniform(0.7, 1.15))
        for a, _ in lip[1:-1]
    ]
    outline = polygon([*lip, *reversed(low)])
    pen.stroke(outline, palette.line, pen.sheet.outer * 1.4)
    pen.fill(outline, dark)
    for index in range(len(low) - 1):
        a, b, c, d = lip[index + 1], lip[index + 2], low[index + 1], low[index]
        facing = 0.5 + 0.5 * (1 if stage.light[0] * (a[0] - x) > 0 else -1) * min(1.0, abs(a[0] - x) / wide)
        middle = ((a[0] + b[0]) / 2 + chance.uniform(-12, 12), (a[1] + c[1]) / 2 + chance.uniform(-10, 30))
        for one, two, level in ((a, b, 0.5), (b, c, 0.2), (c, d, 0.0), (d, a, 0.34)):
            pen.fill(polygon([one, two, middle]), mix(dark, bright, min(1.0, level * facing * 1.6)))
    top = smooth(
        [
            (x - wide, GROUND + 2),
            (x - wide * 0.7, GROUND - 34),
            (x - 160, GROUND - 46),
            (x + 160, GROUND - 46),
            (x + wide * 0.7, GROUND - 34),
            (x + wide, GROUND + 2),
            (x + wide * 0.7, GROUND + 36),
            (x, GROUND + 52),
            (x - wide * 0.7, GROUND + 36),
        ]
    )
    pen.fill(
        top,
        pen.linear(
            (0, GROUND - 46),
            (0, GROUND + 52),
            (0, mix(stone, palette.light, 0.42), 1),
            (1, mix(stone, palette.light, 0.06), 1),
        ),
    )
    pen.fill(top, texture.worn(pen, "moon dust", palette.tone(0.02), 0.5, (330, 90), 5))
    pen.stroke(
        smooth(
            [
                (x - wide, GROUND + 2),
                (x - wide * 0.7, GROUND + 36),
                (x, GROUND + 52),
                (x + wide * 0.7, GROUND + 36),
                (x + wide, GROUND + 2),
            ],
            closed=False,
        ),
        mix(stone, palette.light, 0.6),
        3,
        0.7,
    )
    for spot, size in ((-330, 46), (250, 34), (-150, 24), (390, 26), (90, 15), (-430, 18)):
        y = GROUND + 8 - 12 * (abs(spot) % 3 - 1)
        pen.fill(ellipse(x + spot, y, size, size * 0.26), mix(stone, palette.tone(0.0), 0.5))
        pen.stroke(
            curve(f"{-size} 2, 0 {size * 0.28}, {size} 2", closed=False, x=x + spot, y=y),
            mix(stone, palette.light, 0.6),
            2.5,
        )
    for left, lean, tall in (
        (x - 452, -26, 96), (x - 420, -12, 150), (x - 380, 8, 196), (x - 345, 24, 100), (x - 318, 34, 60),
        (x + 340, -26, 66), (x + 372, -10, 104), (x + 410, 12, 176), (x + 446, 27, 112),
    ):  # fmt: skip
        _crystal(stage, pen, left, lean, tall * chance.uniform(0.85, 1.15))
    pen.glow(x - 385, GROUND, 190, palette.accents[1], 0.5, 0.25)
    pen.glow(x + 408, GROUND, 170, palette.accents[1], 0.5, 0.25)


def _crystal(stage: Stage, pen: Pen, x: float, lean: float, tall: float) -> None:
    """A six-sided crystal, lit from within."""
    colour = stage.palette.accents[1]
    pen.glow(x, GROUND - tall * 0.5, tall * 0.95, colour, 0.35)
    half = tall * 0.16
    with pen.inside(f"translate({x:.0f} {GROUND:.0f}) rotate({lean})"):
        gem = polygon(
            [(-half * 0.8, 6), (-half, -tall * 0.74), (half * 0.1, -tall), (half, -tall * 0.7), (half * 0.8, 6)]
        )
        pen.stroke(gem, pen.line_colour(colour), pen.sheet.inner * 1.4)
        pen.fill(
            gem,
            pen.linear(
                (0, -tall),
                (0, 6),
                (0, mix(colour, "#ffffff", 0.55), 1),
                (0.6, colour, 1),
                (1, shift(colour, lightness=-0.25), 1),
            ),
        )
        pen.fill(
            polygon(
                [
                    (-half * 0.8, 6),
                    (-half, -tall * 0.74),
                    (half * 0.1, -tall),
                    (-half * 0.3, -tall * 0.68),
                    (-half * 0.2, 6),
                ]
            ),
            "#ffffff",
            0.42,
        )
        pen.fill(
            polygon(
                [(half, -tall * 0.7), (half * 0.1, -tall), (half * 0.5, -tall * 0.64), (half * 0.5, 6), (half * 0.8, 6)]
            ),
            shift(colour, lightness=-0.2),
            0.5,
        )
