"""Body parts that the whole cast shares: hands, features, limbs. Each is shapes in its bone's frame."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, box, curve, ellipse, limb, polygon, ribbon, smooth
from daemon.film.painter.rig import Puppet, Shape, placed, point


def finger(x: float, y: float, angle: float, length: float, width: float) -> str:
    """A finger from its knuckle, at an angle in degrees from straight on (down)."""
    m = placed(x, y, angle)
    tip, middle = point(m, 0, length), point(m, 0, length * 0.5)
    return ribbon([(x, y), middle, tip, point(m, 0, length + width * 0.7)], [width, width * 1.04, width * 0.86, 0.5])


def hand(kind: str, skin: str, size: float = 1.0) -> tuple[Shape, ...]:
    """A hand at its wrist, the thumb to +x: fist, open, horns, point, flat."""

    def part(outline: str, shade: float = 4) -> Shape:
        return Shape(outline, skin, shade=shade * size, rim=2.2, line=0.8)

    def fingers(*given: tuple[float, float, float, float]) -> list[Shape]:
        return [part(finger(x * size, y * size, angle, long * size, 7.2 * size), 2.5) for x, y, angle, long in given]

    crease = shift(skin, lightness=-0.22)

    def folds(*xs: float) -> list[Shape]:
        return [
            Shape(
                polygon([(x * size, 26 * size), (x * size + 1, 38 * size)], closed=False),
                crease,
                stroke=2.6,
                contour=False,
            )
            for x in xs
        ]

    palm = part(
        smooth(
            [(a * size, b * size) for a, b in ((-15, -5), (15, -5), (20, 16), (15, 30), (0, 34), (-15, 30), (-20, 16))]
        ),
        5,
    )
    if kind == "open":
        return (
            *fingers((-14, 24, 24, 27), (-5, 29, 8, 34), (6, 29, -7, 33), (15, 23, -24, 26)),
            palm,
            *fingers((15, 8, -62, 22)),
        )
    if kind == "horns":
        return (
            *fingers((-14, 24, 14, 32), (14, 24, -14, 32)),
            palm,
            *fingers((-5, 27, 0, 8), (5, 27, 0, 8), (18, 12, 58, 20)),
        )
    if kind == "point":
        return (*fingers((10, 26, -4, 36)), palm, *fingers((-12, 26, 0, 7), (-3, 28, 0, 7), (18, 12, 58, 20)))
    if kind == "mudra":
        ring = curve("6 24, 20 26, 26 38, 16 48, 4 42", 1.0)
        return (
            *fingers((-15, 24, 22, 28), (-6, 28, 12, 34), (3, 28, 2, 34)),
            palm,
            part(ring, 3),
            flat(ellipse(15, 37, 4.5, 5), crease),
        )
    if kind == "flat":
        return (
            *fingers((-13, 24, 12, 18), (-5, 28, 4, 23), (5, 28, -4, 22), (13, 24, -12, 18)),
            palm,
            *fingers((16, 8, -48, 18)),
        )
    knuckles = part(
        smooth(
            [(a * size, b * size) for a, b in ((-17, -4), (17, -4), (23, 16), (18, 36), (0, 41), (-18, 36), (-23, 16))]
        ),
        6,
    )
    return (knuckles, *folds(-9, 0, 9), *fingers((19, 9, 52, 19)))


@dataclass(frozen=True)
class Sleeve:
    """A limb's clothes: colours of both halves and half breadths at root, middle and end."""

    first: str
    second: str
    root: float
    middle: float
    end: float
    bulge: float = 2.0
    cuff: str = ""


def arm(
    puppet: Puppet, side: str, sleeve: Sleeve, skin: str, kind: str = "", size: float = 1.0, prefix: str = ""
) -> None:
    """An arm with its hand; prefix names another arm of the same side ("back ")."""
    build, pose = puppet.build, puppet.pose
    kind = kind or (pose.hand_left if side == "left" else pose.hand_right)
    upper, fore, merge = f"{prefix}upper {side}", f"{prefix}fore {side}", f"{prefix}arm {side}"
    puppet.add(f"{prefix}hand {side}", *hand(kind, skin, size), mirror=side == "right")
    first = Shape(
        limb(build.upper, sleeve.root, sleeve.middle, sleeve.bulge), sleeve.first, shade=9, rim=4, across=True
    )
    second = Shape(
        limb(build.fore, sleeve.middle, sleeve.end, sleeve.bulge), sleeve.second, shade=8, rim=4, across=True
    )
    puppet.add(upper, first, merge=merge)
    puppet.add(fore, second, merge=merge)
    if sleeve.cuff:
        wide = sleeve.end + 4
        puppet.add(fore, Shape(box(-wide, build.fore - 12, wide * 2, 19, 7), sleeve.cuff, shade=7, across=True))


def leg(puppet: Puppet, side: str, sleeve: Sleeve) -> None:
    """A leg without its foot."""
    build = puppet.build
    merge = f"leg {side}"
    thigh = Shape(
        limb(build.thigh, sleeve.root, sleeve.middle, sleeve.bulge), sleeve.first, shade=11, rim=4, across=True
    )
    shin = Shape(limb(build.shin, sleeve.middle, sleeve.end, sleeve.bulge), sleeve.second, shade=10, rim=4, across=True)
    puppet.add(f"thigh {side}", thigh, merge=merge)
    puppet.add(f"shin {side}", shin, merge=merge)


def boot(puppet: Puppet, side: str, colour: str, sole: str, trim: str = "") -> None:
    """A chunky shoe, its toe outwards."""
    outline = smooth(
        [(-16, -30), (17, -30), (19, -6), (16, 20), (-14, 24), (-52, 24), (-56, 8), (-44, -3), (-22, -8)], roundness=0.8
    )
    lower = smooth([(-57, 13), (18, 13), (19, 26), (0, 28), (-54, 27)], roundness=0.5)
    shapes = [Shape(outline, colour, shade=6), Shape(lower, sole, shade=4, rim=0)]
    if trim:
        shapes.append(Shape(smooth([(-40, -1), (-24, -6), (-16, -14)], closed=False), trim, stroke=4, contour=False))
    puppet.add(f"foot {side}", *shapes, mirror=side == "right")


def eye(
    x: float, y: float, wide: float, tall: float, iris: str, line: str, look: float = 0.0, lid: float = 0.0
) -> list[Shape]:
    """An open eye with a heavy upper lid; look moves the iris, lid (0..1) closes it."""
    open_to = tall * (1 - lid)
    white = smooth(
        [
            (x - wide, y + 1),
            (x - wide * 0.4, y - open_to),
            (x + wide * 0.5, y - open_to),
            (x + wide, y),
            (x + wide * 0.3, y + tall * 0.8),
            (x - wide * 0.5, y + tall * 0.8),
        ]
    )
    upper = ribbon(
        [(x - wide - 3, y + 3), (x - wide * 0.45, y - open_to), (x + wide * 0.5, y - open_to), (x + wide + 4, y - 1)],
        [1.0, 3.0, 3.4, 1.2],
    )
    at = x + look
    round_ = min(wide * 0.62, tall * 0.85)
    return [
        Shape(white, "#fbf6ee", shade=0, rim=0, line=0.3, contour=False),
        Shape(ellipse(at, y - open_to * 0.1, round_, open_to * 0.92), iris, shade=0, rim=0, line=0, contour=False),
        Shape(ellipse(at, y - open_to * 0.1, round_ * 0.5, open_to * 0.5), line, shade=0, rim=0, line=0, contour=False),
        Shape(
            ellipse(at - round_ * 0.35, y - round_ * 0.5, round_ * 0.3),
            "#ffffff",
            shade=0,
            rim=0,
            line=0,
            contour=False,
        ),
        Shape(upper, line, shade=0, rim=0, line=0, contour=False),
    ]


def flat(outline: str, paint: str, opacity: float = 1.0) -> Shape:
    """A patch of colour without line or modelling."""
    return Shape(outline, paint, shade=0, rim=0, line=0, contour=False, opacity=opacity)


def stroke(points: list[Point], paint: str, width: float, round_: float = 1.0) -> Shape:
    """A drawn line through points."""
    return Shape(smooth(points, closed=False, roundness=round_), paint, stroke=width, contour=False)


def mouth(kind: str, x: float, y: float, size: float, line: str, lip: str) -> list[Shape]:
    """A mouth: calm, smile, shout."""
    if kind == "shout":
        outer = smooth(
            [
                (x - 19 * size, y - 8 * size),
                (x, y - 11 * size),
                (x + 20 * size, y - 9 * size),
                (x + 16 * size, y + 10 * size),
                (x, y + 18 * size),
                (x - 15 * size, y + 10 * size),
            ]
        )
        teeth = smooth(
            [
                (x - 15 * size, y - 7 * size),
                (x, y - 9 * size),
                (x + 16 * size, y - 7 * size),
                (x + 13 * size, y - 1 * size),
                (x - 13 * size, y - 1 * size),
            ]
        )
        tongue = ellipse(x + 1, y + 11 * size, 10 * size, 5 * size)
        return [
            Shape(outer, "#4a1020", shade=0, rim=0, line=0.5, contour=False),
            flat(tongue, "#d8546a"),
            flat(teeth, "#fff8ee"),
        ]
    if kind == "smile":
        outer = smooth(
            [
                (x - 19 * size, y - 5 * size),
                (x, y - 1 * size),
                (x + 21 * size, y - 9 * size),
                (x + 13 * size, y + 8 * size),
                (x - 3 * size, y + 11 * size),
                (x - 14 * size, y + 5 * size),
            ]
        )
        teeth = smooth(
            [
                (x - 16 * size, y - 3 * size),
                (x, y + 0.5 * size),
                (x + 18 * size, y - 6 * size),
                (x + 13 * size, y + 1 * size),
                (x - 12 * size, y + 4 * size),
            ]
        )
        return [Shape(outer, "#4a1020", shade=0, rim=0, line=0.4, contour=False), flat(teeth, "#fff8ee")]
    return [
        stroke([(x - 15 * size, y - 1), (x - 2 * size, y + 2), (x + 15 * size, y - 4)], line, 3.4),
        stroke([(x - 7 * size, y + 9), (x + 6 * size, y + 8)], mix(lip, line, 0.35), 2.6),
    ]
