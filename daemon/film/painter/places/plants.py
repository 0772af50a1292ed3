"""What grows: crowns of leaves, whole trees, conifers, palms, grass, boughs that hang near the eye."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, box, curve, ellipse, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen

Crown = Sequence[tuple[float, float, float]]  # x, y, radius of each clump


def _tuft(chance: random.Random, x: float, y: float, radius: float, flat: float = 0.8) -> str:
    """A clump of leaves: a round shape with a ragged edge."""
    count = max(8, min(26, int(radius / 4)))
    found: list[Point] = []
    for index in range(count * 2):
        angle = math.pi * (index + chance.uniform(-0.3, 0.3)) / count
        reach = radius * (chance.uniform(0.96, 1.1) if index % 2 else chance.uniform(0.84, 0.93))
        found.append((x + math.cos(angle) * reach, y + math.sin(angle) * reach * flat))
    return smooth(found, roundness=0.75)


def crown(
    pen: Pen, chance: random.Random, clumps: Crown, colours: tuple[str, str, str], light: Point, line: float = 1.0,
    loose: bool = True,
) -> None:  # fmt: skip
    """A crown of leaves: dark inside, leaf colour, and light where the sun strikes; colours go from dark to light."""
    dark, leaf, bright = colours
    base = " ".join(_tuft(chance, x, y, radius) for x, y, radius in clumps)
    if line > 0:
        pen.stroke(base, pen.line_colour(dark), pen.sheet.inner * line * 1.7)
    pen.fill(base, dark)
    for shrink, slide, tone, opacity, share in (
        (0.78, 0.2, leaf, 1.0, 1.0),
        (0.46, 0.46, mix(leaf, bright, 0.6), 1.0, 0.85),
    ):
        some = [clump for clump in clumps if chance.random() < share]
        lit = " ".join(
            _tuft(chance, x + light[0] * radius * slide, y + light[1] * radius * slide, radius * shrink)
            for x, y, radius in some
        )
        if lit:
            pen.fill(lit, tone, opacity)
    if not loose:
        return
    flecks: list[str] = []
    holes: list[str] = []
    for x, y, radius in clumps:
        for _ in range(max(3, int(radius / 9))):
            angle, reach = chance.uniform(0, math.tau), radius * chance.uniform(0.2, 1.0)
            a, b, size = x + math.cos(angle) * reach, y + math.sin(angle) * reach * 0.8, chance.uniform(3, 6.5)
            towards = math.cos(angle) * light[0] + math.sin(angle) * light[1]
            (flecks if towards > -0.1 else holes).append(_leaf(a, b, size, chance.uniform(0, math.pi)))
    if flecks:
        pen.fill(" ".join(flecks), bright, 0.9)
    if holes:
        pen.fill(" ".join(holes), shift(dark, lightness=-0.05), 0.8)


def _leaf(x: float, y: float, size: float, turn: float) -> str:
    c, s = math.cos(turn) * size, math.sin(turn) * size
    return polygon([(x - c, y - s), (x + s * 0.55, y - c * 0.55), (x + c, y + s), (x - s * 0.55, y + c * 0.55)])


def heaped(
    chance: random.Random, x: float, y: float, wide: float, tall: float, size: float
) -> list[tuple[float, float, float]]:
    """Clumps that fill a dome of those half axes above (x, y), the larger ones inside."""
    found = []
    rows = max(2, round(tall / size))
    for row in range(rows):
        share = (row + 0.5) / rows
        half = wide * math.sqrt(max(0.0, 1 - (share * 1.02 - 0.12) ** 2))
        count = max(2, round(half * 1.7 / size))
        for index in range(count):
            across = 2 * (index + 0.5) / count - 1
            radius = size * chance.uniform(0.72, 1.1) * (1 - 0.25 * share)
            found.append((x + across * half * 0.9 + chance.uniform(-0.2, 0.2) * size, y - tall * share * 1.05, radius))
    return found


def tree(
    pen: Pen, chance: random.Random, foot: Point, size: float, bark: str, colours: tuple[str, str, str], light: Point,
    line: float = 1.0,
) -> None:  # fmt: skip
    """A broad tree, about 430 units tall at size 1: roots, a forked trunk, boughs, a crown in clumps."""
    x, y = foot
    sway = chance.uniform(-20, 20)
    fork = (x + sway * size, y - 165 * size)
    trunk = [(x - 46, y + 6), (x - 24, y - 20), (x - 20, y - 90), (x + sway - 18, y - 170)]
    other = [(x + sway + 18, y - 170), (x + 22, y - 90), (x + 26, y - 20), (x + 50, y + 6), (x, y - 4)]
    outline = smooth([(x + (a - x) * size, y + (b - y) * size) for a, b in (*trunk, *other)], roundness=0.7)
    limbs = []
    for reach, up in ((-130, 110), (-50, 170), (70, 160), (140, 96)):
        a, b = fork[0] + reach * size, fork[1] - up * size
        limbs.append(
            ribbon(
                [(fork[0], fork[1] + 16 * size), ((fork[0] + a) / 2, fork[1] - up * size * 0.35), (a, b)],
                [15 * size, 10 * size, 4 * size],
            )
        )
    back = heaped(chance, x + sway * size, y - 190 * size, 190 * size, 200 * size, 62 * size)
    inner = [(a, b + 18 * size, radius * 0.9) for a, b, radius in back[::2]]
    crown(
        pen,
        chance,
        inner,
        (shift(colours[0], lightness=-0.06), colours[0], mix(colours[0], colours[1], 0.5)),
        light,
        line,
        loose=False,
    )
    for limb in (*limbs, outline):
        if line > 0:
            pen.stroke(limb, pen.line_colour(bark), pen.sheet.inner * line * 2)
    for limb in limbs:
        pen.fill(limb, shift(bark, lightness=-0.04))
    pen.shape(outline, bark, line=0, shade=13 * size, rim=5 * size, light=(math.copysign(1, light[0]), 0.0))
    for _ in range(7):
        a, b = x + chance.uniform(-15, 15) * size, y - chance.uniform(20, 150) * size
        pen.stroke(
            polygon([(a, b), (a + chance.uniform(-4, 4) * size, b - chance.uniform(14, 34) * size)], closed=False),
            shift(bark, lightness=-0.07),
            3 * size,
        )
    crown(pen, chance, [clump for index, clump in enumerate(back) if index % 4], colours, light, line)


def pine(pen: Pen, x: float, y: float, tall: float, colour: str, lit: str, side: int) -> None:
    """A conifer in tiers of drooping boughs, its lit half lighter."""
    chance = random.Random(f"{x:.0f}/{tall:.0f}")
    tiers = 7
    pen.fill(box(x - tall * 0.025, y - tall * 0.16, tall * 0.05, tall * 0.17), shift(colour, lightness=-0.06))
    body, edge = [], []
    for index in range(tiers):
        low = y - tall * (0.08 + 0.125 * index)
        high = low - tall * 0.26
        half = tall * (0.23 - 0.029 * index)
        jag: list[Point] = []
        for step in range(7):
            share = 2 * step / 6 - 1
            drop = tall * (0.03 if step % 2 else -0.012) + abs(share) ** 2 * tall * 0.035
            jag.append((x + half * share * chance.uniform(0.92, 1.08), low + drop))
        body.append(polygon([(x, high), *reversed(jag)]))
        part = jag[3:] if side > 0 else jag[3::-1]
        edge.append(polygon([(x, high), *reversed([(a, b - tall * 0.012) for a, b in part])]))
    outline = " ".join(body)
    pen.stroke(outline, pen.line_colour(colour), pen.sheet.inner * 1.2)
    pen.fill(outline, colour)
    for one, whole in zip(edge, body, strict=True):
        pen.fill(whole, shift(colour, lightness=-0.015))
        pen.fill(one, lit, 0.75)


def palm(
    pen: Pen, chance: random.Random, foot: Point, size: float, lean: float, colours: tuple[str, str, str], light: Point
) -> None:
    """A coconut palm, about 420 units tall at size 1; colours: bark, frond, frond in the light."""
    bark, frond, bright = colours
    x, y = foot
    spine = [(x + lean * share**1.6 * size, y - 400 * share * size) for share in (0, 0.25, 0.5, 0.75, 1.0)]
    trunk = ribbon(spine, [20 * size, 14 * size, 12 * size, 11 * size, 10 * size])
    pen.shape(trunk, bark, line=1.0, shade=7 * size, rim=3 * size, light=(math.copysign(1, light[0]), 0.0))
    for share in (0.12, 0.24, 0.36, 0.48, 0.6, 0.72, 0.84):
        a, b = x + lean * share**1.6 * size, y - 400 * share * size
        pen.stroke(
            curve(f"{-13 * size:.1f} 3, 0 {8 * size:.1f}, {13 * size:.1f} 0", closed=False, x=a, y=b),
            shift(bark, lightness=-0.09),
            3 * size,
        )
    top = spine[-1]
    for angle in (200, 340, 178, 2, 225, 315, 248, 292, 158, 22):
        turn = math.radians(angle + chance.uniform(-8, 8))
        reach = 190 * size * chance.uniform(0.85, 1.1)
        tip = (top[0] + math.cos(turn) * reach, top[1] + math.sin(turn) * reach * 0.75 + reach * 0.42)
        middle = (top[0] + math.cos(turn) * reach * 0.55, top[1] + math.sin(turn) * reach * 0.62)
        tone = bright if math.cos(turn) * light[0] > 0 and angle > 180 else frond
        _frond(pen, [top, middle, tip], size, tone)
    for a, b in ((-12, 10), (11, 13), (0, 19)):
        pen.shape(
            ellipse(top[0] + a * size, top[1] + b * size, 11 * size), shift(bark, lightness=-0.08), line=0.7, shade=3
        )


def _frond(pen: Pen, path: Sequence[Point], size: float, colour: str) -> None:
    (x0, y0), (x1, y1), (x2, y2) = path
    over: list[Point] = []
    under: list[Point] = []
    steps = 9
    for index in range(steps + 1):
        t = index / steps
        u = 1 - t
        x = u * u * x0 + 2 * u * t * x1 + t * t * x2
        y = u * u * y0 + 2 * u * t * y1 + t * t * y2
        half = 26 * size * math.sin(math.pi * min(1.0, 0.12 + t * 0.88)) ** 0.8
        over.append((x, y - half * 0.35))
        under.append((x, y + half * (1.25 if index % 2 else 0.55)))
    outline = polygon([*over, *reversed(under)])
    pen.stroke(outline, pen.line_colour(colour), pen.sheet.inner * 1.2)
    pen.fill(outline, colour)
    pen.stroke(smooth(over, closed=False), shift(colour, lightness=0.07), 2.5 * size)


def grass(
    pen: Pen, chance: random.Random, spots: Sequence[tuple[float, float, float]], colour: str, lean: float = 0.0
) -> None:
    """Tufts of grass at (x, y, size), all in one path."""
    blades = []
    for x, y, size in spots:
        for _ in range(5):
            off, tall = chance.uniform(-9, 9) * size, chance.uniform(14, 30) * size
            tip = x + off * 1.8 + (lean + chance.uniform(-5, 5)) * size
            blades.append(polygon([(x + off - 2.2 * size, y), (x + off + 2.2 * size, y), (tip, y - tall)]))
    if blades:
        pen.fill(" ".join(blades), colour)


def branch(pen: Pen, chance: random.Random, corner: int, colour: str, leaf: str) -> None:
    """Leafy twigs that hang into an upper corner of the picture, near the eye."""
    side = -1 if corner < 0 else 1
    root_x = 800 + side * 900
    dark: list[str] = []
    light: list[str] = []
    for index in range(4):
        start = (root_x, -60 + index * 45)
        end = (800 + side * (420 + 80 * index), 60 + 70 * index + chance.uniform(-30, 30))
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 50)
        pen.fill(ribbon([start, middle, end], [16, 9, 2]), colour)
        for step in range(11):
            share = 0.2 + 0.8 * step / 10
            x = start[0] + (end[0] - start[0]) * share
            y = start[1] + (end[1] - start[1]) * share - 50 * math.sin(math.pi * share)
            for turn in (-1, 1):
                angle = math.radians(90 + turn * chance.uniform(20, 65))
                (light if step % 2 else dark).append(blade(x, y, angle, chance.uniform(44, 72)))
    pen.fill(" ".join(dark), colour)
    pen.fill(" ".join(light), leaf)


def blade(x: float, y: float, angle: float, reach: float, wide: float = 0.17) -> str:
    """A pointed leaf from (x, y) in a direction (radians)."""
    c, s = math.cos(angle) * reach, math.sin(angle) * reach
    return smooth(
        [
            (x, y),
            (x + c * 0.4 - s * wide, y + s * 0.4 + c * wide),
            (x + c, y + s),
            (x + c * 0.4 + s * wide, y + s * 0.4 - c * wide),
        ],
        roundness=0.8,
    )
