"""Which reading of the pulse: the beat or its half, its double, its third; on the beat or between.

The bar pointer finds what repeats, at whatever level of the metre is strongest. Here each plausible
level and phase is tracked on its own, described by what happens on its beats and between them, and
weighed. The weights were learned (logistic regression over whole candidates) on renderings of MIDI
files with known beats and on synthesised songs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.audio import kernels
from daemon.audio.bars import fold
from daemon.audio.reading_weights import WEIGHTS
from daemon.audio.spectrum import FPS, HOP, LONG_HOP, Features

LOW_BPM, HIGH_BPM = 40.0, 240.0
FACTORS = (1.0, 0.5, 2.0, 2 / 3, 1.5)
_PHASES = (0.0, 1 / 2, 1 / 4, 3 / 4, 1 / 3, 2 / 3)

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass
class Reading:
    """One way to hear the pulse: frames of its beats, its tempo, its description (d,), its weight."""

    frames: Ints
    bpm: float
    description: Doubles
    score: float = 0.0


def intervals(low: float, high: float) -> Ints:
    """Frames a beat between two tempi."""
    return np.arange(max(2, int(60 * FPS / high)), max(3, int(np.ceil(60 * FPS / low))) + 1)


def path(act: Floats, low: float, high: float, pull: Floats | None = None) -> Ints:
    """Frames of the beats between two tempi: the best way of the bar pointer; `pull` weighs each interval."""
    lengths = intervals(low, high)
    if len(act) < 2 * lengths[0]:
        return np.zeros(0, np.int64)
    change = (-100 * np.abs(lengths[None, :] / lengths[:, None] - 1)).astype(np.float32)
    clipped = np.clip(act, 0.02, 0.98)
    prior = pull if pull is not None else np.zeros(len(lengths), np.float32)
    frames, _ = kernels.decode_beats(np.log(clipped), np.log((1 - clipped) / 15), lengths, change, prior, 16)
    return np.asarray(frames)


class Scene:
    """What the readings of one song are described by: curves at the short frames' rate."""

    def __init__(self, features: Features, act: Floats) -> None:
        flux = features.flux
        rows = [act, flux[:, 0], flux[:, 1] + flux[:, 2], flux[:, 4] + flux[:, 5]]
        change = harmony(features)
        at = np.arange(len(act)) * (HOP / LONG_HOP)
        if not len(change):
            change = np.zeros((1, 2))
        rows += [np.interp(at, np.arange(len(change)), column) for column in change.T]
        self.curves = np.stack([np.asarray(row, np.float32) for row in rows])
        self.means = self.curves.mean(axis=1) + 1e-9
        # Onsets are looked for two frames to either side, harmony where it is.
        wide = self.curves.copy()
        for shift in (-2, -1, 1, 2):
            np.maximum(wide[:4], np.roll(self.curves[:4], shift, axis=1), out=wide[:4])
        self.wide = wide

    def describe(self, frames: Ints) -> Doubles:
        """(d,): tempo; each curve on the beats and between; how alike beats are at distances 1, 2, 3, 4; how
        much every second, every third beat differs."""
        n = self.curves.shape[1]
        gaps = np.diff(frames).astype(float)
        bpm = 60 * FPS / float(np.median(gaps))
        octave = np.log2(bpm / 100)
        starts = frames[:-1, None]
        places = np.clip(np.round(starts + gaps[:, None] * np.array(_PHASES)), 0, n - 1).astype(int)
        sampled = self.wide[:, places].mean(axis=1)  # (curves, phases)
        level = np.log((sampled + 0.1 * self.means[:, None]) / (1.1 * self.means[:, None]))
        beats = self.wide[:, np.clip(frames, 0, n - 1)]
        beats = beats / (beats.mean(axis=1, keepdims=True) + 1e-9)
        alternate = [_contrast(beats, period) for period in (2, 3, 4)]
        grid = np.clip(np.round(starts + gaps[:, None] * np.arange(8) / 8), 0, n - 1).astype(int)
        pattern = self.wide[:2][:, grid].transpose(1, 0, 2).reshape(len(gaps), -1)
        pattern = pattern / (self.means[:2].repeat(8)) - 1
        power = float((pattern * pattern).mean()) + 1e-9
        alike = [
            float((pattern[d:] * pattern[:-d]).mean()) / power if len(pattern) > d + 2 else 0.0 for d in (1, 2, 3, 4)
        ]
        return np.concatenate(
            [
                [octave, octave**2, max(0.0, octave - 0.6), max(0.0, -octave - 0.4)],
                level[:, 0],
                (level[:, 0] - level[:, 1]),
                level[:4, 2:4].mean(axis=1),
                level[:4, 4:].mean(axis=1),
                *alternate,
                alike,
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


def _contrast(beats: Doubles, period: int) -> Doubles:
    """(2,): how far the strongest class of beats, modulo a period, stands above the rest, in act and in bass."""
    if beats.shape[1] < 2 * period:
        return np.zeros(2)
    means = np.stack([beats[:2, phase::period].mean(axis=1) for phase in range(period)], axis=1)
    return np.asarray(means.max(axis=1) - means.mean(axis=1))


def candidates(features: Features, act: Floats, base: Ints, factors: tuple[float, ...] = FACTORS) -> list[Reading]:
    """The readings around a path, best first: at each level of `factors` within the range of tempi, on and between."""
    if len(base) < 8:
        return []
    bpm = 60 * FPS / float(np.median(np.diff(base)))
    scene = Scene(features, act)
    out: list[Reading] = []
    for factor in factors:
        aim = bpm * factor
        if factor != 1.0 and not LOW_BPM <= aim <= HIGH_BPM:
            continue
        paths = [path(act, aim * 0.93, aim * 1.07)]
        if factor == 1.0:  # the free path as well: the tempo may drift further
            paths.append(base)
        courses = [course for frames in paths if len(frames) >= 6 for course in (frames, between_beats(frames))]
        for course in courses:
            found = 60 * FPS / float(np.median(np.diff(course)))
            told = scene.describe(course)
            out.append(Reading(course, found, told, weigh(told)))
    return sorted(out, key=lambda reading: -reading.score)


def weigh(description: Doubles) -> float:
    """The learned weight of a description; what happens on the beats counts differently fast and slow."""
    return float(np.concatenate([description, description[0] * description[4:]]) @ np.array(WEIGHTS))


def chances(readings: list[Reading]) -> Doubles:
    """The probability of each reading among all, as the fit has it."""
    scores = np.array([reading.score for reading in readings])
    shares = np.exp(scores - scores.max(initial=-np.inf))
    return np.asarray(shares / shares.sum())


def between_beats(frames: Ints) -> Ints:
    """The points half-way between beats."""
    return np.asarray((frames[:-1] + frames[1:]) // 2)
