"""Sync: the approved pictures become clips where somebody makes them, and a film, cut on the music, verified by
decoding it; and its further formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from daemon import sidecars
from daemon.delivering import Deliver, Further
from daemon.errors import Fault, PassingFault
from daemon.film import prepare
from daemon.job import JobFolder
from daemon.stages.animating.animate import animate
from daemon.stages.syncing import beside, films, phone
from daemon.stages.syncing.sources import Sources, read
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    from daemon.film.values import Timeline

_FILMS = 0.97  # share of the work that is the making of the films
_CLIPS = 0.6  # and of all of it that is the making of clips, where there are any


def sync(job: JobFolder, tools: Tools) -> sidecars.Sync:
    """Makes the films, the edit, poster and report in the job folder.

    What lies there from an earlier attempt under the right fingerprint is used again. A film that fails its
    checks is made again once; then FinalFault where it is the first one, while a further format that can't be made
    is told of in the sidecar. FinalFault where a picture or the song can't be read, PassingFault where the encoder
    was interrupted, Held where an animator may not be used at this hour.
    """
    prepare(tools.settings.cache)
    sources = read(job, tools)
    still, told = sources, films.part(tools.progress, 0.0, _CLIPS)
    animated = animate(sources, tools, lambda: films.plan(still, still.rule)[0].shots, told)
    sources = replace(sources, slots=animated.slots)
    if animated.clips:
        tools = replace(tools, progress=films.part(tools.progress, _CLIPS, 1.0))
    deliver = sources.rule.deliver
    further = deliver.further()
    tools.progress(0.0, "planning the cuts")
    ends = _ends(deliver, further)

    made = films.make(sources, tools, sources.rule, "", films.part(tools.progress, 0.0, ends[0]))
    result = sidecars.Sync(
        films=[made.film],
        shots=len(made.planned.shots),
        av_offset_ms=made.verdict.av_offset_ms,
        checks=made.verdict.checks,
        loudness_before=sources.analysis.loudness,
        loudness_after=made.loudness,
        tries=made.tries,
        clips=animated.clips,
        notes=animated.notes,
    )
    others: dict[str, Timeline] = {}
    wanted: list[tuple[str, Callable[[films.Progress], sidecars.Film]]] = [
        (one.name, lambda progress, one=one: _format(sources, tools, one, progress, others))  # type: ignore[misc]
        for one in further
    ]
    if deliver.phone:
        most = deliver.phone
        wanted.append((phone.NAME, lambda progress: phone.make(sources, tools, made, most, progress)))
    for (name, make), start, end in zip(wanted, ends[:-1], ends[1:], strict=True):
        _beside(sources, tools, name, make, films.part(tools.progress, start, end, name), result)
    tools.progress(_FILMS, "poster and report")
    beside.complete(sources, tools, made, result, others)
    tools.progress(1.0, "done")
    return result


def _ends(deliver: Deliver, further: list[Further]) -> list[float]:
    """Where in the whole each film ends: they take as long as they have pixels."""
    pixels = [one.width * one.height * float(one.rate()) for one in (deliver, *(one.deliver for one in further))]
    if deliver.phone:
        pixels.append(0.5 * pixels[0])
    return [_FILMS * sum(pixels[: number + 1]) / sum(pixels) for number in range(len(pixels))]


def _format(
    sources: Sources, tools: Tools, one: Further, progress: films.Progress, others: dict[str, Timeline]
) -> sidecars.Film:
    rule = sources.rule.model_copy(update={"deliver": one.deliver})
    made = films.make(sources, tools, rule, one.name, progress)
    others[one.name] = made.planned
    return made.film


def _beside(
    sources: Sources,
    tools: Tools,
    name: str,
    make: Callable[[films.Progress], sidecars.Film],
    progress: films.Progress,
    result: sidecars.Sync,
) -> None:
    """A film beside the first; where it can't be made, the others stand, and the sidecar says why."""
    try:
        try:
            film = make(progress)
        except PassingFault as fault:
            tools.log.info("tried once more", film=name, why=fault.sentence())
            film = make(progress)
    except Exception as error:
        if not sources.folder.path.is_dir():
            raise  # the job was moved: this attempt is no longer the current one
        why = error.sentence() if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
        tools.log.warning("a further film can't be made", film=name, why=why)
        result.missing.append(sidecars.Missing(name=name, why=why))
    else:
        result.films.append(film)
