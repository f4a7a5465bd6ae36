"""A history as version 0.1 left it: its tables, its results, and how it counted them."""

from __future__ import annotations

import json
import math
import secrets
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from hf_space.history.database.migrate import migrate
from hf_space.prediction.response import encode_thumbnail
from hf_space.schemas.ids import time_of
from tests.bundle_factory import plain_image
from tests.record_factory import NOON, id_at

# As 0.1 wrote them for a patch without a stated scale, and for a region with one.
PATCH: Final = (
    '{"id":"01a225db-7c61-758a-8d91-b4e52340f27d","created_at":"2026-11-29T05:51:10.945346Z",'
    '"kind":"patch","verdict":"malignant","probability":0.9852008718758466,"threshold":0.5,'
    '"operating_point":"balanced","predictions":[{"label":"idc","score":0.9852008718758466},'
    '{"label":"no_idc","score":0.014799128124153405}],"gradcam":{"rows":4,"columns":4},'
    '"region":null,"image":{"sha256":'
    '"8f209d8781d625cb34786a9d407f347e34015afda25f5028a5f6d304a0b19204","width":50,"height":50,'
    '"microns_per_pixel":4.0,"scale_source":"assumed"},"warnings":[{"code":"scale_assumed",'
    '"message":"The scale of the image is unknown; the model\'s own scale was assumed."}],'
    '"model":{"name":"tiny","revision":"r1"},"cached":false,"saved":false,"timing_ms":'
    '{"decode":0.983,"queue":0.11,"inference":1.795,"render":1.296,"total":4.185},'
    '"covered_microns":[200.0,200.0]}'
)
REGION: Final = (
    '{"id":"01a225db-7cd7-7ae0-92ef-79ada4c5c32f","created_at":"2026-11-29T05:51:11.063679Z",'
    '"kind":"region","verdict":"malignant","probability":0.9852259683067269,"threshold":0.5,'
    '"operating_point":"balanced","predictions":[{"label":"idc","score":0.9852259683067269},'
    '{"label":"no_idc","score":0.01477403169327307}],"gradcam":{"rows":8,"columns":12},'
    '"region":{"rows":2,"columns":3,"tile_size_pixels":50,"microns_per_pixel":4.0,'
    '"tissue_fraction":1.0,"malignant_fraction":1.0,"malignant_area_mm2":0.192},'
    '"image":{"sha256":"1b5cc4bef66eaae06e61174e7c96a631e4199cfd93350efe9aac8ba9b16dd0ea",'
    '"width":120,"height":100,"microns_per_pixel":4.0,"scale_source":"request"},'
    '"warnings":[{"code":"blurred","message":'
    '"The image is less sharp than the tissue the model knows; check its scale too."}],'
    '"model":{"name":"tiny","revision":"r1"},"cached":false,"saved":false,"timing_ms":'
    '{"decode":2.934,"queue":0.075,"inference":2.732,"render":3.756,"total":9.497},'
    '"covered_microns":[400.0,600.0]}'
)
_ASSUMED: Final = {
    "code": "scale_assumed",
    "message": "The scale of the image is unknown; the model's own scale was assumed.",
}
_COLOURS: Final = {
    "code": "not_h_and_e",
    "message": "The colours are unlike tissue stained with haematoxylin and eosin.",
}
_COLUMNS: Final = (
    *("id", "owner", "kind", "verdict", "probability", "margin", "model_name"),
    *("model_revision", "cached", "total_ms", "result", "grid", "tiles", "thumbnail", "original"),
)
_KEY: Final = ("owner", "quarter", "model_name", "model_revision")
_COUNTS: Final = (
    *("malignant", "benign", "uncertain", "regions", "cached"),
    *(f"probability_{index:02}" for index in range(20)),
    *(f"latency_{index:02}" for index in range(40)),
)


def old_row(
    owner: bytes,
    moment: datetime = NOON,
    *,
    kind: str = "patch",
    probability: float = 0.75,
    image: dict[str, Any] | None = None,
    is_colour_odd: bool = False,
    cached: bool = False,
    total_ms: float = 10.0,
) -> dict[str, Any]:
    """Return a row of `predictions`, with what is given in place of the written result's facts."""
    result = json.loads(REGION if kind == "region" else PATCH)
    identifier = id_at(moment)
    verdict = "uncertain" if 0.4 <= probability <= 0.6 else "benign"
    verdict = "malignant" if probability > 0.6 else verdict
    result |= {"id": str(identifier), "created_at": moment.isoformat(), "verdict": verdict}
    result |= {
        "probability": probability,
        "cached": cached,
        "image": result["image"] | {"sha256": secrets.token_hex(32)} | (image or {}),
    }
    assumed = result["image"]["scale_source"] == "assumed"
    others = [each for each in result["warnings"] if each["code"] != "scale_assumed"]
    given = ((_COLOURS, is_colour_odd), (_ASSUMED, assumed))
    result["warnings"] = others + [warning for warning, is_so in given if is_so]
    result["timing_ms"]["total"] = total_ms
    return {
        "id": identifier,
        "owner": owner,
        "kind": kind,
        "verdict": verdict,
        "probability": probability,
        "margin": abs(probability - 0.5),
        "model_name": "tiny",
        "model_revision": "r1",
        "cached": cached,
        "total_ms": total_ms,
        "result": json.dumps(result, separators=(",", ":")),
        "grid": _packed(result["gradcam"]),
        "tiles": result["region"] and _packed(result["region"]),
        "thumbnail": encode_thumbnail(plain_image(200, 120, 190)),
        "original": None,
    }


_SAME = {"sha256": json.loads(REGION)["image"]["sha256"]}
_LARGE = _SAME | {"width": 900, "height": 700, "scale_source": "assumed"}
_STATED = {"scale_source": "request"}
# What 0.1 saved, and the verdict, reasons, warnings and area that version 2 gives it.
CASES: tuple[tuple[dict[str, Any], str, list[str], list[str], float | None], ...] = (
    ({}, "malignant", [], ["scale_assumed"], None),
    ({"image": _STATED, "probability": 0.1}, "benign", [], [], None),
    ({"image": _STATED, "probability": 0.5}, "uncertain", [], [], None),
    (
        {"image": {"width": 64, "height": 64}},
        *("malignant", [], ["scale_assumed"], None),
    ),
    (
        {"image": {"width": 65, "height": 64}},
        *("not_assessable", ["scale_unknown"], ["scale_unknown"], None),
    ),
    ({"kind": "region", "image": _SAME}, "malignant", [], ["blurred"], 0.192),
    (
        {"kind": "region", "image": _LARGE},
        *("not_assessable", ["scale_unknown"], ["scale_unknown", "blurred"], None),
    ),
    (
        {"image": _STATED, "is_colour_odd": True},
        *("not_assessable", ["not_h_and_e"], ["not_h_and_e"], None),
    ),
    (
        {"image": _STATED | {"width": 300, "height": 299, "microns_per_pixel": 0.5}},
        *("not_assessable", ["field_too_small"], ["field_too_small"], None),
    ),
    (
        {"image": _STATED | {"width": 300, "height": 300, "microns_per_pixel": 0.5}},
        *("malignant", [], [], None),
    ),
    (
        {"image": {"width": 50, "height": 20}, "is_colour_odd": True},
        "not_assessable",
        ["field_too_small", "not_h_and_e"],
        ["scale_assumed", "field_too_small", "not_h_and_e"],
        None,
    ),
)


def case_rows(owner: bytes, since: datetime = NOON) -> list[dict[str, Any]]:
    """Return the row of each case, a second after another."""
    return [
        old_row(owner, since + timedelta(seconds=place), **given)
        for place, (given, *_) in enumerate(CASES)
    ]


def make_old_tables(connection: sa.Connection) -> None:
    """Create the tables of 0.1."""
    migrate(connection, lambda scripts, current: scripts._upgrade_revs("0002", current))


def insert_old(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert and count records by the columns that 0.1 knew."""
    tables = sa.MetaData()
    tables.reflect(connection, only=["predictions", "tallies"])
    predictions, tallies = tables.tables["predictions"], tables.tables["tallies"]
    types = {name: predictions.c[name] for name in _COLUMNS}
    # SQLite tells no UUID by its columns.
    types["id"].type = sa.Uuid()
    connection.execute(predictions.insert().values({n: sa.bindparam(n) for n in types}), list(rows))
    for row in rows:
        key = _key(row)
        mine = sa.and_(*(tallies.c[name] == key[name] for name in _KEY))
        added = {name: tallies.c[name] + 1 for name in _counted(row)}
        if not connection.execute(tallies.update().where(mine).values(added)).rowcount:
            ones = dict.fromkeys(_COUNTS, 0) | dict.fromkeys(_counted(row), 1)
            connection.execute(tallies.insert().values(key | ones))


def _key(row: dict[str, Any]) -> dict[str, Any]:
    seconds = time_of(row["id"]).replace(tzinfo=UTC).timestamp()
    known: dict[str, Any] = {name: row[name] for name in _KEY if name in row}
    return known | {"quarter": int(seconds // 900)}


def _counted(row: dict[str, Any]) -> set[str]:
    names = {row["verdict"], f"probability_{min(int(row['probability'] * 20), 19):02}"}
    place = int(math.log(max(row["total_ms"], 1.0), 1.3))
    names.add(f"latency_{min(place, 39):02}")
    if row["kind"] == "region":
        names.add("regions")
    return names | {"cached"} if row["cached"] else names


def _packed(shape: dict[str, Any]) -> bytes:
    values = np.full((shape["rows"], shape["columns"]), 0.5, "<f4")
    return zlib.compress(values.tobytes(), level=1)
