"""The ocean: a low sun over rows of waves, a sailing ship, a lighthouse, gulls, a rock in the surf."""

from __future__ import annotations

import math
import random

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, curve, ellipse, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import nature, seamarks, sparkle
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

HORIZON = 430.0
ROCK = 742.0


def draw(stage: Stage) -> None:
    """Draws the ocean with the cast on a rock in the surf."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((80, 170, 240))
    sun = 800.0 - side * 190
    nature.sky(stage, HORIZON + 30, (sun, 300), 120)
    nature.clouds(stage, 330, 6, 0.85, 0.96)
    if sparkle.is_loud(stage) and stage.hour in ("night", "dusk"):
        sparkle.fireworks(stage, sun)
    _sea(stage, sun)
    seamarks.lighthouse(stage, 800 + side * 620, side)
    _waves(stage, "far waves", 0.74, 560, 0.44, 15, 110)
    seamarks.ship(stage, 800 - side * 430, side)
    _waves(stage, "waves", 0.62, 650, 0.34, 26, 170)
    _breaker(stage, 800 - side * 560, side)
    _rock(stage, x)
    stage.cast(x, ROCK, 0.9)
    _spray(stage, x)
    _waves(stage, "near waves", 0.14, 872, 0.2, 46, 260)
    _gulls(stage)
    nature.weather(stage)


def _blue(stage: Stage, level: float) -> str:
    return stage.own(level, 0.11, 228, 0.62)


def _sea(stage: Stage, sun: float) -> None:
    pen, chance = stage.layer("sea", 0.88), stage.chance("sea")
    pen.fill(
        box(LEFT, HORIZON, RIGHT - LEFT, LOW - HORIZON),
        pen.linear(
            (0, HORIZON),
            (0, 820),
            (0, mix(_blue(stage, 0.8), stage.palette.light, 0.3), 1),
            (0.3, _blue(stage, 0.55), 1),
            (1, _blue(stage, 0.26), 1),
        ),
    )
    glint = mix(stage.palette.light, "#ffffff", 0.4)
    for _ in range(90):
        share = chance.random() ** 1.3
        y, wide = HORIZON + 5 + 190 * share, (18 + 60 * share) * chance.uniform(0.5, 1.2)
        pen.fill(ellipse(sun + chance.gauss(0, 1) * (36 + 100 * share), y, wide, 1.4 + 3 * share), glint, 0.85)
    for _ in range(70):
        share = chance.random()
        pen.fill(
            ellipse(chance.uniform(LEFT, RIGHT), HORIZON + 8 + 200 * share, 14 + 50 * share, 1 + 2 * share),
            _blue(stage, 0.8),
            0.5,
        )


def _waves(stage: Stage, name: str, depth: float, y: float, level: float, tall: float, step: float) -> None:
    """A row of waves: pointed crests that lean one way, foam along them."""
    pen, chance = stage.layer(name, depth), stage.chance(name)
    body, foam = _blue(stage, level), mix("#ffffff", stage.palette.light, 0.3)
    crest: list[Point] = []
    tips: list[Point] = []
    x = LEFT + chance.uniform(-step, 0)
    while x < RIGHT:
        wide, high = step * chance.uniform(0.85, 1.2), tall * chance.uniform(0.7, 1.25)
        crest += [
            (x, y + tall * 0.5),
            (x + wide * 0.32, y + tall * 0.24),
            (x + wide * 0.56, y - high),
            (x + wide * 0.7, y - high * 0.7),
            (x + wide * 0.72, y + tall * 0.1),
        ]
        tips.append((x + wide * 0.56, y - high))
        x += wide
    outline = smooth([(LEFT, LOW), *crest, (RIGHT, LOW)], roundness=0.75)
    pen.stroke(outline, pen.line_colour(body), pen.sheet.inner * 1.2)
    pen.fill(
        outline,
        pen.linear(
            (0, y - tall),
            (0, y + tall * 5),
            (0, mix(body, stage.palette.light, 0.4), 1),
            (0.35, body, 1),
            (1, shift(body, lightness=-0.1), 1),
        ),
    )
    pen.stroke(smooth(crest, closed=False, roundness=0.75), foam, max(3.0, tall * 0.2), 0.9)
    for a, b in tips:
        pen.fill(curve("-60 22, -26 10, 0 0, 16 8, 10 22, -8 14, -20 30, -36 22", x=a, y=b, size=tall / 30), foam, 0.9)
        pen.stroke(
            curve("-90 60, -40 46, 20 60", closed=False, x=a, y=b, size=tall / 26),
            mix(body, foam, 0.5),
            max(2.0, tall * 0.1),
            0.7,
        )


def _breaker(stage: Stage, x: float, side: int) -> None:
    """One great curling wave."""
    pen = stage.layer("breaker", 0.56)
    body, foam = _blue(stage, 0.42), mix("#ffffff", stage.palette.light, 0.25)
    deep, bright = shift(body, lightness=-0.1), mix(body, stage.palette.light, 0.45)
    with pen.inside(f"translate({x} 770) scale({side} 1)"):
        back = curve(
            "-460 130, -360 10, -270 -110, -150 -206, -10 -250, 110 -226, 176 -150, 168 -80, 120 -104, 300 130", 0.8
        )
        pen.stroke(back, pen.line_colour(body), pen.sheet.inner * 2)
        pen.fill(back, pen.linear((0, -250), (0, 130), (0, bright, 1), (0.4, body, 1), (1, deep, 1)))
        hollow = curve(
            "150 -98, 96 -140, 20 -136, -40 -84, -48 -6, 10 66, 130 112, 330 130, 420 134, 300 84, 200 20", 0.8
        )
        pen.fill(hollow, pen.linear((-40, -100), (200, 120), (0, deep, 1), (1, body, 1)))
        for text in ("-16 -96, -26 -20, 40 58", "22 -112, 2 -40, 70 44", "66 -118, 40 -50, 110 34"):
            pen.stroke(curve(text, closed=False), mix(body, foam, 0.5), 7)
        for text in ("-370 70, -270 -60, -150 -150, -20 -196", "-300 90, -200 -30, -110 -110, -10 -150"):
            pen.stroke(curve(text, closed=False), mix(body, foam, 0.4), 7)
        lip = [(-250, -134), (-150, -208), (-10, -252), (110, -228), (178, -150), (186, -84)]
        pen.stroke(smooth(lip, closed=False), pen.line_colour(body), 34)
        pen.stroke(smooth(lip, closed=False), foam, 25)
        for a, b, radius in (
            (-214, -160, 19), (-160, -194, 24), (-104, -216, 27), (-46, -234, 29), (14, -240, 31), (72, -226, 33),
            (122, -198, 33), (156, -156, 32), (174, -110, 29), (186, -66, 22), (150, -78, 18), (126, -112, 17),
            (200, -30, 12), (176, -34, 9), (214, -2, 8), (150, -46, 8),
        ):  # fmt: skip
            pen.fill(ellipse(a, b, radius), foam)
        for a, b, radius in (
            (-60, -286, 7),
            (36, -292, 9),
            (118, -270, 7),
            (196, -214, 8),
            (230, -130, 6),
            (240, -60, 8),
        ):
            pen.fill(ellipse(a, b, radius), foam)
        base = [(-470 + step * 90, 112 + (-22 if step % 2 else 8)) for step in range(11)]
        pen.fill(smooth([(-480, 170), *base, (460, 170)], roundness=0.9), foam, 0.95)
        pen.fill(smooth([(-480, 240), *[(a, b + 34) for a, b in base], (460, 240)], roundness=0.9), _blue(stage, 0.4))


def _rock(stage: Stage, x: float) -> None:
    """The rock that the cast stands on, foam around its foot."""
    pen, chance = stage.layer("rock", 0.48), stage.chance("rock")
    stone = mix(stage.tone(0.24), oklch(0.4, 0.04, 270), 0.35)
    y = ROCK
    base = polygon(
        [
            (x - 400, y + 190),
            (x - 340, y + 84),
            (x - 272, y + 20),
            (x - 200, y - 12),
            (x - 60, y - 24),
            (x + 110, y - 20),
            (x + 230, y - 4),
            (x + 300, y + 36),
            (x + 352, y + 100),
            (x + 420, y + 190),
        ]
    )
    pen.shape(base, stone, line=1.5, shade=32, rim=8)
    pen.fill(
        polygon(
            [
                (x - 272, y + 20),
                (x - 200, y - 12),
                (x - 60, y - 24),
                (x + 110, y - 20),
                (x + 230, y - 4),
                (x + 120, y + 22),
                (x - 80, y + 30),
            ]
        ),
        mix(stone, stage.palette.light, 0.33),
    )
    for points in (
        [(-180, 30), (-120, 100), (-190, 150), (-250, 90)],
        [(40, 40), (120, 60), (90, 140), (20, 120)],
        [(190, 30), (260, 90), (200, 150), (160, 90)],
    ):
        pen.fill(polygon([(x + a, y + b) for a, b in points]), shift(stone, lightness=-0.06))
    foam = mix("#ffffff", stage.palette.light, 0.25)
    ring = [
        (x - 460 + index * 62, y + 116 + (-20 if index % 2 else 6) + chance.uniform(-10, 10)) for index in range(16)
    ]
    pen.fill(smooth([(x - 500, y + 190), *ring, (x + 520, y + 190)], roundness=0.9), foam, 0.95)
    pen.fill(
        smooth([(x - 500, y + 240), *[(a, b + 34) for a, b in ring], (x + 520, y + 240)], roundness=0.9),
        _blue(stage, 0.5),
    )


def _spray(stage: Stage, x: float) -> None:
    pen, chance = stage.layer("spray", 0.3), stage.chance("spray")
    foam = mix("#ffffff", stage.palette.light, 0.25)
    for half in (-1, 1):
        for _ in range(22):
            angle = math.radians(chance.uniform(52, 118))
            reach = chance.uniform(30, 210)
            left = x + half * 380 + half * math.cos(angle) * reach * 0.9
            pen.fill(
                ellipse(
                    left,
                    ROCK + 120 - math.sin(angle) * reach,
                    chance.uniform(3, 11) * (1 - reach / 300),
                    chance.uniform(3, 11) * (1 - reach / 300) + 2,
                ),
                foam,
                0.9,
            )
        lobe = curve(
            "-80 60, -70 0, -92 -50, -50 -30, -36 -96, -8 -36, 22 -80, 30 -16, 66 -30, 60 20, 84 60",
            0.7,
            x=x + half * 372,
            y=ROCK + 120,
        )
        pen.fill(lobe, foam, 0.9)


def _gulls(stage: Stage) -> None:
    pen, chance = stage.layer("gulls", 0.24), stage.chance("gulls")
    for _ in range(9):
        x = chance.uniform(60, 1540)
        if abs(x - stage.spot.x) > 330:
            _gull(pen, chance, x, chance.uniform(60, 380), chance.uniform(0.6, 1.5))


def _gull(pen: Pen, chance: random.Random, x: float, y: float, size: float) -> None:
    with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({chance.uniform(-16, 16):.0f}) scale({size:.2f})"):
        for sign in (-1, 1):
            wing = ribbon([(0, 0), (sign * 20, -15), (sign * 42, -8), (sign * 58, 4)], [4, 6, 4, 0.5])
            pen.stroke(wing, pen.palette.line, 4)
            pen.fill(wing, "#ffffff")
        pen.fill(ellipse(0, 1, 9, 5), "#ffffff")
