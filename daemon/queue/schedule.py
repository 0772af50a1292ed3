"""Which waiting jobs may run now. Pure: facts in, ids out.

Bumped jobs go first; then the shortest, with ageing: each second of waiting counts as if the job
were a second shorter, so that a long one is overtaken for as long as it is long, not for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """A job that could run. estimate and age in seconds; alone: nothing else may run beside it."""

    id: str
    resource: str
    estimate: float
    age: float
    priority: int = 0
    alone: bool = False


def choose(waiting: Iterable[Candidate], running: Iterable[Candidate], slots: Mapping[str, int]) -> list[str]:
    """The ids to start now, in order. `slots`: how many may run at once, by resource."""
    active = list(running)
    if any(one.alone for one in active):
        return []
    used = Counter(one.resource for one in active)
    chosen: list[str] = []
    for one in sorted(waiting, key=_rank):
        if one.alone:
            if not active and not chosen:
                return [one.id]
            if _oldest_alone(one):
                # It has waited long enough: nothing new starts until it can run by itself.
                break
            continue
        if used[one.resource] < slots.get(one.resource, 1):
            used[one.resource] += 1
            chosen.append(one.id)
    return chosen


def _rank(one: Candidate) -> tuple[int, float, str]:
    return (-one.priority, one.estimate - one.age, one.id)


def _oldest_alone(one: Candidate) -> bool:
    return one.age > 600 or one.priority > 0


def delay(tries: int, first: float, longest: float) -> float:
    """Seconds to wait after the n-th fault (n from 1): first, doubling, at most longest."""
    return float(min(longest, first * 2.0 ** max(0, min(tries - 1, 32))))
