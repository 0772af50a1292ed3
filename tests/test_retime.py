"""Time maps: loops that fill whole beats, clips whose motion lands on them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daemon.film import retime
from daemon.film.retime import Peak

SPANS = st.floats(0.05, 60, allow_nan=False)


@given(SPANS, st.floats(0.2, 2.0))
def test_loops_fill_whole_beats_and_no_other_number_of_loops_changes_them_less(seconds: float, beat: float) -> None:
    loops, beats, rate = retime.fit(seconds, beat)
    assert 1 <= loops <= retime.MOST_LOOPS
    assert beats >= 1
    assert math.isclose(rate, seconds * loops / (beats * beat))
    strain = abs(math.log(rate))
    for other in range(1, retime.MOST_LOOPS + 1):
        for whole in range(1, math.ceil(seconds * other / beat) + 2):
            assert strain <= abs(math.log(seconds * other / (whole * beat))) + 0.0401


@pytest.mark.parametrize(
    ("seconds", "beat", "expected"),
    [(2.0, 0.5, (1, 4, 1.0)), (0.75, 0.5, (2, 3, 1.0)), (1.04, 0.5, (1, 2, 1.04)), (0.1, 0.5, (4, 1, 0.8))],
)
def test_the_fit_of_a_loop(seconds: float, beat: float, expected: tuple[int, int, float]) -> None:
    found = retime.fit(seconds, beat)
    assert found[:2] == expected[:2]
    assert math.isclose(found[2], expected[2])


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_a_loop_without_a_length_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="a loop of"):
        retime.fit(wrong, 0.5)


def test_a_loop_follows_the_tempo_and_its_peak_lies_on_every_beat() -> None:
    # The tempo changes: beats 15 frames apart, then 10. The loop of 2 s takes four beats, its peak at 0.3 s.
    beats = [(index * 15, index) for index in range(8)] + [(105 + index * 10, 7 + index) for index in range(1, 8)]
    knots = retime.looped(20, 170, beats, 2.0, 4, 0.3)
    source = retime.moments(knots, 150) % 2.0
    for frame, number in beats:
        if 20 <= frame < 170:
            assert math.isclose(source[frame - 20], (number * 0.5 + 0.3) % 2.0, abs_tol=1e-9)


@st.composite
def clips(draw: st.DrawFn) -> tuple[int, float, list[int], list[Peak], float, float]:
    fps = draw(st.sampled_from([24.0, 25.0, 30000 / 1001, 60.0]))
    frames = draw(st.integers(1, 400))
    beats = sorted(draw(st.sets(st.integers(-10, 500), max_size=24)))
    seconds = draw(st.floats(0.1, 30))
    places = sorted(draw(st.sets(st.integers(0, int(seconds * 30)), max_size=20)))
    found = [Peak(place / 30, draw(st.floats(0.05, 1))) for place in places]
    return frames, fps, beats, found, seconds, draw(st.floats(0, 5))


@given(clips())
def test_a_clip_s_map_runs_forward_within_its_rates_and_stays_inside_the_clip(
    clip: tuple[int, float, list[int], list[Peak], float, float],
) -> None:
    frames, fps, beats, found, seconds, start = clip
    assume((frames - 1) / fps * retime.SLOWEST <= seconds - start)
    knots, chosen = retime.onto_beats(*clip)
    assert knots[0][0] == 0
    assert knots[-1][0] == frames - 1
    assert all(retime.SLOWEST - 1e-6 <= rate <= retime.FASTEST + 1e-6 for rate in retime.rates_of(knots, fps))
    source = retime.moments(knots, frames)
    assert start - 1e-9 <= source.min()
    assert source.max() <= seconds + 1e-6
    assert (np.diff(source) > 0).all()
    # Frame-exact, one to one, in order.
    assert all(source[beat] == peak.at for beat, peak in chosen)
    assert [beat for beat, _ in chosen] == sorted({beat for beat, _ in chosen} & set(beats))
    assert len({peak.at for _, peak in chosen}) == len(chosen)
    assert {peak.at for _, peak in chosen} <= {peak.at for peak in found}


def test_a_clip_too_short_at_its_slowest_is_refused() -> None:
    with pytest.raises(ValueError, match="can't fill"):
        retime.onto_beats(100, 25.0, [], [], 1.5)


def test_peaks_near_beats_are_moved_onto_them_all() -> None:
    # Punches every 0.6 s; beats every half second.
    found = [Peak(0.3 + 0.6 * index, 1.0) for index in range(10)]
    beats = list(range(0, 150, 15))
    knots, chosen = retime.onto_beats(150, 30.0, beats, found, 8.0)
    assert len(chosen) >= 8
    assert all(beat in beats for beat, _ in chosen)
    assert knots[0] == (0, 0.0)


def test_a_strong_peak_goes_before_weak_ones() -> None:
    found = [Peak(0.4, 0.1), Peak(0.6, 1.0)]
    _, chosen = retime.onto_beats(30, 30.0, [15], found, 2.0)
    assert [peak.at for _, peak in chosen] == [0.6]


def test_the_peaks_of_a_motion_curve() -> None:
    curve = np.full(90, 1.0)
    curve[[20, 50, 80]] = [9.0, 5.0, 9.0]
    curve[21] = 8.0
    assert [(peak.at, peak.strength) for peak in retime.peaks(curve, 30.0)] == [
        (pytest.approx(20 / 30), 1.0),
        (pytest.approx(50 / 30), 0.5),
        (pytest.approx(80 / 30), 1.0),
    ]
    assert retime.peaks(np.full(90, 3.0), 30.0) == []
    assert retime.peaks([0.0, math.nan], 30.0) == []


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=80), st.floats(5, 60))
def test_any_motion_curve_has_peaks_inside_it(curve: list[float], fps: float) -> None:
    found = retime.peaks(curve, fps)
    assert all(0 <= peak.at * fps <= len(curve) and 0 < peak.strength <= 1 for peak in found)
    assert [peak.at for peak in found] == sorted(peak.at for peak in found)
