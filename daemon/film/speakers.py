"""Loudspeakers in the lower corners: cabinets that slide in, and cones that follow the bass.

Drawn once for a frame size, as cut-outs of premultiplied BT.709 planes; the left one is the right one turned round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from daemon.film import kernels
from daemon.film.colours import rgb_of
from daemon.film.direction import Curve
from daemon.film.pictures import MATRIX

Plane = NDArray[np.uint8]

_TALL = 0.5  # of the picture's shorter side
_WIDE = 0.52  # of their own height
_SHOWN = 0.84  # share of the width that is inside the picture
# Cones: middle (shares of the cabinet), radius (of its width), how far they swell, the band that they follow.
_CONES = ((0.5, 0.70, 0.34, 0.09, "bass"), (0.5, 0.265, 0.2, 0.06, "mid"))
_EDGE = 2  # clear pixels around a cut-out, so that it ends softly


@dataclass(frozen=True)
class _Cut:
    luma: Plane
    alpha: Plane
    chroma: Plane
    alpha_half: Plane


class Speakers:
    """A pair of loudspeakers for frames of width x height. colours: '#rrggbb', two."""

    def __init__(self, bands: dict[str, Curve], colours: Sequence[str], width: int, height: int) -> None:
        self.bands = bands
        self.width, self.height = width, height
        self.tall = max(16, round(min(width, height) * _TALL / 2) * 2)
        self.wide = max(8, round(self.tall * _WIDE / 2) * 2)
        self._cabinets = self._pair(_cabinet(colours), self.wide, self.tall)
        self._cones = []
        for _, _, radius, _, _ in _CONES:
            side = max(4, round(2 * radius * self.wide / 2) * 2)
            self._cones.append(self._pair(_cone(colours), side, side))

    @staticmethod
    def _pair(svg: str, width: int, height: int) -> tuple[_Cut, _Cut]:
        rgba = _drawn(svg, width, height)
        return _cut(rgba), _cut(rgba[:, ::-1])

    def draw(self, out: Plane, frame: int, amount: float, white: float, black: float) -> None:
        """Both, risen by `amount` (1: all the way) from under the lower edge, as white and as black as the frame."""
        keep = (1 - white) * (1 - black)
        tone = (keep, (1 - black) * white * 235.0 + black * 16.0, (1 - keep) * 128.0)
        risen = min(1.0, 1.4 * amount)
        top = self.height - self.tall * 0.93 * risen * (2 - risen)
        for right in (False, True):
            x = self.width - self.wide * _SHOWN if right else -self.wide * (1 - _SHOWN)
            self._lay(out, self._cabinets[right], x, top, 1.0, tone)
            for (across, down, _, swell, band), cones in zip(_CONES, self._cones, strict=True):
                scale = 1.0 + swell * float(self.bands[band][frame])
                middle = x + self.wide * (1 - across if right else across)
                cut = cones[right]
                side = (cut.luma.shape[1] - 2 * _EDGE) * scale
                self._lay(out, cut, middle - side / 2, top + self.tall * down - side / 2, scale, tone)

    def _lay(
        self, out: Plane, cut: _Cut, left: float, top: float, scale: float, tone: tuple[float, float, float]
    ) -> None:
        step = 1 / scale
        x0, y0 = _EDGE - left * step, _EDGE - top * step
        kernels.lay_luma(cut.luma, cut.alpha, out[: self.height], x0, y0, step, step, *tone[:2])
        chroma = out[self.height :].reshape(self.height // 2, self.width // 2, 2)
        # Chroma samples lie between two luma samples: half a pixel on either side cancels out.
        half_x, half_y = (x0 + 0.5 * step - 0.5) / 2, (y0 + 0.5 * step - 0.5) / 2
        kernels.lay_chroma(cut.chroma, cut.alpha_half, chroma, half_x, half_y, step, step, tone[0], tone[2])


def _drawn(svg: str, width: int, height: int) -> Plane:
    """RGBA, premultiplied, with a clear border."""
    whole = svg.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" ', 1)
    png = bytes(resvg_py.svg_to_bytes(svg_string=whole, skip_system_fonts=True))
    bgra = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert bgra is not None
    rgba = np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return np.pad(rgba.astype(np.uint8), ((_EDGE, _EDGE), (_EDGE, _EDGE), (0, 0)))


def _cut(rgba: Plane) -> _Cut:
    rgba = np.ascontiguousarray(rgba)
    matrix = np.concatenate([MATRIX[:, :3], MATRIX[:, 3:] / 255], axis=1)
    yuv = np.asarray(cv2.transform(rgba, matrix), np.uint8)
    size = (rgba.shape[1] // 2, rgba.shape[0] // 2)
    half = np.asarray(cv2.resize(yuv, size, interpolation=cv2.INTER_AREA), np.uint8)
    alpha = np.ascontiguousarray(rgba[..., 3])
    return _Cut(
        np.ascontiguousarray(yuv[..., 0]),
        alpha,
        np.ascontiguousarray(half[..., 1:]),
        np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8),
    )


def _cabinet(colours: Sequence[str]) -> str:
    """A dark cabinet with a lit edge, its two baskets, screws and a port."""
    warm, cold = colours[0], colours[1]
    body, shade, edge = _toned(warm, 0.2), _toned(cold, 0.08), _toned(warm, 0.42)
    baskets = "".join(
        f'<circle cx="{260 * x:.0f}" cy="{500 * y:.0f}" r="{260 * r * 1.22:.0f}" fill="#0b0910" stroke="{edge}" '
        f'stroke-width="7"/>'
        for x, y, r, _, _ in _CONES
    )
    screws = "".join(f'<circle cx="{x}" cy="{y}" r="5" fill="{edge}"/>' for x in (24, 236) for y in (26, 474))
    return (
        '<svg viewBox="0 0 260 500" preserveAspectRatio="none">'
        '<defs><linearGradient id="b" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="' + body + '"/>'
        f'<stop offset="1" stop-color="{shade}"/></linearGradient></defs>'
        '<rect x="3" y="3" width="254" height="600" rx="16" fill="url(#b)" stroke="#07060a" stroke-width="6"/>'
        f'<path d="M10 590 V22 Q10 10 22 10 H238" fill="none" stroke="{warm}" stroke-opacity=".75" stroke-width="4"/>'
        f'<path d="M250 590 V22 Q250 10 238 10" fill="none" stroke="{cold}" stroke-opacity=".55" stroke-width="4"/>'
        f'{baskets}{screws}<rect x="86" y="216" width="88" height="13" rx="6.5" fill="#07060a" stroke-width="3" '
        f'stroke="{edge}"/></svg>'
    )


def _toned(colour: str, share: float) -> str:
    """Nearly black, with a share of a colour."""
    red, green, blue = (round(14 + (part - 14) * share) for part in rgb_of(colour))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _cone(colours: Sequence[str]) -> str:
    """A cone seen from the front: surround, paper, cap, and a ring of light."""
    return (
        '<svg viewBox="-100 -100 200 200"><defs><radialGradient id="c" cx=".42" cy=".36" r=".75">'
        '<stop offset="0" stop-color="#4b4359"/><stop offset=".55" stop-color="#2a2433"/>'
        '<stop offset="1" stop-color="#15121c"/></radialGradient>'
        '<radialGradient id="d" cx=".36" cy=".32" r=".8"><stop offset="0" stop-color="#8d83a3"/>'
        '<stop offset=".4" stop-color="#3a3347"/><stop offset="1" stop-color="#17131e"/></radialGradient></defs>'
        '<circle r="97" fill="#1a1622" stroke="#0a080d" stroke-width="5"/>'
        f'<circle r="86" fill="url(#c)" stroke="{colours[0]}" stroke-opacity=".9" stroke-width="5"/>'
        '<circle r="66" fill="none" stroke="#000" stroke-opacity=".3" stroke-width="4"/>'
        '<circle r="50" fill="none" stroke="#fff" stroke-opacity=".07" stroke-width="4"/>'
        '<circle r="31" fill="url(#d)" stroke="#0a080d" stroke-width="4"/>'
        '<path d="M-66 -42 A78 78 0 0 1 -8 -78" fill="none" stroke="#fff" stroke-opacity=".28" stroke-width="6" '
        'stroke-linecap="round"/></svg>'
    )
