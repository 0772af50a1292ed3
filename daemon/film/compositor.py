"""Draws the frames of a timeline as NV12 in BT.709 limited range.

Sub-pixel camera moves on planes that were converted once; nothing is copied that needn't be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.film import kernels, lay_kernels, springing
from daemon.film.approved import Approved
from daemon.film.captions import Captions
from daemon.film.dance import poses
from daemon.film.direction import Direction, View
from daemon.film.overlays import Overlays
from daemon.film.pictures import Planes, Store
from daemon.film.scenery import Scenery, stage_of
from daemon.film.screen import Screen
from daemon.film.sprites import Sprite
from daemon.film.transitions import Joiner, mirror
from daemon.film.values import PictureFile, Shot, Timeline

VERSION = "12"  # part of every segment's fingerprint: change it where frames change
_FAR, _NEAR = 0.86, 1.12  # how much the layers behind and before the figure follow the camera
_SQUASH_X, _SQUASH_Y = 0.03, 0.05  # how far a figure springs on a beat
Drawing = tuple[int, int, float, bool]  # a pose, the one that it is on its way to or -1, how far, eyes shut
_AHEAD = 6  # frames for which a figure is put together beforehand
_AT_REST: Drawing = (0, -1, 0.0, False)
_BLACK, _WHITE, _GREY = 16.0, 235.0, 128.0


class Compositor:
    """Draws frames of one timeline at one size. frames are (height * 3 / 2, width) uint8, NV12.

    approved: what is known of the pictures' scenes already; what isn't is found out when they are first seen.
    """

    def __init__(
        self,
        timeline: Timeline,
        envelopes: dict[str, NDArray[np.float32]],
        width: int | None = None,
        height: int | None = None,
        approved: Approved | None = None,
    ) -> None:
        self.width = width or timeline.width
        self.height = height or timeline.height
        self.timeline = timeline
        self.direction = Direction(timeline, envelopes)
        self.store = Store(self.width, self.height)
        self.joiner = Joiner(self.width, self.height, timeline.colours)
        self.screen = Screen(timeline, self.width, self.height)
        self.overlays = Overlays(self.direction, self.width, self.height)
        self._approved = approved or Approved()
        self._falling = _falling(timeline)

    def close(self) -> None:
        """Ends the thread that prepares pictures."""
        self.store.close()

    def __enter__(self) -> Compositor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def brush(self, end: Callable[[], int] | None = None) -> Callable[[int, NDArray[np.uint8]], None]:
        """Draws a frame into a buffer. One brush for each thread; FinalFault where a picture can't be read.

        end: the frame before which shots are worth making ready beforehand: others draw those behind it already.
        """
        spare = np.empty((self.height * 3 // 2, self.width), np.uint8)
        words = Captions(self.timeline, self.width, self.height) if self.timeline.captions else None

        def draw(frame: int, out: NDArray[np.uint8]) -> None:
            self._draw(frame, out, spare, end() if end else self.timeline.frames)
            if words is not None:
                words.draw(frame, out)

        return draw

    def _draw(self, frame: int, out: NDArray[np.uint8], spare: NDArray[np.uint8], end: int) -> None:
        state = self.direction.state(frame)
        if frame == state.view.shot.start:
            index = state.view.shot.index
            for shot in self.timeline.shots[index + 1 : index + 3]:
                if shot.start < end:
                    self._prepare(shot)
        shot = self.direction.shot_at(frame)
        if frame + _AHEAD < shot.end and poses(shot.picture):
            # One by one: all the drawings of a shot would take more memory than the store may keep.
            self._figure(shot, frame + _AHEAD)
        self._picture(state.view, frame, out, state.white, state.black)
        if state.other is not None:
            self._picture(state.other, frame, spare, state.white, state.black)
            self.joiner.join(out, spare, state)
        if state.blur > 0:
            self.joiner.smear(out, state.blur)
        self.overlays.draw(frame, out)

    def _prepare(self, shot: Shot) -> None:
        """Begins to make ready what a shot shows."""
        if not poses(shot.picture):
            self.store.still(shot)
            return
        self._scenery(shot.picture)
        self._figure(shot, shot.start)

    def _drawing(self, frame: int) -> Drawing:
        moves = self.direction.moves
        return (
            int(moves.pose[frame]),
            int(moves.towards[frame]),
            round(float(moves.share[frame]), 3),
            bool(moves.blink[frame]),
        )

    def falling(self, picture: PictureFile) -> frozenset[str]:
        """Which effects of weather fall before a picture somewhere in the film: they take the place of its own."""
        return self._falling.get(str(picture.path), frozenset())

    def _scenery(self, picture: PictureFile) -> Future[Scenery | None]:
        def make() -> Scenery | None:
            if not self._approved.holds(picture):
                return None
            return stage_of(picture, self.width, self.height, self.falling(picture))

        return self.store.ask(("scenery", str(picture.path)), make)

    def _figure(self, shot: Shot, frame: int) -> Future[Sprite | None]:
        """The figure of a shot at a frame; at rest in its first pose where the frame isn't the shot's own."""
        picture, inside = shot.picture, shot.start <= frame < shot.end
        names = poses(picture)
        pose, towards, share, blink = self._drawing(frame) if inside else _AT_REST
        if picture.scene.get("own", {}).get("turns"):
            share, blink = (share if towards >= 0 else 0.0), False
        name = names[min(pose, len(names) - 1)]
        aim = names[min(towards, len(names) - 1)] if towards >= 0 else ""
        steps = self.screen.acting(shot, frame, springing.shown(name, aim, share))
        scenery = self._scenery(picture)  # asked for before: one thread makes both, in that order

        def make() -> Sprite | None:
            stage = scenery.result()
            return stage.figure.sprite(name, aim, share, blink, steps) if stage and stage.figure else None

        return self.store.ask(("figure", str(picture.path), name, aim, share, blink, steps), make)

    def _picture(self, view: View, frame: int, out: NDArray[np.uint8], white: float, black: float) -> None:
        """A view drawn over the whole of `out`, towards white and then towards black."""
        self._upright(view, frame, out, white, black)
        if view.shot.mirrored:
            mirror(out, self.height)

    def _upright(self, view: View, frame: int, out: NDArray[np.uint8], white: float, black: float) -> None:
        keep = (1.0 - white) * (1.0 - black)
        tone = _Tone(keep, (1.0 - black) * white * _WHITE + black * _BLACK, (1.0 - keep) * _GREY)
        picture = view.shot.picture
        if (clip := self.screen.clip(view.shot, frame)) is not None:
            self._behind(clip, view.x, view.y, view.scale, out, tone)
            return
        scenery = self._scenery(picture).result() if poses(picture) else None
        if scenery is None:
            self._behind(self.store.get(view.shot), view.x, view.y, view.scale, out, tone)
            return
        direction = self.direction
        # Lights fade towards black in the scene alone, and the figure stays as it is.
        lit = 1.0 - float(direction.dim[frame])
        dimmed = _Tone(keep * lit, tone.luma + keep * (1 - lit) * _BLACK, tone.chroma + keep * (1 - lit) * _GREY)
        x, y, scale = _nearer(view, _FAR)
        moving = self.screen.back(view.shot, frame)
        self._behind(scenery.back if moving is None else moving, x, y, scale, out, dimmed)
        sprite = self._figure(view.shot, frame).result()
        if sprite is not None:
            pop = float(direction.pop[frame])
            sway = float(direction.sway[frame]) * math.sin(frame / float(self.timeline.fps) * 2.0)
            hop = float(direction.hop[frame]) if self._on(view, frame) else 0.0
            self._before(sprite, scenery, view.x - sway / view.scale, view.y + hop, view.scale, out, tone, pop)
        if scenery.front is not None:
            x, y, scale = _nearer(view, _NEAR)
            self._before(scenery.front, scenery, x, y, scale, out, tone, 0.0)
        if (laid := self.screen.over(view.shot, frame)) is not None:
            self._before(*laid, 0.5, 0.5, 1.0, out, tone, 0.0)

    @staticmethod
    def _on(view: View, frame: int) -> bool:
        """Whether a frame belongs to a view's own shot: its poses are for those frames alone."""
        return view.shot.start <= frame < view.shot.end

    def _behind(self, planes: Planes, x: float, y: float, scale: float, out: NDArray[np.uint8], tone: _Tone) -> None:
        for source, target, offset, warp in (
            (planes.luma, out[: self.height], tone.luma, kernels.warp_luma),
            (planes.chroma, self._chroma(out), tone.chroma, kernels.warp_chroma),
        ):
            rows, columns = target.shape[:2]
            high, wide = source.shape[:2]
            step_x = wide / columns / scale
            step_y = high / rows / scale
            x0 = x * wide - 0.5 - step_x * (columns - 1) / 2
            y0 = y * high - 0.5 - step_y * (rows - 1) / 2
            warp(source, target, x0, y0, step_x, step_y, tone.gain, offset)

    def _before(
        self,
        sprite: Sprite,
        scenery: Scenery,
        x: float,
        y: float,
        scale: float,
        out: NDArray[np.uint8],
        tone: _Tone,
        pop: float,
    ) -> None:
        """A cut-out laid over; pop: how far it is squashed towards its foot, 0..1."""
        across, down = 1.0 + _SQUASH_X * pop, 1.0 - _SQUASH_Y * pop
        luma, chroma = (sprite.luma, sprite.alpha, sprite.kinds), (sprite.chroma, sprite.alpha_half, sprite.kinds_half)
        for source, target, offset, lay, part in (
            (luma, out[: self.height], tone.luma, lay_kernels.lay_luma, 1),
            (chroma, self._chroma(out), tone.chroma, lay_kernels.lay_chroma, 2),
        ):
            rows, columns = target.shape[:2]
            wide, high = scenery.width / part, scenery.height / part
            step_x = wide / columns / scale
            step_y = high / rows / scale
            x0 = x * wide - 0.5 - step_x * (columns - 1) / 2
            y0 = y * high - 0.5 - step_y * (rows - 1) / 2
            # About the foot: canvas -> foot + (canvas - foot) / squash, then into the cut-out's own pixels.
            foot_x, foot_y = scenery.foot[0] * wide - 0.5, scenery.foot[1] * high - 0.5
            x0 = foot_x + (x0 - foot_x) / across - sprite.left / part
            y0 = foot_y + (y0 - foot_y) / down - sprite.top / part
            lay(*source, target, x0, y0, step_x / across, step_y / down, tone.gain, offset)

    def _chroma(self, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return out[self.height :].reshape(self.height // 2, self.width // 2, 2)


@dataclass(frozen=True)
class _Tone:
    """value * gain + luma (or chroma): the offsets of the two kinds of plane."""

    gain: float
    luma: float
    chroma: float


def _nearer(view: View, depth: float) -> tuple[float, float, float]:
    """The view of a layer nearer (above 1) or farther (below 1) than the figure: it moves more, or less."""
    scale = 1.0 + (view.scale - 1.0) * depth
    half = 0.5 / scale
    x, y = 0.5 + (view.x - 0.5) * depth, 0.5 + (view.y - 0.5) * depth
    return min(max(x, half), 1 - half), min(max(y, half), 1 - half), scale


def _falling(timeline: Timeline) -> dict[str, frozenset[str]]:
    """Which effects of weather fall before each picture, by its path."""
    weather = [effect for effect in timeline.effects if effect.kind in ("rain", "snow", "petals")]
    found: dict[str, frozenset[str]] = {}
    for shot in timeline.shots:
        path = str(shot.picture.path)
        over = {one.kind for one in weather if one.start < shot.end and shot.start < one.start + one.frames}
        found[path] = found.get(path, frozenset()) | over
    return found
