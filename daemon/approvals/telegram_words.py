"""What a button's data and an update of the Bot API say. Pure: JSON in, values out; what isn't understood says so.

A button's data is at most 64 bytes: `y:a1b2c3:03ab04a` is yes to 03a, 03b and 04a of that job, `n:a1b2c3:*` no to all
of it. Words are absolute, never a switch: an update that comes twice says the same thing twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from daemon.sidecars import Verdict

WHOLE = "*"
LONGEST_DATA = 64  # bytes
LONGEST_CAPTION, LONGEST_TEXT, LONGEST_ANSWER = 1024, 4096, 200
LONGEST_NOTE = 500

_LETTERS: dict[Verdict, str] = {"ok": "y", "no": "n", "redo": "r", "undecided": "u"}
_VERDICTS: dict[str, Verdict] = {letter: verdict for verdict, letter in _LETTERS.items()}
_DATA = re.compile(r"([ynru]):([0-9a-f]{6}):(\*|(?:\d{1,4}[a-z]{1,8})+|\d{1,4}[a-z]{2}!)")
_SLOT = re.compile(r"(\d{1,4})([a-z]+)")
_TRIAL = re.compile(r"t:([0-9a-f]{8,32})")
_PICTURE = re.compile(r"\s*(\d{1,4}[a-z]{1,2})(?![\w])[\s,:;.]*", re.IGNORECASE)
_YES = frozenset({"ok", "okay", "yes", "approve", "approved", "\N{THUMBS UP SIGN}", "\N{WHITE HEAVY CHECK MARK}"})
_NO = frozenset({"no", "nope", "reject", "rejected", "\N{THUMBS DOWN SIGN}", "\N{CROSS MARK}"})
_AGAIN = re.compile(r"(?:redo|again)\b[\s,:;.]*", re.IGNORECASE)


@dataclass(frozen=True)
class Button:
    """What a button says: a verdict on pictures of a job, or on all of it ("*")."""

    verdict: Verdict
    job: str
    pictures: tuple[str, ...]


@dataclass(frozen=True)
class Update:
    """What every update has: its number, and who it is from. user 0: nobody who could be named."""

    number: int
    user: int = 0
    name: str = ""
    chat: int = 0


@dataclass(frozen=True)
class Press(Update):
    """A button was pressed. query: what is answered; button None: its data isn't ours. trial: a trial's word."""

    query: str = ""
    message: int = 0
    button: Button | None = None
    trial: str = ""


@dataclass(frozen=True)
class Said(Update):
    """Somebody wrote. message: the number of what they wrote; to: of what they replied to, or 0."""

    message: int = 0
    to: int = 0
    text: str = ""


@dataclass(frozen=True)
class Moved(Update):
    """The group became a supergroup: `chat` is `into` now."""

    into: int = 0


def data(verdict: Verdict, job: str, pictures: Iterable[str]) -> str:
    """A button's data; "" where that many pictures don't fit into it."""
    wanted = tuple(pictures)
    slots: dict[str, str] = {}
    for ident in wanted:
        found = _SLOT.fullmatch(ident)
        if not found:
            continue
        if len(found[2]) > 1:  # a slot's 27th candidate and later: alone, or not at all
            slots = {} if len(wanted) > 1 else {found[1]: f"{found[2]}!"}
            break
        slots[found[1]] = slots.get(found[1], "") + found[2]
    said = WHOLE if wanted == (WHOLE,) else "".join(slot + letters for slot, letters in slots.items())
    text = f"{_LETTERS[verdict]}:{job}:{said}"
    return text if read_data(text) and len(text.encode()) <= LONGEST_DATA else ""


def read_data(text: str) -> Button | None:
    """What a button's data says; None where it isn't ours."""
    found = _DATA.fullmatch(text) if len(text) <= LONGEST_DATA else None
    if found is None:
        return None
    said = found[3]
    if said == WHOLE:
        return Button(_VERDICTS[found[1]], found[2], (WHOLE,))
    if said.endswith("!"):
        return Button(_VERDICTS[found[1]], found[2], (said[:-1],))
    slots = _SLOT.findall(said)
    return Button(_VERDICTS[found[1]], found[2], tuple(slot + letter for slot, letters in slots for letter in letters))


def trial(word: str) -> str:
    """The data of the button under a trial picture. word: 8 to 32 hex digits."""
    return f"t:{word}"


def read(update: Any) -> Update:
    """What an update says: a Press, a Said, a Moved, or a bare Update where it is none of them."""
    whole = _dict(update)
    number = _int(whole.get("update_id"))
    query, message = _dict(whole.get("callback_query")), _dict(whole.get("message"))
    if query:
        user, name = _person(query.get("from"))
        under, said = _dict(query.get("message")), str(query.get("data") or "")
        found = _TRIAL.fullmatch(said)
        return Press(
            number,
            user,
            name,
            _int(_dict(under.get("chat")).get("id")),
            query=str(query.get("id") or ""),
            message=_int(under.get("message_id")),
            button=read_data(said),
            trial=found[1] if found else "",
        )
    user, name = _person(message.get("from"))
    chat = _int(_dict(message.get("chat")).get("id"))
    if into := _int(message.get("migrate_to_chat_id")):
        return Moved(number, user, name, chat, into=into)
    text = message.get("text")
    if message and isinstance(text, str):
        to = _int(_dict(message.get("reply_to_message")).get("message_id"))
        return Said(number, user, name, chat, message=_int(message.get("message_id")), to=to, text=text)
    return Update(number, user, name, chat)


@dataclass(frozen=True)
class Wish:
    """What a reply to a picture asks for. pictures: those that it names, none where it names none."""

    verdict: Verdict
    pictures: tuple[str, ...] = ()
    note: str = ""


def wish(text: str, known: Collection[str]) -> Wish:
    """What a reply says: known pictures it begins with, then a plain yes or no, else what to paint another way."""
    named: list[str] = []
    while (found := _PICTURE.match(text)) and found[1].lower() in known:
        named.append(found[1].lower())
        text = text[found.end() :]
    rest = " ".join(text.split())
    bare = rest.casefold().strip(" .!\N{VARIATION SELECTOR-16}")
    if bare in _YES:
        return Wish("ok", tuple(named))
    if bare in _NO:
        return Wish("no", tuple(named))
    if again := _AGAIN.match(rest):
        rest = rest[again.end() :]
    return Wish("redo", tuple(named), clip(rest, LONGEST_NOTE))


def clip(text: str, most: int) -> str:
    """Text of at most so many UTF-16 units, as Telegram counts; what was cut off shows as an ellipsis."""
    text = "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= c <= "\udfff" or c == "\0" else c for c in text)
    if units(text) <= most:
        return text
    cut = text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore")
    return cut.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _person(value: Any) -> tuple[int, str]:
    who = _dict(value)
    name = " ".join(str(who.get(part) or "") for part in ("first_name", "last_name")).strip()
    return _int(who.get("id")), clip(name or str(who.get("username") or ""), 60)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _int(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
