"""Asks language models for drafts: in batches, a bad answer once more with what is wrong, then nobody.

What a model answered is kept beside the job under the fingerprint of what it was asked, so that a stage that
resumes asks nothing twice. What no model writes well, the templates write, section by section.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from daemon import sidecars
from daemon.backends.chat import Answer, Message, Model, Sound, Wish
from daemon.backends.quota import Quota
from daemon.errors import Fault, PassingFault
from daemon.film.subtitles import Line
from daemon.rules import Look
from daemon.stages.prompting import checking, script
from daemon.stages.prompting.checking import Draft
from daemon.stages.prompting.script import Ask

_SHARE = 0.8  # of the stage's time limit; the rest is for what comes after
_ECHO = 12_000  # characters of its own answer that a model gets to see again
_WAIT = 65.0  # seconds that a service may ask us to wait
_LEAST = 5.0  # seconds below which a question isn't worth asking

Load = Callable[[str], str]
Keep = Callable[[str, str], None]


@dataclass
class Written:
    """What the models wrote. because: why a section has no draft; by: who wrote a slot's."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    because: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Asking:
    """One song's questions. limit: seconds of the whole stage; load, keep: earlier answers, by fingerprint."""

    look: Look
    idea: str
    analysis: sidecars.Analysis
    lines: Sequence[Line]
    title: str
    seed: int
    limit: float
    counted: Quota
    load: Load = lambda _name: ""
    keep: Keep = lambda _name, _text: None
    progress: Callable[[float, str], None] = lambda _fraction, _doing: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def write(self, models: Sequence[Model], asks: Sequence[Ask], sound: Sound | None = None) -> Written:
        """Asks one model after the other until all sections are seen to. Never raises for what a service does."""
        made = Written()
        end = self.clock() + self.limit * _SHARE
        left = list(asks)
        why = ""
        for model in models:
            if not left:
                break
            try:
                left, why = self._by(model, left, sound if model.listens else None, made, end)
            except Fault as fault:
                why = fault.sentence()
                left = [ask for ask in left if not self._seen(ask, made)]
            finally:
                model.release()
            if left:
                made.notes.append(f"{model.service} wrote no further: {why}")
        for ask in left:
            made.because[ask.number] = why
        return made

    def _seen(self, ask: Ask, made: Written) -> bool:
        return ask.number in made.because or all(span.slot in made.drafts for span in ask.spans)

    def _by(
        self, model: Model, asks: Sequence[Ask], sound: Sound | None, made: Written, end: float
    ) -> tuple[list[Ask], str]:
        """Has one model write; the sections that its time wasn't enough for, and why."""
        label = model.label()
        total = sum(len(ask.spans) for ask in asks)
        settled: dict[str, str] = {}
        left = list(asks)
        for batch in batches(asks, model.batch):
            if self.clock() > end:
                return left, "the time for writing was over"
            done = total - sum(len(ask.spans) for ask in left)
            self.progress(done / total, f"{label} writes: {done} of {total} pictures")
            good, problems = self._asked(model, label, batch, Wish(sound, self.seed, end), settled)
            for ask in batch:
                if ask.number in good:
                    made.drafts |= good[ask.number]
                    made.by |= dict.fromkeys(good[ask.number], label)
                    settled.setdefault(_base(ask), next(iter(good[ask.number].values())).setting)
                else:
                    mine = [text for text in problems if text.startswith(f"section {ask.number}:")] or problems
                    made.because[ask.number] = f"{label} answered badly twice: {mine[0] if mine else 'no answer'}"[:300]
            left = left[len(batch) :]
        return left, ""

    def _asked(
        self, model: Model, label: str, batch: Sequence[Ask], wish: Wish, settled: dict[str, str]
    ) -> tuple[dict[int, dict[str, Draft]], list[str]]:
        """One batch: the good sections, and what is wrong with the others after the second answer.

        wish.within: here, the moment at which the time for writing is over.
        """
        question = script.question(self.look, self.idea, self.analysis, self.title, self.lines, batch, settled)
        facts = (script.VERSION, label, script.SYSTEM, question, bool(wish.sound), self.seed)
        name = f"written-{sidecars.fingerprint(*facts)}.json"
        if (kept := _loaded(self.load(name))) is not None:
            return kept
        messages = [Message("user", question)]
        good: dict[int, dict[str, Draft]] = {}
        problems: list[str] = []
        for turn in range(2):
            answer = self._once(model, messages, replace(wish, seed=(self.seed + turn) & 0x7FFFFFFF))
            found, wrong = checking.read(answer.text, answer.whole)
            if found is None:
                problems = [wrong]
            else:
                fresh, problems = checking.checked(found, batch, script.cast_of(self.look))
                good = {**good, **fresh}
            if len(good) == len(batch):
                problems = []
                break
            messages += [Message("model", answer.text[:_ECHO] or "{}"), Message("user", script.again(problems))]
        self.keep(name, _dumped(good, problems))
        return good, problems

    def _once(self, model: Model, messages: Sequence[Message], wish: Wish) -> Answer:
        """One request; a service that asks to wait a little is waited for, once. Never past the end of the time."""
        schema = script.Script.model_json_schema()
        for last in (False, True):
            left = wish.within - self.clock()
            if left < _LEAST:
                raise PassingFault("the time for writing was over")
            self.counted.reserve(model.service, left)
            left = wish.within - self.clock()
            try:
                answer = model.ask(script.SYSTEM, messages, schema, replace(wish, within=left))
            except PassingFault as fault:
                wait = fault.facts.get("wait")
                if last or fault.facts.get("breaker") or not isinstance(wait, int | float) or not 0 < wait <= _WAIT:
                    raise
                self.sleep(float(wait))
                continue
            self.counted.spent(model.service, answer.asked, answer.said)
            return answer
        raise AssertionError


def batches(asks: Sequence[Ask], most: int) -> Iterator[list[Ask]]:
    """Sections in their order, as many at once as have at most `most` pictures; one at least."""
    batch: list[Ask] = []
    for ask in asks:
        if batch and sum(len(one.spans) for one in batch) + len(ask.spans) > most:
            yield batch
            batch = []
        batch.append(ask)
    if batch:
        yield batch


def _base(ask: Ask) -> str:
    return ask.section.label.rstrip("'′’") or ask.section.role


def _dumped(good: dict[int, dict[str, Draft]], problems: Sequence[str]) -> str:
    sections = {
        number: {slot: [draft.setting, list(draft.who), draft.action] for slot, draft in drafts.items()}
        for number, drafts in good.items()
    }
    return json.dumps({"sections": sections, "problems": list(problems)}, ensure_ascii=False, indent=1)


def _loaded(text: str) -> tuple[dict[int, dict[str, Draft]], list[str]] | None:
    """A kept answer; None where there is none, or none that can be read."""
    try:
        found = json.loads(text) if text else None
        if found is None:
            return None
        good = {
            int(number): {
                str(slot): Draft(str(setting), tuple(str(name) for name in who), str(action))
                for slot, (setting, who, action) in drafts.items()
            }
            for number, drafts in found["sections"].items()
        }
        return good, [str(problem) for problem in found["problems"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
