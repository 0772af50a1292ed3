"""Which pictures are wanted: the first round, or what a redo asks for. Values in, values out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.rules import Rule
from daemon.sidecars import Decisions, Picture, Prompt, Renders

LETTERS = "abcdefghijklmnopqrstuvwxyz"
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
    pictures = {picture.id: picture for picture in renders.pictures}
    last_word = {decision.picture: decision for decision in decisions.decisions}
    asked: list[tuple[str, str]] = []
    for picture in renders.pictures:
        word = last_word.get(picture.id)
        done = picture.id in decisions.redone or any(
            other.replaces == picture.id and other.note == (word.note if word else "") for other in renders.pictures
        )
        if word and word.verdict == "redo" and not done:
            asked.append((picture.id, word.note))
    for slot in by_slot:
        words = [last_word.get(picture.id) for picture in renders.pictures if picture.slot == slot]
        if words and all(word and word.verdict == "no" for word in words):
            last = [picture.id for picture in renders.pictures if picture.slot == slot][-1]
            asked.append((last, "; ".join(word.note for word in words if word and word.note)))
    wanted: list[Wanted] = []
    notes: list[str] = []
    taken = {slot: {p.candidate for p in renders.pictures if p.slot == slot} for slot in by_slot}
    for ident, note in asked:
        old = pictures[ident]
        if old.slot not in by_slot:
            continue
        free = next((letter for letter in LETTERS if letter not in taken[old.slot]), "")
        if not free:
            notes.append(f"slot {old.slot} has {len(LETTERS)} pictures already; choose one of them")
            continue
        taken[old.slot].add(free)
        prompt = by_slot[old.slot]
        said = (*old.notes, *([note[:_NOTE]] if note.strip() else []))
        seed = other_seed(old.seed or prompt.seed, f"{renders.round + 1}/{ident}")
        wanted.append(Wanted(prompt, free, seed, said, ident))
    return wanted, notes


def in_order(pictures: Sequence[Picture]) -> list[Picture]:
    """Pictures by slot, then candidate."""
    return sorted(pictures, key=lambda picture: (int(picture.slot), picture.candidate))
