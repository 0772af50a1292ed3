"""What the tests of clips share: a still, and clips of it, good and broken, encoded by ffmpeg."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.film_help import ffmpeg_path

Pixels = NDArray[np.uint8]
SIZE = (208, 120)
FRAMES = 33


def still(seed: int = 1, width: int = 416, height: int = 240) -> Pixels:
    """A picture of its own: soft ground, some hard shapes."""
    dice = np.random.default_rng(seed)
    pixels = cv2.resize(
        dice.integers(0, 255, (5, 8, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(14):
        where = (int(dice.integers(0, width)), int(dice.integers(0, height)))
        cv2.circle(pixels, where, int(dice.integers(8, 40)), tuple(dice.integers(0, 255, 3).tolist()), -1)
    return np.asarray(pixels, np.uint8)


def night(seed: int = 2) -> Pixels:
    """A dark scene: nearly black, with a few lights and the outline of a hill."""
    picture = np.full((240, 416, 3), (3, 4, 10), np.uint8)
    dice = np.random.default_rng(seed)
    cv2.fillPoly(
        picture, [np.array([[0, 200], [120, 130], [260, 180], [416, 110], [416, 240], [0, 240]])], (12, 14, 24)
    )
    for _ in range(24):
        where = (int(dice.integers(0, 416)), int(dice.integers(0, 130)))
        cv2.circle(picture, where, 2, (150, 150, 170), -1)
    cv2.circle(picture, (330, 50), 20, (190, 190, 160), -1)
    return picture


def panned(picture: Pixels, frames: int = FRAMES, travel: float = 0.06, size: tuple[int, int] = SIZE) -> list[Pixels]:
    """A camera that goes sideways over a picture, by a share of its width."""
    high, wide = picture.shape[:2]
    found = []
    for index in range(frames):
        left = round(travel * wide * index / (frames - 1) * 4) / 4
        matrix = np.array([[size[0] / (wide * 0.94), 0, -left * size[0] / (wide * 0.94)], [0, size[1] / high, 0]])
        found.append(np.asarray(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_AREA), np.uint8))
    return found


def encoded(path: Path, frames: Sequence[Pixels], fps: int = 16, crf: int = 23, sound: bool = False) -> Path:
    """Frames as a file."""
    high, wide = frames[0].shape[:2]
    argv = [ffmpeg_path(), "-hide_banner", "-loglevel", "error", "-y"]
    argv += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{wide}x{high}", "-r", str(fps), "-i", "pipe:0"]
    if sound:
        argv += ["-f", "lavfi", "-i", "sine=frequency=440", "-shortest", "-c:a", "aac"]
    codec = ["-c:v", "libx264", "-crf", str(crf), "-preset", "veryfast", "-pix_fmt", "yuv420p"]
    argv += (codec if path.suffix == ".mp4" else []) + [str(path)]
    subprocess.run(argv, input=b"".join(np.ascontiguousarray(frame).tobytes() for frame in frames), check=True)
    return path
