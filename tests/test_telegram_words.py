"""What buttons, updates and replies say, and how pictures are spread over messages: pure, with wild inputs."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from daemon.approvals import telegram as chats
from daemon.approvals import telegram_photo as photos
from daemon.approvals import telegram_words as words
from daemon.approvals.merge import now
from daemon.approvals.telegram import Chat, Sent, Span, View
from daemon.approvals.telegram_layout import MOST_PHOTOS, MOST_PICTURES, Group, cost, layout
from daemon.errors import FinalFault
from daemon.service.telegram_notices import Notices
from daemon.sidecars import Decision, Decisions, Picture, Renders

calm = settings(deadline=None)
IDS = st.builds(
    lambda slot, candidate: f"{slot:02d}{candidate}",
    st.integers(1, 400),
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=2),
)
VERDICTS = st.sampled_from(["ok", "no", "redo", "undecided"])


@calm
@given(VERDICTS, st.lists(IDS, min_size=1, max_size=40, unique=True))
@example("ok", ["01a", "01b", "02a"])
@example("no", ["399zz"])
def test_a_button_s_data_comes_back_as_it_was_or_is_not_made_at_all(verdict: Any, pictures: list[str]) -> None:
    text = words.data(verdict, "a1b2c3", pictures)
    assert len(text.encode()) <= 64
    if text:
        found = words.read_data(text)
        assert found is not None
        assert (found.verdict, found.job, set(found.pictures)) == (verdict, "a1b2c3", set(pictures))
    else:
        assert len(pictures) > 1


@calm
@given(IDS)
def test_every_single_picture_has_its_buttons(ident: str) -> None:
    assert words.data("redo", "a1b2c3", (ident,))


@calm
@given(st.text(max_size=80))
@example("y:a1b2c3:*")
@example("y:a1b2c3:")
@example("n:A1B2C3:01a")
@example("t:00000000")
def test_data_that_is_not_ours_says_nothing(text: str) -> None:
    found = words.read_data(text)
    assert found is None or words.data(found.verdict, found.job, found.pictures)


def test_twelve_places_with_two_candidates_each_fit_into_one_button() -> None:
    assert words.data("ok", "a1b2c3", [f"{slot:02d}{letter}" for slot in range(1, 13) for letter in "ab"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("update_id", "callback_query", "message", "from", "id", "data", "text", "chat", "message_id"),
    "reply_to_message",
)
ONE = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5)


@calm
@given(st.dictionaries(st.sampled_from(FIELDS), JSON | ONE, max_size=5))
def test_whatever_comes_in_is_read_without_harm(update: dict[str, Any]) -> None:
    found = words.read(update)
    assert isinstance(found, words.Update)
    assert isinstance(found.user, int)
    assert not isinstance(words.read(json.dumps(update)), words.Press)


def test_who_pressed_is_who_pressed_and_not_who_wrote_the_message_under_the_button() -> None:
    under = {"message_id": 5, "chat": {"id": -4}, "from": {"id": 1}}
    update = {
        "update_id": 9,
        "callback_query": {"id": "q", "from": {"id": 666}, "data": "y:a1b2c3:*", "message": under},
    }
    found = words.read(update)
    assert isinstance(found, words.Press)
    assert (found.user, found.chat, found.message) == (666, -4, 5)


@pytest.mark.parametrize(
    ("text", "verdict", "pictures", "note"),
    [
        ("darker, more fire", "redo", (), "darker, more fire"),
        ("03b darker", "redo", ("03b",), "darker"),
        ("03B: 04a, more\nfire", "redo", ("03b", "04a"), "more fire"),
        ("03b", "redo", ("03b",), ""),
        ("ok", "ok", (), ""),
        ("OK!", "ok", (), ""),
        ("\N{THUMBS UP SIGN}", "ok", (), ""),
        ("03b ok", "ok", ("03b",), ""),
        ("no", "no", (), ""),
        ("not ok", "redo", (), "not ok"),
        ("ok but darker", "redo", (), "ok but darker"),
        ("again: 3 birds", "redo", (), "3 birds"),
        ("80s look", "redo", (), "80s look"),
        ("1980s look, 16mm grain", "redo", (), "1980s look, 16mm grain"),
    ],
)
def test_a_reply_is_a_yes_a_no_or_the_note_of_a_repainting(
    text: str, verdict: str, pictures: tuple[str, ...], note: str
) -> None:
    assert words.wish(text, {"03b", "04a", "16mm"}) == words.Wish(verdict, pictures, note)  # type: ignore[arg-type]


@calm
@given(st.text(max_size=300), st.integers(2, 200))
def test_clipped_text_is_short_enough_and_can_be_sent(text: str, most: int) -> None:
    cut = words.clip(text, most)
    assert words.units(cut) <= most
    cut.encode("utf-8")
    assert "\0" not in cut


GROUPS = st.lists(
    st.builds(
        lambda title, sizes: (title, sizes),
        st.sampled_from(["Verse", "Chorus", "Drop"]),
        st.lists(st.integers(1, 30), min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=14,
)


def groups(shapes: list[tuple[str, list[int]]]) -> list[Group]:
    """Sections with slots of so many candidates each."""
    made, slot = [], 0
    for title, sizes in shapes:
        group = Group(title)
        for size in sizes:
            slot += 1
            group.slots.append(
                [f"{slot:02d}{chr(97 + n // 26) if n > 25 else ''}{chr(97 + n % 26)}" for n in range(size)]
            )
        made.append(group)
    return made


@calm
@given(GROUPS, st.integers(2, 30))
def test_every_picture_is_shown_once_in_order_and_every_album_is_one_that_telegram_takes(
    shapes: list[tuple[str, list[int]]], room: int
) -> None:
    sections = groups(shapes)
    made = layout(sections, room)
    wanted = [ident for section in sections for slot in section.slots for ident in slot]
    assert [ident for batch in made for ident in batch.pictures()] == wanted
    assert all(1 <= len(batch.photos) <= MOST_PHOTOS and all(batch.photos) for batch in made)
    assert all(len(batch.pictures()) <= MOST_PICTURES for batch in made)
    # The room is kept to unless even one message for each two dozen pictures is too many.
    taken = sum(cost(len(batch.photos)) for batch in made)
    assert taken <= room or all(len(batch.photos) == 1 for batch in made)


def test_six_sections_of_two_candidates_take_at_most_twenty_messages_with_the_animatic() -> None:
    for slots in (1, 2, 4, 6):
        made = layout(groups([("Verse", [2] * slots)] * 6), 19)
        assert 1 + sum(cost(len(batch.photos)) for batch in made) <= 20
        assert len(made) == 6
        assert all(len(batch.photos) in (2, 3) for batch in made)


# --- what a chat should show ------------------------------------------------------------------


def renders(slots: int, candidates: str = "ab") -> Renders:
    return Renders(
        pictures=[
            Picture(
                slot=f"{n:02d}", candidate=letter, file=f"{n}{letter}", fingerprint=f"{n}{letter}", width=9, height=9
            )
            for n in range(1, slots + 1)
            for letter in candidates
        ]
    )


def view(made: Renders, said: Decisions | None = None, **more: Any) -> View:
    spans = {f"{n:02d}": Span(n // 3, "verse", n * 2.0, n * 2.0 + 2, "a ship") for n in range(1, 99)}
    given: dict[str, Any] = {"deciding": True, **more}
    return View(job="a1b2c3", title="Song", slots=now(made, said or Decisions()), spans=spans, **given)


DECISIONS = st.lists(
    st.builds(
        Decision,
        picture=st.sampled_from(["01a", "01b", "02a", "03b", "07a"]),
        verdict=VERDICTS,
        by=st.text(max_size=80),
        way=st.sampled_from(["telegram", "rename", "command", "rule", ""]),
        note=st.text(max_size=700),
    ),
    max_size=8,
)


@calm
@given(st.integers(1, 30), st.integers(1, 3), DECISIONS, st.text(max_size=2000), st.booleans())
def test_everything_that_should_be_shown_is_something_that_telegram_takes(
    slots: int, candidates: int, said: list[Decision], note: str, deciding: bool
) -> None:
    chat = Chat()
    shown = view(renders(slots, "abc"[:candidates]), Decisions(decisions=said), lines=[note], deciding=True)
    chats.plan(shown, chat, 20)
    for post in chats.posts(shown, chat):
        assert words.units(post.text) <= (4096 if post.kind == "text" else 1024)
        assert post.text or post.kind == "album"
        assert all(words.units(caption) <= 1024 for caption in post.captions)
        rows = [button for row in post.buttons for button in row]
        assert len(rows) <= 100
        assert all(label and 1 <= len(word.encode()) <= 64 for label, word in rows)
        if post.kind == "album":
            assert 2 <= len(post.photos) == len(post.captions) <= 10
            assert not post.buttons
    over = view(renders(slots, "abc"[:candidates]), Decisions(decisions=said), deciding=False, over="done.")
    assert not any(post.buttons or post.fresh for post in chats.posts(over, chat))


@calm
@given(st.text(max_size=400), st.lists(st.text(max_size=900), max_size=5))
def test_long_titles_and_notes_never_push_out_how_it_stands(title: str, notes: list[str]) -> None:
    shown = replace(view(renders(2), lines=notes, about=["128 BPM, A minor, 3:20, 24 places in the film"]), title=title)
    shown = replace(shown, status="24 of 24 pictures need a word.", whole="rejected", whole_by="Anna", animatic="x.mp4")
    chat = Chat()
    chats.plan(shown, chat, 20)
    head = chats.posts(shown, chat)[0]
    assert head.text.endswith("All of it is rejected by Anna.\n24 of 24 pictures need a word.")
    assert words.units(head.text) <= 1024


def carried_out(wanted: list[chats.Post], chat: Chat, here: int = -1) -> list[str]:
    """Does what is due until nothing is; returns what was done."""
    done, number = [], max([0, *(ident for sent in chat.sent.values() for ident in sent.ids)])
    while (due := chats.due(wanted, chat, here)) is not None:
        assert len(done) < 200
        done.append(f"{due.verb} {due.key}")
        if due.verb in ("remove", "forget"):
            del chat.sent[due.key]
            continue
        assert due.post is not None
        ids = list(due.ids)
        if due.verb == "send":
            ids = [number + step + 1 for step in range(due.post.messages)]
            number = ids[-1]
        chat.sent[due.key] = Sent(chat=here, kind=due.post.kind, ids=ids, face=due.post.face())
    return done


@calm
@given(st.integers(1, 8), st.lists(DECISIONS, max_size=4))
def test_what_is_shown_follows_every_word_and_then_rests(slots: int, rounds: list[list[Decision]]) -> None:
    chat = Chat()
    for said in [[], *rounds]:
        shown = view(renders(slots), Decisions(decisions=said))
        chats.plan(shown, chat, 20)
        carried_out(chats.posts(shown, chat), chat)
        again = Chat.model_validate(json.loads(chat.model_dump_json()))  # as after a restart
        assert chats.due(chats.posts(shown, again), again, -1) is None
    over = view(renders(slots), Decisions(), deciding=False, over="done.", tidy=True)
    carried_out(chats.posts(over, chat), chat)
    assert list(chat.sent) == ["1.head"]


def test_a_redo_adds_a_message_for_the_fresh_picture_alone() -> None:
    chat, made = Chat(), renders(3)
    shown = view(made)
    assert chats.plan(shown, chat, 20)
    carried_out(chats.posts(shown, chat), chat)
    made.pictures.append(
        Picture(slot="02", candidate="c", file="2c", fingerprint="2c", width=9, height=9, replaces="02a", note="darker")
    )
    said = Decisions(decisions=[Decision(picture="02a", verdict="redo", note="darker", by="Anna", way="telegram")])
    said.redone = {"02a": "02c"}
    shown = view(made, said)
    assert chats.plan(shown, chat, 20)
    assert chat.batches[-1].photos == [["02c"]]
    done = carried_out(chats.posts(shown, chat), chat)
    assert [act for act in done if act.startswith("send")] == ["send 1.2"]
    assert chats.pictures_of(chat, -1, chat.sent["1.2"].ids[0]) == ("02c",)
    assert not chats.plan(shown, chat, 20)


def test_other_pictures_under_the_same_names_are_shown_anew_and_the_old_ones_go() -> None:
    chat, made = Chat(), renders(2)
    chats.plan(view(made), chat, 20)
    carried_out(chats.posts(view(made), chat), chat)
    for picture in made.pictures:
        picture.fingerprint = "other"
    fresh = chats.renewed(view(made), chat)
    assert fresh is not None
    chats.plan(view(made), fresh, 20)
    done = carried_out(chats.posts(view(made), fresh), fresh)
    assert sum(act.startswith("send") for act in done) == sum(act.startswith("remove") for act in done) > 0
    assert chats.renewed(view(made), fresh) is None


def test_an_earlier_word_is_edited_before_anything_new_is_sent() -> None:
    chat, made = Chat(), renders(9)
    shown = view(made)
    chats.plan(shown, chat, 20)
    wanted = chats.posts(shown, chat)
    for post in wanted[:3]:
        chat.sent[post.key] = Sent(chat=-1, kind=post.kind, ids=[1], face=post.face())
    assert (due := chats.due(wanted, chat, -1)) is not None
    assert due.verb == "send"
    said = Decisions(decisions=[Decision(picture="01a", verdict="ok", by="Anna", way="telegram")])
    assert (due := chats.due(chats.posts(view(made, said), chat), chat, -1)) is not None
    assert (due.verb, due.key) == ("edit", "1.0.grid")


def test_what_lies_in_a_group_that_moved_is_sent_anew() -> None:
    chat, made = Chat(), renders(1)
    shown = view(made)
    chats.plan(shown, chat, 20)
    first = carried_out(chats.posts(shown, chat), chat, -1)
    assert carried_out(chats.posts(shown, chat), chat, -100) == first


# --- photos -----------------------------------------------------------------------------------


@calm
@given(st.integers(1, 12_000), st.integers(1, 12_000))
@example(12_000, 1)
@example(1, 12_000)
@example(10_000, 500)
def test_a_picture_s_size_is_always_one_that_telegram_takes(width: int, height: int) -> None:
    wide, high = photos.size((width, height), 1920, 1920)
    assert wide <= width
    assert high <= height
    assert max(wide, high) <= 1920
    assert wide + high <= photos.SIDES


@pytest.mark.parametrize(
    "shapes", [[(64, 36)], [(2000, 20)], [(20, 4000)], [(64, 36)] * 2, [(64, 36)] * 24, [(36, 64), (64, 36), (3000, 9)]]
)
def test_photos_and_sheets_are_ones_that_telegram_takes(tmp_path: Path, shapes: list[tuple[int, int]]) -> None:
    made = []
    for number, shape in enumerate(shapes):
        path = tmp_path / f"{number}.png"
        Image.new("RGBA", shape, (200, number, 0, 128)).save(path)
        made.append((f"{number:02d}a", path))
    data = photos.photo(made)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "JPEG"
        assert sum(picture.size) <= photos.SIDES
        assert max(picture.size) <= photos.RATIO * min(picture.size)
    assert len(data) <= photos.LARGEST


def test_a_sheet_of_small_pictures_is_not_mostly_ground(tmp_path: Path) -> None:
    made = []
    for name in ("01a", "01b"):
        Image.new("RGB", (800, 450), (200, 0, 0)).save(tmp_path / f"{name}.png")
        made.append((name, tmp_path / f"{name}.png"))
    with Image.open(io.BytesIO(photos.photo(made))) as sheet:
        seen = np.asarray(sheet.convert("RGB").resize((100, 100)))
    assert (seen[..., 0] > 100).sum() > 8000


def test_a_picture_that_can_t_be_read_leaves_its_place_in_a_sheet_empty(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.new("RGB", (64, 36)).save(good)
    bad.write_bytes(b"no picture")
    assert photos.photo([("01a", good), ("01b", bad)])
    with pytest.raises(FinalFault):
        photos.photo([("01b", bad)])


# --- troubles ---------------------------------------------------------------------------------


def test_the_same_trouble_joins_its_message_and_other_troubles_end_in_a_number() -> None:
    notices = Notices()
    notices.add("failed", "a", "the disk is full", 0.0)
    first = notices.due()
    assert first is not None
    first.told = first.text()
    assert notices.due() is None
    notices.add("failed", "b", "the disk is full", 10.0)
    assert notices.due() is first
    assert first.text() == "2 jobs failed: a, b.\nthe disk is full"
    for number in range(30):
        notices.add("failed", f"c{number}", f"other {number}", 20.0)
    assert len(notices.all) == 10
    assert "21 more failed" in notices.all[-1].text()


def test_an_hour_later_the_same_trouble_is_told_anew() -> None:
    notices = Notices()
    notices.add("failed", "a", "no room", 0.0)
    notices.all[0].told = notices.all[0].text()
    notices.add("failed", "b", "no room", 4000.0)
    assert [one.jobs for one in notices.all] == [["b"]]


def test_reminders_of_several_songs_are_one_message() -> None:
    notices = Notices()
    for number in range(14):
        notices.add("reminder", f"song {number}", "", float(number))
    (notice,) = notices.all
    assert notice.text().startswith("song 0, song 1,")
    assert notice.text().endswith("song 11 and 2 more: pictures still wait for a word.")
