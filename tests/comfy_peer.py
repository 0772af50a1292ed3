"""A ComfyUI server for tests, on 127.0.0.1: HTTP and socket, with the shapes of a real one.

It runs nothing: each posted workflow ends as the next `Ending` says, after its frames were sent to the socket of
its client, or after some looks at the queue where no socket comes. `recorded(case)` plays what a real server said.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import re
import struct
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

RECORDINGS = Path(__file__).parents[2] / "shared" / "comfyui-recordings"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def recording(name: str) -> Any:
    """One of the recorded replies."""
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def png(width: int = 64, height: int = 64, colour: tuple[int, int, int] = (200, 60, 20)) -> bytes:
    """A picture with something on it."""
    from PIL import Image

    picture = Image.new("RGB", (width, height), colour)
    picture.paste((10, 30, 90), (0, 0, width // 2, height // 2))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@dataclass
class Ending:
    """How a posted workflow fares. frames: JSON or bytes for the socket; "ID" in them is the run's id."""

    outputs: dict[str, Any] | None = None  # None: a picture of each SaveImage
    messages: list[list[Any]] = field(default_factory=list)  # beyond execution_start
    ok: bool = True
    frames: list[Any] = field(default_factory=list)
    looks: int = 1  # at the queue, before it ends without a socket
    vanishes: bool = False
    forever: bool = False  # it runs until it is interrupted
    status: int = 200
    body: bytes | None = None  # instead of the usual answer
    node_errors: dict[str, Any] = field(default_factory=dict)
    lost: bool = False  # it is queued, and the connection breaks before the answer
    drop: bool = False  # the socket breaks after the frames, the run goes on


def interrupted() -> Ending:
    """A run that somebody stops."""
    said = {"node_id": "3", "node_type": "KSampler", "executed": []}
    return Ending(outputs={}, ok=False, messages=[["execution_interrupted", said]])


def failing(message: str = "boom", kind: str = "RuntimeError", node: str = "3") -> Ending:
    """A run in which a node fails."""
    said = {"node_id": node, "node_type": "KSampler", "exception_message": message, "exception_type": kind}
    return Ending(outputs={}, ok=False, messages=[["execution_error", said]])


def out_of_memory() -> Ending:
    """A run for which the card is too small."""
    return failing("Allocation on device", "torch.OutOfMemoryError")


@dataclass
class Run:
    """A posted workflow on the peer."""

    id: str
    client: str
    graph: dict[str, Any]
    ending: Ending
    looks: int


class ComfyPeer:
    """The server. `endings`: of the next runs, in order; after them all go well."""

    def __init__(self, *, old: bool = False, sockets: bool = True) -> None:
        self.old, self.sockets = old, sockets  # old: it takes no prompt_id of ours, and says errors as a string
        self.endings: list[Ending] = []
        self.running: list[Run] = []
        self.pending: list[Run] = []
        self.others: list[list[Any]] = []  # queue entries of other people, before ours
        self.history: dict[str, Any] = {}
        self.posted: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.uploads: dict[str, bytes] = {}
        self.rename: str = ""  # an upload comes back under this name
        self.files: dict[str, bytes] = {}
        self.freed = 0
        self.interrupts: list[Any] = []
        self.deleted: list[str] = []
        self.classes: dict[str, Any] | None = None  # None: any class is there, and takes anything
        self.stats: dict[str, Any] = {
            "system": {"comfyui_version": "0.3.64", "argv": ["main.py"]},
            "devices": [{"name": "cuda:0", "type": "cuda", "vram_total": 24 << 30, "vram_free": 20 << 30}],
        }
        self.vram_after_free = 20 << 30
        self.down = False  # every connection is broken at once
        self.paint: Callable[[dict[str, Any]], bytes] = lambda graph: png(*size_of(graph))
        self._lock = threading.RLock()
        self._count = 0
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer goes out in one piece

            def do_GET(self) -> None:
                peer._serve(self, b"")

            def do_POST(self) -> None:
                peer._serve(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Threads(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self.server = Threads(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._closing = threading.Event()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Serves no more."""
        self._closing.set()
        self.server.shutdown()
        self.server.server_close()

    # --- one request -----------------------------------------------------------------------------

    def _serve(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if self.down:
            request.close_connection = True
            return
        if parts.path == "/ws":
            self._socket(request, query.get("clientId", ""))
            return
        with self._lock:
            self.asked.append((request.command, parts.path))
            found = self._answer(request, parts.path, query, body)
        if found is None:
            request.close_connection = True
            return
        status, said, media = found
        request.send_response(status)
        request.send_header("Content-Type", media)
        request.send_header("Content-Length", str(len(said)))
        request.end_headers()
        request.wfile.write(said)

    def _answer(
        self, request: BaseHTTPRequestHandler, path: str, query: dict[str, str], body: bytes
    ) -> tuple[int, bytes, str] | None:
        if request.command == "POST" and path == "/upload/image":
            return self._upload(request.headers.get("Content-Type", ""), body)
        try:
            told = json.loads(body) if body else {}
        except ValueError:
            return 500, b"500 Internal Server Error\n\nServer got itself in trouble", "text/plain"
        if request.command == "POST":
            return self._post(path, told)
        if path == "/queue":
            return _json(self._queue())
        if path.startswith("/history"):
            ident = path.removeprefix("/history").strip("/")
            chosen = {ident: self.history[ident]} if ident in self.history else {}
            return _json(chosen if ident else self.history)
        if path == "/system_stats":
            return _json(self.stats)
        if path.startswith("/object_info/"):
            name = path.removeprefix("/object_info/")
            if self.classes is None:
                return _json({name: {"input": {}}})
            return _json({name: self.classes[name]} if name in self.classes else {})
        if path == "/view":
            data = self.files.get(query.get("filename", ""))
            return (200, data, "image/png") if data is not None else (404, b"", "text/plain")
        return 404, b"", "text/plain"

    def _post(self, path: str, told: dict[str, Any]) -> tuple[int, bytes, str] | None:
        if path == "/prompt":
            return self._prompt(told)
        if path == "/queue":
            self.deleted += told.get("delete", [])
            self.pending = [run for run in self.pending if run.id not in told.get("delete", [])]
        elif path == "/interrupt":
            self.interrupts.append(told.get("prompt_id"))
            for run in list(self.running):
                if self.old or run.id == told.get("prompt_id"):
                    run.ending = interrupted()
                    self.end(run)
        elif path == "/free":
            self.freed += 1
            for device in self.stats["devices"]:
                device["vram_free"] = max(device["vram_free"], self.vram_after_free)
        else:
            return 404, b"", "text/plain"
        return 200, b"", "application/json"

    def _prompt(self, told: dict[str, Any]) -> tuple[int, bytes, str] | None:
        graph = told.get("prompt")
        self.posted.append(told)
        if not graph:
            return _json({"error": {"type": "no_prompt", "message": "No prompt provided"}, "node_errors": {}}, 400)
        assert all("class_type" in node for node in graph.values()), "what is no node must not be sent"
        ending = self.endings.pop(0) if self.endings else Ending()
        if ending.body is not None:
            return ending.status, ending.body, "application/json"
        ident = str(uuid.uuid4()) if self.old else str(told.get("prompt_id") or uuid.uuid4())
        run = Run(ident, told.get("client_id", ""), graph, ending, ending.looks)
        if not ending.vanishes:
            (self.pending if self.others or self.running else self.running).append(run)
        if ending.lost:
            return None
        return _json({"prompt_id": ident, "number": len(self.posted), "node_errors": ending.node_errors})

    def _queue(self) -> dict[str, Any]:
        for run in list(self.running):
            # What is to be heard is heard before it ends.
            if not run.ending.forever and not (run.ending.frames and self.sockets):
                run.looks -= 1
                if run.looks < 0:
                    self.end(run)
        if not self.running and not self.others and self.pending:
            self.running.append(self.pending.pop(0))
        entries = [[0, run.id, run.graph, {"client_id": run.client}, []] for run in self.running]
        waiting = [[1, run.id, run.graph, {"client_id": run.client}, []] for run in self.pending]
        return {"queue_running": [*self.others[:1], *entries], "queue_pending": [*self.others[1:], *waiting]}

    def end(self, run: Run) -> None:
        """A run ends as it is to."""
        with self._lock:
            if run not in self.running:
                return
            self.running.remove(run)
            outputs = run.ending.outputs
            if outputs is None:
                outputs = {
                    node: {"images": [self._saved(run.graph, told)]}
                    for node, told in run.graph.items()
                    if told["class_type"].startswith(("Save", "Preview"))
                }
            messages = [["execution_start", {"prompt_id": run.id}], *run.ending.messages]
            self.history[run.id] = {
                "prompt": [0, run.id, run.graph, {"client_id": run.client}, []],
                "outputs": outputs,
                "status": {
                    "status_str": "success" if run.ending.ok else "error",
                    "completed": run.ending.ok,
                    "messages": messages,
                },
            }

    def _saved(self, graph: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        name = f"made_{self._count:05}_.png"
        self.files[name] = self.paint(graph)
        kind = "output" if told["class_type"].startswith("Save") else "temp"
        return {"filename": name, "subfolder": "", "type": kind}

    def _upload(self, media: str, body: bytes) -> tuple[int, bytes, str]:
        boundary = media.partition("boundary=")[2].encode()
        fields: dict[str, bytes] = {}
        name = ""
        for part in body.split(b"--" + boundary)[1:-1]:
            head, _, data = part.partition(b"\r\n\r\n")
            field_name = re.search(rb'name="([^"]*)"', head)
            file_name = re.search(rb'filename="([^"]*)"', head)
            assert field_name
            fields[field_name[1].decode()] = data.removesuffix(b"\r\n")
            name = file_name[1].decode() if file_name else name
        if "image" not in fields:
            return 400, b"", "text/plain"
        folder = fields.get("subfolder", b"").decode()
        name = self.rename or name
        self.uploads[f"{folder}/{name}" if folder else name] = fields["image"]
        return _json({"name": name, "subfolder": folder, "type": "input"})

    # --- the socket ------------------------------------------------------------------------------

    def _socket(self, request: BaseHTTPRequestHandler, client: str) -> None:
        request.close_connection = True
        if not self.sockets:
            request.send_response(404)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        key = request.headers["Sec-WebSocket-Key"].encode()
        request.send_response(101)
        request.send_header("Upgrade", "websocket")
        request.send_header("Connection", "Upgrade")
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest()).decode()
        request.send_header("Sec-WebSocket-Accept", accept)
        request.end_headers()
        request.wfile.flush()

        def send(frame: Any) -> None:
            binary = isinstance(frame, bytes)
            data = frame if binary else json.dumps(frame).encode()
            size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
            size = size if len(data) < 65536 else b"\x7f" + struct.pack(">Q", len(data))
            request.wfile.write((b"\x82" if binary else b"\x81") + size + data)
            request.wfile.flush()

        with contextlib.suppress(OSError):
            send({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 1}}, "sid": client}})
            run = next((run for run in self.running if run.client == client), None)
            if run is not None:
                frames, run.ending.frames = run.ending.frames, []
                for frame in frames:
                    send(frame if isinstance(frame, bytes) else json.loads(json.dumps(frame).replace("ID", run.id)))
                if run.ending.drop:
                    run.ending.drop = False
                    return
                if not run.ending.forever:
                    self.end(run)
                    send({"type": "executing", "data": {"node": None, "prompt_id": run.id}})
            request.connection.settimeout(0.1)
            while not self._closing.is_set():
                with contextlib.suppress(TimeoutError):
                    if _closes(request.connection):
                        return


def _closes(connection: Any) -> bool:
    """Whether the next frame from the client says good-bye; TimeoutError where none comes."""
    head = connection.recv(2)
    if len(head) < 2 or head[0] & 0x0F == 8:
        return True
    size = head[1] & 0x7F
    size = int.from_bytes(connection.recv(2), "big") if size == 126 else size
    connection.recv(4 + size)  # masked
    return False


def size_of(graph: dict[str, Any]) -> tuple[int, int]:
    """The size that a workflow asks for."""
    for told in graph.values():
        held = told["inputs"]
        if isinstance(held.get("width"), int) and isinstance(held.get("height"), int):
            return held["width"], held["height"]
    return 64, 64


def _json(value: Any, status: int = 200) -> tuple[int, bytes, str]:
    return status, json.dumps(value).encode(), "application/json; charset=utf-8"


def recorded(case: str) -> tuple[dict[str, Any], Ending]:
    """A recorded case: the graph that was posted, and how it fared (its ids are those of the peer)."""
    prompt = recording(f"{case}-prompt")
    graph = prompt["request"]["json"]["prompt"]
    answer = prompt["body"]
    ending = Ending(status=prompt["status"], node_errors=answer.get("node_errors", {}))
    if prompt["status"] != 200:
        ending.body = json.dumps(answer).encode()
        return graph, ending
    ident = answer["prompt_id"]
    entry = recording(f"{case}-history")["body"][ident]
    ending.outputs, ending.ok = entry["outputs"], entry["status"]["status_str"] == "success"
    ending.messages = entry["status"]["messages"][1:]
    for frame in recording(f"{case}-ws"):
        if "json" in frame and frame["json"]["data"].get("node", "") is not None:
            ending.frames.append(json.loads(json.dumps(frame["json"]).replace(ident, "ID")))
    return graph, ending
