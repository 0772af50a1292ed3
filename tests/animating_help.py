"""A maker of clips that does as it is told, rung by rung; and a job whose film has some shots to animate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from daemon import sidecars
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.stages.animating.asked import Asked, Grid, Tell
from tests import film_help as help
from tests.clip_help import Pixels, encoded, panned

GRID = Grid(16.0, 4, 17, 49, ((208, 120), (120, 208)))
Made = Callable[[list[Pixels]], list[Pixels]]


def good(frames: list[Pixels]) -> list[Pixels]:
    return frames


def black(frames: list[Pixels]) -> list[Pixels]:
    return [frames[0], *(np.zeros_like(frame) for frame in frames[1:])]


def frozen(frames: list[Pixels]) -> list[Pixels]:
    return [frames[0]] * len(frames)


@dataclass
class Toy:
    """Makes clips by panning over the still; `does(asked, nth)` gives what becomes of the frames, or raises."""

    does: Callable[[Asked, int], Made]
    cannot: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    closed: int = 0
    settled_: list[str] = field(default_factory=list)
    name: str = "toy"
    workflow: str = "toy 1"
    published: float = 60.0
    source: str = "a catalogue"
    hands: int = 1
    exact: bool = True
    grid: Grid = GRID
    sound: bool = False

    def unable(self) -> dict[str, str]:
        return self.cannot

    def recipe(self, changes: tuple[str, ...]) -> Any:
        return ["toy", *changes]

    def animate(self, asked: Asked, folder: Path, out: Path, tell: Tell) -> float | None:
        still = cv2.cvtColor(cv2.imread(str(asked.still)), cv2.COLOR_BGR2RGB)
        assert still.shape == (asked.height, asked.width, 3)
        self.asked.append(asked)
        tell(0.5, "sampling")
        frames = panned(np.asarray(still, np.uint8), asked.frames, 0.06, (asked.width, asked.height))
        made = self.does(asked, len(self.asked))(frames)
        encoded(out.with_suffix(".mp4"), made, round(asked.fps), sound=self.sound).rename(out)
        return 30.0

    def settled(self, asked: Asked, folder: Path) -> None:
        self.settled_.append(asked.key)

    def close(self) -> None:
        self.closed += 1


def always(made: Made) -> Callable[[Asked, int], Made]:
    return lambda _asked, _nth: made


def job(root: Path, seconds: float = 14.0, **animate: Any) -> JobFolder:
    """An approved job of a small film, with prompts that say something."""
    rule = help.rule(192, 108, effects=False)
    whole = Rule.model_validate({**rule.model_dump(), "animate": {"by": "auto", **animate}})
    made = help.job(root, help.song(seconds), whole)
    prompts = made.need(sidecars.Prompts)
    for prompt in prompts.prompts:
        prompt.prompt, prompt.negative = f"a dancer in place {prompt.slot}", "text"
    sidecars.write(made.path, prompts)
    return made
