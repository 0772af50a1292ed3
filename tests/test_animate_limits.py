"""Clips that fail, take too long or can't be fetched cost no film: minutes are counted, attempts end in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.backends.comfyui import Pool
from daemon.backends.http import Http
from daemon.errors import Held
from daemon.job import JobFolder
from daemon.outside import ComfyUI
from daemon.settings import Limits, Settings
from daemon.stages.animating import animate, pace, who
from daemon.stages.animating.asked import Asked, Broken, Lost
from daemon.stages.animating.choose import Chosen
from daemon.stages.animating.climb import Budget, Climber
from daemon.stages.tools import Tools
from tests import film_help as help
from tests.animating_help import Made, Toy, good, job
from tests.comfy_peer import ComfyPeer, Ending
from tests.film_help import rule as film_rule
from tests.test_comfyui import _no_proxy

__all__ = ["_no_proxy"]


def climber(tmp_path: Path, toy: Toy, budget: Budget, now: list[float]) -> Climber:
    folder = tmp_path / "stages" / "approved" / "20260101-120000-song-abcdef"
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(root=tmp_path)
    return Climber(JobFolder(folder), Tools(settings), toy, dict, budget, 1, lambda *_: None, clock=lambda: now[0])


def test_a_try_that_failed_costs_the_minutes_that_it_took(tmp_path: Path) -> None:
    now = [0.0]

    def slow(_asked: Asked, _nth: int) -> Made:
        now[0] += 1800
        raise Broken("a node failed", "after half an hour")

    toy = Toy(slow)
    chosen = Chosen(help.picture(tmp_path / "still.png", 5), "01", 0, 49, 17, 2.0, 1.0, 60.0)
    made = climber(tmp_path, toy, Budget(1800, "the 30 minutes"), now).climb(chosen, "a dancer", "", "")
    assert len(toy.asked) == 2 and made.clip.because == "the 30 minutes were used up"
    assert made.clip.seconds == 3600
    again = climber(tmp_path, toy, Budget(1800, "the 30 minutes"), now).climb(chosen, "a dancer", "", "")
    assert len(toy.asked) == 2 and again.clip.because == "the 30 minutes were used up", "after a restart too"
    pace.learn(tmp_path / "stages", [made.clip.model_dump()])
    assert pace.read(tmp_path / "stages").known == {}, "what failed teaches nothing of how long a clip takes"


def test_an_attempt_that_nears_its_end_is_followed_by_another_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    now = [0.0]

    def slow(_asked: Asked, _nth: int) -> Made:
        now[0] += 90
        return good

    toy = Toy(slow)
    monkeypatch.setattr(who, "animator", lambda *_args, **_named: toy)
    folder = job(tmp_path, 14.0)
    tools = Tools(Settings(root=tmp_path, limits=Limits(sync=100)))
    from daemon.stages.syncing import films
    from daemon.stages.syncing.sources import read

    def attempt() -> animate.Animated:
        sources = read(folder, tools)
        shots = lambda: films.plan(sources, sources.rule)[0].shots  # noqa: E731
        return animate.animate(sources, tools, shots, lambda *_args, **_more: None, clock=lambda: now[0])

    held = 0
    while True:
        try:
            made = attempt()
            break
        except Held as fault:
            held += 1
            assert fault.facts["after"] == 1.0 and len(toy.asked) == held
    assert held and all(clip.file for clip in made.clips) and len(toy.asked) == len(made.clips)


class Lossy(ComfyPeer):
    """It says where the clip lies, and hasn't got it."""

    def end(self, run: object) -> None:
        super().end(run)  # type: ignore[arg-type]
        self.files.clear()


def test_a_clip_that_can_t_be_fetched_is_this_clip_s_trouble_and_no_job_s(tmp_path: Path) -> None:
    peer = Lossy()
    try:
        lies = {"17": {"images": [{"filename": "gone.mp4", "subfolder": "", "type": "output"}], "animated": [True]}}
        peer.endings = [Ending(outputs=lies)]
        found = who.animator(film_rule(), Settings(root=tmp_path, comfyui=ComfyUI(urls=[peer.url])))
        assert found is not None
        found.pool = Pool(ComfyUI(urls=[peer.url]), http=lambda: Http(attempts=1), sleep=lambda _s: None, poll=0.01)  # type: ignore[attr-defined]
        still = tmp_path / "still.png"
        Image.fromarray(np.full((112, 208, 3), 90, np.uint8)).save(still)
        asked = Asked(still, "p", "n", 1, 208, 112, 17, 16.0, "k1")
        with pytest.raises(Lost):
            found.animate(asked, tmp_path, tmp_path / "out.mp4", lambda _share, _doing: None)
        assert not list(tmp_path.glob("run-*"))
    finally:
        peer.close()
