"""What a ComfyUI server says, read: pure functions from its answers to values and faults in plain words.

A graph is a workflow in API format: node id -> {"class_type", "inputs", "_meta": {"title"}}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from daemon.backends.comfyui.faults import Broken, Interrupted, OutOfMemory, Refused
from daemon.errors import Fault

Graph = Mapping[str, Mapping[str, Any]]

_MEMORY = ("outofmemory", "out of memory", "allocation on device", "alloc_failed", "not enough memory")
_MOVING = {".mp4", ".webm", ".mkv", ".mov", ".gif", ".avi"}
_SHOWN = 8  # names told of a list of what the server has
_LONGEST = 300


@dataclass(frozen=True)
class Output:
    """A file that a run left on the server. type: output, temp or input. moves: it is a film or an animation."""

    node: str
    filename: str
    subfolder: str = ""
    type: str = "output"
    moves: bool = False


@dataclass(frozen=True)
class Queued:
    """A run in a server's queue."""

    prompt_id: str
    client_id: str = ""


def title(graph: Graph, node: str) -> str:
    """A node for people: KSampler 'Second pass'; the class alone where it has no title of its own."""
    found = graph.get(node) or {}
    kind = str(found.get("class_type") or f"node {node}")
    meta = found.get("_meta")
    named = str(meta.get("title") or "") if isinstance(meta, Mapping) else ""
    return f"{kind} '{_line(named)}'" if named and named != kind else kind


def queued(entries: Any) -> list[Queued]:
    """One half of /queue; what has another shape is passed over."""
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, list) and len(entry) > 1 and isinstance(entry[1], str):
            extra = entry[3] if len(entry) > 3 and isinstance(entry[3], dict) else {}
            found.append(Queued(entry[1], str(extra.get("client_id") or "")))
    return found


def client_of(entry: Mapping[str, Any]) -> str:
    """The client id of a run in the history."""
    said = entry.get("prompt")
    found = queued([said]) if isinstance(said, list) else []
    return found[0].client_id if found else ""


def outputs(entry: Mapping[str, Any]) -> list[Output]:
    """Every file under a run's outputs, those of type "output" first, otherwise in the order told."""
    found = []
    nodes = entry.get("outputs")
    for node, told in nodes.items() if isinstance(nodes, Mapping) else []:
        animated = told.get("animated") if isinstance(told, Mapping) else None
        moves = any(animated) if isinstance(animated, list | tuple) else bool(animated)
        for file in _files(told):
            name = str(file["filename"])
            suffix = PurePosixPath(name.lower()).suffix
            kind = str(file.get("type") or "output")
            moving = moves or suffix in _MOVING or str(file.get("format") or "").startswith("video/")
            found.append(Output(str(node), name, str(file.get("subfolder") or ""), kind, moving))
    return sorted(dict.fromkeys(found), key=lambda output: output.type != "output")


def _files(told: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if isinstance(told, Mapping):
        if isinstance(told.get("filename"), str) and told["filename"]:
            yield told
            return
        told = list(told.values())
    if isinstance(told, list) and depth < 8:
        for part in told:
            yield from _files(part, depth + 1)


def fault_of(entry: Mapping[str, Any], graph: Graph) -> Fault | None:
    """What a run in the history ended by; None where it ended well. "error" is said of interruptions too."""
    status = entry.get("status")
    if not isinstance(status, Mapping):
        # Old servers keep no status: what left something ended well.
        return None if outputs(entry) else Broken("the run left nothing", "the server's history holds no outputs")
    for kind, data in _messages(status):
        if kind == "execution_interrupted":
            at = title(graph, str(data.get("node_id")))
            return Interrupted("the run was interrupted on the server", f"at {at}", "")
        if kind == "execution_error":
            return failed(data, graph)
    if status.get("status_str") == "success" or status.get("completed") is True:
        return None
    return Broken("the run failed", f"the server says {_line(str(status.get('status_str')))!r} and no more", "")


def _messages(status: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    told = status.get("messages")
    for message in told if isinstance(told, list) else []:
        if isinstance(message, list) and len(message) > 1 and isinstance(message[1], Mapping):
            yield str(message[0]), message[1]


def failed(data: Mapping[str, Any], graph: Graph) -> Fault:
    """The fault of an execution_error: out of memory, or a node that broke."""
    node = str(data.get("node_id"))
    at = title(graph, node) if node in graph else _line(str(data.get("node_type") or "a node"))
    kind, said = str(data.get("exception_type") or ""), _line(str(data.get("exception_message") or ""))
    facts: dict[str, object] = {"node": at, "exception": kind}
    if any(word in f"{kind} {said}".lower() for word in _MEMORY):
        return OutOfMemory("the graphics memory ran out", f"in {at}: {said or kind}", "", facts)
    return Broken(f"{at} failed on the server", f"{kind}: {said}" if said else kind, "", facts)


def refusal(body: bytes, graph: Graph, server: str) -> Refused:
    """Why a server refused a workflow (or a part of it), in plain words, with the remedy."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, Mapping):
        text = _line(body[:_LONGEST].decode("utf-8", "replace"))
        return Refused(f"{server} refuses the workflow", text, "Run it in ComfyUI once, and look at its console.")
    problems = list(_problems(said.get("node_errors"), graph))
    if not problems:
        problems = [_whole(said.get("error"), graph)]
    whys = list(dict.fromkeys(why for why, _ in problems))
    why = "; ".join(whys[:4]) + (f"; and {len(whys) - 4} more" if len(whys) > 4 else "")
    remedies = dict.fromkeys(remedy for _, remedy in problems if remedy)
    return Refused(f"{server} refuses the workflow", why, " ".join(list(remedies)[:2]), {"problems": whys[:20]})


def _whole(error: Any, graph: Graph) -> tuple[str, str]:
    """A refusal of the workflow as a whole. Older servers say it in one string."""
    if not isinstance(error, Mapping):
        return _line(str(error or "no reason given")), ""
    kind, said, details = (str(error.get(key) or "") for key in ("type", "message", "details"))
    extra = error.get("extra_info")
    node = str(extra.get("node_id") or "") if isinstance(extra, Mapping) else ""
    node = node or details.rpartition("#")[2].strip("' ")
    if "does not exist" in said or kind == "missing_node_type":
        name = (graph.get(node) or {}).get("class_type") or said
        remedy = "Install the custom nodes that bring it (ComfyUI-Manager finds them), and restart ComfyUI."
        return f"it has no node {_line(str(name))}", remedy
    if "class_type" in said:
        remedy = "Save the workflow again with File > Export (API)."
        return "a node has no class_type: this isn't the API format", remedy
    if kind == "prompt_no_outputs":
        return "no node saves anything", "Add a Save Image (or Save Video) node to the workflow."
    return _line(f"{said}: {details}" if details and details not in said else said or kind), ""


def _problems(errors: Any, graph: Graph) -> Iterator[tuple[str, str]]:
    for node, told in errors.items() if isinstance(errors, Mapping) else []:
        at = title(graph, str(node))
        listed = told.get("errors") if isinstance(told, Mapping) else None
        for error in listed if isinstance(listed, list) else []:
            if isinstance(error, Mapping):
                yield _problem(at, error)


def _problem(at: str, error: Mapping[str, Any]) -> tuple[str, str]:
    """One thing that is wrong with one node, and what to do about it."""
    kind, details = str(error.get("type") or ""), _line(str(error.get("details") or ""))
    told = error.get("extra_info")
    extra: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    name = _line(str(extra.get("input_name") or details.partition(",")[0].partition(":")[0]))
    config = extra.get("input_config")
    if kind == "value_not_in_list":
        there = config[0] if isinstance(config, list) and config and isinstance(config[0], list) else []
        value = _line(str(extra.get("received_value")))
        return (
            f"{at}: the server has no {name} {value!r}; it has {some(there)}",
            "Put the file into ComfyUI's models folder, or name one that is there under `models` in the rule.",
        )
    if kind == "required_input_missing":
        return f"{at}: its input {name} is not connected", "Connect it in ComfyUI, and export the workflow again."
    if kind == "return_type_mismatch":
        told_type = _line(str(extra.get("received_type") or "another type"))
        wanted = config[0] if isinstance(config, list) and config else "what it wants"
        wanted = wanted if isinstance(wanted, str) else "one of a list"
        return f"{at}: {name} gets {told_type} where {wanted} belongs", "Connect it anew in ComfyUI, and export again."
    if kind in ("value_smaller_than_min", "value_bigger_than_max", "invalid_input_type"):
        return f"{at}: {name} can't be {_line(str(extra.get('received_value')))!r}", ""
    if kind == "custom_validation_failed" and "image file" in details:
        return f"{at}: {details}", "Its picture isn't on the server any more: map it as `image` or `reference`."
    said = _line(str(error.get("message") or kind))
    return f"{at}: {said}" + (f" ({details})" if details else ""), ""


def some(names: Any) -> str:
    """A few names of a list, for a sentence: 'a, b and 3 more'; 'none'."""
    listed = [_line(str(name)) for name in names] if isinstance(names, list | tuple) else []
    if len(listed) <= _SHOWN:
        return ", ".join(listed) or "none"
    return f"{', '.join(listed[:_SHOWN])} and {len(listed) - _SHOWN} more"


def _line(text: str) -> str:
    """Text on one line, not too long."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:_LONGEST]
