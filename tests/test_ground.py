"""The ground: durable writes, sidecars, names."""

from pathlib import Path

import pytest

from daemon import durable, job, sidecars
from daemon.errors import FinalFault


def test_a_rename_never_replaces_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    with pytest.raises(FileExistsError):
        durable.rename(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "b"


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        durable.write_bytes(tmp_path / "folder", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_write_never_makes_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.write_bytes(tmp_path / "gone" / "x", b"x")
    assert not (tmp_path / "gone").exists()


def test_an_unreadable_sidecar_names_file_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "renders.json").write_text('{\n "version": 1,\n "round": "many"\n}\n')
    with pytest.raises(FinalFault) as caught:
        sidecars.read(tmp_path, sidecars.Renders)
    assert "renders.json, line 3, field round" in caught.value.sentence()


def test_unknown_fields_of_a_sidecar_are_kept(tmp_path: Path) -> None:
    (tmp_path / "renders.json").write_text('{"round": 2, "from_the_future": [1]}')
    found = sidecars.read(tmp_path, sidecars.Renders)
    assert found is not None
    assert found.model_dump()["from_the_future"] == [1]


@pytest.mark.parametrize("title", ["", "...", "Ünïcode  Song!", "🎵", "a" * 300, "-rf *"])
def test_a_job_name_is_ascii_and_holds_its_id(title: str) -> None:
    name = job.new_name(title, "20260101-120000", set())
    assert job.NAME.match(name)
    assert job.id_of(name) == name[-6:]
