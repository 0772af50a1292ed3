"""What was heard, as a page for the terminal."""

from __future__ import annotations

import textwrap

from daemon.sidecars import Analysis, MusicEvent, Section

# Foreground on background by role, in the terminal's 256 colours.
_COLOURS = {
    "intro": 66,
    "verse": 72,
    "build": 178,
    "drop": 197,
    "chorus": 204,
    "break": 61,
    "bridge": 97,
    "outro": 60,
    "section": 67,
}
_BLOCKS = " ▁▂▃▄▅▆▇█"


def clock(seconds: float) -> str:
    """1:05.3; 1:02:05 from an hour on."""
    tenths = round(seconds * 10)
    whole, rest = divmod(tenths, 10)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}.{rest}"


def page(analysis: Analysis, width: int = 80, colour: bool = True) -> str:
    """A readable page, lines of at most `width` columns, without a newline at the end."""
    width = max(40, width)
    tags = analysis.tags
    title = " - ".join(part for part in (tags.artist, tags.title) if part)
    lines = [_cut(_plain(title), width)] if title else []
    for name, value in facts(analysis):
        lines += _wrapped(name, value, width)
    lines += ["", _wave(analysis, width), *_bars(analysis.sections, analysis.duration, width, colour), ""]
    for section in analysis.sections:
        lines.append(_section(section, width, colour))
    moments = [event for event in analysis.events if event.kind != "end"]
    if moments:
        told = ", ".join(f"{_named(event)} {clock(event.start)}" for event in moments)
        lines += ["", *_wrapped("moments", told, width)]
    for note in analysis.notes:
        lines += _wrapped("note", _plain(note), width)
    return "\n".join(line.rstrip() for line in lines)


def facts(analysis: Analysis) -> list[tuple[str, str]]:
    """The lines of a page: name and value."""
    tempo = analysis.tempo
    loud = analysis.loudness
    told = "no beat" if not tempo.bpm else f"{tempo.bpm:.2f} BPM, {_sure(tempo.confidence)}"
    others = [f"{a.bpm:.1f} ({a.why})" for a in tempo.alternatives[:2]]
    level = "silence" if loud.integrated_lufs is None else f"{loud.integrated_lufs:.1f} LUFS"
    if loud.range_lu is not None:
        level += f", range {loud.range_lu:.1f} LU"
    if loud.true_peak_dbtp is not None:
        level += f", true peak {loud.true_peak_dbtp:.1f} dBTP"
    channels = {1: "mono", 2: "stereo"}.get(analysis.channels, f"{analysis.channels} channels")
    key = analysis.key.name()
    return [
        ("length", f"{clock(analysis.duration)}, {analysis.sample_rate} Hz, {channels}, {analysis.format}"),
        ("tempo", told + (f"; or {', '.join(others)}" if others and tempo.bpm else "")),
        ("metre", f"{analysis.metre} beats a bar, {len(analysis.beats)} beats, {len(analysis.downbeats)} bars"),
        ("key", key + _tuned(analysis)),
        ("loudness", level),
        (
            "mood",
            f"{', '.join(analysis.mood) or 'none'} (energy {analysis.energy:.2f}, valence {analysis.valence:.2f}, "
            f"danceability {analysis.danceability:.2f})",
        ),
    ]


def _tuned(analysis: Analysis) -> str:
    """How sure the key is, and the tuning where it lies off by more than what is measured by chance."""
    if not analysis.key.tonic:
        return ""
    cents = f", tuned {analysis.tuning_cents:+.0f} cents" if abs(analysis.tuning_cents) >= 15 else ""
    return f", {_sure(analysis.key.confidence)}{cents}"


def _named(event: MusicEvent) -> str:
    return f"to {event.key.name()}" if event.key else event.kind


def _sure(confidence: float) -> str:
    return "sure" if confidence >= 0.7 else "fairly sure" if confidence >= 0.4 else "unsure"


def _plain(text: str) -> str:
    """Without control characters: a tag can't send codes to the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _wrapped(name: str, value: str, width: int) -> list[str]:
    """A name and its value, the value in as many lines as it takes."""
    lines = textwrap.wrap(value, width - 10) or [""]
    return [f"{name if not index else '':<10}{line}" for index, line in enumerate(lines)]


def _wave(analysis: Analysis, width: int) -> str:
    points = analysis.waveform or [0.0]
    top = max(points) or 1.0
    cells = []
    for column in range(width):
        first = column * len(points) // width
        last = max(first + 1, (column + 1) * len(points) // width)
        cells.append(_BLOCKS[round(8 * max(points[first:last]) / top)])
    return "".join(cells)


def _bars(sections: list[Section], duration: float, width: int, colour: bool) -> list[str]:
    """A bar of the sections: coloured, with their roles; without colour, their edges and roles."""
    out, at = "", 0
    for index, section in enumerate(sections):
        end = width if index + 1 == len(sections) else round(section.end / max(duration, 1e-9) * width)
        room = end - at
        if room <= 0:
            continue
        name = section.role if len(section.role) < room else section.role[: max(0, room - 1)]
        if colour:
            out += f"\x1b[1;38;5;231;48;5;{_COLOURS.get(section.role, 67)}m{name:<{room}}\x1b[0m"
        else:
            out += f"|{name:<{room - 1}}"
        at = end
    return [out]


def _section(section: Section, width: int, colour: bool) -> str:
    meter = "■" * round(10 * section.energy)
    text = f"{clock(section.start):>8} - {clock(section.end):<8} {section.role:<8} {section.label:<3} {meter:<10}"
    text = _cut(f"{text} {section.key.name() if section.key else ''}", width)
    if not colour:
        return text
    return text.replace(section.role, f"\x1b[38;5;{_COLOURS.get(section.role, 67)}m{section.role}\x1b[0m", 1)
