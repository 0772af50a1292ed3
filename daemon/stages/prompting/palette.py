"""Colours of a film from mood and key, and what to call a colour in a prompt.

A colour is "#rrggbb"; lightness 0..1, chroma 0..0.37 and hue in degrees are OKLCH's.
"""

from __future__ import annotations

import colorsys
import random
from collections.abc import Sequence

from daemon.film.painter.colour import oklch, to_lch

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
