"""What stands out of the sea: a sailing ship, a lighthouse on its cliff."""

from __future__ import annotations

from daemon.film.painter.colour import mix, oklch, shift
from daemon.film.painter.outline import box, curve, ellipse, polygon, smooth
from daemon.film.painter.stage import Stage


def ship(stage: Stage, x: float, side: int, size: float, y: float) -> None:
    """A sailing ship on the swell."""
    pen, palette = stage.layer("ship", 0.68), stage.palette
    wood, cloth = mix(oklch(0.45, 0.08, 45), stage.tone(0.3), 0.35), mix("#fff6e4", palette.light, 0.3)
    with pen.inside(f"translate({x} {y}) scale({side * size:.2f} {size:.2f}) rotate(-4)"):
        for mast, top in ((-74, -300), (16, -356), (98, -270)):
            pen.stroke(polygon([(mast, -40), (mast, top)], closed=False), palette.line, 13)
            pen.stroke(polygon([(mast, -40), (mast, top)], closed=False), wood, 6)
            for rise, wide, tall in ((0.36, 54, 84), (0.7, 42, 74)):
                foot = -40 + (top + 40) * rise
                sail = curve(
                    f"{-wide} 0, {-wide * 0.6} {-tall * 0.5}, {-wide * 0.8} {-tall}, {wide * 0.8} {-tall},"
                    f" {wide * 1.16} {-tall * 0.45}, {wide} 0, 0 10",
                    0.7,
                    x=mast,
                    y=foot,
                )
                pen.shape(sail, cloth, line=1.1, shade=14, rim=4)
                pen.stroke(polygon([(mast - wide, foot - tall), (mast + wide, foot - tall)], closed=False), wood, 5)
            pen.shape(
                curve("0 0, 24 6, 46 0, 40 12, 46 24, 20 22, 0 20", 0.6, x=mast, y=top - 2),
                palette.accents[0],
                line=0.8,
            )
        jib = curve("112 -230, 206 -92, 118 -70", 0.3)
        pen.shape(jib, cloth, line=1.1, shade=10)
        pen.stroke(polygon([(130, -52), (228, -104)], closed=False), wood, 8)
        hull = curve("-168 -92, -120 -78, -112 -54, 60 -46, 150 -64, 186 -62, 150 10, 110 34, -100 34, -140 6", 0.5)
        pen.shape(hull, wood, line=1.4, shade=18, rim=6)
        pen.stroke(curve("-150 -40, -60 -26, 60 -24, 160 -38", closed=False), palette.accents[0], 9)
        for index in range(5):
            pen.fill(ellipse(-90 + index * 50, -6, 8), mix(oklch(0.88, 0.12, 85), palette.light, 0.4))


def lighthouse(stage: Stage, x: float, side: int) -> None:
    """A cliff with a striped lighthouse and its beam."""
    pen, palette = stage.layer("lighthouse", 0.8), stage.palette
    stone = mix(stage.tone(0.28), oklch(0.4, 0.03, 260), 0.3)
    cliff = smooth(
        [
            (x - 250, 580),
            (x - 190, 488),
            (x - 150, 434),
            (x - 84, 408),
            (x + 96, 404),
            (x + 200, 420),
            (x + 420, 450),
            (x + 460, 600),
        ],
        roundness=0.5,
    )
    if side < 0:
        cliff = smooth(
            [
                (2 * x - (x - 250), 580),
                (2 * x - (x - 190), 488),
                (2 * x - (x - 96), 442),
                (x + 84, 408),
                (x - 96, 404),
                (x - 200, 420),
                (x - 420, 450),
                (x - 460, 600),
            ],
            roundness=0.5,
        )
    top = (x, 128.0)
    for low, opacity in ((0.16, 0.34), (0.07, 0.4)):
        reach = -side * 1300
        beam = pen.linear(top, (top[0] + reach, top[1]), (0, palette.light, opacity), (1, palette.light, 0.0))
        pen.fill(
            polygon(
                [top, (top[0] + reach, top[1] - abs(reach) * low * 0.6), (top[0] + reach, top[1] + abs(reach) * low)]
            ),
            beam,
        )
    pen.shape(cliff, stone, line=1.2, shade=26, rim=6)
    for off in (-60, 40, 150):
        pen.stroke(
            curve("0 0, -12 44, 8 90, -4 130", closed=False, x=x - side * off, y=430), shift(stone, lightness=-0.08), 6
        )
    tower = polygon([(x - 46, 412), (x + 46, 412), (x + 29, 166), (x - 29, 166)])
    pen.shape(tower, "#fff6ea", line=1.2, shade=15, rim=4)
    with pen.inside(clip=tower):
        for step in range(3):
            pen.fill(
                polygon(
                    [
                        (x - 60, 232 + step * 76),
                        (x + 60, 214 + step * 76),
                        (x + 60, 250 + step * 76),
                        (x - 60, 268 + step * 76),
                    ]
                ),
                mix(palette.accents[0], oklch(0.6, 0.2, 25), 0.3),
            )
    pen.shape(box(x - 42, 154, 84, 16, 5), stage.tone(0.14), line=1.0)
    pen.glow(top[0], top[1], 120, palette.light, 0.95)
    pen.shape(box(x - 24, 108, 48, 46, 4), mix(palette.light, "#ffffff", 0.5), line=1.0)
    pen.stroke(polygon([(x, 108), (x, 154)], closed=False), stage.tone(0.14), 4)
    pen.shape(
        curve("-36 0, -22 -24, 0 -40, 22 -24, 36 0", 0.8, x=x, y=110),
        mix(palette.accents[0], oklch(0.6, 0.2, 25), 0.3),
        line=1.0,
        shade=6,
    )
