"""How attempts end: well, with a passing fault, with a final one, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon import log, sidecars
from daemon.errors import FinalFault
from daemon.events import Advance, Failed, Outcome, WorkerEnded
from daemon.queue import schedule
from daemon.service import acts, desks
from daemon.service.tracked import Tracked
from daemon.stages import PIPELINES
from daemon.stages.animating import pace

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator

_OVERRUNS = 2


def ended(c: Coordinator, event: WorkerEnded) -> None:
    """An attempt ended. One that isn't the current attempt can't say anything any more."""
    one = c.jobs.get(event.job)
    if one is None or event.attempt != one.state.attempt or one.running != event.stage:
        c.log.info("a late attempt is ignored", job=event.job, stage=event.stage)
        return
    took = c.clock() - one.started
    one.running, one.fraction, one.doing, one.left = "", 0.0, "", None
    one.dirty = True
    outcome = event.outcome
    if not isinstance(outcome, Advance):
        one.state.spent[event.stage] = round(one.state.spent.get(event.stage, 0.0) + took, 1)
    if event.stage == "shrink":
        _shrunk(c, one, outcome)
    elif isinstance(outcome, Advance):
        _advanced(c, one, event.stage, outcome, took)
    else:
        _failed(c, one, event.stage, outcome)


def _advanced(c: Coordinator, one: Tracked, verb: str, outcome: Advance, took: float) -> None:
    step = next(step for step in PIPELINES[one.kind] if step.verb == verb)
    try:
        made = sidecars.parse(outcome.sidecar.encode("utf-8", "surrogatepass"), step.adds, one.folder.path)
    except FinalFault as fault:
        acts.fail(c, one, fault, cause="final")
        return
    if made.made_from != sidecars.digest(one.folder.path, step.reads):
        log.note(one.folder.path, f"{verb}: its inputs changed meanwhile; made again", c.stamp())
        acts.settle_state(c, one)
        return
    made.seconds = made.seconds or round(took, 3)
    sidecars.write(one.folder.path, made)
    c.estimates.learn(verb, one.length, took)
    if isinstance(made, sidecars.Sync) and made.clips:
        pace.learn(c.settings.stages, [clip.model_dump() for clip in made.clips])
    one.state.tries.pop(verb, None)
    one.state.interruptions.pop(verb, None)
    one.state.last_fault = ""
    one.alone = False
    if isinstance(made, sidecars.Renders):
        desks.repainted(c, one, made)
    one.state.delay = 0.0
    acts.settle_state(c, one)
    log.note(one.folder.path, f"{verb}: done in {took:.1f} s", c.stamp())
    c.log.info("done", job=one.id, stage=verb, seconds=round(took, 2))


def _shrunk(c: Coordinator, one: Tracked, outcome: Outcome) -> None:
    """A copy for the chat was made beside the pipeline, or can't be: the job is done either way."""
    if isinstance(outcome, Advance):
        made = sidecars.parse(outcome.sidecar.encode("utf-8", "surrogatepass"), sidecars.Sync, one.folder.path)
        c.telegram.shrunk(one, made.films[0].file if made.films else "", "")
        return
    fault = FinalFault(outcome.what, outcome.why, outcome.remedy)
    log.note(one.folder.path, f"shrink: {outcome.kind}: {fault.sentence()}", c.stamp())
    c.telegram.shrunk(one, "", fault.sentence() if outcome.kind in ("final", "overran") else "")


def _failed(c: Coordinator, one: Tracked, verb: str, outcome: Failed) -> None:
    fault = FinalFault(outcome.what, outcome.why, outcome.remedy, dict(outcome.facts))
    log.note(one.folder.path, f"{verb}: {outcome.kind}: {fault.sentence()}", c.stamp())
    if outcome.kind == "final":
        cause = "unreadable" if outcome.facts.get("unreadable") else outcome.facts.get("cause")
        acts.fail(c, one, fault, cause=cause if cause in ("unreadable", "film") else "final", verb=verb)
    elif outcome.kind == "held":
        after = outcome.facts.get("after")  # it knows when the world will have changed
        one.state.delay = float(after) if isinstance(after, int | float) else c.settings.limits.first_delay
        one.not_before = c.clock() + one.state.delay
        one.state.last_fault = fault.sentence()
        acts.settle_state(c, one)
    elif outcome.kind in ("died", "cancelled"):
        interrupted(c, one, outcome.why or "its process died", verb)
    else:
        _passing(c, one, verb, fault, overran=outcome.kind == "overran")


def _passing(c: Coordinator, one: Tracked, verb: str, fault: FinalFault, overran: bool) -> None:
    limits = c.settings.limits
    tries = one.state.tries[verb] = one.state.tries.get(verb, 0) + 1
    one.state.waited += one.state.delay
    if tries >= (_OVERRUNS if overran else limits.tries) or one.state.waited > limits.patience:
        acts.fail(c, one, fault, cause="overran" if overran else "passing", verb=verb)
        return
    _wait(c, one, schedule.delay(tries, limits.first_delay, limits.longest_delay), fault.sentence())
    c.log.warning("tried again later", job=one.id, stage=verb, why=fault.sentence(), delay=one.state.delay, tries=tries)


def interrupted(c: Coordinator, one: Tracked, why: str, verb: str = "") -> None:
    """An attempt was cut short by a death. That is no failure; after some it runs alone, with growing delay."""
    verb = verb or one.state.running
    limits = c.settings.limits
    times = one.state.interruptions[verb] = one.state.interruptions.get(verb, 0) + 1
    sentence = f"{verb} was interrupted: {why}"
    if times >= limits.interruptions + limits.tries:
        remedy = "Look at the memory that the machine has and at job.log, then `dropreel retry`."
        fault = FinalFault(f"{verb} was interrupted {times} times", why, remedy)
        acts.fail(c, one, fault, cause="died", verb=verb)
        return
    wait = 0.0
    if times > limits.interruptions:
        one.alone = True
        wait = schedule.delay(times - limits.interruptions, limits.first_delay, limits.longest_delay)
    _wait(c, one, wait, sentence)
    c.log.warning("interrupted", job=one.id, stage=verb, why=why, times=times)


def _wait(c: Coordinator, one: Tracked, seconds: float, why: str) -> None:
    one.state.delay = seconds
    one.not_before = c.clock() + seconds
    one.state.last_fault = why
    acts.settle_state(c, one)
