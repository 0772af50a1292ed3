"""The song's words, with times: from a file dropped beside it, else from its own tags."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from daemon import sidecars
from daemon.film import subtitles
from daemon.job import JobFolder

_LIMIT = 1 << 20


def timed(
    job: JobFolder, facts: sidecars.Job, tags: sidecars.Tags, where: Callable[[str], Path] | None = None
) -> list[subtitles.Line]:
    """The timed lines, in order; none where there are none to be read. where: a dropped file's place."""
    place = where or job.file
    for member in (*facts.with_role("lyrics"), *facts.with_role("subtitles")):
        try:
            fd = os.open(place(member.file), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(fd, "rb") as source:
                found = subtitles.parse(subtitles.text_of(source.read(_LIMIT)))
        except OSError:  # a song goes on without its words
            continue
        if found:
            return found
    return subtitles.parse(tags.lyrics)
