"""The timeline: whole frames, cuts on the music, no picture twice in a row."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.film import effects
from daemon.film.timeline import Effect, PictureFile, Slot, Timeline, frame_at, frame_count, plan
from daemon.sidecars import Analysis, MusicEvent, Section, Tempo
from tests import film_help as help


def made_up(analysis: Analysis, per_section: int = 2, candidates: int = 1) -> list[Slot]:
    """Slots whose pictures needn't exist."""
    found: list[Slot] = []
    for index, section in enumerate(analysis.sections):
        width = (section.end - section.start) / per_section
        for part in range(per_section):
            name = f"{len(found) + 1:02d}"
            pictures = [PictureFile(name + c, Path(f"{name}{c}.png"), name + c) for c in "abcdef"[:candidates]]
            found.append(Slot(name, section.start + part * width, section.start + (part + 1) * width, index, pictures))
    return found


def check_whole(timeline: Timeline) -> None:
    assert timeline.shots[0].start == 0
    assert timeline.shots[-1].end == timeline.frames
    assert all(a.end == b.start for a, b in pairwise(timeline.shots))
    assert [shot.index for shot in timeline.shots] == list(range(len(timeline.shots)))
    assert all(shot.frames > 0 for shot in timeline.shots)


@pytest.mark.parametrize("fps", ["24", "25", "30", "60", "24000/1001", "30000/1001"])
def test_every_frame_is_covered_and_the_last_one_ends_with_the_song(fps: str) -> None:
    analysis = help.song(61.7)
    timeline = plan(analysis, made_up(analysis), help.rule(fps=fps), 1)
    check_whole(timeline)
    assert timeline.frames == int(analysis.duration * Fraction(fps) + Fraction(1, 2))


def test_every_cut_lies_on_a_beat_rounded_once_from_absolute_time() -> None:
    analysis = help.song(240.0, bpm=127.3)
    rule = help.rule(fps="30000/1001")
    timeline = plan(analysis, made_up(analysis), rule, 1)
    beats = {frame_at(beat, rule.deliver.rate()) for beat in analysis.beats}
    assert len(timeline.cuts) > 40
    assert set(timeline.cuts) <= beats


def test_a_drop_lands_on_its_first_frame_and_flashes_there() -> None:
    analysis = help.song(60.0)
    timeline = plan(analysis, made_up(analysis), help.rule(), 1)
    drops = [frame_at(event.start, timeline.fps) for event in analysis.events]
    assert len(drops) == 2
    shots = {shot.start: shot for shot in timeline.shots}
    for drop in drops:
        assert shots[drop].cut_on == "drop"
        assert shots[drop].transition.kind == "flash"
        assert any(effect.kind == "flash" and effect.start == drop for effect in timeline.effects)


def test_each_change_of_section_is_a_cut() -> None:
    analysis = help.song(60.0)
    timeline = plan(analysis, made_up(analysis), help.rule(), 1)
    for section in analysis.sections[1:]:
        assert frame_at(section.start, timeline.fps) in timeline.cuts


def test_a_section_that_changes_beside_a_downbeat_is_cut_on_the_downbeat() -> None:
    analysis = help.song(30.0)
    analysis.events = []
    analysis.sections = [
        Section(start=0, end=16.2, role="verse", energy=0.5),
        Section(start=16.2, end=30.0, role="chorus", energy=0.6),
    ]
    timeline = plan(analysis, made_up(analysis), help.rule(), 1)
    assert frame_at(16.0, timeline.fps) in timeline.cuts
    assert frame_at(16.2, timeline.fps) not in timeline.cuts


def test_shots_are_shorter_where_the_energy_is_higher() -> None:
    form = (("verse", 0.1, 16), ("verse", 0.5, 16), ("verse", 0.9, 16))
    analysis = help.song(96.0, form=form)
    timeline = plan(analysis, made_up(analysis, per_section=1), help.rule(), 1)
    mean = {
        section: sum(s.frames for s in timeline.shots if s.section == section)
        / sum(1 for s in timeline.shots if s.section == section)
        for section in range(3)
    }
    assert mean[0] > 1.5 * mean[1] > 2 * mean[2]


def test_a_build_up_accelerates_towards_its_drop() -> None:
    form = (("verse", 0.5, 4), ("build", 0.6, 8), ("drop", 0.9, 8))
    analysis = help.song(40.0, form=form)
    timeline = plan(analysis, made_up(analysis), help.rule(least_shot=0.2), 1)
    lengths = [shot.frames for shot in timeline.shots if shot.role == "build"]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] * 4 <= lengths[0]


def test_no_picture_is_shown_twice_in_a_row() -> None:
    analysis = help.song(120.0)
    for seed in range(5):
        timeline = plan(analysis, made_up(analysis), help.rule(), seed)
        assert all(a.picture.path != b.picture.path for a, b in pairwise(timeline.shots))


def test_a_single_picture_is_framed_anew_each_time_by_at_least_thirty_percent() -> None:
    analysis = help.song(60.0)
    one = PictureFile("01a", Path("01a.png"), "x")
    timeline = plan(analysis, [Slot("01", 0, 60, 0, [one])], help.rule(), 1)
    middles = [(shot.camera_from[2] + shot.camera_to[2]) / 2 for shot in timeline.shots]
    assert len(middles) > 10
    assert all(max(a, b) / min(a, b) >= 1.3 for a, b in pairwise(middles))


def test_every_approved_picture_is_shown_where_the_shots_suffice() -> None:
    analysis = help.song(60.0)
    found = made_up(analysis)
    timeline = plan(analysis, found, help.rule(), 3)
    shown = {shot.picture.id for shot in timeline.shots}
    assert shown == {picture.id for slot in found for picture in slot.pictures}


def test_the_camera_never_sees_beyond_the_picture() -> None:
    analysis = help.song(60.0)
    for seed in range(4):
        for shot in plan(analysis, made_up(analysis), help.rule(drift=0.5), seed).shots:
            for x, y, scale in (shot.camera_from, shot.camera_to):
                assert scale >= 1.0
                assert 0.5 / scale - 1e-9 <= min(x, y) and max(x, y) <= 1 - 0.5 / scale + 1e-9


def test_the_same_input_gives_the_same_edit_and_another_seed_another() -> None:
    analysis = help.song(60.0)
    first, again, other = (plan(analysis, made_up(analysis), help.rule(), seed).edit() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_changing_one_picture_changes_no_cut_and_no_other_shot() -> None:
    analysis = help.song(60.0)
    before = made_up(analysis)
    after = [*before[:4], Slot("05", before[4].start, before[4].end, 2, [PictureFile("05b", Path("05b.png"), "new")])]
    after += before[5:]
    one, two = (plan(analysis, found, help.rule(), 1) for found in (before, after))
    for a, b in zip(one.shots, two.shots, strict=True):
        assert (a.start, a.end, a.camera_from, a.camera_to) == (b.start, b.end, b.camera_from, b.camera_to)
        assert a.picture == b.picture or (a.picture.id == "05a" and b.picture.id == "05b")


def test_without_beats_the_cuts_lie_on_a_grid_and_the_film_says_so() -> None:
    analysis = Analysis(
        duration=60.0,
        sample_rate=44100,
        samples=60 * 44100,
        channels=1,
        tempo=Tempo(bpm=0, confidence=0),
        sections=[Section(start=0, end=60, energy=0.1)],
    )
    timeline = plan(analysis, made_up(analysis), help.rule(), 1)
    check_whole(timeline)
    lengths = [shot.frames for shot in timeline.shots]
    assert len(lengths) > 3
    assert max(lengths) - min(lengths) <= 1
    assert {shot.cut_on for shot in timeline.shots[1:]} == {"grid"}
    assert any("no beats" in note for note in timeline.notes)


@pytest.mark.parametrize("seconds", [0.02, 0.2, 1.0])
def test_a_song_of_a_second_or_less_is_one_shot(seconds: float) -> None:
    analysis = help.song(seconds)
    timeline = plan(analysis, made_up(analysis, per_section=1), help.rule(), 1)
    check_whole(timeline)
    assert len(timeline.shots) == 1


def test_no_second_holds_more_than_three_flashes() -> None:
    fps = Fraction(30)
    wanted = [Effect("flash", frame, 8, 1.0, "drop") for frame in range(0, 300, 5)]
    kept = [effect.start for effect in effects.limited(wanted, fps)]
    assert len(kept) > 20
    assert all(sum(1 for other in kept if frame <= other <= frame + 30) <= 3 for frame in kept)


def test_a_rule_without_flashes_has_none() -> None:
    analysis = help.song(60.0)
    timeline = plan(analysis, made_up(analysis), help.rule(flashes=False), 1)
    assert not [effect for effect in timeline.effects if effect.kind == "flash"]
    assert not [shot for shot in timeline.shots if shot.transition.kind == "flash"]


def test_quiet_shots_dissolve_and_loud_ones_are_cut() -> None:
    form = (("verse", 0.1, 16), ("drop", 0.9, 16))
    analysis = help.song(64.0, form=form)
    timeline = plan(analysis, made_up(analysis), help.rule(), 1)
    kinds = {section: {s.transition.kind for s in timeline.shots[1:] if s.section == section} for section in (0, 1)}
    assert kinds[0] == {"crossfade"}
    assert kinds[1] == {"cut", "flash"}


def test_each_effect_names_the_event_that_caused_it() -> None:
    analysis = help.song(60.0)
    timeline = plan(analysis, made_up(analysis), help.rule(), 1)
    assert {effect.kind for effect in timeline.effects} >= {"fade_in", "fade_out", "flash", "zoom", "shake"}
    for effect in timeline.effects:
        assert effect.because
        assert 0 <= effect.start < effect.start + effect.frames <= timeline.frames or effect.kind == "flash"


def test_cuts_run_ahead_of_their_beats_where_the_rule_asks_but_drops_do_not() -> None:
    analysis = help.song(60.0)
    plain = plan(analysis, made_up(analysis), help.rule(), 1)
    ahead = plan(analysis, made_up(analysis), help.rule(anticipate=2), 1)
    for a, b in zip(plain.shots[1:], ahead.shots[1:], strict=True):
        assert a.start - b.start == (0 if a.cut_on == "drop" else 2)


def test_a_film_without_pictures_is_refused() -> None:
    analysis = help.song(10.0)
    with pytest.raises(ValueError, match="picture"):
        plan(analysis, [Slot("01", 0, 10, 0, [])], help.rule(), 1)


@st.composite
def wild_songs(draw: st.DrawFn) -> Analysis:
    """Songs with anything that a listener might say of them."""
    duration = draw(st.floats(0.01, 90.0))
    moments = st.lists(st.floats(-1.0, duration + 1.0), max_size=40).map(sorted)
    edges = [0.0, *draw(st.lists(st.floats(0.0, duration), max_size=8).map(sorted)), duration]
    roles = st.sampled_from(["intro", "verse", "build", "drop", "break", "chorus", "bridge", "outro", "section"])
    labels = st.sampled_from(["", "A", "A'", "B"])
    sections = [
        Section(start=a, end=b, role=draw(roles), energy=draw(st.floats(0, 1)), label=draw(labels))
        for a, b in pairwise(edges)
    ]
    drops = [MusicEvent(kind="drop", start=t, end=t) for t in draw(st.lists(st.floats(0, duration), max_size=6))]
    return Analysis(
        duration=duration,
        sample_rate=44100,
        samples=int(duration * 44100),
        channels=1,
        tempo=Tempo(bpm=draw(st.floats(0, 300)), confidence=0.5),
        metre=draw(st.integers(1, 16)),
        beats=draw(moments),
        downbeats=draw(moments),
        onsets=draw(moments),
        sections=sections,
        events=drops,
    )


def test_every_phrase_of_a_section_opens_with_a_cut_and_has_the_rhythm_of_the_one_before() -> None:
    analysis = help.song(128.0, form=(("verse", 0.5, 16), ("drop", 0.9, 48)))
    timeline = plan(analysis, made_up(analysis), help.rule(least_shot=0.2), 3)
    for section, first, phrase in ((0, 0, 16), (1, 16, 16)):
        starts = {shot.start for shot in timeline.shots if shot.section == section}
        bars = [frame_at(t, timeline.fps) for t in analysis.downbeats]
        opened = bars[first::phrase][: 3 if section else 1]
        assert set(opened) <= starts
        patterns = [sorted(frame - at for frame in starts if at <= frame < at + phrase * 60) for at in opened]
        assert all(pattern == patterns[0] for pattern in patterns)


@pytest.mark.parametrize("metre", [3, 5, 7])
def test_in_any_metre_sections_open_on_downbeats(metre: int) -> None:
    analysis = help.song(90.0)
    analysis.metre, analysis.downbeats, analysis.events = metre, analysis.beats[::metre], []
    bar = metre * 0.5
    edges = [0.0, 20.3, 41.9, 66.6, analysis.duration]
    analysis.sections = [
        Section(start=a, end=b, role=role, energy=0.5)  # type: ignore[arg-type]
        for (a, b), role in zip(pairwise(edges), ("verse", "build", "drop", "outro"), strict=True)
    ]
    timeline = plan(analysis, made_up(analysis), help.rule(), 1)
    opened = [shot.start for before, shot in pairwise(timeline.shots) if shot.section != before.section]
    assert opened == [frame_at(round(at / bar) * bar, timeline.fps) for at in edges[1:-1]]


def test_a_section_that_comes_again_has_its_rhythm_and_echoes_its_pictures_varied() -> None:
    form = (("chorus", 0.6, 8), ("verse", 0.4, 8), ("chorus", 0.6, 8))
    analysis = help.song(48.0, form=form)
    for section, label in zip(analysis.sections, ("A", "B", "A'"), strict=True):
        section.label = label
    found = made_up(analysis, per_section=2)
    painted = [replace(s, pictures=[replace(p, scene={"cast": []}) for p in s.pictures]) for s in found]
    timeline = plan(analysis, painted, help.rule(pace={"medium": 1}), 1)
    first, again = ([shot for shot in timeline.shots if shot.section == section] for section in (0, 2))
    starts = [[shot.start - shots[0].start for shot in shots] for shots in (first, again)]
    assert starts[0] == starts[1]
    shown = {shot.picture.id: shot for shot in first}
    echoes = [shot for shot in again if shot.picture.id in shown]
    assert echoes and len(echoes) < len(again)
    assert all(shot.camera_from != shown[shot.picture.id].camera_from for shot in echoes)
    assert any(shot.mirrored for shot in echoes)
    unturned = plan(analysis, painted, help.rule(pace={"medium": 1}, mirror=False), 1)
    assert not any(shot.mirrored for shot in unturned.shots)
    assert not any(shot.mirrored for shot in plan(analysis, found, help.rule(pace={"medium": 1}), 1).shots)


def test_a_drop_heard_beside_its_section_s_start_is_one_drop() -> None:
    analysis = help.song(60.0)
    drop = analysis.sections[2]
    drop.start += 0.5
    analysis.sections[1].end += 0.5
    timeline = plan(analysis, made_up(analysis), help.rule(least_shot=0.2), 1)
    near = [s.start for s in timeline.shots if s.cut_on == "drop" and abs(s.start - frame_at(drop.start, 30)) < 60]
    assert near == [frame_at(analysis.events[0].start, timeline.fps)]
    assert next(s for s in timeline.shots if s.start == near[0]).role == "drop"


def test_the_only_other_picture_is_found_however_far_away_it_is() -> None:
    analysis = help.song(48.0, form=tuple(("verse", 0.5, 2) for _ in range(12)))
    found = [
        Slot(slot.slot, slot.start, slot.end, slot.section, [PictureFile(f"{n}", Path(f"{n == 11}.png"), f"{n}")])
        for n, slot in enumerate(made_up(analysis, per_section=1))
    ]
    timeline = plan(analysis, found, help.rule(), 1)
    assert len(timeline.shots) > 10
    assert all(a.picture.path != b.picture.path for a, b in pairwise(timeline.shots))


def test_three_hours_are_planned_as_well() -> None:
    analysis = help.song(3 * 3600.0, form=help.FORM * 60)
    timeline = plan(analysis, made_up(analysis, per_section=1), help.rule(), 1)
    check_whole(timeline)
    assert len(timeline.shots) > 2000


@settings(deadline=None, max_examples=60)
@given(
    st.floats(2.0, 40.0),
    st.integers(1, 7),
    st.lists(st.integers(0, 3), min_size=1, max_size=12),
    st.lists(st.sampled_from(["", "A", "A'", "B"]), min_size=1, max_size=6),
    st.integers(0, 3),
)
def test_no_picture_twice_in_a_row_however_few_there_are_and_however_they_are_spread(
    seconds: float, metre: int, files: list[int], labels: list[str], seed: int
) -> None:
    analysis = help.song(seconds)
    analysis.metre, analysis.downbeats = metre, analysis.beats[::metre]
    edges = [seconds * i / len(labels) for i in range(len(labels) + 1)]
    analysis.sections = [
        Section(start=a, end=b, role="drop", energy=0.9, label=label)
        for (a, b), label in zip(pairwise(edges), labels, strict=True)
    ]
    pictures = [PictureFile(f"{n}", Path(f"{n}.png"), str(n), {"cast": []}) for n in files]
    each = seconds / len(pictures)
    found = [
        Slot(f"{i:02d}", i * each, (i + 1) * each, min(len(labels) - 1, i * len(labels) // len(pictures)), [picture])
        for i, picture in enumerate(pictures)
    ]
    timeline = plan(analysis, found, help.rule(least_shot=0.2), seed)
    check_whole(timeline)
    if len(set(files)) > 1:
        assert all(a.picture.path != b.picture.path for a, b in pairwise(timeline.shots))
    for effect in timeline.effects:
        assert 0 <= effect.start < effect.start + effect.frames <= timeline.frames


@settings(deadline=None, max_examples=120)
@given(wild_songs(), st.integers(0, 5), st.floats(0.05, 2.0), st.integers(0, 2))
def test_whatever_was_heard_the_film_is_whole_and_no_shot_is_too_short(
    analysis: Analysis, seed: int, least: float, anticipate: int
) -> None:
    rule = help.rule(least_shot=least, anticipate=anticipate)
    timeline = plan(analysis, made_up(analysis, candidates=2), rule, seed)
    check_whole(timeline)
    assert timeline.frames == frame_count(analysis.duration, timeline.fps)
    if len(timeline.shots) > 1:
        assert min(shot.frames for shot in timeline.shots) >= least * 30 - 1e-6
    for effect in timeline.effects:
        assert effect.because
        assert 0 <= effect.start < effect.start + effect.frames <= timeline.frames
    halves = [shot.transition.half for shot in timeline.shots] + [0]
    assert all(shot.frames >= 2 * max(halves[shot.index : shot.index + 2]) for shot in timeline.shots)
    assert all(a.picture.path != b.picture.path for a, b in pairwise(timeline.shots))
