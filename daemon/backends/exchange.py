"""What goes over the HTTP door and comes back: time limits, requests, replies, and what an answer means."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from urllib3.filepost import encode_multipart_formdata

from daemon.errors import FinalFault, PassingFault

PUT_OFF = frozenset({429, 503})
_PASSING = PUT_OFF | {408, 425, 500, 502, 504}
_LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Limit:
    """Seconds to connect, of silence while an answer is read, and for the whole of an answer's body."""

    connect: float
    read: float
    whole: float = 600.0


QUICK = Limit(5, 15, 60)
SLOW = Limit(5, 120)
UPLOAD = Limit(10, 300)


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON. FinalFault where it isn't."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise FinalFault(
                "the answer is no JSON", str(error), "", {"body": self.body[:200].decode("latin-1")}
            ) from None


@dataclass(frozen=True)
class Upload:
    """A file for a form, sent as multipart: the form's name for it, the file's own, its bytes, the other fields."""

    form: str
    name: str
    data: bytes
    fields: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/octet-stream"


@dataclass(frozen=True)
class Request:
    """One request as it is sent, again and again."""

    method: str
    url: str
    limit: Limit
    json: Any
    data: bytes | None
    headers: Mapping[str, str]
    safe: bool
    largest: int
    upload: Upload | None
    accept: Collection[int]
    into: Path | None

    @property
    def host(self) -> str:
        """For people."""
        return where(self.url)


class Outgoing(io.BytesIO):
    """A body on its way out, in pieces: each has the time to connect for itself, all of them together until `late`.

    In one piece, a socket's time limit would be one for the whole: a film needs longer than that on most lines.
    """

    def __init__(self, data: bytes, host: str, late: Callable[[], bool]) -> None:
        super().__init__(data)
        self._host, self._late = host, late

    def read(self, size: int | None = -1, /) -> bytes:
        """The next piece. PassingFault once it is late."""
        if self._late():
            facts: dict[str, object] = {"host": self._host, "sent": True}
            raise PassingFault(f"{self._host} takes what is sent too slowly", f"after {self.tell()} bytes", "", facts)
        return super().read(size)


def encoded(request: Request) -> tuple[bytes, str]:
    """A request's body, and its media type where that follows from what it is."""
    if request.upload is not None:
        upload = request.upload
        return encode_multipart_formdata({**upload.fields, upload.form: (upload.name, upload.data, upload.media)})
    if request.json is not None:
        return json.dumps(request.json, allow_nan=False).encode(), "application/json"
    return request.data or b"", ""


class Again(Exception):
    """A try that may be repeated. fault: what it is if it isn't; after: seconds that the server asks for."""

    def __init__(self, fault: PassingFault, after: float = 0.0) -> None:
        super().__init__(str(fault))
        self.fault, self.after = fault, after


def where(url: str) -> str:
    """A URL's host and port, for people: paths and queries hold topics and tokens."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or "the service"


def again(fault: PassingFault, safe: bool) -> Exception:
    """The exception for a fault, by whether the request is safe to repeat."""
    return Again(fault) if safe else fault


def moved(request: Request, url: str, location: str) -> str:
    """Where a redirection leads. FinalFault unless that is the same host, not less safe, for a mere question."""
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    if request.method not in ("GET", "HEAD") or not location or not _same(here, there):
        raise FinalFault(
            f"{request.host} leads elsewhere",
            f"it redirects to {where(target)}" if location else "it redirects without saying where",
            "Put the address where it really is into the settings.",
            {"host": request.host},
        )
    return target


def _same(here: SplitResult, there: SplitResult) -> bool:
    """The same host and port; from http to https is fine, and the other way round never."""
    try:
        ports = [parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0) for parts in (here, there)]
    except ValueError:
        return False
    ways = (here.scheme, there.scheme)
    if here.hostname != there.hostname or there.username not in (None, here.username):
        return False
    return (ways[0] == ways[1] and ports[0] == ports[1]) or (ways == ("http", "https") and ports == [80, 443])


def judged(reply: Reply, host: str, safe: bool) -> Reply:
    """A good reply as it is; else Again, PassingFault or FinalFault, by its status."""
    if reply.status < 300:
        return reply
    said = reply.body[:300].decode("utf-8", "replace").strip()
    facts: dict[str, object] = {"host": host, "status": reply.status, "said": said}
    why = f"{reply.status}" + (f": {' '.join(said.split())}" if said else "")
    if reply.status in _PASSING:
        fault = PassingFault(f"{host} is busy or broken", why, "", facts)
        if safe or reply.status in PUT_OFF:
            raise Again(fault, _retry_after(reply))
        raise fault
    raise FinalFault(f"{host} refuses", why, "Look at the address and the token in the settings.", facts)


def never_sent(error: Exception) -> bool:
    """Whether no connection came about, so that nothing can have been accepted."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    text = repr(error)
    return "NewConnectionError" in text or "NameResolutionError" in text


def reason(error: Exception) -> str:
    """The innermost reason, one line, without addresses."""
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None and not isinstance(inner, Again):
        cause = inner
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return (
        " ".join(str(text).split())[:200] if "://" not in str(text) and "/" not in str(text) else type(error).__name__
    )


def _retry_after(reply: Reply) -> float:
    """Seconds that the server asks to wait, at most a minute."""
    found = next((value for key, value in reply.headers.items() if key.lower() == "retry-after"), "")
    try:
        return min(_LONGEST_WAIT, max(0.0, float(found)))
    except ValueError:
        return 0.0
