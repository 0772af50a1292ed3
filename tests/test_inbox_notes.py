"""Notes beside a drop that failed, and the way back of what was dropped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daemon import sidecars
from daemon.errors import Held
from daemon.queue.inbox import Inbox
from daemon.settings import Settings
from tests.queue_help import SONG, found_in, job_of, make_root, take, the_group

TROUBLE = sidecars.Trouble(
    stage="queued",
    what="the song can't be decoded",
    why="soundfile: unknown format\nPyAV: no audio stream",
    remedy="Save it as WAV or FLAC and drop it again.",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_root(tmp_path / "root")


@pytest.fixture
def box(settings: Settings) -> Inbox:
    return Inbox(settings, lambda _: None, folders=["songs", "songs/cartoon"])


def failed(settings: Settings, name: bytes = b"song.mp3") -> tuple[Path, sidecars.Job]:
    with open(os.path.join(os.fsencode(settings.inbox / "songs"), name), "wb") as out:
        out.write(SONG)
    folder = take(settings, the_group(settings))
    return folder, job_of(folder)


def test_a_note_says_what_why_and_what_to_do(settings: Settings, box: Inbox) -> None:
    _, job = failed(settings)
    place = box.note(job, TROUBLE)
    assert place == "inbox/songs/song.mp3.FAILED.txt"
    text = (settings.root / place).read_text()
    assert "The song can't be decoded." in text
    assert "Soundfile: unknown format PyAV: no audio stream." in text
    assert "Save it as WAV or FLAC and drop it again." in text
    assert f"dropreel retry {job.id}" in text
    assert (settings.root / place).stat().st_mode & 0o777 == 0o664


def test_a_note_is_never_taken_for_a_drop(settings: Settings, box: Inbox) -> None:
    _, job = failed(settings)
    box.note(job, TROUBLE)
    found = found_in(settings)
    assert (found.groups, found.waiting) == ([], [])


def test_a_note_goes_when_the_job_is_tried_again(settings: Settings, box: Inbox) -> None:
    _, job = failed(settings)
    box.note(job, TROUBLE)
    box.note(job, TROUBLE)
    assert box.unnote(job)
    assert os.listdir(settings.inbox / "songs") == ["cartoon"]
    assert not box.unnote(job)


def test_a_note_of_another_job_of_that_name_stays(settings: Settings, box: Inbox) -> None:
    _, first = failed(settings)
    _, second = failed(settings)
    box.note(second, TROUBLE)
    assert not box.unnote(first)
    assert box.unnote(second)


def test_a_link_planted_under_the_notes_name_is_replaced_not_followed(
    settings: Settings, box: Inbox, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    _, job = failed(settings)
    note = settings.inbox / "songs" / "song.mp3.FAILED.txt"
    note.symlink_to(victim)
    assert not box.unnote(job)
    box.note(job, TROUBLE)
    assert victim.read_text() == "mine"
    assert not note.is_symlink()


@pytest.mark.parametrize("name", [b"x" * 251 + b".mp3", b"\xff\xfe.mp3", "é\n🎵.mp3".encode(), b"\x1b[2J.mp3"])
def test_a_note_can_be_written_for_any_name(settings: Settings, box: Inbox, name: bytes) -> None:
    _, job = failed(settings, name)
    place = box.note(job, TROUBLE)
    place.encode("utf-8")
    assert place.isprintable()
    (note,) = (raw for raw in os.listdir(os.fsencode(settings.inbox / "songs")) if raw != b"cartoon")
    assert note.endswith(b".FAILED.txt") and len(note) <= 255
    assert box.unnote(job)


def test_where_the_inbox_is_gone_the_note_is_held(settings: Settings, box: Inbox) -> None:
    _, job = failed(settings)
    (settings.inbox / "songs").rename(settings.root / "elsewhere")
    with pytest.raises(Held):
        box.note(job, TROUBLE)
    (settings.root / "elsewhere").rename(settings.inbox / "songs")
    box.note(job, TROUBLE)


def test_a_share_that_is_away_gets_no_note_on_its_bare_mount_point(settings: Settings, tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    local = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    table.write_text(f"{local}30 22 0:30 / {settings.inbox / 'songs'} rw - cifs there rw\n")
    box = Inbox(settings, lambda _: None, folders=["songs"], mountinfo=table)
    _, job = failed(settings)
    box.look()
    table.write_text(local)
    box.look()
    with pytest.raises(Held, match="nothing is mounted"):
        box.note(job, TROUBLE)
    with pytest.raises(Held, match="nothing is mounted"):
        box.give_back(settings.stages / "queued" / job.name, job)
    assert os.listdir(settings.inbox / "songs") == ["cartoon"]


def test_what_was_dropped_goes_back_under_its_own_name_and_is_no_drop(settings: Settings, box: Inbox) -> None:
    (settings.inbox / "songs" / "a.lrc").write_bytes(b"la")
    folder, job = failed(settings, b"a.mp3")
    assert box.give_back(folder, job) == "inbox/songs/a.mp3.FAILED/"
    back = settings.inbox / "songs" / "a.mp3.FAILED"
    assert (back / "a.mp3").read_bytes() == SONG
    assert (back / "a.lrc").read_bytes() == b"la"
    assert sorted(os.listdir(folder)) == ["job.json"]
    found = found_in(settings)
    assert (found.groups, found.waiting) == ([], [])
    assert box.give_back(folder, job) == ""


def test_a_dropped_folder_goes_back_as_it_was(settings: Settings, box: Inbox) -> None:
    album = settings.inbox / "songs" / "album"
    (album / "cast").mkdir(parents=True)
    (album / "song.mp3").write_bytes(SONG)
    (album / "cast" / "ana.png").write_bytes(b"ana")
    folder = take(settings, the_group(settings))
    place = box.give_back(folder, job_of(folder))
    back = settings.root / place
    assert (back / "song.mp3").read_bytes() == SONG
    assert (back / "cast" / "ana.png").read_bytes() == b"ana"


def test_what_was_copied_does_not_come_back_twice(settings: Settings, box: Inbox) -> None:
    from daemon.queue import claim

    (settings.inbox / "songs" / "a.mp3").write_bytes(SONG)
    plan = claim.ClaimPlan({}, "kept", "song", take="copy")
    folder = box.claim(the_group(settings), plan, job_name="20260101-120000-a-abcdef")
    assert box.give_back(folder, job_of(folder)) == ""
    assert "lies where you dropped it" in (settings.root / box.note(job_of(folder), TROUBLE)).read_text()


def test_a_note_of_a_film_that_somebody_stopped_says_so(settings: Settings, box: Inbox) -> None:
    _, job = failed(settings)
    place = box.note(job, TROUBLE.model_copy(update={"cause": "cancelled"}))
    assert (settings.root / place).read_text().startswith("The film of song.mp3 was stopped.\n")


def test_a_note_of_one_song_of_a_dropped_folder_names_the_song(settings: Settings, box: Inbox) -> None:
    _, job = failed(settings)
    place = box.note(job.model_copy(update={"folder": True, "dropped_as": "album"}), TROUBLE)
    assert (settings.root / place).read_text().startswith("dropreel can't make a film of album - song.mp3.\n")
