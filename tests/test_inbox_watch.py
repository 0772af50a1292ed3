"""Watching: when to look, and what a look comes to. Time is passed in; threads run only where they are the matter."""

from __future__ import annotations

import errno
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers.api import BaseObserver, EventEmitter, ObservedWatch

from daemon import events
from daemon.errors import Held
from daemon.queue import claim, groups, handles, hints, mounts
from daemon.queue.groups import Group
from daemon.queue.inbox import Inbox
from tests.queue_help import PLAN, SONG, make_root

TABLE = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
NAME = "20260101-120000-a-{:06x}"


class NoObserver(BaseObserver):
    """Watches nothing, willingly."""

    def __init__(self) -> None:
        super().__init__(EventEmitter)

    def schedule(self, _handler: Any, path: Any, **_: Any) -> ObservedWatch:
        return ObservedWatch(path, recursive=False)

    def unschedule(self, watch: ObservedWatch) -> None:
        del watch


class Box:
    """An inbox with a clock and a mount table of our own, looked at by hand."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = make_root(folder / "root", **settings)
        self.songs = self.settings.inbox / "songs"
        self.mountinfo = folder / "mountinfo"
        self.mountinfo.write_text(TABLE)
        self.heard: queue.Queue[events.Event] = queue.Queue()
        self.seen: list[events.InboxSeen] = []
        self.groups: list[Group] = []
        self.now = 1000.0
        self.restart()

    def restart(self, **more: Any) -> None:
        more = {"hints": hints.Hints(NoObserver), **more}
        self.inbox = Inbox(
            self.settings,
            self.heard.put,
            folders=["songs", "songs/cartoon"],
            mountinfo=self.mountinfo,
            clock=lambda: self.now,
            **more,
        )

    def look(self, seconds: float = 0.0) -> float:
        """Looks, after so many seconds; returns when to look again."""
        self.now += seconds
        wait = self.inbox.look()
        while not self.heard.empty():
            event = self.heard.get()
            if isinstance(event, events.Settled):
                self.groups.append(event.group)
            elif isinstance(event, events.InboxSeen) and event.inbox == "songs":
                self.seen.append(event)
        return wait

    def settled(self) -> list[str]:
        """The sources told as settled since the last call."""
        found, self.groups = self.groups, []
        return [group.source.name for group in found]

    def waiting(self) -> dict[str, str]:
        """What waits in songs, by the last word on it."""
        return {waiting.name: waiting.reason for waiting in self.seen[-1].waiting}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_drop_is_told_when_it_has_lain_unchanged_for_the_set_time(box: Box) -> None:
    (box.songs / "a.mp3").write_bytes(SONG)
    wait = box.look()
    assert box.settled() == []
    assert "still growing" in box.waiting()["a.mp3"]
    assert box.settings.settle <= wait <= box.settings.settle + 0.1
    box.look(wait)
    assert box.settled() == ["a.mp3"]
    assert box.waiting() == {}


def test_what_lay_there_at_the_start_must_settle_like_all_else(box: Box) -> None:
    (box.songs / "old.mp3").write_bytes(SONG)
    os.utime(box.songs / "old.mp3", (0, 0))
    box.look()
    assert box.settled() == []
    box.look(4.1)
    assert box.settled() == ["old.mp3"]


def test_a_growing_file_is_never_told(box: Box) -> None:
    for size in range(1, 8):
        (box.songs / "a.mp3").write_bytes(b"x" * size)
        box.look(3)
    assert box.settled() == []


def test_a_companion_that_comes_late_makes_the_drop_settle_anew(box: Box) -> None:
    (box.songs / "a.mp3").write_bytes(SONG)
    box.look()
    (box.songs / "a.yaml").write_text("tempo: 120")
    box.look(4.1)
    assert box.settled() == []
    box.look(4.1)
    assert box.groups[0].override == b"tempo: 120"
    assert box.settled() == ["a.mp3"]


def test_a_drop_is_told_once_and_again_after_a_full_scan_in_case_the_word_was_lost(box: Box) -> None:
    (box.songs / "a.mp3").write_bytes(SONG)
    box.look()
    box.look(4.1)
    assert box.settled() == ["a.mp3"]
    box.look(1)
    assert box.settled() == []
    box.look(box.settings.scan)
    assert box.settled() == ["a.mp3"]


def test_a_refused_drop_waits_with_its_reason_until_it_changes(box: Box) -> None:
    song = box.songs / "a.mp3"
    song.write_bytes(SONG)
    box.look()
    box.look(4.1)
    box.inbox.refuse(box.groups[0], "the YAML beside it is wrong: line 3")
    box.settled()
    box.look(box.settings.scan + 1)
    assert box.settled() == []
    assert box.waiting() == {"a.mp3": "the YAML beside it is wrong: line 3"}
    song.write_bytes(SONG + b"x")
    box.look(1)
    box.look(4.1)
    assert box.settled() == ["a.mp3"]


def test_a_drop_that_is_held_says_why_and_is_told_again_by_and_by(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    (box.songs / "a.mp3").write_bytes(SONG)
    box.look()
    box.look(4.1)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(claim.sidecars, "write", full)
        with pytest.raises(Held):
            box.inbox.claim(box.groups[0], PLAN, job_name=NAME.format(1))
    box.settled()
    box.look(1)
    assert box.settled() == []
    assert "no room left" in box.waiting()["a.mp3"]
    box.look(box.settings.scan)
    assert box.settled() == ["a.mp3"]
    assert os.listdir(box.settings.stages / "queued") == []


def test_new_rules_make_refused_drops_be_told_again(box: Box) -> None:
    (box.songs / "a.mp3").write_bytes(SONG)
    box.look()
    box.look(4.1)
    box.inbox.refuse(box.groups[0], "no rule takes it")
    box.settled()
    box.inbox.reconsider()
    box.look(0.1)
    assert box.settled() == ["a.mp3"]


def test_an_open_writer_keeps_a_drop_waiting(box: Box) -> None:
    with open(box.songs / "a.mp3", "wb") as writer:
        writer.write(SONG)
        writer.flush()
        with handles.folder(box.settings.inbox, "songs") as dir_fd:
            if not handles.is_written(dir_fd, "a.mp3"):
                pytest.skip("no leases on this file system")
        box.look()
        box.look(4.1)
        assert box.settled() == []
        assert box.waiting()["a.mp3"] == "another program is still writing it"
        box.look(2)
        assert box.waiting()["a.mp3"] == "another program is still writing it"
    box.look(4.1)
    assert box.settled() == ["a.mp3"]


def test_a_yaml_too_large_to_be_one_keeps_its_song_waiting(box: Box) -> None:
    (box.songs / "a.mp3").write_bytes(SONG)
    (box.songs / "a.yaml").write_bytes(b"#" * 70_000)
    box.look()
    box.look(4.1)
    assert box.settled() == []
    assert "64 KiB" in box.waiting()["a.mp3"]


def test_an_inbox_within_an_inbox_tells_its_own_drops(box: Box) -> None:
    (box.songs / "cartoon" / "a.mp3").write_bytes(SONG)
    (box.songs / "album").mkdir()
    (box.songs / "album" / "b.mp3").write_bytes(SONG)
    box.look()
    box.look(4.1)
    assert sorted((group.inbox, group.top) for group in box.groups) == [("songs", "album"), ("songs/cartoon", "a.mp3")]


def test_a_drop_taken_by_copy_is_told_once_ever_unless_its_content_changes(box: Box) -> None:
    song = box.songs / "a.mp3"
    song.write_bytes(SONG)
    box.look()
    box.look(4.1)
    plan = claim.ClaimPlan({}, "kept", "song", take="copy")
    box.inbox.claim(box.groups[0], plan, job_name=NAME.format(1))
    box.settled()
    for _ in range(3):
        box.look(box.settings.scan + 1)
    assert box.settled() == []
    assert box.waiting() == {}
    box.restart()
    os.utime(song)  # another program touched it: its content tells that it is the same
    box.look()
    box.look(5)
    box.look(box.settings.scan + 1)
    assert box.settled() == []
    song.write_bytes(SONG[::-1])
    box.look(1)
    box.look(4.1)
    assert box.settled() == ["a.mp3"]


def test_a_drop_taken_by_copy_and_removed_is_forgotten(box: Box) -> None:
    song = box.songs / "a.mp3"
    song.write_bytes(SONG)
    box.look()
    box.look(4.1)
    plan = claim.ClaimPlan({}, "kept", "song", take="copy")
    box.inbox.claim(box.groups[0], plan, job_name=NAME.format(1))
    box.settled()
    song.unlink()
    box.look(1)
    song.write_bytes(SONG)
    box.look(1)
    box.look(4.1)
    assert box.settled() == ["a.mp3"]


# --- mounts ---------------------------------------------------------------------------------------


def mounted(box: Box, fstype: str) -> None:
    box.mountinfo.write_text(f"{TABLE}30 22 0:30 / {box.songs} rw - {fstype} there rw\n")


def test_a_share_is_polled_by_itself_and_a_local_folder_is_not(box: Box) -> None:
    mounted(box, "cifs")
    wait = box.look()
    songs, cartoon = box.inbox.how()
    assert (songs.way, songs.fstype) == ("polling", "cifs")
    assert "doesn't tell" in songs.why
    assert wait == box.settings.poll
    assert cartoon.way == "polling"
    box.mountinfo.write_text(TABLE)
    (box.songs / "a.mp3").write_bytes(SONG)
    box.look(1)
    assert [how.way for how in box.inbox.how()] == ["events", "events"]


def test_a_share_that_is_not_mounted_is_absent_not_empty(box: Box) -> None:
    song = box.songs / "a.mp3"
    mounted(box, "cifs")
    song.write_bytes(SONG)
    box.look()
    song.rename(box.settings.root / "with the share")
    box.mountinfo.write_text(TABLE)
    box.look(5)
    assert "nothing is mounted" in box.seen[-1].absent
    assert "nothing is mounted" in box.inbox.absent()["songs"]
    (box.settings.root / "with the share").rename(song)
    mounted(box, "cifs")
    box.look(1)
    assert box.seen[-1].absent == ""
    # Nothing was concluded meanwhile: its time went on.
    assert box.settled() == ["a.mp3"]


def test_a_share_that_was_not_mounted_at_the_start_is_absent_too(box: Box) -> None:
    mounted(box, "nfs4")
    box.look()
    box.mountinfo.write_text(TABLE)
    box.restart()
    box.look()
    assert "nothing is mounted" in box.seen[-1].absent


def test_a_folder_that_came_to_be_used_without_its_mount_is_there(box: Box) -> None:
    mounted(box, "nfs4")
    box.look()
    box.mountinfo.write_text(TABLE)
    (box.songs / "a.mp3").write_bytes(SONG)
    box.look()
    assert box.seen[-1].absent == ""
    (box.songs / "a.mp3").unlink()
    box.look()
    assert box.seen[-1].absent == ""


def test_an_inbox_folder_that_is_gone_or_a_link_is_absent(box: Box, tmp_path: Path) -> None:
    shutil.rmtree(box.songs)
    box.look()
    assert box.seen[-1].absent == "the folder isn't there"
    box.songs.symlink_to(tmp_path)
    box.look()
    assert box.seen[-1].absent == "a link or a file has its name"
    box.songs.unlink()
    (box.songs / "cartoon").mkdir(parents=True)
    box.look()
    assert box.seen[-1].absent == ""


def test_a_share_that_answers_with_errors_is_absent_and_its_drops_are_kept_in_mind(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    (box.songs / "a.mp3").write_bytes(SONG)
    box.look()

    def stale(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with monkeypatch.context() as patch:
        patch.setattr(handles, "listing", stale)
        box.look(1)
        assert "doesn't answer" in box.seen[-1].absent
    box.look(4.1)
    assert box.settled() == ["a.mp3"]


class RunsOut(NoObserver):
    """An observer that has no watch left."""

    code = errno.ENOSPC

    def schedule(self, *_: Any, **__: Any) -> Any:
        raise OSError(self.code, os.strerror(self.code))


@pytest.mark.parametrize(("code", "said"), [(errno.ENOSPC, "max_user_watches"), (errno.EMFILE, "max_user_instances")])
def test_where_inotify_runs_out_the_folder_is_polled_and_that_is_said(
    box: Box, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunsOut, "code", code)
    box.restart(hints=hints.Hints(RunsOut))
    assert box.look() == box.settings.poll
    (how, _) = box.inbox.how()
    assert how.way == "polling"
    assert said in how.why


def test_polling_can_be_set_for_good(tmp_path: Path) -> None:
    box = Box(tmp_path, watch="poll", poll=7)
    assert box.look() == 7
    assert box.inbox.how()[0].way == "polling"


def test_the_bell_rings_when_the_mount_table_changes(tmp_path: Path) -> None:
    rung = threading.Event()
    bell = hints.MountBell(rung.set)
    bell.start()
    inner, outer = tmp_path / "a", tmp_path / "b"
    inner.mkdir()
    outer.mkdir()
    try:
        if subprocess.run(["mount", "--bind", inner, outer], capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
        try:
            assert rung.wait(10)
        finally:
            subprocess.run(["umount", outer], check=True)
    finally:
        bell.stop()


# --- with threads -----------------------------------------------------------------------------------


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Inbox, queue.Queue[events.Event], Path]]:
    settings = make_root(tmp_path / "root", settle=0.2, poll=0.3, scan=60)
    heard: queue.Queue[events.Event] = queue.Queue()
    inbox = Inbox(settings, heard.put, folders=["songs", "songs/cartoon"])
    inbox.start()
    yield inbox, heard, settings.inbox / "songs"
    inbox.stop()


def next_settled(heard: queue.Queue[events.Event], seconds: float = 20) -> Group:
    end = time.monotonic() + seconds
    while True:
        event = heard.get(timeout=max(0.0, end - time.monotonic()))
        if isinstance(event, events.Settled):
            found: Group = event.group
            return found


def first_look(heard: queue.Queue[events.Event], inbox: str) -> None:
    while True:
        event = heard.get(timeout=20)
        if isinstance(event, events.InboxSeen) and event.inbox == inbox:
            return


def test_a_drop_is_heard_of_long_before_the_next_full_scan(
    live: tuple[Inbox, queue.Queue[events.Event], Path],
) -> None:
    _, heard, songs = live
    first_look(heard, "songs")
    (songs / "a.mp3").write_bytes(SONG)
    assert next_settled(heard).source.name == "a.mp3"


def test_an_error_in_a_look_does_not_end_the_looking(
    live: tuple[Inbox, queue.Queue[events.Event], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, heard, songs = live
    first_look(heard, "songs")
    assemble, failures = groups.assemble, [2]

    def faulty(*facts: Any, **more: Any) -> Any:
        if failures[0] > 0:
            failures[0] -= 1
            raise RuntimeError("dictionary changed size during iteration")
        return assemble(*facts, **more)

    monkeypatch.setattr(groups, "assemble", faulty)
    (songs / "a.mp3").write_bytes(SONG)
    assert next_settled(heard).source.name == "a.mp3"
    assert failures == [0]


def test_an_inbox_that_was_made_anew_is_watched_again(live: tuple[Inbox, queue.Queue[events.Event], Path]) -> None:
    inbox, heard, songs = live
    first_look(heard, "songs/cartoon")
    shutil.rmtree(songs / "cartoon")
    (songs / "cartoon").mkdir()
    woken = time.monotonic()
    inbox.wake()
    # Until a look was over that began after the folder was there again.
    while inbox.how()[1].absent or (inbox.how()[1].seen or 99) > time.monotonic() - woken:
        time.sleep(0.01)
    (songs / "cartoon" / "a.mp3").write_bytes(SONG)
    assert next_settled(heard).inbox == "songs/cartoon"


def test_folders_come_and_go_with_the_rules(live: tuple[Inbox, queue.Queue[events.Event], Path]) -> None:
    inbox, heard, songs = live
    (songs / "deity").mkdir()
    inbox.set_folders(["songs", "songs/deity"])
    assert inbox.nested("songs") == {"deity"}
    (songs / "deity" / "a.mp3").write_bytes(SONG)
    assert next_settled(heard).inbox == "songs/deity"


def test_a_share_that_hangs_hangs_nobody_else_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_root(tmp_path / "root", settle=0.2)
    heard: queue.Queue[events.Event] = queue.Queue()
    now = [0.0]
    let_go = threading.Event()
    listing = handles.listing

    def hangs(dir_fd: int, **more: Any) -> Any:
        if "cartoon" in os.readlink(f"/proc/self/fd/{dir_fd}"):
            let_go.wait(60)
        return listing(dir_fd, **more)

    monkeypatch.setattr(handles, "listing", hangs)
    inbox = Inbox(settings, heard.put, folders=["songs", "songs/cartoon"], clock=lambda: time.monotonic() + now[0])
    inbox.start()
    (settings.inbox / "songs" / "a.mp3").write_bytes(SONG)
    assert next_settled(heard).source.name == "a.mp3"
    now[0] = 100
    assert "hasn't answered" in inbox.absent()["songs/cartoon"]
    began = time.monotonic()
    inbox.stop(grace=0.2)
    assert time.monotonic() - began < 5
    let_go.set()


def test_our_own_pages_and_notes_wake_nobody(tmp_path: Path) -> None:
    woken = threading.Event()
    watcher = hints.Hints()
    assert watcher.watch("a", str(tmp_path), tmp_path.stat(), woken.set) == ""
    (tmp_path / "_STATUS.html").write_text("x")
    (tmp_path / "a.mp3.FAILED.txt").write_text("x")
    (tmp_path / "a.mp3.FAILED.txt").read_text()
    assert not woken.wait(0.3)
    (tmp_path / "a.mp3").write_text("x")
    assert woken.wait(10)
    watcher.stop()


def test_over_fuse_an_inbox_is_polled_and_drops_are_claimed(tmp_path: Path) -> None:
    """bindfs: a real FUSE mount, on which a rename out of it says EXDEV."""
    if shutil.which("bindfs") is None or not os.access("/dev/fuse", os.W_OK):
        pytest.skip("bindfs or /dev/fuse is not here")
    settings = make_root(tmp_path / "root", settle=0.2, poll=0.2)
    behind = tmp_path / "behind"
    behind.mkdir()
    songs = settings.inbox / "songs"
    (songs / "cartoon").rmdir()
    if subprocess.run(["bindfs", behind, songs], capture_output=True).returncode:
        pytest.skip("FUSE mounts are not allowed here")
    heard: queue.Queue[events.Event] = queue.Queue()
    inbox = Inbox(settings, heard.put, folders=["songs"])
    try:
        assert mounts.is_private_ok(songs) != ""
        inbox.start()
        (behind / "a song.mp3").write_bytes(SONG)  # made elsewhere: no event comes
        (behind / "a song.lrc").write_bytes(b"la")
        group = next_settled(heard)
        assert inbox.how()[0].way == "polling"
        folder = inbox.claim(group, PLAN, job_name=NAME.format(1))
        assert (folder / "source.mp3").read_bytes() == SONG
        assert os.listdir(behind) == []
    finally:
        inbox.stop()
        subprocess.run(["fusermount", "-u", songs], check=True)
    gone = Inbox(settings, heard.put, folders=["songs"])
    gone.look()
    assert "nothing is mounted" in gone.absent()["songs"]
