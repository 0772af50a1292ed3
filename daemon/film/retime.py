"""A moving picture bent onto the music: which moment of it each frame of the film shows. Pure.

Moments of the source are seconds from its start, float64; film frames are ints counted from 0. A time map is a
list of knots (frame, seconds), both increasing, linear between them; its rate is source seconds a film second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SLOWEST, FASTEST = 0.5, 2.0
MOST_LOOPS = 4
_APART = 0.18  # seconds that two motion peaks are apart at least
_STRAIN = 0.35  # what a doubled or halved rate over one second costs, in peaks of full strength
_MANY = 48  # peaks that are looked at: the strongest

Knots = list[tuple[int, float]]


@dataclass(frozen=True)
class Peak:
    """A moment of a moving picture at which its motion lands: seconds, and how strong it is, 0..1."""

    at: float
    strength: float


def peaks(motion: Sequence[float] | NDArray[np.float32], fps: float) -> list[Peak]:
    """The peaks of a motion curve, in order of time.

    motion: one value a frame, how much it differs from the one before. What stands out from the frames around
    counts; strength is measured by the strongest. Empty where nothing moves, or all moves alike.
    """
    curve = np.nan_to_num(np.asarray(motion, np.float64), nan=0.0, posinf=0.0, neginf=0.0).copy()
    if len(curve) < 3:
        return []
    curve[0] = curve[1]
    wide = max(3, round(fps * 0.5)) | 1
    padded = np.pad(curve, wide // 2, mode="edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, wide), axis=1)
    above = curve - usual
    top = float(above.max())
    if top <= 1e-6 or top < 0.15 * float(curve.max()):
        return []
    near = max(1, math.ceil(_APART * fps))
    found: list[int] = []
    for index in sorted(range(1, len(curve)), key=lambda i: (-above[i], i)):
        if above[index] < 0.2 * top or len(found) >= _MANY:
            break
        if all(abs(index - other) >= near for other in found):
            found.append(index)
    return [Peak(index / fps, round(float(above[index] / top), 4)) for index in sorted(found)]


def fit(seconds: float, beat: float, most: int = MOST_LOOPS) -> tuple[int, int, float]:
    """How many loops fill how many beats, and the rate at which the loop then runs: the nearest to 1.

    seconds: the loop's length; beat: a beat's. Of fits that are within three hundredths, the one of fewest loops.
    ValueError where a length isn't positive and finite.
    """
    if not (seconds > 0 and beat > 0 and math.isfinite(seconds) and math.isfinite(beat)):
        raise ValueError(f"a loop of {seconds} s and a beat of {beat} s")
    best: tuple[float, int, int] | None = None
    for loops in range(1, most + 1):
        whole = seconds * loops / beat
        for beats in {max(1, math.floor(whole)), max(1, math.ceil(whole))}:
            strain = abs(math.log(whole / beats))
            if best is None or strain < best[0] - 0.03:
                best = (strain, loops, beats)
    assert best is not None
    _, loops, beats = best
    return loops, beats, seconds * loops / (beats * beat)


def looped(start: int, end: int, beats: Sequence[tuple[int, int]], cycle: float, every: int, shift: float) -> Knots:
    """The time map of a loop over the film's frames start..end-1, unwrapped: take it modulo the loop's length.

    beats: (frame, number) of the beats around, at least two, numbered from the film's first; cycle: source
    seconds that pass in `every` beats; shift: the moment of the source that lies on beat 0.
    """
    frames = np.array([frame for frame, _ in beats], np.float64)
    numbers = np.array([number for _, number in beats], np.float64)
    inside = [(frame, number) for frame, number in beats if start < frame < end - 1]

    def at(frame: float) -> float:
        index = int(np.clip(np.searchsorted(frames, frame, "right") - 1, 0, len(frames) - 2))
        span = frames[index + 1] - frames[index]
        number = numbers[index] + (frame - frames[index]) / span * (numbers[index + 1] - numbers[index])
        return float(number * cycle / every + shift)

    middle = [(frame, number * cycle / every + shift) for frame, number in inside]
    return [(start, at(start)), *middle, *([(end - 1, at(end - 1))] if end - 1 > start else [])]


def onto_beats(
    frames: int,
    fps: float,
    beats: Sequence[int],
    found: Sequence[Peak],
    seconds: float,
    start: float = 0.0,
    rates: tuple[float, float] = (SLOWEST, FASTEST),
) -> tuple[Knots, list[tuple[int, Peak]]]:
    """The time map of a clip over a shot of `frames` frames, its motion peaks on beats; and which lie on which.

    beats: frames of the shot, increasing; found: the clip's peaks, in order of time; seconds: the clip's length;
    start: where in the clip the shot would begin. Every rate lies within `rates`. A peak that is chosen lies on its
    beat exactly. ValueError where the clip is too short for the shot at its slowest.
    """
    slow, fast = rates
    last = frames - 1
    if frames < 1 or last / fps * slow > seconds - start + 1e-9:
        raise ValueError(f"a clip of {seconds - start:.2f} s can't fill {frames} frames")
    ends = seconds - start
    inner = [beat for beat in beats if 0 <= beat < frames]
    usable = [peak for peak in found if 0 <= peak.at - start <= ends]
    chain = _best_chain(inner, usable, start, fps, last, seconds, rates)
    knots: Knots = []
    if not chain or chain[0][0] > 0:
        knots.append((0, start))
    knots += [(beat, peak.at) for beat, peak in chain]
    frame, moment = knots[-1]
    if frame < last:
        rest = (last - frame) / fps
        rate = min(fast, max(slow, min(1.0, (seconds - moment) / rest)))
        knots.append((last, moment + rate * rest))
    return knots, chain


def _best_chain(
    beats: Sequence[int],
    found: Sequence[Peak],
    start: float,
    fps: float,
    last: int,
    seconds: float,
    rates: tuple[float, float],
) -> list[tuple[int, Peak]]:
    """Peaks on beats, one to one and in order: the strongest that bend time least. Dynamic programming."""
    slow = rates[0]
    size = len(found)
    if not size or not beats:
        return []
    moments = np.array([peak.at for peak in found])
    score = np.full((len(beats), size), -np.inf)
    before = np.full((len(beats), size, 2), -1, np.int64)
    for i, beat in enumerate(beats):
        # What follows the peak must still fill the shot.
        able = seconds - moments + 1e-9 >= slow * (last - beat) / fps
        opening = _worth(moments - start, beat / fps, rates) if beat else np.where(moments == start, 0.0, -np.inf)
        best, source = opening, np.full((size, 2), -1, np.int64)
        for h in range(i - 1, -1, -1):
            passed = (beat - beats[h]) / fps
            step = score[h][:, None] + _worth(moments[None, :] - moments[:, None], passed, rates)
            origin = np.argmax(step, axis=0)
            value = step[origin, np.arange(size)]
            better = value > best
            best = np.where(better, value, best)
            source[better] = np.stack([np.full(size, h), origin], axis=1)[better]
        score[i] = np.where(able, best + np.array([peak.strength for peak in found]), -np.inf)
        before[i] = source
    top = int(np.argmax(score))
    i, j = divmod(top, size)
    if not score[i, j] > 0:
        return []
    chain: list[tuple[int, Peak]] = []
    while i >= 0:
        chain.append((beats[i], found[j]))
        i, j = (int(value) for value in before[i, j])
    return chain[::-1]


def _worth(moved: NDArray[np.float64], passed: float, rates: tuple[float, float]) -> NDArray[np.float64]:
    """What it costs to let `moved` source seconds pass in `passed` film seconds: 0 at rate 1, -inf beyond the rates."""
    slow, fast = rates
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = moved / passed
        strain = -_STRAIN * np.abs(np.log2(np.maximum(rate, 1e-9))) * min(1.0, passed)
    return np.where((rate >= slow) & (rate <= fast), strain, -np.inf)


def moments(knots: Knots, frames: int) -> NDArray[np.float64]:
    """The source second of each of a map's frames, first knot to `frames` after it."""
    at = np.arange(knots[0][0], knots[0][0] + frames, dtype=np.float64)
    return np.interp(at, [float(frame) for frame, _ in knots], [moment for _, moment in knots])


def rates_of(knots: Knots, fps: float) -> list[float]:
    """The rate between each two knots."""
    return [(b[1] - a[1]) * fps / (b[0] - a[0]) for a, b in pairwise(knots)]
