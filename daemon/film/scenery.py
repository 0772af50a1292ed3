"""Painted scenes taken apart for the camera: what lies behind the figure, the figure in its poses, what lies before.

Each is drawn once, large enough for the camera, and moved as a cut-out. A sprite holds premultiplied planes:
luma and chroma times alpha, BT.709 limited range, cropped to what isn't transparent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from daemon import log
from daemon.errors import FinalFault
from daemon.film import staging
from daemon.film.dance import poses
from daemon.film.pictures import MATRIX, Planes, load, planes
from daemon.film.values import PictureFile

LARGE = 1.1  # how much larger than the frame a scene is drawn
_SMALL = 192  # pixels across
_ALIKE = 9.0  # mean grey levels that a scene may differ from the approved picture

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class Sprite:
    """A cut-out. left, top: where its first pixel lies on the canvas; all four planes have a clear border."""

    luma: Plane  # (h, w)
    alpha: Plane  # (h, w)
    chroma: Plane  # (h / 2, w / 2, 2)
    alpha_half: Plane  # (h / 2, w / 2)
    left: int
    top: int

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.luma.nbytes + self.alpha.nbytes + self.chroma.nbytes + self.alpha_half.nbytes)


@dataclass(frozen=True)
class Scenery:
    """A scene on a canvas of width x height: what lies behind, and before; foot: where the figure stands, 0..1."""

    back: Planes
    front: Sprite | None
    width: int
    height: int
    foot: tuple[float, float]

    @property
    def size(self) -> int:
        """Bytes."""
        return self.back.size + (self.front.size if self.front else 0)


def _composed(scene: dict[str, Any], width: int, height: int) -> tuple[list[Any], list[Any], list[Any], Any]:
    """The scene's planes behind, of, and before its cast, and its camera. ValueError where it has no cast."""
    from daemon.film.painter.draw import compose

    stage, camera = compose(scene, width, height)
    cast = [index for index, plane in enumerate(stage.planes) if plane.cast]
    if not cast:
        raise ValueError("the scene has no cast")
    first, last = cast[0], cast[-1] + 1
    return stage.planes[:first], stage.planes[first:last], stage.planes[last:], camera


def stage_of(picture: PictureFile, width: int, height: int) -> Scenery | None:
    """A picture's scene without its figure, for frames of width x height.

    None where it has no figure, or where this painter draws it otherwise than it was approved: the still is
    shown then.
    """
    if not poses(picture):
        return None
    wide, high = _canvas(width, height)
    try:
        if not _as_approved(picture):
            log.get().warning("a scene is shown as a still: it would be drawn otherwise now", picture=picture.id)
            return None
        if picture.scene.get("own"):
            return _staged(picture, wide, high)
        behind, cast, before, camera = _composed(picture.scene, wide, high)
        back = _drawn(behind, camera, wide, high, (0, 0, wide, high))
        box = _box(cast, camera, wide, high)
        front = _cut(before, camera, wide, high)
    except (KeyError, ValueError, TypeError, AttributeError, AssertionError, OSError, FinalFault) as error:
        log.get().warning("a scene is shown as a still: it can't be drawn again", picture=picture.id, error=repr(error))
        return None  # a scene of another painter's version; the approved picture itself is there
    foot = ((box[0] + box[2]) / 2 / wide, min(1.0, box[3] / high))
    return Scenery(planes(np.ascontiguousarray(back[..., :3]), wide, high), front, wide, high, foot)


def figure(picture: PictureFile, pose: str, width: int, height: int) -> Sprite | None:
    """A picture's figure in a pose, on the same canvas and under the same camera. None where nothing is seen."""
    wide, high = _canvas(width, height)
    if picture.scene.get("own", {}).get("cast"):
        made = staging.arrange(picture.scene, wide, high)
        placed = staging.figures(picture.scene, made, picture.path.parent, pose, wide, high)
        return sprite_of(*placed, wide, high) if placed else None
    _, _, _, camera = _composed(picture.scene, wide, high)
    _, cast, _, _ = _composed({**picture.scene, "pose": pose}, wide, high)
    return _cut(cast, camera, wide, high)


def _staged(picture: PictureFile, width: int, height: int) -> Scenery:
    """The same for a scene with people's own cast or background."""
    made = staging.arrange(picture.scene, width, height)
    back = staging.behind(picture.scene, made, picture.path.parent, width, height)
    front = _cut(made.before, made.camera, width, height)
    if made.stands:
        foot = made.stands[0].spot
        a, b, c, d, e, f = made.camera.transform(made.stands[0].depth, width, height)
        x, y = (a * foot.x + c * foot.y + e) / width, (b * foot.x + d * foot.y + f) / height
    else:
        box = _box(made.cast, made.camera, width, height)
        x, y = (box[0] + box[2]) / 2 / width, box[3] / height
    return Scenery(planes(back, width, height), front, width, height, (x, min(1.0, y)))


def _canvas(width: int, height: int) -> tuple[int, int]:
    wide = round(width * LARGE / 2) * 2
    return wide, round(wide * height / width / 2) * 2


def _as_approved(picture: PictureFile) -> bool:
    """Whether the painter still draws the scene as it was approved: compared in the approved picture's own shape."""
    from daemon.film.painter.draw import draw_picture

    still = load(picture.path)
    if picture.scene.get("own"):
        return staging.looks_alike(picture.scene, picture.path.parent, still) < _ALIKE
    wide, high = _SMALL, max(16, round(_SMALL * still.shape[0] / still.shape[1]))
    drawn = draw_picture(picture.scene, wide, high)
    again = drawn[0] if isinstance(drawn, tuple) else drawn
    small = cv2.resize(still, (wide, high), interpolation=cv2.INTER_AREA)
    return float(np.abs(again.astype(np.int16) - small).mean()) < _ALIKE


def _box(layers: Sequence[Any], camera: Any, width: int, height: int) -> tuple[int, int, int, int]:
    """left, top, right, bottom of what isn't transparent, on even pixels; found on a small drawing."""
    wide, high = max(32, width // 8), max(32, height // 8)
    alpha = _drawn(layers, camera, width, height, (0, 0, width, height), (wide, high))[..., 3]
    rows, columns = np.flatnonzero(alpha.max(axis=1)), np.flatnonzero(alpha.max(axis=0))
    if not len(rows):
        return (0, 0, 0, 0)
    across, down = width / wide, height / high
    left, right = int((columns[0] - 1) * across), int((columns[-1] + 2) * across)
    top, bottom = int((rows[0] - 1) * down), int((rows[-1] + 2) * down)
    return max(0, left) // 2 * 2, max(0, top) // 2 * 2, -(-min(width, right) // 2) * 2, -(-min(height, bottom) // 2) * 2


def _cut(layers: Sequence[Any], camera: Any, width: int, height: int) -> Sprite | None:
    left, top, right, bottom = _box(layers, camera, width, height) if layers else (0, 0, 0, 0)
    if right - left < 2 or bottom - top < 2:
        return None
    return sprite_of(_drawn(layers, camera, width, height, (left, top, right, bottom)), left, top, width, height)


def sprite_of(rgba: Plane, left: int, top: int, width: int, height: int) -> Sprite:
    """Premultiplied RGBA of even size, whose first pixel lies at left, top of the canvas, as a cut-out."""
    bottom, right = top + rgba.shape[0], left + rgba.shape[1]
    # The border is clear, so that a cut-out ends softly; but not at the canvas' own edge, beyond which it goes on.
    edge = 2
    border = [edge if side else 0 for side in (top > 0, bottom < height, left > 0, right < width)]
    padded = cv2.copyMakeBorder(
        rgba, border[0], border[1], border[2], border[3], cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)
    )
    rgba = np.asarray(padded, np.uint8)
    left, top = left - border[2], top - border[0]
    matrix = np.concatenate([MATRIX[:, :3], MATRIX[:, 3:] / 255], axis=1)
    yuv = np.asarray(cv2.transform(rgba, matrix), np.uint8)
    size = (rgba.shape[1] // 2, rgba.shape[0] // 2)
    half = np.asarray(cv2.resize(yuv, size, interpolation=cv2.INTER_AREA), np.uint8)
    alpha = np.ascontiguousarray(rgba[..., 3])
    return Sprite(
        np.ascontiguousarray(yuv[..., 0]),
        alpha,
        np.ascontiguousarray(half[..., 1:]),
        np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8),
        left,
        top,
    )


def _drawn(
    layers: Sequence[Any],
    camera: Any,
    width: int,
    height: int,
    window: tuple[int, int, int, int],
    pixels: tuple[int, int] | None = None,
) -> Plane:
    """A window of the canvas with some layers drawn over each other: RGBA, premultiplied.

    Runs of soft layers (nothing but gradients) are drawn at half the resolution, as the painter does.
    """
    from daemon.film.painter.stage import placed

    left, top, right, bottom = window
    wide, high = pixels or (right - left, bottom - top)
    canvas: Plane | None = None
    for soft, run in groupby(layers, key=lambda plane: bool(plane.soft)):
        part = 2 if soft else 1
        body = "".join(placed(plane, camera, width, height) for plane in run)
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{-(-wide // part)}" height="{-(-high // part)}" '
            f'viewBox="{left} {top} {right - left} {bottom - top}" preserveAspectRatio="none">{body}</svg>'
        )
        rgba = _premultiplied(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)))
        if soft:
            rgba = np.asarray(cv2.resize(rgba, (wide, high), interpolation=cv2.INTER_LINEAR), np.uint8)
        if canvas is None:
            canvas = rgba
        else:
            clear = cv2.bitwise_not(rgba[..., 3])
            below = cv2.multiply(canvas, cv2.merge([clear, clear, clear, clear]), scale=1 / 255)
            canvas = np.asarray(cv2.add(below, rgba), np.uint8)
    return np.zeros((high, wide, 4), np.uint8) if canvas is None else np.ascontiguousarray(canvas)


def _premultiplied(png: bytes) -> Plane:
    bgra = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert bgra is not None
    rgba = np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), np.uint8)
    alpha = rgba[..., 3]
    if alpha.min() == 255:
        return rgba
    rgb = np.asarray(cv2.multiply(rgba[..., :3], cv2.merge([alpha, alpha, alpha]), scale=1 / 255), np.uint8)
    return np.dstack([rgb, alpha])
