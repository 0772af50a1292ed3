"""Secrets: from the environment, else from `.env` in the root, else from `secrets/<NAME>` in the root.

They stand in no setting and no rule. A file that others may read is refused, with the command that mends it.
Whatever is found is known to `daemon/redact.py` from then on, so that no log line, fault or sidecar says it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from daemon import redact
from daemon.errors import UsageError
from daemon.places import environment

FILE = ".env"
FOLDER = "secrets"
# What is looked for in the environment so that it can be kept out of logs; `.env` and `secrets/` are taken whole.
NAMES = (
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_CHAT_ID",
    "GOOGLE_API_KEY",
    "GEMINI_API_KEY",
    "OPENAI_API_KEY",
    "QDRANT_API_KEY",
    "QDRANT_HOST",
)
_ADDRESSES = ("_HOST", "_URL", "_PORT")  # said in faults, since a person must see which service is meant
_LIMIT = 64 << 10
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def find(root: Path, *names: str) -> str:
    """The first of some secrets that is set, by the order of the places, then of the names; "" where none is.

    UsageError where a file that may hold it can be read by others, isn't ours, or is no plain text.
    """
    for name in names:
        if found := environment(name).strip():
            return _taken(name, found, "the environment")
    kept = _dotenv(root / FILE)
    for name in names:
        if found := kept.get(name, ""):
            return _taken(name, found, FILE)
    for name in names:
        if found := _read(root / FOLDER / name).strip():
            return _taken(name, found, f"{FOLDER}/{name}")
    return ""


def learn(root: Path) -> list[str]:
    """Has every secret of a root kept out of what is said; returns a sentence for each file that is refused."""
    problems = []
    for name in NAMES:
        _learn(name, environment(name).strip())
    try:
        for name, found in _dotenv(root / FILE).items():
            _learn(name, found)
    except UsageError as fault:
        problems.append(fault.sentence())
    for path in _files(root / FOLDER):
        try:
            _learn(path.name, _read(path).strip())
        except UsageError as fault:
            problems.append(fault.sentence())
    return problems


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except OSError:
        return


def _learn(name: str, found: str) -> None:
    if not name.endswith(_ADDRESSES):
        redact.learn(name, found)


def _taken(name: str, found: str, place: str) -> str:
    """A secret as it may be sent: one line of printable ASCII, since it goes into a header or an address."""
    _learn(name, found)
    if not (found.isascii() and found.isprintable()) or " " in found:
        raise UsageError(
            f"{name} can't be used",
            f"what stands in {place} is no single word of plain letters",
            "Write it there anew.",
        )
    return found


def _dotenv(path: Path) -> dict[str, str]:
    """NAME=value lines, with `export`, quotes and comments as shells have them; other lines are passed over."""
    found = {}
    for line in _read(path).splitlines():
        name, equals, rest = line.strip().removeprefix("export ").partition("=")
        name, rest = name.strip(), rest.strip()
        if not equals or not _NAME.fullmatch(name):
            continue
        if rest[:1] in ("'", '"') and (end := rest.find(rest[0], 1)) > 0:
            found[name] = rest[1:end]
        else:
            found[name] = re.split(r"\s#", rest, maxsplit=1)[0].strip()
    return found


def _read(path: Path) -> str:
    """The text of a file that only we may read; "" where it isn't there. UsageError where it is anything else."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise UsageError(f"{path} can't be read", error.strerror or "", f"`chown {os.geteuid()} {path}`") from None
    with os.fdopen(fd, "rb") as source:
        seen = os.fstat(source.fileno())
        if not stat.S_ISREG(seen.st_mode):
            raise UsageError(f"{path} is no file", "", "Move it away.")
        if seen.st_uid != os.geteuid():
            raise UsageError(
                f"{path} isn't ours", f"it belongs to user {seen.st_uid}", f"`sudo chown {os.geteuid()} {path}`"
            )
        if seen.st_mode & 0o077:
            raise UsageError(
                f"{path} can be read or written by others", f"mode {seen.st_mode & 0o7777:04o}", f"`chmod 600 {path}`"
            )
        data = source.read(_LIMIT + 1)
    try:
        if len(data) > _LIMIT:
            raise ValueError(f"longer than {_LIMIT >> 10} KiB")
        return data.decode("utf-8-sig")
    except ValueError:
        raise UsageError(f"{path} is no short text", "", "Write it anew: a secret is one line.") from None
