"""The sync stage: a job in approved/ becomes a verified film; resumed, reopened, refused."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from daemon import sidecars
from daemon.errors import FinalFault
from daemon.film import assemble, encode
from daemon.film import verify as guard
from daemon.job import JobFolder
from daemon.settings import Settings
from daemon.stages.sync import sync
from daemon.stages.tools import Tools
from daemon.video import watch
from tests import film_help as help


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))


def tools(root: Path, said: list[tuple[float, str, dict[str, Any]]] | None = None) -> Tools:
    def progress(fraction: float, doing: str = "", **extra: Any) -> None:
        if said is not None:
            said.append((fraction, doing, extra))

    return Tools(Settings(root=root), progress=progress)


def segments_of(job: JobFolder) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in job.path.glob("segment-*.mp4")}


def test_an_approved_job_becomes_a_verified_film(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(14.0), help.rule(), title='It\'s "odd": [a];b, ünï')
    said: list[tuple[float, str, dict[str, Any]]] = []
    made = sync(job, tools(tmp_path, said))
    film = made.films[0]
    facts = watch.facts(job.file(film.file))
    assert (facts.width, facts.height, facts.video_codec, facts.audio_codec) == (256, 144, "h264", "aac")
    assert facts.tags["title"] == 'It\'s "odd": [a];b, ünï'
    assert facts.colour == (1, 1, 1, 1)
    assert film.frames == 420
    assert made.tries == 1
    assert made.checks and all(check.ok for check in made.checks)
    assert made.av_offset_ms is not None and abs(made.av_offset_ms) < 1.0
    assert made.scores.hits == made.scores.cuts == made.shots - 1
    assert made.scores.random_hit < 0.5
    edit = json.loads(job.file(made.edit).read_text())
    assert edit["frames"] == 420 and len(edit["shots"]) == made.shots
    assert sorted(Path(name).suffix for name in made.extras) == [".csv", ".edl", ".otio", ".txt"]
    assert all(job.file(name).stat().st_size for name in made.extras)
    assert made.loudness_after.true_peak_dbtp is not None
    poster = cv2.imread(str(job.file(made.poster)))
    assert poster is not None and poster.shape == (144, 256, 3)
    fractions = [fraction for fraction, _, _ in said]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    encoding = [extra for _, doing, extra in said if doing == "encoding"]
    assert encoding and set(encoding[-1]) == {"fps", "left"}
    left_over = [path.name for path in job.path.iterdir() if path.name.startswith(".") or ".mp4.txt" in path.name]
    assert not left_over


def test_run_twice_it_gives_the_same_and_encodes_nothing_again(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(14.0), help.rule())
    first = sync(job, tools(tmp_path))
    before = segments_of(job)
    second = sync(job, tools(tmp_path))
    assert first == second
    assert segments_of(job) == before and before


def test_a_lost_segment_alone_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "SEGMENT", (1.0, 2.0, 3.0))
    job = help.job(tmp_path, help.song(8.0), help.rule(128, 72))
    film = sync(job, tools(tmp_path)).films[0]
    before = segments_of(job)
    assert len(before) >= 3
    lost = sorted(before)[1]
    job.file(lost).unlink()
    job.file(film.file).unlink()
    assert sync(job, tools(tmp_path)).films[0] == film
    after = segments_of(job)
    assert {name for name in after if after[name] != before[name]} == {lost}


def test_a_changed_picture_makes_only_its_own_segments_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "SEGMENT", (1.0, 2.0, 3.0))
    job = help.job(tmp_path, help.song(8.0), help.rule(128, 72))
    first = sync(job, tools(tmp_path)).films[0]
    before = segments_of(job)
    approval = job.need(sidecars.Approval)
    help.picture(job.path / "01b.png", 4711)
    approval.pictures["01"] = [
        sidecars.Picture(slot="01", candidate="b", file="01b.png", fingerprint="new", width=400, height=225)
    ]
    sidecars.write(job.path, approval)
    second = sync(job, tools(tmp_path)).films[0]
    assert second.file != first.file
    fresh = set(segments_of(job)) - set(before)
    assert 1 <= len(fresh) < len(before)


def test_a_film_that_fails_its_check_once_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = help.job(tmp_path, help.song(6.0), help.rule())
    real, seen = guard.verify, []

    def flaky(*args: Any, **named: Any) -> guard.Verdict:
        verdict = real(*args, **named)
        seen.append(args[0])
        if len(seen) == 1:
            verdict.checks.append(sidecars.Check(name="cuts", ok=False, measured="3 of 9", limit="all"))
        return verdict

    monkeypatch.setattr(guard, "verify", flaky)
    made = sync(job, tools(tmp_path))
    assert made.tries == 2
    assert len(seen) == 2


def test_a_film_that_fails_its_check_twice_is_a_final_fault_and_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = help.job(tmp_path, help.song(6.0), help.rule())
    real = guard.verify

    def never(*args: Any, **named: Any) -> guard.Verdict:
        verdict = real(*args, **named)
        verdict.checks.append(sidecars.Check(name="cuts", ok=False, measured="3 of 9", limit="all"))
        return verdict

    monkeypatch.setattr(guard, "verify", never)
    with pytest.raises(FinalFault, match="cuts: 3 of 9") as caught:
        sync(job, tools(tmp_path))
    assert caught.value.facts["cause"] == "film"
    assert not list(job.path.glob("film-*")) and not list(job.path.glob("segment-*"))


@pytest.mark.parametrize("damage", ["nothing is left", "the middle is gone"])
def test_a_film_that_was_damaged_where_it_lies_is_made_again(tmp_path: Path, damage: str) -> None:
    job = help.job(tmp_path, help.song(6.0), help.rule())
    first = sync(job, tools(tmp_path))
    path = job.file(first.films[0].file)
    if damage == "nothing is left":
        path.write_bytes(b"no film")
    else:
        with open(path, "r+b") as film:
            film.seek(path.stat().st_size // 2)
            film.write(bytes(20_000))
    again = sync(job, tools(tmp_path))
    assert again.films == first.films and again.tries == 2
    assert path.stat().st_size == first.films[0].size


def test_an_encoder_that_dies_leaves_its_last_words_and_no_half_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = help.job(tmp_path, help.song(6.0), help.rule())
    real = encode.picture_argv
    monkeypatch.setattr(
        encode,
        "picture_argv",
        lambda *args: ["no_such_coder" if word == "libx264" else word for word in real(*args)],
    )
    with pytest.raises(FinalFault, match="no_such_coder"):
        sync(job, tools(tmp_path))
    assert not list(job.path.glob("segment-*")) and not list(job.path.glob(".tmp-*"))


def test_a_missing_picture_is_a_final_fault_that_names_it(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(6.0), help.rule())
    job.file("03a.png").unlink()
    with pytest.raises(FinalFault, match=r"03a\.png is missing"):
        sync(job, tools(tmp_path))


def test_a_picture_that_is_none_is_a_final_fault_that_names_it(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(6.0), help.rule())
    job.file("01a.png").write_bytes(b"no picture")
    with pytest.raises(FinalFault, match=r"01a\.png can't be read"):
        sync(job, tools(tmp_path))


def test_a_slot_without_an_approved_picture_is_covered_by_its_neighbours(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(14.0), help.rule())
    approval = job.need(sidecars.Approval)
    del approval.pictures["03"], approval.pictures["04"]
    sidecars.write(job.path, approval)
    made = sync(job, tools(tmp_path))
    edit = json.loads(job.file(made.edit).read_text())
    assert {shot["picture"] for shot in edit["shots"]}.isdisjoint({"03a", "04a"})


def test_nothing_approved_is_a_final_fault(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(6.0), help.rule())
    sidecars.write(job.path, sidecars.Approval())
    with pytest.raises(FinalFault, match="No picture"):
        sync(job, tools(tmp_path))


def test_people_may_approve_pictures_of_any_shape_and_kind(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(14.0), help.rule())
    dice = np.random.default_rng(1)
    shapes = [(900, 300, 3), (37, 500, 3), (3, 3, 3), (1080, 1920, 4)]
    for slot, shape in zip(("01", "02", "03", "04"), shapes, strict=True):
        cv2.imwrite(str(job.file(f"{slot}a.png")), dice.integers(0, 255, shape, dtype=np.uint8))
    cv2.imwrite(str(job.file("05a.png")), dice.integers(0, 65535, (200, 300), dtype=np.uint16))
    assert all(check.ok for check in sync(job, tools(tmp_path)).checks)


def test_a_loudness_that_the_rule_asks_for_keeps_picture_and_sound_together(tmp_path: Path) -> None:
    analysis = help.song(14.0)
    analysis.loudness = sidecars.Loudness(integrated_lufs=-30.0, true_peak_dbtp=-4.5)
    rule = help.rule()
    rule.deliver.loudness = -14.0
    job = help.job(tmp_path, analysis, rule)
    made = sync(job, tools(tmp_path))
    assert made.av_offset_ms is not None and abs(made.av_offset_ms) < 1.0
    said = subprocess.run(
        [help.ffmpeg_path(), "-i", str(job.file(made.films[0].file)), "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        check=True,
        text=True,
    ).stderr
    after = made.loudness_after
    heard = [float(re.findall(rf"{name}:\s*(-?[0-9.]+)", said)[-1]) for name in ("I", "Peak")]
    assert [after.integrated_lufs, after.true_peak_dbtp] == pytest.approx(heard, abs=0.15)
    peaks: list[float] = []
    for _ in watch.watch(job.file(made.films[0].file), 16, 16, lambda heard: peaks.append(abs(heard.samples).max())):
        pass
    assert 0.6 < max(peaks) < 1.0


def test_segments_cover_the_film_and_begin_with_shots(tmp_path: Path) -> None:
    _, timeline = help.planned(tmp_path, 60.0)
    spans = assemble.spans(timeline)
    assert [frame for span in spans for frame in span] == list(range(timeline.frames))
    starts = {shot.start for shot in timeline.shots}
    assert all(span.start in starts for span in spans)
    assert all(len(span) <= 12 * 30 for span in spans)


@pytest.mark.parametrize("seconds", [0.05, 0.2, 1.0])
def test_a_song_of_a_second_or_less_becomes_a_film_of_one_shot(tmp_path: Path, seconds: float) -> None:
    job = help.job(tmp_path, help.song(seconds), help.rule(128, 72))
    made = sync(job, tools(tmp_path))
    assert made.shots == 1
    assert made.films[0].frames == max(1, round(seconds * 30))
    assert made.scores.cuts == 0


def test_silence_without_beats_or_envelopes_becomes_a_film_on_a_grid(tmp_path: Path) -> None:
    analysis = help.song(12.0)
    analysis.beats, analysis.downbeats, analysis.events = [], [], []
    analysis.sections = [sidecars.Section(start=0.0, end=12.0, energy=0.0)]
    job = help.job(tmp_path, analysis, help.rule(128, 72))
    analysis.envelopes = sidecars.Envelopes()
    sidecars.write(job.path, analysis)
    soundfile.write(job.file("source.wav"), np.zeros((analysis.samples, 2), np.float32), 44100)
    made = sync(job, tools(tmp_path))
    assert made.av_offset_ms is None
    edit = json.loads(job.file(made.edit).read_text())
    assert {shot["cut_on"] for shot in edit["shots"][1:]} <= {"grid"}
    assert any("no beats" in note for note in edit["notes"])
