"""A film made with MoviePy 2: run by `benchmarks.against_moviepy`, with a Python that has it and needs nothing of ours.

    python benchmarks/moviepy_film.py TIMELINE.json OUT.mp4

Prints the CPU seconds, its encoder's with them, after the imports. Each shot is an ImageClip, resized and moved as the
camera does frame by frame, in a CompositeVideoClip; dissolves are CrossFadeIn, flashes white clips with a mask.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
from moviepy import ColorClip, CompositeVideoClip, ImageClip, VideoClip, vfx


def film(told: dict, out: str) -> None:
    width, height, fps, frames = told["width"], told["height"], told["fps"], told["frames"]
    clips = []
    for shot in told["shots"]:
        views = shot["views"]

        def view(t: float, views: list = views) -> list:
            return views[min(len(views) - 1, max(0, round(t * fps)))]

        def place(t: float, view=view) -> tuple[float, float]:
            x, y, scale = view(t)
            return width / 2 - x * width * scale, height / 2 - y * height * scale

        clip = ImageClip(shot["file"]).with_duration(len(views) / fps)
        if shot["mirrored"]:
            clip = clip.with_effects([vfx.MirrorX()])
        clip = clip.with_effects([vfx.Resize(lambda t, view=view: view(t)[2])]).with_position(place)
        if shot["dissolve"]:
            clip = clip.with_effects([vfx.CrossFadeIn(shot["dissolve"] / fps)])
        clips.append(clip.with_start(shot["first"] / fps))
    for first, levels in told["flashes"]:

        def mask(t: float, levels: list = levels) -> np.ndarray:
            return np.full((height, width), levels[min(len(levels) - 1, round(t * fps))])

        white = ColorClip((width, height), (255, 255, 255)).with_duration(len(levels) / fps)
        mask_clip = VideoClip(mask, is_mask=True, duration=len(levels) / fps)
        clips.append(white.with_mask(mask_clip).with_start(first / fps))
    whole = CompositeVideoClip(clips, size=(width, height)).with_duration(frames / fps)
    parameters = ["-crf", str(told["crf"])]
    whole.write_videofile(out, fps=fps, codec="libx264", preset=told["preset"], ffmpeg_params=parameters, logger=None)


if __name__ == "__main__":
    timeline = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    before = os.times()
    film(timeline, sys.argv[2])
    after = os.times()
    print(sum(after[:4]) - sum(before[:4]))
