"""A rendered job with real pictures, and a review folder beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from daemon import sidecars
from daemon.approvals import desk, merge
from daemon.approvals.gate import Gate, gate
from daemon.job import JobFolder
from daemon.rules import Approve
from daemon.settings import Settings
from daemon.sidecars import Decision, Decisions, Picture, Renders

NAME = "20260101-120000-my-song-a1b2c3"


def picture(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (96, 64), **options: object) -> Path:
    """A picture file; its first pixel tells it from others of the same colour."""
    image = Image.new("RGB", size, colour)
    image.putpixel((0, 0), (colour[2], colour[0], colour[1]))
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@dataclass
class Bench:
    """A job on a bench: what the coordinator would hold of it, and a clock that tests move."""

    settings: Settings
    job: JobFolder
    renders: Renders
    decisions: Decisions
    now: float = 1000.0

    @property
    def folder(self) -> Path:
        """The desk."""
        (found,) = [path for path in self.settings.review.iterdir() if path.is_dir()]
        return found

    def lay(self) -> Path:
        """Builds the desk, as the coordinator would."""
        self.decisions.desk = desk.build(self.settings, self.job, self.decisions)
        return self.folder

    def look(self, later: float = 0.0) -> desk.DeskLook:
        """One look; what it says is recorded."""
        self.now += later
        seen = desk.look(self.settings, self.job, self.renders, self.decisions, self.now)
        self.decisions = merge.record(self.decisions, seen.decisions)
        self.decisions.desk = seen.memory
        return seen

    def settled(self) -> list[Decision]:
        """What is said after two looks that lie `settle` apart."""
        first = self.look()
        return [*first.decisions, *self.look(self.settings.settle + 0.1).decisions]

    def verdicts(self) -> dict[str, str]:
        """Picture -> last word."""
        return {one.picture: one.verdict for one in self.decisions.decisions}

    def rename(self, old: str, new: str) -> None:
        """What a person does."""
        os.rename(os.fsencode(self.folder / old), os.fsencode(self.folder) + b"/" + os.fsencode(new))

    def gate(self, quiet: float = 0.0, asked: float = 0.0, grace: float = 60.0, **rule: object) -> Gate:
        """The gate as it stands."""
        return gate(Approve.model_validate(rule), self.renders, self.decisions, quiet=quiet, asked=asked, grace=grace)


def bench(tmp_path: Path, title: str = "My Song", slots: int = 3, candidates: str = "ab", **share: str) -> Bench:
    """A job in rendered/, `slots` pictures with the given candidates."""
    settings = Settings.model_validate({"root": tmp_path, "settle": 2.0, "share": share})
    settings.review.mkdir()
    path = settings.stages / "rendered" / NAME
    path.mkdir(parents=True)
    pictures = []
    for slot in range(1, slots + 1):
        for candidate in candidates:
            file = f"{slot:02d}{candidate}-{slot:016x}.png"
            picture(path / file, (slot * 20, ord(candidate) % 256, 40), (96 + slot, 64 + ord(candidate) - 97))
            pictures.append(
                Picture(slot=f"{slot:02d}", candidate=candidate, file=file, fingerprint=file, width=96, height=64)
            )
    (path / "contact.jpg").write_bytes(b"sheet")
    (path / "animatic.mp4").write_bytes(b"film")
    renders = Renders(pictures=pictures, contact_sheet="contact.jpg", animatic="animatic.mp4")
    sidecars.write(path, renders)
    sidecars.write(
        path, sidecars.Job(id="a1b2c3", name=NAME, kind="song", title=title, inbox="songs", rule={"name": "cartoon"})
    )
    return Bench(settings, JobFolder(path), renders, Decisions())
