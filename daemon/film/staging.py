"""People's own cast and backgrounds on a painter's stage: where they stand, how they are lit, drawn as layers.

A scene with own material is a painter's scene with one entry more:

    scene["own"] = {
        "cast": [{"name": str, "poses": {name: {"file", "box", "anchor", "stature", "base", ...}}}],  "moves": a reel
        "background": file or "",
        "light": {"ambient", "key": r, g, b in 0..1, "side": -1..1},
        "loop", "over", "clip": each a reel, where there is one,
    }

A reel is {"file", "name", "frames", "fps", "seconds", "peaks", "shown": the moment of its still}: a loop moves in
place of the background's still, one that is over lies over all, a clip is the whole picture and has no cast.
Files lie in the job's folder, made ready by `cutouts`. Colours are RGB; layers are RGBA, premultiplied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film import retime
from daemon.film.painter import Painted, Request
from daemon.film.painter.choose import choose
from daemon.film.painter.draw import aloft, compose, perform, rasterise
from daemon.film.painter.stage import CAST_DEPTH, Camera, Plane, Spot, Stage, placed
from daemon.film.pictures import covering, load
from daemon.film.reels import STEPS, Reel

VERSION = "4"
STATURE = 640.0  # world units that a figure of scale 1 is tall, as the painter's own are
LEANING = {"leaning left": -5.0, "leaning right": 5.0}  # degrees: how a character of one picture dances
_FACE = 0.86  # where a figure's face is taken to be, share of its height
_SMALL = (192, 108)
_TINT, _RIM, _SHADOW = 0.3, 0.4, 0.5
_NEAREST = {
    "idle": ("sit", "walk", "step left", "step right", "dance"),
    "step left": ("step right", "dance", "walk", "arms up", "headbang", "idle"),
    "step right": ("step left", "dance", "walk", "arms up", "headbang", "idle"),
    "dance": ("step left", "step right", "arms up", "headbang", "walk", "idle"),
    "headbang": ("dance", "arms up", "step left", "step right", "idle"),
    "arms up": ("dance", "headbang", "step left", "step right", "idle"),
    "walk": ("step left", "step right", "dance", "idle"),
    "sit": ("idle", "walk"),
}

Pixels = NDArray[np.uint8]


def nearest(pose: str, there: Sequence[str]) -> str:
    """The pose of those that are there that comes nearest to the one that is asked for."""
    if pose in there:
        return pose
    plain = next((name for name in LEANING if pose.endswith(name)), "")
    if plain and (rest := pose[: -len(plain)].strip()) in there:
        return rest
    return next((name for name in _NEAREST.get(pose, ()) if name in there), there[0])


def turns(scene: dict[str, Any]) -> tuple[str, ...]:
    """The poses that an own cast can take, the approved one first; () where the scene has none of its own.

    A cast of one picture leans from side to side; one of two takes the other, and leans once.
    """
    cast = scene.get("own", {}).get("cast") or []
    if not cast:
        return ()
    first = str(scene.get("pose", "idle"))
    poses = list(cast[0]["poses"])
    at = nearest(first, poses)
    others = [pose for pose in poses if pose != at]
    leans = [f"{at} {lean}" for lean in LEANING]
    return (first, *others, *leans[: max(0, 2 - len(others))])


@dataclass(frozen=True)
class Stand:
    """One of the own cast on the stage: which, where its feet are, and at which depth."""

    index: int
    spot: Spot
    depth: float


@dataclass(frozen=True)
class Set:
    """A scene taken apart: the painter's planes behind the cast and before it, the cast, and the camera."""

    behind: list[Plane]
    cast: list[Plane]
    before: list[Plane]
    stands: list[Stand]
    camera: Camera
    face: tuple[float, float]  # world
    size: tuple[int, int]  # pixels

    def still(self, planes: Sequence[Plane]) -> str:
        """Planes as SVG, in the pixels of the picture that this was arranged for."""
        return "".join(placed(plane, self.camera, *self.size) for plane in planes)

    def eye(self, width: int, height: int) -> tuple[float, float]:
        """Where the first face is, in shares of the picture."""
        a, b, c, d, e, f = self.camera.transform(CAST_DEPTH, width, height)
        x, y = self.face
        return (a * x + c * y + e) / width, (b * x + d * y + f) / height


def arrange(scene: dict[str, Any], width: int, height: int) -> Set:
    """A scene with own material, taken apart. Raises as the painter does."""
    own = scene["own"]
    names = [character["name"] for character in own["cast"]]
    stands: list[Stand] = []

    def stand(stage: Stage, spot: Spot, index: int) -> None:
        if not names:
            perform(stage, spot, index)
            return
        depth = CAST_DEPTH + (0.06 if index else 0.0)
        stage.layer(f"cast {index}", depth, cast=True)
        stands.append(Stand(index, spot, depth))
        if index == 0:
            tall = STATURE * spot.scale
            stage.face = (spot.x, spot.y - _FACE * tall)
            stage.crest = (1 - _FACE) * STATURE

    stage, camera = compose({**scene, "cast": names or scene["cast"]}, width, height, stand)
    cast = [index for index, plane in enumerate(stage.planes) if plane.cast]
    first, last = (cast[0], cast[-1] + 1) if cast else (len(stage.planes), len(stage.planes))
    planes = stage.planes
    behind, before = ([], []) if own.get("background") else (planes[:first], planes[last:])
    return Set(behind, [] if names else planes[first:last], before, stands, camera, stage.face, (width, height))


def backdrop(scene: dict[str, Any], made: Set, folder: Path, width: int, height: int) -> Pixels | None:
    """The own background as the camera sees it, H x W x 3; None where the scene has none. FinalFault as `load`."""
    name = scene["own"].get("background")
    if not name:
        return None
    return framed(load(folder / name), made, width, height)


def framed(rgb: Pixels, made: Set, width: int, height: int) -> Pixels:
    """An own background as a scene's camera sees it, H x W x 3."""
    rgb = covering(rgb, width, height)
    # What is far grows less than the figure when the camera goes near, and gets a little soft.
    near = 1.0 + (min(2.6, made.camera.zoom) - 1.0) * 0.4
    high, wide = (side / near for side in rgb.shape[:2])
    x = made.eye(width, height)[0]
    left = min(max(0.0, (0.5 + (x - 0.5) * 0.3) * rgb.shape[1] - wide / 2), rgb.shape[1] - wide)
    # The ground stays in sight unless the camera is so near that the feet are not.
    top = (rgb.shape[0] - high) * (0.8 if near < 1.25 else 0.45)
    part = rgb[round(top) : round(top + high), round(left) : round(left + wide)]
    smaller = part.shape[1] >= width
    seen = np.asarray(
        cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8
    )
    if near > 1.2:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), (near - 1.0) * width * 0.006), np.uint8)
    return seen


def laid(frame: Pixels, width: int, height: int) -> tuple[Pixels, int, int]:
    """A frame of a loop with transparency over the whole picture: premultiplied RGBA, and where it lies.

    It covers the picture where their shapes are alike, else it stands in the middle of the lower edge.
    """
    high, wide = frame.shape[:2]
    ratio = (wide / high) / (width / height)
    scale = max(width / wide, height / high) if 0.75 < ratio < 1.34 else min(width / wide, height / high)
    size = (max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    rgba = np.asarray(cv2.resize(premultiplied(frame), size, interpolation=method), np.uint8)
    left, top = (width - size[0]) // 2, height - size[1] if size[1] <= height else (height - size[1]) // 2
    part = rgba[max(0, -top) : max(0, -top) + height, max(0, -left) : max(0, -left) + width]
    return np.ascontiguousarray(part), max(0, left) // 2 * 2, max(0, top) // 2 * 2


def light_of(rgb: Pixels) -> dict[str, Any]:
    """The light in a picture that a figure should stand in: ambient and key colour (0..1), and the key's side."""
    small = np.asarray(cv2.resize(rgb, _SMALL, interpolation=cv2.INTER_AREA), np.float32) / 255.0
    luma = small @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    bright = luma >= np.quantile(luma, 0.92)
    columns = np.broadcast_to(np.linspace(-1, 1, small.shape[1]), luma.shape)
    side = float(columns[bright].mean())
    return {
        "ambient": [round(float(value), 3) for value in small.mean(axis=(0, 1))],
        "key": [round(float(value), 3) for value in small[bright].mean(axis=0)],
        "side": round(max(-1.0, min(1.0, side * 1.6)), 3),
    }


def figures(
    scene: dict[str, Any], made: Set, folder: Path, pose: str, width: int, height: int, steps: Sequence[int] = ()
) -> tuple[Pixels, int, int] | None:
    """The own cast in a pose on a canvas of width x height: premultiplied RGBA, and where it lies on the canvas.

    steps: for each of the cast, which picture of a pose that moves is shown (-1: it doesn't move). None where nothing
    of it is in sight.
    """
    own = scene["own"]
    canvas = np.zeros((height, width, 4), np.uint8)
    left, top, right, bottom = width, height, 0, 0
    for stand in made.stands:
        step = steps[stand.index] if stand.index < len(steps) else -1
        for rgba, x, y in _standing(own, stand, made.camera, folder, pose, width, height, step):
            box = (max(0, x), max(0, y), min(width, x + rgba.shape[1]), min(height, y + rgba.shape[0]))
            if box[2] - box[0] < 1 or box[3] - box[1] < 1:
                continue
            window = canvas[box[1] : box[3], box[0] : box[2]]
            window[:] = over(window, rgba[box[1] - y : box[3] - y, box[0] - x : box[2] - x])
            left, top, right, bottom = min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3])
    if right - left < 2 or bottom - top < 2:
        return None
    left, top = left // 2 * 2, top // 2 * 2
    right, bottom = min(width, -(-right // 2) * 2), min(height, -(-bottom // 2) * 2)
    return np.ascontiguousarray(canvas[top:bottom, left:right]), left, top


def over(below: Pixels, rgba: Pixels) -> Pixels:
    """A premultiplied layer over another one of the same size."""
    clear = cv2.bitwise_not(np.ascontiguousarray(rgba[..., 3]))
    kept = cv2.multiply(np.ascontiguousarray(below), cv2.merge([clear] * below.shape[2]), scale=1 / 255)
    return np.asarray(cv2.add(kept, np.ascontiguousarray(rgba[..., : below.shape[2]])), np.uint8)


def _standing(
    own: dict[str, Any], stand: Stand, camera: Camera, folder: Path, pose: str, width: int, height: int, step: int
) -> list[tuple[Pixels, int, int]]:
    """The shadow and the figure of one of the cast, each with its place on the canvas."""
    character = own["cast"][stand.index]
    lean = next((degrees for name, degrees in LEANING.items() if pose.endswith(name)), 0.0)
    drawn = character["poses"][nearest(pose, list(character["poses"]))]
    a, b, c, d, e, f = camera.transform(stand.depth, width, height)
    x, y = a * stand.spot.x + c * stand.spot.y + e, b * stand.spot.x + d * stand.spot.y + f
    tall = STATURE * stand.spot.scale * math.hypot(a, b)
    scale = tall / float(drawn["stature"])
    found = [_shadow(x, y, drawn["base"] * scale, tall)]
    # What is far beyond the canvas is never drawn, however near the camera is.
    rgba = _scaled(_pixels(folder, drawn, step), scale)
    foot_x, foot_y = (value * scale for value in drawn["anchor"])
    left, top = x - foot_x, y - foot_y
    if abs(lean) > 0.01 or abs(camera.roll) > 0.05:
        turned = lean * (-1 if camera.flip else 1) + camera.roll
        rgba, left, top = _turned(rgba, (foot_x, foot_y), turned, (x, y))
    whole_x, whole_y = math.floor(left), math.floor(top)
    cut = (
        max(0, -whole_y),
        min(rgba.shape[0], height - whole_y),
        max(0, -whole_x),
        min(rgba.shape[1], width - whole_x),
    )
    if cut[1] - cut[0] < 1 or cut[3] - cut[2] < 1:
        return found
    part = np.ascontiguousarray(rgba[cut[0] : cut[1], cut[2] : cut[3]])
    lit = _lit(part, own.get("light") or {}, tall)
    return [*found, (lit, whole_x + cut[2], whole_y + cut[0])]


def _pixels(folder: Path, drawn: dict[str, Any], step: int) -> Pixels:
    """A cut-out's pixels; step: which of its pictures, where it moves; below 0 its still."""
    from PIL import Image

    if step >= 0 and (moves := drawn.get("moves")):
        frame = Reel(folder / moves["file"]).at(step * STEPS)
        return frame if frame.shape[2] == 4 else np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])
    with Image.open(folder / drawn["file"]) as opened:
        return np.asarray(opened.convert("RGBA"))


def acting(scene: dict[str, Any], pose: str, beats: float, beat: float) -> tuple[int, ...]:
    """Which picture each of an own cast shows of a pose that moves, so many beats after the film's first.

    A pose's own movement fills whole beats. beat: a beat's length in seconds. () where none of the cast moves by
    itself in that pose, -1 for one that doesn't.
    """
    found = []
    for character in scene["own"]["cast"]:
        moves = character["poses"][nearest(pose, list(character["poses"]))].get("moves")
        if not moves:
            found.append(-1)
            continue
        loops, every, _ = retime.fit(float(moves["seconds"]), beat)
        frames = int(moves["frames"])
        found.append(math.floor(beats / every * loops * frames + 1e-6) % frames)
    return tuple(found) if any(step >= 0 for step in found) else ()


def _scaled(rgba: Pixels, scale: float) -> Pixels:
    """A cut-out at a scale, premultiplied."""
    flat = premultiplied(rgba)
    size = (max(1, round(rgba.shape[1] * scale)), max(1, round(rgba.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    out = np.asarray(cv2.resize(flat, size, interpolation=method), np.uint8)
    # A cubic overshoots: no colour may be more than its alpha.
    return np.dstack([np.minimum(out[..., :3], out[..., 3:]), out[..., 3]])


def premultiplied(rgba: Pixels) -> Pixels:
    """RGBA with its colours multiplied by its alpha."""
    alpha = np.ascontiguousarray(rgba[..., 3])
    rgb = cv2.multiply(np.ascontiguousarray(rgba[..., :3]), cv2.merge([alpha, alpha, alpha]), scale=1 / 255)
    return np.dstack([np.asarray(rgb, np.uint8), alpha])


def _turned(
    rgba: Pixels, foot: tuple[float, float], degrees: float, place: tuple[float, float]
) -> tuple[Pixels, float, float]:
    """A layer turned clockwise about its foot; where it lies then, with the foot in its place."""
    high, wide = rgba.shape[:2]
    matrix = np.asarray(cv2.getRotationMatrix2D(foot, -degrees, 1.0), np.float64)
    corners = np.array([[0, wide, 0, wide], [0, 0, high, high], [1, 1, 1, 1]], np.float64)
    turned = matrix @ corners
    low = np.floor(turned.min(axis=1)) - 1
    size = np.ceil(turned.max(axis=1) - low).astype(int) + 1
    matrix[:, 2] -= low
    out = cv2.warpAffine(rgba, matrix, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR)
    return np.asarray(out, np.uint8), float(place[0] - foot[0] + low[0]), float(place[1] - foot[1] + low[1])


def _shadow(x: float, y: float, base: float, tall: float) -> tuple[Pixels, int, int]:
    """A soft shadow on the ground where a figure stands, and where it lies."""
    across = min(max(base * 0.62, tall * 0.13), tall * 0.4)
    down = across * 0.2
    wide, high = math.ceil(across * 2.6), math.ceil(down * 2.6)
    columns = (np.arange(wide) + 0.5 - wide / 2) / across
    rows = (np.arange(high) + 0.5 - high / 2) / down
    away = np.sqrt(columns[None, :] ** 2 + rows[:, None] ** 2)
    alpha = np.clip((1.25 - away) / 0.85, 0, 1) ** 1.5 * _SHADOW * 255
    layer = np.zeros((high, wide, 4), np.uint8)
    layer[..., 3] = alpha.astype(np.uint8)
    return layer, round(x - wide / 2), round(y - high / 2)


def _lit(rgba: Pixels, light: dict[str, Any], tall: float) -> Pixels:
    """A figure in a scene's light: a part of the ambient colour, a rim from where the light comes, darker feet."""
    if not light:
        return rgba
    ambient, key = np.asarray(light["ambient"], np.float32), np.asarray(light["key"], np.float32)
    level = float(ambient @ np.array([0.2126, 0.7152, 0.0722], np.float32))
    hue = ambient / max(level, 0.02)
    gain = (1 - _TINT + _TINT * np.clip(hue, 0.3, 1.9)) * (0.74 + 0.26 * min(1.0, level / 0.45))
    alpha = rgba[..., 3].astype(np.float32) / 255.0
    rgb = rgba[..., :3].astype(np.float32) * gain
    # The rim: what is covered here and isn't a little farther towards the light.
    reach = max(1.0, tall * 0.008)
    shift = np.array([[1, 0, -reach * (light["side"] or 0.3) * 1.2], [0, 1, reach * 0.7]], np.float32)
    moved = np.asarray(cv2.warpAffine(alpha, shift, (alpha.shape[1], alpha.shape[0])), np.float32)
    edge = np.clip(alpha - np.asarray(cv2.GaussianBlur(moved, (0, 0), reach * 0.5), np.float32), 0, 1) * alpha
    glow = key / max(0.05, float(key.max())) * min(1.0, 0.35 + float(key.max()))
    rgb += (edge * _RIM * 255)[..., None] * glow
    limit = alpha[..., None] * 255
    return np.dstack([np.minimum(rgb, limit), rgba[..., 3]]).astype(np.uint8)


def draw(scene: dict[str, Any], folder: Path, width: int, height: int) -> tuple[Pixels, Set]:
    """A scene with own material, H x W x 3 RGB; and how it is arranged. FinalFault where a file can't be read."""
    made = arrange(scene, width, height)
    canvas = behind(scene, made, folder, width, height)
    canvas = _layers(canvas, made.cast, made.camera, width, height)
    if (placed := figures(scene, made, folder, str(scene["pose"]), width, height)) is not None:
        rgba, left, top = placed
        window = canvas[top : top + rgba.shape[0], left : left + rgba.shape[1]]
        window[:] = over(window, rgba)
    canvas = _layers(canvas, made.before, made.camera, width, height)
    if (told := scene["own"].get("over")) is not None:
        reel = Reel(folder / told["file"])
        rgba, left, top = laid(reel.at(reel.step(float(told["shown"]), around=True)), width, height)
        window = canvas[top : top + rgba.shape[0], left : left + rgba.shape[1]]
        window[:] = over(window, rgba)
    return canvas, made


def behind(scene: dict[str, Any], made: Set, folder: Path, width: int, height: int) -> Pixels:
    """What lies behind the cast, H x W x 3."""
    own = backdrop(scene, made, folder, width, height)
    if own is not None:
        return own
    return _layers(np.zeros((height, width, 3), np.uint8), made.behind, made.camera, width, height)


def _layers(canvas: Pixels, planes: Sequence[Plane], camera: Camera, width: int, height: int) -> Pixels:
    """Planes laid over a canvas."""
    return over(canvas, rasterise(planes, camera, width, height)) if planes else canvas


def paint(request: Request, own: dict[str, Any], folder: Path) -> Painted:
    """Paints a request with people's own cast and background in place of the painter's.

    own: as in `scene["own"]`, without its light. FinalFault where a file can't be read.
    """
    scene: dict[str, Any] = {**choose(request), "own": {**own, "light": {}}}
    if own.get("background"):
        # Somebody's picture is upright, and so are those who stand before it.
        scene["camera"] = {**scene["camera"], "roll": 0.0, "flip": False}
    if own["cast"]:
        scene["seats"], scene["props"] = [], []
    wide, high = _SMALL[0], max(16, round(_SMALL[0] * request.height / request.width))
    made = arrange(scene, wide, high)
    scene["own"]["light"] = light_of(behind(scene, made, folder, wide, high))
    scene["own"]["turns"] = list(turns(scene)[1:])
    if any("moves" in drawn for character in own["cast"] for drawn in character["poses"].values()):
        scene["own"]["act"] = True
    picture, made = draw(scene, folder, request.width, request.height)
    x, y = made.eye(request.width, request.height)
    told = {"focus": [round(x, 4), round(y, 4)], "aloft": aloft(made.before)}
    return Painted(picture, {**scene, **told})


def looks_alike(scene: dict[str, Any], folder: Path, still: Pixels) -> float:
    """How far a scene drawn again lies from its approved picture: mean grey levels, seen small."""
    wide, high = _SMALL[0], max(16, round(_SMALL[0] * still.shape[0] / still.shape[1]))
    small = np.asarray(cv2.resize(still, (wide, high), interpolation=cv2.INTER_AREA), np.int16)
    return float(np.abs(draw(scene, folder, wide, high)[0].astype(np.int16) - small).mean())
