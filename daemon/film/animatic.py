"""A first sight of the film, before anyone approved a picture: small, quick, with sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.film import assemble, encode
from daemon.film.compositor import Compositor
from daemon.film.focus import with_focus
from daemon.film.narrow import held_back
from daemon.film.timeline import plan
from daemon.film.values import Slot
from daemon.rules import Rule
from daemon.sidecars import Analysis

HEIGHT = 480
_MOST_FPS = 30


def animatic(
    analysis: Analysis,
    envelopes: dict[str, NDArray[np.float32]],
    slots: Sequence[Slot],
    rule: Rule,
    seed: int,
    sound: Path,
    out: Path,
    *,
    ffmpeg: str,
    progress: assemble.Progress = lambda *_args, **_extra: None,
) -> None:
    """Writes what the film would be to `out` (MP4): 480 lines, each slot's first picture, the song.

    Writes beside `out` on the way, and leaves nothing there. ValueError where no slot has a picture; faults
    of the encoder and of pictures as they come.
    """
    small = _small(rule)
    first = [replace(slot, pictures=slot.pictures[:1]) for slot in slots]
    first = with_focus(first, small.deliver.width, small.deliver.height)
    timeline = held_back(plan(analysis, first, small, seed))
    encoding = encode.Encoding(timeline.width, timeline.height, timeline.fps, "superfast", 26)
    making = assemble.Making(out.parent, timeline, envelopes, encoding, ffmpeg)
    pictures = out.with_name(f".{out.stem}-pictures.mp4")
    done = 0

    def tick(frames: int) -> None:
        nonlocal done
        done += frames
        if done % 32 == 0:
            progress(0.95 * done / timeline.frames, "animatic")

    try:
        with Compositor(timeline, envelopes) as drawing:
            encode.pictures(ffmpeg, encoding, range(timeline.frames), drawing.brush(), pictures, tick)
        song = assemble.Song(sound, analysis.samples, analysis.sample_rate, kbps=128)
        assemble.join(making, [pictures.name], song, {}, out)
    finally:
        pictures.unlink(missing_ok=True)
    progress(1.0, "animatic")


def _small(rule: Rule) -> Rule:
    """The rule with a small, quick delivery of the same aspect, at most 30 frames a second."""
    deliver = rule.deliver
    high = min(HEIGHT, deliver.height)
    wide = round(deliver.width * high / deliver.height / 2) * 2
    rate = deliver.rate()
    while rate > _MOST_FPS:
        rate = Fraction(rate, 2)
    smaller = deliver.model_copy(
        update={"width": max(2, wide), "height": high, "fps": f"{rate.numerator}/{rate.denominator}"}
    )
    return rule.model_copy(update={"deliver": smaller})
