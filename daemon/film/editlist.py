"""The edit for editors: OpenTimelineIO, CMX 3600 EDL, Audacity labels, a CSV of what was heard. Pure text.

All of them are written from values; a reader of each format opens them without us.
"""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from typing import Any

from daemon.film.values import Shot, Timeline, frame_at
from daemon.sidecars import Analysis


def otio(timeline: Timeline, title: str, song: str) -> str:
    """The edit as OpenTimelineIO JSON: a track of pictures with their dissolves, a track with the song, markers.

    song: the file name of the sound. Times are whole frames at the film's rate.
    """
    rate = float(timeline.fps)
    pictures: list[dict[str, Any]] = []
    for shot in timeline.shots:
        half = _half(shot)
        if half:
            pictures.append(
                {
                    "OTIO_SCHEMA": "Transition.1",
                    "name": shot.transition.style,
                    "metadata": {"dropreel": {"because": shot.transition.because}},
                    "transition_type": "SMPTE_Dissolve" if shot.transition.kind == "crossfade" else "Custom_Transition",
                    "in_offset": _time(half, rate),
                    "out_offset": _time(half, rate),
                }
            )
        pictures.append(
            _clip(
                shot.picture.id,
                shot.picture.path.name,
                _half(shot),
                shot.frames,
                rate,
                {"dropreel": {"cut_on": shot.cut_on, "role": shot.role, "slot": shot.slot, "mirrored": shot.mirrored}},
                _available(timeline, shot),
            )
        )
    markers = [_marker(effect.start, effect.because, rate) for effect in timeline.effects if effect.kind == "flash"]
    whole: dict[str, Any] = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": title,
        "metadata": {},
        "global_start_time": None,
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "name": "tracks",
            "metadata": {},
            "source_range": None,
            "effects": [],
            "markers": markers,
            "enabled": True,
            "children": [
                _track("pictures", "Video", pictures),
                _track("song", "Audio", [_clip(song, song, 0, timeline.frames, rate, {}, timeline.frames)]),
            ],
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _half(shot: Shot) -> int:
    return shot.transition.half


def _available(timeline: Timeline, shot: Shot) -> int:
    after = timeline.shots[shot.index + 1] if shot.index + 1 < len(timeline.shots) else None
    return _half(shot) + shot.frames + (_half(after) if after else 0)


def _time(value: int, rate: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(value)}


def _range(start: int, frames: int, rate: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(start, rate), "duration": _time(frames, rate)}


def _clip(
    name: str, file: str, start: int, frames: int, rate: float, metadata: dict[str, Any], available: int
) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Clip.2",
        "name": name,
        "metadata": metadata,
        "source_range": _range(start, frames, rate),
        "effects": [],
        "markers": [],
        "enabled": True,
        "active_media_reference_key": "DEFAULT_MEDIA",
        "media_references": {
            "DEFAULT_MEDIA": {
                "OTIO_SCHEMA": "ExternalReference.1",
                "name": file,
                "metadata": {},
                "available_range": _range(0, available, rate),
                "available_image_bounds": None,
                "target_url": file,
            }
        },
    }


def _track(name: str, kind: str, children: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Track.1",
        "name": name,
        "kind": kind,
        "metadata": {},
        "source_range": None,
        "effects": [],
        "markers": [],
        "enabled": True,
        "children": children,
    }


def _marker(frame: int, name: str, rate: float) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "name": name,
        "metadata": {},
        "comment": "",
        "color": "RED",
        "marked_range": _range(frame, 0, rate),
    }


def edl(timeline: Timeline, title: str) -> str:
    """The edit as a CMX 3600 list: an event a shot, dissolves and wipes as long as they are, sources as names.

    Timecode counts whole frames, non-drop, at the nearest whole rate.
    """
    plain = " ".join(title.encode("ascii", "replace").decode().split())[:70]
    lines = [f"TITLE: {plain or 'UNTITLED'}", "FCM: NON-DROP FRAME", ""]
    rate = round(timeline.fps)
    before: Shot | None = None
    for number, shot in enumerate(timeline.shots, 1):
        half, start, end = _half(shot), shot.start, shot.end
        after = timeline.shots[shot.index + 1] if shot.index + 1 < len(timeline.shots) else None
        if half:
            start -= half
        if after:
            end -= _half(after)
        where = f"{_code(start, rate)} {_code(end, rate)}"
        source = f"{_code(0, rate)} {_code(end - start, rate)}"
        if half and before:
            cut = _code(start, rate)
            out = _code(_half(before) + (before.frames if before else 0) - half, rate)
            lines.append(f"{number:03d}  AX       V     C        {out} {out} {cut} {cut}")
            kind = "D   " if shot.transition.kind == "crossfade" else "W001"
            lines.append(f"{number:03d}  AX       V     {kind} {2 * half:03d} {source} {where}")
            lines.append(f"* FROM CLIP NAME: {before.picture.path.name}")
            lines.append(f"* TO CLIP NAME: {shot.picture.path.name}")
        else:
            lines.append(f"{number:03d}  AX       V     C        {source} {where}")
            lines.append(f"* FROM CLIP NAME: {shot.picture.path.name}")
        lines.append(f"* COMMENT: {shot.role}, cut on {shot.cut_on}")
        before = shot
    return "\n".join(lines) + "\n"


def _code(frame: int, rate: int) -> str:
    seconds, frames = divmod(frame, rate)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"


def labels(analysis: Analysis) -> str:
    """Audacity labels: sections and events as regions, downbeats and beats as points."""
    rows = [(section.start, section.end, f"{section.label} {section.role}".strip()) for section in analysis.sections]
    rows += [(event.start, event.end, event.kind) for event in analysis.events]
    bars = set(analysis.downbeats)
    rows += [(beat, beat, "downbeat" if beat in bars else "beat") for beat in analysis.beats]
    return "".join(f"{start:.6f}\t{end:.6f}\t{name}\n" for start, end, name in sorted(rows))


def table(analysis: Analysis, fps: Fraction) -> str:
    """A CSV of everything heard: kind, seconds, end, frame, label."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("kind", "seconds", "end", "frame", "label"))
    rows: list[tuple[str, float, float, str]] = [("beat", t, t, "") for t in analysis.beats]
    rows += [("downbeat", t, t, "") for t in analysis.downbeats]
    rows += [("onset", t, t, "") for t in analysis.onsets]
    rows += [("section", s.start, s.end, f"{s.label} {s.role}".strip()) for s in analysis.sections]
    rows += [("event", e.start, e.end, e.kind) for e in analysis.events]
    for kind, start, end, label in sorted(rows, key=lambda row: (row[1], row[0])):
        writer.writerow((kind, f"{start:.6f}", f"{end:.6f}", frame_at(max(0.0, start), fps), label))
    return out.getvalue()
