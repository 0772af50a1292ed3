"""Hands: slow work in people's folders, out of the coordinator's loop. One hand an area, so that a share
that hangs holds up its own area and nothing else."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from daemon.events import Event, HandEnded


class Hands:
    """Threads by area. What a hand brings back reaches the coordinator as `HandEnded`."""

    def __init__(self, put: Callable[[Event], None]) -> None:
        self._put = put
        self._areas: dict[str, queue.SimpleQueue[tuple[str, str, Callable[[], Any]] | None]] = {}
        self._threads: list[threading.Thread] = []

    def give(self, area: str, what: str, job: str, work: Callable[[], Any]) -> None:
        """Hands out a piece of work; within an area, one after another."""
        if area not in self._areas:
            self._areas[area] = queue.SimpleQueue()
            thread = threading.Thread(target=self._work, args=(self._areas[area],), name=f"hand-{area}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._areas[area].put((what, job, work))

    def waiting(self, area: str) -> int:
        """Pieces of work that lie before an area's hand, untouched."""
        return self._areas[area].qsize() if area in self._areas else 0

    def stop(self, grace: float = 2.0) -> None:
        """Lets the hands finish what they were given; one that hangs is left behind and ends with the process."""
        for area in self._areas.values():
            area.put(None)
        end = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self, given: queue.SimpleQueue[tuple[str, str, Callable[[], Any]] | None]) -> None:
        while (piece := given.get()) is not None:
            what, job, work = piece
            result, error = None, None
            try:
                result = work()
            except Exception as caught:
                # Whatever it is, the coordinator must learn that this piece ended; it decides and logs.
                error = caught
            self._put(HandEnded(what, job, result, error))
