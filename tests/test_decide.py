"""The state table as a function: each row, one act."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.job import STAGES
from daemon.service.decide import Act, Facts, decide
from daemon.stages import PIPELINES

ROWS = [
    ("a claimed song is listened to", Facts("song", "queued"), Act("run", "analyze")),
    ("a job whose sidecar is there moves on", Facts("song", "queued", next_sidecar=True), Act("advance", "analyzed")),
    (
        "it moves on though the gate is shut",
        Facts("song", "queued", next_sidecar=True, held="no room"),
        Act("advance", "analyzed"),
    ),
    ("a shut gate holds", Facts("song", "analyzed", held="no room"), Act("wait", "no room")),
    ("a delay is waited for", Facts("song", "prompted", delay=3.0), Act("wait", "trying again")),
    ("a busy job is left alone", Facts("song", "prompted", busy=True, trouble=True), Act("wait")),
    ("pictures are laid out", Facts("song", "rendered", gate="wait"), Act("desk")),
    ("people decide", Facts("song", "rendered", gate="wait", desk=True), Act("wait", "people decide")),
    ("enough is approved", Facts("song", "rendered", gate="approve", desk=True), Act("approve")),
    ("the rule approves without a desk", Facts("song", "rendered", gate="approve"), Act("approve")),
    ("what was asked for again is painted", Facts("song", "rendered", gate="repaint", desk=True), Act("run", "render")),
    (
        "a failed repainting waits",
        Facts("song", "rendered", gate="repaint", desk=True, delay=1.0),
        Act("wait", "trying again"),
    ),
    ("all rejected", Facts("song", "rendered", gate="fail", desk=True), Act("reject")),
    ("a film without an intent is built", Facts("song", "synced"), Act("run", "deliver")),
    ("a built one is placed", Facts("song", "synced", delivery="built"), Act("place")),
    ("a placed one is done", Facts("song", "synced", delivery="placed"), Act("advance", "done")),
    (
        "a placed one is done though the share is gone",
        Facts("song", "synced", delivery="placed", held="x"),
        Act("advance", "done"),
    ),
    ("a live job with trouble fails", Facts("song", "approved", trouble=True), Act("fail")),
    ("a failed job is noted", Facts("song", "failed", trouble=True), Act("note")),
    ("and rests", Facts("song", "failed", trouble=True, noted=True), Act("wait")),
    ("and is let go at last", Facts("song", "failed", trouble=True, noted=True, expired=True), Act("expire")),
    ("a failed job without its trouble goes back", Facts("song", "failed"), Act("resume")),
    (
        "a finished job gives up its copy of the drop",
        Facts("song", "done", delivery="placed", source_here=True),
        Act("strip"),
    ),
    ("a finished job rests", Facts("song", "done", delivery="placed"), Act("wait")),
    ("a finished job without its delivery is being reopened", Facts("song", "done"), Act("reopen")),
    ("a kind that nobody takes on is reported", Facts("cake", "queued"), Act("unknown")),
]


@pytest.mark.parametrize(("facts", "act"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_row_of_the_table_has_its_one_act(facts: Facts, act: Act) -> None:
    assert decide(facts) == act


@settings(deadline=None)
@given(
    st.builds(
        Facts,
        kind=st.sampled_from(["song", "cake", ""]),
        stage=st.sampled_from(STAGES),
        next_sidecar=st.booleans(),
        busy=st.booleans(),
        trouble=st.booleans(),
        noted=st.booleans(),
        held=st.sampled_from(["", "no room"]),
        delay=st.floats(0, 10),
        desk=st.booleans(),
        gate=st.sampled_from(["", "wait", "approve", "fail", "repaint"]),
        delivery=st.sampled_from(["none", "built", "placed"]),
        source_here=st.booleans(),
        expired=st.booleans(),
    )
)
def test_no_state_is_without_an_act_and_none_runs_a_busy_job(facts: Facts) -> None:
    act = decide(facts)
    if facts.busy:
        assert act == Act("wait")
    if facts.trouble and facts.stage in ("queued", "analyzed", "prompted", "rendered", "approved", "synced"):
        assert act.verb in ("fail", "wait")
    if act.verb == "expire":
        assert facts.expired


def test_every_stage_of_a_pipeline_leads_to_the_next() -> None:
    for steps in PIPELINES.values():
        for step, following in pairwise(steps):
            assert step.then == following.lies
        assert steps[-1].then == "done"
