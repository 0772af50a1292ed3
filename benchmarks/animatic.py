"""What the animatic of a song costs: CPU and wall seconds from painted pictures to the finished file.

    python -m benchmarks.animatic [--seconds 240] [--look cartoon] [--size 1920x1080]

A synthesised song is heard, prompted and painted as the shipped look has it; that doesn't count. On idle cores the wall
seconds are little more than the larger one of drawing and encoding, which go on at the same time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.film import compile_first, measured, painted
from benchmarks.pss import Memory
from daemon import rulebook
from daemon.audio.listen import listen
from daemon.audio.synth import write_song
from daemon.film import give_back
from daemon.film.animatic import animatic
from daemon.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240.0, help="length of the song (240)")
    parser.add_argument("--look", default="cartoon", help="a shipped rule")
    parser.add_argument("--size", default="1920x1080", help="of the film, whose pictures are shown (1920x1080)")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    rule = rulebook.load(rulebook.shipped()).named(options.look)
    if rule is None:
        parser.error(f"no shipped rule is called {options.look}")
    deliver = rule.deliver.model_copy(update={"width": width, "height": height, "fps": "30"})
    rule = rule.model_copy(update={"deliver": deliver})
    give_back()
    with tempfile.TemporaryDirectory(prefix="animatic-benchmark-") as name:
        folder = Path(name)
        song, out = folder / "song.wav", folder / "animatic.mp4"
        write_song(song, seconds=options.seconds)
        compile_first(folder, rule)
        heard = listen(song, fps=rule.deliver.rate())
        slots = painted(folder, rule, heard.analysis, False)
        program = Settings(root=folder).ffmpeg_path()

        def make() -> None:
            animatic(heard.analysis, heard.envelopes, slots, rule, 7, song, out, ffmpeg=program)

        with Memory() as room:
            made = measured(make)
        print("| song, s | pictures | drawing, CPU s | encoding, CPU s | wall s | load | memory | size |")
        print("|---|---|---|---|---|---|---|---|")
        size = f"{out.stat().st_size / 1e6:.1f} MB"
        costs = f"{made.own:.1f} | {made.children:.1f} | {made.wall:.0f} | {os.getloadavg()[0]:.0f}"
        print(f"| {options.seconds:.0f} | {len(slots)} | {costs} | {room.most} MB | {size} |")


if __name__ == "__main__":
    main()
