"""Stats: what is kept of each job that ended, what survives crashes and cleaning, and what is told of a month."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from daemon import durable, sidecars
from daemon.approvals import requests
from daemon.backends import breaker, quota
from daemon.backends.breaker import Breaker
from daemon.commands import service_lines, stats
from daemon.errors import FinalFault, Held
from daemon.job import JobFolder
from daemon.places import LEDGER
from daemon.service import ledger
from daemon.service.tracked import Tracked
from daemon.stages.tools import Tools

from . import toys
from .coordinating import coordinator, in_a_child, kill_at, make_root
from .toys import wav


def told(root: Path, *arguments: str) -> list[dict[str, Any]]:
    return stats.entries(root / "stages" / LEDGER)


# --- what is kept ------------------------------------------------------------------------------------


def test_a_film_leaves_a_line_with_its_stages_and_no_title(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "My Secret Song.wav")
    coordinator(settings).run()
    (line,) = told(tmp_path)
    assert (line["end"], line["kind"], line["rule"], line["films"]) == ("done", "song", "toy", 1)
    assert set(line["seconds"]) == {"analyze", "prompt", "render", "sync", "deliver"}
    assert line["writers"] and line["painters"]
    assert "secret" not in json.dumps(line).lower()
    assert (settings.stages / LEDGER).stat().st_mode & 0o077 == 0


def test_a_failed_job_leaves_its_cause_and_a_film_after_a_retry_takes_its_place(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")

    def broken(_job: JobFolder, _tools: Tools) -> sidecars.Prompts:
        raise FinalFault("no words", "the well is dry")

    coordinator(settings, stages={"prompt": broken}).run()
    (line,) = told(tmp_path)
    assert (line["end"], line["verb"], line["stage"], line["what"]) == ("final", "prompt", "analyzed", "no words")
    requests.leave(settings, "retry", line["id"])
    coordinator(settings).run()
    (line,) = told(tmp_path)
    assert line["end"] == "done"
    assert len((settings.stages / LEDGER).read_text().splitlines()) == 2


def test_the_ledger_outlives_the_job(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    settings.keep.done_days = 0
    wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    assert not [path for path in (settings.stages / "done").iterdir() if not path.name.startswith(".")]
    assert len(told(tmp_path)) == 1


def test_a_ledger_that_cant_be_written_costs_no_film(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    (settings.stages / LEDGER).mkdir()
    wav(settings.inbox / "songs" / "a.wav")
    coordinator(settings).run()
    assert (settings.outbox / "a" / "a.mp4").is_file()


def test_a_kill_before_or_after_the_line_loses_none_and_counts_none_twice(tmp_path: Path) -> None:
    acts: list[tuple[str, str]] = []
    made = make_root(tmp_path / "count")
    wav(made.inbox / "songs" / "a.wav")
    seen = _acts(made, acts)
    moments = [number for number, (_, path) in enumerate(seen, 1) if path.endswith(LEDGER)]
    assert len(moments) == 2  # before and after the one append
    for moment in (*moments, moments[-1] + 1, moments[-1] + 2):
        settings = make_root(tmp_path / str(moment))
        wav(settings.inbox / "songs" / "a.wav")

        def work(settings: Any = settings, moment: int = moment) -> None:
            kill_at(moment)
            coordinator(settings).run()

        assert in_a_child(work) < 0
        coordinator(settings).run()
        assert [line["end"] for line in told(settings.root)] == ["done"]


def _acts(settings: Any, found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The durable acts of a whole run, in order, each twice: before and after."""
    on = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "dropreel.act" and on[0]:
            found.append((str(arguments[0]), str(arguments[2])))

    sys.addaudithook(hook)
    coordinator(settings).run()
    on[0] = False
    return found


def test_a_line_torn_by_a_power_cut_costs_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    durable.append(path, b'{"id": "a", "at": "2026-11-01"}\n')
    with open(path, "ab") as out:
        out.write(b'{"id": "b", "at": "2026-')
    durable.append(path, b'{"id": "c", "at": "2026-11-02"}\n')
    assert [line["id"] for line in stats.entries(path)] == ["a", "c"]


@effort(max_examples=100, deadline=None)
@given(
    st.binary(max_size=300),
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda i: (
            st.lists(i)
            | st.dictionaries(st.sampled_from(["id", "at", "end", "clips", "tries", "seconds", "writers"]), i)
        ),
    ),
)
def test_whatever_stands_in_the_ledger_months_are_told(data: bytes, value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        job = {
            "id": "x",
            "at": "2026-11-03T10:00:00+00:00",
            "end": value,
            "clips": value,
            "seconds": value,
            "writers": value,
        }
        path.write_bytes(data + b"\n" + json.dumps(value).encode() + b"\n" + json.dumps(job).encode() + b"\n")
        found = stats.months(stats.entries(path), {})
    assert any(month["month"] == "2026-11" for month in found)
    assert all(list(stats.lines(month)) for month in found)


# --- what is told of a month ---------------------------------------------------------------------------


def job(ident: str, end: str = "done", at: str = "2026-11-03T10:00:00+00:00", **more: Any) -> dict[str, Any]:
    return {"id": ident, "end": end, "at": at, "seconds": {"analyze": 30, "render": 90, "sync": 180}, **more}


def test_shares_are_of_the_jobs_that_people_did_not_end() -> None:
    ends = ["done"] * 18 + ["final"] + ["died"] + ["rejected", "cancelled"]
    (month,) = stats.months([job(str(number), end) for number, end in enumerate(ends)], {})
    assert (month["jobs"], month["films"], month["errors"], month["unfit"], month["by_people"]) == (22, 18, 1, 1, 2)
    assert month["film_share"] == 0.9
    assert month["error_share"] == 0.05
    assert month["minutes"] == 5.0
    assert month["minutes_by_stage"] == {"analyze": 0.5, "render": 1.5, "sync": 3.0}
    said = "\n".join(stats.lines(month))
    assert "films        18, 90%  (at least 90 %)" in said
    assert "errors       1, 5%  (under 5 %: missed)" in said
    assert "others       2 ended by people, 1 no usable song" in said


def test_a_month_of_refusals_has_no_share() -> None:
    (month,) = stats.months([job("a", "rejected")], {})
    assert month["film_share"] is None and month["minutes"] is None
    assert list(stats.lines(month)) == ["2026-11: 1 job ended", "  others       1 ended by people"]


def clip(rung: str, seconds: float, *faults: str) -> dict[str, Any]:
    return {
        "rung": rung,
        "seconds": seconds,
        "tries": [{"rung": str(n), "fault": fault} for n, fault in enumerate(faults)],
    }


def test_clips_say_what_was_black_at_first_and_which_rung_saved_it() -> None:
    clips = [
        clip("first", 120, ""),
        clip("new seed", 240, "black", ""),
        clip("new seed", 240, "half black", ""),
        clip("still", 700, "frozen", "black", "black"),
    ]
    (month,) = stats.months([job("a", clips=clips)], {})
    found = month["clips"]
    assert found["clips"] == 4
    assert found["black_at_first"] == 2
    assert found["bad_at_first"] == {"black": 1, "half black": 1, "frozen": 1}
    assert found["saved_by"] == {"new seed": 2, "still": 1}
    assert found["minutes"] == 4.0
    said = "\n".join(stats.lines(month))
    assert "clip minutes 4 each in the middle, 11.67 at most  (under 5)" in said
    assert "clips        4, 2 black at the first try, 1 bad otherwise" in said
    assert "saved by     2 x new seed, 1 x still" in said


def test_clips_of_a_sidecar_reach_the_ledger(tmp_path: Path) -> None:
    tries = [
        sidecars.ClipTry(rung="first", fault="black", measured={"luma": 0.4}),
        sidecars.ClipTry(rung="new seed", measured={"luma": 61.0}),
    ]
    made = sidecars.Sync(clips=[sidecars.Clip(slot="03", rung="new seed", tries=tries, seconds=200.0)])
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")

    def sync(folder: JobFolder, tools: Tools) -> sidecars.Sync:
        found = toys.sync(folder, tools)
        found.clips = made.clips
        return found

    coordinator(settings, stages={"sync": sync}).run()
    (line,) = told(tmp_path)
    assert line["clips"] == [
        {
            "rung": "new seed",
            "seconds": 200.0,
            "tries": [{"rung": "first", "fault": "black"}, {"rung": "new seed", "fault": ""}],
        }
    ]


def test_a_stage_that_took_several_attempts_tells_the_minutes_of_all(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    wav(settings.inbox / "songs" / "a.wav")
    waits = [Held("clips go on in another attempt", "2 were made in this one", "", {"after": 0.01})]

    def sync(folder: JobFolder, tools: Tools) -> sidecars.Sync:
        if waits:
            raise waits.pop()
        return toys.sync(folder, tools)

    coordinator(settings, stages={"sync": sync}).run()
    (folder,) = (settings.stages / "done").iterdir()
    state = JobFolder(folder).need(sidecars.State)
    assert set(state.spent) == {"sync"}
    made = JobFolder(folder).need(sidecars.Sync)
    made.seconds, state.spent = 10.0, {"sync": 20.0}
    sidecars.write(folder, made)
    assert ledger.entry(Tracked(JobFolder(folder), None, state), "done", "2026-11-01")["seconds"]["sync"] == 30.0


def test_an_unreadable_sidecar_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "done" / "20260101-000000-x-abcdef"
    folder.mkdir(parents=True)
    (folder / "sync.json").write_text("{broken")
    (folder / "analysis.json").mkdir()
    found = ledger.entry(Tracked(JobFolder(folder), None, sidecars.State()), "done", "2026-11-01")
    assert (found["id"], found["films"], found["clips"], found["seconds"]) == ("abcdef", 0, [], {})


def test_months_come_in_order_with_what_services_were_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "dropreel.yaml").write_text("")
    for line in (job("a", at="2026-12-01"), job("b", at="2026-09-09"), job("a", at="2026-11-01")):
        durable.append(tmp_path / "stages" / LEDGER, json.dumps(line).encode() + b"\n")
    quota.Quota(tmp_path / "stages" / quota.FILE, {}, lambda: 1_795_258_800.0).reserve("gemini")
    counted = quota.Quota(tmp_path / "stages" / quota.FILE, {}, lambda: 1_795_258_800.0)
    counted.spent("gemini", 800, 300)
    options = argparse.Namespace(root=str(tmp_path), json=True, months=6)
    assert stats.stats(options) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [month["month"] for month in shown["months"]] == ["2026-09", "2026-11"]
    assert shown["months"][1]["services"] == {"gemini": {"requests": 1, "asked": 800, "said": 300}}
    assert shown["targets"] == {"films": 0.9, "errors": 0.05, "clip_minutes": 5.0}
    options.json, options.months = False, 1
    assert stats.stats(options) == 0
    said = capsys.readouterr().out
    assert "2026-11" in said and "2026-09" not in said
    assert "gemini       1 request, 800 tokens in, 300 out" in said


def test_nothing_ended_yet_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "dropreel.yaml").write_text("")
    assert stats.stats(argparse.Namespace(root=str(tmp_path), json=False, months=6)) == 0
    assert capsys.readouterr().out == "No job has ended yet.\n"


# --- what status says of services --------------------------------------------------------------------------


def test_status_tells_what_was_asked_today_and_what_is_left_alone(tmp_path: Path) -> None:
    assert service_lines.lines(tmp_path) == []
    counted = quota.Quota(tmp_path / quota.FILE, {})
    counted.reserve("gemini")
    counted.spent("gemini", 100, 20)
    counted.over("gemini")
    services = Breaker(tmp_path / breaker.FILE, time.monotonic)
    services.bad("ollama:11434", "refused")
    services.bad("ollama:11434", "refused")
    first, second = service_lines.lines(tmp_path)
    assert first == "gemini: 1 requests today, 120 tokens; the day's quota is used up"
    assert second.startswith("ollama:11434 is left alone for ") and second.endswith(": refused")
