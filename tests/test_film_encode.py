"""Encoding: argv as a value, faults that tell, programs that die with their parent; scores; the animatic."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from daemon.errors import FinalFault, PassingFault
from daemon.film import assemble, encode, scores
from daemon.film.animatic import animatic
from daemon.video import sound, watch
from tests import film_help as help


@pytest.mark.parametrize("fps", ["24", "25", "30", "60", "24000/1001", "30000/1001", "1", "120"])
def test_every_frame_is_a_whole_number_of_ticks(fps: str) -> None:
    encoding = encode.Encoding(64, 64, Fraction(fps), "fast", 20)
    assert Fraction(encoding.timescale) / Fraction(fps) == encoding.timescale * Fraction(fps) ** -1
    assert (Fraction(encoding.timescale) / Fraction(fps)).denominator == 1
    assert encoding.timescale >= 12000


def test_argv_is_a_value_and_no_name_reaches_a_filter() -> None:
    out = Path("it's [odd]; name=1.mp4")
    argv = encode.mux_argv(
        "ffmpeg",
        Path("list.txt"),
        out,
        rate=44100,
        channels=2,
        samples=48000,
        kbps=320,
        timescale=15360,
        tags={"title": "a=b;c"},
    )
    graph = argv[argv.index("-filter_complex") + 1]
    assert "odd" not in graph and "a=b" not in graph
    assert str(out) in argv and "title=a=b;c" in argv
    assert argv[argv.index("-vcodec") + 1] == "copy"


def test_an_encoder_takes_the_threads_that_it_is_given_and_else_its_own_number() -> None:
    encoding = encode.Encoding(320, 180, Fraction(30), "veryfast", 20)
    told = encode.picture_argv("ffmpeg", encoding, Path("a.mp4"), 2)
    assert told[told.index("-threads") + 1] == "2" and told.index("-threads") > told.index("-i")
    assert "-threads" not in encode.picture_argv("ffmpeg", encoding, Path("a.mp4"))


def test_a_name_with_quotes_stays_whole_in_the_list() -> None:
    listed = encode.concat_list(["/a/it's.mp4", "/b.mp4"], [100, 1], Fraction(30))
    assert listed.splitlines() == [
        "ffconcat version 1.0",
        "file '/a/it'\\''s.mp4'",
        "duration 3.333333",
        "file '/b.mp4'",
        "duration 0.033334",
    ]


def test_a_full_disk_passes_and_an_unknown_coder_does_not(tmp_path: Path) -> None:
    encoding = encode.Encoding(64, 64, Fraction(30), "ultrafast", 23)

    def draw(_frame: int, out: np.ndarray) -> None:
        out[:] = 128

    with pytest.raises(FinalFault, match="No such file"):
        encode.pictures(help.ffmpeg_path(), encoding, range(9), draw, tmp_path / "gone" / "x.mp4")
    if Path("/dev/full").exists():
        argv = [
            help.ffmpeg_path(),
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc",
            "-t",
            "9",
            "-f",
            "rawvideo",
            "-y",
            "/dev/full",
        ]
        running = encode.Program(argv, "writing")
        with pytest.raises(PassingFault, match="No space left"):
            running.finish()


def test_a_killed_encoder_is_a_passing_fault() -> None:
    running = encode.Program([sys.executable, "-c", "import time; time.sleep(60)"], "sleeping")
    os.killpg(running._process.pid, signal.SIGKILL)
    with pytest.raises(PassingFault, match="interrupted"):
        running.finish()


def test_a_fault_while_drawing_ends_the_encoder_at_once(tmp_path: Path) -> None:
    started: list[int] = []
    real = encode.Program.__init__

    def noted(self: encode.Program, *args: object) -> None:
        real(self, *args)  # type: ignore[arg-type]
        started.append(self._process.pid)

    def draw(frame: int, out: np.ndarray) -> None:
        if frame == 5:
            raise FinalFault("the picture 01a.png can't be read")

    encode.Program.__init__ = noted  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(FinalFault, match=r"01a\.png"):
            encode.pictures(
                help.ffmpeg_path(),
                encode.Encoding(64, 64, Fraction(30), "fast", 20),
                range(99),
                draw,
                tmp_path / "x.mp4",
            )
    finally:
        encode.Program.__init__ = real  # type: ignore[method-assign]
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_the_encoder_dies_with_the_process_that_started_it() -> None:
    code = (
        "import sys, time; from daemon.film import encode\n"
        "p = encode.Program([sys.executable, '-c', 'import time; time.sleep(60)'], 'x')\n"
        "print(p._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert os.getsid(child) == child
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
            break
    assert time.monotonic() < deadline


def test_random_cuts_are_the_baseline_of_every_score() -> None:
    beats = [i * 0.5 for i in range(240)]
    on = scores.score(list(range(15, 1800, 30)), beats, 3600, Fraction(30))
    assert on.hits == on.cuts == 60
    assert on.hit == 1.0 and on.bas == pytest.approx(1.0)
    assert on.coverage == pytest.approx(60 / 240)
    # Three frames in fifteen lie within one of a beat.
    assert on.random_hit == pytest.approx(0.2, abs=0.05)
    assert on.sentence().startswith("60 of 60 cuts on the beat; random: 1")


def test_a_cut_two_frames_off_is_no_hit_and_one_beat_counts_once() -> None:
    beats = [1.0, 2.0]
    assert scores.score([32], beats, 90, Fraction(30)).hits == 0
    assert scores.score([31], beats, 90, Fraction(30)).hits == 1
    assert scores.score([29, 30, 31], beats, 90, Fraction(30)).hits == 1


def test_without_cuts_or_beats_there_is_no_score() -> None:
    assert scores.score([], [1.0], 90, Fraction(30)).cuts == 0
    assert scores.score([30], [], 90, Fraction(30)).hit == 0.0


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "m4a"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_film_carries_the_samples_that_were_heard(tmp_path: Path, kind: str, channels: int) -> None:
    analysis, timeline = help.planned(tmp_path, 4.0)
    clicks, rate = soundfile.read(help.sound(tmp_path / "clicks.wav", analysis), dtype="float32")
    path = tmp_path / f"source.{kind}"
    if kind == "m4a":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=rate, layout="mono" if channels == 1 else "stereo")
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(clicks[:, :channels].T), format="fltp", layout=stream.layout.name
            )
            frame.sample_rate = rate
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                container.mux(packet)
    else:
        soundfile.write(path, clicks[:, :channels], rate)
    made = help.making(tmp_path, timeline)
    names = assemble.segments(made, lambda *_a, **_k: None)
    assemble.join(made, names, assemble.Song(path), {}, tmp_path / "film.mp4")
    from daemon.film.verify import verify

    verdict = verify(tmp_path / "film.mp4", timeline, made.envelopes, path)
    assert verdict.ok, verdict.sentence()
    assert verdict.av_offset_ms is not None and abs(verdict.av_offset_ms) < 0.2


def test_a_song_of_six_channels_is_mixed_to_two(tmp_path: Path) -> None:
    analysis, timeline = help.planned(tmp_path, 4.0)
    clicks, rate = soundfile.read(help.sound(tmp_path / "clicks.wav", analysis), dtype="float32")
    soundfile.write(tmp_path / "six.wav", np.repeat(clicks[:, :1], 6, axis=1), rate)
    made = help.making(tmp_path, timeline)
    names = assemble.segments(made, lambda *_a, **_k: None)
    assemble.join(made, names, assemble.Song(tmp_path / "six.wav"), {}, tmp_path / "film.mp4")
    channels = set()
    for _ in watch.watch(tmp_path / "film.mp4", 16, 16, lambda heard: channels.add(heard.samples.shape[1])):
        pass
    assert channels == {2}


def test_samples_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "n.wav", np.array([0.5, np.nan, np.inf, -0.5], np.float32), 8000, subtype="FLOAT")
    found = np.concatenate(list(sound.blocks(tmp_path / "n.wav")))
    assert found[:, 0].tolist() == [0.5, 0.0, 0.0, -0.5]


def test_what_holds_no_sound_is_a_final_fault(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_text("no song at all")
    with pytest.raises(FinalFault, match="sound can't be decoded"):
        sound.probe(tmp_path / "song.mp3")


@pytest.mark.parametrize(("width", "height", "expected"), [(1920, 1080, (854, 480)), (1080, 1920, (270, 480))])
def test_the_animatic_is_small_whole_and_has_sound(
    tmp_path: Path, width: int, height: int, expected: tuple[int, int]
) -> None:
    analysis = help.song(4.0)
    found = help.slots(tmp_path, analysis, candidates=2)
    song = help.sound(tmp_path / "song.wav", analysis)
    said: list[float] = []
    rule = help.rule(width, height, fps="60")
    out = tmp_path / ".tmp-123.mp4"
    animatic(
        analysis, {}, found, rule, 1, song, out, ffmpeg=help.ffmpeg_path(), progress=lambda f, *_a, **_k: said.append(f)
    )
    facts = watch.facts(out)
    assert (facts.width, facts.height, facts.fps, facts.audio_codec) == (*expected, 30, "aac")
    assert facts.duration == pytest.approx(4.0, abs=0.03)
    assert said == sorted(said) and said[-1] == 1.0
    assert {path.name for path in tmp_path.iterdir() if "tmp" in path.name} == {out.name}


def test_segments_of_any_length_are_joined_on_the_frame_grid(tmp_path: Path) -> None:
    encoding = encode.Encoding(64, 64, Fraction(30), "veryfast", 30)  # one that reorders frames
    lengths = [253, 281, 254, 253, 281, 11]

    noise = np.random.default_rng(1).integers(40, 200, (96, 64), np.uint8)

    def draw(frame: int, out: np.ndarray) -> None:
        out[:] = np.roll(noise, frame, axis=0)

    pieces = []
    for number, length in enumerate(lengths):
        pieces.append(tmp_path / f"{number}.mp4")
        encode.pictures(help.ffmpeg_path(), encoding, range(length), draw, pieces[-1])
    listed, joined = tmp_path / "list.txt", tmp_path / "joined.mp4"
    listed.write_text(encode.concat_list([str(piece) for piece in pieces], lengths, encoding.fps))
    argv = [help.ffmpeg_path(), "-v", "error", "-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy"]
    subprocess.run([*argv, "-video_track_timescale", str(encoding.timescale), str(joined)], check=True)
    with av.open(str(joined)) as film:
        stamps = sorted(packet.pts for packet in film.demux(film.streams.video[0]) if packet.pts is not None)
        ticks = 1 / (film.streams.video[0].time_base * encoding.fps)
    assert stamps == [round(frame * ticks) for frame in range(sum(lengths))]
