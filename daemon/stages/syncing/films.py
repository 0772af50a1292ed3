"""One film of a song: planned, drawn in segments, joined with the sound, verified; made again once where it fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import durable, sidecars
from daemon.errors import FinalFault
from daemon.rules import Rule
from daemon.stages.syncing.sources import Sources
from daemon.stages.syncing.text import Text
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    from daemon.audio.loudness import Meter
    from daemon.film.assemble import Making
    from daemon.film.values import Timeline
    from daemon.film.verify import Verdict
    from daemon.video.watch import Heard

TRIES = 2
_ENCODE, _JOIN = 0.85, 0.9  # where in the making of a film these steps end

Progress = Callable[..., None]


@dataclass
class Made:
    """A finished film that passed its checks."""

    film: sidecars.Film
    planned: Timeline
    making: Making
    verdict: Verdict
    loudness: sidecars.Loudness
    tries: int = 1
    segments: list[str] = field(default_factory=list)


def make(sources: Sources, tools: Tools, rule: Rule, name: str, progress: Progress) -> Made:
    """A film as `rule.deliver` says. name: what people call it beside the title; "" for the first.

    What lies in the job folder from an earlier attempt under the right fingerprint is used again. FinalFault where
    it fails its checks twice, or a picture or the song can't be read; PassingFault where the encoder was interrupted.
    """
    job = sources.folder
    for attempt in range(1, TRIES + 1):
        planned, text = plan(sources, rule)
        made = _film(sources, tools, rule, planned, text, name, progress)
        if made.verdict.ok:
            made.tries = attempt
            return made
        why = made.verdict.sentence()
        tools.log.warning("the film failed its check", film=name, why=why, attempt=attempt)
        for left in (made.film.file, *made.segments):
            durable.remove(job.file(left))
        if any(check.name == "flashes a second" and not check.ok for check in made.verdict.checks):
            rule = _calmer(rule)
    raise FinalFault(
        "the finished film failed its check twice",
        why,
        "`dropreel retry` makes it anew; if it fails again, please report it with this line.",
        {"cause": "film", "checks": [check.model_dump() for check in made.verdict.checks]},
    )


def plan(sources: Sources, rule: Rule) -> tuple[Timeline, Text]:
    """The timeline of a film as `rule.deliver` says, its captions in it, and what its words come to."""
    from daemon.film import timeline
    from daemon.film.focus import with_focus
    from daemon.film.narrow import held_back

    slots = with_focus(sources.slots, rule.deliver.width, rule.deliver.height)
    planned = held_back(timeline.plan(sources.analysis, slots, rule, sources.job.seed))
    text = Text.of(sources, rule.deliver, planned)
    return replace(planned, captions=tuple(text.burned)), text


def _calmer(rule: Rule) -> Rule:
    """The rule with shots long enough that cuts between bright and dark pictures are no strobe."""
    slower = max(0.7, rule.edit.least_shot)
    return rule.model_copy(update={"edit": rule.edit.model_copy(update={"least_shot": slower, "flashes": False})})


def _film(
    sources: Sources, tools: Tools, rule: Rule, planned: Timeline, text: Text, name: str, progress: Progress
) -> Made:
    """One film, made and verified, whatever the verdict."""
    from daemon.film import assemble, encode
    from daemon.film.chapters import chapters
    from daemon.film.verify import Verdict, verify

    job, deliver = sources.folder, rule.deliver
    encoding = encode.Encoding(planned.width, planned.height, planned.fps, deliver.preset, deliver.crf)
    making = assemble.Making(job.path, planned, sources.envelopes, encoding, tools.settings.ffmpeg_path())
    names = assemble.segments(making, part(progress, 0.0, _ENCODE))

    source = sources.job.source()
    song = sources.song(deliver)
    tags, parts = sources.tags(), chapters(planned) if deliver.chapters else []
    print_ = sidecars.fingerprint(
        names, source.file, source.size, source.mtime, replace(song, path=Path()), tags, parts, text.soft
    )
    file = f"film-{print_}.mp4"
    progress(_ENCODE, "joining pictures and sound")
    if not tools.has(job, file):
        tools.publish(job, file, lambda temp: assemble.join(making, names, song, tags, temp, parts, text.soft))

    progress(_JOIN, "verifying")
    try:
        ear, checking = _Ear(), part(progress, _JOIN, 1.0)
        known, crf = making.approved, encoding.crf
        verdict = verify(
            job.file(file), planned, sources.envelopes, song.path, checking, hear=ear.hear, approved=known, crf=crf
        )
        heard = ear.loudness()
    except FinalFault as fault:
        if fault.facts.get("path") != str(job.file(file)):
            raise
        # Damaged where it lies, from an earlier attempt perhaps: it is made again like any film that fails.
        broken = sidecars.Check(name="decoding", ok=False, measured=fault.why, limit="the whole film")
        verdict, heard = Verdict(checks=[broken]), sidecars.Loudness()
    if deliver.loudness is not None and heard.true_peak_dbtp is not None:
        verdict.checks.append(_peak(heard.true_peak_dbtp, deliver.true_peak))
    film = sidecars.Film(
        file=file,
        fingerprint=print_,
        width=planned.width,
        height=planned.height,
        fps=encoding.rate,
        frames=planned.frames,
        size=job.file(file).stat().st_size,
        name=name,
        checks=verdict.checks,
        av_offset_ms=verdict.av_offset_ms,
        notes=text.notes,
    )
    return Made(film, planned, making, verdict, heard, segments=names)


class _Ear:
    """Measures the loudness of a film's sound while it is decoded for its checks."""

    def __init__(self) -> None:
        self._meter: Meter | None = None

    def hear(self, piece: Heard) -> None:
        """A piece of sound; what a coder needs before the first sample doesn't count."""
        from daemon.audio.loudness import Meter

        if self._meter is None:
            self._meter = Meter(piece.rate, piece.samples.shape[1])
        import numpy as np

        self._meter.push(np.ascontiguousarray(piece.samples[max(0, -piece.first) :]))

    def loudness(self) -> sidecars.Loudness:
        """What was measured; empty where there was no sound."""
        return self._meter.result() if self._meter else sidecars.Loudness()


def _peak(measured: float, wanted: float) -> sidecars.Check:
    """The true peak, where the rule asks for a level. The coder adds some tenths of its own."""
    limit = wanted + 1.0
    return sidecars.Check(
        name="true peak", ok=measured <= limit, measured=f"{measured:.1f} dBTP", limit=f"{limit:.1f} dBTP"
    )


def part(progress: Progress, start: float, end: float, name: str = "") -> Progress:
    """Progress of a step as a part of the whole; what it says is left is stretched over what comes after it."""
    began = time.monotonic()

    def said(fraction: float, doing: str = "", **extra: Any) -> None:
        if name and "left" in extra:
            mine = time.monotonic() - began + extra["left"]
            extra["left"] = round(extra["left"] + mine * (1.0 - end) / max(1e-6, end - start))
        progress(start + (end - start) * min(1.0, max(0.0, fraction)), f"{name}: {doing}" if name else doing, **extra)

    return said
