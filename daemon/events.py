"""What reaches the coordinator: one kind of value on one queue.

Events are hints; the scan is the truth. Losing every one of them costs latency, never a job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Progress:
    """How far a worker is. fraction is 0..1; doing is a short clause ("encoding")."""

    job: str
    attempt: int
    fraction: float
    doing: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Advance:
    """A stage ended well: `sidecar` is the JSON text that the coordinator is to write."""

    sidecar: str


@dataclass(frozen=True)
class Failed:
    """A stage ended badly. kind: passing, final, held, died, overran or cancelled."""

    kind: str
    what: str
    why: str = ""
    remedy: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


Outcome = Advance | Failed


@dataclass(frozen=True)
class WorkerEnded:
    """The outcome of one attempt at one stage of one job."""

    job: str
    stage: str
    attempt: int
    outcome: Outcome


@dataclass(frozen=True)
class Settled:
    """A group in an inbox is whole. `group` is queue.inbox's value."""

    group: Any


@dataclass(frozen=True)
class InboxSeen:
    """The whole of one inbox as it was just seen: what waits there, and why."""

    inbox: str
    waiting: tuple[Any, ...] = ()
    absent: str = ""


@dataclass(frozen=True)
class Requested:
    """The command line (or another way in) asks for something."""

    name: str
    verb: str
    job: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    by: str = ""


@dataclass(frozen=True)
class HandEnded:
    """A piece of slow work that the coordinator gave out of hand (a claim, a desk, a delivery)."""

    what: str
    job: str
    result: Any = None
    error: BaseException | None = None


@dataclass(frozen=True)
class Heard:
    """Something came in from a chat (an update, as JSON), or the line to it broke, or works again.

    answer(done, a sentence): called once what it says is on disk; not done: it is told again.
    """

    update: Any = None
    trouble: str = ""
    answer: Callable[[bool, str], None] | None = None


@dataclass(frozen=True)
class Signalled:
    """A signal arrived: stop, or reload."""

    stop: bool = False
    reload: bool = False


@dataclass(frozen=True)
class Woken:
    """Something may have changed; look again."""

    why: str = ""


Event = Progress | WorkerEnded | Settled | InboxSeen | Requested | HandEnded | Heard | Signalled | Woken
