"""How often a film flashes: what WCAG 2.3.1 counts, from the mean luma of each picture (16..235)."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def flashes_a_second(mean: NDArray[np.float32], fps: Fraction) -> int:
    """The most general flashes in any second: pairs of opposing changes of a tenth of full relative
    luminance or more, the darker below 0.80 (WCAG 2.2, general flash)."""
    light = (np.clip((mean.astype(np.float64) - 16) / 219, 0, 1)) ** 2.2
    second = max(1, math.ceil(fps))  # a whole one at least: at 23.976, 23 frames would be less
    begins = np.flatnonzero(np.abs(np.diff(light)) > 0.01)
    return max((_turns(light[begin : begin + second + 1]) // 2 for begin in begins), default=0)


def _turns(light: NDArray[np.float64]) -> int:
    """Opposing changes of a tenth or more within a stretch."""
    turns = 0
    high = low = float(light[0])
    rising: bool | None = None
    for value in light[1:].tolist():
        high, low = max(high, value), min(low, value)
        if rising is not False and high - value >= 0.1 and value < 0.8:
            turns, rising, low = turns + 1, False, value
        elif rising is not True and value - low >= 0.1 and low < 0.8:
            turns, rising, high = turns + 1, True, value
    return turns
