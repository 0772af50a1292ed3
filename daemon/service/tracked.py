"""A job as the coordinator holds it: its folder, its facts, and what runs for it now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from daemon import sidecars
from daemon.job import JobFolder


@dataclass
class Tracked:
    """Times are monotonic seconds. `dirty`: something about it changed; look again."""

    folder: JobFolder
    about: sidecars.Job | None
    state: sidecars.State
    trouble: sidecars.Trouble | None = None
    running: str = ""  # the verb of the attempt under way
    wants: str = ""  # the verb that it waits to run
    hand: str = ""  # what a hand is doing for it
    fraction: float = 0.0
    doing: str = ""
    left: float | None = None
    preview: str = ""  # a file of the job: the picture that comes about right now
    started: float = 0.0
    since: float = 0.0  # in this stage
    not_before: float = 0.0
    held: str = ""
    waits: str = ""
    dirty: bool = True
    next_sidecar: bool = False
    alone: bool = False
    length: float = 0.0  # seconds of song, heard or guessed
    heard: dict[str, Any] = field(default_factory=dict)  # tempo, key, sections for the pages
    renders: sidecars.Renders | None = None
    decisions: sidecars.Decisions = field(default_factory=sidecars.Decisions)
    desk: str = ""  # the desk's path, relative to the root; "" where none was built
    desk_round: int = 0
    changed: float = 0.0  # when a decision last changed
    shown: float = 0.0  # when the pictures were shown
    gate: Any = None
    gated: float = 0.0  # when the gate was last looked at
    seen: Any = None  # the desk as last seen
    looking: bool = False  # a hand is looking at its desk
    delivery: sidecars.Delivery | None = None
    scores: str = ""
    looked: float = float("-inf")  # when its desk was last looked at in this life

    @property
    def id(self) -> str:
        """Six hex digits."""
        return self.folder.id

    @property
    def stage(self) -> str:
        """The folder it lies in."""
        return self.folder.stage

    @property
    def kind(self) -> str:
        """song, ...; "" where job.json can't be read."""
        return self.about.kind if self.about else ""

    @property
    def busy(self) -> bool:
        """An attempt runs, or a hand holds it."""
        return bool(self.running or self.hand)
