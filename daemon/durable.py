"""The one door for durable writes: temp beside the target, fsync, rename, fsync the folder.

Nothing else in the program renames, links or fsyncs state. Every act is announced through
`sys.audit("dropreel.act", "before" | "after", verb, path)`, so that an observer (a test that
pulls the plug, a tracer) can stand at each of them without a line of its own in here.

An act that fails leaves nothing behind; folders are never created on the way to a file.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_HALF_MADE = ".tmp-"
_RENAME_NOREPLACE = 1
_AT_FDCWD = -100
_FSYNC_UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP}


@contextlib.contextmanager
def act(verb: str, path: str | Path) -> Iterator[None]:
    """Announces a durable act, before and after."""
    sys.audit("dropreel.act", "before", verb, str(path))
    yield
    sys.audit("dropreel.act", "after", verb, str(path))


def fsync_dir(folder: str | Path) -> None:
    """Makes a folder's entries durable. EINVAL and ENOTSUP (some network file systems) pass."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _FSYNC_UNSUPPORTED:
            raise
    finally:
        os.close(fd)


def fsync_file(path: str | Path) -> None:
    """Makes a file's content durable."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_bytes(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replaces `path` by `data`, whole or not at all. The folder must exist (OSError if not)."""
    temp = path.parent / f"{_HALF_MADE}{secrets.token_hex(6)}"
    with act("write", path):
        try:
            fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with os.fdopen(fd, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.rename(temp, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temp.unlink()
            raise
        fsync_dir(path.parent)


def write_json(path: Path, value: Any, mode: int = 0o600) -> None:
    """Replaces `path` by `value` as JSON. `value` is plain data or a pydantic model."""
    if hasattr(value, "model_dump_json"):
        text = value.model_dump_json(indent=1)
    else:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=False)
    write_bytes(path, text.encode("utf-8", "surrogatepass") + b"\n", mode)


def append(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Adds to a file of lines, and makes it durable; what an earlier crash left half-written is ended first."""
    with act("append", path):
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            size = os.fstat(fd).st_size
            torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
            os.write(fd, b"\n" + data if torn else data)
            os.fsync(fd)
        finally:
            os.close(fd)
        if not size:
            fsync_dir(path.parent)


def publish(folder: Path, name: str, make: Callable[[Path], None], mode: int = 0o600) -> Path:
    """Publishes an artefact under `name` in `folder`: made aside, fsynced, linked in.

    `make(temp)` writes the file; temp has the same suffix as `name`, so that encoders that go by
    the extension are content. If `name` is there already it stands: names are made of
    fingerprints, so what lies there is the same thing. OSError where the folder is gone (the job
    was moved: this attempt is no longer the current one).
    """
    final = folder / name
    temp = folder / f"{_HALF_MADE}{secrets.token_hex(6)}{Path(name).suffix}"
    with act("publish", final):
        try:
            make(temp)
            os.chmod(temp, mode)
            fsync_file(temp)
            with contextlib.suppress(FileExistsError):
                os.link(temp, final)
        finally:
            with contextlib.suppress(OSError):
                temp.unlink()
        fsync_dir(folder)
    return final


def sweep(folder: Path) -> list[str]:
    """Removes what killed writers left half made in `folder`; returns the names. Nobody may be writing there."""
    swept = []
    for name in sorted(os.listdir(folder)):
        if name.startswith(_HALF_MADE):
            with contextlib.suppress(OSError):
                os.unlink(folder / name)
                swept.append(name)
    return swept


def rename(source: Path, target: Path, *, replace: bool = False) -> None:
    """Renames, refusing to replace (FileExistsError) unless told; fsyncs both parents.

    The commit point of every transition. OSError with errno EXDEV where the kernel says so.
    """
    with act("rename", target):
        if replace:
            os.rename(source, target)
        else:
            rename_noreplace(source, target)
        fsync_dir(target.parent)
        if source.parent != target.parent:
            with contextlib.suppress(FileNotFoundError):
                fsync_dir(source.parent)


def rename_noreplace(
    source: str | Path, target: str | Path, source_fd: int = _AT_FDCWD, target_fd: int = _AT_FDCWD
) -> None:
    """renameat2(RENAME_NOREPLACE); where the file system can't, link and unlink, or check and rename."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        call = libc.renameat2
    except AttributeError:
        code = errno.ENOSYS
    else:
        done = call(source_fd, os.fsencode(source), target_fd, os.fsencode(target), _RENAME_NOREPLACE)
        if done == 0:
            return
        code = ctypes.get_errno()
    if code not in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        raise OSError(code, os.strerror(code), str(source), None, str(target))
    src_fd = None if source_fd == _AT_FDCWD else source_fd
    dst_fd = None if target_fd == _AT_FDCWD else target_fd
    # The file system has no such flag (FUSE, some network shares): look, then rename. For a folder
    # the kernel still refuses to replace one that isn't empty.
    try:
        os.stat(target, dir_fd=dst_fd, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, target, src_dir_fd=src_fd, dst_dir_fd=dst_fd)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def remove(path: Path) -> None:
    """Removes one file, and says so; a file that is gone already is fine."""
    with act("remove", path):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        with contextlib.suppress(FileNotFoundError):
            fsync_dir(path.parent)


def remove_tree(folder: Path) -> None:
    """Removes a folder of our own. Renamed aside first, so that a half-removed one is never taken for whole."""
    if not folder.exists() and not folder.is_symlink():
        return
    aside = folder.parent / f".gone-{secrets.token_hex(6)}"
    with act("remove-tree", folder):
        try:
            os.rename(folder, aside)
        except OSError:
            aside = folder
        # A symlink is unlinked, never followed.
        if stat.S_ISDIR(os.lstat(aside).st_mode):
            shutil.rmtree(aside)
        else:
            os.unlink(aside)
