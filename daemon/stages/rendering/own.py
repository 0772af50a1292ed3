"""People's own pictures, dropped with the song: in natural order, spread over the slots."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from daemon import sidecars

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 80_000_000
VERSION = "1"
# How much closer a picture is shown each time that it is needed again, and where its centre lies then.
_CLOSER = 1.4
_CENTRES = ((0.5, 0.42), (0.36, 0.45), (0.64, 0.45), (0.5, 0.6))


@dataclass(frozen=True)
class Use:
    """One showing of a picture: whose, and how many times it was shown before."""

    member: sidecars.Member
    again: int


def natural(member: sidecars.Member) -> list[tuple[int, int, str]]:
    """A key that sorts as people count: 2 before 10, whatever the case."""
    name = (member.path or member.name).casefold()
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d{1,18}|\D+|\d+", name)]


def shown_name(name: str) -> str:
    """A name that people gave, on one line and not too long."""
    line = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFC", name))
    return " ".join(line.split())[:40] or "someone"


def spread(pictures: Sequence[sidecars.Member], slots: int, candidates: int) -> list[list[Use]]:
    """Which pictures each slot gets, in order of preference: all of them in turn, up to `candidates` a slot.

    Fewer pictures than slots: they come round again, so that neighbours still differ.
    """
    ordered = sorted(pictures, key=natural)
    if not ordered or not slots:
        return [[] for _ in range(slots)]
    if len(ordered) < slots:
        return [[Use(ordered[slot % len(ordered)], slot // len(ordered))] for slot in range(slots)]
    edges = [slot * len(ordered) // slots for slot in range(slots + 1)]
    return [[Use(member, 0) for member in ordered[start:end][:candidates]] for start, end in pairwise(edges)]


def load(path: Path, width: int, height: int, again: int, ground: tuple[int, int, int] = (0, 0, 0)) -> Image:
    """A picture as people see it (turned upright, opaque), no larger than it needs to be to cover width x height.

    `again` > 0 crops it to another framing. ground: the colour behind what is clear. ValueError where it can't be
    read or is too small or too large.
    """
    try:
        picture = _upright(path, width, height, ground)
    except MemoryError:
        raise
    except Exception as error:  # a broken or hostile file makes decoders fail in a dozen ways; all mean the same
        from daemon.film.cutouts import in_words

        raise ValueError(in_words(error)) from error
    from PIL import Image

    if again:
        scale = _CLOSER ** (1 + (again - 1) % 2)
        x, y = _CENTRES[(again - 1) % len(_CENTRES)]
        wide, high = picture.width / scale, picture.height / scale
        left = min(max(0.0, x * picture.width - wide / 2), picture.width - wide)
        top = min(max(0.0, y * picture.height - high / 2), picture.height - high)
        picture = picture.crop((round(left), round(top), round(left + wide), round(top + high)))
    shrink = max(width / picture.width, height / picture.height)
    if shrink < 1:
        size = (max(1, round(picture.width * shrink)), max(1, round(picture.height * shrink)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture


def _upright(path: Path, width: int, height: int, ground: tuple[int, int, int]) -> Image:
    """The picture, RGB, turned as its EXIF says, what is clear laid on the ground."""
    import warnings

    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        # Our own limit, below Pillow's, is the one that counts.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with open(path, "rb") as source, Image.open(source) as opened:
            if opened.width * opened.height > MOST_PIXELS or min(opened.size) < 16:
                raise ValueError(f"{opened.width} x {opened.height} pixels")
            opened.draft("RGB", (2 * width, 2 * height))
            upright = ImageOps.exif_transpose(opened)
            if upright.mode not in ("RGBA", "LA", "PA") and "transparency" not in upright.info:
                return upright.convert("RGB")
            layer = upright.convert("RGBA")
            flat = Image.new("RGBA", layer.size, (*ground, 255))
            flat.alpha_composite(layer)
            return flat.convert("RGB")
