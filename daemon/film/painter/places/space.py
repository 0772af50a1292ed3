"""Deep space: nebulae, stars, a spiral galaxy, a ringed planet, moons, asteroids, a rock that floats."""

from __future__ import annotations

import math
import random

from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, box, curve, ellipse, polygon, ribbon, smooth
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage

GROUND = 732.0


def draw(stage: Stage) -> None:
    """Draws space with the cast on a floating rock."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((60, 170))
    stage.light = (-side * 0.75, -0.66)
    _deep(stage, side)
    _stars(stage)
    _galaxy(stage, 800 + side * 520, 190)
    _planet(stage, 800 - side * 400, 330, 236, side)
    _moons(stage, side)
    _rocks(stage, "far rocks", 0.7, 12, (10, 26), 0.3)
    _island(stage, x)
    stage.cast(x, GROUND, 0.92)
    _rocks(stage, "near rocks", 0.12, 7, (40, 84), 0.08)
    _dust(stage)


def _deep(stage: Stage, side: int) -> None:
    pen, palette, chance = stage.layer("deep", 1.0, soft=True), stage.palette, stage.chance("deep")
    pen.fill(
        box(LEFT, TOP, RIGHT - LEFT, LOW - TOP),
        pen.linear(
            (0, -100), (400, 1000), (0, palette.tone(0.02), 1), (0.6, palette.tone(0.1), 1), (1, palette.tone(0.3), 1)
        ),
    )
    colours = (palette.accents[0], palette.accents[1], palette.tone(0.62), palette.tone(0.75))
    for index in range(13):
        share = index / 12
        x = -150 + 1900 * share + chance.uniform(-90, 90)
        y = 450 + side * (share - 0.5) * -620 + chance.uniform(-110, 110)
        pen.glow(x, y, chance.uniform(200, 400), colours[index % 4], 0.42, chance.uniform(0.55, 1.0))


def _stars(stage: Stage) -> None:
    pen, palette, chance = stage.layer("stars", 0.97), stage.palette, stage.chance("stars")
    tints = ("#ffffff", palette.light, mix(palette.accents[1], "#ffffff", 0.5), mix(palette.accents[0], "#ffffff", 0.6))
    for _ in range(260):
        x, y = chance.uniform(LEFT, RIGHT), chance.uniform(TOP, LOW)
        pen.fill(ellipse(x, y, chance.choice((1.1, 1.5, 1.5, 2.2, 3.0))), chance.choice(tints), chance.uniform(0.4, 1))
    for _ in range(15):
        x, y, reach = chance.uniform(-100, 1700), chance.uniform(-50, 900), chance.uniform(8, 19)
        near = reach * 0.13
        star = [
            (x, y - reach),
            (x + near, y - near),
            (x + reach, y),
            (x + near, y + near),
            (x, y + reach),
            (x - near, y + near),
            (x - reach, y),
            (x - near, y - near),
        ]
        pen.glow(x, y, reach * 2.2, tints[2], 0.5)
        pen.fill(polygon(star), "#ffffff")


def _galaxy(stage: Stage, x: float, y: float) -> None:
    pen, palette, chance = stage.layer("galaxy", 0.95), stage.palette, stage.chance("galaxy")
    with pen.inside(f"translate({x} {y}) rotate({chance.uniform(-30, 30):.0f}) scale(1 0.46)"):
        pen.glow(0, 0, 240, palette.accents[1], 0.6)
        for half in (0, math.pi):
            arm = []
            for step in range(15):
                angle, radius = half + step * 0.34, 16 + step * 12.5
                arm.append((math.cos(angle) * radius, math.sin(angle) * radius))
                for _ in range(9):
                    a, r = angle + chance.gauss(0, 0.13), radius + chance.gauss(0, 9)
                    pen.fill(ellipse(math.cos(a) * r, math.sin(a) * r, chance.uniform(1.2, 3.2)), "#ffffff", 0.8)
            pen.fill(
                ribbon(arm, [20, 20, 19, 18, 17, 16, 15, 14, 12, 11, 9, 8, 6, 4, 1]),
                mix(palette.accents[1], palette.light, 0.4),
                0.5,
            )
        pen.fill(ellipse(0, 0, 34, 34), mix(palette.light, "#ffffff", 0.5), 0.95)


def _planet(stage: Stage, x: float, y: float, radius: float, side: int) -> None:
    """A banded planet in its rings; the far half of the rings lies behind it."""
    pen, palette, chance = stage.layer("planet", 0.88), stage.palette, stage.chance("planet")
    body = mix(palette.accents[0], palette.tone(0.5), 0.25)
    tilt = -side * 17
    pen.glow(x, y, radius * 1.75, mix(palette.accents[0], palette.light, 0.3), 0.55)
    rings = (
        (1.95, 20, palette.tone(0.78)),
        (1.74, 26, mix(palette.accents[2], palette.tone(0.7), 0.4)),
        (1.52, 16, palette.tone(0.6)),
    )

    def ring(back: bool) -> None:
        for grow, width, colour in rings:
            wide, tall = radius * grow, radius * grow * 0.24
            line = smooth(
                [
                    (math.cos(angle) * wide, math.sin(angle) * tall)
                    for angle in [math.pi * step / 16 * (-1 if back else 1) for step in range(17)]
                ],
                closed=False,
            )
            pen.stroke(line, colour, width * (0.55 if back else 0.9), 0.92, cap="butt")

    with pen.inside(f"translate({x} {y}) rotate({tilt})"):
        ring(back=True)
        disc = ellipse(0, 0, radius)
        pen.stroke(disc, palette.line, pen.sheet.inner * 2)
        pen.fill(disc, body)
        with pen.inside(clip=disc):
            low = -radius
            while low < radius:
                tall = chance.uniform(18, 58)
                band = [
                    (-radius - 10, low),
                    (-radius * 0.4, low + chance.uniform(-8, 8)),
                    (radius * 0.3, low + chance.uniform(-8, 8)),
                    (radius + 10, low),
                    (radius + 10, low + tall),
                    (radius * 0.3, low + tall + chance.uniform(-9, 9)),
                    (-radius * 0.4, low + tall + chance.uniform(-9, 9)),
                    (-radius - 10, low + tall),
                ]
                pen.fill(
                    smooth(band, roundness=0.7),
                    chance.choice(
                        (
                            shift(body, lightness=0.09),
                            shift(body, lightness=-0.07),
                            mix(body, palette.accents[2], 0.4),
                            body,
                        )
                    ),
                )
                low += tall
            pen.fill(
                ellipse(radius * 0.3 * side, radius * 0.3, radius * 0.2, radius * 0.1),
                mix(body, palette.accents[2], 0.6),
            )
            x_off = stage.light[0] * radius * 0.52
            dark = f"{ellipse(0, 0, radius * 1.6)} {ellipse(x_off, stage.light[1] * radius * 0.3, radius * 1.1)}"
            pen.parts.append(f'<path d="{dark}" fill="{palette.tone(0.04)}" fill-opacity="0.62" fill-rule="evenodd"/>')
        pen.stroke(ellipse(0, 0, radius - 3), mix(palette.light, body, 0.3), 4, 0.5)
        ring(back=False)


def _moons(stage: Stage, side: int) -> None:
    pen, palette = stage.layer("moons", 0.8), stage.palette
    for x, y, radius, level in (
        (800 + side * 330, 120, 46, 0.7),
        (800 + side * 660, 470, 84, 0.5),
        (800 - side * 90, 90, 22, 0.85),
    ):
        colour = palette.tone(level)
        disc = ellipse(x, y, radius)
        pen.shape(disc, colour, line=1.0, shade=radius * 0.42, rim=4)
        for a, b, size in ((-0.3, -0.25, 0.2), (0.25, 0.1, 0.26), (-0.2, 0.4, 0.16), (0.4, -0.4, 0.12)):
            pen.fill(
                ellipse(x + a * radius, y + b * radius, radius * size, radius * size * 0.86),
                shift(colour, lightness=-0.1),
            )


def _stone(chance: random.Random, x: float, y: float, size: float) -> str:
    count = 9
    return polygon(
        [
            (
                x + math.cos(math.tau * step / count) * size * chance.uniform(0.78, 1.15),
                y + math.sin(math.tau * step / count) * size * chance.uniform(0.6, 0.95),
            )
            for step in range(count)
        ]
    )


def _rocks(stage: Stage, name: str, depth: float, count: int, sizes: tuple[float, float], level: float) -> None:
    pen, chance = stage.layer(name, depth), stage.chance(name)
    for _ in range(count):
        size = chance.uniform(*sizes)
        x, y = chance.uniform(-100, 1700), chance.uniform(40, 860)
        if size > 30 and 260 < x < 1340:
            x = 800 + math.copysign(chance.uniform(620, 860), x - 800)
        colour = stage.palette.tone(level)
        pen.shape(_stone(chance, x, y, size), colour, line=0.9, shade=size * 0.3, rim=size * 0.12)
        for _ in range(2):
            pen.fill(
                ellipse(
                    x + chance.uniform(-0.4, 0.4) * size, y + chance.uniform(-0.4, 0.3) * size, size * 0.16, size * 0.12
                ),
                shift(colour, lightness=-0.06),
            )


def _island(stage: Stage, x: float) -> None:
    """A rock that floats: a flat top, a ragged underside, crystals that glow."""
    pen, palette, chance = stage.layer("island", 0.48), stage.palette, stage.chance("island")
    stone = mix(palette.tone(0.34), palette.accents[1], 0.08)
    wide = 520.0
    under: list[Point] = [(x + wide, GROUND - 6)]
    for step in range(13):
        share = 1 - step / 6
        depth = 70 + 210 * (1 - abs(share)) * chance.uniform(0.75, 1.15) + (46 if step % 2 else 0)
        under.append((x + wide * 0.92 * share, GROUND + depth))
    under.append((x - wide, GROUND - 6))
    pen.shape(polygon(under), mix(stone, palette.tone(0.05), 0.45), line=1.4, shade=34, rim=8)
    for step in range(9):
        left = x - wide * 0.8 + step * wide * 0.2 + chance.uniform(-20, 20)
        facet = polygon([(left, GROUND + 20), (left + 62, GROUND + 26), (left + 30, GROUND + chance.uniform(90, 200))])
        pen.fill(facet, mix(stone, palette.tone(0.1), 0.2), 0.7)
    top = smooth(
        [
            (x - wide, GROUND - 8),
            (x - wide * 0.7, GROUND - 38),
            (x - 160, GROUND - 46),
            (x + 160, GROUND - 46),
            (x + wide * 0.7, GROUND - 38),
            (x + wide, GROUND - 8),
            (x + wide * 0.7, GROUND + 36),
            (x, GROUND + 52),
            (x - wide * 0.7, GROUND + 36),
        ]
    )
    pen.shape(
        top,
        pen.linear((0, GROUND - 46), (0, GROUND + 52), (0, mix(stone, palette.light, 0.35), 1), (1, stone, 1)),
        line=1.2,
        tone=stone,
    )
    for spot, size in ((-330, 46), (250, 34), (-150, 24), (390, 26)):
        pen.fill(ellipse(x + spot, GROUND + 8, size, size * 0.26), shift(stone, lightness=-0.12))
        pen.stroke(
            curve(f"{-size} 2, 0 {size * 0.26}, {size} 2", closed=False, x=x + spot, y=GROUND + 8),
            mix(stone, palette.light, 0.5),
            3,
        )
    for left, lean, tall in (
        (x - 420, -16, 120),
        (x - 380, 8, 170),
        (x - 345, 22, 90),
        (x + 410, 14, 150),
        (x + 445, 28, 96),
        (x + 372, -10, 92),
    ):
        colour = palette.accents[1]
        pen.glow(left, GROUND - tall * 0.5, tall * 0.9, colour, 0.4)
        with pen.inside(f"translate({left} {GROUND}) rotate({lean})"):
            gem = polygon([(-20, 6), (-24, -tall * 0.7), (0, -tall), (24, -tall * 0.7), (20, 6)])
            pen.shape(gem, colour, line=1.0)
            pen.fill(polygon([(-20, 6), (-24, -tall * 0.7), (0, -tall), (-4, 6)]), mix(colour, "#ffffff", 0.5), 0.8)
            pen.fill(polygon([(24, -tall * 0.7), (0, -tall), (8, -tall * 0.66)]), mix(colour, "#ffffff", 0.75), 0.9)
    pen.glow(x, GROUND + 2, 380, mix(palette.accents[1], palette.light, 0.5), 0.5, 0.12)


def _dust(stage: Stage) -> None:
    """A comet and specks that drift close to the eye."""
    pen, chance, palette = stage.layer("comet", 0.2), stage.chance("comet"), stage.palette
    x, y = chance.uniform(200, 1400), chance.uniform(60, 210)
    reach = chance.choice((-1, 1)) * chance.uniform(230, 330)
    for wide, opacity in ((15, 0.2), (8, 0.4), (3, 0.9)):
        pen.fill(
            ribbon([(x, y), (x + reach * 0.5, y - 46), (x + reach, y - 100)], [wide, wide * 0.5, 0.5]),
            mix(palette.accents[1], "#ffffff", 0.6),
            opacity,
        )
    pen.glow(x, y, 58, palette.light, 0.9)
    pen.fill(ellipse(x, y, 9), "#ffffff")
    for _ in range(30):
        pen.fill(
            ellipse(chance.uniform(-100, 1700), chance.uniform(0, 950), chance.uniform(1.5, 4.5)), palette.light, 0.5
        )
