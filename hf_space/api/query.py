"""Checks the query of a request: parameters that the route does not declare are refused."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, get_origin

from pydantic import BaseModel

from hf_space.schemas.options import invalid_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fastapi.dependencies.models import Dependant
    from starlette.datastructures import QueryParams

# A query may have thousands of names, and the response would list each with its reason.
_MOST_FINDINGS: Final = 16


def declared_parameters(dependant: Dependant) -> dict[str, bool]:
    """Return the query parameters of a route and its dependencies.

    Returns:
        Whether the parameter may be repeated, by name.
    """
    found: dict[str, bool] = {}
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= {name: _is_list(each.annotation) for name, each in kind.model_fields.items()}
        else:
            found[field.alias] = _is_list(kind)
    for dependency in dependant.dependencies:
        found |= declared_parameters(dependency)
    return found


def check_query(query: QueryParams, declared: Mapping[str, bool], remedy: str | None) -> None:
    """Refuse parameters that a route does not declare, and repeated ones that take one value.

    Args:
        query: The query of a request.
        declared: What the route declares, from `declared_parameters`.
        remedy: Where an undeclared parameter belongs; None where it belongs nowhere.

    Raises:
        InvalidOptionsError: A parameter is refused; the details name it.
    """
    findings = list(islice(_findings(query, declared, remedy), _MOST_FINDINGS))
    if findings:
        raise invalid_options(findings)


def _findings(
    query: QueryParams, declared: Mapping[str, bool], remedy: str | None
) -> Iterator[dict[str, object]]:
    for name in query:
        if name not in declared:
            yield {"loc": (name,), "msg": remedy or _unknown(declared)}
        elif not declared[name] and len(query.getlist(name)) > 1:
            yield {"loc": (name,), "msg": "give it once"}


def _unknown(declared: Mapping[str, bool]) -> str:
    names = ", ".join(sorted(declared)) or "none"
    return f"unknown query parameter; this path takes {names}"


def _is_list(annotation: object) -> bool:
    return get_origin(annotation) is list
