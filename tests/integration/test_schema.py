"""Requests that the OpenAPI document allows, and many others, never get a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import hypothesis
import pytest
import schemathesis
from hypothesis import given, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode

from hf_space.api.app import create_api
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.settings import Settings
from tests.server import running_server
from tests.stores import Store, Visitor, patch


def can_be_wrong(operation: dict[str, Any]) -> bool:
    """Tell whether a request can differ from the document: not without content, or by free text."""
    schemas = [parameter["schema"] for parameter in operation.get("parameters", ())]
    free = all(schema == {"type": "string", "title": schema.get("title")} for schema in schemas)
    return "requestBody" in operation or not free


OPERATIONS = [
    (method, path, mode)
    for path, item in create_api(Settings()).openapi()["paths"].items()
    for method, operation in item.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or can_be_wrong(operation)
]


@dataclass(frozen=True)
class Service:
    """A running service without rate limits."""

    schema: schemathesis.BaseSchema
    visitor: Visitor


@pytest.fixture(scope="module")
def service(module_store: Store) -> Iterator[Service]:
    """The service on each pair of stores."""
    with (
        running_server(**module_store.environment()) as server,
        httpx2.Client(base_url=server.url, timeout=60) as client,
    ):
        schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
        yield Service(schema, Visitor(client))


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_no_request_breaks_the_service(
    service: Service, method: str, path: str, mode: GenerationMode
) -> None:
    visitor = service.visitor
    record = visitor.predict(patch(OPERATIONS.index((method, path, mode))))["id"]

    @hypothesis.settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @given(
        case=service.schema[path][method].as_strategy(generation_mode=mode),
        known=strategies.booleans(),
    )
    def ask(case: schemathesis.Case[Any], *, known: bool) -> None:
        if known and "{id}" in path:
            case.path_parameters = {**(case.path_parameters or {}), "id": record}
        response = case.call(headers={VISITOR_HEADER: visitor.token})
        case.validate_response(response, checks=[not_a_server_error])
        if response.status_code >= 400:
            assert set(response.json()["error"]) == {"code", "message", "details"}

    ask()
