"""Waves: rows of swell, one great breaker, the rock that stands in the surf, and its spray."""

from __future__ import annotations

import math

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, ellipse, points, polygon, ribbon, smooth
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
    """One great wave that curls over: stripes along its back, light through its crest, foam thrown from its lip."""
    pen, chance = stage.layer("breaker", 0.56), stage.chance("breaker")
    body, foam = blue(stage, 0.4), _foam(stage)
    deep, glassy = shift(body, lightness=-0.12), mix(blue(stage, 0.8), oklch(0.8, 0.11, 185), 0.45)
    shade = mix(foam, body, 0.4)
    with pen.inside(f"translate({x:.0f} 775) scale({side * 1.1:.2f} 1.1)"):
        crest = points("-640 150, -480 92, -350 0, -236 -108, -120 -192, 0 -236, 96 -232, 168 -194, 208 -132, 206 -82")
        hollow = points("176 -122, 124 -142, 70 -112, 40 -42, 52 34, 112 96, 220 132, 380 152, 560 166")
        whole = smooth([*crest, *hollow, (560, 300), (-640, 300)], roundness=0.9)
        pen.stroke(whole, pen.line_colour(body), pen.sheet.inner * 1.2)
        stops = ((0, mix(glassy, foam, 0.25), 1), (0.2, glassy, 1), (0.5, body, 1), (1, deep, 1))
        pen.fill(whole, pen.linear((0, -240), (0, 170), *stops))
        with pen.inside(clip=whole):
            # The wall within the curl lies in the shade of the lip, and darkens towards the water.
            wall = points("206 -82, 150 -168, 70 -176, 0 -120, -30 -30, -14 60, 56 128, 200 168, 420 190, 560 190")
            pen.fill(
                smooth([*wall, *reversed(hollow)], roundness=0.9),
                pen.linear((0, -170), (0, 170), (0, mix(body, glassy, 0.35), 0.0), (0.3, deep, 0.75), (1, deep, 0.95)),
            )
            for index in range(5):
                off, lift = index * 27.0, chance.uniform(-8, 8)
                flow = [
                    (340 - off * 2.4, 176 + lift),
                    (120 - off * 1.5, 150 - off * 0.25),
                    (24 - off * 1.1, 70 - off * 0.5),
                    (0 - off * 1.1, -30 - off * 0.55),
                    (34 - off * 0.9, -128 - off * 0.35),
                    (110 - off * 0.4, -186 - off * 0.1),
                ]
                pen.fill(
                    ribbon(flow, [1, 5, 7 - index * 0.6, 7 - index * 0.6, 5, 1]),
                    mix(glassy, foam, 0.3),
                    0.6 - 0.08 * index,
                )
            for index in range(6):
                off = 66.0 * index + chance.uniform(-12, 12)
                flow = [
                    (-120 - off, 190),
                    (-128 - off * 0.94, 90),
                    (-112 - off * 0.8, -20 + off * 0.18),
                    (-60 - off * 0.66, -130 + off * 0.3),
                ]
                pen.fill(ribbon(flow, [2, 8, 9, 1]), mix(body, glassy if index % 2 else deep, 0.55), 0.6)
        _lip(stage, side, foam, shade)
        toe = [
            (540 - step * 31.0, 156 - 26 * math.exp(-((step - 9) ** 2) / 26) + chance.uniform(-6, 6))
            for step in range(22)
        ]
        for size, move, tone in ((1.0, 8, shade), (0.86, 0, foam)):
            lumps = [ellipse(a, b + move, (20 + 14 * (index % 3 == 1)) * size, (14 + 7 * (index % 2)) * size)
                     for index, (a, b) in enumerate(toe)]  # fmt: skip
            pen.fill(" ".join(lumps), tone)
        swell = [(-640 + step * 100, 168 + 9 * (step % 2)) for step in range(13)]
        pen.fill(smooth([(-660, 320), *swell, (600, 320)], roundness=0.9), blue(stage, 0.36))


def _lip(stage: Stage, side: int, foam: str, shade: str) -> None:
    """Foam along a breaker's crest: thin on its back, heaped on the lip, fingers of it that fall, drops ahead of it."""
    pen, chance = stage.planes[-1].pen, stage.chance("lip")
    edge = points("-176 -156, -110 -198, -40 -226, 40 -240, 110 -230, 168 -196, 204 -142, 208 -92")
    fingers, lumps, shades = [], [], []
    for index in range(9):
        share = index / 8
        place = 4 + 3 * share
        one, two = edge[min(6, int(place))], edge[min(7, int(place) + 1)]
        a, b = one[0] + (two[0] - one[0]) * (place % 1), one[1] + (two[1] - one[1]) * (place % 1)
        drop, out = chance.uniform(30, 74) * (0.5 + 0.6 * share), chance.uniform(-16, 22)
        path = [(a - 6, b), (a + out * 0.4, b + drop * 0.5), (a + out * 0.2 - 6, b + drop)]
        fingers.append(ribbon(path, [12, 7, 2]))
        fingers.append(ellipse(path[2][0] + chance.uniform(-3, 3), path[2][1] + chance.uniform(8, 16), 3.6, 4.8))
    for index in range(34):
        share = index / 33
        place = share * 7
        one, two = edge[min(6, int(place))], edge[min(7, int(place) + 1)]
        t = place - min(6, int(place))
        radius = (6 + 19 * share**0.8) * chance.uniform(0.75, 1.15)
        a, b = one[0] + (two[0] - one[0]) * t + chance.gauss(0, 4), one[1] + (two[1] - one[1]) * t + chance.gauss(0, 4)
        lumps.append(ellipse(a, b, radius, radius * 0.92))
        shades.append(ellipse(a - 4, b + 8, radius * 1.02, radius * 0.95))
    pen.fill(" ".join(fingers), foam)
    pen.fill(" ".join(shades), shade)
    pen.fill(" ".join(lumps), foam)
    drops = []
    for _ in range(16):
        out = chance.uniform(20, 130)
        drops.append(_drop(160 + out, -210 + out * 0.5 + chance.uniform(-50, 50), chance.uniform(3, 7), (0.8, 0.5)))
    pen.fill(" ".join(drops), foam)


def _drop(x: float, y: float, size: float, way: Point) -> str:
    """A drop in flight: round ahead, drawn out behind it; way: where it flies, a vector of about length 1."""
    a, b = way
    return smooth(
        [(x + a * size, y + b * size), (x - b * size, y + a * size), (x - a * 3.2 * size, y - b * 3.2 * size),
         (x + b * size, y - a * size)], roundness=0.8,
    )  # fmt: skip


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
        (x - 490 + step * 25 + chance.uniform(-6, 6), y + 128 + chance.uniform(-9, 9), chance.uniform(15, 29))
        for step in range(40)
    ]
    pen.fill(" ".join(ellipse(a, b + 7, r, r * 0.66) for a, b, r in ring), mix(foam, blue(stage, 0.4), 0.4))
    pen.fill(" ".join(ellipse(a, b, r * 0.96, r * 0.6) for a, b, r in ring), foam)
    pool = [(x - 540 + step * 72, y + 146 + (10 if step % 2 else -4)) for step in range(16)]
    pen.fill(
        smooth([(x - 560, LOW), *pool, (x + 560, LOW)], roundness=0.9),
        pen.linear((0, y + 130), (0, y + 260), (0, mix(blue(stage, 0.6), foam, 0.3), 1), (1, blue(stage, 0.3), 1)),
    )


def spray(stage: Stage, x: float) -> None:
    """Water thrown up at both sides of the rock: tongues that rise out of heaped foam and tear into drops."""
    pen, chance = stage.layer("spray", 0.3), stage.chance("spray")
    foam, water = _foam(stage), mix(blue(stage, 0.8), _foam(stage), 0.45)
    for half in (-1, 1):
        foot, low = x + half * 420, ROCK + 150
        pen.glow(foot, low - 60, 170, foam, 0.35)
        tongues, cores, drops = [], [], []
        for index in range(8):
            lean = (index - 3.5) / 3.5
            angle = math.radians(90 - half * 10 - 46 * lean + chance.uniform(-6, 6))
            reach = (0.7 + 0.5 * stage.energy) * chance.choice((80, 120, 165, 205)) * (1 - 0.4 * abs(lean))
            c, s = math.cos(angle), -math.sin(angle)
            root = (foot + lean * 74, low)
            bow = 0.55 * reach * lean + chance.uniform(-14, 14)
            path = [
                root,
                (root[0] + c * reach * 0.45, root[1] + s * reach * 0.5),
                (root[0] + c * reach * 0.8 + bow * 0.3, root[1] + s * reach * 0.88),
                (root[0] + c * reach + bow, root[1] + s * reach * 0.96),
            ]
            thick = chance.uniform(17, 25) * (1 - 0.3 * abs(lean))
            tongues.append(ribbon(path, [thick * 1.9, thick * 1.1, thick * 0.5, thick * 0.3]))
            cores.append(ribbon(path[:3], [thick * 1.1, thick * 0.55, 1]))
            for step in range(3):
                far = reach * (1.08 + 0.16 * step)
                at = (root[0] + c * far + bow * (1.2 + 0.4 * step), root[1] + s * far + 16 * step * abs(lean))
                way = (0.5 * c + 0.6 * lean, 0.8 * s + 0.3 * step)
                size = math.hypot(*way) or 1.0
                drops.append(_drop(*at, chance.uniform(3.5, 7) * (1 - 0.18 * step), (way[0] / size, way[1] / size)))
        pen.fill(" ".join(tongues), foam, 0.96)
        pen.fill(" ".join(cores), water, 0.75)
        pen.fill(" ".join(drops), foam, 0.95)
        heap = [(foot + chance.uniform(-128, 128), low + chance.uniform(-12, 14)) for _ in range(15)]
        pen.fill(" ".join(ellipse(a, b + 6, 30, 20) for a, b in heap), water)
        pen.fill(" ".join(ellipse(a, b - 2, 27, 18) for a, b in heap), foam)
