"""Places: each draws its layers on a stage and lets the cast perform between them."""

from __future__ import annotations

from collections.abc import Callable

from daemon.film.painter.places import battle, city, club, desert, factory, forest, ocean, school, space, temple
from daemon.film.painter.stage import Stage

PLACES: dict[str, Callable[[Stage], None]] = {
    "industrial club": club.draw,
    "temple": temple.draw,
    "battle field": battle.draw,
    "city skyline": city.draw,
    "school yard": school.draw,
    "factory": factory.draw,
    "forest": forest.draw,
    "ocean": ocean.draw,
    "deep space": space.draw,
    "desert road": desert.draw,
}
