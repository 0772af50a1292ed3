"""The ledger: a line for each job that ended, kept when its folder is long gone. `dropreel stats` reads it.

A line is written before the job's folder is renamed to `done` or `failed`: a crash between the two writes it twice,
never not at all, and who reads takes the last line of a job. It holds no title and nothing that was sung.
"""

from __future__ import annotations

import json
from typing import Any

from daemon import durable, sidecars
from daemon.errors import FinalFault
from daemon.places import LEDGER
from daemon.service.tracked import Tracked
from daemon.settings import Settings

_VERBS: dict[str, type[sidecars.Sidecar]] = {
    "analyze": sidecars.Analysis,
    "prompt": sidecars.Prompts,
    "render": sidecars.Renders,
    "sync": sidecars.Sync,
    "deliver": sidecars.Delivery,
}


def write(settings: Settings, one: Tracked, to: str, at: str) -> None:
    """Adds a job's line, as it is about to go to `done` or `failed`. at: ISO 8601, now. OSError where it can't."""
    line = json.dumps(entry(one, to, at), ensure_ascii=True)
    durable.append(settings.stages / LEDGER, line.encode("ascii") + b"\n")


def entry(one: Tracked, to: str, at: str) -> dict[str, Any]:
    """What is kept of a job: how it ended, seconds by stage, who did the work, its clips; no unreadable part."""
    made = {verb: _read(one, model) for verb, model in _VERBS.items()}
    trouble = one.trouble if to == "failed" else None
    prompts, renders, sync = made["prompt"], made["render"], made["sync"]
    return {
        "id": one.id,
        "kind": one.kind,
        "rule": one.about.rule_name if one.about else "",
        "claimed_at": one.about.claimed_at if one.about else "",
        "at": at,
        "end": "done" if to == "done" else trouble.cause if trouble else "failed",
        "stage": trouble.stage if trouble else "",
        "verb": trouble.verb if trouble else "",
        "what": trouble.what[:200] if trouble else "",
        "length": round(one.length, 1),
        "seconds": {
            verb: round(sidecar.seconds + one.state.spent.get(verb, 0.0), 1)
            for verb, sidecar in made.items()
            if sidecar and sidecar.seconds is not None
        },
        "people": round(one.state.asked, 1) if isinstance(renders, sidecars.Renders) else 0.0,
        "attempts": one.state.attempt,
        "films": len(sync.films) if isinstance(sync, sidecars.Sync) else 0,
        "writers": _counted(entry.writer for entry in prompts.prompts) if isinstance(prompts, sidecars.Prompts) else {},
        "painters": _counted(picture.painter or picture.origin for picture in renders.pictures)
        if isinstance(renders, sidecars.Renders)
        else {},
        "clips": [
            {
                "rung": clip.rung,
                "seconds": clip.seconds,
                "tries": [{"rung": attempt.rung, "fault": attempt.fault} for attempt in clip.tries],
            }
            for clip in sync.clips
        ]
        if isinstance(sync, sidecars.Sync)
        else [],
    }


def _counted(names: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[str(name)[:60]] = found.get(str(name)[:60], 0) + 1
    return found


def _read(one: Tracked, model: type[sidecars.Sidecar]) -> sidecars.Sidecar | None:
    try:
        return one.folder.read(model)
    except (FinalFault, OSError):
        return None
