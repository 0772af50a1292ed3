"""The mount table: which file system a folder lies on, whether it sends events, whether a mount has gone.

Read from /proc/self/mountinfo (proc(5)), never by touching the folder: a share that hangs can't hang this.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from daemon import durable
from daemon.queue.names import words
from daemon.settings import Settings

MOUNTINFO = Path("/proc/self/mountinfo")

# A change made elsewhere sends no event over these; every FUSE type is added by its name.
NETWORK = words(
    "nfs nfs4 cifs smb3 smbfs smb2 9p afs ceph glusterfs ncpfs ncp lustre gpfs ocfs2 gfs2 orangefs coda vboxsf "
    "prl_fs vmhgfs davfs acfs beegfs pvfs2"
)
LOCAL = words(
    "ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs tmpfs ramfs overlay overlayfs aufs jfs reiserfs nilfs2 vfat msdos "
    "exfat ntfs ntfs3 fuseblk hfs hfsplus udf iso9660 squashfs erofs ecryptfs ubifs jffs2 minix rootfs devtmpfs"
)


@dataclass(frozen=True)
class Mount:
    """A line of the mount table."""

    point: str
    fstype: str
    source: str = ""
    device: str = ""


def parse(text: str) -> tuple[Mount, ...]:
    """The mounts of a mountinfo text, in its order; lines that can't be read are left out."""
    found = []
    for line in text.splitlines():
        left, bar, right = line.partition(" - ")
        head, tail = left.split(" "), right.split(" ")
        if bar and len(head) >= 5 and tail:
            found.append(Mount(_plain(head[4]), tail[0], _plain(tail[1]) if len(tail) > 1 else "", head[2]))
    return tuple(found)


def _plain(text: str) -> str:
    """Undoes mountinfo's octal escapes (space, tab, newline, backslash)."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def read_text(path: Path = MOUNTINFO) -> str:
    """The table as text; "" where there is none."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def read(path: Path = MOUNTINFO) -> tuple[Mount, ...]:
    """The mount table as it stands."""
    return parse(read_text(path))


def mount_of(path: str | Path, table: tuple[Mount, ...]) -> Mount:
    """The mount that a path lies on, by the longest mount point above it; of equal ones the latest.

    The path is taken as it is: resolve links before, where they matter.
    """
    text = os.path.normpath(os.path.join(os.getcwd(), path))
    best = Mount("", "unknown")
    for mount in table:
        point = mount.point
        if (text == point or text.startswith(point.rstrip("/") + "/")) and len(point) >= len(best.point):
            best = mount
    return best


def is_remote(fstype: str) -> bool:
    """Whether it is a network or FUSE file system."""
    return fstype in NETWORK or fstype == "fuse" or fstype.startswith("fuse.") or fstype.startswith("nfs")


def sends_events(fstype: str) -> bool:
    """Whether every change shows as an inotify event: only where the type is known to be local."""
    return fstype in LOCAL


def is_private_ok(path: str | Path, table: tuple[Mount, ...] | None = None) -> str:
    """Why the private folders can't lie there (network or FUSE); "" where they can."""
    mount = mount_of(os.path.realpath(path), read() if table is None else table)
    if not is_remote(mount.fstype):
        return ""
    return f"{path} lies on {mount.fstype} (mounted at {mount.point}), where a rename isn't a commit"


def vanished(point: str, table: tuple[Mount, ...]) -> bool:
    """Whether a mount point that was there before isn't in the table now."""
    return point not in ("", "/") and all(mount.point != point for mount in table)


class Memory:
    """Which mount point each inbox was last seen on, kept in `stages/.inboxes.json` over restarts."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.stages / ".inboxes.json"
        self._lock = threading.Lock()
        try:
            loaded = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            loaded = {}  # none yet, or lost: what is seen next is taken as it is
        self._points = {str(k): str(v) for k, v in loaded.items()} if isinstance(loaded, dict) else {}

    def point(self, inbox: str) -> str:
        """The mount point that an inbox was last seen on; "" where it was never seen."""
        return self._points.get(inbox, "")

    def remember(self, inbox: str, point: str) -> None:
        """Keeps it."""
        with self._lock:
            if self._points.get(inbox) != point:
                self._points[inbox] = point
                durable.write_bytes(self._path, json.dumps(self._points, ensure_ascii=True, indent=1).encode("ascii"))
