"""Learns the weights by which the listener chooses among the readings of a pulse, and says how well they choose.

    python -m benchmarks.fit --material DIR [--write] [--l2 0.005]

DIR is what `python -m benchmarks.material` made. A reading's worth is its F-measure against the known beats (the mean
of the windows of 70 and 40 ms); the weights make the chance of the best readings greatest (a softmax over the readings
of each excerpt, regularised). Printed is the F-measure at 70 ms (beats as frames, before refinement) of what would be
chosen by weights that never saw that composition, and by weights that never saw that kind of piece, beside the best
reading on offer. --write puts the weights fitted on everything into daemon/audio/reading_weights.py.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import mir_eval
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from daemon.audio import beats, offers
from daemon.audio.evidence import Scene
from daemon.audio.spectrum import FPS, Features

Doubles = NDArray[np.float64]
TARGET = Path(__file__).parents[1] / "daemon" / "audio" / "reading_weights.py"
# What a kind counts in the fit, whatever its number of excerpts.
SHARES = {"rock": 1.3, "pop": 0.8, "pattern": 1.3, "synth": 0.7}
# Readings whose worth is this much less than the best are e times less wanted.
_SOFTNESS, _FOLDS = 0.07, 4


@dataclass
class Piece:
    """Readings of one excerpt: the description of each (n, d), F-measure of each at 70 and 40 ms (n, 2)."""

    kind: str
    name: str
    told: Doubles
    worth: Doubles


def features_of(path: Path) -> Features:
    """What was kept of an excerpt; what wasn't is empty."""
    empty = np.zeros(0, np.float32)
    with np.load(path) as kept:
        found = {name: kept.get(name, empty) for name in Features.__dataclass_fields__}
    return Features(**{**found, "samples": int(found["samples"])})


def piece(path: Path) -> Piece | None:
    """The readings of an excerpt; kept beside it for the next time. None where it has none."""
    story = json.loads(path.with_suffix(".json").read_text())
    features = features_of(path)
    act = beats.activation(features)
    base = beats.track(act)
    if len(base) < 8:
        return None
    scene = Scene(features, act)
    known = mir_eval.beat.trim_beats(np.array(story["beats"]))
    found = offers.courses(act, base)
    worth = []
    for course in found:
        times = mir_eval.beat.trim_beats(course.frames / FPS)
        worth.append([mir_eval.beat.f_measure(known, times, window) for window in (0.07, 0.04)])
    told = np.stack([scene.describe(course.frames, course.even) for course in found])
    return Piece(story["kind"], story["piece"], told, np.array(worth))


@dataclass
class Weights:
    """A linear weighing of standardised descriptions, as `readings.weigh` does it."""

    means: Doubles
    spreads: Doubles
    values: Doubles

    def score(self, told: Doubles) -> Doubles:
        """(n,) of descriptions (n, d)."""
        return np.asarray(np.clip((told - self.means) / self.spreads, -4, 4) @ self.values)


def fit(pieces: list[Piece], l2: float) -> Weights:
    """Weights that make the worthiest readings of each piece likeliest."""
    rows = np.concatenate([piece.told for piece in pieces])
    means, spreads = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    rows = np.clip((rows - means) / spreads, -4, 4)
    edges = np.cumsum([0] + [len(piece.told) for piece in pieces])
    counts = Counter(piece.kind for piece in pieces)
    worth = [piece.worth @ [0.6, 0.4] for piece in pieces]
    # An excerpt with no good reading on offer teaches little.
    share = np.array([w.max() * SHARES[p.kind] / counts[p.kind] for w, p in zip(worth, pieces, strict=True)])
    share = np.repeat(share / share.sum(), np.diff(edges))
    wanted = np.concatenate([np.exp((w - w.max()) / _SOFTNESS) for w in worth])
    wanted /= np.repeat(np.add.reduceat(wanted, edges[:-1]), np.diff(edges))

    def loss(values: Doubles) -> tuple[float, Doubles]:
        scores = rows @ values
        scores -= np.repeat(np.maximum.reduceat(scores, edges[:-1]), np.diff(edges))
        chance = np.exp(scores)
        chance /= np.repeat(np.add.reduceat(chance, edges[:-1]), np.diff(edges))
        value = -float(share * wanted @ np.log(chance + 1e-12)) + l2 * float(values @ values)
        return value, rows.T @ (share * (chance - wanted)) + 2 * l2 * values

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return Weights(means, spreads, found.x)


def judged(pieces: list[Piece], groups: list[str], l2: float) -> list[float]:
    """F-measure of the reading that weights choose which were fitted without the piece's group."""
    out = [0.0] * len(pieces)
    for group in sorted(set(groups)):
        weights = fit([p for p, g in zip(pieces, groups, strict=True) if g != group], l2)
        for index, p in enumerate(pieces):
            if groups[index] == group:
                out[index] = float(p.worth[int(np.argmax(weights.score(p.told))), 0])
    return out


def written(weights: Weights, told: str) -> None:
    """The weights as a module."""
    lines = [f'"""What the weighing of readings learned, for each number of `evidence.Scene.describe`.\n\n{told}\n"""']
    for name, values in (("MEANS", weights.means), ("SPREADS", weights.spreads), ("WEIGHTS", weights.values)):
        cells = [f"{value:.4g}" for value in values]
        rows = [", ".join(cells[start : start + 10]) + "," for start in range(0, len(cells), 10)]
        lines.append("\n".join([f"{name} = (", *(f"    {row}" for row in rows), ")"]))
    TARGET.write_text("\n\n".join([lines[0], "# fmt: off\n" + lines[1], *lines[2:]]) + "\n")


def main() -> None:
    """Fits, judges, and writes where it is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", type=Path, required=True)
    parser.add_argument("--l2", type=float, default=0.005)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    pieces = [found for path in sorted(given.material.glob("*.npz")) if (found := piece(path)) is not None]
    names = sorted({p.name for p in pieces})
    fold = {name: str(index % _FOLDS) for index, name in enumerate(names)}
    by_name = judged(pieces, [fold[p.name] for p in pieces], given.l2)
    by_kind = judged(pieces, [p.kind for p in pieces], given.l2)
    print("| kind | excerpts | composition held out | kind held out | best on offer |\n|---|---|---|---|---|")
    for kind in [*sorted({p.kind for p in pieces}), ""]:
        rows = [i for i, p in enumerate(pieces) if not kind or p.kind == kind]
        best = np.mean([pieces[i].worth[:, 0].max() for i in rows])
        means = [f"{np.mean([values[i] for i in rows]):.3f}" for values in (by_name, by_kind)]
        print(f"| {kind or 'all'} | {len(rows)} | {' | '.join(means)} | {best:.3f} |")
    if given.write:
        n = len(pieces)
        story = f"Made on {date.today()} by `python -m benchmarks.fit --write --l2 {given.l2:g}` from {n} excerpts."
        written(fit(pieces, given.l2), story)


if __name__ == "__main__":
    main()
