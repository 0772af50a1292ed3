"""A service that makes a clip of a still, over plain HTTP: ask, look how far it is, fetch.

    POST {url}/generate   prompt, duration, the still     ->  an id, or an address to look at, or the clip itself
    GET  {status}         until it says that it is done   ->  where the clip lies
    GET  {clip}

The Anime Production API (port 8328) and its like. Names differ from service to service, so what is sent is mapped by
the settings, and what comes back is read leniently: an id, a status word and an address are looked for under the
names that are usual, at the top and one level down. Whatever lies on another host is refused.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from daemon import durable
from daemon.backends.http import QUICK, SLOW, UPLOAD, Http, Limit, Reply, Upload, where
from daemon.errors import FinalFault, PassingFault
from daemon.outside import Animator as SetUp

_IDS = ("task_id", "job_id", "id", "request_id", "prompt_id", "generation_id", "uuid")
_LOOK = ("status_url", "poll_url", "polling_url", "status_uri", "get_url", "task_url")
_STATES = ("status", "state", "task_status", "job_status", "phase")
_CLIPS = (
    *("video_url", "download_url", "output_url", "result_url", "file_url", "url", "video", "output", "file"),
    *("video_path", "output_path", "path", "videos", "outputs", "files", "result", "results"),
)
_INSIDE = ("data", "result", "task", "job", "output", "response", "video", "urls")
_REASONS = ("error", "message", "detail", "reason", "error_message")
_DONE = ("completed", "complete", "succeeded", "success", "successful", "done", "finished", "ready", "ok")
_FAILED = ("failed", "fail", "failure", "error", "errored", "cancelled", "canceled", "aborted", "rejected", "timeout")
_ENDINGS = (".mp4", ".webm", ".mov", ".mkv", ".webp", ".gif", ".avi", ".m4v")
_FORGOTTEN = (404, 410)
_PATIENCE = 120.0  # seconds that the service may be away while a clip is in the making
_SAID = 200


class Failed(FinalFault):
    """The service says that it can't make this clip."""


class TooLong(PassingFault):
    """A clip took longer than it may."""


class Away(PassingFault):
    """The service can't be reached, or doesn't speak as an animator does."""


@dataclass(frozen=True)
class Wish:
    """A clip that is wanted; values by our own names (prompt, negative, duration, seed, width, ...)."""

    values: Mapping[str, Any]
    still: bytes  # PNG
    key: str  # the artefact's fingerprint


@dataclass(frozen=True)
class _Begun:
    """A clip in the making: the service's id for it, where to look; clip: where it lies, once that is known."""

    id: str = ""
    look: str = ""
    clip: str = ""


class Client:
    """One such service. secret: its key, sent as a bearer token; "": none."""

    def __init__(
        self,
        set_up: SetUp,
        http: Http | None = None,
        *,
        secret: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._set_up = set_up
        self._http = http or Http(attempts=3, seconds=20)
        self._clock, self._sleep = clock, sleep
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.name = where(set_up.url)

    def make(self, wish: Wish, folder: Path, out: Path, tell: Callable[[float, str], None]) -> bool:
        """Writes the clip to `out`; whether it was asked for now (or was found in the making, from before a crash).

        The service's id lies in `folder` until `settled`, so that a clip is asked for once. A crash between the
        question and its answer leaves a clip that nobody fetches: the service knows no ids of ours. Raises Failed,
        TooLong, Away.
        """
        record = self._record(folder, wish.key)
        begun = self._read(record)
        fresh = begun is None
        if begun is None:
            told = self._ask(wish)
            if isinstance(told, bytes):
                out.write_bytes(told)
                return True
            begun = told
            durable.write_json(record, {"id": begun.id, "look": begun.look, "clip": begun.clip})
        try:
            begun = begun if begun.clip else self._wait(begun, tell)
            self._fetch(begun, out)
        except (Failed, TooLong):
            durable.remove(record)
            raise
        except Away as fault:
            if fresh or fault.facts.get("status") not in _FORGOTTEN:
                raise
            # The service was started anew since then, and knows nothing of it.
            durable.remove(record)
            return self.make(wish, folder, out, tell)
        return fresh

    def settled(self, folder: Path, key: str) -> None:
        """The clip is safe: its record goes."""
        durable.remove(self._record(folder, key))

    @staticmethod
    def _record(folder: Path, key: str) -> Path:
        return folder / f"asked-{key}.json"

    @staticmethod
    def _read(path: Path) -> _Begun | None:
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            told = json.loads(path.read_text("utf-8"))
            found = _Begun(*(str(told.get(name) or "") for name in ("id", "look", "clip")))
            return found if found.id or found.look or found.clip else None
        return None

    def _ask(self, wish: Wish) -> _Begun | bytes:
        """Asks for a clip; the clip itself where the service answers with it at once."""
        fields = self._set_up.fields
        body: dict[str, Any] = {fields[what]: value for what, value in wish.values.items() if fields.get(what)}
        picture, upload = fields.get("image", ""), None
        if picture and self._set_up.image == "upload":
            plain = {name: str(value) for name, value in body.items()}
            upload = Upload(picture, f"{wish.key}.png", wish.still, plain, "image/png")
        elif picture:
            text = base64.b64encode(wish.still).decode()
            body[picture] = f"data:image/png;base64,{text}" if self._set_up.image == "data-url" else text
        largest = self._set_up.file_mb << 20
        patience = max(UPLOAD.read, self._set_up.minutes * 60)  # it may answer with the clip itself
        try:
            reply = self._http.send(
                "POST",
                self._at(self._set_up.generate),
                Limit(UPLOAD.connect, patience, patience),
                json=None if upload else body,
                upload=upload,
                headers={**self._headers, "Idempotency-Key": wish.key},
                largest=largest,
            )
        except PassingFault as fault:
            raise Away(fault.what, fault.why, fault.remedy, fault.facts) from None
        except FinalFault as fault:
            if fault.facts.get("status") in (400, 409, 413, 415, 422):
                raise Failed(fault.what, fault.why, "", fault.facts) from None
            raise Away(fault.what, fault.why, fault.remedy, fault.facts) from None
        if _is_clip(reply):
            return reply.body
        told = self._object(reply)
        self._unless_failed(told)
        begun = _Begun(_first(told, _IDS), self._ours(_first(told, _LOOK)))
        # Some answers name where the clip will lie before it does.
        if _finished(told) and (_states(told) or not (begun.id or begun.look)):
            begun = replace(begun, clip=self._clip(told))
        if not (begun.id or begun.look or begun.clip):
            raise self._strange("its answer names neither an id nor an address")
        return begun

    def _wait(self, begun: _Begun, tell: Callable[[float, str], None]) -> _Begun:
        """Looks until the clip is there."""
        look = begun.look or self._at(self._set_up.status.replace("{id}", quote(begun.id, safe="")))
        began = heard = self._clock()
        while True:
            now = self._clock()
            if now - began > self._set_up.minutes * 60:
                raise TooLong(f"{self.name} didn't finish", f"{self._set_up.minutes:g} minutes have passed")
            try:
                reply = self._http.send("GET", look, QUICK, headers=self._key(look))
                heard = now
            except PassingFault as fault:
                if now - heard > _PATIENCE:
                    raise Away(fault.what, fault.why, fault.remedy, fault.facts) from None
                self._sleep(self._set_up.poll)
                continue
            except FinalFault as fault:
                raise Away(fault.what, fault.why, "Look at animator.status in the settings.", fault.facts) from None
            told = self._object(reply)
            self._unless_failed(told)
            clip = self._clip(told)
            if _finished(told) and (clip or _states(told)):
                return _Begun(begun.id or _first(told, _IDS), look, clip)
            tell(_share(told), next(iter(_states(told)), "in the making"))
            self._sleep(self._set_up.poll)

    def _fetch(self, begun: _Begun, out: Path) -> None:
        """Writes the finished clip to `out`."""
        tries = [begun.clip] if begun.clip else []
        if begun.id:
            tries.append(self._at(self._set_up.download.replace("{id}", quote(begun.id, safe=""))))
        fault: FinalFault | PassingFault | None = None
        for address in tries:
            try:
                self._http.send(
                    "GET", address, SLOW, headers=self._key(address), largest=self._set_up.file_mb << 20, into=out
                )
                return
            except FinalFault as error:
                fault = fault or error
                if error.facts.get("status") not in (404, 405, 410):
                    break
            except PassingFault as error:
                raise Away(error.what, error.why, error.remedy, error.facts) from None
        if fault is None:
            raise self._strange("it says that the clip is done, and not where it lies")
        raise Failed(f"the clip can't be fetched from {self.name}", fault.why, "", fault.facts)

    def _object(self, reply: Reply) -> dict[str, Any]:
        try:
            told = reply.json()
        except FinalFault as fault:
            raise self._strange(fault.why) from None
        if isinstance(told, list) and told and isinstance(told[0], dict):
            told = told[0]
        if not isinstance(told, dict):
            raise self._strange("its answer is no JSON object")
        return told

    def _unless_failed(self, told: Mapping[str, Any]) -> None:
        failed = [state for state in _states(told) if state in _FAILED]
        if failed or told.get("success") is False or told.get("ok") is False:
            why = " ".join(_first(told, _REASONS).split())[:_SAID]
            raise Failed(f"{self.name} can't make the clip", why or "".join(failed[:1]), "")

    def _clip(self, told: Mapping[str, Any]) -> str:
        """Where the finished clip lies; "" where the answer names no film."""
        for each in _all(told, _CLIPS):
            path = urlsplit(each).path.lower()
            if each.startswith(("http://", "https://", "/")) or path.endswith(_ENDINGS):
                named = path.endswith(_ENDINGS)
                if named or any(word in path for word in ("download", "video", "file", "view", "result", "output")):
                    return self._ours(each)
        return ""

    def _key(self, address: str) -> dict[str, str]:
        """What an address is told of us: the key goes to the very service that is set, not to another port of it."""
        return self._headers if urlsplit(address)[:2] == urlsplit(self._set_up.url)[:2] else {}

    def _at(self, path: str) -> str:
        return self._set_up.url.rstrip("/") + "/" + path.lstrip("/")

    def _ours(self, address: str) -> str:
        """An address of this service, made absolute. Away where it leads to another host."""
        if not address:
            return ""
        whole = urljoin(self._set_up.url.rstrip("/") + "/", address)
        if urlsplit(whole).hostname != urlsplit(self._set_up.url).hostname or not whole.startswith(("http:", "https:")):
            raise self._strange(f"it sends us to another host, {where(whole)}")
        return whole

    def _strange(self, why: str) -> Away:
        remedy = "Look at animator in the settings: generate, status, download and fields."
        return Away(f"{self.name} doesn't answer as an animator does", why, remedy)


def _is_clip(reply: Reply) -> bool:
    kind = next((value for name, value in reply.headers.items() if name.lower() == "content-type"), "")
    return kind.split("/")[0] == "video" or kind.startswith(("image/webp", "image/gif", "application/octet-stream"))


def _levels(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An answer, and the objects one level down in which services wrap theirs."""
    yield told
    for name in _INSIDE:
        inner = told.get(name)
        if isinstance(inner, Mapping):
            yield inner


def _all(told: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    """What stands under any of those names, as text, in order; the texts of lists and objects too."""
    for level in _levels(told):
        for name in names:
            value = level.get(name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, Mapping):
                    each = next((each[key] for key in ("url", "path", "filename", "file") if each.get(key)), None)
                if isinstance(each, str | int) and not isinstance(each, bool) and str(each).strip():
                    yield str(each).strip()


def _first(told: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next(_all(told, names), "")


def _states(told: Mapping[str, Any]) -> list[str]:
    """Every status word, the outer ones first: an answer that is ok may tell of a clip that isn't there yet."""
    return [state.lower() for state in _all(told, _STATES)]


def _finished(told: Mapping[str, Any]) -> bool:
    return all(state in _DONE for state in _states(told))


def _share(told: Mapping[str, Any]) -> float:
    """How far it is, 0..1, from a share or a percentage."""
    for level in _levels(told):
        value = level.get("progress", level.get("percent"))
        with contextlib.suppress(TypeError, ValueError):
            number = float(str(value).rstrip("% "))
            return min(1.0, max(0.0, number / 100 if number > 1 or "%" in str(value) else number))
    return 0.0
