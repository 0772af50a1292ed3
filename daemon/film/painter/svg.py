"""Draws the painter's own SVG: paths, groups, clips, gradients, images and patterns of them, as the pen writes them.

It reads no more SVG than the pen writes; anything else is a ValueError. Sizes are pixels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daemon.film.painter import raster
from daemon.film.painter.rig import IDENTITY, Matrix, placed, times
from daemon.film.painter.texture import pixels

_TAG = re.compile(r"<(/?)(\w+)([^>]*?)(/?)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_STEP = re.compile(r"(matrix|translate|scale|rotate)\(([^)]*)\)")
_SAMPLES = 1024  # colours along a gradient
_NO_MASK = np.empty((0, 0), np.uint8)
_PLAIN = np.zeros(7, np.float64)
RGB = np.eye(3, 4)

Colours = NDArray[np.float32]


@dataclass(frozen=True)
class _Gradient:
    """Stops as they stand, and the matrix from its own place (along x, or about the origin) to the shape's."""

    kind: int
    place: Matrix
    colours: Colours


@dataclass(frozen=True)
class _Pattern:
    """An image that repeats, and the matrix from its pixels to the shape's units."""

    texture: Colours
    place: Matrix


@dataclass
class _Level:
    """What a group sets: transform, mask, and the canvas that it draws on."""

    matrix: Matrix
    mask: NDArray[np.uint8]
    canvas: raster.Canvas
    opacity: float = 1.0


@dataclass
class Page:
    """A canvas being drawn on. channels: 3 x 4, from R, G, B and 1 (0..255) to what is kept beside alpha."""

    width: int
    height: int
    channels: NDArray[np.float64] = field(default_factory=lambda: RGB)

    def __post_init__(self) -> None:
        self.canvas = np.zeros((4, self.height, self.width), np.uint8)
        self._area = np.zeros((self.height, self.width + 2), np.float32)
        self._low = np.full(self.height, self.width, np.int32)
        self._high = np.full(self.height, -1, np.int32)
        self._gradients: dict[str, _Gradient] = {}
        self._patterns: dict[str, _Pattern] = {}
        self._clips: dict[str, str] = {}

    def draw(self, body: str, matrix: Matrix = IDENTITY) -> raster.Canvas:
        """Draws SVG over what is there; matrix: from its units to pixels. The canvas, premultiplied."""
        levels = [_Level(matrix, _NO_MASK, self.canvas)]
        gradient: tuple[str, dict[str, str], list[dict[str, str]]] | None = None
        clip = pattern = ""
        for end, name, text, _ in _TAG.findall(body):
            attributes = dict(_ATTRIBUTE.findall(text))
            if name == "path":
                if clip:
                    self._clips[clip] = attributes["d"]
                else:
                    self._path(attributes, levels[-1])
            elif name == "g":
                if end:
                    self._leave(levels)
                else:
                    levels.append(self._enter(attributes, levels[-1]))
            elif name == "stop":
                assert gradient is not None
                gradient[2].append(attributes)
            elif name in ("linearGradient", "radialGradient"):
                if end and gradient is not None:
                    self._gradients[gradient[1]["id"]] = self._gradient(*gradient)
                gradient = None if end else (name, attributes, [])
            elif name == "clipPath":
                clip = "" if end else attributes["id"]
            elif name == "pattern":
                pattern = "" if end else attributes["id"]
            elif name == "image":
                texture, place = self._image(attributes)
                if pattern:
                    self._patterns[pattern] = _Pattern(texture, place)
                else:
                    self._paste(attributes, texture, place, levels[-1])
            elif name != "defs":
                raise ValueError(f"<{name}> is none of the pen's")
        return self.canvas

    def _enter(self, attributes: dict[str, str], above: _Level) -> _Level:
        matrix, mask, canvas = above.matrix, above.mask, above.canvas
        opacity = float(attributes.get("opacity", 1.0))
        if "transform" in attributes:
            matrix = times(matrix, transform(attributes["transform"]))
        if "clip-path" in attributes:
            found = np.zeros((self.height, self.width), np.uint8)
            points, starts, _ = _contours(self._clips[_name(attributes["clip-path"])], _scale(matrix))
            rows = raster.cover(points, starts, np.array(matrix), self._area, self._low, self._high)
            raster.clip(self._area, self._low, self._high, rows, mask, found)
            mask = found
        if opacity < 1:
            canvas = np.zeros_like(canvas)
        return _Level(matrix, mask, canvas, opacity)

    @staticmethod
    def _leave(levels: list[_Level]) -> None:
        left = levels.pop()
        if left.opacity < 1:
            raster.lay(left.canvas, levels[-1].canvas, left.opacity)

    def _path(self, attributes: dict[str, str], level: _Level) -> None:
        matrix = level.matrix
        if "transform" in attributes:
            matrix = times(matrix, transform(attributes["transform"]))
        scale = _scale(matrix)
        points, starts, closed = _contours(attributes["d"], scale)
        stroke = attributes.get("stroke", "")
        if stroke:
            half = float(attributes["stroke-width"]) / 2
            butt = attributes.get("stroke-linecap") == "butt"
            points, starts = raster.widen(points, starts, closed, len(starts) - 1, half, butt, scale)
        rows = raster.cover(points, starts, np.array(matrix), self._area, self._low, self._high)
        paint = stroke or attributes.get("fill", "#000000")
        opacity = float(attributes.get("stroke-opacity" if stroke else "fill-opacity", 1.0))
        if (pattern := self._patterns.get(_name(paint))) is not None:
            place = np.array(_inverse(times(matrix, pattern.place)))
            page = (level.canvas, self._area, self._low, self._high, rows, level.mask)
            raster.paste(*page, pattern.texture, place, True, opacity)
            return
        colours, gradient = self._paint(paint, opacity, matrix)
        even_odd = attributes.get("fill-rule") == "evenodd"
        raster.paint(level.canvas, self._area, self._low, self._high, rows, even_odd, level.mask, colours, gradient)

    def _paste(self, attributes: dict[str, str], texture: Colours, place: Matrix, level: _Level) -> None:
        high, wide = texture.shape[:2]
        matrix = times(level.matrix, place)
        corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float64)
        ends = np.array([0, 4])
        rows = raster.cover(corners, ends, np.array(matrix), self._area, self._low, self._high)
        page = (level.canvas, self._area, self._low, self._high, rows, level.mask)
        raster.paste(*page, texture, np.array(_inverse(matrix)), False, float(attributes.get("opacity", 1.0)))

    def _image(self, attributes: dict[str, str]) -> tuple[Colours, Matrix]:
        """An image's pixels, premultiplied, and the matrix from them to where it lies."""
        rgba = pixels(attributes["href"])
        alpha = rgba[..., 3:].astype(np.float32)
        colour = rgba[..., :3].astype(np.float32) @ self.channels[:, :3].T.astype(np.float32)
        texture = np.dstack([(colour + self.channels[:, 3].astype(np.float32)) * (alpha / 255), alpha])
        high, wide = rgba.shape[:2]
        x, y, width, height = (float(attributes[name]) for name in ("x", "y", "width", "height"))
        return np.ascontiguousarray(texture, np.float32), (width / wide, 0.0, 0.0, height / high, x, y)

    def _paint(self, paint: str, opacity: float, matrix: Matrix) -> tuple[Colours, NDArray[np.float64]]:
        if paint.startswith("url("):
            gradient = self._gradients[_name(paint)]
            colours = (
                gradient.colours if opacity >= 1 else gradient.colours * np.array((1, 1, 1, 1, opacity), np.float32)
            )
            return colours, np.array([gradient.kind, *_inverse(times(matrix, gradient.place))])
        return self._colours([(paint, opacity)]), _PLAIN

    def _colours(self, paints: list[tuple[str, float]]) -> Colours:
        """(n, 5): channels, alpha's full value, opacity."""
        found = np.empty((len(paints), 5), np.float32)
        for index, (paint, opacity) in enumerate(paints):
            red, green, blue = (int(paint[at : at + 2], 16) for at in (1, 3, 5))
            found[index] = (*(self.channels @ (red, green, blue, 1.0)), 255.0, opacity)
        return found

    def _gradient(self, name: str, attributes: dict[str, str], stops: list[dict[str, str]]) -> _Gradient:
        at = [float(stop["offset"]) for stop in stops]
        colours = self._colours([(stop["stop-color"], float(stop.get("stop-opacity", 1.0))) for stop in stops])
        along = np.linspace(0.0, 1.0, _SAMPLES)
        table = np.stack([np.interp(along, at, channel) for channel in colours.T], axis=1).astype(np.float32)
        if name == "radialGradient":
            radius = float(attributes["r"])
            place = (radius, 0.0, 0.0, radius, float(attributes["cx"]), float(attributes["cy"]))
            return _Gradient(2, place, table)
        x, y = float(attributes["x1"]), float(attributes["y1"])
        dx, dy = float(attributes["x2"]) - x, float(attributes["y2"]) - y
        kind = 3 if attributes.get("spreadMethod") == "repeat" else 1
        return _Gradient(kind, (dx, dy, -dy, dx, x, y), table)


def transform(text: str) -> Matrix:
    """An SVG transform as a matrix. ValueError where it has anything but moves, turns, scales and matrices."""
    matrix = IDENTITY
    for kind, inside in _STEP.findall(text):
        values = [float(part) for part in inside.replace(",", " ").split()]
        if kind == "matrix":
            a, b, c, d, e, f = values
            step: Matrix = (a, b, c, d, e, f)
        elif kind == "translate":
            step = (1, 0, 0, 1, values[0], values[1] if len(values) > 1 else 0.0)
        elif kind == "scale":
            step = (values[0], 0, 0, values[-1], 0, 0)
        elif len(values) == 1:
            step = placed(0, 0, values[0])
        else:
            raise ValueError(f"no turn of the pen's: {text}")
        matrix = times(matrix, step)
    if _STEP.sub("", text).strip(" ,"):
        raise ValueError(f"no transform of the pen's: {text}")
    return matrix


def _name(paint: str) -> str:
    return paint.removeprefix("url(#").removesuffix(")")


def _scale(m: Matrix) -> float:
    return max(abs(m[0]) + abs(m[1]), abs(m[2]) + abs(m[3]))


def _inverse(m: Matrix) -> Matrix:
    a, b, c, d, e, f = m
    size = a * d - b * c
    if abs(size) < 1e-12:
        return (0, 0, 0, 0, 0, 0)
    return (d / size, -b / size, -c / size, a / size, (c * f - d * e) / size, (b * e - a * f) / size)


def _contours(text: str, scale: float) -> tuple[raster.Points, raster.Starts, NDArray[np.uint8]]:
    data = np.frombuffer(text.encode("ascii"), np.uint8)
    points = np.empty((len(data) * 9 + 8, 2), np.float64)
    most = text.count("M") + 1
    starts, closed = np.empty(most, np.int64), np.zeros(most, np.uint8)
    contours = raster.flatten(data, scale, points, starts, closed)
    if contours < 0:
        raise ValueError(f"no outline of the pen's: {text[:60]}")
    return points[: starts[contours]], starts[: contours + 1], closed
