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

from daemon.audio import synth_voices as voices

RATE = 44100
TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FORM = "intro build drop break drop outro"
_WEIGHTS = {"intro": 4, "build": 4, "drop": 8, "break": 4, "verse": 8, "chorus": 8, "bridge": 4, "outro": 4}
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
# Degrees of four-chord turns, by mode; the seed picks one for the song.
_TURNS = {
    "minor": ((0, 5, 2, 6), (0, 3, 5, 6), (0, 6, 5, 6), (0, 2, 5, 4)),
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (0, 3, 4, 0)),
}

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


@dataclass
class _Score:
    """A song in the making: buses of samples, and the curve from beats to seconds."""

    total: int
    beat_at: NDArray[np.float64]  # seconds of beat 0, 1, 2, ...
    swing: float
    rng: np.random.Generator
    buses: dict[str, Samples]
    kicks: list[float] = field(default_factory=list)

    def seconds(self, beat: float) -> float:
        """The time of a position in beats; the second eighth of a beat comes late by the swing."""
        whole = np.floor(beat)
        part = beat - whole
        late = part + self.swing * (part / 0.5 if part <= 0.5 else (1 - part) / 0.5)
        index = np.arange(len(self.beat_at))
        return float(np.interp(whole + late, index, self.beat_at))

    def put(self, bus: str, beat: float, sound: Samples, gain: float = 1.0, pan: float = 0.0) -> None:
        """Adds a mono sound at a position in beats. pan -1 (left) .. 1 (right), constant power."""
        start = round(self.seconds(beat) * RATE)
        length = min(len(sound), self.total - start)
        if length <= 0:
            return
        angle = (pan + 1) * np.pi / 4
        target = self.buses[bus]
        target[start : start + length, 0] += sound[:length] * np.float32(gain * np.cos(angle) * np.sqrt(2))
        target[start : start + length, 1] += sound[:length] * np.float32(gain * np.sin(angle) * np.sqrt(2))


def parse_key(key: str) -> tuple[int, str]:
    """(pitch class, mode) of "A minor". ValueError where it is none."""
    tonic, _, mode = key.partition(" ")
    if tonic not in TONICS or mode not in _SCALES:
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
    score = _Score(
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
        _part(score, harmony, role, bar * metre, bars, metre, drums, half_time_drops)
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


class Harmony:
    """The chords and the melody of a song, chosen by its seed."""

    def __init__(self, tonic: int, mode: str, seed: int) -> None:
        rng = np.random.default_rng([seed, 7])
        self.tonic, self.scale = tonic, _SCALES[mode]
        self.turn = _TURNS[mode][int(rng.integers(len(_TURNS[mode])))]
        # A motif of one bar in sixteenths, answered by its variation: a melody one can hum.
        self.rhythm = [(0, 3), (3, 3), (6, 2), (8, 4), (12, 2), (14, 2)] if rng.random() < 0.5 else _LEAD_RHYTHM
        steps = rng.choice([-2, -1, 1, 2], size=len(self.rhythm), p=[0.15, 0.35, 0.35, 0.15])
        self.motif = np.clip(np.cumsum(steps), -3, 5)

    def midi(self, degree: int, octave: int) -> int:
        """MIDI number of a degree of the scale, counted from 0; C4 is 60."""
        return 12 * (octave + 1) + self.tonic + 12 * (degree // 7) + self.scale[degree % 7]

    def chord(self, bar: int) -> list[int]:
        """Degrees of the triad of a bar."""
        root = self.turn[bar % len(self.turn)]
        return [root, root + 2, root + 4]

    def melody(self, bar: int, metre: int) -> list[tuple[float, float, int]]:
        """(beat in the bar, beats long, degree): starts on a chord note, ends its four bars on the tonic's chord."""
        chord = self.chord(bar)
        answer = bar % 4 == 3
        notes = []
        for index, (at, length) in enumerate(self.rhythm):
            if at / 4 >= metre:
                break
            degree = chord[index % 3] if index in (0, 3) else chord[0] + int(self.motif[index])
            if answer and index >= 3:
                degree = (4, 2, 0)[(index - 3) % 3]
            notes.append((at / 4, min(length / 4, metre - at / 4), degree))
        return notes


_LEAD_RHYTHM = [(0, 2), (2, 4), (6, 2), (8, 3), (11, 3), (14, 2)]


def _part(
    score: _Score, harmony: Harmony, role: str, first: int, bars: int, metre: int, drums: bool, half_time: bool
) -> None:
    """Writes one part into the buses. `first` is the beat it starts on."""
    full = role in ("drop", "chorus")
    half = full and role == "drop" and half_time
    if drums and role == "drop":
        score.put("air", first, voices.crash(score.rng), 0.5)
        score.put("drums", first, voices.boom(), 0.7)
    if drums and role == "build":
        _riser(score, first, bars * metre)
    for bar in range(bars):
        at = first + bar * metre
        last = bar == bars - 1
        _chord(score, harmony, role, at, bar, metre)
        if role not in ("break", "build") or bar % 2:
            _bass(score, harmony, role, at, bar, metre)
        _melody(score, harmony, role, at, bar, metre)
        if drums:
            _drums(score, role, at, bar, bars, metre, last, half)


def _drums(score: _Score, role: str, at: int, bar: int, bars: int, metre: int, last: bool, half: bool) -> None:
    kick, clap, hat, open_hat = voices.kick(), voices.clap(), voices.hat(0.03), voices.hat(0.16)
    waltz = metre == 3
    for beat in range(metre):
        here = at + beat
        steady = role in ("drop", "chorus", "verse") or (role == "outro" and bar < bars - 1) or role == "intro"
        if role == "build":
            steady = not last and bar < max(1, bars // 2)
        kicks = beat == 0 if waltz or half else True
        if steady and kicks and not (role == "intro" and bar < bars // 2 and beat % 2):
            score.put("drums", here, kick, 0.6 if role in ("intro", "outro") else 0.95)
            score.kicks.append(score.seconds(here))
        backbeat = beat == 2 if half else (beat > 0 if waltz else beat % 2 == 1)
        if backbeat and role in ("drop", "chorus", "verse", "outro"):
            score.put("drums", here, clap, 0.5 if waltz else 0.7)
        if role in ("drop", "chorus", "verse", "intro", "outro"):
            score.put("drums", here + 0.5, open_hat, 0.22 if role != "verse" else 0.14, 0.15)
        if role in ("drop", "chorus"):
            for step, gain in ((0.0, 0.12), (0.25, 0.09), (0.75, 0.11)):
                score.put("drums", here + step, hat, gain, -0.25)
        if role == "break" and beat == metre - 1 and bar % 2:
            score.put("drums", here, hat, 0.15, -0.3)
    if role == "build":
        # The roll doubles its pace: beats, eighths, sixteenths; the last beat is held back for the drop.
        pace = 1.0 if bar < bars / 2 else 0.5 if not last else 0.25
        for step in np.arange(0, metre - (1 if last else 0), pace):
            grow = (bar + step / metre) / bars
            score.put("drums", at + float(step), clap, 0.2 + 0.4 * float(grow))
    elif last and role in ("verse", "drop", "chorus") and metre > 2:
        for step in (0.5, 0.75):
            score.put("drums", at + metre - 1 + step, clap, 0.35)


def _riser(score: _Score, first: int, beats: int) -> None:
    length = score.seconds(first + beats) - score.seconds(first)
    score.put("air", first, voices.riser(length, score.rng), 0.3, -0.2)
    score.put("air", first, voices.riser(length, score.rng), 0.3, 0.2)


def _chord(score: _Score, harmony: Harmony, role: str, at: int, bar: int, metre: int) -> None:
    length = score.seconds(at + metre) - score.seconds(at)
    gain = {"break": 0.12, "bridge": 0.12, "intro": 0.08, "outro": 0.08, "build": 0.09}.get(role, 0.075)
    bright = {"break": 0.5, "intro": 0.35, "outro": 0.35, "build": 0.7}.get(role, 0.9)
    for index, degree in enumerate(harmony.chord(bar)):
        for side in (-1, 1):
            sound = voices.pad(harmony.midi(degree, 4), length, bright, 0.004 * side * (index + 1))
            score.put("pad", at, sound, gain, 0.6 * side)


def _bass(score: _Score, harmony: Harmony, role: str, at: int, bar: int, metre: int) -> None:
    root = harmony.chord(bar)[0]
    if role in ("intro", "outro", "break", "bridge", "build"):
        length = score.seconds(at + metre) - score.seconds(at)
        score.put("bass", at, voices.bass(harmony.midi(root, 1), length * 0.95, 0.35), 0.28)
        return
    for beat in range(metre):
        for step, degree in ((0.0, root), (0.5, root), (0.75, root + 7 if beat == metre - 1 else root)):
            length = 0.22 * (score.seconds(at + beat + 1) - score.seconds(at + beat)) * (2 if step == 0 else 1)
            score.put("bass", at + beat + step, voices.bass(harmony.midi(degree, 1), length, 0.8), 0.55)


def _melody(score: _Score, harmony: Harmony, role: str, at: int, bar: int, metre: int) -> None:
    if role in ("build", "outro") or (role == "intro" and bar % 4 < 2):
        return
    loud = {"drop": 0.5, "chorus": 0.5, "verse": 0.34, "break": 0.36, "bridge": 0.34, "intro": 0.2}[role]
    octave = 5 if role in ("drop", "chorus") else 4
    for beat, length, degree in harmony.melody(bar, metre):
        held = (score.seconds(at + beat + length) - score.seconds(at + beat)) * 0.9
        sound = voices.lead(harmony.midi(degree, octave), held, role in ("drop", "chorus"))
        score.put("lead", at + beat, sound, loud)
        for echo in (1, 2, 3):
            if role in ("break", "drop", "chorus"):
                score.put("lead", at + beat + 0.75 * echo, sound, loud * 0.32 / echo, 0.7 if echo % 2 else -0.7)


def _mix(score: _Score) -> Samples:
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
