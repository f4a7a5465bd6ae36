"""Annotations of a slide as QuPath exports them: what is tumour, and what is to be ignored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import shapely
from shapely.geometry import shape

from hf_space.exports.qupath import CLASS_NAMES
from hf_space.messages.catalogue import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

TUMOUR_CLASSES: Final = frozenset(
    {"tumor", "tumour", "idc", "carcinoma", "malignant", "positive"}
    | {CLASS_NAMES["malignant"].lower()}
)
"""Names of QuPath's classes, in lower case, that mean tumour; what has no class is tumour too."""

# QuPath ignores annotations with a class of this name, with or without its asterisk.
_IGNORED: Final = "ignore"
_AREAS: Final = frozenset({"Polygon", "MultiPolygon"})


class TruthError(Exception):
    """Annotations cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotations of a slide, in pixels of level 0.

    Attributes:
        tumour: All outlines of tumour, joined.
        ignored: All outlines of what does not count, joined.
    """

    tumour: BaseGeometry
    ignored: BaseGeometry


def parse_annotations(content: bytes, origin: tuple[int, int]) -> Annotations:
    """Read annotations.

    Polygons without a class, or of a class in `TUMOUR_CLASSES`, are tumour; those of the class
    ``Ignore*`` do not count; all others are something else. Points and lines are left out.

    Args:
        content: GeoJSON: a collection of features, a list of them, or one.
        origin: Left and top of the scanned part, where QuPath's coordinates begin, in pixels.

    Raises:
        TruthError: It is no such file.
    """
    try:
        found = json.loads(content)
        features = [each for each in _features(found) if each["geometry"]["type"] in _AREAS]
        tumour = [_outline(each) for each in features if _class(each) in TUMOUR_CLASSES | {""}]
        ignored = [_outline(each) for each in features if _class(each) == _IGNORED]
        joined = [shapely.union_all(outlines) for outlines in (tumour, ignored)]
    except (ValueError, KeyError, TypeError, AttributeError, shapely.GEOSException) as error:
        raise TruthError(text("truth.no_annotations", "en")) from error
    return Annotations(*(shapely.transform(each, lambda xy: xy + origin) for each in joined))


def _features(found: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(found, list):
        return found
    return found["features"] if found["type"] == "FeatureCollection" else [found]


def _class(feature: Mapping[str, Any]) -> str:
    """Return the name of a feature's class in lower case; nothing where it has none."""
    classification = (feature.get("properties") or {}).get("classification") or {}
    return str(classification.get("name", "")).strip().rstrip("*").lower()


def _outline(feature: Mapping[str, Any]) -> BaseGeometry:
    # Outlines that were drawn by hand cross themselves now and then.
    return shapely.make_valid(shape(feature["geometry"]))
