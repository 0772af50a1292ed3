"""The listener's steps, each on its own: readings of the pulse, exact moments, bars, sections, key, mood."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mir_eval
import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from daemon.audio import bars, beats, drops, kernels, offers, pulse, readings, refine, structure, synth, tonality
from daemon.audio.overrides import Said
from daemon.audio.spectrum import FPS, RATE, Features, Listener
from daemon.sidecars import Key


def features(samples: np.ndarray, rate: int = synth.RATE) -> Features:
    mono = samples.mean(axis=1) if samples.ndim == 2 else samples
    listener = Listener()
    listener.push(np.ascontiguousarray(soxr.resample(mono, rate, RATE), np.float32))
    return listener.finish()


@pytest.fixture(scope="module")
def song() -> tuple[Features, synth.Truth]:
    samples, truth = synth.song(40.0, seed=12, form="intro build drop break drop")
    return features(samples), truth


def test_the_bar_pointer_follows_a_tempo_that_drifts() -> None:
    times = np.cumsum(60 / np.linspace(100, 130, 80))
    act = np.full(round((times[-1] + 1) * FPS), 0.03, np.float32)
    act[np.round(times * FPS).astype(int)] = 0.95
    found = beats.track(act) / FPS
    assert mir_eval.beat.f_measure(times, found, 0.03) > 0.9


def test_the_bar_pointer_keeps_going_through_a_pause() -> None:
    times = np.arange(0.5, 30, 0.5)
    act = np.full(round(31 * FPS), 0.03, np.float32)
    played = times[(times < 12) | (times > 16)]
    act[np.round(played * FPS).astype(int)] = 0.95
    assert mir_eval.beat.f_measure(times, beats.track(act) / FPS, 0.05) > 0.95


def clicks(times: np.ndarray, seconds: float) -> np.ndarray:
    act = np.full(round(seconds * FPS), 0.03, np.float32)
    act[np.round(times * FPS).astype(int)] = 0.95
    return act


@pytest.mark.parametrize("bpm", [41, 57.3, 88, 133.33, 171.2, 200, 236])
def test_whatever_the_tempo_its_beats_are_among_the_readings_on_offer(bpm: float) -> None:
    times = np.arange(0.4, 39, 60 / bpm)
    act = clicks(times, 40)
    best = max(mir_eval.beat.f_measure(times, c.frames / FPS, 0.03) for c in offers.courses(act, beats.track(act)))
    assert best > 0.95


def test_an_even_grid_keeps_its_phase_through_a_long_pause() -> None:
    times = np.arange(0.4, 119, 60 / 127.3)
    act = clicks(times[(times < 40) | (times > 80)], 120)
    grid = offers.Periods(act).grid(125)
    assert mir_eval.beat.f_measure(times, grid / FPS, 0.025) > 0.97


def test_no_two_readings_on_offer_are_the_same() -> None:
    act = clicks(np.arange(0.4, 39, 0.5), 40)
    found = offers.courses(act, beats.track(act))
    for place, one in enumerate(found):
        for other in found[:place]:
            if len(one.frames) == len(other.frames):
                assert np.abs(one.frames - other.frames).mean() > 1


@pytest.mark.parametrize("wrong", [0.5, 2.0])
def test_from_a_wrong_octave_the_right_one_is_read(song: tuple[Features, synth.Truth], wrong: float) -> None:
    heard, truth = song
    act = beats.activation(heard)
    base = offers.path(act, truth.bpm * wrong * 0.95, truth.bpm * wrong * 1.05)
    assert 60 * FPS / np.median(np.diff(base)) == pytest.approx(truth.bpm * wrong, rel=0.05)
    best = readings.candidates(heard, act, base)[0]
    assert best.bpm == pytest.approx(truth.bpm, rel=0.03)


def test_from_between_the_beats_the_beats_are_read(song: tuple[Features, synth.Truth]) -> None:
    heard, truth = song
    act = beats.activation(heard)
    wrong = offers.shifted(beats.track(act), 0.5)
    best = readings.candidates(heard, act, wrong, alone=True)[0]
    assert mir_eval.beat.f_measure(np.array(truth.beats), best.frames / FPS) > 0.9


def test_chances_add_up_to_one(song: tuple[Features, synth.Truth]) -> None:
    act = beats.activation(song[0])
    found = readings.candidates(song[0], act, beats.track(act))
    assert float(readings.chances(found).sum()) == pytest.approx(1.0)
    assert [r.score for r in found] == sorted((r.score for r in found), reverse=True)


def test_other_readings_of_the_tempo_are_told(song: tuple[Features, synth.Truth]) -> None:
    heard, truth = song
    found = pulse.find(heard, beats.activation(heard), heard.seconds, Said(), [])
    told = {why: bpm for bpm, _, why in found.alternatives}
    assert told["half"] == pytest.approx(truth.bpm / 2, rel=0.001)
    assert told["double"] == pytest.approx(truth.bpm * 2, rel=0.001)
    assert all(0 <= sure <= 1 for _, sure, _ in found.alternatives)
    assert sum(sure for _, sure, _ in found.alternatives) <= 1.0001


def test_times_are_moved_to_the_very_onset() -> None:
    rng = np.random.default_rng(0)
    mono = rng.normal(0, 0.001, RATE * 6).astype(np.float32)
    times = np.arange(0.5, 5.5, 0.5) + rng.uniform(-0.1, 0.1, 10)
    length = round(0.1 * RATE)
    for time in times:
        at = round(time * RATE)
        mono[at : at + length] += (rng.normal(0, 0.3, length) * np.exp(-np.arange(length) / 400)).astype(np.float32)
    heard = features(mono, RATE)
    moved, strength = refine.to_onsets(times + rng.uniform(-0.03, 0.03, 10), heard.fine)
    assert np.abs(moved + refine.LATE - times).max() < 0.002 and strength.min() > 0.8


def test_steady_music_is_steadied_and_rubato_is_left_alone() -> None:
    rng = np.random.default_rng(1)
    grid = np.arange(60) * 0.5
    noisy = grid + rng.normal(0, 0.004, 60)
    noisy[20] += 0.03
    sure = np.ones(60)
    off = np.abs(refine.steady(noisy, sure) - grid)
    assert off[20] < 0.02 and np.delete(off, 20).max() < 0.005
    free = np.cumsum(0.5 + 0.08 * np.sin(np.arange(60) * 2.1))
    assert np.abs(refine.steady(free, sure) - free).max() < 0.045


def test_the_metre_and_the_phase_of_bars_are_found() -> None:
    for metre, seed in ((3, 2), (4, 3)):
        samples, truth = synth.song(24.0, 120, seed, metre=metre, form="verse chorus")
        found, downs, _ = bars.find(features(samples), np.array(truth.beats))
        times = np.array(truth.beats)[downs]
        assert found == metre
        assert mir_eval.beat.f_measure(np.array(truth.downbeats), times) > 0.8


@pytest.mark.parametrize("said", [2, 5, 7, 16])
def test_a_metre_that_a_person_says_is_kept(said: int) -> None:
    samples, truth = synth.song(20.0, 120, form="verse")
    metre, downs, _ = bars.find(features(samples), np.array(truth.beats), said)
    assert metre == said and set(np.diff(downs)) == {said}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_has_no_beat(seed: int) -> None:
    heard = features(np.random.default_rng(seed).normal(0, 0.2, 20 * RATE), RATE)
    found = pulse.find(heard, beats.activation(heard), heard.seconds, Said(), [])
    assert found.confidence < 0.07 and not len(found.times) and found.bpm == 0


def test_drops_and_boundaries_of_songs_of_known_form_are_found() -> None:
    hits = real_drops = false = 0
    boundary = []
    for seed, bpm in ((21, 126), (22, 140), (23, 112), (24, 100)):
        samples, truth = synth.song(64.0, bpm, seed)
        heard = features(samples)
        units = structure.measure(heard, structure.unit_edges(np.array(truth.downbeats), truth.duration))
        spans = structure.find(units)
        found = [e.start for e in structure.events(spans, units, truth.duration) if e.kind == "drop"]
        beat = 60 / bpm
        real_drops += len(truth.drops)
        hits += sum(any(abs(f - t) <= beat for f in found) for t in truth.drops)
        false += sum(not any(abs(f - t) <= beat for t in truth.drops) for f in found)
        real = np.array([start for start, _, _ in truth.sections[1:]])
        edges = np.array([units.edges[span.first] for span in spans[1:]])
        boundary.append(mir_eval.onset.f_measure(real, edges, 0.5)[0])
    assert hits >= 0.9 * real_drops and false <= 1
    assert float(np.mean(boundary)) >= 0.6


@pytest.mark.parametrize("form", ["intro verse chorus verse chorus outro", "verse chorus bridge chorus"])
def test_a_song_without_a_build_up_has_choruses_and_no_drops(form: str) -> None:
    for seed, bpm in ((41, 112), (42, 128)):
        samples, truth = synth.song(80.0, bpm, seed, form=form)
        heard = features(samples)
        units = structure.measure(heard, structure.unit_edges(np.array(truth.downbeats), truth.duration))
        roles = {span.role for span in structure.find(units)}
        assert "chorus" in roles and not roles & {"drop", "build"}


def test_a_kick_that_comes_back_before_the_rise_is_no_drop() -> None:
    bars_ = 40
    energy, bass = np.full(bars_, 0.9), np.full(bars_, 1.0)
    treble, density = np.full(bars_, -10.0), np.full(bars_, 1.0)
    energy[12:16], bass[12:16] = 0.4, 0.1  # a break
    energy[20:24], bass[20:24] = 0.5, 0.1  # the build: first with its kick (16..20), then without
    treble[16:24] = np.linspace(-30, -6, 8)
    treble[12:16] = -30
    assert drops.built(energy, bass, treble, density) == [24]
    assert drops.sudden(energy, energy[:, None], bass, [24]) == []
    assert drops.built(energy, bass, np.full(bars_, -10.0), density) == []  # nothing rises: no drop


def _rows_of(*parts: tuple[int, float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energy (n,) and what bars are like (n, 2) of parts of (bars, energy, colour)."""
    energy = np.concatenate([np.full(bars_, level) for bars_, level, _ in parts])
    colour = np.concatenate([np.full(bars_, tone) for bars_, _, tone in parts])
    return energy, np.stack([energy, colour], axis=1)


def test_all_that_comes_back_from_a_break_is_a_drop_where_others_were_built() -> None:
    energy, rows = _rows_of((12, 0.4, 0.0), (18, 0.9, 1.0), (6, 0.4, 0.5), (12, 0.9, 1.0))
    bass = np.where(energy > 0.5, 1.0, 0.1)
    assert drops.sudden(energy, rows, bass, [12]) == [36]
    assert drops.sudden(energy, rows, bass, []) == []


def test_the_music_of_a_built_drop_is_a_drop_after_an_intro_that_keeps_its_bass() -> None:
    energy, rows = _rows_of((8, 0.7, 0.0), (16, 0.9, 1.0), (8, 0.4, 0.5), (16, 0.9, 1.0), (8, 0.6, 0.0))
    assert drops.sudden(energy, rows, np.ones(56), [32]) == [8]


def test_what_starts_from_silence_has_no_build_up() -> None:
    treble, density = np.array([-120.0, -62, -63, -60, -57, -53, -55, -54]), np.linspace(0.5, 1.0, 8)
    assert drops.rises(treble, density)[4] == 0
    assert drops.rises(np.maximum(treble, -80), density)[4] > 1


def test_a_verse_as_loud_as_the_drop_is_none() -> None:
    energy, rows = _rows_of((8, 0.4, 0.0), (16, 0.9, 0.4), (8, 0.4, 0.5), (16, 0.9, 1.0), (8, 0.6, 0.0))
    bass = np.where(energy > 0.5, 1.0, 0.1)
    assert drops.sudden(energy, rows, bass, [32]) == []


def test_a_part_that_comes_again_has_its_letter_again() -> None:
    samples, truth = synth.song(48.0, 128, 5, form="verse:6 drop:6 verse:6 drop:6")
    heard = features(samples)
    spans = structure.find(structure.measure(heard, structure.unit_edges(np.array(truth.downbeats), truth.duration)))
    letters = [span.label[0] for span in spans]
    assert len(spans) >= 3 and len(set(letters)) < len(letters)


def chord(notes: list[int], seconds: float, cents: float = 0.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros(len(time))
    for note in notes:
        hz = 440 * 2 ** ((note - 69 + cents / 100) / 12)
        out += sum(np.sin(2 * np.pi * hz * k * time) / k**1.5 for k in range(1, 6))
    return 0.1 * out


def key_of(samples: np.ndarray, bar: float = 2.0) -> tuple[Key, float]:
    """Key and tuning of a mono sound in bars of a length."""
    heard = features(samples, RATE)
    bars_ = np.append(np.arange(0, heard.seconds - 0.5 * bar, bar), heard.seconds)
    key, _, shift = tonality.find(heard, bars_, [0])
    return key, shift


@pytest.mark.parametrize("cents", [0.0, 40.0, -35.0])
def test_the_key_of_a_cadence_is_found_whatever_the_tuning(cents: float) -> None:
    cadence = [[48, 60, 64, 67], [53, 60, 65, 69], [55, 59, 62, 67, 71], [48, 60, 64, 67, 72]]
    key, shift = key_of(np.concatenate([chord(notes, 1.0, cents) for notes in cadence * 4]))
    assert key.name() == "C major"
    assert shift == pytest.approx(cents / 100, abs=0.1)


def test_a_minor_key_is_told_from_its_relative() -> None:
    cadence = [[45, 57, 60, 64], [50, 57, 62, 65], [52, 56, 59, 64], [45, 57, 60, 64, 69]]
    assert key_of(np.concatenate([chord(notes, 1.0) for notes in cadence * 4]))[0].name() == "A minor"


def test_the_same_four_chords_are_minor_or_major_by_the_one_that_sections_begin_with() -> None:
    turn = {"A": [45, 57, 60, 64], "F": [41, 57, 60, 65], "C": [48, 55, 60, 64], "G": [43, 55, 59, 62]}
    for order, name in (("AFCG", "A minor"), ("CGAF", "C major")):
        samples = np.concatenate([chord(turn[letter], 1.0) for letter in order * 6])
        assert key_of(samples, 1.0)[0].name() == name


def test_a_drone_has_its_tonic() -> None:
    assert key_of(chord([38, 50, 57], 10.0))[0].tonic == "D"


@pytest.mark.parametrize("cents", [0.0, 30.0, -30.0])
def test_a_detuned_tanpura_has_its_tonic(cents: float) -> None:
    tonic, samples = 49, np.zeros(RATE * 24)
    for pluck in range(20):
        note = (tonic - 5, tonic, tonic, tonic - 12)[pluck % 4]
        hz = 440 * 2 ** ((note - 69 + cents / 100) / 12)
        at = round(pluck * 1.1 * RATE)
        time = np.arange(min(3 * RATE, len(samples) - at)) / RATE
        partials = [np.sin(2 * np.pi * hz * k * time) * np.exp(-time * (0.5 + 0.05 * k)) / k**0.7 for k in range(1, 14)]
        samples[at : at + len(time)] += 0.06 * sum(partials) * np.minimum(1, time / 0.01)
    key, shift = key_of(samples)
    assert key.tonic == "C#"
    assert shift == pytest.approx(cents / 100, abs=0.1)


def test_a_drone_keeps_its_tonic_under_chords_that_dwell_on_other_notes() -> None:
    above = [[67, 71, 74], [67, 72, 76], [66, 69, 74], [67, 71, 74]]
    samples = np.concatenate([chord([38, 50], 2.0) + chord(notes, 2.0) for notes in above * 3])
    assert key_of(samples)[0].tonic == "D"


def test_a_last_chorus_that_is_a_tone_higher_is_a_change_of_key() -> None:
    samples, truth = synth.song(96.0, 120, 31, "A minor", form="intro verse chorus verse chorus chorus", modulate=2)
    heard = features(samples)
    edges = structure.unit_edges(np.array(truth.downbeats), truth.duration)
    starts = [span.first for span in structure.find(structure.measure(heard, edges))]
    _, spans, _ = tonality.find(heard, edges, starts)
    assert [span.key.name() for span in spans] == ["A minor", "B minor"] == [name for _, _, name in truth.keys]
    (change,) = tonality.events(spans, edges)
    assert change.kind == "key" and change.key == spans[1].key
    assert change.start == pytest.approx(truth.keys[1][0], abs=2.1)
    assert change.end == truth.duration


def test_a_song_that_stays_in_its_key_has_no_change_of_it() -> None:
    samples, truth = synth.song(72.0, 120, 32, "D minor", form="intro verse chorus bridge chorus outro")
    heard = features(samples)
    edges = structure.unit_edges(np.array(truth.downbeats), truth.duration)
    assert len(tonality.find(heard, edges, [0])[1]) == 1


def test_silence_has_no_key() -> None:
    assert key_of(np.zeros(RATE * 8))[0] == Key()


def test_samples_that_are_no_numbers_are_counted_and_cleared() -> None:
    block = np.array([[0.5, np.nan], [np.inf, -0.25], [-np.inf, 1.0]], np.float32)
    bad, peaks = kernels.survey(block, 2)
    assert bad == 3 and peaks.tolist() == [0.5, 1.0]
    assert block.tolist() == [[0.5, 0.0], [0.0, -0.25], [0.0, 1.0]]


def test_numba_keeps_its_cache_in_a_folder_of_ours(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from daemon import audio; from daemon.settings import Settings;"
        f"audio.prepare(Settings(root=Path({str(tmp_path)!r})));"
        "import numpy as np; from daemon.audio import kernels; kernels.survey(np.zeros((4, 1), np.float32), 2)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert any((tmp_path / "library" / "cache" / "numba").rglob("*.nbi"))


def test_the_listener_loads_neither_librosa_nor_torch() -> None:
    code = (
        "import sys, daemon.audio.listen; print([m for m in ('librosa', 'torch', 'sklearn', 'scipy.signal')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
