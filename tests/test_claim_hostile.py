"""Hostile drops, each with its right outcome."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import durable
from daemon.errors import Held, PassingFault
from daemon.queue import claim, handles, inbox, members, names
from daemon.settings import Settings
from tests.queue_help import (
    PLAN,
    SONG,
    found_in,
    job_of,
    make_root,
    other_file_system,
    take,
    the_group,
    whole_copies,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_root(tmp_path / "root")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Settings]:
    """A root whose inbox lies on another file system."""
    folder = other_file_system(tmp_path)
    yield make_root(tmp_path / "root", folder)
    shutil.rmtree(folder)


@pytest.fixture(params=["same", "other"])
def either(request: pytest.FixtureRequest) -> Settings:
    found: Settings = request.getfixturevalue("settings" if request.param == "same" else "elsewhere")
    return found


NAMES = {
    "newline": b"a\nb.mp3",
    "escape": b"\x1b[31mred\x07.mp3",
    "emoji": "🎵🔥.mp3".encode(),
    "255 bytes": b"x" * 251 + b".mp3",
    "255 bytes of emoji": "🎵".encode() * 62 + b"xxx.mp3",
    "no utf-8": b"\xff\xfe\x80song.mp3",
    "leading dash": b"-rf --help.mp3",
    "quotes": b'it\'s "a" `song` $(x) ; & |.mp3',
    "nfd": unicodedata.normalize("NFD", "Größe é.mp3").encode(),
    "trailing dots and spaces": b" song . . .mp3",
    "backslash and colon": b"c:\\song?.mp3",
    "right to left": "\u202egnp.mp3".encode(),
    "percent and braces": b"%s{0}%n.mp3",
    "only an ending": b"\xe2\x80\x8b.mp3",
}


@pytest.mark.parametrize("raw", NAMES.values(), ids=list(NAMES))
def test_a_drop_of_any_name_is_claimed_under_names_of_ours_and_keeps_its_own(either: Settings, raw: bytes) -> None:
    path = os.path.join(os.fsencode(either.inbox / "songs"), raw)
    with open(path, "wb") as out:
        out.write(SONG)
    folder = take(either, the_group(either))
    job = job_of(folder)
    assert sorted(os.listdir(folder)) == ["job.json", "source.mp3"]
    assert (folder / "source.mp3").read_bytes() == SONG
    assert job.source().raw_name() == raw
    assert os.fsencode(members.steps_of(job.source())[0]) == raw
    assert folder.name.isascii()
    assert "\n" not in job.title and "\x1b" not in job.dropped_as
    job.title.encode("utf-8")
    assert not os.path.lexists(path)


def test_a_zero_byte_file_waits_and_stays(settings: Settings) -> None:
    (settings.inbox / "songs" / "a.mp3").touch()
    found = found_in(settings)
    assert found.groups == []
    assert found.waiting[0].reason == "empty file"


def test_a_link_out_of_the_inbox_is_never_taken_nor_followed(settings: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(b"secret")
    (settings.inbox / "songs" / "a.mp3").symlink_to(secret)
    found = found_in(settings)
    assert found.groups == []
    assert "link" in found.waiting[0].reason
    assert secret.read_bytes() == b"secret"


def test_a_file_swapped_for_a_link_after_it_settled_is_not_taken(either: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(SONG)
    song = either.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)
    group = the_group(either)
    song.unlink()
    song.symlink_to(secret)
    with pytest.raises(PassingFault):
        take(either, group)
    assert secret.read_bytes() == SONG
    assert song.is_symlink()
    assert os.listdir(either.stages / "queued") == []


def during(act: str, verb: str, do: Callable[[], None]) -> Callable[[], None]:
    """Does something at the first durable act of that kind; returns what ends that."""
    live = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if live and event == "dropreel.act" and arguments[:2] == (act, verb):
            live.clear()
            do()

    sys.addaudithook(hook)
    return live.clear


def test_a_file_swapped_for_a_link_while_it_is_being_taken_goes_back(settings: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(SONG)
    song = settings.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)

    def swap() -> None:
        song.rename(tmp_path / "aside.mp3")
        song.symlink_to(secret)

    over = during("before", "take", swap)
    with pytest.raises(PassingFault):
        take(settings, the_group(settings))
    over()
    assert song.is_symlink()
    assert secret.read_bytes() == SONG
    assert os.listdir(settings.stages / "queued") == []


def test_a_file_replaced_by_another_while_it_is_being_taken_goes_back(settings: Settings, tmp_path: Path) -> None:
    song = settings.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)
    (tmp_path / "new.mp3").write_bytes(b"a new song")
    over = during("before", "take", lambda: os.replace(tmp_path / "new.mp3", song))
    with pytest.raises(PassingFault, match="another file"):
        take(settings, the_group(settings))
    over()
    assert song.read_bytes() == b"a new song"
    assert os.listdir(settings.stages / "queued") == []


@pytest.mark.parametrize("act", ["mkdir", "write", "take"])
def test_a_sub_folder_swapped_for_a_link_while_it_is_claimed_diverts_nothing(
    either: Settings, tmp_path: Path, act: str
) -> None:
    album = either.inbox / "songs" / "album"
    album.mkdir()
    (album / "a.mp3").write_bytes(SONG)
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "a.mp3").write_bytes(b"not yours" + SONG)
    moved = either.inbox / "songs" / "cartoon" / "moved"

    def swap() -> None:
        album.rename(moved)
        album.symlink_to(victim)

    over = during("before", act, swap)
    try:
        folder = take(either, the_group(either))
    except PassingFault:
        assert os.listdir(either.stages / "queued") == []
    else:
        assert (folder / "source.mp3").read_bytes() == SONG
    over()
    assert [path.name for path in victim.iterdir()] == ["a.mp3"]
    assert (victim / "a.mp3").read_bytes() == b"not yours" + SONG
    assert len(whole_copies(either)) == 1


def test_a_folder_in_the_way_that_is_a_link_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (settings.inbox / "songs" / "way").symlink_to(tmp_path / "out")
    with pytest.raises(OSError), handles.folder(settings.inbox, "songs/way"):
        pass
    for step in ("..", ".", ""):
        with pytest.raises(OSError), handles.folder(settings.inbox, "songs", [step]):
            pass


def test_a_hard_link_is_taken_by_copy_so_that_the_other_name_can_not_reach_into_the_job(
    settings: Settings, tmp_path: Path
) -> None:
    other = tmp_path / "mine.mp3"
    other.write_bytes(SONG)
    os.link(other, settings.inbox / "songs" / "a.mp3")
    folder = take(settings, the_group(settings))
    with open(other, "ab") as out:
        out.write(b"more")
    assert (folder / "source.mp3").read_bytes() == SONG
    assert os.listdir(settings.inbox / "songs") == ["cartoon"]
    assert other.read_bytes() == SONG + b"more"


def test_a_fifo_is_never_opened(settings: Settings) -> None:
    path = settings.inbox / "songs" / "a.mp3"
    os.mkfifo(path)
    found = found_in(settings)
    assert "FIFO" in found.waiting[0].reason
    with handles.folder(settings.inbox, "songs") as dir_fd, pytest.raises(OSError, match="not a regular file"):
        handles.open_regular(dir_fd, "a.mp3")


def test_a_file_that_grew_since_it_settled_is_left_alone(either: Settings) -> None:
    song = either.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)
    group = the_group(either)
    with open(song, "ab") as out:
        out.write(b"more")
    with pytest.raises(PassingFault, match="changed since it had settled"):
        take(either, group)
    assert song.read_bytes() == SONG + b"more"
    assert os.listdir(either.stages / "queued") == []


def test_a_file_that_grows_after_the_claim_is_settled_again_before_its_analysis(settings: Settings) -> None:
    song = settings.inbox / "songs" / "a.mp3"
    writer = open(song, "wb")  # noqa: SIM115
    writer.write(SONG)
    writer.flush()
    now = [0.0]
    box = inbox.Inbox(settings, lambda _: None, folders=["songs"], clock=lambda: now[0])
    folder = box.claim(the_group(settings), PLAN, job_name="20260101-120000-a-abcdef")
    assert box.unsettled(folder, job_of(folder)) == "a.mp3 is still being written"
    writer.write(b"more")
    writer.close()
    now[0] = 1.0
    assert box.unsettled(folder, job_of(folder))
    now[0] = 1.0 + settings.settle
    assert box.unsettled(folder, job_of(folder)) == ""
    assert job_of(folder).source().size == len(SONG) + 4
    assert box.unsettled(folder, job_of(folder)) == ""


def test_a_hidden_file_that_grew_after_it_was_copied_becomes_a_new_drop(elsewhere: Settings) -> None:
    song = elsewhere.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)

    def grow() -> None:
        (hidden,) = (elsewhere.inbox / "songs").glob(".dropreel-*")
        with open(hidden, "ab") as out:
            out.write(b"more")

    over = during("after", "rename", grow)
    folder = take(elsewhere, the_group(elsewhere))
    over()
    assert (folder / "source.mp3").read_bytes() == SONG
    assert song.read_bytes() == SONG + b"more"


def test_a_copy_of_what_changes_meanwhile_is_not_taken(elsewhere: Settings) -> None:
    song = elsewhere.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)

    def grow() -> None:
        (hidden,) = (elsewhere.inbox / "songs").glob(".dropreel-*")
        with open(hidden, "ab") as out:
            out.write(b"more")

    over = during("after", "hide", grow)
    with pytest.raises((PassingFault, OSError)):
        take(elsewhere, the_group(elsewhere))
    over()
    assert len(whole_copies(elsewhere, SONG + b"more")) == 1
    assert song.read_bytes() == SONG + b"more"
    assert os.listdir(elsewhere.stages / "queued") == []


def test_a_folder_with_ten_thousand_files_is_left_alone_and_says_why(settings: Settings) -> None:
    album = settings.inbox / "songs" / "album"
    album.mkdir()
    for number in range(10_000):
        os.close(os.open(album / f"{number}.mp3", os.O_CREAT | os.O_WRONLY))
    found = found_in(settings)
    assert found.groups == []
    assert found.waiting[0].reason == "more than 2000 files"


def test_folders_nested_without_end_are_left_alone(settings: Settings) -> None:
    deep = settings.inbox / "songs" / "album" / "/".join("x" * 20)
    deep.mkdir(parents=True)
    (deep / "a.mp3").write_bytes(SONG)
    found = found_in(settings)
    assert found.groups == []
    assert "nested too deep" in found.waiting[0].reason


def test_a_full_disk_holds_the_drop_where_it_is(elsewhere: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    song = elsewhere.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)

    def full(_source: int, target: int) -> str:
        os.write(target, b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    group = the_group(elsewhere)
    with monkeypatch.context() as patch:
        patch.setattr(handles, "_pour", full)
        with pytest.raises(Held, match="no room"):
            take(elsewhere, group)
    assert song.read_bytes() == SONG
    assert os.listdir(elsewhere.stages / "queued") == []
    take(elsewhere, the_group(elsewhere))


def test_a_copy_that_is_not_what_was_read_is_not_taken(elsewhere: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    song = elsewhere.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)
    monkeypatch.setattr(handles, "_digest", lambda _: "something else")
    with pytest.raises(PassingFault):
        take(elsewhere, the_group(elsewhere))
    assert song.read_bytes() == SONG
    assert os.listdir(elsewhere.stages / "queued") == []


def test_an_inbox_that_can_not_be_written_keeps_the_drop_and_says_so(settings: Settings) -> None:
    """As another user, in a child: the owner of everything is refused nothing."""
    song = settings.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)
    group = the_group(settings)
    for folder in (settings.root, *settings.root.parents):
        if folder.stat().st_uid == os.getuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    os.chmod(settings.stages, 0o777)
    os.chmod(settings.stages / "queued", 0o777)
    os.chmod(settings.inbox / "songs", 0o555)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            take(settings, group)
        except Held as fault:
            code = 0 if "permission" in fault.why else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    os.chmod(settings.inbox / "songs", 0o755)
    assert os.waitstatus_to_exitcode(status) == 0
    assert song.read_bytes() == SONG
    assert os.listdir(settings.stages / "queued") == []


def test_a_drop_that_stays_is_copied_and_never_taken_twice(settings: Settings) -> None:
    song = settings.inbox / "songs" / "kept.mp3"
    song.write_bytes(SONG)
    box = inbox.Inbox(settings, lambda _: None, folders=["songs"])
    plan = claim.ClaimPlan(rule={}, rule_name="kept", kind="song", take="copy")
    folder = box.claim(the_group(settings), plan, job_name="20260101-120000-kept-abcdef")
    assert (folder / "source.mp3").read_bytes() == SONG
    assert song.read_bytes() == SONG
    assert job_of(folder).source().kept


def test_sounds_of_one_folder_share_its_pictures_and_the_last_takes_them_away(either: Settings) -> None:
    album = either.inbox / "songs" / "album"
    (album / "cast").mkdir(parents=True)
    for number in (1, 2, 3):
        (album / f"{number}.mp3").write_bytes(SONG + bytes([number]))
    (album / "cast" / "ana.png").write_bytes(b"ana")
    (album / "Thumbs.db").write_bytes(b"litter")
    folders = [take(either, group) for group in found_in(either).groups]
    assert len(folders) == 3
    for folder in folders:
        (cast,) = job_of(folder).with_role("cast")
        assert (folder / cast.file).read_bytes() == b"ana"
        assert cast.path == "album/cast/ana.png"
    assert not album.exists()


def test_a_companion_that_vanished_before_the_claim_calls_for_another_look(settings: Settings) -> None:
    (settings.inbox / "songs" / "a.mp3").write_bytes(SONG)
    lyrics = settings.inbox / "songs" / "a.lrc"
    lyrics.write_text("la")
    group = the_group(settings)
    lyrics.unlink()
    with pytest.raises(PassingFault):
        take(settings, group)
    assert (settings.inbox / "songs" / "a.mp3").read_bytes() == SONG


def test_a_name_dropped_again_while_the_first_goes_back_is_not_overwritten(settings: Settings) -> None:
    song = settings.inbox / "songs" / "a.mp3"
    song.write_bytes(SONG)
    lyrics = settings.inbox / "songs" / "a.lrc"
    lyrics.write_text("la")

    def trouble() -> None:
        lyrics.write_text("other words")
        song.write_bytes(b"a second song")

    over = during("after", "take", trouble)
    with pytest.raises(PassingFault):
        take(settings, the_group(settings))
    over()
    assert song.read_bytes() == b"a second song"
    assert (settings.inbox / "songs" / "a (2).mp3").read_bytes() == SONG


def test_the_job_remembers_rule_title_and_seed(settings: Settings) -> None:
    (settings.inbox / "songs" / "My Song.flac").write_bytes(SONG)
    plan = claim.ClaimPlan({"name": "x"}, "x", "song", overrides={"tempo": 120})
    job = job_of(take(settings, the_group(settings), plan, seed=7))
    assert (job.title, job.rule, job.rule_name, job.seed) == ("My Song", {"name": "x"}, "x", 7)
    assert job.overrides == {"tempo": 120}
    assert job.inbox == "songs"
    assert not job.folder


def test_durable_renames_work_between_folder_handles(settings: Settings) -> None:
    (settings.inbox / "songs" / "a.mp3").write_bytes(SONG)
    with handles.folder(settings.inbox, "songs") as dir_fd:
        durable.rename_noreplace("a.mp3", "b.mp3", dir_fd, dir_fd)
        assert handles.free_name(dir_fd, "b.mp3") == "b (2).mp3"
        long = "y" * 251 + ".mp3"
        os.close(os.open(long, os.O_CREAT | os.O_WRONLY, dir_fd=dir_fd))
        free = handles.free_name(dir_fd, long)
        assert len(free) <= 255 and free.endswith(" (2).mp3")
    assert names.extension(free) == "mp3"
