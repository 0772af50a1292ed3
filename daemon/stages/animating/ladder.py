"""The ladder: what is tried next where a clip is no good. Pure: the tries so far in, the next rung out.

One rung a try. Each is a change that stays in force on the rungs above it, with a new seed each time, since a server
doesn't run the same thing twice. The order is that of the documented causes of black clips, the cheapest to mend
first; the last rung needs no server: the still itself, composited on the beat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

AS_ASKED = "as asked"
SEED = "new seed"
SDPA = "sdpa attention"
EXACT = "no compile, no fp16 accumulation"
WEIGHTS = "other weights precision"
VAE = "fp32 vae"
FEWER = "fewer frames"
SMALLER = "smaller size"
COMPOSITED = "composited still"
RUNGS = (AS_ASKED, SEED, SDPA, EXACT, WEIGHTS, VAE, FEWER, SMALLER, COMPOSITED)
CHANGES = RUNGS[2:-1]  # those that change what is asked, and stay in force
LESS = ("out of memory", "too slow")  # faults that only less of everything can mend
ENOUGH = ("stopped",)  # faults after which nothing more is asked


@dataclass(frozen=True)
class Tried:
    """A rung that was tried, and what was the matter; fault "": the clip was good."""

    rung: str
    fault: str = ""


@dataclass(frozen=True)
class Step:
    """The next rung. changes: all that are in force then; skipped: rungs passed over on the way, with the reason."""

    rung: str
    changes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def last(self) -> bool:
        """Whether nothing is asked of anybody any more."""
        return self.rung == COMPOSITED


def next_step(tries: Sequence[Tried], unable: Mapping[str, str]) -> Step:
    """What to try after those tries. unable: rungs that can't be climbed here -> why.

    ValueError where the last try was good: there is nothing to do then.
    """
    if not tries:
        return Step(AS_ASKED)
    fault = tries[-1].fault
    if not fault:
        raise ValueError("the clip is good")
    there = [tried.rung for tried in tries]
    if fault in ENOUGH:
        return Step(COMPOSITED, skipped=tuple((rung, f"the run was {fault}") for rung in _above(there)))
    skipped: list[tuple[str, str]] = []
    for rung in _above(there):
        if rung in unable:
            skipped.append((rung, unable[rung]))
        elif fault in LESS and rung not in (FEWER, SMALLER):
            skipped.append((rung, f"{fault}: only less may help"))
        else:
            return Step(rung, tuple(each for each in CHANGES if each in there or each == rung), tuple(skipped))
    return Step(COMPOSITED, skipped=tuple(skipped))


def _above(there: Sequence[str]) -> list[str]:
    """The rungs above the highest that was tried, without the last."""
    highest = max(RUNGS.index(rung) for rung in there if rung in RUNGS)
    return list(RUNGS[highest + 1 : -1])
