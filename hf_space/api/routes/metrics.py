"""Counters for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from hf_space.api.dependencies import FreeRoute, MetricsDep

router = APIRouter(route_class=FreeRoute, tags=["service"])


@router.get(
    "/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
)
async def metrics(counters: MetricsDep) -> Response:
    """Count requests, latency, batch sizes, the queue and the cache, in Prometheus's format."""
    return Response(counters.exposition(), media_type=CONTENT_TYPE_LATEST)
