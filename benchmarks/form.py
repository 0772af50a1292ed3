"""How well the listener hears form and key: drops, roles, boundaries, keys and their changes.

    python benchmarks/form.py                                     forty songs of the synthesiser, 24 of which change key
    python benchmarks/form.py --pop909 DIR [--soundfont FILE.sf2]  also POP909 (NNN/NNN.mid and NNN/key_audio.txt),
                                                                   rendered by fluidsynth: 45 of one key, 24 of several

Pieces that DIR's neighbour dev.json names are left out. Keys by mir_eval's weighted score; a change counts as found
within 6 s, a drop within a beat; roles by share of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import mir_eval
import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

FORMS = (
    "intro build drop break drop outro",
    "intro build drop break build drop outro",
    "intro verse build drop verse build drop outro",
    "intro verse chorus verse chorus outro",
    "verse chorus bridge chorus",
    "intro verse chorus verse chorus bridge chorus outro",
    "intro build drop outro",
    "intro verse build drop break build drop",
    "verse verse chorus verse chorus outro",
    "intro drop break build drop outro",
)
Rows = list[tuple[float, float, str]]


def songs(chance: random.Random) -> list[dict[str, Any]]:
    """What the forty songs are."""
    from daemon.audio.synth import TONICS

    return [
        {
            "seconds": chance.choice([60, 90, 120]),
            "bpm": chance.choice([92, 100, 112, 120, 126, 128, 140, 150, 174]),
            "seed": 700 + number,
            "key": f"{chance.choice(TONICS)} {'major' if number % 3 == 0 else 'minor'}",
            "form": FORMS[number % len(FORMS)],
            "swing": 0.08 if number % 3 == 2 else 0.0,
            "half_time_drops": number % 4 == 1,
            "modulate": (0, 0, 2, 1, 2)[number % 5],
        }
        for number in range(40)
    ]


class Tally:
    """Scores by kind, and counts of (found, there, false)."""

    def __init__(self) -> None:
        self.scores: dict[str, list[float]] = defaultdict(list)
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def count(self, kind: str, there: list[float], found: list[float], window: float) -> None:
        """Adds moments that are there and that were found (seconds)."""
        row = self.counts[kind]
        row[0] += sum(any(abs(t - f) <= window for f in found) for t in there)
        row[1] += len(there)
        row[2] += sum(all(abs(t - f) > window for t in there) for f in found)

    def keys(self, kind: str, truth: Rows, analysis: Any) -> None:
        """Adds the key that holds longest, and the changes."""
        longest: dict[str, float] = defaultdict(float)
        for start, end, name in truth:
            longest[name] += end - start
        heard = analysis.key.name() if analysis.key.tonic else None
        self.scores[f"key, {kind}"].append(mir_eval.key.weighted_score(max(longest, key=lambda k: longest[k]), heard))
        changes = [event.start for event in analysis.events if event.kind == "key"]
        self.count(f"key changes, {kind}", [start for start, _, _ in truth[1:]], changes, 6.0)

    def say(self) -> None:
        """Prints all."""
        for kind, values in self.scores.items():
            print(f"| {kind} ({len(values)}) | {np.mean(values):.3f} |")
        for kind, (found, there, false) in self.counts.items():
            print(f"| {kind} | {found} of {there}, {false} false |")


def synthesised(folder: Path, tally: Tally) -> None:
    """Listens to the songs of the synthesiser, whole files, beats and bars as heard."""
    from daemon.audio import synth
    from daemon.audio.listen import listen

    for options in songs(random.Random(99)):
        path = folder / "song.wav"
        truth = synth.write_song(path, **options)
        a = listen(path).analysis
        tally.keys(f"synthesised {truth.mode}", truth.keys, a)
        drops = [event.start for event in a.events if event.kind == "drop"]
        tally.count("drops", truth.drops, drops, 60 / truth.bpm)
        real = np.array([start for start, _, _ in truth.sections[1:]])
        heard = np.array([section.start for section in a.sections[1:]])
        tally.scores["boundaries F 0.5 s"].append(mir_eval.onset.f_measure(real, heard, 0.5)[0] if len(heard) else 0.0)
        right = sum(
            max(0.0, min(end, s.end) - max(start, s.start))
            for start, end, role in truth.sections
            for s in a.sections
            if s.role == role
        )
        tally.scores["roles, share of time"].append(right / truth.duration)


def pop909(root: Path, soundfont: Path, folder: Path, tally: Tally) -> None:
    """Listens to renderings: the first 60 s of pieces of one key, whole ones of several."""
    from daemon.audio.listen import listen

    neighbour = root.parent / "dev.json"
    kept = (
        {Path(piece["midi"]).parent.name for piece in json.loads(neighbour.read_text())}
        if neighbour.exists()
        else set()
    )
    one, several = [], []
    for path in sorted(root.glob("*/key_audio.txt")):
        rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
        truth = [(float(start), float(end), _name(key)) for start, end, key in rows]
        if path.parent.name in kept:
            continue
        if len(truth) == 1:
            one.append((path.parent, truth))
        elif len(truth) <= 3 and all(end - start >= 16 for start, end, _ in truth):
            several.append((path.parent, truth))
    chance = random.Random(909)
    chance.shuffle(one)
    chance.shuffle(several)
    for kind, pieces, seconds in (("POP909 of one key", one[:45], 60.0), ("POP909 of several", several[:24], 900.0)):
        for piece, truth in pieces:
            whole, part = folder / "whole.wav", folder / "part.wav"
            midi = piece / f"{piece.name}.mid"
            command = ["fluidsynth", "-niq", "-F", str(whole), "-r", "22050", str(soundfont), str(midi)]
            subprocess.run(command, check=True, capture_output=True, timeout=600)
            samples, rate = soundfile.read(whole, frames=int(seconds * 22050), dtype="float32")
            soundfile.write(part, samples, rate)
            tally.keys(kind, truth, listen(part).analysis)


def _name(key: str) -> str:
    """'Gb:maj' -> 'F# major'."""
    from daemon.audio.synth import TONICS

    tonic, mode = key.split(":")
    number = TONICS.index(tonic[0]) + tonic.count("#") - tonic[1:].count("b")
    return f"{TONICS[number % 12]} {'major' if mode == 'maj' else 'minor'}"


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pop909", type=Path)
    parser.add_argument("--soundfont", type=Path, default=Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"))
    given = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as temp:
        synthesised(Path(temp), tally)
        if given.pop909:
            pop909(given.pop909, given.soundfont, Path(temp), tally)
    tally.say()


if __name__ == "__main__":
    main()
