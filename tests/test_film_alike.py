"""What a film's check draws, small, is what the film shows, at every size; and what is wrong stands out by far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from daemon.film import alike, verify
from daemon.film.compositor import Compositor
from daemon.film.timeline import Slot, Timeline, plan
from tests import film_help as help
from tests.test_film_scenery import painted

FRAMES = range(40, 82)
SIZES = [(320, 180), (640, 360), (854, 480), (360, 640), (480, 480)]
Luma = NDArray[np.uint8]
Draw = Callable[[int], Luma]


def dancers(folder: Path, width: int, height: int, framing: str = "wide") -> Timeline:
    """Two shots of dancers and more, in full swing."""
    named = {"scene": "industrial club", "framing": framing, "width": width, "height": height}
    pictures = [
        painted(folder, 3, **named, characters=("cyborg dj",), pose="step left"),
        painted(folder, 4, **{**named, "scene": "city skyline"}, characters=("singer",), pose="dance"),
    ]
    slots = [Slot(f"{i:02d}", 2.0 * i, 2.0 * i + 2, 0, [pictures[i % 2]]) for i in range(2)]
    analysis = help.song(4.0, form=(("drop", 0.9, 99),))
    return plan(analysis, slots, help.rule(width, height, drift=0), 1)


def drawn(drawing: Compositor, width: int, height: int) -> Draw:
    """A frame's luma, as small as it is compared."""
    brush, out = drawing.brush(), np.empty((drawing.height * 3 // 2, drawing.width), np.uint8)

    def draw(frame: int) -> Luma:
        brush(frame, out)
        return np.asarray(cv2.resize(out[: drawing.height], (width, height), interpolation=cv2.INTER_AREA), np.uint8)

    return draw


class Pair:
    """A film's own frames, and those that its check draws."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        small = verify.small_size(timeline)
        with (
            Compositor(timeline, help.bass(timeline.frames)) as film,
            Compositor(timeline, help.bass(timeline.frames), *verify.small_size(timeline, 2)) as check,
        ):
            made, meant = drawn(film, *small), drawn(check, *small)
            self.made, self.meant = ([draw(frame) for frame in FRAMES] for draw in (made, meant))
            film._figure = lambda *_: film.store.ask(("nobody",), lambda: None)  # type: ignore[method-assign,assignment]
            self.empty = [made(frame) for frame in FRAMES]

    def compared(self, shown: list[Luma]) -> alike.Beside:
        found = alike.Beside(len(FRAMES), [shot.start - FRAMES.start for shot in self.timeline.shots])
        for index, (now, meant) in enumerate(zip(shown, self.meant, strict=True)):
            found.push(index, now, meant)
        return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    yield Pair(dancers(tmp_path_factory.mktemp("dancers"), 320, 180))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_what_the_check_draws_is_what_the_film_shows_at_every_size(tmp_path: Path, width: int, height: int) -> None:
    pair = Pair(dancers(tmp_path, width, height))
    found = pair.compared(pair.made)
    assert found.apart.max() < verify.APART / 3
    assert found.worst.max() < verify.PART_APART / 3
    assert found.astray.max() < verify.ASTRAY / 3


def test_a_figure_that_is_missing_stands_out_in_its_part_of_the_picture(pair: Pair) -> None:
    found = pair.compared(pair.empty)
    assert found.worst.min() > verify.PART_APART and np.median(found.worst) > 1.5 * verify.PART_APART


def test_a_shot_of_another_picture_stands_out_in_all_of_it(pair: Pair) -> None:
    cut = next(shot.start for shot in pair.timeline.shots if shot.start > FRAMES.start)
    assert cut < FRAMES.stop - 3
    before, after = pair.made[: cut - FRAMES.start], pair.made[cut - FRAMES.start :]
    swapped = [after[0]] * len(before) + [before[0]] * len(after)
    assert pair.compared(swapped).apart.min() > 1.2 * verify.APART


@pytest.mark.parametrize("by", [-3, -2, 2, 3])
def test_pictures_that_come_too_early_or_too_late_are_out_of_step(pair: Pair, by: int) -> None:
    starts = [shot.start for shot in pair.timeline.shots]
    order = []
    for frame in FRAMES:
        shot = max(start for start in starts if start <= frame)
        end = min((start for start in starts if start > frame), default=FRAMES.stop)
        order.append(min(max(frame + by, shot, FRAMES.start), end - 1, FRAMES.stop - 1) - FRAMES.start)
    found = pair.compared([pair.made[index] for index in order])
    moving = [i for i in range(1, len(FRAMES)) if alike.apart(pair.made[i], pair.made[order[i]]) > 4]
    assert len(moving) > 10
    assert found.out_of_step(verify.ASTRAY)[moving].mean() > 0.9


def test_a_picture_that_is_neither_its_own_nor_a_neighbour_s_is_not_out_of_step() -> None:
    dice = np.random.default_rng(5)
    found = alike.Beside(8, [0])
    for index in range(8):
        now, meant = (dice.integers(16, 236, (72, 128), dtype=np.uint8) for _ in range(2))
        found.push(index, now, meant)
    assert found.apart.min() > verify.APART and not found.out_of_step(verify.ASTRAY).any()
