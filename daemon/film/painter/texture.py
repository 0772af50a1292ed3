"""Textures that outlines can't give: mist, nebulae, stone, worn ground. Made of seeded noise, laid in as small images.

A field is H x W float32, 0..1; it repeats without a seam in both directions.
"""

from __future__ import annotations

import random
import threading
from functools import lru_cache
from hashlib import blake2b
from weakref import WeakValueDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film.painter.outline import number
from daemon.film.painter.pen import Pen

Field = NDArray[np.float32]

_images: WeakValueDictionary[str, NDArray[np.uint8]] = WeakValueDictionary()  # as long as a pen holds them
_lock = threading.Lock()


@lru_cache(maxsize=32)
def field(key: str, width: int, height: int, across: int, down: int, octaves: int = 5, fall: float = 0.5) -> Field:
    """Fractal value noise, spread to 0..1: `across` x `down` cells at its coarsest; each octave is `fall` as strong."""
    chance = random.Random(key)
    total = np.zeros((height, width), np.float32)
    strength = 1.0
    for octave in range(octaves):
        columns, rows = across << octave, down << octave
        if columns * 2 > width or rows * 2 > height:
            break
        grid = np.frombuffer(chance.randbytes(rows * columns), np.uint8).reshape(rows, columns).astype(np.float32)
        padded = np.pad(grid, 2, mode="wrap")
        size = (round((columns + 4) * width / columns), round((rows + 4) * height / rows))
        grown = cv2.resize(padded, size, interpolation=cv2.INTER_CUBIC)
        left, top = round(2 * width / columns), round(2 * height / rows)
        total += strength * np.asarray(grown, np.float32)[top : top + height, left : left + width]
        strength *= fall
    low, high = np.percentile(total, (1, 99))
    return np.asarray(np.clip((total - low) / max(1e-6, high - low), 0, 1), np.float32)


def ridges(key: str, width: int, height: int, across: int, down: int, octaves: int = 5) -> Field:
    """Noise in veins: bright where the plain field passes its middle."""
    plain = field(key, width, height, across, down, octaves)
    return np.asarray(1 - np.abs(2 * plain - 1), np.float32)


def rise(values: Field, low: float, high: float) -> Field:
    """Smoothly from 0 at low to 1 at high."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def tinted(colour: str, opacity: Field) -> NDArray[np.uint8]:
    """One colour with an opacity for each pixel: H x W x 4 RGBA, straight."""
    rgba = np.empty((*opacity.shape, 4), np.uint8)
    rgba[..., :3] = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
    rgba[..., 3] = np.clip(opacity * 255 + 0.5, 0, 255).astype(np.uint8)
    return rgba


def ramped(level: Field, colours: list[str], opacity: Field) -> NDArray[np.uint8]:
    """Colours from the first (level 0) to the last (1), with an opacity for each pixel."""
    stops = np.array([[int(colour[index : index + 2], 16) for index in (1, 3, 5)] for colour in colours], np.float32)
    places = np.linspace(0, 1, len(colours))
    rgba = np.empty((*level.shape, 4), np.uint8)
    for channel in range(3):
        rgba[..., channel] = np.interp(level, places, stops[:, channel]).astype(np.uint8)
    rgba[..., 3] = np.clip(opacity * 255 + 0.5, 0, 255).astype(np.uint8)
    return rgba


def pixels(address: str) -> NDArray[np.uint8]:
    """The image (H x W x 4 RGBA, straight) that a pen laid in by this address. ValueError where no pen holds it."""
    found = _images.get(address)
    if found is None:
        raise ValueError(f"no image of the pen's: {address[:40]}")
    return found


def _address(pen: Pen, rgba: NDArray[np.uint8]) -> str:
    """What an image is called in the pen's SVG: named after its content; it is there while the pen is."""
    rgba = np.ascontiguousarray(rgba)
    address = f"pixels:{blake2b(rgba.data, digest_size=16, key=str(rgba.shape).encode()).hexdigest()}"
    with _lock:
        pen.images.append(_images.setdefault(address, rgba))
    return address


def _element(pen: Pen, rgba: NDArray[np.uint8], x: float, y: float, width: float, height: float) -> str:
    return (
        f'<image x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
        f'preserveAspectRatio="none" style="image-rendering:smooth" href="{_address(pen, rgba)}"/>'
    )


def lay(pen: Pen, rgba: NDArray[np.uint8], x: float, y: float, width: float, height: float) -> None:
    """Lays an image (H x W x 4 RGBA, straight) over a rectangle of the world."""
    pen.parts.append(_element(pen, rgba, x, y, width, height))


def weave(pen: Pen, rgba: NDArray[np.uint8], width: float, height: float) -> str:
    """An image as a paint that repeats, each tile that large in the world."""
    name = pen.define(
        f'<pattern id="@" patternUnits="userSpaceOnUse" width="{number(width)}" height="{number(height)}">'
        f"{_element(pen, rgba, 0, 0, width, height)}</pattern>"
    )
    return f"url(#{name})"


def worn(
    pen: Pen, key: str, colour: str, strength: float = 0.3, size: tuple[float, float] = (520, 520), cells: int = 4
) -> str:
    """Brushed, blotchy wear of one colour as a paint: what keeps a large plain from looking like plastic."""
    blots = field(f"{key} blots", 192, 192, cells, cells, 4, 0.6)
    return weave(pen, tinted(colour, strength * rise(blots, 0.45, 0.8)), *size)


def ground(pen: Pen, key: str, colours: tuple[str, str], strength: float, top: float, low: float) -> None:
    """Wear on level ground from its horizon down to an edge, in perspective: dark blots and light ones.

    top, low: where it begins and ends in the world; it spans the whole breadth and fades in below the top.
    """
    wide, high = 640, 170
    plain = field(f"{key} ground", 512, 512, 8, 8, 5, 0.62)
    near = np.linspace(0.06, 1, high, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
    u, v = 330 * across / near, 300 / near
    columns, rows = np.mod(u, 511).astype(np.float32), np.mod(v + 0 * u, 511).astype(np.float32)
    blots = np.asarray(cv2.remap(plain, columns, rows, cv2.INTER_LINEAR), np.float32)
    fade = np.clip(near * 2.2, 0, 1)
    dark, light = rise(np.asarray(1 - blots, np.float32), 0.52, 0.95), rise(blots, 0.55, 0.95)
    rgba = tinted(colours[0], np.asarray(strength * dark * fade, np.float32))
    bright = tinted(colours[1], np.asarray(strength * light * fade, np.float32))
    rgba[light > 0] = bright[light > 0]
    lay(pen, rgba, -900, top, 3400, low - top)
