"""Loudness against the standard's own test signals, and against FFmpeg's meter."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.audio import synth
from daemon.audio.loudness import Meter
from daemon.sidecars import Loudness


def measure(samples: np.ndarray, rate: int = 48000, block: int = 20000) -> Loudness:
    meter = Meter(rate, samples.shape[1])
    for start in range(0, len(samples), block):
        meter.push(np.ascontiguousarray(samples[start : start + block], np.float32))
    return meter.result()


def sine(decibels: float, seconds: float, rate: int = 48000, hz: float = 1000.0, phase: float = 0.0) -> np.ndarray:
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate + phase)
    return np.stack([wave, wave], axis=1)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_ebu_tech_3341_cases_1_and_2(rate: int, level: float) -> None:
    assert measure(sine(level, 20, rate), rate).integrated_lufs == pytest.approx(level, abs=0.1)


def test_ebu_tech_3341_case_3_gates_what_is_quiet() -> None:
    parts = [sine(-36, 10), sine(-23, 60), sine(-36, 10)]
    assert measure(np.concatenate(parts)).integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_ebu_tech_3341_case_6_weighs_surrounds() -> None:
    time = np.arange(48000 * 20) / 48000
    gains = [10 ** (d / 20) for d in (-28, -28, -24, -np.inf, -30, -30)]
    samples = np.stack([g * np.sin(2 * np.pi * 1000 * time) for g in gains], axis=1)
    assert measure(samples).integrated_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(("levels", "expected"), [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20)])
def test_ebu_tech_3342_ranges(levels: tuple[float, float], expected: float) -> None:
    samples = np.concatenate([sine(level, 20) for level in levels])
    assert measure(samples).range_lu == pytest.approx(expected, abs=1.0)


def test_the_true_peak_lies_between_the_samples() -> None:
    # A quarter of the rate, 45 degrees off: every sample at 0.707 of the wave's height.
    samples = sine(-6.0, 2, hz=12000, phase=np.pi / 4)
    assert measure(samples).true_peak_dbtp == pytest.approx(-6.0, abs=0.3)


def test_silence_has_no_loudness_and_no_peak() -> None:
    assert measure(np.zeros((48000, 2))) == Loudness()


def test_the_size_of_the_blocks_changes_nothing() -> None:
    samples, _ = synth.song(6.0)
    assert measure(samples, 44100, 999) == measure(samples, 44100, 100_000)


def test_it_agrees_with_ffmpeg(tmp_path: Path) -> None:
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    samples, _ = synth.song(30.0, seed=3)
    soundfile.write(tmp_path / "song.wav", samples, 44100)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostats", "-i", str(tmp_path / "song.wav")]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr.split("Summary:")[1]
    ours = measure(samples, 44100)
    assert ours.integrated_lufs == pytest.approx(float(re.findall(r"I:\s+(-?[\d.]+)", told)[0]), abs=0.1)
    assert ours.range_lu == pytest.approx(float(re.findall(r"LRA:\s+([\d.]+)", told)[0]), abs=0.3)
    assert ours.true_peak_dbtp == pytest.approx(float(re.findall(r"Peak:\s+(-?[\d.]+)", told)[0]), abs=0.2)


def test_its_short_term_course_is_that_of_ffmpegs_meter(tmp_path: Path) -> None:
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    samples, _ = synth.song(20.0, seed=4, form="intro build drop outro")
    samples[: 6 * 44100] *= 0.05
    soundfile.write(tmp_path / "song.wav", samples, 44100, subtype="FLOAT")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostats", "-i", str(tmp_path / "song.wav")]
    told = subprocess.run([*command, "-af", "ebur128", "-f", "null", "-"], capture_output=True, text=True, check=True)
    # FFmpeg tells each 0.1 s of the 3 s that end there.
    theirs = {float(t): float(s) for t, s in re.findall(r"t: ([\d.]+)\s.*?S:\s*(-?[\d.]+)", told.stderr)}
    ours = measure(samples, 44100).short_term
    assert len(ours) == 18 and max(level for _, level in ours) - min(level for _, level in ours) > 15
    for middle, level in ours:
        end = min(theirs, key=lambda moment: abs(moment - middle - 1.5))
        assert abs(end - middle - 1.5) < 0.06 and level == pytest.approx(theirs[end], abs=0.3)
