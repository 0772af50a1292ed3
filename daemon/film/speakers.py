"""Loudspeakers in the lower corners: cabinets that slide in, and cones that follow the bass.

Drawn once for a frame size, as cut-outs of premultiplied BT.709 planes; the left one is the right one turned round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film import lay_kernels
from daemon.film.colours import rgb_of
from daemon.film.direction import Curve
from daemon.film.pictures import MATRIX

Plane = NDArray[np.uint8]
Field = NDArray[np.floating]

_TALL = 0.5  # of the picture's shorter side
_WIDE = 0.52  # of their own height
_SHOWN = 0.84  # share of the width that is inside the picture
# Cones: middle (shares of the cabinet), radius (of its width), how far they swell, the band that they follow.
_CONES = ((0.5, 0.70, 0.34, 0.09, "bass"), (0.5, 0.265, 0.2, 0.06, "mid"))
EDGE = 2  # clear pixels around a cut-out, so that it ends softly


@dataclass(frozen=True)
class _Cut:
    luma: Plane
    alpha: Plane
    chroma: Plane
    alpha_half: Plane
    kinds: Plane
    kinds_half: Plane


class Speakers:
    """A pair of loudspeakers for frames of width x height. colours: '#rrggbb', two."""

    def __init__(self, bands: dict[str, Curve], colours: Sequence[str], width: int, height: int) -> None:
        self.bands = bands
        self.width, self.height = width, height
        self.tall = max(16, round(min(width, height) * _TALL / 2) * 2)
        self.wide = max(8, round(self.tall * _WIDE / 2) * 2)
        self._cuts = [self._pair(rgba) for rgba in cut_outs(colours, self.wide, self.tall)]

    @staticmethod
    def _pair(rgba: Plane) -> tuple[_Cut, _Cut]:
        return _cut(rgba), _cut(rgba[:, ::-1])

    def draw(self, out: Plane, frame: int, amount: float, white: float, black: float) -> None:
        """Both, risen by `amount` (1: all the way) from under the lower edge, as white and as black as the frame."""
        keep = (1 - white) * (1 - black)
        tone = (keep, (1 - black) * white * 235.0 + black * 16.0, (1 - keep) * 128.0)
        for number, right, left, top, scale in self.laid(frame, amount):
            self._lay(out, self._cuts[number][right], left, top, scale, tone)

    def laid(self, frame: int, amount: float) -> Iterator[tuple[int, bool, float, float, float]]:
        """What is laid, in order: which cut-out, whether at the right, its left and top (pixels), its scale."""
        risen = min(1.0, 1.4 * amount)
        top = self.height - self.tall * 0.93 * risen * (2 - risen)
        for right in (False, True):
            x = self.width - self.wide * _SHOWN if right else -self.wide * (1 - _SHOWN)
            yield 0, right, x, top, 1.0
            for number, (across, down, _, swell, band) in enumerate(_CONES, 1):
                scale = 1.0 + swell * float(self.bands[band][frame])
                middle = x + self.wide * (1 - across if right else across)
                side = (self._cuts[number][right].luma.shape[1] - 2 * EDGE) * scale
                yield number, right, middle - side / 2, top + self.tall * down - side / 2, scale

    def _lay(
        self, out: Plane, cut: _Cut, left: float, top: float, scale: float, tone: tuple[float, float, float]
    ) -> None:
        step = 1 / scale
        x0, y0 = EDGE - left * step, EDGE - top * step
        lay_kernels.lay_luma(cut.luma, cut.alpha, cut.kinds, out[: self.height], x0, y0, step, step, *tone[:2])
        chroma = out[self.height :].reshape(self.height // 2, self.width // 2, 2)
        # Chroma samples lie between two luma samples: half a pixel on either side cancels out.
        half_x, half_y = (x0 + 0.5 * step - 0.5) / 2, (y0 + 0.5 * step - 0.5) / 2
        halves = (cut.chroma, cut.alpha_half, cut.kinds_half)
        lay_kernels.lay_chroma(*halves, chroma, half_x, half_y, step, step, tone[0], tone[2])


def cut_outs(colours: Sequence[str], wide: int, tall: int) -> list[Plane]:
    """The left cabinet and its cones, as premultiplied RGBA with a clear border of EDGE pixels."""
    sides = [max(4, round(2 * radius * wide / 2) * 2) for _, _, radius, _, _ in _CONES]
    return [_cabinet(colours, wide, tall), *(_cone(colours, side) for side in sides)]


def _cut(rgba: Plane) -> _Cut:
    rgba = np.ascontiguousarray(rgba)
    matrix = np.concatenate([MATRIX[:, :3], MATRIX[:, 3:] / 255], axis=1)
    yuv = np.asarray(cv2.transform(rgba, matrix), np.uint8)
    size = (rgba.shape[1] // 2, rgba.shape[0] // 2)
    half = np.asarray(cv2.resize(yuv, size, interpolation=cv2.INTER_AREA), np.uint8)
    alpha = np.ascontiguousarray(rgba[..., 3])
    alpha_half = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _Cut(
        np.ascontiguousarray(yuv[..., 0]),
        alpha,
        np.ascontiguousarray(half[..., 1:]),
        alpha_half,
        lay_kernels.kinds(alpha),
        lay_kernels.kinds(alpha_half),
    )


class _Canvas:
    """A small drawing by distances, in units of its own width / `units`; soft edges of one pixel."""

    def __init__(self, width: int, height: int, units: float) -> None:
        self.scale = width / units
        self.x = (np.arange(width, dtype=np.float32) + 0.5)[None, :] / self.scale
        self.y = (np.arange(height, dtype=np.float32) + 0.5)[:, None] / self.scale
        self.rgba = np.zeros((height, width, 4), np.float32)

    def lay(self, colour: str | Field, away: Field, alpha: float = 1.0) -> None:
        """Lays a colour ('#rrggbb', or one a pixel) where the distance `away` is negative."""
        tone = np.array(rgb_of(colour), np.float32) if isinstance(colour, str) else colour
        cover = np.clip(0.5 - away * self.scale, 0, 1)[..., None] * alpha
        self.rgba[..., :3] += (tone - self.rgba[..., :3]) * cover
        self.rgba[..., 3:] += (255 - self.rgba[..., 3:]) * cover

    def disc(self, x: float, y: float, radius: float) -> Field:
        """Distances from a disc."""
        return np.asarray(np.hypot(self.x - x, self.y - y) - radius, np.float32)

    def box(self, left: float, top: float, right: float, bottom: float, radius: float) -> Field:
        """Distances from a box with round corners."""
        across = np.abs(self.x - (left + right) / 2) - (right - left) / 2 + radius
        down = np.abs(self.y - (top + bottom) / 2) - (bottom - top) / 2 + radius
        outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
        return np.asarray(outside + np.minimum(np.maximum(across, down), 0) - radius, np.float32)

    def done(self) -> Plane:
        """RGBA, premultiplied, with a clear border."""
        rgb = self.rgba[..., :3] * (self.rgba[..., 3:] / 255)
        whole = np.concatenate([rgb, self.rgba[..., 3:]], axis=2) + 0.5
        return np.pad(whole.astype(np.uint8), ((EDGE, EDGE), (EDGE, EDGE), (0, 0)))


def _line(away: Field, width: float) -> Field:
    """Distances from the outline of a shape."""
    return np.asarray(np.abs(away) - width / 2, np.float32)


def _mixed(low: str, high: str, share: Field) -> Field:
    """Colours from one to the other."""
    first, last = (np.array(rgb_of(colour), np.float32) for colour in (low, high))
    return np.asarray(first + (last - first) * np.clip(share, 0, 1)[..., None], np.float32)


def _cabinet(colours: Sequence[str], width: int, height: int) -> Plane:
    """A dark cabinet with lit edges, its two baskets, screws and a port; 260 units wide, its foot beyond the frame."""
    warm, cold = colours[0], colours[1]
    body, shade, edge = _toned(warm, 0.2), _toned(cold, 0.08), _toned(warm, 0.42)
    art = _Canvas(width, height, 260)
    tall = height / art.scale
    case = art.box(3, 3, 257, tall + 100, 16)
    art.lay("#07060a", case)
    art.lay(_mixed(body, shade, (art.x / 260 + art.y / tall) / 2), case + 5)
    rim = _line(case + 9, 4)
    art.lay(warm, np.maximum(rim, art.x - 215), 0.75)
    art.lay(cold, np.maximum(rim, 215 - art.x), 0.55)
    for across, down, radius, _, _ in _CONES:
        away = art.disc(260 * across, tall * down, 260 * radius * 1.22)
        art.lay("#0b0910", away)
        art.lay(edge, _line(away, 7))
    for x in (26, 234):
        art.lay(edge, art.disc(x, 28, 5))
    port = art.box(86, 0.43 * tall, 174, 0.43 * tall + 13, 6.5)
    art.lay("#07060a", port)
    art.lay(edge, _line(port, 3))
    return art.done()


def _toned(colour: str, share: float) -> str:
    """Nearly black, with a share of a colour."""
    red, green, blue = (round(14 + (part - 14) * share) for part in rgb_of(colour))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _cone(colours: Sequence[str], side: int) -> Plane:
    """A cone seen from the front: surround, paper, cap, and a ring of light; 200 units wide."""
    art = _Canvas(side, side, 200)

    def disc(radius: float) -> Field:
        return art.disc(100, 100, radius)

    art.lay("#0a080d", disc(99))
    art.lay("#1a1622", disc(94))
    art.lay(_mixed("#4b4359", "#15121c", (art.disc(84, 72, 0)) / 150), disc(86))
    art.lay(colours[0], _line(disc(86), 5), 0.9)
    art.lay("#000000", _line(disc(66), 4), 0.3)
    art.lay("#ffffff", _line(disc(50), 4), 0.07)
    art.lay("#0a080d", disc(33))
    art.lay(_mixed("#8d83a3", "#17131e", (art.disc(91, 89, 0)) / 44), disc(29))
    art.lay("#ffffff", np.maximum(_line(disc(78), 6), np.maximum(art.x - 92, art.y - 58)), 0.28)
    return art.done()
