"""How soon a drop is claimed, and how many a second, beside a bare rename-and-fsync loop on the same disk.

    python -m benchmarks.claim [--files 2000] [--drops 60] [--folder DIR]

The latency is counted from the end of the last write to the commit in stages/queued; the time that a drop
must lie unchanged is part of it, and is said beside it.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from daemon import durable, events, job, log
from daemon.queue.inbox import ClaimPlan, Inbox
from daemon.settings import Settings

PLAN = ClaimPlan(rule={"name": "bench"}, rule_name="bench", kind="song")
CONTENT = os.urandom(4096)


def make_root(folder: Path, settle: float) -> Settings:
    """A root with one inbox."""
    (folder / "inbox" / "songs").mkdir(parents=True)
    (folder / "stages" / "queued").mkdir(parents=True, mode=0o700)
    return Settings(root=folder, settle=settle)


def next_group(heard: queue.Queue[events.Event]) -> events.Settled:
    """The next drop that is whole."""
    while True:
        event = heard.get(timeout=60)
        if isinstance(event, events.Settled):
            return event


def claim(inbox: Inbox, settled: events.Settled) -> None:
    """Claims as the coordinator does."""
    name = job.new_name(settled.group.title, time.strftime("%Y%m%d-%H%M%S"), set())
    inbox.claim(settled.group, PLAN, job_name=name)


def latency(folder: Path, drops: int, settle: float) -> list[float]:
    """Seconds from the last write to the commit, a drop at a time."""
    settings = make_root(folder, settle)
    heard: queue.Queue[events.Event] = queue.Queue()
    inbox = Inbox(settings, heard.put, folders=["songs"])
    inbox.start()
    found = []
    for number in range(drops):
        # Drops come at any moment between two looks.
        time.sleep(0.05 + (number % 7) * 0.03)
        (settings.inbox / "songs" / f"{number}.mp3").write_bytes(CONTENT)
        began = time.perf_counter()
        claim(inbox, next_group(heard))
        found.append(time.perf_counter() - began)
    inbox.stop()
    return found


def throughput(folder: Path, files: int) -> tuple[float, float]:
    """Claims a second of many files dropped at once, and the CPU milliseconds of each; looks included."""
    settings = make_root(folder, 0.5)
    for number in range(files):
        (settings.inbox / "songs" / f"{number}.mp3").write_bytes(CONTENT)
    heard: queue.Queue[events.Event] = queue.Queue()
    inbox = Inbox(settings, heard.put, folders=["songs"])
    inbox.start()
    first = next_group(heard)
    began, worked = time.perf_counter(), time.process_time()
    claim(inbox, first)
    for _ in range(files - 1):
        claim(inbox, next_group(heard))
    spent = time.perf_counter() - began
    inbox.stop()
    assert len(os.listdir(settings.stages / "queued")) == files
    return files / spent, (time.process_time() - worked) * 1000 / files


def bare(folder: Path, files: int, *, acts: int = 1) -> float:
    """Renames a second from one folder to another, both fsynced; with more acts, so many fsyncs in place of two."""
    source, target = folder / "from", folder / "to"
    source.mkdir(parents=True)
    target.mkdir()
    for number in range(files):
        (source / str(number)).write_bytes(CONTENT)
    began = time.perf_counter()
    for number in range(files):
        os.rename(source / str(number), target / str(number))
        for _ in range(acts):
            durable.fsync_dir(target)
            durable.fsync_dir(source)
    return files / (time.perf_counter() - began)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000, help="files dropped at once")
    parser.add_argument("--drops", type=int, default=60, help="drops for the latency")
    parser.add_argument("--settle", type=float, default=0.5, help="seconds a drop must lie unchanged")
    parser.add_argument("--folder", type=Path, help="where to work; empty: a temporary folder")
    given = parser.parse_args()
    log.configure(level="warning")
    work = Path(tempfile.mkdtemp(prefix="dropreel-bench-", dir=given.folder))
    try:
        waits = sorted(latency(work / "latency", given.drops, given.settle))
        over = [wait - given.settle for wait in waits]
        p99 = over[min(len(over) - 1, int(len(over) * 0.99))]
        print(f"drop to claimed, {given.drops} drops, settle {given.settle:g} s:")
        print(f"  median {statistics.median(waits) * 1000:.0f} ms, over the settle time:")
        print(f"  median {statistics.median(over) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
        loop = bare(work / "bare", given.files)
        rate, cpu = throughput(work / "claims", given.files)
        print(f"{given.files} files dropped at once: {rate:.0f} claims a second, {cpu:.2f} CPU ms each")
        print(f"  bare rename and two fsyncs, same disk: {loop:.0f} a second; a claim costs {loop / rate:.1f} of them")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
