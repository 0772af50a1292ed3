"""How long a stage will take, learned from what was measured here. Kept in the library; lost without harm."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from daemon import durable

# Seconds of work per second of song, before anything was measured on this machine.
_FIRST = {"analyze": 0.1, "prompt": 0.01, "render": 0.8, "sync": 1.2, "deliver": 0.02}
_FIXED = {"analyze": 3.0, "prompt": 1.0, "render": 5.0, "sync": 5.0, "deliver": 1.0}
_WEIGHT = 0.3
_BYTES_A_SECOND = 40_000.0


class Estimates:
    """Seconds of work by verb and length of song."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rates = dict(_FIRST)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            known = json.loads(path.read_text())
            self._rates.update({k: float(v) for k, v in known.items() if k in _FIRST and 0 < float(v) < 1e4})

    def seconds(self, verb: str, length: float) -> float:
        """Seconds that `verb` will take for a song of `length` seconds."""
        return _FIXED.get(verb, 1.0) + self._rates.get(verb, 0.1) * length

    def learn(self, verb: str, length: float, took: float) -> None:
        """Takes a measured run into account."""
        if length <= 0 or verb not in self._rates:
            return
        rate = max(1e-4, (took - _FIXED.get(verb, 1.0)) / length)
        self._rates[verb] += _WEIGHT * (rate - self._rates[verb])

    def keep(self) -> None:
        """Writes the rates down."""
        with contextlib.suppress(OSError):
            durable.write_json(self._path, self._rates, 0o644)


def length_by_size(size: int) -> float:
    """A song's length in seconds as guessed from its bytes, before it was heard."""
    return size / _BYTES_A_SECOND
