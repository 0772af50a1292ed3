"""Captions drawn into the picture: white letters with a dark edge and a soft shadow, wrapped, within the safe area.

Frames are NV12 in BT.709 limited range. A caption is rasterised once at the film's own size and shrunk where a frame
is drawn smaller, so that what is planned for a check is what the film shows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from daemon.film.lettering import Font, Hand, hand_for
from daemon.film.values import Caption, Timeline

VERSION = "1"
_SIZE = 0.062  # height of the letters, share of the picture's shorter side
_SMALLEST = 0.6  # of that, before lines are left out
_ROWS = 4
_LEADING = 1.22
_FADE = 0.1  # seconds
_KEPT = 4
_SHADOW = 0.55

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class Block:
    """A caption's pixels: cover 0..255 and luma times cover, at a place in the luma plane; all sides even."""

    left: int
    top: int
    cover: NDArray[np.uint16]
    luma: NDArray[np.uint16]
    half: NDArray[np.uint16]  # cover of the chroma plane


def drawable(captions: Sequence[Caption]) -> tuple[list[Caption], dict[str, int]]:
    """The captions that the fonts of this system can write, and letter -> captions that it keeps out of the picture."""
    hand = hand_for(one.text for one in captions)
    found, lost = [], dict[str, int]()
    for one in captions:
        text, gone = hand.written(one.text)
        for letter in gone:
            lost[letter] = lost.get(letter, 0) + 1
        if not gone:
            found.append(replace(one, text=text))
    return found, lost


class Captions:
    """Draws a timeline's captions onto frames of one size. One for each thread."""

    def __init__(self, timeline: Timeline, width: int, height: int) -> None:
        self.timeline = timeline
        self.width, self.height = width, height
        self._starts = [one.start for one in timeline.captions]
        self._hand = hand_for(one.text for one in timeline.captions)
        self._ready: OrderedDict[int, Block | None] = OrderedDict()
        self._fade = max(1.0, _FADE * float(timeline.fps))

    def draw(self, frame: int, out: Plane) -> None:
        """Lays the caption of a frame, if there is one, over it."""
        index = bisect_right(self._starts, frame) - 1
        if index < 0 or frame >= self.timeline.captions[index].end:
            return
        one = self.timeline.captions[index]
        block = self._block(index)
        if block is None:
            return
        strength = min(1.0, (frame - one.start + 1) / self._fade, (one.end - frame) / self._fade)
        _lay(block, round(256 * strength), out, self.height)

    def _block(self, index: int) -> Block | None:
        if index not in self._ready:
            while len(self._ready) >= _KEPT:
                self._ready.popitem(last=False)
            text = self.timeline.captions[index].text
            drawn = rasterise(text, self._hand, self.timeline.width, self.timeline.height)
            self._ready[index] = _placed(*drawn, self.timeline, self.width, self.height) if drawn else None
        self._ready.move_to_end(index)
        return self._ready[index]


def rasterise(text: str, hand: Hand, width: int, height: int) -> tuple[Plane, Plane, int] | None:
    """Letters and dark edge as cover 0..255, both `width` wide, and the row of the picture that they begin at.

    None where nothing is to be seen.
    """
    rows, font, size = _fitted(hand.written(text)[0], hand, width, height)
    if not rows:
        return None
    step = round(size * _LEADING)
    edge, blur = max(1, round(size * 0.07)), max(1.0, size * 0.16)
    margin = 2 * (edge + round(2 * blur))
    high = (step * len(rows) + 2 * margin + 1) // 2 * 2
    # A stroke of letters' own colour makes the built-in font, which is light, as strong as a bold one.
    strong = 0 if hand.name else max(1, round(size * 0.018))
    letters, dark = Image.new("L", (width, high)), Image.new("L", (width, high))
    for number, row in enumerate(rows):
        at = (width / 2, margin + step * number + step * 0.78)
        ImageDraw.Draw(letters).text(at, row, font=font, fill=255, anchor="ms", stroke_width=strong)
        ImageDraw.Draw(dark).text(at, row, font=font, fill=255, anchor="ms", stroke_width=strong + edge)
    shadow = dark.filter(ImageFilter.GaussianBlur(blur))
    shade = np.asarray(shadow, np.float32) * _SHADOW
    cover = np.maximum(np.asarray(dark, np.float32), shade)
    foot = height - round(_foot(width, height) * height)
    top = max(0, foot - step * len(rows) - margin) // 2 * 2
    return np.asarray(letters, np.uint8), cover.astype(np.uint8), top


def _foot(width: int, height: int) -> float:
    """Share of the picture below the last line: upright films are seen under a phone's own buttons."""
    return 0.08 if width > height else 0.12 if width == height else 0.2


def _fitted(text: str, hand: Hand, width: int, height: int) -> tuple[list[str], Font, int]:
    """The rows, as large as they may be so that no more than four are needed."""
    room = width * (0.8 if width > height else 0.86)
    size = largest = max(6, round(min(width, height) * _SIZE))
    while True:
        font = hand.font(size)
        rows = [row for line in text.split("\n") for row in wrapped(line, font, room - 0.2 * size)]
        if len(rows) <= _ROWS or size <= largest * _SMALLEST or size <= 6:
            return rows[: _ROWS + 1], font, size
        size = max(6, round(size * 0.92))


def wrapped(line: str, font: Font, room: float) -> list[str]:
    """A line in rows of like length, none wider than room; a word that is too long is broken."""
    words: list[str] = []
    for word in line.split():
        words += _broken(word, font, room)
    if not words:
        return []
    rows = _greedy(words, font, room)
    low, high = room / (len(rows) + 1), room
    for _ in range(8):
        middle = (low + high) / 2
        if len(_greedy(words, font, middle)) > len(rows) or any(font.getlength(word) > middle for word in words):
            low = middle
        else:
            high = middle
    return _greedy(words, font, high)


def _greedy(words: Sequence[str], font: Font, room: float) -> list[str]:
    rows = [words[0]]
    for word in words[1:]:
        longer = f"{rows[-1]} {word}"
        if font.getlength(longer) <= room:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _broken(word: str, font: Font, room: float) -> list[str]:
    if font.getlength(word) <= room:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _placed(letters: Plane, cover: Plane, top: int, timeline: Timeline, width: int, height: int) -> Block:
    """The drawing at the size of the frames, cropped to what is seen."""
    canvas = np.zeros((2, timeline.height, timeline.width), np.uint8)
    rows = min(len(cover), timeline.height - top)
    canvas[0, top : top + rows], canvas[1, top : top + rows] = letters[:rows], cover[:rows]
    if (width, height) != (timeline.width, timeline.height):
        canvas = np.stack([cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA) for plane in canvas])
    seen = np.flatnonzero(canvas[1].max(axis=1)), np.flatnonzero(canvas[1].max(axis=0))
    first, last = (int(seen[0][0]), int(seen[0][-1]) + 1) if len(seen[0]) else (0, 2)
    left, right = (int(seen[1][0]), int(seen[1][-1]) + 1) if len(seen[1]) else (0, 2)
    first, left = first // 2 * 2, left // 2 * 2
    last, right = min(height, -(-last // 2) * 2), min(width, -(-right // 2) * 2)
    white, whole = (plane[first:last, left:right].astype(np.uint16) for plane in canvas)
    luma = (235 * white + 16 * (np.maximum(whole, white) - white)) // 255
    size = (whole.shape[1] // 2, whole.shape[0] // 2)
    half = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint16)
    return Block(left, first, whole, luma.astype(np.uint16), half)


def _lay(block: Block, strength: int, out: Plane, height: int) -> None:
    """Blends a block into a frame; strength 0..256."""
    rows, columns = block.cover.shape
    place = out[block.top : block.top + rows, block.left : block.left + columns]
    cover = (block.cover * np.uint32(strength)) >> 8
    place[:] = (place * (255 - cover) + 127) // 255 + ((block.luma * np.uint32(strength)) >> 8)
    below = height + block.top // 2
    chroma = out[below : below + rows // 2, block.left : block.left + columns].reshape(rows // 2, columns // 2, 2)
    part = ((block.half * np.uint32(strength)) >> 8)[..., None]
    out[below : below + rows // 2, block.left : block.left + columns] = (
        (chroma * (255 - part) + 128 * part + 127) // 255
    ).reshape(rows // 2, columns)
