"""Settings of the services outside: each optional, each replaced by the built-in where it is absent or down.

Secrets never stand here: they come from the environment, from `.env` or from a file (`daemon/secret.py`).
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Group(BaseModel):
    """Settings refuse unknown names: a typing error must not pass for a setting."""

    model_config = ConfigDict(extra="forbid")


class ComfyUI(Group):
    """Servers that paint and animate; several are one pool."""

    urls: list[str] = Field(default_factory=list, description="ComfyUI servers, http://host:8188; empty: none")
    models: dict[str, str] = Field(
        default_factory=dict, description="model file that a workflow names -> the file to use in its place"
    )
    vram_mb: int = Field(
        default=4096, ge=0, description="graphics memory that must be free before a job's first run, in MiB; 0: any"
    )
    run_minutes: float = Field(default=30, gt=0, description="minutes that one run may take, once it runs")
    line_minutes: float = Field(default=120, gt=0, description="minutes that a run may wait in a server's queue")
    away: float = Field(default=120, gt=0, description="seconds that a server may be away in the middle of a run")
    patience: float = Field(
        default=300, ge=0, description="seconds that servers are waited for where the rule says `painter: comfyui`"
    )
    file_mb: int = Field(default=256, ge=1, description="largest file taken from a server, in MiB")


class Animator(Group):
    """A service that makes a clip of a still, over plain HTTP."""

    url: str = Field(default="", description="address of the animator, http://host:8328; empty: none")


class Writer(Group):
    """Language models that write prompts."""

    ollama: str = Field(default="", description="address of Ollama, http://host:11434; empty: none")


class Telegram(Group):
    """Approval with buttons. The token is TELEGRAM_BOT_TOKEN, the chat TELEGRAM_CHAT_ID."""

    approvers: dict[int, str] = Field(
        default_factory=dict, description="Telegram user id -> name; only they may press; empty: no Telegram"
    )
    topic: int = Field(default=0, ge=0, description="topic of a group that has topics; 0: none")
    messages: int = Field(default=20, ge=3, le=100, description="messages that the pictures of a song may take")
    film_mb: float = Field(default=48, ge=1, le=2000, description="largest film sent; of a larger one a copy is made")
    api: str = Field(default="https://api.telegram.org", description="another address for a Bot API server of your own")
