"""A score made another: faster, with rubato, under other programs, less exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks import scores
from benchmarks.scores import DRUMS, Score


def faster(score: Score, factor: float) -> Score:
    """The score at `factor` times its tempo."""
    return scores.warped(score, lambda t: t / factor)


def rubato(score: Score, rng: np.random.Generator) -> Score:
    """The tempo sways by a few per cent over some seconds, or falls towards the end."""
    depth, span = rng.uniform(0.005, 0.04), rng.uniform(6, 16)
    if rng.random() < 0.3:
        return scores.warped(score, lambda t: t + 0.1 * max(0.0, t - 40) ** 2 / 20)
    return scores.warped(score, lambda t: t + depth * span / 6.28 * float(np.sin(6.28 * t / span)))


def reprogrammed(score: Score, rng: np.random.Generator) -> Score:
    """Other instruments of the same family on each channel."""
    events = [
        replace(event, message=bytes([event.message[0], event.message[1] & ~7 | int(rng.integers(8))]))
        if event.message[0] & 0xF0 == 0xC0 and event.channel != DRUMS
        else event
        for event in score.events
    ]
    return replace(score, events=events)


def human(score: Score, rng: np.random.Generator) -> Score:
    """Notes some milliseconds off and of uneven force; what starts together stays nearly so."""
    spread = rng.uniform(0.001, 0.008)
    events = []
    for event in score.events:
        if event.starts:
            force = int(np.clip(event.message[2] + rng.normal(0, 6), 1, 127))
            at = max(0.0, event.at + float(rng.normal(0, spread)))
            events.append(replace(event, at=at, message=event.message[:2] + bytes([force])))
        else:
            events.append(event)
    return replace(score, events=events)
