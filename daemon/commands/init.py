"""`dropreel init DIR`: the folders, the rules, settings. Done again, it mends what is missing and keeps the rest."""

from __future__ import annotations

import argparse
import contextlib
import grp
import hashlib
import os
import sys
from pathlib import Path

from daemon import durable, rulebook
from daemon.commands import compile, look, table
from daemon.errors import Fault, UsageError
from daemon.places import FILE, find_root
from daemon.settings import load

LOOKS = ("cartoon", "deity", "anime")
PEOPLE = ("inbox", "inbox/songs", *(f"inbox/songs/{look}" for look in LOOKS))
PEOPLE += ("inbox/videos", "inbox/briefs", "inbox/library", "review", "outbox")
OURS = ("rules", "library", "library/cache")
PRIVATE = ("stages", *(f"stages/{stage}" for stage in look.STAGES), "requests")
_SHIPPED = ".shipped.json"

README = """\
HOW TO GET A FILM

1. Copy a song into the folder "songs". Wait.
   (In songs/cartoon, songs/deity or songs/anime it gets that look.)

2. The page _STATUS.html beside your song says how far it is. Open it with a double click.
   When the pictures are painted, a folder with the song's name appears in "review".
   Open it and rename pictures:
       03b.png  to  03b.ok.png    yes, use this one
       03b.png  to  03b.no.png    no, not this one
   A README.txt in there says the rest.

3. The film appears in "outbox", with your song beside it.

What can be dropped: wav, flac, mp3, ogg, opus, m4a, aac, wma, aiff; also mp4, mkv and mov, for their sound.
If a song can't be used, a note appears beside it that says why: song.mp3.FAILED.txt

Beside song.mp3 there may lie
    song.yaml         settings for this one song
    song.lrc          its words, with times
    song.beats.txt    its beats, one time in seconds a line, if you know better than we do

A folder with one song and some pictures in it makes a film of these pictures.
"""


def init(options: argparse.Namespace) -> int:
    """Makes what is missing, says what it made and what comes next."""
    root = Path(options.dir).expanduser().resolve() if options.dir else find_root(options.root)
    made = make(root, group=options.group)
    print(f"{look.plain(str(root))}: " + (f"made or mended {', '.join(made)}." if made else "all is there already."))
    if options.compile:
        compile.at_setup(root)
    print(f"Drop songs into {look.plain(str(root / 'inbox' / 'songs'))}")
    print("Keys and tokens, if you have any: NAME=value lines in .env there, `chmod 600 .env`; the README names them.")
    print(f"Start it:   dropreel --root {look.plain(str(root))} run")
    print(f"For good:   dropreel --root {look.plain(str(root))} install")
    return 0


def make(root: Path, group: str = "", chosen: dict[str, str] | None = None) -> list[str]:
    """Makes a root, or mends one; returns what was made or given another mode or group.

    group: owns the people's folders, written to the settings file. chosen: more settings for a new file,
    by dotted name, as YAML. Raises UsageError where something that is no folder stands in the way.
    """
    made: list[str] = []
    if group:
        _gid(group)
        chosen = {**(chosen or {}), "share.group": group}
    try:
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{root} is no folder", "", "Give the folder another name.") from None
    if not (root / FILE).exists():
        durable.write_bytes(root / FILE, table.commented(chosen or {}).encode(), 0o644)
        made.append(FILE)
    settings = load(root)
    if group and settings.share.group != group:
        print(f"dropreel: {FILE} is there already: set share.group to {group} in it.", file=sys.stderr)
    gid = _gid(settings.share.group) if settings.share.group else -1
    mode = int(settings.share.dir_mode, 8)
    made += [name for name in PEOPLE if _folder(root / name, mode, gid)]
    made += [name for name in OURS if _folder(root / name, 0o755, -1)]
    made += [name for name in PRIVATE if _folder(root / name, 0o700, -1)]
    if _new_file(root / "inbox", "README.txt", README, int(settings.share.file_mode, 8), gid):
        made.append("inbox/README.txt")
    made += _rules(root / "rules")
    return _shortened(made)


def _shortened(made: list[str]) -> list[str]:
    """Without what lies within something that was made too."""
    return [name for name in made if not any(name.startswith(f"{other}/") for other in made)]


def _gid(group: str) -> int:
    try:
        return int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise UsageError(f"there is no group {group!r}", "", f"`sudo groupadd {group}` makes it.") from None


def _folder(path: Path, mode: int, gid: int) -> bool:
    """Makes a folder with its mode and group, or gives them to one of our own; says whether anything changed."""
    made = False
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        made = True
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"{path} can't be used as a folder", error.strerror or "", "Move it away.") from None
    try:
        present = os.fstat(handle)
        if present.st_uid != os.geteuid():
            return made
        if gid >= 0 and present.st_gid != gid:
            _give(handle, gid)
        if present.st_mode & 0o7777 != mode or (gid >= 0 and present.st_gid != gid):
            os.fchmod(handle, mode)
            return True
    finally:
        os.close(handle)
    return made


def _give(path: int, gid: int) -> None:
    try:
        os.chown(path, -1, gid)
    except PermissionError:
        name = grp.getgrgid(gid).gr_name
        raise Fault(
            f"the folders can't be given to the group {name}",
            "the user that runs this isn't in it",
            f"`sudo usermod -aG {name} USER`, log in again, then repeat this.",
        ) from None


def _new_file(folder: Path, name: str, text: str, mode: int, gid: int) -> bool:
    """Writes a file into a folder of people's, if nothing has that name; whatever lies there is left alone."""
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(name, flags, 0o600, dir_fd=parent), "w", encoding="utf-8", newline="\r\n") as out:
            out.write(text)
            os.fchmod(out.fileno(), mode)
            if gid >= 0:
                _give(out.fileno(), gid)
    except FileExistsError:
        return False
    finally:
        os.close(parent)
    return True


def _rules(folder: Path) -> list[str]:
    """Copies the shipped rules. One that was changed here is kept, and said; one that wasn't is brought up to date."""
    shipped = rulebook.shipped()
    if shipped.resolve() == folder.resolve():
        return []
    known = look.as_dict(look.read_json(folder / _SHIPPED))
    made, noted = [], dict(known)
    if any(shipped.glob("workflows/*.json")):
        (folder / "workflows").mkdir(mode=0o755, exist_ok=True)
    for source in sorted([*shipped.glob("*.yaml"), *shipped.glob("workflows/*.json")]):
        data = source.read_bytes()
        name = str(source.relative_to(shipped))
        target, digest = folder / name, hashlib.sha256(data).hexdigest()
        present = None
        with contextlib.suppress(FileNotFoundError):
            present = hashlib.sha256(target.read_bytes()).hexdigest()
        if present == digest:
            noted[name] = digest
        elif present is None or present == known.get(name):
            durable.write_bytes(target, data, 0o644)
            noted[name] = digest
            made.append(f"rules/{name}")
        else:
            print(f"dropreel: rules/{name} was changed here and is kept.", file=sys.stderr)
    if noted != known:
        durable.write_json(folder / _SHIPPED, noted, 0o644)
    return made
