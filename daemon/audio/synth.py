"""A built-in synthesiser: a whole song, and the exact truth about it.

The demo plays it and tests judge listeners by it. It needs numpy alone, and a minute of song takes
about a second. Whatever sounds is placed by its position in beats; one curve maps beats to seconds,
so swing, rubato and ritardando cost nothing and the truth stays exact.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.audio import synth_parts as parts_of
from daemon.audio import synth_voices as voices
from daemon.audio.synth_parts import SCALES, Harmony, Score

RATE = voices.RATE
TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FORM = "intro build drop break drop outro"
_WEIGHTS = {"intro": 4, "build": 4, "drop": 8, "break": 4, "verse": 8, "chorus": 8, "bridge": 4, "outro": 4}

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Truth:
    """What is so about a synthesised song. Times are seconds; sections are (start, end, role)."""

    duration: float
    bpm: float
    metre: int
    tonic: str
    mode: str
    beats: list[float]
    downbeats: list[float]
    sections: list[tuple[float, float, str]]
    drops: list[float]
    builds: list[float] = field(default_factory=list)
    breaks: list[float] = field(default_factory=list)
    keys: list[tuple[float, float, str]] = field(default_factory=list)  # (start, end, "A minor")


def parse_key(key: str) -> tuple[int, str]:
    """(pitch class, mode) of "A minor". ValueError where it is none."""
    tonic, _, mode = key.partition(" ")
    if tonic not in TONICS or mode not in SCALES:
        raise ValueError(f"no key: {key!r}; say 'A minor' or 'F# major'")
    return TONICS.index(tonic), mode


def plan(seconds: float, bpm: float, metre: int, form: str) -> list[tuple[str, int]]:
    """(role, bars) for each part of a form, about `seconds` in all; each part has one bar at least.

    "drop:16" in a form asks for 16 bars.
    """
    total = max(1, round(seconds * bpm / 60 / metre))
    parts = [word.partition(":") for word in form.split()]
    if all(bars for _, _, bars in parts):
        return [(role, int(bars)) for role, _, bars in parts]
    weights = [float(bars) if bars else float(_WEIGHTS.get(role, 4)) for role, _, bars in parts]
    unit = 4 if total >= 4 * len(parts) else 1
    edges = np.round(np.cumsum([0.0, *weights]) / sum(weights) * total / unit).astype(int) * unit
    edges[-1] = total
    bars = np.maximum(1, np.diff(edges))
    return [(role, int(count)) for (role, _, _), count in zip(parts, bars, strict=True)]


def _beat_times(beats: int, bpm: float, lead_in: float, rubato: float, ritard: float) -> NDArray[np.float64]:
    """Seconds of each beat. rubato: share by which the tempo sways over 16 beats; ritard: by which it falls
    over the last eighth of the song."""
    index = np.arange(beats + 8)
    period = np.full(len(index), 60.0 / bpm)
    period *= 1 + rubato * np.sin(2 * np.pi * index / 16)
    tail = max(1, beats // 8)
    period *= 1 + ritard * np.clip((index - (beats - tail)) / tail, 0, 1)
    times: NDArray[np.float64] = lead_in + np.concatenate([[0.0], np.cumsum(period)[:-1]])
    return times


def song(
    seconds: float = 60.0,
    bpm: float = 128.0,
    seed: int = 1,
    key: str = "A minor",
    metre: int = 4,
    form: str = FORM,
    *,
    swing: float = 0.0,
    rubato: float = 0.0,
    ritard: float = 0.0,
    lead_in: float = 0.0,
    half_time_drops: bool = False,
    drums: bool = True,
    modulate: int = 0,
) -> tuple[Samples, Truth]:
    """A song and its truth.

    Returns float32 samples (n, 2) at 44.1 kHz, n = round(seconds * 44100), peak below -1 dBFS, and `Truth`.
    swing: lateness of the second eighth, in beats (0.08 is a light shuffle, 1/6 a triplet one);
    lead_in: seconds of silence before the first beat; drums=False leaves pad, lead and bass alone;
    modulate: semitones by which all moves from the last chorus or drop on.
    ValueError for a key or form that is none.
    """
    tonic, mode = parse_key(key)
    parts = plan(max(0.1, seconds - lead_in), bpm, metre, form)
    beats = sum(bars for _, bars in parts) * metre
    total = round(seconds * RATE)
    rng = np.random.default_rng(seed)
    score = Score(
        total,
        _beat_times(beats, bpm, lead_in, rubato, ritard),
        swing,
        rng,
        {name: np.zeros((total, 2), np.float32) for name in ("drums", "bass", "lead", "pad", "air")},
    )
    harmony = Harmony(tonic, mode, seed)
    turn = max((n for n, (role, _) in enumerate(parts) if role in ("drop", "chorus")), default=0)
    keys: list[tuple[float, float, str]] = []
    bar = 0
    sections: list[tuple[float, float, str]] = []
    for number, (role, bars) in enumerate(parts):
        if role not in _WEIGHTS:
            raise ValueError(f"no such part: {role!r}; there are {', '.join(_WEIGHTS)}")
        if number == 0 or (number == turn and modulate):
            harmony.tonic = (tonic + (modulate if number and number == turn else 0)) % 12
            keys.append((score.seconds(bar * metre) if keys else 0.0, seconds, f"{TONICS[harmony.tonic]} {mode}"))
        parts_of.write(score, harmony, role, bar * metre, bars, metre, drums, half_time_drops)
        end = score.seconds((bar + bars) * metre) if number + 1 < len(parts) else seconds
        begin = score.seconds(bar * metre) if sections else 0.0
        if begin < seconds:
            sections.append((begin, min(end, seconds), role))
        bar += bars
    if sections and sections[-1][1] < seconds:
        sections[-1] = (sections[-1][0], seconds, sections[-1][2])
    beat_times = [t for t in score.beat_at[:beats] if t < seconds]
    starts = [(max(begin, lead_in), role) for begin, _, role in sections]
    truth = Truth(
        duration=total / RATE,
        bpm=bpm,
        metre=metre,
        tonic=TONICS[tonic],
        mode=mode,
        beats=[float(t) for t in beat_times],
        downbeats=[float(t) for t in beat_times[::metre]],
        sections=sections,
        drops=[t for t, role in starts if role == "drop"],
        builds=[t for t, role in starts if role == "build"],
        breaks=[t for t, role in starts if role == "break"],
        keys=[
            (start, keys[n + 1][0] if n + 1 < len(keys) else seconds, name) for n, (start, _, name) in enumerate(keys)
        ],
    )
    return _mix(score), truth


def _mix(score: Score) -> Samples:
    """Sums the buses: what isn't drums ducks under the kick, a room behind all, peaks rounded, -1.5 dBFS."""
    duck = np.ones(score.total, np.float32)
    dip = (1 - 0.65 * np.exp(-np.arange(int(0.25 * RATE)) / (0.09 * RATE))).astype(np.float32)
    for when in score.kicks:
        start = round(when * RATE)
        span = duck[start : start + len(dip)]
        np.minimum(span, dip[: len(span)], out=span)
    ducked = score.buses["bass"] + score.buses["pad"] * np.float32(0.8) + score.buses["lead"]
    ducked *= duck[:, None]
    send = ducked - score.buses["bass"] * duck[:, None] + score.buses["drums"] * np.float32(0.08)
    total = ducked + score.buses["drums"] + score.buses["air"] + voices.room(send, score.rng) * np.float32(0.5)
    rounded = np.tanh(total * np.float32(0.9))
    fade = min(score.total, round(0.02 * RATE))
    rounded[score.total - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    peak = float(np.max(np.abs(rounded), initial=0.0))
    out: Samples = (rounded * np.float32(0.84 / peak if peak > 1e-6 else 1.0)).astype(np.float32)
    return out


def write_song(path: Path, **options: Any) -> Truth:
    """Writes a song (16-bit WAV; other endings through soundfile) and returns its truth. Options: see `song`."""
    samples, truth = song(**options)
    if path.suffix.lower() != ".wav":
        import soundfile

        soundfile.write(path, samples, RATE)
        return truth
    whole = np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(whole.tobytes())
    return truth
