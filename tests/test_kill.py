"""The plug pulled at every durable act: each drop is always whole somewhere, and every job ends all the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.approvals import requests
from daemon.queue import spool
from daemon.settings import Settings

from .coordinating import PEOPLE, RULE, coordinator, copies_of, in_a_child, kill_at, make_root
from .toys import STAGES, wav

SHARDS = 4


def _life(base: Path, kill: int, rule: str = RULE, act: Callable[[Settings], None] | None = None) -> int:
    settings = make_root(base, rule)
    if act is _let_go:
        _let_go(settings)

    def live() -> None:
        if kill:
            kill_at(kill)
        coordinator(settings).run()

    return in_a_child(live)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_song_survives_a_kill_at_each_durable_act(tmp_path: Path, shard: int) -> None:
    number = shard + 1
    killed = 0
    while True:
        base = tmp_path / str(number)
        settings = make_root(base)
        drop = settings.inbox / "songs" / "My Song.wav"
        data = wav(drop)
        (settings.inbox / "songs" / "My Song.yaml").write_text("artist: Somebody\n")
        ended = _life(base, number)
        # Whole, in at least one place that can be found, at the very instant of the kill.
        assert copies_of(data, base), f"the song is gone after a kill at act {number}"
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        killed += 1
        assert _life(base, 0) == 0
        films = [path for path in settings.outbox.rglob("*.mp4") if ".dropreel" not in path.parts]
        assert [str(path.relative_to(settings.outbox)) for path in films] == ["My Song/My Song.mp4"], f"act {number}"
        assert copies_of(data, base) == [settings.outbox / "My Song" / "My Song.wav"], f"act {number}"
        jobs = spool.scan(settings.stages)
        assert not jobs.problems
        assert [job.stage for job in jobs.jobs.values()] == ["done"], f"act {number}"
        assert not os.listdir(settings.outbox / ".dropreel"), f"act {number}"
        number += SHARDS
    assert killed > 5


@pytest.mark.parametrize("shard", range(2))
def test_a_drop_that_fails_survives_a_kill_at_each_durable_act(tmp_path: Path, shard: int) -> None:
    number = shard + 1
    while True:
        base = tmp_path / str(number)
        settings = make_root(base)
        data = b"TEXT, no song at all" * 20
        (settings.inbox / "songs" / "words.mp3").write_bytes(data)
        ended = _life(base, number)
        assert copies_of(data, base), f"act {number}"
        if ended == 0:
            break
        assert _life(base, 0) == 0
        notes = [path.name for path in (settings.inbox / "songs").iterdir() if not path.name.startswith("_")]
        assert notes == ["words.mp3.FAILED.txt"], f"act {number}"
        (copy,) = copies_of(data, base)
        assert copy.parent.parent == settings.stages / "failed", f"act {number}"
        trouble = json.loads((copy.parent / "trouble.json").read_text())
        assert trouble["noted"], f"act {number}"
        number += 2
    assert number > 5


def _approve_one_and_redo_one(settings: Settings) -> None:
    (desk,) = [path for path in settings.review.iterdir() if path.is_dir()]
    (desk / "01b.png").rename(desk / "01b.ok.png")
    (desk / "02a.png").rename(desk / "02a.redo darker sky.png")
    (desk / "02b.png").rename(desk / "02b.ok.png")


def _reopen(settings: Settings) -> None:
    (settings.outbox / "a" / "REOPEN.txt").write_text("")


def _let_go(settings: Settings) -> None:
    settings.keep.failed_days = settings.keep.done_days = 0


def _retry(settings: Settings) -> None:
    (job,) = spool.scan(settings.stages).jobs.values()
    requests.leave(settings, "retry", job.id)


def _finish(settings: Settings) -> None:
    """The last word, for a job that is back on its desk."""
    for job in spool.scan(settings.stages).jobs.values():
        if job.stage == "rendered":
            requests.leave(settings, "approve", job.id)


CASES = {
    "a desk with a redo": (PEOPLE, b"", _approve_one_and_redo_one, "done", 1),
    "a reopened film": (RULE, b"", _reopen, "done", 2),
    "a retry": (RULE, b"TEXT and no song", _retry, "failed", 0),
    "a failed job let go": (RULE, b"TEXT and no song", _let_go, "", 0),
    "a finished job let go": (RULE, b"", _let_go, "", 1),
}


@pytest.mark.parametrize("shard", range(2))
@pytest.mark.parametrize("case", CASES)
def test_what_follows_survives_a_kill_at_each_durable_act(tmp_path: Path, case: str, shard: int) -> None:
    rule, text, act, ends_in, films = CASES[case]
    template = tmp_path / "template"
    settings = make_root(template, rule)
    drop = settings.inbox / "songs" / "a.wav"
    data = wav(drop)
    if text:
        data = text
        drop.write_bytes(text)
    assert _life(template, 0, rule) == 0
    number = shard + 1
    while True:
        base = tmp_path / str(number)
        shutil.copytree(template, base, symlinks=True)
        act(make_root(base, rule))
        ended = _life(base, number, rule, act)
        assert copies_of(data, base), f"act {number}: the song is gone"
        for _ in range(3):
            if ended != 0:
                ended = _life(base, 0, rule, act)
                assert ended == 0
            _finish(make_root(base, rule))
            assert _life(base, 0, rule, act) == 0
            if ends_in == "" or all(j.stage == ends_in for j in spool.scan(make_root(base).stages).jobs.values()):
                break
        made = [path for path in (base / "outbox").rglob("*.mp4") if ".dropreel" not in path.parts]
        assert len(made) == films, f"act {number}: {made}"
        assert {job.stage for job in spool.scan(base / "stages").jobs.values()} == ({ends_in} if ends_in else set())
        left = copies_of(data, base)
        # A reopened film is delivered anew with its song; the first folder is its owner's and stays.
        assert len(left) == max(1, films), f"act {number}: {left}"
        shutil.rmtree(base)
        number += 2
        if not killed_before(number, template, act, rule, tmp_path):
            break


def killed_before(number: int, template: Path, act: Callable[[Settings], None], rule: str, tmp_path: Path) -> bool:
    """Whether a life of this case has as many durable acts as that."""
    base = tmp_path / f"count-{number}"
    shutil.copytree(template, base, symlinks=True)
    act(make_root(base, rule))
    ended = _life(base, number, rule, act)
    shutil.rmtree(base)
    return ended == -signal.SIGKILL


def test_the_toy_stages_cover_the_pipeline() -> None:
    from daemon.stages import PIPELINES

    assert {step.verb for step in PIPELINES["song"] if not step.by_people} == set(STAGES)
    assert "auto" in RULE
