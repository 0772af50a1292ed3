"""The fighter: headband, spiked hair, a torn coat over one shoulder, wrapped fists, a glowing blade."""

from __future__ import annotations

import math
from dataclasses import replace

from daemon.film.painter.cast.anatomy import Sleeve, arm, eye, flat, mouth, stroke
from daemon.film.painter.cast.legs import boot, leg
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, points, polygon, ribbon
from daemon.film.painter.poses import POSES, Limb, Pose
from daemon.film.painter.rig import IDENTITY, Build, Matrix, Puppet, Shape, placed, point

BUILD = Build(shoulder=74, torso=152, thigh=138, shin=132)
# The end of the right arm is the blade's angle from the forearm: 0 goes on where that points.
OWN_POSES = {
    "idle": Pose(Limb(0, -67), Limb(39, -111, 226), Limb(22, -10), Limb(26, -22), lean=-4, bend=3, nod=4, sway=6),
    "step left": Pose(
        Limb(52, -104), Limb(-15, -107, 384), Limb(46, -18, 6), Limb(18, 12), lean=10, bend=-6, nod=-8, sway=-24
    ),
    "step right": Pose(
        Limb(58, -124),
        Limb(6, 130, 26),
        Limb(14, 14),
        Limb(48, -22, 8),
        lean=-11,
        bend=8,
        nod=8,
        sway=24,
        mouth="shout",
    ),
    "dance": Pose(
        Limb(78, -30),
        Limb(140, 16, 88),
        Limb(64, -70, 14),
        Limb(20, 8),
        lean=-12,
        bend=14,
        nod=-4,
        sway=10,
        lift=34,
        mouth="shout",
    ),
    "arms up": replace(POSES["arms up"], arm_right=Limb(118, 34, 78), hand_left="fist", hand_right="fist"),
    "headbang": replace(POSES["headbang"], arm_right=Limb(66, -56, 30), hand_right="fist"),
    "walk": replace(POSES["walk"], arm_right=Limb(-14, 130, 34)),
    "sit": replace(
        POSES["sit"], arm_left=Limb(17, -118), arm_right=Limb(20, -107, 87), hand_left="fist", hand_right="fist"
    ),
}


def draw(puppet: Puppet, props: bool = True) -> None:
    """Draws the fighter; with props, with the blade in the right hand."""
    palette = puppet.pen.palette
    skin = oklch(0.78, 0.07, 58)
    hair = mix(oklch(0.25, 0.03, 280), palette.tone(0.1), 0.3)
    coat, band = palette.accents[0], palette.accents[1]
    dark = mix(oklch(0.26, 0.03, 270), palette.tone(0.14), 0.4)
    wrap = oklch(0.93, 0.02, 85)
    trousers = Sleeve(dark, dark, 36, 30, 22, 4)
    seated = puppet.pose.perch
    _tails(puppet, band)
    _coat_back(puppet, coat)
    if not seated:
        _legs(puppet, trousers, dark, coat, wrap)
    raised = [s for s, a in (("right", puppet.pose.arm_right), ("left", puppet.pose.arm_left)) if a.root > 115]
    for side in raised:
        _arm(puppet, side, skin, coat, wrap, props)
    _torso(puppet, skin, coat, dark, band)
    if seated:
        _legs(puppet, trousers, dark, coat, wrap)
    _head(puppet, skin, hair, band)
    both = math.dist(point(puppet.bones["hand left"], 0, 18), _grip(puppet)[4:]) < 60  # both fists on the grip
    for side in ("right", "left") if both else ("left", "right"):
        if side not in raised:
            _arm(puppet, side, skin, coat, wrap, props)
    puppet.draw()


def _legs(puppet: Puppet, trousers: Sleeve, dark: str, coat: str, wrap: str) -> None:
    for side in ("right", "left"):
        leg(puppet, side, trousers)
        bands = [ribbon(points(f"-24 {y}, 0 {y + 7}, 24 {y}"), [6, 6, 6]) for y in (62, 78, 94)]
        puppet.add(f"shin {side}", *(Shape(one, wrap, shade=3, rim=0, line=0.5) for one in bands))
        boot(puppet, side, shift(dark, lightness=0.06), shift(coat, lightness=-0.2), coat)


def _arm(puppet: Puppet, side: str, skin: str, coat: str, wrap: str, props: bool) -> None:
    sleeve = Sleeve(coat, skin, 30, 22, 18, 3) if side == "left" else Sleeve(skin, skin, 27, 22, 18, 5)
    held = props and side == "right"
    arm(puppet, side, sleeve, wrap, kind="none" if held else "", size=1.04)
    if side == "left":
        cuff = curve("-31 58, 0 66, 31 58, 30 84, 18 78, 8 92, -6 80, -18 90, -30 80", 0.4)
        puppet.add("upper left", Shape(cuff, shift(coat, lightness=-0.1), shade=4, line=0.8))
    bands = [ribbon(points(f"-20 {y}, 0 {y + 6}, 20 {y}"), [6, 6.5, 6]) for y in (38, 54, 70)]
    puppet.add(f"fore {side}", *(Shape(one, wrap, shade=3, rim=0, line=0.5) for one in bands))
    if held:
        puppet.bones["grip"] = _grip(puppet)
        _blade(puppet, puppet.pen.palette.accents[1])
        _closed(puppet, wrap)


def _grip(puppet: Puppet) -> Matrix:
    """Where the right fist holds the blade; the blade goes on downwards there."""
    x, y = point(puppet.bones["fore right"], 0, puppet.build.fore + 18)
    return (*puppet.bones["hand right"][:4], x, y)


def _closed(puppet: Puppet, wrap: str) -> None:
    """A fist around a grip, seen from its knuckles: four fingers side by side along the grip, the thumb over it."""
    back = curve("-22 -24, 4 -28, 24 -22, 26 0, 24 22, 4 28, -22 24, -26 0", 0.8)
    fingers = [Shape(box(-8, y, 34, 14, 7), wrap, shade=3, rim=2.2, line=0.8) for y in (-27, -13.5, 0, 13.5)]
    thumb = ribbon(points("-22 8, -14 24, 4 31, 18 29"), [8, 8.6, 8, 6])
    puppet.add(
        "grip", Shape(back, wrap, shade=5, rim=2.2, line=0.8), *fingers, Shape(thumb, wrap, shade=3, rim=2.2, line=0.8)
    )


def _coat_back(puppet: Puppet, coat: str) -> None:
    tail = curve(
        "-58 -60, 58 -60, 84 60, 128 170, 96 158, 92 206, 62 168, 36 214, 8 164, -20 204, -44 160, -76 190, -84 146,"
        "-112 152, -80 60",
        0.5,
    )
    spread = placed(0, 0, 0, 1.2, 0.42) if puppet.pose.perch else IDENTITY  # it lies on the seat
    puppet.add("torso", Shape(tail, shift(coat, lightness=-0.16), shade=14, rim=5), at=spread)


def _tails(puppet: Puppet, band: str) -> None:
    """The headband's ends, blown by the wind."""
    first = ribbon(points("44 -112, 90 -138, 130 -112, 176 -146"), [8, 12, 11, 3])
    second = ribbon(points("44 -106, 84 -104, 118 -74, 160 -90"), [8, 11, 10, 3])
    puppet.add("head", Shape(first, band, shade=5), Shape(second, shift(band, lightness=-0.1), shade=5))


def _blade(puppet: Puppet, glow: str) -> None:
    steel = mix(glow, "#ffffff", 0.72)
    guard = shift(glow, lightness=-0.22)
    edge = polygon([(-10, 40), (-11, 234), (2, 272), (10, 240), (10, 40)])
    halo = [flat(polygon([(-w, 44), (-w, 234), (0, 278 + w), (w, 234), (w, 44)]), glow, 0.16) for w in (40, 27, 17)]
    puppet.add(
        "grip",
        *halo,
        Shape(edge, steel, shade=4, rim=2),
        flat(polygon([(-3, 44), (-3, 236), (3, 242), (3, 44)]), glow, 0.7),
        Shape(box(-9, -66, 18, 104, 5), "#2a2432", shade=3),
        Shape(ellipse(0, -66, 12, 10), guard, shade=3),
        Shape(box(-34, 34, 68, 13, 6), guard, shade=4),
    )


def _torso(puppet: Puppet, skin: str, coat: str, dark: str, band: str) -> None:
    rise, high = puppet.build.torso * 0.45, puppet.build.torso * 0.55
    lower = curve(f"-42 16, 42 16, 44 -24, 50 {-rise - 16}, -50 {-rise - 16}, -44 -24", 0.7)
    upper = curve(
        f"-48 18, 48 18, 68 -34, 90 {-high + 26}, 74 {-high}, 26 {-high - 12}, -26 {-high - 12}, -74 {-high},"
        f"-90 {-high + 26}, -68 -34",
        0.8,
    )
    puppet.add("torso", Shape(lower, dark, shade=13), merge="trunk")
    puppet.add("chest", Shape(upper, dark, shade=15, rim=5), merge="trunk")
    neck = curve("-24 16, 24 16, 21 -32, -21 -32", 0.4)
    puppet.add("chest", flat(curve(f"-30 {-high - 8}, 30 {-high - 8}, 16 -42, 0 -26, -16 -42", 0.6), skin))
    puppet.add("neck", Shape(neck, shift(skin, lightness=-0.07), shade=9, rim=0))
    lapel = curve(f"-84 {-high + 12}, -34 {-high - 16}, -22 {-high - 6}, -34 -30, -40 26, -60 26, -68 -30", 0.6)
    right = curve(f"84 {-high + 12}, 34 {-high - 16}, 22 {-high - 6}, 34 -30, 40 26, 60 26, 68 -30", 0.6)
    puppet.add("chest", Shape(lapel, coat, shade=9, rim=4), Shape(right, coat, shade=9, rim=4))
    collar = curve(f"-46 {-high - 2}, -46 {-high - 30}, -28 {-high - 24}, -14 {-high + 16}, -30 {-high + 20}", 0.6)
    puppet.add("chest", Shape(collar, shift(coat, lightness=0.05), shade=6))
    puppet.add("chest", Shape(collar, shift(coat, lightness=0.05), shade=6), mirror=True)
    strap = ribbon([(62, -high + 20), (10, -18), (-50, 22)], [9, 9, 9])
    puppet.add(
        "chest",
        Shape(strap, shift(dark, lightness=0.12), shade=4, line=0.8),
        Shape(box(-2, -26, 24, 22, 5), band, shade=3),
    )
    sash = curve("-48 -10, 48 -10, 50 18, -50 18", 0.5)
    knot = ribbon(points("-30 10, -44 54, -34 104"), [10, 14, 5])
    puppet.add(
        "hips",
        Shape(knot, shift(band, lightness=-0.08), shade=5),
        Shape(sash, band, shade=7),
        stroke(points("-44 2, 0 8, 44 2"), shift(band, lightness=-0.16), 3),
    )


def _head(puppet: Puppet, skin: str, hair: str, band: str) -> None:
    line = puppet.pen.palette.line
    back = curve("-58 -50, -70 -96, -58 -140, 0 -160, 58 -140, 68 -96, 56 -46, 0 -36", 0.9)
    puppet.add("head", Shape(back, shift(hair, lightness=-0.04), shade=8, rim=0))
    for sign in (-1, 1):
        puppet.add("head", Shape(ellipse(sign * 51, -58, 10, 16), skin, shade=4, hatch=False))
    face = curve("-50 -88, -50 -50, -36 -16, -10 7, 12 7, 36 -16, 50 -50, 50 -88, 34 -126, -34 -126", 0.85)
    puppet.add("head", Shape(face, skin, shade=12, rim=4, hatch=False))
    soft = shift(skin, lightness=-0.2)
    shout = puppet.pose.mouth == "shout"
    features = [
        flat(curve(f"{sign * 40} -34, {sign * 28} -40, {sign * 20} -33, {sign * 30} -27"), "#ff6a5a", 0.25)
        for sign in (-1, 1)
    ]
    for sign in (-1, 1):
        if puppet.pose.blink:
            features.append(
                flat(ribbon(points(f"{sign * 9} -60, {sign * 24} -56, {sign * 40} -62"), [1, 3.4, 1.2]), line)
            )
        else:
            lid = 0.0 if shout else 0.16
            features += eye(sign * 24, -62, 13, 11, shift(band, lightness=-0.1), line, look=sign * -1.5, lid=lid)
        brow = ribbon(points(f"{sign * 7} -74, {sign * 24} -84, {sign * 43} -86"), [4.4, 4.2, 1.4])
        features.append(flat(brow, shift(hair, lightness=-0.05)))
    features += [
        stroke(points("2 -48, 7 -40, 1 -37"), soft, 3.4, 0.6),
        stroke(points("26 -46, 40 -24"), oklch(0.6, 0.12, 25), 3.4),
        stroke(points("28 -32, 38 -38"), oklch(0.6, 0.12, 25), 2.6),
        *mouth(puppet.pose.mouth, 0, -17, 0.88, line, soft),
    ]
    puppet.add("head", *features)
    spikes = curve(
        "-52 -86, -74 -104, -66 -120, -96 -136, -66 -150, -84 -182, -48 -176, -44 -212, -14 -188, 10 -222, 26 -188,"
        "60 -204, 58 -170, 92 -168, 70 -142, 88 -120, 62 -112, 52 -86, 44 -112, 26 -100, 14 -120, -6 -98, -18 -122,"
        "-34 -98, -42 -114",
        0.4,
    )
    shine = shift(hair, lightness=0.16)
    puppet.add(
        "head",
        Shape(spikes, hair, shade=12, rim=7),
        stroke(points("-44 -146, -30 -174, -26 -190"), shine, 5, 0.5),
        stroke(points("-8 -148, 2 -178, 8 -198"), shine, 5, 0.5),
        stroke(points("30 -146, 42 -168, 50 -182"), shine, 5, 0.5),
    )
    strip = curve("-54 -100, -30 -112, 0 -116, 30 -112, 54 -100, 52 -82, 28 -94, 0 -98, -28 -94, -52 -82", 0.9)
    plate = curve("-22 -116, 22 -116, 24 -92, -24 -92", 0.3)
    puppet.add(
        "head",
        Shape(strip, band, shade=5, rim=3),
        Shape(plate, oklch(0.82, 0.02, 250), shade=4, rim=3, line=0.8),
        stroke(points("-9 -98, 0 -111, 9 -98"), line, 3.4, 0.2),
    )
