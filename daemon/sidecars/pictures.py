"""prompts.json, renders.json, decisions.json, approval.json: what to draw, what was drawn, what people say of it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from daemon.sidecars.base import Part, Sidecar


class Prompt(Part):
    """What to draw for one picture of the film."""

    slot: str  # "01", "02", ... in the film's order
    section: int  # index into analysis.sections
    start: float
    end: float
    prompt: str  # whole, ready to send: subject, action, place, cast, style
    negative: str = ""
    seed: int
    subject: str = ""  # this picture's own part of the prompt
    framing: str = ""  # wide, medium, close
    scene: str = ""  # a hint for painters that know scenes by name
    time_of_day: str = ""
    characters: list[str] = Field(default_factory=list)
    pose: str = ""
    writer: str = "templates"
    fallback_because: str = ""


class Prompts(Sidecar):
    """prompts.json: the pictures of the film, in order; what holds all through is stated once."""

    file: ClassVar[str] = "prompts.json"
    place: str = ""
    cast: str = ""
    wardrobe: str = ""
    time_of_day: str = ""
    style: str = ""
    negative: str = ""
    palette: list[str] = Field(default_factory=list)  # "#rrggbb"
    mood: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)  # what a person should know: "the song would take 900 pictures"
    prompts: list[Prompt] = Field(default_factory=list)


class Picture(Part):
    """One candidate. Its id is slot + candidate: "03b"."""

    slot: str
    candidate: str
    file: str
    fingerprint: str
    width: int
    height: int
    seed: int = 0
    prompt: str = ""
    origin: Literal["painted", "own", "person"] = "painted"
    painter: str = ""
    model: str = ""  # the model files that an outside painter used
    fallback_because: str = ""
    note: str = ""  # the redo's note, where this is one
    notes: list[str] = Field(default_factory=list)  # all notes that led to it, oldest first
    replaces: str = ""  # the id that was asked to be done again
    asked_at: str = ""  # `at` of the decision that asked for it
    scene: dict[str, Any] = Field(default_factory=dict)  # the painter's own parameters, for layers

    @property
    def id(self) -> str:
        """'03b'."""
        return self.slot + self.candidate


class Renders(Sidecar):
    """renders.json: the candidates. `round` grows with each redo."""

    file: ClassVar[str] = "renders.json"
    round: int = 1
    pictures: list[Picture] = Field(default_factory=list)
    contact_sheet: str = ""  # the first
    contact_sheets: list[str] = Field(default_factory=list)  # all of them, twelve slots each
    animatic: str = ""
    estimate: str = ""  # what becoming clips would cost, one line; "" where nobody makes clips
    notes: list[str] = Field(default_factory=list)  # what a person should know: "tree.heic can't be read"


Verdict = Literal["ok", "no", "redo", "undecided"]


class Decision(Part):
    """One word on one picture ("*": all of them), by someone, some way."""

    picture: str
    verdict: Verdict
    by: str = ""
    way: str = ""  # rename, delete, replace, sentinel, folder, command, telegram, rule
    at: str = ""  # ISO 8601, for people
    note: str = ""
    file: str = ""  # the person's own version, copied into the job folder
    fingerprint: str = ""
    width: int = 0  # of the person's own version
    height: int = 0


class Wish(Part):
    """A picture that is to be painted again, and the note that came with the wish."""

    picture: str
    slot: str
    note: str = ""


class Decisions(Sidecar):
    """decisions.json: the last word on each picture, while people decide."""

    file: ClassVar[str] = "decisions.json"
    decisions: list[Decision] = Field(default_factory=list)  # at most one a picture
    whole: Literal["", "approved", "rejected", "cancelled"] = ""
    whole_by: str = ""
    whole_way: str = ""
    redone: dict[str, str] = Field(default_factory=dict)  # picture id -> id of its repainting
    wanted: list[Wish] = Field(default_factory=list)  # what the round of painting that is due is to paint
    desk: dict[str, Any] = Field(default_factory=dict)  # desk.py's memory of what it laid out
    heard: list[int] = Field(default_factory=list)  # the chat's latest updates whose words are in here


class Approval(Sidecar):
    """approval.json: which pictures the film is made of, and who said so."""

    file: ClassVar[str] = "approval.json"
    outcome: Literal["approved"] = "approved"
    pictures: dict[str, list[Picture]] = Field(default_factory=dict)  # by slot, in order of preference
    decisions: list[Decision] = Field(default_factory=list)
    because: str = ""  # "3 of 3 slots approved by rename", "the rule approves by itself"
    at: str = ""
