"""The gate: whether what people said is enough, and what happens next. Pure: facts in, a value out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from daemon.approvals.merge import Slot, now
from daemon.rules import Approve
from daemon.sidecars import Approval, Decisions, Picture, Renders

_REPAINT_QUIET = 5.0  # seconds of quiet before a redo is begun: people rename several in one go
_HOUR = 3600.0


@dataclass(frozen=True)
class Redo:
    """A picture that is to be painted again, and the note that came with the wish."""

    picture: str
    slot: str
    note: str = ""


@dataclass(frozen=True)
class Gate:
    """What the decisions amount to.

    enough: the rule is content. open: another word still counts. verdict: what is to happen now.
    because: a clause for people. missing: slots that need a word. redo: what to paint again.
    closes_in: seconds until the gate closes, None where it doesn't. remind: a reminder is due.
    rest: undecided pictures count as approved (all were approved at once, or silence says so).
    """

    enough: bool
    open: bool
    verdict: Literal["wait", "approve", "fail", "repaint"]
    because: str
    missing: list[str] = field(default_factory=list)
    redo: list[Redo] = field(default_factory=list)
    closes_in: float | None = None
    remind: bool = False
    rest: bool = False
    slots: int = 0
    decided: int = 0


def gate(approve: Approve, renders: Renders, decisions: Decisions, *, quiet: float, asked: float, grace: float) -> Gate:
    """What the decisions on a job's pictures amount to.

    quiet: seconds since the last word (since they were shown, where there was none); asked: seconds
    since the pictures were shown; grace: seconds of quiet after enough, unless the rule has its own.
    """
    slots = now(renders, decisions)
    count = len(slots)
    if approve.grace is not None:
        grace = approve.grace
    if decisions.whole in {"rejected", "cancelled"}:
        return _whole_no(decisions, quiet, grace, count)
    if approve.by == "auto":
        return Gate(True, False, "approve", "the rule approves by itself", rest=True, slots=count, decided=count)
    redo = wanted(slots)
    if redo:
        missing = sorted({one.slot for one in redo} | {slot.name for slot in slots if not _decided(slot, decisions)})
        verdict: Literal["wait", "repaint"] = "repaint" if quiet >= min(grace, _REPAINT_QUIET) else "wait"
        because = f"{_count(len(redo), 'picture')} to be painted again"
        return Gate(False, True, verdict, because, missing, redo, slots=count, decided=count - len(missing))
    missing = [slot.name for slot in slots if not _decided(slot, decisions)]
    decided = count - len(missing)
    whole = decisions.whole == "approved"
    if _enough(approve.enough, decided, count):
        because = _because(decisions, decided, count)
        closed = quiet >= grace
        return Gate(
            True,
            not closed,
            "approve" if closed else "wait",
            because,
            missing,
            closes_in=max(0.0, grace - quiet),
            rest=whole,
            slots=count,
            decided=decided,
        )
    silent, after = min(quiet, asked), approve.after * _HOUR
    closes_in = None if approve.silence == "hold" else max(0.0, after - silent)
    if closes_in == 0.0 and approve.silence == "reject":
        because = f"nobody said a word for {_hours(approve.after)}, and the rule takes that as no"
        return Gate(False, False, "fail", because, missing, slots=count, decided=decided)
    if closes_in == 0.0:
        because = f"nobody said a word for {_hours(approve.after)}, and the rule takes that as yes"
        return Gate(True, False, "approve", because, missing, rest=True, slots=count, decided=decided)
    return Gate(
        False,
        True,
        "wait",
        f"{len(missing)} of {_count(count, 'picture')} need a word",
        missing,
        closes_in=closes_in,
        remind=bool(approve.remind) and silent >= approve.remind * _HOUR,
        slots=count,
        decided=decided,
    )


def wanted(slots: list[Slot]) -> list[Redo]:
    """What is to be painted again: what someone asked for, and every picture of a slot that is all rejected."""
    found: list[Redo] = []
    for slot in slots:
        found += [
            Redo(one.picture.id, slot.name, one.decision.note if one.decision else "")
            for one in slot.candidates
            if one.pending
        ]
        fresh = {one.picture.replaces for one in slot.candidates}
        if all(one.verdict == "no" or (one.verdict == "redo" and not one.pending) for one in slot.candidates):
            found += [
                Redo(one.picture.id, slot.name)
                for one in slot.candidates
                if one.verdict == "no" and one.picture.origin != "person" and one.picture.id not in fresh
            ]
    return found


def approval(
    renders: Renders, decisions: Decisions, because: str = "", *, rest: bool = False, at: str = ""
) -> Approval:
    """Which pictures the film is made of: slots in order, the approved first, a person's own before all.

    rest: pictures that nobody rejected count too (`Gate.rest`). A slot of which nothing was approved has
    an empty list: the film uses its neighbours' pictures.
    """
    pictures: dict[str, list[Picture]] = {}
    for slot in now(renders, decisions):
        chosen = [one.picture for one in slot.having("ok")]
        if rest:
            chosen += [one.picture for one in slot.having("undecided")]
        pictures[slot.name] = chosen
    return Approval(pictures=pictures, decisions=list(decisions.decisions), because=because, at=at)


def _decided(slot: Slot, decisions: Decisions) -> bool:
    """Whether a slot has its word: an ok, and no repainted picture that somebody asked for and hasn't judged."""
    if decisions.whole == "approved":
        return any(one.verdict in {"ok", "undecided"} for one in slot.candidates)
    oks = slot.having("ok")
    awaited = any(one.asked_for and one.verdict == "undecided" for one in slot.candidates)
    return bool(oks) and (not awaited or any(one.picture.replaces or one.picture.origin == "person" for one in oks))


def _enough(share: str, decided: int, slots: int) -> bool:
    need = {"all": slots, "most": math.floor(slots / 2) + 1, "one": 1}[share]
    return slots > 0 and decided >= min(need, slots)


def _whole_no(decisions: Decisions, quiet: float, grace: float, count: int) -> Gate:
    by = f" by {decisions.whole_by}" if decisions.whole_by else ""
    because = f"all pictures were {decisions.whole}{by}"
    # A rejection on the desk may be a slip of the hand: it can be taken back until the gate closes.
    closed = decisions.whole == "cancelled" or decisions.whole_way == "command" or quiet >= grace
    left = 0.0 if closed else grace - quiet
    return Gate(False, not closed, "fail" if closed else "wait", because, closes_in=left, slots=count)


def _because(decisions: Decisions, decided: int, slots: int) -> str:
    if decisions.whole == "approved":
        by = f" by {decisions.whole_by}" if decisions.whole_by else ""
        return f"all pictures were approved at once{by}"
    ways = sorted({one.way for one in decisions.decisions if one.verdict == "ok" and one.way})
    by_way = f" by {' and '.join(ways)}" if ways else ""
    return f"{decided} of {_count(slots, 'picture')} approved{by_way}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _hours(hours: float) -> str:
    return _count(round(hours), "hour") if hours >= 1 else _count(round(hours * 60), "minute")
