"""What a long mix costs the listener: CPU seconds a minute of sound, and memory over the base.

    python benchmarks/long.py                    three hours, as mp3 and as FLAC
    python benchmarks/long.py --hours 1 --trace  the same of one hour, and where the memory was held

Four minutes of the built-in synthesiser are looped. Each file is heard in a process
of its own, which has heard a short song before: the base is what it took until then. `--trace` hears it once
more under tracemalloc, which is slow, and names what was held at the peak.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

FORM = "intro verse chorus build drop break build drop outro"
SEGMENT = 240.0  # seconds


def megabytes() -> float:
    """The greatest resident size of this process so far. (`ru_maxrss` would count the process that started it.)"""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def make(folder: Path, hours: float, ending: str) -> Path:
    """A file of so many hours."""
    import imageio_ffmpeg
    import soundfile

    from daemon.audio import synth

    segment, target = folder / f"segment.{ending}", folder / f"long.{ending}"
    samples, _ = synth.song(SEGMENT, form=FORM)
    times = max(1, round(hours * 3600 / SEGMENT))
    if ending in ("flac", "wav"):  # their heads tell their length: they are written whole
        with soundfile.SoundFile(target, "w", synth.RATE, 2) as out:
            for _ in range(times):
                out.write(samples)
        return target
    soundfile.write(segment, samples, synth.RATE)
    loop = ["-stream_loop", str(times - 1), "-i", str(segment), "-c", "copy", str(target)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *loop], check=True)
    return target


def hear(path: Path, short: Path) -> dict[str, float]:
    """Hears `short`, then `path`; what the second cost."""
    from daemon.audio.listen import listen

    listen(short)
    base, begun = megabytes(), time.process_time()
    heard = listen(path)
    seconds = time.process_time() - begun
    minutes = heard.analysis.duration / 60
    return {"minutes": minutes, "base": base, "over": megabytes() - base, "cpu": seconds / minutes}


def trace(path: Path) -> None:
    """Prints the lines of code that held most when most was held, looked at after each step of the listener."""
    from daemon.audio import listen

    peaks: list[tuple[int, str, tracemalloc.Snapshot]] = []

    def look(fraction: float, doing: str = "") -> None:
        now, peak = tracemalloc.get_traced_memory()
        print(f"{fraction:5.2f} {doing:22} held {now / 1e6:6.0f} MB, peak since the last line {peak / 1e6:6.0f} MB")
        tracemalloc.reset_peak()
        if fraction >= 0.8:
            peaks.append((now, doing, tracemalloc.take_snapshot()))

    tracemalloc.start(6)
    listen.listen(path, progress=look)
    for line in max(peaks, key=lambda item: item[0])[2].statistics("lineno")[:14]:
        print(f"{line.size / 1e6:7.1f} MB  {line.traceback}")


def main() -> None:
    """Prints a line a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--endings", nargs="+", default=["mp3", "flac"])
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--hear", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.hear:
        print(json.dumps(hear(*given.hear)))
        return
    with tempfile.TemporaryDirectory() as temp:
        from daemon.audio import synth

        short = Path(temp) / "short.wav"
        synth.write_song(short, seconds=20.0)
        for ending in given.endings:
            path = make(Path(temp), given.hours, ending)
            if given.trace:
                trace(path)
                continue
            command = [sys.executable, __file__, "--hear", str(path), str(short)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{ending:5} {told['minutes']:6.1f} min  {told['cpu']:.3f} CPU s/min"
                f"  {told['over']:.0f} MB over the base of {told['base']:.0f} MB"
            )


if __name__ == "__main__":
    main()
