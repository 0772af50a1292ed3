"""Colours in OKLCH, and palettes made from mood and key.

A colour is "#rrggbb" outside this module. Lightness 0..1, chroma about 0..0.37, hue in degrees.
Source: Björn Ottosson, "A perceptual color space for image processing", 2020.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

_HEX = re.compile(r"#?([0-9a-fA-F]{6})\Z")
_FIFTHS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "GB": 6, "C#": 7, "DB": 7}
_FIFTHS |= {"G#": 8, "AB": 8, "D#": 9, "EB": 9, "A#": 10, "BB": 10, "F": 11}
_BRIGHT = "happy joyful bright uplifting euphoric cheerful warm hopeful playful sunny triumphant sweet"
_DARK = "dark sad melancholic melancholy angry aggressive tense ominous gloomy cold brooding menacing"
_LIVELY = "energetic aggressive euphoric driving intense powerful angry triumphant danceable excited wild"
_STILL = "calm peaceful dreamy serene relaxed tender quiet gentle ambient meditative sleepy soft"

_JEWELS = (
    (0.63, 0.23, 18), (0.70, 0.19, 42), (0.77, 0.165, 66), (0.85, 0.16, 88), (0.78, 0.17, 155), (0.78, 0.13, 182),
    (0.77, 0.13, 212), (0.66, 0.17, 248), (0.60, 0.21, 278), (0.62, 0.23, 302), (0.66, 0.25, 330), (0.68, 0.21, 356),
)  # fmt: skip


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


@lru_cache(maxsize=8192)
def to_lab(colour: str) -> tuple[float, float, float]:
    """OKLab (lightness, a, b) of "#rrggbb"."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _rgb(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def from_lab(lightness: float, a: float, b: float) -> str:
    """ "#rrggbb" of an OKLab colour; chroma is lowered until it fits sRGB."""
    lightness = min(1.0, max(0.0, lightness))
    scale = 1.0
    for _ in range(60):
        rgb = _rgb(lightness, a * scale, b * scale)
        if all(-0.0002 <= channel <= 1.0002 for channel in rgb):
            break
        scale *= 0.88
    channels = (round(255 * _gamma(min(1.0, max(0.0, channel)))) for channel in rgb)
    return "#" + "".join(f"{channel:02x}" for channel in channels)


@lru_cache(maxsize=8192)
def oklch(lightness: float, chroma: float, hue: float) -> str:
    """ "#rrggbb" of an OKLCH colour, hue in degrees."""
    angle = math.radians(hue)
    return from_lab(lightness, chroma * math.cos(angle), chroma * math.sin(angle))


def to_lch(colour: str) -> tuple[float, float, float]:
    """OKLCH (lightness, chroma, hue in degrees) of "#rrggbb"."""
    lightness, a, b = to_lab(colour)
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


@lru_cache(maxsize=16384)
def mix(first: str, second: str, share: float) -> str:
    """The colour that lies `share` (0..1) of the way from first to second, in OKLab."""
    one, two = to_lab(first), to_lab(second)
    lightness, a, b = (x + (y - x) * share for x, y in zip(one, two, strict=True))
    return from_lab(lightness, a, b)


@lru_cache(maxsize=8192)
def shift(colour: str, lightness: float = 0.0, chroma: float = 1.0, hue: float = 0.0) -> str:
    """A colour with its lightness raised by so much, its chroma multiplied, its hue turned (degrees)."""
    old = to_lch(colour)
    return oklch(min(1.0, max(0.0, old[0] + lightness)), old[1] * chroma, (old[2] + hue) % 360)


@dataclass(frozen=True)
class Palette:
    """A picture's colours: a ramp for the world from dark to light, accents, and the light's own colour."""

    ramp: tuple[str, ...]
    accents: tuple[str, str, str]
    light: str
    line: str
    wardrobe: tuple[str, str, str]  # the cast's own accents: the same in all pictures of a song

    def tone(self, level: float) -> str:
        """The world's colour at a level, 0 darkest .. 1 lightest."""
        place = min(1.0, max(0.0, level)) * (len(self.ramp) - 1)
        low = min(int(place), len(self.ramp) - 2)
        return mix(self.ramp[low], self.ramp[low + 1], round(place - low, 3))

    def shadow(self, colour: str, depth: float = 0.5) -> str:
        """A colour in shadow: darker, and pulled towards the world's dark hue."""
        return mix(shift(colour, lightness=-0.16 * depth), self.tone(0.12), 0.42 * depth)


def clean(colours: Sequence[str]) -> tuple[str, ...]:
    """The colours that can be read as "#rrggbb", in order."""
    found = (_HEX.match(str(colour).strip()) for colour in colours)
    return tuple("#" + match.group(1).lower() for match in found if match)


def feeling(mood: Sequence[str], energy: float) -> tuple[float, float]:
    """(valence, energy), each 0..1, from mood words and a measured energy."""
    words = {part for word in mood for part in re.findall(r"[a-z]+", str(word).lower())}
    valence = 0.5 + 0.25 * len(words & set(_BRIGHT.split())) - 0.25 * len(words & set(_DARK.split()))
    lively = energy + 0.15 * len(words & set(_LIVELY.split())) - 0.15 * len(words & set(_STILL.split()))
    return min(1.0, max(0.0, valence)), min(1.0, max(0.0, lively))


def _clear(hue: float) -> float:
    """A hue out of the murky yellow-greens: drawn to amber or to sea green."""
    if 84 < hue < 122:
        return 66 + (hue - 84) * 0.4
    return 150 + (hue - 122) * 0.3 if 122 <= hue < 152 else hue


def _turn(hue: float, towards: float, share: float) -> float:
    return (hue + ((towards - hue + 180) % 360 - 180) * share) % 360


def _jewel(hue: float, loud: float) -> str:
    """The clear colour nearest to a hue: each hue at the lightness where it looks its best."""
    place = hue % 360
    lightness, chroma, at = min(_JEWELS, key=lambda jewel: abs((jewel[2] - place + 180) % 360 - 180))
    return oklch(lightness, round(chroma * min(1.0, loud), 3), at)


def make(
    colours: Sequence[str], mood: Sequence[str], key: str, energy: float, time_of_day: str, chance: random.Random
) -> Palette:
    """The palette: from the colours given, else from mood (warm, cool, dark, bright) and key (circle of fifths)."""
    valence, lively = feeling(mood, energy)
    dark_hour = time_of_day in ("night", "")
    given = clean(colours)
    if given:
        return _from_colours(given, chance)
    match = re.match(r"\s*([A-G][#b]?)\s*(minor|min|m\b)?", key)
    minor = bool(match and match.group(2))
    fifth = (_FIFTHS.get(match.group(1).upper(), 0) + (9 if minor else 0)) % 12 if match else 0
    if match:
        hue = (40 + 30 * fifth + chance.uniform(-10, 10)) % 360
    else:
        hue = chance.choice((20, 60, 190, 235, 265, 300, 335)) + chance.uniform(-12, 12)
    hue = _clear(hue)
    sadness = 1 - valence
    travel = chance.choice((70, 95, 120)) * (1 if (275 - hue) % 360 < 180 else -1)
    shade_hue = _turn((hue + travel) % 360, 272, 0.45 + 0.3 * sadness if dark_hour or minor else 0.4)
    light_hue = _turn(hue, 55 if valence >= 0.5 else 215, 0.3)
    chroma = 0.08 + 0.065 * lively
    top = 0.80 + 0.12 * valence
    ramp = tuple(
        oklch(
            round(0.13 + (top - 0.13) * step, 3), round(chroma * shape, 3), round(_turn(shade_hue, light_hue, step), 1)
        )
        for step, shape in ((0.0, 0.6), (0.2, 1.0), (0.42, 1.25), (0.64, 1.25), (0.84, 0.95), (1.0, 0.55))
    )
    spread = chance.choice((150, 180, 210, 120))
    first = light_hue + spread
    loud = 0.75 + 0.3 * lively
    accents = (
        _jewel(first, loud),
        _jewel(first + chance.choice((-80, 80)), loud),
        _jewel(_turn(first + 140, 70, 0.6), loud),
    )
    own = 40 + 30 * fifth + 180 if match else 215
    wardrobe = (_jewel(own, 1.0), _jewel(own + (85 if minor else -85), 1.0), _jewel(_turn(own + 140, 70, 0.6), 1.0))
    light = oklch(0.93, 0.06, round(_turn(light_hue, 85, 0.5), 1))
    return Palette(ramp, accents, light, oklch(0.13, 0.035, round(shade_hue, 1)), wardrobe)


def of_song(mood: Sequence[str], key: str, energy: float, seed: int) -> list[str]:
    """Six colours for a whole song: two darks, a middle, two accents, a light."""
    chance = random.Random(f"{seed}/song")
    palette = make((), mood, key, energy, "night", chance)
    # The world's own middle is no louder than what is worn before it.
    world = [palette.tone(0.06), palette.tone(0.26), shift(palette.tone(0.6), chroma=0.62)]
    return [*world, *_standing_out(world, chance), palette.light]


def _apart(hue: float, other: float) -> float:
    """Degrees between two hues, 0..180."""
    return abs((hue - other + 180) % 360 - 180)


def _standing_out(world: Sequence[str], chance: random.Random) -> tuple[str, str]:
    """Two jewels for those who stand before a world of these colours: far from it, and from each other."""
    hues = [to_lch(colour)[2] for colour in world]

    def away(jewel: tuple[float, float, float]) -> float:
        return min(_apart(jewel[2], hue) for hue in hues)

    farthest = sorted(_JEWELS, key=away, reverse=True)
    first = chance.choice(farthest[:3])
    second = max(_JEWELS, key=lambda jewel: min(away(jewel), 60) + min(_apart(jewel[2], first[2]), 100))
    return oklch(*first), oklch(*second)


def deepened(palette: Palette) -> Palette:
    """A palette whose world is darker and louder, so that light shows."""
    ramp = tuple(shift(colour, lightness=-0.2 * to_lab(colour)[0], chroma=1.4) for colour in palette.ramp)
    return replace(palette, ramp=ramp)


def inked(palette: Palette) -> Palette:
    """A palette of ink on paper: a world of washed greys in more contrast, the accents as spot colours."""
    ramp = []
    for colour in palette.ramp:
        lightness, chroma, hue = to_lch(colour)
        share = min(1.0, max(0.0, (lightness - 0.1) / 0.8))
        steep = share * share * (3 - 2 * share)
        paper = mix(oklch(round(0.12 + 0.86 * steep, 3), round(chroma * 0.3, 3), round(hue, 1)), "#f6ead2", 0.4 * steep)
        ramp.append(paper)
    light = mix(palette.light, "#fff7e6", 0.6)
    return replace(palette, ramp=tuple(ramp), light=light, line=oklch(0.12, 0.015, 280))


def _from_colours(given: tuple[str, ...], chance: random.Random) -> Palette:
    """A palette of somebody's own colours: the loudest are accents, the rest make the world from dark to light."""
    by_light = sorted(dict.fromkeys(given), key=lambda colour: to_lab(colour)[0])
    loud = sorted((c for c in by_light if 0.42 < to_lab(c)[0] < 0.95), key=lambda colour: -to_lch(colour)[1])[:3]
    loud.sort(key=lambda colour: -to_lch(colour)[1] * (1 - 1.6 * abs(to_lab(colour)[0] - 0.74)))
    calm = [colour for colour in by_light if colour not in loud[:2]]
    world = calm if len(calm) > 2 else by_light
    darkest, lightest = world[0], world[-1]
    low = darkest if to_lab(darkest)[0] < 0.24 else shift(darkest, lightness=0.16 - to_lab(darkest)[0], chroma=0.8)
    high = lightest if to_lab(lightest)[0] > 0.8 else shift(lightest, lightness=0.86 - to_lab(lightest)[0], chroma=0.6)
    first = loud[0] if loud else high
    second = loud[1] if len(loud) > 1 else mix(first, high, 0.45)
    third = shift(loud[2], lightness=max(0.0, 0.7 - to_lab(loud[2])[0])) if len(loud) > 2 else mix(second, high, 0.5)
    ramp = tuple(shift(tone, chroma=1.3) for tone in _even(tuple(dict.fromkeys((low, *world, high)))))
    accents = (first, second, third) if chance.random() < 0.5 else (second, first, third)
    line = shift(low, lightness=min(0.0, 0.14 - to_lab(low)[0]))
    return Palette(ramp, accents, high, line, (first, second, third))


def _even(colours: tuple[str, ...]) -> tuple[str, ...]:
    """Six colours along those given (dark to light), in even steps of lightness."""
    if len(colours) < 2:
        colours = (shift(colours[0], lightness=-0.3), colours[0])
    levels = [to_lab(colour)[0] for colour in colours]
    found = []
    for step in range(6):
        wanted = levels[0] + (levels[-1] - levels[0]) * step / 5
        above = next((index for index in range(1, len(levels)) if levels[index] >= wanted - 1e-9), len(levels) - 1)
        span = max(1e-6, levels[above] - levels[above - 1])
        share = min(1.0, max(0.0, (wanted - levels[above - 1]) / span))
        found.append(mix(colours[above - 1], colours[above], round(share, 3)))
    return tuple(found)
