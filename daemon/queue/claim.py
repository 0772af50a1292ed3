"""The claim: from an inbox into `stages/queued/`, so that each dropped file is at every instant whole in one place.

    job.json in queued/.<job>/  ->  each file in  ->  queued/.<job> becomes queued/<job> (the commit)
    ->  what was hidden in the inbox is removed

A file goes in by one rename. Where the kernel says EXDEV, or other hard links to it exist, it is hidden
as `.dropreel-<id>-<nnn>` beside itself, copied, fsynced, compared, renamed; the hidden one is removed
after the commit. `reclaim` finishes what was interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from daemon import durable, log, sidecars
from daemon.errors import Held, PassingFault
from daemon.job import id_of
from daemon.queue import handles, names
from daemon.queue.groups import Group
from daemon.queue.members import hidden_name, is_same, member_folder, member_of, raw, steps_of
from daemon.queue.taken import Taken
from daemon.queue.unclaim import sweep, undo
from daemon.rules import Kind
from daemon.settings import Settings

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class ClaimPlan:
    """What the rules say of a group: `rule` is the finished rule (overrides applied), as plain data."""

    rule: dict[str, Any]
    rule_name: str
    kind: Kind
    take: Literal["move", "copy"] = "move"
    overrides: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    moods: dict[str, Any] = field(default_factory=dict)  # the table of mood words, as plain data


def _local_now() -> datetime:
    return datetime.now().astimezone()


def claim(
    group: Group,
    plan: ClaimPlan,
    *,
    settings: Settings,
    job_name: str,
    seed: int = 0,
    clock: Callable[[], datetime] = _local_now,
    taken: Taken | None = None,
) -> Path:
    """Claims a settled group; returns the job's folder, `stages/queued/<job_name>`.

    taken: where a drop that stays in its inbox (take: copy) is remembered.
    Raises PassingFault where the drop changed or vanished meanwhile, Held where there is no room or no
    permission to take it; then everything is back where it was.
    """
    _verify(group, settings)
    hidden = settings.stages / "queued" / f".{job_name}"
    job = _job(group, plan, settings, job_name, seed, clock)
    try:
        with durable.act("mkdir", hidden):
            hidden.mkdir(mode=0o700)
            durable.fsync_dir(hidden.parent)
        sidecars.write(hidden, job)
        return finish(hidden, job, settings, taken)
    except (OSError, PassingFault) as error:
        if taken is not None:
            taken.forget(job.id)
        undo(hidden, job, settings)
        raise as_fault(error, group.source.name) if isinstance(error, OSError) else error from None


def as_fault(error: OSError, name: str) -> PassingFault | Held:
    """An operating system's refusal, as a fault."""
    shown = names.display(name)
    facts = {"name": shown, "errno": error.errno or 0}
    if error.errno in _NO_ROOM:
        return Held(f"{shown} can't be taken", "no room left where the jobs lie", "Free some room.", facts)
    if isinstance(error, PermissionError):
        remedy = "Let the daemon's user write in that inbox folder and read the file."
        return Held(f"{shown} can't be taken", "permission denied", remedy, facts)
    return PassingFault(f"{shown} can't be taken", (error.strerror or str(error)).lower(), "", facts)


def _verify(group: Group, settings: Settings) -> None:
    """Looks once more whether the drop is what settled. PassingFault where it isn't."""
    for seen in group.members:
        try:
            with handles.folder(settings.inbox, group.inbox, seen.path[:-1]) as dir_fd:
                found = handles.look(dir_fd, seen.name)
        except OSError as error:
            raise as_fault(error, seen.name) from error
        if found is None or not stat.S_ISREG(found.st_mode):
            raise PassingFault(f"{names.display(seen.name)} can't be taken", "it isn't there any more")
        if (found.st_size, found.st_mtime_ns) != (seen.size, seen.mtime_ns):
            raise PassingFault(f"{names.display(seen.name)} can't be taken", "it changed since it had settled")


def _job(
    group: Group,
    plan: ClaimPlan,
    settings: Settings,
    job_name: str,
    seed: int,
    clock: Callable[[], datetime],
) -> sidecars.Job:
    # Pictures that several sounds of a folder share go with the last of them; the others get copies.
    last = not any(path != group.source.path and _is_there(settings, group.inbox, path) for path in group.siblings)
    return sidecars.Job(
        id=id_of(job_name),
        name=job_name,
        kind=plan.kind,
        title=plan.title or group.title,
        inbox=group.inbox,
        dropped_as=names.display(group.top),
        dropped_raw=raw(group.top),
        folder=group.folder,
        members=[
            member_of(seen, number, kept=plan.take == "copy" or (seen.shared and not last))
            for number, seen in enumerate(group.members)
        ],
        rule_name=plan.rule_name,
        rule=plan.rule,
        overrides=plan.overrides,
        moods=plan.moods,
        take=plan.take,
        seed=seed,
        claimed_at=clock().isoformat(timespec="seconds"),
    )


def _is_there(settings: Settings, inbox: str, path: Sequence[str]) -> bool:
    try:
        with handles.folder(settings.inbox, inbox, path[:-1]) as dir_fd:
            return handles.look(dir_fd, path[-1]) is not None
    except OSError:
        return False


def finish(
    folder: Path,
    job: sidecars.Job,
    settings: Settings,
    taken: Taken | None = None,
) -> Path:
    """Takes in what isn't in yet, commits, and removes what was hidden; also resumes an interrupted claim.

    Raises OSError or PassingFault where a member can't be taken; nothing is committed then.
    """
    for member in job.members:
        if not os.path.lexists(folder / member.file):
            take_in(folder, job, member, settings)
    there = [member for member in job.members if os.path.lexists(folder / member.file)]
    if len(there) < len(job.members):
        job.members = there
        sidecars.write(folder, job)
    if job.take == "copy" and taken is not None:
        source = job.source()
        taken.record(job, steps_of(source), handles.digest_of_file(folder / source.file))
    durable.fsync_dir(folder)
    final = folder.with_name(folder.name[1:])
    durable.rename(folder, final)
    try:
        sweep(job, settings)
    except OSError as error:
        # The job is committed; what stays hidden is removed at the next start.
        log.get().warning("what was hidden in the inbox stays for now", job=job.id, error=str(error))
    return final


def take_in(folder: Path, job: sidecars.Job, member: sidecars.Member, settings: Settings) -> None:
    """Takes one member in. A companion that is gone is left out; a source that is gone is a PassingFault."""
    *inner, name = steps_of(member)
    with member_folder(settings, job.inbox, inner) as dir_fd:
        hidden = hidden_name(job.id, member)
        aside = None if dir_fd is None else handles.look(dir_fd, hidden)
        if dir_fd is not None and aside is not None:
            _must_be(member, aside)
            _copy(dir_fd, hidden, folder, member)
            return
        found = None if dir_fd is None else handles.look(dir_fd, name)
        if dir_fd is None or found is None:
            if member.role == "source":
                raise PassingFault(f"{member.name} can't be taken", "it isn't there any more")
            return
        _must_be(member, found)
        if member.kept:
            _copy(dir_fd, name, folder, member)
            return
        # A file with other hard links could be written through them: it is copied, too.
        if found.st_nlink == 1 and _move_in(dir_fd, name, folder / member.file, found):
            return
        with durable.act("hide", folder / member.file):
            durable.rename_noreplace(name, hidden, dir_fd, dir_fd)
            handles.sync(dir_fd)  # a commit whose drop came back under its own name would be taken twice
        _copy(dir_fd, hidden, folder, member)


def _copy(dir_fd: int, name: str, folder: Path, member: sidecars.Member) -> None:
    handles.copy_in(dir_fd, name, folder / member.file, size=member.size, mtime_ns=member.mtime_ns)


def _must_be(member: sidecars.Member, found: os.stat_result) -> None:
    if not is_same(member, found):
        raise PassingFault(f"{member.name} can't be taken", "it changed while it was being taken")


def _move_in(dir_fd: int, name: str, target: Path, expected: os.stat_result) -> bool:
    """Renames a file in. False where it lies on another file system. What turns out to be another file goes back."""
    with durable.act("take", target):
        try:
            durable.rename_noreplace(name, target, source_fd=dir_fd)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise
        found = os.lstat(target)
        if not stat.S_ISREG(found.st_mode) or (found.st_size, found.st_mtime_ns) != (
            expected.st_size,
            expected.st_mtime_ns,
        ):
            durable.rename_noreplace(target, handles.free_name(dir_fd, name), target_fd=dir_fd)
            raise PassingFault(f"{names.display(name)} can't be taken", "another file had its name by then")
    return True


def changed_since_claim(folder: Path, job: sidecars.Job) -> str:
    """Which member of a claimed job isn't what was claimed, or is still being written; "" where all are quiet.

    A writer that had a file open before the claim goes on writing into the moved file.
    """
    for member in job.members:
        try:
            with handles.below_path(folder) as dir_fd:
                found = handles.look(dir_fd, member.file)
                if found is None or not is_same(member, found) or handles.is_written(dir_fd, member.file):
                    return member.name
        except OSError:
            return member.name
    return ""


def is_being_written(folder: Path, job: sidecars.Job) -> bool:
    """Whether a writer of one of a claimed job's files is known."""
    with contextlib.suppress(OSError), handles.below_path(folder) as dir_fd:
        return any(handles.is_written(dir_fd, member.file) for member in job.members)
    return False


def refresh(folder: Path, job: sidecars.Job) -> sidecars.Job:
    """Writes the members' sizes and times anew into job.json, after they have settled again inside queued."""
    for member in job.members:
        found = os.lstat(folder / member.file)
        member.size, member.mtime_ns, member.mtime = found.st_size, found.st_mtime_ns, found.st_mtime_ns / 1e9
    sidecars.write(folder, job)
    return job
