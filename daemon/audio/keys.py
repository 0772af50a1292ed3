"""What speaks for each key: profiles, the chords that sections begin with, cadences, the bass. Weighed by a fit.

A song over Am F C G fits C major as well as A minor by its notes alone. What tells them apart is order: where a
section begins, what follows the dominant, which note the bass comes home to. Keys are indices 0 .. 23: majors from
C, then minors; so are triads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.audio.bars import beat_means, fold
from daemon.audio.spectrum import LONG_HOP, RATE, Features

Doubles = NDArray[np.float64]
LONG_FPS = RATE / LONG_HOP

# Weights of the twelve degrees above the tonic, major and minor.
PROFILES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    # Krumhansl, Cognitive Foundations of Musical Pitch, 1990.
    "krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    # Temperley, Music and Probability, 2007 (Kostka-Payne).
    "temperley": (
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
    ),
    # Albrecht and Shanahan, The Use of Large Corpora to Train a New Type of Key-Finding Algorithm, 2013.
    "albrecht": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
}

# What speaks for a key, and how much: a conditional logit (McFadden, Conditional Logit Analysis, 1974) fitted to
# renderings of 133 compositions and 96 synthesised songs with known keys; `benchmarks/RESULTS-listen.md` has its
# scores on others. A weight below nought stands only where the mode has one of its own.
CUES: dict[str, float] = {
    "profile": 12.6,  # correlation with the profiles, -1 .. 1
    "minor": 2.1,  # 1 for a minor key
    "first": 1.8,  # share of the tonic triad in the first bar
    "section": 2.3,  # ... in the bars that sections begin with
    "dominant": 34.3,  # share of moves from the major triad on the fifth degree to the tonic triad
    "dominant, minor": 4.9,
    "plagal": 12.1,  # ... from the fourth degree
    "subtonic": -14.9,  # ... from the major triad a tone below
    "subtonic, minor": 36.4,
}


def _triads() -> Doubles:
    out = np.zeros((24, 12))
    for offset, steps in ((0, (0, 4, 7)), (12, (0, 3, 7))):
        for root in range(12):
            out[offset + root, [(root + step) % 12 for step in steps]] = 1 / np.sqrt(3)
    return out


def _standard(rows: Doubles) -> Doubles:
    centred = rows - rows.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.maximum(1e-9, np.linalg.norm(centred, axis=-1, keepdims=True)))


def _turned() -> Doubles:
    """(3, 24, 12): each profile for each key, standardised."""
    return np.stack(
        [
            np.stack([np.roll(_standard(np.asarray(mode)), tonic) for mode in profile for tonic in range(12)])
            for profile in PROFILES.values()
        ]
    )


_TRIADS = _triads()
_TURNED = _turned()


def fits(classes: Doubles) -> Doubles:
    """(..., 24): correlation of pitch classes (..., 12) with the profiles of each key, mean over the profiles."""
    return np.asarray((_standard(classes) @ _TURNED.transpose(0, 2, 1)).mean(axis=0))


@dataclass
class Harmony:
    """A song in half bars: edges (n + 1,) seconds; chances of each triad (n, 24), sums below 1 where it is quiet."""

    edges: Doubles
    triads: Doubles
    loud: NDArray[np.bool_]  # (n,) whether enough is heard


def listen(features: Features, bars: Doubles, shift: float) -> Harmony:
    """The harmony in half bars. bars: edges (m + 1,) in seconds; shift: the tuning in semitones."""
    edges = np.sort(np.concatenate([bars, 0.5 * (bars[1:] + bars[:-1])]))
    tones = beat_means(fold(features.chroma, shift).astype(np.float32), edges, LONG_FPS)[:-1]
    bass = beat_means(fold(features.bass_chroma, shift).astype(np.float32), edges, LONG_FPS)[:-1]
    weight = tones.sum(axis=1)
    heard = weight[weight > 0]
    loud = np.minimum(1.0, weight / (0.3 * float(np.median(heard)) + 1e-9)) if len(heard) else weight
    tones /= np.linalg.norm(tones, axis=1, keepdims=True) + 1e-9
    bass /= bass.sum(axis=1, keepdims=True) + 1e-9
    likeness = tones @ _TRIADS.T + 0.5 * np.concatenate([bass, bass], axis=1)
    chances = np.exp(14 * (likeness - likeness.max(axis=1, keepdims=True)))
    chances *= (loud / np.maximum(1e-12, chances.sum(axis=1)))[:, None]
    return Harmony(edges, chances, loud > 0.5)


def evidence(harmony: Harmony, classes: Doubles, starts: list[int], first: int = 0, last: int | None = None) -> Doubles:
    """(24, len(CUES)): how much of each cue speaks for each key.

    classes: pitch classes (12,) of the span; starts: the bars that sections begin with; first, last: the span in
    bars (last excluded).
    """
    triads, loud = harmony.triads[2 * first :], harmony.loud[2 * first :]
    if last is not None:
        triads, loud = triads[: 2 * (last - first)], loud[: 2 * (last - first)]
    out = np.zeros((24, len(CUES)))
    out[:, 0] = fits(classes)
    out[12:, 1] = 1.0
    if not len(triads):
        return out
    heard = np.flatnonzero(loud)
    out[:, 2] = triads[heard[:2]].mean(axis=0) if len(heard) else 0.0
    inside = [2 * (bar - first) for bar in starts if 0 <= 2 * (bar - first) < len(triads)]
    out[:, 3] = triads[inside or [0]].mean(axis=0)
    tonic, mode = np.arange(24) % 12, 12 * (np.arange(24) // 12)

    def moves(degree: int, offset: int) -> Doubles:
        return np.asarray((triads[:-1][:, (tonic + degree) % 12 + offset] * triads[1:][:, tonic + mode]).sum(axis=0))

    count = max(1, len(triads) - 1)
    out[:, 4] = moves(7, 0) / count
    out[12:, 5] = out[12:, 4]
    out[:, 6] = (moves(5, 0) + moves(5, 12)) / count
    out[:, 7] = moves(10, 0) / count
    out[12:, 8] = out[12:, 7]
    return out


def chances(rows: Doubles) -> Doubles:
    """(24,): the chance of each key, by its evidence."""
    score = rows @ np.asarray(list(CUES.values()))
    score = np.exp(score - score.max())
    return np.asarray(score / score.sum())
