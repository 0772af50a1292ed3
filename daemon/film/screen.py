"""What moves by itself in a film: people's own clips and loops, each frame's picture made ready for the compositor."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from daemon.film import staging
from daemon.film.pictures import Planes, covering, planes
from daemon.film.playing import KINDS
from daemon.film.reels import Reel
from daemon.film.scenery import Scenery
from daemon.film.sprites import Sprite, from_rgba
from daemon.film.values import PictureFile, Shot, Timeline

_BOUND = 96 << 20  # bytes of pictures kept
_NO_BEAT = 0.5  # seconds that stand for a beat where none is told
_LARGEST = 1280  # pixels across that a moving picture is shown with: it was kept no larger

_S = TypeVar("_S")
Pixels = NDArray[np.uint8]


class Screen:
    """Answers what a moving picture shows at a frame. Any thread may ask; FinalFault where a reel can't be read."""

    def __init__(self, timeline: Timeline, width: int, height: int) -> None:
        self.width, self.height = width, height
        scale = min(1.0, _LARGEST / max(width, height))
        self.size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
        self._moments = {kind: _curve(timeline, kind) for kind in KINDS}
        self._beat = _beat(self._moments["act"], float(timeline.fps))
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._bytes = 0

    def curves(self, span: slice) -> list[bytes]:
        """The moments that a span of frames shows, for fingerprints; nothing where nothing moves by itself."""
        parts = [curve[span] for curve in self._moments.values() if curve is not None]
        return [part.tobytes() for part in parts if not np.isnan(part).all()]

    def clip(self, shot: Shot, frame: int) -> Planes | None:
        """The whole picture of a shot that is a clip; None where it is none."""
        step = self._step(shot, "clip", frame)
        if step is None:
            return None
        reel, at = step
        return self._ask((str(reel.path), "clip", at), lambda: self._covering(reel.at(at), shot.picture.centre))

    def back(self, shot: Shot, frame: int) -> Planes | None:
        """What lies behind the cast of a shot, where it moves."""
        step = self._step(shot, "loop", frame)
        if step is None:
            return None
        reel, at = step
        return self._ask((str(reel.path), str(shot.picture.path), at), lambda: self._framed(shot.picture, reel.at(at)))

    def over(self, shot: Shot, frame: int) -> tuple[Sprite, Scenery] | None:
        """What is laid over the whole of a shot, and the canvas that it lies on."""
        step = self._step(shot, "over", frame)
        if step is None:
            return None
        reel, at = step
        wide, high = self.size
        sprite = self._ask((str(reel.path), "over", at), lambda: self._laid(reel.at(at)))
        nothing = Planes(np.zeros((2, 2), np.uint8), np.zeros((1, 1, 2), np.uint8))
        return sprite, Scenery(nothing, None, None, wide, high, (0.5, 1.0))

    def acting(self, shot: Shot, frame: int, pose: str) -> tuple[int, ...]:
        """Which picture each of an own cast shows whose pose moves by itself; () where none does."""
        curve = self._moments["act"]
        if curve is None or not (shot.picture.scene.get("own") or {}).get("act"):
            return ()
        beats = float(curve[min(max(frame, shot.start), shot.end - 1)])
        return () if np.isnan(beats) else staging.acting(shot.picture.scene, pose, beats, self._beat)

    def _step(self, shot: Shot, kind: str, frame: int) -> tuple[Reel, int] | None:
        own = (shot.picture.scene.get("own") or {}).get(kind)
        curve = self._moments[kind]
        if not own or curve is None:
            return None
        # A cross-fade shows a shot beyond its ends: its first or last picture stays.
        moment = float(curve[min(max(frame, shot.start), shot.end - 1)])
        if np.isnan(moment):
            return None
        reel = self._reel(shot.picture, own["file"])
        return reel, reel.step(moment, around=True)

    def _reel(self, picture: PictureFile, name: str) -> Reel:
        path = picture.path.parent / name
        return self._ask((str(path),), lambda: Reel(path))

    def _covering(self, frame: Pixels, centre: tuple[float, float] | None) -> Planes:
        opaque = frame if frame.shape[2] == 3 else staging.premultiplied(frame)[..., :3]  # what is clear is black
        rgb = covering(opaque, self.width, self.height, centre)
        wide = min(self.size[0], rgb.shape[1] // 2 * 2)
        return planes(np.ascontiguousarray(rgb), wide, max(2, round(wide * self.height / self.width / 2) * 2))

    def _framed(self, picture: PictureFile, frame: Pixels) -> Planes:
        wide, high = self.size
        made = self._ask(("set", str(picture.path)), lambda: staging.arrange(picture.scene, wide, high))
        return planes(staging.framed(frame[..., :3], made, wide, high), wide, high)

    def _laid(self, frame: Pixels) -> Sprite:
        wide, high = self.size
        rgba, left, top = staging.laid(frame, wide, high)
        return from_rgba(rgba, left, top, wide, high)

    def _ask(self, key: tuple[Any, ...], make: Callable[[], _S]) -> _S:
        """What was made, or makes it; the oldest goes where there is too much."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: _S = self._kept[key]
                return found
        made = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += int(getattr(made, "size", 0)) if isinstance(made, Planes | Sprite) else 0
            while self._bytes > _BOUND and len(self._kept) > 8:
                _, old = self._kept.popitem(last=False)
                self._bytes -= int(old.size) if isinstance(old, Planes | Sprite) else 0
        return made


def _beat(curve: NDArray[np.float64] | None, fps: float) -> float:
    """The usual length of a beat, in seconds, by how many have passed at each frame."""
    steps = np.diff(curve) if curve is not None else np.zeros(0)
    steps = steps[np.isfinite(steps) & (steps > 0)]
    return 1 / (fps * float(np.median(steps))) if len(steps) else _NO_BEAT


def _curve(timeline: Timeline, kind: str) -> NDArray[np.float64] | None:
    """The moment of each frame; NaN where nothing of that kind is shown, None where it is shown nowhere."""
    knots = sorted((effect for effect in timeline.effects if effect.kind == kind), key=lambda effect: effect.start)
    if not knots:
        return None
    curve = np.full(timeline.frames, np.nan)
    for shot in timeline.shots:
        own = [effect for effect in knots if shot.start <= effect.start < shot.end]
        if own:
            at = np.arange(shot.start, shot.end, dtype=np.float64)
            curve[shot.start : shot.end] = np.interp(at, [e.start for e in own], [e.amount for e in own])
    return curve
