"""How fast messages may follow each other: one a second to a chat, and to a group at most twenty a minute."""

from __future__ import annotations

from collections import deque

GAP = 1.05  # seconds
_MINUTE, _GROUP = 60.5, 20


class Pace:
    """What was sent within the last minute. An album counts for as many messages as it holds, an edit for none."""

    def __init__(self, gap: float = GAP) -> None:
        self.gap = gap
        self._sent: deque[float] = deque()
        self._next = float("-inf")

    def when(self, now: float, messages: int, group: bool) -> float:
        """When so many messages may go out at the earliest; what is not after `now` may go at once."""
        while self._sent and now - self._sent[0] >= _MINUTE:
            self._sent.popleft()
        over = len(self._sent) + messages - _GROUP
        if not group or over <= 0 or not self._sent or not messages:
            return self._next
        return max(self._next, self._sent[min(over, len(self._sent)) - 1] + _MINUTE)

    def spent(self, now: float, messages: int) -> None:
        """So many messages, or an edit, go out now."""
        self._sent.extend([now] * messages)
        self._next = now + self.gap * max(1, messages)
