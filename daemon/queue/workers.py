"""The workers: stages run in a pool of processes, one pool for each thing they mostly need (cpu, gpu, net).

    workers = Workers(settings, put); workers.start()
    workers.submit(job_path, "analyze", attempt=1, limit=1800)
    ... Progress(...) and at last WorkerEnded(job, verb, attempt, outcome) arrive by put
    workers.cancel(job_id); workers.stop(grace=2)

One thread keeps the pools (`keeper.py`). Nothing here knows of jobs more than their ids, so that another executor can
stand in its place.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from daemon import events
from daemon.job import id_of
from daemon.queue import leash
from daemon.queue.keeper import Keeper, Run
from daemon.queue.pools import Pools
from daemon.settings import Settings


@dataclass(frozen=True)
class Running:
    """What `running` tells of a call: seconds since it was submitted and since a worker took it (None: not yet)."""

    job: str
    verb: str
    attempt: int
    resource: str
    waited: float
    ran: float | None
    pid: int


class Workers:
    """Runs stages in processes. Its methods may be called from any thread and never wait for a worker."""

    def __init__(
        self,
        settings: Settings,
        put: Callable[[events.Event], None],
        *,
        resolver: str = "daemon.stages:function",
        clock: Callable[[], float] = time.monotonic,
        tasks_a_worker: int = 40,
    ) -> None:
        self._settings, self._resolver, self._clock = settings, resolver, clock
        self._private = Path(tempfile.mkdtemp(prefix="dropreel-"))
        self._tell = str(self._private / "tell")
        self._progress = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._progress.bind(self._tell)
        self._keeper = Keeper(Pools(settings, tasks_a_worker), put, clock, self._progress)

    def start(self) -> None:
        """Starts the keeper; processes are started when they are first needed."""
        self._keeper.start()

    def set_settings(self, settings: Settings) -> None:
        """New settings for the calls to come; pools take their new size when they are next idle."""
        self._settings = settings
        self._keeper.renew_idle(settings)

    def submit(
        self,
        job_path: Path,
        verb: str,
        attempt: int,
        limit: float,
        *,
        resource: str = "cpu",
        reads: tuple[str, ...] | None = None,
    ) -> None:
        """Runs a stage on a job; `WorkerEnded` follows, whatever happens. limit: seconds it may run.

        One call a job at a time: ValueError for a second one.
        """
        job = id_of(job_path.name) or job_path.name
        call = leash.Call(
            job=str(job_path),
            verb=verb,
            attempt=attempt,
            settings=self._settings,
            tell=self._tell,
            answer=str(self._private / f"{job}-{attempt}"),
            resolver=self._resolver,
            reads=reads,
        )
        self._keeper.add(Run(call, job, resource, limit, self._clock()))

    def cancel(self, job_id: str) -> bool:
        """Ends a job's call; its `WorkerEnded` (cancelled) follows when the worker is dead. False where none runs."""
        return self._keeper.cancel(job_id)

    def running(self) -> list[Running]:
        """The calls under way."""
        now = self._clock()
        return [
            Running(
                run.job,
                run.call.verb,
                run.call.attempt,
                run.resource,
                now - run.submitted,
                None if run.started is None else now - run.started,
                run.pid,
            )
            for run in self._keeper.runs()
        ]

    def stop(self, grace: float = 0.0) -> None:
        """Ends all processes; calls that end within `grace` seconds still tell their outcome, others nothing."""
        self._keeper.stop(grace)
        self._progress.close()
        shutil.rmtree(self._private, ignore_errors=True)
