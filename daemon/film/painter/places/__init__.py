"""Places: each draws its layers on a stage and lets the cast perform between them."""

from __future__ import annotations

from collections.abc import Callable

from daemon.film.painter.places import club, temple
from daemon.film.painter.stage import Stage

PLACES: dict[str, Callable[[Stage], None]] = {"industrial club": club.draw, "temple": temple.draw}
