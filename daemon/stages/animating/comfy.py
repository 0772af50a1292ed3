"""ComfyUI as the one who makes clips: an image-to-video workflow, on as many servers as answer.

Beside what every workflow's file may say of itself, `dropreel` holds here `clip`: fps, step, least, most (frames of the
model's grid), sizes ([[width, height], ...]), and `published`: {"seconds", "source"} for one of its largest clips.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daemon.backends import comfyui
from daemon.backends.comfyui import Pool, Seen, Task
from daemon.backends.comfyui.pool import Picture, choices
from daemon.backends.comfyui.workflow import Workflow, said_of
from daemon.errors import Fault, FinalFault
from daemon.stages.animating import ladder, remedies
from daemon.stages.animating.asked import (
    Asked,
    Broken,
    ClipFault,
    Grid,
    Lost,
    NoAnimator,
    OutOfMemory,
    Refused,
    Stopped,
    Tell,
    TooSlow,
)

_PUBLISHED = 600.0  # seconds, where a workflow's file names no figure
_FAULTS: tuple[tuple[type[Fault], type[ClipFault]], ...] = (
    (comfyui.OutOfMemory, OutOfMemory),
    (comfyui.TooSlow, TooSlow),
    (comfyui.Interrupted, Stopped),
    (comfyui.Broken, Broken),
    (comfyui.Refused, Refused),
    (comfyui.Gone, Lost),
)


@dataclass(frozen=True)
class About:
    """What an image-to-video workflow's file says of its clips."""

    grid: Grid
    published: float
    source: str = ""


def about(path: Path) -> About:
    """What stands in a workflow's file; the model's usual grid where it says nothing. Faults are the loader's."""
    try:
        told = said_of(json.loads(path.read_text("utf-8")))
        clip = {name: value for name, value in dict(told.get("clip") or {}).items() if name in _GRID}
        sizes = tuple((int(wide), int(high)) for wide, high in clip.pop("sizes", None) or ())
        published = dict(told.get("published") or {})
        grid = Grid(**{name: _GRID[name](value) for name, value in clip.items()})
        return About(
            replace(grid, sizes=sizes) if sizes else grid,
            float(published.get("seconds") or _PUBLISHED),
            str(published.get("source") or ""),
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise NoAnimator(
            f"the workflow {path.name} can't be followed", str(error), "Mend what it says under dropreel."
        ) from None


_GRID: Mapping[str, Callable[[Any], Any]] = {"fps": float, "step": int, "least": int, "most": int, "sizes": list}


@dataclass
class Comfy:
    """An image-to-video workflow on the servers of a pool. largest: bytes of a clip."""

    pool: Pool
    made_with: Workflow
    clips: About
    largest: int
    job: str = ""
    _can: dict[str, str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for what in ("image", "prompt"):
            if not self.made_with.takes(what):
                raise NoAnimator(
                    f"in the workflow {self.made_with.name} no place was found for the {what}",
                    "",
                    "Say where under animate.mapping in the rule.",
                )

    @property
    def name(self) -> str:
        return f"comfyui {self.made_with.name}"

    @property
    def workflow(self) -> str:
        return f"comfyui {self.made_with.name} {self.made_with.digest}"

    @property
    def grid(self) -> Grid:
        return self.clips.grid

    @property
    def published(self) -> float:
        return self.clips.published

    @property
    def source(self) -> str:
        return self.clips.source

    @property
    def hands(self) -> int:
        return max(1, len(self.pool.servers))

    @property
    def exact(self) -> bool:
        return True

    def unable(self) -> dict[str, str]:
        """Which rungs change nothing here. NoAnimator where no server answers."""
        if self._can is None:
            there, faults = self.pool.answering()
            if not there:
                said = faults[0] if faults else Fault("no ComfyUI server is set")
                raise NoAnimator(said.what, said.why, said.remedy)
            self._can = remedies.unable(dict(self.made_with.graph), self._choices)
            for rung, what in ((ladder.SEED, "seed"), (ladder.FEWER, "frames"), (ladder.SMALLER, "width")):
                if not self.made_with.takes(what):
                    self._can[rung] = f"the workflow has no place for {what}"
        return self._can

    def recipe(self, changes: tuple[str, ...]) -> str:
        """The digest of the workflow under those changes."""
        return self._under(changes).digest

    def animate(self, asked: Asked, folder: Path, out: Path, tell: Tell) -> float | None:
        """As the protocol says; the clip is what the workflow left that moves."""
        values = {
            **{"prompt": asked.prompt, "negative": asked.negative, "seed": asked.seed, "batch": 1},
            **{"width": asked.width, "height": asked.height, "frames": asked.frames, "fps": asked.fps},
            "prefix": f"dropreel/{self.job[:40]}/{asked.key}",
        }
        image = Picture(f"{asked.key}.png", asked.still.read_bytes())
        task = Task(self._under(asked.changes), values, {"image": (image,)}, shrink=lambda _values, _multiple: None)

        def seen(what: Seen) -> None:
            tell(max(0.0, what.fraction), what.doing)

        try:
            done, _ = self.pool.run(task, folder, asked.key, seen)
            film = next((output for output in done.outputs if output.moves), None)
            if film is None:
                self.pool.settled(folder, asked.key)
                raise Broken(f"the workflow {self.made_with.name} left no clip", "", "Add a Save Video node to it.")
            self.pool.fetch(done, film, out, self.largest)
        except comfyui.Refused as fault:
            if not asked.changes:
                raise NoAnimator(fault.what, fault.why, fault.remedy, fault.facts) from None
            raise Refused(fault.what, fault.why, fault.remedy, fault.facts) from None
        except (comfyui.Down, comfyui.Wrong) as fault:
            raise NoAnimator(fault.what, fault.why, fault.remedy, fault.facts) from None
        except tuple(kind for kind, _ in _FAULTS) as fault:
            ours = next(ours for kind, ours in _FAULTS if isinstance(fault, kind))
            raise ours(fault.what, fault.why, fault.remedy, fault.facts) from None
        except FinalFault as fault:
            # A clip that is too large or not there, a picture that isn't taken: this clip's trouble, not the film's.
            self.pool.settled(folder, asked.key)
            raise Lost(fault.what, fault.why, fault.remedy, fault.facts) from None
        return None if done.found_again else done.seconds

    def settled(self, asked: Asked, folder: Path) -> None:
        """The run's record goes."""
        self.pool.settled(folder, asked.key)

    def close(self) -> None:
        """Hands the card back."""
        self.pool.hand_back()

    def _under(self, changes: tuple[str, ...]) -> Workflow:
        if not changes:
            return self.made_with
        return replace(self.made_with, graph=remedies.changed(dict(self.made_with.graph), changes, self._choices))

    def _choices(self, kind: str, name: str) -> tuple[str, ...] | None:
        """What the first server that answers offers for an input."""
        for server in self.pool.servers:
            try:
                told = server.node_class(kind)
            except Fault:
                continue
            if told is None:
                return None
            inputs = told.get("input")
            parts = inputs.values() if isinstance(inputs, Mapping) else ()
            there = any(name in part for part in parts if isinstance(part, Mapping))
            listed = choices(told, name)
            return tuple(listed) if listed is not None else (() if there else None)
        return None
