"""What was heard, to look at and to listen to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from daemon.audio import decode, show, synth
from daemon.audio.listen import Heard, listen


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[Heard, Path]:
    path = tmp_path_factory.mktemp("show") / "song.wav"
    synth.write_song(path, seconds=20.0, form="intro drop")
    return listen(path), path


def test_the_plot_is_a_picture_with_something_on_it(heard: tuple[Heard, Path], tmp_path: Path) -> None:
    show.plot(heard[0].analysis, heard[0].envelopes, tmp_path / "plot.png", width=1000)
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.format == "PNG" and picture.width == 1000
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20


def test_the_plot_has_the_course_of_the_loudness(heard: tuple[Heard, Path], tmp_path: Path) -> None:
    show.plot(heard[0].analysis, heard[0].envelopes, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as picture:
        row = np.asarray(picture.convert("RGB"))[118:262, 60:]
    drawn = np.flatnonzero((row == show._LOUD).all(axis=2).any(axis=0))
    assert len(drawn) > 0.8 * len(heard[0].analysis.loudness.short_term) / heard[0].analysis.duration * 1520


def test_silence_can_be_plotted(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 8000)
    quiet = listen(tmp_path / "a.wav")
    show.plot(quiet.analysis, quiet.envelopes, tmp_path / "plot.png")
    assert show.labels(quiet.analysis).count("\n") == 1


def test_each_beat_has_its_click_and_downbeats_a_higher_one(heard: tuple[Heard, Path], tmp_path: Path) -> None:
    analysis, path = heard[0].analysis, heard[1]
    show.click(path, analysis, tmp_path / "click.wav")
    song, rate = soundfile.read(path)
    clicked, same = soundfile.read(tmp_path / "click.wav")
    assert same == rate and len(clicked) == len(song)
    added = clicked[:, 0] - 0.6 * song[:, 0]

    def pitch(beat: float) -> float:
        at = round(beat * rate)
        spectrum = np.abs(np.fft.rfft(added[at : at + 1764]))
        return float(np.argmax(spectrum) * rate / 1764)

    downs = set(analysis.downbeats)
    for beat in analysis.beats[2:10]:
        assert pitch(beat) == pytest.approx(1760 if beat in downs else 1175, abs=60)


@pytest.mark.parametrize("ending", ["mp3", "wav"])
def test_clicks_begin_on_the_beat_to_the_millisecond_and_nothing_clips(
    heard: tuple[Heard, Path], tmp_path: Path, ending: str
) -> None:
    samples, rate = soundfile.read(heard[1], dtype="float32")
    source = tmp_path / f"song.{ending}"
    soundfile.write(source, np.sign(samples) * 0.99, rate)  # as loud as can be
    analysis = heard[0].analysis
    show.click(source, analysis, tmp_path / "click.wav")
    clicked, _ = soundfile.read(tmp_path / "click.wav", dtype="float32")
    sound = decode.open_sound(source)
    added = np.abs(clicked[:, 0] - np.clip(0.6 * np.concatenate(list(sound.blocks()))[:, 0], -1, 1))
    for beat in analysis.beats[1:20]:
        at = round(beat * rate)
        assert abs(int(np.argmax(added[at - 441 : at + 441] > 0.05)) - 441) < 0.001 * rate
    if ending == "wav":
        assert np.abs(clicked).max() < 0.9999


def test_labels_are_lines_an_editor_reads(heard: tuple[Heard, Path]) -> None:
    analysis = heard[0].analysis
    rows = [line.split("\t") for line in show.labels(analysis).splitlines()]
    assert all(len(row) == 3 and float(row[0]) <= float(row[1]) for row in rows)
    assert [float(row[0]) for row in rows] == sorted(float(row[0]) for row in rows)
    ones = [float(row[0]) for row in rows if row[2] == "1"]
    assert len(ones) >= len(analysis.downbeats)
    assert sum(row[2].split()[0] in {"intro", "drop", "build", "verse", "chorus"} for row in rows) >= 1


def test_labels_of_beats_come_back_as_a_beats_file(heard: tuple[Heard, Path], tmp_path: Path) -> None:
    analysis = heard[0].analysis
    lines = [line for line in show.labels(analysis).splitlines() if line.split("\t")[2].isdigit()]
    (tmp_path / "a.beats.txt").write_text("\n".join(lines))
    again = listen(heard[1], beats_file=tmp_path / "a.beats.txt").analysis
    assert np.allclose(again.beats, analysis.beats, atol=1e-5)
