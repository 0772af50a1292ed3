"""One pass over the sound: every feature that the listener needs, from two spectra of the same samples.

Samples are mono at 22,050 Hz. The short spectrum (1024 samples, every 256: 86.1 a second) hears when
something happens; the long one (4096, every 2048: 10.8 a second) hears what. Both use a periodic Hann
window and are centred: frame k stands for the sample k * hop, zeros beyond the ends, as librosa does
with center=True. Sound comes in blocks of any size; what is kept grows by 0.8 MB a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

RATE = 22050
SHORT, HOP = 1024, 256
LONG, LONG_HOP = 4096, 2048
FINE = 32  # samples a step of the fine envelope: 1.45 ms
FPS = RATE / HOP
MELS = 80  # bands of the short spectrum
LONG_MELS = 64
FLUX_EDGES = (0, 150, 400, 1000, 2500, 6000, 11025)  # Hz; the bands that flux is summed in
BAND_EDGES = (0, 200, 2500, 11025)  # Hz; bass, mid, treble
PITCH_BINS = 36  # a third of a semitone each, C first
LOUD = 1000.0  # compression of the short spectrum: log(1 + LOUD * magnitude)

Floats = NDArray[np.float32]


def hz_to_mel(hz: Any) -> Any:
    """Slaney's mel scale: linear below 1 kHz, logarithmic above."""
    hz = np.asarray(hz, float)
    return np.where(hz < 1000, hz * 3 / 200, 15 + np.log(np.maximum(hz, 1e-9) / 1000) / (np.log(6.4) / 27))


def mel_to_hz(mel: Any) -> Any:
    """The inverse of `hz_to_mel`."""
    mel = np.asarray(mel, float)
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


@lru_cache(maxsize=8)
def mel_filters(size: int, count: int, low: float, high: float) -> Floats:
    """Triangular mel filters of unit area (Slaney), (size // 2 + 1, count)."""
    at = np.arange(size // 2 + 1) * RATE / size
    edges = mel_to_hz(np.linspace(hz_to_mel(low), hz_to_mel(high), count + 2))
    rise = (at[:, None] - edges[:-2]) / np.diff(edges[:-1])
    fall = (edges[2:] - at[:, None]) / np.diff(edges[1:])
    return np.asarray(np.maximum(0, np.minimum(rise, fall)) * 2 / (edges[2:] - edges[:-2]), np.float32)


@lru_cache(maxsize=4)
def _hann(size: int) -> Floats:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size), np.float32)


def mel_centres(count: int, low: float, high: float) -> NDArray[np.float64]:
    """The centre of each mel filter, in Hz."""
    return np.asarray(mel_to_hz(np.linspace(hz_to_mel(low), hz_to_mel(high), count + 2)[1:-1]))


@dataclass
class Features:
    """Everything heard. Short frames (n, ...), long frames (m, ...), fine steps (f, ...); float32."""

    samples: int
    flux: Floats  # (n, 6) rise of the log-mel spectrum in each flux band
    power: Floats  # (n, 3) power of bass, mid, treble
    rms: Floats  # (n,)
    fine: Floats  # (f, 2) energy of the sound, and of its first difference, each 32 samples
    chroma: Floats  # (m, 36) strength of each third of a semitone, all octaves from 65 to 2100 Hz
    bass_chroma: Floats  # (m, 36) the same from 40 to 260 Hz
    mfcc: Floats  # (m, 20)
    centroid: Floats  # (m,) Hz
    bandwidth: Floats  # (m,) Hz
    rolloff: Floats  # (m,) Hz, 85 %
    flatness: Floats  # (m,) 0..1
    contrast: Floats  # (m, 7) dB
    crossings: Floats  # (m,) zero crossings a sample
    long_rms: Floats  # (m,)

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return self.samples / RATE


class _Framer:
    """Cuts a stream into centred frames: half a frame of zeros in front, half a one behind."""

    def __init__(self, size: int, hop: int) -> None:
        self.size, self.hop = size, hop
        self.held = np.zeros(size // 2, np.float32)

    def push(self, samples: Floats, last: bool) -> Floats:
        held = np.concatenate([self.held, samples, np.zeros(self.size // 2 if last else 0, np.float32)])
        count = max(0, 1 + (len(held) - self.size) // self.hop)
        self.held = held[count * self.hop :].copy()
        if not count:
            return np.zeros((0, self.size), np.float32)
        return np.lib.stride_tricks.sliding_window_view(held, self.size)[: count * self.hop : self.hop]


class Listener:
    """Takes blocks, keeps features."""

    def __init__(self) -> None:
        self._short, self._long = _Framer(SHORT, HOP), _Framer(LONG, LONG_HOP)
        self._before = np.zeros((0, MELS), np.float32)
        self._fine_rest = np.zeros(0, np.float32)
        self._last_sample = np.float32(0)
        self._samples = 0
        # One growing buffer a feature: thousands of small arrays would cost twice their size in a long mix.
        self._kept = {name: bytearray() for name in Features.__dataclass_fields__ if name != "samples"}

    def push(self, samples: Floats, last: bool = False) -> None:
        """Takes a block of mono samples at 22,050 Hz; `last` with the final one (it may be empty)."""
        self._samples += len(samples)
        self._take_fine(samples, last)
        for frames in _pieces(self._short.push(samples, last), 1024):
            self._take_short(frames)
        for frames in _pieces(self._long.push(samples, last), 128):
            self._take_long(frames)

    def finish(self) -> Features:
        """Closes the stream and gives what was heard."""
        self.push(np.zeros(0, np.float32), last=True)
        widths = {"flux": 6, "power": 3, "fine": 2, "chroma": 36, "bass_chroma": 36, "mfcc": 20, "contrast": 7}
        whole = {}
        for name, kept in self._kept.items():
            rows = np.frombuffer(kept, np.float32)
            whole[name] = rows.reshape(-1, widths[name]) if name in widths else rows
        return Features(samples=self._samples, **whole)

    def _keep(self, **features: Any) -> None:
        for name, value in features.items():
            self._kept[name] += np.ascontiguousarray(value, np.float32).data.cast("B")

    def _take_fine(self, samples: Floats, last: bool) -> None:
        held = np.concatenate([self._fine_rest, samples, np.zeros(FINE - 1 if last else 0, np.float32)])
        count = len(held) // FINE
        if count:
            used = held[: count * FINE]
            steps = np.diff(used, prepend=self._last_sample)
            self._last_sample = used[-1]
            energy = np.stack([used, steps], axis=1).reshape(count, FINE, 2)
            self._keep(fine=np.einsum("nks,nks->ns", energy, energy))
        self._fine_rest = held[count * FINE :].copy()

    def _take_short(self, frames: Floats) -> None:
        spectrum = scipy.fft.rfft(frames * _hann(SHORT), axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        mel = np.sqrt(power @ mel_filters(SHORT, MELS, 27.5, 11000.0)) * np.float32(2 / SHORT)
        loud = np.log1p(np.float32(LOUD) * mel)
        if not len(self._before):
            self._before = np.repeat(loud[:1], 2, axis=0)
        # Against the quieter of the two frames before, so that a vibrato's ripple makes no onset.
        history = np.concatenate([self._before, loud])
        reference = np.maximum(history[:-2], _neighbours(history[:-2]))
        rise = np.maximum(0, loud - reference)
        self._before = history[-2:]
        self._keep(
            flux=rise @ _band_sums(),
            power=power @ _power_sums(),
            rms=np.sqrt(np.mean(frames * frames, axis=1)),
        )

    def _take_long(self, frames: Floats) -> None:
        spectrum = scipy.fft.rfft(frames * _hann(LONG), axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        magnitude = np.sqrt(power)
        mel = power @ mel_filters(LONG, LONG_MELS, 0.0, 11025.0)
        decibels = 10 * np.log10(np.maximum(mel, 1e-10))
        chroma, bass = pitch_classes(magnitude)
        self._keep(
            chroma=chroma,
            bass_chroma=bass,
            mfcc=scipy.fft.dct(decibels, axis=1, norm="ortho")[:, :20],
            crossings=np.mean(np.signbit(frames[:, 1:]) != np.signbit(frames[:, :-1]), axis=1),
            long_rms=np.sqrt(np.mean(frames * frames, axis=1)),
            **shape(magnitude, power),
        )


def _pieces(frames: Floats, size: int) -> list[Floats]:
    return [frames[start : start + size] for start in range(0, len(frames), size)]


def _neighbours(loud: Floats) -> Floats:
    """For each band the louder of its two neighbours (SuperFlux's maximum filter, Böck and Widmer 2013)."""
    wide = np.pad(loud, ((0, 0), (1, 1)), mode="edge")
    return np.maximum(wide[:, :-2], wide[:, 2:])


@lru_cache(maxsize=1)
def _band_sums() -> Floats:
    """(mels, 6): which mel band counts to which flux band, as a mean."""
    centres = mel_centres(MELS, 27.5, 11000.0)
    member = (centres[:, None] >= FLUX_EDGES[:-1]) & (centres[:, None] < FLUX_EDGES[1:])
    return np.asarray(member / np.maximum(1, member.sum(axis=0)), np.float32)


@lru_cache(maxsize=1)
def _power_sums() -> Floats:
    at = np.arange(SHORT // 2 + 1) * RATE / SHORT
    member = (at[:, None] >= BAND_EDGES[:-1]) & (at[:, None] < BAND_EDGES[1:])
    member[0] = False  # a constant is no sound
    return np.asarray(member * (2 / SHORT) ** 2, np.float32)


def pitch_classes(magnitude: Floats) -> tuple[Floats, Floats]:
    """Strength of each third of a semitone, octaves folded: (m, 36) over all, (m, 36) over the bass.

    Only peaks of the spectrum count, each at its interpolated frequency; magnitudes (m, 2049) are
    compressed by the square root, so that a loud bass doesn't hide the chord.
    """
    out = []
    at = np.arange(magnitude.shape[1]) * RATE / LONG
    for low, high in ((65.0, 2100.0), (40.0, 260.0)):
        first, last = int(np.searchsorted(at, low)), int(np.searchsorted(at, high))
        left, mid, right = (magnitude[:, first + d : last + d] for d in (-1, 0, 1))
        row, column = np.nonzero((mid > left) & (mid >= right) & (mid > 1e-4))
        a, b, c = (np.log(np.maximum(part[row, column], 1e-12)) for part in (left, mid, right))
        shift = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
        hz = (first + column + np.clip(shift, -0.5, 0.5)) * RATE / LONG
        place = PITCH_BINS * np.log2(hz / 16.351597831287414)  # C0
        bin_ = np.round(place).astype(np.int64) % PITCH_BINS
        flat = np.bincount(row * PITCH_BINS + bin_, np.sqrt(mid[row, column]), minlength=len(magnitude) * PITCH_BINS)
        out.append(flat.reshape(-1, PITCH_BINS).astype(np.float32))
    return out[0], out[1]


def shape(magnitude: Floats, power: Floats) -> dict[str, Floats]:
    """Centroid, bandwidth, roll-off (85 %), flatness and contrast of spectra (m, 2049), as librosa defines them."""
    at = (np.arange(magnitude.shape[1]) * RATE / LONG).astype(np.float32)
    total = magnitude.sum(axis=1)
    safe = np.maximum(total, np.float32(1e-10))
    centroid = magnitude @ at / safe
    # sum m (f - c)^2 / sum m, opened, so that no array of the spectrum's size is made.
    spread = (magnitude @ at.astype(np.float64) ** 2) / safe - centroid.astype(np.float64) ** 2
    cumulated = np.cumsum(magnitude, axis=1)
    rolloff = at[np.argmax(cumulated >= 0.85 * cumulated[:, -1:], axis=1)]
    floored = np.maximum(power, np.float32(1e-10))
    flatness = np.exp(np.mean(np.log(floored), axis=1)) / np.mean(floored, axis=1)
    return {
        "centroid": np.where(total > 1e-10, centroid, 0),
        "bandwidth": np.sqrt(np.maximum(0, np.where(total > 1e-10, spread, 0))),
        "rolloff": rolloff,
        "flatness": flatness,
        "contrast": _contrast(magnitude),
    }


def _contrast(magnitude: Floats) -> Floats:
    """Peak against valley in seven octave bands from 200 Hz, dB (Jiang et al. 2002)."""
    at = np.arange(magnitude.shape[1]) * RATE / LONG
    edges = np.concatenate([[0.0], 200.0 * 2.0 ** np.arange(7)])
    out = np.zeros((len(magnitude), 7))
    for band in range(7):
        member = np.flatnonzero((at >= edges[band]) & (at <= edges[band + 1]))
        if band > 0 and member[0] > 0:
            member = np.concatenate([[member[0] - 1], member])
        if band == 6:
            member = np.concatenate([member, np.arange(member[-1] + 1, len(at))])
        part = magnitude[:, member]
        if band < 6:
            part = part[:, :-1]
        count = max(1, round(0.02 * len(member)))
        ordered = np.partition(part, (count - 1, part.shape[1] - count), axis=1)
        valley, peak = ordered[:, :count].mean(axis=1), ordered[:, -count:].mean(axis=1)
        out[:, band] = 10 * np.log10(np.maximum(peak, 1e-10) / np.maximum(valley, 1e-10))
    return out.astype(np.float32)
