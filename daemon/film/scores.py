"""How well the cuts meet the beats, beside what random cuts would reach.

Times are seconds, increasing. hit: cuts within one frame of a beat, each beat taken once, over all cuts; BAS
(beat alignment score, AIST++, arXiv 2101.08779): mean over the cuts of exp(-d^2 / (2 x 0.05^2)), d the seconds
to the nearest beat; coverage: beats that a cut meets, over all beats.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from daemon.sidecars import Scores

SIGMA = 0.05  # seconds
_ROUNDS = 200  # random edits that make the baseline

Times = NDArray[np.float64]


def score(cuts: Sequence[int], beats: Sequence[float], frames: int, fps: Fraction, seed: int = 0) -> Scores:
    """The scores of cuts (frames) against beats (seconds) in a film of `frames`.

    A beat lies within one frame of a cut where its own frame, rounded as the timeline rounds, differs by at
    most one. Without cuts or beats every share is 0.
    """
    beat_times = np.asarray(beats, np.float64)
    cut_frames = np.asarray(sorted(cuts), np.int64)
    result = Scores(cuts=len(cut_frames))
    if not len(cut_frames) or not len(beat_times):
        return result
    rate = float(fps)
    beat_frames = np.floor(beat_times * rate + 0.5).astype(np.int64)
    hits = matched(cut_frames, beat_frames)
    dice = np.random.default_rng(seed)
    randoms = np.sort(dice.integers(1, max(2, frames), (_ROUNDS, len(cut_frames))), axis=1)
    random_hits = float(np.mean([matched(row, beat_frames) for row in randoms]))
    random_bas = float(np.mean([alignment(row / rate, beat_times) for row in randoms]))
    count = len(cut_frames)
    return Scores(
        cuts=count,
        hits=hits,
        hit=hits / count,
        bas=alignment(cut_frames / rate, beat_times),
        coverage=hits / len(beat_frames),
        random_hits=random_hits,
        random_hit=random_hits / count,
        random_bas=random_bas,
        random_coverage=random_hits / len(beat_frames),
    )


def matched(cuts: NDArray[np.int64], beats: NDArray[np.int64]) -> int:
    """How many cuts meet a beat within one frame, one to one. Both in frames, increasing."""
    count = cut = beat = 0
    while cut < len(cuts) and beat < len(beats):
        apart = int(cuts[cut]) - int(beats[beat])
        if abs(apart) <= 1:
            count, cut, beat = count + 1, cut + 1, beat + 1
        elif apart < 0:
            cut += 1
        else:
            beat += 1
    return count


def alignment(cuts: Times, beats: Times) -> float:
    """The beat alignment score: 0..1."""
    place = np.searchsorted(beats, cuts)
    before = np.abs(cuts - beats[np.clip(place - 1, 0, len(beats) - 1)])
    after = np.abs(cuts - beats[np.clip(place, 0, len(beats) - 1)])
    nearest = np.minimum(before, after)
    return float(np.mean(np.exp(-(nearest**2) / (2 * SIGMA**2))))
