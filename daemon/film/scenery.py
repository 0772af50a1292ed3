"""Painted scenes taken apart for the camera: what lies behind the figure, the figure on its joints, what lies before.

Each is drawn once, large enough for the camera, and moved as a cut-out.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon import log
from daemon.film.dance import poses
from daemon.film.pictures import Planes, covering, load, planes
from daemon.film.sprites import Figure, Sprite, from_planes, page
from daemon.film.values import PictureFile

LARGE = 1.1  # how much larger than the frame a scene is drawn
_SMALL = 192
_ALIKE = 9.0  # mean levels that a scene may differ from the approved picture

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class Scenery:
    """A scene on a canvas of width x height: what lies behind, and before; foot: where the figure stands, 0..1."""

    back: Planes
    figure: Figure
    front: Sprite | None
    width: int
    height: int
    foot: tuple[float, float]

    @property
    def size(self) -> int:
        """Bytes."""
        return self.back.size + self.figure.size + (self.front.size if self.front else 0)


def stage_of(picture: PictureFile, width: int, height: int) -> Scenery | None:
    """A picture's scene, its figure apart, for frames of width x height.

    None where it has no figure, or where this painter draws it otherwise than it was approved: the still is
    shown then.
    """
    if not (taken := poses(picture)):
        return None
    from daemon.film.painter.jointed import Jointed

    wide, high = _canvas(width, height)
    try:
        jointed = Jointed(picture.scene, wide, high)
        back = _back(jointed.still(jointed.behind), wide, high)
        front = _cut(page(wide, high).draw(jointed.still(jointed.before))) if jointed.before else None
        figure = Figure(jointed)
        first = figure.sprite(taken[0])
    except (KeyError, ValueError, TypeError, AttributeError, AssertionError) as error:
        log.get().warning("a scene is shown as a still: it can't be drawn again", picture=picture.id, error=repr(error))
        return None  # a scene of another painter's version; the approved picture itself is there
    if not _as_approved(picture, back, [sprite for sprite in (first, front) if sprite], width, height):
        log.get().warning("a scene is shown as a still: it would be drawn otherwise now", picture=picture.id)
        return None
    foot = (0.5, 1.0)
    if first is not None:
        rows, columns = first.luma.shape
        foot = ((first.left + columns / 2) / wide, min(1.0, (first.top + rows) / high))
    return Scenery(back, figure, front, wide, high, foot)


def _canvas(width: int, height: int) -> tuple[int, int]:
    wide = round(width * LARGE / 2) * 2
    return wide, round(wide * height / width / 2) * 2


def _as_approved(picture: PictureFile, back: Planes, sprites: list[Sprite], width: int, height: int) -> bool:
    """Whether the scene's luma, put together, is that of the approved picture; both small."""
    rows, columns = back.luma.shape
    whole = back.luma.copy()
    for sprite in sprites:
        left, top = max(0, sprite.left), max(0, sprite.top)
        right, bottom = (
            min(columns, sprite.left + sprite.luma.shape[1]),
            min(rows, sprite.top + sprite.luma.shape[0]),
        )
        seen = (slice(top - sprite.top, bottom - sprite.top), slice(left - sprite.left, right - sprite.left))
        below = whole[top:bottom, left:right]
        through = cv2.multiply(below, cv2.bitwise_not(sprite.alpha[seen]), scale=1 / 255)
        whole[top:bottom, left:right] = cv2.add(through, sprite.luma[seen])
    small = (_SMALL, max(16, round(_SMALL * height / width)))
    again = np.asarray(cv2.resize(whole, small, interpolation=cv2.INTER_AREA), np.int16)
    approved = np.asarray(cv2.resize(covering(load(picture.path), width, height), small, interpolation=cv2.INTER_AREA))
    luma = planes(np.asarray(approved, np.uint8), small[0] // 2 * 2, small[1] // 2 * 2).luma
    return float(np.abs(again[: luma.shape[0], : luma.shape[1]] - luma).mean()) < _ALIKE


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
    # The border is clear, so that a cut-out ends softly; but not at the canvas' own edge, beyond which it goes on.
    edge = 2
    border = [edge if side else 0 for side in (top > 0, bottom < height, left > 0, right < width)]
    padded = np.pad(drawn[:, top:bottom, left:right], ((0, 0), (border[0], border[1]), (border[2], border[3])))
    return from_planes(padded, left - border[2], top - border[0])
