"""The film: a timeline planned as values, pictures composited on it, encoded, and verified by decoding.

May import: video and the ground. numba is imported by `kernels`, `lay_kernels`, `sprite_kernels`, `strokes`,
`transitions` and the painter's `raster` alone, after `prepare` has named its cache.
"""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

from daemon import compiled

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # malloc.h


def prepare(cache: Path) -> None:
    """Names numba's cache folder (`cache/numba`), unless it is named already; before numba is imported.

    From then on the process gives back what pictures took.
    """
    compiled.prepare(cache)
    give_back()


def give_back() -> None:
    """Lets freed planes go back to the system at once: glibc would keep them for its heaps, some 100 MB in a film."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such call
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(_ARENA_MAX, 2)
