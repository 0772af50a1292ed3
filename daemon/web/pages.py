"""`_STATUS.html` in each inbox and in review/: what happens to what was dropped, in a page that needs nothing else.

`view` is pure: a snapshot in, what the page shows out; the template only places it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.approvals import people
from daemon.names import shown
from daemon.settings import Settings

if TYPE_CHECKING:
    from jinja2 import Environment

FILE = "_STATUS.html"
REVIEW = "review"
STEPS = ("listen", "prompt", "paint", "your word", "film", "outbox")
_AT_STEP = {"queued": 0, "analyzed": 1, "prompted": 2, "rendered": 3, "approved": 4, "synced": 5, "done": 6}
_MOST = 60
_DONE_SHOWN = 12
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
_DIGEST = re.compile(rb'<meta name="dropreel-digest" content="([0-9a-f]{16})">')
_LARGEST = 8 << 20
_PREVIEW_LARGEST = 64 << 10


def status_page(snapshot: dict[str, Any], inbox: str) -> str:
    """The page of one inbox ("songs/cartoon") or of `review`, as HTML that needs no other file."""
    shows = view(snapshot, inbox)
    digest = hashlib.sha256(json.dumps(shows, sort_keys=True, default=str).encode()).hexdigest()[:16]
    at = _time(snapshot.get("at"))
    page: str = (
        _environment()
        .get_template("status.html")
        .render(**shows, digest=digest, at=at, at_iso=at.isoformat() if at else "")
    )
    return page


def areas(settings: Settings, snapshot: dict[str, Any]) -> list[str]:
    """The places that have a page: each inbox that the snapshot knows, and review."""
    inboxes = {str(one.get("inbox", "")) for one in snapshot.get("inboxes", []) if not one.get("absent")}
    return [*sorted(name for name in inboxes if _inside(name)), REVIEW]


def write(settings: Settings, snapshot: dict[str, Any], area: str) -> bool:
    """Writes the page of an inbox or of review where it would say something new; whether it was written.

    Raises OSError where the folder is gone or can't be written. May be slow on a share.
    """
    page = status_page(with_previews(settings, snapshot), area).encode("utf-8", "replace")
    base = settings.review if area == REVIEW else settings.inbox
    steps = [] if area == REVIEW else _inside(area)
    if steps is None:
        raise FileNotFoundError(area)
    return _write(base, steps, page, settings)


def with_previews(settings: Settings, snapshot: dict[str, Any]) -> dict[str, Any]:
    """The snapshot with the pictures that come about right now, read from the jobs' folders."""
    jobs = [
        {**job, "preview": _preview(settings.stages / job["stage"] / job["name"] / job["preview"])}
        if job.get("preview") and job.get("running")
        else job
        for job in snapshot.get("jobs", [])
    ]
    return {**snapshot, "jobs": jobs}


def _preview(path: Path) -> str:
    """A small JPEG as base64; "" where there is none."""
    try:
        with open(path, "rb") as file:
            data = file.read(_PREVIEW_LARGEST + 1)
    except OSError:
        return ""
    fits = len(data) <= _PREVIEW_LARGEST and data.startswith(b"\xff\xd8")
    return base64.b64encode(data).decode() if fits else ""


def _write(base: Path, steps: list[str], page: bytes, settings: Settings, inside: int | None = None) -> bool:
    """Walks down to the folder, following no link, and writes there."""
    with people.folder(base, inside) as fd:
        if steps:
            return _write(Path(steps[0]), steps[1:], page, settings, fd)
        old = people.read(fd, FILE, _LARGEST)
        found = _DIGEST.search(old or b"")
        new = _DIGEST.search(page)
        if found and new and found[1] == new[1]:
            return False
        people.write(fd, FILE, page, settings.share)
        return True


def _inside(area: str) -> list[str] | None:
    """The steps from inbox/ to one of its folders; None where the name leads out of it."""
    steps = [step for step in area.split("/") if step]
    return None if not steps or any(step in {".", ".."} for step in steps) else steps


# --- what the page shows -----------------------------------------------------------------------


def view(snapshot: dict[str, Any], inbox: str) -> dict[str, Any]:
    """What the page of an inbox, or of `review`, shows: plain values, safe to print.

    In an inbox: its jobs and those of its sub-folders; in review: those that wait for people first.
    """
    review = inbox == REVIEW
    jobs = [_job(job, review) for job in snapshot.get("jobs", []) if review or _belongs(job, inbox)]
    asks = [job for job in jobs if job["asks"]]
    live = [job for job in jobs if not job["asks"] and not job["done"] and not job["trouble"]]
    failed = [job for job in jobs if job["trouble"]]
    done = [job for job in jobs if job["done"]][::-1][:_DONE_SHOWN]
    waiting = [] if review else _waiting(snapshot, inbox)
    return {
        "area": _text(inbox),
        "review": review,
        "headline": _headline(asks, live, failed, waiting, done),
        "asks": asks[:_MOST],
        "live": live[:_MOST],
        "failed": failed[::-1][:_MOST],
        "done": done,
        "more": max(0, len(asks) - _MOST) + max(0, len(live) - _MOST) + max(0, len(failed) - _MOST),
        "waiting": waiting[: _MOST * 2],
        "waiting_more": max(0, len(waiting) - _MOST * 2),
        "problems": [_text(problem) for problem in snapshot.get("problems", [])][:10],
        "busy": any(job["running"] for job in jobs),
        "refresh": 5 if any(job["running"] for job in jobs) or waiting else 20,
        "steps": STEPS,
        "how": next((_text(one.get("how")) for one in snapshot.get("inboxes", []) if one.get("inbox") == inbox), ""),
    }


def _belongs(job: dict[str, Any], inbox: str) -> bool:
    place = str(job.get("inbox", ""))
    return place == inbox or place.startswith(f"{inbox}/")


def _waiting(snapshot: dict[str, Any], inbox: str) -> list[dict[str, str]]:
    found = []
    for one in snapshot.get("inboxes", []):
        place = str(one.get("inbox", ""))
        if place == inbox or place.startswith(f"{inbox}/"):
            under = _text(place[len(inbox) :].strip("/"))
            found += [
                {
                    "name": f"{under}/{_text(drop.get('name'))}" if under else _text(drop.get("name")),
                    "reason": _text(drop.get("reason")),
                }
                for drop in one.get("waiting", [])
            ]
    return found


def _job(job: dict[str, Any], review: bool) -> dict[str, Any]:
    stage = str(job.get("stage", ""))
    pictures = job.get("pictures") or {}
    slots, decided = int(pictures.get("slots") or 0), int(pictures.get("decided") or 0)
    trouble = job.get("trouble")
    running, held = bool(job.get("running")), _text(job.get("held"))
    asks = stage == "rendered" and not running and not trouble
    step = _AT_STEP.get(stage, -1)
    fraction = min(1.0, max(0.0, _number(job.get("fraction")) or 0.0)) if running else 0.0
    return {
        "id": _text(job.get("id")),
        "title": _text(job.get("title")),
        "inbox": _text(job.get("inbox")),
        "step": step,
        "bars": [100 if n < step else round(100 * fraction) if n == step else 0 for n in range(len(STEPS))],
        "here": STEPS[step] if 0 <= step < len(STEPS) else "",
        "running": running,
        "percent": round(100 * fraction),
        "doing": _doing(job, running, held, asks),
        "preview": str(job.get("preview") or "") if running and _BASE64.fullmatch(str(job.get("preview"))) else "",
        "held": bool(held) and not running,
        "left": duration(_number(job.get("left"))) if running else "",
        "asks": asks,
        "want": _want(slots, decided, _text(job.get("waits_for"))) if asks else "",
        "slots": slots,
        "decided": decided,
        "desk": _text(pictures.get("desk")),
        "desk_link": _link(str(pictures.get("desk") or "")) if review else "",
        "facts": _facts(job),
        "sections": _sections(job.get("sections") or []),
        "trouble": {key: _text(trouble.get(key)) for key in ("what", "why", "remedy")} if trouble else None,
        "done": stage == "done",
        "film": _text(job.get("film")),
        "scores": _text(job.get("scores")),
    }


def _doing(job: dict[str, Any], running: bool, held: str, asks: bool) -> str:
    if asks:
        return ""
    text = _text(job.get("doing")) if running else held or _text(job.get("waits_for"))
    return text[:1].upper() + text[1:]


def _want(slots: int, decided: int, because: str) -> str:
    if not slots:
        return "The pictures are ready for you"
    if decided >= slots:
        return f"All {slots} places have a picture. {because[:1].upper()}{because[1:]}"
    what = "pictures need" if slots - decided != 1 else "picture needs"
    return f"{slots - decided} of {slots} {what} your word"


def _facts(job: dict[str, Any]) -> list[str]:
    tempo, length = _number(job.get("tempo")), _number(job.get("duration"))
    key = _text(job.get("key"))
    facts = [clock(length)] if length else []
    facts += [f"{tempo:.4g} BPM"] if tempo else []
    return facts + ([key] if key and key != "no key" else [])


def _sections(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each section with its share of the song, for a bar; at most 80, so that a long mix stays a page."""
    whole = max((_number(one.get("end")) or 0.0 for one in sections), default=0.0)
    if whole <= 0:
        return []
    return [
        {
            "role": _text(one.get("role")) if str(one.get("role", "")).isalpha() else "section",
            "label": _text(one.get("label")),
            "share": round(
                100 * max(0.0, (_number(one.get("end")) or 0) - (_number(one.get("start")) or 0)) / whole, 3
            ),
            "height": round(34 + 66 * min(1.0, max(0.0, _number(one.get("energy")) or 0.0))),
            "from": clock(_number(one.get("start")) or 0.0),
        }
        for one in sections[:80]
    ]


def _headline(
    asks: list[Any], live: list[Any], failed: list[Any], waiting: list[Any], done: list[Any]
) -> list[dict[str, str]]:
    """The page in one line: what wants the reader first."""
    counted = (
        ("ask", len(asks), "waits for your word", "wait for your word"),
        ("bad", len(failed), "failed", "failed"),
        ("live", len(live), "under way", "under way"),
        ("wait", len(waiting), "file not taken yet", "files not taken yet"),
        ("done", len(done), "finished", "finished"),
    )
    return [{"kind": kind, "count": str(n), "text": one if n == 1 else many} for kind, n, one, many in counted if n]


def clock(seconds: float) -> str:
    """'3:07', '1:02:09'."""
    whole = int(seconds)
    head = f"{whole // 3600}:{whole // 60 % 60:02d}" if whole >= 3600 else f"{whole // 60}"
    return f"{head}:{whole % 60:02d}"


def duration(seconds: float | None) -> str:
    """'about 2 min left'; "" where nobody knows."""
    if seconds is None or seconds < 0 or seconds != seconds:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {round(seconds / 10) * 10} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e9 else None


def _text(value: Any) -> str:
    """Anything as text that can stand on a page: odd bytes and control characters shown, never too long."""
    text = shown(value) if isinstance(value, str) else "" if value is None else str(value)
    return text if len(text) <= 600 else text[:600] + "..."


def _link(desk: str) -> str:
    """The address of a desk, seen from review/."""
    from urllib.parse import quote

    name = desk.rpartition("/")[2]
    return f"{quote(name.encode('utf-8', 'surrogateescape'))}/" if name else ""


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
