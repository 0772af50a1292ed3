"""Every frame of a moving picture as it is, whatever the container: for those who must see all of it.

Frames are H x W x 3 RGB uint8, at full size and in order.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

MOST_PIXELS = 4096 * 2304

Pixels = NDArray[np.uint8]


@dataclass
class Damage:
    """How many packets couldn't be decoded so far."""

    count: int = 0


def by_pillow(head: bytes) -> bool:
    """Whether a file that begins so is one of Pillow's: FFmpeg reads no animated WebP, and servers write them."""
    return head[:4] in (b"GIF8", b"\x89PNG") or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def decoded(path: Path) -> tuple[Iterable[Pixels], Damage]:
    """The frames of a file, made as they are asked for, and the damage met on the way.

    ValueError, OSError or a decoder's own error, also while they are asked for, where it can't be decoded.
    """
    damage = Damage()
    with open(path, "rb") as opened:
        head = opened.read(12)
    return (_by_pillow(path) if by_pillow(head) else _by_av(path, damage)), damage


def _by_av(path: Path, damage: Damage) -> Iterator[Pixels]:
    with av.open(str(path), metadata_errors="replace", options={"protocol_whitelist": "file"}) as container:
        if not container.streams.video:
            raise ValueError("it holds no picture")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for packet in container.demux(stream):
            try:
                found = packet.decode()
            except av.error.InvalidDataError:
                damage.count += 1
                continue
            for frame in found:
                _bounded(frame.width, frame.height)
                yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _by_pillow(path: Path) -> Iterator[Pixels]:
    from PIL import Image, ImageSequence

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with open(path, "rb") as source, Image.open(source) as opened:
            _bounded(*opened.size)
            for frame in ImageSequence.Iterator(opened):
                yield np.asarray(frame.convert("RGB"), np.uint8)


def _bounded(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise ValueError(f"{width} x {height} pixels")
