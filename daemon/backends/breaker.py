"""A dead service costs seconds a day, not minutes a job: after some failures in a row it is left alone for a while.

What is known of each service lies in one small file of the root's private state, so that every worker and every
restart knows it. Times are CLOCK_MONOTONIC, which all processes of one boot share; after another boot, all is
forgotten. Losing the file costs some seconds.

    shut    it is asked as ever
    open    it isn't asked until the delay is over
    trying  one caller asks it, once; all others still find it open
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from daemon.errors import PassingFault

_FAILURES = 2  # in a row, before it is left alone
_FIRST = 30.0
_GROWS = 4.0
LONGEST = 3600.0
_TRY = 120.0  # seconds after which a caller that tries it is taken for dead
_MOST = 64  # services remembered

FILE = ".services.json"


@dataclass(frozen=True)
class State:
    """What is known of a service. failures, opened: times in a row; until, trying: moments; why: the last fault."""

    failures: int = 0
    opened: int = 0
    until: float = 0.0
    trying: float = 0.0
    why: str = ""


def may(state: State, now: float) -> Literal["shut", "open", "trying"]:
    """How a service stands for someone who wants to ask it now; "trying": this caller may, once."""
    if not state.opened:
        return "shut"
    return "open" if now < state.until or now < state.trying else "trying"


def wait(state: State, now: float) -> float:
    """Seconds until it is tried again."""
    return max(0.0, state.until - now, state.trying - now)


def failed(state: State, now: float, why: str = "", longest: float = LONGEST) -> State:
    """The state after a failure: opened by the second in a row, and by each failed try, each time for longer."""
    failures = state.failures + 1
    if failures < _FAILURES and not state.opened:
        return replace(state, failures=failures, why=why)
    if now < state.until:
        return replace(state, why=why)  # begun before it was opened
    delay = min(longest, _FIRST * _GROWS**state.opened)
    return State(failures, min(state.opened + 1, 16), now + delay, 0.0, why)


class Breaker:
    """The states of all services of a root. path: the file; None keeps them in this process alone. longest: seconds."""

    def __init__(
        self, path: Path | None = None, clock: Callable[[], float] = time.monotonic, longest: float = LONGEST
    ) -> None:
        self._path, self._clock, self._longest = path, clock, longest
        self._here: dict[str, State] = {}

    def ask(self, service: str) -> bool:
        """Before a call: whether this one is a mere try (once, no repeating). PassingFault where it is left alone."""
        now = self._clock()
        if may(self._states().get(service, State()), now) == "shut":
            return False
        with self._held() as states:
            state = states.get(service, State())
            stand = may(state, now)
            if stand == "trying":
                states[service] = replace(state, trying=now + _TRY)
        if stand == "open":
            seconds = wait(state, now)
            raise PassingFault(
                f"{service} is left alone for now",
                f"it failed before: {state.why}" if state.why else "it failed before",
                f"It is asked again in {max(1, round(seconds))} s; `dropreel doctor` asks at once.",
                {"host": service, "breaker": "open", "wait": round(seconds, 1)},
            )
        return stand == "trying"

    def good(self, service: str) -> None:
        """It answered."""
        if service in self._states():
            with self._held() as states:
                states.pop(service, None)

    def bad(self, service: str, why: str = "") -> None:
        """It is down, silent or broken."""
        with self._held() as states:
            states[service] = failed(states.get(service, State()), self._clock(), why, self._longest)
            while len(states) > _MOST:
                states.pop(next(iter(states)))

    def told(self) -> dict[str, State]:
        """What isn't shut now, for `status` and `doctor`."""
        return {service: state for service, state in self._states().items() if state.opened}

    def _states(self) -> dict[str, State]:
        if self._path is None:
            return self._here
        try:
            found = json.loads(self._path.read_text())
            if found["boot"] != _boot():
                return {}
            return {str(service): _state(facts) for service, facts in found["services"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    @contextlib.contextmanager
    def _held(self) -> Iterator[dict[str, State]]:
        """The states, to be changed; written back unless the disk says no. One process at a time."""
        if self._path is None:
            yield self._here
            return
        try:
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield self._here
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            states = self._states()
            before = dict(states)
            yield states
            if states != before:
                self._write(states)
        finally:
            os.close(lock)

    def _write(self, states: dict[str, State]) -> None:
        assert self._path is not None
        facts = {"boot": _boot(), "services": {service: asdict(state) for service, state in states.items()}}
        with contextlib.suppress(OSError):
            temp = self._path.with_suffix(f".{os.getpid()}.new")
            temp.write_text(json.dumps(facts))
            os.replace(temp, self._path)


def _state(facts: Any) -> State:
    return State(
        int(facts["failures"]), int(facts["opened"]), float(facts["until"]), float(facts["trying"]), str(facts["why"])
    )


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
