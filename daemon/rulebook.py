"""The rules of a root: all of `rules/*.yaml`, whose a drop is, and what a YAML beside a song overrides.

`rules/moods.yaml` is no rule but the table of mood words; a wrong one holds no rule up.

The deepest folder wins, then `priority`, then `default`; two rules that could both win are refused
when they are loaded. When a changed file is wrong, the last good rules stay in force.
"""

from __future__ import annotations

import functools
import os
import re
import stat
import unicodedata
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from daemon import moods, yamlfile
from daemon.errors import UsageError
from daemon.rules import Rule

LIMIT = 256 << 10  # bytes of a rule
OVERRIDE_LIMIT = 64 << 10  # bytes of a YAML beside a song
_FILES = 200
_PARTS = ("look", "writer", "pictures", "approve", "animate", "edit", "deliver")


def load(folder: Path) -> Rulebook:
    """The rules in a folder. UsageError, with file, line, what was found and what was expected, where one is wrong."""
    book = Rulebook(folder)
    book.seen, book.rules, book.files = _read_all(folder)
    book.read_moods()
    return book


def shipped() -> Path:
    """The rules that come with the program: in a checkout `rules/`, in an installed one beside the package."""
    package = Path(__file__).parent
    inside = package / "shipped" / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


@dataclass
class Rulebook:
    """All rules of a root. `problem` tells what is wrong with the files as they lie there now; "" where nothing is."""

    folder: Path
    rules: list[Rule] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # rule name -> file name
    seen: tuple[tuple[str, int, int, int], ...] = ()
    problem: str = ""
    moods: dict[str, Any] = field(default_factory=dict)  # moods.Moods as plain data; empty: the built-in table

    def read_moods(self) -> bool:
        """Reads the table of mood words; True where another one came into force. A wrong one leaves the last good
        one, or the built-in, in force and says so in `problem`."""
        path, before = self.folder / moods.FILE, self.moods
        if not path.is_file():
            self.moods = {}
            return before != {}
        try:
            document = yamlfile.parse(_bytes(path), path.name, OVERRIDE_LIMIT)
            self.moods = document.check(moods.Moods, document.data).model_dump(mode="json")
        except UsageError as error:
            stays = "the last good table of moods stays" if before else "the built-in table of moods is"
            self.problem = f"{error.sentence()} Until then {stays} in force."
        return self.moods != before

    def match(self, inbox: str, name: str, kind: str) -> Rule | None:
        """Whose a drop is: inbox as "songs/cartoon", name as people see it; None where no rule takes it."""
        ranked = [
            (rank, rule) for rule in self.rules if rule.kind == kind and (rank := _rank(rule, inbox, name)) is not None
        ]
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def folders(self) -> list[str]:
        """The inbox folders that rules name, sorted: "songs", "songs/anime", ..."""
        return sorted({folder for rule in self.rules for folder in rule.folders() if folder})

    def named(self, name: str) -> Rule | None:
        """The rule of a name."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def reload_if_changed(self) -> bool:
        """Reads the rules again where a file changed; True where new ones came into force.

        Never raises for a wrong rule: the last good rules stay, and `problem` tells why.
        """
        try:
            seen = _listing(self.folder)
            if seen == self.seen:
                return False
            self.seen = seen
            _, rules, files = _read_all(self.folder)
        except UsageError as error:
            self.problem = f"{error.sentence()} Until then the last good rules stay in force."
            return False
        self.problem = ""
        changed = rules != self.rules
        self.rules, self.files = rules, files
        return self.read_moods() or changed


def _beats_a_bar(value: Any) -> Any:
    """7 of "7/8"; anything else as it is."""
    found = re.fullmatch(r"\s*(\d{1,2})\s*/\s*[1-9]\d?\s*", value) if isinstance(value, str) else None
    return int(found[1]) if found else value


def _in_a_word(value: Any) -> Any:
    """`writer: templates` as the block that it stands for."""
    return {"by": value} if isinstance(value, str) else value


class _Overrides(BaseModel):
    """What a YAML beside a song may say, besides parts of the rule."""

    model_config = ConfigDict(extra="forbid")

    look: dict[str, Any] = Field(default_factory=dict)
    writer: Annotated[dict[str, Any], BeforeValidator(_in_a_word)] = Field(default_factory=dict)
    pictures: dict[str, Any] = Field(default_factory=dict)
    approve: dict[str, Any] = Field(default_factory=dict)
    animate: dict[str, Any] = Field(default_factory=dict)
    edit: dict[str, Any] = Field(default_factory=dict)
    deliver: dict[str, Any] = Field(default_factory=dict)
    tempo: float | None = Field(default=None, ge=20, le=400, description="BPM")
    first_beat: float | None = Field(default=None, ge=0, description="seconds")
    metre: Annotated[int | None, BeforeValidator(_beats_a_bar)] = Field(
        default=None, ge=1, le=32, description="beats a bar"
    )
    title: str | None = Field(default=None, min_length=1, max_length=300)
    artist: str | None = Field(default=None, max_length=300)
    seed: int | None = Field(default=None, ge=0, lt=2**63)


def apply_overrides(rule: Rule, data: bytes, source: str = "the YAML beside it") -> tuple[Rule, dict[str, Any]]:
    """A rule with what a YAML beside a drop says instead, and the facts it gives about the sound.

    Blocks are merged name by name; lists are replaced. The facts are any of tempo (BPM), first_beat
    (seconds), metre, title, artist, seed. UsageError with file, line, found and expected.
    """
    document = yamlfile.parse(data, source, OVERRIDE_LIMIT)
    said = document.check(_Overrides, document.data)
    whole = rule.model_dump()
    for part in _PARTS:
        _merge(whole[part], getattr(said, part))
    facts = said.model_dump(exclude={*_PARTS}, exclude_none=True)
    return document.check(Rule, whole), facts


def _merge(into: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


# --- reading -----------------------------------------------------------------------------------


def _listing(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Name, size, mtime and inode of each rule file, by name."""
    try:
        with os.scandir(folder) as entries:
            found = [e for e in entries if e.name.lower().endswith((".yaml", ".yml")) and not e.name.startswith(".")]
    except OSError as error:
        raise UsageError(
            "the rules can't be read",
            f"{folder}: {error.strerror}",
            "`dropreel init` lays out a root with its rules.",
            {"path": str(folder)},
        ) from None
    rows = []
    for entry in found:
        try:
            facts = entry.stat()
        except OSError:  # removed since, or a link into nothing
            continue
        if stat.S_ISREG(facts.st_mode):
            rows.append((entry.name, facts.st_size, facts.st_mtime_ns, facts.st_ino))
    return tuple(sorted(rows))


def _read_all(folder: Path) -> tuple[tuple[tuple[str, int, int, int], ...], list[Rule], dict[str, str]]:
    seen = _listing(folder)
    if not any(name != moods.FILE for name, *_ in seen):
        raise UsageError(
            "there are no rules",
            f"{folder} holds no rule (a .yaml file)",
            "Copy the shipped ones: `dropreel init` does it.",
            {"path": str(folder)},
        )
    if len(seen) > _FILES:
        raise UsageError("there are too many rules", f"{len(seen)} files in {folder}", f"Keep at most {_FILES}.")
    rules: list[Rule] = []
    files: dict[str, str] = {}
    for name in (name for name, *_ in seen if name != moods.FILE):
        document = yamlfile.parse(_bytes(folder / name), name, LIMIT)
        # A rule without a name is called after its file.
        rule = document.check(Rule, {"name": Path(name).stem, **document.data})
        if rule.name in files:
            raise document.wrong(["name"], f"the name {rule.name!r}, which {files[rule.name]} has", "another name")
        files[rule.name] = name
        rules.append(rule)
    _refuse_ties(rules, files)
    return seen, rules, files


def _bytes(path: Path) -> bytes:
    """A rule's bytes, one more than the limit at most."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as source:
            return source.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(
            f"the rule {path.name} can't be read",
            f"{error.strerror}",
            "Look at its owner and mode.",
            {"path": str(path)},
        ) from None


# --- whose a drop is -----------------------------------------------------------------------------


def _rank(rule: Rule, inbox: str, name: str) -> tuple[int, int, bool] | None:
    """How strongly a rule takes a drop: depth of the folder, priority, default; None where it doesn't."""
    depths = [len(folder.split("/")) if folder else 0 for folder in rule.folders() if _holds(folder, inbox)]
    if not depths or (rule.match and not any(_matches(name, pattern) for pattern in rule.match)):
        return None
    return max(depths), rule.priority, rule.default


def _holds(folder: str, inbox: str) -> bool:
    inbox = unicodedata.normalize("NFC", inbox)
    return not folder or inbox == folder or inbox.startswith(folder + "/")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(_plain(name), _plain(pattern))


def _refuse_ties(rules: list[Rule], files: dict[str, str]) -> None:
    """Refuses two rules that could both take a drop with the same right. UsageError naming both files."""
    for one, other in combinations(rules, 2):
        shared = sorted(set(one.folders()) & set(other.folders()))
        same = (one.kind, one.priority, one.default) == (other.kind, other.priority, other.default)
        if shared and same and _overlap(one.match, other.match):
            where = f"inbox/{shared[0]}" if shared[0] else f"every {one.kind}"
            raise UsageError(
                f"the rules {files[one.name]} and {files[other.name]} both take {where}",
                f"found the same kind, folder, priority {one.priority} and default in both; expected one to go first",
                "Give one of them a higher `priority`, another `folder`, or a `match` of its own.",
                {"files": [files[one.name], files[other.name]], "folder": shared[0]},
            )


def _overlap(ones: list[str], others: list[str]) -> bool:
    """Whether some name fits a pattern of both lists; an empty list fits everything."""
    return any(_meet(_tokens(one), _tokens(other)) for one in ones or ["*"] for other in others or ["*"])


def _tokens(pattern: str) -> tuple[str, ...]:
    """A file pattern in steps: "*", "?" or one character; a [set] counts as "?"."""
    return tuple(
        step if len(step) == 1 else "?" for step in re.findall(r"\[!?\]?[^\]]*\]|.", _plain(pattern), re.DOTALL)
    )


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether some text fits both patterns."""

    @functools.cache
    def meet(i: int, j: int) -> bool:
        if i == len(one) or j == len(other):
            return all(step == "*" for step in (*one[i:], *other[j:]))
        if one[i] == "*":
            return meet(i + 1, j) or meet(i, j + 1)
        if other[j] == "*":
            return meet(i, j + 1) or meet(i + 1, j)
        return (one[i] == other[j] or "?" in (one[i], other[j])) and meet(i + 1, j + 1)

    return meet(0, 0)
