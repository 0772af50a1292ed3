"""Reads the files on a desk: which are as they were laid out, and which are a person's own pictures."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from daemon import durable
from daemon.approvals import people, picture
from daemon.approvals.requests import user_name
from daemon.approvals.words import PROBLEM, Entry, Laid, Memory, Own, Seen, key_of, read_name, whole_of_entry
from daemon.job import JobFolder
from daemon.names import fitting
from daemon.settings import Settings
from daemon.sidecars import Picture

_MOST_NAMES = 5000
_SAME_TIME = 2_000_000_000  # nanoseconds: some shares keep times in whole or even seconds


class _NotOwn(Exception):
    """The file turned out to be no picture of a person's own. problem: why; "" where it is the one laid out."""

    def __init__(self, problem: str = "") -> None:
        super().__init__(problem)
        self.problem = problem


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file of ours."""
    with open(path, "rb") as source:
        sha = hashlib.file_digest(source, "sha256").hexdigest()
        return sha, os.fstat(source.fileno()).st_size


def inspect(
    settings: Settings, job: JobFolder, pictures: dict[str, Picture], desk: int, memory: Memory, now: float
) -> list[Entry]:
    """Every name on a desk and what it is; `memory.seen` is brought up to date.

    A file that isn't as it was laid out counts only once it lay unchanged for `settle` seconds; then
    it is read, and copied into the job folder where it is a picture of a person's own.
    """
    entries: list[Entry] = []
    seen_now: dict[str, Seen] = {}
    ids, slots = memory.ids(), memory.slots()
    for name in sorted(os.listdir(desk))[:_MOST_NAMES]:
        try:
            facts = os.stat(name, dir_fd=desk, follow_symlinks=False)
        except OSError:
            continue
        kind = "file" if stat.S_ISREG(facts.st_mode) else "dir" if stat.S_ISDIR(facts.st_mode) else "other"
        by = user_name(facts.st_uid) if facts.st_uid != os.geteuid() else ""
        entry = Entry(name, facts.st_size, kind=kind, by=by)
        reading = read_name(name)
        slot = slots.get(reading.key[0]) if reading else None
        ident = ids.get(reading.key) or f"{slot}{reading.key[1]}" if reading and slot else ""
        if not ident and whole_of_entry(entry) is None:
            entries.append(entry)
            continue
        if ident and kind == "file" and any(same(facts, laid) for laid in memory.laid.values() if laid.id == ident):
            entries.append(entry)
            continue
        signature = [facts.st_size, facts.st_mtime_ns, facts.st_ino]
        seen = memory.seen.get(name)
        if seen is None or seen.signature != signature:
            seen = Seen(signature=signature, since=now)
        seen.since = min(seen.since, now)
        settled = now - seen.since >= settings.settle
        if ident and kind == "file" and facts.st_size and settled and not seen.known:
            _examine(job, desk, name, ident, pictures.get(ident), memory, seen)
            settled = seen.known
        seen_now[name] = seen
        entries.append(Entry(name, facts.st_size, kind, by, settled, seen.own, seen.problem))
    memory.seen = seen_now
    return entries


def same(facts: os.stat_result, laid: Laid) -> bool:
    """Whether a file looks like the picture that was laid out, by size and time."""
    return facts.st_size == laid.size and abs(facts.st_mtime_ns - laid.mtime_ns) < _SAME_TIME


def _examine(
    job: JobFolder, desk: int, name: str, ident: str, ours: Picture | None, memory: Memory, seen: Seen
) -> None:
    """Finds out what a settled file is; leaves `seen` unknown where it changed meanwhile."""
    if seen.signature[0] > picture.LARGEST:
        seen.known, seen.problem = True, f"it is larger than {picture.LARGEST >> 20} MiB"
        return
    data = people.read(desk, name, picture.LARGEST)
    if data is None:
        readable = os.access(name, os.R_OK, dir_fd=desk, follow_symlinks=True)
        seen.known, seen.problem = not readable, "" if readable else "it may not be opened"
        return
    seen.known, sha = True, hashlib.sha256(data).hexdigest()
    if any(laid.sha256 == sha for laid in memory.laid.values() if laid.id == ident):
        return
    told: dict[str, object] = {}

    def make(temp: Path) -> None:
        told.update(picture.convert(data, temp, job.file(ours.file) if ours else None))
        if "problem" in told or told.get("same"):
            raise _NotOwn(str(told.get("problem", "")))

    file = f"own-{ident}-{sha[:16]}.png"
    try:
        durable.publish(job.path, file, make)
    except _NotOwn as error:
        seen.problem = error.problem
        return
    seen.own = Own(file=file, sha=sha, width=int(str(told["width"])), height=int(str(told["height"])))


def say_problems(settings: Settings, desk: int, entries: list[Entry]) -> None:
    """Puts `<name>.PROBLEM.txt` beside each file that is no picture; takes those away that no longer hold."""
    wanted = {
        fitting(entry.name, PROBLEM): (
            f"{entry.name}\r\n\r\nThis file can't be used as a picture: {entry.problem}.\r\n"
            "Put a PNG, JPEG or WebP picture in its place, or delete it.\r\n"
        )
        for entry in entries
        if entry.problem
    }
    there = {entry.name for entry in entries if entry.kind == "file"}
    for name, text in wanted.items():
        if name not in there:
            people.write(desk, name, text.encode("utf-8", "surrogateescape"), settings.share)
    for name in there - set(wanted):
        if name.endswith(PROBLEM) and key_of(name.split(".", 1)[0][:6].split(" ")[0]):
            people.remove(desk, name)
