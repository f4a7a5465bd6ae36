"""Counters for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from hf_space.api.dependencies import FreeRoute, MetricsDep
from hf_space.api.errors import ERROR_RESPONSES

router = APIRouter(route_class=FreeRoute, tags=["service"], responses=ERROR_RESPONSES)


@router.get(
    "/metrics",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def metrics(counters: MetricsDep) -> Response:
    """Return counts of requests, latency, batch sizes, queue and cache in Prometheus format."""
    return Response(counters.exposition(), media_type=CONTENT_TYPE_LATEST)
