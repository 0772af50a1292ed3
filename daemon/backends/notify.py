"""Notices: ntfy, a webhook, e-mail. Each optional; one that fails is told of, and never fails a job."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal

from daemon.backends import home
from daemon.backends.http import QUICK, Http, door
from daemon.errors import Fault
from daemon.names import shown
from daemon.settings import Notify, Settings

Kind = Literal["waiting", "ready", "failed", "reminder"]

_SMTP_SECONDS = 20.0
_LEFT_ALONE = 120.0  # a notice isn't repeated: a channel that came back should soon get the next one
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_NTFY = {  # tag (a picture beside the title), priority 1..5
    "waiting": ("framed_picture", 4),
    "ready": ("clapper", 3),
    "failed": ("warning", 4),
    "reminder": ("hourglass_flowing_sand", 3),
}
_LONGEST = 3500  # ntfy takes 4096 bytes


def notify(settings: Settings, kind: str, title: str, text: str, link: str = "", http: Http | None = None) -> list[str]:
    """Sends a notice over every channel that is set; returns what went wrong, a sentence a channel.

    kind: waiting, ready, failed or reminder; kinds that `notify.on` leaves out are not sent. link: a
    web address to open on a tap, or "". Never raises; a channel that is down costs some seconds, so
    call it off the coordinator's loop.
    """
    set_up = settings.notify
    if kind not in set_up.on:
        return []
    title, text = _line(title), shown_lines(text)[:_LONGEST]
    link = link if re.match(r"^https?://\S+$", link) else ""
    http = http or door(settings, attempts=3, seconds=45, longest=_LEFT_ALONE)
    channels: list[tuple[str, Callable[[], None]]] = []
    if set_up.ntfy:
        channels.append(("ntfy", lambda: _ntfy(http, set_up, kind, title, text, link)))
    if set_up.webhook:
        channels.append(("webhook", lambda: _webhook(http, set_up, kind, title, text, link)))
    if set_up.email_to:
        channels.append(("e-mail", lambda: _email(set_up, title, text, link, settings.privacy == "local")))
    problems = []
    for name, send in channels:
        try:
            send()
        except Fault as fault:
            problems.append(f"{name}: {fault.sentence()}")
        except (OSError, smtplib.SMTPException, ValueError) as error:
            problems.append(f"{name}: {_mail_problem(error)}")
    return problems


def _ntfy(http: Http, set_up: Notify, kind: str, title: str, text: str, link: str) -> None:
    """Publishes as JSON at the server's root: headers can't carry every title."""
    server, _, topic = set_up.ntfy.rstrip("/").rpartition("/")
    tag, priority = _NTFY[kind]
    message = {"topic": topic, "title": title, "message": text or title, "tags": [tag], "priority": priority}
    if link:
        message["click"] = link
    headers = {"Authorization": f"Bearer {set_up.ntfy_token}"} if set_up.ntfy_token else {}
    http.send("POST", server, QUICK, json=message, headers=headers)


def _webhook(http: Http, set_up: Notify, kind: str, title: str, text: str, link: str) -> None:
    """Posts JSON with an id of its own, so that a receiver can tell a second delivery."""
    ident = str(uuid.uuid4())
    body = {"app": "dropreel", "id": ident, "kind": kind, "title": title, "text": text, "link": link}
    http.send("POST", set_up.webhook, QUICK, json=body, headers={"Idempotency-Key": ident}, repeat=True)


def _email(set_up: Notify, title: str, text: str, link: str, local: bool = False) -> None:
    host, port = _host(set_up)
    mail = EmailMessage()
    mail["Subject"] = title
    mail["From"] = _line(set_up.email_from or set_up.email_to)
    mail["To"] = _line(set_up.email_to)
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = make_msgid("dropreel")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(part for part in (text, link) if part))
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if set_up.smtp_tls == "tls":
        kind = _HomeTls if local else smtplib.SMTP_SSL
        server = kind(host, port, timeout=_SMTP_SECONDS, context=context)
    else:
        server = (_Home if local else smtplib.SMTP)(host, port, timeout=_SMTP_SECONDS)
    with server:
        if set_up.smtp_tls == "starttls":
            server.starttls(context=context)
        if set_up.smtp_user:
            server.login(set_up.smtp_user, set_up.smtp_password)
        server.send_message(mail)


class _Home(smtplib.SMTP):
    """Under `privacy: local`: a mail server at home alone."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return home.connect(host, port, timeout)


class _HomeTls(smtplib.SMTP_SSL):
    """The same, encrypted from the start."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(home.connect(host, port, timeout), server_hostname=host)


def _host(set_up: Notify) -> tuple[str, int]:
    """Host and port of the mail server. Fault where none is set or the port is no number."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+)(?::(\d{1,5}))?", set_up.smtp.strip())
    if not found:
        raise Fault("no mail server is set", repr(set_up.smtp), "Set notify.smtp to host or host:port.")
    return found[1].strip("[]"), int(found[2] or _PORTS[set_up.smtp_tls])


def _mail_problem(error: Exception) -> str:
    """What a mail server's refusal comes to, in a sentence, without addresses or passwords."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server refuses the login. Look at notify.smtp_user and notify.smtp_password."
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "The mail server refuses the recipient. Look at notify.email_to."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server doesn't speak STARTTLS, or knows no login. Set notify.smtp_tls to tls or none."
    if isinstance(error, ssl.SSLError):
        how = error.reason or "TLS"
        return f"The mail server's encryption fails ({how}). Set notify.smtp_tls to tls, starttls or none."
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"The mail server can't be used: {' '.join(str(said).split())[:200]}. Look at notify.smtp."


def _line(text: str) -> str:
    """One line, safe in a header."""
    return shown(" ".join(text.split()))[:200]


def shown_lines(text: str) -> str:
    """Text whose lines stay lines, and whose odd bytes are shown."""
    return "\n".join(shown(line) for line in text.splitlines())
