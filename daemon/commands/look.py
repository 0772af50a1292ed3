"""Looking without touching: jobs by listing the stages, details from the snapshot, JSON read plainly.

No models here: `status` must answer at once, and show even what it can't fully understand.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import json
import os
import pwd
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.errors import Fault, UsageError
from daemon.places import FILE, Root, find_root

STAGES = ("queued", "analyzed", "prompted", "rendered", "approved", "synced", "done", "failed")
_NAME = re.compile(r"^(\d{8}-\d{6})-[a-z0-9-]+-([0-9a-f]{6})$")
_HEAD = 4096
_LIMIT = 64 << 20


@dataclass(frozen=True)
class Found:
    """A job where it lies now."""

    id: str
    name: str
    stage: str
    path: Path


def root(options: argparse.Namespace) -> Root:
    """The root that a command is about. UsageError where there is none."""
    places = Root(find_root(options.root))
    if not places.stages.is_dir() and not places.inbox.is_dir():
        raise UsageError(
            f"{plain(str(places.root))} is no dropreel folder",
            "neither stages nor inbox is there",
            "`dropreel init DIR` makes one; --root DIR or DROPREEL_ROOT says where it is.",
        )
    return places


def running(places: Root) -> bool:
    """Whether a coordinator holds the root's lock."""
    try:
        handle = os.open(places.lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except PermissionError:
        raise not_ours(places, places.lock) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return True
        raise
    finally:
        os.close(handle)  # and with it the lock
    return False


def not_ours(places: Root, path: Path) -> Fault:
    """The fault of someone who looks into another user's private folders."""
    try:
        owner = pwd.getpwuid(places.root.stat().st_uid).pw_name
    except (KeyError, OSError):
        owner = "the daemon's user"
    return Fault(
        f"you may not look into {path}", "permission denied", f"Ask as {owner}: `sudo -u {owner} dropreel ...`."
    )


def jobs(places: Root) -> list[Found]:
    """Every job, oldest first, by listing the stages; one that moves meanwhile counts where it was seen last."""
    found: dict[str, Found] = {}
    for stage in STAGES:
        try:
            names = os.listdir(places.stages / stage)
        except FileNotFoundError:
            continue
        except PermissionError:
            raise not_ours(places, places.stages) from None
        matches = ((name, _NAME.match(name)) for name in names)
        found |= {name: Found(match[2], name, stage, places.stages / stage / name) for name, match in matches if match}
    return sorted(found.values(), key=lambda job: job.name)


def snapshot(places: Root) -> dict[str, Any]:
    """What the coordinator last said; empty where it said nothing that can be read."""
    return as_dict(read_json(places.snapshot))


def read_json(path: Path) -> Any:
    """A JSON file as plain data; None where it is absent or can't be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as source:
            return json.loads(source.read(_LIMIT))
    except (OSError, ValueError, RecursionError):
        return None


def as_dict(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def title(job: Found) -> str:
    """What people call it: job.json's title, else the words of its folder's name."""
    told = _title_in_head(job.path / "job.json") or as_dict(read_json(job.path / "job.json")).get("title")
    return told if isinstance(told, str) and told else job.name[16:-7].replace("-", " ")


def _title_in_head(path: Path) -> str:
    """The title near the top of a job.json as we write it, without reading the rule below; "" where it isn't there."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as source:
            # Only a field of the outermost object begins a line with a single blank.
            found = re.search(rb'\n "title": ("(?:[^"\\\n]|\\.)*"),\n', source.read(_HEAD))
        return str(json.loads(found[1])) if found else ""
    except (OSError, ValueError):
        return ""


def find(places: Root, text: str) -> Found:
    """The job that an id, the start of one, a folder's name or a title means.

    UsageError where none or several are meant; it names them.
    """
    everything = jobs(places)
    wanted = text.strip().rstrip("/")
    last = wanted.rsplit("/", 1)[-1]
    in_brackets = re.search(r"\[([0-9a-f]{6})\]", last)  # a desk's name
    exact = [j for j in everything if last in (j.id, j.name) or (in_brackets and j.id == in_brackets[1])]
    if exact:
        return _only(exact, text)
    if starting := [j for j in everything if wanted and (j.id.startswith(wanted.lower()) or j.name.startswith(wanted))]:
        return _only(starting, text)
    titled = {job: _folded(title(job)) for job in everything}
    key = _folded(wanted)
    for matches in (
        [job for job, known in titled.items() if known == key],
        [job for job, known in titled.items() if key and known.startswith(key)],
        [job for job, known in titled.items() if key and key in known],
    ):
        if matches:
            return _only(matches, text)
    raise UsageError(f"no job is called {plain(text)!r}", "", "`dropreel status --all` lists them.")


def _only(matches: list[Found], text: str) -> Found:
    if len(matches) == 1:
        return matches[0]
    named = ", ".join(f"{j.id} ({plain(title(j))}, {j.stage})" for j in matches[:8])
    more = f" and {len(matches) - 8} more" if len(matches) > 8 else ""
    raise UsageError(f"{plain(text)!r} means several jobs", named + more, "Say which by its id.")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def plain(text: object) -> str:
    """Text that can be shown on one line of a terminal, whatever is in it."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in str(text)
    )


def span(seconds: object) -> str:
    """'45 s', '3 min', '2.5 h', '4 days'; '' where there is no number."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 <= seconds < 1e11:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 129600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} days"


def has_settings(places: Root) -> bool:
    """Whether the root has a settings file."""
    return (places.root / FILE).is_file()
