"""The effects of a film, as values, each named after the musical event that caused it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from daemon import riding
from daemon.film import aloft, dance, playing
from daemon.film.cues import Cue
from daemon.film.cuts import Beats
from daemon.film.values import Effect, Shot, frame_at
from daemon.rules import Edit
from daemon.sidecars import Analysis, Section

FLASHES = 3  # full-screen flashes in any second: WCAG 2.3.1
_FLASH = 0.35  # seconds in which a flash dies away
_STROBE = 0.12
_APART = 0.5  # seconds between the flashes of a strobe: cuts between dark and bright pictures come on top
_BURST = 0.2  # seconds in which the sparks of one moment fly off
_SECONDS = {"zoom": 0.3, "jolt": 0.5, "bob": 0.5}
_BLOW = 3.0  # times as long at a drop
_BY_ENERGY = {"high": 1.0, "medium": 0.5, "low": 0.0}  # beats count as the music's energy


def ride(
    analysis: Analysis,
    shots: Sequence[Shot],
    cues: Sequence[Cue],
    beats: Beats,
    frames: int,
    fps: Fraction,
    edit: Edit,
) -> list[Effect]:
    """All effects, by their first frame; each lies within the film."""
    sections = analysis.sections or [Section(start=0.0, end=analysis.duration)]
    onsets = [frame_at(max(0.0, onset), fps) for onset in analysis.onsets]
    found: list[Effect] = []
    at_downbeats = {name for name, amount in edit.effects.get("downbeat", {}).items() if amount > 0}
    for cue in cues:
        said = edit.effects.get(cue.kind, {})
        if cue.kind == "downbeat":
            said = {**{k: v for k, v in edit.effects.get("beat", {}).items() if k not in at_downbeats}, **said}
        for name, amount in said.items():
            if cue.only and name not in cue.only:
                continue
            if cue.kind in ("beat", "downbeat"):
                amount *= _BY_ENERGY[cue.energy]
            if amount > 0 and name not in riding.TRANSITIONS:
                found += _made(name, amount, cue, frames, fps, onsets)
    flashing = [effect for effect in found if effect.kind == "flash"]
    kept = set(limited(flashing, fps)) if edit.flashes else set()
    found = [effect for effect in found if effect.kind != "flash" or effect in kept]
    found += [*dance.ride(shots, sections, beats), *playing.ride(shots, beats, fps), *aloft.ride(shots)]
    return sorted((whole for effect in found if (whole := _within(effect, frames))), key=lambda e: (e.start, e.kind))


def _made(name: str, amount: float, cue: Cue, frames: int, fps: Fraction, onsets: Sequence[int]) -> Iterator[Effect]:
    """The effects that one event causes by one name."""
    amount = round(amount, 5)

    def lasting(seconds: float) -> int:
        return max(2, frame_at(seconds, fps))

    if name == "fade_in":
        yield Effect(name, 0, min(frame_at(amount, fps), frames // 3), 1.0, cue.because)
    elif name == "fade_out":
        length = min(frame_at(amount, fps), frames // 3)
        yield Effect(name, frames - length, length, 1.0, cue.because)
    elif name == "flash":
        yield Effect(name, cue.start, lasting(_FLASH), amount, cue.because)
    elif name == "strobe":
        yield from _strobe(cue, amount, lasting, onsets)
    elif name == "zoom":
        blow = _BLOW if cue.kind == "drop" else 1.0
        yield Effect(name, cue.start, lasting(blow * _SECONDS[name]), amount, cue.because)
    elif name == "bob":
        length = cue.end - cue.start if cue.kind in ("beat", "downbeat") else lasting(_SECONDS[name])
        yield Effect(name, cue.start, min(length, lasting(2 * _SECONDS[name])), amount, cue.because)
    else:
        if name in ("shake", "sparks") and (cue.kind in riding.MOMENTS or cue.kind in riding.BOTH):
            if name == "shake":
                yield Effect("jolt", cue.start, lasting(_SECONDS["jolt"]), amount, cue.because)
            else:
                yield Effect("burst", cue.start, lasting(_BURST), amount, cue.because)
        if cue.kind not in riding.MOMENTS:
            yield Effect(name, cue.start, cue.end - cue.start, amount, cue.because)


def _strobe(cue: Cue, amount: float, lasting: Callable[[float], int], onsets: Sequence[int]) -> Iterator[Effect]:
    """Short flashes on onsets within a span, closer and closer together."""
    at = cue.start
    for onset in onsets[bisect_left(onsets, cue.start) : bisect_left(onsets, cue.end)]:
        passed = (onset - cue.start) / max(1, cue.end - cue.start)
        if onset >= at:
            yield Effect("flash", onset, lasting(_STROBE), amount, f"onset in the {cue.because}")
            at = onset + lasting(_APART * (2.0 - passed))


def limited(flashes: Sequence[Effect], fps: Fraction) -> list[Effect]:
    """Flashes of which no second holds more than three: the weaker ones are left out, then the later ones."""
    kept: list[Effect] = []
    second = -int(-fps // 1)
    for flash in sorted(flashes, key=lambda effect: (-effect.amount, effect.start)):
        place = bisect_left([other.start for other in kept], flash.start)
        near = [*kept[max(0, place - FLASHES) : place], flash, *kept[place : place + FLASHES]]
        if all(late.start - early.start > second for early, late in zip(near, near[FLASHES:], strict=False)):
            kept.insert(place, flash)
    return kept


def _within(effect: Effect, frames: int) -> Effect | None:
    """The effect's part inside the film; None where there is none."""
    end = min(frames, effect.start + effect.frames)
    if effect.start >= end or effect.start < 0:
        return None
    return Effect(effect.kind, effect.start, end - effect.start, effect.amount, effect.because)
