"""The singer: long waves of coloured hair, a cropped jacket with a star, a pleated skirt, tall boots, a microphone."""

from __future__ import annotations

import math
from dataclasses import replace

from daemon.film.painter.cast.anatomy import Sleeve, arm, eye, flat, mouth, stroke
from daemon.film.painter.cast.legs import leg
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, points, ribbon, smooth
from daemon.film.painter.poses import POSES, Limb, Pose
from daemon.film.painter.rig import Build, Puppet, Shape

BUILD = Build(shoulder=58, torso=140, hip=27, upper=84, fore=78, thigh=138, shin=136)
_MIC = Limb(24, -166, -6)
OWN_POSES = {
    "idle": Pose(
        Limb(52, -26, -10),
        _MIC,
        Limb(7, -6),
        Limb(3, 2),
        lean=-4,
        bend=5,
        nod=-5,
        sway=-8,
        hand_left="open",
        mouth="smile",
    ),
    "step left": Pose(
        Limb(108, 18),
        _MIC,
        Limb(26, -8, 6),
        Limb(6, 8),
        lean=6,
        bend=-4,
        nod=-10,
        sway=-16,
        hand_left="open",
        mouth="shout",
    ),
    "step right": Pose(
        Limb(46, -104), Limb(26, -164), Limb(6, 10), Limb(28, -10, 6), lean=-7, bend=5, nod=8, sway=16, mouth="shout"
    ),
    "dance": Pose(
        Limb(142, 18),
        Limb(28, -166),
        Limb(32, -50, 8),
        Limb(10, 4),
        lean=-8,
        bend=12,
        nod=-10,
        sway=10,
        hand_left="open",
        mouth="shout",
    ),
    "arms up": replace(POSES["arms up"], hand_right="fist"),
    "headbang": Pose(
        Limb(76, 40),
        Limb(24, -160),
        Limb(20, -14),
        Limb(20, -14),
        lean=6,
        bend=12,
        nod=22,
        hand_left="horns",
        mouth="shout",
    ),
    "walk": replace(POSES["walk"], arm_right=_MIC, mouth="shout"),
    "sit": replace(
        POSES["sit"],
        arm_right=_MIC,
        leg_left=Limb(32, -36, 0, 0.5),
        leg_right=Limb(32, -36, 0, 0.5),
        hand_right="fist",
        mouth="smile",
    ),
}


def draw(puppet: Puppet, props: bool = True) -> None:
    """Draws the singer; with props, with the microphone."""
    palette = puppet.pen.palette
    skin = oklch(0.83, 0.065, 52)
    hair, jacket, trim = palette.accents[0], palette.accents[1], palette.accents[2]
    dark = mix(oklch(0.24, 0.04, 300), palette.tone(0.12), 0.4)
    seated = puppet.pose.perch
    _hair_back(puppet, hair)
    if not seated:
        _legs(puppet, skin, trim, dark)
    raised = [s for s, a in (("right", puppet.pose.arm_right), ("left", puppet.pose.arm_left)) if a.root > 100]
    for side in raised:
        _arm(puppet, side, skin, jacket, props)
    _torso(puppet, skin, jacket, trim, dark)
    if seated:
        _legs(puppet, skin, trim, dark)
    _skirt(puppet, jacket, trim, dark)
    _head(puppet, skin, hair, trim)
    for side in ("left", "right"):
        if side not in raised:
            _arm(puppet, side, skin, jacket, props)
    puppet.draw()


def _legs(puppet: Puppet, skin: str, trim: str, dark: str) -> None:
    down = 36 if puppet.pose.perch else 0
    for side in ("right", "left"):
        leg(puppet, side, Sleeve(skin, dark, 31, 23, 17, 2))
        top = ribbon([(x, y + down) for x, y in points("-25 4, 0 12, 25 4")], [7, 7.5, 7])
        puppet.add(f"shin {side}", Shape(top, trim, shade=3, rim=0, line=0.7))
        _heel(puppet, side, dark, trim)


def _arm(puppet: Puppet, side: str, skin: str, jacket: str, props: bool) -> None:
    if side == "right" and props:
        tube = box(-8, -8, 16, 66, 6)
        steel = oklch(0.8, 0.02, 260)
        puppet.add(
            "hand right",
            Shape(tube, "#25222e", shade=4),
            Shape(ellipse(0, 68, 17, 18), steel, shade=6),
            stroke(points("-14 62, 0 68, 14 62"), shift(steel, lightness=-0.25), 2.4),
            stroke(points("-15 72, 0 78, 15 72"), shift(steel, lightness=-0.25), 2.4),
            Shape(box(-14, 50, 28, 9, 4), shift(jacket, lightness=0.05), shade=2, line=0.7),
        )
    arm(puppet, side, Sleeve(jacket, jacket, 23, 20, 20, 3, cuff=shift(jacket, lightness=-0.16)), skin, size=1.0)
    puppet.add(f"upper {side}", stroke(points("-16 14, -15 46, -12 74"), "#ffffff", 4))


def _heel(puppet: Puppet, side: str, colour: str, trim: str) -> None:
    outline = curve("-13 -30, 13 -30, 14 -2, 12 12, -8 16, -40 24, -46 16, -34 4, -18 -6", 0.75)
    sole = curve("-48 18, -12 16, 13 8, 14 26, 2 26, 0 20, -14 22, -46 27", 0.4)
    puppet.add(
        f"foot {side}", Shape(sole, trim, shade=3, rim=0), Shape(outline, colour, shade=5), mirror=side == "right"
    )


def _hair_back(puppet: Puppet, hair: str) -> None:
    waves = curve(
        "-46 -130, -72 -90, -74 -30, -96 30, -84 84, -104 140, -80 186, -62 168, -54 200, -30 158, -26 60, 26 60,"
        " 34 164,"
        "58 206, 64 168, 88 180, 100 128, 84 78, 94 26, 74 -34, 72 -90, 46 -130",
        0.95,
    )
    deep = shift(hair, lightness=-0.15)
    puppet.add(
        "head",
        Shape(waves, shift(hair, lightness=-0.07), shade=14, rim=6),
        stroke(points("-66 -20, -82 40, -70 90, -84 144"), deep, 5),
        stroke(points("66 -20, 80 34, 68 84, 82 138"), deep, 5),
    )


def _torso(puppet: Puppet, skin: str, jacket: str, trim: str, dark: str) -> None:
    rise, high = puppet.build.torso * 0.45, puppet.build.torso * 0.55
    waist = curve(f"-42 18, 42 18, 34 -18, 38 {-rise - 14}, -38 {-rise - 14}, -34 -18", 0.8)
    puppet.add("torso", Shape(waist, skin, shade=10), flat(ellipse(0, -12, 3, 4.5), shift(skin, lightness=-0.16)))
    chest = curve(
        f"-40 6, 40 6, 54 -30, 74 {-high + 24}, 60 {-high + 2}, 22 {-high - 10}, -22 {-high - 10}, -60 {-high + 2},"
        f"-74 {-high + 24}, -54 -30",
        0.8,
    )
    puppet.add("chest", Shape(chest, jacket, shade=13, rim=5))
    top = curve(f"-26 -2, 26 -2, 30 -34, 20 {-high + 12}, -20 {-high + 12}, -30 -34", 0.7)
    star = curve("0 -19, 5 -6, 18 -6, 8 3, 11 16, 0 8, -11 16, -8 3, -18 -6, -5 -6", 0.15, y=-28)
    neck = curve("-19 16, 19 16, 16 -30, -16 -30", 0.4)
    collar = curve(f"-50 {-high + 6}, -34 {-high - 22}, -16 {-high - 8}, -12 {-high + 22}, -34 {-high + 26}", 0.5)
    puppet.add(
        "chest",
        flat(curve(f"-24 {-high - 8}, 24 {-high - 8}, 20 {-high + 16}, -20 {-high + 16}", 0.5), skin),
        Shape(top, dark, shade=6, rim=0, line=0.8, contour=False),
        Shape(star, trim, shade=0, rim=0, line=0.5, contour=False),
    )
    puppet.add("neck", Shape(neck, shift(skin, lightness=-0.05), shade=7, rim=0))
    puppet.add("neck", stroke(points("-17 4, 0 10, 17 4"), dark, 6), flat(ellipse(0, 12, 5), trim))
    puppet.add("chest", Shape(collar, shift(jacket, lightness=0.06), shade=5))
    puppet.add("chest", Shape(collar, shift(jacket, lightness=0.06), shade=5), mirror=True)
    puppet.add("chest", stroke(points("-40 2, 0 8, 40 2"), "#ffffff", 5))


def _skirt(puppet: Puppet, jacket: str, trim: str, dark: str) -> None:
    """The skirt lies over the thighs, however far they are apart."""
    if puppet.pose.perch:
        half = points("46 -8, 80 8, 97 40, 84 58, 48 66, 16 58")
        lap = smooth([*half, (0, 36), *((-x, y) for x, y in reversed(half))], roundness=0.75)
        low = points("94 42, 80 56, 48 62, 17 55, 4 38")
        hem = [ribbon([(sign * x, y) for x, y in low], [4] * 5) for sign in (-1, 1)]
        pleats = [
            stroke(points(f"{s * a} 8, {s * b} 32, {s * b} 56"), shift(dark, lightness=0.12), 4)
            for s in (-1, 1)
            for a, b in ((12, 22), (28, 48), (40, 74))
        ]
        puppet.add("hips", Shape(lap, dark, shade=12), *pleats, *(flat(one, jacket) for one in hem))
    else:
        _flared(puppet, jacket, dark)
    belt = ribbon(points("-44 2, 0 8, 44 2"), [9, 10, 9])
    buckle = Shape(box(-12, -4, 24, 22, 5), oklch(0.88, 0.05, 90), shade=3, line=0.7)
    puppet.add("hips", Shape(belt, trim, shade=4), buckle)


def _flared(puppet: Puppet, jacket: str, dark: str) -> None:
    left, right = (
        -sign * 88 * math.tan(math.radians(max(0.0, min(60.0, limb.root - 7.0)))) * limb.short
        for sign, limb in ((1, puppet.pose.leg_left), (-1, puppet.pose.leg_right))
    )

    def wide(x: float, y: float) -> tuple[float, float]:
        """A point of the skirt, carried along by the thigh on its side."""
        pull = (left if x < 0 else right) * abs(x) / 84 * max(0.0, y) / 88
        return x + pull, y - abs(pull) * 0.18

    hem = [wide(x, y) for x, y in points("84 88, 48 96, 16 100, -16 100, -48 96, -84 88")]
    skirt = smooth([(-46, -8), (46, -8), wide(66, 26), *hem, wide(-66, 26)], roundness=0.5)
    folds = [stroke([(x * 0.55, 8), wide(x, 92)], shift(dark, lightness=0.12), 4) for x in (-52, -28, 0, 28, 52)]
    edge = ribbon([wide(x, y) for x, y in points("-82 84, -46 91, 0 95, 46 91, 82 84")], [4, 4, 4, 4, 4])
    puppet.add("hips", Shape(skirt, dark, shade=12), *folds, flat(edge, jacket))


def _head(puppet: Puppet, skin: str, hair: str, trim: str) -> None:
    line = puppet.pen.palette.line
    face = curve("-47 -84, -46 -48, -32 -16, -9 5, 9 5, 32 -16, 46 -48, 47 -84, 32 -122, -32 -122", 0.88)
    puppet.add("head", Shape(face, skin, shade=10, rim=4, hatch=False))
    soft = shift(skin, lightness=-0.18)
    features = [flat(ellipse(sign * 31, -34, 10, 5.5), "#ff6f86", 0.4) for sign in (-1, 1)]
    closed = puppet.pose.blink or (puppet.pose.mouth == "shout" and puppet.pose.nod > 6)
    for sign in (-1, 1):
        if closed:
            features.append(
                flat(ribbon(points(f"{sign * 9} -57, {sign * 23} -50, {sign * 40} -60"), [1, 3.4, 1.2]), line)
            )
        else:
            features += eye(sign * 23, -58, 14, 15, shift(trim, lightness=-0.22), line, look=-1, lid=0.07)
        lash = ribbon(points(f"{sign * 34} -66, {sign * 45} -74"), [3, 0.6])
        brow = ribbon(points(f"{sign * 10} -85, {sign * 24} -92, {sign * 40} -86"), [2, 2.8, 0.8])
        features += [flat(lash, line), flat(brow, shift(hair, lightness=-0.24))]
    lips = oklch(0.58, 0.17, 12)
    features += [
        stroke(points("1 -42, 4 -36, 0 -34"), soft, 3, 0.6),
        *mouth(puppet.pose.mouth, 0, -18, 0.8, lips, lips),
    ]
    puppet.add("head", *features)
    fringe = curve(
        "-54 -50, -60 -92, -50 -132, -22 -154, 12 -156, 44 -138, 60 -98, 56 -48, 48 -70, 44 -98, 34 -84, 26 -112,"
        "8 -88, -6 -114, -22 -86, -30 -110, -42 -82, -46 -62",
        0.75,
    )
    shine = mix(hair, "#ffffff", 0.45)
    deep = shift(hair, lightness=-0.15)
    puppet.add(
        "head",
        Shape(fringe, hair, shade=10, rim=6),
        flat(ribbon(points("-44 -122, -20 -136, 8 -138, 34 -126"), [1, 5, 5, 1]), shine, 0.85),
        stroke(points("-6 -114, -8 -132, 0 -148"), deep, 3.6),
        stroke(points("26 -112, 26 -128, 18 -146"), deep, 3.6),
    )
    for sign in (-1, 1):
        puppet.add(
            "head",
            Shape(ellipse(sign * 51, -30, 8, 8), trim, shade=3, line=0.7),
            Shape(ellipse(sign * 51, -14, 5, 7), trim, shade=2, line=0.6),
        )
    clip = curve("0 -13, 4 -4, 13 -4, 6 2, 8 12, 0 6, -8 12, -6 2, -13 -4, -4 -4", 0.15, x=42, y=-118)
    puppet.add("head", Shape(clip, trim, shade=2, line=0.7))
