"""The report's picture of a song: rows as in a score, each with its shots, waveform, beats and sections. Pure.

A share is a percentage of a row.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from daemon import sidecars
from daemon.names import shown

_ROW_SECONDS = 24.0
_MOST_ROWS = 12
_BARS = 120  # waveform bars in a row
_MOST_TICKS = 220  # beats in a row; more would be a grey smear
_MOST_FRAMES = 80  # pictures in a row's film strip


def rows(analysis: sidecars.Analysis, shots: list[dict[str, Any]], duration: float) -> list[dict[str, Any]]:
    """The song in rows of equal length, as a score is: shots, waveform, beats and sections of each."""
    count = min(_MOST_ROWS, max(1, math.ceil(duration / _ROW_SECONDS - 0.25)))
    length = duration / count
    starts = [shot["at"] for shot in shots]
    found = []
    for number in range(count):
        begin, end = number * length, (number + 1) * length
        first = max(0, bisect_right(starts, begin) - 1)
        inside = shots[first : bisect_left(starts, end)]
        downbeats = _between(analysis.downbeats, begin, end)
        beats = _between(analysis.beats, begin, end)
        cuts = [shot for shot in inside if begin <= shot["at"] < end and shot["at"] > 0]
        found.append(
            {
                "from": clock(begin),
                "to": clock(end),
                "strip": _strip(inside, begin, end),
                "bars": _bars(analysis, begin, end, duration),
                "downbeats": [_share(at, begin, length) for at in downbeats] if len(downbeats) <= _MOST_TICKS else [],
                "beats": [_share(at, begin, length) for at in beats] if len(beats) <= _MOST_TICKS else [],
                "cuts": [{"x": _share(one["at"], begin, length), "on": one["on"]} for one in cuts[: 2 * _MOST_TICKS]],
                "sections": [
                    {
                        "x": _share(max(one.start, begin), begin, length),
                        "width": round(100 * (min(one.end, end) - max(one.start, begin)) / length, 2),
                        "role": role_of(one.role),
                        "label": shown(one.label) if one.start >= begin else "",
                    }
                    for one in analysis.sections
                    if one.start < end - 0.01 and one.end > begin + 0.01
                ],
            }
        )
    return found


def _strip(shots: list[dict[str, Any]], begin: float, end: float) -> list[dict[str, Any]]:
    """The film strip of a row; where shots are too many to be seen, one stands for its neighbours."""
    step = math.ceil(len(shots) / _MOST_FRAMES) if shots else 1
    chosen = shots[::step]
    found = []
    for number, shot in enumerate(chosen):
        left = max(shot["at"], begin)
        right = min(chosen[number + 1]["at"] if number + 1 < len(chosen) else end, end)
        found.append(
            {
                "x": _share(left, begin, end - begin),
                "width": round(100 * max(0.0, right - left) / (end - begin), 3),
                "index": shot["index"],
                "picture": shot["picture"],
                "role": shot["role"],
                "clock": shot["clock"],
            }
        )
    return found


def _bars(analysis: sidecars.Analysis, begin: float, end: float, duration: float) -> list[dict[str, Any]]:
    """Waveform bars of a row: x and width in percent, height 0..100, role of the section that they lie in."""
    wave = analysis.waveform
    if not wave:
        return []
    starts = [section.start for section in analysis.sections]
    first, last = len(wave) * begin / duration, len(wave) * end / duration
    count = max(1, min(_BARS, round(last - first)))
    found = []
    for number in range(count):
        low = first + (last - first) * number / count
        high = first + (last - first) * (number + 1) / count
        peak = max(wave[min(int(low), len(wave) - 1) : max(int(low) + 1, math.ceil(high))], default=0.0)
        at = begin + (end - begin) * (number + 0.5) / count
        place = bisect_right(starts, at) - 1
        found.append(
            {
                "x": round(100 * (number + 0.12) / count, 3),
                "width": round(76 / count, 3),
                "height": round(max(2.0, 100 * min(1.0, max(0.0, peak if math.isfinite(peak) else 0.0))), 1),
                "role": role_of(analysis.sections[place].role) if place >= 0 else "section",
            }
        )
    return found


def _between(times: Sequence[float], begin: float, end: float) -> Sequence[float]:
    return times[bisect_left(times, begin) : bisect_left(times, end)]


def _share(at: float, begin: float, length: float) -> float:
    return round(100 * (at - begin) / length, 3)


def role_of(role: object) -> str:
    """A section's role as a style knows it; "section" for anything odd."""
    text = str(role or "section")
    return text if text.isascii() and text.isalpha() else "section"


def clock(seconds: float) -> str:
    """'3:07', '1:02:09'."""
    whole = int(seconds)
    head = f"{whole // 3600}:{whole // 60 % 60:02d}" if whole >= 3600 else f"{whole // 60}"
    return f"{head}:{whole % 60:02d}"
