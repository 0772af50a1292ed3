"""Which picture each shot shows, how it is framed, and how the camera moves. Pure; the seed breaks ties."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from daemon.film.cuts import Cut, level
from daemon.film.values import Camera, PictureFile, Shot, Slot, Transition, frame_at
from daemon.rules import Edit
from daemon.sidecars import Analysis, Section

SCALES = (1.08, 1.46, 1.95)  # each at least 30 % closer than the one before
# Of a picture that was painted close: the whole head, or well into the face, but nothing that just cuts the hair.
_OF_CLOSE = (1.08, 1.24, 1.95)
_HEADROOM = 0.035  # share of such a picture's height that may be left out above the head
_BENEATH = 0.06  # how far under the point that the eye looks for the camera aims; not at a painted face near by
_WIDE, _MEDIUM, _CLOSE = range(3)
_TURN = 0.25  # how often a painted picture is turned round when it comes again


def cast(
    cuts: list[Cut], frames: int, analysis: Analysis, slots: Sequence[Slot], fps: Fraction, edit: Edit, seed: int
) -> list[Shot]:
    """The shots. No picture twice in a row where the film has two; a picture shown again is framed anew.

    Raises ValueError where no slot has a picture.
    """
    sections = analysis.sections or [Section(start=0.0, end=analysis.duration)]
    used = [slot for slot in slots if slot.pictures]
    if not used:
        raise ValueError("a film needs at least one picture")
    ends = [cut.frame for cut in cuts[1:]] + [frames]
    dice = random.Random(f"cast {seed}")
    chooser = _Chooser(used, sections, fps, dice)
    shots: list[Shot] = []
    for index, (cut, end) in enumerate(zip(cuts, ends, strict=True)):
        section = sections[min(cut.section, len(sections) - 1)]
        chosen = chooser.choose((cut.frame + end) // 2, cut.section)
        seconds = float((end - cut.frame) / fps)
        start, stop, ease = _camera(section, chosen.framing, chosen.picture, seconds, edit, dice, cut.on)
        shots.append(
            Shot(
                index,
                cut.frame,
                end,
                chosen.picture,
                chosen.slot.slot,
                cut.section,
                section.role,
                cut.on,
                Transition(),
                start,
                stop,
                ease,
                # Pictures of people's own may hold letters: only painted ones are turned round.
                chosen.turned and edit.mirror and _turnable(chosen.picture.scene),
            )
        )
    return shots


@dataclass(frozen=True)
class _Choice:
    """A picture, its framing (an index into SCALES), and whether it is shown the other way round."""

    slot: Slot
    picture: PictureFile
    framing: int
    turned: bool


def _turnable(scene: dict[str, Any]) -> bool:
    """Whether left may be right: in what was painted; people's own pictures may bear words."""
    return bool(scene) and not scene.get("own")


class _Chooser:
    """Remembers what was shown, where, and how closely."""

    def __init__(self, slots: list[Slot], sections: list[Section], fps: Fraction, dice: random.Random) -> None:
        self.slots = slots
        self.sections = sections
        self.starts = [frame_at(slot.start, fps) for slot in slots]
        self.dice = dice
        self.uses: dict[str, int] = {}
        self.here: dict[tuple[int, str], int] = {}  # how often in a section
        self.framing: dict[str, int] = {}
        self.turned: dict[str, bool] = {}
        self.seen_in: dict[str, int] = {}  # the section that a picture was last shown in
        self.last: list[str] = []
        self.told: dict[int, list[int]] = {}  # section -> the slots of its shots

    def choose(self, middle: int, section: int) -> _Choice:
        """What a shot shows whose middle is that frame."""
        home = max(0, bisect_right(self.starts, middle) - 1)
        near = [i for i, slot in enumerate(self.slots) if slot.section == section]
        if not near:
            near = [home]
        near += self._echoes(section)
        pool = [(i, rank) for i in near for rank in range(len(self.slots[i].pictures))]
        fresh = [item for item in pool if self._key(item) != self._previous()]
        if not fresh:
            # One picture in this section: a neighbour's beats showing it twice in a row.
            others = sorted(range(len(self.slots)), key=lambda i: (abs(i - home), i))
            every = ((i, rank) for i in others for rank in range(len(self.slots[i].pictures)))
            fresh = [next((item for item in every if self._key(item) != self._previous()), pool[0])]
        matching = self._matching(section)
        costs = [(self._cost(item, section, home, matching), *item) for item in fresh]
        best = min(costs)[1:]
        slot = self.slots[best[0]]
        key = self._key(best)
        framing = self._frame(key)
        uses = self.uses.get(key, 0)
        # It comes back in another section, or some times in one: the other way round.
        if (self.dice.random() < _TURN or self.seen_in.get(key) != section) and uses:
            self.turned[key] = not self.turned.get(key, False)
        self.uses[key] = uses + 1
        self.here[section, key] = self.here.get((section, key), 0) + 1
        self.framing[key] = framing
        self.seen_in[key] = section
        self.last = [*self.last[-2:], key]
        self.told.setdefault(section, []).append(best[0])
        return _Choice(slot, slot.pictures[best[1]], framing, self.turned.get(key, False))

    def _matching(self, section: int) -> int:
        """The slot that the section which this one repeats showed at the same place; -1 where there is none."""
        label = self._label(section)
        place = len(self.told.get(section, []))
        for earlier, told in self.told.items():
            if earlier < section and label and self._label(earlier) == label:
                return told[place % len(told)]
        return -1

    def _label(self, section: int) -> str:
        return self.sections[min(section, len(self.sections) - 1)].label.rstrip("'")

    def _echoes(self, section: int) -> list[int]:
        """Slots of earlier sections that this one repeats: they come back, framed anew."""
        label = self._label(section)
        if not label:
            return []
        return [i for i, slot in enumerate(self.slots) if slot.section < section and self._label(slot.section) == label]

    def _previous(self) -> str:
        return self.last[-1] if self.last else ""

    def _key(self, item: tuple[int, int]) -> str:
        # By file, not by place: the same picture may stand in several slots.
        return str(self.slots[item[0]].pictures[item[1]].path)

    def _cost(self, item: tuple[int, int], section: int, home: int, matching: int) -> float:
        key = self._key(item)
        away = 0.5 if item[0] == matching else 0.9 * min(6, abs(item[0] - home))
        recent = 0.9 if key in self.last[-2:] else 0.0
        shown = 1.6 * self.here.get((section, key), 0) + 0.9 * min(2, self.uses.get(key, 0))
        # A little chance: three pictures needn't go round and round.
        return shown + away + 0.5 * item[1] + recent + 1.2 * self.dice.random()

    def _frame(self, key: str) -> int:
        """The next framing of a picture: whole at first, then closer, and back."""
        if key not in self.framing:
            return _WIDE
        before = self.framing[key]
        if before == _WIDE:
            return _MEDIUM if self.dice.random() < 0.7 else _CLOSE
        return _WIDE if before == _MEDIUM else self.dice.choice((_WIDE, _MEDIUM))


def _camera(
    section: Section,
    framing: int,
    picture: PictureFile,
    seconds: float,
    edit: Edit,
    dice: random.Random,
    on: str,
) -> tuple[Camera, Camera, str]:
    """From, to and ease: push-in in builds, a pull-out after a drop, a drift in breaks.

    The middle of the move has the framing's scale within 5 %, so that two framings never meet.
    """
    painted = str(picture.scene.get("framing", ""))
    focus, scale = picture.focus, (_OF_CLOSE if painted == "close" else SCALES)[framing]
    beneath = 0.0 if painted in ("close", "medium") else _BENEATH
    travel = edit.drift * min(1.0, max(0.35, seconds / 4.0))
    grow = min(0.1, travel * 0.8)
    # The closer, the nearer to what the eye looks for; a little off it, so that no two are alike.
    pull = min(1.0, 2.2 * (1 - 1 / scale))
    x = 0.5 + (focus[0] - 0.5) * pull + dice.uniform(-0.04, 0.04) * framing
    y = 0.48 + (focus[1] + beneath - 0.48) * pull + dice.uniform(-0.02, 0.02) * framing
    if not beneath and scale < SCALES[_CLOSE]:
        y = min(y, _HEADROOM + 0.5 / scale)  # tall hair and crowns stay whole
    side = dice.choice((-1, 1)) * travel * 0.5
    if section.role == "build":
        return _held(x, y, scale * (1 - grow / 2)), _held(x, y, scale * (1 + grow / 2)), "in"
    if on == "drop":
        return _held(x, y, scale * (1 + grow / 2)), _held(x, y, scale * (1 - grow / 2)), "out"
    if section.role in ("break", "intro", "bridge") or level(section) == "low":
        return _held(x - side, y, scale), _held(x + side, y, scale * (1 + grow / 4)), "smooth"
    if section.role == "outro":
        return _held(x, y, scale * (1 + grow / 2)), _held(x, y, scale * (1 - grow / 2)), "smooth"
    if dice.random() < 0.5:
        return _held(x - side / 2, y, scale), _held(x + side / 2, y, scale * (1 + grow / 2)), "linear"
    return _held(x + side / 2, y, scale * (1 + grow / 2)), _held(x - side / 2, y, scale), "linear"


def _held(x: float, y: float, scale: float) -> Camera:
    """The camera, its centre moved so that it sees nothing beyond the picture."""
    scale = max(1.02, scale)
    half = 0.5 / scale
    return (min(max(x, half), 1 - half), min(max(y, half), 1 - half), scale)
