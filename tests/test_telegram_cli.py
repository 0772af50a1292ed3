"""`dropreel telegram test` and the doctor's line about Telegram: each way in which it can be wrong has its sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon.commands.telegram import Trial, check
from daemon.errors import Fault, UsageError
from daemon.settings import Settings

from . import telegram_peer
from .coordinating import PEOPLE, coordinator, make_root
from .telegram_peer import ANNA, EVE, GROUP, TOKEN, Peer


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", str(GROUP))
    with telegram_peer.running() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, peer: Peer) -> Settings:
    made = make_root(tmp_path, PEOPLE)
    made.telegram.approvers, made.telegram.api = {ANNA: "Anna"}, peer.url
    return made


def trial(settings: Settings, happens: Callable[[], object], runs: bool = False, wait: float = 5) -> int:
    """Runs a trial; `happens` once it waits, and time passes by its waiting alone."""
    time = [0.0]

    def sleep(seconds: float) -> None:
        if time[0] == 0.0:
            happens()
        time[0] += seconds

    return Trial(settings, runs, wait, lambda: time[0], sleep).run()


def test_a_press_of_somebody_who_may_decide_ends_the_trial_well(
    settings: Settings, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trial(settings, lambda: peer.press(peer.in_chat()[0], "It works")) == 0
    said = capsys.readouterr().out
    assert "The bot is @dropreel_bot." in said
    assert "The chat is Films." in said
    assert "Anna pressed it: all is well." in said
    (photo,) = peer.in_chat(kind="photo")
    assert photo.caption == "It works: Anna pressed the button."
    assert not photo.buttons
    assert list(peer.answered.values()) == ["It works, Anna."]


def test_a_stranger_s_press_says_which_line_lets_them_in(
    settings: Settings, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trial(settings, lambda: peer.press(peer.in_chat()[0], "It works", EVE)) == 1
    said = capsys.readouterr()
    assert "Eve pressed it, who may not decide." in said.out
    assert f'telegram:\n  approvers:\n    {ANNA}: "Anna"\n    {EVE}: "Eve"\n' in said.out
    assert said.out.count("may not decide") == 1


def test_nobody_s_press_is_said_after_the_time_is_over(
    settings: Settings, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trial(settings, lambda: None) == 1
    assert "Nobody pressed it." in capsys.readouterr().err


def test_a_trial_confirms_no_word_that_is_meant_for_the_daemon(settings: Settings, peer: Peer) -> None:
    peer.say("03b darker", ANNA)
    before = list(peer.updates)
    trial(settings, lambda: peer.press(peer.in_chat()[0], "It works"))
    assert peer.updates[: len(before)] == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda peer, env: env("TELEGRAM_BOT_TOKEN", ""), "TELEGRAM_BOT_TOKEN is not set"),
        (lambda peer, env: env("TELEGRAM_BOT_TOKEN", "12345678-oops"), "is no token of a bot"),
        (lambda peer, env: env("TELEGRAM_BOT_TOKEN", TOKEN[:-2] + "zz"), "The token is wrong or was revoked"),
        (lambda peer, env: env("TELEGRAM_CHAT_ID", "@films"), "TELEGRAM_CHAT_ID is no number"),
        (lambda peer, env: env("TELEGRAM_CHAT_ID", "-77"), "There is no such chat for this bot"),
        (lambda peer, env: peer.kicked.add(GROUP), "@dropreel_bot is not in the group"),
        (lambda peer, env: peer.migrate(GROUP, -1001, told=False), "Set TELEGRAM_CHAT_ID to -1001"),
        (lambda peer, env: setattr(peer, "webhook", "https://example.org"), "The bot has a webhook"),
        (lambda peer, env: peer.close(), "can't be reached"),
    ],
)
def test_whatever_is_wrong_is_said_in_a_plain_sentence(
    settings: Settings,
    peer: Peer,
    monkeypatch: pytest.MonkeyPatch,
    wrong: Callable[[Peer, Callable[[str, str], None]], object],
    said: str,
) -> None:
    wrong(peer, monkeypatch.setenv)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    with pytest.raises(Fault) as caught:
        trial(settings, lambda: None)
    assert said in caught.value.sentence()
    assert TOKEN[:-2] not in caught.value.sentence()


def test_without_a_chat_it_tells_the_numbers_of_those_who_write(
    settings: Settings, peer: Peer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELEGRAM_CHAT_ID", "")
    settings.telegram.approvers = {}
    assert trial(settings, lambda: peer.say("/start", ANNA)) == 1
    assert f"Anna is user {ANNA}; the chat (Films) is {GROUP}." in capsys.readouterr().out


def test_where_the_daemon_runs_it_is_the_one_that_hears(
    settings: Settings, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    c = coordinator(settings, once=False)
    runs = threading.Thread(target=c.run, daemon=True)
    runs.start()
    done = threading.Event()

    def sleep(seconds: float) -> None:
        if photos := [message for message in peer.in_chat(kind="photo") if message.buttons and not peer.open]:
            peer.press(photos[0], "It works")
        done.wait(0.05)

    try:
        assert Trial(settings, True, 1e6, lambda: 0.0, sleep).run() == 0
    finally:
        c.stopping = True
        runs.join(10)
    assert "Anna pressed it" in capsys.readouterr().out
    assert "It works, Anna." in peer.answered.values()


@pytest.mark.parametrize(
    ("token", "chat", "approvers", "level", "said"),
    [
        ("", "", {}, "OK", "not needed"),
        (TOKEN, "", {ANNA: "Anna"}, "OK", "Anna may decide"),
        (TOKEN, "", {}, "WARN", "nobody may decide"),
        ("", "", {ANNA: "Anna"}, "WARN", "no TELEGRAM_BOT_TOKEN"),
        ("nonsense", "", {ANNA: "Anna"}, "FAIL", "no token of a bot"),
        (TOKEN, "", {ANNA: "Anna", EVE: "Eve"}, "FAIL", "no Telegram chat is set"),
    ],
)
def test_the_doctor_tells_how_far_it_is_set_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    chat: str,
    approvers: dict[int, str],
    level: str,
    said: str,
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", token)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", chat)
    settings = Settings(root=tmp_path)
    settings.telegram.approvers = approvers
    (finding,) = check(settings)
    assert (finding.level, said in finding.said) == (level, True)


def test_a_token_in_a_file_that_others_may_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    (tmp_path / ".env").write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\n")
    (tmp_path / ".env").chmod(0o644)
    with pytest.raises(UsageError, match="others"):
        Trial(Settings(root=tmp_path), False, 1)
    (tmp_path / ".env").chmod(0o600)
    assert Trial(Settings(root=tmp_path), False, 1).line.token == TOKEN
