"""Structured logging: to stderr for the journal, each line bound to job and stage; job.log beside the sidecars."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from daemon import redact

_MAX_LOG = 1 << 20


def configure(format: str = "console", level: str = "info") -> None:
    """Sets structlog up once a process. format: console or json."""
    renderer: Any
    if format == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=True)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            structlog.processors.format_exc_info,
            _secret,
            _ascii,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _secret(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keeps known secrets out, tracebacks included."""
    return {
        key: text if type(value) is int and (text := redact.text(str(value))) != str(value) else redact.value(value)
        for key, value in event.items()
    }


def _ascii(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keeps lines plain ASCII and whole: a name with a newline or an escape code can't forge one."""
    return {
        key: value.encode("unicode_escape", "backslashreplace").decode("ascii")
        if isinstance(value, str) and key != "exception"
        else value
        for key, value in event.items()
    }


def get(**bound: Any) -> structlog.typing.FilteringBoundLogger:
    """A logger with some facts bound to it."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(**bound)
    return logger


def note(folder: Path, line: str, at: str = "") -> None:
    """Adds a line to a job's own log. Lost without harm; bounded; never makes the folder."""
    path = folder / "job.log"
    plain = redact.text(line).encode("unicode_escape").decode("ascii")
    try:
        if path.exists() and path.stat().st_size > _MAX_LOG:
            return
        with open(path, "a", encoding="ascii") as out:
            out.write(f"{at} {plain}\n".lstrip())
    except OSError:
        return
