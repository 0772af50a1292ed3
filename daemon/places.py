"""Places: what lies where under a root, how the root is found, and what the environment says besides settings.

Apart from settings.py, so that a command that only looks (`dropreel status`) needn't build the settings' models.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE = "dropreel.yaml"
LEDGER = ".ledger.jsonl"  # in stages/: a line for each job that ended


class Places:
    """Everything that has its place under the root."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where people drop."""
        return self.root / "inbox"

    @property
    def review(self) -> Path:
        """Where people decide."""
        return self.root / "review"

    @property
    def outbox(self) -> Path:
        """Where people collect."""
        return self.root / "outbox"

    @property
    def rules(self) -> Path:
        """The rules, YAML."""
        return self.root / "rules"

    @property
    def library(self) -> Path:
        """Music catalogue and caches."""
        return self.root / "library"

    @property
    def cache(self) -> Path:
        """Bounded caches: analysis, numba, sprites."""
        return self.root / "library" / "cache"

    @property
    def stages(self) -> Path:
        """The jobs; private."""
        return self.root / "stages"

    @property
    def requests(self) -> Path:
        """What the command line asks of the coordinator; private."""
        return self.root / "requests"

    @property
    def lock(self) -> Path:
        """One coordinator a root."""
        return self.root / ".lock"

    @property
    def snapshot(self) -> Path:
        """What the coordinator last said of its jobs, for `status` and the pages; lost without harm."""
        return self.root / "stages" / ".status.json"


class Root(Places):
    """The places of one root, without its settings."""

    def __init__(self, root: Path) -> None:
        self.root = root


def find_root(given: str | None = None) -> Path:
    """The root: as given, else DROPREEL_ROOT, else the nearest folder upward that holds dropreel.yaml
    or an inbox beside rules, else the current folder."""
    if named := given or os.environ.get("DROPREEL_ROOT"):
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file() or ((folder / "inbox").is_dir() and (folder / "rules").is_dir()):
            return folder
    return here


def environment(name: str) -> str:
    """A variable of the environment; "" where it isn't set. For what isn't a setting of ours."""
    return os.environ.get(name, "")
