"""People's own cast, backgrounds and loops: which file is whose pose, made ready in the job's folder, given to slots.

`cast/NAME/POSE.png` in a dropped folder is a pose of NAME, `cast/NAME.png` is NAME as such; `backgrounds/*` are
places; `loops/*` move: behind the cast, or over all where they are transparent. What can't be used is told in the
notes, and the rest goes on.
"""

from __future__ import annotations

import base64
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from daemon import sidecars
from daemon.job import JobFolder
from daemon.rules import Look
from daemon.sidecars import Member, Prompt
from daemon.stages.prompting import hints
from daemon.stages.rendering import files, moving, own
from daemon.stages.tools import Tools

POSES = ("idle", "step left", "step right", "dance", "headbang", "arms up", "walk")
MOST_CHARACTERS, MOST_POSES, MOST_BACKGROUNDS = 12, 24, 60
TOGETHER = 3  # of a cast in one picture
_SAID = 12  # notes about files that can't be used; the rest is counted


@dataclass(frozen=True)
class Character:
    """One of people's own cast: as in a scene (see `film.staging`), and the name for comparing."""

    name: str
    poses: dict[str, dict[str, Any]]

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return plain(self.name)


@dataclass
class Material:
    """What people brought, ready for the stage. backgrounds: a still in the job's folder, and the loop in its place."""

    characters: list[Character] = field(default_factory=list)
    backgrounds: list[tuple[str, moving.Reel | None]] = field(
        default_factory=list
    )  # a still, and what moves in its place
    over: list[moving.Reel] = field(default_factory=list)  # loops that are laid over all
    roles: dict[str, list[Character]] = field(default_factory=dict)  # the painter's character -> who plays it

    def __bool__(self) -> bool:
        return bool(self.characters or self.backgrounds or self.over)

    def for_slot(self, prompt: Prompt, number: int, candidate: int) -> dict[str, Any]:
        """What a picture shows of it: the `own` of its scene. number: the slot's, from 0; candidate likewise."""
        playing: list[Character] = []
        for role in prompt.characters or ["" for _ in self.characters[:1]]:
            players = self.roles.get(role) or self.characters
            if players:
                playing.append(players[(number + (candidate if len(players) > 2 else 0)) % len(players)])
        shown = list({id(character): character for character in playing}.values())[:TOGETHER]
        found: dict[str, Any] = {
            "cast": [{"name": character.name, "poses": character.poses} for character in shown],
            "background": "",
        }
        if self.backgrounds:
            found["background"], loop = self.backgrounds[(number + candidate) % len(self.backgrounds)]
            found |= {"loop": loop.told} if loop else {}
        if self.over:
            found["over"] = self.over[(number + candidate) % len(self.over)].told
        return found


def plain(text: str) -> str:
    """A name for comparing: lower case, one kind of space, no file's number signs or accents apart."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())


def whose(member: Member) -> tuple[str, str]:
    """The character that a file in `cast` shows, and its pose: ("hero", "arms up") of cast/hero/Arms_up.png."""
    steps = _steps(member)
    folders = [index for index, step in enumerate(steps[:-1]) if step.casefold() == "cast"]
    inner = steps[folders[0] + 1 :] if folders else steps[-1:]
    stem = os.path.splitext(inner[-1])[0]
    if len(inner) == 1:
        return stem, "idle"
    return inner[0], plain(stem) or "idle"


def _steps(member: Member) -> list[str]:
    """A member's way in the dropped folder."""
    if member.path_raw:
        return os.fsdecode(base64.b64decode(member.path_raw)).split("/")
    return (member.path or member.name).split("/")


def gather(
    job: JobFolder, tools: Tools, facts: sidecars.Job, look: Look, size: tuple[int, int]
) -> tuple[Material, list[str]]:
    """The material of a job, made ready, and notes for people. size: of a picture. OSError where the disk is full."""
    notes: list[str] = []
    found = Material()
    found.characters = _characters(job, tools, facts.with_role("cast"), notes)
    found.backgrounds = [(file, None) for file in _backgrounds(job, tools, facts.with_role("background"), size, notes)]
    for loop in moving.loops(job, tools, facts.with_role("loop"), notes):
        if loop.clear:
            found.over.append(loop)
        else:
            found.backgrounds.append((_still(job, tools, loop, size), loop))
    found.roles, said = assigned(found.characters, look)
    if len(notes) > _SAID:
        notes = [*notes[:_SAID], f"and {len(notes) - _SAID} more files of cast and backgrounds like these"]
    return found, [*notes, *said]


def assigned(characters: Sequence[Character], look: Look) -> tuple[dict[str, list[Character]], list[str]]:
    """Who of people's own cast plays which of the painter's characters, and notes.

    By the name of one of the rule's cast or of the painter's character, whatever the case; those of another name
    in order, first where nobody plays yet.
    """
    if not characters:
        return {}, []
    names = {name: member.paint or hints.character(member.text) for name, member in look.cast.items()}
    parts = list(dict.fromkeys(filter(None, names.values())))
    by_name = {plain(name): part for name, part in names.items() if part} | {plain(part): part for part in parts}
    roles: dict[str, list[Character]] = {part: [] for part in parts}
    strangers = []
    for character in characters:
        part = by_name.get(character.key)
        if part:
            roles[part].append(character)
        else:
            strangers.append(character)
    for character in strangers:
        if roles:
            roles[min(roles, key=lambda part: len(roles[part]))].append(character)
    played = [character for players in roles.values() for character in players] or list(characters)
    for index, players in enumerate(roles.values()):
        if not players:
            players.append(played[index % len(played)])
    notes = []
    if strangers and look.cast:
        known = ", ".join(look.cast)
        notes.append(f"cast: {_names(strangers)} got parts in order (the rule's own names: {known})")
    return roles, notes


def _names(characters: Sequence[Character]) -> str:
    return ", ".join(character.name for character in characters)


def _characters(job: JobFolder, tools: Tools, members: Sequence[Member], notes: list[str]) -> list[Character]:
    """All characters of whom at least one picture can be used, in natural order."""
    drawn: dict[str, dict[str, Member]] = {}
    shown: dict[str, str] = {}
    for member in sorted(members, key=own.natural):
        name, pose = whose(member)
        key = plain(name) or name
        shown.setdefault(key, own.shown_name(name))
        poses = drawn.setdefault(key, {})
        if pose in poses:
            pose = f"{pose} {len(poses) + 1}"
        if len(drawn) > MOST_CHARACTERS or len(poses) >= MOST_POSES:
            notes.append(f"cast: {member.name} is left out: {MOST_CHARACTERS} characters of {MOST_POSES} poses at most")
            continue
        poses[pose] = member
    found = []
    for key, poses in drawn.items():
        facts = {pose: told for pose, member in poses.items() if (told := _cut(job, tools, member, shown[key], notes))}
        if facts:
            found.append(_standing(shown[key], facts, notes))
    return found


def _standing(name: str, facts: Mapping[str, Mapping[str, Any]], notes: list[str]) -> Character:
    from daemon.film import cutouts

    if len(facts) == 1:
        notes.append(f"{name} has one picture: it leans and springs to the beat")
    elif missing := [pose for pose in POSES if pose not in facts]:
        notes.append(f"{name} has no picture for {', '.join(missing)}: the nearest of its poses is shown")
    return Character(name, cutouts.standing(facts))


def _cut(job: JobFolder, tools: Tools, member: Member, name: str, notes: list[str]) -> dict[str, Any] | None:
    """A file as a cut-out in the job's folder, and what placing it takes; None where it can't be used."""
    from PIL import Image

    from daemon.film import cutouts

    print_ = sidecars.fingerprint("cut-out", cutouts.VERSION, [member.file, member.size, member.mtime])
    file = f"cut-out-{print_}.png"
    told = files.there(tools, job, file, print_)
    if told is not None and "moves" in told and not tools.has(job, told["moves"]["file"]):
        told = None
    if told is None:
        try:
            cut = cutouts.cut_out(job.file(member.file))
        except ValueError as error:
            notes.append(f"{name}: {member.name} can't be used: {error}")
            return None
        moves: dict[str, Any] = {}
        if cut.moves:
            try:
                still = cut
                cut, reel = moving.pose(job, tools, member, print_)
                moves = {"moves": reel, "shrunk": round(cut.canvas[0] / still.canvas[0], 5)}
            except ValueError as error:
                cut = replace(cut, note=f"it moves, but only its first picture can be shown: {error}")
        told = {**cut.facts(), "file": file, "note": cut.note, **moves}
        files.publish(tools, job, file, Image.fromarray(cut.rgba), {"fingerprint": print_, "scene": told})
    if told.get("note"):
        notes.append(f"{name}: {member.name}: {told['note']}")
    return told


def _still(job: JobFolder, tools: Tools, loop: moving.Reel, size: tuple[int, int]) -> str:
    """A loop's still, as a background."""
    print_ = sidecars.fingerprint("background", own.VERSION, loop.told["file"], loop.told["shown"], *size)
    file = f"background-{print_}.png"
    if files.there(tools, job, file, print_) is None:
        files.publish(tools, job, file, moving.still(job, loop.told, size), {"fingerprint": print_, "scene": {}})
    return file


def _backgrounds(
    job: JobFolder, tools: Tools, members: Sequence[Member], size: tuple[int, int], notes: list[str]
) -> list[str]:
    """The backgrounds that can be used, as files in the job's folder, in natural order."""
    found: list[str] = []
    for member in sorted(members, key=own.natural):
        if len(found) >= MOST_BACKGROUNDS:
            notes.append(f"backgrounds: {member.name} is left out: {MOST_BACKGROUNDS} at most")
            continue
        print_ = sidecars.fingerprint("background", own.VERSION, [member.file, member.size, member.mtime, *size])
        file = f"background-{print_}.png"
        if files.there(tools, job, file, print_) is None:
            try:
                picture = own.load(job.file(member.file), *size, 0)
            except ValueError as error:
                notes.append(f"background {member.name} can't be used: {error}")
                continue
            files.publish(tools, job, file, picture, {"fingerprint": print_, "scene": {}})
        found.append(file)
    return found
