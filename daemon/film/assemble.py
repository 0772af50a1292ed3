"""A film out of a timeline: segments that survive a crash, then one join with the song.

Each segment is published in the job folder under a name made of everything that it shows, so that a resumed
job encodes only what is missing, and a reopened one only what changed.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon import durable
from daemon.errors import Fault, FinalFault
from daemon.film import captions, compositor, encode, painter, staging
from daemon.film.approved import Approved
from daemon.film.chapters import Chapter, ffmetadata
from daemon.film.lettering import hand_for
from daemon.film.subtitles import srt
from daemon.film.values import Caption, Shot, Timeline
from daemon.sidecars import fingerprint
from daemon.video import sound

SEGMENT = (4.0, 8.0, 12.0)  # seconds: least, wanted, most
Progress = Callable[..., None]


@dataclass(frozen=True)
class Making:
    """What every step of one film needs. folder: the job's own; approved: what its check then knows of its pictures."""

    folder: Path
    timeline: Timeline
    envelopes: dict[str, NDArray[np.float32]]
    encoding: encode.Encoding
    program: str
    approved: Approved = field(default_factory=Approved, compare=False)


def spans(timeline: Timeline) -> list[range]:
    """The film in segments of some seconds, each begun with a shot where one begins there."""
    least, wanted, most = (max(1, int(seconds * timeline.fps)) for seconds in SEGMENT)
    starts = [shot.start for shot in timeline.shots]
    found, at = [], 0
    while at < timeline.frames:
        if timeline.frames - at <= most:
            found.append(range(at, timeline.frames))
            break
        near = [start for start in starts if at + least <= start <= at + most]
        end = min(near, key=lambda start: abs(start - at - wanted), default=at + wanted)
        found.append(range(at, end))
        at = end
    return found


def segment_name(making: Making, span: range, drawing: compositor.Compositor) -> str:
    """The file name of a segment: all that it shows, and how it is encoded."""
    timeline, direction = making.timeline, drawing.direction
    first = bisect_right([shot.start for shot in timeline.shots], span.start) - 1
    seen = [
        [*_shown(shot), *sorted(drawing.falling(shot.picture))]
        for shot in timeline.shots[max(0, first - 1) :]
        if shot.start - shot.transition.frames < span.stop
    ]
    curves = hashlib.sha256()
    seconds = slice(span.start, span.stop)
    # In a cross-fade a moving picture stays at the last moment of its shot, or waits at the first.
    around = slice(max(0, span.start - 1), span.stop + 1)
    for curve in (*direction.curves(seconds), *drawing.screen.curves(around)):
        curves.update(curve)
    parts = [
        compositor.VERSION,
        drawn_by(),
        span.start,
        span.stop,
        seen,
        curves.hexdigest(),
        str(making.encoding),
        encode.VERSION,
    ]
    if words := [one for one in timeline.captions if one.start < span.stop and one.end > span.start]:
        parts += [captions.VERSION, hand_for(one.text for one in timeline.captions).name, words]
    return f"segment-{fingerprint(*parts)}.mp4"


@cache
def drawn_by() -> str:
    """A digest of the code that draws: what another version of it left half made is never joined with this one's."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _shown(shot: Shot) -> list[Any]:
    picture = shot.picture.fingerprint or shot.picture.path.name
    return [
        picture,
        painter.VERSION if shot.picture.scene else "",
        *([staging.VERSION] if shot.picture.scene.get("own") else []),
        shot.picture.centre,
        shot.start,
        shot.end,
        shot.transition.kind,
        shot.transition.frames,
        shot.transition.style,
        shot.index if shot.transition.style or shot.transition.kind == "whip" else 0,
        shot.mirrored,
        shot.camera_from,
        shot.camera_to,
        shot.ease,
    ]


class _Meter:
    """Frames done over all threads, as progress with frames a second and seconds left."""

    def __init__(self, total: int, done: int, progress: Progress) -> None:
        self.total, self.done, self.progress = total, done, progress
        self._fresh = 0
        self._began = self._said = time.monotonic()
        self._lock = threading.Lock()

    def tick(self, frames: int) -> None:
        """Some frames more."""
        with self._lock:
            self.done += frames
            self._fresh += frames
            now = time.monotonic()
            if now - self._said < 0.5 and self.done < self.total:
                return
            self._said = now
            rate = self._fresh / max(1e-6, now - self._began)
            self.progress(
                self.done / self.total,
                "encoding",
                fps=round(rate, 1),
                left=round((self.total - self.done) / max(rate, 1e-6)),
            )


def threads() -> int:
    """Segments in the making at once: one encoder fills some cores, and its end leaves them idle."""
    return 3 if _cores() >= 8 else 2


def encoder_threads() -> int:
    """Each encoder's threads. Together with the others it fills the cores; more would take memory and time alone."""
    return max(1, _cores() // threads())


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def segments(making: Making, progress: Progress) -> list[str]:
    """Makes every segment that isn't there yet; their names in order. progress(fraction, doing, fps=, left=).

    Faults of the encoder or of a picture pass through; what other threads were making is ended.
    """
    timeline = making.timeline
    stop = threading.Event()
    size = (making.encoding.width, making.encoding.height)
    with compositor.Compositor(timeline, making.envelopes, *size, making.approved) as drawing:
        todo = [(span, segment_name(making, span, drawing)) for span in spans(timeline)]
        missing = [(span, name) for span, name in todo if not (making.folder / name).is_file()]
        meter = _Meter(timeline.frames, timeline.frames - sum(len(span) for span, _ in missing), progress)
        begun = [span.start for span, name in todo if (span, name) not in missing]

        def make(span: range, name: str) -> None:
            if stop.is_set():
                return
            begun.append(span.start)
            brush = drawing.brush(
                lambda: min((start for start in begun if start >= span.stop), default=timeline.frames)
            )

            def draw(frame: int, out: NDArray[np.uint8]) -> None:
                if stop.is_set():
                    raise Fault("the film was given up")
                brush(frame, out)

            durable.publish(
                making.folder,
                name,
                lambda temp: encode.pictures(
                    making.program, making.encoding, span, draw, temp, meter.tick, encoder_threads()
                ),
            )

        # The threads outlive every ffmpeg that they start: it dies with the thread that started it.
        with ThreadPoolExecutor(min(threads(), max(1, len(missing))), thread_name_prefix="segment") as pool:
            futures = [pool.submit(make, span, name) for span, name in missing]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed = [error for future in done if (error := future.exception())]
            if failed:
                stop.set()
                for future in futures:
                    future.cancel()
                raise failed[0]
    return [name for _, name in todo]


@dataclass(frozen=True)
class Song:
    """The sound of the film. samples: as many as were heard, at its own rate; gain and limit as `mux_argv` has them."""

    path: Path
    samples: int = 0
    sample_rate: int = 0
    kbps: int = 320
    gain_db: float = 0.0
    peak_dbtp: float | None = None


def join(
    making: Making,
    names: list[str],
    song: Song,
    tags: dict[str, str],
    out: Path,
    chapters: Sequence[Chapter] = (),
    words: Sequence[Caption] = (),
    span: range | None = None,
) -> None:
    """Joins the segments with the song into `out`, without encoding a picture again.

    words: a track of text, to be switched on. span: the part of the film that the one piece shows, where it isn't
    the whole: its sound begins where that begins.
    """
    form, fps = _form_heard(song), making.timeline.fps
    frames = span if span is not None else range(making.timeline.frames)
    total = samples_of(len(frames), fps)
    listed = out.with_name(out.name + ".txt")
    parts, sung = (out.with_name(f"{out.name}.{kind}") for kind in ("chapters.txt", "words.srt"))
    try:
        pieces = [str(making.folder / name) for name in names]
        whole = len(pieces) == 1  # an animatic is encoded in one piece
        lengths = [len(frames)] if whole else [len(span) for span in spans(making.timeline)]
        listed.write_text(encode.concat_list(pieces, lengths, making.timeline.fps), "utf-8")
        if chapters:
            parts.write_text(ffmetadata(chapters, making.timeline.fps), "utf-8")
        if words:
            sung.write_text(srt(words, making.timeline.fps), "utf-8")
        argv = encode.mux_argv(
            making.program,
            listed,
            out,
            rate=form.rate,
            channels=max(2, form.channels),
            samples=total,
            kbps=song.kbps,
            timescale=making.encoding.timescale,
            gain_db=song.gain_db,
            peak_dbtp=song.peak_dbtp,
            tags=tags,
            chapters=parts if chapters else None,
            words=sung if words else None,
        )
        first = int(Fraction(frames.start) / fps * form.rate + Fraction(1, 2))
        last = first + -(-total * form.rate // encode.RATE) + form.rate
        blocks = sound.blocks(song.path)
        if span is not None:
            blocks = sound.between(blocks, first, last)
        encode.mux(argv, (np.repeat(block, 2, axis=1) if form.channels == 1 else block for block in blocks))
    finally:
        listed.unlink(missing_ok=True)
        parts.unlink(missing_ok=True)
        sung.unlink(missing_ok=True)


def samples_of(frames: int, fps: Fraction) -> int:
    """Samples at 48 kHz of a film's sound: exactly as long as its pictures."""
    return int(Fraction(frames) / fps * encode.RATE + Fraction(1, 2))


def _form_heard(song: Song) -> sound.Format:
    form = sound.probe(song.path)
    if song.sample_rate and form.rate != song.sample_rate:
        raise FinalFault(
            "the song isn't the one that was heard",
            f"{form.rate} samples a second, {song.sample_rate} when it was heard",
            "Drop it again.",
            {"path": song.path.name},
        )
    return form
