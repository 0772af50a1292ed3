"""The plug is pulled before and after every durable act of a claim; then the next start finishes or takes back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon.queue import groups, reclaim
from daemon.queue.taken import Taken
from daemon.settings import Settings
from tests.queue_help import (
    PLAN,
    SONG,
    found_in,
    job_of,
    make_root,
    other_file_system,
    pull_plug_at,
    take,
    the_group,
    whole_copies,
)


@pytest.fixture(params=["same file system", "other file system"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "same file system":
        yield make_root(tmp_path / "root")
        return
    elsewhere = other_file_system(tmp_path)
    yield make_root(tmp_path / "root", elsewhere)
    shutil.rmtree(elsewhere)


def jobs(settings: Settings) -> list[Path]:
    return [path for path in (settings.stages / "queued").iterdir() if not path.name.startswith(".")]


def leftovers(settings: Settings) -> list[str]:
    found = [str(path) for path in settings.inbox.rglob(".dropreel-*")]
    return found + [path.name for path in (settings.stages / "queued").iterdir() if path.name.startswith(".")]


def every_instant(
    settings: Settings, drop: Callable[[], None], run: Callable[[], object], check: Callable[[], None]
) -> int:
    """Kills at act 0, 1, 2 ... until the run comes through; checks each time; returns how many instants there were."""
    number = 0
    while True:
        drop()
        killed = pull_plug_at(number, run)
        check()
        for folder in (settings.inbox / "songs", settings.stages / "queued"):
            shutil.rmtree(folder)
            folder.mkdir()
        (settings.inbox / "songs" / "cartoon").mkdir()
        if not killed:
            return number
        number += 1


def test_at_every_instant_of_a_claim_there_is_exactly_one_whole_copy_and_a_restart_finishes(
    settings: Settings,
) -> None:
    song = settings.inbox / "songs" / "a song.mp3"
    lyrics = settings.inbox / "songs" / "a song.lrc"

    def drop() -> None:
        song.write_bytes(SONG)
        lyrics.write_bytes(b"[00:01.00] la")

    def check() -> None:
        assert len(whole_copies(settings)) == 1
        assert len(whole_copies(settings, b"[00:01.00] la")) == 1
        reclaim.recover_claims(settings)
        assert len(whole_copies(settings)) == 1
        assert leftovers(settings) == []
        if song.exists():
            assert jobs(settings) == []
            assert lyrics.exists()
            take(settings, the_group(settings))
        (job,) = jobs(settings)
        assert (job / "source.mp3").read_bytes() == SONG
        assert {member.role for member in job_of(job).members} == {"source", "lyrics"}
        assert found_in(settings).groups == []
        assert reclaim.recover_claims(settings) == []

    assert every_instant(settings, drop, lambda: take(settings, the_group(settings)), check) >= 8


def test_a_dropped_folder_killed_at_every_instant_is_one_job_with_all_that_lay_in_it(settings: Settings) -> None:
    album = settings.inbox / "songs" / "album"

    def drop() -> None:
        (album / "cast").mkdir(parents=True)
        (album / "song.mp3").write_bytes(SONG)
        (album / "cast" / "ana.png").write_bytes(b"ana")
        (album / "notes.doc").write_bytes(b"notes")
        (album / ".DS_Store").write_bytes(b"litter")

    def check() -> None:
        for content in (SONG, b"ana", b"notes"):
            assert len(whole_copies(settings, content)) == 1
        reclaim.recover_claims(settings)
        assert leftovers(settings) == []
        if not jobs(settings):
            take(settings, the_group(settings))
        (job,) = jobs(settings)
        assert sorted(member.role for member in job_of(job).members) == ["cast", "other", "source"]

    assert every_instant(settings, drop, lambda: take(settings, the_group(settings)), check) >= 8


def test_a_drop_that_stays_is_taken_once_wherever_the_plug_is_pulled(settings: Settings) -> None:
    song = settings.inbox / "songs" / "kept.mp3"
    plan = type(PLAN)(rule={}, rule_name="r", kind="song", take="copy")

    def known(group: groups.Group) -> bool:
        seen = group.source
        return Taken(settings).knows("songs", seen.path, seen.size, seen.mtime_ns, lambda: "")

    def check() -> None:
        assert song.read_bytes() == SONG
        reclaim.recover_claims(settings, taken=Taken(settings))
        assert song.read_bytes() == SONG
        group = the_group(settings)
        assert known(group) == (len(jobs(settings)) == 1)
        if not known(group):
            take(settings, group, plan, taken=Taken(settings))
        assert known(group)
        assert len(jobs(settings)) == 1
        (settings.stages / ".taken.json").unlink()

    def run() -> object:
        return take(settings, the_group(settings), plan, taken=Taken(settings))

    assert every_instant(settings, lambda: song.write_bytes(SONG) and None, run, check) >= 8


def test_the_recovery_itself_may_be_killed_at_every_instant(settings: Settings) -> None:
    song = settings.inbox / "songs" / "a.flac"
    for number in range(40):
        song.write_bytes(SONG)
        if not pull_plug_at(number, lambda: take(settings, the_group(settings))):
            break
        for again in range(40):
            if not pull_plug_at(again, lambda: reclaim.recover_claims(settings)):
                break
            assert len(whole_copies(settings)) == 1, (number, again)
        assert leftovers(settings) == []
        assert len(jobs(settings)) + song.exists() == 1
        for job in jobs(settings):
            shutil.rmtree(job)
    else:
        pytest.fail("the claim never came through")
    assert os.listdir(settings.stages / "queued")
