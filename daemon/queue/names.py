"""Names in an inbox: what is ignored, what a file is by its extension, how any name is shown safely.

A name is a `str` as the system gives it (surrogateescape), so that no byte of it is lost.
"""

from __future__ import annotations

import os
import re
import unicodedata
from fnmatch import fnmatchcase


def words(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


SOUNDS = words("wav wave w64 rf64 flac mp3 mp2 ogg oga opus m4a m4b aac wma aiff aif aifc caf ac3 mka wv ape tta au")
FILMS = words("mp4 m4v mkv mov webm avi mpg mpeg ts m2ts mts wmv flv ogv 3gp")
PICTURES = words("jpg jpeg png webp")
BRIEFS = words("yaml yml json md txt")

_COMPANIONS = {"yaml": "override", "yml": "override", "lrc": "lyrics", "srt": "subtitles"}
_BEATS = (".beats.txt", ".beats.csv")
_LITTER = ("ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", "@eadir", "#recycle", "$recycle.bin", "lost+found")
_TEMPORARY = ("*.part", "*.crdownload", "*.filepart", "*.tmp", "*.download", "*.partial", "*.!ut", "*.opdownload", "~*")
_LONGEST = 255

HIDDEN = ".dropreel-"
NOTE = ".FAILED.txt"
RETRY = ".RETRY.txt"  # what its reader renames the note to
GIVEN_BACK = ".FAILED"
STATUS = "_STATUS.html"


def normal(name: str) -> str:
    """The name in NFC: one spelling for names that look the same."""
    return unicodedata.normalize("NFC", name)


def extension(name: str) -> str:
    """The extension in lower case without its dot; "" where there is none."""
    return os.path.splitext(name)[1][1:].lower()


def safe_extension(name: str) -> str:
    """The extension as our own file names carry it: ASCII, with its dot; "" where there is none to keep."""
    found = re.sub(r"[^a-z0-9]", "", extension(name))[:8]
    return f".{found}" if found else ""


def is_ours(name: str) -> bool:
    """Our own notes, status pages and half-way files: never a drop."""
    return (
        name == STATUS
        or name.startswith((HIDDEN, STATUS))
        or name.endswith((NOTE, GIVEN_BACK))
        or name.lower().endswith(RETRY.lower())
        or name.lower() == "readme.txt"
    )


def is_litter(name: str) -> bool:
    """What file managers and share servers leave behind by themselves."""
    lowered = name.lower()
    return lowered.lstrip(".") in _LITTER or name.startswith(("._", ".stfolder", ".stversions", ".fuse_hidden", ".nfs"))


def is_temporary(name: str) -> bool:
    """A name that a download or a copy bears while it is under way."""
    return any(fnmatchcase(name.lower(), pattern) for pattern in _TEMPORARY)


def is_silent(name: str) -> bool:
    """A name that isn't even listed as waiting: ours, litter, hidden."""
    return is_ours(name) or is_litter(name) or name.startswith(".")


def stem(name: str) -> str:
    """What a drop and its companions have in common, in NFC: 'song' of song.mp3 and of song.beats.txt."""
    lowered = name.lower()
    for ending in _BEATS:
        if lowered.endswith(ending):
            return normal(name[: -len(ending)])
    return normal(os.path.splitext(name)[0])


def companion_role(name: str) -> str:
    """The role of a companion (override, lyrics, subtitles, beats, cover); "" where it can't be one."""
    if name.lower().endswith(_BEATS):
        return "beats"
    found = extension(name)
    return "cover" if found in PICTURES else _COMPANIONS.get(found, "")


def source_kind(name: str, inbox: str) -> str:
    """What a file can be the source of in that inbox: song, video, brief, track; "" for nothing.

    The first folder of the inbox decides: in songs the sound of a film counts; in library every sound
    is a track; a folder of another name takes songs and videos.
    """
    found = extension(name)
    match inbox.split("/", 1)[0]:
        case "songs":
            return "song" if found in SOUNDS | FILMS else ""
        case "videos":
            return "video" if found in FILMS else ""
        case "briefs":
            return "brief" if found in BRIEFS and not name.lower().endswith(_BEATS) else ""
        case "library":
            return "track" if found in SOUNDS else ""
        case _:
            return "song" if found in SOUNDS else "video" if found in FILMS else ""


def display(name: str, longest: int = 120) -> str:
    """The name for people: NFC, one line, no escape codes, no direction marks, bytes that are no text as \\xNN."""
    text = normal(name)
    shown = "".join(_shown(char) for char in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _shown(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\u200d\ufe0f":
        return char.encode("unicode_escape").decode("ascii")
    return char


def with_ending(name: str, ending: str) -> str:
    """The name with something after it, shortened by whole characters so that the result fits in 255 bytes."""
    room = _LONGEST - len(os.fsencode(ending))
    kept = name
    while len(os.fsencode(kept)) > room:
        kept = kept[:-1]
    return kept + ending
