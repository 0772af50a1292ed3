"""What a viewer sees: heads that stay in the picture, nothing that hangs in the air, clothes before their world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import pytest

from daemon.film import aloft, verify
from daemon.film.painter import Request, characters, colour, paint, scenes
from daemon.film.painter.cast import CAST
from daemon.film.painter.choose import choose
from daemon.film.painter.draw import compose
from daemon.film.painter.poses import POSES, taken
from daemon.film.painter.stage import CAST_DEPTH
from daemon.film.scenery import stage_of
from daemon.film.values import PictureFile, Shot, Transition
from daemon.stages.prompting.palette import of_section

_FACE = 60.0  # half a face and its ears, world units of a figure of scale 1
_NEARER = 1.16  # an upright film's own camera on a picture that was painted close


def scene_of(**said: Any) -> dict[str, Any]:
    return choose(Request(**{"prompt": "", "seed": 5, "width": 90, "height": 160, "energy": 0.8, **said}))


@pytest.mark.parametrize("framing", ["close", "medium"])
@pytest.mark.parametrize("name", characters())
def test_no_pose_of_its_dance_takes_a_head_out_of_an_upright_picture(name: str, framing: str) -> None:
    for pose in POSES:
        scene = scene_of(characters=(name,), pose=pose, framing=framing, seed=len(pose))
        _, camera = compose(scene, 90, 160)
        for struck in taken(scene):
            stage, _ = compose({**scene, "pose": struck}, 90, 160)
            a, b, c, d, e, f = camera.transform(CAST_DEPTH, 90, 160)
            x, y = stage.face
            size = (a * a + b * b) ** 0.5 * stage.spot.scale
            across, down = (a * x + c * y + e - 45) / 45, (b * x + d * y + f) - CAST[name].crest * size * 0.8
            assert abs(across) + _FACE * size / 45 <= 1 / _NEARER, (pose, struck)
            assert down > 0, (pose, struck)


def test_who_sits_stays_seated_and_who_dances_takes_three_poses() -> None:
    assert taken(scene_of(pose="sit")) == ("sit",)
    for pose in set(POSES) - {"sit"}:
        found = taken(scene_of(pose=pose))
        assert found[0] == pose and len(set(found)) == 3 and "sit" not in found


def shot(index: int, path: Path, has: list[str]) -> Shot:
    picture = PictureFile(f"{index:02d}a", path, "x", {"aloft": has})
    span = (index * 30, index * 30 + 30)
    view = (0.5, 0.5, 1.1)
    return Shot(index, *span, picture, "01", 0, "drop", "beat", Transition(), view, view, "linear", False)


def test_what_is_in_the_air_of_a_picture_flies_as_long_as_pictures_have_it(tmp_path: Path) -> None:
    has = [["confetti"], ["confetti", "motes"], [], ["confetti"]]
    found = aloft.ride([shot(index, tmp_path, each) for index, each in enumerate(has)])
    assert [(effect.kind, effect.start, effect.frames) for effect in found] == [
        ("confetti", 0, 60),
        ("confetti", 90, 30),
        ("motes", 30, 30),
    ]
    assert all(effect.because.endswith(aloft.IN_THE_PICTURE) for effect in found)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"scene": "industrial club", "role": "drop"}, {"confetti"}),
        ({"scene": "battle field"}, {"embers", "debris"}),
        ({"scene": "desert road", "prompt": "a windy road"}, {"leaves", "gusts"}),
        ({"scene": "ocean", "sheet": "neon"}, {"motes"}),
        ({"scene": "factory", "role": "verse"}, set()),
    ],
)
def test_a_picture_tells_what_is_in_its_air(said: dict[str, Any], expected: set[str]) -> None:
    painted = paint(Request(**{"prompt": "", "seed": 3, "width": 64, "height": 36, **said}))
    assert set(painted.scene["aloft"]) == expected
    assert set(aloft.planes(painted.scene)) == expected


@pytest.mark.parametrize("key", ["A minor", "C major", "E minor", "F# minor", "G major", "B minor"])
@pytest.mark.parametrize("mood", ["dark", "happy", "calm"])
def test_a_song_s_clothes_are_of_other_hues_than_its_darks(key: str, mood: str) -> None:
    for seed in range(4):
        found = colour.of_song((mood,), key, 0.7, seed)
        darks = [colour.to_lch(each)[2] for each in found[:2]]
        scene = scene_of(palette=tuple(found), seed=seed)
        for worn in scene["palette"]["wardrobe"][:2]:
            hue = colour.to_lch(worn)[2]
            assert min(abs((hue - dark + 180) % 360 - 180) for dark in darks) > 30


@pytest.mark.parametrize("key", ["A minor", "C major", "E minor", "F# minor", "G major", "D minor", "Bb major"])
def test_in_all_sections_of_a_song_the_cast_wears_the_same(key: str) -> None:
    for seed in range(6):
        found = colour.of_song(("dark",) if seed % 2 else ("calm",), key, 0.15 * seed, seed)
        worn = {
            tuple(scene_of(palette=tuple(of_section(found, energy, number)), seed=9)["palette"]["wardrobe"][:2])
            for number in range(6)
            for energy in (0.1, 0.6, 1.0)
        }
        assert len(worn) == 1


@pytest.mark.parametrize("place", scenes())
def test_a_scene_of_fine_lines_is_known_again_where_a_film_is_checked_very_small(tmp_path: Path, place: str) -> None:
    painted = paint(Request("", 4, 640, 360, scene=place, sheet="neon", framing="close", pose="dance", energy=0.9))
    cv2.imwrite(str(tmp_path / "01a.png"), painted.picture[..., ::-1])
    picture = PictureFile("01a", tmp_path / "01a.png", "x", painted.scene)
    assert stage_of(picture, 2 * verify.SMALL, 2 * verify.SMALL * 9 // 16) is not None
