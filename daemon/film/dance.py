"""How painted figures move to the music, as effects: a pose for each beat, a sway where it is quiet. Pure."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daemon.film.cuts import Beats, level
from daemon.film.painter.poses import taken
from daemon.film.values import Effect, PictureFile, Shot
from daemon.sidecars import Section

SWAY = 0.006  # share of the picture that a quiet figure sways by
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
    return taken(scene)


def ride(shots: Sequence[Shot], sections: list[Section], beats: Beats) -> list[Effect]:
    """The effects of all painted shots."""
    found: list[Effect] = []
    begins: dict[int, int] = {}
    for shot in shots:
        first = begins.setdefault(shot.section, shot.start)
        struck = poses(shot.picture)
        if not struck:
            continue
        energy = level(sections[min(shot.section, len(sections) - 1)])
        if energy == "low" or len(struck) == 1:
            found.append(Effect("sway", shot.start, shot.frames, SWAY, f"the {shot.role}, shot {shot.index}"))
        if energy == "low":
            continue
        inside = beats.within(shot.start, shot.end)
        place = _in_bar(beats, inside[0]) if inside else 0
        for index, beat in enumerate(inside):
            place = 0 if beat in beats.strong else place + (1 if index else 0)
            turn = _TURNS[energy]
            pose = turn[place % len(turn)] % len(struck)
            until = inside[index + 1] if index + 1 < len(inside) else shot.end
            because = f"{_named(beats, beat, first)} of the {shot.role}: {struck[pose]}"
            found.append(Effect("pose", beat, until - beat, float(pose), because))
    return found


def _named(beats: Beats, beat: int, first: int) -> str:
    """A beat by its number in the section that begins at frame `first`: "beat 12", "downbeat 4"."""
    before = beats.within(first, beat + 1)
    if beat in beats.strong:
        return f"downbeat {sum(1 for one in before if one in beats.strong)}"
    return f"beat {len(before)}"


def _in_bar(beats: Beats, beat: int) -> int:
    """Which beat of its bar a beat is, from 0."""
    index = bisect_left(beats.frames, beat)
    place = 0
    while index - place > 0 and beats.frames[index - place] not in beats.strong and place < 16:
        place += 1
    return place


# Shares of the way to the next pose: drawn back a little, faster and faster, past it on the beat itself.
_APPROACH = (-0.07, 0.22, 0.6)
_BEYOND = 1.09
_DRAWINGS = 13  # a second: moves are drawn "on twos", as cartoons are
_BLINK = (0.9, 2.7, 0.13)  # seconds from a shot's start to the first, from one to the next, and of each


@dataclass(frozen=True)
class Moves:
    """What a figure does at each frame: its pose, the one that it is on its way to (-1: none), how far, eyes shut."""

    pose: NDArray[np.int8]
    towards: NDArray[np.int8]
    share: NDArray[np.float32]
    blink: NDArray[np.bool_]


def moves(pose: NDArray[np.int8], shots: Sequence[Shot], fps: Fraction) -> Moves:
    """The way from pose to pose; pose: the one that is struck at each frame.

    A move ends on its beat, where it is fastest, so that what is seen and what is heard fall together. A shot begins
    in its pose.
    """
    first, towards = pose.copy(), np.full(len(pose), -1, np.int8)
    share, blink = np.zeros(len(pose), np.float32), np.zeros(len(pose), np.bool_)
    held = max(1, round(fps / _DRAWINGS))
    for shot in shots:
        every, length = round(_BLINK[1] * fps), max(2, round(_BLINK[2] * fps))
        for start in range(shot.start + round(_BLINK[0] * fps), shot.end, every):
            blink[start : min(shot.end, start + length)] = True
        free = shot.start
        changes = shot.start + 1 + np.flatnonzero(np.diff(pose[shot.start : shot.end]))
        for at, following in pairwise([*changes, shot.end]):
            before, after = pose[at - 1], pose[at]
            settled = min(following, at + held)
            for step, part in enumerate((*_APPROACH, _BEYOND)):
                start = at - (len(_APPROACH) - step) * held
                span = slice(max(free, start), settled if part > 1 else start + held)
                if span.start < span.stop:
                    first[span], towards[span], share[span], blink[span] = before, after, part, False
            free = settled
    return Moves(first, towards, share, blink)
