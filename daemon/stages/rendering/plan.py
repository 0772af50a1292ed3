"""Which pictures are wanted: the first round, or what a redo asks for. Values in, values out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.rules import Rule
from daemon.sidecars import Decision, Decisions, Picture, Prompt, Renders

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
LETTERS = (*_LETTERS, *(first + second for first in _LETTERS for second in _LETTERS))  # a .. z, aa .. zz
_LONGEST_SIDE = 2560
_ROOM = 1.25  # of the film's size, for a camera that moves
_NOTE = 300  # characters of a note that reach a prompt


@dataclass(frozen=True)
class Wanted:
    """One picture to be painted. notes: all the notes that led to it, oldest first."""

    prompt: Prompt
    candidate: str
    seed: int
    notes: tuple[str, ...] = ()
    replaces: str = ""
    asked_at: str = ""

    @property
    def id(self) -> str:
        """'03b'."""
        return self.prompt.slot + self.candidate

    @property
    def words(self) -> str:
        """The prompt with the notes added: to its first words, never to an earlier result's."""
        notes = [note.strip(" .") for note in self.notes if note.strip(" .")]
        return ". ".join([self.prompt.prompt, *notes]) if notes else self.prompt.prompt


def size(rule: Rule) -> tuple[int, int]:
    """Width and height of a picture: the rule's, else a quarter more than the film's, at most 2560 a side."""
    deliver, pictures = rule.deliver, rule.pictures
    if pictures.width:
        return pictures.width, pictures.height or max(64, round(pictures.width * deliver.height / deliver.width))
    if pictures.height:
        return max(64, round(pictures.height * deliver.width / deliver.height)), pictures.height
    longest = max(deliver.width, deliver.height)
    scale = max(1.0, min(_ROOM, _LONGEST_SIDE / longest))
    return round(deliver.width * scale / 2) * 2, round(deliver.height * scale / 2) * 2


def cover(rule: Rule) -> tuple[int, int]:
    """What a picture that can't be drawn anew must cover, so that it is sharp in every format of the film."""
    if not rule.deliver.formats:
        return size(rule)
    (width, height), (wide, high) = size(rule), rule.deliver.largest()
    return max(width, wide), max(height, high)


def other_seed(seed: int, salt: object) -> int:
    """Another seed made from one, 31 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{salt}".encode()).digest()[:4], "big") >> 1


def first_round(prompts: Sequence[Prompt], candidates: int) -> list[Wanted]:
    """Each slot's candidates, the first of every slot before the second of any."""
    return [
        Wanted(prompt, letter, prompt.seed if letter == "a" else other_seed(prompt.seed, letter))
        for letter in LETTERS[:candidates]
        for prompt in prompts
    ]


def redo_round(prompts: Sequence[Prompt], renders: Renders, decisions: Decisions) -> tuple[list[Wanted], list[str]]:
    """One new candidate for each picture that is to be done again and for each slot all of whose pictures
    were refused; and what a person should know."""
    by_slot = {prompt.slot: prompt for prompt in prompts}
    said = {decision.picture: decision for decision in decisions.decisions}
    asked: list[tuple[Picture, Decision, str]] = []
    taken: dict[str, set[str]] = {}
    for slot in by_slot:
        pictures = [picture for picture in renders.pictures if picture.slot == slot]
        # A person's own picture may be known by its decision alone.
        others = [ident for ident, word in said.items() if word.file and _slot_of(ident) == slot]
        taken[slot] = {picture.candidate for picture in pictures} | {
            ident[len(slot) :] for ident in said if _slot_of(ident) == slot
        }
        wishes = [(p, said[p.id], said[p.id].note) for p in pictures if _asked(p, said.get(p.id), renders, decisions)]
        idents = list(dict.fromkeys([*(picture.id for picture in pictures), *others]))
        answered = {picture.replaces for picture in pictures}
        open_ = [p for p in pictures if p.id in said and said[p.id].verdict == "no" and p.id not in answered]
        if not wishes and open_ and all(ident in said and said[ident].verdict in ("no", "redo") for ident in idents):
            notes = dict.fromkeys(said[p.id].note for p in open_ if said[p.id].note)
            wishes = [(open_[-1], said[open_[-1].id], "; ".join(notes))]
        asked += wishes
    wanted: list[Wanted] = []
    notes_: list[str] = []
    for old, word, note in asked:
        prompt = by_slot[old.slot]
        free = next((letters for letters in LETTERS if letters not in taken[old.slot]), "")
        if not free:
            notes_.append(f"slot {old.slot} has {len(LETTERS)} pictures already; choose one of them")
            continue
        taken[old.slot].add(free)
        chain = (*old.notes, *([note[:_NOTE]] if note.strip() else []))
        seed = other_seed(old.seed or prompt.seed, f"{renders.round + 1}/{old.id}")
        wanted.append(Wanted(prompt, free, seed, chain, old.id, word.at))
    return wanted, notes_


def _slot_of(ident: str) -> str:
    """'03' of '03b'."""
    return ident.rstrip(_LETTERS)


def _asked(picture: Picture, word: Decision | None, renders: Renders, decisions: Decisions) -> bool:
    """Whether a picture is to be done again, and wasn't yet: not even by a round whose end nobody wrote down."""
    if word is None or word.verdict != "redo" or picture.id in decisions.redone:
        return False
    return not any(
        other.replaces == picture.id and (other.note, other.asked_at) == (word.note[:_NOTE], word.at)
        for other in renders.pictures
    )


def in_order(pictures: Sequence[Picture]) -> list[Picture]:
    """Pictures by slot, then candidate."""
    return sorted(pictures, key=lambda picture: (int(picture.slot), len(picture.candidate), picture.candidate))


def preferred(pictures: Sequence[Picture], decisions: Decisions) -> list[Picture]:
    """A slot's pictures as a first sight of the film would take them: approved, newly painted, undecided, refused."""
    said = {decision.picture: decision.verdict for decision in decisions.decisions}
    replaced = {picture.replaces for picture in pictures}

    def rank(picture: Picture) -> tuple[int, int]:
        verdict = said.get(picture.id, "undecided")
        if verdict == "ok":
            return 0, 0
        if verdict in ("no", "redo") or picture.id in replaced:
            return 3, 0
        return (1, -len(picture.notes)) if picture.replaces else (2, 0)

    return sorted(pictures, key=rank)
