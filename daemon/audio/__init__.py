"""Listening: arrays in, values out. Decode, spectrum, beats, structure, tonality, mood, loudness.

May import the ground alone. Workers and the command line import this package; the coordinator never
does. `prepare(settings)` comes before anything that compiles: numba's cache lies in a folder of ours.

Conventions: samples are float32, (n, channels) or (n,) for mono, full scale is 1; times are seconds,
increasing, 1-D float64; a frame of a spectrum is centred on frame * hop / rate.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from daemon import compiled

if TYPE_CHECKING:
    from daemon.settings import Settings

ANALYSER = "dropreel-listen 4"


def prepare(settings: Settings) -> None:
    """Gives numba a cache folder of ours, and linear algebra one thread: its matrices are small.

    To be called before numpy and `listen` are imported for the first time in a worker.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    compiled.prepare(settings.cache)
