"""Chapters of a film: one a section, named by its role, begun where the section's first shot is. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from daemon.film.values import Timeline

_MOST = 255  # an MP4's own list of chapters holds no more
_SPECIAL = {letter: "\\" + letter for letter in "=;#\\\n"}


@dataclass(frozen=True)
class Chapter:
    """From frame `start` to before `end`."""

    start: int
    end: int
    title: str


def chapters(timeline: Timeline) -> list[Chapter]:
    """The film's sections. A role that comes more than once is numbered: "Verse 1", "Drop 2"."""
    runs = [(list(shots), role) for (_, role), shots in groupby(timeline.shots, key=lambda s: (s.section, s.role))]
    counted = Counter(role for _, role in runs)
    seen: Counter[str] = Counter()
    found = []
    for shots, role in runs[:_MOST]:
        seen[role] += 1
        title = role.title() + (f" {seen[role]}" if counted[role] > 1 else "")
        found.append(Chapter(shots[0].start, shots[-1].end, title))
    return found


def ffmetadata(found: Sequence[Chapter], fps: Fraction) -> str:
    """The chapters as ffmpeg reads them; their times are whole frames."""
    lines = [";FFMETADATA1"]
    for chapter in found:
        title = "".join(_SPECIAL.get(letter, letter) for letter in chapter.title)
        base = f"TIMEBASE={fps.denominator}/{fps.numerator}"
        lines += ["[CHAPTER]", base, f"START={chapter.start}", f"END={chapter.end}", f"title={title}"]
    return "\n".join(lines) + "\n"
