"""The pen: collects SVG, and draws outlines as the style sheet says.

Lengths are world units (a picture is 1600 x 900 of them), y down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daemon.film.painter.colour import Palette, mix, shift, to_lab
from daemon.film.painter.outline import Point, bounds, crescent, ellipse, number, polygon, rounded

if TYPE_CHECKING:
    from daemon.film.painter.rig import Pass


@dataclass(frozen=True)
class Sheet:
    """A style sheet: how lines, shade and rim light are drawn. Widths in world units."""

    name: str
    outer: float
    inner: float
    shade: float
    rim: float
    tint: float  # how much a line takes of its fill's colour, 0 black line .. 1 no line
    hatch: bool = False
    glow: bool = False
    chroma: float = 1.0  # how colourful things are that have a colour of their own: leaves, water, sky
    dim: float = 1.0  # how light the world is out of doors


SHEETS = {
    "bold": Sheet("bold", outer=5.8, inner=3.5, shade=0.95, rim=1.0, tint=0.24),
    "ink": Sheet("ink", outer=4.2, inner=2.6, shade=1.2, rim=0.8, tint=0.0, hatch=True, chroma=0.3),
    "neon": Sheet("neon", outer=4.0, inner=2.8, shade=1.1, rim=1.4, tint=0.0, glow=True, chroma=1.15, dim=0.54),
}


@dataclass
class Pen:
    """Collects the SVG of one layer."""

    name: str
    palette: Palette
    sheet: Sheet
    light: Point = (-0.6, -0.8)  # a unit vector that points to the light
    lit: bool = False  # drawn as tubes of light where the sheet glows: the cast, not the place
    wash: tuple[str, float] = ("", 0.0)  # the air's colour, and how much of it all that is drawn takes
    rim: float = 1.0  # rim lights reach so many times as far in
    hatches: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)  # by name
    images: list[NDArray[np.uint8]] = field(default_factory=list)  # what the SVG names by address, kept for drawing
    cutouts: list[str | Pass] | None = None  # a figure taken apart: what stands still as SVG, what moves as cut-outs

    def svg(self) -> str:
        """What was drawn, with its definitions."""
        return f"<defs>{''.join(self.definitions.values())}</defs>{''.join(self.parts)}"

    def cut(self) -> None:
        """Puts what was drawn since the last cut among the cut-outs, as something that stands still."""
        if self.cutouts is not None and self.parts:
            self.cutouts.append(self.svg())
            self.parts.clear()

    def define(self, text: str) -> str:
        """Adds a definition whose own name is written @ in it; its name."""
        # Named after its content: the same piece is the same text, whatever was drawn before.
        name = self.name + blake2b(text.encode(), digest_size=6).hexdigest()
        self.definitions.setdefault(name, text.replace("@", name, 1))
        return name

    def linear(self, start: Point, end: Point, *stops: tuple[float, str, float]) -> str:
        """A linear gradient as a paint; stops are (place 0..1, colour, opacity)."""
        return self._gradient(
            f'<linearGradient id="@" gradientUnits="userSpaceOnUse" x1="{number(start[0])}" y1="{number(start[1])}" '
            f'x2="{number(end[0])}" y2="{number(end[1])}">',
            stops,
            "</linearGradient>",
        )

    def radial(self, centre: Point, radius: float, *stops: tuple[float, str, float]) -> str:
        """A radial gradient as a paint."""
        return self._gradient(
            f'<radialGradient id="@" gradientUnits="userSpaceOnUse" cx="{number(centre[0])}" cy="{number(centre[1])}" '
            f'r="{number(radius)}">',
            stops,
            "</radialGradient>",
        )

    def _gradient(self, head: str, stops: Sequence[tuple[float, str, float]], tail: str) -> str:
        inside = "".join(
            f'<stop offset="{place:.3f}" stop-color="{colour}" stop-opacity="{opacity:.3f}"/>'
            for place, colour, opacity in stops
        )
        return f"url(#{self.define(head + inside + tail)})"

    def clip(self, outline: str) -> str:
        """A clip path's name."""
        return self.define(f'<clipPath id="@"><path d="{outline}"/></clipPath>')

    def _hatch(self, colour: str) -> str:
        """Parallel pen strokes as a paint: a gradient with hard steps that repeats."""
        if colour not in self.hatches:
            step = 1.35 * self.sheet.inner
            stops = "".join(
                f'<stop offset="{place}" stop-color="{colour}" stop-opacity="{opacity}"/>'
                for place, opacity in ((0.0, 0.95), (0.36, 0.95), (0.5, 0.0), (0.86, 0.0), (1.0, 0.95))
            )
            self.hatches[colour] = self.define(
                f'<linearGradient id="@" gradientUnits="userSpaceOnUse" spreadMethod="repeat" x1="0" y1="0" '
                f'x2="{number(step)}" y2="{number(step * 0.6)}">{stops}</linearGradient>'
            )
        return f"url(#{self.hatches[colour]})"

    @contextmanager
    def inside(self, transform: str = "", opacity: float = 1.0, clip: str = "") -> Iterator[None]:
        """Draws what follows moved, faded, or clipped to an outline."""
        attributes = f' transform="{transform}"' if transform else ""
        attributes += f' opacity="{opacity:.3f}"' if opacity < 1 else ""
        attributes += f' clip-path="url(#{self.clip(clip)})"' if clip else ""
        self.parts.append(f"<g{attributes}>")
        yield
        self.parts.append("</g>")

    def at(self, x: float, y: float, turn: float = 0.0, size: float = 1.0) -> AbstractContextManager[None]:
        """Draws what follows at a place, turned (degrees) and scaled."""
        return self.inside(f"translate({x:.1f} {y:.1f}) rotate({turn:.1f}) scale({size:.3f})")

    def _washed(self, paint: str) -> str:
        return mix(paint, *self.wash) if self.wash[1] and paint.startswith("#") else paint

    def fill(self, outline: str, paint: str, opacity: float = 1.0) -> None:
        """Fills an outline, without any line."""
        paint = self._washed(paint)
        faded = f' fill-opacity="{opacity:.3f}"' if opacity < 1 else ""
        self.parts.append(f'<path d="{outline}" fill="{paint}"{faded}/>')

    def stroke(self, outline: str, paint: str, width: float, opacity: float = 1.0, cap: str = "round") -> None:
        """Draws a line along an outline."""
        paint = self._washed(paint)
        faded = f' stroke-opacity="{opacity:.3f}"' if opacity < 1 else ""
        self.parts.append(
            f'<path d="{outline}" fill="none" stroke="{paint}" stroke-width="{number(width)}" '
            f'stroke-linejoin="round" stroke-linecap="{cap}"{faded}/>'
        )

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float = 0.8, flat: float = 1.0) -> None:
        """A soft light: a radial gradient that fades out; `flat` squeezes it in height."""
        stops = ((0.0, 1.0), (0.25, 0.55), (0.55, 0.2), (0.8, 0.05), (1.0, 0.0))
        paint = self.radial((0, 0), radius, *((place, colour, strength * level) for place, level in stops))
        with self.inside(f"translate({number(x)} {number(y)}) scale(1 {flat:.2f})"):
            self.fill(ellipse(0, 0, radius), paint)

    def neon_line(self, outline: str, colour: str, width: float) -> None:
        """A glowing tube: wide faint strokes under a bright one."""
        for factor, opacity in ((6.0, 0.08), (3.4, 0.16), (1.9, 0.4)):
            self.stroke(outline, colour, width * factor, opacity)
        self.stroke(outline, mix(colour, "#ffffff", 0.55), width)

    def line_colour(self, fill: str) -> str:
        """The colour of a line around a fill: dark, or a lit tube's where the sheet glows."""
        if self.sheet.glow and self.lit:
            return mix(shift(fill, lightness=0.16, chroma=1.25), self.palette.accents[1], 0.4)
        if self.sheet.glow:
            return self._tube(fill)
        if not fill.startswith("#"):
            return self.palette.line
        return mix(self.palette.line, shift(fill, lightness=-0.3), self.sheet.tint)

    def _tube(self, fill: str) -> str:
        """The colour of a line in the place where the sheet glows: each layer's lines in one of the accents."""
        accents = (*self.palette.accents, self.palette.accents[1])
        own = accents[sum(self.name.encode()) % len(accents)]
        level = to_lab(fill)[0] if fill.startswith("#") else 0.4
        return mix(shift(own, lightness=0.05, chroma=1.15), self.palette.line, 0.15 + 0.5 * max(0.0, level - 0.45))

    def shape(
        self,
        outline: str,
        paint: str,
        *,
        line: float = 1.0,
        shade: float = 0.0,
        rim: float = 0.0,
        light: Point | None = None,
        tone: str = "",
        hatch: bool = True,
    ) -> None:
        """A drawn shape: line, fill, shade away from the light and rim towards it.

        line: share of the sheet's inner width; shade, rim: how far they reach in, world units.
        light: towards the light in this shape's own frame; tone: the plain colour where paint is a gradient.
        """
        flat = tone or (paint if paint.startswith("#") else self.palette.tone(0.4))
        if line > 0:
            self.stroke(outline, self.line_colour(flat), self.sheet.inner * line * 2)
        self.fill(outline, paint)
        if self.sheet.glow and self.lit and hatch and to_lab(flat)[0] < 0.88:
            left, top, right, low = bounds(outline)
            deep = mix(shift(flat, lightness=-0.34, chroma=1.3), self.palette.tone(0.1), 0.25)
            self.fill(outline, self.linear((left, top), (right, low), (0, deep, 0.0), (1, deep, 0.72)))
        self.model(outline, flat, shade, rim * self.rim, light, hatch)

    def model(
        self, outline: str, flat: str, shade: float, rim: float, light: Point | None = None, hatch: bool = True
    ) -> None:
        """The shade and the rim light of a shape that is already filled."""
        if shade <= 0 and rim <= 0:
            return
        x, y = light or self.light
        dark = self.palette.shadow(flat, self.sheet.shade)
        bright = mix(shift(flat, lightness=0.14), self.palette.light, 0.65)
        glint = min(1.0, 0.85 * self.sheet.rim)
        if rounded(outline):
            if shade > 0:
                self.fill(crescent(outline, (x * shade, y * shade)), dark)
                if self.sheet.hatch and hatch:
                    self.fill(crescent(outline, (x * shade * 2.1, y * shade * 2.1)), self._hatch(dark))
            if rim > 0:
                self.fill(crescent(outline, (-x * rim, -y * rim)), bright, glint)
            return
        with self.inside(clip=outline):
            if shade > 0:
                self._crescent(outline, (x * shade, y * shade), dark, 1.0)
                if self.sheet.hatch and hatch:
                    self._crescent(outline, (x * shade * 2.1, y * shade * 2.1), self._hatch(dark), 1.0)
            if rim > 0:
                self._crescent(outline, (-x * rim, -y * rim), bright, glint)

    def _crescent(self, outline: str, move: Point, colour: str, opacity: float) -> None:
        """The part of an outline that its own copy, moved, leaves free (inside a clip to the outline)."""
        left, top, right, low = bounds(outline)
        reach = max(abs(move[0]), abs(move[1])) + 2
        frame = polygon(
            [
                (left - reach, top - reach),
                (right + reach, top - reach),
                (right + reach, low + reach),
                (left - reach, low + reach),
            ]
        )
        self.parts.append(
            f'<path transform="translate({number(move[0])} {number(move[1])})" d="{frame} {outline}" '
            f'fill="{self._washed(colour)}" fill-rule="evenodd" fill-opacity="{opacity:.2f}"/>'
        )
