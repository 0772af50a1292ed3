"""Telegram's part of the coordinator: what its ear hears becomes decisions, what the jobs show becomes errands.

All of it runs in the coordinator's loop but the ear, which listens, and the hand, which carries out one errand at a
time. Errands follow from comparing what should be in the chat with what is there, so that a restart, a redo, a word on
the desk or an approval meanwhile need nothing of their own.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from daemon import durable
from daemon.approvals import telegram as chats
from daemon.approvals.telegram import Chat, Due, Post, Sent
from daemon.errors import Fault, UsageError
from daemon.events import HandEnded, Heard
from daemon.job import LIVE
from daemon.service import acts
from daemon.service import telegram_view as views
from daemon.service.telegram_notices import Notice, Notices
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.backends.telegram import Bot, Line
    from daemon.service.coordinator import Coordinator
    from daemon.service.telegram_ear import Ear
    from daemon.service.telegram_hand import Outcome

FILE = ".telegram.json"  # in stages/
_KEPT = 200
_GAP = 1.05  # seconds between messages to a chat
_MINUTE, _GROUP = 60.0, 20  # messages a minute to a group
_BLIP = 60.0  # seconds of failing before anybody is told
_LONGEST = 60.0
_BROKEN = 300.0


class Kept(BaseModel):
    """What outlives a restart: where to ask on, the latest updates, groups that moved, the last trial press."""

    offset: int | None = None
    heard: list[int] = Field(default_factory=list)
    moved: dict[str, int] = Field(default_factory=dict)
    trial: str = ""
    trial_by: int = 0
    trial_name: str = ""


class Telegram:
    """Nothing, until it is set up. problem: what is wrong with the line, for the status; "" where it works."""

    def __init__(self, c: Coordinator) -> None:
        self.c = c
        self.line: Line | None = None
        self.ear: Ear | None = None
        self._bot: Bot | None = None
        self.kept = Kept()
        self.notices = Notices()
        self.strangers: set[int] = set()
        self.chats: dict[str, Chat] = {}
        self._troubles: dict[str, str] = {}
        self._flying: tuple[str, Due] | Notice | None = None
        self._not_before = 0.0
        self._failing: float | None = None
        self._fails = 0
        self._spent: deque[float] = deque()  # when each message of the last minute was sent
        self._quiet: dict[str, tuple[Any, ...]] = {}  # by job: what was there when nothing was due
        self._due = False  # something waits to be sent
        self.gap = _GAP

    # --- beginning and end --------------------------------------------------------------------

    def start(self) -> None:
        """Begins, or begins anew with changed settings."""
        if not self.c.settings.telegram.approvers and self.line is None:
            return
        from daemon.backends import http
        from daemon.backends import telegram as backend
        from daemon.service.telegram_ear import Ear

        self._trouble("settings", "")
        try:
            line = backend.line(self.c.settings)
        except UsageError as fault:
            line = None
            self._trouble("settings", f"Telegram: {fault.sentence()}")
        if self.ear is not None and line == self.line:
            return
        self.stop()
        self.line, self._quiet = line, {}
        self._trouble("ear", "")
        self._trouble("hand", "")
        if line is None:
            return
        self.kept = self._read()
        # The ear asks a line that failed all the same: it is the one that finds out whether it works again.
        heard, self._bot = (
            backend.Bot(line, http.door(self.c.settings, attempts=1, patient=True)) for _ in range(2)
        )  # a session each: the hand's is another thread
        self.ear = Ear(heard, self.c.put, self.kept.offset)
        self.ear.start()

    def stop(self) -> None:
        """Stops listening."""
        if self.ear is not None:
            self.ear.stop()
        self.ear = None

    @property
    def problem(self) -> str:
        """What is wrong with the line now; "" where nothing is."""
        return next((said for said in self._troubles.values() if said), "")

    @property
    def here(self) -> int:
        """The chat, where it is now."""
        chat = self.line.chat if self.line else 0
        for _ in self.kept.moved:
            chat = self.kept.moved.get(str(chat), chat)
        return chat

    def busy(self) -> bool:
        """Whether something is still to be sent or to be asked for. `once` waits for that, but for no trouble."""
        if self.line is None or self.ear is None or self.problem or self._failing is not None:
            return False
        return self._flying is not None or self._due or not self.ear.looked.is_set()

    # --- what comes in ------------------------------------------------------------------------

    def heard(self, event: Heard) -> None:
        """Takes in what the ear heard; it is answered when it is on disk."""
        if event.update is None:
            self._trouble("ear", event.trouble)
            return
        from daemon.service import telegram_words

        done, said = False, "That could not be written down; it is tried again."
        try:
            done, said = True, telegram_words.follow(self, event.update)
        except Exception as error:
            self.c.log.error("a word from Telegram could not be taken", error=f"{type(error).__name__}: {error}")
        finally:
            if event.answer is not None:
                event.answer(done, said)

    def keep(self) -> None:
        """Writes down what outlives a restart."""
        durable.write_json(self.c.settings.stages / FILE, self.kept)

    def _read(self) -> Kept:
        with contextlib.suppress(OSError, ValueError, ValidationError):
            return Kept.model_validate(json.loads((self.c.settings.stages / FILE).read_text()))
        return Kept()

    def moved(self, old: int, new: int) -> None:
        """The group is a supergroup now, with a number of its own: what lies there is sent anew."""
        if not new or old == new or self.kept.moved.get(str(old)) == new:
            return
        self.kept.moved[str(old)] = new
        self._quiet = {}
        self.keep()
        self.c.log.warning("the Telegram group became a supergroup: set TELEGRAM_CHAT_ID anew", chat=new)

    # --- what goes out ------------------------------------------------------------------------

    def chat(self, one: Tracked) -> Chat:
        """What lies in the chat for a job; empty where that was lost."""
        found = self.chats.get(one.id)
        if found is None:
            try:
                found = Chat.model_validate(one.state.messages.get("telegram") or {})
            except ValidationError:
                found = Chat()
            self.chats[one.id] = found
        return found

    def remember(self, one: Tracked) -> None:
        """Writes down what lies in the chat for a job."""
        one.state.messages = {**one.state.messages, "telegram": self.chat(one).model_dump()}
        acts.remember(self.c, one)

    def owes(self, one: Tracked) -> bool:
        """Whether its film is still to be sent, so that the job is kept."""
        return self.line is not None and one.stage == "done" and self.chat(one).film == "owed"

    def keeps(self, one: Tracked) -> bool:
        """Whether a finished job is kept until its film is sent; not for ever, where the line is broken."""
        return self.owes(one) and not self.problem

    def tell(self, one: Tracked, kind: str, reason: str) -> None:
        """Tells of a failure, or reminds, in the chat."""
        if self.line is not None and kind in ("failed", "reminder"):
            self.notices.add(kind, views.title(one), reason if kind == "failed" else "", self.c.clock())

    def turn(self, now: float) -> None:
        """Gives the hand its next errand, when there is one and its time has come."""
        if self.line is None or self._flying is not None:
            return
        for ident in set(self.chats) - set(self.c.jobs):
            del self.chats[ident]
            self._quiet.pop(ident, None)
        self._due = True
        if now < self._not_before:
            return
        notice = self.notices.due()
        first: tuple[Tracked, Due] | None = None
        for one in sorted(self.c.jobs.values(), key=lambda one: one.folder.name):
            due = self._next_of(one)
            if due is not None and (first is None or (due.verb == "edit" and first[1].verb != "edit")):
                first = (one, due)
            if due is not None and due.verb == "edit":
                break
        if notice is not None and (first is None or first[1].verb != "edit"):
            self._give_notice(notice, now)
        elif first is not None:
            self._give(*first, now)
        else:
            self._due = False

    def _next_of(self, one: Tracked) -> Due | None:
        """As `_next`; a job whose files can't be read has nothing to show, and holds up no other."""
        try:
            return self._next(one)
        except (Fault, OSError, ValueError) as error:
            why = error.sentence() if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
            self.c.log.warning("a job can't be shown in Telegram", job=one.id, why=why)
            self._quiet[one.id] = self._seen(one)
            return None

    def _seen(self, one: Tracked) -> tuple[Any, ...]:
        chat = self.chat(one)
        return (*views.signature(one), self.here, chat.film, chat.copy_file, chat.unsent)

    def _next(self, one: Tracked) -> Due | None:
        """What is to be done next for a job; None where nothing is, which is remembered until something changes."""
        chat = self.chat(one)
        if one.stage in LIVE and not chat.film and one.about is not None:
            chat.film = "owed"
            self.remember(one)
        if one.stage == "rendered" and chat.film == "told" and views.deciding(one):
            # A finished job came back: its pictures are shown from the start.
            self.chats[one.id] = chat = Chat(life=chat.life + 1, sent=chat.sent, film="owed")
            self.remember(one)
        if not views.deciding(one) and not chat.sent and not self.owes(one):
            return None
        seen = self._seen(one)
        if self._quiet.get(one.id) == seen:
            return None
        if self.owes(one) and self._shrink(one, chat):
            return None
        view = views.of_job(self.c, one, chat)
        if view.deciding and (fresh := chats.renewed(view, chat)) is not None:
            self.chats[one.id] = chat = fresh
        if view.deciding and chats.plan(view, chat, self.c.settings.telegram.messages):
            self.remember(one)
        due = chats.due(chats.posts(view, chat), chat, self.here)
        while due is not None and due.verb == "forget":
            chat.sent.pop(due.key, None)
            due = chats.due(chats.posts(view, chat), chat, self.here)
        if due is None:
            self._quiet[one.id] = seen
        return due

    def _give(self, one: Tracked, due: Due, now: float) -> None:
        from daemon.service import telegram_hand

        said = one.renders.pictures if one.renders else []
        errand = telegram_hand.Errand(
            job=one.id,
            due=due,
            folder=one.folder.path,
            files={picture.id: picture.file for picture in said},
            name=chats.video_name(views.title(one), due.post.file if due.post else ""),
            poster=views.poster(one) if due.key.endswith(".film") else "",
        )
        self._fly((one.id, due), errand, due.post.messages if due.verb == "send" and due.post else 0, now)

    def _give_notice(self, notice: Notice, now: float) -> None:
        from daemon.service import telegram_hand

        known = notice.ids and notice.chat == self.here
        post = Post("notice", "text", notice.text())
        due = Due("edit" if known else "send", "notice", post, "text", notice.ids if known else (), self.here)
        notice.told = post.text
        self._fly(notice, telegram_hand.Errand("", due, self.c.settings.stages, {}), 0 if known else 1, now)

    def _fly(self, what: tuple[str, Due] | Notice, errand: Any, messages: int, now: float) -> None:
        from daemon.service import telegram_hand

        bot = self._bot
        if bot is None:
            return
        self._flying = what
        self._spent.extend([now] * messages)
        self._not_before = self._pace(now, max(1, messages))
        self.c.hands.give("telegram", "telegram", errand.job, lambda: telegram_hand.carry_out(bot, errand))

    def _pace(self, now: float, messages: int) -> float:
        """When the next message may go out: a second for each, and to a group at most twenty a minute."""
        while self._spent and now - self._spent[0] >= _MINUTE:
            self._spent.popleft()
        soon = now + self.gap * messages
        if self.here < 0 and len(self._spent) >= _GROUP:
            soon = max(soon, self._spent[len(self._spent) - _GROUP] + _MINUTE)
        return soon

    def back(self, event: HandEnded) -> None:
        """The hand is back from an errand."""
        from daemon.service.telegram_hand import Outcome

        flying, self._flying = self._flying, None
        result = event.result
        if not isinstance(result, Outcome):
            result = Outcome("down", why=f"an errand failed: {type(event.error).__name__}")
            self.c.log.error("an errand in Telegram failed", error=repr(event.error))
        if not self._line_went(result):
            if isinstance(flying, Notice):
                flying.told = ""
            return
        if isinstance(flying, Notice):
            flying.ids, flying.chat = result.ids or flying.ids, self.here
        elif flying is not None:
            one = self.c.jobs.get(flying[0])
            if one is not None:
                self._went(one, flying[1], result)

    def _line_went(self, result: Outcome) -> bool:
        """Whether the errand is over, one way or another; else it is given again, later."""
        now = self.c.clock()
        if result.how in ("done", "gone", "refused", "lost"):
            self._failing, self._fails = None, 0
            self._trouble("hand", "")
            return True
        if result.how == "moved":
            self.moved(self.here, result.moved_to)
            return False
        self._failing = now if self._failing is None else self._failing
        self._fails += 1
        wait = result.after or min(_LONGEST, 2.0 ** min(self._fails, 8))
        if result.how == "broken":
            wait = _BROKEN
        if result.how == "broken" or now - self._failing >= _BLIP:
            self._trouble("hand", result.why)
        self._not_before = max(self._not_before, now + wait)
        return False

    def _went(self, one: Tracked, due: Due, result: Outcome) -> None:
        """Writes down what an errand did."""
        chat = self.chat(one)
        if result.how == "lost":
            # The job moved on while its pictures were read: what is due now is found anew.
            self.c.log.info("not sent to Telegram", job=one.id, what=due.key, why=result.why)
            self._not_before = max(self._not_before, self.c.clock() + self.gap)
            return
        if result.how == "refused":
            self.c.log.warning("Telegram refuses a message", job=one.id, what=due.key, why=result.why)
        post = due.post
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
        self.remember(one)

    # --- a copy that is small enough ----------------------------------------------------------

    def _shrink(self, one: Tracked, chat: Chat) -> bool:
        """Has a worker make a copy of a film that is too large; whether that is under way."""
        if one.busy or one.delivery is None or not one.delivery.delivered or not views.too_large(self.c, one, chat):
            return one.running == "shrink"
        one.state.attempt += 1
        one.state.running = one.running = "shrink"
        one.started = self.c.clock()
        acts.remember(self.c, one)
        try:
            limit = self.c.settings.limits.sync
            self.c.workers.submit(one.folder.path, "shrink", one.state.attempt, limit)
        except ValueError:  # an earlier attempt isn't dead yet
            one.running = ""
        return True

    def shrunk(self, one: Tracked, file: str, why: str) -> None:
        """A worker made the copy, or can't. why: "" where it may go well another time."""
        chat = self.chat(one)
        tries = one.state.tries["shrink"] = one.state.tries.get("shrink", 0) + 1
        chat.copy_file = file
        if not file and (why or tries >= self.c.settings.limits.tries):
            chat.unsent = why or "no copy of it could be made."
        one.state.running = ""
        self.remember(one)

    # --- trouble ------------------------------------------------------------------------------

    def _trouble(self, part: str, said: str) -> None:
        """Takes trouble with the line down; it is logged when it begins and when it ends."""
        before, self._troubles[part] = self.problem, said
        if said and said != before:
            self.c.log.warning("trouble with Telegram", problem=said)
        elif before and not self.problem:
            self.c.log.info("Telegram works again")
