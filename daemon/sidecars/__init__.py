"""The sidecars: what lies beside a job's files, and the contract between stages, web page and scripts.

Each is a typed model with a `version`; fields that are unknown here are kept. Times are seconds
from the start of the dropped sound or picture, floats; a frame or sample number is an int counted
from 0. A file name inside a sidecar is relative to the job folder.

`made_from` is the digest of the files that the stage read: a sidecar whose inputs changed counts
as absent (see `digest`).
"""

from __future__ import annotations

from daemon.sidecars.base import Kind, Part, Role, Sidecar, digest, fingerprint, parse, read, write
from daemon.sidecars.films import Check, Clip, ClipTry, Delivery, Film, Missing, Scores, Sync
from daemon.sidecars.heard import (
    Alternative,
    Analysis,
    Envelopes,
    Key,
    Loudness,
    Moment,
    MusicEvent,
    Section,
    Tags,
    Tempo,
)
from daemon.sidecars.job import Job, Member, State, Trouble
from daemon.sidecars.pictures import Approval, Decision, Decisions, Picture, Prompt, Prompts, Renders, Verdict, Wish

__all__ = [
    "SIDECARS",
    "Alternative",
    "Analysis",
    "Approval",
    "Check",
    "Clip",
    "ClipTry",
    "Decision",
    "Decisions",
    "Delivery",
    "Envelopes",
    "Film",
    "Job",
    "Key",
    "Kind",
    "Loudness",
    "Member",
    "Missing",
    "Moment",
    "MusicEvent",
    "Part",
    "Picture",
    "Prompt",
    "Prompts",
    "Renders",
    "Role",
    "Scores",
    "Section",
    "Sidecar",
    "State",
    "Sync",
    "Tags",
    "Tempo",
    "Trouble",
    "Verdict",
    "Wish",
    "digest",
    "fingerprint",
    "parse",
    "read",
    "write",
]

SIDECARS: dict[str, type[Sidecar]] = {
    model.file.removesuffix(".json"): model
    for model in (Job, State, Analysis, Prompts, Renders, Decisions, Approval, Sync, Delivery, Trouble)
}
