"""Before the first job: what doctor finds out about a ComfyUI server, and what it advises."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon import rulebook
from daemon.backends.comfyui import Server, preflight, workflow
from daemon.backends.http import Http
from daemon.commands import comfy_checks
from daemon.settings import Settings
from tests.comfy_peer import RECORDINGS, ComfyPeer, recording
from tests.test_comfyui import _no_proxy, peers
from tests.test_comfyui_workflow import SHIPPED

__all__ = ["_no_proxy", "peers"]

Peers = Callable[..., ComfyPeer]

SAMPLER = {
    "input": {
        "required": {
            "model": ["MODEL", {}],
            "seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1}],
            "steps": ["INT", {"default": 20, "min": 1, "max": 10000}],
            "cfg": ["FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0}],
            "sampler_name": [["euler", "dpmpp_2m"], {}],
            "scheduler": [["normal", "karras"], {}],
            "positive": ["CONDITIONING", {}],
            "negative": ["CONDITIONING", {}],
            "latent_image": ["LATENT", {}],
            "denoise": ["FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0}],
        }
    },
    "output": ["LATENT"],
}
CLASSES: dict[str, Any] = {
    "CheckpointLoaderSimple": {
        "input": {"required": {"ckpt_name": [["sd_xl_base_1.0.safetensors"], {}]}},
        "output": ["MODEL", "CLIP", "VAE"],
    },
    "EmptyLatentImage": {
        "input": {"required": {name: ["INT", {"min": 16, "max": 16384}] for name in ("width", "height")}},
        "output": ["LATENT"],
    },
    "CLIPTextEncode": {
        "input": {"required": {"text": ["STRING", {}], "clip": ["CLIP", {}]}},
        "output": ["CONDITIONING"],
    },
    "KSampler": SAMPLER,
    "VAEDecode": {"input": {"required": {"samples": ["LATENT", {}], "vae": ["VAE", {}]}}, "output": ["IMAGE"]},
    "SaveImage": {"input": {"required": {"images": ["IMAGE", {}], "filename_prefix": ["STRING", {"default": "x"}]}}},
}


@pytest.fixture
def peer(peers: Peers) -> ComfyPeer:
    made = peers()
    made.classes = copy.deepcopy(CLASSES)
    return made


def found(peer: ComfyPeer, change: Callable[[dict[str, Any]], None] | None = None) -> list[str]:
    told = copy.deepcopy(dict(workflow.load(SHIPPED / "sdxl.json").graph))
    if change:
        change(told)
    server = Server(peer.url, Http(attempts=1))
    return [f"{each.level} {each.said}" for each in preflight.examine(server, workflow.read(told, "sdxl"))]


def test_a_workflow_that_can_run_is_told_in_one_line(peer: ComfyPeer) -> None:
    assert found(peer) == ["OK sdxl: all its 7 nodes and its 1 model file are there"]


def test_a_missing_node_class_is_named(peer: ComfyPeer) -> None:
    assert peer.classes
    del peer.classes["VAEDecode"]
    assert found(peer) == ["FAIL sdxl: the server has no node VAEDecode"]


@pytest.mark.parametrize("form", [[["other.safetensors"], {}], ["COMBO", {"options": ["other.safetensors"]}]])
def test_a_missing_model_is_named_with_what_is_there_and_where_it_belongs(peer: ComfyPeer, form: list[Any]) -> None:
    assert peer.classes
    peer.classes["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"] = form
    said = (
        "FAIL sdxl: CheckpointLoaderSimple 'Load Checkpoint': the server has no sd_xl_base_1.0.safetensors; "
        "in models/checkpoints it has other.safetensors"
    )
    assert found(peer) == [said]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sampler_name", "nope", "sampler_name can't be 'nope'; it can be euler, dpmpp_2m"),
        ("steps", "many", "steps is 'many' where a number belongs"),
        ("steps", 0, "steps is 0, less than 1"),
        ("cfg", 101.0, "cfg is 101.0, more than 100.0"),
        ("positive", ["1", 0], "gets MODEL from CheckpointLoaderSimple 'Load Checkpoint' where CONDITIONING belongs"),
        ("model", ["1", 7], "CheckpointLoaderSimple 'Load Checkpoint' has no output 7"),
        ("model", ["99", 0], "it is linked to a node 99 that isn't there"),
    ],
)
def test_a_value_or_link_of_a_wrong_type_is_named(peer: ComfyPeer, name: str, value: Any, said: str) -> None:
    def change(graph: dict[str, Any]) -> None:
        graph["5"]["inputs"][name] = value

    assert f"FAIL sdxl: KSampler: {said}" in found(peer, change)


def test_an_input_that_nothing_is_connected_to_is_named_unless_it_has_a_default(peer: ComfyPeer) -> None:
    def change(graph: dict[str, Any]) -> None:
        del graph["5"]["inputs"]["model"]
        del graph["5"]["inputs"]["denoise"]

    assert found(peer, change) == ["FAIL sdxl: KSampler: its input model is not connected"]


def test_ways_of_starting_that_give_black_clips_are_warned_of_for_clips_alone(peer: ComfyPeer) -> None:
    peer.stats["system"]["argv"] = ["main.py", "--use-sage-attention", "--fast", "fp16_accumulation"]
    peer.classes = None
    assert found(peer) == ["OK sdxl: all its 7 nodes and its 1 model file are there"]

    def change(graph: dict[str, Any]) -> None:
        graph["9"] = {"class_type": "SaveVideo", "inputs": {"video": ["6", 0]}}

    said = found(peer, change)
    assert [each[:60] for each in said] == [
        "WARN sdxl: ComfyUI was started with --use-sage-attention: im",
        "WARN sdxl: ComfyUI was started with --fast: its fp16 accumul",
    ]


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings of a real server aren't beside the repository")
def test_the_shipped_sampler_passes_before_a_real_server_s_description(peer: ComfyPeer) -> None:
    assert peer.classes
    peer.classes["KSampler"] = recording("object_info-KSampler")["body"]["KSampler"]
    assert found(peer) == ["OK sdxl: all its 7 nodes and its 1 model file are there"]
    peer.classes["KSampler"]["input"]["required"]["sampler_name"][0].remove("dpmpp_2m")
    assert "sampler_name can't be 'dpmpp_2m'; it can be euler, euler_cfg_pp" in found(peer)[0]


def told(tmp_path: Path, peer: ComfyPeer | None, **pictures: Any) -> list[str]:
    """What doctor says, with one rule."""
    (tmp_path / "stages").mkdir(exist_ok=True)
    (tmp_path / "rules").mkdir(exist_ok=True)
    lines = "".join(f"  {name}: {value}\n" for name, value in pictures.items())
    rule = f"name: one\nfolder: songs\ndefault: true\nanimate: {{by: 'off'}}\npictures:\n  candidates: 1\n{lines}"
    (tmp_path / "rules" / "one.yaml").write_text(rule)
    urls = [peer.url] if peer else []
    settings = Settings.model_validate({"root": tmp_path, "comfyui": {"urls": urls}})
    return [f"{each.level} {each.said} -> {each.remedy}" for each in comfy_checks.comfyui(settings)]


def test_doctor_tells_of_each_server_and_of_each_workflow_that_a_rule_names(tmp_path: Path, peer: ComfyPeer) -> None:
    host = peer.url.removeprefix("http://")
    assert told(tmp_path, peer) == [
        f"OK {host}: ComfyUI 0.3.64, cuda:0, 20.0 of 24.0 GB free -> ",
        f"OK {host}: sdxl: all its 7 nodes and its 1 model file are there -> ",
    ]
    said = told(tmp_path, peer, workflow="flux")
    assert said[1].startswith(f"WARN {host}: flux: the server has no node")
    assert "ComfyUI-Manager" in said[1]
    assert len(told(tmp_path, peer, painter="builtin")) == 1


def test_doctor_says_nothing_where_no_server_is_set(tmp_path: Path) -> None:
    assert told(tmp_path, None) == []


def test_doctor_tells_of_a_server_that_does_not_answer_and_of_a_workflow_that_can_not_be_read(
    tmp_path: Path, peer: ComfyPeer
) -> None:
    peer.down = True
    said = told(tmp_path, peer, workflow="nope")
    assert "no workflow 'nope'" in said[0] and said[0].startswith("WARN rule one")
    assert "can't be reached" in said[1] and len(said) == 2


def test_doctor_knows_the_shipped_rules_workflows(tmp_path: Path, peer: ComfyPeer) -> None:
    shutil.copytree(rulebook.shipped(), tmp_path / "rules")
    settings = Settings.model_validate({"root": tmp_path, "comfyui": {"urls": [peer.url]}})
    found_, broken = comfy_checks.workflows(settings)
    assert not broken and "sdxl" in [each.name for each in found_]
