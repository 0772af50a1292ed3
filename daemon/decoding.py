"""The samples of whatever people drop, in order. The one decoder of the house: what was heard is what is filmed.

libsndfile (soundfile) reads WAV, FLAC, AIFF; FFmpeg's libraries (PyAV) read the rest, and what libsndfile
gives up. Samples are float32 (n, channels), full scale 1. What can't be decoded at all is a FinalFault; what
can be decoded in part is read as far as it goes, with a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.errors import FinalFault

LOUDEST = 1e9  # 180 dB over full scale: beyond it nothing is a sample (its square would leave float32)
_SNDFILE = {".wav", ".flac", ".aif", ".aiff", ".aifc", ".w64", ".rf64", ".au", ".caf"}
_WIDTHS = {"PCM_U8": 1, "PCM_S8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}  # bytes a sample
_HEAD = 1 << 20  # what pictures and tags may take beside the sound before a note is worth while
_MAX_CHANNELS = 64

Block = NDArray[np.float32]


@dataclass
class Source:
    """A sound whose head was read. `notes` grows while its pieces are read."""

    path: Path
    rate: int
    channels: int
    format: str
    declared: float  # seconds as the file says, 0 where it doesn't
    through: str  # "soundfile" or "av"
    notes: list[str] = field(default_factory=list)

    def pieces(self) -> Iterator[Block]:
        """All that can be decoded, in order, in pieces of any length; they may hold what is no number (`silence`)."""
        return _by_soundfile(self) if self.through == "soundfile" else _by_av(self)


def open_source(path: Path) -> Source:
    """Opens a sound and reads its head.

    Raises FinalFault for an empty file, one that is no sound (whatever its name), one without a sound track.
    """
    if path.stat().st_size == 0:
        raise FinalFault("the file is empty", "0 bytes", "Drop it again, whole.", {"path": str(path)})
    source = _open_soundfile(path) if path.suffix.lower() in _SNDFILE else None
    return source or _open_av(path)


def silence(block: Block) -> Block:
    """Makes samples that are no numbers 0, in place."""
    bad = ~(np.abs(block) <= LOUDEST)
    if bad.any():
        block[bad] = 0.0
    return block


def _open_soundfile(path: Path) -> Source | None:
    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError):
        return None
    if not (0 < info.channels <= _MAX_CHANNELS and 1000 <= info.samplerate <= 1_000_000):
        return None
    if not info.frames:
        return None  # a recorder that was cut off wrote no length: FFmpeg reads such a file to its end
    format = f"{info.format} {info.subtype}".lower()
    source = Source(path, info.samplerate, info.channels, format, 0.0, "soundfile")
    told = info.frames * info.channels * _WIDTHS.get(info.subtype, 0)
    if told and 2 * told + _HEAD < path.stat().st_size:
        source.notes.append(
            f"the file's head tells of {info.duration:.1f} s, and the file is larger: the rest is left out"
        )
    return source


def _open_av(path: Path) -> Source:
    try:
        with container(path) as held:
            if not held.streams.audio:
                kinds = sorted({str(stream.type) for stream in held.streams}) or ["nothing"]
                raise FinalFault(
                    "there is no sound in the file",
                    f"it holds {', '.join(kinds)}",
                    "Drop a file with a sound track.",
                    {"path": str(path), "format": held.format.name},
                )
            stream = held.streams.audio[0]
            rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
            declared = 0.0
            if stream.duration and stream.time_base:
                declared = float(stream.duration * stream.time_base)
            elif held.duration:
                declared = held.duration / 1e6
            format = f"{held.format.name.split(',')[0]} {stream.codec_context.name}"
    except (av.FFmpegError, ValueError, OSError) as error:
        raise undecodable(path, _reason(error)) from None
    if not (0 < channels <= _MAX_CHANNELS and 1000 <= rate <= 1_000_000):
        raise undecodable(path, f"{channels} channels at {rate} Hz")
    return Source(path, rate, channels, format, declared, "av")


def container(path: Path) -> Any:
    """Opens a file with FFmpeg's libraries: this file alone, whatever addresses a playlist in it names."""
    return av.open(str(path.absolute()), metadata_errors="replace", options={"protocol_whitelist": "file"})


def undecodable(path: Path, why: str) -> FinalFault:
    """The refusal of a file that gives no sound."""
    return FinalFault(
        "the sound can't be decoded",
        why,
        "Drop it in another format (wav, flac, mp3, ogg, opus, m4a, aac, wma, aiff), or export it anew.",
        {"path": str(path), "why": why},
    )


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).strip().splitlines()[0][:200]


def _by_soundfile(source: Source) -> Iterator[Block]:
    read = 0
    try:
        with soundfile.SoundFile(str(source.path)) as opened:
            source.declared = opened.frames / source.rate if 0 < opened.frames < 1 << 40 else 0.0
            source.declared *= _promise(source.path)
            # Short reads: where the file is damaged, the whole read that meets it is lost.
            size = round(0.5 * source.rate)
            while len(block := opened.read(size, dtype="float32", always_2d=True)):
                read += len(block)
                yield block
    except (soundfile.LibsndfileError, OSError) as error:
        source.notes.append(f"damaged after {read / source.rate:.1f} s: {_reason(error)}")
        # FFmpeg steps over a damaged piece where libsndfile ends.
        yield from _after(_by_av(source), read)


def _after(pieces: Iterator[Block], skipped: int) -> Iterator[Block]:
    """The pieces without their first `skipped` samples."""
    for piece in pieces:
        if skipped < len(piece):
            yield piece[skipped:]
        skipped = max(0, skipped - len(piece))


def _promise(path: Path) -> float:
    """How many times its own size a RIFF or AIFF file says that it has; 1 where it says nothing else."""
    with open(path, "rb") as source:
        head = source.read(8)
    order: Literal["little", "big"] | None = {b"RIFF": "little", b"FORM": "big"}.get(head[:4])  # type: ignore[assignment]
    if order is None:
        return 1.0
    said, size = int.from_bytes(head[4:], order) + 8, path.stat().st_size
    # 0 and the greatest numbers mean that the writer didn't know.
    return said / size if size < said < 0xFFFF0000 else 1.0


def _by_av(source: Source) -> Iterator[Block]:
    """Decoded pieces (n, channels). A packet that can't be decoded is stepped over, with a note."""
    broken = read = 0
    reason = ""
    try:
        with container(source.path) as held:
            stream = held.streams.audio[0]
            resampler, shape = None, None
            for packet in held.demux(stream):
                try:
                    frames = packet.decode()
                except av.FFmpegError as error:
                    broken, reason = broken + 1, _reason(error)
                    if broken > 1000 and not read:
                        break
                    continue
                for frame in frames:
                    # Rate and channels may change in mid-stream, by design or by damage.
                    if (came := (frame.format.name, frame.sample_rate, frame.layout.name)) != shape:
                        for plain in _rest(resampler):
                            read += plain.samples
                            yield _array(plain, source.channels)
                        resampler, shape = _resampler(source, frame), came
                    for plain in resampler.resample(frame) if resampler else [frame]:
                        read += plain.samples
                        yield _array(plain, source.channels)
            for plain in _rest(resampler):
                yield _array(plain, source.channels)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = _reason(error)
        if read:
            source.notes.append(f"cut short at {read / source.rate:.1f} s: {reason}")
        broken = 0
    if broken:
        source.notes.append(f"{broken} damaged pieces were left out ({reason})")


def _rest(resampler: Any) -> list[Any]:
    """What a converter still holds."""
    return list(resampler.resample(None)) if resampler else []


def _resampler(source: Source, frame: Any) -> Any:
    """A converter to planar float at the sound's own rate and channels; None where the frame is so already."""
    same = len(frame.layout.channels) == source.channels
    if same and frame.format.name == "fltp" and frame.sample_rate == source.rate:
        return None
    layout = frame.layout.name if same and frame.layout.name else {1: "mono", 2: "stereo"}.get(source.channels)
    return av.AudioResampler(format="fltp", layout=layout or frame.layout, rate=source.rate)


def _array(frame: Any, channels: int) -> Block:
    """A planar frame as (n, channels); a change of channels in mid-stream is spread or cut."""
    planes: Block = frame.to_ndarray()
    if len(planes) != channels:
        planes = np.repeat(planes[:1], channels, axis=0) if len(planes) < channels else planes[:channels]
    return planes.T
