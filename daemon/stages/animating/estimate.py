"""What the clips of a film will cost, said before anybody approves: one line, by clips measured here or by published
figures, and following the rule's budget as the choice does. No server is asked."""

from __future__ import annotations

from collections.abc import Sequence

from daemon import sidecars
from daemon.errors import Fault
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.stages.animating import animate, pace, who
from daemon.stages.animating.asked import Animator, NoAnimator
from daemon.stages.animating.choose import Choice
from daemon.stages.rendering import plan


def line(
    job: JobFolder,
    settings: Settings,
    rule: Rule,
    facts: sidecars.Job,
    analysis: sidecars.Analysis,
    prompts: sidecars.Prompts,
    pictures: Sequence[sidecars.Picture],
    decisions: sidecars.Decisions,
) -> str:
    """'12 of 38 stills become clips, about 24 minutes (by 20 clips made here)'; "" where nobody makes clips.

    The film is planned of the pictures that a first sight would show; other choices change the line little.
    """
    from daemon.film import timeline
    from daemon.stages.syncing.sources import slots_of

    try:
        by = who.animator(rule, settings)
        if by is None:
            return ""
    except NoAnimator as fault:
        return f"No clips: {fault.sentence()}"
    chosen = {
        prompt.slot: plan.preferred([one for one in pictures if one.slot == prompt.slot], decisions)[:1]
        for prompt in prompts.prompts
    }
    try:
        shots = timeline.plan(analysis, slots_of(job.path, prompts, chosen), rule, facts.seed).shots
        learned = pace.read(settings.stages)
        choice = animate.budgeted(rule, by, learned, shots, analysis.sections, rule.deliver.rate())
    except (Fault, ValueError):
        return ""  # without pictures there is nothing to say; whoever makes the film says what is wrong
    return said(choice, by, learned, rule.animate.budget_minutes)


def said(choice: Choice, by: Animator, learned: pace.Pace, minutes: float) -> str:
    """The choice as one line."""
    made_here = learned.clips(by.workflow)
    source = f"by the last {made_here} clips made here" if made_here > 1 else "by the one clip made here"
    if not made_here:
        source = f"by published figures ({by.source})" if by.source else "a guess: none was made here yet"
    if not choice.chosen:
        one = learned.seconds(by.workflow, by.grid.largest, by.published, by.grid.largest)
        return f"No still becomes a clip: one takes about {_time(one)} ({source}), the rule gives {minutes:g} minutes."
    took = _time(choice.seconds / by.hands)
    return (
        f"{len(choice.chosen)} of {choice.stills} stills become clips, about {took} with {by.name} ({source}); "
        f"the rule gives {minutes:g} minutes."
    )


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
