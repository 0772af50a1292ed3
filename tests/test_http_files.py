"""Files over the one HTTP door: what is fetched into a file, and what is sent as one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.backends.http import Http, Upload
from daemon.errors import FinalFault, PassingFault
from tests.test_notify import Peer


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


def quick() -> Http:
    return Http(attempts=3, sleep=lambda _seconds: None)


def test_a_download_lies_in_the_file_whole(peer: Peer, tmp_path: Path) -> None:
    body = bytes(range(256)) * 1000
    peer.answers = [(200, {"Content-Type": "image/png"}, body)]
    reply = quick().download(f"{peer.url}/view?filename=a.png", tmp_path / "a.png", 1 << 20)
    assert (tmp_path / "a.png").read_bytes() == body
    assert reply.body == b"" and reply.headers["Content-Type"] == "image/png"


def test_a_download_that_is_too_long_is_refused(peer: Peer, tmp_path: Path) -> None:
    peer.answers = [(200, {}, b"x" * 100_000)]
    with pytest.raises(FinalFault, match="too long"):
        quick().download(peer.url, tmp_path / "a", 70_000)


def test_a_download_of_a_busy_server_is_tried_again_and_an_error_page_never_lies_in_the_file(
    peer: Peer, tmp_path: Path
) -> None:
    peer.answers = [(503, {}, b"busy"), (200, {}, b"there")]
    quick().download(peer.url, tmp_path / "a", 1000)
    assert (tmp_path / "a").read_bytes() == b"there"
    peer.answers = [(500, {}, b"broken")] * 3
    with pytest.raises(PassingFault):
        quick().download(peer.url, tmp_path / "b", 1000)
    assert not (tmp_path / "b").exists()


def test_an_upload_is_a_form_with_the_file_and_its_fields(peer: Peer) -> None:
    sent = Upload("image", "dj.png", b"\x89PNG", {"overwrite": "true", "subfolder": "dropreel"}, "image/png")
    quick().send("POST", f"{peer.url}/upload/image", upload=sent)
    _, _, headers, body = peer.got[0]
    assert re.match("multipart/form-data; boundary=", headers["Content-Type"])
    assert b'name="image"; filename="dj.png"' in body and b"\x89PNG" in body and b'name="subfolder"' in body


def test_a_status_that_is_an_answer_is_no_fault(peer: Peer) -> None:
    peer.answers = [(400, {}, b'{"error": "no"}')]
    reply = quick().send("POST", peer.url, json={}, accept=(400,))
    assert reply.status == 400 and reply.json() == {"error": "no"}
    peer.answers = [(400, {}, b"no")]
    with pytest.raises(FinalFault):
        quick().send("POST", peer.url, json={})
