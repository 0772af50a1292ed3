"""People's own loops and clips: made into reels in the job's folder, each with a still that shows it on the desk."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import durable, sidecars
from daemon.job import JobFolder
from daemon.sidecars import Member
from daemon.stages.rendering import own
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    from PIL.Image import Image

    from daemon.film.cutouts import CutOut

MOST = 12  # of each kind
LONGEST_LOOP, LONGEST_CLIP = 16.0, 45.0  # seconds
_LARGEST = (1280, 720)
_POSE = (900, 900)  # pixels that a pose that moves is kept with
_VERSION = "1"


@dataclass(frozen=True)
class Reel:
    """A reel of the job's folder, as a scene has it (see `film.staging`), and the member that it was made of."""

    member: Member
    told: dict[str, Any]

    @property
    def clear(self) -> bool:
        """Whether it has transparency."""
        return bool(self.told["clear"])


def loops(job: JobFolder, tools: Tools, members: Sequence[Member], notes: list[str]) -> list[Reel]:
    """The loops that can be used, in natural order; notes tell of the others. OSError where the disk is full."""
    return _reels(job, tools, "loop", members, LONGEST_LOOP, notes)


def clips(job: JobFolder, tools: Tools, members: Sequence[Member], notes: list[str]) -> list[Reel]:
    """The same for clips."""
    return _reels(job, tools, "clip", members, LONGEST_CLIP, notes)


def pose(job: JobFolder, tools: Tools, member: Member, print_: str) -> tuple[CutOut, dict[str, Any]]:
    """A character's pose that moves: its first picture as a cut-out, and the reel of all as a scene has it.

    ValueError where it can't be used.
    """
    from daemon.film import cutouts, reels
    from daemon.video import moving

    cut, drawn = cutouts.cut_all(moving.read(job.file(member.file), _POSE))
    name = f"reel-{print_}.zip"
    with contextlib.suppress(FileNotFoundError):
        durable.remove(job.path / name)

    def write(temp: Path) -> None:
        reels.write(temp, drawn, cutouts.MOST_SECONDS + 1)

    tools.publish(job, name, write)
    made = reels.told(job.path / name)
    if made is None:
        raise OSError(f"{name} was written and can't be read")
    return cut, {"file": name, **{key: made.facts[key] for key in ("frames", "fps", "seconds")}}


def _reels(
    job: JobFolder, tools: Tools, kind: str, members: Sequence[Member], longest: float, notes: list[str]
) -> list[Reel]:
    found: list[Reel] = []
    for member in sorted(members, key=own.natural):
        if len(found) >= MOST:
            notes.append(f"{kind} {member.name} is left out: {MOST} at most")
            continue
        try:
            made = _reel(job, tools, member, longest)
        except ValueError as error:
            notes.append(f"{kind} {member.name} can't be used: {error}")
            continue
        if not made.told.pop("whole"):
            notes.append(f"{kind} {member.name}: its first {made.told['seconds']:.0f} seconds are used")
        found.append(made)
    return found


def _reel(job: JobFolder, tools: Tools, member: Member, longest: float) -> Reel:
    from daemon.film import reels
    from daemon.video import moving

    facts = [member.file, member.size, member.mtime, longest, _LARGEST]
    name = f"reel-{sidecars.fingerprint('reel', _VERSION, reels.VERSION, facts)}.zip"
    path = job.file(member.file)
    made = reels.told(job.path / name) if tools.has(job, name) else None
    if made is None:
        with contextlib.suppress(FileNotFoundError):
            durable.remove(job.path / name)

        def write(temp: Path) -> None:
            reels.write(temp, moving.read(path, _LARGEST), longest)

        tools.publish(job, name, write)
        made = reels.told(job.path / name)
    if made is None:
        raise OSError(f"{name} was written and can't be read")
    shown = max(made.facts["peaks"], key=lambda peak: peak[1], default=[made.facts["seconds"] / 2, 0.0])[0]
    title = own.shown_name(member.name)
    return Reel(member, {**made.facts, "file": name, "name": title, "shown": shown, "whole": made.whole})


def still(job: JobFolder, told: dict[str, Any], size: tuple[int, int], again: int = 0) -> Image:
    """The picture that stands for a reel, no larger than it needs to be for a picture of that size, opaque."""
    import numpy as np
    from PIL import Image

    from daemon.film.reels import Reel as Opened

    opened = Opened(job.path / told["file"])
    moment = float(told["shown"]) if not again else float(told.get("start", 0.0))
    frame = opened.at(opened.step(moment, around=True) // 8 * 8)
    rgb = np.ascontiguousarray(frame[..., :3])
    if frame.shape[2] == 4:
        rgb = (rgb * (frame[..., 3:] / 255.0)).astype(np.uint8)
    picture = Image.fromarray(rgb)
    grow = max(size[0] / picture.width, size[1] / picture.height)
    # A picture is looked at closer and closer: as large as the painted ones, it stays as sharp as it can.
    return picture.resize((round(picture.width * grow), round(picture.height * grow))) if grow > 1 else picture


def later(told: dict[str, Any], again: int) -> dict[str, Any]:
    """A clip as it is shown once more: it begins elsewhere."""
    room = max(0.0, float(told["seconds"]) - 4.0)
    return {**told, "start": round((again * 5.0) % room, 3) if room > 0 else 0.0}
