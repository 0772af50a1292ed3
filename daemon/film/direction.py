"""What every frame shows: the timeline and the envelopes become curves and camera positions. Pure.

Curves are float32 arrays of one value a frame.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.film.values import Shot, Timeline

Curve = NDArray[np.float32]
_HOP = 0.009
_POP = 0.3  # seconds in which a figure's spring dies away


@dataclass(frozen=True)
class View:
    """A shot's picture as the camera sees it: centre 0..1 of the picture, scale at least 1."""

    shot: Shot
    x: float
    y: float
    scale: float


@dataclass(frozen=True)
class FrameState:
    """One frame: a view, perhaps another that it gives way to (weight 0..1), white and black 0..1."""

    view: View
    other: View | None
    weight: float
    white: float
    black: float


class Direction:
    """Answers what a frame shows. envelopes: name -> one value a film frame, 0..1; empty where there are none."""

    def __init__(self, timeline: Timeline, envelopes: dict[str, NDArray[np.float32]]) -> None:
        self.timeline = timeline
        self._starts = [shot.start for shot in timeline.shots]
        frames = timeline.frames
        self.bass = _fitted(envelopes.get("bass"), frames)
        self.zoom = np.zeros(frames, np.float32)
        self.white = np.zeros(frames, np.float32)
        self.black = np.zeros(frames, np.float32)
        self.shake = np.zeros(frames, np.float32)
        self.pose = np.zeros(frames, np.int8)  # which of its picture's poses a figure takes
        self.pop = np.zeros(frames, np.float32)  # how far it springs on a beat, 0..1
        self.hop = np.zeros(frames, np.float32)  # how high it is between two beats, share of the picture
        self.sway = np.zeros(frames, np.float32)
        self.dim = np.zeros(frames, np.float32)  # how much of a scene's light is gone
        for effect in timeline.effects:
            span = slice(max(0, effect.start), min(frames, effect.start + effect.frames))
            passed = (np.arange(span.start, span.stop, dtype=np.float32) - effect.start) / max(1, effect.frames)
            if effect.kind == "zoom":
                self.zoom[span] = np.maximum(self.zoom[span], effect.amount * (1 - passed) ** 2)
            elif effect.kind == "flash":
                self.white[span] = np.maximum(self.white[span], effect.amount * (1 - passed) ** 2)
            elif effect.kind == "shake":
                self.shake[span] = np.maximum(self.shake[span], effect.amount * self.bass[span])
            elif effect.kind == "pose":
                self.pose[span] = int(effect.amount)
                self.pop[span] = np.maximum(0, 1 - passed * effect.frames / max(1.0, float(timeline.fps) * _POP)) ** 2
                self.hop[span] = _HOP * np.sin(np.pi * passed)
            elif effect.kind == "sway":
                self.sway[span] = effect.amount
            elif effect.kind == "lights":
                self.dim[span] = effect.amount * (1 - self.bass[span])
            elif effect.kind == "fade_in":
                self.black[span] = np.maximum(self.black[span], 1 - passed)
            elif effect.kind == "fade_out":
                # The last frame is black.
                self.black[span] = np.maximum(self.black[span], passed + 1 / max(1, effect.frames))

    def shot_at(self, frame: int) -> Shot:
        """The shot that a frame belongs to."""
        return self.timeline.shots[bisect_right(self._starts, frame) - 1]

    def curves(self, span: slice) -> list[bytes]:
        """Everything that changes in a span of frames, for fingerprints."""
        every = (self.zoom, self.white, self.black, self.shake, self.pose, self.pop, self.hop, self.sway, self.dim)
        return [curve[span].tobytes() for curve in every]

    def state(self, frame: int) -> FrameState:
        """What a frame shows."""
        shot = self.shot_at(frame)
        view, other, weight = self._view(shot, frame), None, 0.0
        shots = self.timeline.shots
        half = _half(shot)
        if frame < shot.start + half:
            other = self._view(shots[shot.index - 1], frame)
            view, other = other, view
            weight = (frame - (shot.start - half) + 0.5) / (2 * half)
        elif shot.index + 1 < len(shots) and frame >= shot.end - (half := _half(shots[shot.index + 1])):
            other = self._view(shots[shot.index + 1], frame)
            weight = (frame - (shot.end - half) + 0.5) / (2 * half)
        return FrameState(view, other, _smooth(weight), float(self.white[frame]), float(min(1.0, self.black[frame])))

    def _view(self, shot: Shot, frame: int) -> View:
        shots = self.timeline.shots
        first = shot.start - _half(shot)
        last = shot.end + (_half(shots[shot.index + 1]) if shot.index + 1 < len(shots) else 0) - 1
        passed = (frame - first) / (last - first) if last > first else 0.0
        along = _eased(min(1.0, max(0.0, passed)), shot.ease)
        x, y, scale = (a + (b - a) * along for a, b in zip(shot.camera_from, shot.camera_to, strict=True))
        scale *= 1.0 + float(self.zoom[frame])
        shake = float(self.shake[frame])
        if shake:
            x += shake * _wobble(frame, 0.0) / scale
            y += shake * _wobble(frame, 2.1) / scale
        half = 0.5 / scale
        return View(shot, min(max(x, half), 1 - half), min(max(y, half), 1 - half), scale)


def _half(shot: Shot) -> int:
    """Frames of a shot's cross-fade on each side of its cut."""
    return shot.transition.frames // 2 if shot.transition.kind == "crossfade" else 0


def _eased(passed: float, ease: str) -> float:
    if ease == "in":
        return passed * passed
    if ease == "out":
        return 1 - (1 - passed) * (1 - passed)
    if ease == "smooth":
        return _smooth(passed)
    return passed


def _smooth(passed: float) -> float:
    return passed * passed * (3 - 2 * passed)


def _wobble(frame: int, phase: float) -> float:
    """A restless curve within -1..1 that never repeats soon: three sines a few frames long."""
    turn = np.array([frame * 1.9 + phase, frame * 2.7 + 1.3 * phase, frame * 1.13 + 0.7 * phase])
    return float(np.sin(turn) @ np.array([0.5, 0.3, 0.2]))


def _fitted(values: NDArray[np.float32] | None, frames: int) -> Curve:
    """An envelope at one value a frame; NaN counts as silence."""
    if values is None or not len(values):
        return np.zeros(frames, np.float32)
    index = np.minimum(np.arange(frames) * len(values) // frames, len(values) - 1)
    return np.nan_to_num(np.asarray(values, np.float32)[index], nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
