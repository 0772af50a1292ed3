"""People's own loops and clips: from hostile files to reels, and from reels to frames on the beat."""

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from daemon.errors import FinalFault
from daemon.film import playing, reels
from daemon.film.compositor import Compositor
from daemon.film.cuts import Beats
from daemon.film.screen import Screen
from daemon.film.timeline import PictureFile, Slot, Timeline, plan
from daemon.stages import render
from daemon.video import moving
from tests import film_help as help
from tests.test_own_cast import drawn, dropped
from tests.test_render import tools


def frames(count: int, clear: bool = False, size: tuple[int, int] = (96, 64)) -> list[np.ndarray]:
    """A white bar that walks, two pixels a frame; beside it nothing, or black."""
    found = []
    for index in range(count):
        picture = Image.new("RGBA", size, (0, 0, 0, 0 if clear else 255))
        ImageDraw.Draw(picture).rectangle([2 * index, 10, 2 * index + 9, 54], fill=(255, 255, 255, 255))
        found.append(np.asarray(picture))
    return found


def video(path: Path, pictures: list[np.ndarray], rate: int = 20, codec: str = "libx264") -> Path:
    kind = "yuva420p" if codec.startswith("libvpx") else "yuv420p"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = pictures[0].shape[1], pictures[0].shape[0], kind
        if codec.startswith("libvpx"):
            stream.options = {"auto-alt-ref": "0", "crf": "10", "b": "1M"}
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgba").reformat(format=kind)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def gif(path: Path, pictures: list[np.ndarray], wait: int = 50) -> Path:
    shown = [Image.fromarray(picture) for picture in pictures]
    shown[0].save(path, save_all=True, append_images=shown[1:], duration=wait, loop=0, disposal=2)
    return path


def reel(folder: Path, pictures: list[np.ndarray], rate: float = 20.0, name: str = "reel.zip") -> dict[str, Any]:
    made = reels.write(folder / name, ((i / rate, picture) for i, picture in enumerate(pictures)), 60.0)
    return {**made.facts, "file": name, "name": name, "shown": 0.0}


# --- reading ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["libvpx-vp9", "libvpx"])
def test_the_transparency_of_a_webm_is_kept(tmp_path: Path, codec: str) -> None:
    path = video(tmp_path / "a.webm", frames(12, clear=True), codec=codec)
    made = reels.write(tmp_path / "reel.zip", moving.read(path, (1280, 720)), 60.0)
    assert made.facts["clear"] is True
    assert made.facts["fps"] == pytest.approx(20, abs=0.1)
    opened = reels.Reel(tmp_path / "reel.zip")
    frame = opened.at(5 * reels.STEPS)
    assert frame[30, 14, 3] > 200
    assert frame[30, 40, 3] < 40


def test_an_avi_is_a_moving_picture_too(tmp_path: Path) -> None:
    path = video(tmp_path / "a.avi", frames(12), codec="mpeg4")
    assert path.read_bytes()[:4] == b"RIFF"
    assert reels.write(tmp_path / "r.zip", moving.read(path, (640, 480)), 9.0).facts["frames"] == 12


def test_the_transparency_of_a_gif_is_kept(tmp_path: Path) -> None:
    made = reels.write(tmp_path / "r.zip", moving.read(gif(tmp_path / "a.gif", frames(9, clear=True)), (640, 480)), 9.0)
    assert (made.facts["frames"], made.facts["fps"], made.facts["clear"]) == (9, 20.0, True)
    assert reels.Reel(tmp_path / "r.zip").at(0)[30, 60, 3] == 0


def test_only_the_first_seconds_of_a_long_film_are_read_and_that_is_said(tmp_path: Path) -> None:
    path = video(tmp_path / "long.mp4", frames(60) * 2)
    read: list[float] = []

    def source() -> Any:
        for time, frame in moving.read(path, (1280, 720)):
            read.append(time)
            yield time, frame

    made = reels.write(tmp_path / "reel.zip", source(), 2.0)
    assert (made.whole, made.facts["frames"]) == (False, 40)
    assert len(read) <= 42


def test_a_fast_film_is_thinned_and_a_large_one_made_smaller(tmp_path: Path) -> None:
    path = video(tmp_path / "fast.mp4", frames(60, size=(640, 360)), rate=60)
    found = list(moving.read(path, (320, 180)))
    assert found[0][1].shape[:2] == (180, 320)
    assert 28 <= len(found) <= 32
    assert moving.steady([time for time, _ in found])[0] <= moving.MOST_FPS


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.webm", b"", "known kind|no picture|End of file"),
        ("a.mp4", b"not a film at all" * 20, "known kind"),
        ("a.gif", b"GIF89a", "known kind"),
        ("a.webm", b"\x1aE\xdf\xa3" + b"\x00" * 300, "known kind|End of file|no picture"),
    ],
)
def test_a_broken_film_is_refused_with_words(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=said):
        reels.write(tmp_path / "reel.zip", moving.read(tmp_path / name, (640, 360)), 9.0)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2000))
def test_a_damaged_film_gives_a_reel_or_words(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = gif(folder / "a.gif", frames(5)) if at % 2 else video(folder / "a.mp4", frames(8))
    whole = path.read_bytes()
    path.write_bytes(whole[: at % len(whole)] + junk + whole[at % len(whole) + len(junk) :])
    try:
        made = reels.write(folder / "reel.zip", moving.read(path, (640, 360)), 9.0)
    except ValueError as error:
        assert str(error)
    else:
        assert made.facts["frames"] > 1


def test_what_does_not_move_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="doesn't move"):
        reels.write(tmp_path / "r.zip", moving.read(gif(tmp_path / "one.gif", frames(1)), (640, 360)), 9.0)
    with pytest.raises(ValueError, match="doesn't move"):
        reels.write(tmp_path / "r.zip", moving.read(video(tmp_path / "one.mp4", frames(1)), (640, 360)), 9.0)


def test_a_reel_that_is_not_whole_is_known_and_can_not_be_opened(tmp_path: Path) -> None:
    reel(tmp_path, frames(6))
    assert reels.told(tmp_path / "reel.zip") is not None
    data = (tmp_path / "reel.zip").read_bytes()
    (tmp_path / "reel.zip").write_bytes(data[: len(data) // 2])
    assert reels.told(tmp_path / "reel.zip") is None
    with pytest.raises(FinalFault, match=r"reel\.zip can't be read"):
        reels.Reel(tmp_path / "reel.zip")


# --- frames between frames ------------------------------------------------------------------------------------


def pan(at: float) -> np.ndarray:
    dice = np.random.default_rng(5)
    texture = cv2.GaussianBlur(dice.integers(0, 255, (300, 500, 3), dtype=np.uint8), (0, 0), 3)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    return np.asarray(cv2.getRectSubPix(texture, (240, 160), (180 + at, 140 + at / 2)), np.uint8)


def psnr(one: np.ndarray, two: np.ndarray) -> float:
    inner = (slice(12, -12), slice(12, -12))
    return float(10 * np.log10(255**2 / np.mean((one[inner].astype(float) - two[inner]) ** 2)))


def test_a_frame_between_two_is_carried_along_their_motion() -> None:
    between = reels.between(pan(0), pan(6), 0.25)
    blended = np.asarray(cv2.addWeighted(pan(0), 0.75, pan(6), 0.25, 0))
    assert psnr(between, pan(1.5)) > 36
    assert psnr(between, pan(1.5)) > psnr(blended, pan(1.5)) + 8


def test_across_a_cut_the_nearer_frame_is_shown() -> None:
    dice = np.random.default_rng(1)
    first, second = (
        cv2.resize(dice.integers(0, 255, (8, 12, 3), dtype=np.uint8), (240, 160), interpolation=cv2.INTER_NEAREST)
        for _ in range(2)
    )
    assert np.array_equal(reels.between(first, second, 0.4), first)
    assert np.array_equal(reels.between(first, second, 0.6), second)


# --- in the film --------------------------------------------------------------------------------------------


def shown(folder: Path, own: dict[str, Any], seconds: float = 8.0, bpm: float = 120.0) -> Timeline:
    analysis = help.song(seconds, bpm, form=(("drop", 0.9, 99),))
    still = help.picture(folder / "still.png", 1, 96, 64)
    picture = PictureFile("01a", still.path, "own", {"own": own})
    rule = help.rule(96, 64, effects={}, mirror=False)
    return plan(analysis, [Slot("01", 0, seconds, 0, [picture])], rule, 1)


def test_the_motion_of_a_clip_lands_on_beats(tmp_path: Path) -> None:
    # It jumps every 0.4 s; beats are half a second apart.
    pictures = [frames(40)[(i // 8) * 4 % 40] for i in range(160)]
    timeline = shown(tmp_path, {"clip": reel(tmp_path, pictures)})
    knots = [effect for effect in timeline.effects if effect.kind == "clip"]
    on_beats = [effect for effect in knots if effect.because.startswith("motion of reel.zip")]
    assert len(on_beats) >= 8
    beats = {round(i * 15) for i in range(17)}
    assert {effect.start for effect in on_beats} <= beats
    screen = Screen(timeline, 96, 64)
    seen = [np.asarray(screen.clip(timeline.shots[0], f).luma, np.int16) for f in range(timeline.shots[0].end)]  # type: ignore[union-attr]
    motion = [0.0, *(float(np.abs(b - a).mean()) for a, b in itertools.pairwise(seen))]
    for effect in on_beats:
        if 2 < effect.start < len(seen) - 2:
            near = motion[effect.start - 2 : effect.start + 3]
            assert max(near) == max(motion[effect.start - 5 : effect.start + 6])


def test_a_loop_turns_round_in_whole_beats(tmp_path: Path) -> None:
    told = reel(tmp_path, frames(21, clear=True))  # 1.05 s: two beats of half a second, five hundredths faster
    timeline = shown(tmp_path, {"loop": told, "over": told})
    assert "1 loop to 2 beats, at 1.050 speed" in {
        effect.because.split(": ")[1] for effect in timeline.effects if effect.kind == "loop"
    }
    screen = Screen(timeline, 96, 64)
    first = screen.over(timeline.shots[0], 0)
    again = screen.over(timeline.shots[0], 30)
    half = screen.over(timeline.shots[0], 15)
    assert first and again and half
    assert np.array_equal(first[0].luma, again[0].luma)
    assert not np.array_equal(first[0].luma, half[0].luma)


@settings(deadline=None, max_examples=60)
@given(
    st.sets(st.integers(0, 400), max_size=30),
    st.integers(0, 300),
    st.integers(1, 200),
    st.floats(0.1, 40),
    st.sampled_from(playing.KINDS),
    st.lists(st.tuples(st.floats(0, 40), st.floats(0.01, 1)), max_size=8),
)
def test_any_shot_and_any_beats_give_a_map_that_runs_forward(
    beats: set[int], start: int, length: int, seconds: float, kind: str, peaks: list[tuple[float, float]]
) -> None:
    count = max(2, round(seconds * 25))
    told = {
        "name": "a",
        "frames": count,
        "fps": 25.0,
        "seconds": count / 25,
        "peaks": sorted([at, how] for at, how in peaks if at < count / 25),
    }
    shot = help.planned_shot(start, start + length, {"own": {kind: told}})
    found = playing.ride([shot], Beats(sorted(beats), frozenset()), Fraction(30))
    assert found[0].start == start
    assert sum(effect.frames for effect in found) == length
    amounts = [effect.amount for effect in found]
    assert amounts == sorted(amounts)
    assert all(np.isfinite(amounts))


def test_the_compositor_draws_clips_loops_and_what_lies_over(tmp_path: Path) -> None:
    job = dropped(tmp_path, {"cast/hero.png": drawn()}, {"pictures": {"width": 192, "height": 108, "candidates": 1}})
    made = render.render(job, tools(tmp_path))
    scene = made.pictures[0].scene
    path = job.path / made.pictures[0].file
    told = reel(job.path, frames(20), name="loop.zip")
    over = reel(job.path, frames(20, clear=True), name="over.zip")
    Image.new("RGB", (192, 108), "black").save(job.path / "ground.png")
    analysis = help.song(4.0, form=(("drop", 0.9, 99),))

    def film(own: dict[str, Any]) -> list[np.ndarray]:
        picture = PictureFile("01a", path, "own", {**scene, "own": own})
        planned = plan(analysis, [Slot("01", 0, 4, 0, [picture])], help.rule(192, 108, effects={}), 1)
        out = np.empty((108 * 3 // 2, 192), np.uint8)
        with Compositor(planned, help.bass(planned.frames)) as drawing:
            brush = drawing.brush()
            found = []
            for frame in (4, 10):
                brush(frame, out)
                found.append(out[:108].astype(np.int16))
        return found

    for own in (
        {"clip": told},
        {**scene["own"], "background": "ground.png", "loop": told},
        {**scene["own"], "over": over},
    ):
        before, after = film(own)
        assert np.abs(before - after).max() > 60


# --- from the folder to the desk ------------------------------------------------------------------------------


def data(path: Path) -> bytes:
    return path.read_bytes()


def test_loops_and_clips_of_a_folder_are_on_the_desk_and_what_fails_is_told(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    job = dropped(
        tmp_path,
        {
            "cast/hero.png": drawn(),
            "loops/rings.mp4": data(video(media / "a.mp4", frames(20))),
            "loops/sparks.webm": data(video(media / "b.webm", frames(20, clear=True), codec="libvpx-vp9")),
            "loops/bad.webm": b"nothing",
            "clips/walk.mp4": data(video(media / "c.mp4", frames(40))),
        },
    )
    made = render.render(job, tools(tmp_path))
    by_slot = {p.slot: p.scene["own"] for p in made.pictures}
    assert by_slot["01"]["clip"]["name"] == "walk.mp4"
    assert by_slot["02"]["loop"]["name"] == "rings.mp4"
    assert by_slot["02"]["over"]["name"] == "sparks.webm"
    assert any("loop bad.webm can't be used: it isn't a moving picture" in note for note in made.notes)
    assert render.render(job, tools(tmp_path)) == made


def test_a_moving_map_needs_no_beats(tmp_path: Path) -> None:
    timeline = shown(tmp_path, {"clip": reel(tmp_path, frames(40))}, 1.5)
    assert Screen(timeline, 96, 64).clip(timeline.shots[0], 3) is not None


def test_what_is_clear_in_a_clip_is_black(tmp_path: Path) -> None:
    pictures = frames(20, clear=True)
    for picture in (coloured := [one.copy() for one in pictures]):
        picture[..., :3] = 255
    timeline = shown(tmp_path, {"clip": reel(tmp_path, coloured)}, 1.5)
    planes = Screen(timeline, 96, 64).clip(timeline.shots[0], 0)
    assert planes is not None
    assert planes.luma[30, 80] <= 18
    assert planes.luma[30, 4] >= 225
