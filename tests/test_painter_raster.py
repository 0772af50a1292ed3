"""The painter's own drawing of its SVG: exact areas, lines of their width, clips, gradients, nothing it can't read."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.film.painter import texture
from daemon.film.painter.colour import Palette
from daemon.film.painter.outline import area, box, ellipse, polygon
from daemon.film.painter.pen import SHEETS, Pen
from daemon.film.painter.svg import Page, transform


def alpha(body: str, width: int = 64, height: int = 48) -> np.ndarray:
    return Page(width, height).draw(body)[3].astype(float) / 255


corner = st.tuples(st.integers(-400, 1040), st.integers(-400, 880)).map(lambda pair: (pair[0] / 10, pair[1] / 10))


@settings(max_examples=60, deadline=None)
@given(st.lists(corner, min_size=3, max_size=3))
def test_a_triangle_covers_exactly_its_area_however_it_hangs_over_the_edges(corners: list[tuple[float, float]]) -> None:
    drawn = alpha(f'<path d="{polygon(corners)}" fill="#ffffff"/>')
    left = clipped(clipped(corners, 0, 64), 1, 48)
    truth = abs(area(left)) if len(left) > 2 else 0.0
    # Each pixel on its edge is rounded to a byte.
    edge = sum(math.dist(a, b) for a, b in pairwise([*left, *left[:1]]))
    assert abs(drawn.sum() - truth) <= (2 * edge + 4) / 500
    inside = [(x + 0.5, y + 0.5) for y, x in np.argwhere(drawn > 0.999)]
    sides = list(pairwise([*corners, corners[0]]))
    for x, y in inside[::7]:
        turns = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for a, b in sides]
        assert min(turns) >= 0 or max(turns) <= 0


def clipped(corners: list[tuple[float, float]], axis: int, most: float) -> list[tuple[float, float]]:
    """What of a convex polygon lies within 0..most of an axis."""
    for bound, sign in ((0.0, 1.0), (most, -1.0)):
        found = []
        for a, b in pairwise([*corners, corners[0]] if corners else []):
            ahead, behind = (b[axis] - bound) * sign, (a[axis] - bound) * sign
            if (ahead < 0) != (behind < 0):
                t = behind / (behind - ahead)
                found.append((a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t))
            if ahead >= 0:
                found.append(b)
        corners = found
    return corners


def test_a_circle_has_its_area_and_a_ring_of_a_line_its_own() -> None:
    whole = alpha(f'<path d="{ellipse(30, 24, 18)}" fill="#123456"/>').sum()
    assert whole == pytest.approx(math.pi * 18**2, rel=0.005)
    line = f'<path d="{ellipse(30, 24, 14)}" fill="none" stroke="#123456" stroke-width="4" stroke-linejoin="round"/>'
    assert alpha(line).sum() == pytest.approx(math.pi * (16**2 - 12**2), rel=0.01)


def test_a_line_has_round_ends_or_none() -> None:
    def line(cap: str) -> str:
        way = polygon([(12, 20), (44, 20)], closed=False)
        return f'<path d="{way}" fill="none" stroke="#ffffff" stroke-width="10" stroke-linecap="{cap}"/>'

    assert alpha(line("butt")).sum() == pytest.approx(320, abs=1)
    assert alpha(line("round")).sum() == pytest.approx(320 + math.pi * 25, rel=0.01)


def test_a_bent_line_has_no_gaps_and_nothing_twice() -> None:
    bent = polygon([(8, 40), (30, 8), (54, 40), (14, 22)], closed=False)
    drawn = alpha(f'<path d="{bent}" fill="none" stroke="#ffffff" stroke-width="6" stroke-opacity="0.5"/>')
    assert drawn.max() == pytest.approx(0.5, abs=0.01)
    for x, y in ((30, 9), (53, 39), (20, 22), (42, 24)):
        assert drawn[y, x] == pytest.approx(0.5, abs=0.01)


def test_holes_follow_the_fill_rule() -> None:
    nested = box(4, 4, 40, 40) + " " + box(14, 14, 20, 20)
    assert alpha(f'<path d="{nested}" fill="#ffffff"/>').sum() == pytest.approx(1600, abs=1)
    assert alpha(f'<path d="{nested}" fill="#ffffff" fill-rule="evenodd"/>').sum() == pytest.approx(1200, abs=1)


def test_a_clip_in_a_clip_leaves_what_both_leave() -> None:
    clips = (
        f'<clipPath id="a"><path d="{box(0, 0, 30, 48)}"/></clipPath>'
        f'<clipPath id="b"><path d="{box(20, 0, 40, 20)}"/></clipPath>'
    )
    inside = f'<path d="{box(0, 0, 64, 48)}" fill="#ffffff"/>'
    body = f'<defs>{clips}</defs><g clip-path="url(#a)"><g clip-path="url(#b)">{inside}</g></g>'
    drawn = alpha(body)
    assert drawn.sum() == pytest.approx(200, abs=1) and drawn[5, 25] == 1 and drawn[5, 10] == 0


def test_a_group_fades_as_one() -> None:
    two = "".join(f'<path d="{box(x, 8, 24, 24)}" fill="#ffffff"/>' for x in (4, 16))
    drawn = alpha(f'<g opacity="0.500">{two}</g>')
    assert set(np.unique(drawn.round(2))) == {0.0, 0.5}


@pytest.mark.parametrize("spread", ["", ' spreadMethod="repeat"'])
def test_a_gradient_runs_from_stop_to_stop(spread: str) -> None:
    stops = '<stop offset="0" stop-color="#000000" stop-opacity="1"/><stop offset="1" stop-color="#ff8000"/>'
    made = f'<linearGradient id="g" x1="0" y1="0" x2="32" y2="0"{spread}>{stops}</linearGradient>'
    drawn = Page(64, 8).draw(f'<defs>{made}</defs><path d="{box(0, 0, 64, 8)}" fill="url(#g)"/>')
    assert drawn[0, 4, 16] == pytest.approx(255 * 16.5 / 32, abs=2)
    assert drawn[1, 4, 16] == pytest.approx(128 * 16.5 / 32, abs=2)
    assert drawn[0, 4, 48] == pytest.approx(255 * 16.5 / 32 if spread else 255, abs=2)


def test_a_radial_gradient_is_round_where_it_isn_t_squeezed() -> None:
    stops = '<stop offset="0" stop-color="#ffffff"/><stop offset="1" stop-color="#ffffff" stop-opacity="0"/>'
    made = f'<radialGradient id="g" cx="0" cy="0" r="20">{stops}</radialGradient>'
    disc = f'<path d="{ellipse(0, 0, 20)}" fill="url(#g)"/>'
    body = f'<defs>{made}</defs><g transform="translate(32 24) scale(1 0.5)">{disc}</g>'
    drawn = alpha(body)
    assert drawn[24, 42] == pytest.approx(drawn[29, 32], abs=0.06)
    assert drawn[24, 32] > 0.93 and drawn[24, 51] < 0.1


@pytest.mark.parametrize(
    "body",
    [
        '<rect width="3" height="3"/>',
        '<path d="M0 0 l3 3 Z" fill="#ffffff"/>',
        '<path d="M0 0 L1e9 3 Z" fill="#ffffff"/>',
        '<path d="L0 0 3 3" fill="#ffffff"/>',
        '<g transform="skewX(3)"><path d="M0 0 L3 3 L5 0 Z" fill="#ffffff"/></g>',
        '<g transform="rotate(3 4 5)"><path d="M0 0 L3 3 L5 0 Z" fill="#ffffff"/></g>',
    ],
)
def test_what_the_pen_never_writes_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        alpha(body)


def test_transforms_are_taken_from_left_to_right() -> None:
    assert transform("translate(3 4) scale(2)") == pytest.approx((2, 0, 0, 2, 3, 4))
    assert transform("rotate(90) matrix(1 0 0 1 5 0)") == pytest.approx((0, 1, -1, 0, 0, 5))


def test_two_pages_of_one_body_are_equal_to_the_byte_and_a_page_is_used_again_clean() -> None:
    body = f'<path d="{polygon([(3, 3), (60, 9), (30, 45)])}" fill="#80c0ff" fill-opacity="0.7"/>'
    page = Page(64, 48)
    first = page.draw(body).copy()
    page.canvas[:] = 0
    assert np.array_equal(page.draw(body), first)


@pytest.mark.parametrize("turned", [0.0, 3.0])
@pytest.mark.parametrize("repeated", [False, True])
def test_an_image_is_drawn_bilinear_held_or_repeated_at_its_edges(turned: float, repeated: bool) -> None:
    dice = np.random.default_rng(5)
    rgba = dice.integers(0, 256, (6, 9, 4), dtype=np.uint8)
    black = "#000000"
    pen = Pen("t", Palette((black, black), (black,) * 3, black, black, (black,) * 3), SHEETS["bold"])
    if repeated:
        paint = texture.weave(pen, rgba, 27, 18)
        body = f'{pen.svg()}<path d="M0 0 L60 0 L60 40 L0 40 Z" fill="{paint}"/>'
    else:
        texture.lay(pen, rgba, 10, 5, 36, 24)
        body = pen.svg()
    drawn = Page(60, 40).draw(f'<g transform="rotate({turned})">{body}</g>').astype(float)

    angle, (left, top, unit) = math.radians(turned), (0, 0, 3) if repeated else (10, 5, 4)
    x, y = np.meshgrid(np.arange(60) + 0.5, np.arange(40) + 0.5)
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    u, v = (u - left) / unit - 0.5, (v - top) / unit - 0.5
    flat = np.dstack([rgba[..., :3] * (rgba[..., 3:] / 255), rgba[..., 3]])
    mode = "wrap" if repeated else "edge"
    grown = np.pad(flat, ((30, 30), (30, 30), (0, 0)), mode=mode)
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    fx, fy = (u - i)[..., None], (v - j)[..., None]
    i, j = np.clip(i, -28, 36) + 30, np.clip(j, -28, 33) + 30
    upper = grown[j, i] * (1 - fx) + grown[j, i + 1] * fx
    lower = grown[j + 1, i] * (1 - fx) + grown[j + 1, i + 1] * fx
    wanted = np.moveaxis(upper * (1 - fy) + lower * fy, -1, 0)
    # Away from the image's own border, where it is covered in part.
    inside = slice(8, 24) if not repeated else slice(4, 36)
    window = (slice(None), inside, slice(14, 42))
    assert np.abs(drawn[window] - wanted[window]).max() <= 1.01
