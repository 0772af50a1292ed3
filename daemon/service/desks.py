"""The coordinator's side of approval: desks laid out and looked at by hands, decisions recorded, the gate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from daemon import sidecars
from daemon.approvals import desk, gate, merge, room
from daemon.errors import Fault, FinalFault
from daemon.events import HandEnded
from daemon.rules import Approve
from daemon.service import notices
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator

_LOOK = 2.0
_REST, _LONGEST = 10.0, 20.0  # looks take at most about a tenth of the time, but are never so far apart
_AGAIN = 60.0
_HANGS = 30.0  # a look that takes longer hangs on a share: what was decided before it counts


# --- laying out and clearing ------------------------------------------------------------------


def lay_out(c: Coordinator, one: Tracked) -> None:
    """Has a hand lay the desk out, or mend it."""
    if one.looking:
        # Until that look ends (`looked`); on a share that hangs it may be long.
        one.waits, one.not_before = "trying again", c.clock() + 0.2
        return
    settings, folder, decisions = c.settings, one.folder, one.decisions.model_copy(deep=True)
    one.desk_round = one.renders.round if one.renders else 0
    one.hand = "desk"
    c.hands.give("review", "desk", one.id, lambda: desk.build(settings, folder, decisions))


def laid_out(c: Coordinator, one: Tracked, memory: Any) -> None:
    """The desk lies there: what was laid out is remembered, people are told."""
    first = not one.desk
    one.decisions.desk = memory
    one.desk = f"review/{memory['now']}"
    sidecars.write(one.folder.path, one.decisions)
    if first and one.state.asked < 1.0:
        one.changed = one.shown = c.clock()
    notices.tell(c, one, "waiting", str(one.desk_round))
    explain(c, one)


def clear(c: Coordinator, one: Tracked) -> None:
    """Has a hand take the desk away: the job has left."""
    settings, ident, memory = c.settings, one.id, one.decisions.desk
    if one.desk or memory:
        c.hands.give("review", "told", "", lambda: desk.remove(settings, ident, memory))
    one.desk = ""


# --- looking ----------------------------------------------------------------------------------


def look(c: Coordinator, now: float) -> None:
    """Every two seconds a hand looks at all desks; more seldom where they are so many that a look takes long."""
    every = max(min(_LOOK, c.settings.settle), min(_LONGEST, _REST * c.desks_took))
    if now - c.desks_looked < every or c.hands.waiting("review"):
        return
    open_jobs = []
    for one in c.jobs.values():
        if one.stage == "rendered" and one.desk and not one.busy and one.renders is not None:
            one.looking, one.looked = True, now
            open_jobs.append((one.id, one.folder, one.renders, one.decisions.model_copy(deep=True)))
    if not open_jobs:
        return
    c.desks_looked = now
    settings = c.settings

    def work() -> list[tuple[str, desk.DeskLook]]:
        return [(ident, desk.look(settings, folder, renders, said)) for ident, folder, renders, said in open_jobs]

    c.hands.give("review", "looked", "", work)


def looked(c: Coordinator, event: HandEnded) -> None:
    """What the desks say anew."""
    c.desks_took = c.clock() - c.desks_looked
    for tracked in c.jobs.values():
        tracked.looking = False
    if event.error is not None:
        c.log.warning("the desks can't be looked at", error=repr(event.error))
        return
    for ident, seen in event.result:
        one = c.jobs.get(ident)
        if one is None or one.stage != "rendered":
            continue
        if seen.absent:
            c.log.info("a desk can't be seen now", job=ident, why=seen.absent)
            continue
        _take(c, one, seen)


def _take(c: Coordinator, one: Tracked, seen: desk.DeskLook) -> None:
    changed = seen.memory != one.decisions.desk
    one.seen = seen
    if seen.folder:
        one.desk = f"review/{seen.folder}"
    if seen.damaged and one.renders is not None:
        one.desk_round, one.dirty = -1, True
    if not changed and not seen.decisions:
        return
    one.decisions.desk = seen.memory
    if seen.decisions:
        record(c, one, seen.decisions)
    else:
        sidecars.write(one.folder.path, one.decisions)


def record(c: Coordinator, one: Tracked, new: Iterable[sidecars.Decision]) -> None:
    """Puts new words over old ones, on disk first."""
    said = list(new)
    one.decisions = merge.record(one.decisions, said)
    sidecars.write(one.folder.path, one.decisions)
    one.changed, one.dirty = c.clock(), True
    for decision in said:
        c.log.info("decided", job=one.id, picture=decision.picture, verdict=decision.verdict, way=decision.way)
    explain(c, one)


def record_whole(c: Coordinator, one: Tracked, verdict: Literal["ok", "no"], by: str, way: str) -> None:
    """A word on all pictures at once."""
    record(c, one, [sidecars.Decision(picture="*", verdict=verdict, by=by, way=way, at=c.stamp())])


def explain(c: Coordinator, one: Tracked) -> None:
    """Has a hand write the README.txt of a desk anew, where it would say something new."""
    if one.renders is None or one.gate is None or not one.desk:
        return
    settings, folder, renders, seen = c.settings, one.folder, one.renders, one.seen
    decisions, now_gate = one.decisions.model_copy(deep=True), one.gate
    c.hands.give("review", "told", "", lambda: desk.tell(settings, folder, renders, decisions, now_gate, seen))


# --- the gate ---------------------------------------------------------------------------------


def load(one: Tracked) -> None:
    """Reads the candidates and what was said of them, once; before the first of either is used."""
    if one.renders is None:
        one.renders = one.folder.need(sidecars.Renders)
        one.decisions = one.folder.read(sidecars.Decisions) or sidecars.Decisions()
        if one.decisions.desk:
            # What it lacks of a later round the next look finds damaged.
            one.desk = f"review/{one.decisions.desk.get('now', '')}"
            one.desk_round = one.renders.round


def verdict(c: Coordinator, one: Tracked, now: float) -> str:
    """What the decisions amount to: wait, approve, fail, repaint; "" where nobody decides."""
    if one.stage != "rendered" or one.about is None or one.trouble is not None or one.next_sidecar:
        return ""
    load(one)
    assert one.renders is not None
    rule = Approve.model_validate(one.about.rule.get("approve") or {})
    before = one.gate
    one.gate = gate.gate(
        rule,
        one.renders,
        one.decisions,
        quiet=now - one.changed,
        asked=now - one.shown,
        grace=c.settings.grace,
    )
    one.gated = now
    if one.gate.remind:
        notices.tell(c, one, "reminder")
    if before is None or (before.enough, before.because, before.missing) != (
        one.gate.enough,
        one.gate.because,
        one.gate.missing,
    ):
        explain(c, one)
    return str(one.gate.verdict)


def due(c: Coordinator, one: Tracked, now: float) -> bool:
    """Whether time alone may have changed what the gate says."""
    if one.gate is None:
        return True
    if one.looking and now - c.desks_looked < _HANGS:
        return False
    ends = one.gate.closes_in
    soon = one.gate.redo or (ends is not None and now >= one.gated + ends)
    return bool(soon and now - one.gated >= 0.2) or now - one.gated >= _AGAIN


def closing(c: Coordinator, one: Tracked) -> bool:
    """Whether the gate is about to do something by itself, so that a drained queue isn't drained yet."""
    if one.stage != "rendered":
        return False
    return _unread(c, one) or (one.gate is not None and (one.gate.enough or bool(one.gate.redo)))


def _unread(c: Coordinator, one: Tracked) -> bool:
    """Whether its desk may hold a word left while no daemon ran: unseen yet, or not settled when last seen."""
    memory = room.memory_of(one.decisions)
    since = max([seen.since for seen in memory.seen.values()] + list(memory.missing.values()), default=0.0)
    return bool(one.desk) and one.looked - since < c.settings.settle


def approve(c: Coordinator, one: Tracked) -> None:
    """Writes approval.json; the folder follows."""
    if one.renders is None or one.gate is None:
        raise FinalFault("there is nothing to approve", "renders.json is missing", "`dropreel retry` paints anew.")
    made = gate.approval(one.renders, one.decisions, one.gate.because, rest=one.gate.rest, at=c.stamp())
    if not any(made.pictures.values()):
        raise FinalFault("no picture is left to make a film of", one.gate.because, "`dropreel retry` shows them again.")
    made.made_from = sidecars.digest(one.folder.path, ("job.json", "renders.json"))
    sidecars.write(one.folder.path, made)
    one.dirty = True


def reject(c: Coordinator, one: Tracked) -> None:
    """Everything was rejected, or silence means no."""
    from daemon.service import acts

    because = one.gate.because if one.gate is not None else ""
    fault = Fault("the pictures were rejected", because, f"`dropreel retry {one.id}` shows them again.")
    acts.fail(c, one, fault, cause="rejected")


def begin_repaint(c: Coordinator, one: Tracked) -> None:
    """Writes down what the round of painting is to paint, before it is begun."""
    if one.gate is None:
        return
    wishes = [sidecars.Wish(picture=redo.picture, slot=redo.slot, note=redo.note) for redo in one.gate.redo]
    one.decisions.wanted = wishes
    sidecars.write(one.folder.path, one.decisions)


def repainted(c: Coordinator, one: Tracked, made: sidecars.Renders) -> None:
    """The pictures that were asked for again are there."""
    one.renders = made
    if one.stage != "rendered":
        return
    one.decisions = merge.repainted(one.decisions, made)
    one.decisions.wanted = []
    sidecars.write(one.folder.path, one.decisions)
    one.changed = one.shown = c.clock()
    one.gate = None


def sweep(c: Coordinator) -> None:
    """Has a hand take away the desks of jobs that aren't in rendered (a crash between the two acts left them)."""
    if c.gates.absent.get("review") or c.hands.waiting("review"):
        return
    settings = c.settings
    keep = {one.id for one in c.jobs.values() if one.stage == "rendered"}
    gone = {one.id: one.folder for one in c.jobs.values() if one.stage != "rendered" and not one.busy}

    def work() -> None:
        for ident in desk.desks(settings):
            if ident in gone and ident not in keep:
                said = gone[ident].read(sidecars.Decisions) or sidecars.Decisions()
                desk.remove(settings, ident, said.desk)

    c.hands.give("review", "told", "", work)
