"""What the names on a desk say. Pure: a listing and a memory in, decisions out.

A name says something about a picture where it is the picture's id and nothing but words that are
known here, in any case and normal form: `03b.ok.png`, `03B OK.PNG`, `03b.png.ok`, `ok 03b.png`,
`03b.redo darker sky.png`. A name with any other word in it says nothing: nobody's approval is
guessed ("03b not ok.png").
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pydantic import BaseModel, Field

from daemon.sidecars import Decision, Verdict

SUFFIXES = frozenset({"png", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "gif", "tif", "tiff", "avif", "heic", "heif"})
PROBLEM = ".PROBLEM.txt"

_OK = frozenset({"ok", "okay", "yes", "approved"})
_NO = frozenset({"no", "nope", "rejected"})
_REDO = frozenset({"redo"})
_COPY = frozenset({"copy", "of", "kopie", "copie", "copia"})
_WHOLE: dict[str, Verdict] = {"approved": "ok", "rejected": "no"}
_ID = re.compile(r"^(\d{1,4})([a-z]{1,2})$")
_BREAKS = r"\s._\-()\[\],:!+"
_SPLIT = re.compile(f"[{_BREAKS}]+")
_TOKEN = re.compile(f"[^{_BREAKS}]+")
_NOTE_LENGTH = 400
_SENTINEL_SIZE = 1024
_IGNORED = re.compile(
    r"^(\.|~|_|thumbs\.db$|desktop\.ini$|readme\.txt$|@eadir$)|\.(part|crdownload|filepart|tmp|lnk|url)$|\.problem\.txt$"
)


class Own(BaseModel):
    """A person's own picture, as it was copied into the job folder."""

    file: str
    sha: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Entry:
    """One name on a desk. kind: file, dir or other.

    settled: seen unchanged for long enough. own: it is a person's own picture, not the one laid out.
    problem: why it can't be a picture.
    """

    name: str
    size: int = 0
    kind: str = "file"
    by: str = ""
    settled: bool = True
    own: Own | None = None
    problem: str = ""


class Laid(BaseModel):
    """One picture as it was laid out: its id, and by what it is known again."""

    id: str
    size: int
    mtime_ns: int
    sha256: str
    own: Own | None = None


class Seen(BaseModel):
    """A file that isn't as we laid it out: its signature, since when, and what it was found to be."""

    signature: list[int]
    since: float
    known: bool = False
    own: Own | None = None
    problem: str = ""


class Memory(BaseModel):
    """What is remembered of a desk, in decisions.json.

    folder: the desk's name as laid out; now: as last seen. laid: name -> picture. missing: id, or "*"
    for the folder, -> monotonic seconds at which it was first missed; gone: missed for long enough.
    said: id -> the desk's last statement. own: the ids of people's own pictures. furnished: name ->
    file of the job, of what lies there beside the pictures.
    """

    folder: str = ""
    now: str = ""
    inode: list[int] = Field(default_factory=list)
    laid: dict[str, Laid] = Field(default_factory=dict)
    missing: dict[str, float] = Field(default_factory=dict)
    gone: list[str] = Field(default_factory=list)
    seen: dict[str, Seen] = Field(default_factory=dict)
    said: dict[str, list[str]] = Field(default_factory=dict)
    own: list[str] = Field(default_factory=list)
    furnished: dict[str, str] = Field(default_factory=dict)

    def ids(self) -> dict[tuple[int, str], str]:
        """(slot number, candidate) -> id, of everything known."""
        every = (*(laid.id for laid in self.laid.values()), *self.own)
        return {key: ident for ident in every if (key := key_of(ident))}

    def slots(self) -> dict[int, str]:
        """Slot number -> slot as it is written: 3 -> "03"."""
        return {key[0]: laid.id[: -len(key[1])] for laid in self.laid.values() if (key := key_of(laid.id))}


@dataclass(frozen=True)
class Reading:
    """What one name says. verdict: ok, no, redo, undecided (nothing, or ok and no at once)."""

    key: tuple[int, str]
    words: frozenset[str] = frozenset()
    note: str = ""

    @property
    def clash(self) -> bool:
        """Whether ok is said together with no or redo."""
        return "ok" in self.words and len(self.words) > 1

    @property
    def verdict(self) -> Verdict:
        """The name's word."""
        return _verdict(self.words)


def key_of(ident: str) -> tuple[int, str] | None:
    """(3, "b") of "03b"; None where it isn't an id."""
    found = _ID.match(ident.casefold())
    return (int(found[1]), found[2]) if found else None


def plain(name: str) -> str:
    """A name without the differences that don't count: normal form, invisible marks, odd bytes."""
    text = unicodedata.normalize("NFKC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Cc", "Cs"} or c in "\t\n").strip()


def ignored(name: str) -> bool:
    """Whether a name is furniture, a system's own litter or a half-made copy."""
    return bool(_IGNORED.search(plain(name).casefold()))


def read_name(name: str) -> Reading | None:
    """What a name says about a picture; None where it names none, or has a word that isn't known."""
    text = plain(name)
    if ignored(name):
        return None
    spans = [(m.group().casefold(), m.end()) for m in _TOKEN.finditer(text)]
    words: set[str] = set()
    key: tuple[int, str] | None = None
    copied = False
    for position, (token, end) in enumerate(spans):
        if key is None and (found := key_of(token)):
            key = found
        elif token in _OK:
            words.add("ok")
        elif token in _NO:
            words.add("no")
        elif token in _REDO and key is not None:
            words.add("redo")
            return Reading(key, frozenset(words), _note(text[end:]))
        elif token in _COPY:
            copied = True
        elif key is not None and token.isdigit() and (copied or f"({token})" in text):
            continue  # "03b (1).png", "03b copy 2.png"
        elif not (key is not None and position > 0 and token in SUFFIXES):
            return None
    return Reading(key, frozenset(words)) if key is not None else None


def _note(rest: str) -> str:
    """The note after `redo`, without the picture's suffixes."""
    text = rest.strip()
    while (stem := text.rpartition("."))[1] and stem[2].casefold().strip() in SUFFIXES:
        text = stem[0]
    return re.sub(r"\s+", " ", text).strip(" ._-()[],:")[:_NOTE_LENGTH]


def _verdict(words: frozenset[str] | set[str]) -> Verdict:
    if "ok" in words:
        return "ok" if len(words) == 1 else "undecided"
    if "redo" in words:
        return "redo"
    return "no" if "no" in words else "undecided"


def whole_of_entry(entry: Entry) -> Verdict | None:
    """What an (almost) empty file, or a folder, called APPROVED or REJECTED says; None otherwise."""
    if entry.kind not in {"file", "dir"} or (entry.kind == "file" and entry.size > _SENTINEL_SIZE):
        return None
    stem, _, extension = plain(entry.name).casefold().partition(".")
    return _WHOLE.get(stem.strip()) if len(extension) <= 12 else None


def whole_of_folder(name: str, ident: str, laid_name: str) -> Verdict | None:
    """What the desk folder's own name says: `approved` or `rejected` at its end, and nothing else added."""
    text, mark = plain(name).casefold(), f"[{ident}]"
    laid = plain(laid_name).casefold()
    base = laid.replace(mark, "").strip()
    if laid and text.startswith(laid):
        tail = text[len(laid) :]
    elif mark in text:
        tail = text.rpartition(mark)[2]
    else:
        tail = text[len(base) :] if base and text.startswith(base) else text
    return _WHOLE.get(" ".join(_SPLIT.split(tail)).strip())


def read_names(listing: list[Entry], memory: Memory, folder: str = "", ident: str = "") -> list[Decision]:
    """What a desk says now: at most one decision a picture, and one on the whole ("*").

    Pictures that the desk says nothing certain about (a file in flight, one that can't be read) are
    left out; one that lies there unmarked is `undecided`. folder: the desk's name as it is now;
    ident: the job's id.
    """
    said: list[Decision] = []
    known, slots = memory.ids(), memory.slots()
    laid_own = {laid.id: laid.own for laid in memory.laid.values()}
    by_key: dict[tuple[int, str], list[tuple[Entry, Reading]]] = {}
    for entry in listing:
        reading = read_name(entry.name)
        if reading is not None and entry.kind == "file" and reading.key[0] in slots:
            by_key.setdefault(reading.key, []).append((entry, reading))
    for key in sorted({*known, *by_key}):
        picture = known.get(key) or slots[key[0]] + key[1]
        decision = _read_picture(picture, by_key.get(key, []), known=key in known, gone=picture in memory.gone)
        if decision is None:
            continue
        if decision.way == "rename" and decision.verdict == "ok" and (mine := laid_own.get(picture)):
            decision = _with(decision, mine)
        if decision.verdict == "redo" and picture not in laid_own:
            # A person's own picture can't be painted again: it is only not wanted.
            decision = decision.model_copy(update={"verdict": "no"})
        said.append(decision)
    # Last, so that words on single pictures seen in the same look don't take it back.
    if (whole := _read_whole(listing, memory, folder, ident)) is not None:
        said.append(whole)
    return said


def _with(decision: Decision, mine: Own) -> Decision:
    return decision.model_copy(
        update={"file": mine.file, "fingerprint": mine.sha, "width": mine.width, "height": mine.height}
    )


def _read_whole(listing: list[Entry], memory: Memory, folder: str, ident: str) -> Decision | None:
    """The word on all pictures; None where a file that may become one is still in flight."""
    found = {verdict: entry for entry in listing if (verdict := whole_of_entry(entry)) is not None}
    if any(not entry.settled for entry in found.values()):
        return None
    named = whole_of_folder(folder, ident, memory.folder) if folder else None
    if len({*found, *([named] if named else [])}) == 1:
        for verdict, entry in found.items():
            return Decision(picture="*", verdict=verdict, way="sentinel", by=entry.by)
        return Decision(picture="*", verdict=named or "undecided", way="folder")
    return Decision(picture="*", verdict="undecided", way="sentinel" if found else "folder")


def _read_picture(picture: str, files: list[tuple[Entry, Reading]], *, known: bool, gone: bool) -> Decision | None:
    """What the files of one picture say together; None where nothing is certain."""
    if any(not entry.settled for entry, _ in files):
        return None
    if not files:
        return Decision(picture=picture, verdict="no", way="delete") if known and gone else None
    readable = [(entry, reading) for entry, reading in files if entry.size and not entry.problem]
    for entry, reading in readable:
        if entry.own and reading.words <= {"ok"}:
            return _with(Decision(picture=picture, verdict="ok", way="replace", by=entry.by), entry.own)
    if not known or not readable:
        return None
    # An empty file beside the picture ("03b.ok") speaks too; alone it is a picture that was lost.
    words = {word for entry, reading in files for word in reading.words if not entry.problem}
    verdict = _verdict(words)
    note = next((reading.note for _, reading in files if reading.note), "") if verdict == "redo" else ""
    said = Decision(picture=picture, verdict=verdict, way="rename", note=note)
    mine = next((entry.own for entry, _ in readable if entry.own), None)
    return _with(said, mine) if mine and verdict in {"no", "redo"} else said


def statement(decision: Decision) -> list[str]:
    """What of a decision counts as the desk's word: a change of it is news."""
    return [decision.verdict, decision.note, decision.fingerprint if decision.way == "replace" else ""]


def undone(picture: str) -> list[str]:
    """What a desk says of a picture (or "*") that nobody has touched."""
    return statement(Decision(picture=picture, verdict="undecided"))
