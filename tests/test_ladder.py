"""The ladder: which rung comes after which tries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.stages.animating import ladder
from daemon.stages.animating.ladder import CHANGES, RUNGS, Step, Tried, next_step


def climbed(faults: list[str], unable: dict[str, str] | None = None) -> list[Step]:
    """The steps of a clip whose tries end in those faults, one after the other."""
    tries: list[Tried] = []
    steps = []
    for fault in faults:
        step = next_step(tries, unable or {})
        steps.append(step)
        if step.last:
            break
        tries.append(Tried(step.rung, fault))
    return steps


def test_a_clip_that_is_black_every_time_climbs_rung_by_rung_to_the_still() -> None:
    steps = climbed(["black"] * 20)
    assert [step.rung for step in steps] == list(RUNGS)
    assert steps[0].changes == steps[1].changes == ()
    assert steps[4].changes == (ladder.SDPA, ladder.EXACT, ladder.WEIGHTS)
    assert steps[7].changes == CHANGES
    assert not any(step.skipped for step in steps)


def test_rungs_that_can_not_be_climbed_are_passed_over_and_told_of() -> None:
    unable = {ladder.SDPA: "the workflow names no attention", ladder.VAE: "the server has no such node"}
    steps = climbed(["black"] * 20, unable)
    assert [step.rung for step in steps] == [rung for rung in RUNGS if rung not in unable]
    assert steps[2].skipped == ((ladder.SDPA, "the workflow names no attention"),)
    assert ladder.SDPA not in steps[-2].changes


def test_where_memory_runs_out_only_less_is_tried() -> None:
    steps = climbed(["out of memory", "too slow", "black"])
    assert [step.rung for step in steps] == [ladder.AS_ASKED, ladder.FEWER, ladder.SMALLER]
    assert [rung for rung, _ in steps[1].skipped] == [ladder.SEED, *CHANGES[:-2]]


def test_what_somebody_stopped_is_not_asked_for_again() -> None:
    steps = climbed(["black", "stopped", "black"])
    assert steps[-1].rung == ladder.COMPOSITED and len(steps) == 3


def test_a_good_clip_needs_no_next_step() -> None:
    with pytest.raises(ValueError, match="good"):
        next_step([Tried(ladder.AS_ASKED)], {})


@given(
    st.lists(
        st.sampled_from(["black", "frozen", "out of memory", "too slow", "refused", "stopped"]),
        min_size=12,
        max_size=12,
    ),
    st.sets(st.sampled_from(RUNGS[1:-1])),
)
def test_whatever_happens_each_rung_is_tried_once_in_order_and_the_still_comes_last(
    faults: list[str], cant: set[str]
) -> None:
    steps = climbed(faults, dict.fromkeys(cant, "it can't"))
    order = [RUNGS.index(step.rung) for step in steps]
    assert order == sorted(set(order))
    assert steps[-1].rung == ladder.COMPOSITED
    assert not cant & {step.rung for step in steps}
    told = {rung for step in steps for rung, _ in step.skipped}
    assert {step.rung for step in steps} | told == set(RUNGS)
