"""Loudness by EBU R128 (ITU-R BS.1770-5, EBU Tech 3341 and 3342): integrated, range, short-term curve, true peak."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.audio import kernels
from daemon.sidecars import Loudness

_OFFSET = -0.691
_TAPS = 24


def weighting(rate: int) -> NDArray[np.float64]:
    """The K-weighting filter at any rate: (2, 5), b0 b1 b2 a1 a2 of the shelf and of the high pass."""
    out = np.zeros((2, 5))
    k = np.tan(np.pi * min(1681.974450955533, 0.45 * rate) / rate)
    gain, q = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    middle = gain**0.4996667741545416
    scale = 1 + k / q + k * k
    out[0] = [
        (gain + middle * k / q + k * k) / scale,
        2 * (k * k - gain) / scale,
        (gain - middle * k / q + k * k) / scale,
        2 * (k * k - 1) / scale,
        (1 - k / q + k * k) / scale,
    ]
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    scale = 1 + k / q + k * k
    out[1] = [1, -2, 1, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale]
    return out


def channel_weights(channels: int) -> NDArray[np.float64]:
    """What each channel counts: surrounds 1.41, the LFE of a 5.1 or 7.1 layout nothing."""
    weights = np.ones(channels)
    if channels == 5:
        weights[3:] = 1.41
    elif channels in (6, 8):
        weights[3] = 0.0
        weights[4:] = 1.41
    return weights


def _phases(rate: int) -> NDArray[np.float32]:
    """The polyphase filter between the samples: 4-fold below 96 kHz, 2-fold below 192, none above."""
    factor = 4 if rate < 96000 else 2 if rate < 192000 else 1
    at = np.arange(_TAPS) - (_TAPS // 2 - 1)
    rows = []
    for phase in range(1, factor):
        distance = at - phase / factor
        row = np.sinc(distance) * np.i0(6 * np.sqrt(np.maximum(0, 1 - (distance / (_TAPS / 2)) ** 2)))
        rows.append(row / row.sum())
    return np.asarray(rows, np.float32).reshape(-1, _TAPS)


class Meter:
    """Takes blocks (n, channels) of any size, float32, at the sound's own rate."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self._step = max(1, round(rate / 10))
        self._coefficients = weighting(rate)
        self._state = np.zeros((channels, 2, 2))
        self._weights = channel_weights(channels)
        self._sums = np.zeros(channels)
        self._filled = 0
        self._steps: list[float] = []  # weighted mean square of each 100 ms
        self._phases = _phases(rate)
        self._tail = np.zeros((_TAPS, channels), np.float32)
        self._peak = 0.0

    def push(self, block: NDArray[np.float32]) -> None:
        """Measures a block."""
        if not len(block):
            return
        start = 0
        while start < len(block):
            end = min(len(block), start + self._step - self._filled)
            kernels.weigh(block[start:end], self._coefficients, self._state, self._sums)
            self._filled += end - start
            start = end
            if self._filled == self._step:
                self._steps.append(float(self._sums @ self._weights) / self._step)
                self._sums[:] = 0
                self._filled = 0
        joined = np.concatenate([self._tail, block])
        self._peak = float(kernels.true_peak(joined, self._phases, self._peak))
        self._tail = joined[-_TAPS:].copy()

    def result(self) -> Loudness:
        """Loudness and its short-term course; None, and no course, where silence or shortness (below 0.4 s) leaves it
        undefined."""
        tail = np.concatenate([self._tail, np.zeros_like(self._tail)])
        peak = float(kernels.true_peak(tail, self._phases, self._peak))
        steps = np.asarray(self._steps)
        integrated = _gated(_windows(steps, 4), -10)
        short = _windows(steps, 30)
        levels = _lufs(short)
        course = [(round(second + 1.5, 2), round(float(level), 1)) for second, level in enumerate(levels[::10])]
        return Loudness(
            integrated_lufs=None if integrated is None else round(integrated, 2),
            range_lu=_range(short, levels),
            true_peak_dbtp=round(20 * np.log10(peak), 2) if peak > 1e-7 else None,
            short_term=[] if integrated is None else course,
        )


def _windows(steps: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Mean over each `length` steps in a row."""
    if len(steps) < length:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.maximum(0, total[length:] - total[:-length]) / length)


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return _OFFSET + 10 * np.log10(np.maximum(power, 1e-12))


def _gated(blocks: NDArray[np.float64], gate: float) -> float | None:
    """Mean of the blocks above -70 LUFS and above `gate` from the mean of those, in LUFS."""
    loud = blocks[_lufs(blocks) > -70]
    if not len(loud):
        return None
    loud = loud[_lufs(loud) > float(_lufs(loud.mean(keepdims=True))[0]) + gate]
    return float(_lufs(loud.mean(keepdims=True))[0])


def _range(short: NDArray[np.float64], levels: NDArray[np.float64]) -> float | None:
    """EBU Tech 3342: from the 10th to the 95th percentile of gated short-term loudness."""
    keep = levels > -70
    if not keep.any():
        return None
    floor = float(_lufs(short[keep].mean(keepdims=True))[0]) - 20
    low, high = np.percentile(levels[levels > floor], (10, 95))
    return round(float(high - low), 2)
