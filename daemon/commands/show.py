"""`dropreel show JOB`: all about one job, out of its sidecars, read plainly so that even a broken one can be shown."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from daemon.commands import look
from daemon.commands.look import Found, as_dict, as_list, plain, span
from daemon.places import Root

_LOG_LINES = 12


def show(options: argparse.Namespace) -> int:
    """Prints a page about the job, or every sidecar as one JSON value."""
    places = look.root(options)
    job = look.find(places, options.job)
    cards = sidecars(job)
    if options.json:
        print(json.dumps({"id": job.id, "name": job.name, "stage": job.stage, **cards}, indent=1))
        return 0
    print("\n".join(page(places, job, cards)))
    return 0


def sidecars(job: Found) -> dict[str, Any]:
    """What lies beside the job's files, by name: job, analysis, ...; one that can't be read is None."""
    try:
        names = sorted(name for name in os.listdir(job.path) if name.endswith(".json") and not name.startswith("."))
    except FileNotFoundError:  # it went on while we looked
        names = []
    return {name.removesuffix(".json"): look.read_json(job.path / name) for name in names if name.count(".") == 1}


def page(places: Root, job: Found, cards: dict[str, Any]) -> list[str]:
    """The page, as lines."""
    told = as_dict(cards.get("job"))
    lines = [plain(told.get("title") or look.title(job)), ""]
    for label, text in (
        ("id", job.id),
        ("lies in", f"{job.stage}  ({job.path})"),
        ("dropped", _dropped(told)),
        ("rule", told.get("rule_name") or ""),
        *_now(places, job),
        *_heard(as_dict(cards.get("analysis"))),
        *_pictures(cards),
        *_film(cards, places),
        *_trouble(as_dict(cards.get("trouble"))),
    ):
        if text:
            lines.append(f"{label:<10}{plain(text)}")
    if broken := [name for name, card in cards.items() if card is None]:
        lines.append(f"{'broken':<10}{', '.join(f'{name}.json' for name in broken)}")
    if log := _log(job):
        lines += ["", *log]
    return lines


def _dropped(told: dict[str, Any]) -> str:
    if not told:
        return ""
    others = [
        str(as_dict(m).get("name", "")) for m in as_list(told.get("members")) if as_dict(m).get("role") != "source"
    ]
    beside = f", with {', '.join(others[:6])}" + (f" and {len(others) - 6} more" if len(others) > 6 else "")
    return f"{told.get('dropped_as', '')} into inbox/{told.get('inbox', '')}, {told.get('claimed_at', '')}" + (
        beside if others else ""
    )


def _now(places: Root, job: Found) -> Iterator[tuple[str, str]]:
    for known in map(as_dict, as_list(look.snapshot(places).get("jobs"))):
        if known.get("id") != job.id or known.get("stage") != job.stage:
            continue
        if known.get("running") and look.running(places):
            fraction = known.get("fraction")
            how_far = f"{fraction:.0%} " if isinstance(fraction, (int, float)) else ""
            left = span(known.get("left"))
            yield "now", f"{how_far}{known.get('doing', '')}" + (f", about {left} left" if left else "")
        for label, key in (("held", "held"), ("waits for", "waits_for")):
            if known.get(key):
                yield label, str(known[key])


def _heard(analysis: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not analysis:
        return
    tempo, key = as_dict(analysis.get("tempo")), as_dict(analysis.get("key"))
    facts = [_clock(analysis.get("duration"))]
    if tempo.get("bpm"):
        facts.append(f"{tempo['bpm']:.1f} BPM")
    if key.get("tonic"):
        facts.append(f"{key['tonic']} {key.get('mode', '')}")
    facts += [str(word) for word in as_list(analysis.get("mood"))]
    yield "heard", ", ".join(filter(None, facts))
    sections = [as_dict(section) for section in as_list(analysis.get("sections"))]
    yield "sections", "  ".join(f"{_clock(s.get('start'))} {s.get('role', '')}" for s in sections)
    for note in as_list(analysis.get("notes")):
        yield "", str(note)


def _clock(seconds: object) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}" if isinstance(seconds, (int, float)) else ""


def _pictures(cards: dict[str, Any]) -> Iterator[tuple[str, str]]:
    pictures = [as_dict(picture) for picture in as_list(as_dict(cards.get("renders")).get("pictures"))]
    approval = as_dict(cards.get("approval"))
    decided = as_dict(cards.get("decisions")) or approval
    in_film = {_name(picture) for chosen in as_dict(approval.get("pictures")).values() for picture in as_list(chosen)}
    words = {str(as_dict(d).get("picture")): as_dict(d) for d in as_list(decided.get("decisions"))}
    prompts = {str(p.get("slot")): p for p in map(as_dict, as_list(as_dict(cards.get("prompts")).get("prompts")))}
    if pictures:
        yield "pictures", f"{len(pictures)}, for {len({p.get('slot') for p in pictures})} places in the film"
    for note in (note for card in ("prompts", "renders") for note in as_list(as_dict(cards.get(card)).get("notes"))):
        yield "", str(note)
    for picture in pictures:
        name = _name(picture)
        word = words.get(name, {})
        verdict = str(word.get("verdict") or ("in the film" if name in in_film else "undecided"))
        by = f" by {word['by']}" if word.get("by") else ""
        subject = str(prompts.get(str(picture.get("slot")), {}).get("subject", ""))
        yield "", f"{name:<5} {verdict + by:<20} {subject[:80]}"
    if decided.get("whole"):
        yield "whole", f"{decided['whole']} by {decided.get('whole_by', '')}"
    if because := as_dict(cards.get("approval")).get("because"):
        yield "approved", str(because)


def _name(picture: Any) -> str:
    """'03b'."""
    return f"{as_dict(picture).get('slot', '')}{as_dict(picture).get('candidate', '')}"


def _film(cards: dict[str, Any], places: Root) -> Iterator[tuple[str, str]]:
    sync, delivery = as_dict(cards.get("sync")), as_dict(cards.get("delivery"))
    if sync:
        yield "sync", sync_line(sync)
        for check in map(as_dict, as_list(sync.get("checks"))):
            mark = "ok  " if check.get("ok") else "FAIL"
            yield "", f"{mark} {check.get('name', '')}: {check.get('measured', '')} (limit {check.get('limit', '')})"
    if delivery.get("folder"):
        yield "film", str(places.outbox / str(delivery["folder"]))


def sync_line(sync: dict[str, Any]) -> str:
    """'212 of 214 cuts on the beat; random: 31; sound within 0.02 ms of the picture'."""
    scores = as_dict(sync.get("scores"))
    cuts = scores.get("cuts")
    text = "no cuts"
    if cuts:
        text = (
            f"{scores.get('hits', 0)} of {cuts} cuts on the beat; random: {float(scores.get('random_hits') or 0):.0f}"
        )
    offset = sync.get("av_offset_ms")
    if isinstance(offset, (int, float)):
        text += f"; sound and picture {abs(offset):.2f} ms apart"
    return text


def _trouble(trouble: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not trouble:
        return
    why = f": {trouble['why']}" if trouble.get("why") else ""
    yield "failed", f"{trouble.get('what', '')}{why} (in {trouble.get('stage', '')}, {trouble.get('cause', '')})"
    yield "remedy", str(trouble.get("remedy") or "")
    yield "note", str(trouble.get("note") or "")


def _log(job: Found) -> list[str]:
    try:
        handle = os.open(job.path / "job.log", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    with open(handle, "rb") as source:
        lines = source.read(1 << 21).decode("utf-8", "backslashreplace").splitlines()
    return [plain(line) for line in lines[-_LOG_LINES:]]
