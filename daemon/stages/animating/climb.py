"""One still: a clip is asked for, judged, and asked for again on the next rung of the ladder where it is refused.

Every try leaves its verdict in the job's folder under the fingerprint of what was asked (still, words, seed, size,
frames, workflow, rungs in force), and a good clip its reel beside it: after a crash nothing is made twice. A refused
clip is removed at once.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from daemon import durable, sidecars
from daemon.job import JobFolder
from daemon.stages.animating import ladder
from daemon.stages.animating.asked import Animator, Asked, ClipFault, NoAnimator
from daemon.stages.animating.choose import Chosen
from daemon.stages.animating.ladder import COMPOSITED, Step, Tried
from daemon.stages.rendering.plan import other_seed
from daemon.stages.tools import Tools

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = "1"
_LARGEST = (1280, 720)
_FEWER, _SMALLER = 0.6, 0.75
_LEAST_SIDE = 256
_ENOUGH = 0.95  # of the seconds that a shot needs at its slowest


class Budget:
    """Seconds that all clips together may take; any thread may ask. said: the same for people."""

    def __init__(self, seconds: float, said: str) -> None:
        self.seconds, self.said = seconds, said
        self._spent = 0.0
        self._lock = threading.Lock()

    def spend(self, seconds: float) -> None:
        """A try has taken so long."""
        with self._lock:
            self._spent += seconds

    def allows(self, seconds: float) -> bool:
        """Whether another try of about that length fits. The very last may run over by a tenth."""
        with self._lock:
            return self._spent + seconds <= 1.1 * self.seconds


@dataclass
class Climbed:
    """How it ended. told: the reel as a scene has it; None where the still itself is shown."""

    clip: sidecars.Clip
    told: dict[str, Any] | None = None


@dataclass(frozen=True)
class Climber:
    """What all clips of a film have in common.

    unable: the rungs that can't be climbed, and why; asks the server where nobody did before, and raises NoAnimator.
    tell(picture, share, doing) says how far one clip is.
    """

    job: JobFolder
    tools: Tools
    animator: Animator
    unable: Callable[[], Mapping[str, str]]
    budget: Budget
    seed: int
    tell: Callable[[str, float, str], None]
    may_wait: Callable[[], None] = lambda: None  # raises Held where nothing may be asked for now
    gone: list[str] = field(default_factory=list)  # why whoever makes clips can't any more
    made: list[str] = field(default_factory=list)  # keys of the tries of this attempt
    clock: Callable[[], float] = time.monotonic

    def climb(self, chosen: Chosen, prompt: str, negative: str, because: str) -> Climbed:
        """A clip of a still, or the still itself and why. Raises Held, and OSError where the disk is full."""
        picture, grid = chosen.picture, self.animator.grid
        whole = _loaded(picture.path)
        width, height = grid.size(whole.shape[1], whole.shape[0])
        clip = sidecars.Clip(
            slot=chosen.slot, picture=picture.id, rung=COMPOSITED, by=self.animator.name, because=because
        )
        tries: list[Tried] = []
        while True:
            try:
                step = ladder.next_step(tries, self._unable(chosen, (width, height)) if tries else {})
            except NoAnimator as fault:
                return self._given_up(clip, fault)
            told_of = {each.rung for each in clip.tries}
            skipped = [(rung, why) for rung, why in step.skipped if rung not in told_of]
            clip.tries += [sidecars.ClipTry(rung=rung, skipped=why) for rung, why in skipped]
            if step.last:
                last = next((each for each in reversed(clip.tries) if each.fault), None)
                clip.because = f"no rung of the ladder gave a good clip; the last was {last.fault}" if last else because
                return Climbed(clip)
            seed = other_seed(self.seed, f"clip {picture.id} {len(tries)}")
            asked = self._asked(chosen, prompt, negative, seed, (width, height), step)
            tried, file = self._known(asked)
            if tried is None:
                if why := self._why_not(chosen):
                    clip.because = why
                    return Climbed(clip)
                self.may_wait()
                try:
                    self.unable()  # whether anybody answers
                    tried, file = self._try(asked, whole, step, chosen)
                except NoAnimator as fault:
                    return self._given_up(clip, fault)
            else:
                self.animator.settled(asked, self.job.path)  # where a crash came between verdict and this
                self.budget.spend(_took(tried))
            clip.tries.append(tried)
            clip.seconds = round(sum(_took(each) for each in clip.tries), 2)
            if not tried.fault:
                clip.rung, clip.seed, clip.file, clip.fingerprint = step.rung, seed, file, asked.key
                reel = told(self.job.path / file, f"clip of {picture.id}")
                if reel is not None:
                    return Climbed(clip, reel)
                # Damaged where it lies: as if it had never been made.
                durable.remove(self.job.path / file)
                durable.remove(self._record(asked))
                clip.tries.pop()
                continue
            tries.append(Tried(step.rung, tried.fault))

    def _given_up(self, clip: sidecars.Clip, fault: NoAnimator) -> Climbed:
        """Nobody makes clips any more: this one's still is shown, and those of the rest that aren't there."""
        self.gone.append(fault.sentence())
        clip.because = self.gone[0]
        return Climbed(clip)

    def _why_not(self, chosen: Chosen) -> str:
        """Why nothing more is asked for; "" where it may be."""
        if self.gone:
            return self.gone[0]
        return "" if self.budget.allows(chosen.cost) else f"{self.budget.said} were used up"

    def _unable(self, chosen: Chosen, size: tuple[int, int]) -> dict[str, str]:
        found = dict(self.unable())
        if self._fewer(chosen) >= chosen.frames:
            found.setdefault(ladder.FEWER, "the shot needs all of its frames")
        if min(_less(*size)) < _LEAST_SIDE:
            found.setdefault(ladder.SMALLER, "it is as small as it may be")
        return found

    def _fewer(self, chosen: Chosen) -> int:
        grid = self.animator.grid
        return max(grid.frames(grid.seconds(chosen.frames) * _FEWER), chosen.least)

    def _asked(self, chosen: Chosen, prompt: str, negative: str, seed: int, size: tuple[int, int], step: Step) -> Asked:
        frames = self._fewer(chosen) if ladder.FEWER in step.changes else chosen.frames
        size = _less(*size) if ladder.SMALLER in step.changes else size
        fps = self.animator.grid.fps
        recipe = self.animator.recipe(step.changes)
        facts = [chosen.picture.fingerprint or chosen.picture.path.name, chosen.picture.centre, prompt, negative]
        key = sidecars.fingerprint("clip", VERSION, *facts, seed, size, frames, fps, recipe, step.rung)
        return Asked(Path(), prompt, negative, seed, *size, frames, fps, key, step.changes)

    def _record(self, asked: Asked) -> Path:
        return self.job.path / f"try-{asked.key}.json"

    def _known(self, asked: Asked) -> tuple[sidecars.ClipTry | None, str]:
        """The verdict of an earlier attempt on this very try, and its reel; None where there is none."""
        file = f"clip-{asked.key}.zip"
        try:
            tried = sidecars.ClipTry.model_validate_json(self._record(asked).read_bytes())
        except (OSError, ValidationError):
            return None, file
        return (tried if tried.fault or self.tools.has(self.job, file) else None), file

    def _try(self, asked: Asked, whole: NDArray[np.uint8], step: Step, chosen: Chosen) -> tuple[sidecars.ClipTry, str]:
        """Asks for the clip, judges it, and leaves verdict and reel in the job's folder. Raises NoAnimator."""
        import cv2

        file = f"clip-{asked.key}.zip"
        small = _fitted(whole, asked, chosen.picture.centre)
        made, still = (self.job.path / f".tmp-{asked.key}{ending}" for ending in (".clip", ".png"))
        tried = sidecars.ClipTry(rung=step.rung)
        began = self.clock()
        try:
            cv2.imwrite(str(still), cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
            try:
                seconds = self.animator.animate(
                    replace(asked, still=still),
                    self.job.path,
                    made,
                    lambda share, doing: self.tell(chosen.picture.id, share, f"{step.rung}: {doing}"),
                )
            except ClipFault as fault:
                # It teaches nobody how long a clip takes, and is paid for all the same.
                tried.fault = fault.kind
                tried.measured = {"why": fault.sentence(), "spent": round(self.clock() - began, 2)}
            else:
                self._judge(made, small, asked, tried, file, self.animator.grid.seconds(chosen.least))
                tried.measured |= {"seconds": round(seconds, 2)} if seconds is not None else {"found_again": True}
            tried.measured |= {
                "workflow": self.animator.workflow,
                "key": asked.key,
                "asked_width": asked.width,
                "asked_height": asked.height,
                "asked_frames": asked.frames,
            }
            self.budget.spend(_took(tried))
            self.made.append(asked.key)
            text = tried.model_dump_json()
            self.tools.publish(self.job, self._record(asked).name, lambda temp: _write(temp, text))
            self.animator.settled(asked, self.job.path)
        finally:
            made.unlink(missing_ok=True)
            still.unlink(missing_ok=True)
        if tried.fault:
            self.tools.log.warning("a clip was refused", picture=chosen.picture.id, rung=step.rung, fault=tried.fault)
        return tried, file

    def _judge(
        self, made: Path, still: NDArray[np.uint8], asked: Asked, tried: sidecars.ClipTry, file: str, least: float
    ) -> None:
        """The guard's verdict into `tried`; a good clip of at least so many seconds becomes a reel."""
        from daemon.film import reels
        from daemon.video import moving, quality

        wanted = quality.Wanted(asked.width, asked.height, asked.frames) if self.animator.exact else quality.Wanted()
        verdict = quality.judge_file(made, still, wanted)
        tried.fault, tried.measured = verdict.fault, {**verdict.measured}
        if len(verdict.faults) > 1:
            tried.measured["faults"] = list(verdict.faults)
        if tried.fault:
            return

        def write(temp: Path) -> None:
            kept = reels.write(temp, itertools.islice(moving.read(made, _LARGEST), verdict.usable), 60.0)
            if (seconds := float(kept.facts["seconds"])) < _ENOUGH * least:
                tried.measured["clip_seconds"] = seconds
                raise ValueError(f"{seconds:.1f} seconds, and the shot needs {least:.1f}")

        try:
            self.tools.publish(self.job, file, write)
        except ValueError as error:
            tried.fault = "wrong frame count" if "clip_seconds" in tried.measured else "undecodable"
            tried.measured["error"] = str(error)


def _loaded(path: Path) -> NDArray[np.uint8]:
    from daemon.film.pictures import load

    return load(path)


def _fitted(whole: NDArray[np.uint8], asked: Asked, centre: tuple[float, float] | None) -> NDArray[np.uint8]:
    """The still as it is sent: exactly the clip's size, cropped as the film crops it, never stretched."""
    import cv2
    import numpy as np

    from daemon.film.pictures import covering

    part = covering(whole, asked.width, asked.height, centre)
    smaller = part.shape[1] >= asked.width
    method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (asked.width, asked.height), interpolation=method), np.uint8)


def _less(width: int, height: int) -> tuple[int, int]:
    return int(width * _SMALLER) // 16 * 16, int(height * _SMALLER) // 16 * 16


def _took(tried: sidecars.ClipTry) -> float:
    """Seconds that a try took: those of the clip, or those after which it had failed."""
    return float(tried.measured.get("seconds") or tried.measured.get("spent") or 0.0)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def told(path: Path, name: str) -> dict[str, Any] | None:
    """A clip's reel as a scene has it; None where it isn't whole."""
    from daemon.film import reels

    made = reels.told(path)
    return {**made.facts, "file": path.name, "name": name, "shown": 0.0, "goes_on": True} if made else None
