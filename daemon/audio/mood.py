"""Mood: energy, danceability, valence and arousal. The words for them are a table of people's: `daemon/moods.py`.

The formulas are plain weighted sums of what listeners' studies found to matter most: tempo, mode,
loudness, brightness, articulation (Gabrielsson and Lindström, "The role of structure in the musical
expression of emotions", 2010; Eerola, Lartillot, Toiviainen, ISMIR 2009). They are no model of anyone's
feelings; they order songs and sections against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.audio.spectrum import FPS, Features
from daemon.sidecars import Key, Loudness

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Mood:
    """All 0..1."""

    energy: float
    danceability: float
    valence: float
    arousal: float


def _share(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))


def energy_of(loudness: Loudness, features: Features) -> float:
    """0.5 loudness (-30 .. -8 LUFS) + 0.3 onset density + 0.2 brightness (centroid 500 .. 4000 Hz)."""
    if loudness.integrated_lufs is None:
        return 0.0
    centroid = _loud_mean(features.centroid, features.long_rms)
    return (
        0.5 * _share(loudness.integrated_lufs, -30, -8)
        + 0.3 * _share(float(features.flux.mean()) if len(features.flux) else 0.0, 0.005, 0.06)
        + 0.2 * _share(centroid, 500, 4000)
    )


def valence_of(key: Key, bpm: float, brightness: float, dissonant: float = 0.0) -> float:
    """0.5 + 0.22 for a clear major (minus for minor) + 0.16 by tempo (60 .. 160 BPM) + 0.12 by brightness
    (centroid 500 .. 4000 Hz) - 0.1 by roughness (flatness)."""
    mode = {"major": 1.0, "minor": -1.0}.get(key.mode, 0.0) * min(1.0, 2 * key.confidence)
    tempo = _share(bpm, 60, 160) - 0.5 if bpm else 0.0
    bright = _share(brightness, 500, 4000) - 0.5
    return float(np.clip(0.5 + 0.22 * mode + 0.32 * tempo * 0.5 + 0.24 * bright * 0.5 - 0.1 * dissonant, 0, 1))


def danceability_of(bpm: float, tempo_confidence: float, beats: Doubles, features: Features) -> float:
    """0.35 steadiness of the beat + 0.35 weight of the bass on it + 0.3 closeness to 118 BPM (half an octave wide)."""
    if not bpm or len(beats) < 8:
        return 0.0
    gaps = np.diff(beats)
    steady = 1 - _share(float(np.std(gaps) / np.mean(gaps)), 0.005, 0.12)
    frames = np.clip(np.round(beats * FPS).astype(int), 0, len(features.flux) - 1)
    bass = features.flux[:, 0]
    near = np.max([bass[np.clip(frames + d, 0, len(bass) - 1)] for d in (-2, -1, 0, 1, 2)], axis=0)
    weight = _share(float(near.mean() / max(1e-9, bass.mean())), 1, 6)
    close = float(np.exp(-0.5 * (np.log2(bpm / 118) / 0.5) ** 2))
    return float((0.35 * steady + 0.35 * weight + 0.3 * close) * (0.5 + 0.5 * tempo_confidence))


def arousal_of(energy: float, bpm: float) -> float:
    """0.75 energy + 0.25 tempo (60 .. 170 BPM)."""
    return float(np.clip(0.75 * energy + 0.25 * (_share(bpm, 60, 170) if bpm else 0.0), 0, 1))


def _loud_mean(values: NDArray[np.float32], weight: NDArray[np.float32]) -> float:
    total = float(weight.sum())
    return float((values * weight).sum() / total) if total > 1e-9 else 0.0


def judge(features: Features, key: Key, bpm: float, confidence: float, beats: Doubles, loudness: Loudness) -> Mood:
    """The mood of the whole."""
    energy = energy_of(loudness, features)
    brightness = _loud_mean(features.centroid, features.long_rms)
    rough = _share(_loud_mean(features.flatness, features.long_rms), 0.0, 0.3)
    return Mood(
        energy=round(energy, 3),
        danceability=round(danceability_of(bpm, confidence, beats, features), 3),
        valence=round(valence_of(key, bpm, brightness, rough), 3),
        arousal=round(arousal_of(energy, bpm), 3),
    )


def course(
    energy: Doubles, brightness: Doubles, bass_onsets: Doubles, keys: list[Key], bpm: float, whole: Mood
) -> list[Mood]:
    """The mood bar by bar; all arguments but the last two (n,), one a bar.

    energy: 0..1 against the song's own loudest (`structure.energies`), here scaled so that the song's mean is the
    whole's energy; valence and arousal: the formulas above, of each bar's key, brightness (Hz) and energy;
    danceability: the whole's, times 0.3 + 0.7 of the bass onsets against the song's 90th percentile.
    """
    scaled = np.clip(energy * whole.energy / max(1e-9, float(energy.mean())), 0, 1)
    kick = np.clip(bass_onsets / max(1e-9, float(np.percentile(bass_onsets, 90))), 0, 1)
    return [
        Mood(
            energy=float(scaled[bar]),
            danceability=whole.danceability * (0.3 + 0.7 * float(kick[bar])),
            valence=valence_of(keys[bar], bpm, float(brightness[bar])),
            arousal=arousal_of(float(scaled[bar]), bpm),
        )
        for bar in range(len(energy))
    ]
