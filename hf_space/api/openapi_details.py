"""Adds to the OpenAPI document: credentials, operation ids, and the lines of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hf_space.api.middleware.identify import API_KEY_HEADER, VISITOR_HEADER
from hf_space.api.ndjson import NDJSON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastapi import FastAPI
    from fastapi.routing import APIRoute

    from hf_space.api.dependencies import PolicyRoute

_SCHEMES: Final = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": API_KEY_HEADER,
        "description": "An API key of the service's settings.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, a visitor's token, or for predictions a ticket.",
    },
    "visitor": {
        "type": "apiKey",
        "in": "header",
        "name": VISITOR_HEADER,
        "description": "The token that an earlier response gave under the same name.",
    },
}
_ACRONYMS: Final = {"csv": "CSV", "json": "JSON", "zip": "ZIP"}


def operation_name(route: APIRoute) -> str:
    """Return a route's id in the OpenAPI document, which names methods of generated clients."""
    return route.name


def add_details(app: FastAPI, routes: Iterable[PolicyRoute]) -> None:
    """Complete an application's OpenAPI document.

    Args:
        app: Has the document.
        routes: All that it describes.
    """
    generate = app.openapi
    names_without_key = {route.name for route in routes if not route.needs_key}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = generate()
        document["components"]["securitySchemes"] = _SCHEMES
        # The first entry means that no credential is needed, unless the settings require keys.
        document["security"] = [{}, *({name: []} for name in _SCHEMES)]
        for operation in _operations(document):
            operation["summary"] = _summary(operation["operationId"])
            if operation["operationId"] in names_without_key:
                operation["security"] = []
            _correct_lines(operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # its documented way


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _summary(name: str) -> str:
    words = " ".join(_ACRONYMS.get(word, word) for word in name.split("_"))
    return words[0].upper() + words[1:]


def _correct_lines(operation: dict[str, Any]) -> None:
    """Describe the lines of a stream, which are objects and not strings, and its JSON errors."""
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if lines := content.get(NDJSON):
            lines["schema"].pop("type", None)
            if not status.startswith("2"):
                response["content"] = {"application/json": lines}
