"""Which effects ride on which musical events: the words, units and limits of a rule's `edit.effects`.

A rule maps an event to effects with amounts: `drop: {flash: 0.8, shake: 0.3}`. What it says of an event replaces
what the built-in map says of that event; events that it doesn't name keep theirs.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

Riding = dict[str, dict[str, float]]  # event -> effect -> amount

MOMENTS = {
    "start": "the first frame of the song",
    "end": "its last frame",
    "beat": "each beat: in full where the energy is high, weaker where it is medium, not where it is low",
    "downbeat": "the first beat of each bar; for the effects that it names, in place of `beat`",
    "phrase": "the first beat of each phrase of 8 bars inside a section (4 in a short one)",
    "section_end": "the cut from one section to the next, where that isn't a drop",
    "key": "a change of key",
}
SPANS = {
    "quiet": "as long as the energy is low",
    "medium": "as long as it is neither low nor high",
    "loud": "as long as it is high",
    "intro": "a section that plays this part; the same with the names that follow",
    "verse": "",
    "build": "",
    "drop": "from its first frame to the end of its section: one blow, and whatever lasts",
    "break": "",
    "chorus": "",
    "bridge": "",
    "outro": "",
    "words": "shots whose picture's own words speak of it: rain, snow, petals, dust, sparks or embers",
}
EVENTS = {**MOMENTS, **SPANS}
BOTH = ("drop",)  # a moment and a span


@dataclass(frozen=True)
class Kind:
    """An effect. unit: share (0..1) or seconds; on: which events it may ride on."""

    unit: str
    most: float
    on: frozenset[str]
    means: str


_MOMENT = frozenset(MOMENTS) - {"start", "end"} | {"drop"}
_SPAN = frozenset(SPANS) - {"words"}
_FALLS = frozenset(SPANS)
_CUT = _MOMENT | _SPAN
_SOFT = _CUT - {"drop"}  # a drop lands on its first frame

KINDS: dict[str, Kind] = {
    "fade_in": Kind("seconds", 10, frozenset({"start"}), "out of black"),
    "fade_out": Kind("seconds", 10, frozenset({"end"}), "to black"),
    "dissolve": Kind("seconds", 4, _SOFT, "one picture melts into the next; in a span, all its cuts"),
    "wipe": Kind("seconds", 3, _SOFT, "the next picture comes over an edge, as `wipe` says"),
    "whip": Kind("seconds", 1, _CUT, "the camera is thrown from one picture into the next"),
    "zoom": Kind("share", 1, _MOMENT, "jumps closer and lets go; 1: a fifth"),
    "bob": Kind("share", 1, _MOMENT, "dips and rises by the next beat; 1: a fortieth of the height"),
    "shake": Kind("share", 1, _MOMENT | _SPAN, "a jolt; in a span, with the bass; 1: a thirtieth of the picture"),
    "push": Kind("share", 1, _SPAN, "closer and closer, faster and faster; 1: by half"),
    "drift": Kind("share", 1, _SPAN, "the camera floats; 1: a tenth of the picture"),
    "flash": Kind("share", 1, _MOMENT, "white at once, and gone in a third of a second"),
    "strobe": Kind("share", 1, _SPAN, "short flashes on onsets, quicker and quicker, at most two a second"),
    "lights": Kind("share", 1, _SPAN, "a painted scene's light comes and goes with the bass; 1: to black"),
    "beams": Kind("share", 1, _SPAN, "spotlights sweep; each follows the bass, the middle or the treble"),
    "bars": Kind("share", 1, _SPAN, "an equaliser along the lower edge"),
    "speakers": Kind("share", 1, _SPAN, "loudspeakers rise in the lower corners, their cones follow bass and middle"),
    "sparks": Kind("share", 1, _MOMENT | _FALLS, "a burst; in a span, showers with the onsets"),
    "embers": Kind("share", 1, _FALLS, "glowing flakes rise"),
    "dust": Kind("share", 1, _FALLS, "motes drift in the light"),
    "snow": Kind("share", 1, _FALLS, "falls, and gusts with the bass"),
    "rain": Kind("share", 1, _FALLS, "falls, harder with the energy"),
    "petals": Kind("share", 1, _FALLS, "sail and turn"),
    "leaves": Kind("share", 1, _FALLS, "fly by on the wind"),
    "confetti": Kind("share", 1, _FALLS, "scraps of coloured paper flutter down"),
    "debris": Kind("share", 1, _FALLS, "splinters of stone fly by"),
    "motes": Kind("share", 1, _FALLS, "points of coloured light float up"),
}

TRANSITIONS = ("dissolve", "wipe", "whip")
FLYING = ("sparks", "embers", "dust", "snow", "rain", "petals", "leaves", "confetti", "debris", "motes")
OVERLAYS = ("beams", "bars", "speakers", *FLYING)

BUILT_IN: Riding = {
    "start": {"fade_in": 0.5},
    "end": {"fade_out": 1.0},
    "beat": {"zoom": 0.1},
    "downbeat": {"zoom": 0.25},
    "phrase": {},
    "section_end": {"wipe": 0.6},
    "key": {},
    "quiet": {"dissolve": 0.8, "dust": 0.4},
    "medium": {},
    "loud": {"shake": 0.2, "lights": 0.16},
    "intro": {},
    "verse": {},
    "build": {"push": 0.4},
    "drop": {"flash": 0.8, "zoom": 0.5, "shake": 0.4},
    "break": {"drift": 0.3},
    "chorus": {},
    "bridge": {},
    "outro": {},
    "words": {"rain": 0.7, "snow": 0.7, "petals": 0.6, "dust": 0.5, "sparks": 0.5, "embers": 0.5},
}


def whole(value: Any) -> Any:
    """What a rule says, over the built-in map; `no` means that nothing rides on anything.

    PydanticCustomError, with the steps to the place, for an event or effect that there is not, an effect on an event
    that it can't ride on, and an amount beyond its limits.
    """
    if value is False:
        return {event: {} for event in BUILT_IN}
    if not isinstance(value, Mapping):
        return value
    for event, effects in value.items():
        _known([event], event, EVENTS, "musical event")
        if isinstance(effects, Mapping):
            for name, amount in effects.items():
                _check(event, name, amount)
    return {**BUILT_IN, **{event: {} if effects is None else effects for event, effects in value.items()}}


def _check(event: str, name: str, amount: Any) -> None:
    steps = [event, name]
    _known(steps, name, KINDS, "effect")
    kind = KINDS[name]
    if event not in kind.on:
        there = ", ".join(each for each in EVENTS if each in kind.on)
        raise wrong(steps, f"{name!r} can't ride on {event!r}; it can on {there}")
    if event == "words" and name not in BUILT_IN["words"]:
        raise wrong(steps, f"no words speak of {name!r}; they may of {', '.join(BUILT_IN['words'])}")
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not 0 <= amount <= kind.most:
        unit = " seconds" if kind.unit == "seconds" else ""
        raise wrong(steps, f"{amount!r} is no amount of {name!r}; 0 to {kind.most:g}{unit} are")


def _known(steps: list[str], name: object, table: Mapping[str, object], what: str) -> None:
    if name not in table:
        close = difflib.get_close_matches(str(name), table, 1, 0.6)
        hint = f"{close[0]!r}, perhaps; there are" if close else "there are"
        raise wrong(steps, f"{name!r} is no {what}; {hint} {', '.join(table)}")


def wrong(steps: Sequence[str | int], said: str) -> PydanticCustomError:
    """An error further in than the validator that finds it; whoever tells of it adds the steps to the place."""
    return PydanticCustomError("value_error", "{said}", {"said": said, "steps": list(steps)})


def modern(value: dict[str, Any]) -> dict[str, Any]:
    """An edit in the words of version 1 (zoom, shake, flash, crossfade, fade_in, fade_out), in today's.

    Jobs that were taken before keep their rule as it stood; so its old words go on meaning the same.
    """
    places = {
        "zoom": [("downbeat", "zoom", 5.0), ("beat", "zoom", 2.25)],
        "shake": [("loud", "shake", 30.0)],
        "flash": [("drop", "flash", 1.0)],
        "crossfade": [("quiet", "dissolve", 1.0)],
        "fade_in": [("start", "fade_in", 1.0)],
        "fade_out": [("end", "fade_out", 1.0)],
    }
    old = {name: amount for name, amount in value.items() if name in places}
    said = value.get("effects")
    if not old or not isinstance(said, (Mapping, type(None))):
        return value
    if any(not isinstance(effects, (Mapping, type(None))) for effects in (said or {}).values()):
        return value
    said = said or {}
    named = {event for name in old for event, *_ in places[name]}
    effects: dict[str, Any] = {event: dict(said.get(event) or BUILT_IN[event]) for event in named}
    for name, amount in old.items():
        for event, effect, factor in places[name]:
            number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
            effects[event][effect] = min(KINDS[effect].most, amount * factor) if number and amount >= 0 else amount
    kept = {name: each for name, each in value.items() if name not in places}
    return {**kept, "effects": {**said, **effects}}
