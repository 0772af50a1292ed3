"""A service over plain HTTP as the one who makes clips. It has no workflow to change: a new seed or less may help."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from daemon.backends.animator import Away, Client, Failed, TooLong, Wish
from daemon.outside import Animator as SetUp
from daemon.stages.animating import ladder
from daemon.stages.animating.asked import Asked, Broken, Grid, NoAnimator, OutOfMemory, Tell, TooSlow

_PUBLISHED = 300.0  # seconds a clip: what a service is hoped to take
_NOT_ITS = "the service has no such setting"


@dataclass
class Plain:
    """Such a service."""

    client: Client
    set_up: SetUp
    clock: Callable[[], float] = time.monotonic

    @property
    def name(self) -> str:
        return f"the animator at {self.client.name}"

    @property
    def workflow(self) -> str:
        return f"http {self.client.name}"

    @property
    def grid(self) -> Grid:
        fps = self.set_up.fps
        sizes = tuple(size for text in self.set_up.sizes if (size := _size(text)))
        most = max(2, round(self.set_up.seconds * fps) + 1)
        grid = Grid(fps, 1, min(most, round(fps) + 1), most)
        return Grid(grid.fps, grid.step, grid.least, grid.most, sizes) if sizes else grid

    @property
    def published(self) -> float:
        return _PUBLISHED

    @property
    def source(self) -> str:
        return ""

    @property
    def hands(self) -> int:
        return 1

    @property
    def exact(self) -> bool:
        return False

    def unable(self) -> dict[str, str]:
        fields = self.set_up.fields
        found = dict.fromkeys(ladder.CHANGES[:-2], _NOT_ITS)
        if not fields.get("seed"):
            found[ladder.SEED] = _NOT_ITS
        if not (fields.get("frames") or fields.get("duration")):
            found[ladder.FEWER] = _NOT_ITS
        if not fields.get("width"):
            found[ladder.SMALLER] = _NOT_ITS
        return found

    def recipe(self, changes: tuple[str, ...]) -> list[str]:
        return [self.set_up.url, self.set_up.generate]

    def animate(self, asked: Asked, folder: Path, out: Path, tell: Tell) -> float | None:
        values = {
            "prompt": asked.prompt,
            "negative": asked.negative,
            "duration": round(self.grid.seconds(asked.frames), 3),
            "seed": asked.seed,
            "width": asked.width,
            "height": asked.height,
            "frames": asked.frames,
            "fps": asked.fps,
        }
        began = self.clock()
        try:
            fresh = self.client.make(Wish(values, asked.still.read_bytes(), asked.key), folder, out, tell)
        except Failed as fault:
            memory = "memory" in f"{fault.what} {fault.why}".lower()
            raise (OutOfMemory if memory else Broken)(fault.what, fault.why, fault.remedy, fault.facts) from None
        except TooLong as fault:
            raise TooSlow(fault.what, fault.why, fault.remedy, fault.facts) from None
        except Away as fault:
            raise NoAnimator(fault.what, fault.why, fault.remedy, fault.facts) from None
        return self.clock() - began if fresh else None

    def settled(self, asked: Asked, folder: Path) -> None:
        self.client.settled(folder, asked.key)

    def close(self) -> None:
        """Nothing was borrowed."""


def _size(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"\s*([1-9]\d{1,4})\s*[x×]\s*([1-9]\d{1,4})\s*", text)
    return (int(match[1]), int(match[2])) if match else None
