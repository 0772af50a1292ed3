"""How many pictures a song gets, and from when to when each of them reigns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daemon.sidecars import Section

MOST = 400  # slots of one film
SHORTEST = 0.5  # seconds a slot
FRAMINGS = ("wide", "medium", "close")
_ORDER = {
    "intro": ("wide", "medium", "close"),
    "build": ("medium", "close", "wide"),
    "drop": ("wide", "close", "medium"),
    "chorus": ("wide", "close", "medium"),
    "break": ("close", "wide", "medium"),
    "outro": ("close", "medium", "wide"),
}


@dataclass(frozen=True)
class Span:
    """One slot: its name ("01"), its section's index, start and end in seconds."""

    slot: str
    section: int
    start: float
    end: float


def plan(sections: Sequence[Section], duration: float, seconds: float, least: int) -> tuple[list[Span], list[str]]:
    """The slots in the film's order, covering 0..duration without a gap, and what a person should know of them.

    A section gets at least one picture for each `seconds`, and `least` of them, but none shorter than
    half a second: a section shorter than that lies under its neighbour's picture. At most 400 in all.
    """
    if not sections:
        sections = [Section(start=0.0, end=duration)]
    notes = []
    lengths = [max(0.0, section.end - section.start) for section in sections]
    counts = [
        min(max(least, math.ceil(length / seconds - 1e-9)), math.floor(length / SHORTEST + 1e-9)) for length in lengths
    ]
    if not any(counts):
        counts[lengths.index(max(lengths))] = 1
    if (wanted := sum(counts)) > MOST:
        counts = _fewer(counts, lengths)
        notes.append(f"the song would take {wanted} pictures; it gets {sum(counts)}, each shown longer")
    moments = [
        (index, section.start + lengths[index] * step / count)
        for index, (section, count) in enumerate(zip(sections, counts, strict=True))
        for step in range(count)
    ]
    starts = [0.0, *(round(start, 6) for _, start in moments[1:])]
    ends = [*starts[1:], max(duration, starts[-1])]
    digits = 3 if len(moments) > 99 else 2
    spans = [
        Span(f"{number:0{digits}}", index, start, end)
        for number, ((index, _), start, end) in enumerate(zip(moments, starts, ends, strict=True), 1)
    ]
    return spans, notes


def _fewer(counts: list[int], lengths: list[float]) -> list[int]:
    """Counts brought down to the most, in proportion; where sections alone are too many, the shortest go without."""
    total = sum(counts)
    fewer = [min(count, max(1, count * MOST // total)) for count in counts]
    shortest_first = sorted(range(len(counts)), key=lambda index: (lengths[index], -index))
    for index in (*shortest_first, *shortest_first):
        if (over := sum(fewer) - MOST) <= 0:
            break
        # First what is above one a section, then whole sections.
        floor = 1 if fewer[index] > 1 else 0
        if floor or all(count <= 1 for count in fewer):
            fewer[index] = max(floor, fewer[index] - over)
    return fewer


def framings(roles: Sequence[tuple[int, str]], orders: Mapping[str, Sequence[str]]) -> list[str]:
    """wide, medium or close for each slot, so that neighbours differ.

    roles: each slot's section index and role. orders: a rule's own order by role or "any"; an order
    of one framing alone is kept to.
    """
    found: list[str] = []
    for place, (section, role) in enumerate(roles):
        step = sum(1 for index, _ in roles[:place] if index == section) if place else 0
        order = tuple(orders.get(role) or orders.get("any") or _ORDER.get(role, FRAMINGS))
        want = order[step % len(order)]
        if found and want == found[-1] and len(set(order)) > 1:
            after = (*order[(step + 1) % len(order) :], *order)
            want = next(framing for framing in after if framing != found[-1])
        found.append(want)
    return found
