"""Whether figures dance on the beat: peaks of motion in decoded films, against the beats, beside random moments.

    python -m benchmarks.dance [--seconds 30] [--size 640x360] [--root DIR] [--all]

Three songs by the built-in synthesiser are dropped under the three shipped rules, and the daemon makes their films as
it makes any. In the films that are judged the rule's camera and effects are switched off, so that what moves is the
figures; --all makes the films with them, too, where much else moves on the music as well.

Motion is the mean change of luma from one decoded frame to the next, at 160 pixels' width. In each shot whose figure
dances, a peak is a frame that moved more than those about it, and half as much as its shot's strongest. A peak meets a
beat within 2 frames, one to one. F is that of peaks against the beats on which a figure takes another pose (in calmer
sections that is every other one); beside it that of as many random moments in the same shots, the mean of 200 draws,
and the share of the peaks that meet any beat at all. Exit code 1 where a film with figures alone falls below .80.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.video import watch

LIMIT, NEAR, DRAWS = 0.80, 2, 200
SMALL = (160, 90)
SONGS: dict[str, tuple[str, dict[str, Any]]] = {  # name: its look, and how it is synthesised
    "electronic": ("cartoon", {"bpm": 128.0, "key": "A minor", "seed": 4}),
    "rock": ("anime", {"bpm": 152.0, "key": "E minor", "seed": 9, "form": "intro verse chorus bridge chorus outro"}),
    "dance of shiva": ("deity", {"bpm": 96.0, "key": "D minor", "seed": 6}),
}
_ALONE = "edit: {effects: no, drift: 0}\n"

Frames = list[int]


@dataclass(frozen=True)
class Shot:
    """A shot whose figure dances: its frames that may be judged, the beats of its new poses, and all beats in it."""

    start: int
    end: int
    poses: Frames
    beats: Frames


def dancing(edit: dict[str, Any], beats: Frames) -> list[Shot]:
    """The shots whose figure takes another pose, without the frames that a cut or a transition moves."""
    found = []
    shots = edit["shots"]
    for number, shot in enumerate(shots):
        after = shots[number + 1]["transition"]["frames"] // 2 if number + 1 < len(shots) else 0
        start, end = shot["start"] + shot["transition"]["frames"] // 2 + 1, shot["end"] - after
        taken = sorted(
            (effect["start"], effect["amount"])
            for effect in edit["effects"]
            if effect["kind"] == "pose" and shot["start"] <= effect["start"] < shot["end"]
        )
        poses = [at for (_, before), (at, pose) in pairwise(taken) if pose != before and start + NEAR < at < end - NEAR]
        if poses:
            found.append(Shot(start, end, poses, [beat for beat in beats if start <= beat < end]))
    return found


def motion(film: Path) -> NDArray[np.float32]:
    """How much each decoded frame differs from the one before it, in levels of luma; 0 for the first."""
    found, before = [0.0], None
    for seen in watch.watch(film, *SMALL):
        now = seen.luma.astype(np.int16)
        if before is not None:
            found.append(float(np.abs(now - before).mean()))
        before = now
    return np.asarray(found, np.float32)


def peaks(moved: NDArray[np.float32], shot: Shot) -> Frames:
    """The peaks of motion in a shot. moved: one value a frame of the film."""
    within = moved[shot.start : shot.end]
    least = 0.5 * float(within.max(initial=0.0))
    found: Frames = []
    for at, value in enumerate(within.tolist()):
        around = within[max(0, at - NEAR) : at + NEAR + 1]
        if value > least and value == around.max() and (not found or shot.start + at - found[-1] > NEAR):
            found.append(shot.start + at)
    return found


def met(ours: Frames, theirs: Frames) -> int:
    """How many of ours meet one of theirs within 2 frames, one to one. Both increasing."""
    count = mine = other = 0
    while mine < len(ours) and other < len(theirs):
        apart = ours[mine] - theirs[other]
        count += abs(apart) <= NEAR
        mine += apart <= NEAR
        other += apart >= -NEAR
    return count


def measure(found: list[Frames], wanted: list[Frames]) -> float:
    """F over all shots."""
    hits = sum(met(a, b) for a, b in zip(found, wanted, strict=True))
    total = sum(map(len, found)) + sum(map(len, wanted))
    return 2 * hits / total if total else 0.0


def judge(film: Path) -> tuple[float, str]:
    """F of a film that lies in its outbox folder, and the line that is printed of it."""
    edit = json.loads((film.parent / "edit.json").read_text("utf-8"))
    fps = Fraction(edit["fps"])
    rows = [line.split(",") for line in (film.parent / "beats.csv").read_text("utf-8").splitlines()]
    beats = sorted({int(row[3]) for row in rows if row[0] in ("beat", "downbeat")})
    shots = dancing(edit, beats)
    moved = motion(film)
    found = [peaks(moved, shot) for shot in shots]
    wanted = [shot.poses for shot in shots]
    score = measure(found, wanted)
    dice = np.random.default_rng(1)
    drawn = [
        measure(
            [sorted(dice.integers(s.start, s.end, len(p)).tolist()) for s, p in zip(shots, found, strict=True)], wanted
        )
        for _ in range(DRAWS)
    ]
    count = sum(map(len, found))
    any_beat = sum(met(a, shot.beats) for a, shot in zip(found, shots, strict=True)) / max(1, count)
    seconds = float(sum(shot.end - shot.start for shot in shots) / fps)
    return score, (
        f"F {score:.2f}; random {np.mean(drawn):.2f} | {sum(map(len, wanted))} poses, {count} peaks, {any_beat:.0%} of "
        f"them on a beat | {len(shots)} of {len(edit['shots'])} shots dance, {seconds:.0f} s"
    )


def films(root: Path, seconds: float, size: tuple[int, int], whole: bool) -> dict[str, Path]:
    """Drops the songs into a new root and has the daemon make their films; name: film. SystemExit where one fails."""
    from daemon.audio.synth import write_song
    from daemon.commands import init
    from daemon.places import Root

    init.make(root, chosen={"settle": "1", "grace": "0", "room_mb": "512"})
    places = Root(root)
    named: dict[str, str] = {}
    for name, (look, options) in SONGS.items():
        inbox = places.inbox / "songs" / look
        inbox.mkdir(parents=True, exist_ok=True)
        width, height = size
        plain = (
            "approve: {by: auto}\n"
            f"pictures: {{candidates: 1, width: {width}, height: {height}}}\n"
            f"deliver: {{width: {width}, height: {height}, fps: 30}}\n"
        )
        kinds = {f"{name}, figures alone": _ALONE} | ({f"{name}, as shipped": ""} if whole else {})
        for title, more in kinds.items():
            (inbox / f"{title}.yaml").write_text(plain + more, "utf-8")
            aside = root / f".{title}.wav"
            write_song(aside, seconds=seconds, **options)
            aside.rename(inbox / f"{title}.wav")
            named[title] = look
    with open(root / "daemon.log", "wb") as log:
        argv = [sys.executable, "-m", "daemon", "--root", str(root), "once"]
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    made = {title: places.outbox / title / f"{title}.mp4" for title in named}
    if lost := [title for title, film in made.items() if not film.exists()]:
        raise SystemExit(f"no film of {'; '.join(lost)}: see {root / 'daemon.log'}")
    return made


def main() -> None:
    """Reads the command line, makes the films, prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each song (30)")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--root", type=Path, help="where the films are made; else a folder that is removed")
    parser.add_argument("--all", action="store_true", help="the films with camera and effects, too")
    options = parser.parse_args()
    width, height = (int(side) for side in options.size.split("x"))
    low = []
    with tempfile.TemporaryDirectory(prefix="dance-") as scratch:
        root = options.root or Path(scratch)
        for title, film in films(root, options.seconds, (width, height), options.all).items():
            score, line = judge(film)
            print(f"{title:34s} {line}", flush=True)
            if title.endswith("alone") and score < LIMIT:
                low.append(title)
    if low:
        raise SystemExit(f"below {LIMIT}: {'; '.join(low)}")


if __name__ == "__main__":
    main()
