"""Clips by ComfyUI: from the approved still to the film, over a server's own protocol; and the rungs in a graph."""

from __future__ import annotations

import copy
import functools
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from daemon.backends.comfyui import Pool, pooled, workflow
from daemon.backends.http import Http
from daemon.errors import Held
from daemon.job import JobFolder
from daemon.outside import ComfyUI
from daemon.rulebook import shipped
from daemon.settings import Settings
from daemon.stages.animating import comfy, ladder, remedies, who
from daemon.stages.animating.asked import Asked, NoAnimator
from daemon.stages.animating.choose import Chosen
from daemon.stages.animating.climb import Budget, Climbed, Climber
from daemon.stages.sync import sync
from daemon.stages.tools import Tools
from tests import film_help as help
from tests.animating_help import Made, black, good, job
from tests.clip_help import encoded, panned
from tests.comfy_peer import ComfyPeer, Ending, failing, interrupted, out_of_memory
from tests.film_help import rule as film_rule
from tests.queue_help import pull_plug_at
from tests.test_comfyui import _no_proxy

__all__ = ["_no_proxy"]

HIGH = "Wan2.2-I2V-A14B-HighNoise-Q4_K_M.gguf"
LOW = "Wan2.2-I2V-A14B-LowNoise-Q4_K_M.gguf"
SHIPPED = ("wan22-i2v-12gb", "wan22-i2v-24gb", "wan21-i2v-24gb")


class VideoPeer(ComfyPeer):
    """A ComfyUI that makes clips of what was uploaded. `does(graph, nth)` says what becomes of the frames."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.graphs = folder, list[dict[str, Any]]()
        self.does: Callable[[dict[str, Any], int], Made] = lambda _graph, _nth: good
        loaders = {"unet_name": [[HIGH, LOW, HIGH.replace("Q4_K_M", "Q5_K_S"), LOW.replace("Q4_K_M", "Q5_K_S")]]}
        names = {told["class_type"] for told in graph_of("wan22-i2v-12gb").values()}
        self.classes = {name: {"input": {"required": {}}} for name in names}
        self.classes["UnetLoaderGGUF"] = {"input": {"required": loaders}}

    def _saved(self, graph: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        self.graphs.append(graph)
        size = next(n["inputs"] for n in graph.values() if n["class_type"] == "WanImageToVideo")
        image = next(n["inputs"]["image"] for n in graph.values() if n["class_type"] == "LoadImage")
        still = np.asarray(Image.open(io.BytesIO(self.uploads[image])).convert("RGB"))
        frames = panned(still, size["length"], 0.06, (size["width"], size["height"]))
        path = encoded(self.folder / "clip.mp4", self.does(graph, len(self.graphs))(frames))
        name = f"dropreel_{len(self.graphs):05}_.mp4"
        self.files[name] = path.read_bytes()
        return {"filename": name, "subfolder": "video", "type": "output"}


def graph_of(name: str) -> dict[str, Any]:
    return dict(workflow.load(shipped() / "workflows" / f"{name}.json").graph)


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VideoPeer]:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    folder = tmp_path / "peer"
    folder.mkdir()
    made = VideoPeer(folder)
    quick = functools.partial(pooled, http=lambda: Http(attempts=1), sleep=lambda _seconds: None, poll=0.01)
    monkeypatch.setattr(who, "pooled", quick)
    # Smaller than the model's, so that the test is quick.
    small = comfy.Grid(16.0, 4, 17, 33, ((208, 112),))
    monkeypatch.setattr(comfy, "about", lambda _path: comfy.About(small, 30.0))
    yield made
    made.close()


def made(folder: JobFolder, root: Path, peer: ComfyPeer) -> Any:
    return sync(folder, Tools(Settings(root=root, comfyui=ComfyUI(urls=[peer.url]))))


def test_approved_stills_move_by_comfyui_and_the_sidecar_names_it(tmp_path: Path, peer: VideoPeer) -> None:
    folder = job(tmp_path, 6.0)
    told = made(folder, tmp_path, peer)
    assert told.clips and all(clip.rung == ladder.AS_ASKED and clip.file for clip in told.clips)
    assert told.clips[0].by == "comfyui wan22-i2v-12gb"
    graph = peer.graphs[0]
    texts = [node["inputs"]["text"] for node in graph.values() if node["class_type"] == "CLIPTextEncode"]
    assert any(text.startswith("A dancer in place") for text in texts) and any("frozen" in text for text in texts)
    assert (graph["12"]["inputs"]["width"] - 208, graph["12"]["inputs"]["height"] - 112) == (0, 0)
    assert (graph["12"]["inputs"]["length"] - 1) % 4 == 0
    uploaded = Image.open(io.BytesIO(next(iter(peer.uploads.values()))))
    assert uploaded.size == (208, 112)
    assert peer.freed, "the card is handed back"
    assert not list(folder.path.glob("run-*")), "nothing is left of the runs' records"
    assert all(check.ok for check in told.checks)


def test_a_black_clip_is_made_with_other_weights_and_the_skipped_rungs_say_why(tmp_path: Path, peer: VideoPeer) -> None:
    peer.does = lambda graph, _nth: good if "Q5_K_S" in graph["1"]["inputs"]["unet_name"] else black
    told = made(job(tmp_path, 5.0), tmp_path, peer)
    clip = told.clips[0]
    assert clip.rung == ladder.WEIGHTS
    skipped = {tried.rung: tried.skipped for tried in clip.tries if tried.skipped}
    assert set(skipped) == {ladder.SDPA, ladder.EXACT}
    seeds = [graph["13"]["inputs"]["noise_seed"] for graph in peer.graphs[:3]]
    assert len(set(seeds)) == 3, "an identical prompt would run nothing"


@pytest.mark.parametrize(
    ("ending", "fault"), [(out_of_memory(), "out of memory"), (failing(), "server failed"), (interrupted(), "stopped")]
)
def test_what_fails_on_the_server_is_named_in_the_sidecar(
    tmp_path: Path, peer: VideoPeer, ending: Ending, fault: str
) -> None:
    peer.endings = [copy.deepcopy(ending) for _ in range(2)]
    told = made(job(tmp_path, 5.0), tmp_path, peer)
    assert told.clips[0].tries[0].fault == fault
    assert told.clips[0].tries[0].measured["why"]


def test_a_server_that_lacks_the_models_makes_a_composited_film_that_says_so(tmp_path: Path, peer: VideoPeer) -> None:
    assert peer.classes
    peer.classes["UnetLoaderGGUF"] = {"input": {"required": {"unet_name": [["other.gguf"]]}}}
    told = made(job(tmp_path, 5.0), tmp_path, peer)
    assert told.clips and not any(clip.file for clip in told.clips)
    assert "other.gguf" in told.clips[0].because and any("composited" in note for note in told.notes)
    assert not peer.posted


def test_a_server_that_is_down_costs_the_clips_and_not_the_film(tmp_path: Path, peer: VideoPeer) -> None:
    peer.down = True
    told = made(job(tmp_path, 5.0), tmp_path, peer)
    assert told.films and not any(clip.file for clip in told.clips)
    assert any("no clips" in note for note in told.notes)


def test_outside_its_hours_nothing_is_asked_of_the_card() -> None:
    kept = film_rule()
    kept.pictures.gpu_hours = "22-7"
    who.within_hours(kept, lambda: datetime(2026, 1, 1, 23, 0))()
    with pytest.raises(Held, match="22:00") as caught:
        who.within_hours(kept, lambda: datetime(2026, 1, 1, 12, 0))()
    assert caught.value.facts["after"] == 600.0


# --- the shipped workflows ----------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_workflow_has_a_place_for_everything_a_clip_needs(name: str) -> None:
    path = shipped() / "workflows" / f"{name}.json"
    found = workflow.load(path)
    for what in ("prompt", "negative", "seed", "width", "height", "frames", "fps", "image", "prefix"):
        assert found.takes(what), what
    about = comfy.about(path)
    assert (about.grid.fps, about.grid.most, about.grid.step) == (16.0, 81, 4)
    assert (832, 480) in about.grid.sizes and about.published > 0 and about.source
    first = json.loads(path.read_text())["1"]["_meta"]["comment"]
    assert "Never run by us" in first
    assert set(who.PROFILES.values()) <= set(SHIPPED)


def test_a_workflow_without_a_place_for_the_still_is_refused_in_words(tmp_path: Path) -> None:
    graph = {node: told for node, told in graph_of("wan22-i2v-12gb").items() if told["class_type"] != "LoadImage"}
    plain = workflow.read(graph, "mine")
    with pytest.raises(NoAnimator, match="no place was found for the image"):
        comfy.Comfy(Pool(ComfyUI(urls=["http://127.0.0.1:1"])), plain, comfy.About(comfy.Grid(), 1.0), 1 << 20)


# --- the rungs in a graph -----------------------------------------------------------------------

WRAPPED: dict[str, Any] = {
    "1": {
        "class_type": "WanVideoModelLoader",
        "inputs": {
            "model": "I2V/Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors",
            "base_precision": "fp16_fast",
            "quantization": "disabled",
            "attention_mode": "sageattn",
            "compile_args": ["2", 0],
        },
    },
    "2": {"class_type": "WanVideoTorchCompileSettings", "inputs": {"backend": "inductor"}},
    "3": {"class_type": "WanVideoVAELoader", "inputs": {"model_name": "vae.safetensors", "precision": "bf16"}},
    "4": {"class_type": "WanVideoSampler", "inputs": {"model": ["1", 0], "vae": ["3", 0]}},
}
NATIVE: dict[str, Any] = {
    "1": {
        "class_type": "UNETLoader",
        "inputs": {"unet_name": "wan_fp8_scaled.safetensors", "weight_dtype": "fp8_e4m3fn_fast"},
    },
    "2": {"class_type": "PathchSageAttentionKJ", "inputs": {"model": ["1", 0], "sage_attention": "auto"}},
    "3": {"class_type": "TorchCompileModelWanVideoV2", "inputs": {"model": ["2", 0], "backend": "inductor"}},
    "4": {"class_type": "ModelPatchTorchSettings", "inputs": {"model": ["3", 0], "enable_fp16_accumulation": True}},
    "5": {"class_type": "VAELoader", "inputs": {"vae_name": "wan_2.1_vae.safetensors"}},
    "6": {"class_type": "KSampler", "inputs": {"model": ["4", 0]}},
    "7": {"class_type": "VAEDecode", "inputs": {"samples": ["6", 0], "vae": ["5", 0]}},
}
THERE: dict[tuple[str, str], tuple[str, ...]] = {
    ("WanVideoModelLoader", "model"): (
        "I2V/Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors",
        "I2V/Wan2_1-I2V-14B-480P_bf16.safetensors",
        "I2V/Wan2_1-I2V-14B-720P_bf16.safetensors",
    ),
    ("WanVideoModelLoader", "attention_mode"): ("sdpa", "sageattn"),
    ("VAELoaderKJ", "weight_dtype"): ("bf16", "fp16", "fp32"),
}


def choices(kind: str, name: str) -> tuple[str, ...] | None:
    return THERE.get((kind, name))


def test_each_rung_changes_what_it_says_in_the_wrappers_nodes() -> None:
    assert remedies.unable(WRAPPED, choices) == {}
    made = remedies.changed(WRAPPED, ladder.CHANGES, choices)
    loader = made["1"]["inputs"]
    assert loader["attention_mode"] == "sdpa"
    assert loader["base_precision"] == "fp16" and "compile_args" not in loader and "2" not in made
    assert loader["model"] == "I2V/Wan2_1-I2V-14B-480P_bf16.safetensors"
    assert made["3"]["inputs"]["precision"] == "fp32"
    assert WRAPPED["1"]["inputs"]["attention_mode"] == "sageattn", "what it was made from stays as it was"


def test_each_rung_changes_what_it_says_in_native_nodes() -> None:
    made = remedies.changed(NATIVE, (ladder.SDPA, ladder.EXACT, ladder.VAE), choices)
    assert made["2"]["inputs"]["sage_attention"] == "disabled"
    assert "3" not in made and made["4"]["inputs"] == {"model": ["2", 0], "enable_fp16_accumulation": False}
    assert made["1"]["inputs"]["weight_dtype"] == "fp8_e4m3fn"
    assert made["5"]["class_type"] == "VAELoaderKJ" and made["5"]["inputs"]["weight_dtype"] == "fp32"
    assert ladder.VAE in remedies.unable(NATIVE, lambda _kind, _name: None)


@pytest.mark.parametrize(
    ("file", "there", "other"),
    [
        ("m-Q4_K_M.gguf", ("m-Q4_K_M.gguf", "m-Q8_0.gguf", "m-Q5_K_S.gguf"), "m-Q5_K_S.gguf"),
        ("m_fp8_scaled.safetensors", ("m_fp16.safetensors", "n_bf16.safetensors"), "m_fp16.safetensors"),
        ("a/m_bf16.safetensors", ("b/m_fp8_e4m3fn.safetensors",), "b/m_fp8_e4m3fn.safetensors"),
        ("m.safetensors", ("m_fp16.safetensors",), ""),
        ("high-Q4_0.gguf", ("low-Q5_0.gguf",), ""),
    ],
)
def test_the_same_weights_are_known_in_another_precision(file: str, there: tuple[str, ...], other: str) -> None:
    assert remedies.other_precision(file, there) == other


def test_what_is_asked_of_a_graph_without_a_remedy_is_told_rung_by_rung() -> None:
    told = remedies.unable(graph_of("wan22-i2v-24gb"), choices)
    assert set(told) == {ladder.SDPA, ladder.EXACT, ladder.WEIGHTS}
    assert all(told.values())


def test_a_run_that_was_found_again_says_no_seconds(tmp_path: Path, peer: VideoPeer) -> None:
    found = who.animator(film_rule(), Settings(root=tmp_path, comfyui=ComfyUI(urls=[peer.url])))
    assert found is not None
    still = tmp_path / "still.png"
    Image.fromarray(panned(np.full((112, 208, 3), 90, np.uint8), 2, size=(208, 112))[0]).save(still)
    asked = Asked(still, "p", "n", 1, 208, 112, 17, 16.0, "k1")
    told = lambda _share, _doing: None  # noqa: E731
    assert found.animate(asked, tmp_path, tmp_path / "one.mp4", told) is not None
    assert found.animate(asked, tmp_path, tmp_path / "two.mp4", told) is None
    assert len(peer.posted) == 1 and (tmp_path / "two.mp4").read_bytes() == (tmp_path / "one.mp4").read_bytes()
    found.settled(asked, tmp_path)
    assert not list(tmp_path.glob("run-*"))


# --- pulling the plug ---------------------------------------------------------------------------


def test_a_worker_killed_at_any_act_makes_no_clip_twice(tmp_path: Path, peer: VideoPeer) -> None:
    import cv2

    cv2.setNumThreads(1)  # what is forked must not wait for threads that it hasn't
    peer.does = lambda _graph, nth: black if nth % 2 else good
    picture = help.picture(tmp_path / "still.png", 5)
    chosen = Chosen(picture, "01", 0, 17, 17, 2.0, 1.0, 30.0)
    settings = Settings(root=tmp_path, comfyui=ComfyUI(urls=[peer.url]))

    def climb(folder: Path) -> Climbed:
        by = who.animator(film_rule(), settings)
        assert by is not None
        place, budget = JobFolder(folder), Budget(1e9, "all minutes")
        climber = Climber(place, Tools(settings), by, by.unable, budget, 1, lambda *_: None)
        return climber.climb(chosen, "a dancer", "text", "")

    number = 0
    while True:
        folder = tmp_path / "stages" / "approved" / f"20260101-120000-song-{number:06x}"
        folder.mkdir(parents=True)
        before = len(peer.posted)
        killed = pull_plug_at(number, lambda folder=folder: climb(folder))  # type: ignore[misc]
        made = climb(folder)
        assert made.told is not None and [tried.fault for tried in made.clip.tries] == ["black", ""], number
        # Between the post and its answer's being known, the run is found again: two tries, two runs.
        assert len(peer.posted) - before == 2, f"killed at act {number}"
        assert not list(folder.glob("run-*")) and len(list(folder.glob("clip-*.zip"))) == 1
        number += 1
        if not killed:
            break
    assert number > 8
