"""The plug pulled while people decide on the phone: every press counts once, and the film comes all the same."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import sidecars
from daemon.queue import spool
from daemon.settings import Settings

from . import telegram_peer
from .coordinating import PEOPLE, coordinator, in_a_child, make_root
from .telegram_peer import ANNA, GROUP, TOKEN, Peer
from .toys import wav

_STRIDE = 7  # odd: announcements before a write and after it take turns
_WATCHED = ("state.json", "decisions.json", ".telegram.json", "delivery.json")


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", str(GROUP))
    with telegram_peer.running() as running:
        yield running


def kill_at(number: int) -> None:
    """This process kills itself at the n-th announcement of a write of what the chat depends on."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "dropreel.act" and Path(str(arguments[2])).name in _WATCHED:
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def life(base: Path, peer: Peer, kill: int = 0) -> int:
    """A life of the daemon, until nothing is left to do, or until it is killed."""

    def live() -> None:
        if kill:
            kill_at(kill)
        settings: Settings = make_root(base, PEOPLE)
        settings.telegram.approvers, settings.telegram.api = {ANNA: "Anna"}, peer.url
        c = coordinator(settings)
        c.telegram.errands.pace.gap = 0.0
        c.run()

    return in_a_child(live)


def test_a_press_survives_a_kill_at_writes_all_along_the_way(tmp_path: Path, peer: Peer) -> None:
    number, killed = 2, 0
    while True:
        base = tmp_path / str(number)
        settings = make_root(base, PEOPLE)
        wav(settings.inbox / "songs" / "a.wav")
        peer.messages.clear()
        assert life(base, peer) == 0
        head, grid = [message for message in peer.in_chat() if message.buttons]
        peer.press(grid, "❌ 01a")
        peer.press(head, "Approve all")
        ended = life(base, peer, number)
        if ended != 0:
            assert ended == -signal.SIGKILL
            killed += 1
            assert life(base, peer) == 0
        (job,) = spool.scan(settings.stages).jobs.values()
        assert job.stage == "done", f"act {number}"
        approval = job.need(sidecars.Approval)
        assert {slot: [one.id for one in ones] for slot, ones in approval.pictures.items()} == {
            "01": ["01b"],
            "02": ["02a", "02b"],
        }, f"act {number}"
        assert 1 <= len(peer.in_chat(kind="video")) <= 2, f"act {number}"
        assert not any(message.buttons for message in peer.in_chat()), f"act {number}"
        if ended == 0:
            break
        number += _STRIDE
    assert killed > 3
