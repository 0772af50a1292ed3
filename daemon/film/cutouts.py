"""A picture that people drew of a character becomes a cut-out: RGBA, cropped to what is seen, with its feet found.

Pixels are H x W x 4 uint8 RGBA, not premultiplied. A file may be of any format, size and state; what can't be
used raises ValueError with words for people.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

VERSION = "2"
MOST_PIXELS = 80_000_000
LARGEST = 1600  # pixels a side that are kept
MOST_SECONDS, MOST_FRAMES = 6.0, 120  # of a pose that moves
LEAST = 16  # pixels a side below which nothing can be seen
_FLAT = 18.0  # how far (RGB, Euclidean) a flat ground's pixels may lie from its colour: room for JPEG
_SEEN = 24  # alpha above which a pixel counts as seen
_FEATHER = 0.05  # of the shorter side: the soft edge of a picture that can't be cut out

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class CutOut:
    """A character's picture. canvas: the whole picture's width and height; left, top: where `rgba` lies on it.

    note: what was done to it that people should know; "" where it came with its own transparency. moves: it is the
    first of several.
    """

    rgba: Pixels
    canvas: tuple[int, int]
    left: int
    top: int
    note: str = ""
    moves: bool = False

    def facts(self) -> dict[str, Any]:
        """What placing it takes, JSON-able: see `standing`."""
        high, wide = self.rgba.shape[:2]
        seen = self.rgba[..., 3] > _SEEN
        rows = np.flatnonzero(seen.any(axis=1))
        low = seen[max(0, rows[-1] - max(1, len(rows) // 14)) :]
        columns = np.flatnonzero(low.any(axis=0))
        return {
            "canvas": list(self.canvas),
            "box": [self.left, self.top, wide, high],
            "foot": round(self.left + float(np.median(np.nonzero(low)[1])), 1),
            "bottom": self.top + int(rows[-1]) + 1,
            "base": int(columns[-1] - columns[0]) + 1,
        }


def cut_out(path: Path) -> CutOut:
    """The cut-out of a picture file.

    Its own transparency is taken where it has some; else a ground of one flat colour is keyed out; else the
    picture stays a rectangle with a soft edge. ValueError where it can't be read or shows nothing.
    """
    rgba, moves = _read(path)
    rgba, note = _cleared(rgba)
    top, bottom, left, right = _box(rgba[..., 3] > _SEEN)
    canvas = (rgba.shape[1], rgba.shape[0])
    return CutOut(np.ascontiguousarray(rgba[top:bottom, left:right]), canvas, left, top, note, moves)


def cut_all(source: Iterable[tuple[float, Pixels]]) -> tuple[CutOut, list[tuple[float, Pixels]]]:
    """The cut-outs of a picture that moves, from its timed frames (`video.moving.read`): the first, and all on its box.

    What is longer than MOST_SECONDS ends there. ValueError where it doesn't move or shows nothing.
    """
    drawn: list[tuple[float, Pixels]] = []
    note = ""
    for time, frame in source:
        if time >= MOST_SECONDS or len(drawn) >= MOST_FRAMES:
            note = f"its first {time:.1f} seconds are used"
            break
        rgba = frame if frame.shape[2] == 4 else np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])
        if not drawn or rgba.shape == drawn[0][1].shape:
            drawn.append((time, rgba))
    if len(drawn) < 2:
        raise ValueError("it doesn't move: it holds one picture" if drawn else "no picture in it can be decoded")
    cleared = [(time, *_cleared(rgba)) for time, rgba in drawn]
    top, bottom, left, right = _box(np.logical_or.reduce([rgba[..., 3] > _SEEN for _, rgba, _ in cleared]))
    boxed = [(time, np.ascontiguousarray(rgba[top:bottom, left:right])) for time, rgba, _ in cleared]
    canvas = (drawn[0][1].shape[1], drawn[0][1].shape[0])
    said = "; ".join(filter(None, (note, cleared[0][2])))
    return CutOut(boxed[0][1], canvas, left, top, said, True), boxed


def _cleared(rgba: Pixels) -> tuple[Pixels, str]:
    """The picture with its ground made clear where it came without transparency; and a note of how."""
    if int(rgba[..., 3].min()) <= 250:
        return rgba, ""
    keyed = _keyed(rgba[..., :3])
    if keyed is None:
        return _framed(rgba), "it has no transparency and no flat ground: it is shown as a picture with soft edges"
    return keyed, "it has no transparency: its flat ground was cut away"


def _box(seen: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """top, bottom, left, right of what is seen, and two pixels around it. ValueError where that is nothing."""
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if len(rows) < LEAST // 2 or len(columns) < LEAST // 2:
        raise ValueError("nothing can be seen in it")
    top, bottom = max(0, int(rows[0]) - 2), min(seen.shape[0], int(rows[-1]) + 3)
    return top, bottom, max(0, int(columns[0]) - 2), min(seen.shape[1], int(columns[-1]) + 3)


def _read(path: Path) -> tuple[Pixels, bool]:
    """The picture as RGBA, upright, at most LARGEST a side; and whether it is the first of several."""
    try:
        with warnings.catch_warnings():
            # Our own limit, below Pillow's, is the one that counts.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with open(path, "rb") as source, Image.open(source) as opened:
                if opened.width * opened.height > MOST_PIXELS or min(opened.size) < LEAST:
                    raise ValueError(f"it has {opened.width} x {opened.height} pixels")
                moves = getattr(opened, "n_frames", 1) > 1
                opened.draft("RGB", (LARGEST, LARGEST))
                upright = ImageOps.exif_transpose(opened)
                if upright.mode.startswith("I;16") or upright.mode == "I":
                    deep = np.asarray(upright).astype(np.int64) >> 8
                    upright = Image.fromarray(deep.clip(0, 255).astype(np.uint8))
                layer = upright.convert("RGBA")
    except MemoryError:
        raise
    except Exception as error:  # a broken or hostile file makes decoders fail in a dozen ways; all mean the same
        raise ValueError(in_words(error)) from error
    if max(layer.size) > LARGEST:
        layer = _smaller(layer)
    return np.array(layer), moves


def in_words(error: Exception) -> str:
    """Why a picture can't be read, for people: a decoder's own words, but for those that speak of our paths."""
    if isinstance(error, UnidentifiedImageError):
        return "it isn't a picture of a known kind, or it is damaged"
    if isinstance(error, Image.DecompressionBombError):
        return f"it has too many pixels: more than {MOST_PIXELS // 1_000_000} million"
    return str(error) or type(error).__name__


def _smaller(layer: Image.Image) -> Image.Image:
    """At most LARGEST a side; what is clear lends no colour to what is seen."""
    scale = LARGEST / max(layer.size)
    size = (max(1, round(layer.width * scale)), max(1, round(layer.height * scale)))
    return layer.convert("RGBa").resize(size, Image.Resampling.BOX, reducing_gap=2.0).convert("RGBA")


def _keyed(rgb: Pixels) -> Pixels | None:
    """The picture without its ground, where that is of one flat colour; None otherwise.

    Only ground that touches the border goes: a white shirt before a white wall stays where a line parts them.
    """
    edges = [rgb[:2].reshape(-1, 3), rgb[:, :2].reshape(-1, 3), rgb[:, -2:].reshape(-1, 3), rgb[-2:].reshape(-1, 3)]
    ground = np.median(np.concatenate(edges[:3]), axis=0).astype(np.float32)
    flat = [float((np.linalg.norm(edge.astype(np.float32) - ground, axis=1) <= _FLAT).mean()) for edge in edges]
    # A figure may stand on the lower edge, or be cut off there.
    if min(flat[:3]) < 0.94 or flat[3] < 0.2:
        return None
    away = np.linalg.norm(rgb.astype(np.float32) - ground, axis=2)
    _, labels = cv2.connectedComponents((away <= _FLAT).astype(np.uint8), connectivity=4)
    around = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    outside = np.isin(labels, np.unique(around[around > 0]))
    share = 1.0 - float(outside.mean())
    if not 0.005 < share < 0.97:
        return None
    # The edge is mixed with the ground: within two pixels of it, the alpha is how little of the ground is in there.
    near = cv2.dilate(outside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    alpha = np.where(outside, 0.0, 1.0).astype(np.float32)
    # What the mixture would be of: the strongest colour nearby.
    inner = cv2.dilate(away, np.ones((7, 7), np.uint8))
    edge = near & ~outside
    alpha[edge] = np.clip(away[edge] / np.maximum(inner[edge], 1.0), 0.0, 1.0)
    cover = np.maximum(alpha, 1 / 255)[..., None]
    colour = np.where(edge[..., None], (rgb - ground * (1 - cover)) / cover, rgb.astype(np.float32))
    return np.dstack([colour.clip(0, 255), alpha * 255 + 0.5]).astype(np.uint8)


def _framed(rgba: Pixels) -> Pixels:
    """The whole picture, its edges fading away."""
    high, wide = rgba.shape[:2]
    soft = max(1.0, min(high, wide) * _FEATHER)
    rows = np.minimum(np.arange(high), np.arange(high)[::-1]) / soft
    columns = np.minimum(np.arange(wide), np.arange(wide)[::-1]) / soft
    fade = np.clip(rows, 0, 1)[:, None] * np.clip(columns, 0, 1)[None, :]
    return np.dstack([rgba[..., :3], (fade * fade * (3 - 2 * fade) * 255).astype(np.uint8)])


def _canvas(facts: Mapping[str, Any]) -> tuple[int, int]:
    """The size of the whole picture as it was dropped, as far as what was made smaller tells it: in steps of 4."""
    wide, high = (round(side / float(facts.get("shrunk", 1.0)) / 4) for side in facts["canvas"])
    return wide, high


def standing(poses: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """How all of a character's poses stand on one spot: for each, what `CutOut.facts` told, with two more.

    A pose may tell that it was `shrunk`: how many times as large its pixels are kept as they would be as a still.

    anchor: the point of its own pixels that stands on the spot; stature: how many of its pixels the character is
    tall when it stands. Drawn on canvases of one size, the poses keep their places to one another (a jump is a
    jump); otherwise each stands on its own feet, as tall as it would be drawn at the same scale, within reason.
    """
    if not poses:
        return {}
    first = poses["idle"] if "idle" in poses else next(iter(poses.values()))
    tall = float(first["box"][3])
    own = float(first.get("shrunk", 1.0))
    tall /= own
    alike = len({_canvas(facts) for facts in poses.values()}) == 1
    found = {}
    for name, facts in poses.items():
        left, top, _, high = facts["box"]
        shrunk = float(facts.get("shrunk", 1.0))
        foot, bottom = facts["foot"], facts["bottom"]
        if alike:
            foot, bottom = first["foot"] * shrunk / own, first["bottom"] * shrunk / own
        # Files of quite another size were drawn at another scale: the figure itself is taken to be as tall.
        stature = tall * shrunk if alike or 0.7 <= high / shrunk / tall <= 1.4 else float(high)
        found[name] = {
            **facts,
            "anchor": [round(foot - left, 1), round(bottom - top, 1)],
            "stature": round(stature, 3),
        }
    return found
