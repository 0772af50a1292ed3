"""The guard: a good film passes, and each kind of damage is caught by the check that is meant for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from daemon.errors import FinalFault
from daemon.film import assemble, encode, offset
from daemon.film.compositor import Compositor
from daemon.film.flashing import flashes_a_second
from daemon.film.timeline import Timeline, plan
from daemon.film.verify import Verdict, verify
from daemon.sidecars import Analysis
from daemon.video import watch
from tests import film_help as help


@dataclass
class Made:
    """A good film and what it was made from."""

    folder: Path
    analysis: Analysis
    timeline: Timeline
    film: Path

    def verdict(self, film: Path) -> Verdict:
        return verify(film, self.timeline, help.bass(self.timeline.frames), self.folder / "song.wav")

    def wrong(self, film: Path) -> set[str]:
        return {check.name for check in self.verdict(film).checks if not check.ok}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("film")
    analysis, timeline = help.planned(folder, 14.0)
    return Made(folder, analysis, timeline, help.film(folder, analysis, timeline))


def damaged(
    good: Made,
    name: str,
    order: Callable[[int], int] = lambda frame: frame,
    frames: int | None = None,
    paint: Callable[[int, NDArray[np.uint8]], None] = lambda _frame, _out: None,
    song: Path | None = None,
) -> Path:
    """The good film made again, but frame i shows frame order(i), painted over."""
    timeline = good.timeline
    made = help.making(good.folder, timeline)
    with Compositor(timeline, made.envelopes) as drawing:
        brush = drawing.brush()

        def draw(frame: int, out: NDArray[np.uint8]) -> None:
            brush(min(timeline.frames - 1, max(0, order(frame))), out)
            paint(frame, out)

        pictures = good.folder / f"{name}-pictures.mp4"
        encode.pictures(made.program, made.encoding, range(frames or timeline.frames), draw, pictures)
    out = good.folder / f"{name}.mp4"
    assemble.join(made, [pictures.name], assemble.Song(song or good.folder / "song.wav"), {}, out)
    return out


def black(out: NDArray[np.uint8]) -> None:
    out[: out.shape[0] * 2 // 3] = 16
    out[out.shape[0] * 2 // 3 :] = 128


def test_a_good_film_passes_every_check(good: Made) -> None:
    verdict = good.verdict(good.film)
    assert verdict.ok, verdict.sentence()
    assert verdict.frames == good.timeline.frames
    assert verdict.av_offset_ms is not None and abs(verdict.av_offset_ms) < 0.1
    hard = {shot.start for shot in good.timeline.shots[1:] if shot.transition.kind in ("cut", "flash")}
    assert hard <= set(verdict.found)
    assert set(verdict.thumbnails) == {shot.index for shot in good.timeline.shots}
    assert all(data[:2] == b"\xff\xd8" for data in verdict.thumbnails.values())


@pytest.mark.parametrize("fps", ["24000/1001", "30000/1001", "25", "60"])
def test_a_film_at_any_rate_has_its_exact_length_and_offset(tmp_path: Path, fps: str) -> None:
    analysis, timeline = help.planned(tmp_path, 7.3, fps=fps)
    film = help.film(tmp_path, analysis, timeline)
    verdict = verify(film, timeline, help.bass(timeline.frames), tmp_path / "song.wav")
    assert verdict.ok, verdict.sentence()
    assert watch.facts(film).fps == Fraction(fps)


@pytest.mark.parametrize("ms", [3.0, -21.3])
def test_sound_that_is_shifted_is_caught(good: Made, ms: float) -> None:
    samples, rate = soundfile.read(good.folder / "song.wav", dtype="float32")
    shifted = np.roll(samples, round(ms / 1000 * rate), axis=0)
    soundfile.write(good.folder / "shifted.wav", shifted, rate)
    film = damaged(good, f"shifted{ms}", song=good.folder / "shifted.wav")
    verdict = good.verdict(film)
    assert [check.name for check in verdict.checks if not check.ok] == ["sound against the song"]
    assert verdict.av_offset_ms == pytest.approx(ms, abs=0.1)


def test_another_song_is_caught(good: Made) -> None:
    other = help.sound(good.folder / "other.wav", help.song(14.0, bpm=97.0))
    assert "sound against the song" in good.wrong(damaged(good, "other-song", song=other))


def test_a_dropped_frame_is_caught_by_count_and_by_the_cuts_after_it(good: Made) -> None:
    at = good.timeline.cuts[1] + 5
    film = damaged(good, "dropped", lambda frame: frame if frame < at else frame + 1, good.timeline.frames - 1)
    assert good.wrong(film) >= {"frames", "cuts"}


def test_a_dropped_frame_is_caught_though_another_was_doubled(good: Made) -> None:
    first, last = good.timeline.cuts[1] + 5, good.timeline.cuts[4] + 5
    film = damaged(good, "slipped", lambda frame: frame + 1 if first <= frame < last else frame)
    assert "cuts" in good.wrong(film)
    assert "frames" not in good.wrong(film)


@pytest.mark.parametrize("by", [-1, 1, 3])
def test_one_cut_at_a_wrong_frame_is_caught(good: Made, by: int) -> None:
    shots = good.timeline.shots
    index = next(shot.index for shot in shots[2:] if shot.transition.kind == "cut")
    cut = shots[index].start
    wrong = cut + by
    moved = Timeline(
        good.timeline.fps,
        good.timeline.frames,
        good.timeline.width,
        good.timeline.height,
        (
            *shots[: index - 1],
            replace(shots[index - 1], end=wrong),
            replace(shots[index], start=wrong),
            *shots[index + 1 :],
        ),
        good.timeline.effects,
    )
    made = replace(help.making(good.folder, moved), timeline=moved)
    names = assemble.segments(made, lambda *_a, **_k: None)
    assemble.join(made, names, assemble.Song(good.folder / "song.wav"), {}, good.folder / f"moved{by}.mp4")
    assert "cuts" in good.wrong(good.folder / f"moved{by}.mp4")


def test_a_black_stretch_is_caught(good: Made) -> None:
    at = good.timeline.frames // 2
    film = damaged(good, "black", paint=lambda frame, out: black(out) if at <= frame < at + 3 else None)
    assert "black that wasn't planned" in good.wrong(film)


def test_a_frozen_stretch_is_caught(good: Made) -> None:
    shot = max(good.timeline.shots, key=lambda shot: shot.frames)
    film = damaged(good, "frozen", lambda frame: shot.start + 12 if shot.start + 12 < frame < shot.end - 12 else frame)
    assert "frozen that wasn't planned" in good.wrong(film)


@pytest.mark.parametrize("by", [-2, 2])
def test_a_picture_out_of_step_is_caught(good: Made, by: int) -> None:
    shots = good.timeline.shots
    jumps = [effect.start for effect in good.timeline.effects if effect.kind == "zoom" and effect.amount >= 0.1]
    jump = next(at for at in jumps if any(shot.start + 24 < at < shot.end - 4 for shot in shots))
    at = jump if by < 0 else jump - 1
    film = damaged(good, f"late{by}", lambda frame: frame + by if frame == at else frame)
    assert "pictures in step" in good.wrong(film)


def test_a_wrong_picture_is_caught(good: Made) -> None:
    shots = good.timeline.shots
    film = damaged(good, "wrong", lambda frame: frame + 15 if shots[3].start <= frame < shots[3].end else frame)
    assert "pictures as planned" in good.wrong(film)


def test_a_strobe_is_caught(good: Made) -> None:
    film = damaged(good, "strobe", paint=lambda frame, out: black(out) if frame // 3 % 2 and frame > 200 else None)
    assert "flashes a second" in good.wrong(film)


def test_a_planned_fade_and_a_black_picture_are_no_fault(tmp_path: Path) -> None:
    import cv2

    analysis = help.song(8.0)
    found = help.slots(tmp_path, analysis)
    cv2.imwrite(str(found[2].pictures[0].path), np.zeros((225, 400, 3), np.uint8))
    timeline = plan(analysis, found, help.rule(fade_in=1.0, fade_out=2.0), 1)
    film = help.film(tmp_path, analysis, timeline)
    verdict = verify(film, timeline, help.bass(timeline.frames), tmp_path / "song.wav")
    assert verdict.ok, verdict.sentence()


def test_a_silent_song_has_no_offset_and_no_fault(tmp_path: Path) -> None:
    analysis, timeline = help.planned(tmp_path, 4.0)
    soundfile.write(tmp_path / "song.wav", np.zeros((analysis.samples, 2), np.float32), 44100)
    film = help.film(tmp_path, analysis, timeline)
    verdict = verify(film, timeline, {}, tmp_path / "song.wav")
    assert verdict.av_offset_ms is None
    assert next(check for check in verdict.checks if check.name == "sound against the song").ok


def test_a_film_that_is_cut_short_is_caught(good: Made) -> None:
    film = good.folder / "short.mp4"
    shutil.copy(good.film, film)
    with open(film, "r+b") as opened:
        opened.truncate(film.stat().st_size * 2 // 3)
    assert good.wrong(film) >= {"frames"}


def test_what_is_no_film_is_a_final_fault(good: Made) -> None:
    nothing = good.folder / "nothing.mp4"
    nothing.write_bytes(b"no film")
    with pytest.raises(FinalFault, match="can't be read"):
        good.verdict(nothing)


@pytest.mark.parametrize("shift", [0.0, 0.4, -3.25, 48.5])
def test_an_offset_is_found_to_a_part_of_a_sample(shift: float) -> None:
    dice = np.random.default_rng(1)
    spectrum = np.fft.rfft(dice.normal(0, 0.1, 48000))
    spectrum[12000:] = 0
    turned = spectrum * np.exp(-2j * np.pi * np.arange(len(spectrum)) * shift / 48000)
    plain, late = (np.fft.irfft(s).astype(np.float32) for s in (spectrum, turned))
    lag, match = offset.shift(plain, late)
    assert lag == pytest.approx(shift, abs=0.1)
    assert match > 0.85


@pytest.mark.parametrize(("rate", "expected"), [(1, 1), (2, 2), (5, 5), (8, 8)])
def test_flashes_are_counted_as_pairs_of_opposing_changes(rate: int, expected: int) -> None:
    mean = np.full(240, 60, np.float32)
    for start in range(30, 210, 60 // rate):
        mean[start : start + 2] = 200
    assert abs(flashes_a_second(mean, Fraction(60)) - expected) <= 1
    assert (flashes_a_second(mean, Fraction(60)) > 3) == (expected > 3)


def test_a_second_of_a_rate_that_is_no_whole_number_is_not_cut_short() -> None:
    mean = np.full(100, 60, np.float32)
    for on, off in ((31, 34), (37, 40), (43, 46), (49, 54)):  # eight changes in 24 steps, a second at 23.976
        mean[on:off] = 200
    assert flashes_a_second(mean, Fraction(24000, 1001)) == 4


def test_small_changes_of_light_are_no_flash() -> None:
    mean = (100 + 8 * np.sin(np.arange(600))).astype(np.float32)
    assert flashes_a_second(mean, Fraction(30)) == 0
