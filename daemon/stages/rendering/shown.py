"""What people look at before they decide: contact sheets, and an animatic of what the film would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon import sidecars
from daemon.errors import Fault
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.sidecars import Analysis, Decisions, Prompts, Renders
from daemon.stages.rendering import plan
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST = 1800.0  # seconds of a song that still gets an animatic
_FROM, _TO = 0.86, 1.0  # share of the work that is the animatic


def sheets(
    job: JobFolder, tools: Tools, facts: sidecars.Job, analysis: Analysis, prompts: Prompts, made: Renders
) -> Renders:
    """Publishes the contact sheets; returns `made` with their names."""
    from daemon.film import lettering, sheet

    tools.progress(0.82, "contact sheet")
    sections = analysis.sections
    replaced = {picture.replaces for picture in made.pictures}
    rows = [
        sheet.Row(
            prompt.slot,
            sections[prompt.section].role if prompt.section < len(sections) else "section",
            prompt.start,
            prompt.end,
            [
                sheet.Cell(
                    picture.id, job.path / picture.file, picture.note, bool(picture.replaces), picture.id in replaced
                )
                for picture in made.pictures
                if picture.slot == prompt.slot
            ],
        )
        for prompt in prompts.prompts
    ]
    title = analysis.tags.title or facts.title
    title = title if lettering.lettered(title, 64)[0] else f"Song {facts.id}"
    tempo = f"{analysis.tempo.bpm:.0f} BPM" if analysis.tempo.bpm else "no beat"
    count = len(made.pictures)
    subtitle = f"{count} picture{'' if count == 1 else 's'} for {len(rows)} places  -  {tempo}, {analysis.key.name()}"
    bar = [(section.start, section.end, section.role) for section in sections]
    names = []
    for number, page in enumerate(sheet.pages(rows), 1):
        words = [
            [row.slot, row.role, row.start, row.end, [(c.label, c.path.name, c.note, c.past) for c in row.cells]]
            for row in page
        ]
        print_ = sidecars.fingerprint("sheet", sheet.VERSION, title, subtitle, bar, words, len(rows))
        name = f"contact-{number}-{print_}.jpg"
        if not tools.has(job, name):
            data = sheet.draw(title, subtitle, bar, page, number, sheet.count(rows))
            tools.publish(job, name, lambda temp, data=data: temp.write_bytes(data))  # type: ignore[misc]
        names.append(name)
    made.contact_sheet = names[0]
    # Not a field of the model: those who lay out the pages ask for what is beyond it.
    return made.model_copy(update={"contact_sheets": names})


def animatic(
    job: JobFolder,
    tools: Tools,
    facts: sidecars.Job,
    rule: Rule,
    analysis: Analysis,
    prompts: Prompts,
    made: Renders,
    decisions: Decisions,
    notes: list[str],
) -> None:
    """Publishes the animatic and names it in `made`. Where none can be made a note tells why; the pictures stand."""
    if analysis.duration > LONGEST:
        notes.append(f"no animatic: the song is longer than {LONGEST / 60:.0f} minutes")
        return
    try:
        _animatic(job, tools, facts, rule, analysis, prompts, made, decisions)
    except Fault as fault:
        notes.append(f"no animatic: {fault.sentence()}")
    except Exception as error:  # a first sight is a courtesy: whatever goes wrong in it, the pictures are done
        tools.log.warning("the animatic failed", error=repr(error))
        notes.append(f"no animatic: {error or type(error).__name__}")


def _animatic(
    job: JobFolder,
    tools: Tools,
    facts: sidecars.Job,
    rule: Rule,
    analysis: Analysis,
    prompts: Prompts,
    made: Renders,
    decisions: Decisions,
) -> None:
    from daemon import film

    film.prepare(tools.settings.cache)
    from daemon.film.animatic import animatic as make
    from daemon.film.timeline import PictureFile, Slot

    tools.progress(_FROM, "animatic")
    slots = [
        Slot(
            prompt.slot,
            prompt.start,
            prompt.end,
            prompt.section,
            [
                PictureFile(picture.id, job.path / picture.file, picture.fingerprint, picture.scene)
                for picture in plan.preferred([p for p in made.pictures if p.slot == prompt.slot], decisions)
            ],
            prompt.prompt,
        )
        for prompt in prompts.prompts
    ]
    firsts = [[slot.slot, slot.start, slot.end, slot.pictures[0].fingerprint] for slot in slots if slot.pictures]
    heard = sidecars.digest(job.path, ("analysis.json",))
    print_ = sidecars.fingerprint(
        "animatic", firsts, heard, rule.edit.model_dump(), rule.deliver.model_dump(), facts.seed
    )
    name = f"animatic-{print_}.mp4"
    if not tools.has(job, name):

        def progress(fraction: float, doing: str = "animatic", **extra: object) -> None:
            tools.progress(_FROM + (_TO - _FROM) * min(1.0, max(0.0, fraction)), doing, **extra)

        sound = job.file(facts.source().file)
        envelopes = _envelopes(job, analysis)
        ffmpeg = tools.settings.ffmpeg_path()
        tools.publish(
            job,
            name,
            lambda temp: make(
                analysis, envelopes, slots, rule, facts.seed, sound, temp, ffmpeg=ffmpeg, progress=progress
            ),
        )
    made.animatic = name


def _envelopes(job: JobFolder, analysis: Analysis) -> dict[str, NDArray[np.float32]]:
    """The envelopes as arrays, one value a film frame; none where the analysis has none."""
    import numpy as np

    if not analysis.envelopes.file:
        return {}
    with np.load(job.file(analysis.envelopes.file), allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
