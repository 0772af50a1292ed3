"""What the picture rides on: one value a film frame for bass, mid, treble, onsets and loudness."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from daemon.audio.spectrum import FPS, Features

NAMES = ("bass", "mid", "treble", "onset", "rms")
# A short frame hears 23 ms ahead of its centre: looked up that much later, nothing moves before it sounds.
_AHEAD = 1.0

Floats = NDArray[np.float32]


def frame_count(duration: float, fps: Fraction) -> int:
    """Frames of a film of that length; one at least."""
    return max(1, int(duration * fps + 0.5))


def at_frames(features: Features, act: Floats, duration: float, fps: Fraction) -> dict[str, Floats]:
    """Envelopes (frames,), float32, 0..1; 1 is the song's own 99th percentile."""
    count = frame_count(duration, fps)
    if not len(features.rms):
        return {name: np.zeros(count, np.float32) for name in NAMES}
    levels = np.sqrt(np.maximum(features.power, 0))
    sources = {
        "bass": levels[:, 0],
        "mid": levels[:, 1],
        "treble": levels[:, 2],
        "onset": act,
        "rms": features.rms,
    }
    edges = np.arange(count + 1, dtype=np.float64) * (FPS / float(fps))
    out = {}
    for name, values in sources.items():
        shifted: NDArray[np.float64] = edges if name == "onset" else edges + _AHEAD
        peak = _maximum(values, shifted)
        top = 1.0 if name == "onset" else float(np.percentile(peak, 99))
        out[name] = np.asarray(np.clip(peak / top if top > 1e-6 else 0 * peak, 0, 1), np.float32)
    return out


def _maximum(values: Floats, edges: NDArray[np.float64]) -> Floats:
    """The greatest value between each edge and the next, one sample at least."""
    first = np.clip(np.floor(edges[:-1]).astype(int), 0, len(values) - 1)
    last = np.clip(np.ceil(edges[1:]).astype(int), first + 1, len(values))
    out = values[first].copy()
    for step in range(1, int((last - first).max(initial=1))):
        place = np.minimum(first + step, last - 1)
        np.maximum(out, values[place], out=out)
    return np.asarray(out, np.float32)
