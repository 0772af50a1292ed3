"""render: candidates for every slot, a contact sheet, an animatic; and what a redo asks for.

Each picture is published under a name made of its fingerprint (prompt, seed, painter, version, size)
and carries its own recipe as a PNG text, so that an interrupted render goes on where it stopped.
In a redo round only what was asked for is painted; the rest stays as it was.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from daemon import film, sidecars
from daemon.errors import FinalFault
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.sidecars import Analysis, Picture, Prompts, Renders
from daemon.stages.animating import estimate
from daemon.stages.prompting import palette
from daemon.stages.rendering import comfy, files, material, moving, own, plan, references, shown
from daemon.stages.rendering.steer import Wish, steer
from daemon.stages.tools import Tools

_PAINTING = 0.8  # share of the work
_NO_COMFYUI = "no ComfyUI is connected"


class Painter(Protocol):
    """daemon.film.painter, or what stands in for it."""

    VERSION: str

    def Request(self, **facts: Any) -> Any:  # noqa: N802 (the painter's own name)
        """What to paint."""

    def paint(self, request: Any) -> Any:
        """A picture (H x W x 3 uint8) and its scene."""


def painter() -> Painter:
    """The built-in painter; heavy, so it is imported here."""
    import daemon.film.painter as found

    return found  # type: ignore[return-value]


def render(job: JobFolder, tools: Tools) -> Renders:
    """The pictures of a job, or those of its next round where it lies in `rendered` already.

    FinalFault where a sidecar is missing or unreadable; OSError where the disk is full or the job was moved.
    """
    film.prepare(tools.settings.cache)
    facts = job.job()
    work = _Work(job, tools, facts, tools.rule(facts), job.need(Prompts), job.need(Analysis))
    if not work.prompts.prompts:
        raise FinalFault("there is nothing to paint", "prompts.json holds no prompt", "`dropreel retry` the job.")
    before = job.read(Renders) if job.stage == "rendered" else None
    decisions = (job.read(sidecars.Decisions) if before else None) or sidecars.Decisions()
    if before is None:
        round_, pictures = 1, work.first_round()
    else:
        wanted, notes = plan.redo_round(work.prompts.prompts, before, decisions)
        work.notes += [*before.notes, *notes]
        round_ = before.round + (1 if wanted else 0)
        pictures = [*work.kept(before.pictures), *work.painted(wanted)]
    pictures = plan.in_order(pictures)
    made = Renders(round=round_, pictures=pictures, made_by=f"render {work.painter.VERSION}")
    made = shown.sheets(job, tools, facts, work.analysis, work.prompts, made)
    shown.animatic(job, tools, facts, work.rule, work.analysis, work.prompts, made, decisions, work.notes)
    made.estimate = estimate.line(
        job, tools.settings, work.rule, facts, work.analysis, work.prompts, pictures, decisions
    )
    made.notes = list(dict.fromkeys(work.notes))
    tools.progress(1.0, f"{len(pictures)} pictures")
    return made


@dataclass
class _Work:
    """What one render knows, and what it has to say."""

    job: JobFolder
    tools: Tools
    facts: sidecars.Job
    rule: Rule
    prompts: Prompts
    analysis: Analysis
    notes: list[str] = field(default_factory=list)
    done: int = 0
    total: int = 1

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.painter = painter()
        self.size = plan.size(self.rule)
        self.cover = plan.cover(self.rule)
        self.fallback = _NO_COMFYUI if self.rule.pictures.painter == "comfyui" else ""
        self.comfy: comfy.Comfy | None = None
        self.material = material.Material()
        self.clips: list[moving.Reel] = []
        if self.rule.pictures.painter in ("auto", "own"):
            self.material, notes = material.gather(self.job, self.tools, self.facts, self.rule.look, self.cover)
            clips = moving.clips(self.job, self.tools, self.facts.with_role("clip"), notes)
            self.clips = clips
            self.notes += notes
        if self.rule.pictures.painter in ("auto", "comfyui") and self.tools.settings.comfyui.urls:
            self._outside()

    def _outside(self) -> None:
        """ComfyUI paints, where it is connected; not in place of people's own cast unless it is told who they are."""
        found, notes = references.gather(self.job, self.tools, self.facts, self.rule.look)
        painter = comfy.Comfy(self.job, self.tools, self.rule, self.size, found, self._say, notes=self.notes)
        if self.material and not (painter.takes_references() and not self.material.backgrounds):
            return
        self.comfy, self.fallback = painter, ""
        self.notes += notes

    def _say(self, doing: str, **extra: Any) -> None:
        self.tools.progress(_PAINTING * min(1.0, self.done / self.total), doing, **extra)

    def first_round(self) -> list[Picture]:
        """Each slot's candidates: people's own where there are some and the rule allows, painted otherwise."""
        wanted = plan.first_round(self.prompts.prompts, self.rule.pictures.candidates)
        mine: list[sidecars.Member] = []
        if self.rule.pictures.painter in ("auto", "own"):
            mine = [*self.facts.with_role("picture"), *(clip.member for clip in self.clips)]
        self.total = len(self.prompts.prompts) if mine else len(wanted)
        found = self._own(mine)
        if self.rule.pictures.painter == "own" and not found and not self.material:
            self.fallback = "no picture that can be used was dropped with the song"
        # A slot whose own pictures can't be read is painted.
        have = {picture.slot for picture in found}
        missing = [item for item in wanted if item.prompt.slot not in have]
        self.total = max(1, self.done + len(missing))
        return [*found, *self.painted(missing)]

    def painted(self, wanted: Sequence[plan.Wanted]) -> list[Picture]:
        """Paints what isn't there yet; what is there with the right fingerprint is taken as it is."""
        self.total = max(self.total, self.done + len(wanted))
        outside = self.comfy.paint(wanted, self._tick) if self.comfy and wanted else {}
        made = [self._painted(item, outside.get(item.id, self.fallback)) for item in wanted]
        self.notes += comfy.told(made)
        return made

    def _painted(self, item: plan.Wanted, outside: comfy.Made | str) -> Picture:
        """A picture as ComfyUI made it, or by the built-in painter, with the reason why."""
        if isinstance(outside, str):
            return self._paint(item, outside)
        width, height = self.size
        return self._picture(
            item,
            file=outside.file,
            fingerprint=outside.fingerprint,
            width=width,
            height=height,
            painter=outside.painter,
            model=outside.model,
        )

    def kept(self, pictures: Sequence[Picture]) -> list[Picture]:
        """The pictures of earlier rounds, as they were; one whose file was lost is painted again."""
        prompts = {prompt.slot: prompt for prompt in self.prompts.prompts}
        found = []
        for picture in pictures:
            if (self.job.path / picture.file).is_file() or picture.slot not in prompts:
                found.append(picture)
                continue
            prompt, notes = prompts[picture.slot], tuple(picture.notes)
            again = plan.Wanted(prompt, picture.candidate, picture.seed, notes, picture.replaces, picture.asked_at)
            self.notes.append(f"{picture.id} was lost and is painted anew")
            found += self.painted([again])
        return found

    def _paint(self, item: plan.Wanted, because: str) -> Picture:
        request = self.painter.Request(**self._request(item))
        width, height = self.size
        brought = self._brought(item)
        print_ = sidecars.fingerprint("builtin", self.painter.VERSION, dataclasses.asdict(request), *brought.items())
        name = f"{item.id}-{print_}.png"
        scene = files.there(self.tools, self.job, name, print_)
        if scene is None:
            painted = self._with_own(request, brought) if brought else self.painter.paint(request)
            scene = dict(painted.scene)
            recipe = {"fingerprint": print_, "seed": item.seed, "prompt": item.words, "scene": scene}
            from PIL import Image

            files.publish(self.tools, self.job, name, Image.fromarray(painted.picture), recipe)
        self._tick(f"picture {item.id}")
        return self._picture(
            item,
            file=name,
            fingerprint=print_,
            width=width,
            height=height,
            painter=f"builtin {self.painter.VERSION}",
            fallback_because=because,
            scene=scene,
        )

    def _picture(self, item: plan.Wanted, **facts: Any) -> Picture:
        return Picture(
            slot=item.prompt.slot,
            candidate=item.candidate,
            seed=item.seed,
            prompt=item.words,
            note=item.notes[-1] if item.notes else "",
            notes=list(item.notes),
            replaces=item.replaces,
            asked_at=item.asked_at,
            **facts,
        )

    def _brought(self, item: plan.Wanted) -> dict[str, Any]:
        """What a picture shows of people's own cast and backgrounds; empty where they brought none."""
        if not self.material:
            return {}
        slots = [prompt.slot for prompt in self.prompts.prompts]
        return self.material.for_slot(item.prompt, slots.index(item.prompt.slot), plan.LETTERS.index(item.candidate))

    def _with_own(self, request: Any, brought: dict[str, Any]) -> Any:
        from daemon.film import staging

        return staging.paint(request, brought, self.job.path)

    def _request(self, item: plan.Wanted) -> dict[str, Any]:
        prompt = item.prompt
        section = self.analysis.sections[prompt.section] if prompt.section < len(self.analysis.sections) else None
        energy = section.energy if section else self.analysis.energy
        labels = list(dict.fromkeys(each.label or each.role for each in self.analysis.sections))
        number = labels.index(section.label or section.role) if section else 0
        wish = Wish(
            palette=tuple(palette.of_section(self.prompts.palette, energy, number)),
            mood=tuple(self.prompts.mood),
            scene=prompt.scene,
            characters=tuple(prompt.characters),
            pose=prompt.pose,
            framing=prompt.framing,
            time_of_day=prompt.time_of_day,
            energy=energy,
        )
        for note in item.notes:
            wish = steer(wish, note)
        return {
            "prompt": item.words,
            "seed": item.seed,
            "width": self.size[0],
            "height": self.size[1],
            "key": ((section.key if section else None) or self.analysis.key).name(),
            "sheet": self.rule.look.sheet,
            "role": section.role if section else "section",
            **{each.name: getattr(wish, each.name) for each in dataclasses.fields(wish)},
        }

    def _own(self, members: list[sidecars.Member]) -> list[Picture]:
        """People's own pictures, spread over the slots."""
        prompts = self.prompts.prompts
        if self.material:
            # The cast plays between the pictures: these take at most every other place, and none comes twice.
            count = min(len(members), -(-len(prompts) // 2))
            prompts = [prompts[index * len(prompts) // count] for index in range(count)]
        good, seen = list(members), set()
        while True:
            # Only those that are to be shown are opened; one that can't be makes room for another.
            uses = own.spread(good, len(prompts), self.rule.pictures.candidates)
            fresh = {use.member.file: use.member for share in uses for use in share if use.member.file not in seen}
            seen |= set(fresh)
            bad = {member.file for member in fresh.values() if not self._readable(member)}
            good = [member for member in good if member.file not in bad]
            if not bad:
                break
        if not good:
            return []
        if len(good) < len(prompts):
            self.notes.append(f"{len(good)} own pictures for {len(prompts)} places: some come again, closer")
        found = []
        for prompt, shares in zip(prompts, uses, strict=True):
            for letter, use in zip(plan.LETTERS, shares, strict=False):
                found.append(self._take(prompt, letter, use))
            self._tick(f"own pictures for {prompt.slot}")
        return found

    def _clip(self, member: sidecars.Member) -> dict[str, Any] | None:
        return next((clip.told for clip in self.clips if clip.member is member), None)

    def _readable(self, member: sidecars.Member) -> bool:
        if self._clip(member):
            return True
        try:
            own.load(self.job.file(member.file), 64, 64, 0)
        except ValueError as error:
            self.notes.append(f"{member.name} can't be used as a picture: {error}")
            return False
        return True

    def _take(self, prompt: sidecars.Prompt, letter: str, use: own.Use) -> Picture:
        facts = [use.member.file, use.member.size, use.member.mtime, use.again, *self.cover]
        print_ = sidecars.fingerprint("own", own.VERSION, facts)
        name = f"{prompt.slot}{letter}-{print_}.png"
        clip = self._clip(use.member)
        if files.there(self.tools, self.job, name, print_) is None:
            picture = (
                moving.still(self.job, moving.later(clip, use.again), self.size, use.again)
                if clip
                else own.load(self.job.file(use.member.file), *self.cover, use.again)
            )
            files.publish(self.tools, self.job, name, picture, {"fingerprint": print_, "scene": {}})
        width, height = files.dimensions(self.job.path / name)
        again = f", shown again{'' if clip else ' closer'} ({use.again + 1})" if use.again else ""
        return Picture(
            slot=prompt.slot,
            candidate=letter,
            file=name,
            fingerprint=print_,
            width=width,
            height=height,
            prompt=f"{use.member.name}{again}",
            origin="own",
            painter="own",
            scene={"own": {"clip": moving.later(clip, use.again)}} if clip else {},
        )

    def _tick(self, doing: str) -> None:
        self.done += 1
        # Pictures that lay there already take no time, and make the estimate no worse than short.
        left = (time.monotonic() - self.began) / self.done * (self.total - self.done)
        self.tools.progress(_PAINTING * min(1.0, self.done / self.total), doing, left=round(left, 1))
