"""Areas are averaged exactly, and a row is the same in whatever strip it is read."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hf_space.imaging.readers.area import Axis, average

LEVEL = np.random.default_rng(0).integers(0, 256, (97, 131, 3), np.uint8)


def weights(axis: Axis, count: int) -> NDArray[np.float64]:
    """Return the covered share of each pixel, calculated pixel by pixel."""
    found = np.zeros((count, axis.size))
    for number in range(count):
        begin = axis.start + number * axis.step
        for place in range(int(begin), int(np.ceil(begin + axis.step))):
            covered = min(place + 1, begin + axis.step) - max(place, begin)
            found[number, min(place, axis.size - 1)] += max(covered, 0) / axis.step
    return found


def expected(down: Axis, across: Axis, rows: int, columns: int) -> NDArray[np.float64]:
    pixels = LEVEL.astype(np.float64)
    return np.asarray(
        np.einsum("ij,jkc,lk->ilc", weights(down, rows), pixels, weights(across, columns))
    )


def read(down: Axis, across: Axis, rows: range, columns: int) -> NDArray[np.uint8]:
    top, bottom = down.span(rows.start, len(rows))
    left, right = across.span(0, columns)
    return average(LEVEL[top:bottom, left:right], down, across, rows, columns)


AXES = {
    "blocks": (Axis(0.0, 4.0, 97), Axis(0.0, 4.0, 131)),
    "blocks from elsewhere": (Axis(5.0, 3.0, 97), Axis(17.0, 3.0, 131)),
    "pixels": (Axis(3.0, 1.0, 97), Axis(0.0, 1.0, 131)),
    "enlarged a little": (Axis(0.0, 0.995, 97), Axis(0.0, 0.995, 131)),
    "fractions": (Axis(0.0, 3.957, 97), Axis(0.0, 3.957, 131)),
    "fractions from elsewhere": (Axis(1.37, 2.21, 97), Axis(0.61, 2.21, 131)),
    "not square": (Axis(0.25, 4.0, 97), Axis(0.0, 1.9, 131)),
    "much": (Axis(0.5, 31.3, 97), Axis(2.0, 40.7, 131)),
}


@pytest.mark.parametrize("name", sorted(AXES.keys() - {"enlarged a little"}))
def test_areas_are_averaged(name: str) -> None:
    down, across = AXES[name]
    rows = int((down.size - down.start) / down.step)
    columns = int((across.size - across.start) / across.step)
    pixels = read(down, across, range(rows), columns)
    assert np.abs(pixels - expected(down, across, rows, columns)).max() < 0.6


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("rows", [1, 3, 7])
def test_strips_join_without_a_seam(name: str, rows: int) -> None:
    down, across = AXES[name]
    height = max(1, round((down.size - down.start) / down.step))
    columns = max(1, round((across.size - across.start) / across.step))
    whole = read(down, across, range(height), columns)
    strips = [
        read(down, across, range(top, min(top + rows, height)), columns)
        for top in range(0, height, rows)
    ]
    np.testing.assert_array_equal(np.concatenate(strips), whole)


def test_what_lies_beyond_repeats_the_last_pixel() -> None:
    down, across = Axis(0.0, 10.0, 97), Axis(0.0, 10.0, 131)
    pixels = read(down, across, range(10), 13)
    last = LEVEL[[*range(90, 97), 96, 96, 96], :10].mean(axis=(0, 1))
    assert np.abs(pixels[9, 0] - last).max() <= 0.5
    beyond = read(Axis(0.0, 48.7, 97), Axis(0.0, 48.7, 131), range(3), 3)
    assert np.abs(beyond[2, 0] - LEVEL[96, :48].mean(axis=0)).max() < 2


def test_enlarging_interpolates() -> None:
    ramp = np.repeat(np.array(range(0, 200, 20), np.uint8)[:, None], 5, axis=1)[..., None].repeat(
        3, 2
    )
    down, across = Axis(0.0, 0.5, 10), Axis(0.0, 0.5, 5)
    pixels = average(ramp, down, across, range(20), 10)
    assert pixels[:, 0, 0].tolist() == [0, *range(5, 176, 10), 180]


def test_a_plain_picture_stays_as_it_is() -> None:
    for level in (0, 1, 127, 254, 255):
        plain = np.full((97, 131, 3), level, np.uint8)
        for down, across in AXES.values():
            top, bottom = down.span(0, 2)
            left, right = across.span(0, 2)
            assert (
                average(plain[top:bottom, left:right], down, across, range(2), 2) == level
            ).all()


def test_a_single_pixel_is_an_average_too() -> None:
    down, across = Axis(0.3, 90.1, 97), Axis(0.9, 120.2, 131)
    wanted = expected(down, across, 1, 1)
    assert np.abs(read(down, across, range(1), 1) - wanted).max() < 0.6
