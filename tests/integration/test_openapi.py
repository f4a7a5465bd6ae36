"""The OpenAPI document matches the service, and the site's copy is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import get_args

from fastapi.testclient import TestClient

import hf_space
from hf_space.api.app import create_api
from hf_space.api.openapi import openapi_text
from hf_space.errors import error_codes
from hf_space.schemas.prediction import ImageWarningCode, SaveWarningCode
from hf_space.settings import Settings
from tests.server import ROOT


def test_openapi_describes_both_bodies(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"]["/predict/"]["post"]["requestBody"]["content"]
    schemas = document["components"]["schemas"]
    named = content["application/json"]["schema"]["$ref"]
    assert named == "#/components/schemas/PredictRequest"
    assert set(content) == {"multipart/form-data", "application/json"}
    assert content["multipart/form-data"]["schema"]["required"] == ["file"]
    options = {"operating_point", "threshold", "explain", "microns_per_pixel", "mode", "save"}
    for body in (content["multipart/form-data"]["schema"], schemas["PredictRequest"]):
        assert options < set(body["properties"])


def test_every_reference_in_the_openapi_document_leads_somewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    references = set(re.findall(r'"\$ref": ?"#/([^"]+)"', json.dumps(document)))
    assert "components/schemas/BatchItem" in references
    for reference in references:
        found = document
        for part in reference.split("/"):
            found = found[part]


def test_the_openapi_document_promises_what_every_response_holds(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    requests = {"PredictRequest", "ReviewRequest"}
    assert requests < set(schemas)
    objects = {name: each for name, each in schemas.items() if "properties" in each}
    loose = {
        name for name, each in objects.items() if set(each["properties"]) - set(each["required"])
    }
    assert loose == requests
    assert set(schemas["PredictRequest"]["required"]) == {"image"}
    assert "default" not in schemas["PredictRequest"]["properties"]["threshold"]


def test_the_openapi_document_names_every_error_and_warning(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    code = schemas["ErrorBody"]["properties"]["code"]
    assert code["$ref"] == "#/components/schemas/ErrorCode"
    assert set(schemas["ErrorCode"]["enum"]) == error_codes()
    warnings = {*get_args(ImageWarningCode), *get_args(SaveWarningCode)}
    assert set(schemas["WarningCode"]["enum"]) == warnings


def test_the_openapi_document_has_one_word_for_one_thing(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    found = [
        told
        for told in _texts(document)
        if re.search(r"\b(answer(s|ed)?|opinions?|doors?|away|kept)\b", told, re.IGNORECASE)
    ]
    assert found == []


def _texts(part: object) -> Iterator[str]:
    """Yield all descriptions and summaries; a field may have such a name as well."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in {"description", "summary"} and isinstance(value, str):
                yield value
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)


def test_the_sites_copy_of_the_openapi_document_is_up_to_date() -> None:
    copy = ROOT / "frontend" / "openapi.json"
    mend = f"{copy.name} is stale: python -m hf_space openapi > frontend/{copy.name}"
    assert copy.read_text(encoding="utf-8") == openapi_text(create_api(Settings())), mend


def test_the_openapi_document_tells_version_credentials_and_names(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["info"]["version"] == hf_space.__version__
    assert client.get("/health/").json()["version"] == hf_space.__version__
    schemes = document["components"]["securitySchemes"]
    headers = {each["name"] for each in schemes.values() if each["type"] == "apiKey"}
    assert headers == {"X-API-Key", "X-Biopsia-Visitor"}
    assert schemes["bearer"]["scheme"] == "bearer"
    assert document["security"] == [{}, *({name: []} for name in schemes)]
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert {"predict", "predict_batch", "list_history", "export_csv"} <= set(names)
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Z][\w ]{2,30}", each["summary"]) for each in operations)
    free = {each["operationId"] for each in operations if each.get("security") == []}
    assert free == {"health", "live"}


def test_the_openapi_document_describes_lines_and_forms_as_they_are(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    batch = document["paths"]["/predict/batch/"]["post"]
    lines = batch["responses"]["200"]["content"]["application/x-ndjson"]["schema"]
    assert lines == {"$ref": "#/components/schemas/BatchItem"}
    assert set(batch["responses"]["4XX"]["content"]) == {"application/json"}
    form = batch["requestBody"]["content"]["multipart/form-data"]["schema"]
    for name in ("threshold", "microns_per_pixel"):
        # The example of an option that is left out is no number.
        unset, number = form["properties"][name]["anyOf"]
        assert (unset["type"], unset["maxLength"]) == ("string", 0)
        assert number["type"] == "number"
        assert "example" not in number


def test_the_model_is_sent_once_until_it_changes(client: TestClient) -> None:
    first = client.get("/model/")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/model/", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    # Figures for another prevalence differ.
    assert client.get("/model/", params={"prevalence": 0.1}, headers=tag).status_code == 200
