"""Sections: where the music changes, what comes again, and what part each plays.

Everything is judged in units of a bar (of two seconds where there are no bars): features are averaged
over each, boundaries fall on their edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daemon.audio import drops
from daemon.audio.bars import beat_means, fold_frames
from daemon.audio.spectrum import FPS, LONG_HOP, RATE, Features
from daemon.sidecars import MusicEvent, Role

Doubles = NDArray[np.float64]
LONG_FPS = RATE / LONG_HOP
_TONES = slice(12, 24)  # the columns of `describe` that tell pitch classes


@dataclass
class Units:
    """The song in bars: edges (n + 1,) in seconds from 0 to its end, and what is heard in each (n,)."""

    edges: Doubles
    timbre: Doubles  # (n, 12)
    tones: Doubles  # (n, 12)
    level: Doubles  # (n,) dB, rms
    bass: Doubles  # (n,) dB
    treble: Doubles  # (n,) dB
    density: Doubles  # (n,) onsets' strength a second
    bass_onsets: Doubles  # (n,) rise in the bass a second


@dataclass
class Span:
    """A section found: units first..last (last excluded), its label, role, energy 0..1, confidence 0..1."""

    first: int
    last: int
    label: str = "A"
    role: Role = "section"
    energy: float = 0.5
    confidence: float = 0.0


def unit_edges(downbeats: Doubles, duration: float) -> Doubles:
    """Edges of the units: the downbeats, from 0 to the end; a rest shorter than half a bar joins its neighbour."""
    if len(downbeats) < 3:
        count = max(1, round(duration / 2.0))
        return np.linspace(0.0, duration, count + 1)
    bar = float(np.median(np.diff(downbeats)))
    inner = downbeats[(downbeats > 0.5 * bar) & (downbeats < duration - 0.5 * bar)]
    # Long stretches without beats, before or after, are cut into bars as well.
    lead = np.arange(inner[0] - bar, 0.5 * bar, -bar)[::-1] if len(inner) else np.zeros(0)
    tail = np.arange(inner[-1] + bar, duration - 0.5 * bar, bar) if len(inner) else np.zeros(0)
    return np.concatenate([[0.0], lead, inner, tail, [duration]])


def measure(features: Features, edges: Doubles) -> Units:
    """The features of each unit."""
    starts, end = edges[:-1], edges[-1]
    grid = np.append(starts, end)

    def mean(values: NDArray[np.float32], rate: float) -> Doubles:
        matrix = values[:, None] if values.ndim == 1 else values
        return beat_means(matrix, grid, rate)[:-1]

    power = np.maximum(mean(features.power, FPS), 1e-12)
    tones = np.log1p(mean(fold_frames(features.chroma), LONG_FPS))
    tones /= np.linalg.norm(tones, axis=1, keepdims=True) + 1e-9
    return Units(
        edges=edges,
        timbre=mean(features.mfcc[:, 1:13], LONG_FPS),
        tones=tones,
        level=20 * np.log10(np.maximum(mean(features.rms, FPS)[:, 0], 1e-6)),
        bass=10 * np.log10(power[:, 0]),
        treble=10 * np.log10(power[:, 2]),
        density=mean(features.flux, FPS).mean(axis=1),
        bass_onsets=mean(features.flux[:, :1], FPS)[:, 0],
    )


def _spread(values: Doubles, floor: float) -> Doubles:
    """Centred, in units of the spread (at least `floor`, so that small differences stay small)."""
    return np.asarray((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), floor))


def describe(units: Units) -> Doubles:
    """(n, d): what a bar is like, each group of features weighed alike whatever its size."""
    groups = [
        (_spread(units.timbre, 4.0) / np.sqrt(12), 1.2),
        (_spread(units.tones, 0.08) / np.sqrt(12), 0.6),
        (_spread(np.stack([units.level, units.bass, units.treble], axis=1), 3.0) / np.sqrt(3), 1.2),
        (
            _spread(np.stack([units.density, units.bass_onsets], axis=1), float(units.density.mean()) * 0.25 + 1e-6)
            / np.sqrt(2),
            1.0,
        ),
    ]
    return np.concatenate([values * weight for values, weight in groups], axis=1)


def novelty(rows: Doubles, half: int) -> Doubles:
    """(n + 1,) how much the bars after each edge differ from those before, by a tapered checkerboard over
    the distances of bars (Foote 2000); 0 at the ends."""
    n = len(rows)
    out = np.zeros(n + 1)
    for edge in range(1, n):
        first = max(0, edge - half)
        near = rows[first : edge + half]
        distance = np.sqrt(((near[:, None, :] - near[None, :, :]) ** 2).sum(axis=2))
        away = np.arange(first, first + len(near)) - edge + 0.5
        taper = np.exp(-0.5 * ((np.abs(away) - 0.5) / (0.6 * half)) ** 2)
        before, after = taper * (away < 0), taper * (away > 0)
        across = before @ distance @ after / (before.sum() * after.sum())
        within = 0.5 * (before @ distance @ before / before.sum() ** 2 + after @ distance @ after / after.sum() ** 2)
        sure = min(edge, n - edge, half) / half
        out[edge] = max(0.0, float(across - within)) * (0.5 + 0.5 * sure)
    return out


def boundaries(rows: Doubles, least: int = 4) -> tuple[list[int], Doubles]:
    """Edges (indices of units) where a section starts, 0 and n included, and the novelty (n + 1,)."""
    n = len(rows)
    if n < 4:
        return [0, n], np.zeros(n + 1)
    curve = 0.5 * novelty(rows, min(4, n // 2)) + 0.5 * novelty(rows, min(8, n // 2))
    grid = np.array([curve[phase::4].sum() for phase in range(4)])
    phase = int(np.argmax(grid))
    weighed = curve.copy()
    on_grid = (np.arange(n + 1) - phase) % 4 == 0
    weighed[on_grid] *= 1.25
    weighed[(np.arange(n + 1) - phase) % 2 == 1] *= 0.8
    threshold = max(0.2, float(np.median(weighed[1:n])))
    edges = [0, n]
    for edge in np.argsort(weighed)[::-1]:
        if weighed[edge] < threshold:
            break
        if all(abs(int(edge) - other) >= (least if other not in (0, n) else 2) for other in edges):
            edges.append(int(edge))
    return sorted(edges), weighed


def label(rows: Doubles, edges: list[int]) -> list[str]:
    """A letter a section: the same where it comes again, with a prime where it comes again changed."""
    means = [rows[a:b].mean(axis=0) for a, b in pairwise(edges)]
    if len(means) < 2:
        return ["A"] * len(means)
    distances = [float(np.linalg.norm(x - y)) for i, x in enumerate(means) for y in means[:i]]
    near = 0.5 * float(np.median(distances))
    names: list[str] = []
    firsts: list[int] = []
    for index, mean in enumerate(means):
        gaps = [float(np.linalg.norm(mean - means[first])) for first in firsts]
        best = int(np.argmin(gaps)) if gaps else -1
        if best >= 0 and gaps[best] < near:
            names.append(_letter(best))
        elif best >= 0 and gaps[best] < 1.5 * near:
            names.append(_letter(best) + "'")
        else:
            firsts.append(index)
            names.append(_letter(len(firsts) - 1))
    return names


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"Z{index - 25}"


def energies(units: Units) -> Doubles:
    """(n,) energy of each unit, 0..1: loudness 0.4, bass 0.25, onset density 0.35, each against the song's loudest."""

    def against(values: Doubles, span: float) -> Doubles:
        top = np.percentile(values, 95)
        return np.clip(1 + (values - top) / span, 0, 1)

    busy = units.density / max(1e-9, float(np.percentile(units.density, 95)))
    whole = 0.4 * against(units.level, 20) + 0.25 * against(units.bass, 24) + 0.35 * np.clip(busy, 0, 1)
    return np.asarray(np.where(units.level > -60, whole, 0.0))


def find(units: Units) -> list[Span]:
    """The sections, in order, without gaps; one at least."""
    n = len(units.level)
    rows = describe(units)
    energy = energies(units)
    led = drops.built(energy, units.bass_onsets, units.treble, units.density)
    # The same drop may come in another key.
    sudden = drops.sudden(energy, np.delete(rows, _TONES, axis=1), units.bass_onsets, led)
    edges, curve = boundaries(rows)
    edges = _with(edges, [*led, *sudden])
    names = label(rows, edges)
    spans = []
    for name, first, last in zip(names, edges, edges[1:], strict=False):
        sure = 1.0 if first == 0 or first in led else float(np.clip(curve[first] / 1.5, 0, 1))
        spans.append(Span(first, last, name, energy=float(energy[first:last].mean()), confidence=sure))
    if n:
        _roles(spans, units, {*led, *sudden}, set(led))
    return spans


def _with(edges: list[int], certain: list[int]) -> list[int]:
    """The edges with those that are certain: another one less than three bars away gives way to them."""
    inner = [edge for edge in edges[1:-1] if all(abs(edge - other) > 2 for other in certain)]
    return sorted({edges[0], edges[-1], *inner, *certain})


def _roles(spans: list[Span], units: Units, entries: set[int], led: set[int]) -> None:
    """Gives each section its role by energy, repetition and place.

    entries: the bars that drops start with; led: those of them that a build-up leads to.
    """
    if len(spans) < 2:
        return
    top = max(span.energy for span in spans)
    threshold = _chorus_threshold([span for span in spans if span.energy > 0.85 * top], units)
    counts = {span.label[0]: sum(other.label[0] == span.label[0] for other in spans) for span in spans}
    for index, span in enumerate(spans):
        before = spans[index - 1] if index else None
        after = spans[index + 1] if index + 1 < len(spans) else None
        loud = span.energy > 0.85 * top
        if span.first in entries:
            span.role = "drop"
        elif after is not None and after.first in led and index:
            span.role = "build"
        elif before and before.role == "drop" and loud and span.label[0] == before.label[0]:
            span.role = "drop"  # its second half
        elif span.energy < 0.85 * top and (index == 0 or (led and _leads_in(spans, index))):
            span.role = "intro"
        elif max(other.energy for other in spans[index:]) < 0.3 * top:
            span.role = "outro"  # what dies away, and silence behind it
        elif after is None and span.energy < 0.9 * top:
            span.role = "outro"
        elif loud and not led and _lift(span, units) >= threshold:
            span.role = "chorus"
        elif led and span.energy < 0.8 * top:
            span.role = "break"
        elif before and after and span.energy < 0.8 * min(before.energy, after.energy):
            # What comes once, late, between louder parts.
            span.role = "bridge" if 2 * index >= len(spans) - 1 and counts[span.label[0]] == 1 else "break"
        else:
            span.role = "verse"
    _join_builds(spans)


def _join_builds(spans: list[Span]) -> None:
    """A short part between a break and a build is the build's beginning: the kick comes back before it rises."""
    for before, span, after in zip(spans, spans[1:], spans[2:], strict=False):
        if (before.role, span.role, after.role) == ("break", "verse", "build") and span.last - span.first <= 8:
            span.role = "build"


def _leads_in(spans: list[Span], index: int) -> bool:
    """Whether all before a section are intro."""
    return all(span.role == "intro" for span in spans[:index])


def _lift(span: Span, units: Units) -> float:
    """How high a section stands: energy, and a share of level and treble (40 dB count as much as all energy)."""
    part = slice(span.first, span.last)
    return span.energy + float(units.level[part].mean() + units.treble[part].mean()) / 40


def _chorus_threshold(spans: list[Span], units: Units) -> float:
    """The lift from which a loud section is a chorus: the middle between the quieter and the louder half of them."""
    lifts = np.sort([_lift(span, units) for span in spans])
    if len(lifts) < 2 or lifts[-1] - lifts[0] < 0.03:
        return float(lifts[0]) if len(lifts) else 0.0
    cut = int(np.argmax(np.diff(lifts))) + 1
    return 0.5 * float(lifts[cut - 1] + lifts[cut])


def events(spans: list[Span], units: Units, duration: float) -> list[MusicEvent]:
    """Drops, builds and breaks with their exact times, and the end of the song."""
    top = max((span.energy for span in spans), default=0.0)
    out = []
    for index, span in enumerate(spans):
        start, end = float(units.edges[span.first]), float(units.edges[span.last])
        gain = span.energy - spans[index - 1].energy if index else 0.0
        if span.role == "drop" and index and (spans[index - 1].role != "drop" or gain > 0.08):
            out.append(MusicEvent(kind="drop", start=start, end=end, strength=round(min(1.0, 0.4 + 2 * gain), 3)))
        elif span.role in ("build", "break"):
            strength = 0.5 if span.role == "build" else min(1.0, max(0.2, top - span.energy))
            kind: Literal["build", "break"] = "build" if span.role == "build" else "break"
            out.append(MusicEvent(kind=kind, start=start, end=end, strength=round(strength, 3)))
    out.append(MusicEvent(kind="end", start=duration, end=duration))
    return out
