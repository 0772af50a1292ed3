"""`dropreel preview`: a part of the film as the film will be, with its sound; the job is left as it was."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from daemon import sidecars
from daemon.cli import main
from daemon.commands.preview import moment
from daemon.errors import UsageError
from daemon.film import offset
from daemon.job import JobFolder
from daemon.stages.sync import sync
from daemon.video import sound, watch
from tests import film_help as help
from tests.test_sync import _cache, tools
from tests.test_sync_formats import ruled

__all__ = ["_cache"]


def rooted(root: Path, stage: str = "approved") -> JobFolder:
    """A whole job in a root of its own."""
    for name in ("inbox", "review", "outbox", "rules", "library"):
        (root / name).mkdir(parents=True)
    job = help.job(root, help.song(20.0), ruled("9x16", lyrics="none"))
    approval = job.need(sidecars.Approval)
    pictures = [picture for many in approval.pictures.values() for picture in many]
    sidecars.write(job.path, sidecars.Renders(pictures=pictures))
    if stage == "rendered":
        (job.path / "approval.json").unlink()
    target = root / "stages" / stage / job.name
    target.parent.mkdir(exist_ok=True)
    os.rename(job.path, target)
    return JobFolder(target)


def asked(root: Path, *more: str, start: str = "0:06", end: str = "8.5") -> int:
    return main(["--root", str(root), "preview", "abc123", "--from", start, "--to", end, *more])


def test_a_preview_is_frame_by_frame_the_film_with_its_sound_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    job = rooted(root)
    before = {path.name: path.stat().st_mtime_ns for path in job.path.iterdir()}
    out = tmp_path / "part.mp4"
    assert asked(root, "--out", str(out)) == 0
    assert str(out) in capsys.readouterr().out
    assert {path.name: path.stat().st_mtime_ns for path in job.path.iterdir()} == before
    assert os.listdir(tmp_path) == ["root", "part.mp4"] or sorted(os.listdir(tmp_path)) == ["part.mp4", "root"]

    heard = offset.Gatherer([0], offset.RATE)
    part = [seen.luma.astype(int) for seen in watch.watch(out, 64, 36, heard.hear)]
    film = job.file(sync(job, tools(root)).films[0].file)
    whole = [seen.luma.astype(int) for seen in watch.watch(film, 64, 36)]
    assert len(part) == 75 and heard.samples == pytest.approx(120_000, abs=1100)
    assert max(abs(a - b).mean() for a, b in zip(part, whole[180:255], strict=True)) < 2.5

    path = job.file("source.wav")
    form = sound.probe(path)
    song = np.concatenate(list(sound.between(sound.blocks(path), 6 * form.rate, 6 * form.rate + 110_250)))
    original = offset.gather([song], form, [0])
    measured = offset.compare(original, heard)
    assert measured.median_ms is not None and abs(measured.median_ms) < 0.5


def test_a_preview_of_a_job_in_review_lies_on_its_desk_and_shows_the_undecided_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = rooted(tmp_path, "rendered")
    desk = tmp_path / "review" / "A song [abc123]"
    desk.mkdir()
    (desk / ".dropreel-desk").write_text(f"{job.id}\n")
    assert asked(tmp_path, start="0:01", end="0:02") == 0
    made = desk / "_preview 0.01 to 0.02.mp4"
    assert watch.facts(made).fps == Fraction(30)
    from daemon.approvals.words import ignored

    assert ignored(made.name)
    assert sorted(os.listdir(desk)) == [".dropreel-desk", made.name]


def test_a_further_format_can_be_previewed(tmp_path: Path) -> None:
    rooted(tmp_path)
    out = tmp_path / "tall.mp4"
    assert asked(tmp_path, "--out", str(out), "--format", "9X16", "--small", start="1", end="2") == 0
    facts = watch.facts(out)
    assert (facts.width, facts.height) == (72, 128)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "0:30", "--to", "0:40"), "nothing of the film"),
        (("--from", "0:10", "--to", "0:05"), "nothing of the film"),
        (("--from", "ten", "--to", "0:05"), "no moment of a song"),
        (("--from", "0", "--to", "1", "--format", "4x5"), "there is 9x16"),
        (("--from", "0", "--to", "1", "--out", "missing/x.mp4"), "no folder"),
    ],
)
def test_what_can_t_be_previewed_is_refused_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rooted(tmp_path)
    assert main(["--root", str(tmp_path), "preview", "abc123", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_job_without_pictures_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = rooted(tmp_path)
    (job.path / "renders.json").unlink()
    assert asked(tmp_path) == 2
    assert "has no pictures" in capsys.readouterr().err


def test_a_job_that_moves_on_meanwhile_is_previewed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = rooted(tmp_path)
    (tmp_path / "stages" / "synced").mkdir()
    from daemon.film import encode

    real = encode.pictures

    def moved(*args: object) -> None:
        os.rename(job.path, tmp_path / "stages" / "synced" / job.name)
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(encode, "pictures", moved)
    assert asked(tmp_path, "--out", str(tmp_path / "x.mp4"), start="1", end="2") == 0


def test_a_finished_job_is_previewed_with_what_was_delivered(tmp_path: Path) -> None:
    job = rooted(tmp_path, "done")
    about = job.job()
    about.rule["deliver"]["lyrics"] = "burned"
    about.members.append(sidecars.Member(role="lyrics", name="A song.lrc", file="lyrics-001.lrc"))
    sidecars.write(job.path, about)
    there = tmp_path / "outbox" / "A song"
    there.mkdir()
    os.rename(job.file("source.wav"), there / "A song.wav")
    (there / "A song.lrc").write_text("[00:01.00]Hello, sea\n")
    files = [{"name": "A song.wav", "from": "source.wav"}, {"name": "A song.lrc", "from": "lyrics-001.lrc"}]
    sidecars.write(job.path, sidecars.Delivery(folder="A song", files=files))
    seen = []
    for name in ("worded", "plain"):
        assert asked(tmp_path, "--out", str(tmp_path / f"{name}.mp4"), start="2", end="2.2") == 0
        seen.append(next(iter(watch.watch(tmp_path / f"{name}.mp4", 128, 72))).luma.astype(int))
        (there / "A song.lrc").unlink(missing_ok=True)
    assert abs(seen[0] - seen[1]).max() > 60


@pytest.mark.parametrize(("text", "seconds"), [("75", 75.0), ("1:15", 75.0), ("1:15.5", 75.5), ("1:02:03", 3723.0)])
def test_moments_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert moment(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1:", "1:2:3:4", "1e3", "nan"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        moment(text)
