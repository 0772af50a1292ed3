"""Poses as joint angles, and what lies between two of them.

Sides are the viewer's. An angle is in degrees from hanging straight down; positive lifts a limb outwards, on both
sides alike.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Limb:
    """Angles of a limb: at its root, at its middle, and of its end; `short` foreshortens the first bone."""

    root: float = 0.0
    middle: float = 0.0
    end: float = 0.0
    short: float = 1.0


@dataclass(frozen=True)
class Pose:
    """A pose: angles of every joint. lean and nod turn clockwise; lift raises the figure off the ground."""

    arm_left: Limb = Limb(14, -14)
    arm_right: Limb = Limb(14, -14)
    leg_left: Limb = Limb(5, -4)
    leg_right: Limb = Limb(5, -4)
    lean: float = 0.0
    bend: float = 0.0
    nod: float = 0.0
    sway: float = 0.0
    lift: float = 0.0
    perch: bool = False  # sits on something
    seat: float | None = None  # hips so high over the ground, whatever the legs do: cross-legged
    hand_left: str = "fist"
    hand_right: str = "fist"
    behind: tuple[str, ...] = ()  # arms drawn behind the head
    mouth: str = "calm"
    blink: bool = False  # eyes shut


POSES: dict[str, Pose] = {
    "idle": Pose(Limb(16, -22), Limb(20, -34), Limb(8, -6), Limb(5, -2), lean=-2, nod=3, sway=-4),
    "step left": Pose(
        Limb(50, -80),
        Limb(34, 22),
        Limb(30, -8, 6),
        Limb(4, 14),
        lean=7,
        bend=-4,
        nod=-8,
        sway=-16,
        hand_right="open",
        mouth="smile",
    ),
    "step right": Pose(
        Limb(34, 22),
        Limb(50, -80),
        Limb(4, 14),
        Limb(30, -8, 6),
        lean=-7,
        bend=4,
        nod=8,
        sway=16,
        hand_left="open",
        mouth="smile",
    ),
    "dance": Pose(
        Limb(136, 28),
        Limb(58, -108),
        Limb(36, -58, 10),
        Limb(10, 6),
        lean=-8,
        bend=12,
        nod=-10,
        sway=12,
        hand_left="open",
        mouth="shout",
    ),
    "headbang": Pose(
        Limb(62, -118),
        Limb(84, 62),
        Limb(20, -14),
        Limb(20, -14),
        lean=6,
        bend=12,
        nod=24,
        sway=-8,
        hand_right="horns",
        mouth="shout",
    ),
    "arms up": Pose(
        Limb(152, 14),
        Limb(146, 20),
        Limb(14, -8),
        Limb(14, -8),
        lean=2,
        bend=-2,
        nod=-4,
        hand_left="open",
        hand_right="horns",
        mouth="shout",
    ),
    "walk": Pose(
        Limb(34, -88), Limb(44, 6), Limb(30, -6, 4), Limb(20, -52, -6), lean=-4, bend=-3, nod=2, mouth="smile"
    ),
    "sit": Pose(
        Limb(36, -64, 24),
        Limb(36, -64, 24),
        Limb(46, -46, 0, 0.5),
        Limb(46, -46, 0, 0.5),
        nod=2,
        hand_left="flat",
        hand_right="flat",
        mouth="calm",
        perch=True,
    ),
}


_LOUD = ("arms up", "step left", "dance", "step right", "headbang")
_CALM = ("idle", "dance", "step left", "step right")


def taken(scene: dict[str, Any]) -> tuple[str, ...]:
    """The poses that a scene's cast takes as it dances, its own first. Who sits stays seated."""
    first = str(scene["pose"])
    if first == "sit":
        return (first,)
    lively = _LOUD if float(scene.get("energy", 0.5)) > 0.5 else _CALM
    others = [pose for pose in lively if pose != first]
    return (first, others[0], random.Random(f"poses {scene.get('seed')}").choice(others[1:]))


def between(first: Pose, second: Pose, share: float) -> Pose:
    """The pose that lies `share` (0..1) of the way from first to second; what can't be mixed changes half-way."""

    def limb(one: Limb, two: Limb) -> Limb:
        return Limb(
            *(getattr(one, f.name) + (getattr(two, f.name) - getattr(one, f.name)) * share for f in fields(Limb))
        )

    later = second if share >= 0.5 else first
    mixed: dict[str, Any] = {}
    for each in fields(Pose):
        one, two = getattr(first, each.name), getattr(second, each.name)
        if isinstance(one, Limb):
            mixed[each.name] = limb(one, two)
        elif isinstance(one, float | int) and isinstance(two, float | int) and not isinstance(one, bool):
            mixed[each.name] = one + (two - one) * share
        else:
            mixed[each.name] = getattr(later, each.name)
    return Pose(**mixed)
