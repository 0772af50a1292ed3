"""The desk of the cyborg DJ."""

from __future__ import annotations

from daemon.film.painter.colour import mix, shift
from daemon.film.painter.outline import box, ellipse, polygon
from daemon.film.painter.pen import Pen


def decks(pen: Pen) -> None:
    """The desk in front of the DJ: two turntables, a mixer, a lit front."""
    palette = pen.palette
    body, lamp, second = palette.tone(0.14), palette.accents[1], palette.accents[0]
    metal = mix(palette.tone(0.3), "#8088a0", 0.25)
    top, low = -262, 14
    front = polygon([(-262, top + 24), (262, top + 24), (240, low), (-240, low)])
    board = polygon([(-222, top - 12), (222, top - 12), (274, top + 26), (-274, top + 26)])
    pen.stroke(front, palette.line, pen.sheet.outer * 2)
    pen.stroke(board, palette.line, pen.sheet.outer * 2)
    paint = pen.linear((0, top), (0, low), (0, shift(body, lightness=0.06), 1), (1, mix(body, palette.line, 0.6), 1))
    pen.shape(front, paint, line=0, tone=body)
    for index in range(-5, 6):
        tall = (70, 120, 54, 150, 96, 176, 110, 142, 70, 124, 60)[index + 5]
        x = index * 40
        colour = mix(lamp, second, abs(index) / 5)
        for step in range(int(tall / 22)):
            y = low - 34 - step * 22
            squeeze = 1 - (low - y) / 4000
            pen.fill(box(x * squeeze - 14, y - 14, 28, 14, 3), colour, 0.95 - 0.05 * step)
    pen.shape(board, metal, line=1, tone=metal)
    pen.fill(polygon([(-274, top + 26), (274, top + 26), (268, top + 44), (-268, top + 44)]), lamp)
    for x in (-142, 142):
        with pen.inside(f"translate({x} {top + 6}) scale(1 0.24)"):
            pen.shape(ellipse(0, 0, 84), palette.line, line=0)
            for radius, shade in ((76, 0.1), (62, 0.2), (48, 0.1)):
                pen.fill(ellipse(0, 0, radius), palette.tone(shade))
            pen.fill(ellipse(0, 0, 28), second if x < 0 else lamp)
            pen.fill(ellipse(0, 0, 6), "#ffffff")
    pen.shape(polygon([(-46, top - 10), (46, top - 10), (54, top + 22), (-54, top + 22)]), palette.tone(0.2), line=0.7)
    for x in (-30, -10, 10, 30):
        pen.fill(ellipse(x, top + 1, 5, 3), "#ffffff")
        pen.fill(box(x - 2, top + 8, 5, 10, 2), lamp if x < 0 else second)
