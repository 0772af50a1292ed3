"""Before the first job: a workflow compared with a server, and all that would go wrong, each with its remedy.

Node classes that are missing, models that aren't there (with what is), values and links of a wrong type, and ways
to start ComfyUI that are known to give black clips.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from daemon.backends.comfyui import places
from daemon.backends.comfyui.places import Spot
from daemon.backends.comfyui.pool import choices
from daemon.backends.comfyui.replies import some, title
from daemon.backends.comfyui.server import Server, Stats
from daemon.backends.comfyui.workflow import Workflow, model_files

# Where ComfyUI looks for a model, by the input that names it.
_FOLDERS = {
    "ckpt_name": "models/checkpoints",
    "unet_name": "models/diffusion_models",
    "vae_name": "models/vae",
    "clip_name": "models/text_encoders",
    "clip_name1": "models/text_encoders",
    "clip_name2": "models/text_encoders",
    "clip_name3": "models/text_encoders",
    "lora_name": "models/loras",
    "control_net_name": "models/controlnet",
    "clip_vision": "models/clip_vision",
    "style_model_name": "models/style_models",
    "model_name": "models/upscale_models",
}
_FLAGS = {
    "--use-sage-attention": "image-to-video comes out black with SageAttention on many cards "
    "(Comfy-Org/ComfyUI #8573, #7020, #9077, #10007)",
    "--fast": "its fp16 accumulation gives black image-to-video clips on some cards",
}
_NUMBERS = {"INT", "FLOAT"}


@dataclass(frozen=True)
class Finding:
    """One thing that was found. level: OK, WARN, or FAIL where the workflow can't run."""

    level: Literal["OK", "WARN", "FAIL"]
    said: str
    remedy: str = ""


def examine(server: Server, workflow: Workflow) -> list[Finding]:
    """All that is wrong with a workflow on a server; one OK where nothing is. Down where the server doesn't answer."""
    graph = workflow.graph
    classes = {str(told["class_type"]) for told in graph.values()}
    known = {name: server.node_class(name) for name in sorted(classes)}
    found = [
        Finding(
            "FAIL",
            f"{workflow.name}: the server has no node {name}",
            "Install the custom nodes that bring it (ComfyUI-Manager finds them) or update ComfyUI, and restart it.",
        )
        for name, told in known.items()
        if told is None
    ]
    replaced = {spot for spots in workflow.spots.values() for spot in spots}
    models = {spot for spot, _ in model_files(graph)}
    for node, told in graph.items():
        kind = known[str(told["class_type"])]
        if kind is not None:
            for said, remedy in _node(workflow, node, kind, known, replaced, models):
                found.append(Finding("FAIL", f"{workflow.name}: {title(graph, node)}: {said}", remedy))
    if moves(workflow):
        found += flags(server.stats(), workflow.name)
    if not found:
        count = len(workflow.models)
        told_models = f" and its {count} model file{'s' if count != 1 else ''}" if count else ""
        found.append(Finding("OK", f"{workflow.name}: all its {len(graph)} nodes{told_models} are there"))
    return found


def moves(workflow: Workflow) -> bool:
    """Whether a workflow makes clips."""
    kinds = [str(told["class_type"]).lower() for told in workflow.graph.values()]
    return workflow.takes("frames") > 0 or any("video" in kind or "animated" in kind for kind in kinds)


def flags(stats: Stats, name: str) -> list[Finding]:
    """Warnings about the way a server was started, for a workflow that makes clips."""
    given = [word.partition("=")[0] for word in stats.argv]
    return [
        Finding("WARN", f"{name}: ComfyUI was started with {flag}: {why}", f"Start it without {flag}.")
        for flag, why in _FLAGS.items()
        if flag in given
    ]


def _node(
    workflow: Workflow,
    node: str,
    kind: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any] | None],
    replaced: set[Spot],
    models: set[Spot],
) -> Iterator[tuple[str, str]]:
    """What is wrong with one node's inputs."""
    held = places.inputs(workflow.graph, node)
    for name, config in _inputs(kind, "required").items():
        # Some inputs are only there for some choices: what the server would accept is left to it.
        if name not in held and isinstance(config, list) and config and not _optional(config):
            yield f"its input {name} is not connected", "Connect it in ComfyUI, and export the workflow again."
    configs = {**_inputs(kind, "optional"), **_inputs(kind, "required")}
    for name, value in held.items():
        config = configs.get(name)
        if not isinstance(config, list) or not config:
            continue
        spot = Spot(node, name)
        if places.is_link(value):
            wrong = _link(workflow, value, config, known)
        elif spot in replaced and spot not in models:
            continue  # ours takes its place
        else:
            wrong = _value(kind, name, value, config)
        if wrong:
            yield wrong


def _inputs(kind: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    told = kind.get("input")
    found = told.get(part) if isinstance(told, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _optional(config: list[Any]) -> bool:
    """Whether a required input has a value of its own where nothing is given."""
    return len(config) > 1 and isinstance(config[1], Mapping) and "default" in config[1]


def _link(
    workflow: Workflow, value: list[Any], config: list[Any], known: Mapping[str, Mapping[str, Any] | None]
) -> tuple[str, str] | None:
    source = workflow.graph.get(str(value[0]))
    if source is None:
        return f"it is linked to a node {value[0]} that isn't there", "Export the workflow again."
    told = known.get(str(source["class_type"]))
    gives = (told or {}).get("output")
    if not isinstance(gives, list):
        return None
    if not 0 <= value[1] < len(gives):
        return f"{title(workflow.graph, str(value[0]))} has no output {value[1]}", "Export the workflow again."
    given, wanted = gives[value[1]], config[0]
    if not isinstance(given, str) or not isinstance(wanted, str) or _fits(given, wanted):
        return None
    source_name = title(workflow.graph, str(value[0]))
    return f"gets {given} from {source_name} where {wanted} belongs", "Connect it anew in ComfyUI, and export again."


def _fits(given: str, wanted: str) -> bool:
    """Whether a type goes into an input; several types are separated by commas, * is any."""
    one, other = set(given.split(",")), set(wanted.split(","))
    return bool(one & other) or "*" in one | other or wanted == "COMBO" or {given, wanted} <= _NUMBERS


def _value(kind: Mapping[str, Any], name: str, value: Any, config: list[Any]) -> tuple[str, str] | None:
    there = choices(kind, name)
    if there is not None:
        if str(value) in there:
            return None
        folder = _FOLDERS.get(name)
        if folder or str(value).endswith((".safetensors", ".gguf", ".ckpt", ".pt", ".pth")):
            where = folder or "models"
            said = f"the server has no {value}; in {where} it has {some(there)}"
            return said, f"Put it into ComfyUI's {where}, or say `models: {{{value}: ...}}` with one that is there."
        return f"{name} can't be {value!r}; it can be {some(there)}", "Choose another one in ComfyUI, and export again."
    wanted = config[0]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted in _NUMBERS and not number:
        return f"{name} is {value!r} where a number belongs", "Mend it in ComfyUI, and export again."
    if wanted == "STRING" and not isinstance(value, str):
        return f"{name} is {value!r} where text belongs", "Mend it in ComfyUI, and export again."
    limits = config[1] if len(config) > 1 and isinstance(config[1], Mapping) else {}
    least, most = limits.get("min"), limits.get("max")
    if wanted in _NUMBERS and isinstance(least, int | float) and value < least:
        return f"{name} is {value}, less than {least}", "Mend it in ComfyUI, and export again."
    if wanted in _NUMBERS and isinstance(most, int | float) and value > most:
        return f"{name} is {value}, more than {most}", "Mend it in ComfyUI, and export again."
    return None
