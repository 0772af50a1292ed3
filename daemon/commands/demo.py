"""`dropreel demo`: writes a song, starts a daemon, drops the song, shows what happens, says where the film is.

Interrupted, it stops the daemon that it started; started again, it goes on with the same song.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from daemon import durable
from daemon.commands import init, install, look
from daemon.commands.look import Found, as_dict, as_list, plain, span
from daemon.commands.show import sync_line
from daemon.errors import Fault
from daemon.places import Root

TITLE = "Neon Night"
STEPS = {
    "queued": "listen",
    "analyzed": "write prompts",
    "prompted": "paint",
    "rendered": "approve",
    "approved": "make the film",
    "synced": "deliver",
}
_EVERY = 0.25
_RULE = """\
# Lies beside "{title}.wav" and overrides the rule for this one song.
approve: {{by: auto}}
pictures: {{candidates: 2, width: {width}, height: {height}}}
deliver: {{width: {width}, height: {height}, fps: 30}}
"""
# A demo shouldn't wait: what lies still for a second is whole, and nobody changes a decision.
_SETTINGS = {"settle": "1", "grace": "0", "room_mb": "512"}


class Shown(Protocol):
    """A way to show how far the stages are."""

    def update(self, stage: str, fraction: float | None, doing: str) -> None:
        """The job lies in `stage`; fraction is 0..1 of the step that leaves it, None where nothing runs."""


def demo(options: argparse.Namespace) -> int:
    """The whole demo; 0 where a film lies there in the end."""
    root = Path(options.root or "demo").expanduser().resolve()
    began = time.monotonic()
    init.make(root, chosen=_SETTINGS)
    places = Root(root)
    if look.running(places):
        raise Fault(f"a daemon is running in {plain(root)} already", "", "Stop it first, or wait for its end.")
    with _as_interrupt(signal.SIGTERM), _daemon(places) as child:
        job = _adopted(places)
        if job:
            print(f"Going on with {plain(look.title(job))} [{job.id}].")
        before = {found.id for found in look.jobs(places)} - ({job.id} if job else set())
        if not job:
            _drop(places, options)
        try:
            with _shown() as shown:
                done = _follow(places, before, child, shown, began + options.limit)
        except KeyboardInterrupt:
            print("\nStopped. Start it again, and it goes on with the same song.", file=sys.stderr)
            raise
    _farewell(places, done, time.monotonic() - began)
    return 0


@contextlib.contextmanager
def _as_interrupt(number: int) -> Iterator[None]:
    """Treats a signal like Ctrl-C, so that the daemon is stopped on every way out."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextlib.contextmanager
def _daemon(places: Root) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon as a child, in a session of its own, so that Ctrl-C reaches us first; ended with us."""
    log = places.root / "daemon.log"
    argv = [sys.executable, "-m", "daemon", "--root", str(places.root), "run"]
    with open(log, "wb") as out:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    try:
        limit = time.monotonic() + 60
        while not look.running(places):
            _alive(child, places)
            if time.monotonic() > limit:
                raise Fault("the daemon doesn't start", _last(log), f"Its log is {plain(log)}.")
            time.sleep(_EVERY)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _alive(child: subprocess.Popen[bytes], places: Root) -> None:
    if child.poll() is not None:
        log = places.root / "daemon.log"
        raise Fault("the daemon ended by itself", _last(log), f"Its log is {plain(log)}.")


def _last(log: Path, lines: int = 5) -> str:
    with contextlib.suppress(OSError):
        return " / ".join(log.read_text("utf-8", "replace").strip().splitlines()[-lines:])
    return ""


def _adopted(places: Root) -> Found | None:
    """The song of an earlier demo that was interrupted."""
    ours = [job for job in look.jobs(places) if job.stage in STEPS and look.title(job) == TITLE]
    return ours[-1] if ours else None


def _drop(places: Root, options: argparse.Namespace) -> None:
    """Writes the song, then drops it, and the YAML that goes with it, into inbox/songs."""
    inbox = places.inbox / "songs"
    width, height = (854, 480) if options.small else (1280, 720)
    if not (inbox / f"{TITLE}.wav").exists():
        print(f"Writing a song of {span(options.seconds)} with the built-in synthesiser ...", flush=True)
        from daemon.audio.synth import write_song

        aside = places.root / f".{TITLE}.wav"
        write_song(aside, seconds=options.seconds)
        durable.write_bytes(
            inbox / f"{TITLE}.yaml", _RULE.format(title=TITLE, width=width, height=height).encode(), 0o664
        )
        durable.rename(aside, inbox / f"{TITLE}.wav", replace=True)
    print(f"Dropped it into {plain(_near(inbox))}.", flush=True)


def _follow(places: Root, before: set[str], child: subprocess.Popen[bytes], shown: Shown, ends: float) -> Found:
    """Shows how far it is until the film is delivered."""
    while True:
        _alive(child, places)
        ours = [job for job in look.jobs(places) if job.id not in before and look.title(job) == TITLE]
        if ours:
            job = ours[-1]
            known = _known(places, job)
            if job.stage == "failed":
                trouble = as_dict(look.read_json(job.path / "trouble.json"))
                what = str(trouble.get("what") or "the demo's job failed")
                raise Fault(what, str(trouble.get("why", "")), f"`{_us(places)} show {job.id}` says more.")
            fraction = known.get("fraction") if known.get("running") else None
            doing = known.get("doing") if known.get("running") else known.get("held") or known.get("waits_for")
            shown.update(job.stage, float(fraction) if isinstance(fraction, (int, float)) else None, str(doing or ""))
            if job.stage == "done":
                return job
        if time.monotonic() > ends:
            reached = f"it came as far as {ours[-1].stage}" if ours else "the song wasn't even taken"
            log = plain(places.root / "daemon.log")
            remedy = f"Start it again and it goes on; --limit SECONDS gives it longer; the log is {log}."
            raise Fault("the demo takes too long", reached, remedy)
        time.sleep(_EVERY)


def _known(places: Root, job: Found) -> dict[str, Any]:
    jobs = map(as_dict, as_list(look.snapshot(places).get("jobs")))
    return next((known for known in jobs if known.get("id") == job.id and known.get("stage") == job.stage), {})


@contextlib.contextmanager
def _shown() -> Iterator[Shown]:
    if not sys.stdout.isatty():
        yield Lines()
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<14}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("[dim]{task.fields[doing]}")) as progress:
        yield Bars(progress)


class Bars:
    """A bar for each stage."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._tasks = {
            stage: progress.add_task(text, total=1.0, start=False, doing="") for stage, text in STEPS.items()
        }

    def update(self, stage: str, fraction: float | None, doing: str) -> None:
        """Moves the bars: whole where the job has been, as far as told where it is."""
        passed = list(STEPS).index(stage) if stage in STEPS else len(STEPS)
        for number, task in enumerate(self._tasks.values()):
            if number < passed:
                self._progress.start_task(task)
                self._progress.update(task, completed=1.0, doing="")
                self._progress.stop_task(task)
            elif number == passed:
                self._progress.start_task(task)
                if fraction is not None:
                    self._progress.update(task, completed=fraction)
                self._progress.update(task, doing=plain(doing).replace("[", "\\["))


@dataclass
class Lines:
    """A line where something changed, for pipes and logs."""

    began: float = field(default_factory=time.monotonic)
    said: tuple[str, int] = ("", 0)

    def update(self, stage: str, fraction: float | None, doing: str) -> None:
        """Says a line at each new stage, and at each fifth of one."""
        fifth = int((fraction or 0.0) * 5)
        if (stage, fifth) <= self.said and stage == self.said[0]:
            return
        self.said = (stage, fifth)
        if stage in STEPS:
            print(
                f"{time.monotonic() - self.began:5.0f} s  {STEPS[stage]:<14} {fifth * 20:3d} %  {plain(doing)}",
                flush=True,
            )


def _farewell(places: Root, job: Found, seconds: float) -> None:
    folder = places.outbox / str(as_dict(look.read_json(job.path / "delivery.json")).get("folder", ""))
    films = sorted(folder.glob("*.mp4"), key=lambda film: len(film.name))  # further formats have longer names
    sync = as_dict(look.read_json(job.path / "sync.json"))
    us = _us(places, root=False)
    print(f"\nThe film:   {plain(films[0] if films else folder)}")
    print(f"In sync:    {sync_line(sync)}")
    if (folder / "report.html").exists():
        print(f"Its report: {plain(folder / 'report.html')}")
    print(f"It took {span(seconds)}; the daemon of this demo has stopped.\n")
    print("For your own songs:")
    print(f"  {us} init ~/dropreel")
    print(f"  {us} --root ~/dropreel run")
    print("Then copy a song into ~/dropreel/inbox/songs, and rename pictures in ~/dropreel/review:")
    print("03b.png to 03b.ok.png says yes, 03b.no.png says no. Collect the film in ~/dropreel/outbox.")


def _us(places: Root, root: bool = True) -> str:
    words = [_near(Path(word)) if word.startswith("/") else word for word in install.executable()]
    return " ".join([*words, *(["--root", plain(_near(places.root))] if root else [])])


def _near(path: Path) -> str:
    """A path as one would type it here."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
