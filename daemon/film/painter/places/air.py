"""What lies between things: haze, shafts of light, banks of mist, and the shadows that stand things on the ground."""

from __future__ import annotations

import math
import random

import numpy as np

from daemon.film.painter import texture
from daemon.film.painter.colour import mix
from daemon.film.painter.outline import Point, box, ellipse, polygon
from daemon.film.painter.pen import Pen
from daemon.film.painter.stage import CAST_DEPTH, LEFT, LOW, RIGHT, TOP, Stage

_FADE = ((0.0, 1.0), (0.5, 0.72), (0.8, 0.25), (1.0, 0.0))


def haze(pen: Pen, top: float, low: float, colour: str, strength: float) -> None:
    """Haze that lies on what was drawn before: none at the top, most at the foot."""
    stops = ((0, colour, 0), (0.5, colour, strength * 0.3), (1, colour, strength))
    pen.fill(box(LEFT, top, RIGHT - LEFT, low - top), pen.linear((0, top), (0, low), *stops))


def veil(pen: Pen, middle: float, reach: float, colour: str, strength: float) -> None:
    """A band of haze that fades out above and below."""
    stops = ((0, colour, 0), (0.3, colour, strength * 0.6), (0.5, colour, strength), (1, colour, 0))
    top, low = middle - reach, middle + reach
    pen.fill(box(LEFT, top, RIGHT - LEFT, low - top), pen.linear((0, top), (0, low), *stops))


def drift(pen: Pen, key: str, y: float, tall: float, colour: str, strength: float) -> None:
    """Mist in wisps that lies along a level, thickest in its middle."""
    wide, high = 480, 90
    wisps = texture.field(f"{key} wisps", wide, high, 5, 3, 4, 0.55)
    across = np.linspace(-1, 1, high, dtype=np.float32)[:, None]
    opacity = strength * texture.rise(wisps, 0.2, 0.95) * np.clip(1 - across**2, 0, 1) ** 1.3
    texture.lay(pen, texture.tinted(colour, opacity.astype(np.float32)), LEFT, y - tall / 2, RIGHT - LEFT, tall)


def shafts(
    pen: Pen, chance: random.Random, source: Point, reach: float, colour: str, strength: float, towards: float = 90.0,
    spread: float = 120.0, count: int = 11,
) -> None:  # fmt: skip
    """Shafts of light from a point, around a direction in degrees clockwise from the right."""
    stops = ((0, colour, strength), (0.35, colour, strength * 0.5), (1, colour, 0))
    paint = pen.radial(source, reach, *stops)
    for index in range(count):
        angle = towards + spread * ((index + chance.uniform(0.1, 0.9)) / count - 0.5)
        wide = chance.uniform(0.6, 3.4)
        first, last = math.radians(angle - wide), math.radians(angle + wide)
        ends = [(source[0] + math.cos(turn) * reach, source[1] + math.sin(turn) * reach) for turn in (first, last)]
        pen.fill(polygon([source, *ends]), paint)


def lean_of(stage: Stage, foot: Point, horizon: float) -> Point:
    """Which way a shadow falls on level ground from a foot: a unit vector on the screen, away from the light."""
    x, y = foot
    if abs(stage.light[1]) > 0.97:
        return 0.0, 1.0
    source = x + stage.light[0] * 900
    dx, dy = x - source, max(80.0, y - horizon)
    size = math.hypot(dx, dy)
    return dx / size, dy / size * 0.5


def shadow(
    pen: Pen, stage: Stage, foot: Point, half: float, reach: float, horizon: float, strength: float = 0.5
) -> None:
    """The shadow of an upright thing on level ground: dark at its foot, fading the way the light goes on."""
    dark = mix(stage.tone(0.02), stage.palette.line, 0.4)
    dx, dy = lean_of(stage, foot, horizon)
    x, y = foot
    tip = (x + dx * reach, y + dy * reach)
    paint = pen.linear(foot, tip, *((place, dark, strength * level) for place, level in _FADE))
    wide = half * 1.25
    pen.fill(polygon([(x - half, y), (x + half, y), (tip[0] + wide, tip[1]), (tip[0] - wide, tip[1])]), paint)
    pen.fill(ellipse(x, y, half * 1.15, half * 0.2), dark, strength * 0.8)


def standing(stage: Stage, x: float, y: float, scale: float, horizon: float = 520.0, strength: float = 0.6) -> None:
    """Stands the cast in the scene's light: its shadow, dark under the feet and long away from the light, and the
    colour that the air and the light lay on it.
    """
    stage.wash, stage.glint = lit_by(stage)
    pen = stage.layer("shadow of the cast", CAST_DEPTH, soft=True)
    dark = mix(stage.tone(0.0), stage.palette.line, 0.5)
    names = len(stage.scene["cast"])
    places = [(x, y, scale)]
    for index in range(1, names):
        side = (-1) ** index * math.copysign(1, x - 801)
        beside = min(1400.0, max(200.0, x + side * (400 + 60 * index) * scale))
        places.append((beside, y - 14 * index, scale * 0.8))
    for left, foot, size in places:
        dx, dy = lean_of(stage, (left, foot), horizon)
        angle = math.degrees(math.atan2(dy, dx))
        long = 330 * size
        with pen.inside(f"translate({left:.1f} {foot - 6:.1f}) rotate({angle:.1f})"):
            paint = pen.radial((0, 0), long * 0.6, *((place, dark, strength * level * 0.7) for place, level in _FADE))
            with pen.inside(f"translate({long * 0.45:.1f} 0) scale(1 {0.42 - 0.2 * abs(dx):.3f})"):
                pen.fill(ellipse(0, 0, long * 0.6), paint)
        for wide, tall, level in ((185, 26, 0.5), (120, 15, 0.9)):
            paint = pen.radial((0, 0), wide * size, *((place, dark, strength * level * fade) for place, fade in _FADE))
            with pen.inside(f"translate({left:.1f} {foot:.1f}) scale(1 {tall / wide:.3f})"):
                pen.fill(ellipse(0, 0, wide * size), paint)


def lit_by(stage: Stage) -> tuple[tuple[str, float], str]:
    """What the scene's light does to the cast: (the air's colour, its share), and the light along its edges."""
    palette, hour = stage.palette, stage.hour
    warm = mix(palette.light, palette.accents[2], 0.3) if hour in ("dusk", "dawn") else palette.light
    share = {"night": 0.13, "dusk": 0.11, "dawn": 0.1, "day": 0.05}[hour]
    air = mix(stage.tone(0.42), warm, 0.15)
    if stage.sheet.glow:
        return (air, share * 0.5), palette.light
    return (air, share), mix(warm, "#ffffff", 0.25)


def dim(pen: Pen, colour: str, strength: float, centre: Point = (800.0, 430.0), clear: float = 0.5) -> None:
    """Darkens what was drawn towards the edges of the world's picture."""
    reach = 1150.0
    paint = pen.radial(
        centre, reach, (0, colour, 0), (clear, colour, 0), (0.75, colour, strength * 0.55), (1, colour, strength)
    )
    pen.fill(box(LEFT, TOP, RIGHT - LEFT, LOW - TOP), paint)
