"""Statistics of the visitor's own history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from hf_space.api.dependencies import ChargedRoute, HistoryDep, OwnerDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.schemas.history import Statistics, StatisticsQuery

router = APIRouter(route_class=ChargedRoute, tags=["history"])


@router.get("/stats/", responses=ERROR_RESPONSES)
async def statistics(
    owner: OwnerDep, history: HistoryDep, query: Annotated[StatisticsQuery, Query()]
) -> Statistics:
    """Count your records by verdict, probability, day, hour, model and review."""
    return await history.statistics(owner, query)
