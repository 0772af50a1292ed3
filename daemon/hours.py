"""Hours of the day in which something may be used: "22-7", "22:30-6:15", "9-12, 14-18". Over midnight too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|to)\s*(\d{1,2})(?:[:.](\d{2}))?")
_DAY = 24 * 60


@dataclass(frozen=True)
class Hours:
    """Spans of minutes of the day, (start, end); none: always. An end before its start lies on the next day."""

    spans: tuple[tuple[int, int], ...] = ()

    def open(self, at: datetime) -> bool:
        """Whether it may be used at that time of day."""
        minute = at.hour * 60 + at.minute
        return not self.spans or any((minute - start) % _DAY < (end - start) % _DAY for start, end in self.spans)

    def opens(self, at: datetime) -> datetime:
        """When it may be used next; `at` itself where it may now."""
        if self.open(at):
            return at
        minute = at.hour * 60 + at.minute
        ahead = min((start - minute) % _DAY for start, _ in self.spans)
        return at.replace(second=0, microsecond=0) + timedelta(minutes=ahead)


def parse(text: str) -> Hours:
    """Hours from a line of text; "" is always. ValueError where it can't be read."""
    spans = []
    for part in text.split(","):
        if not part.strip():
            continue
        match = _SPAN.fullmatch(part.strip())
        if not match:
            raise ValueError(f"{part.strip()!r} is no span of hours; such as 22-7 or 22:30-6:15")
        first, last = (int(match[1]) * 60 + int(match[2] or 0), int(match[3]) * 60 + int(match[4] or 0))
        minutes = {int(match[2] or 0), int(match[4] or 0)}
        if max(first, last) > _DAY or max(minutes) > 59 or first % _DAY == last % _DAY:
            raise ValueError(f"{part.strip()!r} is no span of hours; such as 22-7 or 22:30-6:15")
        spans.append((first % _DAY, last % _DAY))
    return Hours(tuple(spans))
