"""A scene's cast taken apart into cut-outs on joints: each is drawn once, and moved.

A piece lies in a frame of its own (its bone's); its matrix takes that to the pixels of the picture. The scene's
camera stays as it is in the scene, whatever pose its cast takes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from daemon.film.painter.draw import act, compose
from daemon.film.painter.pen import Pen
from daemon.film.painter.rig import IDENTITY, Cutout, Matrix, placed, times
from daemon.film.painter.stage import Plane
from daemon.film.painter.stage import placed as placed_plane

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Piece:
    """One cut-out. box: left, top, right, bottom in its own frame; size: pixels a unit of it there.

    Two pieces of one look have the same SVG.
    """

    look: Hashable
    matrix: Matrix
    box: Box
    size: float
    svg: Callable[[], str]


@dataclass(frozen=True)
class Pieces:
    """Pieces over each other in order, laid over what is below with one opacity."""

    pieces: Sequence[Piece]
    opacity: float = 1.0


class Jointed:
    """The cast of a scene, and what stands between its members. ValueError where the scene has none."""

    def __init__(self, scene: dict[str, Any], width: int, height: int) -> None:
        self.scene, self.width, self.height = scene, width, height
        stage, self._camera = compose(scene, width, height)
        cast = [index for index, plane in enumerate(stage.planes) if plane.part]
        if not cast:
            raise ValueError("the scene has no cast")
        first, last = cast[0], cast[-1] + 1
        self.behind, self._planes, self.before = stage.planes[:first], stage.planes[first:last], stage.planes[last:]

    def still(self, planes: Sequence[Plane]) -> str:
        """Planes as SVG, in the picture's pixels."""
        return "".join(placed_plane(plane, self._camera, self.width, self.height) for plane in planes)

    def pieces(self, pose: str, towards: str = "", share: float = 0.0, blink: bool = False) -> list[Pieces]:
        """The cast in a pose, or part of the way (share) towards another, back to front."""
        scene = {**self.scene, "pose": pose, "towards": towards, "share": share, "blink": blink}
        found: list[Pieces] = []
        for plane in self._planes:
            if plane.part is None:
                found.append(Pieces([self._fixed(self.still([plane]), IDENTITY)]))
                continue
            spot, index = plane.part
            pen = replace(plane.pen, parts=[], definitions={}, hatches={}, cutouts=[])
            act(pen, scene, index)
            pen.cut()
            world = times(
                self._camera.transform(plane.depth, self.width, self.height),
                placed(spot.x, spot.y, 0.0, spot.scale, spot.scale),
            )
            for strokes in pen.cutouts or ():
                if isinstance(strokes, str):
                    found.append(Pieces([self._fixed(strokes, world)]))
                    continue
                runs = (list(run) for _, run in groupby(strokes.cutouts, key=lambda one: one.matrix))
                found.append(Pieces([_merged(run, world, pen) for run in runs], strokes.opacity))
        return found

    def _fixed(self, svg: str, world: Matrix) -> Piece:
        """What doesn't move, drawn in the picture's own frame."""
        moved = svg if world == IDENTITY else f'<g transform="matrix({_text(world)})">{svg}</g>'
        return Piece(moved, IDENTITY, (0.0, 0.0, float(self.width), float(self.height)), 1.0, lambda: moved)


def _merged(run: Sequence[Cutout], world: Matrix, pen: Pen) -> Piece:
    """Cut-outs of one bone that follow each other, as one."""

    def svg() -> str:
        own = replace(pen, parts=[], definitions={}, hatches={}, cutouts=None)
        for one in run:
            one.draw(own)
        text = own.svg()
        shared = "".join(value for name, value in pen.definitions.items() if f"#{name})" in text)
        return f"<defs>{shared}</defs>{text}" if shared else text

    lefts, tops, rights, lows = zip(*(one.box for one in run), strict=True)
    box = (min(lefts), min(tops), max(rights), max(lows))
    size = abs(world[0] * world[3] - world[1] * world[2]) ** 0.5
    return Piece(tuple(one.look for one in run), times(world, run[0].matrix), box, size, svg)


def _text(m: Matrix) -> str:
    return " ".join(f"{value:.5f}" for value in m)
