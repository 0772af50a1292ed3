"""The samples of a sound or of a film's sound, in blocks: soundfile first, PyAV where it can't.

Samples are float32 (n, channels), -1..1; what isn't finite is 0. The same decoders in the same order as the
listener's, so that a film carries exactly the samples that were heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.errors import FinalFault

Samples = NDArray[np.float32]
BLOCK = 1 << 16


@dataclass(frozen=True)
class Format:
    """samples a second, channels, and which decoder reads it (soundfile or av)."""

    rate: int
    channels: int
    decoder: str


def probe(path: Path) -> Format:
    """The format of a file's sound. FinalFault where there is none."""
    try:
        with soundfile.SoundFile(path) as opened:
            return Format(opened.samplerate, opened.channels, "soundfile")
    except (soundfile.LibsndfileError, RuntimeError):
        pass
    try:
        with av.open(str(path)) as container:
            if container.streams.audio:
                stream = container.streams.audio[0]
                return Format(int(stream.rate), int(stream.channels), "av")
            why = "it holds no sound"
    except (av.FFmpegError, OSError, ValueError) as error:
        why = str(error)
    raise FinalFault("the sound can't be decoded", why, "Drop it again as WAV, FLAC or MP3.", {"path": path.name})


def blocks(path: Path, form: Format) -> Iterator[Samples]:
    """All samples, in order. What is damaged ends the sound early, as it does for the listener."""
    source = _by_soundfile(path) if form.decoder == "soundfile" else _by_av(path, form)
    for block in source:
        yield np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _by_soundfile(path: Path) -> Iterator[Samples]:
    with soundfile.SoundFile(path) as opened:
        while True:
            try:
                block = opened.read(BLOCK, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, RuntimeError):
                return
            if not len(block):
                return
            yield np.asarray(block, np.float32)


def _by_av(path: Path, form: Format) -> Iterator[Samples]:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", rate=form.rate)
        try:
            for frame in container.decode(audio=0):
                for out in resampler.resample(frame):
                    yield np.asarray(out.to_ndarray().reshape(-1, form.channels), np.float32)
        except av.FFmpegError:
            return
