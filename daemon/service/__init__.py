"""The coordinator: it holds every fact and moves every job.

May import: approvals, web, queue, stages' table, the ground. Imports neither librosa nor torch nor
numba: workers do.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from types import FrameType
from typing import TYPE_CHECKING

from daemon import log
from daemon.errors import UsageError
from daemon.events import Signalled
from daemon.settings import Settings

if TYPE_CHECKING:
    from daemon.rulebook import Rulebook

_LOCK_TRIES = 10


def run(settings: Settings, once: bool = False) -> int:
    """Runs the daemon until it is told to stop; `once`: until nothing is left to do by itself.

    Returns the exit code. UsageError where it can't start: another daemon on this root, stages/ on a
    network file system, broken settings or rules.
    """
    from daemon import settings as ground
    from daemon.queue import inbox, spool, workers
    from daemon.queue.mounts import is_private_ok
    from daemon.service.coordinator import Coordinator
    from daemon.service.sd import Systemd

    log.configure(settings.log_format, settings.log_level)
    if not settings.inbox.is_dir() or not settings.rules.is_dir():
        raise UsageError(
            f"{settings.root} is no dropreel folder yet", "it has no inbox/ or no rules/", "Run `dropreel init` there."
        )
    spool.make(settings.stages)
    why_not = is_private_ok(settings.stages)
    if why_not:
        raise UsageError(
            "stages/ can't lie there", why_not, "Put the root on a local disk; inbox, review and outbox may be shares."
        )
    lock = hold(settings)
    try:
        for folder in (settings.requests, settings.library, settings.cache):
            folder.mkdir(mode=0o700, exist_ok=True)
        for folder in (settings.review, settings.outbox):
            folder.mkdir(exist_ok=True)
        book = rules_of(settings)
        coordinator = Coordinator(
            settings,
            book,
            workers=lambda put: workers.Workers(settings, put),
            inbox=lambda put: inbox.Inbox(settings, put, folders=book.folders()),
            systemd=Systemd(ground.environment("NOTIFY_SOCKET"), ground.environment("WATCHDOG_USEC")),
            once=once,
        )
        _listen_to_signals(coordinator)
        coordinator.run()
    finally:
        os.close(lock)
    return 0


def rules_of(settings: Settings) -> Rulebook:
    """The rules; where one is wrong, none at all and the problem, which the status pages show until it is mended."""
    from daemon import rulebook

    try:
        return rulebook.load(settings.rules)
    except UsageError as fault:
        log.get().error("a rule is wrong: nothing is taken until it is mended", problem=fault.sentence())
        return rulebook.Rulebook(settings.rules, problem=fault.sentence())


def hold(settings: Settings) -> int:
    """Takes the lock of this root for as long as the process lives. UsageError where another holds it."""
    fd = os.open(settings.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            # `dropreel status` asks by taking a shared lock for an instant.
            time.sleep(0.1)
    else:
        holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
        os.close(fd)
        raise UsageError(
            f"a daemon already runs on {settings.root}",
            f"process {holder}" if holder else "it holds the lock",
            "`dropreel status` shows it; end that one first.",
        ) from None
    os.truncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


def _listen_to_signals(coordinator: object) -> None:
    """Handlers only put a value on the queue; the loop does the work."""
    put = coordinator.put  # type: ignore[attr-defined]

    def stop(_number: int, _frame: FrameType | None) -> None:
        put(Signalled(stop=True))

    def reload(_number: int, _frame: FrameType | None) -> None:
        put(Signalled(reload=True))

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, reload)
