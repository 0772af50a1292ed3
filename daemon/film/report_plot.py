"""The report's plot of planned cuts against those found in the decoded film. Pure.

Each planned cut stands at its moment, as many frames off as the sudden change found nearest to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Any

REACH = 6  # frames within which a sudden change belongs to a planned cut
_MOST = 3  # frames off that the plot has room for
_SHOWN = 600  # marks
_SUDDEN = ("cut", "flash")


def plot(edit: dict[str, Any]) -> dict[str, Any]:
    """The marks (x in percent of the film; off in frames, earlier below 0; kind) and the sentence beneath them.

    kind: met, off, gradual (a dissolve, which has no frame of its own), unseen (between pictures that look alike, or
    missed) or unplanned. No marks where the film has no cuts.
    """
    frames = max(1, int(edit.get("frames") or 1))
    shots = [shot for shot in edit.get("shots") or [] if int(shot.get("start") or 0) > 0]
    left = sorted({int(frame) for frame in edit.get("found_cuts") or []})
    marks: list[dict[str, Any]] = []
    for shot in shots:
        at = int(shot["start"])
        near = _nearest(left, at)
        if str((shot.get("transition") or {}).get("kind", "cut")) not in _SUDDEN:
            length = int((shot.get("transition") or {}).get("frames") or 0)
            left = [frame for frame in left if abs(frame - at) > length // 2 + 1]
            marks.append(_mark(at, 0, "gradual", frames))
        elif near is None or abs(near - at) > REACH:
            marks.append(_mark(at, 0, "unseen", frames))
        else:
            left.remove(near)
            marks.append(_mark(at, near - at, "met" if near == at else "off", frames))
    marks += [_mark(frame, 0, "unplanned", frames) for frame in left]
    count = Counter(mark["kind"] for mark in marks)
    sudden = count["met"] + count["off"] + count["unseen"]
    return {"marks": _thinned(marks) if shots else [], "most": _MOST, "sentence": _sentence(count, sudden)}


def _thinned(marks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many marks as can be told apart; those that went wrong are the last to go."""
    wrong = [mark for mark in marks if mark["kind"] not in ("met", "gradual")][: _SHOWN // 2]
    fine = [mark for mark in marks if mark["kind"] in ("met", "gradual")]
    return [*fine[:: max(1, -(-len(fine) // (_SHOWN // 2)))], *wrong]


def _mark(at: int, off: int, kind: str, frames: int) -> dict[str, Any]:
    return {"x": round(100 * at / frames, 3), "off": max(-_MOST, min(_MOST, off)), "kind": kind}


def _nearest(frames: list[int], at: int) -> int | None:
    place = bisect_left(frames, at)
    return min(frames[max(0, place - 1) : place + 1], key=lambda frame: abs(frame - at), default=None)


def _sentence(count: Counter[str], sudden: int) -> str:
    said = [f"{count['met']} of {sudden} sudden cuts were found at their very frame in the decoded film"]
    for kind, words in (
        ("off", "beside it"),
        ("unseen", "between pictures too alike to tell"),
        ("gradual", "gradual, without a frame of their own"),
        ("unplanned", "sudden changes that no plan explains"),
    ):
        if count[kind]:
            said.append(f"{count[kind]} {words}")
    return "; ".join(said)
