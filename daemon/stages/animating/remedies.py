"""The ladder's rungs in a ComfyUI workflow: each changes the graph, or says why it can't. Pure.

A graph is in API format: node -> {"class_type", "inputs"}; a link is [node, output]. What a server has is asked
through `choices(class, input)`: the values that an input may have, () where the class is there but the input takes
anything, None where the server has no such class or input.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from daemon.stages.animating import ladder

Graph = dict[str, Any]
Choices = Callable[[str, str], tuple[str, ...] | None]

_ATTENTION = ("attention_mode", "attention", "sage_attention")
_COMPILE_INPUTS = ("compile_args", "torch_compile_args")
_FAST = {"fp16_fast": "fp16", "fp8_e4m3fn_fast": "fp8_e4m3fn", "fp8_e4m3fn_scaled_fast": "fp8_e4m3fn_scaled"}
_DTYPES = ("base_precision", "weight_dtype", "quantization")
_MODEL_FILE = re.compile(r"(?i)\.(safetensors|gguf|sft|pt|pth|ckpt|bin)$")
# What names a precision in a model's file name, longest first.
_PRECISION = re.compile(
    r"(?i)(q[2-8]_[0k](?:_[sml])?|fp8_e[45]m[23](?:fn)?(?:_scaled)?(?:_kj)?|fp8_scaled|fp8|fp16|bf16|fp32|int8|nvfp4)"
)
_FINER = ("q5", "q6", "q4", "q8", "q3", "q2", "fp8", "bf16", "fp16", "int8", "fp32")  # in this order they are tried


def unable(graph: Graph, choices: Choices) -> dict[str, str]:
    """The rungs that change nothing in this workflow on this server, and why."""
    found = {}
    for rung in ladder.CHANGES:
        if rung in _WAYS and isinstance(told := _WAYS[rung](graph, choices), str):
            found[rung] = told
    return found


def changed(graph: Graph, changes: tuple[str, ...], choices: Choices) -> Graph:
    """The graph with those rungs' changes in force; what can't be changed stays."""
    for rung in changes:
        if rung in _WAYS:
            told = _WAYS[rung](graph, choices)
            graph = graph if isinstance(told, str) else told
    return graph


def _inputs(graph: Graph) -> Iterator[tuple[str, str, str, Any]]:
    """(node, class, input, value) of everything."""
    for node, told in graph.items():
        for name, value in (told.get("inputs") or {}).items():
            yield node, str(told.get("class_type")), name, value


def _link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[1], int)


def _sdpa(graph: Graph, choices: Choices) -> Graph | str:
    made = copy.deepcopy(graph)
    done = False
    for node, kind, name, value in _inputs(graph):
        if name in _ATTENTION and isinstance(value, str):
            wanted = "disabled" if name == "sage_attention" else "sdpa"
            there = choices(kind, name)
            if value != wanted and (not there or wanted in there):
                made[node]["inputs"][name] = wanted
                done = True
    return made if done else "no node of the workflow names another attention; the server's start options do that"


def _exact(graph: Graph, _choices: Choices) -> Graph | str:
    made = copy.deepcopy(graph)
    done = False
    for node, kind, name, value in _inputs(graph):
        inputs = made[node]["inputs"]
        if name in _COMPILE_INPUTS and _link(value):
            del inputs[name]
            done = True
        elif name in _DTYPES and value in _FAST:
            inputs[name] = _FAST[value]
            done = True
        elif (name == "enable_fp16_accumulation" and value is True) or (name == "allow_compile" and value is True):
            inputs[name] = False
            done = True
        elif kind.startswith("TorchCompileModel") and name == "model" and _link(value):
            done = True
            for other, _, into, source in _inputs(graph):
                if _link(source) and source[0] == node:
                    made[other]["inputs"][into] = list(value)
    if not done:
        return "the workflow neither compiles nor accumulates in fp16"
    return _used(made)


def _weights(graph: Graph, choices: Choices) -> Graph | str:
    made = copy.deepcopy(graph)
    done = False
    for node, kind, name, value in _inputs(graph):
        # The diffusion model alone: its text encoder and VAE have rungs of their own, or none.
        if not isinstance(value, str) or not _MODEL_FILE.search(value) or name not in ("unet_name", "model"):
            continue
        if other := other_precision(value, choices(kind, name) or ()):
            made[node]["inputs"][name] = other
            done = True
    if done:
        return made
    for node, kind, name, value in _inputs(graph):
        if name == "weight_dtype" and kind == "UNETLoader":
            there = choices(kind, name) or ()
            wanted = next((each for each in ("fp8_e5m2", "fp8_e4m3fn", "default") if each in there), "")
            if wanted and wanted != value and str(value).startswith("fp8"):
                made[node]["inputs"][name] = wanted
                done = True
    return made if done else "the server has these weights in no other precision"


def _vae(graph: Graph, choices: Choices) -> Graph | str:
    made = copy.deepcopy(graph)
    done = False
    for node, told in graph.items():
        kind, inputs = str(told.get("class_type")), told.get("inputs") or {}
        if "VAELoader" not in kind:
            continue
        for name in ("precision", "weight_dtype"):
            if name in inputs and inputs[name] != "fp32" and "fp32" in (choices(kind, name) or ("fp32",)):
                made[node]["inputs"][name] = "fp32"
                done = True
        if kind == "VAELoader" and "fp32" in (choices("VAELoaderKJ", "weight_dtype") or ()):
            made[node] = {
                **told,
                "class_type": "VAELoaderKJ",
                "inputs": {"vae_name": inputs.get("vae_name"), "device": "main_device", "weight_dtype": "fp32"},
            }
            done = True
    return made if done else "the workflow's VAE has no precision to set, and the server no VAELoaderKJ"


def _used(graph: Graph) -> Graph:
    """The graph without the compile nodes that nothing links to any more."""
    linked = {value[0] for _, _, _, value in _inputs(graph) if _link(value)}
    return {
        node: told
        for node, told in graph.items()
        if node in linked or not re.search(r"(?i)compile", str(told.get("class_type")))
    }


def other_precision(file: str, there: tuple[str, ...]) -> str:
    """The same weights in another precision among a server's files; "" where there are none."""
    stem, own = _plain(file)
    alike = [name for name in there if name != file and _plain(name)[0] == stem and _plain(name)[1] != own]

    def rank(name: str) -> tuple[int, str]:
        word = _plain(name)[1]
        return next((place for place, start in enumerate(_FINER) if word.startswith(start)), len(_FINER)), name

    return min(alike, key=rank) if own and alike else ""


def _plain(file: str) -> tuple[str, str]:
    """A model's name without folder, ending and precision, and that precision; both in small letters."""
    name = _MODEL_FILE.sub("", file.replace("\\", "/").rpartition("/")[2])
    match = _PRECISION.search(name)
    word = match[0].lower() if match else ""
    return re.sub(r"[-_.]+", "-", _PRECISION.sub("", name).lower()).strip("-"), word


_WAYS: Mapping[str, Callable[[Graph, Choices], Graph | str]] = {
    ladder.SDPA: _sdpa,
    ladder.EXACT: _exact,
    ladder.WEIGHTS: _weights,
    ladder.VAE: _vae,
}
