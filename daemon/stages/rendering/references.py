"""Reference pictures of the cast: dropped as `cast/NAME.png`, or named by the rule, for workflows that take them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon import sidecars
from daemon.job import JobFolder, slug
from daemon.rules import Look
from daemon.sidecars import Prompt
from daemon.stages.rendering import material, own
from daemon.stages.tools import Tools

SIDE = 1024  # pixels that a reference covers at most
_GROUND = (128, 128, 128)  # behind what is cut out


@dataclass(frozen=True)
class Reference:
    """A picture of one of the cast, as PNG. name: as people gave it."""

    name: str
    data: bytes

    @property
    def digest(self) -> str:
        """Of the picture."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    @property
    def file(self) -> str:
        """A name for the server, ASCII."""
        return f"{slug(self.name)}-{self.digest}.png"


@dataclass
class References:
    """Whose reference is whose. roles: the painter's character -> names; by_member: the rule's name -> its own."""

    all: dict[str, Reference] = field(default_factory=dict)
    roles: dict[str, list[str]] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)  # the rule's name -> the words that describe them

    def __bool__(self) -> bool:
        return bool(self.all)

    def of(self, prompt: Prompt) -> list[Reference]:
        """The references of those whom a picture shows: by the words in it, by the painter's characters."""
        keys = [material.plain(name) for name, text in self.members.items() if text and text in prompt.prompt]
        for part in prompt.characters:
            keys += self.roles.get(part, [])[:1]
        return [self.all[key] for key in dict.fromkeys(keys) if key in self.all]


def gather(job: JobFolder, tools: Tools, facts: sidecars.Job, look: Look) -> tuple[References, list[str]]:
    """The references of a job, dropped ones before the rule's, and notes about those that can't be used."""
    notes: list[str] = []
    found: dict[str, Reference] = {}
    poses: dict[str, list[tuple[str, Path, str]]] = {}
    for member in sorted(facts.with_role("cast"), key=own.natural):
        name, pose = material.whose(member)
        poses.setdefault(material.plain(name) or name, []).append((pose, job.file(member.file), own.shown_name(name)))
    for key, shown in poses.items():
        for _, path, name in sorted(shown, key=lambda each: each[0] != "idle"):
            if (made := _read(path, name, notes)) is not None:
                found[key] = made
                break
    for name, one in look.cast.items():
        key = material.plain(name)
        if one.reference and key not in found:
            path = tools.settings.rules / one.reference
            if not path.resolve().is_relative_to(tools.settings.rules.resolve()):
                notes.append(f"{name}: {one.reference} lies outside rules/ and isn't used")
            elif (made := _read(path, name, notes)) is not None:
                found[key] = made
    characters = [material.Character(reference.name, {}) for reference in found.values()]
    roles, said = material.assigned(characters, look) if poses else _by_rule(characters, look)
    played = {part: [material.plain(each.name) for each in players] for part, players in roles.items()}
    texts = {name: member.text for name, member in look.cast.items()}
    return References(found, played, texts), [*notes, *said]


def _by_rule(
    characters: Sequence[material.Character], look: Look
) -> tuple[dict[str, list[material.Character]], list[str]]:
    """The rule's own references play their own parts alone."""
    by_key = {character.key: character for character in characters}
    roles: dict[str, list[material.Character]] = {}
    for name, member in look.cast.items():
        character = by_key.get(material.plain(name))
        if character is not None and member.paint:
            roles.setdefault(member.paint, []).append(character)
    return roles, []


def _read(path: Path, name: str, notes: list[str]) -> Reference | None:
    try:
        picture = own.load(path, SIDE, SIDE, 0, _GROUND)
    except ValueError as error:
        notes.append(f"{name}: {path.name} can't be used as a reference: {error}")
        return None
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return Reference(name, out.getvalue())
