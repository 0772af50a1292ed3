"""The song's words: read whatever wrote them, drawn or put in a track, never lost without a word."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon import sidecars
from daemon.film import captions, lettering, subtitles
from daemon.film.compositor import Compositor
from daemon.film.subtitles import Line
from daemon.film.values import Caption, Timeline
from daemon.stages.sync import sync
from daemon.video import watch
from tests import film_help as help
from tests.test_sync import _cache, tools
from tests.test_sync_formats import ruled

__all__ = ["_cache"]
FPS = Fraction(30)


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_an_lrc_is_read_whatever_its_encoding(encoding: str) -> None:
    text = "[ti:Été]\n[00:01.00]Où est le café?\n[00:03.00]Là-bas, très loin d'ici\n"
    lines = subtitles.parse(subtitles.text_of(text.encode(encoding)))
    assert [(line.start, line.text) for line in lines] == [(1.0, "Où est le café?"), (3.0, "Là-bas, très loin d'ici")]


def test_a_file_that_ends_in_the_middle_of_a_letter_keeps_its_other_letters() -> None:
    assert subtitles.text_of("[00:01.00]Où est le café".encode()[:-1]).endswith("Où est le caf")


def test_several_stamps_an_offset_and_a_line_with_its_translation() -> None:
    text = "[offset: -250]\n[00:02.00][00:06,50]again\n[00:04.00]bonjour\n[00:04.00]good day\n[00:05.00]\n"
    assert subtitles.parse(text) == [
        Line(2.25, 4.25, "again"),
        Line(4.25, 5.25, "bonjour\ngood day"),
        Line(6.75, 16.75, "again"),
    ]


def test_cues_without_empty_lines_hours_or_sense_are_read_all_the_same() -> None:
    text = (
        "WEBVTT\n\n1\n00:01,000 --> 00:02,000\n{\\an8}<i>first</i>\n2\n00:00:03.5 -> 00:00:01.0 X1:40\nends <3 early\n"
        "3\n00:00:09,000 --> 00:00:10,000\n\n99\n\n4\n00:00:08,000 --> 00:00:09,000\ntwo\nrows --> here\n"
    )
    assert subtitles.parse(text) == [
        Line(1.0, 2.0, "first"),
        Line(3.5, 5.0, "ends <3 early"),
        Line(8.0, 9.0, "two\nrows → here"),
        Line(9.0, 10.0, "99"),
    ]


def test_lines_sung_at_once_stand_above_each_other_and_none_overlaps() -> None:
    lines = [Line(1.0, 4.0, "one"), Line(2.0, 3.0, "two"), Line(4.0, 5.0, "three"), Line(99.0, 100.0, "late")]
    assert subtitles.captions(lines, FPS, 300) == [
        Caption(30, 60, "one"),
        Caption(60, 90, "one\ntwo"),
        Caption(90, 120, "one"),
        Caption(120, 150, "three"),
    ]


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(-5, 60), st.text(min_size=1, max_size=9)), max_size=25))
@settings(deadline=None, max_examples=80)
def test_captions_of_any_lines_are_in_order_apart_and_within_the_film(rows: list[tuple[float, float, str]]) -> None:
    found = subtitles.captions([Line(start, end, text) for start, end, text in rows], FPS, 600)
    edges = [edge for one in found for edge in (one.start, one.end)]
    assert edges == sorted(edges) and all(one.start < one.end <= 600 and one.text for one in found)


@given(st.binary(max_size=600))
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_words_or_none(data: bytes) -> None:
    for text in (data, b"[00:01.0]" + data, b"00:00:01,000 --> 00:00:02,000\n" + data):
        for line in subtitles.parse(subtitles.text_of(text)):
            assert line.text and line.start >= 0 and line.end >= line.start


# --- drawing ------------------------------------------------------------------------------------


def drawn(text: str, width: int, height: int, size: tuple[int, int] | None = None) -> np.ndarray:
    """The luma of a caption over grey, in the middle of its time."""
    timeline = Timeline(FPS, 60, width, height, (), (), captions=(Caption(10, 50, text),))
    wide, high = size or (width, height)
    out = np.full((high * 3 // 2, wide), 100, np.uint8)
    captions.Captions(timeline, wide, high).draw(30, out)
    return out[:high]


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (400, 400), (64, 64)])
@pytest.mark.parametrize("text", ["Hello", "word " * 60, "unbreakable" * 30, "one\ntwo\nthree", "Œuvre d’été"])
def test_words_stay_within_the_safe_area_of_any_format(width: int, height: int, text: str) -> None:
    rows, columns = np.nonzero(drawn(text, width, height) > 180)
    assert len(rows)
    assert columns.min() >= 0.05 * width and columns.max() <= 0.95 * width
    assert rows.max() <= (0.95 if width > height else 0.9 if width == height else 0.83) * height


def test_a_caption_begins_on_its_frame_and_is_gone_on_its_last() -> None:
    timeline = Timeline(FPS, 60, 320, 180, (), (), captions=(Caption(10, 40, "Hello"),))
    words = captions.Captions(timeline, 320, 180)
    changed = []
    for frame in range(60):
        out = np.full((270, 320), 100, np.uint8)
        words.draw(frame, out)
        if (out != 100).any():
            changed.append(frame)
    assert changed == list(range(10, 40))


def test_the_colour_of_the_picture_doesn_t_shine_through_the_letters() -> None:
    timeline = Timeline(FPS, 60, 320, 180, (), (), captions=(Caption(10, 40, "MMMM"),))
    out = np.concatenate([np.full((180, 320), 100, np.uint8), np.full((90, 320), 200, np.uint8)])
    captions.Captions(timeline, 320, 180).draw(25, out)
    white = cv2.resize((out[:180] > 225).astype(np.float32), (160, 90), interpolation=cv2.INTER_AREA) > 0.99
    chroma = out[180:].reshape(90, 160, 2)
    assert white.any() and (abs(chroma[white].astype(int) - 128) < 4).all()


def test_a_small_frame_shows_the_same_as_a_large_one_shrunk() -> None:
    text = "Rain on the window, and the city holds its breath tonight"
    large = cv2.resize(drawn(text, 1280, 720), (128, 72), interpolation=cv2.INTER_AREA).astype(int)
    assert abs(large - drawn(text, 1280, 720, (128, 72))).max() <= 3


def test_a_letter_that_no_font_has_is_never_a_box() -> None:
    unknown = "\U0010fffd"
    found, lost = captions.drawable([Caption(0, 10, "plain"), Caption(10, 20, f"a {unknown} b")])
    assert [one.text for one in found] == ["plain"]
    assert lost == {unknown: 1}


def test_letters_that_a_font_lacks_are_taken_apart_where_they_can_be() -> None:
    assert lettering.Hand("", frozenset("éø")).written("déjà søt") == ("dejà sot", frozenset())


def test_right_to_left_words_need_a_library_that_turns_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_shaping", lambda: False)
    assert set("שלום") <= lettering.hand_for(["שלום"]).lacks


# --- in the film --------------------------------------------------------------------------------


def with_words(
    root: Path, lyrics: str, seconds: float = 14.0, text: str = "[00:02.00]Hello, sea\n[00:05.00]\n"
) -> object:
    job = help.job(root, help.song(seconds), ruled(lyrics=lyrics))
    about = job.job()
    about.members.append(sidecars.Member(role="lyrics", name="A song.lrc", file="lyrics-001.lrc"))
    job.file("lyrics-001.lrc").write_text(text, "utf-8")
    sidecars.write(job.path, about)
    return job


def track(path: Path) -> str:
    """The text track of a film, as ffmpeg reads it."""
    argv = [help.ffmpeg_path(), "-loglevel", "error", "-i", str(path), "-map", "0:s?", "-f", "srt", "-"]
    return subprocess.run(argv, capture_output=True, check=False).stdout.decode("utf-8")


def test_soft_words_are_a_track_timed_to_the_line_and_the_film_passes_every_check(tmp_path: Path) -> None:
    job = with_words(tmp_path, "soft", text="[00:02.00]Hé {ho} <3, 海\n[00:05.00]\n[00:59.00]late\n")
    film = sync(job, tools(tmp_path)).films[0]  # type: ignore[arg-type]
    assert all(check.ok for check in film.checks)
    assert track(job.file(film.file)).split("\n")[1:3] == ["00:00:02,000 --> 00:00:05,000", "Hé {ho} <3, 海"]  # type: ignore[attr-defined]
    assert film.notes == ["1 of 2 lines lie beyond the song's end"]


def test_burned_words_are_in_the_picture_from_their_frame_on(tmp_path: Path) -> None:
    job = with_words(tmp_path, "burned")
    made = sync(job, tools(tmp_path))  # type: ignore[arg-type]
    assert all(check.ok for check in made.checks)
    film = job.file(made.films[0].file)  # type: ignore[attr-defined]
    assert not track(film)
    plain = sync(with_words(tmp_path / "plain", "none"), tools(tmp_path))  # type: ignore[arg-type]
    other = tmp_path / "plain/stages/approved" / job.path.name / plain.films[0].file  # type: ignore[attr-defined]
    apart = [
        int(abs(a.luma[40:].astype(int) - b.luma[40:]).max())
        for a, b in zip(watch.watch(film, 128, 72), watch.watch(other, 128, 72), strict=True)
    ]
    changed = [frame for frame, most in enumerate(apart) if most > 70]
    assert 60 <= changed[0] <= 62 and 147 <= changed[-1] <= 149
    assert [one for one in range(changed[0], changed[-1]) if one not in changed] == []


def test_words_that_can_t_be_drawn_are_in_a_track_and_the_sidecar_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lettering, "_system", lambda *_: None)
    job = with_words(tmp_path, "burned", text="[00:02.00]plain\n[00:04.00]海の歌\n[00:06.00]\n")
    made = sync(job, tools(tmp_path))  # type: ignore[arg-type]
    assert "海の歌" in track(job.file(made.films[0].file))  # type: ignore[attr-defined]
    (note,) = made.films[0].notes
    assert note.startswith("1 of 2 captions aren't in the picture: no font here draws Hiragana, Cjk (")
    assert "海" in note
    assert note in job.file(made.report).read_text("utf-8").replace("&#39;", "'")  # type: ignore[attr-defined]


def test_other_words_make_other_segments_only_where_they_are_seen(tmp_path: Path) -> None:
    from daemon.film import assemble

    _, timeline = help.planned(tmp_path, 30.0)
    spans = assemble.spans(timeline)
    names = []
    for text in ("one", "two"):
        worded = replace(timeline, captions=(Caption(5, 40, text),))
        made = help.making(tmp_path, worded)
        with Compositor(worded, {}, 64, 36) as drawing:
            names.append([assemble.segment_name(made, span, drawing) for span in spans])
    differs = [one != two for one, two in zip(*names, strict=True)]
    assert differs == [span.start < 40 for span in spans] and not all(differs)


def test_a_title_that_no_font_can_write_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_system", lambda *_: None)
    made = sync(help.job(tmp_path, help.song(6.0), ruled(), title="Été 海"), tools(tmp_path))
    assert made.notes == ["the poster lacks 海: no font here draws it"]


def test_the_words_in_the_picture_aren_t_on_the_poster(tmp_path: Path) -> None:
    from daemon.film.poster import best_frame, poster

    _, timeline = help.planned(tmp_path, 14.0)
    frame = best_frame(timeline)
    poster(timeline, {}, "Title", "", tmp_path / "plain.jpg")
    worded = replace(timeline, captions=(Caption(frame - 9, frame + 9, "Hello there"),))
    poster(worded, {}, "Title", "", tmp_path / "worded.jpg")
    assert (tmp_path / "plain.jpg").read_bytes() == (tmp_path / "worded.jpg").read_bytes()
