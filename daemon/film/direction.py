"""What every frame shows: the timeline and the envelopes become curves and camera positions. Pure.

Curves are float32 arrays of one value a frame.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.film.aloft import IN_THE_PICTURE
from daemon.film.dance import moves
from daemon.film.values import Shot, Timeline
from daemon.riding import OVERLAYS

Curve = NDArray[np.float32]
BANDS = ("bass", "mid", "treble", "onset", "rms")
MEMORY = 6.0  # seconds that what flies over the picture lives, at most
_HOP = 0.009
_POP = 0.3  # seconds in which a figure's spring dies away
# What an amount of 1 is: a share of the picture.
_ZOOM, _PUSH, _SHAKE, _BOB, _DRIFT = 0.2, 0.5, 1 / 30, 1 / 40, 0.1
_WHIP, _THROW, _CLOSER = 0.22, 0.3, 0.35  # how far a whip smears and throws, and how much closer it gets
_SWELL = 0.5  # seconds


@dataclass(frozen=True)
class View:
    """A shot's picture as the camera sees it: centre 0..1 of the picture, scale at least 1."""

    shot: Shot
    x: float
    y: float
    scale: float


@dataclass(frozen=True)
class FrameState:
    """One frame: a view, perhaps another that it gives way to (weight 0..1), white and black 0..1.

    style: how it gives way; "" dissolves. blur: how far the picture is smeared sideways, share of the width.
    turn: a number of the transition's own, for its direction.
    """

    view: View
    other: View | None
    weight: float
    white: float
    black: float
    style: str = ""
    blur: float = 0.0
    turn: int = 0


class Direction:
    """Answers what a frame shows. envelopes: name -> one value a film frame, 0..1; empty where there are none."""

    def __init__(self, timeline: Timeline, envelopes: dict[str, NDArray[np.float32]]) -> None:
        self.timeline = timeline
        self._starts = [shot.start for shot in timeline.shots]
        frames = timeline.frames
        self.bands = {name: _fitted(envelopes.get(name), frames) for name in BANDS}
        self.bass = self.bands["bass"]
        self._digest = b""

        def curve() -> Curve:
            return np.zeros(frames, np.float32)

        self.zoom, self.white, self.black, self.dim = curve(), curve(), curve(), curve()
        self.shake, self.bob, self.drift = curve(), curve(), curve()
        self.pose = np.zeros(frames, np.int8)  # which of its picture's poses a figure takes
        self.pop = curve()  # how far it springs on a beat, 0..1
        self.hop = curve()  # how high it is between two beats, share of the picture
        self.sway = curve()
        self.riding = {name: curve() for name in (*OVERLAYS, "burst")}  # how much of each lies over the picture
        push = curve()
        for effect in timeline.effects:
            span = slice(max(0, effect.start), min(frames, effect.start + effect.frames))
            passed = (np.arange(span.start, span.stop, dtype=np.float32) - effect.start) / max(1, effect.frames)
            amount = effect.amount
            if effect.kind == "zoom":
                _raise(self.zoom, span, amount * _ZOOM * (1 - passed) ** 2)
            elif effect.kind == "push":
                _raise(push, span, amount * _PUSH * passed**2)
            elif effect.kind == "flash":
                _raise(self.white, span, amount * (1 - passed) ** 2)
            elif effect.kind == "shake":
                _raise(self.shake, span, amount * _SHAKE * self.bass[span])
            elif effect.kind == "jolt":
                _raise(self.shake, span, amount * _SHAKE * (1 - passed) ** 2)
            elif effect.kind == "bob":
                _raise(self.bob, span, amount * _BOB * np.sin(np.pi * passed))
            elif effect.kind == "drift":
                _raise(self.drift, span, amount * _DRIFT * _swell(passed, effect.frames, float(timeline.fps)))
            elif effect.kind == "pose":
                self.pose[span] = int(amount)
                self.pop[span] = np.maximum(0, 1 - passed * effect.frames / max(1.0, float(timeline.fps) * _POP)) ** 2
                self.hop[span] = _HOP * np.sin(np.pi * passed)
            elif effect.kind == "sway":
                self.sway[span] = amount
            elif effect.kind == "lights":
                _raise(self.dim, span, amount * (1 - self.bass[span]))
            elif effect.kind == "burst":
                _raise(self.riding["burst"], span, amount * (1 - passed))
            elif effect.kind == "fade_in":
                _raise(self.black, span, 1 - passed)
            elif effect.kind == "fade_out":
                # The last frame is black.
                _raise(self.black, span, passed + 1 / max(1, effect.frames))
            elif effect.kind in self.riding:
                sudden = effect.because.startswith("drop")
                grown = _swell(passed, effect.frames, float(timeline.fps), sudden=sudden)
                # What a picture has comes and goes with it.
                held = effect.because.endswith(IN_THE_PICTURE)
                _raise(self.riding[effect.kind], span, amount * (np.ones_like(grown) if held else grown))
        self.zoom += push
        self.moves = moves(self.pose, timeline.shots, timeline.fps)

    def shot_at(self, frame: int) -> Shot:
        """The shot that a frame belongs to."""
        return self.timeline.shots[bisect_right(self._starts, frame) - 1]

    def curves(self, span: slice) -> list[bytes]:
        """Everything that changes in a span of frames, for fingerprints."""
        camera = [self.zoom, self.white, self.black, self.dim, self.shake, self.bob, self.drift]
        figure = [self.pop, self.hop, self.sway]
        found = [curve[span].tobytes() for curve in (*camera, *figure)]
        found += [made[span].tobytes() for made in (self.moves.pose, self.moves.towards, self.moves.blink)]
        found += [self.moves.share[span].tobytes()]
        # What flies was born before the span, and light and wind go on from where the music has brought them.
        past = slice(max(0, span.start - round(MEMORY * self.timeline.fps)), span.stop)
        riding = [curve[past] for curve in self.riding.values()]
        if any(curve.any() for curve in riding):
            found += [repr((self.timeline.colours, self.timeline.seed)).encode(), self._heard()]
            found += [curve.tobytes() for curve in riding]
        return found

    def _heard(self) -> bytes:
        """The envelopes as a digest."""
        if not self._digest:
            self._digest = hashlib.sha256(b"".join(band.tobytes() for band in self.bands.values())).digest()
        return self._digest

    def state(self, frame: int) -> FrameState:
        """What a frame shows."""
        shot = self.shot_at(frame)
        view, other, weight, style, turn = self._view(shot, frame), None, 0.0, "", shot.index
        shots = self.timeline.shots
        half = shot.transition.half
        after = shots[shot.index + 1] if shot.index + 1 < len(shots) else None
        if frame < shot.start + half:
            other = self._view(shots[shot.index - 1], frame)
            view, other = other, view
            weight, style = (frame - (shot.start - half) + 0.5) / (2 * half), shot.transition.style
        elif after and frame >= after.start - after.transition.half:
            half, turn = after.transition.half, after.index
            other = self._view(after, frame)
            weight, style = (frame - (after.start - half) + 0.5) / (2 * half), after.transition.style
        blur = _WHIP * self._thrown(shot, after, frame)[1]
        return FrameState(
            view,
            other,
            _smooth(weight),
            float(self.white[frame]),
            float(min(1.0, self.black[frame])),
            style,
            blur,
            turn,
        )

    def _view(self, shot: Shot, frame: int) -> View:
        shots = self.timeline.shots
        first = shot.start - shot.transition.half
        after = shots[shot.index + 1] if shot.index + 1 < len(shots) else None
        last = shot.end + (after.transition.half if after else 0) - 1
        passed = (frame - first) / (last - first) if last > first else 0.0
        along = _eased(min(1.0, max(0.0, passed)), shot.ease)
        x, y, scale = (a + (b - a) * along for a, b in zip(shot.camera_from, shot.camera_to, strict=True))
        scale *= 1.0 + float(self.zoom[frame]) + _CLOSER * self._thrown(shot, after, frame)[1]
        x, y = self._floating(x, y, shot, after, frame)
        shake = float(self.shake[frame])
        if shake:
            x += shake * _wobble(frame, 0.0) / scale
            y += shake * _wobble(frame, 2.1) / scale
        half = 0.5 / scale
        return View(shot, min(max(x, half), 1 - half), min(max(y, half), 1 - half), scale)

    def _floating(self, x: float, y: float, shot: Shot, after: Shot | None, frame: int) -> tuple[float, float]:
        """The camera's place with its drift, its bob and the throw of a whip."""
        drift = float(self.drift[frame])
        if drift:
            seconds = frame / float(self.timeline.fps)
            x += drift * math.sin(0.7 * seconds)
            y += 0.6 * drift * math.sin(0.9 * seconds + 1.0)
        side, near = self._thrown(shot, after, frame)
        # Faster and faster away, then out of the same movement to rest.
        return x + side * _THROW * near, y + float(self.bob[frame])

    @staticmethod
    def _thrown(shot: Shot, after: Shot | None, frame: int) -> tuple[int, float]:
        """A whip's direction on this side of its cut (-1, 0, 1), and how near the cut is, 0..1."""
        for entered in (shot, after):
            if entered and entered.transition.kind == "whip":
                apart = (frame + 0.5 - entered.start) / (entered.transition.frames / 2)
                if abs(apart) < 1:
                    side = 1 if entered.index % 2 else -1
                    return (side if apart < 0 else -side), (1 - abs(apart)) ** 2
        return 0, 0.0


def _raise(curve: Curve, span: slice, values: NDArray[np.floating]) -> None:
    """Where two effects of a kind meet, the stronger counts."""
    curve[span] = np.maximum(curve[span], values)


def _swell(passed: NDArray[np.floating], frames: int, fps: float, *, sudden: bool = False) -> NDArray[np.float32]:
    """0..1: comes within half a second (at once where sudden), stays, and goes as it came."""
    seconds = np.minimum(_SWELL, frames / fps / 3)
    came = np.ones_like(passed) if sudden else passed * frames / fps / seconds
    gone = (1 - passed) * frames / fps / seconds
    return np.asarray(np.minimum(1, np.minimum(came, gone)), np.float32)


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
