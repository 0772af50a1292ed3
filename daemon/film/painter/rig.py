"""Jointed cut-outs: a skeleton in a pose, and the puppet that draws body parts on it.

A figure stands at the origin, y down, about 600 units tall. Sides are the viewer's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from daemon.film.painter.colour import mix
from daemon.film.painter.outline import Point, bounds
from daemon.film.painter.pen import Pen
from daemon.film.painter.poses import Limb, Pose

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


def times(m: Matrix, n: Matrix) -> Matrix:
    """First n, then m."""
    return (
        m[0] * n[0] + m[2] * n[1],
        m[1] * n[0] + m[3] * n[1],
        m[0] * n[2] + m[2] * n[3],
        m[1] * n[2] + m[3] * n[3],
        m[0] * n[4] + m[2] * n[5] + m[4],
        m[1] * n[4] + m[3] * n[5] + m[5],
    )


def placed(x: float, y: float, angle: float = 0.0, across: float = 1.0, along: float = 1.0) -> Matrix:
    """Scale, turn (degrees), then move."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return (c * across, s * across, -s * along, c * along, x, y)


def point(m: Matrix, x: float = 0.0, y: float = 0.0) -> Point:
    """Where a point of a bone's frame lies in the figure's."""
    return (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])


_LIGHTS = math.pi / 4


@dataclass(frozen=True)
class Cutout:
    """A piece of a figure that moves as one: drawn in its bone's frame, within a box there (left, top, right, bottom).

    Two of one look draw the same.
    """

    matrix: Matrix
    look: Hashable
    box: tuple[float, float, float, float]
    draw: Callable[[Pen], None]


@dataclass(frozen=True)
class Pass:
    """Cut-outs over each other in order, laid over what is below with one opacity."""

    cutouts: list[Cutout]
    opacity: float = 1.0


@dataclass(frozen=True)
class Build:
    """Proportions of a body: half breadths and lengths, in units."""

    shoulder: float = 70
    hip: float = 30
    torso: float = 150
    neck: float = 18
    upper: float = 88
    fore: float = 80
    thigh: float = 122
    shin: float = 116
    foot: float = 26


@dataclass(frozen=True)
class Shape:
    """One outline of a body part, in its bone's frame."""

    outline: str
    paint: str
    shade: float = 7.0
    rim: float = 3.5
    line: float = 1.0
    contour: bool = True  # counts for the line around the whole figure
    across: bool = False  # a limb: light from the sides alone, so that joints show no seam
    tone: str = ""
    stroke: float = 0.0  # greater: a line of that width, not a filled shape
    opacity: float = 1.0
    hatch: bool = True  # takes pen strokes in its shade, where the sheet has them


@dataclass
class Puppet:
    """A figure being drawn: bones in place, and the body parts in the order they are drawn.

    Parts that follow each other under one `merge` name get their lines first and their fills after,
    so that an elbow shows no line across it.
    """

    pen: Pen
    build: Build
    pose: Pose
    bones: dict[str, Matrix] = field(default_factory=dict)
    parts: list[tuple[str, Matrix, tuple[Shape, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        build, pose, bones = self.build, self.pose, self.bones
        hips = placed(pose.sway, 0, pose.lean * 0.35)
        feet: list[float] = []
        for side, sign in (("left", 1), ("right", -1)):
            leg: Limb = pose.leg_left if sign > 0 else pose.leg_right
            thigh = times(hips, placed(-sign * build.hip, 0, sign * leg.root, along=leg.short))
            knee = point(thigh, 0, build.thigh)
            angle = pose.lean * 0.35 + sign * (leg.root + leg.middle)
            shin = placed(*knee, angle)
            ankle = point(shin, 0, build.shin)
            bones[f"thigh {side}"], bones[f"shin {side}"] = thigh, shin
            bones[f"foot {side}"] = placed(*ankle, sign * leg.end)
            feet.append(ankle[1] + build.foot)
        ground = placed(0, -(max(feet) if pose.seat is None else pose.seat) - pose.lift)
        bones["hips"] = hips
        torso = times(hips, placed(0, 0, pose.lean))
        chest = times(torso, placed(0, -build.torso * 0.45, pose.bend))
        bones["torso"], bones["chest"] = torso, chest
        top = -build.torso * 0.55
        bones["neck"] = times(chest, placed(0, top, -pose.bend * 0.4))
        bones["head"] = times(bones["neck"], placed(0, -build.neck, pose.nod - pose.bend * 0.3 - pose.lean * 0.5))
        self.reach("left", pose.arm_left)
        self.reach("right", pose.arm_right)
        for name, matrix in list(bones.items()):
            bones[name] = times(ground, matrix)
        bones["ground"] = IDENTITY

    def reach(self, side: str, arm: Limb, prefix: str = "") -> None:
        """Puts an arm's bones in place; with a prefix, those of another arm on the same shoulder."""
        build, pose, bones = self.build, self.pose, self.bones
        sign = 1 if side == "left" else -1
        name = f"{prefix} " if prefix else ""
        turn = (pose.lean * 1.35 + pose.bend) * 0.4
        shoulder = point(bones["chest"], -sign * build.shoulder, -build.torso * 0.55 + 20)
        upper = placed(*shoulder, turn + sign * arm.root, along=arm.short)
        elbow = point(upper, 0, build.upper)
        fore = placed(*elbow, turn + sign * (arm.root + arm.middle))
        wrist = point(fore, 0, build.fore)
        bones[f"{name}upper {side}"], bones[f"{name}fore {side}"] = upper, fore
        bones[f"{name}hand {side}"] = placed(*wrist, turn + sign * (arm.root + arm.middle + arm.end))

    def add(self, bone: str, *shapes: Shape, merge: str = "", mirror: bool = False, at: Matrix = IDENTITY) -> None:
        """Draws shapes on a bone; mirror flips them left to right."""
        matrix = times(self.bones[bone], at)
        if mirror:
            matrix = times(matrix, (-1, 0, 0, 1, 0, 0))
        self.parts.append((merge, matrix, shapes))

    def draw(self, contour: bool = True) -> None:
        """Draws the line around the figure, then its parts; as cut-outs where the pen collects those."""
        pen = self.pen
        if pen.cutouts is not None:
            pen.cut()
        for strokes in [*(self._contour() if contour else ()), Pass(list(self._fills()))]:
            if pen.cutouts is not None:
                pen.cutouts.append(strokes)
                continue
            with pen.inside(opacity=strokes.opacity):
                for one in strokes.cutouts:
                    with pen.inside(_transform(one.matrix)):
                        one.draw(pen)
        self.parts.clear()

    def _fills(self) -> Iterator[Cutout]:
        index = 0
        while index < len(self.parts):
            merge = self.parts[index][0]
            end = index + 1
            while merge and end < len(self.parts) and self.parts[end][0] == merge:
                end += 1
            group = self.parts[index:end]
            lined = end - index > 1
            if lined:
                for _, matrix, shapes in group:
                    yield self._lines(matrix, tuple(s for s in shapes if s.line > 0 and not s.stroke))
            for _, matrix, shapes in group:
                yield self._filled(matrix, shapes, lined)
            index = end

    def _lines(self, matrix: Matrix, shapes: tuple[Shape, ...]) -> Cutout:
        def draw(pen: Pen) -> None:
            for shape in shapes:
                pen.stroke(shape.outline, pen.line_colour(shape.tone or shape.paint), pen.sheet.inner * shape.line * 2)

        return Cutout(matrix, ("lines", shapes), _box(shapes, self.pen.sheet.inner), draw)

    def _filled(self, matrix: Matrix, shapes: tuple[Shape, ...], lined: bool) -> Cutout:
        light = self._light(matrix)

        def draw(pen: Pen) -> None:
            for shape in shapes:
                _shape(pen, shape, light, lined)

        return Cutout(matrix, ("fills", shapes, light, lined), _box(shapes, self.pen.sheet.inner), draw)

    def _contour(self) -> Iterator[Pass]:
        """The line around the whole figure: in one colour, so that the order of parts is of no matter."""
        pen = self.pen
        passes: tuple[tuple[str, float, float], ...] = ((pen.palette.line, pen.sheet.outer * 2, 1.0),)
        if pen.sheet.glow:
            glow = pen.palette.accents[1]
            bright = mix(glow, "#ffffff", 0.45)
            passes = ((glow, 40, 0.15), (glow, 17, 0.5), (bright, 8, 1.0), (pen.palette.line, 3, 1.0))
        outlines: dict[Matrix, list[Shape]] = {}
        for _, matrix, shapes in self.parts:
            outlines.setdefault(matrix, []).extend(shape for shape in shapes if shape.contour)
        for colour, width, opacity in passes:
            yield Pass([self._around(m, tuple(s), colour, width) for m, s in outlines.items() if s], opacity)

    def _around(self, matrix: Matrix, shapes: tuple[Shape, ...], colour: str, width: float) -> Cutout:
        def draw(pen: Pen) -> None:
            for shape in shapes:
                pen.stroke(shape.outline, colour, width + shape.stroke)

        return Cutout(matrix, ("contour", shapes, colour, width), _box(shapes, 0.0, width), draw)

    def _light(self, m: Matrix) -> Point:
        """The direction to the light in a bone's frame."""
        x, y = self.pen.light
        away = m[0] * m[3] - m[1] * m[2] or 1.0
        local = ((m[3] * x - m[2] * y) / away, (-m[1] * x + m[0] * y) / away)
        if self.pen.cutouts is not None:
            # A cut-out keeps its light while it turns a little: eight directions, one of them the light's own.
            level = math.atan2(y, x)
            turn = round((math.atan2(local[1], local[0]) - level) / _LIGHTS) * _LIGHTS + level
            return round(math.cos(turn), 6), round(math.sin(turn), 6)
        size = math.hypot(*local) or 1.0
        return local[0] / size, local[1] / size


def _box(shapes: tuple[Shape, ...], inner: float, around: float = 0.0) -> tuple[float, float, float, float]:
    """What shapes cover, with lines along them."""
    boxes = []
    for shape in shapes:
        left, top, right, low = bounds(shape.outline)
        wide = max(inner * shape.line, shape.stroke / 2, (around + shape.stroke) / 2) + 1.0
        boxes.append((left - wide, top - wide, right + wide, low + wide))
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    lefts, tops, rights, lows = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(lows)


def _shape(pen: Pen, shape: Shape, light: Point, lined: bool) -> None:
    if shape.stroke:
        pen.stroke(shape.outline, shape.paint, shape.stroke, shape.opacity)
        return
    x, y = light
    if shape.across:
        x, y = (1.0 if x > 0 else -1.0) * max(0.55, abs(x)), 0.0
    if shape.opacity < 1:
        pen.fill(shape.outline, shape.paint, shape.opacity)
        return
    pen.shape(
        shape.outline,
        shape.paint,
        line=0 if lined else shape.line,
        shade=shape.shade,
        rim=shape.rim,
        light=(x, y),
        tone=shape.tone,
        hatch=shape.hatch,
    )


def _transform(m: Matrix) -> str:
    return "matrix(" + " ".join(f"{value:.3f}" for value in m) + ")"
