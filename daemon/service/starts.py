"""Which jobs are started now, in which order, and on what."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from daemon.queue import schedule
from daemon.service import acts, jobs
from daemon.service.tracked import Tracked
from daemon.stages import resource as needed

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator


def dispatch(c: Coordinator, now: float) -> None:
    """Starts what may run, in order."""
    wanting = [one for one in c.jobs.values() if one.wants and not one.busy]
    if not wanting or c.stopping:
        return
    running = [_candidate(c, one, one.running, now) for one in c.jobs.values() if one.running]
    resources = c.settings.resources
    slots = {"cpu": c.settings.cpu_slots(), "gpu": resources.gpu, "net": resources.net}
    used = Counter(one.resource for one in running)
    if all(used[resource] >= slots[resource] for resource in {_resource(c, one, one.wants) for one in wanting}):
        return
    waiting = [_candidate(c, one, one.wants, now) for one in wanting]
    for ident in schedule.choose(waiting, running, slots):
        one = c.jobs[ident]
        try:
            acts.start(c, one, now)
        except Exception as error:
            # As in `consider`: one job's failure is its own.
            one.running = ""
            jobs.later(c, one, now, error)


def _resource(c: Coordinator, one: Tracked, verb: str) -> str:
    return needed(one.kind, verb, one.about.rule if one.about else {}, c.settings)


def _candidate(c: Coordinator, one: Tracked, verb: str, now: float) -> schedule.Candidate:
    resource = _resource(c, one, verb)
    estimate = c.estimates.seconds(verb, one.length)
    return schedule.Candidate(one.id, resource, estimate, now - one.since, one.state.priority, one.alone)
