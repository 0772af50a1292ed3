"""What a job that is given up leaves on servers outside: runs that nobody waits for any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from daemon.service.tracked import Tracked
from daemon.settings import Settings

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator


def give_up(c: Coordinator, one: Tracked) -> None:
    """Has a hand cancel the runs of a job on ComfyUI's servers, our own and no others."""
    path, settings, log, ident = one.folder.path, c.settings, c.log, one.id
    if not any(path.glob("run-*.json")):
        return

    def cancel() -> None:
        for problem in cancel_runs(path, settings):
            log.warning("a run could not be cancelled", job=ident, why=problem)

    c.hands.give("comfyui", "told", "", cancel)


def cancel_runs(path: Path, settings: Settings) -> list[str]:
    """Cancels a job's runs on the servers; what couldn't be, in words."""
    from daemon.backends.comfyui import Server, cancel_left
    from daemon.backends.http import door

    return cancel_left(path, lambda url: Server(url, door(settings, attempts=2, seconds=10)))
