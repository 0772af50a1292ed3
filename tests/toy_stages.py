"""Stages for the tests of the workers: each does one thing that a real one should never do, or does it quickly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from daemon import sidecars, stages
from daemon.errors import FinalFault, Held, PassingFault
from daemon.job import JobFolder
from daemon.queue import leash
from daemon.stages.tools import Tools


def function(verb: str) -> stages.StageFunction:
    """The toy of that name."""
    found: stages.StageFunction = globals()[verb]
    return found


def quick(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    tools.progress(0.5, "half")
    return sidecars.Prompts(place=f"pid {os.getpid()}", style=str(tools.attempt))


def long_answer(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    return sidecars.Prompts(place="x" * 5_000_000)


def sleeps(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    tools.progress(0.1, "asleep")
    time.sleep(600)
    raise AssertionError


def ignores_sigterm(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return sleeps(job, tools)


def leaves_with_0(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    os._exit(0)


def leaves_with_3(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    os._exit(3)


def kills_itself(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def wants_to_exit(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    sys.exit("enough")


def passing(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    raise PassingFault("the painter doesn't answer", "connection refused", "Start it.", {"path": Path("/x")})


def final(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    raise FinalFault("this is no music", "text")


def held(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    raise Held("no room")


def surprise(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    return {}["nothing"]  # type: ignore[no-any-return]


def chatters(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    for step in range(20_000):
        tools.progress(step / 20_000, "talking", step=step)
    return sidecars.Prompts()


def threads(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    names = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMBA_CACHE_DIR")
    return sidecars.Prompts(mood=[os.environ.get(name, "") for name in names], style=str(os.nice(0)))


def starts_a_program(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
    """A program in a session of its own that dies with the worker, as ffmpeg is started."""
    program = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        start_new_session=True,
        preexec_fn=leash.die_with_parent,
    )
    (job.path / "program.pid").write_text(str(program.pid))
    (job.path / "worker.pid").write_text(str(os.getpid()))
    program.wait()
    raise AssertionError
