"""A job as a folder: its name, its stage, its place on disk."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from daemon import sidecars
from daemon.errors import FinalFault

STAGES = ("queued", "analyzed", "prompted", "rendered", "approved", "synced", "done", "failed")
LIVE = STAGES[:6]
NAME = re.compile(r"^\d{8}-\d{6}-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{6}$")

_S = TypeVar("_S", bound=sidecars.Sidecar)


def slug(text: str) -> str:
    """ASCII words of a title, at most 40 characters, never empty ("untitled")."""
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", flat).strip("-")
    return words[:40].strip("-") or "untitled"


def new_name(title: str, stamp: str, taken: set[str]) -> str:
    """A job folder's name; stamp is yyyymmdd-hhmmss; its id isn't among `taken`."""
    while (ident := secrets.token_hex(3)) in taken:
        pass
    return f"{stamp}-{slug(title)}-{ident}"


def id_of(name: str) -> str:
    """The six hex digits at the end of a job folder's name; "" where it isn't one."""
    return name[-6:] if NAME.match(name) else ""


@dataclass(frozen=True)
class JobFolder:
    """A job's folder. Its stage is the folder that it lies in."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def id(self) -> str:
        """Six hex digits."""
        return id_of(self.path.name)

    @property
    def stage(self) -> str:
        """queued, analyzed, ..."""
        return self.path.parent.name

    def read(self, model: type[_S]) -> _S | None:
        """A sidecar, or None where it is absent. FinalFault where it can't be read."""
        return sidecars.read(self.path, model)

    def need(self, model: type[_S]) -> _S:
        """A sidecar that must be there. FinalFault where it isn't."""
        found = self.read(model)
        if found is None:
            raise FinalFault(
                f"the sidecar {model.file} is missing",
                f"{self.name} lies in {self.stage} without it",
                "`dropreel retry` makes it anew.",
                {"path": str(self.path / model.file)},
            )
        return found

    def job(self) -> sidecars.Job:
        """job.json."""
        return self.need(sidecars.Job)

    def file(self, name: str) -> Path:
        """A file of the job, by the name that a sidecar gives it."""
        return self.path / name
