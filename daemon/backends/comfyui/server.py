"""One ComfyUI server, request by request. All of it goes through the one HTTP door."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from daemon.backends.comfyui import replies
from daemon.backends.comfyui.faults import Down
from daemon.backends.comfyui.replies import Graph, Output, Queued
from daemon.backends.http import QUICK, SLOW, UPLOAD, Http, Limit, Upload, where
from daemon.errors import FinalFault, PassingFault

_POST = Limit(5, 60)  # it validates the whole workflow before it answers
_HISTORY_LARGEST = 64 << 20
_RECENT = 64  # of the history, where a run is to be found by its client
FOLDER = "dropreel"  # under ComfyUI's input folder: what we upload


@dataclass(frozen=True)
class Device:
    """A graphics card, or the processor; memory in MiB."""

    name: str
    kind: str
    total_mb: int
    free_mb: int


@dataclass(frozen=True)
class Stats:
    """What /system_stats says. argv: how the server was started."""

    version: str = ""
    argv: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()

    @property
    def card(self) -> Device | None:
        """The first graphics card; None where it works on the processor."""
        return next((device for device in self.devices if device.kind not in ("cpu", "")), None)


@dataclass(frozen=True)
class Line:
    """What /queue says."""

    running: list[Queued] = field(default_factory=list)
    waiting: list[Queued] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.running) + len(self.waiting)

    def has(self, prompt_id: str, client_id: str = "") -> Queued | None:
        """The run with that id, or of that client (older servers give ids of their own)."""
        for entry in (*self.running, *self.waiting):
            if entry.prompt_id == prompt_id or (client_id and entry.client_id == client_id):
                return entry
        return None


class Server:
    """A server at an address such as http://host:8188. Down where it doesn't answer, FinalFault where it refuses."""

    def __init__(self, url: str, http: Http | None = None) -> None:
        self.url = url.rstrip("/")
        self.name = where(url)
        self._http = http or Http(attempts=3, seconds=20)
        self._classes: dict[str, dict[str, Any] | None] = {}

    def stats(self, limit: Limit = QUICK) -> Stats:
        """Version, how it was started, and its memory."""
        said = self._get("/system_stats", limit)
        system = said.get("system") if isinstance(said.get("system"), Mapping) else {}
        assert isinstance(system, Mapping)
        devices = []
        for device in said.get("devices") or []:
            if isinstance(device, Mapping):
                total, free = (_mb(device.get(key)) for key in ("vram_total", "vram_free"))
                devices.append(Device(str(device.get("name")), str(device.get("type") or ""), total, free))
        argv = system.get("argv")
        words = tuple(str(word) for word in argv) if isinstance(argv, list) else ()
        return Stats(str(system.get("comfyui_version") or ""), words, tuple(devices))

    def line(self) -> Line:
        """What runs and what waits."""
        said = self._get("/queue", SLOW, _HISTORY_LARGEST)
        return Line(replies.queued(said.get("queue_running")), replies.queued(said.get("queue_pending")))

    def history(self, prompt_id: str) -> dict[str, Any] | None:
        """A run that has ended; None where it hasn't, or where nobody knows of it."""
        entry = self._get(f"/history/{quote(prompt_id, safe='')}", SLOW, _HISTORY_LARGEST).get(prompt_id)
        return entry if isinstance(entry, dict) else None

    def find(self, prompt_id: str, client_id: str = "") -> tuple[str, dict[str, Any] | None] | None:
        """The id under which a run is known, and its end where it has one; None where nobody knows of it.

        The queue is asked before the history: a run that ends in between is then found there.
        """
        queued = self.line().has(prompt_id, client_id)
        if queued is not None:
            return queued.prompt_id, None
        ended = self.history(prompt_id)
        if ended is not None:
            return prompt_id, ended
        if client_id:
            recent = self._get(f"/history?max_items={_RECENT}", SLOW, _HISTORY_LARGEST)
            for ident, entry in recent.items():
                if isinstance(entry, dict) and replies.client_of(entry) == client_id:
                    return ident, entry
        return None

    def post(self, graph: Graph, prompt_id: str, client_id: str) -> str:
        """Queues a workflow; returns the id that the server gave it. Refused where it isn't taken whole."""
        body = {"prompt": graph, "prompt_id": prompt_id, "client_id": client_id}
        try:
            reply = self._http.send(
                "POST", f"{self.url}/prompt", _POST, json=body, repeat=False, accept=(400,), largest=_HISTORY_LARGEST
            )
        except PassingFault as fault:
            raise _down(fault) from None
        if reply.status == 400:
            raise replies.refusal(reply.body, graph, self.name)
        said = _object(reply.body, self.name)
        given = str(said.get("prompt_id") or prompt_id)
        if said.get("node_errors"):
            # It runs what it can: half a picture is none.
            self.cancel(given)
            raise replies.refusal(reply.body, graph, self.name)
        if said.get("error"):
            raise replies.refusal(reply.body, graph, self.name)
        return given

    def cancel(self, prompt_id: str) -> None:
        """Takes a run out of the queue, or interrupts it where it is the one that runs; nobody else's."""
        self._post("/queue", {"delete": [prompt_id]})
        # Older servers pass the id over and stop whoever runs: so it must be this one.
        if any(entry.prompt_id == prompt_id for entry in self.line().running):
            self._post("/interrupt", {"prompt_id": prompt_id})

    def free(self) -> None:
        """Hands the card's memory back: models are unloaded when nothing runs."""
        self._post("/free", {"unload_models": True, "free_memory": True})

    def upload(self, data: bytes, name: str, media: str = "image/png") -> str:
        """Puts a picture into the server's input folder; returns what a LoadImage node calls it.

        name: made of a fingerprint, so that the same one twice is the same picture.
        """
        sent = Upload("image", name, data, {"type": "input", "subfolder": FOLDER, "overwrite": "true"}, media)
        said = self._asked("POST", "/upload/image", UPLOAD, upload=sent, repeat=True)
        given, folder = str(said.get("name") or name), str(said.get("subfolder") or "")
        return f"{folder}/{given}" if folder else given

    def fetch(self, output: Output, path: Path, largest: int) -> None:
        """Writes a run's file to `path`. FinalFault where it is larger than `largest` bytes, or not there."""
        asked = {"filename": output.filename, "subfolder": output.subfolder, "type": output.type}
        try:
            self._http.download(f"{self.url}/view?{urlencode(asked)}", path, largest)
        except PassingFault as fault:
            raise _down(fault) from None

    def node_class(self, name: str) -> dict[str, Any] | None:
        """What /object_info says of a node class; None where the server has none of that name. Asked once."""
        if name not in self._classes:
            said = self._get(f"/object_info/{quote(name, safe='')}", SLOW).get(name)
            self._classes[name] = said if isinstance(said, dict) else None
        return self._classes[name]

    def forget_classes(self) -> None:
        """Models may have come: the next question is asked anew."""
        self._classes.clear()

    def _get(self, path: str, limit: Limit = QUICK, largest: int = 16 << 20) -> dict[str, Any]:
        return self._asked("GET", path, limit, largest=largest)

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        try:
            self._http.send("POST", self.url + path, QUICK, json=body, repeat=True)
        except PassingFault as fault:
            raise _down(fault) from None

    def _asked(self, method: str, path: str, limit: Limit, **more: Any) -> dict[str, Any]:
        try:
            reply = self._http.send(method, self.url + path, limit, **more)
        except PassingFault as fault:
            raise _down(fault) from None
        return _object(reply.body, self.name)


def _object(body: bytes, name: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        why = f"it says {body[:60].decode('utf-8', 'replace')!r}"
        raise FinalFault(f"{name} doesn't answer as ComfyUI does", why, "Look at comfyui.urls in the settings.")
    return said


def _down(fault: PassingFault) -> Down:
    return fault if isinstance(fault, Down) else Down(fault.what, fault.why, fault.remedy, fault.facts)


def _mb(value: Any) -> int:
    return int(value) >> 20 if isinstance(value, int | float) and math.isfinite(value) else 0
