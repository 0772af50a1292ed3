"""A film made with MoviePy 2: run by `benchmarks.against_moviepy`, with a Python that has it and needs nothing of ours.

    python benchmarks/moviepy_film.py TIMELINE.json OUT.mp4 layers|careful|tuned

Prints the CPU seconds, its encoder's with them, after the imports. Where everything is was reckoned beforehand.

`layers`: as its manual has it. Pictures are ImageClips under vfx.Resize; loudspeakers, equaliser, flashes and what
enters are clips with masks in a CompositeVideoClip as it comes, spotlights and particles `transform`.
`careful`: the same by someone who knows where its time goes. The composite has a ground, which spares it an alpha
channel; a shot has a mask only while it enters; flashes are blended by `transform`.
`tuned`: one VideoClip whose function draws everything with Pillow and numpy, the camera by one bilinear resize of what
is seen; of MoviePy no more than the loop and the writer are left.
"""

from __future__ import annotations

import functools
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
from moviepy import ColorClip, CompositeVideoClip, ImageClip, VideoClip, vfx
from PIL import Image, ImageChops

_ROWS, _COLUMNS = 68, 121  # the coarse field that light is reckoned on


class Drawing:
    """What both ways draw alike. told: the timeline, as JSON has it."""

    def __init__(self, told: dict) -> None:
        self.told = told
        self.width, self.height, self.frames = told["width"], told["height"], told["each"]
        self.size = (self.width, self.height)
        self.white = Image.new("RGB", self.size, "white")
        self._grid = (
            np.linspace(0, self.width / self.height, _COLUMNS, dtype=np.float32)[None, :],
            np.linspace(0, 1, _ROWS, dtype=np.float32)[:, None] + 0.06,
        )
        if told["tiles"]:
            self._prepare_bars(told["tiles"], told["tall"])
        self._art = [Image.open(path).convert("RGBA") for path in told["speakers"]]
        self._art = [(art, art.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) for art in self._art]

    def light(self, frame: np.ndarray, number: int, flashes: bool = True) -> np.ndarray:
        """A flash, and spotlights over it as on a screen."""
        level, spots = self.frames[number]["white"] if flashes else 0, self.frames[number]["spots"]
        if not level and not spots:
            return frame
        image = Image.fromarray(frame)
        if level:
            image = Image.blend(image, self.white, level)
        if spots:
            image = ImageChops.screen(image, self._spots(spots))
        return np.array(image)

    def _spots(self, spots: list) -> Image.Image:
        x, y = self._grid
        light = np.zeros((_ROWS, _COLUMNS, 3), np.float32)
        for place, angle, strength, *colour in spots:
            along = (x - place) * math.sin(angle) + y * math.cos(angle)
            across = ((x - place) * math.cos(angle) - y * math.sin(angle)) / (0.012 + 0.085 * along)
            part = strength * np.exp(-across * across - 1.1 * along)
            part[(along <= 0) | (abs(across) > 2.6)] = 0
            light += part[..., None] * np.array(colour, np.float32)
        coarse = (255 * np.minimum(light, 0.8) + 0.5).astype("uint8")
        return Image.fromarray(coarse).resize(self.size, Image.Resampling.BILINEAR)

    def _prepare_bars(self, colours: list, tall: float) -> None:
        count = len(next(frame["bars"]["levels"] for frame in self.frames if frame["bars"]))
        self.bars_top = (self.height - int(self.height * tall * 1.3)) // 2 * 2
        rows = self.height - self.bars_top
        self._index = np.full((rows, self.width), count * len(colours))
        self._colour = np.zeros((rows, 1, 3), np.float32)
        across, down = self.width / count, self.height * tall / len(colours)
        for j, colour in enumerate(colours):
            bottom, top = rows - int(j * down) - 1, rows - int((j + 0.72) * down) - 1
            self._colour[top:bottom] = colour
            for i in range(count):
                self._index[top:bottom, int((i + 0.18) * across) : int((i + 0.82) * across)] = i * len(colours) + j
        passed = np.arange(rows, dtype=np.float32)[:, None] / rows
        self._shade = 0.75 * passed * (2 - passed)

    @functools.lru_cache(2)  # noqa: B019  # a clip and its mask ask for the same
    def bars(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The strip with the equaliser: RGB, and alpha 0..1."""
        bars = self.frames[number]["bars"]
        lit = np.clip(np.array(bars["levels"], np.float32)[:, None] - np.arange(len(self.told["tiles"])), 0, 1)
        lit = np.append(lit.astype(np.float32).ravel() * np.float32(bars["alpha"]), np.float32(0))[self._index]
        alpha = 1 - (1 - self._shade * np.float32(bars["alpha"])) * (1 - lit)
        share = lit / np.maximum(alpha, 1e-3)
        return (share[..., None] * self._colour).astype("uint8"), alpha

    @functools.lru_cache(4)  # noqa: B019 - one instance, as long as the process
    def speaker(self, number: int, right: bool) -> tuple[Image.Image, tuple[int, int]]:
        """A loudspeaker, RGBA, and where it stands."""
        parts = [part for part in self.frames[number]["speakers"] if part[1] == right]
        left, top = parts[0][2:4]
        image = self._art[0][right].copy()
        for which, _, x, y, scale in parts[1:]:
            art = self._art[which][right]
            size = (round(art.width * scale), round(art.height * scale))
            image.alpha_composite(art.resize(size, Image.Resampling.BILINEAR), (round(x - left), round(y - top)))
        return image, (round(left), round(top))

    def fly(self, frame: np.ndarray, number: int) -> np.ndarray:
        """Particles: soft strokes, each blended where it is."""
        strokes = self.frames[number]["strokes"]
        if not strokes:
            return frame
        if not frame.flags.writeable:
            frame = frame.copy()
        for x, y, dx, dy, radius, soft, red, green, blue, alpha, glow in strokes:
            if glow:
                self._stroke(frame, x, y, dx, dy, radius * 3.5, radius * 3.5, (red, green, blue), alpha * 0.2)
            self._stroke(frame, x, y, dx, dy, radius, soft, (red, green, blue), alpha)
        return frame

    def _stroke(self, frame, x, y, dx, dy, radius, soft, colour, alpha) -> None:
        middle = radius - soft / 2
        if middle < 0.6:
            thin = max(middle, 0) / 0.6
            alpha *= thin if dx * dx + dy * dy > 4 else thin * thin
            middle = 0.6
        if alpha < 0.004:
            return
        soft = max(soft, 1)
        reach = middle + soft / 2
        left, right = max(0, math.floor(min(x, x + dx) - reach)), min(self.width, math.ceil(max(x, x + dx) + reach) + 1)
        top, bottom = (
            max(0, math.floor(min(y, y + dy) - reach)),
            min(self.height, math.ceil(max(y, y + dy) + reach) + 1),
        )
        if right <= left or bottom <= top:
            return
        px = np.arange(left - x, right - x - 0.5, dtype=np.float32)
        py = np.arange(top - y, bottom - y - 0.5, dtype=np.float32)[:, None]
        length = dx * dx + dy * dy
        if length > 1e-6:
            along = np.clip((px * dx + py * dy) / length, 0, 1)
            away = np.sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2)
        else:
            away = np.sqrt(px * px + py * py)
        share = np.clip((reach - away) / soft, 0, 1)
        cover = (share * share * (3 - 2 * share) * np.float32(alpha))[..., None]
        patch = frame[top:bottom, left:right]
        patch[...] = patch + (np.array(colour, np.float32) - patch) * cover + 0.5

    def entrance(self, shot: dict, local: int) -> tuple[np.ndarray, np.ndarray | None]:
        """How much of a shot is seen while it enters, 0..1, and of the rim that runs ahead of a wipe."""
        there, edge = local < len(shot["weights"]), shot["edge"]
        weight = shot["weights"][local] if there else 1.0
        if not edge or not there:
            return np.full(self.size[::-1], weight, np.float32), None
        reach = edge["soft"] + edge["band"]
        ahead = _matte(edge["matte"]) - np.float32(weight * (1 + 2 * reach) - reach)
        share = np.clip(0.5 - ahead / edge["soft"], 0, 1)
        rim = edge["strength"] * (1 - share) * np.clip(1 - np.maximum(ahead, 0) / edge["band"], 0, 1)
        return share, rim


@functools.lru_cache(2)
def _matte(path: str) -> np.ndarray:
    return (np.load(path) / 65535).astype(np.float32)


def spans(there: list) -> list[tuple[int, int]]:
    """From, and before: runs of frames that have something."""
    changes = np.flatnonzero(np.diff([0, *(1 if one else 0 for one in there), 0]))
    return list(zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True))


def layers(draw: Drawing, fps: float, careful: bool) -> VideoClip:
    """Everything as clips."""
    ground = (0, 0, 0) if careful else None
    told, clips = draw.told, []

    def during(clip: VideoClip, first: int, count: int) -> VideoClip:
        # Half a frame early, so that rounding never starts a clip a frame late.
        return clip.with_duration(count / fps).with_start((first - 0.5) / fps)

    def local(t: float, count: int) -> int:
        return min(count - 1, max(0, int(t * fps + 1e-6)))

    def seen(shot: dict, picture: ImageClip, first: int, end: int) -> VideoClip:
        views = shot["views"][first:end]

        def scale(t: float) -> float:
            return views[local(t, len(views))][2]

        def place(t: float) -> tuple[float, float]:
            x, y, scale = views[local(t, len(views))]
            return draw.width / 2 - x * draw.width * scale, draw.height / 2 - y * draw.height * scale

        moved = picture.with_effects([vfx.Resize(scale)]).with_position(place)
        return during(moved, shot["first"] + first, len(views))

    def masked(clip: VideoClip, mask, count: int) -> VideoClip:
        return clip.with_mask(VideoClip(lambda t: mask(local(t, count)), is_mask=True, duration=count / fps))

    for shot in told["shots"]:
        picture = ImageClip(shot["file"])
        if shot["mirrored"]:
            picture = picture.with_effects([vfx.MirrorX()])
        entered = len(shot["weights"])
        count = entered if careful or not entered else len(shot["views"])
        if count:
            # Where care is taken, the mask costs no more than the frames that need it.
            alone = CompositeVideoClip([seen(shot, picture, 0, count).with_start(0)], draw.size, ground)
            entering = functools.lru_cache(2)(functools.partial(draw.entrance, shot))
            clips.append(during(masked(alone, lambda at, e=entering: e(at)[0], count), shot["first"], count))
            if shot["edge"]:
                rim = ColorClip(draw.size, shot["edge"]["colour"])
                clips.append(during(masked(rim, lambda at, e=entering: e(at)[1], entered), shot["first"], entered))
        if count < len(shot["views"]):
            clips.append(seen(shot, picture, count, len(shot["views"])))
    for first, end in spans([frame["speakers"] for frame in draw.frames]):
        for right in (False, True):

            def side(t: float, first=first, count=end - first, right=right) -> tuple:
                return draw.speaker(first + local(t, count), right)

            rgb = VideoClip(lambda t, side=side: np.asarray(side(t)[0])[..., :3], duration=(end - first) / fps)
            alpha = VideoClip(lambda t, side=side: np.asarray(side(t)[0])[..., 3] / 255, is_mask=True)
            rgb = rgb.with_mask(alpha.with_duration(rgb.duration)).with_position(lambda t, side=side: side(t)[1])
            clips.append(during(rgb, first, end - first))
    for first, end in [] if careful else spans([frame["white"] for frame in draw.frames]):

        def level(at: int, first: int = first) -> np.ndarray:
            return np.full(draw.size[::-1], draw.frames[first + at]["white"])

        flash = ColorClip(draw.size, (255, 255, 255))
        clips.append(during(masked(flash, level, end - first), first, end - first))
    whole = CompositeVideoClip(clips, draw.size, bg_color=ground).with_duration(told["frames"] / fps)
    whole = whole.transform(lambda get, t: draw.light(get(t), round(t * fps), flashes=careful))
    over = []
    for first, end in spans([frame["bars"] for frame in draw.frames]):
        count = end - first
        strip = VideoClip(lambda t, f=first, c=count: draw.bars(f + local(t, c))[0], duration=count / fps)
        strip = masked(strip, lambda at, f=first: draw.bars(f + at)[1], count)
        over.append(during(strip.with_position((0, draw.bars_top)), first, count))
    if over:
        whole = CompositeVideoClip([whole, *over], draw.size, use_bgclip=True).with_duration(told["frames"] / fps)
    return whole.transform(lambda get, t: draw.fly(get(t), round(t * fps)))


def tuned(draw: Drawing, fps: float) -> VideoClip:
    """Everything in one function."""
    told = draw.told

    @functools.lru_cache(3)
    def opened(path: str, mirrored: bool) -> Image.Image:
        image = Image.open(path).convert("RGB")
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else image

    def seen(shot: dict, local: int) -> Image.Image:
        image = opened(shot["file"], shot["mirrored"])
        x, y, scale = shot["views"][local]
        wide, high = image.width / scale, image.height / scale
        left = min(max(0.0, x * image.width - wide / 2), image.width - wide)
        top = min(max(0.0, y * image.height - high / 2), image.height - high)
        return image.resize(draw.size, Image.Resampling.BILINEAR, box=(left, top, left + wide, top + high))

    def matte(share: np.ndarray) -> Image.Image:
        return Image.fromarray((share * 255).astype("uint8"))

    def frame(t: float) -> np.ndarray:
        number = round(t * fps)
        image = None
        for shot in told["shots"]:
            local = number - shot["first"]
            if not 0 <= local < len(shot["views"]):
                continue
            above = seen(shot, local)
            if image is None or local >= len(shot["weights"]):
                image = above
            elif shot["edge"] is None:
                image = Image.blend(image, above, shot["weights"][local])
            else:
                share, rim = draw.entrance(shot, local)
                image.paste(above, mask=matte(share))
                image.paste(tuple(shot["edge"]["colour"]), mask=matte(rim))
        if draw.frames[number]["speakers"]:
            for right in (False, True):
                cut, place = draw.speaker(number, right)
                image.paste(cut, place, cut)
        lit = draw.light(np.asarray(image), number)
        if draw.frames[number]["bars"]:
            image = Image.fromarray(lit)
            strip, alpha = draw.bars(number)
            image.paste(Image.fromarray(strip), (0, draw.bars_top), matte(alpha))
            lit = np.array(image)
        return draw.fly(lit, number)

    return VideoClip(frame, duration=told["frames"] / fps)


def film(told: dict, out: str, way: str) -> None:
    fps = told["fps"]
    draw = Drawing(told)
    whole = tuned(draw, fps) if way == "tuned" else layers(draw, fps, way == "careful")
    # The encoder as the other side has it: matrix, closed groups of two seconds, threads.
    parameters = ["-crf", str(told["crf"]), "-g", str(round(2 * fps)), "-flags", "+cgop"]
    parameters += ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709", "-color_range", "tv"]
    parameters += ["-color_primaries", "bt709", "-color_trc", "bt709"]
    whole.write_videofile(
        out,
        fps=fps,
        codec="libx264",
        preset=told["preset"],
        threads=told["threads"],
        ffmpeg_params=parameters,
        logger=None,
    )


if __name__ == "__main__":
    timeline = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    before = os.times()
    film(timeline, sys.argv[2], sys.argv[3])
    after = os.times()
    print(sum(after[:4]) - sum(before[:4]))
