"""Colours for what is laid over frames: '#rrggbb' to BT.709 limited range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.film.pictures import MATRIX

RGB = tuple[int, int, int]


def rgb_of(colour: str) -> RGB:
    """'#ff8000' as (255, 128, 0)."""
    value = int(colour.lstrip("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


def yuv(colour: RGB) -> NDArray[np.float32]:
    """A colour as Y, U, V: (3,)."""
    return np.asarray(MATRIX @ np.array([*colour, 1.0]), np.float32)


def paler(colour: RGB) -> RGB:
    """Half way to white."""
    red, green, blue = ((part + 255) // 2 for part in colour)
    return red, green, blue
