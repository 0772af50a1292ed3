"""What the command line asks, carried out and answered in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daemon import sidecars
from daemon.approvals import merge, requests
from daemon.errors import Fault, UsageError
from daemon.events import Requested
from daemon.service import acts, delivery, desks
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator


def take(c: Coordinator) -> None:
    """Carries out the requests that lie there, oldest first."""
    for request in requests.take(c.settings):
        if request.verb == "cancel" and (one := _job(c, request.job)) is not None and one.hand:
            continue  # a hand is moving it just now: the request lies there until the hand is back
        try:
            ok, said = carry_out(c, request)
        except Exception as error:
            # A fault of our own: it is answered all the same, else it would be tried for ever, before all others.
            c.log.error("a request could not be carried out", verb=request.verb, job=request.job, exc_info=error)
            ok, said = False, f"That could not be done: {type(error).__name__}: {error}"
        c.log.info("asked", verb=request.verb, job=request.job, by=request.by, ok=ok, said=said)
        requests.answer(c.settings, request.name, ok, said)


def _job(c: Coordinator, name: str) -> Tracked | None:
    """A job by its id or its folder's name."""
    return c.jobs.get(name) or next((one for one in c.jobs.values() if one.folder.name == name), None)


def carry_out(c: Coordinator, asked: Requested) -> tuple[bool, str]:
    """Carries out one request. Returns (done, a sentence)."""
    if asked.verb == "stop":
        c.stopping = True
        return True, "The daemon ends."
    if asked.verb == "reload":
        return reload(c)
    if asked.verb == "clean":
        for tracked in c.jobs.values():
            tracked.dirty = True
        c.hands.give("library", "tidy", "", lambda: acts.tidy(c.settings))
        gone = sum(1 for one in c.jobs.values() if delivery.expired(c, one))
        return True, f"{gone} jobs were kept long enough and go; caches are bounded."
    one = _job(c, asked.job)
    if one is None:
        return False, f"There is no job {asked.job}."
    verbs: dict[str, Callable[[Coordinator, Tracked, Requested], tuple[bool, str]]] = {
        "approve": _decide,
        "reject": _decide,
        "redo": _decide,
        "retry": _retry,
        "cancel": _cancel,
        "bump": _bump,
        "reopen": lambda c, one, asked: delivery.ask_reopen(c, one),
    }
    if asked.verb not in verbs:
        return False, f"Nothing here knows how to {asked.verb}."
    try:
        return verbs[asked.verb](c, one, asked)
    except Fault as fault:
        return False, fault.sentence()
    except OSError as error:
        one.dirty = True
        return False, f"{one.folder.name} could not be written: {error.strerror or error}. Look at the free room."


def reload(c: Coordinator) -> tuple[bool, str]:
    """Rereads settings and rules; wrong ones are refused and the last good ones stay in force."""
    from daemon import settings as ground

    c.rulebook.seen = ()
    c.rulebook.reload_if_changed()
    problem = c.rulebook.problem
    try:
        fresh = ground.load(c.settings.root)
    except UsageError as fault:
        c.log.warning("settings are wrong; the last good ones stay in force", problem=fault.sentence())
        return False, fault.sentence()
    for name in type(fresh).model_fields:
        setattr(c.settings, name, getattr(fresh, name))
    for one in c.jobs.values():
        one.dirty = True
    c.workers.set_settings(c.settings)
    c.inbox.set_settings(c.settings)
    c.telegram.start()
    c.follow_rules()
    return (False, problem) if problem else (True, "Settings and rules were read again.")


def _decide(c: Coordinator, one: Tracked, asked: Requested) -> tuple[bool, str]:
    if one.stage != "rendered":
        return False, f"{one.folder.name} is in {one.stage}: nothing is to be decided there now."
    desks.load(one)
    renders = one.renders
    if renders is None:
        return False, f"{one.folder.name} has no pictures yet."
    wanted = [str(name) for name in asked.arguments.get("pictures", [])]
    if not wanted and asked.arguments.get("picture"):
        wanted = [str(asked.arguments["picture"])]
    known = {candidate.picture.id for slot in merge.now(renders, one.decisions) for candidate in slot.candidates}
    chosen: list[str] = []
    for name in wanted:
        match = [
            ident for ident in sorted(known) if ident == name or ident.rstrip("abcdefghijklmnopqrstuvwxyz") == name
        ]
        if not match:
            return False, f"There is no picture {name}; there are {', '.join(sorted(known))}."
        chosen += match if name not in known else [name]
    verdict = {"approve": "ok", "reject": "no", "redo": "redo"}[asked.verb]
    note = str(asked.arguments.get("note") or "")[:500]
    if verdict == "redo" and not chosen:
        return False, "Say which picture is to be painted again."
    by, at = asked.by, c.stamp()
    if chosen:
        new: list[Any] = [
            sidecars.Decision(picture=ident, verdict=verdict, by=by, way="command", at=at, note=note)
            for ident in chosen
        ]
        desks.record(c, one, new)
        return True, f"{', '.join(chosen)}: {verdict}. The last word counts until the gate closes."
    desks.record_whole(c, one, "ok" if verdict == "ok" else "no", by, "command")
    return True, f"All of {one.folder.name} is {'approved' if verdict == 'ok' else 'rejected'}."


def _retry(c: Coordinator, one: Tracked, asked: Requested) -> tuple[bool, str]:
    if one.stage == "failed":
        if one.about is None:
            return False, "job.json of that job can't be read: mend it first."
        return True, acts.retry(c, one)
    if one.waits == "trying again":
        one.not_before, one.dirty = c.clock(), True
        return True, f"{one.folder.name} is tried again now."
    return False, f"{one.folder.name} is in {one.stage} and hasn't failed."


def _cancel(c: Coordinator, one: Tracked, asked: Requested) -> tuple[bool, str]:
    if one.stage in ("done", "failed"):
        return False, f"{one.folder.name} is in {one.stage}: there is nothing to cancel."
    if one.hand:
        return False, f"{one.folder.name} is being moved just now: ask again in a moment."
    by = f"by {asked.by}" if asked.by else ""
    fault = Fault("the job was cancelled", by, f"`dropreel retry {one.id}` takes it up again.")
    acts.fail(c, one, fault, cause="cancelled")
    return True, f"{one.folder.name} is cancelled; `dropreel retry {one.id}` takes it up again."


def _bump(c: Coordinator, one: Tracked, asked: Requested) -> tuple[bool, str]:
    if one.stage in ("done", "failed"):
        return False, f"{one.folder.name} is in {one.stage}: there is nothing to put ahead."
    one.state.priority = 1 + max((other.state.priority for other in c.jobs.values()), default=0)
    acts.remember(c, one)
    return True, f"{one.folder.name} goes ahead of the others."
