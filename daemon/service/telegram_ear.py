"""The ear: a thread that asks Telegram for updates, and confirms each only when what it says is on disk.

An update is confirmed by asking with a higher number. So the ear hands each to the coordinator, waits for its answer,
and asks on from there; whatever was not answered is told again, after a restart too.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from daemon.approvals import telegram_words as words
from daemon.backends.telegram import Bot, Busy, Refused
from daemon.errors import Fault, FinalFault
from daemon.events import Heard

_WAIT = 50  # seconds that the server may hold a question
_BLIP = 75.0  # seconds of failing before anybody is told: another getUpdates (409) often is the one before a restart
_LONGEST = 60.0
_BROKEN = 300.0  # between tries where only a person can help
_AGAIN = 5.0  # until an update that could not be written down is handed over again


class Ear:
    """Listens on one line until it is told to stop. offset: the first update wanted; None: whatever waits there."""

    def __init__(
        self,
        bot: Bot,
        put: Callable[[Heard], None],
        offset: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._bot, self._put, self._offset, self._clock = bot, put, offset, clock
        self._stop = threading.Event()
        self._pause = pause or self._stop.wait
        self._failing: float | None = None
        self._fails = 0
        self._told = ""
        self.looked = threading.Event()  # it has asked once, well or in vain
        self._thread = threading.Thread(target=self.run, name="telegram-ear", daemon=True)

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Asks it to end; a question under way is left behind, and ends with the process."""
        self._stop.set()

    def run(self) -> None:
        """Asks, hands over, confirms, until told to stop."""
        while not self._stop.is_set():
            try:
                self.once()
            except Fault as fault:
                self._pause(self._failed(fault))
            except Exception as error:
                # Whatever it is, the ear goes on. An error's own words may hold the address, and so the token.
                self._tell(f"Telegram can't be listened to: {type(error).__name__}.")
                self._pause(_LONGEST)
            self.looked.set()

    def once(self) -> None:
        """Asks once and hands over what came; the first time without waiting. Raises Fault."""
        for raw in self._bot.updates(self._offset, _WAIT if self.looked.is_set() else 0):
            self._well()
            if not self._hand_over(raw):
                return
            self._offset = words.read(raw).number + 1
        self._well()

    def _hand_over(self, raw: Any) -> bool:
        """Gives an update to the coordinator, and answers a press; whether it may be confirmed."""
        box: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
        self._put(Heard(raw, answer=lambda done, said: box.put((done, said))))
        while not self._stop.is_set():
            try:
                done, said = box.get(timeout=0.5)
            except queue.Empty:
                continue
            self._answer(words.read(raw), said)
            if not done:
                self._pause(_AGAIN)
            return done
        return False

    def _answer(self, update: words.Update, said: str) -> None:
        """Tells who pressed what became of it. One that comes too late is refused, which changes nothing."""
        if not said:
            return
        with contextlib.suppress(Fault):
            if isinstance(update, words.Press) and update.query:
                text = words.clip(said, words.LONGEST_ANSWER)
                self._bot.call("answerCallbackQuery", callback_query_id=update.query, text=text)
            elif isinstance(update, words.Said):
                to = {"message_id": update.message, "allow_sending_without_reply": True}
                topic = self._bot.line.topic or None
                self._bot.call(
                    "sendMessage", chat_id=update.chat, text=said, reply_parameters=to, message_thread_id=topic
                )

    # --- trouble ------------------------------------------------------------------------------

    def _failed(self, fault: Fault) -> float:
        """Takes a failure into account; returns the seconds until the next try."""
        now = self._clock()
        self._failing = now if self._failing is None else self._failing
        self._fails += 1
        refused = isinstance(fault, Refused)
        helpless = isinstance(fault, FinalFault) and not refused  # an address that can't be asked, or mustn't be
        if isinstance(fault, Refused):
            helpless = fault.code in (401, 403, 404) or "webhook" in fault.said
        if helpless or now - self._failing >= _BLIP:
            self._tell(fault.sentence())
        if helpless:
            return _BROKEN
        after = fault.after if isinstance(fault, Busy) else 0.0
        least = 5.0 if refused else 1.0
        return max(after, min(_LONGEST, least * 2.0 ** min(self._fails - 1, 8)))

    def _well(self) -> None:
        self._failing, self._fails = None, 0
        self._tell("")

    def _tell(self, trouble: str) -> None:
        if trouble != self._told:
            self._told = trouble
            self._put(Heard(trouble=trouble))
