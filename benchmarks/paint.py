"""What a painted scene costs: median CPU seconds of each scene, 1920x1080, wide, by night, in the three sheets.

python -m benchmarks.paint [--runs N] [SCENE ...]
"""

from __future__ import annotations

import argparse
import statistics
import time

from daemon.film.painter import Request, paint, scenes

SHEETS = ("bold", "ink", "neon")


def cost(scene: str, sheet: str, runs: int) -> float:
    """Median CPU seconds of one picture."""
    spent = []
    for _ in range(runs):
        began = time.process_time()
        paint(
            Request(scene, 11, 1920, 1080, key="A minor", sheet=sheet, scene=scene, framing="wide", time_of_day="night")
        )
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def main() -> None:
    """Prints one line a scene."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", default=scenes(), metavar="SCENE")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    paint(Request("warm", 1, 640, 360))  # what is compiled and imported once isn't counted
    print(f"| scene | {' | '.join(SHEETS)} |")
    for scene in options.scenes:
        print(f"| {scene} | " + " | ".join(f"{cost(scene, sheet, options.runs):.2f}" for sheet in SHEETS) + " |")


if __name__ == "__main__":
    main()
