"""README.txt on a desk: what to do, in plain words and with this desk's own names, and how it stands. Pure."""

from __future__ import annotations

import textwrap
from datetime import datetime

from daemon.approvals.gate import Gate
from daemon.approvals.merge import Candidate, Slot, now
from daemon.approvals.words import PROBLEM
from daemon.names import shown
from daemon.rules import Approve
from daemon.sidecars import Decisions, Prompts, Renders

_WIDTH = 78
_VERDICTS = {"ok": "ok", "no": "no", "redo": "to be painted again", "undecided": "-"}
_WAYS = {
    "replace": "your own picture",
    "delete": "deleted",
    "command": "by command",
    "rename": "renamed",
    "sentinel": "all at once",
    "folder": "all at once",
}


def readme(
    title: str,
    ident: str,
    approve: Approve,
    renders: Renders,
    decisions: Decisions,
    gate: Gate,
    *,
    suffix: str = ".png",
    grace: float = 60.0,
    prompts: Prompts | None = None,
    strange: tuple[str, ...] = (),
    clashes: tuple[str, ...] = (),
    problems: tuple[str, ...] = (),
    at: datetime | None = None,
) -> str:
    """The text of a desk's README.txt, lines ending as every editor likes them.

    strange: names that say nothing to us; clashes: names that say ok and no; problems: names of
    files that are no pictures. at: now, for the hour at which the gate closes.
    """
    slots = now(renders, decisions)
    grace = approve.grace if approve.grace is not None else grace
    blocks = [
        _head(title, ident),
        _how(slots, suffix),
        _gate(approve, gate, grace),
        _standing(slots, decisions, gate, prompts, at),
        _unclear(strange, clashes, problems),
        _motion(renders),
        _about(renders),
    ]
    return "\r\n".join(line.rstrip() for line in "\n\n".join(block for block in blocks if block).split("\n")) + "\r\n"


def _head(title: str, ident: str) -> str:
    name = shown(title)
    return f"{name}  [{ident}]\n{'=' * min(_WIDTH, len(name) + len(ident) + 4)}\n\n" + _wrap(
        "These are the pictures of your film. The film is made of the ones you say yes to, and you say it by "
        'renaming files here; nothing else is needed. "_contact sheet" shows them all on one page, '
        '"_animatic.mp4" plays a rough cut with the sound.'
    )


def _how(slots: list[Slot], suffix: str) -> str:
    first = slots[0].candidates[0].picture.id if slots else "01a"
    last = slots[-1].candidates[-1].picture.id if slots else "01b"
    spare = _spare(slots[-1]) if slots else "01c"
    rows = [
        ("Yes", f"rename  {first}{suffix}  to  {first}.ok{suffix}"),
        ("No", f"rename  {last}{suffix}  to  {last}.no{suffix}   (or delete it)"),
        ("Paint it again", f"rename  {last}{suffix}  to  {last}.redo darker sky{suffix}"),
        ("", "(the words after redo are your wish; leave them out if you like)"),
        ("My own picture", f"put yours in the place of  {first}{suffix},"),
        ("", f"or add it under a new letter:  {spare}.jpg"),
        ("Yes to all", "make an empty file or folder called  APPROVED,"),
        ("", "or add  approved  to the end of this folder's name"),
        ("No to all", "the same with  REJECTED"),
    ]
    lines = "\n".join(f"  {label:<16}{text}" for label, text in rows)
    return f"WHAT TO DO\n\n{lines}\n\n" + _wrap(
        "The number is the place in the film, the letter the choice: one good picture for each number is what is "
        "wanted, more are welcome. Changed your mind? Rename it again: the last word counts. A name that says "
        "both ok and no counts as neither."
    )


def _gate(approve: Approve, gate: Gate, grace: float) -> str:
    need = {
        "all": "every number has at least one yes",
        "most": "more than half of the numbers have a yes",
        "one": "one number has a yes",
    }[approve.enough]
    text = f"Once {need}, and nothing was changed for {_seconds(grace)}, the film is begun and this folder goes away."
    silence = {
        "hold": "Until then it waits for you, as long as you like.",
        "approve": f"If nobody says anything for {_hours(approve.after)}, that is taken as yes to everything.",
        "reject": f"If nobody says anything for {_hours(approve.after)}, the job is given up.",
    }[approve.silence]
    return "WHEN IT GOES ON\n\n" + _wrap(f"{text} {silence}")


def _standing(slots: list[Slot], decisions: Decisions, gate: Gate, prompts: Prompts | None, at: datetime | None) -> str:
    lines = [_wrap(_state(gate, at)), ""]
    about = {prompt.slot: prompt for prompt in prompts.prompts} if prompts else {}
    for slot in slots:
        prompt = about.get(slot.name)
        where = f"{_clock(prompt.start)}  " if prompt else ""
        words = ",  ".join(_word(one, decisions) for one in slot.candidates)
        lines.append(f"  {slot.name}  {where}{words}")
    return "HOW IT STANDS\n\n" + "\n".join(lines)


def _state(gate: Gate, at: datetime | None) -> str:
    text = gate.because[:1].upper() + gate.because[1:] + "."
    if gate.verdict == "repaint" or gate.redo:
        return text + " The new ones will appear here under new letters."
    if gate.missing and not gate.enough:
        text += f" Still wanted: {', '.join(gate.missing)}."
    if gate.enough and gate.open and gate.closes_in is not None:
        when = f" at {datetime.fromtimestamp(at.timestamp() + gate.closes_in):%H:%M:%S}" if at else " in a moment"
        text += f" The film is begun{when} unless you change something."
    return text


def _word(one: Candidate, decisions: Decisions) -> str:
    verdict = _VERDICTS[one.verdict]
    if one.verdict == "undecided" and decisions.whole == "approved":
        verdict = "ok"
    if one.verdict == "redo" and not one.pending:
        verdict = f"painted again as {decisions.redone.get(one.picture.id, 'another')}"
    details = []
    if one.decision is not None and one.verdict != "undecided":
        details = [_WAYS.get(one.decision.way, one.decision.way) if one.decision.way != "rename" else ""]
        details += [shown(one.decision.by), f'"{shown(one.decision.note)}"' if one.decision.note else ""]
    told = ", ".join(detail for detail in details if detail)
    return f"{one.picture.id} {verdict}" + (f" ({told})" if told else "")


def _unclear(strange: tuple[str, ...], clashes: tuple[str, ...], problems: tuple[str, ...]) -> str:
    lines = [f"  {shown(name)}\n      says ok and no at once: it counts as undecided" for name in clashes]
    lines += [f"  {shown(name)}\n      can't be used as a picture: see {shown(name)}{PROBLEM}" for name in problems]
    lines += [f"  {shown(name)}\n      this name says nothing to me, so it changes nothing" for name in strange[:20]]
    if len(strange) > 20:
        lines.append(f"  and {len(strange) - 20} more names that say nothing to me")
    return "NOT UNDERSTOOD\n\n" + "\n".join(lines) if lines else ""


def _motion(renders: Renders) -> str:
    """What making clips of the pictures will cost, where somebody makes them."""
    return f"WHAT WILL MOVE\n\n{_wrap(shown(renders.estimate))}" if renders.estimate else ""


def _about(renders: Renders) -> str:
    """What a person should know of these pictures: what of the dropped files couldn't be used, and why."""
    lines = [
        textwrap.fill(shown(note), _WIDTH, initial_indent="  ", subsequent_indent="      ") for note in renders.notes
    ]
    return "ABOUT THESE PICTURES\n\n" + "\n".join(lines) if lines else ""


def _spare(slot: Slot) -> str:
    used = {one.picture.candidate for one in slot.candidates}
    letters = "abcdefghijklmnopqrstuvwxyz"
    return slot.name + next((letter for letter in letters if letter not in used), "aa")


def _wrap(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return "a moment"
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes"


def _hours(hours: float) -> str:
    return f"{hours:g} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
