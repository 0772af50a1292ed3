"""prompt: what to draw for each picture of the film.

A language model writes where each section happens and what is done there, if one is set up; else the rule's templates
do, from what was heard. What must hold all through (place, cast, wardrobe, time of day, style) is stated once in the
rule and put into every prompt in the same words, whoever writes. What the templates choose is chosen by the job's
seed: the same song under the same rule gets the same prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from daemon import sidecars
from daemon.backends.http import Http
from daemon.film import subtitles
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.stages import words
from daemon.stages.prompting import asking, models, palette, slots
from daemon.stages.prompting.script import Ask
from daemon.stages.prompting.writer import WRITER, Writer
from daemon.stages.tools import Tools

_KEPT = 4 << 20


def prompt(job: JobFolder, tools: Tools, http: Http | None = None) -> sidecars.Prompts:
    """The prompts of a song's film. FinalFault where job.json or analysis.json is missing or unreadable.

    http: another door than the settings', for tests.
    """
    facts = job.job()
    analysis = job.need(sidecars.Analysis)
    rule = tools.rule(facts)
    title = analysis.tags.title or facts.title
    tools.progress(0.1, "reading words")
    lines = words.timed(job, facts, analysis.tags)
    tools.progress(0.2, "writing prompts")
    counted = models.counters(tools.settings)
    found, why = models.choose(rule.writer, tools.settings, counted, http)
    made = asking.Written(notes=[f"the templates write: {why}"] if why else [])
    asks = plan(rule, analysis)[1]
    if found:
        sound, unsent = models.sound(job, facts) if rule.writer.audio else (None, "")
        one = asking.Asking(
            look=rule.look,
            idea=rule.writer.idea,
            analysis=analysis,
            lines=lines,
            title=title,
            seed=facts.seed,
            limit=tools.settings.limits.prompt,
            counted=counted,
            load=partial(_load, job),
            keep=partial(_keep, job, tools),
            progress=lambda fraction, doing: tools.progress(0.2 + 0.75 * fraction, doing),
        )
        made = one.write(found, asks, sound)
        if unsent and any(model.listens for model in found):
            made.notes.append(unsent)
    elif why:
        made.because = dict.fromkeys((ask.number for ask in asks), why)
    sidecar = write(rule, analysis, lines, seed=facts.seed, title=title, made=made)
    sidecar.made_by = ", ".join(dict.fromkeys(entry.writer for entry in sidecar.prompts)) or WRITER
    tools.progress(1.0, f"{len(sidecar.prompts)} prompts")
    return sidecar


def plan(rule: Rule, analysis: sidecars.Analysis) -> tuple[list[str], list[Ask]]:
    """What a person should know of the slots, and the sections that have any, with their slots and framings."""
    sections = _sections(analysis)
    spans, notes = slots.plan(sections, analysis.duration, rule.pictures.seconds, rule.pictures.least)
    ways = slots.framings([(span.section, sections[span.section].role) for span in spans], rule.look.framing)
    asks = []
    for number in dict.fromkeys(span.section for span in spans):
        own = [(span, way) for span, way in zip(spans, ways, strict=True) if span.section == number]
        asks.append(Ask(number, sections[number], tuple(span for span, _ in own), tuple(way for _, way in own)))
    return notes, asks


def write(
    rule: Rule,
    analysis: sidecars.Analysis,
    lines: Sequence[subtitles.Line],
    *,
    seed: int,
    title: str,
    made: asking.Written | None = None,
) -> sidecars.Prompts:
    """The prompts, from values alone. made: what language models wrote; all else the templates write."""
    look = rule.look
    made = made or asking.Written()
    notes, asks = plan(rule, analysis)
    colours = list(look.palette) or palette.palette(
        analysis.mood, analysis.key.name(), analysis.energy, analysis.valence, seed
    )
    writer = Writer(look, analysis, list(lines), seed, title, colours)
    prompts = [
        writer.write(
            *(span, ask.section, way, made.drafts.get(span.slot)),
            by=made.by.get(span.slot, WRITER),
            because=made.because.get(ask.number, ""),
        )
        for ask in asks
        for span, way in zip(ask.spans, ask.framing, strict=True)
    ]
    fallen = {entry.section for entry in prompts if entry.fallback_because}
    if fallen and len(fallen) < len(asks):
        made.notes.append(f"the templates wrote {len(fallen)} of {len(asks)} sections")
    return sidecars.Prompts(
        place=look.place,
        cast="; ".join(member.text for member in look.cast.values()),
        wardrobe=look.wardrobe,
        time_of_day=look.time_of_day,
        style=look.style,
        negative=look.negative,
        palette=colours,
        mood=list(analysis.mood),
        notes=[*notes, *made.notes],
        prompts=prompts,
    )


def _sections(analysis: sidecars.Analysis) -> list[sidecars.Section]:
    return analysis.sections or [sidecars.Section(start=0.0, end=analysis.duration)]


def _load(job: JobFolder, name: str) -> str:
    """A model's earlier answer; "" where there is none."""
    try:
        with open(job.file(name), "rb") as source:
            return source.read(_KEPT).decode("utf-8", "replace")
    except OSError:
        return ""


def _keep(job: JobFolder, tools: Tools, name: str, text: str) -> None:
    def make(path: Path) -> None:
        path.write_text(text, "utf-8")

    tools.publish(job, name, make)
