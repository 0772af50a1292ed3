"""How a drawn figure goes from one pose to another where nothing lies between the two drawings: squash and stretch.

It gathers itself in the pose that it leaves, stretches, lands in the next one on the beat, and settles: as cut-outs
are animated by hand. Pictures are H x W x 4 uint8 RGBA, premultiplied.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# From which share of the way on (see `dance.moves`): how broad, how tall, and how far it leans, in degrees.
_SHAPES = ((1.0, 0.975, 1.045, 2.0), (0.5, 0.965, 1.055, 3.0), (0.0, 1.045, 0.925, -2.0), (-1.0, 1.02, 0.97, -1.0))


def shown(pose: str, towards: str, share: float) -> str:
    """Which of the two drawings stands for a part (share) of the way: the next one from the beat on."""
    return towards if towards and share >= 1 else pose


def sprung(
    rgba: Pixels, left: int, top: int, foot: tuple[float, float], share: float, side: int, size: tuple[int, int]
) -> tuple[Pixels, int, int]:
    """A figure on its way, and where it lies then on a canvas of that size, on even pixels.

    left, top: where it lies at rest; foot: the point of the canvas that stays; side: -1 or 1, which way it leans.
    """
    _, across, down, lean = next(shape for shape in _SHAPES if share >= shape[0])
    slant = math.tan(math.radians(lean * side))
    # (x, y) -> foot + (across x + slant y', down y), y' upwards from the foot.
    x0, y0 = left - foot[0], top - foot[1]
    high, wide = rgba.shape[:2]
    corners = np.array([(x0 + a * wide, y0 + b * high) for a in (0, 1) for b in (0, 1)])
    moved = np.stack([across * corners[:, 0] - slant * corners[:, 1], down * corners[:, 1]], axis=1) + np.array(foot)
    low = np.maximum(0, np.floor(moved.min(axis=0) / 2).astype(int) * 2)
    end = np.minimum(size, np.ceil(moved.max(axis=0) / 2).astype(int) * 2)
    matrix = np.array(
        [
            [across, -slant, foot[0] - low[0] + across * x0 - slant * y0],
            [0.0, down, foot[1] - low[1] + down * y0],
        ]
    )
    wanted = (max(2, int(end[0] - low[0])), max(2, int(end[1] - low[1])))
    drawn = np.asarray(cv2.warpAffine(rgba, matrix, wanted, flags=cv2.INTER_LINEAR), np.uint8)
    return drawn, int(low[0]), int(low[1])
