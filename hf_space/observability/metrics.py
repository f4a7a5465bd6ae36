"""The service's metrics for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

# The creation time of each series would double the number of lines without any use here.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_BATCH_SIZES: Final = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The counters of one application, in their own registry, so that tests are independent."""

    def __init__(self) -> None:
        """Register every metric at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "biopsia_requests",
            "HTTP requests served.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "biopsia_request_seconds",
            "Time from the request's head to the end of its response.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "biopsia_batch_size",
            "Patches in one forward pass.",
            buckets=_BATCH_SIZES,
            registry=self.registry,
        )
        self.queue_length = Gauge(
            "biopsia_queue_length", "Jobs that wait for the engine.", registry=self.registry
        )
        self.cache = Counter(
            "biopsia_cache",
            "Predictions by where they came from: the process's cache, that of all processes in "
            "Redis, a computation of the same in flight, or their own.",
            ("outcome",),
            registry=self.registry,
        )
        for outcome in ("memory", "redis", "shared", "miss"):
            self.cache.labels(outcome)
        self.limit_refusals = Counter(
            "biopsia_limit_refusals",
            "Charges refused, by whose limit it was.",
            ("scope",),
            registry=self.registry,
        )
        for scope in ("owner", "address"):
            self.limit_refusals.labels(scope)

        self.saves = Counter(
            "biopsia_saves",
            "Records by what became of them: written, set aside until the database is back, lost.",
            ("outcome",),
            registry=self.registry,
        )
        for outcome in ("saved", "delayed", "lost"):
            self.saves.labels(outcome)
        self.spool_length = Gauge(
            "biopsia_spool_length",
            "Records on this machine's disk that wait for the database.",
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self.registry)
