"""The last word on each picture: new decisions put over old ones. Pure.

`now` says which pictures are live and what was last said of them; the gate, the README and the
approval go by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.sidecars import Decision, Decisions, Picture, Renders, Verdict

_ON_DESK = frozenset({"rename", "replace", "delete"})
_WHOLE: dict[str, str] = {"ok": "approved", "no": "rejected", "undecided": ""}


@dataclass(frozen=True)
class Candidate:
    """One live candidate and the last word on it. pending: it is to be painted again, and wasn't yet."""

    picture: Picture
    verdict: Verdict = "undecided"
    decision: Decision | None = None
    pending: bool = False
    asked_for: bool = False  # painted because someone said `redo`: they want to see it


@dataclass
class Slot:
    """One picture of the film: its candidates in order."""

    name: str
    candidates: list[Candidate] = field(default_factory=list)

    def having(self, verdict: Verdict) -> list[Candidate]:
        """The candidates with a verdict."""
        return [candidate for candidate in self.candidates if candidate.verdict == verdict]


def record(decisions: Decisions, new: Iterable[Decision]) -> Decisions:
    """Decisions with new ones put over them: the last word on each picture counts.

    A decision on "*" is one on the whole (verdict ok: approved, no: rejected, undecided: taken back);
    a later ok or redo of a picture takes a rejection of the whole back. Returns a new value.
    """
    result = decisions.model_copy(deep=True)
    for decision in new:
        if decision.picture == "*":
            if decision.verdict != "redo":
                result.whole = _WHOLE[decision.verdict]  # type: ignore[assignment]
                result.whole_by, result.whole_way = decision.by, decision.way
            continue
        ident = decision.picture.casefold()
        update: dict[str, object] = {"picture": ident}
        before = next((old for old in result.decisions if old.picture == ident), None)
        if before is not None and before.file and not decision.file and decision.way not in _ON_DESK:
            # Whoever says yes or no from elsewhere means the picture that lies on the desk.
            update |= {name: getattr(before, name) for name in ("file", "fingerprint", "width", "height")}
        result.decisions = [old for old in result.decisions if old.picture != ident]
        result.decisions.append(decision.model_copy(update=update))
        if decision.verdict in {"redo", "ok"}:
            result.redone.pop(ident, None)
        if result.whole == "rejected" and decision.verdict in {"ok", "redo"}:
            result.whole, result.whole_by, result.whole_way = "", "", ""
    return result


def repainted(decisions: Decisions, renders: Renders) -> Decisions:
    """Decisions after a round of painting: what was painted again is remembered as done.

    An approval of the whole becomes one of each picture that it meant, so that it says nothing of
    pictures that nobody had seen.
    """
    result = decisions.model_copy(deep=True)
    fresh = {picture.replaces: picture.id for picture in renders.pictures if picture.replaces}
    if result.whole == "approved":
        new = set(fresh.values()) - {decision.picture for decision in result.decisions}
        meant = [
            candidate.picture.id
            for slot in now(renders, decisions)
            for candidate in slot.candidates
            if candidate.verdict == "undecided" and candidate.picture.id not in new
        ]
        by, way = result.whole_by, result.whole_way
        result.whole, result.whole_by, result.whole_way = "", "", ""
        result = record(result, [Decision(picture=ident, verdict="ok", by=by, way=way) for ident in meant])
    wanted = {decision.picture for decision in decisions.decisions if decision.verdict in {"redo", "no"}}
    result.redone |= {old: new for old, new in fresh.items() if old in wanted}
    return result


def now(renders: Renders, decisions: Decisions) -> list[Slot]:
    """The slots in the film's order, each with its candidates and the last word on each.

    A person's own picture stands first in its slot.
    """
    said = {decision.picture: decision for decision in decisions.decisions}
    verdicts = {ident: decision.verdict for ident, decision in said.items()}
    slots: dict[str, Slot] = {}
    for picture in renders.pictures:
        slot = slots.setdefault(picture.slot, Slot(picture.slot))
        decision = said.pop(picture.id, None)
        verdict: Verdict = decision.verdict if decision else "undecided"
        if decision and decision.file and verdict == "ok":
            picture = _own(picture.slot, picture.candidate, decision)
        slot.candidates.append(
            Candidate(
                picture,
                verdict,
                decision,
                pending=verdict == "redo" and picture.id not in decisions.redone,
                asked_for=bool(picture.replaces) and verdicts.get(picture.replaces) == "redo",
            )
        )
    for ident, decision in said.items():
        name = next((name for name in slots if ident.startswith(name) and ident[len(name) :].isalpha()), "")
        if name and decision.file:
            own = _own(name, ident[len(name) :], decision)
            slots[name].candidates.append(Candidate(own, decision.verdict, decision))
    for slot in slots.values():
        slot.candidates.sort(key=lambda candidate: candidate.picture.origin != "person")
    return list(slots.values())


def taken(slot: str, renders: Renders, decisions: Decisions) -> set[str]:
    """The candidate letters of a slot that are in use, people's own pictures included."""
    used = {picture.candidate for picture in renders.pictures if picture.slot == slot}
    said = (decision.picture for decision in decisions.decisions)
    return used | {ident[len(slot) :] for ident in said if ident.startswith(slot) and ident[len(slot) :].isalpha()}


def _own(slot: str, candidate: str, decision: Decision) -> Picture:
    return Picture(
        slot=slot,
        candidate=candidate,
        file=decision.file,
        fingerprint=decision.fingerprint,
        width=decision.width,
        height=decision.height,
        origin="person",
    )
