"""Calls of the demo that are made without its queue are answered as those of the API are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.bundle_factory import encode, plain_image, write_bundle
from tests.crowded import REFUSED
from tests.server import RunningServer, running_server

PATCH = encode(plain_image(200, 120, 190))
FULL_OF_COMMENTS = REFUSED["comments"][0]()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    bundle = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with running_server(BIOPSIA_MODEL_DIR=str(bundle)) as server:
        yield server


def uploaded(server: RunningServer, content: bytes) -> dict[str, Any]:
    answer = httpx2.post(f"{server.url}/gradio_api/upload", files={"files": ("a.png", content)})
    return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


def call(server: RunningServer, door: str, *data: Any) -> tuple[int, Any]:
    url = f"{server.url}/gradio_api/{door}/predict"
    answer = httpx2.post(url, json={"data": data}, timeout=60)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("door", ["run", "api"])
def test_what_is_refused_has_the_status_of_its_error(server: RunningServer, door: str) -> None:
    options = (None, None, None, False, False, "auto")
    status, answer = call(server, door, uploaded(server, PATCH), *options)
    assert status == 200
    assert answer["data"]
    for file, point, expected in (
        (b"no image", None, (415, "unsupported_image")),
        (FULL_OF_COMMENTS, None, (422, "corrupt_image")),
        (PATCH, "nowhere", (422, "unknown_operating_point")),
    ):
        status, answer = call(server, door, uploaded(server, file), point, *options[1:])
        assert (status, answer["error"]["code"]) == expected
        assert f"({expected[1]})" not in answer["error"]["message"]


@pytest.mark.parametrize("data", [[], [None], ["x"] * 99, [{"path": "/etc/passwd"}] * 7])
def test_inputs_that_cannot_be_read_are_the_callers_mistake(
    server: RunningServer, data: list[Any]
) -> None:
    status, answer = call(server, "run", *data)
    assert 400 <= status < 500
    assert answer["error"]["code"]
    assert "/etc" not in str(answer)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"1", b"secret", b'{"data": "secret"}'])
@pytest.mark.parametrize("door", ["queue/join", "call/predict", "run/predict", "api/predict"])
def test_bodies_of_another_shape_are_refused_and_not_sent_back(
    server: RunningServer, door: str, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = httpx2.post(f"{server.url}/gradio_api/{door}", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_request"
    assert "secret" not in answer.text
