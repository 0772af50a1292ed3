"""A roof over the city: tiles, a low wall, an air conditioner, a lit billboard, a string of lamps, a plant."""

from __future__ import annotations

from daemon.film.painter import texture
from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, corners, curve, ellipse, points, polygon, ribbon, smooth
from daemon.film.painter.pen import Pen
from daemon.film.painter.places import sky
from daemon.film.painter.stage import LEFT, LOW, RIGHT, Stage

ROOF = 690.0
_WARM = oklch(0.88, 0.12, 85)


def roof(stage: Stage, x: float, side: int) -> None:
    """The roof that the cast stands on: tiles, a low wall, an air conditioner, a water tank, a lit billboard."""
    pen, palette = stage.layer("roof", 0.5), stage.palette
    slab = mix(stage.tone(0.2), oklch(0.4, 0.03, 280), 0.3)
    pen.fill(
        box(LEFT, ROOF, RIGHT - LEFT, LOW - ROOF),
        pen.linear((0, ROOF), (0, 920), (0, stage.tone(0.32), 1), (1, stage.tone(0.1), 1)),
    )
    haze = sky.horizon_colour(stage)
    pen.fill(box(LEFT, ROOF, RIGHT - LEFT, 80), pen.linear((0, ROOF), (0, ROOF + 80), (0, haze, 0.4), (1, haze, 0)))
    seams = [polygon([(800 + index * 84, ROOF), (800 + index * 210, 1000)], closed=False) for index in range(-16, 17)]
    seams += [polygon([(LEFT, y), (RIGHT, y)], closed=False) for y in (706, 724, 748, 780, 824, 886)]
    pen.stroke(" ".join(seams), shift(slab, lightness=-0.08), 2.4, 0.7)
    texture.ground(pen, str(stage.scene["seed"]), (stage.tone(0.02), stage.tone(0.5)), 0.4, ROOF, 1050)
    if stage.scene["weather"] in ("rain", "storm") or stage.hour == "night":
        _puddles(stage, pen, x, side)
    wall = polygon([(LEFT, ROOF - 46), (RIGHT, ROOF - 46), (RIGHT, ROOF + 4), (LEFT, ROOF + 4)])
    pen.shape(wall, slab, line=1.0)
    pen.fill(box(LEFT, ROOF - 52, RIGHT - LEFT, 13), mix(slab, palette.light, 0.35))
    pen.glow(x, ROOF + 66, 420, mix(palette.accents[1], palette.light, 0.4), 0.55, 0.14)
    far = x - side * 560
    pen.shape(box(far - 84, ROOF - 104, 168, 116, 8), mix(stage.tone(0.38), "#9aa0b4", 0.3), line=1.2, shade=14, rim=5)
    for spot in (-38, 40):
        pen.fill(ellipse(far + spot, ROOF - 46, 32), stage.tone(0.12))
        for blade in range(4):
            with pen.inside(f"translate({far + spot} {ROOF - 46}) rotate({blade * 90 + 20})"):
                pen.fill(curve("0 0, 8 -12, 4 -27, -6 -26", 0.8), stage.tone(0.36))
    _board(stage, pen, x + side * 400, side)


def _puddles(stage: Stage, pen: Pen, x: float, side: int) -> None:
    """Wet places that mirror the billboard and the sky."""
    chance, palette = stage.chance("puddles"), stage.palette
    for _ in range(9):
        left, near = chance.uniform(-100, 1700), chance.random()
        y, wide = ROOF + 40 + 170 * near, chance.uniform(70, 190) * (0.5 + near)
        tone = palette.accents[1] if abs(left - (x + side * 400)) < 330 else sky.horizon_colour(stage)
        ring = [(left - wide, y), (left - wide * 0.3, y - wide * 0.09), (left + wide * 0.5, y - wide * 0.06)]
        ring += [(left + wide, y + 2), (left + wide * 0.2, y + wide * 0.1)]
        mirror = pen.linear((0, y - 14), (0, y + 16), (0, tone, 0.65), (1, mix(tone, stage.tone(0.1), 0.6), 0.5))
        pen.fill(smooth(ring), mirror)


def _board(stage: Stage, pen: Pen, x: float, side: int) -> None:
    palette = stage.palette
    steel = stage.tone(0.08)
    for off in (-120, 0, 120):
        pen.stroke(polygon([(x + off, ROOF + 10), (x + off, ROOF - 190)], closed=False), steel, 11)
    pen.stroke(corners("-120 0, 0 -90, 120 0", closed=False, x=x, y=ROOF - 60), steel, 7)
    frame = box(x - 190, ROOF - 430, 380, 250, 10)
    pen.glow(x, ROOF - 300, 400, palette.accents[1], 0.5)
    pen.shape(frame, stage.tone(0.05), line=1.4, rim=4)
    inner = box(x - 174, ROOF - 414, 348, 218, 6)
    pen.fill(inner, pen.linear((x - 174, 0), (x + 174, 0), (0, palette.accents[0], 1), (1, palette.accents[1], 1)))
    with pen.inside(clip=inner):
        pen.fill(ellipse(x, ROOF - 200, 124), palette.accents[2])
        for step in range(5):
            pen.fill(
                box(x - 174, ROOF - 286 + step * 22, 348, 4 + 2.4 * step),
                mix(palette.accents[0], palette.accents[1], 0.5),
            )
        for index in range(16):
            tall = (26, 54, 34, 76, 92, 58, 40, 84)[index % 8]
            pen.fill(box(x - 170 + index * 22, ROOF - 196 - tall * 0.6, 15, tall), stage.tone(0.06), 0.8)
    pen.neon_line(frame, mix(palette.accents[1], palette.light, 0.3), 4)


def lamps(stage: Stage) -> None:
    """A string of lamps across the roof."""
    pen, palette = stage.layer("lamps", 0.45), stage.palette
    dark = stage.tone(0.03)
    cord = points("-700 60, -300 120, 200 150, 700 128, 1200 150, 1700 112, 2300 60")
    pen.stroke(smooth(cord, closed=False), dark, 5)
    for index in range(17):
        left = -260 + index * 132
        drop = 126 + 22 * ((index % 2) - 0.5) + 8 * (1 - abs(left - 800) / 1100)
        colour = (_WARM, palette.accents[0], palette.accents[1])[index % 3]
        pen.stroke(polygon([(left, drop - 8), (left, drop + 12)], closed=False), dark, 4)
        pen.glow(left, drop + 24, 66, colour, 0.6)
        pen.fill(curve("0 -14, 9 -2, 8 10, 0 15, -8 10, -9 -2", x=left, y=drop + 24), mix(colour, "#ffffff", 0.5))


def front(stage: Stage, side: int) -> None:
    """A dark plant close to the eye."""
    pen, palette = stage.layer("near", 0.12), stage.palette
    dark = stage.tone(0.03)
    left = 800 - side * 690
    for angle in (-58, -36, -16, 4, 24, 48):
        with pen.inside(f"translate({left} 880) rotate({angle})"):
            pen.fill(ribbon([(0, 0), (10, -120), (-6, -250)], [16, 26, 2]), dark)
    pen.fill(box(left - 90, 850, 180, 200, 14), dark)
    pen.fill(box(left - 90, 850, 180, 7, 3), mix(dark, palette.accents[1], 0.6))
