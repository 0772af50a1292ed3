"""How painted figures move to the music, as effects: a pose for each beat, a sway where it is quiet. Pure."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence

from daemon.film.cuts import Beats, level
from daemon.film.values import Effect, PictureFile, Shot
from daemon.sidecars import Section

SWAY = 0.006  # share of the picture that a quiet figure sways by
_LOUD = ("arms up", "step left", "dance", "step right", "headbang")
_CALM = ("idle", "dance", "step left", "step right")
# Which of a figure's poses (0 is the approved one) it takes on each beat of a bar.
_TURNS = {"high": (1, 0, 2, 0), "medium": (0, 0, 2, 2)}


def poses(picture: PictureFile) -> tuple[str, ...]:
    """The poses that a picture's figure takes, the approved one first; empty where it has no figure that moves.

    A figure that sits stays seated.
    """
    scene = picture.scene
    if not scene.get("cast") or not scene.get("pose"):
        return ()
    first = str(scene["pose"])
    if own := scene.get("own", {}).get("turns"):
        # People's own cast takes the poses that were drawn of it.
        dice = random.Random(f"poses {picture.fingerprint}")
        others = [str(pose) for pose in own if pose != first]
        return (first, *dice.sample(others, min(2, len(others)))) if len(others) > 1 else (first, *others)
    if first == "sit":
        return (first,)
    dice = random.Random(f"poses {picture.fingerprint}")
    lively = _LOUD if float(scene.get("energy", 0.5)) > 0.5 else _CALM
    others = [pose for pose in lively if pose != first]
    return (first, others[0], dice.choice(others[1:]))


def ride(shots: Sequence[Shot], sections: list[Section], beats: Beats) -> list[Effect]:
    """The effects of all painted shots."""
    found: list[Effect] = []
    for shot in shots:
        taken = poses(shot.picture)
        if not taken:
            continue
        energy = level(sections[min(shot.section, len(sections) - 1)])
        if energy == "low" or len(taken) == 1:
            found.append(Effect("sway", shot.start, shot.frames, SWAY, f"the {shot.role}, shot {shot.index}"))
        if energy == "low":
            continue
        inside = beats.within(shot.start, shot.end)
        place = _in_bar(beats, inside[0]) if inside else 0
        for index, beat in enumerate(inside):
            place = 0 if beat in beats.strong else place + (1 if index else 0)
            turn = _TURNS[energy]
            pose = turn[place % len(turn)] % len(taken)
            until = inside[index + 1] if index + 1 < len(inside) else shot.end
            name = "downbeat" if beat in beats.strong else "beat"
            found.append(
                Effect("pose", beat, until - beat, float(pose), f"{name} at frame {beat}, {shot.role}: {taken[pose]}")
            )
    return found


def _in_bar(beats: Beats, beat: int) -> int:
    """Which beat of its bar a beat is, from 0."""
    index = bisect_left(beats.frames, beat)
    place = 0
    while index - place > 0 and beats.frames[index - place] not in beats.strong and place < 16:
        place += 1
    return place
