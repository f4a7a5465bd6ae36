"""Uploads of large files: ask, send, verify."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.hub.faults import hang_up
from tests.hub.problems import HubError
from tests.hub.requests import State, repository, state_of
from tests.hub.storage import Repository


async def batch(request: Request) -> Response:
    """Tell where to send each file that is not there yet."""
    found = repository(request, writes=True)
    state = state_of(request)
    asked = await request.json()
    objects = [_instruction(state, found, item) for item in asked["objects"]]
    return JSONResponse({"transfer": "basic", "objects": objects})


async def upload(request: Request) -> Response:
    """Accept a file from anybody with the address, like a signed one."""
    body = await _body(request)
    _keep(state_of(request), request.path_params["sha256"], body)
    return Response(headers={"ETag": f'"{request.path_params["sha256"]}"'})


async def verify(request: Request) -> Response:
    """Tell whether a file has arrived in full."""
    repository(request, writes=True)
    asked = await request.json()
    blob = state_of(request).storage.large(asked["oid"])
    if len(blob.data) != asked["size"]:
        raise HubError(400, f"Size of {asked['oid']} is {len(blob.data)}, not {asked['size']}")
    return JSONResponse({"success": True})


def _instruction(state: State, found: Repository, item: dict[str, Any]) -> dict[str, Any]:
    oid, size = item["oid"], item["size"]
    if oid in state.storage.objects:
        return {"oid": oid, "size": size}
    lfs = f"{state.endpoint}/{found.path}.git/info/lfs"
    to = {"href": f"{state.content_host}/upload/{oid}"}
    verifying = {"href": f"{lfs}/objects/verify"}
    return {"oid": oid, "size": size, "actions": {"upload": to, "verify": verifying}}


async def _body(request: Request) -> bytes:
    """Read a body, or disconnect in the middle of it if a test requested that.

    Raises:
        ClientDisconnect: The connection is gone.
    """
    limit = state_of(request).faults.upload_limit()
    body = b""
    async for chunk in request.stream():
        body += chunk
        if limit is not None and len(body) >= limit:
            await hang_up(request)
    return body


def _keep(state: State, sha256: str, data: bytes) -> None:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise HubError(400, f"The bytes are not those of {sha256}")
    state.storage.objects[sha256] = data


_GIT = "/{owner}/{name}.git/info/lfs"
ROUTES = [
    Route("/upload/{sha256}", upload, methods=["PUT"]),
    *(
        route
        for prefix in ("", "/{kinds}")
        for route in (
            Route(f"{prefix}{_GIT}/objects/batch", batch, methods=["POST"]),
            Route(f"{prefix}{_GIT}/objects/verify", verify, methods=["POST"]),
        )
    ),
]
