"""Inputs and outputs of the history, the reviews and the statistics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from hf_space.bundle.calibration import Probability, Verdict
from hf_space.schemas.base import Contradiction, Schema
from hf_space.schemas.filing import FilingText
from hf_space.schemas.prediction import (
    ImageFacts,
    Kind,
    ModelName,
    PredictionResult,
    Reason,
    WarningCode,
)

MAX_PAGE = 200
MAX_NOTE_LENGTH = 2000
MAX_SEARCH_LENGTH = 100

Opinion = Literal["agree", "disagree", "unsure"]
Sort = Literal["newest", "oldest", "uncertainty", "probability"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone of the IANA database") from error
    return name


def _no_null(text: str) -> str:
    if "\0" in text:
        raise ValueError("contains a null character")
    return text


class DateRange(Schema):
    """From a moment on, and until another, which no longer belongs to it."""

    since: AwareDatetime | None = Field(
        default=None, description="Earliest time, inclusive; ISO 8601 with an offset."
    )
    until: AwareDatetime | None = Field(
        default=None, description="Latest time, exclusive; ISO 8601 with an offset."
    )

    @model_validator(mode="after")
    def _ordered(self) -> DateRange:
        if self.since and self.until and self.since >= self.until:
            raise Contradiction("since must be before until", "since", "until")
        return self


class HistoryFilter(DateRange):
    """Which records are meant; all of the owner's where nothing is set."""

    verdict: list[Verdict] = Field(
        default=[], description="Verdicts to include; repeat it for several."
    )
    kind: Kind | None = Field(default=None, description="`patch` or `region`.")
    min_probability: Probability | None = Field(
        default=None, description="Lowest probability, inclusive."
    )
    max_probability: Probability | None = Field(
        default=None, description="Highest probability, inclusive."
    )
    reviewed: bool | None = Field(
        default=None, description="true: only reviewed records; false: only others."
    )
    case_label: FilingText | None = Field(default=None, description="Exact case label.")
    folder: FilingText | None = Field(default=None, description="Exact folder name.")
    search: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SEARCH_LENGTH),
            AfterValidator(_no_null),
        ]
        | None
    ) = Field(
        default=None,
        description="Start of the id or of the image's SHA-256, or part of a review's note, of the "
        "case label or of the folder; upper and lower case are the same.",
    )


class HistoryQuery(HistoryFilter):
    """One page of the history."""

    sort: Sort = Field(
        default="newest",
        description="`newest` or `oldest` first; `uncertainty`: closest to the threshold first, "
        "records without a verdict last; `probability`: highest first, with or without a verdict.",
    )
    cursor: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="`next_cursor` of the previous page."
    )
    limit: int = Field(default=50, ge=1, le=MAX_PAGE, description="Most records on the page.")


class StatisticsQuery(DateRange):
    """What is to be counted."""

    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_known_zone)] = Field(
        default="UTC", description="IANA name of the time zone for days and hours."
    )


class ReviewRequest(Schema):
    """A new review; earlier ones do not change."""

    opinion: Opinion
    label: Annotated[str, Field(max_length=64)] | None = Field(
        default=None,
        description="The right class, as the model names it; required to disagree.",
    )
    note: Annotated[str, Field(max_length=MAX_NOTE_LENGTH)] | None = Field(
        default=None, description="Free text; do not write anything that identifies a person."
    )

    @model_validator(mode="after")
    def _labelled(self) -> ReviewRequest:
        if self.opinion == "disagree" and self.label is None:
            raise Contradiction("to disagree, name the right label", "opinion", "label")
        if self.opinion != "disagree" and self.label is not None:
            raise Contradiction("a label is accepted with disagree only", "opinion", "label")
        return self


class Review(Schema):
    """A saved review."""

    id: UUID
    created_at: datetime
    opinion: Opinion
    label: str | None = Field(
        description="The class that the reviewer considers right: the verdict's, if they agree. "
        "null if open, as where there is no verdict to agree with."
    )
    note: str | None


class HistoryItem(Schema):
    """One record of a page; `GET /history/{id}` has the whole result."""

    id: UUID
    created_at: datetime
    kind: Kind
    verdict: Verdict
    reasons: list[Reason] = Field(description="Why there is no verdict; empty if there is one.")
    probability: Probability
    threshold: Probability
    operating_point: str | None
    uncertain_band: tuple[Probability, Probability] | None
    image: ImageFacts
    warnings: list[WarningCode]
    model: ModelName
    malignant_area_mm2: float | None = Field(
        description="Area at or above the threshold; null for a patch or an assumed scale."
    )
    has_original: bool = Field(description="Whether the original image file is stored.")
    case_label: str | None
    folder: str | None
    review: Review | None = Field(description="The latest review.")


class HistoryPage(Schema):
    """One page of records, and the cursor of the next page."""

    items: list[HistoryItem]
    next_cursor: str | None = Field(description="null on the last page.")


class HistoryRecord(Schema):
    """A saved result and all its reviews, oldest first.

    Drawings are made anew from the thumbnail, so those of a large image are coarser.
    """

    result: PredictionResult
    case_label: str | None
    folder: str | None
    reviews: list[Review]
    has_original: bool = Field(description="Whether the original image file is stored.")
    newer_id: UUID | None = Field(description="Id of the next newer record; null for the newest.")
    older_id: UUID | None = Field(description="Id of the next older record; null for the oldest.")


class Deleted(Schema):
    """How many records were deleted."""

    deleted: int


class VerdictCounts(Schema):
    """Predictions by verdict."""

    malignant: int
    benign: int
    uncertain: int
    not_assessable: int


class Bin(Schema):
    """Predictions with a probability from `low` to below `high` (the last one includes it).

    Only those with a verdict: other probabilities mean nothing.
    """

    low: Probability
    high: Probability
    count: int


class DayCounts(VerdictCounts):
    """Predictions of one day in the requested time zone."""

    day: date


class HourCounts(VerdictCounts):
    """Predictions of one hour of the day in the requested time zone."""

    hour: int = Field(ge=0, le=23)


class RevisionCount(ModelName):
    """Predictions by one revision of the model."""

    count: int


class Latency(Schema):
    """Milliseconds from image to result, interpolated in bins 30 % wide.

    Results from the cache are not measured, duplicates that were computed are. Less than 1 ms
    counts as 1 ms.
    """

    computed: int = Field(
        description="Predictions measured: those that did not come from the cache."
    )
    median_ms: float | None = Field(
        description="null if nothing was measured, or if it exceeds `limit_ms`."
    )
    p95_ms: float | None = Field(description="null as for `median_ms`.")
    limit_ms: float = Field(
        description="Longest duration that is measured; all longer ones count alike."
    )


class Agreement(Schema):
    """Counts of reviews; only the latest review of a record counts."""

    reviewed: int
    agree: int
    disagree: int
    unsure: int
    not_assessable: int = Field(
        description="Reviews of records without a verdict; not counted in the other fields."
    )
    agreement: Probability | None = Field(
        description="Share of `agree` in `agree` and `disagree` together; null if both are 0."
    )


class Statistics(Schema):
    """Totals of your records.

    Records with the same image, model, kind, scale and threshold count once; the others are
    `duplicates`, which count in `cached` and `latency` only. Predictions are counted by quarter
    hours: `since` and `until` are rounded down to one.
    """

    since: datetime | None
    until: datetime | None
    time_zone: str
    total: int
    patches: int
    regions: int
    duplicates: int = Field(description="Records of an image already counted; not in `total`.")
    cached: int = Field(description="Results from the cache, duplicates included.")
    verdicts: VerdictCounts
    probability: list[Bin] = Field(
        description="Predictions by probability, without `verdicts.not_assessable`."
    )
    days: list[DayCounts] = Field(description="Days with predictions, oldest first.")
    hours: list[HourCounts] = Field(description="All 24 hours of the day.")
    models: list[RevisionCount]
    latency: Latency
    agreement: Agreement
