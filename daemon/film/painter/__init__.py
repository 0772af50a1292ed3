"""The built-in painter: cartoon scenes in layers, drawn as SVG and rasterised by loops of its own.

It needs nothing but wheels, and may import nothing of ours beyond its own modules. numba comes with `raster` alone,
at the first drawing: `film.prepare` goes before. `paint` chooses a scene from a request and draws it; `layers` draws
the same scene again, plane by plane, for a camera that moves.
Pictures are H x W x 3 uint8 RGB; layers are H x W x 4 uint8, premultiplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.film.painter.draw import draw_and_tell, draw_cast, draw_layers

VERSION = "8"


@dataclass(frozen=True)
class Request:
    """What to paint. Hints that are unknown count as absent; the prompt's words and the seed choose then."""

    prompt: str
    seed: int
    width: int
    height: int
    palette: tuple[str, ...] = ()  # "#rrggbb"; empty: from mood and key
    mood: tuple[str, ...] = ()
    key: str = ""  # "A minor"
    sheet: str = "bold"  # bold, ink, neon
    scene: str = ""
    characters: tuple[str, ...] = ()
    pose: str = ""
    framing: str = ""  # wide, medium, close
    time_of_day: str = ""
    energy: float = 0.5
    role: str = ""  # section role


@dataclass(frozen=True)
class Painted:
    """A picture (H x W x 3 RGB) and every parameter that was chosen, JSON-able.

    scene["focus"] is where the face of the first of the cast is, in shares of the picture: for a camera that goes near.
    scene["aloft"] names its planes of what is in the air (confetti, petals): a film lets the same fly in their place.
    """

    picture: NDArray[np.uint8]
    scene: dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """One plane of a scene: depth 0 nearest .. 1 farthest; rgba H x W x 4 premultiplied; a sprite's pivot."""

    name: str
    depth: float
    rgba: NDArray[np.uint8]
    anchor: tuple[float, float]


def paint(request: Request) -> Painted:
    """Paints a request; the same request gives the same bytes.

    Raises ValueError where width or height is below 16 or above 8192.
    """
    from daemon.film.painter.choose import choose

    scene = choose(request)
    picture, seen = draw_and_tell(scene, request.width, request.height)
    return Painted(picture, {**scene, **seen})


def layers(scene: dict[str, Any], width: int, height: int, margin: float = 0.0) -> list[Layer]:
    """A scene's layers, back to front, at a size; laid over each other they give its picture.

    margin: what is drawn beyond each edge, as a share of the picture, for a camera that moves; the layers are
    that much larger, width x (1 + 2 margin).
    """
    return [Layer(*drawn) for drawn in draw_layers(scene, width, height, margin)]


def cast_layers(
    scene: dict[str, Any],
    width: int,
    height: int,
    pose: str,
    towards: str = "",
    share: float = 0.0,
    blink: bool = False,
    margin: float = 0.0,
) -> list[Layer]:
    """Only the cast's layers of a scene: in a pose, or part of the way (share 0..1) towards another, or blinking.

    The camera and everything else stay as they are in the scene, so these may stand in for the layers of the same
    names that `layers` gave: that is how the cast dances.
    """
    moved = {"pose": pose, "towards": towards, "share": share, "blink": blink}
    return [Layer(*drawn) for drawn in draw_cast(scene, width, height, margin, moved)]


def scenes() -> list[str]:
    """The names of the scenes."""
    from daemon.film.painter.places import PLACES

    return list(PLACES)


def characters() -> list[str]:
    """The names of the characters."""
    from daemon.film.painter.cast import CAST

    return list(CAST)


def poses() -> list[str]:
    """The names of the poses."""
    from daemon.film.painter.poses import POSES

    return list(POSES)
