"""What interrupted claims left behind: looked at, decided as values, then carried out.

queued/.<job>              whole / not / empty and no original  ->  commit / resume / remove
.dropreel-<id> in an inbox that id committed / not / unknown    ->  remove / (resume) / give its name back
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from daemon import durable, log, sidecars
from daemon.errors import Fault
from daemon.job import LIVE, NAME, STAGES, id_of
from daemon.queue import attach, claim, handles, members, names, unclaim
from daemon.queue.taken import Taken
from daemon.settings import Settings

_HIDDEN = re.compile(re.escape(names.HIDDEN) + r"([0-9a-f]{6})-(\d{3})")

Act = Literal["commit", "resume", "give back", "remove", "wait", "report"]
Place = Literal["inside", "hidden", "dropped", "changed", "gone", "absent"]


@dataclass(frozen=True)
class Begun:
    """An uncommitted folder as it was found. places: where each member's one copy is, the source first."""

    folder: Path
    job: sidecars.Job | None
    places: tuple[Place, ...] = ()
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What becomes of an uncommitted folder, and why."""

    act: Act
    folder: Path
    why: str = ""


def decide(begun: Begun) -> Decision:
    """The one act that an uncommitted folder calls for."""
    if begun.job is None:
        if any(not name.startswith(".tmp-") for name in begun.holds):
            return Decision("report", begun.folder, "files without a readable job.json")
        return Decision("remove", begun.folder, "nothing in it")
    source = begun.places[0]
    if "absent" in begun.places:
        return Decision("wait", begun.folder, "its inbox isn't there")
    if source == "gone" and all(place in ("gone", "dropped") for place in begun.places):
        return Decision("remove", begun.folder, "its source is gone")
    if source == "gone" or "changed" in begun.places:
        return Decision("give back", begun.folder, "its source is gone" if source == "gone" else "it changed meanwhile")
    if any(place in ("hidden", "dropped") for place in begun.places):
        return Decision("resume", begun.folder, "not all of it is in")
    return Decision("commit", begun.folder, "all of it is in")


def survey(settings: Settings, absent: Iterable[str] = ()) -> list[Begun]:
    """The uncommitted folders in queued. absent: inboxes whose mount is gone."""
    queued = settings.stages / "queued"
    away = set(absent)
    try:
        listed = sorted(os.listdir(queued))
    except FileNotFoundError:
        return []
    found = []
    for name in listed:
        if not (name.startswith(".") and NAME.match(name[1:])):
            continue
        folder = queued / name
        try:
            job = sidecars.read(folder, sidecars.Job)
        except Fault:
            job = None
        if job is None or not job.members:
            found.append(Begun(folder, None, holds=tuple(sorted(os.listdir(folder)))))
            continue
        places = tuple(_place(settings, folder, job, number, away) for number in range(len(job.members)))
        found.append(Begun(folder, job, places))
    return found


def _place(settings: Settings, folder: Path, job: sidecars.Job, number: int, away: set[str]) -> Place:
    member = job.members[number]
    if os.path.lexists(folder / member.file):
        return "inside"
    if job.inbox in away:
        return "absent"
    *inner, name = members.steps_of(member)
    try:
        with members.member_folder(settings, job.inbox, inner) as dir_fd:
            if dir_fd is None:
                return "gone"
            if (aside := handles.look(dir_fd, members.hidden_name(job.id, member))) is not None:
                return "hidden" if members.is_same(member, aside) else "changed"
            if (found := handles.look(dir_fd, name)) is not None:
                return "dropped" if members.is_same(member, found) else "changed"
    except OSError as error:
        return "gone" if error.errno in (errno.ELOOP, errno.ENOTDIR) else "absent"
    return "gone"


def carry_out(decision: Decision, settings: Settings, taken: Taken | None = None) -> str:
    """Does what was decided; returns a line for the log. Faults and refusals of the system are told, not raised."""
    name = decision.folder.name[1:]
    try:
        match decision.act:
            case "commit" | "resume":
                job = sidecars.read(decision.folder, sidecars.Job)
                if job is not None:
                    claim.finish(decision.folder, job, settings, taken)
            case "give back":
                job = sidecars.read(decision.folder, sidecars.Job)
                if job is not None and not unclaim.undo(decision.folder, job, settings):
                    return f"{name}: can't go back to its inbox yet ({decision.why})"
            case "remove":
                durable.remove_tree(decision.folder)
            case _:
                pass
    except (OSError, Fault) as error:
        return f"{name}: {decision.act} failed: {error}"
    return f"{name}: {decision.act} ({decision.why})"


def recover_claims(settings: Settings, absent: Iterable[str] = (), taken: Taken | None = None) -> list[str]:
    """Finishes or takes back every interrupted claim; returns what was done, a line each.

    To be run before anything is claimed, and again when an absent inbox is there again.
    """
    away = list(absent)
    lines = [carry_out(decide(begun), settings, taken) for begun in survey(settings, away)]
    lines.extend(_left_hidden(settings, away))
    for line in lines:
        log.get().info("claim recovered", what=line)
    return lines


def _left_hidden(settings: Settings, away: list[str]) -> list[str]:
    """Sees to hidden files whose claim is committed (removed), and to those that nobody knows (given a name)."""
    known = _jobs_by_id(settings)
    lines = _adopted(known)
    for steps, name in list(_hidden_files(settings, away)):
        match = _HIDDEN.match(name)
        if match is None:
            lines.append(_discard(settings, steps, name))
        elif (folder := known.get(match.group(1))) is None:
            lines.append(_give_name(settings, steps, name))
        elif not folder.name.startswith("."):
            lines.append(_sweep(folder, settings, steps, name, int(match.group(2))))
    return lines


def _adopted(known: dict[str, Path]) -> list[str]:
    """Late companions that went into a live job's folder before job.json could name them."""
    lines = []
    for folder in known.values():
        if folder.parent.name not in LIVE or folder.name.startswith(".") or not attach.is_late(os.listdir(folder)):
            continue
        try:
            job = sidecars.read(folder, sidecars.Job)
            adopted = attach.adopt(folder, job) if job is not None else []
        except (OSError, Fault) as error:
            lines.append(f"{folder.name}: {error}")
            continue
        lines.extend(f"{folder.name}: {role} attached" for role in adopted)
    return lines


def _sweep(folder: Path, settings: Settings, steps: tuple[str, ...], name: str, number: int) -> str:
    try:
        job = sidecars.read(folder, sidecars.Job)
        if job is None:
            return f"{name}: kept, {folder.name} has no job.json"
        if all(members.number_of(member) != number for member in job.members):
            return _give_name(settings, steps, name)
        unclaim.sweep(job, settings)
    except (OSError, Fault) as error:
        return f"{name}: kept: {error}"
    return f"{name}: removed, {folder.name} holds it"


def _discard(settings: Settings, steps: tuple[str, ...], name: str) -> str:
    """What we were writing when we were stopped: a note, a copy on its way back. Nobody's only copy."""
    try:
        with handles.folder(settings.inbox, "", steps) as dir_fd:
            os.unlink(name, dir_fd=dir_fd)
    except OSError as error:
        return f"{name}: kept: {error}"
    return f"{name}: removed, half-written"


def _give_name(settings: Settings, steps: tuple[str, ...], name: str) -> str:
    """A hidden file whose job is unknown is somebody's drop: it is made visible again."""
    try:
        with handles.folder(settings.inbox, "", steps) as dir_fd:
            free = handles.free_name(dir_fd, "recovered-" + name[len(names.HIDDEN) :])
            with durable.act("restore", name):
                durable.rename_noreplace(name, free, dir_fd, dir_fd)
                handles.sync(dir_fd)
    except OSError as error:
        return f"{name}: kept: {error}"
    return f"{name}: no job knows it; it lies there as {free}"


def _jobs_by_id(settings: Settings) -> dict[str, Path]:
    """Every job folder by its id, the uncommitted ones too (their names begin with a dot)."""
    found: dict[str, Path] = {}
    for stage in STAGES:
        try:
            listed = os.listdir(settings.stages / stage)
        except OSError:
            continue
        for name in listed:
            if ident := id_of(name.removeprefix(".")):
                found[ident] = settings.stages / stage / name
    return found


def _hidden_files(settings: Settings, away: list[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Our hidden files anywhere under inbox/: (steps below it, name). Links aren't followed."""
    try:
        root = handles.open_root(settings.inbox)
    except OSError:
        return
    try:
        yield from _walk(root, (), away, 0)
    finally:
        os.close(root)


def _walk(dir_fd: int, steps: tuple[str, ...], away: list[str], depth: int) -> Iterator[tuple[tuple[str, ...], str]]:
    if "/".join(steps) in away or depth > 10:
        return
    with os.scandir(dir_fd) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in listed:
        if is_folder:
            try:
                inner = handles.open_below(dir_fd, [name])
            except OSError:
                continue
            try:
                yield from _walk(inner, (*steps, name), away, depth + 1)
            except OSError:
                continue
            finally:
                os.close(inner)
        elif name.startswith(names.HIDDEN):
            yield steps, name
