"""Notices: what each channel gets, and that a broken one only warns."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from daemon.backends.http import Http, Limit, where
from daemon.backends.notify import notify
from daemon.errors import FinalFault, PassingFault
from daemon.settings import Settings


class Peer:
    """An HTTP server on 127.0.0.1 that answers as it is told; keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.stall = threading.Event()
        self.stalls = False
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                peer.got.append((self.command, self.path, dict(self.headers), body))
                if peer.stalls:
                    peer.stall.wait(20)
                    return
                status, headers, said = peer.answers.pop(0) if peer.answers else (200, {}, b"{}")
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.stall.set()
        self.server.shutdown()
        self.server.server_close()


class Mail:
    """A tiny SMTP peer on 127.0.0.1. refuse: a verb that it says 535 or 550 to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.verbs: list[str] = []
        self.refuse = ""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 peer\r\n")
                with contextlib.suppress(ConnectionError):
                    self._talk(connection, lines)

    def _talk(self, connection: socket.socket, lines: Any) -> None:
        for line in lines:
            verb = line[:4].decode("latin-1").upper().strip()
            self.verbs.append(verb)
            if verb == self.refuse:
                connection.sendall(b"550 5.7.1 no\r\n" if verb == "RCPT" else b"535 5.7.8 no\r\n")
            elif verb == "EHLO":
                connection.sendall(b"250-peer\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN\r\n")
            elif verb == "DATA":
                connection.sendall(b"354 go\r\n")
                data = b""
                for part in lines:
                    if part == b".\r\n":
                        break
                    data += part[1:] if part.startswith(b"..") else part
                self.mails.append(message_from_bytes(data, policy=policy.default))  # type: ignore[arg-type]
                connection.sendall(b"250 ok\r\n")
            elif verb == "AUTH":
                connection.sendall(b"235 ok\r\n")
            elif verb == "QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 ok\r\n")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def mail() -> Iterator[Mail]:
    made = Mail()
    yield made
    made.close()


def made(tmp_path: Path, **set_up: object) -> Settings:
    """Settings with these notices."""
    return Settings.model_validate({"root": tmp_path, "notify": set_up})


def quick(waits: list[float] | None = None) -> Http:
    """A client that waits for nothing, but says how long it would have."""
    return Http(attempts=3, sleep=(waits if waits is not None else []).append)


def test_without_channels_nothing_is_sent(tmp_path: Path) -> None:
    assert notify(made(tmp_path), "ready", "The film is ready", "in outbox/") == []


def test_ntfy_gets_title_text_and_link_whatever_the_letters(tmp_path: Path, peer: Peer) -> None:
    settings = made(tmp_path, ntfy=f"{peer.url}/my-topic", ntfy_token="secret")
    assert notify(settings, "waiting", "Größe 🎬\nNacht", "3 pictures\nwait", "https://x.example/a") == []
    ((_, path, headers, body),) = peer.got
    told = json.loads(body)
    assert path == "/"
    assert headers["Authorization"] == "Bearer secret"
    assert (told["topic"], told["title"], told["message"]) == ("my-topic", "Größe 🎬 Nacht", "3 pictures\nwait")
    assert told["click"] == "https://x.example/a"


def test_a_webhook_gets_json_with_an_id_that_stays_the_same_when_it_is_tried_again(tmp_path: Path, peer: Peer) -> None:
    peer.answers = [(500, {}, b"oops"), (200, {}, b"")]
    settings = made(tmp_path, webhook=f"{peer.url}/hook")
    assert notify(settings, "failed", "Failed", "why", http=quick()) == []
    first, second = (json.loads(body) for _, _, _, body in peer.got)
    assert first == second
    assert (first["app"], first["kind"], first["title"], first["text"]) == ("dropreel", "failed", "Failed", "why")


def test_an_e_mail_arrives_whole(tmp_path: Path, mail: Mail) -> None:
    settings = made(
        tmp_path,
        email_to="ann@example.org",
        email_from="film@example.org",
        smtp=mail.address,
        smtp_tls="none",
        smtp_user="u",
        smtp_password="p",
    )
    assert notify(settings, "ready", "Köln\r\nBcc: evil@example.org", "It lies in\n.\noutbox/Köln", "") == []
    (got,) = mail.mails
    assert got["Subject"] == "Köln Bcc: evil@example.org"
    assert (got["To"], got["Bcc"]) == ("ann@example.org", None)
    assert got.get_content().replace("\r\n", "\n").strip() == "It lies in\n.\noutbox/Köln"
    assert "AUTH" in mail.verbs


def test_kinds_that_are_left_out_are_not_sent(tmp_path: Path, peer: Peer) -> None:
    settings = made(tmp_path, webhook=peer.url, on=["failed"])
    notify(settings, "ready", "x", "y")
    assert peer.got == []


def test_a_broken_channel_warns_and_the_others_still_send(tmp_path: Path, peer: Peer, mail: Mail) -> None:
    mail.refuse = "RCPT"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = made(
        tmp_path,
        ntfy=f"http://127.0.0.1:{port}/very-secret-topic",
        webhook=f"{peer.url}/hook",
        email_to="ann@example.org",
        smtp=mail.address,
        smtp_tls="none",
    )
    first, second = notify(settings, "ready", "x", "y", http=quick())
    assert first.startswith(f"ntfy: 127.0.0.1:{port} can't be reached")
    assert "very-secret-topic" not in first
    assert second == "e-mail: The mail server refuses the recipient. Look at notify.email_to."
    assert len(peer.got) == 1


@pytest.mark.parametrize(
    ("set_up", "said"),
    [
        ({"smtp": ""}, "no mail server is set"),
        ({"smtp": "host:port"}, "no mail server is set"),
        ({"smtp": "MAIL", "smtp_tls": "starttls"}, "STARTTLS"),
        ({"smtp": "MAIL", "smtp_tls": "none", "smtp_user": "u"}, "refuses the login"),
        ({"smtp": "MAIL", "smtp_tls": "tls"}, "encryption fails"),
    ],
)
def test_a_wrong_mail_setting_is_told_with_its_cure(
    tmp_path: Path, mail: Mail, set_up: dict[str, str], said: str
) -> None:
    mail.refuse = "AUTH" if "login" in said else ""
    set_up = {key: value.replace("MAIL", mail.address) for key, value in set_up.items()}
    (problem,) = notify(made(tmp_path, email_to="a@example.org", **set_up), "ready", "x", "y")
    assert said.casefold() in problem.casefold()


# --- the one way of asking ------------------------------------------------------------------------


def test_a_get_is_tried_again_with_growing_waits_and_then_given_up(peer: Peer) -> None:
    peer.answers = [(502, {}, b"")] * 3
    waits: list[float] = []
    with pytest.raises(PassingFault, match="busy or broken"):
        quick(waits).send("GET", peer.url)
    assert len(peer.got) == 3
    assert waits[0] < waits[1]


def test_the_servers_own_wish_to_wait_is_kept_within_bounds(peer: Peer) -> None:
    peer.answers = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": "99999"}, b""), (200, {}, b"[1]")]
    waits: list[float] = []
    assert quick(waits).send("POST", peer.url, json={}).json() == [1]
    assert [round(one) for one in waits] == [7, 60]


def test_a_submission_that_may_have_been_accepted_is_not_sent_twice(peer: Peer) -> None:
    peer.answers = [(500, {}, b"")]
    with pytest.raises(PassingFault):
        quick().send("POST", peer.url, json={})
    assert len(peer.got) == 1


def test_a_refusal_is_final(peer: Peer) -> None:
    peer.answers = [(403, {}, b"no such token")]
    with pytest.raises(FinalFault, match="403: no such token"):
        quick().send("GET", peer.url)
    assert len(peer.got) == 1


def test_silence_ends_after_its_named_limit(peer: Peer) -> None:
    peer.stalls = True
    began = time.monotonic()
    with pytest.raises(PassingFault, match="doesn't answer"):
        quick().send("POST", peer.url, Limit(1, 0.1), json={})
    assert time.monotonic() - began < 10
    assert len(peer.got) == 1


def test_an_answer_without_end_is_cut_off(peer: Peer) -> None:
    peer.answers = [(200, {}, b"x" * 100_000)]
    with pytest.raises(FinalFault, match="too long"):
        quick().send("GET", peer.url, largest=1000)


def test_an_address_that_is_none_is_told_without_a_traceback() -> None:
    with pytest.raises(FinalFault, match="can't be asked"):
        quick().send("GET", "nonsense")


def test_a_post_is_never_turned_into_a_get_by_a_redirect(peer: Peer) -> None:
    peer.answers = [(302, {"Location": "/elsewhere"}, b"")]
    with pytest.raises(FinalFault):
        quick().send("POST", peer.url, json={})
    assert [(verb, path) for verb, path, _, _ in peer.got] == [("POST", "/")]


def test_a_fault_names_the_host_and_no_secret() -> None:
    assert where("https://user:pass@host.example:81/secret?token=1") == "host.example:81"
