"""What a stage is handed: settings, a way to say how far it is, a way to publish, the decisions of a redo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from daemon import durable, log, rules, sidecars
from daemon.errors import FinalFault
from daemon.job import JobFolder
from daemon.settings import Settings


def _silent(_fraction: float, _doing: str = "", **_extra: Any) -> None:
    """Says nothing."""


@dataclass
class Tools:
    """Built once a call, and handed down; nothing is global.

    progress(fraction 0..1, doing, **extra): cheap, may be called often.
    """

    settings: Settings
    progress: Callable[..., None] = _silent
    attempt: int = 0
    log: Any = field(default_factory=log.get)

    def rule(self, job: sidecars.Job) -> rules.Rule:
        """The rule as it stood when the job was claimed, with its overrides."""
        try:
            return rules.Rule.model_validate(job.rule)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(step) for step in first["loc"])
            raise FinalFault(
                f"the rule in job.json can't be followed: {field}",
                first["msg"],
                "Drop the song again, so that it gets the rule as it is now.",
                {"field": field},
            ) from None

    def publish(self, job: JobFolder, name: str, make: Callable[[Path], None]) -> str:
        """Publishes an artefact in the job folder under a name made of its fingerprint; returns the name."""
        durable.publish(job.path, name, make)
        return name

    def has(self, job: JobFolder, name: str) -> bool:
        """Whether an artefact is there already, from an earlier attempt."""
        return (job.path / name).is_file()
