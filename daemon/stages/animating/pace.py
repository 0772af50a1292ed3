"""How long a clip takes: learned from those made here, by published figures before the first.

A small file in the private state, by workflow: the last measured clips as [seconds, work, key], where work is pixels
times frames in millions and the key that of the try, so that none counts twice. Lost without harm. The coordinator
writes it, from what sync.json tells.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from daemon import durable

FILE = ".clips.json"  # in stages/
_KEPT = 15
_LIMIT = 1 << 20


def work(width: int, height: int, frames: int) -> float:
    """Pixels times frames, in millions."""
    return width * height * frames / 1e6


@dataclass
class Pace:
    """What is known of how long clips take, by workflow."""

    known: dict[str, list[tuple[float, float, str]]] = field(default_factory=dict)

    def seconds(self, workflow: str, wanted: float, published: float, whole: float) -> float:
        """Seconds that a clip of that much work will take: the median of the last ones, scaled.

        published: seconds for a clip of `whole` work, where none was measured yet.
        """
        measured = [taken / done for taken, done, _ in self.known.get(workflow, []) if done > 0]
        return wanted * (median(measured) if measured else published / max(whole, 1e-9))

    def clips(self, workflow: str) -> int:
        """How many measured clips that rests on."""
        return len(self.known.get(workflow, []))

    def learn(self, workflow: str, seconds: float, done: float, key: str) -> None:
        """A clip was made."""
        before = self.known.get(workflow, [])
        if any(key and key == known for _, _, known in before):
            return
        if workflow and seconds > 0 and done > 0 and math.isfinite(seconds) and math.isfinite(done):
            self.known[workflow] = [*before, (round(seconds, 2), round(done, 3), key)][-_KEPT:]


def read(stages: Path) -> Pace:
    """What was learned; nothing where the file is absent or damaged."""
    pace = Pace()
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        path = stages / FILE
        if path.stat().st_size > _LIMIT:
            return pace
        for workflow, pairs in json.loads(path.read_text("utf-8")).items():
            for taken, done, key in pairs:
                pace.learn(str(workflow), float(taken), float(done), str(key))
    return pace


def learn(stages: Path, clips: Iterable[Mapping[str, Any]]) -> None:
    """Takes the clips of a sync.json (as plain data) into account; those that were found again teach nothing."""
    pace = read(stages)
    before = json.dumps(pace.known)
    for clip in clips:
        for tried in clip.get("tries") or []:
            told = tried.get("measured") or {}
            with contextlib.suppress(KeyError, TypeError, ValueError):
                if not told.get("found_again"):
                    size = int(told["asked_width"]), int(told["asked_height"]), int(told["asked_frames"])
                    pace.learn(str(told["workflow"]), float(told["seconds"]), work(*size), str(told["key"]))
    if json.dumps(pace.known) != before:
        with contextlib.suppress(OSError):
            durable.write_json(stages / FILE, pace.known)
