"""A root in a temporary folder and a coordinator over it, with inline workers and a short settle time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from daemon import rulebook
from daemon.queue import inbox as inboxes
from daemon.service.coordinator import Coordinator
from daemon.settings import Settings

from .toys import InlineWorkers

RULE = """
name: toy
kind: song
folder: songs
default: true
approve: {by: auto}
"""
PEOPLE = RULE.replace("{by: auto}", "{by: people, grace: 0.2}")


def make_root(base: Path, rule: str = RULE) -> Settings:
    """A root with one rule; nothing waits long in it."""
    for folder in ("inbox/songs", "review", "outbox", "rules", "library/cache", "requests", "stages"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    (base / "rules" / "toy.yaml").write_text(rule)
    (base / "stages").chmod(0o700)
    return Settings(root=base, settle=0.05, scan=0.2, poll=0.05, room_mb=0, watch="poll", grace=0.2)


def coordinator(settings: Settings, once: bool = True, stages: dict[str, Any] | None = None) -> Coordinator:
    """A coordinator with inline workers."""
    book = rulebook.load(settings.rules)
    return Coordinator(
        settings,
        book,
        workers=lambda put: InlineWorkers(settings, put, stages),
        inbox=lambda put: inboxes.Inbox(settings, put, folders=book.folders()),
        once=once,
        quiet=0.15,
    )


def in_a_child(work: Callable[[], None]) -> int:
    """Runs `work` in a forked child; returns its wait status (negative: the signal that killed it)."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def kill_at(number: int) -> None:
    """This process kills itself at the n-th announcement (before or after) of a durable act."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "dropreel.act":
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


@contextlib.contextmanager
def files_below(*folders: Path) -> Iterator[list[Path]]:
    """Every regular file below some folders."""
    yield [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def copies_of(data: bytes, base: Path) -> list[Path]:
    """The files below a root that hold exactly these bytes."""
    with files_below(base) as found:
        return [path for path in found if path.stat().st_size == len(data) and path.read_bytes() == data]
