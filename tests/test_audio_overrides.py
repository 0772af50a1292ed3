"""Beats files as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.audio.overrides import Said, read, read_beats
from daemon.errors import FinalFault


@pytest.mark.parametrize(
    ("text", "times", "downbeats"),
    [
        ("0.5\n1.0\n1.5\n", [0.5, 1.0, 1.5], None),
        ("# from my tracker\n0.5\t1\n1.0\t2\n1.5\t1\n", [0.5, 1.0, 1.5], [0, 2]),
        ("time,beat\n0.5,2\n1.0,1\n", [0.5, 1.0], [1]),
        ("0.500000\t0.500000\t1\n1.0\t1.0\t2\n1.5\t1.5\t1\n", [0.5, 1.0, 1.5], [0, 2]),
        ("0.5\t0.5\tDownbeat\n1.0\t1.0\tbeat\n", [0.5, 1.0], [0]),
        ("\ufeff1.0\r\n0.5\r\n\r\n1.0\r\n", [0.5, 1.0], None),
        ('"0.5";"1"\n"1.0";"2"\n', [0.5, 1.0], [0]),
        ("0.5 0.5\n1.0 1.0\n", [0.5, 1.0], None),
        ("0.5\n11.0\n-1\n", [0.5], None),
    ],
)
def test_a_beats_file_is_read(tmp_path: Path, text: str, times: list[float], downbeats: list[int] | None) -> None:
    path = tmp_path / "song.beats.txt"
    path.write_text(text)
    found, marks = read_beats(path, 10.0)
    assert found.tolist() == times
    assert (marks.tolist() if marks is not None else None) == downbeats


@pytest.mark.parametrize("text", ["", "hello\nthere\n", "0.5\nzero\n", "nan\n", "99\n", "0.5\n\x00\x01\n"])
def test_one_that_is_none_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "song.beats.txt"
    path.write_text(text)
    with pytest.raises(FinalFault, match=r"song\.beats\.txt"):
        read_beats(path, 10.0)


def test_what_a_person_says_is_read_from_numbers_and_text_alike() -> None:
    assert read({"tempo": "128", "first_beat": 0.25, "metre": "3/4"}) == Said(128.0, 0.25, 3)
    assert read({"meter": 7}) == Said(None, None, 7)
    assert read({}) == Said() == read({"tempo": None, "metre": ""})
