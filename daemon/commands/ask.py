"""The commands that change something: they leave a request, and the coordinator does it. No file is moved here."""

from __future__ import annotations

import argparse
import os
import pwd
import re
import sys
from typing import Any

from daemon.approvals import requests
from daemon.commands import look
from daemon.errors import UsageError
from daemon.settings import environment, load

DONE, FAILED, NOT_RUNNING = 0, 1, 3
_PICTURE = re.compile(r"\d{2,4}[a-z]{0,2}")


def ask(options: argparse.Namespace) -> int:
    """Leaves the request, waits for the answer and prints it.

    Returns 0 where it was done, 1 where it was refused, 3 where nobody answered: the request then stays
    for the coordinator.
    """
    places = look.root(options)
    settings = load(places.root)
    verb = str(options.command)
    job = look.find(places, options.job) if hasattr(options, "job") else None
    name = requests.leave(settings, verb, job.id if job else "", _arguments(options), _who())
    about = f"{verb} {look.plain(look.title(job))}" if job else verb
    if not look.running(places):
        print(f"{about}: left for the daemon, which isn't running.", file=sys.stderr)
        return NOT_RUNNING
    answer = requests.wait(settings, name, options.wait)
    if answer is None:
        print(f"{about}: left for the daemon, which hasn't answered in {options.wait:.0f} s.", file=sys.stderr)
        return NOT_RUNNING
    well, said = answer
    print(look.plain(said or f"{about}: done."), file=sys.stdout if well else sys.stderr)
    return DONE if well else FAILED


def _arguments(options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if pictures := getattr(options, "pictures", []):
        found["pictures"] = [_picture(text) for text in pictures]
    if note := getattr(options, "note", ""):
        found["note"] = note
    return found


def _picture(text: str) -> str:
    """'03b', also out of '03B.png' or '03b.ok.png'."""
    name = os.path.basename(text).partition(".")[0].strip().lower()
    if not _PICTURE.fullmatch(name):
        raise UsageError(
            f"{look.plain(text)!r} is no picture's name", "", "They are called 03b: the place, the candidate."
        )
    return name


def _who() -> str:
    """The person at the keyboard, also behind sudo."""
    try:
        return environment("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
