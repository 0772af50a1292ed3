"""The state table as a function: what is true of a job, and the one act that follows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.stages import step_for


@dataclass(frozen=True)
class Facts:
    """What is true of one job now.

    stage: the folder it lies in. next_sidecar: the sidecar of the step that leaves the stage is there
    and was made from what lies there. busy: an attempt runs, or a hand holds it. gate: approvals'
    verdict for a rendered job. delivery: none, built (the intent is on disk), placed. A failed job without
    trouble.json is one whose retry was cut short; a done one without delivery.json, one whose reopen was.
    """

    kind: str
    stage: str
    next_sidecar: bool = False
    busy: bool = False
    trouble: bool = False
    noted: bool = False
    held: str = ""
    delay: float = 0.0
    desk: bool = False
    gate: str = ""
    delivery: str = "none"
    source_here: bool = False
    expired: bool = False
    reopening: bool = False


@dataclass(frozen=True)
class Act:
    """One act. verb: wait, run, advance, fail, resume, note, desk, approve, reject, place, fetch, reopen, strip,
    expire, unknown."""

    verb: str
    what: str = ""


WAIT = Act("wait")


def decide(facts: Facts) -> Act:
    """The one act that leaves this state; `wait` where nothing is to be done now."""
    if facts.busy:
        return WAIT
    if facts.stage == "failed":
        return _failed(facts)
    if facts.stage == "done":
        return _done(facts)
    if facts.trouble:
        return Act("fail")
    step = step_for(facts.kind, facts.stage)
    if step is None:
        return Act("unknown")
    if facts.stage == "synced":
        return _synced(facts)
    if facts.next_sidecar:
        return Act("advance", step.then)
    if facts.held:
        return Act("wait", facts.held)
    if step.by_people:
        return _rendered(facts)
    if facts.delay > 0:
        return Act("wait", "trying again")
    return Act("run", step.verb)


def _rendered(facts: Facts) -> Act:
    if facts.gate == "approve":
        return Act("approve")
    if facts.gate == "fail":
        return Act("reject")
    if facts.gate == "repaint":
        return Act("wait", "trying again") if facts.delay > 0 else Act("run", "render")
    return Act("wait", "people decide") if facts.desk else Act("desk")


def _synced(facts: Facts) -> Act:
    if facts.delivery == "placed":
        return Act("advance", "done")
    if facts.held:
        return Act("wait", facts.held)
    if facts.delivery == "built":
        return Act("place")
    if facts.delay > 0:
        return Act("wait", "trying again")
    return Act("run", "deliver")


def _done(facts: Facts) -> Act:
    if facts.delivery == "none":
        return Act("reopen")
    if facts.reopening:
        return Act("fetch")
    if facts.source_here:
        return Act("strip")
    return Act("expire") if facts.expired else WAIT


def _failed(facts: Facts) -> Act:
    if not facts.trouble:
        return Act("resume")
    if not facts.noted:
        return Act("note")
    return Act("expire") if facts.expired else WAIT
