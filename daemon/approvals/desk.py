"""The desk: a job's pictures laid out in review/, where people decide by renaming them.

Nothing on a desk is ours: it holds copies, and is remade where it is damaged. What was laid out is
remembered in decisions.json (`words.Memory`), and a desk is read for nothing but names and picture
bytes. Every file is opened by dirfd, without following links.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from daemon.approvals import own, people
from daemon.approvals.gate import Gate
from daemon.approvals.layout import README, build, furniture, remove
from daemon.approvals.readme import readme
from daemon.approvals.room import desk_name, desks, find, inode, memory_of, review, unmounted
from daemon.approvals.words import Entry, Memory, ignored, read_name, read_names, statement, undone, whole_of_entry
from daemon.errors import Held
from daemon.job import JobFolder
from daemon.rules import Approve
from daemon.settings import Settings
from daemon.sidecars import Decision, Decisions, Prompts, Renders

__all__ = ["DeskLook", "build", "desk_name", "desks", "look", "remove", "tell"]


@dataclass(frozen=True)
class DeskLook:
    """A desk as it was just seen.

    folder: its name in review/ ("" where it is gone). decisions: what it says anew since the last
    look. memory: what to keep in decisions.desk together with them. damaged: what is missing and
    `build` puts back. absent: why nothing can be concluded at all. strange, clashes, problems: for
    `tell`.
    """

    folder: str = ""
    decisions: tuple[Decision, ...] = ()
    memory: dict[str, Any] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()
    absent: str = ""
    strange: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def look(
    settings: Settings, job: JobFolder, renders: Renders, decisions: Decisions, now: float | None = None
) -> DeskLook:
    """A desk as it is now, and what it says anew. now: monotonic seconds.

    A person's own pictures are copied into the job folder; beside those that can't be read a
    `.PROBLEM.txt` says why. May be slow on a share: call it off the coordinator's loop.
    """
    now = time.monotonic() if now is None else now
    memory = memory_of(decisions)
    try:
        with review(settings) as fd:
            found = find(fd, job.id, memory)
            if found is None and unmounted(settings, fd, memory):
                return DeskLook(absent="review/ is not mounted", memory=memory.model_dump())
            if found is None:
                return _gone(memory, now, settings.settle)
            memory.missing.pop("*", None)
            with people.folder(found, fd) as desk:
                memory.now, memory.inode = found, inode(desk)
                return _look(settings, job, renders, desk, memory, now)
    except Held as held:
        return DeskLook(absent=held.sentence(), memory=memory.model_dump())
    except FileNotFoundError:  # renamed between the listing and the opening: the next look finds it
        return DeskLook(folder=memory.now, memory=memory.model_dump())
    except OSError as error:
        return DeskLook(absent=f"the desk can't be read: {error.strerror or error}", memory=memory.model_dump())


def _look(settings: Settings, job: JobFolder, renders: Renders, desk: int, memory: Memory, now: float) -> DeskLook:
    pictures = {picture.id: picture for picture in renders.pictures}
    entries = own.inspect(settings, job, pictures, desk, memory, now)
    damaged = _damage(job, renders, entries, memory)
    _miss(entries, memory, now, settings.settle, whole=README not in damaged)
    if README in damaged and memory.laid and set(memory.ids().values()) <= set(memory.missing):
        # Emptied, not decided: everything is laid out again.
        damaged.append("all pictures")
        memory.laid.clear()
        memory.missing.clear()
        memory.seen.clear()
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    news: list[Decision] = []
    for decision in read_names(entries, memory, memory.now, job.id):
        said = statement(decision)
        if said == memory.said.get(decision.picture, undone(decision.picture)):
            continue
        memory.said[decision.picture] = said
        if decision.way == "replace" and decision.picture not in memory.own:
            memory.own.append(decision.picture)
        news.append(decision.model_copy(update={"at": at}))
    own.say_problems(settings, desk, entries)
    slots = memory.slots()
    speaking = [entry for entry in entries if not ignored(entry.name) and whole_of_entry(entry) is None]
    readings = {entry.name: read_name(entry.name) for entry in speaking}
    return DeskLook(
        folder=memory.now,
        decisions=tuple(news),
        memory=memory.model_dump(),
        damaged=tuple(damaged),
        strange=tuple(name for name, said in readings.items() if said is None or said.key[0] not in slots),
        clashes=tuple(name for name, said in readings.items() if said is not None and said.clash),
        problems=tuple(entry.name for entry in entries if entry.problem),
    )


def _gone(memory: Memory, now: float, settle: float) -> DeskLook:
    """No desk is there: damaged, once that was seen twice; never a decision."""
    since = memory.missing["*"] = min(memory.missing.get("*", now), now)
    damaged = ("the whole desk",) if not memory.folder or now - since >= settle else ()
    return DeskLook(memory=memory.model_dump(), damaged=damaged)


def _damage(job: JobFolder, renders: Renders, entries: list[Entry], memory: Memory) -> list[str]:
    """What `build` has to put on the desk: furniture that is gone or old, pictures that weren't laid out yet."""
    there = {entry.name for entry in entries if entry.kind == "file"}
    wanted = furniture(job, renders)
    damaged = [name for name in (README, *wanted) if name not in there]
    damaged += [name for name in wanted if name in there and memory.furnished.get(name) != wanted[name]]
    known = {laid.id for laid in memory.laid.values()}
    return damaged + [picture.id for picture in renders.pictures if picture.id not in known]


def _miss(entries: list[Entry], memory: Memory, now: float, settle: float, *, whole: bool) -> None:
    """Remembers which pictures are missing and since when; certain only where the desk itself is whole."""
    here = {reading.key for entry in entries if (reading := read_name(entry.name)) is not None}
    missing = {
        ident: min(memory.missing.get(ident, now), now) for key, ident in memory.ids().items() if key not in here
    }
    memory.missing = missing
    memory.gone = [ident for ident, since in missing.items() if now - since >= settle] if whole else []


def tell(
    settings: Settings,
    job: JobFolder,
    renders: Renders,
    decisions: Decisions,
    gate: Gate,
    seen: DeskLook | None = None,
    at: datetime | None = None,
) -> bool:
    """Writes README.txt on the desk where it would say something new; whether it was written.

    seen: the last look, for what wasn't understood. at: now, for the hour at which the gate closes.
    A desk that is gone, or can't be written, is passed over.
    """
    about, memory, seen = job.job(), memory_of(decisions), seen or DeskLook()
    first = next(iter(memory.laid), ".png")
    text = readme(
        str(about.overrides.get("title") or about.title),
        job.id,
        Approve.model_validate(about.rule.get("approve") or {}),
        renders,
        decisions,
        gate,
        suffix=Path(first).suffix,
        grace=settings.grace,
        prompts=job.read(Prompts),
        strange=seen.strange,
        clashes=seen.clashes,
        problems=seen.problems,
        at=at or datetime.now(),
    )
    data = text.encode("utf-8", "replace")
    try:
        with review(settings) as fd:
            found = find(fd, job.id, memory)
            if found is None:
                return False
            with people.folder(found, fd) as desk:
                if people.read(desk, README, 1 << 20) == data:
                    return False
                people.write(desk, README, data, settings.share)
    except (OSError, Held):
        return False
    return True
