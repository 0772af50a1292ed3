"""The words sung in a span of the song."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.film.subtitles import Line


def between(lines: Sequence[Line], start: float, end: float) -> str:
    """What is sung from start to end, seconds; "" where nothing is."""
    return " ".join(" ".join(line.text.split()) for line in lines if line.start < end and line.end > start)
