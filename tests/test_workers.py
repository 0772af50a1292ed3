"""Workers: whatever a stage does to its process costs that attempt and nothing else."""

from __future__ import annotations

import errno
import os
import queue
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import events, sidecars
from daemon.queue import keeper
from daemon.queue.pools import Pools
from daemon.queue.workers import Workers
from daemon.settings import Resources, Settings
from tests.queue_help import make_root

JOB = "20260101-120000-a-song-{:06x}"


class Bench:
    """Workers and what they put."""

    def __init__(self, settings: Settings, **more: Any) -> None:
        self.settings = settings
        self.heard: queue.Queue[events.Event] = queue.Queue()
        self.progress: list[events.Progress] = []
        self.workers = Workers(settings, self.heard.put, resolver="tests.toy_stages:function", **more)
        self.workers.start()
        self.count = 0

    def job(self) -> Path:
        self.count += 1
        folder = self.settings.stages / "queued" / JOB.format(self.count)
        folder.mkdir()
        (folder / "job.json").write_text("{}")
        return folder

    def run(self, verb: str, limit: float = 60, **more: Any) -> Path:
        folder = self.job()
        self.workers.submit(folder, verb, attempt=1, limit=limit, reads=("job.json",), **more)
        return folder

    def ended(self) -> events.WorkerEnded:
        """The next end of a call."""
        while True:
            event = self.heard.get(timeout=60)
            if isinstance(event, events.WorkerEnded):
                return event
            assert isinstance(event, events.Progress)
            self.progress.append(event)

    def failed(self) -> events.Failed:
        outcome = self.ended().outcome
        assert isinstance(outcome, events.Failed), outcome
        return outcome

    def advanced(self) -> sidecars.Prompts:
        outcome = self.ended().outcome
        assert isinstance(outcome, events.Advance), outcome
        return sidecars.Prompts.model_validate_json(outcome.sidecar)

    def until_it_sleeps(self) -> None:
        while True:
            event = self.heard.get(timeout=60)
            if isinstance(event, events.Progress) and event.doing == "asleep":
                return


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    settings = make_root(tmp_path_factory.mktemp("workers") / "root", resources=Resources(cpu=1))
    made = Bench(settings)
    yield made
    made.workers.stop()


def wait_for(what: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    except FileNotFoundError:
        return True


def test_a_stage_returns_its_sidecar_marked_with_what_it_read_and_how_long_it_took(bench: Bench) -> None:
    folder = bench.run("quick")
    made = bench.advanced()
    assert made.made_from == sidecars.digest(folder, ("job.json",))
    assert made.seconds is not None and made.seconds >= 0
    assert made.style == "1"


def test_an_error_in_the_keeper_of_the_workers_does_not_end_it(bench: Bench) -> None:
    bench.workers._keeper.ask(lambda: [].pop())
    bench.run("quick")
    assert bench.advanced().style == "1"


def test_where_no_process_can_be_started_the_attempt_ends_and_the_next_one_runs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(*_: Any) -> Any:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(Pools, "get", no_more)
        bench.run("quick")
        assert bench.failed().kind == "died"
    bench.run("quick")
    assert bench.advanced().style == "1"


def test_a_warm_worker_is_used_again(bench: Bench) -> None:
    bench.run("quick")
    first = bench.advanced().place
    bench.run("quick")
    assert bench.advanced().place == first


def test_a_long_answer_comes_through(bench: Bench) -> None:
    bench.run("long_answer")
    assert len(bench.advanced().place) == 5_000_000


@pytest.mark.parametrize(
    ("verb", "kind", "what"),
    [
        ("passing", "passing", "the painter doesn't answer"),
        ("final", "final", "this is no music"),
        ("held", "held", "no room"),
        ("surprise", "passing", "an error in surprise"),
        ("wants_to_exit", "passing", "an error in wants_to_exit"),
        ("no_such_stage", "passing", "an error in no_such_stage"),
    ],
)
def test_what_a_stage_raises_is_told_as_what_happens_next(bench: Bench, verb: str, kind: str, what: str) -> None:
    bench.run(verb)
    failed = bench.failed()
    assert (failed.kind, failed.what) == (kind, what)


def test_a_surprise_keeps_its_traceback(bench: Bench) -> None:
    bench.run("surprise")
    failed = bench.failed()
    assert "KeyError" in failed.why
    assert "toy_stages.py" in str(failed.facts["traceback"])


@pytest.mark.parametrize(
    ("verb", "why"),
    [("kills_itself", "SIGKILL"), ("leaves_with_3", "status 3"), ("leaves_with_0", "without an answer")],
)
def test_a_worker_that_dies_costs_its_attempt_and_the_next_one_runs(bench: Bench, verb: str, why: str) -> None:
    bench.run(verb)
    failed = bench.failed()
    assert failed.kind == "died"
    assert why in failed.why
    bench.run("quick")
    bench.advanced()


@pytest.mark.parametrize("verb", ["sleeps", "ignores_sigterm"])
def test_a_stage_that_runs_over_its_time_is_ended(bench: Bench, verb: str) -> None:
    bench.run(verb, limit=0.3)
    failed = bench.failed()
    assert failed.kind == "overran"
    assert "0.3 s" in failed.why
    bench.run("quick")
    bench.advanced()


def test_a_cancelled_stage_is_dead_when_that_is_told(bench: Bench) -> None:
    folder = bench.run("sleeps")
    bench.until_it_sleeps()
    (running,) = bench.workers.running()
    assert running.verb == "sleeps" and running.pid and running.ran is not None
    assert bench.workers.cancel(folder.name[-6:])
    ended = bench.ended()
    assert isinstance(ended.outcome, events.Failed) and ended.outcome.kind == "cancelled"
    assert gone(running.pid)
    assert bench.workers.running() == []
    assert not bench.workers.cancel(folder.name[-6:])


def test_a_job_runs_once_at_a_time(bench: Bench) -> None:
    folder = bench.run("sleeps")
    with pytest.raises(ValueError, match="runs already"):
        bench.workers.submit(folder, "quick", attempt=2, limit=1)
    bench.until_it_sleeps()
    bench.workers.cancel(folder.name[-6:])
    assert bench.failed().kind == "cancelled"


def test_a_worker_killed_from_outside_while_idle_does_not_stop_the_next_call(bench: Bench) -> None:
    bench.run("quick")
    pid = int(bench.advanced().place.removeprefix("pid "))
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: gone(pid))
    bench.run("quick")
    assert bench.advanced().place != f"pid {pid}"


def test_progress_is_told_a_few_times_a_second_at_most(bench: Bench) -> None:
    bench.progress.clear()
    began = time.monotonic()
    bench.run("chatters")
    bench.advanced()
    told = len(bench.progress)
    assert 1 <= told <= 5 * (time.monotonic() - began) + 2
    assert bench.progress[0].doing == "talking"
    assert "step" in bench.progress[0].extra


def test_a_worker_gets_its_threads_its_cache_and_a_low_priority(bench: Bench) -> None:
    bench.run("threads")
    made = bench.advanced()
    assert made.mood[0].isdigit() and made.mood[0] == made.mood[1]
    assert made.mood[2] == str(bench.settings.cache / "numba")
    assert int(made.style) >= 10


def test_a_program_that_a_stage_started_dies_with_its_worker(bench: Bench) -> None:
    folder = bench.run("starts_a_program")
    wait_for(lambda: (folder / "worker.pid").exists() and (folder / "worker.pid").read_text())
    program, worker = (int((folder / name).read_text()) for name in ("program.pid", "worker.pid"))
    assert not gone(program)
    os.kill(worker, signal.SIGKILL)
    assert bench.failed().kind == "died"
    wait_for(lambda: gone(program))


def test_pools_are_apart_so_that_one_resource_never_waits_for_another(bench: Bench) -> None:
    slow = bench.run("sleeps", resource="cpu")
    bench.until_it_sleeps()
    bench.run("quick", resource="net")
    bench.advanced()
    bench.workers.cancel(slow.name[-6:])
    assert bench.failed().kind == "cancelled"


def test_stopping_ends_even_a_stage_that_will_not_listen_and_soon(tmp_path: Path) -> None:
    bench = Bench(make_root(tmp_path / "root", resources=Resources(cpu=1)))
    bench.run("ignores_sigterm")
    bench.until_it_sleeps()
    (running,) = bench.workers.running()
    began = time.monotonic()
    bench.workers.stop()
    assert time.monotonic() - began < 5
    assert gone(running.pid)
    assert bench.heard.empty()


def test_a_pool_whose_workers_take_nothing_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(make_root(tmp_path / "root", resources=Resources(cpu=1)))
    bench.run("quick")
    pid = int(bench.advanced().place.removeprefix("pid "))
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(keeper, "_STUCK", 0.5)
    bench.run("quick")
    assert bench.advanced().place != f"pid {pid}"
    bench.workers.stop()


def test_new_settings_give_idle_pools_their_new_size(tmp_path: Path) -> None:
    bench = Bench(make_root(tmp_path / "root", resources=Resources(cpu=1)))
    bench.run("quick")
    bench.advanced()
    bench.workers.set_settings(bench.settings.model_copy(update={"resources": Resources(cpu=2)}))
    for _ in range(2):
        bench.run("sleeps")
    wait_for(lambda: [run.ran is not None for run in bench.workers.running()] == [True, True])
    bench.workers.stop()


def test_workers_are_renewed_after_some_calls(tmp_path: Path) -> None:
    bench = Bench(make_root(tmp_path / "root", resources=Resources(cpu=1)), tasks_a_worker=2)
    seen = set()
    for _ in range(4):
        bench.run("quick")
        seen.add(bench.advanced().place)
    bench.workers.stop()
    assert len(seen) == 2


def test_workers_die_with_a_coordinator_that_is_killed(tmp_path: Path) -> None:
    make_root(tmp_path / "root")
    program = textwrap.dedent(
        f"""
        import pathlib, sys, time
        from daemon.queue.workers import Workers
        from daemon.settings import Resources, Settings
        if __name__ == "__main__":
            settings = Settings(root=pathlib.Path({str(tmp_path / "root")!r}), resources=Resources(cpu=1))
            workers = Workers(settings, lambda event: None, resolver="tests.toy_stages:function")
            workers.start()
            job = settings.stages / "queued" / {JOB.format(1)!r}
            job.mkdir()
            workers.submit(job, "starts_a_program", 1, 600, reads=())
            time.sleep(600)
        """
    )
    script = tmp_path / "coordinator.py"
    script.write_text(program)
    here = Path(__file__).parents[1]
    daemon = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(here)})
    noted = tmp_path / "root" / "stages" / "queued" / JOB.format(1) / "worker.pid"
    try:
        wait_for(lambda: noted.exists() and noted.read_text(), 60)
        pids = [int((noted.parent / name).read_text()) for name in ("program.pid", "worker.pid")]
    finally:
        daemon.kill()
        daemon.wait()
    for pid in pids:
        wait_for(lambda pid=pid: gone(pid))  # type: ignore[misc]
