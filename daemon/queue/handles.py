"""People's folders, opened safely: step by step from the inbox, never through a link, regular files only.

A folder is held by its descriptor, so that a name swapped for a link afterwards diverts nothing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from daemon import durable
from daemon.queue import names
from daemon.queue.groups import Entry, Shape
from daemon.queue.settle import has_writer

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BLOCK = 1 << 20
_DEEPEST = 8


def open_root(root: Path) -> int:
    """A descriptor of the folder that holds the inboxes. It is the owner's: a link to a share is followed."""
    return os.open(root, _FOLDER)


def open_below(dir_fd: int, steps: Sequence[str]) -> int:
    """A descriptor of a folder some steps below; no step may be a link (OSError: ELOOP or ENOTDIR)."""
    fd = os.dup(dir_fd)
    try:
        for step in steps:
            if step in ("", ".", "..") or "/" in step:
                raise OSError(errno.EINVAL, "not a plain name", step)
            deeper = os.open(step, _FOLDER | os.O_NOFOLLOW, dir_fd=fd)
            os.close(fd)
            fd = deeper
    except BaseException:
        os.close(fd)
        raise
    return fd


@contextlib.contextmanager
def folder(root: Path, inbox: str, steps: Sequence[str] = ()) -> Iterator[int]:
    """A descriptor of a folder in an inbox, closed at the end."""
    root_fd = open_root(root)
    try:
        fd = open_below(root_fd, [*(step for step in inbox.split("/") if step), *steps])
    finally:
        os.close(root_fd)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def below(dir_fd: int, steps: Sequence[str]) -> Iterator[int]:
    """A descriptor of a folder some steps below another, closed at the end."""
    fd = open_below(dir_fd, steps)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def below_path(path: Path) -> Iterator[int]:
    """A descriptor of a folder of our own, closed at the end."""
    fd = os.open(path, _FOLDER | os.O_NOFOLLOW)
    try:
        yield fd
    finally:
        os.close(fd)


def open_regular(dir_fd: int, name: str) -> int:
    """A descriptor for reading of a regular file. Never waits (a FIFO), never follows a link.

    Raises OSError; EINVAL where it is no regular file.
    """
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, dir_fd=dir_fd)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", name)
    return fd


def is_written(dir_fd: int, name: str) -> bool:
    """Whether a writer of a regular file is known; OSError where it can't be opened for reading."""
    fd = open_regular(dir_fd, name)
    try:
        return bool(has_writer(fd))
    finally:
        os.close(fd)


def look(dir_fd: int, name: str) -> os.stat_result | None:
    """What lies under a name, links not followed; None where nothing does."""
    try:
        return os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def read_small(dir_fd: int, name: str, limit: int) -> bytes | None:
    """The bytes of a regular file; None where it is larger than `limit`."""
    with os.fdopen(open_regular(dir_fd, name), "rb") as source:
        data = source.read(limit + 1)
    return data if len(data) <= limit else None


def listing(dir_fd: int, *, limit: int, skip: frozenset[str] = frozenset(), depth: int = 0) -> tuple[Entry, ...]:
    """What lies in a folder, dropped folders with all that is in them, at most `limit` files each.

    skip: names of sub-folders that aren't looked into.
    """
    found: list[Entry | None] = []
    with os.scandir(dir_fd) as entries:
        for entry in entries:
            if depth and len(found) > limit:
                break
            found.append(_entry(dir_fd, entry, limit, skip, depth))
    return tuple(one for one in found if one is not None)


def _entry(dir_fd: int, entry: os.DirEntry[str], limit: int, skip: frozenset[str], depth: int) -> Entry | None:
    try:
        seen = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Entry(entry.name, "other", unreadable=plainly(error))
    shape = _shape(seen.st_mode)
    size, mtime, inode = seen.st_size, seen.st_mtime_ns, seen.st_ino
    if shape != "folder":
        return Entry(entry.name, shape, size, mtime, inode)
    if entry.name in skip or names.is_silent(entry.name):
        return Entry(entry.name, shape, 0, mtime, inode)
    if depth >= _DEEPEST:
        return Entry(entry.name, shape, 0, mtime, inode, unreadable="folders nested too deep")
    try:
        inner = open_below(dir_fd, [entry.name])
    except FileNotFoundError:
        return None
    except OSError as error:
        return Entry(entry.name, shape, 0, mtime, inode, unreadable=plainly(error))
    try:
        children = listing(inner, limit=limit, depth=depth + 1)
    finally:
        os.close(inner)
    many = len(children) > limit or any(child.too_many for child in children)
    return Entry(entry.name, shape, 0, mtime, inode, () if many else children, too_many=many)


def _shape(mode: int) -> Shape:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISLNK(mode):
        return "link"
    return "fifo" if stat.S_ISFIFO(mode) else "other"


def plainly(error: OSError) -> str:
    """The system's own words for what it refused, in lower case."""
    return "permission" if isinstance(error, PermissionError) else (error.strerror or str(error)).lower()


def copy_in(dir_fd: int, name: str, target: Path, *, size: int, mtime_ns: int) -> None:
    """Copies a regular file to `target` by way of `target.part`: written, fsynced, compared, renamed.

    Raises OSError; ESTALE where the copy doesn't equal what was read,
    or the file isn't, or doesn't stay, of that size and time. The copy has the original's times and mode 0600.
    """
    part = target.with_name(target.name + ".part")
    source = open_regular(dir_fd, name)
    try:
        with durable.act("copy", target):
            try:
                fd = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
                try:
                    digest = _pour(source, fd)
                    os.fsync(fd)
                    os.lseek(fd, 0, os.SEEK_SET)
                    same = digest == _digest(fd)
                finally:
                    os.close(fd)
                after = os.fstat(source)
                if not same or (size, mtime_ns) != (after.st_size, after.st_mtime_ns):
                    raise OSError(errno.ESTALE, "changed while it was being copied", name)
                os.utime(part, ns=(after.st_atime_ns, after.st_mtime_ns))
                durable.rename_noreplace(part, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    part.unlink()
                raise
    finally:
        os.close(source)


def _pour(source: int, target: int) -> str:
    state = hashlib.blake2b(digest_size=16)
    while block := os.read(source, _BLOCK):
        state.update(block)
        view = memoryview(block)
        while view:
            view = view[os.write(target, view) :]
    return state.hexdigest()


def _digest(fd: int) -> str:
    state = hashlib.blake2b(digest_size=16)
    while block := os.read(fd, _BLOCK):
        state.update(block)
    return state.hexdigest()


def digest_of(dir_fd: int, name: str) -> str:
    """The BLAKE2b digest of a regular file's content."""
    fd = open_regular(dir_fd, name)
    try:
        return _digest(fd)
    finally:
        os.close(fd)


def digest_of_file(path: Path) -> str:
    """The same, of a file of our own."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return _digest(fd)
    finally:
        os.close(fd)


def move_out(source: Path, dir_fd: int, name: str) -> str:
    """Moves a file of ours into a person's folder under a free name, which it returns; whole at every instant.

    By one rename; where the kernel says EXDEV by a copy made aside, fsynced, compared, renamed.
    """
    free = free_name(dir_fd, name)
    with durable.act("give back", free):
        try:
            durable.rename_noreplace(source, free, target_fd=dir_fd)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy_out(source, dir_fd, free)
            source.unlink()
        sync(dir_fd)
        durable.fsync_dir(source.parent)
    return free


def _copy_out(source: Path, dir_fd: int, name: str) -> None:
    aside = f"{names.HIDDEN}out-{secrets.token_hex(6)}"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(source, "rb", buffering=0) as whole:
        fd = os.open(aside, flags, 0o660, dir_fd=dir_fd)
        try:
            try:
                digest = _pour(whole.fileno(), fd)
                os.fsync(fd)
                os.lseek(fd, 0, os.SEEK_SET)
                if _digest(fd) != digest:
                    raise OSError(errno.EIO, "the copy isn't what was written", name)
                seen = os.fstat(whole.fileno())
                os.utime(fd, ns=(seen.st_atime_ns, seen.st_mtime_ns))
            finally:
                os.close(fd)
            durable.rename_noreplace(aside, name, dir_fd, dir_fd)
            sync(dir_fd)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside, dir_fd=dir_fd)
            raise


def sync(dir_fd: int) -> None:
    """Makes a folder's entries durable; file systems that can't say so pass, as in `durable.fsync_dir`."""
    try:
        os.fsync(dir_fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def free_name(dir_fd: int, name: str) -> str:
    """The name, or the first of 'name (2).ext', 'name (3).ext' ... under which nothing lies."""
    base, ending = os.path.splitext(name)
    found, number = name, 1
    while look(dir_fd, found) is not None:
        number += 1
        found = names.with_ending(base, f" ({number}){ending}")
    return found
