"""One decode of a film: its pictures small, with their times, and its sound.

A small picture is the luma plane, uint8 (height, width), limited range as encoded. Seconds are exact fractions
from the first time stamp of the file's own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.errors import FinalFault

Luma = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """One decoded picture: its number, time (seconds; None where the file gives none), small luma, and the frame."""

    index: int
    time: Fraction | None
    luma: Luma
    frame: av.VideoFrame


@dataclass(frozen=True)
class Heard:
    """A piece of decoded sound: first sample's number at `rate` (by its time stamp), float32 (n, channels)."""

    first: int
    rate: int
    samples: NDArray[np.float32]


@dataclass(frozen=True)
class Facts:
    """What a film's headers say."""

    width: int
    height: int
    fps: Fraction
    duration: float
    video_codec: str
    audio_codec: str
    tags: dict[str, str]
    colour: tuple[int, int, int, int]  # range, primaries, transfer, matrix: as ISO/IEC 23091-2 numbers them


def facts(path: Path) -> Facts:
    """The headers of a film. FinalFault where it can't be opened or shows nothing."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise _unreadable(path, "it holds no pictures")
            video = container.streams.video[0]
            context = video.codec_context
            return Facts(
                context.width,
                context.height,
                Fraction(video.average_rate or 0),
                float(container.duration or 0) / av.time_base,
                context.name,
                container.streams.audio[0].codec_context.name if container.streams.audio else "",
                dict(container.metadata),
                (context.color_range, context.color_primaries, context.color_trc, context.colorspace),
            )
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(path, str(error)) from error


def watch(path: Path, width: int, height: int, hear: Callable[[Heard], None] | None = None) -> Iterator[Seen]:
    """Every picture, in order, shrunk to width x height; `hear` gets the sound between them.

    What is damaged is left out. FinalFault where the file can't be opened or read.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise _unreadable(path, "it holds no pictures")
            video = container.streams.video[0]
            video.thread_type = "AUTO"
            streams: list[av.VideoStream | av.AudioStream] = [video]
            if hear and container.streams.audio:
                streams.append(container.streams.audio[0])
            index = 0
            for packet in container.demux(streams):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    continue  # damage in one place: what comes after it is still to be seen, and counted
                for frame in frames:
                    if isinstance(frame, av.VideoFrame):
                        time = None if frame.pts is None else frame.pts * Fraction(frame.time_base or 1)
                        yield Seen(index, time, small(frame, width, height), frame)
                        index += 1
                    elif hear and isinstance(frame, av.AudioFrame):
                        hear(_heard(frame))
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(path, str(error)) from error


def small(frame: av.VideoFrame, width: int, height: int) -> Luma:
    """The frame's luma plane, each pixel the mean of those that it stands for."""
    plane = frame.planes[0]
    whole = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def picture(frame: av.VideoFrame, width: int) -> NDArray[np.uint8]:
    """The frame as RGB, `width` wide."""
    height = max(2, round(frame.height * width / frame.width))
    return np.asarray(frame.reformat(width=width, height=height, format="rgb24").to_ndarray(), np.uint8)


def _heard(frame: av.AudioFrame) -> Heard:
    data = np.asarray(frame.to_ndarray())
    channels = frame.layout.nb_channels
    samples = data.T if frame.format.is_planar else data.reshape(-1, channels)
    first = round((frame.pts or 0) * Fraction(frame.time_base or 1) * frame.sample_rate)
    scale = {"f": 1.0, "i": 2.0 ** (8 * data.dtype.itemsize - 1)}.get(data.dtype.kind, 1.0)
    return Heard(first, int(frame.sample_rate), np.asarray(samples, np.float32) / np.float32(scale))


def _unreadable(path: Path, why: str) -> FinalFault:
    return FinalFault(f"the film {path.name} can't be read", why, "It is made again by itself.", {"path": str(path)})
