"""Whether a scene may stand for its approved picture: the painter still draws it as it was approved.

The picture alone decides, never the size or the shape of what is drawn: a film and its check show the same.
"""

from __future__ import annotations

import cv2
import numpy as np

from daemon import log
from daemon.errors import FinalFault
from daemon.film import staging
from daemon.film.pictures import load
from daemon.film.values import PictureFile

_DRAWN = 384  # pixels of the longer side that a scene is drawn again with, at most
_FINER = 4  # and how much smaller it is compared
ALIKE = 9.0  # mean grey levels that it may differ from the approved picture

# What a scene of another painter's version, or a reel or cut-out that is gone, may end in.
UNDRAWABLE = (KeyError, ValueError, TypeError, AttributeError, AssertionError, OSError, FinalFault)


class Approved:
    """Which pictures' scenes are drawn as they were approved. Each is looked at once; any thread may ask."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bool] = {}

    def holds(self, picture: PictureFile) -> bool:
        """Whether a picture's scene may be shown in its place; where it may not, a line in the log says why."""
        key = (str(picture.path), picture.fingerprint)
        if key not in self._known:
            self._known[key] = _holds(picture)
        return self._known[key]


def _holds(picture: PictureFile) -> bool:
    try:
        away = apart(picture)
    except UNDRAWABLE as error:
        log.get().warning("a scene is shown as a still: it can't be drawn again", picture=picture.id, error=repr(error))
        return False
    if away >= ALIKE:
        log.get().warning(
            "a scene is shown as a still: it would be drawn otherwise now", picture=picture.id, apart=round(away, 1)
        )
    return away < ALIKE


def apart(picture: PictureFile) -> float:
    """How far a scene drawn again lies from its approved picture: mean grey levels, seen small, in its own shape."""
    still = load(picture.path)
    if picture.scene.get("own"):
        return staging.looks_alike(picture.scene, picture.path.parent, still)
    from daemon.film.painter.draw import draw_picture

    # Drawn finer than it is compared: what is coarse in a small drawing would count as another picture.
    high, wide = still.shape[:2]
    scale = min(1.0, _DRAWN / max(wide, high))
    drawn = draw_picture(picture.scene, max(16, round(wide * scale)), max(16, round(high * scale)))
    size = (max(4, drawn.shape[1] // _FINER), max(4, drawn.shape[0] // _FINER))
    again, small = (
        np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.int16) for pixels in (drawn, still)
    )
    return float(np.abs(again - small).mean())
