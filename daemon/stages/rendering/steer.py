"""What the words of a redo's note change in a picture: "darker sky", "closer", "at night", "less red"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from daemon.stages.prompting import hints, palette
from daemon.stages.prompting.slots import FRAMINGS

# What is said -> (lightness, saturation) of every colour.
_LIGHT = {
    "darker dark dim dimmer gloomier shadows": (0.72, 1.0),
    "brighter bright lighter sunnier": (1.28, 1.0),
    "vivid colourful colorful saturated bolder punchier": (1.0, 1.4),
    "muted pale paler grey gray faded desaturated softer": (1.04, 0.55),
}
_HUES = {
    "red redder": 0,
    "orange": 28,
    "warm warmer golden gold": 38,
    "yellow": 52,
    "green greener": 130,
    "teal cyan turquoise": 180,
    "cold colder cool cooler": 215,
    "blue bluer": 225,
    "purple violet": 275,
    "pink magenta": 325,
}
_ENERGY = {
    "calmer calm quieter slower gentler stiller peaceful": -0.35,
    "wilder wild faster louder harder energetic dynamic crazier": 0.35,
}
_NEARER = {"closer", "nearer", "tighter", "bigger", "larger"}
_FARTHER = {"wider", "farther", "further", "smaller"}
_OPPOSITE = {"darker": "brighter", "dark": "brighter", "bright": "darker", "brighter": "darker"}
_REFUSED = re.compile(r"\b(?:no|not|without|less|fewer|too|so)\s+(?:(?:too|so|much|many|of|the|a|an|any)\s+)*([\w-]+)")


@dataclass(frozen=True)
class Wish:
    """What is to be painted, as far as a note can change it."""

    palette: tuple[str, ...] = ()
    mood: tuple[str, ...] = ()
    scene: str = ""
    characters: tuple[str, ...] = ()
    pose: str = ""
    framing: str = ""
    time_of_day: str = ""
    energy: float = 0.5


def steer(wish: Wish, note: str) -> Wish:
    """The wish as a note changes it; a note without a word known here changes nothing.

    What is refused ("no red", "without the robot", "too dark") is never asked for; too dark is brighter.
    """
    text = " ".join(note.lower().split())[:500]
    refused = set(_REFUSED.findall(text))
    wanted = [word for word in hints.words(text) if word not in refused]
    wanted += [_OPPOSITE[word] for word in sorted(refused) if word in _OPPOSITE]
    said = set(wanted)
    colours = wish.palette
    for known, (light, full) in _LIGHT.items():
        if said & set(known.split()):
            colours = tuple(palette.shade(colour, light, full) for colour in colours)
    for known, hue in _HUES.items():
        if said & set(known.split()):
            colours = tuple(palette.shade(colour, towards=hue) for colour in colours)
        elif refused & set(known.split()):
            colours = tuple(palette.shade(colour, towards=(hue + 180) % 360) for colour in colours)
    energy = wish.energy + sum(step for known, step in _ENERGY.items() if said & set(known.split()))
    plain = " ".join(wanted)
    person = hints.character(plain)
    return replace(
        wish,
        palette=colours,
        mood=(*wish.mood, *sorted(said & {"dark", "bright", "sad", "happy", "calm", "dreamy", "tense"})),
        scene=hints.scene(plain) or wish.scene,
        characters=(person,) if person else wish.characters,
        pose=hints.pose(plain) or wish.pose,
        framing=_framing(wish.framing, said),
        time_of_day=hints.hour(plain) or wish.time_of_day,
        energy=min(1.0, max(0.0, energy)),
    )


def _framing(now: str, said: set[str]) -> str:
    """wide, medium or close: by name, or a step from how it is now."""
    if said & {"close", "close-up", "closeup", "portrait"}:
        return "close"
    if said & {"wide", "panorama", "landscape"}:
        return "wide"
    step = FRAMINGS.index(now) if now in FRAMINGS else 1
    if said & _NEARER:
        step += 1
    if said & _FARTHER:
        step -= 1
    return FRAMINGS[min(2, max(0, step))] if said & (_NEARER | _FARTHER) else now
