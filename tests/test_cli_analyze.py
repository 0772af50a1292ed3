"""`dropreel analyze`: the page, and what can be written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from PIL import Image

from daemon.audio.synth import write_song
from daemon.cli import main


def test_analyze_writes_the_plot_the_clicks_and_the_labels_that_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_song(tmp_path / "song.wav", seconds=12.0)
    asked = ["--plot", "plot.png", "--click", "click.wav", "--labels", "labels.txt"]
    assert main(["analyze", "song.wav", *asked]) == 0
    assert "BPM" in capsys.readouterr().out
    with Image.open("plot.png") as plot:
        assert plot.width >= 480
    assert soundfile.info("click.wav").duration == pytest.approx(soundfile.info("song.wav").duration)
    rows = [line.split("\t") for line in Path("labels.txt").read_text().splitlines()]
    assert all(len(row) == 3 and float(row[0]) <= float(row[1]) for row in rows)
    assert {"1", "2", "3", "4"} <= {row[2] for row in rows}


def test_analyze_says_where_it_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_song(tmp_path / "song.wav", seconds=4.0)
    assert main(["analyze", "song.wav", "--labels", "missing/labels.txt"]) != 0
    assert "can't be written" in capsys.readouterr().err
