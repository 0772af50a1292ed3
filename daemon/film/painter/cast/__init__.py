"""The cast: figures as body parts on joints, each the same in all its poses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from daemon.film.painter.cast import ascetic, cyborg_dj
from daemon.film.painter.rig import POSES, Build, Pose, Puppet


class Draw(Protocol):
    """Draws a figure; with props, with what belongs to it."""

    def __call__(self, puppet: Puppet, props: bool = True) -> None: ...


@dataclass(frozen=True)
class Character:
    """A member of the cast."""

    draw: Draw
    build: Build
    poses: dict[str, Pose] = field(default_factory=dict)  # those that it strikes its own way

    def pose(self, name: str) -> Pose:
        """A pose by name; idle where there is none."""
        return self.poses.get(name) or POSES.get(name) or self.poses.get("idle") or POSES["idle"]


CAST: dict[str, Character] = {
    "cyborg dj": Character(cyborg_dj.draw, cyborg_dj.BUILD, cyborg_dj.OWN_POSES),
    "meditating figure": Character(ascetic.draw, ascetic.BUILD, ascetic.OWN_POSES),
}
