"""`dropreel run` and `dropreel once`: settings first, then the coordinator."""

from __future__ import annotations

import argparse

from daemon.commands import look
from daemon.settings import load


def run(options: argparse.Namespace) -> int:
    """Runs until it is told to stop."""
    return _serve(options, once=False)


def once(options: argparse.Namespace) -> int:
    """Works through what is there, then ends."""
    return _serve(options, once=True)


def _serve(options: argparse.Namespace, once: bool) -> int:
    settings = load(look.root(options).root)
    from daemon import service

    return service.run(settings, once=once)
