"""The jobs as the coordinator holds them: found on disk, looked at, and the one act that follows carried out."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from daemon import sidecars
from daemon.errors import Fault, FinalFault
from daemon.job import LIVE, JobFolder
from daemon.queue import spool
from daemon.service import acts, claims, delivery, desks, ends, snapshot
from daemon.service.decide import Act, Facts, decide
from daemon.service.estimates import length_by_size
from daemon.service.tracked import Tracked
from daemon.stages import step_for

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator


def scan(c: Coordinator, starting: bool = False) -> None:
    """Lists every job on disk. The truth under all events: what was moved by hand is noticed too."""
    c.scanned = c.clock()
    listing = spool.scan(c.settings.stages)
    c.problems = listing.problems
    for ident, folder in listing.jobs.items():
        known = c.jobs.get(ident)
        if known is None or known.folder != folder:
            if known and known.busy:
                continue
            c.survive(f"job {ident}", lambda folder=folder: track(c, folder, starting))  # type: ignore[misc]
    for ident in set(c.jobs) - set(listing.jobs):
        if not c.jobs[ident].busy:
            c.log.warning("a job is gone from stages", job=ident)
            del c.jobs[ident]
    delivery.look_for_reopen(c)
    desks.sweep(c)
    if not starting:
        claims.recover_again(c)


def about_of(c: Coordinator, folder: JobFolder) -> sidecars.Job:
    """job.json; jobs with equal rules share one in memory (a rule is a hundred times larger than the rest)."""
    about = folder.job()
    about.rule = c.rules_held.setdefault(json.dumps(about.rule, sort_keys=True), about.rule)
    return about


def track(c: Coordinator, folder: JobFolder, starting: bool = False) -> Tracked:
    """Begins to hold a job that lies on disk."""
    now = c.clock()
    fault: FinalFault | None = None
    about: sidecars.Job | None = None
    state = sidecars.State()
    trouble: sidecars.Trouble | None = None
    with contextlib.suppress(FinalFault):  # lost without harm
        state = folder.read(sidecars.State) or state
    try:
        about = about_of(c, folder)
        trouble = folder.read(sidecars.Trouble)
    except FinalFault as caught:
        fault = caught
    one = Tracked(folder, about, state, trouble, since=now, not_before=now + state.delay)
    if folder.stage == "done" and fault is None:
        with contextlib.suppress(FinalFault):  # told when the job is considered
            delivery.state(one)
    one.changed, one.shown = now - state.quiet, now - state.asked
    if about is not None:
        one.length = length_by_size(sum(member.size for member in about.members if member.role == "source"))
    c.jobs[folder.id] = one
    if starting and state.running and folder.stage in LIVE:
        ends.interrupted(c, one, "the daemon was ended in the middle of it")
    if fault is not None and folder.stage not in ("failed", "done"):
        acts.fail(c, one, fault, cause="unreadable")
    return one


def consider(c: Coordinator, one: Tracked, now: float) -> None:
    """Looks at a job anew and carries out the one act that follows."""
    one.dirty = False
    try:
        act = _decide(c, one, now)
        one.waits = act.what if act.verb == "wait" else ""
        one.wants = act.what if act.verb == "run" else ""
        acts.carry_out(c, one, act)
    except FinalFault as fault:
        try:
            acts.fail(c, one, fault, cause="unreadable" if fault.facts.get("unreadable") else "final")
        except Exception as error:
            later(c, one, now, error)
    except Exception as error:
        # The state folder itself can't be written (full, read-only), or a fault of our own: the job stays as it is.
        later(c, one, now, error)


def later(c: Coordinator, one: Tracked, now: float, error: Exception) -> None:
    """What a job needs couldn't be done: it stays as it is, and is looked at again after a while."""
    c.tell(error, "a job can't be moved on", one.id)
    one.state.last_fault = error.sentence() if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
    one.dirty, one.wants, one.held = False, "", c.gates.held(one)
    one.not_before, one.waits = now + c.settings.limits.first_delay, "trying again"


def _decide(c: Coordinator, one: Tracked, now: float) -> Act:
    if one.about is None:
        # Without job.json nothing is known of it; it can only lie in failed.
        noted = one.stage == "failed"
        return decide(Facts("", one.stage, trouble=one.trouble is not None or noted, noted=noted))
    step = step_for(one.kind, one.stage)
    if one.stage in LIVE and step is not None and one.trouble is None:
        one.next_sidecar = spool.adds(one.folder, step) is not None
        snapshot.hear(one)
    one.held = c.gates.held(one)
    gate = desks.verdict(c, one, now)  # first: it reads what lies there, the desk too
    return decide(
        Facts(
            kind=one.kind,
            stage=one.stage,
            next_sidecar=one.next_sidecar,
            trouble=one.trouble is not None,
            noted=bool(one.trouble and one.trouble.noted),
            held=one.held,
            delay=max(0.0, one.not_before - now),
            desk=bool(one.desk) and one.desk_round == (one.renders.round if one.renders else 0),
            gate=gate,
            delivery=delivery.state(one),
            source_here=one.stage == "done" and delivery.source_here(one),
            expired=delivery.expired(c, one) and not c.telegram.keeps(one),
            reopening=one.stage == "done" and one.state.reopening,
        )
    )
