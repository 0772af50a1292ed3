"""Pictures made ready for the compositor: upright, opaque, covering the frame, as BT.709 limited-range planes.

A picture may be of any size or aspect. RGB is H x W x 3 uint8. The store keeps what was made ready within a
bound, and prepares the next shots' pictures in a thread while frames are drawn.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from daemon.errors import FinalFault
from daemon.film.values import PictureFile, Shot

_BOUND = 160 << 20  # bytes of planes and scenes kept
_FIGURES = 96 << 20  # bytes of figures put together: they come and go by the frame, and drive no scene out
_DECODED = 3  # decoded pictures kept
_PIXELS = 120_000_000  # a larger picture is refused
MATRIX = np.array(  # rows Y, U, V of R, G, B and 1: ITU-R BT.709-6, limited range
    [
        [0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0],
        [-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.9278 / 1.8556 * 224 / 255, 128.0],
        [0.7874 / 1.5748 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128.0],
    ],
    dtype=np.float64,
)


@dataclass(frozen=True)
class Planes:
    """luma (H, W) and chroma (H / 2, W / 2, 2), uint8."""

    luma: NDArray[np.uint8]
    chroma: NDArray[np.uint8]

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.luma.nbytes + self.chroma.nbytes)


def load(path: Path) -> NDArray[np.uint8]:
    """A picture as RGB, turned upright by its EXIF orientation, transparency flattened.

    Raises FinalFault where it can't be read.
    """
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > _PIXELS:
                raise _unreadable(path, f"{opened.width} x {opened.height} pixels")
            upright = ImageOps.exif_transpose(opened)
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                return _flattened(np.asarray(upright.convert("RGBA")))
            return np.asarray(upright.convert("RGB"))
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _unreadable(path, str(error)) from error


def dimensions(path: Path) -> tuple[int, int]:
    """Width and height as its header says. FinalFault where it can't be read."""
    try:
        with Image.open(path) as opened:
            return opened.size
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, why: str) -> FinalFault:
    return FinalFault(
        f"the picture {path.name} can't be read",
        why,
        "Put another picture in its place, or choose another candidate.",
        {"path": str(path)},
    )


def _flattened(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Dark drawings stand on white, others on black."""
    alpha = rgba[..., 3:].astype(np.float32) / 255.0
    total = float(alpha.sum())
    mean = float((rgba[..., :3].mean(axis=2, keepdims=True) * alpha).sum()) / total if total else 255.0
    ground = 255.0 if mean < 96 and float(alpha.mean()) < 0.98 else 0.0
    flat = rgba[..., :3] * alpha + ground * (1.0 - alpha)
    return np.asarray(flat + 0.5).clip(0, 255).astype(np.uint8)


def covering(
    rgb: NDArray[np.uint8], width: int, height: int, centre: tuple[float, float] | None = None
) -> NDArray[np.uint8]:
    """The part of a picture with the aspect of width x height.

    centre: what should be in sight, 0..1 of the picture; without one the middle, a little above it where the
    picture is taller.
    """
    rows, columns = rgb.shape[:2]
    wanted = width / height
    if columns / rows > wanted:
        keep = max(1, round(rows * wanted))
        left = (columns - keep) / 2 if centre is None else centre[0] * columns - keep / 2
        first = round(min(max(0.0, left), columns - keep))
        return rgb[:, first : first + keep]
    keep = max(1, round(columns / wanted))
    top = (rows - keep) * 0.4 if centre is None else centre[1] * rows - keep * 0.45
    first = round(min(max(0.0, top), rows - keep))
    return rgb[first : first + keep]


def planes(rgb: NDArray[np.uint8], width: int, height: int) -> Planes:
    """The picture at exactly width x height (both even), as planes."""
    rows, columns = rgb.shape[:2]
    if (columns, rows) != (width, height):
        smaller = columns >= width
        method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=method), np.uint8)
    yuv = np.asarray(cv2.transform(np.ascontiguousarray(rgb), MATRIX), np.uint8)
    half = np.asarray(cv2.resize(yuv, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
    return Planes(np.ascontiguousarray(yuv[..., 0]), np.ascontiguousarray(half[..., 1:]))


class Sized(Protocol):
    """Something kept in the store."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...


_S = TypeVar("_S", bound=Sized | None)


class Store:
    """What was made ready, by key. Bounded; one thread makes ahead what comes next."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._lock = threading.Lock()
        self._ready: OrderedDict[tuple[Any, ...], Future[Any]] = OrderedDict()
        self._decoded: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def get(self, shot: Shot) -> Planes:
        """The picture of a shot, large enough for its camera. FinalFault where it can't be read."""
        return self.still(shot).result()

    def still(self, shot: Shot) -> Future[Planes]:
        """The same, begun."""
        closest = max(shot.camera_from[2], shot.camera_to[2])
        wanted = -(-round(self.width * closest) // 64) * 64
        picture = shot.picture
        return self.ask(("still", str(picture.path), wanted), lambda: self._make(picture, wanted))

    def ask(self, key: tuple[Any, ...], make: Callable[[], _S]) -> Future[_S]:
        """Begins to make a thing, unless it is there or under way."""
        with self._lock:
            if key in self._ready:
                self._ready.move_to_end(key)
                return self._ready[key]
            self._trim()
            future = self._thread.submit(make)
            self._ready[key] = future
            return future

    def _trim(self) -> None:
        done = [(key, _size(future)) for key, future in self._ready.items() if _is_good(future)]
        for figures, bound in ((True, _FIGURES), (False, _BOUND)):
            kind = [(key, size) for key, size in done if (key[0] == "figure") == figures]
            total = sum(size for _, size in kind)
            for key, size in kind:
                if total <= bound:
                    break
                del self._ready[key]
                total -= size

    def _make(self, picture: PictureFile, wanted: int) -> Planes:
        # Only the one thread comes here.
        name = str(picture.path)
        if name not in self._decoded:
            while len(self._decoded) >= _DECODED:
                self._decoded.popitem(last=False)
            self._decoded[name] = covering(load(picture.path), self.width, self.height, picture.centre)
        rgb = self._decoded[name]
        # Never larger than the picture itself, never smaller than the frame.
        wide = max(self.width, min(wanted, rgb.shape[1]))
        wide += wide % 2
        high = round(wide * self.height / self.width)
        return planes(rgb, wide, high + high % 2)


def _size(future: Future[Any]) -> int:
    value = future.result()
    return value.size if value is not None else 0


def _is_good(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None
