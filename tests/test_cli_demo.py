"""The demo: what it drops, what it shows, and how it ends. The film itself is made by the stages' own tests."""

from __future__ import annotations

import json
import os
import stat
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from daemon import cli
from daemon.commands import demo, init, look
from daemon.places import Root

FAKE = textwrap.dedent(
    """\
    import fcntl, json, os, signal, sys, time
    root = sys.argv[sys.argv.index("--root") + 1]
    how = os.environ["FAKE_DAEMON"]
    print("fake daemon", how, flush=True)
    if how == "crash":
        sys.exit("it broke")
    signal.signal(signal.SIGTERM, lambda *_: (open(f"{root}/ended", "w").close(), sys.exit(0)))
    lock = open(f"{root}/.lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    name = "20260102-030405-neon-night-a1b2c3"
    folder = f"{root}/stages/approved/{name}"
    while not os.path.exists(folder) and not os.path.exists(f"{root}/inbox/songs/Neon Night.wav"):
        time.sleep(0.02)
    if how == "stuck":
        time.sleep(600)
    os.makedirs(folder, exist_ok=True)
    def write(file, **data):
        json.dump(data, open(f"{folder}/{file}", "w"))
    write("job.json", title="Neon Night", id="a1b2c3")
    job = {"id": "a1b2c3", "stage": "approved", "running": True, "fraction": 0.5, "doing": "encoding"}
    json.dump({"jobs": [job]}, open(f"{root}/stages/.status.json", "w"))
    time.sleep(1)
    if how == "fail":
        write("trouble.json", what="the film can't be made", why="no room")
        os.rename(folder, f"{root}/stages/failed/{name}")
    else:
        write("sync.json", scores={"cuts": 12, "hits": 11, "random_hits": 2.2}, av_offset_ms=0.021)
        write("delivery.json", folder="Neon Night")
        os.mkdir(f"{root}/outbox/Neon Night")
        open(f"{root}/outbox/Neon Night/Neon Night.mp4", "w").close()
        os.rename(folder, f"{root}/stages/done/{name}")
    time.sleep(600)
    """
)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the daemon's process, so that the demo's own doings show; returns the root."""
    script = tmp_path / "fake.py"
    script.write_text(FAKE)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(demo.sys, "executable", str(python))
    for key in [key for key in os.environ if key.startswith("DROPREEL_")]:
        monkeypatch.delenv(key)
    return tmp_path / "demo"


def run(root: Path, monkeypatch: pytest.MonkeyPatch, how: str, *more: str) -> int:
    monkeypatch.setenv("FAKE_DAEMON", how)
    return cli.main(["--root", str(root), "demo", "--seconds", "4", *more])


def test_the_demo_ends_with_the_film_its_sync_and_the_way_on(
    fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, monkeypatch, "well") == 0
    shown = capsys.readouterr().out
    assert "make the film   40 %  encoding" in shown
    assert "Neon Night.mp4" in shown
    assert "11 of 12 cuts on the beat; random: 2; sound and picture 0.02 ms apart" in shown
    assert "init ~/dropreel" in shown
    assert (fake / "ended").exists(), "the daemon that it started was not stopped"
    rule = yaml.safe_load((fake / "inbox" / "songs" / "Neon Night.yaml").read_text())
    assert rule["approve"] == {"by": "auto"}
    assert rule["deliver"]["width"] == 1280
    assert (fake / "inbox" / "songs" / "Neon Night.wav").stat().st_size > 500_000


def test_the_rule_beside_the_song_is_one_that_the_rulebook_takes() -> None:
    from daemon import rulebook
    from daemon.rules import Rule

    text = demo._RULE.format(title="x", width=1280, height=720)
    rule, _ = rulebook.apply_overrides(Rule(name="cartoon"), text.encode())
    assert (rule.approve.by, rule.deliver.width, rule.deliver.rate()) == ("auto", 1280, 30)


def test_an_interrupted_demo_goes_on_with_the_same_song(
    fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    init.make(fake)
    folder = fake / "stages" / "approved" / "20260102-030405-neon-night-a1b2c3"
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps({"title": "Neon Night"}))
    assert run(fake, monkeypatch, "well") == 0
    assert "Going on with Neon Night [a1b2c3]" in capsys.readouterr().out
    assert not (fake / "inbox" / "songs" / "Neon Night.wav").exists()


def test_a_failed_job_is_told_and_the_daemon_is_stopped(
    fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, monkeypatch, "fail") == cli.FAILED
    assert "The film can't be made: no room." in capsys.readouterr().err
    assert (fake / "ended").exists()


def test_a_daemon_that_ends_by_itself_is_told_with_its_last_words(
    fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, monkeypatch, "crash") == cli.FAILED
    said = capsys.readouterr().err
    assert "it broke" in said
    assert "daemon.log" in said


def test_the_demo_gives_up_in_time_and_says_how_to_go_on(
    fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, monkeypatch, "stuck", "--limit", "0") == cli.FAILED
    assert "takes too long" in capsys.readouterr().err
    assert (fake / "ended").exists()


def test_control_c_stops_the_daemon_and_says_how_to_go_on(
    fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_follow", interrupted)
    assert run(fake, monkeypatch, "stuck") == cli.INTERRUPTED
    assert "goes on with the same song" in capsys.readouterr().err
    assert (fake / "ended").exists()


def test_bars_follow_the_stages() -> None:
    import io

    from rich.console import Console
    from rich.progress import Progress, TextColumn

    console = Console(file=io.StringIO(), width=100)
    progress = Progress(TextColumn("{task.description}"), TextColumn("{task.fields[doing]}"), console=console)
    bars = demo.Bars(progress)
    bars.update("prompted", 0.5, "picture [3] of 9")
    assert [task.completed for task in progress.tasks] == [1.0, 1.0, 0.5, 0, 0, 0]
    bars.update("done", None, "")
    assert {task.completed for task in progress.tasks} == {1.0}


def test_every_stage_of_the_pipeline_has_its_bar() -> None:
    from daemon.stages import PIPELINES

    assert list(demo.STEPS) == [step.lies for step in PIPELINES["song"]]
    assert set(demo.STEPS) < set(look.STAGES)
    assert Root(Path("/x")).snapshot.parent.name == "stages"
