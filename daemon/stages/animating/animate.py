"""The stills of a film become clips: chosen once, made by as many hands as there are, handed back in the slots.

What can't be made is told in sync.json, and its still is composited: a film always arrives.
"""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from daemon import sidecars
from daemon.errors import Held
from daemon.rules import Rule
from daemon.stages.animating import choose, pace, who, words
from daemon.stages.animating.asked import Animator, NoAnimator
from daemon.stages.animating.choose import Choice, Chosen
from daemon.stages.animating.climb import Budget, Climbed, Climber
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    from daemon.film.values import PictureFile, Shot, Slot
    from daemon.stages.syncing.sources import Sources

_SHARE = 0.5  # of the stage's time limit after which no further clip is asked for in this attempt
_ASK_AGAIN = 5.0  # seconds between looks for a server that doesn't answer
# What a film still wants to know of a painted still that became a clip.
_KEPT = ("focus", "framing", "palette", "weather", "place")


@dataclass
class Animated:
    """The slots with their clips, what sync.json says of each, and what a person should know."""

    slots: list[Slot]
    clips: list[sidecars.Clip] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def animate(
    sources: Sources,
    tools: Tools,
    shots: Callable[[], Sequence[Shot]],
    progress: Callable[..., None],
    now: Callable[[], datetime] = datetime.now,
    clock: Callable[[], float] = time.monotonic,
) -> Animated:
    """Makes the clips of a film. shots: those of its timeline, made when they are wanted. Raises Held, OSError."""
    unchanged = Animated(sources.slots)
    tried: list[str] = []
    may_wait = _while(who.within_hours(sources.rule, now), tools.settings.limits.sync * _SHARE, tried, clock)
    try:
        by = who.animator(sources.rule, tools.settings, sources.folder.name, may_wait)
    except NoAnimator as fault:
        unchanged.notes.append(_none(fault))
        return unchanged
    if by is None:
        return unchanged
    planned = list(shots())
    fps = sources.rule.deliver.rate()
    choice = _kept(sources, tools, by, planned, fps)
    if not choice.chosen:
        return unchanged
    meter = _Meter([one.picture.id for one in choice.chosen], progress)
    minutes = sources.rule.animate.budget_minutes
    budget = Budget(60.0 * minutes * by.hands, f"the {minutes:g} minutes that the rule gives to clips")
    # Asked when it is needed: what was made before is shown whether or not anybody answers.
    unable = functools.cache(lambda: _unable(by, sources.rule, tools, may_wait, progress))
    climber = Climber(sources.folder, tools, by, unable, budget, sources.job.seed, meter.tell, may_wait, made=tried)
    made = _all(climber, choice, sources, meter)
    told = {str(one.picture.path): each.told for one, each in zip(choice.chosen, made, strict=True) if each.told}
    prints = {str(one.picture.path): each.clip.fingerprint for one, each in zip(choice.chosen, made, strict=True)}
    notes = [_none(NoAnimator(climber.gone[0].rstrip(".")))] if climber.gone else []
    if choice.too_long:
        notes.append(f"{choice.too_long} stills are shown longer than a clip can be, and are composited")
    return Animated(_with(sources.slots, told, prints), [each.clip for each in made], notes)


def _while(
    hours: Callable[[], None], seconds: float, tried: Sequence[str], clock: Callable[[], float]
) -> Callable[[], None]:
    """Raises Held outside the hours, and where the attempt nears its end: the next one goes on with what is there."""
    end = clock() + seconds

    def look() -> None:
        hours()
        if tried and clock() > end:
            raise Held("clips go on in another attempt", f"{len(tried)} were made in this one", "", {"after": 1.0})

    return look


def _unable(
    by: Animator, rule: Rule, tools: Tools, may_wait: Callable[[], None], progress: Callable[..., None]
) -> dict[str, str]:
    """The rungs that can't be climbed; servers that don't answer are waited for where the rule wants nothing else."""
    patience = tools.settings.comfyui.patience if rule.animate.by == "comfyui" else 0.0
    began = time.monotonic()
    while True:
        try:
            return by.unable()
        except NoAnimator as fault:
            if time.monotonic() - began >= patience:
                raise
            may_wait()
            progress(0.0, f"waiting for {by.name}: {fault.what}")
            time.sleep(min(_ASK_AGAIN, patience))


def budgeted(
    rule: Rule,
    by: Animator,
    learned: pace.Pace,
    shots: Sequence[Shot],
    sections: Sequence[sidecars.Section],
    fps: Fraction,
) -> Choice:
    """What is worth its time within the rule's minutes, by what is known of how long clips take."""
    from daemon.film.pictures import dimensions

    def cost(picture: PictureFile, frames: int) -> float:
        wanted = pace.work(*by.grid.size(*dimensions(picture.path)), frames)
        return learned.seconds(by.workflow, wanted, by.published, by.grid.largest)

    seconds = 60.0 * rule.animate.budget_minutes * by.hands
    return choose.choose(shots, sections, fps, by.grid, cost, seconds)


def _kept(sources: Sources, tools: Tools, by: Animator, shots: Sequence[Shot], fps: Fraction) -> Choice:
    """The choice, made once: what is learned meanwhile changes none that was begun."""
    facts = [[str(shot.picture.path.name), shot.start, shot.end] for shot in shots]
    name = f"choice-{sidecars.fingerprint(facts, sources.rule.animate.model_dump(), by.workflow)}.json"
    choice = budgeted(sources.rule, by, pace.read(tools.settings.stages), shots, sources.analysis.sections, fps)
    if not tools.has(sources.folder, name):
        text = json.dumps([[o.picture.path.name, o.frames, o.least, o.on_screen, o.cost] for o in choice.chosen])
        tools.publish(sources.folder, name, lambda temp: _write(temp, text))
        return choice
    pictures = {shot.picture.path.name: shot for shot in reversed(shots)}
    try:
        lines = json.loads((sources.folder.path / name).read_text("utf-8"))
        chosen = []
        for file, frames, least, on_screen, cost in lines:
            shot = pictures[file]
            chosen.append(
                Chosen(shot.picture, shot.slot, shot.section, int(frames), int(least), on_screen, 0.0, float(cost))
            )
    except (OSError, ValueError, KeyError, TypeError):
        return choice
    return replace(choice, chosen=tuple(chosen))


def _all(climber: Climber, choice: Choice, sources: Sources, meter: _Meter) -> list[Climbed]:
    """Every clip, in the film's order, as many at once as there are hands."""
    prompts = {prompt.slot: prompt for prompt in sources.folder.need(sidecars.Prompts).prompts}

    def one(chosen: Chosen) -> Climbed:
        prompt, negative = _words(chosen, prompts.get(chosen.slot), sources)
        because = f"{chosen.on_screen:.1f} s on the screen" if chosen.on_screen else ""
        made = climber.climb(chosen, prompt, negative, because)
        meter.done(chosen.picture.id)
        return made

    try:
        with ThreadPoolExecutor(climber.animator.hands, thread_name_prefix="clip") as threads:
            futures = [threads.submit(one, chosen) for chosen in choice.chosen]
            try:
                return [future.result() for future in futures]
            except BaseException:
                threads.shutdown(wait=True, cancel_futures=True)
                raise
    finally:
        climber.animator.close()


def _words(chosen: Chosen, prompt: sidecars.Prompt | None, sources: Sources) -> tuple[str, str]:
    from daemon.film.cuts import level

    sections, said = sources.analysis.sections, sources.rule.animate
    section = sections[min(chosen.section, len(sections) - 1)] if sections else sidecars.Section(start=0, end=0)
    still = prompt.prompt if prompt else ""
    negative = prompt.negative if prompt else ""
    return words.moving(still, section.role, level(section), said.motion), words.unmoving(negative, said.negative)


def with_clips(sources: Sources, clips: Sequence[sidecars.Clip]) -> Sources:
    """The same with the clips that a finished film was made of, as far as they still lie there."""
    from daemon.stages.animating.climb import told

    by_id = {clip.picture: clip for clip in clips if clip.file}
    found: dict[str, dict[str, Any]] = {}
    prints: dict[str, str] = {}
    for slot in sources.slots:
        for picture in slot.pictures:
            clip = by_id.get(picture.id)
            if clip and (reel := told(sources.folder.path / clip.file, f"clip of {picture.id}")):
                found[str(picture.path)], prints[str(picture.path)] = reel, clip.fingerprint
    return replace(sources, slots=_with(sources.slots, found, prints))


def _with(slots: Sequence[Slot], told: dict[str, dict[str, Any]], prints: dict[str, str]) -> list[Slot]:
    """The slots with clips in place of their stills."""

    def moving(picture: PictureFile) -> PictureFile:
        reel = told.get(str(picture.path))
        if not reel:
            return picture
        kept = {name: picture.scene[name] for name in _KEPT if name in picture.scene}
        return replace(picture, scene={**kept, "own": {"clip": reel}}, fingerprint=prints[str(picture.path)])

    return [replace(slot, pictures=[moving(picture) for picture in slot.pictures]) for slot in slots]


def _none(fault: NoAnimator) -> str:
    return f"no clips, its stills are composited: {fault.sentence()}"


def _write(path: Any, text: str) -> None:
    path.write_text(text, "utf-8")


class _Meter:
    """How far all clips are together, said as progress."""

    def __init__(self, pictures: Sequence[str], progress: Callable[..., None]) -> None:
        self._shares = dict.fromkeys(pictures, 0.0)
        self._progress = progress
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def tell(self, picture: str, share: float, doing: str) -> None:
        """A clip is so far on its present rung."""
        with self._lock:
            self._shares[picture] = max(self._shares[picture], min(0.95, share))
            self._say(f"clip of {picture}: {doing}")

    def done(self, picture: str) -> None:
        """A clip is there, or given up."""
        with self._lock:
            self._shares[picture] = 1.0
            self._say(f"clip of {picture} done")

    def _say(self, doing: str) -> None:
        whole = sum(self._shares.values()) / max(1, len(self._shares))
        spent = time.monotonic() - self._began
        self._progress(whole, doing, **({"left": round(spent * (1 - whole) / whole)} if whole > 0.02 else {}))
