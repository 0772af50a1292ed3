"""Approval in a chat: from a dropped song to its film, with everything that goes wrong on the way."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from daemon import sidecars
from daemon.approvals import requests
from daemon.errors import FinalFault, PassingFault
from daemon.job import JobFolder
from daemon.queue import spool
from daemon.service.coordinator import Coordinator
from daemon.settings import Settings
from daemon.stages.tools import Tools

from . import telegram_peer, toys
from .coordinating import PEOPLE, coordinator, make_root
from .telegram_peer import ANNA, BEN, EVE, GROUP, TOKEN, Message, No, Peer

TIDY = PEOPLE.replace("grace: 0.2", "grace: 0.2, tidy: true")
SLOW = PEOPLE.replace("grace: 0.2", "grace: 3600")


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", str(GROUP))
    with telegram_peer.running() as running:
        yield running


class Room:
    """A root, a coordinator over it, and the chat beside."""

    def __init__(self, base: Path, peer: Peer, rule: str = SLOW, stages: dict[str, Any] | None = None) -> None:
        self.settings = make_root(base, rule)
        self.settings.telegram.approvers = {ANNA: "Anna", BEN: "Ben"}
        self.settings.telegram.api = peer.url
        self.peer, self.stages = peer, stages
        self.c = self.begin()

    def begin(self) -> Coordinator:
        """A coordinator, as after a restart."""
        self.c = coordinator(self.settings, once=False, stages=self.stages)
        self.c.telegram.errands.pace.gap = 0.0
        self.c.start()
        self.runs = True
        return self.c

    def end(self) -> None:
        """Ends it cleanly."""
        if self.runs:
            self.runs = False
            self.c.end()

    def drop(self, name: str = "My Song.wav") -> None:
        """Drops a song."""
        toys.wav(self.settings.inbox / "songs" / name)

    def until(self, true: Callable[[], Any], turns: int = 400) -> Any:
        """Turns until something is true; fails after so many turns."""
        for _ in range(turns):
            found = true()
            if found:
                return found
            self.c.turn(self.c._wait())
        raise AssertionError(f"it never came true; the chat: {[m.text or m.caption for m in self.peer.in_chat()]}")

    def settle(self) -> None:
        """Turns until nothing is left to be sent or edited."""
        self.until(lambda: self.c.telegram.ear and not self.c.telegram.busy() and self.c.events.empty())

    def shown(self) -> list[Message]:
        """Turns until the pictures are in the chat; the messages with buttons."""
        self.until(lambda: self.stage("rendered"))
        self.settle()
        return self.with_buttons()

    def with_buttons(self) -> list[Message]:
        return [message for message in self.peer.in_chat() if message.buttons]

    def stage(self, stage: str) -> JobFolder | None:
        """The one job, where it lies in that stage."""
        jobs = list(spool.scan(self.settings.stages).jobs.values())
        return jobs[0] if len(jobs) == 1 and jobs[0].stage == stage else None

    def job(self) -> JobFolder:
        (job,) = spool.scan(self.settings.stages).jobs.values()
        return job

    def verdicts(self) -> dict[str, str]:
        said = self.job().read(sidecars.Decisions) or sidecars.Decisions()
        return {one.picture: one.verdict for one in said.decisions}


@pytest.fixture
def room(tmp_path: Path, peer: Peer) -> Iterator[Room]:
    made = Room(tmp_path, peer)
    yield made
    made.end()


def test_a_song_s_pictures_come_as_albums_with_a_grid_of_buttons_each(room: Room, peer: Peer) -> None:
    room.drop()
    head, grid = room.shown()
    assert head.text.startswith("My Song: pictures to choose")
    assert [row[0] for row in grid.labels()] == ["✅ 01a", "✅ 01b", "✅ 02a", "✅ 02b", "✅ all here"]
    album = peer.in_chat(kind="photo")
    assert [message.caption.partition(":")[0] for message in album] == ["01a", "01b", "02a", "02b"]
    assert len({message.group for message in album}) == 1
    assert peer.in_chat()[0] is head


def test_a_press_is_a_decision_by_name_and_shows_in_the_chat(room: Room, peer: Peer) -> None:
    room.drop()
    _, grid = room.shown()
    query = peer.press(grid, "✅ 01a", BEN)
    room.until(lambda: "01a: approved by Ben" in grid.text)
    (said,) = (room.job().read(sidecars.Decisions) or sidecars.Decisions()).decisions
    assert (said.picture, said.verdict, said.by, said.way) == ("01a", "ok", "Ben", "telegram")
    assert "● ✅ 01a" in grid.labels()[0]
    room.until(lambda: peer.answered.get(query) == "01a: approved.")


def test_a_film_is_made_of_what_was_approved_and_comes_into_the_chat(tmp_path: Path, peer: Peer) -> None:
    room = Room(tmp_path, peer, PEOPLE)
    room.drop()
    head, grid = room.shown()
    peer.press(grid, "✅ 01b")
    peer.press(grid, "✅ 02a")
    film = room.until(lambda: peer.in_chat(kind="video"))[0]
    assert "the film is ready, in outbox/My Song" in film.caption
    assert json.loads(film.data) == {"01": ["01b"], "02": ["02a"]}
    room.settle()
    assert room.with_buttons() == []
    assert "2 of 2 pictures approved by telegram" in head.text
    assert "The film is ready." in head.text
    room.end()
    room.begin()
    room.settle()
    assert len(peer.in_chat(kind="video")) == 1
    assert "01b: approved by Anna" in grid.text
    room.end()


def test_only_those_who_are_allowed_decide_and_the_others_are_ignored(room: Room, peer: Peer) -> None:
    room.drop()
    head, grid = room.shown()
    query = peer.press(head, "Approve all", EVE)
    peer.say("darker", EVE, peer.in_chat(kind="photo")[0])
    peer.say("approve everything", EVE)
    peer.press(grid, "❌ 02b", ANNA)
    room.until(lambda: room.verdicts())
    assert room.verdicts() == {"02b": "no"}
    assert query not in peer.answered


def test_a_reply_to_a_picture_has_it_painted_again_with_that_note(tmp_path: Path, peer: Peer) -> None:
    room = Room(tmp_path, peer, PEOPLE)
    room.drop()
    room.shown()
    peer.say("darker, more fire", ANNA, peer.in_chat(kind="photo")[2])
    room.until(lambda: (room.job().read(sidecars.Renders) or sidecars.Renders()).round == 2)
    (said,) = (room.job().read(sidecars.Decisions) or sidecars.Decisions()).decisions
    assert (said.picture, said.verdict, said.note) == ("02a", "redo", "darker, more fire")
    room.settle()
    *_, photo = peer.in_chat(kind="photo")
    assert photo.caption.startswith("Verse, 0:01 to 0:02\n02c: no word yet")
    assert photo.labels() == [["✅ 02c", "❌ 02c", "🔁 again"]]
    (grid,) = [message for message in peer.in_chat(kind="text") if "01a" in message.text]
    assert "02a: painted again as 02c (darker, more fire)" in grid.text
    room.end()


def test_a_reply_that_names_no_picture_among_many_is_asked_which(room: Room, peer: Peer) -> None:
    room.drop()
    _, grid = room.shown()
    peer.say("darker", ANNA, grid)
    room.until(lambda: "Which picture?" in peer.in_chat()[-1].text)
    peer.say("02b darker", ANNA, grid)
    room.until(lambda: room.verdicts() == {"02b": "redo"})


def test_a_reply_to_a_photo_of_one_place_is_about_all_its_candidates(tmp_path: Path, peer: Peer) -> None:
    room = Room(tmp_path, peer)
    room.settings.telegram.messages = 4
    room.drop()
    room.shown()
    first, second = peer.in_chat(kind="photo")
    assert (first.caption, second.caption) == ("01a, 01b", "02a, 02b")
    peer.say("darker", ANNA, second)
    room.until(lambda: room.verdicts() == {"02a": "redo", "02b": "redo"})
    peer.say("01b ok", ANNA, first)
    room.until(lambda: room.verdicts().get("01b") == "ok")
    room.end()


def test_words_on_the_desk_and_the_command_line_show_in_the_chat(room: Room, peer: Peer) -> None:
    room.drop()
    head, grid = room.shown()
    (desk,) = [path for path in room.settings.review.iterdir() if path.is_dir()]
    (desk / "01a.png").rename(desk / "01a.ok.png")
    room.until(lambda: "01a: approved" in grid.text and "the desk" in grid.text)
    requests.leave(room.settings, "redo", room.job().id, {"pictures": ["02a"], "note": "less"}, by="carl")
    room.until(lambda: "02a: to be painted again by carl, on the command line: less" in grid.text)
    assert "1 picture to be painted again" in head.text


def test_everything_at_once_can_be_taken_back(room: Room, peer: Peer) -> None:
    room.drop()
    head, _ = room.shown()
    peer.press(head, "Reject all")
    room.until(lambda: head.labels() == [["↩ Take it back"]])
    assert "All of it is rejected by Anna." in head.text
    peer.press(head, "Take it back", BEN)
    room.until(lambda: head.labels() == [["✅ Approve all", "❌ Reject all"]])


def test_messages_with_pictures_go_where_the_rule_says_so(tmp_path: Path, peer: Peer) -> None:
    room = Room(tmp_path, peer, TIDY)
    room.drop()
    head, _ = room.shown()
    peer.press(head, "Approve all")
    room.until(lambda: peer.in_chat(kind="video"))
    room.settle()
    assert [message.kind for message in peer.in_chat()] == ["text", "video"]
    assert head in peer.in_chat()
    room.end()


def test_after_a_restart_nothing_is_sent_twice_and_presses_made_meanwhile_count(room: Room, peer: Peer) -> None:
    room.drop()
    _, grid = room.shown()
    before = [message.id for message in peer.in_chat()]
    room.end()
    peer.press(grid, "✅ 01a")
    room.begin()
    room.until(lambda: "01a: approved by Anna" in grid.text)
    room.settle()
    assert [message.id for message in peer.in_chat()] == before


def test_an_update_that_is_told_again_after_a_crash_says_nothing_new(room: Room, peer: Peer) -> None:
    room.drop()
    _, grid = room.shown()
    peer.press(grid, "✅ 01a")
    update = dict(peer.updates[-1])
    room.until(room.verdicts)
    requests.leave(room.settings, "reject", room.job().id, {"pictures": ["01a"]}, by="carl")
    room.until(lambda: room.verdicts() == {"01a": "no"})
    room.end()
    (room.settings.stages / ".telegram.json").unlink()  # as if killed between the decision and the offset
    peer.updates.insert(0, update)
    room.begin()
    room.until(lambda: not peer.updates)
    assert room.verdicts() == {"01a": "no"}


def test_nothing_is_confirmed_before_its_decision_is_on_disk(
    room: Room, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.drop()
    _, grid = room.shown()
    from daemon.service import desks

    record, full = desks.record, [True]

    def refuses(*arguments: Any) -> None:
        if full[0]:
            raise OSError(28, "No space left on device")
        record(*arguments)

    monkeypatch.setattr(desks, "record", refuses)
    assert room.c.telegram.ear is not None
    room.c.telegram.ear._pause = lambda seconds: None
    peer.press(grid, "✅ 01a")
    asked = len(peer.asked("getUpdates"))
    room.until(lambda: len(peer.asked("getUpdates")) > asked + 3)
    assert peer.updates
    assert room.verdicts() == {}
    full[0] = False
    room.until(lambda: not peer.updates)
    assert room.verdicts() == {"01a": "ok"}


def test_a_press_that_is_answered_too_late_counts_all_the_same(room: Room, peer: Peer) -> None:
    room.drop()
    _, grid = room.shown()
    peer.press(grid, "❌ 02a", late=True)
    room.until(lambda: "02a: rejected by Anna" in grid.text)


def test_a_press_after_the_gate_closed_is_told_so(tmp_path: Path, peer: Peer) -> None:
    room = Room(tmp_path, peer, PEOPLE)
    room.drop()
    head, _ = room.shown()
    data = head.buttons[0][1]["callback_data"]
    peer.press(head, "Approve all")
    room.until(lambda: room.stage("done"))
    query = peer.press_data(head, data)
    room.until(lambda: query in peer.answered)
    assert peer.answered[query].startswith("Too late: the film is ready.")
    room.end()


def test_a_message_that_somebody_deleted_is_left_alone(room: Room, peer: Peer) -> None:
    room.drop()
    head, grid = room.shown()
    peer.remove(grid)
    peer.press(head, "Approve all")
    room.until(lambda: "All of it is approved" in head.text)
    room.settle()
    assert grid not in peer.in_chat()
    sent = len(peer.asked("sendMessage"))
    requests.leave(room.settings, "reject", room.job().id, {"pictures": ["01a"]}, by="carl")
    room.until(room.verdicts)
    room.settle()
    assert len(peer.asked("sendMessage")) == sent


def test_too_many_requests_are_sent_later_and_lose_nothing(room: Room, peer: Peer) -> None:
    peer.refuse["sendMediaGroup"] = [No(429, "Too Many Requests: retry after 30", retry_after=30)]
    room.drop()
    room.until(lambda: peer.asked("sendMediaGroup"))
    room.until(lambda: room.c.telegram.errands.failing)
    left = room.c.telegram.errands.not_before - room.c.clock()
    assert 25 < left <= 30
    assert peer.in_chat(kind="photo") == []
    room.c.telegram.errands.not_before = 0.0
    room.until(lambda: len(peer.in_chat(kind="photo")) == 4)


def test_a_group_that_became_a_supergroup_gets_everything_there(room: Room, peer: Peer) -> None:
    peer.migrate(GROUP, -1001, told=False)
    room.drop()
    room.until(lambda: room.c.telegram.here == -1001)
    room.c.telegram.errands.not_before = 0.0
    room.until(lambda: len(peer.in_chat(-1001, "photo")) == 4)
    room.end()
    assert room.begin().telegram.here == -1001


def test_being_told_that_the_group_moved_is_enough(room: Room, peer: Peer) -> None:
    room.drop()
    room.shown()
    peer.migrate(GROUP, -1001)
    room.until(lambda: any(m.buttons for m in peer.in_chat(-1001, "text")))
    room.until(lambda: len(peer.in_chat(-1001, "photo")) == 4)


def test_a_message_that_is_never_answered_is_not_sent_for_ever(
    room: Room, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daemon.service import telegram_hand

    send, stuck = telegram_hand._send, []

    def arrives_unanswered(*arguments: Any) -> tuple[int, ...]:
        ids = send(*arguments)
        if arguments[2].kind == "album":
            stuck.append(ids)
            raise PassingFault("127.0.0.1 doesn't answer", "silent for 300 seconds")
        return ids

    monkeypatch.setattr(telegram_hand, "_send", arrives_unanswered)
    room.drop()

    def hurried() -> bool:
        room.c.telegram.errands.not_before = 0.0
        return len(room.with_buttons()) == 2

    room.until(hurried)
    assert len(stuck) == 3


def test_a_wrong_token_is_told_once_without_the_token(
    room: Room,
    peer: Peer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN[:-4] + "oops")
    room.c.telegram.start()
    room.until(lambda: room.c.telegram.problem)
    room.drop()
    room.until(lambda: room.stage("rendered"))
    for _ in range(20):
        room.c.turn(room.c._wait())
    assert "The token is wrong" in room.c.telegram.problem
    room.end()
    said = "".join(capfd.readouterr()) + caplog.text
    assert said.count("trouble with Telegram") == 1
    below = [path.read_bytes() for path in room.settings.root.rglob("*") if path.is_file()]
    assert not any(TOKEN[:-4].encode() in data for data in [*below, said.encode()])
    assert "The token is wrong" in room.settings.snapshot.read_text()


def test_a_line_that_nobody_answers_holds_up_no_job(tmp_path: Path, peer: Peer) -> None:
    peer.close()
    room = Room(tmp_path, peer, PEOPLE)
    room.drop()
    room.until(lambda: room.stage("rendered"))
    requests.leave(room.settings, "approve", room.job().id)
    room.until(lambda: room.stage("done"))
    assert (room.settings.outbox / "My Song" / "My Song.mp4").exists()
    room.end()


def test_the_same_trouble_of_many_songs_is_one_message(tmp_path: Path, peer: Peer) -> None:
    def broken(job: JobFolder, tools: Tools) -> sidecars.Prompts:
        raise FinalFault("the prompts can't be written", "the toy is broken", "Mend the toy.")

    room = Room(tmp_path, peer, stages={"prompt": broken})
    for number in range(5):
        room.drop(f"song {number}.wav")
    room.until(lambda: len(room.c.jobs) == 5 and all(one.stage == "failed" for one in room.c.jobs.values()))
    room.settle()
    (notice,) = peer.in_chat()
    assert notice.text.startswith("5 jobs failed: song 0, song 1")
    assert "the toy is broken" in notice.text
    room.end()


def test_a_rule_that_approves_by_itself_sends_the_film_and_no_pictures(tmp_path: Path, peer: Peer) -> None:
    room = Room(tmp_path, peer, PEOPLE.replace("by: people", "by: auto"))
    room.drop()
    room.until(lambda: peer.in_chat(kind="video"))
    room.settle()
    assert len(peer.in_chat()) == 1
    room.end()


def test_of_a_film_that_is_too_large_a_worker_makes_a_copy_for_the_chat(tmp_path: Path, peer: Peer) -> None:
    def large(job: JobFolder, tools: Tools) -> sidecars.Sync:
        made = toys.sync(job, tools)
        made.films[0].size = 60_000_000
        return made

    def shrink(job: JobFolder, tools: Tools) -> sidecars.Sync:
        name = tools.publish(job, "film-feedfeedfeedfeed.mp4", lambda path: path.write_bytes(b"small"))
        film = job.need(sidecars.Sync).films[0].model_copy(update={"file": name, "size": 5})
        return sidecars.Sync(films=[film])

    room = Room(tmp_path, peer, PEOPLE.replace("by: people", "by: auto"), {"sync": large, "shrink": shrink})
    room.drop()
    film = room.until(lambda: peer.in_chat(kind="video"))[0]
    assert film.data == b"small"
    assert "smaller copy" in film.caption
    assert "shrink" in room.c.workers.ran  # type: ignore[attr-defined]
    assert room.stage("done")
    room.end()


def test_where_no_copy_can_be_made_the_chat_says_where_the_film_lies(tmp_path: Path, peer: Peer) -> None:
    def large(job: JobFolder, tools: Tools) -> sidecars.Sync:
        made = toys.sync(job, tools)
        made.films[0].size = 60_000_000
        return made

    def shrink(job: JobFolder, tools: Tools) -> sidecars.Sync:
        raise FinalFault("a film of 9:00:00 can't be watched in 48 MB")

    room = Room(tmp_path, peer, PEOPLE.replace("by: people", "by: auto"), {"sync": large, "shrink": shrink})
    room.drop()
    said = room.until(lambda: peer.in_chat())[0]
    assert "in outbox/My Song" in said.text
    assert "can't be watched in 48 MB" in said.text
    room.settle()
    assert room.stage("done")
    room.end()


def test_a_finished_song_that_comes_back_is_shown_from_the_start(tmp_path: Path, peer: Peer) -> None:
    room = Room(tmp_path, peer, PEOPLE)
    room.drop()
    head, _ = room.shown()
    peer.press(head, "Approve all")
    room.until(lambda: peer.in_chat(kind="video"))
    room.settle()
    before = {message.id for message in peer.in_chat()}
    requests.leave(room.settings, "reopen", room.job().id)
    room.until(lambda: room.stage("rendered"))
    room.until(lambda: len(room.with_buttons()) == 2)
    assert before < {message.id for message in peer.in_chat()}
    again, _ = room.with_buttons()
    peer.press(again, "Approve all")
    room.until(lambda: len(peer.in_chat(kind="video")) == 2)
    room.end()


def test_a_huge_picture_is_made_small_enough(tmp_path: Path, peer: Peer) -> None:
    huge = io.BytesIO()
    Image.effect_noise((9000, 300), 90).convert("RGB").save(huge, "PNG")

    def render(job: JobFolder, tools: Tools) -> sidecars.Renders:
        made = toys.render(job, tools)
        for picture in made.pictures:
            (job.path / picture.file).write_bytes(huge.getvalue())
        return made

    room = Room(tmp_path, peer, stages={"render": render})
    room.drop()
    room.shown()
    assert len(peer.in_chat(kind="photo")) == 4
    room.end()


def test_a_picture_that_is_none_is_told_of_in_the_log_and_holds_up_nothing(tmp_path: Path, peer: Peer) -> None:
    def render(job: JobFolder, tools: Tools) -> sidecars.Renders:
        made = toys.render(job, tools)
        for picture in made.pictures:
            (job.path / picture.file).write_bytes(b"no picture")
        return made

    room = Room(tmp_path, peer, stages={"render": render})
    room.drop()
    head, _ = room.shown()
    assert peer.in_chat(kind="photo") == []
    assert head.text.startswith("My Song")
    room.end()


def test_once_sends_what_waits_and_ends(tmp_path: Path, peer: Peer) -> None:
    settings: Settings = make_root(tmp_path, SLOW)
    settings.telegram.approvers, settings.telegram.api = {ANNA: "Anna"}, peer.url
    toys.wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings)
    c.telegram.errands.pace.gap = 0.0
    c.run()
    assert len(peer.in_chat(kind="photo")) == 4
    _, grid = [message for message in peer.in_chat() if message.buttons]
    peer.press(grid, "✅ 01a")
    c = coordinator(settings)
    c.telegram.errands.pace.gap = 0.0
    c.run()
    assert "01a: approved by Anna" in grid.text


def test_without_approvers_nobody_is_asked(tmp_path: Path, peer: Peer) -> None:
    settings = make_root(tmp_path, SLOW)
    settings.telegram.api = peer.url
    toys.wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    assert peer.calls == []


def test_an_edit_that_changes_nothing_is_no_trouble(room: Room, peer: Peer) -> None:
    room.drop()
    head, _ = room.shown()
    (one,) = room.c.jobs.values()
    room.c.telegram.chat(one).sent["1.head"].face = "forgotten"
    room.c.telegram.errands.look_again()
    room.settle()
    sent = room.c.telegram.chat(one).sent["1.head"]
    assert not sent.gone
    assert sent.face != "forgotten"
    assert head in peer.in_chat()


def test_a_bot_that_was_put_out_of_the_group_goes_on_when_it_is_let_in_again(room: Room, peer: Peer) -> None:
    peer.kicked.add(GROUP)
    room.drop()
    room.until(lambda: room.c.telegram.problem)
    assert "Add the bot to the group again." in room.c.telegram.problem
    assert room.c.telegram.errands.not_before - room.c.clock() > 200
    peer.kicked.clear()
    room.c.telegram.errands.not_before = 0.0
    room.until(lambda: len(peer.in_chat(kind="photo")) == 4)
    assert room.c.telegram.problem == ""


def test_a_lost_state_costs_nothing_but_messages_that_come_again(room: Room, peer: Peer) -> None:
    room.drop()
    room.shown()
    room.end()
    (room.job().path / "state.json").unlink()
    room.begin()
    room.until(lambda: len(peer.in_chat(kind="photo")) == 8)
    room.settle()
    old, new = [message for message in peer.in_chat(kind="text") if "01a" in message.text]
    peer.press(old, "✅ 01a")
    room.until(lambda: "01a: approved by Anna" in new.text)


def test_settings_that_are_read_again_change_who_may_decide_and_where(room: Room, peer: Peer) -> None:
    room.drop()
    _, grid = room.shown()
    peer.press(grid, "✅ 01a", EVE)
    peer.say("anything at all", ANNA)
    room.until(lambda: not peer.updates or peer.asked("getUpdates")[-1].get("offset") == peer.number + 1)
    assert room.verdicts() == {}
    text = f"telegram: {{api: '{peer.url}', approvers: {{{EVE}: Eve}}}}\nroom_mb: 0\nsettle: 0.05\n"
    (room.settings.root / "dropreel.yaml").write_text(text)
    requests.leave(room.settings, "reload")
    room.until(lambda: room.c.settings.telegram.approvers == {EVE: "Eve"})
    peer.press(grid, "❌ 01b", ANNA)
    peer.press(grid, "✅ 02a", EVE)
    room.until(room.verdicts)
    assert room.verdicts() == {"02a": "ok"}
