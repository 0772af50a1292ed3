"""Ollama: a language model at home. `/api/chat` with a JSON schema as `format`."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from daemon.backends.chat import PLAIN, Answer, Message, Wish, count, inlined, limited, listing, mapping
from daemon.backends.http import QUICK, Http, where
from daemon.errors import Fault, FinalFault

_CONTEXT = 8192  # tokens; a server's own default is smaller, and cuts what it is asked in silence
_LONGEST = 3072  # tokens of an answer
_KEEP = "2m"
_BODY = 4 << 20


class Ollama:
    """One model of one server."""

    service = "ollama"
    batch = 8
    listens = False

    def __init__(self, http: Http, url: str, model: str, seconds: float = 300.0) -> None:
        self._http, self._url, self._model = http, url.rstrip("/"), model
        self._seconds = seconds
        self._found = ""
        self._ours = False  # it wasn't loaded before we asked

    def label(self) -> str:
        """'ollama gemma3:latest'. FinalFault where the server hasn't that model."""
        if not self._found:
            tags = mapping(self._http.send("GET", f"{self._url}/api/tags", QUICK).json())
            names = [str(mapping(entry).get("name", "")) for entry in listing(tags.get("models"))]
            wanted = self._model if ":" in self._model else f"{self._model}:latest"
            # "gemma3" is any gemma3 where there is no gemma3:latest.
            others = [name for name in names if name.partition(":")[0] == self._model]
            if wanted not in names and not others:
                raise FinalFault(
                    f"Ollama at {where(self._url)} has no model {self._model}",
                    f"it has {', '.join(sorted(names)[:8]) or 'none'}",
                    f"`ollama pull {self._model}` there, or set writer.ollama_model.",
                )
            self._found = wanted if wanted in names else others[0]
            with contextlib.suppress(Fault):
                running = mapping(self._http.send("GET", f"{self._url}/api/ps", QUICK).json())
                loaded = [str(mapping(entry).get("name", "")) for entry in listing(running.get("models"))]
                self._ours = self._found not in loaded
        return f"ollama {self._found}"

    def ask(self, system: str, messages: Sequence[Message], schema: dict[str, Any], wish: Wish = PLAIN) -> Answer:
        """One answer, held to the schema by the server."""
        self.label()
        turns = [{"role": "assistant" if m.role == "model" else "user", "content": m.text} for m in messages]
        body = {
            "model": self._found,
            "messages": [{"role": "system", "content": system}, *turns],
            "stream": False,
            "think": False,
            "format": inlined(schema),
            "keep_alive": _KEEP,
            "options": {"temperature": 0.8, "seed": wish.seed, "num_ctx": _CONTEXT, "num_predict": _LONGEST},
        }
        reply = self._http.send(
            "POST", f"{self._url}/api/chat", limited(self._seconds, wish), json=body, largest=_BODY, accept=(400, 404)
        )
        said = mapping(reply.json())
        if reply.status != 200:
            raise FinalFault(
                f"Ollama at {where(self._url)} refuses",
                str(said.get("error", reply.status))[:300],
                "Look at writer.ollama_model.",
            )
        return Answer(
            str(mapping(said.get("message")).get("content", "")),
            count(said.get("prompt_eval_count")),
            count(said.get("eval_count")),
            said.get("done_reason") != "length",
        )

    def release(self) -> None:
        """Has the model unloaded, unless somebody had loaded it before: the card has other tenants."""
        if self._found and self._ours:
            with contextlib.suppress(Fault):
                body = {"model": self._found, "keep_alive": 0}
                self._http.send("POST", f"{self._url}/api/generate", QUICK, json=body, largest=_BODY)
