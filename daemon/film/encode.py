"""The one door where ffmpeg is started: pictures in, H.264 out; a song in, AAC out; nothing else.

argv is built by ffmpeg-python as a value. The process has a session of its own, dies with the thread that
started it, and its last lines are kept for the fault that tells of them. File names are the job's own, ASCII,
and never reach a filter graph.
"""

from __future__ import annotations

import collections
import contextlib
import ctypes
import fcntl
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from daemon.errors import Fault, FinalFault, PassingFault

VERSION = "2"  # part of every segment's fingerprint: change it where the encoding changes
RATE = 48000  # samples a second of every film
_PIPE = 1 << 20
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_PASSING = ("No space left", "Cannot allocate memory", "Resource temporarily unavailable", "Input/output error")


@dataclass(frozen=True)
class Encoding:
    """How pictures are encoded."""

    width: int
    height: int
    fps: Fraction
    preset: str
    crf: int

    @property
    def timescale(self) -> int:
        """Ticks a second of every segment: whole ticks a frame, the same in all of them."""
        return timescale(self.fps)

    @property
    def rate(self) -> str:
        """'30000/1001'."""
        return f"{self.fps.numerator}/{self.fps.denominator}"


def timescale(fps: Fraction) -> int:
    """Ticks a second, at least 12,000, of which a frame takes a whole number."""
    return fps.numerator * max(1, -(-12000 // fps.numerator))


def picture_argv(program: str, encoding: Encoding, out: Path, threads: int = 0) -> list[str]:
    """ffmpeg's argv for NV12 frames on standard input to a picture-only MP4. threads: the encoder's; 0: as it likes."""
    pictures = ffmpeg.input(
        "pipe:0",
        format="rawvideo",
        pix_fmt="nv12",
        s=f"{encoding.width}x{encoding.height}",
        framerate=encoding.rate,
        thread_queue_size=4,
    )
    # Tags only: the frames are BT.709 already.
    tagged = pictures.filter("setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709")
    stream = ffmpeg.output(
        tagged,
        str(out),
        format="mp4",
        vcodec="libx264",
        preset=encoding.preset,
        crf=encoding.crf,
        pix_fmt="nv12",
        g=max(1, round(2 * encoding.fps)),
        flags="+cgop",
        video_track_timescale=encoding.timescale,
        # Joining goes by the file's length, which ffmpeg keeps in whole milliseconds unless told otherwise.
        **({"threads": threads} if threads else {}),
    )
    return finished(stream, program)


def mux_argv(
    program: str,
    pieces: Path,
    out: Path,
    *,
    rate: int,
    channels: int,
    samples: int,
    kbps: int,
    timescale: int,
    gain_db: float = 0.0,
    peak_dbtp: float | None = None,
    tags: dict[str, str] | None = None,
    chapters: Path | None = None,
    words: Path | None = None,
) -> list[str]:
    """ffmpeg's argv that joins the segments named in `pieces` with the song on standard input.

    samples: the sound's exact length at 48 kHz; it is padded with silence or cut to that. gain_db and
    peak_dbtp: a level change, and a limiter where peak_dbtp is given. chapters: a file of ffmpeg's metadata;
    words: an .srt in UTF-8, which becomes a track of text.
    """
    pictures = ffmpeg.input(str(pieces), format="concat", safe=0)
    song = ffmpeg.input("pipe:0", format="f32le", ar=rate, ac=channels).audio
    if gain_db:
        song = song.filter("volume", volume=f"{gain_db:.3f}dB")
    if peak_dbtp is not None:
        limit = 10 ** (peak_dbtp / 20)
        song = song.filter("aresample", 4 * RATE).filter("alimiter", limit=f"{limit:.5f}", level=0, latency=1)
    song = song.filter("aresample", RATE).filter("apad", whole_len=samples).filter("atrim", end_sample=samples)
    inputs = [pictures.video, song]
    options: dict[str, Any] = {
        "format": "mp4",
        "vcodec": "copy",
        "acodec": "aac",
        "audio_bitrate": f"{kbps}k",
        "ac": 2,
        "ar": RATE,
        "video_track_timescale": timescale,
        "movflags": "+faststart",
    }
    if words:
        inputs.append(ffmpeg.input(str(words), format="srt")["s"])
        options["scodec"] = "mov_text"
    for number, (name, value) in enumerate((tags or {}).items()):
        options[f"metadata:g:{number}"] = f"{name}={value}"
    if not chapters:
        return finished(ffmpeg.output(*inputs, str(out), **options), program)
    argv = finished(ffmpeg.output(*inputs, str(out), **options, map_chapters=len(inputs)), program)
    last = len(argv) - argv[::-1].index("-i") + 1
    # An input without streams: ffmpeg-python's graphs have no place for one.
    return [*argv[:last], "-f", "ffmetadata", "-i", str(chapters), *argv[last:]]


def finished(stream: Any, program: str) -> list[str]:
    """The argv of a graph: quiet but for warnings, and never asking."""
    quiet = stream.global_args("-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y")
    argv: list[str] = ffmpeg.compile(quiet, cmd=program)
    return argv


def concat_list(names: Iterable[str], frames: Iterable[int], fps: Fraction) -> str:
    """The concat demuxer's list of files, each with its exact length; quotes in names are kept whole.

    frames: how many each file has. An MP4's own length is in whole milliseconds: left to that, the joints
    run away from the frame grid by up to half a millisecond each. Lengths here are microseconds between
    absolute times, so that nothing adds up.
    """
    lines, at = [], 0
    for name, count in zip(names, frames, strict=True):
        length = round((at + count) / fps * 1_000_000) - round(at / fps * 1_000_000)
        lines += [
            "file '" + name.replace("'", "'\\''") + "'",
            f"duration {length // 1_000_000}.{length % 1_000_000:06d}",
        ]
        at += count
    return "ffconcat version 1.0\n" + "\n".join(lines) + "\n"


class Program:
    """A running ffmpeg with a pipe to its standard input, written by a thread so that making and taking overlap."""

    def __init__(self, argv: list[str], what: str) -> None:
        self.what = what
        self._tail: collections.deque[str] = collections.deque(maxlen=40)
        parent = os.getpid()
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: _die_with(parent),
        )
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._process.stdin.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
        self._queue: queue.Queue[Any] = queue.Queue(maxsize=3)
        self._broken = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._writer.start()
        self._drain.start()

    def feed(self, data: Any, then: Callable[[], None] | None = None) -> None:
        """Queues a contiguous buffer; `then` is called once it was taken. A fault where ffmpeg has ended."""
        if self._broken.is_set():
            self.finish()
            raise self._fault()
        self._queue.put((data, then))

    def finish(self) -> None:
        """Closes the pipe and waits. PassingFault or FinalFault where ffmpeg failed."""
        self._queue.put(None)
        self._writer.join()
        code = self._process.wait()
        self._drain.join()
        if code or self._broken.is_set():
            raise self._fault()

    def said(self) -> list[str]:
        """The last lines on its standard error."""
        return list(self._tail)

    def kill(self) -> None:
        """Ends it now; quiet where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._broken.set()
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self._queue.put(None)
        self._writer.join()
        self._process.wait()
        self._drain.join()

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        while (item := self._queue.get()) is not None:
            data, then = item
            if not self._broken.is_set():
                try:
                    pipe.write(data)
                except OSError:
                    self._broken.set()
            if then:
                then()
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._tail.append(line.decode("utf-8", "replace").strip())
        self._process.stderr.close()

    def _fault(self) -> Fault:
        code = self._process.returncode
        said = "; ".join(list(self._tail)[-4:]) or f"ffmpeg ended with {code}"
        facts = {"operation": self.what, "returned": code, "stderr": list(self._tail)[-12:]}
        if code < 0 or any(word in line for word in _PASSING for line in self._tail):
            return PassingFault(f"{self.what} was interrupted", said, "It is tried again by itself.", facts)
        return FinalFault(f"{self.what} failed", said, "See the job's log; `dropreel retry` tries again.", facts)


def _die_with(parent: int) -> None:
    """In the child, before ffmpeg: die when the starting thread dies, also where it has died already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def pictures(
    program: str,
    encoding: Encoding,
    frames: range,
    draw: Callable[[int, NDArray[np.uint8]], None],
    out: Path,
    tick: Callable[[int], None] = lambda _frames: None,
    threads: int = 0,
) -> None:
    """Encodes frames as `draw(frame, buffer)` makes them (NV12). tick(1) after each. Faults as finish() has them.

    threads: the encoder's own; 0: as it likes.
    """
    running = Program(picture_argv(program, encoding, out, threads), "encoding the pictures")
    free: queue.Queue[NDArray[np.uint8]] = queue.Queue()
    for _ in range(4):
        free.put(np.empty((encoding.height * 3 // 2, encoding.width), np.uint8))
    try:
        for frame in frames:
            buffer = free.get()
            draw(frame, buffer)
            running.feed(buffer.data.cast("B"), lambda buffer=buffer: free.put(buffer))  # type: ignore[misc]
            tick(1)
        running.finish()
    except BaseException:
        running.kill()
        raise


def run(argv: list[str], what: str) -> None:
    """Runs ffmpeg on files alone. Faults as finish() has them."""
    running = Program(argv, what)
    try:
        running.finish()
    except BaseException:
        running.kill()
        raise


def mux(argv: list[str], sound: Iterable[NDArray[np.float32]]) -> None:
    """Runs a mux with the song's blocks on standard input. Faults as finish() has them."""
    running = Program(argv, "joining pictures and sound")
    try:
        for block in sound:
            running.feed(np.ascontiguousarray(block, np.float32).data.cast("B"))
        running.finish()
    except BaseException:
        running.kill()
        raise
