"""Secrets: from the environment, else from a file in `secrets/`."""

from __future__ import annotations

from pathlib import Path

from daemon.places import environment


def find(root: Path, *names: str) -> str:
    """The first of some secrets that is set; "" where none is."""
    for name in names:
        if found := environment(name).strip():
            return found
    return ""
