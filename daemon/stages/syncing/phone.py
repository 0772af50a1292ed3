"""The copy for phones: made of the finished film, weighed, and checked as the film was."""

from __future__ import annotations

from pathlib import Path

from daemon import durable, sidecars
from daemon.errors import FinalFault
from daemon.stages.syncing.films import Made, Progress, part
from daemon.stages.syncing.sources import Sources
from daemon.stages.tools import Tools

NAME = "phone"
_ENCODE = 0.8  # where in the making of the copy this step ends


def make(sources: Sources, tools: Tools, made: Made, megabytes: float, progress: Progress) -> sidecars.Film:
    """A copy of the film of at most so many megabytes. FinalFault where there can't be one, or it fails its checks."""
    from daemon.film import phone
    from daemon.film.verify import verify

    job, film, planned = sources.folder, made.film, made.planned
    wanted = phone.plan(film.width, film.height, planned.fps, planned.frames, film.size, megabytes)
    print_ = sidecars.fingerprint(phone.VERSION, film.fingerprint, wanted)
    name = f"film-{print_}.mp4"
    encoding, checking = part(progress, 0.0, _ENCODE), part(progress, _ENCODE, 1.0)

    def write(temp: Path) -> None:
        program, source = made.making.program, job.file(film.file)
        phone.make(program, source, planned.fps, wanted, temp, lambda done: encoding(done, "copying"))

    if not tools.has(job, name):
        tools.publish(job, name, write)
    path, song = job.file(name), sources.song(sources.rule.deliver)
    verdict = verify(path, planned, sources.envelopes, song.path, checking)
    size = path.stat().st_size
    limit = f"{wanted.most / 1e6:g} MB"
    weighed = sidecars.Check(name="size", ok=size <= wanted.most, measured=f"{size / 1e6:.2f} MB", limit=limit)
    verdict.checks.append(weighed)
    if not verdict.ok:
        durable.remove(path)
        raise FinalFault("the copy for phones failed its check", verdict.sentence())
    smaller = f"{wanted.width} x {wanted.height} and about {wanted.video_kbps} kbit/s, to stay below {limit}"
    return sidecars.Film(
        file=name,
        fingerprint=print_,
        width=wanted.width,
        height=wanted.height,
        fps=film.fps,
        frames=planned.frames,
        size=size,
        name=NAME,
        checks=verdict.checks,
        av_offset_ms=verdict.av_offset_ms,
        notes=[smaller],
    )
