"""People's own cast in motion: a pose springs into the next, and one that moves by itself plays on the beat."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from daemon.film import cutouts, playing, reels, scenery, springing, staging
from daemon.film.compositor import Compositor
from daemon.film.cuts import Beats
from daemon.film.painter import Request
from daemon.film.timeline import PictureFile, Slot, plan
from daemon.stages import render
from daemon.video import moving
from tests import film_help as help
from tests.test_own_cast import drawn, dropped
from tests.test_render import tools

_FRAMES = 6


def waving(path: Path, ground: Any = (0, 0, 0, 0), frames: int = _FRAMES) -> Path:
    """A moving picture of a figure whose arm goes up step by step, twelve pictures a second."""
    pictures = []
    for number in range(frames):
        picture = drawn(ground=ground)
        ImageDraw.Draw(picture).rectangle([80, 40 + 20 * number, 110, 52 + 20 * number], fill=(220, 40, 40, 255))
        pictures.append(picture)
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=83, loop=0, disposal=2)
    return path


def acted(folder: Path) -> PictureFile:
    """A painted picture, 320 x 180, whose own cast stands still in one pose and moves in another."""
    drawn().save(folder / "idle.png")
    idle = cutouts.cut_out(folder / "idle.png")
    cut, all_of_it = cutouts.cut_all(moving.read(waving(folder / "wave.gif"), (900, 900)))
    made = reels.write(folder / "wave.zip", all_of_it, 60.0)
    Image.fromarray(cut.rgba).save(folder / "wave.png")
    told = {
        "idle": {**idle.facts(), "file": "idle.png"},
        "dance": {**cut.facts(), "file": "wave.png", "moves": {**made.facts, "file": "wave.zip"}},
    }
    own = {"cast": [{"name": "hero", "poses": cutouts.standing(told)}], "background": ""}
    request = Request("", 4, 320, 180, scene="desert road", framing="wide", pose="idle", energy=0.9)
    painted = staging.paint(request, own, folder)
    cv2.imwrite(str(folder / "still.png"), painted.picture[..., ::-1])
    return PictureFile("01a", folder / "still.png", "acted", painted.scene)


@pytest.mark.parametrize("ground", [(0, 0, 0, 0), (255, 255, 255, 255)])
def test_all_pictures_of_a_pose_that_moves_are_cut_out_on_one_box(tmp_path: Path, ground: Any) -> None:
    cut, all_of_it = cutouts.cut_all(moving.read(waving(tmp_path / "wave.gif", ground), (900, 900)))
    assert cut.moves and len(all_of_it) == _FRAMES
    assert {rgba.shape for _, rgba in all_of_it} == {cut.rgba.shape}
    assert all(np.abs(rgba[5, -5, 3].astype(int)) < 40 for _, rgba in all_of_it[2:]), "the ground is clear"
    assert len({rgba.tobytes() for _, rgba in all_of_it}) == _FRAMES


def test_what_is_too_long_ends_and_says_so(tmp_path: Path) -> None:
    def endless() -> Any:
        for number in range(10_000):
            yield number / 10, np.asarray(drawn())

    cut, all_of_it = cutouts.cut_all(endless())
    assert all_of_it[-1][0] < cutouts.MOST_SECONDS and "seconds are used" in cut.note


def test_a_dropped_pose_that_moves_lies_ready_as_a_reel_and_is_kept_for_the_next_attempt(tmp_path: Path) -> None:
    waving(tmp_path / "wave.gif")
    job = dropped(
        tmp_path, {"cast/hero/idle.png": drawn(), "cast/hero/dance.gif": (tmp_path / "wave.gif").read_bytes()}
    )
    made = render.render(job, tools(tmp_path))
    (hero,) = next(p.scene["own"]["cast"] for p in made.pictures if p.scene.get("own", {}).get("cast"))
    told = hero["poses"]["dance"]["moves"]
    assert told["frames"] == _FRAMES and reels.Reel(job.path / told["file"]).frames == _FRAMES
    assert not any("first picture" in note for note in made.notes)
    before = (job.path / told["file"]).stat().st_mtime_ns
    render.render(job, tools(tmp_path))
    assert (job.path / told["file"]).stat().st_mtime_ns == before


def test_a_pose_that_moves_fills_whole_beats() -> None:
    moves = {"frames": 12, "fps": 12.0, "seconds": 1.0, "file": "x"}
    scene = {"own": {"cast": [{"name": "a", "poses": {"dance": {"moves": moves}, "idle": {}}}]}}
    shown = [staging.acting(scene, "dance", beats / 4, 0.52)[0] for beats in range(17)]
    assert shown == [0, 1, 3, 4, 6, 7, 9, 10, 0, 1, 3, 4, 6, 7, 9, 10, 0], "two beats of 0.52 s for its one second"
    assert staging.acting(scene, "idle", 1.0, 0.52) == ()


def test_the_beats_that_pass_are_told_to_every_frame_of_a_shot(tmp_path: Path) -> None:
    _, timeline = help.planned(tmp_path, 8.0)
    shots = [replace(shot, picture=replace(shot.picture, scene={"own": {"act": True}})) for shot in timeline.shots]
    beats = Beats(list(range(0, 260, 15)), frozenset(range(0, 260, 60)))
    found = playing.ride(shots, beats, Fraction(30))
    for shot in shots:
        knots = [effect for effect in found if shot.start <= effect.start < shot.end]
        assert knots[0].start == shot.start
        assert all(knot.amount == pytest.approx(knot.start / 15) for knot in knots)


def test_in_a_film_the_pose_plays(tmp_path: Path) -> None:
    analysis = help.song(4.0, form=(("drop", 0.9, 99),))
    timeline = plan(analysis, [Slot("01", 0.0, 4.0, 0, [acted(tmp_path)])], help.rule(320, 180, effects=False), 1)
    with Compositor(timeline, help.bass(timeline.frames)) as drawing:
        struck = [frame for frame in range(timeline.frames) if drawing.direction.pose[frame]]
        shown = {drawing.screen.acting(drawing.direction.shot_at(frame), frame, "dance") for frame in struck}
        assert len(shown) == _FRAMES
        brush, out = drawing.brush(), np.zeros((270, 320), np.uint8)
        for frame in (struck[0], struck[len(struck) // 2]):
            brush(frame, out)


def test_between_two_poses_a_drawn_figure_gathers_itself_stretches_and_lands_on_the_beat(tmp_path: Path) -> None:
    found = scenery.stage_of(acted(tmp_path), 320, 180)
    assert found is not None and found.figure is not None
    at_rest, gathered, stretched = (
        found.figure.sprite("idle", *way) for way in (("", 0.0), ("dance", 0.22), ("dance", 0.6))
    )
    assert at_rest and gathered and stretched
    assert gathered.luma.shape[0] < at_rest.luma.shape[0] < stretched.luma.shape[0]
    feet = [sprite.top + sprite.luma.shape[0] for sprite in (at_rest, gathered, stretched)]
    assert max(feet) - min(feet) <= 6, "its feet stay"
    assert springing.shown("idle", "dance", 0.6) == "idle" and springing.shown("idle", "dance", 1.09) == "dance"


@pytest.mark.parametrize("share", [-0.07, 0.22, 0.6, 1.09])
@pytest.mark.parametrize(("left", "top"), [(0, 0), (40, 20), (96, 60)])
def test_a_figure_that_springs_stays_on_its_canvas(share: float, left: int, top: int) -> None:
    rgba = np.full((40, 24, 4), 200, np.uint8)
    out, x, y = springing.sprung(rgba, left, top, (left + 12.0, top + 40.0), share, 1, (120, 100))
    assert x % 2 == y % 2 == out.shape[0] % 2 == out.shape[1] % 2 == 0
    assert x >= 0 and y >= 0 and x + out.shape[1] <= 120 and y + out.shape[0] <= 100
    assert (out[..., :3] <= out[..., 3:]).all()


def test_a_pose_that_is_kept_smaller_stands_as_tall_as_the_others(tmp_path: Path) -> None:
    def big(path: Path) -> Path:
        pictures = [drawn(size=(1000, 1800)), drawn(size=(1000, 1800)).rotate(3)]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, disposal=2)
        return path

    still = drawn(size=(1000, 1800))
    data = big(tmp_path / "big.gif").read_bytes()
    job = dropped(tmp_path, {"cast/hero/idle.png": still, "cast/hero/dance.gif": data})
    made = render.render(job, tools(tmp_path))
    (hero,) = next(p.scene["own"]["cast"] for p in made.pictures if p.scene.get("own", {}).get("cast"))
    idle, dance = hero["poses"]["idle"], hero["poses"]["dance"]
    assert dance["shrunk"] < 0.7
    assert dance["stature"] / dance["shrunk"] == pytest.approx(idle["stature"], rel=0.01)
    assert dance["anchor"][1] / dance["stature"] == pytest.approx(idle["anchor"][1] / idle["stature"], abs=0.1)
