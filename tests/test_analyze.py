"""The stage that listens: a job's source becomes analysis.json and its envelopes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daemon import sidecars
from daemon.audio import synth
from daemon.errors import FinalFault
from daemon.job import JobFolder
from daemon.settings import Settings
from daemon.stages import analyze as stage
from daemon.stages import function
from daemon.stages.tools import Tools


def make_job(root: Path, name: str = "20260101-120000-song-abc123", **fields: Any) -> JobFolder:
    folder = root / "stages" / "queued" / name
    folder.mkdir(parents=True)
    members = [sidecars.Member(role="source", name="Song.wav", file="source.wav"), *fields.pop("members", [])]
    job = sidecars.Job(id=name[-6:], name=name, kind="song", title="Song", inbox="songs", members=members, **fields)
    sidecars.write(folder, job)
    return JobFolder(folder)


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(Settings(root=tmp_path))


def test_a_song_gets_its_analysis_and_its_envelopes(tmp_path: Path, tools: Tools) -> None:
    job = make_job(tmp_path, rule={"name": "x", "deliver": {"fps": "24"}})
    truth = synth.write_song(job.file("source.wav"), seconds=10.0)
    said: list[tuple[float, str]] = []
    tools.progress = lambda fraction, doing="", **_: said.append((fraction, doing))
    analysis = function("analyze")(job, tools)
    assert isinstance(analysis, sidecars.Analysis)
    assert analysis.duration == truth.duration and analysis.seconds is not None and analysis.seconds > 0
    assert analysis.envelopes.fps == "24/1" and analysis.envelopes.frames == 240
    with np.load(job.file(analysis.envelopes.file)) as kept:
        assert sorted(kept.files) == ["bass", "mid", "onset", "rms", "treble"]
        assert all(kept[name].shape == (240,) and kept[name].dtype == np.float32 for name in kept.files)
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


def test_the_same_song_is_not_listened_to_twice(tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_job(tmp_path)
    synth.write_song(first.file("source.wav"), seconds=4.0)
    one = stage.analyze(first, tools)
    second = make_job(tmp_path, "20260101-120001-other-abc124")
    second.file("source.wav").write_bytes(first.file("source.wav").read_bytes())
    monkeypatch.setattr(stage, "_listen", lambda *_: pytest.fail("listened again"))
    two = stage.analyze(second, tools)
    assert two.model_dump(exclude={"seconds"}) == one.model_dump(exclude={"seconds"})
    assert second.file(two.envelopes.file).read_bytes() == first.file(one.envelopes.file).read_bytes()


def test_the_table_of_moods_in_the_job_names_the_mood_even_where_the_song_was_heard_before(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = make_job(tmp_path)
    synth.write_song(plain.file("source.wav"), seconds=6.0)
    one = stage.analyze(plain, tools)
    assert one.mood and one.mood_by == "built-in"
    table = {"most": 2, "words": {"mine": {"energy": [0, 1]}, "never": {"energy": [0.9999, 1]}}}
    told = make_job(tmp_path, "20260101-120001-told-abc124", moods=table)
    told.file("source.wav").write_bytes(plain.file("source.wav").read_bytes())
    monkeypatch.setattr(stage, "_listen", lambda *_: pytest.fail("listened again"))
    two = stage.analyze(told, tools)
    assert (two.mood, two.mood_by) == (["mine"], "moods.yaml")


def test_another_override_is_another_analysis(tmp_path: Path, tools: Tools) -> None:
    plain = make_job(tmp_path)
    truth = synth.write_song(plain.file("source.wav"), seconds=8.0)
    told = make_job(tmp_path, "20260101-120001-told-abc124", overrides={"tempo": truth.bpm / 2, "title": "Said"})
    told.file("source.wav").write_bytes(plain.file("source.wav").read_bytes())
    one, two = stage.analyze(plain, tools), stage.analyze(told, tools)
    assert two.tempo.bpm == pytest.approx(truth.bpm / 2, rel=0.02) and two.tags.title == "Said"
    assert one.envelopes.file != two.envelopes.file


def test_a_beats_file_that_was_dropped_beside_it_is_used_and_named_as_dropped(tmp_path: Path, tools: Tools) -> None:
    member = sidecars.Member(role="beats", name="Song.beats.txt", file="beats-01.txt")
    job = make_job(tmp_path, members=[member])
    synth.write_song(job.file("source.wav"), seconds=4.0)
    job.file("beats-01.txt").write_text("0.5\n1.5\n2.5\n3.5\n")
    analysis = stage.analyze(job, tools)
    assert analysis.beats == [0.5, 1.5, 2.5, 3.5]
    assert any("Song.beats.txt" in note for note in analysis.notes)


def test_a_wrong_beats_file_is_named_as_dropped(tmp_path: Path, tools: Tools) -> None:
    member = sidecars.Member(role="beats", name="Song.beats.txt", file="beats-01.txt")
    job = make_job(tmp_path, members=[member])
    synth.write_song(job.file("source.wav"), seconds=4.0)
    job.file("beats-01.txt").write_text("0.5\nsoon\n")
    with pytest.raises(FinalFault, match=r"Song\.beats\.txt, line 2 can't be read: there is 'soon'"):
        stage.analyze(job, tools)


def test_what_is_no_song_is_a_final_fault_and_leaves_nothing(tmp_path: Path, tools: Tools) -> None:
    job = make_job(tmp_path)
    job.file("source.wav").write_text("no song")
    with pytest.raises(FinalFault):
        stage.analyze(job, tools)
    assert sorted(path.name for path in job.path.iterdir()) == ["job.json", "source.wav"]


def test_a_source_that_is_gone_is_a_final_fault(tmp_path: Path, tools: Tools) -> None:
    with pytest.raises(FinalFault, match="gone"):
        stage.analyze(make_job(tmp_path), tools)


@pytest.mark.parametrize("damage", ["cut", "bits", "empty", "gone"])
def test_damaged_envelopes_in_the_cache_are_made_anew(tmp_path: Path, tools: Tools, damage: str) -> None:
    job = make_job(tmp_path)
    synth.write_song(job.file("source.wav"), seconds=2.0)
    stage.analyze(job, tools)
    (kept,) = (tmp_path / "library" / "cache" / "analysis").glob("*.npz")
    data = bytearray(kept.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 20] = bytes(20) if damage == "bits" else data[middle : middle + 20]
    kept.write_bytes({"cut": data[: len(data) // 2], "bits": data, "empty": b"", "gone": b""}[damage])
    if damage == "gone":
        kept.unlink()
    again = make_job(tmp_path, "20260101-120001-other-abc124")
    again.file("source.wav").write_bytes(job.file("source.wav").read_bytes())
    with np.load(again.file(stage.analyze(again, tools).envelopes.file)) as envelopes:
        assert all(envelopes[name].shape == (60,) for name in envelopes.files)


def test_an_entry_that_is_used_is_not_the_next_to_go(tmp_path: Path, tools: Tools) -> None:
    job = make_job(tmp_path)
    synth.write_song(job.file("source.wav"), seconds=0.5)
    stage.analyze(job, tools)
    (kept,) = (tmp_path / "library" / "cache" / "analysis").glob("*.json")
    os.utime(kept, (5, 5))
    stage.analyze(job, tools)
    assert kept.stat().st_mtime > 5


def test_a_damaged_cache_entry_is_listened_to_anew(tmp_path: Path, tools: Tools) -> None:
    job = make_job(tmp_path)
    synth.write_song(job.file("source.wav"), seconds=2.0)
    one = stage.analyze(job, tools)
    for entry in (tmp_path / "library" / "cache" / "analysis").glob("*.json"):
        entry.write_text('{"version": ')
    assert stage.analyze(job, tools).beats == one.beats


def test_the_cache_holds_so_many_entries_and_lets_the_oldest_go(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "KEEP", 2)
    cache = tmp_path / "library" / "cache" / "analysis"
    for index in range(3):
        job = make_job(tmp_path, f"20260101-12000{index}-song-abc12{index}")
        synth.write_song(job.file("source.wav"), seconds=0.5, seed=index)
        stage.analyze(job, tools)
        for path in cache.iterdir():
            if path.stat().st_mtime > 1e6:
                os.utime(path, (index * 10, index * 10))
    assert len(list(cache.glob("*.json"))) == 2 == len(list(cache.glob("*.npz")))
    assert min(path.stat().st_mtime for path in cache.iterdir()) >= 10


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path, tools: Tools) -> None:
    job = make_job(tmp_path)
    synth.write_song(job.file("source.wav"), seconds=1.0)
    (tmp_path / "library").write_text("a file where the folder should be")
    assert stage.analyze(job, tools).duration == 1.0
