"""What is to be sent, changed or removed in the chat, one thing at a time.

Errands follow from comparing what should be in the chat with what is there, so that a restart, a redo, a word on the
desk or an approval meanwhile need nothing of their own. What an errand did is written down before the next is given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from daemon.approvals import telegram as chats
from daemon.approvals import telegram_faces
from daemon.approvals.telegram import Chat, Due, Post, Sent
from daemon.errors import Fault
from daemon.events import HandEnded
from daemon.job import LIVE
from daemon.service import acts
from daemon.service import telegram_view as views
from daemon.service.telegram_notices import Notice
from daemon.service.telegram_pace import Pace
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.service.telegram import Telegram
    from daemon.service.telegram_hand import Outcome

_BLIP = 60.0  # seconds of failing before anybody is told
_LONGEST = 60.0
_BROKEN = 300.0
_UNSURE = 3  # times that a message may have arrived without an answer, or that its file is gone


class Errands:
    """One errand flies at a time. busy: one flies, or more are known to be due."""

    def __init__(self, telegram: Telegram) -> None:
        self.telegram, self.c = telegram, telegram.c
        self.pace = Pace()
        self.not_before = float("-inf")
        self._flying: tuple[str, Due] | Notice | None = None
        self._waits = True
        self._failing: float | None = None
        self._fails = 0
        self._unsure: dict[tuple[str, str], int] = {}
        self._quiet: dict[str, tuple[Any, ...]] = {}  # by job: what was there when nothing was due

    @property
    def busy(self) -> bool:
        """Whether something is on its way, or known to be due."""
        return self._flying is not None or self._waits

    @property
    def failing(self) -> bool:
        """Whether the last errand could not be done, for now."""
        return self._failing is not None

    def look_again(self) -> None:
        """Forgets for which jobs nothing was due."""
        self._quiet, self._waits = {}, True

    def turn(self, now: float) -> None:
        """Gives the hand its next errand, when there is one and its time has come."""
        if self._flying is not None or now < max(self.not_before, self.pace.when(now, 0, False)):
            return
        self.telegram.forget()
        self._quiet = {ident: seen for ident, seen in self._quiet.items() if ident in self.c.jobs}
        notice = self.telegram.notices.due()
        first: tuple[Tracked, Due] | None = None
        for one in sorted(self.c.jobs.values(), key=lambda one: one.folder.name):
            due = self._next_of(one)
            if due is not None and (first is None or due.verb == "edit"):
                first = (one, due)
                if due.verb == "edit":
                    break
        self._waits = notice is not None or first is not None
        if notice is not None and (first is None or first[1].verb != "edit"):
            self._give_notice(notice, now)
        elif first is not None:
            self._give(*first, now)

    # --- finding ------------------------------------------------------------------------------

    def _next_of(self, one: Tracked) -> Due | None:
        """As `_next`; a job whose files can't be read has nothing to show, and holds up no other."""
        try:
            return self._next(one)
        except (Fault, OSError, ValueError) as error:
            why = error.sentence() if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
            self.c.log.warning("a job can't be shown in Telegram", job=one.id, why=why)
            self._quiet[one.id] = self._seen(one, self.telegram.chat(one))
            return None

    def _seen(self, one: Tracked, chat: Chat) -> tuple[Any, ...]:
        return (*views.signature(one), self.telegram.here, chat.film, chat.copy_file, chat.unsent)

    def _next(self, one: Tracked) -> Due | None:
        """What is to be done next for a job; None where nothing is, which is remembered until something changes."""
        telegram, chat = self.telegram, self.telegram.chat(one)
        if one.stage in LIVE and not chat.film and one.about is not None:
            chat.film = "owed"
            telegram.remember(one)
        deciding = views.deciding(one)
        if deciding and chat.film == "told":
            # A finished job came back: its pictures are shown from the start.
            chat = Chat(life=chat.life + 1, sent=chat.sent, film="owed")
            telegram.remember(one, chat)
        if not deciding and not chat.sent and not telegram.owes(one):
            return None
        seen = self._seen(one, chat)
        if self._quiet.get(one.id) == seen:
            return None
        if telegram.owes(one) and self._shrink(one, chat):
            return None
        view = views.of_job(self.c, one, chat)
        if view.deciding and (fresh := chats.renewed(view, chat)) is not None:
            chat = fresh
            telegram.remember(one, chat)
        if view.deciding and chats.plan(view, chat, self.c.settings.telegram.messages):
            telegram.remember(one)
        due = chats.due(chats.posts(view, chat), chat, telegram.here)
        while due is not None and due.verb == "forget":
            chat.sent.pop(due.key, None)
            due = chats.due(chats.posts(view, chat), chat, telegram.here)
        if due is None:
            self._quiet[one.id] = seen
        return due

    # --- giving -------------------------------------------------------------------------------

    def _give(self, one: Tracked, due: Due, now: float) -> None:
        from daemon.service import telegram_hand

        errand = telegram_hand.Errand(
            job=one.id,
            due=due,
            folder=one.folder.path,
            files={picture.id: picture.file for picture in one.renders.pictures} if one.renders else {},
            name=telegram_faces.video_name(views.title(one), due.post.file if due.post else ""),
            poster=views.poster(one) if due.key.endswith(".film") else "",
        )
        self._fly((one.id, due), errand, due.post.messages if due.verb == "send" and due.post else 0, now)

    def _give_notice(self, notice: Notice, now: float) -> None:
        from daemon.service import telegram_hand

        here = self.telegram.here
        known = bool(notice.ids) and notice.chat == here
        post = Post("notice", "text", notice.text())
        due = Due("edit" if known else "send", "notice", post, "text", notice.ids if known else (), here)
        if self._fly(notice, telegram_hand.Errand("", due, self.c.settings.stages, {}), 0 if known else 1, now):
            notice.told = post.text

    def _fly(self, what: tuple[str, Due] | Notice, errand: Any, messages: int, now: float) -> bool:
        """Hands the errand out, unless so many messages would be too many now; whether it did."""
        from daemon.service import telegram_hand

        bot = self.telegram.bot
        if bot is None or now < self.pace.when(now, messages, self.telegram.here < 0):
            return False
        self._flying = what
        self.pace.spent(now, messages)
        self.c.hands.give("telegram", "telegram", errand.job, lambda: telegram_hand.carry_out(bot, errand))
        return True

    # --- coming back --------------------------------------------------------------------------

    def back(self, event: HandEnded) -> None:
        """The hand is back from an errand."""
        from daemon.service.telegram_hand import Outcome

        flying, self._flying = self._flying, None
        result = event.result
        if not isinstance(result, Outcome):
            result = Outcome("down", why=f"an errand failed: {type(event.error).__name__}")
            self.c.log.error("an errand in Telegram failed", error=repr(event.error))
        result = self._sure(flying, result)
        over = self._line_went(result)
        if isinstance(flying, Notice):
            flying.ids, flying.chat = result.ids or flying.ids, self.telegram.here
            flying.told = flying.told if over else ""
        elif flying is not None and over and (one := self.c.jobs.get(flying[0])) is not None:
            self._went(one, flying[1], result)

    def _sure(self, flying: tuple[str, Due] | Notice | None, result: Outcome) -> Outcome:
        """The outcome; what was sent three times without an answer counts as refused: it may lie there thrice.

        So does what is due again and again though its file is gone: it would hold up all that comes after it.
        """
        what = (flying[0], flying[1].key) if isinstance(flying, tuple) else ("", "notice")
        if result.how not in ("unsure", "lost"):
            self._unsure.pop(what, None)
            return result
        self._unsure[what] = self._unsure.get(what, 0) + 1
        if self._unsure[what] < _UNSURE:
            return result
        del self._unsure[what]
        return replace(result, how="refused")

    def _line_went(self, result: Outcome) -> bool:
        """Whether the errand is over, one way or another; else it is given again, later."""
        now = self.c.clock()
        if result.how in ("done", "gone", "refused", "lost"):
            self._failing, self._fails = None, 0
            self.telegram.trouble("hand", "")
            return True
        if result.how == "moved":
            self.telegram.moved(self.telegram.here, result.moved_to)
            return False
        self._failing = now if self._failing is None else self._failing
        self._fails += 1
        wait = result.after or min(_LONGEST, 2.0 ** min(self._fails, 8))
        if result.how == "broken":
            wait = _BROKEN
        if result.how == "broken" or now - self._failing >= _BLIP:
            self.telegram.trouble("hand", result.why)
        self.not_before = now + wait
        return False

    def _went(self, one: Tracked, due: Due, result: Outcome) -> None:
        """Writes down what an errand did."""
        chat, post = self.telegram.chat(one), due.post
        if result.how == "lost":
            # The job moved on while its pictures were read: what is due now is found anew.
            self.c.log.info("not sent to Telegram", job=one.id, what=due.key, why=result.why)
            self.not_before = self.c.clock() + self.pace.gap
            return
        if result.how == "refused":
            self.c.log.warning("Telegram refuses a message", job=one.id, what=due.key, why=result.why)
        if due.key.endswith(".film") and due.verb == "send":
            if result.how == "refused" and post is not None and post.file:
                chat.unsent = result.why
            else:
                chat.film = "told"
        elif due.verb == "remove":
            chat.sent.pop(due.key, None)
        elif post is not None:
            sent = chat.sent.setdefault(due.key, Sent(chat=due.chat, kind=due.kind))
            sent.chat, sent.face = due.chat, post.face()
            if due.verb == "send":
                sent.ids, sent.kind = list(result.ids), post.kind
            sent.gone = result.how == "gone" or (result.how == "refused" and due.verb == "send")
        self.telegram.remember(one)

    # --- a copy that is small enough ----------------------------------------------------------

    def _shrink(self, one: Tracked, chat: Chat) -> bool:
        """Has a worker make a copy of a film that is too large; whether that is under way."""
        delivered = one.delivery is not None and one.delivery.delivered
        if one.busy or not delivered or not views.too_large(self.c, one, chat):
            return one.running == "shrink"
        one.state.attempt += 1
        one.state.running = one.running = "shrink"
        one.started = self.c.clock()
        acts.remember(self.c, one)
        try:
            self.c.workers.submit(one.folder.path, "shrink", one.state.attempt, self.c.settings.limits.sync)
        except ValueError:  # an earlier attempt isn't dead yet
            one.running = ""
        return True

    def shrunk(self, one: Tracked, file: str, why: str) -> None:
        """A worker made the copy, or can't. why: "" where it may go well another time."""
        chat = self.telegram.chat(one)
        tries = one.state.tries["shrink"] = one.state.tries.get("shrink", 0) + 1
        chat.copy_file = file
        if not file and (why or tries >= self.c.settings.limits.tries):
            chat.unsent = why or "no copy of it could be made."
        one.state.running = ""
        self.telegram.remember(one)
