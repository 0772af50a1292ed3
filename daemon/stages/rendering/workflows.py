"""Workflows by name, as a rule wants them: the root's own in `rules/workflows`, else the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daemon import rulebook
from daemon.backends.comfyui import Wrong, places, workflow
from daemon.backends.comfyui.workflow import Workflow
from daemon.settings import Settings

FOLDER = "workflows"


def find(settings: Settings, name: str) -> Path:
    """A workflow's file: the root's own, else the shipped one."""
    own, shipped = (folder / FOLDER / f"{name}.json" for folder in (settings.rules, rulebook.shipped()))
    return shipped if not own.is_file() and shipped.is_file() else own


def load(
    settings: Settings, name: str, mapping: Mapping[Any, Any], models: Mapping[str, str], *, strict: bool = True
) -> Workflow:
    """A workflow as a rule wants it: its places mapped, its models switched. comfyui.Wrong where it can't be.

    strict: no: what the rule says of places and models that this one hasn't got is passed over (it is the rule's
    second workflow, and they are the first one's).
    """
    path = find(settings, name)
    try:
        plain = workflow.load(path, mapping)
    except Wrong:
        if strict:
            raise
        bare = workflow.load(path)
        mapping = {what: lines for what, lines in mapping.items() if _has(bare, lines)}
        plain = workflow.load(path, mapping)
    wanted = models if strict else workflow.known_models(plain.graph, models)
    switched = {**workflow.known_models(plain.graph, settings.comfyui.models), **wanted}
    return workflow.load(path, mapping, switched) if switched else plain


def _has(plain: Workflow, lines: Any) -> bool:
    try:
        for line in [lines] if isinstance(lines, str) else lines:
            places.find(plain.graph, places.parse(line))
    except Wrong:
        return False
    return True
