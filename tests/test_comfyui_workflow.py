"""Where prompt, seed and size go in a workflow: as the rule says, else found by titles and links, never guessed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.backends.comfyui import Wrong, places, workflow
from daemon.backends.comfyui.places import Place, Spot, is_link
from tests.comfy_peer import RECORDINGS, recording

SHIPPED = Path(__file__).parents[1] / "rules" / "workflows"


def node(kind: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, **({"_meta": {"title": title}} if title else {})}


SDXL = {
    "4": node("CheckpointLoaderSimple", ckpt_name="sd_xl.safetensors"),
    "5": node("EmptyLatentImage", width=1024, height=1024, batch_size=1),
    "6": node("CLIPTextEncode", "CLIP Text Encode (Prompt)", text="a", clip=["4", 1]),
    "7": node("CLIPTextEncode", "CLIP Text Encode (Prompt)", text="b", clip=["4", 1]),
    "3": node("KSampler", seed=1, positive=["6", 0], negative=["7", 0], latent_image=["5", 0], model=["4", 0]),
    "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    "9": node("SaveImage", images=["8", 0], filename_prefix="x"),
}

FLUX = {
    "1": node("UNETLoader", unet_name="flux.safetensors"),
    "2": node("CLIPTextEncode", text="a", clip=["9", 0]),
    "3": node("FluxGuidance", guidance=3.5, conditioning=["2", 0]),
    "4": node("PrimitiveInt", "Width", value=1024),
    "5": node("EmptySD3LatentImage", width=["4", 0], height=768, batch_size=1),
    "6": node("RandomNoise", noise_seed=1),
    "7": node("BasicGuider", model=["1", 0], conditioning=["3", 0]),
    "8": node("SamplerCustomAdvanced", noise=["6", 0], guider=["7", 0], latent_image=["5", 0]),
    "10": node("ModelSamplingFlux", model=["1", 0], width=["4", 0], height=768),
}

WAN = {
    "1": node("CLIPTextEncode", text="a"),
    "2": node("CLIPTextEncode", text="b"),
    "3": node("LoadImage", image="x.png"),
    "4": node(
        "WanImageToVideo",
        **{"positive": ["1", 0], "negative": ["2", 0], "start_image": ["11", 0]},
        **{"width": 832, "height": 480, "length": 81, "batch_size": 1},
    ),
    "5": node("KSamplerAdvanced", noise_seed=1, positive=["4", 0], negative=["4", 1], latent_image=["4", 2]),
    "6": node("KSamplerAdvanced", noise_seed=1, positive=["4", 0], negative=["4", 1], latent_image=["5", 0]),
    "7": node("CreateVideo", images=["6", 0], fps=16.0),
    "8": node("SaveVideo", video=["7", 0], filename_prefix="v"),
    "9": node("LoadImage", "Reference 1", image="y.png"),
    "10": node("IPAdapter", image=["9", 0]),
    "11": node("ImageScale", image=["3", 0], width=832, height=480),
}


def spots(graph: dict[str, Any], **more: Any) -> dict[str, list[Spot]]:
    return {what: list(found) for what, found in workflow.read(graph, "test", **more).spots.items()}


def test_an_sdxl_workflow_needs_no_mapping() -> None:
    found = spots(SDXL)
    assert found == {
        "prompt": [Spot("6", "text")],
        "negative": [Spot("7", "text")],
        "seed": [Spot("3", "seed")],
        "width": [Spot("5", "width")],
        "height": [Spot("5", "height")],
        "batch": [Spot("5", "batch_size")],
        "prefix": [Spot("9", "filename_prefix")],
    }


def test_a_flux_workflow_is_followed_through_guider_and_guidance_and_a_value_on_a_link_is_set_at_its_source() -> None:
    found = spots(FLUX)
    assert found["prompt"] == [Spot("2", "text")] and found["seed"] == [Spot("6", "noise_seed")]
    assert found["width"] == [Spot("4", "value")]
    assert found["height"] == [Spot("5", "height"), Spot("10", "height")]
    assert "negative" not in found


def test_an_image_to_video_workflow_with_two_samplers_is_followed() -> None:
    found = spots(WAN)
    assert found["prompt"] == [Spot("1", "text")] and found["negative"] == [Spot("2", "text")]
    assert found["seed"] == [Spot("5", "noise_seed"), Spot("6", "noise_seed")]
    assert found["image"] == [Spot("3", "image")] and found["reference"] == [Spot("9", "image")]
    assert found["frames"] == [Spot("4", "length")] and found["fps"] == [Spot("7", "fps")]
    assert found["width"] == [Spot("4", "width")]


def test_the_numbers_of_the_nodes_mean_nothing() -> None:
    text = json.dumps(SDXL)
    for number in "3456789":
        text = text.replace(f'"{number}"', f'"n{number}"')
    renamed = json.loads(text)
    assert spots(renamed)["prompt"] == [Spot("n6", "text")]


def test_a_negative_that_is_the_zeroed_prompt_has_no_words_of_its_own() -> None:
    graph = copy.deepcopy(SDXL)
    graph["7"] = node("ConditioningZeroOut", conditioning=["6", 0])
    assert "negative" not in spots(graph)


def test_titles_say_where_things_go() -> None:
    graph = copy.deepcopy(SDXL)
    graph["20"] = node("PrimitiveStringMultiline", "dropreel: prompt", value="x")
    graph["6"]["inputs"]["text"] = ["20", 0]
    graph["21"] = node("PrimitiveInt", "Seed", value=1)
    graph["3"]["inputs"]["seed"] = ["21", 0]
    found = spots(graph)
    assert found["prompt"] == [Spot("20", "value")] and found["seed"] == [Spot("21", "value")]


def test_two_places_for_the_prompt_are_a_question_and_the_candidates_are_named() -> None:
    graph = copy.deepcopy(SDXL)
    graph["6"]["_meta"] = {"title": "Base"}
    graph["16"] = node("CLIPTextEncode", "Refiner", text="c")
    graph["13"] = node("KSampler", seed=1, positive=["16", 0], negative=["7", 0], latent_image=["3", 0])
    with pytest.raises(Wrong, match="several places for prompt: CLIPTextEncode 'Base' text; CLIPTextEncode 'Refiner'"):
        spots(graph)
    lines = ["CLIPTextEncode 'Base' text", "CLIPTextEncode 'Refiner' text"]
    found = spots(graph, mapping={"prompt": lines})
    assert found["prompt"] == [Spot("6", "text"), Spot("16", "text")]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("CLIPTextEncode 'Positive' text", Place("text", "CLIPTextEncode", "Positive")),
        ('CLIPTextEncode "It\'s on" text', Place("text", "CLIPTextEncode", "It's on")),
        ("KSampler.seed", Place("seed", "KSampler")),
        ("KSampler seed", Place("seed", "KSampler")),
        ("'Positive'.text", Place("text", "", "Positive")),
        ("every KSampler seed", Place("seed", "KSampler", every=True)),
        ("Power Lora Loader (rgthree) lora_1", Place("lora_1", "Power Lora Loader (rgthree)")),
        ("ckpt_name", Place("ckpt_name")),
    ],
)
def test_places_are_read_as_people_write_them(written: str, place: Place) -> None:
    found = places.parse(written)
    assert (found.input, found.kind, found.title, found.every) == (place.input, place.kind, place.title, place.every)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("KSampler noise", "'KSampler noise' is not in the workflow: KSampler has seed, positive"),
        ("Sampler seed", "it has KSampler"),
        ("CLIPTextEncode text", "means 2 nodes"),
        ("'half", "is no place"),
        ("", "is no place"),
    ],
)
def test_a_place_that_is_not_there_is_told_with_what_is(written: str, said: str) -> None:
    with pytest.raises(Wrong, match=r".") as caught:
        workflow.read(SDXL, "test", {"prompt": written})
    assert said in caught.value.sentence()


def test_an_unknown_word_in_the_mapping_is_refused() -> None:
    with pytest.raises(Wrong, match="'promt'"):
        workflow.read(SDXL, "test", {"promt": "CLIPTextEncode text"})


def test_only_nodes_are_sent_and_values_stand_in_their_places() -> None:
    told = {"_comment": "mine", "_dropreel": {"multiple": 64, "megapixels": 0.5}, **SDXL}
    found = workflow.read(told, "test")
    graph = found.filled({"prompt": "rain", "seed": 7, "width": 640, "frames": 5, "negative": ""})
    assert set(graph) == set(SDXL) and found.about.multiple == 64 and found.about.megapixels == 0.5
    assert graph["6"]["inputs"]["text"] == "rain" and graph["3"]["inputs"]["seed"] == 7
    assert graph["5"]["inputs"]["width"] == 640 and graph["5"]["inputs"]["height"] == 1024
    assert SDXL["6"]["inputs"]["text"] == "a", "the template stays as it was"


def test_references_are_dealt_out_and_the_first_fills_up() -> None:
    graph = {**WAN, "12": node("LoadImage", "Reference 2", image="z.png"), "13": node("IPAdapter", image=["12", 0])}
    found = workflow.read(graph, "test")
    assert found.takes("reference") == 2
    filled = found.filled({"reference": ["one.png"]})
    assert filled["9"]["inputs"]["image"] == filled["12"]["inputs"]["image"] == "one.png"
    filled = found.filled({"reference": ["one.png", "two.png", "three.png"]})
    assert filled["12"]["inputs"]["image"] == "two.png"


def test_models_are_switched_by_their_name_or_by_their_place() -> None:
    assert workflow.read(SDXL, "t", models={"sd_xl.safetensors": "other.safetensors"}).models == ["other.safetensors"]
    assert workflow.read(SDXL, "t", models={"ckpt_name": "third.safetensors"}).models == ["third.safetensors"]
    with pytest.raises(Wrong, match="'nope'"):
        workflow.read(SDXL, "t", models={"nope": "x.safetensors"})
    assert workflow.known_models(SDXL, {"nope": "x", "sd_xl.safetensors": "y"}) == {"sd_xl.safetensors": "y"}


def test_the_digest_changes_with_models_and_places_and_not_with_the_layout() -> None:
    digest = workflow.read(SDXL, "t").digest
    assert workflow.read(dict(reversed(SDXL.items())), "t").digest == digest
    assert workflow.read({"_comment": "x", **SDXL}, "t").digest == digest
    assert workflow.read(SDXL, "t", models={"ckpt_name": "x.safetensors"}).digest != digest


def test_the_editors_format_is_known_and_the_remedy_told(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps({"nodes": [], "links": [], "version": 0.4}))
    with pytest.raises(Wrong, match=r"File > Export \(API\)"):
        workflow.load(tmp_path / "mine.json")
    with pytest.raises(Wrong, match="there are mine"):
        workflow.load(tmp_path / "other.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(Wrong, match="can't be read"):
        workflow.load(tmp_path / "broken.json")


@pytest.mark.parametrize("told", [None, [], {}, {"1": {}}, {"1": {"class_type": 3}}, {"prompt": {}}, "x"])
def test_what_is_no_workflow_is_refused(told: Any) -> None:
    with pytest.raises(Wrong):
        workflow.read(told, "t")


def test_links_in_a_circle_end() -> None:
    graph = {
        "1": node("KSampler", seed=["2", 0], positive=["3", 0], latent_image=["4", 0]),
        "2": node("Reroute", value=["2", 0]),
        "3": node("ConditioningCombine", conditioning_1=["3", 0], conditioning_2=["3", 0]),
        "4": node("LatentBlend", samples=["4", 0]),
    }
    assert "prompt" not in spots(graph)


_WORDS = ["1", "2", "class_type", "inputs", "_meta", "title", "text", "positive", "latent_image", "guider", "seed"]
_KINDS = ["KSampler", "CLIPTextEncode", "LoadImage", "EmptyLatentImage", "Reroute", "Prompt", "Reference 1"]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(_KINDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(0, 2)).map(list)
        | st.dictionaries(
            st.sampled_from([*_WORDS, "width", "height", "image", "samples", "dropreel"]), inner, max_size=5
        )
    ),
    max_leaves=14,
)
_NODES = st.dictionaries(
    st.sampled_from(["1", "2", "3", "_dropreel"]),
    st.fixed_dictionaries({"class_type": st.sampled_from(_KINDS), "inputs": _VALUES, "_meta": _VALUES}) | _VALUES,
    max_size=4,
)


@given(_VALUES | _NODES)
def test_no_file_however_odd_breaks_the_reading(told: Any) -> None:
    try:
        found = workflow.read(told, "odd")
    except Wrong:
        return
    found.filled(dict.fromkeys(workflow.WHAT, "x"))
    assert found.digest and found.models is not None


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_every_shipped_workflow_has_its_places_and_says_how_far_it_was_tried(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    assert "/object_info" in told["1"]["_meta"]["comment"]
    assert all("class_type" in node for node in told.values()), "the editor opens nothing else"
    found = workflow.load(path)
    assert found.about.multiple == told["1"]["_meta"]["dropreel"]["multiple"]
    assert all(set(node.get("_meta", {})) <= {"title"} for node in found.graph.values()), "comments are not sent"
    assert found.takes("prompt") == 1 and found.takes("seed") >= 1 and found.takes("prefix") == 1
    assert found.takes("width") >= 1 and found.takes("height") >= 1 and found.models
    links = [
        (name, value[0]) for told in found.graph.values() for name, value in told["inputs"].items() if is_link(value)
    ]
    assert all(source in found.graph for _, source in links)


def test_the_shipped_ones_take_what_they_say() -> None:
    sdxl, flux, kontext = (workflow.load(SHIPPED / f"{name}.json") for name in ("sdxl", "flux", "flux-kontext"))
    assert [each.takes("negative") for each in (sdxl, flux, kontext)] == [1, 0, 0]
    assert [each.takes("reference") for each in (sdxl, flux, kontext)] == [0, 0, 1]
    assert kontext.takes("image") == 0


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings of a real server aren't beside the repository")
@pytest.mark.parametrize("name", ["sdxl", "flux", "flux-kontext"])
def test_the_shipped_samplers_are_as_a_real_server_has_them(name: str) -> None:
    told = recording("object_info-KSampler")["body"]["KSampler"]["input"]["required"]
    graph = workflow.load(SHIPPED / f"{name}.json").graph
    sampler = next(each["inputs"] for each in graph.values() if each["class_type"] == "KSampler")
    assert set(sampler) == set(told)
    assert sampler["sampler_name"] in told["sampler_name"][0] and sampler["scheduler"] in told["scheduler"][0]
