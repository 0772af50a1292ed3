"""Language model servers on 127.0.0.1 that answer as the real ones do, and refuse what those refuse.

Each takes a `brain`: facts of the question -> the text of the answer. `honest` writes what was asked for.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Brain = Callable[[dict[str, Any], int], str]
Response = tuple[int, dict[str, str], Any]
WORDS = ("leaning", "climbing", "turning", "waiting", "running", "falling", "kneeling", "dancing")


def honest(facts: dict[str, Any], turn: int) -> str:
    """What was asked for, as a good model writes it."""
    cast = [name for name in facts["world"]["cast"] if name != "all"]
    return json.dumps(
        {
            "sections": [
                {
                    "section": section["section"],
                    "setting": f"a flooded station under the river, rust on the tracks of line {section['section']}",
                    "shots": [
                        {
                            "slot": shot["slot"],
                            "who": cast[number % len(cast) : number % len(cast) + 1] if cast else [],
                            "action": f"{WORDS[number % 8]} over the edge of the platform with sparks in the air",
                        }
                        for number, shot in enumerate(section["shots"])
                    ],
                }
                for section in facts["sections"]
            ]
        }
    )


def facts_of(text: str) -> dict[str, Any]:
    """The facts in a question."""
    return json.JSONDecoder().raw_decode(text[text.index("{") :])[0]  # type: ignore[no-any-return]


class Server:
    """What the peers share: a server, what it got, and a turn's number."""

    def __init__(self, brain: Brain = honest) -> None:
        self.brain = brain
        self.got: list[tuple[str, str, dict[str, str], Any]] = []
        self.turns: list[list[str]] = []  # the texts of each conversation, question first
        self.instead: list[Response] = []  # answers given in place of the next real ones to a question
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    body = json.loads(data) if data else None
                except ValueError:
                    body = data
                peer.got.append((self.command, self.path, dict(self.headers), body))
                status, headers, said = peer.answer(self.command, self.path, self.headers, body)
                text = json.dumps(said).encode()
                self.send_response(status)
                for key, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_GET(self) -> None:
                self.do_POST()

            def do_DELETE(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Response:
        raise NotImplementedError

    def think(self, texts: list[str]) -> str:
        """The model's answer to a conversation."""
        self.turns.append(texts)
        return self.brain(facts_of(texts[0]), len(texts) // 2)


class OllamaPeer(Server):
    """0.12's /api/tags, /api/ps, /api/chat and /api/generate."""

    models = ("gemma3:latest", "llama3.2:3b")
    service = "ollama"
    loaded: tuple[str, ...] = ()

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Response:
        if path == "/api/tags":
            return 200, {}, {"models": [{"name": name, "model": name, "size": 3338801804} for name in self.models]}
        if path == "/api/ps":
            return 200, {}, {"models": [{"name": name, "model": name, "size_vram": 1} for name in self.loaded]}
        if path == "/api/generate" and body.get("keep_alive") == 0:
            return 200, {}, {"model": body["model"], "response": "", "done": True, "done_reason": "unload"}
        if path != "/api/chat":
            return 404, {}, {"error": "404 page not found"}
        if body["model"] not in self.models:
            return 404, {}, {"error": f"model '{body['model']}' not found"}
        roles = [message["role"] for message in body["messages"]]
        if body.get("stream", True) or not set(roles) <= {"system", "user", "assistant"}:
            return 400, {}, {"error": "invalid request"}
        if not isinstance(body.get("format"), dict) or "$ref" in json.dumps(body["format"]):
            return 400, {}, {"error": "invalid JSON schema in format"}
        if self.instead:
            return self.instead.pop(0)
        said = self.think([message["content"] for message in body["messages"] if message["role"] != "system"])
        return (
            200,
            {},
            {
                "model": body["model"],
                "created_at": "2026-11-21T12:00:00.000000Z",
                "message": {"role": "assistant", "content": said},
                "done": True,
                "done_reason": "stop",
                "total_duration": 5191566416,
                "prompt_eval_count": 826,
                "eval_count": 290,
            },
        )


class OpenAIPeer(Server):
    """/v1/models and /v1/chat/completions, with a key, strict about schemas."""

    key = "sk-of-the-peer"
    models = ("small-model",)
    service = "openai"
    formats = ("json_schema", "json_object", "")

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Response:
        if headers.get("Authorization") != f"Bearer {self.key}":
            said = f"Incorrect API key provided: {headers.get('Authorization', '')[7:]}."
            return 401, {}, {"error": {"message": said, "type": "invalid_request_error", "code": "invalid_api_key"}}
        if path == "/v1/models":
            return 200, {}, {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
        if path != "/v1/chat/completions" or body["model"] not in self.models:
            return 404, {}, {"error": {"message": "The model does not exist", "code": "model_not_found"}}
        wanted = body.get("response_format", {}).get("type", "")
        wrong = f"'response_format' of type '{wanted}' is not supported" if wanted not in self.formats else ""
        if wanted == "json_schema" and not wrong:
            wrong = _not_strict(body["response_format"]["json_schema"]["schema"])
        if wrong:
            return 400, {}, {"error": {"message": wrong, "type": "invalid_request_error", "param": "response_format"}}
        if self.instead:
            return self.instead.pop(0)
        said = self.think([message["content"] for message in body["messages"] if message["role"] != "system"])
        message = {"role": "assistant", "content": said, "refusal": None}
        return (
            200,
            {},
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 826, "completion_tokens": 290, "total_tokens": 1116},
            },
        )


def _not_strict(schema: Any) -> str:
    """What OpenAI's strict mode has against a schema."""
    if not isinstance(schema, dict):
        return ""
    if unknown := set(schema) - {
        *("type", "properties", "required", "items", "enum", "description", "additionalProperties", "$defs", "$ref")
    }:
        return f"Invalid schema for response_format: {unknown} is not permitted."
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return (
                "Invalid schema for response_format: 'additionalProperties' is required to be supplied and to be false."
            )
        if sorted(schema.get("required", [])) != sorted(schema["properties"]):
            return "Invalid schema for response_format: 'required' must include every key in properties."
    inner = [*schema.get("properties", {}).values(), schema.get("items")]
    return next((said for part in inner if (said := _not_strict(part))), "")


class GeminiPeer(Server):
    """v1beta: models, generateContent and files, with a key."""

    key = "AIza-of-the-peer"
    model = "gemini-flash-latest"
    service = "gemini"
    processing = 2  # looks until an uploaded file is ready

    def __init__(self, brain: Brain = honest) -> None:
        super().__init__(brain)
        self.files: dict[str, bytes] = {}
        self.heard: list[bytes] = []

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Response:
        if headers.get("x-goog-api-key") != self.key:
            said = "API key not valid. Please pass a valid API key."
            return 400, {}, {"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT", "details": []}}
        if path == "/upload/v1beta/files" and headers.get("X-Goog-Upload-Command") == "start":
            return 200, {"X-Goog-Upload-URL": f"{self.url}/upload/v1beta/files?upload_id=1"}, {}
        if path.startswith("/upload/v1beta/files?upload_id="):
            if headers.get("X-Goog-Upload-Command") != "upload, finalize" or headers.get("X-Goog-Upload-Offset") != "0":
                return 400, {}, {"error": {"code": 400, "message": "Bad upload"}}
            self.files["files/abc-123"] = body
            return 200, {}, {"file": {"name": "files/abc-123", "state": "PROCESSING"}}
        if path == "/v1beta/files/abc-123":
            if method == "DELETE":
                del self.files["files/abc-123"]
                return 200, {}, {}
            self.processing -= 1
            state = "ACTIVE" if self.processing <= 0 else "PROCESSING"
            return 200, {}, {"name": "files/abc-123", "uri": f"{self.url}/v1beta/files/abc-123", "state": state}
        if not path.startswith(f"/v1beta/models/{self.model}"):
            said = f"models/{path.rpartition('/')[2]} is not found for API version v1beta"
            return 404, {}, {"error": {"code": 404, "message": said, "status": "NOT_FOUND"}}
        if method == "GET":
            return 200, {}, {"name": f"models/{self.model}", "displayName": "Gemini"}
        wrong = _not_openapi(body["generationConfig"]["responseSchema"])
        if [turn["role"] for turn in body["contents"]] != (["user", "model"] * 9)[: len(body["contents"])]:
            wrong = "Please ensure that multiturn requests alternate between user and model."
        if wrong:
            return 400, {}, {"error": {"code": 400, "message": wrong, "status": "INVALID_ARGUMENT"}}
        if self.instead:
            return self.instead.pop(0)
        for part in body["contents"][0]["parts"]:
            if "inlineData" in part:
                self.heard.append(base64.b64decode(part["inlineData"]["data"]))
            elif "fileData" in part:
                self.heard.append(self.files[part["fileData"]["fileUri"].partition("/v1beta/")[2]])
        texts = ["".join(part.get("text", "") for part in turn["parts"]) for turn in body["contents"]]
        content = {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": self.think(texts)}]}
        return (
            200,
            {},
            {
                "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
                "usageMetadata": {"promptTokenCount": 826, "candidatesTokenCount": 200, "thoughtsTokenCount": 90},
                "modelVersion": "gemini-3.8-flash",
            },
        )


def _not_openapi(schema: Any) -> str:
    """What Gemini has against a response schema."""
    if not isinstance(schema, dict):
        return ""
    known = {
        "type",
        "properties",
        "required",
        "items",
        "enum",
        "description",
        "propertyOrdering",
        "minItems",
        "maxItems",
    }
    if unknown := sorted(set(schema) - known):
        return f"Invalid JSON payload received. Unknown name \"{unknown[0]}\" at 'generation_config.response_schema'"
    if schema.get("type") not in ("OBJECT", "ARRAY", "STRING", "INTEGER", "NUMBER", "BOOLEAN"):
        return "response_schema.type: unknown"
    inner = [*schema.get("properties", {}).values(), schema.get("items")]
    return next((said for part in inner if (said := _not_openapi(part))), "")
