"""What the coordinator costs with 0 and with 2,000 jobs: listing and recovering them, memory and processor when idle.

    python -m benchmarks.coordinator [--jobs 2000] [--seconds 60]

Recovery is measured in this process, with jobs in every stage, each live one marked as interrupted: from the start of
the coordinator until every job was looked at and its act carried out. Memory and idle processor time are those of a
real `python -m daemon run` with the settings as shipped: 8 of 10 jobs are done, 1 has failed, 1 waits on its desk.
Exit code 1 where it needs 90 MB or more, or `status` 0.3 s or more.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from daemon import log, rulebook, sidecars
from daemon.job import LIVE, STAGES, JobFolder
from daemon.queue import spool
from daemon.settings import Settings
from daemon.stages import PIPELINES
from daemon.stages.tools import Tools
from tests import coordinating, toys

CHECKOUT = Path(__file__).parents[1]
MEMORY_MB, STATUS_S = 90, 0.3
STATUS_RUNS = 5


class Idle:
    """Workers that take everything and end nothing."""

    def start(self) -> None:
        pass

    def set_settings(self, settings: Settings) -> None:
        pass

    def submit(self, job_path: Path, verb: str, attempt: int, limit: float, *, resource: str = "cpu") -> None:
        pass

    def cancel(self, job_id: str) -> bool:
        return False

    def stop(self, grace: float) -> None:
        pass


def analyze(job: JobFolder, tools: Tools) -> sidecars.Analysis:
    """Four minutes at 128 BPM: a sidecar as large as a song's."""
    made = toys.analyze(job, tools)
    beats = [round(number * 60 / 128, 4) for number in range(512)]
    parts = [
        sidecars.Section(start=24.0 * n, end=24.0 * n + 24, role="verse", label="A", energy=0.5) for n in range(10)
    ]
    return made.model_copy(
        update={"duration": 240.0, "beats": beats, "downbeats": beats[::4], "onsets": beats, "sections": parts}
    )


def patterns(folder: Path) -> dict[str, Path]:
    """A job that lies in each stage, made by the coordinator itself out of toy stages."""
    found: dict[str, Path] = {}
    for name, rule in (("people", coordinating.PEOPLE), ("auto", coordinating.RULE)):
        settings = coordinating.make_root(folder / name, rule)
        toys.wav(settings.inbox / "songs" / "a.wav")
        if name == "people":
            (settings.inbox / "songs" / "words.wav").write_bytes(b"TEXT" * 800)
        coordinating.coordinator(settings, stages={"analyze": analyze}).run()
        for job in spool.scan(settings.stages).jobs.values():
            found[job.stage] = job.path
    assert set(found) == {"rendered", "done", "failed"}, found
    return found


def copy(pattern: Path, stages: Path, stage: str, number: int, running: bool, rule: dict[str, Any]) -> None:
    """A job like the pattern, under its own id, as if it lay in `stage`; its sidecars are valid."""
    name = f"20260102-030405-some-song-{number:06x}"
    target = stages / stage / name
    shutil.copytree(pattern, target)
    about = json.loads((target / "job.json").read_text())
    about.update(id=name[-6:], name=name, title=f"Some song {number}", rule=rule)
    (target / "job.json").write_text(json.dumps(about, indent=1))
    (target / "decisions.json").unlink(missing_ok=True)
    steps = PIPELINES["song"]
    for place, step in enumerate(steps):
        sidecar = target / step.adds.file
        if stage in LIVE and STAGES.index(stage) <= place:
            sidecar.unlink(missing_ok=True)
        elif sidecar.exists():
            made = json.loads(sidecar.read_text())
            made["made_from"] = sidecars.digest(target, step.reads)
            sidecar.write_text(json.dumps(made, indent=1))
    if running:
        sidecars.write(target, sidecars.State(attempt=3, running=next(s.verb for s in steps if s.lies == stage)))


def fill(settings: Settings, found: dict[str, Path], stages: Iterator[str], count: int, interrupted: bool) -> None:
    book = rulebook.load(CHECKOUT / "rules").named("cartoon")
    assert book is not None
    rule = book.model_dump(mode="json")
    rule["approve"]["by"] = "people"
    for number, stage in zip(range(count), stages, strict=False):
        pattern = found.get(stage) or found["done"]
        # What comes before a person's word lies beside what came after it in the same job.
        running = interrupted and stage in LIVE and stage != "rendered"
        copy(found["rendered"] if stage in STAGES[:4] else pattern, settings.stages, stage, number, running, rule)


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def forever(*names: str) -> Iterator[str]:
    while True:
        yield from names


def recovery(folder: Path, found: dict[str, Path], count: int) -> None:
    """Lists the jobs, then starts a coordinator over them and turns it until nothing is left to look at."""
    settings = coordinating.make_root(folder)
    settings.scan = Settings(root=folder).scan
    spool.make(settings.stages)
    fill(settings, found, forever(*STAGES), count, interrupted=True)
    listed = timed(lambda: spool.scan(settings.stages))
    c = coordinating.coordinator(settings, once=False)
    c.workers = Idle()

    def start() -> None:
        c.start()
        while True:
            c.turn(c._wait())
            if not any(one.dirty or (one.busy and not one.running) for one in c.jobs.values()):
                return

    recovered = timed(start)
    again = timed(c.scan)
    c.end()
    print(f"| listing {count} jobs (every scan) | {listed[0] * 1000:.0f} ms | {listed[1] * 1000:.0f} ms |")
    print(f"| start and recovery of {count} jobs in 8 stages | {recovered[0]:.2f} s | {recovered[1]:.2f} s |")
    print(f"| a full scan while they are held | {again[0] * 1000:.0f} ms | {again[1] * 1000:.0f} ms |")


def status(root: Path) -> float:
    """Median wall seconds of `dropreel status`, whole process."""
    walls = []
    for _ in range(STATUS_RUNS):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "daemon", "--root", str(root), "status"],
            cwd=CHECKOUT,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        walls.append(time.perf_counter() - began)
    return statistics.median(walls)


def memory(pid: int) -> tuple[float, float]:
    """RSS now and at its highest, MB."""
    told = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(told["VmRSS"].split()[0]) / 1024, int(told["VmHWM"].split()[0]) / 1024


def spent(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(folder: Path, found: dict[str, Path], count: int, seconds: float) -> bool:
    """Runs the real daemon over so many jobs; whether it kept within its limits."""
    here = {"cwd": CHECKOUT, "env": {**os.environ, "DROPREEL_ROOM_MB": "0"}}
    subprocess.run(
        [sys.executable, "-m", "daemon", "init", "--no-compile", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
        **here,
    )
    settings = Settings(root=folder)
    spool.make(settings.stages)
    fill(settings, found, forever(*["done"] * 8, "failed", "rendered"), count, interrupted=False)
    with open(folder / "run.log", "wb") as out:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "daemon", "--root", str(folder), "run"], stdout=out, stderr=out, **here
        )
    try:
        before, calm = 0.0, 0
        while calm < 3:  # until what follows from the start is done
            time.sleep(2.0)
            assert daemon.poll() is None, (folder / "run.log").read_text()[-2000:]
            now = spent(daemon.pid)
            calm = calm + 1 if now - before < 0.25 else 0
            before = now
        begun, began = spent(daemon.pid), time.monotonic()
        time.sleep(seconds)
        cpu = (spent(daemon.pid) - begun) * 60 / (time.monotonic() - began)
        now_mb, most_mb = memory(daemon.pid)
        asked = status(folder)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(30)
    print(f"| {count} | {begun:.2f} s | {cpu:.2f} s | {now_mb:.0f} MB | {most_mb:.0f} MB | {asked:.3f} s |", flush=True)
    return most_mb < MEMORY_MB and asked < STATUS_S


def main() -> int:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    log.configure("console", "error")
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}\n"
    )
    with tempfile.TemporaryDirectory(prefix="coordinator-") as name:
        found = patterns(Path(name) / "patterns")
        print("| what | wall | CPU |\n|---|---|---|")
        recovery(Path(name) / "recovery", found, options.jobs)
        print(
            "\n| jobs | CPU to start | CPU a minute, idle | RSS | RSS, highest | `dropreel status` |"
            "\n|---|---|---|---|---|---|"
        )
        kept = [idle(Path(name) / f"idle-{n}", found, n, options.seconds) for n in (0, options.jobs)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
