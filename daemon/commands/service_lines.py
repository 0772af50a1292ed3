"""What `status` says of services outside: how often they were asked today, and which are left alone."""

from __future__ import annotations

import time
from pathlib import Path

from daemon.backends import breaker, quota
from daemon.commands.look import plain, span


def lines(stages: Path) -> list[str]:
    """One line a service; none where none was asked today and none is left alone."""
    path = stages / quota.FILE
    found = []
    for service in sorted({service for counts in quota.told(path).values() for service in counts}):
        today = quota.today(path, service)
        if today["requests"]:
            over = "; the day's quota is used up" if today.get("over") else ""
            tokens = today["asked"] + today["said"]
            found.append(f"{plain(service)}: {today['requests']} requests today, {tokens} tokens{over}")
    now = time.monotonic()
    for service, state in breaker.Breaker(stages / breaker.FILE).told().items():
        left = breaker.wait(state, now)
        why = f": {plain(state.why)}" if state.why else ""
        when = f"is left alone for {span(left) or 'a moment'}" if left else "failed, and is tried again by the next job"
        found.append(f"{plain(service)} {when}{why}")
    return found
