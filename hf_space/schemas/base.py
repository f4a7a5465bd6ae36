"""What all schemas have in common."""

from __future__ import annotations

from typing import Annotated, Final, LiteralString, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")
ListOf: TypeAlias = Annotated[list[Item], FailFast()]
"""A list that is refused at its first wrong item: an error takes far more memory than an item."""

CONTRADICTION: Final = "contradiction"
"""Type of the errors that `contradiction` returns; their context names the fields."""


class Schema(BaseModel):
    """Base of what comes in and goes out: unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


def contradiction(message: LiteralString, *fields: str) -> PydanticCustomError:
    """Return the error of a validator that sees all fields; of itself it would name none."""
    return PydanticCustomError(CONTRADICTION, message, {"fields": fields})
