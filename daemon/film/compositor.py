"""Draws the frames of a timeline as NV12 in BT.709 limited range.

Sub-pixel camera moves on planes that were converted once; nothing is copied that needn't be.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daemon.film import kernels
from daemon.film.direction import Direction, View
from daemon.film.pictures import Store
from daemon.film.values import Timeline

VERSION = "1"  # part of every segment's fingerprint: change it where frames change
_BLACK, _WHITE, _GREY = 16.0, 235.0, 128.0


class Compositor:
    """Draws frames of one timeline at one size. frames are (height * 3 / 2, width) uint8, NV12."""

    def __init__(
        self,
        timeline: Timeline,
        envelopes: dict[str, NDArray[np.float32]],
        width: int | None = None,
        height: int | None = None,
    ) -> None:
        self.width = width or timeline.width
        self.height = height or timeline.height
        self.timeline = timeline
        self.direction = Direction(timeline, envelopes)
        self.store = Store(self.width, self.height)

    def close(self) -> None:
        """Ends the thread that prepares pictures."""
        self.store.close()

    def __enter__(self) -> Compositor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def brush(self) -> Callable[[int, NDArray[np.uint8]], None]:
        """Draws a frame into a buffer. One brush for each thread; FinalFault where a picture can't be read."""
        spare = np.empty((self.height * 3 // 2, self.width), np.uint8)
        return lambda frame, out: self._draw(frame, out, spare)

    def _draw(self, frame: int, out: NDArray[np.uint8], spare: NDArray[np.uint8]) -> None:
        state = self.direction.state(frame)
        if frame == state.view.shot.start:
            index = state.view.shot.index
            self.store.prepare(self.timeline.shots[index + 1 : index + 3])
        # Towards white, then towards black, as one gain and offset.
        keep = (1.0 - state.white) * (1.0 - state.black)
        luma = (keep, (1.0 - state.black) * state.white * _WHITE + state.black * _BLACK)
        chroma = (keep, (1.0 - keep) * _GREY)
        self._warp(state.view, out, luma, chroma)
        if state.other is not None:
            self._warp(state.other, spare, luma, chroma)
            kernels.mix(out.reshape(-1), spare.reshape(-1), state.weight)

    def _warp(self, view: View, out: NDArray[np.uint8], luma: tuple[float, float], chroma: tuple[float, float]) -> None:
        planes = self.store.get(view.shot)
        for source, target, (gain, offset), warp in (
            (planes.luma, out[: self.height], luma, kernels.warp_luma),
            (
                planes.chroma,
                out[self.height :].reshape(self.height // 2, self.width // 2, 2),
                chroma,
                kernels.warp_chroma,
            ),
        ):
            rows, columns = target.shape[:2]
            high, wide = source.shape[:2]
            step_x = wide / columns / view.scale
            step_y = high / rows / view.scale
            x0 = view.x * wide - 0.5 - step_x * (columns - 1) / 2
            y0 = view.y * high - 0.5 - step_y * (rows - 1) / 2
            warp(source, target, x0, y0, step_x, step_y, gain, offset)
