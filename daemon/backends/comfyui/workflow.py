"""A workflow in API format: read, checked, and filled with what is to be made.

What we are to know of it (mapping, megapixels, multiple) stands in some node's `_meta` under `dropreel`, where
ComfyUI's editor passes it over, or at the top as `_dropreel`. Whatever is no node, and every comment, is left out
before anything is sent.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon.backends.comfyui import automatic, places
from daemon.backends.comfyui.faults import Wrong
from daemon.backends.comfyui.places import Spot
from daemon.backends.comfyui.replies import Graph

ABOUT = "dropreel"
LARGEST = 4 << 20
# What a value can be given for; reference and image take a picture's name on the server.
WHAT = (
    *("prompt", "negative", "seed", "width", "height", "batch", "frames", "fps"),
    *("image", "reference", "prefix"),
)


@dataclass(frozen=True)
class About:
    """What a workflow's file says of itself. multiple: of pixels that its sizes must be."""

    megapixels: float = 1.0
    multiple: int = 16


@dataclass(frozen=True)
class Workflow:
    """A workflow with its places found. spots: what -> where; for `reference` one picture each."""

    name: str
    graph: Graph
    spots: Mapping[str, Sequence[Spot]] = field(default_factory=dict)
    about: About = About()

    @property
    def digest(self) -> str:
        """Of the nodes and the places, whatever the file's layout."""
        known = {what: [[spot.node, spot.input] for spot in found] for what, found in self.spots.items()}
        return hashlib.sha256(json.dumps([self.graph, known], sort_keys=True).encode()).hexdigest()[:16]

    @property
    def models(self) -> list[str]:
        """The model files that it names, in order, each once."""
        return list(dict.fromkeys(value for _, value in model_files(self.graph)))

    def takes(self, what: str) -> int:
        """For how many values of a kind it has a place."""
        return len(self.spots.get(what, ()))

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The graph with these values in place; what it has no place for is passed over.

        A list is dealt out over the places of its kind, its first value again where it is too short.
        """
        graph = copy.deepcopy({node: dict(told) for node, told in self.graph.items()})
        for what, value in values.items():
            for number, spot in enumerate(self.spots.get(what, ())):
                listed = isinstance(value, list | tuple)
                if listed and not value:
                    continue
                given = value[number if number < len(value) else 0] if listed else value
                graph[spot.node]["inputs"][spot.input] = given
        return graph


def load(path: Path, mapping: Mapping[str, Any] | None = None, models: Mapping[str, str] | None = None) -> Workflow:
    """A workflow from its file. mapping: what -> place or places; models: see `with_models`.

    Wrong where it can't be read or followed.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Wrong(f"the workflow {path.name} is too large", "more than 4 MiB", "")
        told = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        names = sorted(other.stem for other in path.parent.glob("*.json")) if path.parent.is_dir() else []
        there = f"there are {', '.join(names)}" if names else "there is none"
        raise Wrong(
            f"there is no workflow {path.stem!r}", f"in {path.parent.name}/ {there}", "Export it there."
        ) from None
    except (OSError, ValueError) as error:
        raise Wrong(f"the workflow {path.name} can't be read", str(error), "Export it again.") from None
    return read(told, path.stem, mapping, models)


def read(
    told: Any, name: str, mapping: Mapping[str, Any] | None = None, models: Mapping[str, str] | None = None
) -> Workflow:
    """A workflow from what its JSON holds. Wrong where it is none, or its places can't be found."""
    graph = nodes(told, name)
    about = said_of(told)
    graph = with_models(graph, models or {})
    said = {**_mapping(about.get("mapping")), **_mapping(mapping)}
    if unknown := sorted(set(said) - set(WHAT)):
        raise Wrong(f"the mapping names {unknown[0]!r}", f"there are {', '.join(WHAT)}", "Mend the rule's mapping.")
    spots: dict[str, Sequence[Spot]] = {}
    for what, lines in said.items():
        found = [spot for line in lines for spot in places.find(graph, places.parse(line))]
        spots[what] = list(dict.fromkeys(found))
    for what, found in automatic.spots(graph, tuple(said)).items():
        spots.setdefault(what, found)
    return Workflow(name, graph, spots, _about(about))


def said_of(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a file says of itself."""
    found = told.get(f"_{ABOUT}")
    for node in told.values():
        meta = node.get("_meta") if isinstance(node, Mapping) else None
        if not isinstance(found, Mapping) and isinstance(meta, Mapping):
            found = meta.get(ABOUT)
    return found if isinstance(found, Mapping) else {}


def nodes(told: Any, name: str) -> dict[str, Any]:
    """The nodes of a workflow's JSON, and nothing else. Wrong where it has none or another format."""
    if isinstance(told, Mapping) and isinstance(told.get("nodes"), list):
        raise Wrong(
            f"the workflow {name} is in the editor's format",
            "it holds nodes and links, as File > Save writes them",
            "In ComfyUI choose File > Export (API), and put that file in its place.",
        )
    if isinstance(told, Mapping) and isinstance(told.get("prompt"), Mapping) and "class_type" not in told["prompt"]:
        told = told["prompt"]  # as it is posted, or as it stands in the history
    found = {}
    for node, each in told.items() if isinstance(told, Mapping) else []:
        if isinstance(each, Mapping) and isinstance(each.get("class_type"), str):
            found[str(node)] = {
                "class_type": each["class_type"],
                "inputs": dict(each["inputs"]) if isinstance(each.get("inputs"), Mapping) else {},
                **({"_meta": {"title": places.titled(each)}} if places.titled(each) else {}),
            }
    if not found:
        raise Wrong(f"the workflow {name} holds no nodes", "", "In ComfyUI choose File > Export (API).")
    return found


def with_models(graph: Graph, models: Mapping[str, str]) -> dict[str, Any]:
    """The graph with other model files. models: a file's name that stands in it, or a place -> the file to use.

    Wrong where a key is neither.
    """
    changed = copy.deepcopy(dict(graph))
    for key, file in models.items():
        held = [spot for spot, value in model_files(graph) if value == key]
        for spot in held or places.find(graph, places.parse(key)):
            changed[spot.node]["inputs"][spot.input] = file
    return changed


def model_files(graph: Graph) -> list[tuple[Spot, str]]:
    """Every input that names a model's file, and the file."""
    found = []
    for node, told in graph.items():
        for name, value in (told.get("inputs") or {}).items():
            if isinstance(value, str) and value.lower().endswith(
                (".safetensors", ".gguf", ".ckpt", ".pt", ".pth", ".sft", ".bin", ".onnx")
            ):
                found.append((Spot(node, name), value))
    return found


def known_models(graph: Graph, models: Mapping[str, str]) -> dict[str, str]:
    """Those of a general list of models that this workflow has: the settings' list holds for all workflows."""
    held = {value for _, value in model_files(graph)}
    return {key: file for key, file in models.items() if key in held}


def _mapping(told: Any) -> dict[str, list[str]]:
    """A mapping with every value a list of lines."""
    if not isinstance(told, Mapping):
        return {}
    return {
        str(key): [str(each) for each in (value if isinstance(value, list | tuple) else [value])]
        for key, value in told.items()
    }


def _about(told: Mapping[str, Any]) -> About:
    megapixels, multiple = told.get("megapixels", 1.0), told.get("multiple", 16)
    return About(
        float(megapixels) if isinstance(megapixels, int | float) and 0.05 <= megapixels <= 64 else 1.0,
        int(multiple) if isinstance(multiple, int) and 1 <= multiple <= 512 else 16,
    )
