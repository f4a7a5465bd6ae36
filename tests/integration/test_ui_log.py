"""The input of a demo call is never logged, even if the call fails."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any
from weakref import ref

import httpx2

from hf_space.schemas.options import PredictOptions
from hf_space.ui.gradio_app.tracebacks import forget_frames
from tests.server import running_server
from tests.stores import Store, error_of

MARKER = "surname-1970"
FILE = {"path": f"/tmp/{MARKER}.png", "orig_name": f"{MARKER}.png"}  # noqa: S108 -- not there
GRADIO_FILE = FILE | {"meta": {"_type": "gradio.FileData"}}
MOST_INPUTS = 20
TOO_LITTLE = [MARKER]
DATA = (
    TOO_LITTLE,
    [GRADIO_FILE] * MOST_INPUTS,
    [FILE | {"path": 1}] * MOST_INPUTS,
    [[MARKER, GRADIO_FILE]] * MOST_INPUTS,
)


def ask_all(client: httpx2.Client, data: list[str]) -> list[str]:
    """Call each function of the page with something, and return how the calls ended."""
    config = client.get("/config").json()
    events = set()
    for number in [each["id"] for each in config["dependencies"]]:
        body = {"data": data, "fn_index": number, "session_hash": "s"}
        joined = client.post("/gradio_api/queue/join", json=body)
        if joined.status_code == 200:
            events.add(joined.json()["event_id"])
    ended: list[str] = []
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": "s"}) as lines:
        for line in lines.iter_lines():
            if "process_completed" in line:
                ended.append(line)
            if len(ended) == len(events):
                break
    return ended


def call_by_name(client: httpx2.Client, data: dict[str, Any]) -> None:
    for name in ("predict", "predict_batch"):
        for door in ("call", "call/v2", "run", "api"):
            client.post(f"/gradio_api/{door}/{name}", json=data)


def test_nothing_that_a_call_was_sent_is_logged(tmp_path: Path) -> None:
    with running_server(**Store(tmp_path).environment()) as server:
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            assert any('"success":false' in line for line in ask_all(client, TOO_LITTLE))
            for data in DATA:
                call_by_name(client, {"data": data})
            refused = client.post("/gradio_api/call/v2/predict", json={MARKER: MARKER})
            assert error_of(refused) == (400, "invalid_request")
            described = client.get("/gradio_api/info").json()["named_endpoints"]
        log = server.log.read_text("utf-8")
    # `view_api` has no other place for the description of an option.
    for name in ("/predict", "/predict_region", "/predict_batch"):
        options = {each["parameter_name"] for each in described[name]["parameters"]}
        for option in options & set(PredictOptions.model_fields):
            field = PredictOptions.model_fields[option]
            assert f"`{option}`: {field.description}" in described[name]["description"]
    assert "the demo refused a call: ValueError at " in log
    assert '"level": "ERROR"' not in log
    requests = [json.loads(line) for line in log.splitlines() if '"route": "mounted"' in line]
    endpoints = {each.get("endpoint") for each in requests}
    assert {"/predict", "/predict_batch", "/config", "/gradio_api/queue/join"} <= endpoints
    assert MARKER not in log
    assert "Traceback" not in log


class Held:
    """Something that can be referred to weakly."""


def test_a_failed_call_holds_nothing_once_it_is_told() -> None:
    def fail(sent: Held) -> None:
        try:
            raise ValueError(id(sent))
        except ValueError:
            raise RuntimeError from None

    def call(sent: Held) -> None:
        try:
            fail(sent)
        except RuntimeError as error:
            # As in Gradio: the error's traceback has this frame, which has the error.
            kept = error
            forget_frames(kept)

    sent = Held()
    still_there = ref(sent)
    gc.disable()
    try:
        call(sent)
        del sent
        assert still_there() is None
    finally:
        gc.enable()
