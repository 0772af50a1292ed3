"""What a job's chat should show: its messages as values, made of what was painted and what was said of it. Pure.

`posts` says what should be there, `due` the one thing that is to be done next, given what is there (`Chat`, kept with
the job). Whoever decides, and whichever way, changes what should be there; the chat follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from daemon.approvals import telegram_faces as faces
from daemon.approvals.telegram_faces import Kind, Post, Span, View
from daemon.approvals.telegram_layout import Batch, Group, layout
from daemon.approvals.telegram_words import LONGEST_CAPTION, LONGEST_TEXT, clip

__all__ = ["Chat", "Due", "Post", "Sent", "Span", "View", "due", "pictures_of", "plan", "posts", "renewed"]

_OLD = "old."


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
        new = [one.picture.id for one in slot.candidates if one.picture.id not in shown and not faces.own(one)]
        if new:
            span = view.spans.get(slot.name, Span())
            groups.setdefault(span.section, Group(faces.section(span))).slots.append(new)
    if not groups:
        return False
    # A first showing shares its messages with the animatic.
    chat.batches += layout(list(groups.values()), most - (0 if chat.batches else 1))
    chat.prints |= _prints(view)
    return True


def _prints(view: View) -> dict[str, str]:
    """The fingerprints of the pictures that were painted."""
    candidates = [one for slot in view.slots for one in slot.candidates]
    return {one.picture.id: one.picture.fingerprint for one in candidates if not faces.own(one)}


def renewed(view: View, chat: Chat) -> Chat | None:
    """The chat begun anew where other pictures bear the names of those that were shown; else None."""
    now = _prints(view)
    there = {one.picture.id for slot in view.slots for one in slot.candidates}
    if there >= set(chat.prints) and all(chat.prints.get(ident, print_) == print_ for ident, print_ in now.items()):
        return None
    # The buttons of the old ones would decide on the new ones: they go.
    old = {key if key.startswith(_OLD) else _OLD + key: sent for key, sent in chat.sent.items()}
    return Chat(life=chat.life + 1, sent=old, film=chat.film)


def posts(view: View, chat: Chat) -> list[Post]:
    """Everything that should be in the chat, in the order in which it is sent."""
    life = chat.life
    wanted = [faces.head(view, f"{life}.head")] if chat.batches else []
    said = {one.picture.id: one for slot in view.slots for one in slot.candidates}
    names = {ident: slot.name for slot in view.slots for ident in (one.picture.id for one in slot.candidates)}
    fresh = {one.picture.replaces: ident for ident, one in said.items() if one.picture.replaces}
    for number, batch in enumerate(chat.batches):
        if view.tidy and not view.deciding:
            break
        key, photos = f"{life}.{number}", tuple(tuple(photo) for photo in batch.photos)
        words = [faces.line(ident, said, fresh) for ident in batch.pictures()]
        spans = [view.spans.get(names.get(ident, ""), Span()) for ident in batch.pictures()]
        text = "\n".join([faces.batch_title(batch, spans), *words])
        buttons = faces.buttons(view.job, batch, said, fresh) if view.deciding else ()
        if len(photos) == 1:
            wanted.append(Post(key, "photo", clip(text, LONGEST_CAPTION), buttons, photos, fresh=view.deciding))
            continue
        captions = tuple(
            clip(faces.caption(photo, said, view.spans.get(names.get(photo[0], ""), Span())), LONGEST_CAPTION)
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
