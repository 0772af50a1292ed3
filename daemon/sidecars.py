"""The sidecars: what lies beside a job's files, and the contract between stages, web page and scripts.

Each is a typed model with a `version`; fields that are unknown here are kept. Times are seconds
from the start of the dropped sound or picture, floats; a frame or sample number is an int counted
from 0. A file name inside a sidecar is relative to the job folder.

`made_from` is the digest of the files that the stage read: a sidecar whose inputs changed counts
as absent (see `digest`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from daemon import durable
from daemon.errors import FinalFault

Kind = Literal["song", "video", "brief", "track"]
Role = Literal["intro", "verse", "build", "drop", "break", "chorus", "bridge", "outro", "section"]


class Part(BaseModel):
    """A piece of a sidecar. Unknown fields are kept, so that newer and older versions can meet."""

    model_config = ConfigDict(extra="allow")


class Sidecar(Part):
    """A whole sidecar file."""

    file: ClassVar[str] = ""
    version: int = 1
    made_from: str = ""
    made_by: str = ""
    seconds: float | None = None  # how long the stage worked, for estimates


# --- job.json: written once, at the claim -----------------------------------------------------


class Member(Part):
    """One dropped file. `name` is for people (lossy); `name_raw` is the bytes, base64."""

    role: Literal[
        "source",
        "override",
        "lyrics",
        "subtitles",
        "beats",
        "cover",
        "picture",
        "cast",
        "background",
        "loop",
        "clip",
        "other",
    ]
    name: str
    name_raw: str = ""
    path: str = ""  # inside a dropped folder, relative to it, for people
    file: str  # in the job folder, ASCII
    path_raw: str = ""  # the way from the inbox folder down, bytes, base64
    size: int = 0
    mtime: float = 0.0
    mtime_ns: int = 0  # the same, exact
    kept: bool = False  # copied: the original stays where it was dropped

    def raw_name(self) -> bytes:
        """The name it was dropped under, byte for byte."""
        return base64.b64decode(self.name_raw) if self.name_raw else os.fsencode(self.name)


class Job(Sidecar):
    """job.json: what was dropped, where, and the rule as it stood then."""

    file: ClassVar[str] = "job.json"
    id: str  # six hex digits
    name: str  # <yyyymmdd>-<hhmmss>-<slug>-<id>, the folder
    kind: Kind
    title: str  # for people: the stem of the dropped name
    inbox: str  # relative to inbox/, "songs/cartoon"
    dropped_as: str = ""  # the top name in the inbox (file or folder), for people
    dropped_raw: str = ""  # the same, bytes, base64
    folder: bool = False  # a whole folder was dropped
    members: list[Member] = Field(default_factory=list)
    rule_name: str = ""
    rule: dict[str, Any] = Field(default_factory=dict)  # rules.Rule as it stood, overrides applied
    overrides: dict[str, Any] = Field(
        default_factory=dict
    )  # tempo, first_beat, metre, title, ... from the YAML beside it
    moods: dict[str, Any] = Field(default_factory=dict)  # moods.Moods as it stood; empty: the built-in table
    take: Literal["move", "copy"] = "move"
    seed: int = 0
    claimed_at: str = ""  # ISO 8601, local time with offset: for people

    def source(self) -> Member:
        """The member that the job is about."""
        return next(m for m in self.members if m.role == "source")

    def with_role(self, role: str) -> list[Member]:
        """The members that have a role."""
        return [m for m in self.members if m.role == role]


class State(Sidecar):
    """state.json: what changes while a job lives. May be lost without harm."""

    file: ClassVar[str] = "state.json"
    attempt: int = 0  # the current attempt's number, over all stages
    running: str = ""  # the stage verb of an attempt that was under way when this was written
    tries: dict[str, int] = Field(default_factory=dict)  # passing faults by stage verb
    interruptions: dict[str, int] = Field(default_factory=dict)  # daemon or worker killed under it
    waited: float = 0.0  # seconds in which it could have been retried, summed over restarts
    delay: float = 0.0  # seconds to wait before the next try, from when it was written
    last_fault: str = ""
    priority: int = 0  # bump
    quiet: float = 0.0  # seconds since the last change of a decision, summed
    asked: float = 0.0  # seconds since the pictures were shown
    told: list[str] = Field(default_factory=list)  # notices sent
    messages: dict[str, Any] = Field(default_factory=dict)
    reopening: bool = False  # somebody asked for a finished film to come back to review


# --- analysis.json ----------------------------------------------------------------------------


class Alternative(Part):
    """Another reading of the tempo."""

    bpm: float
    confidence: float
    why: str = ""


class Tempo(Part):
    """BPM; 0 where there is none to be heard. confidence 0..1."""

    bpm: float
    confidence: float
    alternatives: list[Alternative] = Field(default_factory=list)
    curve: list[tuple[float, float]] = Field(default_factory=list)  # (seconds, BPM)


class Key(Part):
    """tonic: C, C#, ... B (sharps); mode: major or minor; tonic "" where there is none. confidence 0..1."""

    tonic: str = ""
    mode: str = ""
    confidence: float = 0.0

    def name(self) -> str:
        """'A minor', or 'no key'."""
        return f"{self.tonic} {self.mode}" if self.tonic else "no key"


class Section(Part):
    """A span of the song. energy, valence and confidence 0..1; label "A", "B", "A'" by repetition."""

    start: float
    end: float
    role: Role = "section"
    label: str = ""
    energy: float = 0.5
    valence: float = 0.5
    confidence: float = 0.0
    key: Key | None = None


class MusicEvent(Part):
    """A moment that matters to the picture: a drop, the start of a build-up, a break, a key change."""

    kind: Literal["drop", "build", "break", "key", "end"]
    start: float
    end: float
    strength: float = 1.0
    key: Key | None = None  # of a key change: the key that begins there


class Moment(Part):
    """How the music feels in a bar that starts at `seconds`; all 0..1."""

    seconds: float
    energy: float
    valence: float
    arousal: float
    danceability: float


class Loudness(Part):
    """EBU R128. None where silence leaves it undefined."""

    integrated_lufs: float | None = None
    range_lu: float | None = None
    true_peak_dbtp: float | None = None
    short_term: list[tuple[float, float]] = Field(
        default_factory=list, description="(seconds, LUFS) once a second: 3 s about that moment"
    )


class Envelopes(Part):
    """A .npz of float32 arrays `bass`, `mid`, `treble`, `onset`, `rms`: (frames,), 0..1, one value a film frame."""

    file: str = ""
    fps: str = "30/1"
    frames: int = 0


class Tags(Part):
    """What the file says of itself."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    lyrics: str = ""
    date: str = ""


class Analysis(Sidecar):
    """analysis.json: what was heard."""

    file: ClassVar[str] = "analysis.json"
    duration: float  # seconds, exact: samples / sample_rate
    sample_rate: int
    samples: int
    channels: int
    format: str = ""
    tempo: Tempo
    metre: int = 4
    beats: list[float] = Field(default_factory=list)
    beat_confidence: list[float] = Field(default_factory=list)
    downbeats: list[float] = Field(default_factory=list)
    onsets: list[float] = Field(default_factory=list)
    sections: list[Section] = Field(default_factory=list)  # cover 0..duration without gaps
    events: list[MusicEvent] = Field(default_factory=list)
    key: Key = Field(default_factory=Key)
    tuning_cents: float = 0.0  # how far the tuning lies above A = 440 Hz, -50 .. 50
    energy: float = 0.0
    valence: float = 0.5
    arousal: float = 0.5
    danceability: float = 0.0
    course: list[Moment] = Field(default_factory=list)  # one a bar
    mood: list[str] = Field(default_factory=list)
    mood_by: str = ""  # whose words these are: "moods.yaml", or "built-in" where that is missing or wrong
    loudness: Loudness = Field(default_factory=Loudness)
    envelopes: Envelopes = Field(default_factory=Envelopes)
    waveform: list[float] = Field(default_factory=list)  # peak per 1/1000 of the song, 0..1, for the report
    tags: Tags = Field(default_factory=Tags)
    analyser: str = ""
    notes: list[str] = Field(default_factory=list)  # what a person should know: "silence: no beats"


# --- prompts.json -----------------------------------------------------------------------------


class Prompt(Part):
    """What to draw for one picture of the film."""

    slot: str  # "01", "02", ... in the film's order
    section: int  # index into analysis.sections
    start: float
    end: float
    prompt: str  # whole, ready to send: subject, action, place, cast, style
    negative: str = ""
    seed: int
    subject: str = ""  # this picture's own part of the prompt
    framing: str = ""  # wide, medium, close
    scene: str = ""  # a hint for painters that know scenes by name
    time_of_day: str = ""
    characters: list[str] = Field(default_factory=list)
    pose: str = ""
    writer: str = "templates"
    fallback_because: str = ""


class Prompts(Sidecar):
    """prompts.json: the pictures of the film, in order; what holds all through is stated once."""

    file: ClassVar[str] = "prompts.json"
    place: str = ""
    cast: str = ""
    wardrobe: str = ""
    time_of_day: str = ""
    style: str = ""
    negative: str = ""
    palette: list[str] = Field(default_factory=list)  # "#rrggbb"
    mood: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)  # what a person should know: "the song would take 900 pictures"
    prompts: list[Prompt] = Field(default_factory=list)


# --- renders.json, decisions.json, approval.json ------------------------------------------------


class Picture(Part):
    """One candidate. Its id is slot + candidate: "03b"."""

    slot: str
    candidate: str
    file: str
    fingerprint: str
    width: int
    height: int
    seed: int = 0
    prompt: str = ""
    origin: Literal["painted", "own", "person"] = "painted"
    painter: str = ""
    model: str = ""  # the model files that an outside painter used
    fallback_because: str = ""
    note: str = ""  # the redo's note, where this is one
    notes: list[str] = Field(default_factory=list)  # all notes that led to it, oldest first
    replaces: str = ""  # the id that was asked to be done again
    asked_at: str = ""  # `at` of the decision that asked for it
    scene: dict[str, Any] = Field(default_factory=dict)  # the painter's own parameters, for layers

    @property
    def id(self) -> str:
        """'03b'."""
        return self.slot + self.candidate


class Renders(Sidecar):
    """renders.json: the candidates. `round` grows with each redo."""

    file: ClassVar[str] = "renders.json"
    round: int = 1
    pictures: list[Picture] = Field(default_factory=list)
    contact_sheet: str = ""  # the first
    contact_sheets: list[str] = Field(default_factory=list)  # all of them, twelve slots each
    animatic: str = ""
    estimate: str = ""  # what becoming clips would cost, one line; "" where nobody makes clips
    notes: list[str] = Field(default_factory=list)  # what a person should know: "tree.heic can't be read"


Verdict = Literal["ok", "no", "redo", "undecided"]


class Decision(Part):
    """One word on one picture ("*": all of them), by someone, some way."""

    picture: str
    verdict: Verdict
    by: str = ""
    way: str = ""  # rename, delete, replace, sentinel, folder, command, telegram, rule
    at: str = ""  # ISO 8601, for people
    note: str = ""
    file: str = ""  # the person's own version, copied into the job folder
    fingerprint: str = ""
    width: int = 0  # of the person's own version
    height: int = 0


class Wish(Part):
    """A picture that is to be painted again, and the note that came with the wish."""

    picture: str
    slot: str
    note: str = ""


class Decisions(Sidecar):
    """decisions.json: the last word on each picture, while people decide."""

    file: ClassVar[str] = "decisions.json"
    decisions: list[Decision] = Field(default_factory=list)  # at most one a picture
    whole: Literal["", "approved", "rejected", "cancelled"] = ""
    whole_by: str = ""
    whole_way: str = ""
    redone: dict[str, str] = Field(default_factory=dict)  # picture id -> id of its repainting
    wanted: list[Wish] = Field(default_factory=list)  # what the round of painting that is due is to paint
    desk: dict[str, Any] = Field(default_factory=dict)  # desk.py's memory of what it laid out
    heard: list[int] = Field(default_factory=list)  # the chat's latest updates whose words are in here


class Approval(Sidecar):
    """approval.json: which pictures the film is made of, and who said so."""

    file: ClassVar[str] = "approval.json"
    outcome: Literal["approved"] = "approved"
    pictures: dict[str, list[Picture]] = Field(default_factory=dict)  # by slot, in order of preference
    decisions: list[Decision] = Field(default_factory=list)
    because: str = ""  # "3 of 3 slots approved by rename", "the rule approves by itself"
    at: str = ""


# --- sync.json, delivery.json, trouble.json -----------------------------------------------------


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


class Trouble(Sidecar):
    """trouble.json: why a job failed, where it was, and what can be done."""

    file: ClassVar[str] = "trouble.json"
    stage: str  # the folder that it lay in
    verb: str = ""  # what was being done
    cause: Literal["final", "passing", "died", "overran", "rejected", "cancelled", "unreadable", "film"] = "final"
    what: str
    why: str = ""
    remedy: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    attempts: int = 0
    at: str = ""
    noted: bool = False  # the note lies beside the drop place
    note: str = ""  # that note's path, relative to the root


SIDECARS: dict[str, type[Sidecar]] = {
    model.file.removesuffix(".json"): model
    for model in (Job, State, Analysis, Prompts, Renders, Decisions, Approval, Sync, Delivery, Trouble)
}

_S = TypeVar("_S", bound=Sidecar)
_LIMIT = 64 << 20


def read(folder: Path, model: type[_S]) -> _S | None:
    """The sidecar of that model in a job folder; None where there is none.

    Raises FinalFault, with file, line and field, where it can't be read.
    """
    path = folder / model.file
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as source:
        data = source.read(_LIMIT + 1)
    return parse(data, model, path)


def parse(data: bytes, model: type[_S], path: Path) -> _S:
    """A sidecar out of its bytes. Raises FinalFault with file, line and field."""
    if len(data) > _LIMIT:
        raise _unreadable(path, 0, "", f"larger than {_LIMIT >> 20} MiB")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        raise _unreadable(path, _line_of(data, first["loc"], first["msg"]), field, first["msg"]) from None


def _line_of(data: bytes, loc: tuple[int | str, ...], message: str) -> int:
    """The line of a field in JSON, by its keys in order; for broken JSON, the parser's own line."""
    try:
        json.loads(data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        return getattr(error, "lineno", 1)
    at = 0
    for key in (step for step in loc if isinstance(step, str)):
        found = data.find(json.dumps(key).encode(), at)
        at = found if found >= 0 else at
    return data.count(b"\n", 0, at) + 1


def _unreadable(path: Path, line: int, field: str, seen: str) -> FinalFault:
    where = f"{path.name}, line {line}" + (f", field {field}" if field else "")
    return FinalFault(
        f"the sidecar {where} can't be read",
        seen,
        "Mend or remove that file, then `dropreel retry` the job.",
        {"path": str(path), "line": line, "field": field, "seen": seen, "unreadable": True},
    )


def write(folder: Path, sidecar: Sidecar) -> None:
    """Writes a sidecar durably. Only the coordinator calls this."""
    durable.write_json(folder / sidecar.file, sidecar)


def digest(folder: Path, files: tuple[str, ...]) -> str:
    """The digest (16 hex digits) of some files in a job folder, names and bytes; an absent one counts too."""
    state = hashlib.sha256()
    for name in files:
        try:
            data = (folder / name).read_bytes()
        except FileNotFoundError:
            data = b"\0absent"
        state.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return state.hexdigest()[:16]


def fingerprint(*parts: Any) -> str:
    """What a thing was made from, as 16 hex digits: JSON of the parts, keys sorted."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
