"""A prediction as the database stores it: made from a result, and read back."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hf_space.history.database.tables import NO_MARGIN
from hf_space.history.version_1 import as_version_2, columns_in_version_2
from hf_space.schemas.history import HistoryRecord
from hf_space.schemas.prediction import SCHEMA_VERSION, PredictionResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray
    from sqlalchemy import Row

    from hf_space.schemas.filing import Filing
    from hf_space.schemas.history import Review

_GROUP_BYTES: Final = 4 << 20
_GRID_DECIMALS: Final = 6
_FINGERPRINT_BYTES: Final = 16
# The parts of a result that identify the image and the request.
_FACTS: Final = {"kind", "threshold", "operating_point", "image", "model"}
# As pydantic writes it; within a string of JSON, the quotes would be escaped.
_IMAGE: Final = re.compile(r'"image":\{"sha256":"([0-9a-f]{64})"')
_NOT_IN_JSON: Final[dict[str, Any]] = {
    "gradcam": {"grid", "overlay"},
    "region": {"tiles", "tiles_raw", "heatmap"},
}


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the table `predictions`.

    Attributes:
        id: Version 7 UUID, which holds the time.
        owner: SHA-256 of the visitor's token.
        margin: Distance of the probability from the threshold, 0 to 1; `NO_MARGIN` without a
            verdict.
        total_ms: Duration of the prediction, in milliseconds.
        result: The result as JSON, without drawings and arrays.
        grid: Evidence, compressed.
        tiles: Probabilities of a region's tiles, smoothed and then raw, compressed; those of
            earlier versions are raw only. None for a patch.
        thumbnail: WebP.
        original: The image file as it was sent, or None when originals are not stored.
        schema_version: Of `result`; version 1 is also counted otherwise.
        sha256: Of the image, 32 bytes; None until the record is converted.
        fingerprint: Alike for records that statistics count once, 16 bytes; likewise.
        is_counted: Whether statistics count it, rather than another with this fingerprint. The
            database decides that as it inserts it.
    """

    id: UUID
    owner: bytes
    kind: str
    verdict: str
    probability: float
    margin: float
    model_name: str
    model_revision: str
    cached: bool
    total_ms: float
    result: str
    grid: bytes
    tiles: bytes | None
    thumbnail: bytes
    original: bytes | None
    schema_version: int = SCHEMA_VERSION
    sha256: bytes | None = None
    fingerprint: bytes | None = None
    is_counted: bool = True

    @property
    def size_bytes(self) -> int:
        """Approximate size, in bytes."""
        parts = (self.result, self.grid, self.tiles, self.thumbnail, self.original)
        return sum(len(part) for part in parts if part)


@dataclass(frozen=True, slots=True)
class SavedRecord:
    """A record read back, with what its drawings are made from.

    Attributes:
        record: The record; `gradcam.overlay` and `region.heatmap` are None.
        thumbnail: WebP.
        covered_microns: Height and width of what the grid covers; the image is its upper left part.
    """

    record: HistoryRecord
    thumbnail: bytes
    covered_microns: tuple[float, float]


class _StoredResult(PredictionResult):
    """The JSON of a record; `covered_microns` is as in `SavedRecord`."""

    covered_microns: tuple[float, float]


def record_of(
    result: PredictionResult,
    *,
    owner: bytes,
    thumbnail: bytes,
    original: bytes | None,
    patch_microns: float,
) -> Record:
    """Return the record of a result: all but its drawings, which can be made again.

    Args:
        result: The result.
        owner: Whose it is.
        thumbnail: The image, small, as WebP.
        original: The image file, if it is to be stored.
        patch_microns: Side of the model's patch, in micrometres.
    """
    region = result.region
    rows, columns = (1, 1) if region is None else (region.rows, region.columns)
    covered = (rows * patch_microns, columns * patch_microns)
    stored = _StoredResult.model_construct(**dict(result), covered_microns=covered)
    return Record(
        id=result.id,
        owner=owner,
        kind=result.kind,
        verdict=result.verdict,
        probability=result.probability,
        margin=NO_MARGIN if result.reasons else abs(result.probability - result.threshold),
        model_name=result.model.name,
        model_revision=result.model.revision,
        cached=result.cached,
        total_ms=result.timing_ms.total,
        result=stored.model_dump_json(exclude=_NOT_IN_JSON),
        grid=_pack(result.gradcam.grid),
        tiles=None if region is None else _pack([*region.tiles, *region.tiles_raw]),
        thumbnail=thumbnail,
        original=original,
        **identity_of(result.model_dump(include=_FACTS)),
    )


def saved_record_of(
    row: Row[*tuple[Any, ...]], reviews: list[Review], filing: Filing | None
) -> SavedRecord:
    """Read a record back; numbers of its grids come back to six decimals.

    Args:
        row: The columns of `predictions`, and `has_original`, `newer_id` and `older_id`.
        reviews: Its reviews, oldest first.
        filing: Where it is filed.
    """
    stored = as_version_2(json.loads(row.result))
    covered_microns = tuple(stored.pop("covered_microns"))
    gradcam, region = stored["gradcam"], stored["region"]
    (grid,) = _unpack(row.grid, gradcam)
    gradcam |= {"grid": grid, "overlay": None}
    if region:
        grids = _unpack(row.tiles, region)
        region |= {"tiles": grids[0], "tiles_raw": grids[-1], "heatmap": None}
    record = HistoryRecord(
        result=PredictionResult.model_validate(stored | {"saved": True}),
        case_label=filing and filing.case_label,
        folder=filing and filing.folder,
        reviews=reviews,
        has_original=row.has_original,
        newer_id=row.newer_id,
        older_id=row.older_id,
    )
    return SavedRecord(record, row.thumbnail, covered_microns)


def upgraded(record: Record) -> Record:
    """Return a record with its result in the version of today."""
    if record.sha256 is not None:
        return record
    return replace(record, **columns_of_today(record.result, record.margin))


def columns_of_today(text: str, margin: float) -> dict[str, Any]:
    """Return the columns of `predictions` that an earlier version stated otherwise, or not at all.

    Args:
        text: The column `result`, of any version.
        margin: The column `margin`.
    """
    return columns_in_version_2(text, margin) | identity_of(json.loads(text))


def image_of(result: str) -> str:
    """Return the SHA-256 of the image, as a record's JSON has it; empty where it has none."""
    found = _IMAGE.search(result)
    return found[1] if found else ""


def group_size(sizes: Sequence[int]) -> int:
    """Return how many of the first records to write together: up to some megabytes, at least one.

    Args:
        sizes: Their sizes in bytes.
    """
    total = 0
    for place, size in enumerate(sizes):
        total += size
        if place and total > _GROUP_BYTES:
            return place
    return len(sizes)


def identity_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns `sha256` and `fingerprint`, by the `_FACTS` of a result's JSON."""
    image = result["image"]
    return {"sha256": bytes.fromhex(image["sha256"]), "fingerprint": _fingerprint(result, image)}


def _fingerprint(result: Mapping[str, Any], image: Mapping[str, Any]) -> bytes:
    """Hash the image with the model, the kind, the scale and the threshold it was judged by."""
    facts = (
        *(image["sha256"], result["model"]["name"], result["model"]["revision"], result["kind"]),
        float(image["microns_per_pixel"]),
        # Without a stated scale a larger image gets no verdict.
        image["scale_source"] == "assumed",
        *(float(result["threshold"]), result["operating_point"]),
    )
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=_FINGERPRINT_BYTES).digest()


def _pack(values: Sequence[Sequence[float | None]]) -> bytes:
    """Return rows of numbers, or None, as compressed single precision floats."""
    return zlib.compress(np.array(values, dtype="<f4").tobytes(), level=1)


def _unpack(packed: bytes, shape: dict[str, Any]) -> list[list[list[float | None]]]:
    """Return what was packed, as grids of `rows` of `columns`."""
    values = np.frombuffer(zlib.decompress(packed), dtype="<f4").astype(np.float64)
    grids: NDArray[np.float64] = np.round(values, _GRID_DECIMALS)
    grids = grids.reshape(-1, shape["rows"], shape["columns"])
    return [
        [[None if value != value else value for value in row] for row in grid]
        for grid in grids.tolist()
    ]
