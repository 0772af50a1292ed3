"""How long `dropreel status` takes, whole process, with 0, 100 and 2,000 jobs; and what it imports.

python benchmarks/status.py
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
STAGES = ("queued", "analyzed", "prompted", "rendered", "approved", "synced", "done", "failed")
RUNS = 9


def a_root(folder: Path, count: int) -> Path:
    """A root with so many jobs, three quarters of them finished, and a snapshot that knows them all."""
    known = []
    for stage in STAGES:
        (folder / "stages" / stage).mkdir(parents=True)
    for number in range(count):
        stage = "done" if number % 4 else STAGES[number // 4 % 6]
        name = f"20260102-030405-some-song-{number:06x}"
        job = folder / "stages" / stage / name
        job.mkdir()
        (job / "job.json").write_text(json.dumps({"id": name[-6:], "title": f"Some song {number}"}))
        known.append({"id": name[-6:], "stage": stage, "title": f"Some song {number}", "running": False})
    (folder / "stages" / ".status.json").write_text(json.dumps({"at": "2026-01-02T03:04:05+00:00", "jobs": known}))
    return folder


def measure(root: Path, *more: str) -> tuple[float, float]:
    """Median wall and processor seconds of one call."""
    walls, cpus = [], []
    for _ in range(RUNS):
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "daemon", "--root", str(root), "status", *more],
            cwd=CHECKOUT,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        walls.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    """Prints a table."""
    print("| jobs | wall, s | CPU, s | wall with --all, s |")
    print("|---|---|---|---|")
    for count in (0, 100, 2000):
        with tempfile.TemporaryDirectory() as folder:
            root = a_root(Path(folder), count)
            wall, cpu = measure(root)
            everything, _ = measure(root, "--all")
            print(f"| {count} | {wall:.3f} | {cpu:.3f} | {everything:.3f} |")
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import daemon.cli, daemon.commands.status"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    ).stderr
    slowest = sorted((line.split("|") for line in told.splitlines()[1:]), key=lambda row: -int(row[1]))[:4]
    print("\nimports, cumulative: " + ", ".join(f"{row[2].strip()} {int(row[1]) / 1000:.0f} ms" for row in slowest))


if __name__ == "__main__":
    main()
