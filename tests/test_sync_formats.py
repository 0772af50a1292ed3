"""One job, several films: each in its own shape and rate, checked, resumed; one that fails leaves the others."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from daemon import sidecars
from daemon.delivering import Deliver
from daemon.errors import FinalFault, PassingFault
from daemon.film import assemble, encode
from daemon.film import verify as guard
from daemon.rules import Rule
from daemon.stages import deliver
from daemon.stages.sync import sync
from daemon.video import watch
from tests import film_help as help
from tests.test_sync import _cache, segments_of, tools

__all__ = ["_cache"]


def ruled(*formats: Any, **more: Any) -> Rule:
    rule = help.rule(128, 72)
    found = Deliver.model_validate(rule.deliver.model_dump() | {"formats": list(formats)} | more)
    return rule.model_copy(update={"deliver": found})


def test_each_format_is_a_film_of_its_own_shape_and_exact_rate_that_passes_every_check(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(7.0), ruled("9x16", "1x1 23.976", {"width": 160, "height": 90, "fps": 25}))
    made = sync(job, tools(tmp_path))
    assert not made.missing
    found = []
    for film in made.films:
        facts = watch.facts(job.file(film.file))
        assert (facts.width, facts.height, facts.fps) == (film.width, film.height, Fraction(film.fps))
        assert film.checks and all(check.ok for check in film.checks)
        assert film.av_offset_ms is not None and abs(film.av_offset_ms) < 1.0
        found.append((film.name, film.width, film.height, film.fps, film.frames))
    assert found == [
        ("", 128, 72, "30/1", 210),
        ("9x16", 72, 128, "30/1", 210),
        ("1x1 23.976 fps", 72, 72, "24000/1001", 168),
        ("90p 25 fps", 160, 90, "25/1", 175),
    ]
    wanted = deliver._wanted(job.job(), made)
    names = [name.decode() for source, name in wanted if source.startswith("film-")]
    assert names == ["A song.mp4", "A song (9x16).mp4", "A song (1x1 23.976 fps).mp4", "A song (90p 25 fps).mp4"]
    # A film of another rate has frames of its own: so do its lists. That of the other shape is the first film's.
    lists = {
        name.decode(): job.file(source) for source, name in wanted if source.partition("-")[0] in ("edit", "beats")
    }
    films = ("", "-1x1-23-976-fps", "-90p-25-fps")
    assert {name for name in lists if name.endswith(".otio")} == {f"edit{film}.otio" for film in films}
    assert {name for name in lists if name.endswith((".csv", ".edl"))} == {
        name for film in films for name in (f"beats{film}.csv", f"edit{film}.edl")
    }
    for film, tail in zip((made.films[0], *made.films[2:]), films, strict=True):
        children = json.loads(lists[f"edit{tail}.otio"].read_text())["tracks"]["children"]
        clips = [one["source_range"] for one in children[0]["children"] if one["OTIO_SCHEMA"] == "Clip.2"]
        assert sum(one["duration"]["value"] for one in clips) == film.frames
        assert {one["duration"]["rate"] for one in clips} == {float(Fraction(film.fps))}


def test_a_format_that_fails_its_checks_is_told_of_and_the_other_films_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = help.job(tmp_path, help.song(6.0), ruled("9x16", "1x1"))
    real = guard.verify

    def tall_ones_fail(film: Path, timeline: Any, *args: Any, **named: Any) -> guard.Verdict:
        verdict = real(film, timeline, *args, **named)
        if timeline.height > timeline.width:
            verdict.checks.append(sidecars.Check(name="cuts", ok=False, measured="3 of 9", limit="all"))
        return verdict

    monkeypatch.setattr(guard, "verify", tall_ones_fail)
    made = sync(job, tools(tmp_path))
    assert [film.name for film in made.films] == ["", "1x1"]
    assert [(one.name, "cuts: 3 of 9" in one.why) for one in made.missing] == [("9x16", True)]
    assert len(list(job.path.glob("film-*"))) == 2
    assert "cuts: 3 of 9" in job.file(made.report).read_text()


def test_a_format_whose_encoder_is_interrupted_once_is_tried_once_more_and_then_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = help.job(tmp_path, help.song(6.0), ruled("9x16"))
    real, deaths = encode.pictures, [1]

    def dying(program: str, encoding: encode.Encoding, *args: Any) -> None:
        if encoding.height > encoding.width and deaths[0]:
            deaths[0] -= 1
            raise PassingFault("encoding the pictures was interrupted")
        real(program, encoding, *args)

    monkeypatch.setattr(encode, "pictures", dying)
    assert [film.name for film in sync(job, tools(tmp_path)).films] == ["", "9x16"]
    for path in job.path.glob("*.mp4"):
        path.unlink()
    deaths[0] = 99
    made = sync(job, tools(tmp_path))
    assert [film.name for film in made.films] == [""]
    assert "interrupted" in made.missing[0].why


def test_the_first_film_decides_whether_the_job_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = help.job(tmp_path, help.song(6.0), ruled("9x16"))
    monkeypatch.setattr(
        encode, "picture_argv", lambda *_: [help.ffmpeg_path(), "-hide_banner", "-i", "no such file", "x.mp4"]
    )
    with pytest.raises(FinalFault, match="Encoding the pictures failed"):
        sync(job, tools(tmp_path))


def test_a_stage_that_was_killed_between_two_formats_makes_only_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "SEGMENT", (1.0, 2.0, 3.0))
    job = help.job(tmp_path, help.song(6.0), ruled("9x16"))
    first = sync(job, tools(tmp_path))
    before = segments_of(job)
    assert len(before) > 3
    tall = first.films[1]
    job.file(tall.file).unlink()
    lost = max(before, key=lambda name: before[name])  # the last that was made: a tall one
    job.file(lost).unlink()
    again = sync(job, tools(tmp_path))
    assert again.films == first.films
    after = segments_of(job)
    assert {name for name in after if after[name] != before[name]} == {lost}


def test_chapters_are_the_sections_named_by_role_and_begin_on_their_first_frame(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(26.0), ruled(fps="29.97"))
    made = sync(job, tools(tmp_path))
    rate = Fraction(30000, 1001)
    with av.open(str(job.file(made.films[0].file))) as opened:
        found = [(one["metadata"]["title"], Fraction(one["start"]) * one["time_base"]) for one in opened.chapters()]
    assert [title for title, _ in found] == ["Intro", "Build", "Drop 1", "Break", "Drop 2"]
    starts = [float(start * rate) for _, start in found]
    wanted = [section.start * float(rate) for section in job.need(sidecars.Analysis).sections][: len(found)]
    assert starts == pytest.approx(wanted, abs=0.51)
    assert [round(start) for start in starts] == pytest.approx(starts, abs=0.04)


def test_a_rule_may_do_without_chapters(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(6.0), ruled(chapters=False))
    with av.open(str(job.file(sync(job, tools(tmp_path)).films[0].file))) as opened:
        assert not opened.chapters()


def test_progress_runs_once_from_none_to_all_over_all_films(tmp_path: Path) -> None:
    job = help.job(tmp_path, help.song(6.0), ruled("9x16", "1x1"))
    said: list[tuple[float, str, dict[str, Any]]] = []
    sync(job, tools(tmp_path, said))
    fractions = [fraction for fraction, _, _ in said]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert any(doing == "9x16: encoding" for _, doing, _ in said)
