"""The largest memory of a process and all below it, looked at from outside: looking costs its own CPU seconds.

    python -m benchmarks.pss PID

prints the largest sum of Pss in MiB once its standard input ends. A look at some hundreds of MB takes 10 to 20 ms of
CPU, so that a process that looked at itself would measure that too.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys

from benchmarks.midi import CHECKOUT, memory, tree

_EVERY = 0.25  # seconds


class Memory:
    """The largest memory of this process and all below it, in MiB, while it is entered: `most` holds afterwards."""

    most = 0

    def __enter__(self) -> Memory:
        command = [sys.executable, "-m", "benchmarks.pss", str(os.getpid())]
        self._watch = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        said, _ = self._watch.communicate()
        self.most = int(said)


def watch(pid: int) -> int:
    """The largest sum of Pss of a process and all below it but this one, in MiB, until standard input ends."""
    most = 0
    while not select.select([sys.stdin], [], [], _EVERY)[0]:
        most = max(most, sum(memory(one, "pss") for one in tree(pid) if one != os.getpid()))
    return most // 1024


if __name__ == "__main__":
    print(watch(int(sys.argv[1])))
