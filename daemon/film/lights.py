"""Light over the picture that follows the music's bands: sweeping spotlights, an equaliser.

Each answers for one frame by itself; what needs the past was summed up beforehand.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film.colours import paler, rgb_of, yuv
from daemon.film.direction import Curve
from daemon.film.strokes import brighten, colour, cones, tiles

Frame = NDArray[np.uint8]

_ROWS, _COLUMNS = 68, 121  # the coarse field that light is reckoned on
_BEAMS = 6
_BEAM = 0.5  # of the way to white, in the axis of a beam
_BARS = 36
_TILES = 10  # of the highest bar
TALL = 0.2  # of the picture's height
_FALL = 1.6  # a second: how fast a bar sinks
_BANDS = ("bass", "mid", "treble")


class Lights:
    """The lights of one film. colours: '#rrggbb', two."""

    def __init__(self, bands: dict[str, Curve], colours: Sequence[str], fps: float, aspect: float) -> None:
        self.bands, self.fps, self.aspect = bands, fps, aspect
        warm, cold = (rgb_of(colour) for colour in colours[:2])
        self._colours = (yuv(warm), yuv(cold), yuv(paler(warm)))
        self._sweep = np.cumsum(0.35 + 1.1 * bands["rms"]) / fps
        ramp = np.arange(len(bands["bass"])) * (_FALL / fps)
        self._held = [np.maximum.accumulate(bands[name] + ramp) - ramp for name in _BANDS]
        self._room = threading.local()

    def spots(self, frame: int, amount: float) -> NDArray[np.float32]:
        """The spotlights of a frame, each on a band of its own: a table as `strokes.cones` wants it."""
        beams = np.empty((_BEAMS, 6), np.float32)
        sweep = float(self._sweep[frame])
        for i in range(_BEAMS):
            band = float(self._held[i % 3][frame])
            side = -1 if i % 2 else 1
            # Neighbours cross: they swing against each other, and the outer ones lean inwards.
            x0 = self.aspect * (i + 0.5) / _BEAMS
            lean = 0.35 * (0.5 - x0 / self.aspect)
            angle = lean + side * 0.42 * math.sin(1.3 * sweep + 0.9 * (i // 2))
            beams[i] = (x0, angle, _BEAM * amount * (0.1 + 0.9 * band * band), *self._colours[i % 3])
        return beams

    def beams(self, out: Frame, height: int, frame: int, amount: float) -> None:
        """Spotlights from above."""
        light, tint, whole, half, pair = self._fields(height, out.shape[1])
        cones(self.spots(frame, amount), light, tint, self.aspect)
        cv2.resize(light, whole.shape[::-1], dst=whole, interpolation=cv2.INTER_LINEAR)
        cv2.resize(light, half.shape[::-1], dst=half, interpolation=cv2.INTER_LINEAR)
        cv2.resize(tint, half.shape[::-1], dst=pair, interpolation=cv2.INTER_LINEAR)
        brighten(out[:height], whole)
        colour(out[height:].reshape(*half.shape, 2), half, pair)

    def _fields(self, height: int, width: int) -> tuple[Frame, Frame, Frame, Frame, Frame]:
        """Room for light and tint, coarse and fine: each thread's own, made once."""
        found: tuple[Frame, Frame, Frame, Frame, Frame] | None = getattr(self._room, "fields", None)
        if found is None:
            half = (height // 2, width // 2)
            shapes = ((_ROWS, _COLUMNS), (_ROWS, _COLUMNS, 2), (height, width), half, (*half, 2))
            coarse, tint, whole, small, pair = (np.full(shape, 128, np.uint8) for shape in shapes)
            self._room.fields = found = (coarse, tint, whole, small, pair)
        return found

    def levels(self, frame: int) -> NDArray[np.float32]:
        """How many tiles of each bar are lit, the last one in part."""
        place = np.linspace(0, 1, _BARS)
        heard = np.interp(place, (0.0, 0.5, 1.0), [float(held[frame]) for held in self._held])
        # Three bands are heard; between them each bar has a restlessness of its own.
        seconds = frame / self.fps
        own = 0.5 + 0.5 * np.sin(seconds * (5 + 4 * np.sin(37 * place)) + 60 * place * place)
        lit = heard * (0.45 + 0.55 * own) * (0.75 + 0.25 * np.cos(2 * math.pi * place) ** 2)
        return np.asarray(lit * _TILES, np.float32)

    def ramp(self) -> NDArray[np.float32]:
        """The colours of a bar's tiles from the lowest up: Y, U, V."""
        # Two colours, as lamps have them: mixed, complementary ones would be grey.
        low, high = self._colours[0], self._colours[1]
        return np.where(np.arange(_TILES)[:, None] < 0.65 * _TILES, low, high).astype(np.float32)

    def bars(self, out: Frame, height: int, frame: int, amount: float) -> None:
        """An equaliser along the lower edge: bass at the left, treble at the right, lit in tiles."""
        tiles(out, height, self.levels(frame), self.ramp(), TALL, min(1.0, 1.4 * amount))
