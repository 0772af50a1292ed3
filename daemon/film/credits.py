"""Title and artist: as a person says, else as the file's tags say, else as its name says. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.sidecars import Analysis, Job

# "03 - ", "03. ", "A2 - ": a place on a record, not an artist.
_TRACK = re.compile(r"^(?:[A-D]?\d{1,3}|\d-\d{2})(?:\s*[.)]\s+|\s+-\s+|\s*_-_\s*)")
_BETWEEN = re.compile(r"\s+[-\u2013\u2014]\s+|_-_")


@dataclass(frozen=True)
class Credits:
    """artist: "" where nobody says."""

    title: str
    artist: str


def credits(job: Job, analysis: Analysis) -> Credits:
    """The title and artist of a song."""
    named = of_name(job.title)
    tags = analysis.tags
    title = str(job.overrides.get("title") or "") or tags.title
    artist = str(job.overrides.get("artist") or "") or tags.artist
    if title:
        # A name such as "Ada - Night" tells the artist where the title agrees with it.
        same = _plain(named.title) == _plain(title)
        return Credits(title, artist or (named.artist if same else ""))
    return Credits(
        named.title if not artist or _plain(named.artist) == _plain(artist) else job.title, artist or named.artist
    )


def of_name(stem: str) -> Credits:
    """ "03 - Ada - Night" is Night by Ada; what can't be told apart is the title."""
    text = _TRACK.sub("", stem.strip()) or stem.strip()
    parts = _BETWEEN.split(text, maxsplit=1)
    if len(parts) == 2 and all(part.strip() for part in parts):
        return Credits(parts[1].strip(), parts[0].strip())
    return Credits(text, "")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
