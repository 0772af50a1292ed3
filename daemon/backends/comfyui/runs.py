"""One run of a workflow, from the submission to its files, so that a crash at any moment makes nothing twice.

The run's ids are on disk before it is posted (`run-<key>.json` in the job's folder). Whoever comes back looks
in the server's queue and history before posting again: the same id posted twice would run twice. The record
stands until the caller has the files and says `forget`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from daemon import durable
from daemon.backends.comfyui import replies
from daemon.backends.comfyui.faults import Down, Gone, TooSlow
from daemon.backends.comfyui.replies import Graph, Output
from daemon.backends.comfyui.server import Server
from daemon.backends.comfyui.socket import Listener, Reader, Seen
from daemon.errors import Fault, Held

_PREFIX = "run-"
_LOOKS = 2  # at queue and history before a run counts as gone


@dataclass(frozen=True)
class Patience:
    """Seconds: in the server's queue, of the run itself, of a server that is away, between looks at the truth."""

    line: float = 3600.0
    run: float = 1800.0
    away: float = 120.0
    poll: float = 2.0


@dataclass(frozen=True)
class Record:
    """What is known of a run across crashes. graph: digest of what was asked for."""

    server: str
    prompt_id: str
    client_id: str
    graph: str


@dataclass(frozen=True)
class Done:
    """A run that ended well. seconds: since it was submitted, or found again."""

    server: Server
    prompt_id: str
    outputs: tuple[Output, ...]
    seconds: float
    found_again: bool = False


Tell = Callable[[Seen], None]


def silent(_seen: Seen) -> None:
    """Tells nobody."""


def unhindered() -> None:
    """Nothing keeps a run from starting."""


@dataclass
class Runner:
    """Carries out runs whose records lie in `folder`. may_wait: raises a fault where one in line must give up."""

    folder: Path
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    may_wait: Callable[[], None] = unhindered

    def run(self, server: Server, graph: Graph, key: str, tell: Tell = silent) -> Done:
        """Runs a workflow on a server, or finds the run of that key again, and waits for its end.

        key: the artefact's fingerprint. Raises Down, Gone, Interrupted, TooSlow, OutOfMemory, Refused, Broken.
        """
        began = self.clock()
        record, found_again = self._begun(server, graph, key)
        try:
            entry = self._wait(server, record, graph, tell)
        except (Gone, TooSlow, Held):
            self.forget(key)  # it isn't there any more
            raise
        # Whatever else happens (the server is away, our own disk is full), the run may go on there: the record
        # stays, so that it is found again, or cancelled.
        fault = replies.fault_of(entry, graph)
        if fault is not None:
            self.forget(key)
            raise fault
        outputs = tuple(replies.outputs(entry))
        return Done(server, record.prompt_id, outputs, self.clock() - began, found_again)

    def record(self, key: str) -> Record | None:
        """The record of a run; None where there is none that can be read."""
        return read(self._path(key))

    def forget(self, key: str) -> None:
        """The run's files are safe, or it is given up: the next one of that key is posted anew."""
        durable.remove(self._path(key))

    def _path(self, key: str) -> Path:
        return self.folder / f"{_PREFIX}{key}.json"

    def _begun(self, server: Server, graph: Graph, key: str) -> tuple[Record, bool]:
        """The run as the server knows it: the one begun earlier, else a new one."""
        digest, earlier = digest_of(graph), self.record(key)
        if earlier is not None and earlier.server == server.url:
            if earlier.graph == digest:
                known = server.find(earlier.prompt_id, earlier.client_id)
                if known is not None:
                    return self._named(key, earlier, known[0]), True
            else:
                with contextlib.suppress(Fault):
                    server.cancel(earlier.prompt_id)
        record = Record(server.url, str(uuid.uuid4()), uuid.uuid4().hex, digest)
        durable.write_json(self._path(key), asdict(record))
        try:
            given = server.post(graph, record.prompt_id, record.client_id)
        except Down as fault:
            # The answer is lost, the run perhaps not.
            known = self._after(server, record)
            if known is None:
                raise fault from None
            given = known[0]
        except Fault:
            self.forget(key)
            raise
        return self._named(key, record, given), False

    def _after(self, server: Server, record: Record) -> tuple[str, dict[str, Any] | None] | None:
        try:
            return server.find(record.prompt_id, record.client_id)
        except Down:
            return None

    def _named(self, key: str, record: Record, given: str) -> Record:
        """The record under the id that the server gave (older ones take none of ours)."""
        if given == record.prompt_id:
            return record
        named = Record(record.server, given, record.client_id, record.graph)
        durable.write_json(self._path(key), asdict(named))
        return named

    def _wait(self, server: Server, record: Record, graph: Graph, tell: Tell) -> dict[str, Any]:
        """The run's entry in the history, once it has one."""
        ours = record.prompt_id
        began = self.clock()
        running = away = -1.0
        missing, looked = 0, float("-inf")
        with Listener(server.url, record.client_id, Reader(ours, graph)) as ear:
            while True:
                due = looked + self.patience.poll
                seen = ear.get(due - self.clock())
                if seen is not None:
                    tell(seen)
                now = self.clock()
                if now < due and not (seen is not None and seen.ended):
                    continue
                looked = now
                try:
                    line = server.line()
                    entry = None if line.has(ours) else server.history(ours)
                    away = -1.0
                except Down:
                    away = now if away < 0 else away
                    if now - away > self.patience.away:
                        raise
                    continue
                if entry is not None:
                    while (seen := ear.get(0)) is not None:
                        tell(seen)
                    return entry
                if not line.has(ours):
                    missing += 1
                    if missing >= _LOOKS:
                        raise Gone("the run is gone", f"{server.name} has it neither in its queue nor in its history")
                    continue
                missing = 0
                if any(queued.prompt_id == ours for queued in line.running):
                    running = now if running < 0 else running
                    self._limit(server, ours, now - running, self.patience.run, "ran")
                else:
                    self._in_line(server, ours, tell, line.waiting.index(line.has(ours) or line.waiting[0]), line)
                    self._limit(server, ours, now - began, self.patience.line, "waited in line")

    def _in_line(self, server: Server, ours: str, tell: Tell, before: int, line: Any) -> None:
        tell(Seen(f"in line on {server.name}, {before + len(line.running)} before"))
        try:
            self.may_wait()
        except BaseException:
            with contextlib.suppress(Fault):
                server.cancel(ours)
            raise

    def _limit(self, server: Server, ours: str, took: float, limit: float, what: str) -> None:
        if took <= limit:
            return
        with contextlib.suppress(Fault):
            server.cancel(ours)
        raise TooSlow("the run was cancelled", f"it {what} for more than {limit / 60:.0f} minutes on {server.name}")


def read(path: Path) -> Record | None:
    """A record from its file; None where it isn't there or can't be read."""
    try:
        return Record(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def cancel_left(folder: Path, server_at: Callable[[str], Server]) -> list[str]:
    """Cancels what a job that is given up left on the servers; returns what couldn't be, in words."""
    problems = []
    for path in sorted(folder.glob(f"{_PREFIX}*.json")):
        record = read(path)
        try:
            if record is not None:
                server_at(record.server).cancel(record.prompt_id)
            durable.remove(path)
        except Fault as fault:
            problems.append(fault.sentence())
    return problems


def digest_of(graph: Graph) -> str:
    """A workflow's digest, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).hexdigest()[:16]
