"""The meditating figure: ash-blue skin, matted hair with a crescent, third eye, snake, beads, trishula, damaru."""

from __future__ import annotations

from dataclasses import replace

from daemon.film.painter.cast.anatomy import Sleeve, arm, flat, mouth, stroke
from daemon.film.painter.cast.legs import leg
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import bounds, box, corners, curve, ellipse, points, ribbon
from daemon.film.painter.pen import Pen
from daemon.film.painter.poses import POSES, Limb, Pose
from daemon.film.painter.rig import Build, Puppet, Shape

BUILD = Build(shoulder=74, torso=154, hip=32)
_LOTUS = Pose(Limb(40, -22, -6), Limb(40, -22, -6), seat=52, hand_left="mudra", hand_right="mudra", nod=0, mouth="calm")
OWN_POSES = {
    "idle": _LOTUS,
    "sit": replace(_LOTUS, arm_left=Limb(46, -86), arm_right=Limb(46, -86), hand_left="flat", hand_right="flat"),
    "dance": replace(
        POSES["dance"], leg_left=Limb(62, -112, 24), leg_right=Limb(14, -26, -4), hand_right="mudra", mouth="smile"
    ),
    "arms up": replace(POSES["arms up"], hand_right="open", mouth="calm"),
    "headbang": replace(POSES["headbang"], hand_right="fist"),
}
TIGER = oklch(0.76, 0.14, 66)
BEAD = oklch(0.4, 0.085, 40)
GOLD = oklch(0.83, 0.13, 88)
SKIN = oklch(0.72, 0.075, 240)
SNAKE = oklch(0.5, 0.09, 165)


def draw(puppet: Puppet, props: bool = True) -> None:
    """Draws the figure; with props, with halo, trishula and seat."""
    pen, palette = puppet.pen, puppet.pen.palette
    seated = puppet.pose.seat is not None
    skin = mix(SKIN, palette.tone(0.6), 0.12)
    hair = mix(oklch(0.27, 0.045, 40), palette.tone(0.15), 0.3)
    if props:
        _halo(puppet)
        if seated:
            _seat(pen)
        _trishula(pen, -228 if seated else -212)
    bare = Sleeve(skin, skin, 27, 22, 17, 3)
    _back_hair(puppet, hair)
    if not seated:
        for side in ("right", "left"):
            leg(puppet, side, Sleeve(skin, skin, 35, 27, 18, 4))
            _foot(puppet, side, skin)
            anklet = ribbon(points("-17 96, 0 100, 17 96"), [5, 5, 5])
            puppet.add(f"shin {side}", Shape(anklet, GOLD, shade=3, rim=0, line=0.6))
    raised = [s for s, a in (("right", puppet.pose.arm_right), ("left", puppet.pose.arm_left)) if a.root > 100]
    for side in raised:
        arm(puppet, side, bare, skin)
        _armlets(puppet, side)
    _torso(puppet, skin)
    if seated:
        _lotus(puppet, skin)
    else:
        _skirt(puppet)
    _head(puppet, skin, hair)
    for side in ("right", "left"):
        if side not in raised:
            arm(puppet, side, bare, skin)
            _armlets(puppet, side)
    puppet.draw()


def _foot(puppet: Puppet, side: str, skin: str) -> None:
    foot = curve("-12 -18, 14 -18, 17 8, 12 24, -10 25, -44 25, -52 18, -46 9, -26 2", 0.8)
    puppet.add(f"foot {side}", Shape(foot, skin, shade=5), mirror=side == "right")


def _armlets(puppet: Puppet, side: str) -> None:
    for bone, y, wide in (("upper", 46, 26), ("fore", 66, 20)):
        beads = [ellipse(-wide + 6 + step * (wide - 6) / 2, y + (2 - abs(step - 2)) * 1.6, 6.5) for step in range(5)]
        puppet.add(f"{bone} {side}", *(Shape(bead, BEAD, shade=3, rim=2, line=0.55) for bead in beads))


def _halo(puppet: Puppet) -> None:
    pen, palette = puppet.pen, puppet.pen.palette
    x, y = puppet.bones["head"][4], puppet.bones["head"][5] - 80
    warm = mix(palette.accents[2], palette.light, 0.55)
    pen.glow(x, y, 430, warm, 0.7)
    pen.fill(ellipse(x, y, 178), warm, 0.34)
    pen.stroke(ellipse(x, y, 178), mix(warm, "#ffffff", 0.4), 5, 0.9)
    for index in range(24):
        with pen.inside(f"translate({x:.1f} {y:.1f}) rotate({index * 15})"):
            pen.fill(corners("-9 -180, 9 -180, 0 -226") if index % 2 else ellipse(0, -196, 5), warm, 0.9)


def _seat(pen: Pen) -> None:
    palette = pen.palette
    stone = palette.tone(0.3)
    rock = curve("-268 30, -250 -18, -190 -38, 0 -44, 190 -38, 252 -16, 270 30, 180 48, 0 54, -190 48", 0.7)
    pen.stroke(rock, palette.line, pen.sheet.outer * 2)
    pen.shape(rock, stone, line=0, shade=26, rim=7)
    for text in ("-210 2, -150 16, -120 40", "196 0, 150 20, 160 38", "-246 14, -220 22, -214 36"):
        pen.stroke(curve(text, closed=False), palette.tone(0.16), 5)
    skin = curve(
        "-196 -30, 0 -48, 196 -30, 206 -6, 160 10, 120 4, 66 24, 30 52, 0 34, -34 54, -70 22, -124 6, -166 10, -206 -8"
    )
    pen.shape(skin, TIGER, line=1, shade=10)
    stripe = shift(TIGER, lightness=-0.5, chroma=0.6)
    with pen.inside(clip=skin):
        for x in (-168, -128, -84, -40, 40, 84, 128, 168):
            lean = 8 if x > 0 else -8
            pen.fill(ribbon([(x, -44), (x + lean, -22), (x - lean, 4), (x, 20)], [1, 6, 4, 1]), stripe)


def _trishula(pen: Pen, x: float) -> None:
    palette = pen.palette
    steel = mix(oklch(0.8, 0.06, 85), palette.tone(0.8), 0.2)
    dark = shift(steel, lightness=-0.25)
    shaft = box(x - 6, -470, 12, 486, 5)
    prongs = curve(
        "-9 0, -9 -34, -34 -38, -58 -62, -60 -108, -74 -96, -66 -152, -40 -112, -46 -106, -42 -74, -24 -56, -10 -54,"
        "-8 -110, -20 -106, 0 -186, 20 -106, 8 -110, 10 -54, 24 -56, 42 -74, 46 -106, 40 -112, 66 -152, 74 -96,"
        "60 -108, 58 -62, 34 -38, 9 -34, 9 0",
        0.35,
    )
    with pen.inside(f"translate({x} -470)"):
        pen.stroke(prongs, palette.line, pen.sheet.outer * 2)
    pen.stroke(shaft, palette.line, pen.sheet.outer * 2)
    pen.shape(shaft, dark, line=0, shade=4, rim=3)
    with pen.inside(f"translate({x} -470)"):
        pen.shape(prongs, steel, line=0, shade=5, rim=4)
        pen.shape(box(-15, -6, 30, 16, 6), GOLD, line=0.7, shade=4)
        pen.shape(box(-12, 14, 24, 10, 4), GOLD, line=0.7, shade=3)
    _damaru(pen, x, -398, palette.accents[0])


def _damaru(pen: Pen, x: float, y: float, cloth: str) -> None:
    for side in (-1, 1):
        tail = ribbon(
            [(x, y), (x + side * 26, y + 40), (x + side * 16, y + 84), (x + side * 34, y + 118)], [8, 10, 9, 3]
        )
        pen.stroke(tail, pen.palette.line, pen.sheet.outer * 1.6)
        pen.shape(tail, cloth, line=0, shade=5)
    with pen.inside(f"translate({x} {y}) rotate(-14)"):
        body = curve("-40 -26, 0 -9, 40 -26, 40 26, 0 9, -40 26", 0.45)
        pen.stroke(body, pen.palette.line, pen.sheet.outer * 2)
        pen.shape(body, oklch(0.55, 0.13, 35), line=0, shade=7, rim=3)
        for side in (-1, 1):
            pen.shape(ellipse(side * 40, 0, 10, 27), oklch(0.9, 0.04, 85), line=0.8, shade=4)
        for text in ("-32 -20, -8 0, -32 20", "32 -20, 8 0, 32 20"):
            pen.stroke(corners(text, closed=False), GOLD, 3)
        pen.shape(box(-8, -10, 16, 20, 5), GOLD, line=0.6, shade=3)


def _torso(puppet: Puppet, skin: str) -> None:
    rise, high = puppet.build.torso * 0.45, puppet.build.torso * 0.55
    lower = curve(f"-40 18, 40 18, 44 -24, 48 {-rise - 14}, -48 {-rise - 14}, -44 -24", 0.7)
    upper = curve(
        f"-46 18, 46 18, 66 -32, 90 {-high + 26}, 74 {-high + 2}, 28 {-high - 12}, -28 {-high - 12}, -74 {-high + 2},"
        f"-90 {-high + 26}, -66 -32",
        0.8,
    )
    puppet.add("torso", Shape(lower, skin, shade=14), merge="trunk")
    puppet.add("chest", Shape(upper, skin, shade=16, rim=5), merge="trunk")
    soft = shift(skin, lightness=-0.13)
    ash = mix(skin, "#ffffff", 0.62)
    puppet.add("torso", stroke(points("0 -52, 2 -34, 0 -14"), soft, 4), flat(ellipse(0, -2, 4, 5), soft))
    puppet.add(
        "chest",
        stroke(points("-54 -14, -30 0, -4 -8"), soft, 4.5),
        stroke(points("54 -14, 30 0, 4 -8"), soft, 4.5),
        stroke(points("-34 -60, -8 -52"), soft, 4),
        stroke(points("34 -60, 8 -52"), soft, 4),
        *(stroke(points(f"-22 {y}, 0 {y + 3}, 22 {y}"), ash, 4) for y in (8, 17, 26)),
    )
    neck = curve("-24 16, 24 16, 20 -32, -20 -32", 0.4)
    puppet.add("neck", Shape(neck, shift(skin, lightness=-0.06), shade=9, rim=0))
    beads = [(-50, -76), (-40, -54), (-27, -34), (-10, -22), (10, -22), (27, -34), (40, -54), (50, -76)]
    puppet.add("chest", *(Shape(ellipse(x, y, 8.5), BEAD, shade=4, rim=2.5, line=0.6) for x, y in beads))
    puppet.add("chest", Shape(ellipse(0, -13, 11), GOLD, shade=4, line=0.6))
    _snake(puppet, high)


def _snake(puppet: Puppet, high: float) -> None:
    coil = ribbon(
        [(-50, -high - 6), (-20, -high + 16), (24, -high + 18), (62, -high + 4), (92, -high - 26), (84, -high - 62)],
        [7, 10, 11, 11, 9, 8],
    )
    hood = curve("74 -56, 62 -86, 72 -112, 98 -112, 108 -86, 96 -56", 0.9, y=-high)
    belly = mix(SNAKE, "#fff4c8", 0.7)
    puppet.add(
        "neck",
        Shape(
            ribbon(points("-28 8, -14 22, 14 22, 30 6"), [8, 11, 11, 8]),
            shift(SNAKE, lightness=-0.04),
            shade=5,
            line=0.8,
        ),
    )
    puppet.add("chest", Shape(coil, SNAKE, shade=6, rim=3, line=0.9), merge="snake")
    puppet.add("chest", Shape(hood, SNAKE, shade=6, rim=3, line=0.9), merge="snake")
    puppet.add(
        "chest",
        flat(curve(f"79 {-high - 62}, 74 {-high - 82}, 84 {-high - 94}, 95 {-high - 82}, 92 {-high - 62}"), belly),
        flat(ellipse(78, -high - 99, 3.4), "#20101a"),
        flat(ellipse(93, -high - 99, 3.4), "#20101a"),
        stroke([(85, -high - 90), (84, -high - 76), (79, -high - 72)], oklch(0.6, 0.2, 25), 2.6),
    )


def _lotus(puppet: Puppet, skin: str) -> None:
    """Crossed legs, seen from a little above: knees wide on the ground, each sole up on the other thigh."""
    sole = mix(skin, oklch(0.72, 0.1, 20), 0.4)
    soft = shift(skin, lightness=-0.14)
    for sign in (1, -1):
        mirror = sign < 0
        thigh = ribbon(points("-20 -14, -86 -18, -140 4, -166 20"), [30, 35, 34, 27])
        knee = stroke(points("-186 4, -190 22, -176 40"), soft, 3.4)
        puppet.add("hips", Shape(thigh, skin, shade=12, rim=6), knee, mirror=mirror)
    for sign in (1, -1):
        mirror = sign < 0
        shin = ribbon(points("-160 28, -112 36, -52 34, 20 16"), [24, 26, 22, 16])
        puppet.add("hips", Shape(shin, skin, shade=10, rim=4), mirror=mirror)
        puppet.add(
            "hips",
            Shape(ribbon(points("-4 6, 4 22, 4 34"), [6, 6.5, 6]), GOLD, shade=2, rim=0, line=0.6, contour=False),
            mirror=mirror,
        )
        foot = curve("8 6, 24 -6, 50 -14, 76 -16, 90 -6, 84 8, 56 16, 26 28, 12 26", 0.9)
        under = curve("18 10, 34 0, 56 -7, 74 -8, 76 2, 54 9, 30 19", 0.9)
        toes = [Shape(ellipse(x, y, 6.5, 6), skin, shade=2, rim=0, line=0.7) for x, y in ((91, -13), (91, -2), (86, 7))]
        puppet.add("hips", Shape(foot, skin, shade=5, rim=2), flat(under, sole), *toes, mirror=mirror)
    cloth = curve("-62 -26, -40 -38, 40 -38, 62 -26, 46 -12, 22 -8, 8 8, -6 10, -22 -8, -46 -12", 0.8)
    _tiger(puppet, cloth, (-44, -20, 20, 44))


def _skirt(puppet: Puppet) -> None:
    cloth = curve("-50 -30, 50 -30, 62 30, 84 96, 52 84, 40 112, 12 88, -16 118, -42 88, -80 104, -64 30", 0.55)
    _tiger(puppet, cloth, (-56, -34, -10, 14, 38, 60))
    belt = ribbon(points("-54 -26, 0 -16, 54 -26"), [9, 10, 9])
    puppet.add("hips", Shape(belt, BEAD, shade=4, line=0.8), Shape(ellipse(0, -16, 13), GOLD, shade=4, line=0.7))


def _tiger(puppet: Puppet, cloth: str, stripes: tuple[int, ...]) -> None:
    dark = shift(TIGER, lightness=-0.5, chroma=0.6)
    _, top, _, low = bounds(cloth)
    marks = []
    for x in stripes:
        start, reach = top + 8 + abs(x) * 0.1, (low - top) * 0.5
        bend = 5 if x > 0 else -5
        marks.append(flat(ribbon([(x, start), (x + bend, start + reach * 0.5), (x, start + reach)], [1, 5, 0.6]), dark))
    puppet.add("hips", Shape(cloth, TIGER, shade=10), *marks)


def _back_hair(puppet: Puppet, hair: str) -> None:
    locks = curve(
        "-40 -120, -62 -90, -68 -40, -84 10, -74 52, -62 40, -56 70, -44 50, -30 66, 0 40, 30 66, 44 50, 56 70, 62 40,"
        "74 52, 84 10, 68 -40, 62 -90, 40 -120",
        0.7,
    )
    puppet.add("head", Shape(locks, shift(hair, lightness=-0.03), shade=10, rim=5))


def _head(puppet: Puppet, skin: str, hair: str) -> None:
    palette = puppet.pen.palette
    line, shine = palette.line, shift(hair, lightness=0.14)
    for sign in (-1, 1):
        ear = ellipse(sign * 52, -58, 11, 19)
        ring = ellipse(sign * 55, -34, 9)
        puppet.add("head", Shape(ear, shift(skin, lightness=-0.04), shade=4), Shape(ring, GOLD, shade=3, line=0.7))
    face = curve("-50 -88, -50 -52, -40 -20, -16 3, 0 6, 16 3, 40 -20, 50 -52, 50 -88, 34 -128, -34 -128", 0.9)
    puppet.add("head", Shape(face, skin, shade=12, rim=4, hatch=False))
    ash = mix(skin, "#ffffff", 0.8)
    soft = shift(skin, lightness=-0.2)
    features = [
        flat(curve(f"{-s * 40} -34, {-s * 28} -40, {-s * 20} -32, {-s * 30} -26"), oklch(0.68, 0.1, 350), 0.4)
        for s in (-1, 1)
    ]
    features += [stroke(points(f"-26 {y}, 0 {y - 3}, 26 {y}"), ash, 4.5) for y in (-94, -102, -110)]
    for sign in (-1, 1):
        lid = curve(f"{sign * 9} -60, {sign * 15} -70, {sign * 31} -71, {sign * 41} -60, {sign * 27} -51", 0.9)
        lash = ribbon(points(f"{sign * 7} -61, {sign * 15} -54, {sign * 29} -51, {sign * 45} -62"), [1, 2.8, 3.4, 1])
        brow = ribbon(
            points(f"{sign * 7} -75, {sign * 22} -85, {sign * 36} -83, {sign * 46} -74"), [2.4, 3.8, 3.2, 0.8]
        )
        features += [flat(lid, shift(skin, lightness=-0.07)), flat(lash, line), flat(brow, line)]
    features += [
        stroke(points("4 -66, 7 -44, 9 -36, 0 -31, -5 -33"), soft, 3.6, 0.8),
        *mouth(puppet.pose.mouth, 0, -16, 0.82, line, oklch(0.55, 0.1, 5)),
    ]
    third = curve("0 -120, 9 -104, 0 -86, -9 -104", 0.7)
    features += [
        flat(ellipse(0, -103, 20, 24), palette.light, 0.28),
        Shape(third, "#fff6e0", shade=0, rim=0, line=0.6, contour=False),
        flat(ellipse(0, -103, 5, 8), oklch(0.62, 0.2, 35)),
        flat(ellipse(0, -103, 2.2, 4), line),
    ]
    puppet.add("head", *features)
    cap = curve(
        "-54 -70, -60 -104, -44 -142, 0 -154, 44 -142, 60 -104, 54 -70, 46 -92, 34 -116, 16 -126, 0 -120, -16 -126,"
        "-34 -116, -46 -92",
        0.8,
    )
    knot = curve("-36 -140, -46 -168, -34 -196, -8 -212, 16 -208, 40 -190, 44 -164, 34 -140, 0 -132", 0.9)
    puppet.add(
        "head",
        Shape(knot, hair, shade=12, rim=6),
        stroke(points("-30 -150, -26 -178, -4 -200"), shine, 4),
        stroke(points("-10 -146, -4 -172, 16 -194"), shine, 4),
        stroke(points("14 -146, 24 -166, 30 -182"), shine, 4),
        Shape(cap, hair, shade=8, rim=5),
        stroke(points("-46 -104, -36 -130, -12 -144"), shine, 4),
        stroke(points("46 -104, 36 -130, 12 -144"), shine, 4),
    )
    beads = [(-34, -144), (-20, -149), (-6, -151), (8, -151), (22, -148), (36, -143)]
    puppet.add("head", *(Shape(ellipse(x, y, 7.5), BEAD, shade=3, rim=2, line=0.55) for x, y in beads))
    moon = curve("34 -160, 56 -172, 64 -196, 54 -220, 70 -208, 78 -186, 68 -164, 48 -152", 0.8)
    puppet.add(
        "head", flat(ellipse(60, -186, 34), palette.light, 0.22), Shape(moon, "#fff8dc", shade=0, rim=0, line=0.9)
    )
