"""Any server that speaks OpenAI's chat protocol: OpenAI's own, llama.cpp, vLLM, LM Studio and their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from daemon.backends.chat import PLAIN, Answer, Message, Wish, count, limited, listing, mapping, strict
from daemon.backends.http import QUICK, Http, Reply, where
from daemon.errors import FinalFault, PassingFault

_BODY = 4 << 20
_KEY = "Set OPENAI_API_KEY, in the environment or in .env."


class OpenAI:
    """One model of one server. key: "" for a server that wants none."""

    service = "openai"
    batch = 24
    listens = False

    def __init__(self, http: Http, url: str, model: str, key: str = "", seconds: float = 300.0) -> None:
        self._http, self._url, self._model = http, url.rstrip("/"), model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._seconds = seconds
        self._format = 0  # how many ways of asking for JSON the server has refused

    def label(self) -> str:
        """'openai gpt-4o-mini'. FinalFault where no model is named and the server has more than one."""
        if not self._model:
            reply = self._http.send("GET", f"{self._url}/models", QUICK, headers=self._headers, accept=(401, 403))
            self._refused(reply)
            entries = listing(mapping(reply.json()).get("data"))
            names = [str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry]
            if len(names) != 1:
                raise FinalFault(
                    f"{where(self._url)} has {len(names)} models and none is chosen",
                    ", ".join(names[:8]),
                    "Set writer.openai_model.",
                )
            self._model = names[0]
        return f"openai {self._model}"

    def ask(self, system: str, messages: Sequence[Message], schema: dict[str, Any], wish: Wish = PLAIN) -> Answer:
        """One answer; where the server can't hold it to the schema, JSON is asked for, and then nothing but words."""
        self.label()
        turns = [{"role": "assistant" if m.role == "model" else "user", "content": m.text} for m in messages]
        ways: list[dict[str, Any]] = [
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "script", "strict": True, "schema": strict(schema)},
                }
            },
            {"response_format": {"type": "json_object"}},
            {},
        ]
        while True:
            body = {"model": self._model, "messages": [{"role": "system", "content": system}, *turns]}
            body |= ways[self._format]
            reply = self._http.send(
                "POST",
                f"{self._url}/chat/completions",
                limited(self._seconds, wish),
                json=body,
                headers=self._headers,
                largest=_BODY,
                accept=(400, 401, 403, 404, 422, 429),
            )
            if reply.status in (400, 422) and self._format + 1 < len(ways) and "format" in _said(reply).lower():
                self._format += 1
                continue
            self._refused(reply)
            return _answer(reply)

    def release(self) -> None:
        """Nothing is held."""

    def _refused(self, reply: Reply) -> None:
        if reply.status < 300:
            return
        host, said = where(self._url), _said(reply)
        if reply.status == 429:
            code = str(_error(reply).get("code", ""))
            if "quota" in code or "quota" in said.lower():
                raise FinalFault(f"the quota at {host} is used up", said, "Look at your plan there.", {"quota": True})
            raise PassingFault(f"{host} is busy", said)
        remedy = _KEY if reply.status in (401, 403) else "Look at writer.openai and writer.openai_model."
        raise FinalFault(f"{host} refuses", f"{reply.status}: {said}", remedy)


def _answer(reply: Reply) -> Answer:
    said = mapping(reply.json())
    choices = listing(said.get("choices"))
    first = mapping(choices[0]) if choices else {}
    message, usage = mapping(first.get("message")), mapping(said.get("usage"))
    if message.get("refusal"):
        raise FinalFault("the model refuses", str(message["refusal"])[:300])
    if first.get("finish_reason") == "content_filter":
        raise FinalFault("the model's answer was withheld", "content_filter")
    return Answer(
        str(message.get("content") or ""),
        count(usage.get("prompt_tokens")),
        count(usage.get("completion_tokens")),
        first.get("finish_reason") != "length",
    )


def _error(reply: Reply) -> dict[str, Any]:
    try:
        return mapping(mapping(reply.json()).get("error"))
    except FinalFault:
        return {}


def _said(reply: Reply) -> str:
    """What the server says of its refusal: {"error": {"message": ...}} or anything else."""
    found = _error(reply).get("message") or reply.body[:300].decode("utf-8", "replace")
    return " ".join(str(found).split())[:300]
