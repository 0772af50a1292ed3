"""When a drop is whole: two equal signatures seen `settle` seconds apart, and no writer known. Pure, but for the lease.

Times are seconds on a monotonic clock, passed in.
"""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass
class _Sighting:
    signature: Hashable
    first: float


class Settler:
    """Remembers since when each thing has looked the same."""

    def __init__(self, settle: float) -> None:
        self.settle = settle
        self._sightings: dict[Hashable, _Sighting] = {}

    def see(self, key: Hashable, signature: Hashable, now: float, *, writer: bool = False) -> bool:
        """Takes a sighting in; True where the thing has lain unchanged for `settle` seconds.

        A known writer starts the time anew.
        """
        known = self._sightings.get(key)
        if known is None or known.signature != signature or writer:
            self._sightings[key] = _Sighting(signature, now)
            return False
        return now - known.first >= self.settle

    def keep_only(self, keys: Iterable[Hashable]) -> None:
        """Forgets what isn't there any more."""
        kept = set(keys)
        self._sightings = {key: seen for key, seen in self._sightings.items() if key in kept}

    def next_due(self, now: float) -> float | None:
        """Seconds until the next of them can be settled; None where none is on its way."""
        ahead = [seen.first + self.settle - now for seen in self._sightings.values()]
        return max(0.0, min((left for left in ahead if left > 0), default=0.0)) if any(x > 0 for x in ahead) else None


def has_writer(fd: int) -> bool | None:
    """Whether some process has this open file open for writing; None where the system doesn't say.

    Asked by taking a read lease for an instant (fcntl(2), F_SETLEASE): that needs ownership or
    CAP_LEASE, and a file system that has leases. fd must be open for reading only.
    """
    try:
        # A lease that breaks would send SIGIO, whose default is death; SIGURG's is to be ignored.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        os.fstat(fd)
    return False
