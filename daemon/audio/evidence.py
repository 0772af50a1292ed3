"""What speaks for a reading of the pulse: what sounds on its beats, between them, and from beat to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from daemon.audio.bars import fold
from daemon.audio.spectrum import FPS, HOP, LONG_HOP, Features

PLACES = 12  # points of a beat that are looked at: halves, thirds and quarters fall on them
LAGS = (1, 2, 3, 4, 6, 8)
# Tempi at which "about that fast" is told, in BPM.
TEMPI = (50, 65, 80, 95, 110, 130, 150, 175, 205)

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Scene:
    """The curves of one song that its readings are described by, at the short frames' rate."""

    def __init__(self, features: Features, act: Floats) -> None:
        flux = features.flux
        level = flux.mean(axis=0) + 1e-6
        local = ndimage.uniform_filter1d(flux, round(8 * FPS), axis=0, mode="nearest")
        even = flux / (local + 0.3 * level)
        rows = [act, *np.minimum(even, 12.0).T]
        at = np.arange(len(act)) * (HOP / LONG_HOP)
        change = harmony(features)
        if not len(change):
            change = np.zeros((1, 2))
        steps = np.arange(len(change))
        rows += [np.interp(at, steps, column) for column in change.T]
        curves = np.stack([np.asarray(row, np.float32) for row in rows])
        # Onsets are looked for two frames to either side, harmony where it is.
        onsets = curves[: 1 + flux.shape[1]]
        curves[: len(onsets)] = ndimage.maximum_filter1d(onsets, 5, axis=1)
        self.curves = curves
        self.means = curves.mean(axis=1, dtype=np.float64) + 1e-9

    def describe(self, frames: Ints, even: bool = False) -> Doubles:
        """(d,) of one reading: whether it is an even grid, its tempo and evenness; each curve's level on the
        beats and at the half, the thirds and the quarters between; how beats alternate; how a beat resembles those
        after it; how often something sounds at each place."""
        gaps = np.diff(frames).astype(float)
        bpm = 60 * FPS / float(np.median(gaps))
        octave = np.log2(bpm / 100)
        near = [float(np.exp(-0.5 * (np.log2(bpm / tempo) / 0.2) ** 2)) for tempo in TEMPI]
        uneven = float(np.abs(np.diff(gaps)).mean() / gaps.mean()) if len(gaps) > 1 else 0.0
        places = frames[:-1, None] + gaps[:, None] * (np.arange(PLACES) / PLACES)
        index = np.clip(np.round(places), 0, self.curves.shape[1] - 1).astype(np.int64)
        seen = self.curves[:, index] / self.means[:, None, None]  # (curves, beats, places)
        profile = seen.mean(axis=1, dtype=np.float64)
        level = np.log(profile + 0.1)
        on, half = level[:, 0], level[:, 6]
        thirds, quarters = level[:, [4, 8]], level[:, [3, 9]]
        return np.concatenate(
            [
                [float(even), octave, octave**2, uneven],
                near,
                on,
                half,
                thirds.mean(axis=1),
                quarters.mean(axis=1),
                thirds[:7, 1] - thirds[:7, 0],
                quarters[:7, 1] - quarters[:7, 0],
                _alternation(seen[:, :, 0].astype(np.float64)),
                _alternation(seen[:, :, 6].astype(np.float64))[:6],
                _resemblance(seen),
                _recurrence(seen[:, :, 0].astype(np.float64)),
                _coverage(seen[:4]),
            ]
        )


def harmony(features: Features) -> Doubles:
    """(m, 2) how much the pitch classes change around each long frame: over all, in the bass; 0..1."""
    out = []
    for source in (features.chroma, features.bass_chroma):
        tones = np.log1p(fold(source))
        total = np.concatenate([np.zeros((1, 12)), np.cumsum(tones, axis=0)])
        index = np.arange(len(tones))
        ahead = total[np.minimum(index + 4, len(tones))] - total[np.minimum(index + 1, len(tones))]
        behind = total[index] - total[np.maximum(index - 3, 0)]
        size = np.linalg.norm(ahead, axis=1) * np.linalg.norm(behind, axis=1)
        out.append(np.where(size > 1e-9, 1 - (ahead * behind).sum(axis=1) / np.maximum(size, 1e-9), 0))
    return np.stack(out, axis=1)


def _alternation(beats: Doubles) -> Doubles:
    """Of curves (c, n) at the beats: how far every second, third, fourth beat differs, in windows of eight and twelve
    beats; then whether bass and treble take turns (a backbeat)."""
    c, n = beats.shape
    even = beats / (beats.mean(axis=1, keepdims=True) + 1e-9)
    out = []
    for period, span in ((2, 8), (3, 12), (4, 16)):
        count = n // span
        if not count:
            out.append(np.zeros(c))
            continue
        rows = even[:, : count * span].reshape(c, count, span // period, period).mean(axis=2)
        out.append((rows.max(axis=2) - rows.mean(axis=2)).mean(axis=1))
    turns = np.zeros(3)
    if (count := n // 8) > 0:
        rows = even[:, : count * 8].reshape(c, count, 4, 2).mean(axis=2)
        swing = rows[:, :, 0] - rows[:, :, 1]
        bass, low, snare, change = swing[1], swing[2], swing[4] + swing[5], swing[7] + swing[8]
        turns = np.array([float((a * b).mean()) for a, b in ((bass, snare), (bass, change), (low, snare))])
        turns = np.clip(turns, -2, 2)
    return np.concatenate([turns, np.minimum(np.concatenate(out), 4.0)])


def _resemblance(seen: Floats) -> Doubles:
    """Correlation of a beat's courses, of all onsets and of the bass and the treble, with those some beats later."""
    out = []
    for rows in (seen[:1], seen[1:3], seen[4:7]):
        course = rows.transpose(1, 0, 2).reshape(seen.shape[1], -1).astype(np.float64)
        course = np.minimum(course, 8.0)
        course -= course.mean()
        power = float((course * course).mean()) + 1e-9
        out += [float((course[lag:] * course[:-lag]).mean()) / power if len(course) > lag + 2 else 0.0 for lag in LAGS]
    return np.array(out)


def _recurrence(beats: Doubles) -> Doubles:
    """Of curves (c, n) at the beats, autocorrelation over `LAGS`: the bass, the snare, harmony and bass note."""
    out = []
    for row in (beats[1], beats[4] + beats[5], beats[7], beats[8]):
        centred = np.minimum(row, 6.0)
        centred = centred - centred.mean()
        power = float(centred @ centred) / len(row) + 1e-3
        out += [float((centred[lag:] * centred[:-lag]).mean()) / power if len(row) > lag + 2 else 0.0 for lag in LAGS]
    return np.array(out)


def _coverage(seen: Floats) -> Doubles:
    """The share of beats with something on them, at the half, at the quarters, at the thirds, in each curve."""
    present = (seen > 1.5).mean(axis=1, dtype=np.float64)
    return np.concatenate(
        [present[:, 0], present[:, 6], present[:, [3, 9]].mean(axis=1), present[:, [4, 8]].mean(axis=1)]
    )
