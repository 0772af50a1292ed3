"""The timeline of a film: from what was heard and which pictures there are to shots and effects. Pure.

Whole frames throughout: a moment becomes a frame once, from absolute time, and is never added up.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.film import casting, cues, cuts, effects, entrances
from daemon.film.values import Effect, PictureFile, Shot, Slot, Timeline, Transition, frame_at, frame_count
from daemon.rules import Rule
from daemon.sidecars import Analysis

__all__ = ["Effect", "PictureFile", "Shot", "Slot", "Timeline", "Transition", "frame_at", "frame_count", "plan"]

_COLOURS = {"bold": ("#ffb347", "#4fd1ff"), "ink": ("#ffe6c4", "#c9d6ff"), "neon": ("#ff4fd8", "#38f0ff")}


def plan(analysis: Analysis, slots: Sequence[Slot], rule: Rule, seed: int) -> Timeline:
    """The film: shots that cover every frame, cut on the music, and the effects on them.

    ValueError where no slot has a picture.
    """
    fps = rule.deliver.rate()
    frames = frame_count(analysis.duration, fps)
    placed, notes = cuts.place(analysis, fps, rule.edit, seed, [slot.start for slot in slots if slot.pictures])
    shots = casting.cast(placed, frames, analysis, slots, fps, rule.edit, seed)
    beats = cuts.beats_of(analysis, fps)
    heard = cues.cues(analysis, shots, slots, beats, frames, fps)
    shots = entrances.enter(shots, heard, rule, fps)
    riding = effects.ride(analysis, shots, heard, beats, frames, fps, rule.edit)
    deliver = rule.deliver
    return Timeline(
        fps,
        frames,
        deliver.width,
        deliver.height,
        tuple(shots),
        tuple(riding),
        tuple(notes),
        _colours(slots, rule),
        seed,
    )


def _colours(slots: Sequence[Slot], rule: Rule) -> tuple[str, ...]:
    """The colours of lights and bars: the accents of the painted pictures, else of the rule, else of its sheet."""
    for slot in slots:
        for picture in slot.pictures:
            accents = (picture.scene.get("palette") or {}).get("accents")
            if accents:
                return tuple(str(colour) for colour in accents[:2])
    return tuple(rule.look.palette[-3:-1] or _COLOURS[rule.look.sheet])
