"""Moving pictures in a film, as effects: which of their moments each frame shows, and the beat that it obeys. Pure.

An effect of kind clip, loop or over is a knot of a time map: from its first frame on, the picture's own clip, the
An effect of kind clip, loop or over is a knot of a time map: from its first frame on, the picture's own clip, the
loop behind its cast or the one over all runs from `amount` (source seconds) towards the next knot's. A clip whose reel
`goes_on` shows in each shot what comes after the last one. One of kind act tells how many beats have passed, for a cast
whose poses move by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

from daemon.film import retime
from daemon.film.cuts import Beats
from daemon.film.retime import Peak
from daemon.film.values import Effect, Shot, clock

KINDS = ("clip", "loop", "over", "act")
_NO_BEAT = 0.5  # seconds that stand for a beat where none is heard


def ride(shots: Sequence[Shot], beats: Beats, fps: Fraction) -> list[Effect]:
    """The effects of all shots that show something that moves by itself."""
    numbered = [(frame, number) for number, frame in enumerate(beats.frames)]
    if len(numbered) < 2:
        step = float(fps) * _NO_BEAT
        numbered = [(round(number * step), number) for number in range(2)]
    found: list[Effect] = []
    shown: dict[str, float] = {}  # a clip that goes on from shot to shot -> the moment that it has come to
    for shot in shots:
        own = shot.picture.scene.get("own") or {}
        for kind in KINDS:
            if not (reel := own.get(kind)):
                continue
            if kind == "act":
                found += _act(shot, numbered, fps)
                continue
            if kind != "clip":
                found += _loop(shot, kind, reel, numbered, fps)
                continue
            if reel.get("goes_on"):
                reel = {**reel, "start": shown.get(reel["file"], 0.0)}
            made = _clip(shot, reel, numbered, fps)
            found += made
            if reel.get("goes_on"):
                shown[reel["file"]] = _next(made, reel, shot, fps)
    return found


def _next(made: Sequence[Effect], reel: dict[str, Any], shot: Shot, fps: Fraction) -> float:
    """Where a clip goes on in its next shot; from its start where less than that shot's length is left."""
    latest = made[-1].amount if made else 0.0
    return latest if latest + shot.frames / float(fps) <= float(reel["seconds"]) else 0.0


def _act(shot: Shot, beats: list[tuple[int, int]], fps: Fraction) -> list[Effect]:
    beat = median(after - before for (before, _), (after, _) in pairwise(beats)) / float(fps)
    near = _near(shot, beats, beat, fps)
    knots = retime.looped(shot.start, shot.end, near, 1.0, 1, 0.0)
    return _effects("act", knots, shot.end, {}, "the cast's own movement, in beats")


def _near(shot: Shot, beats: list[tuple[int, int]], beat: float, fps: Fraction) -> list[tuple[int, int]]:
    """The beats around a shot: at least two."""
    near = [item for item in beats if shot.start - 4 * beat * fps <= item[0] <= shot.end + 4 * beat * fps]
    return near if len(near) >= 2 else (beats[:2] if shot.start < beats[0][0] else beats[-2:])


def _loop(shot: Shot, kind: str, reel: dict[str, Any], beats: list[tuple[int, int]], fps: Fraction) -> list[Effect]:
    beat = median(after - before for (before, _), (after, _) in pairwise(beats)) / float(fps)
    loops, every, rate = retime.fit(float(reel["seconds"]), beat)
    near = _near(shot, beats, beat, fps)
    shift = max((Peak(*peak) for peak in reel["peaks"]), key=lambda peak: peak.strength, default=Peak(0.0, 0.0)).at
    knots = retime.looped(shot.start, shot.end, near, float(reel["seconds"]) * loops, every, shift)
    base = knots[0][1] // float(reel["seconds"]) * float(reel["seconds"])
    why = f"{reel['name']}: {loops} loop{'s' * (loops > 1)} to {every} beat{'s' * (every > 1)}, at {rate:.3f} speed"
    return _effects(kind, [(frame, moment - base) for frame, moment in knots], shot.end, {}, why)


def _clip(shot: Shot, reel: dict[str, Any], beats: list[tuple[int, int]], fps: Fraction) -> list[Effect]:
    last = (int(reel["frames"]) - 1) / float(reel["fps"])
    needed = (shot.frames - 1) / float(fps)
    start = float(reel.get("start", 0.0))
    if start + needed > last:
        start = max(0.0, last - needed)
    if needed * retime.SLOWEST > last - start:
        return _loop(shot, "clip", reel, beats, fps)
    inside = [frame - shot.start for frame, _ in beats if shot.start <= frame < shot.end]
    peaks = [Peak(*peak) for peak in reel["peaks"]]
    knots, chosen = retime.onto_beats(shot.frames, float(fps), inside, peaks, last, start)
    why = {
        frame
        + shot.start: f"motion of {reel['name']} at {peak.at:.2f} s on the beat at {clock(frame + shot.start, fps)}"
        for frame, peak in chosen
    }
    placed = [(frame + shot.start, moment) for frame, moment in knots]
    return _effects("clip", placed, shot.end, why, f"{reel['name']} from {knots[0][1]:.2f} s")


def _effects(kind: str, knots: retime.Knots, end: int, why: dict[int, str], usual: str) -> list[Effect]:
    ends = [frame for frame, _ in knots[1:]] + [end]
    return [
        Effect(kind, frame, until - frame, round(moment, 6), why.get(frame) or usual)
        for (frame, moment), until in zip(knots, ends, strict=True)
        if until > frame
    ]
