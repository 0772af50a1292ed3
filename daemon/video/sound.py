"""The samples of a song or of a film's sound, in blocks: exactly the samples that were heard.

Samples are float32 (n, channels), -1..1; what isn't finite is 0. How files are decoded is the ground's
(`daemon/decoding.py`), which the listener reads by too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon import decoding
from daemon.decoding import Block


@dataclass(frozen=True)
class Format:
    """samples a second, channels."""

    rate: int
    channels: int


def probe(path: Path) -> Format:
    """The format of a file's sound. FinalFault where there is none."""
    source = decoding.open_source(path)
    return Format(source.rate, source.channels)


def blocks(path: Path) -> Iterator[Block]:
    """All samples, in order. What is damaged is left out, as it is by the listener."""
    for piece in decoding.open_source(path).pieces():
        yield decoding.silence(piece)


def between(samples: Iterator[Block], first: int, last: int) -> Iterator[Block]:
    """The samples from number `first` to before `last`."""
    at = 0
    for block in samples:
        part = block[max(0, first - at) : max(0, last - at)]
        if len(part):
            yield part
        at += len(block)
        if at >= last:
            return
