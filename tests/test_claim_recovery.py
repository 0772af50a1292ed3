"""What interrupted claims left behind: the decisions as values, and the odd cases carried out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daemon import sidecars
from daemon.queue import handles, members, reclaim
from daemon.queue.reclaim import Begun, decide
from daemon.settings import Settings
from tests.queue_help import SONG, job_of, make_root, pull_plug_at, take, the_group

FOLDER = Path("/root/stages/queued/.20260101-120000-a-abcdef")
JOB = sidecars.Job(id="abcdef", name=FOLDER.name[1:], kind="song", title="a", inbox="songs")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_root(tmp_path / "root")


@pytest.mark.parametrize(
    ("places", "act"),
    [
        (("inside",), "commit"),
        (("inside", "inside"), "commit"),
        (("inside", "gone"), "commit"),
        (("dropped",), "resume"),
        (("hidden",), "resume"),
        (("inside", "dropped"), "resume"),
        (("inside", "hidden"), "resume"),
        (("gone",), "remove"),
        (("gone", "dropped"), "remove"),
        (("gone", "inside"), "give back"),
        (("gone", "hidden"), "give back"),
        (("changed",), "give back"),
        (("inside", "changed"), "give back"),
        (("absent",), "wait"),
        (("inside", "absent"), "wait"),
    ],
)
def test_an_uncommitted_folder_calls_for_one_act(places: tuple[reclaim.Place, ...], act: str) -> None:
    assert decide(Begun(FOLDER, JOB, places)).act == act


def test_an_uncommitted_folder_without_a_job_is_removed_if_empty_and_reported_if_not() -> None:
    assert decide(Begun(FOLDER, None, holds=())).act == "remove"
    assert decide(Begun(FOLDER, None, holds=(".tmp-abc",))).act == "remove"
    assert decide(Begun(FOLDER, None, holds=("source.mp3",))).act == "report"


def begun(settings: Settings, acts: int) -> Path:
    """A claim cut short after so many durable acts; its uncommitted folder."""
    (settings.inbox / "songs" / "a.mp3").write_bytes(SONG)
    (settings.inbox / "songs" / "a.lrc").write_bytes(b"la")
    assert pull_plug_at(acts, lambda: take(settings, the_group(settings)))
    (folder,) = (settings.stages / "queued").iterdir()
    assert folder.name.startswith(".")
    return folder


AFTER_JOB_JSON = 4
AFTER_SOURCE = 6


def test_a_drop_removed_by_its_owner_in_between_leaves_nothing_behind(settings: Settings) -> None:
    folder = begun(settings, AFTER_JOB_JSON)
    (settings.inbox / "songs" / "a.mp3").unlink()
    reclaim.recover_claims(settings)
    assert not folder.exists()
    assert (settings.inbox / "songs" / "a.lrc").read_bytes() == b"la"


def test_a_drop_that_went_on_growing_in_between_is_given_up_and_stays(settings: Settings) -> None:
    begun(settings, AFTER_JOB_JSON)
    with open(settings.inbox / "songs" / "a.mp3", "ab") as out:
        out.write(b"more")
    reclaim.recover_claims(settings)
    assert os.listdir(settings.stages / "queued") == []
    assert (settings.inbox / "songs" / "a.mp3").read_bytes() == SONG + b"more"


def test_a_companion_that_changed_in_between_brings_the_song_back_to_it(settings: Settings) -> None:
    begun(settings, AFTER_SOURCE)
    assert not (settings.inbox / "songs" / "a.mp3").exists()
    (settings.inbox / "songs" / "a.lrc").write_bytes(b"other words")
    reclaim.recover_claims(settings)
    assert (settings.inbox / "songs" / "a.mp3").read_bytes() == SONG
    assert os.listdir(settings.stages / "queued") == []


def test_a_companion_removed_in_between_is_done_without(settings: Settings) -> None:
    begun(settings, AFTER_SOURCE)
    (settings.inbox / "songs" / "a.lrc").unlink()
    reclaim.recover_claims(settings)
    (folder,) = (settings.stages / "queued").iterdir()
    assert [member.role for member in job_of(folder).members] == ["source"]


def test_nothing_is_concluded_while_the_inbox_is_absent(settings: Settings) -> None:
    folder = begun(settings, AFTER_JOB_JSON)
    aside = settings.root / "the share"
    (settings.inbox / "songs").rename(aside)
    (settings.inbox / "songs").mkdir()
    lines = reclaim.recover_claims(settings, absent=["songs"])
    assert folder.exists()
    assert "wait" in lines[0]
    (settings.inbox / "songs").rmdir()
    aside.rename(settings.inbox / "songs")
    reclaim.recover_claims(settings)
    assert (settings.stages / "queued" / folder.name[1:] / "source.mp3").read_bytes() == SONG


def test_a_hidden_file_that_no_job_knows_is_made_visible_again(settings: Settings) -> None:
    (settings.inbox / "songs" / "album").mkdir()
    (settings.inbox / "songs" / "album" / ".dropreel-123abc-000.mp3").write_bytes(SONG)
    reclaim.recover_claims(settings)
    (found,) = (settings.inbox / "songs" / "album").iterdir()
    assert found.name == "recovered-123abc-000.mp3"
    assert found.read_bytes() == SONG


def test_a_hidden_file_of_a_job_that_went_on_is_removed_wherever_the_job_lies(settings: Settings) -> None:
    (settings.inbox / "songs" / "a.mp3").write_bytes(SONG)
    folder = take(settings, the_group(settings))
    job = job_of(folder)
    hidden = settings.inbox / "songs" / members.hidden_name(job.id, job.source())
    hidden.write_bytes(SONG)
    os.utime(hidden, ns=(job.source().mtime_ns, job.source().mtime_ns))
    folder.rename(settings.stages / "rendered" / folder.name)
    reclaim.recover_claims(settings)
    assert not hidden.exists()


def test_what_is_hidden_is_known_by_its_number_even_where_another_member_went(settings: Settings) -> None:
    (settings.inbox / "songs" / "a.mp3").write_bytes(SONG)
    for ending in ("lrc", "srt"):
        (settings.inbox / "songs" / f"a.{ending}").write_bytes(ending.encode())
    folder = take(settings, the_group(settings))
    job = job_of(folder)
    (lyrics,) = job.with_role("lyrics")
    (subtitles,) = job.with_role("subtitles")
    hidden = settings.inbox / "songs" / members.hidden_name(job.id, subtitles)
    hidden.write_bytes(b"srt")
    os.utime(hidden, ns=(subtitles.mtime_ns, subtitles.mtime_ns))
    job.members.remove(lyrics)
    sidecars.write(folder, job)
    reclaim.recover_claims(settings)
    assert not hidden.exists()


def test_half_written_notes_and_copies_of_ours_are_removed(settings: Settings) -> None:
    for name in (".dropreel-note-abc", ".dropreel-out-abc"):
        (settings.inbox / "songs" / name).write_bytes(b"half")
    reclaim.recover_claims(settings)
    assert os.listdir(settings.inbox / "songs") == ["cartoon"]


def test_a_link_among_hidden_names_leads_nowhere(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".dropreel-123abc-000.mp3").write_bytes(SONG)
    (settings.inbox / "songs" / "way").symlink_to(outside)
    reclaim.recover_claims(settings)
    assert os.listdir(outside) == [".dropreel-123abc-000.mp3"]


def test_files_without_a_job_are_left_alone_and_reported(settings: Settings) -> None:
    folder = settings.stages / "queued" / FOLDER.name
    folder.mkdir()
    (folder / "source.mp3").write_bytes(SONG)
    (line,) = reclaim.recover_claims(settings)
    assert "report" in line
    assert (folder / "source.mp3").read_bytes() == SONG


def test_a_root_without_folders_has_nothing_to_recover(tmp_path: Path) -> None:
    assert reclaim.recover_claims(Settings(root=tmp_path)) == []


def test_moving_out_over_another_file_system_leaves_one_whole_copy(settings: Settings) -> None:
    from tests.queue_help import other_file_system

    away = other_file_system(settings.root)
    source = settings.stages / "source.mp3"
    source.write_bytes(SONG)
    with handles.below_path(away) as dir_fd:
        assert handles.move_out(source, dir_fd, "a song.mp3") == "a song.mp3"
    assert os.listdir(away) == ["a song.mp3"]
    assert (away / "a song.mp3").read_bytes() == SONG
    assert not source.exists()
    (away / "a song.mp3").unlink()
    away.rmdir()
