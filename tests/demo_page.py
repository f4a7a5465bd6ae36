"""Calls the handlers behind the demo's page as a browser does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2

from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.prediction.trust import result_warning, withholding_reasons
from hf_space.schemas.history import HistoryPage, HistoryRecord
from hf_space.schemas.prediction import PredictionResult, WarningCode
from tests.bundle_factory import encode, plain_image
from tests.server import RunningServer

MALIGNANT, UNCERTAIN, BENIGN = (230, 100, 190), (200, 200, 230), (90, 200, 190)
"""Colours for which the tiny network gives each verdict."""
ALL = ("newest", "any", "any", "")
"""Inputs of the list without filters and without a chosen record."""
_SECONDS = 30


@dataclass(frozen=True)
class Page:
    """An open page.

    Attributes:
        url: Of the service.
        headers: Sent with every call.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(self, handler: str, *values: object, event: object = None) -> list[Any]:
        """Return a handler's outputs; raises HandlerError for an error message.

        Args:
            handler: Name of the first of the page's functions that is called so.
            *values: Of its inputs.
            event: What else the browser tells of what was pressed.
        """
        _, session = self.join(handler, *values, event=event)
        return self._outcome(session)

    def join(self, handler: str, *values: object, event: object = None) -> tuple[str, str]:
        """Start a handler, see `call`; returns the event's id and its session's."""
        return self._join(self.index(handler), values, event)

    def told(self, number: int, *values: object, event: object = None) -> str:
        """Return all that is sent to the page of a function's call, errors too."""
        _, session = self._join(number, values, event)
        return "\n".join(self._messages(session))

    def _join(self, number: int, values: Sequence[object], event: object) -> tuple[str, str]:
        session = uuid4().hex
        joined = httpx2.post(
            f"{self.url}/gradio_api/queue/join",
            headers=self.headers,
            json={
                "data": values,
                "fn_index": number,
                "session_hash": session,
                "event_data": event,
            },
        )
        joined.raise_for_status()
        return joined.json()["event_id"], session

    def index(self, handler: str) -> int:
        """Return the place of a handler among the page's functions."""
        config = httpx2.get(f"{self.url}/config", headers=self.headers).json()
        found = (d["id"] for d in config["dependencies"] if d["api_name"] == handler)
        return int(next(found))

    def _outcome(self, session: str) -> list[Any]:
        *_, last = self._messages(session)
        message = json.loads(last)
        output = message["output"]
        if not message["success"]:
            raise HandlerError(output["error"])
        return list(output["data"])

    def _messages(self, session: str) -> Iterator[str]:
        """Yield the events of a call until it is completed."""
        url = f"{self.url}/gradio_api/queue/data?session_hash={session}"
        with httpx2.stream("GET", url, headers=self.headers, timeout=_SECONDS) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield line.removeprefix("data:")
                    if json.loads(line.removeprefix("data:"))["msg"] == "process_completed":
                        return
        raise HandlerError("the stream ended")


class HandlerError(Exception):
    """What the page would show of an error."""


def result_with(*codes: WarningCode, region: bool = False, **changes: Any) -> PredictionResult:
    """A result of .1 with some warnings, which does not suggest IDC unless they withhold that."""
    times = dict.fromkeys(("decode", "queue", "inference", "render", "total"), 1.0)
    warnings = [result_warning(code) for code in codes]
    reasons = withholding_reasons(warnings)
    tiles = {
        "rows": 1,
        "columns": 2,
        "tile_size_pixels": 50,
        "microns_per_pixel": 4.0,
        "tiles": [[0.9, 0.1]],
        "heatmap": None,
        "tissue_fraction": 1.0,
        "malignant_fraction": 0.5,
        "malignant_area_mm2": None if "scale_unknown" in codes else 0.04,
    }
    values = {
        "id": UUID(int=0),
        "created_at": datetime.now(UTC),
        "kind": "region" if region else "patch",
        "verdict": "not_assessable" if reasons else "benign",
        "reasons": reasons,
        "probability": 0.1,
        "threshold": 0.4,
        "operating_point": "balanced",
        "uncertain_band": (0.3, 0.5),
        "predictions": [],
        "gradcam": {"rows": 1, "columns": 1, "grid": [[-1.0]]},
        "region": tiles if region else None,
        "image": {
            "sha256": "0" * 64,
            "width": 50,
            "height": 50,
            "microns_per_pixel": 4.0,
            "scale_source": "assumed",
        },
        "warnings": warnings,
        "model": {"name": "tiny", "revision": "r1"},
        "cached": False,
        "saved": False,
        "timing_ms": times,
    }
    return PredictionResult.model_validate(values | changes)


def image(*colour: int) -> bytes:
    return encode(plain_image(*colour))


def save(server: RunningServer, token: str, *colour: int) -> PredictionResult:
    """Have an image read for a visitor."""
    answer = httpx2.post(
        f"{server.url}/predict/",
        files={"file": ("a.png", image(*colour))},
        headers={VISITOR_HEADER: token},
    )
    result = PredictionResult.model_validate(answer.json())
    assert result.saved
    return result


def uploaded(server: RunningServer, path: Path) -> dict[str, Any]:
    """Upload a file, and return what the page then sends in its place."""
    with path.open("rb") as file:
        files = {"files": (path.name, file)}
        [name] = httpx2.post(f"{server.url}/gradio_api/upload", files=files).json()
    return {"path": name, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def history(server: RunningServer, headers: dict[str, str]) -> HistoryPage:
    answer = httpx2.get(f"{server.url}/history/", headers=headers)
    return HistoryPage.model_validate(answer.json())


def record(server: RunningServer, token: str, result: PredictionResult) -> HistoryRecord:
    url = f"{server.url}/history/{result.id}"
    return HistoryRecord.model_validate(httpx2.get(url, headers={VISITOR_HEADER: token}).json())
