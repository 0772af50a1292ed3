"""The built-in synthesiser: a song, and the exact truth about it."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from daemon.audio import synth


def test_the_default_song_is_a_minute_of_stereo_below_minus_one_dbfs() -> None:
    samples, truth = synth.song()
    assert samples.shape == (60 * 44100, 2) and samples.dtype == np.float32
    peak = float(np.max(np.abs(samples)))
    assert 0.5 < peak < 10 ** (-1 / 20)
    assert truth.duration == 60.0
    assert [role for _, _, role in truth.sections] == ["intro", "build", "drop", "break", "drop", "outro"]
    assert len(truth.drops) == 2


def test_sections_cover_the_song_and_start_on_downbeats() -> None:
    _, truth = synth.song(41.3, 117, 5, "F# major")
    assert truth.sections[0][0] == 0 and truth.sections[-1][1] == pytest.approx(41.3, abs=1e-6)
    for (_, end, _), (start, _, _) in zip(truth.sections, truth.sections[1:], strict=False):
        assert end == start and start in truth.downbeats


def test_each_beat_of_a_drop_has_a_kick_at_that_very_sample() -> None:
    samples, truth = synth.song(20, 120, 3, form="drop")
    mono = samples.mean(axis=1)
    for beat in truth.beats[4:12]:
        at = round(beat * 44100)
        before, after = np.abs(mono[at - 200 : at - 20]), np.abs(mono[at : at + 180])
        assert after.max() > before.max()


def test_the_same_seed_gives_the_same_song_and_another_seed_another() -> None:
    first, _ = synth.song(4, seed=9)
    again, _ = synth.song(4, seed=9)
    other, _ = synth.song(4, seed=10)
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_ritardando_makes_the_last_beats_longer_and_a_lead_in_shifts_the_first() -> None:
    _, truth = synth.song(30, 100, ritard=0.3, lead_in=1.5)
    gaps = np.diff(truth.beats)
    assert truth.beats[0] == 1.5
    assert gaps[0] == pytest.approx(0.6) and gaps[-1] > 0.65


def test_a_waltz_has_three_beats_a_bar() -> None:
    _, truth = synth.song(20, 150, metre=3, form="intro verse chorus outro")
    assert truth.downbeats == truth.beats[::3]


@pytest.mark.parametrize("key", ["H minor", "A dorian", ""])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        synth.song(4, key=key)


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no such part"):
        synth.song(4, form="intro solo")


def test_write_song_writes_a_wav_that_the_standard_library_reads(tmp_path: Path) -> None:
    truth = synth.write_song(tmp_path / "song.wav", seconds=3.0)
    with wave.open(str(tmp_path / "song.wav")) as song:
        assert (song.getnchannels(), song.getframerate(), song.getnframes()) == (2, 44100, 3 * 44100)
    assert truth.duration == 3.0


def test_it_needs_neither_librosa_nor_scipy_nor_numba() -> None:
    code = (
        "import sys; import daemon.audio.synth as s; s.song(0.5);"
        "print([m for m in ('librosa','scipy','numba','soundfile') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
