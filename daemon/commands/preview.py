"""`dropreel preview JOB --from 1:00 --to 1:15`: a part of a job's film, made here, while the daemon goes on with it.

The job is held by its folder's descriptor: it may move to its next stage meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daemon import log, names
from daemon.commands import look
from daemon.commands.cache import compiled
from daemon.commands.look import Found, plain
from daemon.errors import UsageError
from daemon.places import Root
from daemon.settings import load

_MOMENT = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,6}(?:\.\d{1,6})?)")


def preview(options: argparse.Namespace) -> int:
    """Writes the part, and says where."""
    from daemon.approvals.room import desks

    places = look.root(options)
    found = look.find(places, options.job)
    start, end = moment(options.start), moment(options.end)
    settings = load(places.root)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(compiled(settings) / "numba"))
    from daemon.job import JobFolder
    from daemon.stages.preview import preview as make
    from daemon.stages.tools import Tools

    name = f"{_stamp(options.start)} to {_stamp(options.end)}{f' {options.format}' if options.format else ''}.mp4"
    if options.out:
        out = Path(options.out).expanduser()
    elif found.stage == "rendered" and (desk := desks(settings).get(found.id)):
        out = settings.review / desk / f"_preview {name}"
    else:
        out = Path.cwd() / names.fitting(names.safe(look.title(found)), f" {name}")
    if not out.parent.is_dir():
        raise UsageError(f"{plain(out.parent)} is no folder", "", "Give the path of a file in a folder that is there.")
    with _held(found) as folder, _beside(out) as temp:
        tools = Tools(settings, progress=_shown(), log=log.get())
        span = make(
            JobFolder(folder),
            tools,
            start,
            end,
            temp,
            form=options.format,
            small=options.small,
            where=lambda file: _place(places, folder, file),
        )
        names.give(temp, settings.share.group if out.parent.parent == settings.review else "", "0664")
        os.replace(temp, out)
    print(f"\r{len(span)} frames of {plain(look.title(found))}: {plain(out)}")
    return 0


def moment(text: str) -> float:
    """Seconds of "75", "1:15", "1:15.5" or "1:02:03". UsageError for anything else."""
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{plain(text)!r} is no moment of a song", "", "Give it as 75, 1:15 or 1:02:03.")
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def _stamp(text: str) -> str:
    """A moment in a file's name, where a colon can't be."""
    return text.strip().replace(":", ".")


@contextlib.contextmanager
def _held(found: Found) -> Iterator[Path]:
    """The job's folder by a way that stays right wherever it is moved."""
    try:
        handle = os.open(found.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UsageError(f"{found.name} has just gone on to another stage", "", "Try again.") from None
    try:
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A temporary name beside the file, gone in the end."""
    temp = out.with_name(f".dropreel-tmp-{os.getpid()}.mp4")
    try:
        yield temp
    finally:
        with contextlib.suppress(OSError):
            temp.unlink()


def _place(places: Root, folder: Path, file: str) -> Path:
    """A dropped file in the job, or where it was delivered to."""
    if not (folder / file).is_file():
        told = look.as_dict(look.read_json(folder / "delivery.json"))
        for entry in map(look.as_dict, look.as_list(told.get("files"))):
            path = places.outbox / str(told.get("folder")) / str(entry.get("name"))
            if entry.get("from") == file and path.is_file():
                return path
    return folder / file


def _shown() -> Any:
    """A line of progress on a terminal; nothing elsewhere."""

    def said(fraction: float, doing: str = "", **_: Any) -> None:
        print(f"\r{doing} {fraction:4.0%}", end="", flush=True, file=sys.stderr)

    return said if sys.stderr.isatty() else lambda *_args, **_extra: None
