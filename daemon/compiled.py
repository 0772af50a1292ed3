"""Where compiled code is kept, and whether it is there already.

numba compiles the inner loops when they are first called and keeps them in `library/cache/numba`. That takes
half a minute, so `dropreel compile` does it at set-up; a stamp beside the code says what it was made of.
Imports no numba: the coordinator asks too.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from daemon import durable, log

_PACKAGE = Path(__file__).parent
_STAMP = "compiled.txt"


def folder(cache: Path) -> Path | None:
    """`cache`/numba, made where it is missing; None where it can't be written."""
    path = cache / "numba"
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError:
        return None


def prepare(cache: Path) -> None:
    """Names numba's folder, unless it is named already. To be called before anything that compiles is imported.

    Where ours can't be written, the code goes to a temporary folder that this process removes: slow, and said.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    path = folder(cache)
    if path is None:
        log.get().warning("compiled code can't be kept: this process compiles anew", folder=str(cache / "numba"))
        path = Path(tempfile.mkdtemp(prefix="dropreel-compiled-"))
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = str(path)


def ready(cache: Path) -> bool:
    """Whether all is compiled for this program on this machine. What a checkout's set-up compiled is taken over."""
    if _stamped(cache):
        return True
    ours = _PACKAGE.parent / "library" / "cache"
    if ours.resolve() == cache.resolve() or not _stamped(ours):
        return False
    try:
        shutil.copytree(ours / "numba", cache / "numba", dirs_exist_ok=True)
    except OSError:
        return False
    return _stamped(cache)


def stamp(cache: Path) -> None:
    """Says that all is compiled now. OSError where it can't be written."""
    durable.write_bytes(cache / "numba" / _STAMP, _of().encode("ascii"), 0o644)


def _stamped(cache: Path) -> bool:
    with contextlib.suppress(OSError):
        return (cache / "numba" / _STAMP).read_text("ascii", "replace") == _of()
    return False


def _of() -> str:
    """A digest of what compiled code depends on: our sources that numba reads, its version, Python, the processor."""
    found = [sys.version, platform.machine(), importlib.metadata.version("numba"), importlib.metadata.version("numpy")]
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        found += [line for line in lines if line.startswith(("model name", "flags", "Features"))][:2]
    for path in sorted([*(_PACKAGE / "audio").rglob("*.py"), *(_PACKAGE / "film").rglob("*.py")]):
        data = path.read_bytes()
        if b"import numba" in data or b"from numba" in data:
            # numba asks for the source's time and size as well as its path.
            status = path.stat()
            found.append(f"{path} {status.st_mtime_ns} {status.st_size}")
    return hashlib.blake2b("\n".join(found).encode("utf-8", "replace"), digest_size=16).hexdigest()
