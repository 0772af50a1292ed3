"""The listener's sound: blocks of bounded size, their peaks, and what a listener must say of them.

How files are decoded is the ground's (`daemon/decoding.py`), which the film reads its sound by too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from daemon import decoding
from daemon.audio import kernels
from daemon.decoding import Block
from daemon.errors import FinalFault

BLOCK_SECONDS = 8.0
PEAKS_A_SECOND = 200


@dataclass
class Sound(decoding.Source):
    """An open sound. `notes` grows while its blocks are read; `samples` counts what was read."""

    limit: float = float("inf")  # the longest allowed, in seconds
    samples: int = 0
    bad_samples: int = 0
    peaks: Block = field(default_factory=lambda: np.zeros(0, np.float32))  # of the block just given

    def blocks(self) -> Iterator[Block]:
        """Blocks (n, channels) of about 8 s, float32, finite; all of the sound in order.

        FinalFault where nothing can be decoded or where it is longer than allowed.
        """
        try:
            for block in _gathered(self.pieces(), round(BLOCK_SECONDS * self.rate)):
                bad, self.peaks = kernels.survey(block, max(1, self.rate // PEAKS_A_SECOND))
                self.bad_samples += bad
                self.samples += len(block)
                self._check_length(self.samples / self.rate)
                yield block
        finally:
            if self.bad_samples:
                self.notes.append(f"{self.bad_samples} samples were no numbers and count as silence")
        if not self.samples:
            raise decoding.undecodable(self.path, "it holds no samples")
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
    sound = Sound(**vars(decoding.open_source(path)), limit=hours * 3600)
    sound._check_length(sound.declared)
    return sound


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
