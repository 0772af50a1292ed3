"""The ocean: swell under a low sun; a rock in the surf with a lighthouse beyond, or a beach of palms."""

from __future__ import annotations

import math

import numpy as np

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, ellipse, polygon, ribbon, smooth
from daemon.film.painter.places import air, plants, seamarks, sky, sparkle, surf, weather
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

HORIZON = 430.0


def draw(stage: Stage) -> None:
    """Draws the ocean with the cast on a rock in the surf, or on the beach."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    beach = chance.random() < 0.5
    x = 800.0 + side * chance.choice((40, 120, 200))
    sun = (800.0 - side * chance.choice((120, 260)), 322.0 if stage.hour in ("dusk", "dawn") else 190.0)
    sky.sky(stage, HORIZON + 30, sun, 118 if stage.hour in ("dusk", "dawn") else 88)
    sky.clouds(stage, 190, 4, 0.85, 0.97)
    sky.bank(stage, HORIZON, 120, 0.96)
    if sparkle.is_loud(stage) and stage.hour in ("night", "dusk"):
        sparkle.fireworks(stage, sun[0])
    _sea(stage, sun[0])
    _islands(stage, side)
    if beach:
        seamarks.ship(stage, 800 - side * 420, side, 0.62, 508)
        surf.roller(stage, "swell", 0.66, 560, 0.42, 20, 230)
        surf.roller(stage, "near swell", 0.6, 600, 0.36, 30, 300)
        _beach(stage, side)
        air.standing(stage, x, 812, 0.94, HORIZON)
        stage.cast(x, 810, 0.94)
        _beach_near(stage, side)
    else:
        seamarks.lighthouse(stage, 800 + side * 620, side)
        surf.roller(stage, "far swell", 0.74, 556, 0.46, 16, 190)
        seamarks.ship(stage, 800 - side * 400, side, 0.9, 590)
        surf.roller(stage, "swell", 0.62, 640, 0.36, 34, 300)
        surf.breaker(stage, 800 - side * 590, side)
        surf.rock(stage, x)
        air.standing(stage, x, surf.ROCK + 2, 0.9, HORIZON)
        stage.cast(x, surf.ROCK, 0.9)
        surf.spray(stage, x)
        surf.roller(stage, "near swell", 0.14, 884, 0.2, 48, 420)
    _gulls(stage)
    weather.fall(stage)


def _sea(stage: Stage, sun: float) -> None:
    """Water to the horizon: haze far off, the light's road in glints, ripples in perspective."""
    pen, chance = stage.layer("sea", 0.88), stage.chance("sea")
    haze = sky.horizon_colour(stage)
    stops = (
        (0, mix(surf.blue(stage, 0.7), haze, 0.72), 1),
        (0.1, mix(surf.blue(stage, 0.6), haze, 0.35), 1),
        (0.45, surf.blue(stage, 0.46), 1),
        (1, surf.blue(stage, 0.22), 1),
    )
    pen.fill(box(LEFT, HORIZON, RIGHT - LEFT, LOW - HORIZON), pen.linear((0, HORIZON), (0, 840), *stops))
    wide, high = 700, 150
    ripples = texture.field(f"{stage.scene['seed']} ripples", wide, high, 30, 20, 3, 0.6)
    down = (np.arange(high, dtype=np.float32) / high)[:, None]
    across = np.linspace(LEFT, RIGHT, wide, dtype=np.float32)[None, :]
    road = np.exp(-(((across - sun) / (70 + 330 * down)) ** 2))
    glint = (texture.rise(ripples, 0.5, 0.72) * road * (1 - 0.35 * down)).astype(np.float32)
    texture.lay(
        pen,
        texture.tinted(mix(stage.palette.light, "#ffffff", 0.45), 0.95 * glint),
        LEFT,
        HORIZON + 1,
        RIGHT - LEFT,
        260,
    )
    dark = (0.4 * texture.rise(1 - ripples, 0.5, 0.9) * down).astype(np.float32)
    texture.lay(pen, texture.tinted(surf.blue(stage, 0.18), dark), LEFT, HORIZON + 1, RIGHT - LEFT, 300)
    sheen: list[str] = []
    deep: list[str] = []
    for _ in range(150):
        share = chance.random() ** 1.3
        y, reach = HORIZON + 4 + 270 * share, (8 + 60 * share) * chance.uniform(0.4, 1.2)
        (sheen if chance.random() < 0.55 else deep).append(
            ellipse(chance.uniform(LEFT, RIGHT), y, reach, 0.7 + 2.2 * share)
        )
    pen.fill(" ".join(sheen), mix(surf.blue(stage, 0.85), haze, 0.5), 0.5)
    pen.fill(" ".join(deep), surf.blue(stage, 0.2), 0.35)
    pen.glow(sun, HORIZON + 3, 900, mix(stage.palette.light, stage.palette.accents[2], 0.3), 0.6, 0.06)


def _islands(stage: Stage, side: int) -> None:
    """Headlands in the haze, one behind the other."""
    pen, chance = stage.layer("islands", 0.86), stage.chance("islands")
    haze = sky.horizon_colour(stage)
    for index, (off, half, tall) in enumerate(((-640, 330, 66), (-360, 180, 34), (560, 260, 48))):
        x = 800 + side * off
        tone = mix(stage.own(0.42, 0.06, 190, 0.4), haze, 0.6 - 0.12 * (index % 2))
        ridge: list[Point] = [(x - half, HORIZON + 5)]
        for step in range(1, 12):
            share = step / 12
            ridge.append(
                (
                    x - half + 2 * half * share,
                    HORIZON + 4 - tall * math.sin(math.pi * share) ** 0.8 * chance.uniform(0.6, 1.1),
                )
            )
        ridge.append((x + half, HORIZON + 5))
        pen.fill(
            polygon(ridge),
            pen.linear((0, HORIZON - tall), (0, HORIZON + 5), (0, tone, 1), (1, mix(tone, haze, 0.6), 1)),
        )
        pen.fill(box(x - half, HORIZON + 4, 2 * half, 3), mix(haze, "#ffffff", 0.4), 0.7)


def _sand(stage: Stage, level: float) -> str:
    return stage.own(min(1.0, level * 1.18), 0.065, 78, 0.68)


def _beach(stage: Stage, side: int) -> None:
    """Sand: wet and bright where the last wave ran out, dry and rippled near the eye; palms at one edge."""
    pen, chance = stage.layer("beach", 0.5), stage.chance("beach")
    haze, sand, foam = sky.horizon_colour(stage), _sand(stage, 0.66), mix("#ffffff", stage.palette.light, 0.25)
    wet = mix(mix(sand, haze, 0.45), surf.blue(stage, 0.5), 0.2)

    def edge(y: float, deep: float, key: float) -> list[Point]:
        return [
            (LEFT + 85 * step, y + deep * math.sin(step * 0.55 + key) + 0.5 * deep * math.sin(step * 1.31 + key * 3))
            for step in range(41)
        ]

    key = chance.uniform(0, 6)
    for y, tone, opacity in ((622.0, foam, 0.95), (632.0, wet, 1.0)):
        pen.fill(smooth([(LEFT, LOW), *edge(y, 13, key), (RIGHT, LOW)]), tone, opacity)
    film = smooth([(LEFT, LOW), *edge(668, 16, key + 2), (RIGHT, LOW)])
    pen.stroke(film, foam, 9, 0.9)
    pen.fill(film, pen.linear((0, 660), (0, 730), (0, mix(wet, sand, 0.25), 1), (1, mix(wet, sand, 0.5), 1)))
    pen.glow(800 - side * 190, 655, 520, mix(stage.palette.light, "#ffffff", 0.4), 0.5, 0.1)
    dry = smooth([(LEFT, LOW), *edge(716, 14, key + 4), (RIGHT, LOW)])
    pen.fill(dry, pen.linear((0, 700), (0, 960), (0, sand, 1), (1, _sand(stage, 0.42), 1)))
    texture.ground(pen, str(stage.scene["seed"]), (_sand(stage, 0.3), mix(sand, "#ffffff", 0.5)), 0.4, 700, 1100)
    for _ in range(26):
        near = chance.random()
        x, y, wide = chance.uniform(-200, 1800), 735 + 190 * near, chance.uniform(50, 150) * (0.5 + near)
        pen.fill(smooth([(x - wide, y), (x, y - 5), (x + wide, y), (x, y + 4)]), _sand(stage, 0.44), 0.4)
    for _ in range(22):
        near = chance.random()
        x, y, size = chance.uniform(-100, 1700), 726 + 200 * near, 2.5 + 6 * near
        pen.fill(ellipse(x + size, y + size * 0.4, size * 1.4, size * 0.4), _sand(stage, 0.2), 0.5)
        pen.fill(
            ellipse(x, y, size, size * 0.7),
            chance.choice((mix(sand, "#ffffff", 0.6), mix(stage.palette.accents[0], sand, 0.5), _sand(stage, 0.3))),
        )
    pen = stage.layer("palms", 0.46)
    colours = (
        mix(oklch(0.42, 0.05, 50), stage.tone(0.25), 0.4),
        stage.own(0.24, 0.09, 150, 0.6),
        mix(stage.own(0.46, 0.12, 140, 0.6), stage.palette.light, 0.2),
    )
    for off, y, size, lean in ((700, 752, 1.35, -150), (560, 700, 0.95, -90), (860, 740, 1.2, 60)):
        x = 800 + side * off
        air.shadow(pen, stage, (x, y), 22 * size, 220 * size, HORIZON, 0.45)
        plants.palm(pen, chance, (x, y), size, side * lean, colours, stage.light)
        spots = [
            (x + chance.uniform(-70, 70) * size, y + chance.uniform(-4, 12), chance.uniform(1.2, 2.2))
            for _ in range(16)
        ]
        plants.grass(pen, chance, spots, colours[1])


def _beach_near(stage: Stage, side: int) -> None:
    """Fronds that hang in from above, and dune grass at the lower corner, dark against the light."""
    pen, chance = stage.layer("near", 0.1), stage.chance("near")
    dark, lit = stage.own(0.05, 0.05, 160, 0.5), stage.own(0.26, 0.1, 140, 0.6)
    corner = (800 - side * 900, -90.0)
    for angle, reach in ((14, 620), (30, 560), (48, 470), (66, 380)):
        turn = math.radians(angle)
        tip = (corner[0] + side * math.cos(turn) * reach, corner[1] + math.sin(turn) * reach)
        spine = [corner, ((corner[0] + tip[0]) / 2, (corner[1] + tip[1]) / 2 - 40), tip]
        pen.fill(ribbon(spine, [10, 7, 2]), dark)
        for step in range(14):
            share = 0.15 + 0.85 * step / 13
            x = corner[0] + (tip[0] - corner[0]) * share
            y = corner[1] + (tip[1] - corner[1]) * share - 40 * math.sin(math.pi * share)
            along = math.atan2(tip[1] - corner[1], tip[0] - corner[0])
            for turn_by, tone in ((0.8, dark), (-0.7, lit if step % 3 == 0 else dark)):
                pen.fill(
                    plants.blade(x, y, along + turn_by + chance.uniform(-0.1, 0.1), 130 * (1 - share * 0.5), 0.06), tone
                )
    spots = [(800 + side * chance.uniform(560, 860), 930.0, chance.uniform(4.0, 7.5)) for _ in range(16)]
    plants.grass(pen, chance, spots, dark, -side * 10)
    plants.grass(pen, chance, spots[::3], lit, -side * 14)


def _gulls(stage: Stage) -> None:
    pen, chance = stage.layer("gulls", 0.24), stage.chance("gulls")
    for _ in range(8):
        x, y, size = chance.uniform(60, 1540), chance.uniform(50, 340), chance.uniform(0.35, 1.0)
        if abs(x - stage.spot.x) < 330:
            continue
        bank, flap = chance.uniform(-18, 18), chance.uniform(0.5, 1.3)
        with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({bank:.0f}) scale({size:.2f})"):
            for sign in (-1, 1):
                wing = [(0, 0), (sign * 24, -20 * flap), (sign * 56, -14 * flap), (sign * 84, 6)]
                pen.fill(ribbon(wing, [5, 8, 5, 0.5]), "#ffffff")
                pen.fill(ribbon([(a, b + 3) for a, b in wing[1:]], [3, 3, 0.5]), shift("#c9d2e2", lightness=-0.1), 0.8)
                pen.fill(ribbon(wing[2:], [4, 0.5]), pen.palette.line)
            pen.fill(ellipse(0, 1, 7, 11), "#ffffff")
