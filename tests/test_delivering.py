"""What a rule says of further films: shapes, sizes, exact rates, names; refused with file and line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import rulebook, sidecars
from daemon.delivering import Deliver, Format
from daemon.errors import UsageError
from daemon.film.credits import Credits, credits, of_name


def films(*formats: Any, **more: Any) -> list[tuple[str, int, int, Fraction]]:
    found = Deliver.model_validate({"formats": list(formats)} | more).further()
    return [(one.name, one.deliver.width, one.deliver.height, one.deliver.rate()) for one in found]


def test_a_line_says_shape_lines_and_rate() -> None:
    assert films("9x16", "1x1 720p", "1440p", "29.97 4x5", "1080x1350", "16x9 720p 24000/1001", "25 fps") == [
        ("9x16", 1080, 1920, 30),
        ("1x1 720p", 720, 720, 30),
        ("1440p", 2560, 1440, 30),
        ("4x5 29.97 fps", 1080, 1350, Fraction(30000, 1001)),
        ("4x5", 1080, 1350, 30),
        ("720p 23.976 fps", 1280, 720, Fraction(24000, 1001)),
        ("25 fps", 1920, 1080, 25),
    ]


def test_a_block_may_name_it_and_what_it_leaves_out_is_the_film_s_own() -> None:
    block = {"name": "stories", "shape": "9x16", "lines": 720, "crf": 26, "lyrics": "burned"}
    deliver = Deliver.model_validate({"formats": [block], "preset": "fast", "fps": 23.976, "loudness": -14})
    (one,) = deliver.further()
    own = one.deliver
    assert (one.name, own.width, own.height, own.crf, own.lyrics) == ("stories", 720, 1280, 26, "burned")
    assert (own.preset, own.rate(), own.loudness) == ("fast", Fraction(24000, 1001), -14)
    assert not own.formats and own.phone is None


def test_formats_differ_by_words_alone_too_and_outlive_a_sidecar() -> None:
    deliver = Deliver.model_validate({"formats": [{"lyrics": "burned"}, {"lyrics": False}], "phone": True})
    assert [one.name for one in deliver.further()] == ["words", "no words"]
    assert deliver.phone == 48
    assert Deliver.model_validate(deliver.model_dump(mode="json")) == deliver
    assert deliver.largest() == (1920, 1080)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("9:16", "YAML reads a bare 9:16 as a number"),
        ("16x9", "is the film itself"),
        ("99x1", "no shape of a film"),
        ("0x1", "is no format"),
        ("9x16 tall", "'tall' is no part of a format"),
        ("9x16 1x1", "two of a kind"),
        ("9x16 500 fps", "too many or too few"),
        ("{width: 1080}", "go together"),
        ("{width: 1080, height: 1920, lines: 720}", "either width and height, or shape"),
        ("4x1 4000p", "can't be"),
        ("32p", "64 to 8192 a side"),
    ],
)
def test_a_format_that_can_t_be_is_refused_with_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(f"folder: songs\ndeliver:\n  formats:\n    - {line}\n")
    with pytest.raises(UsageError) as caught:
        rulebook.load(tmp_path)
    assert "mine.yaml, line" in caught.value.sentence()
    assert said in caught.value.sentence()


def test_two_formats_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("folder: songs\ndeliver:\n  formats: [9x16, 1x1, {shape: 9x16}]\n")
    with pytest.raises(UsageError, match="like number 1"):
        rulebook.load(tmp_path)


@given(st.text(max_size=30))
def test_any_line_is_a_format_or_is_refused(text: str) -> None:
    try:
        found = Format.model_validate(text)
    except ValueError:
        return
    width, height = found.size(1920, 1080)
    assert width % 2 == height % 2 == 0


# --- title and artist ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title", "artist"),
    [
        ("Ada - Night", "Night", "Ada"),
        ("03 - Ada - Night", "Night", "Ada"),
        ("03. Night", "Night", ""),
        ("99 Luftballons", "99 Luftballons", ""),
        ("Nena – 99 Luftballons - Live", "99 Luftballons - Live", "Nena"),
        ("Anti-Hero", "Anti-Hero", ""),
        (" - ", "-", ""),
        ("07", "07", ""),
    ],
)
def test_a_file_s_name_tells_title_and_artist(name: str, title: str, artist: str) -> None:
    assert of_name(name) == Credits(title, artist)


@given(st.text(max_size=40))
def test_any_name_has_a_title(name: str) -> None:
    found = of_name(name)
    assert found.title or not name.strip()


@pytest.mark.parametrize(
    ("overrides", "tags", "expected"),
    [
        ({}, {}, ("Night", "Ada")),
        ({}, {"title": "Night!"}, ("Night!", "Ada")),
        ({}, {"title": "Other"}, ("Other", "")),
        ({}, {"artist": "ADA"}, ("Night", "ADA")),
        ({}, {"artist": "Bob"}, ("Ada - Night", "Bob")),
        ({"title": "Mine", "artist": "Me"}, {"title": "Night", "artist": "Ada"}, ("Mine", "Me")),
    ],
)
def test_a_person_s_word_goes_before_the_tags_and_these_before_the_name(
    overrides: dict[str, str], tags: dict[str, str], expected: tuple[str, str]
) -> None:
    from tests import film_help

    analysis = film_help.song(4.0)
    analysis.tags = sidecars.Tags(**tags)
    job = sidecars.Job(id="abc123", name="x", kind="song", title="Ada - Night", inbox="songs", overrides=overrides)
    found = credits(job, analysis)
    assert (found.title, found.artist) == expected
