"""The report beside a film: how it sits on the music, shot by shot, in one page that needs nothing else.

`view` is pure and makes plain values of the sidecars; the template only places them. Times are
seconds; a share is a percentage of the song or of a row.
"""

from __future__ import annotations

import base64
import functools
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import sidecars
from daemon.film.credits import credits
from daemon.film.report_plot import plot
from daemon.film.report_rows import clock, role_of, rows
from daemon.names import shown

if TYPE_CHECKING:
    from jinja2 import Environment

_MOST_SHOTS = 400
_THUMBNAIL_BYTES = 1_500_000  # of all pictures together, before base64
_STILL = 0.040  # seconds within which a cut is called on the beat, in words
_CUT_ON = {
    "start": "the film begins",
    "section": "a new section begins",
    "drop": "the drop",
    "downbeat": "first beat of a bar",
    "beat": "on a beat",
    "grid": "by the clock: no beat is heard here",
}


def report(
    job: sidecars.Job,
    analysis: sidecars.Analysis,
    edit: dict[str, Any],
    sync: sidecars.Sync,
    thumbnails: dict[int, bytes],
    approval: sidecars.Approval | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The page, as HTML.

    edit: the timeline as it is delivered in edit.json. thumbnails: shot index -> JPEG bytes; where
    there are too many for a page of some 3 MB, only some are shown. approval: who decided.
    notes: what people should know of the pictures, beside what was heard.
    """
    told = view(job, analysis, edit, sync, thumbnails, approval, notes)
    page: str = _environment().get_template("report.html").render(**told)
    return page


def view(
    job: sidecars.Job,
    analysis: sidecars.Analysis,
    edit: dict[str, Any],
    sync: sidecars.Sync,
    thumbnails: dict[int, bytes],
    approval: sidecars.Approval | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """What the page shows, as plain values."""
    fps = Fraction(str(edit.get("fps") or "30"))
    frames = int(edit.get("frames") or 0)
    duration = max(float(frames / fps), 0.001)
    shots = [_shot(shot, analysis.beats, fps) for shot in edit.get("shots") or []]
    kept = _thinned([shot["index"] for shot in shots if thumbnails.get(shot["index"])], thumbnails)
    for shot in shots:
        shot["picture"] = shot["index"] in kept
    scores = sync.scores
    by = credits(job, analysis)
    step = math.ceil(len(shots) / _MOST_SHOTS) if shots else 1
    return {
        "title": shown(by.title),
        "artist": shown(by.artist),
        "dropped": shown(job.dropped_as or job.title),
        "rule": shown(job.rule_name),
        "facts": _facts(analysis, edit, sync, fps, duration),
        "sentence": scores.sentence(),
        "bars": _score_bars(scores),
        "cuts": scores.cuts,
        "bas": f"{scores.bas:.2f}",
        "random_bas": f"{scores.random_bas:.2f}",
        "rows": rows(analysis, shots, duration),
        "found": plot(edit),
        "shape": f"{edit.get('width') or 16} / {edit.get('height') or 9}",
        "roles": list(dict.fromkeys(role_of(section.role) for section in analysis.sections)),
        "shots": shots[::step],
        "step": step,
        "count": len(shots),
        "images": {index: base64.b64encode(thumbnails[index]).decode() for index in sorted(kept)},
        "checks": [
            {"name": shown(one.name), "ok": one.ok, "measured": shown(one.measured), "limit": shown(one.limit)}
            for one in sync.checks
        ],
        "failed": sum(not one.ok for one in sync.checks),
        "films": [_film(one) for one in sync.films] if len(sync.films) > 1 or _told(sync) else [],
        "clips": [_clip(one) for one in sync.clips],
        "missing": [{"name": shown(one.name), "why": shown(one.why)} for one in sync.missing],
        "loudness": _loudness(sync),
        "loudness_of_film": any(after != "-" for _, _, after in _loudness(sync)),
        "effects": Counter(shown(str(one.get("kind", ""))) for one in edit.get("effects") or []).most_common(),
        "approval": _approved(approval),
        "notes": [shown(note) for note in (*analysis.notes, *notes, *sync.notes)],
        "tries": sync.tries,
    }


# --- pieces ------------------------------------------------------------------------------------


def _facts(
    analysis: sidecars.Analysis, edit: dict[str, Any], sync: sidecars.Sync, fps: Fraction, duration: float
) -> list[tuple[str, str]]:
    tempo = analysis.tempo
    rate = f"{float(fps):.5g}"
    found = [
        ("Length", clock(duration)),
        ("Tempo", f"{tempo.bpm:.4g} BPM" if tempo.bpm else "none heard"),
        ("Key", analysis.key.name()),
        ("Metre", f"{analysis.metre}/4"),
        ("Shots", str(len(edit.get("shots") or []))),
        ("Picture", f"{edit.get('width', '?')} x {edit.get('height', '?')}, {rate} frames a second"),
    ]
    if analysis.mood:
        found.append(("Mood", ", ".join(shown(word) for word in analysis.mood[:4])))
    if sync.av_offset_ms is not None:
        found.append(("Sound against picture", _milliseconds(sync.av_offset_ms)))
    if sync.films:
        found.append(("File", f"{sync.films[0].size / 1e6:.1f} MB"))
    return found


def _milliseconds(value: float) -> str:
    """'+0.02 ms'; what rounds to nothing has no sign."""
    return f"{value:+.2f} ms" if abs(value) >= 0.005 else "0.00 ms"


def _told(sync: sidecars.Sync) -> bool:
    """Whether there is something to say of the films one by one."""
    return bool(sync.missing) or any(film.notes for film in sync.films)


def _film(film: sidecars.Film) -> dict[str, Any]:
    """A row of the table of films."""
    passed = sum(check.ok for check in film.checks)
    return {
        "name": shown(film.name) or "the film",
        "picture": f"{film.width} x {film.height}",
        "rate": f"{float(Fraction(film.fps)):.5g}",
        "size": f"{film.size / 1e6:.1f} MB",
        "offset": _milliseconds(film.av_offset_ms) if film.av_offset_ms is not None else "-",
        "checks": f"{passed} of {len(film.checks)}",
        "ok": passed == len(film.checks),
        "notes": [shown(note) for note in film.notes],
    }


def _score_bars(scores: sidecars.Scores) -> list[dict[str, Any]]:
    """Share of cuts on a beat, this film's and that of random cuts."""
    if not scores.cuts:
        return []
    return [
        {"name": "this film", "share": round(100 * min(1.0, scores.hit), 1), "mine": True},
        {"name": "random cuts", "share": round(100 * min(1.0, scores.random_hit), 1), "mine": False},
    ]


def _clip(clip: sidecars.Clip) -> dict[str, Any]:
    """Who moved a still, on which rung, and what the tries before it came to."""
    refused = [f"{shown(one.rung)}: {shown(one.fault)}" for one in clip.tries if one.fault]
    skipped = [f"{shown(one.rung)} left out, {shown(one.skipped)}" for one in clip.tries if one.skipped]
    return {
        "id": shown(clip.picture or clip.slot),
        "moves": bool(clip.file),
        "by": shown(clip.by) if clip.file else "the still, on the beat",
        "rung": shown(clip.rung) if clip.file else shown(clip.because),
        "tries": "; ".join([*refused, *skipped]),
        "took": f"{clip.seconds:.0f} s" if clip.seconds else "",
    }


def _shot(shot: dict[str, Any], beats: Sequence[float], fps: Fraction) -> dict[str, Any]:
    start, end = int(shot.get("start", 0)), int(shot.get("end", 0))
    at = float(start / fps)
    transition = shot.get("transition") or {}
    kind = shown(str(transition.get("kind", "cut"))).replace("_", " ")
    why = _CUT_ON.get(str(shot.get("cut_on")), shown(str(shot.get("cut_on", ""))))
    role = role_of(shot.get("role"))
    if shot.get("cut_on") == "section":
        why = f"the {role} begins" if role != "section" else why
    return {
        "index": int(shot.get("index", 0)),
        "at": at,
        "clock": f"{clock(at)}.{int(at % 1 * 100):02d}",
        "length": float((end - start) / fps),
        "id": shown(str(shot.get("picture", ""))),
        "role": role,
        "why": why,
        "off": _off(at, beats) if start else "",
        "on": bool(start) and _near(at, beats) <= _STILL,
        "via": f"{kind}, {int(transition.get('frames') or 0)} frames" if kind != "cut" else "",
    }


def _near(at: float, beats: Sequence[float]) -> float:
    place = bisect_left(beats, at)
    return min((abs(beat - at) for beat in beats[max(0, place - 1) : place + 1]), default=math.inf)


def _off(at: float, beats: Sequence[float]) -> str:
    """How far a cut is from the nearest beat, in words; "" where there is none near."""
    place = bisect_left(beats, at)
    near = min(beats[max(0, place - 1) : place + 1], key=lambda beat: abs(beat - at), default=None)
    if near is None or abs(near - at) > 0.5:
        return ""
    gap = round(1000 * (at - near))
    return "to the millisecond" if not gap else f"{abs(gap)} ms {'after' if gap > 0 else 'before'} the beat"


def _thinned(indices: list[int], thumbnails: dict[int, bytes]) -> set[int]:
    """The shots whose pictures fit on the page, evenly spread."""
    step = 1
    while indices and sum(len(thumbnails[index]) for index in indices[::step]) > _THUMBNAIL_BYTES:
        step += 1
        if step > len(indices):
            return set()
    return set(indices[::step])


def _loudness(sync: sidecars.Sync) -> list[tuple[str, str, str]]:
    def said(value: float | None, unit: str) -> str:
        return "-" if value is None or not math.isfinite(value) else f"{value:.1f} {unit}"

    before, after = sync.loudness_before, sync.loudness_after
    table = [
        ("Loudness", said(before.integrated_lufs, "LUFS"), said(after.integrated_lufs, "LUFS")),
        ("Range", said(before.range_lu, "LU"), said(after.range_lu, "LU")),
        ("True peak", said(before.true_peak_dbtp, "dBTP"), said(after.true_peak_dbtp, "dBTP")),
    ]
    return [] if all(row[1:] == ("-", "-") for row in table) else table


def _approved(approval: sidecars.Approval | None) -> dict[str, Any] | None:
    if approval is None:
        return None
    own = sum(one.origin == "person" for many in approval.pictures.values() for one in many)
    people = Counter(shown(one.by) for one in approval.decisions if one.verdict == "ok" and one.by)
    because = shown(approval.because)
    return {
        "because": because[:1].upper() + because[1:],
        "at": shown(approval.at)[:16].replace("T", " "),
        "own": own,
        "people": ", ".join(f"{name} ({count})" for name, count in people.most_common(8)),
    }


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
