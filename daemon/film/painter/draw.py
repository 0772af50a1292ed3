"""Draws a scene: composes its planes, places them by the camera, rasterises them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from daemon.film.painter.cast import CAST
from daemon.film.painter.colour import Palette
from daemon.film.painter.finish import finish
from daemon.film.painter.pen import Point
from daemon.film.painter.places import PLACES
from daemon.film.painter.rig import Puppet, point
from daemon.film.painter.stage import CAST_DEPTH, Camera, Plane, Spot, Stage, look_at, page, placed, sheet_of


def rasterise(planes: Sequence[Plane], camera: Camera, width: int, height: int) -> NDArray[np.uint8]:
    """Planes drawn over each other, H x W x 4 uint8 RGBA, premultiplied; soft ones at half the resolution."""
    soft = all(plane.soft for plane in planes)
    wide, tall = ((width + 1) // 2, (height + 1) // 2) if soft else (width, height)
    body = "".join(placed(plane, camera, width, height) for plane in planes)
    data = resvg_py.svg_to_bytes(svg_string=page(body, (width, height), (wide, tall)), skip_system_fonts=True)
    decoded = cv2.imdecode(np.frombuffer(bytes(data), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    blue, green, red, alpha = cv2.split(decoded)
    rgb = cv2.multiply(cv2.merge([red, green, blue]), cv2.merge([alpha, alpha, alpha]), scale=1 / 255)
    rgba = cv2.merge([*cv2.split(rgb), alpha])
    if soft:
        rgba = cv2.resize(rgba, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(rgba, dtype=np.uint8)


def lay_over(canvas: NDArray[np.uint8], rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A premultiplied layer over an opaque canvas."""
    keep = cv2.bitwise_not(rgba[:, :, 3])
    below = cv2.multiply(canvas, cv2.merge([keep, keep, keep]), scale=1 / 255)
    return np.asarray(cv2.add(below, np.ascontiguousarray(rgba[:, :, :3])), dtype=np.uint8)


def _perform(stage: Stage, spot: Spot, index: int) -> None:
    """Draws one of the cast on its spot, in a layer of its own."""
    name = stage.scene["cast"][index]
    character = CAST[name]
    depth = CAST_DEPTH + (0.06 if index else 0.0)
    pen = stage.layer(f"cast {name}", depth, (spot.x, spot.y - 250 * spot.scale))
    pen.lit = True
    puppet = Puppet(pen, character.build, character.pose(stage.scene["pose"]))
    if index == 0:
        stage.face = along(spot, point(puppet.bones["head"], 0, -72))
    with pen.inside(f"translate({spot.x:.1f} {spot.y:.1f}) scale({spot.scale:.3f})"):
        character.draw(puppet)


def along(spot: Spot, place: Point) -> Point:
    """A figure's point in the world."""
    return spot.x + place[0] * spot.scale, spot.y + place[1] * spot.scale


def compose(scene: dict[str, Any], width: int, height: int) -> tuple[Stage, Camera]:
    """The planes of a scene, and the camera.

    Raises ValueError where a size is below 16 or above 8192 pixels.
    """
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise ValueError(f"a picture has 16 to 8192 pixels a side, not {width} x {height}")
    colours = scene["palette"]
    palette = Palette(tuple(colours["ramp"]), tuple(colours["accents"]), colours["light"], colours["line"])
    framing = scene["framing"]
    stage = Stage(palette, sheet_of(scene["sheet"]), scene, _perform)
    stage.line = {"wide": 1.0, "medium": 0.72, "close": 0.56}[framing]
    PLACES[scene["place"]](stage)
    finish(stage)
    return stage, look_at(stage, framing, width, height)


def draw_picture(scene: dict[str, Any], width: int, height: int) -> NDArray[np.uint8]:
    """A scene's picture, H x W x 3 RGB."""
    stage, camera = compose(scene, width, height)
    canvas = np.zeros((height, width, 3), dtype=np.uint8)
    for _, run in groupby(stage.planes, key=lambda plane: plane.soft):
        canvas = lay_over(canvas, rasterise(list(run), camera, width, height))
    return canvas


def draw_layers(
    scene: dict[str, Any], width: int, height: int
) -> list[tuple[str, float, NDArray[np.uint8], tuple[float, float]]]:
    """A scene's layers back to front: name, depth, premultiplied RGBA, pivot in shares of the canvas."""
    stage, camera = compose(scene, width, height)
    drawn = []
    for plane in stage.planes:
        rgba = rasterise([plane], camera, width, height)
        a, b, c, d, e, f = camera.transform(plane.depth, width, height)
        x, y = plane.pivot or (800.0, 450.0)
        anchor = ((a * x + c * y + e) / width, (b * x + d * y + f) / height)
        drawn.append((plane.name, plane.depth, rgba, anchor))
    return drawn
