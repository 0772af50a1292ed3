"""The words for how a song feels: a table in `rules/moods.yaml` that people edit, over what the listener measured.

Each word has the ranges (0..1) in which it is said. The table is read by the coordinator, stands in job.json as it
was when the song was dropped, and is handed down from there.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from daemon.sidecars import Analysis

FILE = "moods.yaml"
BUILT_IN = "built-in"
_WORD = re.compile(r"\w[\w' -]{0,39}")


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise ValueError("two numbers, the lower one first")
    return value


Range = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]], AfterValidator(_rising)
]


class Feeling(BaseModel):
    """When a word is said: from the lower bound on, below the upper one (1 is within). All that is given must hold."""

    model_config = ConfigDict(extra="forbid")

    valence: Range = (0.0, 1.0)
    arousal: Range = (0.0, 1.0)
    energy: Range = (0.0, 1.0)
    danceability: Range = (0.0, 1.0)

    def holds(self, measured: Mapping[str, float]) -> bool:
        """Whether measured values (0..1, by the names above) lie in every range."""
        for name in type(self).model_fields:
            low, high = getattr(self, name)
            value = measured.get(name, 0.5)
            if not (low <= value < high or (high == 1.0 and value >= low)):
                return False
        return True


class Moods(BaseModel):
    """A table of words, in the order in which they are said."""

    model_config = ConfigDict(extra="forbid")

    most: int = Field(default=3, ge=1, le=8, description="words a song gets at most")
    words: dict[str, Feeling] = Field(min_length=1, max_length=200)

    @field_validator("words")
    @classmethod
    def _plain(cls, value: dict[str, Feeling]) -> dict[str, Feeling]:
        for word in value:
            if not _WORD.fullmatch(word):
                said = f"{word!r} is no word of at most 40 letters"
                raise PydanticCustomError("value_error", "{said}", {"said": said, "steps": [word]})
        return value

    def of(self, measured: Mapping[str, float]) -> list[str]:
        """The words for measured valence, arousal, energy and danceability (0..1): the first `most` that hold."""
        return [word for word, feeling in self.words.items() if feeling.holds(measured)][: self.most]


def built_in() -> Moods:
    """The four quarters of the plane of valence and arousal (Russell, A circumplex model of affect, 1980).

    For a root without a table, and where the table is wrong from the start.
    """
    low, high = (0.0, 0.5), (0.5, 1.0)
    return Moods(
        words={
            "joyful": Feeling(valence=high, arousal=high),
            "dark": Feeling(valence=low, arousal=high),
            "calm": Feeling(valence=high, arousal=low),
            "melancholic": Feeling(valence=low, arousal=low),
        }
    )


def say(analysis: Analysis, plain: dict[str, Any]) -> None:
    """Gives an analysis its words by a table in plain data (as job.json keeps it), and says whose table it was.

    The built-in one stands in where there is none, or none that can be used; silence has no mood.
    """
    table, analysis.mood_by = built_in(), BUILT_IN
    if plain:
        with contextlib.suppress(ValidationError):  # of a newer version, perhaps
            table, analysis.mood_by = Moods.model_validate(plain), FILE
    measured = {name: float(getattr(analysis, name)) for name in Feeling.model_fields}
    analysis.mood = table.of(measured) if analysis.loudness.integrated_lufs is not None else []
