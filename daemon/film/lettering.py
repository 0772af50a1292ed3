"""Letters on pictures: Pillow's built-in font, which has ASCII alone; a system's font where other letters want one.

No system font is assumed: letters that none of those looked for has are taken apart (é to e) or left out.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from PIL import ImageFont, features

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Looked for by name, wherever the system keeps its fonts.
_SYSTEM = (
    *("NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "FreeSans.ttf", "Arial.ttf"),
    *("NotoSansCJK-Regular.ttc", "DroidSansFallbackFull.ttf", "Arial Unicode.ttf", "arialuni.ttf"),
)
_ALIKE = {
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."},
    **{"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d"},
    **{"Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H"},
}


def lettered(text: str, size: int) -> tuple[str, Font]:
    """A text on one line as it can be drawn, and the font to draw it in, `size` pixels high."""
    line = _line(text)
    if line.isascii():
        return line, font(size)
    best: tuple[int, str, Font] = (sum(not letter.isascii() for letter in line), plain(line), font(size))
    for face in filter(None, (_system(name, size) for name in _SYSTEM)):
        nothing = _shape(face, "\U0010fffe")
        lacks = {letter for letter in set(line) if letter != " " and _shape(face, letter) == nothing}
        count = sum(letter in lacks for letter in line)
        if count < best[0]:
            words = "".join(plain(letter) if letter in lacks else letter for letter in line)
            best = count, " ".join(words.split()), face
    return best[1:]


def plain(text: str) -> str:
    """A text on one line in ASCII alone: other letters are taken apart, or left out."""
    text = "".join(_ALIKE.get(letter, letter) for letter in unicodedata.normalize("NFC", _line(text)))
    return " ".join(unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().split())


def _line(text: str) -> str:
    """A text on one line, without what can't be seen."""
    text = unicodedata.normalize("NFC", text[:1000])
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


# Scripts whose letters join, stack or run from right to left: drawn rightly only where Pillow can shape them.
_SHAPED = (
    *("HEBREW", "ARABIC", "SYRIAC", "THAANA", "NKO", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA"),
    *("TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO", "TIBETAN", "MYANMAR", "KHMER"),
)
_BOLD = ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf", "FreeSansBold.ttf", "Arial Bold.ttf")


@dataclass(frozen=True)
class Hand:
    """One font for many texts. name: a system's font, "" the built-in one; lacks: letters that it can't draw."""

    name: str
    lacks: frozenset[str]

    def font(self, size: int) -> Font:
        """The font, `size` pixels high."""
        return (_system(self.name, size) if self.name else None) or font(size)

    def written(self, text: str) -> tuple[str, frozenset[str]]:
        """A text as it can be drawn, letters that are lacking taken apart (é to e), and those that are lost."""
        lost = frozenset(letter for letter in text if letter in self.lacks and not plain(letter))
        return "".join(plain(letter) if letter in self.lacks else letter for letter in text), lost


def hand_for(texts: Iterable[str]) -> Hand:
    """The font that draws most of what stands in some texts; bold where a system has one."""
    count = Counter(letter for text in texts for letter in unicodedata.normalize("NFC", text))
    for blank in (*" \n\t", " ", "　"):
        count.pop(blank, None)
    unshaped = {letter for letter in count if not _shaping() and unicodedata.name(letter, "").startswith(_SHAPED)}
    best = Hand("", frozenset(letter for letter in count if not letter.isascii()))
    for name in (*_BOLD, *_SYSTEM):
        face = _system(name, 24)
        if face is None:
            continue
        nothing = _shape(face, "\U0010fffe")
        lacks = unshaped | {letter for letter in count if _shape(face, letter) == nothing}
        if sum(count[letter] for letter in lacks) < sum(count[letter] for letter in best.lacks):
            best = Hand(name, frozenset(lacks))
    return best


@cache
def _shaping() -> bool:
    return bool(features.check("raqm"))


@cache
def font(size: int) -> Font:
    """The built-in font."""
    return ImageFont.load_default(size)


@cache
def _system(name: str, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _shape(face: ImageFont.FreeTypeFont, letter: str) -> tuple[tuple[int, int], bytes]:
    """What a letter looks like; a font draws all that it lacks alike."""
    mask = face.getmask(letter)
    return mask.size, bytes(mask)
