"""Names and groups: what is a drop, what belongs to it, what waits and why."""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.queue import groups, names
from daemon.queue.groups import Entry, assemble


def file(name: str, size: int = 10, **more: object) -> Entry:
    return Entry(name, "file", size, 1, 1, **more)  # type: ignore[arg-type]


def folder(name: str, *children: Entry, **more: object) -> Entry:
    return Entry(name, "folder", 0, 1, 1, children, **more)  # type: ignore[arg-type]


def reasons(found: groups.Found) -> dict[str, str]:
    return {waiting.name: waiting.reason for waiting in found.waiting}


def roles(group: groups.Group) -> dict[str, str]:
    return {"/".join(seen.path): seen.role for seen in group.members}


IGNORED = [".DS_Store", "._song.mp3", "Thumbs.db", "@eaDir", ".stfolder", ".hidden.mp3", "desktop.ini"]
OURS = ["song.mp3.FAILED.txt", "_STATUS.html", ".dropreel-abc123-000.mp3", "README.txt", "song.mp3.FAILED"]


@pytest.mark.parametrize("name", IGNORED + OURS)
def test_litter_hidden_names_and_our_own_are_neither_taken_nor_listed(name: str) -> None:
    found = assemble("songs", [file(name), folder(name, file("a.mp3"))])
    assert (found.groups, found.waiting) == ([], [])


@pytest.mark.parametrize(
    "name", ["a.mp3.part", "a.mp3.crdownload", "a.mp3.filepart", "a.tmp", "~a.mp3", "A.MP3.PART", "~$a.mp3"]
)
def test_temporary_names_wait_as_such(name: str) -> None:
    found = assemble("songs", [file(name)])
    assert found.groups == []
    assert "temporary name" in found.waiting[0].reason
    assert found.waiting[0].passing


def test_a_song_takes_the_companions_of_its_stem_along() -> None:
    listed = ["song.mp3", "song.yaml", "song.lrc", "song.srt", "song.beats.txt", "song.jpg", "other.flac", "other.yml"]
    found = assemble("songs", [file(name) for name in listed])
    other, song = found.groups
    assert roles(song) == {
        "song.mp3": "source",
        "song.yaml": "override",
        "song.lrc": "lyrics",
        "song.srt": "subtitles",
        "song.beats.txt": "beats",
        "song.jpg": "cover",
    }
    assert roles(other) == {"other.flac": "source", "other.yml": "override"}
    assert found.waiting == []


def test_a_companion_may_bear_the_whole_name_of_its_song() -> None:
    (group,) = assemble("songs", [file("song.mp3"), file("song.mp3.yaml")]).groups
    assert roles(group)["song.mp3.yaml"] == "override"


def test_names_are_compared_in_one_spelling() -> None:
    spelt = [unicodedata.normalize("NFD", "Größe.mp3"), unicodedata.normalize("NFC", "Größe.lrc")]
    (group,) = assemble("songs", [file(name) for name in spelt]).groups
    assert len(group.members) == 2


def test_a_companion_without_a_song_waits_and_says_whose_it_would_be() -> None:
    (waiting,) = assemble("songs", [file("song.lrc")]).waiting
    assert (waiting.reason, waiting.companion) == ("companion without a song", "song")


def test_two_sources_of_one_stem_are_two_drops_and_share_nothing_twice() -> None:
    found = assemble("songs", [file("a.flac"), file("a.mp3"), file("a.lrc")])
    assert [len(group.members) for group in found.groups] == [2, 1]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (file("a.mp3", 0), "empty file"),
        (file("a.xyz"), "no rule takes .xyz here"),
        (file("noending"), "no rule takes such a name here"),
        (Entry("a.mp3", "link"), "a link is not taken; drop the file itself"),
        (Entry("a.mp3", "fifo"), "not a regular file (FIFO)"),
        (Entry("a.mp3", "other"), "not a regular file"),
        (file("a.mp3", unreadable="permission"), "not readable: permission"),
        (file("a.mp3", 5 << 20), "larger than 4 MiB"),
        (folder("album", too_many=True), "more than 3 files"),
        (folder("album", *(file(f"{n}.png") for n in range(4))), "more than 3 files"),
        (folder("album"), "empty folder"),
        (folder("album", file("a.png")), "nothing in this folder makes a film"),
        (folder("album", unreadable="permission"), "not readable: permission"),
        (folder("album", file("a.mp3"), file("b.mp3.part")), "b.mp3.part: temporary name: still being copied?"),
        (
            folder("album", file("a.mp3"), Entry("b", "link")),
            "b: a link, and links aren't followed: put the file itself there, or remove the link",
        ),
        (folder("album", folder("x", unreadable="permission")), "x: not readable: permission"),
    ],
)
def test_what_can_not_be_taken_waits_with_a_reason(entry: Entry, reason: str) -> None:
    found = assemble("songs", [entry], limits=groups.Limits(file_mb=4, folder_files=3))
    assert found.groups == []
    assert list(reasons(found).values()) == [reason]


def test_a_folder_that_is_an_inbox_itself_is_no_drop() -> None:
    found = assemble("songs", [folder("cartoon", file("a.mp3"))], nested=frozenset({"cartoon"}))
    assert (found.groups, found.waiting) == ([], [])


def test_a_folder_where_folders_are_not_taken_waits() -> None:
    found = assemble("songs", [folder("album", file("a.mp3"))], whole_folders=False)
    assert "folders aren't taken here" in found.waiting[0].reason


def test_a_dropped_folder_with_one_sound_is_one_drop_with_all_that_lies_in_it() -> None:
    album = folder(
        "album",
        file("song.mp3"),
        file("song.lrc"),
        file("cover.jpg"),
        file("scene1.png"),
        folder("cast", file("ana.png")),
        folder("backgrounds", file("city.jpg")),
        folder("loops", file("a.mp4"), file("b.wav")),
        file("notes.doc"),
        file("empty.nfo", 0),
        file(".DS_Store"),
    )
    (group,) = assemble("songs", [album]).groups
    assert group.folder and group.siblings == ()
    assert roles(group) == {
        "album/song.mp3": "source",
        "album/song.lrc": "lyrics",
        "album/cover.jpg": "cover",
        "album/scene1.png": "picture",
        "album/cast/ana.png": "cast",
        "album/backgrounds/city.jpg": "background",
        "album/loops/a.mp4": "loop",
        "album/loops/b.wav": "loop",
        "album/notes.doc": "other",
        "album/empty.nfo": "other",
    }


def test_a_dropped_folder_with_several_sounds_is_a_drop_for_each_and_they_share_the_pictures() -> None:
    album = folder("album", file("1.mp3"), file("1.lrc"), file("2.mp3"), file("scene.png"))
    first, second = assemble("songs", [album]).groups
    assert roles(first) == {"album/1.mp3": "source", "album/1.lrc": "lyrics", "album/scene.png": "picture"}
    assert roles(second) == {"album/2.mp3": "source", "album/scene.png": "picture"}
    assert first.members[-1].shared and not first.members[1].shared
    assert first.siblings == (("album", "1.mp3"), ("album", "2.mp3"))


def test_in_songs_the_sound_of_a_film_counts_but_in_a_folder_only_where_no_sound_lies() -> None:
    assert len(assemble("songs", [file("clip.mp4")]).groups) == 1
    (group,) = assemble("songs", [folder("f", file("clip.mp4"), file("song.wav"))]).groups
    assert group.source.name == "song.wav"
    (group,) = assemble("songs", [folder("f", file("clip.mp4"))]).groups
    assert group.source.name == "clip.mp4"


@pytest.mark.parametrize(
    ("inbox", "name", "kind"),
    [
        ("songs", "a.MP3", "song"),
        ("songs/deity", "a.opus", "song"),
        ("songs", "a.mov", "song"),
        ("songs", "a.yaml", ""),
        ("videos", "a.mov", "video"),
        ("videos", "a.mp3", ""),
        ("briefs", "a.yaml", "brief"),
        ("briefs", "a.md", "brief"),
        ("library", "a.aiff", "track"),
        ("own", "a.wav", "song"),
        ("own", "a.mkv", "video"),
    ],
)
def test_the_folder_and_the_ending_say_what_a_drop_is(inbox: str, name: str, kind: str) -> None:
    assert names.source_kind(name, inbox) == kind


WILD = st.text(st.characters(codec=None, exclude_characters="/\0"), min_size=1, max_size=80)


@settings(deadline=None, max_examples=150)
@given(WILD)
def test_any_name_is_shown_on_one_line_of_plain_text(name: str) -> None:
    shown = names.display(name)
    shown.encode("utf-8")
    assert len(shown) <= 120
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in shown)
    assert "\u202e" not in shown


@settings(deadline=None, max_examples=150)
@given(st.binary(min_size=1, max_size=255).filter(lambda raw: b"/" not in raw and b"\0" not in raw))
def test_a_name_with_an_ending_fits_and_keeps_its_ending(raw: bytes) -> None:
    made = os.fsencode(names.with_ending(os.fsdecode(raw), names.NOTE))
    assert len(made) <= 255
    assert made.endswith(b".FAILED.txt")


@settings(deadline=None, max_examples=100)
@given(st.lists(WILD, max_size=8, unique=True))
def test_every_name_of_a_listing_is_taken_or_waits_or_is_silent(listed: list[str]) -> None:
    found = assemble("songs", [file(name) for name in listed])
    taken = [seen.name for group in found.groups for seen in group.members]
    waiting = [waiting.raw for waiting in found.waiting]
    assert sorted(taken + waiting) == sorted(name for name in listed if not names.is_silent(name))


def test_an_empty_loop_does_not_hold_the_folder_and_no_clip_is_a_song() -> None:
    inside = [
        file("a.mp3"),
        folder("loops", file("b.webm", 0)),
        folder("Clips", file("c.mp4")),
        folder("cast", file("d.gif")),
    ]
    (group,) = assemble("songs", [folder("album", *inside)]).groups
    assert {seen.name: seen.role for seen in group.members} == {
        "a.mp3": "source",
        "b.webm": "loop",
        "c.mp4": "clip",
        "d.gif": "cast",
    }
