"""What lies beside the film: the edit, the scores, the poster, the report."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon import sidecars
from daemon.job import slug
from daemon.stages.syncing.films import Made
from daemon.stages.syncing.sources import Sources
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    from daemon.film.values import Timeline


def complete(
    sources: Sources, tools: Tools, made: Made, result: sidecars.Sync, further: dict[str, Timeline] | None = None
) -> None:
    """Publishes all of it, and names it in `result`. further: the other films' timelines by what people call them."""
    from daemon.film import scores
    from daemon.film.lettering import hand_for
    from daemon.film.poster import poster

    job, planned = sources.folder, made.planned
    fps = Fraction(planned.fps)
    result.scores = scores.score(planned.cuts, sources.analysis.beats, planned.frames, fps, sources.job.seed)
    edit = planned.edit() | {"found_cuts": made.verdict.found}
    text = json.dumps(edit, ensure_ascii=False, indent=1) + "\n"
    print_ = sidecars.fingerprint(edit)
    result.edit = tools.publish(job, f"edit-{print_}.json", lambda temp: _write(temp, text))
    result.extras = _lists(sources, tools, planned, further or {})

    line = result.scores.sentence() if sources.rule.deliver.poster_line and result.scores.cuts else ""
    words = (sources.title, sources.artist, line)
    if lost := "".join(sorted({letter for word in words for letter in hand_for([word]).written(word)[1]})):
        result.notes.append(f"the poster lacks {' '.join(lost[:12])}: no font here draws it")
    result.poster = tools.publish(
        job,
        f"poster-{sidecars.fingerprint(made.film.fingerprint, words)}.jpg",
        lambda temp: poster(planned, sources.envelopes, *words[:2], temp, line),
    )
    result.report = _report(sources, tools, edit, result, made.verdict.thumbnails)


def _lists(sources: Sources, tools: Tools, first: Timeline, further: dict[str, Timeline]) -> list[str]:
    """The edit for editing programs, and what was heard. A further film with frames of its own has its own."""
    from daemon.film import editlist

    song, title = sources.job.source().name, sources.title

    def of(planned: Timeline, name: str = "") -> dict[tuple[str, str], str]:
        tail = f"-{slug(name)}" if name else ""
        return {
            (f"edit{tail}", "otio"): editlist.otio(planned, title, song),
            (f"edit{tail}", "edl"): editlist.edl(planned, title),
            (f"beats{tail}", "csv"): editlist.table(sources.analysis, planned.fps),
        }

    texts = of(first) | {("beats", "labels.txt"): editlist.labels(sources.analysis)}
    known = set(texts.values())
    for name, planned in further.items():
        texts |= {file: text for file, text in of(planned, name).items() if text not in known}

    def publish(text: str, name: str) -> str:
        return tools.publish(sources.folder, name, lambda temp: _write(temp, text))

    return [publish(text, f"{stem}-{sidecars.fingerprint(text)}.{ending}") for (stem, ending), text in texts.items()]


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def _report(
    sources: Sources, tools: Tools, edit: dict[str, Any], result: sidecars.Sync, thumbnails: dict[int, bytes]
) -> str:
    from daemon.film import report as page

    approval = sources.folder.read(sidecars.Approval)
    renders = sources.folder.read(sidecars.Renders)
    notes = renders.notes if renders else []
    html = page.report(sources.job, sources.analysis, edit, result, thumbnails, approval=approval, notes=notes)
    return tools.publish(sources.folder, f"report-{sidecars.fingerprint(html)}.html", lambda temp: _write(temp, html))
