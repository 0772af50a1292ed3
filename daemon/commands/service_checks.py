"""What `dropreel doctor` says of services outside: whether they answer, which would leave the house, who may write."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from daemon import secret
from daemon.backends import breaker, home, quota
from daemon.backends.chat import Model
from daemon.backends.http import door
from daemon.commands.folder_checks import Finding
from daemon.errors import Fault, UsageError
from daemon.rules import Writing
from daemon.settings import Settings

_SECONDS = 3.0
_MAIL = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True)
class Service:
    """A service that is set. setting: its name in the settings; key: as the breaker knows it."""

    name: str
    setting: str
    host: str
    port: int
    key: str = ""


def configured(settings: Settings) -> list[Service]:
    """Every service that is set, with host and port."""
    notify, writer = settings.notify, settings.writer
    urls = [
        ("ntfy", "notify.ntfy", notify.ntfy),
        ("webhook", "notify.webhook", notify.webhook),
        *(("comfyui", "comfyui.urls", url) for url in settings.comfyui.urls),
        ("animator", "animator.url", settings.animator.url),
        ("ollama", "writer.ollama", writer.ollama),
        ("openai", "writer.openai", writer.openai),
        ("gemini", "writer.gemini", writer.gemini_url if writer.gemini else ""),
        ("telegram", "telegram.approvers", settings.telegram.api if settings.telegram.approvers else ""),
    ]
    if notify.smtp and notify.email_to:
        urls.append(("smtp", "notify.smtp", f"//{notify.smtp}"))
    found = []
    for name, setting, url in urls:
        parts = urlsplit(url)
        usual = _MAIL[notify.smtp_tls] if name == "smtp" else 80 if parts.scheme == "http" else 443
        try:
            if parts.hostname:
                key = parts.netloc.rpartition("@")[2]
                found.append(Service(name, setting, parts.hostname, parts.port or usual, key))
        except ValueError:  # a port that is no number
            found.append(Service(name, setting, parts.hostname or url, 0))
    return found


def services(settings: Settings) -> Iterator[Finding]:
    """The services that are set: whether something answers there. Nothing is sent."""
    left_alone = breaker.Breaker(settings.stages / breaker.FILE)
    for one in configured(settings):
        where = f"{one.host}:{one.port}"
        try:
            address = home.homely(one.host, one.port)[0] if settings.privacy == "local" else one.host
            socket.create_connection((address, one.port), timeout=_SECONDS).close()
        except Fault as fault:
            yield Finding("WARN", one.name, f"{fault.what}: {fault.why}", fault.remedy)
        except (OSError, OverflowError) as error:
            said = f"{where} doesn't answer ({getattr(error, 'strerror', None) or error})"
            yield Finding("WARN", one.name, said, f"Look at {one.setting}; films are made all the same.")
        else:
            left_alone.good(one.key)  # somebody asked, and it is there: the next job asks it too
            yield Finding("OK", one.name, f"{where} answers")
    if not configured(settings):
        yield Finding("OK", "services", "none set, none needed")


def privacy(settings: Settings) -> Iterator[Finding]:
    """What leaves the house, service by service, or would."""
    outside: list[str] = []
    inside: list[str] = []
    unknown: list[str] = []
    for one in configured(settings):
        said = f"{one.name} ({one.host})"
        try:
            at_home = any(home.is_home(address) for address in home.addresses(one.host, one.port))
        except (OSError, OverflowError, UnicodeError):
            unknown.append(said)
            continue
        (inside if at_home else outside).append(said)
    lists = [
        ("leaves the house: " if settings.privacy == "open" else "would leave the house, and isn't asked: ", outside),
        ("stays at home: ", inside),
        ("unknown: ", unknown),
    ]
    told = "; ".join(head + ", ".join(names) for head, names in lists if names)
    if settings.privacy == "local" and outside:
        remedy = (
            f"Take {', '.join(name.partition(' ')[0] for name in outside)} out of the settings, or set privacy: open."
        )
        yield Finding("WARN", "privacy", f"local; {told}", remedy)
    else:
        yield Finding("OK", "privacy", f"{settings.privacy}; {told or 'nothing leaves the house'}")


def writers(settings: Settings) -> Iterator[Finding]:
    """Which language models would write, whether they have the model, and what is left of their quota."""
    from daemon.stages.prompting import models

    try:
        secret.find(settings.root, "GEMINI_API_KEY", "GOOGLE_API_KEY")
    except UsageError as fault:
        yield Finding("FAIL", "writer", fault.what, fault.remedy)
        return
    counted = models.counters(settings)
    http = door(settings, attempts=1, seconds=10, patient=True)
    found: list[Model] = models.choose(Writing(), settings, counted, http)[0]
    today = {service: quota.today(settings.stages / quota.FILE, service) for service in models.ORDER}
    for model in found:
        try:
            label = model.label()
        except Fault as fault:
            yield Finding("WARN", "writer", fault.what + (f": {fault.why}" if fault.why else ""), fault.remedy)
            continue
        most = settings.writer.requests_a_day.get(model.service, 0)
        asked = today[model.service]["requests"]
        yield Finding("OK", "writer", f"{label}, {asked} requests today" + (f" of {most}" if most else ""))
    if not found:
        yield Finding("OK", "writer", "the built-in templates; no language model is set, none is needed")
