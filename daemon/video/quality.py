"""The guard of clips: decoded frames in, a verdict with every measured value out. Pure but for `judge_file`.

A server reports success for clips that are black, flat or noise (NaN latents, attention and precision bugs), that
stand still or show something else; so each is decoded and compared with the approved still that it began with.

Frames and stills are H x W x 3 RGB uint8; luma is 0..255, measured on the frame shrunk to SMALL pixels across; shares
are 0..1 of the clip's frames unless said otherwise. What can't be told from a still that is itself black or flat isn't
judged by that measure. Thresholds were set on the built-in painter's scenes in all sheets and hours, dark ones among
them, moved by a camera, faded, slowed and encoded as servers do, and on the same scenes broken in each way:
`python -m benchmarks.clips` counts false refusals and misses; RESULTS.md has the figures and the margins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.video.decoding import decoded
from daemon.video.likeness import fitted, likeness

SMALL = 160
MOST_FRAMES = 3000  # of a clip; what comes after them isn't looked at, and the count is wrong
FAULTS = (
    "undecodable",
    "wrong size",
    "wrong frame count",
    "black",
    "half-black",
    "nan-like",
    "flat",
    "frozen",
    "wrong picture",
)  # the first that a clip has is the one it is told by

_BLACK = 20.0  # luma that nothing (but one pixel of a thousand) in a black frame exceeds
_SEEN = 36.0  # luma that a still must reach somewhere, or black can't be told from it
_FLAT = 2.0  # spread of the block means of a frame that shows nothing
_NOISE = 3.0  # spread of single pixels above which a frame that shows nothing is noise
_GRAIN = 0.2  # share of the spread of single pixels that the block means of noise have at most
_GRAINY = 8.0  # spread of block means above which it is no noise, however busy
_PLAIN = 6.0  # a still with less spread of its block means is plain: half of its own is the limit then
_LIT = 40.0  # luma that a block reaches somewhere to count as lit
_PART = 0.35  # share of the lit blocks that may go black while the others stay
_STAYS = 0.6  # of their brightness that the other blocks keep
_GRID = (16, 9)
_TAIL = 0.2  # share of a clip that may lie in the dark after a fade
_FADED = 0.4  # of the usual spread: a frame next to a dead one that has less was fading
_DIP = 2  # dead frames in a row that are a strobe's
_DIPS = 0.15  # share of a clip that may be such frames
_MOVED = 2.5  # luma by which the block that changes most must change to count as motion
_STILL = 0.6  # share of a clip that may stand still in one piece
_LIKE = 0.7  # likeness of the first frame to the still
_FIRST = 3  # frames of which the likest is compared with the still
_ROUND = 16  # pixels a side by which a model may round a size
_SHAPE = 0.04  # share by which a clip's shape may differ from what was asked

Pixels = NDArray[np.uint8]
Luma = NDArray[np.uint8]


@dataclass(frozen=True)
class Wanted:
    """What a clip was asked to be. 0: whatever it is.

    frames: how many; slack: by how many more or fewer it may be off. A whole multiple of `frames` is taken too:
    servers that interpolate double the rate.
    """

    width: int = 0
    height: int = 0
    frames: int = 0
    slack: int = 1


@dataclass
class Verdict:
    """What was seen. faults: of FAULTS, in that order; usable: frames before a fade's end that may be shown."""

    faults: list[str] = field(default_factory=list)
    measured: dict[str, float | int | str] = field(default_factory=dict)
    usable: int = 0

    @property
    def ok(self) -> bool:
        """Whether the clip may be shown."""
        return not self.faults

    @property
    def fault(self) -> str:
        """The gravest fault; "" where there is none."""
        return self.faults[0] if self.faults else ""


@dataclass(frozen=True)
class _Frame:
    """One frame in figures. top: luma that one pixel of a thousand exceeds; spread: of single pixels; structure: of
    block means, the largest of the three colours."""

    mean: float
    top: float
    spread: float
    structure: float
    small: Luma


def judge_file(path: Path, still: Pixels, wanted: Wanted) -> Verdict:
    """Decodes a clip and judges it; whatever can't be decoded is a fault, never an exception."""
    try:
        frames, damaged = decoded(path)
        judged = judge(frames, still, wanted)
    except Exception as error:  # a broken or hostile file makes decoders fail in a dozen ways; all mean the same
        return Verdict(["undecodable"], {"error": " ".join(str(error).split())[:200]})
    if damaged.count:
        judged.faults.insert(0, "undecodable")
        judged.measured["damaged_packets"] = damaged.count
    return judged


def judge(frames: Iterable[Pixels], still: Pixels, wanted: Wanted) -> Verdict:
    """Judges a clip's frames, in order, against the approved still. ValueError where the still is no picture."""
    if still.ndim != 3 or still.shape[2] != 3 or min(still.shape[:2]) < 16:
        raise ValueError("the still is no RGB picture")
    verdict = Verdict()
    seen: list[_Frame] = []
    likest, size = -1.0, (0, 0)
    reference = still
    sizes: set[tuple[int, int]] = set()
    for index, frame in enumerate(frames):
        if index >= MOST_FRAMES:
            verdict.measured["cut_off_at"] = MOST_FRAMES
            break
        if frame.ndim != 3 or frame.shape[2] != 3 or min(frame.shape[:2]) < 16:
            raise ValueError("a frame is no RGB picture")
        sizes.add((frame.shape[1], frame.shape[0]))
        if not index:
            size = (frame.shape[1], frame.shape[0])
            reference = fitted(still, frame.shape[1], frame.shape[0])
        if index < _FIRST:
            likest = max(likest, likeness(frame, still))
        seen.append(_figures(frame, size))
    if not seen:
        return Verdict(["undecodable"], {"frames": 0})
    verdict.usable = len(seen)
    verdict.measured |= {"frames": len(seen), "width": size[0], "height": size[1], "likeness": round(likest, 3)}
    faults: set[str] = set()
    if len(sizes) > 1 or not _size_fits(size, wanted):
        faults.add("wrong size")
    if not _count_fits(len(seen), wanted):
        faults.add("wrong frame count")
    origin = _figures(reference, size)
    faults |= _dead(seen, origin, verdict)
    faults |= _parts(seen, origin, verdict)
    if not faults & {"black", "flat", "nan-like"}:
        faults |= _frozen(seen, verdict)
    plain = origin.structure < _FLAT or origin.top < _BLACK
    if likest < _LIKE and not plain:
        faults.add("wrong picture")
    verdict.faults = [name for name in FAULTS if name in faults]
    return verdict


def _figures(frame: Pixels, size: tuple[int, int]) -> _Frame:
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
    shape = (SMALL, max(9, round(SMALL * size[1] / size[0])))
    small = np.asarray(cv2.resize(grey, shape, interpolation=cv2.INTER_AREA), np.uint8)
    blocks = np.asarray(cv2.resize(frame, _GRID, interpolation=cv2.INTER_AREA), np.float32)
    return _Frame(
        float(small.mean()),
        float(np.quantile(small, 0.999)),
        float(grey[:: max(1, grey.shape[0] // 240), :: max(1, grey.shape[1] // 416)].std()),
        float(blocks.reshape(-1, 3).std(axis=0).max()),
        small,
    )


def _size_fits(size: tuple[int, int], wanted: Wanted) -> bool:
    if not wanted.width or not wanted.height:
        return min(size) >= 64
    near = abs(size[0] - wanted.width) <= _ROUND and abs(size[1] - wanted.height) <= _ROUND
    shape = abs(size[0] * wanted.height / (size[1] * wanted.width) - 1)
    return near and shape <= _SHAPE


def _count_fits(count: int, wanted: Wanted) -> bool:
    if not wanted.frames:
        return count >= 2
    times = max(1, round(count / wanted.frames))
    return times <= 4 and abs(count - times * wanted.frames) <= max(wanted.slack, times - 1)


def _dead(seen: list[_Frame], origin: _Frame, verdict: Verdict) -> set[str]:
    """Faults of frames that show nothing: all in the dark, of one colour, or noise."""
    kinds = [_kind(frame, origin) for frame in seen]
    usual = float(np.median([frame.structure for frame in seen[: max(1, len(seen) // 2)]]))
    runs = _runs([bool(kind) for kind in kinds])
    total, refused, dips = len(seen), 0, 0
    for start, end in runs:
        faded = start > 0 and seen[start - 1].structure <= _FADED * max(usual, 1e-6)
        if end == total and faded and end - start <= _TAIL * total:
            verdict.usable = start
        elif start > 0 and end < total and end - start <= _DIP:
            dips += end - start
        else:
            refused += end - start
    if dips > _DIPS * total:
        refused += dips
    for kind in ("black", "flat", "nan-like"):
        verdict.measured[f"{kind}_share".replace("-", "_")] = round(kinds.count(kind) / total, 3)
    verdict.measured["luma_least"] = round(min(frame.mean for frame in seen), 2)
    verdict.measured["luma_most"] = round(max(frame.mean for frame in seen), 2)
    verdict.measured["structure_median"] = round(float(np.median([frame.structure for frame in seen])), 2)
    if not refused:
        return set()
    if kinds.count("black") >= max(1, len(kinds) - kinds.count("")) / 2:
        return {"black" if kinds.count("black") >= 0.5 * total else "half-black"}
    # Compression smooths noise away in some of its frames.
    return {"nan-like" if kinds.count("nan-like") >= 0.2 * kinds.count("flat") else "flat"}


def _kind(frame: _Frame, origin: _Frame) -> str:
    """How a frame is dead; "" where it shows something, or as much as the still does."""
    if frame.top <= _BLACK and origin.top >= _SEEN:
        return "black"
    if frame.structure < (_FLAT if origin.structure >= _PLAIN else min(_FLAT, 0.5 * origin.structure)):
        return "nan-like" if frame.spread >= _NOISE else "flat"
    grain = min(_GRAIN, 0.5 * origin.structure / max(origin.spread, 1e-6))
    return "nan-like" if frame.structure < min(_GRAINY, grain * frame.spread) else ""


def _runs(marks: list[bool]) -> list[tuple[int, int]]:
    """(start, end) of each run of true values."""
    edges = np.flatnonzero(np.diff(np.array([0, *marks, 0], np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _parts(seen: list[_Frame], origin: _Frame, verdict: Verdict) -> set[str]:
    """The fault of a clip of which a region goes black while the rest stays as bright as it was."""
    before = _blocks(origin.small)
    lit = before >= _LIT
    if lit.sum() < 0.15 * lit.size:
        return set()
    now = np.stack([_blocks(frame.small) for frame in seen])
    gone = now[:, lit] <= _BLACK
    lost = gone.mean(axis=1)
    # A fade takes every part with it; a decoder that fails leaves the rest as bright as it was.
    left = np.where(gone, np.nan, now[:, lit] / before[lit])
    stays = np.array([np.nanmedian(row) if not np.isnan(row).all() else 0.0 for row in left]) >= _STAYS
    broken = stays & (lost >= _PART)
    verdict.measured["region_black"] = round(float(lost[stays].max(initial=0.0)), 3)
    return {"half-black"} if broken.sum() > _DIP else set()


def _blocks(small: Luma) -> NDArray[np.float32]:
    """The luma that each block of the picture reaches in some of its pixels."""
    wide, high = _GRID[0] * 4, _GRID[1] * 4
    fine = np.asarray(cv2.resize(small, (wide, high), interpolation=cv2.INTER_AREA), np.float32)
    found: NDArray[np.float32] = fine.reshape(_GRID[1], 4, _GRID[0], 4).max(axis=(1, 3))
    return found


def _frozen(seen: list[_Frame], verdict: Verdict) -> set[str]:
    """The fault of a clip that stands still: for longer than a share of it nothing differs from where it stood."""
    grid = (_GRID[0] * 2, _GRID[1] * 2)
    blocks = np.stack(
        [cv2.resize(frame.small.astype(np.float32), grid, interpolation=cv2.INTER_AREA).ravel() for frame in seen]
    )
    longest, anchor = 1, 0
    for index in range(1, len(blocks)):
        if float(np.abs(blocks[index] - blocks[anchor]).max()) > _MOVED:
            anchor = index
        longest = max(longest, index - anchor + 1)
    verdict.measured["still_share"] = round(longest / len(seen), 3)
    verdict.measured["motion"] = round(float(np.abs(blocks - blocks[0]).max()), 2)
    return {"frozen"} if longest > _STILL * len(seen) else set()
