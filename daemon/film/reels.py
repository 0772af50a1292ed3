"""Moving pictures made ready: a reel is one file of the job's folder, with every frame to be had at random.

A reel is a ZIP archive, stored, of a JPEG for each frame (and a PNG of its transparency), so that whoever opens it
sees what is in it. Frames are RGB or RGBA, not premultiplied, H x W x 3 or 4 uint8; moments are seconds.
"""

from __future__ import annotations

import json
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.errors import FinalFault
from daemon.film import retime
from daemon.video.moving import steady

VERSION = "1"
STEPS = 8  # moments between two frames of the source that are told apart
_FLOW_WIDTH = 480  # pixels across at which motion is measured
_STRANGE = 26.0  # mean grey levels by which two frames carried onto each other may differ: beyond, it is a cut
_KEPT = 6  # decoded frames kept
_QUALITY = 93
_MOST_BYTES = 200 << 20  # of a reel's pictures

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Made:
    """What a reel tells of itself, for a scene (JSON-able); whole: nothing of the source was left out."""

    facts: dict[str, Any]
    whole: bool


def write(path: Path, source: Iterable[tuple[float, Pixels]], longest: float) -> Made:
    """Writes a reel of the first `longest` seconds of a source of timed frames (`video.moving.read`).

    The facts: frames, fps, seconds, size, clear, peaks ([seconds, strength] of its motion). ValueError where it
    doesn't move, or what the source raises.
    """
    times: list[float] = []
    motion: list[float] = []
    size: list[int] = []
    before: Pixels | None = None
    clear, whole, written = False, True, 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for time, frame in source:
            if time >= longest or written > _MOST_BYTES:
                whole = False
                break
            shape = [frame.shape[1], frame.shape[0]]
            size = size or shape
            if shape != size:
                continue  # a change of size in mid-stream
            small = np.asarray(cv2.resize(_grey(frame), (96, 54), interpolation=cv2.INTER_AREA), np.uint8)
            motion.append(0.0 if before is None else float(cv2.absdiff(before, small).mean()))
            before = small
            data = _encoded(".jpg", np.ascontiguousarray(frame[..., 2::-1]))
            archive.writestr(f"{len(times):05d}.jpg", data)
            written += len(data)
            if frame.shape[2] == 4:
                alpha = np.ascontiguousarray(frame[..., 3])
                clear = clear or int(alpha.min()) < 250
                archive.writestr(f"{len(times):05d}.png", _encoded(".png", alpha))
            times.append(time)
        fps, at = steady(times)
        # Between two ticks that show one frame, nothing moves.
        moved = [motion[index] if index != at[tick - 1] else 0.0 for tick, index in enumerate(at)]
        facts = {
            "frames": len(at),
            "fps": fps,
            "seconds": round(len(at) / fps, 6),
            "size": size,
            "clear": clear,
            "peaks": [[peak.at, peak.strength] for peak in retime.peaks(moved, fps)],
        }
        archive.writestr("reel.json", json.dumps({**facts, "at": at, "whole": whole}))
    return Made(facts, whole)


def _encoded(kind: str, pixels: Pixels) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY] if kind == ".jpg" else [cv2.IMWRITE_PNG_COMPRESSION, 2]
    done, data = cv2.imencode(kind, pixels, options)
    if not done:
        raise OSError("a frame can't be encoded")
    return bytes(data)


def _grey(frame: Pixels) -> Pixels:
    rgb = np.ascontiguousarray(frame[..., :3])
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if frame.shape[2] == 4:
        grey = cv2.multiply(grey, np.ascontiguousarray(frame[..., 3]), scale=1 / 255)
    return np.asarray(grey, np.uint8)


def told(path: Path) -> Made | None:
    """What a reel that lies there tells of itself; None where it isn't whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            facts: dict[str, Any] = json.loads(archive.read("reel.json"))
            if archive.testzip() is not None or len(facts.pop("at")) < 2:
                return None
            return Made(facts, bool(facts.pop("whole")))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


class Reel:
    """A reel opened for drawing; any thread may ask it."""

    def __init__(self, path: Path) -> None:
        """FinalFault where it can't be read."""
        self.path = path
        self._lock = threading.Lock()
        self._decoded: OrderedDict[int, Pixels] = OrderedDict()
        try:
            with zipfile.ZipFile(path) as archive:
                facts = json.loads(archive.read("reel.json"))
            self.order = [int(index) for index in facts["at"]]
            self.frames, self.fps = len(self.order), float(facts["fps"])
            self.clear = bool(facts["clear"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise _unreadable(path, str(error)) from error

    def step(self, moment: float, around: bool) -> int:
        """A moment in steps of 1 / STEPS frame. around: after the last frame comes the first, else it stays."""
        position = round(moment * self.fps * STEPS)
        return position % (self.frames * STEPS) if around else min(max(0, position), (self.frames - 1) * STEPS)

    def at(self, step: int) -> Pixels:
        """The picture at a step: a frame, or what lies between two, carried along their motion."""
        index, part = divmod(step, STEPS)
        first = self._frame(self.order[index])
        return between(first, self._frame(self.order[(index + 1) % self.frames]), part / STEPS) if part else first

    def _frame(self, index: int) -> Pixels:
        with self._lock:
            if index in self._decoded:
                self._decoded.move_to_end(index)
                return self._decoded[index]
        try:
            with zipfile.ZipFile(self.path) as archive:
                frame = _decoded(archive.read(f"{index:05d}.jpg"), cv2.IMREAD_COLOR)[..., ::-1]
                if self.clear:
                    frame = np.dstack([frame, _decoded(archive.read(f"{index:05d}.png"), cv2.IMREAD_GRAYSCALE)])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise _unreadable(self.path, str(error)) from error
        with self._lock:
            self._decoded[index] = np.ascontiguousarray(frame)
            while len(self._decoded) > _KEPT:
                self._decoded.popitem(last=False)
            return self._decoded[index]


def _decoded(data: bytes, kind: int) -> Pixels:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), kind)
    if found is None:
        raise ValueError("a frame can't be decoded")
    return np.asarray(found, np.uint8)


def _unreadable(path: Path, why: str) -> FinalFault:
    return FinalFault(
        f"the moving picture {path.name} can't be read",
        why,
        "Remove renders.json from the job's folder, then `dropreel retry`.",
        {"path": str(path)},
    )


def between(first: Pixels, second: Pixels, share: float) -> Pixels:
    """The picture `share` (0..1) of the way from first to second, by dense optical flow (DIS, ultrafast).

    Where the two can't be carried onto each other (a cut lies between them), the nearer one.
    """
    high, wide = first.shape[:2]
    one, two = _grey(first), _grey(second)
    if np.array_equal(one, two):
        return first
    scale = min(1.0, _FLOW_WIDTH / wide)
    small = (max(16, round(wide * scale)), max(16, round(high * scale)))
    flow = _flow(_sized(one, small), _sized(two, small))
    flow = np.asarray(cv2.resize(flow, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32)
    flow *= np.array([wide / small[0], high / small[1]], np.float32)
    columns, rows = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    early = _carried(first, columns - share * flow[..., 0], rows - share * flow[..., 1])
    late = _carried(second, columns + (1 - share) * flow[..., 0], rows + (1 - share) * flow[..., 1])
    if float(cv2.absdiff(_grey(early), _grey(late)).mean()) > _STRANGE:
        return first if share < 0.5 else second
    return np.asarray(cv2.addWeighted(early, 1 - share, late, share, 0.0), np.uint8)


def _flow(one: Pixels, two: Pixels) -> NDArray[np.float32]:
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    flow = np.zeros((*one.shape[:2], 2), np.float32)
    return np.asarray(estimator.calc(one, two, flow), np.float32)


def _sized(grey: Pixels, size: tuple[int, int]) -> Pixels:
    return grey if grey.shape == size[::-1] else np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _carried(picture: Pixels, columns: NDArray[np.float32], rows: NDArray[np.float32]) -> Pixels:
    return np.asarray(cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
