"""Makes the README's picture from a finished film: frames in order, and beneath them its sound with every cut.

    python -m benchmarks.strip outbox/TITLE/TITLE.mp4 strip.jpg
    python -m benchmarks.strip --all docs

The first makes one from a film; the cuts are read from the edit.json beside it, where there is one. The second makes
three from nothing: an electronic, a rock and a quiet song by the built-in synthesiser, dropped into a new root under
the three shipped looks, each waited for and drawn as docs/strip-NAME.jpg.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, COLUMNS, ROWS, GAP = 1600, 4, 3, 8
BACK, WAVE, CUT, HERE = (14, 15, 20), (86, 94, 118), (255, 178, 62), (255, 255, 255)


Shot = tuple[float, float, str]
_FADE = 1.2  # seconds at a film's end that may be dark

SONGS = {  # name: its look, and how it is synthesised
    "electronic": ("cartoon", {"bpm": 128.0, "key": "A minor", "seed": 4, "form": "intro build drop break drop outro"}),
    "rock": ("anime", {"bpm": 152.0, "key": "E minor", "seed": 9, "form": "intro verse chorus bridge chorus outro"}),
    "quiet": (
        "deity",
        {"bpm": 70.0, "key": "D major", "seed": 6, "form": "intro verse break verse outro", "drums": False}
        | {"rubato": 0.02, "ritard": 0.12},
    ),
}
_RULE = """\
approve: {by: auto}
pictures: {candidates: 1, width: 1280, height: 720}
deliver: {width: 1280, height: 720, fps: 30}
"""


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
    # What is on its way to black says nothing.
    lit = [shot for shot in cuts if (shot[0] + shot[1]) / 2 < duration - _FADE]
    cuts = lit if len(lit) >= count else cuts
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
        for moment in times:
            source.seek(int(moment / stream.time_base), stream=stream)
            frame = next(f for f in source.decode(stream) if f.time is not None and f.time >= moment - 1e-3)
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
    for moment in times:
        x = left + moment / duration * (right - left)
        draw.polygon(((x - 6, height - 12), (x + 6, height - 12), (x, height - 22)), HERE)
    return sheet


def films(root: Path, seconds: float, limit: float) -> dict[str, Path]:
    """Drops the three songs into a new root, runs a daemon until their films lie there; name: film.

    Raises SystemExit where one fails or the limit (seconds) is passed.
    """
    from daemon.audio.synth import write_song
    from daemon.commands import init, look
    from daemon.places import Root

    init.make(root, chosen={"settle": "1", "grace": "0", "room_mb": "512"})
    places = Root(root)
    for name, (folder, options) in SONGS.items():
        inbox = places.inbox / "songs" / folder
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / f"{name}.yaml").write_text(_RULE, "utf-8")
        aside = root / f".{name}.wav"
        write_song(aside, seconds=seconds, **options)
        aside.rename(inbox / f"{name}.wav")
    ends = time.monotonic() + limit
    argv = [sys.executable, "-m", "daemon", "--root", str(root), "run"]
    with open(root / "daemon.log", "wb") as log:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        while True:
            jobs = {look.title(job): job for job in look.jobs(places)}
            failed = [name for name in SONGS if name in jobs and jobs[name].stage == "failed"]
            if failed or child.poll() is not None or time.monotonic() > ends:
                raise SystemExit(f"no film of {', '.join(failed) or 'all songs'}: see {root / 'daemon.log'}")
            if all(name in jobs and jobs[name].stage == "done" for name in SONGS):
                return {name: next(iter(sorted((places.outbox / name).glob("*.mp4")))) for name in SONGS}
            time.sleep(0.5)
    finally:
        child.terminate()
        child.wait(30)


def _save(film: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    picture = strip(film)
    quality = 86
    picture.save(out, quality=quality, optimize=True)
    while out.stat().st_size > 590_000 and quality > 50:
        quality -= 6
        picture.save(out, quality=quality, optimize=True)
    print(f"{out}: {picture.width}x{picture.height}, {out.stat().st_size // 1024} kB, quality {quality}")


def main() -> None:
    """Reads the command line, writes the picture or the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path, nargs="?", help="a finished film")
    parser.add_argument("out", type=Path, nargs="?", help="the picture to write")
    parser.add_argument("--all", type=Path, metavar="DIR", help="make three songs and films, and their strips in DIR")
    parser.add_argument("--root", type=Path, help="with --all: where films are made; else a folder that is removed")
    parser.add_argument("--seconds", type=float, default=40.0, help="with --all: length of each song (40)")
    parser.add_argument(
        "--limit", type=float, default=3600.0, help="with --all: seconds after which it gives up (3600)"
    )
    options = parser.parse_args()
    if options.all:
        with tempfile.TemporaryDirectory(prefix="strips-") as made:
            for name, film in films(options.root or Path(made), options.seconds, options.limit).items():
                _save(film, options.all / f"strip-{name}.jpg")
    elif options.film and options.out:
        _save(options.film, options.out)
    else:
        parser.error("a film and a picture to write, or --all DIR")


if __name__ == "__main__":
    main()
