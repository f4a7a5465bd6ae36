"""Options work the same everywhere and are never ignored."""

from __future__ import annotations

import base64
import inspect
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from hf_space.api.app import create_api
from hf_space.cli import predict as command
from hf_space.schemas.options import PredictOptions
from hf_space.settings import Settings
from tests.stores import Visitor, error_of, patch

DEFAULTS = {name: field.default for name, field in PredictOptions.model_fields.items()}
PARTS = {"/predict/": "file", "/predict/batch/": "files"}
RECORD = "019ca946-0018-7000-84ff-101051e01cc0"

# Operations by path and method, but for `/health/`, which probes may send anything.
ROUTES = [
    (method.upper(), path, {each["name"] for each in operation.get("parameters", ())})
    for path, item in create_api(Settings()).openapi()["paths"].items()
    for method, operation in item.items()
    if not path.startswith("/health/")
]


def fields_of(response: httpx2.Response) -> dict[str, str]:
    """Return what a refusal says of each field."""
    assert error_of(response) == (422, "invalid_options")
    return {
        each["field"]: each["message"] for each in response.json()["error"]["details"]["fields"]
    }


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """Return one part of a form, as it is sent."""
    told = f'name="{name}"' + (f'; filename="{filename}"' if filename else "")
    return f"--x\r\nContent-Disposition: form-data; {told}\r\n\r\n".encode() + content + b"\r\n"


def post_parts(visitor: Visitor, path: str, *parts: bytes) -> httpx2.Response:
    """Post a form whose parts are in this order."""
    headers = {"content-type": "multipart/form-data; boundary=x"}
    return visitor.ask("POST", path, content=b"".join(parts) + b"--x--\r\n", headers=headers)


@pytest.mark.parametrize("path", PARTS)
@pytest.mark.parametrize("query", ["save=false", "threshold=0.9&mode=patch", "nonsense=", "save"])
def test_options_in_the_query_are_refused_and_nothing_is_saved(
    visitor: Visitor, path: str, query: str
) -> None:
    files = {PARTS[path]: ("a.png", patch(1))}
    for address in (path, path.rstrip("/")):
        response = visitor.ask("POST", f"{address}?{query}", files=files, data={"save": "true"})
        told = fields_of(response)
        assert set(told) == {each.partition("=")[0] for each in query.split("&")}
        assert all("form fields" in message for message in told.values())
    assert visitor.ids() == []


def test_options_in_the_query_are_refused_beside_json(visitor: Visitor) -> None:
    body = {"image": base64.b64encode(patch(1)).decode(), "save": True}
    response = visitor.ask("POST", "/predict/?save=false", json=body)
    assert "JSON" in fields_of(response)["save"]
    assert visitor.ids() == []


@pytest.mark.parametrize(("method", "path", "known"), ROUTES)
def test_every_route_refuses_a_parameter_that_it_does_not_take(
    visitor: Visitor, method: str, path: str, known: set[str]
) -> None:
    assert "nonsense" not in known
    path = path.format(id=RECORD, suffix="csv", name="roc")
    response = visitor.ask(method, f"{path}?nonsense=1&nonsense=2")
    assert set(fields_of(response)) == {"nonsense"}


def test_probes_may_send_what_they_like(visitor: Visitor) -> None:
    assert visitor.get("/health/", nonsense="1").status_code == 200
    assert visitor.get("/health/live", nonsense="1").status_code == 200


def test_a_parameter_with_one_value_is_given_once(visitor: Visitor) -> None:
    assert fields_of(visitor.ask("GET", "/history/?limit=1&limit=2")) == {"limit": "give it once"}
    several = "verdict=benign&verdict=malignant"
    assert visitor.ask("GET", f"/history/?{several}").status_code == 200
    explain = visitor.ask("GET", f"/history/{RECORD}?explain=true&explain=false")
    assert set(fields_of(explain)) == {"explain"}


def test_a_long_query_gets_a_short_error(visitor: Visitor) -> None:
    response = visitor.ask("POST", "/predict/?" + "&".join(f"n{i}=1" for i in range(2000)))
    assert len(fields_of(response)) == 16


@pytest.mark.parametrize("path", PARTS)
@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([part("save", b"true"), part("save", b"false")], "save"),
        ([part("save", b"false"), part("save", b"")], "save"),
        ([part("treshold", b"0.5")], "treshold"),
        ([part("treshold", b"")], "treshold"),
        ([part("threshold", b"0.9", "threshold.txt")], "threshold"),
        ([part("save", b"false", "save"), part("mode", b"auto")], "save"),
    ],
    ids=["twice", "and empty", "unknown", "unknown and empty", "as a file", "as a file too"],
)
def test_a_form_is_read_whole_or_refused(
    visitor: Visitor, path: str, parts: list[bytes], field: str
) -> None:
    image = part(PARTS[path], patch(2), "a.png")
    for order in ([image, *parts], [*parts, image]):
        assert set(fields_of(post_parts(visitor, path, *order))) == {field}
    assert visitor.ids() == []


def test_a_second_file_under_another_name_is_not_ignored(visitor: Visitor) -> None:
    image, other = part("file", patch(3), "a.png"), part("options", b"{}", "blob")
    for order in ([image, other], [other, image]):
        assert fields_of(post_parts(visitor, "/predict/", *order)) == {
            "options": "unknown part; the image goes into the part file"
        }
    text = part("file", b"text")
    for order in ([image, text], [text, image]):
        assert set(fields_of(post_parts(visitor, "/predict/", *order))) == {"file"}
    misnamed = post_parts(visitor, "/predict/", part("image", patch(3), "a.png"))
    assert error_of(misnamed) == (400, "missing_image")
    assert "part named file" in misnamed.json()["error"]["message"]
    assert visitor.ids() == []


@pytest.mark.parametrize("path", PARTS)
def test_the_order_of_a_form_does_not_matter(visitor: Visitor, path: str) -> None:
    image = part(PARTS[path], patch(4), "a.png")
    options = [part("threshold", b"0.25"), part("save", b"false"), part("mode", b"region")]
    for order in ([image, *options], [*options, image], [options[0], image, *options[1:]]):
        body = post_parts(visitor, path, *order).json()
        result = body if path == "/predict/" else body["result"]
        assert (result["threshold"], result["kind"]) == (0.25, "region")
        assert not result["saved"]
    assert visitor.ids() == []


def test_a_name_that_json_does_not_have_is_refused(visitor: Visitor) -> None:
    body = {"image": base64.b64encode(patch(5)).decode(), "treshold": 0.5, "save": True}
    response = visitor.ask("POST", "/predict/", json=body)
    assert fields_of(response) == {"treshold": "unknown option"}
    assert response.json()["error"]["message"] == "treshold: unknown option"
    assert visitor.ids() == []


def test_options_that_contradict_are_both_named(visitor: Visitor) -> None:
    options = {"threshold": "0.5", "operating_point": "balanced"}
    told = "give threshold or operating_point, not both"
    response = visitor.ask("POST", "/predict/", files={"file": patch(5)}, data=options)
    assert fields_of(response) == dict.fromkeys(options, told)
    assert response.json()["error"]["message"] == f"threshold, operating_point: {told}"
    day = "2026-03-01T00:00:00Z"
    response = visitor.ask("GET", f"/history/?since={day}&until={day}")
    assert fields_of(response) == dict.fromkeys(("since", "until"), "since must be before until")


def test_both_forms_and_json_offer_the_same_options(module_client: TestClient) -> None:
    document = module_client.get("/openapi.json").json()
    schemas = {
        path: document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
        for path in PARTS
    }
    forms = {path: schema["schema"]["properties"] for path, schema in schemas.items()}
    for path, form in forms.items():
        assert set(form) == {PARTS[path], *DEFAULTS}
    json = document["components"]["schemas"]["PredictRequest"]["properties"]
    assert set(json) == {"image", *DEFAULTS}
    for name, default in DEFAULTS.items():
        # OpenAPI cannot express a default of null.
        for fields in (*forms.values(), json):
            assert fields[name].get("default") == default
            assert fields[name]["description"] == PredictOptions.model_fields[name].description


def test_the_command_offers_the_same_options() -> None:
    # It draws nothing and has no history.
    expected: dict[str, Any] = {
        name: default for name, default in DEFAULTS.items() if name not in {"explain", "save"}
    }
    parameters = inspect.signature(command).parameters
    assert {name: parameters[name].default for name in expected} == expected
    assert not {"explain", "save"} & set(parameters)
