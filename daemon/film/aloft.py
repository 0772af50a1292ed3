"""What a painted scene has in the air (confetti, petals, motes of light), as effects of its shots. Pure.

Painted, it would hang still: the film leaves those planes out of the scene, and lets the same fly before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from daemon.film.values import Effect, Shot

AMOUNTS = {"confetti": 0.9, "petals": 0.8, "leaves": 0.8, "motes": 0.8, "embers": 0.7, "debris": 0.8}
IN_THE_PICTURE = "in the picture"  # how the reason of such an effect ends


def planes(scene: dict[str, object]) -> frozenset[str]:
    """The planes that a film leaves out of a scene."""
    named = scene.get("aloft")
    return frozenset(str(name) for name in named) if isinstance(named, list) else frozenset()


def ride(shots: Sequence[Shot]) -> list[Effect]:
    """The effects of all shots; one goes on from shot to shot as long as the pictures have it."""
    found: list[Effect] = []
    for kind, amount in AMOUNTS.items():
        for there, run in groupby(shots, key=lambda shot: kind in planes(shot.picture.scene)):
            if there:
                same = list(run)
                why = f"{kind}, {same[0].role}, shot {same[0].index}: {IN_THE_PICTURE}"
                found.append(Effect(kind, same[0].start, same[-1].end - same[0].start, amount, why))
    return found
