"""Every route with a body limits it, whether its length is stated or not."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from hf_space.api.dependencies import MOST_SMALL_BODY_BYTES
from tests.stores import Store, client_of, error_of

LIMITS = dict.fromkeys(("max_upload_bytes", "max_batch_bytes", "max_slide_bytes"), 200_000)
TOO_LARGE = 1_000_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = Store(tmp_path_factory.mktemp("store"))
    with client_of(store.settings(**LIMITS)) as client:
        yield client


def routes_with_bodies(client: TestClient) -> list[tuple[str, str, list[str]]]:
    """Return method, path and accepted types of each, as the API's description has them."""
    paths = client.get("/openapi.json").json()["paths"]
    return [
        (method, path.format(id=uuid4(), suffix="csv"), list(route["requestBody"]["content"]))
        for path, methods in paths.items()
        for method, route in methods.items()
        if "requestBody" in route
    ]


def content(media_type: str, size: int) -> bytes:
    """Return a body whose image or note has this size."""
    if media_type == "application/json":
        return b'{"opinion":"agree","note":"' + b"x" * size + b'"}'
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    return head + b"x" * size + b"\r\n--b--\r\n"


def test_every_route_with_a_body_refuses_a_larger_one(client: TestClient) -> None:
    routes = routes_with_bodies(client)
    assert len(routes) == 7
    for method, path, types in routes:
        for media_type in types:
            body = content(media_type, TOO_LARGE)
            headers = {"Content-Type": f"{media_type}; boundary=b"}
            for sent in (body, iter([body[:1000], body[1000:]])):
                answer = client.request(method, path, content=sent, headers=headers)
                assert error_of(answer) == (413, "payload_too_large"), path


def test_a_small_body_is_read_and_one_byte_more_is_not(client: TestClient) -> None:
    url = f"/history/{uuid4()}/reviews"
    largest = content("application/json", MOST_SMALL_BODY_BYTES - 30)
    largest += b" " * (MOST_SMALL_BODY_BYTES - len(largest))
    headers = {"Content-Type": "application/json"}
    read = client.post(url, content=largest, headers=headers)
    assert error_of(read) == (422, "invalid_options")
    refused = client.post(url, content=largest + b" ", headers=headers)
    assert error_of(refused) == (413, "payload_too_large")


def test_json_of_very_many_values_is_not_read(client: TestClient) -> None:
    body = b'{"image":[' + b"{}," * 2000 + b"1]}"
    answer = client.post("/predict/", content=body, headers={"Content-Type": "application/json"})
    assert error_of(answer) == (413, "payload_too_large")
    assert answer.json()["error"]["details"] == {"values": 4002, "max_values": 1000}
