"""The pipeline: what lies in which folder, the verb that works on it, and where it goes then.

A stage is a plain function `fn(job: JobFolder, tools: Tools) -> Sidecar`. It reads sidecars,
publishes artefacts in the job folder (`tools.publish`), and returns the one sidecar that it adds;
the coordinator writes it and moves the folder. Faults are raised (`daemon.errors`). Imports are
lazy: the coordinator reads this table and imports neither librosa nor torch.

May import: audio, video, film, music, backends and the ground.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon import sidecars

if TYPE_CHECKING:
    from daemon.job import JobFolder
    from daemon.settings import Settings
    from daemon.stages.tools import Tools

StageFunction = Callable[["JobFolder", "Tools"], sidecars.Sidecar]


@dataclass(frozen=True)
class Step:
    """A job that lies in `lies` is worked on by `verb` (a module here), which adds `adds`; then it lies in `then`.

    reads: the files whose digest marks the new sidecar. resource: what it mostly needs.
    by_people: nothing runs; people decide (daemon.approvals), the coordinator writes the sidecar.
    """

    lies: str
    verb: str
    adds: type[sidecars.Sidecar]
    then: str
    reads: tuple[str, ...]
    resource: str = "cpu"
    by_people: bool = False


PIPELINES: dict[str, tuple[Step, ...]] = {
    "song": (
        Step("queued", "analyze", sidecars.Analysis, "analyzed", ("job.json",)),
        Step("analyzed", "prompt", sidecars.Prompts, "prompted", ("job.json", "analysis.json"), resource="net"),
        Step("prompted", "render", sidecars.Renders, "rendered", ("job.json", "prompts.json")),
        Step("rendered", "approve", sidecars.Approval, "approved", ("job.json", "renders.json"), by_people=True),
        Step("approved", "sync", sidecars.Sync, "synced", ("job.json", "analysis.json", "approval.json")),
        Step("synced", "deliver", sidecars.Delivery, "done", ("job.json", "sync.json")),
    ),
}


def step_for(kind: str, stage: str) -> Step | None:
    """The step that leaves a stage for a kind of job; None where there is none."""
    return next((step for step in PIPELINES.get(kind, ()) if step.lies == stage), None)


def resource(kind: str, verb: str, rule: Mapping[str, Any], settings: Settings) -> str:
    """What a verb mostly needs, for a kind of job and its rule: the graphics card where a model paints or animates."""
    pictures, clips = (part if isinstance(part := rule.get(name), Mapping) else {} for name in ("pictures", "animate"))
    if verb == "render" and settings.comfyui.urls and pictures.get("painter") in ("auto", "comfyui"):
        return "gpu"
    if verb == "sync" and clips.get("budget_minutes", 0) > 0:
        there = {"comfyui": bool(settings.comfyui.urls), "http": bool(settings.animator.url)}
        by = clips.get("by")
        if any(there.values()) if by == "auto" else there.get(str(by), False):
            return "gpu"
    return next((step.resource for step in PIPELINES.get(kind, ()) if step.verb == verb), "cpu")


def function(verb: str) -> StageFunction:
    """The function of a verb, imported now."""
    module = importlib.import_module(f"daemon.stages.{verb}")
    found: StageFunction = getattr(module, verb)
    return found
