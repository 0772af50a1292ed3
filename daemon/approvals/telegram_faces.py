"""What the messages of a job say, and which buttons stand under them. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

from daemon.approvals.merge import Candidate, Slot
from daemon.approvals.telegram_layout import Batch
from daemon.approvals.telegram_words import LONGEST_CAPTION, WHOLE, clip, data
from daemon.sidecars import Verdict

Kind = Literal["text", "photo", "video", "album"]
Grid = tuple[tuple[tuple[str, str], ...], ...]  # rows of (label, data)

_NOTE = 60
_TITLE, _NOTES = 120, 350
_MARKS: dict[str, str] = {
    "ok": "\N{WHITE HEAVY CHECK MARK}",
    "no": "\N{CROSS MARK}",
    "redo": "\N{CLOCKWISE RIGHTWARDS AND LEFTWARDS OPEN CIRCLE ARROWS}",
    "undecided": "\N{LEFTWARDS ARROW WITH HOOK}",
}


@dataclass(frozen=True)
class Post:
    """A message, or an album, that should be there.

    photos: the pictures that each photo shows; captions: an album's, one each. file: a video's; shape: its width,
    height and whole seconds, 0 where unknown. fresh: it is sent where it isn't there; else only what is there changes.
    """

    key: str
    kind: Kind
    text: str = ""
    buttons: Grid = ()
    photos: tuple[tuple[str, ...], ...] = ()
    captions: tuple[str, ...] = ()
    file: str = ""
    shape: tuple[int, int, int] = (0, 0, 0)
    fresh: bool = True

    def face(self) -> str:
        """The digest of what an edit can change."""
        return hashlib.sha256(json.dumps([self.text, self.buttons]).encode()).hexdigest()[:16]

    @property
    def messages(self) -> int:
        """How many messages it takes."""
        return max(1, len(self.photos)) if self.kind == "album" else 1


@dataclass(frozen=True)
class Span:
    """Where a slot plays: its section's number and name, its own start and end in seconds, what it shows."""

    section: int = 0
    role: str = ""
    start: float = 0.0
    end: float = 0.0
    subject: str = ""


@dataclass(frozen=True)
class View:
    """What there is to show of a job.

    about: lines about the song; lines: what else to know before approving (an estimate of what comes after).
    status: what the gate says. deciding: the pictures are open to words. over: how it went on, once it did.
    whole: approved or rejected, where all were at once. film: the file that can be sent, relative to the job; with
    `finished`, what is said of it.
    """

    job: str
    title: str
    slots: Sequence[Slot] = ()
    spans: dict[str, Span] = field(default_factory=dict)
    about: Sequence[str] = ()
    lines: Sequence[str] = ()
    status: str = ""
    whole: str = ""
    whole_by: str = ""
    deciding: bool = False
    over: str = ""
    tidy: bool = False
    animatic: str = ""
    film: str = ""
    shape: tuple[int, int, int] = (0, 0, 0)
    finished: str = ""


def head(view: View, key: str) -> Post:
    """The message about the whole song: the animatic, what to do, how it stands, and the buttons for all of it."""
    kind: Kind = "video" if view.animatic else "text"
    if view.over:
        text = "\n".join([f"{view.title}: {view.over}", *view.about])
        return Post(key, kind, clip(text, LONGEST_CAPTION), file=view.animatic, fresh=False)
    how = (
        "Approve at least one of each place. Reply to a picture to have it painted again: "
        "\u201cdarker, more fire\u201d; where a photo shows several, begin with the name: \u201c03b darker\u201d."
    )
    # What people are to know is cut short before what they have to know: what to do, and how it stands.
    notes = [clip("\n".join(view.lines), _NOTES)] if view.lines else []
    parts = [f"{clip(view.title, _TITLE)}: pictures to choose", *view.about, *notes, how]
    if view.whole:
        by = f" by {clip(view.whole_by, _NOTE)}" if view.whole_by else ""
        parts.append(f"All of it is {view.whole}{by}.")
    if view.status:
        parts.append(view.status)
    rows: Grid = ()
    if view.deciding and view.whole:
        rows = ((_button("undecided", "Take it back", view.job, (WHOLE,)),),)
    elif view.deciding:
        yes = _button("ok", "Approve all", view.job, (WHOLE,))
        rows = ((yes, _button("no", "Reject all", view.job, (WHOLE,))),)
    return Post(key, kind, clip("\n".join(parts), LONGEST_CAPTION), rows, file=view.animatic, fresh=view.deciding)


def _button(verdict: Verdict, label: str, job: str, pictures: tuple[str, ...]) -> tuple[str, str]:
    return f"{_MARKS[verdict]} {label}", data(verdict, job, pictures)


def buttons(job: str, batch: Batch, said: dict[str, Candidate], fresh: dict[str, str]) -> Grid:
    """A row for each picture that can still be chosen, and one for all of them."""
    rows: list[tuple[tuple[str, str], ...]] = []
    open_ = [ident for ident in batch.pictures() if ident in said]
    for ident in open_:
        verdict = said[ident].verdict
        row = []
        for choice, label in (("ok", ident), ("no", ident), ("redo", "again")):
            if choice == "redo" and ident in fresh:
                continue  # painted again already
            chosen = "\N{BLACK CIRCLE} " if verdict == choice else ""
            shown = _button(choice, label, job, (ident,))  # type: ignore[arg-type]
            row.append((chosen + shown[0], shown[1]))
        rows.append(tuple(row))
    if len(open_) > 1:
        both = [_button("ok", "all here", job, tuple(open_)), _button("no", "all here", job, tuple(open_))]
        if all(word for _, word in both):
            rows.append(tuple(both))
    return tuple(row for row in rows if all(word for _, word in row))


def line(ident: str, said: dict[str, Candidate], fresh: dict[str, str]) -> str:
    """What was last said of a picture, and by whom."""
    one = said.get(ident)
    if one is None:
        return f"{ident}: no longer there"
    if own(one):
        return f"{ident}: {_verdict(one)}, replaced by a picture of {_who(one) or 'somebody'}'s own"
    if ident in fresh:
        asked = f" ({_note(one)})" if _note(one) else ""
        kept = "" if one.verdict in ("redo", "no") else f"; {_verdict(one)}{_by(one)}"
        return f"{ident}: painted again as {fresh[ident]}{asked}{kept}"
    note = f": {_note(one)}" if _note(one) else ""
    return f"{ident}: {_verdict(one)}{_by(one)}{note}"


def _verdict(one: Candidate) -> str:
    words = {"ok": "approved", "no": "rejected", "undecided": "no word yet"}
    return words.get(one.verdict, "to be painted again" if one.pending else "painted again")


def _note(one: Candidate) -> str:
    return clip(one.decision.note, _NOTE) if one.decision else ""


def _who(one: Candidate) -> str:
    return clip(one.decision.by, _NOTE) if one.decision else ""


def _by(one: Candidate) -> str:
    if one.decision is None or one.verdict == "undecided":
        return ""
    way = {"telegram": "", "command": "the command line", "rule": "the rule"}.get(one.decision.way, "the desk")
    by = f" by {_who(one)}" if _who(one) else ""
    return f"{by}, {'on' if way != 'the rule' else 'by'} {way}" if way else by


def own(one: Candidate) -> bool:
    """Whether it is a person's own picture."""
    return one.picture.origin == "person"


def section(span: Span) -> str:
    """What people call a section."""
    if span.role in ("", "section"):
        return f"Part {span.section + 1}"
    return span.role[:1].upper() + span.role[1:]


def batch_title(batch: Batch, spans: Sequence[Span]) -> str:
    """The first line over a batch: its section, from when to when."""
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return f"{batch.title}, {_clock(start)} to {_clock(end)}" if end > 0 else batch.title


def caption(photo: tuple[str, ...], said: dict[str, Candidate], span: Span) -> str:
    """What stands under a photo of an album: its pictures' names, and what is to be seen."""
    names = ", ".join(photo)
    again = said.get(photo[0])
    if len(photo) == 1 and again is not None and again.picture.replaces:
        return f"{names}, instead of {again.picture.replaces}" + (
            f": {clip(again.picture.note, 200)}" if again.picture.note else ""
        )
    return f"{names}: {clip(span.subject, 200)}" if span.subject and len(photo) == 1 else names


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def video_name(title: str, file: str) -> str:
    """What a video is called in the chat."""
    plain = "".join(c if c.isalnum() or c in " -_" else "_" for c in title).strip() or "film"
    return plain[:60] + PurePath(file).suffix
