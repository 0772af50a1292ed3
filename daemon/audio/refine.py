"""Exact moments: each beat moved to the onset it stands for, then the whole steadied where the music is steady."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.audio.spectrum import FINE, RATE

STEP = FINE / RATE  # seconds of a fine step
# What the foot of a rise comes late by, midway between sounds that begin at once (drums of the synthesiser) and those
# whose first energy comes some milliseconds after the note was played (sampled pianos); benchmarks/RESULTS-listen.md.
LATE = 0.0019
_REACH, _WIDTH = 0.045, 0.022
# Fine steps about the steepest rise in which its foot is looked for; the share of the rise that is its foot.
_BEHIND, _AHEAD, _FOOT = 8, 6, 0.03

Doubles = NDArray[np.float64]


def rises(fine: NDArray[np.float32], index: NDArray[np.int64], level: NDArray[np.float32]) -> Doubles:
    """Rise of loudness at fine steps `index` (any shape): log energy of the next 6 ms against that of the last 12.

    level (2,): the mean of `fine` (f, 2), so that both of its rows count alike.
    """
    last = len(fine) - 1
    after = np.zeros((*index.shape, 2), np.float32)
    before = np.zeros((*index.shape, 2), np.float32)
    for step in range(4):
        after += fine[np.minimum(index + step, last)] * (index + step <= last)[..., None]
    for step in range(1, 9):
        before += fine[np.maximum(index - step, 0)] * (index - step >= 0)[..., None]
    after, before = after / level, before / (2 * level)
    # Where it is nearly silent a rise means little.
    weight = np.clip(after / 4, 0, 1) ** 0.25
    rise = np.log((after + 0.02) / (before + 0.02)) * weight
    return np.asarray(np.maximum(0, rise).sum(axis=-1), np.float64)


def to_onsets(times: Doubles, fine: NDArray[np.float32]) -> tuple[Doubles, Doubles]:
    """Each time moved to the strongest rise near it; (times, strength 0..1). None near: left as it was, 0."""
    if not len(times) or len(fine) < 16:
        return times.copy(), np.zeros(len(times))
    level = fine.mean(axis=0, dtype=np.float64).astype(np.float32) + np.float32(1e-9)
    parts = [_moved(times[start : start + 2048], fine, level) for start in range(0, len(times), 2048)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _moved(times: Doubles, fine: NDArray[np.float32], level: NDArray[np.float32]) -> tuple[Doubles, Doubles]:
    reach = int(_REACH / STEP)
    index = np.round(times / STEP).astype(int)[:, None] + np.arange(-reach - 1, reach + 2)
    index = np.clip(index, 0, len(fine) - 1)
    rise = rises(fine, index, level)
    window = np.exp(-0.5 * ((index * STEP - times[:, None]) / _WIDTH) ** 2)
    best = 1 + np.argmax((rise * window)[:, 1:-1], axis=1)
    rows = np.arange(len(times))
    strength = np.clip(rise[rows, best] / 3.0, 0, 1)
    exact = feet(index[rows, best], fine, level) * STEP - LATE
    return np.where(strength > 0.15, exact, times), np.where(strength > 0.15, strength, 0.0)


def feet(steepest: NDArray[np.int64], fine: NDArray[np.float32], level: NDArray[np.float32]) -> Doubles:
    """Where each rise begins, in fine steps (n,): the last place before its top at which 3 % of it is there.

    A drum rises at once, a piano within 10 ms; where it is steepest says less about when it began than its foot does.
    """
    index = np.clip(steepest[:, None] + np.arange(-_BEHIND, _AHEAD + 1), 0, len(fine) - 1)
    energy = fine[index] / level
    before, after = energy[:, :4].mean(axis=1), energy[:, _BEHIND - 1 :].max(axis=1)
    # Each row counts as much as it rises.
    gain = np.maximum(0, np.log((after + 0.02) / (before + 0.02))) / (after + 1e-9)
    course = (energy * gain[:, None, :]).sum(axis=2).astype(np.float64)
    ground, top = course[:, :4].mean(axis=1), course[:, _BEHIND - 1 :].max(axis=1)
    threshold = (ground + _FOOT * (top - ground))[:, None]
    at = np.arange(course.shape[1])
    peak = _BEHIND - 1 + np.argmax(course[:, _BEHIND - 1 :], axis=1)
    below = np.max(np.where((course < threshold) & (at < peak[:, None]), at, -1), axis=1)
    rows, safe = np.arange(len(steepest)), np.maximum(below, 0)
    low, high = course[rows, safe], course[rows, safe + 1]
    share = np.clip((threshold[:, 0] - low) / np.maximum(high - low, 1e-9), 0, 1)
    found = steepest - _BEHIND + below + share + 0.5
    return np.where(below >= 0, found, steepest.astype(np.float64))


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
