"""Words with times: .lrc and .srt companions, and lyrics out of a file's tags."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STAMP = re.compile(r"\[(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)\]")
_WORD_STAMP = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_OFFSET = re.compile(r"\[offset:\s*([+-]?\d{1,9})\s*\]", re.IGNORECASE)
_ARROW = re.compile(r"(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})\s*-->\s*(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})")
_TAG = re.compile(r"<[^>]{0,100}>|\{\\[^}]{0,100}\}")
_MOST = 20_000


@dataclass(frozen=True)
class Line:
    """One line; end is where the next one starts, or its own end. Seconds."""

    start: float
    end: float
    text: str


def text_of(data: bytes) -> str:
    """The text of a lyrics file, whatever wrote it: UTF-8, UTF-16 with its mark, else Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse(text: str) -> list[Line]:
    """The timed lines of an .lrc or .srt text, in order; none where it holds no times."""
    lines = _srt(text) if _ARROW.search(text) else _lrc(text)
    return sorted(lines, key=lambda line: line.start)[:_MOST]


def _lrc(text: str) -> list[Line]:
    shift = _OFFSET.search(text)
    # A positive offset makes the words come earlier.
    early = int(shift.group(1)) / 1000 if shift else 0.0
    found: list[tuple[float, str]] = []
    for row in text.splitlines():
        stamps = _STAMP.findall(row)
        words = _clean(_WORD_STAMP.sub("", _STAMP.sub("", row)))
        found += [(max(0.0, int(m) * 60 + float(s.replace(":", ".")) - early), words) for m, s in stamps]
    found.sort()
    ends = [start for start, _ in found[1:]] + [found[-1][0] + 8.0 if found else 0.0]
    return [Line(start, end, words) for (start, words), end in zip(found, ends, strict=False) if words]


def _srt(text: str) -> list[Line]:
    found = []
    for block in re.split(r"\r?\n\s*\r?\n", text):
        if arrow := _ARROW.search(block):
            h, m, s, ms, h2, m2, s2, ms2 = arrow.groups()
            start = int(h) * 3600 + int(m) * 60 + int(s) + int(ms.ljust(3, "0")) / 1000
            end = int(h2) * 3600 + int(m2) * 60 + int(s2) + int(ms2.ljust(3, "0")) / 1000
            if words := _clean(block[arrow.end() :]):
                found.append(Line(start, max(end, start), words))
    return found


def _clean(text: str) -> str:
    return " ".join(_TAG.sub("", text).split())


def between(lines: list[Line], start: float, end: float) -> str:
    """What is sung from start to end, seconds; "" where nothing is."""
    return " ".join(line.text for line in lines if line.start < end and line.end > start)
