"""Draws a scene: composes its planes, places them by the camera, rasterises them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daemon.film.painter.cast import CAST
from daemon.film.painter.colour import Palette, shift
from daemon.film.painter.finish import finish
from daemon.film.painter.outline import Point, box, corners, ellipse
from daemon.film.painter.pen import Pen, Sheet
from daemon.film.painter.places import PLACES
from daemon.film.painter.poses import Pose, between, taken
from daemon.film.painter.rig import Matrix, Puppet, point
from daemon.film.painter.stage import (
    ABOVE,
    ALOFT,
    CAST_DEPTH,
    Camera,
    Plane,
    Spot,
    Stage,
    fit,
    look_at,
    placed,
    sheet_of,
)

if TYPE_CHECKING:
    from daemon.film.painter.svg import Page


def _page(width: int, height: int) -> Page:
    from daemon.film.painter.svg import Page  # brings numba, which colours and poses can do without

    return Page(width, height)


def rasterise(
    planes: Sequence[Plane], camera: Camera, width: int, height: int, border: tuple[int, int] = (0, 0)
) -> NDArray[np.uint8]:
    """Planes drawn over each other, H x W x 4 uint8 RGBA, premultiplied.

    border: pixels that are drawn beyond the picture, left and right, above and below.
    """
    across, down = border
    page = _page(width + 2 * across, height + 2 * down)
    body = "".join(placed(plane, camera, width, height) for plane in planes)
    return np.ascontiguousarray(np.moveaxis(page.draw(body, (1, 0, 0, 1, across, down)), 0, -1))


def _opaque(planes: Sequence[Plane], camera: Camera, width: int, height: int) -> NDArray[np.uint8]:
    """Planes over each other on black, H x W x 3 uint8 RGB."""
    page = _page(width, height)
    page.canvas[3] = 255
    drawn = page.draw("".join(placed(plane, camera, width, height) for plane in planes))
    return np.ascontiguousarray(np.moveaxis(drawn[:3], 0, -1))


def perform(stage: Stage, spot: Spot, index: int) -> None:
    """Draws one of the cast on its spot, in a layer of its own."""
    name = stage.scene["cast"][index]
    depth = CAST_DEPTH + (0.06 if index else 0.0)
    pen = stage.layer(f"cast {name}", depth, (spot.x, spot.y - 250 * spot.scale), cast=True)
    stage.planes[-1].part = (spot, index)
    pen.lit = True
    pen.palette = replace(pen.palette, accents=pen.palette.wardrobe, light=stage.glint or pen.palette.light)
    pen.wash, pen.rim = stage.wash, 1.5 if stage.glint else 1.0
    with pen.inside(f"translate({spot.x:.1f} {spot.y:.1f}) scale({spot.scale:.3f})"):
        head = act(pen, stage.scene, index)
    if index == 0:
        stage.crest = CAST[name].crest
        stage.face = along(spot, point(head, 0, -72))
        stage.heads = [along(spot, head_of(pen, stage.scene, index, pose)) for pose in taken(stage.scene)]


def act(pen: Pen, scene: dict[str, Any], index: int) -> Matrix:
    """Draws one of a scene's cast about the origin, in the scene's pose; where its head is."""
    character = CAST[scene["cast"][index]]
    pose, props = _struck(scene, index)
    puppet = Puppet(pen, character.build, pose)
    if puppet.pose.perch:
        perch(pen, puppet.bones["hips"][5] + 14)
    head = puppet.bones["head"]
    character.draw(puppet, props or not (character.home or character.afoot))
    return head


def _struck(scene: dict[str, Any], index: int) -> tuple[Pose, bool]:
    """The pose of one of a scene's cast, and whether its props are there."""
    character = CAST[scene["cast"][index]]
    held = scene.get("props") or []
    props = held[index] if index < len(held) else character.props(scene["place"] or character.home, scene["pose"])
    pose = character.pose(scene["pose"], props)
    if scene.get("towards"):
        pose = between(pose, character.pose(scene["towards"], props), float(scene["share"]))
    seats = scene.get("seats") or []
    if index < len(seats) and seats[index] is not None and pose.seat is None:
        pose = replace(pose, seat=float(seats[index]), sway=pose.sway * 0.3, lift=0.0)
    return (replace(pose, blink=True) if scene.get("blink") else pose), props


def head_of(pen: Pen, scene: dict[str, Any], index: int, pose: str) -> Point:
    """Where the middle of one's head, hair and all, is in a pose, its feet at the origin."""
    struck, _ = _struck({**scene, "pose": pose, "towards": ""}, index)
    character = CAST[scene["cast"][index]]
    bones = Puppet(pen, character.build, struck).bones
    return point(bones["head"], 0, -72 - ABOVE * character.crest)


def perch(pen: Pen, top: float) -> None:
    """An amplifier to sit on, its top as high as is given; its front shows between the legs and beside them."""
    case_paint, cloth = pen.palette.tone(0.34), pen.palette.tone(0.2)
    lid = corners(f"-128 {top - 34}, 128 {top - 34}, 150 {top + 4}, -150 {top + 4}")
    case = box(-150, top, 300, 12 - top, 10)
    for outline in (lid, case):
        pen.stroke(outline, pen.palette.line, pen.sheet.outer * 2)
    pen.shape(case, case_paint, line=0, shade=14, rim=6)
    pen.shape(lid, shift(case_paint, lightness=0.12), line=0.8, shade=8)
    pen.shape(box(-134, top + 44, 268, -50 - top, 8), cloth, line=0.8)
    for step in range(int((-60 - top) / 13)):
        pen.fill(box(-126, top + 54 + step * 13, 252, 5, 2), case_paint, 0.8)
    for index in range(7):
        pen.fill(ellipse(-108 + index * 36, top + 24, 7), pen.palette.accents[1 if index == 6 else 2])


def along(spot: Spot, place: Point) -> Point:
    """A figure's point in the world."""
    return spot.x + place[0] * spot.scale, spot.y + place[1] * spot.scale


def compose(
    scene: dict[str, Any], width: int, height: int, perform: Callable[[Stage, Spot, int], None] = perform
) -> tuple[Stage, Camera]:
    """The planes of a scene, and the camera; perform: who draws one of the cast on its spot.

    Raises ValueError where a size is below 16 or above 8192 pixels.
    """
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise ValueError(f"a picture has 16 to 8192 pixels a side, not {width} x {height}")
    colours = scene["palette"]
    palette = Palette(
        tuple(colours["ramp"]), tuple(colours["accents"]), colours["light"], colours["line"], tuple(colours["wardrobe"])
    )
    framing = scene["framing"]
    stage = Stage(palette, sheet_of(scene["sheet"]), scene, perform)
    stage.line = {"wide": 1.0, "medium": 0.72, "close": 0.56}[framing]
    PLACES[scene["place"]](stage)
    finish(stage)
    return stage, look_at(stage, framing, width, height)


def draw_picture(scene: dict[str, Any], width: int, height: int) -> NDArray[np.uint8]:
    """A scene's picture, H x W x 3 RGB."""
    return draw_and_tell(scene, width, height)[0]


def draw_and_tell(scene: dict[str, Any], width: int, height: int) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """A scene's picture, H x W x 3 RGB, and what is to be told of it, JSON-able: its focus, and what is aloft."""
    stage, camera = compose(scene, width, height)
    canvas = _opaque(stage.planes, camera, width, height)
    focus = focus_of(stage, camera, width, height)
    return canvas, {"focus": [round(share, 4) for share in focus], "aloft": aloft(stage.planes)}


def aloft(planes: Sequence[Plane]) -> list[str]:
    """The names of those planes that show what is in the air."""
    return sorted({plane.name for plane in planes} & ALOFT)


def focus_of(stage: Stage, camera: Camera, width: int, height: int) -> tuple[float, float]:
    """Where the first one's face is as it dances, in shares of the picture."""
    a, b, c, d, e, f = camera.transform(CAST_DEPTH, width, height)
    x, y = stage.gaze
    return (a * x + c * y + e) / width, (b * x + d * y + f) / height


Drawn = tuple[str, float, NDArray[np.uint8], tuple[float, float]]  # name, depth, premultiplied RGBA, pivot


def draw_cast(scene: dict[str, Any], width: int, height: int, margin: float, moved: dict[str, Any]) -> list[Drawn]:
    """The cast's layers as the scene has them but for what `moved` says, seen by the scene's own camera."""
    _, camera = compose(scene, width, height)
    stage, _ = compose({**scene, **moved}, width, height)
    stage.planes = [plane for plane in stage.planes if plane.cast]
    return _rasters(stage, camera, width, height, margin)


def draw_layers(scene: dict[str, Any], width: int, height: int, margin: float) -> list[Drawn]:
    """A scene's layers back to front; margin: what is drawn beyond each edge, as a share of the picture."""
    stage, camera = compose(scene, width, height)
    return _rasters(stage, camera, width, height, margin)


def _rasters(stage: Stage, camera: Camera, width: int, height: int, margin: float) -> list[Drawn]:
    border = (round(width * margin), round(height * margin))
    wide, tall = width + 2 * border[0], height + 2 * border[1]
    drawn = []
    for plane in stage.planes:
        a, b, c, d, e, f = camera.transform(plane.depth, width, height)
        x, y = plane.pivot or (800.0, 450.0)
        anchor = ((a * x + c * y + e + border[0]) / wide, (b * x + d * y + f + border[1]) / tall)
        drawn.append((plane.name, plane.depth, rasterise([plane], camera, width, height, border), anchor))
    return drawn


def draw_figure(name: str, pose: str, palette: Palette, sheet: Sheet, width: int, height: int) -> NDArray[np.uint8]:
    """One of the cast in a pose on a plain ground, H x W x 3 RGB."""
    stage = Stage(palette, sheet, {"seed": 0, "place": "", "cast": [name], "pose": pose, "hour": "day"}, perform)
    back = stage.layer("back", 1.0)
    back.fill(box(-2000, -2000, 5600, 5000), palette.tone(0.62))
    back.fill(ellipse(800, 812, 260, 26), palette.tone(0.42))
    stage.cast(800, 800, 1.0)
    camera = Camera((800, 445), min(width / 640, height / 820) / fit(width, height))
    return _opaque(stage.planes, camera, width, height)
