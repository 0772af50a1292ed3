"""The fighter: headband, spiked hair, a torn coat over one shoulder, wrapped fists, a glowing blade."""

from __future__ import annotations

from dataclasses import replace

from daemon.film.painter.cast.anatomy import Sleeve, arm, boot, eye, flat, leg, mouth, stroke
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, points, polygon, ribbon
from daemon.film.painter.poses import POSES, Limb, Pose
from daemon.film.painter.rig import Build, Puppet, Shape

BUILD = Build(shoulder=74, torso=152, thigh=138, shin=132)
OWN_POSES = {
    "idle": Pose(Limb(40, -96), Limb(34, 8), Limb(22, -10), Limb(26, -22), lean=-4, bend=3, nod=4, sway=6),
    "step left": Pose(Limb(98, -70), Limb(58, 30), Limb(46, -18, 6), Limb(18, 12), lean=10, bend=-6, nod=-8, sway=-24),
    "step right": Pose(
        Limb(44, -118), Limb(112, -12), Limb(14, 14), Limb(48, -22, 8), lean=-11, bend=8, nod=8, sway=24, mouth="shout"
    ),
    "dance": Pose(
        Limb(70, -120),
        Limb(140, 16),
        Limb(64, -70, 14),
        Limb(20, 8),
        lean=-12,
        bend=14,
        nod=-4,
        sway=10,
        lift=34,
        mouth="shout",
    ),
    "arms up": replace(POSES["arms up"], hand_left="fist", hand_right="fist"),
    "headbang": replace(POSES["headbang"], hand_right="fist"),
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
    _tails(puppet, band)
    _coat_back(puppet, coat)
    if props:
        _blade(puppet, palette.accents[1])
    for side in ("right", "left"):
        leg(puppet, side, trousers)
        bands = [ribbon(points(f"-24 {y}, 0 {y + 7}, 24 {y}"), [6, 6, 6]) for y in (62, 78, 94)]
        puppet.add(f"shin {side}", *(Shape(one, wrap, shade=3, rim=0, line=0.5) for one in bands))
        boot(puppet, side, shift(dark, lightness=0.06), shift(coat, lightness=-0.2), coat)
    raised = [s for s, a in (("right", puppet.pose.arm_right), ("left", puppet.pose.arm_left)) if a.root > 115]
    for side in raised:
        _arm(puppet, side, skin, coat, wrap)
    _torso(puppet, skin, coat, dark, band)
    _head(puppet, skin, hair, band)
    for side in ("right", "left"):
        if side not in raised:
            _arm(puppet, side, skin, coat, wrap)
    puppet.draw()


def _arm(puppet: Puppet, side: str, skin: str, coat: str, wrap: str) -> None:
    sleeve = Sleeve(coat, skin, 30, 22, 18, 3) if side == "left" else Sleeve(skin, skin, 27, 22, 18, 5)
    arm(puppet, side, sleeve, wrap, size=1.04)
    if side == "left":
        cuff = curve("-31 58, 0 66, 31 58, 30 84, 18 78, 8 92, -6 80, -18 90, -30 80", 0.4)
        puppet.add("upper left", Shape(cuff, shift(coat, lightness=-0.1), shade=4, line=0.8))
    bands = [ribbon(points(f"-20 {y}, 0 {y + 6}, 20 {y}"), [6, 6.5, 6]) for y in (38, 54, 70)]
    puppet.add(f"fore {side}", *(Shape(one, wrap, shade=3, rim=0, line=0.5) for one in bands))


def _coat_back(puppet: Puppet, coat: str) -> None:
    tail = curve(
        "-58 -60, 58 -60, 84 60, 128 170, 96 158, 92 206, 62 168, 36 214, 8 164, -20 204, -44 160, -76 190, -84 146,"
        "-112 152, -80 60",
        0.5,
    )
    puppet.add("torso", Shape(tail, shift(coat, lightness=-0.16), shade=14, rim=5))


def _tails(puppet: Puppet, band: str) -> None:
    """The headband's ends, blown by the wind."""
    first = ribbon(points("44 -112, 90 -138, 130 -112, 176 -146"), [8, 12, 11, 3])
    second = ribbon(points("44 -106, 84 -104, 118 -74, 160 -90"), [8, 11, 10, 3])
    puppet.add("head", Shape(first, band, shade=5), Shape(second, shift(band, lightness=-0.1), shade=5))


def _blade(puppet: Puppet, glow: str) -> None:
    steel = mix(glow, "#ffffff", 0.72)
    guard = shift(glow, lightness=-0.22)
    edge = polygon([(-9, 40), (-10, -250), (-2, -290), (8, -262), (9, 40)])
    halo = [flat(polygon([(-w, 30), (-w, -256), (0, -300 - w), (w, -262), (w, 30)]), glow, 0.16) for w in (40, 27, 17)]
    puppet.add(
        "hand right",
        *halo,
        Shape(edge, steel, shade=4, rim=2),
        flat(polygon([(-3, 30), (-3, -256), (3, -262), (3, 30)]), glow, 0.7),
        Shape(box(-32, 2, 64, 13, 6), guard, shade=4),
        Shape(box(-8, 14, 16, 62, 5), "#2a2432", shade=3),
        at=(0.16, -0.99, 0.99, 0.16, 0, 20),
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
