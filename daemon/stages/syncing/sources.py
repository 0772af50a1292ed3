"""All that the stage reads, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon import sidecars
from daemon.delivering import Deliver
from daemon.errors import FinalFault
from daemon.film.credits import credits
from daemon.film.subtitles import Line
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.stages import words
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daemon.film.assemble import Song
    from daemon.film.values import Slot


@dataclass(frozen=True)
class Sources:
    """All that the stage read."""

    folder: JobFolder
    job: sidecars.Job
    analysis: sidecars.Analysis
    rule: Rule
    slots: list[Slot]
    envelopes: dict[str, NDArray[np.float32]]
    lines: list[Line]

    @property
    def title(self) -> str:
        """As the person says, else as the file says, else as it was dropped."""
        return credits(self.job, self.analysis).title

    @property
    def artist(self) -> str:
        """As the person says, else as the file or its name says."""
        return credits(self.job, self.analysis).artist

    def tags(self) -> dict[str, str]:
        """What the film's file says of itself."""
        return {name: value for name, value in (("title", self.title), ("artist", self.artist)) if value}

    def song(self, deliver: Deliver) -> Song:
        """The sound as a delivery wants it."""
        from daemon.film.assemble import Song

        heard = self.analysis
        path = self.folder.file(self.job.source().file)
        return Song(path, heard.samples, heard.sample_rate, deliver.audio_kbps, *level(heard.loudness, deliver))


def read(job: JobFolder, tools: Tools) -> Sources:
    """Everything. FinalFault where a sidecar or a picture is missing or unreadable."""
    described = job.job()
    analysis = job.need(sidecars.Analysis)
    prompts = job.need(sidecars.Prompts)
    approval = job.need(sidecars.Approval)
    slots = slots_of(job.path, prompts, approval.pictures)
    lines = words.timed(job, described, analysis.tags)
    return Sources(job, described, analysis, tools.rule(described), slots, load_envelopes(job.path, analysis), lines)


def slots_of(folder: Path, prompts: sidecars.Prompts, chosen: dict[str, list[sidecars.Picture]]) -> list[Slot]:
    """The film's slots with the pictures chosen for them. FinalFault where there is none, or a file is gone."""
    from daemon.film.values import PictureFile, Slot

    slots = []
    for prompt in prompts.prompts:
        pictures = []
        for picture in chosen.get(prompt.slot, []):
            path = folder / picture.file
            if not path.is_file():
                raise FinalFault(
                    f"the picture {picture.file} is missing",
                    "it was approved, and isn't in the job's folder",
                    "Approve another one, or put it back and `dropreel retry`.",
                    {"path": str(path)},
                )
            scene = picture.scene if picture.origin in ("painted", "own") else {}
            pictures.append(PictureFile(picture.id, path, picture.fingerprint, scene))
        slots.append(Slot(prompt.slot, prompt.start, prompt.end, prompt.section, pictures, prompt.prompt))
    if not any(slot.pictures for slot in slots):
        raise FinalFault("no picture was approved", remedy="Approve at least one, then `dropreel retry`.")
    return slots


def load_envelopes(folder: Path, analysis: sidecars.Analysis) -> dict[str, NDArray[np.float32]]:
    """The song's envelopes; none where the listener left none. FinalFault where they can't be read."""
    import numpy as np

    if not analysis.envelopes.file:
        return {}
    try:
        with np.load(folder / analysis.envelopes.file, allow_pickle=False) as stored:
            return {name: np.asarray(stored[name], np.float32) for name in stored.files}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise FinalFault(
            "the song's envelopes can't be read",
            str(error),
            "Remove analysis.json from the job's folder, then `dropreel retry`.",
            {"path": analysis.envelopes.file},
        ) from error


def level(heard: sidecars.Loudness, deliver: Deliver) -> tuple[float, float | None]:
    """Gain in dB and the limiter's true peak, where the rule asks for a loudness and the song has one."""
    if deliver.loudness is None or heard.integrated_lufs is None:
        return 0.0, None
    gain = deliver.loudness - heard.integrated_lufs
    peak = heard.true_peak_dbtp
    within = peak is not None and peak + gain <= deliver.true_peak
    return round(gain, 3), None if within else deliver.true_peak
