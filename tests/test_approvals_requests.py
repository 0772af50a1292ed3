"""Requests: what the command line asks, and the answer that it gets."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from daemon.approvals import requests
from daemon.errors import UsageError
from daemon.settings import Settings


@pytest.fixture
def root(tmp_path: Path) -> Settings:
    found = Settings(root=tmp_path)
    found.requests.mkdir()
    return found


def test_a_request_is_taken_with_everything_it_was_left_with(root: Settings) -> None:
    name = requests.leave(root, "redo", "20260101-120000-song-a1b2c3", {"picture": "03b", "note": "dunkler ü"}, "ann")
    (taken,) = requests.take(root)
    assert (taken.name, taken.verb, taken.job, taken.by) == (name, "redo", "20260101-120000-song-a1b2c3", "ann")
    assert taken.arguments == {"picture": "03b", "note": "dunkler ü"}


def test_a_request_stays_until_it_is_answered(root: Settings) -> None:
    name = requests.leave(root, "reload")
    assert requests.take(root) == requests.take(root)
    requests.answer(root, name, True, "Read again.")
    assert requests.take(root) == []


def test_requests_are_taken_in_the_order_in_which_they_were_left(root: Settings) -> None:
    names = [requests.leave(root, "bump", str(number)) for number in range(5)]
    assert [request.name for request in requests.take(root)] == names


def test_who_asks_gets_the_answer_once(root: Settings) -> None:
    name = requests.leave(root, "approve", "x")
    requests.answer(root, name, False, "There is no job x.")
    assert requests.wait(root, name, 0) == (False, "There is no job x.")
    assert os.listdir(root.requests) == []


def test_waiting_ends_when_the_time_is_over(root: Settings) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    assert requests.wait(root, "nothing", 3.0, lambda: now[0], sleep) is None
    assert now[0] == pytest.approx(3.0)


def test_an_answer_that_comes_while_waiting_ends_the_wait(root: Settings) -> None:
    name = requests.leave(root, "cancel", "x")

    def sleep(_: float) -> None:
        requests.answer(root, name, True, "Cancelled.")

    assert requests.wait(root, name, 3.0, lambda: 0.0, sleep) == (True, "Cancelled.")


def test_a_crash_between_answer_and_removal_carries_nothing_out_twice(root: Settings) -> None:
    name = requests.leave(root, "redo", "x")
    request = (root.requests / f"{name}.json").read_bytes()
    requests.answer(root, name, True, "Done.")
    (root.requests / f"{name}.json").write_bytes(request)
    assert requests.take(root) == []
    assert not (root.requests / f"{name}.json").exists()


def test_an_unknown_verb_is_refused_before_it_is_left(root: Settings) -> None:
    with pytest.raises(UsageError, match="no request 'explode'"):
        requests.leave(root, "explode")
    assert os.listdir(root.requests) == []


def test_a_root_that_was_never_made_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="dropreel init"):
        requests.leave(Settings(root=tmp_path), "reload")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"verb": "explode"}', b'{"verb": 3}', b'{"verb":"redo","extra":1}', b"\xff\xfe", b"x" * 70000],
)
def test_what_is_no_request_is_put_aside(root: Settings, content: bytes) -> None:
    (root.requests / "1-x.json").write_bytes(content)
    good = requests.leave(root, "reload")
    assert [request.name for request in requests.take(root)] == [good]
    assert (root.requests / "1-x.json.bad").exists()


def test_links_pipes_and_folders_are_no_requests(root: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text('{"verb": "stop"}')
    (root.requests / "1-link.json").symlink_to(tmp_path / "elsewhere.json")
    os.mkfifo(root.requests / "2-pipe.json")
    (root.requests / "3-folder.json").mkdir()
    assert requests.take(root) == []
    assert sorted(os.listdir(root.requests)) == ["1-link.json.bad", "2-pipe.json.bad", "3-folder.json.bad"]
    assert (tmp_path / "elsewhere.json").exists()


def test_answers_that_nobody_fetched_are_swept(root: Settings) -> None:
    name = requests.leave(root, "reload")
    requests.answer(root, name, True, "Read again.")
    now = (root.requests / f"{name}.answer.json").stat().st_mtime
    requests.take(root, now + 3000)
    assert len(os.listdir(root.requests)) == 1
    requests.take(root, now + 4000)
    assert os.listdir(root.requests) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["verb", "job", "arguments", "by"]), inner),
        max_leaves=6,
    )
)
@hypothesis_settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_whatever_upsets_the_taker(root: Settings, value: object) -> None:
    (root.requests / "1-x.json").write_text(json.dumps(value))
    for request in requests.take(root):
        assert request.verb in requests.VERBS
