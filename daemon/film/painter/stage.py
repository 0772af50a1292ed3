"""The stage: layers back to front, the cast on its spot, and the camera that looks at them.

The world is 1600 x 900 units, y down; places draw well beyond it, so that a camera may move and a tall
picture shows more of it. Depth is 0 nearest .. 1 farthest; the cast stands at CAST_DEPTH.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from daemon.film.painter.colour import Palette, mix, oklch, to_lch
from daemon.film.painter.outline import Point
from daemon.film.painter.pen import SHEETS, Pen, Sheet

WORLD = (1600.0, 900.0)
CAST_DEPTH = 0.4
ABOVE = 0.35  # how far over the face the middle of a head is, share of its crest
_HEAD = 84.0  # half the breadth of a head with its hair, unscaled
_SOLE = 16.0  # from where a figure stands down to its nearer foot's sole, and a little air
_STEP = 1.1  # how much nearer a film's camera goes where it shows the whole
_NEARER = 1.16  # how much nearer a film's own camera goes in an upright frame
# Planes of what is in the air: a film lets the same fly.
ALOFT = frozenset({"confetti", "petals", "leaves", "gusts", "motes", "embers", "debris"})
LEFT, RIGHT, TOP, LOW = -900.0, 2500.0, -700.0, 1500.0  # how far places draw


@dataclass(frozen=True)
class Spot:
    """Where a figure stands: its feet, and its size."""

    x: float
    y: float
    scale: float = 1.0


@dataclass
class Plane:
    """One layer as drawn."""

    name: str
    depth: float
    pen: Pen
    pivot: Point | None = None
    soft: bool = False  # nothing but gradients: half the resolution is enough
    cast: bool = False  # one of the cast
    part: tuple[Spot, int] | None = None  # of the cast: where it stands, and which of them it is


@dataclass
class Stage:
    """What a place draws with, and on."""

    palette: Palette
    sheet: Sheet
    scene: dict[str, Any]
    perform: Callable[[Stage, Spot, int], None]
    line: float = 1.0  # line widths are multiplied by this: thinner the closer the camera is
    planes: list[Plane] = field(default_factory=list)
    spot: Spot = Spot(800, 800)
    face: Point = (800.0, 300.0)  # of the first of the cast
    heads: list[Point] = field(default_factory=list)  # the middle of its head in each of the poses that it takes
    crest: float = 145.0  # from there to the top of its hair, unscaled
    light: Point = (-0.6, -0.8)
    wash: tuple[str, float] = ("", 0.0)  # the air's colour on the cast, and how much of it
    glint: str = ""  # the colour of the light along the cast's edges; empty: the palette's light

    @property
    def gaze(self) -> Point:
        """Where to look: the middle between the places where the first one's head is as it dances."""
        across = [x for x, _ in self.heads or [self.face]]
        return (min(across) + max(across)) / 2, self.face[1]

    @property
    def hour(self) -> str:
        """dawn, day, dusk or night."""
        return str(self.scene["hour"])

    @property
    def energy(self) -> float:
        """0 quiet .. 1 loud."""
        return float(self.scene["energy"])

    def _level(self, level: float) -> float:
        low, high = {"night": (0.0, 0.86), "dusk": (0.05, 0.92), "dawn": (0.12, 0.96), "day": (0.2, 1.0)}[self.hour]
        return (low + (high - low) * level) * self.sheet.dim

    def tone(self, level: float) -> str:
        """The world's colour at a level out of doors: raised by the hour of the day."""
        return self.palette.tone(self._level(level))

    def own(self, level: float, chroma: float, hue: float, share: float) -> str:
        """A colour at a level whose hue is, by a share, the thing's own (leaves, water, earth), else the world's."""
        height = self._level(level) * (0.82 if self.hour == "night" else 1.0)
        world = to_lch(self.tone(level))[2]
        turn = max(-15.0, min(15.0, ((world - hue + 180) % 360 - 180) * (1 - share)))
        return mix(
            self.tone(level),
            oklch(round(0.17 + 0.7 * height, 3), round(chroma * self.sheet.chroma, 3), round(hue + turn, 1)),
            0.45 + 0.55 * share,
        )

    def chance(self, name: str) -> random.Random:
        """Chance of one layer's own, from the picture's seed."""
        return random.Random(f"{self.scene['seed']}/{self.scene['place']}/{name}")

    def layer(self, name: str, depth: float, pivot: Point | None = None, soft: bool = False, cast: bool = False) -> Pen:
        """A new layer in front of those before it."""
        near = 0.55 + 0.45 * (1 - abs(depth - CAST_DEPTH)) if depth > CAST_DEPTH else 1.0
        sheet = replace(
            self.sheet, outer=self.sheet.outer * self.line * near, inner=self.sheet.inner * self.line * near
        )
        pen = Pen(f"{name.replace(' ', '')}{len(self.planes)}_", self.palette, sheet, self.light)
        self.planes.append(Plane(name, depth, pen, pivot, soft, cast))
        return pen

    def cast(self, x: float, y: float, scale: float = 1.0) -> None:
        """Lets the cast perform on this spot."""
        names = self.scene["cast"]
        self.spot = Spot(x, y, scale)
        for index in range(len(names) - 1, 0, -1):
            side = (-1) ** index * math.copysign(1, x - 801)
            beside = min(1400.0, max(200.0, x + side * (400 + 60 * index) * scale))
            self.perform(self, Spot(beside, y - 14 * index, scale * 0.8), index)
        if names:
            self.perform(self, self.spot, 0)


@dataclass(frozen=True)
class Camera:
    """What is looked at, how near, and how tilted (degrees)."""

    focus: Point
    zoom: float
    roll: float = 0.0
    flip: bool = False

    def transform(self, depth: float, width: int, height: int) -> tuple[float, float, float, float, float, float]:
        """The matrix from the world to the picture for a layer."""
        base = fit(width, height)
        if depth >= CAST_DEPTH:
            far = (depth - CAST_DEPTH) / (1 - CAST_DEPTH)
            zoom = 1 + (self.zoom - 1) * (1 - 0.55 * far)
            pull = 0.45 * far * min(1.0, abs(self.zoom - 1))
        else:
            zoom = self.zoom * (1 + 0.5 * (CAST_DEPTH - depth) * (1 - 1 / max(1.0, self.zoom)))
            pull = 0.0
        x = self.focus[0] + (WORLD[0] / 2 - self.focus[0]) * pull
        y = self.focus[1] + (WORLD[1] / 2 - self.focus[1]) * pull
        angle = math.radians(self.roll)
        scale = base * zoom * (1 + abs(math.sin(angle)) * 0.5)
        c, s = math.cos(angle) * scale, math.sin(angle) * scale
        a, b = (-c, -s) if self.flip else (c, s)
        return (a, b, -s, c, width / 2 - a * x + s * y, height / 2 - b * x - c * y)


def fit(width: int, height: int) -> float:
    """Pixels a world unit at zoom 1: a wide picture is filled, a tall one shows more sky and ground."""
    wide, tall = width / WORLD[0], height / WORLD[1]
    if wide >= tall:
        return wide
    return tall * (0.82 + 0.18 * min(1.0, wide / tall))


def look_at(stage: Stage, framing: str, width: int, height: int) -> Camera:
    """The camera of a framing: wide sees the place, medium the figure to its knees, close head and shoulders."""
    camera, spot = stage.scene["camera"], stage.spot
    flip, roll = bool(camera["flip"]), float(camera["roll"])
    aspect = width / height
    seen = height / fit(width, height)  # world units from top to bottom at zoom 1
    crest = stage.crest * spot.scale
    heads = stage.heads or [(stage.face[0], stage.face[1] - ABOVE * crest)]
    highest = min(down for _, down in heads) - (1 - ABOVE) * crest
    if framing == "wide" or not stage.scene["cast"]:
        pull = 0.0 if aspect > 1.5 else min(1.0, (1.5 - aspect) / 0.6)
        x = WORLD[0] / 2 + (spot.x - WORLD[0] / 2) * pull + float(camera["x"]) * (1 - pull)
        # From head to foot, also when the film's own camera goes a little nearer.
        low = spot.y + _SOLE * spot.scale
        zoom = max(1.0, min(float(camera["zoom"]), seen / (_STEP * (low - highest + 2 * _SOLE))))
        half = seen / zoom / _STEP / 2
        y = max(WORLD[1] / 2 + float(camera["y"]), low - half)
        return Camera((x, max(min(y, highest + half - _SOLE), low - half)), zoom, roll, flip)
    near = framing == "close"
    span = (365 if near else 530) * spot.scale  # world units that should be seen from top to bottom
    if aspect < 1.6:
        span *= 1.0 + 0.25 * min(1.0, (1.6 - aspect) / 0.6)  # a narrow picture needs more height to hold the shoulders
    x, y = stage.gaze
    # The head stays in sight wherever the dance takes it.
    swing = max(abs(across - x) for across, _ in heads)
    span = max(span, 2 * _NEARER * (swing + _HEAD * spot.scale) / aspect)
    zoom = max(1.05, seen / span)
    span = seen / zoom
    third = float(camera["side"]) * span * min(aspect, 1.78) * (0.07 if near else 0.13)
    spare = span * aspect / 2 / _NEARER - swing - _HEAD * spot.scale
    third = math.copysign(min(abs(third), max(0.0, spare)), third)
    low = y + span * (0.07 if near else 0.18)
    return Camera((x + third, min(low, highest + span * 0.45)), zoom, roll * 1.3, flip)  # any lower, and hair is cut


def placed(plane: Plane, camera: Camera, width: int, height: int) -> str:
    """A layer's SVG in the picture."""
    matrix = " ".join(f"{value:.4f}" for value in camera.transform(plane.depth, width, height))
    return f'<g transform="matrix({matrix})">{plane.pen.svg()}</g>'


def sheet_of(name: str) -> Sheet:
    """The style sheet of that name; bold where there is none."""
    return SHEETS.get(name, SHEETS["bold"])
