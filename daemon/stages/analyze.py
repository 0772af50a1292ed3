"""Listen to the song of a job: what lies in queued/ gets its analysis.json."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import audio, durable, moods, sidecars
from daemon.delivering import Deliver
from daemon.errors import FinalFault

if TYPE_CHECKING:
    from daemon.job import JobFolder
    from daemon.stages.tools import Tools

KEEP = 500  # entries of the cache
_USED = ("tempo", "first_beat", "metre", "meter", "title", "artist")


def analyze(job: JobFolder, tools: Tools) -> sidecars.Analysis:
    """Listens to the job's source and publishes its envelopes; FinalFault for what is no song.

    What was heard is kept by content, overrides and analyser version: the same song dropped again
    is not listened to again.
    """
    began = time.monotonic()
    told = job.job()
    source = job.file(told.source().file)
    rate = tools.rule(told).deliver.rate() if told.rule else Deliver().rate()
    given = {name: told.overrides[name] for name in _USED if told.overrides.get(name) is not None}
    beats = told.with_role("beats")
    beats_file = job.file(beats[0].file) if beats else None
    tools.progress(0.0, "listening")
    mark = _mark(source, beats_file, given, rate)
    cache = tools.settings.cache / "analysis"
    name = f"envelopes-{mark}.npz"
    analysis = _from_cache(cache, mark)
    if analysis is not None:
        tools.publish(job, name, lambda target: _copy(cache / f"{mark}.npz", target))
    else:
        analysis = _listen(job, tools, source, beats_file, given, rate, name, beats[0].name if beats else "")
        _into_cache(cache, mark, analysis, job.file(name))
    analysis.envelopes.file = name
    moods.say(analysis, told.moods)  # after the cache, which knows nothing of words: another table, other words
    analysis.seconds = round(time.monotonic() - began, 3)
    tools.progress(1.0, "heard")
    return analysis


def _listen(
    job: JobFolder,
    tools: Tools,
    source: Path,
    beats_file: Path | None,
    given: dict[str, Any],
    rate: Fraction,
    name: str,
    beats_name: str,
) -> sidecars.Analysis:
    audio.prepare(tools.settings)
    import numpy as np

    from daemon.audio.listen import listen

    heard = listen(
        source,
        fps=rate,
        overrides=given,
        beats_file=beats_file,
        beats_name=beats_name,
        hours=tools.settings.limits.hours,
        progress=tools.progress,
    )
    tools.publish(job, name, lambda target: np.savez_compressed(target, **heard.envelopes))  # type: ignore[arg-type]
    tools.log.info(
        "heard",
        seconds=round(heard.analysis.duration, 1),
        tempo=heard.analysis.tempo.bpm,
        key=heard.analysis.key.name(),
        sections=len(heard.analysis.sections),
    )
    return heard.analysis


def _mark(source: Path, beats_file: Path | None, given: dict[str, Any], rate: Fraction) -> str:
    """The fingerprint of everything that the analysis depends on."""
    hashes = [_digest(path) for path in (source, beats_file) if path is not None]
    # The ending decides which library reads it.
    return sidecars.fingerprint(hashes, source.suffix.lower(), given, str(rate), audio.ANALYSER)


def _digest(path: Path) -> str:
    try:
        with open(path, "rb") as data:
            return hashlib.file_digest(data, "blake2b").hexdigest()
    except FileNotFoundError:
        raise FinalFault(
            "the dropped file is gone from the job", path.name, "Drop it again.", {"path": str(path)}
        ) from None


def _copy(kept: Path, target: Path) -> None:
    target.write_bytes(kept.read_bytes())


def _from_cache(cache: Path, mark: str) -> sidecars.Analysis | None:
    """What was heard before; None where nothing (whole) is kept."""
    try:
        data = (cache / f"{mark}.json").read_bytes()
        with zipfile.ZipFile(cache / f"{mark}.npz") as kept:
            if kept.testzip() is not None:
                return None
        found = sidecars.Analysis.model_validate(json.loads(data))
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError):
        return None
    with contextlib.suppress(OSError):
        os.utime(cache / f"{mark}.json")  # used now: others go first
    return found


def _into_cache(cache: Path, mark: str, analysis: sidecars.Analysis, envelopes: Path) -> None:
    """Keeps what was heard; a cache that can't be written costs time, not the job."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        durable.publish(cache, f"{mark}.npz", lambda target: _copy(envelopes, target))
        durable.write_json(cache / f"{mark}.json", analysis)
        _bound(cache)
    except OSError:
        return


def _bound(cache: Path) -> None:
    """Lets the entries that weren't used for longest go beyond KEEP."""
    entries = []
    for path in cache.glob("*.json"):
        with contextlib.suppress(OSError):
            entries.append((path.stat().st_mtime, path))
    for _, path in sorted(entries)[: max(0, len(entries) - KEEP)]:
        for gone in (path, path.with_suffix(".npz")):
            with contextlib.suppress(OSError):
                gone.unlink()
