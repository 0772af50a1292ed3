"""The keeper of the workers' processes: one thread that starts them, hears them, and minds time limits and deaths.

It starts them itself, since the kernel's parent-death signal goes by the thread that forked.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from pebble import ProcessExpired

from daemon import events, log
from daemon.queue import leash
from daemon.queue.pools import Pools, alive, how_it_died
from daemon.settings import Settings

_TICK = 0.2
_DEATH = 5.0  # seconds that a cancelled worker's death is waited for
_LOST = 2.0  # seconds between a worker's death and the end of waiting for the pool to say so
_STUCK = 120.0  # seconds after which a call that no worker took means a wedged pool
_IDLE_LOOK = 200.0


@dataclass
class Run:
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


class Keeper:
    """Keeps the pools and the calls under way. What isn't said to be otherwise runs in its own thread."""

    def __init__(
        self, pools: Pools, put: Callable[[events.Event], None], clock: Callable[[], float], progress: socket.socket
    ) -> None:
        self._pools, self._put, self._clock, self._progress = pools, put, clock, progress
        self._runs: dict[str, Run] = {}
        self._todo: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._stopping = False
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._keep, name="workers", daemon=True)

    # --- from any thread ---------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def add(self, run: Run) -> None:
        """Takes a call on. ValueError while another of that job is under way."""
        with self._lock:
            if run.job in self._runs:
                raise ValueError(f"{run.job} runs already")
            self._runs[run.job] = run
        self.ask(lambda: self._schedule(run))

    def cancel(self, job_id: str) -> bool:
        """Ends a job's call soon. False where none runs."""
        with self._lock:
            run = self._runs.get(job_id)
        if run is None:
            return False
        self.ask(lambda: self._end(run, "cancelled"))
        return True

    def renew_idle(self, settings: Settings) -> None:
        """Pools take their new size when they are next idle."""
        self.ask(lambda: self._renew_idle(settings))

    def runs(self) -> list[Run]:
        """The calls under way."""
        with self._lock:
            return list(self._runs.values())

    def stop(self, grace: float) -> None:
        """Ends all; calls that end within `grace` seconds still tell their outcome."""
        end = time.monotonic() + grace
        while time.monotonic() < end and self._runs and self._thread.is_alive():
            time.sleep(0.02)
        self._stopping = True
        self._wake()
        if self._thread.is_alive():
            self._thread.join(10)
        for end_of in (self._woken, self._waker):
            end_of.close()

    def ask(self, what: Callable[[], None]) -> None:
        """Has the thread do something."""
        self._todo.append(what)
        self._wake()

    def _wake(self) -> None:
        # A full socket wakes just as well; a closed one means that we have stopped.
        with contextlib.suppress(OSError):
            self._waker.send(b".")

    # --- the thread --------------------------------------------------------------------------------

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

    def _schedule(self, run: Run) -> None:
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

    def _end(self, run: Run, ending: str) -> None:
        """Ends a call from our side; its outcome is told when its process is dead."""
        if self._runs.get(run.job) is not run or run.ending:
            return
        if run.future is None or run.future.cancel():
            run.ending, run.ended = ending, self._clock()

    def _ended_by_us(self, run: Run) -> events.Failed:
        if run.ending == "cancelled":
            return events.Failed("cancelled", f"{run.call.verb} was cancelled")
        return events.Failed("overran", f"{run.call.verb} took longer than it may", f"more than {run.limit:g} s")

    def _done(self, run: Run, future: Future[None]) -> None:
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

    def _finish(self, run: Run, outcome: events.Outcome) -> None:
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


def _died(run: Run, why: str, facts: dict[str, Any]) -> events.Failed:
    return events.Failed("died", f"the worker died while it was to {run.call.verb}", why, "", {"pid": run.pid, **facts})
