"""What there is to show of a job in the chat: facts that the coordinator holds, and what lies in the job's folder."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from daemon import names, sidecars
from daemon.approvals import merge
from daemon.approvals.telegram import Chat, Span, View
from daemon.errors import Fault, FinalFault
from daemon.rules import Approve
from daemon.service.tracked import Tracked

if TYPE_CHECKING:
    from daemon.service.coordinator import Coordinator

_NOTES = 3
_VIDEO = 48_000_000  # bytes of a video that any server takes


def approve_of(one: Tracked) -> Approve:
    """The rule's part about approval."""
    return Approve.model_validate((one.about.rule.get("approve") or {}) if one.about else {})


def signature(one: Tracked) -> tuple[Any, ...]:
    """What a view depends on: where it is the same, nothing new is to be shown."""
    said = tuple((d.picture, d.verdict, d.by, d.way, d.note, d.file) for d in one.decisions.decisions)
    gate = one.gate
    return (
        one.stage,
        one.renders.round if one.renders else 0,
        said,
        one.decisions.whole,
        one.decisions.whole_by,
        len(one.decisions.redone),
        (gate.because, gate.enough, gate.verdict, len(gate.missing)) if gate else None,
        one.running,
        one.trouble.at if one.trouble else "",
        bool(one.delivery and one.delivery.delivered),
    )


def deciding(one: Tracked) -> bool:
    """Whether the job's pictures are open to words."""
    if one.stage != "rendered" or one.trouble is not None or one.renders is None:
        return False
    settled = one.gate is not None and one.gate.verdict in ("approve", "fail")
    return not settled and approve_of(one).by == "people"


def title(one: Tracked) -> str:
    """What people call the job."""
    about = one.about
    return names.shown(str(about.overrides.get("title") or about.title)) if about else one.folder.name


def of_job(c: Coordinator, one: Tracked, chat: Chat) -> View:
    """The view of one job."""
    open_ = deciding(one)
    renders, decisions = one.renders, one.decisions
    if renders is None and one.stage not in ("queued", "analyzed", "prompted"):
        # Decided in an earlier life of the daemon.
        renders = one.folder.read(sidecars.Renders)
        decisions = one.folder.read(sidecars.Decisions) or decisions
    slots = merge.now(renders, decisions) if renders else []
    status = ""
    if open_ and one.gate is not None:
        going = " It goes on soon, unless something is changed." if one.gate.enough else ""
        status = f"{one.gate.because[:1].upper()}{one.gate.because[1:]}.{going}"
    if one.stage == "rendered" and one.running:
        status = "Pictures are being painted again."
    film, shape, finished = _film(c, one, chat)
    return View(
        job=one.id,
        title=title(one),
        slots=slots,
        spans=_spans(one),
        about=_about(one, len(slots)),
        lines=_lines(one),
        status=status,
        whole=one.decisions.whole if open_ else "",
        whole_by=one.decisions.whole_by,
        deciding=open_,
        over="" if open_ else _over(one),
        tidy=approve_of(one).tidy,
        animatic=_animatic(c, one),
        film=film,
        shape=shape,
        finished=finished,
    )


def too_large(c: Coordinator, one: Tracked, chat: Chat) -> bool:
    """Whether the finished film is larger than what can be sent, and no smaller copy is there yet."""
    return not chat.copy_file and not chat.unsent and _sendable(c, one) is None


def _sendable(c: Coordinator, one: Tracked) -> sidecars.Film | None:
    """The film as it is, or its copy for phones; None where both are too large, or lie there no more."""
    sync = one.folder.read(sidecars.Sync)
    films = sync.films if sync else []
    most = c.settings.telegram.film_mb * 1_000_000
    wanted = [*films[:1], *(film for film in films if film.name == "phone")]
    return next((film for film in wanted if film.size <= most), None)


def _film(c: Coordinator, one: Tracked, chat: Chat) -> tuple[str, tuple[int, int, int], str]:
    """The file that can be sent, its shape, and what is said of the finished film; "" where it isn't finished."""
    if one.stage != "done" or one.delivery is None or not one.delivery.delivered or chat.film != "owed":
        return "", (0, 0, 0), ""
    said = [f"{title(one)}: the film is ready, in outbox/{names.shown(one.delivery.folder)}."]
    sync = one.folder.read(sidecars.Sync)
    whole = sync.films[0] if sync and sync.films else None
    if sync is not None and sync.scores.cuts:
        said.append(f"{sync.scores.sentence()}.")
    found = _sendable(c, one)
    if chat.unsent:
        said.append(f"It can't be sent here: {chat.unsent}")
        return "", (0, 0, 0), "\n".join(said)
    file = chat.copy_file or (found.file if found else "")
    if whole is None or not file:
        return "", (0, 0, 0), "\n".join(said)
    if file != whole.file:
        said.append("This is a smaller copy, made for the phone.")
    # A copy has the film's own proportions.
    return file, (whole.width, whole.height, round(whole.frames / Fraction(whole.fps))), "\n".join(said)


def poster(one: Tracked) -> str:
    """The film's poster, in the job's folder."""
    sync = one.folder.read(sidecars.Sync)
    return sync.poster if sync else ""


def _animatic(c: Coordinator, one: Tracked) -> str:
    """The animatic, where it is there and can be sent."""
    name = one.renders.animatic if one.renders else ""
    try:
        size = one.folder.file(name).stat().st_size if name else 0
    except OSError:
        return ""
    return name if 0 < size <= max(_VIDEO, c.settings.telegram.film_mb * 1_000_000) else ""


def _spans(one: Tracked) -> dict[str, Span]:
    try:
        prompts = one.folder.read(sidecars.Prompts)
    except FinalFault:
        return {}
    sections = one.heard.get("sections") or []
    found = {}
    for prompt in prompts.prompts if prompts else []:
        role = str(sections[prompt.section]["role"]) if 0 <= prompt.section < len(sections) else ""
        found[prompt.slot] = Span(prompt.section, role, prompt.start, prompt.end, prompt.subject or prompt.prompt)
    return found


def _about(one: Tracked, slots: int) -> list[str]:
    parts = []
    if one.heard.get("tempo"):
        parts.append(f"{one.heard['tempo']:g} BPM")
    if one.heard.get("key") and one.heard["key"] != "no key":
        parts.append(str(one.heard["key"]))
    if one.heard.get("duration"):
        seconds = round(one.heard["duration"])
        parts.append(f"{seconds // 60}:{seconds % 60:02d}")
    if slots:
        parts.append(f"{slots} place{'s' if slots > 1 else ''} in the film")
    return [", ".join(parts)] if parts else []


def _lines(one: Tracked) -> list[str]:
    """What else to know before saying yes: what the painter noted, and what the next stage is going to cost."""
    if not one.renders:
        return []
    return [line for line in (one.renders.estimate, *one.renders.notes[:_NOTES]) if line]


def _over(one: Tracked) -> str:
    """How it went on after the pictures were shown."""
    if one.trouble is not None:
        trouble = one.trouble
        return Fault(trouble.what, trouble.why, trouble.remedy).sentence()
    if one.stage == "rendered":
        return f"{one.gate.because}." if one.gate is not None else ""
    if one.stage in ("approved", "synced", "done"):
        approval = one.folder.read(sidecars.Approval)
        because = f"{approval.because}. " if approval and approval.because else ""
        return because + ("The film is ready." if one.stage == "done" else "The film is being made.")
    return "it is taken up again."
