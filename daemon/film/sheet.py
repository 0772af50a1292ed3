"""The contact sheet: what there is to choose from, readable on a phone.

One column of slots, two candidates side by side, big labels; at most twelve slots a page, and a page
below 1.5 MB.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

from daemon.film.lettering import Font, font, lettered

VERSION = "2"
ROWS = 12
LIMIT = 1_500_000

_WIDTH, _MARGIN, _GAP = 1080, 28, 16
_CELL = (_WIDTH - 2 * _MARGIN - _GAP) // 2
_TALLEST = 640  # of a cell: upright pictures are fitted in
_HEAD, _BAR, _ROW_HEAD = 196, 40, 68
_GROUND, _PANEL, _TEXT, _SOFT = (18, 19, 24), (34, 36, 44), (245, 245, 240), (165, 168, 178)
_ROLES = {
    "intro": (86, 156, 214),
    "verse": (96, 178, 140),
    "build": (236, 180, 72),
    "drop": (232, 84, 72),
    "break": (132, 118, 214),
    "chorus": (232, 128, 66),
    "bridge": (66, 178, 190),
    "outro": (122, 136, 160),
    "section": (150, 150, 150),
}


@dataclass(frozen=True)
class Cell:
    """One candidate: its label ("03b"), its picture, the note that it answers, whether it is new, or replaced."""

    label: str
    path: Path
    note: str = ""
    new: bool = False
    past: bool = False


@dataclass(frozen=True)
class Row:
    """One slot: from start to end (seconds) of a section with that role."""

    slot: str
    role: str
    start: float
    end: float
    cells: list[Cell] = field(default_factory=list)


def count(rows: Sequence[Row]) -> int:
    """How many pages the slots take."""
    return max(1, -(-len(rows) // ROWS))


def pages(rows: Sequence[Row]) -> list[list[Row]]:
    """The slots of each page, about equally many on each."""
    total = count(rows)
    edges = [page * len(rows) // total for page in range(total + 1)]
    return [list(rows[start:end]) for start, end in pairwise(edges)]


def draw(
    title: str, subtitle: str, sections: Sequence[tuple[float, float, str]], rows: Sequence[Row], page: int, of: int
) -> bytes:
    """One page as JPEG. sections: (start, end, role) of the whole song, for the bar at the top.

    A picture that can't be read is shown as an empty panel with its label.
    """
    single = all(len(row.cells) <= 1 for row in rows)
    lines = _lines(rows, single)
    heights = [max(_shape(row.cells) for row in line) for line in lines]
    deep = [1 if single else max(1, -(-len(line[0].cells) // 2)) for line in lines]
    tall = sum(_ROW_HEAD + n * (height + _GAP) for n, height in zip(deep, heights, strict=True))
    sheet = Image.new("RGB", (_WIDTH, _HEAD + _BAR + _MARGIN + tall + _MARGIN), _GROUND)
    pen = ImageDraw.Draw(sheet)
    _header(pen, title, subtitle, page, of)
    _bar(pen, sections, rows)
    top = _HEAD + _BAR + _MARGIN
    for line, height, steps in zip(lines, heights, deep, strict=True):
        for column, row in enumerate(line):
            left = _MARGIN + column * (_CELL + _GAP)
            _row_head(pen, row, left, top, _CELL if single else _WIDTH - 2 * _MARGIN)
        cells = [row.cells[0] if row.cells else None for row in line] if single else list(line[0].cells)
        for number, cell in enumerate(cells):
            if cell is not None:
                left = _MARGIN + number % 2 * (_CELL + _GAP)
                _cell(sheet, pen, cell, left, top + _ROW_HEAD + number // 2 * (height + _GAP), height)
        top += _ROW_HEAD + steps * (height + _GAP)
    return _jpeg(sheet)


def _lines(rows: Sequence[Row], single: bool) -> list[list[Row]]:
    """What stands side by side: one slot with its candidates, or two slots that have one each."""
    step = 2 if single else 1
    return [list(rows[i : i + step]) for i in range(0, len(rows), step)]


def _shape(cells: Sequence[Cell]) -> int:
    """How tall a row's cells are: as its first readable picture wants it."""
    for cell in cells:
        try:
            with Image.open(cell.path) as picture:
                return min(_TALLEST, max(160, round(_CELL * picture.height / picture.width)))
        except (OSError, ValueError, SyntaxError):  # SyntaxError: Pillow's word for a broken PNG
            continue
    return _CELL * 9 // 16


def _header(pen: ImageDraw.ImageDraw, title: str, subtitle: str, page: int, of: int) -> None:
    right = _WIDTH - _MARGIN
    if of > 1:
        words = f"{page} of {of}"
        wide = pen.textlength(words, font=font(40))
        pen.text((right - wide, 44), words, fill=_SOFT, font=font(40))
        right -= round(wide) + 24
    for size in (64, 54, 44):
        words, face = _fit(pen, title, size, right - _MARGIN)
        if not words.endswith("..."):
            break
    pen.text((_MARGIN, 94 - size), words, fill=_TEXT, font=face)
    words, face = _fit(pen, subtitle, 34, _WIDTH - 2 * _MARGIN)
    pen.text((_MARGIN, 122), words, fill=_SOFT, font=face)


def _bar(pen: ImageDraw.ImageDraw, sections: Sequence[tuple[float, float, str]], rows: Sequence[Row]) -> None:
    """The song's sections in their colours; those of this page at full height."""
    if not sections or not rows:
        return
    length = max(1e-6, sections[-1][1])
    room = _WIDTH - 2 * _MARGIN
    for start, end, role in sections:
        left, right = (_MARGIN + room * moment / length for moment in (start, end))
        here = start < rows[-1].end and end > rows[0].start
        top = _HEAD if here else _HEAD + 12
        pen.rectangle((left, top, max(left + 1, right - 2), _HEAD + _BAR - 12), fill=_role(role, 1 if here else 0.45))


def _row_head(pen: ImageDraw.ImageDraw, row: Row, left: int, top: int, room: int) -> None:
    pen.rounded_rectangle((left, top + 16, left + 12, top + _ROW_HEAD - 12), 6, fill=_role(row.role))
    words = f"{row.slot}   {row.role}"
    pen.text((left + 28, top + 12), words, fill=_TEXT, font=font(40))
    when = f"{_clock(row.start)} - {_clock(row.end)}"
    wide = pen.textlength(when, font=font(34))
    if left + 28 + pen.textlength(words, font=font(40)) + wide + 20 < left + room:
        pen.text((left + room - wide, top + 16), when, fill=_SOFT, font=font(34))


def _cell(sheet: Image.Image, pen: ImageDraw.ImageDraw, cell: Cell, left: int, top: int, height: int) -> None:
    pen.rectangle((left, top, left + _CELL - 1, top + height - 1), fill=_PANEL)
    try:
        with Image.open(cell.path) as opened:
            opened.draft("RGB", (_CELL, height))
            picture = opened.convert("RGB")
            picture.thumbnail((_CELL, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        if cell.past:
            picture = Image.blend(picture, Image.new("RGB", picture.size, _GROUND), 0.65)
        sheet.paste(picture, (left + (_CELL - picture.width) // 2, top + (height - picture.height) // 2))
    except (OSError, ValueError, SyntaxError):  # SyntaxError: Pillow's word for a broken PNG
        pen.text((left + 24, top + 24), "can't be shown", fill=_SOFT, font=font(34))
    wide = round(pen.textlength(cell.label, font=font(54)))
    pen.rounded_rectangle((left, top + height - 70, left + wide + 32, top + height - 1), 12, fill=(10, 10, 12))
    pen.text((left + 16, top + height - 69), cell.label, fill=_TEXT, font=font(54))
    if cell.new and not cell.past:
        words, face = _fit(pen, f"new: {cell.note}" if cell.note else "new", 34, _CELL - 48)
        wide = round(pen.textlength(words, font=face))
        pen.rounded_rectangle((left, top, left + wide + 32, top + 52), 12, fill=(222, 170, 40))
        pen.text((left + 16, top + 5), words, fill=(20, 16, 4), font=face)


def _role(role: str, strength: float = 1.0) -> tuple[int, int, int]:
    red, green, blue = _ROLES.get(role, _ROLES["section"])
    back = [ground * (1 - strength) for ground in _GROUND]
    return round(red * strength + back[0]), round(green * strength + back[1]), round(blue * strength + back[2])


def _clock(seconds: float) -> str:
    whole = int(seconds + 0.5)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _fit(pen: ImageDraw.ImageDraw, text: str, size: int, room: float) -> tuple[str, Font]:
    """A text cut to a width, with three dots where it was longer, and the font for it."""
    text, face = lettered(text[:300], size)
    if pen.textlength(text, font=face) <= room:
        return text, face
    while text and pen.textlength(text + "...", font=face) > room:
        text = text[:-1]
    return text.rstrip() + "...", face


def _jpeg(sheet: Image.Image) -> bytes:
    """The page as JPEG, as good as the limit lets it be."""
    data = b""
    for quality in (86, 78, 68, 56, 42):
        out = io.BytesIO()
        sheet.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        data = out.getvalue()
        if len(data) <= LIMIT:
            break
    return data
