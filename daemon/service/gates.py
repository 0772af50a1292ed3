"""The gates: room, mounts, hours. A shut gate holds a job where it lies, and opens by itself."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from daemon import durable, hours
from daemon.queue import mounts
from daemon.service.tracked import Tracked
from daemon.settings import Settings

_EVERY = 5.0
_PLACES = ("review", "outbox")


class Gates:
    """What is shut now, and why. Looks at the local file system and at the mount table, never at a share."""

    def __init__(
        self,
        settings: Settings,
        table: Callable[[], tuple[mounts.Mount, ...]] = mounts.read,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._settings = settings
        self._now = now
        self._table = table
        self._looked = float("-inf")
        self._memory = settings.stages / ".places.json"
        self._points = self._remembered()
        self.free_mb = -1
        self._room = ""
        self.absent: dict[str, str] = {}  # "review", "outbox" -> why it can't be used now

    def look(self, now: float) -> None:
        """Looks at the room where the jobs lie, and whether the people's folders are mounted."""
        if now - self._looked < _EVERY:
            return
        self._looked = now
        free = os.statvfs(self._settings.stages)
        self.free_mb = free.f_bavail * free.f_frsize >> 20
        least = self._settings.room_mb
        self._room = ""
        if self.free_mb < least:
            self._room = f"{self.free_mb} MiB are free, {least} are wanted (room_mb): make room, it goes on by itself"
        self._look_at_mounts()

    def _look_at_mounts(self) -> None:
        table = self._table()
        own = mounts.mount_of(self._settings.root, table).point
        before = dict(self._points)
        for place in _PLACES:
            point = mounts.mount_of(self._settings.root / place, table).point
            known = self._points.get(place, own)
            if point == own and known != own:
                # A share that was there and isn't: what lies under it now is an empty folder, not an empty share.
                self.absent[place] = (
                    f"the share of {place}/ ({known}) isn't mounted: mount it, it goes on by itself "
                    f"(if {place}/ is to be a local folder from now on, remove stages/.places.json)"
                )
                continue
            self.absent.pop(place, None)
            self._points[place] = point
        if self._points != before:
            with contextlib.suppress(OSError):
                durable.write_json(self._memory, self._points)

    def _remembered(self) -> dict[str, str]:
        try:
            known = json.loads(self._memory.read_text())
            return {str(place): str(point) for place, point in known.items() if place in _PLACES}
        except (OSError, ValueError, AttributeError):
            return {}

    @property
    def room(self) -> str:
        """Why nothing new may be taken in; "" where there is room."""
        return self._room

    def held(self, one: Tracked) -> str:
        """Why this job may not go on now; "" where it may."""
        if one.stage in ("done", "failed"):
            return ""
        if one.stage == "rendered":
            return self.absent.get("review", "")
        if one.stage == "synced":
            return self.absent.get("outbox", "")
        return self._room or self._hours(one)

    def _hours(self, one: Tracked) -> str:
        """Why a job that needs ComfyUI doesn't start now: the rule keeps the servers for other hours.

        A film whose clips were begun decides for itself: what is missing may be the drawing alone.
        """
        rule = one.about.rule if one.about else {}
        said = _part(rule, "pictures").get("gpu_hours")
        clips = _part(rule, "animate")
        moves = clips.get("by") if clips.get("budget_minutes", 1) else "off"
        who = {"prompted": _part(rule, "pictures").get("painter"), "approved": moves}
        if not said or not self._settings.comfyui.urls or who.get(one.stage) not in ("auto", "comfyui"):
            return ""
        with contextlib.suppress(ValueError):  # the stage itself tells what is wrong with it
            now = self._now()
            opens = hours.parse(str(said)).opens(now)
            if opens > now and not (one.stage == "approved" and any(one.folder.path.glob("choice-*.json"))):
                return f"the rule keeps ComfyUI for {said}: it goes on at {opens:%H:%M}"
        return ""


def _part(rule: dict[str, Any], name: str) -> dict[str, Any]:
    found = rule.get(name)
    return found if isinstance(found, dict) else {}
