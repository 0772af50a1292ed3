"""Where compiled code is kept: in the root's own cache, or with a user's other caches where that can't be written."""

from __future__ import annotations

import os
from pathlib import Path

from daemon.places import environment
from daemon.settings import Settings


def compiled(settings: Settings) -> Path:
    """The folder of caches for whoever runs this command."""
    if settings.stages.is_dir() and os.access(settings.library, os.W_OK):
        return settings.cache
    return Path(environment("XDG_CACHE_HOME") or Path.home() / ".cache") / "dropreel"
