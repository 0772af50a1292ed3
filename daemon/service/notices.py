"""What people are told: notices out, and the note beside the drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daemon import sidecars
from daemon.errors import Fault
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator


_NOTES = 10.0


def tell(c: Coordinator, one: Tracked, kind: str, extra: str = "") -> None:
    """Sends a notice, once for each occasion; a hand does it, and nothing waits for it."""
    if one.about is None or kind not in c.settings.notify.on:
        return
    occasion = f"{kind}:{one.state.attempt}:{extra}"
    if occasion in one.state.told:
        return
    one.state.told = [*one.state.told, occasion][-20:]
    title, text = _words(one, kind)
    c.telegram.tell(one, kind, text)
    settings = c.settings

    def send() -> None:
        from daemon.backends.notify import notify

        for problem in notify(settings, kind, title, text):
            c.log.warning("a notice could not be sent", job=one.id, problem=problem)

    notify_to = c.settings.notify
    if notify_to.ntfy or notify_to.webhook or notify_to.email_to:
        c.hands.give("notices", "told", "", send)


def _words(one: Tracked, kind: str) -> tuple[str, str]:
    about = one.about
    title = about.title if about else one.folder.name
    if kind == "waiting":
        slots = len({p.slot for p in one.renders.pictures}) if one.renders else 0
        return f"{title}: pictures wait for you", f"{slots} pictures want your word in {one.desk or 'review/'}."
    if kind == "reminder":
        return f"{title}: pictures still wait", f"Nobody has decided yet. They lie in {one.desk or 'review/'}."
    if kind == "ready":
        where = f"outbox/{one.delivery.folder}" if one.delivery else "outbox"
        return f"{title}: the film is ready", f"It lies in {where}."
    trouble = one.trouble
    text = Fault(trouble.what, trouble.why, trouble.remedy).sentence() if trouble else "It failed."
    return f"{title}: failed", text


def note(c: Coordinator, one: Tracked) -> None:
    """Has a hand lay the note beside the drop place, whatever it was dropped as."""
    about, trouble = one.about, one.trouble
    if about is None or trouble is None:
        return
    one.hand = "note"
    c.hands.give(f"inbox:{about.inbox}", "note", one.id, lambda: c.inbox.note(about, trouble))


def noted(c: Coordinator, one: Tracked, result: Any) -> None:
    """The note lies there (or can't: then the trouble says where it would have been)."""
    if one.trouble is None:
        return
    one.trouble.noted = True
    one.trouble.note = str(result or "")
    sidecars.write(one.folder.path, one.trouble)


def look_for_retry(c: Coordinator, now: float) -> None:
    """Every ten seconds a hand looks whether somebody renamed the note of a failed job to RETRY."""
    if now - c.notes_looked < _NOTES:
        return
    c.notes_looked = now
    failed = [one for one in c.jobs.values() if one.stage == "failed" and one.trouble is not None and one.trouble.note]
    for inbox in sorted({one.about.inbox for one in failed if one.about is not None}):
        if not c.hands.waiting(f"inbox:{inbox}"):
            c.hands.give(f"inbox:{inbox}", "retries", "", lambda inbox=inbox: c.inbox.asked_again(inbox))  # type: ignore[misc]


def seen_retry(c: Coordinator, names: list[str]) -> None:
    """Takes up the failed jobs whose notes say RETRY now; the note of one that is under way again just goes."""
    from daemon.service import acts

    for name in names:
        one = next((job for job in c.jobs.values() if job.folder.name == name), None)
        if one is None or one.about is None or one.busy:
            continue
        if one.stage == "failed" and one.trouble is not None:
            c.log.info("its note says RETRY", job=one.id)
            acts.retry(c, one)
        else:
            about = one.about
            c.hands.give(f"inbox:{about.inbox}", "told", "", lambda about=about: c.inbox.unnote(about))  # type: ignore[misc]


def unnote(c: Coordinator, one: Tracked) -> None:
    """Takes a note away again: the job is taken up, or gone."""
    about, trouble = one.about, one.trouble
    if about is not None and trouble is not None and trouble.note:
        c.hands.give(f"inbox:{about.inbox}", "told", "", lambda: c.inbox.unnote(about))
