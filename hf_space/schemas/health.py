"""The service's health."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hf_space.schemas.base import Schema
from hf_space.schemas.model import ModelState

PartState = Literal["ready", "unavailable"]
DatabaseFault = Literal[
    "opening", "unreachable", "refused", "read_only", "full", "busy", "damaged", "unusable"
]


class DatabaseState(Schema):
    """Whether the history can be written and read; predictions work without it."""

    state: PartState
    kind: Literal["postgresql", "sqlite"]
    reason: DatabaseFault | None = Field(
        default=None,
        description="Why the history cannot be used; null if it can. `refused`: wrong user, "
        "password or name. `full`: its disk is full. `busy`: others hold it. `unusable`: see the "
        "log. All are tried again.",
    )


class CacheState(Schema):
    """Where cached results are stored: in Redis, or in the process's memory without it."""

    state: PartState
    kind: Literal["redis", "memory"]


class HealthReport(Schema):
    """The readiness of the service and of each part.

    ``degraded``: it predicts, but a part that it can do without is unreachable.
    """

    status: Literal["ok", "degraded", "unavailable"]
    version: str = Field(description="Version of the service.")
    model: ModelState
    database: DatabaseState
    cache: CacheState


class Liveness(Schema):
    """The process is running."""

    status: Literal["ok"] = "ok"
