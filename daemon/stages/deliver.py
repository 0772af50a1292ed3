"""Deliver: the finished film and the dropped file, built aside in the outbox; the coordinator renames it into place."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from daemon import durable, names, sidecars
from daemon.errors import FinalFault, Held, PassingFault
from daemon.job import JobFolder
from daemon.stages.tools import Tools

ASIDE = ".dropreel"
_CHUNK = 1 << 20
_SPARE = 16 << 20
_FINGERPRINT = re.compile(r"-[0-9a-f]{16}(?=\.)")


def deliver(job: JobFolder, tools: Tools) -> sidecars.Delivery:
    """Builds `outbox/.dropreel/<id>/` whole and durable; returns the intent. Nothing is seen in the outbox yet.

    Held where the outbox has no room; PassingFault where it can't be written (read-only, gone).
    """
    settings = tools.settings
    about = job.job()
    sync = job.need(sidecars.Sync)
    outbox = settings.outbox
    try:
        (outbox / ASIDE).mkdir(mode=0o755, exist_ok=True)
        build = outbox / ASIDE / job.id
        durable.remove_tree(build)
        build.mkdir()
        files = _wanted(about, sync)
        total = sum((job.path / source).stat().st_size for source, _ in files) or 1
        _room(outbox, total)
        copied = 0
        listed: list[dict[str, Any]] = []
        inner = sorted({os.path.dirname(name) for _, name in files if b"/" in name})
        for way in inner:
            os.makedirs(os.path.join(os.fsencode(build), way), exist_ok=True)
        for source, name in files:
            size, digest = copy(job.path / source, build, name, settings.share.file_mode)
            listed.append({"name": name.decode("utf-8", "replace"), "size": size, "sha256": digest, "from": source})
            copied += size
            tools.progress(copied / total, "copying to the outbox")
        for folder in sorted((found[0] for found in os.walk(build)), reverse=True):
            names.give(Path(folder), settings.share.group, settings.share.dir_mode)
            durable.fsync_dir(Path(folder))
        durable.fsync_dir(build.parent)
    except OSError as error:
        raise PassingFault(
            "the film can't be copied to the outbox",
            f"{error.strerror or error} ({error.filename or outbox})",
            "Make room there, or mount it again; it goes on by itself.",
            {"errno": error.errno, "path": str(error.filename or outbox)},
        ) from error
    folder = names.unused(outbox, names.safe(_title(about)))
    return sidecars.Delivery(folder=folder, build=f"{ASIDE}/{job.id}", files=listed)


def _room(outbox: Path, wanted: int) -> None:
    """Held where the outbox has less room than is wanted; a full one costs no attempts, however long it stays full."""
    found = os.statvfs(outbox)
    free = found.f_bavail * found.f_frsize
    # Some shares tell nothing of their room: zero blocks in all.
    if found.f_blocks and free < wanted + _SPARE:
        why = f"{free >> 20} MiB are free there, {(wanted + _SPARE) >> 20} are wanted"
        raise Held("the outbox is full", why, "Make room there; it goes on by itself.", {"path": str(outbox)})


def _title(about: sidecars.Job) -> str:
    return str(about.overrides.get("title") or about.title)


def _wanted(about: sidecars.Job, sync: sidecars.Sync) -> list[tuple[str, bytes]]:
    """(file in the job folder, way in the outbox folder as bytes), clashes settled after NFC and case folding."""
    title = names.safe(_title(about))
    wanted: list[tuple[str, bytes]] = []
    taken: dict[str, set[str]] = {}  # by the folder
    inner: dict[tuple[str, str], str] = {}  # a folder's own folder and folded name -> how it is called here

    def add(source: str, name: str, folders: Sequence[str] = ()) -> None:
        above = ""
        for folder in folders:
            key = (above, names.folded(folder))
            if key not in inner:
                inner[key] = names.distinct(folder, taken.setdefault(above, set()))
            above = f"{above}{inner[key]}/"
        if source:
            wanted.append((source, os.fsencode(above + names.distinct(name, taken.setdefault(above, set())))))

    # The dropped files go first: theirs are the names that must stay as they were. What a share can't
    # show is made safe; the report tells the name as dropped.
    for member in about.members:
        add(member.file, names.safe(os.fsdecode(member.raw_name())), folders_of(member))
    if not sync.films:
        raise FinalFault("there is no film to deliver", "sync.json lists none", "`dropreel retry` makes it anew.")
    for film in sync.films:
        tail = f" ({film.name})" if film.name else ""
        add(film.file, names.fitting(title, f"{tail}{Path(film.file).suffix}"))
    for source, name in ((sync.poster, "poster"), (sync.report, "report"), (sync.edit, "edit")):
        add(source, f"{name}{Path(source).suffix}")
    for extra in sync.extras:
        add(extra, _FINGERPRINT.sub("", extra))
    add(sidecars.Sync.file, sidecars.Sync.file)
    return wanted


def folders_of(member: sidecars.Member) -> list[str]:
    """The folders inside a dropped folder in which one of its files lay: two characters may each have an idle.png."""
    steps = os.fsdecode(base64.b64decode(member.path_raw)).split("/") if member.path_raw else []
    return [names.safe(step) for step in steps[1:-1]]


def copy(source: Path, folder: Path, name: bytes, mode: str) -> tuple[int, str]:
    """Copies a file durably. Returns size and sha256.

    A dropped file's copy is read back and compared: ours goes once it is delivered. PassingFault where it differs.
    """
    target = os.path.join(os.fsencode(folder), name)
    digest = hashlib.sha256()
    with durable.act("copy", os.fsdecode(target)):
        with open(source, "rb") as read, open(target, "xb") as write:
            while chunk := read.read(_CHUNK):
                digest.update(chunk)
                write.write(chunk)
            write.flush()
            os.fchmod(write.fileno(), int(mode, 8) & 0o777)
            os.fsync(write.fileno())
        if source.name.startswith("source."):
            shutil.copystat(source, target)
            if _digest(target) != digest.digest():
                raise PassingFault("a copy in the outbox differs from the dropped file", remedy="It is tried again.")
        os.chmod(target, int(mode, 8) & 0o777)
    size = os.stat(target).st_size
    if size != source.stat().st_size:
        raise PassingFault(
            "a copy in the outbox came out short", f"{size} of {source.stat().st_size} bytes", "It is tried again."
        )
    return size, digest.hexdigest()


def _digest(path: bytes) -> bytes:
    """sha256 of a file as it lies there, past the page cache where that can be asked for."""
    digest = hashlib.sha256()
    with open(path, "rb") as read:
        with contextlib.suppress(OSError):
            os.posix_fadvise(read.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while chunk := read.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
