"""What was said in the chat, followed: who may, about which pictures, and what it comes to."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from daemon import sidecars
from daemon.approvals import merge
from daemon.approvals import telegram as chats
from daemon.approvals import telegram_words as words
from daemon.service import desks
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.service.telegram import Telegram

_KEPT = 200
_HELP = (
    "Pictures of dropped songs come here. Press the buttons under them, or reply to a picture to have it painted again:"
    " \u201cdarker, more fire\u201d. The film comes here too."
)
_DONE: dict[str, str] = {"ok": "approved", "no": "rejected", "redo": "painted again soon", "undecided": "taken back"}


def follow(telegram: Telegram, update: Any) -> str:
    """Follows an update; returns what its sender is to be told. What it says is on disk then; raises where it isn't."""
    said = words.read(update)
    kept = telegram.kept
    if said.number in kept.heard:
        return ""  # told again, since the answer was lost
    answer = _follow(telegram, said)
    kept.heard = [*kept.heard, said.number][-_KEPT:]
    kept.offset = said.number + 1
    if isinstance(said, words.Press | words.Moved) or answer is not None:
        # What says nothing may be told again after a restart, and needs no write.
        telegram.keep()
    return answer or ""


def _follow(telegram: Telegram, said: words.Update) -> str | None:
    """What its sender is to be told; None where it said nothing to us."""
    if isinstance(said, words.Moved):
        telegram.moved(said.chat, said.into)
        return ""
    name = telegram.c.settings.telegram.approvers.get(said.user)
    if isinstance(said, words.Press) and said.trial:
        telegram.kept.trial, telegram.kept.trial_by, telegram.kept.trial_name = said.trial, said.user, said.name
        return f"It works, {name}." if name else ""
    if name is None:
        if isinstance(said, words.Press | words.Said) and said.user not in telegram.strangers:
            telegram.strangers.add(said.user)
            telegram.c.log.info("ignored in Telegram: not among telegram.approvers", user=said.user, name=said.name)
        return None
    if isinstance(said, words.Press):
        return _press(telegram, said, name)
    return _said(telegram, said, name) if isinstance(said, words.Said) else None


def _press(telegram: Telegram, press: words.Press, name: str) -> str:
    if press.button is None:
        return "That button is of an older version and says nothing now."
    button = press.button
    return decide(telegram, button.job, button.verdict, button.pictures, name, press.number)


def _said(telegram: Telegram, said: words.Said, name: str) -> str | None:
    if not said.to:
        return _HELP if said.text.startswith(("/start", "/help")) else None
    for one in telegram.c.jobs.values():
        shown = chats.pictures_of(telegram.chat(one), said.chat, said.to)
        if shown is not None:
            break
    else:
        return None
    wish = words.wish(said.text, _known(one))
    pictures = wish.pictures or _meant(one, shown)
    if not pictures:
        example = shown[0] if shown else "03b"
        return f"Which picture? Begin with its name: \u201c{example} darker\u201d."
    return decide(telegram, one.id, wish.verdict, pictures, name, said.number, wish.note, silent=True)


def decide(
    telegram: Telegram,
    ident: str,
    verdict: sidecars.Verdict,
    pictures: tuple[str, ...],
    by: str,
    number: int,
    note: str = "",
    silent: bool = False,
) -> str:
    """Records a verdict; returns what came of it in a sentence. silent: nothing is said where it went well."""
    c = telegram.c
    one = c.jobs.get(ident)
    if one is None:
        return "That song is gone."
    if one.stage != "rendered" or one.trouble is not None:
        return f"Too late: {_whither(one)}"
    desks.load(one)
    if number in one.decisions.heard:
        return ""
    known = _known(one)
    if missing := [ident for ident in pictures if ident not in known and ident != words.WHOLE]:
        return f"There is no picture {missing[0]}."
    new = [
        sidecars.Decision(picture=ident, verdict=verdict, by=by, way="telegram", at=c.stamp(), note=note)
        for ident in pictures
    ]
    before = one.decisions
    # The words and the update's number go to disk in one write: an update that comes twice is known by it.
    one.decisions = before.model_copy(update={"heard": [*before.heard, number][-_KEPT:]})
    try:
        desks.record(c, one, new)
    except BaseException:
        one.decisions = before
        raise
    if silent:
        return ""
    what = "All" if pictures == (words.WHOLE,) else ", ".join(pictures)
    return f"{what}: {_DONE[verdict]}."


def _meant(one: Tracked, shown: tuple[str, ...]) -> tuple[str, ...]:
    """The pictures that a word without a name is about: all candidates of one place, as far as they are still open."""
    if len({ident.rstrip(ascii_lowercase) for ident in shown}) != 1:
        return ()
    return tuple(ident for ident in shown if ident not in one.decisions.redone) or shown


def _known(one: Tracked) -> set[str]:
    slots = merge.now(one.renders, one.decisions) if one.renders else []
    return {candidate.picture.id for slot in slots for candidate in slot.candidates}


def _whither(one: Tracked) -> str:
    words_ = {
        "approved": "the film is being made.",
        "synced": "the film is being made.",
        "done": "the film is ready. `dropreel reopen` brings the pictures back.",
        "failed": "it has failed. `dropreel retry` takes it up again.",
    }
    return words_.get(one.stage, "its pictures are being made anew.")
