"""Where the film is cut: sections and drops first, then beats inside them by pace, then a plain grid."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from daemon.film.values import frame_at, frame_count
from daemon.rules import Edit
from daemon.sidecars import Analysis, Section

LONGEST = 16.0  # seconds a shot may last where nothing is heard to cut on
BAR = 2.0  # seconds that stand for a bar where there are no beats
PHRASES = (16, 8, 4)  # bars
_RANK = {"drop": 2, "section": 1}


@dataclass(frozen=True)
class Cut:
    """The first frame of a shot, why it is there, and the section that the shot belongs to."""

    frame: int
    on: str
    section: int


def level(section: Section) -> str:
    """low, medium or high: the section's energy, with what its role demands."""
    name = "low" if section.energy < 0.35 else "high" if section.energy > 0.65 else "medium"
    if section.role == "drop":
        return "high"
    if section.role == "chorus" and name == "low":
        return "medium"
    if section.role in ("intro", "break", "outro") and name == "high":
        return "medium"
    return name


def pace(section: Section, edit: Edit) -> float:
    """Bars a shot."""
    return max(0.0625, edit.pace.get(section.role, edit.pace.get(level(section), 2.0)))


@dataclass(frozen=True)
class Beats:
    """Beats as frames, increasing, each once; strong: the same for those that start a bar."""

    frames: list[int]
    strong: frozenset[int]

    def within(self, start: int, end: int) -> list[int]:
        """The beats in start <= frame < end."""
        return self.frames[bisect_left(self.frames, start) : bisect_left(self.frames, end)]

    def nearest(self, frame: int, reach: int, *, strong: bool = False) -> int | None:
        """The nearest beat no farther than `reach` frames."""
        near = self.frames[bisect_left(self.frames, frame - reach) : bisect_right(self.frames, frame + reach)]
        chosen = [beat for beat in near if not strong or beat in self.strong]
        return min(chosen, key=lambda beat: (abs(beat - frame), beat), default=None)


def beats_of(analysis: Analysis, fps: Fraction) -> Beats:
    """The beats of a song as frames inside the film."""
    frames = frame_count(analysis.duration, fps)
    strong = {frame_at(t, fps) for t in analysis.downbeats}
    every = {frame_at(t, fps) for t in analysis.beats} | strong
    inside = sorted(frame for frame in every if 0 <= frame < frames)
    return Beats(inside, frozenset(strong))


def place(
    analysis: Analysis, fps: Fraction, edit: Edit, seed: int, pictures: Sequence[float] = ()
) -> tuple[list[Cut], list[str]]:
    """All cuts, the first at frame 0, and notes for people.

    Every cut is at least `edit.least_shot` from the next and from the end. Sections and drops come
    first; where two of them are too close, the drop stays. pictures: where each slot starts, in
    seconds: a quiet section is cut often enough to show all of its pictures.
    """
    frames = frame_count(analysis.duration, fps)
    sections = analysis.sections or [Section(start=0.0, end=analysis.duration)]
    beats = beats_of(analysis, fps)
    least = max(1, -int(-Fraction(edit.least_shot) * fps // 1))
    notes = []
    if not beats.frames:
        notes.append("no beats were heard: the cuts lie on a regular grid")

    bounds, anchors = _anchors(analysis, sections, beats, fps, frames, least)
    shown = sorted(frame_at(seconds, fps) for seconds in pictures)
    cuts: list[tuple[int, str]] = [(0, "start")]
    edges = [*sorted(anchors), frames]
    for start, end in zip([0, *edges[:-1]], edges, strict=True):
        if start:
            cuts.append((start, anchors[start]))
        section = sections[_section_at(bounds, (start + end) // 2)]
        wanted = bisect_left(shown, end - least) - bisect_left(shown, start - least)
        # What comes again has the same rhythm.
        again = section.label.rstrip("'") or _section_at(bounds, (start + end) // 2)
        dice = random.Random(f"cuts {seed} {again}")
        inner = _inside(start, end, section, beats, analysis.metre, edit, least, wanted, dice)
        for frame, on in _fill(start, end, inner, pace(section, edit), fps):
            if frame - cuts[-1][0] >= least and end - frame >= least:
                cuts.append((frame, on))
    if edit.anticipate:
        cuts = _ahead(cuts, edit.anticipate, least)
    ends = [frame for frame, _ in cuts[1:]] + [frames]
    return [
        Cut(frame, on, _section_at(bounds, (frame + end) // 2)) for (frame, on), end in zip(cuts, ends, strict=True)
    ], notes


def _section_at(bounds: list[int], frame: int) -> int:
    return max(0, bisect_right(bounds, frame) - 1)


def _anchors(
    analysis: Analysis, sections: list[Section], beats: Beats, fps: Fraction, frames: int, least: int
) -> tuple[list[int], dict[int, str]]:
    """First frames of the sections, and the cuts that are never moved: {frame: why}."""
    near = max(2, frame_at(0.15, fps))
    beat = 60.0 / max(30.0, analysis.tempo.bpm or 120.0)
    bounds = [0]
    for section in sections[1:]:
        frame = frame_at(section.start, fps)
        # A change of section is one of bars: wherever it was heard, the nearest downbeat has it.
        strong = beats.nearest(frame, max(near, frame_at(beat * max(1, analysis.metre) / 2, fps)), strong=True)
        snapped = strong if strong is not None else beats.nearest(frame, near)
        bounds.append(max(bounds[-1], min(frames, frame if snapped is None else snapped)))
    heard = [frame_at(event.start, fps) for event in analysis.events if event.kind == "drop"]
    drops = [frame if (beat_at := beats.nearest(frame, 2)) is None else beat_at for frame in heard]
    bar = max(near, frame_at(beat * max(1, analysis.metre), fps))
    for i, section in enumerate(sections):
        if i and section.role == "drop":
            # The event is exact; the section that it opens begins with it.
            at = min(drops, key=lambda drop: abs(drop - bounds[i]), default=None)
            after = bounds[i + 1] if i + 1 < len(bounds) else frames
            if at is not None and abs(at - bounds[i]) <= bar and bounds[i - 1] < at < after:
                bounds[i] = at
            else:
                drops.append(bounds[i])
    wanted = [(frame, "section") for frame in bounds[1:]] + [(frame, "drop") for frame in drops]
    kept: dict[int, str] = {}
    for frame, on in sorted(wanted, key=lambda item: (-_RANK[item[1]], item[0])):
        if frame < least or frames - frame < least or any(abs(frame - other) < least for other in kept):
            continue
        kept[frame] = on
    for i, frame in enumerate(bounds[1:], 1):
        close = [other for other in kept if abs(other - frame) < least]
        if frame not in kept and close:
            bounds[i] = close[0]
    return sorted(bounds), kept


@dataclass(frozen=True)
class _Rhythm:
    """The pattern of a section's cuts, the same in each of its phrases, and where the section comes again.

    phrase: its bars; step: beats a shot; hold: the first shot stays twice as long; quick: bars of the phrase, from
    0, in which shots are half as long; slow: bars that are one shot.
    """

    phrase: int
    step: int
    hold: bool
    quick: frozenset[int]
    slow: frozenset[int]


def _inside(
    start: int,
    end: int,
    section: Section,
    beats: Beats,
    metre: int,
    edit: Edit,
    least: int,
    wanted: int,
    dice: random.Random,
) -> list[tuple[int, str]]:
    """Cuts on beats between two anchors, by the section's pace, in phrases of 4, 8 or 16 bars."""
    metre = max(1, metre)
    step = max(1, round(pace(section, edit) * metre))
    inside = beats.within(start - 1, end)
    while step > metre and wanted > 1 and len(inside) // step < wanted:
        step = max(metre, step // 2)
    if len(inside) < 2:
        return []
    typical = (inside[-1] - inside[0]) / (len(inside) - 1)
    shortest = 1
    while shortest * typical < least:
        shortest += 1
    bars = _bars(inside, beats.strong, metre)
    if section.role == "build":
        found = _faster(
            inside if step < metre or abs(inside[0] - start) <= 1 else inside[len(bars[0]) :], step, shortest
        )
    else:
        found = _phrased(bars, metre, shortest, _rhythm(section, len(bars), step, shortest, metre, dice))
    return [(frame, "downbeat" if frame in beats.strong else "beat") for frame in found if frame - start > 1]


def _bars(inside: list[int], strong: frozenset[int], metre: int) -> list[list[int]]:
    """Beats by bars, as the downbeats part them; by the metre where none is heard."""
    bars: list[list[int]] = []
    for index, beat in enumerate(inside):
        begins = beat in strong if strong else index % metre == 0
        if begins or not bars or len(bars[-1]) >= 2 * metre:
            bars.append([])
        bars[-1].append(beat)
    return bars


def _rhythm(section: Section, bars: int, step: int, shortest: int, metre: int, dice: random.Random) -> _Rhythm:
    step = max(step, shortest)
    if step < metre and metre % step and metre % step < shortest:
        step = metre
    phrase = next((length for length in PHRASES if bars >= length and (bars % length == 0 or bars >= 2 * length)), 4)
    while phrase * metre < step:
        phrase *= 2
    loud = level(section) == "high"
    cells = range(0, phrase, 4)
    quick: set[int] = set()
    slow: set[int] = set()
    if loud and step >= 2 * shortest:
        # The last bar of the phrase leads into the next one; sometimes that of each four, too.
        quick = {phrase - 1}
        if dice.random() < 0.5:
            quick |= {cell + 3 for cell in cells}
    if loud and step < metre:
        # What is new is looked at for a bar, before it goes fast again.
        slow = {0} if quick else set(cells)
    hold = not loud and step < metre * 2 and dice.random() < 0.3
    return _Rhythm(phrase, step, hold, frozenset(quick), frozenset(slow))


def _phrased(bars: list[list[int]], metre: int, shortest: int, rhythm: _Rhythm) -> list[int]:
    """Cuts that open every phrase, and lie on bars or on beats of the bar in between."""
    found: list[int] = []
    pickup = 1 if len(bars) > 1 and len(bars[0]) < len(bars[1]) else 0
    found += bars[0][:1] if pickup else []
    for first in range(pickup, len(bars), rhythm.phrase):
        phrase = bars[first : first + rhythm.phrase]
        at = 0
        while at < len(phrase):
            step = rhythm.step
            if at == 0 and rhythm.hold:
                step *= 2
            if step >= metre:
                length = max(1, step // metre)
                quick = rhythm.quick & set(range(at, at + length))
                if quick and length == 1 and step // 2 >= shortest:
                    found += phrase[at][:: max(1, step // 2)]
                else:
                    found.append(phrase[at][0])
                    if quick and at + length // 2 < len(phrase) and length > 1:
                        found.append(phrase[at + length // 2][0])
                at += length
            else:
                step = metre if at in rhythm.slow else max(shortest, step // 2) if at in rhythm.quick else step
                found += phrase[at][::step]
                at += 1
    return sorted(set(found))


def _faster(inside: list[int], step: int, shortest: int) -> list[int]:
    """Cuts of a build-up: closer and closer together towards its end."""
    found, position = [], 0
    while position < len(inside):
        found.append(inside[position])
        beats = step
        while beats > max(1, (len(inside) - position) // 4):
            beats //= 2
        position += max(beats, shortest)
    return found


def _fill(start: int, end: int, cuts: list[tuple[int, str]], bars: float, fps: Fraction) -> list[tuple[int, str]]:
    """The same cuts, and a regular grid in stretches that have none for too long."""
    period = min(8.0, max(2.0, bars * BAR))
    whole: list[tuple[int, str]] = []
    edges = [start, *(frame for frame, _ in cuts), end]
    for i, (left, right) in enumerate(pairwise(edges)):
        if i:
            whole.append(cuts[i - 1])
        limit = 1.6 * period if not cuts else LONGEST
        if right - left > limit * fps:
            parts = max(2, round((right - left) / float(period * fps)))
            whole += [(left + (right - left) * part // parts, "grid") for part in range(1, parts)]
    return whole


def _ahead(cuts: list[tuple[int, str]], frames: int, least: int) -> list[tuple[int, str]]:
    """Cuts on beats moved ahead of them; drops and the start stay where they are."""
    moved = [cuts[0]]
    for frame, on in cuts[1:]:
        early = frame - frames if on in ("beat", "downbeat", "section") else frame
        moved.append((early if early - moved[-1][0] >= least else frame, on))
    return moved
