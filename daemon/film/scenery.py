"""Painted scenes taken apart for the camera: what lies behind the figure, the figure on its joints, what lies before.

Each is drawn once, large enough for the camera, and moved as a cut-out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon import log
from daemon.film import springing, staging
from daemon.film.aloft import planes as planes_aloft
from daemon.film.approved import UNDRAWABLE
from daemon.film.dance import poses
from daemon.film.pictures import Planes, planes
from daemon.film.sprites import Figure, Sprite, bordered, from_planes, from_rgba, page
from daemon.film.values import PictureFile

_LARGER = (1.1, 1.16)  # how much larger than the frame a scene is drawn, between
# Which effect falls in a scene's own weather: it takes the place of what is painted, which would hang in the air.
_FALLING = {"rain": "rain", "storm": "rain", "snow": "snow", "petals": "petals", "clear": "petals"}

Plane = NDArray[np.uint8]
Steps = tuple[int, ...]


class Performer(Protocol):
    """Who stands in a scene."""

    @property
    def size(self) -> int:
        """Bytes kept."""
        ...

    def sprite(
        self, pose: str, towards: str = "", share: float = 0.0, blink: bool = False, steps: Steps = ()
    ) -> Sprite | None:
        """The figure in a pose, or part of the way (share) towards another; None where nothing of it is seen.

        steps: which of its pictures each of people's own cast shows, where their pose is one that moves.
        """
        ...


@dataclass(frozen=True)
class Scenery:
    """A scene on a canvas of width x height: what lies behind, and before; foot: where the figure stands, 0..1."""

    back: Planes
    figure: Performer | None
    front: Sprite | None
    width: int
    height: int
    foot: tuple[float, float]

    @property
    def size(self) -> int:
        """Bytes."""
        return self.back.size + sum(part.size for part in (self.figure, self.front) if part is not None)


class _Own:
    """People's own cast: each pose a picture that springs into the next, as nothing lies between two of them."""

    def __init__(
        self, picture: PictureFile, made: staging.Set, width: int, height: int, foot: tuple[float, float]
    ) -> None:
        self._picture, self._made, self._canvas, self._foot = picture, made, (width, height), foot
        self._placed: dict[str, tuple[Plane, int, int] | None] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        return sum(placed[0].nbytes for placed in list(self._placed.values()) if placed)

    def sprite(
        self, pose: str, towards: str = "", share: float = 0.0, blink: bool = False, steps: Steps = ()
    ) -> Sprite | None:
        placed = self._standing(springing.shown(pose, towards, share), steps)
        if placed is None:
            return None
        if towards:
            side = 1 if pose < towards else -1
            placed = springing.sprung(*placed, self._foot, share, side, self._canvas)
        return from_rgba(*placed, *self._canvas)

    def _standing(self, pose: str, steps: Steps) -> tuple[Plane, int, int] | None:
        """The cast at rest in a pose; one that moves by itself is drawn anew for each of its pictures."""
        scene, folder = self._picture.scene, self._picture.path.parent
        if steps:
            return staging.figures(scene, self._made, folder, pose, *self._canvas, steps)
        with self._lock:
            if pose not in self._placed:
                self._placed[pose] = staging.figures(scene, self._made, folder, pose, *self._canvas)
            return self._placed[pose]


def stage_of(picture: PictureFile, width: int, height: int, falling: frozenset[str] = frozenset()) -> Scenery | None:
    """A picture's scene, its figure apart, for frames of width x height; falling: effects that fall before it.

    None where it has no figure, or can't be drawn. Whether it is drawn as it was approved, `approved` says.
    """
    if not poses(picture):
        return None
    wide, high = _canvas(width, height)
    try:
        return _apart(picture, wide, high, _FALLING.get(str(picture.scene.get("weather"))) in falling)
    except UNDRAWABLE as error:
        log.get().warning("a scene is shown as a still: it can't be drawn again", picture=picture.id, error=repr(error))
        return None  # a scene of another painter's version; the approved picture itself is there


def _apart(picture: PictureFile, width: int, height: int, dry: bool) -> Scenery:
    """The scene; dry: without its weather."""
    from daemon.film.painter.jointed import Jointed

    scene = picture.scene
    own = scene.get("own") or {}
    made = staging.arrange(scene, width, height) if own else None
    figure: Performer
    if made is not None and made.stands:
        still, before = made.still, made.before
        foot = made.stands[0].spot
        a, b, c, d, e, f = made.camera.transform(made.stands[0].depth, width, height)
        at = (a * foot.x + c * foot.y + e, b * foot.x + d * foot.y + f)
        figure = _Own(picture, made, width, height, at)
        x, y = at[0] / width, at[1] / height
    else:
        jointed = Jointed(scene, width, height)
        still, before = jointed.still, [] if own.get("background") else jointed.before
        figure = Figure(jointed)
        first = figure.sprite(poses(picture)[0])
        x, y = 0.5, 1.0
        if first is not None:
            rows, columns = first.luma.shape
            x, y = (first.left + columns / 2) / width, (first.top + rows) / height
    if made is not None:
        back = planes(staging.behind(scene, made, picture.path.parent, width, height), width, height)
    else:
        back = _back(jointed.still(jointed.behind), width, height)
    hung = planes_aloft(scene) | ({"weather"} if dry else set())
    before = [plane for plane in before if plane.name not in hung]
    front = _cut(page(width, height).draw(still(before))) if before else None
    return Scenery(back, figure, front, width, height, (x, min(1.0, y)))


def _canvas(width: int, height: int) -> tuple[int, int]:
    """Even sides some tenths larger than the frame's, as nearly of its shape as there are.

    Of another shape, the scene would lie a little elsewhere in the frame at each size that it is drawn at.
    """
    least, most = (round(width * scale / 2) * 2 for scale in _LARGER)
    found = [(wide, max(2, round(wide * height / width / 2) * 2)) for wide in range(least, most + 1, 2)]
    return min(found, key=lambda size: (abs(size[0] * height - size[1] * width) / size[0], size[0]))


def _back(body: str, width: int, height: int) -> Planes:
    """The canvas with some SVG on black."""
    drawing = page(width, height)
    drawing.canvas[:] = np.array((16, 128, 128, 255), np.uint8)[:, None, None]
    drawn = drawing.draw(body)
    size = (width // 2, height // 2)
    chroma = [cv2.resize(drawn[channel], size, interpolation=cv2.INTER_AREA) for channel in (1, 2)]
    return Planes(drawn[0].copy(), np.asarray(cv2.merge(chroma), np.uint8))


def _cut(drawn: Plane) -> Sprite | None:
    """A cut-out from the whole canvas' planes (4, h, w), cropped on even pixels."""
    left, top, wide, high = cv2.boundingRect(drawn[3])
    if not wide or not high:
        return None
    right, bottom = -(-(left + wide) // 2) * 2, -(-(top + high) // 2) * 2
    left, top = left // 2 * 2, top // 2 * 2
    _, height, width = drawn.shape
    return from_planes(*bordered(drawn[:, top:bottom, left:right], left, top, width, height))
