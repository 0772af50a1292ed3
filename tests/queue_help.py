"""What the tests of the queue share: a root, drops, groups, and a plug to pull."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon import job, sidecars
from daemon.queue import claim, groups, handles
from daemon.settings import Settings

SONG = bytes(range(256)) * 40


def make_root(folder: Path, inbox: Path | None = None, **settings: Any) -> Settings:
    """A root with its folders; `inbox` is where the inbox really lies, if elsewhere."""
    made = Settings(root=folder, **settings)
    folder.mkdir(exist_ok=True)
    if inbox is not None:
        made.inbox.symlink_to(inbox)
    (made.inbox / "songs" / "cartoon").mkdir(parents=True)
    made.stages.mkdir(mode=0o700)
    for stage in job.STAGES:
        (made.stages / stage).mkdir()
    return made


def other_file_system(near: Path) -> Path:
    """A new folder on another file system than `near`; skips where there is none."""
    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK) or shm.stat().st_dev == near.stat().st_dev:
        pytest.skip("there is no second file system to write to")
    folder = shm / f"dropreel-test-{secrets.token_hex(6)}"
    folder.mkdir()
    return folder


def found_in(settings: Settings, inbox: str = "songs", **kinds: Any) -> groups.Found:
    """What lies in an inbox, assembled."""
    nested = frozenset({"cartoon"}) if inbox == "songs" else frozenset()
    with handles.folder(settings.inbox, inbox) as dir_fd:
        return groups.assemble(inbox, handles.listing(dir_fd, limit=2000, skip=nested), nested=nested, **kinds)


def the_group(settings: Settings, inbox: str = "songs") -> groups.Group:
    """The only group in an inbox."""
    found = found_in(settings, inbox)
    assert len(found.groups) == 1, found
    return found.groups[0]


PLAN = claim.ClaimPlan(rule={"name": "cartoon"}, rule_name="cartoon", kind="song")


def take(settings: Settings, group: groups.Group, plan: claim.ClaimPlan = PLAN, **more: Any) -> Path:
    """Claims a group under a new job name."""
    name = job.new_name(group.title, "20260101-120000", set())
    return claim.claim(group, plan, settings=settings, job_name=name, **more)


def job_of(folder: Path) -> sidecars.Job:
    """job.json of a folder."""
    found = sidecars.read(folder, sidecars.Job)
    assert found is not None
    return found


def pull_plug_at(number: int, run: Callable[[], object]) -> bool:
    """Runs in a forked child that kills itself with SIGKILL at the durable act of that number (before or after it).

    True where it came so far; False where it ended before.
    """
    child = os.fork()
    if child == 0:
        left = [number]

        def hook(event: str, _args: tuple[object, ...]) -> None:
            if event == "dropreel.act":
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            run()
        finally:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 7
    return False


def whole_copies(settings: Settings, content: bytes = SONG) -> list[str]:
    """Where a file of that content counts as the dropped one: in a committed job; else dropped, hidden or claimed."""
    places = []
    for base in (settings.inbox, settings.stages):
        for folder, _, files in os.walk(base):
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink() and path.read_bytes() == content:
                    places.append(str(path))
    committed = [place for place in places if "/stages/" in place and "/." not in place.split("/stages/")[1]]
    if committed:
        # What is still hidden is a leftover that the job's own copy makes void.
        return committed + [p for p in places if p not in committed and "/.dropreel-" not in p]
    begun = [place for place in places if "/.dropreel-" in place or "/stages/" not in place]
    if begun:
        return begun
    return places
