"""The copy of a film for the chat: real, small enough, with its sound, and made once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import pytest

from daemon import sidecars
from daemon.errors import FinalFault
from daemon.job import JobFolder
from daemon.settings import Settings
from daemon.stages import function
from daemon.stages.tools import Tools

from .deskhelp import NAME


def job_with_film(base: Path, settings: Settings, seconds: int = 4) -> JobFolder:
    """A finished job with a film of noise, which hardly compresses."""
    folder = base / "stages" / "done" / NAME
    folder.mkdir(parents=True)
    argv = [
        *(settings.ffmpeg_path(), "-v", "error", "-f", "lavfi", "-i", f"nullsrc=s=320x180:r=30:d={seconds}"),
        *("-f", "lavfi", "-i", f"sine=440:d={seconds}", "-vf", "geq=random(1)*255:128:128,format=yuv420p"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-c:a", "aac", str(folder / "film-a.mp4")),
    ]
    subprocess.run(argv, check=True, timeout=60)
    size = (folder / "film-a.mp4").stat().st_size
    film = sidecars.Film(
        file="film-a.mp4", fingerprint="a", width=320, height=180, fps="30/1", frames=30 * seconds, size=size
    )
    sidecars.write(folder, sidecars.Sync(films=[film]))
    return JobFolder(folder)


def test_the_copy_is_small_enough_and_plays_from_start_to_end(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    settings.telegram.film_mb = 1
    job = job_with_film(tmp_path, settings)
    before = job.need(sidecars.Sync)
    assert before.films[0].size > 2_000_000
    made = function("shrink")(job, Tools(settings))
    assert isinstance(made, sidecars.Sync)
    (copy,) = made.films
    path = job.file(copy.file)
    assert path.stat().st_size == copy.size <= 1_000_000
    with av.open(str(path)) as opened:
        assert opened.streams.audio
        assert sum(1 for _ in opened.decode(video=0)) == 120
    assert job.need(sidecars.Sync) == before
    stamp = path.stat().st_mtime_ns
    assert function("shrink")(job, Tools(settings)) == made
    assert path.stat().st_mtime_ns == stamp


def test_a_film_that_can_t_be_watched_that_small_is_refused(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    settings.telegram.film_mb = 1
    job = job_with_film(tmp_path, settings, 1)
    sync = job.need(sidecars.Sync)
    sync.films[0].frames = 30 * 3600
    sidecars.write(job.path, sync)
    with pytest.raises(FinalFault, match="can't be watched in 1 MB"):
        function("shrink")(job, Tools(settings))
