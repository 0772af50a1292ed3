"""One inbox watched: when to look, and what a look comes to.

Each inbox has a thread of its own, so that a share that hangs hangs nobody else. Events say when to
look sooner; the look is the truth. Time is passed to `look`, so that no test sleeps to be right.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from daemon import events, log
from daemon.queue import groups, handles, mounts, names
from daemon.queue.hints import Hints
from daemon.queue.judge import Judge
from daemon.queue.taken import Taken
from daemon.settings import Settings

_STALLED = 20.0
_LEAST_WAIT = 0.1


@dataclass(frozen=True)
class How:
    """How an inbox is watched, and why; absent: why it isn't there. seen: seconds since the last look ended."""

    inbox: str
    way: str
    why: str
    fstype: str = ""
    absent: str = ""
    seen: float | None = None


class InboxWatch:
    """What is known of one inbox between looks."""

    def __init__(
        self,
        inbox: str,
        *,
        settings: Settings,
        put: Callable[[events.Event], None],
        hints: Hints,
        memory: mounts.Memory,
        taken: Taken,
        nested: Callable[[str], frozenset[str]] = lambda _: frozenset(),
        whole_folders: Callable[[str], bool] = lambda _: True,
        mountinfo: Path = mounts.MOUNTINFO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.inbox = inbox
        self._settings, self._put, self._hints = settings, put, hints
        self._memory, self._nested, self._whole = memory, nested, whole_folders
        self._mountinfo, self._clock = mountinfo, clock
        self._judge = Judge(inbox, settings, put, taken)
        self._shown: tuple[tuple[groups.Waiting, ...], str] | None = None
        self._shown_at = 0.0
        self._how = How(inbox, "polling", "not looked at yet")
        self._began: float | None = None
        self._ended: float | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # --- the thread --------------------------------------------------------------------------

    def start(self) -> None:
        """Starts looking, in a thread that doesn't hold the program back at its end."""
        self._thread = threading.Thread(target=self._run, name=f"inbox {self.inbox}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something may have changed: look soon."""
        self._wake.set()

    def stop(self) -> None:
        """Asks the thread to end; `join` waits for it."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout: float) -> bool:
        """Waits for the thread; False where it hangs in a look."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            began = self._clock()
            try:
                wait = self.look(began)
            except Exception as error:
                # Told and shown by `look` wherever it is expected; here only what nobody thought of, which must
                # not end the looking: without this thread nothing is taken from this inbox any more.
                log.get(inbox=self.inbox).warning("inbox not looked at", error=repr(error))
                wait = self._settings.poll
            # Looking costs at most a fifth of the time, however long the listing is.
            spent = self._clock() - began
            if self._stop.wait(max(_LEAST_WAIT, 4 * spent)):
                break
            self._wake.wait(max(0.0, began + wait - self._clock()))
        self._hints.unwatch(self.inbox)

    # --- a look ------------------------------------------------------------------------------

    def look(self, now: float) -> float:
        """Looks once; puts what it came to; returns after how many seconds to look again without a hint."""
        self._began = now
        try:
            found, absent = self._survey(now)
        finally:
            self._began = None
            self._ended = self._clock()
        waiting = tuple(found.waiting) if found is not None else ()
        if self._shown != (waiting, absent) or now - self._shown_at >= self._settings.scan:
            self._shown, self._shown_at = (waiting, absent), now
            self._put(events.InboxSeen(self.inbox, waiting, absent))
        interval = self._settings.poll if self._how.way == "polling" else self._settings.scan
        due = self._judge.next_due(now)
        return interval if due is None else min(interval, due + 0.01)

    def _survey(self, now: float) -> tuple[groups.Found | None, str]:
        folder = os.path.realpath(self._settings.inbox / self.inbox)
        table = mounts.read(self._mountinfo)
        mount = mounts.mount_of(folder, table)
        try:
            with handles.folder(self._settings.inbox, self.inbox) as dir_fd:
                self._decide_how(folder, dir_fd, mount)
                nested = self._nested(self.inbox)
                entries = handles.listing(dir_fd, limit=self._settings.limits.folder_files, skip=nested)
                if gone := self._mount_gone(entries, nested, mount, table):
                    return self._absent(gone)
                self._how = replace(self._how, absent="")
                found = groups.assemble(
                    self.inbox,
                    entries,
                    nested=nested,
                    limits=groups.Limits(self._settings.limits.file_mb, self._settings.limits.folder_files),
                    whole_folders=self._whole(self.inbox),
                )
                self._judge.judge(found, dir_fd, mounts.sends_events(mount.fstype), now)
                return found, ""
        except FileNotFoundError:
            return self._absent("the folder isn't there")
        except PermissionError:
            return self._absent("the folder can't be read: permission")
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                return self._absent("a link or a file has its name")
            return self._absent(f"the share doesn't answer: {handles.plainly(error)}")

    def _absent(self, why: str) -> tuple[None, str]:
        """Nothing is concluded from an inbox that isn't there: what is known of it stays known."""
        self._how = replace(self._how, absent=why)
        return None, why

    def _mount_gone(
        self,
        entries: tuple[groups.Entry, ...],
        nested: frozenset[str],
        mount: mounts.Mount,
        table: tuple[mounts.Mount, ...],
    ) -> str:
        """Why an empty folder is an absent one: the mount that it was seen on is gone."""
        point = self._memory.point(self.inbox)
        empty = all(names.is_silent(one.name) or one.name in nested or _is_bare(one) for one in entries)
        if empty and mounts.vanished(point, table):
            return f"nothing is mounted at {names.display(point, 200)}"
        self._memory.remember(self.inbox, mount.point)
        return ""

    def _decide_how(self, folder: str, dir_fd: int, mount: mounts.Mount) -> None:
        """Events where every change shows as one, polling elsewhere; decided anew at each look."""
        way, why = "polling", ""
        if self._settings.watch == "poll":
            why = "as set (watch: poll)"
        elif not mounts.sends_events(mount.fstype):
            why = f"{mount.fstype} doesn't tell of changes made elsewhere"
        else:
            why = self._hints.watch(self.inbox, folder, os.fstat(dir_fd), self.wake)
            way = "polling" if why else "events"
        if way == "polling" and self._how.way == "events":
            self._hints.unwatch(self.inbox)
        told = How(self.inbox, way, why or f"{mount.fstype} tells of every change", mount.fstype, self._how.absent)
        if (told.way, told.why) != (self._how.way, self._how.why):
            log.get(inbox=self.inbox).info("inbox is watched", by=told.way, because=told.why)
        self._how = told

    # --- what others say and ask ---------------------------------------------------------------

    def set_settings(self, settings: Settings) -> None:
        """New settings, from the next look on."""
        self._settings = settings
        self._judge.set_settings(settings)
        self.wake()

    def refuse(self, group: groups.Group, reason: str, *, passing: bool = False) -> None:
        """Keeps a settled group waiting, with that reason, until it changes or `reconsider` is called.

        passing: it is told again after a full scan all the same.
        """
        self._judge.refuse(group, reason, passing=passing)
        self.wake()

    def reconsider(self) -> None:
        """Forgets refusals and what was told: everything that is settled is told again."""
        self._judge.reconsider()
        self.wake()

    def how(self) -> How:
        """How it is watched now; a look that takes too long is said."""
        now, began, ended = self._clock(), self._began, self._ended
        seen = None if ended is None else now - ended
        if began is not None and now - began > _STALLED:
            return replace(self._how, absent=f"the share hasn't answered for {now - began:.0f} s", seen=seen)
        return replace(self._how, seen=seen)


def _is_bare(entry: groups.Entry) -> bool:
    """Whether it is an empty folder."""
    return entry.shape == "folder" and not (entry.children or entry.too_many or entry.unreadable)
