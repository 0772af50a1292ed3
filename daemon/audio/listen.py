"""The whole listener: a file in, what was heard out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from daemon import moods, sidecars
from daemon.audio import ANALYSER, beats, decode, envelopes, mood, pulse, structure, tonality
from daemon.audio import overrides as people
from daemon.audio.bars import beat_means
from daemon.audio.loudness import Meter
from daemon.audio.spectrum import LONG_HOP, RATE, Features, Listener
from daemon.audio.tags import read_tags

_POINTS = 1000  # of the waveform

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass
class Heard:
    """What was heard: the sidecar (its `envelopes.file` still empty), and envelopes (frames,) float32 by name."""

    analysis: sidecars.Analysis
    envelopes: dict[str, Floats]


@dataclass
class Take:
    """A sound taken in once: its head, its features, its loudness, its waveform."""

    sound: decode.Sound
    features: Features
    loudness: sidecars.Loudness
    waveform: list[float]


def _silent(_fraction: float, _doing: str = "") -> None:
    """Says nothing."""


def take_in(path: Path, hours: float = 4.0, progress: Callable[..., None] = _silent) -> Take:
    """Decodes a sound once, in blocks, and keeps features alone. FinalFault where it can't be decoded."""
    sound = decode.open_sound(path, hours)
    meter = Meter(sound.rate, sound.channels)
    listener = Listener()
    narrow = soxr.ResampleStream(sound.rate, RATE, 1, dtype="float32") if sound.rate != RATE else None
    peaks: list[Floats] = []
    mix, constant = None, np.float32(0)
    for block in sound.blocks():
        meter.push(block)
        peaks.append(sound.peaks)
        if mix is None and (mix := _mixdown(block)) is not None:
            constant = _constant(block @ mix)
        mono = block @ mix - constant if mix is not None else np.zeros(len(block), np.float32)
        listener.push(narrow.resample_chunk(mono) if narrow else mono)
        if sound.declared:
            progress(0.8 * min(1.0, sound.samples / sound.rate / sound.declared), "listening")
    if narrow:
        listener.push(narrow.resample_chunk(np.zeros(0, np.float32), last=True))
    return Take(sound, listener.finish(), meter.result(), _waveform(peaks))


def _mixdown(block: Floats) -> Floats | None:
    """How channels become one: their mean; the first alone where they cancel out. None while nothing sounds."""
    channels = block.shape[1]
    mean = np.full(channels, 1 / channels, np.float32)
    power = float(np.mean(block * block))
    if power < 1e-9:
        return None
    if channels > 1 and float(np.mean((block @ mean) ** 2)) < 0.02 * power / channels:
        return np.asarray(np.eye(channels)[int(np.argmax(np.mean(block * block, axis=0)))], np.float32)
    return mean


def _constant(mono: Floats) -> np.float32:
    """The offset of a sound from zero, as its first block has it; 0 below what any music may have."""
    mean = np.float32(mono.mean(dtype=np.float64))
    return mean if abs(mean) > 0.005 else np.float32(0)


def _waveform(peaks: list[Floats]) -> list[float]:
    whole = np.concatenate(peaks) if peaks else np.zeros(1, np.float32)
    edges = np.linspace(0, len(whole), _POINTS + 1)
    first = np.minimum(edges[:-1].astype(int), len(whole) - 1)
    if len(whole) >= _POINTS:
        return [round(float(v), 4) for v in np.minimum(1, np.maximum.reduceat(whole, first))]
    return [round(float(v), 4) for v in np.minimum(1, whole[first])]


def listen(
    path: Path,
    *,
    fps: Fraction = Fraction(30),
    overrides: dict[str, Any] | None = None,
    beats_file: Path | None = None,
    beats_name: str = "",
    hours: float = 4.0,
    words: dict[str, Any] | None = None,
    progress: Callable[..., None] = _silent,
) -> Heard:
    """Listens to a file.

    fps: frames a second of the film, for the envelopes. overrides: `tempo`, `first_beat`, `metre`,
    `title`, `artist` as a person said them; beats_file: one that says where the beats are (see
    `overrides.read_beats`), beats_name: what its owner calls it. words: the table of mood words, as plain data (see
    `moods`).
    progress(fraction 0..1, doing) is called now and then.
    Raises FinalFault for what is no sound, for one that is too long, for overrides that make no sense.
    """
    given = overrides or {}
    said = people.read(given)
    take = take_in(path, hours, progress)
    progress(0.8, "finding the beat")
    sound, features = take.sound, take.features
    duration = sound.samples / sound.rate
    people.check(said, duration)
    notes = list(sound.notes)
    act = beats.activation(features)
    found = pulse.find(features, act, duration, said, notes, beats_file, beats_name)
    progress(0.92, "finding the sections")
    units = structure.measure(features, structure.unit_edges(found.downbeats, duration))
    spans = structure.find(units)
    key, key_spans, shift = tonality.find(features, units.edges, [span.first for span in spans])
    if take.loudness.integrated_lufs is None and duration >= 0.4:
        key, key_spans = sidecars.Key(), []
    feeling = mood.judge(features, key, found.bpm, found.confidence, found.times, take.loudness)
    sections = [_section(span, units, features, key_spans, found.bpm, feeling) for span in spans]
    _note_level(take, duration, notes)
    tags = read_tags(path)
    for name in ("title", "artist"):
        if given.get(name):
            setattr(tags, name, str(given[name]))
    analysis = sidecars.Analysis(
        duration=duration,
        sample_rate=sound.rate,
        samples=sound.samples,
        channels=sound.channels,
        format=sound.format,
        tempo=sidecars.Tempo(
            bpm=round(found.bpm, 3),
            confidence=round(found.confidence, 3),
            alternatives=[
                sidecars.Alternative(bpm=round(bpm, 2), confidence=round(sure, 3), why=why)
                for bpm, sure, why in found.alternatives
            ],
            curve=found.curve,
        ),
        metre=found.metre,
        beats=[round(float(t), 5) for t in found.times],
        beat_confidence=[round(float(c), 3) for c in found.beat_confidence],
        downbeats=[round(float(t), 5) for t in found.downbeats],
        onsets=[round(float(t), 4) for t in beats.onsets(features, act)],
        sections=sections,
        events=sorted(
            structure.events(spans, units, duration) + tonality.events(key_spans, units.edges),
            key=lambda event: event.start,
        ),
        key=key,
        tuning_cents=round(100 * shift, 1),
        energy=feeling.energy,
        valence=feeling.valence,
        arousal=feeling.arousal,
        danceability=feeling.danceability,
        course=_course(units, features, key_spans, found.bpm, feeling),
        loudness=take.loudness,
        envelopes=sidecars.Envelopes(fps=f"{fps.numerator}/{fps.denominator}", frames=0),
        waveform=take.waveform,
        tags=tags,
        analyser=ANALYSER,
        notes=notes,
    )
    shapes = envelopes.at_frames(features, act, duration, fps)
    analysis.envelopes.frames = len(shapes["rms"])
    moods.say(analysis, words or {})
    progress(1.0, "heard")
    return Heard(analysis, shapes)


def _section(
    span: structure.Span,
    units: structure.Units,
    features: Features,
    keys: list[tonality.Span],
    bpm: float,
    feeling: mood.Mood,
) -> sidecars.Section:
    start, end = float(units.edges[span.first]), float(units.edges[span.last])
    key = tonality.key_at(keys, (span.first + span.last) // 2)
    rate = RATE / LONG_HOP
    bright = features.centroid[int(start * rate) : max(int(start * rate) + 1, int(end * rate))]
    return sidecars.Section(
        start=round(start, 5),
        end=round(end, 5) if span.last < len(units.edges) - 1 else end,
        role=span.role,
        label=span.label,
        energy=round(span.energy, 3),
        valence=round(mood.valence_of(key, bpm, float(bright.mean()) if len(bright) else 2000.0), 3)
        if key.tonic
        else feeling.valence,
        confidence=round(span.confidence, 3),
        key=key if key.tonic else None,
    )


def _course(
    units: structure.Units, features: Features, keys: list[tonality.Span], bpm: float, feeling: mood.Mood
) -> list[sidecars.Moment]:
    """How each bar feels, by `mood.course`; nothing where there is nothing to be heard."""
    if not feeling.energy:
        return []
    energy = structure.energies(units)
    bright = beat_means(features.centroid[:, None], units.edges, RATE / LONG_HOP)[:-1, 0]
    names = [tonality.key_at(keys, bar) for bar in range(len(energy))]
    rows = mood.course(energy, bright, units.bass_onsets, names, bpm, feeling)
    return [
        sidecars.Moment(
            seconds=round(float(start), 3),
            energy=round(row.energy, 3),
            valence=round(row.valence, 3),
            arousal=round(row.arousal, 3),
            danceability=round(row.danceability, 3),
        )
        for start, row in zip(units.edges, rows, strict=False)
    ]


def _note_level(take: Take, duration: float, notes: list[str]) -> None:
    if duration < 0.4:
        notes.append(f"only {duration:.2f} s: too short to measure loudness")
    elif take.loudness.integrated_lufs is None:
        notes.append("silence: nothing above -70 LUFS")
    elif not take.features.long_rms.max() > 1e-4:
        notes.append("nothing but a constant: no sound")
