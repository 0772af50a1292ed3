"""The note beside a drop that failed, and the way back of what was dropped.

The note is `<dropped name>.FAILED.txt`; what goes back lies in `<dropped name>.FAILED/` beside it, whence
its owner may drop it again. Neither is ever taken for a drop. A note renamed to `<dropped name>.RETRY.txt`
asks that its job be tried again.
"""

from __future__ import annotations

import base64
import contextlib
import grp
import os
import re
import secrets
from pathlib import Path

from daemon import durable, sidecars
from daemon.errors import Held
from daemon.queue import handles, members, names
from daemon.settings import Settings

_LONGEST = 64 << 10


def note_name(job: sidecars.Job) -> str:
    """The name of a job's note in its inbox folder."""
    return names.with_ending(_dropped(job), names.NOTE)


def _dropped(job: sidecars.Job) -> str:
    top = os.fsdecode(base64.b64decode(job.dropped_raw)) if job.dropped_raw else job.dropped_as
    if job.folder:
        # A dropped folder may have made several jobs.
        return f"{top} - {os.fsdecode(job.source().raw_name())}"
    return top


def text(job: sidecars.Job, trouble: sidecars.Trouble) -> str:
    """What the note says."""
    named = f"{job.dropped_as} - {job.source().name}" if job.folder else job.dropped_as
    stopped = trouble.cause in ("cancelled", "rejected")
    head = f"The film of {named} was stopped." if stopped else f"dropreel can't make a film of {named}."
    lines = [head, "", f"What: {_sentence(trouble.what)}"]
    if trouble.why:
        lines.append(f"Why:  {_sentence(trouble.why)}")
    remedy = _sentence(trouble.remedy) if trouble.remedy else f"Once the cause is mended: dropreel retry {job.id}"
    lines += [f"Do:   {remedy}", ""]
    if job.take == "copy":
        lines.append("The file was copied; it lies where you dropped it.")
    else:
        lines.append("The file is safe with the daemon.")
    lines += [
        f"To try again, rename this note: FAILED becomes RETRY. (Or: dropreel retry {job.id})",
        "This note goes away when the job is tried again.",
        "",
        f"(job {job.name}, {trouble.at})".replace(", )", ")"),
    ]
    return "\n".join(lines) + "\n"


def _sentence(clause: str) -> str:
    flat = " ".join(names.display(line, 600) for line in clause.splitlines()).strip()
    return flat[:1].upper() + flat[1:] + ("" if flat.endswith((".", "!", "?")) else ".")


def write_note(settings: Settings, job: sidecars.Job, trouble: sidecars.Trouble) -> str:
    """Writes or replaces the note beside the drop place; returns its place relative to the root, for people.

    Raises Held where the inbox isn't there or can't be written.
    """
    name = note_name(job)
    temp = f"{names.HIDDEN}note-{secrets.token_hex(6)}"
    data = text(job, trouble).encode("utf-8", "replace")
    try:
        with handles.folder(settings.inbox, job.inbox) as dir_fd, durable.act("note", name):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(temp, flags, 0o600, dir_fd=dir_fd)
            try:
                with os.fdopen(fd, "wb") as out:
                    out.write(data)
                    out.flush()
                    _dress(settings, out.fileno(), folder=False)
                    os.fsync(out.fileno())
                # A link or file under that name is replaced, never written through.
                os.rename(temp, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temp, dir_fd=dir_fd)
                raise
            handles.sync(dir_fd)
    except OSError as error:
        why = handles.plainly(error)
        raise Held(f"the note for {job.dropped_as} can't be written", why, f"See to inbox/{job.inbox}.") from error
    return f"inbox/{job.inbox}/{names.display(name, 300)}"


def remove_note(settings: Settings, job: sidecars.Job) -> bool:
    """Removes a job's note, renamed or not, where one lies there and it is that job's; True where it did."""
    name, removed = note_name(job), False
    try:
        with handles.folder(settings.inbox, job.inbox) as dir_fd:
            for found in {name, *_renamed(dir_fd)} & set(os.listdir(dir_fd)):
                data = handles.read_small(dir_fd, found, _LONGEST)
                if data is None or f"(job {job.name}".encode() not in data:
                    continue
                with durable.act("remove", found):
                    os.unlink(found, dir_fd=dir_fd)
                    handles.sync(dir_fd)
                removed = True
    except OSError:
        return removed
    return removed


def _renamed(dir_fd: int) -> list[str]:
    return [name for name in os.listdir(dir_fd) if name.lower().endswith(names.RETRY.lower())]


def asked_again(settings: Settings, inbox: str) -> list[str]:
    """The names of the jobs whose notes in an inbox folder were renamed to RETRY; none where it isn't there."""
    found = []
    try:
        with handles.folder(settings.inbox, inbox) as dir_fd:
            for name in _renamed(dir_fd):
                data = handles.read_small(dir_fd, name, _LONGEST) or b""
                if match := re.search(rb"^\(job ([0-9a-z-]+)", data, re.MULTILINE):
                    found.append(match[1].decode("ascii"))
    except OSError:
        return []
    return found


def give_back(settings: Settings, folder: Path, job: sidecars.Job) -> str:
    """Moves what was dropped back beside the note, under its own names; returns the place, for people.

    What was copied at the claim (take: copy) still lies where it was dropped: nothing moves then.
    May be repeated after an interruption. Raises Held where the inbox isn't there or can't be written.
    """
    moved = [member for member in job.members if not member.kept and os.path.lexists(folder / member.file)]
    if not moved:
        return ""
    home = names.with_ending(_dropped(job), names.GIVEN_BACK)
    try:
        with handles.folder(settings.inbox, job.inbox) as dir_fd:
            for member in moved:
                steps = members.steps_of(member)
                inner = [home, *(steps[1:-1] if job.folder else ())]
                for depth in range(len(inner)):
                    _make_folder(settings, dir_fd, inner[: depth + 1])
                with handles.below(dir_fd, inner) as target:
                    handles.move_out(folder / member.file, target, steps[-1])
    except OSError as error:
        why = handles.plainly(error)
        raise Held(f"{job.dropped_as} can't be given back", why, f"See to inbox/{job.inbox}.") from error
    return f"inbox/{job.inbox}/{names.display(home, 300)}/"


def _make_folder(settings: Settings, dir_fd: int, steps: list[str]) -> None:
    with handles.below(dir_fd, steps[:-1]) as above:
        try:
            os.mkdir(steps[-1], 0o770, dir_fd=above)
        except FileExistsError:
            return
        with handles.below(above, steps[-1:]) as made:
            _dress(settings, made, folder=True)
        handles.sync(above)


def _dress(settings: Settings, fd: int, *, folder: bool) -> None:
    """Group and mode as set for what is laid out for people; a group that isn't ours to give is left."""
    share = settings.share
    if share.group:
        with contextlib.suppress(KeyError, OSError):
            os.fchown(fd, -1, grp.getgrnam(share.group).gr_gid)
    with contextlib.suppress(OSError):
        os.fchmod(fd, int(share.dir_mode if folder else share.file_mode, 8))
