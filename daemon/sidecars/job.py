"""job.json, written once at the claim; state.json; trouble.json."""

from __future__ import annotations

import base64
import os
from typing import Any, ClassVar, Literal

from pydantic import Field

from daemon.sidecars.base import Kind, Part, Sidecar


class Member(Part):
    """One dropped file. `name` is for people (lossy); `name_raw` is the bytes, base64."""

    role: Literal[
        "source",
        "override",
        "lyrics",
        "subtitles",
        "beats",
        "cover",
        "picture",
        "cast",
        "background",
        "loop",
        "clip",
        "other",
    ]
    name: str
    name_raw: str = ""
    path: str = ""  # inside a dropped folder, relative to it, for people
    file: str  # in the job folder, ASCII
    path_raw: str = ""  # the way from the inbox folder down, bytes, base64
    size: int = 0
    mtime: float = 0.0
    mtime_ns: int = 0  # the same, exact
    kept: bool = False  # copied: the original stays where it was dropped

    def raw_name(self) -> bytes:
        """The name it was dropped under, byte for byte."""
        return base64.b64decode(self.name_raw) if self.name_raw else os.fsencode(self.name)


class Job(Sidecar):
    """job.json: what was dropped, where, and the rule as it stood then."""

    file: ClassVar[str] = "job.json"
    id: str  # six hex digits
    name: str  # <yyyymmdd>-<hhmmss>-<slug>-<id>, the folder
    kind: Kind
    title: str  # for people: the stem of the dropped name
    inbox: str  # relative to inbox/, "songs/cartoon"
    dropped_as: str = ""  # the top name in the inbox (file or folder), for people
    dropped_raw: str = ""  # the same, bytes, base64
    folder: bool = False  # a whole folder was dropped
    members: list[Member] = Field(default_factory=list)
    rule_name: str = ""
    rule: dict[str, Any] = Field(default_factory=dict)  # rules.Rule as it stood, overrides applied
    overrides: dict[str, Any] = Field(
        default_factory=dict
    )  # tempo, first_beat, metre, title, ... from the YAML beside it
    moods: dict[str, Any] = Field(default_factory=dict)  # moods.Moods as it stood; empty: the built-in table
    take: Literal["move", "copy"] = "move"
    seed: int = 0
    claimed_at: str = ""  # ISO 8601, local time with offset: for people

    def source(self) -> Member:
        """The member that the job is about."""
        return next(m for m in self.members if m.role == "source")

    def with_role(self, role: str) -> list[Member]:
        """The members that have a role."""
        return [m for m in self.members if m.role == role]


class State(Sidecar):
    """state.json: what changes while a job lives. May be lost without harm."""

    file: ClassVar[str] = "state.json"
    attempt: int = 0  # the current attempt's number, over all stages
    running: str = ""  # the stage verb of an attempt that was under way when this was written
    tries: dict[str, int] = Field(default_factory=dict)  # passing faults by stage verb
    interruptions: dict[str, int] = Field(default_factory=dict)  # daemon or worker killed under it
    spent: dict[str, float] = Field(default_factory=dict)  # seconds of attempts that ended without a sidecar, by verb
    waited: float = 0.0  # seconds in which it could have been retried, summed over restarts
    delay: float = 0.0  # seconds to wait before the next try, from when it was written
    last_fault: str = ""
    priority: int = 0  # bump
    quiet: float = 0.0  # seconds since the last change of a decision, summed
    asked: float = 0.0  # seconds since the pictures were shown
    told: list[str] = Field(default_factory=list)  # notices sent
    messages: dict[str, Any] = Field(default_factory=dict)
    reopening: bool = False  # somebody asked for a finished film to come back to review


class Trouble(Sidecar):
    """trouble.json: why a job failed, where it was, and what can be done."""

    file: ClassVar[str] = "trouble.json"
    stage: str  # the folder that it lay in
    verb: str = ""  # what was being done
    cause: Literal["final", "passing", "died", "overran", "rejected", "cancelled", "unreadable", "film"] = "final"
    what: str
    why: str = ""
    remedy: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    attempts: int = 0
    at: str = ""
    noted: bool = False  # the note lies beside the drop place
    note: str = ""  # that note's path, relative to the root
