"""Exact moments: each beat moved to the onset it stands for, then the whole steadied where the music is steady."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.audio.spectrum import FINE, RATE

STEP = FINE / RATE  # seconds of a fine step
# What the rise of the fine envelope comes late by, measured on renderings with exact truth.
LATE = 0.0025
_REACH, _WIDTH = 0.045, 0.022

Doubles = NDArray[np.float64]


def rises(fine: NDArray[np.float32]) -> Doubles:
    """Rise of loudness at each fine step, (f,): log energy of the next 6 ms against that of the last 12."""
    if len(fine) < 16:
        return np.zeros(len(fine))
    level = fine.mean(axis=0) + 1e-9
    energy = np.concatenate([[[0.0, 0.0]], np.cumsum(fine / level, axis=0, dtype=np.float64)])
    n = len(fine)
    at = np.arange(n)
    after = energy[np.minimum(at + 4, n)] - energy[at]
    before = (energy[at] - energy[np.maximum(at - 8, 0)]) / 2
    rise = np.log((after + 0.02) / (before + 0.02))
    # Where it is nearly silent a rise means little.
    weight = np.clip(after / 4, 0, 1) ** 0.25
    return np.asarray(np.maximum(0, rise * weight).sum(axis=1))


def to_onsets(times: Doubles, fine: NDArray[np.float32]) -> tuple[Doubles, Doubles]:
    """Each time moved to the strongest rise near it; (times, strength 0..1). None near: left as it was, 0."""
    rise = rises(fine)
    if not len(times) or not len(rise):
        return times.copy(), np.zeros(len(times))
    reach = int(_REACH / STEP)
    around = np.arange(-reach, reach + 1)
    index = np.clip(np.round(times / STEP).astype(int)[:, None] + around, 0, len(rise) - 1)
    window = np.exp(-0.5 * ((index * STEP - times[:, None]) / _WIDTH) ** 2)
    found = rise[index]
    best = np.argmax(found * window, axis=1)
    rows = np.arange(len(times))
    place = index[rows, best]
    left, mid, right = rise[np.maximum(place - 1, 0)], rise[place], rise[np.minimum(place + 1, len(rise) - 1)]
    bend = np.minimum(left - 2 * mid + right, -1e-9)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    strength = np.clip(mid / 3.0, 0, 1)
    exact = (place + shift) * STEP - LATE
    return np.where(strength > 0.15, exact, times), np.where(strength > 0.15, strength, 0.0)


def steady(times: Doubles, strength: Doubles, half_width: int = 6) -> Doubles:
    """Beats laid on the local straight line through their neighbours, as far as these agree.

    times (n,) as found, strength (n,) their weight. A robust line (weights that fall with the residual)
    is fitted over 2 * half_width + 1 beats; where the residuals are small (a machine plays, or a
    metronome) the line is taken, where they are large (rubato) the onset itself.
    """
    n = len(times)
    if n < 5:
        return times.copy()
    pad = half_width
    offsets = np.arange(-pad, pad + 1)
    index = np.arange(n)[:, None] + offsets
    inside = (index >= 0) & (index < n)
    index = np.clip(index, 0, n - 1)
    y = times[index] - times[:, None]
    base = (strength[index] + 0.05) * inside * np.exp(-0.5 * (offsets / (0.6 * pad)) ** 2)
    x = np.broadcast_to(offsets.astype(float), y.shape)
    weight = base
    for _ in range(4):
        total = weight.sum(axis=1)
        mx, my = (weight * x).sum(axis=1) / total, (weight * y).sum(axis=1) / total
        slope = (weight * (x - mx[:, None]) * (y - my[:, None])).sum(axis=1) / np.maximum(
            1e-9, (weight * (x - mx[:, None]) ** 2).sum(axis=1)
        )
        line = my - slope * mx
        residual = y - (line[:, None] + slope[:, None] * x)
        weight = base / (1 + (residual / 0.008) ** 2)
    spread = np.sqrt((base * np.minimum(np.abs(residual), 0.05) ** 2).sum(axis=1) / base.sum(axis=1))
    trust = 1 / (1 + (spread / 0.012) ** 2)
    own = np.abs(line) > 0.012
    keep = np.where(own, trust, np.maximum(trust, 0.5))
    out = times + keep * line
    return np.maximum.accumulate(out)
