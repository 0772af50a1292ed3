"""Telegram's Bot API: one call at a time, its refusals as faults that say which they are.

The token is part of every address, so no fault of ours names an address; the door names the host alone.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from daemon import secret
from daemon.backends.http import Http, Limit
from daemon.errors import Fault, FinalFault, PassingFault, UsageError
from daemon.settings import Settings

# Its debug lines hold the whole address, and so the token, for whoever turns all logging on.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

_QUICK = Limit(10, 30, 60)
_SENDING = Limit(10, 300)
TOKEN, CHAT = "TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"  # names, not secrets
_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}")
_ANSWER = 8 << 20  # bytes: a hundred updates are far less
_REFUSALS = range(400, 600)  # their answers say which they are

File = tuple[str, bytes, str]  # name, content, media type


@dataclass(frozen=True)
class Line:
    """Where we speak, and as whom. topic: of a group that has topics; 0: none."""

    token: str = field(repr=False)
    chat: int
    api: str = "https://api.telegram.org"
    topic: int = 0


class Refused(FinalFault):
    """The server says no. facts: code, and said, its own words."""

    @property
    def said(self) -> str:
        """What the server says, in lower case."""
        return str(self.facts.get("said", "")).casefold()

    @property
    def code(self) -> int:
        """The HTTP status."""
        code = self.facts.get("code", 0)
        return code if isinstance(code, int) else 0

    @property
    def moved_to(self) -> int:
        """The supergroup that the group became; 0 where it didn't."""
        into = self.facts.get("moved_to", 0)
        return into if isinstance(into, int) else 0


class Busy(PassingFault):
    """Too many requests, or the server is down. after: seconds that it asks us to wait."""

    @property
    def after(self) -> float:
        """Seconds."""
        after = self.facts.get("after", 0.0)
        return float(after) if isinstance(after, int | float) else 0.0


def token_of(settings: Settings) -> str:
    """The bot's token; "" where none is set. UsageError where it is none."""
    token = secret.find(settings.root, TOKEN)
    if token and not _TOKEN.fullmatch(token):
        raise UsageError(
            f"{TOKEN} is no token of a bot", "it should look like 123456789:AAE...", "Copy it from @BotFather, whole."
        )
    return token


def chat_of(settings: Settings) -> int:
    """The chat's number; 0 where none is set. Alone with the bot, it is that of the one approver."""
    chat = secret.find(settings.root, CHAT)
    if not chat and len(settings.telegram.approvers) == 1:
        return next(iter(settings.telegram.approvers))
    if chat and not re.fullmatch(r"-?[1-9]\d{0,19}", chat):
        raise UsageError(
            f"{CHAT} is no number", "", f"Take {CHAT} out; `dropreel telegram test` tells the numbers of chats."
        )
    return int(chat or 0)


def line(settings: Settings) -> Line | None:
    """The line as it is set up; None without approvers or token. UsageError where something is wrong with it."""
    own = settings.telegram
    token = token_of(settings) if own.approvers else ""
    if not token:
        return None
    chat = chat_of(settings)
    if not chat:
        raise UsageError(
            "no Telegram chat is set",
            f"there are {len(own.approvers)} approvers, and no {CHAT}",
            "`dropreel telegram test` tells the numbers of the chats that the bot hears of.",
        )
    return Line(token, chat, own.api.rstrip("/"), own.topic)


class Bot:
    """A bot. http: the door, without repeats of its own: what may be repeated is decided by who calls."""

    def __init__(self, line: Line, http: Http) -> None:
        self.line = line
        self._http = http

    def call(self, method: str, patience: Limit = _QUICK, **fields: Any) -> Any:
        """Calls a method; returns its result. Refused, Busy, or a PassingFault where nobody answers."""
        body = {key: value for key, value in fields.items() if value is not None}
        return self._send(method, patience, json=body)

    def upload(self, method: str, files: Mapping[str, File], **fields: Any) -> Any:
        """Calls a method that takes files: field -> (name, content, media type)."""
        parts: dict[str, Any] = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in fields.items()
            if value is not None
        }
        body, kind = encode_multipart_formdata({**parts, **files})
        return self._send(method, _SENDING, data=body, headers={"Content-Type": kind})

    def updates(self, offset: int | None, wait: int) -> list[Any]:
        """The updates from `offset` on; asking so confirms all before it. wait: seconds that the server may hold us."""
        wanted = ["message", "callback_query"]
        patience = Limit(10, wait + 20)  # longer than the server's own
        found = self.call("getUpdates", patience, offset=offset, timeout=wait, limit=100, allowed_updates=wanted)
        return found if isinstance(found, list) else []

    def _send(self, method: str, limit: Limit, **how: Any) -> Any:
        address = f"{self.line.api}/bot{self.line.token}/{method}"
        reply = self._http.send("POST", address, limit, repeat=False, largest=_ANSWER, accept=_REFUSALS, **how)
        try:
            told = reply.json()
        except FinalFault:
            told = None
        if reply.status >= 400 or not isinstance(told, dict) or told.get("ok") is not True:
            raise _refusal(reply.status, told if isinstance(told, dict) else {}, method)
        return told.get("result")


def _refusal(status: int, told: Mapping[str, Any], method: str) -> Fault:
    """What an answer that isn't a good one means."""
    said = str(told.get("description") or "")[:300]
    parameters = told.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    facts: dict[str, object] = {"code": status, "said": said, "method": method}
    why = f"{status} {said}".strip()
    if status == 429 or status >= 500 or not told:
        after = parameters.get("retry_after")
        facts["after"] = float(after) if isinstance(after, int) else 5.0 if status == 429 else 0.0
        return Busy("Telegram is busy" if status == 429 else "Telegram is out of order", why, "", facts)
    if isinstance(into := parameters.get("migrate_to_chat_id"), int):
        facts["moved_to"] = into
    return Refused("Telegram refuses", why, _remedy(status, said.casefold()), facts)


def _remedy(code: int, said: str) -> str:
    """What a person can do about a refusal, where it is one that setting things up brings."""
    known: Sequence[tuple[bool, str]] = (
        (code in (401, 404), "The token is wrong or was revoked: ask @BotFather for it, and set TELEGRAM_BOT_TOKEN."),
        ("webhook" in said, "The bot has a webhook: another program uses it. Remove that, or make a bot of its own."),
        (code == 409, "Another program asks for this bot's messages: end that one, or make a bot of its own."),
        ("chat not found" in said, "TELEGRAM_CHAT_ID is wrong, or nobody in that chat has pressed Start yet."),
        ("bot was blocked" in said, "Unblock the bot in Telegram."),
        ("can't initiate conversation" in said, "Open the bot in Telegram and press Start."),
        ("kicked" in said or "not a member" in said, "Add the bot to the group again."),
        ("not enough rights" in said or "have no rights" in said, "Let the bot post messages and pictures there."),
        ("thread not found" in said, "Set telegram.topic to a topic that is there, or to 0."),
    )
    return next((remedy for true, remedy in known if true), "")
