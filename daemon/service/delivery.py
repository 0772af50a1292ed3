"""The outbox: the rename into place, what is left behind, how a film comes back, how long things are kept."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import durable, names, sidecars
from daemon.queue import handles
from daemon.service.tracked import Tracked
from daemon.settings import Settings

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator


def state(one: Tracked) -> str:
    """none: nothing intended; intent: built, and named on disk; placed: it is theirs."""
    if one.stage not in ("synced", "done"):
        return "none"
    one.delivery = one.folder.read(sidecars.Delivery)
    if one.delivery is None:
        return "none"
    if one.stage == "synced" and one.delivery.made_from != sidecars.digest(one.folder.path, ("job.json", "sync.json")):
        return "none"
    return "placed" if one.delivery.delivered else "built"


def place(c: Coordinator, one: Tracked) -> None:
    """Has a hand rename the build into place."""
    intent = one.delivery
    if intent is None:
        return
    one.hand = "place"
    settings, ident = c.settings, one.id
    c.hands.give("outbox", "place", ident, lambda: _place(settings, ident, intent))


def _place(settings: Settings, ident: str, intent: sidecars.Delivery) -> tuple[str, str]:
    """("placed", ""), ("clash", another name) or ("lost", ""): the build is gone and nothing lies there."""
    build, target = settings.outbox / intent.build, settings.outbox / intent.folder
    if build.is_dir():
        try:
            durable.rename(build, target)
        except OSError as error:
            if not target.exists():
                raise
            if not isinstance(error, FileExistsError) and error.errno not in (39, 17):
                raise
            return "clash", names.unused(settings.outbox, intent.folder)
        return "placed", ""
    return ("placed", "") if _is_ours(target, intent) else ("lost", "")


def _is_ours(target: Path, intent: sidecars.Delivery) -> bool:
    """Whether the folder there is the one that was built: everything listed is in it, at its size."""
    for entry in intent.files:
        try:
            if (target / str(entry["name"])).lstat().st_size != entry["size"]:
                return False
        except OSError:
            return False
    return bool(intent.files)


def placed(c: Coordinator, one: Tracked, result: Any) -> None:
    """Writes down how the renaming went."""
    verdict, other = result
    intent = one.delivery
    if intent is None:
        return
    if verdict == "lost":
        # Somebody cleared the folder that it was built in: it is built again.
        durable.remove(one.folder.path / sidecars.Delivery.file)
        return
    if verdict == "clash":
        intent.folder = other
    else:
        intent.delivered = True
        intent.at = c.stamp()
    sidecars.write(one.folder.path, intent)


def source_here(one: Tracked) -> bool:
    """Whether dropped files still lie in the job folder."""
    members = one.about.members if one.about else []
    return any((one.folder.path / member.file).exists() for member in members)


def strip(c: Coordinator, one: Tracked) -> None:
    """Delivered: the dropped files lie in the outbox, so ours go. At every instant one of them is whole."""
    for member in one.about.members if one.about else []:
        durable.remove(one.folder.path / member.file)
    one.dirty = True


# --- coming back ------------------------------------------------------------------------------


def ask_reopen(c: Coordinator, one: Tracked) -> tuple[bool, str]:
    """Brings a finished job back to review: first the dropped files are copied back from the outbox."""
    if one.stage != "done" or one.delivery is None or one.about is None:
        return False, f"{one.folder.name} is in {one.stage}: only a finished film can be reopened."
    one.state.reopening = one.dirty = True
    sidecars.write(one.folder.path, one.state)
    return True, f"{one.folder.name} comes back to review; its pictures and clips are kept."


def fetch(c: Coordinator, one: Tracked) -> None:
    """Has a hand copy the dropped files back."""
    intent, about, settings, folder = one.delivery, one.about, c.settings, one.folder.path
    if intent is None or about is None:
        return
    one.hand = "reopen"
    c.hands.give("outbox", "reopen", one.id, lambda: _fetch(settings, folder, about, intent))


def _fetch(settings: Settings, folder: Path, about: sidecars.Job, intent: sidecars.Delivery) -> str:
    """Copies the dropped files back into the job folder. Returns "" or why it can't be done."""
    named = {str(entry["from"]): entry for entry in intent.files}
    for member in about.members:
        entry = named.get(member.file)
        if entry is None or (folder / member.file).exists():
            continue
        *folders, name = str(entry["name"]).split("/")
        try:
            with handles.folder(settings.outbox, intent.folder, folders) as inner:
                fd = handles.open_regular(inner, name)
        except OSError as error:
            return f"{entry['name']} is not in outbox/{intent.folder} any more ({error.strerror}): put it back there"
        with os.fdopen(fd, "rb") as source:
            if os.fstat(fd).st_size != entry["size"]:
                return f"{entry['name']} in outbox/{intent.folder} was changed: drop it as a new song"
            durable.publish(folder, member.file, lambda temp, source=source: _write(temp, source))  # type: ignore[misc]
    return ""


def _forget_reopen(settings: Settings, folder: str) -> None:
    """Removes the file REOPEN, now that what it asked for is on disk."""
    with contextlib.suppress(OSError):
        for found in os.scandir(settings.outbox / folder):
            if found.name.split(".")[0].upper() == "REOPEN" and found.is_file(follow_symlinks=False):
                os.unlink(found.path)


def _write(temp: Path, source: Any) -> None:
    with open(temp, "xb") as out:
        shutil.copyfileobj(source, out)


def reopened(c: Coordinator, one: Tracked, result: Any) -> None:
    """The dropped files are back: what was decided and made after the pictures goes, the job follows."""
    if result:
        c.log.warning("can't be reopened", job=one.id, why=result)
        one.doing = str(result)
        one.dirty = False
        one.state.reopening = False
        sidecars.write(one.folder.path, one.state)
        return
    # delivery.json first: without it a finished job is one that is being reopened, whatever else is left.
    durable.remove(one.folder.path / sidecars.Delivery.file)
    if one.delivery is not None:
        settings, folder = c.settings, one.delivery.folder
        c.hands.give("outbox", "told", "", lambda: _forget_reopen(settings, folder))
    one.delivery = None


def reopen(c: Coordinator, one: Tracked) -> None:
    """A finished job without delivery.json goes back to rendered."""
    for model in (sidecars.Delivery, sidecars.Sync, sidecars.Approval, sidecars.Decisions):
        durable.remove(one.folder.path / model.file)
    one.decisions, one.renders, one.desk = sidecars.Decisions(), None, ""
    one.changed = one.shown = c.clock()
    one.state = sidecars.State(attempt=one.state.attempt, messages=one.state.messages)
    from daemon.service import acts

    acts.remember(c, one)
    acts.move(c, one, "rendered")


def reopen_files(settings: Settings, folders: list[str]) -> list[str]:
    """The outbox folders in which somebody put a file named REOPEN (any extension, any case)."""
    found = []
    for folder in folders:
        with contextlib.suppress(OSError):
            if any(name.split(".")[0].upper() == "REOPEN" for name in os.listdir(settings.outbox / folder)):
                found.append(folder)
    return found


def look_for_reopen(c: Coordinator) -> None:
    """Has a hand look whether somebody put a file REOPEN beside a finished film."""
    if c.gates.absent.get("outbox") or c.hands.waiting("outbox"):
        return
    folders = [one.delivery.folder for one in c.jobs.values() if one.stage == "done" and one.delivery and not one.busy]
    settings = c.settings
    if folders:
        c.hands.give("outbox", "reopens", "", lambda: reopen_files(settings, folders))


def seen_reopen(c: Coordinator, folders: list[str]) -> None:
    """Brings back the jobs whose outbox folders hold a file REOPEN."""
    for one in c.jobs.values():
        if one.stage == "done" and one.delivery and one.delivery.folder in folders and not one.busy:
            ask_reopen(c, one)


# --- retention --------------------------------------------------------------------------------


def expired(c: Coordinator, one: Tracked) -> bool:
    """Whether a finished or failed job has been kept long enough. Retention alone goes by the wall clock."""
    keep = c.settings.keep
    if one.stage == "done" and one.delivery is not None:
        return _older(one.delivery.at, keep.done_days)
    if one.stage == "failed" and one.trouble is not None and one.about is not None:
        return _older(one.trouble.at, keep.failed_days)
    return False


def _older(at: str, days: float) -> bool:
    if days < 0:
        return False
    try:
        age = time.time() - datetime.fromisoformat(at).timestamp()
    except ValueError:
        return False
    return age > days * 86400


def expire(c: Coordinator, one: Tracked) -> None:
    """Lets a job go: our own files only. A failed one gives its dropped files back first."""
    about, folder = one.about, one.folder.path
    if one.stage == "failed" and about is not None:
        one.hand = "return"
        c.hands.give(f"inbox:{about.inbox}", "return", one.id, lambda: c.inbox.give_back(folder, about))
        return
    c.log.info("kept long enough", job=one.id)
    _remove(c, one)


def _remove(c: Coordinator, one: Tracked) -> None:
    """Has a hand remove a job's folder: it may be large."""
    one.hand, folder = "expire", one.folder.path
    c.hands.give("stages", "expire", one.id, lambda: durable.remove_tree(folder))


def expired_now(c: Coordinator, one: Tracked, _result: Any) -> None:
    """The job's folder is gone."""
    c.jobs.pop(one.id, None)


def returned(c: Coordinator, one: Tracked, result: Any) -> None:
    """The dropped files of a failed job are back with their owner: our own go."""
    if source_here(one) and one.about is not None and one.about.take == "move":
        return
    c.log.info("kept long enough", job=one.id, given_back=result)
    _remove(c, one)


def bound(folder: Path, most: int) -> int:
    """Removes the longest unused files of a cache until it has at most `most` bytes; returns bytes left."""
    found = []
    for base, _, files in os.walk(folder):
        for name in files:
            path = Path(base) / name
            with contextlib.suppress(OSError):
                about = path.stat()
                found.append((max(about.st_atime, about.st_mtime), about.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
    return total
