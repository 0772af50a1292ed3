"""A worker's end of the leash: what a stage runs inside of, in a process of its own.

It dies with the coordinator, says how far it is by datagrams that may be lost, and leaves its outcome in a
file of the coordinator's private folder: a worker killed in the middle of a long answer can't wedge the
channel that all of them share.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import json
import os
import signal
import socket
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from daemon import events, log, redact, sidecars, stages
from daemon.errors import Fault, FinalFault, Held
from daemon.job import JobFolder
from daemon.settings import Settings

_PR_SET_PDEATHSIG = 1
_NICE = 10
_MORE_OFTEN = 0.2  # seconds between two datagrams
_LONGEST = 8 << 10
_SOONER_KILLED = 300  # added to the kernel's score for who is killed when memory runs out


@dataclass(frozen=True)
class Call:
    """One attempt at one stage. resolver: "module:function", which gives a stage function for a verb.

    reads: the files whose digest marks the sidecar; None: as the pipeline table says. tell: the socket for
    progress. answer: the file for the outcome.
    """

    job: str
    verb: str
    attempt: int
    settings: Settings
    tell: str
    answer: str
    resolver: str = "daemon.stages:function"
    reads: tuple[str, ...] | None = None


def die_with_parent(parent: int = 0) -> None:
    """Ends this process when the thread that started it ends; at once where `parent` isn't its parent any more.

    Fit for `preexec_fn` too: a program that a stage starts dies with the worker.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if parent and os.getppid() != parent:
        os._exit(1)


def begin(parent: int, environment: dict[str, str], log_format: str, log_level: str) -> None:
    """What a new worker does first, before anything heavy is imported."""
    die_with_parent(parent)
    os.environ.update(environment)
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_SOONER_KILLED))
    with contextlib.suppress(OSError, ValueError):
        faulthandler.enable()
    log.configure(log_format, log_level)


class _Teller:
    """Says how far a stage is, a few times a second at most; never waits, never fails."""

    def __init__(self, call: Call, job_id: str) -> None:
        self._call, self._job = call, job_id
        self._last = -1.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    def send(self, **facts: Any) -> None:
        text = json.dumps({"job": self._job, "attempt": self._call.attempt, **facts}, default=str)
        data = text.encode("utf-8", "replace")
        if len(data) <= _LONGEST:
            # A full or closed socket costs a line on a page, nothing else.
            with contextlib.suppress(OSError):
                self._socket.sendto(data, self._call.tell)

    def progress(self, fraction: float, doing: str = "", **extra: Any) -> None:
        now = time.monotonic()
        if now - self._last >= _MORE_OFTEN or fraction >= 1:
            self._last = now
            self.send(fraction=float(fraction), doing=doing, extra=extra)

    def close(self) -> None:
        self._socket.close()


def run(call: Call) -> None:
    """Runs the attempt and leaves its outcome in `call.answer`. Whatever a stage raises becomes a `Failed`."""
    folder = JobFolder(Path(call.job))
    teller = _Teller(call, folder.id or folder.name)
    teller.send(pid=os.getpid())
    from daemon.backends import home

    call.settings.hide_secrets()
    home.keep(call.settings.privacy == "local")
    try:
        with structlog.contextvars.bound_contextvars(job=folder.id, stage=call.verb, attempt=call.attempt):
            outcome = _attempt(call, folder, teller)
    finally:
        teller.close()
    _leave(call.answer, outcome)


def _attempt(call: Call, folder: JobFolder, teller: _Teller) -> events.Outcome:
    from daemon.stages.tools import Tools

    began = time.monotonic()
    try:
        function = _resolve(call.resolver)(call.verb)
        reads = _reads(folder, call.verb) if call.reads is None else call.reads
        made_from = sidecars.digest(folder.path, reads)
        logger = log.get()
        tools = Tools(settings=call.settings, progress=teller.progress, attempt=call.attempt, log=logger)
        sidecar = function(folder, tools)
        sidecar.made_from = made_from
        sidecar.seconds = round(time.monotonic() - began, 3)
        text = sidecar.model_dump_json()
        if redact.text(text) != text:
            text = json.dumps(redact.value(json.loads(text)))
        return events.Advance(text)
    except Fault as fault:
        kind = "held" if isinstance(fault, Held) else "final" if isinstance(fault, FinalFault) else "passing"
        return events.Failed(kind, fault.what, fault.why, fault.remedy, fault.facts)
    except Exception as error:  # whatever else a stage raises costs this attempt, not the worker
        facts = {"traceback": traceback.format_exc()[-4000:], "error": type(error).__name__}
        why = f"{type(error).__name__}: {error}"[:500]
        return events.Failed("passing", f"an error in {call.verb}", redact.text(why), "", redact.value(facts))


def _resolve(resolver: str) -> Any:
    module, _, name = resolver.partition(":")
    return getattr(importlib.import_module(module), name)


def _reads(folder: JobFolder, verb: str) -> tuple[str, ...]:
    kind = folder.job().kind
    return next((step.reads for step in stages.PIPELINES.get(kind, ()) if step.verb == verb), ("job.json",))


def _leave(answer: str, outcome: events.Outcome) -> None:
    """Leaves the outcome, whole or not at all; not durable: a coordinator that dies asks for a new attempt."""
    kind = "advance" if isinstance(outcome, events.Advance) else "failed"
    text = json.dumps({"outcome": kind, **asdict(outcome)}, default=str)
    temp = answer + ".tmp"
    Path(temp).write_bytes(text.encode("ascii"))
    os.replace(temp, answer)


def read_answer(answer: str) -> events.Outcome | None:
    """The outcome that a worker left; None where it left none."""
    try:
        found = json.loads(Path(answer).read_bytes())
    except (OSError, ValueError):
        return None
    if found.pop("outcome") == "advance":
        return events.Advance(**found)
    return events.Failed(**found)
