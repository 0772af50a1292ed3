"""The guard of clips: real files, good ones and those broken as servers break them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from daemon.video import quality
from daemon.video.likeness import likeness
from daemon.video.quality import FAULTS, Verdict, Wanted, judge, judge_file
from tests.clip_help import FRAMES, SIZE, Pixels, encoded, night, panned, still

WANTED = Wanted(*SIZE, FRAMES)
Broken = Callable[[list[Pixels]], list[Pixels]]


def judged(folder: Path, frames: list[Pixels], picture: Pixels, wanted: Wanted = WANTED, crf: int = 23) -> Verdict:
    return judge_file(encoded(folder / "clip.mp4", frames, crf=crf), picture, wanted)


def filled(frames: list[Pixels], first: int, colour: tuple[int, int, int]) -> list[Pixels]:
    return [*frames[:first], *(np.full_like(frame, colour) for frame in frames[first:])]


def noise(frames: list[Pixels], colour: tuple[int, int, int], sigma: float) -> list[Pixels]:
    dice = np.random.default_rng(1)
    return [
        np.clip(dice.normal(np.array(colour, float), sigma, frame.shape), 0, 255).astype(np.uint8) for frame in frames
    ]


def half_dark(frames: list[Pixels]) -> list[Pixels]:
    found = [frame.copy() for frame in frames]
    for frame in found[3:]:
        frame[:, frame.shape[1] // 2 :] = 0
    return found


# --- what must be let through -------------------------------------------------------------------


@pytest.mark.parametrize("crf", [18, 34])
@pytest.mark.parametrize("picture", [still(), night(), (still(7) * 0.2).astype(np.uint8)], ids=["day", "night", "dim"])
def test_a_good_clip_is_let_through_by_day_and_by_night(tmp_path: Path, picture: Pixels, crf: int) -> None:
    verdict = judged(tmp_path, panned(picture), picture, crf=crf)
    assert verdict.faults == [], verdict.measured
    assert verdict.usable == FRAMES
    assert verdict.measured["likeness"] > 0.85


def test_slow_motion_is_no_standstill(tmp_path: Path) -> None:
    verdict = judged(tmp_path, panned(still(), travel=0.006), still())
    assert verdict.ok, verdict.measured


def test_a_figure_that_moves_before_a_still_background_is_motion(tmp_path: Path) -> None:
    frames = []
    for index in range(FRAMES):
        frame = cv2.resize(still(), SIZE, interpolation=cv2.INTER_AREA)
        cv2.circle(frame, (90 + index // 2, 60), 9, (240, 240, 90), -1)
        frames.append(np.asarray(frame, np.uint8))
    assert judged(tmp_path, frames, still()).ok


def test_a_fade_out_is_let_through_and_its_dark_end_is_left_out(tmp_path: Path) -> None:
    frames = panned(still())
    faded = [
        (frame * min(1.0, max(0.0, (FRAMES - 4 - index) / 12))).astype(np.uint8) for index, frame in enumerate(frames)
    ]
    verdict = judged(tmp_path, faded, still())
    assert verdict.ok, verdict.measured
    assert FRAMES - 7 <= verdict.usable <= FRAMES - 3


def test_a_fade_to_white_and_a_light_that_goes_out_for_a_moment_are_let_through(tmp_path: Path) -> None:
    frames = panned(still())
    light = [min(1.0, max(0, FRAMES - 2 - index) / 12) for index in range(FRAMES)]
    white = [(255 - (255.0 - frame) * left).astype(np.uint8) for frame, left in zip(frames, light, strict=True)]
    assert judged(tmp_path, white, still()).ok
    strobe = [frame * 0 if index in (9, 21) else frame for index, frame in enumerate(frames)]
    assert judged(tmp_path, strobe, still()).ok


@pytest.mark.parametrize("shape", [(208, 120), (160, 160), (120, 208)])
def test_a_model_may_crop_and_recolour_the_still(tmp_path: Path, shape: tuple[int, int]) -> None:
    picture = still(5)
    high, wide = picture.shape[:2]
    keep = min(wide, round(high * shape[0] / shape[1])), min(high, round(wide * shape[1] / shape[0]))
    left, top = (wide - keep[0]) // 2, (high - keep[1]) // 2
    part = picture[top : top + keep[1], left : left + keep[0]]
    tinted = np.clip(part * np.array([1.0, 0.9, 0.8]) + 8, 0, 255).astype(np.uint8)
    verdict = judged(tmp_path, panned(tinted, size=shape), picture, Wanted(*shape, FRAMES), crf=32)
    assert verdict.ok, verdict.measured


def test_a_clip_with_bars_is_like_its_still() -> None:
    frame = np.zeros((120, 208, 3), np.uint8)
    frame[:, 34:174] = cv2.resize(still(), (140, 120), interpolation=cv2.INTER_AREA)
    assert likeness(frame, still()) > 0.9


def test_a_still_that_is_black_itself_can_have_a_black_clip(tmp_path: Path) -> None:
    dark = np.full((240, 416, 3), 6, np.uint8)
    assert judged(tmp_path, [np.full((120, 208, 3), 5, np.uint8)] * FRAMES, dark).faults == ["frozen"]


def test_a_server_that_doubles_the_frame_rate_is_no_fault(tmp_path: Path) -> None:
    assert judged(tmp_path, panned(still(), 2 * FRAMES - 1), still()).ok


def test_an_animated_webp_is_judged_as_a_film_is(tmp_path: Path) -> None:
    frames = [Image.fromarray(frame) for frame in panned(still())]
    frames[0].save(tmp_path / "clip.webp", save_all=True, append_images=frames[1:], duration=62, quality=80)
    verdict = judge_file(tmp_path / "clip.webp", still(), WANTED)
    assert verdict.ok and verdict.measured["frames"] == FRAMES
    dark = [Image.fromarray(np.asarray(frame) * 0) for frame in frames]
    dark[1].putpixel((0, 0), (1, 1, 1))
    dark[0].save(tmp_path / "dark.webp", save_all=True, append_images=dark[1:], duration=62)
    assert "black" in judge_file(tmp_path / "dark.webp", still(), Wanted(*SIZE)).faults


# --- what must be refused -----------------------------------------------------------------------

BROKEN: dict[str, tuple[str, Broken]] = {
    "black": ("black", lambda clip: filled(clip, 0, (0, 0, 0))),
    "black after the first frame": ("black", lambda clip: filled(clip, 1, (2, 2, 2))),
    "black from the middle on": ("half-black", lambda clip: filled(clip, FRAMES // 2 + 2, (0, 0, 0))),
    "black at its end, at once": ("half-black", lambda clip: filled(clip, FRAMES - 5, (0, 0, 0))),
    "its right half black": ("half-black", half_dark),
    "grey": ("flat", lambda clip: filled(clip, 0, (128, 128, 128))),
    "green from the second frame on": ("flat", lambda clip: filled(clip, 1, (0, 136, 0))),
    "white for a third": ("flat", lambda clip: filled(clip, 22, (255, 255, 255))),
    "grey noise": ("nan-like", lambda clip: noise(clip, (127, 127, 127), 40)),
    "violet noise after the first frame": (
        "nan-like",
        lambda clip: [clip[0], *noise(clip[1:], (120, 40, 160), 25)],
    ),
    "standing still": ("frozen", lambda clip: [clip[0]] * FRAMES),
    "standing still after a moment": ("frozen", lambda clip: [*clip[:6], *[clip[6]] * (FRAMES - 6)]),
    "of another picture": ("wrong picture", lambda _: panned(still(99))),
    "upside down": ("wrong picture", lambda clip: [np.ascontiguousarray(frame[::-1]) for frame in clip]),
}


@pytest.mark.parametrize("name", list(BROKEN))
@pytest.mark.parametrize("picture", [still(), still(3)], ids=["one", "another"])
def test_a_broken_clip_is_refused_under_its_name(tmp_path: Path, name: str, picture: Pixels) -> None:
    fault, breaks = BROKEN[name]
    verdict = judged(tmp_path, breaks(panned(picture)), picture)
    assert verdict.fault == fault, (verdict.faults, verdict.measured)


def test_a_dark_scene_that_goes_black_is_refused(tmp_path: Path) -> None:
    assert judged(tmp_path, filled(panned(night()), 1, (0, 0, 0)), night()).fault == "black"
    assert judged(tmp_path, filled(panned(night()), 18, (0, 0, 0)), night()).fault == "half-black"


def test_a_clip_of_another_size_or_length_is_refused(tmp_path: Path) -> None:
    frames = panned(still())
    assert judged(tmp_path, frames, still(), Wanted(416, 240, FRAMES)).faults == ["wrong size"]
    assert judged(tmp_path, frames[:20], still()).faults == ["wrong frame count"]
    assert judged(tmp_path, [*frames, *frames[:9]], still()).faults == ["wrong frame count"]


def test_a_clip_that_can_not_be_decoded_is_refused_with_the_reason(tmp_path: Path) -> None:
    whole = encoded(tmp_path / "whole.mp4", panned(still())).read_bytes()
    damaged = bytearray(whole)
    middle = whole.index(b"mdat") + len(whole) // 3
    damaged[middle : middle + 900] = b"\xff" * 900
    for name, data in (("text", b"<html>busy</html>"), ("empty", b""), ("cut", whole[: len(whole) // 2])):
        (tmp_path / name).write_bytes(data)
        verdict = judge_file(tmp_path / name, still(), WANTED)
        assert verdict.fault == "undecodable", (name, verdict)
        assert verdict.measured
    (tmp_path / "damaged.mp4").write_bytes(damaged)
    assert not judge_file(tmp_path / "damaged.mp4", still(), WANTED).ok
    assert judge_file(tmp_path / "not there", still(), WANTED).fault == "undecodable"


def test_a_clip_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "MOST_FRAMES", 50)

    def endless():  # type: ignore[no-untyped-def]
        while True:
            yield from panned(still())

    verdict = judge(endless(), still(), WANTED)
    assert verdict.measured["cut_off_at"] == 50
    assert verdict.fault == "wrong frame count"


# --- whatever comes -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        arrays(np.uint8, (18, 32, 3), elements=st.integers(0, 255), fill=st.integers(0, 255)), min_size=1, max_size=6
    ),
    arrays(np.uint8, (36, 64, 3), elements=st.integers(0, 255), fill=st.integers(0, 255)),
)
def test_any_frames_get_a_verdict_in_known_words(frames: list[Pixels], picture: Pixels) -> None:
    verdict = judge(frames, picture, Wanted())
    assert set(verdict.faults) <= set(FAULTS)
    assert all(np.isfinite(value) for value in verdict.measured.values() if not isinstance(value, str))
    assert 0 <= verdict.usable <= len(frames)


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint8, (24, 40, 3), elements=st.integers(0, 255), fill=st.integers(0, 255)))
def test_a_picture_is_like_itself_unless_it_shows_nothing(picture: Pixels) -> None:
    found = likeness(picture, picture)
    assert -1.0 <= found <= 1.0 + 1e-6
    if float(cv2.GaussianBlur(picture, (0, 0), 3).std()) > 20:
        assert found > 0.9
