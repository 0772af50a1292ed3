"""The cyborg DJ: visor, headphones, a metal arm, decks with a glowing front."""

from __future__ import annotations

from dataclasses import replace

from daemon.film.painter.cast.anatomy import Sleeve, arm, flat, hand, mouth, muscle, stroke
from daemon.film.painter.cast.decks import decks
from daemon.film.painter.cast.legs import boot, leg
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, ellipse, limb, polygon, smooth
from daemon.film.painter.poses import POSES, Limb, Pose
from daemon.film.painter.rig import Build, Puppet, Shape

BUILD = Build(shoulder=72, torso=156)
OWN_POSES = {
    "idle": Pose(
        Limb(46, -44), Limb(42, -38), lean=-3, bend=2, nod=8, sway=-4, lift=50, hand_left="flat", hand_right="flat"
    ),
    "step left": Pose(
        Limb(52, -50), Limb(126, 22), lean=8, bend=-2, nod=6, sway=-22, lift=50, hand_left="flat", mouth="smile"
    ),
    "step right": Pose(
        Limb(124, 24),
        Limb(52, -50),
        lean=-8,
        bend=2,
        nod=-8,
        sway=22,
        lift=50,
        hand_left="point",
        hand_right="flat",
        mouth="smile",
    ),
    "dance": replace(POSES["dance"], lift=50),
    "headbang": replace(POSES["headbang"], lift=44),
    "arms up": replace(POSES["arms up"], lift=54),
    "walk": Pose(Limb(40, -34), Limb(70, -120), lean=4, bend=-4, nod=-6, sway=10, lift=50, hand_left="flat"),
    "sit": Pose(Limb(48, -52), Limb(48, -52), nod=14, lift=34, hand_left="flat", hand_right="flat"),
}


def draw(puppet: Puppet, props: bool = True) -> None:
    """Draws the DJ; with props, at the decks."""
    pen, palette = puppet.pen, puppet.pen.palette
    skin = oklch(0.72, 0.085, 52)
    metal = mix(oklch(0.66, 0.025, 250), palette.tone(0.6), 0.2)
    coat, lamp, hair = palette.accents[0], palette.accents[1], palette.accents[2]
    cloth = mix(palette.tone(0.16), "#14141c", 0.35)
    trousers = Sleeve(shift(cloth, lightness=0.07), shift(cloth, lightness=0.05), 33, 27, 25)
    shoe = mix(cloth, metal, 0.3)
    if not puppet.pose.perch:
        _legs(puppet, trousers, shoe, coat)
    _torso(puppet, cloth, coat, lamp, metal)
    if puppet.pose.perch:
        _legs(puppet, trousers, shoe, coat)
    low_arms = [
        side for side, held in (("right", puppet.pose.arm_right), ("left", puppet.pose.arm_left)) if held.root < 90
    ]
    for side in ("right", "left"):
        if side not in low_arms:
            _arm(puppet, side, coat, skin, metal, lamp)
    _head(puppet, skin, metal, lamp, hair, cloth)
    if props:
        for side in low_arms:
            _arm(puppet, side, coat, skin, metal, lamp, with_hand=False)
        puppet.draw()
        decks(pen)
        for side in low_arms:
            _hand(puppet, side, skin, metal)
        puppet.draw()
    else:
        for side in low_arms:
            _arm(puppet, side, coat, skin, metal, lamp)
        puppet.draw()


def _legs(puppet: Puppet, trousers: Sleeve, shoe: str, trim: str) -> None:
    for side in ("right", "left"):
        leg(puppet, side, trousers)
        boot(puppet, side, shoe, "#f2ece0", trim)


def _hand(puppet: Puppet, side: str, skin: str, metal: str) -> None:
    kind = puppet.pose.hand_left if side == "left" else puppet.pose.hand_right
    puppet.add(f"hand {side}", *hand(kind, metal if side == "right" else skin, 1.08), mirror=side == "right")


def _arm(puppet: Puppet, side: str, coat: str, skin: str, metal: str, lamp: str, with_hand: bool = True) -> None:
    build = puppet.build
    kind = puppet.pose.hand_left if side == "left" else puppet.pose.hand_right
    if side == "left":
        if with_hand:
            arm(puppet, side, Sleeve(coat, coat, 29, 23, 22, 3, cuff=shift(coat, lightness=-0.16)), skin, size=1.08)
        else:
            puppet.add(
                "upper left",
                Shape(muscle("upper", build.upper, 29, 23, 0.55), coat, shade=9, rim=4, across=True),
                merge="arm left",
            )
            puppet.add(
                "fore left",
                Shape(muscle("fore", build.fore, 23, 22, 0.55), coat, shade=8, rim=4, across=True),
                merge="arm left",
            )
            puppet.add(
                "fore left",
                Shape(box(-27, build.fore - 14, 54, 20, 7), shift(coat, lightness=-0.16), shade=7, across=True),
            )
        puppet.add("upper left", stroke([(-22, 10), (-20, 50), (-16, 84)], "#ffffff", 5, 0.6))
        return
    dark = shift(metal, lightness=-0.28)
    if with_hand:
        puppet.add("hand right", *hand(kind, metal, 1.08), mirror=True)
    puppet.add("upper right", Shape(limb(build.upper, 17, 14), dark, shade=5, across=True), merge="arm right")
    puppet.add("fore right", Shape(limb(build.fore, 15, 13), dark, shade=5, across=True), merge="arm right")
    puppet.add(
        "fore right",
        Shape(
            smooth(
                [(-20, 12), (20, 12), (24, 40), (19, build.fore - 8), (-19, build.fore - 8), (-24, 40)], roundness=0.7
            ),
            metal,
            shade=9,
            across=True,
        ),
    )
    puppet.add("fore right", flat(box(-3, 24, 6, 36, 3), lamp), stroke([(-17, 58), (17, 58)], dark, 3))
    puppet.add(
        "upper right",
        Shape(ellipse(0, 4, 35, 32), metal, shade=12),
        flat(ellipse(0, 4, 13), dark),
        flat(ellipse(0, 4, 7), lamp),
    )
    puppet.add("upper right", Shape(box(-19, 38, 38, 30, 9), metal, shade=8, across=True))
    puppet.add(
        "fore right", Shape(ellipse(0, 0, 19), shift(metal, lightness=-0.1), shade=6), flat(ellipse(0, 0, 7), lamp)
    )


def _torso(puppet: Puppet, cloth: str, coat: str, lamp: str, metal: str) -> None:
    rise = puppet.build.torso * 0.45
    high = puppet.build.torso * 0.55
    dark = shift(coat, lightness=-0.18)
    puppet.add(
        "torso",
        Shape(
            smooth([(-48, 14), (48, 14), (52, -30), (54, -rise - 16), (-54, -rise - 16), (-52, -30)], roundness=0.7),
            coat,
            shade=14,
        ),
        merge="trunk",
    )
    puppet.add(
        "chest",
        Shape(
            smooth(
                [
                    (-52, 18),
                    (52, 18),
                    (70, -34),
                    (92, -high + 24),
                    (74, -high - 2),
                    (26, -high - 14),
                    (-26, -high - 14),
                    (-74, -high - 2),
                    (-92, -high + 24),
                    (-70, -34),
                ],
                roundness=0.8,
            ),
            coat,
            shade=16,
            rim=5,
        ),
        merge="trunk",
    )
    puppet.add(
        "torso",
        flat(polygon([(-17, 15), (19, 15), (22, -rise - 10), (-22, -rise - 10)]), cloth),
        flat(box(-48, 2, 96, 14, 4), dark),
    )
    puppet.add(
        "chest",
        flat(smooth([(-20, 24), (20, 24), (34, -high - 6), (-34, -high - 6)], roundness=0.3), cloth),
        stroke([(-20, 60), (-20, 22), (-34, -high - 2)], dark, 6, 0.3),
        stroke([(20, 60), (20, 22), (34, -high - 2)], dark, 6, 0.3),
        stroke([(-86, -high + 30), (-60, -high + 44), (-30, -high + 44)], "#ffffff", 5, 0.4),
        stroke([(86, -high + 30), (60, -high + 44), (30, -high + 44)], "#ffffff", 5, 0.4),
        Shape(ellipse(0, -28, 17), shift(metal, lightness=-0.1), shade=4, rim=2),
        flat(ellipse(0, -28, 11), lamp),
        flat(ellipse(0, -28, 5), "#ffffff"),
    )
    puppet.add(
        "neck",
        Shape(
            smooth([(-25, 16), (25, 16), (22, -34), (-22, -34)], roundness=0.4),
            shift(metal, lightness=-0.2),
            shade=8,
            rim=0,
        ),
    )
    puppet.add("neck", stroke([(-20, -6), (0, -2), (20, -6)], metal, 4), stroke([(-20, 4), (0, 8), (20, 4)], metal, 4))
    puppet.add(
        "chest",
        Shape(
            smooth(
                [(-62, -high + 6), (-52, -high - 34), (-34, -high - 30), (-14, -high + 22), (-34, -high + 30)],
                roundness=0.6,
            ),
            shift(coat, lightness=0.05),
            shade=8,
        ),
        Shape(
            smooth(
                [(62, -high + 6), (52, -high - 34), (34, -high - 30), (14, -high + 22), (34, -high + 30)], roundness=0.6
            ),
            shift(coat, lightness=0.05),
            shade=8,
        ),
    )


def _head(puppet: Puppet, skin: str, metal: str, lamp: str, hair: str, cloth: str) -> None:
    pen = puppet.pen
    line = pen.palette.line
    dark = shift(metal, lightness=-0.3)
    deep = shift(hair, lightness=-0.2)
    puppet.add(
        "head",
        Shape(
            smooth([(-58, -60), (-66, -110), (-40, -158), (14, -172), (54, -150), (64, -100), (56, -52), (0, -40)]),
            deep,
            shade=10,
            rim=0,
        ),
    )
    face = smooth(
        [
            (-50, -84),
            (-52, -48),
            (-42, -18),
            (-16, 4),
            (12, 7),
            (36, -8),
            (50, -40),
            (54, -84),
            (36, -128),
            (-32, -128),
        ],
        roundness=0.9,
    )
    puppet.add("head", Shape(face, skin, shade=12, rim=4, hatch=False))
    plate = smooth([(22, 3), (42, -18), (52, -48), (53, -66), (38, -58), (28, -30), (12, -8)], roundness=0.7)
    puppet.add(
        "head",
        Shape(plate, metal, shade=5, rim=2, line=0.6, contour=False),
        flat(ellipse(41, -42, 3.5), dark),
        flat(ellipse(30, -14, 3.5), dark),
        stroke([(9, -44), (16, -35), (7, -32)], shift(skin, lightness=-0.2), 3.4, 0.6),
        flat(smooth([(-40, -34), (-28, -40), (-20, -34), (-29, -29)]), mix(skin, "#ff5a50", 0.35)),
    )
    puppet.add("head", *mouth(puppet.pose.mouth, 0, -17, 0.9, line, shift(skin, lightness=-0.15)))
    visor = smooth(
        [
            (-60, -92),
            (-20, -100),
            (28, -100),
            (62, -92),
            (60, -64),
            (40, -52),
            (18, -54),
            (6, -60),
            (-8, -54),
            (-34, -52),
            (-58, -62),
        ],
        roundness=0.75,
    )
    glass = pen.linear(
        (-60, -100),
        (60, -50),
        (0, mix(lamp, "#ffffff", 0.55), 1),
        (0.45, lamp, 1),
        (1, shift(lamp, lightness=-0.22, hue=30), 1),
    )
    puppet.add(
        "head",
        Shape(visor, glass, shade=0, rim=0, line=1.3, tone=lamp, hatch=False),
        flat(polygon([(-42, -92), (-26, -95), (-40, -58), (-52, -62)]), "#ffffff", 0.7),
        flat(polygon([(-18, -96), (-12, -96), (-27, -57), (-32, -56)]), "#ffffff", 0.55),
        flat(box(-8, -78, 60, 4), mix(lamp, line, 0.75), 0.55),
        flat(box(4, -70, 40, 3), mix(lamp, line, 0.75), 0.45),
    )
    quiff = smooth(
        [
            (-52, -96),
            (-60, -128),
            (-50, -150),
            (-78, -158),
            (-44, -172),
            (-62, -196),
            (-16, -186),
            (-14, -214),
            (18, -192),
            (44, -208),
            (44, -184),
            (76, -180),
            (62, -156),
            (70, -130),
            (56, -104),
            (40, -118),
            (26, -108),
            (8, -122),
            (-12, -108),
            (-30, -120),
        ],
        roundness=0.55,
    )
    puppet.add(
        "head",
        Shape(quiff, hair, shade=13, rim=6),
        stroke([(-30, -130), (-26, -158), (-8, -180)], deep, 4),
        stroke([(10, -132), (16, -160), (36, -180)], deep, 4),
        stroke([(34, -126), (44, -148), (58, -160)], deep, 4),
    )
    puppet.add(
        "head",
        Shape(
            smooth(
                [
                    (-66, -78),
                    (-74, -130),
                    (-40, -172),
                    (4, -184),
                    (48, -172),
                    (80, -130),
                    (70, -78),
                    (62, -80),
                    (66, -126),
                    (40, -158),
                    (4, -168),
                    (-34, -158),
                    (-60, -126),
                    (-58, -80),
                ],
                roundness=0.8,
            ),
            cloth,
            shade=4,
            rim=3,
        ),
    )
    for sign in (-1, 1):
        puppet.add(
            "head",
            Shape(ellipse(sign * 67, -76, 19, 35), dark, shade=6),
            Shape(ellipse(sign * 73, -76, 14, 26), metal, shade=6, rim=3, line=0.7),
            flat(ellipse(sign * 75, -76, 8, 15), lamp),
            flat(ellipse(sign * 76, -77, 3.5, 7), "#ffffff"),
        )
