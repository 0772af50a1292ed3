"""Hints that something changed: inotify, by watchdog, for one level of a folder; and a bell for the mount table."""

from __future__ import annotations

import errno
import io
import logging
import os
import select
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, EventEmitter, ObservedWatch

from daemon.queue import mounts, names

# Our own reads show as opened and closed-without-writing: those aren't asked for.
_WANTED: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]

# Said once at every clean stop, and nothing to worry about.
logging.getLogger("watchdog").addHandler(logging.NullHandler())


class _Wake(FileSystemEventHandler):
    """Wakes; gone: the folder itself was removed, and the watch with it."""

    def __init__(self, folder: str, wake: Callable[[], None]) -> None:
        self._folder, self._wake = folder, wake
        self.gone = False

    def dispatch(self, event: FileSystemEvent) -> None:
        if isinstance(event, DirDeletedEvent) and os.fsdecode(event.src_path) == self._folder:
            self.gone = True
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        # Our own pages and notes call for no look.
        if not all(names.is_silent(os.path.basename(path)) for path in paths):
            self._wake()


class Hints:
    """One observer for all inboxes on local file systems; safe to use from several threads."""

    def __init__(self, observer: Callable[[], BaseObserver] | None = None) -> None:
        self._make = observer
        self._observer: BaseObserver | None = None
        self._lock = threading.Lock()
        self._watches: dict[str, tuple[ObservedWatch, _Wake, tuple[str, int, int]]] = {}

    def watch(self, key: str, folder: str, seen: os.stat_result, wake: Callable[[], None]) -> str:
        """Sees to it that changes in a folder wake; returns why that isn't possible, or "".

        seen: the folder's status; a watch on a folder that was made anew, or mounted over, is renewed.
        """
        same = (folder, seen.st_dev, seen.st_ino)
        with self._lock:
            known = self._watches.get(key)
            # A folder made anew may get the number of the old one.
            if known is not None and known[2] == same and not known[1].gone:
                return ""
            self._drop(key)
            handler = _Wake(folder, wake)
            try:
                watch = self._running().schedule(handler, folder, event_filter=_WANTED)
            except OSError as error:
                return _ran_out(error)
            self._watches[key] = (watch, handler, same)
        return ""

    def unwatch(self, key: str) -> None:
        """Ends the watch of that key, if there is one."""
        with self._lock:
            self._drop(key)

    def stop(self) -> None:
        """Ends all watches and the observer."""
        with self._lock:
            observer, self._observer = self._observer, None
            self._watches.clear()
        if observer is not None:
            observer.stop()
            observer.join(2)

    def _drop(self, key: str) -> None:
        known = self._watches.pop(key, None)
        if known is not None and self._observer is not None:
            try:
                self._observer.unschedule(known[0])
            except (KeyError, OSError):
                return  # the folder went, and its watch with it

    def _running(self) -> BaseObserver:
        if self._observer is None:
            if self._make is None:
                from watchdog.observers.inotify import InotifyEmitter

                self._observer = BaseObserver(_without_moves_away(InotifyEmitter))
            else:
                self._observer = self._make()
            self._observer.daemon = True
            self._observer.start()
        return self._observer


def _without_moves_away(emitter: type[EventEmitter]) -> type[EventEmitter]:
    """watchdog's inotify emitter, not asking for IN_MOVED_FROM.

    Each of those would hold every later event back for half a second, in case the other half of the move
    comes; and each claim moves a file away.
    """
    from watchdog.observers.inotify_c import InotifyConstants

    class Emitter(emitter):  # type: ignore[misc, valid-type]
        def get_event_mask_from_filter(self) -> Any:
            mask = super().get_event_mask_from_filter()
            return type(mask)(mask & ~InotifyConstants.IN_MOVED_FROM)

    return Emitter


def _ran_out(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "inotify has no watch left (raise fs.inotify.max_user_watches)"
    if error.errno == errno.EMFILE:
        return "inotify has no instance left (raise fs.inotify.max_user_instances)"
    return f"inotify refuses: {(error.strerror or str(error)).lower()}"


class MountBell:
    """Rings when the mount table changes: the kernel marks /proc/self/mountinfo with POLLPRI (proc(5))."""

    def __init__(self, ring: Callable[[], None], mountinfo: Path = mounts.MOUNTINFO) -> None:
        self._ring, self._path = ring, mountinfo
        self._end, self._stop = os.pipe2(os.O_CLOEXEC)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts listening: every change from now on rings."""
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return  # no such table on this system: the scan finds out
        table = os.fdopen(fd, "rb", buffering=0)
        known = table.read()
        self._thread = threading.Thread(target=self._run, args=(table, known), name="mounts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        if self._thread is not None:
            os.write(self._stop, b".")
            self._thread.join(2)
        os.close(self._stop)
        os.close(self._end)

    def _run(self, table: io.FileIO, known: bytes) -> None:
        with table:
            poller = select.poll()
            poller.register(table, select.POLLERR | select.POLLPRI)
            poller.register(self._end, select.POLLIN)
            while True:
                ready = {fd for fd, _ in poller.poll()}
                if self._end in ready:
                    return
                table.seek(0)
                if (now := table.read()) != known:
                    known = now
                    self._ring()
