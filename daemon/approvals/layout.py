"""Laying a desk out, mending it, and taking it away.

A new desk is built aside, hidden, and renamed in.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from daemon import durable, names
from daemon.approvals import merge, own, people
from daemon.approvals.room import BUILDING, MARKER, desk_name, find, inode, memory_of, review, unmounted
from daemon.approvals.words import PROBLEM, Entry, Laid, Memory, Own, key_of, read_name, statement, whole_of_entry
from daemon.errors import Held
from daemon.job import JobFolder
from daemon.settings import Settings
from daemon.sidecars import Decision, Decisions, Renders, Verdict

README = "README.txt"
SHEET = "_contact sheet"
ANIMATIC = "_animatic"
PREVIEW = "_preview"  # of a part of the film, laid there by `dropreel preview`
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


def build(settings: Settings, job: JobFolder, decisions: Decisions) -> dict[str, Any]:
    """Lays a job's desk out; where it lies there, puts back what is missing and adds pictures that are new.

    A new desk is built aside and renamed in; words that were said already are in its names. Returns
    the memory for decisions.desk. Run twice, it gives the same thing. Held where review/ is gone;
    OSError where it can't be written. README.txt is filled by `desk.tell`.
    """
    renders, about, memory = job.need(Renders), job.job(), memory_of(decisions)
    title = str(about.overrides.get("title") or about.title)
    with review(settings) as fd:
        _sweep(fd, job.id)
        found = find(fd, job.id, memory)
        if found is None and unmounted(settings, fd, memory):
            raise Held("review/ is not mounted", str(settings.review), "Mount it again.")
        if found is None:
            memory = _new(settings, job, desk_name(title, job.id), renders, decisions, fd)
        else:
            with people.folder(found, fd) as desk:
                memory.now, memory.inode = found, inode(desk)
                memory.folder = memory.folder or desk_name(title, job.id)
                _mend(settings, job, renders, decisions, desk, memory)
    memory.missing.pop("*", None)
    return memory.model_dump()


def _new(settings: Settings, job: JobFolder, name: str, renders: Renders, decisions: Decisions, fd: int) -> Memory:
    building = f"{BUILDING}{job.id}-{secrets.token_hex(4)}"
    memory = Memory()
    os.mkdir(building, 0o700, dir_fd=fd)
    try:
        with people.folder(building, fd) as desk:
            _lay(settings, job, renders, decisions, desk, memory, set())
            _furnish(settings, job, renders, desk, memory, set())
            people.share(desk, settings.share, directory=True)
            people.sync(desk)
            memory.inode = inode(desk)
        with durable.act("rename", settings.review / name):
            # Somebody's own folder or file may have that name: then ours differs by a number.
            taken = {names.folded(names.shown(other)) for other in os.listdir(fd)}
            memory.folder = names.distinct(name, taken)
            memory.now = memory.folder
            if decisions.whole in {"approved", "rejected"}:
                memory.now = f"{memory.folder} {decisions.whole}"
                verdict: Verdict = "ok" if decisions.whole == "approved" else "no"
                memory.said["*"] = statement(Decision(picture="*", verdict=verdict))
            durable.rename_noreplace(building, memory.now, fd, fd)
            people.sync(fd)
    except BaseException:
        with contextlib.suppress(OSError):
            _destroy(fd, building)
        raise
    return memory


def _mend(
    settings: Settings, job: JobFolder, renders: Renders, decisions: Decisions, desk: int, memory: Memory
) -> None:
    """Puts back furniture that is gone, and lays out pictures that aren't on the desk yet."""
    there = set(os.listdir(desk))
    for name in there:
        if name.startswith(people.TEMPORARY):
            people.remove(desk, name)
    here = {reading.key for name in there if (reading := read_name(name)) is not None}
    _lay(settings, job, renders, decisions, desk, memory, here)
    _furnish(settings, job, renders, desk, memory, there)
    people.share(desk, settings.share, directory=True)
    people.sync(desk)


def _lay(
    settings: Settings,
    job: JobFolder,
    renders: Renders,
    decisions: Decisions,
    desk: int,
    memory: Memory,
    here: set[tuple[int, str]],
) -> None:
    """Copies the pictures onto a desk; those that it has are only remembered."""
    known = {laid.id for laid in memory.laid.values()}
    for slot in merge.now(renders, decisions):
        for one in slot.candidates:
            picture, key = one.picture, key_of(one.picture.id)
            if key is None or picture.id in known:
                continue
            source = job.file(picture.file)
            sha, size = own.digest(source)
            laid = Laid(id=picture.id, size=size, mtime_ns=os.stat(source).st_mtime_ns, sha256=sha)
            if picture.origin == "person":
                laid.own = Own(file=picture.file, sha=picture.fingerprint, width=picture.width, height=picture.height)
                memory.own.append(picture.id)
            name = f"{picture.id}{source.suffix.lower()}"
            if not here and one.decision is not None:
                name = _worded(picture.id, one.verdict, one.decision.note, source.suffix.lower())
                if (reading := read_name(name)) is not None:
                    said = Decision(picture=picture.id, verdict=reading.verdict, note=reading.note)
                    memory.said[picture.id] = statement(said)
            if key not in here:
                with contextlib.suppress(FileExistsError):
                    people.copy(source, desk, name, settings.share, laid.mtime_ns)
            memory.laid[name] = laid


def _worded(ident: str, verdict: str, note: str, suffix: str) -> str:
    """A picture's name on a desk that is laid out again, with the word that was said already."""
    if verdict == "undecided":
        return ident + suffix
    words = f"{ident}.{verdict}" + (f" {note}" if verdict == "redo" and note else "")
    return names.fitting(names.safe(words, 200), suffix, 220)


def _furnish(settings: Settings, job: JobFolder, renders: Renders, desk: int, memory: Memory, there: set[str]) -> None:
    """Contact sheets, animatic, README.txt and marker; those of an earlier round are replaced."""
    wanted = furniture(job, renders)
    for name in memory.furnished:
        if name not in wanted:
            people.remove(desk, name)
    for name, file in wanted.items():
        if name in there and memory.furnished.get(name) in {file, None}:
            continue
        people.remove(desk, name)
        with contextlib.suppress(FileExistsError):
            people.copy(job.file(file), desk, name, settings.share, os.stat(job.file(file)).st_mtime_ns)
    memory.furnished = wanted
    if README not in there:
        people.write(desk, README, b"", settings.share)
    if MARKER not in there:
        people.write(desk, MARKER, job.id.encode() + b"\n", settings.share)


def furniture(job: JobFolder, renders: Renders) -> dict[str, str]:
    """Name on the desk -> file in the job folder, of what lies there beside the pictures."""
    sheets = renders.contact_sheets or ([renders.contact_sheet] if renders.contact_sheet else [])
    found = {
        f"{SHEET}{f' {page}' if page > 1 else ''}{Path(sheet).suffix}": sheet for page, sheet in enumerate(sheets, 1)
    }
    if renders.animatic:
        found[f"{ANIMATIC}{Path(renders.animatic).suffix}"] = renders.animatic
    return {name: file for name, file in found.items() if job.file(file).is_file()}


# --- taking away --------------------------------------------------------------------------------


def remove(settings: Settings, ident: str, memory: dict[str, Any] | None = None) -> list[str]:
    """Takes a job's desk away; returns the names that were left behind, because they are people's own.

    Only copies of ours, people's pictures that were copied into the job, and their words (APPROVED)
    go. A folder that then isn't empty stays, without its marker: it is theirs. Held where review/ is gone.
    """
    known = Memory.model_validate(memory or {})
    left: list[str] = []
    with review(settings) as fd:
        _sweep(fd, ident)
        found = find(fd, ident, known)
        if found is None:
            return left
        with people.folder(found, fd) as desk:
            for name in os.listdir(desk):
                facts = os.stat(name, dir_fd=desk, follow_symlinks=False)
                if not (_ours(name, facts, known) and people.remove(desk, name)):
                    left.append(name)
            if left:
                people.remove(desk, MARKER)
        if not left:
            with durable.act("remove-tree", settings.review / found):
                if not people.remove(fd, found):  # somebody put something there just now
                    with people.folder(found, fd) as desk:
                        left = os.listdir(desk)
                people.sync(fd)
    return sorted(left)


def _ours(name: str, facts: os.stat_result, memory: Memory) -> bool:
    """Whether a name on a desk is a copy of something that we have, or a word to us."""
    if stat.S_ISDIR(facts.st_mode) or not stat.S_ISREG(facts.st_mode):
        return stat.S_ISDIR(facts.st_mode) and whole_of_entry(Entry(name, kind="dir")) is not None
    if name in {README, MARKER} or name in memory.furnished:
        return True
    if name.startswith((SHEET, ANIMATIC, PREVIEW, people.TEMPORARY)):
        return True
    if name.endswith(PROBLEM) or name in _LITTER or name.startswith("._"):
        return True
    if whole_of_entry(Entry(name, facts.st_size)) is not None or not facts.st_size:
        return True
    reading = read_name(name)
    if reading is None:
        return False
    if not memory.laid:
        return True
    if (seen := memory.seen.get(name)) is not None:
        same = seen.signature == [facts.st_size, facts.st_mtime_ns, facts.st_ino]
        return same and seen.known and not seen.problem
    return any(own.same(facts, laid) for laid in memory.laid.values() if key_of(laid.id) == reading.key)


def _sweep(fd: int, ident: str) -> None:
    """Removes what an interrupted `build` left aside."""
    for name in os.listdir(fd):
        if name.startswith(f"{BUILDING}{ident}-"):
            _destroy(fd, name)


def _destroy(fd: int, name: str) -> None:
    with people.folder(name, fd) as inside:
        people.empty(inside)
    os.rmdir(name, dir_fd=fd)
