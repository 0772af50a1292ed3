"""What a person says about the beats, which is then the truth: tempo, first beat, metre, or a file of beats."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.errors import FinalFault

MOST = 20  # beats a second in a beats file
_LIMIT = 4 << 20


@dataclass(frozen=True)
class Said:
    """None where nothing was said. tempo in BPM, first_beat in seconds, metre in beats a bar."""

    tempo: float | None = None
    first_beat: float | None = None
    metre: int | None = None


def read(overrides: dict[str, Any]) -> Said:
    """What the overrides say of the beats. FinalFault, with name and value, for what makes no sense."""
    return Said(
        _number(overrides, "tempo", 20, 400, "beats a minute between 20 and 400"),
        _number(overrides, "first_beat", 0, 36000, "seconds from the start of the song"),
        _metre(overrides.get("metre", overrides.get("meter"))),
    )


def _number(overrides: dict[str, Any], name: str, low: float, high: float, expected: str) -> float | None:
    value = overrides.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not low <= number <= high:
        raise _wrong(name, value, expected)
    return number


def _metre(value: Any) -> int | None:
    if value is None or value == "":
        return None
    text = str(value).strip()
    found = re.fullmatch(r"(\d{1,2})(?:/\d{1,2})?", text)
    if not found or not 1 <= int(found[1]) <= 32:
        raise _wrong("metre", value, "beats a bar between 1 and 32, such as 4 or 7/8")
    return int(found[1])


def _wrong(name: str, value: Any, expected: str) -> FinalFault:
    return FinalFault(
        f"the override {name} can't be {value!r}",
        f"expected {expected}",
        "Mend the YAML file beside the song, then `dropreel retry` the job.",
        {"field": name, "found": value, "expected": expected},
    )


def check(said: Said, duration: float) -> None:
    """FinalFault where what was said can't be so in a song of so many seconds."""
    if said.first_beat is not None and said.first_beat >= duration:
        raise _wrong("first_beat", said.first_beat, f"a moment within the song, which is {duration:.2f} s long")


def read_beats(path: Path, duration: float, name: str = "") -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    """Beats from a file: (times in seconds, indices of downbeats or None where the file doesn't say).

    One beat a line: `seconds`, `seconds position` (1: the bar's first), CSV of the same, or Audacity
    labels (`start end label`; a label of 1, or one that starts with D, is a downbeat). Lines that start
    with # or with a word are skipped; times beyond the song are left out; decimal commas are read where
    they can be told from columns. FinalFault, with the line, for one that can't be read; it calls the file
    `name`, as its owner does.
    """
    name = name or path.name
    with open(path, "rb") as source:
        data = source.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise _bad(path, name, 0, "larger than 4 MiB")
    rows: dict[float, bool | None] = {}
    beyond = False
    lines = [line.strip() for line in _text(data).splitlines()]
    commas = _decimal_commas(lines)
    for number, text in enumerate(lines, 1):
        if not text or text.startswith(("#", "\\", ";")):
            continue
        text = re.sub(r"(\d),(\d)", r"\1.\2", text) if commas else text
        cells = [cell.strip(" \"'") for cell in re.split(r"[,;\t]|\s+", text) if cell.strip(" \"'")]
        try:
            time = float(cells[0])
        except (ValueError, IndexError):
            if not rows and re.match(r"[\"']?[A-Za-z]", text):
                continue  # a heading
            raise _bad(path, name, number, text[:60]) from None
        if not math.isfinite(time):
            raise _bad(path, name, number, text[:60])
        if 0 <= time < duration:
            rows[time] = _is_downbeat(cells)
        else:
            beyond = True
    if len(rows) > max(2.0, MOST * duration):
        raise _bad(path, name, 0, f"more than {MOST} beats a second")
    if not rows:
        raise _bad(path, name, 0, "no beat lies within the song" if beyond else "it names no beat")
    times = np.array(sorted(rows))
    marks = [rows[time] for time in sorted(rows)]
    if all(mark is None for mark in marks) or not any(marks):
        return times, None
    return times, np.flatnonzero([bool(mark) for mark in marks])


def _text(data: bytes) -> str:
    """A text file of any editor: UTF-8, UTF-16 with its mark, or something near enough for numbers."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _decimal_commas(lines: list[str]) -> bool:
    """Whether commas stand for decimal points: no point anywhere, and as columns they would make no sense."""
    rows = [found for line in lines if (found := re.match(r"[\"']?(\d+),(\d+)[\"']?(.?)", line))]
    if not rows or any(re.search(r"\d\.\d", line) for line in lines):
        return False
    whole = [int(row[1]) for row in rows]
    rising = all(a < b for a, b in pairwise(whole))
    return not rising or any(len(row[2]) > 2 or row[3] in (";", "\t") for row in rows)


def _is_downbeat(cells: list[str]) -> bool | None:
    if len(cells) == 1 or (len(cells) == 2 and cells[0] == cells[1] and not cells[1].isdecimal()):
        return None
    second = _as_float(cells[1])
    if len(cells) == 2 or second is None or (second != float(cells[0]) and second == int(second) and second < 33):
        mark = cells[1]
    else:
        mark = cells[2] if len(cells) > 2 else ""
    if not mark:
        return None
    value = _as_float(mark)
    return value == 1 if value is not None else mark.lower().startswith("d")


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _bad(path: Path, name: str, line: int, seen: str) -> FinalFault:
    return FinalFault(
        f"the beats file {name}{f', line {line}' if line else ''} can't be read",
        f"there is {seen!r}" if line else seen,
        "Give one time in seconds a line, as text, CSV or Audacity labels.",
        {"path": str(path), "line": line, "found": seen},
    )
