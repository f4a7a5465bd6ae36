"""Records as the service would have kept them at a time of one's choice."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from hf_space.bundle.calibration import OperatingPoint
from hf_space.history.record import Record, record_of
from hf_space.prediction.response import encode_thumbnail
from hf_space.prediction.trust import judge, result_warning
from hf_space.schemas.ids import first_id_at
from hf_space.schemas.prediction import (
    GradCam,
    ImageFacts,
    LabelScore,
    ModelName,
    PredictionResult,
    Reason,
    RegionResult,
    Timing,
)
from tests.bundle_factory import plain_image

RULE = OperatingPoint(threshold=0.5, uncertain_low=0.4, uncertain_high=0.6)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_record(
    owner: bytes,
    moment: datetime = NOON,
    *,
    probability: float = 0.75,
    kind: str = "patch",
    revision: str = "r1",
    cached: bool = False,
    total_ms: float = 10.0,
    reasons: Sequence[Reason] = (),
    image: dict[str, Any] | None = None,
) -> Record:
    """Return a record of a time, of which only these facts matter."""
    tile: Any = [[probability]]
    region = RegionResult(
        rows=1,
        columns=1,
        tile_size_pixels=50,
        microns_per_pixel=4.0,
        tiles=tile,
        tiles_raw=tile,
        heatmap=None,
        tissue_fraction=1.0,
        malignant_fraction=1.0,
        malignant_area_mm2=0.04,
    )
    result = PredictionResult(
        id=id_at(moment),
        created_at=moment,
        kind="region" if kind == "region" else "patch",
        verdict=judge(RULE, probability, reasons),
        reasons=list(reasons),
        probability=probability,
        threshold=RULE.threshold,
        operating_point="balanced",
        uncertain_band=RULE.band,
        predictions=[LabelScore(label="idc", score=probability)],
        gradcam=GradCam(rows=1, columns=1, grid=[[0.5]]),
        region=region if kind == "region" else None,
        image=ImageFacts(**_image() | (image or {})),
        warnings=[result_warning(reason) for reason in reasons],
        model=ModelName(name="tiny", revision=revision),
        cached=cached,
        saved=False,
        timing_ms=Timing(decode=0, queue=0, inference=0, render=0, total=total_ms),
    )
    return record_of(result, owner=owner, thumbnail=_thumbnail(), original=None, patch_microns=200)


def _image() -> dict[str, Any]:
    """Return the facts of an image that no other record has."""
    return {
        "sha256": secrets.token_hex(32),
        "width": 50,
        "height": 50,
        "microns_per_pixel": 4.0,
        "scale_source": "request",
    }


def id_at(moment: datetime) -> UUID:
    """Return one of the many ids that a moment has."""
    return UUID(int=first_id_at(moment).int | secrets.randbits(62))


@cache
def _thumbnail() -> bytes:
    return encode_thumbnail(plain_image(200, 120, 190))
