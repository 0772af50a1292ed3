"""From a request to a scene: every parameter chosen once, by words first and the seed after.

A prompt's text is only searched for words that are known here; none of it goes any further.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

from daemon.film.painter import colour
from daemon.film.painter.cast import CAST
from daemon.film.painter.pen import SHEETS
from daemon.film.painter.places import PLACES
from daemon.film.painter.poses import POSES

if TYPE_CHECKING:
    from daemon.film.painter import Request

_LONGEST = 20_000  # characters of a prompt that are looked at
PLACE_WORDS = {
    "industrial club": "club rave warehouse dancefloor dj disco party techno nightclub concert festival laser beams",
    "temple": "temple shrine mountain mountains himalaya kailash monastery meditation moon sacred shiva gate",
    "battle field": "battle battlefield war fight duel sword clash explosion enemy warrior",
    "city skyline": "city skyline rooftop skyscraper neon street downtown tokyo metropolis urban",
    "school yard": "school yard schoolyard classroom campus student sakura cherry blossom graduation",
    "factory": "factory assembly conveyor machine machines gears robot robots steam forge foundry",
    "forest": "forest wood woods jungle trees fireflies grove glade",
    "ocean": "ocean sea waves beach shore ship underwater surf island sail",
    "deep space": "space galaxy cosmic cosmos planet nebula stars asteroid universe orbit void",
    "desert road": "desert road highway canyon cactus dunes drive route car dust",
}
CAST_WORDS = {
    "cyborg dj": "dj cyborg deejay turntable decks producer",
    "meditating figure": "meditating meditation shiva lotus yogi monk ascetic deity mahadev guru",
    "singer": "singer vocalist sings singing diva idol microphone",
    "fighter": "fighter warrior swordsman samurai hero ninja duel",
    "robot drummer": "drummer robot drums drum android",
    "ring dancer": "nataraja tandava dancer flames ring dancing cosmic",
}
HOME = {
    "industrial club": ("cyborg dj",),
    "temple": ("meditating figure",),
    "battle field": ("fighter",),
    "city skyline": ("singer", "singer", "cyborg dj"),
    "school yard": ("singer", "fighter"),
    "factory": ("robot drummer",),
    "forest": ("meditating figure", "fighter", "singer"),
    "ocean": ("singer", "ring dancer", "meditating figure"),
    "deep space": ("ring dancer", "ring dancer", "robot drummer"),
    "desert road": ("fighter", "robot drummer", "singer"),
}
POSE_WORDS = {
    "dance": "dance dances dancing tandava groove",
    "headbang": "headbang headbanging headbangs mosh",
    "arms up": "arms hands raised raising triumphant cheer celebrate jump",
    "walk": "walk walks walking march runs running",
    "sit": "sit sits sitting seated",
    "step left": "step steps stepping sidestep",
    "idle": "idle still stands standing calm",
}
HOURS = {
    "night": "night midnight moonlight moonlit dark evening",
    "dusk": "dusk sunset twilight golden",
    "dawn": "dawn sunrise morning",
    "day": "day noon daylight sunny afternoon midday",
}
USUAL_HOURS = {
    "industrial club": ("night",),
    "temple": ("night", "night", "dusk", "dawn"),
    "city skyline": ("night", "night", "dusk"),
    "deep space": ("night",),
    "school yard": ("day", "day", "dusk", "dawn"),
    "desert road": ("dusk", "day", "dawn"),
}
WEATHERS = {
    "storm": "storm stormy thunder thunderstorm lightning tempest",
    "rain": "rain rainy raining drizzle downpour wet",
    "snow": "snow snowy snowfall winter blizzard",
    "mist": "mist misty fog foggy haze smoke",
    "wind": "wind windy breeze gale leaves",
    "petals": "petals blossom sakura",
}
ROLE_POSES = {
    "intro": ("idle", "walk"),
    "verse": ("idle", "step left", "step right"),
    "build": ("step left", "step right", "arms up"),
    "drop": ("dance", "headbang", "arms up"),
    "break": ("idle", "sit"),
    "chorus": ("dance", "arms up", "step right"),
    "bridge": ("walk", "idle"),
    "outro": ("idle", "walk"),
    "section": ("idle", "step left", "step right", "dance"),
}


def words(text: str) -> list[str]:
    """The plain lower-case words of a text."""
    return re.findall(r"[a-z]+", text[:_LONGEST].lower())


def _best(table: dict[str, str], text: list[str]) -> str:
    """The entry whose words come up most; the one named first wins a draw."""
    scores = dict.fromkeys(table, 0.0)
    for index, word in enumerate(text):
        for name, known in table.items():
            if word in known.split():
                scores[name] += 1 + 0.5 / (1 + index)
    name = max(scores, key=lambda each: scores[each], default="")
    return name if name and scores[name] > 0 else ""


def _named(hint: str, known: dict[str, Any], table: dict[str, str]) -> str:
    """A hint as a known name: itself, its words, or nothing."""
    plain = " ".join(words(hint))
    if plain in known:
        return plain
    return _best({name: text for name, text in table.items() if name in known}, words(hint))


def choose(request: Request) -> dict[str, Any]:
    """Every parameter of a picture, JSON-able."""
    chance = random.Random(f"{request.seed}/scene")
    text = words(request.prompt)
    place = _named(request.scene, PLACES, PLACE_WORDS) or _best(
        {k: v for k, v in PLACE_WORDS.items() if k in PLACES}, text
    )
    place = place or chance.choice(list(PLACES))
    cast = [name for name in (_named(hint, CAST, CAST_WORDS) for hint in request.characters) if name]
    if not cast:
        found = _best({name: known for name, known in CAST_WORDS.items() if name in CAST}, text)
        cast = [found or chance.choice(HOME[place])]
    cast = list(dict.fromkeys(cast))[:3]
    hour = _best(HOURS, words(request.time_of_day)) or _best(HOURS, text)
    hour = hour or chance.choice(USUAL_HOURS.get(place, ("night", "dusk", "dawn", "day")))
    pose = _named(request.pose, POSES, POSE_WORDS) or _best(POSE_WORDS, text)
    pose = pose or chance.choice(ROLE_POSES.get(request.role, ROLE_POSES["section"]))
    framing = request.framing if request.framing in ("wide", "medium", "close") else ""
    framing = framing or chance.choice(("wide", "wide", "medium", "close"))
    energy = min(1.0, max(0.0, request.energy if request.energy == request.energy else 0.5))
    palette = colour.make(request.palette, request.mood, request.key, energy, hour, chance)
    if request.sheet == "neon":
        palette = colour.deepened(palette)
    elif request.sheet == "ink":
        palette = colour.inked(palette)
    tilt = chance.choice((0.0, 0.0, 1.0, -1.0)) * chance.uniform(1.5, 4.5) * (0.3 + 0.9 * energy)
    props = [CAST[name].props(place, pose) for name in cast]
    return {
        "props": props,  # who has decks or drums in this picture has them in every pose,
        "seats": [CAST[name].pose(pose, held).seat for name, held in zip(cast, props, strict=True)],  # who sits, sits
        "seed": request.seed,
        "place": place,
        "cast": cast,
        "pose": pose,
        "framing": framing,
        "sheet": request.sheet if request.sheet in SHEETS else "bold",
        "hour": hour,
        "weather": _best(WEATHERS, text) or chance.choice(("clear", "clear", "clear", "mist")),
        "energy": round(energy, 3),
        "role": request.role if request.role in ROLE_POSES else "section",
        "palette": {
            "ramp": list(palette.ramp),
            "accents": list(palette.accents),
            "light": palette.light,
            "line": palette.line,
            "wardrobe": list(palette.wardrobe),
        },
        "camera": {
            "flip": chance.random() < 0.5,
            "roll": round(tilt, 2),
            "side": chance.choice((-1, 0, 1)),
            "zoom": round(chance.uniform(1.0, 1.2), 3),
            "x": round(chance.uniform(-70, 70), 1),
            "y": round(chance.uniform(-10, 20), 1),
        },
    }
