"""What further films cost beside the first: captions in the picture, and the copy for phones.

    python -m benchmarks.formats [--seconds 20] [--size 1920x1080] [--megabytes 8]

CPU milliseconds a frame, median of five passes, one thread; the copy in CPU seconds a minute of film, with its size,
its checks that failed and its offset from the song.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--megabytes", type=float, default=8.0)
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))

    from daemon.film import captions, phone
    from daemon.film.focus import with_focus
    from daemon.film.timeline import plan
    from daemon.film.values import Caption
    from daemon.film.verify import verify
    from tests import film_help

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        analysis = film_help.song(options.seconds)
        slots = with_focus(film_help.slots(folder, analysis), width, height)
        timeline = plan(analysis, slots, film_help.rule(width, height), 1)

        text = "Rain on the window, and the city holds its breath tonight"
        worded = replace(timeline, captions=(Caption(0, timeline.frames, text),))
        words = captions.Captions(worded, width, height)
        frame = np.full((height * 3 // 2, width), 100, np.uint8)
        words.draw(0, frame)
        passes = []
        for _ in range(5):
            began = time.process_time()
            for number in range(100):
                words.draw(20 + number, frame)
            passes.append((time.process_time() - began) * 10)
        print(f"captions       {statistics.median(passes):6.2f} CPU ms a frame, {width} x {height}, two rows")

        film = film_help.film(folder, analysis, timeline)
        size = film.stat().st_size
        wanted = phone.plan(width, height, timeline.fps, timeline.frames, size, options.megabytes)
        before = os.times()
        copy = folder / "copy.mp4"
        phone.make(film_help.ffmpeg_path(), film, timeline.fps, wanted, copy, lambda _done: None)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"film           {size / 1e6:6.2f} MB, {timeline.frames} frames")
        weight = f"{copy.stat().st_size / 1e6:6.2f} MB of {options.megabytes:g}"
        picture = f"{wanted.width} x {wanted.height}, {wanted.video_kbps} kbit/s"
        print(f"copy           {weight}, {picture}; {cpu * 60 / options.seconds:.1f} CPU s a minute")
        verdict = verify(copy, timeline, film_help.bass(timeline.frames), folder / "song.wav")
        print(f"its checks     {verdict.sentence()}; {verdict.av_offset_ms:+.3f} ms from the song")


if __name__ == "__main__":
    main()
