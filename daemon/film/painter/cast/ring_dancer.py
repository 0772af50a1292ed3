"""The dancer in a ring of flames: four arms, flying locks, a tall crown, a drum and a flame in the raised hands."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from daemon.film.painter.cast.anatomy import Sleeve, arm, eye, flat, mouth, stroke
from daemon.film.painter.cast.legs import leg
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, points, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.poses import POSES, Limb, Pose
from daemon.film.painter.rig import Build, Puppet, Shape

BUILD = Build(shoulder=66, torso=144, hip=28, upper=80, fore=76, thigh=118, shin=112)
FIRE = (oklch(0.58, 0.21, 30), oklch(0.72, 0.19, 50), oklch(0.88, 0.15, 88))
GOLD = oklch(0.83, 0.135, 85)
_COSMIC = Pose(
    Limb(48, 112),
    Limb(-4, -90, 52),
    Limb(30, -50, 14),
    Limb(-44, -38, -12, 0.9),
    lean=-6,
    bend=9,
    nod=-4,
    sway=10,
    hand_left="open",
    hand_right="flat",
    mouth="smile",
)
OWN_POSES = {
    "dance": _COSMIC,
    "idle": Pose(
        Limb(48, 108),
        Limb(40, -76),
        Limb(30, -48, 12),
        Limb(26, -40, 12),
        lean=-3,
        bend=5,
        nod=-3,
        hand_left="open",
        mouth="calm",
    ),
    "step left": replace(
        _COSMIC, leg_left=Limb(58, -74, 10), leg_right=Limb(22, -30, 6), lean=7, bend=-6, sway=-18, nod=8
    ),
    "step right": replace(
        _COSMIC,
        arm_left=Limb(-4, -90, 52),
        arm_right=Limb(54, 104),
        leg_left=Limb(22, -30, 6),
        leg_right=Limb(58, -74, 10),
        lean=-8,
        bend=8,
        sway=18,
        nod=-8,
        hand_left="flat",
        hand_right="open",
    ),
    "sit": Pose(
        Limb(40, -24, -6),
        Limb(44, 110),
        Limb(64, -128, 0, 0.8),
        Limb(64, -128, 0, 0.8),
        nod=0,
        hand_left="mudra",
        hand_right="open",
        mouth="calm",
    ),
    "arms up": replace(
        POSES["arms up"], hand_right="open", leg_left=Limb(34, -60, 12), leg_right=Limb(16, -26, 4), mouth="smile"
    ),
}


def draw(puppet: Puppet, props: bool = True) -> None:
    """Draws the dancer; with props, in the ring of flames on a lotus."""
    pen, palette = puppet.pen, puppet.pen.palette
    skin = oklch(0.66, 0.1, 52)
    hair = mix(oklch(0.25, 0.04, 30), palette.tone(0.1), 0.3)
    cloth, sash = palette.accents[0], palette.accents[1]
    if props:
        ring(pen)
        lotus(pen)
    bare = Sleeve(skin, skin, 23, 19, 15, 3)
    _locks(puppet, hair)
    _sash_back(puppet, sash)
    lean = puppet.pose.lean * 0.6
    puppet.reach("left", Limb(112 + lean, 34, -8), "back")
    puppet.reach("right", Limb(112 - lean, 34, -8), "back")
    for name, bone in list(puppet.bones.items()):
        if name.startswith("back "):  # from behind the shoulder blades, higher than the arms before them
            inward = 20 if name.endswith("left") else -20
            puppet.bones[name] = (*bone[:4], bone[4] + inward, bone[5] - 20)
    for side in ("left", "right"):
        _back_arm(puppet, side, bare, skin)
    for side in ("left", "right"):
        leg(puppet, side, Sleeve(cloth, skin, 34, 25, 16, 4))
        _foot(puppet, side, skin)
        knee = curve("-27 -10, 0 2, 27 -10, 26 18, 0 26, -26 18", 0.8)
        puppet.add(f"shin {side}", flat(ellipse(0, -3, 25, 24), cloth))
        puppet.add(f"shin {side}", Shape(knee, shift(cloth, lightness=-0.1), shade=5, line=0.8))
        bells = [Shape(ellipse(x, 92 + abs(x) * -0.12, 6.5), GOLD, shade=3, line=0.6) for x in (-15, -5, 5, 15)]
        puppet.add(f"shin {side}", *bells)
    raised = [s for s, a in (("right", puppet.pose.arm_right), ("left", puppet.pose.arm_left)) if a.root > 100]
    for side in raised:
        arm(puppet, side, bare, skin, size=0.95)
    _torso(puppet, skin, cloth, sash)
    _head(puppet, skin, hair)
    for side in ("right", "left"):
        if side not in raised:
            arm(puppet, side, bare, skin, size=0.95)
            _bangles(puppet, f"upper {side}", f"fore {side}")
    puppet.draw()


def ring(pen: Pen) -> None:
    """The ring of flames behind the figure."""
    x, y, radius = 0.0, -300.0, 312.0
    pen.glow(x, y, 560, FIRE[1], 0.65)
    chance = random.Random("ring of flames")
    count = 34
    tongues = [
        (math.tau * (index + chance.uniform(-0.25, 0.25)) / count, chance.uniform(0.6, 1.2), chance.choice((-1, 1, 1)))
        for index in range(count)
    ]
    for size, colour, opacity in ((118, FIRE[0], 0.95), (84, FIRE[1], 0.95), (50, FIRE[2], 1.0)):
        flames = []
        for angle, tall, lean in tongues:
            high = size * tall
            wide = 26 * (0.55 + 0.45 * size / 118) * (0.7 + 0.3 * tall)
            licks = [(-wide, -8.0), (-wide * 1.05, high * 0.22), (-wide * 0.45 + lean * 3, high * 0.5)]
            licks += [(lean * high * 0.2, high), (wide * 0.55 + lean * 7, high * 0.52), (wide * 1.05, high * 0.2)]
            licks += [(wide, -8.0)]
            c, s = math.cos(angle), math.sin(angle)
            flames.append(smooth([(x + c * (radius + b) - s * a, y + s * (radius + b) + c * a) for a, b in licks]))
        outline = " ".join(flames)
        if size == 118:
            pen.stroke(outline, mix(pen.palette.line, FIRE[0], 0.3), pen.sheet.inner * 1.6)
        pen.fill(outline, colour, opacity)
    for index in range(26):
        angle, reach = chance.uniform(0, math.tau), radius + chance.uniform(70, 170)
        pen.fill(
            ellipse(x + math.cos(angle) * reach, y + math.sin(angle) * reach, 2.2 + index % 3), FIRE[1 + index % 2]
        )
    pen.stroke(ellipse(x, y, radius - 22), FIRE[1], 26, 0.16)
    for width, colour in ((38, mix(pen.palette.line, FIRE[0], 0.15)), (30, FIRE[0]), (20, GOLD), (5, FIRE[2])):
        pen.stroke(ellipse(x, y, radius), colour, width)
    studs = [math.tau * index / 36 for index in range(36)]
    pen.fill(" ".join(ellipse(x + radius * math.cos(a), y + radius * math.sin(a), 5.5) for a in studs), FIRE[0])


def lotus(pen: Pen) -> None:
    """The lotus under the feet."""
    rose = mix(pen.palette.accents[0], oklch(0.78, 0.13, 355), 0.85)
    pen.stroke(ellipse(0, 18, 172, 24), pen.palette.line, pen.sheet.outer * 2)
    for row, (count, reach, drop) in enumerate(((9, 168, 44), (7, 132, 54))):
        for index in sorted(range(count), key=lambda each: -abs(each - (count - 1) / 2)):
            share = (index - (count - 1) / 2) / ((count - 1) / 2)
            petal = curve(
                "-30 0, -34 24, -16 44, 0 56, 16 44, 34 24, 30 0",
                0.9,
                size=0.9,
                x=share * reach,
                y=8 + 6 * row - abs(share) * 10,
            )
            with pen.inside(f"translate(0 {drop - 50})"):
                pen.shape(petal, shift(rose, lightness=0.06 * row), line=1.0, shade=8, rim=4)
    pen.shape(ellipse(0, 10, 150, 17), GOLD, line=1.0, shade=4)


def _back_arm(puppet: Puppet, side: str, bare: Sleeve, skin: str) -> None:
    if side == "left":
        body = curve("-34 -22, 0 -8, 34 -22, 34 22, 0 8, -34 22", 0.45, y=44)
        drum = [
            Shape(body, oklch(0.5, 0.13, 30), shade=6),
            *(Shape(ellipse(x, 44, 9, 23), oklch(0.92, 0.04, 85), shade=3) for x in (-34, 34)),
        ]
        puppet.add("back hand left", *drum, Shape(box(-7, 34, 14, 20, 5), GOLD, shade=3, line=0.6))
    else:
        for size, colour in ((1.0, FIRE[0]), (0.74, FIRE[1]), (0.46, FIRE[2])):
            flame = curve("-20 28, -26 54, -12 70, -8 98, 8 74, 24 60, 22 32, 0 20", size=size, y=24 * (1 - size) + 6)
            puppet.add(
                "back hand right",
                Shape(flame, colour, shade=0, rim=0, line=1.0 if size == 1 else 0, contour=size == 1, hatch=False),
            )
    arm(puppet, side, bare, skin, kind="fist" if side == "left" else "open", size=0.88, prefix="back ")
    _bangles(puppet, f"back upper {side}", f"back fore {side}")


def _bangles(puppet: Puppet, *bones: str) -> None:
    for bone in bones:
        wide, y = (22, 40) if "upper" in bone else (17, 66)
        band = ribbon(points(f"-{wide} {y}, 0 {y + 6}, {wide} {y}"), [6, 6.5, 6])
        puppet.add(bone, Shape(band, GOLD, shade=3, rim=2, line=0.7))


def _foot(puppet: Puppet, side: str, skin: str) -> None:
    foot = curve("-12 -16, 13 -16, 16 8, 12 24, -10 26, -42 26, -52 18, -44 9, -24 2", 0.8)
    puppet.add(f"foot {side}", Shape(foot, skin, shade=5), mirror=side == "right")


def _locks(puppet: Puppet, hair: str) -> None:
    """Locks of hair that fly out on both sides."""
    for sign in (-1, 1):
        for index, (rise, reach) in enumerate(((-128, 150), (-104, 186), (-78, 200), (-52, 182), (-26, 146))):
            wave = 14 if index % 2 else -12
            path = [
                (sign * 30, rise * 0.9),
                (sign * reach * 0.45, rise - 10 + wave),
                (sign * reach * 0.8, rise + wave * 0.4 + index * 5),
                (sign * (reach + 10), rise - 18 + index * 7),
                (sign * (reach - 2), rise - 36 + index * 8),
            ]
            puppet.add(
                "head", Shape(ribbon(path, [15, 13, 10, 7, 2]), shift(hair, lightness=0.02 * index), shade=6, rim=4)
            )


def _sash_back(puppet: Puppet, sash: str) -> None:
    for sign in (-1, 1):
        path = [(sign * 30, -20), (sign * 110, 16), (sign * 150, -26), (sign * 214, 6), (sign * 236, -40)]
        puppet.add("hips", Shape(ribbon(path, [12, 16, 15, 13, 3]), sash, shade=7, rim=4))


def _torso(puppet: Puppet, skin: str, cloth: str, sash: str) -> None:
    rise, high = puppet.build.torso * 0.45, puppet.build.torso * 0.55
    lower = curve(f"-38 18, 38 18, 36 -20, 42 {-rise - 14}, -42 {-rise - 14}, -36 -20", 0.75)
    upper = curve(
        f"-42 16, 42 16, 58 -30, 82 {-high + 24}, 66 {-high + 2}, 24 {-high - 10}, -24 {-high - 10}, -66 {-high + 2},"
        f"-82 {-high + 24}, -58 -30",
        0.8,
    )
    soft = shift(skin, lightness=-0.12)
    puppet.add("torso", Shape(lower, skin, shade=12), merge="trunk")
    puppet.add("chest", Shape(upper, skin, shade=14, rim=5), merge="trunk")
    puppet.add("torso", flat(ellipse(0, -6, 3.5, 5), soft))
    puppet.add("chest", stroke(points("-46 -12, -26 0, -4 -8"), soft, 4), stroke(points("46 -12, 26 0, 4 -8"), soft, 4))
    thread = ribbon([(44, -high + 12), (14, -10), (-30, 34)], [4, 4, 4])
    puppet.add("chest", flat(thread, "#fff3d0"))
    puppet.add(
        "neck", Shape(curve("-20 16, 20 16, 17 -30, -17 -30", 0.4), shift(skin, lightness=-0.06), shade=8, rim=0)
    )
    collar = curve(
        f"-52 {-high + 8}, -26 {-high + 22}, 0 {-high + 26}, 26 {-high + 22}, 52 {-high + 8}, 40 {-high + 36},"
        f" 0 {-high + 58}, -40 {-high + 36}",
        0.8,
    )
    gems = [
        flat(ellipse(x, -high + 36 - abs(x) * 0.14, 5), colour) for x, colour in ((-24, sash), (0, cloth), (24, sash))
    ]
    puppet.add("chest", Shape(collar, GOLD, shade=6, rim=3, line=0.8), *gems)
    skirt = curve("-46 -12, 46 -12, 58 36, 34 62, 12 50, 0 74, -12 50, -34 62, -58 36", 0.6)
    front = ribbon(points("0 0, 4 50, -4 108, 6 140"), [14, 16, 15, 4])
    belt = ribbon(points("-48 -8, 0 2, 48 -8"), [10, 12, 10])
    puppet.add(
        "hips",
        Shape(skirt, shift(cloth, lightness=-0.05), shade=9),
        Shape(front, sash, shade=6),
        Shape(belt, GOLD, shade=5),
        Shape(ellipse(0, 4, 15), GOLD, shade=4, line=0.7),
        flat(ellipse(0, 4, 7), cloth),
    )


def _head(puppet: Puppet, skin: str, hair: str) -> None:
    palette = puppet.pen.palette
    line = palette.line
    for sign in (-1, 1):
        puppet.add(
            "head",
            Shape(ellipse(sign * 48, -56, 10, 17), skin, shade=4),
            Shape(ellipse(sign * 50, -30, 10), GOLD, shade=3, line=0.7),
            flat(ellipse(sign * 50, -30, 4), line),
        )
    face = curve("-47 -86, -47 -50, -36 -18, -13 4, 13 4, 36 -18, 47 -50, 47 -86, 32 -124, -32 -124", 0.88)
    puppet.add("head", Shape(face, skin, shade=11, rim=4, hatch=False))
    soft = shift(skin, lightness=-0.17)
    features: list[Shape] = []
    for sign in (-1, 1):
        if puppet.pose.blink or puppet.pose.mouth == "calm":
            lash = ribbon(
                points(f"{sign * 8} -58, {sign * 16} -52, {sign * 28} -50, {sign * 43} -60"), [1, 2.8, 3.2, 1]
            )
            features.append(flat(lash, line))
        else:
            features += eye(sign * 23, -58, 14, 10, oklch(0.4, 0.09, 45), line, look=-1, lid=0.1)
            features.append(flat(ribbon(points(f"{sign * 36} -60, {sign * 50} -68"), [3, 0.6]), line))
        features.append(
            flat(ribbon(points(f"{sign * 7} -74, {sign * 22} -84, {sign * 44} -74"), [2.2, 3.6, 0.8]), line)
        )
    features += [
        stroke(points("3 -62, 6 -42, 8 -36, 0 -32, -5 -34"), soft, 3.4, 0.8),
        *mouth(puppet.pose.mouth, 0, -16, 0.78, line, oklch(0.5, 0.14, 20)),
        flat(ellipse(0, -98, 17, 19), FIRE[2], 0.45),
        Shape(
            curve("0 -112, 8 -98, 0 -82, -8 -98", 0.7), "#fff6e0", shade=0, rim=0, line=0.6, contour=False, hatch=False
        ),
        flat(ellipse(0, -97, 4.5, 7), FIRE[0]),
    ]
    puppet.add("head", *features)
    cap = curve(
        "-51 -78, -54 -108, -40 -134, 40 -134, 54 -108, 51 -78, 42 -104, 26 -122, 0 -118, -26 -122, -42 -104", 0.8
    )
    puppet.add("head", Shape(cap, hair, shade=6, rim=4))
    for low, wide, tall in ((-126, 50, 30), (-152, 40, 34), (-182, 29, 34)):
        tier = curve(
            f"-{wide} 0, {wide} 0, {wide - 3} {-tall * 0.6}, {wide - 13} {-tall}, -{wide - 13} {-tall},"
            f" -{wide - 3} {-tall * 0.6}",
            0.5,
            y=low,
        )
        gem = palette.accents[0] if low != -152 else palette.accents[1]
        puppet.add("head", Shape(tier, GOLD, shade=8, rim=5), flat(ellipse(0, low - tall * 0.5, 7, 8), gem))
    puppet.add("head", Shape(curve("-13 0, 13 0, 6 -18, 0 -34, -6 -18", 0.8, y=-212), GOLD, shade=4))
    band = ribbon(points("-54 -112, -28 -126, 0 -130, 28 -126, 54 -112"), [6, 7, 8, 7, 6])
    moon = curve("0 0, 22 -12, 30 -36, 20 -60, 36 -48, 44 -26, 34 -4, 14 8", 0.8, x=26, y=-168)
    puppet.add(
        "head", Shape(band, GOLD, shade=4, line=0.8), Shape(moon, "#fff8dc", shade=0, rim=0, line=0.9, hatch=False)
    )
