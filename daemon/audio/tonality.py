"""Key and mode, from pitch classes that were corrected for tuning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.audio.bars import fold
from daemon.audio.spectrum import LONG_HOP, RATE, Features
from daemon.sidecars import Key

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

Doubles = NDArray[np.float64]

# Weights of the twelve degrees above the tonic, major and minor.
PROFILES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    # Krumhansl, Cognitive Foundations of Musical Pitch, 1990.
    "krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    # Temperley, Music and Probability, 2007 (Kostka-Payne).
    "temperley": (
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
    ),
    # Albrecht and Shanahan, The Use of Large Corpora to Train a New Type of Key-Finding Algorithm, 2013.
    "albrecht": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
}


def _standard(rows: Doubles) -> Doubles:
    centred = rows - rows.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.maximum(1e-9, np.linalg.norm(centred, axis=-1, keepdims=True)))


def scores(classes: Doubles) -> Doubles:
    """(24,): how well each key fits pitch classes (12,); majors from C, then minors. Mean over the profiles."""
    total = np.zeros(24)
    given = _standard(classes)
    for major, minor in PROFILES.values():
        for offset, profile in ((0, major), (12, minor)):
            turned = np.stack([np.roll(profile, tonic) for tonic in range(12)])
            total[offset : offset + 12] += _standard(turned) @ given
    return total / len(PROFILES)


def tuning(chroma: NDArray[np.float32]) -> float:
    """How far the tuning lies from A = 440 Hz, in semitones, -0.5 .. 0.5: the angle of the thirds of semitones."""
    thirds = chroma.sum(axis=0).reshape(12, 3).sum(axis=0)
    turn = np.sum(thirds * np.exp(2j * np.pi * np.arange(3) / 3))
    return float(np.angle(turn) / (2 * np.pi)) if abs(turn) > 0.05 * thirds.sum() else 0.0


def key_of(classes: Doubles) -> Key:
    """The key that fits best; confidence by its fit and its lead over the next one. No tonic without sound."""
    if classes.sum() <= 0 or np.ptp(classes) < 1e-9:
        return Key()
    fit = scores(classes)
    order = np.argsort(fit)[::-1]
    best, second = fit[order[0]], fit[order[1]]
    confidence = float(np.clip(0.5 * best + 3.0 * (best - second), 0, 1))
    return Key(tonic=TONICS[order[0] % 12], mode="major" if order[0] < 12 else "minor", confidence=round(confidence, 3))


def classes(features: Features, start: float = 0.0, end: float | None = None, shift: float | None = None) -> Doubles:
    """(12,) strength of each pitch class in a span of the song, the bass counted once more."""
    rate = RATE / LONG_HOP
    first = int(start * rate)
    last = len(features.chroma) if end is None else max(first + 1, int(np.ceil(end * rate)))
    shift = tuning(features.chroma) if shift is None else shift
    upper = fold(features.chroma[first:last], shift)
    bass = fold(features.bass_chroma[first:last], shift)
    # Each moment counts alike, loud or soft, above a floor.
    whole = upper + 0.5 * bass
    weight = whole.sum(axis=1, keepdims=True)
    floor = 0.1 * float(np.max(weight, initial=0.0)) + 1e-9
    return np.asarray((whole / np.maximum(weight, floor)).sum(axis=0))


def find(features: Features) -> tuple[Key, float]:
    """The song's key, and its tuning in semitones from A = 440 Hz."""
    shift = tuning(features.chroma)
    return key_of(classes(features, shift=shift)), shift
