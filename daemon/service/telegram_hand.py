"""The hand: carries out one errand in the chat, and says how it went. Slow, so it runs off the coordinator's loop."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from daemon.approvals import telegram_photo
from daemon.approvals.telegram import Due
from daemon.approvals.telegram_faces import Grid, Post
from daemon.backends.telegram import Bot, Busy, File, Refused
from daemon.errors import Fault, FinalFault, PassingFault

How = Literal["done", "gone", "later", "down", "unsure", "broken", "moved", "refused", "lost"]

_GONE = (
    "message to edit not found",
    "message to delete not found",
    "message can't be edited",
    "message can't be deleted",
    "message_id_invalid",
    "message identifier is not specified",
)
_LINE = ("chat not found", "thread not found", "have no rights", "not enough rights", "chat_write_forbidden")


@dataclass(frozen=True)
class Outcome:
    """How an errand went. ids: the messages that it made.

    done; gone: somebody removed the message; later: asked to wait `after` seconds; down: nobody is there; unsure: no
    answer came, so that it may have arrived; broken: the line itself is refused; moved: the group is `moved_to` now;
    refused: this one message is; lost: a file is gone.
    """

    how: How
    ids: tuple[int, ...] = ()
    after: float = 0.0
    moved_to: int = 0
    why: str = ""


@dataclass(frozen=True)
class Errand:
    """What is to be done. folder: the job's; files: picture id -> file in it; name: what a video is called."""

    job: str
    due: Due
    folder: Path
    files: dict[str, str]
    name: str = ""
    poster: str = ""


def carry_out(bot: Bot, errand: Errand) -> Outcome:
    """Carries out an errand."""
    due = errand.due
    try:
        if due.verb == "send" and due.post is not None:
            return Outcome("done", _send(bot, errand, due.post))
        if due.verb == "edit" and due.post is not None:
            _edit(bot, due, due.post)
        elif due.verb == "remove":
            bot.call("deleteMessages", chat_id=due.chat, message_ids=list(due.ids))
        return Outcome("done", due.ids)
    except Busy as busy:
        return Outcome("later", after=busy.after, why=busy.sentence())
    except Refused as refused:
        return _refused(refused)
    except PassingFault as fault:
        sent = "doesn't answer" in fault.what or "broke off" in fault.what
        # A server that hangs up on a film does so because of the film: it isn't sent for ever.
        sent = sent or (fault.facts.get("sent") is True and due.post is not None and due.post.kind == "video")
        return Outcome("unsure" if sent else "down", why=fault.sentence())
    except FinalFault as fault:
        # Of the door: the address itself is wrong, or mustn't be asked. Else it is about this one picture.
        how: How = "broken" if "host" in fault.facts or "privacy" in fault.facts else "refused"
        return Outcome(how, why=fault.sentence())
    except FileNotFoundError as error:
        return Outcome("lost", why=f"{Path(str(error.filename or '')).name} is gone")
    except KeyError as error:
        return Outcome("lost", why=f"there is no picture {error} any more")
    except OSError as error:
        return Outcome("lost", why=str(error.strerror or type(error).__name__))


def markup(buttons: Grid) -> dict[str, Any]:
    """Buttons as the API has them; without any, what takes those away that are there."""
    return {"inline_keyboard": [[{"text": text, "callback_data": word} for text, word in row] for row in buttons]}


def _refused(refused: Refused) -> Outcome:
    said, why = refused.said, refused.sentence()
    if refused.moved_to:
        return Outcome("moved", moved_to=refused.moved_to, why=why)
    if "not modified" in said:
        return Outcome("done")
    if any(words in said for words in _GONE):
        return Outcome("gone", why=why)
    if refused.code in (401, 403, 404) or any(words in said for words in _LINE):
        return Outcome("broken", why=why)
    return Outcome("refused", why=why)


def _send(bot: Bot, errand: Errand, post: Post) -> tuple[int, ...]:
    chat: dict[str, Any] = {"chat_id": errand.due.chat}
    if bot.line.topic:
        chat["message_thread_id"] = bot.line.topic
    if post.buttons:
        chat["reply_markup"] = markup(post.buttons)
    if post.kind == "album":
        files = {f"photo{number}": _photo(errand, photo) for number, photo in enumerate(post.photos)}
        media = [
            {"type": "photo", "media": f"attach://photo{number}", "caption": caption}
            for number, caption in enumerate(post.captions)
        ]
        return _ids(bot.upload("sendMediaGroup", files, **chat, media=media))
    if post.kind == "photo":
        return _ids(bot.upload("sendPhoto", {"photo": _photo(errand, post.photos[0])}, **chat, caption=post.text))
    if post.kind == "video":
        return _ids(bot.upload("sendVideo", _video(errand, post), **chat, **_about(post), caption=post.text))
    return _ids(bot.call("sendMessage", **chat, text=post.text, link_preview_options={"is_disabled": True}))


def _edit(bot: Bot, due: Due, post: Post) -> None:
    one: dict[str, Any] = {"chat_id": due.chat, "message_id": due.ids[0], "reply_markup": markup(post.buttons)}
    if due.kind == "text":
        bot.call("editMessageText", **one, text=post.text, link_preview_options={"is_disabled": True})
    else:
        bot.call("editMessageCaption", **one, caption=post.text)


def _photo(errand: Errand, pictures: tuple[str, ...]) -> File:
    made = telegram_photo.photo([(ident, errand.folder / errand.files[ident]) for ident in pictures])
    return f"{'-'.join(pictures)[:60]}.jpg", made, "image/jpeg"


def _video(errand: Errand, post: Post) -> dict[str, File]:
    files = {"video": (errand.name, (errand.folder / post.file).read_bytes(), "video/mp4")}
    if errand.poster:
        try:
            files["thumbnail"] = ("poster.jpg", telegram_photo.thumbnail(errand.folder / errand.poster), "image/jpeg")
        except Fault:
            pass  # a film without a poster plays all the same
    return files


def _about(post: Post) -> dict[str, Any]:
    width, height, seconds = post.shape
    said: dict[str, Any] = {"supports_streaming": True}
    if width and height:
        said |= {"width": width, "height": height}
    if seconds:
        said["duration"] = seconds
    return said


def _ids(result: Any) -> tuple[int, ...]:
    """The numbers of the messages that a call made. FinalFault where the answer tells none."""
    messages = result if isinstance(result, list) else [result]
    ids = tuple(
        one["message_id"] for one in messages if isinstance(one, dict) and isinstance(one.get("message_id"), int)
    )
    if len(ids) != len(messages) or not ids:
        raise FinalFault("Telegram's answer tells no message", json.dumps(result)[:100])
    return ids
