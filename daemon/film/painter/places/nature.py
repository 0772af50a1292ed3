"""What lies outdoors: mountains, mist, water, and the outline of a cloud."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, box, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, sky
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage


def cloud(chance: random.Random, x: float, y: float, size: float) -> str:
    """A cloud's outline, its flat base at y."""
    lumps = chance.randint(4, 6)
    width = size * lumps * 0.9
    points: list[Point] = [(x - width / 2 - size * 0.5, y)]
    for index in range(lumps):
        share = (index + 0.5) / lumps
        tall = size * (0.45 + 0.75 * math.sin(math.pi * share)) * chance.uniform(0.8, 1.15)
        left = x - width / 2 + width * share
        wide = width / lumps * 0.66
        points += [
            (left + wide * math.cos(angle), y - tall * 0.5 - tall * 0.5 * math.sin(angle))
            for angle in (2.7, 2.2, 1.57, 0.94, 0.44)
        ]
    points += [(x + width / 2 + size * 0.5, y), (x, y + size * 0.1)]
    return smooth(points, roundness=0.95)


def mountains(
    stage: Stage,
    name: str,
    base: float,
    tall: float,
    level: float,
    depth: float,
    snow: float = 0.0,
    focus: float | None = None,
) -> None:
    """A range: broken ridges with lit and shaded flanks; snow is the share of its height that is white."""
    pen, chance = stage.layer(name, depth), stage.chance(name)
    haze = sky.horizon_colour(stage)
    body = mix(stage.tone(level), haze, max(0.0, (depth - 0.8) * 2.2))
    peaks: list[tuple[float, float, float]] = []
    x = LEFT
    while x < RIGHT:
        high = tall * chance.uniform(0.45, 0.8)
        peaks.append((x, base - high, high * chance.uniform(0.95, 1.4)))
        x += high * chance.uniform(0.6, 1.0)
    if focus is not None:
        peaks = [peak for peak in peaks if abs(peak[0] - focus) > tall * 0.35]
        peaks.append((focus, base - tall, tall * 1.1))
    for x, top, half in sorted(peaks, key=lambda peak: peak[1] if peak[0] != focus else 1e9):
        _mountain(stage, pen, chance, (x, top), half, base, body, snow)
    air.haze(pen, base - tall * 0.7, base + 4, mix(haze, stage.tone(min(1.0, level + 0.3)), 0.3), 0.85)
    pen.fill(box(LEFT, base - 1, RIGHT - LEFT, LOW - base), mix(haze, body, 0.4))


def _edge(chance: random.Random, top: Point, foot: Point, steps: int, rough: float) -> list[Point]:
    """A ridge from a peak down to a foot, broken by chance and steeper above."""
    (x, y), (a, b) = top, foot
    found = []
    for step in range(1, steps):
        share = step / steps
        found.append(
            (
                x + (a - x) * share**1.12 + chance.uniform(-rough, rough),
                y + (b - y) * share + chance.uniform(-rough, rough) * 0.6,
            )
        )
    return found


def _mountain(
    stage: Stage, pen: Pen, chance: random.Random, top: Point, half: float, base: float, body: str, snow: float
) -> None:
    x, y = top
    high = base - y
    rough = high * 0.035
    left, right = _edge(chance, top, (x - half, base), 9, rough), _edge(chance, top, (x + half, base), 9, rough)
    spine = [
        (x + chance.uniform(-0.05, 0.05) * half + 0.12 * half * share, y + high * share)
        for share in (0.12, 0.26, 0.42, 0.6, 0.8, 1.0)
    ]
    lit_from_left = stage.light[0] < 0
    outline = polygon([(x - half, base), *reversed(left), top, *right, (x + half, base)])
    lit = mix(body, mix(sky.warmth(stage), stage.palette.light, 0.5), 0.22)
    dark = mix(shift(body, lightness=-0.06), stage.tone(0.1), 0.22)
    if pen.sheet.hatch:
        pen.stroke(outline, mix(stage.palette.line, body, 0.4), pen.sheet.inner)
    pen.fill(outline, lit)
    flank, far_foot = (right, (x + half, base)) if lit_from_left else (left, (x - half, base))
    pen.fill(polygon([top, *spine, far_foot, *reversed(flank)]), dark)
    for index in range(1, len(spine) - 1):
        for side, tone in ((-1, dark if lit_from_left else lit), (1, lit)):
            a, b = spine[index]
            reach = half * (0.12 + 0.1 * index) * chance.uniform(0.5, 1.0)
            tip = (a + side * reach, b + high * chance.uniform(0.16, 0.26))
            inner = (a + side * reach * 0.3, b + high * 0.2)
            on_dark = (side > 0) == lit_from_left
            pen.fill(polygon([(a, b), tip, inner]), (mix(dark, lit, 0.4) if on_dark else mix(tone, dark, 0.55)), 0.8)
    if snow > 0:
        white = mix("#ffffff", mix(sky.warmth(stage), stage.palette.light, 0.5), 0.35)
        shaded = mix(white, mix(stage.tone(0.45), sky.colour(stage, 0.5, 0.3), 0.5), 0.55)
        cut = max(2, round(9 * snow))
        one, two = (left, right) if lit_from_left else (right, left)
        pen.fill(_snow(chance, top, one[:cut], spine[:2]), white)
        pen.fill(_snow(chance, top, spine[:2], two[:cut]), shaded)
        for share in (0.5, 0.6):
            for edge, tone in ((one, white), (two, shaded)):
                a, b = edge[min(len(edge) - 1, int(share * 9))]
                inward = x - a
                pen.fill(
                    polygon([(a, b), (a + inward * 0.24, b + high * 0.02), (a + inward * 0.1, b + high * 0.13)]),
                    tone,
                    0.8,
                )


def _snow(chance: random.Random, top: Point, one: Sequence[Point], two: Sequence[Point]) -> str:
    """Snow between two edges that run down from a peak, its lower end in teeth."""
    (ax, ay), (bx, by) = one[-1], two[-1]
    reach = (ay + by) / 2 - top[1]
    teeth = []
    for step in range(1, 8):
        bite = reach * (0.32 if step % 2 else -0.1) * chance.uniform(0.5, 1.3)
        teeth.append((ax + (bx - ax) * step / 8, ay + (by - ay) * step / 8 + bite))
    return polygon([top, *one, *teeth, *reversed(two)])


def woods(stage: Stage, name: str, y: float, depth: float) -> None:
    """A far wood on the shore: hundreds of small conifers as one dark fringe, paler where it lies back."""
    pen, chance = stage.layer(name, depth), stage.chance(name)
    for row in range(2):
        tone = mix(stage.tone(0.22 - 0.1 * row), sky.horizon_colour(stage), 0.42 - 0.25 * row)
        firs = []
        x = LEFT
        while x < RIGHT:
            tall = chance.uniform(22, 54) * (1 + 0.3 * row)
            foot = y + 10 * row
            firs.append(
                polygon(
                    [
                        (x - tall * 0.17, foot),
                        (x - tall * 0.06, foot - tall * 0.5),
                        (x, foot - tall),
                        (x + tall * 0.07, foot - tall * 0.5),
                        (x + tall * 0.17, foot),
                    ]
                )
            )
            x += chance.uniform(6, 15)
        pen.fill(" ".join(firs), tone)
        pen.fill(box(LEFT, y + 10 * row - 3, RIGHT - LEFT, 40), tone)


def mist(stage: Stage, name: str, y: float, level: float, depth: float, strength: float = 0.7) -> None:
    """A bank of mist: wisps that lie on a level."""
    pen = stage.layer(name, depth, soft=True)
    colour = mix(mix(stage.tone(level), sky.horizon_colour(stage), 0.5), stage.palette.light, 0.25)
    air.drift(pen, f"{stage.scene['seed']} {name}", y, 260, colour, min(1.0, strength * 1.25))
    air.veil(pen, y + 20, 90, colour, strength * 0.6)


def water(stage: Stage, top: float, low: float, sun_x: float, depth: float = 0.6) -> None:
    """Still water: the sky in it, ripples in perspective, and the light's road."""
    pen, palette = stage.layer("water", depth), stage.palette
    haze = sky.horizon_colour(stage)
    stops = (
        (0, mix(haze, stage.tone(0.5), 0.35), 1),
        (0.3, mix(stage.tone(0.36), haze, 0.3), 1),
        (1, stage.tone(0.1), 1),
    )
    pen.fill(box(LEFT, top, RIGHT - LEFT, LOW - top), pen.linear((0, top), (0, low), *stops))
    wide, high = 640, 150
    ripples = texture.field(f"{stage.scene['seed']} still", wide, high, 12, 24, 3, 0.6)
    down = (np.arange(high, dtype=np.float32) / high)[:, None]
    across = np.linspace(LEFT, RIGHT, wide, dtype=np.float32)[None, :]
    road = np.exp(-(((across - sun_x) / (60 + 190 * down)) ** 2))
    glint = texture.rise(ripples, 0.45, 0.7) * road
    sheen = 0.3 * texture.rise(ripples, 0.55, 0.8)
    light = mix(palette.light, "#ffffff", 0.3)
    texture.lay(
        pen, texture.tinted(light, np.asarray(np.maximum(glint, sheen), np.float32)), LEFT, top, RIGHT - LEFT, low - top
    )
    pen.fill(box(LEFT, top - 2, RIGHT - LEFT, 4), mix(haze, "#ffffff", 0.35), 0.8)
