"""The sky: its colours by the hour, sun and moon, stars and the Milky Way, clouds near and far, storms."""

from __future__ import annotations

import math
import random

import numpy as np

from daemon.film.painter import cumulus, texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage

_SKIES = {
    "night": ((0.0, 0.03), (0.45, 0.17), (0.8, 0.4), (1.0, 0.6)),
    "dusk": ((0.0, 0.16), (0.38, 0.4), (0.7, 0.68), (1.0, 0.95)),
    "dawn": ((0.0, 0.34), (0.4, 0.56), (0.75, 0.82), (1.0, 1.0)),
    "day": ((0.0, 0.5), (0.45, 0.68), (0.8, 0.88), (1.0, 1.0)),
}
_CRATERS = ((-0.35, -0.2, 0.26), (0.3, 0.35, 0.34), (0.42, -0.35, 0.16), (-0.25, 0.5, 0.18), (0.02, 0.05, 0.1))


def stormy(stage: Stage) -> bool:
    """Whether a storm hangs over the scene."""
    return bool(stage.scene["weather"] == "storm")


def colour(stage: Stage, level: float, share: float) -> str:
    """The sky's colour: a level of the world's ramp, warmed towards the horizon (share 0 zenith .. 1 horizon)."""
    palette, hour = stage.palette, stage.hour
    plain = palette.tone(level * (0.72 if stormy(stage) else 1.0) * stage.sheet.dim)
    if hour == "day":
        blue = oklch((0.62 + 0.3 * share) * stage.sheet.dim, (0.125 - 0.07 * share) * stage.sheet.chroma, 242)
        plain = mix(plain, blue, 0.62)
    elif hour == "night":
        plain = mix(plain, oklch(0.14 + 0.2 * share, 0.06, 270), 0.22 * (1 - share))
    else:
        plain = mix(plain, warmth(stage), 0.45 * stage.sheet.dim**2 * share**1.5)
    return mix(plain, oklch(0.3 + 0.2 * share, 0.02, 260), 0.45) if stormy(stage) else plain


def warmth(stage: Stage) -> str:
    """The colour of the sun's or the moon's light: low suns are warm, whatever the song's accents."""
    if stage.hour not in ("dusk", "dawn"):
        return stage.palette.light
    sun = mix(stage.palette.accents[2], oklch(0.8, 0.15, 58 if stage.hour == "dusk" else 72), 0.62)
    return mix(stage.palette.light, sun, min(1.0, stage.sheet.chroma + 0.15))


def horizon_colour(stage: Stage) -> str:
    """What the sky is at the horizon: far things fade into it."""
    return colour(stage, _SKIES[stage.hour][-1][1], 1.0)


def sky(stage: Stage, horizon: float, sun: Point, size: float = 96.0) -> None:
    """The sky down to a horizon, with stars, and a sun or moon at a point; sets where the light comes from."""
    pen, chance = stage.layer("sky", 1.0, soft=True), stage.chance("sky")
    palette, hour = stage.palette, stage.hour
    warm = warmth(stage)
    stops = [(place, colour(stage, level, place), 1.0) for place, level in _SKIES[hour]]
    pen.fill(box(LEFT, TOP, RIGHT - LEFT, LOW - TOP), pen.linear((0, -160), (0, horizon), *stops))
    x, y = sun
    light = palette.light if hour == "night" else mix(warm, palette.light, 0.3)
    _wisps(stage, pen, horizon, light)
    strength = 0.35 if stormy(stage) else 0.85
    pen.glow(x, y, size * 6.5, light, strength)
    pen.glow(x, horizon, 1100, mix(light, palette.light, 0.4), strength * 0.5, 0.2)
    if hour in ("dusk", "dawn") and not stormy(stage):
        air.shafts(pen, chance, sun, 1500, light, 0.2, -90, 300, 15)
    side = -1 if x < stage.spot.x else 1
    away = max(0.35, min(0.85, abs(x - 800) / 700))
    stage.light = (side * away, -math.sqrt(1 - away * away))
    if stormy(stage):
        _lightning(stage, horizon)
        return
    pen = stage.layer("stars", 0.99)
    if hour in ("night", "dusk"):
        _stars(pen, chance, horizon, palette.light, 170 if hour == "night" else 60)
    _disc(stage, pen, sun, size, light)


def _wisps(stage: Stage, pen: Pen, horizon: float, light: str) -> None:
    """High thin cloud in streaks, or by night the Milky Way."""
    wide, high = 400, 200
    key = f"{stage.scene['seed']} wisps"
    slope = np.linspace(0, 1, high, dtype=np.float32)[:, None]
    if stage.hour == "night" and not stormy(stage):
        stars = texture.field(key, wide, high, 5, 3, 5, 0.6)
        across = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
        band = np.exp(-(((slope - 0.42) + 0.5 * across * stage.chance("milky way").choice((-1, 1))) ** 2) / 0.035)
        opacity = 0.5 * band * texture.rise(stars, 0.25, 0.95)
        tints = [mix(stage.tone(0.6), stage.palette.accents[1], 0.4), stage.palette.light]
        texture.lay(
            pen, texture.ramped(stars, tints, opacity.astype(np.float32)), LEFT, TOP, RIGHT - LEFT, horizon - TOP
        )
        return
    streaks = texture.field(key, wide, high, 3, 9, 5, 0.55)
    strength = 0.75 if stormy(stage) else 0.5
    opacity = strength * texture.rise(streaks, 0.42, 0.95) * np.clip(0.25 + slope, 0, 1)
    tint = stage.tone(0.16) if stormy(stage) else mix(light, "#ffffff", 0.35)
    texture.lay(pen, texture.tinted(tint, opacity.astype(np.float32)), LEFT, TOP, RIGHT - LEFT, horizon - TOP)


def _stars(pen: Pen, chance: random.Random, horizon: float, light: str, count: int) -> None:
    for _ in range(count):
        x, y = chance.uniform(LEFT, RIGHT), TOP + (horizon * 0.85 - TOP) * chance.random() ** 0.8
        pen.fill(ellipse(x, y, chance.choice((1.2, 1.5, 1.9, 2.7))), light, chance.uniform(0.3, 0.95))
    for _ in range(9):
        x, y = chance.uniform(-100, 1700), chance.uniform(-60, horizon * 0.55)
        pen.fill(sparkle_of(x, y, chance.uniform(7, 13)), "#ffffff", 0.95)


def sparkle_of(x: float, y: float, reach: float) -> str:
    """A star with four rays."""
    near = reach * 0.14
    turns = (
        (0, -reach),
        (near, -near),
        (reach, 0),
        (near, near),
        (0, reach),
        (-near, near),
        (-reach, 0),
        (-near, -near),
    )
    return smooth([(x + a, y + b) for a, b in turns], roundness=0.2)


def _disc(stage: Stage, pen: Pen, sun: Point, size: float, light: str) -> None:
    """The sun, or a moon with its seas."""
    x, y = sun
    for radius, opacity in ((size * 2.3, 0.08), (size * 1.6, 0.13)):
        pen.fill(ellipse(x, y, radius), light, opacity)
    face = mix(light, "#ffffff", 0.65)
    if stage.hour != "night":
        pen.fill(ellipse(x, y, size), pen.radial(sun, size, (0, "#ffffff", 1), (0.7, face, 1), (1, face, 1)))
        return
    pen.fill(ellipse(x, y, size), face)
    sea = mix(face, stage.palette.tone(0.5), 0.32)
    with pen.inside(clip=ellipse(x, y, size)):
        for a, b, radius in _CRATERS:
            pen.fill(ellipse(x + a * size, y + b * size, radius * size), sea, 0.55)
            pen.fill(ellipse(x + (a - 0.03) * size, y + (b - 0.03) * size, radius * size * 0.7), sea, 0.4)
        dark = shift(face, lightness=-0.2)
        pen.fill(
            ellipse(x, y, size),
            pen.radial((x - size * 0.3, y - size * 0.3), size * 1.5, (0.5, dark, 0), (1, dark, 0.7)),
        )


def _lightning(stage: Stage, horizon: float) -> None:
    """Forked lightning under a dark sky."""
    pen, chance = stage.layer("lightning", 0.985), stage.chance("lightning")
    glow = mix(stage.palette.accents[1], "#ffffff", 0.55)
    for _ in range(2):
        x, y = chance.uniform(150, 1450), -80.0
        pen.glow(x, 160, 520, glow, 0.55)
        path: list[Point] = [(x, y)]
        forks: list[list[Point]] = []
        while y < horizon - 10:
            x, y = x + chance.uniform(-62, 62), y + chance.uniform(30, 74)
            path.append((x, y))
            if chance.random() < 0.3:
                side = chance.choice((-1, 1))
                fork = [(x, y)]
                for _ in range(4):
                    a, b = fork[-1]
                    fork.append((a + side * chance.uniform(10, 56), b + chance.uniform(16, 44)))
                forks.append(fork)
        for line, wide in ((path, 5.0), *((fork, 2.4) for fork in forks)):
            outline = polygon(line, closed=False)
            for grow, opacity in ((6.0, 0.12), (3.0, 0.25), (1.0, 1.0)):
                pen.stroke(outline, glow if grow > 1 else "#ffffff", wide * grow, opacity)


_ACROSS, _UNITS = 2800.0, 2.0  # how much of the world clouds are drawn on, and world units to a pixel


def _tones(stage: Stage, level: float) -> tuple[str, str]:
    """The colours of clouds in shade and in the light."""
    if stormy(stage):
        return mix(stage.tone(0.1), "#20242f", 0.5), mix(stage.tone(0.36), "#8890a0", 0.3)
    warm = warmth(stage)
    share = {"night": 0.16, "dusk": 0.6, "dawn": 0.66, "day": 0.8}[stage.hour]
    shade = mix(stage.tone(max(0.12, level - 0.3)), colour(stage, 0.6, 0.5), 0.5)
    if stage.hour == "night":
        return mix(shade, colour(stage, 0.25, 0.4), 0.5), mix(stage.tone(level - 0.1), mix(warm, "#ffffff", 0.5), share)
    return shade, mix(stage.tone(level), mix(warm, "#ffffff", 0.5), share)


def clouds(stage: Stage, low: float, count: int, level: float, depth: float = 0.95) -> None:
    """Heaped clouds above a height: shaded bases, bodies, and tops that the light catches."""
    chance = stage.chance(f"clouds {level}")
    found = []
    for _ in range(count * (2 if stormy(stage) else 1)):
        x, far = chance.uniform(0, _ACROSS), chance.random()
        y = 230 + (low + 90) * far
        half = chance.uniform(200, 400) * (1.4 - 0.9 * far)
        found.append((x, y, half, half * chance.uniform(0.45, 0.8)))
    _laid(stage, "clouds", depth, found, low + 360, -320.0, level, 0.94)


def bank(stage: Stage, horizon: float, tall: float, depth: float = 0.955, level: float = 0.9) -> None:
    """Towers of cloud that stand far off along the horizon, their feet in the haze."""
    chance = stage.chance("bank")
    found, x = [], -100.0
    while x < _ACROSS + 100:
        half = tall * chance.uniform(0.6, 1.3)
        found.append((x, tall * 1.25, half, tall * chance.uniform(0.5, 1.1)))
        x += half * chance.uniform(0.8, 1.7)
    pen = _laid(stage, "cloud bank", depth, found, tall * 1.3, horizon - tall * 1.25 + 6, level, 0.95)
    air.haze(pen, horizon - tall * 0.8, horizon + 8, horizon_colour(stage), 0.75)


def _laid(
    stage: Stage,
    name: str,
    depth: float,
    found: list[cumulus.Cloud],
    tall: float,
    top: float,
    level: float,
    opacity: float,
) -> Pen:
    """Clouds, given in world units on a strip, as a layer."""
    pen = stage.layer(name, depth)
    shade, lit = _tones(stage, level)
    small = [
        (x / _UNITS, y / _UNITS, half / _UNITS, high / _UNITS)
        for x, y, half, high in sorted(found, key=lambda one: one[1], reverse=True)
    ]
    size = (round(_ACROSS / _UNITS), max(8, round(tall / _UNITS)))
    key = f"{stage.scene['seed']} {name} {level}"
    tones = [shade, mix(shade, lit, 0.45), lit, mix(lit, "#ffffff", 0.5)]
    rgba = cumulus.drawn(key, size, small, tones, stage.light, opacity)
    texture.lay(pen, rgba, (LEFT + RIGHT - _ACROSS) / 2, top, _ACROSS, tall)
    return pen
