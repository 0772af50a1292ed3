"""`dropreel gallery OUT.png`: what the built-in painter can draw, on one sheet."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

from daemon.errors import UsageError


def gallery(options: argparse.Namespace) -> int:
    """Draws the sheet."""
    out = Path(options.out)
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise UsageError(f"{options.out} is no picture's name", "", "End it in .png.")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} isn't there", "", "Make that folder first.")
    painter: Any = importlib.import_module("daemon.film.painter.gallery")
    painter.gallery(out, labels=not options.no_labels)
    print(f"Wrote {out}.")
    return 0
