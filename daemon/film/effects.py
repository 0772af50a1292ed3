"""The effects of a film, as values, each named after the musical event that caused it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

from daemon.film import dance
from daemon.film.cuts import Beats, beats_of, level
from daemon.film.values import Effect, Shot, frame_at
from daemon.rules import Edit
from daemon.sidecars import Analysis, Section

FLASHES = 3  # full-screen flashes in any second: WCAG 2.3.1
_ZOOM = 0.3  # seconds in which a zoom on a beat dies away
_FLASH = 0.35


def ride(analysis: Analysis, shots: Sequence[Shot], frames: int, fps: Fraction, edit: Edit) -> list[Effect]:
    """All effects, by their first frame."""
    sections = analysis.sections or [Section(start=0.0, end=analysis.duration)]
    beats = beats_of(analysis, fps)
    found = [
        *_fades(frames, fps, edit),
        *_flashes(shots, fps, edit),
        *_zooms(shots, sections, beats, frames, fps, edit),
        *_shakes(shots, sections, edit),
        *dance.ride(shots, sections, beats),
    ]
    return sorted(found, key=lambda effect: (effect.start, effect.kind))


def _fades(frames: int, fps: Fraction, edit: Edit) -> list[Effect]:
    length_in = min(frame_at(edit.fade_in, fps), frames // 3)
    length_out = min(frame_at(edit.fade_out, fps), frames // 3)
    found = []
    if length_in:
        found.append(Effect("fade_in", 0, length_in, 1.0, "start of the song"))
    if length_out:
        found.append(Effect("fade_out", frames - length_out, length_out, 1.0, "end of the song"))
    return found


def _flashes(shots: Sequence[Shot], fps: Fraction, edit: Edit) -> list[Effect]:
    if not edit.flashes or edit.flash <= 0:
        return []
    wanted = [
        Effect("flash", shot.start, max(2, frame_at(_FLASH, fps)), edit.flash, f"drop at frame {shot.start}")
        for shot in shots
        if shot.cut_on == "drop"
    ]
    return limited(wanted, fps)


def limited(flashes: Sequence[Effect], fps: Fraction) -> list[Effect]:
    """Flashes of which no second holds more than three: the later ones are left out."""
    kept: list[Effect] = []
    second = -int(-fps // 1)
    for flash in sorted(flashes, key=lambda effect: effect.start):
        if len(kept) < FLASHES or flash.start - kept[-FLASHES].start > second:
            kept.append(flash)
    return kept


def _zooms(
    shots: Sequence[Shot], sections: list[Section], beats: Beats, frames: int, fps: Fraction, edit: Edit
) -> list[Effect]:
    """A zoom on each strong beat: all beats where the energy is high, those that start a bar where it is medium."""
    if edit.zoom <= 0:
        return []
    starts = [shot.start for shot in shots]
    found = []
    for beat in beats.frames:
        shot = shots[max(0, bisect_right(starts, beat) - 1)]
        energy = level(sections[min(shot.section, len(sections) - 1)])
        strong = beat in beats.strong
        share = {("high", True): 1.0, ("high", False): 0.45, ("medium", True): 0.6}.get((energy, strong), 0.0)
        if share:
            length = min(max(2, frame_at(_ZOOM, fps)), frames - beat)
            name = "downbeat" if strong else "beat"
            found.append(
                Effect("zoom", beat, length, round(edit.zoom * share, 5), f"{name} at frame {beat}, {shot.role}")
            )
    return found


def _shakes(shots: Sequence[Shot], sections: list[Section], edit: Edit) -> list[Effect]:
    """A shake that follows the bass, over each run of shots of high energy."""
    if edit.shake <= 0:
        return []
    found: list[Effect] = []
    for shot in shots:
        if level(sections[min(shot.section, len(sections) - 1)]) != "high":
            continue
        because = f"bass of the {shot.role} (section {shot.section})"
        if found and found[-1].because == because and found[-1].start + found[-1].frames == shot.start:
            before = found.pop()
            found.append(Effect("shake", before.start, shot.end - before.start, edit.shake, because))
        else:
            found.append(Effect("shake", shot.start, shot.frames, edit.shake, because))
    return found
