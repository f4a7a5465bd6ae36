"""A Space's variables, secrets, state and logs."""

from __future__ import annotations

import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.hub.listings import app_file
from tests.hub.problems import HubError
from tests.hub.requests import repository
from tests.hub.storage import Repository

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


async def list_variables(request: Request) -> Response:
    """Tell all variables."""
    return _variables(repository(request))


async def set_variable(request: Request) -> Response:
    """Set a variable."""
    found = repository(request, writes=True)
    asked = await request.json()
    name = _free_name(asked["key"], found.space.secrets)
    found.space.variables[name] = asked["value"]
    found.space.start()
    return _variables(found)


async def delete_variable(request: Request) -> Response:
    """Forget a variable."""
    found = repository(request, writes=True)
    found.space.variables.pop((await request.json())["key"], None)
    found.space.start()
    return _variables(found)


async def list_secrets(request: Request) -> Response:
    """Tell the names of all secrets."""
    return _secrets(repository(request, writes=True))


async def set_secret(request: Request) -> Response:
    """Set a secret."""
    found = repository(request, writes=True)
    asked = await request.json()
    name = _free_name(asked["key"], found.space.variables)
    found.space.secrets[name] = asked["value"]
    found.space.start()
    return _secrets(found)


async def runtime(request: Request) -> Response:
    """Tell the state."""
    return _runtime(repository(request))


async def hardware(request: Request) -> Response:
    """Move it to other hardware."""
    found = repository(request, writes=True)
    found.space.hardware = (await request.json())["flavor"]
    found.space.start()
    return _runtime(found)


async def restart(request: Request) -> Response:
    """Start it anew."""
    found = repository(request, writes=True)
    found.space.restarts.append(request.query_params.get("factory") == "true")
    found.space.start()
    return _runtime(found)


async def logs(request: Request) -> Response:
    """Send the lines of a log as events."""
    found = repository(request, writes=True)
    lines = found.space.logs[request.path_params["log"]]
    moment = "2026-01-01T00:00:00.000Z"
    events = (json.dumps({"data": f"{line}\n", "timestamp": moment}) for line in lines)
    content = "".join(f"data: {event}\n\n" for event in events)
    return Response(content, media_type="text/event-stream")


def _variables(found: Repository) -> Response:
    return JSONResponse({name: {"value": value} for name, value in found.space.variables.items()})


def _secrets(found: Repository) -> Response:
    return JSONResponse({name: {} for name in found.space.secrets})


def _runtime(found: Repository) -> Response:
    has_app = app_file(found.head) in found.head.files
    return JSONResponse(found.space.runtime(found.head.oid, has_app=has_app))


def _free_name(name: str, others: dict[str, str]) -> str:
    """Return a name for a variable or secret if it can be one.

    Raises:
        HubError: It cannot, or the other sort has it.
    """
    if not _NAME.fullmatch(name):
        raise HubError(400, f"Invalid key: {name}")
    if name in others:
        raise HubError(400, f"A variable and a secret cannot have the same name: {name}")
    return name


_API = "/api/{kinds}/{owner}/{name}"
ROUTES = [
    Route(f"{_API}/variables", list_variables),
    Route(f"{_API}/variables", set_variable, methods=["POST"]),
    Route(f"{_API}/variables", delete_variable, methods=["DELETE"]),
    Route(f"{_API}/secrets", list_secrets),
    Route(f"{_API}/secrets", set_secret, methods=["POST"]),
    Route(f"{_API}/runtime", runtime),
    Route(f"{_API}/hardware", hardware, methods=["POST"]),
    Route(f"{_API}/restart", restart, methods=["POST"]),
    Route(f"{_API}/logs/{{log}}", logs),
]
