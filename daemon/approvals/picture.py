"""Checks one picture that a person put on a desk, in a process of its own, and makes a plain PNG of it.

`python -m daemon.approvals.picture TARGET [LAID_OUT]` reads the picture from its standard input: a
hostile file, or one that needs a lot of memory, costs this process and nothing else. It prints one
line of JSON: {"width", "height", "same"} or {"problem"}.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import warnings
from pathlib import Path

LARGEST = 64 << 20  # bytes of a picture file
_PIXELS = 60_000_000
_SIDE = 8192
_SMALLEST = 64
_MEMORY = 3 << 30
_SECONDS = 60.0


def convert(data: bytes, target: Path, laid_out: Path | None = None) -> dict[str, object]:
    """Makes an RGB PNG at `target` of a picture's bytes, in a process of its own.

    Returns {"width", "height", "same"}; same: its pixels are those of `laid_out` (a viewer that
    rewrote the file's comments). {"problem": a clause} where it can't be a picture of a film.
    """
    argv = [sys.executable, "-m", "daemon.approvals.picture", str(target), *([str(laid_out)] if laid_out else [])]
    home = str(Path(__file__).resolve().parents[2])
    try:
        done = subprocess.run(
            argv, input=data, capture_output=True, timeout=_SECONDS, env={**os.environ, "PYTHONPATH": home}, check=False
        )
        told = json.loads(done.stdout or b"null")
    except subprocess.TimeoutExpired:
        return {"problem": f"it took longer than {_SECONDS:.0f} seconds to read"}
    except json.JSONDecodeError:
        told = None
    return told if isinstance(told, dict) else {"problem": "it can't be read as a picture"}


def _convert(data: bytes, target: Path, laid_out: Path | None) -> dict[str, object]:
    from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data)) as opened:
            width, height = opened.size
            if width * height > _PIXELS:
                return {"problem": f"it is too large: {width}x{height}"}
            opened.load()
            picture = ImageOps.exif_transpose(opened)
            if picture.mode in {"I;16", "I;16B", "I;16L"}:
                picture = picture.point(lambda value: value / 256, "L")
            if picture.has_transparency_data:
                flat = Image.new("RGBA", picture.size, (0, 0, 0, 255))
                flat.alpha_composite(picture.convert("RGBA"))
                picture = flat
            picture = picture.convert("RGB")
    except UnidentifiedImageError:
        return {"problem": "it is no picture, or of a kind that can't be read here"}
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {"problem": "it is too large"}
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError) as error:
        return {"problem": f"it can't be read: {error or type(error).__name__}"}
    if min(picture.size) < _SMALLEST:
        return {"problem": f"it is too small: {picture.width}x{picture.height}"}
    same = False
    if laid_out is not None and laid_out.is_file():
        with Image.open(laid_out) as ours:
            plain = ours.convert("RGB")
        same = plain.size == picture.size and ImageChops.difference(plain, picture).getbbox() is None
    if max(picture.size) > _SIDE:
        picture.thumbnail((_SIDE, _SIDE))
    picture.save(target, "PNG", compress_level=3)
    return {"width": picture.width, "height": picture.height, "same": same}


def main(argv: list[str]) -> int:
    """What the process does."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        told: dict[str, object] = {"problem": f"it is larger than {LARGEST >> 20} MiB"}
    else:
        told = _convert(data, Path(argv[0]), Path(argv[1]) if len(argv) > 1 else None)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
