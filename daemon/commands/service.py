"""`dropreel run` and `dropreel once`: settings first, then the coordinator."""

from __future__ import annotations

import argparse

from daemon.commands import compile, look
from daemon.settings import load


def run(options: argparse.Namespace) -> int:
    """Runs until it is told to stop."""
    return _serve(options, once=False)


def once(options: argparse.Namespace) -> int:
    """Works through what is there, then ends."""
    return _serve(options, once=True)


def _serve(options: argparse.Namespace, once: bool) -> int:
    settings = load(look.root(options).root)
    if not once and settings.inbox.is_dir():
        compile.start(settings)
    from daemon import service

    return service.run(settings, once=once)
