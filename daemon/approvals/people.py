"""Files in people's folders: opened by dirfd, never through a link, regular files only, made with the share's modes.

What is written comes in by a rename of a hidden temporary name, so that nobody sees half of it; what
is read is trusted for nothing but its name and its bytes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from daemon import durable
from daemon.settings import Share

TEMPORARY = ".dropreel-tmp-"
_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MISSING = {errno.ENOENT, errno.ELOOP, errno.ENOTDIR}


@contextlib.contextmanager
def folder(path: str | Path, inside: int | None = None) -> Iterator[int]:
    """A folder's descriptor. FileNotFoundError where it is gone, or something else than a folder."""
    try:
        fd = os.open(path, _FOLDER, dir_fd=inside)
    except OSError as error:
        if error.errno in _MISSING:
            raise FileNotFoundError(errno.ENOENT, "no such folder", str(path)) from None
        raise
    try:
        yield fd
    finally:
        os.close(fd)


def read(fd: int, name: str, largest: int) -> bytes | None:
    """A regular file's bytes; None where it is gone, no regular file, larger, or changed while it was read."""
    try:
        source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=fd)
    except OSError as error:
        if error.errno in _MISSING | {errno.EACCES, errno.EPERM, errno.ENXIO}:
            return None
        raise
    with os.fdopen(source, "rb") as opened:
        before = os.fstat(source)
        if not stat.S_ISREG(before.st_mode) or before.st_size > largest:
            return None
        data = opened.read(largest + 1)
        after = os.fstat(source)
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return data if same and len(data) == after.st_size else None


def share(fd: int, settings: Share, *, directory: bool = False) -> None:
    """Gives an open file or folder to the share's users: group where one is set and we may, and mode.

    A file system that has no modes of its own (a mounted share) is left as it is: `dropreel doctor` tells.
    """
    if settings.group:
        with contextlib.suppress(OSError, LookupError):
            shutil.chown(fd, group=settings.group)
    try:
        os.fchmod(fd, int(settings.dir_mode if directory else settings.file_mode, 8))
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EINVAL}:
            raise


def write(fd: int, name: str, data: bytes, settings: Share, *, replace: bool = True) -> None:
    """Writes a file in a folder, whole or not at all. FileExistsError where it is there and must not be replaced."""
    with _temporary(fd, name, settings, replace=replace) as target, os.fdopen(os.dup(target), "wb") as out:
        out.write(data)


def copy(source: Path, fd: int, name: str, settings: Share, mtime_ns: int) -> None:
    """Copies a file of ours into a folder, never replacing one that is there (FileExistsError)."""
    with _temporary(fd, name, settings, replace=False) as target:
        with open(source, "rb") as read_from, os.fdopen(os.dup(target), "wb") as out:
            shutil.copyfileobj(read_from, out, _CHUNK)
        os.utime(target, ns=(mtime_ns, mtime_ns))


def sync(fd: int) -> None:
    """Makes an open folder's entries durable, as far as its file system can."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise


def remove(fd: int, name: str) -> bool:
    """Removes a file, or an empty folder; whether it is gone now."""
    try:
        os.unlink(name, dir_fd=fd)
    except FileNotFoundError:
        return True
    except (IsADirectoryError, PermissionError):
        try:
            os.rmdir(name, dir_fd=fd)
        except OSError:
            return False
    return True


def empty(fd: int) -> None:
    """Removes all that lies in a folder of our own making, following nothing."""
    for name in os.listdir(fd):
        if not remove(fd, name):
            with folder(name, fd) as inner:
                empty(inner)
            os.rmdir(name, dir_fd=fd)


@contextlib.contextmanager
def _temporary(fd: int, name: str, settings: Share, *, replace: bool) -> Iterator[int]:
    temp = f"{TEMPORARY}{secrets.token_hex(6)}"
    target = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=fd)
    try:
        try:
            yield target
            share(target, settings)
            os.fsync(target)
        finally:
            os.close(target)
        if replace:
            os.rename(temp, name, src_dir_fd=fd, dst_dir_fd=fd)
        else:
            durable.rename_noreplace(temp, name, fd, fd)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temp, dir_fd=fd)
        raise
