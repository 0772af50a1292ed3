"""What a film costs: CPU seconds a frame, end to end, against libx264 alone at the same preset, in one run.

    python -m benchmarks.film [--song 45] [--seconds 10] [--size 1920x1080] [--fps 30] [--preset veryfast]
                              [--look cartoon] [--only scenes|stills] [--runs 3] [--whole]

A synthesised song is heard, prompted, painted and planned as the shipped look has it: its cuts, effects and moves. So
many seconds from the middle of the film are then drawn and encoded: as painted scenes whose figures dance, and as
stills. libx264 alone encodes the very same frames, drawn beforehand, from a file. What a process does once (textures,
compiled loops) is done beforehand; the scenes themselves are made anew in each run. `--whole` makes all of the film
instead, in segments as a job does, without libx264 alone beside it: for the memory that a film of minutes takes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.pss import Memory
from daemon import rulebook
from daemon.audio.listen import listen
from daemon.audio.synth import write_song
from daemon.film import assemble, encode, give_back, painter
from daemon.film.compositor import Compositor
from daemon.film.focus import with_focus
from daemon.film.timeline import PictureFile, Slot, plan
from daemon.film.values import Timeline
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.sidecars import Analysis
from daemon.stages.prompt import write


@dataclass
class Cost:
    """CPU seconds of this process and of its children, and wall seconds."""

    own: float
    children: float
    wall: float

    @property
    def cpu(self) -> float:
        return self.own + self.children


def measured(work: Callable[[], object]) -> Cost:
    before, began = os.times(), time.perf_counter()
    work()
    after = os.times()
    return Cost(
        after.user + after.system - before.user - before.system,
        after.children_user + after.children_system - before.children_user - before.children_system,
        time.perf_counter() - began,
    )


@dataclass
class Film:
    """A planned film, and the frames of it that are measured."""

    timeline: Timeline
    envelopes: dict[str, NDArray[np.float32]]
    window: range


def planned(folder: Path, rule: Rule, seconds: float, still: bool) -> Film:
    """A song's film under a rule; its pictures are painted in the folder, unless they lie there already."""
    heard = listen(folder / "song.wav", fps=rule.deliver.rate())
    deliver = rule.deliver
    slots = painted(folder, rule, heard.analysis, still)
    timeline = plan(heard.analysis, with_focus(slots, deliver.width, deliver.height), rule, 7)
    count = min(timeline.frames, round(seconds * timeline.fps))
    first = (timeline.frames - count) // 2
    return Film(timeline, heard.envelopes, range(first, first + count))


def painted(folder: Path, rule: Rule, analysis: Analysis, still: bool) -> list[Slot]:
    """A picture for each slot of a song under a rule; still: without the scenes that they were painted from."""
    prompts = write(rule, analysis, [], seed=7, title="Neon Night")
    deliver = rule.deliver
    slots = []
    for one in prompts.prompts:
        section = analysis.sections[one.section]
        request = painter.Request(
            prompt=one.prompt,
            seed=one.seed,
            width=deliver.width,
            height=deliver.height,
            palette=tuple(prompts.palette),
            mood=tuple(prompts.mood),
            sheet=rule.look.sheet,
            scene=one.scene,
            characters=tuple(one.characters),
            pose=one.pose,
            framing=one.framing,
            time_of_day=one.time_of_day,
            energy=section.energy,
            role=section.role,
        )
        path, told = folder / f"{one.slot}.png", folder / f"{one.slot}.json"
        if not told.exists():
            made = painter.paint(request)
            cv2.imwrite(str(path), made.picture[..., ::-1])
            told.write_text(json.dumps(made.scene))
        scene = {} if still else json.loads(told.read_text())
        picture = PictureFile(f"{one.slot}a", path, one.slot, scene)
        slots.append(Slot(one.slot, one.start, one.end, one.section, [picture], one.prompt))
    return slots


def row(title: str, film: Film, folder: Path, preset: str, runs: int) -> str:
    """Draws and encodes a film's window; a line of the table: medians of runs, in which all take turns."""
    timeline, window = film.timeline, film.window
    width, height, frames = timeline.width, timeline.height, len(film.window)
    encoding = encode.Encoding(width, height, timeline.fps, preset, 20)
    program = Settings(root=folder).ffmpeg_path()
    raw = folder / "frames.nv12"

    def draw(out: BinaryIO | None = None) -> None:
        buffer = np.empty((height * 3 // 2, width), np.uint8)
        with Compositor(timeline, film.envelopes) as drawing:
            brush = drawing.brush(lambda: window.stop)
            for frame in window:
                brush(frame, buffer)
                if out:
                    out.write(buffer.data)

    def alone() -> None:
        argv = encode.picture_argv(program, encoding, folder / "alone.mp4")
        argv[argv.index("pipe:0")] = str(raw)
        encode.Program(argv, "encoding").finish()

    def whole() -> None:
        half = window.start + frames // 2
        # As a film is made: segments side by side, each with an encoder of its own.
        with (
            Compositor(timeline, film.envelopes) as drawing,
            ThreadPoolExecutor(assemble.threads()) as pool,
        ):
            parts = (range(window.start, half), range(half, window.stop))
            made = [
                pool.submit(
                    encode.pictures,
                    program,
                    encoding,
                    part,
                    drawing.brush(lambda part=part: part.stop),
                    folder / f"part{number}.mp4",
                    threads=assemble.encoder_threads(),
                )
                for number, part in enumerate(parts)
            ]
            for one in made:
                one.result()

    with open(raw, "wb") as out:
        draw(out)
    costs: list[tuple[Cost, Cost, Cost]] = []
    most = 0
    for _ in range(runs):
        limit, drawn = measured(alone), measured(draw)
        with Memory() as room:
            made = measured(whole)
        costs.append((limit, drawn, made))
        most = max(most, room.most)
    raw.unlink()
    shots = sum(shot.start < window.stop and shot.end > window.start for shot in timeline.shots)
    cells = " | ".join(
        f"{statistics.median(1000 * cost.cpu / frames for cost in kind):.1f}" for kind in zip(*costs, strict=True)
    )
    shares = [100 * limit.cpu / made.cpu for limit, _, made in costs]
    share = f"{statistics.median(shares):.0f} % ({min(shares):.0f} to {max(shares):.0f})"
    return f"| {title} | {frames} | {shots} | {cells} | {share} | {most} MB |"


def whole_row(title: str, film: Film, folder: Path, preset: str) -> str:
    """Makes all segments of a film; a line of the table."""
    timeline = film.timeline
    encoding = encode.Encoding(timeline.width, timeline.height, timeline.fps, preset, 20)
    program = Settings(root=folder).ffmpeg_path()
    making = assemble.Making(folder, timeline, film.envelopes, encoding, program)
    with Memory() as room:
        made = measured(lambda: assemble.segments(making, lambda *_args, **_extra: None))
    return f"| {title} | {timeline.frames} | {1000 * made.cpu / timeline.frames:.1f} | {room.most} MB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--song", type=float, default=45.0, help="seconds of the song (45)")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of its film that are measured (10)")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--fps", default="30")
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--look", default="cartoon", help="a shipped rule")
    parser.add_argument("--runs", type=int, default=3, help="of which medians are told (3)")
    parser.add_argument("--only", choices=("scenes", "stills"), help="one of the two alone")
    parser.add_argument("--whole", action="store_true", help="all of the film, for its memory")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    rule = rulebook.load(rulebook.shipped()).named(options.look)
    if rule is None:
        parser.error(f"no shipped rule is called {options.look}")
    deliver = rule.deliver.model_copy(update={"width": width, "height": height, "fps": options.fps})
    rule = rule.model_copy(update={"deliver": deliver})
    print(f"CPU ms a frame, medians of {options.runs}; memory: the largest Pss of this process and its encoders")
    cells = "frames | shots | libx264 alone | drawing alone | end to end | share of libx264 alone | memory"
    cells = "frames | end to end | memory" if options.whole else cells
    print(f"| pictures | {cells} |\n" + "|---" * (2 + cells.count("|")) + "|", flush=True)
    with tempfile.TemporaryDirectory(prefix="film-benchmark-") as name:
        folder = Path(name)
        give_back()
        write_song(folder / "song.wav", seconds=options.song)
        compile_first(folder, rule)
        for title in ("scenes", "stills"):
            if options.only in (None, title):
                film = planned(folder, rule, options.seconds, title == "stills")
                if options.whole:
                    print(whole_row(title, film, folder, options.preset), flush=True)
                else:
                    print(row(title, film, folder, options.preset, options.runs), flush=True)


def compile_first(folder: Path, rule: Rule) -> None:
    """Draws a few small frames of every shot, so that nothing is compiled while it is measured."""
    film = planned(folder, rule, 0, False)
    buffer = np.empty((180 * 3 // 2, 320), np.uint8)
    with Compositor(film.timeline, film.envelopes, 320, 180) as drawing:
        brush = drawing.brush()
        for shot in film.timeline.shots[::3]:
            brush(shot.start, buffer)


if __name__ == "__main__":
    main()
