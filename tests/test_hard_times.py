"""Services outside in hard times: started anew, changed for others, or saying what nobody can follow."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from daemon import settings as settings_of
from daemon import sidecars
from daemon.backends.animator import Away, Client, Wish
from daemon.backends.comfyui import Down, Pool, Server, Task, runs, workflow
from daemon.backends.comfyui import socket as listening
from daemon.backends.comfyui.replies import refusal
from daemon.backends.http import Http
from daemon.errors import FinalFault, UsageError
from daemon.job import JobFolder
from daemon.outside import Animator as SetUp
from daemon.outside import ComfyUI
from daemon.rules import Animate
from daemon.service import desks
from daemon.service.gates import Gates
from daemon.service.tracked import Tracked
from daemon.settings import Settings
from tests import telegram_peer
from tests.comfy_peer import ComfyPeer, Ending
from tests.telegram_peer import TOKEN
from tests.test_comfyui import GRAPH, _no_proxy, peers
from tests.test_notify import Peer
from tests.test_telegram import Room

__all__ = ["_no_proxy", "peers"]

DEEP = b"[" * 200_000


@pytest.fixture
def service() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", str(telegram_peer.GROUP))
    with telegram_peer.running() as peer:
        made = Room(tmp_path, peer)
        yield made
        made.end()


# --- the HTTP animator -------------------------------------------------------------------------------


def said(told: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(told).encode()


def animator(peer: Peer) -> Client:
    return Client(SetUp(url=peer.url), Http(attempts=1), secret="s3cret", sleep=lambda _seconds: None)


WISH = Wish({"prompt": "rain"}, b"png", "k1")


def test_a_clip_that_a_restarted_service_forgot_is_asked_for_once_more(service: Peer, tmp_path: Path) -> None:
    (tmp_path / "asked-k1.json").write_text(json.dumps({"id": "old"}))
    film = (200, {"Content-Type": "video/mp4"}, b"film")
    service.answers = [said({}, 404), said({"id": "new"}), said({"status": "done", "video_url": "/v.mp4"}), film]
    assert animator(service).make(WISH, tmp_path, tmp_path / "out.mp4", lambda *_: None) is True
    assert (tmp_path / "out.mp4").read_bytes() == b"film"
    assert [path for _, path, _, _ in service.got] == ["/status/old", "/generate", "/status/new", "/v.mp4"]


def test_a_wrong_status_address_is_told_and_asks_for_no_second_clip(service: Peer, tmp_path: Path) -> None:
    service.answers = [said({"id": "x"}), said({}, 404)]
    with pytest.raises(Away):
        animator(service).make(WISH, tmp_path, tmp_path / "out.mp4", lambda *_: None)
    assert len(service.got) == 2


def test_the_key_goes_to_no_other_port_of_the_host(service: Peer, tmp_path: Path) -> None:
    other = Peer()
    try:
        other.answers = [(200, {"Content-Type": "video/mp4"}, b"film")]
        service.answers = [said({"status": "done", "id": "1", "video_url": f"{other.url}/v.mp4"})]
        animator(service).make(WISH, tmp_path, tmp_path / "out.mp4", lambda *_: None)
        assert "s3cret" not in str(other.got) and "s3cret" in str(service.got)
    finally:
        other.close()


def test_a_service_that_answers_with_the_clip_itself_has_the_minutes_of_a_clip() -> None:
    limits = []

    class Door(Http):
        def send(self, method: str, url: str, limit: Any = None, **more: Any) -> Any:
            limits.append(limit)
            raise FinalFault("enough")

    with pytest.raises(Away), contextlib.suppress(FileNotFoundError):
        Client(SetUp(url="http://127.0.0.1:1", minutes=20), Door()).make(WISH, Path(), Path("out"), lambda *_: None)
    assert limits[0].read == limits[0].whole == 1200


# --- ComfyUI -----------------------------------------------------------------------------------------


def test_a_run_is_waited_for_on_the_server_that_has_it_though_another_is_idle(
    peers: Callable[..., ComfyPeer], tmp_path: Path
) -> None:
    first, second = peers(), peers()
    pool = Pool(
        ComfyUI(urls=[first.url, second.url]), http=lambda: Http(attempts=1), sleep=lambda _seconds: None, poll=0.01
    )
    task = Task(workflow.read(GRAPH, "test"), {"prompt": "rain", "seed": 5})
    pool.run(task, tmp_path, "begun")  # on the first; its record stands, as after a crash
    busy, go = threading.Event(), threading.Event()

    def hold() -> None:
        with pool._lease(task.workflow, tmp_path, "other", {}) as server:
            assert server.url == first.url
            busy.set()
            go.wait(20)

    held = threading.Thread(target=hold)
    held.start()
    assert busy.wait(20)
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(pool.run(task, tmp_path, "begun")[0]))
    waiting.start()
    go.set()
    held.join(20)
    waiting.join(20)
    assert found[0].found_again and found[0].server.url == first.url and not second.posted


def test_our_own_trouble_leaves_the_record_of_a_run_that_goes_on(
    peers: Callable[..., ComfyPeer], tmp_path: Path
) -> None:
    peer = peers()
    frame = {"type": "executing", "data": {"node": "3", "prompt_id": "ID"}}
    peer.endings = [Ending(frames=[frame], forever=True)]

    def full(_seen: Any) -> None:
        raise OSError(28, "No space left on device")

    runner = runs.Runner(tmp_path, runs.Patience(poll=0.01))
    with pytest.raises(OSError):
        runner.run(Server(peer.url, Http(attempts=1)), GRAPH, "key", full)
    assert runner.record("key") is not None and len(peer.posted) == 1
    peer.running[0].ending.forever = False
    assert runner.run(Server(peer.url, Http(attempts=1)), GRAPH, "key").found_again and len(peer.posted) == 1


def test_answers_that_are_nested_without_end_are_no_answers(service: Peer) -> None:
    assert "refuses" in refusal(DEEP, GRAPH, "gpu").sentence()
    service.answers = [(200, {}, DEEP), said({"devices": [{"type": "cuda", "vram_total": 1e999, "vram_free": 5}]})]
    server = Server(service.url, Http(attempts=1))
    with pytest.raises(FinalFault, match="as ComfyUI does"):
        server.stats()
    card = server.stats().card
    assert card is not None and card.total_mb == 0


def test_the_progress_socket_follows_no_redirection_to_another_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_server(("127.0.0.1", 0)) as there:
        there.setblocking(False)
        asked = threading.Event()

        def redirects() -> None:
            for _ in range(2):
                one, _address = here.accept()
                one.recv(4096)
                to = f"ws://127.0.0.1:{there.getsockname()[1]}/ws"
                one.sendall(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
                one.close()
            asked.set()

        threading.Thread(target=redirects, daemon=True).start()
        url = f"http://127.0.0.1:{here.getsockname()[1]}"
        with listening.Listener(url, "me", listening.Reader("p", GRAPH)):
            assert asked.wait(20), "it tries again, where it was told to"
        with pytest.raises(BlockingIOError):
            there.accept()


def test_a_film_waits_for_the_card_s_hours_only_where_clips_are_still_to_be_made(tmp_path: Path) -> None:
    settings = Settings.model_validate({"root": tmp_path, "comfyui": {"urls": ["http://gpu:8188"]}})
    gates = Gates(settings, now=lambda: datetime(2026, 3, 1, 12))
    folder = tmp_path / "stages" / "approved" / "20260301-120000-song-abcdef"
    folder.mkdir(parents=True)

    def held(**animate: Any) -> str:
        rule = {"pictures": {"gpu_hours": "22-7"}, "animate": {"by": "auto", "budget_minutes": 60.0, **animate}}
        about = sidecars.Job(id="abcdef", name=folder.name, kind="song", title="Song", inbox="songs", rule=rule)
        return gates.held(Tracked(JobFolder(folder), about, sidecars.State()))

    assert "22:00" in held()
    assert held(budget_minutes=0.0) == held(by="off") == held(by="http") == ""
    (folder / "choice-0123456789abcdef.json").write_text("[]")
    assert held() == "", "the stage itself waits where a clip is missing"


# --- Telegram ----------------------------------------------------------------------------------------


def test_a_word_that_can_never_be_followed_holds_up_no_other(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.drop()
    _, grid = room.shown()
    record = desks.record
    poison = [True]

    def breaks(*arguments: Any) -> None:
        if poison:
            poison.clear()
            raise ValueError("no such thing")
        record(*arguments)

    monkeypatch.setattr(desks, "record", breaks)
    query = room.peer.press(grid, "✅ 01a")
    room.peer.press(grid, "✅ 01b")
    room.until(lambda: room.verdicts() == {"01b": "ok"})
    assert "log says why" in room.peer.answered[query]


def test_another_bot_is_listened_to_from_its_own_first_word_on(room: Room) -> None:
    room.drop()
    _, grid = room.shown()
    room.peer.press(grid, "✅ 01a")
    room.until(lambda: room.verdicts() == {"01a": "ok"})
    room.end()
    kept = json.loads((room.settings.stages / ".telegram.json").read_text())
    assert kept["bot"] == TOKEN.partition(":")[0]
    # As if those had been the updates of another bot, whose numbers were far ahead.
    (room.settings.stages / ".telegram.json").write_text(json.dumps({**kept, "bot": "987", "offset": 10**9}))
    room.begin()
    room.peer.press(room.with_buttons()[1], "❌ 01a")
    room.until(lambda: room.verdicts() == {"01a": "no"})


def test_a_group_of_strangers_that_moves_moves_nothing_of_ours(room: Room) -> None:
    room.peer.chats[-5] = "group"
    room.peer.migrate(-5, -100999)
    room.settle()
    assert room.c.telegram.here == telegram_peer.GROUP and room.c.telegram.kept.moved == {}


def test_a_picture_that_is_gone_for_good_holds_up_no_buttons(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    from daemon.service import telegram_hand

    def gone(*_: Any) -> Any:
        raise FileNotFoundError(2, "No such file", "01a.png")

    monkeypatch.setattr(telegram_hand, "_photo", gone)
    room.drop()
    assert room.until(lambda: len(room.with_buttons()) >= 2)
    assert not room.peer.in_chat(kind="photo")


def test_a_film_on_which_the_server_hangs_up_is_told_of_after_three_tries(room: Room) -> None:
    from daemon.approvals.telegram import Due, Post
    from daemon.service.telegram_hand import Errand, carry_out

    (room.settings.root / "film.mp4").write_bytes(b"x" * (4 << 20))

    class Hangs:
        def upload(self, *_: Any, **__: Any) -> Any:
            return Http(attempts=1).send("POST", f"http://127.0.0.1:{port}/", data=b"x" * (8 << 20))

        line = room.c.telegram.line

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        post = Post("1.film", "video", "ready", file="film.mp4")
        errand = Errand("abc", Due("send", "1.film", post, "video"), room.settings.root, {}, "film.mp4")
        assert carry_out(Hangs(), errand).how == "unsure"  # type: ignore[arg-type]
    assert carry_out(Hangs(), errand).how == "down"  # type: ignore[arg-type]


def test_a_workflow_for_clips_is_a_name_and_no_path() -> None:
    with pytest.raises(ValidationError):
        Animate(workflow="../../etc/x")
    assert Animate(workflow="wan21-i2v-24gb").workflow


# --- settings ----------------------------------------------------------------------------------------


def test_a_password_of_digits_is_one_and_no_error_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPREEL_NOTIFY__SMTP_PASSWORD", "12345678")
    assert settings_of.load(tmp_path).notify.smtp_password == "12345678"
    monkeypatch.delenv("DROPREEL_NOTIFY__SMTP_PASSWORD")
    (tmp_path / "dropreel.yaml").write_text("notify:\n  smtp_password: 87654321\n")
    with pytest.raises(UsageError) as wrong:
        settings_of.load(tmp_path)
    assert "87654321" not in f"{wrong.value}{wrong.value.facts}" and "line 2" in str(wrong.value)


def test_a_login_that_stands_in_the_address_is_used(service: Peer) -> None:
    url = service.url.replace("http://", "http://me:word@")
    service.answers = [(302, {"Location": "/there"}, b""), (200, {}, b"{}")]
    Http(attempts=1).send("GET", f"{url}/here")
    seen = [
        {key.lower(): value for key, value in headers.items()}.get("authorization") for _, _, headers, _ in service.got
    ]
    assert seen == ["Basic bWU6d29yZA=="] * 2


def test_a_server_that_is_down_is_told_by_its_host_and_not_by_its_login() -> None:
    with pytest.raises(Down) as down:
        Server("http://me:w0rdw0rd@127.0.0.1:1", Http(attempts=1)).line()
    assert "w0rdw0rd" not in f"{down.value}{down.value.facts}"
