"""The song's words as one film has them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.delivering import Deliver
from daemon.stages.syncing.sources import Sources

if TYPE_CHECKING:
    from daemon.film.values import Caption, Timeline


@dataclass(frozen=True)
class Text:
    """The song's words in one film: in its picture, in a track to switch on, and what a person should know."""

    burned: list[Caption]
    soft: list[Caption]
    notes: list[str]

    @classmethod
    def of(cls, sources: Sources, deliver: Deliver, planned: Timeline) -> Text:
        """The words as a delivery wants them; what no font can write goes to the track."""
        from daemon.film.captions import drawable
        from daemon.film.subtitles import captions

        if deliver.lyrics == "none" or not sources.lines:
            asked = deliver.lyrics == "burned"
            return cls([], [], ["no words with times were dropped with the song"] if asked else [])
        every = captions(sources.lines, planned.fps, planned.frames)
        late = sum(line.start >= planned.frames / planned.fps for line in sources.lines)
        notes = [f"{late} of {len(sources.lines)} lines lie beyond the song's end"] if late else []
        if deliver.lyrics == "soft":
            return cls([], every, notes)
        burned, lost = drawable(every)
        if not lost:
            return cls(burned, [], notes)
        often = sorted(lost, key=lambda letter: (-lost[letter], letter))
        scripts = dict.fromkeys(unicodedata.name(letter, "unknown").split()[0].capitalize() for letter in often)
        letters = f"{', '.join(list(scripts)[:4])} ({' '.join(often[:8])})"
        missing = (
            f"{len(every) - len(burned)} of {len(every)} captions aren't in the picture: no font here draws {letters}"
        )
        return cls(burned, every, [*notes, f"{missing}; all words are in a track to switch on"])
