"""The timeline of a film: from what was heard and which pictures there are to shots and effects. Pure.

Whole frames throughout: a moment becomes a frame once, from absolute time, and is never added up.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.film import casting, cuts, effects
from daemon.film.values import Effect, PictureFile, Shot, Slot, Timeline, Transition, frame_at, frame_count
from daemon.rules import Rule
from daemon.sidecars import Analysis

__all__ = ["Effect", "PictureFile", "Shot", "Slot", "Timeline", "Transition", "frame_at", "frame_count", "plan"]


def plan(analysis: Analysis, slots: Sequence[Slot], rule: Rule, seed: int) -> Timeline:
    """The film: shots that cover every frame, cut on the music, and the effects on them.

    ValueError where no slot has a picture.
    """
    fps = rule.deliver.rate()
    frames = frame_count(analysis.duration, fps)
    placed, notes = cuts.place(analysis, fps, rule.edit, seed, [slot.start for slot in slots if slot.pictures])
    shots = casting.cast(placed, frames, analysis, slots, fps, rule.edit, seed)
    riding = effects.ride(analysis, shots, frames, fps, rule.edit)
    return Timeline(fps, frames, rule.deliver.width, rule.deliver.height, tuple(shots), tuple(riding), tuple(notes))
