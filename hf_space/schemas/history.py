"""Inputs and outputs of the history, the reviews and the statistics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from hf_space.bundle.calibration import Probability, Verdict
from hf_space.schemas.base import Schema
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
        raise ValueError("no time zone of the IANA database") from error
    return name


def _no_null(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a null character")
    return text


class DateRange(Schema):
    """From a moment on, and until another, which no longer belongs to it."""

    since: AwareDatetime | None = Field(
        default=None, description="Earliest time, with its offset; ISO 8601."
    )
    until: AwareDatetime | None = Field(
        default=None, description="Time before which, with its offset; ISO 8601."
    )

    @model_validator(mode="after")
    def _ordered(self) -> DateRange:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")
        return self


class HistoryFilter(DateRange):
    """Which records are meant; all of the owner's where nothing is set."""

    verdict: list[Verdict] = Field(default=[], description="One or several verdicts.")
    kind: Kind | None = Field(default=None, description="`patch` or `region`.")
    min_probability: Probability | None = Field(default=None, description="Least probability.")
    max_probability: Probability | None = Field(default=None, description="Greatest probability.")
    reviewed: bool | None = Field(default=None, description="Only with a review, or only without.")
    case_label: FilingText | None = Field(default=None, description="This very case label.")
    folder: FilingText | None = Field(default=None, description="This very folder.")
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
        "case label or of the folder; in any case of letters.",
    )


class HistoryQuery(HistoryFilter):
    """One page of the history."""

    sort: Sort = Field(
        default="newest",
        description="`newest` or `oldest` first, `uncertainty`: nearest to the threshold first, "
        "records without a verdict last, or `probability`: highest first, with or without a "
        "verdict.",
    )
    cursor: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=MAX_PAGE, description="Records on the page.")


class StatisticsQuery(DateRange):
    """What is to be counted."""

    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_known_zone)] = Field(
        default="UTC", description="IANA name of the zone whose days and hours are meant."
    )


class ReviewRequest(Schema):
    """A review; earlier ones stay."""

    opinion: Opinion
    label: Annotated[str, Field(max_length=64)] | None = Field(
        default=None,
        description="The class that is right, as the model names them; needed to disagree.",
    )
    note: Annotated[str, Field(max_length=MAX_NOTE_LENGTH)] | None = Field(
        default=None, description="Free text; write nothing that identifies a person."
    )

    @model_validator(mode="after")
    def _labelled(self) -> ReviewRequest:
        if self.opinion == "disagree" and self.label is None:
            raise ValueError("to disagree, name the right label")
        if self.opinion != "disagree" and self.label is not None:
            raise ValueError("a label goes with disagree only")
        return self


class Review(Schema):
    """A review as it is saved."""

    id: UUID
    created_at: datetime
    opinion: Opinion
    label: str | None = Field(
        description="The class held right: of an agreement, that of the verdict; null if open, "
        "as where there is no verdict to agree with."
    )
    note: str | None


class HistoryItem(Schema):
    """One record of a page; `GET /history/{id}` has the whole result."""

    id: UUID
    created_at: datetime
    kind: Kind
    verdict: Verdict
    reasons: list[Reason] = Field(description="Why there is no verdict; empty where there is one.")
    probability: Probability
    threshold: Probability
    operating_point: str | None
    uncertain_band: tuple[Probability, Probability] | None
    image: ImageFacts
    warnings: list[WarningCode]
    model: ModelName
    malignant_area_mm2: float | None = Field(
        description="Of a region; null for a patch, and where the scale is assumed."
    )
    has_original: bool = Field(description="Whether the image file itself is stored.")
    case_label: str | None
    folder: str | None
    review: Review | None = Field(description="The latest review.")


class HistoryPage(Schema):
    """Records, and how to ask for more."""

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
    has_original: bool = Field(description="Whether the image file itself is stored.")
    newer_id: UUID | None = Field(description="The next record; null for the newest.")
    older_id: UUID | None = Field(description="The record before; null for the oldest.")


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
    """Predictions of one day in the zone asked for."""

    day: date


class HourCounts(VerdictCounts):
    """Predictions within one hour of the day, in the zone asked for."""

    hour: int = Field(ge=0, le=23)


class RevisionCount(ModelName):
    """Predictions by one revision of the model."""

    count: int


class Latency(Schema):
    """Milliseconds from image to result, interpolated in bins 30 % wide.

    Results from the cache are not measured, duplicates that were computed are. Less than 1 ms
    counts as 1 ms.
    """

    computed: int = Field(description="Predictions that are measured: those not from the cache.")
    median_ms: float | None = Field(
        description="null where none is measured, or where it is more than `limit_ms`."
    )
    p95_ms: float | None = Field(description="Likewise.")
    limit_ms: float = Field(description="Longer durations are not told apart.")


class Agreement(Schema):
    """Reviews; of several on one record the latest counts."""

    reviewed: int
    agree: int
    disagree: int
    unsure: int
    not_assessable: int = Field(
        description="Reviews of records without a verdict; they count nowhere else."
    )
    agreement: Probability | None = Field(
        description="Share of `agree` among agree and disagree; null without either."
    )


class Statistics(Schema):
    """What the owner's predictions add up to.

    Of records of the same image by the same model, of the same kind and at the same scale and
    threshold, one counts; the others are `duplicates`, and count in `cached` and `latency` only.
    Predictions are counted by quarters of an hour: `since` and `until` are rounded down to one.
    """

    since: datetime | None
    until: datetime | None
    time_zone: str
    total: int
    patches: int
    regions: int
    duplicates: int = Field(description="Records that are not in `total`.")
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
