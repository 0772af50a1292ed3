"""Several servers as one: each run goes to the least busy that can do it, and a dead one doesn't stop the work.

The card is shared: before a server's first run the memory that is free is asked for, and what lies idle on it is
unloaded; where others hold it the run waits. At the end it is handed back, unless somebody is in line.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daemon.backends.comfyui import runs
from daemon.backends.comfyui.faults import Down, Gone, OutOfMemory, Refused
from daemon.backends.comfyui.replies import Output, some
from daemon.backends.comfyui.runs import Done, Patience, Runner, Tell
from daemon.backends.comfyui.server import Server
from daemon.backends.comfyui.workflow import Workflow, model_files
from daemon.backends.http import Http, Limit, door
from daemon.errors import Fault, FinalFault
from daemon.outside import ComfyUI
from daemon.settings import Settings

Values = Mapping[str, Any]
Shrink = Callable[[Values, int], Values | None]

_PROBE = Limit(2, 10)  # whether a server answers at all: a dead one costs seconds
_DEAD = 60.0  # seconds before a server that didn't answer is asked again
_UNLOADING = 0.5  # seconds between looks at memory that is being freed
_LOOKS = 20
_LEAST_SIDE = 256


@dataclass(frozen=True)
class Picture:
    """A picture to be uploaded. name: ASCII, made of a fingerprint."""

    name: str
    data: bytes
    media: str = "image/png"


def smaller(values: Values, multiple: int) -> Values | None:
    """Values for a run that takes less memory: half the batch, then three quarters of the size; None at the end."""
    batch = int(values.get("batch") or 1)
    if batch > 1:
        return {**values, "batch": batch // 2}
    sizes = {what: int(values[what]) for what in ("width", "height") if values.get(what)}
    if not sizes:
        return None
    less = {what: max(multiple, int(size * 0.75) // multiple * multiple) for what, size in sizes.items()}
    return None if min(less.values()) < _LEAST_SIDE else {**values, **less}


@dataclass(frozen=True)
class Task:
    """A run that is wanted. values: what -> value (see `workflow.WHAT`); images: `image`, `reference` -> pictures.

    shrink: values for less memory, from the values and the multiple that sizes must be.
    """

    workflow: Workflow
    values: Values = field(default_factory=dict)
    images: Mapping[str, Sequence[Picture]] = field(default_factory=dict)
    shrink: Shrink = smaller


class Pool:
    """The servers of the settings. Its methods may be called from several threads.

    http, probe: the sessions for work, and for asking whether a server is there. may_wait: raises a fault where a
    run that is in line must give up.
    """

    def __init__(
        self,
        set_up: ComfyUI,
        *,
        http: Callable[[], Http] = lambda: Http(attempts=3, seconds=20),
        probe: Callable[[], Http] = lambda: Http(attempts=1, seconds=5),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        may_wait: Callable[[], None] = runs.unhindered,
        poll: float = 2.0,
    ) -> None:
        self._set_up = set_up
        self.servers = [Server(url, http()) for url in dict.fromkeys(set_up.urls)]
        self._probe = probe
        self.patience = Patience(set_up.line_minutes * 60, set_up.run_minutes * 60, set_up.away, poll)
        self._clock, self._sleep, self._may_wait = clock, sleep, may_wait
        self._lock = threading.Condition()
        self._held: set[str] = set()  # servers that one of our runs is on
        self._dead: dict[str, tuple[float, Fault]] = {}
        self._made_room: set[str] = set()
        self._used: set[str] = set()

    def run(self, task: Task, folder: Path, key: str, tell: Tell = runs.silent) -> tuple[Done, Values]:
        """Runs a task on the least busy server that has its models; returns what it left, and the values in the end.

        key: the artefact's fingerprint, under which the run is found again. A server that dies under it is left for
        another. Raises Down where none answers, Refused where none can do it, and as `Runner.run`.
        """
        values, refused = task.values, dict[str, Fault]()
        freed = gone = False
        falls = 0
        while True:
            with self._lease(task.workflow, folder, key, refused) as server:
                try:
                    return self._on(server, replace(task, values=values), folder, key, tell), values
                except Down as fault:
                    self._mark(server, fault)
                    falls += 1
                    if falls > 2 * len(self.servers):
                        raise
                except OutOfMemory as fault:
                    with contextlib.suppress(Fault):
                        server.free()
                    if freed:
                        less = task.shrink(values, task.workflow.about.multiple)
                        if less is None:
                            raise fault from None
                        values = less
                    freed = True
                except Gone:
                    if gone:
                        raise
                    gone = True
                except Refused as fault:
                    refused[server.url] = fault
                    if len(refused) == len(self.servers):
                        raise

    def _on(self, server: Server, task: Task, folder: Path, key: str, tell: Tell) -> Done:
        self._make_room(server)
        named = {
            what: [server.upload(picture.data, picture.name, picture.media) for picture in pictures]
            for what, pictures in task.images.items()
            if task.workflow.takes(what)
        }
        graph = task.workflow.filled({**task.values, **named})
        runner = Runner(folder, self.patience, self._clock, self._sleep, self._may_wait)
        self._used.add(server.url)
        return runner.run(server, graph, key, tell)

    def fetch(self, done: Done, output: Output, path: Path, largest: int) -> None:
        """Writes one of a run's files to `path`. FinalFault where it is larger than `largest` bytes."""
        done.server.fetch(output, path, largest)

    def settled(self, folder: Path, key: str) -> None:
        """The files of a run are safe: its record goes."""
        Runner(folder).forget(key)

    def at(self, url: str) -> Server:
        """The server of an address, one of ours or not."""
        return next((server for server in self.servers if server.url == url), None) or Server(url)

    def answering(self) -> tuple[list[Server], list[Fault]]:
        """The servers that answer now, and what is the matter with the others."""
        there, faults = [], []
        for server in self.servers:
            try:
                Server(server.url, self._probe()).stats(_PROBE)
            except Fault as fault:
                self._mark(server, fault)
                faults.append(fault)
            else:
                self._dead.pop(server.url, None)
                there.append(server)
        return there, faults

    def hand_back(self) -> None:
        """Unloads the models of the servers that were used, where nothing runs and nobody waits."""
        for server in self.servers:
            if server.url in self._used and server.url not in self._dead:
                with contextlib.suppress(Fault):
                    if not len(server.line()):
                        server.free()
        self._used.clear()
        self._made_room.clear()

    @contextlib.contextmanager
    def _lease(self, wanted: Workflow, folder: Path, key: str, refused: dict[str, Fault]) -> Iterator[Server]:
        """The best server that none of our own runs is on; waits where all of them have one."""
        server = None
        while server is None:
            with self._lock:
                held = set(self._held)
                candidates = [each for each in self._alive() if each.url not in refused]
                if not candidates:
                    raise self._none(refused)
                idle = [each for each in candidates if each.url not in held]
                record = Runner(folder).record(key)
                has_it = record.server if record is not None else ""
                if not idle or (has_it in held and any(each.url == has_it for each in candidates)):
                    self._lock.wait(1.0)  # where a server has this run already, for that one: it isn't run twice
                    continue
            ranked = self._ranked(idle, wanted, record, refused)
            with self._lock:
                server = next((each for each in ranked if each.url not in self._held), None)
                if server is not None:
                    self._held.add(server.url)
        try:
            yield server
        finally:
            with self._lock:
                self._held.discard(server.url)
                self._lock.notify_all()

    def _alive(self) -> list[Server]:
        now = self._clock()
        return [each for each in self.servers if now - self._dead.get(each.url, (-_DEAD, None))[0] >= _DEAD]

    def _none(self, refused: dict[str, Fault]) -> Fault:
        if refused:
            return next(iter(refused.values()))
        faults = [fault for _, fault in self._dead.values()]
        if not faults:
            return FinalFault("no ComfyUI server is set", "", "Set comfyui.urls in dropreel.yaml.")
        first = faults[0]
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        return Down(first.what, first.why + more, first.remedy, first.facts)

    def _ranked(
        self, servers: Sequence[Server], wanted: Workflow, record: runs.Record | None, refused: dict[str, Fault]
    ) -> list[Server]:
        """The servers that answer and have the models, the one that has this run already first, then the least busy."""
        found = []
        for server in servers:
            try:
                length = len(server.line())
                lacks = lacking(server, wanted)
            except Fault as fault:
                self._mark(server, fault)
                continue
            if lacks:
                refused[server.url] = Refused(f"{server.name} can't do it", "; ".join(lacks[:4]), "")
                continue
            ours = record is not None and record.server == server.url
            found.append((not ours, length, self.servers.index(server), server))
        return [server for *_, server in sorted(found, key=lambda each: each[:3])]

    def _mark(self, server: Server, fault: Fault) -> None:
        with self._lock:
            self._dead[server.url] = (self._clock(), fault)

    def _make_room(self, server: Server) -> None:
        """Before the first run: the memory that the settings want is free, or is made so, or is waited for."""
        wanted = self._set_up.vram_mb
        if not wanted or server.url in self._made_room:
            return
        began = self._clock()
        while True:
            card = server.stats().card
            if card is None or card.free_mb >= min(wanted, int(card.total_mb * 0.9)):
                break
            if len(server.line()):
                break  # it works already: the server itself sees to its memory
            server.free()
            if self._freed(server, wanted):
                break
            self._may_wait()
            if self._clock() - began > self.patience.line:
                why = f"{card.free_mb} of {card.total_mb} MiB are free, {wanted} are wanted (comfyui.vram_mb)"
                raise Down(f"others hold the graphics memory of {server.name}", why, "")
            self._sleep(min(30.0, max(1.0, self.patience.poll * 5)))
        self._made_room.add(server.url)

    def _freed(self, server: Server, wanted: int) -> bool:
        for _ in range(_LOOKS):
            card = server.stats().card
            if card is None or card.free_mb >= min(wanted, int(card.total_mb * 0.9)):
                return True
            self._sleep(_UNLOADING)
        return False


def pooled(settings: Settings, **more: Any) -> Pool:
    """The pool of a root's settings, through the one HTTP door. Servers are asked even where they were away lately."""
    return Pool(
        settings.comfyui,
        **{
            "http": lambda: door(settings, attempts=3, seconds=20, patient=True),
            "probe": lambda: door(settings, attempts=1, seconds=5, patient=True),
            **more,
        },
    )


def lacking(server: Server, wanted: Workflow) -> list[str]:
    """The node classes and model files that a server lacks for a workflow, in words."""
    names = dict.fromkeys(str(told["class_type"]) for told in wanted.graph.values())
    found = [f"it has no node {name}" for name in names if server.node_class(name) is None]
    for spot, file in model_files(wanted.graph):
        kind = str(wanted.graph[spot.node]["class_type"])
        there = choices(server.node_class(kind), spot.input)
        if there is not None and file not in there:
            found.append(f"it has no {spot.input} {file}; it has {some(there)}")
    return list(dict.fromkeys(found))


def choices(node_class: Mapping[str, Any] | None, name: str) -> list[str] | None:
    """What a server offers for an input of a node class; None where it offers no list."""
    told = (node_class or {}).get("input")
    for part in ("required", "optional"):
        config = (
            told.get(part, {}).get(name) if isinstance(told, Mapping) and isinstance(told.get(part), Mapping) else None
        )
        if isinstance(config, list) and config:
            if isinstance(config[0], list):
                return [str(each) for each in config[0]]
            # Newer servers: ["COMBO", {"options": [...]}].
            options = config[1].get("options") if len(config) > 1 and isinstance(config[1], Mapping) else None
            if config[0] == "COMBO" and isinstance(options, list):
                return [str(each) for each in options]
    return None
