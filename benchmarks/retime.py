"""Retiming of moving pictures: frames between frames against a known truth, and motion peaks on beats.

Run: python -m benchmarks.retime

A camera pans over a texture at a known speed (81 frames of 832 x 480 at 16 a second, retimed to 30), so that every
frame between two frames is known exactly. Then clips that jump at random moments are laid over shots of random
tempo: how many beats get a jump when the map is bent, and how many when the clip just runs.
"""

from __future__ import annotations

import random
import statistics
import time
from bisect import bisect_left
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film import reels, retime

Pixels = NDArray[np.uint8]
WIDTH, HEIGHT, FRAMES, FROM, TO = 832, 480, 81, 16.0, 30.0
EDGE = 24  # pixels left out at the border, where the truth comes into sight from beyond


def texture() -> Pixels:
    """Something with detail of several sizes."""
    dice = np.random.default_rng(7)
    whole = np.zeros((900, 1600, 3), np.float32)
    for sigma in (2.0, 6.0, 24.0):
        part = cv2.GaussianBlur(dice.normal(0, 1, whole.shape).astype(np.float32), (0, 0), sigma)
        whole += part / part.std()
    return np.asarray(cv2.normalize(whole, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def seen(whole: Pixels, moment: float, speed: float) -> Pixels:
    """The pan at a moment (source frames), `speed` pixels a source frame."""
    at = (480 + speed * moment, 300 + 0.4 * speed * moment)
    return np.asarray(cv2.getRectSubPix(whole, (WIDTH, HEIGHT), at), np.uint8)


def psnr(one: Pixels, two: Pixels) -> float:
    """Peak signal to noise ratio in dB, the border left out."""
    inner = (slice(EDGE, -EDGE), slice(EDGE, -EDGE))
    error = float(np.mean((one[inner].astype(np.float64) - two[inner]) ** 2))
    return 10 * float(np.log10(255**2 / max(error, 1e-9)))


def nearest(first: Pixels, second: Pixels, share: float) -> Pixels:
    """No interpolation."""
    return first if share < 0.5 else second


def blended(first: Pixels, second: Pixels, share: float) -> Pixels:
    """A cross-fade."""
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0.0), np.uint8)


def frames_between(speed: float) -> None:
    """One line for each way of finding frames between frames."""
    whole = texture()
    source = [seen(whole, index, speed) for index in range(FRAMES)]
    count = int((FRAMES - 1) / FROM * TO)
    ways: dict[str, Callable[[Pixels, Pixels, float], Pixels]] = {
        "nearest": nearest,
        "blend": blended,
        "flow": reels.between,
    }
    for name, way in ways.items():
        quality, cost = [], []
        for index in range(count):
            moment = index / TO * FROM
            first, share = int(moment), moment % 1.0
            if share < 1e-6:
                continue
            began = time.process_time()
            found = way(source[first], source[first + 1], share)
            cost.append(time.process_time() - began)
            quality.append(psnr(found, seen(whole, moment, speed)))
        print(
            f"{speed:4.0f} px a frame  {name:8} {statistics.median(quality):5.1f} dB median, "
            f"{min(quality):5.1f} worst, {statistics.median(cost) * 1000:5.1f} CPU ms a frame"
        )


def peaks_on_beats(clips: int = 300) -> None:
    """Beats that a jump lies on, within a frame; bent and as it is."""
    dice = random.Random(11)
    bent = plain = beats_in_all = 0
    rates: list[float] = []
    for _ in range(clips):
        fps, bpm, shot = 30.0, dice.uniform(80, 170), dice.randrange(60, 240)
        beats = [round(index * 60 / bpm * fps) for index in range(200) if index * 60 / bpm * fps < shot]
        moment, found = 0.0, []
        while moment < 12:
            moment += dice.uniform(0.3, 0.9)
            found.append(retime.Peak(round(moment * 24) / 24, dice.uniform(0.4, 1.0)))
        knots, chosen = retime.onto_beats(shot, fps, beats, found, 14.0)
        rates += retime.rates_of(knots, fps)
        as_it_is = sorted(round(peak.at * fps) for peak in found)
        beats_in_all += len(beats)
        bent += len(chosen)
        for beat in beats:
            place = bisect_left(as_it_is, beat - 1)
            plain += place < len(as_it_is) and as_it_is[place] <= beat + 1
    print(
        f"{clips} clips: {bent / beats_in_all:.0%} of {beats_in_all} beats have a jump on them, exactly; as they run, "
        f"within a frame: {plain / beats_in_all:.0%}. Rates {min(rates):.2f} to {max(rates):.2f}, "
        f"median change {statistics.median(abs(rate - 1) for rate in rates):.0%}"
    )


def main() -> None:
    """Everything."""
    cv2.setNumThreads(1)
    for speed in (4.0, 12.0):
        frames_between(speed)
    peaks_on_beats()


if __name__ == "__main__":
    main()
