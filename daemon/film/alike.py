"""The decoded pictures beside the planned ones: like them as a whole and part by part, and each in its place.

Pictures are small luma planes, uint8, 16..235. A part is a square of PART pixels: what thin lines and grain come to
cancels out in it, and what is missing doesn't. Out of step is how much more like a neighbour's plan (up to REACH
frames away, in the same shot) a picture is than like its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Series = NDArray[np.float32]

PART = 8
REACH = 3
_SHARE = 0.35


class Beside:
    """Takes decoded and planned pictures in order, and keeps three numbers of each, in luma levels.

    apart: mean difference; worst: of the part that differs most; astray: out of step. starts: first frames of shots.
    """

    def __init__(self, room: int, starts: Sequence[int]) -> None:
        self.apart, self.worst, self.astray = (np.zeros(room, np.float32) for _ in range(3))
        self._starts = frozenset(starts)
        self._last: deque[tuple[int, Luma, Luma]] = deque(maxlen=REACH)

    def push(self, index: int, now: Luma, meant: Luma) -> None:
        """The next picture, as it was decoded and as it was meant."""
        self.apart[index] = apart(now, meant)
        size = (max(1, now.shape[1] // PART), max(1, now.shape[0] // PART))
        parts = cv2.resize(now.astype(np.float32) - meant, size, interpolation=cv2.INTER_AREA)
        self.worst[index] = np.abs(parts).max()
        if index in self._starts:
            self._last.clear()
        for at, other, planned in self._last:
            self._closer(index, apart(now, planned))
            self._closer(at, apart(other, meant))
        self._last.append((index, now, meant))

    def out_of_step(self, limit: float) -> NDArray[np.bool_]:
        """Which pictures are out of step by more than `limit`, and by more than what coding may have left of others."""
        return (self.astray > limit) & (self.astray > _SHARE * self.apart)

    def _closer(self, index: int, away: float) -> None:
        self.astray[index] = max(self.astray[index], self.apart[index] - away)


def apart(one: Luma, other: Luma) -> float:
    """The mean difference of two pictures."""
    return float(cv2.norm(one, other, cv2.NORM_L1)) / one.size
