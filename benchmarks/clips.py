"""The guard of clips: how many good ones it refuses, and how many broken ones it lets pass.

Run: python -m benchmarks.clips [--scenes N] [--seed N] [--size 832x480] [--frames 81] [--worst]

Every scene of the built-in painter, in all its sheets, by day and by night, is moved as a clip is (a camera, a figure
that sways, slow motion, a fade, lights that go out for a moment) and broken as servers break them (black from the
start, after the first frame, half way or in a region; one colour, noise, standing still, another picture), encoded by
libx264 and judged as decoded.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from daemon import film
from daemon.video.quality import Verdict, Wanted, judge_file

Pixels = NDArray[np.uint8]
Clip = list[Pixels]
SHEETS, HOURS, FRAMINGS = ("bold", "ink", "neon"), ("night", "day"), ("wide", "medium", "close")


def stills(count: int, seed: int) -> Iterator[tuple[str, Pixels, Pixels]]:
    """Painted pictures, as people approve them, each with another candidate for the same place in the film."""
    film.prepare(Path(tempfile.gettempdir()) / "dropreel-benchmark")
    from daemon.film import painter

    every = list(itertools.product(painter.scenes(), SHEETS, HOURS))
    step = max(1, len(every) // count) if count else 1
    for number, (scene, sheet, hour) in enumerate(every[::step]):
        asked = painter.Request(
            prompt=f"{scene} {hour}",
            seed=seed + number,
            width=960,
            height=540,
            sheet=sheet,
            scene=scene,
            time_of_day=hour,
            framing=FRAMINGS[number % 3],
            energy=0.2 + 0.6 * (number % 2),
            mood=("dark",) if number % 2 else (),
        )
        other = replace(asked, seed=asked.seed + 500)
        yield f"{scene}, {sheet}, {hour}", painter.paint(asked).picture, painter.paint(other).picture


# --- good clips ---------------------------------------------------------------------------------


def camera(still: Pixels, size: tuple[int, int], x: float, y: float, zoom: float) -> Pixels:
    """What a camera sees of a still."""
    high, wide = still.shape[:2]
    across, down = wide / zoom, wide / zoom * size[1] / size[0]
    scale = size[0] / across
    matrix = np.array([[scale, 0, -scale * x * (wide - across)], [0, scale, -scale * y * (high - down)]])
    return np.asarray(cv2.warpAffine(still, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE))


def swayed(picture: Pixels, amount: float, part: float) -> Pixels:
    """A picture whose middle is moved sideways by some pixels, as a figure that dances."""
    high, wide = picture.shape[:2]
    columns, rows = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    near = np.exp(-(((columns / wide - 0.5) / part) ** 2 + ((rows / high - 0.5) / (2 * part)) ** 2))
    shift = (amount * near).astype(np.float32)
    return np.asarray(cv2.remap(picture, columns + shift, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def moved(still: Pixels, size: tuple[int, int], frames: int, kind: str) -> Clip:
    """A good clip of one kind."""
    wide = size[0]

    def seen(t: float, index: int) -> NDArray[Any]:
        if kind == "sway":
            return swayed(camera(still, size, 0.5, 0.5, 1.02), 0.03 * wide * float(np.sin(9 * t)), 0.15)
        if kind == "slow motion":
            return swayed(camera(still, size, 0.5, 0.5, 1.02), 0.006 * wide * t, 0.08)
        if kind == "zoom":
            return camera(still, size, 0.5, 0.4, 1.02 + 0.3 * t)
        if kind == "other crop":
            return camera(still, size, 0.3, 0.7, 1.15 + 0.05 * t)
        frame = camera(still, size, 0.5 + 0.4 * t, 0.5, 1.02 + 0.06 * t)
        if kind == "white out":
            return 255 - (255 - frame) * min(1.0, 3 - 3 * t)
        light = {"fade": min(1.0, max(0.0, 2.9 * (0.9 - t))), "darker": 0.45, "strobe": float(index % 15 != 9)}
        return frame * light.get(kind, 1.0)

    return [np.clip(seen(index / (frames - 1), index), 0, 255).astype(np.uint8) for index in range(frames)]


GOOD = ("pan", "zoom", "sway", "slow motion", "fade", "white out", "darker", "strobe", "other crop")


# --- broken ones --------------------------------------------------------------------------------


def _late(clip: Clip, share: float, colour: tuple[int, int, int]) -> Clip:
    """A clip that is of one colour from a share of its frames on."""
    first = max(1, round(share * len(clip)))
    return [*clip[:first], *(np.full_like(frame, colour) for frame in clip[first:])]


def _region(clip: Clip) -> Clip:
    broken = [frame.copy() for frame in clip]
    for frame in broken[4:]:
        frame[:, frame.shape[1] // 2 :] = 0
    return broken


def _noise(clip: Clip, colour: tuple[int, int, int], sigma: float) -> Clip:
    dice = np.random.default_rng(5)
    plain = np.array(colour, np.float32)
    return [np.clip(dice.normal(plain, sigma, frame.shape), 0, 255).astype(np.uint8) for frame in clip]


def _stopped(clip: Clip, at: int) -> Clip:
    return [*clip[:at], *[clip[at]] * (len(clip) - at)]


def broken(clip: Clip, other: Clip, candidate: Clip) -> Iterator[tuple[str, tuple[str, ...], Clip]]:
    """Every kind of broken clip: its name, the faults that are right, its frames."""
    dark = (0, 0, 0)
    yield "black", ("black",), [np.zeros_like(frame) for frame in clip]
    yield "black with grain", ("black", "nan-like"), _noise(clip, (3, 3, 3), 3)
    yield "black after the first", ("black",), _late(clip, 0.0, dark)
    yield "black half way", ("black", "half-black"), _late(clip, 0.5, dark)
    yield "black at the end", ("half-black",), _late(clip, 0.84, dark)
    yield "black region", ("half-black",), _region(clip)
    yield "grey", ("flat",), [np.full_like(frame, 127) for frame in clip]
    yield "green after the first", ("flat",), _late(clip, 0.0, (0, 135, 0))
    yield "grey noise", ("nan-like",), [clip[0], *_noise(clip[1:], (127, 127, 127), 40)]
    yield "violet noise", ("nan-like",), [clip[0], *_noise(clip[1:], (120, 40, 160), 22)]
    yield "frozen", ("frozen",), _stopped(clip, 0)
    yield "frozen early", ("frozen",), _stopped(clip, len(clip) // 6)
    yield "another picture", ("wrong picture",), other
    yield "the other candidate", ("wrong picture",), candidate


def encoded(path: Path, clip: Clip, crf: int) -> Path:
    """A clip as servers save it."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=16)
        stream.width, stream.height, stream.pix_fmt = clip[0].shape[1], clip[0].shape[0], "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for frame in clip:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def main() -> None:
    """Everything."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--scenes", type=int, default=0, help="how many of the 60; 0: all")
    asked.add_argument("--seed", type=int, default=1000, help="of the scenes; the thresholds were set with 1000")
    asked.add_argument("--size", default="416x240")
    asked.add_argument("--frames", type=int, default=33)
    asked.add_argument("--worst", action="store_true", help="tell the margins of each measure")
    args = asked.parse_args()
    cv2.setNumThreads(1)
    size = tuple(int(side) for side in args.size.split("x"))
    wanted = Wanted(size[0], size[1], args.frames)
    painted = list(stills(args.scenes, args.seed))
    count: Counter[str] = Counter()
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    margins: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    spent = judged = 0.0

    def tried(folder: Path, clip: Clip, still: Pixels, crf: int) -> Verdict:
        nonlocal spent, judged
        path = encoded(folder / "clip.mp4", clip, crf)
        began = time.process_time()
        verdict = judge_file(path, still, wanted)
        spent, judged = spent + time.process_time() - began, judged + 1
        return verdict

    with tempfile.TemporaryDirectory() as scratch:
        for number, (name, still, candidate) in enumerate(painted):
            crf = (19, 23, 32)[number % 3]
            for kind in GOOD:
                verdict = tried(Path(scratch), moved(still, (size[0], size[1]), args.frames, kind), still, crf)
                count["good"] += 1
                if not verdict.ok:
                    wrong["refused " + kind].append(f"{name}: {', '.join(verdict.faults)} {verdict.measured}")
                _note(margins, kind, verdict)
            clip = moved(still, (size[0], size[1]), args.frames, "sway")
            other = moved(painted[(number + 7) % len(painted)][1], (size[0], size[1]), args.frames, "sway")
            beside = moved(candidate, (size[0], size[1]), args.frames, "sway")
            for kind, right, frames in broken(clip, other, beside):
                verdict = tried(Path(scratch), frames, still, crf)
                count["broken"] += 1
                if verdict.ok:
                    wrong["missed " + kind].append(f"{name}: {verdict.measured}")
                elif not set(right) & set(verdict.faults):
                    wrong["misnamed " + kind].append(f"{name}: {', '.join(verdict.faults)} {verdict.measured}")
                _note(margins, "! " + kind, verdict)
    for group in ("refused", "missed", "misnamed"):
        total = sum(len(cases) for kind, cases in wrong.items() if kind.startswith(group))
        print(f"{group}: {total} of {count['good' if group == 'refused' else 'broken']}")
    for kind, cases in sorted(wrong.items()):
        print(f"  {kind}: {len(cases)}", *(f"\n      {case}" for case in cases[:4]))
    print(f"{spent / judged:.3f} CPU s a clip of {args.frames} frames of {args.size}, decoded and judged")
    if args.worst:
        for (measure, kind), values in sorted(margins.items()):
            low, middle, high = np.quantile(values, [0, 0.5, 1])
            print(f"  {measure:18} {kind:24} {low:8.3f} {middle:8.3f} {high:8.3f}")


def _note(margins: dict[tuple[str, str], list[float]], kind: str, verdict: Verdict) -> None:
    for measure in (
        "likeness",
        "structure_median",
        "still_share",
        "motion",
        "region_black",
        "black_share",
        "flat_share",
    ):
        if measure in verdict.measured:
            margins[measure, kind].append(float(verdict.measured[measure]))


if __name__ == "__main__":
    main()
