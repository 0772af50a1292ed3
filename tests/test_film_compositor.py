"""The compositor: exact colours, motion finer than a pixel, pictures of any kind."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from daemon.errors import FinalFault
from daemon.film import focus, kernels, pictures
from daemon.film.compositor import Compositor
from daemon.film.direction import Direction
from daemon.film.poster import best_frame, poster, rgb
from daemon.film.timeline import Effect, PictureFile, Shot, Slot, Timeline, Transition
from tests import film_help as help


def one_shot(path: Path, frames: int = 60, width: int = 128, height: int = 72, **named: object) -> Timeline:
    shot = Shot(
        0,
        0,
        frames,
        PictureFile("01a", path, "x"),
        "01",
        0,
        "verse",
        "start",
        Transition(),
        (0.5, 0.5, 1.0),
        (0.5, 0.5, 1.0),
    )
    return Timeline(Fraction(30), frames, width, height, (replace(shot, **named),), ())  # type: ignore[arg-type]


def drawn(timeline: Timeline, frame: int, envelopes: dict[str, np.ndarray] | None = None) -> np.ndarray:
    with Compositor(timeline, envelopes or {}) as drawing:
        out = np.empty((timeline.height * 3 // 2, timeline.width), np.uint8)
        drawing.brush()(frame, out)
        return out


@settings(deadline=None, max_examples=40)
@given(
    st.integers(2, 40),
    st.integers(2, 40),
    st.floats(-3, 30),
    st.floats(-3, 30),
    st.floats(0.1, 2.0),
    st.floats(0, 1),
)
def test_the_kernel_agrees_with_plain_bilinear_interpolation(
    wide: int, high: int, x0: float, y0: float, step: float, gain: float
) -> None:
    source = np.random.default_rng(wide * 41 + high).integers(0, 256, (high, wide), dtype=np.uint8)
    out = np.empty((9, 13), np.uint8)
    offset = (1 - gain) * 200.0
    kernels.warp_luma(source, out, x0, y0, step, step, gain, offset)
    x = np.clip(x0 + np.arange(13) * step, 0, wide - 1)
    y = np.clip(y0 + np.arange(9) * step, 0, high - 1)
    left, top = np.minimum(x.astype(int), wide - 2), np.minimum(y.astype(int), high - 2)
    fx, fy = x - left, (y - top)[:, None]
    s = source.astype(float)
    above = s[top][:, left] * (1 - fx) + s[top][:, left + 1] * fx
    below = s[top + 1][:, left] * (1 - fx) + s[top + 1][:, left + 1] * fx
    expected = (above * (1 - fy) + below * fy) * gain + offset
    assert np.abs(out - expected).max() <= 0.51


def test_the_chroma_kernel_does_the_same_as_the_luma_kernel_for_each_of_its_parts() -> None:
    source = np.random.default_rng(1).integers(0, 256, (20, 30, 2), dtype=np.uint8)
    pair, one = np.empty((11, 17, 2), np.uint8), np.empty((11, 17), np.uint8)
    kernels.warp_chroma(source, pair, 1.3, 2.7, 0.9, 1.1, 0.5, 64.0)
    for part in (0, 1):
        kernels.warp_luma(np.ascontiguousarray(source[..., part]), one, 1.3, 2.7, 0.9, 1.1, 0.5, 64.0)
        assert np.array_equal(pair[..., part], one)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (12, 200, 99)])
def test_a_colour_comes_back_as_it_was(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    Image.new("RGB", (128, 72), colour).save(tmp_path / "p.png")
    back = rgb(drawn(one_shot(tmp_path / "p.png"), 30), 128, 72)
    assert np.abs(back[36, 64].astype(int) - colour).max() <= 3


def test_the_camera_moves_by_parts_of_a_pixel_and_never_back(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 255, 1024, dtype=np.float32).astype(np.uint8), (576, 1))
    cv2.imwrite(str(tmp_path / "p.png"), np.repeat(ramp[..., None], 3, axis=2))
    moves = one_shot(tmp_path / "p.png", 200, 512, 288, camera_from=(0.45, 0.5, 1.1), camera_to=(0.46, 0.5, 1.1))
    means = []
    with Compositor(moves, {}) as drawing:
        brush, out = drawing.brush(), np.empty((432, 512), np.uint8)
        for frame in range(200):
            brush(frame, out)
            means.append(float(out[:288].mean()))
    steps = np.diff(means)
    # 5 pixels in 200 frames: whole-pixel motion would stand still in most of them and then leap.
    assert (steps >= -1e-3).all()
    assert steps.max() < 4 * steps.mean()


def test_a_flash_is_white_at_its_first_frame_and_gone_at_its_end(tmp_path: Path) -> None:
    Image.new("RGB", (128, 72), (40, 40, 40)).save(tmp_path / "p.png")
    timeline = replace(one_shot(tmp_path / "p.png"), effects=(Effect("flash", 20, 10, 1.0, "drop"),))
    levels = [float(drawn(timeline, frame)[:72].mean()) for frame in (19, 20, 24, 30)]
    assert levels[1] == pytest.approx(235, abs=1)
    assert levels[0] == pytest.approx(levels[3], abs=1)
    assert levels[0] < levels[2] < levels[1]


def test_a_film_fades_from_black_and_to_black(tmp_path: Path) -> None:
    Image.new("RGB", (128, 72), (200, 100, 50)).save(tmp_path / "p.png")
    effects = (Effect("fade_in", 0, 10, 1.0, "start"), Effect("fade_out", 50, 10, 1.0, "end"))
    timeline = replace(one_shot(tmp_path / "p.png"), effects=effects)
    for frame in (0, 59):
        out = drawn(timeline, frame)
        assert (out[:72] == 16).all() and (out[72:] == 128).all()
    assert drawn(timeline, 30)[:72].mean() > 90


def test_a_strong_beat_pushes_in_and_lets_go(tmp_path: Path) -> None:
    help.picture(tmp_path / "p.png", 1)
    timeline = replace(one_shot(tmp_path / "p.png"), effects=(Effect("zoom", 20, 9, 0.25, "downbeat"),))
    scales = [Direction(timeline, {}).state(frame).view.scale for frame in (19, 20, 24, 29)]
    assert scales[1] == pytest.approx(1.05)
    assert scales[0] == scales[3] == 1.0
    assert 1.0 < scales[2] < 1.05


def test_the_shake_follows_the_bass_and_silence_stands_still(tmp_path: Path) -> None:
    help.picture(tmp_path / "p.png", 1)
    shaken = replace(
        one_shot(tmp_path / "p.png", camera_from=(0.5, 0.5, 1.2), camera_to=(0.5, 0.5, 1.2)),
        effects=(Effect("shake", 0, 60, 0.6, "bass"),),
    )
    bass = np.concatenate([np.zeros(30), np.ones(30)]).astype(np.float32)
    places = [Direction(shaken, {"bass": bass}).state(frame).view.x for frame in range(60)]
    assert len(set(places[:30])) == 1
    assert len(set(places[30:])) > 20
    assert max(abs(x - 0.5) for x in places) <= 0.02


def test_a_cross_fade_is_centred_on_its_cut_and_half_of_each_there(tmp_path: Path) -> None:
    first, second = (PictureFile(n, tmp_path / f"{n}.png", n) for n in "ab")
    Image.new("RGB", (128, 72), (0, 0, 0)).save(first.path)
    Image.new("RGB", (128, 72), (255, 255, 255)).save(second.path)
    shot = one_shot(first.path, 30).shots[0]
    after = replace(shot, index=1, start=30, end=60, picture=second, transition=Transition("crossfade", 20))
    timeline = Timeline(Fraction(30), 60, 128, 72, (shot, after), ())
    levels = [float(drawn(timeline, frame)[:72].mean()) for frame in range(18, 43)]
    assert levels[0] == levels[1] == 16
    assert levels[-1] == 235
    assert levels == sorted(levels)
    assert (levels[11] + levels[12]) / 2 == pytest.approx(125.5, abs=2)


def test_a_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    picture = Image.new("RGB", (60, 40), (255, 0, 0))
    picture.paste((0, 0, 255), (0, 0, 60, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "p.jpg", exif=exif, quality=95)
    upright = pictures.load(tmp_path / "p.jpg")
    assert upright.shape == (60, 40, 3)
    assert upright[30, 35, 2] > 200 and upright[30, 5, 0] > 200


def test_transparency_is_flattened_so_that_the_drawing_shows(tmp_path: Path) -> None:
    for ink, ground in (((0, 0, 0), 255), ((255, 255, 255), 0)):
        picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
        picture.paste((*ink, 255), (10, 10, 30, 30))
        picture.save(tmp_path / "p.png")
        flat = pictures.load(tmp_path / "p.png")
        assert (flat[2, 2] == ground).all() and (flat[20, 20] == ink).all()


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "I;16", "LA"])
def test_pictures_of_every_mode_are_read(tmp_path: Path, mode: str) -> None:
    picture = Image.new("L", (50, 30), 128).convert("LA" if mode == "LA" else mode if mode != "I;16" else "I;16")
    path = tmp_path / ("p.tif" if mode in ("CMYK", "I;16") else "p.png")
    picture.save(path)
    assert pictures.load(path).shape == (30, 50, 3)


@pytest.mark.parametrize("size", [(300, 900), (900, 300), (160, 90), (2, 2), (1, 700)])
def test_a_picture_of_any_shape_covers_the_whole_frame(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, (180, 180, 180)).save(tmp_path / "p.png")
    assert drawn(one_shot(tmp_path / "p.png"), 0)[:72].min() > 100


def test_what_is_no_picture_is_a_final_fault_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "03b.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(FinalFault, match=r"03b\.png"):
        drawn(one_shot(tmp_path / "03b.png"), 0)


def test_the_store_keeps_within_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_BOUND", 200_000)
    _, timeline = help.planned(tmp_path, 30.0)
    with pictures.Store(256, 144) as store:
        for shot in timeline.shots:
            store.get(shot)
            held = sum(future.result().size for future in store._ready.values())
            assert held <= 200_000 + 2 * 256 * 144 * 6


def test_the_eye_goes_to_what_stands_out() -> None:
    field = np.full((90, 160, 3), 40, np.uint8)
    cv2.circle(field, (120, 30), 10, (255, 220, 40), -1)
    x, y = focus.salient(field)
    assert x == pytest.approx(0.75, abs=0.1)
    assert y == pytest.approx(0.33, abs=0.1)


def painted_slot(folder: Path, scene: str = "industrial club") -> Slot:
    from daemon.film import painter

    painted = painter.paint(painter.Request(prompt="", seed=3, width=320, height=180, scene=scene, framing="wide"))
    cv2.imwrite(str(folder / "01a.png"), painted.picture[..., ::-1])
    return Slot("01", 0.0, 4.0, 0, [PictureFile("01a", folder / "01a.png", "x", painted.scene)])


def test_a_painted_picture_s_focus_is_its_figure_s_face(tmp_path: Path) -> None:
    slot = painted_slot(tmp_path)
    (found,) = focus.with_focus([slot], 320, 180)
    x, y = found.pictures[0].focus
    assert (x, y) == pytest.approx(slot.pictures[0].scene["focus"], abs=0.01)
    assert 0.1 <= x <= 0.9 and 0.15 <= y <= 0.6


def test_an_upright_film_looks_for_the_face_where_the_scene_is_laid_out_anew(tmp_path: Path) -> None:
    from daemon.film.painter.draw import draw_and_tell

    slot = painted_slot(tmp_path, "ocean")
    (found,) = focus.with_focus([slot], 180, 320)
    face = draw_and_tell(slot.pictures[0].scene, 180, 320)[1]["focus"]
    assert found.pictures[0].focus == pytest.approx(face, abs=0.01)
    assert found.pictures[0].focus != pytest.approx(slot.pictures[0].scene["focus"], abs=0.025)


@pytest.mark.parametrize(("x", "left", "right"), [(40, 0, 100), (280, 220, 320)])
def test_a_picture_of_another_shape_is_cropped_round_what_stands_out(
    tmp_path: Path, x: int, left: int, right: int
) -> None:
    field = np.full((180, 320, 3), 40, np.uint8)
    cv2.circle(field, (x, 80), 14, (255, 220, 40), -1)
    cv2.imwrite(str(tmp_path / "01a.png"), field)
    slot = Slot("01", 0.0, 4.0, 0, [PictureFile("01a", tmp_path / "01a.png", "x")])
    picture = focus.with_focus([slot], 90, 160)[0].pictures[0]
    seen = pictures.covering(field, 90, 160, picture.centre)
    assert seen.shape == (180, 101, 3)
    assert (seen[..., 0] == 255).sum() == (field[..., 0] == 255).sum()
    assert left <= picture.centre[0] * 320 <= right if picture.centre else False
    assert focus.with_focus([slot], 320, 180)[0].pictures[0].centre is None


def test_the_poster_shows_the_drop_and_a_title_of_any_length(tmp_path: Path) -> None:
    _, timeline = help.planned(tmp_path, 14.0)
    drop = next(shot for shot in timeline.shots if shot.cut_on == "drop")
    assert drop.start < best_frame(timeline) < drop.end
    for title in ("Short", "A very long title " * 20, "名前\n\x1b[31m", ""):
        poster(timeline, help.bass(timeline.frames), title, "Artist", tmp_path / "poster.jpg", "9 of 9")
        with Image.open(tmp_path / "poster.jpg") as opened:
            assert opened.size == (timeline.width, timeline.height)


def test_figures_that_come_and_go_drive_no_scene_out_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_BOUND", 200_000)
    monkeypatch.setattr(pictures, "_FIGURES", 50_000)
    made = []

    def scene() -> pictures.Planes:
        made.append("scene")
        return pictures.Planes(np.zeros((100, 1000), np.uint8), np.zeros((1, 1, 2), np.uint8))

    def figure() -> pictures.Planes:
        return pictures.Planes(np.zeros((100, 300), np.uint8), np.zeros((1, 1, 2), np.uint8))

    with pictures.Store(256, 144) as store:
        store.ask(("scenery", "01"), scene).result()
        for number in range(20):
            store.ask(("figure", "02", number), figure).result()
        store.ask(("scenery", "01"), scene).result()
        held = sum(future.result().size for key, future in store._ready.items() if key[0] == "figure")
    assert made == ["scene"] and held <= 50_000 + 30_002
