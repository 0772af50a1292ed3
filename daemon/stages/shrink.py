"""Shrink: a copy of a finished film that a messenger takes. Made when it is wanted, beside the pipeline."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from daemon import sidecars
from daemon.errors import FinalFault
from daemon.job import JobFolder
from daemon.stages.tools import Tools


def shrink(job: JobFolder, tools: Tools) -> sidecars.Sync:
    """A copy of the film of at most `telegram.film_mb` in the job folder. FinalFault where that can't be watched."""
    from daemon.film import phone

    films = job.need(sidecars.Sync).films
    if not films:
        raise FinalFault("there is no film to copy", "sync.json lists none", "`dropreel retry` makes it anew.")
    film = films[0]
    fps = Fraction(film.fps)
    wanted = phone.plan(film.width, film.height, fps, film.frames, film.size, tools.settings.telegram.film_mb)
    print_ = sidecars.fingerprint("shrink", phone.VERSION, film.fingerprint, wanted)
    name = f"film-{print_}.mp4"

    def write(temp: Path) -> None:
        program, source = tools.settings.ffmpeg_path(), job.file(film.file)
        phone.make(program, source, fps, wanted, temp, lambda done: tools.progress(done, "copying"))

    if not tools.has(job, name):
        tools.publish(job, name, write)
    size = job.file(name).stat().st_size
    made = film.model_copy(
        update={
            "file": name,
            "fingerprint": print_,
            "width": wanted.width,
            "height": wanted.height,
            "size": size,
            "name": "chat",
            "checks": [sidecars.Check(name="size", ok=size <= wanted.most, measured=f"{size / 1e6:.2f} MB")],
        }
    )
    return sidecars.Sync(films=[made])
