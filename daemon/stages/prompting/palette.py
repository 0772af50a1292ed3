"""Colours of a film from mood and key, and what to call a colour in a prompt.

A colour is "#rrggbb"; lightness 0..1, chroma 0..0.37 and hue in degrees are OKLCH's.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

from daemon.film.painter.colour import of_song, oklch, to_lch

_HUES = (
    (15, "red"),
    (38, "orange"),
    (52, "amber"),
    (70, "yellow"),
    (95, "lime"),
    (150, "green"),
    (178, "teal"),
    (200, "cyan"),
    (235, "blue"),
    (262, "indigo"),
    (290, "violet"),
    (322, "magenta"),
    (346, "rose"),
    (361, "red"),
)


def palette(mood: Sequence[str], key: str, energy: float, valence: float, seed: int) -> list[str]:
    """Six colours: two darks, a middle, two accents, a light. key as "A minor", "" for none; the rest 0..1."""
    return of_song([*mood, *(["happy"] if valence > 0.65 else ["dark"] if valence < 0.35 else [])], key, energy, seed)


def _bound(value: float) -> float:
    return min(1.0, max(0.0, value))


def _turn(hue: float, towards: float, share: float) -> float:
    """A hue that has gone `share` of the shorter way towards another."""
    return (hue + ((towards - hue + 180) % 360 - 180) * share) % 360


def shade(colour: str, lightness: float = 1.0, chroma: float = 1.0, towards: float | None = None) -> str:
    """A colour with lightness and chroma multiplied, its hue turned most of the way towards another (degrees)."""
    light, full, hue = to_lch(colour)
    if towards is not None:
        hue, full = _turn(hue, towards, 0.75), max(full, 0.06)
    return oklch(_bound(light * lightness), full * chroma, hue)


def of_section(colours: Sequence[str], energy: float, number: int) -> list[str]:
    """A film's colours as one of its sections wears them, by its energy (0..1) and its number, from 0.

    The three loudest stay as they are: the cast wears them, and is to look the same all through.
    """
    turn = (0, 26, -20, 38, -32, 14)[number % 6]
    loud = sorted((c for c in colours if 0.45 < to_lch(c)[0] < 0.95), key=lambda c: -to_lch(c)[1])[:3]
    most = min((to_lch(colour)[1] for colour in loud), default=0.37)
    found = []
    for colour in colours:
        light, full, hue = to_lch(colour)
        if colour not in loud:
            light, full = light * (0.92 + 0.14 * _bound(energy)), min(0.9 * most, full * (0.7 + 0.5 * _bound(energy)))
            colour = oklch(_bound(light), full, (hue + turn) % 360)
        found.append(colour)
    return found


def name(colour: str) -> str:
    """What to call a colour: "deep indigo", "pale amber", "charcoal"."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    if full < 0.12 or light < 0.06:
        return ("black", "charcoal", "slate grey", "silver grey", "off-white")[min(4, int(light * 5))]
    if light > 0.9:
        return "warm white" if hue < 0.2 or hue > 0.9 else "cool white"
    word = next(word for edge, word in _HUES if hue * 360 < edge)
    if word in ("orange", "amber") and light < 0.35:
        word = "brown"
    depth = "midnight" if light < 0.14 else "deep" if light < 0.32 else "pale" if light > 0.76 else ""
    vivid = "vivid" if not depth and full > 0.75 else ""
    return " ".join(part for part in (depth or vivid, word) if part)


def names(colours: Sequence[str], most: int = 4) -> list[str]:
    """What to call a palette: the darkest first, then the loudest, each name once."""

    def facts(colour: str) -> tuple[float, float]:
        _, light, full = colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
        return light, full * (1 - abs(2 * light - 1))

    if not colours:
        return []
    darkest = min(colours, key=lambda colour: facts(colour)[0])
    others = sorted((colour for colour in colours if colour != darkest), key=lambda colour: -facts(colour)[1])
    return list(dict.fromkeys(name(colour) for colour in (darkest, *others)))[:most]
