"""What systemd is told: READY, STATUS, WATCHDOG (sd_notify(3)). Nothing where there is no systemd."""

from __future__ import annotations

import contextlib
import socket


class Systemd:
    """The notify socket; address and watchdog_usec as NOTIFY_SOCKET and WATCHDOG_USEC say, empty without systemd."""

    def __init__(self, address: str = "", watchdog_usec: str = "") -> None:
        self._address = address
        usec = watchdog_usec
        self.every = int(usec) / 2e6 if usec.isdigit() and int(usec) > 0 else 0.0
        self._last = float("-inf")
        self._status = ""

    def say(self, *lines: str) -> None:
        """Sends a notification; never fails."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto("\n".join(lines).encode(), address)

    def alive(self, now: float) -> None:
        """The watchdog's ping, at half its interval. now: monotonic seconds."""
        if self.every and now - self._last >= self.every:
            self._last = now
            self.say("WATCHDOG=1")

    def status(self, line: str) -> None:
        """The line that `systemctl status` shows, sent when it changes."""
        if line != self._status:
            self._status = line
            self.say(f"STATUS={line}")
