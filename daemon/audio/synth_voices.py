"""The instruments of the built-in synthesiser: each gives a mono sound, float32 at 44.1 kHz, peak about 1."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 44100

Sound = NDArray[np.float32]


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(max(1, round(seconds * RATE))) / RATE


def _frequency(midi: float) -> float:
    return float(440.0 * 2 ** ((midi - 69) / 12))


def _edges(length: int, attack: float, release: float) -> NDArray[np.float64]:
    """A gain that rises and falls linearly, so that no sound clicks where it starts or ends."""
    gain = np.ones(length)
    rise, fall = min(length, round(attack * RATE)), min(length, round(release * RATE))
    gain[:rise] *= np.linspace(0, 1, rise, endpoint=False)
    gain[length - fall :] *= np.linspace(1, 0, fall)
    return gain


def _noise(length: int, low: float, high: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """White noise between two frequencies, peak 1."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    at = np.fft.rfftfreq(length, 1 / RATE)
    spectrum *= 1 / (1 + (low / np.maximum(at, 1e-9)) ** 6) / (1 + (at / high) ** 6)
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise / max(1e-9, float(np.max(np.abs(noise)))))


def _harmonics(frequency: float, seconds: float, tilt: float, count: int) -> NDArray[np.float64]:
    """A band-limited saw: harmonics 1..count at 1/n^tilt, none above 16 kHz."""
    time = _time(seconds)
    numbers = np.arange(1, count + 1)
    numbers = numbers[numbers * frequency < 16000]
    wave = np.zeros(len(time))
    # One rotation of a phasor a harmonic: a multiplication each instead of a sine.
    base = np.exp(2j * np.pi * frequency * time)
    turn = np.ones(len(time), complex)
    for number in numbers:
        turn *= base
        wave += turn.imag / number**tilt
    return wave / 1.6


@lru_cache(maxsize=8)
def kick() -> Sound:
    """A sine that falls from 160 to 46 Hz, with a click in front."""
    time = _time(0.32)
    pitch = 46 + 114 * np.exp(-time / 0.028)
    body = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-time / 0.12)
    click = np.exp(-time / 0.0015) * 0.6
    return np.asarray((body + click) * _edges(len(time), 0.0004, 0.03), np.float32)


@lru_cache(maxsize=8)
def boom() -> Sound:
    """A long low fall, under the first beat of a drop."""
    time = _time(1.6)
    pitch = 34 + 50 * np.exp(-time / 0.2)
    return np.asarray(np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-time / 0.45), np.float32)


@lru_cache(maxsize=8)
def clap() -> Sound:
    """Three quick bursts of noise and a tail."""
    time = _time(0.24)
    noise = _noise(len(time), 900, 6500, np.random.default_rng(11))
    gain = np.exp(-time / 0.055)
    for start in (0.0, 0.009, 0.018):
        gain += 0.8 * np.where(time >= start, np.exp(-(time - start) / 0.004), 0)
    sound = noise * gain
    return np.asarray(sound / np.max(np.abs(sound)) * _edges(len(time), 0.0003, 0.02), np.float32)


@lru_cache(maxsize=8)
def hat(decay: float) -> Sound:
    """A hi-hat: noise above 7 kHz that dies within `decay` seconds or so."""
    time = _time(min(0.5, decay * 5))
    noise = _noise(len(time), 7000, 15000, np.random.default_rng(13))
    return np.asarray(noise * np.exp(-time / decay) * _edges(len(time), 0.0003, 0.01), np.float32)


def crash(rng: np.random.Generator) -> Sound:
    """A cymbal of two seconds."""
    time = _time(2.2)
    return np.asarray(_noise(len(time), 3000, 14000, rng) * np.exp(-time / 0.55), np.float32)


def riser(seconds: float, rng: np.random.Generator) -> Sound:
    """Noise that opens and grows towards its end, with a rising tone in it."""
    time = _time(seconds)
    share = time / max(seconds, 1e-9)
    low, high = (_noise(len(time), *band, rng) for band in ((200, 1200), (2000, 12000)))
    tone = np.sin(2 * np.pi * np.cumsum(180 * 2 ** (2.6 * share)) / RATE)
    sound = (low * (1 - share) + high * share) * share**2 + 0.25 * tone * share**1.5
    return np.asarray(sound * _edges(len(time), 0.02, 0.01), np.float32)


@lru_cache(maxsize=256)
def bass(midi: int, seconds: float, bright: float) -> Sound:
    """A round bass; bright 0..1 opens it."""
    frequency = _frequency(midi)
    wave = _harmonics(frequency, seconds, 2.2 - bright, 14) + np.sin(2 * np.pi * frequency * _time(seconds)) * 0.6
    gain = np.exp(-_time(seconds) / max(0.12, seconds * 0.8)) * _edges(len(wave), 0.004, 0.02)
    return np.asarray(wave * gain * 0.8, np.float32)


@lru_cache(maxsize=256)
def lead(midi: int, seconds: float, bright: bool) -> Sound:
    """A pluck of three detuned saws with a soft tail."""
    length = seconds + 0.12
    wave = sum(
        _harmonics(_frequency(midi + cents), length, 1.25 if bright else 1.7, 18 if bright else 10)
        for cents in (-0.07, 0.0, 0.07)
    )
    time = _time(length)
    gain = (0.35 + 0.65 * np.exp(-time / 0.14)) * _edges(len(time), 0.004, 0.12)
    return np.asarray(wave * gain / 2.4, np.float32)


@lru_cache(maxsize=256)
def pad(midi: int, seconds: float, bright: float, detune: float) -> Sound:
    """A slow, soft chord voice that overlaps the next."""
    length = seconds + 0.25
    wave = _harmonics(_frequency(midi + detune * 12), length, 2.4 - bright, 9)
    sway = 1 + 0.12 * np.sin(2 * np.pi * 0.7 * _time(length) + midi)
    return np.asarray(wave * sway * _edges(len(wave), 0.06, 0.3), np.float32)


def room(send: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """A reverberation of 1.3 s: the send (n, 2) convolved with decaying noise, block by block."""
    time = _time(1.3)
    echo = rng.standard_normal((len(time), 2)) * np.exp(-time / 0.32)[:, None]
    echo *= np.clip(time / 0.012, 0, 1)[:, None]
    echo /= np.sqrt(np.sum(echo**2, axis=0))
    block = 1 << 17
    size = 1 << int(np.ceil(np.log2(block + len(echo))))
    spectrum = np.fft.rfft(echo, size, axis=0)
    out = np.zeros((len(send) + size, 2), np.float32)
    for start in range(0, len(send), block):
        piece = np.fft.irfft(np.fft.rfft(send[start : start + block], size, axis=0) * spectrum, size, axis=0)
        out[start : start + size] += piece.astype(np.float32)
    return out[: len(send)]
