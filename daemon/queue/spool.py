"""The spool: job folders listed and moved. One rename on one file system commits one stage."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from daemon import durable, sidecars
from daemon.errors import FinalFault
from daemon.job import STAGES, JobFolder, id_of
from daemon.stages import PIPELINES, Step


@dataclass
class Listing:
    """What lies in stages/: jobs by id, and what nobody knows. `problems` are sentences; neither is touched."""

    jobs: dict[str, JobFolder] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def make(stages: Path) -> None:
    """Makes the stage folders, private to the daemon."""
    stages.mkdir(mode=0o700, exist_ok=True)
    stages.chmod(0o700)
    for stage in STAGES:
        (stages / stage).mkdir(mode=0o700, exist_ok=True)
        for left in (stages / stage).glob(".gone-*"):
            # A removal of our own that was cut short: it was renamed aside first.
            shutil.rmtree(left, ignore_errors=True)


def scan(stages: Path) -> Listing:
    """Lists every job. Hidden names are work in progress and skipped; an id met twice is no job, but a problem."""
    found = Listing()
    twice: set[str] = set()
    for stage in STAGES:
        try:
            with os.scandir(stages / stage) as entries:
                listed = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
        except FileNotFoundError:
            continue
        for name, is_folder in listed:
            if name.startswith("."):
                continue
            ident = id_of(name) if is_folder else ""
            if not ident:
                found.problems.append(f"stages/{stage}/{ascii(name)[1:-1]} is no job folder: left alone")
            elif ident in found.jobs or ident in twice:
                other = found.jobs.pop(ident, None)
                twice.add(ident)
                where = f" and in {other.stage}" if other else ""
                found.problems.append(f"job {ident} lies in {stage}{where}: both left alone, remove one by hand")
            else:
                found.jobs[ident] = JobFolder(stages / stage / name)
    return found


def move(job: JobFolder, stages: Path, to: str) -> JobFolder:
    """Moves a job to another stage; never replaces (FileExistsError). Returns it where it lies now."""
    target = stages / to / job.name
    durable.rename(job.path, target)
    return JobFolder(target)


def adds(job: JobFolder, step: Step) -> sidecars.Sidecar | None:
    """The sidecar that a step adds, where it is there and was made from what lies there now; else None.

    FinalFault where it can't be read.
    """
    found = job.read(step.adds)
    if found is None or found.made_from != sidecars.digest(job.path, step.reads):
        return None
    return found


def first_missing(job: JobFolder, kind: str) -> str:
    """The stage folder in which a job belongs by what it has: that of its first missing or outdated sidecar."""
    for step in PIPELINES.get(kind, ()):
        try:
            if adds(job, step) is None:
                return step.lies
        except FinalFault:
            return step.lies
    return "done"
