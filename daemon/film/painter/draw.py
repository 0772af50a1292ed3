"""Draws a scene: composes its planes, places them by the camera, rasterises them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from daemon.film.painter.cast import CAST
from daemon.film.painter.colour import Palette
from daemon.film.painter.places import PLACES
from daemon.film.painter.rig import Puppet
from daemon.film.painter.stage import CAST_DEPTH, Camera, Spot, Stage, look_at, page, placed, sheet_of


def rasterise(svg: str) -> NDArray[np.uint8]:
    """A page as H x W x 4 uint8 RGBA, not premultiplied."""
    data = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    decoded = cv2.imdecode(np.frombuffer(bytes(data), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA), dtype=np.uint8)


def _perform(stage: Stage, spot: Spot, index: int) -> None:
    """Draws one of the cast on its spot, in a layer of its own."""
    name = stage.scene["cast"][index]
    character = CAST[name]
    depth = CAST_DEPTH + (0.06 if index else 0.0)
    pen = stage.layer(f"cast {name}", depth, (spot.x, spot.y - 250 * spot.scale))
    with pen.inside(f"translate({spot.x:.1f} {spot.y:.1f}) scale({spot.scale:.3f})"):
        character.draw(Puppet(pen, character.build, character.pose(stage.scene["pose"])))


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
    if scene["cast"]:
        character = CAST[scene["cast"][0]]
        stage.spot = Spot(stage.spot.x, stage.spot.y, stage.spot.scale, character.height, character.eyes)
    return stage, look_at(stage.spot, framing, width, height, scene)


def draw_picture(scene: dict[str, Any], width: int, height: int) -> NDArray[np.uint8]:
    """A scene's picture, H x W x 3 RGB."""
    stage, camera = compose(scene, width, height)
    body = "".join(placed(plane, camera, width, height) for plane in stage.planes)
    return np.ascontiguousarray(rasterise(page(body, width, height))[:, :, :3])


def draw_layers(
    scene: dict[str, Any], width: int, height: int
) -> list[tuple[str, float, NDArray[np.uint8], tuple[float, float]]]:
    """A scene's layers back to front: name, depth, premultiplied RGBA, pivot in shares of the canvas."""
    stage, camera = compose(scene, width, height)
    drawn = []
    for plane in stage.planes:
        rgba = rasterise(page(placed(plane, camera, width, height), width, height))
        alpha = rgba[:, :, 3:4].astype(np.uint16)
        rgba[:, :, :3] = (rgba[:, :, :3] * alpha + 127) // 255
        a, b, c, d, e, f = camera.transform(plane.depth, width, height)
        x, y = plane.pivot or (800.0, 450.0)
        anchor = ((a * x + c * y + e) / width, (b * x + d * y + f) / height)
        drawn.append((plane.name, plane.depth, rgba, anchor))
    return drawn
