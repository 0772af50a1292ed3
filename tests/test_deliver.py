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


def test_what_lay_in_a_dropped_folder_keeps_its_folders_there_and_back(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    ways = ["cast/hero/idle.png", "cast/Villain/idle.png", "cast/villain/idle.png", "backgrounds/idle.png", "notes.txt"]
    album = settings.inbox / "songs" / "Mix"
    dropped = {way: f"picture at {way}".encode() for way in ways}
    for way, data in dropped.items():
        (album / way).parent.mkdir(parents=True, exist_ok=True)
        (album / way).write_bytes(data)
    song = wav(album / "Mix.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "done"))
    there = settings.outbox / "Mix"
    until(c, lambda: copies_of(song, tmp_path) == [there / "Mix.wav"])
    lies = {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert {way: lies.get(way) for way in ways if "villain/" not in way.lower()} == {
        way: data for way, data in dropped.items() if "villain/" not in way.lower()
    }
    villains = sorted(data for way, data in lies.items() if way.casefold().startswith("cast/villain/"))
    assert villains == sorted(data for way, data in dropped.items() if "villain/" in way.lower())
    assert len({way.casefold() for way in lies}) == len(lies), "no two names differ by case alone"
    (there / "REOPEN").write_text("")
    until(c, lambda: not (there / "REOPEN").exists())
    until(c, in_stage(settings, "done"))
    until(c, (settings.outbox / "Mix (2)" / "cast" / "hero" / "idle.png").exists)
    assert job.id
    c.end()


def test_a_folder_of_the_outbox_swapped_for_a_link_brings_nothing_back_into_a_job(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    album = settings.inbox / "songs" / "Mix"
    (album / "cast").mkdir(parents=True)
    (album / "cast" / "hero.png").write_bytes(b"a hero")
    wav(album / "Mix.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "done"))
    cast = settings.outbox / "Mix" / "cast"
    until(c, (cast / "hero.png").exists)
    until(c, lambda: not list(c.jobs[job.id].folder.path.glob("cast-*")))
    elsewhere = tmp_path / "elsewhere"
    cast.rename(elsewhere)
    cast.symlink_to(elsewhere)
    (settings.outbox / "Mix" / "REOPEN").write_text("")
    until(c, lambda: "put it back there" in c.jobs[job.id].doing)
    assert not list(c.jobs[job.id].folder.path.glob("cast-*"))
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
