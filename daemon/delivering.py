"""What a rule says of delivery: the film, further films of the same song, their words and chapters.

A format is a further film in another shape, size or frame rate: "9x16", "1x1 720p", "1920x800 25", or a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from daemon.yamlfile import Block

MOST_FORMATS = 8
PHONE_MB = 48.0
_RATES = {"23.976": "24000/1001", "23.98": "24000/1001", "29.97": "30000/1001", "59.94": "60000/1001"}
_SHAPE = re.compile(r"(\d{1,2})[x:](\d{1,2})")
_PIXELS = re.compile(r"(\d{2,4})x(\d{2,4})")
_LINES = re.compile(r"(\d{2,4})p")
_RATE = re.compile(r"\d{1,6}([./]\d{1,4})?")
_SAY = "9x16, 1x1 720p, 16x9 1440p 25 or 1080x1350 will do"

Lyrics = Literal["none", "soft", "burned"]
Preset = Annotated[str, Field(pattern=r"^(ultrafast|superfast|veryfast|faster|fast|medium|slow|slower)$")]


def _rate(value: Any) -> str:
    """A frame rate as an exact fraction. ValueError where it is none."""
    text = _RATES.get(str(value), str(value))
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is no frame rate; 24, 25, 30, 50, 60 or 30000/1001 are") from None
    if not 1 <= rate <= 120:
        raise ValueError(f"{text} frames a second are too many or too few; 1 to 120 will do")
    return text


class Format(Block):
    """A further film. In YAML a plain line of text will do; what it doesn't say is as the film's own."""

    name: str = Field(default="", max_length=40, description="in the file's name; empty: what differs from the film")
    shape: str = Field(default="", description="9x16, 1x1, 4x5, 16x9; empty: the film's")
    lines: int = Field(default=0, ge=0, le=4320, description="pixels of the shorter side: 720, 1080, 1440")
    width: int = Field(default=0, ge=0, le=8192, multiple_of=2)
    height: int = Field(default=0, ge=0, le=8192, multiple_of=2)
    fps: str = ""
    preset: Preset | None = None
    crf: int | None = Field(default=None, ge=0, le=40)
    lyrics: Lyrics | None = None

    @model_validator(mode="before")
    @classmethod
    def _line(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            raise ValueError(f"{value} is no format (YAML reads a bare 9:16 as a number); {_SAY}")
        return _words(value) if isinstance(value, str) else value

    @field_validator("shape")
    @classmethod
    def _shape(cls, value: str) -> str:
        if not value:
            return ""
        found = _SHAPE.fullmatch(value)
        wide, high = (int(side) for side in found.groups()) if found else (0, 0)
        if not wide or not high or not 1 / 4 <= wide / high <= 4:
            raise ValueError(f"{value!r} is no shape of a film; 16x9, 9x16, 1x1 or 4x5 are")
        return f"{wide}x{high}"

    @field_validator("fps", mode="before")
    @classmethod
    def _fps(cls, value: Any) -> str:
        return _rate(value) if value else ""

    @field_validator("lyrics", mode="before")
    @classmethod
    def _lyrics(cls, value: Any) -> Any:
        return "none" if value is False else value

    @model_validator(mode="after")
    def _sizes(self) -> Format:
        if bool(self.width) != bool(self.height):
            raise ValueError("width and height go together; or say the shape: 9x16")
        if self.width and (self.shape or self.lines):
            raise ValueError("either width and height, or shape and lines")
        return self

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Pixels, where the film itself has width x height. Even numbers."""
        if self.width:
            return self.width, self.height
        wide, high = (int(side) for side in self.shape.split("x")) if self.shape else (width, height)
        short = self.lines or min(width, height)
        scale = Fraction(short, min(wide, high))
        return _even(wide * scale), _even(high * scale)


def _even(value: Fraction) -> int:
    return max(2, round(value / 2) * 2)


def _words(text: str) -> dict[str, Any]:
    """A format out of a line: shape or pixels, lines, frame rate. ValueError for any other word."""
    found: dict[str, Any] = {}
    for word in text.lower().replace("×", "x").replace("fps", " ").split():
        said: dict[str, Any]
        if _SHAPE.fullmatch(word):
            said = {"shape": word}
        elif match := _PIXELS.fullmatch(word):
            said = {"width": int(match[1]), "height": int(match[2])}
        elif match := _LINES.fullmatch(word):
            said = {"lines": int(match[1])}
        elif _RATE.fullmatch(word):
            said = {"fps": word}
        else:
            raise ValueError(f"{word!r} is no part of a format; {_SAY}")
        if found.keys() & said.keys():
            raise ValueError(f"{text!r} says two of a kind; {_SAY}")
        found |= said
    if not found:
        raise ValueError(f"an empty format; {_SAY}")
    return found


class Deliver(Block):
    """What lies in the outbox at the end."""

    width: int = Field(default=1920, ge=64, le=8192, multiple_of=2)
    height: int = Field(default=1080, ge=64, le=8192, multiple_of=2)
    fps: str = Field(default="30", description="24, 25, 30, 50, 60, 24000/1001, 30000/1001")
    preset: Preset = "veryfast"
    crf: int = Field(default=20, ge=0, le=40)
    audio_kbps: int = Field(default=320, ge=64, le=512)
    loudness: float | None = Field(default=None, ge=-40, le=-5, description="LUFS; empty: the master is left alone")
    true_peak: float = Field(default=-1.0, ge=-9, le=0, description="dBTP, where loudness is set")
    formats: list[Format] = Field(
        default_factory=list, max_length=MOST_FORMATS, description="further films: 9x16, 1x1 720p, 16x9 1440p 25"
    )
    lyrics: Lyrics = Field(
        default="soft", description="words of an .lrc or .srt: a track to switch on, or in the picture"
    )
    chapters: bool = Field(default=True, description="a chapter for each section")
    phone: float | None = Field(default=None, ge=1, le=2000, description="MB of a further copy for phones; yes: 48")
    poster_line: bool = Field(default=False, description="how many cuts are on the beat, on the poster")

    @field_validator("fps", mode="before")
    @classmethod
    def _fps(cls, value: Any) -> str:
        return _rate(value)

    @field_validator("lyrics", mode="before")
    @classmethod
    def _lyrics(cls, value: Any) -> Any:
        return "none" if value is False else value

    @field_validator("phone", mode="before")
    @classmethod
    def _phone(cls, value: Any) -> Any:
        return (PHONE_MB if value else None) if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _distinct(self) -> Deliver:
        names: dict[str, int] = {}
        for index, further in enumerate(self.further()):
            width, height = further.deliver.width, further.deliver.height
            if not (64 <= width <= 8192 and 64 <= height <= 8192):
                raise _wrong(index, f"a film of {width} x {height} pixels can't be; 64 to 8192 a side will do")
            if not further.name:
                raise _wrong(index, "it is the film itself; another shape, size or frame rate makes another film")
            if further.name.casefold() in names:
                raise _wrong(index, f"it is called {further.name!r} like number {names[further.name.casefold()] + 1}")
            names[further.name.casefold()] = index
        return self

    def rate(self) -> Fraction:
        """Frames a second, exact."""
        return Fraction(self.fps)

    def further(self) -> list[Further]:
        """The further films, in order."""
        return [Further(one.name or " ".join(self._differs(one)), self._as(one)) for one in self.formats]

    def largest(self) -> tuple[int, int]:
        """The greatest width and the greatest height of all the films."""
        every = [self, *(further.deliver for further in self.further())]
        return max(one.width for one in every), max(one.height for one in every)

    def _as(self, one: Format) -> Deliver:
        """How a further film is delivered."""
        width, height = one.size(self.width, self.height)
        own = {
            "width": width,
            "height": height,
            "fps": one.fps or self.fps,
            "preset": one.preset or self.preset,
            "crf": self.crf if one.crf is None else one.crf,
            "lyrics": one.lyrics or self.lyrics,
            "formats": [],
            "phone": None,
        }
        return self.model_copy(update=own)

    def _differs(self, one: Format) -> Iterator[str]:
        """What differs from the film, in words."""
        other = self._as(one)
        if (other.width * self.height) != (other.height * self.width):
            shared = gcd(other.width, other.height)
            exact = f"{other.width // shared}x{other.height // shared}"
            yield one.shape or (exact if len(exact) <= 5 else f"{other.width}x{other.height}")
            if one.lines and one.lines != min(self.width, self.height):
                yield f"{one.lines}p"
        elif other.width != self.width:
            yield f"{min(other.width, other.height)}p"
        if other.rate() != self.rate():
            yield f"{float(other.rate()):.5g} fps"
        if other.lyrics != self.lyrics:
            yield {"none": "no words", "soft": "soft words", "burned": "words"}[other.lyrics]


@dataclass(frozen=True)
class Further:
    """A further film: what it is called beside the title, and how it is delivered."""

    name: str
    deliver: Deliver


def _wrong(index: int, said: str) -> PydanticCustomError:
    return PydanticCustomError("value_error", "{said}", {"said": said, "steps": ["formats", index]})
