"""A part of a job's film as it would be now, for a look before the whole is made. Nothing is written in the job."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from daemon import sidecars
from daemon.delivering import Deliver
from daemon.errors import UsageError
from daemon.film import prepare
from daemon.job import JobFolder
from daemon.stages import words
from daemon.stages.animating.animate import with_clips
from daemon.stages.rendering import plan
from daemon.stages.syncing import films
from daemon.stages.syncing.sources import Sources, load_envelopes, slots_of
from daemon.stages.tools import Tools

SMALL = 480  # lines of a small preview's shorter side


def preview(
    job: JobFolder,
    tools: Tools,
    start: float,
    end: float,
    out: Path,
    *,
    form: str = "",
    small: bool = False,
    where: Callable[[str], Path] | None = None,
) -> range:
    """Writes the film from `start` to `end` (seconds) to `out` (MP4), with its sound; returns the frames it shows.

    form: the name of one of the rule's further formats; "" for the film. where: a dropped file's place, if it may
    have left the job. UsageError where the job isn't that far, or the span holds nothing; faults of the encoder and of
    pictures as they come.
    """
    prepare(tools.settings.cache)
    from daemon.film import assemble, encode
    from daemon.film.compositor import Compositor

    place = where or job.file
    sources = _read(job, tools, place)
    deliver = _sized(_formed(sources.rule.deliver, form), small)
    rule = sources.rule.model_copy(update={"deliver": deliver})
    planned, _ = films.plan(sources, rule)
    span = _span(start, end, planned.fps, planned.frames)
    encoding = encode.Encoding(planned.width, planned.height, planned.fps, deliver.preset, deliver.crf)
    song = replace(sources.song(deliver), path=place(sources.job.source().file))
    done = 0

    def tick(frames: int) -> None:
        nonlocal done
        done += frames
        tools.progress(done / len(span), "encoding")

    with tempfile.TemporaryDirectory(prefix="dropreel-") as scratch:
        program, pictures = tools.settings.ffmpeg_path(), Path(scratch) / "pictures.mp4"
        making = assemble.Making(Path(scratch), planned, sources.envelopes, encoding, program)
        with Compositor(planned, sources.envelopes) as drawing:
            encode.pictures(program, encoding, span, drawing.brush(), pictures, tick)
        made = Path(scratch) / "preview.mp4"
        assemble.join(making, [pictures.name], song, sources.tags(), made, span=span)
        shutil.copyfile(made, out)
    return span


def _read(job: JobFolder, tools: Tools, place: Callable[[str], Path]) -> Sources:
    """What the film would be made of now: what was approved, else what a first sight would show."""
    about = job.job()
    analysis, prompts = job.read(sidecars.Analysis), job.read(sidecars.Prompts)
    approval, renders = job.read(sidecars.Approval), job.read(sidecars.Renders)
    if analysis is None or prompts is None or renders is None:
        raise UsageError(
            "there is nothing to preview yet", f"{about.name} has no pictures", "Wait until they are painted."
        )
    decisions = job.read(sidecars.Decisions) or sidecars.Decisions()
    chosen = approval.pictures if approval else {}
    if not approval:
        for prompt in prompts.prompts:
            mine = [picture for picture in renders.pictures if picture.slot == prompt.slot]
            chosen[prompt.slot] = plan.preferred(mine, decisions)[:1]
    sources = Sources(
        job,
        about,
        analysis,
        tools.rule(about),
        slots_of(job.path, prompts, chosen),
        load_envelopes(job.path, analysis),
        words.timed(job, about, analysis.tags, place),
    )
    made = job.read(sidecars.Sync)
    return with_clips(sources, made.clips) if made else sources


def _formed(deliver: Deliver, form: str) -> Deliver:
    further = {one.name.casefold(): one for one in deliver.further()}
    if not form:
        return deliver
    if form.casefold() not in further:
        there = ", ".join(one.name for one in further.values()) or "none"
        raise UsageError(f"the rule has no format {form!r}", f"there is {there}", "Give one of those.")
    return further[form.casefold()].deliver


def _sized(deliver: Deliver, small: bool) -> Deliver:
    scale = SMALL / min(deliver.width, deliver.height)
    if not small or scale >= 1:
        return deliver
    width, height = (max(2, round(side * scale / 2) * 2) for side in (deliver.width, deliver.height))
    return deliver.model_copy(update={"width": width, "height": height, "preset": "superfast", "crf": 23})


def _span(start: float, end: float, fps: Fraction, frames: int) -> range:
    from daemon.film.values import frame_at

    first, last = frame_at(start, fps), min(frames, frame_at(end, fps))
    if first >= last:
        raise UsageError(
            f"from {start:g} s to {end:g} s there is nothing of the film",
            f"it is {float(frames / fps):.1f} s long",
            "Give a start before the end, both within the song.",
        )
    return range(first, last)
