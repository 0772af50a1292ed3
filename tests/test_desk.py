"""The desk: what people do in a file manager, and what is understood."""

from __future__ import annotations

import os
import shutil
import stat
import unicodedata
from pathlib import Path

import pytest

from daemon import sidecars
from daemon.approvals import desk, merge
from daemon.approvals.gate import approval
from daemon.errors import Held
from daemon.sidecars import Decision, Decisions, Picture
from tests.deskhelp import Bench, bench, picture


@pytest.fixture
def table(tmp_path: Path) -> Bench:
    found = bench(tmp_path)
    found.lay()
    return found


def test_a_desk_holds_every_picture_the_sheet_the_animatic_and_a_readme(table: Bench) -> None:
    names = {path.name for path in table.folder.iterdir() if not path.name.startswith(".")}
    assert table.folder.name == "My Song [a1b2c3]"
    assert names == {
        *(f"0{slot}{letter}.png" for slot in (1, 2, 3) for letter in "ab"),
        "_contact sheet.jpg",
        "_animatic.mp4",
        "README.txt",
    }


def test_nothing_half_made_is_seen_in_review_when_building_fails(tmp_path: Path) -> None:
    table = bench(tmp_path)
    table.job.file(table.renders.pictures[3].file).unlink()
    with pytest.raises(OSError):
        table.lay()
    assert os.listdir(table.settings.review) == []


def test_what_an_interrupted_build_left_is_swept_by_the_next(tmp_path: Path) -> None:
    table = bench(tmp_path)
    left = table.settings.review / ".dropreel-desk-a1b2c3-00000000"
    left.mkdir()
    (left / "01a.png").write_text("half")
    table.lay()
    assert [path.name for path in table.settings.review.iterdir()] == ["My Song [a1b2c3]"]


def test_building_twice_changes_nothing(table: Bench) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in table.folder.iterdir()}
    assert desk.build(table.settings, table.job, table.decisions) == table.decisions.desk
    assert {path.name: path.stat().st_mtime_ns for path in table.folder.iterdir()} == before


def test_an_untouched_desk_says_nothing(table: Bench) -> None:
    assert table.settled() == []
    assert table.look().damaged == ()


@pytest.mark.parametrize(
    ("name", "verdict", "note"),
    [
        ("03b.ok.png", "ok", ""),
        ("03b.no.png", "no", ""),
        ("03b.OK.png", "ok", ""),
        ("03B.OK.PNG", "ok", ""),
        ("03b.ok.png.png", "ok", ""),
        ("03b.png.ok", "ok", ""),
        ("03b ok.png", "ok", ""),
        ("03b_ok.png", "ok", ""),
        ("03b-OK.png", "ok", ""),
        ("03b (ok).png", "ok", ""),
        ("ok 03b.png", "ok", ""),
        ("03b.ok", "ok", ""),
        ("03b.ok .png", "ok", ""),
        ("3b.ok.png", "ok", ""),
        ("03b.\uff2f\uff2b.png", "ok", ""),
        ("\u200e03b.ok.png", "ok", ""),
        ("03b.no.no.png", "no", ""),
        ("03b.redo.png", "redo", ""),
        ("03b.redo darker sky.png", "redo", "darker sky"),
        ("03b redo: less red, more ok people.png", "redo", "less red, more ok people"),
        ("03b.redo v1.5 of it.png.png", "redo", "v1.5 of it"),
        ("03b.no.redo darker.png", "redo", "darker"),
        (unicodedata.normalize("NFD", "03b.redo größer, früher.png"), "redo", "größer, früher"),
    ],
)
def test_a_renamed_picture_is_understood(table: Bench, name: str, verdict: str, note: str) -> None:
    table.rename("03b.png", name)
    (said,) = table.settled()
    assert (said.picture, said.verdict, said.note) == ("03b", verdict, note)


@pytest.mark.parametrize(
    "name",
    [
        "03b.ok.no.png",
        "03b not ok.png",
        "03b ok maybe.png",
        "03b ok?.png",
        "03bok.png",
        "03b.okra.png",
        "03b copy.png",
        "Copy of 03b.png",
        "03b (1).png",
        "03b.ok.redo.png",
        "03a 03b ok.png",
    ],
)
def test_a_name_that_is_not_plainly_a_word_approves_nothing(table: Bench, name: str) -> None:
    table.rename("03b.png", name)
    table.settled()
    assert "ok" not in table.verdicts().values()


def test_ok_and_no_together_is_undecided_and_the_readme_says_so(table: Bench) -> None:
    table.rename("03b.png", "03b.ok.png")
    table.look()
    table.rename("03b.ok.png", "03b.ok.no.png")
    seen = table.look()
    assert table.verdicts()["03b"] == "undecided"
    desk.tell(table.settings, table.job, table.renders, table.decisions, table.gate(), seen)
    assert "03b.ok.no.png\r\n      says ok and no at once" in (table.folder / "README.txt").read_bytes().decode()


def test_a_copy_said_ok_to_and_another_said_no_to_is_undecided(table: Bench) -> None:
    shutil.copy2(table.folder / "03b.png", table.folder / "03b.no.png")
    table.rename("03b.png", "03b.ok.png")
    table.settled()
    assert "03b" not in table.verdicts()


def test_a_word_counts_at_once_and_can_be_taken_back(table: Bench) -> None:
    table.rename("01a.png", "01a.ok.png")
    assert [one.verdict for one in table.look().decisions] == ["ok"]
    assert table.look().decisions == ()
    table.rename("01a.ok.png", "01a.png")
    assert [one.verdict for one in table.look().decisions] == ["undecided"]


def test_a_name_with_odd_bytes_upsets_nothing(table: Bench) -> None:
    for number, raw in enumerate([b"\xff\xfe.png", b"03b.ok\xff.png", b"new\nline.png", b"-rf *", b"x" * 255]):
        (Path(os.fsdecode(os.fsencode(table.folder) + b"/" + raw))).write_bytes(b"%d" % number)
    table.settled()
    seen = table.look()
    assert len(seen.strange) == 5
    assert table.verdicts() == {}
    assert desk.tell(table.settings, table.job, table.renders, table.decisions, table.gate(), seen)


# --- deleting, and what only looks like it --------------------------------------------------------


def test_a_deleted_picture_is_a_no_once_it_was_missed_twice(table: Bench) -> None:
    (table.folder / "02a.png").unlink()
    assert table.look().decisions == ()
    assert table.look(1.0).decisions == ()
    (said,) = table.look(1.1).decisions
    assert (said.picture, said.verdict, said.way) == ("02a", "no", "delete")


def test_a_rename_in_flight_is_no_deletion(table: Bench) -> None:
    hidden = table.settings.root / "elsewhere.png"
    os.rename(table.folder / "02a.png", hidden)
    assert table.look().decisions == ()
    os.rename(hidden, table.folder / "02a.ok.png")
    (said,) = table.look(10).decisions
    assert said.verdict == "ok"


def test_a_picture_that_comes_back_is_undecided_again(table: Bench) -> None:
    kept = (table.folder / "02a.png").read_bytes()
    facts = (table.folder / "02a.png").stat()
    (table.folder / "02a.png").unlink()
    table.settled()
    (table.folder / "02a.png").write_bytes(kept)
    os.utime(table.folder / "02a.png", ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    table.settled()
    assert table.verdicts()["02a"] == "undecided"


def test_a_deleted_desk_is_damage_and_never_a_decision(table: Bench) -> None:
    table.rename("01a.png", "01a.ok.png")
    table.rename("03a.png", "03a.redo darker: sky.png")
    table.look()
    shutil.rmtree(table.folder)
    assert table.look().damaged == ()
    seen = table.look(3)
    assert seen.damaged == ("the whole desk",)
    assert seen.decisions == ()
    table.lay()
    assert (table.folder / "01a.ok.png").exists()
    assert table.settled() == []
    assert table.verdicts() == {"01a": "ok", "03a": "redo"}


def test_an_emptied_desk_is_damage_and_never_a_decision(table: Bench) -> None:
    for path in table.folder.iterdir():
        path.unlink()
    seen = table.look()
    assert "all pictures" in seen.damaged
    assert [*seen.decisions, *table.settled()] == []
    table.lay()
    assert (table.folder / "03b.png").exists()
    assert table.settled() == []


def test_a_missing_readme_or_sheet_is_put_back(table: Bench) -> None:
    (table.folder / "README.txt").unlink()
    (table.folder / "_contact sheet.jpg").unlink()
    assert set(table.look().damaged) == {"README.txt", "_contact sheet.jpg"}
    table.lay()
    assert (table.folder / "_contact sheet.jpg").read_bytes() == b"sheet"
    assert table.look().damaged == ()


def test_a_long_films_contact_sheets_are_all_laid_out(tmp_path: Path) -> None:
    table = bench(tmp_path)
    (table.job.path / "contact2.jpg").write_bytes(b"sheet 2")
    table.renders.contact_sheets = ["contact.jpg", "contact2.jpg"]
    sidecars.write(table.job.path, table.renders)
    table.lay()
    assert (table.folder / "_contact sheet 2.jpg").read_bytes() == b"sheet 2"
    assert table.look().damaged == ()


def test_where_review_is_gone_nothing_is_concluded(table: Bench) -> None:
    os.rename(table.settings.review, table.settings.root / "unmounted")
    seen = table.look(100)
    assert "Review/ is not there" in seen.absent
    assert (seen.decisions, seen.damaged) == ((), ())
    with pytest.raises(Held):
        desk.build(table.settings, table.job, table.decisions)


def test_a_desk_swapped_for_a_link_is_not_followed(table: Bench, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(table.folder, elsewhere)
    (elsewhere / "APPROVED").touch()
    (table.settings.review / "My Song [a1b2c3]").symlink_to(elsewhere)
    assert table.settled() == []
    assert table.look(3).damaged == ("the whole desk",)


# --- pictures of their own ------------------------------------------------------------------------


def test_another_picture_in_its_place_is_the_persons_own_and_approved(table: Bench, tmp_path: Path) -> None:
    picture(table.folder / "02a.png", (200, 10, 10), (300, 200))
    (said,) = table.settled()
    assert (said.picture, said.verdict, said.way, said.width, said.height) == ("02a", "ok", "replace", 300, 200)
    assert table.job.file(said.file).is_file()
    (first, _) = merge.now(table.renders, table.decisions)[1].candidates
    assert (first.picture.origin, first.picture.file) == ("person", said.file)


@pytest.mark.parametrize("name", ["02a.jpg", "02a.ok.jpg", "02A.JPEG", "02a.webp"])
def test_a_picture_of_another_kind_beside_ours_is_the_persons_own(table: Bench, name: str) -> None:
    picture(table.folder / name, (200, 10, 10), (300, 200))
    assert [(one.picture, one.verdict, one.way) for one in table.settled()] == [("02a", "ok", "replace")]


def test_a_new_letter_is_a_picture_of_the_persons_own_for_that_place(table: Bench) -> None:
    picture(table.folder / "02c.jpg", (200, 10, 10), (300, 200))
    assert [(one.picture, one.verdict, one.way) for one in table.settled()] == [("02c", "ok", "replace")]
    made = approval(table.renders, table.decisions)
    assert [(one.id, one.origin) for one in made.pictures["02"]] == [("02c", "person")]
    table.rename("02c.jpg", "02c.no.jpg")
    table.settled()
    assert table.verdicts()["02c"] == "no"
    (table.folder / "02c.no.jpg").unlink()
    table.settled()
    assert table.verdicts()["02c"] == "no"


def test_a_redo_of_a_picture_of_their_own_only_says_no_to_it(table: Bench) -> None:
    picture(table.folder / "02c.jpg", (200, 10, 10), (300, 200))
    table.settled()
    table.rename("02c.jpg", "02c.redo.jpg")
    table.settled()
    assert table.verdicts()["02c"] == "no"
    assert table.gate().redo == []
    assert [one.picture.id for one in merge.now(table.renders, table.decisions)[1].candidates] == ["02c", "02a", "02b"]


def test_a_redo_of_a_picture_that_was_replaced_paints_ours_again(table: Bench) -> None:
    picture(table.folder / "02a.png", (200, 10, 10), (300, 200))
    table.settled()
    table.rename("02a.png", "02a.redo warmer.png")
    table.settled()
    assert [(one.picture, one.note) for one in table.gate().redo] == [("02a", "warmer")]


def test_a_picture_still_being_copied_is_waited_for(table: Bench, tmp_path: Path) -> None:
    whole = picture(tmp_path / "whole.png", (200, 10, 10), (300, 200)).read_bytes()
    (table.folder / "02a.png").write_bytes(whole[:100])
    assert table.look().decisions == ()
    assert table.look(1.9).decisions == ()
    (table.folder / "02a.png").write_bytes(whole)
    assert table.look(1.9).decisions == ()
    assert [one.way for one in table.look(2.1).decisions] == ["replace"]


def test_a_file_that_is_no_picture_gets_a_note_and_no_approval(table: Bench) -> None:
    (table.folder / "02a.png").write_text("this is no picture")
    assert table.settled() == []
    seen = table.look()
    assert seen.problems == ("02a.png",)
    assert "can't be used as a picture" in (table.folder / "02a.png.PROBLEM.txt").read_text()
    picture(table.folder / "02a.png", (200, 10, 10), (300, 200))
    assert [one.way for one in table.settled()] == ["replace"]
    assert not (table.folder / "02a.png.PROBLEM.txt").exists()


def test_a_truncated_a_tiny_and_a_huge_picture_are_refused(table: Bench, tmp_path: Path) -> None:
    whole = picture(tmp_path / "whole.png", (200, 10, 10), (300, 200)).read_bytes()
    (table.folder / "01a.ok.png").write_bytes(whole[: len(whole) // 2])
    picture(table.folder / "02c.png", (1, 1, 1), (8, 8))
    picture(table.folder / "03c.png", (1, 1, 1), (9000, 7000))
    table.settled()
    assert set(table.look().problems) == {"01a.ok.png", "02c.png", "03c.png"}
    assert table.verdicts() == {}


def test_a_viewer_that_rewrites_a_files_comments_approves_nothing(table: Bench) -> None:
    from PIL import Image, PngImagePlugin

    facts = PngImagePlugin.PngInfo()
    facts.add_text("viewed with", "a viewer")
    with Image.open(table.folder / "02a.png") as opened:
        opened.load()
        opened.save(table.folder / "02a.png", pnginfo=facts)
    assert table.settled() == []
    table.rename("02a.png", "02a.ok.png")
    (said,) = table.settled()
    assert (said.verdict, said.way, said.file) == ("ok", "rename", "")


def test_a_share_that_cuts_times_to_seconds_changes_nothing(table: Bench) -> None:
    for path in table.folder.glob("*.png"):
        whole = path.stat().st_mtime_ns // 10**9 * 10**9
        os.utime(path, ns=(whole, whole))
    table.rename("02a.png", "02a.ok.png")
    assert [(one.picture, one.way) for one in table.look().decisions] == [("02a", "rename")]


def test_a_copy_with_a_new_time_is_known_by_its_content(table: Bench) -> None:
    os.utime(table.folder / "02a.png", (1, 1))
    assert table.settled() == []


def test_the_persons_own_picture_outlives_a_desk_laid_out_again(table: Bench) -> None:
    picture(table.folder / "02a.png", (200, 10, 10), (300, 200))
    (own,) = table.settled()
    shutil.rmtree(table.folder)
    table.settled()
    table.lay()
    assert table.settled() == []
    table.rename("02a.ok.png", "02a.no.png")
    table.look()
    table.rename("02a.no.png", "02a.ok.png")
    (said,) = table.look().decisions
    assert (said.verdict, said.file) == ("ok", own.file)


@pytest.mark.parametrize("make", ["symlink", "fifo", "folder"])
def test_only_regular_files_are_pictures(table: Bench, tmp_path: Path, make: str) -> None:
    outside = picture(tmp_path / "secret.png", (9, 9, 9))
    target = table.folder / "02c.png"
    {
        "symlink": lambda: target.symlink_to(outside),
        "fifo": lambda: os.mkfifo(target),
        "folder": lambda: target.mkdir(),
    }[make]()
    table.settled()
    assert table.verdicts() == {}


# --- all at once ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["APPROVED", "approved", "Approved.txt", "APPROVED.TXT.txt", "approved.ok", "APPROVED.png"]
)
def test_an_empty_file_called_approved_approves_everything(table: Bench, name: str) -> None:
    (table.folder / name).touch()
    (said,) = table.settled()
    assert (said.picture, said.verdict, said.way) == ("*", "ok", "sentinel")
    assert table.decisions.whole == "approved"
    (table.folder / name).unlink()
    table.look()
    assert table.decisions.whole == ""


@pytest.mark.parametrize(
    "name", ["not APPROVED", "approved by nobody.txt", "APPROVED-NOT", "disapproved", "unapproved.txt"]
)
def test_a_file_that_only_sounds_like_it_approves_nothing(table: Bench, name: str) -> None:
    (table.folder / name).touch()
    assert table.settled() == []


def test_a_folder_called_rejected_rejects_everything(table: Bench) -> None:
    (table.folder / "Rejected").mkdir()
    table.settled()
    assert table.decisions.whole == "rejected"


def test_approved_and_rejected_together_say_nothing(table: Bench) -> None:
    (table.folder / "APPROVED").touch()
    (table.folder / "rejected.txt").touch()
    assert table.settled() == []


def test_a_large_file_called_approved_is_no_word(table: Bench) -> None:
    (table.folder / "APPROVED.psd").write_bytes(b"x" * 5000)
    assert table.settled() == []


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("My Song [a1b2c3] approved", "approved"),
        ("My Song [a1b2c3] APPROVED", "approved"),
        ("My Song [a1b2c3]-approved", "approved"),
        ("My Song [a1b2c3].rejected", "rejected"),
        ("another name [A1B2C3] approved", "approved"),
        ("My Song approved", "approved"),
        ("approved", "approved"),
        ("My Song [a1b2c3] not approved", ""),
        ("My Song [a1b2c3] disapproved", ""),
        ("approved My Song [a1b2c3]", ""),
        ("whatever", ""),
    ],
)
def test_the_desks_own_name_speaks_at_its_end(table: Bench, name: str, whole: str) -> None:
    os.rename(table.folder, table.settings.review / name)
    seen = table.look()
    assert seen.folder == name
    assert table.decisions.whole == whole
    assert table.settled() == []


def test_a_song_called_approved_is_not_approved_by_its_name(tmp_path: Path) -> None:
    table = bench(tmp_path, title="All Approved")
    table.lay()
    assert table.settled() == []
    os.rename(table.folder, table.settings.review / "All Approved")
    assert table.settled() == []


def test_a_desk_on_a_share_that_renumbers_inodes_is_found_by_its_marker(table: Bench) -> None:
    copy = table.settings.review / "renamed by hand"
    shutil.copytree(table.folder, copy)
    shutil.rmtree(table.settings.review / "My Song [a1b2c3]")
    assert table.look().folder == "renamed by hand"


def test_of_a_desk_and_its_copy_the_desk_is_the_one_that_was_laid_out(table: Bench) -> None:
    shutil.copytree(table.folder, table.settings.review / "A copy of My Song [a1b2c3] approved")
    seen = table.look()
    assert seen.folder == "My Song [a1b2c3]"
    assert table.decisions.whole == ""


# --- repainting, the command line, taking away ----------------------------------------------------


def test_a_repainted_picture_is_added_and_what_was_said_stays(table: Bench) -> None:
    table.rename("01a.png", "01a.ok.png")
    table.rename("03b.png", "03b.redo darker.png")
    table.look()
    fresh = picture(table.job.path / "03c-new.png", (7, 7, 7), (99, 99))
    table.renders.pictures.append(
        Picture(slot="03", candidate="c", file=fresh.name, fingerprint="new", width=99, height=99, replaces="03b")
    )
    (table.job.path / "contact-2.jpg").write_bytes(b"sheet 2")
    table.renders.contact_sheet, table.renders.round = "contact-2.jpg", 2
    sidecars.write(table.job.path, table.renders)
    table.decisions = merge.repainted(table.decisions, table.renders)
    assert set(table.look().damaged) == {"03c", "_contact sheet.jpg"}
    table.lay()
    assert (table.folder / "03c.png").exists()
    assert (table.folder / "_contact sheet.jpg").read_bytes() == b"sheet 2"
    assert table.settled() == []
    assert table.verdicts() == {"01a": "ok", "03b": "redo"}
    assert table.gate(quiet=100).missing == ["02", "03"]


def test_the_command_lines_word_stands_until_the_desk_says_something_new(table: Bench) -> None:
    table.rename("01a.png", "01a.ok.png")
    table.look()
    table.decisions = merge.record(table.decisions, [Decision(picture="01a", verdict="no", way="command", by="ann")])
    table.look(10)
    assert table.verdicts()["01a"] == "no"
    table.rename("01a.ok.png", "01a.png")
    table.look()
    table.rename("01a.png", "01a.ok.png")
    table.look()
    assert table.verdicts()["01a"] == "ok"


def test_removing_a_desk_leaves_nothing_of_ours(table: Bench) -> None:
    table.rename("01a.png", "01a.ok.png")
    (table.folder / "APPROVED").touch()
    picture(table.folder / "02a.png", (200, 10, 10), (300, 200))
    table.settled()
    assert desk.remove(table.settings, "a1b2c3", table.decisions.desk) == []
    assert os.listdir(table.settings.review) == []


def test_removing_a_desk_leaves_peoples_own_files(table: Bench) -> None:
    (table.folder / "lyrics draft.docx").write_text("mine")
    picture(table.folder / "02c.png", (200, 10, 10), (300, 200))
    table.look()
    assert desk.remove(table.settings, "a1b2c3", table.decisions.desk) == ["02c.png", "lyrics draft.docx"]
    assert desk.desks(table.settings) == {}
    assert desk.remove(table.settings, "a1b2c3", table.decisions.desk) == ["02c.png", "lyrics draft.docx"]


def test_a_desk_whose_job_is_forgotten_is_listed_and_removed(table: Bench) -> None:
    (table.settings.review / "holiday [ffffff]").mkdir()
    assert desk.desks(table.settings) == {"a1b2c3": "My Song [a1b2c3]"}
    assert desk.remove(table.settings, "a1b2c3") == []
    assert os.listdir(table.settings.review) == ["holiday [ffffff]"]


@pytest.mark.parametrize(
    ("title", "start"),
    [
        ("a/b\\c:d?", "a_b_c_d_ ["),
        ("dots...  ", "dots ["),
        ("CON", "_CON ["),
        ("x" * 300, "x" * 140),
        ("bad\udcff", "bad"),
        ("", "untitled ["),
    ],
)
def test_any_title_makes_a_name_that_a_share_can_show(tmp_path: Path, title: str, start: str) -> None:
    name = desk.desk_name(title, "a1b2c3")
    assert name.startswith(start)
    assert name.endswith(" [a1b2c3]")
    assert len(f"{name} approved - Copy (2)".encode()) <= 255


def test_a_name_that_is_taken_by_something_else_is_stepped_aside_from(tmp_path: Path) -> None:
    table = bench(tmp_path)
    (table.settings.review / "my song [A1B2C3]").write_text("a file of somebody's")
    table.lay()
    assert table.folder.name == "My Song [a1b2c3] (2)"
    assert table.settled() == []
    os.rename(table.folder, f"{table.folder} approved")
    table.settled()
    assert table.decisions.whole == "approved"
    shutil.rmtree(table.folder)
    table.settled()
    table.lay()
    assert table.folder.name == "My Song [a1b2c3] (2) approved"
    assert table.settled() == []


def test_what_lies_on_a_desk_has_the_modes_of_the_share(tmp_path: Path) -> None:
    table = bench(tmp_path, file_mode="0660", dir_mode="2770")
    old = os.umask(0o077)
    try:
        table.lay()
        desk.tell(table.settings, table.job, table.renders, table.decisions, table.gate())
    finally:
        os.umask(old)
    assert stat.S_IMODE(table.folder.stat().st_mode) == 0o2770
    assert {stat.S_IMODE(path.stat().st_mode) for path in table.folder.iterdir()} == {0o660}


def test_the_memory_survives_being_written_and_read(table: Bench) -> None:
    table.rename("01a.png", "01a.ok.png")
    table.look()
    again = Decisions.model_validate_json(table.decisions.model_dump_json())
    assert desk.look(table.settings, table.job, table.renders, again, table.now).decisions == ()
