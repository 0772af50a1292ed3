"""Moving pictures that people dropped, opened with care: frames at a steady rate, with their transparency.

Frames are H x W x 3 (RGB) or H x W x 4 (RGBA, not premultiplied) uint8. Whatever can't be used raises ValueError
with words for people.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from daemon.video.decoding import MOST_PIXELS, by_pillow

MOST_FPS = 30.0
LEAST = 16  # pixels a side
_CLEAR = {"vp9": "libvpx-vp9", "vp8": "libvpx"}  # the decoders that know of transparency
_UNKNOWN = "it isn't a moving picture of a known kind, or it is damaged"

Pixels = NDArray[np.uint8]
Timed = Iterator[tuple[float, Pixels]]


def read(path: Path, size: tuple[int, int]) -> Timed:
    """The frames of a moving picture with their moments (seconds, increasing from 0), no larger than size.

    At most about 30 a second. ValueError, also later on the way, where it can't be read or is too large.
    """
    first, latest = 0.0, -1.0
    try:
        with open(path, "rb") as opened:
            head = opened.read(12)
        for time, frame in _by_pillow(path, size) if by_pillow(head) else _by_av(path, size):
            if latest < 0:
                first = time
            if latest < 0 or time - first - latest >= 0.75 / MOST_FPS:
                latest = time - first
                yield latest, frame
    except av.InvalidDataError as error:
        raise ValueError(_UNKNOWN) from error
    except av.FFmpegError as error:
        raise ValueError(error.strerror or "it can't be decoded") from error
    except (ValueError, MemoryError):
        raise
    except Exception as error:  # a broken or hostile file makes decoders fail in a dozen ways; all mean the same
        if isinstance(error, OSError) and error.errno:
            raise  # the disk's own
        raise ValueError(_UNKNOWN) from error


def steady(times: Sequence[float]) -> tuple[float, list[int]]:
    """A steady rate for frames at these moments (increasing), at most 30 a second, and the newest frame at each tick.

    ValueError where there are less than two.
    """
    if len(times) < 2:
        raise ValueError("it doesn't move: it holds one picture" if times else "no picture in it can be decoded")
    usual = float(np.median(np.diff(times)))
    rate = round(min(MOST_FPS, 1.0 / max(1e-3, usual)), 4)
    count = max(2, round((times[-1] - times[0] + usual) * rate))
    at = np.searchsorted(times, times[0] + (np.arange(count) + 0.5) / rate, "right") - 1
    return rate, [int(index) for index in at]


def _fitted(wide: int, high: int, size: tuple[int, int]) -> tuple[int, int]:
    """The size that frames are kept at: even, inside `size`. ValueError where they are too small or too large."""
    if wide * high > MOST_PIXELS or min(wide, high) < LEAST:
        raise ValueError(f"{wide} x {high} pixels")
    scale = min(1.0, max(size) / max(wide, high), min(size) / min(wide, high))
    return max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2)


def _by_pillow(path: Path, size: tuple[int, int]) -> Timed:
    from PIL import Image, ImageSequence

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with open(path, "rb") as source, Image.open(source) as opened:
            kept = _fitted(*opened.size, size)
            if getattr(opened, "n_frames", 1) < 2:
                raise ValueError("it doesn't move: it holds one picture")
            time = 0.0
            for frame in ImageSequence.Iterator(opened):
                shown = frame.convert("RGBA")
                if shown.size != kept:
                    shown = shown.convert("RGBa").resize(kept, Image.Resampling.BOX).convert("RGBA")
                yield time, np.array(shown)
                # Browsers show frames of no length for a tenth of a second, and so does everyone.
                wait = float(frame.info.get("duration") or 0)
                time += (wait if wait > 10 else 100) / 1000


def _by_av(path: Path, size: tuple[int, int]) -> Timed:
    with av.open(str(path), metadata_errors="replace") as container:
        if not container.streams.video:
            raise ValueError("it holds no picture")
        stream = container.streams.video[0]
        kept = _fitted(stream.codec_context.width, stream.codec_context.height, size)
        decoder: Any = stream.codec_context
        alpha = stream.metadata.get("alpha_mode") == "1" or stream.metadata.get("ALPHA_MODE") == "1"
        if alpha and decoder.name in _CLEAR:
            clear: Any = av.CodecContext.create(_CLEAR[decoder.name], "r")
            clear.extradata = decoder.extradata
            decoder = clear
        for packet in container.demux(stream):
            if packet.dts is None and packet.size == 0 and decoder is not stream.codec_context:
                continue
            try:
                decoded = decoder.decode(packet)
            except av.FFmpegError:
                continue  # what is damaged is left out
            for frame in decoded:
                pts = frame.pts if frame.pts is not None else packet.pts
                if pts is None or frame.width * frame.height > MOST_PIXELS:
                    continue
                time = float(pts * Fraction(stream.time_base or 1))
                kind = "rgba" if "a" in frame.format.name.replace("gray", "") else "rgb24"
                shown = frame.reformat(width=kept[0], height=kept[1], format=kind)
                yield time, np.asarray(shown.to_ndarray(), np.uint8)
