"""The poster: the film's best moment with its title, as JPEG."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from daemon.film.compositor import Compositor
from daemon.film.lettering import lettered
from daemon.film.values import Shot, Timeline

_QUALITY = 88
_FINER = 2


def best_frame(timeline: Timeline) -> int:
    """A frame in the first drop, after its flash; else in the longest shot of the highest energy's role."""
    drops = [shot for shot in timeline.shots if shot.cut_on == "drop"]
    if drops:
        first = drops[0]
        return min(first.end - 1, first.start + max(first.transition.frames, first.frames // 2))
    loud = [shot for shot in timeline.shots if shot.role in ("drop", "chorus")] or list(timeline.shots)
    longest = max(loud, key=lambda shot: (shot.frames, -shot.index))
    return _middle(longest)


def _middle(shot: Shot) -> int:
    return (shot.start + shot.end) // 2


def poster(
    timeline: Timeline, envelopes: dict[str, NDArray[np.float32]], title: str, artist: str, out: Path, line: str = ""
) -> None:
    """Writes the poster to `out` (JPEG). title and artist may be of any script.

    line: a small line at the foot, "212 of 214 cuts on the beat; random: 31".
    """
    with Compositor(replace(timeline, captions=()), envelopes) as drawing:
        frame = np.empty((drawing.height * 3 // 2, drawing.width), np.uint8)
        drawing.brush()(best_frame(timeline), frame)
    picture = Image.fromarray(rgb(frame, timeline.width, timeline.height))
    titled(picture, title, artist, line).save(out, "JPEG", quality=_QUALITY, optimize=True)


def rgb(frame: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """An NV12 frame, BT.709 limited range, as RGB."""
    luma = (frame[:height].astype(np.float32) - 16) * (255 / 219)
    pairs = frame[height:].reshape(height // 2, width // 2, 2)
    chroma = np.asarray(cv2.resize(pairs, (width, height), interpolation=cv2.INTER_LINEAR), np.float32) - 128
    blue, red = chroma[..., 0] * (255 / 224), chroma[..., 1] * (255 / 224)
    parts = (luma + 1.5748 * red, luma - 0.187324 * blue - 0.468124 * red, luma + 1.8556 * blue)
    return np.stack(parts, axis=-1).clip(0, 255).astype(np.uint8)


def titled(picture: Image.Image, title: str, artist: str, line: str = "") -> Image.Image:
    """The picture with a shade at its foot, and the words on it."""
    width, height = picture.size
    shade = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    dark = np.clip((shade - 0.55) / 0.45, 0, 1) ** 1.5 * 0.75
    pixels = np.asarray(picture, np.float32) * (1 - dark[..., None])
    toned = Image.fromarray(pixels.astype(np.uint8))
    margin = round(min(width, height) * 0.06)
    size = round(min(width, height) * 0.11)
    words, font = lettered(_plain(title), _FINER * size)
    while size > 12 and font.getlength(words) > _FINER * (width - 2 * margin):
        size = round(size * 0.92)
        words, font = lettered(_plain(title), _FINER * size)
    by, small = lettered(_plain(artist), _FINER * max(12, round(min(width, height) * 0.042)))
    told, tiny = lettered(line, _FINER * max(10, round(min(width, height) * 0.026)))
    left, bottom = _FINER * margin, _FINER * (height - margin)
    # Drawn larger and shrunk: small letters stand in whole pixels otherwise, and touch.
    large = Image.new("RGBA", (_FINER * width, _FINER * height), (0, 0, 0, 0))
    over = ImageDraw.Draw(large)
    for text, face, colour in ((told, tiny, (200, 200, 205)), (by, small, (225, 225, 230))):
        if text:
            over.text((left, bottom), text, font=face, fill=(*colour, 255), anchor="ls")
            bottom -= round(float(getattr(face, "size", 40)) * 1.55)
    over.text((left, bottom), words, font=font, fill=(255, 255, 255, 255), anchor="ls")
    glow = large.resize((width, height), Image.Resampling.LANCZOS)
    shadow = glow.getchannel("A").filter(ImageFilter.GaussianBlur(max(2, size // 10)))
    toned.paste((0, 0, 0), (0, max(1, size // 24)), shadow)
    toned.paste(glow, (0, 0), glow)
    return toned


def _plain(text: str) -> str:
    """One line without control characters, at most 120 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:120]
