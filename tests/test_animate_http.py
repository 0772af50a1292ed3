"""An animator over plain HTTP: asked, looked after, fetched; whatever shape its answers have."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.backends import animator
from daemon.backends.animator import Away, Client, Failed, TooLong, Wish
from daemon.backends.http import Http
from daemon.outside import Animator as SetUp
from daemon.settings import Settings
from daemon.stages.animating import ladder, plain, who
from daemon.stages.sync import sync
from daemon.stages.tools import Tools
from tests.animating_help import black, job
from tests.clip_help import encoded, panned, still
from tests.test_notify import Peer

VALUES = {"prompt": "she dances", "negative": "text", "duration": 2.0, "seed": 7, "width": 832, "height": 480}
WISH = Wish(VALUES, b"\x89PNG still", "k1")
CLIP = b"\x00\x00\x00\x18ftypmp42 a clip"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


def said(told: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(told).encode()


def clip() -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "video/mp4"}, CLIP


def client(peer: Peer, clock: Callable[[], float] = lambda: 0.0, **set_up: Any) -> Client:
    http = Http(attempts=1, sleep=lambda _seconds: None)
    asked = SetUp(url=peer.url, **set_up)
    return Client(asked, http, secret="s3cret", clock=clock, sleep=lambda _seconds: None)


def make(peer: Peer, folder: Path, answers: list[Any], **set_up: Any) -> tuple[bytes, list[tuple[float, str]]]:
    peer.answers = answers
    told: list[tuple[float, str]] = []
    client(peer, **set_up).make(WISH, folder, folder / "out.mp4", lambda share, doing: told.append((share, doing)))
    return (folder / "out.mp4").read_bytes(), told


def paths(peer: Peer) -> list[str]:
    return [f"{each[0]} {each[1]}" for each in peer.got]


def test_a_clip_is_asked_for_looked_after_and_fetched(peer: Peer, tmp_path: Path) -> None:
    answers = [
        said({"task_id": "t1", "status": "queued"}),
        said({"status": "processing", "progress": 40}),
        said({"status": "completed", "video_url": "/files/t1.mp4"}),
        clip(),
    ]
    made, told = make(peer, tmp_path, answers)
    assert made == CLIP and told == [(0.4, "processing")]
    assert paths(peer) == ["POST /generate", "GET /status/t1", "GET /status/t1", "GET /files/t1.mp4"]
    _, _, headers, body = peer.got[0]
    sent = json.loads(body)
    assert sent["prompt"] == "she dances" and sent["negative_prompt"] == "text" and sent["duration"] == 2.0
    assert base64.b64decode(sent["start_image"]) == b"\x89PNG still"
    assert headers["Authorization"] == "Bearer s3cret" and headers["Idempotency-Key"] == "k1"


SHAPES: dict[str, list[Any]] = {
    "an id that is a number": [said({"id": 17}), said({"state": "SUCCESS", "output": "/out/17.mp4"}), clip()],
    "wrapped in data": [
        said({"code": 0, "data": {"job_id": "a b"}}),
        said({"status": "ok", "data": {"task_status": "running", "progress": "30%"}}),
        said({"status": "ok", "data": {"task_status": "succeeded", "videos": [{"url": "/v/1.mp4"}]}}),
        clip(),
    ],
    "its own address to look at": [
        said({"request_id": "r", "status_url": "/queue/r/status", "result_url": "/result/r"}, 202),
        said({"status": "IN_PROGRESS"}),
        said({"status": "COMPLETED", "result": {"video": {"url": "clips/r.webm"}}}),
        clip(),
    ],
    "no address of the clip at all": [said({"job_id": "j"}), said({"status": "done"}), clip()],
    "the clip at once": [clip()],
    "where it lies at once": [said({"success": True, "video_path": "/static/v.mp4"}), clip()],
    "no status word": [said({"uuid": "u"}), said({"progress": 0.5}), said({"files": ["/f/u.mp4"]}), clip()],
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_answers_are_understood_whatever_their_shape(peer: Peer, tmp_path: Path, shape: str) -> None:
    made, _ = make(peer, tmp_path, list(SHAPES[shape]))
    assert made == CLIP


def test_names_and_places_are_the_settings_own(peer: Peer, tmp_path: Path) -> None:
    fields = {"prompt": "text", "image": "file", "seed": "seed"}
    answers = [said({"id": "x"}), said({"status": "done"}), clip()]
    make(
        *(peer, tmp_path, answers),
        **{"generate": "/v2/i2v", "status": "/v2/tasks/{id}", "download": "v2/tasks/{id}/raw"},
        **{"fields": fields, "image": "upload"},
    )
    assert paths(peer) == ["POST /v2/i2v", "GET /v2/tasks/x", "GET /v2/tasks/x/raw"]
    body = peer.got[0][3]
    assert b'name="file"' in body and b'name="text"' in body and b"negative" not in body and b"duration" not in body


def test_a_crash_asks_for_nothing_twice(peer: Peer, tmp_path: Path) -> None:
    peer.answers = [said({"task_id": "t1"}), said({"status": "running"})]

    def crash(_share: float, _doing: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client(peer).make(WISH, tmp_path, tmp_path / "out.mp4", crash)
    peer.answers = [said({"status": "done", "video_url": "/v.mp4"}), clip()]
    again = client(peer)
    assert again.make(WISH, tmp_path, tmp_path / "out.mp4", lambda *_: None) is False
    assert sum(each[0] == "POST" for each in peer.got) == 1
    again.settled(tmp_path, "k1")
    assert not list(tmp_path.glob("asked-*"))


@pytest.mark.parametrize(
    ("answers", "fault", "why"),
    [
        ([said({"id": 1}), said({"status": "failed", "error": "CUDA out of memory"})], Failed, "out of memory"),
        ([said({"success": False, "message": "bad picture"})], Failed, "bad picture"),
        ([said({"detail": "no such field"}, 422)], Failed, "no such field"),
        ([said({"hello": "world"})], Away, "neither an id nor an address"),
        ([(200, {}, b"<html>welcome</html>")], Away, "doesn't answer as an animator"),
        ([said({}, 401)], Away, "refuses"),
        (
            [said({"id": 1}), said({"status": "done", "video_url": "http://elsewhere.example/v.mp4"})],
            Away,
            "another host",
        ),
        ([said({"id": 1}), said({"status": "done"}), said({}, 404)], Failed, "can't be fetched"),
    ],
)
def test_what_goes_wrong_is_told(peer: Peer, tmp_path: Path, answers: list[Any], fault: type, why: str) -> None:
    with pytest.raises(fault, match=f"(?i){why}"):
        make(peer, tmp_path, answers)


def test_a_clip_that_takes_too_long_is_given_up(peer: Peer, tmp_path: Path) -> None:
    clock = iter(range(0, 100_000, 400)).__next__
    peer.answers = [said({"id": 1}), *[said({"status": "running"})] * 8]
    with pytest.raises(TooLong):
        client(peer, lambda: float(clock()), minutes=20.0).make(WISH, tmp_path, tmp_path / "o", lambda *_: None)
    assert not list(tmp_path.glob("asked-*"))


def test_a_clip_larger_than_allowed_is_refused(peer: Peer, tmp_path: Path) -> None:
    answers = [said({"id": 1}), said({"status": "done", "video_url": "/v.mp4"}), (200, {}, b"x" * (2 << 20))]
    with pytest.raises(Failed, match="more than"):
        make(peer, tmp_path, answers, file_mb=1)


NAMES = ("id", "status", "data", "video_url", "url", "progress", "result", "error", "success", "files")
json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.text(max_size=12) | st.sampled_from(["done", "/v.mp4"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(NAMES), json_like))
def test_no_answer_breaks_the_reading(told: dict[str, Any]) -> None:
    assert 0.0 <= animator._share(told) <= 1.0
    assert isinstance(animator._finished(told), bool)
    one = Client(SetUp(url="http://127.0.0.1:9"))
    try:
        found = one._clip(told)
        one._unless_failed(told)
    except (Away, Failed):
        return
    assert found == "" or found.startswith("http://127.0.0.1:9/")


# --- in the film --------------------------------------------------------------------------------


def test_its_black_clips_never_reach_a_film(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    dark = encoded(tmp_path / "dark.mp4", black(panned(still(), 33))).read_bytes()
    peer.answers = [(200, {"Content-Type": "video/mp4"}, dark)] * 400
    settings = Settings(root=tmp_path, animator=SetUp(url=peer.url, sizes=["208x120"], seconds=3))
    made = sync(job(tmp_path, 5.0), Tools(settings))
    assert made.clips and not any(clip.file for clip in made.clips)
    tried = [each for each in made.clips[0].tries if not each.skipped]
    assert tried[0].fault == "black" and tried[0].rung == ladder.AS_ASKED
    skipped = {each.rung for each in made.clips[0].tries if each.skipped == plain._NOT_ITS}
    assert skipped == set(ladder.CHANGES[:-2]), "a plain service has no workflow to change"
    assert all(check.ok for check in made.checks)


def test_a_film_with_clips_takes_the_card_s_turn(tmp_path: Path) -> None:
    from daemon import stages

    none, http = Settings(root=tmp_path), Settings(root=tmp_path, animator=SetUp(url="http://h:1"))
    rule = {"animate": {"by": "auto", "budget_minutes": 60}}
    assert stages.resource("song", "sync", rule, http) == "gpu"
    assert stages.resource("song", "sync", rule, none) == "cpu"
    assert stages.resource("song", "sync", {"animate": {"by": "auto", "budget_minutes": 0}}, http) == "cpu"
    for by, expected in (("off", "cpu"), ("comfyui", "cpu"), ("http", "gpu")):
        assert stages.resource("song", "sync", {"animate": {"by": by, "budget_minutes": 60}}, http) == expected
    assert (
        stages.resource("song", "sync", {}, http) == "cpu"
        and stages.resource("song", "sync", {"animate": 3}, http) == "cpu"
    )


def test_who_makes_clips_follows_the_rule_and_the_settings(tmp_path: Path) -> None:
    from tests.film_help import rule

    both = Settings(root=tmp_path, animator=SetUp(url="http://h:1"), comfyui={"urls": ["http://c:2"]})  # type: ignore[arg-type]
    http = Settings(root=tmp_path, animator=SetUp(url="http://h:1"))
    told = rule()
    assert who.kind(told, both) == "comfyui" and who.kind(told, http) == "http"
    assert who.kind(told, Settings(root=tmp_path)) == ""
    told.animate.by = "http"
    found = who.animator(told, both)
    assert isinstance(found, plain.Plain) and found.grid.sizes[0] == (832, 480) and found.grid.most == 81
