"""A companion that comes late: it joins the job that its song has become.

The file goes in first, under a name of its role; then job.json names it, and with job.json changed whatever
was made from it counts as absent. Killed in between, `adopt` finds the file and names it at the next start.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

from daemon import durable, sidecars
from daemon.errors import PassingFault
from daemon.queue import handles, members, names
from daemon.queue.claim import as_fault, take_in
from daemon.queue.groups import Seen, Waiting
from daemon.settings import Settings

_LATE = re.compile(r"^(override|lyrics|subtitles|beats|cover)-(\d{3})(\.[a-z0-9]{1,8})?$")


def belongs(job: sidecars.Job, inbox: str, waiting: Waiting) -> bool:
    """Whether a companion without a song is one of a job's: dropped in the same inbox, of the same stem."""
    if not waiting.companion or inbox != job.inbox or job.folder:
        return False
    name = os.fsdecode(job.source().raw_name())
    return waiting.companion in (names.stem(name), names.normal(name))


def attach(
    settings: Settings,
    folder: Path,
    job: sidecars.Job,
    waiting: Waiting,
    *,
    rule: dict[str, Any] | None = None,
    overrides: dict[str, Any] | None = None,
) -> sidecars.Member:
    """Takes a settled companion into a claimed job; rule and overrides replace the job's, where given.

    No attempt may be under way on the job. Raises PassingFault or Held where the file can't be taken.
    """
    role = names.companion_role(waiting.raw)
    try:
        with handles.folder(settings.inbox, job.inbox) as dir_fd:
            found = handles.look(dir_fd, waiting.raw)
        if found is None or not stat.S_ISREG(found.st_mode):
            raise PassingFault(f"{waiting.name} can't be taken", "it isn't there any more")
        seen = Seen(role, (waiting.raw,), found.st_size, found.st_mtime_ns, found.st_ino)
        member = members.member_of(seen, _next_number(folder, job), kept=job.take == "copy")
        take_in(folder, job, member, settings)
        if not os.path.lexists(folder / member.file):
            raise PassingFault(f"{waiting.name} can't be taken", "it isn't there any more")
        durable.fsync_dir(folder)
        _name(folder, job, member, rule, overrides)
        with handles.folder(settings.inbox, job.inbox) as dir_fd:
            hidden = members.hidden_name(job.id, member)
            if handles.look(dir_fd, hidden) is not None:
                with durable.act("remove", hidden):
                    os.unlink(hidden, dir_fd=dir_fd)
    except OSError as error:
        raise as_fault(error, waiting.raw) from error
    return member


def _next_number(folder: Path, job: sidecars.Job) -> int:
    used = {members.number_of(member) for member in job.members}
    used |= {int(match.group(2)) for name in os.listdir(folder) if (match := _LATE.match(name))}
    return max(used) + 1


def _name(
    folder: Path,
    job: sidecars.Job,
    member: sidecars.Member,
    rule: dict[str, Any] | None = None,
    overrides: dict[str, Any] | None = None,
) -> None:
    """Names a member in job.json; of two with one role the later one counts, and the other goes along."""
    for one in job.with_role(member.role):
        one.role = "other"
    job.members.append(member)
    if rule is not None:
        job.rule = rule
    if overrides is not None:
        job.overrides = overrides
    sidecars.write(folder, job)


def is_late(names_in_folder: list[str]) -> bool:
    """Whether a job's folder holds what may be a late companion."""
    return any(_LATE.match(name) for name in names_in_folder)


def adopt(folder: Path, job: sidecars.Job) -> list[str]:
    """Names companions that went into a job's folder without job.json saying so; returns their roles.

    For the start: a late companion's own name is its song's stem with the file's ending.
    """
    known = {member.file for member in job.members}
    adopted = []
    for name in sorted(os.listdir(folder)):
        match = _LATE.match(name)
        if match is None or name in known:
            continue
        found = os.lstat(folder / name)
        if not stat.S_ISREG(found.st_mode):
            continue
        stem = os.path.splitext(members.steps_of(job.source())[0])[0]
        seen = Seen(match.group(1), (stem + (match.group(3) or ""),), found.st_size, found.st_mtime_ns, found.st_ino)
        _name(folder, job, members.member_of(seen, int(match.group(2)), kept=False))
        adopted.append(match.group(1))
    return adopted
