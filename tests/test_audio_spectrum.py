"""Each feature against librosa's, on the same frames."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scipy.fft
import soxr

from daemon.audio import synth
from daemon.audio.spectrum import (
    BAND_EDGES,
    FLUX_EDGES,
    HOP,
    LONG,
    LONG_HOP,
    LONG_MELS,
    LOUD,
    MELS,
    RATE,
    SHORT,
    Features,
    Listener,
    mel_filters,
)

librosa = pytest.importorskip("librosa")
# In one process: two that write librosa's compiled code at once have crashed numba.
pytestmark = pytest.mark.xdist_group("librosa")


@pytest.fixture(scope="module")
def heard() -> tuple[np.ndarray, Features]:
    samples, _ = synth.song(8.0, form="verse chorus")
    mono = np.ascontiguousarray(soxr.resample(samples.mean(axis=1), synth.RATE, RATE), np.float32)
    listener = Listener()
    listener.push(mono)
    return mono, listener.finish()


@pytest.fixture(scope="module")
def magnitude(heard: tuple[np.ndarray, Features]) -> np.ndarray:
    return np.abs(librosa.stft(heard[0], n_fft=LONG, hop_length=LONG_HOP))


def test_the_frames_are_librosas(heard: tuple[np.ndarray, Features], magnitude: np.ndarray) -> None:
    mono, features = heard
    assert features.samples == len(mono)
    assert len(features.flux) == 1 + len(mono) // HOP == len(features.rms) == len(features.power)
    assert len(features.chroma) == magnitude.shape[1] == 1 + len(mono) // LONG_HOP


@pytest.mark.parametrize(("size", "count", "low", "high"), [(SHORT, MELS, 27.5, 11000.0), (LONG, LONG_MELS, 0, 11025)])
def test_mel_filters(size: int, count: int, low: float, high: float) -> None:
    reference = librosa.filters.mel(sr=RATE, n_fft=size, n_mels=count, fmin=low, fmax=high)
    assert np.allclose(mel_filters(size, count, low, high).T, reference, atol=1e-6)


def test_mfcc(heard: tuple[np.ndarray, Features], magnitude: np.ndarray) -> None:
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=RATE, n_fft=LONG, n_mels=LONG_MELS)
    reference = scipy.fft.dct(librosa.power_to_db(mel, top_db=None), axis=0, norm="ortho")[:20].T
    assert np.allclose(heard[1].mfcc, reference, atol=0.05)


def test_centroid_bandwidth_rolloff_flatness(heard: tuple[np.ndarray, Features], magnitude: np.ndarray) -> None:
    f = heard[1]
    assert np.allclose(f.centroid, librosa.feature.spectral_centroid(S=magnitude, sr=RATE)[0], rtol=1e-3)
    assert np.allclose(f.bandwidth, librosa.feature.spectral_bandwidth(S=magnitude, sr=RATE)[0], rtol=2e-3)
    rolloff = librosa.feature.spectral_rolloff(S=magnitude, sr=RATE, roll_percent=0.85)[0]
    assert np.mean(np.abs(f.rolloff - rolloff) < RATE / LONG + 1) > 0.99
    assert np.allclose(f.flatness, librosa.feature.spectral_flatness(S=magnitude)[0], rtol=1e-2, atol=1e-6)


def test_contrast(heard: tuple[np.ndarray, Features], magnitude: np.ndarray) -> None:
    reference = librosa.feature.spectral_contrast(S=magnitude, sr=RATE).T
    assert np.allclose(heard[1].contrast[:, :6], reference[:, :6], atol=0.05)
    # The valley above 6.4 kHz is all but silent here: the last bits of float32 decide.
    assert np.allclose(heard[1].contrast[:, 6], reference[:, 6], atol=1.0)


def test_rms_and_zero_crossings(heard: tuple[np.ndarray, Features]) -> None:
    mono, f = heard
    assert np.allclose(f.rms, librosa.feature.rms(y=mono, frame_length=SHORT, hop_length=HOP)[0], atol=1e-5)
    assert np.allclose(f.long_rms, librosa.feature.rms(y=mono, frame_length=LONG, hop_length=LONG_HOP)[0], atol=1e-5)
    crossings = librosa.feature.zero_crossing_rate(mono, frame_length=LONG, hop_length=LONG_HOP)[0]
    assert np.allclose(f.crossings[3:-3], crossings[3:-3], atol=2e-3)


def test_chroma_names_the_same_notes(heard: tuple[np.ndarray, Features]) -> None:
    from daemon.audio.bars import fold

    time = np.arange(RATE * 3) / RATE
    for note in (0, 4, 9):
        tone = sum(np.sin(2 * np.pi * 261.626 * 2 ** (note / 12) * k * time) / k for k in (1, 2, 3))
        listener = Listener()
        listener.push(np.asarray(0.2 * tone, np.float32))
        ours = fold(listener.finish().chroma).sum(axis=0)
        assert int(np.argmax(ours)) == note
        reference = librosa.feature.chroma_stft(y=tone, sr=RATE, n_fft=LONG, tuning=0).sum(axis=1)
        assert int(np.argmax(reference)) == note


def test_onset_strength_rises_with_librosas(heard: tuple[np.ndarray, Features]) -> None:
    reference = librosa.onset.onset_strength(y=heard[0], sr=RATE, n_fft=SHORT, hop_length=HOP)
    ours = heard[1].flux.mean(axis=1)
    best = max(np.corrcoef(ours[4:-4], np.roll(reference, shift)[4:-4])[0, 1] for shift in range(-3, 4))
    assert best > 0.6


def test_the_size_of_the_blocks_changes_nothing(heard: tuple[np.ndarray, Features]) -> None:
    mono, whole = heard
    listener = Listener()
    rng = np.random.default_rng(0)
    at = 0
    while at < len(mono):
        size = int(rng.integers(1, 30000))
        listener.push(mono[at : at + size])
        at += size
    pieces = listener.finish()
    for name in Features.__dataclass_fields__:
        assert np.allclose(getattr(whole, name), getattr(pieces, name), rtol=1e-3, atol=1e-3), name


def test_what_is_kept_stays_below_a_megabyte_a_minute(heard: tuple[np.ndarray, Features]) -> None:
    _, features = heard
    kept = sum(getattr(features, name).nbytes for name in Features.__dataclass_fields__ if name != "samples")
    assert kept / features.seconds * 60 < 1e6


@pytest.mark.parametrize("samples", [0, 1, 31, 600])
def test_a_sound_shorter_than_a_frame_has_frames_all_the_same(samples: int) -> None:
    listener = Listener()
    listener.push(np.ones(samples, np.float32))
    features = listener.finish()
    assert features.samples == samples and len(features.flux) >= 1
    assert np.isfinite(features.mfcc).all()


def test_flux_is_librosas_onset_strength_of_the_same_bands(heard: tuple[np.ndarray, Features]) -> None:
    mono, features = heard
    spectrum = np.abs(librosa.stft(mono, n_fft=SHORT, hop_length=HOP))
    mel = librosa.feature.melspectrogram(S=spectrum**2, sr=RATE, n_fft=SHORT, n_mels=MELS, fmin=27.5, fmax=11000.0)
    loud = np.log1p(LOUD * np.sqrt(mel) * 2 / SHORT)
    centres = librosa.mel_frequencies(n_mels=MELS + 2, fmin=27.5, fmax=11000.0)[1:-1]
    channels = [int(np.searchsorted(centres, edge)) for edge in FLUX_EDGES]
    reference = librosa.onset.onset_strength_multi(
        S=loud, sr=RATE, hop_length=HOP, lag=2, max_size=3, channels=channels, aggregate=np.mean, center=False
    )
    assert reference.shape == (len(FLUX_EDGES) - 1, len(features.flux))
    assert np.allclose(features.flux[2:].T, reference[:, 2:], rtol=1e-3, atol=1e-4)


def test_power_of_bass_mid_and_treble_is_that_of_librosas_spectrum(heard: tuple[np.ndarray, Features]) -> None:
    mono, features = heard
    power = np.abs(librosa.stft(mono, n_fft=SHORT, hop_length=HOP)) ** 2 * (2 / SHORT) ** 2
    at = librosa.fft_frequencies(sr=RATE, n_fft=SHORT)
    for band, (low, high) in enumerate(pairwise(BAND_EDGES)):
        reference = power[(at >= max(low, 1)) & (at < high)].sum(axis=0)
        assert np.allclose(features.power[:, band], reference, rtol=1e-3, atol=1e-7)
        assert reference.max() > 1e-3


def test_chroma_is_as_librosas_over_each_second(heard: tuple[np.ndarray, Features], magnitude: np.ndarray) -> None:
    from daemon.audio.bars import fold

    reference = librosa.feature.chroma_stft(S=magnitude, sr=RATE, n_fft=LONG, tuning=0, norm=None).T
    ours = fold(heard[1].chroma)
    seconds = len(ours) // 11
    for a, b in zip(np.array_split(ours, seconds), np.array_split(reference, seconds), strict=True):
        both = a.sum(axis=0), b.sum(axis=0)
        assert np.corrcoef(*both)[0, 1] > 0.8
