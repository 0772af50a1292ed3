"""How often each service was asked, day by day, so that a quota is kept over restarts and between workers.

One small file of the root's private state. A day is the service's own: Gemini counts from midnight in California,
the others from midnight here. That is why the wall clock is asked, here alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daemon import durable
from daemon.errors import PassingFault

FILE = ".quota.json"
_DAYS = 400  # remembered
_MINUTE = 60.0


@dataclass(frozen=True)
class Allowance:
    """What a service may be asked; 0: as often as needed."""

    requests_a_day: int = 0
    requests_a_minute: int = 0
    tokens_a_day: int = 0


def day_of(service: str, now: float) -> str:
    """The day, by the service's own reckoning: "2026-11-21". now: seconds since 1970."""
    zone: tzinfo | None = None
    if service == "gemini":
        try:
            zone = ZoneInfo("America/Los_Angeles")
        except (ZoneInfoNotFoundError, OSError):
            zone = timezone(timedelta(hours=-8))
    return datetime.fromtimestamp(now, UTC).astimezone(zone).strftime("%Y-%m-%d")


class Quota:
    """Counts requests and tokens. allowances: by service."""

    def __init__(
        self,
        path: Path,
        allowances: Mapping[str, Allowance],
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path, self._allowances, self._now, self._sleep = path, allowances, now, sleep

    def reserve(self, service: str, within: float = math.inf) -> None:
        """Counts a request that is about to be made; waits where there were too many within a minute.

        PassingFault where the day's share is used up, or where it would have to wait longer than `within` seconds.
        Counted before it is sent: a crash never makes it one too many.
        """
        for _ in range(4):
            if (pause := self._reserve(service)) <= 0:
                return
            if (within := within - pause) < 0:
                break
            self._sleep(pause)
        raise PassingFault(f"{service} is asked too often", "too many requests within a minute")

    def _reserve(self, service: str) -> float:
        allowed = self._allowances.get(service, Allowance())
        now = self._now()
        with self._held() as facts:
            today = _of(facts, day_of(service, now), service)
            over = ""
            if today.get("over"):
                over = "the service says so"
            elif allowed.requests_a_day and today["requests"] >= allowed.requests_a_day:
                over = f"{today['requests']} requests of {allowed.requests_a_day}"
            elif allowed.tokens_a_day and today["asked"] + today["said"] >= allowed.tokens_a_day:
                over = f"{today['asked'] + today['said']} tokens of {allowed.tokens_a_day}"
            if over:
                raise PassingFault(
                    f"the day's quota of {service} is used up",
                    over,
                    "It is asked again tomorrow; writer.requests_a_day and writer.tokens_a_day bound it.",
                    {"quota": True},
                )
            recent = [at for at in facts["recent"].get(service, []) if now - _MINUTE < at <= now]
            if allowed.requests_a_minute and len(recent) >= allowed.requests_a_minute:
                return float(recent[-allowed.requests_a_minute]) + _MINUTE - now + 0.1
            facts["recent"][service] = [*recent, now][-100:]
            today["requests"] += 1
        return 0.0

    def spent(self, service: str, asked: int, said: int) -> None:
        """Adds the tokens of an answer."""
        with self._held() as facts:
            today = _of(facts, day_of(service, self._now()), service)
            today["asked"] += asked
            today["said"] += said

    def over(self, service: str) -> None:
        """The service itself says that its day's quota is used up: it isn't asked again today."""
        with self._held() as facts:
            _of(facts, day_of(service, self._now()), service)["over"] = 1

    @contextlib.contextmanager
    def _held(self) -> Iterator[dict[str, Any]]:
        """The counters, to be changed; one process at a time."""
        try:
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise PassingFault(
                "the quota can't be kept", error.strerror or str(error), "", {"path": str(self._path)}
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            facts = _read(self._path)
            before = json.dumps(facts)
            yield facts
            for day in sorted(facts["days"])[:-_DAYS]:
                del facts["days"][day]
            if json.dumps(facts) != before:
                try:
                    durable.write_json(self._path, facts)
                except OSError as error:
                    raise PassingFault("the quota can't be kept", error.strerror or str(error)) from None
        finally:
            os.close(lock)


def told(path: Path) -> dict[str, dict[str, dict[str, int]]]:
    """What was counted: day -> service -> requests, asked, said (tokens)."""
    found: dict[str, dict[str, dict[str, int]]] = _read(path)["days"]
    return found


def today(path: Path, service: str, now: float | None = None) -> dict[str, int]:
    """What was counted of a service since its day began."""
    day = day_of(service, time.time() if now is None else now)
    return told(path).get(day, {}).get(service, {"requests": 0, "asked": 0, "said": 0})


def _of(facts: dict[str, Any], day: str, service: str) -> dict[str, int]:
    found: dict[str, int] = (
        facts["days"].setdefault(day, {}).setdefault(service, {"requests": 0, "asked": 0, "said": 0})
    )
    return found


def _read(path: Path) -> dict[str, Any]:
    """The file's facts; none where it is missing or damaged."""
    days: dict[str, dict[str, dict[str, int]]] = {}
    recent: dict[str, list[float]] = {}
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError, KeyError):
        found = json.loads(path.read_text())
        days = {
            str(day): {
                str(service): {
                    **{name: max(0, int(counts[name])) for name in ("requests", "asked", "said")},
                    **({"over": 1} if counts.get("over") else {}),
                }
                for service, counts in services.items()
            }
            for day, services in found["days"].items()
        }
        recent = {str(service): [float(at) for at in moments] for service, moments in found["recent"].items()}
    return {"days": days, "recent": recent}
