"""What is asked of whoever makes clips, and what they are: values, one protocol, the faults that say what follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from daemon.errors import Fault

Tell = Callable[[float, str], None]  # how far a clip is, 0..1, and what is being done


class ClipFault(Fault):
    """A clip didn't come about, and the ladder may go on. kind: the word for the sidecar."""

    kind: str = "failed"


class OutOfMemory(ClipFault):
    """The card's memory didn't suffice: less of it may."""

    kind = "out of memory"


class TooSlow(ClipFault):
    """It took longer than it may: less of it may be done in time."""

    kind = "too slow"


class Stopped(ClipFault):
    """Somebody stopped it where it was made: it isn't asked for again."""

    kind = "stopped"


class Refused(ClipFault):
    """It isn't made that way there: another rung may be taken."""

    kind = "refused"


class Broken(ClipFault):
    """Something failed in the making."""

    kind = "server failed"


class Lost(ClipFault):
    """It vanished where it was made, or can't be fetched."""

    kind = "lost"


class NoAnimator(Fault):
    """Whoever makes clips is away or can't do it at all: the rest of the film is composited."""


@dataclass(frozen=True)
class Grid:
    """Which clips a model makes. Frame counts are least, least + step, ... most; sizes are (width, height)."""

    fps: float = 16.0
    step: int = 4
    least: int = 17
    most: int = 81
    sizes: tuple[tuple[int, int], ...] = ((832, 480), (480, 832), (624, 624), (704, 544), (544, 704))

    def frames(self, seconds: float) -> int:
        """The next larger count on the grid for so many seconds, or the largest there is."""
        wanted = seconds * self.fps + 1
        steps = max(0, -int(-(wanted - self.least) // self.step))
        return min(self.most, self.least + steps * self.step)

    def seconds(self, frames: int) -> float:
        """From the first to the last of so many frames."""
        return max(0, frames - 1) / self.fps

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The size whose shape is nearest to a picture's."""
        return min(self.sizes, key=lambda size: abs(math.log(size[0] * height / (size[1] * width))))

    @property
    def largest(self) -> float:
        """Pixels times frames of its largest clip, in millions."""
        return max(width * height for width, height in self.sizes) * self.most / 1e6


@dataclass(frozen=True)
class Asked:
    """One clip that is asked for. still: a PNG of exactly that size; key: its fingerprint; changes: rungs in force."""

    still: Path
    prompt: str
    negative: str
    seed: int
    width: int
    height: int
    frames: int
    fps: float
    key: str
    changes: tuple[str, ...] = ()


class Animator(Protocol):
    """Whoever makes clips. name: who, for people; workflow: what with, for fingerprints and estimates."""

    @property
    def name(self) -> str: ...

    @property
    def workflow(self) -> str: ...

    @property
    def grid(self) -> Grid: ...

    @property
    def published(self) -> float:
        """Seconds for one of its largest clips by published figures."""
        ...

    @property
    def source(self) -> str:
        """Whose figures those are; "" where they are a guess."""
        ...

    @property
    def hands(self) -> int:
        """How many clips are made at once."""
        ...

    @property
    def exact(self) -> bool:
        """Whether its clips are of exactly the size and count that are asked for."""
        ...

    def unable(self) -> dict[str, str]:
        """Rungs of the ladder that can't be climbed here, and why. May ask the server, once."""
        ...

    def recipe(self, changes: tuple[str, ...]) -> Any:
        """What a clip is made with under those changes, for its fingerprint."""
        ...

    def animate(self, asked: Asked, folder: Path, out: Path, tell: Tell) -> float | None:
        """Writes the clip to `out`; returns the seconds that it took, None where it was there already.

        folder: the job's, where a record of the run may lie until `settled`. Raises ClipFault, NoAnimator, Held.
        """
        ...

    def settled(self, asked: Asked, folder: Path) -> None:
        """The clip was judged, and what is good of it is safe: the run's record may go."""
        ...

    def close(self) -> None:
        """Hands back what was borrowed."""
        ...
