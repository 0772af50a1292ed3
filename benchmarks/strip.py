"""Makes the README's picture from a finished film: frames in order, and beneath them its sound with every cut.

    python benchmarks/strip.py outbox/TITLE/TITLE.mp4 docs/strip.jpg

The cuts are read from the edit.json beside the film, where there is one.
"""

from __future__ import annotations

import argparse
import itertools
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, COLUMNS, ROWS, GAP = 1600, 4, 3, 8
BACK, WAVE, CUT, HERE = (14, 15, 20), (86, 94, 118), (255, 178, 62), (255, 255, 255)


Shot = tuple[float, float, str]


def shots(film: Path) -> list[Shot]:
    """The shots as (start, end, picture), times in seconds; empty where no edit lies beside the film."""
    found = sorted(film.parent.glob("*edit*.json"))
    if not found:
        return []
    edit = json.loads(found[0].read_text("utf-8"))
    fps = Fraction(str(edit["fps"]))
    return [(float(shot["start"] / fps), float(shot["end"] / fps), str(shot["picture"])) for shot in edit["shots"]]


def moments(cuts: list[Shot], duration: float, count: int) -> list[float]:
    """Moments spread over the film, each in the middle of a shot; other pictures go before those shown already."""
    even = [(number + 0.5) * duration / count for number in range(count)]
    if len(cuts) < count:
        return even
    chosen: list[Shot] = []
    for wanted in even:
        shown = [picture for *_, picture in chosen]

        def cost(shot: Shot, wanted: float = wanted, shown: list[str] = shown) -> float:
            away = abs((shot[0] + shot[1]) / 2 - wanted) / (duration / count)
            return away + 0.8 * shown.count(shot[2]) + (0.8 if shot[2] in shown[-1:] else 0)

        chosen.append(min((shot for shot in cuts if shot not in chosen), key=cost))
    return sorted((start + end) / 2 for start, end, _ in chosen)


def frames(film: Path, times: list[float], size: tuple[int, int]) -> list[Image.Image]:
    """The film's frames at those times, scaled."""
    pictures = []
    with av.open(str(film)) as source:
        stream = source.streams.video[0]
        assert stream.time_base is not None
        for time in times:
            source.seek(int(time / stream.time_base), stream=stream)
            frame = next(f for f in source.decode(stream) if f.time is not None and f.time >= time - 1e-3)
            pictures.append(frame.to_image().resize(size, Image.Resampling.LANCZOS))
    return pictures


def waveform(film: Path, columns: int) -> NDArray[np.float64]:
    """Peak of the film's sound in each column, 0..1."""
    chunks = []
    with av.open(str(film)) as source:
        for frame in source.decode(audio=0):
            samples = np.abs(frame.to_ndarray().astype(np.float32))
            chunks.append(samples.max(axis=0) if samples.ndim == 2 else samples)
    sound = np.concatenate(chunks)
    edges = np.linspace(0, len(sound), columns + 1).astype(int)
    peaks = np.array([sound[a:b].max() if b > a else 0.0 for a, b in itertools.pairwise(edges)])
    return peaks / max(peaks.max(), 1e-9)


def strip(film: Path) -> Image.Image:
    """The whole picture."""
    with av.open(str(film)) as source:
        stream = source.streams.video[0]
        assert source.duration is not None
        duration = source.duration / av.time_base
        ratio = stream.height / stream.width
    wide = (WIDTH - GAP * (COLUMNS + 1)) // COLUMNS
    tall = round(wide * ratio)
    cuts = shots(film)
    times = moments(cuts, duration, COLUMNS * ROWS)
    band = 150
    height = GAP + ROWS * (tall + GAP) + band
    sheet = Image.new("RGB", (WIDTH, height), BACK)
    for number, picture in enumerate(frames(film, times, (wide, tall))):
        row, column = divmod(number, COLUMNS)
        sheet.paste(picture, (GAP + column * (wide + GAP), GAP + row * (tall + GAP)))
    draw = ImageDraw.Draw(sheet)
    left, right = GAP, WIDTH - GAP
    middle, half = height - band // 2 - GAP // 2, band // 2 - 22
    for column, peak in enumerate(waveform(film, right - left)):
        reach = max(1, round(peak * half))
        draw.line((left + column, middle - reach, left + column, middle + reach), WAVE)
    for start, *_ in cuts[1:]:
        x = left + start / duration * (right - left)
        draw.line((x, middle - half - 8, x, middle + half + 8), CUT, 1)
    for time in times:
        x = left + time / duration * (right - left)
        draw.polygon(((x - 6, height - 12), (x + 6, height - 12), (x, height - 22)), HERE)
    return sheet


def main() -> None:
    """Reads the command line, writes the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    picture = strip(options.film)
    picture.save(options.out, quality=86, optimize=True)
    print(f"{options.out}: {picture.width}x{picture.height}, {options.out.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
