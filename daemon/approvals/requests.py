"""What the command line asks of the coordinator: files in `requests/`, a private folder.

A request is `<time>-<random>.json`; its answer `<time>-<random>.answer.json`. A request that has an
answer is done, even where both lie there: the answer is written first, so that a crash between the
two acts carries nothing out twice. A file that is no request is moved to `.bad` and looked at no more.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import stat
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from daemon import durable
from daemon.errors import UsageError
from daemon.events import Requested
from daemon.settings import Settings

Verb = Literal["approve", "reject", "redo", "retry", "cancel", "bump", "clean", "reopen", "reload", "stop"]
VERBS: tuple[str, ...] = get_args(Verb)

_LIMIT = 64 << 10
_AT_ONCE = 500
_ANSWER = ".answer.json"
_ANSWERS_KEPT = 3600.0
_BAD_KEPT = 7 * 86400.0
_UNREADABLE_FOR = 30.0  # seconds in which a file of another user may still be given to us


class _Request(BaseModel):
    """A request as it lies on disk."""

    model_config = ConfigDict(extra="forbid", strict=True)

    verb: Verb
    job: str = Field(default="", max_length=1024)
    arguments: dict[str, Any] = Field(default_factory=dict)
    by: str = Field(default="", max_length=256)
    at: str = Field(default="", max_length=64)


def leave(settings: Settings, verb: str, job: str = "", arguments: dict[str, Any] | None = None, by: str = "") -> str:
    """Leaves a request for the coordinator; returns its name, for `wait`.

    by: who asks; empty: the user that runs this. Raises UsageError where the verb is unknown, the
    root has no `requests/`, or this user may not write there.
    """
    if verb not in VERBS:
        raise UsageError(f"there is no request {verb!r}", "", f"The requests are {', '.join(VERBS)}.")
    folder = settings.requests
    name = f"{time.time_ns():019d}-{secrets.token_hex(4)}"
    request = {
        "verb": verb,
        "job": job,
        "arguments": arguments or {},
        "by": by or user_name(os.getuid()),
        "at": _now(),
    }
    data = json.dumps(request, ensure_ascii=True).encode()
    if len(data) > _LIMIT:
        raise UsageError("the request is too long", f"{len(data)} bytes, at most {_LIMIT}", "Ask for less at once.")
    try:
        # Readable by all in a folder that only the daemon's user may enter: a request that root
        # leaves must be readable to a daemon that is not root.
        durable.write_bytes(folder / f"{name}.json", data + b"\n", 0o644)
    except FileNotFoundError:
        raise UsageError(
            f"{settings.root} is no dropreel folder yet", "it has no requests/", "Run `dropreel init` there."
        ) from None
    except PermissionError:
        owner = user_name(_owner(folder))
        raise UsageError(
            "you may not ask this daemon",
            f"{folder} belongs to {owner or 'another user'}",
            f"Run the command as that user: `sudo -u {owner or 'USER'} dropreel {verb} ...`.",
        ) from None
    return name


def take(settings: Settings, now: float | None = None) -> list[Requested]:
    """The open requests, oldest first; at most 500 a call. They stay until `answer`.

    Whatever is no request is moved to `.bad`; answers that nobody fetched within an hour are
    removed. now: seconds since the epoch, for ages only.
    """
    folder, now = settings.requests, time.time() if now is None else now
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    found: list[Requested] = []
    answered = {name.removesuffix(_ANSWER) for name in names if name.endswith(_ANSWER)}
    for name in names:
        path = folder / name
        if name.endswith((_ANSWER, ".bad")) or name.startswith(".tmp-"):
            _sweep(path, now)
        elif name.removesuffix(".json") in answered:
            durable.remove(path)
        elif not name.startswith(".") and len(found) < _AT_ONCE:
            request = _read(path, now)
            if request is not None:
                found.append(
                    Requested(name.removesuffix(".json"), request.verb, request.job, request.arguments, request.by)
                )
    return found


def answer(settings: Settings, name: str, ok: bool, said: str) -> None:
    """Answers a request, which is then done. ok: it was carried out; said: a sentence for who asked."""
    if "/" in name or name.startswith("."):
        raise ValueError(name)
    text = json.dumps({"ok": ok, "said": said, "at": _now()}, ensure_ascii=True)
    durable.write_bytes(settings.requests / f"{name}{_ANSWER}", text.encode() + b"\n", 0o644)
    durable.remove(settings.requests / f"{name}.json")


def wait(
    settings: Settings,
    name: str,
    seconds: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[bool, str] | None:
    """The answer to a request, (ok, said), fetched once; None where none came in time.

    None is no refusal: the request lies there, and is carried out when the daemon runs.
    """
    path = settings.requests / f"{name}{_ANSWER}"
    ends, pause = clock() + seconds, 0.02
    while True:
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
            told = json.loads(_bytes(path))
            with contextlib.suppress(OSError):
                path.unlink()
            return bool(told["ok"]), str(told["said"])
        left = ends - clock()
        if left <= 0:
            return None
        sleep(min(pause, left))
        pause = min(pause * 1.5, 0.25)


def user_name(uid: int) -> str:
    """A user's name; the number where it has none, "" for a number below 0."""
    if uid < 0:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _read(path: Path, now: float) -> _Request | None:
    """The request in a file; None, and the file moved to `.bad`, where there is none."""
    try:
        return _Request.model_validate_json(_bytes(path))
    except FileNotFoundError:
        return None
    except (PermissionError, BlockingIOError):
        if _age(path, now) < _UNREADABLE_FOR:
            return None
    except (ValidationError, ValueError, OSError):
        pass
    with contextlib.suppress(FileNotFoundError):
        durable.rename(path, path.with_name(f"{path.name[:200]}.bad"), replace=True)
    return None


def _bytes(path: Path) -> bytes:
    """A small regular file's content. ValueError where it is something else, or too large."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as source:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValueError("no regular file")
        data = source.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise ValueError("too large")
    return data


def _sweep(path: Path, now: float) -> None:
    if _age(path, now) > (_BAD_KEPT if path.name.endswith(".bad") else _ANSWERS_KEPT):
        with contextlib.suppress(OSError):
            durable.remove(path)


def _age(path: Path, now: float) -> float:
    try:
        return now - os.lstat(path).st_mtime
    except OSError:
        return 0.0


def _owner(folder: Path) -> int:
    try:
        return os.stat(folder).st_uid
    except OSError:
        return -1


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
