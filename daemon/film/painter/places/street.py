"""A street of signs in perspective: fronts with lit windows on both sides, wires, a wet road that mirrors them."""

from __future__ import annotations

import random
from itertools import pairwise

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, curve, ellipse, polygon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import air, neon, shops, sky
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
    _people(stage, far)
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
    columns, warm = 4, mix(_WARM, stage.palette.light, 0.3)
    floors = int((tall - 130) / 148)
    for floor in range(floors):
        high = -tall + 40 + floor * 148
        for column in range(columns):
            one = near + (away - near) * (column + 0.16) / columns
            two = near + (away - near) * (column + 0.8) / columns
            tone = chance.choice(
                (warm, warm, mix(stage.palette.accents[1], "#ffffff", 0.4), mix(warm, stage.palette.accents[2], 0.4))
            )
            if not night or chance.random() > 0.4:
                tone = shift(body, lightness=-0.05 if night else 0.1)
            lit.setdefault(tone, []).append(
                polygon([wall(one, high), wall(two, high), wall(two, high + 92), wall(one, high + 92)])
            )
        ledge = [wall(near, high + 112), wall(away, high + 112), wall(away, high + 124), wall(near, high + 124)]
        pen.fill(polygon(ledge), mix(body, stage.palette.light, 0.12), 0.7)
    for tone, panes in lit.items():
        pen.fill(" ".join(panes), mix(tone, haze, share), 0.92)
    light = mix(chance.choice((warm, warm, *stage.palette.accents)), "#fff2d8", 0.45)
    shop = shops.Front(
        lambda share, y: wall(near * 1.02 + (away * 0.99 - near * 1.02) * share, y),
        -44, _GROUND - 92, _GROUND, mix(shift(body, lightness=-0.04), haze, share * 0.4),
        mix(light if night else shift(body, lightness=-0.08), haze, share * 0.8), 1 / away,
    )  # fmt: skip
    shops.front(pen, chance, shop)
    cloth = mix(chance.choice(stage.palette.accents), stage.tone(0.15), 0.35 + share * 0.5)
    shops.awning(
        pen, shop, lambda u, y: _seen(far, sign * (_FRONT - 110), y, near + (away - near) * u),
        cloth, mix(cloth, mix(_WARM, haze, share), 0.4),
    )  # fmt: skip
    found = []
    for index in range(2):
        z = near + (away - near) * chance.uniform(0.2, 0.5) + (away - near) * 0.4 * index
        colour, tall_one = chance.choice(stage.palette.accents), chance.random() < 0.55
        wide, drop = (chance.uniform(64, 84), chance.uniform(220, 380)) if tall_one else (chance.uniform(120, 160),) * 2
        high = chance.uniform(-min(600, tall - 60), -70 - drop)
        a, b = _seen(far, sign * _FRONT, high, z), _seen(far, sign * (_FRONT - wide), high + drop, z)
        place = (min(a[0], b[0]), a[1], abs(b[0] - a[0]), b[1] - a[1])
        arm = [_seen(far, sign * _FRONT, high + 16, z * 1.03), _seen(far, sign * (_FRONT - wide), high + 16, z)]
        pen.stroke(polygon(arm, closed=False), stage.tone(0.05), max(1.0, 8 / z))
        neon.board(pen, chance, place, 1 / z, colour, mix(stage.tone(0.04), haze, share), night)
        found.append((place[0] + place[2] / 2, _EYE + _GROUND / z, colour))
    return found


def _wet(stage: Stage, far: float, glints: list[tuple[float, float, str]]) -> None:
    """The signs' light on the wet road, drawn out towards the eye, and lamps far off."""
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


def _people(stage: Stage, far: float) -> None:
    """People who walk along the pavements, the farthest first, lit from the shops."""
    pen, chance = stage.layer("people", 0.57), stage.chance("people")
    air_colour = mix(sky.horizon_colour(stage), _WARM, 0.15)
    rain = stage.scene["weather"] in ("rain", "storm")
    for z in sorted((chance.uniform(2.1, 7.5) for _ in range(15)), reverse=True):
        sign = chance.choice((-1, 1))
        place = _seen(far, sign * chance.uniform(655, 800), _GROUND, z)
        share = min(0.6, (z - 1.6) / 10)
        own = mix(stage.tone(chance.uniform(0.12, 0.34)), chance.choice((*stage.palette.accents, _WARM)), 0.25)
        rim = mix(mix(own, _WARM, 0.55 if stage.hour != "day" else 0.25), air_colour, share)
        shops.walker(pen, chance, place, 0.86 * sign / z, mix(own, air_colour, share), rim, rain)


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
    """A vending machine by the road, whole and lit, close to the eye; light out of focus."""
    pen, chance = stage.layer("near", 0.1), stage.chance("near")
    dark, glass = stage.tone(0.06), mix(stage.palette.accents[1], "#ffffff", 0.55)
    body = mix(stage.palette.accents[0], stage.tone(0.12), 0.55)
    middle, top, foot = 800 - side * 575, 424.0, 862.0
    left = middle - 104
    night = stage.hour != "day"
    pen.fill(ellipse(middle, foot + 6, 150, 15), "#000000", 0.45)
    for off in (18, 158):
        pen.fill(box(left + off, foot - 14, 32, 20, 4), dark)
    if night:
        pen.glow(middle, foot, 240, glass, 0.5, 0.2)
    pen.shape(box(left, top, 208, foot - top - 8, 14), body, line=1.3, shade=12, rim=5)
    pen.fill(box(left + 14, top + 14, 180, 40, 8), mix(body, glass, 0.75))
    for index in range(3):
        mark = curve("-7 12, -10 -2, 0 -14, 10 -2, 7 12", x=left + 56 + 48 * index, y=top + 34)
        pen.fill(mark, body)
    pane = box(left + 16, top + 66, 132, 224, 8)
    pen.fill(pane, pen.linear((0, top + 66), (0, top + 290), (0, mix(glass, "#ffffff", 0.4), 1), (1, glass, 1)))
    for row in range(3):
        shelf = top + 132 + row * 74
        pen.fill(box(left + 16, shelf, 132, 7), dark)
        for column in range(4):
            tone = mix(chance.choice((*stage.palette.accents, _WARM)), dark, 0.15)
            can = left + 22 + column * 31
            pen.fill(box(can, shelf - 46, 23, 46, 6), tone)
            pen.fill(box(can + 3, shelf - 42, 5, 36, 2), "#ffffff", 0.5)
            pen.fill(box(can + 1, shelf - 30, 21, 12), mix(tone, "#ffffff", 0.6), 0.8)
    pen.fill(polygon([(left + 30, top + 290), (left + 96, top + 66), (left + 118, top + 66), (left + 52, top + 290)]),
             "#ffffff", 0.16)  # fmt: skip
    pen.stroke(pane, dark, 4)
    pen.fill(box(left + 160, top + 84, 34, 54, 5), dark)
    pen.fill(box(left + 166, top + 90, 22, 14, 2), mix(oklch(0.8, 0.16, 150), dark, 0.1))
    for index in range(6):
        pen.fill(ellipse(left + 169 + 16 * (index % 2), top + 154 + 15 * (index // 2), 4.6), mix(glass, dark, 0.3))
    pen.fill(box(left + 164, top + 208, 26, 8, 3), dark)
    pen.shape(box(left + 28, top + 318, 152, 62, 8), dark, line=0.8, rim=3)
    pen.fill(box(left + 36, top + 326, 136, 24, 4), mix(dark, glass, 0.2))
    if night:
        pen.glow(left + 82, top + 178, 250, glass, 0.35)
    for _ in range(9):
        x = 800 + side * chance.uniform(420, 860)
        pen.glow(x, chance.uniform(120, 860), chance.uniform(26, 64), chance.choice(stage.palette.accents), 0.3)
