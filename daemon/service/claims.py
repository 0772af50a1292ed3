"""From a settled group to a job: whose it is, by which rule, and the claim that a hand carries out."""

from __future__ import annotations

import queue
import time
import zlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import durable, job, sidecars
from daemon.errors import Fault, UsageError
from daemon.events import HandEnded, InboxSeen
from daemon.job import JobFolder
from daemon.queue import names, spool
from daemon.queue.claim import ClaimPlan
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.queue.groups import Group
    from daemon.service.coordinator import Coordinator

_OPEN = ("queued", "analyzed", "prompted", "rendered")


_PATIENCE = 5.0  # seconds that a start waits for the claims of an earlier life
_AGAIN = 300.0  # between two tries at those that can't be ended yet


def recover(c: Coordinator) -> None:
    """Has a hand end the claims that an earlier life left half done; nothing is claimed meanwhile."""
    c.recovering, c.away, c.recovered_at = True, set(c.inbox.vanished()), c.clock()
    c.hands.give("recovery", "recovered", "", c.inbox.recover)


def recover_first(c: Coordinator) -> None:
    """The same at a start, waited for; where a share hangs, only so long."""
    recover(c)
    end = time.monotonic() + _PATIENCE
    while c.recovering:
        try:
            event = c.events.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            c.log.warning("claims of an earlier life can't be ended now: nothing is taken until they are")
            return
        c.handle(event)


def recovered(c: Coordinator, event: HandEnded) -> None:
    """What was begun is ended, or waits for its share: drops may be claimed again."""
    c.recovering = False
    if event.error is not None:
        c.log.error("claims of an earlier life could not be ended", error=repr(event.error))
    for line in event.result or ():
        c.log.info("recovered", what=line)
    if event.result:
        c.look_soon()
    c.inbox.reconsider()


def recover_again(c: Coordinator) -> None:
    """Tries again where a share that was away is back, and now and then while a begun claim lies there."""
    if c.recovering or c.claiming or any(one.hand == "attach" for one in c.jobs.values()):
        return
    back = c.away - set(c.inbox.vanished())
    if back or (c.clock() - c.recovered_at >= _AGAIN and any((c.settings.stages / "queued").glob(".[0-9]*"))):
        recover(c)


def plan(c: Coordinator, group: Group) -> ClaimPlan | None:
    """The rule that takes a group, with what the YAML beside it overrides; None where no rule does.

    UsageError where that YAML can't be applied: once claimed, its owner couldn't mend it any more.
    """
    kind = names.source_kind(group.source.name, group.inbox)
    rule = c.rulebook.match(group.inbox, group.source.name, kind)
    if rule is None:
        return None
    overrides: dict[str, Any] = {}
    if group.override is not None:
        from daemon import rulebook

        beside = next((seen.name for seen in group.members if seen.role == "override"), "the YAML beside it")
        rule, overrides = rulebook.apply_overrides(rule, group.override, names.display(beside))
    return ClaimPlan(
        rule=rule.model_dump(mode="json"),
        rule_name=rule.name,
        kind=rule.kind,
        take=rule.take,
        overrides=overrides,
        moods=c.rulebook.moods,
    )


def settled(c: Coordinator, group: Group) -> None:
    """A group is whole: it is claimed, unless there is no room, or a hand is at it already."""
    token = "\0".join(group.key)
    if token in c.claiming or c.stopping:
        return
    if c.recovering:
        c.inbox.refuse(group, "the claims of an earlier life are ended first", passing=True)
        return
    if c.gates.room:
        c.inbox.refuse(group, c.gates.room, passing=True)
        return
    try:
        planned = plan(c, group)
    except UsageError as fault:
        # It waits beside its song, with that reason; once it is mended, both settle anew.
        c.inbox.refuse(group, fault.sentence())
        return
    if planned is None:
        kind = names.source_kind(group.source.name, group.inbox) or "file"
        c.inbox.refuse(group, c.rulebook.problem or f"no rule takes a {kind} here")
        return
    c.claiming.add(token)
    name = job.new_name(
        group.title, datetime.now().strftime("%Y%m%d-%H%M%S"), set(c.jobs) | {t[-6:] for t in c.claiming}
    )
    seed = int(planned.overrides.get("seed", zlib.crc32(job.id_of(name).encode())))

    def work() -> Path:
        return c.inbox.claim(group, planned, job_name=name, seed=seed)

    c.hands.give(f"inbox:{group.inbox}", "claim", token, work)


def claimed(c: Coordinator, event: HandEnded) -> None:
    """A hand has claimed a group, or couldn't: then it lies there as before, and settles again."""
    c.claiming.discard(event.job)
    if event.error is not None:
        why = event.error.sentence() if isinstance(event.error, Fault) else repr(event.error)
        c.log.warning("a drop could not be claimed", name=names.display(event.job.split("\0")[-1]), why=why)
        return
    if event.result is None:
        return
    from daemon.service import jobs

    folder = JobFolder(event.result)
    # A scan may have met the committed folder before its hand came back, and the job may be on its way by now.
    one = c.jobs.get(folder.id) or jobs.track(c, folder)
    c.log.info("claimed", job=one.id, name=one.about.title if one.about else "")


def refused(one: Tracked) -> Fault | None:
    """What is wrong with the YAML beside the drop; None where nothing is."""
    why = str(one.about.overrides.get("refused") or "") if one.about else ""
    if not why or one.about is None:
        return None
    override = next((member.name for member in one.about.with_role("override")), "the YAML beside it")
    return Fault(
        f"the YAML {override} can't be followed", why, "Mend it and drop the song again with it, or drop it without."
    )


def late(c: Coordinator, seen: InboxSeen) -> None:
    """A companion that came after its song joins the job, as long as nobody has decided on pictures."""
    for waiting in () if c.recovering else seen.waiting:
        if not waiting.companion:
            continue
        for one in c.jobs.values():
            about = one.about
            if about is None or one.hand or one.stage not in _OPEN or one.decisions.decisions or one.decisions.whole:
                continue
            if c.inbox.belongs(about, seen.inbox, waiting):
                _attach(c, one, about, seen.inbox, waiting)
                break


def _attach(c: Coordinator, one: Tracked, about: sidecars.Job, inbox: str, waiting: Any) -> None:
    if one.running:
        c.workers.cancel(one.id)
        one.running = ""
    folder = one.folder.path
    one.hand, one.wants = "attach", ""

    def work() -> str:
        rule, overrides = about.rule, about.overrides
        if names.companion_role(waiting.name) == "override":
            rule, overrides = _with_late_yaml(c, about, c.inbox.read(inbox, waiting) or b"", waiting.name)
        # A copy: the hand changes it, and the loop goes on reading what is tracked.
        return c.inbox.attach(folder, about.model_copy(deep=True), waiting, rule=rule, overrides=overrides).name

    c.hands.give(f"inbox:{inbox}", "attach", one.id, work)


def _with_late_yaml(
    c: Coordinator, about: sidecars.Job, data: bytes, name: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    from daemon import rulebook

    base = c.rulebook.named(about.rule_name)
    if base is None:
        return about.rule, about.overrides
    try:
        rule, overrides = rulebook.apply_overrides(base, data, names.display(name))
    except UsageError as fault:
        return about.rule, {"refused": fault.sentence()}
    return rule.model_dump(mode="json"), overrides


def attached(c: Coordinator, one: Tracked, name: Any) -> None:
    """The companion lies in the job: what was heard without it is heard again."""
    from daemon.service import acts, desks, jobs

    c.log.info("a companion came late", job=one.id, name=str(name))
    one.about = jobs.about_of(c, one.folder)
    to = spool.first_missing(one.folder, one.kind)
    if one.stage == "rendered":
        desks.clear(c, one)
        durable.remove(one.folder.path / sidecars.Decisions.file)
        one.decisions, one.renders, one.gate = sidecars.Decisions(), None, None
    one.heard, one.next_sidecar = {}, False
    if to != one.stage and to != "done":
        acts.move(c, one, to)


def unsettled(c: Coordinator) -> bool:
    """Whether something in an inbox may still become a job by itself soon."""
    if any(how.seen is None and not how.absent for how in c.inbox.how()):
        return True
    return any(waiting.passing for seen in c.inboxes.values() for waiting in seen.waiting)
