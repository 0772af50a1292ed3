"""The coordinator with toy stages: what is dropped comes out at the end, or says why not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon import durable, sidecars
from daemon.approvals import requests
from daemon.errors import PassingFault, UsageError
from daemon.job import JobFolder
from daemon.queue import spool
from daemon.service import claims, desks, hold, snapshot
from daemon.service.coordinator import Coordinator
from daemon.settings import Settings
from daemon.stages.tools import Tools

from . import toys
from .coordinating import PEOPLE, coordinator, copies_of, make_root
from .toys import wav


def until(c: Coordinator, true: Callable[[], Any], turns: int = 200) -> Any:
    """Turns the coordinator until something is true; fails after so many turns."""
    for _ in range(turns):
        found = true()
        if found:
            return found
        c.turn(c._wait())
    raise AssertionError("it never came true")


def the_job(settings: Settings) -> JobFolder | None:
    """The one job of a root."""
    jobs = list(spool.scan(settings.stages).jobs.values())
    return jobs[0] if len(jobs) == 1 else None


def in_stage(settings: Settings, stage: str) -> Callable[[], JobFolder | None]:
    """The one job, where it lies in that stage."""

    def found() -> JobFolder | None:
        job = the_job(settings)
        return job if job is not None and job.stage == stage else None

    return found


def test_a_dropped_song_comes_out_as_a_film_beside_its_song(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    data = wav(settings.inbox / "songs" / "My Song.wav")
    coordinator(settings).run()
    outbox = settings.outbox / "My Song"
    assert (outbox / "My Song.mp4").is_file()
    assert copies_of(data, tmp_path) == [outbox / "My Song.wav"]
    job = the_job(settings)
    assert job is not None
    assert job.stage == "done"


def test_a_job_is_handed_the_table_of_moods_as_it_stood_when_it_was_claimed(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    (settings.rules / "moods.yaml").write_text("words:\n  mine: {energy: [0, 0.5]}\n")
    wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    job = the_job(settings)
    assert job is not None
    assert list(job.job().moods["words"]) == ["mine"]


def test_two_songs_of_one_title_get_folders_of_their_own(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    first = wav(settings.inbox / "songs" / "Same.wav", 0.2)
    coordinator(settings).run()
    second = wav(settings.inbox / "songs" / "same.wav", 0.3)
    coordinator(settings).run()
    assert (settings.outbox / "Same" / "Same.wav").read_bytes() == first
    assert (settings.outbox / "same (2)" / "same.wav").read_bytes() == second


def test_a_final_fault_leaves_a_note_beside_the_drop_and_keeps_the_file(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    drop = settings.inbox / "songs" / "words.mp3"
    drop.write_bytes(b"TEXT and no song")
    coordinator(settings).run()
    note = (settings.inbox / "songs" / "words.mp3.FAILED.txt").read_text()
    assert "can't be decoded" in note
    assert "Drop a song" in note
    (copy,) = copies_of(b"TEXT and no song", tmp_path)
    assert copy.parent.parent.name == "failed"


def test_a_retry_takes_a_failed_job_up_where_it_broke_off(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")

    def broken(job: JobFolder, tools: Tools) -> sidecars.Sync:
        raise toys.FinalFault("the film can't be made", "the toy is broken", "Mend the toy.")

    coordinator(settings, stages={"sync": broken}).run()
    job = the_job(settings)
    assert job is not None
    assert job.stage == "failed"
    assert (settings.inbox / "songs" / "a.wav.FAILED.txt").exists()
    requests.leave(settings, "retry", job.id)
    c = coordinator(settings)
    c.run()
    assert (settings.outbox / "a" / "a.mp4").exists()
    assert c.workers.ran == ["sync", "deliver"]  # type: ignore[attr-defined]
    assert not (settings.inbox / "songs" / "a.wav.FAILED.txt").exists()


def test_a_note_renamed_to_retry_takes_its_job_up_again_and_goes(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")

    def broken(job: JobFolder, tools: Tools) -> sidecars.Sync:
        raise toys.FinalFault("the film can't be made", "the toy is broken", "Mend the toy.")

    coordinator(settings, stages={"sync": broken}).run()
    note = settings.inbox / "songs" / "a.wav.FAILED.txt"
    assert "RETRY" in note.read_text()
    note.rename(settings.inbox / "songs" / "a.wav.Retry.TXT")
    c = coordinator(settings)
    c.run()
    assert (settings.outbox / "a" / "a.mp4").exists()
    assert c.workers.ran == ["sync", "deliver"]  # type: ignore[attr-defined]
    assert sorted(path.name for path in (settings.inbox / "songs").iterdir() if path.name != "_STATUS.html") == []


def test_a_renamed_note_is_asked_for_once(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    (settings.inbox / "songs" / "words.mp3").write_bytes(b"TEXT and no song")
    coordinator(settings).run()
    (settings.inbox / "songs" / "words.mp3.FAILED.txt").rename(settings.inbox / "songs" / "words.mp3.RETRY.txt")
    coordinator(settings).run()
    job = the_job(settings)
    assert job is not None and job.stage == "failed"
    assert job.need(sidecars.State).attempt == 2
    assert (settings.inbox / "songs" / "words.mp3.FAILED.txt").exists()
    assert not (settings.inbox / "songs" / "words.mp3.RETRY.txt").exists()


def test_a_desk_that_lies_there_is_not_laid_out_again_at_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    built: list[Any] = []
    build = desks.desk.build

    def seen(*given: Any) -> Any:
        built.append(given)
        return build(*given)

    monkeypatch.setattr(desks.desk, "build", seen)
    coordinator(settings).run()
    assert built == []


def test_a_passing_fault_is_tried_again_and_bounded(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    settings.limits.first_delay, settings.limits.longest_delay, settings.limits.tries = 0.01, 0.02, 3
    wav(settings.inbox / "songs" / "a.wav")
    calls: list[int] = []

    def flaky(job: JobFolder, tools: Tools) -> sidecars.Prompts:
        calls.append(1)
        raise PassingFault("the writer is down", "connection refused", "Start it.")

    coordinator(settings, stages={"prompt": flaky}).run()
    job = the_job(settings)
    assert job is not None
    assert len(calls) == 3
    trouble = job.need(sidecars.Trouble)
    assert (trouble.cause, trouble.stage) == ("passing", "analyzed")


def test_a_fault_that_passes_costs_nothing_but_time(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    settings.limits.first_delay = 0.01
    wav(settings.inbox / "songs" / "a.wav")
    calls: list[int] = []

    def flaky(job: JobFolder, tools: Tools) -> sidecars.Prompts:
        calls.append(1)
        if len(calls) < 3:
            raise PassingFault("the writer is down")
        return toys.prompt(job, tools)

    coordinator(settings, stages={"prompt": flaky}).run()
    assert (settings.outbox / "a" / "a.mp4").exists()


def test_people_approve_by_renaming_and_the_film_is_made_of_what_they_chose(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "rendered"))
    desk = settings.review / f"a [{job.id}]"
    until(c, (desk / "README.txt").exists)
    assert sorted(path.name for path in desk.glob("*.png")) == ["01a.png", "01b.png", "02a.png", "02b.png"]
    (desk / "01b.png").rename(desk / "01b.ok.png")
    (desk / "02a.png").rename(desk / "02a.OK.png")
    one = c.jobs[job.id]
    until(c, lambda: "it goes on soon" in snapshot.of_job(c, one, c.clock())["waits_for"])
    until(c, in_stage(settings, "done"))
    film = json.loads((settings.outbox / "a" / "a.mp4").read_text())
    assert film == {"01": ["01b"], "02": ["02a"]}
    until(c, lambda: not desk.exists())
    c.end()


def test_a_redo_paints_that_picture_alone_under_a_new_name(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "rendered"))
    desk = settings.review / f"a [{job.id}]"
    until(c, (desk / "README.txt").exists)
    requests.leave(settings, "redo", job.id, {"picture": "01a", "note": "darker"})
    until(c, (desk / "01c.png").exists)
    renders = job.need(sidecars.Renders)
    assert renders.round == 2
    assert [p.id for p in renders.pictures if p.replaces] == ["01c"]
    requests.leave(settings, "approve", job.id)
    until(c, in_stage(settings, "done"))
    c.end()


def test_rejected_pictures_end_the_job_and_a_retry_shows_them_again(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "rendered"))
    desk = settings.review / f"a [{job.id}]"
    until(c, (desk / "README.txt").exists)
    (desk / "REJECTED.txt").write_text("")
    failed = until(c, in_stage(settings, "failed"))
    assert failed.need(sidecars.Trouble).cause == "rejected"
    until(c, lambda: not desk.exists())
    requests.leave(settings, "retry", job.id)
    until(c, in_stage(settings, "rendered"))
    until(c, (desk / "README.txt").exists)
    c.end()


def test_a_cancelled_job_stops_and_can_be_taken_up_again(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "rendered"))
    until(c, lambda: not c.jobs[job.id].busy)
    name = requests.leave(settings, "cancel", job.id)
    failed = until(c, in_stage(settings, "failed"))
    assert failed.need(sidecars.Trouble).cause == "cancelled"
    answered = requests.wait(settings, name, 0.1)
    assert answered is not None
    assert answered[0]
    c.end()


def test_a_reopened_film_comes_back_to_review_and_is_delivered_anew(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    data = wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "rendered"))
    requests.leave(settings, "approve", job.id)
    until(c, in_stage(settings, "done"))
    until(c, lambda: copies_of(data, tmp_path) == [settings.outbox / "a" / "a.wav"])
    (settings.outbox / "a" / "REOPEN").write_text("")
    until(c, in_stage(settings, "rendered"))
    assert not (settings.outbox / "a" / "REOPEN").exists()
    requests.leave(settings, "reject", job.id, {"pictures": ["01a"]})
    requests.leave(settings, "approve", job.id, {"pictures": ["01b", "02b"]})
    until(c, in_stage(settings, "done"))
    until(c, (settings.outbox / "a (2)" / "a.mp4").exists)
    assert json.loads((settings.outbox / "a (2)" / "a.mp4").read_text()) == {"01": ["01b"], "02": ["02b"]}
    assert (settings.outbox / "a" / "a.mp4").exists()
    c.end()


def test_an_unreadable_sidecar_fails_its_job_alone_and_names_the_line(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav", 0.2)
    wav(settings.inbox / "songs" / "b.wav", 0.3)
    coordinator(settings).run()
    jobs = spool.scan(settings.stages).jobs.values()
    assert {job.stage for job in jobs} == {"rendered"}
    broken = next(job for job in jobs if job.job().title == "a")
    (broken.path / "renders.json").write_text('{\n "round": "many"\n}')
    coordinator(settings).run()
    stages = {job.job().title: job for job in spool.scan(settings.stages).jobs.values()}
    assert (stages["a"].stage, stages["b"].stage) == ("failed", "rendered")
    trouble = stages["a"].need(sidecars.Trouble)
    assert trouble.cause == "unreadable"
    assert "renders.json, line 2, field round" in trouble.what


def test_no_room_holds_a_job_where_it_lies_and_opens_by_itself(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")
    settings.room_mb = 1 << 40
    coordinator(settings).run()
    assert the_job(settings) is None
    assert (settings.inbox / "songs" / "a.wav").exists()
    snapshot = json.loads(settings.snapshot.read_text())
    assert any("MiB are free" in problem for problem in snapshot["problems"])
    settings.room_mb = 0
    coordinator(settings).run()
    assert (settings.outbox / "a" / "a.mp4").exists()


def test_a_song_with_a_wrong_yaml_waits_names_the_line_and_is_taken_once_it_is_mended(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    song, beside = settings.inbox / "songs" / "a.wav", settings.inbox / "songs" / "a.yaml"
    wav(song)
    beside.write_text("title: A\ntempo: fast\n")
    coordinator(settings).run()
    assert song.exists()
    (waiting,) = json.loads(settings.snapshot.read_text())["inboxes"][0]["waiting"]
    assert waiting["name"] == "a.wav"
    assert "a.yaml, line 2" in waiting["reason"]
    assert "tempo" in waiting["reason"]
    beside.write_text("title: A\ntempo: 120\n")
    coordinator(settings).run()
    assert (settings.outbox / "A" / "a.yaml").exists()


def test_a_result_whose_inputs_changed_meanwhile_is_made_again(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")
    calls: list[int] = []

    def touched(job: JobFolder, tools: Tools) -> sidecars.Prompts:
        calls.append(1)
        if len(calls) == 1:
            analysis = job.need(sidecars.Analysis)
            analysis.notes.append("corrected by hand")
            sidecars.write(job.path, analysis)
        return toys.prompt(job, tools)

    coordinator(settings, stages={"prompt": touched}).run()
    assert len(calls) == 2
    assert (settings.outbox / "a" / "a.mp4").exists()


def test_retention_gives_a_failed_drop_back_before_our_own_files_go(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    settings.keep.failed_days = 0
    (settings.inbox / "songs" / "words.mp3").write_bytes(b"TEXT only")
    coordinator(settings).run()
    assert the_job(settings) is None
    (copy,) = copies_of(b"TEXT only", tmp_path)
    assert copy == settings.inbox / "songs" / "words.mp3.FAILED" / "words.mp3"


def test_a_finished_job_is_let_go_and_the_outbox_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[str] = set()
    remove = durable.remove_tree

    def seen(folder: Path) -> None:
        if folder.parent.name == "done":
            threads.add(threading.current_thread().name)
        remove(folder)

    monkeypatch.setattr(durable, "remove_tree", seen)
    settings = make_root(tmp_path)
    settings.keep.done_days = 0
    data = wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    assert the_job(settings) is None
    assert threads == {"hand-stages"}  # the loop goes on meanwhile
    assert copies_of(data, tmp_path) == [settings.outbox / "a" / "a.wav"]
    assert (settings.outbox / "a" / "a.mp4").exists()


def test_a_second_daemon_on_the_same_root_is_refused(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    held = hold(settings)
    assert held >= 0
    with pytest.raises(UsageError) as caught:
        hold(settings)
    assert "already runs" in caught.value.sentence()


def test_an_id_that_lies_in_two_stages_is_touched_in_neither(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    spool.make(settings.stages)
    for stage in ("queued", "synced"):
        (settings.stages / stage / "20260101-000000-a-abcdef").mkdir()
    (settings.stages / "queued" / "holiday pictures").mkdir()
    c = coordinator(settings)
    c.run()
    assert not c.jobs
    assert len(c.problems) == 2
    assert (settings.stages / "queued" / "20260101-000000-a-abcdef").is_dir()


def test_lyrics_that_come_late_join_their_song_and_it_is_heard_again(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    c = coordinator(settings, once=False)
    c.start()
    job = until(c, in_stage(settings, "rendered"))
    until(c, (settings.review / f"a [{job.id}]" / "README.txt").exists)
    (settings.inbox / "songs" / "a.lrc").write_text("[00:00.00] la la\n")
    until(c, lambda: (found := the_job(settings)) is not None and found.job().with_role("lyrics"))
    assert not (settings.inbox / "songs" / "a.lrc").exists()
    until(c, lambda: in_stage(settings, "rendered")() and c.workers.ran.count("analyze") == 2)  # type: ignore[attr-defined]
    until(c, (settings.review / f"a [{job.id}]" / "README.txt").exists)
    c.end()


def test_a_removal_that_was_cut_short_is_finished_at_the_next_start(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    spool.make(settings.stages)
    (settings.stages / "done" / ".gone-0123456789ab" / "deep").mkdir(parents=True)
    coordinator(settings).run()
    assert not list((settings.stages / "done").iterdir())


def test_claims_of_an_earlier_life_that_hang_on_a_share_hold_up_no_start_and_no_drop_is_taken_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")
    monkeypatch.setattr(claims, "_PATIENCE", 0.01)
    c = coordinator(settings)
    back, recover = threading.Event(), c.inbox.recover
    c.inbox.recover = lambda: [] if not back.wait(20) else recover()  # type: ignore[method-assign]
    c.start()
    try:
        until(c, lambda: any(seen.waiting for seen in c.inboxes.values()))
        assert c.recovering and not c.jobs and (settings.inbox / "songs" / "a.wav").exists()
        back.set()
        until(c, in_stage(settings, "done"))
        assert not c.recovering
    finally:
        back.set()
        c.end()


def test_a_claim_whose_share_was_away_at_the_start_is_ended_once_it_is_back(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    c = coordinator(settings)
    away, recovered = ["songs"], []

    def recover() -> list[str]:
        recovered.append(list(away))
        return ["resumed"]

    c.inbox.vanished, c.inbox.recover = lambda: list(away), recover  # type: ignore[method-assign]
    c.start()
    try:
        for _ in range(3):
            c.scan()
        assert recovered == [["songs"]]
        away.clear()
        c.scan()
        until(c, lambda: len(recovered) == 2 and not c.recovering)
        c.scan()
        assert len(recovered) == 2
    finally:
        c.end()


def test_a_word_left_on_a_desk_while_no_daemon_ran_is_heard_by_once(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    (desk,) = [path for path in settings.review.iterdir() if path.is_dir()]
    (desk / "APPROVED").touch()
    coordinator(settings).run()
    job = the_job(settings)
    assert job is not None
    assert job.stage == "done"


def test_a_command_left_while_no_daemon_ran_does_not_wipe_what_was_decided_before(tmp_path: Path) -> None:
    settings = make_root(tmp_path, PEOPLE)
    wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    job = the_job(settings)
    assert job is not None
    requests.leave(settings, "approve", job.id, {"pictures": ["01b"]})
    coordinator(settings).run()
    laid_out = job.need(sidecars.Decisions).desk
    assert laid_out
    requests.leave(settings, "reject", job.id, {"pictures": ["02a"]})
    coordinator(settings).run()
    said = job.need(sidecars.Decisions)
    assert {one.picture: one.verdict for one in said.decisions} == {"01b": "ok", "02a": "no"}
    assert said.desk["folder"] == laid_out["folder"]


def test_jobs_of_one_rule_hold_it_once_in_memory(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    for number in range(3):
        wav(settings.inbox / "songs" / f"{number}.wav", 0.2 + number / 10)
    (settings.inbox / "songs" / "2.yaml").write_text("deliver: {fps: 25}\n")
    coordinator(settings).run()
    c = coordinator(settings)
    c.scan(starting=True)
    rules = {one.about.title: one.about.rule for one in c.jobs.values() if one.about}
    assert rules["0"] is rules["1"]
    assert rules["2"] is not rules["0"]
    assert rules["2"]["deliver"]["fps"] != rules["0"]["deliver"]["fps"]


def test_a_film_that_failed_its_check_is_told_from_other_faults(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")

    def failing(job: JobFolder, tools: Tools) -> sidecars.Sync:
        raise toys.FinalFault("the finished film failed its check twice", "a cut is off", "", {"cause": "film"})

    coordinator(settings, stages={"sync": failing}).run()
    job = the_job(settings)
    assert job is not None
    assert job.need(sidecars.Trouble).cause == "film"
    assert not list(settings.outbox.glob("a*"))
