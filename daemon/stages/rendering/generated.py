"""Pictures that a model made: which size it is asked for, whether what came is a picture, and its way to our size."""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import PassingFault

if TYPE_CHECKING:
    from PIL.Image import Image

_LEAST_SIDE = 256
_MOST_PIXELS = 80_000_000
_FLAT = 2.5  # of 255: spread of luma below which nothing is to be seen (a model's NaN comes out black)
_PREVIEW_SIDE = 320


class Unusable(PassingFault):
    """What came can't be used: no picture, or one with nothing on it."""


def size(wanted: tuple[int, int], megapixels: float, multiple: int) -> tuple[int, int]:
    """Width and height to ask a model for: the wanted shape, about so many megapixels, multiples of `multiple`."""
    ratio = min(4.0, max(0.25, wanted[0] / wanted[1]))
    height = math.sqrt(megapixels * 1e6 / ratio)
    sides = (height * ratio, height)
    least = math.ceil(_LEAST_SIDE / multiple) * multiple
    width, height = (max(least, round(side / multiple) * multiple) for side in sides)
    return int(width), int(height)


def picture(path: Path, wanted: tuple[int, int]) -> Image:
    """A picture from a file, RGB, scaled and cropped to exactly the wanted size. Unusable where it is none."""
    from PIL import Image, ImageStat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                if opened.width * opened.height > _MOST_PIXELS or min(opened.size) < 16:
                    raise Unusable("what came can't be used", f"it has {opened.width} x {opened.height} pixels")
                found = opened.convert("RGB")
    except (Unusable, MemoryError):
        raise
    except Exception as error:  # a broken file makes decoders fail in a dozen ways; all mean the same
        raise Unusable("what came is no picture", type(error).__name__) from None
    spread = ImageStat.Stat(found.convert("L")).stddev[0]
    if spread < _FLAT:
        light = ImageStat.Stat(found.convert("L")).mean[0]
        kind = "black" if light < 16 else "one colour"
        raise Unusable(f"the picture came out {kind}", f"its luma spreads by {spread:.1f} of 255 round {light:.0f}")
    return fitted(found, wanted)


def fitted(found: Image, wanted: tuple[int, int]) -> Image:
    """Scaled to cover the wanted size, the rest cut off evenly."""
    from PIL import Image

    width, height = wanted
    if found.size == wanted:
        return found
    scale = max(width / found.width, height / found.height)
    wide, high = width / scale, height / scale
    left, top = (found.width - wide) / 2, (found.height - high) / 2
    box = (left, top, min(float(found.width), left + wide), min(float(found.height), top + high))
    return found.resize(wanted, Image.Resampling.LANCZOS, box=box)


def preview(data: bytes) -> bytes:
    """A server's preview as a small JPEG; empty where it is no picture."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                return b""
            small = opened.convert("RGB")
    except Exception:  # a courtesy, from outside: whatever is wrong with it
        return b""
    small.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=70)
    return out.getvalue()
