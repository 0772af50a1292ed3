"""Toy stages and an inline pool of workers: the coordinator's tests run whole jobs in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from daemon import sidecars
from daemon.errors import FinalFault, Held, PassingFault
from daemon.events import Advance, Event, Failed, WorkerEnded
from daemon.job import JobFolder
from daemon.settings import Settings
from daemon.stages import PIPELINES, deliver
from daemon.stages.tools import Tools

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0cIDATx"
    b"\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)


def analyze(job: JobFolder, tools: Tools) -> sidecars.Analysis:
    """A minute at 120 BPM, whatever was dropped."""
    source = job.path / job.job().source().file
    if source.read_bytes()[:4] == b"TEXT":
        raise FinalFault("the song can't be decoded", "it is a text", "Drop a song.")
    section = sidecars.Section(start=0.0, end=2.0, role="verse", label="A")
    return sidecars.Analysis(
        duration=2.0,
        sample_rate=8000,
        samples=16000,
        channels=1,
        tempo=sidecars.Tempo(bpm=120.0, confidence=1.0),
        beats=[0.0, 0.5, 1.0, 1.5],
        downbeats=[0.0],
        sections=[section],
    )


def prompt(job: JobFolder, tools: Tools) -> sidecars.Prompts:
    """Two slots."""
    made = [
        sidecars.Prompt(slot=f"0{n}", section=0, start=n - 1.0, end=float(n), prompt="a picture", seed=n)
        for n in (1, 2)
    ]
    return sidecars.Prompts(prompts=made)


def render(job: JobFolder, tools: Tools) -> sidecars.Renders:
    """Two candidates a slot; a redo adds one."""
    known = job.read(sidecars.Renders)
    decisions = job.read(sidecars.Decisions)
    pictures = list(known.pictures) if known else []
    if known is None:
        wanted = [(f"0{n}", letter, "") for n in (1, 2) for letter in "ab"]
    else:
        asked = [d.picture for d in decisions.decisions if d.verdict == "redo"] if decisions else []
        wanted = [(name[:2], "c", name) for name in asked]
    for slot, letter, replaces in wanted:
        name = tools.publish(job, f"{slot}{letter}-feed.png", lambda path: path.write_bytes(PIXEL))
        pictures.append(
            sidecars.Picture(
                slot=slot, candidate=letter, file=name, fingerprint="feed", width=1, height=1, replaces=replaces
            )
        )
    return sidecars.Renders(round=(known.round + 1 if known else 1), pictures=pictures)


def sync(job: JobFolder, tools: Tools) -> sidecars.Sync:
    """A film of a few bytes that name what it was made of."""
    approval = job.need(sidecars.Approval)
    chosen = {slot: [p.id for p in pictures] for slot, pictures in approval.pictures.items()}
    text = json.dumps(chosen).encode()
    fingerprint = sidecars.fingerprint(chosen)
    name = tools.publish(job, f"film-{fingerprint}.mp4", lambda path: path.write_bytes(text))
    film = sidecars.Film(file=name, fingerprint=fingerprint, width=2, height=2, fps="30/1", frames=60, size=len(text))
    return sidecars.Sync(films=[film])


STAGES: dict[str, Callable[[JobFolder, Tools], sidecars.Sidecar]] = {
    "analyze": analyze,
    "prompt": prompt,
    "render": render,
    "sync": sync,
    "deliver": deliver.deliver,
}


class InlineWorkers:
    """Runs each attempt at once, in the coordinator's own thread."""

    def __init__(self, settings: Settings, put: Callable[[Event], None], stages: dict[str, Any] | None = None) -> None:
        self.settings = settings
        self.put = put
        self.stages = {**STAGES, **(stages or {})}
        self.ran: list[str] = []

    def start(self) -> None:
        """Nothing to make ready."""

    def set_settings(self, settings: Settings) -> None:
        """The settings of the next attempt."""
        self.settings = settings

    def submit(self, job_path: Path, verb: str, attempt: int, limit: float, *, resource: str = "cpu") -> None:
        """Runs it now; its end is put on the queue."""
        self.ran.append(verb)
        job = JobFolder(job_path)
        # A verb beside the pipeline (shrink) reads what it likes.
        reads = next((step.reads for step in PIPELINES["song"] if step.verb == verb), ("job.json",))
        made_from = sidecars.digest(job.path, reads)
        outcome: Advance | Failed
        try:
            made = self.stages[verb](job, Tools(self.settings, attempt=attempt))
            made.made_from = made_from
            outcome = Advance(made.model_dump_json())
        except FinalFault as fault:
            outcome = Failed("final", fault.what, fault.why, fault.remedy, fault.facts)
        except Held as fault:
            outcome = Failed("held", fault.what, fault.why, fault.remedy, fault.facts)
        except PassingFault as fault:
            outcome = Failed("passing", fault.what, fault.why, fault.remedy, fault.facts)
        self.put(WorkerEnded(job.id, verb, attempt, outcome))

    def cancel(self, job_id: str) -> bool:
        """Nothing runs between turns."""
        return False

    def stop(self, grace: float) -> None:
        """Nothing runs between turns."""


def wav(path: Path, seconds: float = 0.2, rate: int = 8000) -> bytes:
    """A short beep; returns its bytes."""
    times = np.arange(int(seconds * rate)) / rate
    soundfile.write(path, (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32), rate)
    return path.read_bytes()


FPS = Fraction(30)
