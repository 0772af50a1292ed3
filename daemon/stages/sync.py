"""Sync: the approved pictures become a film, cut on the music, and verified by decoding it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import durable, sidecars
from daemon.errors import FinalFault
from daemon.film import prepare
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daemon.film.assemble import Making
    from daemon.film.values import Slot, Timeline
    from daemon.film.verify import Verdict

TRIES = 2
_ENCODE, _JOIN, _VERIFY = 0.82, 0.87, 0.97  # where in the whole these steps end


@dataclass(frozen=True)
class _Sources:
    """All that the stage read."""

    job: sidecars.Job
    analysis: sidecars.Analysis
    rule: Rule
    slots: list[Slot]
    envelopes: dict[str, NDArray[np.float32]]

    @property
    def title(self) -> str:
        """As the person says, else as the file says, else as it was dropped."""
        return str(self.job.overrides.get("title") or self.analysis.tags.title or self.job.title)

    @property
    def artist(self) -> str:
        """As the person says, else as the file says."""
        return str(self.job.overrides.get("artist") or self.analysis.tags.artist)


def sync(job: JobFolder, tools: Tools) -> sidecars.Sync:
    """Makes the film, its edit, poster and report in the job folder.

    What lies there from an earlier attempt under the right fingerprint is used again. A film that fails its
    checks is made again once; then FinalFault. FinalFault where a picture or the song can't be read,
    PassingFault where the encoder was interrupted.
    """
    prepare(tools.settings.cache)
    from daemon.film import timeline

    sources = _read(job, tools)
    tools.progress(0.0, "planning the cuts")
    rule = sources.rule
    for attempt in range(1, TRIES + 1):
        planned = timeline.plan(sources.analysis, sources.slots, rule, sources.job.seed)
        result, verdict, making, names = _film(job, tools, sources, rule, planned)
        if verdict.ok:
            result.tries = attempt
            return _complete(job, tools, sources, planned, making, verdict, result)
        tools.log.warning("the film failed its check", why=verdict.sentence(), attempt=attempt)
        for name in (result.films[0].file, *names):
            durable.remove(job.file(name))
        if any(check.name == "flashes a second" and not check.ok for check in verdict.checks):
            rule = _calmer(rule)
    raise FinalFault(
        "the finished film failed its check twice",
        verdict.sentence(),
        "`dropreel retry` makes it anew; if it fails again, please report it with this line.",
        {"cause": "film", "checks": [check.model_dump() for check in verdict.checks]},
    )


def _calmer(rule: Rule) -> Rule:
    """The rule with shots long enough that cuts between bright and dark pictures are no strobe."""
    slower = max(0.7, rule.edit.least_shot)
    return rule.model_copy(update={"edit": rule.edit.model_copy(update={"least_shot": slower, "flashes": False})})


def _read(job: JobFolder, tools: Tools) -> _Sources:
    from daemon.film.focus import with_focus

    described = job.job()
    analysis = job.need(sidecars.Analysis)
    prompts = job.need(sidecars.Prompts)
    approval = job.need(sidecars.Approval)
    rule = tools.rule(described)
    slots = with_focus(slots_of(job.path, prompts, approval), rule.deliver.width, rule.deliver.height)
    return _Sources(described, analysis, rule, slots, load_envelopes(job.path, analysis))


def slots_of(folder: Path, prompts: sidecars.Prompts, approval: sidecars.Approval) -> list[Slot]:
    """The film's slots with their approved pictures. FinalFault where there is none, or a file is gone."""
    from daemon.film.values import PictureFile, Slot

    slots = []
    for prompt in prompts.prompts:
        pictures = []
        for picture in approval.pictures.get(prompt.slot, []):
            path = folder / picture.file
            if not path.is_file():
                raise FinalFault(
                    f"the picture {picture.file} is missing",
                    "it was approved, and isn't in the job's folder",
                    "Approve another one, or put it back and `dropreel retry`.",
                    {"path": str(path)},
                )
            scene = picture.scene if picture.origin == "painted" else {}
            pictures.append(PictureFile(picture.id, path, picture.fingerprint, scene))
        slots.append(Slot(prompt.slot, prompt.start, prompt.end, prompt.section, pictures))
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


def _film(
    job: JobFolder, tools: Tools, sources: _Sources, rule: Rule, planned: Timeline
) -> tuple[sidecars.Sync, Verdict, Making, list[str]]:
    """One film, made and verified: the sidecar so far, the verdict, what it was made with, its segments."""
    from daemon.film import assemble, encode
    from daemon.film.verify import verify

    deliver = rule.deliver
    encoding = encode.Encoding(planned.width, planned.height, planned.fps, deliver.preset, deliver.crf)
    making = assemble.Making(job.path, planned, sources.envelopes, encoding, tools.settings.ffmpeg_path())
    names = assemble.segments(making, _part(tools, 0.0, _ENCODE))

    source = sources.job.source()
    song = assemble.Song(
        job.file(source.file),
        sources.analysis.samples,
        sources.analysis.sample_rate,
        deliver.audio_kbps,
        *_level(sources.analysis, rule),
    )
    tags = {name: value for name, value in (("title", sources.title), ("artist", sources.artist)) if value}
    made = sidecars.fingerprint(names, source.file, source.size, source.mtime, replace(song, path=Path()), tags)
    name = f"film-{made}.mp4"
    tools.progress(_ENCODE, "joining pictures and sound")
    if not tools.has(job, name):
        tools.publish(job, name, lambda temp: assemble.join(making, names, song, tags, temp))

    tools.progress(_JOIN, "verifying")
    verdict = verify(job.file(name), planned, sources.envelopes, song.path, _part(tools, _JOIN, _VERIFY))
    film = sidecars.Film(
        file=name,
        fingerprint=made,
        width=planned.width,
        height=planned.height,
        fps=encoding.rate,
        frames=planned.frames,
        size=job.file(name).stat().st_size,
    )
    result = sidecars.Sync(films=[film], shots=len(planned.shots), av_offset_ms=verdict.av_offset_ms)
    result.checks = verdict.checks
    result.loudness_before = sources.analysis.loudness
    measured = encode.loudness(making.program, job.file(name))
    result.loudness_after = sidecars.Loudness(
        integrated_lufs=measured[0], range_lu=measured[1], true_peak_dbtp=measured[2]
    )
    if deliver.loudness is not None and measured[2] is not None:
        verdict.checks.append(_peak(measured[2], deliver.true_peak))
    return result, verdict, making, names


def _level(analysis: sidecars.Analysis, rule: Rule) -> tuple[float, float | None]:
    """Gain in dB and the limiter's true peak, where the rule asks for a loudness and the song has one."""
    heard = analysis.loudness
    if rule.deliver.loudness is None or heard.integrated_lufs is None:
        return 0.0, None
    gain = rule.deliver.loudness - heard.integrated_lufs
    peak = heard.true_peak_dbtp
    within = peak is not None and peak + gain <= rule.deliver.true_peak
    return round(gain, 3), None if within else rule.deliver.true_peak


def _peak(measured: float, wanted: float) -> sidecars.Check:
    """The true peak, where the rule asks for a level. The coder adds some tenths of its own."""
    limit = wanted + 1.0
    return sidecars.Check(
        name="true peak", ok=measured <= limit, measured=f"{measured:.1f} dBTP", limit=f"{limit:.1f} dBTP"
    )


def _part(tools: Tools, start: float, end: float) -> Callable[..., None]:
    """Progress of a step as a part of the whole."""

    def progress(fraction: float, doing: str = "", **extra: Any) -> None:
        tools.progress(start + (end - start) * min(1.0, max(0.0, fraction)), doing, **extra)

    return progress


def _complete(
    job: JobFolder,
    tools: Tools,
    sources: _Sources,
    planned: Timeline,
    making: Making,
    verdict: Verdict,
    result: sidecars.Sync,
) -> sidecars.Sync:
    """The edit, the scores, the poster and the report."""
    from daemon.film import scores
    from daemon.film.poster import poster

    tools.progress(_VERIFY, "poster and report")
    fps = Fraction(planned.fps)
    result.scores = scores.score(planned.cuts, sources.analysis.beats, planned.frames, fps, sources.job.seed)
    edit = planned.edit() | {"found_cuts": verdict.found}
    text = json.dumps(edit, ensure_ascii=False, indent=1) + "\n"
    made = sidecars.fingerprint(edit)
    result.edit = tools.publish(job, f"edit-{made}.json", lambda temp: _write(temp, text))

    result.extras = _lists(job, tools, sources, planned)

    film = result.films[0].fingerprint
    words = (sources.title, sources.artist, result.scores.sentence() if result.scores.cuts else "")
    result.poster = tools.publish(
        job,
        f"poster-{sidecars.fingerprint(film, words)}.jpg",
        lambda temp: poster(planned, making.envelopes, words[0], words[1], temp),
    )
    result.report = _report(job, tools, sources, edit, result, verdict.thumbnails)
    tools.progress(1.0, "done")
    return result


def _lists(job: JobFolder, tools: Tools, sources: _Sources, planned: Timeline) -> list[str]:
    """The edit for editing programs, and what was heard."""
    from daemon.film import editlist

    song = sources.job.source().name
    texts = {
        ("edit", "otio"): editlist.otio(planned, sources.title, song),
        ("edit", "edl"): editlist.edl(planned, sources.title),
        ("beats", "labels.txt"): editlist.labels(sources.analysis),
        ("beats", "csv"): editlist.table(sources.analysis, planned.fps),
    }

    def publish(text: str, name: str) -> str:
        return tools.publish(job, name, lambda temp: _write(temp, text))

    return [publish(text, f"{stem}-{sidecars.fingerprint(text)}.{ending}") for (stem, ending), text in texts.items()]


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def _report(
    job: JobFolder,
    tools: Tools,
    sources: _Sources,
    edit: dict[str, Any],
    result: sidecars.Sync,
    thumbnails: dict[int, bytes],
) -> str:
    from daemon.film import report as page

    renders = job.read(sidecars.Renders)
    html = page.report(
        sources.job,
        sources.analysis,
        edit,
        result,
        thumbnails,
        approval=job.read(sidecars.Approval),
        notes=renders.notes if renders else [],
    )
    return tools.publish(job, f"report-{sidecars.fingerprint(html)}.html", lambda temp: _write(temp, html))
