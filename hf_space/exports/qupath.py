"""Objects as QuPath reads them from GeoJSON (0.4 and later).

https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html has the format.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hf_space.bundle.calibration import Verdict
    from hf_space.schemas.prediction import Focus

COLOURS: Final[dict[Verdict, tuple[int, int, int]]] = {
    "malignant": (190, 88, 20),
    "benign": (0, 118, 128),
    "uncertain": (104, 100, 120),
    "not_assessable": (112, 112, 112),
}
"""Red, green and blue of each verdict; orange and teal stay apart for the colour-blind."""
CLASS_NAMES: Final[dict[Verdict, str]] = {
    "malignant": "Suggests IDC",
    "benign": "Does not suggest IDC",
    "uncertain": "Inconclusive",
    "not_assessable": "Not assessable",
}
"""Name of each verdict in QuPath's list of classes."""

# Thousandths of a pixel are enough.
_DECIMALS: Final = 3

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))

Ring = list[list[float]]


def write_collection(
    member: Mapping[str, Any], features: Iterable[Mapping[str, Any]]
) -> Iterator[bytes]:
    """Yield a FeatureCollection piece by piece.

    Args:
        member: The content of ``biopsia``, which other programs skip (RFC 7946, section 6.1).
        features: Taken one by one.
    """
    yield b'{"type":"FeatureCollection","biopsia":' + _compact(member) + b',"features":['
    for place, feature in enumerate(features):
        yield (b",\n" if place else b"\n") + _compact(feature)
    yield b"\n]}\n"


def qupath_object(
    kind: Literal["annotation", "tile"],
    name: str,
    rings: list[Ring],
    verdict: Verdict,
    measurements: Mapping[str, float | None],
) -> dict[str, Any]:
    """Return an object of QuPath as a feature.

    Args:
        kind: Annotations are drawn as outlines and can be edited, tiles are filled.
        name: Shown in QuPath's lists.
        rings: Closed rings in pixels, the outline first and counterclockwise (RFC 7946).
        verdict: Determines class and colour.
        measurements: By name; None is left out.
    """
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": rings},
        "properties": {
            "objectType": kind,
            "name": name,
            "classification": {"name": CLASS_NAMES[verdict], "color": COLOURS[verdict]},
            "measurements": {
                key: value for key, value in measurements.items() if value is not None
            },
        },
    }


def focus_object(
    number: int, focus: Focus, verdict: Verdict, origin: tuple[int, int] = (0, 0)
) -> dict[str, Any]:
    """Return a focus as an annotation.

    Args:
        number: From 1, the largest.
        focus: In pixels of the source image.
        verdict: The one at its peak probability; `not_assessable` if there is none.
        origin: Where the coordinates start, in pixels of the source image.
    """
    rings = [
        [[round(x - origin[0], _DECIMALS), round(y - origin[1], _DECIMALS)] for x, y in ring]
        for ring in focus.polygon
    ]
    figures = focus.model_dump(exclude={"polygon"})
    return qupath_object("annotation", f"focus {number}", rings, verdict, figures)


def rectangle(left: float, top: float, right: float, bottom: float) -> list[Ring]:
    """Return a rectangle as the one ring of a polygon."""
    x0, y0, x1, y1 = (round(side, _DECIMALS) for side in (left, top, right, bottom))
    return [[[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]


def _compact(value: Mapping[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode()
