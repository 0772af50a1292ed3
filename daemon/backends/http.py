"""The one door for HTTP: one session, one way of trying again, named time limits, faults instead of exceptions.

What is repeated is what is safe to repeat: a request that never reached the server, one that the
server put off (429, 503), and beyond that only methods, or submissions with an id of their own, that
may arrive twice. A redirection is followed on the same host alone. A service that failed is left
alone for a while (`breaker`), and under `privacy: local` no call leaves the house (`home`).
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
import tenacity
import urllib3.exceptions

from daemon import __version__
from daemon.backends import breaker, home, reading
from daemon.backends.exchange import (
    PUT_OFF,
    QUICK,
    SLOW,
    UPLOAD,
    Again,
    Limit,
    Outgoing,
    Reply,
    Request,
    Upload,
    again,
    encoded,
    judged,
    moved,
    never_sent,
    reason,
    where,
)
from daemon.errors import FinalFault, PassingFault
from daemon.settings import Settings

__all__ = ["QUICK", "SLOW", "UPLOAD", "Http", "Limit", "Reply", "Upload", "door", "where"]

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOVES = 5
_TRY_CONNECT = 2.0  # seconds, for a service that was left alone


class Http:
    """The one session. attempts and seconds bound the tries of one request, together.

    local: only addresses at home are reached; None: as the process is kept. services: which services are left
    alone for now; None: each request finds out for itself. Make one with `door`, which takes both from the settings.
    """

    def __init__(
        self,
        attempts: int = 4,
        seconds: float = 90.0,
        sleep: Callable[[float], None] = time.sleep,
        first: float = 0.5,
        *,
        local: bool | None = None,
        services: breaker.Breaker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": f"dropreel/{__version__}", "Accept-Encoding": reading.PACKED})
        # A login of ~/.netrc would take the place of our own; one that stands in the address is meant.
        self._session.auth = _named
        if home.kept() if local is None else local:
            for scheme in ("http://", "https://"):
                self._session.mount(scheme, home.HomeAdapter())
        self._backoff = tenacity.wait_exponential(multiplier=first, max=20) + tenacity.wait_random(0, first / 2)
        self._attempts, self._seconds, self._sleep = attempts, seconds, sleep
        self._services, self._clock = services, clock

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
        says. largest: bytes of answer taken, unpacked. upload: a file, in place of json and data. accept:
        statuses beyond the good ones that are an answer and no fault. into: a good answer's body is written
        there as it comes, and the reply's own is empty. Raises PassingFault where the service is down, slow,
        busy or left alone, FinalFault where it refuses, leads elsewhere or lies outside. A fault names the
        host, never the path: paths hold secrets.
        """
        safe = method.upper() in _IDEMPOTENT if repeat is None else repeat
        request = Request(
            *(method.upper(), url, limit, json, data, dict(headers or {}), safe, largest, upload, accept, into)
        )
        if self._services is None:
            return self._tried(request, self._attempts)
        if self._services.ask(request.host):
            return self._watched(replace(request, limit=replace(limit, connect=_TRY_CONNECT)), 1)
        return self._watched(request, self._attempts)

    def download(self, url: str, path: Path, largest: int, limit: Limit = SLOW) -> Reply:
        """Writes what lies at a URL into a file, piece by piece; on failure nothing useful lies there.

        Raises as `send`, and FinalFault where it is longer than `largest` bytes.
        """
        return self.send("GET", url, limit, largest=largest, into=path)

    def _watched(self, request: Request, attempts: int) -> Reply:
        """Sends, and remembers how the service stands: busy is alive, down and broken are not."""
        assert self._services is not None
        try:
            reply = self._tried(request, attempts)
        except PassingFault as fault:
            if fault.facts.get("status") in (*PUT_OFF, 408, 425):
                self._services.good(request.host)
            else:
                self._services.bad(request.host, fault.why)
            raise
        except FinalFault as fault:
            if not fault.facts.get("privacy"):
                self._services.good(request.host)
            raise
        self._services.good(request.host)
        return reply

    def _tried(self, request: Request, attempts: int) -> Reply:
        waits = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_before_delay(self._seconds),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(Again),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return waits(self._once, request)
        except Again as last:
            raise last.fault from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, Again) else 0.0
        return max(asked, self._backoff(state))

    def _once(self, request: Request) -> Reply:
        host = request.host
        try:
            reply = self._exchanged(request)
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ConnectionError) as error:
            remedy = "Is it running, and the address right?"
            lost = never_sent(error)
            fault = PassingFault(f"{host} can't be reached", reason(error), remedy, {"host": host, "sent": not lost})
            raise again(fault, request.safe or lost) from None
        except (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError):
            fault = PassingFault(
                f"{host} doesn't answer", f"silent for {request.limit.read:g} seconds", "", {"host": host}
            )
            raise again(fault, request.safe) from None
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
            urllib3.exceptions.HTTPError,
            zlib.error,
        ) as error:
            fault = PassingFault(f"the answer of {host} broke off", reason(error), "", {"host": host})
            raise again(fault, request.safe) from None
        except requests.exceptions.RequestException as error:
            raise FinalFault(
                f"{host} can't be asked", reason(error), "Mend the address in the settings.", {"host": host}
            ) from None
        return reply if reply.status in request.accept else judged(reply, host, request.safe)

    def _exchanged(self, request: Request) -> Reply:
        """The answer of one try, on the same host wherever it was moved to."""
        url, limit = request.url, request.limit
        data, kind = encoded(request)
        end = self._clock() + limit.connect + limit.read + limit.whole

        def late() -> bool:
            return self._clock() > end

        for _ in range(_MOVES + 1):
            with self._session.request(
                request.method,
                url,
                data=Outgoing(data, request.host, late) if data else None,
                headers={**({"Content-Type": kind} if kind else {}), **request.headers},
                timeout=(limit.connect, limit.read),
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code in _MOVED and answer.status_code not in request.accept:
                    url = moved(request, url, answer.headers.get("Location", ""))
                    continue
                if request.into is not None and answer.status_code < 300:
                    body = reading.written(answer, request.largest, request.host, late, request.into)
                else:
                    body = reading.body(answer, request.largest, request.host, late)
                return Reply(answer.status_code, body, dict(answer.headers))
        raise FinalFault(f"{request.host} leads in circles", f"more than {_MOVES} redirections")


def _named(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The request with the login of its address, http://name:word@host, where it has no other."""
    name, word = requests.utils.get_auth_from_url(request.url or "")
    if not name or "Authorization" in request.headers:
        return request
    requests.auth.HTTPBasicAuth(name, word)(request)
    return request


def door(
    settings: Settings,
    attempts: int = 4,
    seconds: float = 90.0,
    sleep: Callable[[float], None] = time.sleep,
    *,
    patient: bool = False,
    longest: float = breaker.LONGEST,
) -> Http:
    """The session that the settings ask for.

    patient: it asks a service that failed all the same (a long poll). longest: seconds for which one that failed is
    left alone at most.
    """
    services = None if patient else breaker.Breaker(settings.stages / breaker.FILE, longest=longest)
    return Http(attempts, seconds, sleep, local=settings.privacy == "local", services=services)
