"""Trouble told in the chat: once, and several jobs with the same trouble in one message. Pure: time is given in."""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.approvals.telegram_words import LONGEST_TEXT, clip

_TOGETHER = 3600.0  # seconds in which the same trouble of another job joins the message that is there
_MOST = 10  # messages in that time; what comes after is counted in the last one
_NAMED = 12


@dataclass
class Notice:
    """A message about trouble. told: the text that lies in the chat; ids: its number, once it was sent."""

    kind: str
    reason: str
    at: float
    jobs: list[str] = field(default_factory=list)
    others: int = 0  # jobs with other troubles that are told of here by number alone
    ids: tuple[int, ...] = ()
    chat: int = 0
    told: str = ""

    def text(self) -> str:
        """What it says."""
        named = ", ".join(self.jobs[:_NAMED])
        more = f" and {len(self.jobs) - _NAMED} more" if len(self.jobs) > _NAMED else ""
        if self.kind == "reminder":
            head = f"{named}{more}: pictures still wait for a word."
        else:
            count = f"{len(self.jobs)} jobs failed: " if len(self.jobs) > 1 else ""
            head = f"{count}{named}{more}{'' if count else ' failed'}.\n{self.reason}"
        rest = f"\n{self.others} more failed for other reasons: `dropreel status` tells." if self.others else ""
        return clip(head + rest, LONGEST_TEXT)


class Notices:
    """The troubles of the last hour, in the order in which they came."""

    def __init__(self) -> None:
        self.all: list[Notice] = []

    def add(self, kind: str, job: str, reason: str, now: float) -> None:
        """Takes a job's trouble in: into the message that tells of the same, else into one of its own."""
        self.all = [one for one in self.all if now - one.at < _TOGETHER or one.told != one.text()]
        same = next((one for one in self.all if (one.kind, one.reason) == (kind, reason)), None)
        if same is not None:
            if job not in same.jobs:
                same.jobs.append(job)
        elif len(self.all) < _MOST:
            self.all.append(Notice(kind, reason, now, [job]))
        else:
            self.all[-1].others += 1

    def due(self) -> Notice | None:
        """The first that the chat doesn't show as it is."""
        return next((one for one in self.all if one.told != one.text()), None)
