"""`dropreel gallery OUT.png`: what the built-in painter can draw, on one sheet."""

from __future__ import annotations

import argparse
from pathlib import Path

from daemon.errors import UsageError


def gallery(options: argparse.Namespace) -> int:
    """Draws the sheet."""
    out = Path(options.out)
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise UsageError(f"{options.out} is no picture's name", "", "End it in .png.")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} isn't there", "", "Make that folder first.")
    from daemon.film.painter.gallery import gallery as draw

    draw(out, labels=not options.no_labels)
    print(f"Wrote {out}.")
    return 0
