"""The line to Telegram: listening, its troubles, its pace, what settings make of it. Time is given, none passes."""

from __future__ import annotations

import queue
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from daemon.backends import telegram as backend
from daemon.backends.http import Http
from daemon.backends.telegram import Bot, Busy, Line, Refused
from daemon.errors import Fault, FinalFault, PassingFault, UsageError
from daemon.events import Heard
from daemon.service.telegram_ear import Ear
from daemon.service.telegram_pace import Pace
from daemon.settings import Settings

from . import telegram_peer
from .telegram_peer import ANNA, GROUP, TOKEN, No, Peer

calm = hypothesis_settings(deadline=None)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with telegram_peer.running() as running:
        yield running


def bot(peer: Peer, token: str = TOKEN) -> Bot:
    return Bot(Line(token, GROUP, peer.url), Http(attempts=1))


class Listener:
    """An ear whose time is given, and what it said."""

    def __init__(self, faults: list[Fault | list[Any]]) -> None:
        self.now, self.waits, self.told = 0.0, [], []
        self.answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.offsets: list[int | None] = []
        self.faults = faults
        self.ear = Ear(self, self.put, 5, clock=lambda: self.now, pause=self.pause)  # type: ignore[arg-type]
        self.done: Callable[[Any], tuple[bool, str]] = lambda update: (True, "")

    line = Line(TOKEN, GROUP)
    waits: list[float]
    told: list[str]

    def updates(self, offset: int | None, wait: int) -> list[Any]:
        """The next of what is to come; then the ear is told to stop."""
        self.offsets.append(offset)
        if not self.faults:
            self.ear.stop()
            return []
        found = self.faults.pop(0)
        if isinstance(found, Fault):
            raise found
        return found

    def call(self, *_: Any, **__: Any) -> bool:
        return True

    def put(self, event: Heard) -> None:
        if event.update is None:
            self.told.append(event.trouble)
        elif event.answer is not None:
            event.answer(*self.done(event.update))

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def refusal(code: int, said: str) -> Refused:
    return Refused("Telegram refuses", f"{code} {said}", "", {"code": code, "said": said})


CONFLICT = refusal(409, "Conflict: terminated by other getUpdates request")


def test_a_conflict_that_passes_within_a_minute_is_told_to_nobody() -> None:
    listener = Listener([CONFLICT] * 4 + [[]])
    listener.ear.run()
    assert 5 <= min(listener.waits) <= sum(listener.waits) < 90
    assert listener.told == []


def test_a_conflict_that_stays_is_told_once_and_tried_for_ever() -> None:
    listener = Listener([CONFLICT] * 60 + [[]])
    listener.ear.run()
    assert len(listener.told) == 2
    assert "Conflict" in listener.told[0]
    assert listener.told[1] == ""
    assert max(listener.waits) <= 60
    assert len(listener.offsets) == 62


def test_a_revoked_token_is_told_at_once_and_tried_seldom() -> None:
    listener = Listener([refusal(401, "Unauthorized")] * 3)
    listener.ear.run()
    assert listener.waits == [300, 300, 300]
    assert len(listener.told) == 2


def test_an_address_that_must_not_be_asked_is_told_at_once() -> None:
    listener = Listener([FinalFault("api.telegram.org isn't asked: `privacy: local` holds", "", "", {"privacy": True})])
    listener.ear.run()
    assert listener.waits == [300]
    assert "privacy: local" in listener.told[0]


def test_an_ear_waits_as_long_as_it_is_asked_to() -> None:
    listener = Listener([Busy("Telegram is busy", "", "", {"after": 40.0}), PassingFault("down"), PassingFault("down")])
    listener.ear.run()
    assert listener.waits[0] == 40
    assert listener.waits[1:] == [2, 4]


def test_an_error_of_our_own_stops_no_ear_and_says_nothing_of_the_address() -> None:
    listener = Listener([[{"update_id": 9}]])
    listener.done = lambda update: 1 / 0  # type: ignore[assignment, return-value]
    listener.ear.run()
    assert listener.told[0] == "Telegram can't be listened to: ZeroDivisionError."


def test_an_update_is_asked_for_again_until_it_could_be_written_down() -> None:
    updates = [{"update_id": number} for number in (7, 8, 9)]
    listener = Listener([updates, updates[1:], []])
    seen: list[int] = []

    def done(update: Any) -> tuple[bool, str]:
        seen.append(update["update_id"])
        return seen.count(8) != 1 or update["update_id"] != 8, ""

    listener.done = done
    listener.ear.run()
    assert seen == [7, 8, 8, 9]
    assert listener.offsets == [5, 8, 10, 10]


def test_refusals_say_which_they_are(peer: Peer) -> None:
    peer.refuse["sendMessage"] = [
        No(429, "Too Many Requests: retry after 41", retry_after=41),
        No(502, "Bad Gateway"),
        No(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009),
        No(403, "Forbidden: bot was blocked by the user"),
    ]
    line = bot(peer)
    with pytest.raises(Busy) as busy:
        line.call("sendMessage", chat_id=GROUP, text="x")
    assert busy.value.after == 41
    with pytest.raises(Busy):
        line.call("sendMessage", chat_id=GROUP, text="x")
    with pytest.raises(Refused) as moved:
        line.call("sendMessage", chat_id=GROUP, text="x")
    assert moved.value.moved_to == -1009
    with pytest.raises(Refused, match="Unblock the bot"):
        line.call("sendMessage", chat_id=GROUP, text="x")


def test_no_fault_holds_the_token(peer: Peer) -> None:
    wrong = bot(peer, TOKEN[:-2] + "zz")
    with pytest.raises(Refused, match="token is wrong") as refused:
        wrong.call("getMe")
    peer.close()
    with pytest.raises(PassingFault) as down:
        bot(peer, TOKEN[:-2] + "zz").call("getMe")
    with pytest.raises(FinalFault) as nowhere:
        Bot(Line(TOKEN, GROUP, "nonsense://x"), Http(attempts=1)).call("getMe")
    for caught in (refused, down, nowhere):
        told = "".join(traceback.format_exception(caught.value))
        assert TOKEN[:-2] not in f"{caught.value!r} {caught.value.facts} {told}"
    assert TOKEN not in repr(Line(TOKEN, GROUP))


def settings(tmp_path: Path, **approvers: str) -> Settings:
    made = Settings(root=tmp_path)
    made.telegram.approvers = {int(user.removeprefix("u")): name for user, name in approvers.items()}
    return made


def test_a_single_approver_needs_no_chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_CHAT_ID", raising=False)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    line = backend.line(settings(tmp_path, u11="Anna"))
    assert line is not None
    assert line.chat == ANNA
    with pytest.raises(UsageError, match="No Telegram chat is set"):
        backend.line(settings(tmp_path, u11="Anna", u12="Ben"))
    monkeypatch.setenv("TELEGRAM_CHAT_ID", "@films")
    with pytest.raises(UsageError, match="is no number"):
        backend.line(settings(tmp_path, u11="Anna"))


def test_what_is_no_token_is_said_without_saying_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "hunter2-hunter2")
    with pytest.raises(UsageError, match="no token of a bot") as wrong:
        backend.line(settings(tmp_path, u11="Anna"))
    assert "hunter2" not in wrong.value.sentence()
    assert backend.line(settings(tmp_path)) is None


def sent_at(costs: list[int], group: bool) -> list[float]:
    """When each of some messages, or albums, goes out."""
    pace, now, found = Pace(), 0.0, []
    for cost in costs:
        now = max(now, pace.when(now, cost, group))
        assert pace.when(now, cost, group) <= now
        pace.spent(now, cost)
        found.append(now)
    return found


def test_a_chat_gets_a_message_a_second_and_an_album_counts_for_what_it_holds() -> None:
    assert sent_at([1, 4, 1], group=False) == pytest.approx([0, 1.05, 5.25])
    assert sent_at([1] * 60, group=False)[-1] < 63


@calm
@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
@example([1, *[2, 1] * 20])
def test_a_group_gets_at_most_twenty_messages_a_minute(costs: list[int]) -> None:
    times = sent_at(costs, group=True)
    each = [at for at, cost in zip(times, costs, strict=True) for _ in range(cost)]
    assert max([sum(start <= at < start + 60 for at in each) for start in each], default=0) <= 20


def test_edits_don_t_wait_for_a_group_s_minute() -> None:
    pace = Pace()
    for now in range(20):
        pace.spent(now * 1.05, 1)
    assert pace.when(21.0, 0, True) <= 21.0 < pace.when(21.0, 1, True)
