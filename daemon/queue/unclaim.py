"""The end of a claim: what was hidden is removed after the commit, or everything goes back where it was dropped."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from daemon import durable, sidecars
from daemon.queue import handles, names
from daemon.queue.members import hidden_name, is_same, member_folder, steps_of
from daemon.settings import Settings


def sweep(job: sidecars.Job, settings: Settings) -> None:
    """After the commit: removes what was hidden, and the folders that were emptied.

    A hidden file that grew after it was copied is a new drop: it gets its name back.
    """
    folders: set[tuple[str, ...]] = set()
    for member in job.members:
        *inner, name = steps_of(member)
        folders.update(tuple(inner[: depth + 1]) for depth in range(len(inner)))
        if member.kept:
            continue
        with member_folder(settings, job.inbox, inner) as dir_fd:
            hidden = hidden_name(job.id, member)
            found = None if dir_fd is None else handles.look(dir_fd, hidden)
            if dir_fd is None or found is None:
                continue
            if not is_same(member, found):
                with durable.act("restore", hidden):
                    durable.rename_noreplace(hidden, handles.free_name(dir_fd, name), dir_fd, dir_fd)
            else:
                with durable.act("remove", hidden):
                    os.unlink(hidden, dir_fd=dir_fd)
            handles.sync(dir_fd)
    if job.take == "move":
        for path in sorted(folders, key=len, reverse=True):
            _remove_empty(settings, job.inbox, path)


def _remove_empty(settings: Settings, inbox: str, path: Sequence[str]) -> None:
    """Removes a dropped folder in which nothing but litter is left."""
    with contextlib.suppress(OSError), handles.folder(settings.inbox, inbox, path[:-1]) as above:
        inner = handles.open_below(above, path[-1:])
        try:
            left = os.listdir(inner)
            if not all(names.is_litter(name) for name in left):
                return
            for name in left:
                os.unlink(name, dir_fd=inner)
        finally:
            os.close(inner)
        os.rmdir(path[-1], dir_fd=above)


def undo(folder: Path, job: sidecars.Job, settings: Settings) -> bool:
    """Puts everything back where it was dropped and removes the uncommitted folder.

    False where something couldn't go back: then the folder stays, whole, and `reclaim` sees to it.
    """
    for member in job.members:
        *inner, name = steps_of(member)
        try:
            with member_folder(settings, job.inbox, inner) as dir_fd:
                if not _put_back(folder, job, member, dir_fd, name):
                    return False
        except OSError:
            if os.path.lexists(folder / member.file) and not member.kept:
                return False
    durable.remove_tree(folder)
    return True


def _put_back(folder: Path, job: sidecars.Job, member: sidecars.Member, dir_fd: int | None, name: str) -> bool:
    inside = folder / member.file
    if dir_fd is None:
        return not os.path.lexists(inside) or member.kept
    hidden = hidden_name(job.id, member)
    if handles.look(dir_fd, hidden) is not None:
        with durable.act("restore", hidden):
            durable.rename_noreplace(hidden, handles.free_name(dir_fd, name), dir_fd, dir_fd)
            handles.sync(dir_fd)
    elif os.path.lexists(inside) and not member.kept:
        with durable.act("restore", inside):
            durable.rename_noreplace(inside, handles.free_name(dir_fd, name), target_fd=dir_fd)
            handles.sync(dir_fd)
    return True
