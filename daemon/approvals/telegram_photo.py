"""Photos as Telegram takes them: JPEG, small enough, the pictures' names painted on; several pictures as one sheet.

Telegram refuses a photo of more than 10 MB, of more than 10,000 pixels of width and height together, or longer than
twenty times its width; and shows none larger than 2560 pixels.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import FinalFault

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LARGEST = 10_000_000  # bytes
SIDES = 10_000  # width and height together
RATIO = 20
_LONG = 1920  # of one picture, the longer side
_SHEET = 2560
_GAP = 12
_BACK = (16, 16, 20)


def photo(pictures: Sequence[tuple[str, Path]]) -> bytes:
    """A JPEG of one picture, or a sheet of several, each with its name in a corner.

    FinalFault where none of them can be read; one of a sheet that can't leaves its place empty.
    """
    from PIL import Image

    shown: list[tuple[str, Picture | None]] = []
    why = ""
    for name, path in pictures:
        try:
            shown.append((name, _read(path)))
        except FileNotFoundError:
            raise  # the job moved on
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            why = f"{path.name}: {error or type(error).__name__}"
            shown.append((name, None))
    if all(one is None for _, one in shown):
        raise FinalFault("the picture can't be shown", why)
    name, first = shown[0]
    if len(shown) == 1 and first is not None:
        whole = _fit(first, _LONG, _LONG)
        _badge(whole, name, (0, 0))
    else:
        whole = _sheet(shown)
    return _jpeg(whole)


def thumbnail(path: Path) -> bytes:
    """A JPEG of at most 320 x 320 pixels and 200 kB, for a video. FinalFault where the picture can't be read."""
    from PIL import Image

    try:
        small = _fit(_read(path), 320, 320)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FinalFault("the poster can't be read", f"{path.name}: {error or type(error).__name__}") from None
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def trial(text: str) -> bytes:
    """A picture to try the line with."""
    from PIL import Image

    picture = Image.linear_gradient("L").resize((960, 540)).convert("RGB")
    _badge(picture, text, (0, 0))
    return _jpeg(picture)


def size(whole: tuple[int, int], wide: int, high: int) -> tuple[int, int]:
    """A picture's size within wide x high, never larger than it is, and within what Telegram takes."""
    width, height = whole
    scale = min(1.0, wide / width, high / height, SIDES / (width + height + 2))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _read(path: Path) -> Picture:
    from PIL import Image

    with Image.open(path) as opened:
        opened.draft("RGB", (_LONG, _LONG))
        return opened.convert("RGB")


def _fit(picture: Picture, wide: int, high: int) -> Picture:
    from PIL import Image

    small = picture.resize(size(picture.size, wide, high), Image.Resampling.LANCZOS)
    short, long = sorted(small.size)
    if long < RATIO * short:
        return small
    # A strip: set on a ground that is just wide enough.
    least = math.ceil(long / (RATIO - 1))
    ground = Image.new("RGB", (max(small.width, least), max(small.height, least)), _BACK)
    ground.paste(small, ((ground.width - small.width) // 2, (ground.height - small.height) // 2))
    return ground


def _sheet(shown: Sequence[tuple[str, Picture | None]]) -> Picture:
    from PIL import Image

    there = [one for _, one in shown if one is not None]
    aspect = sum(one.width / one.height for one in there) / len(there)
    # The grid whose shape is nearest to that of a phone held either way.
    columns = min(range(1, len(shown) + 1), key=lambda n: abs(math.log(aspect * n / math.ceil(len(shown) / n) / 1.2)))
    rows = math.ceil(len(shown) / columns)
    wide = min((_SHEET - _GAP * (columns + 1)) // columns, max(one.width for one in there))
    high = max(32, int(wide / aspect))
    if high * rows > _SHEET:
        wide, high = max(32, int(wide * _SHEET / (high * rows))), max(32, _SHEET // rows)
    whole = Image.new("RGB", (columns * (wide + _GAP) + _GAP, rows * (high + _GAP) + _GAP), _BACK)
    for number, (name, one) in enumerate(shown):
        left, top = _GAP + number % columns * (wide + _GAP), _GAP + number // columns * (high + _GAP)
        if one is not None:
            small = one.resize(size(one.size, wide, high), Image.Resampling.LANCZOS)
            whole.paste(small, (left + (wide - small.width) // 2, top + (high - small.height) // 2))
        _badge(whole, name if one is not None else f"{name}: can't be read", (left, top))
    return _fit(whole, _SHEET, _SHEET)


def _badge(picture: Picture, name: str, at: tuple[int, int]) -> None:
    """The picture's name in its corner."""
    from PIL import ImageDraw, ImageFont

    draw = ImageDraw.Draw(picture)
    height = max(14, min(picture.size) // 22)
    font = ImageFont.load_default(size=height)
    left, top, right, bottom = draw.textbbox((0, 0), name, font=font)
    pad = height // 3
    box = (at[0], at[1], at[0] + (right - left) + 2 * pad, at[1] + (bottom - top) + 2 * pad)
    draw.rectangle(box, fill=_BACK)
    draw.text((at[0] + pad - left, at[1] + pad - top), name, font=font, fill=(255, 255, 255))


def _jpeg(picture: Picture) -> bytes:
    for quality in (90, 80, 65, 50):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, progressive=True)
        if out.tell() <= LARGEST:
            break
    return out.getvalue()
