"""The report: self-contained, true to its numbers, safe whatever a song is called, small even for long ones."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from daemon import sidecars
from daemon.film.report import clock, report, view
from tests.reporthelp import film, jpeg

EVIL = '</style><script>alert(1)</script>" onload="x \udcff'


class Page(HTMLParser):
    """The tags, addresses and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.names: set[str] = set()
        self.text = ""
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]
        self._hidden = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data


def test_a_report_needs_no_other_file_and_no_network() -> None:
    page = report(*film())
    seen = Page(page)
    assert seen.addresses == []
    assert not {"script", "link", "iframe", "img"} & set(seen.tags)
    assert set(re.findall(r"url\((.{5})", page)) == {"data:"}


def test_it_says_how_the_cuts_sit_beside_random_ones() -> None:
    seen = Page(report(*film()))
    assert "30 of 31 cuts on the beat; random: 7" in seen.text
    assert "97 %" in seen.text
    assert "14 %" in seen.text


def test_each_shot_says_when_and_why_it_is_cut_there() -> None:
    job, analysis, edit, sync, thumbnails = film()
    shots = view(job, analysis, edit, sync, thumbnails)["shots"]
    assert len(shots) == 32
    assert (shots[0]["clock"], shots[0]["why"], shots[0]["off"]) == ("0:00.00", "the film begins", "")
    assert (shots[1]["clock"], shots[1]["why"], shots[1]["off"]) == ("0:01.86", "the drop", "8 ms before the beat")
    assert (shots[4]["off"], shots[4]["on"]) == ("100 ms after the beat", False)
    assert shots[8]["off"] == "to the millisecond"


def test_every_cut_and_beat_of_the_song_is_in_exactly_one_row() -> None:
    job, analysis, edit, sync, thumbnails = film(seconds=200.0)
    rows = view(job, analysis, edit, sync, thumbnails)["rows"]
    assert sum(len(row["cuts"]) for row in rows) == len(edit["planned_cuts"])
    assert sum(len(row["beats"]) for row in rows) == len(analysis.beats)
    assert sum(len(row["downbeats"]) for row in rows) == len(analysis.downbeats)
    for row in rows:
        assert sum(one["width"] for one in row["strip"]) == pytest.approx(100, abs=0.1)
        assert sum(one["width"] for one in row["sections"]) == pytest.approx(100, abs=0.1)
        assert all(bar["x"] >= 0 and bar["x"] + bar["width"] <= 100.01 for bar in row["bars"])


def test_the_waveform_stands_where_it_sounds() -> None:
    job, analysis, edit, sync, thumbnails = film()
    analysis.waveform = [1.0 if n == 500 else 0.0 for n in range(1000)]
    rows = view(job, analysis, edit, sync, thumbnails)["rows"]
    loud = [(number, bar["x"]) for number, row in enumerate(rows) for bar in row["bars"] if bar["height"] == 100]
    assert len(loud) == 1
    assert loud[0][0] == 1
    assert loud[0][1] == pytest.approx(50, abs=1)


def test_checks_loudness_and_approval_are_told() -> None:
    approval = sidecars.Approval(
        because="7 of 7 pictures approved by rename",
        at="2026-01-01T14:03:22+01:00",
        pictures={
            "01": [
                sidecars.Picture(
                    slot="01", candidate="c", file="o", fingerprint="o", width=1, height=1, origin="person"
                )
            ]
        },
        decisions=[sidecars.Decision(picture=f"0{n}a", verdict="ok", by="ann") for n in (1, 2)],
    )
    words = Page(report(*film(), approval)).text
    assert "1 failed" in words
    assert "0.02 ms (likeness 0.998)" in words
    assert "-9.2 LUFS" in words
    assert "7 of 7 pictures approved by rename" in words
    assert "ann (2)" in words
    assert "pictures of people's own" in words


def test_a_film_whose_own_loudness_is_unknown_shows_the_songs_alone() -> None:
    job, analysis, edit, sync, thumbnails = film()
    sync.loudness_after = sidecars.Loudness()
    page = report(job, analysis, edit, sync, thumbnails)
    assert "<th>song</th></tr>" in page
    assert "-9.2 LUFS</td></tr>" in page


def test_no_name_whatever_becomes_markup() -> None:
    job, analysis, edit, sync, thumbnails = film(title=EVIL)
    job.rule_name = job.dropped_as = EVIL
    analysis.tags.artist = EVIL
    analysis.mood, analysis.notes = [EVIL], [EVIL]
    analysis.sections[0].label = EVIL
    sync.checks[0].name = sync.checks[0].measured = EVIL
    edit["shots"][0] |= {"picture": EVIL, "role": EVIL, "cut_on": EVIL, "transition": {"kind": EVIL, "frames": 1}}
    edit["effects"][0]["kind"] = EVIL
    page = report(job, analysis, edit, sync, thumbnails)
    page.encode("utf-8")
    seen = Page(page)
    assert "script" not in seen.tags
    assert "onload" not in seen.names
    assert seen.tags.count("style") == 1


def test_two_hours_stay_under_three_megabytes() -> None:
    job, analysis, edit, sync, _ = film(60.0)
    big = jpeg(1, (320, 180)) * 3
    shots = [
        {**edit["shots"][0], "index": n, "start": n * 30, "end": n * 30 + 30, "cut_on": "beat"} for n in range(7200)
    ]
    edit |= {"shots": shots, "frames": 7200 * 30}
    analysis.beats = [n / 2 for n in range(14400)]
    analysis.downbeats = analysis.beats[::4]
    page = report(job, analysis, edit, sync, dict.fromkeys(range(7200), big))
    assert 1_000_000 < len(page.encode()) < 3_000_000
    assert "every 18th shown" in page


def test_a_film_without_beats_sections_pictures_or_scores_has_a_report_too() -> None:
    job = film()[0]
    bare = sidecars.Analysis(
        duration=1.0, sample_rate=8000, samples=8000, channels=1, tempo=sidecars.Tempo(bpm=0, confidence=0)
    )
    shots = [{"index": 0, "start": 0, "end": 30}]
    for edit in ({"fps": "30000/1001", "frames": 30, "shots": shots}, {}):
        words = Page(report(job, bare, edit, sidecars.Sync(), {})).text
        assert "none heard" in words
        assert "No cuts" in words


def test_hours_minutes_and_seconds_are_read_as_on_a_clock() -> None:
    assert [clock(at) for at in (0, 59.9, 61, 3725)] == ["0:00", "0:59", "1:01", "1:02:05"]


def test_the_plot_sets_every_planned_cut_against_what_was_found_in_the_film() -> None:
    from daemon.film.report_plot import plot

    kinds = ("cut", "cut", "flash", "crossfade", "cut", "cut")
    shots: list[dict[str, Any]] = [{"start": 0, "transition": {"kind": "cut", "frames": 0}}]
    shots += [{"start": 60 * (n + 1), "transition": {"kind": kind, "frames": 12}} for n, kind in enumerate(kinds)]
    found = plot({"frames": 600, "shots": shots, "found_cuts": [60, 122, 180, 241, 299, 500]})
    marks = sorted(found["marks"], key=lambda mark: float(mark["x"]))
    assert [(mark["kind"], mark["off"]) for mark in marks] == [
        ("met", 0),
        ("off", 2),
        ("met", 0),
        ("gradual", 0),
        ("off", -1),
        ("unseen", 0),
        ("unplanned", 0),
    ]
    assert marks[0]["x"] == 10.0
    assert found["sentence"] == (
        "2 of 5 sudden cuts were found at their very frame in the decoded film; 2 beside it; "
        "1 between pictures too alike to tell; 1 gradual, without a frame of their own; "
        "1 sudden changes that no plan explains"
    )
    assert not plot({"frames": 30, "shots": shots[:1], "found_cuts": []})["marks"]
