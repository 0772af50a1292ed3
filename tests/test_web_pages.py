"""The status pages: what they show, that any name is safe on them, and when they are written."""

from __future__ import annotations

import os
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from daemon.settings import Settings
from daemon.web import pages

EVIL = "<script>alert('x')</script>\" onload=\"x &amp; \udcff\n\u202e"


def job(**facts: Any) -> dict[str, Any]:
    """A job of a snapshot."""
    return {
        "id": "a1b2c3",
        "title": "My Song",
        "inbox": "songs/cartoon",
        "stage": "queued",
        "running": False,
        "fraction": 0.0,
        "pictures": {"slots": 0, "decided": 0, "desk": ""},
        "sections": [],
        "trouble": None,
        **facts,
    }


def snapshot(*jobs: dict[str, Any], waiting: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A snapshot of some jobs."""
    return {
        "at": "2026-01-01T12:00:00+01:00",
        "jobs": list(jobs),
        "inboxes": [{"inbox": "songs/cartoon", "how": "inotify", "absent": "", "waiting": waiting or []}],
        "problems": [],
    }


class Text(HTMLParser):
    """What a reader sees, and every tag that a browser would find."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._hidden = tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", self.text)


def test_a_page_says_what_is_wanted_of_the_reader_and_where() -> None:
    asks = job(stage="rendered", pictures={"slots": 7, "decided": 3, "desk": "review/My Song [a1b2c3]"})
    seen = Text(pages.status_page(snapshot(asks), "songs/cartoon"))
    assert "4 of 7 pictures need your word" in seen.words
    assert "review/My Song [a1b2c3]" in seen.words


def test_the_page_in_review_links_to_the_desk() -> None:
    asks = job(stage="rendered", pictures={"slots": 1, "decided": 0, "desk": "review/50% & more [a1b2c3]"})
    seen = Text(pages.status_page(snapshot(asks), "review"))
    assert "1 of 1 picture needs your word" in seen.words
    assert ("href", "50%25%20%26%20more%20%5Ba1b2c3%5D/") in seen.attributes


def test_a_job_under_way_shows_stage_progress_estimate_tempo_and_sections() -> None:
    sections = [
        {"start": 0, "end": 30, "role": "intro", "label": "A", "energy": 0.2},
        {"start": 30, "end": 60, "role": "drop", "label": "B", "energy": 1.0},
    ]
    runs = job(
        stage="approved",
        running=True,
        fraction=0.63,
        doing="encoding",
        left=140,
        tempo=128.0,
        key="A minor",
        duration=60,
        sections=sections,
    )
    page = pages.status_page(snapshot(runs), "songs/cartoon")
    seen = Text(page)
    assert "Encoding" in seen.words
    assert "63 %, about 2 min left" in seen.words
    assert "1:00128 BPMA minor" in seen.words.replace(" 1:00", "1:00")
    assert page.count('class="r-drop" style="flex:50.0 1 0;height:100%"') == 1
    assert ("content", "5") in seen.attributes


def test_a_held_job_and_a_failed_one_say_why_and_what_to_do() -> None:
    held = job(stage="prompted", held="less than 2 GiB are free")
    failed = job(stage="failed", trouble={"what": "it can't be decoded", "why": "no audio", "remedy": "Drop a WAV."})
    words = Text(pages.status_page(snapshot(held, failed), "songs/cartoon")).words
    assert "Less than 2 GiB are free" in words
    assert "It can't be decoded no audioDrop a WAV." in words


def test_a_file_that_waits_is_there_with_its_reason() -> None:
    waiting = [{"name": "mix.wav", "reason": "still growing", "age": 3}]
    assert "mix.wavstill growing" in Text(pages.status_page(snapshot(waiting=waiting), "songs/cartoon")).words
    assert "cartoon/mix.wavstill growing" in Text(pages.status_page(snapshot(waiting=waiting), "songs")).words
    assert "mix.wav" not in Text(pages.status_page(snapshot(waiting=waiting), "songs/deity")).words


def test_an_inbox_shows_its_own_jobs_and_those_of_its_folders() -> None:
    mine, other = job(title="Mine"), job(title="Other", inbox="songs/deity")
    words = Text(pages.status_page(snapshot(mine, other), "songs/cartoon")).words
    assert "Mine" in words
    assert "Other" not in words
    assert "Other" in Text(pages.status_page(snapshot(mine, other), "songs")).words


def test_an_empty_inbox_says_what_it_is_for() -> None:
    assert "Drop a song here" in Text(pages.status_page(snapshot(), "songs/cartoon")).words


def test_no_name_whatever_becomes_markup() -> None:
    wild = job(
        stage="rendered",
        title=EVIL,
        key=EVIL,
        waits_for=EVIL,
        pictures={"slots": 2, "decided": 0, "desk": f"review/{EVIL}"},
        sections=[{"start": 0, "end": 9, "role": EVIL, "label": EVIL, "energy": 0.4}],
    )
    other = job(stage="failed", title=EVIL, trouble={"what": EVIL, "why": EVIL, "remedy": EVIL})
    calm = Text(pages.status_page(snapshot(job(stage="rendered"), other | {"title": "x"}), "review"))
    for area in ("review", "songs/cartoon"):
        page = pages.status_page(snapshot(wild, other, waiting=[{"name": EVIL, "reason": EVIL}]), area)
        seen = Text(page)
        page.encode("utf-8")
        assert seen.tags.count("script") == calm.tags.count("script") == 1
        assert "onload" not in dict(seen.attributes)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from(["title", "fraction", "left", "tempo", "key", "held", "doing", "film", "scores", "id", "duration"]),
)
@hypothesis_settings(deadline=None, max_examples=60)
def test_an_odd_fact_never_breaks_the_page(value: object, key: str) -> None:
    runs = job(running=True) | {key: value}
    assert "</html>" in pages.status_page(snapshot(runs), "songs/cartoon")


def test_a_thousand_jobs_stay_a_page() -> None:
    page = pages.status_page(snapshot(*[job(title=f"Song {n}") for n in range(1000)]), "songs/cartoon")
    assert "and 940 more" in page
    assert len(page) < 300_000


@pytest.fixture
def root(tmp_path: Path) -> Settings:
    found = Settings.model_validate({"root": tmp_path, "share": {"file_mode": "0640"}})
    (found.inbox / "songs" / "cartoon").mkdir(parents=True)
    found.review.mkdir()
    return found


def test_a_page_is_written_only_where_it_says_something_new(root: Settings) -> None:
    target = root.inbox / "songs" / "cartoon" / "_STATUS.html"
    assert pages.write(root, snapshot(job()), "songs/cartoon")
    first = target.stat().st_ino
    later = snapshot(job()) | {"at": "2026-01-01T13:00:00+01:00", "pid": 7}
    assert not pages.write(root, later, "songs/cartoon")
    assert target.stat().st_ino == first
    assert pages.write(root, snapshot(job(title="Another")), "songs/cartoon")
    assert os.listdir(target.parent) == ["_STATUS.html"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_page_that_was_deleted_or_spoilt_is_written_again(root: Settings) -> None:
    pages.write(root, snapshot(job()), "review")
    (root.review / "_STATUS.html").write_text("mine now")
    assert pages.write(root, snapshot(job()), "review")
    (root.review / "_STATUS.html").unlink()
    assert pages.write(root, snapshot(job()), "review")


def test_a_link_planted_where_the_page_goes_diverts_nothing(root: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("keep")
    (root.review / "_STATUS.html").symlink_to(secret)
    pages.write(root, snapshot(job()), "review")
    assert secret.read_text() == "keep"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root.inbox / "songs" / "deity").symlink_to(elsewhere)
    with pytest.raises(FileNotFoundError):
        pages.write(root, snapshot(job()), "songs/deity")
    assert os.listdir(elsewhere) == []


@pytest.mark.parametrize("area", ["..", "songs/../..", "", "/", "songs/./cartoon"])
def test_no_area_leads_out_of_the_inbox(root: Settings, area: str) -> None:
    with pytest.raises(FileNotFoundError):
        pages.write(root, snapshot(), area)


def test_the_places_that_have_a_page_are_the_inboxes_that_are_there_and_review(root: Settings) -> None:
    seen = snapshot()
    seen["inboxes"].append({"inbox": "songs/gone", "absent": "not mounted", "waiting": []})
    assert pages.areas(root, seen) == ["songs/cartoon", "review"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (3, "a few seconds left"),
        (42, "about 40 s left"),
        (140, "about 2 min left"),
        (7300, "about 2.0 h left"),
    ],
)
def test_an_estimate_is_said_as_roughly_as_it_is_known(seconds: float | None, said: str) -> None:
    assert pages.duration(seconds) == said
