"""What can go wrong with a run, by what follows from it."""

from __future__ import annotations

from daemon.errors import FinalFault, PassingFault


class Down(PassingFault):
    """The server can't be reached, or went away in the middle: another one may do it, or the same one later."""


class Gone(PassingFault):
    """A run is neither in the queue nor in the history: somebody deleted it, or the server was started anew."""


class Interrupted(PassingFault):
    """Somebody stopped the run on the server."""


class TooSlow(PassingFault):
    """A run took longer than it may, or nothing was heard of it for too long; it was cancelled."""


class OutOfMemory(PassingFault):
    """The graphics memory didn't suffice: smaller may."""


class Refused(FinalFault):
    """The server doesn't take the workflow as it is."""


class Broken(FinalFault):
    """A node failed while it ran."""


class Wrong(FinalFault):
    """The workflow's file, or what the rule says of it, can't be followed."""
