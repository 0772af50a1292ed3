"""The members of a drop: how job.json names them, and where each lies in its inbox."""

from __future__ import annotations

import base64
import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from daemon import sidecars
from daemon.queue import handles, names
from daemon.queue.groups import Seen
from daemon.settings import Settings


def raw(text: str) -> str:
    """A name's bytes, base64."""
    return base64.b64encode(os.fsencode(text)).decode("ascii")


def member_of(seen: Seen, number: int, kept: bool) -> sidecars.Member:
    """A file of a group as job.json has it; number: its place in the group. kept: it is copied, and stays."""
    ending = names.safe_extension(seen.name)
    file = f"source{ending}" if seen.role == "source" else f"{seen.role}-{number:03d}{ending}"
    return sidecars.Member.model_validate(
        {
            "role": seen.role,
            "name": names.display(seen.name),
            "name_raw": raw(seen.name),
            "path": "/".join(names.display(step) for step in seen.path),
            "path_raw": raw("/".join(seen.path)),
            "file": file,
            "size": seen.size,
            "mtime": seen.mtime_ns / 1e9,
            "mtime_ns": seen.mtime_ns,
            "kept": kept,
        }
    )


def steps_of(member: sidecars.Member) -> tuple[str, ...]:
    """A member's way from its inbox folder down, as names."""
    return tuple(os.fsdecode(base64.b64decode(member.path_raw)).split("/"))


def number_of(member: sidecars.Member) -> int:
    """A member's number in its group, by which its files are named; the source's is 0."""
    return 0 if member.role == "source" else int(Path(member.file).stem.rpartition("-")[2])


def hidden_name(job_id: str, member: sidecars.Member) -> str:
    """The name that a dropped file bears in its inbox while it is being copied out of it."""
    return f"{names.HIDDEN}{job_id}-{number_of(member):03d}{names.safe_extension(steps_of(member)[-1])}"


def is_same(member: sidecars.Member, found: os.stat_result) -> bool:
    """Whether a regular file of the size and time of that member lies there."""
    same = (found.st_size, found.st_mtime_ns) == (member.size, member.mtime_ns)
    return same and stat.S_ISREG(found.st_mode)


@contextlib.contextmanager
def member_folder(settings: Settings, inbox: str, inner: Sequence[str]) -> Iterator[int | None]:
    """The member's folder, or None where it is gone."""
    try:
        opened = handles.folder(settings.inbox, inbox, inner)
        dir_fd = opened.__enter__()
    except FileNotFoundError:
        yield None
        return
    try:
        yield dir_fd
    finally:
        opened.__exit__(None, None, None)
