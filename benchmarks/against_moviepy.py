"""The same timeline drawn and encoded by this program and by MoviePy 2: CPU seconds of each, and how alike they look.

    python -m benchmarks.against_moviepy --python PYTHON [--seconds 4] [--size 1920x1080] [--preset veryfast] [--runs 3]
                                         [--way layers|careful|tuned] [--frames DIR]

PYTHON is one that has MoviePy 2 (`python -m venv DIR; DIR/bin/pip install moviepy`); without one nothing is measured,
and the exit status is 77. The timeline is that of the shipped cartoon look, with a flash on each downbeat so that the
window has some: stills under a camera that moves, zooms and shakes, wipes, flashes, spotlights, loudspeakers, an
equaliser, particles. MoviePy gets it three times: in `layers`, as its manual has it, `careful`, and `tuned` by hand
(see `moviepy_film.py`); where things are it is told beforehand. Both use the same ffmpeg with the same settings;
imports and compiled loops don't count on either side. PSNR and mean difference tell that the films show the same;
`--frames` puts some frames side by side. The exit status is 1 where they don't show the same.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.film import Film, measured, planned
from daemon import rulebook
from daemon.audio.synth import write_song
from daemon.film import assemble, encode
from daemon.film.colours import rgb_of
from daemon.film.compositor import Compositor
from daemon.film.direction import Direction, FrameState
from daemon.film.lights import TALL, Lights
from daemon.film.particles import Particles
from daemon.film.pictures import MATRIX
from daemon.film.speakers import EDGE, Speakers, cut_outs
from daemon.film.transitions import EDGES, INK, matte
from daemon.film.values import Timeline, Transition
from daemon.settings import Settings

SKIPPED = 77
_CRF = 20
_LIGHTS = ("beams", "bars", "speakers", "flash")
_FLIES = ("burst", "sparks", "embers", "rain", "dust", "snow", "petals", "confetti", "motes")
_CAMERA = ("zoom", "push", "shake", "jolt", "bob", "drift")
_SCENES = ("pose", "sway", "lights")  # of painted scenes alone: no still shows them
_SHOWN = (*_CAMERA, *_LIGHTS, *_FLIES)
_FLASH = 0.4  # rides on each downbeat
_ALIKE = 30.0  # dB; whole pixels and a filter of its own cost MoviePy's camera some at small sizes
_WAYS = ("layers", "careful", "tuned")


def plain(film: Film) -> tuple[Film, list[str]]:
    """The film with no more than MoviePy shows as well, and what that leaves out of the window."""
    timeline, window = film.timeline, film.window
    met = [one for one in timeline.effects if one.start < window.stop and one.start + one.frames > window.start]
    left = {one.kind for one in met} - {*_SHOWN, *_SCENES}
    whips = [shot for shot in timeline.shots if shot.transition.kind == "whip"]
    if any(abs(shot.start - frame) < shot.transition.frames for shot in whips for frame in window):
        left.add("whip")
    shots = tuple(
        replace(shot, transition=Transition() if shot.transition.kind == "whip" else shot.transition)
        for shot in timeline.shots
    )
    effects = tuple(effect for effect in timeline.effects if effect.kind in _SHOWN)
    return replace(film, timeline=replace(timeline, shots=shots, effects=effects)), sorted(left)


def told(film: Film, preset: str, folder: Path) -> dict[str, object]:
    """The window of a film, frame by frame, for MoviePy; pictures and mattes that it takes are left in the folder."""
    timeline, window = film.timeline, film.window
    direction = Direction(timeline, film.envelopes)
    seen: dict[int, tuple[int, list[tuple[float, float, float]], list[float], dict[str, object] | None]] = {}
    for frame in window:
        state = direction.state(frame)
        for view in (state.view, state.other):
            if view is not None:
                # In a mirrored shot the whole frame is mirrored, the camera with it.
                x = 1 - view.x if view.shot.mirrored else view.x
                views = seen.setdefault(
                    view.shot.index, (frame - window.start, [], [], _edge(timeline, state, folder))
                )[1]
                views.append((x, view.y, view.scale))
        if state.other is not None:
            seen[state.other.shot.index][2].append(state.weight)
    shots = [
        {
            "file": str(timeline.shots[index].picture.path),
            "mirrored": timeline.shots[index].mirrored,
            "first": first,
            "views": views,
            "weights": weights,
            "edge": edge if weights else None,
        }
        for index, (first, views, weights, edge) in sorted(seen.items())
    ]
    return {
        "width": timeline.width,
        "height": timeline.height,
        "fps": float(timeline.fps),
        "frames": len(window),
        "preset": preset,
        "crf": _CRF,
        "threads": assemble.encoder_threads(),
        "shots": shots,
        **_over(film, direction, folder),
    }


def _edge(timeline: Timeline, state: FrameState, folder: Path) -> dict[str, object] | None:
    """A wipe's edge, its matte as a file; None where the transition is none."""
    edge = EDGES.get(state.style)
    if edge is None:
        return None
    path = folder / f"{state.style}-{state.turn}.npy"
    if not path.exists():
        np.save(path, matte(state.style, state.turn, timeline.width, timeline.height))
    colour = rgb_of(timeline.colours[edge.colour]) if edge.colour >= 0 else _rgb(INK)
    return {"matte": str(path), "soft": edge.soft, "band": edge.band, "strength": edge.strength, "colour": colour}


def _over(film: Film, direction: Direction, folder: Path) -> dict[str, object]:
    """What lies over the pictures, frame by frame."""
    timeline, riding = film.timeline, direction.riding
    width, height = timeline.width, timeline.height
    side = min(width, height)
    fps, colours = float(timeline.fps), timeline.colours
    lights = Lights(direction.bands, colours, fps, width / height)
    particles = Particles(riding, direction.bands, fps, width / side, height / side, timeline.seed)
    speakers = Speakers(direction.bands, colours, width, height)
    each: list[dict[str, object]] = []
    for frame in film.window:
        white = float(direction.white[frame])
        beams, bars, risen = (float(riding[name][frame]) for name in ("beams", "bars", "speakers"))
        spots = lights.spots(frame, beams * (1 - white)) if beams else np.zeros((0, 6))
        table = particles.table(frame)
        table[:, :6] *= side
        table[:, 9] *= 1 - white
        strokes = [[*row[:6].tolist(), *_rgb(row[6:9]), float(row[9]), float(row[10])] for row in table]
        each.append(
            {
                "white": white,
                # On a screen light is added: as much as white, and more or less by its colour.
                "spots": [
                    [*row[:3].tolist(), *(1 + 1.6 * (part - _luma(row)) / 195 for part in _rgb(row[3:]))]
                    for row in spots
                ],
                "bars": {"alpha": min(1, 1.4 * bars * (1 - white)), "levels": lights.levels(frame).tolist()}
                if bars
                else None,
                "speakers": list(speakers.laid(frame, risen)) if risen else None,
                "strokes": strokes,
            }
        )
    paths = []
    for number, rgba in enumerate(cut_outs(colours, speakers.wide, speakers.tall)):
        rgba = rgba[EDGE:-EDGE, EDGE:-EDGE]
        straight = rgba[..., :3] * (255 / np.maximum(rgba[..., 3:], 1))
        paths.append(str(folder / f"speaker-{number}.png"))
        Image.fromarray(np.concatenate([straight.clip(0, 255).astype(np.uint8), rgba[..., 3:]], axis=2)).save(paths[-1])
    return {"each": each, "tiles": [_rgb(row) for row in lights.ramp()], "tall": TALL, "speakers": paths}


def _rgb(colour: Sequence[float] | NDArray[np.floating]) -> list[int]:
    """Y, U, V as R, G, B 0..255."""
    return [
        int(part) for part in (np.linalg.inv(MATRIX[:, :3]) @ (np.asarray(colour) - MATRIX[:, 3])).round().clip(0, 255)
    ]


def _luma(row: NDArray[np.floating]) -> float:
    return float((row[3] - 16) * 255 / 219)


def ours(film: Film, program: str, preset: str, out: Path) -> float:
    """CPU seconds of a window's drawing and encoding."""
    timeline = film.timeline
    encoding = encode.Encoding(timeline.width, timeline.height, timeline.fps, preset, _CRF)

    def make() -> None:
        with Compositor(timeline, film.envelopes) as drawing:
            brush = drawing.brush(lambda: film.window.stop)
            encode.pictures(program, encoding, film.window, brush, out, threads=assemble.encoder_threads())

    return measured(make).cpu


def theirs(python: Path, program: str, timeline: Path, out: Path, way: str) -> float:
    """CPU seconds of MoviePy's drawing and encoding."""
    script = Path(__file__).with_name("moviepy_film.py")
    environment = {**os.environ, "IMAGEIO_FFMPEG_EXE": program}
    done = subprocess.run(
        [str(python), str(script), str(timeline), str(out), way],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        cwd=out.parent,
    )
    return float(done.stdout.split()[-1])


def likeness(one: Path, other: Path, frames: Path | None, name: str) -> tuple[float, float, int]:
    """How alike two films are: the median PSNR of their frames (dB) and the mean difference (of 255), both seen at a
    quarter of their size, and how many frames they share; every 15th is put into `frames`, the first film above.

    ValueError where one has more frames than the other.
    """
    films = [cv2.VideoCapture(str(path)) for path in (one, other)]
    found, apart = [], []
    while True:
        read = [film.read() for film in films]
        if not all(there for there, _ in read):
            break
        small = [cv2.resize(frame, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) for _, frame in read]
        difference = small[0].astype(np.float32) - small[1].astype(np.float32)
        if frames is not None and len(found) % 15 == 0:
            halves = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for _, frame in read]
            cv2.imwrite(str(frames / f"{name}-{len(found):03}.png"), np.vstack(halves))
        found.append(10 * np.log10(255**2 / max(float(np.mean(difference**2)), 1e-6)))
        apart.append(float(np.mean(np.abs(difference))))
    if any(there for there, _ in read):
        raise ValueError(f"the films differ in length; they share {len(found)} frames")
    return statistics.median(found), statistics.mean(apart), len(found)


def met(film: Film) -> dict[str, int]:
    """In how many frames of the window each thing is seen."""
    direction = Direction(film.timeline, film.envelopes)
    states = [direction.state(frame) for frame in film.window]
    span = slice(film.window.start, film.window.stop)
    found = {"transition": sum(state.other is not None for state in states)}
    found["flash"] = sum(state.white > 0 for state in states)
    found |= {name: int((curve[span] > 0).sum()) for name, curve in direction.riding.items()}
    return {name: count for name, count in found.items() if count}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, help="a Python that has MoviePy 2")
    parser.add_argument("--song", type=float, default=45.0, help="seconds of the song (45)")
    parser.add_argument("--seconds", type=float, default=4.0, help="seconds of its film that are made (4)")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--runs", type=int, default=3, help="of which medians are told (3)")
    parser.add_argument(
        "--way", choices=_WAYS, action="append", help="one of MoviePy's three ways; may be said again (all)"
    )
    parser.add_argument("--frames", type=Path, help="a folder for frames of both, side by side")
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
    effects = {**rule.edit.effects, "downbeat": {**rule.edit.effects["downbeat"], "flash": _FLASH}}
    edit = rule.edit.model_copy(update={"effects": effects})
    rule = rule.model_copy(update={"deliver": deliver, "edit": edit})
    if options.frames:
        options.frames.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="moviepy-benchmark-") as name:
        folder = Path(name)
        write_song(folder / "song.wav", seconds=options.song)
        film = planned(folder, rule, options.seconds, True)
        film, left = plain(film)
        assert film.timeline.fps == Fraction(30)
        program = Settings(root=folder).ffmpeg_path()
        listed, one, other = folder / "timeline.json", folder / "ours.mp4", folder / "theirs.mp4"
        listed.write_text(json.dumps(told(film, options.preset, folder)), "utf-8")
        ours(film, program, options.preset, one)
        print(f"MoviePy {there.stdout.strip()}, {len(film.window)} frames, {width}x{height}, {options.preset}")
        print("In them:", "; ".join(f"{count} {name}" for name, count in met(film).items()))
        print("Left out on both sides:", ", ".join(left) or "nothing", flush=True)
        ways = options.way or list(_WAYS)
        made: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        alike = {}
        for _ in range(options.runs):
            mine = ours(film, program, options.preset, one)
            for way in ways:
                made[way].append((mine, theirs(options.python, program, listed, other, way)))
                alike[way] = likeness(one, other, options.frames, way)
                print(
                    "run:", way, *(f"{1000 * cost / len(film.window):.1f}" for cost in made[way][-1]), file=sys.stderr
                )
        print(
            "| MoviePy | dropreel, CPU ms a frame | MoviePy, the same | times less | PSNR | mean difference, of 255 |"
        )
        print("|---|---|---|---|---|---|")
        for way, runs in made.items():
            each = [statistics.median(1000 * run[side] / len(film.window) for run in runs) for side in (0, 1)]
            ratios = [second / first for first, second in runs]
            spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
            noise, apart, _ = alike[way]
            print(f"| {way} | {each[0]:.1f} | {each[1]:.1f} | {spread} | {noise:.1f} dB | {apart:.1f} |")
        worst = min(noise for noise, _, _ in alike.values())
        if worst < _ALIKE:
            print(f"The films don't show the same ({worst:.1f} dB): the figures mean nothing.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
