"""The benchmark of the dance: what counts as a peak, and what meets a beat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import dance


def edit(*poses: tuple[int, float]) -> dict[str, Any]:
    shots = [
        {"start": 0, "end": 60, "transition": {"frames": 0}},
        {"start": 60, "end": 120, "transition": {"frames": 10}},
    ]
    return {"shots": shots, "effects": [{"kind": "pose", "start": at, "amount": pose} for at, pose in poses]}


def moved(*peaks: int) -> np.ndarray:
    found = np.full(120, 0.2, np.float32)
    for peak in peaks:
        found[peak - 1 : peak + 2] = (1.0, 3.0, 1.0)
    return found


def test_only_beats_on_which_a_figure_takes_another_pose_are_wanted() -> None:
    beats = list(range(0, 120, 15))
    shots = dance.dancing(edit((0, 0), (15, 1), (30, 1), (45, 2), (60, 0), (75, 0), (90, 0)), beats)
    assert [(shot.poses, shot.beats) for shot in shots] == [([15, 45], [15, 30, 45])]


def test_a_cut_s_own_frames_and_a_transition_s_are_not_judged() -> None:
    (first, second) = dance.dancing(edit((0, 0), (30, 1), (60, 0), (63, 1), (90, 2)), [])
    assert (first.start, first.end) == (1, 55) and (second.start, second.end) == (66, 120)
    assert second.poses == [90]


def test_motion_on_the_beats_has_a_full_score_and_between_them_none() -> None:
    shot = dance.Shot(0, 120, [15, 45, 75], [])
    assert dance.peaks(moved(15, 45, 75), shot) == [15, 45, 75]
    for late, score in ((0, 1.0), (2, 1.0), (3, 0.0), (8, 0.0)):
        found = dance.peaks(moved(*(beat + late for beat in shot.poses)), shot)
        assert dance.measure([found], [shot.poses]) == pytest.approx(score)


def test_twice_the_peaks_cost_precision_and_a_still_figure_has_no_score() -> None:
    shot = dance.Shot(0, 120, [15, 45, 75], [])
    found = dance.peaks(moved(15, 30, 45, 60, 75, 90), shot)
    assert dance.measure([found], [shot.poses]) == pytest.approx(2 * 3 / 9)
    assert dance.measure([dance.peaks(np.zeros(120, np.float32), shot)], [shot.poses]) == 0.0


def test_one_peak_meets_one_beat() -> None:
    assert dance.met([10, 11, 12], [11]) == 1
    assert dance.met([10], [9, 10, 11]) == 1
    assert dance.met([], [3]) == dance.met([3], []) == 0
