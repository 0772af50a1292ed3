"""How each shot is entered: a transition where the rule lets one ride on the music there, else a cut. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from daemon import riding
from daemon.film.cues import Cue
from daemon.film.values import Shot, Transition, frame_at
from daemon.rules import Rule

_LEAST = 4  # frames of a transition; a shorter one is a cut
_STYLES = {"bold": "diagonal", "ink": "ink", "neon": "iris"}
_NAMES = {"dissolve": "crossfade"}
# Of several events at one cut, the first that brings a transition counts.
_ORDER = ("section_end", "key", "phrase", "downbeat", "beat")


def enter(shots: Sequence[Shot], cues: Sequence[Cue], rule: Rule, fps: Fraction) -> list[Shot]:
    """The same shots with their transitions."""
    cues = sorted(cues, key=lambda cue: cue.start)
    starts = [cue.start for cue in cues]
    lasting = [cue for cue in cues if cue.kind in riding.SPANS and cue.kind not in ("words", *riding.BOTH)]
    found: list[Shot] = list(shots[:1])
    for shot in shots[1:]:
        near = cues[bisect_left(starts, shot.start) : bisect_left(starts, shot.start + rule.edit.anticipate + 1)]
        before = found[-1]
        if shot.cut_on == "drop":
            causes = [cue for cue in near if cue.kind == "drop"]
        else:
            causes = [cue for name in _ORDER for cue in near if cue.kind == name]
            causes += [cue for cue in lasting if cue.start <= before.start and shot.end <= cue.end]
        found.append(replace(shot, transition=_first(causes, before, shot, rule, fps)))
    return found


def _first(causes: Sequence[Cue], before: Shot, shot: Shot, rule: Rule, fps: Fraction) -> Transition:
    for name, seconds, cue in _wanted(causes, rule.edit.effects):
        # Neither side gives more than a quarter of its length, so that two transitions never meet.
        length = min(frame_at(seconds, fps), before.frames // 2, shot.frames // 2) // 2 * 2
        if length >= _LEAST:
            style = rule.edit.wipe if rule.edit.wipe != "auto" else _STYLES[rule.look.sheet]
            return Transition(_NAMES.get(name, name), length, style if name == "wipe" else "", cue.because)
    flash = rule.edit.effects.get("drop", {}).get("flash", 0.0) if rule.edit.flashes else 0.0
    if shot.cut_on == "drop" and flash > 0:
        because = causes[0].because if causes else ""
        return Transition("flash", max(2, frame_at(0.35, fps)), "", because)
    return Transition()


def _wanted(causes: Sequence[Cue], effects: riding.Riding) -> Iterator[tuple[str, float, Cue]]:
    for cue in causes:
        for name, seconds in effects.get(cue.kind, {}).items():
            if name in riding.TRANSITIONS and seconds > 0:
                yield name, seconds, cue
