"""People's own cast and backgrounds: from hostile files to figures that stand on a stage and dance."""

import base64
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from daemon import sidecars
from daemon.approvals import readme
from daemon.approvals.gate import Gate
from daemon.film import cutouts, dance, painter, report, scenery, staging
from daemon.film.approved import Approved
from daemon.film.timeline import PictureFile
from daemon.rules import Approve, Rule
from daemon.sidecars import Member
from daemon.stages import render
from daemon.stages.rendering import material
from tests.test_render import lay, tools

ROLES = {"cast": "cast", "backgrounds": "background", "loops": "loop", "clips": "clip"}
RED, BLUE = (220, 40, 40), (40, 60, 220)


def drawn(mode: str = "RGBA", ground: Any = (0, 0, 0, 0), size: tuple[int, int] = (120, 200)) -> Image.Image:
    """A red figure of 40 x 160 that stands 10 pixels above the lower edge, on a ground."""
    picture = Image.new("RGBA", size, ground)
    draw = ImageDraw.Draw(picture)
    draw.rectangle([size[0] // 2 - 20, size[1] - 170, size[0] // 2 + 19, size[1] - 11], fill=(*RED, 255))
    return picture.convert(mode)


def member(root: Path, role: str, way: str, number: int = 1) -> Member:
    name = way.rsplit("/", 1)[-1]
    ending = os.path.splitext(name)[1]
    raw = base64.b64encode(os.fsencode(f"drop/{way}")).decode()
    return Member.model_validate({"role": role, "name": name, "path_raw": raw, "file": f"{role}-{number:03d}{ending}"})


def dropped(root: Path, pictures: dict[str, Image.Image | bytes], rule: dict[str, Any] | None = None) -> Any:
    """A job with a dropped folder's files: {"cast/hero/idle.png": picture}."""
    members = []
    for number, way in enumerate(pictures, 1):
        role = ROLES.get(way.split("/")[0], "picture")
        members.append(member(root, role, way, number))
    job = lay(root, rule, members)
    for one, picture in zip(members, pictures.values(), strict=True):
        if isinstance(picture, bytes):
            job.file(one.file).write_bytes(picture)
        else:
            picture.save(job.file(one.file))
    return job


# --- from a file to a cut-out -------------------------------------------------------------------------


def test_transparency_is_taken_as_it_is_and_cropped_to_what_is_seen(tmp_path: Path) -> None:
    drawn().save(tmp_path / "a.png")
    cut = cutouts.cut_out(tmp_path / "a.png")
    assert (cut.rgba.shape, cut.left, cut.top, cut.note) == ((164, 44, 4), 38, 28, "")
    told = cut.facts()
    assert (told["bottom"], told["base"], abs(told["foot"] - 59.5) <= 1) == (190, 40, True)


@pytest.mark.parametrize("ground", [(255, 255, 255, 255), (12, 200, 30, 255), (0, 0, 0, 255)])
def test_a_flat_ground_is_cut_away_and_said_so(tmp_path: Path, ground: tuple[int, ...]) -> None:
    drawn("RGB", ground).save(tmp_path / "a.jpg", quality=90)
    cut = cutouts.cut_out(tmp_path / "a.jpg")
    assert "flat ground was cut away" in cut.note
    assert cut.rgba.shape[0] < 175
    assert cut.rgba.shape[1] < 55
    assert cut.rgba[80, 20, 3] == 255
    # Nothing of the ground shines through at the edge.
    seen = cut.rgba[cut.rgba[..., 3] > 128][:, :3].astype(int)
    assert np.abs(seen - RED).sum(axis=1).max() < 150


def test_what_the_ground_encloses_stays(tmp_path: Path) -> None:
    picture = drawn("RGB", (255, 255, 255, 255))
    ImageDraw.Draw(picture).rectangle([52, 80, 66, 100], fill="white")
    picture.save(tmp_path / "a.png")
    cut = cutouts.cut_out(tmp_path / "a.png")
    assert cut.rgba[90 - cut.top, 58 - cut.left].tolist() == [255, 255, 255, 255]


def test_a_ground_that_is_not_flat_leaves_a_rectangle_with_soft_edges_and_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    cut = cutouts.cut_out(tmp_path / "a.png")
    assert "soft edges" in cut.note
    assert cut.rgba[cut.rgba.shape[0] // 2, cut.rgba.shape[1] // 2, 3] == 255
    assert cut.rgba[:, 0, 3].max() < 128


def test_any_kind_of_file_is_upright_rgba(tmp_path: Path) -> None:
    turned = drawn("RGB", (255, 255, 255, 255)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    drawn("RGB", (255, 255, 255, 255)).convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    drawn("RGBA").quantize(32).save(tmp_path / "palette.png")
    deep = np.full((200, 120), 65535, np.uint16)
    deep[30:190, 40:80] = 20000
    Image.fromarray(deep).save(tmp_path / "deep.png")
    drawn("RGBA").save(tmp_path / "one.gif")
    frames = [drawn("RGBA"), drawn("RGBA").rotate(10)]
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:], duration=50, lossless=True)
    for path in sorted(tmp_path.iterdir()):
        cut = cutouts.cut_out(path)
        assert 150 <= cut.rgba.shape[0] <= 175, path.name
        assert 36 <= cut.rgba.shape[1] <= 50, path.name
        assert cut.moves == (path.name == "moving.webp")


@pytest.mark.parametrize(
    "picture", [Image.new("RGBA", (1, 1), "red"), Image.new("RGBA", (64, 64)), Image.new("RGBA", (4000, 8), "red")]
)
def test_what_shows_nothing_is_refused(tmp_path: Path, picture: Image.Image) -> None:
    picture.save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"pixels|nothing can be seen"):
        cutouts.cut_out(tmp_path / "a.png")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="too many pixels: more than 80 million"):
        cutouts.cut_out(tmp_path / "a.png")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_broken_files_are_refused_with_words(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    path = tmp_path_factory.mktemp("broken") / "a.png"
    drawn().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + junk)
    try:
        assert cutouts.cut_out(path).rgba.dtype == np.uint8
    except ValueError as error:
        assert str(error)


# --- poses ------------------------------------------------------------------------------------------------


def facts(canvas: tuple[int, int], box: tuple[int, int, int, int]) -> dict[str, Any]:
    return {"canvas": [*canvas], "box": [*box], "foot": box[0] + box[2] / 2, "bottom": box[1] + box[3], "base": 10}


def test_poses_on_one_canvas_keep_their_places_so_that_a_jump_is_a_jump() -> None:
    found = cutouts.standing(
        {"idle": facts((100, 300), (30, 90, 40, 200)), "jump": facts((100, 300), (20, 10, 60, 200))}
    )
    assert found["idle"]["anchor"] == [20, 200]
    assert found["jump"]["anchor"] == [30, 280]  # 80 pixels above the ground
    assert found["jump"]["stature"] == found["idle"]["stature"] == 200


def test_poses_on_other_canvases_stand_on_their_own_feet() -> None:
    found = cutouts.standing({"idle": facts((100, 300), (30, 90, 40, 200)), "walk": facts((90, 220), (0, 0, 80, 210))})
    assert (found["walk"]["anchor"], found["walk"]["stature"]) == ([40, 210], 200)
    small = cutouts.standing({"idle": facts((100, 300), (30, 90, 40, 200)), "walk": facts((50, 60), (0, 0, 40, 50))})
    assert small["walk"]["stature"] == 50


def test_a_missing_pose_falls_to_the_nearest_that_is_there() -> None:
    assert staging.nearest("headbang", ["idle", "dance"]) == "dance"
    assert staging.nearest("step left", ["idle", "step right", "dance"]) == "step right"
    assert staging.nearest("headbang", ["wave"]) == "wave"


@given(st.sampled_from([*staging._NEAREST, "wave", "idle leaning left"]), st.lists(st.text(min_size=1), min_size=1))
def test_there_is_always_a_pose(pose: str, there: list[str]) -> None:
    assert staging.nearest(pose, there) in there


def test_files_tell_whose_pose_they_show(tmp_path: Path) -> None:
    def told(way: str) -> tuple[str, str]:
        return material.whose(member(tmp_path, "cast", way))

    assert told("cast/Hero/Arms_UP.png") == ("Hero", "arms up")
    assert told("Cast/hero.png") == ("hero", "idle")
    assert told("cast/hero/.png") == ("hero", "png")
    assert told("cast/a\nb 🐻/step-left.webp") == ("a\nb 🐻", "step left")


def look(cast: dict[str, Any]) -> Any:
    return Rule.model_validate({"name": "one", "look": {"cast": cast}}).look


def test_characters_play_who_bears_their_name_and_the_others_in_order() -> None:
    cast = {"dj": {"text": "a dj", "paint": "cyborg dj"}, "singer": {"text": "a singer", "paint": "singer"}}
    people = [material.Character(name, {}) for name in ("Zoe", "DJ")]
    roles, notes = material.assigned(people, look(cast))
    assert {part: [one.name for one in players] for part, players in roles.items()} == {
        "cyborg dj": ["DJ"],
        "singer": ["Zoe"],
    }
    assert any("Zoe" in note for note in notes)
    alone, _ = material.assigned(people[:1], look(cast))
    assert [one.name for players in alone.values() for one in players] == ["Zoe", "Zoe"]


# --- on the desk and in the film ----------------------------------------------------------------------------


def test_the_pictures_on_the_desk_show_people_s_own_cast(tmp_path: Path) -> None:
    job = dropped(tmp_path, {"cast/hero/idle.png": drawn(), "cast/hero/dance.png": drawn()})
    made = render.render(job, tools(tmp_path))
    for picture in made.pictures:
        assert [one["name"] for one in picture.scene["own"]["cast"]] == ["hero"]
        pixels = np.asarray(Image.open(job.path / picture.file).convert("RGB")).astype(int)
        red = (pixels[..., 0] > 110) & (pixels[..., 0] > 2 * pixels[..., 1])
        assert red.mean() > 0.01, picture.id
    assert any("hero has no picture for step left" in note for note in made.notes)


def test_an_unusable_file_is_told_of_and_the_rest_goes_on(tmp_path: Path) -> None:
    job = dropped(
        tmp_path,
        {
            "cast/hero.png": drawn(),
            "cast/bad\n🐻.png": b"no picture",
            "backgrounds/odd.png": b"",
            "backgrounds/tiny.png": Image.new("RGB", (1, 1)),
        },
    )
    made = render.render(job, tools(tmp_path))
    assert all([one["name"] for one in p.scene["own"]["cast"]] == ["hero"] for p in made.pictures)
    told = "\n".join(made.notes)
    assert "bad" in told
    assert str(job.path) not in told
    assert "background odd.png can't be used" in told
    assert "background tiny.png can't be used: 1 x 1 pixels" in told
    assert "hero has one picture: it leans and springs to the beat" in told


def test_a_resumed_render_says_and_makes_the_same(tmp_path: Path) -> None:
    job = dropped(tmp_path, {"cast/hero.png": drawn("RGB", (255, 255, 255, 255)), "backgrounds/1.png": drawn("RGB")})
    first = render.render(job, tools(tmp_path))
    before = {path.name: path.stat().st_mtime_ns for path in job.path.iterdir()}
    again = render.render(job, tools(tmp_path))
    assert again == first
    assert {path.name: path.stat().st_mtime_ns for path in job.path.iterdir()} == before


def test_own_pictures_share_the_film_with_an_own_cast(tmp_path: Path) -> None:
    scenic = Image.effect_noise((160, 90), 80).convert("RGB")
    job = dropped(tmp_path, {"cast/hero.png": drawn(), "one.png": scenic, "two.png": scenic})
    made = render.render(job, tools(tmp_path))
    assert {p.slot: p.origin for p in made.pictures} == {"01": "own", "02": "painted", "03": "own", "04": "painted"}


def staged(folder: Path, poses: dict[str, Image.Image], background: bool = False, **named: Any) -> PictureFile:
    """A painted picture with an own cast, 320 x 180."""
    told = {}
    for name, picture in poses.items():
        picture.save(folder / f"{name}-drawn.png")
        cut = cutouts.cut_out(folder / f"{name}-drawn.png")
        Image.fromarray(cut.rgba).save(folder / f"{name}.png")
        told[name] = {**cut.facts(), "file": f"{name}.png"}
    own = {"cast": [{"name": "hero", "poses": cutouts.standing(told)}] if told else [], "background": ""}
    if background:
        Image.new("RGB", (320, 180), BLUE).save(folder / "place.png")
        own["background"] = "place.png"
    words = {"scene": "desert road", "framing": "wide", "pose": "idle", "energy": 0.9, **named}
    made = staging.paint(painter.Request(prompt="", seed=4, width=320, height=180, **words), own, folder)
    cv2.imwrite(str(folder / "still.png"), made.picture[..., ::-1])
    return PictureFile("01a", folder / "still.png", "staged", made.scene)


def sprite_in(picture: PictureFile, pose: str) -> Any:
    """The picture's figure in a pose."""
    found = scenery.stage_of(picture, 320, 180)
    assert found is not None
    assert found.figure is not None
    return found.figure.sprite(pose)


@pytest.mark.parametrize("framing", ["wide", "medium", "close"])
@pytest.mark.parametrize("background", [False, True])
def test_the_layers_at_rest_are_the_approved_picture(tmp_path: Path, framing: str, background: bool) -> None:
    picture = staged(tmp_path, {"idle": drawn()}, background, framing=framing)
    found = scenery.stage_of(picture, 320, 180)
    assert found is not None
    figure = sprite_in(picture, "idle")
    assert figure is not None
    canvas = found.back.luma.astype(np.float32)
    for sprite in filter(None, (figure, found.front)):
        high, wide = sprite.luma.shape
        top, left = max(0, sprite.top), max(0, sprite.left)
        window = canvas[top : sprite.top + high, left : sprite.left + wide]
        cut = (slice(top - sprite.top, top - sprite.top + window.shape[0]), slice(left - sprite.left, None))
        alpha = sprite.alpha[cut][:, : window.shape[1]].astype(np.float32) / 255
        window[:] = window * (1 - alpha) + sprite.luma[cut][:, : window.shape[1]]
    still = np.asarray(Image.open(picture.path).convert("RGB").resize((canvas.shape[1], canvas.shape[0]))) @ np.array(
        [0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255]
    )
    assert np.abs(canvas - (still + 16)).mean() < 4.0


def test_feet_stand_on_the_spot_and_a_figure_is_as_tall_as_the_painter_s_own(tmp_path: Path) -> None:
    picture = staged(tmp_path, {"idle": drawn()}, True)
    pixels = np.asarray(Image.open(picture.path).convert("RGB")).astype(int)
    red = (pixels[..., 0] > 120) & (pixels[..., 2] < 110)
    rows = np.flatnonzero(red.any(axis=1))
    assert 0.5 < len(rows) / 180 < 0.85
    assert 0.8 < rows[-1] / 180 < 0.99


def test_an_own_cast_of_one_picture_leans_and_one_of_many_changes_its_pose(tmp_path: Path) -> None:
    single = staged(tmp_path, {"idle": drawn()})
    assert set(dance.poses(single)) == {"idle", "idle leaning left", "idle leaning right"}
    leaning = [sprite_in(single, pose) for pose in dance.poses(single)]
    assert len({one.alpha.tobytes() for one in leaning if one}) == 3
    two = staged(tmp_path, {"idle": drawn(), "dance": drawn()})
    for seed in range(8):
        told = dance.poses(replace(two, fingerprint=f"staged {seed}"))
        assert {"idle", "dance"} < set(told) and len(told) == 3, "each picture that was drawn is shown"
    other = staged(tmp_path, {"idle": drawn(), "dance": drawn(), "wave": drawn()})
    assert set(dance.poses(other)) == {"idle", "dance", "wave"}


def test_a_cut_out_that_was_lost_leaves_the_approved_still(tmp_path: Path) -> None:
    picture = staged(tmp_path, {"idle": drawn()})
    (tmp_path / "idle.png").unlink()
    assert not Approved().holds(picture)


def test_the_painter_s_cast_stands_before_an_own_background(tmp_path: Path) -> None:
    picture = staged(tmp_path, {}, True, scene="temple")
    pixels = np.asarray(Image.open(picture.path).convert("RGB")).astype(int)
    blue = np.abs(pixels - BLUE).sum(axis=2) < 30
    assert 0.4 < blue.mean() < 0.97
    assert sprite_in(picture, dance.poses(picture)[0]) is not None


def test_the_recipe_of_a_cut_out_is_checked(tmp_path: Path) -> None:
    job = dropped(tmp_path, {"cast/hero.png": drawn()})
    render.render(job, tools(tmp_path))
    (cut,) = job.path.glob("cut-out-*.png")
    cut.write_bytes(cut.read_bytes()[:60])
    assert render.render(job, tools(tmp_path)).pictures
    assert Image.open(next(job.path.glob("cut-out-*.png"))).size[0] > 10


def test_what_could_not_be_used_is_told_on_the_desk_and_in_the_report(tmp_path: Path) -> None:
    job = dropped(tmp_path, {"cast/hero.png": drawn(), "backgrounds/odd.png": b"no picture"})
    made = render.render(job, tools(tmp_path))
    said = next(note for note in made.notes if "odd.png" in note)
    gate = Gate(open=True, enough=False, verdict="wait", because="nobody said anything yet")
    desk = readme.readme("Song", "abcdef", Approve(), made, sidecars.Decisions(), gate)
    assert said in " ".join(desk.split())
    analysis = job.need(sidecars.Analysis)
    assert "odd.png" in report.report(job.job(), analysis, {}, sidecars.Sync(), {}, notes=made.notes)
