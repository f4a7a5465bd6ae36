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
    """Whether the history can be written and read; predictions do without."""

    state: PartState
    kind: Literal["postgresql", "sqlite"]
    reason: DatabaseFault | None = Field(
        default=None,
        description="Why not: it is still `opening`, it is `unreachable`, it has `refused` user, "
        "password or name, it is `read_only`, its disk is `full`, others keep it `busy`, it is "
        "`damaged`, or else `unusable`, and the log says why; null where it can. All are tried "
        "again.",
    )


class CacheState(Schema):
    """Where results computed before are; without Redis it is the process's memory."""

    state: PartState
    kind: Literal["redis", "memory"]


class HealthReport(Schema):
    """The readiness of the service and of each part.

    ``degraded``: it predicts, but a part that it can do without is unreachable.
    """

    status: Literal["ok", "degraded", "unavailable"]
    version: str = Field(description="Of the service.")
    model: ModelState
    database: DatabaseState
    cache: CacheState


class Liveness(Schema):
    """The process is running."""

    status: Literal["ok"] = "ok"
