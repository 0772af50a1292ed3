"""sync.json and delivery.json: the finished films."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from daemon.sidecars.base import Part, Sidecar
from daemon.sidecars.heard import Loudness


class Check(Part):
    """One check of the finished film."""

    name: str
    ok: bool
    measured: str = ""
    limit: str = ""


class Scores(Part):
    """Sync of cuts V with beats B. hit = hits/cuts within one frame, one to one; bas = mean over V of
    exp(-d^2 / (2 * 0.05^2)), d seconds to the nearest beat; coverage = matched beats / beats;
    the random_* ones are the same for random cuts of equal number."""

    cuts: int = 0
    hits: int = 0
    hit: float = 0.0
    bas: float = 0.0
    coverage: float = 0.0
    random_hits: float = 0.0
    random_hit: float = 0.0
    random_bas: float = 0.0
    random_coverage: float = 0.0

    def sentence(self) -> str:
        """'212 of 214 cuts on the beat; random: 31'."""
        if not self.cuts:
            return "no cuts"
        return f"{self.hits} of {self.cuts} cuts on the beat; random: {self.random_hits:.0f}"


class Film(Part):
    """A finished film file."""

    file: str
    fingerprint: str
    width: int
    height: int
    fps: str
    frames: int
    size: int
    name: str = ""  # what people call it, without title: "", "9x16", "phone"
    checks: list[Check] = Field(default_factory=list)
    av_offset_ms: float | None = None
    notes: list[str] = Field(default_factory=list)  # what a person should know: "its words are a track of their own"


class ClipTry(Part):
    """One try at a clip: the rung of the ladder that it stood on, and what was measured."""

    rung: str
    fault: str = ""  # "black", "frozen", ...; "": it was good
    skipped: str = ""  # why this rung was passed over
    measured: dict[str, Any] = Field(default_factory=dict)


class Clip(Part):
    """A moving shot made from an approved still: the rung that made it, after which tries."""

    slot: str
    picture: str = ""  # the still's id
    rung: str = ""  # the rung that made it; "composited still": there is none, the still itself is shown
    by: str = ""  # who made it, with what
    seed: int = 0
    tries: list[ClipTry] = Field(default_factory=list)
    seconds: float | None = None  # how long it took, all tries together
    because: str = ""  # why it was chosen; for a composited still, why there is no clip
    file: str = ""  # the reel in the job's folder
    fingerprint: str = ""


class Missing(Part):
    """A film that the rule asks for and that isn't there."""

    name: str
    why: str


class Sync(Sidecar):
    """sync.json: the finished, verified films, the rule's own first; what is said of "the film" is said of that one."""

    file: ClassVar[str] = "sync.json"
    films: list[Film] = Field(default_factory=list)
    clips: list[Clip] = Field(default_factory=list)
    missing: list[Missing] = Field(default_factory=list)
    shots: int = 0
    scores: Scores = Field(default_factory=Scores)
    av_offset_ms: float | None = None
    loudness_before: Loudness = Field(default_factory=Loudness)
    loudness_after: Loudness = Field(default_factory=Loudness)
    checks: list[Check] = Field(default_factory=list)
    edit: str = ""  # the timeline as JSON
    poster: str = ""
    report: str = ""
    tries: int = 1
    extras: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)  # what a person should know of what lies beside the films


class Delivery(Sidecar):
    """delivery.json: the intent to deliver, written before the outbox is touched for good."""

    file: ClassVar[str] = "delivery.json"
    folder: str  # under outbox/
    build: str = ""  # the folder built aside, under outbox/
    delivered: bool = False  # renamed into place; from then on it is theirs
    files: list[dict[str, Any]] = Field(default_factory=list)  # name, size
    at: str = ""
