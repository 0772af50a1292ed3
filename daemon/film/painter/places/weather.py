"""The weather in front of everything: rain, snow, mist, wind, petals."""

from __future__ import annotations

import math

from daemon.film.painter.colour import mix
from daemon.film.painter.outline import Point, curve, ellipse, polygon, smooth
from daemon.film.painter.places import air
from daemon.film.painter.stage import Stage


def fall(stage: Stage) -> None:
    """Draws what falls or drifts; nothing in clear weather."""
    kind = stage.scene["weather"]
    if kind in ("rain", "storm"):
        _rain(stage, heavy=kind == "storm")
    elif kind == "snow":
        _snow(stage)
    elif kind == "wind":
        _wind(stage)
    elif kind == "petals":
        petals(stage, mix(stage.palette.accents[0], "#ffd9e4", 0.6))
    elif kind == "mist":
        _mist(stage)


def _slant(stage: Stage) -> float:
    """How far the wind pushes what falls, sideways for each unit down."""
    return stage.chance("wind").choice((-1, 1)) * (0.2 + 0.35 * stage.energy)


def _rain(stage: Stage, heavy: bool) -> None:
    """Streaks in three distances, one path each, and rings where they strike the ground."""
    pen, chance = stage.layer("weather", 0.08), stage.chance("weather")
    slant = _slant(stage) * (1.8 if heavy else 1.0)
    drop = mix(stage.palette.light, "#dfeaff", 0.5)
    for count, wide, reach, opacity in ((170, 1.3, 46, 0.35), (90, 2.2, 84, 0.45), (34, 3.6, 150, 0.5)):
        lines = []
        for _ in range(int(count * (1.5 if heavy else 1.0))):
            x, y, long = chance.uniform(-400, 2000), chance.uniform(-250, 1100), reach * chance.uniform(0.7, 1.3)
            lines.append(polygon([(x, y), (x + slant * long, y + long)], closed=False))
        pen.stroke(" ".join(lines), drop, wide, opacity, cap="butt")
    rings = []
    for _ in range(46):
        x, y = chance.uniform(-200, 1800), 900 - 190 * chance.random() ** 1.6
        wide = 8 + 26 * max(0.0, (y - 700) / 200)
        rings.append(ellipse(x, y, wide, wide * 0.22))
    pen.stroke(" ".join(rings), drop, 1.8, 0.5)


def _snow(stage: Stage) -> None:
    """Flakes in three distances; those near the eye are large and soft."""
    pen, chance = stage.layer("weather", 0.08), stage.chance("weather")
    for count, low, high, opacity in ((180, 1.6, 3.0, 0.75), (80, 3.2, 6.0, 0.9)):
        flakes = [
            ellipse(chance.uniform(-400, 2000), chance.uniform(-250, 1100), chance.uniform(low, high))
            for _ in range(count)
        ]
        pen.fill(" ".join(flakes), "#ffffff", opacity)
    for _ in range(20):
        pen.glow(chance.uniform(-200, 1800), chance.uniform(-100, 1000), chance.uniform(14, 34), "#ffffff", 0.6)
    air.haze(pen, 500, 1000, mix("#ffffff", stage.tone(0.8), 0.4), 0.3)


def _wind(stage: Stage) -> None:
    """Wind that shows: long curls in the air, and leaves that ride on it."""
    pen, chance = stage.layer("gusts", 0.08), stage.chance("weather")
    way = 1 if _slant(stage) > 0 else -1
    air_colour = mix(stage.palette.light, "#ffffff", 0.5)
    for _ in range(9):
        x, y, reach = chance.uniform(-200, 1500), chance.uniform(80, 800), chance.uniform(260, 620)
        path: list[Point] = [
            (x + way * reach * share, y + 26 * math.sin(share * 5 + x)) for share in (0, 0.25, 0.5, 0.75, 1)
        ]
        if chance.random() < 0.5:
            a, b = path[-1]
            path += [(a + way * 44, b - 26), (a + way * 22, b - 56), (a - way * 12, b - 34), (a + way * 8, b - 18)]
        pen.stroke(smooth(path, closed=False), air_colour, chance.uniform(2, 4), 0.5)
    petals(stage, mix(stage.palette.accents[2], stage.tone(0.4), 0.4), 30, "leaves")


def petals(stage: Stage, colour: str, count: int = 46, name: str = "petals") -> None:
    """Petals or leaves in the air, some near the eye."""
    pen, chance = stage.layer(name, 0.06), stage.chance("petals")
    for _ in range(count):
        x, y, turn = chance.uniform(-200, 1800), chance.uniform(-150, 1050), chance.uniform(0, 360)
        near = chance.random() < 0.15
        if near and 420 < x < 1180:
            continue
        size = chance.uniform(2.2, 3.4) if near else chance.uniform(0.6, 1.5)
        with pen.inside(
            f"translate({x:.0f} {y:.0f}) rotate({turn:.0f}) scale({size:.2f} {size * chance.uniform(0.5, 1):.2f})"
        ):
            pen.fill(
                curve("0 -10, 7 -2, 4 9, 0 6, -4 9, -7 -2"),
                mix(colour, "#ffffff", chance.choice((0.0, 0.2, 0.45))),
                0.6 if near else 0.95,
            )


def _mist(stage: Stage) -> None:
    """Mist that drifts before the scene, low down."""
    pen = stage.layer("weather", 0.08, soft=True)
    haze = mix(stage.tone(0.75), stage.palette.light, 0.3)
    air.drift(pen, f"{stage.scene['seed']} near mist", 850, 420, haze, 0.55)
    air.drift(pen, f"{stage.scene['seed']} mist", 640, 320, haze, 0.3)
