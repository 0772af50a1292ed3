"""No names whatever upset the reading of a desk, and none approves what nobody approved."""

from __future__ import annotations

import os
import re
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from daemon.approvals.words import Entry, Laid, Memory, Own, read_name, read_names, whole_of_folder

IDS = ("01a", "01b", "02a", "02b", "03a")
MEMORY = Memory(
    folder="Song [a1b2c3]",
    laid={f"{one}.png": Laid(id=one, size=9, mtime_ns=1, sha256="x") for one in IDS},
)
_YES = re.compile("ok|okay|yes|approved")

pieces = st.sampled_from(
    [
        "01a",
        "02b",
        "03A",
        "9z",
        "ok",
        "OK",
        "no",
        "redo",
        "yes",
        "png",
        "jpg",
        "copy",
        "(1)",
        "APPROVED",
        "rejected",
        "not",
    ]
)
glue = st.sampled_from([".", " ", "_", "-", "", "..", "\u200b", "\u0301", ":", "?"])
words = st.lists(st.tuples(pieces, glue), max_size=7).map(lambda many: "".join(one + mark for one, mark in many))
wild = st.binary(max_size=60).map(os.fsdecode)
names = st.one_of(words, st.text(max_size=60), wild)
entries = st.builds(
    Entry,
    name=names,
    size=st.sampled_from([0, 1, 9, 5000]),
    kind=st.sampled_from(["file", "dir", "other"]),
    settled=st.booleans(),
    own=st.sampled_from([None, Own(file="own.png", sha="y")]),
    problem=st.sampled_from(["", "it is no picture"]),
)


@given(st.lists(entries, max_size=12), names, st.lists(st.sampled_from(IDS), unique=True))
@settings(deadline=None, max_examples=300)
@example([Entry("01a not ok.png", 9)], "Song [a1b2c3] not approved", [])
def test_no_listing_upsets_the_reading_or_approves_what_nobody_approved(
    listing: list[Entry], folder: str, gone: list[str]
) -> None:
    memory = MEMORY.model_copy(update={"gone": gone})
    said = read_names(listing, memory, folder, "a1b2c3")
    assert len({one.picture for one in said}) == len(said)
    for one in said:
        if one.verdict != "ok":
            continue
        if one.picture == "*":
            spoken = [entry.name for entry in listing if entry.kind != "other" and entry.settled] + [folder]
            assert any("approved" in unicodedata.normalize("NFKC", name).casefold() for name in spoken)
        elif one.way == "replace":
            assert any(entry.own and entry.settled and not entry.problem and entry.size for entry in listing)
        else:
            files = [entry for entry in listing if entry.kind == "file" and entry.settled]
            assert any(_YES.search(unicodedata.normalize("NFKC", entry.name).casefold()) for entry in files)


@given(st.sampled_from(IDS), names)
@settings(deadline=None, max_examples=300)
def test_a_name_with_a_word_that_is_not_known_says_nothing(ident: str, other: str) -> None:
    reading = read_name(f"{ident}.ok xyzzy {other}.png")
    assert reading is None or "redo" in reading.words or reading.verdict != "ok"


@given(names)
@settings(deadline=None, max_examples=200)
def test_reading_a_name_twice_gives_the_same(name: str) -> None:
    assert read_name(name) == read_name(name)
    assert whole_of_folder(name, "a1b2c3", "Song [a1b2c3]") in {None, "ok", "no"}


@given(st.sampled_from(IDS), st.sampled_from(["ok", "no", "redo"]), st.sampled_from([".", " ", "_", "-"]), st.randoms())
@settings(deadline=None, max_examples=100)
def test_case_and_normal_form_never_matter(ident: str, word: str, mark: str, chance: object) -> None:
    name = f"{ident}{mark}{word}.png"
    mixed = "".join(c.upper() if chance.random() < 0.5 else c for c in name)  # type: ignore[attr-defined]
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        reading = read_name(unicodedata.normalize(form, mixed))  # type: ignore[arg-type]
        assert reading is not None
        assert reading.verdict == word
