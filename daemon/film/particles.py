"""What flies before the picture: sparks, embers, dust, snow, rain, petals. Any frame is drawn by itself.

Where a particle is follows from its number and the time alone, so segments can be drawn in any order. Positions
and sizes are in units of the frame's shorter side: a film looks the same at every size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.film.colours import yuv
from daemon.film.direction import MEMORY, Curve
from daemon.film.strokes import FIELDS

Table = NDArray[np.float32]  # (particles, FIELDS): as strokes.lay wants it
_MOST = 700  # particles at once


@dataclass(frozen=True)
class _Falling:
    """Something that is always there: how many, how fast (shorter sides a second), how large, how it sways."""

    count: int
    speed: tuple[float, float]
    side: float  # sideways, the same
    size: tuple[float, float]
    sway: float
    gust: float  # how much faster in the loudest moment
    soft: float  # share of the radius that fades
    alpha: tuple[float, float]
    colours: tuple[tuple[int, int, int], ...]  # one, or as many as fly mixed
    streak: float = 0.0  # seconds of its way that are seen at once
    flutter: float = 0.0  # how flat it gets as it turns


_PAPER = ((255, 92, 138), (64, 214, 232), (255, 214, 74), (140, 108, 255), (250, 250, 250))
_NEON = ((255, 110, 199), (92, 233, 255), (255, 255, 255))
_STONE = ((46, 38, 44), (74, 62, 66), (28, 24, 30))
_PINK = ((255, 183, 205),)
_AUTUMN = ((214, 142, 58), (186, 96, 48), (150, 138, 62))
_FALLING = {
    "snow": _Falling(230, (0.07, 0.24), 0.03, (0.0016, 0.0075), 0.03, 1.2, 0.75, (0.55, 0.95), ((246, 249, 255),)),
    "rain": _Falling(260, (1.5, 2.5), -0.35, (0.0008, 0.0026), 0.0, 0.7, 0.6, (0.18, 0.46), ((205, 220, 240),), 0.042),
    "dust": _Falling(90, (-0.012, 0.02), 0.014, (0.0016, 0.011), 0.05, 0.8, 1.0, (0.08, 0.34), ((255, 236, 205),)),
    "petals": _Falling(46, (0.06, 0.15), 0.09, (0.0075, 0.016), 0.06, 0.9, 0.25, (0.8, 0.95), _PINK, 0, 0.75),
    "leaves": _Falling(44, (0.1, 0.24), 0.5, (0.0075, 0.0175), 0.07, 0.9, 0.25, (0.8, 0.95), _AUTUMN, 0, 0.75),
    "confetti": _Falling(190, (0.13, 0.34), 0.03, (0.0055, 0.0135), 0.06, 0.7, 0.2, (0.85, 1.0), _PAPER, 0, 0.85),
    "debris": _Falling(30, (0.1, 0.36), 0.3, (0.0055, 0.019), 0.02, 1.4, 0.2, (0.9, 1.0), _STONE, 0, 0.45),
    "motes": _Falling(80, (-0.03, -0.11), 0.01, (0.0028, 0.009), 0.05, 1.0, 0.7, (0.7, 1.0), _NEON, 0),
}


@dataclass(frozen=True)
class _Born:
    """Something that comes into being and dies: how many a second at most, how long it lives."""

    rate: float
    life: tuple[float, float]
    size: tuple[float, float]
    hot: tuple[int, int, int]
    cold: tuple[int, int, int]


_BORN = {
    "burst": _Born(700.0, (0.6, 1.6), (0.0014, 0.0044), (255, 246, 214), (255, 110, 24)),
    "sparks": _Born(170.0, (0.4, 1.2), (0.0012, 0.0032), (255, 244, 205), (255, 120, 30)),
    "embers": _Born(44.0, (2.2, MEMORY - 1), (0.0015, 0.0052), (255, 190, 90), (255, 70, 20)),
}


class Particles:
    """All that flies in one film. riding: how much of each at every frame; bands: the music's envelopes; wide, tall:
    the frame, its shorter side 1."""

    def __init__(
        self, riding: dict[str, Curve], bands: dict[str, Curve], fps: float, wide: float, tall: float, seed: int
    ) -> None:
        self.riding, self.bands, self.fps, self.wide, self.tall = riding, bands, fps, wide, tall
        self._fields = {name: _field(name, kind.count, seed) for name, kind in _FALLING.items()}
        self._travel = {name: np.cumsum(1.0 + kind.gust * bands["bass"]) / fps for name, kind in _FALLING.items()}
        beat = np.maximum(bands["onset"], bands["treble"] ** 2)
        self._births = {
            "burst": riding["burst"] * _BORN["burst"].rate,
            "sparks": riding["sparks"] * beat**2 * _BORN["sparks"].rate,
            "embers": riding["embers"] * (0.2 + 0.8 * bands["rms"]) * _BORN["embers"].rate,
        }
        self._seed = seed

    def table(self, frame: int) -> Table:
        """The particles of a frame; colours and alpha filled in, positions and lengths in shorter sides."""
        parts = [self._fall(name, frame) for name in _FALLING if self.riding[name][frame] > 0]
        parts += [part for name in _BORN if (part := self._alive(name, frame)) is not None]
        return np.concatenate(parts)[:_MOST] if parts else np.zeros((0, FIELDS), np.float32)

    def _fall(self, name: str, frame: int) -> Table:
        kind, field = _FALLING[name], self._fields[name]
        amount = float(self.riding[name][frame])
        field = field[: max(1, round(len(field) * min(1.0, 0.35 + 0.65 * amount)))]
        depth = field[:, 2]
        travel, seconds = float(self._travel[name][frame]), frame / self.fps
        speed = kind.speed[0] + (kind.speed[1] - kind.speed[0]) * depth
        side = kind.side * (0.5 + depth)
        turn = field[:, 4] * 2 * math.pi + seconds * (0.4 + 0.9 * field[:, 5])
        margin = 0.1
        wide, tall = self.wide + 2 * margin, self.tall + 2 * margin
        x = (field[:, 0] * wide + side * travel + kind.sway * np.sin(turn)) % wide - margin
        y = (field[:, 1] * tall + speed * travel + 0.3 * kind.sway * np.cos(1.3 * turn)) % tall - margin
        near = depth**2
        out = np.zeros((len(field), FIELDS), np.float32)
        out[:, 0], out[:, 1] = x, y
        out[:, 2], out[:, 3] = side * kind.streak, speed * kind.streak
        radius = kind.size[0] + (kind.size[1] - kind.size[0]) * near
        out[:, 4] = radius
        out[:, 5] = radius * np.maximum(kind.soft, 0.55 * (depth > 0.93))
        tints = np.array([yuv(colour) for colour in kind.colours], np.float32)
        out[:, 6:9] = tints[(field[:, 5] * len(tints)).astype(np.int64) % len(tints)]
        # What is very near is out of focus: larger and fainter.
        alpha = kind.alpha[0] + (kind.alpha[1] - kind.alpha[0]) * field[:, 3]
        out[:, 9] = alpha * min(1.0, 1.6 * amount) * (0.75 + 0.25 * np.sin(turn * 1.7) if name == "dust" else 1.0)
        if kind.flutter:
            # A petal is a short stroke across its turn, thinner as it shows its edge.
            length = radius * 1.2
            spin = 2.1 * turn
            out[:, 2], out[:, 3] = length * np.cos(spin), length * np.sin(spin) * 0.8
            flat = 1 - kind.flutter * np.abs(np.sin(1.7 * turn + field[:, 3] * 6))
            out[:, 4] = radius * np.maximum(0.3, flat)
            out[:, 6] -= 26 * field[:, 3]
        if name == "motes":
            out[:, 9] *= 0.6 + 0.4 * np.sin(turn * 3.1)
            out[:, 10] = 1.0  # they glow
        return out

    def _alive(self, name: str, frame: int) -> Table | None:
        kind, births = _BORN[name], self._births[name]
        first = max(0, frame - math.ceil(kind.life[1] * self.fps))
        rate = births[first : frame + 1] / self.fps
        if not rate.any():
            return None
        frames = np.arange(first, frame + 1)
        # A whole number each frame, right on average.
        counts = np.floor(rate + _chance(frames, 0, self._seed)).astype(np.int64)
        born = np.repeat(frames, counts)
        if not len(born):
            return None
        ends = np.cumsum(counts)
        number = np.arange(len(born)) - np.repeat(ends - counts, counts)
        ident = born * 1009 + number

        def chance(which: int) -> NDArray[np.float32]:
            return _chance(ident, which, self._seed)

        age = (frame - born) / self.fps
        life = kind.life[0] + (kind.life[1] - kind.life[0]) * chance(1)
        passed = age / life
        out = np.zeros((len(born), FIELDS), np.float32)
        move: Callable[..., None] = {"sparks": self._spark, "burst": self._burst, "embers": self._ember}[name]
        move(out, age, born, chance)
        radius = kind.size[0] + (kind.size[1] - kind.size[0]) * chance(2) ** 2
        out[:, 4] = radius * np.maximum(0.35, 1 - 0.6 * passed)
        out[:, 5] = out[:, 4] * 0.8
        heat = np.clip(1 - 1.15 * passed, 0, 1)[:, None] ** 0.7
        out[:, 6:9] = yuv(kind.cold) + (yuv(kind.hot) - yuv(kind.cold)) * heat
        flicker = 0.7 + 0.3 * np.sin(frame * (0.9 + chance(3)) + 6.3 * chance(4))
        out[:, 9] = np.clip(2.2 * (1 - passed), 0, 1) * (flicker if name == "embers" else 1.0)
        out[:, 10] = heat[:, 0] > 0.5  # it glows
        return out[passed < 1]

    def _spark(
        self, out: Table, age: NDArray[np.float64], born: NDArray[np.int64], chance: Callable[..., Curve]
    ) -> None:
        # A shower from one place beyond the upper edge, another one each time.
        place = _chance(born // max(1, round(0.5 * self.fps)), 9, self._seed)
        x0 = self.wide * (0.1 + 0.8 * place)
        aim = 1.57 + 1.5 * (chance(5) - 0.5)
        self._thrown(out, age, (x0, np.full_like(place, -0.03)), aim, 0.25 + 1.0 * chance(6) ** 1.5)

    def _burst(
        self, out: Table, age: NDArray[np.float64], born: NDArray[np.int64], chance: Callable[..., Curve]
    ) -> None:
        # Two fountains out of the lower corners, crossing.
        right = chance(9) > 0.5
        x0 = np.where(right, self.wide + 0.02, -0.02)
        aim = np.where(right, -2.05, -1.09) + 0.75 * (chance(5) - 0.5)
        self._thrown(out, age, (x0, np.full_like(chance(5), self.tall + 0.02)), aim, 0.7 + 2.2 * chance(6))

    def _thrown(
        self,
        out: Table,
        age: NDArray[np.float64],
        start: tuple[NDArray[np.floating], NDArray[np.floating]],
        aim: NDArray[np.floating],
        force: NDArray[np.floating],
    ) -> None:
        """Where sparks are that were thrown: the air holds them back, and they fall. Their way is drawn as a streak."""
        vx, vy = force * np.cos(aim), force * np.sin(aim)
        left = np.exp(-1.8 * age)
        slow = (1 - left) / 1.8
        gravity = 0.9
        out[:, 0] = start[0] + vx * slow
        out[:, 1] = start[1] + vy * slow + 0.5 * gravity * age**2
        seen = np.minimum(0.03, age)
        out[:, 2] = -seen * vx * left
        out[:, 3] = -seen * (vy * left + gravity * age)

    def _ember(
        self, out: Table, age: NDArray[np.float64], born: NDArray[np.int64], chance: Callable[..., Curve]
    ) -> None:
        rise = 0.12 + 0.2 * chance(5)
        out[:, 0] = (
            self.wide * (chance(6) * 1.1 - 0.05)
            + 0.05 * np.sin(age * (1.2 + 2 * chance(7)) + 6.3 * chance(8))
            + 0.03 * age * (chance(9) - 0.3)
        )
        out[:, 1] = self.tall + 0.04 - rise * age - 0.02 * age**2


def _field(name: str, count: int, seed: int) -> NDArray[np.float32]:
    """Six numbers 0..1 for each particle: x, y, nearness, and three of its own; the far ones first."""
    dice = np.random.default_rng([seed, *name.encode()])
    return dice.random((count, 6)).astype(np.float32)


def _chance(ident: NDArray[np.int64], which: int, seed: int) -> NDArray[np.float32]:
    """A number 0..1 of each thing's own: the same whenever it is asked for (SplitMix64's finaliser)."""
    mixed = ident.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
        (which * 7919 + seed * 104729) % (1 << 63)
    )
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(40)) * 2.0**-24, np.float32)
