"""The progress bar: what a server's socket says of one run. It may be silent, break off, or never come about.

Nothing is concluded from it but that it is worth looking at the history now; that is the truth.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from daemon.backends import home
from daemon.backends.comfyui.replies import Graph, title

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_LARGEST = 16 << 20  # of a frame: some nodes send whole pictures
_WAITING = 64  # of events that nobody took yet; the oldest goes first
_BACKOFF = (0.2, 1.0, 5.0, 15.0)
_OPEN, _PING = 5.0, 20.0
_HELLO = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})


@dataclass(frozen=True)
class Seen:
    """One thing heard. fraction: of the nodes, 0..1, -1 where it says nothing; ended: look at the history now."""

    doing: str = ""
    fraction: float = -1.0
    preview: bytes = b""
    ended: bool = False


def address(url: str, client_id: str) -> str:
    """The socket's address of a server's: ws for http, wss for https."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/ws", f"clientId={quote(client_id)}", ""))


class Reader:
    """Frames in, what they mean for one run out. Frames of other runs mean nothing."""

    def __init__(self, prompt_id: str, graph: Graph) -> None:
        self.prompt_id, self._graph = prompt_id, graph
        self._done: set[str] = set()
        self._node = ""

    def read(self, frame: str | bytes) -> Seen | None:
        """What a frame says; None where it says nothing of this run."""
        if isinstance(frame, bytes):
            return self._picture(frame)
        try:
            said = json.loads(frame)
            kind, data = str(said["type"]), said.get("data")
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        if not isinstance(data, Mapping):
            return None
        ident = data.get("prompt_id")
        if ident is None and kind == "executing" and isinstance(data.get("node"), str):
            return self._at(data["node"], 0.0)  # the first word after a reconnection names no run
        return self._told(kind, data) if ident == self.prompt_id else None

    def _told(self, kind: str, data: Mapping[str, Any]) -> Seen | None:
        node = data.get("node")
        if kind in ("execution_success", "execution_error", "execution_interrupted"):
            return Seen(ended=True)
        if kind == "executing":
            if node is None:
                return Seen(ended=True)
            if self._node and self._node != node:
                self._done.add(self._node)
            return self._at(str(node), 0.0)
        if kind == "execution_cached":
            nodes = data.get("nodes")
            self._done |= {str(each) for each in nodes} if isinstance(nodes, list) else set()
            return Seen("starting", self._fraction(0.0))
        if kind == "execution_start":
            return Seen("starting", 0.0)
        if kind == "progress":
            value, most = _number(data.get("value")), _number(data.get("max"))
            return self._at(str(node or self._node), value / most if most > 0 else 0.0, f" {value:g}/{most:g}")
        if kind == "progress_state" and isinstance(data.get("nodes"), Mapping):
            self._done |= {
                str(key)
                for key, state in data["nodes"].items()
                if isinstance(state, Mapping) and state.get("state") == "finished"
            }
        return None

    def _at(self, node: str, part: float, more: str = "") -> Seen:
        self._node = node
        return Seen(title(self._graph, node) + more, self._fraction(part))

    def _fraction(self, part: float) -> float:
        done = len(self._done & set(self._graph) - {self._node})
        return min(1.0, (done + min(1.0, max(0.0, part))) / max(1, len(self._graph)))

    def _picture(self, frame: bytes) -> Seen | None:
        if len(frame) < 9:
            return None
        kind, second = struct.unpack(">II", frame[:8])
        if kind == _PREVIEW:
            return Seen(preview=frame[8:])
        if kind != _PREVIEW_WITH_METADATA or second > len(frame) - 8:
            return None
        try:
            of = json.loads(frame[8 : 8 + second]).get("prompt_id")
        except (ValueError, AttributeError):
            return None
        return Seen(preview=frame[8 + second :]) if of in (None, self.prompt_id) else None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


class Listener:
    """Hears a run's frames in a thread of its own, connecting again for as long as it is open."""

    def __init__(self, url: str, client_id: str, reader: Reader) -> None:
        self._address, self._reader = address(url, client_id), reader
        self._heard: queue.Queue[Seen] = queue.Queue(_WAITING)
        self._closed = threading.Event()
        self._connection: Any = None
        self._thread = threading.Thread(target=self._hear, name="comfyui", daemon=True)
        self._thread.start()

    def get(self, seconds: float) -> Seen | None:
        """The next thing heard within so many seconds; None where all was silent."""
        try:
            return self._heard.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Hears no more."""
        self._closed.set()
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(Exception):  # whatever state it is in: we are done with it
                connection.close()
        self._thread.join(_OPEN)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hear(self) -> None:
        from websockets.sync.client import connect

        tries = 0
        while not self._closed.is_set():
            try:
                with connect(
                    self._address,
                    sock=self._dialled(),
                    open_timeout=_OPEN,
                    close_timeout=0.5,
                    ping_interval=_PING,
                    ping_timeout=_PING,
                    max_size=_LARGEST,
                ) as connection:
                    self._connection = connection
                    connection.send(_HELLO)
                    while not self._closed.is_set():
                        seen = self._reader.read(connection.recv())
                        tries = 0
                        if seen is not None:
                            self._put(seen)
            except Exception:  # a courtesy, whatever is wrong with it: the end is found in the history
                self._connection = None
            self._closed.wait(_BACKOFF[min(tries, len(_BACKOFF) - 1)])
            tries += 1

    def _dialled(self) -> socket.socket:
        """A connection of our own making: by no proxy, and a redirection can't lead it to another host.

        OSError; FinalFault where it lies outside under `privacy: local`.
        """
        parts = urlsplit(self._address)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
        return home.connect(host, port, _OPEN) if home.kept() else socket.create_connection((host, port), _OPEN)

    def _put(self, seen: Seen) -> None:
        while True:
            try:
                self._heard.put_nowait(seen)
                return
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self._heard.get_nowait()
