"""The inbox as the coordinator sees it: watch, claim, refuse, note, give back. People's drops are opened here only.

inbox = Inbox(settings, put, folders=["songs", "songs/cartoon"])
inbox.recover(); inbox.start()
... Settled(group) arrives: inbox.claim(group, plan, job_name=...) -> the job's folder, or inbox.refuse(group, why)
inbox.stop()
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from daemon import events, sidecars
from daemon.errors import Held
from daemon.queue import attach, claim, handles, mounts, notes, reclaim, settle
from daemon.queue.claim import ClaimPlan
from daemon.queue.groups import Group, Waiting
from daemon.queue.hints import Hints, MountBell
from daemon.queue.taken import Taken
from daemon.queue.watch import How, InboxWatch
from daemon.settings import Settings

__all__ = ["ClaimPlan", "Group", "How", "Inbox", "Waiting"]


class Inbox:
    """All inbox folders of a root. Its methods may be called from any thread."""

    def __init__(
        self,
        settings: Settings,
        put: Callable[[events.Event], None],
        *,
        folders: Iterable[str],
        whole_folders: Callable[[str], bool] = lambda _: True,
        mountinfo: Path = mounts.MOUNTINFO,
        clock: Callable[[], float] = time.monotonic,
        hints: Hints | None = None,
    ) -> None:
        self._settings, self._put, self._whole = settings, put, whole_folders
        self._mountinfo, self._clock = mountinfo, clock
        self._hints = hints or Hints()
        self._memory = mounts.Memory(settings)
        self._taken = Taken(settings)
        self._bell = MountBell(self.wake, mountinfo)
        self._lock = threading.Lock()
        self._claiming: dict[str, threading.Lock] = {}
        self._queued = settle.Settler(settings.settle)
        self._running = False
        self._watches: dict[str, InboxWatch] = {}
        self.set_folders(folders)

    # --- watching ----------------------------------------------------------------------------

    def set_folders(self, folders: Iterable[str]) -> None:
        """The inbox folders, relative to inbox/ ("songs/cartoon"); new ones are watched, others no more."""
        wanted = {folder.strip("/") for folder in folders} - {""}
        with self._lock:
            gone = [self._watches.pop(name) for name in list(self._watches) if name not in wanted]
            made = {name: self._new_watch(name) for name in sorted(wanted - set(self._watches))}
            self._watches.update(made)
            if self._running:
                for watch in made.values():
                    watch.start()
        for watch in gone:
            watch.stop()

    def set_settings(self, settings: Settings) -> None:
        """New settings (settling, polling, limits), from the next look on."""
        self._settings = settings
        self._queued.settle = settings.settle
        for watch in self._all():
            watch.set_settings(settings)

    def _new_watch(self, name: str) -> InboxWatch:
        return InboxWatch(
            name,
            settings=self._settings,
            put=self._put,
            hints=self._hints,
            memory=self._memory,
            taken=self._taken,
            nested=self.nested,
            whole_folders=self._whole,
            mountinfo=self._mountinfo,
            clock=self._clock,
        )

    def nested(self, inbox: str) -> frozenset[str]:
        """The names in an inbox folder that are inboxes themselves, or lead to one: no drops."""
        start = inbox + "/"
        with self._lock:
            return frozenset(name[len(start) :].split("/")[0] for name in self._watches if name.startswith(start))

    def start(self) -> None:
        """Starts a thread for each folder; what lies there already is seen as anything else is."""
        with self._lock:
            self._running = True
            started = list(self._watches.values())
        for watch in started:
            watch.start()
        self._bell.start()

    def stop(self, grace: float = 2.0) -> None:
        """Ends the threads; one that hangs in a look at a share is left behind after `grace` seconds."""
        self._running = False
        watches = self._all()
        for watch in watches:
            watch.stop()
        end = time.monotonic() + grace
        for watch in watches:
            watch.join(max(0.0, end - time.monotonic()))
        self._bell.stop()
        self._hints.stop()

    def _all(self) -> list[InboxWatch]:
        with self._lock:
            return list(self._watches.values())

    def wake(self) -> None:
        """Look everywhere soon."""
        for watch in self._all():
            watch.wake()

    def reconsider(self) -> None:
        """The rules changed: tell everything that is settled again, refused or not."""
        for watch in self._all():
            watch.reconsider()

    def look(self) -> float:
        """Looks at every folder now, in this thread; returns seconds until the next look is due.

        For `once` and for tests, in place of `start`.
        """
        return min((watch.look(self._clock()) for watch in self._all()), default=self._settings.scan)

    def how(self) -> list[How]:
        """How each folder is watched, and why; which are absent."""
        return [watch.how() for watch in self._all()]

    def absent(self) -> dict[str, str]:
        """The inboxes that aren't there now, and why."""
        return {how.inbox: how.absent for how in self.how() if how.absent}

    # --- claiming ----------------------------------------------------------------------------

    def claim(self, group: Group, plan: ClaimPlan, *, job_name: str, seed: int = 0) -> Path:
        """Claims a settled group; see `claim.claim`. Slow: to be called out of the coordinator's loop.

        Where it is held (no room, no permission), it waits with that reason and is told again by and by.
        """
        with self._lock:
            one_at_a_time = self._claiming.setdefault(group.inbox, threading.Lock())
        # Groups of one folder share pictures: the last one moves them.
        with one_at_a_time:
            try:
                return claim.claim(
                    group, plan, settings=self._settings, job_name=job_name, seed=seed, taken=self._taken
                )
            except Held as fault:
                self.refuse(group, fault.sentence(), passing=True)
                raise

    def refuse(self, group: Group, reason: str, *, passing: bool = False) -> None:
        """Leaves a settled group where it is, waiting with that reason, until it changes or `reconsider`.

        passing: it is told again after a full scan all the same.
        """
        with self._lock:
            watch = self._watches.get(group.inbox)
        if watch is not None:
            watch.refuse(group, reason, passing=passing)

    def recover(self) -> list[str]:
        """Finishes or takes back interrupted claims; before anything is claimed. Returns a line each."""
        return reclaim.recover_claims(self._settings, self.vanished(), self._taken)

    def vanished(self) -> list[str]:
        """The inboxes whose mount is gone; asks the mount table alone."""
        table = mounts.read(self._mountinfo)
        return [watch.inbox for watch in self._all() if mounts.vanished(self._memory.point(watch.inbox), table)]

    def unsettled(self, folder: Path, job: sidecars.Job) -> str:
        """Why a claimed job can't be analyzed yet: a writer had a file open and goes on writing. "" where it can.

        To be asked before the first stage; what settled anew is written into job.json.
        """
        changed = claim.changed_since_claim(folder, job)
        if not changed or not all(os.path.lexists(folder / member.file) for member in job.members):
            return ""
        now = self._clock()
        signature = tuple(_signature(folder / member.file) for member in job.members)
        if self._queued.see(job.id, signature, now, writer=claim.is_being_written(folder, job)):
            claim.refresh(folder, job)
            return ""
        return f"{changed} is still being written"

    # --- companions that come late ---------------------------------------------------------------

    def belongs(self, job: sidecars.Job, inbox: str, waiting: Waiting) -> bool:
        """Whether something that waits in an inbox is a whole companion of a job's song."""
        return waiting.whole and attach.belongs(job, inbox, waiting)

    def read(self, inbox: str, waiting: Waiting) -> bytes | None:
        """The bytes of a companion in its inbox, a late YAML's; None where it is larger than 64 KiB, or gone."""
        try:
            with handles.folder(self._settings.inbox, inbox) as dir_fd:
                return handles.read_small(dir_fd, waiting.raw, 64 << 10)
        except OSError:
            return None

    def attach(
        self,
        folder: Path,
        job: sidecars.Job,
        waiting: Waiting,
        *,
        rule: dict[str, Any] | None = None,
        overrides: dict[str, Any] | None = None,
    ) -> sidecars.Member:
        """Takes a late companion into a job on which nothing runs; see `attach.attach`. Slow.

        job.json changes with it, so that what was made from it counts as absent.
        """
        return attach.attach(self._settings, folder, job, waiting, rule=rule, overrides=overrides)

    # --- notes -------------------------------------------------------------------------------

    def note(self, job: sidecars.Job, trouble: sidecars.Trouble) -> str:
        """Writes the note beside the drop place; returns its place. Held where the inbox is absent."""
        self._must_be_there(job)
        return notes.write_note(self._settings, job, trouble)

    def unnote(self, job: sidecars.Job) -> bool:
        """Removes a job's note; to be called when it is tried again."""
        return notes.remove_note(self._settings, job)

    def asked_again(self, inbox: str) -> list[str]:
        """The names of the jobs whose notes there were renamed to RETRY. Slow."""
        return notes.asked_again(self._settings, inbox)

    def give_back(self, folder: Path, job: sidecars.Job) -> str:
        """Moves what was dropped back beside the note; returns the place, "" where nothing had to move."""
        self._must_be_there(job)
        return notes.give_back(self._settings, folder, job)

    def _must_be_there(self, job: sidecars.Job) -> None:
        if why := self.absent().get(job.inbox, ""):
            raise Held(f"inbox/{job.inbox} isn't there", why, "Mount it again; it goes on by itself.")


def _signature(path: Path) -> tuple[int, int]:
    try:
        found = os.lstat(path)
    except OSError:
        return (-1, -1)
    return found.st_size, found.st_mtime_ns
