"""The coordinator's loop outlives every fault: of one job, of the disk, of our own."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from daemon import sidecars
from daemon.approvals import requests
from daemon.errors import PassingFault
from daemon.events import InboxSeen, WorkerEnded
from daemon.job import JobFolder
from daemon.queue import spool
from daemon.service import acts, asks, ends
from daemon.service.coordinator import Coordinator
from daemon.stages.tools import Tools
from daemon.web import pages

from . import toys
from .coordinating import PEOPLE, coordinator, make_root
from .test_service import in_stage, the_job, until
from .toys import wav


class Later:
    """A clock that a test sets forward."""

    def __init__(self, c: Coordinator) -> None:
        self._base, self.ahead = c.clock, 0.0
        c.clock = self

    def stop(self) -> None:
        """From now on it goes only when it is set forward."""
        now = self._base()
        self._base = lambda: now

    def __call__(self) -> float:
        return self._base() + self.ahead


def test_a_sidecar_that_cannot_be_written_costs_that_attempt_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    later = Later(c)
    write, full = sidecars.write, [True]

    def on_a_full_disk(folder: Path, sidecar: sidecars.Sidecar) -> None:
        if full[0] and isinstance(sidecar, sidecars.Prompts):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(folder, sidecar)

    monkeypatch.setattr(sidecars, "write", on_a_full_disk)
    c.start()
    until(c, in_stage(settings, "analyzed"))
    one = until(c, lambda: next((one for one in c.jobs.values() if one.waits == "trying again"), None))
    assert "No space left" in one.state.last_fault
    attempts = one.state.attempt
    for _ in range(3):
        c.turn([])
    assert one.state.attempt == attempts, "it is tried again after a while, not at once"
    full[0] = False
    later.ahead = settings.limits.first_delay + 1
    until(c, in_stage(settings, "done"))
    c.end()


def test_an_error_of_our_own_in_one_job_leaves_the_others_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav", 0.2)
    wav(settings.inbox / "songs" / "b.wav", 0.3)
    carry_out, start = acts.carry_out, acts.start

    def faulty(c: Coordinator, one: Any, act: Any) -> None:
        if one.about.title == "a" and one.stage == "analyzed":
            raise KeyError("a bug")
        carry_out(c, one, act)

    def faulty_start(c: Coordinator, one: Any, now: float) -> None:
        if one.about.title == "a" and one.stage == "queued" and one.state.attempt == 0:
            one.state.attempt = 1
            raise RuntimeError("another bug")
        start(c, one, now)

    monkeypatch.setattr(acts, "carry_out", faulty)
    monkeypatch.setattr(acts, "start", faulty_start)
    c = coordinator(settings, once=False)
    later = Later(c)
    c.start()
    until(c, (settings.outbox / "b" / "b.mp4").exists)
    later.ahead = settings.limits.first_delay + 1
    until(c, lambda: any(one.about and one.about.title == "a" and one.stage == "analyzed" for one in c.jobs.values()))
    assert not c.stopping
    c.end()


def test_an_event_that_raises_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_root(tmp_path)
    c = coordinator(settings, once=False)
    c.start()

    def faulty(*_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(ends, "ended", faulty)
    c.turn([WorkerEnded("000000", "analyze", 1, None), InboxSeen("songs")])  # type: ignore[arg-type]
    assert c.inboxes["songs"].inbox == "songs"
    c.end()


def test_a_request_that_raises_is_answered_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_root(tmp_path)
    c = coordinator(settings, once=False)
    c.start()
    carry_out = asks.carry_out

    def faulty(c: Coordinator, asked: Any) -> tuple[bool, str]:
        if asked.verb == "bump":
            raise RuntimeError("a bug")
        return carry_out(c, asked)

    monkeypatch.setattr(asks, "carry_out", faulty)
    first, second = requests.leave(settings, "bump", "abcdef"), requests.leave(settings, "clean")
    asks.take(c)
    told = requests.wait(settings, first, 0)
    assert told is not None
    assert (told[0], "a bug" in told[1]) == (False, True)
    answered = requests.wait(settings, second, 0)
    assert answered is not None
    assert answered[0]
    c.end()


def test_a_damaged_delivery_or_state_of_an_old_job_does_not_keep_the_daemon_from_starting(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav", 0.2)
    coordinator(settings).run()
    waiting = the_job(settings)
    assert waiting is not None
    (waiting.path / "state.json").write_text("{")
    done = settings.stages / "done" / "20250101-000000-old-0123ab"
    done.mkdir()
    (done / "job.json").write_bytes((waiting.path / "job.json").read_bytes())
    (done / "delivery.json").write_text("{")
    wav(settings.inbox / "songs" / "b.wav", 0.3)
    coordinator(settings).run()
    jobs = spool.scan(settings.stages).jobs
    assert jobs["0123ab"].stage == "failed"
    assert jobs["0123ab"].need(sidecars.Trouble).cause == "unreadable"
    assert sorted(job.stage for job in jobs.values()) == ["failed", "rendered", "rendered"]


def test_a_daemon_with_nothing_to_do_writes_nothing_but_that_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    later = Later(c)
    c.start()
    until(c, lambda: in_stage(settings, "done")() and not any(one.busy for one in c.jobs.values()))
    later.stop()
    for _ in range(3):
        later.ahead += 3
        c.turn([])
    # Pages that a slow hand hasn't written yet are news of their own, and none of this.
    monkeypatch.setattr(c.hands, "waiting", lambda _: 0)
    c.pages.write(c, force=True)
    written = os.stat(settings.snapshot).st_ino
    given: list[str] = []
    monkeypatch.setattr(c.hands, "give", lambda area, *_: given.append(area))
    later.ahead += 3
    c.pages.write(c)
    assert os.stat(settings.snapshot).st_ino == written
    later.ahead += 16
    c.pages.write(c)
    assert os.stat(settings.snapshot).st_ino != written
    assert not given
    c.end()


def test_pages_do_not_pile_up_before_a_share_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_root(tmp_path)
    c = coordinator(settings, once=False)
    later = Later(c)
    given: list[str] = []
    monkeypatch.setattr(pages, "areas", lambda *_: ["songs", "review"])
    monkeypatch.setattr(c.hands, "give", lambda area, *_: given.append(area))
    monkeypatch.setattr(c.hands, "waiting", lambda area: given.count(area) if area == "page:songs" else 0)
    for number in range(3):
        c.problems = [f"news {number}"]
        later.ahead += 3
        c.pages.write(c)
    assert given == ["page:songs", "page:review", "page:review", "page:review"]
    monkeypatch.setattr(c.hands, "waiting", lambda _: 0)
    later.ahead += 3
    c.pages.write(c)
    assert given.count("page:songs") == 2, "what was left out is written once the share answers"
    assert json.loads(settings.snapshot.read_text())["problems"] == ["news 2"]


def test_what_a_killed_attempt_left_half_made_is_removed_before_the_next_one(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")
    found: list[list[str]] = []

    def look(job: JobFolder, tools: Tools) -> sidecars.Sync:
        half = [".tmp-0123456789ab.mp4", ".tmp-0123456789ab-passes-0.log.mbtree", ".tmp-0123456789ab.mp4.txt"]
        found.append([name for name in os.listdir(job.path) if name in half])
        if len(found) == 1:
            for name in half:
                (job.path / name).write_bytes(b"half a film")
            raise PassingFault("its encoder was ended")
        return toys.sync(job, tools)

    c = coordinator(settings, once=False, stages={"sync": look})
    later = Later(c)
    c.start()
    until(c, lambda: found)
    later.ahead = settings.limits.first_delay + 1
    job = until(c, in_stage(settings, "done"))
    c.end()
    assert found == [[], []]
    assert not [path for path in job.path.iterdir() if path.name.startswith(".")]
