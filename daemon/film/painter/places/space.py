"""Deep space: nebulae, a galaxy, a ringed giant, an eclipse or a black hole, moons, a rock that floats."""

from __future__ import annotations

import numpy as np

from daemon.film.painter import texture
from daemon.film.painter.colour import mix
from daemon.film.painter.outline import box, ellipse, ribbon
from daemon.film.painter.places import adrift, air, planets, sky
from daemon.film.painter.stage import LEFT, LOW, RIGHT, TOP, Stage


def draw(stage: Stage) -> None:
    """Draws space with the cast on a floating rock."""
    chance = stage.chance("plan")
    side = chance.choice((-1, 1))
    x = 800.0 + side * chance.choice((0, 60, 150))
    stage.light = (-side * 0.75, -0.66)
    kind = chance.choice(("giant", "black hole", "eclipse"))
    _nebula(stage, side)
    _stars(stage)
    if kind == "giant":
        _galaxy(stage, 800 + side * 540, 170)
        planets.giant(stage, 800 - side * 390, 330, 250, side)
        planets.moons(stage, ((800 + side * 330, 116, 46), (800 + side * 640, 450, 88), (800 - side * 60, 80, 20)))
    elif kind == "black hole":
        planets.black_hole(stage, 800 - side * 330, 270, 118, side)
        planets.moons(stage, ((800 + side * 600, 170, 60), (800 - side * 640, 600, 84)))
    else:
        stage.light = (0.0, -1.0)
        planets.eclipse(stage, x, 400, 380)
        _galaxy(stage, 800 + side * 610, 150)
        planets.moons(stage, ((800 - side * 600, 210, 44), (800 + side * 640, 520, 70)))
    adrift.rocks(stage, "far rocks", 0.72, 26, (5, 20), 0.3, side)
    adrift.island(stage, x)
    air.standing(stage, x, adrift.GROUND + 6, 0.92, 560, 0.5)
    stage.cast(x, adrift.GROUND, 0.92)
    adrift.rocks(stage, "near rocks", 0.12, 8, (46, 120), 0.05, side)
    _specks(stage)


def _nebula(stage: Stage, side: int) -> None:
    """Clouds of gas: a bright river across the picture, dark dust before it, two colours that run into each other."""
    pen, palette = stage.layer("deep", 1.0, soft=True), stage.palette
    stops = ((0, palette.tone(0.0), 1), (0.55, palette.tone(0.08), 1), (1, palette.tone(0.2), 1))
    pen.fill(box(LEFT, TOP, RIGHT - LEFT, LOW - TOP), pen.linear((0, -100), (400, 1000), *stops))
    wide, high = 640, 400
    key = str(stage.scene["seed"])
    gas = texture.field(f"{key} gas", wide, high, 4, 3, 6, 0.58)
    veins = texture.ridges(f"{key} veins", wide, high, 5, 4)
    dust = texture.field(f"{key} dust", wide, high, 6, 4, 6, 0.6)
    tint = texture.field(f"{key} tint", wide, high, 2, 2, 2, 0.5)
    across = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, high, dtype=np.float32)[:, None]
    river = np.exp(-((down * 1.5 + side * 0.55 * across + 0.5 * (gas - 0.5)) ** 2) / 0.16)
    bright = np.clip(river * (0.35 + 0.9 * gas) * (0.55 + 0.6 * veins), 0, 1).astype(np.float32)
    first, second = palette.accents[0], palette.accents[1]
    for colour, share in ((first, texture.rise(tint, 0.47, 0.75)), (second, 1 - texture.rise(tint, 0.25, 0.5))):
        deep, glow = mix(colour, palette.tone(0.1), 0.4), mix(colour, "#ffffff", 0.35)
        opacity = 0.8 * texture.rise(bright, 0.08, 0.8) * share
        texture.lay(
            pen, texture.ramped(bright, [deep, colour, glow, "#ffffff"], opacity.astype(np.float32)),
            LEFT, TOP, RIGHT - LEFT, LOW - TOP,
        )  # fmt: skip
    lanes = (0.75 * texture.rise(dust, 0.55, 0.85) * np.clip(river * 1.3, 0, 1)).astype(np.float32)
    texture.lay(pen, texture.tinted(palette.tone(0.03), lanes), LEFT, TOP, RIGHT - LEFT, LOW - TOP)


def _stars(stage: Stage) -> None:
    pen, palette, chance = stage.layer("stars", 0.97), stage.palette, stage.chance("stars")
    tints = ("#ffffff", palette.light, mix(palette.accents[1], "#ffffff", 0.5), mix(palette.accents[0], "#ffffff", 0.6))
    for tint in tints:
        for opacity, sizes, count in ((0.5, (0.8, 1.3), 110), (0.95, (1.4, 2.6), 30)):
            found = [
                ellipse(chance.uniform(LEFT, RIGHT), chance.uniform(TOP, LOW), chance.uniform(*sizes))
                for _ in range(count)
            ]
            pen.fill(" ".join(found), tint, opacity)
    for _ in range(14):
        x, y, reach = chance.uniform(-100, 1700), chance.uniform(-50, 900), chance.uniform(9, 24)
        pen.glow(x, y, reach * 2.6, tints[chance.choice((2, 3))], 0.6)
        pen.fill(sky.sparkle_of(x, y, reach), "#ffffff")


def _galaxy(stage: Stage, x: float, y: float) -> None:
    """A spiral seen aslant: noise wound around a core."""
    pen, palette, chance = stage.layer("galaxy", 0.95), stage.palette, stage.chance("galaxy")
    size = 220
    down, across = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    radius = np.hypot(across, down)
    turn = np.arctan2(down, across)
    arms = 0.5 + 0.5 * np.cos(2 * turn - 9.0 * np.sqrt(radius))
    grain = texture.field(f"{stage.scene['seed']} galaxy", size, size, 9, 9, 4, 0.7)
    fade = np.clip(1 - radius, 0, 1)
    level = np.clip(arms**1.7 * fade * (0.5 + 0.9 * grain) * 1.1 + 1.4 * np.exp(-(radius**2) / 0.012), 0, 1).astype(
        np.float32
    )
    opacity = np.clip(level * 1.25, 0, 1) * texture.rise(fade.astype(np.float32), 0.0, 0.3)
    colours = [mix(palette.accents[1], palette.tone(0.3), 0.3), palette.accents[1], palette.light, "#ffffff"]
    rgba = texture.ramped(level, colours, opacity.astype(np.float32))
    with pen.inside(f"translate({x:.0f} {y:.0f}) rotate({chance.uniform(-30, 30):.0f}) scale(1 0.46)"):
        pen.glow(0, 0, 250, palette.accents[1], 0.5)
        texture.lay(pen, rgba, -230, -230, 460, 460)
        pen.glow(0, 0, 50, "#ffffff", 0.9)


def _specks(stage: Stage) -> None:
    """A comet, and dust that drifts close to the eye."""
    pen, chance, palette = stage.layer("comet", 0.2), stage.chance("comet"), stage.palette
    side = chance.choice((-1, 1))
    x, y = 800 - side * chance.uniform(420, 640), chance.uniform(50, 160)
    reach = side * -chance.uniform(230, 330)
    for wide, opacity in ((15, 0.2), (8, 0.4), (3, 0.9)):
        tail = ribbon([(x, y), (x + reach * 0.5, y - 46), (x + reach, y - 100)], [wide, wide * 0.5, 0.5])
        pen.fill(tail, mix(palette.accents[1], "#ffffff", 0.6), opacity)
    pen.glow(x, y, 58, palette.light, 0.9)
    pen.fill(ellipse(x, y, 8), "#ffffff")
    dust = [ellipse(chance.uniform(-100, 1700), chance.uniform(0, 950), chance.uniform(1.2, 4.0)) for _ in range(46)]
    pen.fill(" ".join(dust), palette.light, 0.5)
    for _ in range(6):
        pen.glow(chance.uniform(-100, 1700), chance.uniform(500, 950), chance.uniform(20, 50), palette.accents[1], 0.35)
