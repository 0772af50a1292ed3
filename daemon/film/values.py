"""What a film is made of, as values: slots, shots, effects, the timeline, and the edit as JSON.

A frame is an int counted from 0; `end` is exclusive. A camera is (cx, cy, scale): the centre of what is
seen, 0..1 of the picture, and how much closer than the whole (1.0: the picture covers the frame exactly).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

Camera = tuple[float, float, float]

EDIT_VERSION = 2
BLENDS = ("crossfade", "wipe")  # transitions in which two pictures are seen at once


@dataclass(frozen=True)
class PictureFile:
    """A picture of the film. scene: the painter's parameters, where it was painted, for layers.

    focus: where the eye goes, 0..1 of what the frame shows of it; close framings keep it in sight. centre: what
    the frame is cropped round where the picture is of another shape, 0..1 of the whole; None: its middle.
    """

    id: str
    path: Path
    fingerprint: str
    scene: dict[str, Any] = field(default_factory=dict, compare=False)
    focus: tuple[float, float] = (0.5, 0.45)
    centre: tuple[float, float] | None = None


@dataclass(frozen=True)
class Slot:
    """A span of the song (seconds) and the pictures for it, in order of preference."""

    slot: str
    start: float
    end: float
    section: int
    pictures: list[PictureFile]
    words: str = ""  # what was asked to be drawn


@dataclass(frozen=True)
class Transition:
    """How a shot is entered; frames: its whole length, centred on the cut but for a flash, which begins there.

    style: diagonal, iris or ink for a wipe. because: the musical event that caused it.
    """

    kind: str = "cut"  # cut, crossfade, flash, wipe, whip
    frames: int = 0
    style: str = ""
    because: str = ""

    @property
    def half(self) -> int:
        """Frames on each side of the cut in which both pictures are seen."""
        return self.frames // 2 if self.kind in BLENDS else 0


@dataclass(frozen=True)
class Shot:
    """One picture on the screen from frame `start` to before `end`.

    cut_on: the musical reason of its first frame: start, section, drop, downbeat, beat or grid.
    """

    index: int
    start: int
    end: int
    picture: PictureFile
    slot: str
    section: int
    role: str
    cut_on: str
    transition: Transition
    camera_from: Camera
    camera_to: Camera
    ease: str = "linear"  # linear, in, out, smooth
    mirrored: bool = False  # left is right

    @property
    def frames(self) -> int:
        """Length in frames."""
        return self.end - self.start


@dataclass(frozen=True)
class Effect:
    """Something that happens to the picture. because: the musical event that caused it."""

    kind: str  # one of riding.KINDS that is no transition; pose and sway of painted figures
    start: int
    frames: int
    amount: float
    because: str


@dataclass(frozen=True)
class Caption:
    """Words in the picture from frame `start` to before `end`; lines are parted by line feeds."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Timeline:
    """The whole film. The shots cover 0..frames without a gap; `notes` are for people; captions are in order."""

    fps: Fraction
    frames: int
    width: int
    height: int
    shots: tuple[Shot, ...]
    effects: tuple[Effect, ...]
    notes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()  # '#rrggbb', of lights and bars
    seed: int = 0  # of what flies over the pictures
    captions: tuple[Caption, ...] = ()

    @property
    def cuts(self) -> list[int]:
        """The planned cuts: the first frame of every shot but the first."""
        return [shot.start for shot in self.shots[1:]]

    def edit(self) -> dict[str, Any]:
        """The edit, ready for JSON."""
        return {
            "version": EDIT_VERSION,
            "fps": f"{self.fps.numerator}/{self.fps.denominator}",
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "shots": [
                {
                    "index": shot.index,
                    "start": shot.start,
                    "end": shot.end,
                    "picture": shot.picture.id,
                    "file": shot.picture.path.name,
                    "slot": shot.slot,
                    "section": shot.section,
                    "role": shot.role,
                    "cut_on": shot.cut_on,
                    "transition": asdict(shot.transition),
                    "camera": {"from": list(shot.camera_from), "to": list(shot.camera_to), "ease": shot.ease},
                    "mirrored": shot.mirrored,
                }
                for shot in self.shots
            ],
            "effects": [
                {
                    "kind": effect.kind,
                    "start": effect.start,
                    "frames": effect.frames,
                    "amount": effect.amount,
                    "because": effect.because,
                }
                for effect in self.effects
            ],
            "captions": [{"start": one.start, "end": one.end, "text": one.text} for one in self.captions],
            "planned_cuts": self.cuts,
            "notes": list(self.notes),
        }


def frame_count(duration: float, fps: Fraction) -> int:
    """How many frames a song of `duration` seconds has; at least one."""
    return max(1, int(Fraction(duration) * fps + Fraction(1, 2)))


def frame_at(seconds: float, fps: Fraction) -> int:
    """The frame nearest to a moment, rounded once from absolute time."""
    return int(Fraction(seconds) * fps + Fraction(1, 2))


def clock(frame: int, fps: Fraction) -> str:
    """'0:45.2': a frame's time for people."""
    tenths = int(10 * frame / fps)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
