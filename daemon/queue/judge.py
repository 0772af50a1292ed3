"""What lies in an inbox, judged: settled or still growing, written by somebody, taken already, refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from daemon import events
from daemon.queue import groups, handles, names, settle
from daemon.queue.taken import Taken
from daemon.settings import Settings

_OVERRIDE = 64 << 10
_WRITING = "another program is still writing it"


class Judge:
    """What is known of the drops of one inbox between looks."""

    def __init__(self, inbox: str, settings: Settings, put: Callable[[events.Event], None], taken: Taken) -> None:
        self.inbox = inbox
        self._settings, self._put, self._taken = settings, put, taken
        self._settler = settle.Settler(settings.settle)
        self._told: dict[tuple[str, ...], tuple[object, float]] = {}
        self._refused: dict[tuple[str, ...], tuple[object, str, bool]] = {}
        self._written: dict[tuple[str, ...], object] = {}

    def judge(self, found: groups.Found, dir_fd: int, local: bool, now: float) -> None:
        """Tells of what is whole (`Settled`); writes into `found` what waits, and why. local: not on a share."""
        present = [group.source.path for group in found.groups]
        for group in found.groups:
            self._judge_one(found, group, dir_fd, local, now)
        keys = {group.key for group in found.groups}
        keys |= {self._judge_companion(found, number, dir_fd, now) for number in range(len(found.waiting))}
        self._settler.keep_only(keys)
        self._told = {key: told for key, told in self._told.items() if key in keys}
        self._refused = {key: refused for key, refused in self._refused.items() if key in keys}
        self._written = {key: seen for key, seen in self._written.items() if key in keys}
        self._taken.prune(self.inbox, present)
        found.waiting.sort(key=lambda one: one.raw)

    def next_due(self, now: float) -> float | None:
        """Seconds until something may have settled; None where nothing is about to."""
        return self._settler.next_due(now)

    def set_settings(self, settings: Settings) -> None:
        """New settings, from the next look on."""
        self._settings = settings
        self._settler.settle = settings.settle

    def refuse(self, group: groups.Group, reason: str, *, passing: bool) -> None:
        """Keeps a settled group waiting, with that reason; passing: it is told again after a full scan all the same."""
        self._refused[group.key] = (group.signature, reason, passing)

    def reconsider(self) -> None:
        """Forgets refusals and what was told."""
        self._refused.clear()
        self._told.clear()

    def _judge_companion(self, found: groups.Found, number: int, dir_fd: int, now: float) -> tuple[str, ...]:
        """Marks a companion without a song as whole once it has settled; returns its key."""
        one = found.waiting[number]
        key = (self.inbox, "", one.raw)
        if one.companion and (seen := handles.look(dir_fd, one.raw)) is not None:
            settled = self._settler.see(key, (seen.st_size, seen.st_mtime_ns), now)
            found.waiting[number] = replace(one, whole=settled)
        return key

    def _judge_one(self, found: groups.Found, group: groups.Group, dir_fd: int, local: bool, now: float) -> None:
        # On network and FUSE file systems an inode may be another at every look.
        signature = group.signature if local else tuple(entry[:3] for entry in group.signature)
        name = "/".join(group.source.path)
        if not self._settler.see(group.key, signature, now):
            if self._written.get(group.key) == signature:
                found.wait(name, _WRITING, passing=True)
                return
            found.wait(
                name, f"still growing, or new: it must lie unchanged for {self._settings.settle:g} s", passing=True
            )
            return
        told, at = self._told.get(group.key, (None, 0.0))
        refused, reason, passing = self._refused.get(group.key, (None, "", False))
        if refused == group.signature and (not passing or now - at < self._settings.scan):
            found.wait(name, reason)
            return
        if told == signature and now - at < self._settings.scan:
            return
        if self._is_taken(group, dir_fd):
            return
        reason, override = self._open_all(group, dir_fd, local)
        if reason:
            if reason == _WRITING:
                self._settler.see(group.key, signature, now, writer=True)
                self._written[group.key] = signature
            found.wait(name, reason, passing=reason == _WRITING)
            return
        self._written.pop(group.key, None)
        self._told[group.key] = (signature, now)
        self._put(events.Settled(group.with_override(override)))

    def _is_taken(self, group: groups.Group, dir_fd: int) -> bool:
        """Whether it lies there because its rule copies (take: copy), and was taken already."""
        *inner, name = group.source.path

        def digest() -> str:
            try:
                with handles.below(dir_fd, inner) as fd:
                    return handles.digest_of(fd, name)
            except OSError:
                return "unreadable"

        return self._taken.knows(self.inbox, group.source.path, group.source.size, group.source.mtime_ns, digest)

    def _open_all(self, group: groups.Group, dir_fd: int, local: bool) -> tuple[str, bytes | None]:
        """Opens every member: why the group can't be taken ("" if it can), and the bytes of its YAML."""
        override = None
        for seen in group.members:
            *inner, name = seen.path
            try:
                with handles.below(dir_fd, inner) as folder:
                    # NFS and CIFS refuse a lease for reasons of their own: there it says nothing.
                    if handles.is_written(folder, name) and local:
                        return _WRITING, None
                    if seen.role == "override":
                        override = handles.read_small(folder, name, _OVERRIDE)
                        if override is None:
                            return f"{names.display(name)} is larger than 64 KiB: too large for a rule", None
            except OSError as error:
                return f"{names.display(name)} is not readable: {handles.plainly(error)}", None
        return "", override
