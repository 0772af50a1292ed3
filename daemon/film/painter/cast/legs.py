"""Legs and shoes that the cast shares, standing and seated. Each is shapes in its bone's frame."""

from __future__ import annotations

import math

from daemon.film.painter.cast.anatomy import Sleeve, muscle, stroke
from daemon.film.painter.colour import shift
from daemon.film.painter.outline import curve, smooth
from daemon.film.painter.rig import Matrix, Puppet, Shape, placed, point


def leg(puppet: Puppet, side: str, sleeve: Sleeve) -> None:
    """A leg without its foot; on a perch its thigh comes forward, its knee nearest to the eye."""
    build, merge, mirror = puppet.build, f"leg {side}", side == "right"
    if puppet.pose.perch:
        _sitting(puppet, side, sleeve)
        return
    first = muscle("thigh", build.thigh, sleeve.root, sleeve.middle)
    second = muscle("shin", build.shin, sleeve.middle * 0.96, sleeve.end)
    puppet.add(f"thigh {side}", Shape(first, sleeve.first, shade=11, rim=4, across=True), merge=merge, mirror=mirror)
    puppet.add(f"shin {side}", Shape(second, sleeve.second, shade=10, rim=4, across=True), merge=merge, mirror=mirror)
    wide, dark = sleeve.middle, shift(sleeve.second, lightness=-0.11)
    knee = stroke([(-wide * 0.5, wide * 0.1), (0, wide * 0.42), (wide * 0.5, wide * 0.05)], dark, 3)
    back = stroke([(wide * 0.55, -wide * 0.5), (wide * 0.2, -wide * 0.25)], dark, 2.6)
    puppet.add(f"shin {side}", knee, back, mirror=mirror)


def _sitting(puppet: Puppet, side: str, sleeve: Sleeve) -> None:
    """A leg of someone who sits facing the eye: the shin hangs from a knee that lies before the whole thigh."""
    second = muscle("shin", puppet.build.shin, sleeve.middle, sleeve.end)
    mirror = side == "right"
    puppet.add(f"shin {side}", Shape(second, sleeve.second, shade=10, rim=4, across=True), mirror=mirror)
    thigh, long, wide = seated_thigh(puppet, side, sleeve)
    over = shift(sleeve.first, lightness=-0.11)
    fold = stroke([(-wide * 0.6, long - wide * 0.3), (0, long - wide * 0.55), (wide * 0.6, long - wide * 0.3)], over, 3)
    crease = [stroke([(-wide * 0.2 * n, 2 + 7 * n), (wide * 0.5, 6 + 8 * n)], over, 3) for n in (1, 2)]
    puppet.add("ground", Shape(blob(long, wide), sleeve.first, shade=12, rim=6), fold, *crease, at=thigh, mirror=mirror)


def seated_thigh(puppet: Puppet, side: str, sleeve: Sleeve) -> tuple[Matrix, float, float]:
    """Where the foreshortened thigh of someone seated lies, its length there, and its half breadth."""
    hip, knee = point(puppet.bones[f"thigh {side}"]), point(puppet.bones[f"shin {side}"])
    angle = math.degrees(math.atan2(hip[0] - knee[0], knee[1] - hip[1]))
    return placed(*hip, angle), math.dist(hip, knee), max(sleeve.root, sleeve.middle * 1.3)


def blob(long: float, wide: float) -> str:
    """A foreshortened limb that comes towards the eye: from (0, 0) to (0, long), its near end the broader."""
    near = wide * 0.72
    return smooth(
        [
            (-wide * 0.78, 4),
            (0, -wide * 0.42),
            (wide * 0.78, 4),
            (wide, long * 0.62),
            (wide * 0.94, long + near * 0.35),
            (wide * 0.52, long + near * 0.9),
            (0, long + near),
            (-wide * 0.52, long + near * 0.9),
            (-wide * 0.94, long + near * 0.35),
            (-wide, long * 0.62),
        ]
    )


def boot(puppet: Puppet, side: str, colour: str, sole: str, trim: str = "") -> None:
    """A chunky shoe, its toe outwards."""
    # seen from a little above: the toe lies nearer to the eye than the heel
    outline = curve("-17 -32, 17 -32, 20 -8, 19 14, 4 20, -26 29, -50 30, -60 18, -54 4, -36 -4, -22 -10", 0.85)
    lower = curve("-61 17, -52 26, -26 25, 4 15, 19 9, 21 20, 8 27, -24 36, -50 38, -62 30", 0.6)
    shapes = [Shape(outline, colour, shade=7), Shape(lower, sole, shade=4, rim=0)]
    laces = [
        stroke([(-34 + 8 * n, -1 - 4 * n), (-22 + 6 * n, 4 - 5 * n)], shift(colour, lightness=0.16), 2.6)
        for n in (0, 1)
    ]
    shapes += laces
    if trim:
        shapes.append(Shape(smooth([(-40, -1), (-24, -6), (-16, -14)], closed=False), trim, stroke=4, contour=False))
    puppet.add(f"foot {side}", *shapes, mirror=side == "right")
