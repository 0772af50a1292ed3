"""What a loud section adds to a place: lasers, confetti, jets of fire, fireworks, sky lanterns."""

from __future__ import annotations

import math

from daemon.film.painter.colour import mix, oklch
from daemon.film.painter.outline import curve, ellipse, polygon, ribbon
from daemon.film.painter.stage import Stage

LOUD = 0.6


def is_loud(stage: Stage) -> bool:
    """Whether a section is one to celebrate."""
    return stage.energy > LOUD or stage.scene["role"] in ("drop", "chorus")


def lasers(stage: Stage, x: float, y: float) -> None:
    """Thin beams that fan out from two points of a stage."""
    pen, chance = stage.layer("lasers", 0.58), stage.chance("lasers")
    colours = (stage.palette.accents[0], stage.palette.accents[1], stage.palette.accents[2])
    kind = chance.choice(("fan", "cross"))
    for index, side in enumerate((-1, 1)):
        foot = (x + side * 330, y)
        colour = colours[index if kind == "cross" else 1]
        for step in range(7):
            angle = math.radians(-90 + side * (-62 + step * 17 if kind == "cross" else 8 + step * 11))
            end = (foot[0] + math.cos(angle) * 1700, foot[1] + math.sin(angle) * 1700)
            line = polygon([foot, end], closed=False)
            pen.stroke(line, colour, 9, 0.22)
            pen.stroke(line, mix(colour, "#ffffff", 0.6), 2.6, 0.9)
        pen.fill(ellipse(*foot, 13, 9), stage.palette.line)
        pen.glow(*foot, 60, colour, 0.9)


def jets(stage: Stage, x: float, y: float) -> None:
    """Jets of fire at both sides of a stage."""
    pen, chance = stage.layer("jets", 0.48), stage.chance("jets")
    fire = (oklch(0.62, 0.22, 32), oklch(0.76, 0.18, 56), oklch(0.93, 0.12, 95))
    for off in (-540, -410, 410, 540):
        tall = chance.uniform(200, 300)
        pen.glow(x + off, y - tall * 0.4, tall * 0.8, fire[1], 0.5)
        for share, colour in ((1.0, fire[0]), (0.74, fire[1]), (0.46, fire[2])):
            jet = (
                "-8 0, -16 -30, -26 -66, -14 -60, -24 -96, -6 -84, 0 -124, 8 -86, 22 -100, 15 -62, 28 -70, 16 -30, 8 0"
            )
            pen.fill(curve(jet, 0.8, x=x + off, y=y, size=tall * share / 124), colour, 0.95)
        pen.fill(
            polygon([(x + off - 20, y + 8), (x + off + 20, y + 8), (x + off + 13, y - 12), (x + off - 13, y - 12)]),
            stage.palette.line,
        )


def confetti(stage: Stage, depth: float = 0.24) -> None:
    """Scraps of paper in the air, clear of the first one's face."""
    pen, chance = stage.layer("confetti", depth), stage.chance("confetti")
    colours = (*stage.palette.accents, stage.palette.light)
    for _ in range(90):
        x, y = chance.uniform(-100, 1700), chance.uniform(-60, 760)
        if math.hypot(x - stage.face[0], y - stage.face[1]) < 110:
            continue
        with pen.at(x, y, chance.uniform(0, 180), chance.uniform(0.7, 1.5)):
            scrap = "-8 -4, 8 -5, 8 4, -8 5" if chance.random() < 0.6 else "-10 0, -4 -5, 2 0, 8 -4, 10 0, 2 5, -4 1"
            pen.fill(curve(scrap, 0.2), chance.choice(colours), 0.95)


def fireworks(stage: Stage, away: float, depth: float = 0.955) -> None:
    """Bursts in the sky, away from a place across."""
    pen, chance = stage.layer("fireworks", depth), stage.chance("fireworks")
    colours = (*stage.palette.accents, stage.palette.light)
    for _ in range(5):
        x, y, size = chance.uniform(60, 1540), chance.uniform(40, 270), chance.uniform(70, 150)
        if abs(x - away) < 190:
            continue
        colour = chance.choice(colours)
        pen.glow(x, y, size * 1.5, colour, 0.5)
        for ring, reach, count in ((0, 1.0, 22), (1, 0.62, 14)):
            for index in range(count):
                angle = math.tau * (index + ring * 0.5) / count
                c, s = math.cos(angle), math.sin(angle)
                path = [
                    (x + c * size * share * reach, y + s * size * share * reach + 16 * (share * reach) ** 2)
                    for share in (0.3, 0.68, 1.0)
                ]
                pen.fill(ribbon(path, [0.6, 2.4, 3.6]), mix(colour, "#ffffff", 0.3 * ring + 0.15))
                pen.fill(ellipse(*path[-1], 4.2), "#ffffff")


def lanterns(stage: Stage, depth: float = 0.6) -> None:
    """Paper lanterns that rise into the sky."""
    pen, chance = stage.layer("lanterns", depth), stage.chance("lanterns")
    paper, flame = oklch(0.82, 0.14, 70), oklch(0.95, 0.1, 95)
    for _ in range(20):
        x, y, size = chance.uniform(-60, 1660), chance.uniform(20, 520), chance.choice((0.35, 0.45, 0.6, 0.9))
        if math.hypot(x - stage.spot.x, y - 450) < 260:
            continue
        pen.glow(x, y, 74 * size, paper, 0.75)
        with pen.at(x, y, chance.uniform(-8, 8), size):
            pen.shape(curve("-24 22, -30 -8, -22 -34, 22 -34, 30 -8, 24 22", 0.7), paper, line=0.7, shade=8)
            pen.fill(ellipse(0, 14, 15, 10), flame)
            pen.fill(curve("-24 20, 24 20, 22 27, -22 27", 0.3), mix(paper, stage.palette.line, 0.5))
