"""The robot drummer: a screen for a face, piston arms with sticks, a kit with a lit bass drum."""

from __future__ import annotations

from daemon.film.painter.cast.anatomy import Sleeve, flat, stroke
from daemon.film.painter.cast.legs import blob, seated_thigh
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, limb, points, polygon
from daemon.film.painter.pen import Pen
from daemon.film.painter.poses import Limb, Pose
from daemon.film.painter.rig import Build, Puppet, Shape

BUILD = Build(shoulder=84, torso=150, upper=84, fore=80, neck=26)
# A stick's tip lies on the head of the drum that is struck: snare at the left, toms, floor tom at the right.
OWN_POSES = {
    "idle": Pose(Limb(100, -130, 70), Limb(115, -115, -10), nod=3, lift=34),
    "step left": Pose(
        Limb(128, 14, 26), Limb(115, -115, -10), lean=5, bend=-3, nod=8, sway=-12, lift=34, mouth="smile"
    ),
    "step right": Pose(
        Limb(120, -120, 30), Limb(128, 14, 26), lean=-5, bend=3, nod=-8, sway=12, lift=34, mouth="smile"
    ),
    "dance": Pose(Limb(130, -120, -20), Limb(146, 10, 20), lean=-6, bend=8, nod=-12, sway=10, lift=52, mouth="shout"),
    "headbang": Pose(Limb(130, -110, -30), Limb(108, 24, 30), lean=5, bend=8, nod=26, lift=30, mouth="shout"),
    "arms up": Pose(Limb(150, 10, 10), Limb(150, 10, 10), nod=-3, lift=50, mouth="shout"),
    "walk": Pose(Limb(74, -50, 20), Limb(104, 8), lean=3, bend=-3, nod=6, sway=8, lift=40, mouth="smile"),
    "sit": Pose(Limb(40, -60, 16), Limb(40, -60, 16), nod=10, lift=16),
}


def draw(puppet: Puppet, props: bool = True) -> None:
    """Draws the drummer; with props, behind the kit."""
    pen, palette = puppet.pen, puppet.pen.palette
    paint = mix(palette.accents[0], oklch(0.75, 0.03, 250), 0.12)
    steel = mix(oklch(0.72, 0.02, 250), palette.tone(0.65), 0.2)
    dark = mix(oklch(0.3, 0.025, 265), palette.tone(0.15), 0.3)
    lamp = palette.accents[1]
    if props:
        _stands(pen, steel)
    seated = puppet.pose.perch
    if not seated:
        _legs(puppet, paint, steel, dark)
    arms = (("right", puppet.pose.arm_right), ("left", puppet.pose.arm_left))
    high = [side for side, held in arms if held.root + held.middle > 90]  # the forearm points up
    for side in high:
        _arm(puppet, side, paint, steel, dark)
    _torso(puppet, paint, steel, dark, lamp)
    if seated:
        _legs(puppet, paint, steel, dark)
    _head(puppet, paint, steel, dark, lamp)
    low = [side for side in ("right", "left") if side not in high]
    if not props:
        for side in low:
            _arm(puppet, side, paint, steel, dark)
        puppet.draw()
        return
    puppet.draw()
    _kit(pen, steel, dark)
    for side in low:
        _arm(puppet, side, paint, steel, dark)
    puppet.draw()


def _legs(puppet: Puppet, paint: str, steel: str, dark: str) -> None:
    for side in ("right", "left"):
        _leg(puppet, side, paint, steel, dark)


def _leg(puppet: Puppet, side: str, paint: str, steel: str, dark: str) -> None:
    build, seated = puppet.build, puppet.pose.perch
    if not seated:
        puppet.add(f"thigh {side}", Shape(limb(build.thigh, 19, 17), dark, shade=6, across=True), merge=f"leg {side}")
    puppet.add(f"shin {side}", Shape(limb(build.shin, 17, 15), dark, shade=6, across=True), merge=f"leg {side}")
    puppet.add(f"shin {side}", Shape(curve("-27 20, 27 20, 32 96, -32 96", 0.4), paint, shade=9, across=True))
    if seated:
        at, long, wide = seated_thigh(puppet, side, Sleeve(steel, steel, 30, 27, 20))
        rings = [Shape(ellipse(0, long, size), tint, shade=4, line=0.8) for size, tint in ((25, dark), (14, steel))]
        puppet.add("ground", Shape(blob(long, wide), steel, shade=12, rim=6), *rings, at=at, mirror=side == "right")
    else:
        puppet.add(f"thigh {side}", Shape(box(-26, 22, 52, 66, 14), steel, shade=9, across=True))
        puppet.add(f"shin {side}", Shape(ellipse(0, 0, 22), steel, shade=6), flat(ellipse(0, 0, 8), dark))
    foot = curve("-24 -22, 22 -22, 30 26, -46 26, -42 4", 0.5)
    puppet.add(f"foot {side}", Shape(foot, steel, shade=6), mirror=side == "right")


def _arm(puppet: Puppet, side: str, paint: str, steel: str, dark: str) -> None:
    build = puppet.build
    wood = oklch(0.84, 0.08, 75)
    stick = polygon([(-5, -24), (5, -24), (4, 148), (-4, 148)])
    puppet.add(
        f"hand {side}",
        Shape(stick, wood, shade=3, rim=2),
        Shape(ellipse(0, 150, 8, 10), wood, shade=3),
        at=(0.9, -0.42, 0.42, 0.9, 0, 20),
        mirror=side == "right",
    )
    puppet.add(f"upper {side}", Shape(limb(build.upper, 15, 14), dark, shade=5, across=True), merge=f"arm {side}")
    puppet.add(f"fore {side}", Shape(limb(build.fore, 14, 13), dark, shade=5, across=True), merge=f"arm {side}")
    puppet.add(f"upper {side}", *(stroke(points(f"-13 {y}, 0 {y + 5}, 13 {y}"), steel, 4) for y in (34, 46, 58, 70)))
    fore = curve("-22 16, 22 16, 27 40, 22 72, -22 72, -27 40", 0.6)
    puppet.add(f"fore {side}", Shape(fore, paint, shade=8, across=True), flat(box(-14, 34, 28, 7, 3), "#ffffff", 0.6))
    puppet.add(f"fore {side}", Shape(ellipse(0, 0, 19), steel, shade=6), flat(ellipse(0, 0, 7), dark))
    palm = curve("-20 -6, 20 -6, 25 16, 18 36, -18 36, -25 16", 0.7)
    claws = [Shape(box(x, 14, 13, 30, 6), steel, shade=3, line=0.8) for x in (-22, -7, 8)]
    puppet.add(f"hand {side}", Shape(palm, dark, shade=5), *claws)
    puppet.add(
        f"upper {side}",
        Shape(ellipse(0, 0, 34, 33), paint, shade=12, rim=5),
        Shape(ellipse(0, 2, 14), steel, shade=4, line=0.7),
    )


def _torso(puppet: Puppet, paint: str, steel: str, dark: str, lamp: str) -> None:
    rise, high = puppet.build.torso * 0.45, puppet.build.torso * 0.55
    waist = curve(f"-34 14, 34 14, 30 {-rise}, -30 {-rise}", 0.3)
    puppet.add("torso", Shape(waist, dark, shade=8))
    puppet.add("torso", *(stroke(points(f"-31 {y}, 0 {y + 6}, 31 {y}"), steel, 5) for y in (-8, -24, -40)))
    puppet.add("hips", Shape(curve("-52 -14, 52 -14, 44 30, 0 40, -44 30", 0.5), steel, shade=9))
    chest = curve(
        f"-58 14, 58 14, 84 -20, 92 {-high + 14}, 74 {-high - 12}, -74 {-high - 12}, -92 {-high + 14}, -84 -20", 0.55
    )
    puppet.add("chest", Shape(chest, paint, shade=17, rim=6))
    panel = box(-48, -56, 96, 56, 10)
    puppet.add(
        "neck",
        Shape(box(-16, -34, 32, 44, 6), dark, shade=5),
        *(stroke(points(f"-15 {y}, 0 {y + 3}, 15 {y}"), steel, 4) for y in (-24, -12, 0)),
    )
    bars = [
        flat(box(-40 + index * 16, -8 - tall, 11, tall, 2), mix(lamp, "#ffffff", 0.15 * (index % 3)))
        for index, tall in enumerate((16, 30, 42, 24, 36))
    ]
    bolts = [flat(ellipse(x, y, 4.5), shift(paint, lightness=-0.2)) for x in (-72, 72) for y in (-14, -high + 12)]
    puppet.add("chest", Shape(panel, dark, shade=0, rim=0, line=0.9, contour=False), *bars, *bolts)


def _head(puppet: Puppet, paint: str, steel: str, dark: str, lamp: str) -> None:
    for sign in (-1, 1):
        puppet.add("head", Shape(box(sign * 76 - 14, -92, 28, 48, 10), steel, shade=5))
    puppet.add(
        "head", Shape(box(-5, -186, 10, 50, 4), steel, shade=2), Shape(ellipse(0, -190, 13), lamp, shade=4, rim=3)
    )
    shell = curve("-70 -18, -74 -70, -66 -122, -34 -140, 34 -140, 66 -122, 74 -70, 70 -18, 40 0, -40 0", 0.6)
    puppet.add("head", Shape(shell, paint, shade=13, rim=6))
    screen = curve("-54 -26, -57 -70, -51 -106, 0 -112, 51 -106, 57 -70, 54 -26, 0 -18", 0.5)
    puppet.add("head", Shape(screen, mix(dark, "#0a0a14", 0.5), shade=0, rim=0, line=1.0, contour=False, hatch=False))
    glow = mix(lamp, "#ffffff", 0.35)
    mood = puppet.pose.mouth
    face: list[Shape] = []
    for sign in (-1, 1):
        if puppet.pose.blink:
            face.append(flat(box(sign * 25 - 13, -75, 26, 6, 3), glow))
        elif mood == "shout":
            face += [stroke(points(f"{sign * 38} -66, {sign * 26} -82, {sign * 14} -66"), glow, 7, 0.4)]
        else:
            face += [flat(ellipse(sign * 25, -72, 15, 17), lamp, 0.35), flat(ellipse(sign * 25, -72, 11, 13), glow)]
            face += [flat(ellipse(sign * 25 - 3, -77, 4), "#ffffff")]
    if mood == "calm":
        face.append(stroke(points("-16 -42, 0 -37, 16 -42"), glow, 5))
    elif mood == "smile":
        face.append(stroke(points("-24 -46, -12 -36, 0 -33, 12 -36, 24 -46"), glow, 6))
    else:
        face.append(flat(curve("-22 -50, 22 -50, 16 -32, 0 -27, -16 -32", 0.7), glow))
    shine = flat(polygon([(-44, -102), (-28, -106), (-44, -56), (-52, -60)]), "#ffffff", 0.3)
    puppet.add("head", *face, shine)


def _stands(pen: Pen, steel: str) -> None:
    brass = oklch(0.8, 0.13, 82)
    for side, x, top, lean in ((-1, -262, -366, 14), (1, 268, -392, -16), (-1, -214, -246, 0)):
        pen.stroke(polygon([(x, 14), (x, top)], closed=False), pen.palette.line, 15)
        pen.stroke(polygon([(x, 14), (x, top)], closed=False), steel, 7)
        for foot in (-34, 34):
            pen.stroke(polygon([(x, -34), (x + foot, 14)], closed=False), pen.palette.line, 13)
            pen.stroke(polygon([(x, -34), (x + foot, 14)], closed=False), steel, 5)
        wide = 102 if top < -300 else 66
        with pen.inside(f"translate({x} {top}) rotate({lean})"):
            for y in (0,) if wide > 80 else (0, 12):
                disc = ellipse(0, y, wide, 15)
                pen.stroke(disc, pen.palette.line, pen.sheet.outer * 1.6)
                pen.shape(disc, brass, line=0, shade=5, rim=4)
                pen.stroke(ellipse(0, y - 1, wide * 0.62, 8), shift(brass, lightness=-0.12), 2.5)
            pen.fill(ellipse(0, -6, 16, 8), shift(brass, lightness=0.06))
        pen.fill(ellipse(x, top - 14 * (side * 0 + 1), 5, 6), steel)


def _kit(pen: Pen, steel: str, dark: str) -> None:
    palette = pen.palette
    shell = palette.accents[1]
    skin = oklch(0.93, 0.02, 85)
    for x, y, wide, tall in ((-178, -214, 70, 92), (186, -206, 82, 152), (-74, -284, 62, 80), (76, -284, 62, 80)):
        side = curve(
            f"{-wide} 0, {-wide} {tall * 0.5}, {-wide} {tall}, {-wide * 0.6} {tall + 15}, 0 {tall + 20},"
            f" {wide * 0.6} {tall + 15},"
            f"{wide} {tall}, {wide} {tall * 0.5}, {wide} 0",
            0.5,
            x=x,
            y=y,
        )
        pen.stroke(side, palette.line, pen.sheet.outer * 2)
        pen.shape(side, shell, line=0, shade=18, rim=6)
        top = ellipse(x, y, wide, 19)
        pen.shape(top, skin, line=1.0, shade=5)
        pen.stroke(ellipse(x, y + 3, wide + 2, 20), steel, 5)
        for lug in (-0.55, 0, 0.55):
            pen.fill(box(x + wide * lug - 5, y + 30, 10, tall * 0.42, 4), steel)
    middle = -112.0
    drum = ellipse(0, middle, 126)
    pen.stroke(drum, palette.line, pen.sheet.outer * 2)
    pen.shape(drum, palette.accents[0], line=0, shade=10, rim=6)
    pen.shape(ellipse(0, middle, 108), mix(dark, palette.tone(0.1), 0.5), line=0.9)
    for step, radius in enumerate((96, 76, 56, 36)):
        pen.stroke(ellipse(0, middle, radius), mix(palette.accents[1], palette.accents[2], step / 3), 7)
    bolt = curve("10 -34, -18 4, -1 4, -10 34, 20 -8, 3 -8", 0.1, y=middle)
    pen.fill(bolt, mix(palette.accents[2], "#ffffff", 0.5))
    for turn in range(8):
        with pen.inside(f"translate(0 {middle}) rotate({turn * 45 + 22})"):
            pen.fill(box(-7, -131, 14, 24, 4), steel)
