"""Heaped clouds as small images: balls piled into a height map, frayed by noise, lit in soft steps as a brush would."""

from __future__ import annotations

import random
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from daemon.film.painter import texture
from daemon.film.painter.outline import Point

Cloud = tuple[float, float, float, float]  # x and y of its base's middle, half its breadth, its height; in pixels


def _pile(chance: random.Random, heights: texture.Field, bases: texture.Field, cloud: Cloud) -> None:
    """Piles balls on one cloud's base; bases takes how high over its base each pixel lies, 0..1."""
    x, y, half, tall = cloud
    rows, columns = heights.shape
    balls: list[tuple[float, float, float]] = []
    towers = [(chance.uniform(-0.6, 0.6), chance.uniform(0.55, 1.0)) for _ in range(chance.randint(2, 4))]
    for _ in range(60):
        across = chance.uniform(-1, 1)
        crown = max(0.16, *(high * max(0.0, 1 - ((across - at) / 0.42) ** 2) for at, high in towers))
        up = chance.random() ** 0.75 * crown * (1 - 0.25 * across * across)
        radius = tall * (0.17 + 0.2 * (1 - up) * chance.uniform(0.5, 1.0)) * (1 - 0.4 * abs(across))
        balls.append((x + across * half, y - up * tall * 0.86, radius))
    for a, b, radius in balls:
        left, right = max(0, int(a - radius)), min(columns, int(a + radius) + 2)
        top, low = max(0, int(b - radius)), min(rows, int(min(y + 2, b + radius)) + 2)
        if right <= left or low <= top:
            continue
        aside = np.arange(left, right, dtype=np.float32)[None, :] - a
        under = np.arange(top, low, dtype=np.float32)[:, None] - b
        square = aside * aside + under * under
        ball = np.sqrt(np.maximum(0, radius * radius - square)) + 0.35 * (y - b)
        ball = np.where(square < radius * radius, ball, 0)
        patch = heights[top:low, left:right]
        higher = ball > patch
        patch[higher] = ball[higher]
        over = np.clip((y - (under + b)) / tall, 0, 1) + 0 * aside
        bases[top:low, left:right][higher] = over[higher]


def drawn(
    key: str, size: tuple[int, int], clouds: Sequence[Cloud], colours: list[str], light: Point, opacity: float = 1.0
) -> NDArray[np.uint8]:
    """Clouds on a clear ground, H x W x 4 RGBA, straight; size is (width, height), colours go from shade to light."""
    width, height = size
    heights, bases = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    chance = random.Random(key)
    for cloud in clouds:
        _pile(chance, heights, bases, cloud)
    fray = texture.field(f"{key} fray", width, height, max(2, width // 22), max(2, height // 22), 3, 0.6)
    soft = np.asarray(cv2.GaussianBlur(heights, (0, 0), 2.6), np.float32)
    inside = np.asarray(cv2.GaussianBlur((heights > 0).astype(np.float32), (0, 0), 2.6), np.float32)
    spread = np.asarray(cv2.GaussianBlur(bases, (0, 0), 2.6), np.float32)
    bases = np.asarray(spread / np.maximum(inside, 0.02), np.float32)
    body = soft + (fray - 0.5) * np.minimum(soft, 10.0) * 1.5
    alpha = texture.rise(body, 0.8, 6.0) * texture.rise(bases + 0.1 * fray, 0.0, 0.22)
    calm = np.asarray(cv2.GaussianBlur(heights + 4 * fray, (0, 0), 3.2), np.float32)
    down, across = np.asarray(cv2.Sobel(calm, cv2.CV_32F, 0, 1)), np.asarray(cv2.Sobel(calm, cv2.CV_32F, 1, 0))
    size_of = np.sqrt(across**2 + down**2 + 30.0)
    lit = -(across * light[0] + down * light[1]) / size_of
    wide = np.asarray(cv2.GaussianBlur(heights, (0, 0), 9), np.float32)
    level = 0.4 + 0.36 * lit + 0.02 * (soft - wide) + 0.34 * (bases - 0.35) + 0.12 * (fray - 0.5)
    steps = (
        0.34 * texture.rise(level, 0.2, 0.34)
        + 0.33 * texture.rise(level, 0.42, 0.54)
        + 0.33 * texture.rise(level, 0.66, 0.8)
    )
    return texture.ramped(np.asarray(0.75 * steps + 0.25 * np.clip(level, 0, 1), np.float32), colours, opacity * alpha)
