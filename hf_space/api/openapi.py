"""The OpenAPI document, which the site's types are generated from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fastapi.encoders import jsonable_encoder
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from hf_space.schemas.options import PredictOptions

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode
    from typing_extensions import TypeAliasType

_REFERENCE: Final = "#/components/schemas/{model}"
_UNSET: Final = {"type": "string", "maxLength": 0, "description": "Leaves the option unset."}


def reference_to(model: type[BaseModel] | TypeAliasType) -> dict[str, str]:
    """Return a reference to a schema that `add_schemas` adds."""
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def add_schemas(app: FastAPI, *, requests: list[Any], responses: list[Any]) -> None:
    """Add schemas of bodies that routes read and write themselves, which FastAPI cannot see.

    Args:
        app: Its document gets the schemas.
        requests: Types of bodies that are read.
        responses: Types of bodies that are written.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = generate()
        found = _definitions(requests, "validation") | _definitions(responses, "serialization")
        schemas = found | document["components"]["schemas"]
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        return document

    app.openapi = openapi  # type: ignore[method-assign] # its documented way


def _definitions(types: list[Any], mode: JsonSchemaMode) -> dict[str, Any]:
    inputs = [(each, mode, TypeAdapter(each).core_schema) for each in types]
    _, found = GenerateJsonSchema(ref_template=_REFERENCE).generate_definitions(inputs)
    # FastAPI omits defaults of null too; type generators would then treat the field as always set.
    encoded: dict[str, Any] = jsonable_encoder(found, exclude_none=True)
    return encoded


def openapi_text(app: FastAPI) -> str:
    """Return the document that `GET /openapi.json` returns, indented."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def form_schema(
    part: str, schema: dict[str, Any], model: type[PredictOptions] = PredictOptions
) -> dict[str, Any]:
    """Return the OpenAPI schema of a form with a file part beside the options.

    Args:
        part: Name of the file's part.
        schema: Its schema.
        model: The options; an option with a single possible value is left out.
    """
    options = model.model_json_schema()
    fields = {
        name: _optional(field)
        for name, field in options["properties"].items()
        if "const" not in field and field.get("type") != "null"
    }
    return options | {
        "title": model.__name__.replace("Options", "Form"),
        "properties": {part: schema} | fields,
        "required": [part, *options.get("required", [])],
    }


def _optional(field: dict[str, Any]) -> dict[str, Any]:
    """Describe how a form leaves a field unset: it cannot send null, but may leave it out.

    Without the empty example, the documentation's form fills in values that contradict each other.
    """
    if "anyOf" not in field:
        return field
    kind: dict[str, Any] = next(kind for kind in field["anyOf"] if kind != {"type": "null"})
    described = {key: value for key, value in field.items() if key not in {"anyOf", "default"}}
    # An example must be one of the schema's values.
    schema = {"anyOf": [_UNSET, kind]} if kind["type"] == "number" else kind
    return described | schema | {"example": ""}
