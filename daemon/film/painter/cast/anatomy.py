"""Body parts that the whole cast shares: hands, features, limbs. Each is shapes in its bone's frame."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import Point, box, ellipse, points, ribbon, smooth
from daemon.film.painter.rig import Puppet, Shape, placed, point


def finger(x: float, y: float, angle: float, length: float, width: float) -> str:
    """A finger from its knuckle, at an angle in degrees from straight on (down)."""
    m = placed(x, y, angle)
    tip, middle = point(m, 0, length), point(m, 0, length * 0.5)
    return ribbon([(x, y), middle, tip, point(m, 0, length + width * 0.7)], [width, width * 1.04, width * 0.86, 0.5])


def hand(kind: str, skin: str, size: float = 1.0) -> tuple[Shape, ...]:
    """A hand at its wrist, the thumb to +x: fist, open, horns, point, flat, mudra."""
    size *= 1.12
    crease = shift(skin, lightness=-0.2)

    def scaled(text: str) -> list[Point]:
        return points(text, size=size)

    def part(outline: str, shade: float = 4) -> Shape:
        return Shape(outline, skin, shade=shade * size, rim=2.2, line=0.8)

    def fingers(*given: tuple[float, float, float, float]) -> list[Shape]:
        return [part(finger(x * size, y * size, angle, long * size, 7.4 * size), 2.5) for x, y, angle, long in given]

    def curled(*xs: float) -> list[Shape]:
        """Fingers bent into the palm, seen from the knuckles."""
        bent = "-6 16, 0 12, 6 16, 7 32, 4 41, -4 41, -7 32"
        return [part(smooth([(a + x * size, b - abs(x) * 0.16 * size) for a, b in scaled(bent)]), 3) for x in xs]

    palm = part(smooth(scaled("-13 -8, 13 -8, 17 4, 21 18, 17 31, 0 35, -17 31, -20 18, -16 4")), 5)
    pad = stroke(scaled("12 6, 8 16, 13 25"), crease, 2.2)
    if kind == "open":
        spread = ((-15, 25, 26, 25), (-6, 30, 9, 34), (5, 30, -6, 36), (15, 25, -22, 30))
        return (
            *fingers(*spread),
            *fingers((15, 8, -64, 25)),
            palm,
            pad,
            stroke(scaled("-11 24, 0 28, 11 24"), crease, 2),
        )
    if kind == "horns":
        return (
            *fingers((-14, 24, 14, 34), (14, 24, -14, 34)),
            palm,
            *curled(-5.5, 5.5),
            part(ribbon(scaled("18 8, 16 26, -2 35"), [7.5 * size, 7.5 * size, 5.5 * size]), 3),
        )
    if kind == "point":
        return (
            *fingers((12, 26, -4, 38)),
            palm,
            *curled(-14, -4.5, 4.5),
            part(ribbon(scaled("18 8, 15 25, -2 33"), [7.5 * size, 7.5 * size, 5.5 * size]), 3),
        )
    if kind == "mudra":
        ring = smooth(scaled("6 24, 20 26, 26 38, 16 48, 4 42"))
        return (
            *fingers((-15, 24, 22, 28), (-6, 28, 12, 34), (3, 28, 2, 34)),
            palm,
            part(ring, 3),
            flat(ellipse(15 * size, 37 * size, 4.5 * size, 5 * size), crease),
        )
    if kind == "flat":
        return (
            *fingers((-13, 24, 12, 20), (-5, 28, 4, 26), (5, 28, -4, 25), (13, 24, -12, 20)),
            palm,
            *fingers((16, 8, -48, 20)),
        )
    back = part(smooth(scaled("-14 -8, 14 -8, 20 6, 23 20, 17 34, -17 34, -23 20, -19 6")), 6)
    thumb = part(ribbon(scaled("19 4, 20 22, 6 33, -6 33"), [8 * size, 8.4 * size, 7 * size, 4 * size]), 3)
    return (back, *curled(-15.5, -5.2, 5.2, 15), thumb)


_PROFILES = {  # along a limb: share of its length, and the outer and inner half breadth against a straight taper
    "upper": ((0.16, 1.1, 1.02), (0.42, 1.0, 1.08), (0.74, 0.9, 0.94)),
    "fore": ((0.2, 1.16, 1.06), (0.45, 1.04, 0.98), (0.8, 0.86, 0.86)),
    "thigh": ((0.2, 1.1, 1.0), (0.5, 1.06, 1.0), (0.8, 0.93, 0.94)),
    "shin": ((0.1, 0.98, 0.96), (0.32, 1.2, 1.14), (0.6, 1.0, 0.92), (0.86, 0.84, 0.82)),
}


def muscle(part: str, length: float, start: float, end: float, strength: float = 1.0) -> str:
    """A limb from (0, 0) down to (0, length), its outer side to -x: swelling and tapering as the part of a body does.

    part: upper, fore, thigh, shin; start, end: half breadths at its joints; strength: 0 a plain taper.
    """
    outer: list[Point] = []
    inner: list[Point] = []
    for share, out, within in _PROFILES[part]:
        plain = start + (end - start) * share
        outer.append((-plain * (1 + (out - 1) * strength), length * share))
        inner.append((plain * (1 + (within - 1) * strength), length * share))
    top = [(start, 0.0), (start * 0.72, -start * 0.7), (0.0, -start), (-start * 0.72, -start * 0.7), (-start, 0.0)]
    low = [(-end, length), (-end * 0.72, length + end * 0.7), (0.0, length + end)]
    low += [(end * 0.72, length + end * 0.7), (end, length)]
    return smooth([*top, *outer, *low, *reversed(inner)])


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
    """An arm with its hand (kind "none": without); prefix names another arm of the same side ("back ")."""
    build, pose = puppet.build, puppet.pose
    kind = kind or (pose.hand_left if side == "left" else pose.hand_right)
    upper, fore, merge = f"{prefix}upper {side}", f"{prefix}fore {side}", f"{prefix}arm {side}"
    mirror = side == "right"
    if kind != "none":
        puppet.add(f"{prefix}hand {side}", *hand(kind, skin, size), mirror=mirror)
    cloth = bool(sleeve.cuff)
    strength = 0.55 if cloth else 1.0
    end = sleeve.end if cloth else sleeve.end * 0.9
    first = muscle("upper", build.upper, sleeve.root, sleeve.middle, strength)
    second = muscle("fore", build.fore, sleeve.middle, end, strength)
    puppet.add(upper, Shape(first, sleeve.first, shade=9, rim=4, across=True), merge=merge, mirror=mirror)
    puppet.add(fore, Shape(second, sleeve.second, shade=8, rim=4, across=True), merge=merge, mirror=mirror)
    wide = sleeve.middle
    if cloth:
        folds = [((-0.9, -0.12), (-0.2, 0.1), (0.3, 0.04)), ((-0.8, 0.3), (0.0, 0.36), (0.4, 0.24))]
        dark = shift(sleeve.second, lightness=-0.1)
        lines = [[(x * wide, y * wide) for x, y in fold] for fold in folds]
        puppet.add(fore, *(stroke(line, dark, 3.2) for line in lines), mirror=mirror)
        wide = sleeve.end + 4
        puppet.add(fore, Shape(box(-wide, build.fore - 12, wide * 2, 19, 7), sleeve.cuff, shade=7, across=True))
    else:
        bend = shift(sleeve.second, lightness=-0.13)
        puppet.add(fore, stroke([(wide * 0.2, -wide * 0.2), (wide * 0.62, wide * 0.18)], bend, 2.6), mirror=mirror)


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
        flat(ellipse(at, y + open_to * 0.34, round_ * 0.72, open_to * 0.42), shift(iris, lightness=0.14)),
        flat(ellipse(at, y - open_to * 0.52, round_ * 0.9, open_to * 0.46), shift(iris, lightness=-0.2)),
        Shape(ellipse(at, y - open_to * 0.1, round_ * 0.5, open_to * 0.5), line, shade=0, rim=0, line=0, contour=False),
        flat(ellipse(at + round_ * 0.35, y + open_to * 0.36, round_ * 0.17), "#ffffff", 0.85),
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
