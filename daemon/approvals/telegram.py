"""What a job's chat should show: its messages as values, made of what was painted and what was said of it. Pure.

`posts` says what should be there, `due` the one thing that is to be done next, given what is there (`Chat`, kept with
the job). Whoever decides, and whichever way, changes what should be there; the chat follows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

from pydantic import BaseModel, Field

from daemon.approvals.merge import Candidate, Slot
from daemon.approvals.telegram_layout import Batch, Group, layout
from daemon.approvals.telegram_words import LONGEST_CAPTION, LONGEST_TEXT, WHOLE, clip, data
from daemon.sidecars import Verdict

Kind = Literal["text", "photo", "video", "album"]
Grid = tuple[tuple[tuple[str, str], ...], ...]  # rows of (label, data)

_NOTE = 60
_TITLE, _NOTES = 120, 350
_OLD = "old."
_MARKS: dict[str, str] = {
    "ok": "\N{WHITE HEAVY CHECK MARK}",
    "no": "\N{CROSS MARK}",
    "redo": "\N{CLOCKWISE RIGHTWARDS AND LEFTWARDS OPEN CIRCLE ARROWS}",
    "undecided": "\N{LEFTWARDS ARROW WITH HOOK}",
}


class Sent(BaseModel):
    """Messages that lie in the chat. ids: their numbers; face: what they last showed, as a digest.

    gone: somebody removed them, or they can't be shown; they are left alone.
    """

    chat: int = 0
    kind: Kind = "text"
    ids: list[int] = Field(default_factory=list)
    face: str = ""
    gone: bool = False


class Chat(BaseModel):
    """What is kept with a job. life: how often its pictures were shown from the start (a finished job may come back).

    prints: the fingerprints of the pictures that were shown. sent: by key. film: owed once the job is seen alive, told
    when the film was sent. copy_file: the copy of a film that is too large; unsent: why none of it can be sent.
    """

    life: int = 1
    batches: list[Batch] = Field(default_factory=list)
    prints: dict[str, str] = Field(default_factory=dict)
    sent: dict[str, Sent] = Field(default_factory=dict)
    film: Literal["", "owed", "told"] = ""
    copy_file: str = ""
    unsent: str = ""


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


@dataclass(frozen=True)
class Due:
    """The one thing to be done next. ids: the messages that an edit or a removal is about."""

    verb: Literal["send", "edit", "remove", "forget"]
    key: str
    post: Post | None = None
    kind: Kind = "text"
    ids: tuple[int, ...] = ()
    chat: int = 0


def plan(view: View, chat: Chat, most: int) -> bool:
    """Adds the batches of pictures that were never shown to `chat`; whether there were any. most: messages a job."""
    shown = {ident for batch in chat.batches for ident in batch.pictures()}
    groups: dict[int, Group] = {}
    for slot in view.slots:
        # A person's own picture is theirs: they know it, and decided by it.
        new = [one.picture.id for one in slot.candidates if one.picture.id not in shown and not _own(one)]
        if new:
            span = view.spans.get(slot.name, Span())
            groups.setdefault(span.section, Group(_section(span))).slots.append(new)
    if not groups:
        return False
    # A first showing shares its messages with the animatic.
    chat.batches += layout(list(groups.values()), most - (0 if chat.batches else 1))
    chat.prints |= {
        one.picture.id: one.picture.fingerprint for slot in view.slots for one in slot.candidates if not _own(one)
    }
    return True


def renewed(view: View, chat: Chat) -> Chat | None:
    """The chat begun anew where other pictures bear the names of those that were shown; else None."""
    now = {one.picture.id: one.picture.fingerprint for slot in view.slots for one in slot.candidates if not _own(one)}
    there = {one.picture.id for slot in view.slots for one in slot.candidates}
    if there >= set(chat.prints) and all(chat.prints.get(ident, print_) == print_ for ident, print_ in now.items()):
        return None
    # The buttons of the old ones would decide on the new ones: they go.
    old = {key if key.startswith(_OLD) else _OLD + key: sent for key, sent in chat.sent.items()}
    return Chat(life=chat.life + 1, sent=old, film=chat.film)


def posts(view: View, chat: Chat) -> list[Post]:
    """Everything that should be in the chat, in the order in which it is sent."""
    life = chat.life
    wanted = [_head(view, f"{life}.head")] if chat.batches else []
    said = {one.picture.id: one for slot in view.slots for one in slot.candidates}
    names = {ident: slot.name for slot in view.slots for ident in (one.picture.id for one in slot.candidates)}
    fresh = {one.picture.replaces: ident for ident, one in said.items() if one.picture.replaces}
    for number, batch in enumerate(chat.batches):
        if view.tidy and not view.deciding:
            break
        key, photos = f"{life}.{number}", tuple(tuple(photo) for photo in batch.photos)
        words = [_line(ident, said, fresh) for ident in batch.pictures()]
        spans = [view.spans.get(names.get(ident, ""), Span()) for ident in batch.pictures()]
        text = "\n".join([_batch_title(batch, spans), *words])
        buttons = _buttons(view.job, batch, said, fresh) if view.deciding else ()
        if len(photos) == 1:
            wanted.append(Post(key, "photo", clip(text, LONGEST_CAPTION), buttons, photos, fresh=view.deciding))
            continue
        captions = tuple(
            clip(_caption(photo, said, view.spans.get(names.get(photo[0], ""), Span())), LONGEST_CAPTION)
            for photo in photos
        )
        wanted.append(Post(key, "album", photos=photos, captions=captions, fresh=view.deciding))
        wanted.append(Post(f"{key}.grid", "text", clip(text, LONGEST_TEXT), buttons, fresh=view.deciding))
    if view.finished and chat.film == "owed":
        kind: Kind = "video" if view.film else "text"
        wanted.append(
            Post(f"{life}.film", kind, clip(view.finished, LONGEST_CAPTION), file=view.film, shape=view.shape)
        )
    return wanted


def due(wanted: Sequence[Post], chat: Chat, here: int) -> Due | None:
    """The next thing to be done in the chat `here`; None where all is as it should be.

    Words that changed go before messages that aren't there yet: somebody has just pressed a button.
    """
    keys = {post.key: post for post in wanted}
    for post in wanted:
        sent = chat.sent.get(post.key)
        if sent is None or sent.gone or post.kind == "album" or sent.chat != here or not sent.ids:
            continue
        if sent.face != post.face():
            return Due("edit", post.key, post, sent.kind, tuple(sent.ids), sent.chat)
    for post in wanted:
        sent = chat.sent.get(post.key)
        if post.fresh and (sent is None or (sent.chat != here and not sent.gone)):
            return Due("send", post.key, post, post.kind, chat=here)
    for key, sent in chat.sent.items():
        if key not in keys and not key.endswith(".film"):
            # What an earlier life left has lost its buttons, and stays, unless it was marked as old.
            left = key.partition(".")[0] != str(chat.life) and not key.startswith(_OLD)
            if left or sent.gone or not sent.ids or sent.chat != here:
                return Due("forget", key)
            return Due("remove", key, None, sent.kind, tuple(sent.ids), sent.chat)
    return None


def pictures_of(chat: Chat, here: int, message: int) -> tuple[str, ...] | None:
    """The pictures that a message shows, or is about; () where it is ours and shows none; None where it isn't ours."""
    for key, sent in chat.sent.items():
        if sent.chat != here or message not in sent.ids:
            continue
        life, _, number = key.partition(".")
        if life != str(chat.life) or not number.removesuffix(".grid").isdigit():
            return ()
        index = int(number.removesuffix(".grid"))
        if index >= len(chat.batches):
            return ()
        batch = chat.batches[index]
        if number.endswith(".grid"):
            return tuple(batch.pictures())
        return tuple(batch.photos[sent.ids.index(message)]) if sent.ids.index(message) < len(batch.photos) else ()
    return None


# --- what messages say ------------------------------------------------------------------------


def _head(view: View, key: str) -> Post:
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


def _buttons(job: str, batch: Batch, said: dict[str, Candidate], fresh: dict[str, str]) -> Grid:
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


def _line(ident: str, said: dict[str, Candidate], fresh: dict[str, str]) -> str:
    """What was last said of a picture, and by whom."""
    one = said.get(ident)
    if one is None:
        return f"{ident}: no longer there"
    if _own(one):
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


def _own(one: Candidate) -> bool:
    return one.picture.origin == "person"


def _section(span: Span) -> str:
    if span.role in ("", "section"):
        return f"Part {span.section + 1}"
    return span.role[:1].upper() + span.role[1:]


def _batch_title(batch: Batch, spans: Sequence[Span]) -> str:
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return f"{batch.title}, {_clock(start)} to {_clock(end)}" if end > 0 else batch.title


def _caption(photo: tuple[str, ...], said: dict[str, Candidate], span: Span) -> str:
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
