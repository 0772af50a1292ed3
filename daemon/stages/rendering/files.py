"""Pictures published in a job's folder: PNG, each with its own recipe inside as a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import durable
from daemon.job import JobFolder
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    from PIL.Image import Image

_RECIPE = "dropreel"  # the PNG text that holds the recipe
_COMPRESSION = 2


def publish(tools: Tools, job: JobFolder, name: str, picture: Image, recipe: dict[str, Any]) -> None:
    """Publishes a picture as PNG with its recipe ("fingerprint", "scene", ...) inside."""
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_itxt(_RECIPE, json.dumps(recipe, ensure_ascii=True), zip=True)
    tools.publish(job, name, lambda temp: picture.save(temp, "PNG", compress_level=_COMPRESSION, pnginfo=text))


def there(tools: Tools, job: JobFolder, name: str, fingerprint: str) -> dict[str, Any] | None:
    """The scene of a picture that lies there from an earlier attempt; None where it is to be made."""
    if not tools.has(job, name):
        return None
    scene = _scene(job.path / name, fingerprint)
    if scene is None:
        durable.remove(job.path / name)  # half a picture, from a disk that failed
    return scene


def recipe_of(tools: Tools, job: JobFolder, name: str, fingerprint: str) -> dict[str, Any] | None:
    """The whole recipe of a picture that lies there, as `there` gives its scene."""
    return _recipe(job.path / name, fingerprint) if there(tools, job, name, fingerprint) is not None else None


def _scene(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """The scene of a picture that lies there, whole and with that fingerprint; None otherwise."""
    recipe = _recipe(path, fingerprint)
    return None if recipe is None else dict(recipe.get("scene", {}))


def _recipe(path: Path, fingerprint: str) -> dict[str, Any] | None:
    from PIL import Image

    try:
        with Image.open(path) as opened:
            opened.load()
            recipe = json.loads(opened.info.get(_RECIPE, "{}"))
    except Exception:  # however a decoder fails on it: it isn't whole, and is painted again
        return None
    return dict(recipe) if recipe.get("fingerprint") == fingerprint else None


def dimensions(path: Path) -> tuple[int, int]:
    """Width and height of a picture."""
    from PIL import Image

    with Image.open(path) as opened:
        return opened.size
