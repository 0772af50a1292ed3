"""How the synthesiser writes its parts: harmony and melody, drums, bass, chords, each by its place in beats."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daemon.audio import synth_voices as voices
from daemon.audio.synth_voices import RATE

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
# Degrees of four-chord turns, by mode; the seed picks one for the song.
_TURNS = {
    "minor": ((0, 5, 2, 6), (0, 3, 5, 6), (0, 6, 5, 6), (0, 2, 5, 4)),
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (0, 3, 4, 0)),
}
_LEAD_RHYTHM = [(0, 2), (2, 4), (6, 2), (8, 3), (11, 3), (14, 2)]

Samples = NDArray[np.float32]


@dataclass
class Score:
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


class Harmony:
    """The chords and the melody of a song, chosen by its seed."""

    def __init__(self, tonic: int, mode: str, seed: int) -> None:
        rng = np.random.default_rng([seed, 7])
        self.tonic, self.scale = tonic, SCALES[mode]
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


def write(
    score: Score, harmony: Harmony, role: str, first: int, bars: int, metre: int, drums: bool, half_time: bool
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


def _drums(score: Score, role: str, at: int, bar: int, bars: int, metre: int, last: bool, half: bool) -> None:
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


def _riser(score: Score, first: int, beats: int) -> None:
    length = score.seconds(first + beats) - score.seconds(first)
    score.put("air", first, voices.riser(length, score.rng), 0.3, -0.2)
    score.put("air", first, voices.riser(length, score.rng), 0.3, 0.2)


def _chord(score: Score, harmony: Harmony, role: str, at: int, bar: int, metre: int) -> None:
    length = score.seconds(at + metre) - score.seconds(at)
    gain = {"break": 0.12, "bridge": 0.12, "intro": 0.08, "outro": 0.08, "build": 0.09}.get(role, 0.075)
    bright = {"break": 0.5, "intro": 0.35, "outro": 0.35, "build": 0.7}.get(role, 0.9)
    for index, degree in enumerate(harmony.chord(bar)):
        for side in (-1, 1):
            sound = voices.pad(harmony.midi(degree, 4), length, bright, 0.004 * side * (index + 1))
            score.put("pad", at, sound, gain, 0.6 * side)


def _bass(score: Score, harmony: Harmony, role: str, at: int, bar: int, metre: int) -> None:
    root = harmony.chord(bar)[0]
    if role in ("intro", "outro", "break", "bridge", "build"):
        length = score.seconds(at + metre) - score.seconds(at)
        score.put("bass", at, voices.bass(harmony.midi(root, 1), length * 0.95, 0.35), 0.28)
        return
    for beat in range(metre):
        for step, degree in ((0.0, root), (0.5, root), (0.75, root + 7 if beat == metre - 1 else root)):
            length = 0.22 * (score.seconds(at + beat + 1) - score.seconds(at + beat)) * (2 if step == 0 else 1)
            score.put("bass", at + beat + step, voices.bass(harmony.midi(degree, 1), length, 0.8), 0.55)


def _melody(score: Score, harmony: Harmony, role: str, at: int, bar: int, metre: int) -> None:
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
