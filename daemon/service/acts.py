"""The acts that `decide` names, carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daemon import durable, log, sidecars
from daemon.errors import Fault
from daemon.events import HandEnded
from daemon.queue import spool
from daemon.service import claims, delivery, desks, ledger, notices, outside
from daemon.service.decide import Act
from daemon.service.tracked import Tracked
from daemon.stages import resource
from daemon.stages.deliver import ASIDE

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator


def carry_out(c: Coordinator, one: Tracked, act: Act) -> None:
    """Carries out one act."""
    simple: dict[str, Callable[[Coordinator, Tracked], None]] = {
        "desk": desks.lay_out,
        "approve": desks.approve,
        "reject": desks.reject,
        "place": delivery.place,
        "note": notices.note,
        "resume": resume,
        "fetch": delivery.fetch,
        "reopen": delivery.reopen,
        "strip": delivery.strip,
        "expire": delivery.expire,
    }
    if act.verb in simple:
        simple[act.verb](c, one)
    elif act.verb == "advance":
        advance(c, one, act.what)
    elif act.verb == "fail":
        move(c, one, "failed")
    elif act.verb == "unknown":
        problem = f"job {one.id} is a {one.kind or 'thing'} that nothing here takes on from {one.stage}: left alone"
        if problem not in c.problems:
            c.problems.append(problem)


def advance(c: Coordinator, one: Tracked, to: str) -> None:
    """Renames the folder on: the commit."""
    if one.stage == "queued" and grown(c, one):
        return
    was = one.stage
    move(c, one, to)
    c.log.info("advanced", job=one.id, stage=to)
    if was == "rendered":
        desks.clear(c, one)
    if to == "done":
        notices.tell(c, one, "ready")


def move(c: Coordinator, one: Tracked, to: str) -> None:
    """Moves a job's folder to another stage."""
    if to in ("done", "failed"):
        try:
            ledger.write(c.settings, one, to, c.stamp())
        except OSError as error:
            # A full disk costs a line of the statistics, not the job.
            c.log.warning("the ledger can't be written", job=one.id, error=str(error))
    one.folder = spool.move(one.folder, c.settings.stages, to)
    one.since = c.clock()
    one.next_sidecar, one.wants, one.waits, one.dirty = False, "", "", True
    one.not_before = 0.0
    log.note(one.folder.path, f"now in {to}", c.stamp())
    if to == "failed":
        desks.clear(c, one)


def start(c: Coordinator, one: Tracked, now: float) -> None:
    """Writes the attempt down, then runs it."""
    verb = one.wants
    if one.stage == "queued":
        if (fault := claims.refused(one)) is not None:
            fail(c, one, fault, cause="final", verb=verb)
            return
        if grown(c, one):
            return
    if swept := durable.sweep(one.folder.path):
        c.log.info("removed what an attempt that was killed left half made", job=one.id, files=len(swept))
    if one.stage == "rendered":
        desks.begin_repaint(c, one)
    one.state.attempt += 1
    one.state.running = verb
    remember(c, one)
    one.running, one.wants, one.started = verb, "", now
    one.fraction, one.doing, one.left = 0.0, "", c.estimates.seconds(verb, one.length)
    one.preview = ""
    limit = getattr(c.settings.limits, verb)
    c.log.info("started", job=one.id, stage=verb, attempt=one.state.attempt)
    needs = resource(one.kind, verb, one.about.rule if one.about else {}, c.settings)
    try:
        c.workers.submit(one.folder.path, verb, one.state.attempt, limit, resource=needs)
    except ValueError:
        # An earlier attempt was cancelled a moment ago and isn't dead yet.
        one.running, one.waits, one.not_before = "", "trying again", now + 1.0
        one.state.last_fault = "an earlier attempt is still being ended"


def grown(c: Coordinator, one: Tracked) -> bool:
    """Whether somebody still writes into what was claimed: then it settles again, here, and is heard again."""
    if one.about is None:
        return False
    try:
        reason = c.inbox.unsettled(one.folder.path, one.about)
    except OSError as error:
        reason = str(error)
    if not reason:
        fresh = one.folder.job()
        changed, one.about = fresh != one.about, fresh
        one.next_sidecar = one.next_sidecar and not changed
        one.dirty = one.dirty or changed
        return changed
    one.wants, one.waits, one.dirty = "", "trying again", False
    one.not_before = c.clock() + c.settings.settle
    one.state.last_fault = reason
    one.next_sidecar = False
    c.log.info("not settled", job=one.id, why=reason)
    return True


def settle_state(c: Coordinator, one: Tracked) -> None:
    """No attempt is under way; says so on disk."""
    one.state.running = ""
    remember(c, one)


def remember(c: Coordinator, one: Tracked) -> None:
    """Writes state.json. Losing it costs nothing but counters, so a full disk is only logged."""
    now = c.clock()
    if one.stage == "rendered":
        one.state.quiet, one.state.asked = now - one.changed, now - one.shown
    try:
        sidecars.write(one.folder.path, one.state)
    except OSError as error:
        c.log.warning("state.json can't be written", job=one.id, error=str(error))


def fail(c: Coordinator, one: Tracked, fault: Fault, *, cause: Any, verb: str = "") -> None:
    """Stops a job for good: the attempt, trouble.json, the folder to failed; the note follows."""
    if one.running:
        c.workers.cancel(one.id)
        one.running = ""
    trouble = sidecars.Trouble(
        stage=one.stage,
        verb=verb or one.wants,
        cause=cause,
        what=fault.what,
        why=fault.why,
        remedy=fault.remedy,
        facts={key: str(value) for key, value in fault.facts.items()},
        attempts=one.state.attempt,
        at=c.stamp(),
        noted=one.about is None,
    )
    sidecars.write(one.folder.path, trouble)
    one.trouble = trouble
    log.note(one.folder.path, f"failed: {fault.sentence()}", c.stamp())
    c.log.warning("failed", job=one.id, stage=one.stage, cause=cause, why=fault.sentence())
    one.hand = ""
    one.state.running = ""
    if one.stage == "synced":
        # What was built for the outbox and never placed is built anew by a retry.
        build = c.settings.outbox / ASIDE / one.id
        c.hands.give("outbox", "told", "", lambda: durable.remove_tree(build))
    move(c, one, "failed")
    outside.give_up(c, one)
    notices.tell(c, one, "failed")


def resume(c: Coordinator, one: Tracked) -> None:
    """A failed job whose trouble was taken away goes back to where its first missing sidecar puts it."""
    one.state = sidecars.State(attempt=one.state.attempt, messages=one.state.messages)
    sidecars.write(one.folder.path, one.state)
    one.trouble, one.alone = None, False
    to = spool.first_missing(one.folder, one.kind)
    one.changed = one.shown = c.clock()
    one.renders, one.desk = None, ""
    durable.remove(one.folder.path / sidecars.Delivery.file)
    move(c, one, "queued" if to == "failed" else to)


def retry(c: Coordinator, one: Tracked) -> str:
    """Takes a failed job up again. The trouble goes first: without it the state table says the rest."""
    where = one.trouble.stage if one.trouble else "failed"
    notices.unnote(c, one)
    if one.trouble and one.trouble.cause in ("rejected", "cancelled") and where == "rendered":
        # The decisions that ended it are taken back, the pictures stay.
        durable.remove(one.folder.path / sidecars.Decisions.file)
        one.decisions = sidecars.Decisions()
    durable.remove(one.folder.path / sidecars.Trouble.file)
    one.trouble = None
    one.dirty = True
    return f"{one.folder.name} is taken up again."


def tidy(settings: Any) -> None:
    """Bounds the caches."""
    delivery.bound(settings.cache, settings.keep.cache_mb << 20)


def brought_back(c: Coordinator, event: HandEnded) -> None:
    """A hand is done with something."""
    if event.what == "claim":
        claims.claimed(c, event)
        return
    if event.what == "telegram":
        c.telegram.back(event)
        return
    if event.what == "recovered":
        claims.recovered(c, event)
        return
    if event.what == "looked":
        desks.looked(c, event)
        return
    if event.what == "reopens" and event.error is None:
        delivery.seen_reopen(c, event.result)
        return
    if event.what == "retries" and event.error is None:
        notices.seen_retry(c, event.result)
        return
    if event.what in ("tidy", "pages", "told", "reopens", "retries"):
        if event.error is not None:
            c.log.warning("work aside failed", what=event.what, error=repr(event.error))
        return
    one = c.jobs.get(event.job)
    if one is None:
        return
    one.hand = ""
    one.dirty = True
    if event.error is not None:
        _hand_failed(c, one, event)
        return
    takers: dict[str, Callable[[Coordinator, Tracked, Any], None]] = {
        "desk": desks.laid_out,
        "attach": claims.attached,
        "place": delivery.placed,
        "note": notices.noted,
        "reopen": delivery.reopened,
        "return": delivery.returned,
        "expire": delivery.expired_now,
    }
    if event.what in takers:
        takers[event.what](c, one, event.result)


def _hand_failed(c: Coordinator, one: Tracked, event: HandEnded) -> None:
    """A hand could not do it: the same act follows again, later."""
    error = event.error
    why = error.sentence() if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
    c.log.warning("a hand failed; tried again", job=one.id, what=event.what, why=why)
    one.state.last_fault = why
    one.not_before = c.clock() + c.settings.limits.first_delay
    one.dirty = False
    one.waits = "trying again"
