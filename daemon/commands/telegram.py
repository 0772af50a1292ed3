"""`dropreel telegram test`: looks at the token, the bot, the chat, sends a trial picture and waits for a press."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from daemon.backends import http
from daemon.backends import telegram as backend
from daemon.backends.telegram import CHAT, TOKEN, Bot, Line, Refused
from daemon.commands import look
from daemon.commands.folder_checks import Finding
from daemon.errors import Fault, UsageError
from daemon.places import Root
from daemon.settings import Settings, load

DONE, FAILED = 0, 1
_KEPT = ".telegram.json"  # in stages/: what a running daemon heard
_EVERY = 1.0
_BUTTON = "\N{WHITE HEAVY CHECK MARK} It works"


def check(settings: Settings) -> Iterator[Finding]:
    """Whether what is set for Telegram is whole. Nothing is sent."""
    try:
        token, line = backend.token_of(settings), backend.line(settings)
    except UsageError as fault:
        yield Finding("FAIL", "telegram", f"{fault.what}: {fault.why}" if fault.why else fault.what, fault.remedy)
        return
    if line is not None:
        names = ", ".join(settings.telegram.approvers.values())
        yield Finding("OK", "telegram", f"{names} may decide; `dropreel telegram test` tries it")
    elif token:
        remedy = "Set telegram.approvers to user ids and names; `dropreel telegram test` tells the ids."
        yield Finding("WARN", "telegram", "there is a token, and nobody may decide", remedy)
    elif settings.telegram.approvers:
        yield Finding("WARN", "telegram", f"there are approvers, and no {TOKEN}", f"Set {TOKEN}, or take them out.")
    else:
        yield Finding("OK", "telegram", "not set up, and not needed")


def telegram(options: argparse.Namespace) -> int:
    """Tries the line out; 0 where somebody who may decide pressed the button."""
    places = look.root(options)
    settings = load(places.root)
    return Trial(settings, look.running(Root(places.root)), options.wait).run()


class Trial:
    """One trial. runs: the daemon runs, so it is the one that hears."""

    def __init__(
        self,
        settings: Settings,
        runs: bool,
        wait: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings, self.runs, self.wait, self.clock, self.sleep = settings, runs, wait, clock, sleep
        token = backend.token_of(settings)
        if not token:
            raise UsageError(
                f"{TOKEN} is not set",
                f"neither in the environment nor in {settings.root / '.env'}",
                f"Make a bot with @BotFather in Telegram, then write `{TOKEN}=...` into .env and `chmod 600` it.",
            )
        own = settings.telegram
        self.line = Line(token, self._moved(backend.chat_of(settings)), own.api.rstrip("/"), own.topic)
        self.bot = Bot(self.line, http.door(settings, attempts=3, seconds=20, patient=True))

    def run(self) -> int:
        """Each step says in a sentence how it went; the first that fails ends it."""
        me = self.bot.call("getMe")
        name = f"@{me.get('username', '?')}"
        print(f"The bot is {name}.")
        if not self.runs and (self.bot.call("getWebhookInfo") or {}).get("url"):
            raise UsageError(
                "the bot has a webhook",
                "another program gets what people press",
                "Remove it, or make a bot of its own.",
            )
        if not self.line.chat:
            return self._listen(name)
        print(f"The chat is {self._chat(int(me.get('id') or 0), name)}.")
        word = secrets.token_hex(8)
        sent = self._send(word)
        print(f"A picture was sent. Press its button within {self.wait:.0f} seconds.", flush=True)
        return self._pressed(word, int(sent["message_id"]))

    def _moved(self, chat: int) -> int:
        """Where a group is that became a supergroup, as the daemon learned."""
        moved = look.as_dict(look.as_dict(look.read_json(self.settings.stages / _KEPT)).get("moved"))
        found = moved.get(str(chat), chat)
        return found if isinstance(found, int) else chat

    # --- the chat -----------------------------------------------------------------------------

    def _chat(self, me: int, name: str) -> str:
        """What the chat is called. Fault where the bot can't speak there."""
        try:
            chat = self.bot.call("getChat", chat_id=self.line.chat)
            where = str(chat.get("title") or chat.get("first_name") or self.line.chat)
            if chat.get("type") in ("group", "supergroup", "channel"):
                member = self.bot.call("getChatMember", chat_id=self.line.chat, user_id=me)
                if member.get("status") in ("left", "kicked"):
                    raise Fault(f"{name} is not in the group {where}", "", f"Add {name} to it, then try again.")
        except Refused as refused:
            raise self._plain(refused, name) from None
        return where

    def _plain(self, refused: Refused, name: str) -> Fault:
        """A refusal that has to do with the chat, in plain words."""
        if refused.moved_to:
            return Fault("the group became a supergroup", "", f"Set {CHAT} to {refused.moved_to}.")
        if "chat not found" in refused.said:
            why = f"nobody in it has written to {name} yet, or {CHAT} is wrong"
            remedy = f"Open {name} and press Start, or add it to the group and write /start{name} there. "
            remedy += f"Without {CHAT}, this command tells the numbers of chats."
            return Fault("there is no such chat for this bot", why, remedy)
        if refused.code == 403 and self.line.chat < 0:
            return Fault(f"{name} is not in the group", refused.said, f"Add {name} to the group, then try again.")
        return refused

    def _send(self, word: str) -> dict[str, Any]:
        from daemon.approvals import telegram_photo, telegram_words

        fields: dict[str, Any] = {"chat_id": self.line.chat, "caption": "A trial of dropreel's. Press the button."}
        button = {"text": _BUTTON, "callback_data": telegram_words.trial(word)}
        if self.line.topic:
            fields["message_thread_id"] = self.line.topic
        photo = ("trial.jpg", telegram_photo.trial("dropreel"), "image/jpeg")
        try:
            sent = self.bot.upload(
                "sendPhoto", {"photo": photo}, **fields, reply_markup={"inline_keyboard": [[button]]}
            )
        except Refused as refused:
            raise self._plain(refused, "the bot") from None
        return look.as_dict(sent)

    # --- who presses --------------------------------------------------------------------------

    def _pressed(self, word: str, message: int) -> int:
        end = self.clock() + self.wait
        strangers: set[int] = set()
        while True:
            for user, name, query in self._presses(word):
                known = self.settings.telegram.approvers.get(user)
                if known:
                    self._thank(known, message, query)
                    print(f"{known} pressed it: all is well.")
                    return DONE
                if user not in strangers:
                    strangers.add(user)
                    self._advise(user, name)
            if self.clock() >= end:
                break
            self.sleep(_EVERY)
        if strangers:
            print("Nobody who may decide has pressed it.", file=sys.stderr)
            return FAILED
        told = "Nobody pressed it."
        if self.runs:
            told += " If somebody did: the daemon runs and heard nothing. Have it read its settings again:"
            told += " `systemctl reload dropreel`, or start it anew. `dropreel status` shows what is wrong."
        print(told, file=sys.stderr)
        return FAILED

    def _presses(self, word: str) -> Iterator[tuple[int, str, str]]:
        """Who pressed the button: user, name, and what to answer. Nothing is confirmed: it may be the daemon's."""
        if self.runs:
            heard = look.as_dict(look.read_json(self.settings.stages / _KEPT))
            if heard.get("trial") == word:
                yield int(heard.get("trial_by") or 0), str(heard.get("trial_name") or ""), ""
            return
        from daemon.approvals import telegram_words

        for update in self.bot.updates(None, 0):
            said = telegram_words.read(update)
            if isinstance(said, telegram_words.Press) and said.trial == word:
                yield said.user, said.name, said.query

    def _thank(self, name: str, message: int, query: str) -> None:
        """Says so in the chat; what is refused here changes nothing."""
        fields = {"chat_id": self.line.chat, "message_id": message, "caption": f"It works: {name} pressed the button."}
        for method, said in (
            ("answerCallbackQuery", {"callback_query_id": query, "text": f"It works, {name}."}),
            ("editMessageCaption", fields),
        ):
            if method == "editMessageCaption" or query:
                try:
                    self.bot.call(method, **said)
                except Fault as fault:
                    print(f"(Telegram: {fault.sentence()})", file=sys.stderr)

    def _advise(self, user: int, name: str) -> None:
        print(f"{look.plain(name) or 'Somebody'} pressed it, who may not decide. To change that, in dropreel.yaml:")
        print("telegram:\n  approvers:")
        for ident, known in {**self.settings.telegram.approvers, user: look.plain(name) or "a name"}.items():
            print(f"    {ident}: {json.dumps(known, ensure_ascii=False)}")
        sys.stdout.flush()

    def _listen(self, name: str) -> int:
        """No chat is set: tells who writes to the bot, and where."""
        if self.runs:
            raise UsageError(
                f"{CHAT} is not set", "the daemon runs, and hears in this command's place", "End it, then try again."
            )
        print(f"{CHAT} is not set. Write /start to {name}, or add it to your group and write /start{name} there.")
        sys.stdout.flush()
        end = self.clock() + self.wait
        seen: set[tuple[int, Any]] = set()
        while self.clock() < end and not seen:
            for update in self.bot.updates(None, 0):
                found = look.as_dict(look.as_dict(update).get("message"))
                chat, user = look.as_dict(found.get("chat")), look.as_dict(found.get("from"))
                if chat.get("id") and (chat["id"], user.get("id")) not in seen:
                    seen.add((chat["id"], user.get("id")))
                    where = look.plain(str(chat.get("title") or "alone with the bot"))
                    who = look.plain(str(user.get("first_name") or "somebody"))
                    print(f"{who} is user {user.get('id')}; the chat ({where}) is {chat['id']}.")
            if not seen:
                self.sleep(_EVERY)
        if not seen:
            print("The bot heard nothing.", file=sys.stderr)
            return FAILED
        print(f"Set {CHAT} to the chat's number and telegram.approvers to the users', then try again.")
        return FAILED
