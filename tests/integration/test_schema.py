"""Whatever the OpenAPI document allows, and much that it does not, is answered without a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import given
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode

from hf_space.api.application import create_api
from hf_space.settings import Settings
from tests.bundle_factory import write_bundle
from tests.server import running_server

OPERATIONS = [
    (method, path, mode)
    for path, item in create_api(Settings()).openapi()["paths"].items()
    for method, operation in item.items()
    for mode in GenerationMode
    # A request without parameters and body cannot be wrong.
    if mode is GenerationMode.POSITIVE or "requestBody" in operation
]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    """The document of a running service."""
    folder: Path = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with running_server(BIOPSIA_MODEL_DIR=str(folder)) as server:
        yield schemathesis.openapi.from_url(f"{server.url}/openapi.json")


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_no_request_breaks_the_service(
    schema: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    @hypothesis.settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        response = case.call()
        case.validate_response(response, checks=[not_a_server_error])
        if response.status_code >= 400:
            assert set(response.json()["error"]) == {"code", "message", "details"}

    ask()
