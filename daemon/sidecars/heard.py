"""analysis.json: what was heard."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from daemon.sidecars.base import Part, Role, Sidecar


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
