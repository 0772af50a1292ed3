"""Drops: where the bass comes back at once, after it was taken away while something rose.

What tells a drop from a chorus is what came before it (Yadati et al., Detecting Drops in Electronic Dance Music,
ISMIR 2014; Butler, Unlocking the Groove, 2006): in the bars before, the kick and the bass are gone, and a riser or
a roll grows; on the downbeat all enters together. All arrays are (n,), one value a bar.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_GONE = 0.5  # the bass before a drop, as a share of that after it
_JUMP = 0.2  # of energy, two bars a side
_RISE = 0.65  # of what leads up to it
_ENTRY = 0.1  # of energy, two bars a side, where a drop's music comes again
_ALIKE = 0.25  # the distance of the same music, as a share of that of the song's parts
_SILENT = 60  # dB of treble below the loudest bar
_WAIT = 8  # bars within which a built drop makes what came before it a part of its build


def returns(energy: Doubles, bass_onsets: Doubles) -> NDArray[np.bool_]:
    """(n + 1,) the edges at which bass and energy come back after two bars without them."""
    out = np.zeros(len(energy) + 1, bool)
    usual = max(1e-9, float(np.percentile(bass_onsets, 90))) if len(bass_onsets) else 1.0
    for edge in range(2, len(energy) - 1):
        before, after = float(bass_onsets[edge - 2 : edge].mean()), float(bass_onsets[edge : edge + 2].mean())
        leap = float(energy[edge : edge + 2].mean() - energy[edge - 2 : edge].mean())
        out[edge] = after > 0.5 * usual and before < _GONE * after and leap > _JUMP
    return out


def rises(treble: Doubles, density: Doubles) -> Doubles:
    """(n + 1,) how much grows in the four or eight bars before each edge: treble (8 dB count 1) and onset density."""
    out = np.zeros(len(treble) + 1)
    silent = treble < treble.max(initial=-np.inf) - _SILENT
    for edge in range(4, len(treble) + 1):
        for length in (4, 8):
            # What starts from silence rises from nothing: that is a beginning, no build-up.
            if edge < length or silent[edge - length : edge].any():
                continue
            early, late = slice(edge - length, edge - length // 2), slice(edge - length // 2, edge)
            dense = float(density[late].mean() / max(1e-9, float(density[early].mean())))
            grown = float(treble[late].mean() - treble[early].mean()) / 8 + 0.5 * (dense - 1)
            out[edge] = max(out[edge], grown)
    return out


def built(energy: Doubles, bass_onsets: Doubles, treble: Doubles, density: Doubles) -> list[int]:
    """The edges (bars) of drops that something led up to, at least four bars apart."""
    rise = rises(treble, density)
    found = _entries(returns(energy, bass_onsets) & (rise > _RISE), energy, bass_onsets)
    # A kick that comes back for the first half of a build is no drop: the rise goes on, and further.
    return [e for e in found if not any(0 < o - e <= _WAIT and rise[e] < 0.75 * rise[o] for o in found)]


def _entries(candidates: NDArray[np.bool_], energy: Doubles, bass_onsets: Doubles) -> list[int]:
    """Of candidates less than four bars apart the one at which most enters, from one bar to the next."""
    usual = max(1e-9, float(np.percentile(bass_onsets, 90)))
    leap = np.diff(energy, prepend=energy[:1]) + np.diff(bass_onsets, prepend=bass_onsets[:1]) / usual
    found: list[int] = []
    for edge in sorted((int(e) for e in np.flatnonzero(candidates)), key=lambda e: float(leap[e]), reverse=True):
        if all(abs(edge - other) >= 4 for other in found):
            found.append(edge)
    return sorted(found)


def sudden(energy: Doubles, rows: Doubles, bass_onsets: Doubles, led: list[int]) -> list[int]:
    """The edges at which the music of a built drop (`led`) enters at once without a rise, out of a break or an intro.

    rows (n, d): what each bar is like. Only in a song that has built drops: elsewhere it is a chorus after a bridge;
    and only where it is that drop's music, as full as there: else it is a verse. Once a drop was built, all that
    comes back from a break as full as there counts, in another key too.
    """
    if not led:
        return []
    full = min(float(energy[edge : edge + 4].mean()) for edge in led)
    blocks = np.array([rows[start : start + 4].mean(axis=0) for start in range(0, max(1, len(rows) - 3), 4)])
    apart = [float(np.linalg.norm(a - b)) for place, a in enumerate(blocks) for b in blocks[:place]]
    near = _ALIKE * float(np.median(apart)) if apart else 0.0
    built_rows = np.array([rows[edge : edge + 4].mean(axis=0) for edge in led])
    back = returns(energy, bass_onsets)
    candidates = np.zeros(len(energy) + 1, bool)
    for edge in range(2, len(energy) - 1):
        enters = float(energy[edge : edge + 2].mean() - energy[edge - 2 : edge].mean()) > _ENTRY
        away = np.linalg.norm(built_rows - rows[edge : edge + 4].mean(axis=0), axis=1)
        known = float(away.min()) < near and (enters or bool(back[edge]))
        again = edge > led[0] and bool(back[edge])
        candidates[edge] = (known or again) and float(energy[edge : edge + 4].mean()) > 0.95 * full
    found = _entries(candidates, energy, bass_onsets)
    return [edge for edge in found if not any(-4 < other - edge <= _WAIT for other in led)]
