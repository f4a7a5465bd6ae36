"""A line of a batch's response."""

from __future__ import annotations

from pydantic import Field

from hf_space.schemas.base import Schema
from hf_space.schemas.errors import ErrorBody
from hf_space.schemas.prediction import PredictionResult


class BatchItem(Schema):
    """One line of a batch's response: a result or an error."""

    index: int = Field(description="Position of the image in the request, from 0.")
    name: str | None = Field(description="File name as sent; it is not saved.")
    result: PredictionResult | None = None
    error: ErrorBody | None = None
