"""The edit lists: each is opened again by a reader of its format, and says the same as the timeline."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from daemon.film import editlist
from daemon.film.timeline import Timeline, frame_at, plan
from daemon.sidecars import Analysis
from tests import film_help as help

FORM = (("verse", 0.1, 8), ("drop", 0.9, 6), ("verse", 0.1, 8))


def edited(folder: Path, fps: str = "30") -> tuple[Analysis, Timeline]:
    analysis = help.song(40.0, form=FORM)
    return analysis, plan(analysis, help.slots(folder, analysis), help.rule(fps=fps), 1)


def frames_of(code: str, rate: int) -> int:
    hours, minutes, seconds, frames = (int(part) for part in code.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * rate + frames


@pytest.mark.parametrize("fps", ["24", "30", "30000/1001"])
def test_an_edl_covers_the_film_event_by_event(tmp_path: Path, fps: str) -> None:
    _, timeline = edited(tmp_path, fps)
    text = editlist.edl(timeline, "It's ünï\ncode")
    assert text.isascii()
    assert text.splitlines()[:2] == ["TITLE: It's ?n? code", "FCM: NON-DROP FRAME"]
    row = re.compile(r"^(\d{3})  AX       V     (C   |D   |W001) ( {3}|\d{3}) (\S+) (\S+) (\S+) (\S+)$")
    rate, at, seen = round(Fraction(fps)), 0, set()
    for line in text.splitlines():
        if not (found := row.match(line)):
            continue
        number, kind, length, source_in, source_out, begin, end = found.groups()
        sizes = [frames_of(code, rate) for code in (source_in, source_out, begin, end)]
        assert sizes[1] - sizes[0] == sizes[3] - sizes[2]
        assert sizes[2] == at
        at = sizes[3]
        seen.add(int(number))
        if kind.strip() != "C":
            shot = timeline.shots[int(number) - 1]
            assert int(length) == shot.transition.frames
            assert sizes[2] == shot.start - shot.transition.frames // 2
    assert at == timeline.frames
    assert seen == set(range(1, len(timeline.shots) + 1))


def test_otio_holds_every_shot_at_its_frame_with_room_for_its_dissolve(tmp_path: Path) -> None:
    _, timeline = edited(tmp_path)
    whole = json.loads(editlist.otio(timeline, "It's", "song.wav"))
    pictures, song = whole["tracks"]["children"]
    clips = [child for child in pictures["children"] if child["OTIO_SCHEMA"] == "Clip.2"]
    at = 0
    for clip, shot in zip(clips, timeline.shots, strict=True):
        assert at == shot.start
        at += int(clip["source_range"]["duration"]["value"])
        room = clip["media_references"]["DEFAULT_MEDIA"]["available_range"]["duration"]["value"]
        assert clip["source_range"]["start_time"]["value"] + clip["source_range"]["duration"]["value"] <= room
    assert at == timeline.frames
    dissolves = [child for child in pictures["children"] if child["OTIO_SCHEMA"] == "Transition.1"]
    kinds = {"SMPTE_Dissolve": "crossfade", "Custom_Transition": "wipe"}
    assert [kinds[each["transition_type"]] for each in dissolves] == [
        shot.transition.kind for shot in timeline.shots if shot.transition.half
    ]
    assert {each["transition_type"] for each in dissolves} == set(kinds)
    assert song["kind"] == "Audio"


def test_opentimelineio_opens_both_lists(tmp_path: Path) -> None:
    library = pytest.importorskip("opentimelineio", reason="opentimelineio isn't installed")
    _, timeline = edited(tmp_path)
    (tmp_path / "edit.otio").write_text(editlist.otio(timeline, "It's", "song.wav"), "utf-8")
    opened = library.adapters.read_from_file(str(tmp_path / "edit.otio"))
    assert opened.duration().value == timeline.frames
    starts = [int(clip.range_in_parent().start_time.value) for clip in opened.video_tracks()[0].find_clips()]
    assert starts == [shot.start for shot in timeline.shots]
    if "cmx_3600" in library.adapters.available_adapter_names():
        (tmp_path / "edit.edl").write_text(editlist.edl(timeline, "It's"), "ascii")
        again = library.adapters.read_from_file(str(tmp_path / "edit.edl"), rate=30)
        assert again.duration().value == timeline.frames
        assert len(list(again.tracks[0].find_clips())) == len(timeline.shots)


def test_labels_and_table_hold_everything_that_was_heard(tmp_path: Path) -> None:
    analysis, timeline = edited(tmp_path)
    analysis.onsets = [0.1, 0.625, 39.99]
    rows = [line.split("\t") for line in editlist.labels(analysis).splitlines()]
    assert all(float(start) <= float(end) for start, end, _ in rows)
    assert sum(name in ("beat", "downbeat") for _, _, name in rows) == len(analysis.beats)
    assert sum(name == "downbeat" for _, _, name in rows) == len(analysis.downbeats)
    table = list(csv.DictReader(io.StringIO(editlist.table(analysis, timeline.fps))))
    beats = [row for row in table if row["kind"] == "beat"]
    assert [int(row["frame"]) for row in beats] == [frame_at(beat, timeline.fps) for beat in analysis.beats]
    for kind, times in (("downbeat", analysis.downbeats), ("onset", analysis.onsets)):
        assert [float(row["seconds"]) for row in table if row["kind"] == kind] == pytest.approx(times, abs=1e-6)
    sections = [(float(row["seconds"]), float(row["end"]), row["label"]) for row in table if row["kind"] == "section"]
    assert [row[2] for row in sections] == [section.role for section in analysis.sections]
    assert [row[0] for row in sections] == pytest.approx([section.start for section in analysis.sections], abs=1e-6)
    assert [row[1] for row in sections] == pytest.approx([section.end for section in analysis.sections], abs=1e-6)
