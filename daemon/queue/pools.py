"""Pools of worker processes, one for each resource: made when first needed, replaced when broken, let go when idle."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pebble import ProcessPool

from daemon import compiled
from daemon.queue import leash
from daemon.settings import Settings

_RETIRE = 900.0  # seconds after which an idle pool's processes go


@dataclass
class Pool:
    """A pool and the jobs that it has; idle_since on the monotonic clock."""

    pool: Any
    busy: set[str] = field(default_factory=set)
    idle_since: float = 0.0


class Pools:
    """The pools. To be used by one thread alone, which must outlive them: the kernel's parent-death signal
    goes by the thread that forked."""

    def __init__(self, settings: Settings, tasks_a_worker: int) -> None:
        self.settings = settings
        self._tasks = tasks_a_worker
        self._pools: dict[str, Pool] = {}

    def __bool__(self) -> bool:
        return bool(self._pools)

    def get(self, resource: str, now: float) -> Pool:
        """The pool of a resource, in working order."""
        found = self._pools.get(resource)
        if found is not None and found.pool.active:
            return found
        self.discard(resource)
        size = self._size(resource)
        made = ProcessPool(
            max_workers=size,
            max_tasks=self._tasks,
            initializer=leash.begin,
            initargs=(os.getpid(), self._environment(size), self.settings.log_format, self.settings.log_level),
            context=multiprocessing.get_context("spawn"),
        )
        self._pools[resource] = Pool(made, idle_since=now)
        return self._pools[resource]

    def _size(self, resource: str) -> int:
        if resource == "cpu":
            return self.settings.cpu_slots()
        return int(getattr(self.settings.resources, resource, 1))

    def _environment(self, size: int) -> dict[str, str]:
        """Threads for each of so many workers at once, and a cache that outlives them."""
        threads = str(max(1, (os.cpu_count() or 1) // max(1, size)))
        found = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        found["NUMBA_NUM_THREADS"] = threads
        if (folder := compiled.folder(self.settings.cache)) is not None:
            found["NUMBA_CACHE_DIR"] = str(folder)
        return found

    def release(self, resource: str, job: str, now: float) -> None:
        """A job's call has ended."""
        if (pool := self._pools.get(resource)) is not None:
            pool.busy.discard(job)
            pool.idle_since = now

    def retire(self, now: float, after: float = _RETIRE) -> None:
        """Lets pools go that have been idle for so long."""
        for resource, pool in list(self._pools.items()):
            if not pool.busy and now - pool.idle_since >= after:
                self.discard(resource)

    def discard(self, resource: str) -> None:
        """Ends a pool, out of the caller's way."""
        pool = self._pools.pop(resource, None)
        if pool is not None:
            pool.pool.stop()
            # The pool's own join waits up to 3 s for each worker that doesn't end at once.
            threading.Thread(target=pool.pool.join, name="pool's end", daemon=True).start()

    def end(self) -> None:
        """Ends all pools and waits for them."""
        for pool in self._pools.values():
            pool.pool.stop()
        for pool in self._pools.values():
            with contextlib.suppress(RuntimeError, OSError):
                pool.pool.join()
        self._pools.clear()


def alive(pid: int) -> bool:
    """Whether a child of this process runs (a dead one that wasn't waited for doesn't)."""
    if not pid:
        return False
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return False
    state, parent = text.rpartition(")")[2].split()[:2]
    return state not in ("Z", "X") and int(parent) == os.getpid()


def how_it_died(exitcode: int | None) -> str:
    """A dead process's exit status in words."""
    if exitcode is not None and exitcode < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-exitcode).name
            more = " (when memory runs out, the kernel does that)" if name == "SIGKILL" else ""
            return f"ended by {name}{more}"
    return f"exit status {exitcode}"
