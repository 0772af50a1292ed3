"""A street of signs in perspective: fronts with lit windows on both sides, wires, a wet road that mirrors them."""

from __future__ import annotations

import random
from itertools import pairwise

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, sky
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

_EYE = 500.0  # the horizon
_KERB, _FRONT, _GROUND = 620.0, 860.0, 420.0  # at distance 1: half the road, half the street, the ground below the eye
_WARM = oklch(0.88, 0.12, 85)


def _seen(far: float, x: float, y: float, z: float) -> Point:
    """Where a point of the street is in the picture: x from its middle, y from the eye's height, z away."""
    return far + x / z + (800 - far) * (1 / z if z > 1 else 1.0), _EYE + y / z


def draw(stage: Stage, x: float, side: int) -> None:
    """Draws the street up to where the cast stands."""
    far = 800.0 - side * stage.chance("street").choice((0, 90, 150))
    sky.sky(stage, _EYE + 40, (far - side * 60, 210), 92)
    sky.clouds(stage, 250, 4, 0.6, 0.97)
    _distance(stage, far)
    _ground(stage, far)
    glints = _fronts(stage, far)
    _wet(stage, far, glints)
    _wires(stage, far)


def _distance(stage: Stage, far: float) -> None:
    """Towers at the end of the street, in its glow."""
    pen, chance = stage.layer("distance", 0.93), stage.chance("distance")
    haze = mix(sky.horizon_colour(stage), _WARM, 0.2)
    for row in range(2):
        left = far - 420
        tone = mix(stage.tone(0.3 - 0.12 * row), haze, 0.6 - 0.25 * row)
        while left < far + 420:
            wide = chance.uniform(34, 90)
            top = _EYE - chance.uniform(70, 300 - 90 * row)
            pen.fill(
                box(left, top, wide, 400), pen.linear((0, top), (0, _EYE), (0, tone, 1), (1, mix(tone, haze, 0.6), 1))
            )
            panes = [
                box(left + 5 + 9 * column, top + 8 + 12 * line, 4, 5)
                for column in range(int(wide / 9) - 1)
                for line in range(int((_EYE - top) / 12)) if chance.random() < 0.4
            ]  # fmt: skip
            pen.fill(
                " ".join(panes) or box(left, top, 1, 1), mix(_WARM, haze, 0.35), 0.8 if stage.hour != "day" else 0.15
            )
            left += wide + chance.choice((0, 6))
    pen.glow(far, _EYE, 520, haze, 0.8, 0.5)


def _ground(stage: Stage, far: float) -> None:
    """Road, kerbs and pavements, with a crossing near the eye."""
    pen = stage.layer("road", 0.7)
    tar, haze = mix(stage.tone(0.14), oklch(0.28, 0.02, 280), 0.5), mix(sky.horizon_colour(stage), _WARM, 0.2)
    stops = ((0, mix(tar, haze, 0.75), 1), (0.2, mix(tar, haze, 0.3), 1), (1, tar, 1))
    pen.fill(box(LEFT, _EYE, RIGHT - LEFT, LOW), pen.linear((0, _EYE), (0, 930), *stops))
    for sign in (-1, 1):
        kerb = [_seen(far, sign * _KERB, _GROUND, z) for z in (0.6, 1, 2, 4, 9, 40)]
        wall = [_seen(far, sign * _FRONT, _GROUND, z) for z in (40, 9, 4, 2, 1, 0.6)]
        pave = mix(stage.tone(0.34), oklch(0.5, 0.02, 270), 0.3)
        pen.fill(polygon([*kerb, *wall]), pen.linear((0, _EYE), (0, 930), (0, mix(pave, haze, 0.6), 1), (1, pave, 1)))
        pen.stroke(polygon(kerb, closed=False), mix(pave, stage.palette.light, 0.4), 5)
    white = mix("#ffffff", tar, 0.25)
    for z in (1.5, 1.85, 2.35, 3.1, 4.2, 6.0, 9.0):
        dash = [_seen(far, a, _GROUND, b) for a, b in ((-12, z), (12, z), (12, z * 1.12), (-12, z * 1.12))]
        pen.fill(polygon(dash), white, 0.8)
    for lane in range(-5, 6):
        bar = [_seen(far, lane * 112 + a, _GROUND, b) for a, b in ((-34, 0.97), (34, 0.97), (34, 1.24), (-34, 1.24))]
        pen.fill(polygon(bar), white, 0.75)
    texture.ground(pen, str(stage.scene["seed"]), (stage.tone(0.02), stage.tone(0.5)), 0.45, _EYE + 6, 1050)


def _fronts(stage: Stage, far: float) -> list[tuple[float, float, str]]:
    """Houses along both sides, the farthest first; gives each sign's x, y at the ground, and colour."""
    pen, chance = stage.layer("fronts", 0.62), stage.chance("fronts")
    glints: list[tuple[float, float, str]] = []
    depths = [8.6, 6.2, 4.5, 3.3, 2.45, 1.8, 1.3, 0.92, 0.62]
    for farther, nearer in pairwise(depths):
        for sign in (-1, 1):
            glints += _house(stage, pen, chance, far, sign, nearer, farther)
    return glints


def _house(
    stage: Stage, pen: Pen, chance: random.Random, far: float, sign: int, near: float, away: float
) -> list[tuple[float, float, str]]:
    """One house front between two distances, with a shop at its foot and signs that stand out from it."""
    haze = mix(sky.horizon_colour(stage), _WARM, 0.15)
    share = min(0.75, (away - 0.6) / 9)
    night = stage.hour != "day"
    body = mix(mix(stage.tone(chance.uniform(0.1, 0.34)), chance.choice(stage.palette.accents), 0.12), haze, share)
    tall = chance.uniform(560, 1250)

    def wall(z: float, y: float) -> Point:
        return _seen(far, sign * _FRONT, y, z)

    quad = [wall(near, -tall), wall(away, -tall), wall(away, _GROUND), wall(near, _GROUND)]
    face = pen.linear(
        (0, _EYE - tall / near),
        (0, _EYE + _GROUND / near),
        (0, shift(body, lightness=-0.05), 1),
        (0.6, body, 1),
        (1, mix(body, _WARM, 0.35 if night else 0.05), 1),
    )
    pen.fill(polygon(quad), face)
    pen.stroke(polygon([quad[0], quad[3]], closed=False), shift(body, lightness=-0.07), 5 / near)
    lit: dict[str, list[str]] = {}
    columns, warm = 5, mix(_WARM, stage.palette.light, 0.3)
    floors = int((tall + 100) / 105)
    for floor in range(floors):
        high = -tall + 40 + floor * 105
        if high > 100:
            break
        for column in range(columns):
            one = near + (away - near) * (column + 0.16) / columns
            two = near + (away - near) * (column + 0.8) / columns
            tone = chance.choice(
                (warm, warm, mix(stage.palette.accents[1], "#ffffff", 0.4), mix(warm, stage.palette.accents[2], 0.4))
            )
            if not night or chance.random() > 0.4:
                tone = shift(body, lightness=-0.05 if night else 0.1)
            lit.setdefault(tone, []).append(
                polygon([wall(one, high), wall(two, high), wall(two, high + 62), wall(one, high + 62)])
            )
        ledge = [wall(near, high + 76), wall(away, high + 76), wall(away, high + 86), wall(near, high + 86)]
        pen.fill(polygon(ledge), mix(body, stage.palette.light, 0.12), 0.7)
    for tone, panes in lit.items():
        pen.fill(" ".join(panes), mix(tone, haze, share), 0.92)
    shop = mix(chance.choice((*stage.palette.accents, warm)), "#ffffff", 0.35)
    window = [
        wall(near * 1.03, 190),
        wall(away * 0.98, 190),
        wall(away * 0.98, _GROUND - 24),
        wall(near * 1.03, _GROUND - 24),
    ]
    pen.fill(polygon(window), mix(shop if night else shift(body, lightness=-0.08), haze, share), 0.9)
    goods, bars = [], []
    for index in range(6):
        z = near * 1.03 + (away * 0.98 - near * 1.03) * (index + 0.5) / 6
        beside = z + (away - near) * 0.05
        high = chance.uniform(240, 330)
        goods.append(polygon([wall(z, high), wall(beside, high), wall(beside, _GROUND - 24), wall(z, _GROUND - 24)]))
        bars.append(polygon([wall(z * 0.985, 190), wall(z * 0.985, _GROUND - 24)], closed=False))
    pen.fill(" ".join(goods), mix(shift(body, lightness=-0.1), haze, share), 0.45)
    pen.stroke(" ".join(bars), mix(shift(body, lightness=-0.1), haze, share), 6 / away)
    awning = [
        wall(near, 150),
        wall(away, 150),
        _seen(far, sign * (_FRONT - 110), 205, away),
        _seen(far, sign * (_FRONT - 110), 205, near),
    ]
    pen.fill(polygon(awning), mix(chance.choice(stage.palette.accents), stage.tone(0.15), 0.35 + share * 0.5))
    found = []
    for _ in range(2):
        z = near + (away - near) * chance.uniform(0.15, 0.85)
        high, colour = chance.uniform(-min(620, tall - 60), 20), chance.choice(stage.palette.accents)
        wide, drop = chance.uniform(60, 110), chance.uniform(120, 320)
        a, b = _seen(far, sign * _FRONT, high, z), _seen(far, sign * (_FRONT - wide), high + drop, z)
        board = box(min(a[0], b[0]), a[1], abs(b[0] - a[0]), b[1] - a[1], 5 / z)
        pen.glow((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, max(40, drop / z * 0.9), colour, 0.75 if night else 0.0)
        pen.fill(board, mix(stage.tone(0.04), haze, share), 0.95)
        glyphs = int(drop / wide)
        for index in range(glyphs):
            middle = ((a[0] + b[0]) / 2, a[1] + (b[1] - a[1]) * (index + 0.5) / glyphs)
            size = wide / z * 0.3
            kind = chance.choice(
                (
                    ellipse(*middle, size),
                    box(middle[0] - size, middle[1] - size, 2 * size, 2 * size, 2),
                    polygon(
                        [
                            (middle[0], middle[1] - size),
                            (middle[0] + size, middle[1] + size),
                            (middle[0] - size, middle[1] + size),
                        ]
                    ),
                )
            )
            pen.stroke(kind, mix(colour, "#ffffff", 0.45), max(1.2, 7 / z))
        pen.stroke(board, mix(colour, "#ffffff", 0.3), max(1.0, 6 / z))
        found.append(((a[0] + b[0]) / 2, _EYE + _GROUND / z, colour))
    return found


def _wet(stage: Stage, far: float, glints: list[tuple[float, float, str]]) -> None:
    """The signs' light on the wet road, drawn out towards the eye; people and lamps far off."""
    pen, chance = stage.layer("wet road", 0.58), stage.chance("wet")
    if stage.hour != "day":
        for x, y, colour in glints:
            near = (y - _EYE) / _GROUND
            inward = x + (800 - x) * 0.28
            reach, wide = 60 + 190 * near, 12 + 46 * near
            for index in range(3):
                left = inward + chance.uniform(-40, 40) * near
                streak = pen.linear(
                    (0, y - 10),
                    (0, y + reach),
                    (0, colour, 0.0),
                    (0.25, mix(colour, "#ffffff", 0.25), 0.55),
                    (1, colour, 0.0),
                )
                pen.fill(box(left, y - 10, wide * (1 - 0.25 * index) * 0.6, reach + 10), streak)
        pen.glow(far, _EYE + 16, 300, mix(_WARM, stage.palette.light, 0.4), 0.8, 0.25)
        for _ in range(14):
            z, sign = chance.uniform(4, 14), chance.choice((-1, 1))
            x, y = _seen(far, sign * chance.uniform(120, 420), _GROUND - 60, z)
            pen.glow(x, y, 70 / z + 6, "#fff3d0" if sign > 0 else oklch(0.65, 0.22, 25), 0.95)
    dark = mix(stage.tone(0.05), sky.horizon_colour(stage), 0.2)
    for _ in range(16):
        z, sign = chance.uniform(2.6, 7), chance.choice((-1, 1))
        x, y = _seen(far, sign * chance.uniform(640, 830), _GROUND, z)
        size = 1 / z
        pen.fill(
            smooth(
                [
                    (x - 44 * size, y),
                    (x - 62 * size, y - 190 * size),
                    (x - 40 * size, y - 250 * size),
                    (x + 40 * size, y - 250 * size),
                    (x + 62 * size, y - 190 * size),
                    (x + 40 * size, y),
                ],
                roundness=0.6,
            ),
            mix(dark, sky.horizon_colour(stage), min(0.5, z / 14)),
        )
        pen.fill(
            ellipse(x, y - 296 * size, 33 * size, 42 * size), mix(dark, sky.horizon_colour(stage), min(0.5, z / 14))
        )


def _wires(stage: Stage, far: float) -> None:
    """Wires and lamps that hang over the street, and its lamp posts."""
    pen, chance = stage.layer("wires", 0.52), stage.chance("wires")
    dark = stage.tone(0.03)
    for z in (1.05, 1.5, 2.2, 3.4):
        left, right = _seen(far, -_FRONT, -330 - 60 * chance.random(), z), _seen(far, _FRONT, -330, z)
        middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2 + 66 / z)
        pen.stroke(smooth([left, middle, right], closed=False), dark, 3.4 / z, 0.9)
        for share in (0.2, 0.35, 0.5, 0.65, 0.8):
            x = left[0] + (right[0] - left[0]) * share
            y = left[1] + (right[1] - left[1]) * share + 66 / z * (1 - (2 * share - 1) ** 2)
            colour = chance.choice((_WARM, *stage.palette.accents[:2]))
            if stage.hour != "day":
                pen.glow(x, y + 14 / z, 60 / z, colour, 0.7)
            pen.fill(ellipse(x, y + 14 / z, 11 / z, 14 / z), mix(colour, "#ffffff", 0.4))
    air.veil(pen, _EYE, 130, mix(sky.horizon_colour(stage), _WARM, 0.2), 0.35)


def near(stage: Stage, side: int) -> None:
    """A post box and a vending machine's edge, dark and close to the eye; light out of focus."""
    pen, chance = stage.layer("near", 0.1), stage.chance("near")
    dark = stage.tone(0.03)
    left = 800 - side * 760
    pen.fill(box(left - 120, 420, 240, 700, 16), dark)
    pen.fill(box(left - 120 if side < 0 else left + 112, 430, 8, 690), mix(dark, stage.palette.accents[1], 0.7))
    pen.fill(box(left - 92, 470, 184, 250, 8), mix(dark, stage.palette.accents[1], 0.25))
    for row in range(3):
        for column in range(4):
            tone = chance.choice(stage.palette.accents)
            pen.fill(box(left - 80 + column * 42, 486 + row * 78, 28, 52, 6), mix(tone, dark, 0.45))
    for _ in range(9):
        x = 800 + side * chance.uniform(420, 860)
        pen.glow(x, chance.uniform(120, 860), chance.uniform(26, 64), chance.choice(stage.palette.accents), 0.3)
