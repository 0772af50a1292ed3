"""What goes out over the HTTP door: in pieces, since a film takes longer than a connection may."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest

from daemon.backends.exchange import Outgoing
from daemon.backends.http import Http, Limit, Upload
from daemon.errors import PassingFault
from tests.test_notify import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.mark.parametrize("how", ["data", "json", "upload"])
def test_a_large_body_goes_out_in_pieces_so_that_each_has_a_time_limit_of_its_own(
    peer: Peer, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = b"x" * (3 << 20)
    bodies: dict[str, Any] = {"data": large, "json": {"a": large.decode()}, "upload": Upload("form", "film.mp4", large)}
    pieces: list[int] = []
    send = http.client.HTTPConnection.send

    def spied(self: http.client.HTTPConnection, data: Any) -> None:
        pieces.append(len(data))
        send(self, data)

    monkeypatch.setattr(http.client.HTTPConnection, "send", spied)
    Http(attempts=1, local=True).send("POST", peer.url, **{how: bodies[how]})
    assert max(pieces) <= 1 << 16, "sendall has one time limit for all that it is given"
    headers, body = peer.got[0][2], peer.got[0][3]
    assert large in body and int({key.lower(): value for key, value in headers.items()}["content-length"]) == len(body)


def test_a_body_that_is_taken_too_slowly_is_given_up() -> None:
    late = iter([False, True])
    body = Outgoing(b"0123456789", "telegram", lambda: next(late))
    assert body.read(4) == b"0123"
    with pytest.raises(PassingFault, match="too slowly"):
        body.read(4)


def test_a_request_that_is_tried_again_sends_its_whole_body_again(peer: Peer) -> None:
    peer.answers = [(503, {}, b""), (200, {}, b"{}")]
    Http(attempts=2, sleep=lambda _seconds: None, local=True).send("POST", peer.url, Limit(5, 5), data=b"whole")
    assert [body for _, _, _, body in peer.got] == [b"whole", b"whole"]
