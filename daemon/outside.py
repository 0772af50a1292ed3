"""Settings of the services outside: each optional, each replaced by the built-in where it is absent or down.

Secrets never stand here: they come from the environment, from `.env` or from a file (`daemon/secret.py`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator


class Group(BaseModel):
    """Settings refuse unknown names: a typing error must not pass for a setting."""

    model_config = ConfigDict(extra="forbid")


class ComfyUI(Group):
    """Servers that paint and animate; several are one pool."""

    urls: list[str] = Field(default_factory=list, description="ComfyUI servers, http://host:8188; empty: none")
    workflow: str = Field(
        default="sdxl", description="the workflow that paints where a rule names none: a file in rules/workflows"
    )
    models: dict[str, str] = Field(
        default_factory=dict, description="model file that a workflow names -> the file to use in its place"
    )
    vram_mb: int = Field(
        default=4096, ge=0, description="graphics memory that must be free before a job's first run, in MiB; 0: any"
    )
    run_minutes: float = Field(default=30, gt=0, description="minutes that one run may take, once it runs")
    line_minutes: float = Field(default=60, gt=0, description="minutes that a run may wait in a server's queue")
    away: float = Field(default=120, gt=0, description="seconds that a server may be away in the middle of a run")
    patience: float = Field(
        default=300, ge=0, description="seconds that servers are waited for where the rule says `painter: comfyui`"
    )
    file_mb: int = Field(default=256, ge=1, description="largest file taken from a server, in MiB")

    @field_validator("urls")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for url in value:
            if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", url):
                raise ValueError(f"{url!r} is no address; such as http://gpu.lan:8188")
        return value


class Animator(Group):
    """A service that makes a clip of a still, over plain HTTP. Its key, where it wants one, is ANIMATOR_API_KEY."""

    url: str = Field(default="", description="address of the animator, http://host:8328; empty: none")
    generate: str = Field(default="/generate", description="where a clip is asked for")
    status: str = Field(
        default="/status/{id}", description="where it is asked how far a clip is, unless the answer says where"
    )
    download: str = Field(
        default="/download/{id}", description="where a finished clip lies, unless the answer says where"
    )
    fields: dict[str, str] = Field(
        default_factory=lambda: {
            "prompt": "prompt",
            "negative": "negative_prompt",
            "duration": "duration",
            "image": "start_image",
            "seed": "seed",
            "width": "width",
            "height": "height",
            "frames": "num_frames",
            "fps": "fps",
        },
        description="what -> the name that the service has for it; what is left out isn't sent",
    )
    image: Literal["base64", "data-url", "upload"] = Field(
        default="base64", description="how the still is sent: in the JSON, or as a file of a form"
    )
    sizes: list[str] = Field(
        default_factory=lambda: ["832x480", "480x832", "624x624"], description="sizes of clips; the nearest is taken"
    )
    fps: float = Field(default=16, gt=0, le=60, description="frames a second of its clips")
    seconds: float = Field(default=5, gt=0.5, le=60, description="the longest clip that it makes")
    minutes: float = Field(default=30, gt=0, description="minutes that one clip may take")
    poll: float = Field(default=3, gt=0, description="seconds between looks at a clip in the making")
    file_mb: int = Field(default=256, ge=1, description="largest clip taken, in MiB")


Service = Annotated[str, Field(pattern="^(ollama|openai|gemini)$")]
PerService = dict[Service, Annotated[int, Field(ge=0)]]


class Writer(Group):
    """Language models that write prompts. Keys: OPENAI_API_KEY; GEMINI_API_KEY or GOOGLE_API_KEY."""

    ollama: str = Field(default="", description="address of Ollama, http://host:11434; empty: none")
    ollama_model: str = Field(default="gemma3", description="model of Ollama, as `ollama list` names it")
    openai: str = Field(
        default="", description="address of a server that speaks OpenAI's protocol, http://host:8080/v1; empty: none"
    )
    openai_model: str = Field(default="", description="its model; empty: the one that it has")
    gemini: bool = Field(default=False, description="whether Gemini may be asked at all; a key alone is no leave")
    gemini_model: str = Field(default="gemini-flash-latest", description="model of Gemini")
    gemini_url: str = Field(default="https://generativelanguage.googleapis.com", description="address of Gemini")
    seconds: float = Field(default=300, gt=0, description="the longest that one answer may take")
    requests_a_day: PerService = Field(
        default_factory=lambda: {"gemini": 20}, description="service -> requests a day; 0: as many as needed"
    )
    requests_a_minute: PerService = Field(
        default_factory=lambda: {"gemini": 5}, description="service -> requests a minute; 0: as many as needed"
    )
    tokens_a_day: PerService = Field(
        default_factory=dict, description="service -> tokens a day, asked and answered; 0: as many as needed"
    )

    @field_validator("requests_a_day", "requests_a_minute")
    @classmethod
    def _and_the_others(cls, value: dict[str, int], info: ValidationInfo) -> dict[str, int]:
        """A service that isn't named keeps its default."""
        default = cls.model_fields[info.field_name or ""].get_default(call_default_factory=True)
        return {**default, **value}


class Telegram(Group):
    """Approval with buttons. The token is TELEGRAM_BOT_TOKEN, the chat TELEGRAM_CHAT_ID."""

    approvers: dict[int, str] = Field(
        default_factory=dict, description="Telegram user id -> name; only they may press; empty: no Telegram"
    )
    topic: int = Field(default=0, ge=0, description="topic of a group that has topics; 0: none")
    messages: int = Field(default=20, ge=3, le=100, description="messages that the pictures of a song may take")
    film_mb: float = Field(default=48, ge=1, le=2000, description="largest film sent; of a larger one a copy is made")
    api: str = Field(default="https://api.telegram.org", description="another address for a Bot API server of your own")
