"""Approved stills become clips in the film: made, judged, made again, resumed, and never a black one among them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daemon import sidecars
from daemon.errors import Held
from daemon.film import reels
from daemon.film.cuts import Beats
from daemon.film.playing import ride
from daemon.film.values import PictureFile
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.stages.animating import choose, ladder, pace, who, words
from daemon.stages.animating.asked import Asked, Broken, Grid, NoAnimator, OutOfMemory, Stopped
from daemon.stages.sync import sync
from daemon.stages.tools import Tools
from daemon.video import watch
from tests import film_help as help
from tests import toys
from tests.animating_help import Made, Toy, always, black, frozen, good, job
from tests.coordinating import coordinator, make_root


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))


def by(monkeypatch: pytest.MonkeyPatch, toy: Toy) -> Toy:
    monkeypatch.setattr(who, "animator", lambda *_args, **_named: toy)
    return toy


def tools(root: Path) -> Tools:
    return Tools(Settings(root=root))


def darkest(job: JobFolder, film: str) -> float:
    """The luma of the darkest frame of a film, 16..235."""
    return min(float(seen.luma.mean()) for seen in watch.watch(job.file(film), 64, 36))


def clip_effects(job: JobFolder, made: sidecars.Sync) -> list[dict[str, Any]]:
    edit = json.loads(job.file(made.edit).read_text())
    return [effect for effect in edit["effects"] if effect["kind"] == "clip"]


# --- the film -----------------------------------------------------------------------------------


def test_good_clips_move_in_the_film_and_the_sidecar_tells_who_made_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = by(monkeypatch, Toy(always(good), sound=True))
    folder = job(tmp_path)
    made = sync(folder, tools(tmp_path))
    assert made.clips and len(made.clips) == len(toy.asked)
    for clip in made.clips:
        assert (clip.rung, clip.by, clip.seconds) == (ladder.AS_ASKED, "toy", 30.0)
        assert [tried.fault for tried in clip.tries] == [""]
        assert clip.tries[0].measured["likeness"] > 0.75
        assert reels.told(folder.path / clip.file) is not None
    assert clip_effects(folder, made)
    assert all(check.ok for check in made.checks)
    assert watch.facts(folder.file(made.films[0].file)).audio_codec == "aac"  # the song's: a clip's own is dropped
    assert toy.closed == 1 and toy.settled_ == [asked.key for asked in toy.asked]
    assert toy.asked[0].prompt.startswith("A dancer in place") and "dancing" in " ".join(a.prompt for a in toy.asked)
    assert not [path for path in folder.path.iterdir() if path.name.startswith(".")]


def test_a_film_arrives_and_is_never_black_where_every_clip_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = by(monkeypatch, Toy(always(black)))
    folder = job(tmp_path, 8.0)
    made = sync(folder, tools(tmp_path))
    assert made.clips and all(clip.rung == ladder.COMPOSITED and not clip.file for clip in made.clips)
    rungs = [tried.rung for tried in made.clips[0].tries if not tried.skipped]
    assert rungs == [rung for rung in ladder.RUNGS[:-1] if rung in rungs] and len(rungs) >= 6
    assert {tried.fault for tried in made.clips[0].tries if not tried.skipped} == {"black"}
    assert made.clips[0].tries[0].measured["black_share"] > 0.9
    assert "the last was black" in made.clips[0].because
    assert all(check.ok for check in made.checks)
    assert darkest(folder, made.films[0].file) > 30
    assert not clip_effects(folder, made)
    assert not list(folder.path.glob("clip-*"))
    assert len({asked.seed for asked in toy.asked if asked.frames}) > len(made.clips)


def test_a_clip_that_is_black_at_first_is_saved_by_a_rung_and_the_sidecar_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mended(asked: Asked, _nth: int) -> Made:
        return good if ladder.EXACT in asked.changes else black

    by(monkeypatch, Toy(mended, cannot={ladder.SDPA: "no such input"}))
    folder = job(tmp_path, 6.0)
    made = sync(folder, tools(tmp_path))
    clip = made.clips[0]
    assert clip.rung == ladder.EXACT and clip.file
    assert [(tried.rung, tried.fault, tried.skipped) for tried in clip.tries] == [
        (ladder.AS_ASKED, "black", ""),
        (ladder.SEED, "black", ""),
        (ladder.SDPA, "", "no such input"),
        (ladder.EXACT, "", ""),
    ]
    assert clip.seconds == 90.0
    assert darkest(folder, made.films[0].file) > 30


def test_where_memory_runs_out_fewer_frames_and_then_a_smaller_size_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short_of_memory(asked: Asked, _nth: int) -> Made:
        if asked.frames > 40:
            raise OutOfMemory("the graphics memory ran out")
        return good

    toy = by(monkeypatch, Toy(short_of_memory, grid=Grid(16.0, 4, 17, 49, ((416, 240),))))
    made = sync(job(tmp_path, 12.0), tools(tmp_path))
    fewer = [clip for clip in made.clips if clip.rung == ladder.FEWER]
    assert fewer
    assert [tried.rung for tried in fewer[0].tries if not tried.skipped] == [ladder.AS_ASKED, ladder.FEWER]
    assert fewer[0].tries[0].fault == "out of memory"
    assert all((asked.frames - 1) % 4 == 0 for asked in toy.asked)


def test_what_a_person_stopped_and_what_a_server_broke_is_told_and_composited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_asked: Asked, nth: int) -> Made:
        raise Broken("a node failed") if nth == 1 else Stopped("somebody stopped it")

    by(monkeypatch, Toy(stopped))
    made = sync(job(tmp_path, 6.0), tools(tmp_path))
    assert [tried.fault for tried in made.clips[0].tries if not tried.skipped] == ["server failed", "stopped"]
    assert made.clips[0].rung == ladder.COMPOSITED


def test_without_an_answer_the_film_is_composited_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_asked: Asked, nth: int) -> Made:
        if nth > 1:
            raise NoAnimator("10.0.0.9:8188 can't be reached", "refused")
        return good

    by(monkeypatch, Toy(away))
    made = sync(job(tmp_path), tools(tmp_path))
    assert made.clips[0].rung == ladder.AS_ASKED
    assert all("can't be reached" in clip.because for clip in made.clips[1:] if not clip.file)
    assert any("can't be reached" in note for note in made.notes)
    assert all(check.ok for check in made.checks)


def test_a_rule_that_wants_comfyui_waits_for_it_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Toy):
        asked_before = 0

        def unable(self) -> dict[str, str]:
            self.asked_before += 1
            if self.asked_before < 3:
                raise NoAnimator("10.0.0.9:8188 can't be reached")
            return {}

    monkeypatch.setattr("daemon.stages.animating.animate._ASK_AGAIN", 0.0)
    by(monkeypatch, Late(always(good)))
    waited = sync(job(tmp_path, 5.0, by="comfyui"), tools(tmp_path))
    assert waited.clips[0].rung == ladder.AS_ASKED and waited.notes == []
    by(monkeypatch, Late(always(good)))
    assert "can't be reached" in sync(job(tmp_path / "auto", 5.0), tools(tmp_path)).notes[0]


def test_an_hour_at_which_the_card_may_not_be_used_holds_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(_asked: Asked, _nth: int) -> Made:
        raise Held("the rule keeps ComfyUI for 22-7")

    by(monkeypatch, Toy(shut))
    with pytest.raises(Held):
        sync(job(tmp_path, 6.0), tools(tmp_path))


def test_nobody_is_asked_where_nobody_is_set_or_the_rule_says_off(tmp_path: Path) -> None:
    made = sync(job(tmp_path, 5.0), tools(tmp_path))
    assert made.clips == [] and made.notes == []
    off = job(tmp_path / "off", 5.0, by="off")
    assert who.animator(tools(tmp_path).rule(off.job()), Settings(root=tmp_path)) is None


# --- nothing is made twice ----------------------------------------------------------------------


def test_a_second_attempt_asks_for_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second_good(asked: Asked, _nth: int) -> Made:
        return frozen if not asked.changes and asked.seed in first else good

    first: set[int] = set()
    toy = Toy(lambda asked, nth: (first.add(asked.seed), frozen)[1] if nth == 1 else good)
    by(monkeypatch, toy)
    folder = job(tmp_path, 8.0)
    made = sync(folder, tools(tmp_path))
    count = len(toy.asked)
    assert made.clips[0].tries[0].fault == "frozen"
    again = sync(folder, tools(tmp_path))
    assert len(toy.asked) == count
    assert again == made


def test_clips_that_are_there_are_shown_though_nobody_answers_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(Toy):
        def unable(self) -> dict[str, str]:
            raise NoAnimator("10.0.0.9:8188 can't be reached")

    by(monkeypatch, Toy(always(good)))
    folder = job(tmp_path, 6.0)
    made = sync(folder, tools(tmp_path))
    by(monkeypatch, Gone(always(good)))
    assert sync(folder, tools(tmp_path)) == made


def test_a_crash_between_two_clips_loses_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_asked: Asked, nth: int) -> Made:
        if nth == 2:
            raise KeyboardInterrupt
        return good

    toy = by(monkeypatch, Toy(crash))
    folder = job(tmp_path, 8.0)
    with pytest.raises(KeyboardInterrupt):
        sync(folder, tools(tmp_path))
    made = sync(folder, tools(tmp_path))
    keys = [asked.key for asked in toy.asked]
    assert keys.count(keys[1]) == 2 and len(keys) == len(made.clips) + 1  # the one that was cut off, again
    assert all(clip.rung == ladder.AS_ASKED for clip in made.clips)


def test_a_clip_damaged_where_it_lies_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = by(monkeypatch, Toy(always(good)))
    folder = job(tmp_path, 6.0)
    made = sync(folder, tools(tmp_path))
    file = folder.path / made.clips[0].file
    file.write_bytes(file.read_bytes()[:2000])
    count = len(toy.asked)
    assert sync(folder, tools(tmp_path)).clips == made.clips
    assert len(toy.asked) == count + 1


def test_another_still_gets_another_clip_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = by(monkeypatch, Toy(always(good)))
    folder = job(tmp_path, 8.0)
    before = sync(folder, tools(tmp_path))
    approval = folder.need(sidecars.Approval)
    slot = before.clips[0].slot
    help.picture(folder.path / "new.png", 4711)
    approval.pictures[slot] = [
        sidecars.Picture(slot=slot, candidate="b", file="new.png", fingerprint="new", width=400, height=225)
    ]
    sidecars.write(folder.path, approval)
    count = len(toy.asked)
    after = sync(folder, tools(tmp_path))
    assert len(toy.asked) == count + 1
    assert len({clip.fingerprint for clip in after.clips} & {clip.fingerprint for clip in before.clips}) >= 1


# --- choosing -----------------------------------------------------------------------------------


def shots(root: Path, analysis: sidecars.Analysis) -> list[Any]:
    from daemon.film.timeline import plan

    return list(plan(analysis, help.slots(root, analysis), help.rule(), 1).shots)


GRID = Grid(16.0, 4, 17, 81, ((832, 480),))


def chosen(planned: list[Any], analysis: sidecars.Analysis, minutes: float) -> choose.Choice:
    return choose.choose(planned, analysis.sections, Fraction(30), GRID, lambda _picture, _frames: 60.0, 60 * minutes)


def test_the_budget_picks_the_drops_before_the_intro(tmp_path: Path) -> None:
    analysis = help.song(44.0)
    planned = shots(tmp_path, analysis)
    few, all_ = chosen(planned, analysis, 3.0), chosen(planned, analysis, 1000.0)
    assert len(few.chosen) == 3 and few.seconds <= 180
    assert {analysis.sections[one.section].role for one in few.chosen} <= {"drop", "outro", "build"}
    assert len(all_.chosen) == all_.stills - all_.too_long
    assert chosen(planned, analysis, 0.0).chosen == ()
    starts = {str(shot.picture.path): shot.start for shot in reversed(planned)}
    order = [starts[str(one.picture.path)] for one in all_.chosen]
    assert order == sorted(order)


def test_a_still_is_made_once_however_often_it_is_shown(tmp_path: Path) -> None:
    analysis = help.song(44.0)
    planned = shots(tmp_path, analysis)
    found = chosen(planned, analysis, 1000.0).chosen
    assert len({one.picture.path for one in found}) == len(found) < len(planned)


def test_a_section_that_comes_again_shows_the_clips_of_the_first(tmp_path: Path) -> None:
    analysis = help.song(40.0, form=(("chorus", 0.8, 5), ("chorus", 0.8, 5), ("chorus", 0.8, 9)))
    planned = shots(tmp_path, analysis)
    apart = chosen(planned, analysis, 2.0).chosen
    for section in analysis.sections:
        section.label = "A"
    repeated = chosen(planned, analysis, 2.0).chosen
    assert sum(one.section == 0 for one in repeated) >= sum(one.section == 0 for one in apart)
    assert {one.section for one in repeated} == {0}


def test_a_shot_longer_than_any_clip_is_left_to_the_compositor(tmp_path: Path) -> None:
    analysis = help.song(20.0)
    planned = shots(tmp_path, analysis)
    short = Grid(16.0, 4, 5, 9, ((832, 480),))
    found = choose.choose(planned, analysis.sections, Fraction(30), short, lambda _p, _f: 1.0, 1e6)
    long = {str(shot.picture.path) for shot in planned if shot.frames > 30}  # a second, at half speed half a clip
    assert found.too_long == len(long)
    assert not long & {str(one.picture.path) for one in found.chosen}


@pytest.mark.parametrize(("seconds", "frames"), [(0.1, 17), (1.0, 17), (1.01, 21), (2.0, 33), (4.9, 81), (60.0, 81)])
def test_frames_are_the_next_larger_count_on_the_models_grid(seconds: float, frames: int) -> None:
    assert GRID.frames(seconds) == frames
    assert frames == 81 or GRID.seconds(frames) >= seconds


@pytest.mark.parametrize(
    ("picture", "size"), [((1920, 1080), (832, 480)), ((1080, 1920), (480, 832)), ((900, 900), (624, 624))]
)
def test_the_size_nearest_in_shape_is_asked_for(picture: tuple[int, int], size: tuple[int, int]) -> None:
    assert Grid().size(*picture) == size


# --- words, pace, going on ----------------------------------------------------------------------


def test_the_rules_words_take_the_place_of_the_built_in_ones() -> None:
    plain = words.moving("A dancer.", "drop", "high", {})
    assert plain.startswith("A dancer. Powerful dancing") and plain.endswith("Fast, energetic motion")
    assert words.moving("A dancer", "drop", "high", {"drop": "she spins", "high": ""}) == "A dancer. She spins"
    assert words.unmoving("text, blur", "blur, static") == "text, blur, static"
    assert "static" in words.unmoving("", "")


def test_the_estimate_is_the_published_figure_until_clips_were_measured(tmp_path: Path) -> None:
    learned = pace.read(tmp_path)
    whole = pace.work(832, 480, 81)
    assert learned.seconds("w", whole, 400.0, whole) == pytest.approx(400.0)
    assert learned.seconds("w", whole / 2, 400.0, whole) == pytest.approx(200.0)
    measured = {"workflow": "w", "asked_width": 832, "asked_height": 480, "asked_frames": 81}
    times = (900.0, 100.0, 120.0)
    tries = [{"measured": {**measured, "seconds": seconds, "key": f"k{seconds}"}} for seconds in times]
    for _ in range(2):  # a job that is reopened tells the same again
        pace.learn(tmp_path, [{"tries": [*tries, {"measured": {**measured, "found_again": True}}, {"measured": {}}]}])
    learned = pace.read(tmp_path)
    assert learned.clips("w") == 3
    assert learned.seconds("w", whole, 400.0, whole) == pytest.approx(120.0, rel=0.01)
    assert learned.clips("another") == 0
    (tmp_path / pace.FILE).write_text('{"w": [["a", 1]]')
    assert pace.read(tmp_path).known == {}


def test_a_clip_goes_on_from_shot_to_shot() -> None:
    reel = {"file": "c.zip", "name": "c", "frames": 81, "fps": 16.0, "seconds": 5.0625, "peaks": [], "goes_on": True}
    scene = {"own": {"clip": reel}}
    first, second, third = (help.planned_shot(start, start + 60, scene) for start in (0, 60, 120))
    beats = Beats([0, 15, 30, 45, 60, 75, 90, 105, 120], frozenset({0, 60, 120}))
    moments = [(effect.start, effect.amount) for effect in ride([first, second, third], beats, Fraction(30))]
    begin = dict(moments)
    assert begin[0] == 0.0
    assert begin[60] == pytest.approx(59 / 30, abs=0.05)
    assert begin[120] == 0.0  # less than a shot is left: from the start
    still = {key: value for key, value in reel.items() if key != "goes_on"}
    again = ride([help.planned_shot(s, s + 60, {"own": {"clip": still}}) for s in (0, 60)], beats, Fraction(30))
    assert [effect.amount for effect in again if effect.start == 60] == [0.0]


def test_the_camera_stays_back_from_a_clip_of_few_pixels(tmp_path: Path) -> None:
    from daemon.film.narrow import held_back
    from daemon.film.timeline import plan
    from daemon.film.values import Slot

    analysis = help.song(20.0)
    clip = {"file": "c.zip", "name": "c", "frames": 81, "fps": 16.0, "seconds": 5.0, "peaks": [], "size": [832, 480]}
    slots = help.slots(tmp_path, analysis)

    def closest(width: int, **told: Any) -> float:
        scene = {"own": {"clip": {**clip, **told}}}
        mine = [
            Slot(
                s.slot, s.start, s.end, s.section, [PictureFile(p.id, p.path, p.fingerprint, scene) for p in s.pictures]
            )
            for s in slots
        ]
        shots = held_back(plan(analysis, mine, help.rule(width, width * 9 // 16 // 2 * 2), 1)).shots
        return max(max(shot.camera_from[2], shot.camera_to[2]) for shot in shots)

    assert closest(1920, goes_on=True) <= 1.3 + 1e-9
    assert closest(640, goes_on=True) > 1.35 and closest(1920) > 1.35  # enough pixels; people's own clips


def test_a_clip_of_a_painted_still_is_cropped_round_its_figure(tmp_path: Path) -> None:
    from daemon.film.focus import with_focus
    from daemon.film.values import Slot

    still = help.picture(tmp_path / "a.png", 1)
    scene = {"focus": [0.8, 0.4], "palette": {}, "own": {"clip": {"file": "c.zip"}}}
    moving = PictureFile("01a", still.path, "f", scene)
    (slot,) = with_focus([Slot("01", 0.0, 4.0, 0, [moving])], 90, 160)
    assert slot.pictures[0].centre == (0.8, 0.4)


def test_the_still_is_cropped_as_the_film_crops_it_and_never_stretched(tmp_path: Path) -> None:
    from daemon.stages.animating.climb import _fitted

    picture = np.zeros((200, 800, 3), np.uint8)
    picture[:, 300:500] = 255
    asked = Asked(Path(), "", "", 1, 208, 120, 17, 16.0, "key")
    made = _fitted(picture, asked, None)
    assert made.shape == (120, 208, 3)
    assert abs((made[60, :, 0] > 128).sum() - 120) <= 2
    assert PictureFile("01a", tmp_path / "x.png", "f").centre is None


# --- what people are told -----------------------------------------------------------------------


def test_the_desk_says_before_approval_what_clips_will_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from daemon.approvals import readme
    from daemon.approvals.gate import Gate
    from daemon.stages.animating import estimate

    toy = Toy(always(good))
    folder = job(tmp_path, 30.0, budget_minutes=2)
    approved = folder.need(sidecars.Approval).pictures
    pictures = [picture for mine in approved.values() for picture in mine]

    def told() -> str:
        facts, settings = folder.job(), Settings(root=tmp_path)
        rule, decisions = Tools(settings).rule(facts), sidecars.Decisions()
        analysis, prompts = folder.need(sidecars.Analysis), folder.need(sidecars.Prompts)
        return estimate.line(folder, settings, rule, facts, analysis, prompts, pictures, decisions)

    assert told() == ""  # nobody makes clips
    by(monkeypatch, toy)
    line = told()
    assert "stills become clips, about" in line and "by published figures (a catalogue)" in line
    assert "the rule gives 2 minutes" in line and not toy.asked
    measured = {"workflow": "toy 1", "asked_width": 208, "asked_height": 120, "asked_frames": 49, "key": "k"}
    (tmp_path / "stages").mkdir(exist_ok=True)
    pace.learn(tmp_path / "stages", [{"tries": [{"measured": {**measured, "seconds": 3600.0}}]}])
    assert told().startswith("No still becomes a clip: one takes about 60 minutes (by the one clip made here)")
    renders = sidecars.Renders(pictures=pictures, estimate=line)
    gate = Gate(False, True, "wait", "nobody answered yet")
    text = readme.readme("A song", "abc123", Rule(name="x").approve, renders, sidecars.Decisions(), gate)
    assert "WHAT WILL MOVE" in text and "about" in text


def test_the_report_names_who_moved_what_and_on_which_rung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mended(asked: Asked, nth: int) -> Made:
        return black if nth == 1 else good

    by(monkeypatch, Toy(mended))
    folder = job(tmp_path, 6.0)
    made = sync(folder, tools(tmp_path))
    page = folder.file(made.report).read_text("utf-8")
    assert "chosen stills move" in page and "new seed" in page and "as asked: black" in page and "toy" in page


def test_the_coordinator_learns_from_a_finished_film_how_long_clips_take(tmp_path: Path) -> None:
    settings = make_root(tmp_path)
    toys.wav(settings.inbox / "songs" / "a.wav")
    measured = {"workflow": "w", "asked_width": 832, "asked_height": 480, "asked_frames": 81, "seconds": 100.0}
    tried = sidecars.ClipTry(rung="as asked", measured={**measured, "key": "k"})

    def moved(folder: JobFolder, given: Tools) -> sidecars.Sync:
        made = toys.sync(folder, given)
        made.clips = [sidecars.Clip(slot="01", rung="as asked", tries=[tried])]
        return made

    coordinator(settings, stages={"sync": moved}).run()
    whole = pace.work(832, 480, 81)
    assert pace.read(settings.stages).seconds("w", whole, 400.0, whole) == pytest.approx(100.0, rel=0.001)
