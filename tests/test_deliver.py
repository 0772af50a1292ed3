"""Delivery: the outbox is full for a while; a copy comes out wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from daemon.errors import PassingFault
from daemon.stages import deliver

from .coordinating import coordinator, copies_of, make_root
from .test_service import in_stage, until
from .toys import wav


def test_a_full_outbox_costs_no_attempts_and_is_delivered_to_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_root(tmp_path)
    settings.limits.first_delay = 0.05
    data = wav(settings.inbox / "songs" / "a.wav")
    statvfs, full = os.statvfs, [settings.limits.tries + 3]

    def room(path: Any) -> Any:
        found = statvfs(path)
        if Path(path) != settings.outbox or not full[0]:
            return found
        full[0] -= 1
        facts = list(found)
        facts[4] = 0  # f_bavail
        return os.statvfs_result(facts)

    monkeypatch.setattr(os, "statvfs", room)
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "synced"))
    until(c, lambda: "outbox is full" in c.jobs[job.id].state.last_fault)
    assert copies_of(data, tmp_path) == [job.path / "source.wav"]
    until(c, in_stage(settings, "done"))
    assert full == [0]
    assert (settings.outbox / "a" / "a.mp4").is_file()
    c.end()


def test_a_dropped_file_whose_copy_differs_is_not_taken_for_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.wav"
    source.write_bytes(b"a song")
    folder = tmp_path / "build"
    folder.mkdir()

    def spoilt(read: Any, write: Any) -> None:
        Path(os.fsdecode(write)).write_bytes(b"a s0ng")

    monkeypatch.setattr(deliver.shutil, "copystat", spoilt)
    with pytest.raises(PassingFault, match="differs from the dropped file"):
        deliver.copy(source, folder, b"song.wav", "0664")
