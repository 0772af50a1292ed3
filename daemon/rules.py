"""Rules: which drops a rule takes, their look, who approves, how it is cut, what is delivered.

A rule is a YAML file in `rules/`. The deepest folder wins, then `priority`, then `default`; a tie is
refused when the rules are loaded.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from daemon import hours, riding
from daemon.delivering import Deliver
from daemon.yamlfile import Block

Kind = Literal["song", "video", "brief", "track"]
ROLES = ("intro", "verse", "build", "drop", "break", "chorus", "bridge", "outro", "section", "any")
ALL = "all"  # the cast's name where it is given as one line
PLACEHOLDER = re.compile(r"\{(\w+)\}")
TEMPLATE_WORDS = (
    *("framing", "subject", "action", "scene", "place", "cast", "wardrobe", "time_of_day", "enhancements", "mood"),
    *("colours", "lyric", "style", "title", "artist", "genre", "key", "role", "energy"),
)


class Paint(Block):
    """Hints for painters that know scenes, characters and poses by name; others go by the words."""

    scene: str = Field(default="", description="a scene of the built-in painter: industrial club, temple, ...")
    characters: list[str] = Field(default_factory=list, description="characters of the built-in painter")
    pose: str = Field(default="", description="idle, step left, step right, dance, headbang, arms up, walk, sit")


class Scene(Block):
    """Where a picture happens. In YAML a plain line of text will do."""

    text: str = Field(min_length=1)
    time_of_day: str = Field(default="", description="instead of the look's own, for this scene")
    paint: Paint = Field(default_factory=Paint)

    @model_validator(mode="before")
    @classmethod
    def _line(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class Action(Scene):
    """What the cast does. `{name}` stands for a member of the cast, described in full."""

    framing: Literal["", "wide", "medium", "close"] = Field(default="", description="only for this framing; empty: any")
    at: list[str] = Field(default_factory=list, description="only in these scenes of the painter; empty: anywhere")


class Member(Block):
    """One of the cast: said once, the same words in every picture that shows them."""

    text: str = Field(min_length=1, description="who they are, as a noun phrase")
    wardrobe: str = ""
    paint: str = Field(default="", description="the built-in painter's character")
    reference: str = Field(
        default="", max_length=200, description="a picture of them, in rules/, for workflows that take references"
    )

    @field_validator("reference")
    @classmethod
    def _inside(cls, value: str) -> str:
        if value and (value.startswith("/") or "\\" in value or ".." in value.split("/")):
            raise ValueError(f"{value!r} must lie in rules/; such as cast/dj.png")
        return value

    @model_validator(mode="before")
    @classmethod
    def _line(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class Pool(Block):
    """A pool of words, of which the job's seed chooses one for the whole film, each section or each picture."""

    words: list[str] = Field(min_length=1)
    per: Literal["film", "section", "picture"] = "section"

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return {"words": value} if isinstance(value, list) else value


def _known_roles(value: dict[str, Any]) -> dict[str, Any]:
    for role in value:
        if role not in ROLES:
            raise riding.wrong([role], f"{role!r} is no section role; there are {', '.join(ROLES)}")
    return value


def _known_paces(value: dict[str, Any]) -> dict[str, Any]:
    known = ("low", "medium", "high", *ROLES[:-1])
    for name in value:
        if name not in known:
            raise riding.wrong([name], f"{name!r} is no pace; there are {', '.join(known)}")
    return value


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
ByRole = AfterValidator(_known_roles)
Bars = Annotated[float, Field(gt=0, le=256)]
Mapped = Literal[
    "prompt", "negative", "seed", "width", "height", "batch", "frames", "fps", "image", "reference", "prefix"
]
Workflow = Annotated[str, Field(pattern=r"^([\w][\w .+-]*)?$", max_length=100)]


class Look(Block):
    """What the pictures look like. What must hold all through is stated once, here."""

    style: str = ""
    place: str = ""
    cast: dict[str, Member] = Field(default_factory=dict, description="name -> who; or one line, who does everything")
    wardrobe: str = ""
    time_of_day: str = ""
    palette: list[Colour] = Field(default_factory=list, description="'#rrggbb', in quotes; empty: from mood and key")
    negative: str = ""
    sheet: Literal["bold", "ink", "neon"] = Field(default="bold", description="the built-in painter's way of drawing")
    scenes: Annotated[dict[str, list[Scene]], ByRole] = Field(
        default_factory=dict, description="section role (or 'any') -> places, chosen by the job's seed"
    )
    actions: Annotated[dict[str, list[Action]], ByRole] = Field(
        default_factory=dict, description="section role (or 'any') -> what the cast does"
    )
    framing: Annotated[dict[str, list[Literal["wide", "medium", "close"]]], ByRole] = Field(
        default_factory=dict, description="section role (or 'any') -> order of framings; empty: the built-in order"
    )
    camera: dict[Literal["wide", "medium", "close"], list[str]] = Field(
        default_factory=dict, description="framing -> ways to say it; empty: the built-in ones"
    )
    enhancements: dict[str, Pool] = Field(
        default_factory=dict, description="named pools (lighting, lens, weather); one of each is chosen"
    )
    mood_words: dict[str, str] = Field(
        default_factory=dict,
        description="mood as heard (or fierce, euphoric, brooding, serene; major, minor) -> words added to the prompt",
    )
    template: str = Field(default="", description="how a prompt is put together; empty: the built-in order")

    @field_validator("cast", mode="before")
    @classmethod
    def _one_line(cls, value: Any) -> Any:
        return ({ALL: value} if value else {}) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names(self) -> Look:
        for role, actions in self.actions.items():
            for index, action in enumerate(actions):
                unknown = sorted(set(PLACEHOLDER.findall(action.text)) - set(self.cast))
                if unknown and ALL not in self.cast:
                    there = ", ".join(f"{{{name}}}" for name in self.cast) or "nobody by name"
                    said = f"{{{unknown[0]}}} is not in the cast; there is {there}"
                    raise riding.wrong(["actions", role, index], said)
        known = {*TEMPLATE_WORDS, *self.enhancements}
        if unknown := sorted(set(PLACEHOLDER.findall(self.template)) - known):
            raise riding.wrong(["template"], f"{{{unknown[0]}}} is none of {', '.join(sorted(known))}")
        return self


class Pictures(Block):
    """How many pictures, and of which size."""

    seconds: float = Field(default=8.0, gt=0.5, description="at least one picture per so many seconds of a section")
    least: int = Field(default=2, ge=1, description="at least so many pictures a section")
    candidates: int = Field(default=2, ge=1, le=6, description="how many to choose from, for each picture")
    painter: Literal["auto", "builtin", "comfyui", "own"] = "auto"
    width: int = Field(default=0, ge=0, le=8192, description="pixels; 0: a quarter more than the film, for the camera")
    height: int = Field(default=0, ge=0, le=8192, description="pixels; 0: as width")
    workflow: Workflow = Field(
        default="", description="ComfyUI: the name of a file in rules/workflows; empty: comfyui.workflow"
    )
    reference_workflow: Workflow = Field(
        default="", description="ComfyUI: the workflow for pictures whose cast has reference pictures; empty: workflow"
    )
    mapping: dict[Mapped, str | list[str]] = Field(
        default_factory=dict, description="ComfyUI: what (prompt, seed, ...) -> where in the workflow; found otherwise"
    )
    models: dict[str, str] = Field(
        default_factory=dict, description="ComfyUI: model file of the workflow, or its place -> the file to use"
    )
    references: bool = Field(default=True, description="ComfyUI: pictures of the cast go into its reference inputs")
    gpu_hours: str = Field(default="", description="hours in which servers may be used, such as 22-7; empty: any")

    @field_validator("gpu_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        hours.parse(value)
        return value


class Writing(Block):
    """Who writes the prompts. In YAML one word will do."""

    by: Literal["auto", "templates", "ollama", "openai", "gemini"] = Field(
        default="auto", description="auto: the first that is set up, else the built-in templates"
    )
    audio: bool = Field(default=False, description="the song itself may be sent to a writer that can listen (Gemini)")
    idea: str = Field(default="", max_length=600, description="what a language model is to make of it: a story, a mood")

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"by": value} if isinstance(value, str) else value


MOTION = (*ROLES[:-1], "low", "medium", "high")


class Animate(Block):
    """Which approved stills become clips, and by whom; the rest is composited on the beat."""

    by: Literal["auto", "comfyui", "http", "off"] = Field(
        default="auto", description="auto: ComfyUI where one is set, else the HTTP animator, else nobody"
    )
    budget_minutes: float = Field(default=60.0, ge=0, le=1440, description="minutes that all clips together may take")
    profile: Literal["12gb", "24gb"] = Field(default="12gb", description="ComfyUI: memory of the card")
    workflow: Workflow = Field(default="", description="ComfyUI: a file in rules/workflows; empty: the profile's own")
    mapping: dict[str, str | list[str]] = Field(
        default_factory=dict, description="ComfyUI: what (prompt, image, ...) -> where in the workflow; found otherwise"
    )
    models: dict[str, str] = Field(
        default_factory=dict, description="ComfyUI: model file of the workflow, or its place -> the file to use"
    )
    motion: dict[str, str] = Field(
        default_factory=dict, description="section role or energy -> what moves; '' for none; else the built-in words"
    )
    negative: str = Field(default="", description="what clips should not show; empty: the built-in words")

    @field_validator("motion")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name not in MOTION:
                raise riding.wrong([name], f"{name!r} is no section role or energy; there are {', '.join(MOTION)}")
        return value


class Approve(Block):
    """Who approves, what is enough, and what silence means."""

    by: Literal["people", "auto"] = "people"
    enough: Literal["all", "most", "one"] = Field(default="all", description="share of the slots that need an ok")
    silence: Literal["hold", "approve", "reject"] = "hold"
    after: float = Field(default=72.0, ge=0, description="hours after which silence counts")
    remind: float = Field(default=24.0, ge=0, description="hours after which a reminder is sent; 0: never")
    grace: float | None = Field(default=None, ge=0, description="seconds of quiet after enough; empty: as set")
    tidy: bool = Field(default=False, description="the pictures are removed from Telegram once they are decided")


class Edit(Block):
    """How the film is cut, and which effects ride on what."""

    least_shot: float = Field(default=0.5, gt=0.03, description="the shortest shot, in seconds")
    pace: Annotated[dict[str, Bars], AfterValidator(_known_paces)] = Field(
        default_factory=lambda: {"low": 4.0, "medium": 2.0, "high": 1.0},
        description="bars a shot, by section energy (low, medium, high) or by role",
    )
    drift: float = Field(default=0.12, ge=0, le=0.5, description="Ken Burns travel over a shot, share of the picture")
    anticipate: int = Field(default=0, ge=0, le=2, description="frames by which a cut runs ahead of its beat")
    flashes: bool = Field(
        default=True, description="no: neither full-screen flashes nor strobes, whatever else is said"
    )
    mirror: bool = Field(default=True, description="painted pictures may come back the other way round")
    wipe: Literal["auto", "diagonal", "iris", "ink"] = Field(
        default="auto", description="how a wipe looks; auto: as the way of drawing"
    )
    effects: Annotated[dict[str, dict[str, float]], BeforeValidator(riding.whole)] = Field(
        default_factory=lambda: {event: dict(effects) for event, effects in riding.BUILT_IN.items()},
        description="musical event -> effect -> amount: what rides on what",
    )

    @model_validator(mode="before")
    @classmethod
    def _old_words(cls, value: Any) -> Any:
        return riding.modern(value) if isinstance(value, dict) else value


class Rule(Block):
    """One rule."""

    name: str
    kind: Kind = "song"
    folder: str = Field(default="", description="inbox folder that it takes, 'songs/cartoon'; sub-folders too")
    also: list[str] = Field(default_factory=list, description="further inbox folders that it takes")
    match: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field(
        default_factory=list, description="file patterns; empty: all of its kind"
    )
    priority: int = 0
    default: bool = False
    description: str = ""
    take: Literal["move", "copy"] = "move"
    whole_folders: bool = Field(default=True, description="a dropped folder is one drop")
    look: Look = Field(default_factory=Look)
    writer: Writing = Field(default_factory=Writing)
    pictures: Pictures = Field(default_factory=Pictures)
    approve: Approve = Field(default_factory=Approve)
    animate: Animate = Field(default_factory=Animate)
    edit: Edit = Field(default_factory=Edit)
    deliver: Deliver = Field(default_factory=Deliver)

    @field_validator("folder")
    @classmethod
    def _folder(cls, value: str) -> str:
        return _inbox_folder(value)

    @field_validator("also")
    @classmethod
    def _also(cls, value: list[str]) -> list[str]:
        return [_inbox_folder(folder) for folder in value]

    def folders(self) -> list[str]:
        """The inbox folders that it takes; "" is every one of its kind."""
        return list(dict.fromkeys([self.folder, *self.also]))


def _inbox_folder(value: str) -> str:
    """A folder under inbox/, in plain form. ValueError where it leads elsewhere."""
    steps = unicodedata.normalize("NFC", value).strip("/").split("/")
    if (
        value.startswith("/")
        or "\\" in value
        or any(step in ("", ".", "..") or step[0] == "." for step in steps if value)
    ):
        raise ValueError(f"{value!r} is no folder under inbox/; such as songs/cartoon, without leading slash or dots")
    return "/".join(steps)
