"""The coordinator: one loop that holds every fact and moves every job.

Events arrive on one queue. Each turn of the loop takes what is there, looks again at the jobs that
changed, lets `decide` name the one act for each, carries the acts out, and starts what may run.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from daemon import log
from daemon.errors import Fault
from daemon.events import (
    Event,
    HandEnded,
    Heard,
    InboxSeen,
    Progress,
    Requested,
    Settled,
    Signalled,
    WorkerEnded,
)
from daemon.queue import spool
from daemon.queue.inbox import Inbox
from daemon.service import acts, asks, claims, desks, ends, jobs, notices, snapshot, starts
from daemon.service.estimates import Estimates
from daemon.service.gates import Gates
from daemon.service.hands import Hands
from daemon.service.sd import Systemd
from daemon.service.telegram import Telegram
from daemon.service.tracked import Tracked
from daemon.settings import Settings

_TURN = 0.5  # seconds between looks at requests, and the longest that the loop sleeps
_TIDY = 3600.0
_GRACE = 1.0  # seconds that an attempt has to end by itself when the daemon stops; cut short, it is made again


class WorkersLike(Protocol):
    """What the coordinator asks of the workers."""

    def start(self) -> None:
        """Makes ready."""

    def set_settings(self, settings: Settings) -> None:
        """Settings for the attempts to come."""

    def submit(self, job_path: Path, verb: str, attempt: int, limit: float, *, resource: str = "cpu") -> None:
        """Starts an attempt. ValueError while an earlier one of that job is still being ended."""

    def cancel(self, job_id: str) -> bool:
        """Ends the attempt of a job; whether there was one."""

    def stop(self, grace: float) -> None:
        """Ends every attempt and every worker."""


class Coordinator:
    """Everything that is decided is decided in `turn`, in one thread."""

    def __init__(
        self,
        settings: Settings,
        rulebook: Any,
        *,
        workers: Callable[[Callable[[Event], None]], WorkersLike],
        inbox: Callable[[Callable[[Event], None]], Inbox],
        clock: Callable[[], float] = time.monotonic,
        systemd: Systemd | None = None,
        once: bool = False,
        quiet: float = 1.0,
    ) -> None:
        self.settings = settings
        self.rulebook = rulebook
        self.clock = clock
        self.once = once
        self._quiet = quiet
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.put = self.events.put
        self.workers = workers(self.put)
        self.inbox = inbox(self.put)
        self.hands = Hands(self.put)
        self.gates = Gates(settings)
        self.systemd = systemd or Systemd("", "")
        self.estimates = Estimates(settings.library / "estimates.json")
        self.jobs: dict[str, Tracked] = {}
        self.problems: list[str] = []
        self.inboxes: dict[str, InboxSeen] = {}
        self.claiming: set[str] = set()
        self.recovering = False  # a hand ends the claims of an earlier life
        self.recovered_at = float("-inf")
        self.away: set[str] = set()  # inboxes that weren't mounted when that was last done
        self.log = log.get()
        self.stopping = False
        self.quiet_since: float | None = None
        self.desks_looked = float("-inf")
        self.desks_took = 0.0
        self.notes_looked = float("-inf")
        self.rules_held: dict[str, dict[str, Any]] = {}
        self._asked = float("-inf")
        self.scanned = float("-inf")
        self._tidied = float("-inf")
        self.pages = snapshot.Pages(settings)
        self.telegram = Telegram(self)

    # --- the loop -----------------------------------------------------------------------------

    def run(self) -> None:
        """Runs until told to stop (or, once, until nothing is left to do)."""
        self.start()
        try:
            while not self.stopping:
                self.turn(self._wait())
                if self.once and self._drained():
                    break
        finally:
            self.end()

    def start(self) -> None:
        """What a start does before the first turn: the claims and jobs of an earlier life, then the watchers."""
        spool.make(self.settings.stages)
        claims.recover_first(self)
        self.scan(starting=True)
        self.workers.start()
        self.inbox.start()
        self.telegram.start()
        self.systemd.say("READY=1")
        self.log.info("watching", root=str(self.settings.root), jobs=len(self.jobs))

    def end(self) -> None:
        """Ends cleanly: running attempts are given up (they are made again), facts are on disk already."""
        self.systemd.say("STOPPING=1")
        self.inbox.stop()
        self.telegram.stop()
        self.workers.stop(_GRACE)
        for one in self.jobs.values():
            if one.running or one.stage == "rendered":
                # Ending on purpose is no interruption.
                one.state.running = ""
                acts.remember(self, one)
        self.estimates.keep()
        self.pages.write(self, force=True)
        self.hands.stop()
        self.log.info("stopped", jobs=len(self.jobs))

    def _wait(self) -> list[Event]:
        """The events that came within a turn; the first is waited for, the rest is taken as it lies there."""
        found: list[Event] = []
        try:
            found.append(self.events.get(timeout=self._pause()))
            while True:
                found.append(self.events.get_nowait())
        except queue.Empty:
            return found

    def _pause(self) -> float:
        if any(one.dirty and not one.busy for one in self.jobs.values()):
            return 0.0
        if self.quiet_since is None:
            return _TURN
        return min(_TURN, max(0.01, self.quiet_since + self._quiet - self.clock()))

    def turn(self, events: list[Event]) -> None:
        """One turn: events, requests, scan, acts, starts, pages."""
        for event in events:
            self._take(event)
        now = self.clock()
        self.systemd.alive(now)
        if now - self._asked >= _TURN:
            self._asked = now
            self.survive("the rules", self._reload_rules)
            self.survive("the requests", lambda: asks.take(self))
        if now - self.scanned >= self.settings.scan:
            self.survive("the scan", self.scan)
        self.survive("the gates", lambda: self.gates.look(now))
        self.survive("the desks", lambda: desks.look(self, now))
        self.survive("the notes", lambda: notices.look_for_retry(self, now))
        for one in list(self.jobs.values()):
            if self._due(one, now):
                jobs.consider(self, one, now)
        starts.dispatch(self, now)
        self.survive("Telegram", lambda: self.telegram.turn(now))
        if now - self._tidied >= _TIDY:
            self._tidied = now
            self.hands.give("library", "tidy", "", lambda: acts.tidy(self.settings))
        self.survive("the pages", lambda: self.pages.write(self))

    def _take(self, event: Event) -> None:
        try:
            self.handle(event)
        except Exception as error:
            # As in `consider`: what the event told is lost, and the job is looked at again after a while.
            one = self.jobs.get(event.job) if isinstance(event, WorkerEnded | HandEnded) else None
            if one is not None and not one.busy:
                jobs.later(self, one, self.clock(), error)
            else:
                self.tell(error, "an event could not be seen to", one.id if one else "")

    def survive(self, what: str, work: Callable[[], object]) -> None:
        """Carries out a part of a turn; its failure costs that part, and is tried again at a later turn."""
        try:
            work()
        except Exception as error:
            # Whatever it is (a full disk, a fault of our own): every other job must go on.
            self.tell(error, f"{what} could not be seen to", "")

    def tell(self, error: Exception, what: str, job: str) -> None:
        expected = isinstance(error, OSError | Fault)
        why = error.sentence() if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
        self.log.error(what, job=job, why=why, exc_info=None if expected else error)

    def _due(self, one: Tracked, now: float) -> bool:
        if one.busy:
            return False
        if one.dirty or one.held != self.gates.held(one):
            return True
        if one.waits == "trying again":
            return now >= one.not_before
        return one.stage == "rendered" and desks.due(self, one, now)

    # --- events -------------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Takes one event into account."""
        if isinstance(event, Progress):
            one = self.jobs.get(event.job)
            if one and one.running and event.attempt == one.state.attempt:
                one.fraction, one.doing = event.fraction, event.doing
                one.left = event.extra.get("left")
                one.preview = _file_name(event.extra.get("preview")) or one.preview
        elif isinstance(event, WorkerEnded):
            ends.ended(self, event)
        elif isinstance(event, HandEnded):
            acts.brought_back(self, event)
        elif isinstance(event, Settled):
            claims.settled(self, event.group)
        elif isinstance(event, InboxSeen):
            self.inboxes[event.inbox] = event
            claims.late(self, event)
        elif isinstance(event, Heard):
            self.telegram.heard(event)
        elif isinstance(event, Requested):
            asks.carry_out(self, event)
        elif isinstance(event, Signalled):
            self.stopping = self.stopping or event.stop
            if event.reload:
                asks.reload(self)

    def _reload_rules(self) -> None:
        before = self.rulebook.problem
        if self.rulebook.reload_if_changed():
            self.log.info("rules were read again")
            self.follow_rules()
        if self.rulebook.problem and self.rulebook.problem != before:
            self.log.warning("a rule is wrong", problem=self.rulebook.problem)

    def follow_rules(self) -> None:
        """Watches the folders that the rules name now, and tells everything that is settled again."""
        folders = self.rulebook.folders()
        self.inbox.set_folders(folders)
        self.inboxes = {name: seen for name, seen in self.inboxes.items() if name in folders}
        self.inbox.reconsider()

    # --- jobs ---------------------------------------------------------------------------------

    def scan(self, starting: bool = False) -> None:
        """Lists every job on disk: the truth under all events."""
        jobs.scan(self, starting)

    def look_soon(self) -> None:
        """The next turn scans."""
        self.scanned = float("-inf")

    # --- ends -----------------------------------------------------------------------------------

    def _drained(self) -> bool:
        """Whether nothing is left to do but what waits for people or for the world."""
        now = self.clock()
        still = (
            self.claiming
            or self.recovering
            or self.telegram.busy()
            or any(
                one.busy or one.dirty or one.wants or one.waits == "trying again" or desks.closing(self, one)
                for one in self.jobs.values()
            )
            or claims.unsettled(self)
        )
        if still:
            self.quiet_since = None
            return False
        if self.quiet_since is None:
            self.quiet_since = now
        if now - self.quiet_since < self._quiet:
            return False
        # What comes now is waited for; but most looks bring no news, and only news begins the quiet anew.
        return self.events.empty() and not any(one.looking for one in self.jobs.values())

    def stamp(self) -> str:
        """Now, for people: ISO 8601 with the local offset."""
        return datetime.now().astimezone().isoformat(timespec="seconds")


def _file_name(said: object) -> str:
    """The plain name of a file, as a worker says it; "" where it is none."""
    return said if isinstance(said, str) and said and "/" not in said and not said.startswith(".") else ""
