"""Learns the weights by which the listener finds downbeats among beats, and says how well they find them.

    python -m benchmarks.fit_bars --material DIR [--write]

DIR is what `python -m benchmarks.material` made. Logistic regression over the known beats of excerpts in 3/4 and 4/4.
Printed is, on known beats and with metre and phase both to be found, the F-measure of the downbeats (70 ms) and the
share of metres that are right, by weights that never saw that composition. --write puts the weights fitted on
everything into daemon/audio/bar_weights.py.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.fit import features_of
from daemon.audio import bars

Doubles = NDArray[np.float64]
TARGET = Path(__file__).parents[1] / "daemon" / "audio" / "bar_weights.py"
_L2, _FOLDS = 1e-3, 4


@dataclass
class Piece:
    """Known beats of an excerpt: what surrounds each (n, d), which are downbeats (n,)."""

    kind: str
    name: str
    metre: int
    told: Doubles
    first: NDArray[np.bool_]
    beats: Doubles


def piece(path: Path) -> Piece | None:
    """The beats of an excerpt; None where its bars aren't of three or four, or aren't known."""
    story = json.loads(path.with_suffix(".json").read_text())
    if story["metre"] not in (3, 4) or len(story["downbeats"]) < 4:
        return None
    beats, downs = np.array(story["beats"]), np.array(story["downbeats"])
    beats = beats[(beats >= 0) & (beats < story["seconds"] - 0.05)]
    first = np.abs(beats[:, None] - downs).min(axis=1) < 0.03
    told = bars.surroundings(bars.cues(features_of(path), beats))
    return Piece(story["kind"], story["piece"], story["metre"], told, first, beats)


def fit(pieces: list[Piece]) -> Doubles:
    """(d,) weights; each excerpt counts the same, the last weight (the constant) is free."""
    rows = np.concatenate([piece.told for piece in pieces])
    first = np.concatenate([piece.first for piece in pieces]).astype(np.float64)
    share = np.concatenate([np.full(len(piece.first), 1 / len(piece.first) / len(pieces)) for piece in pieces])
    held = np.append(np.ones(rows.shape[1] - 1), 0.0)

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        odds = rows @ weights
        value = float(share @ (np.logaddexp(0, odds) - first * odds)) + _L2 * float(held @ weights**2)
        return value, rows.T @ (share * (1 / (1 + np.exp(-odds)) - first)) + 2 * _L2 * held * weights

    weights = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x
    # The constant holds how rare downbeats are, which `bars` knows by the metre.
    weights[-1] += np.log((1 - first @ share) / (first @ share))
    return np.asarray(weights)


def main() -> None:
    """Fits, judges, and writes where it is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    pieces = [found for path in sorted(given.material.glob("*.npz")) if (found := piece(path)) is not None]
    names = sorted({piece.name for piece in pieces})
    fold = {name: index % _FOLDS for index, name in enumerate(names)}
    scores: dict[str, list[tuple[float, bool]]] = {}
    for number in range(_FOLDS):
        weights = fit([piece for piece in pieces if fold[piece.name] != number])
        for one in (piece for piece in pieces if fold[piece.name] == number):
            metre, downs = bars.best(one.told @ weights)[:2]
            score = mir_eval.beat.f_measure(one.beats[one.first], one.beats[downs])
            scores.setdefault(one.kind, []).append((score, metre == one.metre))
    print("| kind | excerpts | downbeat F | metre |\n|---|---|---|---|")
    for kind, rows in sorted(scores.items()):
        print(f"| {kind} | {len(rows)} | {np.mean([r[0] for r in rows]):.3f} | {np.mean([r[1] for r in rows]):.3f} |")
    if given.write:
        weights = fit(pieces)
        count = len(bars.CUES)
        rows = [weights[start : start + count] for start in range(0, len(weights), count)]
        body = "\n".join("    " + ", ".join(f"{value:.4f}" for value in row) + "," for row in rows)
        TARGET.write_text(
            f'"""What the search for downbeats learned, a row for each beat of `bars.CONTEXT`, then the constant.\n\n'
            f"Made on {date.today()} by `python -m benchmarks.fit_bars --write` from {len(pieces)} excerpts.\n"
            f'"""\n\n# fmt: off\nWEIGHTS = (\n{body}\n)\n'
        )


if __name__ == "__main__":
    main()
