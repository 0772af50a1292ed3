"""What a film costs: CPU seconds a frame, end to end, against libx264 alone at the same preset, in one run.

    python -m benchmarks.film [--seconds 20] [--size 1920x1080] [--fps 30] [--preset veryfast]

The film is planned from a synthesised song and painted pictures, with camera, effects and transitions. libx264
alone encodes the very same frames, drawn beforehand, from a file.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--fps", default="30")
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--still", action="store_true", help="painted pictures as stills: camera and effects only")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))

    from daemon import sidecars
    from daemon.audio import synth
    from daemon.film import assemble, encode, painter
    from daemon.film.compositor import Compositor
    from daemon.film.focus import with_focus
    from daemon.film.timeline import PictureFile, Slot, plan
    from daemon.film.verify import verify
    from daemon.rules import Rule
    from daemon.settings import Settings

    with tempfile.TemporaryDirectory(prefix="film-benchmark-") as name:
        folder = Path(name)
        truth = synth.write_song(folder / "song.wav", seconds=options.seconds)
        energies = {"intro": 0.3, "build": 0.5, "drop": 0.9, "break": 0.2, "outro": 0.3}
        analysis = sidecars.Analysis(
            duration=truth.duration,
            sample_rate=synth.RATE,
            samples=round(truth.duration * synth.RATE),
            channels=2,
            tempo=sidecars.Tempo(bpm=truth.bpm, confidence=1.0),
            beats=truth.beats,
            downbeats=truth.downbeats,
            sections=[
                sidecars.Section(start=start, end=end, role=role, energy=energies.get(role, 0.5))  # type: ignore[arg-type]
                for start, end, role in truth.sections
            ],
            events=[sidecars.MusicEvent(kind="drop", start=drop, end=drop) for drop in truth.drops],
        )
        slots = []
        for index, section in enumerate(analysis.sections):
            for part in range(2):
                number = len(slots)
                cast = ("cyborg dj", "meditating figure")[number % 2]
                made = painter.paint(
                    painter.Request(
                        prompt=cast,
                        seed=number,
                        width=width * 5 // 4,
                        height=height * 5 // 4,
                        scene=("industrial club", "temple")[number % 2],
                        characters=(cast,),
                        framing=("wide", "medium", "close")[number % 3],
                        energy=section.energy,
                        role=section.role,
                    )
                )
                import cv2

                path = folder / f"{number:02d}.png"
                cv2.imwrite(str(path), made.picture[..., ::-1])
                half = (section.end - section.start) / 2
                start = section.start + part * half
                scene = {} if options.still else made.scene
                picture = PictureFile(f"{number:02d}a", path, str(number), scene)
                slots.append(Slot(f"{number:02d}", start, start + half, index, [picture]))
        rule = Rule.model_validate(
            {"name": "benchmark", "deliver": {"width": width, "height": height, "fps": options.fps}}
        )
        timeline = plan(analysis, with_focus(slots, width, height), rule, 1)
        bass = np.abs(np.sin(np.arange(timeline.frames) / 7)).astype(np.float32)
        encoding = encode.Encoding(width, height, Fraction(options.fps), options.preset, 20)
        program = Settings(root=folder).ffmpeg_path()
        making = assemble.Making(folder, timeline, {"bass": bass}, encoding, program)
        frames = timeline.frames
        raw = folder / "frames.nv12"

        def draw() -> None:
            buffer = np.empty((height * 3 // 2, width), np.uint8)
            with Compositor(timeline, making.envelopes) as drawing, open(raw, "wb") as out:
                brush = drawing.brush()
                for frame in range(frames):
                    brush(frame, buffer)
                    out.write(buffer.data)

        def alone() -> None:
            argv = encode.picture_argv(program, encoding, folder / "alone.mp4")
            argv[argv.index("pipe:0")] = str(raw)
            encode.Program(argv, "encoding").finish()

        names: list[str] = []
        draw()  # compiles
        drawn = measured(draw)
        limit = measured(alone)
        raw.unlink()
        whole = measured(lambda: names.extend(assemble.segments(making, lambda *_a, **_k: None)))
        song = assemble.Song(folder / "song.wav")
        joined = measured(lambda: assemble.join(making, names, song, {}, folder / "film.mp4"))
        checked = measured(lambda: verify(folder / "film.mp4", timeline, making.envelopes, folder / "song.wav"))

        print(f"{width}x{height} at {options.fps}, {frames} frames, {len(timeline.shots)} shots, {options.preset}")
        print(f"{'what':34} {'CPU ms a frame':>15} {'wall frames/s':>15}")
        for title, cost in (
            ("libx264 alone", limit),
            ("drawing alone, to a file", drawn),
            ("end to end, to segments", whole),
            ("joining with the song", joined),
            ("verifying", checked),
        ):
            print(f"{title:34} {1000 * cost.cpu / frames:15.2f} {frames / max(1e-9, cost.wall):15.1f}")
        print(f"end to end: {100 * limit.cpu / whole.cpu:.0f} % of libx264 alone")
        peak = (resource.getrusage(kind).ru_maxrss // 1024 for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        print("largest memory: {} MB here, {} MB in an encoder".format(*peak))


if __name__ == "__main__":
    main()
