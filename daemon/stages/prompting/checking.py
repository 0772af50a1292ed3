"""Whether an answer is what was asked for, section by section; and its words, cleaned.

Whatever a model says is somebody's words: bounded, on one line, without markup, braces, addresses or control
characters, and in English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from daemon.stages.prompting import hints
from daemon.stages.prompting.script import Ask, Part, Script

_LEAST, _MOST = 3, 60  # words
_LONGEST = 320  # characters of an action or a setting
_WHO = 3
_ENGLISH = frozenset(
    hints.words(
        "a an the of in on at with and to from into over under through by as its his her their while for behind across "
        "between against above below up down out off around toward towards beneath along before after near one two is "
        "are where like past among beside that"
    )
)
_FOREIGN = frozenset(
    hints.words(
        "der die das und mit auf ein eine einer im den dem ist von zu nicht el los las una un con por para del en que "
        "se y le les des du une et dans sur avec est il gli di che nel della uno e o os um uma com na no em och det på "
        "som är med av til og van het een met op de la"
    )
)
_ODD = re.compile(r"https?://\S*|www\.\S+|[<>{}\[\]|`*#_\\~^]+|@\w+")


@dataclass(frozen=True)
class Draft:
    """A picture as a model wrote it, cleaned: where, who (names of the cast), what they do."""

    setting: str
    who: tuple[str, ...]
    action: str


def read(text: str, whole: bool) -> tuple[Script | None, str]:
    """An answer as a script; or None and what is wrong with it, in words that the model can mend it by."""
    if not whole:
        return None, "the answer was cut off at its limit: write fewer words"
    found = text.strip()
    # Some servers wrap JSON in a fence, or think aloud before it.
    found = re.sub(r"^.*?</think>", "", found, flags=re.DOTALL).strip()
    if fence := re.search(r"```(?:json)?\s*(.*?)```", found, re.DOTALL):
        found = fence[1]
    if "{" not in found:
        return None, "the answer is no JSON"
    try:
        data = json.loads(found[found.index("{") : found.rindex("}") + 1])
        return Script.model_validate(data), ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return None, f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
    except (ValueError, RecursionError) as error:
        return None, f"the answer is no JSON: {str(error)[:100]}"


def checked(script: Script, asks: Sequence[Ask], cast: Sequence[str]) -> tuple[dict[int, dict[str, Draft]], list[str]]:
    """The good sections (number -> slot -> draft), and what is wrong with the others, a sentence each."""
    good: dict[int, dict[str, Draft]] = {}
    problems: list[str] = []
    wanted = {ask.number for ask in asks}
    given: dict[int, list[Part]] = {}
    for part in script.sections:
        given.setdefault(part.section, []).append(part)
    for ask in asks:
        parts = given.get(ask.number, [])
        found: dict[str, Draft] | str
        if len(parts) != 1:
            found = "it is missing" if not parts else f"it is there {len(parts)} times"
        else:
            found = _section(parts[0], ask, cast)
        if isinstance(found, str):
            problems.append(f"section {ask.number}: {found}")
        else:
            good[ask.number] = found
    if problems and (odd := sorted(set(given) - wanted)):
        problems.append(f"nobody asked for section {odd[0]}")
    return good, problems


def _section(part: Part, ask: Ask, cast: Sequence[str]) -> dict[str, Draft] | str:
    """A section's drafts, or what is wrong with it."""
    setting = clean(part.setting)
    if wrong := _words(setting):
        return f"setting: {wrong}"
    wanted = [span.slot for span in ask.spans]
    slots = [shot.slot.strip() for shot in part.shots]
    if sorted(slots) != sorted(wanted):
        return f"its shots must be {', '.join(wanted)}, once each; they are {', '.join(slots[:40]) or 'none'}"
    by_name = {name.lower(): name for name in cast}
    drafts: dict[str, Draft] = {}
    for slot, shot in zip(slots, part.shots, strict=True):
        who = list(dict.fromkeys(name.strip().lower() for name in shot.who))
        if unknown := [name for name in who if name not in by_name] if cast else []:
            return f"shot {slot}: {unknown[0][:40]!r} is none of the cast ({', '.join(cast)})"
        if cast and not 1 <= len(who) <= _WHO:
            return f"shot {slot}: `who` must name one to {_WHO} of {', '.join(cast)}"
        named = tuple(by_name[name] for name in who) if cast else ()
        action = _begun(clean(shot.action), named)
        if wrong := _words(action):
            return f"shot {slot}: action: {wrong}"
        drafts[slot] = Draft(setting, named, action)
    if len(drafts) > 2 and len({draft.action.lower() for draft in drafts.values()}) == 1:
        return "all its shots say the same"
    texts = [setting, *(draft.action for draft in drafts.values())]
    return drafts if english(" ".join(texts)) and all(map(_latin, texts)) else "it must be in English"


def clean(text: str) -> str:
    """Words of a model on one line, without what is no plain text, at most 320 characters."""
    plain = "".join(char if char.isprintable() else " " for char in text[: _LONGEST * 4])
    plain = " ".join(_ODD.sub(" ", plain).split()).strip(" .,;:\"'“”-")
    if len(plain) > _LONGEST:
        plain = plain[:_LONGEST].rpartition(" ")[0].rstrip(" ,;:")
    # A full stop would begin a new sentence of the prompt's own order.
    return re.sub(r"\s*[.!?;]\s+", ", ", plain)


def _begun(action: str, who: Sequence[str]) -> str:
    """An action without the names that it may begin with: we say who it is."""
    for name in who:
        action = re.sub(rf"^(?:the\s+)?{re.escape(name)}\b(?:\s+is|\s+and)?[\s,]+", "", action, flags=re.IGNORECASE)
    return action


def _words(text: str) -> str:
    """What is wrong with a text's length; "" where nothing is."""
    count = len(text.split())
    if count < _LEAST:
        return "it says nothing" if not text else f"{text[:60]!r} is too short"
    return f"it is too long ({count} words)" if count > _MOST else ""


def english(text: str) -> bool:
    """Whether a text is English, as far as its letters and its small words tell."""
    if not _latin(text):
        return False
    found = hints.words(text)
    ours = sum(1 for word in found if word in _ENGLISH)
    theirs = sum(1 for word in found if word in _FOREIGN)
    return theirs <= ours and (len(found) < 12 or ours >= 0.06 * len(found))


def _latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return sum(1 for char in letters if ord(char) > 0x24F) <= 0.1 * len(letters)


def without(text: str, negative: str) -> str:
    """A text without the phrases that ask for what the rule won't have; its first phrase stays, whatever it says."""
    refused = [entry.strip().lower() for entry in negative.split(",") if entry.strip()]
    first, *rest = text.split(", ")
    kept = [
        phrase for phrase in rest if not any(re.search(rf"\b{re.escape(word)}\b", phrase.lower()) for word in refused)
    ]
    return ", ".join([first, *kept])
