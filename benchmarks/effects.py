"""What the effects of a film cost: CPU milliseconds a frame under each shipped look, without the pictures themselves.

    python -m benchmarks.effects [--seconds 75] [--size 1920x1080] [--every 7]

A synthesised song is heard, prompted and planned as in a film; then what lies over the pictures (light, particles,
loudspeakers) and the transitions (dissolves, wipes, whips) are drawn over grey frames, every few frames of the film.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=75.0, help="length of the song (75)")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--every", type=int, default=7, help="draw each so many frames (7)")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    print("| look | shots | effects | over the pictures, mean | transitions, mean | together | slowest frame |")
    print("|---|---|---|---|---|---|---|")
    for name in ("cartoon", "anime", "deity"):
        print(row(name, options.seconds, width, height, options.every), flush=True)


def row(name: str, seconds: float, width: int, height: int, every: int) -> str:
    """One look's line of the table; ms are CPU milliseconds a frame."""
    from daemon import rulebook
    from daemon.audio.listen import listen
    from daemon.audio.synth import write_song
    from daemon.film.direction import Direction
    from daemon.film.overlays import Overlays
    from daemon.film.timeline import PictureFile, Slot, plan
    from daemon.film.transitions import Joiner
    from daemon.stages.prompt import write

    rule = rulebook.load(rulebook.shipped()).named(name)
    assert rule is not None
    rule = rule.model_copy(
        update={"deliver": rule.deliver.model_copy(update={"width": width, "height": height, "fps": "30"})}
    )
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        write_song(song, seconds=seconds)
        heard = listen(song, fps=rule.deliver.rate())
    prompts = write(rule, heard.analysis, [], seed=7, title="Neon Night")
    slots = [
        Slot(p.slot, p.start, p.end, p.section, [PictureFile(p.slot, Path(f"{p.slot}.png"), p.slot)], p.prompt)
        for p in prompts.prompts
    ]
    timeline = plan(heard.analysis, slots, rule, 7)
    direction = Direction(timeline, heard.envelopes)
    over, joiner = Overlays(direction, width, height), Joiner(width, height, timeline.colours)
    frame, other = (np.full((height * 3 // 2, width), level, np.uint8) for level in (60, 120))
    above, between = [], []
    for warm in (True, False):
        for number in range(0, timeline.frames, 60 if warm else every):
            state = direction.state(number)
            began = time.process_time()
            over.draw(number, frame)
            middle = time.process_time()
            if state.other is not None:
                joiner.join(frame, other, state)
            if state.blur > 0:
                joiner.smear(frame, state.blur)
            ended = time.process_time()
            if not warm:
                above.append(1000 * (middle - began))
                between.append(1000 * (ended - middle))
    both = np.array(above) + np.array(between)
    figures = (np.mean(above), np.mean(between), both.mean(), both.max())
    cells = " | ".join(f"{figure:.1f} ms" for figure in figures)
    return f"| {name} | {len(timeline.shots)} | {len(timeline.effects)} | {cells} |"


if __name__ == "__main__":
    main()
