"""Which stills become clips: those most worth motion, as many as the rule's minutes allow. Pure.

A still is worth the seconds that it is on the screen, by the energy and the role of the section and by how long each
shot lasts; a still that comes again pays for its clip each time. In a section that repeats an earlier one its own
stills count for less, since the clips of the earlier one come back there. The best worth for its time goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from daemon.film.retime import SLOWEST
from daemon.film.values import PictureFile, Shot
from daemon.sidecars import Section
from daemon.stages.animating.asked import Grid

ROLES = {"drop": 1.4, "chorus": 1.3, "build": 1.1, "bridge": 1.0, "verse": 1.0, "section": 1.0}
_OTHERS = 0.8  # intro, break, outro
_CALM = 0.35  # what a shot is worth at no energy at all; at full energy 1 + this
_LONG_ENOUGH = 1.5  # seconds of a shot in which motion is seen fully
_REPEATED = 0.5


@dataclass(frozen=True)
class Chosen:
    """A still that becomes a clip. frames: on the model's grid; least: how few its longest shot can do with;
    on_screen, cost: seconds."""

    picture: PictureFile
    slot: str
    section: int
    frames: int
    least: int
    on_screen: float
    worth: float
    cost: float


@dataclass(frozen=True)
class Choice:
    """What is made, in the film's order, and what isn't. stills: how many the film has that could be clips."""

    chosen: tuple[Chosen, ...]
    stills: int
    too_long: int = 0  # stills whose longest shot no clip of the model can fill

    @property
    def seconds(self) -> float:
        """What it will take."""
        return sum(one.cost for one in self.chosen)


def choose(
    shots: Sequence[Shot],
    sections: Sequence[Section],
    fps: Fraction,
    grid: Grid,
    cost: Callable[[PictureFile, int], float],
    budget: float,
) -> Choice:
    """The stills to animate. cost: seconds for a clip of a picture and so many frames; budget: seconds for all."""
    shown: dict[str, list[Shot]] = {}
    for shot in shots:
        if not (shot.picture.scene.get("own") or {}):  # people's own material plays as it was brought
            shown.setdefault(str(shot.picture.path), []).append(shot)
    offers: list[Chosen] = []
    too_long = 0
    longest_clip = grid.seconds(grid.most)
    for mine in shown.values():
        lengths = [float(shot.frames / fps) for shot in mine]
        if max(lengths) * SLOWEST > longest_clip:
            too_long += 1
            continue
        first = mine[0]
        wanted = max(max(lengths) * SLOWEST, min(sum(lengths), longest_clip))
        frames, least = grid.frames(wanted), grid.frames(max(lengths) * SLOWEST)
        worth = sum(_worth(shot, seconds, sections) for shot, seconds in zip(mine, lengths, strict=True))
        if _repeats(first.section, sections):
            worth *= _REPEATED
        took = cost(first.picture, frames)
        offers.append(Chosen(first.picture, first.slot, first.section, frames, least, sum(lengths), worth, took))
    taken: list[Chosen] = []
    left = budget
    for one in sorted(offers, key=lambda offer: (-offer.worth / max(offer.cost, 1e-6), offer.slot, offer.picture.id)):
        if one.cost <= left:
            taken.append(one)
            left -= one.cost
    order = {str(shot.picture.path): shot.start for shot in reversed(shots)}
    taken.sort(key=lambda one: order[str(one.picture.path)])
    return Choice(tuple(taken), len(shown), too_long)


def _worth(shot: Shot, seconds: float, sections: Sequence[Section]) -> float:
    energy = sections[min(shot.section, len(sections) - 1)].energy if sections else 0.5
    return seconds * (_CALM + energy) * ROLES.get(shot.role, _OTHERS) * min(1.0, seconds / _LONG_ENOUGH)


def _repeats(section: int, sections: Sequence[Section]) -> bool:
    """Whether a section comes again after an earlier one of its label."""
    if section >= len(sections):
        return False
    label = sections[section].label.rstrip("'")
    return bool(label) and any(earlier.label.rstrip("'") == label for earlier in sections[:section])
