"""How far a film's sound lies from the song: windows of both, cross-correlated, to a part of a sample.

Samples are float32 mono at 48 kHz; offsets are milliseconds, positive where the film is late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft

from daemon.video.sound import Format
from daemon.video.watch import Heard

RATE = 48000
WINDOW = 6  # seconds
REACH = 1.0  # seconds that the film may lie off and still be found
_QUIET = 1e-4

Mono = NDArray[np.float32]


@dataclass(frozen=True)
class Offset:
    """The median offset and the largest of all windows, in ms; None where nothing could be compared."""

    median_ms: float | None
    largest_ms: float | None
    windows: int
    match: float  # the worst window's correlation, -1..1


def starts(seconds: float, windows: int = 5) -> list[int]:
    """Whole seconds at which windows begin, spread over a film."""
    room = max(0, int(seconds) - WINDOW)
    return sorted({room * i // max(1, windows - 1) for i in range(windows)}) if room else [0]


class Gatherer:
    """Collects the windows of one sound as it goes by."""

    def __init__(self, begins: Iterable[int], rate: int) -> None:
        self.rate = rate
        self._begins = [begin * rate for begin in begins]
        self.windows = [np.zeros(WINDOW * rate, np.float32) for _ in self._begins]
        self.samples = 0

    def add(self, first: int, block: NDArray[np.float32]) -> None:
        """A block (n, channels), its first sample's number given."""
        self.samples = max(self.samples, first + len(block))
        for begin, window in zip(self._begins, self.windows, strict=True):
            low = max(first, begin)
            high = min(first + len(block), begin + len(window))
            if low < high:
                window[low - begin : high - begin] = block[low - first : high - first].mean(axis=1)

    def hear(self, heard: Heard) -> None:
        """The same, from a film."""
        self.add(heard.first, heard.samples)


def gather(blocks: Iterable[NDArray[np.float32]], form: Format, begins: Iterable[int]) -> Gatherer:
    """The windows of a song."""
    gathered = Gatherer(begins, form.rate)
    first = 0
    for block in blocks:
        gathered.add(first, block)
        first += len(block)
    return gathered


def compare(song: Gatherer, film: Gatherer) -> Offset:
    """The film's offset from the song."""
    found, matches = [], []
    for original, copy in zip(song.windows, film.windows, strict=True):
        if song.rate != RATE:
            original = np.asarray(soxr.resample(original, song.rate, RATE), np.float32)
        if film.rate != RATE:
            copy = np.asarray(soxr.resample(copy, film.rate, RATE), np.float32)
        length = min(len(original), len(copy))
        original, copy = original[:length], copy[:length]
        if np.sqrt(np.mean(original**2)) < _QUIET:
            continue
        lag, match = shift(original, copy)
        found.append(lag / RATE * 1000)
        matches.append(match)
    if not found:
        return Offset(None, None, 0, 0.0)
    largest = max(found, key=abs)
    return Offset(float(np.median(found)), float(largest), len(found), min(matches))


def shift(original: Mono, copy: Mono) -> tuple[float, float]:
    """By how many samples `copy` lies behind `original`, with fractions, and how alike they are there, -1..1.

    The peak of the cross-correlation within REACH, refined by a parabola through its neighbours.
    """
    size = fft.next_fast_len(2 * len(original), real=True)
    spectrum = fft.rfft(copy, size) * np.conj(fft.rfft(original, size))
    correlation = fft.irfft(spectrum, size)
    reach = min(int(REACH * RATE), len(original) - 1)
    lags = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    peak = int(np.argmax(lags))
    norm = float(np.sqrt(np.sum(original.astype(np.float64) ** 2) * np.sum(copy.astype(np.float64) ** 2)))
    match = float(lags[peak]) / norm if norm else 0.0
    part = 0.0
    if 0 < peak < len(lags) - 1:
        before, here, after = (float(value) for value in lags[peak - 1 : peak + 2])
        bend = before - 2 * here + after
        part = 0.5 * (before - after) / bend if bend else 0.0
    return peak - reach + part, match
