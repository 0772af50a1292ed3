"""Rules: which drops a rule takes, their look, who approves, how it is cut, what is delivered.

A rule is a YAML file in `rules/`. The deepest folder wins, then `priority`, then `default`; a tie is
refused when the rules are loaded.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Kind = Literal["song", "video", "brief", "track"]


class Block(BaseModel):
    """A part of a rule. Unknown names are refused: a typing error must not pass for a setting."""

    model_config = ConfigDict(extra="forbid")


class Look(Block):
    """What the pictures look like. What must hold all through is stated once, here."""

    style: str = ""
    place: str = ""
    cast: str = ""
    wardrobe: str = ""
    time_of_day: str = ""
    palette: list[str] = Field(default_factory=list, description="#rrggbb; empty: from mood and key")
    negative: str = ""
    sheet: Literal["bold", "ink", "neon"] = Field(default="bold", description="the built-in painter's way of drawing")
    scenes: dict[str, list[str]] = Field(
        default_factory=dict, description="section role (or 'any') -> scene descriptions, chosen by the job's seed"
    )
    actions: dict[str, list[str]] = Field(
        default_factory=dict, description="section role (or 'any') -> what the cast does"
    )
    enhancements: dict[str, list[str]] = Field(default_factory=dict, description="named pools; one of each is chosen")
    mood_words: dict[str, str] = Field(default_factory=dict, description="mood -> words added to the prompt")
    template: str = Field(default="", description="how a prompt is put together; empty: the built-in order")


class Pictures(Block):
    """How many pictures, and of which size."""

    seconds: float = Field(default=8.0, gt=0.5, description="at least one picture per so many seconds of a section")
    least: int = Field(default=2, ge=1, description="at least so many pictures a section")
    candidates: int = Field(default=2, ge=1, le=6, description="how many to choose from, for each picture")
    painter: Literal["auto", "builtin", "comfyui", "own"] = "auto"
    width: int = Field(default=1920, ge=64, le=8192)
    height: int = Field(default=1080, ge=64, le=8192)


class Approve(Block):
    """Who approves, what is enough, and what silence means."""

    by: Literal["people", "auto"] = "people"
    enough: Literal["all", "most", "one"] = Field(default="all", description="share of the slots that need an ok")
    silence: Literal["hold", "approve", "reject"] = "hold"
    after: float = Field(default=72.0, ge=0, description="hours after which silence counts")
    remind: float = Field(default=24.0, ge=0, description="hours after which a reminder is sent; 0: never")
    grace: float | None = Field(default=None, ge=0, description="seconds of quiet after enough; empty: as set")


class Edit(Block):
    """How the film is cut, and which effects ride on what."""

    least_shot: float = Field(default=0.5, gt=0.03, description="the shortest shot, in seconds")
    pace: dict[str, float] = Field(
        default_factory=lambda: {"low": 4.0, "medium": 2.0, "high": 1.0},
        description="bars a shot, by section energy (low, medium, high) or by role",
    )
    zoom: float = Field(default=0.05, ge=0, le=0.5, description="zoom on strong beats, share of the picture")
    shake: float = Field(default=0.006, ge=0, le=0.1, description="shake by bass, share of the picture")
    drift: float = Field(default=0.12, ge=0, le=0.5, description="Ken Burns travel over a shot, share of the picture")
    flash: float = Field(default=0.8, ge=0, le=1, description="flash on drops")
    crossfade: float = Field(default=0.8, ge=0, le=4, description="seconds of cross-fade in quiet parts")
    anticipate: int = Field(default=0, ge=0, le=2, description="frames by which a cut runs ahead of its beat")
    fade_in: float = Field(default=0.5, ge=0, le=5)
    fade_out: float = Field(default=1.0, ge=0, le=10)
    flashes: bool = Field(default=True, description="no: no full-screen flashes at all")


class Deliver(Block):
    """What lies in the outbox at the end."""

    width: int = Field(default=1920, ge=64, le=8192, multiple_of=2)
    height: int = Field(default=1080, ge=64, le=8192, multiple_of=2)
    fps: str = Field(default="30", description="24, 25, 30, 50, 60, 24000/1001, 30000/1001")
    preset: str = Field(default="veryfast", pattern=r"^(ultrafast|superfast|veryfast|faster|fast|medium|slow|slower)$")
    crf: int = Field(default=20, ge=0, le=40)
    audio_kbps: int = Field(default=320, ge=64, le=512)
    loudness: float | None = Field(default=None, ge=-40, le=-5, description="LUFS; empty: the master is left alone")
    true_peak: float = Field(default=-1.0, ge=-9, le=0, description="dBTP, where loudness is set")

    @field_validator("fps", mode="before")
    @classmethod
    def _fps(cls, value: Any) -> str:
        names = {"23.976": "24000/1001", "29.97": "30000/1001", "59.94": "60000/1001"}
        text = names.get(str(value), str(value))
        rate = Fraction(text)
        if not 1 <= rate <= 120:
            raise ValueError("frames a second must lie between 1 and 120")
        return text

    def rate(self) -> Fraction:
        """Frames a second, exact."""
        return Fraction(self.fps)


class Rule(Block):
    """One rule."""

    name: str
    kind: Kind = "song"
    folder: str = Field(default="", description="inbox folder that it takes, 'songs/cartoon'; sub-folders too")
    match: list[str] = Field(default_factory=list, description="file patterns; empty: all of its kind")
    priority: int = 0
    default: bool = False
    description: str = ""
    take: Literal["move", "copy"] = "move"
    whole_folders: bool = Field(default=True, description="a dropped folder is one drop")
    look: Look = Field(default_factory=Look)
    pictures: Pictures = Field(default_factory=Pictures)
    approve: Approve = Field(default_factory=Approve)
    edit: Edit = Field(default_factory=Edit)
    deliver: Deliver = Field(default_factory=Deliver)
