"""Keeps known secrets out of whatever is written or said: each of them is replaced by its name in brackets.

The registry is the process's own, since a secret must not be said by anyone in it. A value shorter than eight
characters can't be told from other text and is not looked for.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

_LEAST = 8
_known: dict[str, str] = {}  # each way of writing a secret -> its name
_pattern: re.Pattern[str] | None = None


def learn(name: str, value: str) -> None:
    """Takes a secret into account from now on. name: what stands in its place."""
    global _pattern
    if len(value) < _LEAST or value in _known:
        return
    for written in {value, quote(value, safe=""), json.dumps(value)[1:-1], repr(value)[1:-1]}:
        _known[written] = name
    longest_first = sorted(_known, key=len, reverse=True)
    # A number is looked for as a whole one: a chat's id may be a part of some other number.
    ways = (
        rf"(?<![0-9.]){re.escape(way)}(?![0-9])" if way.strip("-").isdigit() else re.escape(way)
        for way in longest_first
    )
    _pattern = re.compile("|".join(ways))


def text(said: str) -> str:
    """A text without the secrets that are known."""
    return said if _pattern is None else _pattern.sub(lambda found: f"[{_known[found.group()]}]", said)


def value(found: Any) -> Any:
    """The same for plain data, at any depth; what is no text, list or mapping is said by its repr if that holds one."""
    if _pattern is None:
        return found
    if isinstance(found, str):
        return text(found)
    if isinstance(found, dict):
        return {value(key): value(entry) for key, entry in found.items()}
    if isinstance(found, list | tuple):
        return [value(entry) for entry in found]
    if found is None or isinstance(found, bool | int | float):
        return found
    said = repr(found)
    return text(said) if text(said) != said else found


def names() -> list[str]:
    """The names of the secrets that are known."""
    return sorted(set(_known.values()))


def forget() -> None:
    """Forgets every secret, for tests."""
    global _pattern
    _known.clear()
    _pattern = None
