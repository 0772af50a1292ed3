"""Kills a working daemon at random instants, again and again, and then looks whether anything was lost or made twice.

    python -m benchmarks.kills [--kills 50] [--seed 1] [--longest 9] [--keep DIR]

The daemon is the real one (`python -m daemon --root R run`, with its inbox watching, its pool of worker processes and
its delivery); only what the stages compute is a toy, so that a song takes a second or two. Between kills new songs are
dropped (some with a YAML beside them, some written slowly), pictures are approved on the desk, and finished folders are
collected out of the outbox, so that a second delivery would be seen. Most kills take the whole process group; every
third takes the coordinator alone and leaves its workers orphaned, each with a program of its own.

After the last kill the daemon drains what is left (`once`). Exit code 1 where a song's bytes are not in exactly one
place, a job isn't done exactly once, a film was delivered twice, or a process is left over.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from daemon import sidecars
from daemon.job import JobFolder
from daemon.stages import StageFunction
from daemon.stages.tools import Tools

CHECKOUT = Path(__file__).parents[1]
MARK = "DROPREEL_BENCHMARK_LIFE"
RULES = {
    "auto": "name: auto\nkind: song\nfolder: songs\ndefault: true\napprove: {by: auto}\n",
    "desk": "name: desk\nkind: song\nfolder: songs/desk\napprove: {by: people, grace: 0.2}\n",
}
SETTINGS = """
settle: 0.4
scan: 2
poll: 0.5
room_mb: 0
grace: 0.2
resources: {cpu: 3}
limits: {first_delay: 0.3, longest_delay: 1.0}
"""


# --- what runs in a life ------------------------------------------------------------------------


def function(verb: str) -> StageFunction:
    """A toy stage that takes its time, with a program of its own running meanwhile."""
    from daemon.queue import leash
    from tests import toys

    def slowly(job: JobFolder, tools: Tools) -> sidecars.Sidecar:
        program = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            start_new_session=True,
            preexec_fn=leash.die_with_parent,
        )
        try:
            steps = random.randint(1, 5)
            for step in range(steps):
                tools.progress(step / steps, "taking its time")
                time.sleep(0.05)
            made = toys.STAGES[verb](job, tools)
            time.sleep(0.05)
            return made
        finally:
            program.kill()
            program.wait()

    return slowly


def live(root: str, how: str) -> int:
    """One life of the daemon: the real command line, its workers told where the toys are."""
    from functools import partial

    from daemon import cli
    from daemon.queue import workers

    workers.Workers = partial(workers.Workers, resolver="benchmarks.kills:function")  # type: ignore[assignment,misc]
    return cli.main(["--root", root, how])


# --- what people do meanwhile -------------------------------------------------------------------


class People:
    """They drop songs, approve pictures and collect films."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        self.root, self.dice = root, dice
        self.songs: dict[str, bytes] = {}
        self.collected = root / "collected"
        self.twice: list[str] = []
        self._slow: list[threading.Thread] = []

    def drop(self) -> None:
        """Drops a song; one in four is written slowly, one in five has a YAML beside it."""
        name = f"Song {len(self.songs) + 1}"
        data = self.dice.randbytes(self.dice.choice((900, 40_000, 700_000)))
        folder = self.root / "inbox" / self.dice.choice(("songs", "songs", "songs/desk"))
        self.songs[name] = data
        if self.dice.random() < 0.2:
            (folder / f"{name}.yaml").write_text("artist: Somebody\n")
        path = folder / f"{name}.wav"
        if self.dice.random() < 0.25:
            thread = threading.Thread(target=self._write_slowly, args=(path, data))
            thread.start()
            self._slow.append(thread)
        else:
            path.write_bytes(data)

    @staticmethod
    def _write_slowly(path: Path, data: bytes) -> None:
        with open(path, "wb", buffering=0) as out:
            for part in range(4):
                out.write(data[len(data) * part // 4 : len(data) * (part + 1) // 4])
                time.sleep(0.3)

    def approve(self) -> None:
        """Says yes to every desk that lies ready."""
        for desk in (self.root / "review").iterdir():
            if desk.is_dir() and not desk.name.startswith(".") and (desk / "README.txt").exists():
                with contextlib.suppress(FileNotFoundError):
                    (desk / "APPROVED").touch()

    def collect(self, share: float) -> None:
        """Takes some finished folders out of the outbox."""
        for folder in (self.root / "outbox").iterdir():
            if folder.name.startswith((".", "_")) or self.dice.random() > share:
                continue
            if (self.collected / folder.name).exists():
                self.twice.append(folder.name)
            else:
                folder.rename(self.collected / folder.name)

    def wait(self) -> None:
        """Until the slow ones have written all."""
        for thread in self._slow:
            thread.join()


# --- lives and deaths -----------------------------------------------------------------------------


def make_root(root: Path) -> None:
    for folder in ("inbox/songs/desk", "review", "outbox", "rules", "library/cache", "requests", "stages", "collected"):
        (root / folder).mkdir(parents=True)
    (root / "stages").chmod(0o700)
    for name, text in RULES.items():
        (root / "rules" / f"{name}.yaml").write_text(text)
    (root / "dropreel.yaml").write_text(SETTINGS)


def begin(root: Path, how: str, log: Path) -> subprocess.Popen[bytes]:
    with open(log, "ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kills", "--live", how, "--root", str(root)],
            cwd=CHECKOUT,
            env={**os.environ, MARK: str(root), "DROPREEL_LOG_FORMAT": "json"},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def left_over(root: Path) -> list[str]:
    """The processes of any life of this root: the mark is in their environment."""
    wanted = f"{MARK}={root}\0".encode()
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and wanted in (process / "environ").read_bytes() + b"\0":
                found.append(f"{process.name} {(process / 'cmdline').read_bytes().replace(bytes(1), b' ')[:90]!r}")
    return found


def in_flight(root: Path) -> int:
    """How many jobs are under way."""
    stages = root / "stages"
    return sum(
        not job.name.startswith(".")
        for stage in ("queued", "analyzed", "prompted", "rendered", "approved", "synced")
        if (stages / stage).is_dir()
        for job in (stages / stage).iterdir()
    )


def interrupted(log: Path) -> str:
    """How many attempts the kills cut short, by stage."""
    counts: dict[str, int] = {}
    for line in log.read_text("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if told["event"] == "interrupted":
                counts[told["stage"]] = counts.get(told["stage"], 0) + 1
    return ", ".join(f"{verb} {count}" for verb, count in sorted(counts.items())) or "none"


def verdicts(root: Path, people: People) -> list[str]:
    """What is wrong, in sentences; empty where nothing is."""
    wrong = [f"{name} was delivered twice" for name in people.twice]
    by_content = {data: name for name, data in people.songs.items()}
    places: dict[str, list[str]] = {name: [] for name in people.songs}
    lengths = {len(data) for data in people.songs.values()}
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size in lengths:
            name = by_content.get(path.read_bytes())
            if name:
                places[name].append(str(path.relative_to(root)))
    for name, found in places.items():
        if len(found) != 1 or found[0].split("/")[0] not in ("outbox", "collected"):
            wrong.append(f"{name} lies in {found or 'no place at all'}")
    films: dict[str, int] = {}
    for area in ("outbox", "collected"):
        for film in (root / area).rglob("*.mp4"):
            films[film.stem] = films.get(film.stem, 0) + 1
    wrong += [f"{name} has {films.get(name, 0)} films" for name in people.songs if films.get(name, 0) != 1]
    wrong += [f"a film nobody asked for: {name}" for name in films if name not in people.songs]
    done: dict[str, int] = {}
    for stage in sorted((root / "stages").iterdir()):
        if not stage.is_dir():
            continue
        for job in stage.iterdir():
            about = JobFolder(job).job() if (job / "job.json").exists() else None
            if stage.name == "done" and about is not None:
                done[about.title] = done.get(about.title, 0) + 1
            else:
                wrong.append(f"a job is left in {stage.name}: {job.name}")
    wrong += [f"{name} has {done.get(name, 0)} jobs in done" for name in people.songs if done.get(name, 0) != 1]
    building = root / "outbox" / ".dropreel"
    if building.is_dir():
        wrong += [f"a half-made delivery is left: {path.name}" for path in building.iterdir()]
    wrong += [f"a desk is left: {path.name}" for path in (root / "review").iterdir() if path.is_dir()]
    for path in (root / "inbox").rglob("*"):
        if path.is_file() and not path.name.startswith("_STATUS"):
            wrong.append(f"left in an inbox: {path.relative_to(root)}")
    return wrong


def main() -> int:
    """Kills, drains, judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=9.0, help="the longest life, in seconds")
    parser.add_argument("--keep", type=Path, help="a new folder for the root, kept for a look")
    parser.add_argument("--live", choices=("run", "once"), help=argparse.SUPPRESS)
    parser.add_argument("--root", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.live:
        return live(options.root, options.live)
    dice = random.Random(options.seed)
    holder = tempfile.mkdtemp(prefix="kills-")
    root = options.keep or Path(holder) / "root"
    root = root.absolute()
    make_root(root)
    log = Path(holder) / "lives.log" if not options.keep else root / "lives.log"
    people = People(root, dice)
    wrong: list[str] = []
    flights: list[int] = []
    began = time.monotonic()
    for number in range(options.kills):
        life = begin(root, "run", log)
        end = time.monotonic() + dice.uniform(0.2, options.longest)
        for _ in range(dice.randint(0, 2) if number else 4):
            people.drop()
        while time.monotonic() < end and life.poll() is None:
            people.approve()
            people.collect(0.1)
            time.sleep(min(0.15, max(0.0, end - time.monotonic())))
        if life.poll() is not None:
            wrong.append(f"life {number + 1} ended by itself with {life.returncode}: {log.read_text()[-400:]}")
        elif number % 3 == 2:
            life.kill()
        else:
            os.killpg(life.pid, signal.SIGKILL)
        life.wait()
        flights.append(in_flight(root))
    kills = time.monotonic() - began
    delivered = sum(1 for area in ("outbox", "collected") for _ in (root / area).rglob("*.mp4"))
    people.wait()
    for _ in range(8):
        people.approve()
        life = begin(root, "once", log)
        try:
            code = life.wait(timeout=300)
        except subprocess.TimeoutExpired:
            os.killpg(life.pid, signal.SIGKILL)
            life.wait()
            wrong.append("the last life didn't drain within 300 s")
            break
        if code:
            wrong.append(f"the last life ended with {code}: {log.read_text()[-400:]}")
            break
        if not in_flight(root):
            break
    time.sleep(1.0)
    orphans = left_over(root)
    wrong += [f"a process is left: {line}" for line in orphans]
    wrong += verdicts(root, people)
    flights.sort()
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}: {options.kills} kills in {kills:.0f} s, "
        f"{len(people.songs)} songs, in flight at a kill: median {flights[len(flights) // 2]}, most {flights[-1]}; "
        f"attempts cut short: {interrupted(log)}; delivered before the last kill: {delivered}; "
        f"violations: {len(wrong)}; processes left: {len(orphans)}"
    )
    for line in wrong:
        print(f"  {line}")
    if wrong and not options.keep:
        print(f"  left for a look: {root}, {log}")
    else:
        shutil.rmtree(holder, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
