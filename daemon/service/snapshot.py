"""What the coordinator says of its jobs: the snapshot that `status` reads, and the pages in people's folders."""

from __future__ import annotations

import contextlib
import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from daemon import names, redact, sidecars
from daemon.errors import FinalFault
from daemon.job import LIVE
from daemon.service.tracked import Tracked
from daemon.settings import Settings

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator

_EVERY = 1.0
_PAGES_EVERY = 2.0
_ALIVE = 15.0  # `status` takes what is older than 30 s for stale
_VERBS = {
    "analyze": "listening",
    "prompt": "writing prompts",
    "render": "painting",
    "sync": "making the film",
    "shrink": "making a smaller copy",
}


def hear(one: Tracked) -> None:
    """Reads what was heard, once it is there, for the pages and the estimates."""
    if one.heard or one.stage == "queued":
        return
    with contextlib.suppress(FinalFault):
        analysis = one.folder.read(sidecars.Analysis)
        if analysis is not None:
            one.length = analysis.duration
            one.heard = {
                "tempo": round(analysis.tempo.bpm, 1) or None,
                "key": analysis.key.name(),
                "duration": analysis.duration,
                "sections": [
                    {"start": s.start, "end": s.end, "role": s.role, "label": s.label, "energy": s.energy}
                    for s in analysis.sections
                ],
            }


def of_job(c: Coordinator, one: Tracked, now: float) -> dict[str, Any]:
    """One job as the snapshot shows it."""
    about, trouble = one.about, one.trouble
    verb = one.running or one.wants
    left = None
    if one.running:
        elapsed = now - one.started
        guess = elapsed * (1 - one.fraction) / one.fraction if one.fraction > 0.03 else one.left
        left = one.left if one.left is not None and one.fraction > 0 else guess
    return {
        "id": one.id,
        "name": one.folder.name,
        "title": names.shown(about.title) if about else one.folder.name,
        "kind": one.kind,
        "inbox": about.inbox if about else "",
        "stage": one.stage,
        "verb": verb,
        "running": bool(one.running),
        "fraction": round(one.fraction, 3),
        "doing": one.doing or (_VERBS.get(verb, verb) if one.running else ""),
        "preview": one.preview if one.running else "",
        "left": None if left is None else round(left, 1),
        "held": one.held,
        "waits_for": _waits_for(one),
        "tempo": one.heard.get("tempo"),
        "key": one.heard.get("key", ""),
        "duration": one.heard.get("duration"),
        "sections": one.heard.get("sections", []),
        "pictures": _pictures(one),
        "trouble": None
        if trouble is None
        else {"what": trouble.what, "why": trouble.why, "remedy": trouble.remedy, "cause": trouble.cause},
        "film": f"outbox/{one.delivery.folder}" if one.delivery and one.delivery.delivered else "",
        "scores": one.scores,
        "age": round(now - one.since, 1),
        "priority": one.state.priority,
    }


def _waits_for(one: Tracked) -> str:
    if one.waits == "trying again":
        return f"trying again: {one.state.last_fault}"
    if one.stage == "rendered" and not one.busy and one.gate is not None:
        closing = one.gate.verdict == "wait" and (one.gate.enough or one.decisions.whole == "rejected")
        return f"{one.gate.because}{'; it goes on soon, unless something is changed' if closing else ''}"
    if one.wants:
        return "waiting for its turn"
    return one.waits


def _pictures(one: Tracked) -> dict[str, Any]:
    if one.renders is None:
        return {"slots": 0, "decided": 0, "desk": ""}
    slots = {picture.slot for picture in one.renders.pictures}
    approved = {d.picture.rstrip("abcdefghijklmnopqrstuvwxyz") for d in one.decisions.decisions if d.verdict == "ok"}
    decided = slots if one.decisions.whole == "approved" else slots & approved
    return {"slots": len(slots), "decided": len(decided), "desk": one.desk}


def whole(c: Coordinator) -> dict[str, Any]:
    """The snapshot: every live job, and the latest of the others."""
    now = c.clock()
    live = [one for one in c.jobs.values() if one.stage in LIVE]
    rest = sorted((one for one in c.jobs.values() if one.stage not in LIVE), key=lambda one: one.folder.name)[-100:]
    ways = {how.inbox: f"{how.way}: {how.why}" if how.why else how.way for how in c.inbox.how()}
    return {
        "at": c.stamp(),
        "pid": os.getpid(),
        "jobs": [of_job(c, one, now) for one in sorted([*rest, *live], key=lambda one: one.folder.name)],
        "inboxes": [
            {
                "inbox": seen.inbox,
                "how": ways.get(seen.inbox, ""),
                "absent": seen.absent,
                "waiting": [{"name": names.shown(w.name), "reason": w.reason, "age": 0} for w in seen.waiting],
            }
            for seen in sorted(c.inboxes.values(), key=lambda seen: seen.inbox)
        ],
        "free_mb": c.gates.free_mb,
        "problems": [
            *c.problems,
            *(said for said in (c.rulebook.problem, c.gates.room, *c.gates.absent.values()) if said),
            *([c.telegram.problem] if c.telegram.problem else []),
        ],
    }


class Pages:
    """Writes the snapshot each second that something changed, and has a hand write the pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wrote = self._paged = self._said = float("-inf")
        self._last = ""
        self._pending = False  # a change that the pages don't show yet

    def write(self, c: Coordinator, force: bool = False) -> None:
        """Writes what changed, when its time has come."""
        now = c.clock()
        if now - self._wrote < _EVERY and not force:
            return
        self._wrote = now
        shown = redact.value(whole(c))
        text = json.dumps(shown)
        # What grows by itself isn't news: a daemon with nothing to do writes nothing.
        jobs = [{**job, "age": 0} for job in shown["jobs"]]
        steady = json.dumps([jobs, shown["inboxes"], shown["problems"]])
        news = steady != self._last
        if not news and not force and not self._pending and now - self._said < _ALIVE:
            return
        self._last, self._said = steady, now
        self._pending = self._pending or news
        temp = self._settings.snapshot.with_suffix(".new")
        with contextlib.suppress(OSError):
            temp.write_text(text)
            os.replace(temp, self._settings.snapshot)
        running = sum(1 for one in c.jobs.values() if one.running)
        waiting = sum(1 for one in c.jobs.values() if one.stage == "rendered")
        c.systemd.status(f"{running} running, {waiting} waiting for people, {c.gates.free_mb} MiB free")
        if force or (self._pending and now - self._paged >= _PAGES_EVERY):
            self._paged, self._pending = now, False
            from daemon.web import pages

            settings = self._settings
            for area in pages.areas(settings, shown):
                if c.hands.waiting(f"page:{area}"):
                    self._pending = True  # a share that hangs: the next page there says it all
                    continue
                c.hands.give(f"page:{area}", "pages", "", partial(pages.write, settings, shown, area))
