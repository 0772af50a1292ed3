"""What `dropreel doctor` finds out about the folders: private, watched, writable by whom they should be."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from daemon import rulebook
from daemon.commands import look
from daemon.errors import UsageError
from daemon.places import Root
from daemon.queue import mounts
from daemon.settings import Settings

Level = Literal["OK", "WARN", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do about it."""

    level: Level
    what: str
    said: str
    remedy: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def folders(settings: Settings) -> Iterator[Finding]:
    """The private folders, and the ways between them and people's."""
    again = f"`dropreel init {settings.root}` makes it."
    missing = [p.name for p in (settings.inbox, settings.review, settings.outbox, settings.stages) if not p.is_dir()]
    if missing:
        yield Finding("FAIL", "folders", f"missing in {settings.root}: {', '.join(missing)}", again)
        return
    if why := mounts.is_private_ok(settings.stages):
        yield Finding("FAIL", "stages", str(why), "Put the root on a local disk; share inbox, review, outbox only.")
    elif not os.access(settings.stages, os.R_OK | os.W_OK | os.X_OK):
        owner = user_name(settings.stages.stat().st_uid)
        yield Finding("FAIL", "stages", f"it belongs to {owner}", f"Run this, and the daemon, as {owner}.")
    elif settings.stages.stat().st_mode & 0o077:
        yield Finding("WARN", "stages", "others may look into it", f"`chmod 700 {settings.stages}`")
    else:
        yield Finding("OK", "stages", "private, on a local file system")


def inboxes(settings: Settings) -> Iterator[Finding]:
    """How each inbox is watched, and whether a drop can be moved out of it."""
    if not settings.inbox.is_dir():
        return
    told = look.snapshot(Root(settings.root)) if look.running(Root(settings.root)) else {}
    told_how = {str(i.get("inbox")): i for i in map(look.as_dict, look.as_list(told.get("inboxes")))}
    ways: dict[str, list[str]] = {}
    for name in _inbox_names(settings):
        folder = settings.inbox / name
        known = told_how.get(name, {})
        if known.get("absent") or not folder.is_dir():
            remedy = "Mount it, or make the folder; nothing of it is lost."
            yield Finding("WARN", "inbox", f"{name}: {known.get('absent') or 'not there'}", remedy)
            continue
        kind = mounts.mount_of(os.path.realpath(folder), mounts.read()).fstype
        events = settings.watch == "auto" and mounts.sends_events(kind)
        way = str(known.get("how") or ("inotify" if events else f"a look every {settings.poll:g} s"))
        ways.setdefault(f"{way} ({kind}), drops are {_taken(folder, settings.stages)}", []).append(name)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            remedy = f"`sudo chgrp {_group(settings)} {folder}; sudo chmod {settings.share.dir_mode} {folder}`"
            yield Finding("FAIL", "inbox", f"{name}: the user that runs this may not take drops from it", remedy)
    for way, names in ways.items():
        yield Finding("OK", "inbox", f"{', '.join(names)}: {way}")


def _inbox_names(settings: Settings) -> list[str]:
    try:
        return sorted(str(name) for name in rulebook.load(settings.rules).folders())
    except (UsageError, OSError):
        return sorted(entry.name for entry in settings.inbox.iterdir() if entry.is_dir())


def _taken(folder: Path, stages: Path) -> str:
    """'moved' or 'copied', tried with a file that has no name, so that nobody sees it."""
    name = f".doctor-{os.getpid()}"
    try:
        handle = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError:
        return "moved or copied"
    private = os.open(stages, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # A directory handle is what makes Python use linkat, which follows the link in /proc.
        os.link(f"/proc/self/fd/{handle}", name, src_dir_fd=private, dst_dir_fd=private)
        os.unlink(name, dir_fd=private)
    except OSError as error:
        return "copied (another file system)" if error.errno == errno.EXDEV else "moved or copied"
    finally:
        os.close(handle)
        os.close(private)
    return "moved"


def share(settings: Settings) -> Iterator[Finding]:
    """Whether those who use the share can drop, rename in review/ and collect, and nothing else."""
    group = _group(settings)
    wrong = []
    for folder in (settings.inbox / "songs", settings.review, settings.outbox):
        if not folder.is_dir():
            continue
        found = folder.stat()
        if settings.share.group and _group_name(found.st_gid) != settings.share.group:
            wrong.append(f"{folder.name} belongs to group {_group_name(found.st_gid)}")
        elif found.st_mode & 0o070 != 0o070:
            wrong.append(f"{folder.name} can't be written by group {_group_name(found.st_gid)}")
    again = f"`dropreel init {settings.root}` as the owner of these folders mends it."
    if wrong:
        yield Finding("FAIL", "share", "; ".join(wrong), again)
    elif settings.share.group or not settings.review.is_dir():
        members = ", ".join(_members(group)) or "nobody but the daemon"
        yield Finding("OK", "share", f"group {group} ({members}) may drop, decide and collect")
    else:
        remedy = "For others, set share.group in dropreel.yaml, then `dropreel init` once more."
        yield Finding(
            "OK", "share", f"only {user_name(settings.review.stat().st_uid)} and group {group} may decide. {remedy}"
        )
    if settings.root.is_dir() and stat.S_IMODE(settings.root.stat().st_mode) & 0o022:
        yield Finding("WARN", "share", "others may rename in the root itself", f"`chmod go-w {settings.root}`")


def _group(settings: Settings) -> str:
    if settings.share.group:
        return settings.share.group
    return _group_name(settings.review.stat().st_gid) if settings.review.is_dir() else _group_name(os.getgid())


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _members(group: str) -> list[str]:
    try:
        found = grp.getgrnam(group)
    except KeyError:
        return []
    primary = [user.pw_name for user in pwd.getpwall() if user.pw_gid == found.gr_gid]
    return sorted({*found.gr_mem, *primary})[:12]


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def account(settings: Settings) -> Iterator[Finding]:
    """Whom the daemon runs as."""
    if settings.stages.is_dir() and settings.stages.stat().st_uid == 0:
        remedy = "Make a user for it; `dropreel install` says how."
        yield Finding("WARN", "account", "the folders belong to root, so the daemon runs as root", remedy)
