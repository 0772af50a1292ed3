"""Writes prompts from a look's templates, slot after slot."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from daemon import sidecars
from daemon.film.subtitles import Line
from daemon.rules import ALL, PLACEHOLDER, Action, Look, Member, Paint, Pool, Scene
from daemon.stages.prompting import hints, lyrics, palette, slots
from daemon.stages.prompting.checking import Draft, without

WRITER = "templates"
_LONGEST = 2400  # characters of a prompt
_SAME_SCENE = 3  # pictures in a row before a long section moves on to another place

_ORDER = (
    "{framing} of {subject}, {wardrobe}. Setting: {scene}, {place}, {time_of_day}. {enhancements}. {mood}, {lyric}. "
    "{colours}. {style}"
)
_CAMERA = {"wide": ["wide shot"], "medium": ["medium shot"], "close": ["close-up"]}
_PLAIN = {
    "intro": "a quiet opening view, something about to begin",
    "verse": "an unhurried everyday moment",
    "build": "everything gathering and rising towards one point",
    "drop": "an eruption of movement and light",
    "break": "a held breath, wide empty space",
    "chorus": "a wide joyful crowd moment",
    "bridge": "a place unlike all others, seen once",
    "outro": "the last look back, light going out",
    "section": "a moment that fits the music",
}
_NO_GENRE = {"", "other", "unknown", "misc", "none", "genre"}


def slot_seed(seed: int, slot: str) -> int:
    """A slot's own seed, 31 bits, from the job's."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{slot}".encode()).digest()[:4], "big") >> 1


@dataclass
class Writer:
    """Writes slot after slot, and remembers what was used."""

    look: Look
    analysis: sidecars.Analysis
    lines: list[Line]
    seed: int
    title: str
    colours: list[str]
    seen: dict[tuple[str, str], int] = field(default_factory=dict)  # (role, label) -> order of first appearance
    places: dict[tuple[str, str], int] = field(default_factory=dict)  # the same -> where its scenes begin
    turns: Counter[str] = field(default_factory=Counter)  # scenes given out, by pool
    uses: Counter[str] = field(default_factory=Counter)  # actions given out
    steps: Counter[int] = field(default_factory=Counter)  # slots written, by section
    written: int = 0

    def write(
        self,
        span: slots.Span,
        section: sidecars.Section,
        framing: str,
        draft: Draft | None = None,
        by: str = WRITER,
        because: str = "",
    ) -> sidecars.Prompt:
        """The next slot's prompt.

        draft: where and what, as a language model wrote it, in place of the rule's scenes and actions; all else
        is the rule's. by: who wrote the draft. because: why there is none, where there should be one.
        """
        # What comes back in the song comes back in the pictures.
        again = (section.role, section.label.rstrip("'′’0123456789 ") or section.role)
        self.seen.setdefault(again, len(self.seen))
        step = self.steps[span.section]
        scene = self._scene(again, step) if draft is None else Scene(text=without(draft.setting, self.look.negative))
        at = (scene.paint.scene if scene else "") or hints.scene(f"{scene.text if scene else ''} {self.look.place}")
        action = self._action(section.role, framing, at) if draft is None else self._drafted(draft, section.energy)
        named = [self._who(name) for name in PLACEHOLDER.findall(action.text)] if action else []
        members = [self.look.cast[name] for name in dict.fromkeys(named or self.look.cast)]
        sung = lyrics.between(self.lines, span.start, span.end)
        subject = self._subject(action, section.role)
        hour = scene.time_of_day if scene and scene.time_of_day else self.look.time_of_day
        chosen = self._enhancements(again, hints.hour(hour))
        whole = self._fill(
            {
                "framing": self._camera(framing),
                "subject": subject,
                "action": subject,
                "scene": scene.text if scene else "",
                "place": self.look.place,
                "cast": "; ".join(member.text for member in members),
                "wardrobe": self._wardrobe(members),
                "time_of_day": hour,
                "enhancements": _join(chosen.values()),
                "mood": self._mood(section),
                "colours": f"colour palette of {_and(palette.names(self.colours))}",
                "lyric": self._motif(sung, section.role, step),
                "style": self.look.style,
                "title": _plain(self.title),
                "artist": _plain(self.analysis.tags.artist),
                "genre": self._genre(),
                "key": (section.key or self.analysis.key).name(),
                "role": section.role,
                "energy": _energy(section.energy),
                **chosen,
            }
        )
        self.steps[span.section] += 1
        self.written += 1
        characters = action.paint.characters if action else []
        return sidecars.Prompt(
            slot=span.slot,
            section=span.section,
            start=span.start,
            end=span.end,
            prompt=whole,
            negative=self.look.negative,
            seed=slot_seed(self.seed, span.slot),
            subject=subject,
            framing=framing,
            scene=at or hints.scene(subject),
            characters=characters
            or list(dict.fromkeys(filter(None, (m.paint or hints.character(m.text) for m in members)))),
            pose=(action.paint.pose if action else "") or hints.pose(action.text if action else subject),
            time_of_day=hints.hour(hour),
            writer=WRITER if draft is None else by,
            fallback_because=because if draft is None else "",
        )

    def _drafted(self, draft: Draft, energy: float) -> Action:
        """A model's words as an action: we say who it is, in the rule's own words. energy: 0..1, of the section."""
        who = _and([f"{{{name}}}" for name in draft.who])
        said = without(draft.action, self.look.negative)
        # A painter that knows poses by name gets one that fits the music where the words have none.
        still = "idle" if energy < 0.34 else "step left" if energy < 0.67 else "dance"
        return Action(text=f"{who} {said}" if who else said, paint=Paint(pose=hints.pose(said) or still))

    def _scene(self, again: tuple[str, str], step: int) -> Scene | None:
        role = again[0] if self.look.scenes.get(again[0]) else "any"
        pool = self.look.scenes.get(role, [])
        if not pool:
            return None
        deck = self._deck(f"scenes/{role}", [scene.text for scene in pool])
        if again not in self.places:
            self.places[again] = self.turns[role]
            self.turns[role] += 1
        return pool[deck[(self.places[again] + step // _SAME_SCENE) % len(deck)]]

    def _action(self, role: str, framing: str, at: str) -> Action | None:
        """What the cast does there: fitting the place first, then the framing."""
        own, anything = ([a for a in self.look.actions.get(r, []) if at in (a.at or [at])] for r in (role, "any"))
        pool = [(action, 0) for action in own] + [(action, 1) for action in anything if role != "any"]
        pool = pool or [(action, 0) for action in self.look.actions.get(role, [])]
        fitting = [pair for pair in pool if pair[0].framing in ("", framing)] or pool
        if not fitting:
            return None
        deck = self._deck(f"actions/{role}", [action.text for action, _ in fitting])

        def cost(index: int) -> tuple[int, bool, int]:
            # The least used first, one of this role rather than of any; then one written for this framing.
            action, foreign = fitting[index]
            return self.uses[action.text] + foreign, action.framing != framing, deck.index(index)

        best = fitting[min(deck, key=cost)][0]
        self.uses[best.text] += 1
        return best

    def _deck(self, name: str, texts: list[str]) -> list[int]:
        """The entries of a pool in this job's own order; first those that the title and the words speak of."""
        order = list(range(len(texts)))
        random.Random(f"{self.seed}/{name}").shuffle(order)
        spoken = hints.motifs(f"{self.title} {self.analysis.tags.lyrics[:400]}", 40)
        return sorted(order, key=lambda index: -hints.shared(texts[index], spoken))

    def _subject(self, action: Action | None, role: str) -> str:
        cast = _join(member.text for member in self.look.cast.values())
        if action is None:
            return cast or _PLAIN[role]
        named: set[str] = set()

        def who(match: re.Match[str]) -> str:
            name = self._who(match.group(1))
            member, again = self.look.cast[name], name in named
            named.add(name)
            # Described in full once; the second time the words before the first comma will do.
            words = re.split(r", | with ", member.text)[0] if again else member.text
            on = action.text[match.end() : match.end() + 1] == " "
            return words + ("," if on and (", " in words or " with " in words) else "")

        text = PLACEHOLDER.sub(who, action.text)
        return text if named or not cast else f"{cast}, {text}"

    def _who(self, name: str) -> str:
        """A member's name; where the cast is one line, it does what anyone does."""
        return name if name in self.look.cast else ALL

    def _wardrobe(self, members: list[Member]) -> str:
        own = [member.wardrobe for member in members if member.wardrobe]
        if len(own) > 1:
            own = [f"{re.split(', | with ', m.text)[0]} in {m.wardrobe}" for m in members if m.wardrobe]
        worn = _join([self.look.wardrobe, *own])
        return f"dressed in {worn}" if worn else ""

    def _camera(self, framing: str) -> str:
        pool: list[str] = next((ways for way, ways in self.look.camera.items() if way == framing), _CAMERA[framing])
        return random.Random(f"{self.seed}/camera/{self.written}").choice(pool or _CAMERA[framing])

    def _enhancements(self, again: tuple[str, str], hour: str) -> dict[str, str]:
        """One of each pool; none that speaks of another hour than it is there."""
        chosen = {}
        for name, pool in self.look.enhancements.items():
            words = [text for text in pool.words if hints.hour(text) in ("", hour or hints.hour(text))] or pool.words
            deck = self._deck(f"enhancements/{name}", words)
            chosen[name] = words[deck[self._turn(pool, again) % len(deck)]]
        return chosen

    def _turn(self, pool: Pool, again: tuple[str, str]) -> int:
        return {"film": 0, "section": self.seen[again], "picture": self.written}[pool.per]

    def _mood(self, section: sidecars.Section) -> str:
        """How the music feels there: the section's own quadrant, the song's moods, major or minor; three at most."""
        said = {name.lower(): text for name, text in self.look.mood_words.items()}
        loud, glad = section.energy >= 0.5, section.valence >= 0.5
        quadrant = {(1, 0): "fierce", (1, 1): "euphoric", (0, 0): "brooding", (0, 1): "serene"}[(loud, glad)]
        moods = [mood.lower() for mood in self.analysis.mood]
        mode = (section.key or self.analysis.key).mode
        found = [said[name] for name in (quadrant, *moods, mode) if name in said]
        if not found:
            found = [f"{_and(moods[:3])} mood"] if moods else []
        return _join(list(dict.fromkeys(found))[:3])

    def _motif(self, sung: str, role: str, step: int) -> str:
        """What is sung there, as things to be seen; the title, where the song opens and closes without words."""
        found = hints.motifs(sung)
        if not found and role in ("intro", "outro") and step == 0:
            found = hints.motifs(self.title, 3)
        return f"with a visual motif of {_and(found)}" if found else ""

    def _genre(self) -> str:
        genre = _plain(re.sub(r"\(\d+\)", "", self.analysis.tags.genre))[:40]
        return "" if genre.lower() in _NO_GENRE or genre.isdigit() else genre

    def _fill(self, parts: dict[str, str]) -> str:
        """The template filled; what is empty leaves no comma behind."""
        template = self.look.template or _ORDER
        if not self.look.template and parts["genre"]:
            template += ", {genre} music video"
        sentences = []
        for sentence in re.split(r"\.(?:\s+|$)", template):
            label, _, rest = sentence.rpartition(": ")
            phrases = [PLACEHOLDER.sub(lambda match: parts.get(match.group(1), ""), p) for p in rest.split(",")]
            phrases = [" ".join(phrase.split()) for phrase in phrases]
            if said := _join(phrase.strip(" ,") for phrase in phrases):
                sentences.append(f"{label}: {said}" if label else said)
        text = ". ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)
        return text[:_LONGEST]


def _energy(value: float) -> str:
    return "calm" if value < 0.34 else "steady" if value < 0.67 else "full-power"


def _plain(text: str) -> str:
    """Somebody's words on one line, without control characters or braces, bounded."""
    return " ".join("".join(c if c.isprintable() and c not in "{}" else " " for c in text).split())[:120]


def _join(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
