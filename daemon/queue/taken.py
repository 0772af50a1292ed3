"""What was taken by copy from inboxes that another program keeps in step: it stays there, and isn't taken twice.

Remembered by place, size, mtime and content in `stages/.taken.json`. A file whose time alone changed is
known by its content; one whose content changed is a new drop.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from daemon import durable, sidecars
from daemon.settings import Settings


class Taken:
    """The memory of copied drops; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._path: Path = settings.stages / ".taken.json"
        self._lock = threading.Lock()
        self._places: dict[str, dict[str, Any]] = {}
        try:
            loaded = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            # Lost, or none yet: at worst a file is taken once more.
            loaded = {}
        if isinstance(loaded, dict):
            self._places = {place: known for place, known in loaded.items() if isinstance(known, dict)}

    def knows(self, inbox: str, path: Iterable[str], size: int, mtime_ns: int, digest: Callable[[], str]) -> bool:
        """Whether that file was taken as it is. digest() is asked for only where its time alone differs."""
        place = _place(inbox, path)
        with self._lock:
            known = self._places.get(place)
        if known is None or known.get("size") != size:
            return False
        if known.get("mtime_ns") == mtime_ns:
            return True
        if known.get("digest") != digest():
            return False
        with self._lock:
            known["mtime_ns"] = mtime_ns
            self._write()
        return True

    def record(self, job: sidecars.Job, path: Iterable[str], digest: str) -> None:
        """Remembers a job's source, durably, before the claim is committed."""
        source = job.source()
        with self._lock:
            self._places[_place(job.inbox, path)] = {
                "size": source.size,
                "mtime_ns": source.mtime_ns,
                "digest": digest,
                "job": job.id,
            }
            self._write()

    def forget(self, job_id: str) -> None:
        """Forgets what a claim recorded that wasn't committed after all."""
        with self._lock:
            kept = {place: known for place, known in self._places.items() if known.get("job") != job_id}
            if len(kept) != len(self._places):
                self._places = kept
                self._write()

    def prune(self, inbox: str, present: Iterable[tuple[str, ...]]) -> None:
        """Forgets places of an inbox folder in which nothing lies any more. Only for an inbox that is there."""
        there = {_place(inbox, path) for path in present}
        with self._lock:
            gone = [place for place in self._places if place.split("//", 1)[0] == inbox and place not in there]
            for place in gone:
                del self._places[place]
            if gone:
                self._write()

    def _write(self) -> None:
        # ASCII: a name whose bytes are no text survives as escaped surrogates.
        durable.write_bytes(self._path, json.dumps(self._places, ensure_ascii=True, indent=1).encode("ascii"))


def _place(inbox: str, path: Iterable[str]) -> str:
    return f"{inbox}//{'/'.join(path)}"
