"""The pulse of a song: beats, bars and tempo put together, with what a person said about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.audio import bars, beats, readings, refine
from daemon.audio.overrides import Said, read_beats
from daemon.audio.spectrum import FPS, Features

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

LOW_CONFIDENCE = 0.07
_CURVE_POINTS = 400


@dataclass
class Pulse:
    """bpm 0 and no times where there is no beat to be heard. Times in seconds, confidence 0..1."""

    times: Doubles = field(default_factory=lambda: np.zeros(0))
    beat_confidence: Doubles = field(default_factory=lambda: np.zeros(0))
    downbeats: Doubles = field(default_factory=lambda: np.zeros(0))
    metre: int = 4
    bpm: float = 0.0
    confidence: float = 0.0
    alternatives: list[tuple[float, float, str]] = field(default_factory=list)
    curve: list[tuple[float, float]] = field(default_factory=list)


def find(
    features: Features,
    act: Floats,
    duration: float,
    said: Said,
    notes: list[str],
    beats_file: Path | None = None,
    beats_name: str = "",
) -> Pulse:
    """The pulse. A beats file is taken as it stands; tempo, first beat and metre bind what is found.

    `notes` is added to; beats_name is what its owner calls the beats file."""
    if beats_file is not None:
        times, marks = read_beats(beats_file, duration, beats_name)
        notes.append(f"beats as {beats_name or beats_file.name} says")
        return _finish(features, times, np.ones(len(times)), 1.0, said, marks)
    if said.tempo is not None and said.first_beat is not None:
        period = 60.0 / said.tempo
        times = np.arange(said.first_beat, duration, period)
        return _finish(features, times, np.ones(len(times)), 1.0, said, None)
    frames, chance, alternatives = _frames(features, act, said)
    if len(frames) < 4:
        notes.append("no beat was heard")
        return Pulse(metre=said.metre or 4)
    confidence = 1.0 if said.tempo else certainty(act, frames) * (0.25 + 0.75 * chance)
    if confidence < LOW_CONFIDENCE:
        notes.append("no steady beat was heard")
        return Pulse(metre=said.metre or 4, confidence=round(confidence, 3))
    if confidence < 0.3:
        notes.append("the beat is unsure")
    times, strength = refine.to_onsets(frames / FPS, features.fine)
    times = refine.steady(times, strength)
    times, strength = _first_beat(times, strength)
    if said.first_beat is not None:
        times = _from_first(times, said.first_beat)
        strength = strength[len(strength) - len(times) :]
    times = np.where((times < 0) & (times > -0.03), 0.0, times)
    inside = (times >= 0) & (times < duration)
    times, strength = times[inside], strength[inside]
    sure = confidence * (0.5 + 0.5 * strength)
    pulse = _finish(features, times, sure, confidence, said, None)
    pulse.alternatives = [(factor * pulse.bpm, sure, why) for factor, sure, why in alternatives]
    return pulse


def _frames(
    features: Features, act: Floats, said: Said
) -> tuple[NDArray[np.int64], float, list[tuple[float, float, str]]]:
    """Frames of the beats, the chance 0..1 that they are read rightly, other readings of it: (factor, chance, why).

    The best reading on whose beats something sounds; the best of all where there is none."""
    if said.tempo is None:
        found = readings.candidates(features, act, beats.track(act))
    else:
        base = beats.track(act, said.tempo * 0.96, said.tempo * 1.04, spread=4.0)
        found = readings.candidates(features, act, base, alone=True)
    if not found:
        return np.zeros(0, np.int64), 0.0, []
    chances = readings.chances(found)
    place = next((n for n, r in enumerate(found) if certainty(act, r.frames) >= LOW_CONFIDENCE), 0)
    best = found[place]
    others = {"half": [0.5, 0.0], "double": [2.0, 0.0]}  # these are told in any case
    for reading, chance in zip(found, chances, strict=True):
        name, factor = _relation(reading.bpm / best.bpm)
        if name:
            others.setdefault(name, [factor, 0.0])[1] += float(chance)
    told = sorted(((factor, sure, why) for why, (factor, sure) in others.items()), key=lambda item: -item[1])
    return best.frames, float(chances[place]), [] if said.tempo else told


def _relation(ratio: float) -> tuple[str, float]:
    """What a tempo is to another, in words and as a factor; "" where they are the same."""
    known = {
        "third": 1 / 3,
        "half": 0.5,
        "two thirds": 2 / 3,
        "three quarters": 3 / 4,
        "four thirds": 4 / 3,
        "three halves": 1.5,
        "double": 2.0,
        "triple": 3.0,
    }
    if 0.95 < ratio < 1.05:
        return "", 1.0
    name = min(known, key=lambda name: abs(np.log2(ratio / known[name])))
    return name, known[name]


def _first_beat(times: Doubles, strength: Doubles) -> tuple[Doubles, Doubles]:
    """With the beat that the bar pointer can't see, where one falls on the very start of the sound."""
    if len(times) > 1 and -0.03 <= (start := times[0] - (times[1] - times[0])) < 0.1:
        return np.concatenate([[max(0.0, start)], times]), np.concatenate([[0.5], strength])
    return times, strength


def _from_first(times: Doubles, first: float) -> Doubles:
    """The beats moved so that one of them is the first, and none comes before it."""
    if not len(times):
        return times
    nearest = int(np.argmin(np.abs(times - first)))
    moved = times + (first - times[nearest])
    return np.asarray(moved[moved >= first - 1e-6])


def _finish(
    features: Features,
    times: Doubles,
    sure: Doubles,
    confidence: float,
    said: Said,
    marks: NDArray[np.int64] | None,
) -> Pulse:
    metre, downs = said.metre or 4, marks
    if downs is not None and said.metre is None and len(downs) > 1:
        metre = int(np.median(np.diff(downs)))
    if downs is None:
        if said.first_beat is not None:
            metre = said.metre or bars.find(features, times)[0]
            downs = np.arange(0, len(times), metre)
        else:
            metre, downs, _ = bars.find(features, times, said.metre)
    bpm = tempo_of(times)
    return Pulse(
        times=times,
        beat_confidence=sure,
        downbeats=times[downs] if len(times) else times,
        metre=metre,
        bpm=bpm,
        confidence=confidence if bpm else 0.0,
        curve=tempo_curve(times),
    )


def certainty(act: Floats, frames: NDArray[np.int64]) -> float:
    """How sure the pulse is, 0..1, by all its beats or by every second one, as where bass and snare take turns."""
    return max(_standing(act, part) for part in (frames, frames[::2], frames[1::2]) if part is frames or len(part) > 7)


def _standing(act: Floats, frames: NDArray[np.int64]) -> float:
    """How far the activation on them stands above what is found anywhere, times how
    well each beat's course of onsets comes again in the next."""
    near = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(act) - 1)
    on = float(act[near].max(axis=1).mean())
    # What five frames picked anywhere would show.
    chance = float(np.mean([act[i : i + 5].max() for i in range(0, len(act) - 4, 5)])) if len(act) > 5 else on
    contrast = (on - chance) / max(1e-6, 1 - chance)
    few = min(1.0, len(frames) / 8)
    return float(np.clip(1.6 * contrast, 0, 1) * np.clip((repetition(act, frames) - 0.1) / 0.45, 0, 1) * few)


def repetition(act: Floats, frames: NDArray[np.int64]) -> float:
    """Correlation of the activation over a beat (sixteen phases) with that over the next one and the one after."""
    if len(frames) < 5:
        return 0.0
    phases = frames[:-1, None] + np.diff(frames)[:, None] * np.arange(16) / 16
    rows = np.interp(phases, np.arange(len(act)), act)
    rows = np.maximum(rows, np.interp(phases + 1, np.arange(len(act)), act))
    rows -= rows.mean()
    power = float((rows * rows).mean())
    if power < 1e-9:
        return 0.0
    return 0.5 * float((rows[1:] * rows[:-1]).mean() + (rows[2:] * rows[:-2]).mean()) / power


def tempo_of(times: Doubles) -> float:
    """BPM of the whole: by the line through all beats where the tempo holds, the median gap where it doesn't."""
    if len(times) < 2:
        return 0.0
    gaps = np.diff(times)
    middle = float(np.median(gaps))
    if middle <= 0:
        return 0.0
    index = np.arange(len(times))
    slope = float(np.polyfit(index, times, 1)[0])
    residual = times - np.polyval(np.polyfit(index, times, 1), index)
    if float(np.abs(residual).max()) < 0.25 * middle:
        return 60.0 / slope
    return 60.0 / middle


def tempo_curve(times: Doubles) -> list[tuple[float, float]]:
    """(seconds, BPM) along the song: gaps smoothed over four beats, 400 points at most."""
    if len(times) < 6:
        return []
    spans = times[4:] - times[:-4]
    bpm = 240.0 / np.maximum(spans, 1e-6)
    at = 0.5 * (times[4:] + times[:-4])
    step = max(4, -(-len(at) // _CURVE_POINTS))
    return [(round(float(t), 3), round(float(b), 2)) for t, b in zip(at[::step], bpm[::step], strict=True)]
