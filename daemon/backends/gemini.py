"""Gemini by REST: `generateContent` with a response schema; the song goes along inline, or by the Files API."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from daemon.backends.chat import PLAIN, Answer, Message, Sound, Wish, count, limited, listing, mapping, openapi
from daemon.backends.http import QUICK, UPLOAD, Http, Limit, Reply, where
from daemon.errors import Fault, FinalFault, PassingFault

INLINE = 14 << 20  # bytes; as base64 they are a third more, and a request may have 20 MB
LARGEST = 200 << 20  # bytes of a song that is sent at all
MEDIA = {
    ".wav": "audio/wav",
    ".mp3": "audio/mp3",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".aac": "audio/aac",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
}
_BODY = 4 << 20
_READY = 60.0  # seconds that a file may take to be taken in
_LOOK = 2.0


class Gemini:
    """One model. day_over: told when the service says that the day's quota is used up."""

    service = "gemini"
    batch = 400
    listens = True

    def __init__(
        self,
        http: Http,
        url: str,
        model: str,
        key: str,
        seconds: float = 300.0,
        sleep: Callable[[float], None] = time.sleep,
        day_over: Callable[[], None] = lambda: None,
    ) -> None:
        self._http, self._url, self._model = http, url.rstrip("/"), model.removeprefix("models/")
        self._headers = {"x-goog-api-key": key}
        self._seconds, self._sleep, self._day_over = seconds, sleep, day_over
        self._files: dict[str, tuple[str, str]] = {}  # a sound's path -> name and address there
        self._known = False

    def label(self) -> str:
        """'gemini gemini-flash-latest'. FinalFault where the key or the model's name isn't right."""
        if not self._known:
            path = f"{self._url}/v1beta/models/{quote(self._model, safe='')}"
            self._asked("GET", path, QUICK)
            self._known = True
        return f"gemini {self._model}"

    def ask(self, system: str, messages: Sequence[Message], schema: dict[str, Any], wish: Wish = PLAIN) -> Answer:
        """One answer, held to the schema by the service. The sound goes with the first message."""
        contents: list[dict[str, Any]] = [
            {"role": message.role, "parts": [{"text": message.text}]} for message in messages
        ]
        if wish.sound is not None:
            contents[0]["parts"].insert(0, self._part(wish.sound))
        body = {
            "systemInstruction": {"parts": [{"text": system}]},
            "contents": contents,
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseSchema": openapi(schema),
                "temperature": 0.9,
                "seed": wish.seed,
            },
        }
        path = f"{self._url}/v1beta/models/{quote(self._model, safe='')}:generateContent"
        return _answer(self._asked("POST", path, limited(self._seconds, wish), json=body, largest=_BODY).json())

    def release(self) -> None:
        """Takes the songs that were sent away again; the service would do it after two days."""
        for name, _ in self._files.values():
            with contextlib.suppress(Fault):
                self._asked("DELETE", f"{self._url}/v1beta/{name}", QUICK)
        self._files.clear()

    def _part(self, sound: Sound) -> dict[str, Any]:
        if sound.size <= INLINE:
            return {"inlineData": {"mimeType": sound.media, "data": base64.b64encode(_read(sound)).decode("ascii")}}
        key = str(sound.path)
        if key not in self._files:
            self._files[key] = self._upload(sound)
        return {"fileData": {"mimeType": sound.media, "fileUri": self._files[key][1]}}

    def _upload(self, sound: Sound) -> tuple[str, str]:
        """Sends a song by the Files API; its name and address there, once it is taken in."""
        began = self._asked(
            "POST",
            f"{self._url}/upload/v1beta/files",
            QUICK,
            json={"file": {"display_name": "song"}},  # the title needn't be known there
            headers={
                "X-Goog-Upload-Protocol": "resumable",
                "X-Goog-Upload-Command": "start",
                "X-Goog-Upload-Header-Content-Length": str(sound.size),
                "X-Goog-Upload-Header-Content-Type": sound.media,
            },
        )
        to = next((value for key, value in began.headers.items() if key.lower() == "x-goog-upload-url"), "")
        if urlsplit(to)[:2] != urlsplit(self._url)[:2]:
            raise FinalFault(f"{where(self._url)} leads elsewhere", f"it wants the song at {where(to)}")
        sent = self._asked(
            "POST",
            to,
            UPLOAD,
            data=_read(sound),
            headers={"X-Goog-Upload-Offset": "0", "X-Goog-Upload-Command": "upload, finalize"},
        )
        file = mapping(mapping(sent.json()).get("file"))
        waited = 0.0
        while file.get("state") == "PROCESSING" and waited < _READY:
            self._sleep(_LOOK)
            waited += _LOOK
            file = mapping(self._asked("GET", f"{self._url}/v1beta/{_name(file)}", QUICK).json())
        if file.get("state", "ACTIVE") != "ACTIVE" or not file.get("uri"):
            raise FinalFault(f"{where(self._url)} can't take the song in", str(file.get("state", "no address"))[:100])
        return _name(file), str(file["uri"])

    def _asked(self, method: str, url: str, limit: Limit, **more: Any) -> Reply:
        """Sends with the key; what the service refuses becomes a fault that says why."""
        headers = {**self._headers, **more.pop("headers", {})}
        accept = (400, 401, 403, 404, 429)
        reply = self._http.send(method, url, limit, headers=headers, accept=accept, **more)
        if reply.status < 300:
            return reply
        error = _error(reply)
        host, said = where(self._url), " ".join(str(error.get("message", reply.status)).split())[:300]
        if reply.status == 429:
            if "PerDay" in str(error.get("details", "")):
                self._day_over()
                remedy = "It is asked again tomorrow (midnight, Pacific time)."
                raise FinalFault(f"the day's quota at {host} is used up", said, remedy, {"quota": True})
            raise PassingFault(f"{host} is asked too often", said, "", {"wait": _delay(error), "status": 429})
        keys = reply.status in (401, 403) or "API key" in said
        raise FinalFault(
            f"{host} refuses",
            f"{reply.status}: {said}",
            "Look at GEMINI_API_KEY." if keys else "Look at writer.gemini_model.",
        )


def _answer(said: Any) -> Answer:
    said = mapping(said)
    candidates = listing(said.get("candidates"))
    first = mapping(candidates[0]) if candidates else {}
    if not first:
        why = mapping(said.get("promptFeedback")).get("blockReason", "no answer at all")
        raise FinalFault("Gemini won't answer", str(why)[:100])
    ended = str(first.get("finishReason", "STOP"))
    if ended not in ("STOP", "MAX_TOKENS"):
        raise FinalFault("Gemini's answer was withheld", ended[:100])
    parts = listing(mapping(first.get("content")).get("parts"))
    texts = [str(mapping(part).get("text", "")) for part in parts if not mapping(part).get("thought")]
    usage = mapping(said.get("usageMetadata"))
    spoken = count(usage.get("candidatesTokenCount")) + count(usage.get("thoughtsTokenCount"))
    return Answer("".join(texts), count(usage.get("promptTokenCount")), spoken, ended == "STOP")


def _read(sound: Sound) -> bytes:
    fd = os.open(sound.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as source:
        return source.read(LARGEST)


def _name(file: dict[str, Any]) -> str:
    """'files/abc-123'; FinalFault for anything that would lead elsewhere."""
    name = str(file.get("name", ""))
    if not re.fullmatch(r"files/[a-z0-9-]{1,60}", name):
        raise FinalFault("Gemini names a file oddly", name[:80])
    return name


def _error(reply: Reply) -> dict[str, Any]:
    try:
        return mapping(mapping(reply.json()).get("error"))
    except FinalFault:
        return {}


def _delay(error: dict[str, Any]) -> float:
    """Seconds that the service asks to wait: a detail {"retryDelay": "34s"}."""
    found = re.search(r"'retryDelay': '(\d+(?:\.\d+)?)s'", str(error.get("details", "")))
    return min(120.0, float(found[1])) if found else 0.0
