"""Bars: which beats are downbeats, and how many beats a bar has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.audio.bar_weights import WEIGHTS
from daemon.audio.spectrum import FPS, LONG_HOP, RATE, Features

Doubles = NDArray[np.float64]

# What may tell that a beat is the first of its bar: how much the bass note and the harmony change from the beat
# before and from the two before to the two after, and onsets in the bass, below 1 kHz, to 2.5 kHz and above.
CUES = ("bass change", "bass change of two", "harmony change", "harmony change of two", "bass", "low", "mid", "high")
# The cues of these beats count, from two before to two after.
CONTEXT = (-2, -1, 0, 1, 2)
_STAY = 10.0  # what a change of the bar's phase costs


def fold(chroma: NDArray[np.float32], shift: float = 0.0) -> NDArray[np.float64]:
    """(m, 36) thirds of semitones into (m, 12) semitones; shift: the tuning, in semitones."""
    at = np.arange(36) / 3 - shift
    weight = np.maximum(0, 1 - np.abs((at[:, None] - np.arange(12) + 6) % 12 - 6) * 1.5)
    return np.asarray(chroma @ weight, np.float64)


def beat_means(values: NDArray[np.float32], times: Doubles, rate: float) -> Doubles:
    """Mean of frames (m, d) between each time and the next; the last span is as long as the one before."""
    if not len(times) or not len(values):
        return np.zeros((len(times), values.shape[1]))
    ends = np.append(times, times[-1] + (times[-1] - times[-2] if len(times) > 1 else 0.5))
    edges = np.clip(np.round(ends * rate).astype(int), 0, len(values) - 1)
    # A span without a frame of its own is the one frame it starts in: so does reduceat.
    total = np.add.reduceat(values, edges, axis=0, dtype=np.float64)[:-1]
    return np.asarray(total / np.maximum(1, np.diff(edges))[:, None])


def cues(features: Features, times: Doubles) -> Doubles:
    """(n, 8): each cue of `CUES` at each beat, in units of its own spread over the song."""
    n = len(times)
    out = np.zeros((n, len(CUES)))
    if n < 4:
        return out
    for column, source in ((0, features.bass_chroma), (2, features.chroma)):
        tones = np.log1p(beat_means(fold_frames(source), times, RATE / LONG_HOP))
        tones /= np.linalg.norm(tones, axis=1, keepdims=True) + 1e-9
        before = tones.copy()
        before[1:] = tones[:-1]
        after = tones.copy()
        after[:-1] = 0.5 * (tones[:-1] + tones[1:])
        out[:, column] = 1 - np.sum(after * before, axis=1)
        total = np.concatenate([np.zeros((1, 12)), np.cumsum(tones, axis=0)])
        index = np.arange(n)
        ahead, behind = total[np.minimum(index + 2, n)] - total[index], total[index] - total[np.maximum(index - 2, 0)]
        size = np.linalg.norm(ahead, axis=1) * np.linalg.norm(behind, axis=1)
        out[:, column + 1] = np.where(size > 1e-9, 1 - np.sum(ahead * behind, axis=1) / np.maximum(size, 1e-9), 0)
    frames = np.round(times * FPS).astype(int)
    near = np.clip(frames[:, None] + np.arange(-3, 4), 0, len(features.flux) - 1)
    for column, (first, last) in enumerate(((0, 1), (1, 3), (3, 4), (4, 6)), 4):
        out[:, column] = features.flux[:, first:last].sum(axis=1)[near].max(axis=1)
    out -= np.median(out, axis=0)
    spread = out.std(axis=0)
    return np.asarray(np.clip(out / np.maximum(spread, 1e-9), -3, 3) * (spread > 1e-6))


def surroundings(cues: Doubles) -> Doubles:
    """(n, 41): the cues of the beats of `CONTEXT` about each beat, and a one."""
    n = len(cues)
    index = np.clip(np.arange(n)[:, None] + np.array(CONTEXT), 0, max(0, n - 1))
    return np.concatenate([cues[index].reshape(n, -1), np.ones((n, 1))], axis=1)


def fold_frames(chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """`fold`, as float32."""
    return fold(chroma).astype(np.float32)


def find(features: Features, times: Doubles, metre: int | None = None) -> tuple[int, NDArray[np.int64], float]:
    """(metre, indices of downbeats among the beats, confidence 0..1). metre given: only the phase is found."""
    n = len(times)
    if n < 2:
        return metre or 4, np.arange(min(n, 1)), 0.0
    return best(surroundings(cues(features, times)) @ np.array(WEIGHTS), metre)


def best(odds: Doubles, metre: int | None = None) -> tuple[int, NDArray[np.int64], float]:
    """`find`, by the log odds (n,) of a downbeat at each beat beside those of any beat."""
    strength = np.clip(odds, -4, 4)
    results = []
    for beats in [metre] if metre else [3, 4]:
        phases, score = _path(strength, beats)
        results.append((score, beats, phases))
    results.sort(key=lambda item: item[0], reverse=True)
    score, beats, phases = results[0]
    margin = score - (results[1][0] if len(results) > 1 else 0.0)
    confidence = float(np.clip(0.3 + score + margin, 0.05, 1.0))
    return beats, np.flatnonzero(phases == 0), confidence


def _path(strength: Doubles, metre: int) -> tuple[NDArray[np.int64], float]:
    """The best course of bar positions over the beats, and by how much a beat it says more than knowing nothing.

    strength (n,): the log odds of a downbeat beside those of any beat.
    """
    n = len(strength)
    if metre <= 1:
        return np.zeros(n, np.int64), 0.0
    odds = strength - np.log(metre - 1)
    gain = np.repeat(-np.logaddexp(0, odds)[:, None], metre, axis=1)
    gain[:, 0] = -np.logaddexp(0, -odds)
    best = gain[0].copy()
    back = np.zeros((n, metre), np.int64)
    for i in range(1, n):
        stay = np.roll(best, 1)
        jump = best.max() - _STAY
        from_jump = int(np.argmax(best))
        back[i] = np.where(stay >= jump, (np.arange(metre) - 1) % metre, from_jump)
        best = np.maximum(stay, jump) + gain[i]
    phases = np.zeros(n, np.int64)
    phases[-1] = int(np.argmax(best))
    for i in range(n - 1, 0, -1):
        phases[i - 1] = back[i, phases[i]]
    blind = -np.log(metre) / metre + (metre - 1) / metre * np.log((metre - 1) / metre)
    return phases, float(best.max() / n - blind)
