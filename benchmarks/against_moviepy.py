"""The same timeline drawn and encoded by this program and by MoviePy 2: CPU seconds of each, and how alike they look.

    python -m benchmarks.against_moviepy --python PYTHON [--seconds 4] [--size 1920x1080] [--preset veryfast] [--runs 3]

PYTHON is one that has MoviePy 2 (`python -m venv DIR; DIR/bin/pip install moviepy`); without one nothing is measured,
and the exit status is 77. The timeline is what MoviePy can show as well: stills under a camera that moves, zooms and
shakes, dissolves, flashes; light, particles and wipes are left out on both sides. Both use the same ffmpeg, preset and
crf; imports and compiled loops don't count on either side. The PSNR between both films tells that they show the same.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from benchmarks.film import Film, measured, planned
from daemon import rulebook
from daemon.audio.synth import write_song
from daemon.film import assemble, encode
from daemon.film.compositor import Compositor
from daemon.film.direction import Direction
from daemon.film.values import Timeline, Transition
from daemon.settings import Settings

SKIPPED = 77
_CRF = 20
_SHOWN = ("zoom", "push", "shake", "jolt", "bob", "drift", "flash")  # effects that both can show


def plain(timeline: Timeline) -> Timeline:
    """The timeline with no more than MoviePy can show."""
    shots = tuple(
        replace(
            shot,
            transition=Transition("crossfade", shot.transition.frames) if shot.transition.half else Transition(),
        )
        for shot in timeline.shots
    )
    effects = tuple(effect for effect in timeline.effects if effect.kind in _SHOWN)
    return replace(timeline, shots=shots, effects=effects)


def told(film: Film, preset: str) -> dict[str, object]:
    """The window of a film, frame by frame, for MoviePy."""
    timeline, window = film.timeline, film.window
    direction = Direction(timeline, film.envelopes)
    seen: dict[int, tuple[int, list[tuple[float, float, float]]]] = {}
    white = []
    for frame in window:
        state = direction.state(frame)
        white.append(state.white)
        for view in (state.view, state.other):
            if view is not None:
                # In a mirrored shot the whole frame is mirrored, the camera with it.
                x = 1 - view.x if view.shot.mirrored else view.x
                seen.setdefault(view.shot.index, (frame - window.start, []))[1].append((x, view.y, view.scale))
    flashes: list[tuple[int, list[float]]] = []
    for at, level in enumerate(white):
        if level > 0 and at and white[at - 1] > 0 and flashes:
            flashes[-1][1].append(level)
        elif level > 0:
            flashes.append((at, [level]))
    shots = [
        {
            "file": str(timeline.shots[index].picture.path),
            "mirrored": timeline.shots[index].mirrored,
            "first": first,
            "views": views,
            "dissolve": 2 * timeline.shots[index].transition.half if first else 0,
        }
        for index, (first, views) in sorted(seen.items())
    ]
    return {
        "width": timeline.width,
        "height": timeline.height,
        "fps": float(timeline.fps),
        "frames": len(window),
        "preset": preset,
        "crf": _CRF,
        "shots": shots,
        "flashes": flashes,
    }


def ours(film: Film, program: str, preset: str, out: Path) -> float:
    """CPU seconds of a window's drawing and encoding."""
    timeline = film.timeline
    encoding = encode.Encoding(timeline.width, timeline.height, timeline.fps, preset, _CRF)

    def make() -> None:
        with Compositor(timeline, film.envelopes) as drawing:
            brush = drawing.brush(lambda: film.window.stop)
            encode.pictures(program, encoding, film.window, brush, out, threads=assemble.encoder_threads())

    return measured(make).cpu


def theirs(python: Path, program: str, timeline: Path, out: Path) -> float:
    """CPU seconds of MoviePy's drawing and encoding."""
    script = Path(__file__).with_name("moviepy_film.py")
    environment = {**os.environ, "IMAGEIO_FFMPEG_EXE": program}
    done = subprocess.run(
        [str(python), str(script), str(timeline), str(out)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        cwd=out.parent,
    )
    return float(done.stdout.split()[-1])


def likeness(one: Path, other: Path) -> float:
    """The median PSNR, in dB, between the frames of two films of one length, seen at a quarter of their size."""
    films = [cv2.VideoCapture(str(path)) for path in (one, other)]
    found = []
    while True:
        read = [film.read() for film in films]
        if not all(there for there, _ in read):
            break
        small = [cv2.resize(frame, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) for _, frame in read]
        error = float(np.mean((small[0].astype(np.float32) - small[1].astype(np.float32)) ** 2))
        found.append(10 * np.log10(255**2 / max(error, 1e-6)))
    return statistics.median(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, help="a Python that has MoviePy 2")
    parser.add_argument("--song", type=float, default=45.0, help="seconds of the song (45)")
    parser.add_argument("--seconds", type=float, default=4.0, help="seconds of its film that are made (4)")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--runs", type=int, default=3, help="of which medians are told (3)")
    options = parser.parse_args()
    asked = "import moviepy; from importlib.metadata import version; print(version('moviepy'))"
    there = options.python and subprocess.run([options.python, "-c", asked], capture_output=True, text=True)
    if not there or there.returncode or not there.stdout.startswith("2."):
        why = there.stderr.strip().splitlines()[-1:] or there.stdout if there else "no --python was given"
        print(f"skipped: no Python with MoviePy 2 ({why})", file=sys.stderr)
        return SKIPPED
    width, height = (int(part) for part in options.size.split("x"))
    rule = rulebook.load(rulebook.shipped()).named("cartoon")
    assert rule is not None
    deliver = rule.deliver.model_copy(update={"width": width, "height": height, "fps": "30"})
    rule = rule.model_copy(update={"deliver": deliver})
    with tempfile.TemporaryDirectory(prefix="moviepy-benchmark-") as name:
        folder = Path(name)
        write_song(folder / "song.wav", seconds=options.song)
        film = planned(folder, rule, options.seconds, True)
        film = replace(film, timeline=plain(film.timeline))
        assert film.timeline.fps == Fraction(30)
        program = Settings(root=folder).ffmpeg_path()
        listed, one, other = folder / "timeline.json", folder / "ours.mp4", folder / "theirs.mp4"
        listed.write_text(json.dumps(told(film, options.preset)), "utf-8")
        ours(replace(film, window=film.window[:2]), program, options.preset, one)
        made = []
        for _ in range(options.runs):
            made.append((ours(film, program, options.preset, one), theirs(options.python, program, listed, other)))
        each = [statistics.median(1000 * run[side] / len(film.window) for run in made) for side in (0, 1)]
        ratios = [second / first for first, second in made]
        print(f"MoviePy {there.stdout.strip()}, {len(film.window)} frames, {width}x{height}, {options.preset}")
        print("| dropreel, CPU ms a frame | MoviePy | times less | PSNR between both |")
        print("|---|---|---|---|")
        spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        print(f"| {each[0]:.1f} | {each[1]:.1f} | {spread} | {likeness(one, other):.1f} dB |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
