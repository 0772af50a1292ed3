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
