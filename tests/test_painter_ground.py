"""The built-in painter: deterministic, safe with any text, true to hints, sizes and palettes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.film import painter
from daemon.film.painter import colour
from daemon.film.painter.choose import choose
from daemon.film.painter.draw import compose, draw_picture
from daemon.film.painter.gallery import gallery
from daemon.film.painter.poses import POSES, between


def _request(**given: object) -> painter.Request:
    plain: dict[str, object] = {"prompt": "", "seed": 7, "width": 320, "height": 180}
    return painter.Request(**(plain | given))  # type: ignore[arg-type]


def _composite(found: list[painter.Layer]) -> np.ndarray:
    canvas = np.zeros((*found[0].rgba.shape[:2], 3), dtype=np.float64)
    for layer in found:
        rgba = layer.rgba.astype(np.float64)
        canvas = rgba[:, :, :3] + canvas * (1 - rgba[:, :, 3:] / 255)
    return canvas


def test_the_same_request_gives_the_same_bytes() -> None:
    first, second = painter.paint(_request()), painter.paint(_request())
    assert first.picture.tobytes() == second.picture.tobytes()
    assert first.scene == second.scene


def test_another_process_with_another_hash_seed_paints_the_same_bytes() -> None:
    code = (
        "import hashlib; from daemon.film import painter as p;"
        "r = p.Request('a city at night', 5, 160, 90, sheet='ink', energy=0.9, role='drop');"
        "print(hashlib.sha256(p.paint(r).picture.tobytes()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_a_loud_section_brings_light_that_a_quiet_one_does_not_have() -> None:
    def names(energy: float, role: str) -> set[str]:
        scene = choose(_request(scene="industrial club", energy=energy, role=role))
        return {plane.name for plane in compose(scene, 64, 64)[0].planes}

    more = names(0.9, "drop") - names(0.2, "break")
    assert "confetti" in more
    assert more & {"lasers", "jets"}


@pytest.mark.parametrize("scene", painter.scenes())
@pytest.mark.parametrize("size", [(320, 180), (180, 320), (97, 101)])
def test_every_scene_paints_at_every_shape_and_leaves_nothing_blank(scene: str, size: tuple[int, int]) -> None:
    painted = painter.paint(_request(scene=scene, width=size[0], height=size[1], framing="wide"))
    assert painted.scene["place"] == scene
    assert painted.picture.shape == (size[1], size[0], 3)
    assert painted.picture.dtype == np.uint8
    for part in np.array_split(painted.picture, 4, axis=1):
        assert part.std() > 8


@pytest.mark.parametrize("name", painter.characters())
def test_every_character_strikes_every_pose_differently(name: str) -> None:
    scene = painter.paint(_request(scene="temple", characters=(name,), framing="wide")).scene
    assert scene["cast"] == [name]
    drawn = {pose: painter.cast_layers(scene, 160, 90, pose)[0].rgba for pose in painter.poses()}
    for first in drawn:
        assert drawn[first][:, :, 3].max() == 255
        for second in drawn:
            if first < second:
                assert np.abs(drawn[first].astype(int) - drawn[second]).max() > 60, (first, second)


def test_the_cast_in_the_scenes_own_pose_is_the_cast_of_the_picture() -> None:
    scene = painter.paint(_request(scene="city skyline", pose="dance")).scene
    own = [layer for layer in painter.layers(scene, 320, 180) if layer.name.startswith("cast")]
    again = painter.cast_layers(scene, 320, 180, "dance")
    assert [layer.name for layer in again] == [layer.name for layer in own]
    assert all(np.array_equal(one.rgba, two.rgba) for one, two in zip(own, again, strict=True))


def test_who_sits_cross_legged_stays_seated_when_moving_to_the_music() -> None:
    scene = painter.paint(_request(scene="temple", framing="wide", pose="idle")).scene
    assert scene["cast"] == ["meditating figure"]

    def height(pose: str) -> int:
        # The trishula stands in the same place in both; the legs below it are what would move.
        rows = np.flatnonzero((painter.cast_layers(scene, 320, 180, pose)[0].rgba[:, :, 3] > 200).any(axis=1))
        return int(rows[-1] - rows[0])

    assert abs(height("dance") - height("idle")) < 12


def test_props_stay_through_all_poses_of_a_picture() -> None:
    scene = choose(_request(scene="city skyline", characters=("robot drummer",), pose="walk"))
    assert scene["props"] == [False]
    afoot = painter.cast_layers(scene, 160, 90, "dance")[0].rgba[:, :, 3]
    seated = painter.cast_layers({**scene, "props": [True]}, 160, 90, "dance")[0].rgba[:, :, 3]
    assert (seated > 128).mean() > 1.3 * (afoot > 128).mean()


def test_a_pose_between_two_begins_at_one_and_ends_at_the_other() -> None:
    first, second = POSES["idle"], POSES["dance"]
    assert between(first, second, 0.0) == first
    assert between(first, second, 1.0) == second
    assert between(first, second, 0.5).lean == pytest.approx((first.lean + second.lean) / 2)


def test_layers_of_a_scene_that_went_through_json_give_its_picture() -> None:
    for scene in ("industrial club", "temple", "battle field"):
        painted = painter.paint(_request(scene=scene))
        found = painter.layers(json.loads(json.dumps(painted.scene)), 320, 180)
        assert found[0].depth == 1.0
        for layer in found:
            assert 0 <= layer.depth <= 1
            assert (layer.rgba[:, :, :3] <= layer.rgba[:, :, 3:]).all()
        error = np.abs(_composite(found) - painted.picture)
        assert error.mean() < 2
        assert np.percentile(error, 99) < 16


def test_a_margin_is_drawn_beyond_the_edges_and_leaves_the_picture_as_it_is() -> None:
    scene = painter.paint(_request(scene="temple")).scene
    plain, larger = painter.layers(scene, 320, 180), painter.layers(scene, 320, 180, margin=0.1)
    for one, two in zip(plain, larger, strict=True):
        assert two.rgba.shape == (216, 384, 4)
        assert np.abs(one.rgba.astype(int) - two.rgba[18:-18, 32:-32]).mean() < 1
    assert larger[0].rgba[:, :, 3].min() == 255


@pytest.mark.parametrize("name", ["singer", "fighter", "robot drummer", "ring dancer"])
def test_a_blink_changes_the_face_and_little_else(name: str) -> None:
    scene = painter.paint(_request(scene="temple", characters=(name,), framing="close", pose="dance")).scene
    awake, shut = (painter.cast_layers(scene, 320, 180, "dance", blink=blink)[0].rgba for blink in (False, True))
    changed = (np.abs(awake.astype(int) - shut).max(axis=2) > 24).mean()
    assert 0.0005 < changed < 0.06


def test_the_colours_of_a_song_run_from_dark_to_light_with_clear_accents() -> None:
    for key in ("A minor", "C major", "no key"):
        found = colour.of_song(("dark",), key, 0.7, 3)
        levels = [colour.to_lab(one)[0] for one in found]
        assert levels[0] < levels[1] < levels[2] < levels[5]
        assert min(colour.to_lch(one)[1] for one in found[3:5]) > 0.1


def test_seeds_give_pictures_that_differ_well_beyond_noise() -> None:
    pictures = [painter.paint(_request(seed=seed, scene="temple")).picture.astype(float) for seed in range(6)]
    for index, first in enumerate(pictures):
        for second in pictures[:index]:
            assert np.abs(first - second).mean() > 12


def test_framing_changes_the_scale_of_the_cast() -> None:
    for name in painter.characters():
        zooms = []
        for framing in ("wide", "medium", "close"):
            scene = choose(_request(scene="ocean", characters=(name,), framing=framing))
            zooms.append(compose(scene, 320, 180)[1].zoom)
        assert zooms[1] > 1.3 * zooms[0]
        assert zooms[2] > 1.3 * zooms[1]


def test_a_scene_drawn_again_is_the_picture_that_was_painted() -> None:
    painted = painter.paint(_request(scene="school yard"))
    assert np.array_equal(draw_picture(json.loads(json.dumps(painted.scene)), 320, 180), painted.picture)


def test_the_focus_tells_where_the_face_is() -> None:
    for framing in ("wide", "medium", "close"):
        painted = painter.paint(_request(scene="ocean", characters=("fighter",), framing=framing))
        x, y = painted.scene["focus"]
        assert 0.1 < x < 0.9
        assert 0.1 < y < 0.7
        cast = painter.cast_layers(painted.scene, 320, 180, painted.scene["pose"])[0].rgba
        assert cast[int(y * 180), int(x * 320), 3] == 255


def test_a_close_framing_fills_the_picture_with_the_cast() -> None:
    def share(framing: str) -> float:
        scene = painter.paint(_request(scene="forest", characters=("singer",), framing=framing, pose="idle")).scene
        return float((painter.cast_layers(scene, 160, 90, "idle")[0].rgba[:, :, 3] > 128).mean())

    assert share("close") > 0.2
    assert share("close") > 2 * share("wide")


@pytest.mark.parametrize("name", painter.characters())
@pytest.mark.parametrize("size", [(320, 180), (180, 320), (200, 200)])
def test_the_face_lies_in_the_picture_in_every_framing(name: str, size: tuple[int, int]) -> None:
    for framing in ("wide", "medium", "close"):
        for pose in ("idle", "headbang", "arms up"):
            for scene in ("industrial club", "desert road"):
                chosen = choose(_request(scene=scene, characters=(name,), framing=framing, pose=pose))
                stage, camera = compose(chosen, *size)
                a, b, c, d, e, f = camera.transform(0.4, *size)
                x, y = stage.face
                assert 0.1 < (a * x + c * y + e) / size[0] < 0.9, (framing, pose, scene)
                assert 0.1 < (b * x + d * y + f) / size[1] < 0.85, (framing, pose, scene)


def test_a_palette_that_is_given_rules_the_picture() -> None:
    given_colours = ("#0b1d3a", "#1f5f8b", "#f2a541", "#f7ede2")
    picture = painter.paint(_request(scene="deep space", palette=given_colours, framing="wide")).picture
    hues = np.array([colour.to_lch(one)[2] for one in given_colours])
    small = cv2.resize(picture, (48, 27), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    near = total = 0.0
    for red, green, blue in small:
        _, chroma, hue = colour.to_lch(f"#{red:02x}{green:02x}{blue:02x}")
        total += chroma
        near += chroma * bool((np.abs((hues - hue + 180) % 360 - 180) < 40).any())
    assert near / total > 0.7


def test_the_cast_wears_the_same_colours_in_all_pictures_of_a_song() -> None:
    worn = {tuple(choose(_request(seed=seed, key="A minor"))["palette"]["wardrobe"]) for seed in range(8)}
    assert len(worn) == 1
    assert worn != {tuple(choose(_request(key="E major"))["palette"]["wardrobe"])}


def test_mood_and_key_change_the_palette() -> None:
    def ramp(**given: object) -> list[str]:
        return list(choose(_request(**given))["palette"]["ramp"])

    assert ramp(key="A minor") != ramp(key="E major")
    bright, dark = ramp(key="C major", mood=("happy",)), ramp(key="C major", mood=("dark", "sad"))
    assert colour.to_lab(bright[-1])[0] > colour.to_lab(dark[-1])[0] + 0.03


@pytest.mark.parametrize("sheet", ["ink", "neon"])
def test_style_sheets_look_different(sheet: str) -> None:
    plain = painter.paint(_request(scene="temple")).picture.astype(float)
    other = painter.paint(_request(scene="temple", sheet=sheet)).picture.astype(float)
    assert np.abs(plain - other).mean() > 3


@pytest.mark.parametrize(
    ("prompt", "place", "cast"),
    [
        ("A cyborg DJ behind the decks of an industrial club, beams of light", "industrial club", "cyborg dj"),
        ("Shiva meditating before a temple gate, mountains and moon", "temple", "meditating figure"),
        ("a lone warrior with a sword on the battlefield", "battle field", "fighter"),
        ("the singer on a rooftop above the city skyline", "city skyline", "singer"),
        ("cherry blossom over the school, a student sings", "school yard", "singer"),
        ("robots drum in the factory between gears", "factory", "robot drummer"),
        ("Nataraja, the cosmic dancer in a ring of flames among galaxies", "deep space", "ring dancer"),
        ("fireflies in the deep woods, a monk", "forest", "meditating figure"),
        ("waves, a ship on the sea", "ocean", ""),
        ("driving a highway through the canyon", "desert road", ""),
    ],
)
def test_the_words_of_a_prompt_choose_scene_and_cast(prompt: str, place: str, cast: str) -> None:
    scene = choose(_request(prompt=prompt))
    assert scene["place"] == place
    assert not cast or scene["cast"][0] == cast


def test_hints_go_before_words_and_unknown_hints_count_as_absent() -> None:
    scene = choose(_request(prompt="ocean waves", scene="desert road", pose="nonsense", framing="sideways"))
    assert scene["place"] == "desert road"
    assert scene["pose"] in painter.poses()
    assert scene["framing"] in ("wide", "medium", "close")
    assert choose(_request(prompt="ocean waves", scene="a place nobody knows"))["place"] == "ocean"


_HOSTILE = "\"'<>&]]>--><svg onload=x>&lol;\x00\ud83d \U0001f600{seed}%s\\" + "x" * 10_000


def test_hostile_text_is_never_drawn_into_the_svg() -> None:
    given_text: dict[str, object] = dict.fromkeys(
        ("prompt", "key", "scene", "pose", "framing", "time_of_day", "sheet", "role"), _HOSTILE
    )
    request = _request(**given_text, characters=(_HOSTILE,), mood=(_HOSTILE,), palette=(_HOSTILE, "#12345g"))
    painted = painter.paint(request)
    assert painted.picture.std() > 8
    assert "onload" not in json.dumps(painted.scene)


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=60), seed=st.integers(-(2**70), 2**70), energy=st.floats(allow_nan=True))
def test_any_text_seed_and_energy_choose_a_scene_that_can_be_composed(text: str, seed: int, energy: float) -> None:
    scene = choose(_request(prompt=text, key=text, mood=(text,), scene=text, seed=seed, energy=energy))
    json.dumps(scene)
    assert compose(scene, 64, 64)[0].planes


@pytest.mark.parametrize("size", [(0, 100), (100, 15), (9000, 100)])
def test_a_size_that_makes_no_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="16 to 8192"):
        painter.paint(_request(width=size[0], height=size[1]))


def test_the_gallery_shows_every_scene_and_every_pose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.film.painter.gallery._SCENE", (96, 54))
    monkeypatch.setattr("daemon.film.painter.gallery._FIGURE", (60, 66))
    path = gallery(tmp_path / "sheet.png", labels=False)
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (6 * (54 + 4) + 6 * (66 + 4), 5 * 96, 3)


@given(st.tuples(st.floats(0, 1), st.floats(0, 0.4), st.floats(0, 360)))
def test_colours_of_oklch_are_colours_and_keep_their_lightness(lch: tuple[float, float, float]) -> None:
    found = colour.oklch(*lch)
    assert colour.clean([found]) == (found,)
    assert abs(colour.to_lab(found)[0] - lch[0]) < 0.06


@pytest.mark.parametrize(
    ("word", "weather"),
    [("thunderstorm", "storm"), ("drizzle", "rain"), ("windy", "wind"), ("snowfall", "snow"), ("foggy", "mist")],
)
def test_a_word_for_the_weather_chooses_what_falls(word: str, weather: str) -> None:
    scene = choose(_request(prompt=f"a road on a {word} day", scene="desert road"))
    assert scene["weather"] == weather
    names = {plane.name for plane in compose(scene, 64, 64)[0].planes}
    assert names & {"weather", "leaves"}
    assert ("lightning" in names) == (weather == "storm")


def test_the_seed_chooses_how_a_place_is_laid_out() -> None:
    found = set()
    for seed in range(8):
        scene = choose(_request(scene="city skyline", seed=seed, framing="wide"))
        names = {plane.name for plane in compose(scene, 64, 64)[0].planes}
        found.add(("roof" in names, "wet road" in names))
    assert found == {(True, False), (False, True)}


def test_ink_is_paler_and_neon_darker_than_bold() -> None:
    def look(sheet: str) -> tuple[float, float]:
        made = painter.paint(_request(scene="forest", sheet=sheet, time_of_day="day", framing="wide", key="A minor"))
        hsv = cv2.cvtColor(made.picture, cv2.COLOR_RGB2HSV)
        return float(hsv[..., 1].mean()), float(cv2.cvtColor(made.picture, cv2.COLOR_RGB2GRAY).mean())

    bold, ink, neon = look("bold"), look("ink"), look("neon")
    assert ink[0] < 0.7 * bold[0]
    assert neon[1] < 0.9 * bold[1]


def test_the_cast_throws_a_shadow_on_the_ground_and_takes_the_airs_colour() -> None:
    for scene in painter.scenes():
        stage, _ = compose(choose(_request(scene=scene, time_of_day="night")), 64, 64)
        names = [plane.name for plane in stage.planes]
        cast = next(index for index, plane in enumerate(stage.planes) if plane.cast)
        assert "shadow of the cast" in names[:cast], scene
        assert stage.wash[1] > 0 and stage.glint, scene
