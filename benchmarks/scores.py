"""MIDI files as plain values: read with exact times, warped, played by other instruments, written again."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

DRUMS = 9  # General MIDI's channel of percussion
_DIVISION = 4800  # ticks a quarter of what is written, at 120 BPM: 0.1 ms


@dataclass(frozen=True)
class Event:
    """A message at a moment in seconds, and the track it came from."""

    at: float
    message: bytes
    track: int = 0

    @property
    def starts(self) -> bool:
        """Whether a note starts."""
        return self.message[0] & 0xF0 == 0x90 and self.message[2] > 0

    @property
    def is_note(self) -> bool:
        """Whether a note starts or ends."""
        return self.message[0] & 0xF0 in (0x80, 0x90)

    @property
    def channel(self) -> int:
        """0..15"""
        return self.message[0] & 0x0F


@dataclass
class Score:
    """Events in order of time; beats in seconds and which of them are downbeats."""

    events: list[Event]
    beats: list[float]
    downbeats: list[float]
    metre: int = 4
    names: dict[int, str] = field(default_factory=dict)  # of the tracks

    @property
    def seconds(self) -> float:
        """When the last note starts."""
        return max((event.at for event in self.events if event.starts), default=0.0)


def read(path: Path) -> Score:
    """A Standard MIDI File. Beats are quarters, of x/8 metres in threes dotted quarters, by the tempo map of any
    track. ValueError for what is no such file."""
    data = path.read_bytes()
    if data[:4] != b"MThd":
        raise ValueError(f"{path}: no MIDI file")
    division = struct.unpack(">H", data[12:14])[0]
    if division & 0x8000:
        raise ValueError(f"{path}: times in SMPTE frames")
    place, track = 8 + struct.unpack(">I", data[4:8])[0], 0
    raw: list[tuple[int, int, bytes]] = []
    tempi, metres, names = [(0, 500000)], [], {}
    while place + 8 <= len(data):
        size = struct.unpack(">I", data[place + 4 : place + 8])[0]
        if data[place : place + 4] == b"MTrk":
            for tick, message in _track(data[place + 8 : place + 8 + size]):
                if message[0] != 0xFF:
                    raw.append((tick, track, message))
                elif message[1] == 0x51:
                    tempi.append((tick, int.from_bytes(message[2:5], "big")))
                elif message[1] == 0x58:
                    metres.append((tick, message[2], 1 << message[3]))
                elif message[1] == 3:
                    names[track] = message[2:].decode("latin-1")
            track += 1
        place += 8 + size
    clock = _clock(sorted(tempi, key=lambda item: item[0]), division)
    raw.sort(key=lambda item: item[0])
    events = [Event(clock(tick), message, track) for tick, track, message in raw]
    end = raw[-1][0] if raw else 0
    metres.sort()
    if not metres or metres[0][0] > 0:
        metres.insert(0, (0, 4, 4))
    beats, downs = [], []
    for index, (tick, over, under) in enumerate(metres):
        stop = metres[index + 1][0] if index + 1 < len(metres) else end
        compound = under == 8 and over % 3 == 0
        step = division * 4 * (3 if compound else 1) // under
        count = over // 3 if compound else over
        for number, at in enumerate(range(tick, stop, step)):
            beats.append(clock(at))
            if number % count == 0:
                downs.append(clock(at))
    main = max(metres, key=lambda item: sum(m[1:] == item[1:] for m in metres))
    metre = main[1] // 3 if main[2] == 8 and main[1] % 3 == 0 else main[1]
    return Score(events, beats, downs, metre, names)


def _track(data: bytes) -> list[tuple[int, bytes]]:
    """(tick, message); a meta event without its length: FF, type, content."""
    out, place, tick, status = [], 0, 0, 0
    while place < len(data):
        delta, place = _number(data, place)
        tick += delta
        if data[place] & 0x80:
            status, place = data[place], place + 1
        if status in (0xFF, 0xF0, 0xF7):
            kind = data[place] if status == 0xFF else 0
            length, start = _number(data, place + (status == 0xFF))
            place = start + length
            if status == 0xFF:
                out.append((tick, bytes([0xFF, kind]) + data[start:place]))
                if kind == 0x2F:
                    break
            continue
        size = 1 if status & 0xF0 in (0xC0, 0xD0) else 2
        out.append((tick, bytes([status]) + data[place : place + size]))
        place += size
    return out


def _number(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | data[place] & 0x7F
        place += 1
        if not data[place - 1] & 0x80:
            return value, place


def _clock(tempi: list[tuple[int, int]], division: int) -> Callable[[int], float]:
    ticks, seconds = [tempi[0][0]], [0.0]
    for (before, tempo), (tick, _) in pairwise(tempi):
        ticks.append(tick)
        seconds.append(seconds[-1] + (tick - before) * tempo / 1e6 / division)

    def at(tick: int) -> float:
        index = bisect_right(ticks, tick) - 1
        return seconds[index] + (tick - ticks[index]) * tempi[index][1] / 1e6 / division

    return at


def write(score: Score, path: Path) -> None:
    """One track at 120 BPM whose ticks are 0.1 ms."""
    body = bytearray()
    last = 0
    # At one moment controllers come first, then ends of notes, then their starts.
    for event in sorted(score.events, key=lambda e: (e.at, e.starts, e.is_note)):
        tick = max(last, round(event.at * 2 * _DIVISION))
        delta, last = tick - last, tick
        digits = [delta & 0x7F]
        while delta := delta >> 7:
            digits.insert(0, delta & 0x7F | 0x80)
        body += bytes(digits) + event.message
    # All sound off, or a note whose end was cut away would sound for ever.
    for channel in range(16):
        body += bytes([0, 0xB0 | channel, 120, 0])
    body += b"\x00\xff\x2f\x00"
    path.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 0, 1, _DIVISION) + b"MTrk" + struct.pack(">I", len(body)) + body)


def excerpt(score: Score, start: float, seconds: float) -> Score:
    """What sounds from a moment on: controllers and programs said before are said at its beginning."""
    events = []
    for event in score.events:
        if event.at < start - 1e-6:
            if not event.is_note:
                events.append(replace(event, at=0.0))
        elif event.at < start + seconds:
            events.append(replace(event, at=event.at - start))
    beats, downs = (
        [t - start for t in times if start - 1e-6 <= t < start + seconds] for times in (score.beats, score.downbeats)
    )
    return Score(events, beats, downs, score.metre, score.names)


def warped(score: Score, when: Callable[[float], float]) -> Score:
    """Every moment moved by a rising function of time, the beats too."""
    events = [replace(event, at=max(0.0, when(event.at))) for event in score.events]
    return replace(
        score, events=events, beats=[when(t) for t in score.beats], downbeats=[when(t) for t in score.downbeats]
    )


def swung(score: Score, late: float) -> Score:
    """The second half of each beat comes late by a share of the beat; the beats stay."""
    beats = score.beats

    def when(t: float) -> float:
        index = bisect_right(beats, t + 1e-6) - 1
        if index < 0 or index + 1 >= len(beats):
            return t
        length = beats[index + 1] - beats[index]
        part = (t - beats[index]) / length
        return t + length * late * (part / 0.5 if part <= 0.5 else (1 - part) / 0.5)

    return replace(score, events=[replace(event, at=when(event.at)) for event in score.events])


def without(score: Score, keep: Callable[[Event], bool]) -> Score:
    """The score with the events that are kept."""
    return replace(score, events=[event for event in score.events if keep(event)])


def note(at: float, length: float, channel: int, pitch: int, velocity: int, track: int = 0) -> list[Event]:
    """The start and the end of a note."""
    pitch, velocity = max(0, min(127, pitch)), max(1, min(127, velocity))
    return [
        Event(at, bytes([0x90 | channel, pitch, velocity]), track),
        Event(at + length, bytes([0x80 | channel, pitch, 0]), track),
    ]


def program(channel: int, number: int) -> Event:
    """The choice of an instrument, at the start."""
    return Event(0.0, bytes([0xC0 | channel, number]))
