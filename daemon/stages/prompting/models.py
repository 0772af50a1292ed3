"""Which language models may write, in order: what the rule says, out of what is set up."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from daemon import secret
from daemon.backends import gemini, quota
from daemon.backends.chat import Model, Sound
from daemon.backends.gemini import Gemini
from daemon.backends.http import Http, door
from daemon.backends.ollama import Ollama
from daemon.backends.openai import OpenAI
from daemon.errors import UsageError
from daemon.job import JobFolder
from daemon.rules import Writing
from daemon.settings import Settings
from daemon.sidecars import Job

ORDER = ("ollama", "openai", "gemini")  # what is at home and costs nothing goes first


def counters(settings: Settings) -> quota.Quota:
    """The quota counters, with what the settings allow."""
    set_up = settings.writer
    allowances = {
        service: quota.Allowance(
            set_up.requests_a_day.get(service, 0),
            set_up.requests_a_minute.get(service, 0),
            set_up.tokens_a_day.get(service, 0),
        )
        for service in ORDER
    }
    return quota.Quota(settings.stages / quota.FILE, allowances)


def choose(
    writing: Writing, settings: Settings, counted: quota.Quota, http: Http | None = None
) -> tuple[list[Model], str]:
    """The models to be asked, one after the other until one answers; and why there is none where the rule wants one."""
    if writing.by == "templates":
        return [], ""
    wanted = ORDER if writing.by == "auto" else (writing.by,)
    http = http or door(settings, attempts=3, seconds=settings.writer.seconds)
    found: list[Model] = []
    why = ""
    for service in wanted:
        made = _model(service, settings, counted, http)
        if isinstance(made, str):
            why = made
        else:
            found.append(made)
    return found, "" if found or writing.by == "auto" else why


def _model(service: str, settings: Settings, counted: quota.Quota, http: Http) -> Model | str:
    """A model, or why there is none."""
    set_up = settings.writer
    if service == "ollama":
        if not set_up.ollama:
            return "no address of Ollama is set (writer.ollama)"
        return Ollama(http, set_up.ollama, set_up.ollama_model, set_up.seconds)
    try:
        if service == "openai":
            if not set_up.openai:
                return "no address of an OpenAI server is set (writer.openai)"
            key = secret.find(settings.root, "OPENAI_API_KEY")
            return OpenAI(http, set_up.openai, set_up.openai_model, key, set_up.seconds)
        if not set_up.gemini:
            return "Gemini isn't switched on (writer.gemini)"
        key = secret.find(settings.root, "GEMINI_API_KEY", "GOOGLE_API_KEY")
    except UsageError as fault:
        return fault.sentence()
    if not key:
        return "there is no GEMINI_API_KEY and no GOOGLE_API_KEY"
    return Gemini(
        *(http, set_up.gemini_url, set_up.gemini_model, key, set_up.seconds), day_over=lambda: counted.over("gemini")
    )


def sound(job: JobFolder, facts: Job) -> tuple[Sound | None, str]:
    """The dropped song as it may be sent; or None, and why it isn't."""
    path = job.file(facts.source().file)
    media = gemini.MEDIA.get(Path(path).suffix.lower(), "")
    if not media:
        return None, f"the song isn't sent: Gemini takes no {path.suffix or 'such file'}"
    try:
        seen = os.stat(path, follow_symlinks=False)
    except OSError as error:
        return None, f"the song isn't sent: {error.strerror}"
    if not stat.S_ISREG(seen.st_mode) or not 0 < seen.st_size <= gemini.LARGEST:
        return None, f"the song isn't sent: {seen.st_size >> 20} MiB, at most {gemini.LARGEST >> 20}"
    return Sound(path, media, seen.st_size), ""
