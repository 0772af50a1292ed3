"""What every language model is asked by and answers with: messages, a sound, a JSON schema; text and tokens.

A model is asked for JSON by a schema as pydantic makes it; each server's own dialect of it is made here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from daemon.backends.http import Limit


@dataclass(frozen=True)
class Message:
    """One turn of the conversation."""

    role: Literal["user", "model"]
    text: str


@dataclass(frozen=True)
class Sound:
    """A song that may be sent along. media: its type; size: bytes."""

    path: Path
    media: str
    size: int


@dataclass(frozen=True)
class Answer:
    """What a model said. asked, said: tokens; whole: no, where it was cut off at its limit."""

    text: str
    asked: int = 0
    said: int = 0
    whole: bool = True


@dataclass(frozen=True)
class Wish:
    """What goes with a question: a sound (for a model that listens), a seed, and the seconds that are left for it."""

    sound: Sound | None = None
    seed: int = 0
    within: float = math.inf


PLAIN = Wish()


class Model(Protocol):
    """A language model behind some protocol. Every call may raise PassingFault and FinalFault."""

    service: str  # ollama, openai, gemini: as settings and rules name it
    batch: int  # pictures that it may be asked for at once
    listens: bool  # it takes a sound

    def label(self) -> str:
        """Service and model, for sidecars: "ollama gemma3:latest". Asks the server: a dead one is known at once."""

    def ask(self, system: str, messages: Sequence[Message], schema: dict[str, Any], wish: Wish = PLAIN) -> Answer:
        """One answer to a conversation, as JSON of that schema if the server can enforce it."""

    def release(self) -> None:
        """Gives back what it holds: memory of a graphics card, files. Never raises."""


def limited(seconds: float, wish: Wish) -> Limit:
    """The time limits of a question: as set, or what is left."""
    left = max(1.0, min(seconds, wish.within))
    return Limit(5, left, left)


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema whose `$ref`s are replaced by what they name, without titles: not every server follows references."""
    known = schema.get("$defs", {})

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(entry) for entry in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return walk(known[str(part["$ref"]).rpartition("/")[2]])
        kept = {key: entry for key, entry in part.items() if key not in ("$defs", "default")}
        if isinstance(kept.get("title"), str):
            del kept["title"]
        return {key: walk(entry) for key, entry in kept.items()}

    found: dict[str, Any] = walk(schema)
    return found


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The same as OpenAI's strict mode wants it: all properties required, none else, no bounds."""
    kept = {"type", "properties", "required", "items", "enum", "description", "additionalProperties"}
    found: dict[str, Any] = _only(inlined(schema), kept)
    return found


def openapi(schema: dict[str, Any]) -> dict[str, Any]:
    """The same as Gemini's responseSchema wants it: a part of OpenAPI's, with types in capitals."""
    kept = {"type", "properties", "required", "items", "enum", "description", "minItems", "maxItems"}

    def loud(part: Any) -> Any:
        if isinstance(part, list):
            return [loud(entry) for entry in part]
        if not isinstance(part, dict):
            return part
        said = {key: loud(entry) for key, entry in part.items()}
        if isinstance(said.get("type"), str):
            said["type"] = said["type"].upper()
        if isinstance(said.get("properties"), dict):
            said["propertyOrdering"] = list(said["properties"])
        return said

    found: dict[str, Any] = loud(_only(inlined(schema), kept))
    return found


def mapping(value: Any) -> dict[str, Any]:
    """A part of an answer that should be a mapping; an empty one where it isn't."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    """The same for a list."""
    return value if isinstance(value, list) else []


def count(value: Any) -> int:
    """The same for a number of tokens."""
    return value if isinstance(value, int) and value >= 0 else 0


def _only(part: Any, kept: set[str]) -> Any:
    if isinstance(part, list):
        return [_only(entry, kept) for entry in part]
    if not isinstance(part, dict):
        return part
    found = {
        key: {name: _only(inner, kept) for name, inner in entry.items()} if key == "properties" else _only(entry, kept)
        for key, entry in part.items()
        if key in kept
    }
    if "properties" in found and "additionalProperties" in kept:
        found["required"], found["additionalProperties"] = list(found["properties"]), False
    return found
