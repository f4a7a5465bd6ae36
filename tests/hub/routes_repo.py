"""Accounts and repositories: create, describe, list, tag."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.hub import problems
from tests.hub.listings import described_repository, stamp, tree
from tests.hub.requests import (
    kind_of,
    repository,
    require_rights,
    revision,
    state_of,
    visitor,
)
from tests.hub.storage import Commit


async def whoami(request: Request) -> Response:
    """Tell whose token it is."""
    who = visitor(state_of(request), request)
    if who.name is None:
        raise problems.needs_token()
    return JSONResponse(who.described())


async def create(request: Request) -> Response:
    """Create a repository."""
    state = state_of(request)
    who = visitor(state, request)
    asked = await request.json()
    owner = asked["organization"] or who.name or ""
    require_rights(who, owner)
    kind, name = kind_of(asked.get("type")), asked["name"]
    found = state.storage.repositories.get((kind, f"{owner}/{name}"))
    if found:
        message = f"You already created this {kind} repo: {found.id}"
        url = f"{state.endpoint}/{found.path}"
        return JSONResponse({"error": message, "url": url}, 409, {"X-Error-Message": message})
    private = asked.get("visibility") == "private"
    sdk = asked.get("sdk", "")
    created = state.storage.create(kind, owner, name, private=private, sdk=sdk)
    created.space.set_up(asked)
    url = f"{state.endpoint}/{created.path}"
    return JSONResponse({"url": url, "name": created.id, "id": created.id})


async def settings(request: Request) -> Response:
    """Change who may see a repository."""
    found = repository(request, writes=True)
    asked = await request.json()
    if "visibility" in asked:
        found.private = asked["visibility"] == "private"
    if "gated" in asked:
        found.gated = bool(asked["gated"])
    return JSONResponse({"private": found.private, "gated": found.gated})


async def info(request: Request) -> Response:
    """Describe a repository at a revision."""
    found = repository(request)
    return JSONResponse(described_repository(found, revision(request, found)))


async def list_tree(request: Request) -> Response:
    """List a folder."""
    commit = revision(request, repository(request))
    recursive = request.query_params.get("recursive") == "true"
    return JSONResponse(tree(commit, request.path_params.get("path", ""), recursive=recursive))


async def refs(request: Request) -> Response:
    """List branches and tags."""
    found = repository(request)
    return JSONResponse(
        {
            "branches": _refs("heads", found.branches),
            "converts": [],
            "tags": _refs("tags", found.tags),
            "pullRequests": [],
        }
    )


async def commits(request: Request) -> Response:
    """List the commits that led to a revision, the newest first."""
    found = repository(request)
    return JSONResponse(
        [
            {
                "id": commit.oid,
                "title": commit.title,
                "message": commit.description,
                "authors": [{"user": found.owner}],
                "date": stamp(commit.date),
            }
            for commit in revision(request, found).history()
        ]
    )


async def create_tag(request: Request) -> Response:
    """Name a commit."""
    found = repository(request, writes=True)
    tag = (await request.json())["tag"]
    if tag in found.tags:
        raise problems.HubError(409, f"Tag reference exists already: {tag}")
    found.tags[tag] = revision(request, found)
    return JSONResponse({"success": True})


async def delete_tag(request: Request) -> Response:
    """Forget the name of a commit."""
    found = repository(request, writes=True)
    tag = request.path_params["revision"]
    if tag not in found.tags:
        raise problems.no_revision(tag)
    del found.tags[tag]
    return JSONResponse({"success": True})


def _refs(sort: str, named: dict[str, Commit]) -> list[dict[str, str]]:
    return [
        {"name": name, "ref": f"refs/{sort}/{name}", "targetCommit": commit.oid}
        for name, commit in named.items()
    ]


_API = "/api/{kinds}/{owner}/{name}"
ROUTES = [
    Route("/api/whoami-v2", whoami),
    Route("/api/repos/create", create, methods=["POST"]),
    Route(_API, info),
    Route(f"{_API}/revision/{{revision}}", info),
    Route(f"{_API}/settings", settings, methods=["PUT"]),
    Route(f"{_API}/tree/{{revision}}", list_tree),
    Route(f"{_API}/tree/{{revision}}/{{path:path}}", list_tree),
    Route(f"{_API}/refs", refs),
    Route(f"{_API}/commits/{{revision}}", commits),
    Route(f"{_API}/tag/{{revision}}", create_tag, methods=["POST"]),
    Route(f"{_API}/tag/{{revision}}", delete_tag, methods=["DELETE"]),
]
