"""review/: the desks that lie there, and how each is found again.

A desk is found by its name, its inode, the id in its name, or the marker in it, so that people may rename it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator

from daemon import names
from daemon.approvals import people
from daemon.approvals.words import Memory
from daemon.errors import Held
from daemon.settings import Settings
from daemon.sidecars import Decisions

MARKER = ".dropreel-desk"
BUILDING = ".dropreel-desk-"
_TITLE_BYTES = 150  # leaves room for " [a1b2c3] approved" and a file manager's " - copy"
_IDENT = re.compile(r"\[([0-9a-f]{6})\]")
_MOST_FOLDERS = 5000


def desk_name(title: str, ident: str) -> str:
    """The name of a job's desk: its title, safe for every file server, and its id."""
    return f"{names.safe(title, _TITLE_BYTES)} [{ident}]"


def memory_of(decisions: Decisions) -> Memory:
    """What is remembered of a job's desk; empty where nothing is."""
    return Memory.model_validate(decisions.desk)


@contextlib.contextmanager
def review(settings: Settings) -> Iterator[int]:
    """The descriptor of review/. Held where it isn't there."""
    try:
        with people.folder(settings.review) as fd:
            yield fd
    except FileNotFoundError as error:
        if error.filename != str(settings.review):
            raise
        raise Held(
            "review/ is not there", str(settings.review), "Mount it again, or `dropreel init` makes it anew."
        ) from None


def unmounted(settings: Settings, fd: int, memory: Memory) -> bool:
    """Whether review/ was on a mount when the desk was last seen, and is a bare mount point now."""
    here = os.fstat(fd).st_dev
    return bool(memory.inode) and here != memory.inode[0] and here == os.stat(settings.root).st_dev


def find(fd: int, ident: str, memory: Memory) -> str | None:
    """The name of a job's desk in review/; None where there is none."""
    folders: dict[str, os.stat_result] = {}
    for name in sorted(os.listdir(fd))[:_MOST_FOLDERS]:
        if name.startswith(BUILDING):
            continue
        with contextlib.suppress(OSError):
            facts = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISDIR(facts.st_mode):
                folders[name] = facts
    named = [name for name in folders if f"[{ident}]" in name.casefold()]
    if memory.inode:
        for name, facts in folders.items():
            if [facts.st_dev, facts.st_ino] == memory.inode and (name in named or _marked(fd, name) == ident):
                return name
    for name in (memory.now, memory.folder, *named):
        if name in named:
            return name
    return next((name for name in folders if _marked(fd, name) == ident), None)


def desks(settings: Settings) -> dict[str, str]:
    """Every desk in review/: job id -> name. Folders that aren't ours are left out. Held where review/ is gone."""
    found: dict[str, str] = {}
    with review(settings) as fd:
        for name in sorted(os.listdir(fd))[:_MOST_FOLDERS]:
            if not name.startswith(BUILDING) and (ident := _marked(fd, name)):
                found.setdefault(ident, name)
    return found


def inode(fd: int) -> list[int]:
    """What tells a folder apart on this machine."""
    facts = os.fstat(fd)
    return [facts.st_dev, facts.st_ino]


def _marked(fd: int, name: str) -> str:
    """The job id that a folder's marker holds; "" where it has none."""
    try:
        with people.folder(name, fd) as inside:
            data = people.read(inside, MARKER, 64) or b""
    except OSError:
        return ""
    text = data.decode("ascii", "replace").strip()
    return text if _IDENT.fullmatch(f"[{text}]") else ""
