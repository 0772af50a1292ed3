"""Listening to whole files: songs of known truth, and sounds that are no songs."""

from __future__ import annotations

import warnings
from fractions import Fraction
from pathlib import Path

import mir_eval
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from daemon.audio import envelopes, synth
from daemon.audio.listen import Heard, listen
from daemon.audio.page import page
from daemon.errors import FinalFault
from daemon.sidecars import Analysis

RATE = 44100


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> tuple[Heard, synth.Truth, Path]:
    path = tmp_path_factory.mktemp("song") / "song.wav"
    truth = synth.write_song(path)
    return listen(path, fps=Fraction(30)), truth, path


def score(truth: list[float], found: list[float], window: float = 0.07) -> float:
    return float(mir_eval.beat.f_measure(np.array(truth), np.array(found), window))


def test_tempo_beats_and_downbeats_of_the_demo_song_are_found(song: tuple[Heard, synth.Truth, Path]) -> None:
    heard, truth, _ = song
    a = heard.analysis
    assert a.tempo.bpm == pytest.approx(truth.bpm, rel=0.005) and a.tempo.confidence > 0.6
    assert a.metre == 4
    assert score(truth.beats, a.beats) > 0.97 and score(truth.beats, a.beats, 0.025) > 0.95
    assert score(truth.downbeats, a.downbeats) > 0.9
    assert len(a.beat_confidence) == len(a.beats) and all(0 <= c <= 1 for c in a.beat_confidence)


def test_beats_lie_within_three_milliseconds_on_the_median(song: tuple[Heard, synth.Truth, Path]) -> None:
    heard, truth, _ = song
    found = np.array(heard.analysis.beats)
    off = [found[np.argmin(np.abs(found - beat))] - beat for beat in truth.beats]
    assert abs(float(np.median(off))) < 0.003


def test_its_sections_cover_the_song_and_start_on_downbeats(song: tuple[Heard, synth.Truth, Path]) -> None:
    a = song[0].analysis
    assert a.sections[0].start == 0.0 and a.sections[-1].end == a.duration == 60.0
    for before, after in zip(a.sections, a.sections[1:], strict=False):
        assert before.end == after.start > before.start
        assert min(abs(after.start - beat) for beat in a.downbeats) < 1e-4


def test_its_drops_are_heard_within_a_beat_and_no_others(song: tuple[Heard, synth.Truth, Path]) -> None:
    heard, truth, _ = song
    drops = [event.start for event in heard.analysis.events if event.kind == "drop"]
    assert len(drops) == len(truth.drops)
    for found, real in zip(drops, truth.drops, strict=True):
        assert abs(found - real) < 0.05


def test_its_envelopes_have_one_value_a_film_frame_and_bass_follows_the_kick(
    song: tuple[Heard, synth.Truth, Path],
) -> None:
    heard, truth, _ = song
    assert set(heard.envelopes) == set(envelopes.NAMES)
    for values in heard.envelopes.values():
        assert values.shape == (1800,) == (heard.analysis.envelopes.frames,) and values.dtype == np.float32
        assert values.min() >= 0 and values.max() <= 1
    onset = heard.envelopes["onset"]
    on = [onset[max(0, int(b * 30) - 1) : int(b * 30) + 2].max() for b in truth.beats if 15 < b < 30]
    assert np.mean(on) > 0.6 > 2 * onset.mean()


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_envelopes_fit_any_frame_rate(tmp_path: Path, fps: Fraction) -> None:
    synth.write_song(tmp_path / "a.wav", seconds=5.0)
    heard = listen(tmp_path / "a.wav", fps=fps)
    assert len(heard.envelopes["bass"]) == int(5.0 * fps + 0.5)


@pytest.mark.parametrize(
    "options",
    [
        {"bpm": 150, "metre": 3, "form": "intro verse chorus outro", "key": "G major"},
        {"bpm": 140, "seed": 4},
        {"bpm": 110, "lead_in": 2.3, "seed": 6, "ritard": 0.25},
        {"bpm": 124, "rubato": 0.03, "seed": 8},
    ],
)
def test_beats_of_other_songs_are_found(tmp_path: Path, options: dict[str, object]) -> None:
    truth = synth.write_song(tmp_path / "song.wav", seconds=40.0, **options)
    a = listen(tmp_path / "song.wav").analysis
    assert score(truth.beats, a.beats) >= 0.9
    assert a.metre == truth.metre


def test_the_key_is_found_where_it_is_plain(tmp_path: Path) -> None:
    truth = synth.write_song(
        tmp_path / "song.wav", seconds=30.0, key="E major", bpm=100, form="verse chorus verse", drums=False
    )
    assert listen(tmp_path / "song.wav").analysis.key.name() == f"{truth.tonic} {truth.mode}"


def test_the_course_of_the_mood_rises_with_the_drop_and_falls_with_the_break(
    song: tuple[Heard, synth.Truth, Path],
) -> None:
    heard, truth, _ = song
    course = heard.analysis.course
    assert [m.seconds for m in course] == sorted(m.seconds for m in course) and len(course) >= len(truth.downbeats) - 2
    for name in ("energy", "arousal", "danceability"):
        by_role: dict[str, list[float]] = {}
        for start, end, role in truth.sections:
            inside = [getattr(m, name) for m in course if start <= m.seconds + 0.1 < end - 0.5]
            by_role.setdefault(role, []).extend(inside)
        assert np.mean(by_role["drop"]) > np.mean(by_role["break"]) + 0.1
    assert all(0 <= value <= 1 for m in course for value in (m.energy, m.valence, m.arousal, m.danceability))


def test_a_change_of_key_is_told_as_an_event_and_in_the_sections(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    truth = synth.write_song(
        path, seconds=90.0, bpm=120, seed=3, key="G major", form="verse chorus verse chorus chorus", modulate=2
    )
    a = listen(path).analysis
    (change,) = [event for event in a.events if event.kind == "key"]
    assert change.key is not None and change.key.name() == "A major" == truth.keys[1][2]
    assert change.start == pytest.approx(truth.keys[1][0], abs=2.1) and change.end == a.duration
    assert a.key.name() == "G major"
    assert a.sections[0].key is not None and a.sections[0].key.name() == "G major"
    assert a.sections[-1].key is not None and a.sections[-1].key.name() == "A major"
    assert "to A major" in page(a, colour=False)


def hear(tmp_path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Heard:
    soundfile.write(tmp_path / "sound.wav", samples, rate, subtype=subtype)
    heard = listen(tmp_path / "sound.wav")
    a = heard.analysis
    # What holds for every sound, whatever it is.
    assert a.sections and a.sections[0].start == 0 and a.sections[-1].end == a.duration
    assert a.duration == len(samples) / rate and a.samples == len(samples)
    assert len(heard.envelopes["rms"]) == envelopes.frame_count(a.duration, Fraction(30))
    assert all(np.isfinite(values).all() for values in heard.envelopes.values())
    assert Analysis.model_validate_json(a.model_dump_json()) == a
    assert "NaN" not in a.model_dump_json()
    assert page(a, colour=False)
    return heard


def test_silence_has_no_beats_and_says_so(tmp_path: Path) -> None:
    a = hear(tmp_path, np.zeros((RATE * 10, 2), np.float32)).analysis
    assert a.beats == [] and a.tempo.bpm == 0 and a.key.tonic == "" and a.mood == []
    assert a.loudness.integrated_lufs is None
    assert any("silence" in note for note in a.notes)


def test_a_constant_is_silence(tmp_path: Path) -> None:
    a = hear(tmp_path, np.full((RATE * 10, 2), 0.4, np.float32)).analysis
    assert a.beats == [] and a.tempo.bpm == 0 and a.onsets == [] and len(a.sections) == 1 and a.key.tonic == ""
    assert any("constant" in note for note in a.notes)


def test_a_constant_under_a_song_changes_nothing_of_what_is_heard(tmp_path: Path) -> None:
    samples, _ = synth.song(12.0)
    plain = hear(tmp_path, 0.4 * samples).analysis
    raised = hear(tmp_path, 0.4 * samples + np.float32(0.5)).analysis
    assert len(raised.beats) == len(plain.beats)
    # The last two lie where the song has died away, beside the step to nothing at the file's end.
    assert np.allclose(raised.beats[:-2], plain.beats[:-2], atol=0.001)
    assert [s.role for s in raised.sections] == [s.role for s in plain.sections]
    assert [s.start for s in raised.sections] == pytest.approx([s.start for s in plain.sections], abs=0.001)
    assert raised.course[0].energy == pytest.approx(plain.course[0].energy, abs=0.1)


@pytest.mark.parametrize("kind", ["white", "pink", "click"])
def test_noise_has_no_key(tmp_path: Path, kind: str) -> None:
    samples = np.random.default_rng(2).normal(0, 0.1, RATE * 10)
    if kind == "pink":
        bins = np.arange(len(samples) // 2 + 1)
        samples = np.fft.irfft(np.fft.rfft(samples) / np.sqrt(np.maximum(1, bins)), len(samples))
        samples *= 0.1 / samples.std()
    elif kind == "click":
        samples = np.zeros(RATE * 10)
        samples[RATE * 5] = 1
    a = hear(tmp_path, samples.astype(np.float32)).analysis
    assert a.key.tonic == "" and a.key.confidence == 0 and a.tempo.confidence < 0.1


def test_noise_has_no_beat_that_is_sure(tmp_path: Path) -> None:
    a = hear(tmp_path, np.random.default_rng(3).normal(0, 0.2, RATE * 20).astype(np.float32)).analysis
    assert a.tempo.confidence < 0.3
    assert any("beat" in note for note in a.notes)


def test_speech_like_bursts_have_no_beat_that_is_sure(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    samples = np.zeros(RATE * 30, np.float32)
    at = 0.1
    while at < 29:
        length = rng.uniform(0.06, 0.3)
        time = np.arange(round(length * RATE)) / RATE
        pitch = rng.uniform(90, 220) * (1 + 0.1 * np.sin(2 * np.pi * 3 * time))
        voice = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / RATE) / k for k in range(1, 12))
        start = round(at * RATE)
        samples[start : start + len(time)] += (0.1 * voice * np.hanning(len(time))).astype(np.float32)
        at += length + rng.exponential(0.12) + (rng.uniform(0.3, 0.9) if rng.random() < 0.15 else 0)
    a = hear(tmp_path, samples).analysis
    assert a.tempo.confidence < 0.5


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.2, 1.0])
def test_short_sounds_come_through(tmp_path: Path, seconds: float) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, (max(1, round(seconds * RATE)), 2)).astype(np.float32)
    a = hear(tmp_path, samples).analysis
    assert len(a.sections) == 1 and a.tempo.confidence < 0.3


@given(
    st.integers(1, 6000).flatmap(
        lambda size: arrays(np.float32, (size, 2), elements=st.floats(width=32), fill=st.floats(width=32))
    ),
    st.sampled_from([1000, 8000, 44100, 192000]),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_the_samples_are_something_sane_is_heard(tmp_path: Path, samples: np.ndarray, rate: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        a = hear(tmp_path, samples, rate).analysis
    assert a.tempo.confidence < 0.3 or a.duration > 2


@pytest.mark.parametrize("level", [1e-40, 1e-20, 40000.0, 1e8, 1e30, 3.4e38])
def test_a_song_at_any_level_comes_through(tmp_path: Path, level: float) -> None:
    samples, truth = synth.song(8.0, bpm=120, form="drop")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        a = hear(tmp_path, np.asarray(samples.astype(np.float64) * level, np.float32)).analysis
    if 1 < level < 1e9:  # floats that were scaled as whole numbers are
        assert score(truth.beats, a.beats) > 0.9
    else:
        assert a.beats == [] and any("silence" in note for note in a.notes)


def test_one_sample_comes_through(tmp_path: Path) -> None:
    hear(tmp_path, np.array([[0.5, 0.5]], np.float32))


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (22050, 2), (192000, 2), (48000, 6), (44100, 1)])
def test_any_rate_and_number_of_channels_keeps_the_beats_in_place(tmp_path: Path, rate: int, channels: int) -> None:
    import soxr

    samples, truth = synth.song(20.0, bpm=120)
    mono = soxr.resample(samples.mean(axis=1), RATE, rate)
    a = hear(tmp_path, np.repeat(mono[:, None], channels, axis=1) * 0.7, rate).analysis
    assert score(truth.beats, a.beats) > 0.9 and score(truth.beats, a.beats, 0.025) > 0.85


def test_channels_that_cancel_out_are_heard_all_the_same(tmp_path: Path) -> None:
    samples, truth = synth.song(15.0, bpm=120, form="drop")
    left = samples.mean(axis=1)
    a = hear(tmp_path, np.stack([left, -left], axis=1)).analysis
    assert score(truth.beats, a.beats) > 0.9


def test_clipped_and_broken_samples_come_through(tmp_path: Path) -> None:
    samples, truth = synth.song(15.0, bpm=120, form="drop")
    samples = np.clip(samples * 40, -1, 1)
    samples[5000:5100] = np.nan
    samples[9000] = -np.inf
    a = hear(tmp_path, samples).analysis
    assert any("no numbers" in note for note in a.notes)
    assert score(truth.beats, a.beats) > 0.9


def test_beats_that_nothing_sounds_on_are_less_sure_than_the_others(tmp_path: Path) -> None:
    samples, _ = synth.song(24.0, 120, form="verse chorus")
    samples = samples.copy()
    samples[10 * RATE : 15 * RATE] = np.random.default_rng(0).normal(0, 0.003, (5 * RATE, 2))
    a = hear(tmp_path, samples).analysis
    times, sure = np.array(a.beats), np.array(a.beat_confidence)
    gap = (times > 10.3) & (times < 14.7)
    assert gap.sum() >= 6 and sure[gap].mean() < 0.6 * sure[~gap].mean()


def test_a_person_says_the_tempo_the_first_beat_and_the_metre(tmp_path: Path) -> None:
    synth.write_song(tmp_path / "song.wav", seconds=24.0, bpm=120)
    path = tmp_path / "song.wav"
    half = listen(path, overrides={"tempo": 60}).analysis
    assert half.tempo.bpm == pytest.approx(60, rel=0.02)
    grid = listen(path, overrides={"tempo": 90.5, "first_beat": 0.75, "metre": "7/8"}).analysis
    assert grid.beats[0] == 0.75 and np.allclose(np.diff(grid.beats), 60 / 90.5, atol=1e-4)
    assert grid.metre == 7 and grid.downbeats[:2] == [grid.beats[0], grid.beats[7]]
    first = listen(path, overrides={"first_beat": 1.5, "metre": 3}).analysis
    assert first.beats[0] == 1.5 == first.downbeats[0] and first.metre == 3


def test_a_beats_file_is_the_truth(tmp_path: Path) -> None:
    synth.write_song(tmp_path / "song.wav", seconds=10.0)
    (tmp_path / "song.beats.txt").write_text("0.5 1\n1.1 2\n1.7 3\n2.3 1\n2.9 2\n3.5 3\n")
    a = listen(tmp_path / "song.wav", beats_file=tmp_path / "song.beats.txt").analysis
    assert a.beats == [0.5, 1.1, 1.7, 2.3, 2.9, 3.5] and a.downbeats == [0.5, 2.3]
    assert a.metre == 3 and a.tempo.bpm == pytest.approx(100, rel=0.001)


@pytest.mark.parametrize(
    ("name", "value"), [("tempo", "fast"), ("tempo", -3), ("tempo", True), ("metre", "waltz"), ("first_beat", -1)]
)
def test_an_override_that_makes_no_sense_is_refused(tmp_path: Path, name: str, value: object) -> None:
    synth.write_song(tmp_path / "song.wav", seconds=1.0)
    with pytest.raises(FinalFault, match=name):
        listen(tmp_path / "song.wav", overrides={name: value})


def test_title_and_artist_as_a_person_says_them(tmp_path: Path) -> None:
    synth.write_song(tmp_path / "song.wav", seconds=1.0)
    tags = listen(tmp_path / "song.wav", overrides={"title": "Mine", "artist": "Me"}).analysis.tags
    assert (tags.title, tags.artist) == ("Mine", "Me")


def test_the_page_fits_the_terminal_and_tells_the_tempo(song: tuple[Heard, synth.Truth, Path]) -> None:
    a = song[0].analysis
    plain = page(a, width=72, colour=False)
    assert all(len(line) <= 72 for line in plain.splitlines())
    assert "128.00 BPM" in plain and "drop" in plain and "\x1b" not in plain
    assert "\x1b[" in page(a, width=72)


@pytest.mark.parametrize("width", [60, 120])
def test_nothing_on_the_page_is_cut_off(song: tuple[Heard, synth.Truth, Path], width: int) -> None:
    a = song[0].analysis.model_copy(deep=True)
    a.notes = ["a note that takes rather more than one line of sixty columns, and ends with: here"]
    lines = page(a, width=width, colour=False).splitlines()
    assert max(len(line) for line in lines) <= width and not any("…" in line for line in lines)
    assert lines[-1].endswith("here") and f"danceability\n          {a.danceability:.2f}" in "\n".join(lines).replace(
        f"danceability {a.danceability:.2f}", f"danceability\n          {a.danceability:.2f}"
    )


def test_a_tag_cannot_send_codes_to_the_terminal(song: tuple[Heard, synth.Truth, Path]) -> None:
    a = song[0].analysis.model_copy(deep=True)
    a.tags.title = "evil\x1b[2J"
    a.notes = ["\x1b]0;title\x07"]
    assert "\x1b" not in page(a, colour=False)


def test_the_course_of_the_loudness_is_kept(song: tuple[Heard, synth.Truth, Path]) -> None:
    course = song[0].analysis.model_dump()["loudness"]["short_term"]
    assert len(course) == 58 and course[0][0] == 1.5
    in_drop = [lufs for seconds, lufs in course if 18 < seconds < 28]
    in_break = [lufs for seconds, lufs in course if 32 < seconds < 35]
    assert min(in_drop) > max(in_break)
