"""Key and mode, and where they change, from pitch classes that were corrected for tuning."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daemon.audio import keys
from daemon.audio.bars import beat_means, fold
from daemon.audio.spectrum import LONG_HOP, RATE, Features
from daemon.sidecars import Key, MusicEvent

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

Doubles = NDArray[np.float64]

_CHANGE = 2.5  # what a change of scale costs, in bars of perfect correlation
_LEAST = 8  # bars that a key holds at least


@dataclass(frozen=True)
class Span:
    """A key that holds from bar `first` to `last` (excluded)."""

    first: int
    last: int
    key: Key


def tuning(chroma: NDArray[np.float32]) -> float:
    """How far the tuning lies from A = 440 Hz, in semitones, -0.5 .. 0.5: the angle of the thirds of semitones.

    Right to about 0.15: partials are counted by thirds of a semitone.
    """
    thirds = chroma.sum(axis=0).reshape(12, 3).sum(axis=0)
    turn = np.sum(thirds * np.exp(2j * np.pi * np.arange(3) / 3))
    return float(np.angle(turn) / (2 * np.pi)) if abs(turn) > 0.05 * thirds.sum() else 0.0


def classes(features: Features, start: float = 0.0, end: float | None = None, shift: float | None = None) -> Doubles:
    """(12,) strength of each pitch class in a span of the song, the bass counted once more."""
    rate = RATE / LONG_HOP
    first = int(start * rate)
    last = len(features.chroma) if end is None else max(first + 1, int(np.ceil(end * rate)))
    shift = tuning(features.chroma) if shift is None else shift
    return np.asarray(_frames(features, shift)[first:last].sum(axis=0))


def _frames(features: Features, shift: float) -> Doubles:
    """(m, 12): each moment counts alike, loud or soft, above a floor."""
    whole = fold(features.chroma, shift) + 0.5 * fold(features.bass_chroma, shift)
    weight = whole.sum(axis=1, keepdims=True)
    floor = 0.1 * float(np.max(weight, initial=0.0)) + 1e-9
    return np.asarray(whole / np.maximum(weight, floor))


def tonal(frames: Doubles, loudness: NDArray[np.float32]) -> float:
    """How far the sound is one of notes, 0..1: spread of the pitch classes (m, 12) at each moment, loud ones more.

    Noise and clicks have a spread of .25 to .32 of the mean, music from .44 (clipped) to 1.
    """
    spread = float(frames.std(axis=1) @ loudness) / max(1e-9, float(frames.mean(axis=1) @ loudness))
    return float(np.clip((spread - 0.33) / 0.1, 0, 1))


def key_of(chances: Doubles, tones: float = 1.0) -> Key:
    """The most probable key of chances (24,); its chance times `tones` (0..1) is the confidence. No tonic where all
    are alike, or where there are no tones."""
    best = int(np.argmax(chances))
    if tones * chances[best] < 1.5 / 24:
        return Key()
    mode = "major" if best < 12 else "minor"
    return Key(tonic=TONICS[best % 12], mode=mode, confidence=round(float(tones * chances[best]), 3))


def find(features: Features, bars: Doubles, starts: list[int]) -> tuple[Key, list[Span], float]:
    """The song's key, the spans of its keys in order (one at least), and its tuning in semitones from A = 440 Hz.

    bars: edges (n + 1,) in seconds; starts: the bars that sections begin with. The song's key is that of the
    span that holds longest. What moved to another scale is judged together with the rest, moved back: a last chorus
    a tone higher has the same mode.
    """
    shift = tuning(features.chroma)
    frames = _frames(features, shift)
    count = len(bars) - 1
    if not len(frames) or frames.sum() <= 0 or float(np.ptp(frames.sum(axis=0))) < 1e-9:
        return Key(), [Span(0, count, Key())], shift
    harmony = keys.listen(features, bars, shift)
    scales = _scales(beat_means(frames.astype(np.float32), bars, keys.LONG_FPS)[:-1])
    longest = max(scales, key=lambda span: span[1] - span[0])
    total = np.zeros((24, len(keys.CUES)))
    for first, last, scale in scales:
        sounding = classes(features, float(bars[first]), float(bars[last]), shift)
        rows = keys.evidence(harmony, sounding, starts, first, last)
        total += _moved(rows, longest[2] - scale) * (last - first) / count
    main, tones = keys.chances(total), tonal(frames, features.long_rms)
    if not tones:
        return Key(), [Span(0, count, Key())], 0.0
    spans = [Span(first, last, key_of(_moved(main, scale - longest[2]), tones)) for first, last, scale in scales]
    return key_of(main, tones), spans, shift


def key_at(spans: list[Span], bar: int) -> Key:
    """The key that holds in a bar; none where there are no spans."""
    return next((span.key for span in spans if span.first <= bar < span.last), Key())


def events(spans: list[Span], bars: Doubles) -> list[MusicEvent]:
    """The changes of key: each lasts as long as its key; strength is how sure the new key is."""
    return [
        MusicEvent(
            kind="key",
            start=float(bars[span.first]),
            end=float(bars[span.last]),
            strength=span.key.confidence,
            key=span.key,
        )
        for span in spans[1:]
    ]


def _moved(rows: Doubles, semitones: int) -> Doubles:
    """What speaks for each of the 24 keys, moved up by semitones."""
    return np.concatenate([np.roll(rows[:12], semitones, axis=0), np.roll(rows[12:], semitones, axis=0)])


def _scales(classes: Doubles) -> list[tuple[int, int, int]]:
    """(first bar, last bar, scale 0 .. 11 by its major tonic): the best path through twelve scales.

    A key and its relative share a state: what looks like a change between them is mostly a turn of phrase.
    A stretch shorter than `_LEAST` bars belongs to its neighbour.
    """
    fit = keys.fits(classes)
    relative = np.roll(fit[:, 12:], 3, axis=1)  # A minor stands with C major
    emission = np.maximum(fit[:, :12], relative)
    best, back = emission[0].copy(), np.zeros(emission.shape, np.int64)
    for bar in range(1, len(emission)):
        leap = int(np.argmax(best))
        back[bar] = np.where(best >= best[leap] - _CHANGE, np.arange(12), leap)
        best = np.maximum(best, best[leap] - _CHANGE) + emission[bar]
    path = [int(np.argmax(best))]
    for bar in range(len(emission) - 1, 0, -1):
        path.append(int(back[bar, path[-1]]))
    path.reverse()
    edges = [0, *(bar for bar in range(1, len(path)) if path[bar] != path[bar - 1]), len(path)]
    spans = [(a, b, path[a]) for a, b in pairwise(edges)]
    while len(spans) > 1 and (short := min(spans, key=lambda span: span[1] - span[0]))[1] - short[0] < _LEAST:
        spans.remove(short)
        spans = _joined(spans, len(path))
    return spans


def _joined(spans: list[tuple[int, int, int]], end: int) -> list[tuple[int, int, int]]:
    """Spans without gaps: each reaches to the next one; neighbours of one scale are one."""
    out: list[tuple[int, int, int]] = []
    for first, _, scale in spans:
        if not out or out[-1][2] != scale:
            out.append((first if out else 0, end, scale))
            if len(out) > 1:
                out[-2] = (out[-2][0], first, out[-2][2])
    return out
