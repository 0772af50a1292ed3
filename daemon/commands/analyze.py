"""`dropreel analyze FILE`: listens to a file and tells what was heard; no job, no folders needed."""

from __future__ import annotations

import argparse
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.commands.cache import compiled
from daemon.commands.look import plain
from daemon.errors import UsageError
from daemon.rulebook import Rulebook, shipped
from daemon.settings import Settings, environment, find_root, load

if TYPE_CHECKING:
    from daemon.audio.listen import Heard


def analyze(options: argparse.Namespace) -> int:
    """Prints a page, or the whole analysis as JSON."""
    path = Path(options.file)
    if not path.is_file():
        raise UsageError(f"{plain(options.file)} is no file", "", "Give the path of a song.")
    try:
        fps = Fraction(options.fps)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{options.fps!r} is no frame rate", "", "30, 25, 24000/1001, ...") from None
    if not 1 <= fps <= 240:
        raise UsageError(f"{options.fps} frames a second can't be", "", "Give 1 to 240.")
    settings = load(find_root(options.root))
    if settings.stages.is_dir() and os.access(settings.library, os.W_OK):
        from daemon import audio

        audio.prepare(settings)
    else:  # no root of ours: compiled code is kept where a user's other caches are
        os.environ.setdefault("NUMBA_CACHE_DIR", str(compiled(settings) / "numba"))
    # Only now: these compile, and by now it is settled where that is kept.
    from daemon.audio.listen import listen
    from daemon.audio.page import page

    heard = listen(path, fps=fps, overrides={}, hours=settings.limits.hours, words=_words(settings))
    _keep(options, path, heard)
    if options.json:
        print(heard.analysis.model_dump_json(indent=1))
    else:
        colour = sys.stdout.isatty() and not environment("NO_COLOR")
        width = min(120, os.get_terminal_size().columns) if sys.stdout.isatty() else 80
        print(page(heard.analysis, width=width, colour=colour))
    return 0


def _words(settings: Settings) -> dict[str, Any]:
    """The root's table of mood words, or the shipped one where there is no root; a wrong one is told of."""
    book = Rulebook(settings.rules if settings.rules.is_dir() else shipped())
    book.read_moods()
    if book.problem:
        print(f"dropreel: {book.problem}", file=sys.stderr)
    return book.moods


def _keep(options: argparse.Namespace, source: Path, heard: Heard) -> None:
    """Writes what was asked for beside the page: a picture, the song with clicks, Audacity labels."""
    from daemon.audio import show

    try:
        if options.plot:
            show.plot(heard.analysis, heard.envelopes, Path(options.plot))
        if options.click:
            show.click(source, heard.analysis, Path(options.click))
        if options.labels:
            Path(options.labels).write_text(show.labels(heard.analysis), "utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(
            "what was asked for can't be written", str(error), "Give a path that can be written."
        ) from None
