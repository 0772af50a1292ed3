"""ComfyUI: any workflow in API format, on one server or several, with nothing lost or made twice by a crash.

    pool = pooled(settings)                            the servers, each job to the least busy
    found = workflow.load(path, mapping, models)       a workflow, with its places found
    done, values = pool.run(Task(found, values, images), folder, key, tell)
    pool.fetch(done, output, path, largest)            a file of it, streamed to disk
    pool.settled(folder, key)                          its files are safe: the record goes
    pool.hand_back()                                   memory to others, where nobody waits

`server` speaks to one server, `runs` carries out one run, `socket` is its progress bar, `replies` reads what is
said, `workflow` with `places` and `automatic` knows where things go, `preflight` compares with what is there.
May import: the ground, and `backends.http`.
"""

from daemon.backends.comfyui.faults import (
    Broken,
    Down,
    Gone,
    Interrupted,
    OutOfMemory,
    Refused,
    TooSlow,
    Wrong,
)
from daemon.backends.comfyui.pool import Picture, Pool, Task, pooled
from daemon.backends.comfyui.replies import Output
from daemon.backends.comfyui.runs import Done, Patience, cancel_left
from daemon.backends.comfyui.server import Server
from daemon.backends.comfyui.socket import Seen

__all__ = [
    "Broken",
    "Done",
    "Down",
    "Gone",
    "Interrupted",
    "OutOfMemory",
    "Output",
    "Patience",
    "Picture",
    "Pool",
    "Refused",
    "Seen",
    "Server",
    "Task",
    "TooSlow",
    "Wrong",
    "cancel_left",
    "pooled",
]
