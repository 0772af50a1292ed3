"""Songs of written grooves, and bands for piano arrangements: scores with exact beats, in many styles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks import scores
from benchmarks.scores import DRUMS, Event, Score, note, program

KICK, RIM, SNARE, CLAP, HAT, OPEN, CRASH, RIDE = 36, 37, 38, 39, 42, 46, 49, 51
# Programs of General MIDI by what they play.
LEADS = (0, 4, 11, 22, 25, 27, 40, 52, 56, 61, 65, 73, 80, 81, 87)
CHORDS = (0, 2, 4, 5, 6, 16, 18, 24, 25, 27, 28, 29, 30, 48, 50, 61, 62, 81, 88, 89, 90)
BASSES = (32, 33, 34, 35, 36, 38, 39, 58, 87)


@dataclass(frozen=True)
class Style:
    """A groove: BPM from and to; steps of kick, snare and hats within a bar of `steps` (a beat has four, or three);
    swing in beats; what bass and chords do."""

    name: str
    low: float
    high: float
    kick: tuple[int, ...]
    snare: tuple[int, ...]
    hats: tuple[int, ...]
    metre: int = 4
    division: int = 4
    swing: float = 0.0
    loose: tuple[int, ...] = ()  # steps where a kick may fall as well
    bass: str = "roots"
    chords: str = "pad"


_EIGHTHS, _SIXTEENTHS, _OFF = tuple(range(0, 16, 2)), tuple(range(16)), (2, 6, 10, 14)
STYLES = (
    Style("house", 115, 130, (0, 4, 8, 12), (4, 12), _OFF, bass="off", chords="stabs"),
    Style("techno", 125, 145, (0, 4, 8, 12), (), _OFF, bass="sixteenths", chords="arpeggio"),
    Style("trance", 130, 142, (0, 4, 8, 12), (4, 12), _OFF, bass="off", chords="arpeggio"),
    Style("disco", 108, 128, (0, 4, 8, 12), (4, 12), _SIXTEENTHS, bass="octaves", chords="stabs"),
    Style("drum and bass", 165, 178, (0, 10), (4, 12), _EIGHTHS, loose=(7, 13), bass="long", chords="pad"),
    Style("breakbeat", 120, 145, (0, 2, 10), (4, 12), _EIGHTHS, loose=(7, 11), bass="syncopated", chords="stabs"),
    Style("garage", 128, 136, (0, 10), (4, 12), _OFF, swing=0.1, loose=(3, 7), bass="syncopated", chords="stabs"),
    Style("dubstep", 136, 144, (0,), (8,), _EIGHTHS, loose=(3, 6, 10, 14), bass="long", chords="pad"),
    Style("trap", 130, 152, (0, 6), (8,), _SIXTEENTHS, loose=(3, 10, 14), bass="long", chords="arpeggio"),
    Style("hip hop", 80, 100, (0, 10), (4, 12), _EIGHTHS, swing=0.06, loose=(3, 7), bass="syncopated", chords="stabs"),
    Style("synth pop", 95, 125, (0, 8), (4, 12), _EIGHTHS, loose=(10,), bass="eighths", chords="arpeggio"),
    Style("rock", 95, 150, (0, 8), (4, 12), _EIGHTHS, loose=(6, 10), bass="eighths", chords="eighths"),
    Style("hard rock", 120, 180, (0, 8, 10), (4, 12), _EIGHTHS, loose=(2, 6), bass="eighths", chords="eighths"),
    Style("punk", 165, 215, (0, 6, 8), (4, 12), _EIGHTHS, loose=(10,), bass="eighths", chords="eighths"),
    Style("metal", 140, 210, _EIGHTHS, (4, 12), (0, 4, 8, 12), bass="eighths", chords="eighths"),
    Style("half-time rock", 120, 160, (0, 3), (8,), (0, 4, 8, 12), loose=(10,), bass="eighths", chords="pad"),
    Style("funk", 92, 115, (0, 3, 10), (4, 12), _SIXTEENTHS, loose=(6, 7, 13), bass="syncopated", chords="stabs"),
    Style("soul", 75, 110, (0, 6, 8), (4, 12), _EIGHTHS, swing=0.05, bass="syncopated", chords="quarters"),
    Style("ballad", 58, 82, (0, 8), (4, 12), _EIGHTHS, loose=(6, 10), bass="long", chords="arpeggio"),
    Style("slow sixteenths", 60, 85, (0, 8), (4, 12), _SIXTEENTHS, loose=(3, 6, 7), bass="roots", chords="pad"),
    Style("reggae", 65, 90, (8,), (8,), _EIGHTHS, swing=0.08, bass="syncopated", chords="off"),
    Style("ska", 120, 160, (0, 8), (4, 12), _EIGHTHS, bass="quarters", chords="off"),
    Style("dembow", 88, 105, (0, 4, 8, 12), (3, 6, 11, 14), (), bass="long", chords="stabs"),
    Style("bossa", 110, 150, (0, 6, 8, 14), (), _EIGHTHS, bass="long", chords="stabs"),
    Style("shuffle", 95, 145, (0, 8), (4, 12), _EIGHTHS, swing=1 / 6, bass="quarters", chords="quarters"),
    Style("jazz", 110, 220, (), (), (0, 4, 6, 8, 12, 14), swing=1 / 6, bass="quarters", chords="stabs"),
    Style("polka", 105, 130, (0, 8), (4, 12), (), bass="half", chords="off-beats"),
    Style("country", 90, 125, (0, 8), (4, 12), _EIGHTHS, bass="half", chords="off-beats"),
    Style("waltz", 85, 180, (0,), (4, 8), (0, 4, 8), metre=3, bass="long", chords="off-beats"),
    Style("waltz ballad", 70, 110, (0,), (8,), (0, 2, 4, 6, 8, 10), metre=3, bass="long", chords="arpeggio"),
    Style("slow triplets", 55, 80, (0, 6), (3, 9), tuple(range(12)), division=3, bass="roots", chords="arpeggio"),
    Style("six eight", 45, 75, (0,), (3,), tuple(range(6)), metre=2, division=3, bass="roots", chords="arpeggio"),
    Style("no drums", 60, 130, (), (), (), bass="long", chords="arpeggio"),
    Style("no drums, pads", 70, 120, (), (), (), bass="long", chords="pad"),
    Style("strumming", 70, 140, (), (), (), bass="half", chords="strum"),
)
_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
_TURNS = (
    (0, 4, 5, 3),
    (0, 5, 3, 4),
    (0, 3, 0, 4),
    (0, 5, 2, 6),
    (0, 3, 5, 6),
    (0, 6, 5, 6),
    (0, 0, 3, 4),
    (1, 4, 0, 0),
)


def song(rng: np.random.Generator, seconds: float) -> tuple[Score, str]:
    """A song in one of the styles; (score, the style's name)."""
    style = STYLES[int(rng.integers(len(STYLES)))]
    bpm = 2 ** rng.uniform(np.log2(style.low), np.log2(style.high))
    if rng.random() < 0.5:
        bpm = round(bpm)
    period = 60.0 / bpm
    bars = int(seconds / period / style.metre) + 1
    events = [
        program(0, int(rng.choice(CHORDS))),
        program(1, int(rng.choice(BASSES))),
        program(2, int(rng.choice(LEADS))),
    ]
    kit = int(rng.choice([0, 0, 8, 16, 24, 25, 25, 40]))
    events += [program(DRUMS, kit), Event(0.0, bytes([0xB0, 7, int(rng.integers(55, 100))]))]
    scale, tonic = _SCALES[int(rng.integers(2))], int(rng.integers(12))
    turn = _TURNS[int(rng.integers(len(_TURNS)))]
    slow = 2 if rng.random() < 0.25 else 1  # bars a chord lasts
    beats = [index * period for index in range(bars * style.metre)]
    riff = _riff(rng, style)
    parts = _form(rng, bars)
    kicks = tuple(step for step in style.loose if rng.random() < 0.5)
    for bar in range(bars):
        here = bar * style.metre * period
        degree = turn[bar // slow % 4]
        on = parts[bar]
        if "drums" in on:
            events += _drums(style, here, period, kicks, rng, first="fill" in parts[bar - 1] if bar else True)
        if "fill" in on and style.division == 4 and style.snare:
            for step in range(4 * style.metre - 4, 4 * style.metre, int(rng.choice([1, 2]))):
                events += note(here + step / 4 * period, 0.1, DRUMS, int(rng.choice([SNARE, 45, 47])), 90)
        if "bass" in on:
            events += _bass(style, here, period, tonic, scale, degree, rng)
        if "chords" in on:
            events += _chords(style, here, period, tonic, scale, degree, rng)
        if "lead" in on:
            for step, length, up in riff[bar % 2]:
                pitch = _pitch(tonic, scale, degree + up, 5)
                at = here + step / style.division * period
                events += note(at, 0.9 * length / style.division * period, 2, pitch, int(rng.integers(70, 105)))
    found = Score(events, beats, beats[:: style.metre], style.metre)
    return (scores.swung(found, style.swing) if style.swing else found), style.name


def _form(rng: np.random.Generator, bars: int) -> list[set[str]]:
    """What plays in each bar: parts of 4 or 8 bars, the fewest at the start by chance."""
    out: list[set[str]] = []
    while len(out) < bars:
        length = int(rng.choice([4, 8, 8]))
        kind = rng.random()
        if not out and kind < 0.5:
            on = [{"chords"}, {"drums"}, {"chords", "bass"}, {"lead"}][int(rng.integers(4))]
        elif kind < 0.15:
            on = {"chords", "lead"}
        elif kind < 0.3:
            on = {"drums", "bass"}
        else:
            on = {"drums", "bass", "chords"} | ({"lead"} if rng.random() < 0.6 else set())
        out += [on | ({"fill"} if bar == length - 1 and rng.random() < 0.5 else set()) for bar in range(length)]
    return out[:bars]


def _drums(
    style: Style, here: float, period: float, kicks: tuple[int, ...], rng: np.random.Generator, first: bool
) -> list[Event]:
    out = []
    step = period / style.division
    hat = RIDE if style.name in ("jazz", "metal") else HAT
    snare = CLAP if style.name in ("house", "disco", "trap") and rng.random() < 0.9 else SNARE
    for number in sorted({*style.kick, *kicks}):
        out += note(here + number * step, 0.1, DRUMS, KICK, int(rng.integers(95, 118)))
    for number in style.snare:
        out += note(here + number * step, 0.1, DRUMS, snare, int(rng.integers(92, 118)))
    for number in style.hats:
        strong = 85 if number % style.division == 0 else 65
        which = OPEN if style.hats == _OFF else hat
        out += note(here + number * step, 0.1, DRUMS, which, strong + int(rng.integers(-12, 12)))
    if style.name == "bossa":
        for number in (0, 3, 6, 10, 12):
            out += note(here + number * step, 0.1, DRUMS, RIM, 90)
    if style.name == "jazz":
        for number in (4, 12):
            out += note(here + number * step, 0.1, DRUMS, 44, 80)
    if first and style.kick:
        out += note(here, 1.0, DRUMS, CRASH, 95)
    return out


def _bass(
    style: Style, here: float, period: float, tonic: int, scale: tuple[int, ...], degree: int, rng: np.random.Generator
) -> list[Event]:
    steps = style.metre * style.division
    beat = style.division
    ways: dict[str, list[tuple[int, int, int]]] = {  # step, length, degrees up
        "roots": [(0, steps // 2, 0), (steps // 2 // beat * beat, steps // 2, 0)],
        "long": [(0, steps, 0)],
        "off": [(number, 2, 0) for number in range(2, steps, 4)],
        "sixteenths": [(number, 1, 0) for number in range(steps) if number % 4],
        "octaves": [(number, 2, 7 * (number // 2 % 2)) for number in range(0, steps, 2)],
        "eighths": [(number, 2, 0) for number in range(0, steps, 2)],
        "syncopated": [(0, 3, 0), (3, 3, 0), (6, 2, 4), (10, 2, 0), (14, 2, 6)],
        "quarters": [
            (number, 4, int(up)) for number, up in zip(range(0, steps, 4), rng.permutation([0, 2, 4, 5]), strict=False)
        ],
        "half": [(0, 4, 0), (8, 4, 4)],
    }
    out = []
    for number, length, up in ways[style.bass]:
        if number < steps:
            length_s = 0.95 * length / style.division * period
            pitch = _pitch(tonic, scale, degree + (up if up != 7 else 7), 2)
            out += note(here + number / style.division * period, length_s, 1, pitch, int(rng.integers(85, 110)))
    return out


def _chords(
    style: Style, here: float, period: float, tonic: int, scale: tuple[int, ...], degree: int, rng: np.random.Generator
) -> list[Event]:
    steps, beat = style.metre * style.division, style.division
    tones = [_pitch(tonic, scale, degree + up, 4) for up in (0, 2, 4)]
    ways: dict[str, list[tuple[int, int]]] = {
        "pad": [(0, steps)],
        "stabs": [(number, 1) for number in (0, 3, 6, 10, 13)],
        "eighths": [(number, 2) for number in range(0, steps, 2)],
        "quarters": [(number, beat) for number in range(0, steps, beat)],
        "off": [(number, 1) for number in range(2, steps, 4)],
        "off-beats": [(number, 2) for number in range(beat, steps, beat if style.metre == 3 else 2 * beat)],
        "strum": [(number, 2) for number in (0, 4, 6, 10, 12, 14)],
    }
    out = []
    if style.chords == "arpeggio":
        pace = 1 if style.division == 3 or rng.random() < 0.4 else 2
        for index, number in enumerate(range(0, steps, pace)):
            pitch = [*tones, tones[0] + 12, tones[2], tones[1]][index % (6 if style.division == 3 else 4)]
            out += note(here + number / beat * period, pace / beat * period, 0, pitch, int(rng.integers(60, 90)))
        return out
    for number, length in ways[style.chords]:
        if number < steps:
            for pitch in tones:
                at = here + number / beat * period
                out += note(at, 0.95 * length / beat * period, 0, pitch, int(rng.integers(60, 90)))
    return out


def _riff(rng: np.random.Generator, style: Style) -> list[list[tuple[int, int, int]]]:
    """Two bars of melody: (step, length in steps, degrees up)."""
    out = []
    steps = style.metre * style.division
    for _ in range(2):
        place, up, bar = int(rng.choice([0, 0, 2, 3])), 0, []
        while place < steps:
            length = int(rng.choice([1, 2, 3] if style.division == 3 else [1, 2, 2, 3, 4, 6]))
            if rng.random() < 0.8:
                bar.append((place, length, up))
            up = int(np.clip(up + rng.integers(-2, 3), -4, 7))
            place += length
        out.append(bar)
    return out


def _pitch(tonic: int, scale: tuple[int, ...], degree: int, octave: int) -> int:
    return 12 * (octave + degree // 7) + tonic + scale[degree % 7]


def band(score: Score, rng: np.random.Generator) -> Score:
    """A piano arrangement in three tracks (melody, bridge, piano) played by a band: other programs, a bass that
    plays the lowest notes, and most often drums."""
    tracks = sorted({event.track for event in score.events if event.is_note})
    events = [
        program(0, int(rng.choice(LEADS))),
        program(1, int(rng.choice(LEADS))),
        program(2, int(rng.choice(CHORDS))),
    ]
    if rng.random() < 0.25:
        events = [program(channel, 0) for channel in range(3)]
    for event in score.events:
        if event.is_note:
            channel = min(2, tracks.index(event.track))
            events.append(replace(event, message=bytes([event.message[0] & 0xF0 | channel]) + event.message[1:]))
    beats = np.array(score.beats)
    fitting = [style for style in STYLES if style.metre == score.metre and style.division == 4]
    if len(beats) > 8 and fitting:
        period = float(np.median(np.diff(beats)))
        bpm = 60 / period
        near = [style for style in fitting if 0.8 * style.low < bpm < 1.25 * style.high]
        style = (near or fitting)[int(rng.integers(len(near or fitting)))]
        starts = [(event.at, event.message[1]) for event in events if event.starts]
        with_bass, with_drums = rng.random() < 0.6, rng.random() < 0.7
        if with_bass:
            events.append(program(3, int(rng.choice(BASSES))))
        since, until = sorted(rng.uniform(0, len(score.downbeats), 2)) if rng.random() < 0.5 else (0, 1e9)
        for number, down in enumerate(score.downbeats):
            after = beats[beats >= down - 1e-3][: score.metre]
            if len(after) < score.metre:
                break
            pace = float(np.median(np.diff(after)))
            if with_drums and since <= number < until:
                events += _drums(style, float(after[0]), pace, (), rng, first=number % 8 == 0)
            if with_bass:
                for beat in after[::2] if rng.random() < 0.7 else after:
                    low = [pitch for at, pitch in starts if beat - 0.05 <= at < beat + 0.9 * pace]
                    if low:
                        events += note(float(beat), 0.9 * pace, 3, 36 + (min(low) % 12), 95)
        if with_drums and style.swing and rng.random() < 0.5:
            return scores.swung(replace(score, events=events), style.swing)
    return replace(score, events=events)
