"""A copy of a film that is no larger than so many megabytes: for phones, and for messengers that refuse more.

The size is reckoned from the length, the picture made as small as that takes, the bits spread by two passes, and the
file weighed when it is done. A megabyte is 1,000,000 bytes; rates are kilobits (1000) a second.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import ffmpeg

from daemon.errors import FinalFault
from daemon.film import encode
from daemon.film.report_rows import clock

VERSION = "1"
_LINES = (1080, 720, 540, 480, 360, 288, 240)  # of the shorter side
_FINE = 0.045  # bits a pixel that look well
_LEAST = 0.02  # bits a pixel, at the smallest size, that can be watched
_TRIES = 3
_HEAD = 60_000  # bytes that a file takes before its first frame


@dataclass(frozen=True)
class Copy:
    """How the copy is encoded."""

    width: int
    height: int
    video_kbps: int
    audio_kbps: int
    most: int  # bytes


def plan(width: int, height: int, fps: Fraction, frames: int, size: int, megabytes: float) -> Copy:
    """The copy of a film of width x height, `size` bytes large. FinalFault where it can't be watched any more."""
    seconds = float(frames / fps)
    most = round(megabytes * 1_000_000)
    tables = frames * 20 + seconds * 60 * 8 + _HEAD  # what an MP4 says of each frame and block of sound
    total = (most * 0.99 - tables) * 8 / 1000 / seconds
    short = min(width, height)
    for lines in (one for one in (short, *_LINES) if one <= min(short, _LINES[0])):
        wide, high = (_even(side * lines / short) for side in (width, height))
        pixels = wide * high * float(fps)
        for audio in (160, 128, 96, 64):
            video = total - audio
            smallest = lines == min(short, _LINES[-1])
            if video < 4.5 * audio and audio > 64:
                continue  # sound takes less than a fifth
            if video * 1000 >= (_LEAST if smallest else _FINE) * pixels:
                # No more than the film itself has: bits can't bring back what isn't there.
                whole = size * 8 / 1000 / seconds * (lines / short) ** 1.5 * 1.1
                return Copy(wide, high, max(16, int(min(video, whole))), audio, most)
            break
    raise FinalFault(
        f"a film of {clock(seconds)} can't be watched in {megabytes:g} MB",
        f"that leaves {max(0.0, total):.0f} kbit/s for picture and sound",
        "Ask for more megabytes (deliver.phone).",
        {"seconds": seconds, "megabytes": megabytes},
    )


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def make(program: str, film: Path, fps: Fraction, wanted: Copy, out: Path, progress: Callable[[float], None]) -> Copy:
    """Writes the copy to `out`; returns how it was encoded in the end. FinalFault where it won't be small enough."""
    log = out.with_name(f"{out.stem}-passes")
    size = 0
    try:
        for attempt in range(_TRIES):
            for number in (1, 2):
                progress((attempt + (number - 1) / 2) / _TRIES if attempt else (number - 1) / 2)
                encode.run(argv(program, film, fps, wanted, out, log, number), "making the copy for phones")
            size = out.stat().st_size
            if size <= wanted.most:
                return wanted
            less = 0.97 * wanted.most / size
            wanted = replace(wanted, video_kbps=int(wanted.video_kbps * less - wanted.audio_kbps * (1 - less)))
            if wanted.video_kbps < 8:
                break
    finally:
        for left in log.parent.glob(f"{log.name}*"):
            with contextlib.suppress(OSError):
                left.unlink()
    raise FinalFault(
        "the copy for phones comes out too large",
        f"{size} bytes of {wanted.most}",
        "Ask for more megabytes (deliver.phone).",
        {"size": size, "most": wanted.most},
    )


def argv(program: str, film: Path, fps: Fraction, wanted: Copy, out: Path, log: Path, number: int) -> list[str]:
    """ffmpeg's argv of one of two passes. The second keeps words, chapters and tags."""
    source = ffmpeg.input(str(film))
    picture = source.video.filter("scale", wanted.width, wanted.height, flags="bicubic")
    tagged = picture.filter("setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709")
    options: dict[str, object] = {
        "vcodec": "libx264",
        "preset": "faster",
        "video_bitrate": f"{wanted.video_kbps}k",
        "maxrate": f"{3 * wanted.video_kbps}k",
        "bufsize": f"{6 * wanted.video_kbps}k",
        "pix_fmt": "yuv420p",
        "g": max(1, round(4 * fps)),
        "flags": "+cgop",
        "fps_mode": "passthrough",
        "pass": number,
        "passlogfile": str(log),
    }
    if number == 1:
        return encode.finished(ffmpeg.output(tagged, "pipe:1", format="null", **options), program)
    options |= {
        "format": "mp4",
        "acodec": "aac",
        "audio_bitrate": f"{wanted.audio_kbps}k",
        "scodec": "copy",
        "map_metadata": 0,
        "map_chapters": 0,
        "movflags": "+faststart",
        "video_track_timescale": encode.timescale(fps),
    }
    return encode.finished(ffmpeg.output(tagged, source.audio, source["s?"], str(out), **options), program)
