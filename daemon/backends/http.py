"""The one door for HTTP: one session, one way of trying again, named time limits, faults instead of exceptions.

What is repeated is what is safe to repeat: a request that never reached the server, one that the
server put off (429, 503), and beyond that only methods, or submissions with an id of their own, that
may arrive twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity

from daemon import __version__
from daemon.errors import FinalFault, PassingFault

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_PUT_OFF = frozenset({429, 503})
_PASSING = _PUT_OFF | {408, 425, 500, 502, 504}
_LONGEST_WAIT = 60.0
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Limit:
    """Seconds to connect, and seconds of silence while an answer is read."""

    connect: float
    read: float


QUICK = Limit(5, 15)
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
        except ValueError as error:
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


class _Again(Exception):
    """A try that may be repeated. fault: what it is if it isn't; after: seconds that the server asks for."""

    def __init__(self, fault: PassingFault, after: float = 0.0) -> None:
        super().__init__(str(fault))
        self.fault, self.after = fault, after


class Http:
    """The one session. attempts and seconds bound the tries of one request, together."""

    def __init__(
        self, attempts: int = 4, seconds: float = 90.0, sleep: Callable[[float], None] = time.sleep, first: float = 0.5
    ) -> None:
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"dropreel/{__version__}"
        self._backoff = tenacity.wait_exponential(multiplier=first, max=20) + tenacity.wait_random(0, first / 2)
        self._attempts, self._seconds, self._sleep = attempts, seconds, sleep

    def send(
        self,
        method: str,
        url: str,
        limit: Limit = QUICK,
        *,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool | None = None,
        largest: int = 64 << 20,
        upload: Upload | None = None,
        accept: Collection[int] = (),
        into: Path | None = None,
    ) -> Reply:
        """Sends a request, again where that is safe, and returns the whole answer.

        repeat: it may arrive twice (a submission with an id of its own); by default what the method
        says. largest: bytes of answer taken. upload: a file, in place of json and data. accept: statuses
        beyond the good ones that are an answer and no fault. into: a good answer's body is written there
        as it comes, and the reply's own is empty. Raises PassingFault where the service is down, slow or
        busy, FinalFault where it refuses. A fault names the host, never the path: paths hold secrets.
        """
        safe = method.upper() in _IDEMPOTENT if repeat is None else repeat
        waits = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts) | tenacity.stop_before_delay(self._seconds),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_Again),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return waits(
                self._once,
                *(method.upper(), url, limit, json, data, dict(headers or {}), safe, largest),
                *(upload, accept, into),
            )
        except _Again as again:
            raise again.fault from None

    def download(self, url: str, path: Path, largest: int, limit: Limit = SLOW) -> Reply:
        """Writes what lies at a URL into a file, piece by piece; on failure nothing useful lies there.

        Raises as `send`, and FinalFault where it is longer than `largest` bytes.
        """
        return self.send("GET", url, limit, largest=largest, into=path)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _Again) else 0.0
        return max(asked, self._backoff(state))

    def _once(
        self,
        method: str,
        url: str,
        limit: Limit,
        body: Any,
        data: bytes | None,
        headers: dict[str, str],
        safe: bool,
        largest: int,
        upload: Upload | None,
        accept: Collection[int],
        into: Path | None,
    ) -> Reply:
        host = where(url)
        try:
            with self._session.request(
                method,
                url,
                json=body,
                data=dict(upload.fields) if upload else data,
                files={upload.form: (upload.name, upload.data, upload.media)} if upload else None,
                headers=headers,
                timeout=(limit.connect, limit.read),
                allow_redirects=method in {"GET", "HEAD"},
                stream=True,
            ) as answer:
                keep = into if answer.status_code < 300 else None
                read = _written(answer, largest, host, keep) if keep else _body(answer, largest, host)
                reply = Reply(answer.status_code, read, dict(answer.headers))
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ConnectionError) as error:
            fault = PassingFault(
                f"{host} can't be reached", _reason(error), "Is it running, and the address right?", {"host": host}
            )
            if safe or _never_sent(error):
                raise _Again(fault) from None
            raise fault from None
        except requests.exceptions.Timeout:
            fault = PassingFault(f"{host} doesn't answer", f"silent for {limit.read:g} seconds", "", {"host": host})
            if safe:
                raise _Again(fault) from None
            raise fault from None
        except requests.exceptions.RequestException as error:
            if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
                fault = PassingFault(f"the answer of {host} broke off", _reason(error), "", {"host": host})
                if into and safe:
                    raise _Again(fault) from None
                raise fault from None
            raise FinalFault(
                f"{host} can't be asked", _reason(error), "Mend the address in the settings.", {"host": host}
            ) from None
        return reply if reply.status in accept else self._judge(reply, host, safe)

    def _judge(self, reply: Reply, host: str, safe: bool) -> Reply:
        if reply.status < 300:
            return reply
        said = reply.body[:300].decode("utf-8", "replace").strip()
        facts: dict[str, object] = {"host": host, "status": reply.status, "said": said}
        why = f"{reply.status}" + (f": {' '.join(said.split())}" if said else "")
        if reply.status in _PASSING:
            fault = PassingFault(f"{host} is busy or broken", why, "", facts)
            if safe or reply.status in _PUT_OFF:
                raise _Again(fault, _retry_after(reply))
            raise fault
        raise FinalFault(f"{host} refuses", why, "Look at the address and the token in the settings.", facts)


def where(url: str) -> str:
    """A URL's host and port, for people: paths and queries hold topics and tokens."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or "the service"


def _body(answer: requests.Response, largest: int, host: str) -> bytes:
    return b"".join(_parts(answer, largest, host))


def _written(answer: requests.Response, largest: int, host: str, path: Path) -> bytes:
    with open(path, "wb") as out:
        out.writelines(_parts(answer, largest, host))
    return b""


def _parts(answer: requests.Response, largest: int, host: str) -> Iterator[bytes]:
    size = 0
    for part in answer.iter_content(_CHUNK):
        size += len(part)
        if size > largest:
            raise FinalFault(f"the answer of {host} is too long", f"more than {largest} bytes", "", {"host": host})
        yield part


def _never_sent(error: Exception) -> bool:
    """Whether no connection came about, so that nothing can have been accepted."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    text = repr(error)
    return "NewConnectionError" in text or "NameResolutionError" in text


def _reason(error: Exception) -> str:
    """The innermost reason, one line, without addresses."""
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None and not isinstance(inner, _Again):
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
