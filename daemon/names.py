"""Names for people's folders: safe for SMB, unique after NFC and case folding, never too long."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from pathlib import Path

_RESERVED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICES = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
_LONGEST = 255


def shown(name: str | bytes) -> str:
    """A name as text that can be printed, logged and put into JSON: odd bytes and control characters escaped."""
    text = os.fsdecode(name) if isinstance(name, bytes) else name
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == " " else f"\\x{ord(c):02x}" for c in text)


def safe(name: str, longest: int = 200) -> str:
    """A name that Windows, macOS and Samba can show; NFC; at most `longest` bytes of UTF-8; never empty.

    The extension survives shortening.
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\ufffd", "_")
    text = unicodedata.normalize("NFC", text)
    text = _RESERVED.sub("_", text)
    text = "".join("_" if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in text).strip(" ")
    text = text.rstrip(". ")
    if not text or not text.strip("._ "):
        text = "untitled"
    if text.startswith("."):
        text = "_" + text[1:]
    if text.split(".", 1)[0].lower() in _DEVICES:
        text = "_" + text
    stem, dot, extension = text.rpartition(".")
    if dot and 0 < len(extension) <= 8:
        return fitting(stem, f".{extension}", longest)
    return fitting(text, "", longest)


def fitting(stem: str, tail: str, longest: int = _LONGEST) -> str:
    """stem + tail, the stem cut on a character so that the whole has at most `longest` bytes of UTF-8."""
    room = longest - len(tail.encode())
    return stem.encode()[: max(1, room)].decode("utf-8", "ignore").rstrip(" .") + tail


def folded(name: str) -> str:
    """What a case-folding, normalising file server compares."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def distinct(name: str, taken: set[str]) -> str:
    """`name`, or `name (2)`, ... : the first that isn't among `taken` (folded names), which it joins."""
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem or len(extension) > 8:
        stem, extension = name, ""
    tail = f".{extension}" if extension else ""
    number, found = 1, name
    while folded(found) in taken:
        number += 1
        found = fitting(stem, f" ({number}){tail}")
    taken.add(folded(found))
    return found


def unused(folder: Path, name: str) -> str:
    """A name that nothing in `folder` has, after NFC and case folding."""
    return distinct(name, {folded(shown(entry)) for entry in os.listdir(folder)})


def give(path: Path, group: str, mode: str) -> None:
    """Hands a folder or file to the share's users: mode, and group where one is set and we may."""
    os.chmod(path, int(mode, 8))
    if group:
        try:
            shutil.chown(path, group=group)
        except (PermissionError, LookupError):
            # doctor tells of a group that we can't give to; the film is delivered all the same.
            return
        os.chmod(path, int(mode, 8))  # chown drops the set-group-id bit
        if path.is_dir():
            for entry in path.iterdir():
                shutil.chown(entry, group=group)
