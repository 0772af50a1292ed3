"""A Bot API server on 127.0.0.1, as strict as the real one about what it refuses; keeps what lies in its chats.

`press` and `say` are what people do. Whether it answers as the real one does is tried with the python-telegram-bot
library, in test_telegram_peer.py.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from PIL import Image

TOKEN = "123456789:AAEhBOweik6ad6Qx8PbG4tXW3Y9kRtF0q1s"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Dropreel", "username": "dropreel_bot"}
GROUP, ANNA, BEN, EVE = -4001, 11, 12, 666
_NAMES = {ANNA: "Anna", BEN: "Ben", EVE: "Eve"}


class No(Exception):
    """A refusal: code, description, parameters."""

    def __init__(self, code: int, said: str, **parameters: int) -> None:
        super().__init__(said)
        self.code, self.said, self.parameters = code, said, parameters


@dataclass
class Message:
    """One message in a chat."""

    id: int
    chat: int
    text: str = ""
    caption: str = ""
    kind: str = "text"
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    group: str = ""
    data: bytes = b""
    shape: tuple[int, int] = (0, 0)
    topic: int = 0

    def labels(self) -> list[list[str]]:
        """What stands on its buttons."""
        return [[button["text"] for button in row] for row in self.buttons]


class Peer:
    """The server. chats: id -> type. `refuse` holds refusals to come, by method; `calls` what was asked."""

    def __init__(self) -> None:
        self.chats: dict[int, str] = {GROUP: "group", ANNA: "private", BEN: "private"}
        self.messages: dict[tuple[int, int], Message] = {}
        self.updates: list[dict[str, Any]] = []
        self.answered: dict[str, str] = {}
        self.open: set[str] = set()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refuse: dict[str, list[No]] = {}
        self.moved: dict[int, int] = {}
        self.kicked: set[int] = set()
        self.webhook = ""
        self.number = 700
        self.largest_photo, self.largest_file = 10_000_000, 50_000_000
        self._next = 100
        self._asking = 0
        self._lock = threading.Condition()
        self._closed = False
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, said = peer._serve(self.path, self.headers.get("Content-Type") or "", body)
                data = json.dumps(said).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Ends it; questions that are held end too."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        self.server.shutdown()
        self.server.server_close()

    # --- what people do ------------------------------------------------------------------------

    def press(self, message: Message, label: str, user: int = ANNA, late: bool = False) -> str:
        """Presses the first button whose label holds `label`; returns the query's id. late: its answer is refused."""
        data = next(b["callback_data"] for row in message.buttons for b in row if label in b["text"])
        return self.press_data(message, data, user, late)

    def press_data(self, message: Message, data: str, user: int = ANNA, late: bool = False) -> str:
        """The same, by the button's data."""
        with self._lock:
            query = f"q{len(self.updates)}{self.number}"
            if not late:
                self.open.add(query)
            said = {"id": query, "from": _user(user), "message": self._shown(message), "chat_instance": "1"}
            self._update({"callback_query": {**said, "data": data}})
        return query

    def say(self, text: str, user: int = ANNA, to: Message | None = None, chat: int = GROUP) -> None:
        """Writes in a chat, or replies to a message."""
        with self._lock:
            self._next += 1
            said: dict[str, Any] = {"message_id": self._next, "date": 1, "chat": self._chat(chat), "from": _user(user)}
            said["text"] = text
            if to is not None:
                said["reply_to_message"] = self._shown(to)
            self._update({"message": said})

    def migrate(self, old: int, new: int, told: bool = True) -> None:
        """The group becomes a supergroup. told: the bot gets a message about it."""
        with self._lock:
            self.chats[new] = "supergroup"
            self.moved[old] = new
            if told:
                said = {"message_id": 1, "date": 1, "chat": self._chat(old), "from": _user(ANNA)}
                self._update({"message": {**said, "migrate_to_chat_id": new}})

    def remove(self, message: Message) -> None:
        """Somebody deletes a message."""
        with self._lock:
            del self.messages[message.chat, message.id]

    def in_chat(self, chat: int = GROUP, kind: str = "") -> list[Message]:
        """What lies in a chat, oldest first."""
        with self._lock:
            return [m for (where, _), m in sorted(self.messages.items()) if where == chat and kind in ("", m.kind)]

    def asked(self, method: str) -> list[dict[str, Any]]:
        """The fields of every call of a method."""
        with self._lock:
            return [fields for name, fields in self.calls if name == method]

    def _update(self, said: dict[str, Any]) -> None:
        self.number += 1
        self.updates.append({"update_id": self.number, **said})
        self._lock.notify_all()

    # --- the API -------------------------------------------------------------------------------

    def _serve(self, path: str, kind: str, body: bytes) -> tuple[int, dict[str, Any]]:
        found = re.fullmatch(r"/bot([^/]*)/(\w+)", path.partition("?")[0])
        try:
            if not found or not re.fullmatch(r"\d+:[\w-]+", found[1]):
                raise No(404, "Not Found")
            if found[1] != TOKEN:
                raise No(401, "Unauthorized")
            fields = {**dict(parse_qsl(path.partition("?")[2])), **_fields(kind, body)}
            method = getattr(self, f"do_{found[2].lower()}", None)
            if method is None:
                raise No(404, "Not Found: method not found")
            with self._lock:
                kept = {key: value for key, value in fields.items() if not isinstance(value, bytes)}
                self.calls.append((found[2], kept))
                if self.refuse.get(found[2]):
                    raise self.refuse[found[2]].pop(0)
                return 200, {"ok": True, "result": method(fields)}
        except No as no:
            said: dict[str, Any] = {"ok": False, "error_code": no.code, "description": no.said}
            if no.parameters:
                said["parameters"] = no.parameters
            return no.code, said

    def do_getme(self, _: dict[str, Any]) -> dict[str, Any]:
        more = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
        return {**BOT, **dict.fromkeys(more, False)}

    def do_getchat(self, fields: dict[str, Any]) -> dict[str, Any]:
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        more = {"accent_color_id": 1, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
        return {**self._chat(self._where(fields)), **more}

    def do_getchatmember(self, fields: dict[str, Any]) -> dict[str, Any]:
        self._where(fields)
        return {"user": BOT, "status": "member"}

    def do_getwebhookinfo(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self.updates)}

    def do_deletewebhook(self, _: dict[str, Any]) -> bool:
        self.webhook = ""
        return True

    def do_getupdates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise No(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._asking += 1
        mine, offset, limit = self._asking, int(fields.get("offset") or 0), int(fields.get("limit") or 100)
        self._lock.notify_all()  # another question that is held ends
        if offset > 0:
            self.updates = [one for one in self.updates if one["update_id"] >= offset]
        elif offset < 0:
            self.updates = self.updates[offset:]
        wanted = fields.get("allowed_updates")
        end = time.monotonic() + float(fields.get("timeout") or 0)
        while True:
            found = [one for one in self.updates if not wanted or set(one) & set(wanted)][: min(limit, 100)]
            if found or self._closed or (left := end - time.monotonic()) <= 0:
                return found
            self._lock.wait(left)
            if mine != self._asking:
                raise No(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )

    def do_sendmessage(self, fields: dict[str, Any]) -> dict[str, Any]:
        text = str(fields.get("text") or "")
        if not text.strip():
            raise No(400, "Bad Request: message text is empty")
        if _units(text) > 4096:
            raise No(400, "Bad Request: message is too long")
        return self._shown(self._add(fields, text=text))

    def do_sendphoto(self, fields: dict[str, Any]) -> dict[str, Any]:
        data = self._photo(fields.get("photo"))
        with Image.open(io.BytesIO(data)) as picture:
            shape = picture.size
        return self._shown(self._add(fields, kind="photo", caption=_caption(fields), data=data, shape=shape))

    def do_sendvideo(self, fields: dict[str, Any]) -> dict[str, Any]:
        data = fields.get("video")
        if not isinstance(data, bytes) or not data:
            raise No(400, "Bad Request: there is no video in the request")
        if len(data) > self.largest_file:
            raise No(413, "Request Entity Too Large")
        if isinstance(small := fields.get("thumbnail"), bytes):
            with Image.open(io.BytesIO(small)) as picture:
                if max(picture.size) > 320 or len(small) > 200_000:
                    raise No(400, "Bad Request: wrong thumbnail")
        return self._shown(self._add(fields, kind="video", caption=_caption(fields), data=data))

    def do_sendmediagroup(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        media = fields.get("media")
        if not isinstance(media, list) or not 2 <= len(media) <= 10:
            raise No(400, "Bad Request: group send failed: there must be 2-10 items in the album")
        if fields.get("reply_markup"):
            raise No(400, "Bad Request: an album can't have buttons")
        made = []
        for one in media:
            name = str(one.get("media", "")).removeprefix("attach://")
            made.append((self._photo(fields.get(name)), _caption(one)))
        group = f"g{self._next}"
        bare = {"chat_id": fields.get("chat_id"), "message_thread_id": fields.get("message_thread_id")}
        return [self._shown(self._add(bare, kind="photo", caption=c, data=d, group=group)) for d, c in made]

    def do_editmessagetext(self, fields: dict[str, Any]) -> dict[str, Any]:
        found = self._found(fields, "edit")
        if found.kind != "text":
            raise No(400, "Bad Request: there is no text in the message to edit")
        text = str(fields.get("text") or "")
        if not text:
            raise No(400, "Bad Request: message text is empty")
        return self._edited(found, "text", text, fields)

    def do_editmessagecaption(self, fields: dict[str, Any]) -> dict[str, Any]:
        found = self._found(fields, "edit")
        if found.kind == "text":
            raise No(400, "Bad Request: there is no caption in the message to edit")
        return self._edited(found, "caption", _caption(fields), fields)

    def do_deletemessages(self, fields: dict[str, Any]) -> bool:
        chat, ids = self._where(fields), fields.get("message_ids")
        if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
            raise No(400, "Bad Request: message identifiers are not specified")
        for ident in ids:
            self.messages.pop((chat, int(ident)), None)
        return True

    def do_answercallbackquery(self, fields: dict[str, Any]) -> bool:
        query, text = str(fields.get("callback_query_id")), str(fields.get("text") or "")
        if query not in self.open:
            raise No(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if len(text) > 200:
            raise No(400, "Bad Request: MESSAGE_TOO_LONG")
        self.open.discard(query)
        self.answered[query] = text
        return True

    # --- what it looks at ----------------------------------------------------------------------

    def _where(self, fields: dict[str, Any]) -> int:
        chat = int(fields.get("chat_id") or 0)
        if chat in self.moved:
            raise No(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.moved[chat],
            )
        if chat in self.kicked:
            raise No(403, "Forbidden: bot was kicked from the group chat")
        if chat not in self.chats:
            raise No(400, "Bad Request: chat not found")
        return chat

    def _photo(self, data: object) -> bytes:
        if not isinstance(data, bytes) or not data:
            raise No(400, "Bad Request: there is no photo in the request")
        if len(data) > self.largest_photo:
            raise No(400, "Bad Request: file is too big")
        try:
            with Image.open(io.BytesIO(data)) as picture:
                wide, high = picture.size
        except OSError:
            raise No(400, "Bad Request: IMAGE_PROCESS_FAILED") from None
        if wide + high > 10_000 or max(wide, high) > 20 * min(wide, high):
            raise No(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        return data

    def _found(self, fields: dict[str, Any], verb: str) -> Message:
        chat = self._where(fields)
        found = self.messages.get((chat, int(fields.get("message_id") or 0)))
        if found is None:
            raise No(400, f"Bad Request: message to {verb} not found")
        return found

    def _edited(self, found: Message, part: str, text: str, fields: dict[str, Any]) -> dict[str, Any]:
        buttons = _keyboard(fields)
        if getattr(found, part) == text and found.buttons == buttons:
            raise No(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        setattr(found, part, text)
        found.buttons = buttons
        return self._shown(found)

    def _add(self, fields: dict[str, Any], **what: Any) -> Message:
        chat, buttons = self._where(fields), _keyboard(fields)
        self._next += 1
        topic = int(fields.get("message_thread_id") or 0)
        made = self.messages[chat, self._next] = Message(self._next, chat, buttons=buttons, topic=topic, **what)
        return made

    def _chat(self, chat: int) -> dict[str, Any]:
        kind = self.chats.get(chat, "private")
        name = {"first_name": _NAMES.get(chat, "X")} if kind == "private" else {"title": "Films"}
        return {"id": chat, "type": kind, **name}

    def _shown(self, message: Message) -> dict[str, Any]:
        said: dict[str, Any] = {
            "message_id": message.id,
            "date": 1,
            "chat": self._chat(message.chat),
            "from": BOT,
        }
        file = {"file_id": f"f{message.id}", "file_unique_id": f"u{message.id}", "file_size": len(message.data)}
        if message.kind == "text":
            said["text"] = message.text
        elif message.kind == "photo":
            said["photo"] = [{**file, "width": 1, "height": 1}]
        else:
            said["video"] = {**file, "width": 1, "height": 1, "duration": 1}
        if message.caption:
            said["caption"] = message.caption
        if message.group:
            said["media_group_id"] = message.group
        if message.buttons:
            said["reply_markup"] = {"inline_keyboard": message.buttons}
        return said


@contextlib.contextmanager
def running() -> Iterator[Peer]:
    """A peer that runs."""
    peer = Peer()
    try:
        yield peer
    finally:
        peer.close()


def _user(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": _NAMES.get(user, "Somebody")}


def _caption(fields: dict[str, Any]) -> str:
    caption = str(fields.get("caption") or "")
    if _units(caption) > 1024:
        raise No(400, "Bad Request: message caption is too long")
    return caption


def _keyboard(fields: dict[str, Any]) -> list[list[dict[str, str]]]:
    rows = (fields.get("reply_markup") or {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in rows):
        raise No(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise No(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise No(400, "Bad Request: BUTTON_DATA_INVALID")
    return [list(row) for row in rows]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _fields(kind: str, body: bytes) -> dict[str, Any]:
    """The fields of a request, whichever of the three ways it was sent."""
    if kind.startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    if kind.startswith("multipart/form-data"):
        boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
        found: dict[str, Any] = {}
        for part in body.split(boundary)[1:-1]:
            head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            data = data.removesuffix(b"\r\n")
            name = re.search(rb'name="([^"]*)"', head)
            assert name is not None
            text = b"filename=" not in head
            found[name[1].decode()] = _plain(data.decode()) if text else data
        return found
    return {key: _plain(value) for key, value in parse_qsl(body.decode(), keep_blank_values=True)}


def _plain(value: str) -> Any:
    """What is JSON in a form's field, as JSON."""
    if value[:1] in "[{":
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value
