"""The workers: stages run in a pool of processes, one pool for each thing they mostly need (cpu, gpu, net).

    workers = Workers(settings, put); workers.start()
    workers.submit(job_path, "analyze", attempt=1, limit=1800)
    ... Progress(...) and at last WorkerEnded(job, verb, attempt, outcome) arrive by put
    workers.cancel(job_id); workers.stop(grace=2)

One thread keeps the pools: it starts them (the kernel's parent-death signal goes by the thread that forked),
listens for progress, minds time limits on the monotonic clock, and sees to workers that died. It knows
nothing of jobs beyond their ids, so that another executor can stand in its place.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pebble import ProcessExpired

from daemon import events, log
from daemon.job import id_of
from daemon.queue import leash
from daemon.queue.pools import Pools, alive, how_it_died
from daemon.settings import Settings

_TICK = 0.2
_DEATH = 5.0  # seconds that a cancelled worker's death is waited for
_LOST = 2.0  # seconds between a worker's death and the end of waiting for the pool to say so
_STUCK = 120.0  # seconds after which a call that no worker took means a wedged pool
_IDLE_LOOK = 200.0


@dataclass
class _Run:
    """A call under way."""

    call: leash.Call
    job: str
    resource: str
    limit: float
    submitted: float
    future: Future[None] | None = None
    started: float | None = None
    pid: int = 0
    died: float | None = None
    ending: str = ""  # "cancelled" or "overran", once we end it ourselves
    ended: float = 0.0
    resubmitted: bool = False
    renewed: int = 0


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
        self._settings, self._put, self._resolver, self._clock = settings, put, resolver, clock
        self._runs: dict[str, _Run] = {}
        self._pools = Pools(settings, tasks_a_worker)
        self._todo: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._stopping = False
        self._private = Path(tempfile.mkdtemp(prefix="dropreel-"))
        self._tell = str(self._private / "tell")
        self._progress = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._progress.bind(self._tell)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._keeper = threading.Thread(target=self._keep, name="workers", daemon=True)

    # --- what the coordinator calls --------------------------------------------------------------

    def start(self) -> None:
        """Starts the keeper; processes are started when they are first needed."""
        self._keeper.start()

    def set_settings(self, settings: Settings) -> None:
        """New settings for the calls to come; pools take their new size when they are next idle."""
        self._settings = settings
        self._ask(lambda: self._renew_idle(settings))

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
        with self._lock:
            if job in self._runs:
                raise ValueError(f"{job} runs already")
            run = self._runs[job] = _Run(call, job, resource, limit, self._clock())
        self._ask(lambda: self._schedule(run))

    def cancel(self, job_id: str) -> bool:
        """Ends a job's call; its `WorkerEnded` (cancelled) follows when the worker is dead. False where none runs."""
        with self._lock:
            run = self._runs.get(job_id)
        if run is None:
            return False
        self._ask(lambda: self._end(run, "cancelled"))
        return True

    def running(self) -> list[Running]:
        """The calls under way."""
        now = self._clock()
        with self._lock:
            runs = list(self._runs.values())
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
            for run in runs
        ]

    def stop(self, grace: float = 0.0) -> None:
        """Ends all processes; calls that end within `grace` seconds still tell their outcome, others nothing."""
        end = time.monotonic() + grace
        while time.monotonic() < end and self._runs and self._keeper.is_alive():
            time.sleep(0.02)
        self._stopping = True
        self._wake()
        if self._keeper.is_alive():
            self._keeper.join(10)
        for end_of in (self._progress, self._woken, self._waker):
            end_of.close()
        shutil.rmtree(self._private, ignore_errors=True)

    # --- the keeper's thread -----------------------------------------------------------------------

    def _ask(self, what: Callable[[], None]) -> None:
        self._todo.append(what)
        self._wake()

    def _wake(self) -> None:
        # A full socket wakes just as well; a closed one means that we have stopped.
        with contextlib.suppress(OSError):
            self._waker.send(b".")

    def _keep(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._progress, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._stopping:
                selector.select(self._patience())
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
                self._survive(self._hear)
                while self._todo:
                    self._survive(self._todo.popleft())
                self._survive(self._mind)
        self._end_all()

    def _survive(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            # No processes or memory to be had, or a fault of our own: without the keeper no job would ever end.
            log.get().error("the keeper of the workers met an error", exc_info=error)
            time.sleep(_TICK)

    def _patience(self) -> float | None:
        if self._runs:
            return _TICK
        return _IDLE_LOOK if self._pools else None

    def _schedule(self, run: _Run) -> None:
        """Hands a call to its pool; a broken pool is replaced first."""
        for _ in range(2):
            try:
                pool = self._pools.get(run.resource, self._clock())
                run.future = pool.pool.schedule(leash.run, args=(run.call,))
            except (RuntimeError, OSError):  # OSError: no process, no descriptor, no memory to be had now
                self._pools.discard(run.resource)
                continue
            pool.busy.add(run.job)
            run.submitted = self._clock()
            run.future.add_done_callback(lambda _: self._wake())
            return
        self._finish(run, events.Failed("died", f"{run.call.verb} could not be started", "no worker process starts"))

    def _renew_idle(self, settings: Settings) -> None:
        self._pools.settings = settings
        self._pools.retire(self._clock(), after=0)

    def _hear(self) -> None:
        """Reads what the workers say of themselves; what isn't from a current attempt is passed over."""
        for _ in range(1000):
            try:
                data = self._progress.recv(16 << 10)
            except BlockingIOError:
                return
            try:
                said = json.loads(data)
                run = self._runs.get(said["job"])
                if run is None or run.call.attempt != said["attempt"]:
                    continue
                if "pid" in said:
                    run.pid = int(said["pid"])
                    run.started = self._clock() if run.started is None else run.started
                    continue
                fraction = min(1.0, max(0.0, float(said["fraction"])))
                told = events.Progress(run.job, run.call.attempt, fraction, str(said["doing"]), dict(said["extra"]))
            except (ValueError, KeyError, TypeError):
                continue  # half a datagram: nothing hangs on it
            self._put(told)

    def _mind(self) -> None:
        """Looks at every call: is it done, over its time, dead, or never begun?"""
        now = self._clock()
        for run in list(self._runs.values()):
            future = run.future
            if future is None:
                continue
            if run.started is None and future.running():
                run.started = now
            if run.ending:
                if not alive(run.pid) or now - run.ended > _DEATH:
                    self._finish(run, self._ended_by_us(run))
            elif future.done():
                self._done(run, future)
            elif run.started is not None and now - run.started > run.limit:
                self._end(run, "overran")
            elif run.pid and not alive(run.pid):
                # The pool says nothing of a worker that left with exit status 0 in the middle of a call.
                run.died = now if run.died is None else run.died
                if now - run.died > _LOST:
                    future.cancel()
                    self._finish(run, _died(run, "it ended without an answer", {}))
            elif (
                run.started is None
                and now - run.submitted > _STUCK * 2**run.renewed
                and self._none_started(run.resource)
            ):
                self._renew(run.resource)
        self._pools.retire(now)

    def _none_started(self, resource: str) -> bool:
        return all(run.started is None for run in self._runs.values() if run.resource == resource)

    def _renew(self, resource: str) -> None:
        """A pool whose workers take nothing (one was killed with the lock in its hand) is replaced."""
        log.get().warning("a pool of workers is wedged; it is replaced", resource=resource)
        waiting = [run for run in self._runs.values() if run.resource == resource]
        self._pools.discard(resource)
        for run in waiting:
            run.renewed += 1  # and more patience: starting processes may be what takes so long
            self._schedule(run)

    def _end(self, run: _Run, ending: str) -> None:
        """Ends a call from our side; its outcome is told when its process is dead."""
        if self._runs.get(run.job) is not run or run.ending:
            return
        if run.future is None or run.future.cancel():
            run.ending, run.ended = ending, self._clock()

    def _ended_by_us(self, run: _Run) -> events.Failed:
        if run.ending == "cancelled":
            return events.Failed("cancelled", f"{run.call.verb} was cancelled")
        return events.Failed("overran", f"{run.call.verb} took longer than it may", f"more than {run.limit:g} s")

    def _done(self, run: _Run, future: Future[None]) -> None:
        try:
            future.result(0)
        except CancelledError:
            self._finish(run, events.Failed("cancelled", f"{run.call.verb} was cancelled"))
        except ProcessExpired as error:
            self._finish(run, _died(run, how_it_died(error.exitcode), {"exitcode": error.exitcode}))
        except BrokenProcessPool as error:
            if run.resubmitted or run.started is not None:
                self._finish(run, _died(run, str(error) or "the pool of workers broke", {}))
            else:
                # It was never begun: an idle worker's death took the pool down.
                run.resubmitted = True
                self._schedule(run)
        except BaseException as error:  # SystemExit and the like come through the future as they were raised
            why = f"{type(error).__name__}: {error}"
            self._finish(run, events.Failed("passing", f"an error in {run.call.verb}", why, "", {"error": why}))
        else:
            found = leash.read_answer(run.call.answer)
            self._finish(run, found or _died(run, "it left no answer", {}))

    def _finish(self, run: _Run, outcome: events.Outcome) -> None:
        with self._lock:
            if self._runs.get(run.job) is run:
                del self._runs[run.job]
        self._pools.release(run.resource, run.job, self._clock())
        with contextlib.suppress(OSError):
            os.unlink(run.call.answer)
        self._put(events.WorkerEnded(run.job, run.call.verb, run.call.attempt, outcome))

    def _end_all(self) -> None:
        """Ends every process: asked first, killed after half a second."""
        busy = [run.pid for run in self._runs.values() if alive(run.pid)]
        for kind in (signal.SIGTERM, signal.SIGKILL):
            for pid in busy:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, kind)
            end = time.monotonic() + 0.5
            while time.monotonic() < end and any(alive(pid) for pid in busy):
                time.sleep(0.02)
            busy = [pid for pid in busy if alive(pid)]
        self._pools.end()


def _died(run: _Run, why: str, facts: dict[str, Any]) -> events.Failed:
    return events.Failed("died", f"the worker died while it was to {run.call.verb}", why, "", {"pid": run.pid, **facts})
