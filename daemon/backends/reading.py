"""Reads an answer piece by piece, unpacks it, and stops where it grows too long or takes too long.

What is counted is what comes out: an answer of some kilobytes may unpack to gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

from daemon.errors import FinalFault, PassingFault

PACKED = "gzip"  # what is asked for; an answer packed otherwise is refused
_CHUNK = 1 << 16


def body(answer: requests.Response, largest: int, host: str, late: Callable[[], bool]) -> bytes:
    """The whole answer. FinalFault above `largest` bytes, PassingFault once it is `late`."""
    return b"".join(pieces(answer, largest, host, late))


def written(answer: requests.Response, largest: int, host: str, late: Callable[[], bool], path: Path) -> bytes:
    """Writes the answer into a file; raises as `body`, and OSError where the file can't be written. Returns b""."""
    with open(path, "wb") as out:
        out.writelines(pieces(answer, largest, host, late))
    return b""


def pieces(answer: requests.Response, largest: int, host: str, late: Callable[[], bool]) -> Iterator[bytes]:
    """The answer's pieces, unpacked. Raises as `body`; urllib3's exceptions and zlib.error where it breaks off."""
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise FinalFault(f"{host} answers in a way that wasn't asked for", f"packed as {packing[:20]}")
    raw = answer.raw.stream(_CHUNK, decode_content=False)
    size = 0
    for piece in raw if packing in ("", "identity") else _unpacked(raw):
        size += len(piece)
        if size > largest:
            raise FinalFault(f"the answer of {host} is too long", f"more than {largest} bytes", "", {"host": host})
        if late():
            raise PassingFault(f"the answer of {host} takes too long", f"after {size} bytes", "", {"host": host})
        yield piece


def _unpacked(raw: Iterator[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its head
    empty = True
    for piece in raw:
        empty = empty and not piece
        while piece:
            yield unpack.decompress(piece, _CHUNK)
            piece = unpack.unconsumed_tail
    if not unpack.eof and not empty:
        raise zlib.error("it ends in the middle")
