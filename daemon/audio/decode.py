"""Decoding whatever people drop, in blocks of bounded size.

libsndfile (soundfile) reads WAV, FLAC, AIFF; FFmpeg's libraries (PyAV) read the rest, the same ones
that put the sound into the film, so that a sample number means the same moment in both. What can't be
decoded is a FinalFault; what can be decoded in part is read as far as it goes, with a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from daemon.audio import kernels
from daemon.errors import FinalFault

BLOCK_SECONDS = 8.0
PEAKS_A_SECOND = 200
_SNDFILE = {".wav", ".flac", ".aif", ".aiff", ".aifc", ".w64", ".rf64", ".au", ".caf"}
_WIDTHS = {"PCM_U8": 1, "PCM_S8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}  # bytes a sample
_HEAD = 1 << 20  # what pictures and tags may take beside the sound before a note is worth while
_MAX_CHANNELS = 64

Block = NDArray[np.float32]


@dataclass
class Sound:
    """An open sound. `notes` grows while its blocks are read; `samples` counts what was read."""

    path: Path
    rate: int
    channels: int
    format: str
    declared: float  # seconds as the file says, 0 where it doesn't
    limit: float  # the longest allowed, in seconds
    through: str  # "soundfile" or "av"
    notes: list[str] = field(default_factory=list)
    samples: int = 0
    bad_samples: int = 0
    peaks: Block = field(default_factory=lambda: np.zeros(0, np.float32))  # of the block just given

    def blocks(self) -> Iterator[Block]:
        """Blocks (n, channels) of about 8 s, float32, finite; all of the sound in order.

        FinalFault where nothing can be decoded or where it is longer than allowed.
        """
        pieces = (_soundfile_blocks if self.through == "soundfile" else _av_pieces)(self)
        try:
            for block in _gathered(pieces, round(BLOCK_SECONDS * self.rate)):
                bad, self.peaks = kernels.survey(block, max(1, self.rate // PEAKS_A_SECOND))
                self.bad_samples += bad
                self.samples += len(block)
                self._check_length(self.samples / self.rate)
                yield block
        finally:
            if self.bad_samples:
                self.notes.append(f"{self.bad_samples} samples were no numbers and count as silence")
        if not self.samples:
            raise _undecodable(self.path, "it holds no samples")
        heard = self.samples / self.rate
        if self.declared - heard > max(0.5, 0.01 * self.declared):
            self.notes.append(f"cut short: the file promises {self.declared:.1f} s, {heard:.1f} s could be decoded")

    def _check_length(self, seconds: float) -> None:
        if seconds > self.limit:
            raise FinalFault(
                "the sound is too long",
                f"more than {self.limit / 3600:g} h",
                "Cut it, or raise `limits.hours` in dropreel.yaml.",
                {"path": str(self.path), "seconds": seconds, "limit": self.limit},
            )


def open_sound(path: Path, hours: float = 4.0) -> Sound:
    """Opens a sound and reads its head.

    Raises FinalFault for an empty file, one that is no sound (whatever its name), one without a sound
    track, one longer than `hours`.
    """
    if path.stat().st_size == 0:
        raise FinalFault("the file is empty", "0 bytes", "Drop it again, whole.", {"path": str(path)})
    sound = _open_soundfile(path, hours) if path.suffix.lower() in _SNDFILE else None
    if sound is None:
        sound = _open_av(path, hours)
    sound._check_length(sound.declared)
    return sound


def _open_soundfile(path: Path, hours: float) -> Sound | None:
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError):
        return None
    if not (0 < info.channels <= _MAX_CHANNELS and 1000 <= info.samplerate <= 1_000_000):
        return None
    if not info.frames:
        return None  # a recorder that was cut off wrote no length: FFmpeg reads such a file to its end
    format = f"{info.format} {info.subtype}".lower()
    sound = Sound(path, info.samplerate, info.channels, format, 0.0, hours * 3600, "soundfile")
    told = info.frames * info.channels * _WIDTHS.get(info.subtype, 0)
    if told and 2 * told + _HEAD < path.stat().st_size:
        sound.notes.append(
            f"the file's head tells of {info.duration:.1f} s, and the file is larger: the rest is left out"
        )
    return sound


def _open_av(path: Path, hours: float) -> Sound:
    import av

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
        raise _undecodable(path, _reason(error)) from None
    if not (0 < channels <= _MAX_CHANNELS and 1000 <= rate <= 1_000_000):
        raise _undecodable(path, f"{channels} channels at {rate} Hz")
    return Sound(path, rate, channels, format, declared, hours * 3600, "av")


def container(path: Path) -> Any:
    """Opens a file with FFmpeg's libraries: this file alone, whatever addresses a playlist in it names."""
    import av

    return av.open(str(path.absolute()), metadata_errors="replace", options={"protocol_whitelist": "file"})


def _undecodable(path: Path, why: str) -> FinalFault:
    return FinalFault(
        "the sound can't be decoded",
        why,
        "Drop it in another format (wav, flac, mp3, ogg, opus, m4a, aac, wma, aiff), or export it anew.",
        {"path": str(path), "why": why},
    )


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).strip().splitlines()[0][:200]


def _soundfile_blocks(sound: Sound) -> Iterator[Block]:
    import soundfile

    read = 0
    try:
        with soundfile.SoundFile(str(sound.path)) as source:
            sound.declared = source.frames / sound.rate if 0 < source.frames < 1 << 40 else 0.0
            sound.declared *= _promise(sound.path)
            # Short reads: where the file is damaged, the whole read that meets it is lost.
            size = round(0.5 * sound.rate)
            while len(block := source.read(size, dtype="float32", always_2d=True)):
                read += len(block)
                yield block
    except (soundfile.LibsndfileError, OSError) as error:
        sound.notes.append(f"damaged after {read / sound.rate:.1f} s: {_reason(error)}")
        # FFmpeg steps over a damaged piece where libsndfile ends.
        yield from _after(_av_pieces(sound), read)


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


def _gathered(pieces: Iterator[Block], size: int) -> Iterator[Block]:
    """Pieces (n, channels) put together to blocks of about `size` samples, each its own contiguous array."""
    parts: list[Block] = []
    held = 0
    for piece in pieces:
        parts.append(piece)
        held += len(piece)
        if held >= size:
            yield _joined(parts, held)
            parts, held = [], 0
    if parts:
        yield _joined(parts, held)


def _joined(parts: list[Block], length: int) -> Block:
    out = np.empty((length, parts[0].shape[1]), np.float32)
    at = 0
    for part in parts:
        out[at : at + len(part)] = part
        at += len(part)
    return out


def _av_pieces(sound: Sound) -> Iterator[Block]:
    """Decoded pieces (n, channels). A packet that can't be decoded is stepped over, with a note."""
    import av

    broken = read = 0
    reason = ""
    try:
        with container(sound.path) as held:
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
                            yield _array(plain, sound.channels)
                        resampler, shape = _resampler(sound, frame), came
                    for plain in resampler.resample(frame) if resampler else [frame]:
                        read += plain.samples
                        yield _array(plain, sound.channels)
            for plain in _rest(resampler):
                yield _array(plain, sound.channels)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = _reason(error)
        if read:
            sound.notes.append(f"cut short at {read / sound.rate:.1f} s: {reason}")
        broken = 0
    if broken:
        sound.notes.append(f"{broken} damaged pieces were left out ({reason})")


def _rest(resampler: Any) -> list[Any]:
    """What a converter still holds."""
    return list(resampler.resample(None)) if resampler else []


def _resampler(sound: Sound, frame: Any) -> Any:
    """A converter to planar float at the sound's own rate and channels; None where the frame is so already."""
    import av

    same = len(frame.layout.channels) == sound.channels
    if same and frame.format.name == "fltp" and frame.sample_rate == sound.rate:
        return None
    layout = frame.layout.name if same and frame.layout.name else {1: "mono", 2: "stereo"}.get(sound.channels)
    return av.AudioResampler(format="fltp", layout=layout or frame.layout, rate=sound.rate)


def _array(frame: Any, channels: int) -> Block:
    """A planar frame as (n, channels); a change of channels in mid-stream is spread or cut."""
    planes: Block = frame.to_ndarray()
    if len(planes) != channels:
        planes = np.repeat(planes[:1], channels, axis=0) if len(planes) < channels else planes[:channels]
    return planes.T
