"""Ducts, lobules and vessels: outlines with a lumen, and where their nuclei sit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["duct", "acinus", "vessel"]

_LOBULE_ROOM: Final = 105.0
_DUCT_ROOM: Final = 45.0
_PER_MM2: Final = 5.0


@dataclass(frozen=True)
class Gland:
    """A tube cut across, in µm.

    Attributes:
        kind: Duct, acinus of a lobule, or vessel.
        x: Centre.
        y: Centre.
        radius: Of the basement membrane, on average.
        lumen: Of the lumen, on average.
        waves: How the outline departs from a circle, as parts of the radius, (2, 4): cosine and
            sine of two to five periods.
        loose: Radius of the loose stroma around its lobule; 0 but for one acinus of each.
        seed: Of its nuclei.
    """

    kind: Kind
    x: float
    y: float
    radius: float
    lumen: float
    waves: NDArray[np.float64]
    loose: float
    seed: int

    def outline(self, radius: float, angles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points at angles on a contour of an average radius, (n, 2) in µm."""
        phases = np.arange(2, 6)[:, None] * angles
        wave = self.waves[0] @ np.cos(phases) + self.waves[1] @ np.sin(phases)
        length = radius + self.radius * wave
        points = np.stack([length * np.cos(angles), length * np.sin(angles)], axis=1)
        return points + (self.x, self.y)


def place_glands(rng: np.random.Generator, places: NDArray[np.float64]) -> tuple[Gland, ...]:
    """Place lobules, ducts and vessels where there is room.

    Args:
        rng: Source of all chance.
        places: x, y and room around in µm, (n, 3), in the order in which they are tried.
    """
    glands: list[Gland] = []
    taken: list[tuple[float, float, float]] = []
    wanted = int(np.ceil(len(places) * 64e-6 * _PER_MM2)) + 2
    for number, (x, y, room) in enumerate(places[:: max(1, len(places) // 4000)]):
        if len(taken) >= wanted:
            break
        reach = _reach(rng, room, len(taken))
        if not reach:
            continue
        others = np.array(taken).reshape(-1, 3)
        gaps = np.hypot(x - others[:, 0], y - others[:, 1]) - others[:, 2]
        if (gaps < reach + 30).any():
            continue
        taken.append((x, y, reach))
        glands += _unit(rng, x, y, reach, number)
    return tuple(glands)


def _reach(rng: np.random.Generator, room: float, number: int) -> float:
    """Choose how large what is placed will be, 0: it has no room; lobule, duct, vessel in turn."""
    least, most = ((_LOBULE_ROOM, 180.0), (_DUCT_ROOM, 80.0), (14.0, 30.0))[number % 3]
    return float(min(room, rng.uniform(least, most))) if room > least else 0.0


def _unit(rng: np.random.Generator, x: float, y: float, reach: float, number: int) -> list[Gland]:
    if reach >= _LOBULE_ROOM:
        return _lobule(rng, x, y, reach, number)
    if reach >= _DUCT_ROOM:
        return [_gland(rng, "duct", x, y, reach, reach - rng.uniform(19, 23), 0.11, number)]
    return [_gland(rng, "vessel", x, y, reach, 0.7 * reach, 0.06, number)]


def _lobule(rng: np.random.Generator, x: float, y: float, reach: float, number: int) -> list[Gland]:
    """Crowd acini into a round lobule, around a terminal duct."""
    acini = [_gland(rng, "acinus", x, y, 34, 15, 0.08, number, loose=reach)]
    for _ in range(700):
        radius = rng.uniform(17, 29)
        distance, angle = (reach - radius - 4) * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        u, v = x + distance * np.cos(angle), y + distance * np.sin(angle)
        if all(np.hypot(u - a.x, v - a.y) > radius + a.radius + 2 for a in acini):
            lumen = max(3.0, radius - rng.uniform(13, 18))
            acini.append(_gland(rng, "acinus", u, v, radius, lumen, 0.06, number + len(acini)))
    return acini


def _gland(
    rng: np.random.Generator,
    kind: Kind,
    x: float,
    y: float,
    radius: float,
    lumen: float,
    uneven: float,
    seed: int,
    *,
    loose: float = 0.0,
) -> Gland:
    waves = rng.normal(0, uneven, (2, 4)) / np.arange(1, 5)
    return Gland(kind, x, y, radius, lumen, waves, loose, seed)
