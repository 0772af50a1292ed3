"""The cast: figures as body parts on joints, each the same in all its poses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from daemon.film.painter.cast import ascetic, cyborg_dj, drummer, fighter, ring_dancer, singer
from daemon.film.painter.poses import POSES, Pose
from daemon.film.painter.rig import Build, Puppet


class Draw(Protocol):
    """Draws a figure; with props, with what belongs to it."""

    def __call__(self, puppet: Puppet, props: bool = True) -> None: ...


@dataclass(frozen=True)
class Character:
    """A member of the cast."""

    draw: Draw
    build: Build
    poses: dict[str, Pose] = field(default_factory=dict)  # those that it strikes its own way
    home: str = ""  # its props stand here; elsewhere it goes without; empty: it carries them along
    afoot: tuple[str, ...] = ()  # poses in which it leaves its props
    crest: float = 145.0  # from the middle of its face to the top of its hair

    def props(self, place: str, pose: str) -> bool:
        """Whether its props (decks, drums) are there."""
        return self.home in ("", place) and pose not in self.afoot

    def pose(self, name: str, props: bool = True) -> Pose:
        """A pose by name; idle where there is none. With `home` or `afoot`, its own poses belong to its props."""
        own = self.poses if props or not (self.home or self.afoot) else {}
        return own.get(name) or POSES.get(name) or own.get("idle") or POSES["idle"]


CAST: dict[str, Character] = {
    "cyborg dj": Character(cyborg_dj.draw, cyborg_dj.BUILD, cyborg_dj.OWN_POSES, home="industrial club"),
    "singer": Character(singer.draw, singer.BUILD, singer.OWN_POSES),
    "robot drummer": Character(drummer.draw, drummer.BUILD, drummer.OWN_POSES, afoot=("walk", "sit")),
    "ring dancer": Character(ring_dancer.draw, ring_dancer.BUILD, ring_dancer.OWN_POSES, crest=185.0),
    "fighter": Character(fighter.draw, fighter.BUILD, fighter.OWN_POSES),
    "meditating figure": Character(ascetic.draw, ascetic.BUILD, ascetic.OWN_POSES, crest=152.0),
}
