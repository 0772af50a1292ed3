"""From a settled group to a job: whose it is, by which rule, and the claim that a hand carries out."""

from __future__ import annotations

import zlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import job
from daemon.errors import Fault, UsageError
from daemon.events import HandEnded
from daemon.job import JobFolder
from daemon.queue import names
from daemon.queue.claim import ClaimPlan

if TYPE_CHECKING:
    from daemon.queue.groups import Group
    from daemon.service.coordinator import Coordinator


def recover(c: Coordinator) -> None:
    """The claims that an earlier life left half done are ended, one way or the other."""
    for line in c.inbox.recover():
        c.log.info("recovered", what=line)


def plan(c: Coordinator, group: Group) -> ClaimPlan | None:
    """The rule that takes a group, with what the YAML beside it overrides; None where no rule does.

    A YAML that can't be applied doesn't keep the drop out: the job is claimed, and fails with a note.
    """
    kind = names.source_kind(group.source.name, group.inbox)
    rule = c.rulebook.match(group.inbox, group.source.name, kind)
    if rule is None:
        return None
    overrides: dict[str, Any] = {}
    if group.override is not None:
        from daemon import rulebook

        try:
            rule, overrides = rulebook.apply_overrides(rule, group.override)
        except UsageError as fault:
            overrides = {"refused": fault.sentence()}
    return ClaimPlan(
        rule=rule.model_dump(mode="json"), rule_name=rule.name, kind=rule.kind, take=rule.take, overrides=overrides
    )


def settled(c: Coordinator, group: Group) -> None:
    """A group is whole: it is claimed, unless there is no room, or a hand is at it already."""
    token = "\0".join(group.key)
    if token in c.claiming or c.gates.room or c.stopping:
        return
    planned = plan(c, group)
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
    one = c.track(JobFolder(event.result))
    c.log.info("claimed", job=one.id, name=one.about.title if one.about else "")
    refused = one.about.overrides.get("refused") if one.about else None
    if refused:
        refuse(c, one, str(refused))


def refuse(c: Coordinator, one: Any, why: str) -> None:
    """The YAML beside the drop is wrong: the job fails, and the note says where."""
    from daemon.service import acts

    override = next((member.name for member in one.about.with_role("override")), "the YAML beside it")
    fault = Fault(f"{override} can't be followed", why, "Mend it and drop the song again with it, or drop it without.")
    acts.fail(c, one, fault, cause="final")


def unsettled(c: Coordinator) -> bool:
    """Whether something in an inbox may still become a job by itself soon."""
    if any(how.seen is None and not how.absent for how in c.inbox.how()):
        return True
    return any(waiting.passing for seen in c.inboxes.values() for waiting in seen.waiting)
