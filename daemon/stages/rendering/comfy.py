"""Pictures by ComfyUI: which workflow, which size, which references; one run a picture, on as many servers as answer.

What can't be had comes back with the reason, and the built-in painter steps in for that picture alone.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from daemon import hours, sidecars
from daemon.backends import comfyui
from daemon.backends.comfyui import Pool, Seen, Task, pooled
from daemon.backends.comfyui.workflow import Workflow
from daemon.errors import Fault, Held
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.stages.rendering import files, generated, plan, workflows
from daemon.stages.rendering.references import References
from daemon.stages.tools import Tools

VERSION = "1"
PREVIEW = "preview.jpg"
_PREVIEW_EVERY = 2.0
_ASK_AGAIN = 5.0
_REASON = 300
_SHOWN = 6
_SHARE = 0.75  # of the stage's time limit after which no further picture is begun in this attempt
_TRIES = 2  # of a picture that somebody stopped, or that came out flat


@dataclass(frozen=True)
class Made:
    """A picture that lies in the job's folder."""

    file: str
    fingerprint: str
    painter: str
    model: str


@dataclass(frozen=True)
class _Wish:
    """A picture and all that makes it what it is."""

    item: plan.Wanted
    workflow: Workflow
    values: Mapping[str, Any]
    images: tuple[comfyui.Picture, ...]
    fingerprint: str

    @property
    def file(self) -> str:
        return f"{self.item.id}-{self.fingerprint}.png"


@dataclass
class Comfy:
    """ComfyUI as the painter of one job. say(doing, **extra): how far it is."""

    job: JobFolder
    tools: Tools
    rule: Rule
    size: tuple[int, int]
    references: References
    say: Callable[..., None]
    pool: Pool = field(init=False)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = datetime.now
    notes: list[str] = field(default_factory=list)
    given_up: str = ""  # why nothing more is asked of the servers

    def __post_init__(self) -> None:
        pictures, set_up = self.rule.pictures, self.tools.settings.comfyui
        self.pool = pooled(self.tools.settings, sleep=self.sleep, clock=self.clock, may_wait=self._may_go_on)
        self._hours = hours.parse(pictures.gpu_hours)
        self._patience = set_up.patience if pictures.painter == "comfyui" else 0.0
        self._lock = threading.Lock()
        self._shown = float("-inf")
        limit = self.tools.settings.limits.render
        self._end = self.clock() + max(limit / 2, min(limit * _SHARE, limit - set_up.run_minutes * 60))
        self._count = 0
        self._workflows: dict[str, Workflow | str] = {}
        self._refused: dict[str, str] = {}

    def takes_references(self) -> bool:
        """Whether what people dropped as their cast would be seen in its pictures."""
        names = [self.rule.pictures.reference_workflow, self._name()]
        found = [self._workflow(name) for name in names if name]
        return any(isinstance(each, Workflow) and each.takes("reference") > 0 for each in found)

    def paint(self, wanted: Sequence[plan.Wanted], done: Callable[[str], None]) -> dict[str, Made | str]:
        """The pictures, by id: made, or why not. What lies there already is taken as it is. Held outside the hours."""
        found: dict[str, Made | str] = {}
        wishes = []
        for item in wanted:
            wish = self._wish(item)
            there = None if isinstance(wish, str) else self._there(wish)
            if isinstance(wish, str):
                found[item.id] = wish
            elif there is not None:
                found[item.id] = there
                done(f"picture {item.id}")
            else:
                wishes.append(wish)
        if not wishes:
            return found
        self._may_go_on()
        count = self._servers()
        try:
            with ThreadPoolExecutor(max(1, count), "comfyui") as threads:
                futures = {wish.item.id: threads.submit(self._one, wish, done) for wish in wishes}
                try:
                    for ident, future in futures.items():
                        found[ident] = future.result()
                except BaseException:
                    threads.shutdown(wait=True, cancel_futures=True)
                    raise
        finally:
            self.pool.hand_back()
            with contextlib.suppress(OSError):
                (self.job.path / PREVIEW).unlink()
        return found

    # --- what is wanted --------------------------------------------------------------------------

    def _name(self) -> str:
        return self.rule.pictures.workflow or self.tools.settings.comfyui.workflow

    def _workflow(self, name: str) -> Workflow | str:
        pictures = self.rule.pictures
        if name not in self._workflows:
            try:
                self._workflows[name] = workflows.load(
                    self.tools.settings, name, pictures.mapping, pictures.models, strict=name == self._name()
                )
            except Fault as fault:
                self._workflows[name] = _reason(fault)
                self.notes.append(f"ComfyUI isn't used: {_reason(fault)}")
        return self._workflows[name]

    def _wish(self, item: plan.Wanted) -> _Wish | str:
        shown = self.references.of(item.prompt) if self.rule.pictures.references else []
        name = (self.rule.pictures.reference_workflow if shown else "") or self._name()
        chosen = self._workflow(name)
        if isinstance(chosen, str):
            return chosen
        places = chosen.takes("reference")
        if places and not shown:
            # It can't do without: anybody of the cast is nearer to it than the example it was saved with.
            shown = list(self.references.all.values())
            if not shown:
                return f"the workflow {name} wants reference pictures: drop cast/NAME.png, or name one in the rule"
        if not chosen.takes("prompt"):
            return f"in the workflow {name} no place was found for the prompt: say where under mapping in the rule"
        width, height = generated.size(self.size, chosen.about.megapixels, chosen.about.multiple)
        values = {
            "prompt": item.words,
            "negative": item.prompt.negative,
            "seed": item.seed,
            "width": width,
            "height": height,
            "batch": 1,
            "prefix": f"dropreel/{self.job.name[:40]}/{item.id}",
        }
        images = tuple(comfyui.Picture(each.file, each.data) for each in shown[:places])
        facts = {what: value for what, value in values.items() if what != "prefix" and chosen.takes(what)}
        names = [image.name for image in images]
        print_ = sidecars.fingerprint("comfyui", VERSION, chosen.digest, facts, names, *self.size)
        return _Wish(item, chosen, values, images, print_)

    def _there(self, wish: _Wish) -> Made | None:
        recipe = files.recipe_of(self.tools, self.job, wish.file, wish.fingerprint)
        if recipe is None:
            return None
        self.pool.settled(self.job.path, wish.fingerprint)
        return Made(wish.file, wish.fingerprint, str(recipe.get("painter", "comfyui")), str(recipe.get("model", "")))

    # --- how it is made --------------------------------------------------------------------------

    def _may_go_on(self) -> None:
        """Held outside the hours, and where the attempt nears its end: the next one goes on with what is there."""
        if self._count and self.clock() > self._end:
            made = f"{self._count} pictures were made in this attempt"
            raise Held("painting goes on in another attempt", made, "", {"after": 1.0})
        at = self.now()
        opens = self._hours.opens(at)
        if opens > at:
            wait = (opens - at).total_seconds()
            raise Held(
                f"the rule keeps ComfyUI for {self.rule.pictures.gpu_hours}",
                f"it goes on at {opens:%H:%M}",
                "",
                {"after": min(wait, 600.0)},
            )

    def _servers(self) -> int:
        """How many servers answer; those that don't are waited for where the rule wants nothing else."""
        began = self.clock()
        while True:
            there, faults = self.pool.answering()
            if there:
                return len(there)
            said = _reason(faults[0]) if faults else "no server is set"
            if self.clock() - began >= self._patience:
                self._patience = 0.0
                self.given_up = said
                return 0
            self._may_go_on()
            self.say(f"waiting for ComfyUI: {said}")
            self.sleep(_ASK_AGAIN)

    def _one(self, wish: _Wish, done: Callable[[str], None]) -> Made | str:
        found = self._made(wish)
        if isinstance(found, Made):
            done(f"picture {wish.item.id}")
        return found

    def _made(self, wish: _Wish) -> Made | str:
        seed, because = wish.item.seed, ""
        for attempt in range(_TRIES + 1):
            because = self.given_up or self._refused.get(wish.workflow.digest, "")
            if because:
                return because
            self._may_go_on()
            try:
                return self._run(wish, {**wish.values, "seed": seed})
            except comfyui.Down as fault:
                because = self._down(fault)
            except (comfyui.Interrupted, generated.Unusable) as fault:
                because = _reason(fault)
                if isinstance(fault, generated.Unusable):
                    seed = plan.other_seed(seed, "again")
                if attempt + 1 >= _TRIES:
                    return because
            except comfyui.Refused as fault:
                because = self._refused[wish.workflow.digest] = _reason(fault)
            except Held:
                raise
            except Fault as fault:
                return _reason(fault)
        return because

    def _down(self, fault: Fault) -> str:
        """All servers are away: they are waited for where the rule wants that, else nothing more is asked of them."""
        with self._lock:
            if not self.given_up and not self._servers():
                self.given_up = _reason(fault)
        return self.given_up or _reason(fault)

    def _run(self, wish: _Wish, values: Mapping[str, Any]) -> Made:
        task = Task(wish.workflow, values, {"reference": wish.images})
        key = wish.fingerprint
        done, used = self.pool.run(task, self.job.path, key, lambda seen: self._told(wish, seen))
        still = next((output for output in done.outputs if not output.moves), None)
        if still is None:
            self.pool.settled(self.job.path, key)
            raise generated.Unusable(f"the workflow {wish.workflow.name} gave no picture", "", "Add a Save Image node.")
        temp = self.job.path / f".tmp-{key}.fetched"
        try:
            self.pool.fetch(done, still, temp, self.tools.settings.comfyui.file_mb << 20)
            picture = generated.picture(temp, self.size)
        except generated.Unusable:
            self.pool.settled(self.job.path, key)
            raise
        finally:
            with contextlib.suppress(OSError):
                temp.unlink()
        painter = f"comfyui {wish.workflow.name} on {done.server.name}"
        model = ", ".join(wish.workflow.models)
        recipe: dict[str, Any] = {
            "fingerprint": key,
            "seed": used.get("seed"),
            "prompt": wish.item.words,
            "scene": {},
            "painter": painter,
            "model": model,
            "made": [used.get("width"), used.get("height")],
        }
        files.publish(self.tools, self.job, wish.file, picture, recipe)
        self._count += 1
        self.pool.settled(self.job.path, key)
        return Made(wish.file, key, painter, model)

    def _told(self, wish: _Wish, seen: Seen) -> None:
        """Passes on what is heard of a run; a preview at most every two seconds, small, as a file of the job."""
        if seen.doing:
            self.say(f"picture {wish.item.id}: {seen.doing}")
        if not seen.preview:
            return
        with self._lock:
            now = self.clock()
            if now - self._shown < _PREVIEW_EVERY:
                return
            self._shown = now
        small = generated.preview(seen.preview)
        if small:
            with contextlib.suppress(OSError):
                temp = self.job.path / f".{PREVIEW}"
                temp.write_bytes(small)
                os.replace(temp, self.job.path / PREVIEW)
                self.say(f"picture {wish.item.id}", preview=PREVIEW)


def told(pictures: Sequence[sidecars.Picture]) -> list[str]:
    """For people: who painted instead of ComfyUI, which pictures, and why."""
    reasons: dict[str, list[str]] = {}
    for picture in pictures:
        if picture.fallback_because:
            reasons.setdefault(picture.fallback_because, []).append(picture.id)
    notes = []
    for because, idents in reasons.items():
        shown = ", ".join(idents[:_SHOWN]) + (f" and {len(idents) - _SHOWN} more" if len(idents) > _SHOWN else "")
        notes.append(f"{shown}: by the built-in painter: {because}")
    return notes


def _reason(fault: Fault) -> str:
    """A fault as the reason why another painter stepped in."""
    return fault.sentence()[:_REASON]
