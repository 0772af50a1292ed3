"""Which reading of the pulse: the beat or its half, its double, its third; on the beat or between.

The bar pointer finds what repeats, at whatever level of the metre is strongest. Each plausible level
and phase is on offer (`offers`), is described by what speaks for it (`evidence`) and weighed here. The
weights were learned by benchmarks/fit.py: logistic regression over whole readings of renderings of
MIDI files with known beats, of written grooves and of synthesised songs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.audio import offers, reading_weights
from daemon.audio.evidence import Scene
from daemon.audio.spectrum import Features

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_WEIGHTS = np.array(reading_weights.WEIGHTS)
_MEANS, _SPREADS = np.array(reading_weights.MEANS), np.array(reading_weights.SPREADS)


@dataclass
class Reading:
    """One way to hear the pulse: frames of its beats, its tempo, its description (d,), its weight."""

    frames: Ints
    bpm: float
    description: Doubles
    score: float = 0.0


def candidates(features: Features, act: Floats, base: Ints, alone: bool = False) -> list[Reading]:
    """The readings about a path, best first. alone: of its own level only, as where the tempo was said."""
    if len(base) < 8:
        return []
    scene = Scene(features, act)
    out = []
    for course in offers.courses(act, base, alone):
        told = scene.describe(course.frames, course.even)
        out.append(Reading(course.frames, course.bpm, told, weigh(told)))
    return sorted(out, key=lambda reading: -reading.score)


def weigh(description: Doubles) -> float:
    """The learned weight of a description."""
    return float(np.clip((description - _MEANS) / _SPREADS, -4, 4) @ _WEIGHTS)


def chances(readings: list[Reading]) -> Doubles:
    """The probability of each reading among all, as the fit has it."""
    scores = np.array([reading.score for reading in readings])
    shares = np.exp(scores - scores.max(initial=-np.inf))
    return np.asarray(shares / shares.sum())
