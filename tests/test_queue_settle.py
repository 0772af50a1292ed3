"""Settling and mounts: when a drop is whole, and how a folder is to be watched."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.queue import mounts
from daemon.queue.settle import Settler, has_writer


def test_two_equal_sightings_far_enough_apart_settle() -> None:
    settler = Settler(4)
    assert not settler.see("a", 1, 100.0)
    assert not settler.see("a", 1, 103.9)
    assert settler.see("a", 1, 104.0)


def test_a_change_starts_the_time_anew() -> None:
    settler = Settler(4)
    settler.see("a", 1, 0.0)
    assert not settler.see("a", 2, 3.0)
    assert not settler.see("a", 2, 6.9)
    assert settler.see("a", 2, 7.0)


def test_one_sighting_never_settles_however_late_it_comes() -> None:
    assert not Settler(4).see("a", 1, 1e9)


def test_a_known_writer_starts_the_time_anew() -> None:
    settler = Settler(4)
    settler.see("a", 1, 0.0)
    assert not settler.see("a", 1, 5.0, writer=True)
    assert not settler.see("a", 1, 8.9)
    assert settler.see("a", 1, 9.0)


def test_what_went_and_came_back_starts_anew() -> None:
    settler = Settler(4)
    settler.see("a", 1, 0.0)
    settler.keep_only([])
    assert not settler.see("a", 1, 5.0)


def test_the_next_due_time_is_the_soonest_of_those_on_their_way() -> None:
    settler = Settler(4)
    assert settler.next_due(0.0) is None
    settler.see("a", 1, 0.0)
    settler.see("b", 1, 1.0)
    assert settler.next_due(2.0) == pytest.approx(2.0)
    assert settler.next_due(4.5) == pytest.approx(0.5)
    assert settler.next_due(5.0) is None


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0.01, 3)), max_size=30))
def test_nothing_settles_that_changed_within_the_time(sightings: list[tuple[int, float]]) -> None:
    settler, now, seen = Settler(4), 0.0, []
    for signature, step in sightings:
        now += step
        seen.append((now, signature))
        if settler.see("a", signature, now):
            assert all(one == signature for at, one in seen if at >= now - 4)
            assert any(at <= now - 4 for at, _ in seen)


def test_an_open_writer_is_known_and_a_closed_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with open(path, "wb") as writer:
        writer.write(b"x")
        writer.flush()
        fd = os.open(path, os.O_RDONLY)
        if (known := has_writer(fd)) is None:
            pytest.skip("no leases on this file system")
        assert known is True
    assert has_writer(fd) is False
    # The lease was given up again: a writer needn't wait.
    assert fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_UNLCK
    os.close(fd)


TABLE = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /mnt/share rw shared:2 master:1 - cifs //nas/music rw
31 22 0:31 / /mnt/a\040b\011c rw - nfs4 nas:/x rw
32 22 0:32 / /mnt/share/deep rw - fuse.sshfs me@there: rw
33 22 0:33 / /over rw - tmpfs tmpfs rw
34 33 0:34 / /over rw - fuse.rclone remote: rw
35 22 0:35 / /strange rw - holofs x rw
36 22 0:36 / /ntfs rw - fuseblk /dev/sdb1 rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "fstype", "by_events"),
    [
        ("/root/inbox/songs", "ext4", True),
        ("/mnt/share/songs", "cifs", False),
        ("/mnt/sharex", "ext4", True),
        ("/mnt/a b\tc/songs", "nfs4", False),
        ("/mnt/share/deep/x", "fuse.sshfs", False),
        ("/over/x", "fuse.rclone", False),
        ("/strange/x", "holofs", False),
        ("/ntfs/x", "fuseblk", True),
    ],
)
def test_the_mount_table_says_how_a_folder_is_watched(path: str, fstype: str, by_events: bool) -> None:
    mount = mounts.mount_of(path, mounts.parse(TABLE))
    assert mount.fstype == fstype
    assert mounts.sends_events(mount.fstype) is by_events


def test_private_folders_are_refused_on_network_and_fuse_alone() -> None:
    table = mounts.parse(TABLE)
    assert mounts.is_private_ok("/srv/stages", table) == ""
    assert "cifs" in mounts.is_private_ok("/mnt/share/stages", table)
    assert "fuse.rclone" in mounts.is_private_ok("/over/stages", table)


def test_a_mount_point_that_went_has_vanished_and_the_root_never_does() -> None:
    table = mounts.parse(TABLE)
    assert mounts.vanished("/mnt/gone", table)
    assert not mounts.vanished("/mnt/share", table)
    assert not mounts.vanished("/", ())
    assert not mounts.vanished("", table)


def test_the_systems_own_table_can_be_read() -> None:
    table = mounts.read()
    assert mounts.mount_of("/proc/self", table).fstype == "proc"
    assert mounts.mount_of("/", table).fstype != "unknown"


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=300))
def test_no_text_is_too_strange_for_a_mount_table(text: str) -> None:
    mounts.mount_of("/a", mounts.parse(text))
