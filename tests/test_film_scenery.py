"""Painted scenes in layers: the approved picture at rest, figures that dance on the beats."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from daemon.film import approved, assemble, dance, lay_kernels, painter, scenery, staging
from daemon.film.compositor import Compositor
from daemon.film.painter.draw import draw_picture
from daemon.film.timeline import PictureFile, Slot, Timeline, frame_at, plan
from daemon.film.values import Effect
from daemon.film.verify import verify
from tests import film_help as help
from tests.test_own_cast import drawn, staged


def painted(folder: Path, seed: int = 3, **named: Any) -> PictureFile:
    request: dict[str, Any] = {
        "scene": "industrial club",
        "characters": ("cyborg dj",),
        "pose": "idle",
        "framing": "wide",
        "energy": 0.9,
        "width": 320,
        "height": 180,
    }
    made = painter.paint(painter.Request(prompt="club", seed=seed, **{**request, **named}))
    path = folder / f"{seed:02d}a.png"
    cv2.imwrite(str(path), made.picture[..., ::-1])
    return PictureFile(path.stem, path, f"painted {seed}", made.scene)


def dancing(folder: Path, seconds: float = 8.0) -> Timeline:
    form = (("drop", 0.9, 99),)
    analysis = help.song(seconds, form=form)
    pictures = [painted(folder, 3), painted(folder, 4)]
    slots = [Slot(f"{i:02d}", i * seconds / 2, (i + 1) * seconds / 2, 0, [pictures[i]]) for i in range(2)]
    return plan(analysis, slots, help.rule(320, 180, effects=False, drift=0), 1)


def luma(timeline: Timeline, frames: list[int]) -> list[np.ndarray]:
    found = []
    with Compositor(timeline, help.bass(timeline.frames)) as drawing:
        brush, out = drawing.brush(), np.empty((timeline.height * 3 // 2, timeline.width), np.uint8)
        for frame in frames:
            brush(frame, out)
            found.append(out[: timeline.height].astype(np.int16))
    return found


@pytest.mark.parametrize("framing", ["wide", "medium", "close"])
def test_the_layers_at_rest_are_the_approved_picture(tmp_path: Path, framing: str) -> None:
    picture = painted(tmp_path, 5, framing=framing)
    timeline = dancing(tmp_path)
    shot = replace(timeline.shots[0], picture=picture, end=30, camera_from=(0.5, 0.5, 1.0), camera_to=(0.5, 0.5, 1.0))
    still = replace(timeline, frames=30, shots=(shot,), effects=())
    flat = replace(still, shots=(replace(shot, picture=replace(picture, scene={})),))
    assert scenery.stage_of(picture, 320, 180) is not None
    layered, plain = luma(still, [10])[0], luma(flat, [10])[0]
    assert np.abs(layered - plain).mean() < 4.0


def test_a_figure_takes_another_pose_on_every_other_beat_and_its_motion_peaks_there(tmp_path: Path) -> None:
    timeline = dancing(tmp_path)
    pictures = luma(timeline, list(range(timeline.frames)))
    motion = np.array([0.0, *(np.abs(b - a).mean() for a, b in pairwise(pictures))])
    cuts = set(timeline.cuts)
    strong = 0.25 * max(motion[frame] for frame in range(timeline.frames) if frame not in cuts)  # not the camera's
    peaks = [
        frame
        for frame in range(2, timeline.frames - 2)
        if frame not in cuts and motion[frame] == motion[frame - 2 : frame + 3].max() and motion[frame] > strong
    ]
    beats = [frame_at(i * 0.5, timeline.fps) for i in range(1, 16)]
    on_beats = [frame for frame in peaks if min(abs(frame - beat) for beat in beats) <= 2]
    met = [beat for beat in beats if beat in cuts or any(abs(frame - beat) <= 2 for frame in peaks)]
    precision, recall = len(on_beats) / len(peaks), len(met) / len(beats)
    assert 2 * precision * recall / (precision + recall) >= 0.8


def test_each_pose_is_named_after_the_beat_that_caused_it(tmp_path: Path) -> None:
    timeline = dancing(tmp_path)
    taken = [effect for effect in timeline.effects if effect.kind == "pose"]
    assert len(taken) >= 14
    names = [effect.because.split(":")[0] for effect in taken]
    assert names[:6] == [
        "downbeat 1 of the drop",
        "beat 2 of the drop",
        "beat 3 of the drop",
        "beat 4 of the drop",
        "downbeat 2 of the drop",
        "beat 6 of the drop",
    ]
    assert len(set(names)) == len(names)
    assert len({int(effect.amount) for effect in taken}) == 3


def test_a_figure_is_on_its_way_before_a_beat_and_there_on_it(tmp_path: Path) -> None:
    timeline = dancing(tmp_path)
    pose = np.zeros(120, np.int8)
    pose[30:] = 1
    shot = replace(timeline.shots[0], start=0, end=120)
    made = dance.moves(pose, (shot,), timeline.fps)
    assert set(made.towards[:24]) == {-1} and set(made.towards[24:32]) == {1} and set(made.towards[32:]) == {-1}
    assert all(a <= b for a, b in pairwise(made.share[24:32]))
    jumps = np.diff(np.where(made.towards == 1, made.share, made.pose).astype(float))
    assert int(jumps.argmax()) + 1 == 30  # fastest on the beat itself
    assert not (made.blink & (made.towards >= 0)).any() and made.blink.any()
    cut = dance.moves(pose, (replace(shot, end=30), replace(shot, start=30)), timeline.fps)
    assert set(cut.towards) == {-1}  # a cut is no move


def test_between_two_poses_a_figure_is_neither(tmp_path: Path) -> None:
    stage = scenery.stage_of(painted(tmp_path, 3), 320, 180)
    assert stage is not None and stage.figure is not None
    drawn = [
        stage.figure.sprite("arms up"),
        stage.figure.sprite("arms up", "step left", 0.5),
        stage.figure.sprite("step left"),
        stage.figure.sprite("arms up", blink=True),
    ]
    outlines = [(*one.alpha.shape, one.luma.tobytes()) for one in drawn if one]
    assert len(outlines) == 4 and len(set(outlines[:3])) == 3


def test_a_pose_of_an_own_cast_is_made_ready_once_not_for_each_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = staged(tmp_path, {name: drawn() for name in ("idle", "dance", "wave")})
    analysis = help.song(4.0, form=(("drop", 0.9, 99),))
    slots = [Slot("01", 0.0, 4.0, 0, [own])]
    timeline = plan(analysis, slots, help.rule(320, 180, effects=False, drift=0), 1)
    made: list[str] = []
    figures = staging.figures

    def counted(scene: Any, arranged: Any, folder: Path, pose: str, width: int, height: int) -> Any:
        made.append(pose)
        return figures(scene, arranged, folder, pose, width, height)

    monkeypatch.setattr(staging, "figures", counted)
    pictures = luma(timeline, list(range(timeline.frames)))
    monkeypatch.undo()
    shown = [pose for pose in made if made.count(pose) > 2]
    assert set(made) == set(dance.poses(own))
    assert not shown, f"made {len(made)} times for {len(pictures)} frames"


def test_what_another_draws_already_is_not_made_ready_a_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = dancing(tmp_path)
    first = timeline.shots[0]
    other = next(shot for shot in timeline.shots if shot.picture != first.picture)
    for end, ready in ((other.start, False), (timeline.frames, True)):
        asked: list[Any] = []
        with Compositor(timeline, help.bass(timeline.frames)) as drawing:
            monkeypatch.setattr(drawing, "_prepare", lambda shot, asked=asked: asked.append(shot.picture))
            brush, out = drawing.brush(lambda end=end: end), np.empty((270, 320), np.uint8)
            for shot in timeline.shots[: other.index]:
                brush(shot.start, out)
        assert (other.picture in asked) == ready


@pytest.mark.parametrize("weather", ["rain", "snow"])
def test_weather_that_falls_in_the_film_does_not_hang_in_the_air_as_well(tmp_path: Path, weather: str) -> None:
    picture = painted(tmp_path, 5, scene="desert road")
    picture = replace(picture, scene={**picture.scene, "weather": weather})
    made = draw_picture(picture.scene, 320, 180)
    cv2.imwrite(str(picture.path), made[..., ::-1])
    hanging, falling = (scenery.stage_of(picture, 320, 180, frozenset(kinds)) for kinds in ((), (weather,)))
    assert hanging is not None and falling is not None
    assert _covered(falling) < _covered(hanging)
    shot = replace(dancing(tmp_path).shots[0], picture=picture)
    timeline = replace(dancing(tmp_path), shots=(shot,), effects=(Effect(weather, shot.start, 30, 0.7, "words"),))
    with Compositor(timeline, help.bass(timeline.frames)) as drawing:
        assert _covered(drawing._scenery(picture).result()) == _covered(falling)


def test_a_segment_is_made_again_where_the_weather_of_its_picture_changed_elsewhere_or_the_code_that_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = dancing(tmp_path)
    first, last = timeline.shots[0], timeline.shots[-1]
    timeline = replace(timeline, shots=(*timeline.shots[:-1], replace(last, picture=first.picture)))
    rain = replace(timeline, effects=(*timeline.effects, Effect("rain", last.start, 9, 0.7, "words")))

    def name(of: Timeline) -> str:
        made = help.making(tmp_path, of)
        with Compositor(of, made.envelopes) as drawing:
            return assemble.segment_name(made, range(first.start, first.end), drawing)

    assert name(timeline) == name(timeline) != name(rain)
    before = name(timeline)
    monkeypatch.setattr(assemble, "drawn_by", lambda: "another version")
    assert name(timeline) != before


def _covered(stage: scenery.Scenery | None) -> int:
    """How much lies before the figure."""
    return 0 if stage is None or stage.front is None else int(stage.front.alpha.astype(int).sum())


def test_a_figure_that_sits_stays_seated(tmp_path: Path) -> None:
    seated = PictureFile("01a", Path("x.png"), "x", {"cast": ["meditating figure"], "pose": "sit"})
    assert dance.poses(seated) == ("sit",)
    assert dance.poses(replace(seated, scene={})) == ()


@pytest.mark.parametrize("height", [360, 640])
def test_whether_a_scene_is_shown_as_a_still_never_hangs_on_the_size_that_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, height: int
) -> None:
    named = {"scene": "temple", "characters": ("ring dancer",), "pose": "dance", "framing": "close"}
    made = painter.paint(painter.Request(prompt="temple", seed=0, width=640, height=height, **named))
    cv2.imwrite(str(tmp_path / "01a.png"), made.picture[..., ::-1])
    picture = PictureFile("01a", tmp_path / "01a.png", "a temple", made.scene)
    away = approved.apart(picture)
    assert away < 0.2 * approved.ALIKE
    timeline = dancing(tmp_path)
    timeline = replace(timeline, shots=(replace(timeline.shots[0], picture=picture),))
    for limit, moves in ((1.01 * away, True), (0.99 * away, False)):  # however close the call is
        monkeypatch.setattr(approved, "ALIKE", limit)
        for size in ((256, 144), (320, 180), (256, 456), (640, 360)):
            with Compositor(timeline, {}, *size) as drawing:
                assert (drawing._scenery(picture).result() is not None) == moves, f"{size}"


def test_a_picture_that_this_painter_draws_otherwise_is_shown_as_it_was_approved(tmp_path: Path) -> None:
    picture = painted(tmp_path)
    assert approved.Approved().holds(picture)
    dice = np.random.default_rng(1)
    cv2.imwrite(str(picture.path), dice.integers(0, 255, (180, 320, 3), dtype=np.uint8))
    assert not approved.Approved().holds(picture)
    strange = replace(picture, scene={"cast": ["x"], "pose": "idle"})
    assert not approved.Approved().holds(strange)
    assert scenery.stage_of(strange, 320, 180) is None


def test_a_film_s_check_looks_at_no_picture_again_that_the_film_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, asked, apart = painted(tmp_path), [], approved.apart
    monkeypatch.setattr(approved, "apart", lambda one: (asked.append(one.id), apart(one))[1])
    known = approved.Approved()
    assert known.holds(picture) and known.holds(picture)
    assert asked == [picture.id]


def test_a_film_of_dancers_passes_the_guard(tmp_path: Path) -> None:
    timeline = dancing(tmp_path)
    analysis = help.song(8.0, form=(("drop", 0.9, 99),))
    film = help.film(tmp_path, analysis, timeline)
    verdict = verify(film, timeline, help.bass(timeline.frames), tmp_path / "song.wav")
    assert verdict.ok, verdict.sentence()


@pytest.mark.parametrize("step", [1.0, 0.61, 1.7])
@pytest.mark.parametrize("place", [(-9.5, -4.0), (0.0, 0.0), (3.3, 2.7), (-160.0, 0.0), (160.0, 60.0)])
@pytest.mark.parametrize("seed", [2, 3])
def test_a_cut_out_is_laid_over_what_it_covers_and_nothing_else(
    place: tuple[float, float], step: float, seed: int
) -> None:
    dice = np.random.default_rng(seed)
    high, wide, gain, offset = 24, 117, 0.8, 9.0
    alpha = np.zeros((high, wide), np.uint8)
    for row in range(2, high - 2):
        # Runs that are clear, opaque or neither, shorter and longer than a block.
        ends = [2, *sorted(dice.integers(2, wide - 2, 5)), wide - 2]
        for left, right in pairwise(ends):
            alpha[row, left:right] = (0, 255, dice.integers(0, 256, right - left))[dice.integers(3)]
    alpha[8:12, 20:90] = 255
    colour = (dice.integers(16, 236, (high, wide)) * (alpha / 255.0) + 0.5).astype(np.uint8)
    ground = dice.integers(16, 236, (40, 150), dtype=np.uint8)
    out = ground.copy()
    kind = lay_kernels.kinds(alpha)
    lay_kernels.lay_luma(colour, alpha, kind, out, *place, step, step, gain, offset)

    x, y = (np.arange(count) * step + start for count, start in zip((150, 40), place, strict=True))
    i, j = (np.clip(at.astype(int), 0, size - 2) for at, size in ((x, wide), (y, high)))
    across, down = (x - i)[None, :], (y - j)[:, None]

    def between(plane: np.ndarray) -> np.ndarray:
        upper, lower = plane[j].astype(float), plane[j + 1].astype(float)
        rows = upper + (lower - upper) * down
        return np.asarray(rows[:, i] + (rows[:, i + 1] - rows[:, i]) * across)

    cover = between(alpha) / 255
    laid = np.minimum(255.0, between(colour) * gain + offset * cover + ground * (1 - cover))
    inside = ((x >= 0) & (x <= wide - 1))[None, :] & ((y >= 0) & (y <= high - 1))[:, None]
    assert np.abs(out - np.where(inside, laid, ground)).max() <= 0.51
    pair = np.repeat(ground[..., None], 2, axis=2)
    twice = np.repeat(colour[..., None], 2, axis=2)
    lay_kernels.lay_chroma(twice, alpha, kind, pair, *place, step, step, gain, offset)
    assert np.abs(pair[..., 0].astype(int) - out).max() <= 1 and np.array_equal(pair[..., 0], pair[..., 1])


def test_a_scene_s_canvas_is_even_whatever_the_frame() -> None:
    assert scenery._canvas(1280, 720) == (1408, 792)
    for frame in ((256, 144), (854, 480), (256, 456), (480, 600), (1080, 1920), (202, 360)):
        wide, high = scenery._canvas(*frame)
        assert abs(wide * frame[1] / frame[0] - high) < 0.35, f"{frame}: {wide} x {high}"
    assert all(side % 2 == 0 for side in scenery._canvas(854, 480))
    assert Fraction(*scenery._canvas(1080, 1920)) == pytest.approx(1080 / 1920, abs=0.01)
