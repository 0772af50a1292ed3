"""Words with times: .lrc and .srt texts as lines, and lines as captions of a film. Pure.

Times are seconds. Whatever wrote the file: other encodings, several stamps a line, an offset, cues that overlap, end
before they begin or lie beyond the song. Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

from daemon.film.values import Caption, frame_at

_STAMP = re.compile(r"\[\s*(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.:,](\d{1,3}))?\s*\]")
_WORD_STAMP = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_OFFSET = re.compile(r"\[\s*offset\s*:\s*([+-]?\s*\d{1,9})\s*\]", re.IGNORECASE)
_MOMENT = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_ARROW = re.compile(_MOMENT + r"\s{0,4}-{1,2}>\s{0,4}" + _MOMENT)
_TAG = re.compile(r"<[/a-zA-Z][^<>]{0,100}>|\{\\[^}]{0,100}\}")
_LONGEST = 10.0  # seconds that a line without an end of its own stays
_SHORTEST = 1.5  # seconds that a line whose end can't be is given
_MOST = 20_000
_LETTERS = 300  # of a line
_AT_ONCE = 3  # lines on the screen
_ROWS = 6  # of a cue


@dataclass(frozen=True)
class Line:
    """One line; end is its own, or where the next one starts. Seconds."""

    start: float
    end: float
    text: str


def text_of(data: bytes) -> str:
    """The text of a lyrics file, whatever wrote it: UTF-8, UTF-16 with its mark or without, else Western European."""
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return data.decode("utf-32", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    head = data[:400]
    for zeros, name in ((head[1::2], "utf-16-le"), (head[::2], "utf-16-be")):
        if len(zeros) > 4 and zeros.count(0) > 0.6 * len(zeros):
            return data.decode(name, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A file that was cut off in the middle of a letter is UTF-8 all the same.
        if error.start > len(data) - 4 and error.start > 8:
            return data[: error.start].decode("utf-8-sig")
        return data.decode("cp1252", "replace")


def parse(text: str) -> list[Line]:
    """The timed lines of an .lrc or .srt text, in order; none where it holds no times."""
    lines = _srt(text) if _ARROW.search(text) else _lrc(text)
    return sorted(lines, key=lambda line: (line.start, line.end))[:_MOST]


def _lrc(text: str) -> list[Line]:
    shift = _OFFSET.search(text)
    # A positive offset makes the words come earlier.
    early = int(shift.group(1).replace(" ", "")) / 1000 if shift else 0.0
    found: list[tuple[float, str]] = []
    for row in text.splitlines():
        stamps = _STAMP.findall(row)
        words = _clean(_WORD_STAMP.sub("", _STAMP.sub("", row)))
        found += [(max(0.0, _seconds(*stamp) - early), words) for stamp in stamps]
        if len(found) > 2 * _MOST:
            break
    # The sort is stable: a line and its translation, of one time, stay in the order they were written in.
    groups = [(start, [words for _, words in group]) for start, group in groupby(sorted(found, key=_first), key=_first)]
    lines = []
    for number, (start, group) in enumerate(groups):
        after = groups[number + 1][0] if number + 1 < len(groups) else start + _LONGEST
        if words := "\n".join(filter(None, dict.fromkeys(group))):
            lines.append(Line(start, min(after, start + _LONGEST), words))
    return lines


def _first(pair: tuple[float, str]) -> float:
    return pair[0]


def _srt(text: str) -> list[Line]:
    found: list[tuple[float, float, list[str]]] = []
    within = False
    for row in text.splitlines():
        if arrow := _ARROW.search(row):
            if within and found[-1][2] and found[-1][2][-1].isdigit():
                found[-1][2].pop()  # the number of this cue, where no empty line stands before it
            parts = arrow.groups()
            found.append((_seconds(*parts[:4]), _seconds(*parts[4:]), []))
            within = True
            if len(found) > _MOST:
                break
        elif within and row.strip() and len(found[-1][2]) < _ROWS:
            found[-1][2].append(_clean(row))
        elif not row.strip():
            within = within and not found[-1][2]
    return [
        Line(start, end if end > start else start + _SHORTEST, words)
        for start, end, rows in found
        if (words := "\n".join(filter(None, rows)))
    ]


def _seconds(hours: str | None, minutes: str, seconds: str, part: str | None) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int((part or "0").ljust(3, "0")) / 1000


def _clean(text: str) -> str:
    seen = "".join(letter if letter.isprintable() or letter.isspace() else "" for letter in _TAG.sub("", text[:4000]))
    return " ".join(seen.replace("-->", "\u2192").split())[:_LETTERS]


def captions(lines: Sequence[Line], fps: Fraction, frames: int) -> list[Caption]:
    """What is read in each stretch of a film, in order, none overlapping: lines sung at once stand above each other.

    What lies beyond the film's end is left out.
    """
    spans = [(frame_at(line.start, fps), frame_at(line.end, fps), line.text) for line in lines]
    spans = [(start, min(max(end, start + 1), frames), text) for start, end, text in spans if start < frames]
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    found: list[Caption] = []
    waiting, active = sorted(spans, key=lambda span: span[0]), list[tuple[int, int, str]]()
    at = 0
    for start, end in pairwise(edges):
        while at < len(waiting) and waiting[at][0] <= start:
            active.append(waiting[at])
            at += 1
        active = [span for span in active if span[1] > start]
        text = "\n".join(dict.fromkeys(span[2] for span in active[-_AT_ONCE:]))
        if found and text and found[-1].text == text and found[-1].end == start:
            found[-1] = Caption(found[-1].start, end, text)
        elif text:
            found.append(Caption(start, end, text))
    return found


def srt(found: Sequence[Caption], fps: Fraction) -> str:
    """Captions as an .srt text."""
    return "".join(
        f"{number}\n{_clock(one.start, fps)} --> {_clock(one.end, fps)}\n{one.text}\n\n"
        for number, one in enumerate(found, 1)
    )


def _clock(frame: int, fps: Fraction) -> str:
    whole, part = divmod(round(Fraction(frame) / fps * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{part:03d}"
