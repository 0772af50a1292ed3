"""Colours of a film from mood and key, and what to call a colour in a prompt.

A colour is "#rrggbb". Lightness 0..1, chroma 0..0.37, hue in degrees, all in OKLCH (Björn Ottosson,
"A perceptual color space for image processing", 2020).
"""

from __future__ import annotations

import colorsys
import math
import random
from collections.abc import Sequence

# Hue by the circle of fifths, so that related keys lie side by side; C major is a warm yellow.
_FIFTHS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "C#": 7, "G#": 8, "D#": 9, "A#": 10, "F": 11}
_WARM, _COOL = 55.0, 265.0
_BRIGHT = {"happy", "joyful", "bright", "uplifting", "euphoric", "hopeful", "playful", "sunny", "warm"}
_DARK = {"dark", "sad", "melancholic", "angry", "aggressive", "tense", "ominous", "gloomy", "cold", "brooding"}

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
    dice = random.Random(f"{seed}/palette")  # the seed turns the hue a little: no two songs quite alike
    words = {word.lower() for word in mood}
    valence = _bound(valence + 0.12 * len(words & _BRIGHT) - 0.12 * len(words & _DARK))
    energy = _bound(energy)
    tonic, _, mode = key.partition(" ")
    if tonic in _FIFTHS:
        # A minor key shares its relative major's place.
        hue = 85.0 + 30 * ((_FIFTHS[tonic] + (9 if mode == "minor" else 0)) % 12)
    else:
        hue = dice.uniform(0, 360)
    hue += dice.uniform(-14, 14)
    shade = _turn(hue, _COOL, 0.65 - 0.35 * valence)
    glow = _turn(hue, _WARM if valence >= 0.5 else _COOL, 0.3)
    spread = dice.choice((140, 165, 195, 220))
    loud = 0.13 + 0.07 * energy
    return [
        oklch(0.15 + 0.05 * valence, 0.05, shade),
        oklch(0.31 + 0.06 * valence, 0.08 + 0.03 * energy, shade),
        oklch(0.55 + 0.05 * valence, 0.1 + 0.05 * energy, glow),
        oklch(0.7, loud, glow + spread),
        oklch(0.78, loud, glow + spread + dice.choice((-70, 70))),
        oklch(0.93, 0.04, _turn(glow, _WARM, 0.5)),
    ]


def _bound(value: float) -> float:
    return min(1.0, max(0.0, value))


def _turn(hue: float, towards: float, share: float) -> float:
    """A hue that has gone `share` of the shorter way towards another."""
    return (hue + ((towards - hue + 180) % 360 - 180) * share) % 360


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """ "#rrggbb" of an OKLCH colour; chroma is lowered until sRGB holds it."""
    angle = math.radians(hue)
    while True:
        a, b = chroma * math.cos(angle), chroma * math.sin(angle)
        long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        channels = (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
        if chroma < 0.005 or all(-0.001 <= channel <= 1.001 for channel in channels):
            return "#" + "".join(f"{round(255 * _gamma(_bound(channel))):02x}" for channel in channels)
        chroma *= 0.92


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def shade(colour: str, lightness: float = 1.0, saturation: float = 1.0, towards: float | None = None) -> str:
    """A colour with lightness and saturation multiplied, its hue turned half way towards another (degrees, HSV)."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    if towards is not None:
        hue, full = _turn(hue * 360, towards, 0.6) / 360, max(full, 0.35)
    channels = colorsys.hls_to_rgb(hue, _bound(light * lightness), _bound(full * saturation))
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


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
