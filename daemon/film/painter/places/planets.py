"""What hangs in deep space: a ringed giant, moons, an eclipse, a black hole in its disc of fire."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, ellipse, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.stage import Stage

_SIZE = 260


def _grid() -> tuple[texture.Field, texture.Field, texture.Field]:
    """x and y in -1..1 over a ball's square, and its height towards the eye (0 outside)."""
    down, across = np.mgrid[-1 : 1 : _SIZE * 1j, -1 : 1 : _SIZE * 1j].astype(np.float32)
    return across, down, np.sqrt(np.maximum(0, 1 - across**2 - down**2)).astype(np.float32)


def _ball(level: texture.Field, colours: list[str], light: Point, dark: str, soft: float = 0.55) -> NDArray[np.uint8]:
    """A lit ball: its own pattern (0..1) in colours, falling off into the dark on the side away from the light."""
    across, down, high = _grid()
    lit = across * light[0] * 0.85 + down * light[1] * 0.85 + high * 0.45
    day = texture.rise(np.asarray(lit, np.float32), -0.15, soft)
    rgba = texture.ramped(level, colours, np.ones_like(level)).astype(np.float32)
    night = np.array([int(dark[index : index + 2], 16) for index in (1, 3, 5)], np.float32)
    rgba[..., :3] = night + (rgba[..., :3] - night) * (0.06 + 0.94 * day[..., None])
    radius = np.hypot(across, down)
    rgba[..., 3] = 255 * np.clip((1 - radius) * _SIZE / 2.4, 0, 1)
    return rgba.astype(np.uint8)


def _rim(pen: Pen, place: Point, radius: float, colour: str, light: Point) -> None:
    """Air around a planet that glows on the lit side."""
    x, y = place
    pen.glow(x + light[0] * radius * 0.12, y + light[1] * radius * 0.12, radius * 1.35, colour, 0.55)


def _limb(pen: Pen, place: Point, radius: float, colour: str, light: Point) -> None:
    """The thin bright edge of a ball towards the light."""
    x, y = place
    start = (x + light[0] * radius, y + light[1] * radius)
    end = (x - light[0] * radius * 0.2, y - light[1] * radius * 0.2)
    paint = pen.linear(start, end, (0, colour, 0.95), (0.5, colour, 0.4), (1, colour, 0))
    pen.stroke(ellipse(x, y, radius - 2), paint, 5)


def giant(stage: Stage, x: float, y: float, radius: float, side: int) -> None:
    """A gas giant in its rings, which throw a shadow on it; the far half of the rings lies behind."""
    pen, palette, chance = stage.layer("planet", 0.88), stage.palette, stage.chance("planet")
    across, down, _ = _grid()
    key = f"{stage.scene['seed']} giant"
    bands = texture.field(f"{key} bands", _SIZE, _SIZE, 2, 9, 3, 0.6).mean(axis=1, keepdims=True)
    churn = texture.field(f"{key} churn", _SIZE, _SIZE, 3, 14, 4, 0.6)
    bent = np.clip((down + 0.06 * (churn - 0.5) + 1) / 2 * (_SIZE - 1), 0, _SIZE - 1).astype(int)
    level = np.clip((bands[bent, 0] - bands.min()) / np.ptp(bands) * 0.8 + 0.3 * (churn - 0.4), 0, 1).astype(np.float32)
    spot = np.exp(-(((across + 0.3 * side) / 0.2) ** 2 + ((down - 0.32) / 0.1) ** 2) * 2)
    level = np.clip(level + 0.6 * spot, 0, 1).astype(np.float32)
    body = mix(palette.accents[0], palette.tone(0.5), 0.2)
    colours = [shift(body, lightness=-0.14), body, mix(body, palette.accents[2], 0.45), mix(body, palette.light, 0.6)]
    light = stage.light
    turn = (math.cos(math.radians(side * 17)), math.sin(math.radians(side * 17)))
    own = (light[0] * turn[0] - light[1] * turn[1], light[0] * turn[1] + light[1] * turn[0])
    _rim(pen, (x, y), radius, mix(palette.accents[0], palette.light, 0.4), light)
    rings = []
    for index in range(11):
        tone = mix(palette.tone(0.75), palette.accents[2], chance.uniform(0, 0.7))
        rings.append(
            (1.36 + 0.075 * index, chance.uniform(5, 14), mix(tone, palette.light, 0.3), chance.uniform(0.35, 0.95))
        )
    with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({-side * 17})"):
        _half_rings(pen, radius, rings, back=True)
        texture.lay(pen, _ball(level, colours, own, palette.tone(0.02)), -radius, -radius, radius * 2, radius * 2)
        pen.stroke(_arc(radius * 0.99, 0.2, 0.1, math.pi - 0.1), palette.tone(0.0), 15, 0.4)
        _half_rings(pen, radius, rings, back=False)
    _limb(pen, (x, y), radius, mix(palette.light, "#ffffff", 0.3), light)


def _arc(wide: float, flat: float, start: float, end: float) -> str:
    steps = 20
    return smooth(
        [
            (
                math.cos(start + (end - start) * step / steps) * wide,
                math.sin(start + (end - start) * step / steps) * wide * flat,
            )
            for step in range(steps + 1)
        ],
        closed=False,
    )


def _half_rings(pen: Pen, radius: float, rings: Sequence[tuple[float, float, str, float]], back: bool) -> None:
    for grow, width, colour, opacity in rings:
        line = _arc(radius * grow, 0.24, math.pi if back else 0.0, math.tau if back else math.pi)
        pen.stroke(line, colour, width * (0.6 if back else 1.0), opacity * (0.6 if back else 1.0), cap="butt")


def moons(stage: Stage, places: Sequence[tuple[float, float, float]]) -> None:
    """Cratered moons at (x, y, radius)."""
    pen, palette, chance = stage.layer("moons", 0.8), stage.palette, stage.chance("moons")
    across, down, _ = _grid()
    for index, (x, y, radius) in enumerate(places):
        ground = texture.field(f"{stage.scene['seed']} moon {index}", _SIZE, _SIZE, 4, 4, 5, 0.6)
        level = 0.25 + 0.5 * ground
        for _ in range(14):
            a, b, size = chance.uniform(-0.8, 0.8), chance.uniform(-0.8, 0.8), chance.uniform(0.06, 0.22)
            away = np.hypot(across - a, down - b) / size
            rim = (
                np.exp(-((away - 1) ** 2) / 0.03)
                * (-(across - a) * stage.light[0] - (down - b) * stage.light[1])
                / size
            )
            level = level - 0.22 * (away < 1) * (1 - away**2 * 0.5) + 0.22 * rim
        tone = palette.tone(0.45 + 0.12 * (index % 3))
        colours = [shift(tone, lightness=-0.2), tone, mix(tone, palette.light, 0.6)]
        _rim(pen, (x, y), radius, mix(tone, palette.light, 0.4), stage.light)
        rgba = _ball(np.clip(level, 0, 1).astype(np.float32), colours, stage.light, palette.tone(0.02), 0.4)
        texture.lay(pen, rgba, x - radius, y - radius, radius * 2, radius * 2)
        _limb(pen, (x, y), radius, mix(tone, "#ffffff", 0.6), stage.light)


def eclipse(stage: Stage, x: float, y: float, radius: float) -> None:
    """A dark world before its sun: a corona in streamers, a ring of light, one bright bead."""
    pen, palette, chance = stage.layer("eclipse", 0.88), stage.palette, stage.chance("eclipse")
    fire = mix(palette.light, palette.accents[2], 0.25)
    pen.glow(x, y, radius * 2.8, palette.accents[2], 0.55)
    size = 360
    down, across = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    reach = np.hypot(across, down) * 2.3
    around = (np.arctan2(down, across) / math.tau + 0.5) * (size - 1)
    streams = texture.field(f"{stage.scene['seed']} corona", size, 4, 14, 1, 3, 0.6)[0]
    stream = np.interp(around, np.arange(size), streams)
    level = np.clip(np.exp(-(reach - 1) / (0.12 + 0.42 * stream)), 0, 1) * (reach > 0.96)
    fade = np.clip((2.25 - reach) / 0.9, 0, 1)
    rgba = texture.ramped(
        level.astype(np.float32), [palette.accents[2], fire, "#ffffff"], (level * fade).astype(np.float32)
    )
    texture.lay(pen, rgba, x - radius * 2.3, y - radius * 2.3, radius * 4.6, radius * 4.6)
    disc = pen.radial(
        (x, y), radius, (0, palette.tone(0.0), 1), (0.8, palette.tone(0.03), 1), (1, palette.tone(0.14), 1)
    )
    pen.fill(ellipse(x, y, radius), disc)
    for wide, opacity in ((16, 0.25), (7, 0.6), (2.5, 1.0)):
        pen.stroke(ellipse(x, y, radius), mix(fire, "#ffffff", 0.5), wide, opacity)
    angle = math.radians(chance.uniform(-130, -50))
    bead = (x + math.cos(angle) * radius, y + math.sin(angle) * radius)
    pen.glow(*bead, radius * 0.6, "#ffffff", 1.0)
    pen.fill(ellipse(bead[0], bead[1], 11), "#ffffff")


def black_hole(stage: Stage, x: float, y: float, radius: float, side: int) -> None:
    """A black hole: light bent over and under it, a disc of fire seen almost from its edge."""
    pen, palette = stage.layer("black hole", 0.88), stage.palette
    wide, high = 720, 400
    across = (np.linspace(-1, 1, wide, dtype=np.float32) * 4.3)[None, :]
    down = (np.linspace(-1, 1, high, dtype=np.float32) * 4.3 * high / wide)[:, None]
    reach = np.hypot(across, down)
    streaks = texture.field(f"{stage.scene['seed']} disc", wide, high, 3, 18, 4, 0.6)
    disc_reach = np.hypot(across, down / 0.13)
    disc = np.exp(-(((disc_reach - 2.1) / 0.95) ** 2)) * (disc_reach > 1.12) * (0.45 + 0.75 * streaks)
    halo = np.exp(-(((reach - 1.26) / (0.16 + 0.1 * (down < 0))) ** 2)) * (0.7 + 0.4 * streaks)
    ring = np.exp(-(((reach - 1.03) / 0.035) ** 2))
    front = (down > -0.02) | (reach > 1.0)
    boost = 1 + 0.35 * side * across / 3
    level = np.clip((disc * front * 1.15 + 0.85 * halo * (reach > 1) + 0.9 * ring) * boost, 0, 1).astype(np.float32)
    hole = np.clip((1.0 - reach) * 40, 0, 1)
    opacity = np.maximum(np.clip(level * 1.3, 0, 1), hole).astype(np.float32)
    colours = [
        "#000000",
        shift(palette.accents[2], lightness=-0.2),
        palette.accents[2],
        mix(palette.light, palette.accents[2], 0.2),
        "#ffffff",
    ]
    pen.glow(x, y, radius * 4.6, palette.accents[2], 0.5, 0.7)
    with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({-side * 12})"):
        half = radius * 4.3
        texture.lay(
            pen, texture.ramped(level, colours, opacity), -half, -half * high / wide, half * 2, half * 2 * high / wide
        )
