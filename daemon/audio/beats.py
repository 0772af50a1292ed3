"""Beats: from flux to an activation, through the bar pointer to frames, and from frames to exact moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from daemon.audio import offers, refine
from daemon.audio.spectrum import FPS, Features

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

# What each flux band counts in the activation: bass and the edges of drums more than the middle.
BAND_WEIGHTS = np.array([1.6, 1.0, 0.8, 0.8, 0.8, 0.7], np.float32)
# The tempo that people tap most, and how far from it (in octaves) is as likely as not.
USUAL_BPM, USUAL_SPREAD = 110.0, 0.9
# The tempi that are tracked: every pulse has a level among them.
SLOW_BPM, FAST_BPM = 55.0, 165.0


def activation(features: Features) -> Floats:
    """How much each short frame sounds like the start of something, 0..1, (frames,)."""
    flux = features.flux
    if not len(flux):
        return np.zeros(0, np.float32)
    scale = ndimage.uniform_filter1d(flux, round(8 * FPS), axis=0, mode="nearest")
    level = flux.mean(axis=0)
    bands = flux / (scale + 0.3 * level + 1e-3)
    total = bands @ (BAND_WEIGHTS / BAND_WEIGHTS.sum())
    # What stands out of its surroundings within half a second.
    total = np.maximum(0, total - ndimage.uniform_filter1d(total, round(0.5 * FPS), mode="nearest"))
    top = ndimage.percentile_filter(total[::4], 95, round(6 * FPS / 4), mode="nearest").repeat(4)[: len(total)]
    return np.asarray(np.clip(total / (top + 0.15 * total.max() + 1e-6), 0, 1), np.float32)


def track(
    act: Floats, low: float = SLOW_BPM, high: float = FAST_BPM, spread: float = USUAL_SPREAD
) -> NDArray[np.int64]:
    """Frames of the beats: the best path of the bar pointer, tempi weighed by how usual they are. Slower and faster
    levels than those tracked are read from it (`offers`)."""
    lengths = offers.intervals(low, high)
    # From 45 frames on every frame is finer than ears and costs time: steps of a fiftieth there.
    kept = [int(lengths[0])]
    kept += [int(length) for length in lengths[1:] if length < 45 or length == lengths[-1]]
    length = 45.0
    while length < lengths[-1]:
        kept.append(round(length))
        length = max(length + 1, length * 1.02)
    steps = np.array(sorted({length for length in kept if lengths[0] <= length <= lengths[-1]}), np.int64)
    prior = -0.5 * (np.log2(60 * FPS / steps / USUAL_BPM) / spread) ** 2
    return offers.path(act, low, high, prior.astype(np.float32), steps)


def onsets(features: Features, act: Floats, threshold: float = 0.25) -> Doubles:
    """Onsets in seconds: peaks of the activation, each moved to the rise it stands for."""
    if len(act) < 3:
        return np.zeros(0)
    peak = (act[1:-1] > act[:-2]) & (act[1:-1] >= act[2:]) & (act[1:-1] > threshold)
    times, _ = refine.to_onsets((np.flatnonzero(peak) + 1) / FPS, features.fine)
    times = np.unique(np.maximum(times, 0.0))
    return times[np.concatenate([[True], np.diff(times) > 0.02])] if len(times) else times
