"""From a listing of an inbox folder to drops (groups) and to what waits, with the reason. Pure.

A group is a file with its companions of the same stem, or a dropped folder: one sound makes one group
with all that lies in the folder; several make one group each and share the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from daemon.queue import names

Shape = Literal["file", "folder", "link", "fifo", "other"]

_FOLDER_ROLES = {
    "cast": "cast",
    "backgrounds": "background",
    "background": "background",
    "loops": "loop",
    "clips": "clip",
}
_EMPTY = "empty file"
_COVERS = ("cover", "folder", "front", "album")


@dataclass(frozen=True)
class Entry:
    """A name as it was seen. Sizes in bytes; children are those of a folder, too_many where they weren't counted out.

    unreadable: the system's own words where it couldn't be looked at.
    """

    name: str
    shape: Shape
    size: int = 0
    mtime_ns: int = 0
    inode: int = 0
    children: tuple[Entry, ...] = ()
    too_many: bool = False
    unreadable: str = ""


@dataclass(frozen=True)
class Seen:
    """A file of a group. path: its names from the inbox folder down. shared: other groups need it too."""

    role: str
    path: tuple[str, ...]
    size: int
    mtime_ns: int
    inode: int
    shared: bool = False

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path[-1]


@dataclass(frozen=True)
class Group:
    """A drop: the source first, then what belongs to it.

    inbox: relative to inbox/. top: the name in that folder (a file or a folder). siblings: the paths of
    all sources in the same dropped folder, where there are several. override: the bytes of the YAML beside it.
    """

    inbox: str
    top: str
    members: tuple[Seen, ...]
    folder: bool = False
    siblings: tuple[tuple[str, ...], ...] = ()
    override: bytes | None = None

    @property
    def source(self) -> Seen:
        """The file that the job will be about."""
        return self.members[0]

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other: the inbox and the source's path."""
        return (self.inbox, *self.source.path)

    @property
    def title(self) -> str:
        """The stem of the source, fit to be shown."""
        return names.display(names.stem(self.source.name), 200)

    @property
    def signature(self) -> tuple[tuple[tuple[str, ...], int, int, int], ...]:
        """Path, size, mtime in nanoseconds and inode of every member."""
        return tuple((seen.path, seen.size, seen.mtime_ns, seen.inode) for seen in self.members)

    def with_override(self, data: bytes | None) -> Group:
        """The same group with the bytes of its YAML."""
        return replace(self, override=data)


@dataclass(frozen=True)
class Waiting:
    """Something that lies in an inbox and isn't taken. passing: it may well be, by itself, soon.

    companion: the stem of a companion whose song isn't here (it may belong to a job); else "". whole: it has
    lain unchanged for the set time.
    """

    name: str
    reason: str
    passing: bool = False
    raw: str = ""
    companion: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Limits:
    """Bounds on a drop."""

    file_mb: int = 4096
    folder_files: int = 2000


@dataclass
class Found:
    """What a listing comes to."""

    groups: list[Group] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    def wait(self, name: str, reason: str, *, passing: bool = False, companion: str = "") -> None:
        """Adds something that waits."""
        self.waiting.append(Waiting(names.display(name), reason, passing, name, companion))


def assemble(
    inbox: str,
    entries: Iterable[Entry],
    *,
    nested: frozenset[str] = frozenset(),
    limits: Limits | None = None,
    whole_folders: bool = True,
) -> Found:
    """Groups and waiting things of one inbox folder.

    nested: names of sub-folders that are inboxes themselves. whole_folders: whether a folder is a drop here.
    """
    found = Found()
    bounds = limits or Limits()
    files: list[Entry] = []
    for entry in sorted(entries, key=lambda one: one.name):
        if names.is_silent(entry.name) or entry.name in nested:
            continue
        if entry.shape == "folder":
            if whole_folders:
                _folder(found, inbox, entry, bounds)
            else:
                found.wait(entry.name, "folders aren't taken here; drop the files themselves")
        elif reason := _unfit(entry, bounds):
            found.wait(entry.name, reason, passing=reason.startswith("temporary"))
        else:
            files.append(entry)
    _flat(found, inbox, files)
    return found


def _unfit(entry: Entry, limits: Limits) -> str:
    """Why an entry that isn't a folder can't be taken as it is; "" where it can."""
    if entry.unreadable:
        return f"not readable: {entry.unreadable}"
    if entry.shape == "link":
        return "a link is not taken; drop the file itself"
    if entry.shape == "fifo":
        return "not a regular file (FIFO)"
    if entry.shape != "file":
        return "not a regular file"
    if names.is_temporary(entry.name):
        return "temporary name: still being copied?"
    if entry.size == 0:
        return _EMPTY
    if entry.size > limits.file_mb << 20:
        return f"larger than {limits.file_mb} MiB"
    return ""


def _seen(role: str, path: tuple[str, ...], entry: Entry, shared: bool = False) -> Seen:
    return Seen(role, path, entry.size, entry.mtime_ns, entry.inode, shared)


def _flat(found: Found, inbox: str, files: list[Entry]) -> None:
    """Files side by side: each source with the companions of its stem."""
    sources = [entry for entry in files if names.source_kind(entry.name, inbox)]
    members = {entry.name: [_seen("source", (entry.name,), entry)] for entry in sources}
    owners = _owners([entry.name for entry in sources])
    for entry in files:
        if entry.name in members:
            continue
        role = names.companion_role(entry.name)
        owner = owners.get(names.stem(entry.name)) if role else None
        if owner is not None:
            members[owner].append(_seen(role, (entry.name,), entry))
        elif role:
            found.wait(entry.name, "companion without a song", companion=names.stem(entry.name))
        else:
            ending = names.extension(entry.name)
            found.wait(entry.name, f"no rule takes {names.display('.' + ending) if ending else 'such a name'} here")
    found.groups.extend(Group(inbox, name, tuple(group)) for name, group in members.items())


def _owners(sources: list[str]) -> dict[str, str]:
    """Whose a companion is, by its stem: that of song.lrc and of song.mp3.lrc. Of equal stems the first has it."""
    owners: dict[str, str] = {}
    for name in sources:
        owners.setdefault(names.stem(name), name)
    for name in sources:
        owners.setdefault(names.normal(name), name)
    return owners


def _folder(found: Found, inbox: str, top: Entry, limits: Limits) -> None:
    """A dropped folder, taken whole or left alone."""
    if top.unreadable:
        found.wait(top.name, f"not readable: {top.unreadable}")
        return
    if top.too_many:
        found.wait(top.name, f"more than {limits.folder_files} files")
        return
    files: list[tuple[tuple[str, ...], Entry]] = []
    for path, entry in _walk((top.name,), top.children):
        needless = _in_role_folder(path) or not names.source_kind(entry.name, inbox)
        if (reason := _unfit(entry, limits)) and not (reason == _EMPTY and needless):
            # One file that can't be taken holds the folder: half a drop is no drop.
            inner = "/".join(names.display(step) for step in path[1:])
            if entry.shape == "link":
                reason = "a link, and links aren't followed: put the file itself there, or remove the link"
            found.wait(top.name, f"{inner}: {reason}", passing=reason.startswith("temporary"))
            return
        files.append((path, entry))
    if len(files) > limits.folder_files:
        found.wait(top.name, f"more than {limits.folder_files} files")
        return
    sources = _folder_sources(inbox, files)
    if not sources:
        found.wait(top.name, "nothing in this folder makes a film" if files else "empty folder", passing=not files)
        return
    found.groups.extend(_folder_groups(inbox, top.name, sources, files))


def _walk(base: tuple[str, ...], children: tuple[Entry, ...]) -> Iterable[tuple[tuple[str, ...], Entry]]:
    for entry in sorted(children, key=lambda one: one.name):
        if names.is_silent(entry.name):
            continue
        if entry.shape == "folder" and not entry.unreadable:
            yield from _walk((*base, entry.name), entry.children)
        else:
            yield (*base, entry.name), entry


def _folder_sources(inbox: str, files: list[tuple[tuple[str, ...], Entry]]) -> list[tuple[tuple[str, ...], Entry]]:
    """The sources of a dropped folder: sounds first; a film counts only where no sound lies there."""
    fit = [(path, entry) for path, entry in files if names.source_kind(entry.name, inbox) and not _in_role_folder(path)]
    if inbox.split("/", 1)[0] == "briefs":
        # In a folder the words beside a brief are companions; the brief is the first of them.
        return fit[:1]
    sounds = [(path, entry) for path, entry in fit if names.extension(entry.name) in names.SOUNDS]
    return sounds or fit


def _in_role_folder(path: tuple[str, ...]) -> bool:
    return any(step.lower() in _FOLDER_ROLES for step in path[1:-1])


def _folder_groups(
    inbox: str,
    top: str,
    sources: list[tuple[tuple[str, ...], Entry]],
    files: list[tuple[tuple[str, ...], Entry]],
) -> Iterable[Group]:
    paths = [path for path, _ in sources]
    own: dict[tuple[str, ...], list[Seen]] = {path: [] for path in paths}
    beside: dict[tuple[str, ...], list[str]] = {}
    for path in paths:
        beside.setdefault(path[:-1], []).append(path[-1])
    owners = {above: _owners(listed) for above, listed in beside.items()}
    shared: list[Seen] = []
    for path, entry in files:
        if path in own:
            continue
        role = names.companion_role(entry.name)
        name = owners.get(path[:-1], {}).get(names.stem(entry.name)) if role else None
        owner = None if name is None else (*path[:-1], name)
        if owner is not None:
            own[owner].append(_seen(role, path, entry))
        else:
            shared.append(_seen(_folder_role(path), path, entry, shared=len(paths) > 1))
    siblings = tuple(paths) if len(paths) > 1 else ()
    for path, entry in sources:
        members = (_seen("source", path, entry), *own[path], *shared)
        yield Group(inbox, top, members, folder=True, siblings=siblings)


def _folder_role(path: tuple[str, ...]) -> str:
    for step in path[1:-1]:
        if role := _FOLDER_ROLES.get(step.lower()):
            return role
    name = path[-1]
    if names.extension(name) in names.PICTURES:
        return "cover" if names.stem(name).lower() in _COVERS else "picture"
    role = names.companion_role(name)
    return role if role and len(path) == 2 and role != "cover" else "other"
