"""A visitor who repeats the same request and measures the time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np

from benchmarks.processes import HOST
from hf_space.api.middleware.identify import VISITOR_HEADER

_WARM_UP_CALLS: Final = 5
_TIMEOUT_SECONDS: Final = 60

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of a call, from sending to the last byte."""

    median_ms: float
    p95_ms: float


class Reader:
    """Uses a new connection for each kind of request, since the service may close it in between."""

    def __init__(self, port: int, token: str, calls: int) -> None:
        """Ask the service on a port as the visitor with a token, so many times each."""
        self._port = port
        self._headers = {VISITOR_HEADER: token}
        self._calls = calls

    def read(self, path: str, parameters: Mapping[str, str]) -> Any:
        """Return the JSON of an answer; raises RuntimeError unless it is a 200."""
        with closing(self._connect()) as connection:
            return json.loads(self._get(connection, _address(path, parameters)))

    def time(self, path: str, parameters: Mapping[str, str]) -> Timing:
        """Measure how long an answer takes, after some calls that do not count."""
        took = []
        with closing(self._connect()) as connection:
            for _ in range(_WARM_UP_CALLS + self._calls):
                started = time.perf_counter()
                self._get(connection, _address(path, parameters))
                took.append(1e3 * (time.perf_counter() - started))
        p50, p95 = np.percentile(took[_WARM_UP_CALLS:], (50, 95))
        timing = Timing(round(float(p50), 1), round(float(p95), 1))
        logger.info("  %s %s: %s", path, dict(parameters), timing)
        return timing

    def _connect(self) -> HTTPConnection:
        return HTTPConnection(HOST, self._port, timeout=_TIMEOUT_SECONDS)

    def _get(self, connection: HTTPConnection, address: str) -> bytes:
        connection.request("GET", address, headers=self._headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{address} answered {response.status}: {content[:500]!r}")
        return content


def _address(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters)}"
