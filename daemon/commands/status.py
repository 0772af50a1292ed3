"""`dropreel status`: what is going on, out of the listing of the stages and the coordinator's snapshot.

The listing says where a job lies; the snapshot adds what only the coordinator knows. Where the daemon
isn't running, the snapshot is old, and nothing is said to be under way.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from daemon.commands import look, service_lines
from daemon.commands.look import as_dict, as_list, plain, span
from daemon.commands.show import sync_line
from daemon.places import Root

if TYPE_CHECKING:
    from rich.console import RenderableType

WORK = {
    "queued": "listening",
    "analyzed": "writing prompts",
    "prompted": "painting",
    "rendered": "your word",
    "approved": "making the film",
    "synced": "delivering",
    "done": "ready",
    "failed": "failed",
}
_FINISHED_SHOWN = 5


@dataclass(frozen=True)
class Line:
    """One job, ready to be shown. fraction is 0..1, or None where nothing runs."""

    id: str
    title: str
    stage: str
    now: str
    fraction: float | None = None
    left: str = ""


@dataclass(frozen=True)
class Status:
    """All that `status` says."""

    head: str
    running: bool
    jobs: list[Line]
    hidden: int = 0
    waiting: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


def status(options: argparse.Namespace) -> int:
    """Shows once, or follows. Exit code 0 where the daemon runs, 3 where it doesn't."""
    places = look.root(options)
    if options.watch and not options.json:
        return _watch(places, options)
    seen = gather(places, everything=options.all)
    if options.json:
        print(json.dumps(seen.data, indent=1))  # ASCII: names may hold anything
    elif sys.stdout.isatty():
        from rich.console import Console

        Console().print(drawn(seen))
    else:
        print("\n".join(told(seen)))
    return 0 if seen.running else 3


def gather(places: Root, everything: bool = False) -> Status:
    """Looks once. everything: finished jobs too, however many."""
    running = look.running(places)
    shot = look.snapshot(places)
    known = {str(job.get("id")): job for job in map(as_dict, as_list(shot.get("jobs")))}
    jobs: list[dict[str, Any]] = []
    ended: list[tuple[look.Found, dict[str, Any]]] = []
    for found in look.jobs(places):
        detail = known.get(found.id, {})
        if detail.get("stage") != found.stage:  # it went on since then: what was said of it is stale
            kept = ("title", "kind", "inbox", "tempo", "key", "sections", "priority")
            detail = {key: detail[key] for key in kept if key in detail}
        detail = {**detail, "id": found.id, "name": found.name, "stage": found.stage}
        if not detail.get("title"):
            detail["title"] = look.title(found)
        if not running:
            detail["running"] = False
        if found.stage == "done" and not detail.get("scores"):
            ended.append((found, detail))
        jobs.append(detail)
    for found, detail in ended if everything else ended[-_FINISHED_SHOWN:]:
        detail |= _of_finished(found)
    lines = [_line(detail, running) for detail in jobs]
    finished = [line for line in lines if line.stage == "done"]
    hidden = 0 if everything else max(0, len(finished) - _FINISHED_SHOWN)
    gone = set(map(id, finished[:hidden]))
    inboxes = as_list(shot.get("inboxes"))
    problems = [plain(text) for text in as_list(shot.get("problems"))] if running else []
    services = service_lines.lines(places.stages)
    data = {
        "root": str(places.root),
        "running": running,
        "pid": shot.get("pid") if running else None,
        "at": shot.get("at"),
        "jobs": jobs,
        "inboxes": inboxes if running else [],
        "free_mb": shot.get("free_mb") if running else None,
        "problems": problems,
        "services": services,
    }
    return Status(
        head=_head(places, running, shot),
        running=running,
        jobs=[line for line in lines if id(line) not in gone],
        hidden=hidden,
        waiting=list(_waiting(inboxes)) if running else [],
        problems=problems,
        services=services,
        data=data,
    )


def _of_finished(job: look.Found) -> dict[str, Any]:
    """Where a finished job's film lies, and how well it is in time, out of its sidecars."""
    told = {}
    if folder := as_dict(look.read_json(job.path / "delivery.json")).get("folder"):
        told["film"] = f"outbox/{folder}"
    if sync := as_dict(look.read_json(job.path / "sync.json")):
        told["scores"] = sync_line(sync)
    return told


def _head(places: Root, running: bool, shot: dict[str, Any]) -> str:
    where = plain(str(places.root))
    if not running:
        return f"{where}: the daemon isn't running. `dropreel run` starts it; `dropreel install` says how for good."
    free = shot.get("free_mb")
    room = f", {free / 1024:.1f} GB free" if isinstance(free, (int, float)) else ""
    old = _age(shot.get("at"))
    stale = f" (it last said so {span(old)} ago)" if old > 30 else ""
    return f"{where}: the daemon is running{room}{stale}."


def _age(at: object) -> float:
    try:
        then = datetime.fromisoformat(str(at))
    except ValueError:
        return 0.0
    return max(0.0, (datetime.now(then.tzinfo) - then).total_seconds())


def _line(job: dict[str, Any], running: bool) -> Line:
    stage = str(job["stage"])
    fraction = job.get("fraction")
    left = span(job.get("left"))
    works = bool(job.get("running"))
    return Line(
        id=str(job["id"]),
        title=plain(job["title"]),
        stage=stage,
        now=plain(_now(job, stage, running)),
        fraction=min(1.0, max(0.0, float(fraction))) if works and isinstance(fraction, (int, float)) else None,
        left=f"about {left} left" if works and left else "",
    )


def _now(job: dict[str, Any], stage: str, running: bool) -> str:
    trouble = as_dict(job.get("trouble"))
    if stage == "failed":
        why = ": ".join(str(trouble[key]) for key in ("what", "why") if trouble.get(key))
        return why or "`dropreel show` says why"
    if stage == "done":
        return " - ".join(str(job[key]) for key in ("film", "scores") if job.get(key)) or "ready"
    if job.get("running"):
        return str(job.get("doing") or WORK[stage])
    if job.get("held"):
        return f"held: {job['held']}"
    if stage == "rendered":
        pictures = as_dict(job.get("pictures"))
        desk = str(pictures.get("desk") or "review")
        said = str(job.get("waits_for") or "waits for your word")
        if not job.get("waits_for") and pictures.get("slots"):
            said = f"{pictures.get('decided', 0)} of {pictures['slots']} decided"
        return said if desk in said else f"{said}: {desk}"
    if not running:
        return f"next: {WORK[stage]}"
    return str(job.get("waits_for") or f"waits for its turn: {WORK[stage]}")


def _waiting(inboxes: list[Any]) -> Iterator[str]:
    for inbox in map(as_dict, inboxes):
        name = plain(inbox.get("inbox", ""))
        if inbox.get("absent"):
            yield f"inbox/{name}: {plain(inbox['absent'])}"
        for entry in map(as_dict, as_list(inbox.get("waiting"))):
            yield f"inbox/{name}/{plain(entry.get('name', ''))}: {plain(entry.get('reason', ''))}"


def told(seen: Status) -> list[str]:
    """As plain lines, for pipes and logs."""
    lines = [seen.head]
    if not seen.jobs:
        lines.append("No jobs. Drop a song into inbox/songs.")
    for job in seen.jobs:
        how_far = f"{job.fraction:4.0%}" if job.fraction is not None else "    "
        now = ", ".join(filter(None, (job.now, job.left)))
        lines.append(f"{job.id}  {job.stage:<8}  {how_far}  {job.title}  |  {now}")
    if seen.hidden:
        lines.append(f"and {seen.hidden} finished earlier (--all)")
    lines += [f"waiting  {text}" for text in seen.waiting]
    lines += [f"service  {text}" for text in seen.services]
    lines += [f"problem  {text}" for text in seen.problems]
    return lines


def drawn(seen: Status) -> RenderableType:
    """As a table, for a terminal."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    head = Text(seen.head, style="bold" if seen.running else "bold yellow")
    parts: list[RenderableType] = [head]
    if seen.jobs:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
        table.add_column("id", no_wrap=True)
        table.add_column("title", overflow="ellipsis", no_wrap=True, ratio=3)
        table.add_column("stage", no_wrap=True)
        table.add_column("", width=14)
        table.add_column("now", ratio=5)
        colours = {"done": "green", "failed": "red", "rendered": "yellow"}
        for job in seen.jobs:
            bar: RenderableType = ProgressBar(total=1.0, completed=job.fraction) if job.fraction is not None else ""
            now = ", ".join(filter(None, (job.now, job.left)))
            style = colours.get(job.stage, "cyan" if job.fraction is not None else "")
            table.add_row(Text(job.id, "dim"), Text(job.title), Text(job.stage, style), bar, Text(now))
        parts.append(table)
    else:
        parts.append(Text("No jobs. Drop a song into inbox/songs.", "dim"))
    if seen.hidden:
        parts.append(Text(f"and {seen.hidden} finished earlier (--all)", "dim"))
    parts += [Text(f"waiting  {text}", "dim") for text in seen.waiting]
    parts += [Text(f"service  {text}", "dim") for text in seen.services]
    parts += [Text(f"problem  {text}", "red") for text in seen.problems]
    return Group(*parts)


def _watch(places: Root, options: argparse.Namespace) -> int:
    every = max(0.2, options.every)
    if not sys.stdout.isatty():
        before: list[str] = []
        while True:
            lines = told(gather(places, everything=options.all))
            if fresh := [line for line in lines if line not in before]:
                print("\n".join(fresh), flush=True)
            before = lines
            time.sleep(every)
    from rich.live import Live

    with Live(auto_refresh=False, screen=False) as live:
        while True:
            live.update(drawn(gather(places, everything=options.all)), refresh=True)
            time.sleep(every)
