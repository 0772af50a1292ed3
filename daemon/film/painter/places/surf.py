"""Waves: rows of swell, one great breaker, the rock that stands in the surf, and its spray."""

from __future__ import annotations

import math

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, curve, ellipse, points, polygon, smooth
from daemon.film.painter.places import sky
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

ROCK = 742.0


def blue(stage: Stage, level: float) -> str:
    """Water at a level of light."""
    return stage.own(level * (0.8 if sky.stormy(stage) else 1.0), 0.105, 225, 0.8 if stage.hour == "day" else 0.62)


def _foam(stage: Stage) -> str:
    return mix("#ffffff", stage.palette.light, 0.25)


def roller(stage: Stage, name: str, depth: float, y: float, level: float, tall: float, step: float) -> None:
    """A row of swell: broad backs, steep faces in shade, light through the crests, foam that runs down them."""
    pen, chance = stage.layer(name, depth), stage.chance(name)
    if sky.stormy(stage):
        tall *= 1.7
    body, foam, haze = blue(stage, level), _foam(stage), sky.horizon_colour(stage)
    way = 1 if stage.light[0] > 0 else -1
    crest: list[Point] = []
    tips: list[tuple[float, float, float, float]] = []
    x = LEFT + chance.uniform(-step, 0)
    while x < RIGHT:
        wide, high = step * chance.uniform(0.75, 1.3), tall * chance.uniform(0.55, 1.3)
        crest += [
            (x, y + tall * 0.42),
            (x + wide * 0.3, y + tall * 0.16),
            (x + wide * 0.52, y - high * 0.86),
            (x + wide * 0.6, y - high),
            (x + wide * 0.68, y - high * 0.66),
            (x + wide * 0.78, y + tall * 0.1),
        ]
        tips.append((x + wide * 0.6, y - high, wide, high))
        x += wide
    outline = smooth([(LEFT, LOW), *crest, (RIGHT, LOW)], roundness=0.9)
    glassy = mix(mix(body, haze, 0.4), oklch(0.75, 0.1, 190), 0.25)
    stops = ((0, glassy, 1), (0.22, mix(body, glassy, 0.25), 1), (0.6, body, 1), (1, shift(body, lightness=-0.1), 1))
    pen.fill(outline, pen.linear((0, y - tall * 1.2), (0, y + tall * 3.4), *stops))
    pen.stroke(smooth(crest, closed=False, roundness=0.9), mix(glassy, "#ffffff", 0.4), max(1.6, tall * 0.07), 0.8)
    lace, shade = [], []
    for a, b, wide, high in tips:
        face = [
            (a, b),
            (a + wide * 0.08, b + high * 0.4),
            (a + wide * 0.2, b + high * 1.25),
            (a + wide * 0.02, b + high * 1.2),
            (a - wide * 0.05, b + high * 0.5),
        ]
        shade.append(smooth(face, roundness=0.8))
        cap = [
            (a - wide * 0.16, b + high * 0.36),
            (a - wide * 0.06, b + high * 0.04),
            (a, b - high * 0.06),
            (a + wide * 0.05, b + high * 0.12),
        ]
        under = [
            (a + wide * 0.06, b + high * 0.34),
            (a + wide * 0.02, b + high * 0.24),
            (a - wide * 0.03, b + high * 0.4),
            (a - wide * 0.08, b + high * 0.3),
        ]
        lace.append(smooth([*cap, *under], roundness=0.9))
        for _ in range(6):
            off, fall = chance.uniform(-0.4, 0.34), chance.uniform(0.5, 1.7)
            long, thin = wide * chance.uniform(0.03, 0.12), max(1.0, high * 0.05)
            lace.append(
                smooth(
                    [
                        (a + wide * off - long, b + high * fall),
                        (a + wide * off, b + high * fall - thin),
                        (a + wide * off + long, b + high * fall + thin),
                        (a + wide * off, b + high * fall + thin),
                    ]
                )
            )
    pen.fill(" ".join(shade), shift(body, lightness=-0.07), 0.75)
    pen.fill(" ".join(lace), foam, 0.85)
    glints = []
    for a, b, wide, high in tips:
        for _ in range(4):
            left = a - wide * chance.uniform(0.1, 0.45) * way
            glints.append(ellipse(left, b + high * chance.uniform(0.4, 1.3), wide * 0.05, max(0.8, high * 0.03)))
    pen.fill(" ".join(glints), mix(stage.palette.light, "#ffffff", 0.4), 0.75)


def breaker(stage: Stage, x: float, side: int) -> None:
    """One great curling wave, light through its wall, foam thrown from its lip."""
    pen, chance = stage.layer("breaker", 0.56), stage.chance("breaker")
    body, foam = blue(stage, 0.4), _foam(stage)
    deep, glassy = shift(body, lightness=-0.12), mix(blue(stage, 0.8), oklch(0.8, 0.11, 185), 0.45)
    with pen.inside(f"translate({x:.0f} 775) scale({side * 1.05:.2f} 1.05)"):
        back = curve(
            "-480 140, -370 30, -280 -90, -160 -196, -20 -248, 100 -232, 172 -160, 172 -92, 124 -112, 320 140", 0.85
        )
        pen.stroke(back, pen.line_colour(body), pen.sheet.inner * 1.2)
        pen.fill(
            back,
            pen.linear(
                (0, -250), (0, 140), (0, glassy, 1), (0.3, mix(body, glassy, 0.4), 1), (0.6, body, 1), (1, deep, 1)
            ),
        )
        hollow = curve(
            "152 -104, 96 -146, 20 -140, -44 -86, -52 -6, 8 70, 130 118, 340 138, 430 142, 300 90, 206 24", 0.85
        )
        pen.fill(
            hollow,
            pen.linear(
                (-50, -110),
                (220, 130),
                (0, deep, 1),
                (0.35, body, 1),
                (0.75, glassy, 1),
                (1, mix(glassy, foam, 0.4), 1),
            ),
        )
        for index in range(9):
            share = index / 8
            start, bow, end = (
                (150 - 180 * share, -112 - 24 * math.sin(share * 3)),
                (-10 - 40 * share + 60, -60 + 40 * share),
                (40 + 330 * (1 - share) * 0.6, 60 + 70 * share),
            )
            pen.stroke(smooth([start, bow, end], closed=False), mix(body, foam, 0.35), 3.5, 0.5)
        for index in range(7):
            off = -60 * index
            pen.stroke(
                curve(
                    f"{-40 + off * 0.9} {150 - index * 4}, {-60 + off} {20 - index * 6},"
                    f"{-40 + off * 0.6} {-170 + index * 22}",
                    closed=False,
                ),
                mix(body, foam, 0.4),
                3,
                0.4,
            )
        lip = [(-262, -118), (-156, -202), (-16, -252), (104, -236), (178, -160), (188, -92)]
        puffs, inner = [], []
        for index in range(70):
            share = chance.random()
            place = min(4, int(share * 5))
            t = share * 5 - place
            a = lip[place][0] + (lip[place + 1][0] - lip[place][0]) * t + chance.gauss(0, 7)
            b = lip[place][1] + (lip[place + 1][1] - lip[place][1]) * t + chance.gauss(0, 9)
            radius = chance.uniform(7, 22) * (0.5 + 0.5 * share)
            puffs.append(ellipse(a, b, radius))
            if index % 2:
                inner.append(ellipse(a + 4, b + radius * 0.45, radius * 0.6))
        for _ in range(40):
            reach = chance.uniform(10, 90)
            puffs.append(
                ellipse(
                    150 + chance.uniform(-130, 90),
                    -180 - reach + chance.gauss(0, 30),
                    chance.uniform(1.5, 6) * (1 - reach / 130),
                )
            )
        pen.fill(" ".join(puffs), foam)
        pen.fill(" ".join(inner), mix(foam, body, 0.35), 0.5)
        base = [
            ellipse(
                -480 + step * 24 + chance.uniform(-8, 8),
                128 + chance.uniform(-16, 14),
                chance.uniform(12, 30),
                chance.uniform(9, 20),
            )
            for step in range(40)
        ]
        pen.fill(" ".join(base), foam, 0.95)
        pen.fill(
            smooth(
                [(-520, 240), *[(-520 + step * 90, 146 + 8 * (step % 2)) for step in range(12)], (500, 240)],
                roundness=0.9,
            ),
            blue(stage, 0.36),
        )


def rock(stage: Stage, x: float) -> None:
    """The rock that the cast stands on: wet facets, a top in the light, foam around its foot."""
    pen, chance = stage.layer("rock", 0.48), stage.chance("rock")
    stone = mix(stage.tone(0.2), oklch(0.36, 0.03, 260), 0.4)
    y = ROCK
    dark, bright = mix(stone, stage.tone(0.0), 0.5), mix(stone, stage.palette.light, 0.3)
    rim = points("-410 190, -352 92, -286 24, -204 -12, -60 -24, 110 -20, 234 -4, 312 40, 366 104, 426 190")
    outline = polygon([(x + a, y + b) for a, b in rim])
    pen.stroke(outline, stage.palette.line, pen.sheet.outer * 1.2)
    pen.fill(outline, dark)
    hubs = [
        (a + chance.uniform(-14, 14), b + chance.uniform(-10, 10))
        for a, b in points("-250 110, -120 62, 30 84, 170 60, 290 120")
    ]
    front = points("-286 24, -190 34, -80 40, 60 42, 170 30, 312 40")
    for index in range(len(front) - 1):
        a, b = front[index], front[index + 1]
        hub = hubs[index]
        lit = 0.5 + 0.4 * math.copysign(1, stage.light[0]) * (index - 2) / 2
        pen.fill(polygon([(x + c, y + d) for c, d in (a, b, hub)]), mix(dark, bright, max(0.1, min(0.9, lit * 0.8))))
        foot = (front[index][0] * 1.15, 190.0)
        pen.fill(polygon([(x + c, y + d) for c, d in (a, hub, foot)]), mix(dark, bright, max(0.0, min(0.7, lit * 0.4))))
    top = points("-286 24, -204 -12, -60 -24, 110 -20, 234 -4, 312 40, 170 30, 60 42, -80 40, -190 34")
    flat = polygon([(x + a, y + b) for a, b in top])
    pen.fill(
        flat,
        pen.linear(
            (0, y - 24),
            (0, y + 42),
            (0, mix(stone, stage.palette.light, 0.5), 1),
            (1, mix(stone, stage.palette.light, 0.18), 1),
        ),
    )
    pen.fill(outline, texture.worn(pen, "rock", stage.tone(0.0), 0.45, (300, 200), 6))
    for left, down in ((-230, 4), (-90, 20), (140, 12), (210, 22), (20, -4)):
        pen.fill(
            ellipse(x + left, y + down, chance.uniform(14, 34), 4), mix(sky.horizon_colour(stage), "#ffffff", 0.2), 0.5
        )
    foam = _foam(stage)
    ring = [
        ellipse(
            x - 480 + step * 20 + chance.uniform(-8, 8),
            y + 126 + chance.uniform(-18, 16) - 26 * (abs(step - 24) < 9),
            chance.uniform(10, 30),
            chance.uniform(8, 17),
        )
        for step in range(49)
    ]
    pen.fill(" ".join(ring), foam, 0.95)
    pool = [(x - 540 + step * 72, y + 146 + (10 if step % 2 else -4)) for step in range(16)]
    pen.fill(
        smooth([(x - 560, LOW), *pool, (x + 560, LOW)], roundness=0.9),
        pen.linear((0, y + 130), (0, y + 260), (0, mix(blue(stage, 0.6), foam, 0.3), 1), (1, blue(stage, 0.3), 1)),
    )


def spray(stage: Stage, x: float) -> None:
    """Water thrown up at both sides of the rock."""
    pen, chance = stage.layer("spray", 0.3), stage.chance("spray")
    foam = _foam(stage)
    for half in (-1, 1):
        drops = []
        for _ in range(90):
            angle, reach = math.radians(chance.gauss(86, 17)), 260 * chance.random() ** 1.6 * (0.6 + 0.6 * stage.energy)
            left = x + half * 400 + half * math.cos(angle) * reach
            drops.append(
                ellipse(left, ROCK + 130 - math.sin(angle) * reach, max(1.2, chance.uniform(3, 15) * (1 - reach / 300)))
            )
        pen.glow(x + half * 400, ROCK + 90, 170, foam, 0.45)
        pen.fill(" ".join(drops), foam, 0.9)
