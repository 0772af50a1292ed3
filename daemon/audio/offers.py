"""The readings of the pulse worth weighing: paths of the bar pointer and even grids, at each level and phase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from daemon.audio import kernels
from daemon.audio.spectrum import FPS

LOW_BPM, HIGH_BPM = 40.0, 240.0
# Levels about a path, as factors of its tempo; where a reading may begin within a beat of the path.
LEVELS = (1.0, 0.5, 2.0, 2 / 3, 1.5, 3 / 4, 4 / 3)
FINE, COARSE = (0.0, 1 / 2, 1 / 4, 3 / 4, 1 / 3, 2 / 3), (0.0, 1 / 2)
# Two courses that lie so near each other, in frames, are one.
_SAME = 1.6
_FOLDS = 48

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Course:
    """Frames of beats; even: laid out as a grid of one tempo, not followed from beat to beat."""

    frames: Ints
    even: bool = False

    @property
    def bpm(self) -> float:
        """BPM by the median gap, of an even course by its whole length."""
        if self.even:
            return 60 * FPS * (len(self.frames) - 1) / float(self.frames[-1] - self.frames[0])
        return tempo(self.frames)


def intervals(low: float, high: float) -> Ints:
    """Frames a beat between two tempi."""
    return np.arange(max(2, int(60 * FPS / high)), max(3, int(np.ceil(60 * FPS / low))) + 1)


def path(act: Floats, low: float, high: float, pull: Floats | None = None, lengths: Ints | None = None) -> Ints:
    """Frames of the beats between two tempi: the bar pointer's best way. `pull` weighs each of `lengths`."""
    if lengths is None:
        lengths = intervals(low, high)
    if len(act) < 2 * lengths[0]:
        return np.zeros(0, np.int64)
    change = (-100 * np.abs(lengths[None, :] / lengths[:, None] - 1)).astype(np.float32)
    clipped = np.clip(act, 0.02, 0.98)
    prior = pull if pull is not None else np.zeros(len(lengths), np.float32)
    frames, _ = kernels.decode_beats(np.log(clipped), np.log((1 - clipped) / 15), lengths, change, prior, 16)
    return np.asarray(frames)


def tempo(frames: Ints) -> float:
    """BPM by the median gap."""
    return 60 * FPS / float(np.median(np.diff(frames)))


def shifted(frames: Ints, phase: float) -> Ints:
    """The points a share of a beat after each beat but the last."""
    if phase == 0:
        return frames
    return np.asarray(np.round(frames[:-1] + phase * np.diff(frames)), np.int64)


def doubled(frames: Ints) -> Ints:
    """The beats and the points half-way between."""
    return np.sort(np.concatenate([frames, shifted(frames, 0.5)]))


class Periods:
    """What comes again in an activation, at any period: its spectrum, fine enough to follow a grid to the end."""

    def __init__(self, act: Floats) -> None:
        self.frames = len(act)
        self.loud = np.flatnonzero(act > 0.15)
        self.weight = act[self.loud].astype(np.float64)
        self.size = scipy.fft.next_fast_len(8 * max(1, self.frames))
        sparse = np.zeros(self.size, np.float32)
        sparse[self.loud] = self.weight
        self.strength = np.abs(scipy.fft.rfft(sparse))

    def grid(self, bpm: float, width: float = 0.04) -> Ints:
        """Frames of an even grid at the tempo near `bpm` (within a share of `width`) at which most comes again, laid
        where most falls together; none where too little sounds."""
        if len(self.loud) < 16:
            return np.zeros(0, np.int64)
        middle = bpm / (60 * FPS) * self.size
        bins = np.arange(max(1, int(middle * (1 - width))), int(middle * (1 + width)) + 2)
        bins = bins[4 * bins < len(self.strength)]
        if not len(bins):
            return np.zeros(0, np.int64)
        total = self.strength[bins] + 0.7 * self.strength[2 * bins] + 0.5 * self.strength[4 * bins]
        rate = bins[int(np.argmax(total))] / self.size
        folds = np.bincount((self.loud * rate % 1 * _FOLDS).astype(np.int64) % _FOLDS, self.weight, _FOLDS)
        folds = folds + 0.5 * (np.roll(folds, 1) + np.roll(folds, -1))
        phase = (int(np.argmax(folds)) + 0.5) / _FOLDS
        grid = np.round((phase + np.arange(int(self.frames * rate) + 1)) / rate).astype(np.int64)
        return np.asarray(grid[grid < self.frames])

    def tempi(self, act: Floats, count: int = 3) -> list[float]:
        """BPM at which the activation comes again most: peaks of its autocorrelation, summed over four beats."""
        longest = int(np.ceil(60 * FPS / LOW_BPM))
        if self.frames < 5 * longest:
            return []
        size = scipy.fft.next_fast_len(self.frames + 4 * longest + 4)
        spectrum = scipy.fft.rfft(act - act.mean(), size)
        again = scipy.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[: 4 * longest + 4]
        lags = np.arange(int(60 * FPS / HIGH_BPM), longest + 1, 0.5)
        comb = np.sum([np.interp(lags * k, np.arange(len(again)), again) for k in (1, 2, 3, 4)], axis=0)
        comb = comb * np.exp(-0.5 * np.log2(60 * FPS / lags / 110) ** 2)
        peaks = 1 + np.flatnonzero((comb[1:-1] > comb[:-2]) & (comb[1:-1] >= comb[2:]) & (comb[1:-1] > 0))
        return [float(60 * FPS / lags[place]) for place in peaks[np.argsort(-comb[peaks])][:count]]


def courses(act: Floats, base: Ints, alone: bool = False) -> list[Course]:
    """What is on offer: the path itself, halved and doubled; each level about it, and each strong periodicity, tracked
    and as an even grid; each in its phases. alone: of the path's own level only, as where the tempo was said."""
    bpm = tempo(base)
    periods = Periods(act)
    found: list[tuple[Course, tuple[float, ...]]] = [(Course(base), FINE)]
    aims = [(bpm * factor, FINE if factor in (1.0, 0.5) else COARSE) for factor in (LEVELS[:1] if alone else LEVELS)]
    if not alone:
        found += [(Course(frames), COARSE) for frames in (doubled(base), base[::2], base[1::2])]
        for aim in periods.tempi(act):
            if all(abs(np.log(aim / known)) > 0.04 for known, _ in aims):
                aims.append((aim, COARSE))
    for aim, phases in aims:
        if aim != bpm and not LOW_BPM <= aim <= HIGH_BPM:
            continue
        found.append((Course(path(act, aim * 0.93, aim * 1.07)), phases))
        found.append((Course(periods.grid(aim), even=True), FINE))
    return _different([Course(shifted(c.frames, phase), c.even) for c, phases in found for phase in phases])


def _different(offered: list[Course]) -> list[Course]:
    """Those that lie apart from every one before them, within the range of tempi, of eight beats or more."""
    kept: list[Course] = []
    tempi: list[float] = []
    for number, course in enumerate(offered):
        if len(course.frames) < 8:
            continue
        bpm = course.bpm
        if number and not 0.97 * LOW_BPM <= bpm <= 1.03 * HIGH_BPM:
            continue
        probe = course.frames[np.linspace(1, len(course.frames) - 2, 24).astype(np.int64)]
        if any(
            abs(np.log(bpm / other)) < 0.03 and _distance(probe, kept[place].frames) < _SAME
            for place, other in enumerate(tempi)
        ):
            continue
        kept.append(course)
        tempi.append(bpm)
    return kept


def _distance(probe: Ints, frames: Ints) -> float:
    """Mean distance of some frames from the nearest of others."""
    place = np.clip(np.searchsorted(frames, probe), 1, len(frames) - 1)
    return float(np.minimum(np.abs(frames[place] - probe), np.abs(frames[place - 1] - probe)).mean())
