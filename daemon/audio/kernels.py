"""The compiled inner loops. Plain arrays in, plain arrays out; compiled once, kept in numba's cache.

Only here is numba imported; `daemon.audio.prepare` has said before where its cache lies.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True)
def survey(block: Floats, size: int) -> tuple[int, Floats]:
    """Makes samples that are no numbers 0, in place; (how many there were, the peak of each `size` samples).

    Nor is anything beyond 1e9 (180 dB over full scale) a sample: its square would leave float32.
    """
    n, channels = block.shape
    peaks = np.zeros((n + size - 1) // size, np.float32)
    bad = 0
    for i in range(n):
        place = i // size
        for c in range(channels):
            value = abs(block[i, c])
            if not value <= 1e9:
                block[i, c] = 0.0
                bad += 1
            elif value > peaks[place]:
                peaks[place] = value
    return bad, peaks


@njit(cache=True)
def weigh(block: Floats, coefficients: Doubles, state: Doubles, out: Doubles) -> None:
    """K-weighting: two biquads in cascade over each channel; adds up the weighted squares.

    block (n, c); coefficients (2, 5) b0 b1 b2 a1 a2; state (c, 2, 2), changed in place; out (c,) is added to.
    """
    n, channels = block.shape
    b00, b01, b02, a01, a02 = coefficients[0]
    b10, b11, b12, a11, a12 = coefficients[1]
    for c in range(channels):
        s0, s1 = state[c, 0]
        t0, t1 = state[c, 1]
        total = 0.0
        for i in range(n):
            x = np.float64(block[i, c])
            y = b00 * x + s0
            s0 = b01 * x - a01 * y + s1
            s1 = b02 * x - a02 * y
            z = b10 * y + t0
            t0 = b11 * y - a11 * z + t1
            t1 = b12 * y - a12 * z
            total += z * z
        state[c, 0, 0], state[c, 0, 1] = s0, s1
        state[c, 1, 0], state[c, 1, 1] = t0, t1
        out[c] += total


@njit(cache=True)
def true_peak(block: Floats, phases: Floats, floor: float) -> float:
    """The highest magnitude of a block oversampled by the polyphase filter, where it can pass `floor`.

    block (n, c); phases (p, taps), one row a phase. Only surroundings of samples above 0.7 of the highest
    found so far are looked at: no music overshoots its neighbouring samples by more.
    """
    n, channels = block.shape
    count, taps = phases.shape
    half = taps // 2
    highest: float = floor
    for c in range(channels):
        for i in range(n):
            value = abs(block[i, c])
            if value > highest:
                highest = value
        for i in range(half - 1, n - half):
            if abs(block[i, c]) < 0.7 * highest and abs(block[i + 1, c]) < 0.7 * highest:
                continue
            for p in range(count):
                total = np.float32(0.0)
                for k in range(taps):
                    total += phases[p, k] * block[i - half + 1 + k, c]
                if abs(total) > highest:
                    highest = np.float64(abs(total))
    return highest


@njit(cache=True)
def decode_beats(
    log_beat: Floats, log_rest: Floats, intervals: Ints, change: Floats, prior: Floats, zone: int
) -> tuple[Ints, Ints]:
    """Viterbi through the bar pointer of one beat: states are (interval, position); the tempo changes on beats only.

    log_beat, log_rest (frames,): log-likelihood of a frame on a beat and between beats; intervals (k,):
    frames a beat; change (k, k): log probability from row to column; prior (k,): log weight that a beat of
    that interval pays; the first 1/zone of an interval counts as on the beat.
    k is 256 at most. Returns the frames at which beats start, and the interval's index of each.
    Krebs, Böck, Widmer: An efficient state space model for joint tempo and meter tracking, ISMIR 2015.
    """
    frames = log_beat.shape[0]
    k = intervals.shape[0]
    offsets = np.zeros(k + 1, np.int64)
    for i in range(k):
        offsets[i + 1] = offsets[i] + intervals[i]
    # Each interval's states lie in a ring: advancing by a frame moves the ring's head, not the states.
    score = np.empty(offsets[k], np.float32)
    heads = np.zeros(k, np.int64)
    near = np.empty(k, np.int64)
    # A beat's length changes by a quarter at most.
    reach = np.zeros((k, 2), np.int64)
    for i in range(k):
        reach[i] = i, i
        for j in range(k):
            if 4 * abs(intervals[j] - intervals[i]) <= intervals[i]:
                reach[i, 0] = min(reach[i, 0], j)
                reach[i, 1] = max(reach[i, 1], j + 1)
    for i in range(k):
        near[i] = max(1, intervals[i] // zone)
        for p in range(intervals[i]):
            score[offsets[i] + p] = prior[i] - np.log(np.float32(intervals[i]))
    back = np.empty((frames, k), np.uint8)
    ends = np.empty(k, np.float32)
    for t in range(frames):
        for i in range(k):
            # The ring's last position is the one before its head.
            last = heads[i] - 1
            if last < 0:
                last += intervals[i]
            heads[i] = last
            ends[i] = score[offsets[i] + last]
        best_all = ends[0]
        for i in range(1, k):
            if ends[i] > best_all:
                best_all = ends[i]
        for i in range(k):
            best = np.float32(-1e30)
            source = 0
            for j in range(reach[i, 0], reach[i, 1]):
                value = ends[j] + change[j, i]
                if value > best:
                    best = value
                    source = j
            back[t, i] = source
            score[offsets[i] + heads[i]] = best + prior[i]
        beat, rest = log_beat[t], log_rest[t]
        shift = best_all if t % 64 == 0 else np.float32(0.0)
        for i in range(k):
            start, size, head = offsets[i], intervals[i], heads[i]
            for p in range(start, start + size):
                score[p] += rest - shift
            for p in range(near[i]):
                place = head + p
                if place >= size:
                    place -= size
                score[start + place] += beat - rest
    # The best last state, then back beat by beat.
    best = np.float32(-1e30)
    state = 0
    position = 0
    for i in range(k):
        for p in range(intervals[i]):
            place = heads[i] + p
            if place >= intervals[i]:
                place -= intervals[i]
            if score[offsets[i] + place] > best:
                best = score[offsets[i] + place]
                state, position = i, p
    beats = np.empty(frames // max(1, intervals.min()) + 2, np.int64)
    chosen = np.empty(beats.shape[0], np.int64)
    count = 0
    t = frames - 1 - position
    while t >= 0:
        beats[count], chosen[count] = t, state
        count += 1
        state = back[t, state]
        t -= intervals[state]
    return beats[:count][::-1].copy(), chosen[:count][::-1].copy()
