"""Beats files as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.audio.overrides import Said, check, read, read_beats
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
        ("0.5\n11.0\n-1\n1e9\n", [0.5], None),
        ("0,5\n1,0\n1,5\n", [0.5, 1.0, 1.5], None),
        ("0,512\n1,024\n2,5\n", [0.512, 1.024, 2.5], None),
        ("0,5;1\n1,0;2\n1,5;1\n", [0.5, 1.0, 1.5], [0, 2]),
        ("1,1\n2,2\n3,1\n", [1.0, 2.0, 3.0], [0, 2]),
        ("3.0\n1.0\n2.0\n", [1.0, 2.0, 3.0], None),
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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_a_beats_file_of_any_editor_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "song.beats.txt"
    path.write_bytes("# Schläge\r\n0.5\r\n1.0\r\n".encode(encoding))
    assert read_beats(path, 10.0)[0].tolist() == [0.5, 1.0]


def test_more_beats_than_anyone_can_count_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.beats.txt"
    path.write_text("\n".join(f"{index / 1000:.3f}" for index in range(9000)))
    with pytest.raises(FinalFault, match="can't be read") as told:
        read_beats(path, 10.0)
    assert "20 beats a second" in told.value.why
    path.write_bytes(b"0.5\n" * (2 << 20))
    with pytest.raises(FinalFault, match="can't be read") as told:
        read_beats(path, 10.0)
    assert "4 MiB" in told.value.why


def test_a_first_beat_beyond_the_song_is_refused() -> None:
    check(read({"first_beat": 9.9}), 10.0)
    with pytest.raises(FinalFault, match="first_beat"):
        check(read({"tempo": 120, "first_beat": 10}), 10.0)


@given(st.binary(max_size=400) | st.text(alphabet="0123456789.,;-eE\t\n\r nadD#", max_size=200).map(str.encode))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_lies_in_a_beats_file_it_is_beats_or_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "song.beats.txt"
    path.write_bytes(data)
    try:
        times, marks = read_beats(path, 10.0)
    except FinalFault as fault:
        assert "song.beats.txt" in fault.sentence()
        return
    assert len(times) and (times[:-1] < times[1:]).all() and times[0] >= 0 and times[-1] < 10
    assert marks is None or set(marks.tolist()) <= set(range(len(times)))


@given(
    st.dictionaries(
        st.sampled_from(["tempo", "first_beat", "metre"]),
        st.none()
        | st.booleans()
        | st.floats()
        | st.integers()
        | st.text("0123456789./-einfa", max_size=6)
        | st.lists(st.integers()),
    )
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_said_it_is_numbers_in_their_range_or_a_sentence(given_: dict[str, object]) -> None:
    try:
        said = read(given_)
    except FinalFault as fault:
        assert "can't be" in fault.sentence()
        return
    assert said.tempo is None or 20 <= said.tempo <= 400
    assert said.first_beat is None or 0 <= said.first_beat <= 36000
    assert said.metre is None or 1 <= said.metre <= 32


def test_what_a_person_says_is_read_from_numbers_and_text_alike() -> None:
    assert read({"tempo": "128", "first_beat": 0.25, "metre": "3/4"}) == Said(128.0, 0.25, 3)
    assert read({"meter": 7}) == Said(None, None, 7)
    assert read({}) == Said() == read({"tempo": None, "metre": ""})
