"""What stands along a street's pavement: shopfronts with something in their windows, and people who walk by."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import Point, box, ellipse, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen

_WARM = oklch(0.88, 0.12, 85)


@dataclass(frozen=True)
class Front:
    """A shop at a house's foot. at: the place in the picture of (0 near end .. 1 far end, height below the eye)."""

    at: Callable[[float, float], Point]
    top: float
    sill: float
    foot: float
    wall: str  # the house's colour, as dark as the shop's woodwork
    light: str  # of the window
    near: float  # world units to those of the street

    def quad(self, left: float, high: float, right: float, low: float) -> str:
        """A rectangle on the front."""
        return polygon([self.at(left, high), self.at(right, high), self.at(right, low), self.at(left, low)])


def front(pen: Pen, chance: random.Random, shop: Front) -> None:
    """One shop: door, window with what is sold or who sits there, or a shutter that is down."""
    wood = mix(shop.wall, "#000000", 0.35)
    door = chance.choice((0.04, 0.74))
    start, end = (0.3, 0.97) if door < 0.5 else (0.03, 0.7)
    pen.fill(shop.quad(0.0, shop.top - 24, 1.0, shop.foot), wood)
    deep = mix(shop.light, shop.wall, 0.55)
    pen.fill(shop.quad(door, shop.top + 34, door + 0.2, shop.foot), mix(wood, shop.wall, 0.6))
    pen.fill(shop.quad(door + 0.03, shop.top + 58, door + 0.17, shop.foot - 130), deep)
    knob = door + (0.15 if door < 0.5 else 0.05)
    pen.stroke(
        polygon([shop.at(knob, shop.foot - 220), shop.at(knob, shop.foot - 160)], closed=False),
        _WARM,
        max(1.0, 6 * shop.near),
    )
    kind = chance.choice((_tables, _tables, _shelves, _shelves, _clothes, _shutter))
    if kind is _shutter:
        _shutter(pen, chance, shop, start, end)
        return
    pen.fill(shop.quad(start, shop.top, end, shop.sill), deep)
    top, low = shop.at(start, shop.top)[1], shop.at(start, shop.sill)[1]
    room = pen.linear((0, top), (0, low), (0, shop.light, 1), (0.55, shop.light, 0.75), (1, shop.light, 0.25))
    pen.fill(shop.quad(start, shop.top, end, shop.sill), room)
    kind(pen, chance, shop, start, end)
    bars = [
        polygon([shop.at(u, shop.top), shop.at(u, shop.sill)], closed=False) for u in (start, (start + end) / 2, end)
    ]
    bars += [polygon([shop.at(start, y), shop.at(end, y)], closed=False) for y in (shop.top + 46, shop.sill)]
    pen.stroke(" ".join(bars), wood, max(1.2, 7 * shop.near), cap="butt")
    streak = polygon([shop.at(start + 0.05, shop.sill - 8), shop.at(start + 0.14, shop.top + 34),
                      shop.at(start + 0.19, shop.top + 34), shop.at(start + 0.1, shop.sill - 8)])  # fmt: skip
    pen.fill(streak, "#ffffff", 0.16)


def _tables(pen: Pen, chance: random.Random, shop: Front, start: float, end: float) -> None:
    """Guests at a counter under hanging lamps."""
    dark, wide = mix(shop.wall, "#000000", 0.45), end - start
    lamps, guests = [], []
    for index in range(3):
        u = start + wide * (index + 0.5) / 3
        pen.stroke(
            polygon([shop.at(u, shop.top + 46), shop.at(u, shop.top + 106)], closed=False), dark, 2.4 * shop.near
        )
        lamps.append(polygon([shop.at(u - 0.02, shop.top + 104), shop.at(u + 0.02, shop.top + 104),
                              shop.at(u + 0.055, shop.top + 142), shop.at(u - 0.055, shop.top + 142)]))  # fmt: skip
        if chance.random() < 0.75:
            u += chance.uniform(-0.03, 0.03)
            x, y = shop.at(u, shop.sill - 128)
            radius = 34 * shop.near
            guests.append(ellipse(x, y - radius * 0.7, radius * 0.8, radius))
            back = [shop.at(u + a, shop.sill - b) for a, b in ((-0.08, 0), (-0.06, 104), (0.06, 104), (0.08, 0))]
            guests.append(smooth(back, roundness=0.6))
    pen.fill(" ".join([*guests, shop.quad(start, shop.sill - 44, end, shop.sill)]), dark, 0.92)
    pen.fill(" ".join(lamps), mix(_WARM, "#ffffff", 0.55))


def _shelves(pen: Pen, chance: random.Random, shop: Front, start: float, end: float) -> None:
    """Shelves of bottles, jars and boxes."""
    dark = mix(shop.wall, "#000000", 0.4)
    goods: dict[str, list[str]] = {}
    for row in range(3):
        low = shop.top + 140 + row * (shop.sill - shop.top - 146) / 2
        pen.fill(shop.quad(start, low, end, low + 8), dark)
        u = start + 0.03
        while u < end - 0.06:
            wide, tall = chance.choice(((0.028, 84), (0.06, 48), (0.04, 62), (0.05, 36)))
            tone = mix(chance.choice((*pen.palette.accents, _WARM)), dark, chance.uniform(0.25, 0.6))
            made = goods.setdefault(tone, [])
            made.append(shop.quad(u, low - tall * 0.72, u + wide, low))
            if wide < 0.03:
                made.append(shop.quad(u + wide * 0.3, low - tall, u + wide * 0.7, low - tall * 0.7))
            u += wide + chance.choice((0.012, 0.02, 0.07))
    for tone, made in goods.items():
        pen.fill(" ".join(made), tone)


def _clothes(pen: Pen, chance: random.Random, shop: Front, start: float, end: float) -> None:
    """Two or three dresses on dummies, without heads, on a low stage."""
    dark = mix(shop.wall, "#000000", 0.4)
    pen.fill(shop.quad(start, shop.sill - 26, end, shop.sill), dark)
    count = chance.choice((2, 3))
    for index in range(count):
        u = start + (end - start) * (index + 0.5) / count
        tone = mix(chance.choice(pen.palette.accents), dark, 0.35)
        stand = [polygon([shop.at(u, shop.sill - 90), shop.at(u, shop.sill - 24)], closed=False)]
        pen.stroke(" ".join(stand), dark, max(1.0, 5 * shop.near))
        half = ((-0.035, 254), (-0.055, 228), (-0.032, 186), (-0.08, 70))
        shape = (*half, *((-across, high) for across, high in reversed(half)))
        pen.fill(polygon([shop.at(u + a, shop.sill - b) for a, b in shape]), tone)
        pen.fill(shop.quad(u - 0.012, shop.sill - 282, u + 0.012, shop.sill - 248), dark)


def _shutter(pen: Pen, chance: random.Random, shop: Front, start: float, end: float) -> None:
    """A shutter that is down for the night, a lamp over it."""
    steel = mix(shop.wall, shop.light, 0.18)
    pen.fill(shop.quad(start, shop.top, end, shop.foot - 6), steel)
    ribs = [
        polygon([shop.at(start, y), shop.at(end, y)], closed=False)
        for y in range(int(shop.top) + 26, int(shop.foot) - 10, 26)
    ]
    pen.stroke(" ".join(ribs), mix(steel, "#000000", 0.3), max(0.8, 3.4 * shop.near))
    x, y = shop.at((start + end) / 2, shop.top + 30)
    pen.glow(x, y, 150 * shop.near, _WARM, 0.7)


def awning(pen: Pen, shop: Front, out: Callable[[float, float], Point], colour: str, other: str) -> None:
    """A striped awning over a shop, its edge in scallops; out: places as far out as its edge is."""
    count, high, low = 8, shop.top - 60, shop.top + 16
    for index in range(count):
        a, b = index / count, (index + 1) / count
        cloth = [shop.at(a, high), shop.at(b, high), out(b, low), out((a + b) / 2, low + 26), out(a, low)]
        pen.fill(polygon(cloth), other if index % 2 else colour)
    edge = [out(index / 16, low if index % 2 == 0 else low + 26) for index in range(17)]
    pen.stroke(polygon(edge, closed=False), mix(colour, "#000000", 0.35), max(0.8, 3 * shop.near))


def walker(pen: Pen, chance: random.Random, place: Point, size: float, cloth: str, rim: str, rain: bool) -> None:
    """Somebody who walks along, about 440 high at size 1: coat or jacket, legs in step, hair or a hat, perhaps a bag.

    rim: the colour of the light on the side towards the shops, which `rim`'s figure has on its left; a negative
    size mirrors it.
    """
    x, y = place
    tall = abs(size)
    dark, skin = mix(cloth, "#000000", 0.45), mix(oklch(0.62, 0.07, 55), cloth, 0.45)
    trousers = mix(dark, chance.choice(pen.palette.accents), 0.12)
    stride, long = chance.uniform(22, 46), chance.random() < 0.55
    hair = mix(dark, chance.choice(("#000000", oklch(0.45, 0.09, 45), oklch(0.6, 0.09, 75))), 0.55)
    with pen.inside(f"translate({x:.1f} {y:.1f}) scale({size:.3f} {tall:.3f})"):
        pen.fill(ellipse(0, 0, 92, 11), "#000000", 0.35)
        for foot, knee in ((-stride, -12), (stride, 20)):
            lift = -14 if foot > 0 else 0
            pen.fill(ribbon([(foot * 0.2, -210), (knee, -110), (foot, -12 + lift)], [31, 24, 15]), trousers)
            pen.fill(smooth([(foot - 17, -2 + lift), (foot - 13, -24 + lift), (foot + 12, -22 + lift),
                             (foot + 36, -6 + lift), (foot + 34, 1 + lift)], roundness=0.6), dark)  # fmt: skip
        hem = -112 if long else -188
        coat = [(-38, -352), (-58, -328), (-66, hem), (-4, hem + 8), (62, hem - 2), (56, -328), (36, -352), (0, -362)]
        pen.fill(smooth(coat, roundness=0.45), cloth)
        pen.fill(smooth([(-38, -352), (-58, -328), (-66, hem), (-48, hem + 3), (-44, -326)], roundness=0.4), rim, 0.85)
        if long:
            pen.stroke(polygon([(4, -340), (2, hem + 4)], closed=False), dark, 4)
            pen.fill(box(-60, -242, 118, 15, 4), dark)
        swing = chance.uniform(-26, 26)
        pen.fill(ribbon([(46, -326), (60, -262), (54 + swing, -196)], [21, 17, 12]), shift(cloth, lightness=-0.05))
        pen.fill(ellipse(54 + swing, -184, 12, 14), skin)
        if chance.random() < 0.5:
            pen.fill(box(34 + swing, -172, 50, 54, 7), mix(chance.choice(pen.palette.accents), dark, 0.45))
        pen.fill(box(-13, -378, 26, 30, 6), skin)
        pen.fill(ellipse(3, -402, 32, 38), skin)
        kind = chance.choice(("short", "bob", "bun", "hat", "beanie"))
        if kind == "bob":
            bob = [(-36, -352), (-42, -404), (-24, -440), (12, -446), (36, -420), (20, -410), (4, -366)]
            pen.fill(smooth(bob, roundness=0.8), hair)
        elif kind in ("short", "bun"):
            crop = [(-30, -378), (-34, -416), (-14, -444), (18, -444), (36, -420), (10, -416), (-8, -380)]
            pen.fill(smooth(crop, roundness=0.8), hair)
            if kind == "bun":
                pen.fill(ellipse(-28, -442, 17), hair)
        else:
            felt = mix(cloth, dark, 0.6)
            pen.fill(smooth([(-34, -406), (-30, -446), (4, -458), (34, -444), (38, -406)], roundness=0.7), felt)
            band = box(-56, -414, 116, 12, 6) if kind == "hat" else box(-38, -416, 78, 18, 8)
            pen.fill(band, shift(felt, lightness=0.06))
        pen.stroke(smooth([(-26, -378), (-32, -406), (-20, -434)], closed=False), rim, 5, 0.8)
        if rain:
            pen.stroke(polygon([(52, -190), (30, -520)], closed=False), dark, 6)
            dome = [
                (-112, -470),
                (-84, -526),
                (20, -560),
                (122, -520),
                (150, -462),
                (90, -478),
                (20, -470),
                (-50, -480),
            ]
            pen.fill(smooth(dome, roundness=0.5), mix(chance.choice(pen.palette.accents), dark, 0.25))
