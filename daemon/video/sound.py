"""The samples of a sound or of a film's sound, in blocks: soundfile first, PyAV where it can't.

Samples are float32 (n, channels), -1..1; what isn't finite is 0. The same decoders in the same order as the
listener's, so that a film carries exactly the samples that were heard.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.errors import FinalFault

Samples = NDArray[np.float32]
SNDFILE = frozenset((".wav", ".flac", ".aif", ".aiff", ".aifc", ".w64", ".rf64", ".au", ".caf"))


@dataclass(frozen=True)
class Format:
    """samples a second, channels, and which decoder reads it (soundfile or av)."""

    rate: int
    channels: int
    decoder: str


def probe(path: Path) -> Format:
    """The format of a file's sound. FinalFault where there is none."""
    if path.suffix.lower() in SNDFILE:
        with contextlib.suppress(soundfile.LibsndfileError, RuntimeError), soundfile.SoundFile(path) as opened:
            if opened.frames:  # a recorder that was cut off wrote no length: FFmpeg reads such a file to its end
                return Format(opened.samplerate, opened.channels, "soundfile")
    try:
        with _container(path) as container:
            if container.streams.audio:
                context = container.streams.audio[0].codec_context
                return Format(int(context.sample_rate), int(context.channels), "av")
            why = "it holds no sound"
    except (av.FFmpegError, OSError, ValueError) as error:
        why = str(error)
    raise FinalFault("the sound can't be decoded", why, "Drop it again as WAV, FLAC or MP3.", {"path": path.name})


def blocks(path: Path, form: Format) -> Iterator[Samples]:
    """All samples, in order. What is damaged is left out, as it is by the listener."""
    source = _by_soundfile(path, form) if form.decoder == "soundfile" else _by_av(path, form)
    for block in source:
        yield np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def between(samples: Iterator[Samples], first: int, last: int) -> Iterator[Samples]:
    """The samples from number `first` to before `last`."""
    at = 0
    for block in samples:
        part = block[max(0, first - at) : max(0, last - at)]
        if len(part):
            yield part
        at += len(block)
        if at >= last:
            return


def _by_soundfile(path: Path, form: Format) -> Iterator[Samples]:
    # As long as the listener's reads: where a file is damaged, the whole read that meets it is lost.
    size, read = round(0.5 * form.rate), 0
    try:
        with soundfile.SoundFile(path) as opened:
            while len(block := opened.read(size, dtype="float32", always_2d=True)):
                read += len(block)
                yield np.asarray(block, np.float32)
    except (soundfile.LibsndfileError, OSError):
        # FFmpeg steps over a damaged piece where libsndfile ends.
        yield from between(_by_av(path, form), read, sys.maxsize)


def _by_av(path: Path, form: Format) -> Iterator[Samples]:
    resampler: Any = None
    shape: tuple[Any, ...] = ()
    with (
        contextlib.suppress(av.FFmpegError, OSError, ValueError),
        _container(path) as container,
    ):
        for packet in container.demux(container.streams.audio[0]):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                # Rate and channels may change in mid-stream, by design or by damage.
                if (came := (frame.format.name, frame.sample_rate, frame.layout.name)) != shape:
                    for out in resampler.resample(None) if resampler else []:
                        yield _array(out, form.channels)
                    resampler, shape = None if _plain(frame, form) else _resampler(frame, form), came
                for out in resampler.resample(frame) if resampler else [frame]:
                    yield _array(out, form.channels)
        for out in resampler.resample(None) if resampler else []:
            yield _array(out, form.channels)


def _container(path: Path) -> Any:
    """A file opened by FFmpeg's libraries: this file alone, whatever addresses a playlist in it names."""
    return av.open(str(path.absolute()), metadata_errors="replace", options={"protocol_whitelist": "file"})


def _plain(frame: Any, form: Format) -> bool:
    return (
        frame.format.name == "fltp" and frame.sample_rate == form.rate and len(frame.layout.channels) == form.channels
    )


def _resampler(frame: Any, form: Format) -> Any:
    """A converter to planar float at the sound's own rate and channels."""
    same = len(frame.layout.channels) == form.channels
    layout = frame.layout.name if same and frame.layout.name else {1: "mono", 2: "stereo"}.get(form.channels)
    return av.AudioResampler(format="fltp", layout=layout or frame.layout, rate=form.rate)


def _array(frame: Any, channels: int) -> Samples:
    """A planar frame as (n, channels); a change of channels in mid-stream is spread or cut."""
    planes = np.asarray(frame.to_ndarray(), np.float32)
    if len(planes) != channels:
        planes = np.repeat(planes[:1], channels, axis=0) if len(planes) < channels else planes[:channels]
    return np.ascontiguousarray(planes.T)
