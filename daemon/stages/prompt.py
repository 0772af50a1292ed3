"""prompt: what to draw for each picture of the film, written from the rule's templates and from what was heard.

What must hold all through (place, cast, wardrobe, time of day, style) is stated once in the rule and
put into every prompt in the same words. Everything that is chosen is chosen by the job's seed: the
same song under the same rule gets the same prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon import sidecars
from daemon.film import subtitles
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.stages import words
from daemon.stages.prompting import palette, slots
from daemon.stages.prompting.writer import WRITER, Writer
from daemon.stages.tools import Tools


def prompt(job: JobFolder, tools: Tools) -> sidecars.Prompts:
    """The prompts of a song's film. FinalFault where job.json or analysis.json is missing or unreadable."""
    facts = job.job()
    analysis = job.need(sidecars.Analysis)
    tools.progress(0.1, "reading words")
    lines = words.timed(job, facts, analysis.tags)
    tools.progress(0.3, "writing prompts")
    made = write(tools.rule(facts), analysis, lines, seed=facts.seed, title=analysis.tags.title or facts.title)
    made.made_by = WRITER
    tools.progress(1.0, f"{len(made.prompts)} prompts")
    return made


def write(
    rule: Rule, analysis: sidecars.Analysis, lines: Sequence[subtitles.Line], *, seed: int, title: str
) -> sidecars.Prompts:
    """The prompts, from values alone."""
    look = rule.look
    sections = analysis.sections or [sidecars.Section(start=0.0, end=analysis.duration)]
    spans, notes = slots.plan(sections, analysis.duration, rule.pictures.seconds, rule.pictures.least)
    framing = slots.framings([(span.section, sections[span.section].role) for span in spans], look.framing)
    colours = list(look.palette) or palette.palette(
        analysis.mood, analysis.key.name(), analysis.energy, analysis.valence, seed
    )
    writer = Writer(look, analysis, list(lines), seed, title, colours)
    return sidecars.Prompts(
        place=look.place,
        cast="; ".join(member.text for member in look.cast.values()),
        wardrobe=look.wardrobe,
        time_of_day=look.time_of_day,
        style=look.style,
        negative=look.negative,
        palette=colours,
        mood=list(analysis.mood),
        notes=notes,
        prompts=[writer.write(span, sections[span.section], way) for span, way in zip(spans, framing, strict=True)],
    )
