"""What all schemas have in common."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast

Item = TypeVar("Item")
ListOf: TypeAlias = Annotated[list[Item], FailFast()]
"""A list that is refused at its first wrong item: an error takes far more memory than an item."""


class Schema(BaseModel):
    """Base of what comes in and goes out: unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class Contradiction(ValueError):
    """Fields that do not go together, found by a validator that sees them all.

    Attributes:
        fields: Their names, which pydantic's own report would not have.
    """

    def __init__(self, message: str, *fields: str) -> None:
        """Take the message, and the names of the fields."""
        super().__init__(message)
        self.fields = fields
