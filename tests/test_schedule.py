"""Which jobs may run: pure, by resource, the shortest first, nobody for ever last."""

from __future__ import annotations

from daemon.queue.schedule import Candidate, choose, delay

SLOTS = {"cpu": 1, "gpu": 1}


def test_the_shortest_job_goes_first() -> None:
    waiting = [Candidate("long", "cpu", 100, 0), Candidate("short", "cpu", 10, 0)]
    assert choose(waiting, [], SLOTS) == ["short"]


def test_a_long_job_is_overtaken_only_for_as_long_as_it_is_long() -> None:
    waiting = [Candidate("long", "cpu", 100, 95), Candidate("short", "cpu", 10, 0)]
    assert choose(waiting, [], SLOTS) == ["long"]


def test_a_bumped_job_goes_ahead() -> None:
    waiting = [Candidate("long", "cpu", 100, 0, priority=1), Candidate("short", "cpu", 10, 0)]
    assert choose(waiting, [], SLOTS) == ["long"]


def test_each_resource_has_its_own_slots() -> None:
    waiting = [Candidate("a", "cpu", 1, 0), Candidate("b", "gpu", 2, 0), Candidate("c", "cpu", 3, 0)]
    assert choose(waiting, [], SLOTS) == ["a", "b"]
    assert choose(waiting, [Candidate("r", "cpu", 1, 0)], SLOTS) == ["b"]


def test_a_job_that_was_interrupted_often_runs_alone() -> None:
    alone = Candidate("alone", "cpu", 1, 0, alone=True)
    assert choose([alone, Candidate("b", "gpu", 2, 0)], [], SLOTS) == ["alone"]
    assert choose([Candidate("b", "gpu", 2, 0)], [alone], SLOTS) == []


def test_a_job_that_must_run_alone_is_not_starved() -> None:
    alone = Candidate("alone", "cpu", 1, 700, alone=True)
    assert choose([alone, Candidate("b", "gpu", 2, 0)], [Candidate("r", "cpu", 1, 0)], SLOTS) == []


def test_delays_double_and_are_bounded() -> None:
    assert [delay(n, 10, 1800) for n in (1, 2, 3, 9, 1000)] == [10, 20, 40, 1800, 1800]
