"""The musical events of a film, as frames, by the names that a rule's `edit.effects` knows them under. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from daemon import riding
from daemon.film.cuts import Beats, level
from daemon.film.values import Shot, Slot, clock, frame_at
from daemon.sidecars import Analysis, Section

PHRASE = 8  # bars
LOUD = {"low": "quiet", "medium": "medium", "high": "loud"}
_WORDS = {
    "rain": r"rain(?:y|s|storm|drops?|fall)?|storm(?:y)?|thunder(?:storm)?|drizzle|downpour",
    "snow": r"snow(?:y|s|fall|flakes?|storm)?|blizzard|winter",
    "petals": r"petals?|blossoms?|sakura",
    "dust": r"dust(?:y)?|motes|sand(?:storm)?",
    "sparks": r"sparks?|welding|fireworks",
    "embers": r"embers?|cinders|bonfire|flames?|fire",
}
_SPOKEN = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _WORDS.items()}
_LASTING = tuple(name for name, kind in riding.KINDS.items() if "loud" in kind.on)
_INDOORS = ("industrial club", "factory")


@dataclass(frozen=True)
class Cue:
    """What happens in the music from frame `start` to before `end`; end is start for a moment.

    energy: low, medium or high there. only: the effects that it may cause; empty: all.
    """

    kind: str
    start: int
    end: int
    because: str
    energy: str = "medium"
    only: tuple[str, ...] = ()


def cues(
    analysis: Analysis, shots: Sequence[Shot], slots: Sequence[Slot], beats: Beats, frames: int, fps: Fraction
) -> list[Cue]:
    """All musical events, by their first frame."""
    sections = analysis.sections or [Section(start=0.0, end=analysis.duration)]

    def energy(shot: Shot) -> str:
        return level(sections[min(shot.section, len(sections) - 1)])

    found = [Cue("start", 0, 0, "start of the song"), Cue("end", frames, frames, "end of the song")]
    found += _drops(shots, fps)
    found += _sections(shots, beats, fps, energy)
    found += _energies(shots, fps, energy)
    found += _beats(shots, beats, fps, energy)
    found += _keys(analysis, frames, fps)
    found += _words(shots, slots, fps)
    return sorted(found, key=lambda cue: (cue.start, cue.kind, cue.end))


def _runs(shots: Sequence[Shot], name: Callable[[Shot], object]) -> Iterator[tuple[Shot, Shot]]:
    """First and last shot of each run of shots that have the same name."""
    first = shots[0]
    for before, shot in pairwise(shots):
        if name(shot) != name(first):
            yield first, before
            first = shot
    yield first, shots[-1]


def _span(kind: str, start: int, end: int, fps: Fraction, energy: str = "medium") -> Cue:
    return Cue(kind, start, end, f"{kind} from {clock(start, fps)} to {clock(end, fps)}", energy)


def _drops(shots: Sequence[Shot], fps: Fraction) -> Iterator[Cue]:
    for shot in shots:
        if shot.cut_on == "drop":
            after = (s.start for s in shots[shot.index + 1 :] if s.section != shot.section or s.cut_on == "drop")
            end = next(after, shots[-1].end)
            yield Cue("drop", shot.start, end, f"drop at {clock(shot.start, fps)}", "high")
        elif shot.role == "drop" and (not shot.index or shots[shot.index - 1].section != shot.section):
            # A song that begins with one, or one that no cut could be made for: what lasts, without the blow.
            after = (s.start for s in shots[shot.index + 1 :] if s.section != shot.section or s.cut_on == "drop")
            yield replace(_span("drop", shot.start, next(after, shots[-1].end), fps, "high"), only=_LASTING)


def _sections(shots: Sequence[Shot], beats: Beats, fps: Fraction, energy: Callable[[Shot], str]) -> Iterator[Cue]:
    strong = [beat for beat in beats.frames if beat in beats.strong]
    for first, last in _runs(shots, lambda shot: shot.section):
        if first.index and first.cut_on != "drop":
            before = shots[first.index - 1]
            because = f"end of the {before.role} at {clock(first.start, fps)}"
            yield Cue("section_end", first.start, first.start, because, energy(first))
        bars = strong[bisect_right(strong, first.start + 1) : bisect_right(strong, last.end - 1)]
        step = PHRASE if len(bars) + 1 > PHRASE else PHRASE // 2
        for bar in bars[step - 1 :: step]:
            yield Cue("phrase", bar, bar, f"phrase at {clock(bar, fps)}", energy(first))
    for first, last in _runs(shots, lambda shot: (shot.role, shot.section)):
        if first.role not in ("drop", "section"):
            yield _span(first.role, first.start, last.end, fps, energy(first))


def _energies(shots: Sequence[Shot], fps: Fraction, energy: Callable[[Shot], str]) -> Iterator[Cue]:
    for first, last in _runs(shots, energy):
        yield _span(LOUD[energy(first)], first.start, last.end, fps, energy(first))


def _beats(shots: Sequence[Shot], beats: Beats, fps: Fraction, energy: Callable[[Shot], str]) -> Iterator[Cue]:
    starts = [shot.start for shot in shots]
    for index, beat in enumerate(beats.frames):
        shot = shots[max(0, bisect_right(starts, beat) - 1)]
        kind = "downbeat" if beat in beats.strong else "beat"
        until = beats.frames[index + 1] if index + 1 < len(beats.frames) else beat + max(2, frame_at(0.5, fps))
        yield Cue(kind, beat, until, f"{kind} at {clock(beat, fps)}", energy(shot))


def _keys(analysis: Analysis, frames: int, fps: Fraction) -> Iterator[Cue]:
    for event in analysis.events:
        frame = frame_at(max(0.0, event.start), fps)
        if event.kind == "key" and frame < frames:
            yield Cue("key", frame, frame, f"change of key at {clock(frame, fps)}")


def _words(shots: Sequence[Shot], slots: Sequence[Slot], fps: Fraction) -> Iterator[Cue]:
    words = {slot.slot: slot.words for slot in slots}
    for first, last in _runs(shots, lambda shot: spoken(shot, words.get(shot.slot, ""))):
        if there := spoken(first, words.get(first.slot, "")):
            because = f"{' and '.join(there)} in the picture's words at {clock(first.start, fps)}"
            yield Cue("words", first.start, last.end, because, only=there)


def spoken(shot: Shot, words: str) -> tuple[str, ...]:
    """What falls or flies in a shot's picture, as its words say; a painted scene knows its own weather."""
    there = [name for name, known in _SPOKEN.items() if known.search(words)]
    scene = shot.picture.scene
    if scene:
        there = [name for name in there if name not in ("rain", "snow", "petals")]
        if scene.get("weather") in ("rain", "snow", "petals") and scene.get("place") not in _INDOORS:
            there.append(str(scene["weather"]))
    return tuple(sorted(there))
