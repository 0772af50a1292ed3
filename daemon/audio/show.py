"""What was heard, to look at and to listen to: a plot, a song with clicks, labels for an editor."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daemon.audio.page import clock, facts
from daemon.sidecars import Analysis

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Floats = NDArray[np.float32]

_PAPER, _INK, _FAINT = (18, 18, 24), (232, 232, 236), (104, 104, 120)
_ROLES = {
    "intro": (78, 121, 140),
    "verse": (80, 150, 120),
    "build": (222, 170, 60),
    "drop": (226, 62, 88),
    "chorus": (222, 100, 150),
    "break": (92, 92, 180),
    "bridge": (140, 100, 176),
    "outro": (96, 96, 140),
    "section": (90, 130, 170),
}
_BANDS = {"bass": (226, 84, 72), "mid": (116, 190, 96), "treble": (92, 160, 232)}
_LOUD = (244, 196, 92)
_LEFT, _RIGHT = 60, 20


def labels(analysis: Analysis) -> str:
    """Audacity labels: sections as regions, beats as points (1 is the bar's first), drops, builds and breaks."""
    downs = {round(time, 4) for time in analysis.downbeats}
    rows: list[tuple[float, float, str]] = [
        (section.start, section.end, f"{section.role} {section.label}".strip()) for section in analysis.sections
    ]
    rows += [(event.start, event.end, event.kind.upper()) for event in analysis.events if event.kind != "end"]
    position = 0
    for beat in analysis.beats:
        position = 1 if round(beat, 4) in downs else position + 1
        rows.append((beat, beat, str(position)))
    rows.sort(key=lambda row: (row[0], -row[1]))
    return "".join(f"{start:.6f}\t{end:.6f}\t{text}\n" for start, end, text in rows)


def click(source: Path, analysis: Analysis, target: Path, hours: float = 24.0) -> None:
    """Writes the song as 16-bit WAV (or as the target's ending says) with a click on each beat, higher on downbeats.

    FinalFault where the source can't be decoded; memory stays bounded.
    """
    import soundfile

    from daemon.audio import decode

    sound = decode.open_sound(source, hours)
    high, low = _tick(sound.rate, 1760.0), _tick(sound.rate, 1175.0)
    downs = {round(time, 4) for time in analysis.downbeats}
    ticks = [(round(beat * sound.rate), high if round(beat, 4) in downs else low) for beat in analysis.beats]
    with soundfile.SoundFile(str(target), "w", sound.rate, sound.channels) as out:
        at = 0
        for block in sound.blocks():
            block *= np.float32(0.6)
            for start, tick in _within(ticks, at, at + len(block), len(high)):
                first = max(0, at - start)
                last = min(len(tick), at + len(block) - start)
                block[start + first - at : start + last - at] += tick[first:last, None]
            out.write(np.clip(block, -1, 1))
            at += len(block)


def _tick(rate: int, hz: float) -> Floats:
    time = np.arange(round(0.04 * rate)) / rate
    return np.asarray(0.4 * np.sin(2 * np.pi * hz * time) * np.exp(-time / 0.008), np.float32)


def _within(ticks: list[tuple[int, Floats]], start: int, end: int, length: int) -> Iterator[tuple[int, Floats]]:
    return ((at, tick) for at, tick in ticks if at < end and at + length > start)


def plot(analysis: Analysis, envelopes: dict[str, Floats], target: Path, width: int = 1600) -> None:
    """Writes a PNG: waveform, energy of the bands, beats and downbeats, sections, tempo, key, loudness.

    envelopes: (frames,) 0..1 by name, as `listen` gives them.
    """
    from PIL import Image, ImageDraw

    width = max(480, width)
    picture = Image.new("RGB", (width, 640), _PAPER)
    draw = ImageDraw.Draw(picture)
    span = width - _LEFT - _RIGHT
    scale = span / max(analysis.duration, 1e-9)
    title = " - ".join(part for part in (analysis.tags.artist, analysis.tags.title) if part) or "what was heard"
    _text(draw, (_LEFT, 12), title, _INK, 22)
    told = dict(facts(analysis))
    _text(draw, (_LEFT, 42), "   ".join(told[name] for name in ("tempo", "key", "loudness")), _FAINT, 14)
    _sections(draw, analysis, scale, 76)
    _waveform(draw, analysis, span, 190, 70)
    _loudness(draw, analysis, scale, 118, 144)
    for row, (name, colour) in enumerate(_BANDS.items()):
        _curve(draw, envelopes.get(name, np.zeros(1, np.float32)), span, 346 + 70 * row, 56, colour)
        _text(draw, (8, 316 + 70 * row), name, colour, 13)
    _beats(draw, analysis, scale)
    _times(draw, analysis.duration, scale)
    picture.save(target, "PNG")


def _text(draw: ImageDraw, at: tuple[float, float], text: str, colour: tuple[int, int, int], size: int) -> None:
    from PIL import ImageFont

    plain = "".join(c if c.isprintable() else " " for c in text)[:160]
    draw.text(at, plain, fill=colour, font=ImageFont.load_default(size))


def _sections(draw: ImageDraw, analysis: Analysis, scale: float, top: int) -> None:
    for section in analysis.sections:
        left, right = _LEFT + section.start * scale, _LEFT + section.end * scale
        colour = _ROLES.get(section.role, _FAINT)
        ink = _PAPER if sum(colour) > 420 else _INK
        draw.rectangle((left, top, max(left, right - 2), top + 34), fill=colour)
        if right - left > 40:
            name = f"{section.role} {section.label}" if right - left > 90 else section.role[: int((right - left) / 9)]
            _text(draw, (left + 5, top + 3), name, ink, 14)
        if section.key and right - left > 70:
            _text(draw, (left + 5, top + 19), section.key.name(), ink, 11)


def _waveform(draw: ImageDraw, analysis: Analysis, span: int, middle: int, height: int) -> None:
    points = np.asarray(analysis.waveform or [0.0])
    place = np.minimum(np.arange(span) * len(points) // span, len(points) - 1)
    for x, value in enumerate(points[place]):
        draw.line((_LEFT + x, middle - value * height, _LEFT + x, middle + value * height), fill=(150, 160, 200))


def _loudness(draw: ImageDraw, analysis: Analysis, scale: float, top: int, height: int) -> None:
    """Short-term loudness as a line over the waveform: 0 LUFS at the top, -60 and less at the bottom."""
    points = [
        (_LEFT + seconds * scale, top + height * float(np.clip(-level / 60, 0, 1)))
        for seconds, level in analysis.loudness.short_term
    ]
    if len(points) > 1:
        draw.line(points, fill=_LOUD, width=2)
        _text(draw, (8, points[0][1] - 8), "LUFS", _LOUD, 13)


def _curve(draw: ImageDraw, values: Floats, span: int, bottom: int, height: int, colour: tuple[int, int, int]) -> None:
    edges = np.linspace(0, len(values), span + 1).astype(int)
    heights = [values[a : max(a + 1, b)].max(initial=0.0) for a, b in pairwise(edges)]
    for x, value in enumerate(heights):
        draw.line((_LEFT + x, bottom, _LEFT + x, bottom - float(value) * height), fill=colour)


def _beats(draw: ImageDraw, analysis: Analysis, scale: float) -> None:
    top, bottom = 510, 560
    downs = {round(time, 4) for time in analysis.downbeats}
    _text(draw, (8, top + 14), "beats", _INK, 13)
    # Beats closer than three pixels would be a grey wall: then bars alone.
    crowded = len(analysis.beats) * 3 > analysis.duration * scale
    for beat in analysis.beats:
        down = round(beat, 4) in downs
        if down or not crowded:
            x = _LEFT + beat * scale
            draw.line((x, top if down else top + 24, x, bottom), fill=_INK if down else _FAINT)
    free = 0.0  # where there is room for the next word
    for event in analysis.events:
        if event.kind in ("drop", "build", "break"):
            x = _LEFT + event.start * scale
            draw.line((x, 112, x, bottom + 8), fill=_ROLES[event.kind], width=2)
            if x >= free:
                _text(draw, (x + 4, bottom + 2), event.kind, _ROLES[event.kind], 12)
                free = x + 40
        elif event.kind == "key":
            x = _LEFT + event.start * scale
            draw.line((x, 112, x, 268), fill=_INK, width=2)
            _text(draw, (x + 4, 254), f"key: {event.key.name()}" if event.key else "key", _INK, 12)


def _times(draw: ImageDraw, duration: float, scale: float) -> None:
    steps = (0.1, 0.5, 1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
    step = next((s for s in steps if s * scale >= 70), 3600)
    for index in range(int(duration / step) + 1):
        x = _LEFT + index * step * scale
        draw.line((x, 590, x, 596), fill=_FAINT)
        told = clock(index * step)
        whole = told.removesuffix(".0") if step >= 1 else told
        _text(draw, (x - 3.2 * len(whole), 600), whole, _FAINT, 12)
