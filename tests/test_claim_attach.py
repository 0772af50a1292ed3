"""Companions that come late join the job that their song has become."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon import events, sidecars
from daemon.errors import PassingFault
from daemon.queue import reclaim
from daemon.queue.groups import Waiting
from daemon.queue.inbox import Inbox
from daemon.settings import Settings
from tests.queue_help import SONG, job_of, make_root, other_file_system, pull_plug_at, take, the_group, whole_copies

LYRICS = Waiting("song.lrc", "companion without a song", raw="song.lrc", companion="song", whole=True)


@pytest.fixture(params=["same file system", "other file system"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "same file system":
        yield make_root(tmp_path / "root")
        return
    elsewhere = other_file_system(tmp_path)
    yield make_root(tmp_path / "root", elsewhere)
    shutil.rmtree(elsewhere)


def claimed(settings: Settings) -> Path:
    (settings.inbox / "songs" / "song.mp3").write_bytes(SONG)
    return take(settings, the_group(settings))


def drop(settings: Settings, words: bytes = b"la", name: str = "song.lrc") -> None:
    (settings.inbox / "songs" / name).write_bytes(words)


def test_a_companion_without_a_song_is_whole_when_it_has_settled(settings: Settings) -> None:
    job = job_of(claimed(settings))
    now = [0.0]
    put: list[events.Event] = []
    box = Inbox(settings, put.append, folders=["songs", "songs/cartoon"], clock=lambda: now[0])
    drop(settings)
    found = []
    for now[0] in (0.0, 1.0, 4.1):
        box.look()
        seen = [event for event in put if isinstance(event, events.InboxSeen) and event.inbox == "songs"]
        found.append(box.belongs(job, "songs", seen[-1].waiting[0]))
    assert found == [False, False, True]


def test_only_the_jobs_own_companion_belongs_to_it(settings: Settings) -> None:
    box = Inbox(settings, lambda _: None, folders=["songs", "songs/cartoon"])
    job = job_of(claimed(settings))
    assert box.belongs(job, "songs", LYRICS)
    assert not box.belongs(job, "songs/cartoon", LYRICS)
    assert not box.belongs(job, "songs", Waiting("other.lrc", "", raw="other.lrc", companion="other", whole=True))


def test_a_late_companion_changes_what_the_next_stage_reads(settings: Settings) -> None:
    box = Inbox(settings, lambda _: None, folders=["songs"])
    folder = claimed(settings)
    before = sidecars.digest(folder, ("job.json",))
    drop(settings)
    member = box.attach(folder, job_of(folder), LYRICS)
    assert (folder / member.file).read_bytes() == b"la"
    assert sidecars.digest(folder, ("job.json",)) != before
    assert [m.role for m in job_of(folder).members] == ["source", "lyrics"]
    assert os.listdir(settings.inbox / "songs") == ["cartoon"]


def test_a_second_one_of_its_kind_counts_and_the_first_goes_along(settings: Settings) -> None:
    box = Inbox(settings, lambda _: None, folders=["songs"])
    folder = claimed(settings)
    for words in (b"la", b"lo"):
        drop(settings, words)
        box.attach(folder, job_of(folder), LYRICS)
    job = job_of(folder)
    (lyrics,) = job.with_role("lyrics")
    assert (folder / lyrics.file).read_bytes() == b"lo"
    (other,) = job.with_role("other")
    assert (folder / other.file).read_bytes() == b"la"


def test_a_late_yaml_brings_its_rule_along(settings: Settings) -> None:
    box = Inbox(settings, lambda _: None, folders=["songs"])
    folder = claimed(settings)
    drop(settings, b"tempo: 90", "song.yaml")
    yaml = Waiting("song.yaml", "", raw="song.yaml", companion="song", whole=True)
    assert box.read("songs", yaml) == b"tempo: 90"
    box.attach(folder, job_of(folder), yaml, rule={"name": "new"}, overrides={"tempo": 90})
    job = job_of(folder)
    assert (job.rule, job.overrides) == ({"name": "new"}, {"tempo": 90})
    assert box.read("songs", yaml) is None


def test_a_companion_that_went_again_is_a_passing_fault(settings: Settings) -> None:
    folder = claimed(settings)
    with pytest.raises(PassingFault):
        Inbox(settings, lambda _: None, folders=["songs"]).attach(folder, job_of(folder), LYRICS)


def test_killed_at_every_instant_it_is_whole_in_one_place_and_attached_or_waiting(settings: Settings) -> None:
    box = Inbox(settings, lambda _: None, folders=["songs"])
    for number in range(40):
        folder = claimed(settings)
        drop(settings)
        killed = pull_plug_at(number, lambda folder=folder: box.attach(folder, job_of(folder), LYRICS))  # type: ignore[misc]
        assert len(whole_copies(settings, b"la")) == 1
        reclaim.recover_claims(settings)
        left = [name for name in os.listdir(settings.inbox / "songs") if name != "cartoon"]
        attached = job_of(folder).with_role("lyrics")
        if attached:
            assert (folder / attached[0].file).read_bytes() == b"la"
        # Visible in the inbox, if it isn't attached: never hidden, never both lost.
        assert attached or left
        assert not any(name.startswith(".dropreel-") for name in left)
        for name in left:
            (settings.inbox / "songs" / name).unlink()
        shutil.rmtree(folder)
        if not killed:
            assert attached and not left
            return
    pytest.fail("it never came through")
