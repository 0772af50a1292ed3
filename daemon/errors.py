"""Faults as facts. The edge (command line, note beside the drop, status page) makes sentences of them.

A fault says what happens next: a `PassingFault` is tried again later, a `FinalFault` never,
`Held` waits for the world to change and costs no attempt.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon import redact


@dataclass
class Fault(Exception):
    """Something that can't go on, told in facts.

    what: the thing that can't be done, as a short clause ("the song can't be decoded").
    why: what was found ("soundfile: unknown format; PyAV: no audio stream"), one line.
    remedy: what the reader can do about it, an imperative sentence.
    facts: path, operation, value seen, value expected: whatever a log wants.
    """

    what: str
    why: str = ""
    remedy: str = ""
    facts: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.what, self.why, self.remedy = redact.text(self.what), redact.text(self.why), redact.text(self.remedy)
        self.facts = redact.value(self.facts)
        super().__init__(self.what, self.why, self.remedy, self.facts)

    def __reduce__(self) -> tuple[type[Fault], tuple[object, ...]]:
        return (type(self), (self.what, self.why, self.remedy, self.facts))

    def sentence(self) -> str:
        """The fault in one or two sentences."""
        head = self.what if not self.why else f"{self.what}: {self.why}"
        host = "." in head.partition(" ")[0].strip(".:,")  # a host's name is written small
        text = (head if host else head[:1].upper() + head[1:]) + ("" if head.endswith((".", "!", "?")) else ".")
        return f"{text} {self.remedy}".strip()

    def __str__(self) -> str:
        return self.sentence()


class PassingFault(Fault):
    """It may go well later: a service that is down, a full disk, a killed worker."""


class FinalFault(Fault):
    """It never goes well with this input: a file that is no music, a broken sidecar."""


class Held(Fault):
    """A gate is shut (room, mount, service, hours). Nothing is wrong with the job; it waits."""


class UsageError(Fault):
    """A command that can't be carried out as it was given."""
