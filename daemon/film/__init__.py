"""The film: a timeline planned as values, pictures composited on it, encoded, and verified by decoding.

May import: video and the ground. numba is imported by `kernels`, `lay_kernels`, `sprite_kernels`, `strokes`,
`transitions` and the painter's `raster` alone, after `prepare` has named its cache.
"""

from __future__ import annotations

from pathlib import Path

from daemon import compiled


def prepare(cache: Path) -> None:
    """Names numba's cache folder (`cache/numba`), unless it is named already; before numba is imported."""
    compiled.prepare(cache)
