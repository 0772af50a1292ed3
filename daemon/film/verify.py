"""The guard: one decode of the finished film, compared frame by frame with what was planned.

What was planned is drawn again, very small, beside each decoded picture; so a check knows which cut can be
seen at all, and which black or still stretch was meant. Luma values are 16..235; `difference` is the mean
absolute change of a picture from the one before it, in those units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film import offset
from daemon.film.alike import Beside
from daemon.film.approved import Approved
from daemon.film.assemble import Progress, samples_of
from daemon.film.compositor import Compositor
from daemon.film.flashing import flashes_a_second
from daemon.film.values import Timeline
from daemon.sidecars import Check
from daemon.video import sound, watch

SMALL = 128  # width of the pictures that are compared
OFFSET_MS = 1.0
_FINER = 2
_VISIBLE = 2.0  # a planned change smaller than this isn't judged
# Luma levels. Good films of all looks and sizes came to 7, 10 and 0.1 at most; at crf 40, where a picture keeps some
# of the one before it, to 11, 17 and 2.4. Another picture comes to 45, a figure that is missing to 60 in its part,
# pictures two frames late to 5 (medians).
APART = 14.0
PART_APART = 24.0
ASTRAY = 1.5
_BLACK = 22.0
_STILL = 0.02
_STILL_SECONDS = 0.5
_THUMBNAIL = 240
_THUMBNAILS = 400

Series = NDArray[np.float32]


@dataclass
class Verdict:
    """What was seen and heard. found: cuts as frames; thumbnails: shot index -> JPEG."""

    checks: list[Check] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    av_offset_ms: float | None = None
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    frames: int = 0

    @property
    def ok(self) -> bool:
        """Whether the film may leave the house."""
        return all(check.ok for check in self.checks)

    def sentence(self) -> str:
        """What is wrong, in one line."""
        wrong = [f"{check.name}: {check.measured} (limit {check.limit})" for check in self.checks if not check.ok]
        return "; ".join(wrong) or "every check passed"


@dataclass
class _Watched:
    """Series of one value a frame, decoded and planned."""

    mean: Series
    change: Series
    planned_mean: Series
    planned_change: Series
    beside: Beside  # the decoded pictures and the planned ones
    late: int = 0  # pictures whose time stamp isn't their number
    frames: int = 0


def verify(
    film: Path,
    timeline: Timeline,
    envelopes: dict[str, NDArray[np.float32]],
    song: Path,
    progress: Progress = lambda *_args, **_extra: None,
    *,
    sound_expected: bool = True,
    hear: Callable[[watch.Heard], None] = lambda _heard: None,
    approved: Approved | None = None,
    crf: int = 20,
) -> Verdict:
    """Every check of a finished film, out of one decode. FinalFault where it can't be decoded at all.

    progress(fraction, doing). hear: gets the film's sound as it goes by. approved: what is known of the pictures.
    crf: how coarsely the film was coded.
    """
    form = sound.probe(song)
    begins = offset.starts(float(timeline.frames / timeline.fps))
    heard = offset.Gatherer(begins, offset.RATE)
    verdict = Verdict()

    def both(piece: watch.Heard) -> None:
        heard.hear(piece)
        hear(piece)

    drawing = Compositor(timeline, envelopes, *small_size(timeline, _FINER), approved)
    seen = _watch(film, drawing, both, verdict, progress)
    verdict.frames = seen.frames
    verdict.found = _found(seen, set(timeline.cuts))
    verdict.checks += [
        _count(seen, timeline),
        _times(seen),
        _cuts(seen, timeline),
        _likeness(seen, _coarse(crf)),
        _in_step(seen, _coarse(crf)),
        _black(seen),
        _still(seen, timeline.fps),
        _flashes(seen, timeline.fps),
    ]
    if sound_expected:
        original = offset.gather(sound.blocks(song), form, begins)
        measured = offset.compare(original, heard)
        verdict.av_offset_ms = None if measured.median_ms is None else round(measured.median_ms, 4)
        verdict.checks += [_offset(measured), _length(heard, timeline)]
    return verdict


def small_size(timeline: Timeline, finer: int = 1) -> tuple[int, int]:
    """Width and height of the pictures that are compared, or so many times that."""
    return SMALL * finer, max(2, round(SMALL * timeline.height / timeline.width / 2) * 2) * finer


def _watch(
    film: Path, drawing: Compositor, hear: Callable[[watch.Heard], None], verdict: Verdict, progress: Progress
) -> _Watched:
    timeline = drawing.timeline
    width, height = small_size(timeline)
    room = timeline.frames + 64
    mean, change, planned_mean, planned_change = (np.zeros(room, np.float32) for _ in range(4))
    beside = Beside(room, [shot.start for shot in timeline.shots])
    seen = _Watched(mean, change, planned_mean, planned_change, beside)
    wanted = _thumbnail_frames(timeline)
    # Drawn larger and shrunk, as the decoded picture is: thin lines come out alike.
    planned = np.empty((height * _FINER * 3 // 2, width * _FINER), np.uint8)
    before = planned_before = None
    with drawing:
        brush = drawing.brush()
        for picture in watch.watch(film, width, height, hear):
            index = picture.index
            seen.frames = index + 1
            if picture.time is None or abs(picture.time * timeline.fps - index) > Fraction(1, 100):
                seen.late += 1
            if index >= timeline.frames:
                continue
            brush(index, planned)
            shrunk = cv2.resize(planned[: height * _FINER], (width, height), interpolation=cv2.INTER_AREA)
            now, meant = picture.luma.astype(np.int16), np.asarray(shrunk, np.int16)
            seen.mean[index], seen.planned_mean[index] = now.mean(), meant.mean()
            beside.push(index, picture.luma, np.asarray(shrunk, np.uint8))
            if before is not None and planned_before is not None:
                seen.change[index] = np.abs(now - before).mean()
                seen.planned_change[index] = np.abs(meant - planned_before).mean()
            before, planned_before = now, meant
            if index in wanted:
                verdict.thumbnails[wanted[index]] = _jpeg(watch.picture(picture.frame, _THUMBNAIL))
            if index % 64 == 0:
                progress(index / timeline.frames, "verifying")
    return seen


def _thumbnail_frames(timeline: Timeline) -> dict[int, int]:
    shots = timeline.shots
    step = max(1, -(-len(shots) // _THUMBNAILS))
    return {(shot.start + shot.end) // 2: shot.index for shot in shots[::step]}


def _jpeg(rgb: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 78])[1])


# --- the checks ---------------------------------------------------------------------------------


def _count(seen: _Watched, timeline: Timeline) -> Check:
    return Check(
        name="frames", ok=seen.frames == timeline.frames, measured=str(seen.frames), limit=str(timeline.frames)
    )


def _times(seen: _Watched) -> Check:
    return Check(name="time stamps", ok=not seen.late, measured=f"{seen.late} off their frame", limit="0")


def _cuts(seen: _Watched, timeline: Timeline) -> Check:
    """Each planned cut that can be seen lies at its frame."""
    hard = [shot.start for shot in timeline.shots[1:] if not shot.transition.half and shot.start < seen.frames]
    visible = [cut for cut in hard if seen.planned_change[cut] >= _VISIBLE]
    missed = [cut for cut in visible if not _at_its_frame(seen, cut)]
    unseen = len(hard) - len(visible)
    measured = f"{len(visible) - len(missed)} of {len(visible)} at their frame"
    if missed:
        measured += ", not at " + ", ".join(str(cut) for cut in missed[:8])
    if unseen:
        measured += f" ({unseen} between like pictures)"
    return Check(name="cuts", ok=not missed, measured=measured, limit="all")


def _at_its_frame(seen: _Watched, cut: int) -> bool:
    """Whether the decoded changes about a cut fit the planned ones best without being shifted."""
    if seen.change[cut] < 0.4 * seen.planned_change[cut]:
        return False
    low, high = max(1, cut - 4), min(seen.frames, len(seen.change), cut + 5)
    meant = seen.planned_change[low:high]
    errors = {}
    for lag in range(-3, 4):
        if low + lag >= 1 and high + lag <= seen.frames:
            errors[lag] = float(np.abs(seen.change[low + lag : high + lag] - meant).sum())
    return errors.get(0, 0.0) <= min(errors.values()) + 0.05 * float(meant.sum())


def _coarse(crf: int) -> float:
    """How much farther from its plan a film may be that is coded coarsely: half as far again at 40."""
    return 1 + max(0, crf - 28) / 24


def _likeness(seen: _Watched, coarse: float) -> Check:
    """The decoded pictures are the planned ones, as a whole and in each of their parts."""
    count = min(seen.frames, len(seen.mean))
    whole, part = seen.beside.apart[:count], seen.beside.worst[:count]
    if not count:
        return Check(name="pictures as planned", ok=False, measured="no pictures", limit="some")
    first, second = int(np.argmax(whole)), int(np.argmax(part))
    measured = f"at most {whole[first]:.1f} luma levels apart, at frame {first}, and {part[second]:.1f} in one part, "
    measured += f"at frame {second}; mean {whole.mean():.2f}"
    most, most_part = APART * coarse, PART_APART * coarse
    ok = bool(whole[first] <= most and part[second] <= most_part)
    return Check(name="pictures as planned", ok=ok, measured=measured, limit=f"{most:.3g}, in a part {most_part:.3g}")


def _in_step(seen: _Watched, coarse: float) -> Check:
    """No picture is more like what was planned for a frame near by than like what was planned for its own."""
    count, most = min(seen.frames, len(seen.mean)), ASTRAY * coarse
    astray, wrong = seen.beside.astray[:count], np.flatnonzero(seen.beside.out_of_step(most)[:count])
    measured = f"{len(wrong)} frames" + (f", first at {wrong[0]}" if len(wrong) else "")
    measured += f"; at most {astray.max(initial=0):.2f} luma levels nearer to another"
    return Check(name="pictures in step", ok=not len(wrong), measured=measured, limit=f"{most:.3g}")


def _black(seen: _Watched) -> Check:
    count = min(seen.frames, len(seen.mean))
    mean, meant = seen.mean[:count], seen.planned_mean[:count]
    black = np.flatnonzero((mean < _BLACK) & (meant > _BLACK + 6) & (mean < meant - 6))
    measured = f"{len(black)} frames" + (f", first at {black[0]}" if len(black) else "")
    return Check(name="black that wasn't planned", ok=not len(black), measured=measured, limit="0 frames")


def _still(seen: _Watched, fps: Fraction) -> Check:
    count = min(seen.frames, len(seen.change))
    least = max(6, round(_STILL_SECONDS * fps))
    still = np.concatenate([[False], seen.change[1:count] < _STILL, [False]])
    edges = np.flatnonzero(np.diff(still.astype(np.int8)))
    worst = 0
    for begin, end in zip(edges[::2] + 1, edges[1::2] + 1, strict=True):
        meant = float(seen.planned_change[begin:end].mean()) if end > begin else 0.0
        if end - begin >= least and meant > 5 * _STILL:
            worst = max(worst, int(end - begin))
    return Check(name="frozen that wasn't planned", ok=not worst, measured=f"{worst} frames", limit=f"< {least} frames")


def _flashes(seen: _Watched, fps: Fraction) -> Check:
    most = flashes_a_second(seen.mean[: min(seen.frames, len(seen.mean))], fps)
    return Check(name="flashes a second", ok=most <= 3, measured=str(most), limit="3 (WCAG 2.3.1)")


def _offset(measured: offset.Offset) -> Check:
    limit = f"< {OFFSET_MS:g} ms"
    if measured.median_ms is None or measured.largest_ms is None:
        return Check(name="sound against the song", ok=True, measured="silence: nothing to compare", limit=limit)
    ok = abs(measured.largest_ms) < OFFSET_MS and measured.match > 0.5
    said = f"{measured.median_ms:+.3f} ms (at most {measured.largest_ms:+.3f}, {measured.windows} places, "
    return Check(name="sound against the song", ok=ok, measured=said + f"likeness {measured.match:.3f})", limit=limit)


def _length(heard: offset.Gatherer, timeline: Timeline) -> Check:
    wanted = samples_of(timeline.frames, timeline.fps)
    ok = abs(heard.samples - wanted) <= 2048
    return Check(name="length of the sound", ok=ok, measured=f"{heard.samples} samples", limit=f"{wanted} within 2048")


def _found(seen: _Watched, cuts: set[int]) -> list[int]:
    """Frames at which the picture changes suddenly: planned cuts that show, and what the plan doesn't explain."""
    change = seen.change[: min(seen.frames, len(seen.change))]
    found = []
    for frame in range(1, len(change)):
        if change[frame] < 4.0:
            continue
        around = np.concatenate([change[max(1, frame - 8) : frame], change[frame + 1 : frame + 9]])
        usual = float(np.median(around)) if len(around) else 0.0
        explained = frame not in cuts and abs(change[frame] - seen.planned_change[frame]) < 0.5 * change[frame]
        if change[frame] > 2.0 * usual + 1.0 and not explained:
            found.append(frame)
    return found
