"""Words that the built-in painter knows, found in what people write; other painters go by the prompt itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

SCENES = {
    "industrial club": "club nightclub stage dancefloor rave speaker speakers crowd turntables concert lasers",
    "factory": "factory machine machines machinery assembly boiler pipes steam dock warehouse gauges chimneys forge",
    "city skyline": "city skyline street rooftop tower towers neon alley downtown skyscraper skyscrapers traffic urban",
    "desert road": "desert road highway dunes sand mesa cactus drive driving route horizon",
    "school yard": "school schoolyard classroom yard playground corridor lockers campus",
    "battle field": "battle battlefield war army armies banners ruins clash fight crater ridge",
    "temple": "temple shrine mountain mountains monastery pagoda altar gate kailash sacred lamps pillars",
    "deep space": "space galaxy planet planets stars nebula cosmos cosmic universe orbit void mandala",
    "forest": "forest woods trees tree jungle grove clearing cedar cedars moss leaves",
    "ocean": "ocean sea wave waves water shore beach river ganga lake underwater tide",
}
CHARACTERS = {
    "cyborg dj": "dj cyborg turntablist visor headphones decks",
    "robot drummer": "drummer robot drum drums android sticks",
    "singer": "singer vocalist microphone singing sings diva",
    "fighter": "fighter warrior swordsman swordswoman samurai hero heroine sword blade fist boxer",
    "meditating figure": "meditating meditation yogi ascetic shiva monk buddha lotus padmasana",
    "ring dancer": "nataraja tandava dancer",
}
POSES = {
    "sit": "sit sits sitting seated cross-legged kneeling kneels",
    "walk": "walk walks walking stride striding running runs run pacing",
    "headbang": "headbang headbanging slamming slams hammering crashing",
    "arms up": "raised raising reaching lifting cheering shouting climbing",
    "dance": "dance dances dancing jump jumping leap leaping whirling spinning twirling",
    "step left": "leaning swaying stance",
    "step right": "punch kick lunging lunge stepping",
    "idle": "standing stands waiting listening motionless",
}
HOURS = {
    "night": "night midnight moon moonlit moonlight stars starlight dark nocturnal nightfall",
    "dawn": "dawn sunrise daybreak morning",
    "dusk": "dusk sunset twilight evening",
    "day": "day daylight noon midday afternoon sunny summer",
}


def words(text: str) -> list[str]:
    """The words of a text, lower case, in order."""
    return re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.lower())


def _best(table: dict[str, str], text: str) -> str:
    """The entry most of whose words stand in the text; "" where none do. Its own name counts three words."""
    found = words(text)
    plain = " ".join(found)
    scores = {}
    for entry, known in table.items():
        vocabulary = set(known.split())
        score = sum(1 for word in found if word in vocabulary) + (3 if entry in plain else 0)
        if score:
            scores[entry] = score
    return max(scores, key=lambda entry: scores[entry]) if scores else ""


def scene(text: str) -> str:
    """The painter's scene that a text speaks of; "" where none."""
    return _best(SCENES, text)


def character(text: str) -> str:
    """The painter's character that a text speaks of; "" where none."""
    return _best(CHARACTERS, text)


def pose(text: str) -> str:
    """The painter's pose that a text speaks of; "" where none."""
    return _best(POSES, text)


def hour(text: str) -> str:
    """night, dawn, dusk or day; "" where a text says nothing of it."""
    return _best(HOURS, text)


_SMALL = (
    "the a an and or but of to in on at by for with from into over under up down out off as is are was were be been am "
    "i me my mine you your yours he him his she her hers it its we us our ours they them their this that these those "
    "not no so all just like what when where who how why there here then than now oh ooh ah yeah hey la na gonna wanna "
    "got get let can can't don't do does did will would could should never ever every one some more very too "
    "song track mix remix final master demo version untitled feat ft featuring original radio edit instrumental "
    "official audio video live extended test take"
)
_PLAIN_WORDS = set(_SMALL.split())


def motifs(text: str, most: int = 4) -> list[str]:
    """The words of a line that a picture could show: no small words, none shorter than three letters, each once."""
    found = (word for word in words(text[:500]) if len(word) >= 3 and word not in _PLAIN_WORDS)
    return list(dict.fromkeys(found))[:most]


def shared(text: str, wanted: Iterable[str]) -> int:
    """How many of some words stand in a text, plural or not."""
    stems = {word.rstrip("s") for word in words(text)}
    return sum(1 for word in {word.rstrip("s") for word in wanted} if word in stems)
