"""Rendering: what is painted, what is kept, what a redo asks for, and what people see of it."""

import io
import itertools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from daemon import rulebook, sidecars
from daemon.errors import FinalFault
from daemon.film import lettering, sheet
from daemon.film import painter as builtin
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.sidecars import Decision, Decisions, Member, Picture, Renders
from daemon.stages import prompt, render
from daemon.stages.rendering import own, plan, shown
from daemon.stages.rendering.steer import Wish, steer
from daemon.stages.tools import Tools

NAME = "20260101-120000-song-abcdef"


class Painter:
    """Paints one plain colour by the seed, and remembers what it was asked for."""

    VERSION = "fake"
    Request = builtin.Request

    def __init__(self) -> None:
        self.asked: list[builtin.Request] = []
        self.breaks_at = 0

    def paint(self, request: builtin.Request) -> builtin.Painted:
        self.asked.append(request)
        if self.breaks_at and len(self.asked) >= self.breaks_at:
            raise OSError("the disk is full")
        colour = np.random.default_rng(request.seed).integers(0, 255, 3, dtype=np.uint8)
        return builtin.Painted(np.full((request.height, request.width, 3), colour, np.uint8), {"seed": request.seed})


@pytest.fixture(autouse=True)
def brush(monkeypatch: pytest.MonkeyPatch) -> Painter:
    fake = Painter()
    monkeypatch.setattr(render, "painter", lambda: fake)
    return fake


def lay(root: Path, rule: dict[str, Any] | None = None, members: list[Member] | None = None) -> JobFolder:
    """A job of two sections, four slots, in `prompted`."""
    folder = root / "stages" / "prompted" / NAME
    folder.mkdir(parents=True)
    (folder / "source.wav").write_bytes(b"no sound at all")
    whole = Rule.model_validate({"name": "one", "pictures": {"width": 160, "height": 90}, **(rule or {})})
    facts = sidecars.Job(
        id="abcdef",
        name=NAME,
        kind="song",
        title="Song",
        inbox="songs",
        members=[Member(role="source", name="song.wav", file="source.wav"), *(members or [])],
        rule=whole.model_dump(mode="json"),
        seed=5,
    )
    analysis = sidecars.Analysis.model_validate(
        {
            "duration": 16.0,
            "sample_rate": 8000,
            "samples": 128000,
            "channels": 1,
            "tempo": {"bpm": 120, "confidence": 1},
            "sections": [
                {"start": 0, "end": 8, "role": "intro", "label": "A", "energy": 0.2},
                {"start": 8, "end": 16, "role": "drop", "label": "B", "energy": 0.9},
            ],
        }
    )
    job = JobFolder(folder)
    sidecars.write(folder, facts)
    sidecars.write(folder, analysis)
    sidecars.write(folder, prompt.prompt(job, tools(root)))
    return job


def tools(root: Path, said: list[float] | None = None) -> Tools:
    def progress(fraction: float, *_words: Any, **_extra: Any) -> None:
        if said is not None:
            said.append(fraction)

    return Tools(Settings(root=root, ffmpeg="/nonexistent/ffmpeg"), progress=progress)


def decide(job: JobFolder, renders: Renders, *words: Decision, **more: Any) -> JobFolder:
    """The job in `rendered`, with its pictures and these decisions."""
    sidecars.write(job.path, renders)
    target = job.path.parent.parent / "rendered" / NAME
    target.parent.mkdir(exist_ok=True)
    if job.path != target:
        os.rename(job.path, target)
    sidecars.write(target, Decisions(decisions=list(words), **more))
    return JobFolder(target)


# --- the first round ----------------------------------------------------------------------------------


def test_every_slot_gets_its_candidates_as_png_of_the_right_size(tmp_path: Path, brush: Painter) -> None:
    job = lay(tmp_path)
    said: list[float] = []
    made = render.render(job, tools(tmp_path, said))
    assert [p.id for p in made.pictures] == ["01a", "01b", "02a", "02b", "03a", "03b", "04a", "04b"]
    assert len({p.seed for p in made.pictures}) == 8
    for picture in made.pictures:
        assert picture.file == f"{picture.id}-{picture.fingerprint}.png"
        with Image.open(job.file(picture.file)) as opened:
            assert (opened.format, opened.size) == ("PNG", (160, 90))
    assert said == sorted(said)
    assert said[-1] == 1.0
    assert made.round == 1


def test_the_painter_is_told_what_the_prompt_and_the_section_say(tmp_path: Path, brush: Painter) -> None:
    look = {
        "scenes": {"any": [{"text": "the sea", "paint": {"scene": "ocean"}}]},
        "time_of_day": "midnight",
        "sheet": "neon",
    }
    render.render(lay(tmp_path, {"look": look}), tools(tmp_path))
    asked = brush.asked[2]
    assert (asked.scene, asked.time_of_day, asked.sheet, asked.role, asked.energy) == (
        "ocean",
        "night",
        "neon",
        "drop",
        0.9,
    )
    assert asked.framing in ("wide", "medium", "close")
    assert len(asked.palette) == 6
    assert "the sea" in asked.prompt


@pytest.mark.parametrize(
    ("rule", "size"),
    [
        ({"deliver": {"width": 1280, "height": 720}}, (1600, 900)),
        ({"deliver": {"width": 1080, "height": 1920}}, (1350, 2400)),
        ({"deliver": {"width": 3840, "height": 2160}}, (3840, 2160)),
        ({"deliver": {"width": 2560, "height": 1440}}, (2560, 1440)),
        ({"pictures": {"width": 640}, "deliver": {"width": 1280, "height": 720}}, (640, 360)),
        ({"pictures": {"width": 640, "height": 640}}, (640, 640)),
    ],
)
def test_pictures_have_room_for_the_camera_and_a_bound(rule: dict[str, Any], size: tuple[int, int]) -> None:
    assert plan.size(Rule.model_validate({"name": "one", **rule})) == size


def test_an_interrupted_render_paints_only_what_is_missing(tmp_path: Path, brush: Painter) -> None:
    job = lay(tmp_path)
    brush.breaks_at = 4
    with pytest.raises(OSError, match="full"):
        render.render(job, tools(tmp_path))
    brush.breaks_at = 0
    brush.asked.clear()
    made = render.render(job, tools(tmp_path))
    assert len(brush.asked) == 8 - 3
    brush.asked.clear()
    assert render.render(job, tools(tmp_path)) == made
    assert brush.asked == []
    assert not [path for path in job.path.iterdir() if path.name.startswith(".tmp")]


def test_half_a_picture_is_painted_again(tmp_path: Path, brush: Painter) -> None:
    job = lay(tmp_path)
    made = render.render(job, tools(tmp_path))
    broken = job.file(made.pictures[3].file)
    broken.write_bytes(broken.read_bytes()[:80])
    brush.asked.clear()
    render.render(job, tools(tmp_path))
    assert len(brush.asked) == 1
    with Image.open(broken) as opened:
        opened.load()


def test_another_prompt_is_another_picture(tmp_path: Path, brush: Painter) -> None:
    job = lay(tmp_path)
    first = render.render(job, tools(tmp_path))
    changed = job.need(sidecars.Prompts)
    changed.prompts[0].prompt = "a different thing"
    sidecars.write(job.path, changed)
    second = render.render(job, tools(tmp_path))
    same = [a.file == b.file for a, b in zip(first.pictures, second.pictures, strict=True)]
    assert same == [False, False, True, True, True, True, True, True]


def test_a_picture_carries_its_own_recipe(tmp_path: Path) -> None:
    job = lay(tmp_path)
    picture = render.render(job, tools(tmp_path)).pictures[0]
    with Image.open(job.file(picture.file)) as opened:
        recipe = json.loads(opened.info["dropreel"])
    assert recipe["seed"] == picture.seed
    assert recipe["prompt"] == picture.prompt
    assert recipe["scene"] == picture.scene


def test_where_comfyui_is_asked_for_and_absent_the_builtin_painter_says_why_it_stepped_in(tmp_path: Path) -> None:
    made = render.render(
        lay(tmp_path, {"pictures": {"painter": "comfyui", "width": 64, "height": 64}}), tools(tmp_path)
    )
    assert {p.fallback_because for p in made.pictures} == {"no ComfyUI is connected"}


def test_no_prompts_is_a_final_fault(tmp_path: Path) -> None:
    job = lay(tmp_path)
    sidecars.write(job.path, sidecars.Prompts())
    with pytest.raises(FinalFault, match="nothing to paint"):
        render.render(job, tools(tmp_path))


def test_an_animatic_that_fails_costs_nothing_but_a_note(tmp_path: Path) -> None:
    made = render.render(lay(tmp_path), tools(tmp_path))
    assert made.animatic == ""
    assert any(note.startswith("no animatic") for note in made.notes)


def test_a_very_long_song_gets_no_animatic_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "LONGEST", 10.0)
    assert "longer than" in render.render(lay(tmp_path), tools(tmp_path)).notes[0]


def test_the_animatic_shows_first_candidates_and_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fake(analysis: Any, envelopes: Any, slots: Any, rule: Any, seed: int, sound: Path, out: Path, **_: Any) -> None:
        calls.append([slot.pictures[0].id for slot in slots])
        assert sound.name == "source.wav"
        out.write_bytes(b"film")

    monkeypatch.setattr("daemon.film.animatic.animatic", fake)
    job = lay(tmp_path)
    able = Tools(Settings(root=tmp_path))
    made = render.render(job, able)
    assert job.file(made.animatic).read_bytes() == b"film"
    assert render.render(job, able).animatic == made.animatic
    assert calls == [["01a", "02a", "03a", "04a"]]


def test_a_first_sight_takes_what_was_approved_then_what_is_new() -> None:
    a, b, c, d = candidate("a"), candidate("b"), candidate("c", "01a", "darker"), candidate("d")
    c.notes = ["darker"]

    def first(*words: Decision) -> str:
        return plan.preferred([a, b, c, d], Decisions(decisions=list(words)))[0].candidate

    assert first() == "c"
    assert first(Decision(picture="01b", verdict="ok")) == "b"
    assert first(Decision(picture="01c", verdict="no")) == "b"


@pytest.mark.parametrize("name", ["cartoon", "deity", "anime"])
def test_the_built_in_painter_paints_what_a_shipped_rule_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(render, "painter", lambda: builtin)
    rule = rulebook.load(rulebook.shipped()).named(name)
    assert rule is not None
    small = {**rule.model_dump(), "pictures": {"width": 96, "height": 54, "candidates": 1}}
    job = lay(tmp_path, small)
    made = render.render(job, tools(tmp_path))
    for picture in made.pictures:
        assert picture.scene["sheet"] == rule.look.sheet
        with Image.open(job.file(picture.file)) as opened:
            assert len(np.unique(np.asarray(opened.convert("RGB").resize((24, 14))).reshape(-1, 3), axis=0)) > 20
    assert {p.scene["framing"] for p in made.pictures} == {p.framing for p in job.need(sidecars.Prompts).prompts}


# --- people's own pictures ------------------------------------------------------------------------------


def mine(root: Path, *names: str, size: tuple[int, int] = (300, 200)) -> list[Member]:
    members = []
    for number, name in enumerate(names):
        Image.new("RGB", size, (40 * number, 90, 200 - 20 * number)).save(root / f"picture-{number}.png")
        members.append(Member(role="picture", name=name, file=f"picture-{number}.png", size=number))
    return members


def with_own(root: Path, *names: str, rule: dict[str, Any] | None = None, **more: Any) -> JobFolder:
    members = mine(root, *names, **more)
    job = lay(root, rule, members)
    for member in members:
        os.rename(root / member.file, job.file(member.file))
    return job


def test_own_pictures_come_in_natural_order_and_nothing_is_painted(tmp_path: Path, brush: Painter) -> None:
    made = render.render(with_own(tmp_path, "p10.png", "p2.png", "p1.png", "P3.png"), tools(tmp_path))
    assert [(p.id, p.prompt, p.origin) for p in made.pictures] == [
        ("01a", "p1.png", "own"),
        ("02a", "p2.png", "own"),
        ("03a", "P3.png", "own"),
        ("04a", "p10.png", "own"),
    ]
    assert brush.asked == []


def test_too_few_own_pictures_come_again_closer(tmp_path: Path) -> None:
    job = with_own(tmp_path, "a.png", "b.png", "c.png")
    made = render.render(job, tools(tmp_path))
    assert [p.prompt for p in made.pictures] == ["a.png", "b.png", "c.png", "a.png, shown again closer (2)"]
    assert "come again, closer" in made.notes[0]
    assert len({p.fingerprint for p in made.pictures}) == 4


def test_more_own_pictures_than_slots_are_candidates_too(tmp_path: Path) -> None:
    made = render.render(with_own(tmp_path, *[f"{n}.png" for n in range(8)]), tools(tmp_path))
    assert [p.id for p in made.pictures] == ["01a", "01b", "02a", "02b", "03a", "03b", "04a", "04b"]
    assert [p.prompt for p in made.pictures] == [f"{n}.png" for n in range(8)]


@pytest.mark.parametrize(("formats", "size"), [([], (160, 107)), (["9x16"], (384, 256))])
def test_an_own_picture_is_large_enough_for_every_format(
    tmp_path: Path, formats: list[str], size: tuple[int, int]
) -> None:
    rule = {"deliver": {"width": 256, "height": 144, "formats": formats}, "pictures": {"width": 160, "height": 90}}
    made = render.render(with_own(tmp_path, "a.png", rule=rule, size=(900, 600)), tools(tmp_path))
    assert (made.pictures[0].width, made.pictures[0].height) == size


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 6))
def test_every_slot_has_a_picture_and_neighbours_differ(pictures: int, slots: int, candidates: int) -> None:
    members = [Member(role="picture", name=f"{n}.png", file=f"{n}.png") for n in range(pictures)]
    shares = own.spread(members, slots, candidates)
    assert len(shares) == slots
    assert all(1 <= len(share) <= candidates for share in shares)
    firsts = [share[0].member.name for share in shares]
    if pictures > 1:
        assert all(a != b for a, b in itertools.pairwise(firsts))
    uses = [(use.member.name, use.again) for share in shares for use in share]
    assert len(set(uses)) == len(uses)


def test_a_picture_that_cannot_be_read_is_told_of_and_passed_by(tmp_path: Path) -> None:
    job = with_own(tmp_path, "good.png", "bad.png")
    job.file("picture-1.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    made = render.render(job, tools(tmp_path))
    assert {p.prompt.split(",")[0] for p in made.pictures} == {"good.png"}
    assert "bad.png can't be used" in made.notes[0]


def test_where_no_own_picture_can_be_used_all_are_painted(tmp_path: Path, brush: Painter) -> None:
    job = with_own(tmp_path, "bad.png", rule={"pictures": {"painter": "own", "width": 64, "height": 64}})
    job.file("picture-0.png").write_bytes(b"")
    made = render.render(job, tools(tmp_path))
    assert len(brush.asked) == 8
    assert "no picture that can be used" in made.pictures[0].fallback_because


def test_a_rule_that_names_the_builtin_painter_leaves_own_pictures_alone(tmp_path: Path, brush: Painter) -> None:
    job = with_own(tmp_path, "a.png", rule={"pictures": {"painter": "builtin", "width": 64, "height": 64}})
    assert {p.origin for p in render.render(job, tools(tmp_path)).pictures} == {"painted"}


def test_an_own_picture_is_upright_opaque_and_no_larger_than_needed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture = Image.new("RGB", (800, 400), "red")
    picture.paste((0, 0, 255), (0, 0, 400, 400))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned right: what was left is on top
    picture.save(path, exif=exif)
    loaded = own.load(path, 100, 100, 0)
    assert loaded.size == (100, 200)
    top = loaded.getpixel((50, 20))
    assert isinstance(top, tuple)
    assert top[2] > 200
    Image.new("RGBA", (50, 50), (255, 255, 255, 0)).save(tmp_path / "b.png")
    flat = own.load(tmp_path / "b.png", 10, 10, 0)
    assert (flat.mode, flat.getpixel((5, 5))) == ("RGB", (0, 0, 0))


def test_a_picture_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (4000, 4000)).save(tmp_path / "a.png")
    monkeypatch.setattr(own, "MOST_PIXELS", 1_000_000)
    with pytest.raises(ValueError, match="4000 x 4000"):
        own.load(tmp_path / "a.png", 100, 100, 0)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF"]), st.binary(min_size=1, max_size=30), st.floats(0, 1))
def test_a_broken_picture_is_refused_and_never_worse(
    tmp_path_factory: pytest.TempPathFactory, kind: str, noise: bytes, place: float
) -> None:
    path = tmp_path_factory.mktemp("broken") / "a"
    out = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(out, kind)
    data = bytearray(out.getvalue())
    at = int(place * len(data))
    data[at : at + len(noise)] = noise
    path.write_bytes(data)
    try:
        assert own.load(path, 20, 20, 1).mode == "RGB"
    except ValueError as error:
        assert str(error)


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (400, 400)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ValueError, match="too many pixels"):
        own.load(tmp_path / "a.png", 100, 100, 0)


# --- redo ---------------------------------------------------------------------------------------------


def test_a_redo_paints_that_picture_alone_under_a_new_name_with_a_new_seed_and_the_note(
    tmp_path: Path, brush: Painter
) -> None:
    job = lay(tmp_path)
    first = render.render(job, tools(tmp_path))
    job = decide(job, first, Decision(picture="03b", verdict="redo", note="closer, at night"))
    brush.asked.clear()
    second = render.render(job, tools(tmp_path))
    assert len(brush.asked) == 1
    assert brush.asked[0].time_of_day == "night"
    assert brush.asked[0].prompt.endswith("closer, at night")
    assert second.round == 2
    new = [p for p in second.pictures if p not in first.pictures]
    assert [(p.id, p.replaces, p.note) for p in new] == [("03c", "03b", "closer, at night")]
    assert new[0].seed not in {p.seed for p in first.pictures}
    assert [p for p in second.pictures if p.id != "03c"] == first.pictures
    assert second.contact_sheet != first.contact_sheet


def test_a_redo_that_was_done_is_not_done_again(tmp_path: Path, brush: Painter) -> None:
    job = lay(tmp_path)
    word = Decision(picture="03b", verdict="redo", note="darker")
    job = decide(job, render.render(job, tools(tmp_path)), word)
    second = render.render(job, tools(tmp_path))
    # The coordinator has written the pictures, and dies before it writes that they answer the redo.
    job = decide(job, second, word)
    brush.asked.clear()
    assert render.render(job, tools(tmp_path)) == second
    job = decide(job, second, word, redone={"03b": "03c"})
    assert render.render(job, tools(tmp_path)) == second
    assert brush.asked == []


def test_notes_add_up_from_redo_to_redo_but_never_on_an_earlier_result(tmp_path: Path, brush: Painter) -> None:
    job = lay(tmp_path)
    job = decide(job, render.render(job, tools(tmp_path)), Decision(picture="01a", verdict="redo", note="darker"))
    second = render.render(job, tools(tmp_path))
    job = decide(job, second, Decision(picture="01c", verdict="redo", note="at dawn"), redone={"01a": "01c"})
    third = render.render(job, tools(tmp_path))
    new = next(p for p in third.pictures if p.id == "01d")
    assert (new.notes, new.note, new.replaces, third.round) == (["darker", "at dawn"], "at dawn", "01c", 3)
    assert new.prompt.count("darker") == 1


def test_a_slot_whose_pictures_were_all_refused_gets_one_more(tmp_path: Path) -> None:
    job = lay(tmp_path)
    words = [Decision(picture="02a", verdict="no"), Decision(picture="02b", verdict="no", note="too empty")]
    job = decide(job, render.render(job, tools(tmp_path)), *words, Decision(picture="01a", verdict="no"))
    second = render.render(job, tools(tmp_path))
    assert [(p.id, p.replaces, p.note) for p in second.pictures if p.replaces] == [("02c", "02b", "too empty")]
    job = decide(job, second, *words)
    assert render.render(job, tools(tmp_path)).round == 2


def test_a_picture_that_was_lost_is_painted_again_as_it_was(tmp_path: Path) -> None:
    job = lay(tmp_path)
    first = render.render(job, tools(tmp_path))
    job = decide(job, first)
    before = job.file(first.pictures[2].file).read_bytes()
    job.file(first.pictures[2].file).unlink()
    second = render.render(job, tools(tmp_path))
    assert second.pictures == first.pictures
    assert second.round == 1
    assert job.file(first.pictures[2].file).read_bytes() == before
    assert "lost" in second.notes[-1]


def candidate(letters: str, replaces: str = "", note: str = "") -> Picture:
    name = f"01{letters}"
    return Picture(
        slot="01", candidate=letters, file=name, fingerprint=name, width=1, height=1, replaces=replaces, note=note
    )


def asked(pictures: list[Picture], *words: Decision, **more: Any) -> list[str]:
    """What a redo round would paint in slot 01."""
    item = sidecars.Prompt(slot="01", section=0, start=0, end=1, prompt="x", seed=1)
    wanted, _ = plan.redo_round([item], Renders(pictures=pictures), Decisions(decisions=list(words), **more))
    return [f"{one.id} for {one.replaces}" for one in wanted]


def test_after_z_comes_aa_and_a_persons_own_letter_is_never_taken() -> None:
    alphabet = [candidate(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    redo = Decision(picture="01z", verdict="redo")
    assert asked(alphabet, redo) == ["01aa for 01z"]
    assert asked(alphabet, redo, Decision(picture="01aa", verdict="no", file="mine.png")) == ["01ab for 01z"]
    assert [p.candidate for p in plan.in_order([candidate("aa"), candidate("z")])] == ["z", "aa"]


def test_a_slot_is_refused_only_when_nothing_in_it_is_left() -> None:
    pair = [candidate("a"), candidate("b")]
    no_a, no_b = (Decision(picture=f"01{letter}", verdict="no") for letter in "ab")
    assert asked(pair, no_a) == []
    assert asked(pair, no_a, no_b) == ["01c for 01b"]
    assert asked(pair, no_a, no_b, Decision(picture="01c", verdict="ok", file="mine.png")) == []
    assert asked(pair, no_a, no_b, Decision(picture="01c", verdict="no", file="mine.png")) == ["01d for 01b"]
    assert asked(pair, no_a, Decision(picture="01b", verdict="redo")) == ["01c for 01b"]


def test_a_redo_whose_answer_was_refused_too_is_painted_once_more() -> None:
    pictures = [candidate("a"), candidate("b"), candidate("c", "01a")]
    words = [Decision(picture="01a", verdict="redo"), *(Decision(picture=f"01{x}", verdict="no") for x in "bc")]
    assert asked(pictures, *words, redone={"01a": "01c"}) == ["01d for 01c"]


def test_the_same_wish_said_again_later_is_another_wish() -> None:
    pictures = [candidate("a"), candidate("b", "01a", "darker")]
    pictures[1].asked_at = "10:00"
    assert asked(pictures, Decision(picture="01a", verdict="redo", note="darker", at="10:00")) == []
    assert asked(pictures, Decision(picture="01a", verdict="redo", note="darker", at="11:00")) == ["01c for 01a"]


# --- what a note steers -----------------------------------------------------------------------------------

WISH = Wish(palette=("#204060", "#c04020"), scene="temple", framing="medium", time_of_day="day", pose="idle")


@pytest.mark.parametrize(
    ("note", "field", "value"),
    [
        ("closer", "framing", "close"),
        ("a bit wider please", "framing", "wide"),
        ("Night, with rain", "time_of_day", "night"),
        ("put it on the ocean", "scene", "ocean"),
        ("sitting", "pose", "sit"),
        ("with the robot drummer", "characters", ("robot drummer",)),
        ("calmer", "energy", 0.15),
        ("no robot, no night", "time_of_day", "day"),
        ("without the robot", "characters", ()),
        ("hands look strange", "pose", "idle"),
        ("more blue", "time_of_day", "day"),
        ("less depth of field, a nicer face, back light", "framing", "medium"),
        ("more depth of field on the floor", "scene", "temple"),
        ("", "framing", "medium"),
    ],
)
def test_a_note_steers_what_it_speaks_of(note: str, field: str, value: object) -> None:
    assert getattr(steer(WISH, note), field) == (pytest.approx(value) if isinstance(value, float) else value)


def brightness(wish: Wish) -> int:
    return sum(int(colour[i : i + 2], 16) for colour in wish.palette for i in (1, 3, 5))


def test_darker_is_darker_and_too_dark_is_brighter() -> None:
    assert brightness(steer(WISH, "darker sky")) < brightness(WISH) < brightness(steer(WISH, "much too dark"))


def test_more_red_and_less_red_part_ways() -> None:
    def red(wish: Wish) -> int:
        return sum(int(c[1:3], 16) - int(c[5:7], 16) for c in wish.palette)

    assert red(steer(WISH, "more red")) > red(WISH) > red(steer(WISH, "less red"))


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=400))
def test_any_note_leaves_a_wish_that_can_be_painted(note: str) -> None:
    wish = steer(WISH, note)
    assert wish.framing in ("wide", "medium", "close")
    assert all(len(c) == 7 for c in wish.palette)
    assert 0 <= wish.energy <= 1


# --- the contact sheet --------------------------------------------------------------------------------------


def rows(folder: Path, count: int, candidates: int = 2, size: tuple[int, int] = (160, 90)) -> list[sheet.Row]:
    Image.effect_noise(size, 90).convert("RGB").save(folder / "p.png")
    letters = "abcdef"[:candidates]
    return [
        sheet.Row(
            f"{n:02}", "drop", n * 8.0, n * 8.0 + 8, [sheet.Cell(f"{n:02}{c}", folder / "p.png") for c in letters]
        )
        for n in range(1, count + 1)
    ]


def test_twelve_slots_at_most_share_a_page(tmp_path: Path) -> None:
    assert [len(page) for page in sheet.pages(rows(tmp_path, 25))] == [8, 8, 9]
    assert [len(page) for page in sheet.pages(rows(tmp_path, 12))] == [12]


@pytest.mark.parametrize("candidates", [1, 2, 3])
@pytest.mark.parametrize("size", [(1600, 900), (900, 1600)])
def test_a_page_is_upright_and_below_the_limit_even_of_noise(
    tmp_path: Path, candidates: int, size: tuple[int, int]
) -> None:
    data = sheet.draw("Ünïcode – “Song” 歌", "x", [(0, 96, "drop")], rows(tmp_path, 6, candidates, size), 1, 1)
    with Image.open(io.BytesIO(data)) as page:
        assert page.format == "JPEG"
        assert page.width == 1080
        assert page.height > page.width
    assert len(data) <= sheet.LIMIT


def test_a_picture_that_is_gone_leaves_an_empty_panel(tmp_path: Path) -> None:
    row = sheet.Row("01", "intro", 0, 8, [sheet.Cell("01a", tmp_path / "gone.png", "darker", True)])
    assert sheet.draw("x" * 500, "", [], [row], 1, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ünï – “x”", 'Uni - "x"'),
        ("歌", ""),
        ("ﬁne\nday\x07", "fine day"),
        ("e\u0301t\u0119 \u010caj, łuk Straße", "ete Caj, luk Strasse"),
    ],
)
def test_letters_that_no_font_has_are_taken_apart_or_left_out(
    monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.setattr(lettering, "_SYSTEM", ())
    assert lettering.lettered(text, 40)[0] == said


def test_the_font_that_lacks_fewest_letters_is_used_and_only_what_it_lacks_is_simplified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lettering, "_SYSTEM", ("a", "b"))
    monkeypatch.setattr(lettering, "_system", lambda name, _size: name)
    knows = {"a": "", "b": "Žluť"}
    monkeypatch.setattr(lettering, "_shape", lambda face, letter: letter if letter in knows[face] else "box")
    assert lettering.lettered("Žluťé", 40) == ("Žluťe", "b")


def test_the_built_in_font_has_all_of_ascii() -> None:
    font = lettering.font(40)
    assert isinstance(font, ImageFont.FreeTypeFont)
    missing = lettering._shape(font, "\U0010fffe")
    assert [letter for letter in map(chr, range(33, 127)) if lettering._shape(font, letter) == missing] == []


def test_all_sheets_are_named_and_the_first_is_the_contact_sheet(tmp_path: Path) -> None:
    job = lay(tmp_path)
    made = render.render(job, tools(tmp_path))
    assert made.model_dump()["contact_sheets"] == [made.contact_sheet]
    assert job.file(made.contact_sheet).stat().st_size < sheet.LIMIT
