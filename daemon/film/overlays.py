"""What lies over the picture in one film: light first, then what flies. One call a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.film import strokes
from daemon.film.direction import Direction
from daemon.film.lights import Lights
from daemon.film.particles import Particles
from daemon.film.speakers import Speakers

_PIXELS = (0, 1, 2, 3, 4, 5)  # fields of a stroke that are lengths


class Overlays:
    """Draws over frames of width x height."""

    def __init__(self, direction: Direction, width: int, height: int) -> None:
        self.direction = direction
        self.height = height
        self.side = min(width, height)
        fps, aspect = float(direction.timeline.fps), width / height
        riding, colours = direction.riding, direction.timeline.colours
        self._particles = Particles(
            riding, direction.bands, fps, width / self.side, height / self.side, direction.timeline.seed
        )
        # Drawn only for films that have them.
        heard = len(colours) > 1 and bool(riding["speakers"].any())
        self._speakers = Speakers(direction.bands, colours, width, height) if heard else None
        self._lights = Lights(direction.bands, colours, fps, aspect) if len(colours) > 1 else None

    def draw(self, frame: int, out: NDArray[np.uint8]) -> None:
        """Everything that rides over a frame; white and black of the frame lie over it in turn."""
        direction = self.direction
        shown = float((1 - direction.white[frame]) * (1 - min(1.0, direction.black[frame])))
        if shown <= 0:
            return
        if self._speakers is not None and (risen := float(direction.riding["speakers"][frame])):
            white, black = float(direction.white[frame]), float(min(1.0, direction.black[frame]))
            self._speakers.draw(out, frame, risen, white, black)
        if self._lights is not None:
            if beams := float(direction.riding["beams"][frame]):
                self._lights.beams(out, self.height, frame, beams * shown)
            if bars := float(direction.riding["bars"][frame]):
                self._lights.bars(out, self.height, frame, bars * shown)
        table = self._particles.table(frame)
        if len(table):
            table[:, _PIXELS] *= self.side
            table[:, 9] *= shown
            strokes.lay(out, self.height, table)
