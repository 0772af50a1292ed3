"""Cut-outs as planes, and painted figures put together from body parts that are each drawn once.

A sprite holds premultiplied planes: luma and chroma times alpha, BT.709 limited range, cropped to what isn't
transparent. A figure's parts are drawn upright in their bones' frames and laid over each other turned, in YUV;
a whole figure in one pose, or on its way to another, is a sprite again.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film import lay_kernels
from daemon.film import sprite_kernels as kernels
from daemon.film.pictures import MATRIX

if TYPE_CHECKING:
    from daemon.film.painter.jointed import Jointed, Piece
    from daemon.film.painter.svg import Page

Plane = NDArray[np.uint8]
_EDGE = 2  # clear pixels around a cut-out


@dataclass(frozen=True)
class Sprite:
    """A cut-out. left, top: where its first pixel lies on the canvas; all four planes have a clear border.

    kinds, kinds_half: which parts of the alphas are clear or opaque, as `lay_kernels.kinds` has it.
    """

    luma: Plane  # (h, w)
    alpha: Plane  # (h, w)
    chroma: Plane  # (h / 2, w / 2, 2)
    alpha_half: Plane  # (h / 2, w / 2)
    kinds: Plane
    kinds_half: Plane
    left: int
    top: int

    @property
    def size(self) -> int:
        """Bytes."""
        planes = (self.luma, self.alpha, self.chroma, self.alpha_half, self.kinds, self.kinds_half)
        return sum(int(plane.nbytes) for plane in planes)


@dataclass(frozen=True)
class _Part:
    """A piece as drawn: its pixels, where the first one's corner lies in the piece's frame, pixels a unit there."""

    pixels: kernels.Canvas
    x: float
    y: float
    scale: float


class Figure:
    """A painted scene's cast on a canvas; its parts are drawn when they are first seen."""

    def __init__(self, jointed: Jointed) -> None:
        self._jointed = jointed
        self._parts: dict[Hashable, _Part | None] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of the parts drawn so far."""
        return sum(part.pixels.nbytes for part in list(self._parts.values()) if part)

    def sprite(
        self, pose: str, towards: str = "", share: float = 0.0, blink: bool = False, steps: tuple[int, ...] = ()
    ) -> Sprite | None:
        """The cast in a pose, or part of the way to another; None where nothing of it is seen. It has no steps."""
        jointed = self._jointed
        with self._lock:
            layers = [
                (strokes.opacity, [(piece, part) for piece in strokes.pieces if (part := self._part(piece))])
                for strokes in jointed.pieces(pose, towards, share, blink)
            ]
        boxes = [_box(piece, part) for _, layer in layers for piece, part in layer]
        if not boxes:
            return None
        left, top, right, bottom = _even(boxes, jointed.width, jointed.height)
        if right - left < 2 or bottom - top < 2:
            return None
        canvas = np.zeros((bottom - top, right - left), np.uint32)
        for opacity, layer in layers:
            over = canvas if opacity >= 1 else np.zeros_like(canvas)
            for piece, part in layer:
                kernels.turn(part.pixels, over, *_map(piece, part, left, top))
            if opacity < 1:
                kernels.veil(over, canvas, opacity)
        return _planes(canvas, left, top)

    def _part(self, piece: Piece) -> _Part | None:
        if piece.look not in self._parts:
            if not _seen(piece, self._jointed.width, self._jointed.height):
                return None
            self._parts[piece.look] = _drawn(piece)
        return self._parts[piece.look]


def _seen(piece: Piece, width: int, height: int) -> bool:
    """Whether a piece's box meets the canvas."""
    a, b, c, d, e, f = piece.matrix
    left, top, right, low = piece.box
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (top, low)]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return max(across) > 0 and min(across) < width and max(down) > 0 and min(down) < height


def _drawn(piece: Piece) -> _Part | None:
    """A piece's pixels, cropped; None where it is clear."""
    left, top, right, low = piece.box
    size = piece.size
    wide, high = max(1, math.ceil((right - left) * size)), max(1, math.ceil((low - top) * size))
    drawn = page(wide, high).draw(piece.svg(), (size, 0, 0, size, -left * size, -top * size))
    x, y, across, down = cv2.boundingRect(drawn[3])
    if not across or not down:
        return None
    pixels = np.zeros((down + 2 * _EDGE, across + 2 * _EDGE), np.uint32)
    kernels.packed(drawn[:, y : y + down, x : x + across], pixels[_EDGE:-_EDGE, _EDGE:-_EDGE])
    return _Part(pixels, left + (x - _EDGE) / size, top + (y - _EDGE) / size, size)


def page(width: int, height: int) -> Page:
    """An empty page whose channels are YUV, BT.709 limited range."""
    from daemon.film.painter.svg import Page

    return Page(width, height, MATRIX)


def _box(piece: Piece, part: _Part) -> tuple[float, float, float, float]:
    """left, top, right, bottom of a part on the canvas."""
    a, b, c, d, e, f = piece.matrix
    high, wide = part.pixels.shape
    xs, ys = (part.x, part.x + wide / part.scale), (part.y, part.y + high / part.scale)
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in xs for y in ys]
    return (
        min(x for x, _ in corners),
        min(y for _, y in corners),
        max(x for x, _ in corners),
        max(y for _, y in corners),
    )


def _even(boxes: Sequence[tuple[float, float, float, float]], width: int, height: int) -> tuple[int, int, int, int]:
    """The canvas' part that holds all boxes, on even pixels; a clear border, but where the canvas itself ends."""
    left = max(0, math.floor(min(box[0] for box in boxes)) // 2 * 2 - _EDGE)
    top = max(0, math.floor(min(box[1] for box in boxes)) // 2 * 2 - _EDGE)
    right = min(width, -(-math.ceil(max(box[2] for box in boxes)) // 2) * 2 + _EDGE)
    bottom = min(height, -(-math.ceil(max(box[3] for box in boxes)) // 2) * 2 + _EDGE)
    return left, top, right, bottom


def _map(piece: Piece, part: _Part, left: int, top: int) -> tuple[float, float, float, float, float, float]:
    """From a canvas' pixel to the part's: u0, ux, uy, v0, vx, vy as the kernel has them."""
    a, b, c, d, e, f = piece.matrix
    size = part.scale / (a * d - b * c)
    ux, uy, vx, vy = d * size, -c * size, -b * size, a * size
    x, y = left + 0.5 - e, top + 0.5 - f
    return (
        ux * x + uy * y - part.x * part.scale - 0.5,
        ux,
        uy,
        vx * x + vy * y - part.y * part.scale - 0.5,
        vx,
        vy,
    )


def _planes(canvas: kernels.Canvas, left: int, top: int) -> Sprite:
    high, wide = canvas.shape
    luma, alpha = np.empty((high, wide), np.uint8), np.empty((high, wide), np.uint8)
    chroma = np.empty((high // 2, wide // 2, 2), np.uint8)
    alpha_half = np.empty((high // 2, wide // 2), np.uint8)
    kernels.planes_of(canvas.view(np.uint8).reshape(high, wide, 4), luma, alpha, chroma, alpha_half)
    return Sprite(luma, alpha, chroma, alpha_half, lay_kernels.kinds(alpha), lay_kernels.kinds(alpha_half), left, top)


def bordered(planes: Plane, left: int, top: int, width: int, height: int) -> tuple[Plane, int, int]:
    """Planes (4, h, w) that lie at left, top of a canvas, with a clear border, and where they lie then.

    So a cut-out ends softly; but not at the canvas' own edge, beyond which it goes on.
    """
    bottom, right = top + planes.shape[1], left + planes.shape[2]
    rows = (_EDGE if top > 0 else 0, _EDGE if bottom < height else 0)
    columns = (_EDGE if left > 0 else 0, _EDGE if right < width else 0)
    return np.pad(planes, ((0, 0), rows, columns)), left - columns[0], top - rows[0]


def from_planes(planes: Plane, left: int, top: int) -> Sprite:
    """A sprite from premultiplied planes (4, h, w), both sides even."""
    canvas = np.empty(planes.shape[1:], np.uint32)
    kernels.packed(planes, canvas)
    return _planes(canvas, left, top)


def from_rgba(rgba: Plane, left: int, top: int, width: int, height: int) -> Sprite:
    """A sprite from premultiplied RGBA (h, w, 4) of even sides that lies at left, top of a canvas."""
    matrix = np.concatenate([MATRIX[:, :3], MATRIX[:, 3:] / 255], axis=1)
    yuv = np.asarray(cv2.transform(np.ascontiguousarray(rgba), matrix), np.uint8)
    planes = np.concatenate([np.moveaxis(yuv, -1, 0), rgba[None, ..., 3]])
    return from_planes(*bordered(planes, left, top, width, height))
