"""The copy for phones: never larger than asked, still on the beat, and refused where it couldn't be watched."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon import durable
from daemon.errors import FinalFault
from daemon.film import encode, phone
from daemon.film.phone import Copy
from daemon.stages.sync import sync
from daemon.video import watch
from tests import film_help as help
from tests.test_film_words import track, with_words
from tests.test_sync import _cache, tools
from tests.test_sync_formats import ruled

__all__ = ["_cache"]


def planned(minutes: float, width: int = 1920, height: int = 1080, megabytes: float = 48) -> Copy:
    return phone.plan(width, height, Fraction(30), round(minutes * 1800), round(minutes * 60e6), megabytes)


def test_the_longer_the_song_the_smaller_the_picture() -> None:
    lines = [planned(minutes).height for minutes in (1, 4, 8, 20, 40)]
    assert lines == sorted(lines, reverse=True) and lines[0] == 1080 and lines[1] == 720 and lines[-1] < 300
    upright = planned(4, 1080, 1920)
    assert (upright.width, upright.height) == (720, 1280)


def test_three_hours_in_48_megabytes_are_refused_with_the_reason() -> None:
    with pytest.raises(FinalFault, match=r"3:00:00 can't be watched in 48 MB: that leaves 2[0-9] kbit/s"):
        planned(180)
    assert planned(180, megabytes=300).height >= 240


@given(st.floats(0.02, 200), st.sampled_from([(1920, 1080), (1080, 1920), (640, 640), (64, 64)]), st.floats(1, 200))
@settings(deadline=None, max_examples=100)
def test_what_is_planned_always_fits(minutes: float, size: tuple[int, int], megabytes: float) -> None:
    try:
        copy = planned(minutes, *size, megabytes)
    except FinalFault:
        return
    assert (copy.video_kbps + copy.audio_kbps) * 1000 / 8 * minutes * 60 <= megabytes * 1e6 or copy.video_kbps == 16
    assert copy.width % 2 == copy.height % 2 == 0
    assert copy.width / copy.height == pytest.approx(size[0] / size[1], rel=0.02)
    assert min(copy.width, copy.height) <= min(size)


def test_a_job_s_copy_passes_the_film_s_checks_and_keeps_words_chapters_and_tags(tmp_path: Path) -> None:
    job = with_words(tmp_path, "soft")
    about = job.job()
    about.rule["deliver"]["phone"] = 1.0
    from daemon import sidecars

    sidecars.write(job.path, about)
    made = sync(job, tools(tmp_path))
    assert not made.missing
    copy = made.films[1]
    path = job.file(copy.file)
    assert (copy.name, copy.frames) == ("phone", 420)
    assert copy.size == path.stat().st_size <= 1_000_000
    assert copy.checks and all(check.ok for check in copy.checks)
    assert {"cuts", "sound against the song", "size"} <= {check.name for check in copy.checks}
    assert "Hello, sea" in track(path)
    assert watch.facts(path).tags["title"] == "A song"
    with av.open(str(path)) as opened:
        assert [one["metadata"]["title"] for one in opened.chapters()] == ["Intro", "Build", "Drop"]
    assert not list(job.path.glob("*passes*")) and not list(job.path.glob(".tmp-*"))


def test_a_copy_that_comes_out_too_large_is_made_again_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis, timeline = help.planned(tmp_path, 12.0)
    film = help.film(tmp_path, analysis, timeline)
    asked = Copy(256, 144, 900, 64, 500_000)
    out = tmp_path / "copy.mp4"
    real, tried = encode.run, []

    def run(argv: list[str], what: str) -> None:
        tried.append(argv[argv.index("-b:v") + 1])
        real(argv, what)

    monkeypatch.setattr(encode, "run", run)
    done = phone.make(help.ffmpeg_path(), film, timeline.fps, asked, out, lambda _: None)
    assert out.stat().st_size <= 500_000
    assert done.video_kbps < 900 and len(set(tried)) >= 2
    with pytest.raises(FinalFault, match="too large"):
        phone.make(help.ffmpeg_path(), film, timeline.fps, Copy(256, 144, 900, 64, 60_000), out, lambda _: None)


def test_a_job_that_is_killed_while_its_copy_is_made_keeps_its_film_and_makes_the_copy_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = help.job(tmp_path, help.song(6.0), ruled(phone=True))
    real, killed = phone.make, [True]

    class PlugPulled(BaseException):
        """Nothing catches it."""

    def make(program: str, film: Path, fps: Fraction, wanted: Copy, out: Path, progress: Any) -> Copy:
        if killed[0]:
            out.with_name(f"{out.stem}-passes-0.log").write_bytes(b"half")
            raise PlugPulled
        return real(program, film, fps, wanted, out, progress)

    monkeypatch.setattr(phone, "make", make)
    with pytest.raises(PlugPulled):
        sync(job, tools(tmp_path))
    film = {path.name: path.stat().st_mtime_ns for path in job.path.glob("film-*")}
    before = {path.name: path.stat().st_mtime_ns for path in job.path.glob("segment-*")}
    assert len(film) == 1 and before
    killed[0] = False
    durable.sweep(job.path)
    made = sync(job, tools(tmp_path))
    assert [one.name for one in made.films] == ["", "phone"] and not made.missing
    assert job.file(made.films[0].file).stat().st_mtime_ns == film[made.films[0].file]
    assert {path.name: path.stat().st_mtime_ns for path in job.path.glob("segment-*")} == before
    assert not list(job.path.glob(".tmp-*"))


def test_a_song_too_long_for_a_copy_still_has_its_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = help.job(tmp_path, help.song(6.0), ruled(phone=True))
    monkeypatch.setattr(phone, "_LEAST", 1e6)
    made = sync(job, tools(tmp_path))
    assert [film.name for film in made.films] == [""]
    assert made.missing[0].name == "phone" and "can't be watched in 48 MB" in made.missing[0].why
