"""Places in a workflow: where a rule says that prompt, seed or a model goes.

    CLIPTextEncode 'Positive' text      the input `text` of the node of that class and title
    KSampler seed                       of the only node of that class
    'Positive' text                     of the only node of that title
    every KSampler seed                 of all of them
    ckpt_name                           of the only node that has such an input

The last word is the input's name; `Class.input` does as well. Nodes are never named by number: numbers change
whenever a workflow is saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from daemon.backends.comfyui.faults import Wrong
from daemon.backends.comfyui.replies import Graph, some, title

_TITLED = re.compile(r"""^(?P<kind>[^'"]*?)\s*(?P<mark>['"])(?P<title>.*)(?P=mark)\s*[.\s]\s*(?P<input>[^\s'"]+)$""")
_VALUES = ("value", "text", "string", "int", "float", "number", "seed", "noise_seed", "image")


@dataclass(frozen=True, order=True)
class Spot:
    """An input of a node."""

    node: str
    input: str


@dataclass(frozen=True)
class Place:
    """A place as it was written. Empty kind or title: any."""

    input: str
    kind: str = ""
    title: str = ""
    every: bool = False
    written: str = ""


def parse(written: str) -> Place:
    """A place from a line of text. Wrong where it is none."""
    line = " ".join(written.split())
    every, rest = (True, line[6:].strip()) if line.lower().startswith("every ") else (False, line)
    match = _TITLED.match(rest)
    if match:
        return Place(match["input"], match["kind"].strip(), match["title"], every, written)
    if not rest or "'" in rest or '"' in rest:
        raise Wrong(f"{written!r} is no place in a workflow", "", "Write it as: CLIPTextEncode 'Positive' text")
    kind, _, name = rest.rpartition(" ")
    if not kind and "." in name.strip("."):
        kind, _, name = name.rpartition(".")
    return Place(name, kind.strip(), "", every, written)


def find(graph: Graph, place: Place) -> list[Spot]:
    """The spots that a place means. Wrong where it means none, or several without `every`."""
    found = [
        Spot(node, place.input)
        for node, told in graph.items()
        if _is(told, place) and place.input in (told.get("inputs") or {})
    ]
    if not found:
        raise Wrong(f"{place.written!r} is not in the workflow", *_instead(graph, place))
    if len(found) > 1 and not place.every:
        there = "; ".join(said(graph, spot) for spot in found[:6])
        advice = f"Give its title, or write 'every {place.written}'."
        raise Wrong(f"{place.written!r} means {len(found)} nodes", there, advice)
    return [settled(graph, spot) for spot in found]


def said(graph: Graph, spot: Spot) -> str:
    """A spot as a rule would name it."""
    return f"{title(graph, spot.node)} {spot.input}"


def settled(graph: Graph, spot: Spot) -> Spot:
    """Where a value for that spot really stands: at the end of the links, in a node that only holds a value."""
    seen = set()
    while spot not in seen:
        seen.add(spot)
        value = inputs(graph, spot.node).get(spot.input)
        if not is_link(value):
            return spot
        source = str(value[0])
        literals = [name for name, held in inputs(graph, source).items() if not is_link(held)]
        linked = [name for name, held in inputs(graph, source).items() if is_link(held)]
        named = [name for name in _VALUES if name in literals]
        if linked and not literals and len(linked) == 1:
            spot = Spot(source, linked[0])  # a reroute
        elif not linked and (len(literals) == 1 or named):
            spot = Spot(source, literals[0] if len(literals) == 1 else named[0])
        else:
            return spot  # something is worked out there: the value takes the link's place
    return spot


def inputs(graph: Graph, node: str) -> Mapping[str, Any]:
    """A node's inputs; none where it isn't there."""
    found = (graph.get(node) or {}).get("inputs")
    return found if isinstance(found, Mapping) else {}


def is_link(value: Any) -> TypeGuard[list[Any]]:
    """Whether an input's value is a link to another node's output."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)


def titled(told: Mapping[str, Any]) -> str:
    """A node's title, "" where it has none."""
    meta = told.get("_meta")
    return str(meta.get("title") or "") if isinstance(meta, Mapping) else ""


def _is(told: Mapping[str, Any], place: Place) -> bool:
    kind, named = str(told.get("class_type")), titled(told)
    return (not place.kind or kind == place.kind) and (not place.title or named.casefold() == place.title.casefold())


def _instead(graph: Graph, place: Place) -> tuple[str, str]:
    """What there is in its stead, for the error."""
    close = [node for node, told in graph.items() if _is(told, place)]
    if close:
        names = [name for node in close for name in inputs(graph, node)]
        return f"{title(graph, close[0])} has {some(list(dict.fromkeys(names)))}", "Mend the rule's mapping."
    nodes = [title(graph, node) for node in graph]
    near = [name for name in nodes if place.kind and place.kind.lower() in name.lower()] or nodes
    return f"it has {some(list(dict.fromkeys(near)))}", "Mend the rule's mapping."
