"""`dropreel stats`: how the work has gone, month by month, out of the ledger; against what it should be."""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from daemon.backends import quota
from daemon.commands import look
from daemon.commands.look import as_dict, as_list, plain
from daemon.places import LEDGER

TARGETS = {"films": 0.90, "errors": 0.05, "clip_minutes": 5.0}
VERBS = ("analyze", "prompt", "render", "sync", "deliver")
_NAMES = {
    "analyze": "listening",
    "prompt": "prompts",
    "render": "painting",
    "sync": "the film",
    "deliver": "delivering",
}
_BY_PEOPLE = ("rejected", "cancelled")
_UNFIT = "final"  # what was dropped is no song, or can't be read
_LIMIT = 64 << 20  # bytes of the ledger that are read, from its end


def stats(options: argparse.Namespace) -> int:
    """Prints the months, the latest last; with --json all that is known of them."""
    places = look.root(options)
    shown = months(entries(places.stages / LEDGER), quota.told(places.stages / quota.FILE))
    shown = shown[-options.months :] if options.months else shown
    if options.json:
        print(json.dumps({"targets": TARGETS, "months": shown}, indent=1))
    elif not shown:
        print("No job has ended yet.")
    else:
        print("\n\n".join("\n".join(lines(month)) for month in shown))
    return 0


def entries(path: Path) -> list[dict[str, Any]]:
    """The ledger's lines, one a job: its last. Half a line (a power cut), and any other odd one, is passed over."""
    try:
        with open(path, "rb") as source:
            size = source.seek(0, 2)
            source.seek(max(0, size - _LIMIT))
            data = source.read()
    except FileNotFoundError:
        return []
    found: dict[str, dict[str, Any]] = {}
    for line in data.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict) and isinstance(one.get("id"), str) and str(one.get("at", ""))[:7].count("-") == 1:
            found.pop(one["id"], None)
            found[one["id"]] = one
    return list(found.values())


def months(jobs: Iterable[dict[str, Any]], counted: dict[str, dict[str, dict[str, int]]]) -> list[dict[str, Any]]:
    """What is told of each month in which a job ended or a service was asked, in order. counted: as `quota.told`."""
    by_month: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for job in jobs:
        by_month[str(job["at"])[:7]].append(job)
    services: dict[str, dict[str, Counter[str]]] = defaultdict(dict)
    for day, asked in counted.items():
        for service, counts in asked.items():
            services[day[:7]].setdefault(service, Counter()).update(
                {name: counts[name] for name in ("requests", "asked", "said")}
            )
    return [
        {
            "month": month,
            **_month(by_month.get(month, [])),
            "services": {service: dict(counts) for service, counts in sorted(services.get(month, {}).items())},
        }
        for month in sorted({*by_month, *services})
    ]


def _month(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    """One month's figures. Shares are of the jobs that people didn't end themselves; None where there are none."""
    ends = Counter(str(job.get("end")) for job in jobs)
    by_people = sum(ends[end] for end in _BY_PEOPLE)
    left = len(jobs) - by_people
    errors = left - ends["done"] - ends[_UNFIT]
    films = [job for job in jobs if job.get("end") == "done"]
    worked = {
        verb: [seconds for job in films if (seconds := _number(as_dict(job.get("seconds")).get(verb)))]
        for verb in VERBS
    }
    whole = [sum(_number(s) for s in as_dict(job.get("seconds")).values()) for job in films]
    return {
        "jobs": len(jobs),
        "films": ends["done"],
        "by_people": by_people,
        "unfit": ends[_UNFIT],
        "errors": errors,
        "film_share": round(ends["done"] / left, 4) if left else None,
        "error_share": round(errors / left, 4) if left else None,
        "causes": dict(
            Counter(
                f"{job.get('verb') or job.get('stage')}: {job.get('what')}"
                for job in jobs
                if job.get("end") not in ("done", *_BY_PEOPLE)
            ).most_common(5)
        ),
        "minutes": round(sum(whole) / len(whole) / 60, 2) if whole else None,
        "minutes_by_stage": {verb: round(sum(s) / len(films) / 60, 2) for verb, s in worked.items() if s},
        "writers": _summed(jobs, "writers"),
        "painters": _summed(jobs, "painters"),
        "clips": _clips([as_dict(clip) for job in jobs for clip in as_list(job.get("clips"))]),
    }


def _clips(clips: list[dict[str, Any]]) -> dict[str, Any]:
    """Clips: how many weren't good at the first try and why, which rung saved them, and minutes a clip."""
    first: Counter[str] = Counter()
    saved: Counter[str] = Counter()
    for clip in clips:
        tries = [as_dict(attempt) for attempt in as_list(clip.get("tries"))]
        if tries and tries[0].get("fault"):
            first[str(tries[0]["fault"])] += 1
            saved[str(clip.get("rung") or "nothing")] += 1
    took = [_number(clip.get("seconds")) / 60 for clip in clips if _number(clip.get("seconds"))]
    return {
        "clips": len(clips),
        "bad_at_first": dict(first.most_common()),
        "black_at_first": sum(times for fault, times in first.items() if "black" in fault),
        "saved_by": dict(saved.most_common()),
        "minutes": round(median(took), 2) if took else None,
        "longest": round(max(took), 2) if took else None,
    }


def _summed(jobs: list[dict[str, Any]], name: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for job in jobs:
        found.update({str(who): int(_number(times)) for who, times in as_dict(job.get(name)).items()})
    return dict(found.most_common())


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 else 0.0


def lines(month: dict[str, Any]) -> Iterator[str]:
    """A month, for people."""
    yield f"{month['month']}: {_many(month['jobs'], 'job')} ended"
    if month["film_share"] is not None:
        yield _row("films", f"{month['films']}, {month['film_share']:.0%}", "at least 90 %", month["film_share"] >= 0.9)
        good = month["error_share"] < TARGETS["errors"]
        yield _row("errors", f"{month['errors']}, {month['error_share']:.0%}", "under 5 %", good)
    others = [f"{month['by_people']} ended by people", f"{month['unfit']} no usable song"]
    if said := ", ".join(text for text in others if not text.startswith("0 ")):
        yield _row("others", said)
    for cause, times in month["causes"].items():
        yield _row("", f"{times} x {plain(cause)}")
    if month["minutes"] is not None:
        parts = ", ".join(f"{_NAMES[verb]} {minutes:g}" for verb, minutes in month["minutes_by_stage"].items())
        yield _row("minutes", f"{month['minutes']:g} a film: {parts}")
    clips = month["clips"]
    if clips["clips"]:
        if clips["minutes"] is not None:
            said = f"{clips['minutes']:g} each in the middle, {clips['longest']:g} at most"
            yield _row("clip minutes", said, "under 5", clips["minutes"] < TARGETS["clip_minutes"])
        bad = sum(clips["bad_at_first"].values())
        said = f"{clips['clips']}, {clips['black_at_first']} black at the first try"
        if bad > clips["black_at_first"]:
            said += f", {bad - clips['black_at_first']} bad otherwise"
        yield _row("clips", said)
        if clips["saved_by"]:
            yield _row("saved by", _list(clips["saved_by"]))
    for name in ("writers", "painters"):
        if month[name]:
            yield _row(name, _list(month[name]))
    for service, counts in month["services"].items():
        yield _row(
            service, f"{_many(counts['requests'], 'request')}, {counts['asked']} tokens in, {counts['said']} out"
        )


def _row(name: str, said: str, target: str = "", good: bool = True) -> str:
    aim = f"  ({target}{'' if good else ': missed'})" if target else ""
    return f"  {name:<13}{said}{aim}"


def _list(counts: dict[str, int]) -> str:
    return ", ".join(f"{times} x {plain(name)}" for name, times in counts.items())


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
