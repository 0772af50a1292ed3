"""What rides on the music: each effect where its event is, each overlay a pure function of its frame."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon import riding
from daemon.film import strokes, transitions
from daemon.film.compositor import Compositor
from daemon.film.direction import Direction
from daemon.film.overlays import Overlays
from daemon.film.timeline import Effect, PictureFile, Shot, Slot, Timeline, Transition, frame_at, plan
from daemon.film.transitions import Joiner
from daemon.rules import Rule
from daemon.sidecars import Analysis, MusicEvent
from tests import film_help as help
from tests.test_film_timeline import made_up

NONE: dict[str, dict[str, float]] = {event: {} for event in riding.EVENTS}


def riding_on(**effects: dict[str, float]) -> dict[str, Any]:
    return {"effects": {**NONE, **effects}}


def planned(analysis: Analysis, **effects: dict[str, float]) -> Timeline:
    return plan(analysis, made_up(analysis), help.rule(**riding_on(**effects)), 1)


def frames_of(timeline: Timeline, kind: str) -> list[int]:
    return [effect.start for effect in timeline.effects if effect.kind == kind]


def test_a_rule_maps_an_event_to_an_effect_with_its_amount() -> None:
    analysis = help.song(60.0)
    timeline = planned(analysis, drop={"flash": 0.3})
    assert [(e.kind, e.start, e.amount) for e in timeline.effects] == [
        ("flash", frame_at(event.start, timeline.fps), 0.3) for event in analysis.events
    ]
    assert timeline.effects[0].because == "drop at 0:08.0"
    assert not planned(analysis).effects


@pytest.mark.parametrize("kind", sorted(set(riding.KINDS) - set(riding.TRANSITIONS)))
def test_every_effect_that_a_rule_may_name_reaches_the_film(kind: str) -> None:
    analysis = help.song(60.0)
    analysis.onsets = analysis.beats
    event = next(event for event in ("drop", "start", "end") if event in riding.KINDS[kind].on)
    amount = min(0.6, riding.KINDS[kind].most)
    timeline = planned(analysis, **{event: {kind: amount}})
    made = {"strobe": "flash"}.get(kind, kind)
    assert [effect for effect in timeline.effects if effect.kind == made]
    plain = planned(analysis)
    bass = {name: np.full(timeline.frames, 0.6, np.float32) for name in ("bass", "mid", "treble", "onset", "rms")}
    changed = Direction(timeline, bass).curves(slice(0, timeline.frames))
    assert changed != Direction(plain, bass).curves(slice(0, timeline.frames))


@pytest.mark.parametrize(("kind", "made"), [("dissolve", "crossfade"), ("wipe", "wipe"), ("whip", "whip")])
def test_a_transition_rides_on_the_cut_where_its_event_is(kind: str, made: str) -> None:
    analysis = help.song(60.0)
    timeline = planned(analysis, section_end={kind: 0.4})
    ends = [frame_at(s.start, timeline.fps) for s in analysis.sections[1:] if s.role != "drop"]
    entered = [shot for shot in timeline.shots if shot.transition.kind == made]
    assert [shot.start for shot in entered] == ends
    assert all("end of the" in shot.transition.because for shot in entered)


def test_a_push_grows_through_the_whole_build_and_lets_go_at_the_drop() -> None:
    analysis = help.song(60.0)
    timeline = planned(analysis, build={"push": 1.0})
    build = analysis.sections[1]
    first, last = frame_at(build.start, timeline.fps), frame_at(build.end, timeline.fps)
    zoom = Direction(timeline, {}).zoom
    assert (np.diff(zoom[first:last]) >= 0).all()
    assert zoom[last - 1] > 0.4
    assert zoom[last] == 0


def test_a_change_of_key_is_an_event_too() -> None:
    analysis = help.song(60.0)
    analysis.events.append(MusicEvent(kind="key", start=30.0, end=30.0))
    assert frames_of(planned(analysis, key={"flash": 0.5}), "flash") == [900]


def test_beats_count_as_the_music_s_energy() -> None:
    form = (("verse", 0.1, 4), ("verse", 0.5, 4), ("verse", 0.9, 4))
    timeline = planned(help.song(24.0, form=form), beat={"zoom": 1.0})
    amounts = [{e.amount for e in timeline.effects if at <= e.start < at + 240} for at in (0, 240, 480)]
    assert amounts == [set(), {0.5}, {1.0}]


def test_rain_falls_where_the_picture_s_words_speak_of_it_and_nowhere_else() -> None:
    analysis = help.song(20.0, form=(("verse", 0.5, 99),))
    slots = [
        replace(slot, words=words)
        for slot, words in zip(made_up(analysis), ("a rainy street", "sparks raining down on a train"), strict=True)
    ]
    timeline = plan(analysis, slots, help.rule(**riding_on(words={"rain": 1.0, "sparks": 0.5})), 1)
    for shot in timeline.shots:
        over = {e.kind for e in timeline.effects if e.start <= shot.start < e.start + e.frames}
        assert over == ({"rain"} if shot.slot == "01" else {"sparks"})


def test_a_painted_scene_knows_its_own_weather_and_is_dry_indoors() -> None:
    analysis = help.song(20.0, form=(("verse", 0.5, 99),))
    scenes = ({"weather": "snow", "place": "forest"}, {"weather": "snow", "place": "industrial club"})
    slots = [
        replace(slot, words="rain", pictures=[replace(slot.pictures[0], scene=scene)])
        for slot, scene in zip(made_up(analysis), scenes, strict=True)
    ]
    timeline = plan(analysis, slots, help.rule(**riding_on(words={"rain": 1.0, "snow": 1.0})), 1)
    snowing = [e for e in timeline.effects if e.kind == "snow"]
    assert snowing and not frames_of(timeline, "rain")
    outside = [shot for shot in timeline.shots if shot.slot == "01"]
    assert sum(e.frames for e in snowing) == sum(shot.frames for shot in outside)


def test_a_strobe_keeps_apart_and_flashes_are_none_where_none_are_wanted() -> None:
    analysis = help.song(60.0)
    analysis.onsets = [i / 8 for i in range(480)]
    strobing = planned(analysis, build={"strobe": 0.5}, drop={"flash": 1.0})
    starts = frames_of(strobing, "flash")
    assert len(starts) > 4
    assert all(sum(1 for other in starts if frame <= other <= frame + 30) <= 3 for frame in starts)
    rule = help.rule(flashes=False, **riding_on(build={"strobe": 0.5}, drop={"flash": 1.0}))
    assert not frames_of(plan(analysis, made_up(analysis), rule, 1), "flash")


def test_a_drop_s_flash_outlives_the_strobe_that_leads_to_it() -> None:
    from daemon.film.effects import limited

    weak = [Effect("flash", frame, 4, 0.3, "onset") for frame in (70, 80, 90)]
    kept = limited([*weak, Effect("flash", 95, 10, 0.8, "drop")], Fraction(30))
    assert len(kept) == 3
    assert any(effect.because == "drop" for effect in kept)


def test_a_song_that_begins_with_a_drop_has_what_lasts_without_the_blow() -> None:
    analysis = help.song(30.0, form=(("drop", 0.9, 8), ("verse", 0.4, 99)))
    timeline = planned(analysis, drop={"flash": 1.0, "beams": 0.5})
    assert [(e.kind, e.start, e.frames) for e in timeline.effects] == [("beams", 0, 480)]


def test_an_effect_makes_anew_only_the_segments_that_it_is_seen_in() -> None:
    analysis = help.song(60.0)
    plain = Direction(planned(analysis, drop={}), help.bass(1800))
    sparks = replace(plain.timeline, effects=(Effect("sparks", 600, 90, 1.0, "drop"),))
    flying = Direction(sparks, help.bass(1800))
    spans = [slice(0, 300), slice(300, 600), slice(600, 900), slice(900, 1200)]
    assert [plain.curves(span) == flying.curves(span) for span in spans] == [True, True, False, True]
    louder = Direction(sparks, {"bass": np.ones(1800, np.float32)})
    assert louder.curves(spans[2]) != flying.curves(spans[2])


# --- drawn ----------------------------------------------------------------------------------------


def scene(kind: str, frames: int = 90, width: int = 256, height: int = 144) -> Direction:
    shot = Shot(0, 0, frames, PictureFile("01a", Path("x.png"), "x"), "01", 0, "drop", "start", Transition(), (0.5, 0.5, 1.0), (0.5, 0.5, 1.0))  # fmt: skip # noqa: E501
    effect = Effect(kind, 0, frames, 1.0, "drop at 0:00.0")
    timeline = Timeline(Fraction(30), frames, width, height, (shot,), (effect,), (), ("#ff8000", "#00c0ff"))
    band = (0.75 + 0.2 * np.sin(np.arange(frames))).astype(np.float32)
    loud = dict.fromkeys(("bass", "mid", "treble", "onset", "rms"), band)
    return Direction(timeline, loud)


def grey(width: int, height: int) -> np.ndarray:
    frame = np.full((height * 3 // 2, width), 60, np.uint8)
    frame[height:] = 128
    return frame


@pytest.mark.parametrize("kind", riding.OVERLAYS)
def test_an_overlay_shows_moves_and_is_the_same_whichever_frame_was_drawn_before(kind: str) -> None:
    direction = scene(kind)
    over = Overlays(direction, 256, 144)
    frames = []
    for frame in (40, 41, 70, 40):
        frames.append(grey(256, 144))
        over.draw(frame, frames[-1])
    assert (frames[0] != 60).any()
    assert (frames[0] != frames[1]).any()
    assert np.array_equal(frames[0], frames[3])
    again = grey(256, 144)
    Overlays(scene(kind), 256, 144).draw(40, again)
    assert np.array_equal(again, frames[0])


@pytest.mark.parametrize("kind", riding.OVERLAYS)
def test_an_overlay_looks_alike_at_every_size(kind: str) -> None:
    small, large = grey(256, 144), grey(1024, 576)
    Overlays(scene(kind), 256, 144).draw(40, small)
    Overlays(scene(kind), 1024, 576).draw(40, large)
    shrunk = large[:576].reshape(144, 4, 256, 4).mean(axis=(1, 3))
    assert small[:144].mean() - 60 == pytest.approx(shrunk.mean() - 60, rel=0.25, abs=0.15)
    assert np.abs(small[:144] - shrunk).mean() < 5


@pytest.mark.parametrize("kind", sorted({*riding.OVERLAYS} - {"speakers"}))
def test_an_upright_film_has_them_all_over_it_too(kind: str) -> None:
    frame = grey(144, 256)
    direction = scene(kind, 90, 144, 256)
    for number in range(30, 60):
        Overlays(direction, 144, 256).draw(number, frame)
    changed = np.abs(frame[:256].astype(int) - 60) > 2
    assert changed[:, :72].any() and changed[:, 72:].any()
    assert changed[128:].any() if kind == "bars" else changed[:200].any()


@pytest.mark.parametrize("kind", ["sparks", "embers"])
def test_nothing_flies_up_in_silence(kind: str) -> None:
    loud = scene(kind)
    silent = Direction(loud.timeline, {"onset": np.zeros(90, np.float32)})
    frame = grey(256, 144)
    Overlays(silent, 256, 144).draw(40, frame)
    loudly = grey(256, 144)
    Overlays(loud, 256, 144).draw(40, loudly)
    assert np.abs(loudly.astype(int) - 60)[:144].sum() > 2 * np.abs(frame.astype(int) - 60)[:144].sum()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.floats(-80, 140), st.floats(-80, 120), st.floats(-90, 90), st.floats(-90, 90), st.floats(0.6, 20),
            st.floats(0, 1), st.floats(0, 1),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_a_stroke_covers_what_plain_geometry_says_and_nothing_beyond_the_frame(rows: list[tuple[float, ...]]) -> None:
    width, height = 64, 48
    whole = np.full((height * 3 // 2 + 8, width), 60, np.uint8)
    table = np.array([(*r[:5], 0.0, 235, 128, 128, r[5], r[6] > 0.5) for r in rows], np.float32).reshape(-1, 11)
    strokes.lay(whole[4:-4], height, table)
    assert (whole[:4] == 60).all() and (whole[-4:] == 60).all()
    y, x = np.mgrid[0:height, 0:width]
    reached = np.zeros((height, width), bool)
    inside = np.zeros((height, width), bool)
    for x0, y0, dx, dy, radius, *_ in rows:
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        away = np.hypot(x - x0 - along * dx, y - y0 - along * dy)
        reached |= away < 3.5 * radius + 1.0
        inside |= away < radius - 1.0
    drawn = whole[4 : 4 + height] != 60
    assert not drawn[~reached].any()
    if rows and min(r[5] for r in rows) > 0.1:
        assert drawn[inside].all()


@pytest.mark.parametrize("style", ["diagonal", "iris", "ink"])
@pytest.mark.parametrize("turn", range(3))
def test_a_wipe_begins_with_one_picture_ends_with_the_other_and_never_turns_back(style: str, turn: int) -> None:
    from daemon.film.direction import FrameState, View

    width, height = 160, 90
    joiner = Joiner(width, height, ("#ff8000", "#00c0ff"))
    shot = scene("bars").timeline.shots[0]
    view = View(shot, 0.5, 0.5, 1.0)
    shares = []
    for weight in (0.0, 0.25, 0.5, 0.75, 1.0):
        out, other = np.full((135, 160), 40, np.uint8), np.full((135, 160), 200, np.uint8)
        joiner.join(out, other, FrameState(view, view, weight, 0, 0, style, 0.0, turn))
        shares.append(float((out[:height] == 200).mean()))
    assert shares[0] == 0 and shares[-1] == 1
    assert shares == sorted(shares)
    assert 0.2 < shares[2] < 0.8


def test_a_whip_smears_sideways_alone() -> None:
    frame = grey(160, 90)
    frame[20:40, 70:90] = 200
    Joiner(160, 90).smear(frame, 0.2)
    assert frame[30, 62] > 70 and frame[10, 80] == 60
    assert frame[:90].mean() == pytest.approx(60 + 140 * 400 / (160 * 90), abs=1)


def test_a_mirrored_shot_is_the_same_shot_the_other_way_round(tmp_path: Path) -> None:
    _, timeline = help.planned(tmp_path, 6.0, effects=False)
    shots = (timeline.shots[0], *timeline.shots[1:])
    other = replace(timeline, shots=(replace(shots[0], mirrored=True), *shots[1:]))
    drawn = []
    for each in (timeline, other):
        with Compositor(each, {}) as drawing:
            drawn.append(np.empty((timeline.height * 3 // 2, timeline.width), np.uint8))
            drawing.brush()(3, drawn[-1])
    assert np.array_equal(drawn[0][: timeline.height, ::-1], drawn[1][: timeline.height])
    assert not np.array_equal(drawn[0], drawn[1])


def test_a_matte_reaches_from_first_to_last() -> None:
    for style in ("diagonal", "iris", "ink"):
        matte = transitions.matte(style, 1, 64, 36)
        assert (matte.min(), matte.max()) == (0, 65535)


def test_slots_and_rules_need_no_words() -> None:
    assert Slot("01", 0, 1, 0, []).words == ""
    assert Rule(name="x").edit.effects["words"]
