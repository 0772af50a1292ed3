"""What all sidecars share: the model, reading and writing, the digest of what one was made from."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from daemon import durable
from daemon.errors import FinalFault

Kind = Literal["song", "video", "brief", "track"]
Role = Literal["intro", "verse", "build", "drop", "break", "chorus", "bridge", "outro", "section"]


class Part(BaseModel):
    """A piece of a sidecar. Unknown fields are kept, so that newer and older versions can meet."""

    model_config = ConfigDict(extra="allow")


class Sidecar(Part):
    """A whole sidecar file."""

    file: ClassVar[str] = ""
    version: int = 1
    made_from: str = ""
    made_by: str = ""
    seconds: float | None = None  # how long the stage worked, for estimates


_S = TypeVar("_S", bound=Sidecar)
_LIMIT = 64 << 20


def read(folder: Path, model: type[_S]) -> _S | None:
    """The sidecar of that model in a job folder; None where there is none.

    Raises FinalFault, with file, line and field, where it can't be read.
    """
    path = folder / model.file
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as source:
        data = source.read(_LIMIT + 1)
    return parse(data, model, path)


def parse(data: bytes, model: type[_S], path: Path) -> _S:
    """A sidecar out of its bytes. Raises FinalFault with file, line and field."""
    if len(data) > _LIMIT:
        raise _unreadable(path, 0, "", f"larger than {_LIMIT >> 20} MiB")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        raise _unreadable(path, _line_of(data, first["loc"], first["msg"]), field, first["msg"]) from None


def _line_of(data: bytes, loc: tuple[int | str, ...], message: str) -> int:
    """The line of a field in JSON, by its keys in order; for broken JSON, the parser's own line."""
    try:
        json.loads(data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        return getattr(error, "lineno", 1)
    at = 0
    for key in (step for step in loc if isinstance(step, str)):
        found = data.find(json.dumps(key).encode(), at)
        at = found if found >= 0 else at
    return data.count(b"\n", 0, at) + 1


def _unreadable(path: Path, line: int, field: str, seen: str) -> FinalFault:
    where = f"{path.name}, line {line}" + (f", field {field}" if field else "")
    return FinalFault(
        f"the sidecar {where} can't be read",
        seen,
        "Mend or remove that file, then `dropreel retry` the job.",
        {"path": str(path), "line": line, "field": field, "seen": seen, "unreadable": True},
    )


def write(folder: Path, sidecar: Sidecar) -> None:
    """Writes a sidecar durably. Only the coordinator calls this."""
    durable.write_json(folder / sidecar.file, sidecar)


def digest(folder: Path, files: tuple[str, ...]) -> str:
    """The digest (16 hex digits) of some files in a job folder, names and bytes; an absent one counts too."""
    state = hashlib.sha256()
    for name in files:
        try:
            data = (folder / name).read_bytes()
        except FileNotFoundError:
            data = b"\0absent"
        state.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return state.hexdigest()[:16]


def fingerprint(*parts: Any) -> str:
    """What a thing was made from, as 16 hex digits: JSON of the parts, keys sorted."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
