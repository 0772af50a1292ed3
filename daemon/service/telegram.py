"""Telegram's part of the coordinator: the line, who hears and who speaks on it, its troubles, and what is kept of it.

All of it runs in the coordinator's loop but the ear, which listens (`telegram_ear`), and the hand, which carries out
one errand at a time (`telegram_hand`). `telegram_words` follows what was said, `telegram_errands` finds what is to be
sent.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError

from daemon import durable
from daemon.approvals.telegram import Chat
from daemon.errors import UsageError
from daemon.events import HandEnded, Heard
from daemon.service import acts
from daemon.service import telegram_view as views
from daemon.service.telegram_errands import Errands
from daemon.service.telegram_notices import Notices
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.backends.telegram import Bot, Line
    from daemon.service.coordinator import Coordinator
    from daemon.service.telegram_ear import Ear

FILE = ".telegram.json"  # in stages/


class Kept(BaseModel):
    """What outlives a restart: where to ask on, the latest updates, groups that moved, the last trial press.

    bot: the number of the bot whose updates those are; another one's are counted anew.
    """

    bot: str = ""
    offset: int | None = None
    heard: list[int] = Field(default_factory=list)
    moved: dict[str, int] = Field(default_factory=dict)
    trial: str = ""
    trial_by: int = 0
    trial_name: str = ""


class Telegram:
    """Nothing, until it is set up. bot: for the hand; the ear has one of its own, since a session is for one thread."""

    def __init__(self, c: Coordinator) -> None:
        self.c = c
        self.line: Line | None = None
        self.bot: Bot | None = None
        self.ear: Ear | None = None
        self.kept = Kept()
        self.notices = Notices()
        self.strangers: set[int] = set()
        self.errands = Errands(self)
        self._chats: dict[str, Chat] = {}
        self._troubles: dict[str, str] = {}

    # --- beginning and end --------------------------------------------------------------------

    def start(self) -> None:
        """Begins, or begins anew with changed settings."""
        if not self.c.settings.telegram.approvers and self.line is None:
            return
        from daemon.backends import http
        from daemon.backends import telegram as backend
        from daemon.service.telegram_ear import Ear

        self.trouble("settings", "")
        try:
            line = backend.line(self.c.settings)
        except UsageError as fault:
            line = None
            self.trouble("settings", f"Telegram: {fault.sentence()}")
        if self.ear is not None and line == self.line:
            return
        self.stop()
        self.line = line
        self.errands.look_again()
        self.trouble("ear", "")
        self.trouble("hand", "")
        if line is None:
            return
        self.kept = self._read()
        bot = line.token.partition(":")[0]
        if self.kept.bot not in ("", bot):
            # Asked for with the old bot's number, a new one would tell nothing for ever.
            self.kept.offset, self.kept.heard = None, []
        self.kept.bot = bot
        # Patient: a line that failed is asked all the same, since nobody else would find that it works again.
        self.bot = backend.Bot(line, http.door(self.c.settings, attempts=1, patient=True))
        heard = backend.Bot(line, http.door(self.c.settings, attempts=1, patient=True))
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
        if self.line is None or self.ear is None or self.problem or self.errands.failing:
            return False
        return self.errands.busy or not self.ear.looked.is_set()

    # --- what comes in ------------------------------------------------------------------------

    def heard(self, event: Heard) -> None:
        """Takes in what the ear heard; it is answered when it is on disk."""
        if event.update is None:
            self.trouble("ear", event.trouble)
            return
        from daemon.service import telegram_words

        done, said = False, "That could not be written down; it is tried again."
        try:
            done, said = True, telegram_words.follow(self, event.update)
        except OSError as error:
            self.c.log.error("a word from Telegram could not be taken", error=f"{type(error).__name__}: {error}")
        except Exception as error:
            # It would fail the next time too, and hold up whatever is said after it.
            done, said = True, "That can't be done; the daemon's log says why."
            self.c.log.error("a word from Telegram can't be taken", error=f"{type(error).__name__}: {error}")
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
        if not new or old == new or old != self.here:
            return  # known already, or some other group that the bot was put into
        self.kept.moved[str(old)] = new
        self.errands.look_again()
        self.keep()
        self.c.log.warning("the Telegram group became a supergroup: set TELEGRAM_CHAT_ID anew", chat=new)

    # --- what goes out ------------------------------------------------------------------------

    def turn(self, now: float) -> None:
        """Sends or changes the next thing, when there is one and its time has come."""
        if self.line is not None:
            self.errands.turn(now)

    def back(self, event: HandEnded) -> None:
        """The hand is back from an errand."""
        self.errands.back(event)

    def tell(self, one: Tracked, kind: str, reason: str) -> None:
        """Tells of a failure, or reminds, in the chat."""
        if self.line is not None and kind in ("failed", "reminder"):
            self.notices.add(kind, views.title(one), reason if kind == "failed" else "", self.c.clock())

    def chat(self, one: Tracked) -> Chat:
        """What lies in the chat for a job; empty where that was lost."""
        found = self._chats.get(one.id)
        if found is None:
            try:
                found = Chat.model_validate(one.state.messages.get("telegram") or {})
            except ValidationError:
                found = Chat()
            self._chats[one.id] = found
        return found

    def remember(self, one: Tracked, chat: Chat | None = None) -> None:
        """Writes down what lies in the chat for a job. chat: in place of what was known."""
        if chat is not None:
            self._chats[one.id] = chat
        one.state.messages = {**one.state.messages, "telegram": self.chat(one).model_dump()}
        acts.remember(self.c, one)

    def forget(self) -> None:
        """Lets go of jobs that are gone."""
        for ident in set(self._chats) - set(self.c.jobs):
            del self._chats[ident]

    def owes(self, one: Tracked) -> bool:
        """Whether its film is still to be sent."""
        return self.line is not None and one.stage == "done" and self.chat(one).film == "owed"

    def keeps(self, one: Tracked) -> bool:
        """Whether a finished job is kept until its film is sent; not for ever, where the line is broken."""
        return self.owes(one) and not self.problem

    def shrunk(self, one: Tracked, file: str, why: str) -> None:
        """A worker made the copy of a film that is too large, or can't."""
        self.errands.shrunk(one, file, why)

    def trouble(self, part: str, said: str) -> None:
        """Takes trouble with the line down, "" where it is over; it is logged when it begins and when it ends."""
        before, self._troubles[part] = self.problem, said
        if said and said != before:
            self.c.log.warning("trouble with Telegram", problem=said)
        elif before and not self.problem:
            self.c.log.info("Telegram works again")
