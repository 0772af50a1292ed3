"""An audience seen from behind, lit at its edges by the stage."""

from __future__ import annotations

import random

from daemon.film.painter.colour import mix
from daemon.film.painter.outline import Point, box, ellipse, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.stage import LEFT, RIGHT, Stage


def audience(stage: Stage, x: float) -> None:
    """Two rows of people at the front edge of the picture, looking at x."""
    palette = stage.palette
    rows = ((0.2, 812.0, 0.86, 0.10, 0.62), (0.05, 880.0, 1.3, 0.02, 0.4))
    for row, (depth, y, size, level, glint) in enumerate(rows):
        pen, chance = stage.layer(f"crowd {row + 1}", depth), stage.chance(f"crowd {row}")
        lamp = mix(palette.tone(glint), palette.accents[1], 0.45)
        left = LEFT + chance.uniform(0, 60)
        while left < RIGHT:
            _fan(
                pen,
                chance,
                left,
                y + chance.uniform(-22, 26),
                size * chance.uniform(0.9, 1.12),
                palette.tone(level),
                lamp,
                stage.energy,
                x,
            )
            left += chance.uniform(92, 130) * size


def _fan(
    pen: Pen,
    chance: random.Random,
    x: float,
    y: float,
    size: float,
    body: str,
    lamp: str,
    energy: float,
    towards: float,
) -> None:
    """One of the crowd, from behind: head, shoulders, perhaps raised arms, lit at the edge by the stage."""
    hair = chance.choice(("short", "short", "bun", "long", "cap", "wild"))
    outlines: list[str] = []

    def at(points: list[Point]) -> list[Point]:
        return [(x + a * size, y + b * size) for a, b in points]

    outlines.append(
        smooth(
            at([(-62, 150), (-64, 62), (-46, 38), (-16, 28), (16, 28), (46, 38), (64, 62), (62, 150)]), roundness=0.8
        )
    )
    outlines.append(smooth(at([(-28, -6), (-24, -34), (0, -48), (24, -34), (28, -6), (20, 24), (0, 32), (-20, 24)])))
    if hair == "bun":
        outlines.append(ellipse(x, y - 54 * size, 15 * size))
    elif hair == "long":
        outlines.append(smooth(at([(-32, -10), (-20, -46), (20, -46), (32, -10), (36, 48), (0, 54), (-36, 48)])))
    elif hair == "cap":
        outlines.append(smooth(at([(-30, -14), (-18, -46), (18, -46), (30, -14), (50, -8), (30, -4), (-30, -6)])))
    elif hair == "wild":
        outlines.append(
            smooth(
                at(
                    [
                        (-34, 4),
                        (-46, -22),
                        (-34, -30),
                        (-34, -56),
                        (-12, -50),
                        (2, -70),
                        (16, -52),
                        (38, -56),
                        (34, -30),
                        (46, -18),
                        (34, 6),
                    ]
                ),
                roundness=0.6,
            )
        )
    held: list[tuple[float, float]] = []
    for side in (-1, 1):
        if chance.random() < 0.2 + 0.42 * energy:
            lean = chance.uniform(-12, 26)
            elbow, wrist = (side * (60 + lean * 0.6), 0.0), (side * (52 + lean), -66 - chance.uniform(0, 30))
            outlines.append(ribbon(at([(side * 44, 56), elbow, wrist]), [17 * size, 13 * size, 10 * size]))
            fist = chance.random()
            a, b = wrist
            if fist < 0.35:
                outlines.append(
                    smooth(at([(a - 15, b + 4), (a - 14, b - 22), (a, b - 28), (a + 14, b - 22), (a + 15, b + 4)]))
                )
            elif fist < 0.8:
                outlines.extend(
                    ribbon(
                        at([(a + finger * 0.5, b - 4), (a + finger * 1.1, b - 22), (a + finger * 1.5, b - 38)]),
                        [5.5 * size, 5 * size, 3.5 * size],
                    )
                    for finger in (-16, -6, 4, 14)
                )
                outlines.append(ellipse(x + a * size, y + (b - 6) * size, 13 * size, 14 * size))
            else:
                outlines.append(ellipse(x + a * size, y + (b - 6) * size, 13 * size, 14 * size))
                held.append((a, b))
    move = 3.4 * (1 if towards > x else -1)
    for outline in outlines:
        pen.stroke(outline, lamp, 5.0, 0.9)
        pen.fill(outline, lamp)
    with pen.inside(f"translate({-move:.1f} 5)"):
        for outline in outlines:
            pen.fill(outline, body)
    for a, b in held:
        phone = box(x + (a - 12) * size, y + (b - 50) * size, 24 * size, 44 * size, 5)
        pen.glow(x + a * size, y + (b - 28) * size, 60 * size, pen.palette.light, 0.5)
        pen.fill(phone, body)
        pen.fill(box(x + (a - 9) * size, y + (b - 46) * size, 18 * size, 36 * size, 3), pen.palette.light)
